use super::*;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _,
    RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair,
};
use aws_lc_rs::{hmac, rsa::KeySize};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

const NOW: Timestamp = Timestamp(1_767_225_600_000);
const TOKEN_ENDPOINT: &str = "http://localhost:3001/oidc/token";
const SECRET: &str = "an application secret of 32 char";

fn expected() -> ExpectedAssertion<'static> {
    ExpectedAssertion {
        client_id: "app",
        audiences: &["http://localhost:3001/oidc", TOKEN_ENDPOINT],
        now: NOW,
    }
}

fn claims() -> Value {
    json!({ "iss": "app", "sub": "app", "aud": TOKEN_ENDPOINT, "jti": "1", "exp": NOW.seconds() + 60, "iat": NOW.seconds() })
}

fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn jws(header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let message = format!("{}.{}", b64(header.to_string()), b64(claims.to_string()));
    let signature = sign(message.as_bytes());
    format!("{message}.{}", b64(signature))
}

fn mac(secret: &str, message: &[u8]) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    hmac::sign(&key, message).as_ref().to_vec()
}

fn by_secret(claims: &Value) -> String {
    jws(&json!({ "alg": "HS256" }), claims, |message| mac(SECRET, message))
}

fn check_secret(token: &str) -> Result<Assertion, VerifyError> {
    verify_client_assertion(token, AssertionKey::Secret(&Secret::new(SECRET)), &expected())
}

type Sign = Box<dyn Fn(&[u8]) -> Vec<u8>>;

/// A key of a client: its JWK and how it signs.
struct ClientKey {
    jwk: Value,
    alg: &'static str,
    sign: Sign,
}

#[expect(clippy::disallowed_types, reason = "a test's own signature")]
fn ec(alg: &'static str, crv: &str, algorithm: &'static EcdsaSigningAlgorithm) -> ClientKey {
    let pair = EcdsaKeyPair::generate(algorithm).unwrap();
    let point = pair.public_key().as_ref()[1..].to_vec();
    let (x, y) = point.split_at(point.len() / 2);
    ClientKey {
        jwk: json!({ "kty": "EC", "crv": crv, "x": b64(x), "y": b64(y) }),
        alg,
        sign: Box::new(move |message| pair.sign(&aws_lc_rs::rand::SystemRandom::new(), message).unwrap().as_ref().to_vec()),
    }
}

#[expect(clippy::disallowed_types, reason = "a test's own signature")]
fn rsa(alg: &'static str, padding: &'static dyn RsaEncoding) -> ClientKey {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let (n, e) = (pair.public_key().modulus(), pair.public_key().exponent());
    let jwk = json!({ "kty": "RSA", "n": b64(n.big_endian_without_leading_zero()), "e": b64(e.big_endian_without_leading_zero()) });
    ClientKey {
        jwk,
        alg,
        sign: Box::new(move |message| {
            let mut out = vec![0; pair.public_modulus_len()];
            pair.sign(padding, &aws_lc_rs::rand::SystemRandom::new(), message, &mut out)
                .unwrap();
            out
        }),
    }
}

fn ed() -> ClientKey {
    let pair = Ed25519KeyPair::generate().unwrap();
    ClientKey {
        jwk: json!({ "kty": "OKP", "crv": "Ed25519", "x": b64(pair.public_key()) }),
        alg: "EdDSA",
        sign: Box::new(move |message| pair.sign(message).as_ref().to_vec()),
    }
}

fn client_keys() -> Vec<ClientKey> {
    vec![
        ec("ES256", "P-256", &ECDSA_P256_SHA256_FIXED_SIGNING),
        ec("ES384", "P-384", &ECDSA_P384_SHA384_FIXED_SIGNING),
        rsa("RS256", &RSA_PKCS1_SHA256),
        rsa("PS256", &RSA_PSS_SHA256),
        ed(),
    ]
}

fn check_jwks(token: &str, jwks: &Value) -> Result<Assertion, VerifyError> {
    verify_client_assertion(token, AssertionKey::Jwks(jwks), &expected())
}

