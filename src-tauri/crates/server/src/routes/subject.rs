//! Which live session a request goes on with, told before any rule has seen it: a paused session's requests wait at the door.

use super::common::body_pairs;
use super::oidc::current_interaction;
use super::pages::is_page;
use crate::engine::Engine;
use crate::http::Request;
use vestibule_core::ids::LiveId;
use vestibule_core::oidc::authorize::REQUEST_URI_PREFIX;
use vestibule_core::record::{AccessToken, AuthorizationCode, DeviceCode, Interaction, PushedRequest, RefreshToken, token_key};
use vestibule_core::{Cx, StoreError};

/// The session, if the request belongs to one that is known. Nothing is checked here, and nothing is answered by it.
pub(super) fn of(engine: &Engine, request: &Request) -> Option<LiveId> {
    let segments: Vec<&str> = request.path.split('/').filter(|s| !s.is_empty()).collect();
    let interaction = |id: Option<String>| id.and_then(|id| look(engine, |cx| Ok(cx.get::<Interaction>(&id)?.map(|i| i.live.clone()))));
    match segments.as_slice() {
        ["oidc", "auth" | "device", _, "wait"] => None,
        ["oidc", "auth" | "device", uid] => interaction(Some((*uid).to_owned())),
        ["oidc", "auth"] => pushed(engine, request),
        ["oidc", "token", ..] => {
            let pairs = body_pairs(request, "/token").ok()?;
            let text = |name: &str| pairs.iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.as_str());
            let names = ["code", "refresh_token", "device_code", "token"];
            let token = names.into_iter().find_map(text)?;
            look(engine, |cx| of_token(cx, token))
        }
        ["oidc", "me"] => {
            let token = request.bearer()?;
            look(engine, |cx| of_token(cx, token))
        }
        ["simulated", ..] => {
            let pairs = request.query_pairs().ok()?;
            let state = pairs.iter().find(|(name, _)| name == "state").map(|(_, value)| value.as_str())?;
            engine.simulator.expected(state)
        }
        ["oidc" | "control" | "assets", ..] => None,
        ["api", "experience" | "interaction", ..] => interaction(current_interaction(engine, request)),
        _ if is_page(&request.path) => interaction(current_interaction(engine, request)),
        _ => None,
    }
}

fn look(engine: &Engine, find: impl FnOnce(&Cx<'_>) -> Result<Option<LiveId>, StoreError>) -> Option<LiveId> {
    // Who can't be found waits for nothing; the rule that looks next says what is wrong.
    engine.look(|cx| find(cx)).ok().flatten()
}

fn pushed(engine: &Engine, request: &Request) -> Option<LiveId> {
    let pairs = request.query_pairs().ok()?;
    let uri = pairs
        .iter()
        .find(|(name, _)| name == "request_uri")
        .map(|(_, value)| value.as_str())?;
    let id = uri.strip_prefix(REQUEST_URI_PREFIX)?;
    look(engine, |cx| Ok(cx.get::<PushedRequest>(id)?.map(|pushed| pushed.live.clone())))
}

/// The session of a code or token, whichever it is.
fn of_token(cx: &Cx<'_>, token: &str) -> Result<Option<LiveId>, StoreError> {
    let key = token_key(token);
    if let Some(code) = cx.get::<AuthorizationCode>(&key)? {
        return Ok(Some(code.authorized.live.clone()));
    }
    if let Some(token) = cx.get::<RefreshToken>(&key)? {
        return Ok(Some(token.authorized.live.clone()));
    }
    if let Some(token) = cx.get::<AccessToken>(&key)? {
        return Ok(Some(token.live.clone()));
    }
    Ok(cx.get::<DeviceCode>(&key)?.map(|code| code.live.clone()))
}
