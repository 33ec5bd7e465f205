//! Verification codes (sheet 4.7): sign-in, registration, a new password, a missing address; every refusal.

use super::*;
use crate::model::{
    Channel, ForgotPasswordMethod, SecondaryIdentifier, SignInMode, SignUpIdentifier, TemplateType, VerificationCodePolicy,
};
use crate::record::VerificationRecord;

pub(super) const DORA: &str = "dora@example.test";

/// Codes are accepted with every identifier that can be reached, also for a new password, and addresses can be registered.
pub(super) fn with_codes(event: InteractionEvent) -> Page {
    let mut page = Page::begun(event);
    page.configure(|e| {
        for method in &mut e.sign_in.methods {
            method.verification_code = method.identifier != IdentifierKind::Username;
        }
        e.sign_up.identifiers = vec![IdentifierKind::Email];
        e.sign_up.password = false;
        e.sign_up.verify = true;
        e.forgot_password_methods = Some(RESETS.to_vec());
    });
    page
}

/// Both ways to replace a forgotten password.
pub(super) const RESETS: [ForgotPasswordMethod; 2] = [
    ForgotPasswordMethod::EmailVerificationCode,
    ForgotPasswordMethod::PhoneVerificationCode,
];

#[test]
fn a_code_signs_in() {
    for to in [email("alice@EXAMPLE.test"), phone("+1 (555) 0100")] {
        let mut page = with_codes(InteractionEvent::SignIn);
        let sent = page.send(&to, InteractionEvent::SignIn).unwrap();
        let message = sent.message.clone().unwrap();
        assert_eq!(
            (message.template, message.live, message.valid_until),
            (TemplateType::SignIn, Some("live1".into()), Some(START.plus_seconds(600)))
        );
        let code = page.code_in_inbox();
        assert!(code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()), "{code}");
        assert!(!format!("{:?}", page.trail).contains(&code), "the code is in the session");
        assert!(!message.sealed.is_empty() && message.subject.ends_with("code"));
        // Nothing is proven before the code came back.
        assert_eq!(
            code_of(page.identify(Some(&sent.verification_id))),
            (400, "session.verification_failed")
        );
        let record = page.verify(&to, &sent.verification_id, &code).unwrap();
        assert_eq!(record, sent.verification_id);
        assert_eq!(page.identify(Some(&record)).unwrap(), Identified::Existing(ALICE.into()));
        page.submit().unwrap();
        assert_eq!(page.state().result.login, Some(ALICE.into()));
    }
}

pub(super) fn code_of<T: std::fmt::Debug>(outcome: Result<T, ApiError>) -> (u16, &'static str) {
    code(outcome)
}

#[test]
fn a_newer_code_supersedes_and_channels_keep_apart() {
    let mut page = with_codes(InteractionEvent::SignIn);
    let to = email("alice@example.test");
    let first = page.send(&to, InteractionEvent::SignIn).unwrap().verification_id;
    let old = page.code_in_inbox();
    let text = page.send(&phone("15550100"), InteractionEvent::SignIn).unwrap().verification_id;
    let second = page.send(&to, InteractionEvent::SignIn).unwrap().verification_id;
    assert_eq!(
        code_of(page.verify(&to, &first, &old)),
        (404, "session.verification_session_not_found")
    );
    assert_eq!(page.state().result.verification_records.len(), 2);
    let newest = page.code_in_inbox();
    assert_ne!(old, newest);
    page.verify(&to, &second, &newest).unwrap();
    // Somebody else's recipient, and somebody else's kind.
    assert_eq!(
        code_of(page.verify(&phone("15550101"), &text, "000000")),
        (400, "verification_code.phone_mismatch")
    );
    assert_eq!(
        code_of(page.verify(&to, &text, "000000")),
        (400, "verification_code.phone_mismatch")
    );
    // A code works once.
    assert_eq!(code_of(page.verify(&to, &second, &newest)), (400, "verification_code.not_found"));
}

