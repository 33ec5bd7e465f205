//! `grant_type=client_credentials` (RFC 6749 4.4; sheet 1.14 and 1.15). Nothing is stored.

use super::code::fresh_live;
use super::issue::{AccessTokenOut, Policy, access_claims, note, organization_notes, push_jwt_view, resource_notes, settled};
use super::{TokenForm, TokenReply, refused};
use crate::because::{Because, Outcome};
use crate::live::Lane;
use crate::model::{Application, Resource};
use crate::oidc::request::{default_resource, unknown_resource};
use crate::oidc::scopes::{self, Holder};
use crate::oidc::{OidcError, organizations};
use crate::port::{Cx, StoreError};
use crate::record::Index;
use serde_json::json;
use std::collections::BTreeSet;

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
    let within = match form.get("organization_id") {
        None => None,
        Some(id) => match organizations::enter_as_machine(cx, app, id)? {
            Ok(membership) => Some(membership),
            Err(error) => return Ok(Err(error)),
        },
    };
    if let Some(membership) = &within
        && asked.is_none_or(|indicator| indicator == scopes::ORGANIZATION_RESOURCE)
    {
        let held = membership.scopes(cx)?;
        let scope = requested(cx, app, form, &held, &format!("in {}", membership.organization.name));
        let claims = access_claims(
            cx,
            issuer,
            app.id.as_str(),
            app,
            &organizations::audience(&membership.organization),
            &scope,
            organizations::TOKEN_TTL,
        );
        let payload = push_jwt_view(
            cx,
            claims,
            organization_notes("requested permissions that the application's roles give"),
        );
        return answer(cx, app, payload, scope, organizations::TOKEN_TTL).map(Ok);
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
    let held = match &within {
        Some(membership) => membership.resource_scopes(&resource),
        None => scopes::held(&scopes::roles_of(cx, Holder::Application(app.id.as_str()))?, &resource),
    };
    let scope = requested(cx, app, form, &held, &format!("for `{}`", resource.indicator));
    let mut claims = access_claims(
        cx,
        issuer,
        app.id.as_str(),
        app,
        &resource.indicator,
        &scope,
        resource.access_token_ttl,
    );
    let mut notes = resource_notes(&resource, "requested scopes that the application's roles give");
    if let Some(membership) = &within {
        claims.insert("organization_id", json!(membership.organization.id));
        notes.push(note("organization_id", "`organization_id` of the token request"));
    }
    let payload = push_jwt_view(cx, claims, notes);
    answer(cx, app, payload, scope, resource.access_token_ttl).map(Ok)
}

/// What of the requested scopes the application holds; the rest is dropped, and said.
fn requested(cx: &mut Cx<'_>, app: &Application, form: &TokenForm, held: &BTreeSet<String>, place: &str) -> String {
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
                    "`{}` has no machine-to-machine role that gives it {place}. It holds {}.",
                    app.name,
                    if held.is_empty() {
                        "nothing there".to_owned()
                    } else {
                        format!("`{}`", held.iter().cloned().collect::<Vec<_>>().join(" "))
                    }
                ),
                "Logto 1.15",
            )
            .input(form.get("scope").unwrap_or_default()),
        );
    }
    kept.join(" ")
}

fn answer(cx: &mut Cx<'_>, app: &Application, payload: String, scope: String, expires_in: i64) -> Result<TokenReply, StoreError> {
    let policy = Policy::read(cx, app)?;
    let live = cx.trail.live.clone().unwrap_or_default();
    settled(cx, &live, "tokens issued");
    Ok(TokenReply {
        access_token: AccessTokenOut::Jwt(payload),
        id_token: None,
        refresh_token: None,
        scope,
        expires_in,
        alg: policy.alg,
    })
}
