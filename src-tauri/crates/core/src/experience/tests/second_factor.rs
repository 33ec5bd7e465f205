//! Second factors: proving them.

use super::*;
use crate::model::{BackupCode, Mfa, MfaFactor, MfaPolicy, MfaVerification, Passkey};
use crate::record::{Challenge, VerificationRecord};

const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
pub(super) const HOST: &str = "localhost";

/// RFC 6238 appendix B, SHA-1, cut to six digits: the calculator is the one that the world uses.
#[test]
fn codes_are_those_of_rfc_6238() {
    let totp = totp_for(&Secret::new(SECRET), "alice", "local:host").unwrap();
    for (at, code) in [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_234_567_890, "005924"),
        (20_000_000_000, "353130"),
    ] {
        assert_eq!(totp.generate(at).to_string(), code);
    }
    assert_eq!(
        totp.to_url().unwrap(),
        format!("otpauth://totp/local%20host:alice?secret={SECRET}&issuer=local%20host")
    );
}

pub(super) fn totp() -> MfaVerification {
    MfaVerification::Totp {
        id: "totp1".into(),
        created_at: START,
        last_used_at: None,
        key: format!("sealed:{SECRET}"),
        last_used_time_step: None,
    }
}

pub(super) fn passkey(credential_id: &str) -> Passkey {
    Passkey {
        rp_id: HOST.into(),
        credential_id: credential_id.into(),
        public_key: "key".into(),
        counter: 3,
        backup_eligible: None,
        agent: "a browser".into(),
        transports: Vec::new(),
        name: None,
    }
}

pub(super) fn web_authn(credential_id: &str) -> MfaVerification {
    MfaVerification::WebAuthn {
        id: "webauthn1".into(),
        created_at: START,
        last_used_at: None,
        passkey: passkey(credential_id),
    }
}

pub(super) fn backup(codes: &[&str]) -> MfaVerification {
    MfaVerification::BackupCode {
        id: "backup1".into(),
        created_at: START,
        last_used_at: None,
        codes: codes
            .iter()
            .map(|code| BackupCode {
                code: format!("sealed:{code}"),
                used_at: None,
            })
            .collect(),
    }
}

pub(super) fn code_at(seconds: i64) -> String {
    let totp = totp_for(&Secret::new(SECRET), "", "").unwrap();
    totp.generate(u64::try_from(seconds).unwrap()).to_string()
}

impl Page {
    pub(super) fn factors(&mut self, factors: &[MfaFactor], policy: MfaPolicy) {
        self.configure(|e| {
            e.mfa = Mfa {
                factors: factors.to_vec(),
                policy,
                organization_required_mfa_policy: None,
            };
        });
    }

    pub(super) fn gives(&mut self, mfa: MfaVerification) {
        self.change_user(ALICE, |user| user.mfa_verifications.push(mfa));
    }

    pub(super) fn app_code(&mut self, code: &str) -> Result<VerificationId, ApiError> {
        self.call(|cx, id| verify_totp(cx, id, code, None))
    }

    /// The code that the app shows so many steps from now.
    pub(super) fn app(&self, steps: i64) -> String {
        use crate::time::Clock as _;
        code_at(self.world.clock.now().seconds() + steps * 30)
    }

    pub(super) fn bind(&mut self, factor: MfaFactor, id: &VerificationId) -> Result<(), ApiError> {
        let binding = MfaBinding {
            factor,
            verification_id: id.0.clone(),
        };
        self.call(|cx, id| add_mfa_factor(cx, id, &binding))
    }

    /// A new app, proven.
    pub(super) fn new_app(&mut self) -> VerificationId {
        let new = self.call(|cx, id| start_totp(cx, id, HOST)).unwrap();
        let now = {
            use crate::time::Clock as _;
            self.world.clock.now().seconds()
        };
        let code = totp_for(&new.secret, "", "")
            .unwrap()
            .generate(u64::try_from(now).unwrap())
            .to_string();
        self.call(|cx, id| verify_totp(cx, id, &code, Some(new.verification_id.as_str())))
            .unwrap()
    }

    /// A new passkey, as the server would have found it good.
    pub(super) fn new_passkey(&mut self, credential_id: &str) -> Result<VerificationId, ApiError> {
        let (id, options) = self.call(|cx, id| start_registration(cx, id, HOST))?;
        let asked = self.call(|cx, interaction| registration_question(cx, interaction, id.as_str()))?;
        assert_eq!(options["challenge"], asked.challenge);
        self.call(|cx, interaction| record_registration(cx, interaction, id.as_str(), &asked, Ok(passkey(credential_id))))
    }
}

