//! The public document.

use super::*;
use crate::model::{Application, Organization};
use serde_json::json;

fn app(third_party: bool) -> Application {
    serde_json::from_value(json!({
        "id": "app1", "name": "Shop", "type": "SPA", "isThirdParty": third_party, "createdAt": START,
        "signInExperience": { "primaryColor": "#ff0000", "logoUrl": "https://shop.example.test/logo.svg" },
    }))
    .unwrap()
}

#[test]
fn it_has_the_shape_pages_expect() {
    let world = World::new();
    let document = world.read(|cx| public_sign_in_experience(cx, None, None).unwrap()).0;
    for (member, value) in [
        ("id", json!("default")),
        ("signInMode", json!("SignInAndRegister")),
        ("socialConnectors", json!([])),
        ("ssoConnectors", json!([])),
        ("forgotPassword", json!({ "email": false, "phone": false })),
        ("isDevelopmentTenant", json!(false)),
        ("customProfileFields", json!([])),
        ("developmentSignIn", json!(true)),
        ("mfa", json!({ "policy": "UserControlled", "factors": [] })),
    ] {
        assert_eq!(document[member], value, "{member}");
    }
    assert_eq!(document["passwordPolicy"]["length"]["min"], 8);
    assert_eq!(document["signUp"]["identifiers"], json!(["username"]));
    for absent in ["emailBlocklistPolicy", "forgotPasswordMethods"] {
        assert!(document.get(absent).is_none());
    }
}

#[test]
fn an_application_brands_its_pages_unless_it_is_a_third_party() {
    let world = World::new();
    let plain = world.read(|cx| public_sign_in_experience(cx, None, None).unwrap()).0;
    let own = world.read(|cx| public_sign_in_experience(cx, Some(&app(false)), None).unwrap()).0;
    assert_eq!(own["color"]["primaryColor"], "#ff0000");
    assert_eq!(own["color"]["darkPrimaryColor"], plain["color"]["darkPrimaryColor"]);
    assert_eq!(own["branding"]["logoUrl"], "https://shop.example.test/logo.svg");
    let third = world.read(|cx| public_sign_in_experience(cx, Some(&app(true)), None).unwrap()).0;
    assert_eq!(third, plain);
}

#[test]
fn an_organization_brands_its_pages_over_the_application() {
    let world = World::new();
    let organization: Organization = serde_json::from_value(json!({
        "id": "acme", "name": "Acme", "createdAt": START, "customCss": ".acme {}",
        "color": { "darkPrimaryColor": "#00ff00", "isDarkModeEnabled": false }, "branding": { "favicon": "https://acme.test/f.svg" },
    }))
    .unwrap();
    let (document, _) = world.read(|cx| public_sign_in_experience(cx, Some(&app(false)), Some(&organization)).unwrap());
    assert_eq!(
        document["color"],
        json!({ "primaryColor": "#ff0000", "darkPrimaryColor": "#00ff00", "isDarkModeEnabled": false })
    );
    assert_eq!(
        document["branding"],
        json!({ "logoUrl": "https://shop.example.test/logo.svg", "favicon": "https://acme.test/f.svg" })
    );
    assert_eq!(document["customCss"], ".acme {}");
    let (third, _) = world.read(|cx| public_sign_in_experience(cx, Some(&app(true)), Some(&organization)).unwrap());
    let (plain, _) = world.read(|cx| public_sign_in_experience(cx, None, None).unwrap());
    assert_eq!(third, plain, "a third party's pages look like the provider's");
}
