//! The grants page: what a person sees of what they gave, and what revoking does.

use super::super::grants::{list, revoke};
use super::{API, ISSUER, Provider, person, spa};
use crate::because::Outcome;
use crate::live::LiveStatus;
use crate::model::User;
use crate::record::{Grant, Session, token_key};
use serde_json::Value;

fn given(p: &Provider) -> Value {
    p.world.read(|cx| list(cx, p.cookie.as_deref())).0.unwrap().unwrap()
}

#[test]
fn a_person_sees_what_they_gave_newest_first() {
    let mut p = Provider::new();
    p.sign_in(&spa(&format!("&prompt=consent&resource={API}")).replace("profile", "profile read write"));
    p.world.clock.advance(60);
    p.change_app("web", |app| {
        app.sign_in_experience.display_name = Some("The Web".into());
        app.oidc_client_metadata.logo_uri = Some("https://app.test/logo.png".into());
    });
    p.sign_in("client_id=web&redirect_uri=https://app.test/cb&response_type=code&scope=openid&state=s1");
    let body = given(&p);
    assert_eq!(body["user"]["name"], "Alice Archer");
    let [web, spa] = body["grants"].as_array().unwrap().as_slice() else {
        panic!("{body}")
    };
    assert_eq!(
        web["application"],
        serde_json::json!({ "id": "web", "name": "The Web", "logoUrl": "https://app.test/logo.png" })
    );
    assert_eq!(web["openidScopes"], serde_json::json!([]));
    assert_eq!(spa["application"], serde_json::json!({ "id": "spa", "name": "SPA" }));
    assert_eq!(spa["openidScopes"], serde_json::json!(["offline_access", "profile"]));
    assert!(spa["scopeDescriptions"]["profile"].as_str().unwrap().starts_with("Your name"));
    let [resource] = spa["resourceScopes"].as_array().unwrap().as_slice() else {
        panic!("{spa}")
    };
    assert_eq!(resource["resource"]["indicator"], API);
    assert_eq!(resource["scopes"].as_array().unwrap().len(), 1, "only what alice holds: {resource}");
    assert_eq!(web["createdAt"].as_i64().unwrap() - spa["createdAt"].as_i64().unwrap(), 60_000);
    assert_eq!(
        spa["expiresAt"].as_i64().unwrap() - spa["createdAt"].as_i64().unwrap(),
        180 * 86_400_000
    );
}

#[test]
fn what_several_browsers_gave_to_an_application_is_one() {
    let mut p = Provider::new();
    p.sign_in(&spa("&prompt=consent"));
    p.world.clock.advance(60);
    // The same person in another browser, who gives more.
    p.cookie = None;
    let code = p.sign_in(&spa("&prompt=consent").replace("profile", "profile email"))["code"].clone();
    let body = given(&p);
    let [spa_grant] = body["grants"].as_array().unwrap().as_slice() else {
        panic!("{body}")
    };
    assert_eq!(spa_grant["openidScopes"], serde_json::json!(["offline_access", "profile", "email"]));
    let life = spa_grant["expiresAt"].as_i64().unwrap() - spa_grant["createdAt"].as_i64().unwrap();
    assert_eq!(life, 180 * 86_400_000 + 60_000, "from the first to the end of the last");
    let cookie = p.cookie.clone();
    let id = spa_grant["id"].as_str().unwrap().to_owned();
    p.world.write(|cx| revoke(cx, cookie.as_deref(), &id)).0.unwrap().unwrap();
    assert!(p.world.read(|cx| cx.list::<Grant>(10).unwrap()).0.is_empty(), "both are gone");
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", "https://app.test/cb"),
        ("code_verifier", super::VERIFIER),
    ];
    assert_eq!(p.token("spa", &form).0.unwrap_err().error, "invalid_grant");
}

#[test]
fn revoking_ends_every_token_and_the_next_request_asks_anew() {
    let mut p = Provider::new();
    let code = p.sign_in(&spa("&prompt=consent"))["code"].clone();
    let tokens = p.redeem("spa", &code);
    let refresh = tokens.refresh_token.clone().unwrap();
    let id = given(&p)["grants"][0]["id"].as_str().unwrap().to_owned();
    let live = p.world.get::<Grant>(&id).unwrap().live.clone();

    let cookie = p.cookie.clone();
    let (outcome, trail) = p.world.write(|cx| revoke(cx, cookie.as_deref(), &id));
    outcome.unwrap().unwrap();
    assert_eq!(
        (trail.live.as_ref(), trail.patch.outcome.as_deref()),
        (Some(&live), Some("grant revoked"))
    );
    assert!(
        trail
            .because
            .iter()
            .any(|b| b.rule == "grants.revoked" && b.outcome == Outcome::Decided)
    );

    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    assert_eq!(p.token("spa", &form).0.unwrap_err().error, "invalid_grant");
    assert_eq!(given(&p)["grants"], serde_json::json!([]));
    assert!(
        p.world.get::<Session>(&token_key(p.cookie.as_deref().unwrap())).is_some(),
        "still signed in"
    );
    let (reply, _) = p.ask(&spa(""));
    assert!(
        matches!(&reply, super::Reply::Page { location, .. } if location.starts_with("/consent")),
        "{reply:?}"
    );
    assert!(p.sign_in(&spa("")).contains_key("code"));
}

#[test]
fn nobody_revokes_for_somebody_else() {
    let mut p = Provider::new();
    p.world.put(&person("bob000000002"));
    p.sign_in(&spa(""));
    let id = given(&p)["grants"][0]["id"].as_str().unwrap().to_owned();
    let mut session = (*p.world.get::<Session>(&token_key(p.cookie.as_deref().unwrap())).unwrap()).clone();
    session.account_id = "bob000000002".into();
    p.world.put(&session);
    for (cookie, id, wanted) in [
        (p.cookie.clone(), id.clone(), (404, "entity.not_found")),
        (p.cookie.clone(), "nothing".to_owned(), (404, "entity.not_found")),
        (None, id.clone(), (401, "auth.unauthorized")),
        (Some("forged".to_owned()), id.clone(), (401, "auth.unauthorized")),
    ] {
        let (outcome, trail) = p.world.write(|cx| revoke(cx, cookie.as_deref(), &id));
        let error = outcome.unwrap().unwrap_err();
        assert_eq!((error.status, error.code), wanted);
        assert!(trail.because.iter().any(|b| b.outcome == Outcome::Refused));
        assert_eq!(trail.patch.status, Some(LiveStatus::Failed));
    }
    assert!(p.world.get::<Grant>(&id).is_some(), "{ISSUER}: the grant is still there");
    assert_eq!(given(&p)["grants"], serde_json::json!([]), "bob sees none of alice's");
}

#[test]
fn nobody_signed_in_sees_nothing() {
    let mut p = Provider::new();
    p.sign_in(&spa(""));
    let read = |p: &Provider, cookie: Option<&str>| p.world.read(|cx| list(cx, cookie)).0.unwrap();
    assert_eq!(read(&p, None).unwrap_err().status, 401);
    let mut alice = (*p.world.get::<User>("alice0000001").unwrap()).clone();
    alice.is_suspended = true;
    p.world.put(&alice);
    assert_eq!(read(&p, p.cookie.as_deref()).unwrap_err().code, "auth.unauthorized");
}
