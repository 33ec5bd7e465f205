//! Custom profile fields at sign-up (sheet 4.4 and 5.7).

use super::*;
use crate::model::{CustomProfileField, SignUpProfileField};
use serde_json::{Map, Value, json};

fn field(value: Value) -> CustomProfileField {
    serde_json::from_value(value).unwrap()
}

/// A page of a registration or a sign-in, with fields to ask for.
fn page(event: InteractionEvent, fields: &[Value]) -> Page {
    let mut page = Page::begun(event);
    for (order, value) in fields.iter().enumerate() {
        let mut field = field(value.clone());
        field.sie_order = u32::try_from(order).unwrap();
        page.world.put(&field);
    }
    page
}

fn give(page: &mut Page, values: Value) -> Result<(), ApiError> {
    let Value::Object(values) = values else {
        panic!("values are an object")
    };
    page.add(ProfileUpdate::ExtraProfile { values })
}

fn missing(error: &ApiError) -> Value {
    assert_eq!((error.status, error.code), (422, "user.missing_profile"));
    error.data.as_ref().unwrap()["missingProfile"].clone()
}

#[test]
fn a_registration_is_asked_for_every_field_once() {
    let fields = [
        json!({"name": "nickname", "type": "Text", "required": true}),
        json!({"name": "shirt", "type": "Select", "config": {"options": [{"value": "s"}, {"value": "l"}]}}),
        json!({"name": "news", "type": "Checkbox"}),
        json!({"name": "avatar", "type": "Url"}),
        json!({"name": "fullname", "type": "Fullname", "config": {"parts": [
            {"name": "givenName", "type": "Text", "required": true}, {"name": "familyName", "type": "Text"}, {"name": "middleName", "type": "Text", "enabled": false}]}}),
        json!({"name": "address", "type": "Address", "config": {"parts": [{"name": "locality", "type": "Text"}, {"name": "country", "type": "Text"}]}}),
        json!({"name": "desk", "type": "Number", "config": {"minValue": 1, "maxValue": 99}}),
    ];
    let mut page = page(InteractionEvent::Register, &fields);
    let record = page.new_identity("dora", "Correct-Horse-9").unwrap();
    assert_eq!(missing(&page.identify(Some(&record)).unwrap_err()), json!(["extraProfile"]));
    let card = page.trail.because.last().unwrap();
    assert!(card.detail.contains("/continue/extra-profile"), "{card:?}");

    // What is required must be there; nothing is kept of a refused call.
    let error = give(&mut page, json!({"shirt": "s", "fullname": {"givenName": "Dora"}})).unwrap_err();
    assert!(error.message.contains("values.nickname is required"), "{}", error.message);
    let error = give(&mut page, json!({"nickname": "D", "fullname": {"familyName": "Doe"}})).unwrap_err();
    assert!(error.message.contains("values.fullname is required"), "{}", error.message);
    assert!(!page.state().result.profile.contains_key("customData"));

    give(
        &mut page,
        json!({
            "nickname": "D", "shirt": "l", "news": true, "avatar": "https://example.test/d.png",
            "fullname": {"givenName": "Dora"}, "familyName": "Doe", "address": {"locality": "Lund", "country": "SE"}, "desk": "7"
        }),
    )
    .unwrap();
    let who = page.identify(None).unwrap();
    page.submit().unwrap();
    let dora = page.user(who.user_id().as_str());
    assert_eq!(dora.avatar.as_deref(), Some("https://example.test/d.png"));
    assert_eq!(
        serde_json::to_value(&dora.profile).unwrap(),
        json!({"nickname": "D", "givenName": "Dora", "familyName": "Doe", "address": {"locality": "Lund", "country": "SE"}})
    );
    assert_eq!(Value::Object(dora.custom_data), json!({"shirt": "l", "news": true, "desk": 7}));
}

