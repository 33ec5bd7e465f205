//! The control interface: what the window can do, for tests and scripts on this computer, and for the console in a browser.
//! Off unless the program was started with `--control`; a bearer token lies in a file that only its owner can read.

mod browser;
mod events;
#[cfg(test)]
mod tests;

pub(super) use browser::page as console;

use crate::control::Control;
use crate::engine::Engine;
use crate::http::{Request, Response};
use crate::management;
use http::{HeaderMap, Method, StatusCode, header};
use serde_json::json;
use std::sync::Arc;
use vestibule_core::console::{ConsoleProblem, ConsoleRequest};

/// Who calls.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Caller {
    /// A program with the token.
    Program,
    /// The console in a browser that was let in.
    Browser,
}

/// Everything under `/control`.
pub(super) async fn answer(engine: &Arc<Engine>, request: &Request, rest: &[&str]) -> Response {
    let Some(control) = &engine.control else {
        return problem(
            StatusCode::NOT_FOUND,
            "control.off",
            "The control interface is off. Start the program with --control.".to_owned(),
        );
    };
    if (&request.method, rest) == (&Method::POST, &["session"][..]) {
        return browser::let_in(engine, control, request);
    }
    let caller = match admit(engine, control, request) {
        Ok(caller) => caller,
        Err(refused) => return *refused,
    };
    let order: ConsoleRequest = match (&request.method, rest) {
        (_, ["api", rest @ ..] | rest @ ["inbox"]) => return management::answer(engine, request, rest, false).await,
        (&Method::GET, ["events"]) => return events::follow(engine, control, request),
        (&Method::GET, ["openapi.json"]) => return openapi(engine),
        (&Method::POST, ["codes"]) if caller == Caller::Program => return browser::code(engine, control),
        (&Method::DELETE, ["session"]) if caller == Caller::Browser => return browser::show_out(engine, control, request),
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
        management::NO_ROUTE,
        "There is no such request here. GET /control/openapi.json describes all that there are.".to_owned(),
    )
}

fn openapi(engine: &Engine) -> Response {
    match management::document(&engine.site().endpoint) {
        Ok(document) => Response::json(StatusCode::OK, &document),
        Err(why) => {
            tracing::error!(%why, "the OpenAPI document could not be made");
            problem(
                StatusCode::INTERNAL_SERVER_ERROR,
                "control.openapi",
                format!("The document could not be made: {why}."),
            )
        }
    }
}

/// Whether a browser sends this for a page, whichever.
fn is_from_a_page(headers: &HeaderMap) -> bool {
    headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-site")
}

/// Whether a browser sends this for a page of another origin than ours: a page says so at each write, and on trustworthy
/// origins at each call (Fetch Metadata).
fn is_from_elsewhere(engine: &Engine, request: &Request) -> bool {
    let site = request.headers.get("sec-fetch-site");
    !super::common::is_from_our_page(engine, request) || site.is_some_and(|site| site != "same-origin")
}

/// A bearer token, and no page of a browser: it could make this call with somebody else's rights. The one page that may is the
/// console, which has both halves of what it was given.
fn admit(engine: &Engine, control: &Control, request: &Request) -> Result<Caller, Box<Response>> {
    let forbidden = || {
        problem(
            StatusCode::FORBIDDEN,
            "auth.forbidden",
            "The control interface answers programs, not web pages.".to_owned(),
        )
    };
    if let Some(key) = browser::key(request) {
        if is_from_elsewhere(engine, request) {
            return Err(Box::new(forbidden()));
        }
        let cookie = browser::cookie(engine, request).unwrap_or_default();
        if control.knows(cookie, key) {
            return Ok(Caller::Browser);
        }
        return Err(Box::new(problem(
            StatusCode::UNAUTHORIZED,
            "control.signed_out",
            "This console is signed out: the program was started again, or many others were opened. `vestibule ctl open` opens it anew."
                .to_owned(),
        )));
    }
    if is_from_a_page(&request.headers) {
        return Err(Box::new(forbidden()));
    }
    if request.bearer().is_some_and(|token| control.token.matches(token)) {
        return Ok(Caller::Program);
    }
    Err(Box::new(problem(
        StatusCode::UNAUTHORIZED,
        "auth.unauthorized",
        "Send the token as Authorization: Bearer; it lies in the file that the program named at its start.".to_owned(),
    )))
}

fn problem(status: StatusCode, code: &str, message: String) -> Response {
    Response::json(status, &json!({ "code": code, "message": message }))
}
