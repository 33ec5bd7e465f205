//! Second factors: binding them, declining them, and what submission asks for.

use super::second_factor::{HOST, backup, totp, web_authn};
use super::*;
use crate::model::{LogtoConfig, Mfa, MfaFactor, MfaPolicy, MfaVerification, SecondaryIdentifier, SignUpIdentifier, UserMfaData};
use crate::record::PendingMfa;

#[test]
fn one_app_each_and_a_passkey_is_one_persons() {
    let mut page = Page::alice_identified();
    page.factors(&[MfaFactor::Totp, MfaFactor::WebAuthn], MfaPolicy::Mandatory);
    let new = page.call(|cx, id| start_totp(cx, id, HOST)).unwrap();
    assert_eq!(
        code(page.bind(MfaFactor::Totp, &new.verification_id)),
        (400, "session.verification_failed")
    );
    let app = page.new_app();
    assert_eq!(
        code(page.bind(MfaFactor::WebAuthn, &app)),
        (404, "session.verification_session_not_found")
    );
    assert_eq!(
        code(page.bind(MfaFactor::BackupCode, &app)),
        (400, "session.mfa.mfa_factor_not_enabled")
    );
    page.bind(MfaFactor::Totp, &app).unwrap();
    // Another tab was faster.
    page.gives(totp());
    let step = page.app(0);
    page.app_code(&step).unwrap();
    assert_eq!(code(page.submit()), (422, "user.totp_already_in_use"));
    page.change_user(CAROL, |user| user.mfa_verifications.push(web_authn("carols")));
    let taken = (400, "session.mfa.webauthn_verification_failed");
    assert_eq!(code(page.new_passkey("carols").map(|_| ())), taken);
    let free = page.new_passkey("free").unwrap();
    page.bind(MfaFactor::WebAuthn, &free).unwrap();
    page.change_user(CAROL, |user| user.mfa_verifications.push(web_authn("free")));
    page.configure(|e| e.mfa.factors = vec![MfaFactor::WebAuthn]);
    let mut state = page.state();
    state.result.mfa.totp = None;
    page.world.put(&state);
    assert_eq!(code(page.submit()), taken);
}

#[test]
fn what_was_bound_reaches_the_account_only_at_submission() {
    let mut page = Page::alice_identified();
    page.factors(
        &[MfaFactor::Totp, MfaFactor::WebAuthn, MfaFactor::BackupCode],
        MfaPolicy::UserControlled,
    );
    assert_eq!(code(page.submit()), (422, "user.suggest_mfa"));
    page.call(enable_mfa).unwrap();
    let refused = page.submit().unwrap_err();
    assert_eq!(refused.code, "user.missing_mfa");
    assert_eq!(
        refused.data.unwrap().as_ref(),
        &serde_json::json!({ "availableFactors": ["WebAuthn", "Totp"], "skippable": true })
    );
    let app = page.new_app();
    page.bind(MfaFactor::Totp, &app).unwrap();
    assert_eq!(code(page.submit()), (422, "session.mfa.backup_code_required"));
    let (id, codes) = page.call(generate_backup_codes).unwrap();
    page.bind(MfaFactor::BackupCode, &id).unwrap();
    let passkey = page.new_passkey("new").unwrap();
    page.bind(MfaFactor::WebAuthn, &passkey).unwrap();
    assert!(page.user(ALICE).mfa_verifications.is_empty());
    let shown = page.call(get_interaction).unwrap();
    assert_eq!(shown["mfa"]["totp"], serde_json::json!({ "type": "Totp" }));
    assert_eq!(shown["mfa"]["backupCode"], serde_json::json!({ "type": "BackupCode" }));
    assert_eq!(shown["mfa"]["webAuthn"][0]["credentialId"], "new");
    assert!(codes.iter().all(|code| !shown.to_string().contains(code)));
    page.submit().unwrap();
    let alice = page.user(ALICE);
    let kinds: Vec<_> = alice.mfa_verifications.iter().map(MfaVerification::factor).collect();
    assert_eq!(kinds, [MfaFactor::Totp, MfaFactor::WebAuthn, MfaFactor::BackupCode]);
    assert_eq!(alice.logto_config.mfa.enabled, Some(true));
    assert!(page.state().result.mfa.is_empty());
    let holder = page
        .world
        .read(|cx| cx.find::<User>(&crate::model::credential_index(HOST, "new")).unwrap())
        .0;
    assert_eq!(holder.unwrap().id.as_str(), ALICE);
}

