//! Whatever an authorization request loses on its way is on the record: a card with the rule, and the parameter's fate.

use crate::{card, fates, rules};
use acceptance::{Browser, Provider};
use vestibule_core::Outcome;
use vestibule_core::live::ParamFate::{self, Dropped, Ignored, Narrowed, Refused, Used};
use vestibule_core::live::{ParamOrigin, Step};

/// Sends a request from a browser and answers its step.
fn step(provider: &Provider, browser: &mut Browser, extra: &[(&str, &str)]) -> Step {
    let _ = browser.open(&provider.app("spa"), extra).expect(303);
    let step = provider.last_step();
    assert_eq!((step.path.as_str(), step.status), ("/oidc/auth", 303));
    step
}

#[track_caller]
fn check(step: &Step, expected: &[(&str, &[ParamFate])]) {
    for (name, wanted) in expected {
        assert_eq!(fates(step, name), *wanted, "{name} of {:?}", step.params);
    }
}

#[test]
fn a_request_that_loses_nothing_says_so() {
    let provider = Provider::start();
    let extra = [
        ("first_screen", "identifier:sign_in"),
        ("identifier", "email phone"),
        ("login_hint", "a@b.c"),
    ];
    let step = step(&provider, &mut provider.browser(), &extra);
    assert!(
        step.params
            .iter()
            .all(|p| p.fate == Used && p.origin == ParamOrigin::Query && p.effective.is_none()),
        "{:?}",
        step.params
    );
    assert!(step.because.iter().all(|b| b.outcome != Outcome::Dropped), "{:?}", rules(&step));
    assert!(card(&step, "params.first_screen").title.contains("/identifier-sign-in"));
    assert!(rules(&step).contains(&"prompt.no_session"));
}

#[test]
fn one_bad_value_is_named_with_what_it_took_along() {
    let provider = Provider::start();
    let extra = [
        ("first_screen", "registr"),
        ("login_hint", "a@b.c"),
        ("direct_sign_in", "social:google"),
    ];
    let step = step(&provider, &mut provider.browser(), &extra);
    let card = card(&step, "params.all_or_nothing");
    assert_eq!(
        (card.outcome, card.input.as_deref(), &*card.source),
        (Outcome::Dropped, Some("first_screen=registr"), "Logto 2.2")
    );
    for part in ["`register` would have worked", "`login_hint`", "`direct_sign_in`"] {
        assert!(card.detail.contains(part), "{part}: {}", card.detail);
    }
    check(
        &step,
        &[
            ("first_screen", &[Dropped]),
            ("login_hint", &[Dropped]),
            ("direct_sign_in", &[Dropped]),
            ("scope", &[Used]),
        ],
    );
    assert!(step.params.iter().filter(|p| p.fate == Dropped).all(|p| p.note.is_some()));
}

#[test]
fn the_parameter_that_loses_against_another_is_named() {
    let provider = Provider::start();
    let step = step(
        &provider,
        &mut provider.browser(),
        &[("first_screen", "sign_in"), ("interaction_mode", "signUp")],
    );
    assert_eq!(card(&step, "params.interaction_mode").outcome, Outcome::Dropped);
    check(&step, &[("interaction_mode", &[Dropped]), ("first_screen", &[Used])]);
}

#[test]
fn unknown_words_of_identifier_are_named() {
    let provider = Provider::start();
    let extra = [("first_screen", "identifier:sign_in"), ("identifier", "email fax")];
    let mixed = step(&provider, &mut provider.browser(), &extra);
    assert!(card(&mixed, "params.identifier").title.contains("`fax`"));
    check(&mixed, &[("identifier", &[Narrowed])]);
    let row = mixed.params.iter().find(|p| p.name == "identifier").unwrap();
    assert_eq!(row.effective.as_deref(), Some("email"));

    let extra = [("first_screen", "identifier:sign_in"), ("identifier", "fax telex")];
    let none = step(&provider, &mut provider.browser(), &extra);
    assert!(card(&none, "params.identifier").detail.contains("all enabled identifiers"));
    check(&none, &[("identifier", &[Dropped])]);
}

