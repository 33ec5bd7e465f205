//! RP-initiated logout: the page that submits itself, the confirmation, the end (sheet 1.21).

use super::common::{CookieShape, FORM_CSP, body_pairs, failed, query_pairs, session_cookie, set_signed, signed_cookie};
use super::refusal;
use crate::engine::Engine;
use crate::http::{Request, Response, escape};
use crate::recorder::Exchange;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Method, StatusCode, header};
use std::sync::Arc;
use vestibule_core::live::StepKind;
use vestibule_core::oidc::OidcError;
use vestibule_core::oidc::logout::{self, BackchannelLogout, Farewell, Logout};

/// Carries the request from the page to its confirmation; signed, a few minutes.
const LOGOUT: &str = "_logout";
/// Carries the way back to the signed-out page; signed, a few minutes.
const FAREWELL: &str = "_logout_farewell";
/// How long both are kept, in **seconds**.
const MINUTES: i64 = 600;
const PATH: &str = "/oidc/session/end";

fn refuse(engine: &Engine, request: &Request, exchange: &mut Exchange, error: &OidcError) -> Response {
    exchange.always = true;
    exchange.trail.kind = StepKind::EndSession;
    exchange.trail.error.get_or_insert_with(|| error.step());
    refusal::answer(engine, request, exchange, error, None)
}

/// `GET|POST /oidc/session/end`.
pub(super) async fn end(engine: &Arc<Engine>, request: &Request, exchange: &mut Exchange) -> Response {
    let pairs = if request.method == Method::POST {
        body_pairs(request, "/session/end")
    } else {
        query_pairs(request)
    };
    let pairs = match pairs {
        Ok(pairs) => pairs,
        Err(error) => return refuse(engine, request, exchange, &error),
    };
    let hint = super::oidc::id_token_hint(engine, &pairs);
    let session = session_cookie(engine, request);
    let outcome = engine.read(&mut exchange.trail, |cx| {
        logout::end_session(cx, &pairs, hint.as_ref(), session.as_deref())
    });
    match outcome {
        Ok(Ok(logout)) => {
            let mut response = Response::html(StatusCode::OK, page(&logout)).with_static(header::CONTENT_SECURITY_POLICY, FORM_CSP);
            let carried = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&logout).unwrap_or_default());
            set_signed(
                engine,
                &mut response,
                LOGOUT,
                &carried,
                &CookieShape {
                    path: PATH.into(),
                    max_age: MINUTES,
                },
            );
            response
        }
        Ok(Err(error)) => refuse(engine, request, exchange, &error),
        Err(error) => failed(&error),
    }
}

/// The form, submitted by script unless the strict dialect wants a click.
fn page(logout: &Logout) -> String {
    let script = if logout.ask {
        ""
    } else {
        "<script src=\"/assets/submit.js\" defer></script>"
    };
    let body = format!(
        "<form id=\"op.logoutForm\" method=\"post\" action=\"{PATH}/confirm\"><input type=\"hidden\" name=\"xsrf\" value=\"{}\"><input type=\"hidden\" name=\"logout\" value=\"yes\">{}\
         <button type=\"submit\">Sign out</button></form>",
        escape(&logout.xsrf),
        if logout.ask {
            "<h1>Sign out?</h1><p>An application asks to sign you out here.</p>"
        } else {
            "<h1>Signing you out</h1><p>If nothing happens, press the button.</p>"
        },
    );
    crate::pages::plain("Sign out", script, &body)
}

