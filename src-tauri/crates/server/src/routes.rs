//! The whole HTTP surface on one page: `match (method, segments)`.

mod arrival;
mod common;
mod consent;
mod control;
mod custom_ui;
mod device;
mod experience;
mod grants;
mod management;
mod oidc;
mod pages;
mod refusal;
mod saml;
mod session_end;
mod simulated;
mod subject;
#[cfg(test)]
mod surface;
#[cfg(test)]
mod tests;
mod third_party_login;
mod token;
mod wait;

use crate::engine::Engine;
use crate::front::problem;
use crate::http::{Request, Response};
use crate::recorder::Exchange;
pub(crate) use oidc::id_token_hint;
pub(crate) use saml::{RESPONSE_LIMIT, takes_responses};
pub(crate) use session_end::deliver_logout;

use common::{cors_any, preflight, secure};
use http::{Method, StatusCode, header};
use std::sync::Arc;
use vestibule_core::ids::LiveId;
use vestibule_core::{Because, Outcome};
use vestibule_upstream::dev_server::OnUpgrade;

/// Answers a request: host guard, route table, recording, security headers.
pub(crate) async fn answer(engine: &Arc<Engine>, mut request: Request, upgrade: Option<OnUpgrade>) -> Response {
    let head_only = request.method == Method::HEAD;
    if head_only {
        request.method = Method::GET;
    }
    if let Some(refused) = refuse_foreign_host(engine, &request) {
        return refused;
    }
    if let Some(mut refused) = refuse_empty_segment(&request).or_else(|| refuse_service_worker(engine, &request)) {
        secure(&request, &mut refused);
        return refused;
    }
    if let Some(upgrade) = upgrade
        && let Some(switched) = Box::pin(custom_ui::socket(engine, &request, upgrade)).await
    {
        return switched;
    }
    let mut response = if is_recorded(&request) {
        let paused = pass_pause(engine, &request).await;
        answer_recorded(engine, &request, paused).await.0
    } else {
        let mut exchange = engine.recorder.begin(&request, engine.now());
        let mut response = dispatch(engine, &request, &mut exchange).await;
        secure(&request, &mut response);
        response
    };
    if head_only {
        response.body = bytes::Bytes::new();
        response.stream = None;
    }
    response
}

/// Lets a request of a paused session wait at the door. What is said of it, if it had to.
async fn pass_pause(engine: &Arc<Engine>, request: &Request) -> Option<Because> {
    if !engine.pauses.any() {
        return None;
    }
    let live = subject::of(engine, request)?;
    let since = engine.now();
    let held = engine.hold(&live, format!("{} {}", request.method, request.path)).await;
    held.then(|| {
        let seconds = engine.now().seconds_since(since);
        Because::new(
            "window.pause",
            Outcome::Decided,
            format!("Waited {seconds} s, because you paused this session."),
            "No rule had looked at the request before you released it.",
            "Vestibule window",
        )
    })
}

/// Answers a request behind the guards, records it, and says in which live session it is shown. The engine's own
/// requests come in here; no pause holds them.
pub(crate) async fn answer_inside(engine: &Arc<Engine>, request: &Request) -> (Response, LiveId) {
    answer_recorded(engine, request, None).await
}

async fn answer_recorded(engine: &Arc<Engine>, request: &Request, paused: Option<Because>) -> (Response, LiveId) {
    let mut exchange = engine.recorder.begin(request, engine.now());
    if let Some(paused) = paused {
        exchange.trail.because(paused);
    }
    let mut response = dispatch(engine, request, &mut exchange).await;
    secure(request, &mut response);
    let live = exchange.live();
    engine.recorder.finish(exchange, request, &response, &engine.store);
    (response, live)
}

