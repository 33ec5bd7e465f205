//! Usernames, addresses that are blocked, and passwords that end (sheet 4.7, 4.8 and 5.1).

use super::*;
use crate::experience::blocklist::guard_email_blocklist;
use crate::experience::ruling::decide;
use crate::model::{AllowedChars, EmailBlocklistPolicy, PasswordExpiration, UsernamePolicy};
use serde_json::json;

#[test]
fn the_username_policy_is_asked_at_registration_and_in_profiles() {
    let policy = UsernamePolicy {
        min_length: 3,
        max_length: 6,
        allowed_chars: AllowedChars {
            uppercase: false,
            underscore: false,
            ..AllowedChars::default()
        },
        ..UsernamePolicy::default()
    };
    let mut page = Page::begun(InteractionEvent::Register);
    page.configure(|row| row.username_policy = policy);
    for (name, part) in [
        ("ab", "at least 3"),
        ("abcdefg", "6 at most"),
        ("aBc", "upper-case letters"),
        ("a_b", "underscores"),
        ("1ab", "begin with a digit"),
    ] {
        let error = page.new_identity(name, "Correct-Horse-9").unwrap_err();
        assert_eq!((error.status, error.code), (400, "guard.invalid_input"), "{name}");
        assert!(error.message.contains(part), "{name}: {}", error.message);
    }
    page.new_identity("abc12", "Correct-Horse-9").unwrap();

    let mut page = Page::alice_identified();
    page.configure(|row| row.username_policy = policy);
    page.change_user(ALICE, |alice| alice.username = None);
    assert_eq!(
        code(page.add(ProfileUpdate::Username("Alice".into()))),
        (400, "guard.invalid_input")
    );
    // Who has an old username may keep using it: the policy is for new ones.
    let mut page = Page::begun(InteractionEvent::SignIn);
    page.configure(|row| row.username_policy.min_length = 30);
    page.password(&username("alice"), "correct horse").unwrap();
}

#[test]
fn case_counts_unless_the_policy_says_otherwise() {
    let mut page = Page::begun(InteractionEvent::SignIn);
    page.change_user(CAROL, |carol| {
        carol.username = Some("Alice".into());
        carol.password_encrypted = Some(hash("carols own"));
    });
    // Two people, two spellings.
    page.password(&username("alice"), "correct horse").unwrap();
    page.password(&username("Alice"), "carols own").unwrap();
    assert_eq!(
        code(page.password(&username("ALICE"), "correct horse")),
        (422, "session.invalid_credentials")
    );
    let (conflicts, _) = page.world.read(|cx| identifier::username_case_conflicts(cx).unwrap());
    assert_eq!(
        serde_json::to_value(&conflicts).unwrap(),
        json!({ "totalConflicts": 1, "samples": ["alice"] })
    );

    page.change_user(CAROL, |carol| carol.username = Some("carol".into()));
    page.configure(|row| row.username_policy.case_sensitive = false);
    let (conflicts, _) = page.world.read(|cx| identifier::username_case_conflicts(cx).unwrap());
    assert_eq!(conflicts.total_conflicts, 0);
    page.password(&username("ALICE"), "correct horse").unwrap();
    let mut page = Page::begun(InteractionEvent::Register);
    page.new_identity("ALICE", "Correct-Horse-9").unwrap();
    page.configure(|row| row.username_policy.case_sensitive = false);
    assert_eq!(
        code(page.new_identity("ALICE", "Correct-Horse-9")),
        (422, "user.username_already_in_use")
    );
}

#[test]
fn failures_are_counted_for_one_username_however_it_is_spelt() {
    let mut page = Page::begun(InteractionEvent::SignIn);
    page.configure(|row| {
        row.sentinel_policy.max_attempts = 2;
        row.username_policy.case_sensitive = false;
    });
    assert_eq!(code(page.password(&username("alice"), "no")), (422, "session.invalid_credentials"));
    assert_eq!(
        code(page.password(&username("aLICE"), "no")),
        (400, "session.verification_blocked_too_many_attempts")
    );
    // With case they are two identifiers.
    let mut page = Page::begun(InteractionEvent::SignIn);
    page.configure(|row| row.sentinel_policy.max_attempts = 2);
    assert_eq!(code(page.password(&username("alice"), "no")), (422, "session.invalid_credentials"));
    assert_eq!(code(page.password(&username("aLICE"), "no")), (422, "session.invalid_credentials"));
}

fn block_list(policy: serde_json::Value) -> EmailBlocklistPolicy {
    serde_json::from_value(policy).unwrap()
}

#[test]
fn the_block_list_refuses_in_logtos_order() {
    let policy = block_list(json!({
        "blockDisposableAddresses": true,
        "blockSubaddressing": true,
        "customAllowlist": ["tester+1@example.test", "@good.mailinator.com"],
        "customBlocklist": ["Mallory@example.test", "@Spam.test", "mallory+x@example.test"],
    }));
    for (address, expected) in [
        ("alice@example.test", None),
        ("nowhere", Some(Blocked::NoAddress)),
        ("alice+1@example.test", Some(Blocked::Subaddress)),
        ("mallory+x@example.test", Some(Blocked::Subaddress)),
        ("tester+1@example.test", None),
        ("Tester+1@Example.test", None),
        ("mallory@EXAMPLE.test", Some(Blocked::Listed)),
        ("anybody@spam.test", Some(Blocked::Listed)),
        ("anybody@not-spam.test", None),
        ("anybody@sub.spam.test", None),
        ("anybody@mailinator.com", Some(Blocked::Disposable)),
        ("anybody@x.mailinator.com", Some(Blocked::Disposable)),
        ("anybody@notmailinator.com", None),
        ("anybody@good.mailinator.com", None),
    ] {
        assert_eq!(blocked(&policy, address), expected, "{address}");
        if expected != Some(Blocked::NoAddress) {
            assert_eq!(blocked(&EmailBlocklistPolicy::default(), address), None, "{address}");
        }
    }
}

