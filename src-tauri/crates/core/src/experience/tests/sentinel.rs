//! Wrong passwords: what is answered, what is shown, when the identifier is locked and when it opens.

use super::*;
use crate::model::SentinelPolicy;
use crate::record::{Attempts, VerificationRecord};

const WRONG: (u16, &str) = (422, "session.invalid_credentials");
const LOCKED: (u16, &str) = (400, "session.verification_blocked_too_many_attempts");

fn page(max_attempts: u32, lockout_duration: u32) -> Page {
    let mut page = Page::begun(InteractionEvent::SignIn);
    page.configure(|e| {
        e.sentinel_policy = SentinelPolicy {
            max_attempts,
            lockout_duration,
        };
    });
    page
}

#[test]
fn an_unknown_person_looks_like_a_wrong_password_outside_and_not_inside() {
    let mut page = page(100, 60);
    let wrong = page.password(&username("alice"), "nonsense").unwrap_err();
    let (wrong_trail, headline) = (page.trail.clone(), page.trail.patch.headline.clone().unwrap());
    let unknown = page.password(&username("nobody"), "nonsense").unwrap_err();
    assert_eq!((wrong.status, wrong.body()), (unknown.status, unknown.body()));
    assert_eq!(headline, "Alice Archer · wrong password, 1 try");
    assert_eq!(page.trail.patch.headline.as_deref(), Some("nobody · unknown person, 1 try"));
    assert_ne!(wrong.hidden, unknown.hidden);
    assert_ne!(wrong_trail.because, page.trail.because);
    // Nobody has proven to be Alice, so the session is not hers in the list.
    assert_eq!(wrong_trail.patch.user, None);
    page.password(&username("alice"), "nonsense").unwrap_err();
    assert_eq!(page.trail.patch.headline.as_deref(), Some("Alice Archer · wrong password, 2 tries"));
    assert_eq!(page.trail.patch.outcome.as_deref(), Some("wrong password"));
    assert!(page.state().result.verification_records.is_empty());
}

#[test]
fn a_person_without_a_password_has_no_right_one() {
    let mut page = page(100, 60);
    assert_eq!(code(page.password(&username("carol"), "")), WRONG);
    assert_eq!(page.trail.patch.outcome.as_deref(), Some("no password"));
    // Not even when the comparison with the decoy claims a match.
    let question = page.call(|cx, id| password_candidate(cx, id, &username("carol"))).unwrap();
    assert!(question.hash.is_none() && question.user_id == Some(CAROL.into()));
    assert_eq!(code(page.call(|cx, id| record_password_result(cx, id, &question, true))), WRONG);
    let question = page.call(|cx, id| password_candidate(cx, id, &username("nobody"))).unwrap();
    assert_eq!(code(page.call(|cx, id| record_password_result(cx, id, &question, true))), WRONG);
    assert!(page.state().result.verification_records.is_empty());
}

#[test]
fn a_suspended_person_is_told_so_only_after_the_right_password() {
    let mut page = page(100, 60);
    assert_eq!(code(page.password(&username("bob"), "nonsense")), WRONG);
    assert_eq!(code(page.password(&username("bob"), "builder")), (401, "user.suspended"));
    assert_eq!(page.trail.patch.headline.as_deref(), Some("Bob Brown · suspended"));
    assert_eq!(page.trail.patch.status, Some(crate::live::LiveStatus::Failed));
    assert!(page.state().result.verification_records.is_empty());
}

#[test]
fn the_failure_that_reaches_the_limit_locks_and_time_unlocks() {
    let mut page = page(3, 10);
    let alice = username("alice");
    assert_eq!(code(page.password(&alice, "1")), WRONG);
    assert_eq!(code(page.password(&alice, "2")), WRONG);
    let last = page.password(&alice, "3").unwrap_err();
    assert_eq!((last.status, last.code), LOCKED);
    assert!(last.message.contains("10 minutes"), "{}", last.message);
    assert_eq!(page.trail.patch.outcome.as_deref(), Some("locked out"));
    // Not even the right password, in this interaction or another.
    assert_eq!(code(page.password(&alice, "correct horse")), LOCKED);
    page.world.put(&interaction("int2"));
    page.id = "int2".into();
    page.put(InteractionEvent::SignIn).unwrap();
    assert_eq!(code(page.password(&alice, "correct horse")), LOCKED);
    // Somebody else is not locked, nor is another identifier of hers.
    page.password(&email("alice@example.test"), "correct horse").unwrap();
    page.world.clock.advance(10 * 60 - 1);
    let error = page.password(&alice, "correct horse").unwrap_err();
    assert!(error.message.contains("a minute"), "{}", error.message);
    page.world.clock.advance(1);
    page.password(&alice, "correct horse").unwrap();
    // The two failures are still of the last hour: the next one locks again.
    assert_eq!(code(page.password(&alice, "4")), LOCKED);
}

