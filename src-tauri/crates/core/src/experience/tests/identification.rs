//! Identification while signing in: the method, the mode, single sign-on domains, the person.

use super::*;
use crate::model::{Connector, SignInMode};
use crate::record::VerificationRecord;

#[test]
fn a_record_is_needed_and_must_be_of_this_interaction() {
    let mut page = Page::begun(InteractionEvent::SignIn);
    let error = page.identify(None).unwrap_err();
    assert_eq!((error.status, error.code), (400, "guard.invalid_input"));
    assert_eq!(error.body()["details"], "verificationId is missing");
    let stranger = VerificationId::from("nothing");
    assert_eq!(
        code(page.identify(Some(&stranger))),
        (404, "session.verification_session_not_found")
    );
    // A record of another interaction is no record of this one.
    let record = page.password(&username("alice"), "correct horse").unwrap();
    page.world.put(&interaction("int2"));
    page.id = "int2".into();
    page.put(InteractionEvent::SignIn).unwrap();
    assert_eq!(code(page.identify(Some(&record))), (404, "session.verification_session_not_found"));
}

#[test]
fn the_method_is_checked_now_and_not_at_verification() {
    for (typed, kind) in [
        (username("alice"), IdentifierKind::Username),
        (email("alice@example.test"), IdentifierKind::Email),
        (identifier(IdentifierKind::Phone, "15550100"), IdentifierKind::Phone),
    ] {
        let mut page = Page::begun(InteractionEvent::SignIn);
        page.configure(|e| {
            for method in &mut e.sign_in.methods {
                method.password = method.identifier != kind;
                method.verification_code = true;
            }
        });
        let record = page.password(&typed, "correct horse").unwrap();
        assert_eq!(code(page.identify(Some(&record))), (422, "user.sign_in_method_not_enabled"));
        page.configure(|e| e.sign_in.methods.clear());
        assert_eq!(code(page.identify(Some(&record))), (422, "user.sign_in_method_not_enabled"));
        assert_eq!(page.state().result.user_id, None);
    }
}

#[test]
fn the_mode_forbids_signing_in() {
    let mut page = Page::begun(InteractionEvent::SignIn);
    page.configure(|e| e.sign_in_mode = SignInMode::Register);
    let record = page.password(&username("alice"), "correct horse").unwrap();
    assert_eq!(code(page.identify(Some(&record))), (403, "auth.forbidden"));
}

#[test]
fn an_address_of_a_single_sign_on_domain_is_refused_while_that_is_on() {
    let mut page = Page::begun(InteractionEvent::SignIn);
    let mut enterprise = Connector::new("sso1".into(), "OIDC", None, "Example Inc", crate::time::Timestamp(0));
    enterprise.domains = vec!["EXAMPLE.test".into()];
    page.world.put(&enterprise);
    let mut social = Connector::new(
        "social1".into(),
        "google-universal",
        Some("google".into()),
        "Google",
        crate::time::Timestamp(0),
    );
    social.domains = vec!["example.test".into()];
    page.world.put(&social);
    let record = page.password(&email("alice@example.test"), "correct horse").unwrap();
    page.configure(|e| e.single_sign_on_enabled = true);
    let error = page.identify(Some(&record)).unwrap_err();
    assert_eq!((error.status, error.code), (422, "session.sso_enabled"));
    assert_eq!(
        error.body()["data"],
        serde_json::json!({ "ssoConnectors": [{ "id": "sso1", "connectorName": "Example Inc", "logo": null, "darkLogo": null }] })
    );
    // Only what was typed counts: the same person by username may pass.
    let by_name = page.password(&username("alice"), "correct horse").unwrap();
    page.identify(Some(&by_name)).unwrap();
    // And with single sign-on off, the address may.
    page.put(InteractionEvent::SignIn).unwrap();
    page.configure(|e| e.single_sign_on_enabled = false);
    let record = page.password(&email("alice@example.test"), "correct horse").unwrap();
    page.identify(Some(&record)).unwrap();
}

#[test]
fn the_person_must_still_be_there_and_may_not_be_suspended() {
    let mut page = Page::begun(InteractionEvent::SignIn);
    let record = page.password(&email("Alice@example.test"), "correct horse").unwrap();
    page.change_user(ALICE, |u| u.is_suspended = true);
    assert_eq!(code(page.identify(Some(&record))), (401, "user.suspended"));
    page.world.write(|cx| cx.delete::<User>(ALICE).unwrap());
    let error = page.identify(Some(&record)).unwrap_err();
    assert_eq!((error.status, error.code), (404, "user.user_not_exist"));
    assert_eq!(
        error.body()["data"],
        serde_json::json!({ "identifier": { "type": "email", "value": "Alice@example.test" } })
    );
}

#[test]
fn a_second_identification_must_be_the_same_person() {
    let mut page = Page::alice_identified();
    page.change_user(BOB, |u| u.is_suspended = false);
    let bob = page.password(&username("bob"), "builder").unwrap();
    assert_eq!(code(page.identify(Some(&bob))), (409, "session.identity_conflict"));
    assert_eq!(page.state().result.user_id, Some(ALICE.into()));
    let again = page.password(&username("alice"), "correct horse").unwrap();
    assert_eq!(page.identify(Some(&again)).unwrap().status(), 204);
}

#[test]
fn a_new_username_signs_nobody_in_and_an_unverified_record_neither() {
    let mut page = Page::begun(InteractionEvent::SignIn);
    let record = page.new_identity("dora", "tangerine-kite9").unwrap();
    assert_eq!(code(page.identify(Some(&record))), (422, "user.sign_in_method_not_enabled"));

    for (verified, user_id) in [(false, Some(UserId::from(ALICE))), (true, None)] {
        let mut state = page.state();
        state.result.verification_records = vec![VerificationRecord::Password {
            id: "unproven".into(),
            identifier: username("alice"),
            verified,
            user_id,
        }];
        page.world.put(&state);
        assert_eq!(code(page.identify(Some(&"unproven".into()))), (400, "session.verification_failed"));
    }
}

#[test]
fn only_a_code_identifies_while_a_password_is_reset() {
    let mut page = Page::begun(InteractionEvent::ForgotPassword);
    let record = page.password(&username("alice"), "correct horse").unwrap();
    assert_eq!(
        code(page.identify(Some(&record))),
        (422, "session.not_supported_for_forgot_password")
    );
    assert_eq!(code(page.identify(None)), (400, "guard.invalid_input"));
    assert_eq!(
        code(page.add(ProfileUpdate::Username("x".into()))),
        (400, "session.not_supported_for_forgot_password")
    );
    assert_eq!(
        code(page.develop(&DevelopmentChoice::NewPerson)),
        (400, "session.not_supported_for_forgot_password")
    );
    assert_eq!(code(page.submit()), (404, "session.identifier_not_found"));
}
