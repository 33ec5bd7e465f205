use super::*;
use crate::custody::DataKey;
use crate::vault::Vault;
use jsonwebtoken::jwk::{Jwk, ThumbprintHash};

const NOW: Timestamp = Timestamp(1_767_225_600_000);
const ISSUER: &str = "http://localhost:3001/oidc";

fn vault() -> Vault {
    Vault::new(&DataKey::from_bytes([9; 32])).unwrap()
}

fn stored(algs: &[SigningAlg]) -> SigningKeys {
    let mut keys = SigningKeys::default();
    for alg in algs {
        keys.install(KeyRing::generate(*alg, &vault(), NOW).unwrap());
    }
    keys
}

fn ring(algs: &[SigningAlg]) -> KeyRing {
    KeyRing::load(&stored(algs), &vault()).unwrap()
}

fn claims() -> Value {
    json!({ "iss": ISSUER, "aud": "app", "sub": "ada", "exp": NOW.seconds() + 60 })
}

fn expected() -> Expected<'static> {
    Expected {
        issuer: ISSUER,
        audience: Some("app"),
        typ: None,
        now: NOW,
        accept_expired: false,
    }
}

fn part(token: &str, at: usize) -> String {
    String::from_utf8(URL_SAFE_NO_PAD.decode(token.split('.').nth(at).unwrap()).unwrap()).unwrap()
}

