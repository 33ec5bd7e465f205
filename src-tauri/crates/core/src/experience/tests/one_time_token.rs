//! One-time tokens (sheet 4.7).

use super::*;
use crate::model::SignInMode;
use crate::record::{Index, OneTimeToken, OneTimeTokenContext, TokenStatus};

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

    fn set_status(&mut self, record: &OneTimeToken, status: TokenStatus) -> Result<OneTimeToken, ApiError> {
        let id = record.token_id.clone();
        self.world.write(|cx| set_one_time_token_status(cx, &id, status).unwrap()).0
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
    page.set_status(&record, TokenStatus::Revoked).unwrap();
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
    let locked = (400, "session.verification_blocked_too_many_attempts");
    assert_eq!(code(page.use_token(DORA, "guess")), locked, "the guess that reaches the limit");
    assert_eq!(code(page.use_token(DORA, &token)), locked);
}

#[test]
fn a_token_for_signing_in_invites_nobody() {
    for (event, invites) in [
        (None, true),
        (Some(InteractionEvent::Register), true),
        (Some(InteractionEvent::SignIn), false),
    ] {
        let mut page = Page::begun(event.unwrap_or(InteractionEvent::SignIn));
        page.configure(|e| {
            e.sign_in_mode = SignInMode::SignIn;
            e.sign_up.identifiers = vec![IdentifierKind::Email];
            e.sign_up.password = false;
        });
        let context = OneTimeTokenContext {
            interaction_event: event,
            ..OneTimeTokenContext::default()
        };
        let (_, token) = page.token(DORA, context);
        let record = page.use_token(DORA, &token).unwrap();
        let closed = (403, "auth.forbidden");
        if invites {
            page.change(InteractionEvent::Register).unwrap();
            assert!(matches!(page.identify(Some(&record)), Ok(Identified::Registered(_))), "{event:?}");
        } else {
            assert_eq!(code(page.change(InteractionEvent::Register)), closed);
            let mut state = page.state();
            state.result.interaction_event = Some(InteractionEvent::Register);
            page.world.put(&state);
            assert_eq!(code(page.identify(Some(&record))), closed);
        }
    }
}

#[test]
fn a_token_signs_in_where_only_registration_is_open() {
    let mut page = Page::begun(InteractionEvent::SignIn);
    page.configure(|e| e.sign_in_mode = SignInMode::Register);
    let (_, token) = page.token("alice@example.test", OneTimeTokenContext::default());
    let record = page.use_token("alice@example.test", &token).unwrap();
    assert_eq!(page.identify(Some(&record)).unwrap(), Identified::Existing(ALICE.into()));
}

#[test]
fn a_token_that_is_over_stays_as_it_ended() {
    use TokenStatus::{Active, Consumed, Revoked};
    let mut page = Page::new();
    let over = [
        (Consumed, Active, "one_time_token.cannot_reactivate_token"),
        (Consumed, Revoked, "one_time_token.token_consumed"),
        (Consumed, Consumed, "one_time_token.token_consumed"),
        (Revoked, Active, "one_time_token.cannot_reactivate_token"),
        (Revoked, Consumed, "one_time_token.token_revoked"),
        (Revoked, Revoked, "one_time_token.token_revoked"),
    ];
    for (ended, wanted, refused) in over {
        let (record, _) = page.token(DORA, OneTimeTokenContext::default());
        assert_eq!(page.set_status(&record, Active).unwrap().status, Active);
        assert_eq!(page.set_status(&record, ended).unwrap().status, ended);
        assert_eq!(code(page.set_status(&record, wanted)), (400, refused), "{ended:?} {wanted:?}");
        assert_eq!(page.world.get::<OneTimeToken>(&record.key).unwrap().status, ended);
    }
    let (mut record, _) = page.token(DORA, OneTimeTokenContext::default());
    for unknown in ["nobody", "", "a\0b"] {
        record.token_id = unknown.into();
        assert_eq!(code(page.set_status(&record, Revoked)), (404, "entity.not_found"));
    }
}

#[test]
fn a_token_is_found_by_its_id_however_many_there_are() {
    let mut page = Page::new();
    let made: Vec<OneTimeToken> = (0..1_100).map(|_| page.token(DORA, OneTimeTokenContext::default()).0).collect();
    for record in &made {
        let (found, _) = page.world.read(|cx| find_one_time_token(cx, &record.token_id).unwrap());
        assert_eq!(found.as_ref(), Some(record));
    }
    let gone = &made[7];
    page.world.write(|cx| cx.delete::<OneTimeToken>(&gone.key).unwrap());
    let entry = Index::OneTimeTokenId.entry(gone.token_id.as_str());
    assert!(
        page.world.read(|cx| cx.find_ids(&entry, 1).unwrap()).0.is_empty(),
        "the index forgets it"
    );
}
