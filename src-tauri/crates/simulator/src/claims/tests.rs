use super::*;
use crate::testing::{grant, house, pairs};
use vestibule_core::model::ProfileMap;
use vestibule_core::testing::START;

/// A provider and a person named Maya Chen, whose sign-in plays this failure.
fn maya(factory: &str, failure: Option<Failure>) -> (Provider, Grant) {
    let (mut world, provider) = house(factory);
    let mut grant = grant(&mut world, &provider, failure);
    grant.account.name = "Maya Chen".into();
    grant.account.email = Some("maya.chen@acme.test".into());
    grant.account.phone = Some("+49 30 1234567".into());
    grant.account.avatar = Some("https://pictures.test/maya.png".into());
    (provider, grant)
}

fn claims(factory: &str, failure: Option<Failure>) -> Value {
    let (provider, grant) = maya(factory, failure);
    Value::Object(id_token(&provider, &grant, "token", START))
}

fn info(factory: &str) -> Value {
    let (provider, grant) = maya(factory, None);
    user_info(&provider, &grant, None)
}

#[test]
fn every_id_token_says_what_openid_connect_asks_for() {
    for factory in [
        "google-universal",
        "azuread-universal",
        "apple-universal",
        "oidc",
        "OIDC",
        "AzureAdOidc",
        "GoogleWorkspace",
        "Okta",
    ] {
        let (provider, grant) = maya(factory, None);
        let token = Value::Object(id_token(&provider, &grant, "token", START));
        assert_eq!(token["iss"], "http://localhost:3001/simulated/c1", "{factory}");
        assert_eq!(token["aud"], "vestibule", "{factory}");
        assert_eq!(token["nonce"], "n1", "{factory}");
        assert_eq!(token["iat"], START.seconds(), "{factory}");
        assert_eq!(token["exp"], START.seconds() + 3600, "{factory}");
        // OpenID Connect Core 3.1.3.6: the left half of the hash.
        assert_eq!(
            token["at_hash"],
            URL_SAFE_NO_PAD.encode(&Sha256::digest("token")[..16]),
            "{factory}"
        );
        assert_eq!(token["email"], "maya.chen@acme.test", "{factory}");
        assert_eq!(token["email_verified"], true, "{factory}");
        let info = user_info(&provider, &grant, None);
        assert_eq!(info["sub"], token["sub"], "{factory}");
        assert!(info.get("nonce").is_none() && info.get("aud").is_none(), "{factory}");
    }
}

#[test]
fn each_provider_has_claims_of_its_own() {
    let google = claims("google-universal", None);
    assert_eq!(
        (google["azp"].as_str(), google["given_name"].as_str()),
        (Some("vestibule"), Some("Maya"))
    );
    assert!(google.get("hd").is_none() && google.get("preferred_username").is_none());
    assert_eq!(claims("GoogleWorkspace", None)["hd"], "acme.test");

    for factory in ["azuread-universal", "AzureAdOidc"] {
        let (provider, grant) = maya(factory, None);
        let entra = Value::Object(id_token(&provider, &grant, "token", START));
        let known_by = if factory == "AzureAdOidc" { "sub" } else { "oid" };
        assert_eq!(entra[known_by], grant.account.sub.as_str());
        assert_ne!(entra["sub"], entra["oid"], "the subject is pairwise");
        assert_eq!(entra["preferred_username"], "maya.chen@acme.test");
        assert_eq!(
            (entra["ver"].as_str(), entra["tid"].as_str().map(str::len)),
            (Some("2.0"), Some(36))
        );
        assert_eq!(entra["xms_edov"], true);
    }
    let apple = claims("apple-universal", None);
    assert_eq!(
        (&apple["nonce_supported"], &apple["is_private_email"]),
        (&json!(true), &json!(false))
    );
    assert!(apple.get("name").is_none(), "names come beside the code alone");
    let okta = claims("Okta", None);
    assert_eq!((&okta["ver"], &okta["amr"]), (&json!(1), &json!(["pwd"])));
    let plain = claims("oidc", None);
    assert_eq!(
        (plain["name"].as_str(), plain["picture"].as_str()),
        (Some("Maya Chen"), Some("https://pictures.test/maya.png"))
    );
    assert_eq!(
        (plain["phone_number"].as_str(), &plain["phone_number_verified"]),
        (Some("+49 30 1234567"), &json!(true))
    );
}

#[test]
fn scopes_decide_what_is_told() {
    let (mut world, provider) = house("google-universal");
    let mut grant = grant(&mut world, &provider, None);
    grant.request = crate::request::read(&provider, &pairs(&provider, &[("scope", "openid")])).unwrap();
    let token = id_token(&provider, &grant, "token", START);
    for claim in ["name", "email", "email_verified", "phone_number", "picture"] {
        assert!(!token.contains_key(claim), "{claim}");
    }
}

