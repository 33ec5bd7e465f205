//! Chapter 1.11: when a page opens, when consent is a hop, and when neither happens. Chapter 3.6: pages without a sign-in.

use acceptance::{Provider, Request};
use serde_json::json;

#[test]
fn with_a_session_and_a_grant_the_code_comes_at_once() {
    let provider = Provider::start();
    let (app, mut browser) = (provider.app("spa"), provider.browser());
    let _ = browser.sign_in(&app, &[]);
    let answer = app.callback(&browser.open(&app, &[("nonce", "n")]));
    let names: Vec<&str> = answer.pairs.iter().map(|(n, _)| n.as_str()).collect();
    assert_eq!(names, ["code", "state", "iss"]);
    assert_eq!(answer.get("iss"), Some(provider.origin().issuer().as_str()));
    assert_eq!(answer.code().len(), 43);
}

#[test]
fn prompt_login_and_consent_ask_again() {
    let provider = Provider::start();
    let (app, mut browser) = (provider.app("spa"), provider.browser());
    let _ = browser.sign_in(&app, &[]);
    assert_eq!(browser.open(&app, &[("prompt", "login")]).location(), "/sign-in?app_id=spa");
    assert_eq!(browser.open(&app, &[("prompt", "consent")]).location(), "/consent?app_id=spa");
    assert_eq!(browser.open(&app, &[("prompt", "login consent")]).location(), "/sign-in?app_id=spa");
    // More than was granted: the hop again.
    assert_eq!(browser.open(&app, &[("scope", "openid profile")]).location(), "/consent?app_id=spa");
    let silent = app.callback(&browser.open(&app, &[("scope", "openid profile"), ("prompt", "none")]));
    assert_eq!(silent.get("error"), Some("consent_required"));
}

#[test]
fn native_applications_always_pass_the_consent_hop() {
    let provider = Provider::start();
    let (app, mut browser) = (provider.app("native"), provider.browser());
    let _ = browser.sign_in(&app, &[]);
    assert_eq!(browser.open(&app, &[]).location(), "/consent?app_id=native");
    let silent = app.callback(&browser.open(&app, &[("prompt", "none")]));
    assert_eq!(silent.get("error"), Some("interaction_required"));
    assert_eq!(silent.get("error_description"), Some("native clients require End-User interaction"));
}

#[test]
fn a_third_party_application_needs_the_persons_consent() {
    let provider = Provider::start();
    let (app, mut browser) = (provider.app("partner"), provider.browser());
    let _ = browser.open(&app, &[("scope", "openid profile")]);
    let redirect_to = browser.enter_password("alice", acceptance::PASSWORD);
    assert_eq!(browser.get(&redirect_to).location(), "/consent?app_id=partner");
    let page = browser.get("/consent?app_id=partner").expect(200);
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    let asked = browser.get("/api/interaction/consent").expect(200).json();
    assert_eq!(
        (&asked["application"]["id"], &asked["user"]["username"]),
        (&json!("partner"), &json!("alice"))
    );
    assert_eq!(asked["missingOIDCScope"], json!(["profile"]));
    // Nothing is given before the person says so.
    let silent = app.callback(&browser.clone().open(&app, &[("scope", "openid profile"), ("prompt", "none")]));
    assert_eq!(silent.get("error"), Some("consent_required"));
    let foreign = Request::json("POST", "/api/interaction/consent", &json!({})).header("origin", "https://evil.test");
    assert_eq!(browser.send(foreign).expect(403).json()["code"], "auth.forbidden");
    let allowed = browser
        .send(Request::json("POST", "/api/interaction/consent", &json!({})))
        .expect(200)
        .json();
    let answer = browser.follow(allowed["redirectTo"].as_str().unwrap());
    assert_eq!(app.callback(&answer).tokens()["scope"], "openid profile");
}

#[test]
fn a_suspended_person_is_signed_out_everywhere() {
    use vestibule_core::console::ConsoleRequest;
    let provider = Provider::start();
    let (app, mut browser) = (provider.app("spa"), provider.browser());
    let tokens = browser.sign_in(&app, &[]).tokens();
    let suspend = |suspended| ConsoleRequest::SetSuspended {
        id: "alice0000001".into(),
        suspended,
    };
    let _ = provider.console(suspend(true)).unwrap();
    let refused = app.userinfo(tokens["access_token"].as_str().unwrap());
    assert!(matches!(refused.status, 400 | 401), "{}", refused.text());
    assert_eq!(
        app.callback(&browser.open(&app, &[("prompt", "none")])).get("error"),
        Some("login_required")
    );
    let _ = provider.console(suspend(false)).unwrap();
    let _ = browser.sign_in(&app, &[]).tokens();
}

#[test]
fn a_page_without_a_sign_in_explains_itself() {
    let provider = Provider::start();
    for path in [
        "/",
        "/sign-in",
        "/register",
        "/consent",
        "/identifier-sign-in",
        "/direct/social/google",
        "/unknown-session",
    ] {
        let page = provider.browser().get(path);
        assert!(matches!(page.status, 200 | 302), "{path}: {}", page.status);
        assert!(
            page.status == 302 || page.header("content-type").unwrap().starts_with("text/html"),
            "{path}"
        );
    }
    assert_eq!(provider.browser().get("/sign-in?preview=1").status, 200);
}

#[test]
fn without_development_sign_in_nobody_continues_without_proof() {
    use vestibule_core::console::{ConsoleReply, ConsoleRequest};
    let provider = Provider::start();
    let Ok(ConsoleReply::Settings(mut settings)) = provider.console(ConsoleRequest::Settings) else {
        panic!()
    };
    let (app, mut browser) = (provider.app("spa"), provider.browser());
    let _ = browser.open(&app, &[]);
    let redirect_to = browser.become_somebody_new();
    let tokens = app.callback(&browser.follow(&redirect_to)).tokens();
    assert_eq!(
        app.userinfo(tokens["access_token"].as_str().unwrap()).expect(200).json()["sub"]
            .as_str()
            .unwrap()
            .len(),
        12
    );

    settings.development_sign_in = false;
    let _ = provider.console(ConsoleRequest::UpdateSettings { settings }).unwrap();
    let mut browser = provider.browser();
    let _ = browser.open(&app, &[]);
    browser.begin("SignIn");
    for body in [json!({ "newPerson": true }), json!({ "userId": "alice0000001" })] {
        let answer = browser
            .experience("POST", "/verification/development-sign-in", &body)
            .expect(403)
            .json();
        assert_eq!(answer["code"], "auth.forbidden");
    }
    let page = browser.get("/sign-in?app_id=spa").expect(200);
    assert!(page.text().contains("\"developmentSignIn\":null"), "{}", page.text());
}
