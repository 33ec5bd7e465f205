//! Chapter 2: which page an authorization request opens, as the exact `Location`.

use acceptance::{Provider, Request};

/// `first_screen` and the page it opens (2.3).
const SCREENS: [(&str, &str); 7] = [
    ("sign_in", "sign-in"),
    ("register", "register"),
    ("reset_password", "reset-password"),
    ("identifier:sign_in", "identifier-sign-in"),
    ("identifier:register", "identifier-register"),
    ("single_sign_on", "single-sign-on"),
    ("signIn", "sign-in"),
];

/// `direct_sign_in` and the path it opens. Everything a path segment can't hold is percent-encoded, so that no value
/// leaves its place.
const DIRECT: [(&str, &str); 15] = [
    ("social:google", "/direct/social/google"),
    ("social:github", "/direct/social/github"),
    ("sso:abc", "/direct/sso/abc"),
    ("social", "/direct/social"),
    ("social:", "/direct/social"),
    ("a:b:c", "/direct/a/b"),
    ("sso:abc:def:ghi", "/direct/sso/abc"),
    ("nonsense", "/direct/nonsense"),
    ("social:a b", "/direct/social/a%20b"),
    ("social:../../x", "/direct/social/..%2F..%2Fx"),
    ("..:..", "/direct/%2E%2E/%2E%2E"),
    ("social:?x=1&y#z", "/direct/social/%3Fx%3D1%26y%23z"),
    ("social:\\\\evil.test", "/direct/social/%5C%5Cevil.test"),
    ("social:grün", "/direct/social/gr%C3%BCn"),
    ("social:a\r\nset-cookie", "/direct/social/a%0D%0Aset-cookie"),
];

/// Everything is sent in one provider's lifetime; each browser is a new one, so none has a session.
fn check(provider: &Provider, extra: &[(&str, &str)], wanted: &str) {
    let response = provider.browser().open(&provider.app("spa"), extra);
    assert_eq!(
        (response.status, response.header("location")),
        (303, Some(wanted)),
        "{extra:?}: {}",
        response.text()
    );
}

#[test]
fn every_first_screen_opens_its_page() {
    let provider = Provider::start();
    check(&provider, &[], "/sign-in?app_id=spa");
    for (screen, page) in SCREENS {
        check(&provider, &[("first_screen", screen)], &format!("/{page}?app_id=spa"));
        // `first_screen` wins over the deprecated `interaction_mode`.
        for mode in ["signIn", "signUp"] {
            let extra = [("interaction_mode", mode), ("first_screen", screen)];
            check(&provider, &extra, &format!("/{page}?app_id=spa"));
        }
        let extra = [("login_hint", "a@b.c"), ("first_screen", screen)];
        check(&provider, &extra, &format!("/{page}?app_id=spa&login_hint=a%40b.c"));
    }
}

#[test]
fn interaction_mode_counts_when_it_is_alone() {
    let provider = Provider::start();
    check(&provider, &[("interaction_mode", "signIn")], "/sign-in?app_id=spa");
    check(&provider, &[("interaction_mode", "signUp")], "/register?app_id=spa");
    check(
        &provider,
        &[("interaction_mode", "signUp"), ("first_screen", "")],
        "/register?app_id=spa",
    );
}

#[test]
fn direct_sign_in_falls_back_to_every_first_screen() {
    let provider = Provider::start();
    for (direct, path) in DIRECT {
        check(
            &provider,
            &[("direct_sign_in", direct)],
            &format!("{path}?app_id=spa&fallback=sign-in"),
        );
    }
    for (screen, page) in SCREENS {
        for (direct, path) in [DIRECT[0], DIRECT[2], DIRECT[3]] {
            let extra = [("direct_sign_in", direct), ("first_screen", screen)];
            check(&provider, &extra, &format!("{path}?app_id=spa&fallback={page}"));
        }
    }
    check(
        &provider,
        &[("direct_sign_in", "sso:abc"), ("interaction_mode", "signUp")],
        "/direct/sso/abc?app_id=spa&fallback=register",
    );
    check(&provider, &[("direct_sign_in", "")], "/sign-in?app_id=spa");
}

#[test]
fn identifiers_are_passed_on_as_they_are() {
    let provider = Provider::start();
    // The page filters them (2.4), so nothing is lost on the way.
    for (sent, encoded) in [
        ("email", "email"),
        ("email phone", "email+phone"),
        ("username email phone", "username+email+phone"),
        ("phone email", "phone+email"),
        ("email fax", "email+fax"),
        ("fax", "fax"),
        ("email email", "email+email"),
        ("EMAIL", "EMAIL"),
        ("email,phone", "email%2Cphone"),
    ] {
        for (screen, page) in [SCREENS[3], SCREENS[4], SCREENS[2], SCREENS[0]] {
            let extra = [("identifier", sent), ("first_screen", screen)];
            check(&provider, &extra, &format!("/{page}?app_id=spa&identifier={encoded}"));
        }
    }
    let extra = [
        ("first_screen", "identifier:sign_in"),
        ("identifier", "email phone"),
        ("login_hint", "a@b.c"),
    ];
    check(
        &provider,
        &extra,
        "/identifier-sign-in?app_id=spa&login_hint=a%40b.c&identifier=email+phone",
    );
}

