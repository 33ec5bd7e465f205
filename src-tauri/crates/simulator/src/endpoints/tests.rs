use super::*;
use crate::memory::{CODE_LIFETIME, SILENT};
use crate::testing::{CHALLENGE, VERIFIER, grant, house};
use base64::engine::general_purpose::STANDARD;
use std::future::pending;
use vestibule_core::testing::{PlainVault, START, SeededEntropy, World};
use vestibule_keys::{Expected, VerifyError};

struct Bench {
    world: World,
    provider: Provider,
    simulator: Simulator,
    around: Surroundings<PlainVault>,
}

fn bench(factory: &str) -> Bench {
    let (world, provider) = house(factory);
    Bench {
        world,
        provider,
        simulator: Simulator::default(),
        around: Surroundings {
            now: START,
            entropy: Arc::new(SeededEntropy::new(3)),
            vault: Arc::new(PlainVault),
        },
    }
}

impl Bench {
    /// Issues a code for somebody whose sign-in plays this failure.
    fn code(&mut self, failure: Option<Failure>) -> String {
        let grant = grant(&mut self.world, &self.provider, failure);
        self.keep(grant)
    }

    fn keep(&self, grant: Grant) -> String {
        let code = opaque43(self.around.entropy.as_ref());
        self.simulator.keep_code(&self.provider.connector.id, &code, grant, START);
        code
    }

    fn form(&self, code: &str, more: &[(&str, &str)]) -> Vec<(String, String)> {
        let mut pairs: Vec<(String, String)> = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("client_id", "vestibule"),
            ("redirect_uri", self.provider.callback.as_str()),
        ]
        .into_iter()
        .filter(|(name, _)| !more.iter().any(|(other, _)| other == name))
        .map(|(n, v)| (n.to_owned(), v.to_owned()))
        .collect();
        pairs.extend(more.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
        pairs
    }

    async fn redeem(&self, form: &[(String, String)], authorization: Option<&str>) -> Answer {
        let around = &self.around;
        self.simulator.token(&self.provider, form, authorization, around, pending()).await
    }

    async fn tokens(&mut self, failure: Option<Failure>) -> Value {
        let code = self.code(failure);
        let form = self.form(&code, &[]);
        let answer = self.redeem(&form, None).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        serde_json::from_str(&answer.body).unwrap()
    }

    async fn verified(&self, tokens: &Value) -> Result<Value, VerifyError> {
        let keys = self.simulator.keys(&self.provider.connector.id, &self.around.vault, START).await;
        let expected = Expected {
            issuer: &self.provider.issuer,
            audience: Some("vestibule"),
            typ: Some("JWT"),
            now: START,
            accept_expired: false,
        };
        keys.ok().unwrap().ring.verify(tokens["id_token"].as_str().unwrap(), &expected)
    }
}

