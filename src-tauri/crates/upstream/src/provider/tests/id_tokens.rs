//! ID tokens: every check, rotation of keys, and confusion about algorithms.

use super::*;
use jsonwebtoken::{Algorithm, EncodingKey, Header};

/// A provider that gives this ID token out, with these keys.
async fn fake(token: impl Fn(&str) -> String + Send + Sync + 'static, keys: Value) -> Fake {
    Fake::new(move |asked| match asked.line.as_str() {
        "POST /token" => tokens(Some(token(&format!("http://{}", asked.header("host").unwrap())))),
        "GET /jwks" => Say::Json(200, json!({ "keys": keys })),
        other => panic!("{other}"),
    })
    .await
}

async fn sign_in(
    shape: Shape,
    token: impl Fn(&str) -> String + Send + Sync + 'static,
    keys: Value,
    change: impl FnOnce(&mut Upstream),
) -> UpstreamAnswer {
    let fake = fake(token, keys).await;
    let mut upstream = upstream(shape, &fake.origin);
    upstream.user_info_endpoint = None;
    change(&mut upstream);
    let answer = providers().answer(question(upstream), NOW).await;
    tells_no_secret(&answer, &[]);
    answer
}

#[tokio::test]
async fn every_asymmetric_algorithm_is_accepted_and_the_cards_say_what_was_checked() {
    for alg in ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"] {
        let key = Key::new("k1", alg);
        let keys = json!([Key::new("k0", "ES256").jwk(), key.jwk()]);
        let answer = sign_in(Shape::Oidc, move |iss| key.token(&claims(iss)), keys, |_| {}).await;
        let user = user(&answer);
        assert_eq!(
            (user.id.as_str(), user.email.as_deref()),
            ("248289761001", Some("ada@example.test")),
            "{alg}"
        );
        assert_eq!(user.raw_data["sub"], "248289761001");
        assert_eq!(
            calls(&answer),
            [
                ("POST /token".to_owned(), "200 tokens".to_owned()),
                ("GET /jwks".to_owned(), "200 2 keys".to_owned())
            ]
        );
        assert_eq!(
            titles(&answer),
            [
                "Acme redeemed the code",
                "The ID token's signature is right",
                "The issuer is right",
                "The ID token is for this client",
                "The ID token is of now",
                "The ID token is about somebody",
                "The nonce is this sign-in's",
                "Acme told who it is"
            ]
        );
        assert!(answer.because[1].detail.contains(alg) && answer.because[1].detail.contains("k1"));
    }
}

#[tokio::test]
async fn every_wrong_claim_is_refused_with_its_reason() {
    let now = NOW.seconds();
    let table = [
        (json!({ "iss": "https://attacker.test" }), "The ID token is another issuer's"),
        (json!({ "iss": null }), "The ID token is another issuer's"),
        (json!({ "aud": "another" }), "The ID token is for another client"),
        (json!({ "aud": null }), "The ID token is for another client"),
        (json!({ "aud": [CLIENT, "another"] }), "Another client asked for the ID token"),
        (
            json!({ "aud": [CLIENT, "another"], "azp": "another" }),
            "Another client asked for the ID token",
        ),
        (json!({ "exp": now - 3600 }), "The ID token has expired"),
        (json!({ "exp": now - 10 }), "The ID token has expired"),
        (json!({ "exp": null }), "The ID token does not say when it ends"),
        (json!({ "exp": "soon" }), "A time of the ID token is no number"),
        (json!({ "nbf": now + 11 }), "The ID token is not valid yet"),
        (json!({ "iat": now + 11 }), "The ID token is from the future"),
        (json!({ "sub": null }), "The ID token is about nobody"),
        (json!({ "sub": "" }), "The ID token is about nobody"),
        (json!({ "sub": 7 }), "The ID token is about nobody"),
        (json!({ "nonce": "another" }), "The ID token answers another sign-in"),
        (json!({ "nonce": 7 }), "The ID token answers another sign-in"),
    ];
    let key = Arc::new(Key::new("k1", "ES256"));
    for (over, title) in table {
        let (own, changed) = (Arc::clone(&key), over.clone());
        let answer = sign_in(
            Shape::Oidc,
            move |iss| own.token(&with(&claims(iss), changed.clone())),
            json!([key.jwk()]),
            |_| {},
        )
        .await;
        assert_eq!(outcome(&answer), Err((FailureKind::IdTokenInvalid, title.to_owned())), "{over}");
    }
    for over in [
        json!({ "exp": now - 9 }),
        json!({ "iat": now + 10, "nbf": now + 10 }),
        json!({ "iat": null, "nonce": null }),
        json!({ "exp": now as f64 + 0.5 }),
        json!({ "aud": [CLIENT, "another"], "azp": CLIENT }),
        json!({ "aud": [CLIENT] }),
    ] {
        let (own, changed) = (Arc::clone(&key), over.clone());
        let answer = sign_in(
            Shape::Oidc,
            move |iss| own.token(&with(&claims(iss), changed.clone())),
            json!([key.jwk()]),
            |_| {},
        )
        .await;
        assert!(answer.result.is_ok(), "{over}: {:?}", failed(&answer));
    }
}