#[test]
fn a_secret_signs_hs256_and_nothing_else() {
    let got = check_secret(&by_secret(&claims())).unwrap();
    assert_eq!(got.jti, "1");
    assert_eq!(got.expires_at, NOW.plus_seconds(60));
    assert_eq!(got.claims, claims());
    for alg in ["HS384", "HS512", "ES256", "RS256", "EdDSA"] {
        let token = jws(&json!({ "alg": alg }), &claims(), |message| mac(SECRET, message));
        assert_eq!(check_secret(&token).unwrap_err(), VerifyError::Algorithm(alg.into()));
    }
    let token = jws(&json!({ "alg": "none" }), &claims(), |_| Vec::new());
    assert_eq!(check_secret(&token).unwrap_err(), VerifyError::Malformed);
    let token = jws(&json!({ "alg": "HS256" }), &claims(), |message| mac("another secret", message));
    assert_eq!(check_secret(&token).unwrap_err(), VerifyError::Signature);
}

#[test]
fn every_kind_of_client_key_is_accepted() {
    let keys = client_keys();
    let jwks = json!({ "keys": keys.iter().map(|key| &key.jwk).collect::<Vec<_>>() });
    for key in &keys {
        let token = jws(&json!({ "alg": key.alg }), &claims(), &key.sign);
        assert!(check_jwks(&token, &json!({ "keys": [key.jwk] })).is_ok(), "{}", key.alg);
        assert!(check_jwks(&token, &jwks).is_ok(), "{} among others", key.alg);
        let mut forged = claims();
        forged["jti"] = "2".into();
        let forged = format!(
            "{}.{}.{}",
            token.split('.').next().unwrap(),
            b64(forged.to_string()),
            token.rsplit('.').next().unwrap()
        );
        assert_eq!(check_jwks(&forged, &jwks).unwrap_err(), VerifyError::Signature, "{}", key.alg);
    }
}

#[test]
fn a_simulated_provider_takes_every_hmac_and_nothing_else() {
    let check = |token: &str| verify_client_assertion(token, AssertionKey::AnyHmac(&Secret::new(SECRET)), &expected());
    for (alg, hash) in [
        ("HS256", hmac::HMAC_SHA256),
        ("HS384", hmac::HMAC_SHA384),
        ("HS512", hmac::HMAC_SHA512),
    ] {
        let signed = |secret: &str| {
            let key = hmac::Key::new(hash, secret.as_bytes());
            jws(&json!({ "alg": alg }), &claims(), |message| {
                hmac::sign(&key, message).as_ref().to_vec()
            })
        };
        assert_eq!(check(&signed(SECRET)).unwrap().jti, "1", "{alg}");
        assert_eq!(check(&signed("another secret")).unwrap_err(), VerifyError::Signature, "{alg}");
    }
    let token = jws(&json!({ "alg": "RS256" }), &claims(), |message| mac(SECRET, message));
    assert_eq!(check(&token).unwrap_err(), VerifyError::Algorithm("RS256".into()));
}

#[test]
fn a_public_key_is_never_a_secret() {
    let key = ec("ES256", "P-256", &ECDSA_P256_SHA256_FIXED_SIGNING);
    let jwks = json!({ "keys": [key.jwk, { "kty": "oct", "k": b64(SECRET) }] });
    let token = jws(&json!({ "alg": "HS256" }), &claims(), |message| mac(SECRET, message));
    assert_eq!(check_jwks(&token, &jwks).unwrap_err(), VerifyError::Algorithm("HS256".into()));
}

