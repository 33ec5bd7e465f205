//! `/api/authn/single-sign-on/oidc/:connectorId`: a sign-in that begins at an enterprise provider (OpenID Connect Core 4).

use super::common::{PAGE_CSP, body_pairs, failed, query_pairs};
use crate::engine::Engine;
use crate::http::{Request, Response, escape};
use crate::recorder::Exchange;
use http::{Method, StatusCode, header};
use std::sync::Arc;
use vestibule_core::oidc::third_party_login::{InitiateLogin, NotInitiated, initiate_login};

/// Sends the browser to the application that the sign-in is meant for, or says on a page why not.
pub(super) async fn initiate(engine: &Arc<Engine>, request: &Request, exchange: &mut Exchange, connector: &str) -> Response {
    let pairs = match request.method {
        Method::POST => body_pairs(request, &request.path),
        _ => query_pairs(request),
    };
    let pairs = match pairs {
        Ok(pairs) => pairs,
        Err(error) => return page(400, error.message()),
    };
    let member = |name: &str| {
        pairs
            .iter()
            .find(|(n, v)| n == name && !v.is_empty())
            .map(|(_, value)| value.clone())
    };
    let asked = InitiateLogin {
        iss: member("iss"),
        login_hint: member("login_hint"),
        target_link_uri: member("target_link_uri"),
    };
    exchange.always = true;
    let (connector, places, issuer) = (connector.to_owned(), engine.places(), engine.site().issuer.clone());
    let outcome = engine
        .write(exchange, move |cx| initiate_login(cx, &connector, &asked, &places, &issuer))
        .await;
    match outcome {
        Ok(Ok(next)) => Response::redirect(StatusCode::SEE_OTHER, &next),
        Ok(Err(NotInitiated { status, message })) => page(status, &message),
        Err(error) => failed(&error),
    }
}

fn page(status: u16, message: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    let body = format!("<h1>The sign-in was not begun</h1><p>{}</p>", escape(message));
    Response::html(status, crate::pages::plain("The sign-in was not begun", "", &body))
        .with_static(header::CONTENT_SECURITY_POLICY, PAGE_CSP)
}
