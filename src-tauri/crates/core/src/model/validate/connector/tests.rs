use super::*;
use crate::connectors::{config_of_discovery, merged_config, obstacles, put_draft};
use crate::console::{ConnectorDraft, Obstacle};
use crate::ids::ConnectorId;
use crate::model::{SignInExperience, User};
use crate::time::Timestamp;
use serde_json::{Map, Value, json};

fn draft(value: Value) -> ConnectorDraft {
    serde_json::from_value(value).unwrap()
}

/// The connector that a draft makes, and its configuration.
fn made(value: Value) -> (Connector, ConnectorConfig) {
    let draft = draft(value);
    let config = serde_json::from_value(Value::Object(merged_config(draft.config.clone(), &Map::new()))).unwrap();
    let mut connector = Connector::new(ConnectorId("c1".into()), "", None, "", Timestamp(0));
    put_draft(&mut connector, draft);
    (connector, config)
}

fn simulated(mut value: Value) -> Value {
    value["simulation"] = json!({});
    value
}

fn social(part: Value) -> Value {
    let mut value = simulated(json!({ "connectorId": "oidc", "target": "acme", "name": "Acme" }));
    value.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
    value
}

fn enterprise(part: Value) -> Value {
    let mut value = simulated(json!({ "connectorId": "Okta", "enterprise": true, "name": "Acme" }));
    value.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
    value
}

#[test]
fn what_is_refused_and_where() {
    const GUARD: &str = "guard.invalid_input";
    const OWN: &str = "connector.cannot_overwrite_metadata_for_non_standard_connector";
    let google = |part: Value| {
        let mut value = simulated(json!({ "connectorId": "google-universal" }));
        value.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
        value
    };
    let table = [
        (
            json!({ "connectorId": "nobody" }),
            "connector.not_found_with_connector_id",
            "connectorId",
        ),
        (social(json!({ "target": null })), "connector.should_specify_target", "target"),
        (social(json!({ "target": "a/b" })), GUARD, "target"),
        (social(json!({ "name": " " })), GUARD, "name"),
        (social(json!({ "name": "n".repeat(257) })), GUARD, "name"),
        (social(json!({ "names": { "d": "Akme" } })), GUARD, "names.d"),
        (social(json!({ "names": { "de": "" } })), GUARD, "names.de"),
        (social(json!({ "logo": "javascript:alert(1)" })), GUARD, "logo"),
        (social(json!({ "logoDark": "logo.png" })), GUARD, "logoDark"),
        (social(json!({ "domains": ["acme.test"] })), GUARD, "domains"),
        (social(json!({ "displayName": "Acme" })), GUARD, "displayName"),
        (google(json!({ "target": "acme" })), OWN, "target"),
        (google(json!({ "names": { "de": "Guhgel" } })), OWN, "names"),
        (google(json!({ "logo": "https://a.test/l.svg" })), OWN, "logo"),
        (
            google(json!({ "simulation": { "next": "userEndpoint401" } })),
            GUARD,
            "simulation.next",
        ),
        (
            simulated(json!({ "connectorId": "discord-universal", "enableTokenStorage": true })),
            GUARD,
            "enableTokenStorage",
        ),
        (
            json!({ "connectorId": "github-universal", "simulation": { "failure": "wrongNonce" } }),
            GUARD,
            "simulation.failure",
        ),
        (
            json!({ "connectorId": "github-universal", "config": { "clientSecret": "s" } }),
            "connector.invalid_config",
            "config.clientId",
        ),
        (
            social(json!({ "config": { "idTokenVerificationConfig": { "jwksUri": "here" } } })),
            "connector.invalid_config",
            "config.idTokenVerificationConfig.jwksUri",
        ),
        (
            social(json!({ "config": { "userInfoEndpoint": "https://a.test" } })),
            "connector.invalid_config",
            "config.userInfoEndpoint",
        ),
        (enterprise(json!({ "name": "" })), GUARD, "name"),
        (enterprise(json!({ "names": { "de": "Akme" } })), GUARD, "names"),
        (
            enterprise(json!({ "domains": ["acme.test", "GMAIL.com"] })),
            "single_sign_on.forbidden_domains",
            "domains.1",
        ),
        (
            enterprise(json!({ "domains": ["acme.test", "@Acme.Test"] })),
            "single_sign_on.duplicated_domains",
            "domains.1",
        ),
        (
            enterprise(json!({ "domains": ["acme"] })),
            "single_sign_on.invalid_domain_format",
            "domains.0",
        ),
        (
            enterprise(json!({ "domains": ["-a.test"] })),
            "single_sign_on.invalid_domain_format",
            "domains.0",
        ),
        (
            enterprise(json!({ "domains": ["a b.test"] })),
            "single_sign_on.invalid_domain_format",
            "domains.0",
        ),
    ];
    for (value, code, field) in table {
        let (connector, config) = made(value.clone());
        let problems = check_connector(&connector, &config);
        let found: Vec<_> = problems.iter().map(|problem| (problem.code, problem.field.as_str())).collect();
        assert_eq!(found, [(code, field)], "{value}");
        assert!(problems[0].message.ends_with('.'), "{}", problems[0].message);
    }
}

