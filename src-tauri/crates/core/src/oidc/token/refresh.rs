//! `grant_type=refresh_token`, rotation and reuse (RFC 6749 6, RFC 9700 4.14; sheet 1.6 and 1.14).

use super::code::show_refresh;
use super::issue::{Issue, Policy, settled, target};
use super::{TokenForm, TokenReply, refused, standing};
use crate::because::{Because, Outcome};
use crate::entropy::timed43;
use crate::live::Lane;
use crate::model::{Application, ApplicationType};
use crate::oidc::{OidcError, scopes};
use crate::port::{Cx, StoreError};
use crate::record::{Grant, RefreshToken, token_key};

/// How long a rotated token is still accepted, in **seconds** (sheet 1.6).
const REUSE_LEEWAY: i64 = 3;
/// After this a line of tokens rotates no more, in **seconds**: 365.25 days (sheet 1.6).
const LINE_LIMIT: i64 = 31_557_600;

/// Uses a refresh token. A refusal may still write: reuse revokes the grant.
///
/// # Errors
/// The store failed; or, inside, the refusal.
pub fn refresh(cx: &mut Cx<'_>, app: &Application, form: &TokenForm, issuer: &str) -> Result<Result<TokenReply, OidcError>, StoreError> {
    cx.arrow(Lane::Client, Lane::Provider, "POST /oidc/token · refresh");
    match run(cx, app, form, issuer)? {
        Ok(reply) => Ok(Ok(reply)),
        Err(error) => Ok(Err(refused(cx, error))),
    }
}

fn run(cx: &mut Cx<'_>, app: &Application, form: &TokenForm, issuer: &str) -> Result<Result<TokenReply, OidcError>, StoreError> {
    let Some(text) = form.get("refresh_token") else {
        return Ok(Err(OidcError::missing("refresh_token")));
    };
    let Some(token) = cx.get::<RefreshToken>(&token_key(text))? else {
        return Ok(Err(OidcError::invalid_grant(
            "no such refresh token; it expired, or was never issued here",
        )));
    };
    cx.trail.live = Some(token.authorized.live.clone());
    if token.authorized.client_id != app.id {
        return Ok(Err(OidcError::invalid_grant(format!(
            "the refresh token was issued to `{}`, not to `{}`",
            token.authorized.client_id, app.id
        ))));
    }
    let standing = match standing(cx, &token.authorized)? {
        Ok(standing) => standing,
        Err(error) => return Ok(Err(error)),
    };
    if let Some(consumed) = token.consumed_at {
        let age = cx.now.seconds_since(consumed);
        if age > REUSE_LEEWAY {
            cx.delete::<Grant>(token.authorized.grant_id.as_str())?;
            cx.because(Because::new(
                "token.refresh_reuse",
                Outcome::Refused,
                "An already rotated refresh token came back, so the grant was revoked.",
                format!("It was replaced {age} s ago. After {REUSE_LEEWAY} s a second use means that it may have been stolen, or that the client did not store the new one. All tokens of the grant have ended."),
                "RFC 9700 4.14.2, Logto 1.14",
            ));
            return Ok(Err(OidcError::invalid_grant(format!(
                "refresh token was rotated {age} s ago and used again; the grant and its tokens were revoked"
            ))));
        }
        cx.because(Because::new(
            "token.refresh_leeway",
            Outcome::Passed,
            "Accepted a refresh token that was just rotated.",
            format!("It was replaced {age} s ago; within {REUSE_LEEWAY} s a repeated call is taken for a retry."),
            "Logto 1.14",
        ));
    }
    let narrowed = match narrow(form, &token.authorized.scopes) {
        Ok(narrowed) => narrowed,
        Err(error) => return Ok(Err(error)),
    };
    let target = match target(cx, app, form, &token.authorized, &standing)? {
        Ok(target) => target,
        Err(error) => return Ok(Err(error)),
    };
    let policy = Policy::read(cx, app)?;
    let issue = Issue {
        app,
        policy: &policy,
        issuer,
        authorized: &token.authorized,
        scopes: &narrowed,
        target,
    };
    let mut reply = issue.tokens(cx, &standing)?;
    reply.refresh_token = Some(if rotates(cx, app, &token) {
        rotate(cx, app, &token)?
    } else {
        text.to_owned()
    });
    cx.trail.patch.user = Some((standing.user.id.clone(), standing.user.display_name()));
    settled(cx, &token.authorized.live, "tokens issued");
    Ok(Ok(reply))
}

/// `scope` may only narrow (RFC 6749 section 6).
fn narrow(form: &TokenForm, held: &[String]) -> Result<Vec<String>, OidcError> {
    let Some(asked) = form.get("scope") else { return Ok(held.to_vec()) };
    let asked = scopes::words(asked);
    let missing: Vec<&str> = asked.iter().filter(|s| !held.contains(s)).map(String::as_str).collect();
    match missing.len() {
        0 => Ok(asked),
        1 => Err(OidcError::invalid_scope("refresh token missing requested scope").scope(missing.join(" "))),
        _ => Err(OidcError::invalid_scope("refresh token missing requested scopes").scope(missing.join(" "))),
    }
}

/// The rotation rule (sheet 1.6).
fn rotates(cx: &mut Cx<'_>, app: &Application, token: &RefreshToken) -> bool {
    let lifetime = token.expires_at.seconds_since(token.issued_at).max(1);
    let spent = cx.now.seconds_since(token.issued_at) * 100 / lifetime;
    let (rotate, why) = if app.custom_client_metadata.rotate_refresh_token == Some(false) {
        (false, "`rotateRefreshToken` is false for this application.".to_owned())
    } else if cx.now.seconds_since(token.line_started_at) >= LINE_LIMIT {
        (false, "This line of refresh tokens is more than a year old.".to_owned())
    } else if !app.kind.has_secret() {
        (true, "Public clients rotate at each use.".to_owned())
    } else if spent >= 70 {
        (
            true,
            format!("{spent} % of its lifetime has passed; clients with a secret rotate from 70 %."),
        )
    } else {
        (
            false,
            format!("{spent} % of its lifetime has passed; clients with a secret rotate from 70 %."),
        )
    };
    cx.because(Because::new(
        "token.rotation",
        Outcome::Decided,
        if rotate {
            "Rotated the refresh token."
        } else {
            "Kept the same refresh token."
        },
        why,
        "RFC 9700 4.14.2, Logto 1.6",
    ));
    rotate
}

fn rotate(cx: &mut Cx<'_>, app: &Application, old: &RefreshToken) -> Result<String, StoreError> {
    if old.consumed_at.is_none() {
        let mut consumed = old.clone();
        consumed.consumed_at = Some(cx.now);
        cx.put(&consumed)?;
    }
    // An SPA's token keeps the remaining lifetime; the others start afresh (sheet 1.6).
    let (expires_at, lifetime) = if app.kind == ApplicationType::Spa {
        (
            old.expires_at,
            "the remaining lifetime of the token before it (single-page application)",
        )
    } else {
        (cx.now.plus_seconds(app.refresh_token_ttl()), "a full lifetime")
    };
    let text = timed43(cx.now, cx.entropy);
    let token = RefreshToken {
        key: token_key(&text),
        authorized: old.authorized.clone(),
        line_started_at: old.line_started_at,
        issued_at: cx.now,
        consumed_at: None,
        expires_at,
    };
    cx.put(&token)?;
    show_refresh(cx, &token, lifetime);
    Ok(text)
}
