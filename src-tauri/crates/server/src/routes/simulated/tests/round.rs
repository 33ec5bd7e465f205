//! The whole round, over sockets: the connector's own client against every simulated provider and every persona.

use super::{after, send, text};
use crate::engine::{DataPlace, Engine, Options};
use crate::http::form_pairs;
use crate::routes::saml::sign_in_address;
use http::{Method, header};
use std::sync::Arc;
use vestibule_core::connectors::{FailureKind, SamlRequest, UpstreamAnswer, UpstreamQuestion, authorization_uri, document_source, resolve};
use vestibule_core::model::{Connector, ConnectorConfig, Factory, Failure, Simulation};
use vestibule_core::{Secret, Timestamp};
use vestibule_simulator::accounts::accounts;

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// A provider that listens, with one simulated connector.
async fn open(factory: &Factory) -> (Arc<Engine>, Connector) {
    let options = Options {
        port: 0,
        hosts: vec![[127, 0, 0, 1].into()],
        data: DataPlace::Ephemeral,
        ..Options::default()
    };
    let engine = Engine::open(options).await.unwrap();
    engine.listen(0).await.unwrap();
    let target = (!factory.enterprise).then(|| "acme".to_owned());
    let mut connector = Connector::new("c1".into(), factory.id, target, "Acme", Timestamp(1));
    connector.simulation = Some(Simulation::default());
    let record = connector.clone();
    engine.change(move |cx| cx.put(&record)).await.unwrap();
    (engine, connector)
}

/// Signs the first account in, as a browser and then as the connector's client would; who came, and whom the provider meant.
async fn sign_in(engine: &Arc<Engine>, connector: &Connector, config: &ConnectorConfig) -> UpstreamAnswer {
    let places = engine.places();
    let document = match document_source(connector, config, &places) {
        Some(source) => Some(engine.providers.document(&source, engine.now()).await.unwrap()),
        None => None,
    };
    let upstream = resolve(connector, config, &places, document.as_ref()).unwrap();
    let redirect_uri = places.callback(&connector.id);
    let verifier = upstream.pkce.then_some(VERIFIER);
    let saml = upstream.saml.clone().map(|partners| SamlRequest {
        id: "_request1".into(),
        issued_at: engine.now(),
        relay_state: "state 1".into(),
        partners,
    });
    let address = match &saml {
        Some(request) => sign_in_address(request).unwrap(),
        None => authorization_uri(&upstream, &redirect_uri, "state 1", "nonce1", verifier),
    };
    let target = address.strip_prefix(&places.endpoint).unwrap().to_owned();
    let host = places.endpoint.strip_prefix("http://").unwrap().to_owned();
    let here = [("host", host.as_str())];
    let page = text(&send(engine, Method::GET, &target, "", &here).await, 200);
    let first = engine.look(|cx| accounts(cx, &connector.id)).unwrap().remove(0);
    let form = format!("token={}&account={}", after(&page, "name=\"token\" value=\""), first.id);
    let back = send(engine, Method::POST, &target, &form, &here).await;
    let callback = match back.headers.get(header::LOCATION) {
        Some(location) => form_pairs(location.to_str().unwrap().split_once('?').unwrap().1).unwrap(),
        None => posted(&text(&back, 200)),
    };
    let question = UpstreamQuestion {
        upstream,
        callback: callback.into_iter().map(|(name, value)| (name, value.into())).collect(),
        redirect_uri,
        nonce: Some("nonce1".into()),
        code_verifier: verifier.map(Secret::new),
        saml_request: saml.map(|request| request.id),
    };
    engine.providers.answer(question, engine.now()).await
}

/// The fields of a form that posts an answer.
fn posted(page: &str) -> Vec<(String, String)> {
    let fields = page.split("type=\"hidden\" name=\"").skip(1).map(|rest| {
        let mut parts = rest.split('"');
        let name = parts.next().unwrap().to_owned();
        let value = parts.nth(1).unwrap().replace("&quot;", "\"");
        (name, value)
    });
    fields.collect()
}

#[tokio::test]
async fn every_provider_is_understood_by_the_connector() {
    for factory in Factory::ALL {
        let (engine, connector) = open(factory).await;
        let config = ConnectorConfig {
            pkce: factory.fields.iter().any(|field| field.key == "pkce").then_some(true),
            ..ConnectorConfig::default()
        };
        let answer = sign_in(&engine, &connector, &config).await;
        let (user, _) = answer.result.unwrap_or_else(|failure| panic!("{}: {failure:?}", factory.id));
        let meant = engine.look(|cx| accounts(cx, &connector.id)).unwrap().remove(0);
        assert_eq!(user.id, meant.sub, "{}", factory.id);
        assert_eq!(user.name.as_deref(), Some(meant.name.as_str()), "{}", factory.id);
        let email = if factory.id == "x-universal" { None } else { meant.email };
        assert_eq!(user.email, email, "{}", factory.id);
        engine.shutdown().await;
    }
}

#[tokio::test]
async fn every_persona_fails_as_it_says() {
    use FailureKind::{AccessTokenInvalid, General, IdTokenInvalid, InvalidResponse};
    let okta = Factory::find("Okta", true).unwrap();
    let (engine, mut connector) = open(okta).await;
    let config = ConnectorConfig::default();
    sign_in(&engine, &connector, &config).await.result.map(|_| ()).unwrap();
    let usual = engine.look(|cx| accounts(cx, &connector.id)).unwrap().remove(0);
    for (failure, wanted) in [
        (Failure::WrongNonce, Some(IdTokenInvalid)),
        (Failure::WrongIssuer, Some(IdTokenInvalid)),
        (Failure::WrongAudience, Some(IdTokenInvalid)),
        (Failure::BadSignature, Some(IdTokenInvalid)),
        (Failure::ExpiredIdToken, Some(IdTokenInvalid)),
        (Failure::UnknownKeyId, Some(IdTokenInvalid)),
        (Failure::TokenEndpoint500, Some(General)),
        (Failure::MalformedJson, Some(InvalidResponse)),
        (Failure::UserEndpoint401, Some(AccessTokenInvalid)),
        (Failure::NoEmail, None),
        (Failure::UnverifiedEmail, None),
        (Failure::ChangedSubject, None),
    ] {
        connector.simulation = Some(Simulation {
            failure: Some(failure),
            next: None,
        });
        let record = connector.clone();
        engine.change(move |cx| cx.put(&record)).await.unwrap();
        let answer = sign_in(&engine, &connector, &config).await;
        match (answer.result, wanted) {
            (Err(seen), Some(kind)) => assert_eq!(seen.kind, kind, "{failure:?}: {seen:?}"),
            (Ok((user, _)), None) => {
                let (changed, told) = (user.id != usual.sub, user.email.is_some());
                assert_eq!(
                    (changed, told),
                    (failure == Failure::ChangedSubject, failure == Failure::ChangedSubject),
                    "{failure:?}"
                );
            }
            (Ok(_), Some(kind)) => panic!("{failure:?} went well instead of {kind:?}"),
            (Err(seen), None) => panic!("{failure:?}: {seen:?}"),
        }
    }
    engine.shutdown().await;
}
