//! Chapters 1.3 and 1.4: discovery and keys.

use acceptance::{Provider, Request};
use serde_json::{Value, json};
use vestibule_core::console::{ConsoleReply, ConsoleRequest};
use vestibule_core::model::SigningAlg;

#[test]
fn discovery_names_every_endpoint_and_says_what_is_served() {
    let provider = Provider::start();
    let document = provider
        .send(&Request::get("/oidc/.well-known/openid-configuration"))
        .expect(200)
        .json();
    let other = provider
        .send(&Request::get("/oidc/.well-known/oauth-authorization-server"))
        .expect(200)
        .json();
    assert_eq!(document, other);
    let issuer = provider.origin().issuer();
    assert_eq!(document["issuer"], issuer);
    for (member, path) in [
        ("authorization_endpoint", "/auth"),
        ("token_endpoint", "/token"),
        ("userinfo_endpoint", "/me"),
        ("jwks_uri", "/jwks"),
        ("end_session_endpoint", "/session/end"),
        ("revocation_endpoint", "/token/revocation"),
        ("introspection_endpoint", "/token/introspection"),
        ("pushed_authorization_request_endpoint", "/request"),
    ] {
        assert_eq!(document[member], format!("{issuer}{path}"), "{member}");
    }
    for (member, value) in [
        ("code_challenge_methods_supported", json!(["S256"])),
        ("authorization_response_iss_parameter_supported", json!(true)),
        ("request_uri_parameter_supported", json!(false)),
        ("claims_parameter_supported", json!(false)),
        ("subject_types_supported", json!(["public"])),
        ("id_token_signing_alg_values_supported", json!(["ES384"])),
    ] {
        assert_eq!(document[member], value, "{member}");
    }
    let has = |member: &str, value: &str| document[member].as_array().unwrap().contains(&json!(value));
    for method in ["none", "client_secret_basic", "client_secret_post"] {
        assert!(has("token_endpoint_auth_methods_supported", method), "{method}");
    }
    for scope in [
        "openid",
        "offline_access",
        "custom_data",
        "identities",
        "roles",
        "urn:logto:scope:organizations",
    ] {
        assert!(has("scopes_supported", scope), "{scope}");
    }
}

fn keys(provider: &Provider) -> Vec<Value> {
    let response = provider.send(&Request::get("/oidc/jwks")).expect(200);
    assert_eq!(response.header("content-type"), Some("application/jwk-set+json; charset=utf-8"));
    assert_eq!(response.header("cache-control"), Some("no-cache, max-age=0, must-revalidate"));
    response.json()["keys"].as_array().unwrap().clone()
}

#[test]
fn the_key_is_logtos_kind_and_holds_nothing_private() {
    let provider = Provider::start();
    let keys = keys(&provider);
    assert_eq!(keys.len(), 1);
    for (member, value) in [("kty", "EC"), ("crv", "P-384"), ("use", "sig"), ("alg", "ES384")] {
        assert_eq!(keys[0][member], value);
    }
    let names: Vec<&String> = keys[0].as_object().unwrap().keys().collect();
    assert_eq!(names, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
    assert_eq!(keys[0]["kid"].as_str().unwrap().len(), 43);
}

#[test]
fn another_algorithm_gets_its_key_and_the_old_one_stays() {
    let provider = Provider::in_directory();
    let old = keys(&provider);
    let tokens = provider.browser().sign_in(&provider.app("spa"), &[]).tokens();
    let Ok(ConsoleReply::Settings(mut settings)) = provider.console(ConsoleRequest::Settings) else {
        panic!()
    };
    settings.signing_alg = SigningAlg::ALL.into_iter().find(|alg| alg.name() == "ES256").unwrap();
    let _ = provider.console(ConsoleRequest::UpdateSettings { settings }).unwrap();
    let new = keys(&provider);
    assert_eq!(new.len(), 2);
    assert!(new.contains(&old[0]) && new.iter().any(|k| k["alg"] == "ES256"));
    let document = provider.send(&Request::get("/oidc/.well-known/openid-configuration")).json();
    assert_eq!(document["id_token_signing_alg_values_supported"][0], "ES256");
    // What the old key signed still counts, after a restart too, and the keys are the same ones.
    let provider = provider.restarted();
    assert_eq!(keys(&provider), new);
    let hint = tokens["id_token"].as_str().unwrap();
    assert_ne!(provider.origin().port, 0);
    let body = provider.send(&Request::get(&format!("/oidc/session/end?id_token_hint={hint}")));
    // Another port is another issuer, so the hint of the old one is refused for that reason and no other.
    assert_eq!(body.expect(400).json()["error_description"], "could not validate id_token_hint");
    let error = provider.last_step().error.unwrap().detail.unwrap();
    assert!(error.contains("iss"), "{error}");
}

#[test]
fn head_is_get_without_a_body() {
    let provider = Provider::start();
    let head = provider.send(&Request::new("HEAD", "/oidc/jwks")).expect(200);
    assert!(head.body.is_empty());
    assert_eq!(provider.send(&Request::get("/api/status")).status, 204);
}
