//! Whole sign-ins, and the order in which a page must call.

use super::*;
use InteractionEvent::{ForgotPassword, Register, SignIn};

#[test]
fn alice_signs_in_with_each_of_her_identifiers() {
    for typed in [
        username("alice"),
        email("alice@example.test"),
        email("ALICE@EXAMPLE.TEST"),
        identifier(IdentifierKind::Phone, "15550100"),
        identifier(IdentifierKind::Phone, "+1 555-0100"),
    ] {
        let mut page = Page::begun(SignIn);
        let record = page.password(&typed, "correct horse").unwrap();
        assert_eq!(record.0.len(), 21);
        assert_eq!(page.trail.patch.user, Some((UserId::from(ALICE), "Alice Archer".into())));
        assert_eq!(
            page.identify(Some(&record)).unwrap(),
            Identified::Existing(ALICE.into()),
            "{typed:?}"
        );
        assert_eq!(page.submit().unwrap(), format!("{ISSUER}/auth/int1"));
        assert_eq!(page.state().result.login, Some(ALICE.into()));
        assert_eq!(page.user(ALICE).last_sign_in_at, Some(START));
        assert_eq!(page.trail.live, Some(LiveId::from("live1")));
        assert_eq!(page.trail.patch.headline.as_deref(), Some("Alice Archer · signed in"));
    }
}

#[test]
fn a_username_is_compared_with_case() {
    let mut page = Page::begun(SignIn);
    assert_eq!(
        code(page.password(&username("Alice"), "correct horse")),
        (422, "session.invalid_credentials")
    );
}

#[test]
fn every_call_needs_an_interaction_that_is_there() {
    let mut page = Page::begun(SignIn);
    page.world.clock.advance(3600);
    let gone = (400, "session.not_found");
    assert_eq!(code(page.put(SignIn)), gone);
    assert_eq!(code(page.change(Register)), gone);
    assert_eq!(code(page.call(get_interaction)), gone);
    assert_eq!(code(page.password(&username("alice"), "correct horse")), gone);
    assert_eq!(code(page.new_identity("dora", "tangerine-kite9")), gone);
    assert_eq!(code(page.develop(&DevelopmentChoice::NewPerson)), gone);
    assert_eq!(code(page.call(development_people)), gone);
    assert_eq!(code(page.identify(None)), gone);
    assert_eq!(code(page.add(ProfileUpdate::Username("dora".into()))), gone);
    assert_eq!(code(page.call(|cx, id| profile_password_check(cx, id, &Secret::new("x")))), gone);
    assert_eq!(code(page.submit()), gone);
    assert_eq!(code(page.call(|cx, id| not_served(cx, id, Later::Social))), gone);
    assert_eq!(page.trail.live, None);
}

#[test]
fn every_call_but_put_needs_the_interaction_to_have_begun() {
    let mut page = Page::new();
    let early = (404, "session.interaction_not_found");
    assert_eq!(code(page.change(Register)), early);
    assert_eq!(code(page.call(get_interaction)), early);
    assert_eq!(code(page.password(&username("alice"), "correct horse")), early);
    assert_eq!(code(page.new_identity("dora", "tangerine-kite9")), early);
    assert_eq!(code(page.develop(&DevelopmentChoice::NewPerson)), early);
    assert_eq!(code(page.identify(None)), early);
    assert_eq!(code(page.add(ProfileUpdate::Username("dora".into()))), early);
    assert_eq!(code(page.submit()), early);
    assert_eq!(page.trail.live, Some(LiveId::from("live1")));
}

#[test]
fn put_forgets_everything_of_the_attempt_before() {
    let mut page = Page::alice_identified();
    page.submit().unwrap();
    page.put(Register).unwrap();
    let result = page.state().result;
    assert_eq!(result.interaction_event, Some(Register));
    assert_eq!((result.user_id, result.login), (None, None));
    assert!(result.verification_records.is_empty() && result.profile.is_empty());
    assert_eq!(page.trail.patch.user, None);
    assert_eq!(code(page.submit()), (404, "session.identifier_not_found"));
}

