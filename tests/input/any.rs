//! Anything at all: random methods, paths, queries, headers and bodies.

use crate::{GETS, POSTS, alive};
use acceptance::{Browser, Provider, Request};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

fn path() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => proptest::sample::select(POSTS.to_vec()).prop_map(str::to_owned),
        4 => proptest::sample::select(GETS.to_vec()).prop_map(str::to_owned),
        2 => "(/[a-z.%0-9~-]{0,8}){1,5}",
        1 => "/[!-~&&[^#? ]]{0,40}",
    ]
}

fn method() -> impl Strategy<Value = String> {
    prop_oneof![6 => Just("GET".to_owned()), 6 => Just("POST".to_owned()), 2 => Just("PUT".to_owned()), 1 => "[A-Z]{1,7}"]
}

/// Names that mean something, and values that mostly don't.
fn pairs() -> impl Strategy<Value = String> {
    let names = proptest::sample::select(vec![
        "client_id",
        "redirect_uri",
        "response_type",
        "response_mode",
        "scope",
        "state",
        "nonce",
        "prompt",
        "max_age",
        "id_token_hint",
        "code_challenge",
        "code_challenge_method",
        "resource",
        "login_hint",
        "first_screen",
        "direct_sign_in",
        "identifier",
        "interaction_mode",
        "request_uri",
        "grant_type",
        "code",
        "refresh_token",
        "token",
        "client_secret",
        "client_assertion",
        "client_assertion_type",
        "access_token",
        "post_logout_redirect_uri",
        "xsrf",
        "app_id",
        "preview",
        "start",
        "sign_out",
    ]);
    let values = prop_oneof![
        3 => proptest::sample::select(vec![
            "spa", "web", "code", "openid offline_access", "none", "S256", "authorization_code", "refresh_token",
            "https://spa.example.test/callback", "urn:ietf:params:oauth:request_uri:x", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "identifier:sign_in", "social:x", "form_post", "0", "-1", "99999999999999999999", "a.b.c", "eyJhbGciOiJub25lIn0.e30.",
        ]).prop_map(|v| acceptance::wire::encode(&[("", v)])[1..].to_owned()),
        2 => "\\PC{0,16}".prop_map(|v| acceptance::wire::encode(&[("", &v)])[1..].to_owned()),
        1 => "[!-~&&[^# ]]{0,16}",
    ];
    proptest::collection::vec((names, values), 0..9)
        .prop_map(|pairs| pairs.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("&"))
}

fn body() -> impl Strategy<Value = (&'static str, Vec<u8>)> {
    let json = "\\{(\"(interactionEvent|verificationId|identifier|password|userId|type|value)\":(null|1|\"[a-zA-Z]{0,8}\"|\\[\\]|\\{\\}),?){0,4}\\}";
    prop_oneof![
        3 => Just(("", Vec::new())),
        3 => pairs().prop_map(|text| ("application/x-www-form-urlencoded", text.into_bytes())),
        2 => json.prop_map(|text| ("application/json", text.replace(",}", "}").into_bytes())),
        1 => proptest::collection::vec(any::<u8>(), 0..200).prop_map(|bytes| ("application/x-www-form-urlencoded", bytes)),
        1 => proptest::collection::vec(any::<u8>(), 0..200).prop_map(|bytes| ("application/json", bytes)),
    ]
}

fn header() -> impl Strategy<Value = (String, Vec<u8>)> {
    let names = proptest::sample::select(vec![
        "authorization",
        "cookie",
        "origin",
        "sec-fetch-site",
        "logto-app-id",
        "if-none-match",
        "accept",
    ]);
    let values = prop_oneof![
        proptest::sample::select(vec![
            "Basic c3BhOg==",
            "Basic d2ViOndlYi1zZWNyZXQ=",
            "Bearer x",
            "Bearer a.b.c",
            "_session=a; _session.sig=b"
        ])
        .prop_map(|v| v.as_bytes().to_vec()),
        proptest::collection::vec(0x20_u8..0x7f, 0..40),
        proptest::collection::vec(0x80_u8..=0xff, 0..10),
    ];
    (names, values).prop_map(|(name, value)| (name.to_owned(), value))
}

/// A browser in the middle of a sign-in, so that what is behind a cookie is reached too.
fn midway(provider: &Provider) -> Browser {
    let mut browser = provider.browser();
    let _ = browser.sign_in(&provider.app("spa"), &[]);
    let _ = browser.open(
        &provider.app("web"),
        &[("code_challenge", "-"), ("code_challenge_method", "-"), ("prompt", "login")],
    );
    browser.begin("SignIn");
    browser
}

#[test]
fn nothing_makes_the_provider_fail() {
    let provider = Provider::start();
    let browser = midway(&provider);
    let config = Config {
        cases: 1_500,
        failure_persistence: None,
        ..Config::default()
    };
    let request = (
        method(),
        path(),
        pairs(),
        body(),
        proptest::collection::vec(header(), 0..3),
        any::<bool>(),
    );
    let outcome = TestRunner::new(config).run(&request, |(method, path, query, (media, body), headers, known)| {
        let target = if query.is_empty() { path } else { format!("{path}?{query}") };
        let mut request = Request::new(&method, &target);
        if !media.is_empty() {
            request = request.body(media, body);
        }
        request = headers
            .into_iter()
            .fold(request, |request, (name, value)| request.header(&name, value));
        let response = if known {
            Some(browser.clone().send(request))
        } else {
            provider.origin().raw(&request.bytes(provider.origin())).unwrap_or(None)
        };
        if let Some(response) = response {
            // 501 is how a route says that a later release serves it.
            prop_assert!(
                response.status < 500 || response.status == 501,
                "{method} {target}: {} {}",
                response.status,
                response.text()
            );
        }
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
    alive(&provider);
}
