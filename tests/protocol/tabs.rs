//! Chapter 3.5: two tabs, two applications, two people, one browser.

use acceptance::{PASSWORD, Provider, Request};
use serde_json::json;

#[test]
fn two_tabs_of_one_application_share_the_newer_interaction() {
    let provider = Provider::start();
    let (app, mut browser) = (provider.app("spa"), provider.browser());
    let _ = browser.open(&app, &[("state", "old")]);
    let first = browser.cookie("_interaction_resume").unwrap().to_owned();
    let _ = browser.open(&app, &[("state", "new")]);
    // The old tab's page goes on, with what the newer one asked for.
    let redirect_to = browser.enter_password("alice", PASSWORD);
    assert!(!redirect_to.ends_with(&first));
    let answer = browser.follow(&redirect_to);
    assert_eq!(app.callback(&answer).get("state"), Some("new"));
    assert_eq!(provider.sessions().len(), 2);
}

#[test]
fn two_applications_are_apart() {
    let provider = Provider::start();
    let (spa, web, mut browser) = (provider.app("spa"), provider.app("web"), provider.browser());
    let _ = browser.open(&spa, &[]);
    let _ = browser.open(&web, &[]);
    // The page of the first tab says which application it is for.
    let begin = json!({ "interactionEvent": "SignIn" });
    let call = |path: &str, app: &str, body: &serde_json::Value| {
        Request::json(
            if path.is_empty() { "PUT" } else { "POST" },
            &format!("/api/experience{path}"),
            body,
        )
        .header("logto-app-id", app)
    };
    let _ = browser.send(call("", "spa", &begin)).expect(204);
    let body = json!({ "identifier": { "type": "username", "value": "alice" }, "password": PASSWORD });
    let verified = browser.send(call("/verification/password", "spa", &body)).expect(200).json();
    let id = json!({ "verificationId": verified["verificationId"] });
    // The other application's interaction has not even begun, and knows nothing of this verification.
    let stranger = browser.send(call("/identification", "web", &id)).expect(404).json();
    assert_eq!(stranger["code"], "session.interaction_not_found");
    let _ = browser.send(call("/identification", "spa", &id)).expect(204);
    let submitted = browser.send(call("/submit", "spa", &json!({}))).expect(200).json();
    let answer = browser.follow(submitted["redirectTo"].as_str().unwrap());
    assert!(spa.callback(&answer).get("code").is_some());

    // The second tab still waits; signing in there as well works, and the session is renewed.
    let before = browser.cookie("_session").unwrap().to_owned();
    let redirect_to = browser.enter_password("alice", PASSWORD);
    let answer = browser.follow(&redirect_to);
    assert!(web.callback(&answer).get("code").is_some());
    assert_ne!(browser.cookie("_session"), Some(before.as_str()));
    let sessions = provider.sessions();
    let apps: Vec<&str> = sessions.iter().map(|s| s.app_name.as_str()).collect();
    assert!(
        apps.len() == 2 && apps.contains(&"Single page") && apps.contains(&"Web shop"),
        "{apps:?}"
    );
}

#[test]
fn the_query_of_a_page_names_the_application_too() {
    let provider = Provider::start();
    let mut browser = provider.browser();
    let _ = browser.open(&provider.app("spa"), &[]);
    let _ = browser.open(&provider.app("web"), &[]);
    for (app, name) in [("spa", "Single page"), ("web", "Web shop")] {
        let page = browser.get(&format!("/sign-in?app_id={app}")).expect(200);
        assert!(page.text().contains(name), "{app}: {}", page.text());
    }
    let newest = browser.get("/sign-in").expect(200);
    assert!(newest.text().contains("Web shop"));
}

#[test]
fn one_session_serves_several_applications() {
    let provider = Provider::start();
    let (spa, web, mut browser) = (provider.app("spa"), provider.app("web"), provider.browser());
    let first = browser.sign_in(&spa, &[]).tokens();
    // New to the session: no page, only the consent hop.
    let hop = browser.open(&web, &[("first_screen", "register")]).expect(303);
    assert_eq!(hop.location(), "/consent?app_id=web");
    let answer = browser.follow("/consent?app_id=web");
    let second = web.callback(&answer).tokens();
    let sub = |tokens: &serde_json::Value| web.userinfo(tokens["access_token"].as_str().unwrap()).expect(200).json()["sub"].clone();
    assert_eq!(sub(&first), sub(&second));
    // From now on neither asks anything.
    for app in [&spa, &web] {
        assert!(
            app.callback(&browser.open(app, &[("first_screen", "register")]))
                .get("code")
                .is_some()
        );
    }
}

#[test]
fn another_person_on_the_same_browser_takes_over() {
    let provider = Provider::start();
    let (app, mut browser) = (provider.app("keeper"), provider.browser());
    let alice = browser.sign_in_as("alice", &app, &[]).tokens();
    let bob = browser.sign_in_as("bob", &app, &[("prompt", "login")]).tokens();
    let sub = |tokens: &serde_json::Value| app.userinfo(tokens["access_token"].as_str().unwrap()).expect(200).json()["sub"].clone();
    assert_eq!(sub(&bob), "bob000000001");
    // Alice's session ended, and with it what was bound to it.
    assert_eq!(
        app.refresh(alice["refresh_token"].as_str().unwrap()).expect(400).json()["error"],
        "invalid_grant"
    );
    // A hint for alice makes the page open again.
    let hint = alice["id_token"].as_str().unwrap();
    let page = browser.open(&app, &[("id_token_hint", hint)]);
    assert_eq!(page.location(), "/sign-in?app_id=keeper");
    let silent = app.callback(&browser.open(&app, &[("id_token_hint", hint), ("prompt", "none")]));
    assert_eq!(silent.get("error"), Some("login_required"));
}

#[test]
fn two_browsers_know_nothing_of_each_other() {
    let provider = Provider::start();
    let (app, mut one, mut two) = (provider.app("spa"), provider.browser(), provider.browser());
    let _ = one.sign_in_as("alice", &app, &[]);
    assert_eq!(two.open(&app, &[]).location(), "/sign-in?app_id=spa");
    let _ = two.sign_in_as("bob", &app, &[]);
    let _ = two.sign_out("client_id=spa");
    assert!(app.callback(&one.open(&app, &[("prompt", "none")])).get("code").is_some());
}
