//! What the dialect decides at the authorization endpoint: `prompt=create`, `acr_values`, `prompt=select_account`.

use super::super::authorize::Reply;
use super::super::{dialect, discovery};
use super::{ISSUER, Provider, app, spa};
use crate::because::{Because, Outcome};
use crate::live::{ParamFate, Trail};
use crate::model::{ApplicationType, Connector, Dialect, ProviderSettings, SignInExperience, SignInMode};
use crate::record::AuthorizationCode;
use crate::time::Timestamp;

fn connector(id: &str, target: Option<&str>) -> Connector {
    Connector::new(id.into(), "oidc", target.map(str::to_owned), id.to_uppercase(), Timestamp(0))
}

/// A provider with a social and an enterprise connector, in a dialect.
fn provider(dialect: Dialect) -> Provider {
    let mut p = Provider::new();
    p.world.put(&connector("c-google", Some("google")));
    p.world.put(&connector("c-okta", None));
    p.world.put(&ProviderSettings {
        dialect,
        ..ProviderSettings::default()
    });
    p
}

fn sign_in_only(p: &mut Provider) {
    p.world.put(&SignInExperience {
        sign_in_mode: SignInMode::SignIn,
        ..SignInExperience::default()
    });
}

#[track_caller]
fn location(reply: &Reply) -> &str {
    match reply {
        Reply::Page { location, .. } => location,
        other => panic!("no page: {other:?}"),
    }
}

#[track_caller]
fn refusal(reply: &Reply) -> (&str, &str) {
    let Reply::Client { parameters, .. } = reply else {
        panic!("not told to the client: {reply:?}")
    };
    let get = |name: &str| parameters.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.as_str());
    assert_eq!((get("state"), get("iss")), ("s1", ISSUER));
    (get("error"), get("error_description"))
}

#[track_caller]
fn card<'a>(trail: &'a Trail, rule: &str) -> &'a Because {
    let found = trail.because.iter().find(|b| b.rule == rule);
    found.unwrap_or_else(|| panic!("no {rule} among {:?}", trail.because.iter().map(|b| &b.rule).collect::<Vec<_>>()))
}

fn acr(trail: &Trail) -> (ParamFate, Option<&str>) {
    let row = trail.params.iter().find(|p| p.name == "acr_values").unwrap();
    (row.fate, row.effective.as_deref())
}

#[test]
fn prompt_create_opens_registration_where_the_dialect_says_so() {
    for dialect in [Dialect::Strict, Dialect::Duende] {
        let mut p = provider(dialect);
        let (reply, trail) = p.ask(&spa("&prompt=create&login_hint=a@b.c"));
        assert_eq!(location(&reply), "/register?app_id=spa&login_hint=a%40b.c", "{dialect:?}");
        assert_eq!(card(&trail, "params.prompt_create").outcome, Outcome::Decided);
        assert_eq!(card(&trail, "prompt.create_prompt").outcome, Outcome::Decided);
    }
    // Logto refuses, and the session says what works there.
    let (reply, trail) = provider(Dialect::Logto).ask(&spa("&prompt=create"));
    assert_eq!(refusal(&reply), ("invalid_request", "unsupported prompt value requested"));
    assert!(card(&trail, "authorize.prompt").detail.contains("first_screen=register"));
    for (more, wanted) in [
        ("&first_screen=identifier:register", "/identifier-register?app_id=spa"),
        ("&first_screen=reset_password", "/register?app_id=spa"),
        ("&direct_sign_in=social:google", "/register?app_id=spa"),
    ] {
        let (reply, _) = provider(Dialect::Strict).ask(&spa(&format!("&prompt=create{more}")));
        assert_eq!(location(&reply), wanted, "{more}");
    }
}

#[test]
fn prompt_create_asks_even_with_a_session_and_then_comes_to_a_code() {
    let mut p = provider(Dialect::Strict);
    p.sign_in(&spa(""));
    let (reply, _) = p.ask(&spa("&prompt=create"));
    assert!(location(&reply).starts_with("/register?"), "{reply:?}");
    assert!(p.sign_in(&spa("&prompt=create")).contains_key("code"));
}