#[test]
fn optional_fields_may_stay_empty_and_are_not_asked_for_again() {
    let optional = [json!({"name": "shirt", "type": "Text"})];
    let mut page = page(InteractionEvent::Register, &optional);
    let record = page.new_identity("dora", "Correct-Horse-9").unwrap();
    assert_eq!(missing(&page.identify(Some(&record)).unwrap_err()), json!(["extraProfile"]));
    give(&mut page, json!({"shirt": ""})).unwrap();
    page.identify(None).unwrap();
    page.submit().unwrap();

    // Somebody who is there already is asked for required ones only.
    let mut page = self::page(InteractionEvent::SignIn, &optional);
    let record = page.password(&username("alice"), "correct horse").unwrap();
    page.identify(Some(&record)).unwrap();
    page.submit().unwrap();
    let mut page = self::page(
        InteractionEvent::SignIn,
        &[
            json!({"name": "shirt", "type": "Text"}),
            json!({"name": "badge", "type": "Text", "required": true}),
        ],
    );
    let record = page.password(&username("alice"), "correct horse").unwrap();
    page.identify(Some(&record)).unwrap();
    assert_eq!(missing(&page.submit().unwrap_err()), json!(["extraProfile"]));
    give(&mut page, json!({"badge": "B7"})).unwrap();
    page.submit().unwrap();
    assert_eq!(page.user(ALICE).custom_data["badge"], "B7");
}

#[test]
fn sign_up_asks_for_the_fields_it_names_in_its_order() {
    let fields = [
        json!({"name": "a", "type": "Text"}),
        json!({"name": "b", "type": "Text"}),
        json!({"name": "c", "type": "Text"}),
    ];
    let mut page = page(InteractionEvent::Register, &fields);
    let names = |page: &Page| {
        let (document, _) = page.world.read(|cx| public_sign_in_experience(cx, None, None).unwrap());
        ["customProfileFields", "customProfileFieldCatalog"].map(|member| {
            let list = document[member].as_array().unwrap().iter();
            list.map(|field| field["name"].as_str().unwrap().to_owned()).collect::<String>()
        })
    };
    assert_eq!(names(&page), ["abc", "abc"]);
    let ask = |names: &[&str]| {
        let field = |name: &&str| SignUpProfileField { name: (*name).to_owned() };
        Some(names.iter().map(field).collect::<Vec<_>>())
    };
    page.configure(|row| row.sign_up_profile_fields = ask(&["c", "a", "gone"]));
    assert_eq!(names(&page), ["ca", "abc"]);
    assert_eq!(
        code(give(&mut page, json!({"b": "x"}))),
        (400, "guard.invalid_input"),
        "b is not asked for"
    );
    page.configure(|row| row.sign_up_profile_fields = ask(&[]));
    let record = page.new_identity("dora", "Correct-Horse-9").unwrap();
    page.identify(Some(&record)).unwrap();
}