#[test]
fn personas_make_the_token_wrong_in_one_place() {
    let right = claims("google-universal", None);
    for (failure, claim) in [
        (Failure::WrongNonce, "nonce"),
        (Failure::WrongIssuer, "iss"),
        (Failure::WrongAudience, "aud"),
    ] {
        let wrong = claims("google-universal", Some(failure));
        assert_ne!(wrong[claim], right[claim], "{failure:?}");
        assert_eq!(wrong["exp"], right["exp"]);
    }
    let expired = claims("google-universal", Some(Failure::ExpiredIdToken));
    assert_eq!(expired["exp"], START.seconds() - 3600);
    assert!(expired["iat"].as_i64() < expired["exp"].as_i64());
}

#[test]
fn further_claims_go_over_the_usual_ones() {
    let (provider, mut grant) = maya("oidc", None);
    grant.account.claims = members(json!({ "groups": ["staff"], "name": "M. Chen" }));
    let token = id_token(&provider, &grant, "token", START);
    assert_eq!((&token["groups"], &token["name"]), (&json!(["staff"]), &json!("M. Chen")));
    let (provider, mut grant) = maya("x-universal", None);
    grant.account.claims = members(json!({ "verified": true }));
    assert_eq!(user_info(&provider, &grant, None)["data"]["verified"], true);
}

#[test]
fn user_endpoints_answer_as_documented() {
    let github = info("github-universal");
    assert!(github["id"].is_u64(), "{github}");
    assert_eq!(
        (github["login"].as_str(), github["name"].as_str()),
        (Some("maya-chen"), Some("Maya Chen"))
    );
    assert_eq!(
        (&github["email"], github["created_at"].as_str()),
        (&Value::Null, Some("2026-01-01T00:00:00Z"))
    );
    let (provider, mut grant) = maya("github-universal", None);
    let emails = github_emails(&grant).unwrap();
    assert_eq!(
        emails[0],
        json!({ "email": "maya.chen@acme.test", "primary": true, "verified": true, "visibility": "private" })
    );
    grant.account.email_verified = false;
    assert_eq!(github_emails(&grant).unwrap()[0]["verified"], false);
    grant.account.email = None;
    assert_eq!(github_emails(&grant).unwrap(), json!([]));
    grant.request.scopes = vec!["read:user".into()];
    assert_eq!(github_emails(&grant), None);
    assert_eq!(user_info(&provider, &grant, None)["name"], "Maya Chen");

    let discord = info("discord-universal");
    assert_eq!(
        (discord["global_name"].as_str(), &discord["verified"]),
        (Some("Maya Chen"), &json!(true))
    );
    assert_eq!(discord["username"], "maya.chen");
    let gitlab = info("gitlab-universal");
    assert_eq!(
        (gitlab["nickname"].as_str(), &gitlab["email_verified"]),
        (Some("maya.chen"), &json!(true))
    );
    let linkedin = info("linkedin-universal");
    assert_eq!(
        (&linkedin["locale"]["language"], &linkedin["family_name"]),
        (&json!("en"), &json!("Chen"))
    );
    let slack = info("slack-universal");
    assert_eq!((&slack["ok"], &slack["https://slack.com/user_id"]), (&json!(true), &slack["sub"]));
}

#[test]
fn facebook_answers_the_fields_that_are_asked_for() {
    let (provider, mut grant) = maya("facebook-universal", None);
    let asked = |grant: &Grant, fields| user_info(&provider, grant, fields);
    assert_eq!(asked(&grant, None), json!({ "id": grant.account.sub, "name": "Maya Chen" }));
    let full = asked(&grant, Some("id,name,email,picture{url}"));
    assert_eq!(full["picture"]["data"]["url"], "https://pictures.test/maya.png");
    assert_eq!(full["email"], "maya.chen@acme.test");
    grant.account.email_verified = false;
    assert!(
        asked(&grant, Some("email")).get("email").is_none(),
        "an address that is not confirmed is not told"
    );
}

#[test]
fn a_plain_provider_answers_under_the_mapped_names() {
    let (mut provider, mut grant) = maya("oauth2", None);
    let usual = user_info(&provider, &grant, None);
    assert_eq!(
        (&usual["id"], &usual["email"], &usual["email_verified"]),
        (&json!(grant.account.sub), &json!("maya.chen@acme.test"), &json!(true))
    );
    provider.profile_map = ProfileMap {
        id: Some("user.uid".into()),
        email: Some("user.mail".into()),
        name: Some("user.mail.deep".into()),
        ..ProfileMap::default()
    };
    grant.account.email_verified = false;
    let mapped = user_info(&provider, &grant, None);
    assert_eq!(mapped["user"]["uid"], grant.account.sub.as_str());
    assert_eq!(mapped["user"]["mail_verified"], false);
    assert_eq!(
        mapped["user"]["mail"]["deep"], "Maya Chen",
        "a path through another's gives way to the later one"
    );
}

#[test]
fn days_are_counted_right() {
    for (seconds, day) in [
        (0, "1970-01-01"),
        (951_782_400, "2000-02-29"),
        (1_709_164_800, "2024-02-29"),
        (1_735_603_200, "2024-12-31"),
        (4_107_542_400, "2100-03-01"),
    ] {
        assert_eq!(iso_day(Timestamp::from_seconds(seconds)), format!("{day}T00:00:00Z"));
    }
}