#[test]
fn put_does_not_look_at_the_mode() {
    let mut page = Page::new();
    page.configure(|e| e.sign_in_mode = crate::model::SignInMode::SignIn);
    for event in [SignIn, Register, ForgotPassword] {
        page.put(event).unwrap();
        assert_eq!(page.state().result.interaction_event, Some(event));
    }
}

#[test]
fn the_event_changes_as_the_mode_allows() {
    use crate::model::SignInMode as Mode;
    let forbidden = Some((403, "auth.forbidden"));
    let reset = Some((400, "session.not_supported_for_forgot_password"));
    for (mode, from, to, refusal) in [
        (Mode::SignInAndRegister, SignIn, Register, None),
        (Mode::SignInAndRegister, Register, SignIn, None),
        (Mode::SignInAndRegister, SignIn, SignIn, None),
        (Mode::SignIn, SignIn, Register, forbidden),
        (Mode::SignIn, Register, SignIn, None),
        (Mode::Register, Register, SignIn, forbidden),
        (Mode::Register, SignIn, Register, None),
        (Mode::SignInAndRegister, SignIn, ForgotPassword, reset),
        (Mode::SignInAndRegister, ForgotPassword, SignIn, reset),
        (Mode::SignInAndRegister, ForgotPassword, ForgotPassword, None),
    ] {
        let mut page = Page::begun(from);
        page.configure(|e| e.sign_in_mode = mode);
        let outcome = page.change(to);
        assert_eq!(outcome.err().map(|e| (e.status, e.code)), refusal, "{mode:?} {from:?} → {to:?}");
        let expected = if refusal.is_none() { to } else { from };
        assert_eq!(page.state().result.interaction_event, Some(expected));
    }
}

#[test]
fn changing_the_event_drops_the_profile_and_keeps_verifications() {
    let mut page = Page::begun(Register);
    page.password(&username("alice"), "correct horse").unwrap();
    page.add(ProfileUpdate::Username("dora".into())).unwrap();
    page.change(Register).unwrap();
    assert_eq!(page.state().result.profile.len(), 1);
    page.change(SignIn).unwrap();
    let result = page.state().result;
    assert!(result.profile.is_empty());
    assert_eq!(result.verification_records.len(), 1);
}

#[test]
fn the_interaction_is_shown_without_secrets() {
    let mut page = Page::begun(Register);
    page.new_identity("dora", "tangerine-kite9").unwrap();
    page.add(ProfileUpdate::Password {
        phc: hash("tangerine-kite9"),
    })
    .unwrap();
    let shown = page.call(get_interaction).unwrap();
    assert_eq!(shown["interactionEvent"], "Register");
    assert_eq!(shown["profile"], serde_json::json!({ "hasPassword": true }));
    assert_eq!(shown["verificationRecords"][0]["type"], "NewPasswordIdentity");
    assert_eq!(shown["verificationRecords"][0]["identifier"]["value"], "dora");
    assert!(shown.get("userId").is_none());
    let all = format!("{shown}{}", snapshot(&page.state()));
    assert!(!all.contains("phc:") && !all.contains("tangerine"), "{all}");

    let mut page = Page::alice_identified();
    let shown = page.call(get_interaction).unwrap();
    assert_eq!(shown["userId"], ALICE);
}

#[test]
fn routes_of_a_later_release_say_so() {
    let mut page = Page::begun(SignIn);
    for later in Later::ALL {
        let error = page.call(|cx, id| not_served(cx, id, later)).unwrap_err();
        assert!(error.message.contains("later release"), "{}", error.message);
        assert!(page.trail.because[0].title.ends_with("can't be used yet"));
        let expected = match later {
            Later::Social | Later::EnterpriseSso => (501, "connector.not_found"),
            Later::TrustedDevice | Later::AvatarUpload => (501, "request.not_implemented"),
        };
        assert_eq!((error.status, error.code), expected);
    }
}