#[test]
fn what_has_no_effect_on_this_page_is_named() {
    let provider = Provider::start();
    let useless = step(&provider, &mut provider.browser(), &[("identifier", "email")]);
    assert_eq!(card(&useless, "params.identifier").outcome, Outcome::Dropped);
    check(&useless, &[("identifier", &[Dropped])]);

    let token = step(&provider, &mut provider.browser(), &[("one_time_token", "t0ken")]);
    assert_eq!(card(&token, "params.one_time_token").outcome, Outcome::Dropped);
    check(&token, &[("one_time_token", &[Dropped])]);

    let parts = step(&provider, &mut provider.browser(), &[("direct_sign_in", "sso:abc:def")]);
    check(&parts, &[("direct_sign_in", &[Narrowed])]);
    assert_eq!(
        parts
            .params
            .iter()
            .find(|p| p.name == "direct_sign_in")
            .unwrap()
            .effective
            .as_deref(),
        Some("sso:abc")
    );
}

#[test]
fn with_a_session_none_of_them_has_an_effect() {
    let provider = Provider::start();
    let mut browser = provider.browser();
    let _ = browser.sign_in(&provider.app("spa"), &[]);
    for extra in [
        &[("first_screen", "register")][..],
        &[("login_hint", "a@b.c")],
        &[("ui_locales", "de"), ("one_time_token", "t0ken"), ("identifier", "email")],
        &[("first_screen", "bogus"), ("login_hint", "a@b.c")],
    ] {
        let step = step(&provider, &mut browser, extra);
        let card = card(&step, "params.session");
        assert_eq!(card.outcome, Outcome::Dropped);
        assert!(card.detail.contains("already signed in"), "{}", card.detail);
        for (name, _) in extra {
            assert_eq!(fates(&step, name), [Dropped], "{name}");
        }
    }
    // The organization also goes with the code, so it still counts.
    let organization = step(&provider, &mut browser, &[("organization_id", "org1")]);
    check(&organization, &[("organization_id", &[Used])]);
    let plain = step(&provider, &mut browser, &[]);
    assert!(!rules(&plain).contains(&"params.session"), "{:?}", rules(&plain));
    // `prompt=login` opens a page, so they count again.
    let forced = step(&provider, &mut browser, &[("prompt", "login"), ("first_screen", "register")]);
    check(&forced, &[("first_screen", &[Used])]);
}

#[test]
fn offline_access_without_consent_is_named_and_repairable() {
    let provider = Provider::start();
    let step = step(&provider, &mut provider.browser(), &[("scope", "openid offline_access profile")]);
    let card = card(&step, "authorize.offline_access");
    assert_eq!(card.outcome, Outcome::Dropped);
    assert!(card.repair.is_some());
    check(&step, &[("scope", &[Narrowed])]);
    assert_eq!(
        step.params.iter().find(|p| p.name == "scope").unwrap().effective.as_deref(),
        Some("openid profile")
    );
}

#[test]
fn empty_and_unknown_parameters_are_told_apart() {
    let provider = Provider::start();
    let extra = [("login_hint", ""), ("utm_source", "mail"), ("First_Screen", "register")];
    let step = step(&provider, &mut provider.browser(), &extra);
    check(
        &step,
        &[("login_hint", &[Dropped]), ("utm_source", &[Ignored]), ("First_Screen", &[Ignored])],
    );
    assert!(step.params.iter().filter(|p| p.fate != Used).all(|p| p.note.is_some()));
}

#[test]
fn a_parameter_given_twice_is_marked_both_times() {
    let provider = Provider::start();
    let step = step(&provider, &mut provider.browser(), &[("login_hint", "a"), ("login_hint", "b")]);
    check(&step, &[("login_hint", &[Refused, Refused])]);
    assert_eq!(step.error.unwrap().description, "'login_hint' parameter must not be provided twice");
}

#[test]
fn what_a_refusal_is_about_is_marked() {
    let provider = Provider::start();
    for (extra, name) in [
        (&[("redirect_uri", "https://evil.test/")][..], "redirect_uri"),
        (&[("client_id", "nobody")], "client_id"),
        (&[("response_type", "token")], "response_type"),
        (&[("response_type", "id_token")], "response_type"),
        (&[("response_mode", "bogus")], "response_mode"),
        (&[("prompt", "select_account")], "prompt"),
        (&[("max_age", "-1")], "max_age"),
        (&[("resource", "https://nowhere.test")], "resource"),
        (&[("code_challenge_method", "plain")], "code_challenge_method"),
        (&[("scope", "profile"), ("nonce", "n")], "nonce"),
    ] {
        let _ = provider.browser().open(&provider.app("spa"), extra);
        let step = provider.last_step();
        assert_eq!(fates(&step, name), [Refused], "{extra:?}: {:?}", step.params);
        assert!(
            step.because.iter().any(|b| b.outcome == Outcome::Refused),
            "{extra:?}: {:?}",
            rules(&step)
        );
        assert!(step.error.is_some());
    }
}
