//! Sheet 1.15, 1.16, 1.19 and 1.11: organizations in tokens, claims and consent.

use super::super::authorize::Reply;
use super::super::consent::{allow, describe};
use super::super::scopes::{ORGANIZATION_RESOURCE as RESERVED, ORGANIZATION_ROLES, ORGANIZATIONS};
use super::super::token::AccessTokenOut;
use super::{API, ISSUER, Provider, spa};
use crate::ids::OrganizationId;
use crate::model::{Organization, OrganizationRole, OrganizationScope, User};
use crate::record::Interaction;
use serde_json::{Value, json};

const ASKED: &str = "urn:logto:scope:organizations urn:logto:scope:organization_roles read:members manage:members write";

fn jwt(token: &AccessTokenOut) -> Value {
    match token {
        AccessTokenOut::Jwt(claims) => serde_json::from_str(claims).unwrap(),
        AccessTokenOut::Opaque(_) => panic!("a JWT was wanted"),
    }
}

fn organization(value: Value) -> Organization {
    serde_json::from_value(value).unwrap()
}

/// Alice is an admin of Acme and belongs to Globex without a role; Initech is not hers. The machine acts in Acme.
fn provider() -> Provider {
    let mut p = Provider::new();
    for name in ["read:members", "manage:members", "bill:members"] {
        let scope: OrganizationScope = serde_json::from_value(json!({ "id": name, "name": name, "description": "" })).unwrap();
        p.world.put(&scope);
    }
    for role in [
        json!({ "id": "admin", "name": "Admin", "scopes": ["read:members", "bill:members", "deleted:scope"],
                "resourceScopes": [{ "resource": API, "scope": "write" }] }),
        json!({ "id": "sync", "name": "Sync", "type": "MachineToMachine", "scopes": ["read:members"],
                "resourceScopes": [{ "resource": API, "scope": "write" }] }),
    ] {
        let role: OrganizationRole = serde_json::from_value(role).unwrap();
        p.world.put(&role);
    }
    for value in [
        json!({ "id": "acme", "name": "Acme", "description": "Anvils", "createdAt": 1,
                "members": [{ "userId": "alice0000001", "roleIds": ["admin", "sync", "gone"] }],
                "applications": [{ "applicationId": "m2m", "roleIds": ["sync"] }] }),
        json!({ "id": "globex", "name": "Globex", "createdAt": 1, "members": [{ "userId": "alice0000001", "roleIds": [] }] }),
        json!({ "id": "initech", "name": "Initech", "createdAt": 1 }),
    ] {
        p.world.put(&organization(value));
    }
    p
}

fn request(extra: &str) -> String {
    spa(&format!("&prompt=consent&resource={RESERVED}&resource={API}{extra}")).replace("profile", &format!("profile {ASKED}"))
}

fn refresh_token(p: &mut Provider, query: &str) -> String {
    let code = p.sign_in(query).remove("code").unwrap();
    p.redeem("spa", &code).refresh_token.unwrap()
}

#[test]
fn an_organization_token_has_the_permissions_of_the_roles_there_that_were_asked_for() {
    let mut p = provider();
    let mut refresh = refresh_token(&mut p, &request(""));
    for extra in [vec![], vec![("resource", RESERVED)]] {
        let mut form = vec![
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh.as_str()),
            ("organization_id", "acme"),
        ];
        form.extend(extra);
        let (outcome, trail) = p.token("spa", &form);
        let reply = outcome.unwrap();
        let claims = jwt(&reply.access_token);
        assert_eq!(
            (&claims["aud"], &claims["scope"], reply.scope.as_str(), reply.expires_in),
            (&json!("urn:logto:organization:acme"), &json!("read:members"), "read:members", 3600)
        );
        // What she does not hold, and what she holds but was not asked for, are said.
        let told: Vec<&str> = trail
            .because
            .iter()
            .filter(|b| b.rule == "token.organization_scopes")
            .map(|b| b.title.as_ref())
            .collect();
        assert!(told.iter().any(|t| t.contains("manage:members")), "{told:?}");
        assert!(told.iter().any(|t| t.contains("bill:members")), "{told:?}");
        refresh = reply.refresh_token.unwrap();
    }
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh.as_str()),
        ("organization_id", "globex"),
    ];
    let claims = jwt(&p.token("spa", &form).0.unwrap().access_token);
    assert_eq!(claims.get("scope"), None, "no role there, no permission");
}

