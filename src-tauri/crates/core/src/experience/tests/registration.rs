//! Registration: the new username, the password, what is mandatory, who is faster.

use super::*;
use crate::model::{Role, RoleType, SignInMode};

const TAKEN: (u16, &str) = (422, "user.username_already_in_use");

fn role(id: &str, kind: RoleType, is_default: bool) -> Role {
    Role {
        id: id.into(),
        name: format!("role {id}"),
        description: String::new(),
        kind,
        is_default,
        scopes: Vec::new(),
        user_ids: Vec::new(),
        application_ids: Vec::new(),
    }
}

#[test]
fn dora_creates_an_account() {
    let mut page = Page::begun(InteractionEvent::Register);
    for role in [
        role("r1", RoleType::User, true),
        role("r2", RoleType::User, false),
        role("r3", RoleType::MachineToMachine, true),
    ] {
        page.world.put(&role);
    }
    page.world.clock.advance(60);
    let record = page.new_identity("dora", "tangerine kite9").unwrap_err();
    // A space is no supported character.
    assert_eq!((record.status, record.code), (422, "password.rejected"));
    let record = page.new_identity("dora", "tangerine-kite9").unwrap();
    let created = page.identify(Some(&record)).unwrap();
    assert_eq!(created.status(), 201);
    let user = page.user(created.user_id().as_str());
    assert_eq!(user.id.0.len(), 12);
    assert!(user.id.0.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase()));
    assert_eq!(
        (user.username.as_deref(), user.password_encrypted),
        (Some("dora"), Some(hash("tangerine-kite9")))
    );
    assert_eq!(
        (user.created_at, user.updated_at, user.last_sign_in_at),
        (START.plus_seconds(60), START.plus_seconds(60), None)
    );
    let holders = |id: &str| page.world.get::<Role>(id).unwrap().user_ids.clone();
    assert_eq!(holders("r1"), std::slice::from_ref(&user.id));
    assert!(holders("r2").is_empty() && holders("r3").is_empty());
    let result = page.state().result;
    assert!(result.registered && result.profile.is_empty() && result.user_id == Some(user.id.clone()));

    page.submit().unwrap();
    assert_eq!(page.state().result.login, Some(user.id.clone()));
    assert_eq!(page.user(user.id.as_str()).last_sign_in_at, Some(START.plus_seconds(60)));

    // And signs in with it later.
    page.put(InteractionEvent::SignIn).unwrap();
    let record = page.password(&username("dora"), "tangerine-kite9").unwrap();
    assert_eq!(page.identify(Some(&record)).unwrap(), Identified::Existing(user.id));
}

#[test]
fn a_username_must_be_one_and_free() {
    let long = "x".repeat(129);
    for (name, expected) in [
        ("", (400, "guard.invalid_input")),
        ("9lives", (400, "guard.invalid_input")),
        ("with space", (400, "guard.invalid_input")),
        ("dash-ed", (400, "guard.invalid_input")),
        ("dora@example.test", (400, "guard.invalid_input")),
        ("döra", (400, "guard.invalid_input")),
        (&long, (400, "guard.invalid_input")),
        ("alice", TAKEN),
    ] {
        let mut page = Page::begun(InteractionEvent::Register);
        assert_eq!(code(page.new_identity(name, "tangerine-kite9")), expected, "{name}");
        assert_eq!(code(page.add(ProfileUpdate::Username(name.to_owned()))), expected, "{name}");
    }
    for name in ["_", "a", "Alice", "A_9", &"x".repeat(128)] {
        let mut page = Page::begun(InteractionEvent::Register);
        page.new_identity(name, "tangerine-kite9").unwrap();
    }
    let mut page = Page::begun(InteractionEvent::Register);
    let address = email("dora@example.test");
    assert_eq!(
        code(page.call(|cx, id| new_password_identity_check(cx, id, &address, &Secret::new("tangerine-kite9")))),
        (400, "guard.invalid_input")
    );
    assert_eq!(
        code(page.call(|cx, id| record_new_password_identity(cx, id, &address, hash("x")))),
        (400, "guard.invalid_input")
    );
}

