use super::*;
use serde_json::{Value, json};

fn app(kind: &str, redirect_uris: &[&str]) -> Application {
    let value = json!({
        "id": "shop", "name": "Shop", "type": kind, "createdAt": 0,
        "oidcClientMetadata": { "redirectUris": redirect_uris },
    });
    serde_json::from_value(value).unwrap()
}

/// The fields that are refused.
fn refused(auth: Value, app: Option<&Application>) -> Vec<String> {
    let auth: IdpInitiatedAuth = serde_json::from_value(auth).unwrap();
    let problems = check_idp_initiated_auth(&auth, app);
    problems
        .into_iter()
        .map(|problem| problem.field.strip_prefix("idpInitiatedAuth.").unwrap().to_owned())
        .collect()
}

#[test]
fn an_application_that_people_sign_in_to() {
    assert_eq!(refused(json!({}), None), ["defaultApplicationId"]);
    let machine = app("MachineToMachine", &[]);
    let auth = json!({ "defaultApplicationId": "shop", "autoSendAuthorizationRequest": true });
    assert_eq!(refused(auth, Some(&machine)), ["defaultApplicationId"]);
}

#[test]
fn it_begins_its_own_sign_in_where_it_is_at_home() {
    let spa = app("SPA", &["https://shop.test/callback", "com.shop://callback"]);
    let at = |address: &str| json!({ "defaultApplicationId": "shop", "clientIdpInitiatedAuthCallbackUri": address });
    assert_eq!(refused(at("https://shop.test/start"), Some(&spa)), [""; 0]);
    for elsewhere in [
        "https://elsewhere.test/start",
        "http://shop.test/start",
        "com.shop://start",
        "start",
        "",
    ] {
        assert_eq!(
            refused(at(elsewhere), Some(&spa)),
            ["clientIdpInitiatedAuthCallbackUri"],
            "{elsewhere}"
        );
    }
    let nothing = json!({ "defaultApplicationId": "shop" });
    assert_eq!(refused(nothing, Some(&spa)), ["clientIdpInitiatedAuthCallbackUri"]);
}

#[test]
fn a_request_that_is_made_for_it() {
    let auto = |part: Value| {
        let mut auth = json!({ "defaultApplicationId": "shop", "autoSendAuthorizationRequest": true });
        auth.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
        auth
    };
    let spa = app("SPA", &["https://shop.test/callback"]);
    assert_eq!(refused(auto(json!({})), Some(&spa)), ["autoSendAuthorizationRequest"]);
    let web = app(
        "Traditional",
        &["https://*.preview.shop.test/callback", "https://shop.test/callback"],
    );
    assert_eq!(usual_redirect_uri(&web).map(String::as_str), Some("https://shop.test/callback"));
    for (redirect_uri, right) in [
        ("https://shop.test/callback", true),
        ("https://pr-7.preview.shop.test/callback", true),
        ("https://shop.test/other", false),
    ] {
        let wrong = if right { vec![] } else { vec!["redirectUri"] };
        assert_eq!(
            refused(auto(json!({ "redirectUri": redirect_uri })), Some(&web)),
            wrong,
            "{redirect_uri}"
        );
    }
    assert_eq!(refused(auto(json!({})), Some(&web)), [""; 0]);
    let patterns = app("Traditional", &["https://*.preview.shop.test/callback"]);
    assert_eq!(refused(auto(json!({})), Some(&patterns)), ["redirectUri"]);
    let parameters = json!({ "authParameters": { "scope": "openid email", "client_id": "other", " ": "x" } });
    assert_eq!(
        refused(auto(parameters), Some(&web)),
        ["authParameters. ", "authParameters.client_id"]
    );
}