/// `POST /oidc/session/end/confirm`.
pub(super) async fn confirm(engine: &Arc<Engine>, request: &Request, exchange: &mut Exchange) -> Response {
    let pairs = match body_pairs(request, "/session/end/confirm") {
        Ok(pairs) => pairs,
        Err(error) => return refuse(engine, request, exchange, &error),
    };
    let carried = signed_cookie(engine, request, LOGOUT)
        .and_then(|value| URL_SAFE_NO_PAD.decode(value).ok())
        .and_then(|bytes| serde_json::from_slice::<Logout>(&bytes).ok());
    let Some(carried) = carried else {
        return refuse(
            engine,
            request,
            exchange,
            &OidcError::session_not_found("the sign-out page's cookie is missing; open the sign-out address again"),
        );
    };
    let xsrf = pairs.iter().find(|(n, _)| n == "xsrf").map(|(_, v)| v.clone()).unwrap_or_default();
    let (session, issuer) = (session_cookie(engine, request), engine.site().issuer.clone());
    match engine
        .write(exchange, move |cx| {
            logout::confirm(cx, &carried, &xsrf, session.as_deref(), &issuer)
        })
        .await
    {
        Ok(Ok(done)) => {
            deliver_logout(engine, done.backchannel);
            let location = done.redirect.unwrap_or_else(|| format!("{PATH}/success"));
            let mut response = Response::redirect(StatusCode::SEE_OTHER, &location);
            set_signed(
                engine,
                &mut response,
                "_session",
                "",
                &CookieShape {
                    path: "/".into(),
                    max_age: -1,
                },
            );
            let farewell = done
                .farewell
                .as_ref()
                .and_then(|f| serde_json::to_vec(f).ok())
                .map(|f| URL_SAFE_NO_PAD.encode(f));
            let had = request.cookie(FAREWELL).is_some();
            for (name, value, kept) in [(LOGOUT, None, true), (FAREWELL, farewell, had)] {
                // A way back of an earlier sign-out must not be offered after this one.
                if value.is_some() || kept {
                    let max_age = if value.is_some() { MINUTES } else { -1 };
                    let shape = CookieShape {
                        path: PATH.into(),
                        max_age,
                    };
                    set_signed(engine, &mut response, name, &value.unwrap_or_default(), &shape);
                }
            }
            response
        }
        Ok(Err(error)) => refuse(engine, request, exchange, &error),
        Err(error) => failed(&error),
    }
}

/// Back-channel logout, beside the answer: a slow application must not hold the person up.
pub(crate) fn deliver_logout(engine: &Arc<Engine>, deliveries: Vec<BackchannelLogout>) {
    for delivery in deliveries {
        let engine = engine.clone();
        tokio::spawn(async move {
            match engine.sign_logout(delivery.alg, &delivery.claims) {
                Ok(token) => {
                    let answered = engine.outgoing.logout_token(&delivery.uri, &token).await;
                    let outcome = answered.map_err(|why| why.to_string()).and_then(|answer| answer.success());
                    if let Err(error) = outcome {
                        tracing::warn!(application = %delivery.app, %error, "back-channel logout was not accepted");
                    }
                }
                Err(error) => tracing::error!(%error, "a logout token could not be signed"),
            }
        });
    }
}

/// `GET /oidc/session/end/success`: the way back to the application, when it is known.
pub(super) fn success(engine: &Arc<Engine>, request: &Request, exchange: &mut Exchange) -> Response {
    let farewell = signed_cookie(engine, request, FAREWELL)
        .and_then(|value| URL_SAFE_NO_PAD.decode(value).ok())
        .and_then(|bytes| serde_json::from_slice::<Farewell>(&bytes).ok());
    let link = match farewell.map(|f| engine.read(&mut exchange.trail, |cx| logout::way_back(cx, &f))) {
        Some(Ok(link)) => link,
        Some(Err(error)) => return failed(&error),
        None => None,
    };
    let link = link.map_or_else(String::new, |link| {
        format!(
            "<p><a class=\"button\" href=\"{}\">Return to {}</a></p>",
            escape(&link.address),
            escape(&link.app_name)
        )
    });
    let body = format!("<h1>You are signed out</h1><p>This browser's session has ended. You can close this page.</p>{link}");
    Response::html(StatusCode::OK, crate::pages::plain("Signed out", "", &body))
        .with_static(header::CONTENT_SECURITY_POLICY, super::common::PAGE_CSP)
}
