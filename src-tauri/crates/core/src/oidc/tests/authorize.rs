//! Sheet 1.10 to 1.12, 2 and 8.2: who is refused, where the error goes, and which page opens.

use super::super::authorize::Reply;
use super::{CHALLENGE, ISSUER, Provider, spa};
use crate::because::{Outcome, Repair};
use crate::live::ParamFate;
use crate::model::{ApplicationType, User};
use std::collections::BTreeMap;

/// What a request came to, in one line.
fn outcome(reply: &Reply) -> String {
    match reply {
        Reply::Json { error, .. } => format!("json {} {}", error.error, error.description.clone().unwrap_or_default()),
        Reply::Page { location, .. } => format!("page {location}"),
        Reply::Device { location, .. } => format!("device {location}"),
        Reply::Client { parameters, .. } => {
            let p: BTreeMap<&str, &str> = parameters.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            assert_eq!(p.get("iss"), Some(&ISSUER), "every answer to the client carries iss");
            match p.get("error") {
                Some(error) => format!("client {error} {}", p.get("error_description").unwrap_or(&""))
                    .trim_end()
                    .to_owned(),
                None => "client code".to_owned(),
            }
        }
    }
}

#[test]
fn refusals_of_sheet_8_2() {
    let pkce = format!("&code_challenge={CHALLENGE}&code_challenge_method=S256");
    let web = "client_id=web&redirect_uri=https://app.test/cb&response_type=code&scope=openid";
    for (query, wanted) in [
        (String::new(), "json invalid_request missing required parameter 'client_id'"),
        ("client_id=nobody".into(), "json invalid_client invalid client nobody"),
        (
            "client_id=web&client_id=web".into(),
            "json invalid_request 'client_id' parameter must not be provided twice",
        ),
        (
            format!("{web}&state=a&state=b"),
            "client invalid_request 'state' parameter must not be provided twice",
        ),
        (
            "client_id=web&redirect_uri=https://app.test/cbx&response_type=code".into(),
            "json invalid_redirect_uri redirect_uri did not match any of the client's registered redirect_uris",
        ),
        (
            "client_id=web&redirect_uri=https://evil.test&response_type=bogus&prompt=x".into(),
            "json invalid_redirect_uri redirect_uri did not match any of the client's registered redirect_uris",
        ),
        (
            "client_id=web&redirect_uri=https://*.test/cb&response_type=code".into(),
            "json invalid_redirect_uri redirect_uri did not match any of the client's registered redirect_uris",
        ),
        (
            "client_id=web&redirect_uri=https://app.test/cb".into(),
            "client invalid_request missing required parameter 'response_type'",
        ),
        (
            web.replace("code", "bogus"),
            "client unsupported_response_type unsupported response_type requested",
        ),
        (
            web.replace("=code", "=id_token"),
            "client invalid_request requested response_type is not allowed for this client",
        ),
        (
            web.replace("=code", "=id_token code"),
            "client invalid_request requested response_type is not allowed for this client",
        ),
        (
            format!("{web}&request=x"),
            "client request_not_supported request parameter provided but not supported",
        ),
        (
            format!("{web}&registration=x"),
            "client registration_not_supported registration parameter provided but not supported",
        ),
        (
            format!("{web}&response_mode=bogus"),
            "client unsupported_response_mode unsupported response_mode requested",
        ),
        (
            format!("{web}&prompt=select_account"),
            "client invalid_request unsupported prompt value requested",
        ),
        (
            format!("{web}&prompt=create login"),
            "client invalid_request unsupported prompt value requested",
        ),
        (
            format!("{web}&prompt=create none"),
            "client invalid_request unsupported prompt value requested",
        ),
        (
            format!("{web}&prompt=none login"),
            "client invalid_request prompt none must only be used alone",
        ),
        (format!("{web}&prompt=none"), "client login_required"),
        (
            format!("{web}&max_age=-1"),
            "client invalid_request invalid max_age parameter value",
        ),
        (
            format!("{web}&max_age=+1"),
            "client invalid_request invalid max_age parameter value",
        ),
        (
            web.replace("openid", "profile") + "&nonce=n",
            "client invalid_request openid scope must be requested when using the nonce parameter",
        ),
        (
            format!("{web}&resource=https://nowhere.test"),
            "client invalid_target resource indicator is missing, or unknown",
        ),
        (
            format!("{web}&code_challenge={CHALLENGE}"),
            "client invalid_request code_challenge_method must be provided",
        ),
        (
            format!("{web}&code_challenge_method=S256"),
            "client invalid_request code_challenge must be provided with code_challenge_method",
        ),
        (
            format!("{web}&code_challenge={CHALLENGE}&code_challenge_method=plain"),
            "client invalid_request not supported value of code_challenge_method",
        ),
        (
            format!("{web}&code_challenge=short&code_challenge_method=S256"),
            "client invalid_request code_challenge must be a string with a minimum length of 43 characters",
        ),
        (
            spa("").replace(&pkce, ""),
            "client invalid_request Authorization Server policy requires PKCE to be used for this request",
        ),
        (
            format!("{web}&request_uri=urn:ietf:params:oauth:request_uri:nope"),
            "json invalid_request_uri request_uri is invalid, expired, or was already used",
        ),
        (web.to_owned(), "page /sign-in?app_id=web"),
        ("client_id=web&response_type=code&scope=openid".into(), "page /sign-in?app_id=web"),
        (format!("{web}&scope2=x&bogus=1&state="), "page /sign-in?app_id=web"),
        (web.replace("openid", "openid martian"), "page /sign-in?app_id=web"),
    ] {
        let (reply, trail) = Provider::new().ask(&query);
        assert_eq!(outcome(&reply), wanted, "{query}");
        assert!(trail.live.is_some(), "a refused request is a session too: {query}");
        if !wanted.starts_with("page") {
            assert!(
                trail.because.iter().any(|b| b.outcome == Outcome::Refused),
                "a refusal says why: {query}"
            );
        }
    }
}