pub(super) fn mfa_needed() -> (u16, &'static str) {
    (403, "session.mfa.require_mfa_verification")
}

#[test]
fn whoever_has_a_factor_proves_it_before_anything_else() {
    let mut page = Page::alice_identified();
    page.gives(totp());
    // Switched off: nobody asks.
    page.submit().unwrap();
    let mut page = Page::alice_identified();
    page.gives(totp());
    page.factors(&[MfaFactor::Totp, MfaFactor::EmailVerificationCode], MfaPolicy::NoPrompt);
    // It comes before the mandatory profile.
    page.configure(|e| e.sign_up.identifiers.push(IdentifierKind::Phone));
    let refused = page.submit().unwrap_err();
    assert_eq!((refused.status, refused.code), mfa_needed());
    assert_eq!(
        refused.data.unwrap().as_ref(),
        &serde_json::json!({ "availableFactors": ["Totp", "EmailVerificationCode"], "maskedIdentifiers": { "EmailVerificationCode": "Alic****@Example.test" } })
    );
    // Neither a profile nor a factor is added before; nothing is skipped before.
    assert_eq!(code(page.add(ProfileUpdate::Username("other".into()))), mfa_needed());
    assert_eq!(
        code(page.call(|cx, id| profile_password_check(cx, id, &Secret::new("x")))),
        mfa_needed()
    );
    assert_eq!(code(page.call(skip_mfa)), mfa_needed());
    assert_eq!(code(page.call(enable_mfa)), mfa_needed());
    let new = page.call(generate_backup_codes).unwrap().0;
    assert_eq!(code(page.bind(MfaFactor::BackupCode, &new)), mfa_needed());
    let right = page.app(0);
    page.app_code(&right).unwrap();
    page.submit().unwrap();
    assert!(
        page.trail
            .because
            .iter()
            .any(|b| b.rule == "experience.second_factor" && b.outcome == Outcome::Passed)
    );
}

#[test]
fn an_apps_code_counts_once_and_one_step_either_side() {
    for (steps, accepted) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
        let mut page = Page::alice_identified();
        page.gives(totp());
        let typed = page.app(steps);
        assert_eq!(page.app_code(&typed).is_ok(), accepted, "{steps}");
    }
    let mut page = Page::alice_identified();
    page.gives(totp());
    let (before, now, next) = (page.app(-1), page.app(0), page.app(1));
    page.app_code(&now).unwrap();
    for used in [now, before] {
        assert_eq!(code(page.app_code(&used)), (400, "session.mfa.invalid_totp_code"));
    }
    page.app_code(&format!("{} {}", &next[..3], &next[3..])).unwrap();
    for odd in ["", "12345", "1234567", "１２３４５６", "abcdef", "-12345"] {
        assert_eq!(code(page.app_code(odd)), (400, "session.mfa.invalid_totp_code"));
    }
}

#[test]
fn failures_lock_one_factor_of_one_person_alone() {
    let mut page = Page::alice_identified();
    page.gives(totp());
    page.gives(backup(&["0123456789", "9876543210"]));
    page.factors(&[MfaFactor::Totp, MfaFactor::BackupCode], MfaPolicy::Mandatory);
    page.configure(|e| e.sentinel_policy.max_attempts = 3);
    for _ in 0..2 {
        assert_eq!(code(page.app_code("000000")), (400, "session.mfa.invalid_totp_code"));
    }
    let right = page.app(0);
    let locked = (400, "session.verification_blocked_too_many_attempts");
    assert_eq!(code(page.app_code("000000")), locked, "the failure that reaches the limit");
    assert_eq!(code(page.app_code(&right)), locked);
    // The password's pool and the backup codes' know nothing of it.
    page.put(InteractionEvent::SignIn).unwrap();
    let record = page.password(&username("alice"), "correct horse").unwrap();
    page.identify(Some(&record)).unwrap();
    page.call(|cx, id| verify_backup_code(cx, id, " 0123456789 ")).unwrap();
    page.submit().unwrap();
    page.world.clock.advance(3601);
    page.put(InteractionEvent::SignIn).unwrap_err();
}

