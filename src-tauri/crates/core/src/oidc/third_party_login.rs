//! A sign-in that begins at an enterprise provider (OpenID Connect Core 4, sheet 6.5): the provider sends the browser here, and
//! the application it is meant for begins its own sign-in, with the connector as its direct sign-in.

use crate::because::{Because, Outcome};
use crate::connectors::Places;
use crate::entropy::timed21;
use crate::experience::open_config;
use crate::ids::LiveId;
use crate::live::{Lane, LiveStatus, StepError, StepKind};
use crate::model::{Application, Connector, IdpInitiatedAuth, check_idp_initiated_auth, is_at_home, usual_redirect_uri};
use crate::port::{Cx, StoreError};
use url::Url;

/// What the provider sent.
#[derive(Clone, Debug, Default)]
pub struct InitiateLogin {
    /// The provider's issuer.
    pub iss: Option<String>,
    /// Whom the provider believes to be there.
    pub login_hint: Option<String>,
    /// Where the person wanted to go.
    pub target_link_uri: Option<String>,
}

/// Why the browser is not sent on: what a person reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotInitiated {
    /// HTTP status.
    pub status: u16,
    /// What happened and what to do.
    pub message: String,
}

fn refuse<T>(cx: &mut Cx<'_>, status: u16, title: &str, message: String) -> Result<T, NotInitiated> {
    cx.trail.error = Some(StepError {
        error: "invalid_request".into(),
        description: message.clone(),
        detail: None,
    });
    cx.trail.patch.status = Some(LiveStatus::Failed);
    cx.trail.patch.outcome = Some("not started".into());
    cx.trail.patch.headline = Some(title.to_owned().into());
    cx.because(Because::new(
        "third_party_login",
        Outcome::Refused,
        title.to_owned(),
        message.clone(),
        "OIDC Core 4",
    ));
    Err(NotInitiated { status, message })
}

/// `GET` or `POST /api/authn/single-sign-on/oidc/:connectorId`: where the browser goes next.
///
/// # Errors
/// When the store fails. Refuses with 404 for what is no enterprise connector, 403 where its provider may begin no sign-in, 400
/// for another issuer.
pub fn initiate_login(
    cx: &mut Cx<'_>,
    connector_id: &str,
    asked: &InitiateLogin,
    places: &Places,
    issuer: &str,
) -> Result<Result<String, NotInitiated>, StoreError> {
    cx.trail.kind = StepKind::Authorize;
    cx.trail.live.get_or_insert_with(|| LiveId(timed21(cx.now, cx.entropy)));
    cx.arrow(Lane::Upstream, Lane::Provider, "the provider begins a sign-in");
    let found = cx.get::<Connector>(connector_id)?.filter(|connector| connector.is_enterprise());
    let Some(connector) = found else {
        return Ok(refuse(
            cx,
            404,
            "There is no such enterprise connector",
            "The address names no enterprise connector. Copy it anew from the connector's page.".into(),
        ));
    };
    let name = connector.label().to_owned();
    let own = own_issuer(cx, &connector, places)?;
    if asked.iss.as_deref() != Some(own.as_str()) {
        let said = asked.iss.as_deref().map_or_else(
            || "none".to_owned(),
            |iss| format!("`{}`", iss.chars().take(200).collect::<String>()),
        );
        let message = format!("The provider {name} names itself with `iss={own}`; this request names {said}.");
        return Ok(refuse(cx, 400, "A sign-in was begun in another issuer's name", message));
    }
    let Some(auth) = connector.idp_initiated_auth.clone() else {
        let message = format!("Sign-ins can't begin at {name}: its connector has no default application. Set one on the connector's page.");
        return Ok(refuse(cx, 403, "Sign-ins may not begin at this provider", message));
    };
    let Some(app) = cx.get::<Application>(auth.default_application_id.as_str())? else {
        let message = format!("The default application of {name} is not there any more. Choose another on the connector's page.");
        return Ok(refuse(cx, 403, "The default application is gone", message));
    };
    cx.trail.patch.app = Some((app.id.clone(), app.name.clone()));
    let next = match next(&app, &connector, &auth, asked, issuer) {
        Ok(next) => next,
        Err(message) => return Ok(refuse(cx, 403, "The connector's start of sign-ins is not set up right", message)),
    };
    cx.because(
        Because::new(
            "third_party_login",
            Outcome::Decided,
            format!("{name} began a sign-in to {}", app.name),
            if auth.auto_send_authorization_request {
                "The authorization request is made for the application, which sent none: no `state` and no code challenge protect it.".to_owned()
            } else {
                format!("The application begins its own sign-in, so that its `state` and code challenge are its own, and is told to use `direct_sign_in=sso:{}`.", connector.id)
            },
            "OIDC Core 4",
        )
        .input(asked.login_hint.clone().unwrap_or_default()),
    );
    cx.arrow(Lane::Provider, Lane::Client, "303 begin a sign-in");
    let patch = &mut cx.trail.patch;
    patch.status = Some(LiveStatus::Done);
    patch.outcome = Some("sign-in begun elsewhere".into());
    patch.headline = Some(format!("{name} began a sign-in to {}", app.name).into());
    Ok(Ok(next))
}

/// The issuer that a connector's provider has.
fn own_issuer(cx: &Cx<'_>, connector: &Connector, places: &Places) -> Result<String, StoreError> {
    if connector.simulation.is_some() {
        return Ok(places.simulated(&connector.id));
    }
    let preset = connector.factory().map_or("", |factory| factory.endpoints.issuer);
    Ok(open_config(cx, connector)?.issuer.unwrap_or_else(|| preset.to_owned()))
}

/// Where the browser goes, or what is not set up right.
fn next(app: &Application, connector: &Connector, auth: &IdpInitiatedAuth, asked: &InitiateLogin, issuer: &str) -> Result<String, String> {
    if let Some(problem) = check_idp_initiated_auth(auth, Some(app)).into_iter().next() {
        return Err(problem.message);
    }
    let usual = usual_redirect_uri(app);
    if let (true, Some(redirect_uri)) = (auth.auto_send_authorization_request, auth.redirect_uri.as_ref().or(usual)) {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query
            .append_pair("client_id", app.id.as_str())
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("response_type", "code")
            .append_pair("direct_sign_in", &format!("sso:{}", connector.id));
        if !auth.auth_parameters.contains_key("scope") {
            query.append_pair("scope", "openid profile");
        }
        query.extend_pairs(&auth.auth_parameters);
        if let Some(hint) = &asked.login_hint {
            query.append_pair("login_hint", hint);
        }
        return Ok(format!("{}/auth?{}", issuer.trim_end_matches('/'), query.finish()));
    }
    // No open redirect: the check has looked that the address is where the application is known to be.
    let address = auth.client_idp_initiated_auth_callback_uri.as_deref().unwrap_or_default();
    let mut url = Url::parse(address).map_err(|error| format!("`{address}` is not an address: {error}."))?;
    {
        let mut query = url.query_pairs_mut();
        query
            .append_pair("iss", issuer)
            .append_pair("ssoConnectorId", connector.id.as_str());
        query.append_pair("direct_sign_in", &format!("sso:{}", connector.id));
        if let Some(hint) = &asked.login_hint {
            query.append_pair("login_hint", hint);
        }
        if let Some(target) = asked.target_link_uri.as_deref().filter(|target| is_at_home(app, target)) {
            query.append_pair("target_link_uri", target);
        }
    }
    Ok(url.into())
}
