//! The device flow (RFC 8628; sheet 1.22): the device's endpoint, the hops of the person's form, and its pages.
//!
//! The form is Logto's: a page reads the cookie `_logto_device_flow_xsrf` and repeats it as `xsrf`. What it must equal is in
//! a signed cookie of ours, beside the code that this browser typed and was asked about.

use super::common::{CookieShape, body_pairs, cors_any, failed, query_pairs, session_cookie, set_signed, signed_cookie};
use super::oidc::form_post;
use super::{custom_ui, pages, refusal, token};
use crate::engine::Engine;
use crate::http::{Request, Response};
use crate::recorder::Exchange;
use http::{StatusCode, header};
use serde_json::json;
use std::sync::Arc;
use vestibule_core::entropy::opaque43;
use vestibule_core::live::{Lane, ParamOrigin, StepKind};
use vestibule_core::model::Application;
use vestibule_core::oidc::OidcError;
use vestibule_core::oidc::device::{self, DEVICE_CODE_TTL, Form, Problem, Verification};
use vestibule_core::oidc::request::RawRequest;
use vestibule_core::record::DeviceState;
use vestibule_core::{Cx, Secret, StoreError};

/// What the page of the code reads and sends back; gone with the code (sheet 1.22).
const XSRF: &str = "_logto_device_flow_xsrf";
/// What that must equal, and the code this browser was asked about: `secret` or `secret.CODE`.
const FORM: &str = "_device_flow";
/// The page of the code.
const PAGE: &str = "/device";
/// Where its form goes.
const HOP: &str = "/oidc/device";

/// `POST /oidc/device/auth`.
pub(super) async fn authorization(engine: &Arc<Engine>, request: &Request, exchange: &mut Exchange) -> Response {
    let hint = body_pairs(request, "/device/auth")
        .ok()
        .and_then(|pairs| super::oidc::id_token_hint(engine, &pairs));
    let outcome = token::authenticated(engine, request, exchange, "/device/auth", move |cx, app, pairs, _| {
        let raw = RawRequest {
            pairs,
            origin: ParamOrigin::Body,
            hint,
        };
        device::begin(cx, app, raw)
    })
    .await;
    match outcome {
        Ok(begun) => {
            let address = format!("{}{PAGE}", engine.site().endpoint);
            let body = json!({
                "device_code": begun.device_code.expose(),
                "user_code": begun.user_code,
                "verification_uri": address,
                "verification_uri_complete": format!("{address}?user_code={}", begun.user_code),
                "expires_in": DEVICE_CODE_TTL,
            });
            cors_any(request, Response::json(StatusCode::OK, &body))
        }
        Err(response) => response,
    }
}

/// What this browser's form cookie holds.
struct Own {
    secret: String,
    /// The code that was asked about, with its dash.
    code: Option<String>,
}

fn own(engine: &Engine, request: &Request) -> Option<Own> {
    let value = signed_cookie(engine, request, FORM)?;
    let (secret, code) = value
        .split_once('.')
        .map_or((value.as_str(), None), |(secret, code)| (secret, Some(code.to_owned())));
    Some(Own {
        secret: secret.to_owned(),
        code,
    })
}

/// The form's two cookies. A browser keeps its secret, so that two tabs of it can be used side by side.
fn set_form(engine: &Engine, response: &mut Response, secret: &str, code: Option<&str>) {
    let value = code.map_or_else(|| secret.to_owned(), |code| format!("{secret}.{code}"));
    let shape = CookieShape {
        path: "/".into(),
        max_age: DEVICE_CODE_TTL,
    };
    set_signed(engine, response, FORM, &value, &shape);
    set_readable(engine, response, secret, DEVICE_CODE_TTL);
}

fn set_readable(engine: &Engine, response: &mut Response, secret: &str, max_age: i64) {
    let secure = if engine.site().endpoint.starts_with("https:") {
        "; secure"
    } else {
        ""
    };
    response.add_cookie(&format!("{XSRF}={secret}; path={PAGE}; max-age={max_age}; samesite=lax{secure}"));
}

/// `GET /oidc/device`: gives the browser its form and sends it to the page. A code that came along
/// (`verification_uri_complete`) is posted at once, as if it had been typed.
pub(super) fn form(engine: &Engine, request: &Request) -> Response {
    let pairs = match query_pairs(request) {
        Ok(pairs) => pairs,
        Err(error) => return super::common::oidc_error(engine, request, &error, None),
    };
    let secret = own(engine, request).map_or_else(|| opaque43(engine.entropy.as_ref()), |own| own.secret);
    let mut response = match pairs.iter().find(|(name, value)| name == "user_code" && !value.is_empty()) {
        Some((_, code)) => form_post("Connecting a device", HOP, &[("xsrf", &secret), ("user_code", code)]),
        None => Response::redirect(StatusCode::FOUND, PAGE),
    };
    set_form(engine, &mut response, &secret, None);
    response
}

