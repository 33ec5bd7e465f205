//! `/oidc/auth`, its resume, and the public documents.

use super::common::{CookieShape, body_pairs, failed, query_pairs, session_cookie, set_signed, signed_cookie};
use super::refusal;
use crate::engine::Engine;
use crate::http::{Request, Response, escape};
use crate::recorder::Exchange;
use http::{Method, StatusCode, header};
use std::sync::Arc;
use vestibule_core::Timestamp;
use vestibule_core::ids::AppId;
use vestibule_core::live::{LiveStatus, ParamOrigin, StepKind};
use vestibule_core::oidc::OidcError;
use vestibule_core::oidc::authorize::{self, Reply};
use vestibule_core::oidc::flow::INTERACTION_TTL;
use vestibule_core::oidc::request::{Hint, RawRequest, ResponseMode};

/// The cookie that remembers interactions by application (sheet 3.1).
const INTERACTION: &str = "_interaction";
/// The cookie that lets only the browser that began an interaction resume it.
const RESUME: &str = "_interaction_resume";

pub(super) fn discovery(engine: &Engine) -> Response {
    Response::new(StatusCode::OK)
        .body("application/json; charset=utf-8", engine.documents().discovery.clone())
        .with_static(header::CACHE_CONTROL, "no-cache")
}

pub(super) fn jwks(engine: &Engine) -> Response {
    Response::new(StatusCode::OK)
        .body("application/jwk-set+json; charset=utf-8", engine.documents().jwks.clone())
        .with_static(header::CACHE_CONTROL, "no-cache, max-age=0, must-revalidate")
}

/// Anything else under the issuer (sheet 1.2, last row).
pub(super) fn unrecognized(request: &Request) -> Response {
    let description = format!("unrecognized route or not allowed method ({} on {})", request.method, request.path);
    Response::json(
        StatusCode::NOT_FOUND,
        &serde_json::json!({ "code": "oidc.invalid_request", "message": "The request is invalid.", "error": "invalid_request", "error_description": description }),
    )
}

/// A refusal before any rule could see the request, as a session of its own in the window.
fn refuse_early(engine: &Engine, request: &Request, exchange: &mut Exchange, error: &OidcError) -> Response {
    exchange.always = true;
    exchange.trail.kind = StepKind::Authorize;
    exchange.trail.error = Some(error.step());
    exchange.trail.patch.status = Some(LiveStatus::Failed);
    exchange.trail.patch.outcome = Some(error.error.into());
    exchange.trail.patch.headline = error.description.clone().map(Into::into);
    refusal::answer(engine, request, exchange, error, None)
}

/// `GET|POST /oidc/auth`.
pub(super) async fn authorize(engine: &Arc<Engine>, request: &Request, exchange: &mut Exchange) -> Response {
    let (pairs, origin) = match parameters(request) {
        Ok(found) => found,
        Err(error) => return refuse_early(engine, request, exchange, &error),
    };
    let hint = id_token_hint(engine, &pairs);
    let state = pairs.iter().find(|(name, _)| name == "state").map(|(_, value)| value.clone());
    let raw = RawRequest { pairs, origin, hint };
    let (session, issuer) = (session_cookie(engine, request), engine.site().issuer.clone());
    match engine
        .write(exchange, move |cx| authorize::authorize(cx, raw, session.as_deref(), &issuer))
        .await
    {
        Ok(reply) => {
            if let (Some(state), Some(live)) = (&state, &exchange.trail.live) {
                engine.playground.arrived(state, live.as_str());
            }
            render(engine, request, exchange, reply)
        }
        Err(error) => failed(&error),
    }
}

/// A POST means the same as a GET; its body replaces the query (sheet 1.2).
fn parameters(request: &Request) -> Result<(Vec<(String, String)>, ParamOrigin), OidcError> {
    if request.method == Method::POST {
        return Ok((body_pairs(request, "/auth")?, ParamOrigin::Body));
    }
    Ok((query_pairs(request)?, ParamOrigin::Query))
}

