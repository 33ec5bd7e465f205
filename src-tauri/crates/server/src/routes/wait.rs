//! `GET /oidc/auth/:uid/wait` and `GET /oidc/device/:uid/wait`, Vestibule's own: a hosted page learns what the window decided.
//!
//! Only the browser that began the interaction can ask: its resume cookie is bound to this very path. Whoever comes without it
//! hears the same as if there were no such interaction. The route is there while development sign-in is on.

use super::common::{api_error, failed};
use super::oidc;
use crate::engine::Engine;
use crate::http::{Request, Response};
use http::StatusCode;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use vestibule_core::experience::ApiError;
use vestibule_core::record::Interaction;

/// How long an answer is waited for. Nothing between here and a browser gives up as early.
const HOLD: Duration = Duration::from_secs(25);

/// 200 `{redirectTo}` when the window has decided, 204 when nothing happened, 400 `session.not_found` when there is nothing to
/// wait for. `hold=0` asks without waiting.
pub(super) async fn wait(engine: &Arc<Engine>, request: &Request, uid: &str) -> Response {
    if !engine.settings().development_sign_in {
        return oidc::unrecognized(request);
    }
    if !oidc::is_resumable(engine, request, uid) {
        return api_error(&ApiError::session_not_found());
    }
    let hold = request.query.as_deref() != Some("hold=0");
    // Who gets no place is told that nothing happened, and asks again.
    let place = if hold { engine.waits.try_acquire().ok() } else { None };
    let mut decided = engine.decided.subscribe();
    let end = tokio::time::sleep(HOLD);
    tokio::pin!(end);
    loop {
        match engine.look(|cx| cx.get::<Interaction>(uid)) {
            Err(error) => return failed(&error),
            Ok(None) => return api_error(&ApiError::session_not_found()),
            Ok(Some(interaction)) if interaction.result.by_window => {
                let redirect_to = interaction.return_to(&engine.site().issuer);
                return Response::json(StatusCode::OK, &json!({ "redirectTo": redirect_to }));
            }
            Ok(Some(_)) => {}
        }
        if place.is_none() {
            return Response::new(StatusCode::NO_CONTENT);
        }
        tokio::select! {
            changed = decided.changed() => {
                if changed.is_err() {
                    return Response::new(StatusCode::NO_CONTENT);
                }
            }
            () = &mut end => return Response::new(StatusCode::NO_CONTENT),
            () = engine.stopping() => return Response::new(StatusCode::NO_CONTENT),
        }
    }
}
