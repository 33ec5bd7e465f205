//! The table against a provider: shapes, statuses and pages as Logto's clients expect them.

mod table;

use crate::testing::{Desk, json};
use http::header;
use serde_json::{Value, json};

#[tokio::test]
async fn applications_come_and_go() {
    let desk = Desk::open().await;
    let new = json!({ "name": "Web", "type": "Traditional", "oidcClientMetadata": { "redirectUris": ["https://web.example.test/cb"] },
                      "customData": { "team": "a" } });
    let made = Desk::done(desk.ask("POST", "/applications", new).await);
    let id = made["id"].as_str().unwrap().to_owned();
    assert_eq!(id.len(), 21);
    assert!(made.get("secret").is_none() && made.get("secrets").is_none(), "{made}");
    assert_eq!(
        (&made["tenantId"], &made["isThirdParty"], &made["protectedAppMetadata"]),
        (&json!("default"), &json!(false), &Value::Null)
    );
    assert!(made["createdAt"].as_i64().unwrap() > 1_600_000_000_000, "in milliseconds");

    let path = format!("/applications/{id}");
    let change = json!({ "description": "For the web", "oidcClientMetadata": { "redirectUris": [], "postLogoutRedirectUris": ["https://web.example.test/"] } });
    let changed = Desk::done(desk.ask("PATCH", &path, change).await);
    assert_eq!(changed["name"], "Web", "what is left out stays");
    assert_eq!(
        changed["oidcClientMetadata"]["redirectUris"],
        json!([]),
        "nested objects are replaced as a whole"
    );
    assert_eq!(changed["customData"], json!({ "team": "a" }));
    let data = Desk::done(desk.ask("PATCH", &format!("{path}/custom-data"), json!({ "size": 3 })).await);
    assert_eq!(data, json!({ "team": "a", "size": 3 }));
    let shown = Desk::done(desk.ask("GET", &path, Value::Null).await);
    assert_eq!((&shown["isAdmin"], &shown["description"]), (&json!(false), &json!("For the web")));

    let secrets = Desk::done(desk.ask("GET", &format!("{path}/secrets"), Value::Null).await);
    assert_eq!(
        (secrets.as_array().unwrap().len(), &secrets[0]["name"]),
        (1, &json!("Default secret"))
    );
    assert_eq!(secrets[0]["value"].as_str().unwrap().len(), 32);
    let (status, second) = desk.ask("POST", &format!("{path}/secrets"), json!({ "name": "Second one" })).await;
    assert_eq!(
        (status, &second["name"], &second["applicationId"]),
        (201, &json!("Second one"), &json!(id))
    );
    assert_eq!(
        desk.ask("DELETE", &format!("{path}/secrets/Second%20one"), Value::Null).await,
        (204, Value::Null)
    );
    assert_eq!(
        desk.ask("DELETE", &format!("{path}/secrets/Second%20one"), Value::Null).await.0,
        404
    );

    assert_eq!(desk.ask("DELETE", &path, Value::Null).await, (204, Value::Null));
    let (status, gone) = desk.ask("GET", &path, Value::Null).await;
    assert_eq!((status, &gone["code"]), (404, &json!("entity.not_found")));
}

#[tokio::test]
async fn third_party_applications_and_branding() {
    let desk = Desk::open().await;
    let new = json!({ "name": "Partner", "type": "Traditional", "isThirdParty": true });
    let id = Desk::done(desk.ask("POST", "/applications", new).await)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let scopes = format!("/applications/{id}/user-consent-scopes");
    let added = Desk::done(desk.ask("POST", &scopes, json!({ "userScopes": ["profile", "email"] })).await);
    assert_eq!(added["userScopes"], json!(["profile", "email"]));
    assert_eq!(desk.ask("DELETE", &format!("{scopes}/user-scopes/email"), Value::Null).await.0, 204);
    assert_eq!(desk.ask("DELETE", &format!("{scopes}/user-scopes/email"), Value::Null).await.0, 404);
    assert_eq!(
        Desk::done(desk.ask("GET", &scopes, Value::Null).await)["userScopes"],
        json!(["profile"])
    );
    let branding = format!("/applications/{id}/sign-in-experience");
    Desk::done(desk.ask("PUT", &branding, json!({ "displayName": "Our partner" })).await);
    assert_eq!(
        Desk::done(desk.ask("GET", &branding, Value::Null).await),
        json!({ "displayName": "Our partner" })
    );
    let only = Desk::done(desk.ask("GET", "/applications?isThirdParty=true", Value::Null).await);
    assert_eq!((only.as_array().unwrap().len(), &only[0]["id"]), (1, &json!(id)));
}