#[test]
fn an_api_resource_within_an_organization() {
    let mut p = provider();
    let refresh = refresh_token(&mut p, &request(""));
    let mut ask = |extra: &[(&str, &str)]| {
        let form = [
            &[
                ("grant_type", "refresh_token"),
                ("refresh_token", refresh.as_str()),
                ("resource", API),
            ],
            extra,
        ]
        .concat();
        // The same token again: within three seconds that is a retry.
        jwt(&p.token("spa", &form).0.unwrap().access_token)
    };
    let all = ask(&[]);
    assert_eq!(
        (&all["scope"], all.get("organization_id")),
        (&json!("write"), None),
        "of any organization"
    );
    let acme = ask(&[("organization_id", "acme")]);
    assert_eq!((&acme["scope"], &acme["organization_id"]), (&json!("write"), &json!("acme")));
    let globex = ask(&[("organization_id", "globex")]);
    assert_eq!((globex.get("scope"), &globex["organization_id"]), (None, &json!("globex")));
}

#[test]
fn organization_id_of_the_authorization_request_narrows() {
    let mut p = provider();
    let refresh = refresh_token(&mut p, &request("&organization_id=globex"));
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh.as_str()),
        ("resource", API),
    ];
    assert_eq!(jwt(&p.token("spa", &form).0.unwrap().access_token).get("scope"), None);
}

#[test]
fn the_refusals_of_sheet_1_16() {
    for (prepare, asked, id, error, description) in [
        ("nothing", "", "acme", "insufficient_scope", "refresh token missing required scope"),
        (
            "nothing",
            ASKED,
            "initech",
            "access_denied",
            "user is not a member of the organization",
        ),
        (
            "nothing",
            ASKED,
            "nowhere",
            "access_denied",
            "user is not a member of the organization",
        ),
        (
            "mfa",
            ASKED,
            "acme",
            "access_denied",
            "organization requires MFA but user has no MFA configured",
        ),
        (
            "third party",
            ASKED,
            "acme",
            "access_denied",
            "organization access is not granted to the application",
        ),
    ] {
        let mut p = provider();
        if prepare == "mfa" {
            let mut acme = (*p.world.get::<Organization>("acme").unwrap()).clone();
            acme.is_mfa_required = true;
            p.world.put(&acme);
        }
        let query = spa("&prompt=consent").replace("profile", &format!("profile {asked}"));
        let refresh = refresh_token(&mut p, &query);
        if prepare == "third party" {
            p.change_app("spa", |app| app.is_third_party = true);
        }
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh.as_str()),
            ("organization_id", id),
        ];
        let (outcome, trail) = p.token("spa", &form);
        let refusal = outcome.unwrap_err();
        assert_eq!(
            (refusal.status, refusal.error, refusal.description.as_deref()),
            (403, error, Some(description)),
            "{prepare}"
        );
        assert!(trail.because.iter().any(|b| b.rule == "token.organization"), "{prepare}");
    }
}

