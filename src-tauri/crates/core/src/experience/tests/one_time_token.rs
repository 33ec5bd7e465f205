//! One-time tokens (sheet 4.7).

use super::*;
use crate::model::SignInMode;
use crate::record::{OneTimeToken, OneTimeTokenContext};

const DORA: &str = "dora@example.test";

impl Page {
    fn token(&mut self, address: &str, context: OneTimeTokenContext) -> (OneTimeToken, String) {
        self.world
            .write(|cx| issue_one_time_token(cx, address, ONE_TIME_TOKEN_TTL, context).unwrap())
            .0
    }

    fn use_token(&mut self, address: &str, token: &str) -> Result<VerificationId, ApiError> {
        let to = email(address);
        self.call(|cx, id| verify_one_time_token(cx, id, &to, token))
    }
}

#[test]
fn a_token_signs_in_once() {
    let mut page = Page::begun(InteractionEvent::SignIn);
    let (_, token) = page.token("Alice@example.test", OneTimeTokenContext::default());
    assert_eq!(token.len(), 32);
    assert!(
        !page
            .world
            .view
            .entries
            .values()
            .any(|v| String::from_utf8_lossy(v).contains(&token)),
        "the token is stored in the clear"
    );
    let record = page.use_token("alice@example.test", &token).unwrap();
    assert_eq!(page.identify(Some(&record)).unwrap(), Identified::Existing(ALICE.into()));
    page.submit().unwrap();
    assert_eq!(page.state().result.login, Some(ALICE.into()));
    assert_eq!(
        code(page.use_token("alice@example.test", &token)),
        (400, "one_time_token.token_consumed")
    );
}

#[test]
fn a_token_registers_even_where_registration_is_off() {
    let mut page = Page::begun(InteractionEvent::SignIn);
    page.configure(|e| {
        e.sign_in_mode = SignInMode::SignIn;
        e.sign_up.identifiers = vec![IdentifierKind::Email];
        e.sign_up.password = false;
    });
    let (_, token) = page.token(DORA, OneTimeTokenContext::default());
    let record = page.use_token(DORA, &token).unwrap();
    assert_eq!(code(page.identify(Some(&record))), (404, "user.user_not_exist"));
    // The mode forbids the event, but not to somebody who was invited.
    page.change(InteractionEvent::Register).unwrap();
    let Identified::Registered(id) = page.identify(Some(&record)).unwrap() else {
        panic!("nobody was created")
    };
    assert_eq!(page.user(id.as_str()).primary_email.as_deref(), Some(DORA));
    // Without a token it does.
    let mut page = Page::begun(InteractionEvent::SignIn);
    page.configure(|e| e.sign_in_mode = SignInMode::SignIn);
    assert_eq!(code(page.change(InteractionEvent::Register)), (403, "auth.forbidden"));
}

#[test]
fn every_refusal_says_why() {
    let mut page = Page::begun(InteractionEvent::SignIn);
    assert_eq!(
        code(page.use_token(DORA, "nobody-made-this")),
        (404, "one_time_token.token_not_found")
    );
    let (_, token) = page.token(DORA, OneTimeTokenContext::default());
    assert_eq!(
        code(page.use_token("alice@example.test", &token)),
        (400, "one_time_token.email_mismatch")
    );
    assert_eq!(
        code(page.call(|cx, id| verify_one_time_token(cx, id, &username("dora"), &token))),
        (400, "guard.invalid_input")
    );
    let (record, revoked) = page.token(DORA, OneTimeTokenContext::default());
    assert!(page.world.write(|cx| revoke_one_time_token(cx, &record.key).unwrap()).0);
    assert!(
        !page.world.write(|cx| revoke_one_time_token(cx, &record.key).unwrap()).0,
        "over is over"
    );
    assert_eq!(code(page.use_token(DORA, &revoked)), (400, "one_time_token.token_revoked"));
    let context = OneTimeTokenContext {
        interaction_event: Some(InteractionEvent::Register),
        ..OneTimeTokenContext::default()
    };
    let (_, other) = page.token(DORA, context);
    assert_eq!(
        code(page.use_token(DORA, &other)),
        (400, "one_time_token.interaction_event_mismatch")
    );
    page.world.clock.advance(i64::from(ONE_TIME_TOKEN_TTL));
    assert_eq!(code(page.use_token(DORA, &token)), (400, "one_time_token.token_expired"));
    // None of these refusals used anything up, and guesses are counted.
    page.configure(|e| e.sentinel_policy.max_attempts = 1);
    assert_eq!(code(page.use_token(DORA, "guess")), (404, "one_time_token.token_not_found"));
    assert_eq!(
        code(page.use_token(DORA, &token)),
        (400, "session.verification_blocked_too_many_attempts")
    );
}
