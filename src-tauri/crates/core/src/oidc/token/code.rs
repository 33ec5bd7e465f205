//! `grant_type=authorization_code` (RFC 6749 4.1.3; sheet 1.14).

use super::issue::{Issue, Policy, note, settled, target};
use super::{TokenForm, TokenReply, refused, standing};
use crate::because::{Because, Outcome};
use crate::entropy::timed43;
use crate::ids::LiveId;
use crate::live::{Lane, TokenView};
use crate::model::{Application, ApplicationType};
use crate::oidc::{OidcError, pkce};
use crate::port::{Cx, StoreError};
use crate::record::{AuthorizationCode, Authorized, Grant, RefreshToken, token_key};
use serde_json::json;

/// Redeems a code. A refusal may still write: a replay revokes the grant.
///
/// # Errors
/// The store failed; or, inside, the refusal.
pub fn redeem_code(
    cx: &mut Cx<'_>,
    app: &Application,
    form: &TokenForm,
    issuer: &str,
) -> Result<Result<TokenReply, OidcError>, StoreError> {
    cx.arrow(Lane::Client, Lane::Provider, "POST /oidc/token · code");
    match redeem(cx, app, form, issuer)? {
        Ok(reply) => Ok(Ok(reply)),
        Err(error) => Ok(Err(refused(cx, error))),
    }
}

fn redeem(cx: &mut Cx<'_>, app: &Application, form: &TokenForm, issuer: &str) -> Result<Result<TokenReply, OidcError>, StoreError> {
    let Some(text) = form.get("code") else {
        return Ok(Err(OidcError::missing("code")));
    };
    let Some(code) = cx.get::<AuthorizationCode>(&token_key(text))? else {
        return Ok(Err(OidcError::invalid_grant(
            "no such authorization code; it expired long ago, was never issued here, or was cut off",
        )));
    };
    cx.trail.live = Some(code.authorized.live.clone());
    if let Err(error) = check_binding(cx, app, form, &code) {
        return Ok(Err(error));
    }
    if code.consumed_at.is_some() {
        cx.delete::<Grant>(code.authorized.grant_id.as_str())?;
        cx.because(Because::new(
            "token.code_replay",
            Outcome::Refused,
            "The code was used before, so everything it led to was revoked.",
            "A code works once. A second use means that somebody else may have it, so the grant and all its tokens have ended. A browser that reloads the callback page does this too.",
            "RFC 6749 4.1.2, Logto 1.14",
        ));
        return Ok(Err(OidcError::invalid_grant(
            "authorization code already used; the grant and its tokens were revoked",
        )));
    }
    if code.valid_until <= cx.now {
        let late = cx.now.seconds_since(code.valid_until);
        return Ok(Err(OidcError::invalid_grant(format!(
            "authorization code expired {late} s ago; it is good for 60 s"
        ))));
    }
    first_tokens(cx, app, form, issuer, &code.authorized, |cx| {
        let mut used = (*code).clone();
        used.consumed_at = Some(cx.now);
        cx.put(&used)
    })
}