#[test]
fn a_backup_code_works_once_and_the_last_one_too() {
    let mut page = Page::alice_identified();
    page.gives(totp());
    page.gives(backup(&["aaaaaaaaaa", "bbbbbbbbbb"]));
    page.factors(&[MfaFactor::Totp, MfaFactor::BackupCode], MfaPolicy::PromptAtSignInAndSignUp);
    let wrong = (400, "session.mfa.invalid_backup_code");
    assert_eq!(code(page.call(|cx, id| verify_backup_code(cx, id, "cccccccccc"))), wrong);
    page.call(|cx, id| verify_backup_code(cx, id, "AAAAAAAAAA")).unwrap();
    assert_eq!(code(page.call(|cx, id| verify_backup_code(cx, id, "aaaaaaaaaa"))), wrong);
    page.call(|cx, id| verify_backup_code(cx, id, "bbbbbbbbbb")).unwrap();
    // It was the last: the sign-in is verified, and new codes are asked for.
    let refused = page.submit().unwrap_err();
    assert_eq!((refused.status, refused.code), (422, "session.mfa.backup_code_required"));
    let (id, codes) = page.call(generate_backup_codes).unwrap();
    assert_eq!(codes.len(), 10);
    page.bind(MfaFactor::BackupCode, &id).unwrap();
    page.submit().unwrap();
    let own = page.user(ALICE).mfa_verifications;
    assert_eq!(own.len(), 2, "new codes replace the old ones");
    assert_eq!(own[1].view().remaining_codes, Some(10));
}

#[test]
fn new_factors_and_other_peoples_prove_nothing() {
    let mut page = Page::alice_identified();
    page.gives(totp());
    page.gives(web_authn("own"));
    page.factors(&MfaFactor::ALL, MfaPolicy::Mandatory);
    page.new_app();
    page.call(generate_backup_codes).unwrap();
    page.new_passkey("new").unwrap();
    assert_eq!(code(page.submit()), mfa_needed());
    // Records of another person, as a fault elsewhere might leave them.
    let mut state = page.state();
    for record in &mut state.result.verification_records {
        if let VerificationRecord::Totp { user_id, secret, .. } = record {
            *user_id = CAROL.into();
            *secret = None;
        }
    }
    page.world.put(&state);
    assert_eq!(code(page.submit()), mfa_needed());
    // A first-factor code to the same address is no second factor.
    page.prove(&email("alice@example.test"), InteractionEvent::SignIn);
    assert_eq!(code(page.submit()), mfa_needed());
    let sent = page
        .call(|cx, id| send_mfa_verification_code(cx, id, IdentifierKind::Email))
        .unwrap();
    page.newest.clone_from(&sent.message);
    assert_eq!(code(page.submit()), mfa_needed());
    let (typed, id) = (page.code_in_inbox(), sent.verification_id);
    assert_eq!(page.newest.as_ref().unwrap().template, crate::model::TemplateType::MfaVerification);
    page.call(|cx, interaction| verify_mfa_verification_code(cx, interaction, IdentifierKind::Email, id.as_str(), &typed))
        .unwrap();
    // The address changes meanwhile: what was proven is not theirs any more.
    page.change_user(ALICE, |user| user.primary_email = Some("new@example.test".into()));
    assert_eq!(code(page.submit()), mfa_needed());
    page.change_user(ALICE, |user| user.primary_email = Some("Alice@Example.test".into()));
    page.bind(MfaFactor::BackupCode, &page.record("BackupCode")).unwrap();
    page.submit().unwrap();
}

impl Page {
    fn record(&self, kind: &str) -> VerificationId {
        let records = self.state().result.verification_records;
        records.iter().find(|record| record.kind() == kind).unwrap().id().clone()
    }
}

#[test]
fn a_code_needs_an_address_of_ones_own_and_the_factor() {
    let mut page = Page::alice_identified();
    let off = (400, "session.mfa.mfa_factor_not_enabled");
    let send = |page: &mut Page, kind| page.call(move |cx, id| send_mfa_verification_code(cx, id, kind)).map(|_| ());
    assert_eq!(code(send(&mut page, IdentifierKind::Email)), off);
    page.factors(
        &[MfaFactor::EmailVerificationCode, MfaFactor::PhoneVerificationCode],
        MfaPolicy::NoPrompt,
    );
    page.change_user(ALICE, |user| user.primary_phone = None);
    assert_eq!(code(send(&mut page, IdentifierKind::Phone)), off);
    assert_eq!(code(send(&mut page, IdentifierKind::Username)), (400, "guard.invalid_input"));
    send(&mut page, IdentifierKind::Email).unwrap();
}

