//! RP-initiated logout (`/oidc/session/end`, sheet 1.21) and whom to tell about it.

use super::redirect::{RegisteredRedirect, nearest};
use super::request::Hint;
use super::{OidcError, dialect};
use crate::because::{Because, Outcome, Repair};
use crate::entropy::{id21, timed21};
use crate::ids::{AppId, LiveId};
use crate::live::{Lane, LiveStatus, StepKind};
use crate::model::{Application, Dialect, SigningAlg, User};
use crate::port::{Cx, StoreError};
use crate::record::{Grant, Session, token_key};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What a sign-out request asks for, carried from the request to its confirmation in a signed cookie.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Logout {
    /// The live session.
    pub live: LiveId,
    /// The application, if it said who it is.
    pub client_id: Option<AppId>,
    /// Where to go afterwards.
    pub post_logout_redirect_uri: Option<String>,
    /// `state`, echoed there.
    pub state: Option<String>,
    /// Must come back with the form.
    pub xsrf: String,
    /// Whether the page waits for a click (strict dialect without a valid hint).
    pub ask: bool,
}

/// A logout token to deliver (OIDC Back-Channel Logout).
#[derive(Clone, Debug, PartialEq)]
pub struct BackchannelLogout {
    /// Where.
    pub uri: String,
    /// The application.
    pub app: AppId,
    /// Its name.
    pub app_name: String,
    /// The application's own algorithm; `None` means the provider's. ID tokens are signed with the same (2.4).
    pub alg: Option<SigningAlg>,
    /// Claims to sign with `typ: logout+jwt`.
    pub claims: serde_json::Value,
}

/// What the signed-out page needs to offer a way back, carried there in a signed cookie.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Farewell {
    /// The live session.
    pub live: LiveId,
    /// The application.
    pub client_id: AppId,
    /// A post-logout redirect URI.
    pub uri: String,
    /// `state`, echoed there.
    pub state: Option<String>,
}

/// The way back that the signed-out page offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayBack {
    /// The application's name.
    pub app_name: String,
    /// A registered post-logout redirect URI, with `state`.
    pub address: String,
}

/// After the confirmation.
#[derive(Clone, Debug)]
pub struct LoggedOut {
    /// Where the browser goes: a registered address, or `None` for the success page.
    pub redirect: Option<String>,
    /// What the success page links to.
    pub farewell: Option<Farewell>,
    /// Whom to tell.
    pub backchannel: Vec<BackchannelLogout>,
}

/// `GET/POST /oidc/session/end`.
///
/// # Errors
/// The store failed; or, inside, the refusal.
pub fn end_session(
    cx: &mut Cx<'_>,
    pairs: &[(String, String)],
    hint: Option<&Hint>,
    session_cookie: Option<&str>,
) -> Result<Result<Logout, OidcError>, StoreError> {
    cx.trail.kind = StepKind::EndSession;
    cx.trail.live.get_or_insert_with(|| LiveId(timed21(cx.now, cx.entropy)));
    cx.arrow(Lane::Client, Lane::Provider, "GET /oidc/session/end");
    cx.trail.patch.headline = Some("sign-out".into());
    cx.trail.patch.outcome = Some("signing out".into());
    let outcome = check(cx, pairs, hint)?;
    match outcome {
        Ok(mut logout) => {
            if let Some((session, user)) = super::authorize::load_session(cx, session_cookie)? {
                cx.trail.patch.user = Some((user.id.clone(), user.display_name()));
                if logout.ask && matches!(hint, Some(Hint::Valid { sub, .. }) if *sub == session.account_id.0) {
                    logout.ask = false;
                }
            } else {
                logout.ask = false;
                cx.because(Because::new(
                    "logout.no_session",
                    Outcome::Decided,
                    "Nobody is signed in on this browser.",
                    "The answer is the same as if somebody were.",
                    "OIDC RP-Initiated Logout 2",
                ));
            }
            logout.xsrf = id21(cx.entropy);
            logout.live = cx.trail.live.clone().unwrap_or_default();
            Ok(Ok(logout))
        }
        Err(error) => {
            cx.trail.error = Some(error.step());
            cx.arrow(Lane::Provider, Lane::Provider, format!("400 {}", error.error));
            cx.trail.patch.status = Some(LiveStatus::Failed);
            cx.trail.patch.outcome = Some("sign-out refused".into());
            cx.trail.patch.headline = error.description.clone().map(Into::into);
            Ok(Err(error))
        }
    }
}