#[test]
fn every_type_judges_its_values() {
    let options = json!({"options": [{"value": "s"}]});
    let day = |format: &str| json!({ "format": format });
    let rows = [
        ("Text", json!({"minLength": 2, "maxLength": 3}), json!("ab"), true),
        ("Text", json!({"minLength": 2, "maxLength": 3}), json!("a"), false),
        ("Text", json!({"minLength": 2, "maxLength": 3}), json!("abcd"), false),
        ("Text", json!({}), json!("é".repeat(2048)), true),
        ("Text", json!({}), json!("é".repeat(2049)), false),
        ("Text", json!({}), json!("a\u{0}b"), false),
        ("Text", json!({}), json!(["a"]), false),
        ("Number", json!({"minValue": 1, "maxValue": 9}), json!(1), true),
        ("Number", json!({"minValue": 1, "maxValue": 9}), json!("9"), true),
        ("Number", json!({"minValue": 1, "maxValue": 9}), json!(9.5), false),
        ("Number", json!({"minValue": 1}), json!(0), false),
        ("Number", json!({}), json!("nine"), false),
        ("Number", json!({}), json!(true), false),
        ("Date", json!({}), json!("2024-02-29"), true),
        ("Date", day("yyyy-MM-dd"), json!("2023-02-29"), false),
        ("Date", day("MM/dd/yyyy"), json!("12/31/1999"), true),
        ("Date", day("dd/MM/yyyy"), json!("12/31/1999"), false),
        ("Date", day("dd/MM/yyyy"), json!("31/12/1999"), true),
        ("Date", day("yyyy-MM-dd"), json!("2024-2-9"), false),
        ("Date", day("yyyy-MM-dd"), json!("2024-01-01-01"), false),
        (
            "Date",
            json!({"format": "custom", "customFormat": "d. M. yyyy"}),
            json!("9. 2. 2024"),
            true,
        ),
        ("Checkbox", json!({}), json!("true"), true),
        ("Checkbox", json!({}), json!("yes"), false),
        ("Select", options.clone(), json!("s"), true),
        ("Select", options, json!("x"), false),
        ("Url", json!({}), json!("https://example.test/"), true),
        ("Url", json!({}), json!("javascript:alert(1)"), false),
        ("Regex", json!({"format": "^[A-Z]{2}\\d+$"}), json!("AB12"), true),
        ("Regex", json!({"format": "^[A-Z]{2}\\d+$"}), json!("ab12"), false),
        ("Regex", json!({"format": "("}), json!("x"), false),
        (
            "Fullname",
            json!({"parts": [{"name": "givenName", "type": "Text"}]}),
            json!("Ada"),
            false,
        ),
        (
            "Fullname",
            json!({"parts": [{"name": "givenName", "type": "Text"}]}),
            json!({"familyName": "x"}),
            false,
        ),
        (
            "Fullname",
            json!({"parts": [{"name": "givenName", "type": "Text"}]}),
            json!({"givenName": "x"}),
            true,
        ),
    ];
    for (kind, config, value, right) in rows {
        let mut page = page(
            InteractionEvent::Register,
            &[json!({"name": "thing", "type": kind, "config": config})],
        );
        let outcome = give(&mut page, json!({ "thing": value }));
        match outcome {
            Ok(()) => assert!(right, "{kind} {config}: {value} was taken"),
            Err(error) => {
                assert!(!right, "{kind} {config}: {value}: {}", error.message);
                assert_eq!((error.status, error.code), (400, "guard.invalid_input"));
                assert!(
                    error.details.as_deref().is_some_and(|details| details.starts_with("values.thing")),
                    "{error:?}"
                );
            }
        }
    }
}

#[test]
fn built_in_members_take_what_they_hold() {
    let fields = [
        json!({"name": "name", "type": "Text"}),
        json!({"name": "avatar", "type": "Text"}),
        json!({"name": "birthdate", "type": "Date"}),
        json!({"name": "zoneinfo", "type": "Number"}),
    ];
    let mut page = page(InteractionEvent::Register, &fields);
    assert_eq!(
        code(give(&mut page, json!({"name": "n".repeat(129)}))),
        (400, "guard.invalid_input")
    );
    assert_eq!(code(give(&mut page, json!({"avatar": "nowhere"}))), (400, "guard.invalid_input"));
    assert_eq!(code(give(&mut page, json!({"isSuspended": false}))), (400, "guard.invalid_input"));
    assert_eq!(code(give(&mut page, json!({"username": "root"}))), (400, "guard.invalid_input"));
    give(&mut page, json!({"name": "Dora", "birthdate": "2000-01-01", "zoneinfo": 5})).unwrap();
    let profile = page.state().result.profile;
    assert_eq!(
        Value::Object(profile),
        json!({"name": "Dora", "profile": {"birthdate": "2000-01-01", "zoneinfo": "5"}, "customData": {}})
    );
    // Without fields nothing is taken at all.
    let mut page = Page::begun(InteractionEvent::Register);
    page.add(ProfileUpdate::ExtraProfile { values: Map::new() }).unwrap();
    assert_eq!(code(give(&mut page, json!({"x": 1}))), (400, "guard.invalid_input"));
}
