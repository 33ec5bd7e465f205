//! Chapter 1.21: signing out.

use crate::{exchanges, rules};
use acceptance::Provider;
use vestibule_core::live::{LiveStatus, StepKind};

#[test]
fn signing_out_ends_the_session_and_leads_back() {
    let provider = Provider::start();
    let (app, mut browser) = (provider.app("spa"), provider.browser());
    let tokens = browser.sign_in(&app, &[]).tokens();
    let query = "client_id=spa&post_logout_redirect_uri=https%3A%2F%2Fspa.example.test%2F&state=b%26ye";
    assert_eq!(
        browser.sign_out(query).expect(303).location(),
        "https://spa.example.test/?state=b%26ye"
    );
    assert_eq!(
        app.callback(&browser.open(&app, &[("prompt", "none")])).get("error"),
        Some("login_required")
    );
    let _ = app.userinfo(tokens["access_token"].as_str().unwrap()).expect(401);

    // Both halves are one live session.
    let sessions = provider.sessions();
    let ended = sessions.iter().find(|s| s.outcome == "signed out").unwrap();
    assert_eq!(
        (ended.status, ended.user_name.as_deref(), ended.app_name.as_str()),
        (LiveStatus::Done, Some("Alice"), "Single page")
    );
    let detail = provider.session(ended.id.as_str());
    assert_eq!(
        exchanges(&detail),
        [("GET", "/oidc/session/end", 200), ("POST", "/oidc/session/end/confirm", 303)]
    );
    assert!(detail.steps.iter().all(|s| s.kind == StepKind::EndSession));
    assert!(rules(&detail.steps[1]).contains(&"logout.session"));
}

#[test]
fn an_id_token_says_who_asks() {
    let provider = Provider::start();
    let (app, mut browser) = (provider.app("spa"), provider.browser());
    let tokens = browser.sign_in(&app, &[]).tokens();
    let hint = tokens["id_token"].as_str().unwrap();
    let query = format!("id_token_hint={hint}&post_logout_redirect_uri=https%3A%2F%2Fspa.example.test%2F");
    assert_eq!(browser.sign_out(&query).expect(303).location(), "https://spa.example.test/");
    // Expired ones are accepted, forged ones and those of others are not.
    provider.clock.advance(86_400);
    assert_eq!(browser.sign_out(&query).expect(303).location(), "https://spa.example.test/");
    for (query, description) in [
        ("id_token_hint=a.b.c".to_owned(), "could not validate id_token_hint"),
        (format!("id_token_hint={hint}x"), "could not validate id_token_hint"),
        (
            format!("id_token_hint={hint}&client_id=web"),
            "client_id does not match the provided id_token_hint",
        ),
        ("client_id=nobody".to_owned(), "invalid client nobody"),
        (
            "client_id=spa&post_logout_redirect_uri=https%3A%2F%2Fevil.test".to_owned(),
            "post_logout_redirect_uri not registered",
        ),
        (
            "client_id=spa&client_id=web".to_owned(),
            "'client_id' parameter must not be provided twice",
        ),
    ] {
        let body = browser.get(&format!("/oidc/session/end?{query}")).expect(400).json();
        assert_eq!(body["error_description"], description, "{query}");
    }
}

#[test]
fn an_address_of_nobody_in_particular_is_ignored() {
    let provider = Provider::start();
    let mut browser = provider.browser();
    let _ = browser.sign_in(&provider.app("spa"), &[]);
    let response = browser
        .sign_out("post_logout_redirect_uri=https%3A%2F%2Fspa.example.test%2F&state=x")
        .expect(303);
    assert_eq!(response.location(), "/oidc/session/end/success");
    let page = browser.get("/oidc/session/end/success").expect(200);
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
}

#[test]
fn signing_out_twice_or_without_a_session_is_no_error() {
    let provider = Provider::start();
    let mut browser = provider.browser();
    assert_eq!(browser.sign_out("").expect(303).location(), "/oidc/session/end/success");
    let _ = browser.sign_in(&provider.app("spa"), &[]);
    let _ = browser.sign_out("").expect(303);
    let _ = browser.sign_out("").expect(303);
}

#[test]
fn the_confirmation_needs_the_page_before_it() {
    let provider = Provider::start();
    let (app, mut browser) = (provider.app("spa"), provider.browser());
    let _ = browser.sign_in(&app, &[]);
    let confirm = |xsrf: &str| acceptance::Request::form("/oidc/session/end/confirm", &[("xsrf", xsrf), ("logout", "yes")]);
    let _ = browser.send(confirm("")).expect(400);
    let _ = browser.get("/oidc/session/end").expect(200);
    for xsrf in ["", "wrong"] {
        assert_eq!(
            browser.send(confirm(xsrf)).expect(400).json()["error_description"],
            "xsrf token invalid"
        );
    }
    assert!(app.callback(&browser.open(&app, &[("prompt", "none")])).get("code").is_some());
}