/// `POST /oidc/device`: a code was typed, confirmed or declined. A page that asks for JSON is told where to go instead of
/// being sent there.
pub(super) async fn verify(engine: &Arc<Engine>, request: &Request, exchange: &mut Exchange) -> Response {
    let form = match read(request) {
        Ok(form) => form,
        Err(error) => {
            exchange.always = true;
            exchange.trail.kind = StepKind::DeviceVerification;
            exchange.trail.error = Some(error.step());
            return refusal::answer(engine, request, exchange, &error, None);
        }
    };
    exchange.always = true;
    let own = own(engine, request);
    let (secret, session) = (
        own.as_ref().map(|own| Secret::new(own.secret.as_str())),
        session_cookie(engine, request),
    );
    let issuer = engine.site().issuer.clone();
    let outcome = engine
        .write(exchange, move |cx| {
            device::verify(cx, &form, secret.as_ref(), session.as_deref(), &issuer)
        })
        .await;
    let kept = || own.map_or_else(|| opaque43(engine.entropy.as_ref()), |own| own.secret);
    let response = match outcome {
        Ok(Verification::Again { problem, typed }) => {
            let mut response = Response::redirect(StatusCode::FOUND, &problem.page(Some(&typed)));
            set_form(engine, &mut response, &kept(), None);
            response
        }
        Ok(Verification::Ask { user_code }) => {
            let mut response = Response::redirect(StatusCode::FOUND, &format!("{PAGE}?user_code={user_code}"));
            set_form(engine, &mut response, &kept(), Some(&user_code));
            response
        }
        Ok(Verification::On(reply)) => super::oidc::render(engine, request, exchange, reply),
        Err(error) => failed(&error),
    };
    if wants_json(request) { told(response) } else { response }
}

fn read(request: &Request) -> Result<Form, OidcError> {
    let pairs = body_pairs(request, "/device")?;
    let text = |name: &str| token::once(&pairs, name).map(Option::unwrap_or_default);
    let set = |name: &str| text(name).map(|value| !matches!(value.as_str(), "" | "false"));
    Ok(Form {
        user_code: text("user_code")?,
        xsrf: text("xsrf")?,
        confirm: set("confirm")?,
        abort: set("abort")?,
    })
}

fn wants_json(request: &Request) -> bool {
    request
        .header(header::ACCEPT)
        .is_some_and(|accept| accept.contains("application/json") && !accept.contains("text/html"))
}

/// A redirect in words, as the Experience API puts it.
fn told(response: Response) -> Response {
    let Some(location) = response.headers.get(header::LOCATION).and_then(|v| v.to_str().ok()) else {
        return response;
    };
    let mut out = Response::json(StatusCode::OK, &json!({ "redirectTo": location }));
    for line in response.headers.get_all(header::SET_COOKIE) {
        out.headers.append(header::SET_COOKIE, line.clone());
    }
    out
}

/// `GET /device` and `GET /device/success`.
pub(super) async fn page(engine: &Arc<Engine>, request: &Request, exchange: &mut Exchange) -> Response {
    let pairs = match query_pairs(request) {
        Ok(pairs) => pairs,
        Err(error) => return super::common::oidc_error(engine, request, &error, None),
    };
    let sent = |wanted: &str| {
        pairs
            .iter()
            .find(|(name, value)| name == wanted && !value.is_empty())
            .map(|(_, value)| value.as_str())
    };
    let own = own(engine, request);
    let typed = own.and_then(|own| own.code);
    let asked = sent("user_code");
    let success = request.path != PAGE;
    // Only whoever typed a code learns whose it is: an address alone would let anybody try.
    let is_form = !success && sent("error").is_none();
    if !success && (request.cookie(XSRF).is_none() || (is_form && asked.is_some() && asked != typed.as_deref())) {
        let query = asked.map_or_else(String::new, |code| {
            format!(
                "?{}",
                url::form_urlencoded::Serializer::new(String::new())
                    .append_pair("user_code", code)
                    .finish()
            )
        });
        return Response::redirect(StatusCode::FOUND, &format!("{HOP}{query}"));
    }
    let ended = success || sent("error") == Some(Problem::Aborted.name());
    let about = typed.filter(|_| ended || asked.is_some());
    let app = match engine.read(&mut exchange.trail, |cx| note_page(cx, about.as_deref(), ended, &request.path)) {
        Ok(app) => app,
        Err(error) => return failed(&error),
    };
    let mut response = match engine.custom_pages() {
        Some(own) => custom_ui::page(engine, &own, request, exchange).await,
        None => {
            let mut data = json!({});
            if let (true, Some(code), Some(_)) = (is_form, &about, &app) {
                data["userCode"] = json!(code);
            }
            pages::document(engine, request, "device", Some(("device", data)), app.map(|app| app.id.clone()))
        }
    };
    if success {
        set_readable(engine, &mut response, "", 0);
    }
    response
}

/// Puts the page load on the trail of the device's session; answers whose page it is. A page that says how it ended
/// names the application only if that code has ended.
fn note_page(cx: &mut Cx<'_>, code: Option<&str>, ended: bool, path: &str) -> Result<Option<Arc<Application>>, StoreError> {
    let Some(code) = code else { return Ok(None) };
    let Some((code, app)) = device::find(cx, code)? else {
        return Ok(None);
    };
    let open = matches!(code.state, DeviceState::Waiting | DeviceState::InFlight { .. });
    if ended == open {
        return Ok(None);
    }
    cx.trail.live = Some(code.live.clone());
    cx.trail.kind = StepKind::Page;
    cx.arrow(Lane::Experience, Lane::Experience, format!("page {path}"));
    Ok(Some(app))
}
