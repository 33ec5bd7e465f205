//! Token, introspection, revocation, userinfo and pushed requests.

use super::common::{body_pairs, check_origin, cors_any, failed, no_nul, oidc_error};
use crate::engine::Engine;
use crate::http::{Request, Response};
use crate::recorder::Exchange;
use http::{Method, StatusCode, header};
use serde_json::json;
use std::fmt::Write as _;
use std::hash::Hasher as _;
use std::sync::Arc;
use vestibule_core::live::{LiveStatus, ParamOrigin, StepKind};
use vestibule_core::model::Application;
use vestibule_core::oidc::authorize;
use vestibule_core::oidc::client_auth::{self, Assertion, Claimed, Proof};
use vestibule_core::oidc::request::RawRequest;
use vestibule_core::oidc::token::{self, AccessTokenOut, GrantType, TokenForm, TokenReply};
use vestibule_core::oidc::{OidcError, introspection as inspect, userinfo as me};
use vestibule_core::{Cx, StoreError};
use vestibule_keys::{AssertionKey, ExpectedAssertion, KeyRing};

/// `typ` of a JWT access token (RFC 9068 section 2.1).
const ACCESS_TOKEN_TYPE: &str = "at+jwt";

/// Marks a refusal that no rule has put on the trail yet.
fn refuse(engine: &Engine, request: &Request, exchange: &mut Exchange, error: &OidcError) -> Response {
    exchange.always = true;
    if exchange.trail.kind == StepKind::Engine {
        exchange.trail.kind = match request.path.as_str() {
            "/oidc/me" => StepKind::Userinfo,
            "/oidc/token/introspection" => StepKind::Introspection,
            "/oidc/token/revocation" => StepKind::Revocation,
            "/oidc/request" => StepKind::PushedRequest,
            "/oidc/device/auth" => StepKind::DeviceAuthorization,
            _ => StepKind::Token,
        };
    }
    // A device that has to wait did nothing wrong.
    if exchange.trail.kind != StepKind::DevicePoll {
        exchange.trail.error.get_or_insert_with(|| error.step());
    }
    let patch = &mut exchange.trail.patch;
    if exchange.trail.live.is_none() {
        patch.status.get_or_insert(LiveStatus::Failed);
        patch.outcome.get_or_insert_with(|| error.error.into());
        patch.headline.get_or_insert_with(|| {
            error
                .detail
                .clone()
                .or_else(|| error.description.clone())
                .unwrap_or_default()
                .into()
        });
    }
    let mut response = oidc_error(engine, request, error, None);
    if !error.description.as_deref().unwrap_or_default().starts_with("origin ") {
        response = cors_any(request, response);
    }
    response
}

/// Reads body and credentials, and checks an assertion's signature before the decision.
struct Caller {
    pairs: Vec<(String, String)>,
    claimed: Claimed,
    assertion: Option<Assertion>,
}

fn caller(engine: &Engine, request: &Request, endpoint: &str) -> Result<Result<Caller, OidcError>, StoreError> {
    let pairs = match body_pairs(request, endpoint) {
        Ok(pairs) => pairs,
        Err(error) => return Ok(Err(error)),
    };
    let claimed = match client_auth::claimed(request.header(header::AUTHORIZATION), &pairs) {
        Ok(claimed) => claimed,
        Err(error) => return Ok(Err(error)),
    };
    let assertion = match &claimed.proof {
        Proof::Assertion(jwt) => Some(check_assertion(engine, &claimed.id, jwt)?),
        _ => None,
    };
    Ok(Ok(Caller { pairs, claimed, assertion }))
}

/// RFC 7523: HS256 with a client secret, or a signature by a key of the application's JWK set.
fn check_assertion(engine: &Engine, client_id: &str, jwt: &str) -> Result<Assertion, StoreError> {
    let Some(app) = engine.look(|cx| cx.get::<Application>(client_id))? else {
        return Ok(Assertion::Invalid("no application has this client_id".into()));
    };
    let site = engine.site();
    let names = [
        "",
        "/token",
        "/token/introspection",
        "/token/revocation",
        "/request",
        "/device/auth",
    ]
    .map(|path| format!("{}{path}", site.issuer));
    let audiences: Vec<&str> = names.iter().map(String::as_str).collect();
    let now = engine.now();
    let mut why = String::from("the application has neither a secret nor a registered JWK set to check it with");
    let secrets = app
        .secrets
        .iter()
        .filter(|s| s.expires_at.is_none_or(|end| end > now))
        .map(|s| engine.unseal(&s.value))
        .collect::<Result<Vec<_>, _>>()?;
    let mut keys: Vec<(&'static str, AssertionKey<'_>)> = secrets.iter().map(|s| ("client_secret_jwt", AssertionKey::Secret(s))).collect();
    keys.extend(
        app.oidc_client_metadata
            .jwks
            .as_ref()
            .map(|jwks| ("private_key_jwt", AssertionKey::Jwks(jwks))),
    );
    let expected = ExpectedAssertion {
        client_id,
        audiences: &audiences,
        now,
    };
    for (method, key) in keys {
        match vestibule_keys::verify_client_assertion(jwt, key, &expected) {
            Ok(accepted) => {
                return Ok(Assertion::Valid {
                    method,
                    jti: Some(accepted.jti),
                    expires_at: accepted.expires_at,
                });
            }
            Err(error) => why = error.to_string(),
        }
    }
    Ok(Assertion::Invalid(why))
}

