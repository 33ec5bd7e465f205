//! The Experience API with bodies of other shapes, and calls from other sites.

use crate::{alive, blamed};
use acceptance::{Browser, Provider, Request};
use serde_json::{Value, json};

const CALLS: [(&str, &str); 9] = [
    ("PUT", ""),
    ("PUT", "/interaction-event"),
    ("POST", "/identification"),
    ("POST", "/submit"),
    ("POST", "/profile"),
    ("POST", "/verification/password"),
    ("POST", "/verification/new-password-identity"),
    ("POST", "/verification/development-sign-in"),
    ("PUT", "/profile/password"),
];

fn begun(provider: &Provider) -> Browser {
    let mut browser = provider.browser();
    let _ = browser.open(&provider.app("spa"), &[]).expect(303);
    browser.begin("SignIn");
    browser
}

#[test]
fn bodies_of_other_shapes() {
    let provider = Provider::start();
    let long = "x".repeat(50_000);
    let shapes: Vec<Value> = vec![
        Value::Null,
        json!([]),
        json!(7),
        json!("SignIn"),
        json!({}),
        json!({ "interactionEvent": 1 }),
        json!({ "interactionEvent": "signIn" }),
        json!({ "interactionEvent": ["SignIn"] }),
        json!({ "verificationId": 1 }),
        json!({ "verificationId": {} }),
        json!({ "identifier": "alice", "password": "x" }),
        json!({ "identifier": { "type": "username" }, "password": "x" }),
        json!({ "identifier": { "type": "username", "value": 1 }, "password": "x" }),
        json!({ "identifier": { "type": "username", "value": "alice" }, "password": 1 }),
        json!({ "identifier": { "type": "username", "value": "" }, "password": "" }),
        json!({ "identifier": { "type": "username", "value": long }, "password": "x" }),
        json!({ "identifier": { "type": "username", "value": "a\u{0}b" }, "password": "x\u{0}" }),
        json!({ "identifier": { "type": "email", "value": "\u{202e}@\u{0}" }, "password": "💥" }),
        json!({ "identifier": { "type": "phone", "value": "+999999999999999999999999999999" }, "password": "x" }),
        json!({ "userId": 1, "newPerson": "yes" }),
        json!({ "userId": "alice0000001", "newPerson": true }),
        json!({ "userId": "nobody" }),
        json!({ "type": "username", "value": null }),
        json!({ "type": "wings", "value": "x" }),
        json!({ "type": "email" }),
        json!({ "__proto__": { "interactionEvent": "SignIn" } }),
    ];
    for (method, path) in CALLS {
        for shape in &shapes {
            let mut browser = begun(&provider);
            let response = browser.experience(method, path, shape);
            let known = response.status < 500 || (response.status == 501 && response.json()["code"].is_string());
            assert!(known, "{method} {path} {shape}: {} {}", response.status, response.text());
            if response.status >= 400 {
                let body = response.json();
                assert!(
                    body["code"].is_string() && body["message"].as_str().is_some_and(|m| !m.is_empty()),
                    "{body}"
                );
            }
        }
    }
    alive(&provider);
}

#[test]
fn bodies_that_are_no_json() {
    let provider = Provider::start();
    let mut browser = begun(&provider);
    for (media, body) in [
        ("application/json", "{"),
        ("application/json", "password=x"),
        ("application/json", "{\"interactionEvent\":\"SignIn\"} x"),
        ("text/plain", "{\"interactionEvent\":\"SignIn\"}"),
        ("application/x-www-form-urlencoded", "interactionEvent=SignIn"),
    ] {
        let response = browser.send(Request::new("PUT", "/api/experience").body(media, body));
        assert_eq!(
            (response.status, response.json()["code"].as_str()),
            (400, Some("guard.invalid_input")),
            "{media} {body}"
        );
    }
}

#[test]
fn routes_and_methods_that_are_none() {
    let provider = Provider::start();
    let mut browser = begun(&provider);
    for (method, path) in [
        ("GET", ""),
        ("DELETE", ""),
        ("PATCH", "/submit"),
        ("POST", "/nowhere"),
        ("GET", "/verification/password"),
        ("POST", "/verification/password/verify/again"),
        ("POST", "/../../oidc/token"),
        ("GET", "/%2e%2e/interaction"),
    ] {
        blamed(&format!("{method} {path}"), &browser.experience(method, path, &json!({})));
    }
    alive(&provider);
}

#[test]
fn other_sites_can_do_nothing() {
    let provider = Provider::start();
    for (method, path) in CALLS {
        let mut browser = begun(&provider);
        for (name, value) in [
            ("origin", "https://evil.test"),
            ("origin", "null"),
            ("origin", "http://localhost:1"),
            ("origin", "localhost"),
            ("origin", ""),
            ("sec-fetch-site", "cross-site"),
        ] {
            let body = json!({ "interactionEvent": "Register" });
            let response = browser.send(Request::json(method, &format!("/api/experience{path}"), &body).header(name, value));
            assert_eq!(
                (response.status, response.json()["code"].as_str()),
                (403, Some("auth.forbidden")),
                "{method} {path} {name}: {value}"
            );
        }
        let state = browser.get("/api/experience/interaction").expect(200).json();
        assert_eq!(state["interactionEvent"], "SignIn");
    }
}
