//! Chapter 3.1: which cookies are set when, and how.

use acceptance::{Provider, Response};

/// Name, and attributes in lower case without the value.
fn cookies(response: &Response) -> Vec<(String, String)> {
    let parts = |line: &str| {
        let (pair, attributes) = line.split_once("; ").unwrap();
        (pair.split('=').next().unwrap().to_owned(), attributes.to_ascii_lowercase())
    };
    response.all("set-cookie").into_iter().map(parts).collect()
}

fn get(name: &str, all: &[(String, String)]) -> String {
    all.iter()
        .find(|(n, _)| n == name)
        .unwrap_or_else(|| panic!("{name} is not among {all:?}"))
        .1
        .clone()
}

#[test]
fn an_interaction_sets_three_cookies_and_their_signatures() {
    let provider = Provider::start();
    let mut browser = provider.browser();
    let response = browser.open(&provider.app("spa"), &[("organization_id", "org1"), ("ui_locales", "de")]);
    let set = cookies(&response);
    let names: Vec<&str> = set.iter().map(|(n, _)| n.as_str()).collect();
    assert_eq!(
        names,
        [
            "_interaction",
            "_interaction.sig",
            "_interaction_resume",
            "_interaction_resume.sig",
            "_logto"
        ]
    );
    let uid = browser.cookie("_interaction_resume").unwrap();
    for name in ["_interaction", "_interaction.sig"] {
        assert_eq!(get(name, &set), "path=/; max-age=3600; samesite=lax; httponly");
    }
    for name in ["_interaction_resume", "_interaction_resume.sig"] {
        let path = format!("path=/oidc/auth/{uid}; max-age=3600; samesite=lax; httponly");
        assert_eq!(get(name, &set), path.to_ascii_lowercase());
    }
    // Readable by script, for the browser's session, unsigned.
    assert_eq!(get("_logto", &set), "path=/; samesite=lax");
    let value = browser.cookie("_logto").unwrap();
    let text: String = url::form_urlencoded::parse(format!("v={value}").as_bytes())
        .map(|(_, v)| v.into_owned())
        .collect();
    let members: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        members,
        serde_json::json!({ "appId": "spa", "organizationId": "org1", "uiLocales": "de" })
    );
}

#[test]
fn the_session_cookie_comes_with_the_sign_in_and_changes_with_each() {
    let provider = Provider::start();
    let (app, mut browser) = (provider.app("spa"), provider.browser());
    let _ = browser.open(&app, &[]);
    assert_eq!(browser.cookie("_session"), None);
    let redirect_to = browser.enter_password("alice", acceptance::PASSWORD);
    let response = browser.get(&redirect_to).expect(303);
    let set = cookies(&response);
    for name in ["_session", "_session.sig"] {
        assert_eq!(get(name, &set), "path=/; max-age=1209600; samesite=lax; httponly");
    }
    let _ = browser.follow("/consent?app_id=spa");
    let first = browser.cookie("_session").unwrap().to_owned();
    assert!(first.len() >= 43);
    // An old value, planted or stolen before a sign-in, is worth nothing after it (fixation).
    let old = browser.clone();
    let _ = browser.sign_in(&app, &[("prompt", "login")]);
    assert_ne!(browser.cookie("_session"), Some(first.as_str()));
    let answer = app.callback(&old.clone().open(&app, &[("prompt", "none")]));
    assert_eq!(answer.get("error"), Some("login_required"));
    let answer = app.callback(&browser.open(&app, &[("prompt", "none")]));
    assert!(answer.get("code").is_some());
}

#[test]
fn the_end_of_an_interaction_takes_its_cookies_along() {
    let provider = Provider::start();
    let mut browser = provider.browser();
    let _ = browser.sign_in(&provider.app("spa"), &[]);
    assert_eq!(browser.cookie("_interaction"), None);
    let _ = browser.sign_out("client_id=spa").expect(303);
    for name in ["_session", "_session.sig", "_logout", "_interaction"] {
        assert_eq!(browser.cookie(name), None, "{name}");
    }
}

#[test]
fn a_cookie_with_a_wrong_signature_is_no_cookie() {
    let provider = Provider::start();
    let app = provider.app("spa");
    let mut browser = provider.browser();
    let _ = browser.sign_in(&app, &[]);
    for (name, value) in [("_session.sig", "AAAA"), ("_session", "somebody-else")] {
        let mut tampered = browser.clone();
        tampered.plant(name, value);
        let answer = app.callback(&tampered.open(&app, &[("prompt", "none")]));
        assert_eq!(answer.get("error"), Some("login_required"), "{name}");
    }
    // A signature belongs to one name: a session's does not make an interaction.
    let mut page = provider.browser();
    let _ = page.open(&app, &[]);
    let (value, signature) = (browser.cookie("_session").unwrap(), browser.cookie("_session.sig").unwrap());
    page.plant("_interaction", value);
    page.plant("_interaction.sig", signature);
    let answer = page.experience("PUT", "", &serde_json::json!({ "interactionEvent": "SignIn" }));
    assert_eq!(answer.expect(400).json()["code"], "session.not_found");
}
