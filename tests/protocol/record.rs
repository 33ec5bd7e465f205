//! A whole sign-in is one live session: every exchange in order, with its arrows and its reasons.

use crate::{card, exchanges, rules};
use acceptance::{Provider, Request};
use serde_json::json;
use vestibule_core::Outcome;
use vestibule_core::live::{Lane, LiveStatus, ParamFate, StepKind};

#[test]
fn a_password_sign_in_and_all_its_tokens_are_one_session() {
    let provider = Provider::start();
    let (app, mut browser) = (provider.app("spa"), provider.browser());
    let extra = [
        ("scope", "openid profile offline_access"),
        ("prompt", "login consent"),
        ("nonce", "n-1"),
    ];
    let tokens = browser.sign_in(&app, &extra).tokens();
    let (access, refresh) = (tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());
    assert_eq!(app.userinfo(access).expect(200).json()["sub"], "alice0000001");
    assert_eq!(app.introspect(access).expect(200).json()["active"], true);
    let renewed = app.refresh(refresh).expect(200).json();
    let _ = app.revoke(renewed["refresh_token"].as_str().unwrap()).expect(200);
    let _ = app.userinfo(access).expect(401);
    let _ = app.refresh(refresh).expect(400);

    let sessions = provider.sessions();
    assert_eq!(sessions.len(), 1, "{sessions:#?}");
    let session = provider.newest();
    let uid = &session.steps[0].snapshot.as_ref().unwrap()["uid"];
    let consent = &session.steps[6].snapshot.as_ref().unwrap()["uid"];
    assert_eq!(
        exchanges(&session),
        [
            ("GET", "/oidc/auth", 303),
            ("GET", "/sign-in", 200),
            ("PUT", "/api/experience", 204),
            ("POST", "/api/experience/verification/password", 200),
            ("POST", "/api/experience/identification", 204),
            ("POST", "/api/experience/submit", 200),
            ("GET", &format!("/oidc/auth/{}", uid.as_str().unwrap()), 303),
            ("GET", "/consent", 302),
            ("GET", &format!("/oidc/auth/{}", consent.as_str().unwrap()), 303),
            ("POST", "/oidc/token", 200),
            ("GET", "/oidc/me", 200),
            ("POST", "/oidc/token/introspection", 200),
            ("POST", "/oidc/token", 200),
            ("POST", "/oidc/token/revocation", 200),
            ("GET", "/oidc/me", 401),
            ("POST", "/oidc/token", 400),
        ]
    );
    assert!(session.steps.windows(2).all(|pair| pair[0].seq < pair[1].seq));
    for step in &session.steps {
        assert!(!step.arrows.is_empty(), "{} has no arrows", step.path);
        assert_eq!(step.live, session.summary.id);
        assert!(step.wire);
        // A page that is only shown decides nothing; everything else says why it answered as it did.
        assert!(
            step.kind == StepKind::Page || !step.because.is_empty(),
            "{} says nothing",
            step.path
        );
        for card in &step.because {
            assert!(!card.title.is_empty() && !card.source.is_empty(), "{card:?}");
        }
    }
    let kinds: Vec<StepKind> = session.steps.iter().map(|s| s.kind).collect();
    assert_eq!(kinds[..3], [StepKind::Authorize, StepKind::Page, StepKind::Experience]);
    assert_eq!(
        kinds[6..10],
        [StepKind::Resume, StepKind::Consent, StepKind::Resume, StepKind::Token]
    );
    assert_eq!(
        kinds[10..14],
        [StepKind::Userinfo, StepKind::Introspection, StepKind::Token, StepKind::Revocation]
    );
}

