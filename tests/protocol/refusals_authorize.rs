//! Chapter 8.2 at the authorization endpoint: which refusals reach the application, which stay here, and their words.

use acceptance::{Provider, Request};

/// What is sent, `error`, `error_description`.
type Refusal = (&'static [(&'static str, &'static str)], &'static str, &'static str);

/// These go to the application.
const REDIRECTED: [Refusal; 19] = [
    (
        &[("code_challenge", "-"), ("code_challenge_method", "-")],
        "invalid_request",
        "Authorization Server policy requires PKCE to be used for this request",
    ),
    (
        &[("code_challenge_method", "plain")],
        "invalid_request",
        "not supported value of code_challenge_method",
    ),
    (
        &[("code_challenge_method", "-")],
        "invalid_request",
        "code_challenge_method must be provided",
    ),
    (
        &[("code_challenge", "-")],
        "invalid_request",
        "code_challenge must be provided with code_challenge_method",
    ),
    (
        &[("code_challenge", "short")],
        "invalid_request",
        "code_challenge must be a string with a minimum length of 43 characters",
    ),
    (
        &[("response_type", "-")],
        "invalid_request",
        "missing required parameter 'response_type'",
    ),
    (
        &[("response_type", "magic")],
        "unsupported_response_type",
        "unsupported response_type requested",
    ),
    (
        &[("response_type", "none")],
        "invalid_request",
        "requested response_type is not allowed for this client",
    ),
    (
        &[("response_mode", "bogus")],
        "unsupported_response_mode",
        "unsupported response_mode requested",
    ),
    (
        &[("prompt", "select_account")],
        "invalid_request",
        "unsupported prompt value requested",
    ),
    (
        &[("prompt", "create login")],
        "invalid_request",
        "prompt create must only be used alone",
    ),
    (
        &[("prompt", "none login")],
        "invalid_request",
        "prompt none must only be used alone",
    ),
    (&[("max_age", "-1")], "invalid_request", "invalid max_age parameter value"),
    (&[("max_age", "soon")], "invalid_request", "invalid max_age parameter value"),
    (
        &[("resource", "https://nowhere.test")],
        "invalid_target",
        "resource indicator is missing, or unknown",
    ),
    (
        &[("scope", "profile"), ("nonce", "n")],
        "invalid_request",
        "openid scope must be requested when using the nonce parameter",
    ),
    (
        &[("id_token_hint", "nonsense")],
        "invalid_request",
        "could not validate id_token_hint",
    ),
    (
        &[("request", "eyJ")],
        "request_not_supported",
        "request parameter provided but not supported",
    ),
    (
        &[("nonce", "a"), ("nonce", "b")],
        "invalid_request",
        "'nonce' parameter must not be provided twice",
    ),
];

#[test]
fn errors_for_the_application_travel_by_redirect_with_state_and_issuer() {
    let provider = Provider::start();
    let app = provider.app("spa");
    let issuer = provider.origin().issuer();
    for (extra, error, description) in REDIRECTED {
        let answer = app.callback(&provider.browser().open(&app, extra));
        let pairs: Vec<(&str, &str)> = answer.pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let wanted = [
            ("error", error),
            ("error_description", description),
            ("state", "st&te"),
            ("iss", &issuer),
        ];
        assert_eq!(pairs, wanted, "{extra:?}");
    }
}

#[test]
fn a_response_type_with_a_token_is_answered_in_the_fragment() {
    let provider = Provider::start();
    let app = provider.app("spa");
    for (value, error) in [
        ("id_token", "invalid_request"),
        ("code id_token", "invalid_request"),
        ("token", "unsupported_response_type"),
    ] {
        let response = provider.browser().open(&app, &[("response_type", value)]);
        let location = response.location();
        assert!(
            location.starts_with(&format!("https://spa.example.test/callback#error={error}")),
            "{location}"
        );
    }
}

#[test]
fn a_form_post_carries_errors_too_and_escapes_them() {
    let provider = Provider::start();
    let extra = [
        ("response_mode", "form_post"),
        ("prompt", "none"),
        ("state", "\"><script>alert(1)</script>"),
    ];
    let response = provider.browser().open(&provider.app("spa"), &extra).expect(200);
    let page = response.text();
    assert!(page.contains("name=\"error\" value=\"login_required\"") && page.contains("action=\"https://spa.example.test/callback\""));
    assert!(!page.contains("<script>alert") && page.contains("&lt;script&gt;"), "{page}");
}

#[test]
fn errors_that_nobody_can_be_trusted_with_stay_here_as_json() {
    let provider = Provider::start();
    let issuer = provider.origin().issuer();
    let mismatch = "redirect_uri did not match any of the client's registered redirect_uris";
    for (app, extra, error, description, message) in [
        (
            "spa",
            &[("redirect_uri", "https://evil.test/")][..],
            "invalid_redirect_uri",
            mismatch,
            "not registered",
        ),
        (
            "spa",
            &[("redirect_uri", "https://spa.example.test/callback/")],
            "invalid_redirect_uri",
            mismatch,
            "not registered",
        ),
        (
            "spa",
            &[("redirect_uri", "https://spa.example.test/*")],
            "invalid_redirect_uri",
            mismatch,
            "not registered",
        ),
        // A bad redirect URI wins over everything else that is wrong.
        (
            "spa",
            &[("redirect_uri", "https://evil.test/"), ("prompt", "bogus")],
            "invalid_redirect_uri",
            mismatch,
            "not registered",
        ),
        (
            "web",
            &[("redirect_uri", "https://a.b.web.example.test/callback")],
            "invalid_redirect_uri",
            mismatch,
            "not registered",
        ),
        (
            "web",
            &[("redirect_uri", "-")],
            "invalid_request",
            "missing required parameter 'redirect_uri'",
            "invalid",
        ),
        (
            "spa",
            &[("client_id", "nobody")],
            "invalid_client",
            "invalid client nobody",
            "invalid",
        ),
        (
            "spa",
            &[("client_id", "-")],
            "invalid_request",
            "missing required parameter 'client_id'",
            "invalid",
        ),
        (
            "spa",
            &[("request_uri", "urn:x")],
            "invalid_request_uri",
            "request_uri is invalid, expired, or was already used",
            "request_uri",
        ),
    ] {
        let response = provider.browser().open(&provider.app(app), extra).expect(400);
        assert_eq!(response.header("location"), None);
        let body = response.json();
        assert_eq!(body["error"], error, "{extra:?}");
        assert_eq!(body["error_description"], description);
        assert_eq!(body["code"], format!("oidc.{error}"));
        assert!(body["message"].as_str().is_some_and(|m| m.contains(message)), "{body}");
        assert_eq!(
            (&body["iss"], &body["error_uri"]),
            (&issuer.as_str().into(), &serde_json::Value::Null)
        );
        assert!(response.header("content-type").unwrap().starts_with("application/json"));
    }
}

#[test]
fn state_is_echoed_in_the_body_and_parse_error_leaves_logtos_members_out() {
    let provider = Provider::start();
    let app = provider.app("spa");
    let extra = [("redirect_uri", "https://evil.test/")];
    assert_eq!(provider.browser().open(&app, &extra).json()["state"], "st&te");
    let raw = provider
        .browser()
        .open(&app, &[extra[0], ("parse_error", "false")])
        .expect(400)
        .json();
    let names: Vec<&String> = raw.as_object().unwrap().keys().collect();
    assert_eq!(names, ["error", "error_description", "iss", "state"]);
    let other = provider.browser().open(&app, &[extra[0], ("parse_error", "true")]).json();
    assert_eq!(other["code"], "oidc.invalid_redirect_uri");
}

#[test]
fn redirect_uris_are_compared_as_logto_compares_them() {
    let provider = Provider::start();
    for (app, uri, fits) in [
        ("spa", "https://spa.example.test:443/callback", true),
        ("spa", "https://SPA.example.test/callback", true),
        ("spa", "https://spa.example.test/Callback", false),
        ("spa", "https://spa.example.test/callback?x=1", false),
        ("spa", "https://spa.example.test/callback#x", false),
        ("spa", "http://spa.example.test/callback", false),
        ("spa", "https://spa.example.test.evil.test/callback", false),
        ("spa", "https://spa.example.test@evil.test/callback", false),
        ("spa", "//spa.example.test/callback", false),
        ("spa", "javascript:alert(1)", false),
        ("web", "https://preview.web.example.test/callback", true),
        ("web", "https://web.example.test/callback", true),
        ("web", "https://.web.example.test/callback", false),
        ("native", "http://127.0.0.1:51000/callback", true),
        ("native", "http://127.0.0.1/callback", true),
        ("native", "http://localhost:51000/callback", false),
        ("native", "http://127.0.0.1:51000/other", false),
        ("native", "test.example.native://callback", true),
        ("native", "test.example.native://other", false),
    ] {
        let response = provider.browser().open(&provider.app(app), &[("redirect_uri", uri)]);
        assert_eq!(response.status == 303, fits, "{app} {uri}: {}", response.text());
    }
}

#[test]
fn without_a_session_a_silent_request_is_refused() {
    let provider = Provider::start();
    let app = provider.app("spa");
    let answer = app.callback(&provider.browser().open(&app, &[("prompt", "none")]));
    let names: Vec<&str> = answer.pairs.iter().map(|(n, _)| n.as_str()).collect();
    assert_eq!(
        (answer.get("error"), names),
        (Some("login_required"), vec!["error", "state", "iss"])
    );
}

#[test]
fn a_third_party_may_ask_only_for_what_it_was_given() {
    let provider = Provider::start();
    let app = provider.app("partner");
    let answer = app.callback(&provider.browser().open(&app, &[("scope", "openid profile email")]));
    assert_eq!((answer.get("error"), answer.get("scope")), (Some("invalid_scope"), Some("email")));
    assert_eq!(answer.get("error_description"), Some("requested scope is not allowed"));
    let page = provider.browser().open(&app, &[("scope", "openid profile unheard-of")]);
    assert_eq!(page.location(), "/sign-in?app_id=partner");
}

#[test]
fn resuming_what_is_gone_says_so() {
    let provider = Provider::start();
    for target in ["/oidc/auth/never-was", "/oidc/auth/aaaaaaaaaaaaaaaaaaaaa"] {
        let body = provider.send(&Request::get(target)).expect(400).json();
        assert_eq!(body["code"], "session.not_found");
        assert_eq!(
            (&body["error"], &body["error_description"]),
            (&"invalid_request".into(), &"authorization request has expired".into())
        );
    }
    // Somebody else's interaction: only the browser that began it may go on.
    let mut browser = provider.browser();
    let _ = browser.open(&provider.app("spa"), &[]);
    let redirect_to = browser.enter_password("alice", acceptance::PASSWORD);
    assert_eq!(provider.browser().get(&redirect_to).expect(400).json()["code"], "session.not_found");
}