#[test]
fn failures_older_than_an_hour_do_not_count_and_success_does_not_clear_them() {
    let mut page = page(3, 10);
    let mut long = interaction("long");
    long.expires_at = START.plus_seconds(100_000);
    page.world.put(&long);
    page.id = "long".into();
    page.put(InteractionEvent::SignIn).unwrap();
    let alice = username("alice");
    assert_eq!(code(page.password(&alice, "1")), WRONG);
    page.password(&alice, "correct horse").unwrap();
    page.world.clock.advance(3599);
    assert_eq!(code(page.password(&alice, "2")), WRONG);
    assert_eq!(page.trail.patch.headline.as_deref(), Some("Alice Archer · wrong password, 2 tries"));
    page.world.clock.advance(1);
    assert_eq!(code(page.password(&alice, "3")), WRONG);
    assert_eq!(page.trail.patch.headline.as_deref(), Some("Alice Archer · wrong password, 2 tries"));
    assert_eq!(code(page.password(&alice, "4")), LOCKED);
}

#[test]
fn spellings_share_a_lock_and_unknown_identifiers_are_locked_too() {
    let mut page = page(2, 10);
    assert_eq!(code(page.password(&email("Ghost@example.test"), "1")), WRONG);
    assert_eq!(code(page.password(&email("ghost@EXAMPLE.test"), "2")), LOCKED);
    assert_eq!(code(page.password(&identifier(IdentifierKind::Phone, "+1 555 9999"), "1")), WRONG);
    assert_eq!(code(page.password(&identifier(IdentifierKind::Phone, "15559999"), "2")), LOCKED);
    // What can't be an identifier is counted as itself.
    assert_eq!(code(page.password(&username("not a username"), "1")), WRONG);
    assert_eq!(code(page.password(&username("nor this"), "1")), WRONG);
    assert_eq!(code(page.password(&username("not a username"), "2")), LOCKED);
}

#[test]
fn attempts_name_nobody_in_the_store_and_end_by_themselves() {
    let mut page = page(2, 120);
    page.password(&email("alice@example.test"), "1").unwrap_err();
    page.password(&email("alice@example.test"), "2").unwrap_err();
    let (rows, _) = page.world.read(|cx| cx.list::<Attempts>(10).unwrap());
    assert_eq!(rows.len(), 1);
    assert!(!rows[0].id.contains("alice"));
    assert_eq!(rows[0].locked_until, Some(START.plus_seconds(7200)));
    assert_eq!(rows[0].expires_at, START.plus_seconds(7200));
    page.world.clock.advance(7200);
    let (rows, _) = page.world.read(|cx| cx.list::<Attempts>(10).unwrap());
    assert!(rows.is_empty());
}

#[test]
fn a_limit_of_zero_locks_at_the_first_failure() {
    let mut page = page(0, 1);
    page.password(&username("alice"), "correct horse").unwrap();
    assert_eq!(code(page.password(&username("alice"), "1")), LOCKED);
}

#[test]
fn guesses_compared_at_the_same_time_all_count() {
    let mut page = page(2, 10);
    let alice = username("alice");
    let questions: Vec<_> = (0..3)
        .map(|_| page.call(|cx, id| password_candidate(cx, id, &alice)).unwrap())
        .collect();
    assert_eq!(
        code(page.call(|cx, id| record_password_result(cx, id, &questions[0], false))),
        WRONG
    );
    assert_eq!(
        code(page.call(|cx, id| record_password_result(cx, id, &questions[1], false))),
        LOCKED
    );
    // The third comparison matched, but the lock came first.
    assert_eq!(
        code(page.call(|cx, id| record_password_result(cx, id, &questions[2], true))),
        LOCKED
    );
}

#[test]
fn a_match_with_a_password_that_was_changed_meanwhile_proves_nothing() {
    let mut page = page(100, 60);
    let question = page.call(|cx, id| password_candidate(cx, id, &username("alice"))).unwrap();
    page.change_user(ALICE, |u| u.password_encrypted = Some(hash("new one")));
    assert_eq!(code(page.call(|cx, id| record_password_result(cx, id, &question, true))), WRONG);
    assert!(page.trail.error.as_ref().unwrap().detail.as_ref().unwrap().contains("changed"));

    // Nor when the username went to somebody else.
    let question = page.call(|cx, id| password_candidate(cx, id, &username("alice"))).unwrap();
    page.change_user(ALICE, |u| u.username = Some("alice_old".into()));
    page.change_user(CAROL, |u| {
        u.username = Some("alice".into());
        u.password_encrypted = Some(hash("new one"));
    });
    assert_eq!(code(page.call(|cx, id| record_password_result(cx, id, &question, true))), WRONG);
}

#[test]
fn a_newer_password_record_replaces_the_older_one() {
    let mut page = page(100, 60);
    let first = page.password(&username("alice"), "correct horse").unwrap();
    let second = page.password(&username("alice"), "correct horse").unwrap();
    assert_ne!(first, second);
    let records = page.state().result.verification_records;
    assert!(matches!(&records[..], [VerificationRecord::Password { id, verified: true, .. }] if *id == second));
    assert_eq!(code(page.identify(Some(&first))), (404, "session.verification_session_not_found"));
    page.identify(Some(&second)).unwrap();
}
