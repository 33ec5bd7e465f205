//! What several routes share: cookies, CORS, security headers, error bodies.

use crate::engine::Engine;
use crate::http::{Request, Response, form_pairs};
use http::{HeaderValue, Method, StatusCode, header};
use serde_json::{Map, Value, json};
use vestibule_core::experience::ApiError;
use vestibule_core::model::Application;
use vestibule_core::oidc::OidcError;
use vestibule_core::oidc::error::Challenge;

/// CSP of pages that hold only our own bundle.
pub(super) const PAGE_CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: https: http:; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// CSP of pages whose form leaves for an application; `form-action` would also bind where that form is redirected to.
pub(super) const FORM_CSP: &str =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'";

/// Security headers of sheet 1.23, the stricter of Logto's and ours.
pub(super) fn secure(request: &Request, response: &mut Response) {
    let headers = &mut response.headers;
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("strict-origin-when-cross-origin"));
    if request.path.starts_with("/oidc") || request.path.starts_with("/api") {
        headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
        let cross = headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN);
        headers
            .entry("cross-origin-resource-policy")
            .or_insert(HeaderValue::from_static(if cross { "cross-origin" } else { "same-origin" }));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

/// Answers a CORS preflight: the endpoints are open to ask, the actual request is checked (sheet 1.9).
pub(super) fn preflight(request: &Request) -> Response {
    let mut response = Response::new(StatusCode::NO_CONTENT)
        .with_static(header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, HEAD, OPTIONS")
        .with_static(header::ACCESS_CONTROL_MAX_AGE, "3600")
        .with_static(header::VARY, "Origin");
    if let Some(asked) = request.header(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        response = response.with(header::ACCESS_CONTROL_ALLOW_HEADERS, asked);
    }
    allow_origin(request, &mut response);
    response
}

/// Reflects the origin, or `*` when none was sent (observed).
fn allow_origin(request: &Request, response: &mut Response) {
    let origin = request
        .headers
        .get(header::ORIGIN)
        .cloned()
        .unwrap_or(HeaderValue::from_static("*"));
    response.headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    response
        .headers
        .insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("WWW-Authenticate"));
    response.headers.insert(header::VARY, HeaderValue::from_static("Origin"));
}

/// Opens a document to any origin.
pub(super) fn cors_any(request: &Request, mut response: Response) -> Response {
    allow_origin(request, &mut response);
    response
}

/// Opens an endpoint to the origins of a client (sheet 1.9).
///
/// # Errors
/// `invalid_request` naming origin and client.
pub(super) fn check_origin(engine: &Engine, request: &Request, app: &Application) -> Result<(), OidcError> {
    let Some(origin) = request.header(header::ORIGIN) else {
        return Ok(());
    };
    if origin == engine.site().endpoint || vestibule_core::oidc::cors::allowed(app, origin) {
        return Ok(());
    }
    Err(OidcError::invalid_request(format!(
        "origin {origin} not allowed for client: {}",
        app.id
    )))
}

/// The body as pairs: a form, or JSON with scalar or list members (sheet 1.2).
///
/// # Errors
/// `invalid_request` saying what is broken.
pub(super) fn body_pairs(request: &Request, endpoint: &str) -> Result<Vec<(String, String)>, OidcError> {
    if request.body.contains(&0) {
        return Err(OidcError::invalid_request("the request body must not contain a NUL byte"));
    }
    let text = std::str::from_utf8(&request.body).map_err(|_| OidcError::invalid_request("the request body is not UTF-8"))?;
    if text.is_empty() {
        return Ok(Vec::new());
    }
    if request.is("application/json") {
        return json_pairs(text);
    }
    if !request.is("application/x-www-form-urlencoded") {
        return Err(OidcError::invalid_request(format!(
            "only application/x-www-form-urlencoded content-type bodies are supported on {} {endpoint}",
            request.method
        )));
    }
    let pairs = form_pairs(text).map_err(OidcError::invalid_request)?;
    no_nul(&pairs)?;
    Ok(pairs)
}

fn json_pairs(text: &str) -> Result<Vec<(String, String)>, OidcError> {
    let members: Map<String, Value> =
        serde_json::from_str(text).map_err(|e| OidcError::invalid_request(format!("the JSON body can't be read: {e}")))?;
    let mut pairs = Vec::new();
    for (name, value) in members {
        match value {
            Value::Array(items) => {
                for item in items {
                    pairs.push((name.clone(), scalar(&name, &item)?));
                }
            }
            Value::Null => {}
            other => pairs.push((name.clone(), scalar(&name, &other)?)),
        }
    }
    no_nul(&pairs)?;
    Ok(pairs)
}

fn scalar(name: &str, value: &Value) -> Result<String, OidcError> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(flag) => Ok(flag.to_string()),
        _ => Err(OidcError::invalid_request(format!(
            "member '{name}' of the JSON body must be text, a number or a list of them"
        ))),
    }
}

/// NUL bytes are refused wherever they hide, percent-encoded ones too.
pub(super) fn no_nul(pairs: &[(String, String)]) -> Result<(), OidcError> {
    match pairs.iter().find(|(name, value)| name.contains('\0') || value.contains('\0')) {
        Some((name, _)) => Err(OidcError::invalid_request(format!(
            "parameter '{}' must not contain a NUL byte",
            name.replace('\0', "")
        ))),
        None => Ok(()),
    }
}