/// Exchanges that belong to a sign-in. Documents, assets and preflights don't.
fn is_recorded(request: &Request) -> bool {
    let path = request.path.as_str();
    request.method != Method::OPTIONS
        && !path.starts_with("/assets/")
        && !path.starts_with("/oidc/.well-known/")
        && path != "/oidc/jwks"
        && path != "/api/status"
        && !path.starts_with("/control")
        && !path.starts_with("/console")
        && !management::is_ours(path)
        && !(path.starts_with("/oidc/") && path.ends_with("/wait"))
}

/// DNS rebinding: a page on another name must not reach us under that name (421, RFC 9110 15.5.20).
fn refuse_foreign_host(engine: &Engine, request: &Request) -> Option<Response> {
    let site = engine.site();
    let mut named = request.headers.get_all(header::HOST).iter();
    let host = match (named.next(), named.next()) {
        (Some(host), None) => host.to_str().unwrap_or_default(),
        // None at all, or several of which each reader takes another (RFC 9112 3.2).
        _ => "",
    };
    if site.hosts.iter().any(|known| known.eq_ignore_ascii_case(host)) {
        return None;
    }
    let list = site.hosts.join(", ");
    Some(problem(
        StatusCode::MISDIRECTED_REQUEST,
        &format!("this provider does not answer to the host '{host}'; it answers to {list}. Use one of them, or start it with --endpoint"),
    ))
}

/// A route has one way to be written: what is kept of an exchange, and what is blanked in it, goes by the path.
fn refuse_empty_segment(request: &Request) -> Option<Response> {
    let path = request.path.strip_prefix('/').unwrap_or(&request.path);
    let named = path.split('/').find(|segment| !segment.is_empty());
    if !path.split('/').any(str::is_empty) {
        return None;
    }
    match named {
        Some("oidc") => Some(oidc::unrecognized(request)),
        Some("api") => Some(common::api_not_found(request)),
        Some("control") => Some(control::not_found()),
        _ => None,
    }
}

/// A service worker of a developer's own pages would stand between the console and us: it sees every call of its origin, and
/// what lets the console in. So while there is a console, browsers get no script for one (Service Workers, "Service-Worker").
fn refuse_service_worker(engine: &Engine, request: &Request) -> Option<Response> {
    let asked = engine.control.is_some() && request.headers.contains_key("service-worker");
    asked.then(|| {
        problem(
            StatusCode::FORBIDDEN,
            "service workers can't be registered here while the control interface is on. Start the program without --control",
        )
    })
}