#[tokio::test]
async fn people_come_and_go() {
    let desk = Desk::open().await;
    let new = json!({ "username": "bob", "primaryEmail": "bob@example.test", "password": "correct horse", "customData": { "a": 1 } });
    let bob = Desk::done(desk.ask("POST", "/users", new).await);
    assert_eq!(bob["id"].as_str().unwrap().len(), 12);
    assert_eq!(
        (&bob["hasPassword"], &bob["isSuspended"], &bob["identities"]),
        (&json!(true), &json!(false), &json!({}))
    );
    assert!(
        !bob.to_string().contains("correct horse") && !bob.to_string().contains("argon2"),
        "{bob}"
    );
    let path = format!("/users/{}", bob["id"].as_str().unwrap());

    let (status, taken) = desk.ask("POST", "/users", json!({ "username": "bob" })).await;
    assert_eq!(
        (status, &taken["code"], &taken["field"]),
        (422, &json!("user.username_already_in_use"), &json!("username"))
    );
    let changed = Desk::done(desk.ask("PATCH", &path, json!({ "name": "Bob", "primaryEmail": null })).await);
    assert_eq!(
        (&changed["name"], &changed["primaryEmail"], &changed["username"]),
        (&json!("Bob"), &Value::Null, &json!("bob"))
    );
    assert_eq!(
        Desk::done(desk.ask("PATCH", &format!("{path}/custom-data"), json!({ "b": 2 })).await),
        json!({ "a": 1, "b": 2 })
    );
    let profile = Desk::done(
        desk.ask("PATCH", &format!("{path}/profile"), json!({ "familyName": "Builder" }))
            .await,
    );
    assert_eq!(profile, json!({ "familyName": "Builder" }));
    let (status, wrong) = desk.ask("PATCH", &format!("{path}/profile"), json!({ "shoeSize": 9 })).await;
    assert_eq!((status, &wrong["code"]), (400, &json!("guard.invalid_input")));

    let verify = format!("{path}/password/verify");
    assert_eq!(
        desk.ask("POST", &verify, json!({ "password": "correct horse" })).await,
        (204, Value::Null)
    );
    let (status, wrong) = desk.ask("POST", &verify, json!({ "password": "wrong" })).await;
    assert_eq!((status, &wrong["code"]), (422, &json!("session.invalid_credentials")));
    Desk::done(
        desk.ask("PATCH", &format!("{path}/password"), json!({ "password": "battery staple" }))
            .await,
    );
    assert_eq!(desk.ask("POST", &verify, json!({ "password": "battery staple" })).await.0, 204);
    assert_eq!(
        Desk::done(desk.ask("GET", &format!("{path}/has-password"), Value::Null).await),
        json!({ "hasPassword": true })
    );

    let suspended = Desk::done(
        desk.ask("PATCH", &format!("{path}/is-suspended"), json!({ "isSuspended": true }))
            .await,
    );
    assert_eq!((&suspended["isSuspended"], &suspended["name"]), (&json!(true), &json!("Bob")));
    assert_eq!(
        Desk::done(desk.ask("GET", &format!("{path}/mfa-verifications"), Value::Null).await),
        json!([])
    );
    assert_eq!(desk.ask("DELETE", &path, Value::Null).await, (204, Value::Null));
    assert_eq!(desk.ask("DELETE", &path, Value::Null).await.0, 404);
}

#[tokio::test]
async fn lists_have_pages() {
    let desk = Desk::open().await;
    for number in 0..24 {
        Desk::done(
            desk.ask("POST", "/users", json!({ "username": format!("person_{number:02}") }))
                .await,
        );
    }
    let page = async |query: &str| desk.send("GET", &format!("/control/api/users{query}"), "").await;
    let names = |value: &Value| {
        value
            .as_array()
            .unwrap()
            .iter()
            .map(|user| user["username"].clone())
            .collect::<Vec<_>>()
    };
    let first = page("").await;
    assert_eq!(
        (json(&first).as_array().unwrap().len(), &first.headers["total-number"]),
        (20, &"25".parse().unwrap())
    );
    let second = page("?page=2").await;
    assert_eq!(names(&json(&second)).len(), 5);
    assert!(names(&json(&first)).iter().all(|name| !names(&json(&second)).contains(name)));
    let links = second.headers[header::LINK].to_str().unwrap();
    assert!(
        links.contains("<http://localhost:3001/control/api/users?page=1&page_size=20>; rel=\"prev\""),
        "{links}"
    );
    let found = page("?search=%25PERSON_0%25&page_size=3").await;
    assert_eq!(
        (names(&json(&found)).len(), &found.headers["total-number"]),
        (3, &"10".parse().unwrap())
    );
    assert_eq!(json(&page("?page=9").await), json!([]));
    // Not paged unless asked.
    let all = desk.send("GET", "/control/api/applications", "").await;
    assert!(!all.headers.contains_key("total-number"));
    assert!(json(&all).as_array().unwrap().len() >= 3);
    let one = desk
        .send("GET", "/control/api/applications?page_size=1&types=SPA&search=shop", "")
        .await;
    assert_eq!(
        (&json(&one)[0]["id"], &one.headers["total-number"]),
        (&json!("shop"), &"1".parse().unwrap())
    );
}

