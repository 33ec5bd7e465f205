//! Sheet 1.5, 1.6, 1.13 to 1.15, 1.20: tokens, rotation, replay, and the reason that stays inside.

use super::super::token::AccessTokenOut;
use super::super::{introspection, userinfo};
use super::{API, ISSUER, Provider, VERIFIER, spa};
use crate::model::{Application, SocialIdentity, SsoIdentity, User};
use serde_json::{Value, json};

fn opaque(token: &AccessTokenOut) -> &str {
    match token {
        AccessTokenOut::Opaque(text) => text,
        AccessTokenOut::Jwt(_) => panic!("an opaque token was wanted"),
    }
}

fn jwt(token: &AccessTokenOut) -> Value {
    match token {
        AccessTokenOut::Jwt(claims) => serde_json::from_str(claims).unwrap(),
        AccessTokenOut::Opaque(_) => panic!("a JWT was wanted"),
    }
}

fn userinfo_of(p: &mut Provider, token: &str) -> Result<Value, String> {
    p.world
        .read(|cx| userinfo::userinfo(cx, Some(token), None))
        .0
        .unwrap()
        .map(|(claims, _)| claims.into())
        .map_err(|e| e.detail.unwrap_or(e.error.into()))
}

#[test]
fn code_to_tokens() {
    let mut p = Provider::new();
    let code = p.sign_in(&spa("&prompt=consent&nonce=n1")).remove("code").unwrap();
    let reply = p.redeem("spa", &code);
    assert_eq!((reply.scope.as_str(), reply.expires_in), ("openid offline_access profile", 3600));
    let id: Value = serde_json::from_str(reply.id_token.as_ref().unwrap()).unwrap();
    assert_eq!(
        (&id["aud"], &id["iss"], &id["nonce"], &id["sub"]),
        (&json!("spa"), &json!(ISSUER), &json!("n1"), &json!("alice0000001"))
    );
    for absent in ["at_hash", "auth_time", "sid", "email", "acr", "azp"] {
        assert!(id.get(absent).is_none(), "{absent}");
    }
    assert_eq!(id["picture"], Value::Null, "present, null");
    assert_eq!(
        (&id["created_at"], &id["updated_at"]),
        (&json!(1_000), &json!(2_000)),
        "milliseconds"
    );
    assert_eq!(id["preferred_username"], "alice0000001");
    assert_eq!(userinfo_of(&mut p, opaque(&reply.access_token)).unwrap()["name"], "Alice Archer");
    assert_eq!(reply.refresh_token.unwrap().len(), 43);
}

#[test]
fn invalid_grant_has_one_wording_and_many_reasons() {
    for (change, wanted) in [
        (vec![("code", "unknown")], "no such authorization code"),
        (
            vec![("code_verifier", "wrong-wrong-wrong-wrong-wrong-wrong-wrong-wrong")],
            "PKCE verification failed",
        ),
        (vec![("code_verifier", "")], "code_verifier is missing"),
        (
            vec![("redirect_uri", "https://app.test/other")],
            "redirect_uri is `https://app.test/other`",
        ),
    ] {
        let mut p = Provider::new();
        let code = p.sign_in(&spa("")).remove("code").unwrap();
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", "https://app.test/cb"),
            ("code_verifier", VERIFIER),
        ];
        for (name, value) in change {
            form.retain(|(n, _)| *n != name);
            form.push((name, value));
        }
        let (outcome, trail) = p.token("spa", &form);
        let error = outcome.unwrap_err();
        assert_eq!(
            (error.status, error.error, error.description.as_deref()),
            (400, "invalid_grant", Some("grant request is invalid"))
        );
        assert!(error.detail.unwrap().contains(wanted), "{wanted}");
        assert!(trail.error.unwrap().detail.is_some());
        if !form.contains(&("code", "unknown")) {
            p.redeem("spa", &code); // A wrong attempt does not use the code up.
        }
    }
}