/// Futures of routes are boxed: the largest of them would make every request's so large, and warp moves it several times.
async fn dispatch(engine: &Arc<Engine>, request: &Request, exchange: &mut Exchange) -> Response {
    let segments: Vec<&str> = request.path.split('/').filter(|s| !s.is_empty()).collect();
    let method = &request.method;
    match (method.as_str(), segments.as_slice()) {
        // Protocol (sheet 1.2).
        ("OPTIONS", ["oidc", ..]) => preflight(request),
        ("GET", ["oidc", ".well-known", "openid-configuration" | "oauth-authorization-server"]) => {
            cors_any(request, oidc::discovery(engine))
        }
        ("GET", ["oidc", "jwks"]) => cors_any(request, oidc::jwks(engine)),
        ("GET" | "POST", ["oidc", "auth"]) => Box::pin(oidc::authorize(engine, request, exchange)).await,
        ("GET", ["oidc", "auth", uid]) => Box::pin(oidc::resume(engine, request, exchange, uid)).await,
        ("GET", ["oidc", "auth" | "device", uid, "wait"]) => Box::pin(wait::wait(engine, request, uid)).await,
        ("POST", ["oidc", "token"]) => Box::pin(token::token(engine, request, exchange)).await,
        ("POST", ["oidc", "token", "introspection"]) => Box::pin(token::introspection(engine, request, exchange)).await,
        ("POST", ["oidc", "token", "revocation"]) => Box::pin(token::revocation(engine, request, exchange)).await,
        ("GET" | "POST", ["oidc", "me"]) => token::userinfo(engine, request, exchange),
        ("POST", ["oidc", "request"]) => Box::pin(token::pushed_request(engine, request, exchange)).await,
        ("POST", ["oidc", "device", "auth"]) => Box::pin(device::authorization(engine, request, exchange)).await,
        ("GET", ["oidc", "device"]) => device::form(engine, request),
        ("POST", ["oidc", "device"]) => Box::pin(device::verify(engine, request, exchange)).await,
        ("GET", ["oidc", "device", uid]) => Box::pin(oidc::resume(engine, request, exchange, uid)).await,
        ("GET" | "POST", ["oidc", "session", "end"]) => Box::pin(session_end::end(engine, request, exchange)).await,
        ("POST", ["oidc", "session", "end", "confirm"]) => Box::pin(session_end::confirm(engine, request, exchange)).await,
        ("GET", ["oidc", "session", "end", "success"]) => session_end::success(engine, request, exchange),
        (_, ["oidc", ..]) => oidc::unrecognized(request),

        // Experience API (sheet 4).
        (_, ["api", "experience", rest @ ..]) => Box::pin(experience::answer(engine, request, exchange, rest)).await,
        ("GET", ["api", "interaction", "consent"]) => consent::describe(engine, request, exchange),
        ("POST", ["api", "interaction", "consent"]) => Box::pin(consent::allow(engine, request, exchange)).await,
        ("POST", ["api", "interaction", "abort"]) => Box::pin(consent::abort(engine, request, exchange)).await,
        ("GET", ["api", "grants"]) => grants::list(engine, request),
        ("POST", ["api", "grants", id, "revoke"]) => Box::pin(grants::revoke(engine, request, exchange, id)).await,
        ("GET", ["api", ".well-known", "sign-in-exp" | "experience"]) => pages::sign_in_exp(engine, request),
        ("GET", ["api", ".well-known", "phrases"]) => pages::phrases(engine, request),
        ("GET", ["api", "status"]) => Response::new(StatusCode::NO_CONTENT),
        ("GET" | "POST", ["api", "authn", "single-sign-on", "oidc", id]) => {
            Box::pin(third_party_login::initiate(engine, request, exchange, id)).await
        }
        ("POST", ["api", "authn", "single-sign-on", "saml", id]) => saml::consume(engine, request, exchange, id),
        ("GET", ["api", "authn", "single-sign-on", "saml", id, "metadata"]) => saml::metadata(engine, id),
        (_, ["api", rest @ ..]) => Box::pin(management::answer(engine, request, rest)).await,

        // For programs on this computer, and the console in a browser.
        (_, ["control", rest @ ..]) => Box::pin(control::answer(engine, request, rest)).await,
        ("GET", ["console", rest @ ..]) if engine.control.is_some() => control::console(request, rest),

        // Providers that Vestibule plays itself.
        (_, ["simulated", rest @ ..]) => Box::pin(simulated::answer(engine, request, exchange, rest)).await,

        // A provider that posts its answer as a form (sheet 6.3).
        ("POST", ["callback", ..] | ["demo-app"]) => pages::posted_callback(request),

        // Pages.
        ("GET", ["consent"]) => Box::pin(consent::page(engine, request, exchange)).await,
        ("GET", ["device"] | ["device", "success"]) => Box::pin(device::page(engine, request, exchange)).await,
        ("GET", ["demo-app"]) => Box::pin(pages::demo_app(engine, request)).await,
        ("GET", ["assets", rest @ ..]) => Box::pin(pages::asset(engine, request, rest)).await,
        ("GET", ["custom.css"]) => pages::custom_css(engine, request),
        ("GET", ["favicon.ico"]) => Box::pin(pages::favicon(engine, request)).await,
        ("GET", _) => Box::pin(pages::page(engine, request, exchange)).await,
        _ => problem(
            StatusCode::METHOD_NOT_ALLOWED,
            &format!("{method} is not served on {}", request.path),
        ),
    }
}
