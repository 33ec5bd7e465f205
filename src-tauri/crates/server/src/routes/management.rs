//! The part of Logto's Management API that sign-ins need (sheet 7.2 and 7.3): one-time tokens.
//!
//! Whoever calls has an access token for [`RESOURCE`] with the scope `all`, issued by this provider to a
//! machine-to-machine application. The resource and a role with its scope are set up as any other.

use super::common::{api_error, failed};
use super::experience::read_body as read;
use crate::engine::Engine;
use crate::http::{Request, Response};
use http::{Method, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use vestibule_core::Timestamp;
use vestibule_core::experience::{
    ApiError, ONE_TIME_TOKEN_TTL, check_one_time_token, find_one_time_token, issue_one_time_token, set_one_time_token_status,
};
use vestibule_core::model::check_email;
use vestibule_core::record::{Identifier, IdentifierKind, OneTimeToken, OneTimeTokenContext, TokenStatus};
use vestibule_keys::Expected;

/// The indicator of the Management API (sheet 7.2), that of Logto's first tenant.
const RESOURCE: &str = "https://default.logto.app/api";
/// Most tokens listed.
const TOKENS: usize = 1_000;

/// Everything under `/api/one-time-tokens`.
pub(super) async fn one_time_tokens(engine: &Arc<Engine>, request: &Request, rest: &[&str]) -> Response {
    if let Some(refused) = refusal(engine, request) {
        return refused;
    }
    match (&request.method, rest) {
        (&Method::GET, []) => list(engine),
        (&Method::POST, []) => create(engine, request).await,
        (&Method::POST, ["verify"]) => verify(engine, request).await,
        (&Method::PUT, [id, "status"]) => set_status(engine, request, id).await,
        (&Method::DELETE, [id]) => delete(engine, id).await,
        _ => super::common::api_not_found(request),
    }
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

/// A token as it is shown; the token itself only when it was just made, for only its hash is kept.
fn shown(record: &OneTimeToken, token: Option<&str>, now: Timestamp) -> Value {
    let status = match record.status {
        TokenStatus::Active if record.valid_until <= now => json!("expired"),
        status => json!(status),
    };
    let mut shown = json!({
        "id": record.token_id,
        "email": record.email,
        "context": record.context,
        "status": status,
        "createdAt": record.created_at.0,
        "expiresAt": record.valid_until.0,
    });
    if let Some(token) = token {
        shown["token"] = json!(token);
    }
    shown
}

fn list(engine: &Engine) -> Response {
    let now = engine.now();
    match engine.look(|cx| cx.list::<OneTimeToken>(TOKENS)) {
        Ok(tokens) => {
            let tokens: Vec<Value> = tokens.iter().map(|record| shown(record, None, now)).collect();
            Response::json(StatusCode::OK, &json!(tokens))
        }
        Err(error) => failed(&error),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewToken {
    email: String,
    /// In **seconds**.
    #[serde(default)]
    expires_in: Option<u32>,
    #[serde(default)]
    context: OneTimeTokenContext,
}

async fn create(engine: &Arc<Engine>, request: &Request) -> Response {
    let new = match read::<NewToken>(request).and_then(|new| match check_email(&new.email) {
        Ok(()) if new.expires_in != Some(0) => Ok(new),
        Ok(()) => Err("expiresIn: must be at least 1 second".to_owned()),
        Err(why) => Err(format!("email: {why}")),
    }) {
        Ok(new) => new,
        Err(why) => return api_error(&ApiError::invalid_input(why)),
    };
    let now = engine.now();
    let made = engine
        .change(move |cx| issue_one_time_token(cx, &new.email, new.expires_in.unwrap_or(ONE_TIME_TOKEN_TTL), new.context))
        .await;
    match made {
        Ok((record, token)) => Response::json(StatusCode::CREATED, &shown(&record, Some(&token), now)),
        Err(error) => failed(&error),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Check {
    email: String,
    token: String,
}

/// Uses a token up on behalf of an application.
async fn verify(engine: &Arc<Engine>, request: &Request) -> Response {
    let Check { email, token } = match read(request) {
        Ok(check) => check,
        Err(why) => return api_error(&ApiError::invalid_input(why)),
    };
    let now = engine.now();
    let used = engine
        .change(move |cx| {
            let identifier = Identifier {
                kind: IdentifierKind::Email,
                value: email,
            };
            Ok(match check_one_time_token(cx, &identifier, &token)? {
                Ok(mut record) => {
                    record.status = TokenStatus::Consumed;
                    cx.put(&record)?;
                    Ok(record)
                }
                Err(error) => Err(error),
            })
        })
        .await;
    match used {
        Ok(Ok(record)) => Response::json(StatusCode::OK, &shown(&record, None, now)),
        Ok(Err(error)) => api_error(&error),
        Err(error) => failed(&error),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewStatus {
    status: TokenStatus,
}

async fn set_status(engine: &Arc<Engine>, request: &Request, id: &str) -> Response {
    let wanted = match read::<NewStatus>(request) {
        Ok(NewStatus { status }) => status,
        Err(why) => return api_error(&ApiError::invalid_input(why)),
    };
    let (id, now) = (id.to_owned(), engine.now());
    let changed = engine.change(move |cx| set_one_time_token_status(cx, &id, wanted)).await;
    match changed {
        Ok(Ok(record)) => Response::json(StatusCode::OK, &shown(&record, None, now)),
        Ok(Err(error)) => api_error(&error),
        Err(error) => failed(&error),
    }
}

async fn delete(engine: &Arc<Engine>, id: &str) -> Response {
    let id = id.to_owned();
    let deleted = engine
        .change(move |cx| match find_one_time_token(cx, &id)? {
            Some(record) => cx.delete::<OneTimeToken>(&record.key).map(Ok),
            None => Ok(Err(ApiError::no_one_time_token())),
        })
        .await;
    match deleted {
        Ok(Ok(())) => Response::new(StatusCode::NO_CONTENT),
        Ok(Err(error)) => api_error(&error),
        Err(error) => failed(&error),
    }
}