/// Checks an `id_token_hint`'s signature before the decision; an expired one is accepted.
pub(crate) fn id_token_hint(engine: &Engine, pairs: &[(String, String)]) -> Option<Hint> {
    let token = pairs
        .iter()
        .find(|(name, value)| name == "id_token_hint" && !value.is_empty())
        .map(|(_, v)| v)?;
    Some(match engine.verify_id_token(token) {
        Ok(claims) => {
            let text = |v: &serde_json::Value| v.as_str().map(str::to_owned);
            let audiences = match claims.get("aud") {
                Some(serde_json::Value::Array(items)) => items.iter().filter_map(text).collect(),
                Some(one) => text(one).into_iter().collect(),
                None => Vec::new(),
            };
            Hint::Valid {
                sub: claims.get("sub").and_then(text).unwrap_or_default(),
                audiences,
            }
        }
        Err(why) => Hint::Invalid(why.to_string()),
    })
}

/// Whether the browser is the one that began an interaction.
pub(super) fn is_resumable(engine: &Engine, request: &Request, uid: &str) -> bool {
    signed_cookie(engine, request, RESUME).is_some_and(|value| value == uid)
        || interactions(engine, request).iter().any(|(_, id)| id == uid)
}

/// `GET /oidc/auth/:uid`. Only the browser that began the interaction may resume it.
pub(super) async fn resume(engine: &Arc<Engine>, request: &Request, exchange: &mut Exchange, uid: &str) -> Response {
    if !is_resumable(engine, request, uid) {
        let error = OidcError::session_not_found("the browser's interaction cookie is missing or names another sign-in");
        return refuse_early(engine, request, exchange, &error);
    }
    let (uid, session, issuer) = (uid.to_owned(), session_cookie(engine, request), engine.site().issuer.clone());
    match engine
        .write(exchange, move |cx| authorize::resume(cx, &uid, session.as_deref(), &issuer))
        .await
    {
        Ok(reply) => render(engine, request, exchange, reply),
        Err(error) => failed(&error),
    }
}

/// Turns the decision into a response with its cookies.
pub(super) fn render(engine: &Engine, request: &Request, exchange: &mut Exchange, reply: Reply) -> Response {
    match reply {
        Reply::Json { error, state } => refusal::answer(engine, request, exchange, &error, state.as_deref()),
        Reply::Page {
            interaction,
            client_id,
            device,
            location,
            organization_id,
            ui_locales,
            session,
        } => {
            let mut response = Response::redirect(StatusCode::SEE_OTHER, &location);
            let mut known = interactions(engine, request);
            known.retain(|(app, _)| app != client_id.as_str() && app != "_legacy");
            // A browser that opens many applications at once keeps the newest of them.
            let excess = known.len().saturating_sub(15);
            known.drain(..excess);
            known.push((client_id.0.clone(), interaction.0.clone()));
            known.push(("_legacy".into(), interaction.0.clone()));
            let hour = INTERACTION_TTL;
            set_signed(
                engine,
                &mut response,
                INTERACTION,
                &encode_interactions(&known),
                &CookieShape {
                    path: "/".into(),
                    max_age: hour,
                },
            );
            set_signed(
                engine,
                &mut response,
                RESUME,
                interaction.as_str(),
                &CookieShape {
                    path: resume_path(if device { "device" } else { "auth" }, interaction.as_str()),
                    max_age: hour,
                },
            );
            set_logto(&mut response, &client_id, organization_id.as_deref(), ui_locales.as_deref());
            set_session(engine, &mut response, session.map(|s| (s.cookie, s.expires_at)));
            response
        }
        Reply::Client {
            to,
            mode,
            parameters,
            session,
            finished,
        } => {
            let pairs: Vec<(&str, &str)> = parameters.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            let mut response = match mode {
                ResponseMode::FormPost => form_post("Returning to the application", to.as_str(), &pairs),
                _ => Response::redirect(StatusCode::SEE_OTHER, &to.with(&pairs, mode == ResponseMode::Fragment)),
            };
            if let Some(id) = finished {
                forget(engine, request, &mut response, "auth", id.as_str());
            }
            set_session(engine, &mut response, session.map(|s| (s.cookie, s.expires_at)));
            response
        }
        Reply::Device {
            location,
            session,
            finished,
        } => {
            let mut response = Response::redirect(StatusCode::FOUND, &location);
            if let Some(id) = finished {
                forget(engine, request, &mut response, "device", id.as_str());
            }
            set_session(engine, &mut response, session.map(|s| (s.cookie, s.expires_at)));
            response
        }
    }
}