/// `POST /oidc/token`.
pub(super) async fn token(engine: &Arc<Engine>, request: &Request, exchange: &mut Exchange) -> Response {
    let caller = match caller(engine, request, "/token") {
        Ok(Ok(caller)) => caller,
        Ok(Err(error)) => return refuse(engine, request, exchange, &error),
        Err(error) => return failed(&error),
    };
    exchange.always = true;
    let machine = caller.assertion.is_none() && caller.pairs.iter().any(|(n, v)| n == "grant_type" && v == "client_credentials");
    let (origin_of, issuer) = (engine.clone(), engine.site().issuer.clone());
    let headers = origin_only(request);
    let keys = engine.keys();
    let ring = keys.clone();
    let rule = move |cx: &mut Cx<'_>| {
        let outcome = exchange_tokens(cx, &origin_of, &headers, &caller, &issuer)?;
        if let Ok(reply) = &outcome {
            show_headers(cx, &ring, reply);
        }
        Ok(outcome)
    };
    // A machine's token is stored nowhere, so that decision needs no writer.
    let outcome = if machine {
        engine.read(&mut exchange.trail, rule)
    } else {
        engine.write(exchange, rule).await
    };
    match outcome {
        Ok(Ok(reply)) => match sign(&keys, reply) {
            Ok(body) => cors_any(request, Response::json(StatusCode::OK, &body)).with_static(header::CACHE_CONTROL, "no-store"),
            Err(error) => failed(&StoreError::Io(error)),
        },
        Ok(Err(error)) => refuse(engine, request, exchange, &error),
        Err(error) => failed(&error),
    }
}

fn exchange_tokens(
    cx: &mut Cx<'_>,
    engine: &Engine,
    request: &Request,
    caller: &Caller,
    issuer: &str,
) -> Result<Result<TokenReply, OidcError>, StoreError> {
    let app = match client_auth::authenticate(cx, &caller.claimed, caller.assertion.as_ref())? {
        Ok(app) => app,
        Err(error) => return Ok(Err(token::refused(cx, error))),
    };
    if let Err(error) = check_origin(engine, request, &app) {
        cx.because(origin_card(&app, request));
        return Ok(Err(token::refused(cx, error)));
    }
    let form = TokenForm {
        pairs: caller.pairs.clone(),
    };
    match token::grant_type(&form, &app) {
        Ok(GrantType::AuthorizationCode) => token::redeem_code(cx, &app, &form, issuer),
        Ok(GrantType::RefreshToken) => token::refresh(cx, &app, &form, issuer),
        Ok(GrantType::ClientCredentials) => token::client_credentials(cx, &app, &form, issuer),
        Ok(GrantType::DeviceCode) => token::redeem_device_code(cx, &app, &form, issuer),
        Err(error) => Ok(Err(token::refused(cx, error))),
    }
}

/// The part of a request that decisions look at: where it came from.
fn origin_only(request: &Request) -> Request {
    let origin = request.headers.get(header::ORIGIN);
    Request {
        method: request.method.clone(),
        path: String::new(),
        query: None,
        headers: origin.map(|origin| (header::ORIGIN, origin.clone())).into_iter().collect(),
        body: bytes::Bytes::new(),
    }
}

fn origin_card(app: &Application, request: &Request) -> vestibule_core::Because {
    let origin = request.header(header::ORIGIN).unwrap_or_default().to_owned();
    vestibule_core::Because::new(
        "token.origin",
        vestibule_core::Outcome::Refused,
        "This browser origin is not allowed for the application.",
        format!("`{origin}` is neither the origin of one of its redirect URIs nor among its allowed origins, so the browser may not read the answer."),
        "Logto 1.9",
    )
    .input(origin.clone())
    .repair(vestibule_core::Repair::AllowOrigin { app_id: app.id.0.clone(), origin })
}