#[tokio::test]
async fn connectors_come_and_go() {
    let desk = Desk::open().await;
    let new = json!({ "connectorId": "github-universal", "id": "hub", "config": { "clientId": "c", "clientSecret": "hidden-secret" }, "syncProfile": true });
    let hub = Desk::done(desk.ask("POST", "/connectors?offer=true", new).await);
    assert_eq!(
        (&hub["id"], &hub["target"], &hub["type"], &hub["isStandard"]),
        (&json!("hub"), &json!("github"), &json!("Social"), &json!(false))
    );
    assert!(!hub.to_string().contains("hidden-secret"), "{hub}");
    let targets = Desk::done(desk.ask("GET", "/sign-in-exp", Value::Null).await);
    assert_eq!(targets["socialSignInConnectorTargets"], json!(["github"]));
    let changed = Desk::done(desk.ask("PATCH", "/connectors/hub", json!({ "config": { "clientId": "d" } })).await);
    assert_eq!(
        (&changed["config"]["clientId"], &changed["syncProfile"]),
        (&json!("d"), &json!(true))
    );
    let secrets = Desk::done(desk.ask("GET", "/connectors/hub/secrets", Value::Null).await);
    assert_eq!(secrets, json!({ "clientSecret": "hidden-secret" }), "it was not sent, so it stays");
    assert_eq!(
        Desk::done(desk.ask("GET", "/connectors?target=google", Value::Null).await),
        json!([])
    );

    let new = json!({ "providerName": "OIDC", "connectorName": "Acme", "domains": ["acme.test"], "simulation": {}, "branding": { "displayName": "Acme Inc" } });
    let acme = Desk::done(desk.ask("POST", "/sso-connectors", new).await);
    let path = format!("/sso-connectors/{}", acme["id"].as_str().unwrap());
    assert_eq!(
        (&acme["providerName"], &acme["branding"]["displayName"]),
        (&json!("OIDC"), &json!("Acme Inc"))
    );
    let changed = Desk::done(desk.ask("PATCH", &path, json!({ "domains": ["acme.test", "acme.example"] })).await);
    assert_eq!(
        (&changed["domains"], &changed["connectorName"]),
        (&json!(["acme.test", "acme.example"]), &json!("Acme"))
    );
    assert_eq!(
        desk.ask("GET", &path.replace("sso-", ""), Value::Null).await.0,
        404,
        "it is no social connector"
    );
    assert_eq!(desk.ask("DELETE", &path.replace("sso-", ""), Value::Null).await.0, 404);
    for path in ["/connectors/hub", &path] {
        assert_eq!(desk.ask("DELETE", path, Value::Null).await, (204, Value::Null));
    }
    let factories = Desk::done(desk.ask("GET", "/connector-factories", Value::Null).await);
    assert!(
        factories
            .as_array()
            .unwrap()
            .iter()
            .any(|factory| factory["id"] == "google-universal")
    );
    let google = Desk::done(desk.ask("GET", "/connector-factories/google-universal", Value::Null).await);
    assert_eq!(google["target"], "google");
}