#[test]
fn a_refused_redirect_offers_the_nearest_one_and_a_repair() {
    let (_, trail) = Provider::new().ask("client_id=web&redirect_uri=https://app.test/cb2&response_type=code");
    let card = trail.because.iter().find(|b| b.rule == "authorize.redirect_uri").unwrap();
    assert_eq!(
        card.repair,
        Some(Repair::RegisterRedirectUri {
            app_id: "web".into(),
            uri: "https://app.test/cb2".into(),
            nearest: Some("https://app.test/cb".into())
        })
    );
    assert!(card.detail.contains("One character differs"), "{}", card.detail);
    assert_eq!(trail.patch.outcome.as_deref(), Some("redirect_uri rejected"));
    assert_eq!(
        trail.params.iter().find(|p| p.name == "redirect_uri").unwrap().fate,
        ParamFate::Refused
    );
}

#[test]
fn what_is_about_pages_counts_for_nothing_without_one() {
    let (reply, trail) = Provider::new().ask(&spa("&prompt=none&first_screen=register&login_hint=a@b.c&organization_id=o"));
    assert_eq!(outcome(&reply), "client login_required");
    let fate = |name: &str| trail.params.iter().find(|p| p.name == name).map(|p| p.fate);
    assert_eq!(fate("first_screen"), Some(ParamFate::Dropped));
    assert_eq!(fate("login_hint"), Some(ParamFate::Dropped));
    assert_eq!(fate("organization_id"), Some(ParamFate::Used));
}

#[test]
fn logto_parameters_travel_and_drops_are_recorded() {
    let (reply, trail) = Provider::new().ask(&spa("&first_screen=identifier:sign_in&identifier=email fax&login_hint=a@b.c"));
    assert_eq!(
        outcome(&reply),
        "page /identifier-sign-in?app_id=spa&login_hint=a%40b.c&identifier=email+fax"
    );
    let row = trail.params.iter().find(|p| p.name == "identifier").unwrap();
    assert_eq!((row.fate, row.effective.as_deref()), (ParamFate::Narrowed, Some("email")));
    let (reply, trail) = Provider::new().ask(&spa("&first_screen=bogus&login_hint=a@b.c"));
    assert_eq!(outcome(&reply), "page /sign-in?app_id=spa");
    assert!(trail.because.iter().any(|b| b.rule == "params.all_or_nothing"));
}

#[test]
fn first_party_consent_needs_no_person() {
    let mut p = Provider::new();
    let answer = p.sign_in(&spa("&prompt=consent"));
    assert_eq!(answer.get("state").map(String::as_str), Some("s1"));
    assert_eq!(answer.get("code").unwrap().len(), 43);
    assert_eq!(
        p.world
            .get::<User>("alice0000001")
            .unwrap()
            .application_id
            .as_ref()
            .unwrap()
            .as_str(),
        "spa",
        "set at the first consent"
    );
}

