//! Killed in the middle of its work, fifty times over: whatever the provider had acknowledged is there again.
//!
//! Several clients sign people in, redeem codes and use refresh tokens at the same time. After some number of
//! acknowledgements, another one each round, the process is killed without warning and started again on its data.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

use acceptance::{App, Browser, Origin, Process, Request, Response, Start};
use serde_json::{Value, json};
use std::sync::mpsc::{Sender, channel};
use tempfile::TempDir;

const ROUNDS: usize = 50;
const CLIENTS: usize = 6;

/// What one sign-in was told.
#[derive(Default)]
struct Journey {
    app: &'static str,
    /// The person who was made up for it.
    user: Option<String>,
    /// The browser, once it holds a session cookie.
    session: Option<Browser>,
    /// Whether a code came, so that the session knows the application.
    granted: bool,
    /// The newest access and refresh token.
    tokens: Option<(String, String)>,
    /// A refresh was on its way when the process died: nobody can know whether the token was replaced.
    refreshing: bool,
}

fn app(origin: Origin, id: &str) -> App {
    match id {
        "web" => App::new(origin, "web", "https://web.example.test/callback", Some("web-secret")),
        _ => App::new(origin, "admin-spa", "http://localhost:5173/callback", None),
    }
}

fn ask(origin: Origin, request: &Request) -> Option<Response> {
    origin.raw(&request.bytes(origin)).ok()?
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}")).to_owned()
}

/// Signs a new person in and uses the tokens, noting every acknowledgement, until the provider is gone.
fn journey(origin: Origin, id: &'static str, log: &mut Vec<Journey>, tell: &Sender<()>) -> Option<()> {
    log.push(Journey {
        app: id,
        ..Journey::default()
    });
    let noted = log.last_mut()?;
    let acknowledged = || tell.send(()).ok();
    let (app, mut browser) = (app(origin, id), Browser::new(origin));
    let call = |browser: &mut Browser, method: &str, path: &str, body: &Value| {
        browser.try_send(Request::json(method, &format!("/api/experience{path}"), body))
    };
    let _ = browser.try_send(Request::get(&app.target(&[])))?.expect(303);
    let _ = call(&mut browser, "PUT", "", &json!({ "interactionEvent": "SignIn" }))?.expect(204);
    let verified = call(
        &mut browser,
        "POST",
        "/verification/development-sign-in",
        &json!({ "newPerson": true }),
    )?
    .expect(200)
    .json();
    let identified = call(&mut browser, "POST", "/identification", &verified)?;
    assert!(matches!(identified.status, 201 | 204), "{}", identified.text());
    let state = browser.try_send(Request::get("/api/experience/interaction"))?.expect(200).json();
    noted.user = Some(text(&state, "userId"));
    acknowledged()?;
    let submitted = call(&mut browser, "POST", "/submit", &json!({}))?.expect(200).json();
    let hop = browser
        .try_send(Request::get(&origin.target(&text(&submitted, "redirectTo"))))?
        .expect(303);
    noted.session = Some(browser.clone());
    acknowledged()?;
    let granted = browser.try_send(Request::get(hop.location()))?.expect(302);
    let answer = browser.try_send(Request::get(&origin.target(granted.location())))?;
    let callback = app.callback(&answer);
    noted.granted = true;
    acknowledged()?;
    let pairs = [
        ("grant_type", "authorization_code"),
        ("code", callback.code()),
        ("redirect_uri", &app.redirect_uri),
        ("code_verifier", App::VERIFIER),
    ];
    let tokens = ask(origin, &app.form("/oidc/token", &pairs))?.expect(200).json();
    noted.tokens = Some((text(&tokens, "access_token"), text(&tokens, "refresh_token")));
    acknowledged()?;
    for _ in 0..3 {
        let (_, refresh) = noted.tokens.clone()?;
        noted.refreshing = true;
        let renewed = ask(
            origin,
            &app.form("/oidc/token", &[("grant_type", "refresh_token"), ("refresh_token", &refresh)]),
        )?;
        let renewed = renewed.expect(200).json();
        noted.tokens = Some((text(&renewed, "access_token"), text(&renewed, "refresh_token")));
        noted.refreshing = false;
        acknowledged()?;
    }
    Some(())
}