#[test]
fn prompt_create_with_registration_off() {
    for dialect in [Dialect::Strict, Dialect::Duende] {
        let mut p = provider(dialect);
        sign_in_only(&mut p);
        let (reply, trail) = p.ask(&spa("&prompt=create"));
        assert_eq!(
            refusal(&reply),
            ("invalid_request", "prompt create is not supported: registration is switched off")
        );
        assert_eq!(card(&trail, "authorize.prompt_create").outcome, Outcome::Refused);
        let row = trail.params.iter().find(|r| r.name == "prompt").unwrap();
        assert_eq!(row.fate, ParamFate::Refused);
    }
}

#[test]
fn select_account_is_duendes() {
    for dialect in [Dialect::Logto, Dialect::Strict] {
        let (reply, trail) = provider(dialect).ask(&spa("&prompt=select_account"));
        assert_eq!(refusal(&reply), ("invalid_request", "unsupported prompt value requested"));
        assert!(card(&trail, "authorize.prompt").detail.contains("duende dialect"));
    }
    let mut p = provider(Dialect::Duende);
    p.sign_in(&spa(""));
    let (reply, _) = p.ask(&spa("&prompt=select_account"));
    assert_eq!(location(&reply), "/sign-in?app_id=spa");
    assert!(p.sign_in(&spa("&prompt=select_account consent")).contains_key("code"));
}

#[test]
fn discovery_names_prompts_only_beside_logtos_document() {
    let document = |dialect, registers| {
        let prompts = dialect::prompt_values(dialect, registers);
        discovery::document(ISSUER, &["ES384"], prompts.as_deref())["prompt_values_supported"].clone()
    };
    assert!(document(Dialect::Logto, true).is_null());
    assert_eq!(
        document(Dialect::Strict, true),
        serde_json::json!(["none", "login", "consent", "create"])
    );
    assert_eq!(document(Dialect::Strict, false), serde_json::json!(["none", "login", "consent"]));
    assert_eq!(
        document(Dialect::Duende, true),
        serde_json::json!(["none", "login", "consent", "select_account", "create"])
    );
}

#[test]
fn acr_values_choose_provider_and_organization_in_the_duende_dialect() {
    for (sent, wanted, fate, effective) in [
        (
            "idp:google",
            "/direct/social/google?app_id=spa&fallback=sign-in",
            ParamFate::Used,
            Some("direct_sign_in=social:google"),
        ),
        (
            "idp:c-okta",
            "/direct/sso/c-okta?app_id=spa&fallback=sign-in",
            ParamFate::Used,
            Some("direct_sign_in=sso:c-okta"),
        ),
        (
            "tenant:acme",
            "/sign-in?app_id=spa&organization_id=acme",
            ParamFate::Used,
            Some("organization_id=acme"),
        ),
        (
            "mfa tenant:acme idp:google",
            "/direct/social/google?app_id=spa&organization_id=acme&fallback=sign-in",
            ParamFate::Used,
            Some("organization_id=acme direct_sign_in=social:google"),
        ),
        ("idp:local", "/sign-in?app_id=spa", ParamFate::Used, None),
        ("mfa", "/sign-in?app_id=spa", ParamFate::Used, None),
        ("idp:", "/sign-in?app_id=spa", ParamFate::Dropped, None),
        ("idp:goggle mfa", "/sign-in?app_id=spa", ParamFate::Narrowed, Some("mfa")),
        (
            "idp:google idp:c-okta",
            "/direct/social/google?app_id=spa&fallback=sign-in",
            ParamFate::Narrowed,
            Some("idp:google"),
        ),
    ] {
        let (reply, trail) = provider(Dialect::Duende).ask(&spa(&format!("&acr_values={sent}")));
        assert_eq!((location(&reply), acr(&trail)), (wanted, (fate, effective)), "{sent}");
    }
    let (_, trail) = provider(Dialect::Duende).ask(&spa("&acr_values=idp:goggle"));
    let told = card(&trail, "params.acr_values");
    assert_eq!((told.outcome, told.input.as_deref()), (Outcome::Dropped, Some("idp:goggle")));
    assert!(told.detail.contains("`idp:google` would have worked"), "{}", told.detail);
}

