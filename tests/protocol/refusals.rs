//! Chapter 8.2 at the token endpoint.

use crate::refused;
use acceptance::{App, Provider, Request, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const CODE: [(&str, &str); 1] = [("grant_type", "authorization_code")];

fn basic(text: &str) -> String {
    format!("Basic {}", STANDARD.encode(text))
}

#[test]
fn client_authentication() {
    let provider = Provider::start();
    let form = |pairs: &[(&str, &str)]| Request::form("/oidc/token", &[pairs, &CODE].concat());
    let failed = "client authentication failed";
    for (request, status, error, description) in [
        (form(&[]), 400, "invalid_request", "no client authentication mechanism provided"),
        (form(&[("client_id", "nobody")]), 400, "invalid_client", "invalid client nobody"),
        (
            form(&[("client_id", "web"), ("client_secret", "wrong")]),
            401,
            "invalid_client",
            failed,
        ),
        (form(&[("client_id", "web")]), 401, "invalid_client", failed),
        (
            form(&[("client_id", "spa"), ("client_secret", "any")]),
            401,
            "invalid_client",
            failed,
        ),
        (form(&[]).header("authorization", basic("web:wrong")), 401, "invalid_client", failed),
        (
            form(&[("client_secret", "web-secret")]).header("authorization", basic("web:web-secret")),
            400,
            "invalid_request",
            "client authentication must only be provided using one mechanism",
        ),
        (
            form(&[("client_id", "spa")]).header("authorization", basic("web:web-secret")),
            400,
            "invalid_request",
            "client_id mismatch",
        ),
        (
            form(&[]).header("authorization", "Basic !"),
            400,
            "invalid_request",
            "invalid authorization header value format",
        ),
        (
            form(&[]).header("authorization", basic("no-colon")),
            400,
            "invalid_request",
            "invalid authorization header value format",
        ),
        (
            form(&[("client_id", "web"), ("client_secret", "web-secret-of-last-year")]),
            400,
            "invalid_request",
            "client secret has expired",
        ),
        (
            form(&[("client_id", "spa"), ("client_id", "spa")]),
            400,
            "invalid_request",
            "'client_id' parameter must not be provided twice",
        ),
    ] {
        refused(&provider.send(&request), status, error, description);
    }
    // Equal ids in header and body are fine, and so are form-encoded credentials.
    let both = form(&[("client_id", "web")]).header("authorization", basic("web:web%2Dsecret"));
    refused(&provider.send(&both), 400, "invalid_request", "missing required parameter 'code'");
}

#[test]
fn only_who_used_the_header_gets_a_basic_challenge() {
    let provider = Provider::start();
    let with = Request::form("/oidc/token", &CODE).header("authorization", basic("web:wrong"));
    let challenge = provider.send(&with).expect(401).header("www-authenticate").unwrap().to_owned();
    let wanted = format!("Basic realm=\"{}\", error=\"invalid_client\"", provider.origin().issuer());
    assert!(challenge.starts_with(&wanted), "{challenge}");
    let without = Request::form("/oidc/token", &[CODE[0], ("client_id", "web"), ("client_secret", "wrong")]);
    assert_eq!(provider.send(&without).expect(401).header("www-authenticate"), None);
}

#[test]
fn the_grant_type() {
    let provider = Provider::start();
    let (spa, job) = (provider.app("spa"), provider.app("job"));
    let not_allowed = "requested grant type is not allowed for this client";
    for (app, grant, error, description) in [
        (&spa, "", "invalid_request", "missing required parameter 'grant_type'"),
        (&spa, "magic", "unsupported_grant_type", "unsupported grant_type requested"),
        (&spa, "password", "unsupported_grant_type", "unsupported grant_type requested"),
        (&spa, "client_credentials", "invalid_request", not_allowed),
        (&spa, "urn:ietf:params:oauth:grant-type:device_code", "invalid_request", not_allowed),
        (&job, "authorization_code", "invalid_request", not_allowed),
        (&job, "refresh_token", "invalid_request", not_allowed),
        (&spa, "authorization_code", "invalid_request", "missing required parameter 'code'"),
        (
            &spa,
            "refresh_token",
            "invalid_request",
            "missing required parameter 'refresh_token'",
        ),
    ] {
        refused(
            &provider.send(&app.form("/oidc/token", &[("grant_type", grant)])),
            400,
            error,
            description,
        );
    }
}

#[test]
fn resources_at_the_token_endpoint() {
    let provider = Provider::start();
    let job = provider.app("job");
    let stock = ("resource", "https://stock.example.test");
    for (extra, status, error, description) in [
        (
            &[][..],
            400,
            "invalid_target",
            "both `resource` and `organization_id` are not provided",
        ),
        (
            &[("resource", "https://nowhere.test")],
            400,
            "invalid_target",
            "resource indicator is missing, or unknown",
        ),
        (
            &[stock, ("resource", "https://orders.example.test")],
            400,
            "invalid_target",
            "only a single resource indicator value must be requested/resolved during Access Token Request",
        ),
        (
            &[("organization_id", "org1")],
            403,
            "access_denied",
            "app has not associated with the organization",
        ),
    ] {
        let pairs = [&[("grant_type", "client_credentials")], extra].concat();
        refused(&provider.send(&job.form("/oidc/token", &pairs)), status, error, description);
    }
}

/// Every way to spoil a code exchange is the same on the wire.
#[test]
fn whatever_is_wrong_with_a_code_the_answer_is_the_same() {
    let provider = Provider::start();
    let app = provider.app("spa");
    let right = App::VERIFIER;
    let wrong = "another-verifier-of-at-least-43-characters-0123";
    let exchange = |app: &App, code: &str, uri: &str, verifier: &[(&str, &str)]| {
        let pairs = [&[CODE[0], ("code", code), ("redirect_uri", uri)], verifier].concat();
        provider.send(&app.form("/oidc/token", &pairs))
    };
    let invalid = |response: Response, reason: &str| {
        refused(&response, 400, "invalid_grant", "grant request is invalid");
        let uri = format!("{}/help/invalid-grant", provider.origin().endpoint());
        assert_eq!(response.json()["error_uri"], uri);
        let detail = provider.last_step().error.unwrap().detail.unwrap();
        assert!(detail.contains(reason), "{detail} does not say {reason}");
        assert!(!response.text().contains(reason), "the wire says {reason}");
    };
    let uri = &app.redirect_uri;
    let callback = provider.browser().sign_in(&app, &[]);
    let code = callback.code();
    invalid(
        exchange(&app, "never-issued", uri, &[("code_verifier", right)]),
        "no such authorization code",
    );
    invalid(
        exchange(&app, code, "https://other.test/", &[("code_verifier", right)]),
        "redirect_uri",
    );
    invalid(exchange(&app, code, uri, &[]), "code_verifier is missing");
    invalid(exchange(&app, code, uri, &[("code_verifier", wrong)]), "PKCE verification failed");
    let keeper = provider.app("keeper");
    invalid(exchange(&keeper, code, uri, &[("code_verifier", right)]), "issued to `spa`");
    refused(
        &exchange(&app, code, uri, &[("code_verifier", "short")]),
        400,
        "invalid_request",
        "code_verifier must be a string with a minimum length of 43 characters",
    );
    // None of these used the code up (observed).
    let tokens = exchange(&app, code, uri, &[("code_verifier", right)]).expect(200).json();
    // A second use does, and takes what the first one gave along.
    let access = tokens["access_token"].as_str().unwrap();
    let _ = app.userinfo(access).expect(200);
    invalid(exchange(&app, code, uri, &[("code_verifier", right)]), "already used");
    refused(&app.userinfo(access), 401, "invalid_token", "invalid token provided");
}

#[test]
fn refresh_tokens() {
    let provider = Provider::start();
    let (app, mut browser) = (provider.app("keeper"), provider.browser());
    let tokens = browser.sign_in(&app, &[("scope", "openid profile")]).tokens();
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let with = |app: &App, extra: &[(&str, &str)]| {
        let pairs = [&[("grant_type", "refresh_token"), ("refresh_token", refresh)], extra].concat();
        provider.send(&app.form("/oidc/token", &pairs))
    };
    let wide = with(&app, &[("scope", "openid email")]);
    refused(&wide, 400, "invalid_scope", "refresh token missing requested scope");
    assert_eq!(wide.json()["scope"], "email");
    let wider = with(&app, &[("scope", "openid email phone")]);
    refused(&wider, 400, "invalid_scope", "refresh token missing requested scopes");
    refused(
        &with(&app, &[("resource", "https://stock.example.test")]),
        400,
        "invalid_target",
        "resource indicator is missing, or unknown",
    );
    refused(&app.refresh("never-issued"), 400, "invalid_grant", "grant request is invalid");
    refused(&with(&provider.app("spa"), &[]), 400, "invalid_grant", "grant request is invalid");
    assert_eq!(with(&app, &[("scope", "openid")]).expect(200).json()["scope"], "openid");
}

#[test]
fn bodies_that_are_no_form() {
    let provider = Provider::start();
    for (path, words) in [
        ("/oidc/token", "on POST /token"),
        ("/oidc/token/introspection", "on POST /token/introspection"),
        ("/oidc/token/revocation", "on POST /token/revocation"),
        ("/oidc/request", "on POST /request"),
    ] {
        let request = Request::new("POST", path).body("text/plain", "grant_type=authorization_code&client_id=spa");
        let description = format!("only application/x-www-form-urlencoded content-type bodies are supported {words}");
        refused(&provider.send(&request), 400, "invalid_request", &description);
    }
    let zero = Request::new("POST", "/oidc/token").body("application/x-www-form-urlencoded", "client_id=spa\0");
    refused(
        &provider.send(&zero),
        400,
        "invalid_request",
        "the request body must not contain a NUL byte",
    );
}

#[test]
fn parse_error_counts_everywhere() {
    let provider = Provider::start();
    let body = provider
        .send(&Request::form("/oidc/token?parse_error=false", &CODE))
        .expect(400)
        .json();
    let names: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(names, ["error", "error_description"]);
}
