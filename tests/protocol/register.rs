//! Registration with username and password through the Experience API.

use crate::{exchanges, rules};
use acceptance::{Browser, Provider};
use serde_json::{Value, json};
use vestibule_core::live::LiveStatus;

fn begun(provider: &Provider) -> Browser {
    let mut browser = provider.browser();
    let page = browser.open(&provider.app("spa"), &[("first_screen", "register")]);
    assert_eq!(page.location(), "/register?app_id=spa");
    let _ = browser.get("/register?app_id=spa").expect(200);
    browser.begin("Register");
    browser
}

fn identity(username: &str, password: &str) -> Value {
    json!({ "identifier": { "type": "username", "value": username }, "password": password })
}

#[test]
fn a_new_person_registers_and_is_signed_in() {
    let provider = Provider::start();
    let (app, mut browser) = (provider.app("spa"), begun(&provider));
    let body = identity("dora", "tangerine-kite9");
    let verified = browser
        .experience("POST", "/verification/new-password-identity", &body)
        .expect(200)
        .json();
    let id = json!({ "verificationId": verified["verificationId"] });
    let _ = browser.experience("POST", "/identification", &id).expect(201);
    let redirect_to = browser.submit();
    assert!(
        redirect_to.starts_with(&format!("{}/auth/", provider.origin().issuer())),
        "{redirect_to}"
    );
    let answer = browser.follow(&redirect_to);
    let tokens = app.callback(&answer).tokens();
    let claims = app.userinfo(tokens["access_token"].as_str().unwrap()).expect(200).json();
    let sub = claims["sub"].as_str().unwrap();
    assert!(
        sub.len() == 12 && sub.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase()),
        "{sub}"
    );

    let session = provider.newest();
    assert_eq!(provider.sessions().len(), 1);
    assert_eq!(
        (session.summary.status, session.summary.user_name.as_deref()),
        (LiveStatus::Done, Some("dora"))
    );
    let step = session.steps.iter().find(|s| s.path == "/api/experience/identification").unwrap();
    assert_eq!(step.status, 201);
    assert!(!rules(step).is_empty());
    assert_eq!(exchanges(&session)[1], ("GET", "/register", 200));

    // The password works from now on, in another browser.
    let mut other = provider.browser();
    let _ = other.open(&app, &[]);
    let redirect_to = other.enter_password("dora", "tangerine-kite9");
    let answer = other.follow(&redirect_to);
    assert!(app.callback(&answer).get("code").is_some());
}

#[test]
fn what_registration_refuses() {
    let provider = Provider::start();
    for (body, status, code) in [
        (identity("alice", "tangerine-kite9"), 422, "user.username_already_in_use"),
        (identity("9lives", "tangerine-kite9"), 400, "guard.invalid_input"),
        (identity("erik", "short"), 422, "password.rejected"),
        (identity("erik", "password"), 422, "password.rejected"),
        (
            json!({ "identifier": { "type": "username", "value": "erik" } }),
            400,
            "guard.invalid_input",
        ),
        (
            json!({ "identifier": { "type": "pigeon", "value": "erik" }, "password": "tangerine-kite9" }),
            400,
            "guard.invalid_input",
        ),
    ] {
        let mut browser = begun(&provider);
        let answer = browser
            .experience("POST", "/verification/new-password-identity", &body)
            .expect(status)
            .json();
        assert_eq!(answer["code"], code, "{answer}");
        assert!(answer["message"].as_str().is_some_and(|m| !m.is_empty()));
    }
}

#[test]
fn registration_without_what_is_mandatory_names_it() {
    let provider = Provider::start();
    let mut browser = begun(&provider);
    let answer = browser.experience("POST", "/identification", &json!({})).expect(422).json();
    assert_eq!(answer["code"], "user.missing_profile");
    assert!(
        answer["data"]["missingProfile"]
            .as_array()
            .is_some_and(|missing| !missing.is_empty()),
        "{answer}"
    );
    // Submitting now doesn't help.
    let early = browser.experience("POST", "/submit", &json!({}));
    assert_eq!(
        (early.status, early.json()["code"].as_str()),
        (404, Some("session.identifier_not_found"))
    );
}

#[test]
fn calls_out_of_order_say_what_is_missing() {
    let provider = Provider::start();
    let mut nowhere = provider.browser();
    let answer = nowhere.experience("PUT", "", &json!({ "interactionEvent": "SignIn" }));
    assert_eq!((answer.status, answer.json()["code"].as_str()), (400, Some("session.not_found")));

    let mut browser = provider.browser();
    let _ = browser.open(&provider.app("spa"), &[]);
    let body = identity("alice", acceptance::PASSWORD);
    let answer = browser.experience("POST", "/verification/password", &body);
    assert_eq!(
        (answer.status, answer.json()["code"].as_str()),
        (404, Some("session.interaction_not_found"))
    );
    browser.begin("SignIn");
    let unknown = json!({ "verificationId": "aaaaaaaaaaaaaaaaaaaaa" });
    let answer = browser.experience("POST", "/identification", &unknown);
    assert_eq!(
        (answer.status, answer.json()["code"].as_str()),
        (404, Some("session.verification_session_not_found"))
    );
    let suspended = identity("carol", acceptance::PASSWORD);
    let verified = browser.experience("POST", "/verification/password", &suspended);
    let answer = if verified.status == 200 {
        browser.experience(
            "POST",
            "/identification",
            &json!({ "verificationId": verified.json()["verificationId"] }),
        )
    } else {
        verified
    };
    assert_eq!((answer.status, answer.json()["code"].as_str()), (401, Some("user.suspended")));
}