#[test]
fn the_thumbprint_of_rfc_7638() {
    let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-\
             5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyr\
             dkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
    let members = [("e", "AQAB".to_owned()), ("kty", "RSA".to_owned()), ("n", n.to_owned())];
    assert_eq!(thumbprint(&members), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

#[test]
fn the_jwks_has_exactly_the_public_members() {
    let jwks = ring(&SigningAlg::ALL).jwks();
    let keys = jwks["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 3);
    for key in keys {
        let mut members: Vec<_> = key.as_object().unwrap().keys().map(String::as_str).collect();
        members.sort_unstable();
        let (wanted, alg, crv): (&[&str], _, _) = match (key["kty"].as_str(), key["crv"].as_str()) {
            (Some("EC"), Some("P-384")) => (&["alg", "crv", "kid", "kty", "use", "x", "y"], Some("ES384"), 64),
            (Some("EC"), Some("P-256")) => (&["alg", "crv", "kid", "kty", "use", "x", "y"], Some("ES256"), 43),
            (Some("RSA"), None) => (&["e", "kid", "kty", "n", "use"], None, 342),
            other => panic!("{other:?}"),
        };
        assert_eq!(members, wanted);
        assert_eq!(key["alg"].as_str(), alg);
        assert_eq!(key["use"], "sig");
        assert_eq!(key.get("x").unwrap_or(&key["n"]).as_str().unwrap().len(), crv);
        // The same thumbprint by another implementation.
        let jwk: Jwk = serde_json::from_value(key.clone()).unwrap();
        assert_eq!(jwk.thumbprint(ThumbprintHash::SHA256).unwrap(), key["kid"].as_str().unwrap());
    }
}

#[test]
fn headers_have_exactly_their_members_in_order() {
    let ring = ring(&[SigningAlg::ES384]);
    let kid = ring.jwks()["keys"][0]["kid"].as_str().unwrap().to_owned();
    for (typ, wanted) in [
        (None, format!(r#"{{"alg":"ES384","kid":"{kid}"}}"#)),
        (Some("at+jwt"), format!(r#"{{"alg":"ES384","typ":"at+jwt","kid":"{kid}"}}"#)),
        (Some("logout+jwt"), format!(r#"{{"alg":"ES384","typ":"logout+jwt","kid":"{kid}"}}"#)),
    ] {
        let token = ring.sign(SigningAlg::ES384, typ, &claims()).unwrap();
        assert_eq!(part(&token, 0), wanted);
        assert_eq!(serde_json::from_str::<Value>(&part(&token, 1)).unwrap(), claims());
    }
}

#[test]
fn the_published_key_verifies_what_was_signed() {
    let ring = ring(&SigningAlg::ALL);
    let keys = ring.jwks()["keys"].as_array().unwrap().clone();
    for alg in SigningAlg::ALL {
        let token = ring.sign(alg, None, &claims()).unwrap();
        let kid = jsonwebtoken::decode_header(&token).unwrap().kid.unwrap();
        let jwk: Jwk = serde_json::from_value(keys.iter().find(|key| key["kid"] == kid.as_str()).unwrap().clone()).unwrap();
        let got = signed_claims(&token, &DecodingKey::from_jwk(&jwk).unwrap(), jose(alg)).unwrap();
        assert_eq!(got, claims());
        assert_eq!(ring.verify(&token, &expected()).unwrap(), claims());
    }
}

#[test]
fn only_algorithms_with_a_key_sign() {
    let ring = ring(&[SigningAlg::ES256]);
    assert!(ring.has(SigningAlg::ES256) && !ring.has(SigningAlg::ES384));
    let error = ring.sign(SigningAlg::ES384, None, &claims()).unwrap_err();
    assert!(matches!(error, KeyError::Missing("ES384")), "{error:?}");
}

#[test]
fn a_hint_is_checked_point_by_point() {
    let ring = ring(&[SigningAlg::ES384, SigningAlg::ES256]);
    let sign = |change: &dyn Fn(&mut Value)| {
        let mut claims = claims();
        change(&mut claims);
        ring.sign(SigningAlg::ES384, None, &claims).unwrap()
    };
    let verify = |token: &str| ring.verify(token, &expected()).unwrap_err();
    assert_eq!(
        verify(&sign(&|c| c["iss"] = "http://else".into())),
        VerifyError::Issuer("http://else".into())
    );
    assert_eq!(verify(&sign(&|c| c["iss"] = Value::Null)), VerifyError::Claim("iss"));
    assert_eq!(verify(&sign(&|c| c["aud"] = "other".into())), VerifyError::Audience);
    assert_eq!(verify(&sign(&|c| c["exp"] = "soon".into())), VerifyError::Claim("exp"));
    assert!(ring.verify(&sign(&|c| c["aud"] = json!(["x", "app"])), &expected()).is_ok());
    let old = sign(&|c| c["exp"] = NOW.seconds().into());
    assert_eq!(verify(&old), VerifyError::Expired);
    let lenient = Expected {
        accept_expired: true,
        audience: None,
        ..expected()
    };
    assert!(ring.verify(&old, &lenient).is_ok());
    assert!(ring.verify(&sign(&|c| c["aud"] = "other".into()), &lenient).is_ok());
    assert_eq!(
        verify(&ring.sign(SigningAlg::ES384, Some("at+jwt"), &claims()).unwrap()),
        VerifyError::Type("at+jwt".into())
    );
    assert_eq!(
        ring.sign(SigningAlg::ES384, None, &json!([1])).map(|token| verify(&token)).unwrap(),
        VerifyError::Malformed
    );
}

#[test]
fn forged_tokens_are_refused() {
    let ring = ring(&[SigningAlg::ES384, SigningAlg::ES256]);
    let token = ring.sign(SigningAlg::ES384, None, &claims()).unwrap();
    let parts: Vec<_> = token.split('.').collect();
    let verify = |token: String| ring.verify(&token, &expected()).unwrap_err();
    let with_header = |header: Value| format!("{}.{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), parts[1], parts[2]);
    let kid = jsonwebtoken::decode_header(&token).unwrap().kid.unwrap();

    let mut other = claims();
    other["sub"] = "eve".into();
    let forged = format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(other.to_string()), parts[2]);
    assert_eq!(verify(forged), VerifyError::Signature);
    assert_eq!(verify(format!("{}.{}.", parts[0], parts[1])), VerifyError::Signature);
    assert_eq!(verify(with_header(json!({ "alg": "none", "kid": kid }))), VerifyError::Malformed);
    assert_eq!(verify(with_header(json!({ "alg": "ES384" }))), VerifyError::UnknownKey);
    assert_eq!(verify(with_header(json!({ "alg": "ES384", "kid": "x" }))), VerifyError::UnknownKey);
    for alg in ["HS256", "ES256", "RS256"] {
        assert_eq!(
            verify(with_header(json!({ "alg": alg, "kid": kid }))),
            VerifyError::Algorithm(alg.into())
        );
    }
    assert_eq!(
        verify(with_header(json!({ "alg": "ES384", "kid": kid, "crit": ["b64"] }))),
        VerifyError::Critical
    );
    for text in ["", ".", "..", "a.b.c", "no dots", parts[0]] {
        assert_eq!(verify(text.into()), VerifyError::Malformed, "{text}");
    }
    // Signed by a stranger whose header names our key.
    let stranger = Pair::generate(SigningAlg::ES384).unwrap().0;
    let message = format!("{}.{}", parts[0], parts[1]);
    let signature = URL_SAFE_NO_PAD.encode(stranger.sign(message.as_bytes()).unwrap());
    assert_eq!(verify(format!("{message}.{signature}")), VerifyError::Signature);
}

#[test]
fn rotation_keeps_the_previous_key_and_no_more() {
    let mut keys = stored(&[SigningAlg::ES384, SigningAlg::ES256]);
    let first = keys.current(SigningAlg::ES384).unwrap().id.clone();
    let token = KeyRing::load(&keys, &vault())
        .unwrap()
        .sign(SigningAlg::ES384, None, &claims())
        .unwrap();

    keys.install(KeyRing::generate(SigningAlg::ES384, &vault(), NOW).unwrap());
    let second = keys.current(SigningAlg::ES384).unwrap().id.clone();
    assert_ne!(first, second);
    let ring = KeyRing::load(&keys, &vault()).unwrap();
    assert!(ring.verify(&token, &expected()).is_ok(), "the previous key still verifies");
    assert!(part(&ring.sign(SigningAlg::ES384, None, &claims()).unwrap(), 0).contains(&second));

    keys.install(KeyRing::generate(SigningAlg::ES384, &vault(), NOW).unwrap());
    assert_eq!(keys.keys.len(), 3, "two of ES384, one of ES256");
    assert!(!keys.keys.iter().any(|key| key.id == first));
    let ring = KeyRing::load(&keys, &vault()).unwrap();
    assert_eq!(ring.verify(&token, &expected()).unwrap_err(), VerifyError::UnknownKey);

    let current = keys.current(SigningAlg::ES384).unwrap().id.clone();
    assert!(matches!(keys.remove(&current, |_| true), Err(KeyError::InUse(_))));
    assert!(matches!(keys.remove("nobody", |_| true), Err(KeyError::NotFound(_))));
    keys.remove(&second, |_| true).unwrap();
    assert_eq!(keys.keys.len(), 2);
    keys.remove(&current, |alg| alg != SigningAlg::ES384).unwrap();
    assert_eq!(keys.keys.len(), 1);
}

#[test]
fn an_announced_key_is_published_and_signs_once_it_is_promoted() {
    let mut keys = stored(&[SigningAlg::ES384]);
    let first = keys.current(SigningAlg::ES384).unwrap().id.clone();
    assert!(!keys.promote(SigningAlg::ES384, NOW), "nothing is announced");
    keys.announce(KeyRing::generate(SigningAlg::ES384, &vault(), NOW).unwrap());
    keys.announce(KeyRing::generate(SigningAlg::ES384, &vault(), NOW).unwrap());
    assert_eq!(keys.keys.len(), 2, "one is announced at a time");
    let next = keys.next(SigningAlg::ES384).unwrap().id.clone();
    let ring = KeyRing::load(&keys, &vault()).unwrap();
    assert_eq!(ring.jwks()["keys"].as_array().unwrap().len(), 2);
    let token = ring.sign(SigningAlg::ES384, None, &claims()).unwrap();
    assert!(part(&token, 0).contains(&first));

    // A rotation that takes a new key leaves the announced one where it is.
    keys.install(KeyRing::generate(SigningAlg::ES384, &vault(), NOW).unwrap());
    assert_eq!(keys.next(SigningAlg::ES384).unwrap().id, next);
    let later = NOW.plus_seconds(60);
    assert!(keys.promote(SigningAlg::ES384, later));
    let current = keys.current(SigningAlg::ES384).unwrap();
    assert_eq!((current.id.as_str(), current.since), (next.as_str(), Some(later)));
    assert_eq!(keys.keys.len(), 2);
    assert!(
        keys.keys
            .iter()
            .any(|key| key.status == KeyStatus::Previous && key.since == Some(later))
    );
    assert!(!keys.keys.iter().any(|key| key.id == first), "the one before the previous one goes");
}

#[test]
fn what_is_shown_of_a_key_is_public_and_counts() {
    let keys = stored(&SigningAlg::ALL);
    let ring = KeyRing::load(&keys, &vault()).unwrap();
    ring.sign(SigningAlg::ES256, None, &claims()).unwrap();
    // The counts go on in the next ring.
    let ring = KeyRing::load_after(&keys, &vault(), &ring).unwrap();
    ring.sign(SigningAlg::ES256, None, &claims()).unwrap();
    for shown in ring.published() {
        assert_eq!(shown.signed, if shown.alg == SigningAlg::ES256 { 2 } else { 0 });
        assert_eq!((shown.created_at, shown.since), (NOW, NOW));
        assert!(shown.jwk.get("d").is_none());
        assert!(shown.pem.starts_with("-----BEGIN PUBLIC KEY-----\n") && shown.pem.ends_with("-----END PUBLIC KEY-----\n"));
        let pem = shown.pem.as_bytes();
        let key = match shown.alg {
            SigningAlg::RS256 => DecodingKey::from_rsa_pem(pem),
            SigningAlg::ES256 | SigningAlg::ES384 => DecodingKey::from_ec_pem(pem),
        };
        let token = ring.sign(shown.alg, None, &claims()).unwrap();
        assert_eq!(signed_claims(&token, &key.unwrap(), jose(shown.alg)).unwrap(), claims());
    }
}

#[test]
fn what_is_stored_is_sealed_and_camel_case() {
    let keys = stored(&[SigningAlg::ES384]);
    let stored = serde_json::to_value(&keys).unwrap();
    let mut members: Vec<_> = stored["keys"][0].as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, ["alg", "createdAt", "id", "sealed", "status"]);
    assert_eq!(stored["keys"][0]["status"], "Current");
    assert!(stored["keys"][0]["sealed"].as_str().unwrap().starts_with("v1."));
    assert_eq!(serde_json::from_value::<SigningKeys>(stored).unwrap(), keys);
}

#[test]
fn another_data_key_or_a_swapped_key_is_an_error() {
    let keys = stored(&[SigningAlg::ES384, SigningAlg::ES256]);
    let other = Vault::new(&DataKey::from_bytes([10; 32])).unwrap();
    assert!(matches!(KeyRing::load(&keys, &other), Err(KeyError::Sealed(_))));
    let mut swapped = keys.clone();
    let sealed = swapped.keys[0].sealed.clone();
    swapped.keys[1].sealed = sealed;
    assert!(matches!(KeyRing::load(&swapped, &vault()), Err(KeyError::Damaged(_))));
    let mut renamed = keys;
    renamed.keys[0].id = "other".into();
    assert!(matches!(KeyRing::load(&renamed, &vault()), Err(KeyError::Damaged(_))));
}