/// A token response, with its members in the order of the wire.
#[derive(serde::Serialize)]
struct Tokens {
    access_token: String,
    expires_in: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    scope: String,
    token_type: &'static str,
}

/// Signs and composes the response (sheet 1.5).
fn sign(keys: &KeyRing, reply: TokenReply) -> Result<Tokens, String> {
    let signed = |typ, claims: String| keys.sign_json(reply.alg, typ, claims.as_bytes()).map_err(|e| e.to_string());
    Ok(Tokens {
        access_token: match reply.access_token {
            AccessTokenOut::Opaque(text) => text,
            AccessTokenOut::Jwt(claims) => signed(Some(ACCESS_TOKEN_TYPE), claims)?,
        },
        expires_in: reply.expires_in,
        id_token: reply.id_token.map(|claims| signed(None, claims)).transpose()?,
        refresh_token: reply.refresh_token,
        scope: reply.scope,
        token_type: "Bearer",
    })
}

/// Puts the JOSE headers that the tokens will have beside their claims in the Tokens tab.
fn show_headers(cx: &mut Cx<'_>, keys: &KeyRing, reply: &TokenReply) {
    for view in cx.trail.tokens.iter_mut().filter(|view| view.format == "JWT") {
        let typ = (view.name == "access_token").then_some(ACCESS_TOKEN_TYPE);
        view.header = keys.header(reply.alg, typ);
    }
}

/// Client authentication and CORS, then a rule: the frame of the smaller endpoints.
pub(super) async fn authenticated<R: Send + 'static>(
    engine: &Arc<Engine>,
    request: &Request,
    exchange: &mut Exchange,
    endpoint: &str,
    rule: impl FnOnce(&mut Cx<'_>, &Application, Vec<(String, String)>, &str) -> Result<Result<R, OidcError>, StoreError> + Send + 'static,
) -> Result<R, Response> {
    let caller = match caller(engine, request, endpoint) {
        Ok(Ok(caller)) => caller,
        Ok(Err(error)) => return Err(refuse(engine, request, exchange, &error)),
        Err(error) => return Err(failed(&error)),
    };
    let (of, headers, issuer) = (engine.clone(), origin_only(request), engine.site().issuer.clone());
    let outcome = engine
        .write(exchange, move |cx| {
            let app = match client_auth::authenticate(cx, &caller.claimed, caller.assertion.as_ref())? {
                Ok(app) => app,
                Err(error) => return Ok(Err(error)),
            };
            if let Err(error) = check_origin(&of, &headers, &app) {
                cx.because(origin_card(&app, &headers));
                return Ok(Err(error));
            }
            rule(cx, &app, caller.pairs, &issuer)
        })
        .await;
    match outcome {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(refuse(engine, request, exchange, &error)),
        Err(error) => Err(failed(&error)),
    }
}

fn single(pairs: &[(String, String)], name: &str) -> Option<String> {
    pairs.iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.clone())
}

/// A value that may be there once.
pub(super) fn once(pairs: &[(String, String)], name: &str) -> Result<Option<String>, OidcError> {
    if pairs.iter().filter(|(n, v)| n == name && !v.is_empty()).count() > 1 {
        return Err(OidcError::invalid_request(format!("'{name}' parameter must not be provided twice")));
    }
    Ok(single(pairs, name))
}

/// An answer about a token that belongs to no sign-in is a session of its own, and over.
fn stands_alone(exchange: &mut Exchange, outcome: &'static str) {
    let trail = &mut exchange.trail;
    if trail.live.is_none() && trail.error.is_none() {
        trail.patch.status.get_or_insert(LiveStatus::Done);
        trail.patch.outcome.get_or_insert_with(|| outcome.into());
        trail.patch.headline = trail.because.last().map(|card| card.title.clone());
    }
}

/// `POST /oidc/token/introspection`.
pub(super) async fn introspection(engine: &Arc<Engine>, request: &Request, exchange: &mut Exchange) -> Response {
    exchange.always = true;
    let outcome = authenticated(
        engine,
        request,
        exchange,
        "/token/introspection",
        |cx, app, pairs, issuer| match once(&pairs, "token") {
            Ok(token) => inspect::introspect(cx, app, token.as_deref(), issuer),
            Err(error) => Ok(Err(error)),
        },
    )
    .await;
    stands_alone(exchange, "token not active");
    match outcome {
        Ok(body) => cors_any(request, Response::json(StatusCode::OK, &body)),
        Err(response) => response,
    }
}