#[test]
fn the_key_must_fit_in_every_member() {
    let key = ec("ES256", "P-256", &ECDSA_P256_SHA256_FIXED_SIGNING);
    let token = jws(&json!({ "alg": "ES256", "kid": "a" }), &claims(), &key.sign);
    let with = |name: &str, value: &str| {
        let mut jwk = key.jwk.clone();
        jwk["kid"] = "a".into();
        jwk[name] = value.into();
        json!({ "keys": ["not an object", { "kty": "unknown" }, jwk] })
    };
    assert!(check_jwks(&token, &with("use", "sig")).is_ok());
    assert!(check_jwks(&token, &with("alg", "ES256")).is_ok());
    for (name, value) in [
        ("kid", "b"),
        ("use", "enc"),
        ("alg", "ES384"),
        ("kty", "RSA"),
        ("crv", "P-384"),
        ("x", "?"),
    ] {
        assert_eq!(
            check_jwks(&token, &with(name, value)).unwrap_err(),
            VerifyError::UnknownKey,
            "{name}"
        );
    }
    for jwks in [json!({}), json!(null), json!({ "keys": {} })] {
        assert_eq!(check_jwks(&token, &jwks).unwrap_err(), VerifyError::UnknownKey);
    }
    // Two keys of a kind and no kid: each is tried.
    let other = ec("ES256", "P-256", &ECDSA_P256_SHA256_FIXED_SIGNING);
    let token = jws(&json!({ "alg": "ES256" }), &claims(), &key.sign);
    assert!(check_jwks(&token, &json!({ "keys": [other.jwk, key.jwk] })).is_ok());
    assert_eq!(
        check_jwks(&token, &json!({ "keys": [other.jwk] })).unwrap_err(),
        VerifyError::Signature
    );
}

#[test]
fn each_claim_is_checked() {
    let with = |name: &str, value: Value| {
        let mut claims = claims();
        claims[name] = value;
        check_secret(&by_secret(&claims))
    };
    assert_eq!(with("iss", "other".into()).unwrap_err(), VerifyError::Issuer("other".into()));
    assert_eq!(with("sub", "other".into()).unwrap_err(), VerifyError::Subject("other".into()));
    assert_eq!(with("aud", "other".into()).unwrap_err(), VerifyError::Audience);
    assert!(with("aud", json!(["other", "http://localhost:3001/oidc"])).is_ok());
    assert_eq!(with("aud", json!([])).unwrap_err(), VerifyError::Audience);
    for name in ["iss", "sub", "aud", "exp", "jti"] {
        assert!(
            matches!(with(name, Value::Null), Err(VerifyError::Claim(missing)) if missing == name),
            "{name}"
        );
    }
    assert_eq!(with("jti", "".into()).unwrap_err(), VerifyError::Claim("jti"));
    assert_eq!(with("exp", "soon".into()).unwrap_err(), VerifyError::Claim("exp"));
    assert_eq!(with("iat", "then".into()).unwrap_err(), VerifyError::Claim("iat"));
}

#[test]
fn clocks_may_differ_by_fifteen_seconds() {
    let at = |name: &str, seconds: i64| {
        let mut claims = claims();
        claims[name] = (NOW.seconds() + seconds).into();
        check_secret(&by_secret(&claims)).map(|_| ())
    };
    assert_eq!(at("exp", -14), Ok(()));
    assert_eq!(at("exp", -15), Err(VerifyError::Expired));
    for name in ["nbf", "iat"] {
        assert_eq!(at(name, 15), Ok(()));
        assert_eq!(at(name, 16), Err(VerifyError::Early));
    }
    assert_eq!(at("exp", i64::MAX - NOW.seconds()), Ok(()));
    let mut claims = claims();
    claims["exp"] = json!(1_767_225_630.5);
    assert!(check_secret(&by_secret(&claims)).is_ok());
}

#[test]
fn what_is_not_a_jwt_is_said_to_be_none() {
    for text in ["", "a", "a.b", "a.b.c", "..", "e30.e30.e30"] {
        assert_eq!(check_secret(text).unwrap_err(), VerifyError::Malformed, "{text}");
    }
    assert_eq!(check_secret(&by_secret(&json!([]))).unwrap_err(), VerifyError::Malformed);
    let token = jws(&json!({ "alg": "HS256", "crit": ["exp"] }), &claims(), |message| {
        mac(SECRET, message)
    });
    assert_eq!(check_secret(&token).unwrap_err(), VerifyError::Critical);
}
