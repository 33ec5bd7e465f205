//! Who it is, in the answers that each provider documents.

use super::*;

/// Reads what is told, without a provider.
fn told(shape: Shape, told: profile::Told, change: impl FnOnce(&mut Upstream)) -> (UpstreamUser, Vec<String>) {
    let mut upstream = upstream(shape, "https://acme.test");
    change(&mut upstream);
    let (user, cards) = profile::read(&upstream, told).unwrap();
    (user, cards.iter().map(|card| format!("{}: {}", card.title, card.detail)).collect())
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

/// id, name, picture, e-mail address, phone number.
type Row<'a> = (&'a str, Option<&'a str>, Option<&'a str>, Option<&'a str>, Option<&'a str>);

fn row(user: &UpstreamUser) -> Row<'_> {
    (
        &user.id,
        user.name.as_deref(),
        user.avatar.as_deref(),
        user.email.as_deref(),
        user.phone.as_deref(),
    )
}

#[test]
fn each_user_endpoint_is_read_by_its_own_names() {
    let png = "https://p.test/a.png";
    let table: [(Shape, Value, Row<'_>); 9] = [
        (
            Shape::Facebook,
            json!({ "id": "10", "name": "Ada", "email": "ada@x.test", "picture": { "data": { "url": png, "is_silhouette": false } } }),
            ("10", Some("Ada"), Some(png), Some("ada@x.test"), None),
        ),
        (
            Shape::Discord,
            json!({ "id": "80351110224678912", "username": "ada", "global_name": "Ada L", "avatar": "8342729096ea3675442027381ff50dfe", "verified": true, "email": "ada@x.test" }),
            (
                "80351110224678912",
                Some("Ada L"),
                Some("https://cdn.discordapp.com/avatars/80351110224678912/8342729096ea3675442027381ff50dfe"),
                Some("ada@x.test"),
                None,
            ),
        ),
        (
            Shape::Discord,
            json!({ "id": "1", "username": "ada", "global_name": null, "avatar": null, "verified": false, "email": "ada@x.test" }),
            ("1", Some("ada"), None, None, None),
        ),
        (
            Shape::GitLab,
            json!({ "sub": "1", "name": "Ada", "nickname": "ada", "email": "ada@x.test", "email_verified": true, "picture": png, "groups": [] }),
            ("1", Some("Ada"), Some(png), Some("ada@x.test"), None),
        ),
        (
            Shape::LinkedIn,
            json!({ "sub": "782bbtaQ", "name": "Ada", "given_name": "Ada", "picture": png, "locale": { "country": "US" }, "email": "ada@x.test", "email_verified": true }),
            ("782bbtaQ", Some("Ada"), Some(png), Some("ada@x.test"), None),
        ),
        (
            Shape::Slack,
            json!({ "ok": true, "sub": "U0R7JM", "https://slack.com/user_id": "U0R7JM", "email": "ada@x.test", "email_verified": false, "name": "Ada", "picture": png }),
            ("U0R7JM", Some("Ada"), Some(png), None, None),
        ),
        (
            Shape::X,
            json!({ "data": { "id": "2244994945", "name": "Ada", "username": "ada", "profile_image_url": png } }),
            ("2244994945", Some("Ada"), Some(png), None, None),
        ),
        (
            Shape::OAuth2,
            json!({ "id": 42, "name": "Ada", "avatar": png, "email": "ada@x.test", "phone": "+1 (555) 010-9999" }),
            ("42", Some("Ada"), Some(png), Some("ada@x.test"), Some("15550109999")),
        ),
        (
            Shape::Facebook,
            json!({ "id": "10", "email": "ada@x.test", "email_verified": false, "picture": "ftp://p.test/a" }),
            ("10", None, None, None, None),
        ),
    ];
    for (shape, answer, expected) in table {
        let (user, cards) = self::told(shape, profile::Told::UserInfo(object(answer.clone()), None), |_| {});
        assert_eq!(row(&user), expected, "{shape:?}: {cards:?}");
        assert_eq!(user.raw_data, answer);
    }
}

#[test]
fn a_profile_map_may_go_into_objects() {
    let map: ProfileMap = serde_json::from_value(
        json!({ "id": "data.user.uid", "email": "data.mail", "name": "full.name", "avatar": "data.pics.0", "phone": "data.tel" }),
    )
    .unwrap();
    let answer = json!({ "full.name": "Ada", "data": { "user": { "uid": "u1" }, "mail": "ada@x.test", "mail_verified": false, "tel": 4915112345678_i64, "pics": ["x"] } });
    let (user, cards) = told(Shape::OAuth2, profile::Told::UserInfo(object(answer), None), |u| {
        u.profile_map = map
    });
    assert_eq!(row(&user), ("u1", Some("Ada"), None, None, Some("4915112345678")), "{cards:?}");
}

#[test]
fn github_gives_the_primary_address_if_it_is_verified() {
    let info = json!({ "id": 583_231, "login": "octocat", "name": null, "avatar_url": "https://p.test/o", "email": "public@x.test" });
    let entry = |email: &str, primary: bool, verified: bool| json!({ "email": email, "primary": primary, "verified": verified, "visibility": null });
    for (emails, expected) in [
        (
            Some(json!([entry("b@x.test", false, true), entry("a@x.test", true, true)])),
            Some("a@x.test"),
        ),
        (Some(json!([entry("b@x.test", false, true), entry("a@x.test", true, false)])), None),
        (Some(json!([entry("b@x.test", false, true)])), None),
        (Some(json!({ "message": "no" })), None),
        (None, None),
    ] {
        let (user, cards) = told(Shape::GitHub, profile::Told::GitHub(object(info.clone()), emails.clone()), |_| {});
        assert_eq!(
            row(&user),
            ("583231", Some("octocat"), Some("https://p.test/o"), expected, None),
            "{cards:?}"
        );
        assert_eq!(user.raw_data["userInfo"]["login"], "octocat");
    }
}

#[test]
fn only_what_the_provider_vouches_for_is_taken() {
    let base = json!({ "sub": "1", "email": "ada@x.test", "phone_number": "+44 20 7946 0018" });
    let table = [
        (json!({ "email_verified": true }), false, false, true),
        (json!({ "email_verified": false }), false, true, false),
        (json!({}), false, false, false),
        (json!({}), false, true, true),
        (json!({ "email_verified": null }), false, false, false),
        (json!({ "email_verified": "true" }), false, false, false),
        (json!({ "email_verified": "true" }), true, false, true),
        (json!({ "email_verified": "false" }), true, true, false),
        (json!({ "email_verified": 1 }), true, true, false),
        (json!({ "email_verified": true, "email": "no address" }), false, false, false),
    ];
    for (over, strings, trust, taken) in table {
        let (user, cards) = told(Shape::Oidc, profile::Told::Claims(object(with(&base, over.clone()))), |u| {
            u.string_booleans = strings;
            u.trust_unverified_email = trust;
        });
        assert_eq!(user.email.is_some(), taken, "{over} {strings} {trust}");
        let said = cards.iter().any(|card| card.starts_with("The e-mail address was not taken"));
        assert_eq!(said, !taken, "{cards:?}");
        assert_eq!(user.phone, None);
    }
    for member in ["phone_verified", "phone_number_verified"] {
        let (user, _) = told(
            Shape::Oidc,
            profile::Told::Claims(object(with(&base, json!({ member: true })))),
            |_| {},
        );
        assert_eq!(user.phone.as_deref(), Some("442079460018"), "{member}");
    }
}

#[test]
fn apple_tells_a_name_at_the_first_time_and_its_flags_as_text() {
    let claims =
        object(json!({ "sub": "001.a", "email": "x@privaterelay.appleid.com", "email_verified": "true", "is_private_email": "true" }));
    let callback = object(json!({ "code": "c", "user": r#"{"name":{"firstName":"Ada","lastName":"Lovelace"},"email":"evil@x.test"}"# }));
    let (user, _) = told(
        Shape::Apple,
        profile::Told::Apple(claims.clone(), profile::apple_user(&callback)),
        |_| {},
    );
    assert_eq!(
        row(&user),
        ("001.a", Some("Ada Lovelace"), None, Some("x@privaterelay.appleid.com"), None)
    );
    for user in [json!(null), json!("{"), json!("[]"), json!(7), json!({ "name": 7 })] {
        let callback = object(json!({ "user": user }));
        let (user, _) = told(
            Shape::Apple,
            profile::Told::Apple(claims.clone(), profile::apple_user(&callback)),
            |_| {},
        );
        assert_eq!(user.name, None);
    }
}

#[test]
fn an_address_of_a_foreign_microsoft_tenant_needs_microsofts_word() {
    let base = json!({ "sub": "pairwise", "oid": "o-1", "tid": "t", "name": "Ada", "email": "ada@x.test" });
    let table = [
        (json!({}), vec!["https://login.microsoftonline.com/t/v2.0"], true),
        (json!({}), vec![], false),
        (json!({ "xms_edov": true }), vec![], true),
        (json!({ "xms_edov": "1" }), vec![], true),
        (
            json!({ "xms_edov": false }),
            vec!["https://login.microsoftonline.com/t/v2.0"],
            false,
        ),
        (
            json!({ "email_verified": false }),
            vec!["https://login.microsoftonline.com/t/v2.0"],
            false,
        ),
        (json!({ "tid": "9188040d-6c67-4c5b-b112-36a304b66dad" }), vec![], true),
    ];
    for (over, issuers, taken) in table {
        let set = issuers.iter().map(|issuer| (*issuer).to_owned()).collect();
        let (user, cards) = told(Shape::Microsoft, profile::Told::Claims(object(with(&base, over.clone()))), |u| {
            u.issuers = set
        });
        assert_eq!((user.id.as_str(), user.email.is_some()), ("o-1", taken), "{over}: {cards:?}");
    }
    let (user, _) = told(
        Shape::Microsoft,
        profile::Told::Claims(object(with(&base, json!({ "oid": null })))),
        |_| {},
    );
    assert_eq!(user.id, "pairwise");
}

#[test]
fn a_person_without_a_usable_id_is_nobody_and_what_is_too_long_is_cut() {
    for id in [
        json!(null),
        json!(""),
        json!(true),
        json!(1.5),
        json!({}),
        json!("x".repeat(256)),
        json!("a\nb"),
    ] {
        let upstream = upstream(Shape::OAuth2, "https://acme.test");
        let told = profile::Told::UserInfo(object(json!({ "id": id })), None);
        assert!(profile::read(&upstream, told).is_err(), "{id}");
    }
    let answer = json!({ "id": "1", "name": "n".repeat(500), "avatar": format!("https://p.test/{}", "a".repeat(3000)), "bio": "b".repeat(20_000), "phone": "1".repeat(30) });
    let (user, cards) = told(Shape::OAuth2, profile::Told::UserInfo(object(answer), None), |_| {});
    assert_eq!(user.name.unwrap().len(), 128);
    assert_eq!((user.avatar, user.phone), (None, None));
    assert!(user.raw_data.get("bio").is_none() && user.raw_data.get("id").is_some());
    assert!(cards.iter().any(|card| card.contains("`bio`")), "{cards:?}");
}

/// An enterprise provider with this answer of its user endpoint.
async fn enterprise(info: (u16, &'static str, Value), over: Value) -> UpstreamAnswer {
    let key = Key::new("k1", "ES256");
    let fake = Fake::new(move |asked| match asked.line.as_str() {
        "POST /token" => tokens(Some(
            key.token(&with(&claims(&format!("http://{}", asked.header("host").unwrap())), over.clone())),
        )),
        "GET /jwks" => Say::Json(200, json!({ "keys": [key.jwk()] })),
        _ => Say::Raw(
            info.0,
            info.1,
            if info.2.is_string() {
                info.2.as_str().unwrap().into()
            } else {
                info.2.to_string().into()
            },
        ),
    })
    .await;
    providers()
        .answer(question(upstream(Shape::EnterpriseOidc, &fake.origin)), NOW)
        .await
}

#[tokio::test]
async fn the_user_endpoint_of_an_enterprise_provider_comes_before_the_id_token() {
    let json = "application/json";
    let info = json!({ "sub": "248289761001", "name": "Ada of Acme", "email": "ada@acme.test", "email_verified": true });
    let answer = enterprise((200, json, info.clone()), json!({})).await;
    let user = user(&answer);
    assert_eq!(
        row(&user),
        (
            "248289761001",
            Some("Ada of Acme"),
            Some("https://example.test/ada.png"),
            Some("ada@acme.test"),
            None
        )
    );
    assert_eq!(user.raw_data, info);
    // The token's word is about the token's address, and about no other.
    let unsaid = json!({ "sub": "248289761001", "email": "ceo@acme.test" });
    assert_eq!(self::user(&enterprise((200, json, unsaid), json!({})).await).email, None);
    let same = json!({ "sub": "248289761001", "email": "ada@example.test" });
    assert_eq!(
        self::user(&enterprise((200, json, same), json!({})).await).email.as_deref(),
        Some("ada@example.test")
    );
}

#[tokio::test]
async fn every_failure_of_the_user_endpoint_has_its_error() {
    use FailureKind::{AccessTokenInvalid, General, InvalidResponse};
    let json = "application/json";
    for (info, kind) in [
        ((200, json, json!({ "sub": "another" })), InvalidResponse),
        ((200, json, json!({})), InvalidResponse),
        ((200, json, json!([])), InvalidResponse),
        ((200, json, json!("{ no json")), InvalidResponse),
        ((200, "application/jwt", json!("a.b.c")), InvalidResponse),
        ((401, json, json!({})), AccessTokenInvalid),
        ((403, json, json!({})), AccessTokenInvalid),
        ((200, json, json!({ "ok": false, "error": "invalid_auth" })), AccessTokenInvalid),
        ((404, json, json!({})), InvalidResponse),
        ((302, json, json!({})), InvalidResponse),
        ((429, json, json!({})), General),
        ((500, json, json!({})), General),
    ] {
        let said = format!("{info:?}");
        let answer = enterprise(info, json!({})).await;
        assert_eq!(failed(&answer).kind, kind, "{said}");
        tells_no_secret(&answer, &[]);
    }
}

#[tokio::test]
async fn github_without_the_scope_for_addresses_still_signs_in() {
    for (status, good) in [(404, true), (403, true), (401, false), (500, false)] {
        let fake = Fake::new(move |asked| match asked.line.as_str() {
            "POST /token" => tokens(None),
            "GET /userinfo" => Say::Json(200, json!({ "id": 7, "email": "public@x.test" })),
            _ => Say::Json(status, json!({ "message": "Not Found" })),
        })
        .await;
        let answer = providers().answer(question(upstream(Shape::GitHub, &fake.origin)), NOW).await;
        assert_eq!(answer.result.is_ok(), good, "{status}");
        if good {
            assert_eq!(user(&answer).email, None);
        }
    }
}

#[tokio::test]
async fn facebook_and_x_are_asked_for_fields() {
    for (shape, line) in [
        (Shape::Facebook, "GET /userinfo?fields=id%2Cname%2Cemail%2Cpicture.type%28large%29"),
        (Shape::X, "GET /userinfo?user.fields=profile_image_url"),
    ] {
        let fake = Fake::new(|asked| {
            if asked.line.starts_with("POST") {
                tokens(None)
            } else {
                Say::Json(200, json!({ "id": "1", "data": { "id": "1" } }))
            }
        })
        .await;
        let answer = providers().answer(question(upstream(shape, &fake.origin)), NOW).await;
        assert_eq!(user(&answer).id, "1");
        assert_eq!(fake.count(line), 1, "{:?}", fake.asked());
        assert_eq!(calls(&answer)[1].0, "GET /userinfo");
    }
}

#[tokio::test]
async fn a_shape_without_its_user_endpoint_is_misconfigured() {
    let fake = Fake::new(|_| tokens(None)).await;
    let mut upstream = upstream(Shape::OAuth2, &fake.origin);
    upstream.user_info_endpoint = None;
    assert_eq!(
        failed(&providers().answer(question(upstream), NOW).await).kind,
        FailureKind::InvalidConfig
    );
}