#[test]
fn declining_is_remembered_and_impossible_where_it_is_mandatory() {
    let mut page = Page::alice_identified();
    page.factors(&[MfaFactor::Totp], MfaPolicy::PromptAtSignInAndSignUp);
    page.configure(|e| e.passkey_sign_in.enabled = Some(true));
    assert_eq!(code(page.submit()), (422, "user.passkey_preferred"));
    page.call(skip_passkey).unwrap();
    assert_eq!(code(page.submit()), (422, "user.suggest_mfa"));
    page.call(skip_mfa).unwrap();
    page.submit().unwrap();
    let config = page.user(ALICE).logto_config;
    assert_eq!((config.mfa.skipped, config.passkey_sign_in.skipped), (Some(true), Some(true)));
    // The next sign-in asks nothing.
    page.put(InteractionEvent::SignIn).unwrap();
    let record = page.password(&username("alice"), "correct horse").unwrap();
    page.identify(Some(&record)).unwrap();
    page.submit().unwrap();
    page.put(InteractionEvent::SignIn).unwrap();
    let record = page.password(&username("alice"), "correct horse").unwrap();
    page.identify(Some(&record)).unwrap();
    for policy in [
        MfaPolicy::Mandatory,
        MfaPolicy::PromptOnlyAtSignInMandatory,
        MfaPolicy::PromptAtSignInAndSignUpMandatory,
    ] {
        page.factors(&[MfaFactor::Totp], policy);
        assert_eq!(code(page.call(skip_mfa)), (422, "session.mfa.mfa_policy_not_user_controlled"));
        assert_eq!(code(page.submit()), (422, "user.missing_mfa"));
    }
}

/// Sheet 4.6: every policy, at sign-in and at sign-up, with and without a factor, declined or not.
#[test]
fn the_policy_table() {
    use MfaPolicy::*;
    // What is asked of somebody without a factor: at sign-in, at sign-up; and once they declined.
    let suggest = || Err(Demand::Suggest);
    let missing = || {
        Err(Demand::Missing {
            available: vec![MfaFactor::Totp],
            skippable: false,
        })
    };
    let none = || Ok(false);
    let rows = [
        (UserControlled, suggest(), suggest(), none()),
        (PromptAtSignInAndSignUp, suggest(), suggest(), none()),
        (PromptOnlyAtSignIn, suggest(), none(), none()),
        (NoPrompt, none(), none(), none()),
        (Mandatory, missing(), missing(), missing()),
        (PromptAtSignInAndSignUpMandatory, missing(), missing(), missing()),
        (PromptOnlyAtSignInMandatory, missing(), none(), missing()),
    ];
    for (policy, sign_in, sign_up, declined) in rows {
        let mut experience = SignInExperience {
            mfa: Mfa {
                factors: vec![MfaFactor::Totp],
                policy,
                organization_required_mfa_policy: None,
            },
            ..SignInExperience::default()
        };
        let bare = person(ALICE, "Alice");
        let with_factor = User {
            mfa_verifications: vec![totp()],
            ..bare.clone()
        };
        let remembers = User {
            logto_config: LogtoConfig {
                mfa: UserMfaData {
                    skipped: Some(true),
                    ..UserMfaData::default()
                },
                ..LogtoConfig::default()
            },
            ..bare.clone()
        };
        let result = |event, registered, mfa| InteractionResult {
            interaction_event: Some(event),
            registered,
            mfa,
            ..InteractionResult::default()
        };
        let signing_in = result(InteractionEvent::SignIn, false, PendingMfa::default());
        let signing_up = result(InteractionEvent::Register, true, PendingMfa::default());
        assert_eq!(demand(&experience, &bare, &signing_in, false), sign_in, "{policy:?} at sign-in");
        assert_eq!(demand(&experience, &bare, &signing_up, false), sign_up, "{policy:?} at sign-up");
        let switched = result(InteractionEvent::Register, false, PendingMfa::default());
        assert_eq!(
            demand(&experience, &bare, &switched, false),
            sign_in,
            "{policy:?} with a changed event"
        );
        let skipped = PendingMfa {
            mfa_skipped: true,
            ..PendingMfa::default()
        };
        let skipping = result(InteractionEvent::SignIn, false, skipped);
        assert_eq!(demand(&experience, &bare, &skipping, false), declined, "{policy:?} declined now");
        assert_eq!(
            demand(&experience, &remembers, &signing_in, false),
            declined,
            "{policy:?} declined before"
        );
        for asked in [&signing_in, &signing_up, &skipping] {
            assert!(demand(&experience, &with_factor, asked, false).is_ok(), "{policy:?} with a factor");
        }
        // Turned on, but none bound: the question is which.
        let turned_on = PendingMfa {
            mfa_enabled: true,
            ..PendingMfa::default()
        };
        let enabled = demand(&experience, &bare, &result(InteractionEvent::SignIn, false, turned_on), false);
        match sign_in {
            Err(Demand::Suggest) => assert_eq!(
                enabled,
                Err(Demand::Missing {
                    available: vec![MfaFactor::Totp],
                    skippable: true
                })
            ),
            other => assert_eq!(enabled, other),
        }
        // What an organization will mean, once there are any.
        assert_eq!(
            demand(&experience, &remembers, &signing_in, true),
            missing(),
            "{policy:?} for a member"
        );
        experience.mfa.factors.clear();
        assert_eq!(demand(&experience, &bare, &signing_in, true), Ok(false), "no factor to have");
    }
}

