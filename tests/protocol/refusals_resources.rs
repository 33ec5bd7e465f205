//! Chapter 8.2 at the userinfo, introspection and revocation endpoints, and at addresses that are none.

use crate::refused;
use acceptance::{Provider, Request};
use serde_json::Value;

#[test]
fn userinfo() {
    let provider = Provider::start();
    let (app, mut browser) = (provider.app("spa"), provider.browser());
    let realm = format!("Bearer realm=\"{}\"", provider.origin().issuer());
    for (request, status, error, description, challenged) in [
        (Request::get("/oidc/me"), 401, "invalid_token", "no access token provided", true),
        (
            Request::get("/oidc/me").header("authorization", "Bearer never-issued"),
            401,
            "invalid_token",
            "invalid token provided",
            true,
        ),
        (
            Request::get("/oidc/me").header("authorization", "Bearer a.b.c"),
            401,
            "invalid_token",
            "invalid token provided",
            true,
        ),
        (
            Request::get("/oidc/me").header("authorization", "Basic YTpi"),
            401,
            "invalid_token",
            "no access token provided",
            true,
        ),
        (
            Request::get("/oidc/me?access_token=x"),
            400,
            "invalid_request",
            "access tokens must not be provided via query parameter",
            false,
        ),
        (
            Request::form("/oidc/me", &[("access_token", "x")]).header("authorization", "Bearer y"),
            400,
            "invalid_request",
            "access token must only be provided using one mechanism",
            false,
        ),
    ] {
        let response = provider.send(&request);
        refused(&response, status, error, description);
        let challenge = response.header("www-authenticate").unwrap_or_default();
        assert_eq!(challenge.starts_with(&realm), challenged, "{challenge}");
    }
    // A token without `openid` opens nothing.
    let tokens = browser.sign_in(&app, &[("scope", "profile")]).tokens();
    let response = app.userinfo(tokens["access_token"].as_str().unwrap());
    refused(&response, 403, "insufficient_scope", "access token missing openid scope");
    assert!(
        response
            .header("www-authenticate")
            .is_some_and(|c| c.contains("insufficient_scope"))
    );
}

#[test]
fn introspection_and_revocation() {
    let provider = Provider::start();
    let (spa, web, mut browser) = (provider.app("spa"), provider.app("web"), provider.browser());
    for (path, verb) in [("introspection", "introspected"), ("revocation", "revoked")] {
        let path_of = format!("/oidc/token/{path}");
        refused(
            &provider.send(&spa.form(&path_of, &[])),
            400,
            "invalid_request",
            "missing required parameter 'token'",
        );
        let words = format!("Structured JWT Tokens cannot be {verb} via the {path}_endpoint");
        refused(
            &provider.send(&spa.form(&path_of, &[("token", "a.b.c")])),
            400,
            "unsupported_token_type",
            &words,
        );
        refused(
            &provider.send(&Request::form(&path_of, &[("token", "x")])),
            400,
            "invalid_request",
            "no client authentication mechanism provided",
        );
    }
    assert_eq!(
        spa.introspect("never-issued").expect(200).json(),
        serde_json::json!({ "active": false })
    );
    assert!(spa.revoke("never-issued").expect(200).body.is_empty());

    let access = browser.sign_in(&spa, &[]).tokens()["access_token"].as_str().unwrap().to_owned();
    let active = spa.introspect(&access).expect(200).json();
    for (name, value) in [
        ("active", Value::Bool(true)),
        ("client_id", "spa".into()),
        ("scope", "openid".into()),
        ("sub", "alice0000001".into()),
    ] {
        assert_eq!(active[name], value, "{active}");
    }
    assert_eq!(
        (&active["iss"], &active["token_type"]),
        (&provider.origin().issuer().into(), &"Bearer".into())
    );
    // Another public client learns nothing and ends nothing; one with a secret is told off.
    assert_eq!(
        provider.app("keeper").introspect(&access).expect(200).json(),
        serde_json::json!({ "active": false })
    );
    let _ = provider.app("keeper").revoke(&access).expect(200);
    refused(&web.revoke(&access), 400, "invalid_request", "this token does not belong to you");
    let _ = spa.userinfo(&access).expect(200);
    let _ = spa.revoke(&access).expect(200);
    assert_eq!(spa.introspect(&access).expect(200).json(), serde_json::json!({ "active": false }));
    let _ = spa.userinfo(&access).expect(401);
}

#[test]
fn routes_that_are_none() {
    let provider = Provider::start();
    for (method, path) in [
        ("GET", "/oidc/x"),
        ("GET", "/oidc/token"),
        ("POST", "/oidc/jwks"),
        ("DELETE", "/oidc/auth"),
        ("PUT", "/oidc/me"),
    ] {
        let response = provider.send(&Request::new(method, path)).expect(404);
        let description = format!("unrecognized route or not allowed method ({method} on {path})");
        refused(&response, 404, "invalid_request", &description);
    }
    let api = provider.send(&Request::get("/api/nothing-here")).expect(404).json();
    assert_eq!(api["code"], "entity.not_found");
    assert_eq!(provider.send(&Request::get("/.well-known/openid-configuration")).status, 404);
    assert_eq!(provider.send(&Request::get("/nothing-here")).status, 404);
    assert_eq!(provider.send(&Request::new("DELETE", "/sign-in")).status, 405);
}
