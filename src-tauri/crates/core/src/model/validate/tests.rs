//! Tables of accepted and refused values.

mod experience;
mod profile_field;

use super::*;
use crate::model::{ProviderSettings, Scope, SignInExperience};
use proptest::prelude::*;

/// Each row: the value, and either `None` when it must pass or a part of the message when it must not.
fn table(rule: impl Fn(&str) -> Result<(), String>, rows: &[(&str, Option<&str>)]) {
    for (value, expected) in rows {
        match (rule(value), expected) {
            (Ok(()), None) => {}
            (Err(message), Some(part)) => assert!(message.contains(part), "{value:?}: {message}"),
            (outcome, expected) => panic!("{value:?}: got {outcome:?}, expected {expected:?}"),
        }
    }
}

#[test]
fn redirect_uris() {
    table(
        check_redirect_uri,
        &[
            ("http://localhost:3000/callback", None),
            ("https://app.example.test/cb?x=1", None),
            ("https://app.example.test", None),
            ("http://[::1]:8080/cb", None),
            ("http://127.0.0.1/callback", None),
            ("https://user:pw@app.example.test/cb", None),
            ("https://*.preview.example.test/cb", None),
            ("https://pr-*.example.test/*/cb", None),
            ("http://localhost:3000/*", None),
            ("http://[::1]:80/*", None),
            ("io.vestibule.demo://callback", None),
            ("myapp:/cb", None),
            ("com.example.app-2+x.y://cb", None),
            ("", Some("Is empty")),
            ("/callback", Some("not an absolute address")),
            ("localhost:3000/callback", Some("Write http://localhost:3000/callback")),
            ("my_app://cb", Some("usable scheme")),
            ("http:/localhost/cb", Some("two slashes")),
            ("http://", Some("not a valid address")),
            ("http://a b/cb", Some("contains a space")),
            ("https://app.example.test/a/../cb", Some("segment “..”")),
            ("https://app.example.test/a/%2E%2e/cb", Some("segment “%2E%2e”")),
            ("https://app.example.test/./cb", Some("segment “.”")),
            ("https://app.example.test\\..\\cb", Some("segment “..”")),
            ("https://app.example.test/a..b/...", None),
            ("https://app.example.test/cb?x=/../", None),
            ("https://*.test/cb", Some("too wide")),
            ("https://*/cb", Some("too wide")),
            ("https://a.*.test/cb", Some("too wide")),
            ("https://a.b.*/cb", Some("too wide")),
            ("https://*/a.b.c", Some("too wide")),
            ("https://user@*.preview.example.test/cb", Some("user name or password")),
            ("http://app.example.test:*/cb", Some("can't stand in the port")),
            ("https://app.example.test/cb?x=*", Some("query or the fragment")),
            ("https://app.example.test/cb#*", Some("query or the fragment")),
            ("*://app.example.test/cb", Some("can't stand in the scheme")),
            ("io.vestibule.demo://*", Some("http and https addresses only")),
            ("Io.vestibule://cb", Some("usable scheme")),
            ("1app://cb", Some("usable scheme")),
            ("io..app://cb", Some("usable scheme")),
            ("javascript:alert(1)", Some("would run")),
            ("data:text/html,x", Some("would run")),
            ("myapp:", Some("Nothing follows")),
        ],
    );
}

#[test]
fn origins_indicators_and_links() {
    table(
        check_cors_origin,
        &[
            ("http://localhost:5173", None),
            ("https://app.example.test", None),
            ("capacitor://localhost", None),
            ("http://localhost:5173/", Some("Write http://localhost:5173.")),
            ("https://App.example.test:443", Some("Write https://app.example.test.")),
            ("https://app.example.test/path?q", Some("Write https://app.example.test.")),
            ("https://u:p@app.example.test", Some("never match")),
            ("https://*.example.test", Some("wildcard")),
            ("localhost", Some("not an origin")),
            ("null", Some("not an origin")),
        ],
    );
    table(
        check_indicator,
        &[
            ("https://api.example.test", None),
            ("urn:example:api", None),
            ("https://api.example.test/#a", Some("fragment")),
            ("api", Some("absolute URI")),
            ("urn:logto:resource:organizations", Some("reserved")),
            ("https://api .test", Some("a space")),
        ],
    );
    table(
        check_http_url,
        &[
            ("https://example.test/terms", None),
            ("ftp://example.test", Some("web address")),
            ("javascript:alert(1)", Some("web address")),
            ("example.test", Some("web address")),
        ],
    );
    table(
        check_picture,
        &[
            ("https://example.test/logo.svg", None),
            ("data:image/png;base64,AAAA", None),
            ("data:text/html,x", Some("picture")),
            ("é", Some("picture")),
        ],
    );
}