#[tokio::test]
async fn the_connectors_own_rules_are_kept() {
    let now = NOW.seconds();
    let rules = |json: Value| -> IdTokenVerification { serde_json::from_value(json).unwrap() };
    let table = [
        (
            json!({ "algorithms": ["RS256"] }),
            json!({}),
            json!({}),
            Some("The ID token's algorithm is not accepted"),
        ),
        (json!({ "algorithms": ["RS256", "ES256"] }), json!({}), json!({}), None),
        (
            json!({ "clockTolerance": 0 }),
            json!({ "exp": now }),
            json!({}),
            Some("The ID token has expired"),
        ),
        (
            json!({ "clockTolerance": 60 }),
            json!({ "exp": now - 59, "iat": now + 60 }),
            json!({}),
            None,
        ),
        (
            json!({ "maxTokenAge": 60 }),
            json!({ "iat": now - 71 }),
            json!({}),
            Some("The ID token is too old"),
        ),
        (json!({ "maxTokenAge": 60 }), json!({ "iat": now - 70 }), json!({}), None),
        (
            json!({ "maxTokenAge": 60 }),
            json!({ "iat": null }),
            json!({}),
            Some("The ID token does not say how old it is"),
        ),
        (
            json!({ "subject": "somebody" }),
            json!({}),
            json!({}),
            Some("The ID token is about somebody else"),
        ),
        (
            json!({ "typ": "at+jwt" }),
            json!({}),
            json!({}),
            Some("The ID token is of another type"),
        ),
        (json!({ "typ": "application/jwt" }), json!({}), json!({}), None),
        (
            json!({ "typ": "JWT" }),
            json!({}),
            json!({ "typ": null }),
            Some("The ID token is of another type"),
        ),
        (
            json!({}),
            json!({}),
            json!({ "crit": ["x"], "x": 1 }),
            Some("The ID token has a critical header that is not understood"),
        ),
        (json!({ "crit": { "x": true } }), json!({}), json!({ "crit": ["x"], "x": 1 }), None),
        (
            json!({ "crit": { "x": true } }),
            json!({}),
            json!({ "crit": ["x"] }),
            Some("The ID token has a critical header that is not understood"),
        ),
        (
            json!({}),
            json!({}),
            json!({ "crit": [] }),
            Some("The ID token has a critical header that is not understood"),
        ),
        (
            json!({}),
            json!({}),
            json!({ "crit": "x" }),
            Some("The ID token has a critical header that is not understood"),
        ),
        (
            json!({}),
            json!({}),
            json!({ "crit": ["b64"], "b64": false }),
            Some("The ID token has a critical header that is not understood"),
        ),
        (json!({}), json!({}), json!({ "crit": ["b64"], "b64": true }), None),
    ];
    let key = Arc::new(Key::new("k1", "ES256"));
    for (rule, over, header, title) in table {
        let (own, over, changed) = (Arc::clone(&key), over.clone(), header.clone());
        let token = move |iss: &str| {
            let header = with(&json!({ "alg": "ES256", "kid": "k1", "typ": "JWT" }), changed.clone());
            own.token_with(header, &with(&claims(iss), over.clone()))
        };
        let answer = sign_in(Shape::Oidc, token, json!([key.jwk()]), |u| u.id_token = rules(rule.clone())).await;
        let refused = answer.result.as_ref().err().map(|failure| failure.because.title.to_string());
        assert_eq!(refused.as_deref(), title, "{rule} {header}");
    }
}

#[tokio::test]
async fn no_secret_and_no_signature_at_all_are_refused_whatever_the_keys_are() {
    let key = Key::new("k1", "RS256");
    let public = key.jwk();
    let modulus = URL_SAFE_NO_PAD.decode(public["n"].as_str().unwrap()).unwrap();
    let shared = json!({ "kty": "oct", "kid": "k1", "k": URL_SAFE_NO_PAD.encode("shared") });
    let hs = |secret: Vec<u8>| {
        move |iss: &str| {
            let mut header = Header::new(Algorithm::HS256);
            header.kid = Some("k1".into());
            jsonwebtoken::encode(&header, &claims(iss), &EncodingKey::from_secret(&secret)).unwrap()
        }
    };
    let allow = |u: &mut Upstream| u.id_token.algorithms = Some(vec!["HS256".into(), "none".into(), "RS256".into()]);
    let refused = Err((FailureKind::IdTokenInvalid, "The ID token's algorithm is not accepted".to_owned()));
    // The public key, which everybody has, taken for a shared secret; and a shared secret that was published.
    for (secret, keys) in [(modulus, json!([public])), (b"shared".to_vec(), json!([shared]))] {
        let answer = sign_in(Shape::Oidc, hs(secret), keys, allow).await;
        assert_eq!(outcome(&answer), refused);
    }
    for alg in ["none", "None", "", "HS512", "ES512", "RSA1_5"] {
        let unsigned = move |iss: &str| {
            let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
            format!("{}.{}.", part(json!({ "alg": alg })), part(claims(iss)))
        };
        let answer = sign_in(Shape::Oidc, unsigned, json!([key.jwk()]), allow).await;
        assert_eq!(outcome(&answer), refused, "{alg}");
    }
}

