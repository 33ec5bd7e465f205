//! Logto's Management API under `/api` (sheet 7.2): the guard before the management table.
//!
//! Whoever calls has an access token for [`RESOURCE`] with the scope `all`, issued by this provider to a
//! machine-to-machine application. The resource and a role with its scope are set up as any other.

use crate::engine::Engine;
use crate::http::{Request, Response};
use crate::management as table;
use http::{StatusCode, header};
use serde_json::json;
use std::sync::Arc;
use vestibule_keys::Expected;

/// The indicator of the Management API (sheet 7.2), that of Logto's first tenant.
const RESOURCE: &str = "https://default.logto.app/api";

/// What is left under `/api` when everything else had its turn.
pub(super) async fn answer(engine: &Arc<Engine>, request: &Request, rest: &[&str]) -> Response {
    if !table::knows(rest, true) {
        return super::common::api_not_found(request);
    }
    match refusal(engine, request) {
        Some(refused) => refused,
        None => table::answer(engine, request, rest, true).await,
    }
}

/// Whether a path is one of these: nothing of a sign-in happens there.
pub(super) fn is_ours(path: &str) -> bool {
    // Nearly everything under `/api` is the Experience API.
    let Some(rest) = path.strip_prefix("/api/").filter(|rest| !rest.starts_with("experience/")) else {
        return false;
    };
    table::knows(&rest.split('/').collect::<Vec<_>>(), true)
}

/// Who may call: sheet 7.2, checks and errors.
fn refusal(engine: &Engine, request: &Request) -> Option<Response> {
    let refuse = |status, code: &str, message: &str| Some(Response::json(status, &json!({ "code": code, "message": message })));
    if !request.headers.contains_key(header::AUTHORIZATION) {
        return refuse(
            StatusCode::UNAUTHORIZED,
            "auth.authorization_header_missing",
            "The Management API needs an access token: Authorization: Bearer.",
        );
    }
    let Some(token) = request.bearer() else {
        return refuse(
            StatusCode::UNAUTHORIZED,
            "auth.authorization_token_type_not_supported",
            "The Management API takes a Bearer token only.",
        );
    };
    let site = engine.site();
    let expected = Expected {
        issuer: &site.issuer,
        audience: Some(RESOURCE),
        typ: Some("at+jwt"),
        now: engine.now(),
        accept_expired: false,
    };
    let claims = match engine.keys().verify(token, &expected) {
        Ok(claims) => claims,
        Err(error) => {
            return refuse(
                StatusCode::UNAUTHORIZED,
                "auth.unauthorized",
                &format!("The access token can't be used here: {error}. It must be issued by this provider for {RESOURCE}."),
            );
        }
    };
    if !claims["sub"].is_string() {
        return refuse(StatusCode::UNAUTHORIZED, "auth.jwt_sub_missing", "The access token has no sub.");
    }
    let scopes = claims["scope"].as_str().unwrap_or_default();
    if !scopes.split(' ').any(|scope| scope == "all") {
        return refuse(
            StatusCode::FORBIDDEN,
            "auth.forbidden",
            "The access token has no scope all. Give the application a role with it, and ask for it.",
        );
    }
    None
}