#[test]
fn identifiers() {
    let long = "a".repeat(129);
    table(
        check_username,
        &[
            ("alice", None),
            ("_x9", None),
            ("", Some("empty")),
            ("9lives", Some("begin with a digit")),
            ("a b", Some("a space")),
            ("a-b", Some("“-”")),
            ("zoë", Some("“ë”")),
            (&long, Some("129 characters")),
        ],
    );
    table(
        check_email,
        &[
            ("alice@example.test", None),
            ("a@b@c.d", None),
            ("a@.b.c", None),
            ("@b.c", Some("not an e-mail")),
            ("a@b", Some("not an e-mail")),
            ("a@.b", Some("not an e-mail")),
            ("a@b.", Some("not an e-mail")),
            ("a b@c.d", Some("not an e-mail")),
            ("a\0@c.d", Some("not an e-mail")),
            ("", Some("not an e-mail")),
        ],
    );
    table(
        check_client_id,
        &[
            ("bookstore", None),
            ("a-b_c.d~9", None),
            ("", Some("empty")),
            ("a:b", Some("“:”")),
            ("a/b", Some("“/”")),
        ],
    );
    table(
        check_scope_name,
        &[
            ("read:stock", None),
            ("read stock", Some("a space")),
            ("\"", Some("can't contain")),
            ("", Some("empty")),
        ],
    );
    table(
        check_color,
        &[
            ("#3b3fce", None),
            ("#ABCDEF", None),
            ("3b3fce", Some("not a colour")),
            ("#fff", Some("not a colour")),
            ("#ggffff", Some("not a colour")),
        ],
    );
}

#[test]
fn phones_are_normalised() {
    for (text, expected) in [
        ("15550100123", Ok("15550100123")),
        ("+1 555-010-0123", Ok("15550100123")),
        ("+1 (555) 010 0123", Ok("15550100123")),
        ("1555+010", Err("“+”")),
        ("phone", Err("“p”")),
        ("+ -", Err("no digits")),
        ("", Err("no digits")),
    ] {
        match (normalize_phone(text), expected) {
            (Ok(digits), Ok(right)) => assert_eq!(digits, right),
            (Err(message), Err(part)) => assert!(message.contains(part), "{text:?}: {message}"),
            (outcome, _) => panic!("{text:?}: {outcome:?}"),
        }
    }
}

fn draft(kind: &str) -> ApplicationDraft {
    serde_json::from_value(serde_json::json!({ "name": "App", "type": kind })).unwrap()
}

fn fields(problems: &[Problem]) -> Vec<&str> {
    problems.iter().map(|problem| problem.field.as_str()).collect()
}

#[test]
fn applications() {
    for kind in ["Native", "SPA", "Traditional", "MachineToMachine"] {
        assert_eq!(check_application(&draft(kind)), [], "{kind}");
    }
    let mut app = draft("MachineToMachine");
    app.name = " ".into();
    app.is_third_party = true;
    app.oidc_client_metadata.redirect_uris = vec!["https://a.test/cb".into()];
    app.custom_client_metadata.is_device_flow = Some(true);
    app.custom_client_metadata.allow_token_exchange = Some(true);
    assert_eq!(
        fields(&check_application(&app)),
        [
            "name",
            "oidcClientMetadata.redirectUris",
            "customClientMetadata.isDeviceFlow",
            "customClientMetadata.allowTokenExchange",
            "isThirdParty"
        ]
    );
    let mut app = draft("SPA");
    app.name = "n".repeat(257);
    app.oidc_client_metadata.redirect_uris = vec!["https://a.test/cb".into(), "nope".into()];
    app.oidc_client_metadata.post_logout_redirect_uris = vec!["https://*/".into()];
    app.oidc_client_metadata.backchannel_logout_uri = Some("x".into());
    app.oidc_client_metadata.logo_uri = Some("x".into());
    app.oidc_client_metadata.jwks = Some(serde_json::json!({ "keys": 1 }));
    let custom = &mut app.custom_client_metadata;
    custom.cors_allowed_origins = vec!["http://localhost:5173".into(), "http://localhost:5173/".into()];
    custom.id_token_ttl = Some(0);
    custom.refresh_token_ttl = Some(-1);
    custom.refresh_token_ttl_in_days = Some(181);
    custom.max_allowed_grants = Some(0);
    app.user_consent_scopes = vec!["a b".into()];
    app.sign_in_experience.primary_color = Some("red".into());
    assert_eq!(
        fields(&check_application(&app)),
        [
            "name",
            "oidcClientMetadata.redirectUris.1",
            "oidcClientMetadata.postLogoutRedirectUris.0",
            "oidcClientMetadata.backchannelLogoutUri",
            "oidcClientMetadata.logoUri",
            "oidcClientMetadata.jwks",
            "customClientMetadata.corsAllowedOrigins.1",
            "customClientMetadata.idTokenTtl",
            "customClientMetadata.refreshTokenTtl",
            "customClientMetadata.refreshTokenTtlInDays",
            "customClientMetadata.maxAllowedGrants",
            "userConsentScopes.0",
            "signInExperience.primaryColor"
        ]
    );
    for (days, count) in [(0, 1), (1, 0), (180, 0), (181, 1)] {
        let mut app = draft("Native");
        app.custom_client_metadata.refresh_token_ttl_in_days = Some(days);
        assert_eq!(check_application(&app).len(), count, "{days} days");
    }
}

