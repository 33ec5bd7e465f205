use super::*;
use crate::accounts;
use crate::play::{Choice, choose};
use crate::testing::house;
use std::sync::Arc;
use vestibule_core::connectors::{IdentityProvider, ServiceProvider};
use vestibule_core::model::{AttributeMapping, Connector, Simulation};
use vestibule_core::testing::{PlainVault, START, SeededEntropy, World};
use vestibule_saml::{Accepted, AuthnRequest, Expected, read_metadata, verify_response};

const ID: &str = "_request";

/// A world with one simulated SAML connector, and its provider.
fn saml() -> (World, Provider) {
    let (world, mut provider) = house("SAML");
    provider.callback = "http://localhost:3001/api/authn/single-sign-on/saml/c1".into();
    provider.client_id = "http://localhost:3001/enterprise-sso/c1".into();
    (world, provider)
}

fn own(provider: &Provider) -> ServiceProvider {
    ServiceProvider {
        entity_id: provider.client_id.clone(),
        acs: provider.callback.clone(),
    }
}

/// The query of the address that a browser comes with.
fn query(from: &ServiceProvider, provider: &Provider, state: &str) -> String {
    let to = IdentityProvider {
        entity_id: provider.issuer.clone(),
        sign_in_endpoint: endpoint(provider),
        certificates: Vec::new(),
        wants_signed_requests: false,
    };
    let request = AuthnRequest {
        id: ID,
        issued_at: START,
        from,
        to: &to,
        force_authn: false,
    };
    let address = request.redirect_uri(state, None).unwrap();
    address.split_once('?').unwrap().1.to_owned()
}

fn asked(provider: &Provider) -> AuthorizationRequest {
    read(provider, &query(&own(provider), provider, "s 1")).unwrap()
}

fn around() -> Surroundings<PlainVault> {
    Surroundings {
        now: START,
        entropy: Arc::new(SeededEntropy::new(3)),
        vault: Arc::new(PlainVault),
    }
}

#[test]
fn a_request_is_read_and_one_of_another_service_is_not() {
    let (_, provider) = saml();
    let request = asked(&provider);
    assert_eq!((request.state.as_deref(), request.saml.as_deref()), (Some("s 1"), Some(ID)));
    assert_eq!(request.response_mode, ResponseMode::FormPost);
    let wrong = |from: &ServiceProvider, state: &str| read(&provider, &query(from, &provider, state)).unwrap_err().parameter;
    let mut stranger = own(&provider);
    stranger.entity_id.push('2');
    assert_eq!(wrong(&stranger, "s"), "Issuer");
    let mut astray = own(&provider);
    astray.acs = "https://evil.test/acs".into();
    assert_eq!(wrong(&astray, "s"), "AssertionConsumerServiceURL");
    assert_eq!(wrong(&own(&provider), &"s".repeat(81)), "RelayState");
    for query in ["", "SAMLRequest=x", "SAMLRequest=x&SAMLRequest=y", "RelayState=s"] {
        assert_eq!(read(&provider, query).unwrap_err().parameter, "SAMLRequest", "{query}");
    }
}

fn play(world: &mut World, provider: &Provider, failure: Option<Failure>) -> Reply {
    let connector = provider.connector.clone();
    let (account, _) = world.write(|cx| accounts::make_up(cx, &connector).unwrap());
    world.put(&SimulatedAccount {
        failure,
        ..account.clone()
    });
    let request = asked(provider);
    let (reply, _) = world.write(|cx| choose(cx, provider, &request, Choice::Account(account.id)).unwrap());
    reply.unwrap()
}

/// What the connector's side makes of a response; on refusal, the rule.
async fn verified(simulator: &Simulator, provider: &Provider, reply: &Reply) -> Result<Accepted, String> {
    let signed = simulator
        .sign(&"c1".into(), reply.response.as_ref().unwrap(), &around())
        .await
        .unwrap();
    let metadata = simulator.metadata(provider, &around()).await.unwrap();
    let expected = Expected {
        provider: &read_metadata(&metadata).unwrap(),
        own: &own(provider),
        request_id: ID,
        mapping: &provider.attribute_mapping,
        now: START,
    };
    verify_response(&signed, &expected).map_err(|refusal| refusal.because.rule.into_owned())
}

#[tokio::test]
async fn whoever_is_chosen_is_told_of_and_every_persona_is_refused_for_its_reason() {
    let (mut world, mut provider) = saml();
    provider.attribute_mapping = AttributeMapping {
        id: "employee".into(),
        email: "mail".into(),
        name: "cn".into(),
    };
    let simulator = Simulator::default();
    let reply = play(&mut world, &provider, None);
    assert_eq!(reply.params, [("RelayState".to_owned(), "s 1".to_owned())]);
    let user = verified(&simulator, &provider, &reply).await.unwrap().user;
    assert!(user.name.is_some() && user.email.is_some_and(|email| email.contains('@')));
    assert_eq!(user.raw_data["nameID"], user.id.as_str());
    let rules = [
        (Failure::AccessDenied, "saml.status"),
        (Failure::ServerError, "saml.status"),
        (Failure::TemporarilyUnavailable, "saml.status"),
        (Failure::WrongNonce, "saml.in_response_to"),
        (Failure::WrongIssuer, "saml.issuer"),
        (Failure::WrongAudience, "saml.audience"),
        (Failure::BadSignature, "saml.signature"),
        (Failure::UnknownKeyId, "saml.signature"),
        (Failure::ExpiredIdToken, "saml.time"),
    ];
    for (failure, rule) in rules {
        let reply = play(&mut world, &provider, Some(failure));
        let refusal = verified(&simulator, &provider, &reply).await.map(|accepted| accepted.user);
        assert_eq!(refusal.unwrap_err(), rule, "{failure:?}");
    }
    let reply = play(&mut world, &provider, Some(Failure::NoEmail));
    assert_eq!(verified(&simulator, &provider, &reply).await.unwrap().user.email, None);
    let reply = play(&mut world, &provider, Some(Failure::WrongState));
    assert_ne!(reply.params[0].1, "s 1");
    assert!(verified(&simulator, &provider, &reply).await.is_ok());
}

#[test]
fn what_a_saml_provider_can_not_get_wrong_is_refused() {
    let (mut world, provider) = saml();
    let mut connector: Connector = (*world.get::<Connector>("c1").unwrap()).clone();
    let refused: Vec<Failure> = Failure::ALL
        .into_iter()
        .filter(|failure| accounts::meaningless(&connector, *failure).is_some())
        .collect();
    assert_eq!(refused.len(), 6, "{refused:?}");
    // Armed all the same, such a failure is dropped, and the sign-in works.
    connector.simulation = Some(Simulation {
        failure: None,
        next: Some(Failure::TokenEndpoint500),
    });
    world.put(&connector);
    let reply = play(&mut world, &provider, None);
    assert!(reply.response.unwrap().failure.is_none());
}

#[test]
fn cancel_goes_back_with_a_status() {
    let (mut world, provider) = saml();
    let request = asked(&provider);
    let (reply, trail) = world.write(|cx| choose(cx, &provider, &request, Choice::Cancel).unwrap());
    let (status, _) = reply.unwrap().response.unwrap().answer.subject.unwrap_err();
    assert_eq!(status, "urn:oasis:names:tc:SAML:2.0:status:RequestDenied");
    assert!(trail.because.iter().all(|because| !because.detail.contains("access_denied")));
}
