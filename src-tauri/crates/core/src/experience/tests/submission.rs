//! Profile and submission: what must hold before anybody is signed in.

use super::*;

#[test]
fn nobody_identified_nobody_signed_in() {
    let mut page = Page::begun(InteractionEvent::SignIn);
    assert_eq!(code(page.submit()), (404, "session.identifier_not_found"));
    page.password(&username("alice"), "correct horse").unwrap();
    assert_eq!(code(page.submit()), (404, "session.identifier_not_found"));
    assert_eq!(page.state().result.login, None);
    assert_eq!(page.user(ALICE).last_sign_in_at, None);
}

#[test]
fn the_account_is_looked_at_again() {
    let mut page = Page::alice_identified();
    page.change_user(ALICE, |u| u.is_suspended = true);
    assert_eq!(code(page.submit()), (401, "user.suspended"));
    assert_eq!(page.trail.patch.headline.as_deref(), Some("Alice Archer · suspended"));
    page.world.write(|cx| cx.delete::<User>(ALICE).unwrap());
    assert_eq!(code(page.submit()), (404, "session.identifier_not_found"));
    assert_eq!(page.state().result.login, None);
}

#[test]
fn a_profile_needs_somebody_while_signing_in() {
    let mut page = Page::begun(InteractionEvent::SignIn);
    assert_eq!(
        code(page.add(ProfileUpdate::Username("dora".into()))),
        (404, "session.identifier_not_found")
    );
    assert_eq!(
        code(page.call(|cx, id| profile_password_check(cx, id, &Secret::new("tangerine-kite9")))),
        (404, "session.identifier_not_found")
    );
}

#[test]
fn what_the_account_has_is_not_replaced() {
    let mut page = Page::alice_identified();
    assert_eq!(
        code(page.add(ProfileUpdate::Username("alicia".into()))),
        (422, "user.username_exists_in_profile")
    );
    let password = Secret::new("tangerine-kite9");
    let exists = (422, "user.password_exists_in_profile");
    assert_eq!(code(page.call(|cx, id| profile_password_check(cx, id, &password))), exists);
    assert_eq!(code(page.add(ProfileUpdate::Password { phc: hash("x") })), exists);
    assert!(page.state().result.profile.is_empty());
}

#[test]
fn every_member_that_would_be_replaced_has_its_code() {
    for (member, expected) in [
        ("username", "user.username_exists_in_profile"),
        ("primaryEmail", "user.email_exists_in_profile"),
        ("primaryPhone", "user.phone_exists_in_profile"),
        ("passwordEncrypted", "user.password_exists_in_profile"),
    ] {
        let mut page = Page::alice_identified();
        let mut state = page.state();
        state.result.profile.insert(member.into(), "999@example.test".into());
        page.world.put(&state);
        assert_eq!(code(page.submit()), (422, expected));
    }
}

#[test]
fn every_identifier_that_somebody_took_meanwhile_has_its_code() {
    for (member, value, expected) in [
        ("username", "alice", "user.username_already_in_use"),
        ("primaryEmail", "ALICE@example.test", "user.email_already_in_use"),
        ("primaryPhone", "15550100", "user.phone_already_in_use"),
    ] {
        let mut page = Page::begun(InteractionEvent::SignIn);
        page.change_user(CAROL, |u| {
            u.username = None;
            u.primary_email = Some("carol@example.test".into());
            u.password_encrypted = Some(hash("songs of winter"));
        });
        let record = page.password(&email("carol@example.test"), "songs of winter").unwrap();
        page.identify(Some(&record)).unwrap();
        if member == "primaryEmail" {
            page.change_user(CAROL, |u| u.primary_email = None);
        }
        let mut state = page.state();
        state.result.profile.insert(member.into(), value.into());
        page.world.put(&state);
        assert_eq!(code(page.submit()), (422, expected));
        assert_eq!(page.state().result.login, None);
    }
}

#[test]
fn what_is_missing_is_filled_in_on_the_way() {
    let mut page = Page::begun(InteractionEvent::SignIn);
    page.change_user(CAROL, |u| {
        u.username = None;
        u.primary_email = Some("carol@example.test".into());
        u.password_encrypted = Some(hash("songs of winter"));
    });
    let record = page.password(&email("carol@example.test"), "songs of winter").unwrap();
    page.identify(Some(&record)).unwrap();
    let error = page.submit().unwrap_err();
    assert_eq!(error.body()["data"], serde_json::json!({ "missingProfile": ["username"] }));
    assert_eq!(page.trail.patch.headline.as_deref(), Some("Carol Clark · profile incomplete"));
    assert_eq!(
        code(page.add(ProfileUpdate::Username("alice".into()))),
        (422, "user.username_already_in_use")
    );
    page.add(ProfileUpdate::Username("caroline".into())).unwrap();
    // Nothing reaches the account before submission.
    assert_eq!(page.user(CAROL).username, None);
    page.world.clock.advance(5);
    page.submit().unwrap();
    let carol = page.user(CAROL);
    assert_eq!(carol.username.as_deref(), Some("caroline"));
    assert_eq!(
        (carol.updated_at, carol.last_sign_in_at),
        (START.plus_seconds(5), Some(START.plus_seconds(5)))
    );
    assert_eq!(carol.password_encrypted, Some(hash("songs of winter")));
    // Another tab may submit the same interaction again.
    page.submit().unwrap();
}