#[test]
fn people_and_resources() {
    let user: UserDraft = serde_json::from_value(serde_json::json!({
        "username": "9", "primaryEmail": "x", "primaryPhone": "x", "name": "n".repeat(129), "avatar": "x"
    }))
    .unwrap();
    assert_eq!(
        fields(&check_user(&user)),
        ["username", "primaryEmail", "primaryPhone", "name", "avatar"]
    );
    let resource = Resource {
        id: "r".into(),
        name: "Stock".into(),
        indicator: "stock".into(),
        is_default: false,
        access_token_ttl: 0,
        scopes: ["read", "a b", "read"]
            .map(|name| Scope {
                name: name.into(),
                description: None,
            })
            .to_vec(),
    };
    assert_eq!(
        fields(&check_resource(&resource)),
        ["indicator", "accessTokenTtl", "scopes.1.name", "scopes.2.name"]
    );
}

#[test]
fn sign_in_experience_and_provider() {
    assert_eq!(check_sign_in_experience(&SignInExperience::default()), []);
    assert_eq!(check_provider_settings(&ProviderSettings::default()), []);
    let rows: &[(serde_json::Value, &[&str])] = &[
        (
            serde_json::json!({"color": {"primaryColor": "red", "darkPrimaryColor": "#000000", "isDarkModeEnabled": true}}),
            &["color.primaryColor"],
        ),
        (serde_json::json!({"termsOfUseUrl": ""}), &[]),
        (serde_json::json!({"termsOfUseUrl": "terms"}), &["termsOfUseUrl"]),
        (serde_json::json!({"supportEmail": "help"}), &["supportEmail"]),
    ];
    for (row, expected) in rows {
        let parsed: SignInExperience = serde_json::from_value(row.clone()).unwrap();
        assert_eq!(&fields(&check_sign_in_experience(&parsed)), expected, "{row}");
    }
    for (session_ttl, right) in [(0, false), (1, true), (31_536_000, true), (31_536_001, false)] {
        let settings = ProviderSettings {
            session_ttl,
            ..ProviderSettings::default()
        };
        assert_eq!(check_provider_settings(&settings).is_empty(), right, "{session_ttl}");
    }
    for (custom_ui, expected) in [
        (serde_json::json!({"folder": "/app/dist"}), None),
        (serde_json::json!({"folder": " "}), Some("customUi.folder")),
        (serde_json::json!({"devServer": "http://localhost:5173"}), None),
        (serde_json::json!({"devServer": "http://example.test"}), Some("customUi.devServer")),
        (serde_json::json!({"zip": {"id": "0".repeat(32), "source": "ui.zip"}}), None),
        (
            serde_json::json!({"zip": {"id": "../../etc", "source": "ui.zip"}}),
            Some("customUi.zip"),
        ),
    ] {
        let settings = ProviderSettings {
            custom_ui: serde_json::from_value(custom_ui.clone()).unwrap(),
            ..ProviderSettings::default()
        };
        let found = check_provider_settings(&settings);
        assert_eq!(found.first().map(|problem| problem.field.as_str()), expected, "{custom_ui}");
    }
}

proptest! {
    /// No text makes a rule panic, and an accepted web address without wildcards is one that browsers can parse.
    #[test]
    fn any_text_is_answered(text in "\\PC*|(https?|[a-z.]{1,6})://[a-z.*:@0-9\\[\\]]{0,12}[/a-z.%2eE*?#\\\\]{0,16}") {
        for rule in [check_cors_origin, check_indicator, check_http_url, check_picture, check_username, check_email, check_client_id, check_scope_name, check_color] {
            let _ = rule(&text);
        }
        let _ = normalize_phone(&text);
        if check_redirect_uri(&text).is_ok() {
            prop_assert!(url::Url::parse(&text).is_ok());
        }
    }

    /// Normalising a phone number twice changes nothing more.
    #[test]
    fn phone_normalisation_is_stable(text in "[+]?[0-9 ()-]{0,20}") {
        if let Ok(digits) = normalize_phone(&text) {
            prop_assert_eq!(normalize_phone(&digits), Ok(digits));
        }
    }
}
