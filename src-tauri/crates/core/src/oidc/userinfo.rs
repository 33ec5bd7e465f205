//! `/oidc/me` (OIDC Core 5.3; sheet 1.19).

use super::claims::{self, ClaimSet, Place};
use super::error::Challenge;
use super::{OidcError, scopes, token};
use crate::because::{Because, Outcome};
use crate::live::{Lane, StepKind};
use crate::model::{Application, User};
use crate::port::{Cx, StoreError};
use crate::record::{AccessToken, Grant, token_key};
use std::sync::Arc;

/// A live opaque token and its person.
pub struct Access {
    /// The token.
    pub token: Arc<AccessToken>,
    /// The person.
    pub user: Arc<User>,
}

/// Looks an opaque access token up: not expired, grant and session alive, person not suspended.
///
/// # Errors
/// The store failed; or, inside, why not.
pub fn access(cx: &mut Cx<'_>, text: &str) -> Result<Result<Access, OidcError>, StoreError> {
    let invalid = |why: String| {
        OidcError::invalid_token("invalid token provided")
            .detail(why)
            .challenge(Challenge::Bearer)
    };
    if text.contains('.') {
        return Ok(Err(invalid(
            "this is a JWT for an API resource; userinfo takes the opaque token, which is issued when no resource is asked for".into(),
        )));
    }
    let Some(token) = cx.get::<AccessToken>(&token_key(text))? else {
        return Ok(Err(invalid("no such access token; it expired, or was never issued here".into())));
    };
    cx.trail.live = Some(token.live.clone());
    if cx.get::<Grant>(token.grant_id.as_str())?.is_none() {
        return Ok(Err(invalid("its grant was revoked".into())));
    }
    if !token.offline && !token::session_lives(cx, token.session_uid.as_str())? {
        return Ok(Err(invalid(
            "the browser session has ended, and offline_access was not granted".into(),
        )));
    }
    match cx.get::<User>(token.account_id.as_str())? {
        Some(user) if !user.is_suspended => Ok(Ok(Access { token, user })),
        found => Ok(Err(OidcError::invalid_grant(if found.is_some() {
            "the person is suspended"
        } else {
            "the person was deleted"
        }))),
    }
}

/// Answers userinfo. `narrowed` is the optional `scope` parameter.
///
/// # Errors
/// The store failed; or, inside, the refusal.
pub fn userinfo(
    cx: &mut Cx<'_>,
    text: Option<&str>,
    narrowed: Option<&str>,
) -> Result<Result<(ClaimSet, Arc<AccessToken>), OidcError>, StoreError> {
    cx.trail.kind = StepKind::Userinfo;
    cx.arrow(Lane::Client, Lane::Provider, "GET /oidc/me");
    let outcome = answer(cx, text, narrowed)?;
    match &outcome {
        Ok(_) if cx.trail.spared => {}
        Ok((_, token)) => {
            cx.because(Because::new(
                "userinfo.claims",
                Outcome::Passed,
                "Answered with the person's claims.",
                format!(
                    "The access token carries `{}`; each scope stands for its claims{}.",
                    token.scopes.join(" "),
                    narrowed
                        .map(|scope| format!(", and `scope={scope}` narrowed them"))
                        .unwrap_or_default()
                ),
                "OIDC Core 5.3.2, Logto 1.19",
            ));
            cx.arrow(Lane::Provider, Lane::Client, "200 claims");
        }
        Err(error) => {
            let why = error.detail.clone().or_else(|| error.description.clone()).unwrap_or_default();
            cx.because(Because::new(
                "userinfo.refused",
                Outcome::Refused,
                format!("Userinfo was refused with `{}`.", error.error),
                format!("Reason: {why}."),
                "OIDC Core 5.3.3, RFC 6750 3.1",
            ));
            cx.arrow(Lane::Provider, Lane::Client, format!("{} {}", error.status, error.error));
            cx.trail.error = Some(error.step());
        }
    }
    Ok(outcome)
}

fn answer(
    cx: &mut Cx<'_>,
    text: Option<&str>,
    narrowed: Option<&str>,
) -> Result<Result<(ClaimSet, Arc<AccessToken>), OidcError>, StoreError> {
    let Some(text) = text else {
        return Ok(Err(
            OidcError::invalid_token("no access token provided").challenge(Challenge::Bearer)
        ));
    };
    let Access { token, user } = match access(cx, text)? {
        Ok(access) => access,
        Err(error) => return Ok(Err(error)),
    };
    if !token.scopes.iter().any(|s| s == "openid") {
        return Ok(Err(OidcError::insufficient_scope("access token missing openid scope")
            .scope("openid")
            .challenge(Challenge::Bearer)));
    }
    cx.spare_words();
    let settings = cx.settings()?;
    let dialect = cx
        .get::<Application>(token.client_id.as_str())?
        .and_then(|a| a.custom_client_metadata.dialect)
        .unwrap_or(settings.dialect);
    let claims = match narrowed {
        None => claims::of_person(cx, &user, &token.scopes, Place::Userinfo, &settings, dialect)?,
        Some(narrowed) => {
            let asked = scopes::words(narrowed);
            let granted: Vec<String> = token.scopes.iter().filter(|s| asked.contains(s)).cloned().collect();
            claims::of_person(cx, &user, &granted, Place::Userinfo, &settings, dialect)?
        }
    };
    Ok(Ok((claims.values, token)))
}