#[test]
fn each_step_says_why() {
    let provider = Provider::start();
    let (app, mut browser) = (provider.app("spa"), provider.browser());
    let _ = browser.sign_in(&app, &[("nonce", "n-1")]).tokens();
    let session = provider.newest();
    let step = |path: &str| session.steps.iter().find(|s| s.path == path).unwrap();

    assert_eq!(rules(step("/oidc/auth")), ["prompt.no_session"]);
    assert!(rules(step("/api/experience")).contains(&"experience.begin"));
    assert_eq!(
        card(step("/api/experience/submit"), rules(step("/api/experience/submit"))[0]).outcome,
        Outcome::Decided
    );
    let resumes: Vec<_> = session.steps.iter().filter(|s| s.kind == StepKind::Resume).collect();
    assert!(rules(resumes[0]).contains(&"resume.session") && rules(resumes[0]).contains(&"prompt.grant_missing"));
    assert_eq!(card(step("/consent"), "consent.first_party").outcome, Outcome::Decided);
    assert_eq!(card(resumes[1], "authorize.code").outcome, Outcome::Passed);
    let token = step("/oidc/token");
    for rule in ["client.authenticated", "token.pkce", "token.refresh_token"] {
        assert!(rules(token).contains(&rule), "{rule}: {:?}", rules(token));
    }
    let names: Vec<&str> = token.tokens.iter().map(|t| &*t.name).collect();
    assert!(names.contains(&"id_token") && names.contains(&"access_token"), "{names:?}");
    let id_token = token.tokens.iter().find(|t| t.name == "id_token").unwrap();
    assert_eq!((&*id_token.format, &id_token.claims["nonce"]), ("JWT", &json!("n-1")));
    assert_eq!(id_token.header.as_ref().unwrap()["alg"], "ES384");
    assert!(id_token.absent.iter().any(|n| n.claim == "auth_time"));

    assert!(step("/oidc/auth").params.iter().all(|p| p.fate == ParamFate::Used));
    let summary = &session.summary;
    assert_eq!(
        (summary.app_name.as_str(), summary.user_name.as_deref()),
        ("Single page", Some("Alice"))
    );
    assert_eq!((summary.status, &*summary.outcome), (LiveStatus::Done, "tokens issued"));
    assert_eq!(summary.waiting_for, None);
}

#[test]
fn the_arrows_run_between_the_right_lifelines() {
    let provider = Provider::start();
    let (app, mut browser) = (provider.app("spa"), provider.browser());
    let _ = browser.sign_in(&app, &[]).tokens();
    let session = provider.newest();
    let first = |n: usize| (session.steps[n].arrows[0].from, session.steps[n].arrows[0].to);
    let last = |n: usize| {
        let arrow = session.steps[n].arrows.last().unwrap();
        (arrow.from, arrow.to, &*arrow.label)
    };
    assert_eq!(first(0), (Lane::Client, Lane::Provider));
    assert_eq!(last(0), (Lane::Provider, Lane::Experience, "303 /sign-in"));
    assert_eq!(first(2), (Lane::Experience, Lane::Interaction));
    assert_eq!(last(6), (Lane::Provider, Lane::Experience, "303 /consent"));
    assert_eq!(last(8), (Lane::Provider, Lane::Client, "303 redirect with code"));
    assert_eq!(first(9), (Lane::Client, Lane::Provider));
    assert_eq!(last(9), (Lane::Provider, Lane::Client, "200 tokens"));
}

#[test]
fn a_wrong_password_stays_in_the_session_with_the_reason_that_the_wire_hides() {
    let provider = Provider::start();
    let mut browser = provider.browser();
    let _ = browser.open(&provider.app("spa"), &[]);
    browser.begin("SignIn");
    for (username, reason) in [("alice", "password"), ("nobody", "")] {
        let body = json!({ "identifier": { "type": "username", "value": username }, "password": "wrong-guess-77" });
        let answer = browser.experience("POST", "/verification/password", &body).expect(422).json();
        assert_eq!(answer["code"], "session.invalid_credentials");
        let step = provider.last_step();
        let error = step.error.as_ref().unwrap();
        assert_eq!(error.error, "session.invalid_credentials");
        assert!(error.detail.as_deref().unwrap_or_default().contains(reason), "{error:?}");
        assert!(!answer.to_string().contains(error.detail.as_deref().unwrap()), "{answer}");
    }
    assert_eq!(provider.sessions().len(), 1);
}

#[test]
fn what_belongs_to_no_sign_in_is_a_session_of_its_own() {
    let provider = Provider::start();
    let job = provider.app("job");
    let form = [("grant_type", "client_credentials"), ("resource", "https://stock.example.test")];
    let _ = provider.send(&job.form("/oidc/token", &form)).expect(200);
    let _ = provider.app("spa").userinfo("never-issued").expect(401);
    let _ = provider
        .browser()
        .open(&provider.app("spa"), &[("client_id", "nobody")])
        .expect(400);
    let _ = provider.app("spa").introspect("never-issued").expect(200);
    assert!(rules(&provider.last_step()).contains(&"introspection.result"));
    let _ = provider.app("spa").revoke("never-issued").expect(200);
    assert!(rules(&provider.last_step()).contains(&"revocation.unknown"));
    let sessions = provider.sessions();
    assert_eq!(sessions.len(), 5);
    let done: Vec<_> = sessions
        .iter()
        .filter(|s| s.status == LiveStatus::Done)
        .map(|s| s.app_name.as_str())
        .collect();
    assert_eq!(done, ["Single page", "Single page", "Job"]);
    assert!(
        sessions.iter().all(|s| !s.outcome.is_empty() && !s.headline.is_empty()),
        "{sessions:#?}"
    );
    assert!(
        sessions.iter().filter(|s| s.status == LiveStatus::Failed).count() >= 1,
        "{sessions:#?}"
    );
    // Documents, preflights and the status are nobody's sign-in.
    for target in ["/oidc/jwks", "/oidc/.well-known/openid-configuration", "/api/status"] {
        let _ = provider.send(&Request::get(target));
    }
    let _ = provider.send(&Request::new("OPTIONS", "/oidc/token"));
    assert_eq!(provider.sessions().len(), 5);
}

