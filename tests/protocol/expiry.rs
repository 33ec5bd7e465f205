//! Chapter 1.6: how long things live, with a clock set by hand.

use acceptance::{App, Provider};
use serde_json::json;
use vestibule_core::live::LiveStatus;

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

fn text(tokens: &serde_json::Value, name: &str) -> String {
    tokens[name].as_str().unwrap_or_else(|| panic!("no {name} in {tokens}")).to_owned()
}

#[test]
fn a_code_is_good_for_sixty_seconds() {
    let provider = Provider::start();
    let app = provider.app("spa");
    let mut browser = provider.browser();
    let answer = browser.sign_in(&app, &[]);
    provider.clock.advance(59);
    let _ = answer.tokens();

    let answer = app.callback(&browser.open(&app, &[]));
    provider.clock.advance(60);
    let refused = app.redeem(answer.code()).expect(400).json();
    assert_eq!(refused["error"], "invalid_grant");
    assert!(provider.last_step().error.unwrap().detail.unwrap().contains("expired 0 s ago"));
    // A late code revokes nothing; only a used one does.
    assert!(app.callback(&browser.open(&app, &[("prompt", "none")])).get("code").is_some());
}

#[test]
fn an_interaction_is_good_for_an_hour() {
    let provider = Provider::start();
    let app = provider.app("spa");
    let (mut early, mut late) = (provider.browser(), provider.browser());
    let _ = early.open(&app, &[]);
    let _ = late.open(&app, &[]);
    provider.clock.advance(HOUR - 1);
    let redirect_to = early.enter_password("alice", acceptance::PASSWORD);
    assert!(app.callback(&early.follow(&redirect_to)).get("code").is_some());
    late.begin("SignIn");
    provider.clock.advance(1);
    let answer = late
        .experience("PUT", "", &json!({ "interactionEvent": "SignIn" }))
        .expect(400)
        .json();
    assert_eq!(answer["code"], "session.not_found");
    let expired = provider.sessions().into_iter().filter(|s| s.status == LiveStatus::Expired).count();
    assert_eq!(expired, 1, "{:#?}", provider.sessions());
}

#[test]
fn tokens_are_good_for_an_hour() {
    let provider = Provider::start();
    let app = provider.app("spa");
    let tokens = provider.browser().sign_in(&app, &[]).tokens();
    assert_eq!(tokens["expires_in"], HOUR);
    let access = text(&tokens, "access_token");
    provider.clock.advance(HOUR - 1);
    let _ = app.userinfo(&access).expect(200);
    provider.clock.advance(1);
    let _ = app.userinfo(&access).expect(401);
    assert_eq!(app.introspect(&access).json(), json!({ "active": false }));
}

#[test]
fn a_session_is_good_for_fourteen_days() {
    let provider = Provider::start();
    let app = provider.app("spa");
    let mut browser = provider.browser();
    let _ = browser.sign_in(&app, &[]);
    provider.clock.advance(14 * DAY - 1);
    assert!(app.callback(&browser.open(&app, &[("prompt", "none")])).get("code").is_some());
    provider.clock.advance(1);
    assert_eq!(
        app.callback(&browser.open(&app, &[("prompt", "none")])).get("error"),
        Some("login_required")
    );
}

#[test]
fn max_age_asks_again_when_it_is_passed() {
    let provider = Provider::start();
    let app = provider.app("spa");
    let mut browser = provider.browser();
    let _ = browser.sign_in(&app, &[]);
    provider.clock.advance(100);
    assert!(app.callback(&browser.open(&app, &[("max_age", "100")])).get("code").is_some());
    assert_eq!(browser.open(&app, &[("max_age", "99")]).location(), "/sign-in?app_id=spa");
    assert_eq!(browser.open(&app, &[("max_age", "0")]).location(), "/sign-in?app_id=spa");
    let silent = app.callback(&browser.open(&app, &[("max_age", "99"), ("prompt", "none")]));
    assert_eq!(silent.get("error"), Some("login_required"));
}