#[test]
fn members_come_in_logtos_order_whatever_order_they_were_sent_in() {
    let provider = Provider::start();
    let mut extra = vec![
        ("direct_sign_in", "social:google"),
        ("identifier", "email"),
        ("login_hint", "a@b.c"),
        ("one_time_token", "t0ken"),
        ("ui_locales", "de-AT fr"),
        ("organization_id", "org1"),
        ("first_screen", "register"),
    ];
    let query = "app_id=spa&organization_id=org1&ui_locales=de-AT+fr&one_time_token=t0ken&login_hint=a%40b.c&identifier=email";
    for turn in 0..extra.len() {
        extra.rotate_left(1);
        check(&provider, &extra, &format!("/direct/social/google?{query}&fallback=register"));
        let without: Vec<_> = extra.iter().copied().filter(|(n, _)| *n != "direct_sign_in").collect();
        check(&provider, &without, &format!("/register?{query}"));
        assert!(turn < 7);
    }
    for (name, value, encoded) in [
        ("organization_id", "o r g", "o+r+g"),
        ("ui_locales", "zz-ZZ nonsense", "zz-ZZ+nonsense"),
        ("one_time_token", "short", "short"),
        ("login_hint", "+1 555", "%2B1+555"),
        ("login_hint", "<script>", "%3Cscript%3E"),
        ("login_hint", "日本", "%E6%97%A5%E6%9C%AC"),
    ] {
        check(&provider, &[(name, value)], &format!("/sign-in?app_id=spa&{name}={encoded}"));
    }
}

#[test]
fn one_bad_value_empties_the_whole_set() {
    let provider = Provider::start();
    for (name, values) in [
        (
            "first_screen",
            [
                "bogus",
                "SIGN_IN",
                "sign-in",
                "signUp",
                " register",
                "identifier:",
                "identifier:email",
            ],
        ),
        (
            "interaction_mode",
            ["bogus", "register", "sign_in", "SignUp", "signup", "signIn ", "0"],
        ),
    ] {
        for value in values {
            let extra = [
                ("login_hint", "a@b.c"),
                ("direct_sign_in", "social:google"),
                ("organization_id", "org1"),
                ("ui_locales", "de"),
                ("one_time_token", "t"),
                ("identifier", "email"),
                (name, value),
            ];
            check(&provider, &extra, "/sign-in?app_id=spa");
        }
    }
    // A good `first_screen` doesn't save a bad `interaction_mode`.
    let extra = [("first_screen", "register"), ("interaction_mode", "bogus"), ("login_hint", "x")];
    check(&provider, &extra, "/sign-in?app_id=spa");
}

#[test]
fn names_are_case_sensitive_and_others_are_ignored() {
    let provider = Provider::start();
    let extra = [
        ("First_Screen", "register"),
        ("firstScreen", "register"),
        ("extraParams", "x"),
        ("", "y"),
    ];
    check(&provider, &extra, "/sign-in?app_id=spa");
}

#[test]
fn a_parameter_given_twice_is_refused_at_the_application() {
    let provider = Provider::start();
    let app = provider.app("spa");
    for name in [
        "first_screen",
        "interaction_mode",
        "login_hint",
        "identifier",
        "direct_sign_in",
        "organization_id",
        "ui_locales",
    ] {
        for second in ["register", "register", "other"] {
            let response = provider.browser().open(&app, &[(name, "register"), (name, second)]);
            let answer = app.callback(&response);
            assert_eq!(answer.get("error"), Some("invalid_request"), "{name}");
            let wanted = format!("'{name}' parameter must not be provided twice");
            assert_eq!(answer.get("error_description"), Some(wanted.as_str()));
            assert_eq!(answer.get("state"), Some("st&te"));
        }
        // An empty value counts as absent, so this is one value, not two.
        let response = provider.browser().open(&app, &[(name, ""), (name, "signIn")]);
        assert!(response.location().starts_with('/'), "{name}: {}", response.location());
    }
}

#[test]
fn a_post_means_the_same_as_a_get() {
    let provider = Provider::start();
    let app = provider.app("spa");
    let pairs = app.pairs(&[("first_screen", "register"), ("login_hint", "a@b.c")]);
    let borrowed: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let wanted = "/register?app_id=spa&login_hint=a%40b.c";
    let form = provider.send(&Request::form("/oidc/auth", &borrowed));
    assert_eq!((form.status, form.location()), (303, wanted));
    let members: serde_json::Map<_, _> = pairs.iter().map(|(n, v)| (n.clone(), v.as_str().into())).collect();
    let json = provider.send(&Request::json("POST", "/oidc/auth", &members.into()));
    assert_eq!((json.status, json.location()), (303, wanted));
    // The body replaces the query.
    let both = provider.send(&Request::form("/oidc/auth?first_screen=sign_in&client_id=nobody", &borrowed));
    assert_eq!((both.status, both.location()), (303, wanted));
}

#[test]
fn a_direct_sign_in_that_is_not_possible_names_its_fallback_in_the_record() {
    let provider = Provider::start();
    for (screen, page) in SCREENS {
        let mut browser = provider.browser();
        let extra = [("direct_sign_in", "social:google"), ("first_screen", screen)];
        let location = browser.open(&provider.app("spa"), &extra).location().to_owned();
        let _ = browser.get(&location).expect(200);
        let step = provider.last_step();
        let card = crate::card(&step, "direct_sign_in.fallback");
        assert!(card.title.contains(&format!("`/{page}`")), "{screen}: {}", card.title);
    }
}