#[test]
fn what_is_said_outright_wins_over_acr_values() {
    let (reply, trail) = provider(Dialect::Duende).ask(&spa(
        "&acr_values=idp:google tenant:acme&direct_sign_in=sso:c-okta&organization_id=other",
    ));
    assert_eq!(
        location(&reply),
        "/direct/sso/c-okta?app_id=spa&organization_id=other&fallback=sign-in"
    );
    assert_eq!(acr(&trail), (ParamFate::Dropped, None));
    let told: Vec<_> = trail.because.iter().filter(|b| b.rule == "params.acr_values").collect();
    assert_eq!(told.len(), 2);
    assert!(told[0].detail.contains("`direct_sign_in`") && told[1].detail.contains("`organization_id`"));
}

#[test]
fn the_other_dialects_ignore_them_and_say_what_would_have_worked() {
    for dialect in [Dialect::Logto, Dialect::Strict] {
        let (reply, trail) = provider(dialect).ask(&spa("&acr_values=idp:google tenant:acme mfa"));
        assert_eq!(location(&reply), "/sign-in?app_id=spa");
        assert_eq!(acr(&trail), (ParamFate::Narrowed, Some("mfa")));
        let told = card(&trail, "params.acr_values");
        assert_eq!(told.outcome, Outcome::Dropped);
        for part in [
            dialect.name(),
            "`direct_sign_in=social:google`",
            "`organization_id=acme`",
            "duende dialect",
        ] {
            assert!(told.detail.contains(part), "{part}: {}", told.detail);
        }
    }
}

#[test]
fn an_application_has_a_dialect_of_its_own() {
    let mut p = provider(Dialect::Logto);
    p.change_app("spa", |app| app.custom_client_metadata.dialect = Some(Dialect::Duende));
    let (reply, _) = p.ask(&spa("&acr_values=idp:google"));
    assert!(location(&reply).starts_with("/direct/social/google?"));
    let mut other = app("other", ApplicationType::Spa, "https://app.test/cb");
    other.custom_client_metadata.dialect = Some(Dialect::Logto);
    let mut p = provider(Dialect::Duende);
    p.world.put(&other);
    let (reply, _) = p.ask(&spa("&acr_values=idp:google").replace("client_id=spa", "client_id=other"));
    assert_eq!(location(&reply), "/sign-in?app_id=other");
}

#[test]
fn with_a_session_the_tenant_still_goes_with_the_code_and_the_provider_does_not_count() {
    let mut p = provider(Dialect::Duende);
    p.sign_in(&spa(""));
    let (reply, trail) = p.ask(&spa("&acr_values=idp:google tenant:acme"));
    let Reply::Client { parameters, .. } = &reply else {
        panic!("{reply:?}")
    };
    let code = &parameters.iter().find(|(n, _)| n == "code").unwrap().1;
    let stored = p.world.get::<AuthorizationCode>(&crate::record::token_key(code)).unwrap();
    assert_eq!(stored.authorized.organization_id.as_deref(), Some("acme"));
    assert_eq!(acr(&trail), (ParamFate::Narrowed, Some("tenant:acme")));
    assert_eq!(card(&trail, "params.session").outcome, Outcome::Dropped);
    assert_eq!(card(&trail, "params.acr_values.tenant").outcome, Outcome::Decided);
}

#[test]
fn duende_follows_the_specifications_as_strict_does() {
    for (dialect, null) in [(Dialect::Logto, true), (Dialect::Strict, false), (Dialect::Duende, false)] {
        assert_eq!(dialect.follows_specifications(), !null);
        let mut p = provider(dialect);
        let code = p.sign_in(&spa(""))["code"].clone();
        let claims: serde_json::Value = serde_json::from_str(&p.redeem("spa", &code).id_token.unwrap()).unwrap();
        assert_eq!(claims.get("picture").is_some_and(serde_json::Value::is_null), null, "{claims}");
        assert_eq!(serde_json::json!(dialect), dialect.name());
    }
}