#[test]
fn what_is_stored_as_it_is() {
    let table = [
        social(json!({ "names": { "de": "Akme" }, "logo": "data:image/png;base64,AA==" })),
        simulated(json!({ "connectorId": "google-universal", "enableTokenStorage": true })),
        json!({ "connectorId": "google-universal", "simulation": { "next": "wrongNonce" } }),
        json!({ "connectorId": "github-universal", "config": { "clientId": "c", "clientSecret": "s" } }),
        enterprise(json!({ "domains": ["acme.test", "bücher.example"], "displayName": "Acme" })),
        enterprise(json!({ "domains": [] })),
    ];
    for value in table {
        let (connector, config) = made(value.clone());
        assert_eq!(check_connector(&connector, &config), [], "{value}");
    }
    let (google, _) = made(simulated(json!({ "connectorId": "google-universal" })));
    assert_eq!((google.target.as_deref(), google.name.as_str()), (Some("google"), "Google"));
    let (okta, _) = made(enterprise(json!({ "domains": [" @ACME.Test "], "displayName": " " })));
    assert_eq!((okta.domains, okta.display_name), (vec!["acme.test".to_owned()], None));
}

#[test]
fn others_have_a_say() {
    let at = |id: &str, value: Value| {
        let (mut connector, _) = made(value);
        connector.id = ConnectorId(id.into());
        connector
    };
    let others = [
        Arc::new(at("a", social(json!({})))),
        Arc::new(at("b", enterprise(json!({ "domains": ["acme.test"] })))),
    ];
    let table = [
        (
            at("n", social(json!({}))),
            None,
            Some(("connector.multiple_target_with_same_platform", "target")),
        ),
        (at("n", social(json!({ "target": "other" }))), None, None),
        (
            at("n", enterprise(json!({}))),
            None,
            Some(("single_sign_on.duplicate_connector_name", "name")),
        ),
        // Several may serve a domain: the page lets people choose (sheet 6.5).
        (
            at("n", enterprise(json!({ "name": "Other", "domains": ["acme.test"] }))),
            None,
            None,
        ),
        (at("a", social(json!({ "name": "Renamed" }))), Some(0), None),
        (
            at("a", social(json!({ "target": "moved" }))),
            Some(0),
            Some(("connector.can_not_modify_target", "target")),
        ),
        (
            at("b", enterprise(json!({ "connectorId": "OIDC" }))),
            Some(1),
            Some(("guard.invalid_input", "connectorId")),
        ),
        (
            at("a", enterprise(json!({ "name": "Turned" }))),
            Some(0),
            Some(("guard.invalid_input", "connectorId")),
        ),
    ];
    for (connector, stored, expected) in table {
        let stored: Option<&Connector> = stored.map(|index: usize| others[index].as_ref());
        let problems = check_connector_among(&connector, stored, &others);
        let found = problems.first().map(|problem| (problem.code, problem.field.as_str()));
        assert_eq!(found, expected, "{connector:?}");
    }
}

