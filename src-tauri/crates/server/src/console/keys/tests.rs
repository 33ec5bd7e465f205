//! Signing keys through the console contract.

use crate::engine::{DataPlace, Engine, Options, Ports};
use serde_json::{Value, json};
use std::sync::Arc;
use vestibule_core::console::{ConsoleProblem, ConsoleReply, ConsoleRequest, SigningKeyList, SigningKeyState};
use vestibule_core::model::{ProviderSettings, SigningAlg};
use vestibule_keys::{Expected, OsEntropy, PasswordHasher};

const ALG: SigningAlg = SigningAlg::ES384;

async fn open() -> Arc<Engine> {
    let options = Options {
        data: DataPlace::Ephemeral,
        ..Options::default()
    };
    let ports = Ports {
        hasher: PasswordHasher::cheap(Arc::new(OsEntropy)),
        ..Ports::default()
    };
    Engine::open_with(options, ports).await.unwrap()
}

async fn ask(engine: &Arc<Engine>, request: ConsoleRequest) -> Result<SigningKeyList, ConsoleProblem> {
    engine.console(request).await.map(|reply| match reply {
        ConsoleReply::SigningKeys(list) => list,
        other => panic!("{other:?}"),
    })
}

/// `kid` by state.
fn kid(list: &SigningKeyList, state: SigningKeyState) -> Option<String> {
    list.keys.iter().find(|key| key.state == state).map(|key| key.id.clone())
}

fn token(engine: &Engine) -> String {
    let claims = json!({ "iss": engine.site().issuer, "aud": "app", "exp": engine.now().plus_seconds(60).seconds() });
    engine.keys().sign(ALG, None, &claims).unwrap()
}

fn is_good(engine: &Engine, token: &str) -> bool {
    let site = engine.site();
    let expected = Expected {
        issuer: &site.issuer,
        audience: None,
        typ: None,
        now: engine.now(),
        accept_expired: false,
    };
    engine.keys().verify(token, &expected).is_ok()
}

fn published(engine: &Engine) -> Vec<String> {
    let jwks: Value = serde_json::from_slice(&engine.documents().jwks).unwrap();
    let kid = |key: &Value| key["kid"].as_str().unwrap().to_owned();
    jwks["keys"].as_array().unwrap().iter().map(kid).collect()
}

#[tokio::test]
async fn a_key_is_announced_signs_and_is_retired() {
    use SigningKeyState::{Current, Next, Previous};
    let engine = open().await;
    let first = ask(&engine, ConsoleRequest::SigningKeys).await.unwrap();
    assert_eq!((first.keys.len(), first.default_alg), (1, ALG));
    assert_eq!(first.jwks_uri, "http://localhost:3001/oidc/jwks");
    let old = kid(&first, Current).unwrap();
    let signed_before = token(&engine);

    let announced = ask(&engine, ConsoleRequest::AnnounceKey { alg: ALG }).await.unwrap();
    let next = kid(&announced, Next).unwrap();
    assert_eq!(published(&engine).len(), 2);
    assert_eq!(kid(&announced, Current).as_ref(), Some(&old));
    assert_eq!(
        announced.keys.iter().find(|key| key.id == old).map(|key| key.signed),
        Some(1),
        "one token was signed above"
    );
    let twice = ask(&engine, ConsoleRequest::AnnounceKey { alg: ALG }).await.unwrap_err();
    assert_eq!(twice.code, "oidc.key_announced");

    let rotated = ask(&engine, ConsoleRequest::RotateKey { alg: ALG }).await.unwrap();
    assert_eq!(
        (kid(&rotated, Current), kid(&rotated, Previous)),
        (Some(next.clone()), Some(old.clone()))
    );
    assert!(is_good(&engine, &signed_before), "the previous key still verifies");
    assert!(is_good(&engine, &token(&engine)));

    let current = ask(&engine, ConsoleRequest::RetireKey { id: next.clone() }).await.unwrap_err();
    assert_eq!(current.code, "oidc.only_previous_key_can_be_deleted");
    let retired = ask(&engine, ConsoleRequest::RetireKey { id: old.clone() }).await.unwrap();
    assert_eq!(retired.keys.len(), 1);
    assert_eq!(published(&engine), [next]);
    assert!(!is_good(&engine, &signed_before));
    let gone = ask(&engine, ConsoleRequest::RetireKey { id: old }).await.unwrap_err();
    assert_eq!(gone.code, "oidc.key_not_found");
}

#[tokio::test]
async fn rotating_without_an_announcement_takes_a_new_key() {
    let engine = open().await;
    let before = published(&engine);
    let rotated = ask(&engine, ConsoleRequest::RotateKey { alg: ALG }).await.unwrap();
    let current = kid(&rotated, SigningKeyState::Current).unwrap();
    assert!(!before.contains(&current));
    assert_eq!(kid(&rotated, SigningKeyState::Previous).as_ref(), before.first());
}

#[tokio::test]
async fn the_key_of_an_algorithm_that_nobody_uses_may_go() {
    let engine = open().await;
    let mut settings = engine.settings();
    settings.signing_alg = SigningAlg::ES256;
    engine.console(ConsoleRequest::UpdateSettings { settings }).await.unwrap();
    let list = ask(&engine, ConsoleRequest::SigningKeys).await.unwrap();
    let unused = list.keys.iter().find(|key| key.alg == ALG).unwrap();
    assert!(!unused.wanted && unused.state == SigningKeyState::Current);
    let left = ask(&engine, ConsoleRequest::RetireKey { id: unused.id.clone() }).await.unwrap();
    assert!(left.keys.iter().all(|key| key.alg == SigningAlg::ES256 && key.wanted));
    // Setting it again makes a new one.
    let settings = ProviderSettings::default();
    engine.console(ConsoleRequest::UpdateSettings { settings }).await.unwrap();
    assert!(is_good(&engine, &token(&engine)));
}

#[tokio::test]
async fn no_private_half_is_shown() {
    let engine = open().await;
    let list = ask(&engine, ConsoleRequest::SigningKeys).await.unwrap();
    let text = json!(list).to_string();
    assert!(
        !text.contains("PRIVATE") && !text.contains("sealed") && !text.contains("\"d\""),
        "{text}"
    );
}
