//! Introspection (RFC 7662) and revocation (RFC 7009); sheet 1.20.

use super::{OidcError, userinfo};
use crate::because::{Because, Outcome};
use crate::live::{Lane, LiveStatus, StepKind};
use crate::model::Application;
use crate::port::{Cx, StoreError};
use crate::record::{AccessToken, Grant, RefreshToken, token_key};
use serde_json::{Value, json};

/// Answers introspection. Only the application a token belongs to, or one with a secret, learns about it.
///
/// # Errors
/// The store failed; or, inside, the refusal.
pub fn introspect(cx: &mut Cx<'_>, app: &Application, token: Option<&str>, issuer: &str) -> Result<Result<Value, OidcError>, StoreError> {
    cx.trail.kind = StepKind::Introspection;
    cx.arrow(Lane::Client, Lane::Provider, "POST /oidc/token/introspection");
    let Some(token) = token else {
        return Ok(Err(note(cx, OidcError::missing("token"))));
    };
    if token.contains('.') {
        let error = OidcError::unsupported_token_type("Structured JWT Tokens cannot be introspected via the introspection_endpoint")
            .detail("verify its signature with the keys of jwks_uri instead");
        return Ok(Err(note(cx, error)));
    }
    let reply = active(cx, app, token, issuer)?;
    if reply.is_ok() {
        cx.spare_words();
    }
    let (title, detail) = match &reply {
        Ok(_) => ("The token is active.", String::new()),
        Err(why) => ("The token is not active.", why.clone()),
    };
    cx.because(Because::new(
        "introspection.result",
        if reply.is_ok() { Outcome::Passed } else { Outcome::Decided },
        title,
        detail,
        "RFC 7662 2.2",
    ));
    cx.arrow(
        Lane::Provider,
        Lane::Client,
        if reply.is_ok() { "200 active" } else { "200 not active" },
    );
    Ok(Ok(reply.unwrap_or_else(|_| json!({ "active": false }))))
}

fn active(cx: &mut Cx<'_>, app: &Application, text: &str, issuer: &str) -> Result<Result<Value, String>, StoreError> {
    if let Some(token) = cx.get::<RefreshToken>(&token_key(text))? {
        cx.trail.live = Some(token.authorized.live.clone());
        if token.authorized.client_id != app.id && !app.kind.has_secret() {
            return Ok(Err("it belongs to another application".into()));
        }
        if token.consumed_at.is_some() || cx.get::<Grant>(token.authorized.grant_id.as_str())?.is_none() {
            return Ok(Err("it was rotated or revoked".into()));
        }
        return Ok(Ok(json!({
            "active": true, "client_id": token.authorized.client_id, "sub": token.authorized.account_id, "scope": token.authorized.scopes.join(" "),
            "iat": token.issued_at.seconds(), "exp": token.expires_at.seconds(), "iss": issuer,
        })));
    }
    match userinfo::access(cx, text)? {
        Ok(access) if access.token.client_id != app.id && !app.kind.has_secret() => Ok(Err("it belongs to another application".into())),
        Ok(access) => Ok(Ok(json!({
            "active": true, "client_id": access.token.client_id, "sub": access.token.account_id, "scope": access.token.scopes.join(" "),
            "iat": access.token.issued_at.seconds(), "exp": access.token.expires_at.seconds(), "iss": issuer, "token_type": "Bearer",
        }))),
        Err(error) => Ok(Err(error.detail.unwrap_or_default())),
    }
}

/// Revokes a token, and with it the whole grant (sheet 1.20).
///
/// # Errors
/// The store failed; or, inside, the refusal.
pub fn revoke(cx: &mut Cx<'_>, app: &Application, token: Option<&str>) -> Result<Result<(), OidcError>, StoreError> {
    cx.trail.kind = StepKind::Revocation;
    cx.arrow(Lane::Client, Lane::Provider, "POST /oidc/token/revocation");
    let Some(text) = token else {
        return Ok(Err(note(cx, OidcError::missing("token"))));
    };
    if text.contains('.') {
        let error = OidcError::unsupported_token_type("Structured JWT Tokens cannot be revoked via the revocation_endpoint")
            .detail("a JWT access token lives until its exp");
        return Ok(Err(note(cx, error)));
    }
    let key = token_key(text);
    let found = match cx.get::<AccessToken>(&key)? {
        Some(token) => Some((token.client_id.clone(), token.grant_id.clone(), token.live.clone())),
        None => cx.get::<RefreshToken>(&key)?.map(|t| {
            (
                t.authorized.client_id.clone(),
                t.authorized.grant_id.clone(),
                t.authorized.live.clone(),
            )
        }),
    };
    let Some((owner, grant, live)) = found else {
        cx.because(Because::new(
            "revocation.unknown",
            Outcome::Decided,
            "Nothing to revoke.",
            "No such token; the answer is 200 all the same.",
            "RFC 7009 2.2",
        ));
        cx.arrow(Lane::Provider, Lane::Client, "200");
        return Ok(Ok(()));
    };
    cx.trail.live = Some(live);
    if owner != app.id {
        if !app.kind.has_secret() {
            cx.because(Because::new(
                "revocation.other_client",
                Outcome::Dropped,
                "Nothing was revoked.",
                format!("The token belongs to `{owner}`. A public client gets 200 all the same."),
                "Logto 1.20",
            ));
            cx.arrow(Lane::Provider, Lane::Client, "200");
            return Ok(Ok(()));
        }
        let error = OidcError::invalid_request("this token does not belong to you").detail(format!("it belongs to `{owner}`"));
        return Ok(Err(note(cx, error)));
    }
    cx.delete::<Grant>(grant.as_str())?;
    cx.delete::<AccessToken>(&key)?;
    cx.delete::<RefreshToken>(&key)?;
    cx.because(Because::new(
        "revocation.grant",
        Outcome::Decided,
        "Revoked the whole grant.",
        "Revoking an access or refresh token ends every token that came from the same consent.",
        "RFC 7009 2.1, Logto 1.20",
    ));
    cx.arrow(Lane::Provider, Lane::Client, "200 revoked");
    cx.trail.patch.status = Some(LiveStatus::Done);
    cx.trail.patch.outcome = Some("tokens revoked".into());
    Ok(Ok(()))
}

fn note(cx: &mut Cx<'_>, error: OidcError) -> OidcError {
    let why = error.detail.clone().or_else(|| error.description.clone()).unwrap_or_default();
    cx.because(Because::new(
        "token_endpoint.refused",
        Outcome::Refused,
        format!("Refused with `{}`.", error.error),
        format!("Reason: {why}."),
        "RFC 7662 2.3, RFC 7009 2.2.1",
    ));
    cx.arrow(Lane::Provider, Lane::Client, format!("{} {}", error.status, error.error));
    cx.trail.error = Some(error.step());
    error
}