#[test]
fn a_code_lives_sixty_seconds_and_belongs_to_one_client() {
    let mut p = Provider::new();
    let code = p.sign_in(&spa("")).remove("code").unwrap();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", "https://app.test/cb"),
        ("code_verifier", VERIFIER),
    ];
    assert!(p.token("web", &form).0.unwrap_err().detail.unwrap().contains("issued to `spa`"));
    p.world.clock.advance(60);
    assert!(p.token("spa", &form).0.unwrap_err().detail.unwrap().contains("expired"));
}

#[test]
fn replaying_a_code_revokes_what_it_led_to() {
    let mut p = Provider::new();
    let code = p.sign_in(&spa("&prompt=consent")).remove("code").unwrap();
    let reply = p.redeem("spa", &code);
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", "https://app.test/cb"),
        ("code_verifier", VERIFIER),
    ];
    assert_eq!(p.token("spa", &form).0.unwrap_err().error, "invalid_grant");
    assert_eq!(
        userinfo_of(&mut p, opaque(&reply.access_token)).unwrap_err(),
        "its grant was revoked"
    );
    let refresh = [
        ("grant_type", "refresh_token"),
        ("refresh_token", reply.refresh_token.as_deref().unwrap()),
    ];
    assert!(
        p.token("spa", &refresh)
            .0
            .unwrap_err()
            .detail
            .unwrap()
            .contains("grant was revoked")
    );
    assert!(
        matches!(p.ask(&spa("&prompt=none")).0, super::super::authorize::Reply::Client { parameters, .. } if parameters[0].1 == "consent_required")
    );
}

#[test]
fn spa_refresh_tokens_rotate_keep_their_end_and_detect_reuse() {
    let mut p = Provider::new();
    let code = p.sign_in(&spa("&prompt=consent")).remove("code").unwrap();
    let first = p.redeem("spa", &code).refresh_token.unwrap();
    let end = |p: &Provider, token: &str| {
        p.world
            .get::<crate::record::RefreshToken>(&crate::record::token_key(token))
            .unwrap()
            .expires_at
    };
    p.world.clock.advance(3600);
    let refresh = |p: &mut Provider, token: &str| p.token("spa", &[("grant_type", "refresh_token"), ("refresh_token", token)]);
    let second = refresh(&mut p, &first).0.unwrap().refresh_token.unwrap();
    assert_ne!(first, second);
    assert_eq!(end(&p, &first), end(&p, &second), "an SPA's keeps the remaining lifetime");
    p.world.clock.advance(3);
    assert!(refresh(&mut p, &first).0.is_ok(), "within three seconds it is a retry");
    p.world.clock.advance(1);
    let (outcome, trail) = refresh(&mut p, &first);
    assert!(outcome.unwrap_err().detail.unwrap().contains("revoked"));
    assert!(trail.because.iter().any(|b| b.rule == "token.refresh_reuse"));
    assert!(refresh(&mut p, &second).0.is_err(), "the whole grant is gone");
}

#[test]
fn a_client_with_a_secret_rotates_late() {
    let mut p = Provider::new();
    let query = "client_id=web&redirect_uri=https://app.test/cb&response_type=code&scope=openid offline_access&prompt=consent";
    let code = p.sign_in(query).remove("code").unwrap();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", "https://app.test/cb"),
    ];
    let first = p.token("web", &form).0.unwrap().refresh_token.unwrap();
    let refresh = |p: &mut Provider, token: &str| {
        p.token("web", &[("grant_type", "refresh_token"), ("refresh_token", token)])
            .0
            .unwrap()
            .refresh_token
            .unwrap()
    };
    assert_eq!(refresh(&mut p, &first), first);
    p.world.clock.advance(14 * 86_400 * 7 / 10);
    assert_ne!(refresh(&mut p, &first), first);
}

#[test]
fn offline_access_without_consent_gives_no_refresh_token_unless_the_application_always_has_one() {
    let mut p = Provider::new();
    let code = p.sign_in(&spa("")).remove("code").unwrap();
    let reply = p.redeem("spa", &code);
    assert_eq!((reply.refresh_token, reply.scope.as_str()), (None, "openid profile"));
    p.change_app("spa", |app| app.custom_client_metadata.always_issue_refresh_token = Some(true));
    let code = p.sign_in(&spa("")).remove("code").unwrap();
    assert!(p.redeem("spa", &code).refresh_token.is_some());
}

