//! A simulated provider for tests.

use crate::play::Grant;
use crate::provider::Provider;
use crate::request::{AuthorizationRequest, read};
use std::sync::Arc;
use vestibule_core::model::{AttributeMapping, Connector, Factory, Failure, ProfileMap, Shape, Simulation};
use vestibule_core::testing::{START, World};

/// The verifier and the challenge of RFC 7636 appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A world with one simulated connector, and its provider.
pub(crate) fn house(factory: &str) -> (World, Provider) {
    let enterprise = Factory::find(factory, true).is_some();
    let target = (!enterprise).then(|| "acme".to_owned());
    let mut connector = Connector::new("c1".into(), factory, target, "Acme & Co", START);
    connector.simulation = Some(Simulation::default());
    let world = World::new().with(&connector);
    let provider = provider(&connector);
    (world, provider)
}

pub(crate) fn provider(connector: &Connector) -> Provider {
    Provider {
        factory: connector.factory().unwrap(),
        issuer: "http://localhost:3001/simulated/c1".into(),
        loopback: "http://127.0.0.1:3001/simulated/c1".into(),
        callback: "http://localhost:3001/callback/c1".into(),
        client_id: "vestibule".into(),
        client_secret: None,
        attribute_mapping: AttributeMapping::default(),
        profile_map: ProfileMap::default(),
        connector: Arc::new(connector.clone()),
    }
}

/// A request as the connector sends it, with further parameters that replace or add.
pub(crate) fn pairs(provider: &Provider, more: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> = [
        ("response_type", "code"),
        ("client_id", "vestibule"),
        ("scope", "openid profile email phone user:email"),
        ("redirect_uri", provider.callback.as_str()),
        ("state", "s 1"),
        ("nonce", "n1"),
        ("response_mode", "form_post"),
    ]
    .into_iter()
    .filter(|(name, _)| !more.iter().any(|(other, _)| other == name))
    .map(|(n, v)| (n.to_owned(), v.to_owned()))
    .collect();
    pairs.extend(more.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
    pairs
}

pub(crate) fn request(provider: &Provider) -> AuthorizationRequest {
    let challenge = [("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    let more = if provider.shape() == Shape::X { &challenge[..] } else { &[] };
    read(provider, &pairs(provider, more)).unwrap()
}

/// A grant of a made-up person.
pub(crate) fn grant(world: &mut World, provider: &Provider, failure: Option<Failure>) -> Grant {
    let connector = provider.connector.clone();
    let (account, _) = world.write(|cx| crate::accounts::make_up(cx, &connector).unwrap());
    Grant {
        account,
        failure,
        request: request(provider),
        auth_time: START,
    }
}
