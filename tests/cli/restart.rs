//! An orderly end, and a second start that knows everything.

use crate::{admin_spa, bookstore, exit};
use acceptance::{Request, Start, tree};
use tempfile::TempDir;

#[test]
fn both_signals_end_it_in_order_and_everything_is_there_again() {
    let dir = TempDir::new().unwrap();
    let process = Start::serve(dir.path()).ready();
    let (app, mut browser) = (bookstore(process.origin), process.browser());
    let page = browser.open(&app, &[("scope", "openid profile")]).expect(303);
    let _ = browser.get(page.location()).expect(200);
    let redirect_to = browser.become_somebody_new();
    let answer = browser.follow(&redirect_to);
    let tokens = app.callback(&answer).tokens();
    let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
    let claims = app.userinfo(&text("access_token")).expect(200).json();
    let key = process.origin.send(&Request::get("/oidc/jwks")).json();

    let (mut process, mut refresh) = (process, text("refresh_token"));
    for signal in ["TERM", "INT", "TERM"] {
        let ended = process.end(signal);
        assert_eq!(ended.status.code(), exit::STOPPED, "{signal}: {}", ended.stderr);
        process = Start::serve(dir.path()).ready();
        let app = bookstore(process.origin);
        browser = browser.moved(process.origin);
        // The key, the session, the person, the tokens.
        assert_eq!(process.origin.send(&Request::get("/oidc/jwks")).json(), key);
        assert!(
            app.callback(&browser.open(&app, &[("scope", "openid profile"), ("prompt", "none")]))
                .get("code")
                .is_some()
        );
        assert_eq!(app.userinfo(&text("access_token")).expect(200).json(), claims);
        refresh = app.refresh(&refresh).expect(200).json()["refresh_token"]
            .as_str()
            .unwrap()
            .to_owned();
    }
    let ended = process.end("TERM");
    assert!(!ended.stderr.contains("Demo data"), "demo data is offered once: {}", ended.stderr);
}

#[test]
fn a_start_and_an_end_without_requests_change_no_data() {
    let dir = TempDir::new().unwrap();
    crate::used(dir.path());
    // The first restart may tidy up; from then on the same files stay the same size.
    crate::used(dir.path());
    let names = |dir: &TempDir| tree::snapshot(dir.path()).into_keys().collect::<Vec<_>>();
    let before = names(&dir);
    crate::used(dir.path());
    assert_eq!(names(&dir).len(), before.len(), "{before:?} {:?}", names(&dir));
}

#[test]
fn an_open_sign_in_survives_a_restart() {
    let dir = TempDir::new().unwrap();
    let process = Start::plain(dir.path()).ready();
    let mut browser = process.browser();
    let _ = browser.open(&admin_spa(process.origin), &[]).expect(303);
    browser.begin("SignIn");
    let _ = process.end("TERM");
    let process = Start::plain(dir.path()).ready();
    let (app, mut browser) = (admin_spa(process.origin), browser.moved(process.origin));
    let redirect_to = browser.become_somebody_new();
    let answer = browser.follow(&redirect_to);
    assert!(app.callback(&answer).get("code").is_some());
}

#[test]
fn demo_data_is_offered_once() {
    let dir = TempDir::new().unwrap();
    let ended = Start::serve(dir.path()).ready().end("TERM");
    assert!(ended.stderr.contains("Demo data"), "{}", ended.stderr);
    let ended = Start::serve(dir.path()).ready().end("TERM");
    assert!(!ended.stderr.contains("Demo data"), "{}", ended.stderr);
}

#[test]
fn requests_in_flight_are_answered_before_the_end() {
    let dir = TempDir::new().unwrap();
    let process = Start::serve(dir.path()).ready();
    let origin = process.origin;
    // A password check takes some time; the signal comes while it runs.
    let mut browser = process.browser();
    let _ = browser.open(&admin_spa(origin), &[]).expect(303);
    browser.begin("SignIn");
    let body = serde_json::json!({ "identifier": { "type": "username", "value": "alice" }, "password": "knock-knock-come-in" });
    let call = std::thread::spawn(move || browser.experience("POST", "/verification/password", &body));
    assert_eq!(process.end("TERM").status.code(), exit::STOPPED);
    // Either it was accepted and then answered in full, or the door was shut before it came.
    if let Ok(response) = call.join() {
        assert_eq!(response.status, 200, "{}", response.text());
    }
}
