//! The console in an ordinary browser: its files, and how a browser is let in.

use super::{is_from_elsewhere, problem};
use crate::control::{Control, Halves};
use crate::engine::Engine;
use crate::http::{Request, Response};
use crate::pages;
use http::{HeaderName, StatusCode, header};
use serde::Deserialize;
use serde_json::json;
use vestibule_core::console::ConsoleKey;

/// As in the native window; previews of hosted pages are frames from here, with logos from anywhere.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: https: http:; \
                   font-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// The page of those frames asks nobody, and stands in the console alone.
const PREVIEW_CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https: http:; font-src 'self'; \
                           base-uri 'none'; form-action 'none'; frame-ancestors 'self'";
/// Carries the half that the page keeps for itself.
const KEY: HeaderName = HeaderName::from_static("vestibule-console");

/// A file of the console, or its page.
pub(in super::super) fn page(request: &Request, rest: &[&str]) -> Response {
    if rest.is_empty() && !request.path.ends_with('/') {
        // Its files are named from here on.
        return Response::redirect(StatusCode::PERMANENT_REDIRECT, "/console/");
    }
    let name = if rest.is_empty() { "index.html".to_owned() } else { rest.join("/") };
    let Some(file) = pages::console_file(&name) else {
        return problem(
            StatusCode::NOT_FOUND,
            "entity.not_found",
            if rest.is_empty() {
                "This program was compiled without the console. Run ./dev ui, then build again.".to_owned()
            } else {
                format!("The console has no file {name}.")
            },
        );
    };
    let (policy, framed) = if name == "preview.html" {
        (PREVIEW_CSP, "SAMEORIGIN")
    } else {
        (CSP, "DENY")
    };
    let media = mime_guess::from_path(&name).first_or_octet_stream();
    let mut response = Response::new(StatusCode::OK)
        .with(header::CONTENT_TYPE, media.essence_str())
        .with_static(header::CONTENT_SECURITY_POLICY, policy)
        .with_static(header::X_FRAME_OPTIONS, framed)
        .with_static(HeaderName::from_static("cross-origin-opener-policy"), "same-origin")
        .with_static(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    if name.starts_with("assets/") {
        // Vite puts a hash into their names.
        response = response.with_static(header::CACHE_CONTROL, "public, max-age=31536000, immutable");
    }
    response.body = file.into_owned().into();
    response
}

/// The half that the page keeps for itself.
pub(super) fn key(request: &Request) -> Option<&str> {
    request.header(KEY)
}

/// Cookies are shared by all ports of a host.
fn cookie_name(engine: &Engine) -> String {
    format!("vestibule_console_{}", engine.site().port)
}

/// The half that the browser keeps.
pub(super) fn cookie<'a>(engine: &Engine, request: &'a Request) -> Option<&'a str> {
    request.cookie(&cookie_name(engine))
}

/// An address for one browser.
pub(super) fn code(engine: &Engine, control: &Control) -> Response {
    Response::json(StatusCode::OK, &control.address(engine))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Code {
    code: String,
}

/// `POST /control/session`: a code for the two halves.
pub(super) fn let_in(engine: &Engine, control: &Control, request: &Request) -> Response {
    if is_from_elsewhere(engine, request) {
        return problem(
            StatusCode::FORBIDDEN,
            "auth.forbidden",
            "Only the console of this provider may ask for this.".to_owned(),
        );
    }
    if !request.is("application/json") {
        return problem(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "guard.invalid_input",
            "Send {\"code\": …} as JSON, with content-type: application/json.".to_owned(),
        );
    }
    let Code { code } = match serde_json::from_slice(&request.body) {
        Ok(code) => code,
        Err(error) => {
            return problem(
                StatusCode::BAD_REQUEST,
                "guard.invalid_input",
                format!("The body can't be used: {error}."),
            );
        }
    };
    let Some(Halves { cookie, key }) = control.let_in(&code, cookie(engine, request), engine.entropy.as_ref(), engine.now()) else {
        return problem(
            StatusCode::UNAUTHORIZED,
            "control.bad_code",
            "This address was used already, or is older than ten minutes. `vestibule ctl open` prints a new one.".to_owned(),
        );
    };
    let mut response = Response::json(StatusCode::OK, &ConsoleKey { key });
    response.add_cookie(&cookie_line(engine, &cookie));
    response
}

/// `DELETE /control/session`: this tab no longer gets in.
pub(super) fn show_out(engine: &Engine, control: &Control, request: &Request) -> Response {
    control.show_out(cookie(engine, request).unwrap_or_default(), key(request).unwrap_or_default());
    Response::json(StatusCode::OK, &json!({}))
}

/// Only to `/control`, only from our own pages, and never to script.
fn cookie_line(engine: &Engine, value: &str) -> String {
    let secure = if engine.site().endpoint.starts_with("https:") {
        "; secure"
    } else {
        ""
    };
    format!("{}={value}; path=/control; samesite=strict; httponly{secure}", cookie_name(engine))
}