#[test]
fn a_rotated_refresh_token_is_tolerated_for_three_seconds() {
    let provider = Provider::start();
    let app = provider.app("keeper");
    let tokens = provider.browser().sign_in(&app, &[]).tokens();
    let first = text(&tokens, "refresh_token");
    let second = text(&app.refresh(&first).expect(200).json(), "refresh_token");
    assert_ne!(first, second);
    provider.clock.advance(3);
    let third = text(&app.refresh(&first).expect(200).json(), "refresh_token");
    let _ = app.refresh(&second).expect(200);
    provider.clock.advance(1);
    // Now it is theft: everything of the grant ends.
    assert_eq!(app.refresh(&first).expect(400).json()["error"], "invalid_grant");
    let card = provider.last_step();
    assert!(crate::rules(&card).contains(&"token.refresh_reuse"));
    for dead in [&third, &second] {
        assert_eq!(app.refresh(dead).expect(400).json()["error"], "invalid_grant");
    }
    let _ = app.userinfo(&text(&tokens, "access_token")).expect(401);
}

/// Signs in and answers the refresh token.
fn refresh_token(provider: &Provider, app: &App) -> String {
    let extra = [("scope", "openid offline_access"), ("prompt", "consent")];
    text(&provider.browser().sign_in(app, &extra).tokens(), "refresh_token")
}

#[test]
fn a_single_page_application_keeps_what_is_left_of_its_fourteen_days() {
    let provider = Provider::start();
    let app = provider.app("spa");
    let mut token = refresh_token(&provider, &app);
    for _ in 0..13 {
        provider.clock.advance(DAY);
        token = text(&app.refresh(&token).expect(200).json(), "refresh_token");
    }
    provider.clock.advance(DAY - 1);
    let last = text(&app.refresh(&token).expect(200).json(), "refresh_token");
    provider.clock.advance(1);
    let _ = app.refresh(&last).expect(400);
}

#[test]
fn a_client_with_a_secret_rotates_after_seventy_percent_and_starts_afresh() {
    let provider = Provider::start();
    let app = provider.app("web");
    let token = refresh_token(&provider, &app);
    provider.clock.advance(9 * DAY);
    assert_eq!(text(&app.refresh(&token).expect(200).json(), "refresh_token"), token);
    provider.clock.advance(DAY);
    let renewed = text(&app.refresh(&token).expect(200).json(), "refresh_token");
    assert_ne!(renewed, token);
    // A full lifetime from the rotation on.
    provider.clock.advance(14 * DAY - 1);
    let _ = app.refresh(&renewed).expect(200);
}

#[test]
fn a_refresh_token_without_offline_access_ends_with_the_session() {
    let provider = Provider::start();
    let (bound, free) = (provider.app("keeper"), provider.app("spa"));
    let mut browser = provider.browser();
    let bound_token = text(&browser.sign_in(&bound, &[]).tokens(), "refresh_token");
    let extra = [("scope", "openid offline_access"), ("prompt", "consent")];
    let answer = browser.open(&free, &extra).expect(303).location().to_owned();
    let free_token = text(&free.callback(&browser.follow(&answer)).tokens(), "refresh_token");
    let _ = browser.sign_out("client_id=keeper").expect(303);
    assert_eq!(bound.refresh(&bound_token).expect(400).json()["error"], "invalid_grant");
    let _ = free.refresh(&free_token).expect(200);
}

#[test]
fn a_pushed_request_is_good_for_sixty_seconds() {
    let provider = Provider::start();
    let app = provider.app("spa");
    let push = || {
        let pairs = app.pairs(&[]);
        let borrowed: Vec<(&str, &str)> = pairs
            .iter()
            .filter(|(n, _)| n != "client_id")
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        let pushed = provider.send(&app.form("/oidc/request", &borrowed)).expect(201).json();
        let uri = text(&pushed, "request_uri");
        format!(
            "/oidc/auth?{}",
            acceptance::wire::encode(&[("client_id", "spa"), ("request_uri", &uri)])
        )
    };
    let target = push();
    provider.clock.advance(59);
    let _ = provider.browser().get(&target).expect(303);
    let target = push();
    provider.clock.advance(60);
    assert_eq!(provider.browser().get(&target).expect(400).json()["error"], "invalid_request_uri");
}

#[test]
fn what_has_expired_stays_expired_after_a_restart() {
    let provider = Provider::in_directory();
    let app = provider.app("spa");
    let mut browser = provider.browser();
    let tokens = browser.sign_in(&app, &[]).tokens();
    provider.clock.advance(HOUR);
    let provider = provider.restarted();
    let (app, mut browser) = (provider.app("spa"), browser.moved(provider.origin()));
    let _ = app.userinfo(&text(&tokens, "access_token")).expect(401);
    assert!(app.callback(&browser.open(&app, &[("prompt", "none")])).get("code").is_some());
}
