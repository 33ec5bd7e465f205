//! The service provider's side of SAML connectors (sheet 6.5): `/api/authn/single-sign-on/saml/:connectorId`.

use super::common::{PAGE_CSP, body_pairs, failed};
use crate::engine::Engine;
use crate::http::{Request, Response, escape};
use crate::recorder::Exchange;
use http::{StatusCode, header};
use serde_json::{Map, Value};
use std::sync::Arc;
use vestibule_core::connectors::{FailureKind, MAX_RELAY_STATE, SamlRequest, ServiceProvider};
use vestibule_core::entropy::opaque43;
use vestibule_core::experience::ApiError;
use vestibule_core::ids::ConnectorId;
use vestibule_core::live::{Lane, StepKind};
use vestibule_core::model::{Connector, Shape};
use vestibule_core::{Because, Outcome, StoreError};
use vestibule_saml::{AuthnRequest, service_metadata};

/// Where a provider posts its responses, before the connector's id.
const ACS: &str = "/api/authn/single-sign-on/saml/";
/// Most bytes of a response: one with many groups is longer than other bodies may be.
pub(crate) const RESPONSE_LIMIT: usize = 256 * 1024;

/// Whether responses are posted to this address.
pub(crate) fn takes_responses(path: &str) -> bool {
    path.starts_with(ACS)
}

/// The provider's sign-in address with the request in it (SAML Bindings 3.4.4).
pub(super) fn sign_in_address(request: &SamlRequest) -> Result<String, ApiError> {
    let authn = AuthnRequest {
        id: &request.id,
        issued_at: request.issued_at,
        from: &request.partners.own,
        to: &request.partners.provider,
        force_authn: false,
    };
    authn
        .redirect_uri(&request.relay_state, None)
        .map_err(|why| ApiError::connector_failure(FailureKind::InvalidConfig, why))
}

/// Puts the response itself in the place of the key that the page was given for it. Without one the response is missing, which
/// the rules have words for.
pub(super) fn put_response(engine: &Engine, connector: &ConnectorId, callback: &mut Map<String, Value>) {
    let key = callback.remove("SAMLResponse");
    let response = key
        .as_ref()
        .and_then(Value::as_str)
        .and_then(|key| engine.saml_responses.take(key, connector, engine.now()));
    if let Some(response) = response {
        callback.insert("SAMLResponse".into(), Value::String(response));
    }
}

fn found(engine: &Engine, id: &str) -> Result<Option<Arc<Connector>>, StoreError> {
    let found = engine.look(|cx| cx.get::<Connector>(id))?;
    Ok(found.filter(|connector| connector.factory().is_some_and(|factory| factory.shape == Shape::Saml)))
}

/// `GET …/metadata`: this side's metadata, to be given to the provider.
pub(super) fn metadata(engine: &Engine, id: &str) -> Response {
    match found(engine, id) {
        Ok(Some(connector)) => {
            let own = ServiceProvider::enterprise(&engine.places(), &connector.id);
            xml(service_metadata(&own, None))
        }
        Ok(None) => missing(id),
        Err(error) => failed(&error),
    }
}

/// Metadata on the wire (SAML Metadata 4.1.1).
pub(super) fn xml(metadata: String) -> Response {
    Response::new(StatusCode::OK).body("application/samlmetadata+xml; charset=utf-8", metadata.into_bytes())
}

/// The assertion consumer service: keeps the response for a minute and sends the browser on to the callback page, as any
/// provider's redirect would. Whether it belongs to this browser, the page's `state` and the sign-in's own record tell.
pub(super) fn consume(engine: &Engine, request: &Request, exchange: &mut Exchange, id: &str) -> Response {
    let connector = match found(engine, id) {
        Ok(Some(connector)) => connector,
        Ok(None) => return missing(id),
        Err(error) => return failed(&error),
    };
    let pairs = match body_pairs(request, &request.path) {
        Ok(pairs) => pairs,
        Err(error) => return page(StatusCode::BAD_REQUEST, error.message()),
    };
    let member = |name: &str| {
        let mut found = pairs.iter().filter(|(n, v)| n == name && !v.is_empty());
        let first = found.next().map(|(_, value)| value.as_str());
        (first, found.next().is_some())
    };
    let (response, state) = match (member("SAMLResponse"), member("RelayState")) {
        ((_, true), _) | (_, (_, true)) => return page(StatusCode::BAD_REQUEST, "A parameter was sent more than once."),
        ((None, _), _) => return page(StatusCode::BAD_REQUEST, "The form has no SAMLResponse."),
        (_, (Some(state), _)) if state.len() > MAX_RELAY_STATE => {
            return page(StatusCode::BAD_REQUEST, "RelayState is longer than 80 bytes (SAML Bindings 3.4.3).");
        }
        ((Some(response), _), (state, _)) => (response, state),
    };
    let trail = &mut exchange.trail;
    trail.kind = StepKind::Page;
    trail.live = state.and_then(|state| engine.simulator.expected(state));
    trail.arrow(Lane::Upstream, Lane::Interaction, "POST SAMLResponse");
    trail.arrow(Lane::Interaction, Lane::Experience, "303 callback");
    trail.because(Because::new(
        "experience.saml_response",
        Outcome::Decided,
        format!("{} posted a response", connector.label()),
        "A form from another site carries no cookies of the sign-in, so the response waits for the page: for one minute, and for one look. Nothing of it was believed yet.",
        "SAML Bindings 3.5.4",
    ));
    let key = opaque43(engine.entropy.as_ref());
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("SAMLResponse", &key);
    if let Some(state) = state {
        query.append_pair("state", state);
    }
    let next = format!("{}?{}", engine.places().callback(&connector.id), query.finish());
    engine
        .saml_responses
        .keep(key, connector.id.clone(), response.to_owned(), engine.now());
    Response::redirect(StatusCode::SEE_OTHER, &next)
}

fn missing(id: &str) -> Response {
    let shown: String = id.chars().take(64).collect();
    page(
        StatusCode::NOT_FOUND,
        &format!("There is no SAML connector with the id {shown}. It may have been deleted."),
    )
}

fn page(status: StatusCode, message: &str) -> Response {
    let body = format!(
        "<h1>This answer can't be taken</h1><p>{} Go back to the application and sign in again.</p>",
        escape(message)
    );
    Response::html(status, crate::pages::plain("Unreadable answer", "", &body)).with_static(header::CONTENT_SECURITY_POLICY, PAGE_CSP)
}
