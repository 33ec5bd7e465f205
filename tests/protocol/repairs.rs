//! One click: a refused request, the repair on its card, and the same request again.

use crate::card;
use acceptance::{Provider, Request};
use vestibule_core::Repair;
use vestibule_core::console::{ConsoleReply, ConsoleRequest};

/// Carries out a repair; answers what the window shows.
fn repair(provider: &Provider, repair: Repair) -> String {
    match provider.console(ConsoleRequest::Repair { repair }) {
        Ok(ConsoleReply::Done(sentence)) => sentence,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_redirect_uri_is_registered_from_its_card() {
    let provider = Provider::start();
    let app = provider.app("spa");
    let extra = [("redirect_uri", "https://spa.example.test/calback")];
    let _ = provider.browser().open(&app, &extra).expect(400);
    let step = provider.last_step();
    let card = card(&step, "authorize.redirect_uri");
    assert!(card.detail.contains("`https://spa.example.test/callback`"), "{}", card.detail);
    let offered = card.repair.clone().unwrap();
    let wanted = Repair::RegisterRedirectUri {
        app_id: "spa".into(),
        uri: "https://spa.example.test/calback".into(),
        nearest: Some("https://spa.example.test/callback".into()),
    };
    assert_eq!(offered, wanted);
    assert!(repair(&provider, offered.clone()).contains("https://spa.example.test/calback"));
    assert_eq!(provider.browser().open(&app, &extra).expect(303).location(), "/sign-in?app_id=spa");
    // The others still work, and a second click changes nothing.
    let _ = provider.browser().open(&app, &[]).expect(303);
    let _ = repair(&provider, offered);
    let Ok(ConsoleReply::Applications(all)) = provider.console(ConsoleRequest::Applications) else {
        panic!()
    };
    let spa = all.iter().find(|a| a.id == "spa").unwrap();
    assert_eq!(spa.draft.oidc_client_metadata.redirect_uris.len(), 2);
}

#[test]
fn a_card_registers_nothing_that_the_form_would_refuse() {
    let provider = Provider::start();
    for uri in ["javascript:alert(1)", "https://*.test/", "https://a.test/../b", "not an address"] {
        let asked = Repair::RegisterRedirectUri {
            app_id: "spa".into(),
            uri: uri.into(),
            nearest: None,
        };
        let problem = provider.console(ConsoleRequest::Repair { repair: asked }).unwrap_err();
        assert_eq!(problem.code, "guard.invalid_input", "{uri}: {problem:?}");
        assert!(problem.field.is_some());
        assert_eq!(provider.browser().open(&provider.app("spa"), &[("redirect_uri", uri)]).status, 400);
    }
}

#[test]
fn an_origin_is_allowed_from_its_card() {
    let provider = Provider::start();
    let app = provider.app("spa");
    let tokens = provider.browser().sign_in(&app, &[]).tokens();
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let request = || {
        Request::get("/oidc/me")
            .header("authorization", &bearer)
            .header("origin", "https://new.example.test")
    };
    let _ = provider.send(&request()).expect(400);
    let step = provider.last_step();
    let offered = card(&step, "token.origin").repair.clone().unwrap();
    let _ = repair(&provider, offered);
    let response = provider.send(&request()).expect(200);
    assert_eq!(response.header("access-control-allow-origin"), Some("https://new.example.test"));
}

#[test]
fn a_post_logout_address_is_registered_from_its_card() {
    let provider = Provider::start();
    let mut browser = provider.browser();
    let _ = browser.sign_in(&provider.app("spa"), &[]);
    let query = "client_id=spa&post_logout_redirect_uri=https%3A%2F%2Fspa.example.test%2Fbye";
    let refused = browser.get(&format!("/oidc/session/end?{query}")).expect(400).json();
    assert_eq!(refused["error_description"], "post_logout_redirect_uri not registered");
    let step = provider.last_step();
    let offered = card(&step, "logout.redirect_uri").repair.clone().unwrap();
    let _ = repair(&provider, offered);
    assert_eq!(browser.sign_out(query).expect(303).location(), "https://spa.example.test/bye");
}

#[test]
fn an_application_gets_refresh_tokens_from_its_card() {
    let provider = Provider::start();
    let app = provider.app("spa");
    let extra = [("scope", "openid offline_access")];
    let tokens = provider.browser().sign_in(&app, &extra).tokens();
    assert_eq!(tokens.get("refresh_token"), None);
    let session = provider.newest();
    let offered = card(&session.steps[0], "authorize.offline_access").repair.clone().unwrap();
    let _ = repair(&provider, offered);
    let tokens = provider.browser().sign_in(&app, &extra).tokens();
    assert!(tokens["refresh_token"].is_string());
}

#[test]
fn a_repair_of_what_is_gone_says_so() {
    let provider = Provider::start();
    let asked = Repair::AlwaysIssueRefreshToken { app_id: "nobody".into() };
    let problem = provider.console(ConsoleRequest::Repair { repair: asked }).unwrap_err();
    assert_eq!(problem.code, "entity.not_found");
}
