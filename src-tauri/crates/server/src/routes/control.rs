//! The control interface: what the window can do, for tests and scripts on this computer. Off unless the program was
//! started with `--control`; a bearer token lies in a file that only its owner can read.

use crate::engine::Engine;
use crate::http::{Request, Response};
use http::{Method, StatusCode, header};
use serde_json::json;
use std::sync::Arc;
use vestibule_core::console::{ConsoleProblem, ConsoleReply, ConsoleRequest};

/// Messages answered when the caller does not say how many.
const MESSAGES: u32 = 100;

/// Everything under `/control`: `POST /control` with a [`ConsoleRequest`] as JSON, `GET` and `DELETE /control/inbox`.
pub(super) async fn answer(engine: &Arc<Engine>, request: &Request, rest: &[&str]) -> Response {
    if let Some(refused) = refusal(engine, request) {
        return refused;
    }
    let order = match (&request.method, rest) {
        (&Method::GET, ["inbox"]) => match limit(request) {
            Ok(limit) => ConsoleRequest::Inbox { limit },
            Err(why) => return problem(StatusCode::BAD_REQUEST, "guard.invalid_input", why),
        },
        (&Method::DELETE, ["inbox"]) => ConsoleRequest::ClearInbox,
        (&Method::POST, []) => match serde_json::from_slice(&request.body) {
            Ok(order) => order,
            Err(error) => {
                return problem(
                    StatusCode::BAD_REQUEST,
                    "guard.invalid_input",
                    format!("The body is no request of the console contract: {error}."),
                );
            }
        },
        _ => return not_found(),
    };
    match engine.console(order).await {
        Ok(ConsoleReply::Inbox(messages)) if request.method == Method::GET => Response::json(StatusCode::OK, &json!(messages)),
        Ok(reply) => Response::json(StatusCode::OK, &json!(reply)),
        Err(ConsoleProblem { code, message, field }) => Response::json(
            StatusCode::UNPROCESSABLE_ENTITY,
            &json!({ "code": code, "message": message, "field": field }),
        ),
    }
}

/// What else is asked of it.
pub(super) fn not_found() -> Response {
    problem(
        StatusCode::NOT_FOUND,
        "entity.not_found",
        "The control interface has POST /control, GET /control/inbox and DELETE /control/inbox.".to_owned(),
    )
}

fn limit(request: &Request) -> Result<u32, String> {
    match request.query_pairs()?.into_iter().find(|(name, _)| name == "limit") {
        None => Ok(MESSAGES),
        Some((_, text)) => text.parse().map_err(|_| "limit must be a whole number.".to_owned()),
    }
}

/// A bearer token, and no browser: a page of any site could make this call with somebody else's rights.
fn refusal(engine: &Engine, request: &Request) -> Option<Response> {
    let Some(control) = &engine.control else {
        return Some(problem(
            StatusCode::NOT_FOUND,
            "control.off",
            "The control interface is off. Start the program with --control.".to_owned(),
        ));
    };
    if request.header(header::ORIGIN).is_some() || request.headers.contains_key("sec-fetch-site") {
        return Some(problem(
            StatusCode::FORBIDDEN,
            "auth.forbidden",
            "The control interface answers programs, not web pages.".to_owned(),
        ));
    }
    if request.bearer().is_some_and(|token| control.token.matches(token)) {
        return None;
    }
    Some(problem(
        StatusCode::UNAUTHORIZED,
        "auth.unauthorized",
        "Send the token as Authorization: Bearer; it lies in the file that the program named at its start.".to_owned(),
    ))
}

fn problem(status: StatusCode, code: &str, message: String) -> Response {
    Response::json(status, &json!({ "code": code, "message": message }))
}
