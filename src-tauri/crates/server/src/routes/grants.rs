//! What the person of this browser's session gave to applications: the API behind `/grants`, Vestibule's own.

use super::common::{api_error, check_same_origin, failed, session_cookie};
use crate::engine::Engine;
use crate::http::{Request, Response};
use crate::recorder::Exchange;
use http::StatusCode;
use std::sync::Arc;
use vestibule_core::oidc::grants;

/// `GET /api/grants`.
pub(super) fn list(engine: &Arc<Engine>, request: &Request) -> Response {
    let session = session_cookie(engine, request);
    match engine.look(|cx| grants::list(cx, session.as_deref())) {
        Ok(Ok(body)) => Response::json(StatusCode::OK, &body),
        Ok(Err(error)) => api_error(&error),
        Err(error) => failed(&error),
    }
}

/// `POST /api/grants/<id>/revoke`: only from this origin, and only for the person of the session.
pub(super) async fn revoke(engine: &Arc<Engine>, request: &Request, exchange: &mut Exchange, id: &str) -> Response {
    if let Err(error) = check_same_origin(engine, request) {
        return api_error(&error);
    }
    let (session, id) = (session_cookie(engine, request), id.to_owned());
    match engine.write(exchange, move |cx| grants::revoke(cx, session.as_deref(), &id)).await {
        Ok(Ok(())) => Response::new(StatusCode::NO_CONTENT),
        Ok(Err(error)) => {
            exchange.always = true;
            api_error(&error)
        }
        Err(error) => failed(&error),
    }
}