#[test]
fn tries_and_lifetime_follow_the_policy() {
    let rows: [(VerificationCodePolicy, u32, i64); 2] = [
        (VerificationCodePolicy::default(), 10, 600),
        (
            VerificationCodePolicy {
                expiration_duration: Some(60),
                max_retry_attempts: Some(2),
            },
            2,
            60,
        ),
    ];
    for (policy, tries, lifetime) in rows {
        let mut page = with_codes(InteractionEvent::SignIn);
        page.configure(|e| e.verification_code_policy = policy);
        let to = email("alice@example.test");
        let sent = page.send(&to, InteractionEvent::SignIn).unwrap().verification_id;
        let right = page.code_in_inbox();
        for _ in 0..tries {
            assert_eq!(code_of(page.verify(&to, &sent, "00000x")), (400, "verification_code.code_mismatch"));
        }
        assert_eq!(code_of(page.verify(&to, &sent, &right)), (400, "verification_code.exceed_max_try"));

        let sent = page.send(&to, InteractionEvent::SignIn).unwrap().verification_id;
        let right = page.code_in_inbox();
        page.world.clock.advance(lifetime - 1);
        page.verify(&to, &sent, &right).unwrap();
        let sent = page.send(&to, InteractionEvent::SignIn).unwrap().verification_id;
        let right = page.code_in_inbox();
        page.world.clock.advance(lifetime);
        assert_eq!(code_of(page.verify(&to, &sent, &right)), (400, "verification_code.expired"));
    }
}

#[test]
fn wrong_codes_and_wrong_passwords_share_the_lockout() {
    let mut page = with_codes(InteractionEvent::SignIn);
    page.configure(|e| e.sentinel_policy.max_attempts = 3);
    let to = email("alice@example.test");
    assert_eq!(code_of(page.password(&to, "wrong")).1, "session.invalid_credentials");
    let sent = page.send(&to, InteractionEvent::SignIn).unwrap().verification_id;
    let right = page.code_in_inbox();
    assert_eq!(code_of(page.verify(&to, &sent, "00000x")).1, "verification_code.code_mismatch");
    let locked = (400, "session.verification_blocked_too_many_attempts");
    // The failure that reaches the limit is answered as every try after it.
    assert_eq!(code_of(page.verify(&to, &sent, "00000x")), locked);
    assert_eq!(page.trail.patch.headline.as_deref(), Some("alice@example.test · locked out"));
    assert_eq!(code_of(page.verify(&to, &sent, &right)), locked);
    assert_eq!(code_of(page.password(&to, "correct horse")), locked);
}

#[test]
fn ten_messages_in_ten_minutes() {
    let mut page = with_codes(InteractionEvent::SignIn);
    let to = email("alice@example.test");
    for _ in 0..10 {
        page.send(&to, InteractionEvent::SignIn).unwrap();
    }
    assert_eq!(
        code_of(page.send(&email("Alice@example.test"), InteractionEvent::SignIn)),
        (429, "request.message_rate_limited")
    );
    page.send(&phone("15550100"), InteractionEvent::SignIn).unwrap();
    page.world.clock.advance(600);
    page.send(&to, InteractionEvent::SignIn).unwrap();
    // The Inbox lists the newest first.
    let (messages, _) = page.world.read(|cx| cx.list::<Message>(100).unwrap());
    assert_eq!(messages.len(), 12);
    assert!(messages.windows(2).all(|pair| pair[0].created_at >= pair[1].created_at));
}

#[test]
fn nobody_learns_who_has_an_account() {
    for (event, mode, sent) in [
        (InteractionEvent::ForgotPassword, SignInMode::SignInAndRegister, false),
        (InteractionEvent::SignIn, SignInMode::SignIn, false),
        (InteractionEvent::SignIn, SignInMode::SignInAndRegister, true),
        (InteractionEvent::Register, SignInMode::SignIn, true),
    ] {
        let mut page = with_codes(event);
        page.configure(|e| e.sign_in_mode = mode);
        let reply = page.send(&email(DORA), event).unwrap();
        assert_eq!(reply.message.is_some(), sent, "{event:?} {mode:?}");
        if !sent {
            // A guess is answered as it is for everybody.
            assert_eq!(
                code_of(page.verify(&email(DORA), &reply.verification_id, "123x56")),
                (400, "verification_code.code_mismatch")
            );
        }
    }
}

