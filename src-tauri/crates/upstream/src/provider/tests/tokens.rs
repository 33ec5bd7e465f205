//! The token endpoint: who asks, how, and every way in which it goes wrong.

use super::*;
use vestibule_core::model::SecretJwtAlg;

/// A GitHub-shaped provider, which issues no ID token, with this token endpoint.
async fn redeem(say: impl Fn() -> Say + Send + Sync + 'static, change: impl FnOnce(&mut Upstream)) -> (UpstreamAnswer, Fake) {
    let fake = Fake::new(move |asked| match asked.line.as_str() {
        "POST /token" => say(),
        "GET /userinfo" => Say::Json(200, json!({ "id": 7, "login": "ada" })),
        _ => Say::Json(200, json!([])),
    })
    .await;
    let mut upstream = upstream(Shape::GitHub, &fake.origin);
    change(&mut upstream);
    let answer = providers().answer(question(upstream), NOW).await;
    (answer, fake)
}

#[tokio::test]
async fn a_code_is_redeemed_as_rfc_6749_has_it() {
    let (answer, fake) = redeem(|| tokens(None), |u| u.token_params = vec![("audience".into(), "a b".into())]).await;
    assert_eq!(user(&answer).id, "7");
    let asked = &fake.asked()[0];
    assert_eq!(asked.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(asked.header("accept"), Some("application/json"));
    assert_eq!(asked.header("authorization"), None);
    for (name, value) in [
        ("grant_type", "authorization_code"),
        ("code", CODE),
        ("redirect_uri", "http://localhost:3001/callback/c1"),
        ("code_verifier", "the-code-verifier"),
        ("client_id", CLIENT),
        ("client_secret", SECRET),
        ("audience", "a b"),
    ] {
        assert_eq!(asked.form(name).as_deref(), Some(value), "{name}");
    }
    let kept = answer.result.as_ref().ok().unwrap().1.as_ref().unwrap();
    assert_eq!(
        (kept.access_token.expose(), kept.expires_in, kept.scope.as_deref()),
        ("the-access-token", Some(3600), Some("openid"))
    );
    assert_eq!(
        calls(&answer),
        [
            ("POST /token".to_owned(), "200 tokens".to_owned()),
            ("GET /userinfo".to_owned(), "200 profile".to_owned()),
            ("GET /userinfo/emails".to_owned(), "200 e-mail addresses".to_owned()),
        ]
    );
    assert_eq!(fake.asked()[1].header("authorization"), Some("Bearer the-access-token"));
    tells_no_secret(&answer, &[]);
}

#[tokio::test]
async fn members_of_ones_own_replace_the_usual_ones() {
    let (_, fake) = redeem(
        || tokens(None),
        |u| u.token_params = vec![("redirect_uri".into(), "urn:other".into())],
    )
    .await;
    assert_eq!(fake.asked()[0].body.matches("redirect_uri").count(), 1);
    assert_eq!(fake.asked()[0].form("redirect_uri").as_deref(), Some("urn:other"));
}

#[tokio::test]
async fn basic_has_both_halves_form_encoded_and_no_secret_in_the_form() {
    let (_, fake) = redeem(
        || tokens(None),
        |u| {
            u.client_id = "id:with colon".into();
            u.authentication = ClientAuthentication::Basic(Secret::new(SECRET));
        },
    )
    .await;
    let asked = &fake.asked()[0];
    let header = asked.header("authorization").unwrap().strip_prefix("Basic ").unwrap();
    let pair = base64::engine::general_purpose::STANDARD.decode(header).unwrap();
    assert_eq!(String::from_utf8(pair).unwrap(), "id%3Awith+colon:s3cret%2Fwith%2Bodd+chars");
    assert_eq!((asked.form("client_secret"), asked.form("client_id")), (None, None));
}

#[tokio::test]
async fn a_secret_jwt_says_what_openid_connect_core_9_asks() {
    for (alg, name) in [
        (SecretJwtAlg::HS256, "HS256"),
        (SecretJwtAlg::HS384, "HS384"),
        (SecretJwtAlg::HS512, "HS512"),
    ] {
        let (_, fake) = redeem(
            || tokens(None),
            |u| u.authentication = ClientAuthentication::SecretJwt(Secret::new(SECRET), alg),
        )
        .await;
        let asked = &fake.asked()[0];
        assert_eq!(
            asked.form("client_assertion_type").as_deref(),
            Some("urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
        );
        assert_eq!(asked.form("client_secret"), None);
        let token = asked.form("client_assertion").unwrap();
        let header = jsonwebtoken::decode_header(&token).unwrap();
        assert_eq!(format!("{:?}", header.alg), name);
        let mut validation = jsonwebtoken::Validation::new(header.alg);
        validation.validate_exp = false;
        validation.set_audience(&[format!("{}/token", fake.origin)]);
        let key = jsonwebtoken::DecodingKey::from_secret(SECRET.as_bytes());
        let claims = jsonwebtoken::decode::<Value>(&token, &key, &validation).unwrap().claims;
        assert_eq!((claims["iss"].as_str(), claims["sub"].as_str()), (Some(CLIENT), Some(CLIENT)));
        assert_eq!(
            (claims["iat"].as_i64(), claims["exp"].as_i64()),
            (Some(NOW.seconds()), Some(NOW.seconds() + 300))
        );
        assert_eq!(claims["jti"].as_str().unwrap().len(), 21);
    }
}

#[tokio::test]
async fn apples_secret_is_a_jwt_of_its_team() {
    let key = Key::new("apple-key", "ES256");
    let Pair::Ec(pair) = &key.pair else { panic!("EC") };
    let der = pair.to_pkcs8v1().unwrap();
    let body = base64::engine::general_purpose::STANDARD.encode(der.as_ref());
    let lines: Vec<&str> = body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"));
    for private_key in [pem.clone(), pem.replace('\n', "\\n")] {
        let (_, fake) = redeem(
            || tokens(None),
            |u| {
                u.authentication = ClientAuthentication::Apple {
                    team_id: "TEAM".into(),
                    key_id: "KEY".into(),
                    private_key: Secret::new(private_key),
                };
            },
        )
        .await;
        let token = fake.asked()[0].form("client_secret").unwrap();
        assert_eq!(jsonwebtoken::decode_header(&token).unwrap().kid.as_deref(), Some("KEY"));
        let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_value(key.jwk()).unwrap();
        let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::ES256);
        validation.validate_exp = false;
        validation.set_audience(&["https://appleid.apple.com"]);
        let checked = jsonwebtoken::decode::<Value>(&token, &jsonwebtoken::DecodingKey::from_jwk(&jwk).unwrap(), &validation).unwrap();
        assert_eq!(
            (checked.claims["iss"].as_str(), checked.claims["sub"].as_str()),
            (Some("TEAM"), Some(CLIENT))
        );
    }
    let (answer, fake) = redeem(
        || tokens(None),
        |u| {
            u.authentication = ClientAuthentication::Apple {
                team_id: "TEAM".into(),
                key_id: "KEY".into(),
                private_key: Secret::new("not-a-key-at-all"),
            };
        },
    )
    .await;
    assert_eq!(failed(&answer).kind, FailureKind::InvalidConfig);
    assert!(fake.asked().is_empty());
    tells_no_secret(&answer, &["not-a-key-at-all"]);
}

#[tokio::test]
async fn answers_are_read_as_json_or_as_a_query_string() {
    let query = b"access_token=the-access-token&scope=read&token_type=bearer".to_vec();
    let json = br#"{"access_token":"the-access-token"}"#.to_vec();
    let form = "application/x-www-form-urlencoded";
    for (expected, kind, body) in [
        (TokenResponseType::QueryString, form, query.clone()),
        (TokenResponseType::QueryString, "text/plain", query.clone()),
        (TokenResponseType::Json, form, query),
        (TokenResponseType::QueryString, "application/json", json.clone()),
        (TokenResponseType::Json, "text/plain", json),
    ] {
        let (answer, _) = redeem(move || Say::Raw(200, kind, body.clone()), |u| u.token_response = expected).await;
        assert!(answer.result.is_ok(), "{expected:?} {kind}: {:?}", failed(&answer));
    }
}

#[tokio::test]
async fn every_failure_of_the_token_endpoint_has_its_error() {
    use FailureKind::{AuthCodeInvalid, General, InvalidConfig, InvalidResponse};
    let error = |status: u16, error: &str| {
        (
            status,
            "application/json",
            json!({ "error": error, "error_description": format!("no {CODE}, no {SECRET}") }).to_string(),
        )
    };
    let page = |status: u16| (status, "text/html", "<h1>access_token=x</h1>".to_owned());
    let table = [
        (error(400, "invalid_grant"), AuthCodeInvalid, "400 invalid_grant"),
        (error(200, "bad_verification_code"), AuthCodeInvalid, "200 bad_verification_code"),
        (error(401, "invalid_client"), InvalidConfig, "401 invalid_client"),
        (
            error(200, "incorrect_client_credentials"),
            InvalidConfig,
            "200 incorrect_client_credentials",
        ),
        (error(500, "server_error"), General, "500 server_error"),
        (error(503, "whatever"), General, "503 whatever"),
        (
            (200, "application/json", r#"{"ok":false,"error":"invalid_code"}"#.to_owned()),
            AuthCodeInvalid,
            "200 invalid_code",
        ),
        (
            (
                400,
                "application/json",
                r#"{"error":{"message":"used","type":"OAuthException","code":100}}"#.to_owned(),
            ),
            AuthCodeInvalid,
            "400 OAuthException 100",
        ),
        (
            (
                400,
                "application/json",
                r#"{"error":{"message":"secret","type":"OAuthException","code":1}}"#.to_owned(),
            ),
            InvalidConfig,
            "400 OAuthException 1",
        ),
        (page(500), General, "500"),
        (page(429), General, "429"),
        (page(200), InvalidResponse, "200 unreadable"),
        (page(404), InvalidResponse, "404 unreadable"),
        (page(302), InvalidResponse, "302 unreadable"),
        (
            (200, "application/json", "{\"access_token\":".to_owned()),
            InvalidResponse,
            "200 unreadable",
        ),
        ((200, "application/json", "[]".to_owned()), InvalidResponse, "200 unreadable"),
        ((200, "application/json", "{}".to_owned()), AuthCodeInvalid, "200 tokens"),
        (
            (200, "application/json", r#"{"access_token":7}"#.to_owned()),
            AuthCodeInvalid,
            "200 tokens",
        ),
        (
            (200, "application/json", r#"{"access_token":"t","token_type":"DPoP"}"#.to_owned()),
            InvalidResponse,
            "200 tokens",
        ),
    ];
    for ((status, kind, body), expected, arrow) in table {
        let said = body.clone();
        let (answer, _) = redeem(move || Say::Raw(status, kind, said.clone().into_bytes()), |_| {}).await;
        let failure = failed(&answer);
        assert_eq!(
            (failure.kind, calls(&answer)[0].1.as_str()),
            (expected, arrow),
            "{status} {body}: {failure:?}"
        );
        assert!(failure.message.contains("Acme"), "{}", failure.message);
        assert_eq!(failure.because.outcome, Outcome::Refused);
        tells_no_secret(&answer, &[]);
    }
}

#[tokio::test]
async fn a_callback_without_a_code_or_of_another_issuer_asks_nobody() {
    let fake = Fake::new(|_| tokens(None)).await;
    for (callback, kind) in [
        (json!({ "state": "s" }), FailureKind::InsufficientParameters),
        (json!({ "code": "" }), FailureKind::InsufficientParameters),
        (json!({ "code": ["x"] }), FailureKind::InsufficientParameters),
        (
            json!({ "code": CODE, "iss": "https://attacker.test" }),
            FailureKind::AuthorizationFailed,
        ),
    ] {
        let mut question = question(upstream(Shape::GitHub, &fake.origin));
        question.callback = callback.as_object().unwrap().clone();
        let answer = providers().answer(question, NOW).await;
        assert_eq!(failed(&answer).kind, kind, "{callback}");
    }
    assert!(fake.asked().is_empty());
}