#[tokio::test]
async fn a_key_of_another_kind_or_use_or_algorithm_signs_nothing() {
    let key = Arc::new(Key::new("k1", "ES256"));
    let foreign = Key::new("k1", "ES256");
    for (keys, title) in [
        (json!([foreign.jwk()]), "The ID token's signature is wrong"),
        (
            json!([with(&key.jwk(), json!({ "use": "enc" }))]),
            "The ID token names an unknown key",
        ),
        (
            json!([with(&key.jwk(), json!({ "key_ops": ["encrypt"] }))]),
            "The ID token names an unknown key",
        ),
        (
            json!([with(&key.jwk(), json!({ "alg": "ES384" }))]),
            "The ID token names an unknown key",
        ),
        (
            json!([with(&key.jwk(), json!({ "kid": null }))]),
            "The ID token names an unknown key",
        ),
        (json!([with(&key.jwk(), json!({ "x": "AA" }))]), "The ID token's signature is wrong"),
        (
            json!([7, null, { "kty": "EC" }, { "kty": "OKP", "crv": "Ed448", "x": "AA" }]),
            "The ID token names an unknown key",
        ),
        (json!([]), "The ID token names an unknown key"),
    ] {
        let own = Arc::clone(&key);
        let answer = sign_in(Shape::Oidc, move |iss| own.token(&claims(iss)), keys.clone(), |_| {}).await;
        assert_eq!(outcome(&answer), Err((FailureKind::IdTokenInvalid, title.to_owned())), "{keys}");
    }
    let own = Arc::clone(&key);
    let keys = json!([foreign.jwk(), key.jwk()]);
    let answer = sign_in(
        Shape::Oidc,
        move |iss| own.token_with(json!({ "alg": "ES256" }), &claims(iss)),
        keys,
        |_| {},
    )
    .await;
    assert!(answer.result.is_ok(), "without a kid every key is tried");
}

#[tokio::test]
async fn what_is_no_token_is_said_to_be_none() {
    for token in ["", "a", "a.b", "a.b.c", "a.b.c.d.e", "e30.e30.", "bnVsbA.e30.x", "W10.W10.x"] {
        let answer = sign_in(Shape::Oidc, move |_| token.to_owned(), json!([]), |_| {}).await;
        assert_eq!(failed(&answer).kind, FailureKind::IdTokenInvalid, "{token}");
    }
    let long = "a".repeat(70 * 1024);
    let answer = sign_in(Shape::Oidc, move |_| long.clone(), json!([]), |_| {}).await;
    assert!(failed(&answer).because.detail.contains("64 kB"));
}

#[tokio::test]
async fn keys_may_rotate_between_two_sign_ins() {
    let ring = Arc::new(Mutex::new(vec![Key::new("k1", "ES256")]));
    let own = Arc::clone(&ring);
    let fake = Fake::new(move |asked| {
        let ring = own.lock().unwrap();
        match asked.line.as_str() {
            "POST /token" => tokens(Some(ring[0].token(&claims(&format!("http://{}", asked.header("host").unwrap()))))),
            _ => Say::Json(200, json!({ "keys": [ring[0].jwk()] })),
        }
    })
    .await;
    let providers = providers();
    let sign_in = async |after: i64| {
        let mut question = question(upstream(Shape::Oidc, &fake.origin));
        question.nonce = Some("n-1".into());
        providers.answer(question, NOW.plus_seconds(after)).await
    };
    assert!(sign_in(0).await.result.is_ok());
    assert!(sign_in(1).await.result.is_ok());
    assert_eq!(fake.count("GET /jwks"), 1, "kept");
    *ring.lock().unwrap() = vec![Key::new("k2", "ES256")];
    let rotated = sign_in(2).await;
    assert!(rotated.result.is_ok(), "{:?}", failed(&rotated));
    assert!(titles(&rotated).contains(&"The provider's keys were read again".to_owned()));
    assert_eq!(fake.count("GET /jwks"), 2);
    // The same id with another key: the signature tells.
    *ring.lock().unwrap() = vec![Key::new("k2", "ES256")];
    assert_eq!(failed(&sign_in(3).await).because.title, "The ID token's signature is wrong");
    assert_eq!(fake.count("GET /jwks"), 2, "not asked again within seconds");
    assert!(sign_in(8).await.result.is_ok());
    assert_eq!(fake.count("GET /jwks"), 3);
}