#[test]
fn a_reset_needs_its_way_to_be_listed() {
    let not_here = (422, "session.not_supported_for_forgot_password");
    let (mail, text) = (email("alice@example.test"), phone("15550100"));
    // A fresh installation lists none; without a list, whatever can be delivered is a way.
    for (methods, by_mail, by_text) in [
        (Some(Vec::new()), false, false),
        (Some(vec![ForgotPasswordMethod::EmailVerificationCode]), true, false),
        (Some(vec![ForgotPasswordMethod::PhoneVerificationCode]), false, true),
        (None, true, true),
    ] {
        for (to, listed) in [(&mail, by_mail), (&text, by_text)] {
            let mut page = with_codes(InteractionEvent::ForgotPassword);
            page.configure(|e| e.forgot_password_methods.clone_from(&methods));
            // The answer is the same for everybody; only the message is missing.
            let sent = page.send(to, InteractionEvent::ForgotPassword).unwrap();
            assert_eq!(sent.message.is_some(), listed, "{methods:?} {to:?}");
            assert_eq!(page.trail.because.iter().any(|b| b.rule == "experience.code_held_back"), !listed);
            assert_eq!(
                code_of(page.verify(to, &sent.verification_id, "00000x")).1,
                "verification_code.code_mismatch"
            );
            // Nor does a code that was sent for something else identify.
            let proof = page.prove(to, InteractionEvent::SignIn);
            let outcome = page.identify(Some(&proof));
            if listed {
                assert_eq!(outcome.unwrap(), Identified::Existing(ALICE.into()));
            } else {
                assert_eq!(code_of(outcome), not_here, "{methods:?} {to:?}");
                assert_eq!(page.state().result.user_id, None);
            }
        }
    }
    assert_eq!(SignInExperience::default().forgot_password_methods, Some(Vec::new()));
}

#[test]
fn an_identified_person_gets_codes_whatever_the_mode() {
    let mut page = with_codes(InteractionEvent::SignIn);
    page.configure(|e| {
        e.sign_in_mode = SignInMode::SignIn;
        e.sign_up.secondary_identifiers = vec![SecondaryIdentifier {
            identifier: SignUpIdentifier::Phone,
            verify: Some(true),
        }];
        e.sign_up.identifiers = vec![IdentifierKind::Username];
    });
    page.change_user(CAROL, |u| u.password_encrypted = Some(hash("carols own")));
    // A number that nobody has: until somebody is identified, nothing goes there.
    let free = phone("49305550199");
    assert!(page.send(&free, InteractionEvent::SignIn).unwrap().message.is_none());
    let record = page.password(&username("carol"), "carols own").unwrap();
    page.identify(Some(&record)).unwrap();
    assert_eq!(code_of(page.submit()), (422, "user.missing_profile"));
    let proof = page.prove(&free, InteractionEvent::SignIn);
    assert_eq!(
        page.newest.as_ref().unwrap().template,
        TemplateType::SignIn,
        "sign-up asks for numbers"
    );
    page.add(ProfileUpdate::Phone { verification_id: proof.0 }).unwrap();
    page.submit().unwrap();
    assert_eq!(page.user(CAROL).primary_phone.as_deref(), Some("49305550199"));
    // An address, for which sign-up does not ask, can only be a second factor.
    let mail = page.send(&email(DORA), InteractionEvent::SignIn).unwrap().message.unwrap();
    assert_eq!((mail.template, mail.channel), (TemplateType::BindMfa, Channel::Email));
}