#[test]
fn resources_give_jwts_with_held_scopes_only() {
    let mut p = Provider::new();
    let query = spa(&format!("&prompt=consent&resource={API}")).replace("profile", "profile read write");
    let code = p.sign_in(&query).remove("code").unwrap();
    let reply = p.redeem("spa", &code);
    assert_eq!(
        reply.scope, "openid offline_access profile",
        "with openid and no resource the token is opaque"
    );
    let refresh = reply.refresh_token.unwrap();
    let (outcome, trail) = p.token(
        "spa",
        &[("grant_type", "refresh_token"), ("refresh_token", &refresh), ("resource", API)],
    );
    let reply = outcome.unwrap();
    let claims = jwt(&reply.access_token);
    assert_eq!(
        (&claims["aud"], &claims["scope"], &claims["client_id"], reply.expires_in),
        (&json!(API), &json!("read"), &json!("spa"), 600)
    );
    assert!(
        trail
            .because
            .iter()
            .any(|b| b.rule == "token.resource_scopes" && b.title.contains("write"))
    );
    let refresh = reply.refresh_token.unwrap();
    for (extra, error) in [
        (vec![("resource", "https://other.test")], "invalid_target"),
        (vec![("resource", API), ("resource", "https://b.test")], "invalid_target"),
        (vec![("scope", "email")], "invalid_scope"),
        (vec![("organization_id", "o1")], "insufficient_scope"),
    ] {
        let mut form = vec![("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
        form.extend(extra);
        assert_eq!(p.token("spa", &form).0.unwrap_err().error, error);
    }
}

#[test]
fn machines_get_what_their_roles_give() {
    let mut p = Provider::new();
    let ask = |p: &mut Provider, extra: &[(&str, &str)]| p.token("m2m", &[&[("grant_type", "client_credentials")], extra].concat()).0;
    let reply = ask(&mut p, &[("resource", API), ("scope", "read write")]).unwrap();
    assert_eq!(
        (&jwt(&reply.access_token)["sub"], &jwt(&reply.access_token)["scope"]),
        (&json!("m2m"), &json!("read"))
    );
    let reply = ask(&mut p, &[("resource", API)]).unwrap();
    assert_eq!((jwt(&reply.access_token).get("scope"), reply.scope.as_str()), (None, ""));
    let error = ask(&mut p, &[]).unwrap_err();
    assert_eq!(
        error.description.as_deref(),
        Some("both `resource` and `organization_id` are not provided")
    );
    assert_eq!(ask(&mut p, &[("resource", "https://x.test")]).unwrap_err().error, "invalid_target");
    assert_eq!(
        p.token("spa", &[("grant_type", "client_credentials")])
            .0
            .unwrap_err()
            .description
            .as_deref(),
        Some("requested grant type is not allowed for this client")
    );
    assert_eq!(
        p.token("spa", &[("grant_type", "bogus")]).0.unwrap_err().error,
        "unsupported_grant_type"
    );
    assert_eq!(
        p.token("spa", &[]).0.unwrap_err().description.as_deref(),
        Some("missing required parameter 'grant_type'")
    );
}

#[test]
fn suspension_ends_tokens() {
    let mut p = Provider::new();
    let code = p.sign_in(&spa("&prompt=consent")).remove("code").unwrap();
    let reply = p.redeem("spa", &code);
    let mut alice = (*p.world.get::<crate::model::User>("alice0000001").unwrap()).clone();
    alice.is_suspended = true;
    p.world.put(&alice);
    let refresh = [
        ("grant_type", "refresh_token"),
        ("refresh_token", reply.refresh_token.as_deref().unwrap()),
    ];
    assert!(p.token("spa", &refresh).0.unwrap_err().detail.unwrap().contains("suspended"));
    assert!(userinfo_of(&mut p, opaque(&reply.access_token)).is_err());
}

#[test]
fn introspection_and_revocation() {
    let mut p = Provider::new();
    let code = p.sign_in(&spa("&prompt=consent")).remove("code").unwrap();
    let reply = p.redeem("spa", &code);
    let access = opaque(&reply.access_token).to_owned();
    let spa = p.world.get::<Application>("spa").unwrap();
    let web = p.world.get::<Application>("web").unwrap();
    let native = p.world.get::<Application>("native").unwrap();
    let look = |p: &mut Provider, app: &Application, token: &str| {
        p.world
            .read(|cx| introspection::introspect(cx, app, Some(token), ISSUER))
            .0
            .unwrap()
    };
    assert_eq!(look(&mut p, &spa, &access).unwrap()["active"], true);
    assert_eq!(look(&mut p, &web, &access).unwrap()["token_type"], "Bearer");
    assert_eq!(
        look(&mut p, &native, &access).unwrap(),
        json!({ "active": false }),
        "another public client learns nothing"
    );
    assert_eq!(look(&mut p, &spa, "zzz").unwrap(), json!({ "active": false }));
    assert_eq!(look(&mut p, &spa, "a.b.c").unwrap_err().error, "unsupported_token_type");
    let revoke =
        |p: &mut Provider, app: &Application, token: &str| p.world.write(|cx| introspection::revoke(cx, app, Some(token))).0.unwrap();
    assert!(revoke(&mut p, &native, &access).is_ok(), "200, and nothing happens");
    assert_eq!(revoke(&mut p, &web, &access).unwrap_err().error, "invalid_request");
    assert_eq!(look(&mut p, &spa, &access).unwrap()["active"], true);
    assert!(revoke(&mut p, &spa, reply.refresh_token.as_deref().unwrap()).is_ok());
    assert_eq!(look(&mut p, &spa, &access).unwrap()["active"], false, "siblings die");
}

#[test]
fn userinfo_refusals() {
    let mut p = Provider::new();
    assert_eq!(
        userinfo_of(&mut p, "a.b.c").unwrap_err().split(';').next(),
        Some("this is a JWT for an API resource")
    );
    let none = p.world.read(|cx| userinfo::userinfo(cx, None, None)).0.unwrap().err().unwrap();
    assert_eq!((none.status, none.description.as_deref()), (401, Some("no access token provided")));
    let code = p.sign_in(&spa("").replace("openid ", "")).remove("code").unwrap();
    let reply = p.redeem("spa", &code);
    assert_eq!(reply.id_token, None);
    let text = opaque(&reply.access_token).to_owned();
    let error = p
        .world
        .read(|cx| userinfo::userinfo(cx, Some(&text), None))
        .0
        .unwrap()
        .err()
        .unwrap();
    assert_eq!((error.status, error.error), (403, "insufficient_scope"));
}

#[test]
fn userinfo_tells_linked_accounts_when_asked() {
    let mut p = Provider::new();
    let mut alice = p.world.get::<User>("alice0000001").unwrap().as_ref().clone();
    alice.identities.insert(
        "google".into(),
        SocialIdentity {
            user_id: "g-1".into(),
            details: json!({ "id": "g-1" }),
        },
    );
    alice.sso_identities.push(SsoIdentity {
        issuer: "https://login.acme.test".into(),
        identity_id: "a-1".into(),
        sso_connector_id: "acme".into(),
        detail: json!({ "name": "Alice" }),
    });
    alice.connector_tokens.insert("acme".into(), "sealed:secret".into());
    p.world.put(&alice);
    let asked = spa("").replace("scope=openid", "scope=openid identities");
    let code = p.sign_in(&asked).remove("code").unwrap();
    let reply = p.redeem("spa", &code);
    let claims = userinfo_of(&mut p, opaque(&reply.access_token)).unwrap();
    assert_eq!(claims["identities"]["google"]["userId"], "g-1");
    assert_eq!(
        claims["sso_identities"],
        json!([{ "issuer": "https://login.acme.test", "identityId": "a-1", "detail": { "name": "Alice" } }])
    );
    assert!(!claims.to_string().contains("sealed"), "kept tokens stay inside");
}