fn check(cx: &mut Cx<'_>, pairs: &[(String, String)], hint: Option<&Hint>) -> Result<Result<Logout, OidcError>, StoreError> {
    let value = |name: &str| pairs.iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.clone());
    for name in ["id_token_hint", "client_id", "post_logout_redirect_uri", "state"] {
        if pairs.iter().filter(|(n, _)| n == name).count() > 1 {
            return Ok(Err(OidcError::invalid_request(format!(
                "'{name}' parameter must not be provided twice"
            ))));
        }
    }
    let mut client_id = value("client_id");
    match hint {
        Some(Hint::Invalid(why)) => {
            return Ok(Err(
                OidcError::invalid_request("could not validate id_token_hint").detail(why.clone())
            ));
        }
        Some(Hint::Valid { audiences, .. }) => match &client_id {
            Some(id) if !audiences.contains(id) => {
                return Ok(Err(OidcError::invalid_request(
                    "client_id does not match the provided id_token_hint",
                )));
            }
            _ => client_id = client_id.or_else(|| audiences.first().cloned()),
        },
        None => {}
    }
    let app = match &client_id {
        Some(id) => match cx.get::<Application>(id)? {
            Some(app) => Some(app),
            None => return Ok(Err(OidcError::unknown_client(format!("invalid client {id}")))),
        },
        None => None,
    };
    let dialect = dialect::in_effect(cx, app.as_deref())?;
    let mut logout = Logout {
        client_id: app.as_ref().map(|a| a.id.clone()),
        ask: dialect.follows_specifications(),
        ..Logout::default()
    };
    let Some(uri) = value("post_logout_redirect_uri") else {
        return Ok(Ok(logout));
    };
    let Some(app) = app else {
        cx.because(Because::new(
            "logout.unknown_client",
            Outcome::Dropped,
            "Ignored `post_logout_redirect_uri`.",
            "Neither `client_id` nor `id_token_hint` says which application asks, so no address can be trusted. The browser ends on the signed-out page.",
            "OIDC RP-Initiated Logout 3, Logto 1.21",
        ));
        return Ok(Ok(logout));
    };
    cx.trail.patch.app = Some((app.id.clone(), app.name.clone()));
    if RegisteredRedirect::find_post_logout(&app, &uri).is_none() {
        let near = nearest(&app.oidc_client_metadata.post_logout_redirect_uris, &uri).map(str::to_owned);
        let detail = near.as_ref().map_or_else(
            || "None of its registered ones is close to it.".to_owned(),
            |near| format!("The nearest registered one is `{near}`."),
        );
        cx.because(
            Because::new(
                "logout.redirect_uri",
                Outcome::Refused,
                "The post-logout redirect URI is not registered.",
                detail,
                "OIDC RP-Initiated Logout 3, Logto 1.21",
            )
            .input(uri.clone())
            .repair(Repair::RegisterPostLogoutRedirectUri {
                app_id: app.id.0.clone(),
                uri,
                nearest: near,
            }),
        );
        return Ok(Err(OidcError::invalid_request("post_logout_redirect_uri not registered")));
    }
    logout.post_logout_redirect_uri = Some(uri);
    logout.state = value("state");
    Ok(Ok(logout))
}

