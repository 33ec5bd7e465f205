//! The consent hop: `GET /consent` and the API behind the page (sheet 1.11); and the way out of any page.

use super::common::{api_error, check_same_origin, failed};
use super::experience::read_body;
use super::oidc::current_interaction;
use crate::engine::Engine;
use crate::http::{Request, Response};
use crate::recorder::Exchange;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use vestibule_core::experience::{self, ApiError};
use vestibule_core::ids::{InteractionId, OrganizationId};
use vestibule_core::oidc::consent::{self, ConsentPage};

/// `GET /consent`: 302 onward for first-party applications, the page for third-party ones.
pub(super) async fn page(engine: &Arc<Engine>, request: &Request, exchange: &mut Exchange) -> Response {
    let Some(id) = current_interaction(engine, request) else {
        return super::pages::no_session(engine, request);
    };
    let issuer = engine.site().issuer.clone();
    match engine.write(exchange, move |cx| consent::open_page(cx, &id, &issuer)).await {
        Ok(Ok(ConsentPage::Granted(location) | ConsentPage::Elsewhere(location))) => Response::redirect(StatusCode::FOUND, &location),
        Ok(Ok(ConsentPage::Ask)) => super::pages::app_page(engine, request, exchange).await,
        Ok(Err(_)) => super::pages::no_session(engine, request),
        Err(error) => failed(&error),
    }
}

/// `GET /api/interaction/consent`.
pub(super) fn describe(engine: &Arc<Engine>, request: &Request, exchange: &mut Exchange) -> Response {
    let Some(id) = current_interaction(engine, request) else {
        return api_error(&ApiError::session_not_found());
    };
    let issuer = engine.site().issuer.clone();
    match engine.read(&mut exchange.trail, |cx| consent::describe(cx, &id, &issuer)) {
        Ok(Ok(body)) => Response::json(StatusCode::OK, &body),
        Ok(Err(error)) => api_error(&error),
        Err(error) => failed(&error),
    }
}

/// What the person chose on the page.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Chosen {
    #[serde(default)]
    organization_ids: Vec<OrganizationId>,
}

/// `POST /api/interaction/consent`.
pub(super) async fn allow(engine: &Arc<Engine>, request: &Request, exchange: &mut Exchange) -> Response {
    if let Err(error) = check_same_origin(engine, request) {
        return api_error(&error);
    }
    let Some(id) = current_interaction(engine, request) else {
        return api_error(&ApiError::session_not_found());
    };
    let chosen = if request.body.is_empty() {
        Ok(Chosen::default())
    } else {
        read_body(request)
    };
    let chosen: Chosen = match chosen {
        Ok(chosen) => chosen,
        Err(why) => return api_error(&ApiError::invalid_input(why)),
    };
    let issuer = engine.site().issuer.clone();
    match engine
        .write(exchange, move |cx| consent::allow(cx, &id, &chosen.organization_ids, &issuer))
        .await
    {
        Ok(Ok(redirect_to)) => Response::json(StatusCode::OK, &json!({ "redirectTo": redirect_to })),
        Ok(Err(error)) => api_error(&error),
        Err(error) => failed(&error),
    }
}

/// `POST /api/interaction/abort`, Vestibule's own: the page ends the sign-in with an error for the application.
pub(super) async fn abort(engine: &Arc<Engine>, request: &Request, exchange: &mut Exchange) -> Response {
    if let Err(error) = check_same_origin(engine, request) {
        return api_error(&error);
    }
    let Some(id) = current_interaction(engine, request) else {
        return api_error(&ApiError::session_not_found());
    };
    let body = match read_body::<Value>(request) {
        Ok(body) => body,
        Err(why) => return api_error(&ApiError::invalid_input(why)),
    };
    let issuer = engine.site().issuer.clone();
    match engine
        .write(exchange, move |cx| experience::abort(cx, &InteractionId(id), &body, &issuer))
        .await
    {
        Ok(Ok(redirect_to)) => Response::json(StatusCode::OK, &json!({ "redirectTo": redirect_to })),
        Ok(Err(error)) => api_error(&error),
        Err(error) => failed(&error),
    }
}