#[test]
fn secrets_stay_until_they_are_named() {
    let held = json!({ "clientId": "old", "clientSecret": "kept", "privateKey": "pem" });
    let table = [
        (
            json!({ "clientId": "new" }),
            json!({ "clientId": "new", "clientSecret": "kept", "privateKey": "pem" }),
        ),
        (json!({ "clientSecret": null, "privateKey": "" }), json!({ "clientSecret": "kept" })),
        (
            json!({ "clientSecret": "new", "scope": null }),
            json!({ "clientSecret": "new", "privateKey": "pem" }),
        ),
    ];
    for (asked, expected) in table {
        let merged = merged_config(asked.as_object().unwrap().clone(), held.as_object().unwrap());
        assert_eq!(Value::Object(merged), expected, "{asked}");
    }
}

#[test]
fn what_is_in_the_way_is_said_with_its_field() {
    let row = SignInExperience {
        social_sign_in_connector_targets: vec!["acme".into()],
        ..SignInExperience::default()
    };
    let found = |value: Value, row: &SignInExperience| {
        let (connector, config) = made(value);
        obstacles(&connector, Ok(&config), row)
    };
    assert_eq!(found(social(json!({})), &row), []);
    assert_eq!(found(social(json!({ "target": "other" })), &row), [Obstacle::NotOffered]);
    assert_eq!(found(enterprise(json!({})), &row), [Obstacle::SingleSignOnOff, Obstacle::NoDomain]);
    let on = SignInExperience {
        single_sign_on_enabled: true,
        ..SignInExperience::default()
    };
    assert_eq!(found(enterprise(json!({ "domains": ["acme.test"] })), &on), []);
    let real = found(json!({ "connectorId": "github-universal", "config": { "clientId": "c" } }), &row);
    assert!(
        matches!(&real[0], Obstacle::Misconfigured { field, .. } if field == "config.clientSecret"),
        "{real:?}"
    );
    assert_eq!(real[1], Obstacle::NotOffered);
}

#[test]
fn a_discovery_document_fills_the_form() {
    let document = |part: Value| {
        let mut value = json!({
            "issuer": "https://a.test",
            "authorization_endpoint": "https://a.test/auth",
            "token_endpoint": "https://a.test/token",
            "jwks_uri": "https://a.test/jwks",
        });
        value.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
        Value::Object(config_of_discovery(&serde_json::from_value(value).unwrap()))
    };
    let plain = document(json!({}));
    assert_eq!(
        plain["tokenEndpointAuthMethod"], "client_secret_basic",
        "OpenID Connect Discovery 3"
    );
    assert_eq!(plain["pkce"], false);
    assert_eq!(
        plain["idTokenVerificationConfig"],
        json!({ "jwksUri": "https://a.test/jwks", "issuer": ["https://a.test"] })
    );
    let rich = document(json!({
        "token_endpoint_auth_methods_supported": ["private_key_jwt", "client_secret_jwt"],
        "code_challenge_methods_supported": ["plain", "S256"],
    }));
    assert_eq!(
        (&rich["tokenEndpointAuthMethod"], &rich["pkce"]),
        (&json!("client_secret_jwt"), &json!(true))
    );
    let mut value = social(json!({ "simulation": null }));
    value["config"] = rich;
    value["config"]["clientId"] = json!("c");
    value["config"]["clientSecret"] = json!("s");
    let (connector, config) = made(value);
    assert_eq!(check_connector(&connector, &config), [], "with a client it can be saved");
}

#[test]
fn one_way_to_sign_in_is_enough() {
    let nobody = json!({ "id": "u", "createdAt": 0, "updatedAt": 0 });
    let table = [
        (json!({}), false),
        (json!({ "username": "ada" }), false),
        (json!({ "passwordEncrypted": "x" }), false),
        (json!({ "username": "ada", "passwordEncrypted": "x" }), true),
        (json!({ "primaryEmail": "a@b.test" }), true),
        (json!({ "primaryPhone": "49151" }), true),
        (json!({ "identities": { "google": { "userId": "1" } } }), true),
        (
            json!({ "ssoIdentities": [{ "issuer": "https://a.test", "identityId": "1", "ssoConnectorId": "c" }] }),
            true,
        ),
    ];
    for (part, expected) in table {
        let mut value = nobody.clone();
        value.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
        let user: User = serde_json::from_value(value).unwrap();
        assert_eq!(user.has_way_to_sign_in(), expected, "{part}");
    }
}