/// Query pairs, strictly decoded.
///
/// # Errors
/// `invalid_request` saying what is broken.
pub(super) fn query_pairs(request: &Request) -> Result<Vec<(String, String)>, OidcError> {
    let pairs = request.query_pairs().map_err(OidcError::invalid_request)?;
    no_nul(&pairs)?;
    Ok(pairs)
}

/// A protocol error as JSON (sheet 8.1), with its challenge.
pub(super) fn oidc_error(engine: &Engine, request: &Request, error: &OidcError, state: Option<&str>) -> Response {
    let site = engine.site();
    let mut body = Map::new();
    if request
        .query
        .as_deref()
        .is_none_or(|q| !q.split('&').any(|pair| pair == "parse_error=false"))
    {
        body.insert("code".into(), json!(error.code()));
        body.insert("message".into(), json!(error.message()));
        if error.error == "invalid_grant" {
            body.insert("error_uri".into(), json!(format!("{}/help/invalid-grant", site.endpoint)));
        }
    }
    body.insert("error".into(), json!(error.error));
    for (name, value) in [
        ("error_description", error.description.as_deref()),
        ("scope", error.scope.as_deref()),
        ("state", state),
    ] {
        if let Some(value) = value {
            body.insert(name.into(), json!(value));
        }
    }
    if request.path.starts_with("/oidc/auth") {
        body.insert("iss".into(), json!(site.issuer));
    }
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = Response::json(status, &Value::Object(body));
    if let Some(challenge) = error.challenge {
        let scheme = match challenge {
            Challenge::Basic => "Basic",
            Challenge::Bearer => "Bearer",
        };
        let mut line = format!("{scheme} realm=\"{}\", error=\"{}\"", site.issuer, error.error);
        if let Some(description) = &error.description {
            line.push_str(&format!(", error_description=\"{}\"", description.replace('"', "'")));
        }
        if let Some(scope) = &error.scope {
            line.push_str(&format!(", scope=\"{scope}\""));
        }
        response = response.with(header::WWW_AUTHENTICATE, &line);
    }
    response
}

/// An API error (sheet 8.1).
pub(super) fn api_error(error: &ApiError) -> Response {
    Response::json(StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST), &error.body())
}

/// A failed store: 500 with no detail on the wire, the cause in the log.
pub(super) fn failed(error: &vestibule_core::StoreError) -> Response {
    tracing::error!(%error, "a request could not be answered");
    Response::json(
        StatusCode::INTERNAL_SERVER_ERROR,
        &json!({ "code": "oidc.server_error", "message": "The provider can't read or write its data. Its log says why.", "error": "server_error", "error_description": "the provider could not read or write its data" }),
    )
}

/// 404 of the API.
pub(super) fn api_not_found(request: &Request) -> Response {
    Response::json(
        StatusCode::NOT_FOUND,
        &json!({ "code": "entity.not_found", "message": format!("There is no {} {} here.", request.method, request.path) }),
    )
}

/// A signed cookie's value, if its signature is right.
pub(super) fn signed_cookie(engine: &Engine, request: &Request, name: &str) -> Option<String> {
    let value = request.cookie(name)?;
    let signature = request.cookie(&format!("{name}.sig"))?;
    engine.vault.verify_cookie(name, value, signature).then(|| value.to_owned())
}

/// How a cookie is set.
pub(super) struct CookieShape {
    pub path: String,
    /// **Seconds**; negative removes the cookie.
    pub max_age: i64,
}

/// Sets a signed, HttpOnly cookie pair.
pub(super) fn set_signed(engine: &Engine, response: &mut Response, name: &str, value: &str, shape: &CookieShape) {
    let signature = engine.vault.sign_cookie(name, value);
    let secure = if engine.site().endpoint.starts_with("https:") {
        "; secure"
    } else {
        ""
    };
    for (name, value) in [(name.to_owned(), value.to_owned()), (format!("{name}.sig"), signature)] {
        response.add_cookie(&format!(
            "{name}={value}; path={}; max-age={}; samesite=lax; httponly{secure}",
            shape.path,
            shape.max_age.max(0)
        ));
    }
}

/// The session cookie, when its signature is right.
pub(super) fn session_cookie(engine: &Engine, request: &Request) -> Option<String> {
    signed_cookie(engine, request, "_session")
}

/// Whether the request names no origin, or ours. A browser names the origin of the page wherever it matters: at each write
/// (Fetch 3.2) and each WebSocket (RFC 6455 section 4.1).
pub(super) fn is_from_our_page(engine: &Engine, request: &Request) -> bool {
    let site = engine.site();
    request.header(header::ORIGIN).is_none_or(|origin| {
        let host = origin.split("://").nth(1).unwrap_or_default();
        site.hosts.iter().any(|known| known.eq_ignore_ascii_case(host))
    })
}

/// Writes that a page on another site could trigger are refused: same origin only (CSRF).
///
/// # Errors
/// 403 `auth.forbidden`.
pub(super) fn check_same_origin(engine: &Engine, request: &Request) -> Result<(), ApiError> {
    if matches!(request.method, Method::GET | Method::HEAD) {
        return Ok(());
    }
    let fetch_site = request.headers.get("sec-fetch-site").and_then(|v| v.to_str().ok());
    if fetch_site.is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return Err(ApiError::forbidden(
            "This call came from another site. Only the sign-in pages of this provider may make it.",
        ));
    }
    if is_from_our_page(engine, request) {
        return Ok(());
    }
    Err(ApiError::forbidden(
        "This call came from another origin. Only the sign-in pages of this provider may make it.",
    ))
}