#[tokio::test]
async fn a_key_set_that_is_none_or_not_there_has_its_error() {
    for (say, kind) in [
        ((500, "application/json", "{}"), FailureKind::General),
        ((200, "application/json", "{}"), FailureKind::InvalidResponse),
        ((200, "text/html", "<h1>"), FailureKind::InvalidResponse),
        ((302, "text/html", ""), FailureKind::InvalidResponse),
        ((404, "application/json", "{\"keys\":[]}"), FailureKind::InvalidResponse),
    ] {
        let key = Key::new("k1", "ES256");
        let fake = Fake::new(move |asked| match asked.line.as_str() {
            "POST /token" => tokens(Some(key.token(&claims("x")))),
            _ => Say::Raw(say.0, say.1, say.2.as_bytes().to_vec()),
        })
        .await;
        let answer = providers().answer(question(upstream(Shape::Oidc, &fake.origin)), NOW).await;
        assert_eq!(failed(&answer).kind, kind, "{say:?}");
    }
    let answer = sign_in(
        Shape::Oidc,
        |_| Key::new("k1", "ES256").token(&claims("x")),
        json!([]),
        |u| u.jwks_uri = None,
    )
    .await;
    assert_eq!(failed(&answer).kind, FailureKind::InvalidConfig);
    let fake = Fake::new(|_| tokens(None)).await;
    let answer = providers().answer(question(upstream(Shape::Oidc, &fake.origin)), NOW).await;
    assert_eq!(
        outcome(&answer),
        Err((FailureKind::IdTokenInvalid, "The provider sent no ID token".to_owned()))
    );
}

#[tokio::test]
async fn issuers_are_compared_as_each_provider_has_them() {
    let google = "https://accounts.google.com";
    let table: [(Shape, Vec<&str>, Value, bool); 9] = [
        (Shape::Oidc, vec![], json!({ "iss": "https://any.test" }), true),
        (
            Shape::Oidc,
            vec!["https://a.test", "https://b.test"],
            json!({ "iss": "https://b.test" }),
            true,
        ),
        (Shape::Oidc, vec!["https://a.test/"], json!({ "iss": "https://a.test" }), true),
        (Shape::Google, vec![google], json!({ "iss": google }), true),
        (Shape::Google, vec![google], json!({ "iss": "accounts.google.com" }), true),
        (Shape::Oidc, vec!["https://a.test"], json!({ "iss": "accounts.google.com" }), false),
        (
            Shape::Microsoft,
            vec![],
            json!({ "iss": "https://login.microsoftonline.com/t1/v2.0", "tid": "t1" }),
            true,
        ),
        (
            Shape::Microsoft,
            vec![],
            json!({ "iss": "https://login.microsoftonline.com/t1/v2.0", "tid": "t2" }),
            false,
        ),
        (
            Shape::Microsoft,
            vec![],
            json!({ "iss": "https://login.microsoftonline.com/t1/v2.0" }),
            false,
        ),
    ];
    for (shape, issuers, over, good) in table {
        let key = Key::new("k1", "ES256");
        let (keys, changed) = (json!([key.jwk()]), over.clone());
        let set = issuers.iter().map(|issuer| (*issuer).to_owned()).collect();
        let answer = sign_in(
            shape,
            move |iss| key.token(&with(&claims(iss), changed.clone())),
            keys,
            |u| u.issuers = set,
        )
        .await;
        assert_eq!(answer.result.is_ok(), good, "{shape:?} {issuers:?} {over}");
    }
}

#[tokio::test]
async fn an_enterprise_providers_clock_may_be_ten_minutes_off_but_its_tokens_end() {
    let now = NOW.seconds();
    for (over, title) in [
        (json!({ "iat": now + 600 }), None),
        (json!({ "iat": now + 601 }), Some("The ID token is from the future")),
        (json!({ "iat": now - 600 }), None),
        (json!({ "iat": now - 601 }), Some("The ID token is too old")),
        (json!({ "exp": now - 60 }), Some("The ID token has expired")),
    ] {
        let key = Key::new("k1", "ES256");
        let (keys, changed) = (json!([key.jwk()]), over.clone());
        let answer = sign_in(
            Shape::EnterpriseOidc,
            move |iss| key.token(&with(&claims(iss), changed.clone())),
            keys,
            |u| {
                u.id_token.clock_tolerance = Some(600);
            },
        )
        .await;
        let refused = answer.result.as_ref().err().map(|failure| failure.because.title.to_string());
        assert_eq!(refused.as_deref(), title, "{over}");
    }
}