/// The tokens that a code stands for; `use_up` marks the code as used, once nothing can be refused any more.
pub(super) fn first_tokens(
    cx: &mut Cx<'_>,
    app: &Application,
    form: &TokenForm,
    issuer: &str,
    authorized: &Authorized,
    use_up: impl FnOnce(&mut Cx<'_>) -> Result<(), StoreError>,
) -> Result<Result<TokenReply, OidcError>, StoreError> {
    let standing = match standing(cx, authorized)? {
        Ok(standing) => standing,
        Err(error) => return Ok(Err(error)),
    };
    let target = match target(cx, app, form, authorized, &standing)? {
        Ok(target) => target,
        Err(error) => return Ok(Err(error)),
    };
    let policy = Policy::read(cx, app)?;
    let issue = Issue {
        app,
        policy: &policy,
        issuer,
        authorized,
        scopes: &authorized.scopes,
        target,
    };
    let mut reply = issue.tokens(cx, &standing)?;
    use_up(cx)?;
    if wants_refresh_token(cx, app, authorized) {
        reply.refresh_token = Some(new_refresh_token(cx, app, authorized)?);
    }
    cx.trail.patch.user = Some((standing.user.id.clone(), standing.user.display_name()));
    settled(cx, &authorized.live, "tokens issued");
    Ok(Ok(reply))
}

/// Client, redirect URI and PKCE. A wrong verifier does not use the code up (observed).
fn check_binding(cx: &mut Cx<'_>, app: &Application, form: &TokenForm, code: &AuthorizationCode) -> Result<(), OidcError> {
    if code.authorized.client_id != app.id {
        return Err(OidcError::invalid_grant(format!(
            "the code was issued to `{}`, not to `{}`",
            code.authorized.client_id, app.id
        )));
    }
    match form.get("redirect_uri") {
        None if app.oidc_client_metadata.redirect_uris.len() != 1 => return Err(OidcError::missing("redirect_uri")),
        Some(uri) if uri != code.redirect_uri => {
            return Err(OidcError::invalid_grant(format!(
                "redirect_uri is `{uri}`, but the authorization request had `{}`",
                code.redirect_uri
            )));
        }
        _ => {}
    }
    match (&code.code_challenge, form.get("code_verifier")) {
        (Some(_), None) => Err(OidcError::invalid_grant(
            "code_verifier is missing, and the authorization request sent a code_challenge",
        )),
        (Some(challenge), Some(verifier)) => {
            pkce::check_format("code_verifier", verifier)?;
            if pkce::verify(challenge, verifier) {
                cx.because(Because::new(
                    "token.pkce",
                    Outcome::Passed,
                    "The PKCE verifier fits the challenge.",
                    "SHA-256 of `code_verifier` equals `code_challenge`.",
                    "RFC 7636 4.6",
                ));
                Ok(())
            } else {
                Err(OidcError::invalid_grant(
                    "PKCE verification failed: code_verifier does not hash to the code_challenge of the request. The right verifier still works",
                ))
            }
        }
        (None, Some(_)) => Err(OidcError::invalid_grant(
            "code_verifier was sent, but the authorization request had no code_challenge",
        )),
        (None, None) => Ok(()),
    }
}

/// Sheet 1.7, last column.
fn wants_refresh_token(cx: &mut Cx<'_>, app: &Application, authorized: &Authorized) -> bool {
    let always = app.custom_client_metadata.always_issue_refresh_token == Some(true) && app.kind != ApplicationType::Native;
    let (wanted, why) = if authorized.offline {
        (true, "`offline_access` was granted.")
    } else if always {
        (
            true,
            "The application has `alwaysIssueRefreshToken`. It ends with the browser session.",
        )
    } else if app.is_device_flow() {
        (false, "The device did not ask for the scope `offline_access`.")
    } else {
        (
            false,
            "`offline_access` was not granted (it needs the scope and `prompt=consent`), and the application does not have `alwaysIssueRefreshToken`.",
        )
    };
    cx.because(Because::new(
        "token.refresh_token",
        if wanted { Outcome::Passed } else { Outcome::Decided },
        if wanted { "Issued a refresh token." } else { "No refresh token." },
        why,
        "OIDC Core 11, Logto 1.7",
    ));
    wanted
}

fn new_refresh_token(cx: &mut Cx<'_>, app: &Application, authorized: &Authorized) -> Result<String, StoreError> {
    let text = timed43(cx.now, cx.entropy);
    let token = RefreshToken {
        key: token_key(&text),
        authorized: authorized.clone(),
        line_started_at: cx.now,
        issued_at: cx.now,
        consumed_at: None,
        expires_at: cx.now.plus_seconds(app.refresh_token_ttl()),
    };
    cx.put(&token)?;
    show_refresh(cx, &token, "a full lifetime");
    Ok(text)
}

/// The refresh token's entry in the Tokens tab.
pub(super) fn show_refresh(cx: &mut Cx<'_>, token: &RefreshToken, lifetime: &'static str) {
    cx.trail.tokens.push(TokenView {
        name: "refresh_token".into(),
        format: "opaque".into(),
        header: None,
        claims: json!({
            "client_id": token.authorized.client_id, "sub": token.authorized.account_id, "scope": token.authorized.scopes.join(" "),
            "iat": token.issued_at.seconds(), "exp": token.expires_at.seconds(),
        }),
        provenance: vec![
            note("exp", lifetime),
            note(
                "scope",
                if token.authorized.offline {
                    "it outlives sign-out"
                } else {
                    "it ends with the browser session"
                },
            ),
        ],
        absent: Vec::new(),
        expires_at: token.expires_at,
    });
}

/// Opens a live session of its own for a token call that belongs to no known one.
pub(super) fn fresh_live(cx: &mut Cx<'_>) {
    if cx.trail.live.is_none() {
        cx.trail.live = Some(LiveId(crate::entropy::timed21(cx.now, cx.entropy)));
    }
}