#[test]
fn an_unknown_address_signs_in_after_registration() {
    let mut page = with_codes(InteractionEvent::SignIn);
    let record = page.prove(&email(DORA), InteractionEvent::SignIn);
    let error = page.identify(Some(&record)).unwrap_err();
    assert_eq!((error.status, error.code), (404, "user.user_not_exist"));
    assert_eq!(
        error.body()["data"]["identifier"],
        serde_json::json!({ "type": "email", "value": DORA })
    );
    page.change(InteractionEvent::Register).unwrap();
    let Identified::Registered(id) = page.identify(Some(&record)).unwrap() else {
        panic!("nobody was created")
    };
    page.submit().unwrap();
    let dora = page.user(id.as_str());
    assert_eq!((dora.primary_email.as_deref(), page.state().result.login), (Some(DORA), Some(id)));
}

#[test]
fn registration_by_code() {
    let mut page = with_codes(InteractionEvent::Register);
    // Taken, in any spelling; and the proof of one address registers no other.
    let record = page.prove(&email("ALICE@example.test"), InteractionEvent::Register);
    assert_eq!(code_of(page.identify(Some(&record))), (422, "user.email_already_in_use"));
    // A username and a password are asked for besides.
    page.configure(|e| {
        e.sign_up.password = true;
        e.sign_up.secondary_identifiers = vec![
            SecondaryIdentifier {
                identifier: SignUpIdentifier::Username,
                verify: None,
            },
            SecondaryIdentifier {
                identifier: SignUpIdentifier::EmailOrPhone,
                verify: Some(true),
            },
        ];
    });
    let record = page.prove(&email(DORA), InteractionEvent::Register);
    let error = page.identify(Some(&record)).unwrap_err();
    assert_eq!(error.body()["data"]["missingProfile"], serde_json::json!(["username", "password"]));
    page.add(ProfileUpdate::Username("dora".into())).unwrap();
    page.add(ProfileUpdate::Password {
        phc: hash("tangerine-kite9"),
    })
    .unwrap();
    let Identified::Registered(id) = page.identify(None).unwrap() else {
        panic!("nobody was created")
    };
    let dora = page.user(id.as_str());
    assert_eq!(
        (dora.username.as_deref(), dora.primary_email.as_deref(), dora.primary_phone),
        (Some("dora"), Some(DORA), None)
    );
}

#[test]
fn a_missing_number_is_added_with_its_code() {
    let mut page = with_codes(InteractionEvent::SignIn);
    page.configure(|e| {
        e.sign_up.secondary_identifiers = vec![SecondaryIdentifier {
            identifier: SignUpIdentifier::Phone,
            verify: Some(true),
        }];
        e.sign_up.identifiers = vec![IdentifierKind::Username];
    });
    page.change_user(CAROL, |u| u.password_encrypted = Some(hash("carols own")));
    let record = page.password(&username("carol"), "carols own").unwrap();
    page.identify(Some(&record)).unwrap();
    assert_eq!(code_of(page.submit()), (422, "user.missing_profile"));
    let taken = page.prove(&phone("15550100"), InteractionEvent::SignIn);
    assert_eq!(
        code_of(page.add(ProfileUpdate::Phone { verification_id: taken.0 })),
        (422, "user.phone_already_in_use")
    );
    let sent = page
        .send(&phone("+49 30 5550199"), InteractionEvent::SignIn)
        .unwrap()
        .verification_id;
    // Not before the code came back, not as something else, not with a password record.
    for update in [
        ProfileUpdate::Phone {
            verification_id: sent.0.clone(),
        },
        ProfileUpdate::Email {
            verification_id: sent.0.clone(),
        },
        ProfileUpdate::Phone {
            verification_id: record.0.clone(),
        },
    ] {
        assert_eq!(code_of(page.add(update)), (400, "session.verification_failed"));
    }
    let code = page.code_in_inbox();
    page.verify(&phone("49305550199"), &sent, &code).unwrap();
    page.add(ProfileUpdate::Phone { verification_id: sent.0 }).unwrap();
    page.submit().unwrap();
    assert_eq!(page.user(CAROL).primary_phone.as_deref(), Some("49305550199"));
}