/// `POST /oidc/session/end/confirm`: ends the session, the grants bound to it, and says whom to tell.
///
/// # Errors
/// The store failed; or, inside, the refusal.
pub fn confirm(
    cx: &mut Cx<'_>,
    logout: &Logout,
    xsrf: &str,
    session_cookie: Option<&str>,
    issuer: &str,
) -> Result<Result<LoggedOut, OidcError>, StoreError> {
    cx.trail.kind = StepKind::EndSession;
    cx.trail.live = Some(logout.live.clone());
    cx.arrow(Lane::Experience, Lane::Provider, "POST /oidc/session/end/confirm");
    if !crate::Secret::new(logout.xsrf.clone()).matches(xsrf) || logout.xsrf.is_empty() {
        let error = OidcError::invalid_request("xsrf token invalid").detail("the form did not come from the page this provider showed");
        cx.trail.error = Some(error.step());
        return Ok(Err(error));
    }
    let mut out = LoggedOut {
        redirect: None,
        farewell: None,
        backchannel: Vec::new(),
    };
    if let Some(session) = session_cookie
        .map(token_key)
        .map(|key| cx.get::<Session>(&key))
        .transpose()?
        .flatten()
    {
        let name = cx
            .get::<User>(session.account_id.as_str())?
            .map(|u| u.display_name())
            .unwrap_or_default();
        let Ended { kept, backchannel } = end(cx, &session, issuer)?;
        out.backchannel = backchannel;
        let tail = if kept.is_empty() {
            String::new()
        } else {
            format!(
                " `{}` keeps its tokens, because it was granted `offline_access`.",
                kept.join("`, `")
            )
        };
        cx.because(Because::new(
            "logout.session",
            Outcome::Decided,
            "Ended the browser's session.",
            format!("{name} is signed out. Grants without `offline_access` ended too.{tail}"),
            "OIDC RP-Initiated Logout 2, Logto 1.21",
        ));
    }
    (out.redirect, out.farewell) = destination(cx, logout)?;
    cx.arrow(
        Lane::Provider,
        if out.redirect.is_some() { Lane::Client } else { Lane::Experience },
        if out.redirect.is_some() {
            "303 signed out"
        } else {
            "303 success page"
        },
    );
    for delivery in &out.backchannel {
        cx.trail
            .arrow(Lane::Provider, Lane::Client, format!("logout token to {}", delivery.app_name));
    }
    cx.trail.patch.status = Some(LiveStatus::Done);
    cx.trail.patch.outcome = Some("signed out".into());
    Ok(Ok(out))
}

/// What ended with a browser's session, and what did not.
pub struct Ended {
    /// Names of the applications that keep their tokens, because they were granted `offline_access`.
    pub kept: Vec<String>,
    /// Whom to tell.
    pub backchannel: Vec<BackchannelLogout>,
}

/// Ends a browser's session and the grants bound to it.
///
/// # Errors
/// When the store fails.
pub fn end(cx: &mut Cx<'_>, session: &Session, issuer: &str) -> Result<Ended, StoreError> {
    cx.delete::<Session>(&session.key)?;
    let mut ended = Ended {
        kept: Vec::new(),
        backchannel: Vec::new(),
    };
    for (client, authorization) in &session.authorizations {
        let app = cx.get::<Application>(client.as_str())?;
        if authorization.persists_logout {
            ended.kept.push(app.as_ref().map_or_else(|| client.0.clone(), |a| a.name.clone()));
        } else {
            cx.delete::<Grant>(authorization.grant_id.as_str())?;
        }
        if let Some(app) = app {
            ended
                .backchannel
                .extend(logout_token(cx, &app, session, &authorization.sid, issuer));
        }
    }
    Ok(ended)
}