#[test]
fn a_live_session_answers_without_a_page() {
    let mut p = Provider::new();
    p.sign_in(&spa(""));
    // Same application again: straight to the code, whatever first screen is asked for.
    let (reply, trail) = p.ask(&spa("&first_screen=register"));
    assert_eq!(outcome(&reply), "client code");
    assert!(trail.because.iter().any(|b| b.rule == "session.reused"));
    // Another application: only the consent hop.
    let web = "client_id=web&redirect_uri=https://app.test/cb&response_type=code&scope=openid";
    assert_eq!(outcome(&p.ask(web).0), "page /consent?app_id=web");
    assert_eq!(outcome(&p.ask(&format!("{web}&prompt=none")).0), "client consent_required");
    for (extra, wanted) in [
        ("&prompt=none", "client code"),
        ("&prompt=login", "page /sign-in?app_id=spa"),
        ("&prompt=login&first_screen=register", "page /register?app_id=spa"),
        ("&prompt=consent", "page /consent?app_id=spa"),
        ("&max_age=0", "page /sign-in?app_id=spa"),
        ("&max_age=100", "client code"),
    ] {
        assert_eq!(outcome(&p.ask(&spa(extra)).0), wanted, "{extra}");
    }
    p.world.clock.advance(101);
    assert_eq!(outcome(&p.ask(&spa("&max_age=100")).0), "page /sign-in?app_id=spa");
}

#[test]
fn native_applications_always_pass_consent() {
    let mut p = Provider::new();
    let query = format!(
        "client_id=native&redirect_uri=http://127.0.0.1:53682/cb&response_type=code&scope=openid&code_challenge={CHALLENGE}&code_challenge_method=S256"
    );
    p.sign_in(&query);
    assert_eq!(outcome(&p.ask(&query).0), "page /consent?app_id=native");
    assert_eq!(
        outcome(&p.ask(&format!("{query}&prompt=none")).0),
        "client interaction_required native clients require End-User interaction"
    );
}

#[test]
fn a_suspended_person_has_no_session() {
    let mut p = Provider::new();
    p.sign_in(&spa(""));
    let mut alice = (*p.world.get::<User>("alice0000001").unwrap()).clone();
    alice.is_suspended = true;
    p.world.put(&alice);
    assert_eq!(outcome(&p.ask(&spa("&prompt=none")).0), "client login_required");
}

#[test]
fn the_session_cookie_changes_at_login_and_an_interaction_ends_once() {
    let mut p = Provider::new();
    p.sign_in(&spa(""));
    let first = p.cookie.clone();
    let (reply, _) = p.ask(&spa("&prompt=login"));
    let Reply::Page { interaction, .. } = reply else { panic!() };
    let mut record = (*p.world.get::<crate::record::Interaction>(interaction.as_str()).unwrap()).clone();
    record.result.login = Some("alice0000001".into());
    p.world.put(&record);
    assert_eq!(outcome(&p.resume(interaction.as_str())), "client code");
    assert_ne!(p.cookie, first);
    assert_eq!(
        outcome(&p.resume(interaction.as_str())),
        "json invalid_request authorization request has expired"
    );
}

#[test]
fn an_unfinished_interaction_goes_back_to_its_page_and_expires_after_an_hour() {
    let mut p = Provider::new();
    let (reply, _) = p.ask(&spa("&first_screen=register"));
    let Reply::Page { interaction, .. } = reply else { panic!() };
    assert_eq!(outcome(&p.resume(interaction.as_str())), "page /register?app_id=spa");
    p.world.clock.advance(3601);
    let reply = p.resume(interaction.as_str());
    let Reply::Json { error, .. } = reply else { panic!() };
    assert_eq!(error.code(), "session.not_found");
}

#[test]
fn a_redirect_uri_removed_meanwhile_is_not_used() {
    let mut p = Provider::new();
    let (reply, _) = p.ask(&spa(""));
    let Reply::Page { interaction, .. } = reply else { panic!() };
    p.change_app("spa", |app| {
        app.oidc_client_metadata.redirect_uris = vec!["https://other.test/cb".into()]
    });
    assert!(outcome(&p.resume(interaction.as_str())).starts_with("json invalid_redirect_uri"));
}

#[test]
fn third_party_scopes_are_an_allow_list() {
    let mut p = Provider::new();
    p.change_app("spa", |app| {
        app.is_third_party = true;
        app.user_consent_scopes = vec!["profile".into()];
        assert_eq!(app.kind, ApplicationType::Spa);
    });
    assert_eq!(outcome(&p.ask(&spa("")).0), "page /sign-in?app_id=spa");
    assert_eq!(
        outcome(&p.ask(&spa("").replace("profile", "email")).0),
        "client invalid_scope requested scope is not allowed"
    );
}