fn set_session(engine: &Engine, response: &mut Response, session: Option<(String, Timestamp)>) {
    if let Some((value, expires_at)) = session {
        let max_age = expires_at.seconds_since(engine.now());
        set_signed(engine, response, "_session", &value, &CookieShape { path: "/".into(), max_age });
    }
}

/// `_logto` (sheet 2.3): readable by script, session lifetime, unsigned.
fn set_logto(response: &mut Response, app: &AppId, organization_id: Option<&str>, ui_locales: Option<&str>) {
    let mut members = serde_json::Map::new();
    members.insert("appId".into(), app.as_str().into());
    for (name, value) in [("organizationId", organization_id), ("uiLocales", ui_locales)] {
        if let Some(value) = value {
            members.insert(name.into(), value.into());
        }
    }
    let value = percent(&serde_json::Value::Object(members).to_string());
    response.add_cookie(&format!("_logto={value}; path=/; samesite=lax"));
}

/// A page whose form posts itself (Form Post Response Mode).
pub(super) fn form_post(title: &str, action: &str, pairs: &[(&str, &str)]) -> Response {
    let fields: String = pairs
        .iter()
        .map(|(name, value)| format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", escape(name), escape(value)))
        .collect();
    let page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title><script src=\"/assets/submit.js\" defer></script></head>\
         <body><form method=\"post\" action=\"{}\">{fields}<noscript><p>Your browser runs no scripts here.</p></noscript><button type=\"submit\">Continue</button></form></body></html>",
        escape(action)
    );
    Response::html(StatusCode::OK, page).with_static(header::CONTENT_SECURITY_POLICY, super::common::FORM_CSP)
}

/// The interactions this browser has begun: (application, uid), oldest first.
pub(super) fn interactions(engine: &Engine, request: &Request) -> Vec<(String, String)> {
    let Some(value) = signed_cookie(engine, request, INTERACTION) else {
        return Vec::new();
    };
    value
        .split('.')
        .filter_map(|pair| pair.split_once('~'))
        .map(|(app, uid)| (unpercent(app), uid.to_owned()))
        .collect()
}

fn encode_interactions(known: &[(String, String)]) -> String {
    let pairs: Vec<String> = known.iter().map(|(app, uid)| format!("{}~{uid}", percent(app))).collect();
    pairs.join(".")
}

/// Which interaction a call belongs to (sheet 3.5): the application of the header, else of the query, else the newest.
pub(super) fn current_interaction(engine: &Engine, request: &Request) -> Option<String> {
    let known = interactions(engine, request);
    let header = request.headers.get("logto-app-id").and_then(|v| v.to_str().ok()).map(str::to_owned);
    let query = || {
        request
            .query_pairs()
            .ok()
            .and_then(|pairs| pairs.into_iter().find(|(name, _)| name == "app_id").map(|(_, v)| v))
    };
    let app = header.filter(|a| !a.is_empty()).or_else(query);
    let by_app = app.and_then(|app| known.iter().find(|(name, _)| *name == app));
    by_app
        .or_else(|| known.iter().find(|(name, _)| name == "_legacy"))
        .or_else(|| known.last())
        .map(|(_, uid)| uid.clone())
}

fn resume_path(hop: &str, uid: &str) -> String {
    format!("/oidc/{hop}/{uid}")
}

/// Takes back the cookies of an interaction that is over.
fn forget(engine: &Engine, request: &Request, response: &mut Response, hop: &str, id: &str) {
    let gone = CookieShape {
        path: resume_path(hop, id),
        max_age: -1,
    };
    set_signed(engine, response, RESUME, "", &gone);
    let mut known = interactions(engine, request);
    known.retain(|(_, uid)| uid != id);
    let max_age = if known.is_empty() { -1 } else { INTERACTION_TTL };
    set_signed(
        engine,
        response,
        INTERACTION,
        &encode_interactions(&known),
        &CookieShape { path: "/".into(), max_age },
    );
}

/// Percent-encodes everything that a cookie value or our separators could trip over.
fn percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn unpercent(text: &str) -> String {
    crate::http::form_pairs(text)
        .ok()
        .and_then(|pairs| pairs.into_iter().next())
        .map(|(name, _)| name)
        .unwrap_or_default()
}