#[test]
fn the_password_policy_is_applied_with_the_new_username() {
    let mut page = Page::begun(InteractionEvent::Register);
    let error = page.new_identity("margarethe", "margarethe1").unwrap_err();
    assert_eq!((error.status, error.code), (422, "password.rejected"));
    assert_eq!(
        error.body()["data"],
        serde_json::json!({ "issues": [{ "code": "password_rejected.restricted.user_info" }] })
    );
    let error = page.new_identity("margarethe", "x").unwrap_err();
    assert_eq!(
        error.body()["data"]["issues"][0],
        serde_json::json!({ "code": "password_rejected.too_short", "interpolation": { "min": 8 } })
    );
    assert!(page.trail.because[0].detail.contains("fewer than 8 characters"));
}

#[test]
fn the_faster_of_two_registrations_gets_the_username() {
    // Both have verified; the second identification is refused.
    let mut page = Page::begun(InteractionEvent::Register);
    page.world.put(&interaction("int2"));
    let first = page.new_identity("dora", "tangerine-kite9").unwrap();
    page.id = "int2".into();
    page.put(InteractionEvent::Register).unwrap();
    let second = page.new_identity("dora", "tangerine-kite8").unwrap();
    page.identify(Some(&second)).unwrap();
    page.id = "int1".into();
    assert_eq!(code(page.identify(Some(&first))), TAKEN);
    assert_eq!(page.state().result.user_id, None);

    // Between the two halves of the verification.
    let eve = username("eve");
    page.call(|cx, id| new_password_identity_check(cx, id, &eve, &Secret::new("tangerine-kite9")))
        .unwrap();
    page.change_user(CAROL, |u| u.username = Some("eve".into()));
    assert_eq!(
        code(page.call(|cx, id| record_new_password_identity(cx, id, &eve, hash("x")))),
        TAKEN
    );

    // Between filling in the profile and creating the account.
    page.put(InteractionEvent::Register).unwrap();
    page.add(ProfileUpdate::Username("fred".into())).unwrap();
    page.add(ProfileUpdate::Password { phc: hash("x") }).unwrap();
    page.change_user(CAROL, |u| u.username = Some("fred".into()));
    assert_eq!(code(page.identify(None)), TAKEN);
}

#[test]
fn a_registration_may_be_filled_in_without_a_verification() {
    let mut page = Page::begun(InteractionEvent::Register);
    let error = page.identify(None).unwrap_err();
    assert_eq!((error.status, error.code), (422, "user.missing_profile"));
    assert_eq!(
        error.body()["data"],
        serde_json::json!({ "missingProfile": ["username", "password"] })
    );
    assert_eq!(
        page.trail.patch.waiting_for.as_deref(),
        Some("waiting for the person to fill in: username, password")
    );
    page.add(ProfileUpdate::Username("dora".into())).unwrap();
    page.call(|cx, id| profile_password_check(cx, id, &Secret::new("tangerine-kite9")))
        .unwrap();
    page.add(ProfileUpdate::Password {
        phc: hash("tangerine-kite9"),
    })
    .unwrap();
    assert_eq!(page.identify(None).unwrap().status(), 201);
}

#[test]
fn what_was_verified_is_kept_when_more_is_missing() {
    let mut page = Page::begun(InteractionEvent::Register);
    page.configure(|e| e.sign_up.identifiers = vec![IdentifierKind::Username, IdentifierKind::Email]);
    let record = page.new_identity("dora", "tangerine-kite9").unwrap();
    let error = page.identify(Some(&record)).unwrap_err();
    assert_eq!(error.body()["data"], serde_json::json!({ "missingProfile": ["email"] }));
    assert_eq!(page.state().result.profile["username"], "dora");
    // An address is added with a verification, and nothing else.
    let verification_id = "code1".to_owned();
    for update in [
        ProfileUpdate::Email {
            verification_id: verification_id.clone(),
        },
        ProfileUpdate::Phone {
            verification_id: verification_id.clone(),
        },
        ProfileUpdate::Social { verification_id },
    ] {
        assert_eq!(code(page.add(update)), (404, "session.verification_session_not_found"));
    }
    page.configure(|e| e.sign_up.identifiers = vec![IdentifierKind::Username]);
    assert_eq!(page.identify(None).unwrap().status(), 201);
}

