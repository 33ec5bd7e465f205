//! Chapters 1.5, 1.15 and 1.19: what is in a token response, a token, and userinfo.

use acceptance::{Provider, Request};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use vestibule_core::testing::START;

/// Header and payload of a JWT; its signature is what the libraries in `tests/clients` check.
fn jwt(token: &Value) -> (Value, Value) {
    let parts: Vec<Value> = token
        .as_str()
        .unwrap()
        .split('.')
        .take(2)
        .map(|part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap())
        .collect();
    (parts[0].clone(), parts[1].clone())
}

fn names(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn a_token_response_has_logtos_members() {
    let provider = Provider::start();
    let (app, mut browser) = (provider.app("spa"), provider.browser());
    let answer = browser.sign_in(&app, &[]);
    let response = app.redeem(answer.code()).expect(200);
    let body = response.json();
    assert_eq!(names(&body), ["access_token", "expires_in", "id_token", "scope", "token_type"]);
    assert_eq!(
        (&body["expires_in"], &body["scope"], &body["token_type"]),
        (&json!(3600), &json!("openid"), &json!("Bearer"))
    );
    assert_eq!(response.header("cache-control"), Some("no-store"));
    let access = body["access_token"].as_str().unwrap();
    assert!(access.len() == 43 && !access.contains('.'));
    // The scope is there even when it is empty.
    let bare = app
        .callback(
            &browser
                .open(&app, &[("scope", "-"), ("prompt", "consent")])
                .clone()
                .location_followed(&mut browser),
        )
        .tokens();
    assert_eq!((&bare["scope"], bare.get("id_token")), (&json!(""), None));
}

trait Followed {
    fn location_followed(self, browser: &mut acceptance::Browser) -> acceptance::Response;
}

impl Followed for acceptance::Response {
    fn location_followed(self, browser: &mut acceptance::Browser) -> acceptance::Response {
        browser.follow(self.location())
    }
}

#[test]
fn an_id_token_is_logtos() {
    let provider = Provider::start();
    let (app, mut browser) = (provider.app("spa"), provider.browser());
    let tokens = browser
        .sign_in(&app, &[("scope", "openid profile email"), ("nonce", "n-1")])
        .tokens();
    let (header, claims) = jwt(&tokens["id_token"]);
    assert_eq!(names(&header), ["alg", "kid"]);
    assert_eq!(header["alg"], "ES384");
    let keys = provider.send(&Request::get("/oidc/jwks")).json();
    assert_eq!(header["kid"], keys["keys"][0]["kid"]);
    let now = START.seconds();
    assert_eq!(
        claims,
        json!({
            "sub": "alice0000001", "aud": "spa", "iss": provider.origin().issuer(), "iat": now, "exp": now + 3600, "nonce": "n-1",
            "name": "Alice", "picture": null, "username": "alice", "preferred_username": "alice",
            "created_at": START.0, "updated_at": START.0, "email": "alice@example.test", "email_verified": true,
        })
    );
    let forced = browser.sign_in(&app, &[("prompt", "login")]).tokens();
    let (_, claims) = jwt(&forced["id_token"]);
    assert_eq!(claims["auth_time"], now);
}

#[test]
fn a_resource_makes_the_access_token_a_jwt() {
    let provider = Provider::start();
    let (app, mut browser) = (provider.app("keeper"), provider.browser());
    let stock = ("resource", "https://stock.example.test");
    let scope = ("scope", "openid read:stock write:stock");
    let answer = browser.sign_in(&app, &[stock, scope]);
    // With `openid`, an exchange that names no resource gets the token for userinfo.
    let tokens = answer.tokens();
    let _ = app.userinfo(tokens["access_token"].as_str().unwrap()).expect(200);
    let pairs = [
        ("grant_type", "refresh_token"),
        ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
        stock,
    ];
    let renewed = provider.send(&app.form("/oidc/token", &pairs)).expect(200).json();
    let (header, claims) = jwt(&renewed["access_token"]);
    assert_eq!((&header["typ"], &header["alg"]), (&json!("at+jwt"), &json!("ES384")));
    assert_eq!(names(&claims), ["aud", "client_id", "exp", "iat", "iss", "jti", "scope", "sub"]);
    // write:stock is held by nobody, so it was dropped without an error.
    assert_eq!(
        (&claims["aud"], &claims["scope"], &claims["sub"]),
        (&json!(stock.1), &json!("read:stock"), &json!("alice0000001"))
    );
    let step = provider.last_step();
    assert!(crate::card(&step, "token.resource_scopes").title.contains("write:stock"));
    let _ = app.userinfo(renewed["access_token"].as_str().unwrap()).expect(401);
    let _ = app.introspect(renewed["access_token"].as_str().unwrap()).expect(400);
}

#[test]
fn a_machine_gets_a_jwt_with_what_its_roles_hold() {
    let provider = Provider::start();
    let job = provider.app("job");
    let form = [
        ("grant_type", "client_credentials"),
        ("resource", "https://stock.example.test"),
        ("scope", "read:stock write:stock"),
    ];
    let body = provider.send(&job.form("/oidc/token", &form)).expect(200).json();
    assert_eq!(names(&body), ["access_token", "expires_in", "scope", "token_type"]);
    let (_, claims) = jwt(&body["access_token"]);
    assert_eq!(
        (&claims["sub"], &claims["client_id"], &claims["scope"]),
        (&json!("job"), &json!("job"), &json!("read:stock"))
    );
    let as_json = json!({ "grant_type": "client_credentials", "resource": "https://stock.example.test", "client_id": "job", "client_secret": "job-secret" });
    let _ = provider.send(&Request::json("POST", "/oidc/token", &as_json)).expect(200);
}

#[test]
fn userinfo_follows_the_scopes_and_can_be_narrowed() {
    let provider = Provider::start();
    let (app, mut browser) = (provider.app("spa"), provider.browser());
    let scope = "openid profile email phone roles custom_data identities";
    let tokens = browser.sign_in(&app, &[("scope", scope)]).tokens();
    let access = tokens["access_token"].as_str().unwrap();
    let response = app.userinfo(access).expect(200);
    let claims = response.json();
    for (name, value) in [
        ("sub", json!("alice0000001")),
        ("username", json!("alice")),
        ("picture", Value::Null),
        ("email_verified", json!(true)),
        ("phone_number", Value::Null),
        ("phone_number_verified", json!(false)),
        ("roles", json!(["shopkeeper"])),
        ("custom_data", json!({})),
        ("identities", json!({})),
    ] {
        assert_eq!(claims.get(name), Some(&value), "{name} of {claims}");
    }
    // Extended claims are only here until they are enabled for ID tokens.
    let (_, id_token) = jwt(&tokens["id_token"]);
    assert_eq!(
        (id_token.get("custom_data"), id_token.get("identities"), &id_token["roles"]),
        (None, None, &json!(["shopkeeper"]))
    );
    let narrowed = Request::get("/oidc/me?scope=openid").header("authorization", format!("Bearer {access}"));
    assert_eq!(provider.send(&narrowed).expect(200).json(), json!({ "sub": "alice0000001" }));
    let posted = provider.send(&Request::form("/oidc/me", &[("access_token", access)])).expect(200);
    assert_eq!(posted.json(), claims);
    let again = Request::get("/oidc/me")
        .header("authorization", format!("Bearer {access}"))
        .header("if-none-match", response.header("etag").unwrap());
    let _ = provider.send(&again).expect(304);
}