fn error(answer: &Answer) -> (u16, String) {
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    (answer.status, body["error"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_code_becomes_tokens_whose_signature_fits() {
    let mut google = bench("google-universal");
    let tokens = google.tokens(None).await;
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("Bearer"), &json!(3600)));
    let claims = google.verified(&tokens).await.unwrap();
    assert_eq!(claims["nonce"], "n1");
    let access = tokens["access_token"].as_str().unwrap();
    let info = google.simulator.user_info(&google.provider, Some(access), false, None, START).await;
    let info: Value = serde_json::from_str(&info.body).unwrap();
    assert_eq!(info["sub"], claims["sub"]);
    let jwks = google.simulator.jwks(&google.provider, &google.around).await;
    assert!(jwks.body.contains("\"kty\":\"RSA\"") && !jwks.body.contains("\"d\""));

    let mut github = bench("github-universal");
    let tokens = github.tokens(None).await;
    assert!(tokens.get("id_token").is_none() && tokens.get("expires_in").is_none());
    assert_eq!(tokens["token_type"], "bearer");
    assert!(tokens["scope"].as_str().unwrap().contains("profile,email"));
    let access = tokens["access_token"].as_str().unwrap();
    let emails = github.simulator.user_info(&github.provider, Some(access), true, None, START).await;
    assert!(emails.body.contains("\"primary\":true"), "{emails:?}");
    assert_eq!(error(&github.simulator.jwks(&github.provider, &github.around).await).0, 404);
    assert_eq!(discovery(&github.provider).status, 404);
}

#[tokio::test]
async fn what_is_wrong_with_a_token_request_is_said_as_rfc_6749_has_it() {
    let mut google = bench("google-universal");
    let code = google.code(None);
    for (more, status, wanted) in [
        (&[("client_id", "other")][..], 401, "invalid_client"),
        (&[("client_id", "")], 401, "invalid_client"),
        (&[("grant_type", "password")], 400, "unsupported_grant_type"),
        (&[("grant_type", "")], 400, "invalid_request"),
        (&[("code", "")], 400, "invalid_request"),
        (&[("code", "guessed")], 400, "invalid_grant"),
        (&[("redirect_uri", "https://evil.test/")], 400, "invalid_grant"),
        (&[("code_verifier", VERIFIER)], 400, "invalid_grant"),
        (&[("state", "a"), ("state", "b")], 400, "invalid_request"),
    ] {
        let answer = google.redeem(&google.form(&code, more), None).await;
        assert_eq!(error(&answer), (status, wanted.to_owned()), "{more:?}");
    }
    assert_eq!(
        google.redeem(&google.form(&code, &[]), None).await.status,
        200,
        "no mistake spends a code"
    );
    assert_eq!(error(&google.redeem(&google.form(&code, &[]), None).await).1, "invalid_grant");
    let late = google.code(None);
    google.around.now = START.plus_seconds(CODE_LIFETIME);
    assert_eq!(error(&google.redeem(&google.form(&late, &[]), None).await).1, "invalid_grant");
}

#[tokio::test]
async fn a_challenge_asks_for_its_verifier() {
    let mut google = bench("google-universal");
    for (challenge, verifier) in [
        (Challenge::S256(CHALLENGE.into()), VERIFIER),
        (Challenge::Plain(CHALLENGE.into()), CHALLENGE),
    ] {
        let mut grant = grant(&mut google.world, &google.provider, None);
        grant.request.challenge = Some(challenge);
        let code = google.keep(grant);
        for wrong in [&[][..], &[("code_verifier", "wrong")]] {
            assert_eq!(error(&google.redeem(&google.form(&code, wrong), None).await).1, "invalid_grant");
        }
        let right = google.form(&code, &[("code_verifier", verifier)]);
        assert_eq!(google.redeem(&right, None).await.status, 200);
    }
}

#[tokio::test]
async fn a_configured_secret_has_to_be_right() {
    let mut okta = bench("Okta");
    okta.provider.client_secret = Some(Secret::new("s&cret +%"));
    let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
    let code = okta.code(None);
    for (authorization, more) in [
        (None, &[][..]),
        (None, &[("client_secret", "wrong")]),
        (Some(basic("vestibule:wrong")), &[]),
        (Some(basic("other:s%26cret+%2B%25")), &[]),
        (Some("Basic ???".to_owned()), &[]),
        (Some("Bearer x".to_owned()), &[]),
        (None, &[("client_assertion", "a.b.c")]),
    ] {
        let answer = okta.redeem(&okta.form(&code, more), authorization.as_deref()).await;
        assert_eq!(error(&answer), (401, "invalid_client".to_owned()), "{authorization:?} {more:?}");
        assert_eq!(answer.challenge.is_some(), authorization.is_some());
    }
    let right = basic("vestibule:s%26cret+%2B%25");
    assert_eq!(okta.redeem(&okta.form(&code, &[]), Some(&right)).await.status, 200);
    let code = okta.code(None);
    let posted = okta.form(&code, &[("client_secret", "s&cret +%")]);
    assert_eq!(okta.redeem(&posted, None).await.status, 200);
}

#[tokio::test]
async fn without_a_secret_every_way_of_saying_who_it_is_will_do() {
    let mut oidc = bench("oidc");
    let jwt = |sub: &str| format!("e30.{}.x", URL_SAFE_NO_PAD.encode(json!({ "sub": sub }).to_string()));
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let code = oidc.code(None);
    let foreign = jwt("other");
    let answer = oidc
        .redeem(
            &oidc.form(&code, &[("client_assertion", &foreign), ("client_assertion_type", kind)]),
            None,
        )
        .await;
    assert_eq!(error(&answer).1, "invalid_client");
    let own = jwt("vestibule");
    let form = oidc.form(&code, &[("client_assertion", &own), ("client_assertion_type", kind)]);
    assert_eq!(oidc.redeem(&form, None).await.status, 200);
    let code = oidc.code(None);
    let form = oidc.form(&code, &[("client_secret", "anything")]);
    assert_eq!(oidc.redeem(&form, None).await.status, 200);
}

#[tokio::test]
async fn personas_of_the_id_token() {
    let mut google = bench("google-universal");
    for (failure, wanted) in [
        (Failure::BadSignature, "Signature"),
        (Failure::UnknownKeyId, "UnknownKey"),
        (Failure::WrongIssuer, "Issuer"),
        (Failure::WrongAudience, "Audience"),
        (Failure::ExpiredIdToken, "Expired"),
    ] {
        let tokens = google.tokens(Some(failure)).await;
        let seen = format!("{:?}", google.verified(&tokens).await.unwrap_err());
        assert!(seen.starts_with(wanted), "{failure:?}: {seen}");
    }
    let tokens = google.tokens(Some(Failure::WrongNonce)).await;
    assert_eq!(google.verified(&tokens).await.unwrap()["nonce"], "n1-another");
}

#[tokio::test]
async fn personas_of_the_endpoints() {
    let mut github = bench("github-universal");
    let code = github.code(Some(Failure::TokenEndpoint500));
    assert_eq!(github.redeem(&github.form(&code, &[]), None).await.status, 500);
    let code = github.code(Some(Failure::MalformedJson));
    let answer = github.redeem(&github.form(&code, &[]), None).await;
    assert_eq!(answer.status, 200);
    assert!(serde_json::from_str::<Value>(&answer.body).is_err());

    let tokens = github.tokens(Some(Failure::UserEndpoint401)).await;
    let access = tokens["access_token"].as_str();
    for (token, challenge) in [
        (access, "Bearer error=\"invalid_token\""),
        (Some("guessed"), "Bearer error=\"invalid_token\""),
        (None, "Bearer"),
    ] {
        let answer = github.simulator.user_info(&github.provider, token, false, None, START).await;
        assert_eq!((answer.status, answer.challenge), (401, Some(challenge)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_provider_takes_three_seconds_each_time() {
    let mut google = bench("google-universal");
    let took = |since: tokio::time::Instant| since.elapsed().as_secs();
    let began = tokio::time::Instant::now();
    let tokens = google.tokens(Some(Failure::Slow)).await;
    assert_eq!(took(began), 3);
    let access = tokens["access_token"].as_str();
    assert_eq!(
        google
            .simulator
            .user_info(&google.provider, access, false, None, START)
            .await
            .status,
        200
    );
    assert_eq!(took(began), 6);
    assert_eq!(google.simulator.jwks(&google.provider, &google.around).await.status, 200);
    assert_eq!(took(began), 9);
    google.around.now = START.plus_seconds(CODE_LIFETIME);
    assert_eq!(google.simulator.jwks(&google.provider, &google.around).await.status, 200);
    assert_eq!(took(began), 9, "nobody slow signs in any more");
}

#[tokio::test(start_paused = true)]
async fn silence_lasts_a_minute_for_few_enough_at_once_and_ends_with_the_program() {
    let mut google = bench("google-universal");
    let codes: Vec<String> = (0..=SILENT).map(|_| google.code(Some(Failure::NoAnswer))).collect();
    let began = tokio::time::Instant::now();
    let google = Arc::new(google);
    let kept: Vec<_> = codes[..SILENT]
        .iter()
        .map(|code| {
            let (google, form) = (google.clone(), google.form(code, &[]));
            tokio::spawn(async move { google.redeem(&form, None).await })
        })
        .collect();
    while google.simulator.silent.available_permits() > 0 {
        tokio::task::yield_now().await;
    }
    let refused = google.redeem(&google.form(&codes[SILENT], &[]), None).await;
    assert_eq!(refused.status, 503);
    for answer in kept {
        assert_eq!(answer.await.unwrap().status, 504);
    }
    assert_eq!(began.elapsed().as_secs(), 60);
    let form = google.form(&codes[SILENT], &[]);
    let ended = google
        .simulator
        .token(&google.provider, &form, None, &google.around, async {})
        .await;
    assert_eq!((ended.status, began.elapsed().as_secs()), (504, 60));
}

#[test]
fn the_discovery_document_names_every_endpoint() {
    let (_, google) = house("google-universal");
    let document: Value = serde_json::from_str(&discovery(&google).body).unwrap();
    assert_eq!(document["issuer"], "http://localhost:3001/simulated/c1");
    for (member, path) in [
        ("authorization_endpoint", "authorize"),
        ("token_endpoint", "token"),
        ("userinfo_endpoint", "userinfo"),
        ("jwks_uri", "jwks"),
    ] {
        assert_eq!(document[member], format!("http://localhost:3001/simulated/c1/{path}"));
    }
    assert_eq!(document["code_challenge_methods_supported"][0], "S256");
    let (_, apple) = house("apple-universal");
    assert!(!discovery(&apple).body.contains("userinfo"));
}
