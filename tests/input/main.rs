//! What no client should send: the provider answers with what is wrong, never with a fault of its own, and goes on.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod any;
mod api;
mod bodies;
mod raw;

use acceptance::{Provider, Request, Response};

/// Every endpoint that reads a body.
const POSTS: [&str; 14] = [
    "/oidc/auth",
    "/oidc/token",
    "/oidc/token/introspection",
    "/oidc/token/revocation",
    "/oidc/me",
    "/oidc/request",
    "/oidc/session/end",
    "/oidc/session/end/confirm",
    "/api/experience/verification/password",
    "/api/experience/verification/new-password-identity",
    "/api/experience/verification/development-sign-in",
    "/api/experience/identification",
    "/api/experience/profile",
    "/api/interaction/consent",
];

/// Every endpoint that reads a query.
const GETS: [&str; 12] = [
    "/oidc/auth",
    "/oidc/auth/some-uid",
    "/oidc/me",
    "/oidc/session/end",
    "/oidc/jwks",
    "/api/experience/interaction",
    "/api/interaction/consent",
    "/api/.well-known/sign-in-exp",
    "/sign-in",
    "/consent",
    "/demo-app",
    "/direct/social/google",
];

/// An answer to something malformed: the client's fault, in words.
#[track_caller]
fn blamed(request: &str, response: &Response) {
    assert!(
        (400..500).contains(&response.status),
        "{request}: {} {}",
        response.status,
        response.text()
    );
    let body = response.json();
    assert!(body["message"].as_str().is_some_and(|m| !m.is_empty()), "{request}: {body}");
}

/// The provider still does its work.
#[track_caller]
fn alive(provider: &Provider) {
    let tokens = provider.browser().sign_in(&provider.app("spa"), &[]).tokens();
    assert!(tokens["access_token"].is_string());
    assert_eq!(provider.send(&Request::get("/api/status")).status, 204);
}
