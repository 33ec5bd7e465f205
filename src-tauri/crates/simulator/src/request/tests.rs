use super::*;
use crate::testing::{house, pairs};
use proptest::prelude::*;

fn refused(factory: &str, more: &[(&str, &str)]) -> Mistake {
    let (_, provider) = house(factory);
    read(&provider, &pairs(&provider, more)).unwrap_err()
}

#[test]
fn a_request_of_the_connector_is_read() {
    let (_, provider) = house("google-universal");
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let more = [
        ("code_challenge", challenge),
        ("code_challenge_method", "S256"),
        ("login_hint", "maya@acme.example"),
        ("anything", "else"),
    ];
    let request = read(&provider, &pairs(&provider, &more)).unwrap();
    assert_eq!(request.challenge, Some(Challenge::S256(challenge.into())));
    assert_eq!((request.state.as_deref(), request.nonce.as_deref()), (Some("s 1"), Some("n1")));
    assert_eq!(request.login_hint.as_deref(), Some("maya@acme.example"));
    assert_eq!(request.response_mode, ResponseMode::FormPost);
    assert!(request.scopes.contains(&"email".to_owned()) && !request.silent);
}

#[test]
fn each_mistake_names_its_parameter_and_what_would_be_right() {
    let long = "x".repeat(MAX_VALUE + 1);
    for (factory, more, parameter, words) in [
        (
            "google-universal",
            &[("client_id", "other")][..],
            "client_id",
            "configured as `vestibule`",
        ),
        ("google-universal", &[("client_id", "")], "client_id", "missing"),
        (
            "google-universal",
            &[("redirect_uri", "https://evil.test/")],
            "redirect_uri",
            "`http://localhost:3001/callback/c1`",
        ),
        ("google-universal", &[("redirect_uri", "")], "redirect_uri", "missing"),
        ("google-universal", &[("response_type", "token")], "response_type", "`code`"),
        ("google-universal", &[("response_type", "")], "response_type", "missing"),
        ("google-universal", &[("scope", "email")], "scope", "`openid`"),
        ("Okta", &[("scope", "")], "scope", "`openid`"),
        ("google-universal", &[("request", "x.y.z")], "request", "plain parameters"),
        ("google-universal", &[("state", "a"), ("state", "b")], "state", "more than once"),
        ("google-universal", &[("nonce", &long)], "nonce", "longer than"),
        ("google-universal", &[("prompt", "none login")], "prompt", "can't stand beside"),
        (
            "google-universal",
            &[("response_mode", "fragment")],
            "response_mode",
            "`query` or `form_post`",
        ),
        (
            "apple-universal",
            &[("response_mode", "query")],
            "response_mode",
            "`form_post` alone",
        ),
        ("google-universal", &[("code_challenge", "short")], "code_challenge", "43 to 128"),
        (
            "google-universal",
            &[("code_challenge_method", "S256")],
            "code_challenge",
            "missing",
        ),
        ("x-universal", &[], "code_challenge", "X takes no code"),
    ] {
        let mistake = refused(factory, more);
        assert_eq!(mistake.parameter, parameter, "{more:?}: {mistake:?}");
        assert!(mistake.message.contains(words), "{mistake:?}");
    }
    let odd = [
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S512"),
    ];
    assert_eq!(refused("google-universal", &odd).parameter, "code_challenge_method");
}

#[test]
fn facebook_separates_scopes_by_commas() {
    let (_, provider) = house("facebook-universal");
    let request = read(&provider, &pairs(&provider, &[("scope", "email,public_profile")])).unwrap();
    assert_eq!(request.scopes, ["email", "public_profile"]);
}

proptest! {
    #[test]
    fn no_request_panics(names in proptest::collection::vec((0usize..14, ".{0,60}"), 0..20)) {
        let (_, provider) = house("google-universal");
        let sent: Vec<(String, String)> = names
            .into_iter()
            .map(|(at, value)| (KNOWN.get(at).map_or("other", |name| name).to_owned(), value))
            .collect();
        let outcome = read(&provider, &sent);
        // Nothing arbitrary is the connector's own client and callback address.
        prop_assert!(outcome.is_err());
        let mut more = pairs(&provider, &[]);
        more.extend(sent.into_iter().filter(|(name, _)| name == "other" || name == "prompt" || name == "login_hint"));
        let _ = read(&provider, &more);
    }
}