/// Loads the provider from all sides, kills it after so many acknowledgements, and answers what was acknowledged.
fn round(process: Process, acknowledgements: usize) -> Vec<Journey> {
    let origin = process.origin;
    let (tell, told) = channel();
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|n| {
                let tell = tell.clone();
                let id = if n % 2 == 0 { "admin-spa" } else { "web" };
                scope.spawn(move || {
                    let mut log = Vec::new();
                    while journey(origin, id, &mut log, &tell).is_some() {}
                    log
                })
            })
            .collect();
        drop(tell);
        for _ in 0..acknowledgements {
            // No more acknowledgements to come means that the clients failed; joining them says why.
            if told.recv().is_err() {
                break;
            }
        }
        let _ = process.kill();
        clients
            .into_iter()
            .flat_map(|client| client.join().expect("a client saw a wrong answer"))
            .collect()
    })
}

/// Checks the person and the session of a journey.
fn person_and_session(process: &Process, journey: &Journey) {
    if let Some(user) = &journey.user {
        let mut browser = process.browser();
        let _ = browser.open(&app(process.origin, "admin-spa"), &[]).expect(303);
        browser.begin("SignIn");
        let answer = browser.experience("POST", "/verification/development-sign-in", &json!({ "userId": user }));
        assert_eq!(answer.status, 200, "{user} is lost: {}", answer.text());
    }
    if let Some(session) = &journey.session {
        let app = app(process.origin, journey.app);
        let answer = app.callback(&session.clone().moved(process.origin).open(&app, &[("prompt", "none")]));
        // A session that has lost its grant would be asked for consent; one that is lost itself, for a sign-in.
        let fine = answer.get("code").is_some() || (!journey.granted && answer.get("error") == Some("consent_required"));
        assert!(fine, "the session of {:?} is lost: {:?}", journey.user, answer.pairs);
    }
}

/// Checks the tokens of a journey; keeps the newest refresh token.
fn tokens(process: &Process, journey: &mut Journey) {
    let Some((access, refresh)) = &mut journey.tokens else { return };
    let app = app(process.origin, journey.app);
    let claims = app.userinfo(access);
    assert_eq!(
        claims.status,
        200,
        "the access token of {:?} is lost: {}",
        journey.user,
        claims.text()
    );
    assert_eq!(claims.json()["sub"].as_str(), journey.user.as_deref());
    if !journey.refreshing {
        let renewed = app.refresh(refresh);
        assert_eq!(
            renewed.status,
            200,
            "the refresh token of {:?} is lost: {}",
            journey.user,
            renewed.text()
        );
        *refresh = text(&renewed.json(), "refresh_token");
    }
}

#[test]
fn what_was_acknowledged_survives_fifty_kills() {
    let dir = TempDir::new().unwrap();
    let mut all: Vec<Journey> = Vec::new();
    let mut process = Start::plain(dir.path()).ready();
    let keys = process.origin.send(&Request::get("/oidc/jwks")).json();
    for n in 0..ROUNDS {
        let mut fresh = round(process, 5 + (n * 29) % 97);
        process = Start::plain(dir.path()).ready();
        assert_eq!(process.origin.send(&Request::get("/oidc/jwks")).json(), keys);
        for journey in &mut fresh {
            person_and_session(&process, journey);
            tokens(&process, journey);
        }
        all.extend(fresh);
    }
    // Everything of all rounds, after fifty unclean ends.
    for journey in &mut all {
        person_and_session(&process, journey);
        tokens(&process, journey);
    }
    let count = |what: fn(&Journey) -> bool| all.iter().filter(|j| what(j)).count();
    let counts = [
        count(|j| j.user.is_some()),
        count(|j| j.session.is_some()),
        count(|j| j.tokens.is_some()),
        count(|j| j.refreshing),
    ];
    assert!(
        counts[0] >= 400 && counts[1] >= 350 && counts[2] >= 300,
        "too little happened to prove anything: {counts:?}"
    );
    assert_eq!(process.end("TERM").status.code(), Some(0));
}