/// `POST /oidc/token/revocation`.
pub(super) async fn revocation(engine: &Arc<Engine>, request: &Request, exchange: &mut Exchange) -> Response {
    exchange.always = true;
    let outcome = authenticated(engine, request, exchange, "/token/revocation", |cx, app, pairs, _| {
        match once(&pairs, "token") {
            Ok(token) => inspect::revoke(cx, app, token.as_deref()),
            Err(error) => Ok(Err(error)),
        }
    })
    .await;
    stands_alone(exchange, "nothing to revoke");
    match outcome {
        Ok(()) => cors_any(request, Response::new(StatusCode::OK)),
        Err(response) => response,
    }
}

/// `POST /oidc/request` (RFC 9126).
pub(super) async fn pushed_request(engine: &Arc<Engine>, request: &Request, exchange: &mut Exchange) -> Response {
    let hint = body_pairs(request, "/request")
        .ok()
        .and_then(|pairs| super::oidc::id_token_hint(engine, &pairs));
    let outcome = authenticated(engine, request, exchange, "/request", move |cx, app, pairs, _| {
        authorize::push(
            cx,
            app,
            RawRequest {
                pairs,
                origin: ParamOrigin::Body,
                hint,
            },
        )
    })
    .await;
    match outcome {
        Ok(uri) => cors_any(
            request,
            Response::json(
                StatusCode::CREATED,
                &json!({ "expires_in": authorize::PUSHED_TTL, "request_uri": uri }),
            ),
        ),
        Err(response) => response,
    }
}

/// `GET|POST /oidc/me`.
pub(super) fn userinfo(engine: &Arc<Engine>, request: &Request, exchange: &mut Exchange) -> Response {
    let query = match super::common::query_pairs(request) {
        Ok(pairs) => pairs,
        Err(error) => return refuse(engine, request, exchange, &error),
    };
    if query.iter().any(|(name, _)| name == "access_token") {
        return refuse(
            engine,
            request,
            exchange,
            &OidcError::invalid_request("access tokens must not be provided via query parameter"),
        );
    }
    let body = if request.method == Method::POST && request.is("application/x-www-form-urlencoded") {
        match crate::http::form_pairs(&String::from_utf8_lossy(&request.body))
            .map_err(OidcError::invalid_request)
            .and_then(|p| no_nul(&p).map(|()| p))
        {
            Ok(pairs) => pairs,
            Err(error) => return refuse(engine, request, exchange, &error),
        }
    } else {
        Vec::new()
    };
    let in_body = single(&body, "access_token");
    let in_header = request.bearer().map(str::to_owned);
    if in_body.is_some() && in_header.is_some() {
        return refuse(
            engine,
            request,
            exchange,
            &OidcError::invalid_request("access token must only be provided using one mechanism"),
        );
    }
    let (text, narrowed) = (in_header.or(in_body), single(&query, "scope").or_else(|| single(&body, "scope")));
    exchange.always = true;
    let outcome = engine.read(&mut exchange.trail, |cx| {
        let (claims, token) = match me::userinfo(cx, text.as_deref(), narrowed.as_deref())? {
            Ok(answer) => answer,
            Err(error) => return Ok(Err(error)),
        };
        if request.headers.contains_key(header::ORIGIN)
            && let Some(app) = cx.get::<Application>(token.client_id.as_str())?
            && let Err(error) = check_origin(engine, request, &app)
        {
            cx.because(origin_card(&app, request));
            return Ok(Err(error));
        }
        Ok(Ok(claims))
    });
    match outcome {
        Ok(Ok(claims)) => with_etag(request, cors_any(request, Response::json(StatusCode::OK, &claims))),
        Ok(Err(error)) => refuse(engine, request, exchange, &error),
        Err(error) => failed(&error),
    }
}

/// `ETag` and 304 (sheet 1.19).
fn with_etag(request: &Request, response: Response) -> Response {
    if request.method != Method::GET {
        return response;
    }
    // It tells one answer from another, no more: no secret depends on it.
    let mut hasher = std::hash::DefaultHasher::new();
    hasher.write(&response.body);
    let mut tag = String::with_capacity(40);
    // Writing to a String can't fail.
    let _ = write!(tag, "\"{:x}-{:016x}\"", response.body.len(), hasher.finish());
    if request.header(header::IF_NONE_MATCH) == Some(tag.as_str()) {
        let mut unchanged = Response::new(StatusCode::NOT_MODIFIED);
        unchanged.headers = response.headers;
        unchanged.headers.remove(header::CONTENT_TYPE);
        return unchanged.with(header::ETAG, &tag);
    }
    response.with(header::ETAG, &tag)
}