#[test]
fn another_factor_is_suggested_where_all_also_sign_in() {
    let mut experience = SignInExperience {
        mfa: Mfa {
            factors: vec![MfaFactor::Totp, MfaFactor::EmailVerificationCode],
            policy: MfaPolicy::Mandatory,
            organization_required_mfa_policy: None,
        },
        ..SignInExperience::default()
    };
    let user = User {
        primary_email: Some("alice@example.test".into()),
        ..person(ALICE, "Alice")
    };
    let mut result = InteractionResult {
        interaction_event: Some(InteractionEvent::SignIn),
        ..InteractionResult::default()
    };
    // The address is a factor alone: people don't register with it.
    assert_eq!(demand(&experience, &user, &result, false), Ok(false));
    experience.sign_up.secondary_identifiers = vec![SecondaryIdentifier {
        identifier: SignUpIdentifier::EmailOrPhone,
        verify: Some(true),
    }];
    let suggested = Err(Demand::SuggestAnother {
        available: vec![MfaFactor::Totp, MfaFactor::EmailVerificationCode],
        passkey_signs_in: false,
    });
    assert_eq!(demand(&experience, &user, &result, false), suggested);
    let strong = User {
        mfa_verifications: vec![totp()],
        ..user.clone()
    };
    assert_eq!(demand(&experience, &strong, &result, false), Ok(false));
    result.mfa.additional_binding_suggestion_skipped = true;
    assert_eq!(demand(&experience, &user, &result, false), Ok(false));
    result.mfa = PendingMfa::default();
    let declined = User {
        logto_config: LogtoConfig {
            mfa: UserMfaData {
                additional_binding_suggestion_skipped: Some(true),
                ..UserMfaData::default()
            },
            ..LogtoConfig::default()
        },
        ..user
    };
    assert_eq!(demand(&experience, &declined, &result, false), Ok(false));
}

#[test]
fn people_stored_before_there_were_second_factors_read_as_before() {
    let alice = person(ALICE, "Alice");
    let json = serde_json::to_value(&alice).unwrap();
    assert!(json.get("mfaVerifications").is_none() && json.get("logtoConfig").is_none());
    let full = User {
        mfa_verifications: vec![totp(), web_authn("own"), backup(&["0123456789"])],
        ..alice
    };
    let json = serde_json::to_value(&full).unwrap();
    assert_eq!(json["mfaVerifications"][1]["type"], "WebAuthn");
    assert_eq!(json["mfaVerifications"][1]["credentialId"], "own");
    let back: User = serde_json::from_value(json).unwrap();
    assert_eq!(back.mfa_verifications, full.mfa_verifications);
    for mfa in &full.mfa_verifications {
        let view = serde_json::to_string(&mfa.view()).unwrap();
        assert!(!view.contains("sealed") && !view.contains("publicKey"), "{view}");
    }
}
