//! Whatever a provider says: an answer or a failure, never a panic, and always a card.

use super::*;
use proptest::prelude::*;

const SHAPES: [Shape; 13] = [
    Shape::Oidc,
    Shape::OAuth2,
    Shape::EnterpriseOidc,
    Shape::Google,
    Shape::Microsoft,
    Shape::Apple,
    Shape::GitHub,
    Shape::Facebook,
    Shape::Discord,
    Shape::GitLab,
    Shape::LinkedIn,
    Shape::Slack,
    Shape::X,
];

/// Names that the client looks for.
const NAMES: &[&str] = &[
    "access_token",
    "id_token",
    "token_type",
    "expires_in",
    "error",
    "error_description",
    "keys",
    "kty",
    "crv",
    "x",
    "y",
    "n",
    "e",
    "kid",
    "alg",
    "use",
    "key_ops",
    "crit",
    "b64",
    "typ",
    "iss",
    "aud",
    "azp",
    "sub",
    "exp",
    "nbf",
    "iat",
    "nonce",
    "oid",
    "tid",
    "xms_edov",
    "id",
    "name",
    "email",
    "email_verified",
    "phone",
    "phone_verified",
    "picture",
    "data",
    "url",
    "ok",
    "verified",
    "avatar",
    "primary",
    "issuer",
    "type",
    "code",
    "message",
    "user",
    "firstName",
];

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        prop::sample::select(vec![
            "RSA",
            "EC",
            "OKP",
            "P-256",
            "P-384",
            "Ed25519",
            "RS256",
            "ES256",
            "true",
            "e30.e30.e30",
            "AQAB",
            CLIENT
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 48, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(NAMES), inner), 0..10).prop_map(|members| members
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect::<Map<_, _>>()
                .into()),
        ]
    })
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => json().prop_map(|value| value.to_string().into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..64),
    ]
}

/// A provider that says these things in turn, whatever it is asked.
async fn says(shape: Shape, status: u16, bodies: Vec<Vec<u8>>) -> UpstreamAnswer {
    let turn = Mutex::new(bodies.into_iter().cycle());
    let fake = Fake::new(move |_| Say::Raw(status, "application/json", turn.lock().unwrap().next().unwrap())).await;
    providers().answer(question(upstream(shape, &fake.origin)), NOW).await
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_answer_is_an_answer(shape in prop::sample::select(&SHAPES[..]), good in any::<bool>(), bodies in prop::collection::vec(body(), 1..4)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let answer = runtime.block_on(says(shape, if good { 200 } else { 400 }, bodies));
        prop_assert!(answer.calls.len() <= 4);
        match &answer.result {
            Ok((user, _)) => prop_assert!(!user.id.is_empty()),
            Err(failure) => prop_assert!(!failure.because.detail.is_empty() && !failure.message.is_empty()),
        }
    }

    #[test]
    fn any_signed_claims_are_read_or_refused(header in json(), payload in json(), shape in prop::sample::select(&SHAPES[..])) {
        let key = Key::new("k1", "EdDSA");
        let base = json!({ "alg": "EdDSA" });
        let header = if header.is_object() { with(&header, base) } else { base };
        let good = claims("x");
        let payload = if payload.is_object() { with(&good, payload) } else { payload };
        let token = key.token_with(header, &payload);
        let bodies = vec![json!({ "access_token": "t", "id_token": token }).to_string().into_bytes(), json!({ "keys": [key.jwk()] }).to_string().into_bytes()];
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let answer = runtime.block_on(says(shape, 200, bodies));
        if let Ok((user, _)) = &answer.result {
            prop_assert!(!user.id.is_empty());
        }
    }

    #[test]
    fn any_profile_is_read_or_refused(shape in prop::sample::select(&SHAPES[..]), first in json(), second in json()) {
        let upstream = upstream(shape, "https://acme.test");
        let object = |value: &Value| value.as_object().cloned().unwrap_or_default();
        let callback = object(&json!({ "user": second }));
        for told in [
            profile::Told::Claims(object(&first)),
            profile::Told::Apple(object(&first), profile::apple_user(&callback)),
            profile::Told::UserInfo(object(&first), Some(object(&second))),
            profile::Told::GitHub(object(&first), Some(second.clone())),
        ] {
            if let Ok((user, _)) = profile::read(&upstream, told) {
                prop_assert!(!user.id.is_empty() && user.id.len() <= 255);
                prop_assert!(user.raw_data.to_string().len() <= 17 * 1024);
            }
        }
    }
}
