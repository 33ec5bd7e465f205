//! Leaving for a SAML provider, and coming back (sheet 6.5).

use super::{Page, code};
use crate::connectors::{Departure, DocumentSource, IdentityProvider, MetadataSource, Places, ProviderDocument, SamlRequest, check_config};
use crate::experience::{ApiError, ConnectorFamily, StartedConnector, TakenCallback, connector_plan, connector_question, start_connector};
use crate::model::{Connector, ConnectorConfig, Simulation};
use crate::port::Vault as _;
use crate::record::InteractionEvent;
use crate::secret::Secret;
use crate::testing::START;
use serde_json::{Value, json};

fn places() -> Places {
    Places {
        endpoint: "http://localhost:3001".into(),
        loopback: "http://127.0.0.1:3001".into(),
    }
}

fn metadata() -> ProviderDocument {
    ProviderDocument::Metadata(IdentityProvider {
        entity_id: "https://idp.acme.test".into(),
        sign_in_endpoint: "https://idp.acme.test/sso".into(),
        certificates: vec![vec![1]],
        wants_signed_requests: false,
    })
}

fn page() -> Page {
    let mut page = Page::begun(InteractionEvent::SignIn);
    let mut acme = Connector::new("acme".into(), "SAML", None, "Acme", START);
    acme.simulation = Some(Simulation::default());
    page.world.put(&acme);
    page.configure(|e| e.single_sign_on_enabled = true);
    page
}

impl Page {
    fn start(&mut self, document: Option<ProviderDocument>, state: &str) -> Result<StartedConnector, ApiError> {
        self.call(|cx, id| {
            let document = document.map(Ok);
            start_connector(
                cx,
                id,
                ConnectorFamily::EnterpriseSso,
                "acme",
                &places(),
                document,
                state,
                "http://localhost:3001/callback/acme",
            )
        })
    }

    fn request(&mut self, state: &str) -> SamlRequest {
        match self.start(Some(metadata()), state).unwrap().departure {
            Departure::Saml(request) => *request,
            Departure::Address(address) => panic!("{address}"),
        }
    }

    fn back(&mut self, callback: Value) -> Result<TakenCallback, ApiError> {
        let Value::Object(callback) = callback else {
            panic!("a callback is an object")
        };
        self.call(|cx, id| {
            let document = Some(Ok(metadata()));
            connector_question(cx, id, ConnectorFamily::EnterpriseSso, "acme", None, &places(), document, callback)
        })
    }
}

#[test]
fn each_departure_has_a_request_of_its_own_that_the_question_names() {
    let mut page = page();
    let first = page.request("s1");
    let second = page.request("s2");
    assert_ne!(first.id, second.id);
    assert!(second.id.starts_with('_') && second.id.len() == 22, "{}", second.id);
    assert_eq!((second.relay_state.as_str(), second.issued_at), ("s2", START));
    let own = &second.partners.own;
    assert_eq!(own.entity_id, "http://localhost:3001/enterprise-sso/acme");
    assert_eq!(own.acs, "http://localhost:3001/api/authn/single-sign-on/saml/acme");

    let question = page.back(json!({ "SAMLResponse": "x", "state": "s2" })).unwrap().question;
    assert_eq!(question.saml_request, Some(second.id));
    assert_eq!(question.upstream.issuers, ["https://idp.acme.test"]);
    // Once.
    let again = page.back(json!({ "SAMLResponse": "x", "state": "s2" }));
    assert_eq!(code(again.map(drop)), (400, "session.connector_validation_session_not_found"));
}

#[test]
fn another_state_and_a_state_that_no_provider_would_carry_are_refused() {
    let mut page = page();
    assert_eq!(code(page.start(Some(metadata()), &"s".repeat(81))), (400, "guard.invalid_input"));
    page.request(&"s".repeat(80));
    let other = page.back(json!({ "SAMLResponse": "x", "state": "other" }));
    assert_eq!(code(other.map(drop)), (400, "session.connector_validation_session_not_found"));
}

#[test]
fn without_metadata_or_with_one_that_wants_signed_requests_nobody_leaves() {
    let mut page = page();
    assert_eq!(code(page.start(None, "s")), (400, "connector.invalid_config"));
    let ProviderDocument::Metadata(mut provider) = metadata() else {
        panic!("metadata")
    };
    provider.wants_signed_requests = true;
    let signed = page.start(Some(ProviderDocument::Metadata(provider)), "s");
    assert_eq!(code(signed), (400, "connector.invalid_config"));
}

fn source(page: &mut Page) -> Option<DocumentSource> {
    page.call(|cx, id| connector_plan(cx, id, ConnectorFamily::EnterpriseSso, "acme"))
        .unwrap()
        .document_source(&places())
}

#[test]
fn a_provider_is_named_in_one_of_three_ways() {
    let mut page = page();
    let simulated = "http://127.0.0.1:3001/simulated/acme/metadata";
    assert_eq!(
        source(&mut page),
        Some(DocumentSource::Metadata(MetadataSource::Url(simulated.into())))
    );

    let parts = json!({ "entityId": "e", "signInEndpoint": "https://idp.acme.test/sso", "x509Certificate": "c" });
    let ways = [
        (
            json!({ "metadataUrl": "https://idp.acme.test/m", "metadata": "<x/>" }),
            MetadataSource::Url("https://idp.acme.test/m".into()),
        ),
        (json!({ "metadata": "<x/>", "entityId": "e" }), MetadataSource::Text("<x/>".into())),
        (
            parts.clone(),
            MetadataSource::Parts {
                entity_id: "e".into(),
                sign_in_endpoint: "https://idp.acme.test/sso".into(),
                certificate: "c".into(),
            },
        ),
    ];
    let mut real = Connector::new("acme".into(), "SAML", None, "Acme", START);
    let factory = real.factory().unwrap();
    let read = |config: Value| -> ConnectorConfig { serde_json::from_value(config).unwrap() };
    for (config, expected) in ways {
        assert_eq!(check_config(factory, &read(config.clone()), false), []);
        real.config = page.world.vault.seal(&Secret::new(config.to_string()));
        page.world.put(&real);
        assert_eq!(source(&mut page), Some(DocumentSource::Metadata(expected)));
    }
    let problem = |config: Value| {
        let found = check_config(factory, &read(config), false);
        found.into_iter().map(|problem| problem.key).collect::<Vec<_>>()
    };
    assert_eq!(problem(json!({})), ["metadataUrl"]);
    assert_eq!(problem(json!({ "metadata": "  " })), ["metadataUrl"]);
    assert_eq!(problem(json!({ "metadataUrl": "ftp://x" })), ["metadataUrl"]);
    assert_eq!(problem(json!({ "metadata": "<x/>", "scope": "openid" })), ["scope"]);
    let mut part = parts;
    part["x509Certificate"] = Value::Null;
    assert_eq!(problem(part), ["metadataUrl"]);
    assert_eq!(
        check_config(factory, &ConnectorConfig::default(), true),
        [],
        "a simulated one needs nothing"
    );
}