/// Where the browser goes: on to the registered address, or to the success page with a link.
fn destination(cx: &mut Cx<'_>, logout: &Logout) -> Result<(Option<String>, Option<Farewell>), StoreError> {
    let Some(app) = logout
        .client_id
        .as_ref()
        .map(|id| cx.get::<Application>(id.as_str()))
        .transpose()?
        .flatten()
    else {
        return Ok((None, None));
    };
    let asked = logout.post_logout_redirect_uri.as_ref();
    // Checked again: the address may have been removed while the page was open.
    let registered = asked.and_then(|uri| RegisteredRedirect::find_post_logout(&app, uri));
    let duende = dialect::in_effect(cx, Some(&app))? == Dialect::Duende;
    if let (Some(to), false) = (&registered, duende) {
        return Ok((Some(with_state(to, logout.state.as_deref())), None));
    }
    let first = app
        .oidc_client_metadata
        .post_logout_redirect_uris
        .iter()
        .find(|uri| !uri.contains('*'));
    let (uri, state) = match &registered {
        Some(to) => {
            cx.because(Because::new(
                "logout.link",
                Outcome::Decided,
                "The way back is a link.",
                "In the duende dialect the browser stays on the signed-out page, which links to the post-logout redirect URI. \
                 The other dialects redirect there at once.",
                "Duende IdentityServer signed-out page",
            ));
            (Some(to.as_str().to_owned()), logout.state.clone())
        }
        None => (first.cloned(), None),
    };
    let farewell = uri.map(|uri| Farewell {
        live: logout.live.clone(),
        client_id: app.id.clone(),
        uri,
        state,
    });
    Ok((None, farewell))
}

fn with_state(to: &RegisteredRedirect, state: Option<&str>) -> String {
    state.map_or_else(|| to.as_str().to_owned(), |state| to.with(&[("state", state)], false))
}

/// `GET /oidc/session/end/success`: the link of the signed-out page, if the application still has that address.
///
/// # Errors
/// When the store can't be read.
pub fn way_back(cx: &mut Cx<'_>, farewell: &Farewell) -> Result<Option<WayBack>, StoreError> {
    cx.trail.kind = StepKind::EndSession;
    cx.trail.live = Some(farewell.live.clone());
    cx.arrow(Lane::Experience, Lane::Provider, "GET /oidc/session/end/success");
    let Some(app) = cx.get::<Application>(farewell.client_id.as_str())? else {
        return Ok(None);
    };
    // A link runs what a redirect would not.
    let script = ["javascript:", "data:", "vbscript:"]
        .iter()
        .any(|scheme| farewell.uri.to_ascii_lowercase().starts_with(scheme));
    let found = RegisteredRedirect::find_post_logout(&app, &farewell.uri).filter(|_| !script);
    let Some(to) = found else { return Ok(None) };
    cx.because(
        Because::new(
            "logout.way_back",
            Outcome::Passed,
            "The signed-out page links to the application.",
            format!("`{}` is registered as a post-logout redirect URI of `{}`.", to.as_str(), app.name),
            "OIDC RP-Initiated Logout 3, Duende IdentityServer signed-out page",
        )
        .input(to.as_str()),
    );
    Ok(Some(WayBack {
        app_name: app.sign_in_experience.display_name.clone().unwrap_or_else(|| app.name.clone()),
        address: with_state(&to, farewell.state.as_deref()),
    }))
}

fn logout_token(cx: &Cx<'_>, app: &Application, session: &Session, sid: &str, issuer: &str) -> Option<BackchannelLogout> {
    Some(BackchannelLogout {
        uri: app.oidc_client_metadata.backchannel_logout_uri.clone()?,
        app: app.id.clone(),
        app_name: app.name.clone(),
        alg: app.custom_client_metadata.signing_alg,
        claims: logout_claims(cx, app, session.account_id.as_str(), sid, issuer),
    })
}

/// Claims of a logout token (OIDC Back-Channel Logout 2.4); lifetime 120 s (sheet 1.5).
#[must_use]
pub fn logout_claims(cx: &Cx<'_>, app: &Application, sub: &str, sid: &str, issuer: &str) -> serde_json::Value {
    let mut claims = json!({
        "iss": issuer, "aud": app.id, "sub": sub, "iat": cx.now.seconds(), "exp": cx.now.plus_seconds(120).seconds(),
        "jti": id21(cx.entropy), "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
    });
    if app.oidc_client_metadata.backchannel_logout_session_required == Some(true) {
        claims["sid"] = json!(sid);
    }
    claims
}