#[test]
fn a_pushed_request_and_its_sign_in_are_one_session() {
    let provider = Provider::start();
    let (app, mut browser) = (provider.app("spa"), provider.browser());
    let pairs = app.pairs(&[("first_screen", "register")]);
    let borrowed: Vec<(&str, &str)> = pairs
        .iter()
        .filter(|(n, _)| n != "client_id")
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    let pushed = provider.send(&app.form("/oidc/request", &borrowed)).expect(201).json();
    assert_eq!(pushed["expires_in"], 60);
    let uri = pushed["request_uri"].as_str().unwrap();
    let target = format!(
        "/oidc/auth?{}",
        acceptance::wire::encode(&[("client_id", "spa"), ("request_uri", uri)])
    );
    assert_eq!(browser.get(&target).expect(303).location(), "/register?app_id=spa");
    assert_eq!(provider.sessions().len(), 1);
    assert_eq!(
        exchanges(&provider.newest()),
        [("POST", "/oidc/request", 201), ("GET", "/oidc/auth", 303)]
    );
    // It works once.
    assert_eq!(browser.get(&target).expect(400).json()["error"], "invalid_request_uri");
}

#[test]
fn live_sessions_outlive_an_orderly_restart() {
    let provider = Provider::in_directory();
    let _ = provider.browser().sign_in(&provider.app("spa"), &[]).tokens();
    let before = provider.newest();
    let provider = provider.restarted();
    let listed = provider.sessions();
    assert_eq!(listed, std::slice::from_ref(&before.summary));
    // The steps are read back beside the first requests; each look asks the engine anew.
    while provider.newest().steps.len() < before.steps.len() {
        std::thread::yield_now();
    }
    let after = provider.newest();
    assert_eq!(exchanges(&before), exchanges(&after));
    for (mut before, after) in before.steps.into_iter().zip(after.steps) {
        // What was on the wire is not written to disk.
        before.wire = false;
        assert_eq!(before, after);
    }
}

#[test]
fn a_session_goes_on_after_a_restart_as_one_entry_with_rising_numbers() {
    let provider = Provider::in_directory();
    let tokens = provider.browser().sign_in(&provider.app("keeper"), &[]).tokens();
    let before = provider.newest();
    let provider = provider.restarted();
    // The very first request belongs to an old session.
    let _ = provider
        .app("keeper")
        .refresh(tokens["refresh_token"].as_str().unwrap())
        .expect(200);
    let sessions = provider.sessions();
    assert_eq!(sessions.len(), 1, "{sessions:#?}");
    assert_eq!(
        (sessions[0].started_at, sessions[0].steps),
        (before.summary.started_at, before.summary.steps + 1)
    );
    assert_eq!(
        (sessions[0].app_name.as_str(), sessions[0].user_name.as_deref()),
        ("Keeper", Some("Alice"))
    );
    assert!(sessions[0].seq > before.summary.seq);
    let _ = provider.browser().open(&provider.app("spa"), &[]);
    assert!(provider.last_step().seq > sessions[0].seq);
}

#[test]
fn what_repeats_itself_is_told_eight_times_and_a_refusal_always() {
    let provider = Provider::start();
    let app = provider.app("web");
    let tokens = provider.browser().sign_in(&app, &[]).tokens();
    let access = tokens["access_token"].as_str().unwrap();
    let before = provider.newest().steps.len();
    for _ in 0..6 {
        let _ = app.userinfo(access).expect(200);
        assert_eq!(app.introspect(access).expect(200).json()["active"], true);
    }
    let session = provider.newest();
    assert_eq!((session.steps.len() - before, session.summary.uncounted), (8, 4));

    let foreign = Request::get("/oidc/me")
        .header("authorization", format!("Bearer {access}"))
        .header("origin", "https://elsewhere.test");
    let _ = provider.send(&foreign).expect(400);
    let session = provider.newest();
    let step = session.steps.last().unwrap();
    assert_eq!((step.kind, step.status, session.summary.uncounted), (StepKind::Userinfo, 400, 4));
    assert!(step.because.iter().any(|card| card.rule == "token.origin"), "{:#?}", step.because);
}