#[test]
fn a_blocked_address_is_refused_with_its_card() {
    let mut page = Page::begun(InteractionEvent::Register);
    page.configure(|row| {
        row.email_blocklist_policy = block_list(json!({
            "blockDisposableAddresses": true, "blockSubaddressing": true, "customBlocklist": ["@spam.test"],
        }));
    });
    let mut ask = |address: &str| page.call(|cx, _| decide(cx, Some("use an address".into()), |cx| guard_email_blocklist(cx, address)));
    assert_eq!(ask("alice@example.test"), Ok(()));
    assert_eq!(code(ask("x@spam.test")), (422, "session.email_blocklist.email_not_allowed"));
    assert_eq!(code(ask("x@yopmail.com")), (422, "session.email_blocklist.email_not_allowed"));
    assert_eq!(
        code(ask("x+y@example.test")),
        (422, "session.email_blocklist.email_subaddressing_not_allowed")
    );
    assert_eq!(code(ask("x")), (400, "session.email_blocklist.invalid_email"));
}

const DAY: i64 = 86_400;

#[test]
fn a_password_ends_after_its_days() {
    let expiring = |enabled_at: Option<i64>| PasswordExpiration {
        enabled: Some(true),
        valid_period_days: Some(30),
        enabled_at,
    };
    let attempt = |policy: PasswordExpiration, after_days: i64, change: fn(&mut User)| {
        let mut page = Page::new();
        page.configure(|row| row.password_expiration = policy);
        page.change_user(ALICE, change);
        page.world.clock.advance(after_days * DAY);
        page.world.put(&Interaction {
            expires_at: START.plus_seconds(after_days * DAY + 3600),
            ..interaction("int1")
        });
        page.put(InteractionEvent::SignIn).unwrap();
        let outcome = page.password(&username("alice"), "correct horse");
        let wrong = code(page.password(&username("alice"), "wrong"));
        assert_eq!(
            wrong,
            (422, "session.invalid_credentials"),
            "only the right password is told that it ended"
        );
        outcome.map(|_| ()).map_err(|e| (e.status, e.code))
    };
    let ended = Err((422, "password.expired"));
    assert_eq!(attempt(expiring(None), 29, |_| {}), Ok(()));
    assert_eq!(attempt(expiring(None), 30, |_| {}), ended);
    // Counted from when it was set, or the rule began, whichever is later.
    assert_eq!(
        attempt(expiring(None), 30, |alice| alice.password_updated_at =
            Some(START.plus_seconds(DAY))),
        Ok(())
    );
    assert_eq!(attempt(expiring(Some(START.plus_seconds(DAY).0)), 30, |_| {}), Ok(()));
    assert_eq!(attempt(expiring(Some(START.plus_seconds(DAY).0)), 31, |_| {}), ended);
    assert_eq!(
        attempt(
            PasswordExpiration {
                enabled: None,
                ..expiring(None)
            },
            400,
            |_| {}
        ),
        Ok(())
    );
    assert_eq!(
        attempt(PasswordExpiration::default(), 0, |alice| alice.is_password_expired = true),
        ended
    );
}

#[test]
fn a_password_remembers_when_it_was_set() {
    let mut page = Page::begun(InteractionEvent::Register);
    page.world.clock.advance(60);
    let record = page.new_identity("dora", "Correct-Horse-9").unwrap();
    let who = page.identify(Some(&record)).unwrap();
    let dora = page.user(who.user_id().as_str());
    assert_eq!(dora.password_updated_at, Some(START.plus_seconds(60)));

    let mut carol = page.user(CAROL);
    carol.is_password_expired = true;
    carol.set_password(Some(hash("new")), START.plus_seconds(5));
    assert_eq!(carol.password_updated_at, Some(START.plus_seconds(5)));
    assert!(!carol.is_password_expired);
    carol.set_password(None, START.plus_seconds(6));
    assert_eq!((carol.password_encrypted, carol.password_updated_at), (None, None));
}

#[test]
fn expiration_begins_when_it_is_switched_on() {
    let on = PasswordExpiration {
        enabled: Some(true),
        valid_period_days: Some(1),
        enabled_at: None,
    };
    let begun = on.begun(None, START);
    assert_eq!(begun.enabled_at, Some(START.0));
    let later = START.plus_seconds(9);
    assert_eq!(on.begun(Some(begun), later), begun, "saving again does not begin anew");
    assert_eq!(on.begun(Some(PasswordExpiration::default()), later).enabled_at, Some(later.0));
    let off = PasswordExpiration::default();
    assert_eq!(off.begun(Some(begun), later), off);
}