#[test]
fn changing_the_event_makes_nobody_new() {
    let mut page = Page::alice_identified();
    page.gives(totp());
    page.factors(&[MfaFactor::Totp], MfaPolicy::Mandatory);
    page.change(InteractionEvent::Register).unwrap();
    assert_eq!(code(page.submit()), mfa_needed());
    // Nor does making somebody up first.
    let mut page = Page::begun(InteractionEvent::SignIn);
    page.gives(totp());
    page.factors(&[MfaFactor::Totp], MfaPolicy::Mandatory);
    page.development(true);
    page.develop(&DevelopmentChoice::NewPerson).unwrap();
    page.change(InteractionEvent::SignIn).unwrap();
    let record = page.password(&username("alice"), "correct horse").unwrap();
    page.identify(Some(&record)).unwrap();
    page.change(InteractionEvent::Register).unwrap();
    assert_eq!(code(page.submit()), mfa_needed());
    // Whom a development record names is only exempt as themselves.
    assert_eq!(code(page.submit()), mfa_needed());
}

#[test]
fn development_sign_in_lets_everything_pass_and_says_so() {
    let mut page = Page::begun(InteractionEvent::SignIn);
    page.gives(totp());
    page.factors(&[MfaFactor::Totp, MfaFactor::BackupCode], MfaPolicy::Mandatory);
    page.configure(|e| e.passkey_sign_in.enabled = Some(true));
    page.development(true);
    let record = page.develop(&DevelopmentChoice::Person(ALICE.into())).unwrap();
    page.identify(Some(&record)).unwrap();
    page.submit().unwrap();
    let said: Vec<_> = page
        .trail
        .because
        .iter()
        .filter(|b| b.rule == "experience.second_factor")
        .map(|b| (b.outcome, b.title.to_string()))
        .collect();
    assert_eq!(
        said,
        [
            (Outcome::Decided, "The second factor was not asked for".to_owned()),
            (Outcome::Decided, "No passkey was offered".to_owned()),
            (Outcome::Decided, "No second factor was asked for".to_owned()),
        ]
    );
}

#[test]
fn a_forgotten_password_is_replaced_without_a_second_factor() {
    let mut page = Page::begun(InteractionEvent::ForgotPassword);
    page.configure(|e| e.forgot_password_methods = None);
    page.gives(totp());
    page.factors(&[MfaFactor::Totp], MfaPolicy::Mandatory);
    let record = page.prove(&email("alice@example.test"), InteractionEvent::ForgotPassword);
    page.identify(Some(&record)).unwrap();
    let not_here = (400, "session.not_supported_for_forgot_password");
    assert_eq!(code(page.call(skip_mfa)), not_here);
    let new = page.new_app();
    assert_eq!(code(page.bind(MfaFactor::Totp, &new)), not_here);
    page.reset("tangerine-kite9").unwrap();
    page.submit().unwrap();
    assert!(page.state().result.login.is_none(), "nobody is signed in by it");
}

#[test]
fn a_person_switches_the_question_off_unless_the_policy_is_mandatory() {
    for (policy, asked) in [
        (MfaPolicy::NoPrompt, false),
        (MfaPolicy::PromptOnlyAtSignIn, false),
        (MfaPolicy::Mandatory, true),
    ] {
        let mut page = Page::alice_identified();
        page.gives(totp());
        page.change_user(ALICE, |user| user.logto_config.mfa.skip_mfa_on_sign_in = Some(true));
        page.factors(&[MfaFactor::Totp], policy);
        assert_eq!(page.submit().is_err(), asked, "{policy:?}");
    }
}

