//! Rules of sign-ins that begin at an enterprise provider (OpenID Connect Core 4, sheet 6.5).

use super::{Problem, Report, quoted};
use crate::model::{Application, ApplicationType, IdpInitiatedAuth};
use crate::oidc::RegisteredRedirect;
use url::Url;

/// Parameters of the authorization request that Vestibule sets itself.
pub const OWN_AUTH_PARAMETERS: [&str; 4] = ["client_id", "redirect_uri", "response_type", "direct_sign_in"];

/// Checks where a provider's sign-ins lead; `application` is the one that they are for, if it is there. The fields stand under
/// `idpInitiatedAuth`.
#[must_use]
pub fn check_idp_initiated_auth(auth: &IdpInitiatedAuth, application: Option<&Application>) -> Vec<Problem> {
    let mut report = Report::default();
    let at = |field: &str| format!("idpInitiatedAuth.{field}");
    let Some(app) = application else {
        let id = auth.default_application_id.as_str();
        let message = if id.is_empty() {
            "Is missing. Choose the application that these sign-ins are for.".to_owned()
        } else {
            format!("There is no application {}. Choose another.", quoted(id))
        };
        report.add(at("defaultApplicationId"), message);
        return report.0;
    };
    if !app.kind.signs_people_in() {
        report.add(
            at("defaultApplicationId"),
            format!("Nobody signs in to {}, a machine-to-machine application. Choose another.", app.name),
        );
    } else if auth.auto_send_authorization_request {
        check_request(&mut report, auth, app);
    } else {
        match &auth.client_idp_initiated_auth_callback_uri {
            None => report.add(
                at("clientIdpInitiatedAuthCallbackUri"),
                format!("Neither an address of {} is set, nor that requests are made for it.", app.name),
            ),
            Some(address) if !is_at_home(app, address) => report.add(
                at("clientIdpInitiatedAuthCallbackUri"),
                format!("{} is on no origin of {}'s redirect URIs.", quoted(address), app.name),
            ),
            Some(_) => {}
        }
    }
    report.0
}

fn check_request(report: &mut Report, auth: &IdpInitiatedAuth, app: &Application) {
    let at = |field: &str| format!("idpInitiatedAuth.{field}");
    if app.kind != ApplicationType::Traditional {
        report.add(
            at("autoSendAuthorizationRequest"),
            format!(
                "{} has no secret, so it has to begin its own sign-in: give its address instead.",
                app.name
            ),
        );
    }
    match &auth.redirect_uri {
        None if usual_redirect_uri(app).is_none() => {
            report.add(
                at("redirectUri"),
                format!("{} has no redirect URI. Register one with it first.", app.name),
            );
        }
        Some(uri) if RegisteredRedirect::find(app, uri).is_none() => report.add(
            at("redirectUri"),
            format!(
                "{} is not registered with {}. Choose one of its redirect URIs.",
                quoted(uri),
                app.name
            ),
        ),
        _ => {}
    }
    for name in auth.auth_parameters.keys() {
        let field = at(&format!("authParameters.{name}"));
        if name.trim().is_empty() {
            report.add(field, "Has no name. Give the parameter's name, such as scope.");
        } else if OWN_AUTH_PARAMETERS.contains(&name.as_str()) {
            report.add(field, format!("Vestibule sets {name} itself. Leave it out."));
        }
    }
}

/// The redirect URI of a request that is made for an application and names none: its first that is no pattern.
#[must_use]
pub fn usual_redirect_uri(app: &Application) -> Option<&String> {
    app.oidc_client_metadata.redirect_uris.iter().find(|uri| !uri.contains('*'))
}

/// Whether an address is on the origin of one of the application's redirect URIs: nobody is sent anywhere else.
#[must_use]
pub fn is_at_home(app: &Application, address: &str) -> bool {
    let origin = |text: &str| Url::parse(text).ok().map(|url| url.origin()).filter(url::Origin::is_tuple);
    let Some(asked) = origin(address) else { return false };
    let registered = &app.oidc_client_metadata.redirect_uris;
    registered.iter().any(|uri| origin(uri).as_ref() == Some(&asked))
}

#[cfg(test)]
mod tests;
