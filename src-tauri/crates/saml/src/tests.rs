//! Sign-ins that work, and every way to cheat that is known.

mod attacks;
mod exchange;

use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::sync::OnceLock;
use vestibule_core::connectors::{IdentityProvider, ServiceProvider, UpstreamFailure};
use vestibule_core::model::AttributeMapping;
use vestibule_core::time::Timestamp;

const NOW: Timestamp = Timestamp(1_790_000_000_000);
const IDP: &str = "https://idp.example.test/entity";
const SSO: &str = "https://idp.example.test/sso?tenant=7";
const SP: &str = "http://localhost:3001/enterprise-sso/acme";
const ACS: &str = "http://localhost:3001/api/authn/single-sign-on/saml/acme";

/// RSA keys take a while to make.
fn pkcs8() -> Vec<u8> {
    use aws_lc_rs::encoding::AsDer as _;
    let key = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
    let der: aws_lc_rs::encoding::Pkcs8V1Der<'_> = key.as_der().unwrap();
    der.as_ref().to_vec()
}

/// The provider's key.
fn pair() -> &'static KeyPair {
    static PAIR: OnceLock<KeyPair> = OnceLock::new();
    PAIR.get_or_init(|| KeyPair::self_signed(&pkcs8(), "idp.example.test").unwrap())
}

/// Somebody else's key.
fn strange_pair() -> &'static KeyPair {
    static PAIR: OnceLock<KeyPair> = OnceLock::new();
    PAIR.get_or_init(|| KeyPair::self_signed(&pkcs8(), "idp.example.test").unwrap())
}

fn provider() -> IdentityProvider {
    read_metadata(&provider_metadata(IDP, SSO, pair())).unwrap()
}

fn own() -> ServiceProvider {
    ServiceProvider {
        entity_id: SP.to_owned(),
        acs: ACS.to_owned(),
    }
}

/// The request `_request`, as the provider reads it.
fn request() -> ReceivedRequest {
    ReceivedRequest {
        id: "_request".to_owned(),
        issuer: SP.to_owned(),
        acs: Some(ACS.to_owned()),
        force_authn: false,
        relay_state: None,
    }
}

/// A good answer about alice.
fn answer() -> Answer {
    let subject = Subject {
        name_id: "alice".to_owned(),
        attributes: vec![
            ("email".to_owned(), vec!["alice@acme.test".to_owned()]),
            ("name".to_owned(), vec!["Alice <& Sons> \"Ltd\"\n".to_owned()]),
            ("groups".to_owned(), vec!["one".to_owned(), "two".to_owned()]),
        ],
    };
    Answer::to(&request(), "_response".to_owned(), IDP.to_owned(), ACS.to_owned(), subject, NOW)
}

/// What comes of a response given as XML.
fn verify_at(xml: &str, now: Timestamp) -> Result<Accepted, Box<UpstreamFailure>> {
    let expected = Expected {
        provider: &provider(),
        own: &own(),
        request_id: "_request",
        mapping: &AttributeMapping::default(),
        now,
    };
    verify_response(&BASE64.encode(xml), &expected)
}

fn verify(xml: &str) -> Result<Accepted, Box<UpstreamFailure>> {
    verify_at(xml, NOW)
}

/// The rule that refused, and why.
fn refusal(xml: &str) -> (String, String) {
    let failure = verify(xml).map(|accepted| accepted.user).unwrap_err();
    (failure.because.rule.into_owned(), failure.message)
}

/// A response of the simulated provider in which something was changed before it was signed.
fn changed(change: impl FnOnce(&mut Answer)) -> String {
    let mut answer = answer();
    change(&mut answer);
    answer.to_xml(pair()).unwrap()
}

/// What is between two texts, with them.
fn cut<'a>(xml: &'a str, from: &str, to: &str) -> &'a str {
    let start = xml.find(from).unwrap();
    let end = xml[start..].find(to).unwrap() + start + to.len();
    &xml[start..end]
}