#[test]
fn a_passkey_signs_in_where_that_is_on() {
    let mut page = Page::begun(InteractionEvent::SignIn);
    page.gives(web_authn("own"));
    page.gives(totp());
    page.factors(&[MfaFactor::Totp], MfaPolicy::Mandatory);
    let start = |page: &mut Page| {
        page.call(|cx, id| start_passkey_sign_in(cx, id, &username("alice"), HOST))
            .map(|(id, _)| id)
    };
    let finish = |page: &mut Page, id: &VerificationId, handle: Option<&str>| {
        let question = page.call(|cx, i| passkey_question(cx, i, Some(id.as_str()), HOST, "own", handle))?;
        page.call(|cx, i| record_passkey_result(cx, i, Some(id.as_str()), &question, Ok(4)))
    };
    let id = start(&mut page).unwrap();
    assert_eq!(code(page.identify(Some(&id))), (422, "user.sign_in_method_not_enabled"));
    page.configure(|e| e.passkey_sign_in.enabled = Some(true));
    assert_eq!(code(page.identify(Some(&id))), (400, "session.verification_failed"));
    let failed = (400, "session.mfa.webauthn_verification_failed");
    assert_eq!(code(finish(&mut page, &id, Some("Ym9i"))), failed, "another person's handle");
    finish(&mut page, &id, None).unwrap();
    page.identify(Some(&id)).unwrap();
    page.submit().unwrap();
    assert!(page.trail.because.iter().any(|b| b.detail.contains("two factors in one")));
    // The counter went on and must go on again.
    page.put(InteractionEvent::SignIn).unwrap();
    let id = start(&mut page).unwrap();
    assert_eq!(code(finish(&mut page, &id, None)), failed);
    // A suspended person, an unknown one, one without a passkey here.
    page.change_user(ALICE, |u| u.is_suspended = true);
    let question = page
        .call(|cx, i| passkey_question(cx, i, Some(id.as_str()), HOST, "own", None))
        .unwrap();
    let outcome = page.call(|cx, i| record_passkey_result(cx, i, Some(id.as_str()), &question, Ok(9)));
    assert_eq!(code(outcome), (401, "user.suspended"));
    let gone = (404, "session.mfa.webauthn_verification_not_found");
    for name in ["carol", "nobody"] {
        assert_eq!(code(page.call(|cx, i| start_passkey_sign_in(cx, i, &username(name), HOST))), gone);
    }
    // It registers nobody.
    page.change(InteractionEvent::Register).unwrap();
    assert_eq!(code(page.identify(Some(&id))), (400, "session.verification_failed"));
}

#[test]
fn a_ceremony_is_answered_once_and_by_what_was_asked() {
    let mut page = Page::alice_identified();
    page.gives(web_authn("own"));
    page.factors(&[MfaFactor::WebAuthn], MfaPolicy::Mandatory);
    let (id, options) = page.call(|cx, i| start_authentication(cx, i, HOST)).unwrap();
    assert_eq!(options["allowCredentials"][0]["id"], "own");
    assert_eq!(
        code(page.call(|cx, i| start_authentication(cx, i, "127.0.0.1"))),
        (400, "session.mfa.webauthn_verification_not_found")
    );
    let pending = (400, "session.mfa.pending_info_not_found");
    assert_eq!(code(page.call(|cx, i| registration_question(cx, i, id.as_str()))), pending);
    let mut question = page.call(|cx, i| authentication_question(cx, i, id.as_str(), "own")).unwrap();
    let right = question.challenge.clone();
    question.challenge = Challenge {
        challenge: "other".into(),
        ..right.clone()
    };
    let failed = (400, "session.mfa.webauthn_verification_failed");
    assert_eq!(
        code(page.call(|cx, i| record_authentication(cx, i, id.as_str(), &question, Ok(9)))),
        failed
    );
    question.challenge = right;
    let bad = Err("the signature is not this credential's".to_owned());
    assert_eq!(
        code(page.call(|cx, i| record_authentication(cx, i, id.as_str(), &question, bad))),
        failed
    );
    assert_eq!(
        code(page.call(|cx, i| record_authentication(cx, i, id.as_str(), &question, Ok(3)))),
        failed
    );
    assert_eq!(code(page.submit()), mfa_needed());
    page.call(|cx, i| record_authentication(cx, i, id.as_str(), &question, Ok(4)))
        .unwrap();
    assert_eq!(
        code(page.call(|cx, i| record_authentication(cx, i, id.as_str(), &question, Ok(5)))),
        pending
    );
    page.submit().unwrap();
}

#[test]
fn adding_a_factor_does_not_forget_what_was_proven() {
    let mut page = Page::alice_identified();
    page.gives(web_authn("own"));
    page.factors(&[MfaFactor::WebAuthn], MfaPolicy::Mandatory);
    let (id, _) = page.call(|cx, i| start_authentication(cx, i, HOST)).unwrap();
    let question = page.call(|cx, i| authentication_question(cx, i, id.as_str(), "own")).unwrap();
    page.call(|cx, i| record_authentication(cx, i, id.as_str(), &question, Ok(4)))
        .unwrap();
    // One record per type: the new passkey's takes the place of the one that proved something.
    let new = page.new_passkey("second").unwrap();
    page.bind(MfaFactor::WebAuthn, &new).unwrap();
    page.submit().unwrap();
    assert_eq!(page.user(ALICE).mfa_verifications.len(), 2);
    // It is forgotten with everything else.
    page.put(InteractionEvent::SignIn).unwrap();
    let record = page.password(&username("alice"), "correct horse").unwrap();
    page.identify(Some(&record)).unwrap();
    assert_eq!(code(page.submit()), mfa_needed());
}