#[test]
fn two_sign_ins_that_fill_in_one_username() {
    let mut page = Page::begun(InteractionEvent::SignIn);
    for (id, address) in [(CAROL, "carol@example.test"), (BOB, "bob@example.test")] {
        page.change_user(id, |u| {
            u.username = None;
            u.is_suspended = false;
            u.primary_email = Some(address.into());
            u.password_encrypted = Some(hash("songs of winter"));
        });
    }
    page.world.put(&interaction("int2"));
    for (id, address) in [("int1", "carol@example.test"), ("int2", "bob@example.test")] {
        page.id = id.into();
        page.put(InteractionEvent::SignIn).unwrap();
        let record = page.password(&email(address), "songs of winter").unwrap();
        page.identify(Some(&record)).unwrap();
        page.add(ProfileUpdate::Username("robin".into())).unwrap();
    }
    page.submit().unwrap();
    page.id = "int1".into();
    assert_eq!(code(page.submit()), (422, "user.username_already_in_use"));
    assert_eq!(page.user(CAROL).username, None);
    assert_eq!(page.user(BOB).username.as_deref(), Some("robin"));
}

#[test]
fn the_own_data_counts_when_a_password_is_added() {
    let mut page = Page::begun(InteractionEvent::SignIn);
    page.change_user(CAROL, |u| {
        u.primary_phone = Some("4915112345678".into());
    });
    page.development(true);
    let record = page.develop(&DevelopmentChoice::Person(CAROL.into())).unwrap();
    page.identify(Some(&record)).unwrap();
    for (password, refused) in [("CarolClark1", true), ("4915112345678", true), ("tangerine-kite9", false)] {
        let outcome = page.call(|cx, id| profile_password_check(cx, id, &Secret::new(password)));
        assert_eq!(outcome.err().map(|e| e.code), refused.then_some("password.rejected"), "{password}");
    }
    page.add(ProfileUpdate::Password {
        phc: hash("tangerine-kite9"),
    })
    .unwrap();
    page.submit().unwrap();
    assert_eq!(page.user(CAROL).password_encrypted, Some(hash("tangerine-kite9")));
}

#[test]
fn whoever_is_signed_in_may_submit_again() {
    use crate::model::{MfaFactor, MfaPolicy};
    let mut page = Page::alice_identified();
    page.factors(&[MfaFactor::Totp], MfaPolicy::Mandatory);
    let new = page.new_app();
    page.bind(MfaFactor::Totp, &new).unwrap();
    let first = page.submit().unwrap();
    assert_eq!(page.user(ALICE).mfa_verifications.len(), 1);
    // The factor is the account's now, and nothing proves it in this sign-in; another tab submits all the same.
    page.world.clock.advance(5);
    assert_eq!(page.submit().unwrap(), first);
    assert_eq!(page.user(ALICE).last_sign_in_at, Some(START), "nobody signs in twice");
    // What is still pending is looked at.
    let mut state = page.state();
    state.result.profile.insert("name".into(), "Alicia".into());
    page.world.put(&state);
    assert_eq!(code(page.submit()), (403, "session.mfa.require_mfa_verification"));
    // Nor does it hold for somebody else, or a suspended person.
    state.result.profile.clear();
    state.result.login = Some(CAROL.into());
    page.world.put(&state);
    assert_eq!(code(page.submit()), (403, "session.mfa.require_mfa_verification"));
    state.result.login = Some(ALICE.into());
    page.world.put(&state);
    page.change_user(ALICE, |u| u.is_suspended = true);
    assert_eq!(code(page.submit()), (401, "user.suspended"));
}

#[test]
fn a_submission_takes_back_what_the_page_ended_with() {
    let mut page = Page::alice_identified();
    let abort = |page: &mut Page| {
        page.call(|cx, id| abort(cx, id, &serde_json::json!({ "errorDescription": "changed my mind" }), ISSUER))
            .unwrap();
    };
    for _ in 0..2 {
        // The first submission, then one that finds the login there.
        abort(&mut page);
        assert_eq!(page.state().result.error.as_deref(), Some("access_denied"));
        page.submit().unwrap();
        let result = page.state().result;
        assert_eq!(
            (result.error, result.error_description, result.login),
            (None, None, Some(ALICE.into()))
        );
    }
}