#[test]
fn machines_act_where_they_are_registered() {
    let mut p = provider();
    let mut ask = |extra: &[(&str, &str)]| p.token("m2m", &[&[("grant_type", "client_credentials")], extra].concat()).0;
    let claims = jwt(&ask(&[("organization_id", "acme"), ("scope", "read:members manage:members")])
        .unwrap()
        .access_token);
    assert_eq!(
        (&claims["aud"], &claims["scope"], &claims["sub"]),
        (&json!("urn:logto:organization:acme"), &json!("read:members"), &json!("m2m"))
    );
    let claims = jwt(&ask(&[("organization_id", "acme"), ("resource", API), ("scope", "read write")])
        .unwrap()
        .access_token);
    assert_eq!(
        (&claims["aud"], &claims["scope"], &claims["organization_id"]),
        (&json!(API), &json!("write"), &json!("acme")),
        "by its roles there alone"
    );
    for id in ["globex", "nowhere"] {
        let refusal = ask(&[("organization_id", id)]).unwrap_err();
        assert_eq!(
            (refusal.status, refusal.error, refusal.description.as_deref()),
            (403, "access_denied", Some("app has not associated with the organization"))
        );
    }
}

#[test]
fn claims_say_where_somebody_belongs() {
    let mut p = provider();
    let code = p.sign_in(&request("")).remove("code").unwrap();
    let id: Value = serde_json::from_str(p.redeem("spa", &code).id_token.as_ref().unwrap()).unwrap();
    assert_eq!(id["organizations"], json!(["acme", "globex"]));
    assert_eq!(
        id["organization_roles"],
        json!(["acme:Admin"]),
        "a machine's role and one that is gone count for nothing"
    );
    assert!(id.get("organization_data").is_none(), "off in ID tokens until it is enabled");
}

#[test]
fn a_third_party_acts_in_the_organizations_that_were_chosen() {
    let mut p = provider();
    p.change_app("spa", |app| {
        app.is_third_party = true;
        app.user_consent_scopes = ["profile", ORGANIZATIONS, ORGANIZATION_ROLES].map(str::to_owned).to_vec();
    });
    let mut reply = p.ask(&request("")).0;
    let interaction = loop {
        let Reply::Page { interaction, location, .. } = reply else {
            panic!("no page")
        };
        if location.starts_with("/consent") {
            break interaction;
        }
        let mut record = (*p.world.get::<Interaction>(interaction.as_str()).unwrap()).clone();
        record.result.login = Some("alice0000001".into());
        p.world.put(&record);
        reply = p.resume(interaction.as_str());
    };
    let page = p.world.read(|cx| describe(cx, interaction.as_str(), ISSUER)).0.unwrap().unwrap();
    let shown = page["organizations"].as_array().unwrap();
    assert_eq!(
        shown.iter().map(|o| o["name"].as_str().unwrap()).collect::<Vec<_>>(),
        ["Acme", "Globex"]
    );
    assert_eq!(shown[0]["missingResourceScopes"][0]["scopes"][0]["name"], "write");
    let refused = p
        .world
        .write(|cx| allow(cx, interaction.as_str(), &[OrganizationId::from("initech")], ISSUER))
        .0
        .unwrap()
        .unwrap_err();
    assert_eq!((refused.status, refused.code), (422, "organization.require_membership"));
    p.world
        .write(|cx| allow(cx, interaction.as_str(), &[OrganizationId::from("acme")], ISSUER))
        .0
        .unwrap()
        .unwrap();
    let reply = p.resume(interaction.as_str());
    let code = p.go_on(reply).remove("code").unwrap();
    let refresh = p.redeem("spa", &code).refresh_token.unwrap();
    for (id, allowed) in [("acme", true), ("globex", false)] {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh.as_str()),
            ("organization_id", id),
        ];
        assert_eq!(p.token("spa", &form).0.is_ok(), allowed, "{id}");
    }
}

#[test]
fn whoever_is_deleted_leaves() {
    use super::super::organizations::{leave, memberships};
    use super::super::scopes::Holder;
    let mut p = provider();
    p.world.write(|cx| leave(cx, Holder::User("alice0000001")).unwrap());
    let alice = p.world.get::<User>("alice0000001").unwrap();
    let left = p.world.read(|cx| memberships(cx, Holder::User(alice.id.as_str())).unwrap()).0;
    assert!(left.is_empty());
    assert_eq!(
        p.world.get::<Organization>("acme").unwrap().applications.len(),
        1,
        "the others stay"
    );
}
