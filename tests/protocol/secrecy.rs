//! Secrets in the window: masked until somebody asks. Passwords: never, not even then.

use acceptance::{PASSWORD, Provider, Request};
use serde_json::json;
use vestibule_core::console::ConsoleRequest;

/// Everything the window can be told about live sessions.
fn everything(provider: &Provider, reveal: bool) -> String {
    let mut out = format!("{:?}", provider.console(ConsoleRequest::Sessions { limit: 1_000 }).unwrap());
    for summary in provider.sessions() {
        let detail = provider.session(summary.id.as_str());
        out.push_str(&serde_json::to_string(&detail).unwrap());
        for step in &detail.steps {
            out.push_str(&serde_json::to_string(&provider.wire(step, reveal)).unwrap());
        }
    }
    out
}

#[test]
fn tokens_codes_secrets_and_cookies_are_masked_until_asked() {
    let provider = Provider::start();
    let (app, mut browser) = (provider.app("web"), provider.browser());
    let extra = [
        ("scope", "openid offline_access"),
        ("prompt", "consent"),
        ("one_time_token", "magic-link-token"),
    ];
    let answer = browser.sign_in(&app, &extra);
    // Browsers say which page of ours a call comes from, with its query.
    let referer = format!(
        "{}/sign-in?app_id=web&one_time_token=magic-link-token",
        provider.origin().endpoint()
    );
    let _ = browser.open(&app, &[("prompt", "login")]);
    let _ = browser.send(Request::json("PUT", "/api/experience", &json!({ "interactionEvent": "SignIn" })).header("referer", referer));
    let tokens = answer.tokens();
    let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
    let _ = app.userinfo(&text("access_token")).expect(200);
    let _ = app.introspect(&text("refresh_token")).expect(200);
    let renewed = app.refresh(&text("refresh_token")).expect(200).json();
    let posted = [("token", "secret-elsewhere"), ("client_id", "web"), ("client_secret", "web-secret")];
    let _ = provider.send(&Request::form("/oidc/token/revocation", &posted)).expect(200);
    let _ = browser.open(&app, &[("id_token_hint", &text("id_token")), ("prompt", "none")]);
    let _ = browser
        .get(&format!("/oidc/session/end?id_token_hint={}", text("id_token")))
        .expect(200);

    let mut secrets = vec![
        answer.code().to_owned(),
        text("access_token"),
        text("refresh_token"),
        text("id_token"),
        renewed["access_token"].as_str().unwrap().to_owned(),
        "web-secret".to_owned(),
        "d2ViOndlYi1zZWNyZXQ".to_owned(), // the same in Basic credentials
        "secret-elsewhere".to_owned(),
        "magic-link-token".to_owned(),
        acceptance::App::VERIFIER.to_owned(),
    ];
    for name in [
        "_session",
        "_session.sig",
        "_interaction.sig",
        "_interaction_resume.sig",
        "_logout",
        "_logout.sig",
    ] {
        secrets.push(browser.cookie(name).unwrap_or_else(|| panic!("no {name}")).to_owned());
    }
    let masked = everything(&provider, false);
    for secret in &secrets {
        assert!(!masked.contains(secret.as_str()), "{secret} is shown unasked");
    }
    assert!(masked.contains("••••"));
    let shown = everything(&provider, true);
    for secret in &secrets[..6] {
        assert!(shown.contains(secret.as_str()), "{secret} is not shown when asked");
    }
}

#[test]
fn passwords_are_kept_nowhere() {
    let provider = Provider::start();
    let mut browser = provider.browser();
    let _ = browser.sign_in(&provider.app("spa"), &[]).tokens();

    let mut second = provider.browser();
    let _ = second.open(&provider.app("spa"), &[]);
    second.begin("Register");
    let wrong = json!({ "identifier": { "type": "username", "value": "alice" }, "password": "wrong-guess-77" });
    let _ = second.experience("POST", "/verification/password", &wrong).expect(422);
    let fresh = json!({ "identifier": { "type": "username", "value": "dora" }, "password": "tangerine-kite9" });
    let _ = second.experience("POST", "/verification/new-password-identity", &fresh).expect(200);
    let _ = second.experience("POST", "/profile", &json!({ "type": "password", "value": "mandarin-kite9" }));
    let _ = second.send(Request::new("POST", "/api/experience/verification/password").body("text/plain", "password=plain-text-77"));
    let _ = second.experience("PUT", "", &json!({ "interactionEvent": "SignIn", "password": "misplaced-77" }));

    // What people do who expect the resource owner password grant.
    let app = provider.app("spa");
    let form = [("grant_type", "password"), ("username", "alice"), ("password", "granted-77")];
    let _ = provider.send(&app.form("/oidc/token", &form)).expect(400);
    let body = json!({ "grant_type": "password", "client_id": "spa", "password": "json-granted-77" });
    let _ = provider.send(&Request::json("POST", "/oidc/token", &body)).expect(400);
    let _ = provider.send(&Request::get("/oidc/auth?client_id=spa&password=in-the-query-77"));

    for reveal in [false, true] {
        let told = everything(&provider, reveal);
        for password in [
            PASSWORD,
            "wrong-guess-77",
            "tangerine-kite9",
            "mandarin-kite9",
            "plain-text-77",
            "misplaced-77",
            "granted-77",
            "in-the-query-77",
        ] {
            assert!(!told.contains(password), "{password} is shown (revealed: {reveal})");
        }
    }
}

#[test]
fn nothing_secret_reaches_the_disk_unsealed() {
    let provider = Provider::in_directory();
    let (app, mut browser) = (provider.app("web"), provider.browser());
    let tokens = browser
        .sign_in(&app, &[("scope", "openid offline_access"), ("prompt", "consent")])
        .tokens();
    let mut secrets = vec![
        PASSWORD.to_owned(),
        "web-secret".to_owned(),
        "job-secret".to_owned(),
        "BEGIN PRIVATE KEY".to_owned(),
    ];
    secrets.extend(["access_token", "refresh_token", "id_token"].map(|n| tokens[n].as_str().unwrap().to_owned()));
    secrets.push(browser.cookie("_session").unwrap().to_owned());
    let disk = provider.stopped_with_its_files();
    assert!(disk.len() > 1_000);
    for secret in secrets {
        assert!(!disk.windows(secret.len()).any(|w| w == secret.as_bytes()), "{secret} is on disk");
    }
}