#[tokio::test]
async fn the_sign_in_experience_is_patched() {
    let desk = Desk::open().await;
    let row = Desk::done(
        desk.ask("PATCH", "/sign-in-exp", json!({ "termsOfUseUrl": "https://example.test/terms" }))
            .await,
    );
    assert_eq!(row["termsOfUseUrl"], "https://example.test/terms");
    assert!(row["signIn"]["methods"].is_array(), "what is left out stays");
    for wrong in [
        json!({ "colour": {} }),
        json!({ "signInMode": "Never" }),
        json!({ "color": { "primaryColor": 7 } }),
    ] {
        let (status, why) = desk.ask("PATCH", "/sign-in-exp", wrong.clone()).await;
        assert_eq!((status, &why["code"]), (400, &json!("guard.invalid_input")), "{wrong} {why}");
    }
    let phrases = Desk::done(
        desk.ask("PUT", "/custom-phrases/de", json!({ "signIn": { "submit": "Hereinspaziert" } }))
            .await,
    );
    assert_eq!(phrases["translation"], json!({ "signIn.submit": "Hereinspaziert" }));
    assert_eq!(
        Desk::done(desk.ask("GET", "/custom-phrases", Value::Null).await)[0]["languageTag"],
        "de"
    );
    assert_eq!(desk.ask("DELETE", "/custom-phrases/de", Value::Null).await.0, 204);
    assert_eq!(desk.ask("GET", "/custom-phrases/de", Value::Null).await.0, 404);

    let field = |name: &str| json!({ "name": name, "type": "Text", "label": name, "required": false, "config": {} });
    for name in ["first", "second"] {
        assert_eq!(desk.ask("POST", "/custom-profile-fields", field(name)).await.0, 201);
    }
    let order = json!({ "order": [{ "name": "second", "sieOrder": 1 }, { "name": "first", "sieOrder": 2 }] });
    let fields = Desk::done(desk.ask("POST", "/custom-profile-fields/properties/sie-order", order).await);
    assert_eq!((&fields[0]["name"], &fields[1]["name"]), (&json!("second"), &json!("first")));
    let changed = Desk::done(desk.ask("PUT", "/custom-profile-fields/first", field("renamed")).await);
    assert_eq!(
        (&changed["name"], &changed["label"]),
        (&json!("first"), &json!("renamed")),
        "the name stays"
    );
    assert_eq!(desk.ask("DELETE", "/custom-profile-fields/first", Value::Null).await.0, 204);
    assert_eq!(desk.ask("GET", "/custom-profile-fields/first", Value::Null).await.0, 404);
}

#[tokio::test]
async fn sessions_are_found_and_repaired() {
    let desk = Desk::open().await;
    let host = [("host", "localhost:3001")];
    let request = "/oidc/auth?client_id=shop&redirect_uri=https://shop.example.test/other&response_type=code&scope=openid&state=s";
    desk.raw("GET", request, &host, "").await;
    let found = Desk::done(desk.ask("GET", "/sessions?filter=app:shop+status:failed", Value::Null).await);
    let id = found[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(
        Desk::done(desk.ask("GET", "/sessions?filter=app:shop+status:done", Value::Null).await),
        json!([])
    );
    let (status, why) = desk.ask("GET", "/sessions?filter=status:odd", Value::Null).await;
    assert_eq!((status, &why["field"]), (400, &json!("filter")));

    let detail = Desk::done(desk.ask("GET", &format!("/sessions/{id}"), Value::Null).await);
    let step = &detail["steps"][0];
    let repair = step["because"]
        .as_array()
        .unwrap()
        .iter()
        .find_map(|because| because.get("repair"))
        .unwrap();
    Desk::done(desk.ask("POST", "/repairs", repair.clone()).await);
    let shop = Desk::done(desk.ask("GET", "/applications/shop", Value::Null).await);
    assert!(
        shop["oidcClientMetadata"]["redirectUris"]
            .as_array()
            .unwrap()
            .contains(&json!("https://shop.example.test/other"))
    );
    let wire = format!("/sessions/{id}/steps/{}/wire", step["seq"]);
    assert!(
        Desk::done(desk.ask("GET", &wire, Value::Null).await)["requestLine"]
            .as_str()
            .unwrap()
            .starts_with("GET /oidc/auth?")
    );
    assert_eq!(
        desk.ask("GET", &wire.replace(&id, "another"), Value::Null).await.0,
        404,
        "a step belongs to its session"
    );
    assert_eq!(desk.ask("DELETE", "/sessions", Value::Null).await.0, 204);
    assert_eq!(Desk::done(desk.ask("GET", "/sessions", Value::Null).await), json!([]));
    assert_eq!(desk.ask("GET", &format!("/sessions/{id}"), Value::Null).await.0, 404);
    let status = Desk::done(desk.ask("GET", "/status", Value::Null).await);
    assert_eq!(status["users"], 1);
}

#[tokio::test]
async fn parts_that_are_changed_at_once_are_all_kept() {
    let desk = Desk::open().await;
    let change = |body: Value| desk.ask("PATCH", "/users/alicearcher1", body);
    let (name, avatar, mail, data) = tokio::join!(
        change(json!({ "name": "A" })),
        change(json!({ "avatar": "https://example.test/a.png" })),
        change(json!({ "primaryEmail": "a@example.test" })),
        desk.ask("PATCH", "/users/alicearcher1/custom-data", json!({ "k": 1 })),
    );
    for answered in [name, avatar, mail, data] {
        Desk::done(answered);
    }
    let alice = Desk::done(desk.ask("GET", "/users/alicearcher1", Value::Null).await);
    assert_eq!(
        (&alice["name"], &alice["avatar"], &alice["primaryEmail"], &alice["customData"]),
        (
            &json!("A"),
            &json!("https://example.test/a.png"),
            &json!("a@example.test"),
            &json!({ "k": 1 })
        )
    );
}
