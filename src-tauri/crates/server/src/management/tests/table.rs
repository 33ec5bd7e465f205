//! The table as a whole: its guards, what it refuses, and its description.

use super::super::{Body, NO_ROUTE, Shape, document, operations};
use crate::testing::{Desk, json};
use http::header;
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[tokio::test]
async fn bad_requests_are_told_what_would_be_right() {
    let desk = Desk::open().await;
    for (method, path, body, status, part) in [
        ("GET", "/users?page=0", Value::Null, 400, "whole number"),
        ("GET", "/users?mode=exact", Value::Null, 400, "mode is no parameter"),
        ("GET", "/applications?isThirdParty=perhaps", Value::Null, 400, "true or false"),
        ("GET", "/nothing", Value::Null, 404, "There is no GET"),
        ("GET", "/users/%zz", Value::Null, 404, "There is no GET"),
        ("PUT", "/users", Value::Null, 405, "There is no PUT"),
        ("POST", "/applications", Value::Null, 400, "name is missing"),
        (
            "POST",
            "/applications",
            json!({ "name": "A", "type": "Odd" }),
            400,
            "type can't be used",
        ),
        (
            "POST",
            "/applications",
            json!({ "name": "A", "type": "SPA", "secret": "s" }),
            400,
            "secret can't be set",
        ),
        ("POST", "/applications", json!(["A"]), 400, "JSON object"),
        (
            "PATCH",
            "/users/nobody000000",
            json!({ "name": "A" }),
            404,
            "There is no person nobody000000",
        ),
        ("PATCH", "/users/alicearcher1/password", json!({ "password": "" }), 400, "empty"),
        (
            "PATCH",
            "/users/alicearcher1/password",
            json!({ "password": 1 }),
            400,
            "password can't be used",
        ),
        ("POST", "/repairs", json!({ "kind": "magic" }), 400, "can't be used"),
        ("PUT", "/custom-ui", json!({ "folder": "/a", "zip": "/b" }), 400, "Send one of"),
        ("GET", "/inbox?limit=many", Value::Null, 400, "whole number"),
        ("PATCH", "/settings", json!({ "speed": 1 }), 400, "speed"),
    ] {
        let (answered, why) = desk.ask(method, path, body).await;
        assert_eq!(answered, status, "{method} {path} {why}");
        assert!(why["message"].as_str().unwrap().contains(part), "{method} {path} {why}");
    }
    let refused = desk.send("PUT", "/control/api/users", "").await;
    assert_eq!(refused.headers[header::ALLOW], "GET, POST");
    let bearer = desk.bearer();
    let text = [
        ("host", "localhost:3001"),
        ("authorization", bearer.as_str()),
        ("content-type", "text/plain"),
    ];
    assert_eq!(desk.raw("POST", "/control/api/users", &text, "{}").await.status, 415);
    let broken = desk.send("POST", "/control/api/users", "{").await;
    assert_eq!(broken.status, 400);
}

/// One table, two guards: what Logto's clients call with an access token.
#[tokio::test]
async fn the_management_api_takes_access_tokens() {
    let desk = Desk::open().await;
    let form = [("host", "localhost:3001"), ("content-type", "application/x-www-form-urlencoded")];
    let grant = "grant_type=client_credentials&client_id=robot&client_secret=robots-secret-0123456789&resource=https://default.logto.app/api&scope=all";
    let token = json(&desk.raw("POST", "/oidc/token", &form, grant).await);
    let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap_or_else(|| panic!("{token}")));
    let headers = [
        ("host", "localhost:3001"),
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
    ];
    let users = desk.raw("GET", "/api/users", &headers, "").await;
    assert_eq!(
        (users.status.as_u16(), &users.headers["total-number"]),
        (200, &"1".parse().unwrap())
    );
    assert_eq!(json(&users)[0]["username"], "alice");
    let made = desk
        .raw("POST", "/api/one-time-tokens", &headers, r#"{"email":"a@example.test"}"#)
        .await;
    assert_eq!(made.status, 201);
    for ours in ["/api/sessions", "/api/inbox", "/api/settings", "/api/connectors/x/secrets"] {
        assert_eq!(
            desk.raw("GET", ours, &headers, "").await.status,
            404,
            "{ours} is no operation of Logto"
        );
    }
    assert_eq!(
        desk.raw("GET", "/control/api/users", &headers, "").await.status,
        401,
        "an access token is not the token"
    );
}

#[test]
fn every_row_is_its_own_and_its_types_are_declared() {
    let mut seen = BTreeSet::new();
    for row in operations() {
        // A part in braces takes any text, so rows may differ in it by name only.
        let path: Vec<&str> = row
            .path
            .split('/')
            .map(|part| if part.starts_with('{') { "{}" } else { part })
            .collect();
        assert!(seen.insert((row.method, path.join("/"))), "{} {}", row.method, row.path);
        assert!(row.summary.ends_with('.'), "{}", row.summary);
        assert_eq!(
            row.status == 204,
            matches!(row.answer, Shape::Nothing),
            "{} {}",
            row.method,
            row.path
        );
        assert!(row.method != "GET" || matches!(row.body, Body::Nothing), "{}", row.path);
    }
}

#[tokio::test]
async fn everything_is_described_and_what_is_described_is_there() {
    let desk = Desk::open().await;
    let document = document("http://localhost:3001").unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let served = json(&desk.send("GET", "/control/openapi.json", "").await);
    assert_eq!(served, document);
    for row in operations() {
        let operation = &document["paths"][format!("/control/api{}", row.path)][row.method.to_ascii_lowercase()];
        assert!(
            operation["responses"][row.status.to_string()].is_object(),
            "{} {}",
            row.method,
            row.path
        );
        let asked = operation["parameters"].as_array().map_or(0, Vec::len);
        assert!(asked >= row.path.matches('{').count() + row.query.len(), "{}", row.path);
    }
    let mut described = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            described += 1;
            let body = if operation.get("requestBody").is_some() { "{}" } else { "" };
            let target = path.replace(['{', '}'], "");
            let response = desk.send(&method.to_ascii_uppercase(), &target, body).await;
            assert_ne!(response.status, 405, "{method} {path}");
            assert!(
                response.stream.is_some() || json(&response)["code"] != NO_ROUTE,
                "{method} {path} is not there"
            );
            for answer in operation["responses"].as_object().unwrap().values() {
                assert!(answer["description"].is_string(), "{method} {path}");
            }
        }
    }
    assert!(described > operations().count());
    sound(&document, &document);
}

/// References lead somewhere, and members that bodies pick from a type are there.
fn sound(document: &Value, part: &Value) {
    match part {
        Value::Object(members) => {
            if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                let place = reference.strip_prefix('#').unwrap();
                assert!(document.pointer(place).is_some(), "{reference}");
            }
            if let Some(properties) = members.get("properties").and_then(Value::as_object) {
                for (name, schema) in properties {
                    assert!(schema.is_object(), "{name} is no member of its type: {part}");
                }
            }
            members.values().for_each(|member| sound(document, member));
        }
        Value::Array(items) => items.iter().for_each(|item| sound(document, item)),
        _ => {}
    }
}
