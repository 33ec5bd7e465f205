//! `grant_type=client_credentials` (RFC 6749 4.4; sheet 1.14 and 1.15). Nothing is stored.

use super::code::fresh_live;
use super::issue::{AccessTokenOut, Policy, access_claims, push_jwt_view, settled};
use super::{TokenForm, TokenReply, refused};
use crate::because::{Because, Outcome};
use crate::live::Lane;
use crate::model::{Application, Resource};
use crate::oidc::OidcError;
use crate::oidc::request::{default_resource, unknown_resource};
use crate::oidc::scopes::{self, Holder};
use crate::port::{Cx, StoreError};
use crate::record::Index;

/// Issues a token for a machine.
///
/// # Errors
/// The store failed; or, inside, the refusal.
pub fn client_credentials(
    cx: &mut Cx<'_>,
    app: &Application,
    form: &TokenForm,
    issuer: &str,
) -> Result<Result<TokenReply, OidcError>, StoreError> {
    fresh_live(cx);
    cx.arrow(Lane::Client, Lane::Provider, "POST /oidc/token · client credentials");
    cx.trail.patch.headline = Some("client credentials".into());
    match run(cx, app, form, issuer)? {
        Ok(reply) => Ok(Ok(reply)),
        Err(error) => Ok(Err(refused(cx, error))),
    }
}

fn run(cx: &mut Cx<'_>, app: &Application, form: &TokenForm, issuer: &str) -> Result<Result<TokenReply, OidcError>, StoreError> {
    let asked = match form.resource() {
        Ok(asked) => asked,
        Err(error) => return Ok(Err(error)),
    };
    if form.get("organization_id").is_some() {
        return Ok(Err(
            OidcError::forbidden("app has not associated with the organization").detail("organizations are not part of this version")
        ));
    }
    let resource = match asked {
        Some(indicator) => match cx.find::<Resource>(&Index::Indicator.entry(indicator))? {
            Some(resource) => resource,
            None => {
                let card = unknown_resource(cx, indicator)?;
                cx.because(card);
                return Ok(Err(OidcError::invalid_target("resource indicator is missing, or unknown")));
            }
        },
        None => match default_resource(cx)? {
            Some(resource) => resource,
            None => {
                cx.because(Because::new(
                    "token.m2m_resource",
                    Outcome::Refused,
                    "The request names no API resource.",
                    "A machine-to-machine token is always for one: add `resource=<indicator>`, or flag a resource as the default.",
                    "Logto 1.14",
                ));
                return Ok(Err(OidcError::invalid_target(
                    "both `resource` and `organization_id` are not provided",
                )));
            }
        },
    };
    let held = scopes::held(&scopes::roles_of(cx, Holder::Application(app.id.as_str()))?, &resource);
    let (kept, dropped): (Vec<String>, Vec<String>) = form
        .get("scope")
        .map(scopes::words)
        .unwrap_or_default()
        .into_iter()
        .partition(|s| held.contains(s));
    if !dropped.is_empty() {
        cx.because(
            Because::new(
                "token.m2m_scopes",
                Outcome::Dropped,
                format!("Dropped `{}`.", dropped.join(" ")),
                format!(
                    "`{}` holds no machine-to-machine role that gives it for `{}`. It holds {}.",
                    app.name,
                    resource.indicator,
                    if held.is_empty() {
                        "none of its scopes".to_owned()
                    } else {
                        format!("`{}`", held.iter().cloned().collect::<Vec<_>>().join(" "))
                    }
                ),
                "Logto 1.15",
            )
            .input(form.get("scope").unwrap_or_default()),
        );
    }
    let scope = kept.join(" ");
    let policy = Policy::read(cx, app)?;
    let claims = access_claims(
        cx,
        issuer,
        app.id.as_str(),
        app,
        &resource.indicator,
        &scope,
        resource.access_token_ttl,
    );
    let payload = push_jwt_view(cx, claims, &resource, "requested scopes that the application's roles give");
    let live = cx.trail.live.clone().unwrap_or_default();
    settled(cx, &live, "tokens issued");
    Ok(Ok(TokenReply {
        access_token: AccessTokenOut::Jwt(payload),
        id_token: None,
        refresh_token: None,
        scope,
        expires_in: resource.access_token_ttl,
        alg: policy.alg,
    }))
}
