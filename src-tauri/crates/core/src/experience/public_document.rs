//! The public sign-in experience document (sheet 5.3), which pages read before anything else.

use super::extra_profile::{profile_fields, sign_up_fields};
use super::messages::is_deliverable;
use super::ruling::{provider_settings, sign_in_experience};
use crate::model::{Application, Channel, Connector, Factory, Organization, SignInExperience};
use crate::port::{Cx, StoreError};
use crate::record::IdentifierKind;
use serde_json::{Value, json};

/// `GET /api/.well-known/sign-in-exp`: the sign-in experience with the branding of the application and then of the
/// organization over it (not for a third-party application, sheet 5.4) and what Logto adds.
///
/// `socialConnectors` are those whose target is enabled, in its order; `ssoConnectors` those with a domain, while single
/// sign-on is on (sheet 5.3).
/// `developmentSignIn` is Vestibule's own member.
///
/// # Errors
/// When the store fails.
pub fn public_sign_in_experience(cx: &Cx<'_>, app: Option<&Application>, organization: Option<&Organization>) -> Result<Value, StoreError> {
    let experience = branded(sign_in_experience(cx)?, app, organization);
    let mut document = serde_json::to_value(&experience).map_err(|e| StoreError::Corrupt(e.to_string()))?;
    let additions = json!({
        "id": SignInExperience::ID,
        "hideLogtoBranding": false,
        "customUiAssets": null,
        "socialConnectors": social_connectors(cx, &experience)?,
        "ssoConnectors": sso_connectors(cx, &experience)?,
        "forgotPassword": forgot_password(cx, &experience)?,
        "isDevelopmentTenant": false,
        "customProfileFields": sign_up_fields(cx)?,
        "customProfileFieldCatalog": profile_fields(cx)?,
        "developmentSignIn": provider_settings(cx)?.development_sign_in,
    });
    if let (Some(document), Value::Object(additions)) = (document.as_object_mut(), additions) {
        // Whom a provider turns away, and how it gives passwords back, is nobody else's business (sheet 5.3).
        document.remove("emailBlocklistPolicy");
        document.remove("forgotPasswordMethods");
        document.extend(additions);
    }
    Ok(document)
}

/// Most connectors looked through.
const MAX_CONNECTORS: usize = 500;

/// The social connectors that the pages offer.
fn social_connectors(cx: &Cx<'_>, experience: &SignInExperience) -> Result<Vec<Value>, StoreError> {
    let connectors = cx.list::<Connector>(MAX_CONNECTORS)?;
    let enabled = experience.social_sign_in_connector_targets.iter();
    let of_target = enabled.flat_map(|target| connectors.iter().filter(move |c| c.target.as_ref() == Some(target)));
    Ok(of_target
        .map(|connector| {
            let mut name = connector.names.clone();
            name.entry("en".to_owned()).or_insert_with(|| connector.name.clone());
            json!({
                "id": connector.id,
                "target": connector.target,
                "name": name,
                "logo": connector.logo,
                "logoDark": connector.logo_dark,
                "platform": "Universal",
                "isStandard": connector.factory().is_some_and(Factory::is_standard),
                "connectorId": connector.connector_id,
            })
        })
        .collect())
}

/// The enterprise connectors that the pages offer.
fn sso_connectors(cx: &Cx<'_>, experience: &SignInExperience) -> Result<Vec<Value>, StoreError> {
    if !experience.single_sign_on_enabled {
        return Ok(Vec::new());
    }
    let connectors = cx.list::<Connector>(MAX_CONNECTORS)?;
    let offered = connectors
        .iter()
        .filter(|connector| connector.is_enterprise() && !connector.domains.is_empty());
    Ok(offered.map(|connector| sso_connector(connector)).collect())
}

/// An enterprise connector as pages are told of it.
pub(super) fn sso_connector(connector: &Connector) -> Value {
    json!({
        "id": connector.id,
        "connectorName": connector.label(),
        "logo": connector.logo,
        "darkLogo": connector.logo_dark,
    })
}

/// By which ways a forgotten password can be replaced: those listed that can be delivered; without a list every one that
/// can (sheet 5.1).
fn forgot_password(cx: &Cx<'_>, experience: &SignInExperience) -> Result<Value, StoreError> {
    let offers = |kind, channel| Ok::<_, StoreError>(experience.replaces_password_by(kind) && is_deliverable(cx, channel)?);
    Ok(json!({
        "email": offers(IdentifierKind::Email, Channel::Email)?,
        "phone": offers(IdentifierKind::Phone, Channel::Sms)?,
    }))
}

/// The CSS of the pages: the organization's in place of the sign-in experience's (sheet 5.4).
///
/// # Errors
/// When the store fails.
pub fn custom_css(cx: &Cx<'_>, app: Option<&Application>, organization: Option<&Organization>) -> Result<Option<String>, StoreError> {
    Ok(branded(sign_in_experience(cx)?, app, organization).custom_css)
}

/// The application's colours and logo over the tenant's, and the organization's over both, member by member.
fn branded(mut experience: SignInExperience, app: Option<&Application>, organization: Option<&Organization>) -> SignInExperience {
    if app.is_some_and(|app| app.is_third_party) {
        return experience;
    }
    let SignInExperience {
        branding,
        color,
        custom_css,
        ..
    } = &mut experience;
    if let Some(own) = app.map(|app| &app.sign_in_experience) {
        over(&mut color.primary_color, own.primary_color.as_ref());
        over(&mut color.dark_primary_color, own.dark_primary_color.as_ref());
        over(&mut branding.logo_url, Some(&own.logo_url).filter(|url| url.is_some()));
    }
    if let Some(own) = organization {
        over(&mut color.primary_color, own.color.primary_color.as_ref());
        over(&mut color.dark_primary_color, own.color.dark_primary_color.as_ref());
        over(&mut color.is_dark_mode_enabled, own.color.is_dark_mode_enabled.as_ref());
        for (below, above) in [
            (&mut branding.logo_url, &own.branding.logo_url),
            (&mut branding.dark_logo_url, &own.branding.dark_logo_url),
            (&mut branding.favicon, &own.branding.favicon),
            (&mut branding.dark_favicon, &own.branding.dark_favicon),
        ] {
            over(below, Some(above).filter(|url| url.is_some()));
        }
        over(
            custom_css,
            Some(&own.custom_css).filter(|css| css.as_deref().is_some_and(|css| !css.is_empty())),
        );
    }
    experience
}

fn over<T: Clone>(below: &mut T, above: Option<&T>) {
    if let Some(above) = above {
        below.clone_from(above);
    }
}