#[test]
fn the_mode_forbids_registering_but_keeps_what_was_verified() {
    let mut page = Page::begun(InteractionEvent::Register);
    page.configure(|e| e.sign_in_mode = SignInMode::SignIn);
    let record = page.new_identity("dora", "tangerine-kite9").unwrap();
    let error = page.identify(Some(&record)).unwrap_err();
    assert_eq!((error.status, error.code), (403, "auth.forbidden"));
    assert_eq!(page.state().result.profile["username"], "dora");
    assert_eq!(page.world.read(|cx| cx.list::<User>(10).unwrap()).0.len(), 3);
}

#[test]
fn a_matched_password_creates_no_account() {
    let mut page = Page::begun(InteractionEvent::Register);
    let record = page.password(&username("alice"), "correct horse").unwrap();
    assert_eq!(code(page.identify(Some(&record))), (400, "session.verification_failed"));
}

#[test]
fn one_registration_creates_one_account() {
    let mut page = Page::begun(InteractionEvent::Register);
    let record = page.new_identity("dora", "tangerine-kite9").unwrap();
    page.identify(Some(&record)).unwrap();
    assert_eq!(code(page.identify(Some(&record))), (422, "user.username_exists_in_profile"));
    assert_eq!(code(page.identify(None)), (400, "session.invalid_interaction_type"));
    assert_eq!(page.world.read(|cx| cx.list::<User>(10).unwrap()).0.len(), 4);
}

#[test]
fn missing_profile_as_the_sheet_computes_it() {
    use IdentifierKind::{Email, Phone, Username};
    let empty = serde_json::Map::new();
    let nobody: [&str; 0] = [];
    for (identifiers, password, expected) in [
        (vec![Username], true, &["username", "password"][..]),
        (vec![Username], false, &["username"]),
        (vec![Email], false, &["email"]),
        (vec![Phone], true, &["phone", "password"]),
        (vec![Email, Phone], false, &["emailOrPhone"]),
        (vec![Username, Phone, Email], true, &["username", "emailOrPhone", "password"]),
        (vec![], false, &nobody),
    ] {
        let mut experience = SignInExperience::default();
        experience.sign_up.identifiers = identifiers;
        experience.sign_up.password = password;
        assert_eq!(missing_profile(&experience, &empty, None), expected);
        let mut full = person("x", "X");
        full.username = Some("x".into());
        full.primary_phone = Some("1".into());
        full.primary_email = Some("x@example.test".into());
        full.password_encrypted = Some("h".into());
        assert!(missing_profile(&experience, &empty, Some(&full)).is_empty());
        let profile =
            serde_json::json!({ "username": "x", "primaryEmail": "x@example.test", "primaryPhone": "1", "passwordEncrypted": "h" });
        assert!(missing_profile(&experience, profile.as_object().unwrap(), None).is_empty());
    }
    // Either of the two satisfies `emailOrPhone`; a social identity stands in for a password.
    let mut experience = SignInExperience::default();
    experience.sign_up.identifiers = vec![Email, Phone];
    let mut user = person("x", "X");
    user.primary_phone = Some("1".into());
    assert_eq!(missing_profile(&experience, &empty, Some(&user)), ["password"]);
    user.identities.insert(
        "google".into(),
        crate::model::SocialIdentity {
            user_id: "g1".into(),
            details: serde_json::Value::Null,
        },
    );
    assert!(missing_profile(&experience, &empty, Some(&user)).is_empty());
}