#[test]
fn a_forgotten_password_is_replaced() {
    let mut page = with_codes(InteractionEvent::ForgotPassword);
    let to = email("alice@example.test");
    assert_eq!(code_of(page.reset("tangerine-kite9")), (404, "session.identifier_not_found"));
    let record = page.prove(&to, InteractionEvent::ForgotPassword);
    page.identify(Some(&record)).unwrap();
    assert_eq!(code_of(page.submit()), (422, "user.new_password_required_in_profile"));
    assert_eq!(code_of(page.reset("short")), (422, "password.rejected"));
    page.change_user(ALICE, |u| u.password_encrypted = Some(hash("velvet-otter5")));
    assert_eq!(code_of(page.reset("velvet-otter5")), (422, "user.same_password"));
    page.reset("tangerine-kite9").unwrap();
    assert_eq!(
        page.user(ALICE).password_encrypted,
        Some(hash("velvet-otter5")),
        "nothing changes before submission"
    );
    page.submit().unwrap();
    assert_eq!(page.user(ALICE).password_encrypted, Some(hash("tangerine-kite9")));
    // Nobody is signed in; the page begins again.
    assert!(page.state().result.login.is_none());
    assert_eq!(code_of(page.submit()), (404, "session.interaction_not_found"));
    page.put(InteractionEvent::SignIn).unwrap();
    assert_eq!(code_of(page.password(&to, "velvet-otter5")).1, "session.invalid_credentials");
    page.password(&to, "tangerine-kite9").unwrap();
}

#[test]
fn a_new_password_belongs_to_a_reset() {
    let mut page = Page::alice_identified();
    assert_eq!(code_of(page.reset("tangerine-kite9")), (400, "session.invalid_interaction_type"));
    // And only a code identifies there.
    let mut page = with_codes(InteractionEvent::ForgotPassword);
    let record = page.password(&username("alice"), "correct horse").unwrap();
    assert_eq!(
        code_of(page.identify(Some(&record))),
        (422, "session.not_supported_for_forgot_password")
    );
    let gone = page.send(&email(DORA), InteractionEvent::Register).unwrap().verification_id;
    let code = page.code_in_inbox();
    page.verify(&email(DORA), &gone, &code).unwrap();
    assert_eq!(code_of(page.identify(Some(&gone))), (404, "user.user_not_exist"));
}

#[test]
fn what_can_not_be_reached_is_named() {
    let mut page = with_codes(InteractionEvent::SignIn);
    for to in [username("alice"), email("not-an-address"), phone("abc"), email("")] {
        let error = page.send(&to, InteractionEvent::SignIn).unwrap_err();
        assert_eq!((error.status, error.code), (400, "guard.invalid_input"), "{to:?}");
        assert!(error.details.unwrap().starts_with("identifier."));
    }
    // A record of another type has no code.
    let record = page.password(&username("alice"), "correct horse").unwrap();
    assert_eq!(
        code_of(page.verify(&email("alice@example.test"), &record, "123456")),
        (404, "session.verification_session_not_found")
    );
    // A method that is switched off is refused at identification, as a password is.
    page.configure(|e| e.sign_in.methods.iter_mut().for_each(|m| m.verification_code = false));
    let record = page.prove(&email("alice@example.test"), InteractionEvent::SignIn);
    assert_eq!(code_of(page.identify(Some(&record))), (422, "user.sign_in_method_not_enabled"));
}

#[test]
fn the_state_shows_the_record_without_its_code() {
    let mut page = with_codes(InteractionEvent::SignIn);
    page.send(&email("alice@example.test"), InteractionEvent::SignIn).unwrap();
    let records = &page.call(get_interaction).unwrap()["verificationRecords"];
    assert_eq!(records[0]["type"], "EmailVerificationCode");
    assert_eq!(records[0]["verified"], false);
    assert!(records[0].get("code").is_none());
    let kept = page.state().result.verification_records;
    let [VerificationRecord::EmailVerificationCode(record)] = &kept[..] else {
        panic!("{kept:?}")
    };
    assert!(record.code.starts_with("sealed:"), "the code is not kept in the clear");
}
