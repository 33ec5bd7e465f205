//! Chapter 1.9: what browsers of other origins may read. Chapter 1.23: what every answer says about itself.

use acceptance::{Provider, Request};

const OWN: &str = "https://spa.example.test";
const LISTED: &str = "https://other.example.test";
const FOREIGN: &str = "https://evil.example.test";

#[test]
fn documents_are_open_to_every_origin() {
    let provider = Provider::start();
    for path in [
        "/oidc/jwks",
        "/oidc/.well-known/openid-configuration",
        "/oidc/.well-known/oauth-authorization-server",
    ] {
        let response = provider.send(&Request::get(path).header("origin", FOREIGN)).expect(200);
        assert_eq!(response.header("access-control-allow-origin"), Some(FOREIGN));
        let without = provider.send(&Request::get(path)).expect(200);
        assert_eq!(without.header("access-control-allow-origin"), Some("*"));
    }
}

#[test]
fn preflights_are_open_and_the_request_itself_is_checked() {
    let provider = Provider::start();
    for path in [
        "/oidc/token",
        "/oidc/me",
        "/oidc/token/revocation",
        "/oidc/token/introspection",
        "/oidc/request",
    ] {
        let asked = Request::new("OPTIONS", path)
            .header("origin", FOREIGN)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,x-mine");
        let response = provider.send(&asked);
        assert!(matches!(response.status, 200 | 204), "{path}");
        assert_eq!(response.header("access-control-allow-origin"), Some(FOREIGN));
        assert_eq!(response.header("access-control-max-age"), Some("3600"));
        assert_eq!(response.header("access-control-expose-headers"), Some("WWW-Authenticate"));
        assert_eq!(response.header("access-control-allow-headers"), Some("authorization,x-mine"));
        assert!(response.header("access-control-allow-methods").unwrap().contains("POST"));
    }
}

#[test]
fn an_application_may_be_used_from_its_own_origins_only() {
    let provider = Provider::start();
    let (app, mut browser) = (provider.app("spa"), provider.browser());
    let access = browser.sign_in(&app, &[]).tokens()["access_token"].as_str().unwrap().to_owned();
    let requests = || {
        [
            app.form("/oidc/token", &[("grant_type", "refresh_token"), ("refresh_token", "none")]),
            app.form("/oidc/token/introspection", &[("token", "none")]),
            app.form("/oidc/token/revocation", &[("token", "none")]),
            Request::get("/oidc/me").header("authorization", format!("Bearer {access}")),
        ]
    };
    for origin in [OWN.to_owned(), LISTED.to_owned(), provider.origin().endpoint()] {
        for request in requests() {
            let response = provider.send(&request.header("origin", &origin));
            assert_eq!(
                response.header("access-control-allow-origin"),
                Some(origin.as_str()),
                "{}",
                response.text()
            );
            assert_eq!(response.header("vary"), Some("Origin"));
        }
    }
    for origin in [FOREIGN, "http://spa.example.test", "https://spa.example.test:8443", "null"] {
        for request in requests() {
            let response = provider.send(&request.header("origin", origin)).expect(400);
            let body = response.json();
            assert_eq!(body["error_description"], format!("origin {origin} not allowed for client: spa"));
            assert_eq!(
                (&body["error"], response.header("access-control-allow-origin")),
                (&"invalid_request".into(), None)
            );
        }
    }
}

#[test]
fn a_wildcard_redirect_uri_opens_the_origins_it_matches() {
    let provider = Provider::start();
    let app = provider.app("web");
    for (origin, allowed) in [
        ("https://preview-7.web.example.test", true),
        ("https://web.example.test", true),
        ("https://a.b.web.example.test", false),
        ("https://preview.other.test", false),
    ] {
        let response = provider.send(&app.form("/oidc/token/revocation", &[("token", "none")]).header("origin", origin));
        assert_eq!(response.header("access-control-allow-origin").is_some(), allowed, "{origin}");
    }
}

#[test]
fn the_sign_in_api_is_for_its_own_pages() {
    let provider = Provider::start();
    let begin = || Request::json("PUT", "/api/experience", &serde_json::json!({ "interactionEvent": "SignIn" }));
    let foreign = [
        begin().header("origin", FOREIGN),
        begin().header("origin", "null"),
        begin().header("sec-fetch-site", "cross-site"),
        begin().header("sec-fetch-site", "same-site"),
    ];
    for request in foreign {
        let response = provider.send(&request);
        assert_eq!((response.status, response.json()["code"].as_str()), (403, Some("auth.forbidden")));
        assert_eq!(response.header("access-control-allow-origin"), None);
    }
    let own = begin()
        .header("origin", provider.origin().endpoint())
        .header("sec-fetch-site", "same-origin");
    assert_eq!(provider.send(&own).expect(400).json()["code"], "session.not_found");
}

#[test]
fn only_names_of_this_computer_are_answered() {
    let provider = Provider::start();
    let port = provider.origin().port;
    for host in [
        "evil.test".to_owned(),
        format!("evil.test:{port}"),
        "localhost".to_owned(),
        format!("localhost:{}", port ^ 1),
    ] {
        let response = provider.send(&Request::get("/oidc/jwks").header("host", &host));
        assert_eq!(response.status, 421, "{host}: {}", response.text());
        assert!(response.json()["error_description"].as_str().unwrap().contains("--endpoint"));
    }
    for host in [format!("127.0.0.1:{port}"), format!("[::1]:{port}"), format!("LOCALHOST:{port}")] {
        assert_eq!(
            provider.send(&Request::get("/oidc/jwks").header("host", &host)).status,
            200,
            "{host}"
        );
    }
}

#[test]
fn every_answer_carries_the_security_headers() {
    let provider = Provider::start();
    let mut browser = provider.browser();
    let page = browser.open(&provider.app("spa"), &[]);
    let answers = [
        page.clone(),
        browser.get(page.location()),
        browser.get("/oidc/jwks"),
        browser.get("/oidc/nowhere"),
        browser.get("/api/.well-known/sign-in-exp"),
        browser.get("/unknown-session"),
        browser.get("/oidc/session/end"),
        provider.send(&provider.app("spa").form("/oidc/token", &[])),
    ];
    for response in &answers {
        assert_eq!(response.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(response.header("referrer-policy"), Some("strict-origin-when-cross-origin"));
        assert!(response.header("cache-control").is_some());
    }
    for n in [0, 2, 3, 4, 6, 7] {
        assert_eq!(answers[n].header("x-frame-options"), Some("SAMEORIGIN"), "{n}");
        assert!(answers[n].header("cross-origin-resource-policy").is_some(), "{n}");
    }
    for n in [1, 5, 6] {
        let policy = answers[n]
            .header("content-security-policy")
            .unwrap_or_else(|| panic!("{n} has no policy"));
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe"), "{policy}");
    }
}
