//! Rules of the sign-in experience, each with Logto's code (sheet 5.2).

use super::super::*;
use crate::model::SignInExperience;
use serde_json::{Value, json};

/// Field and code of every problem of a row.
fn says(row: &Value) -> Vec<(String, String)> {
    told(check_sign_in_experience(&parsed(row)))
}

fn parsed(row: &Value) -> SignInExperience {
    serde_json::from_value(row.clone()).unwrap_or_else(|error| panic!("{row}: {error}"))
}

fn told(problems: Vec<Problem>) -> Vec<(String, String)> {
    for problem in &problems {
        assert!(problem.message.ends_with('.'), "{}", problem.message);
    }
    problems.into_iter().map(|p| (p.field, p.code.to_owned())).collect()
}

/// Each row, and the field and code of each of its problems; `sign_in_experiences.` is left out of codes.
fn table(rows: &[(Value, &[(&str, &str)])]) {
    for (row, expected) in rows {
        let expected: Vec<(String, String)> = expected
            .iter()
            .map(|(field, code)| {
                let code = if code.contains('.') {
                    (*code).to_owned()
                } else {
                    format!("sign_in_experiences.{code}")
                };
                ((*field).to_owned(), code)
            })
            .collect();
        assert_eq!(says(row), expected, "{row}");
    }
}

const INPUT: &str = "guard.invalid_input";

#[test]
fn sign_up_and_sign_in_fit_together() {
    let methods = json!({"methods": [
        {"identifier": "username", "password": true},
        {"identifier": "email", "password": true, "verificationCode": true},
        {"identifier": "phone", "password": true, "verificationCode": true},
    ]});
    table(&[
        (
            json!({"signUp": {"identifiers": ["username"], "password": false}}),
            &[("signUp.password", "username_requires_password")],
        ),
        (
            json!({"signUp": {"identifiers": ["email"], "password": true}}),
            &[("signUp.verify", "passwordless_requires_verify")],
        ),
        (
            json!({"signUp": {"identifiers": ["email"], "password": false, "verify": true}}),
            &[("signUp.identifiers.0", "code_sign_in_must_be_enabled")],
        ),
        (
            json!({"signUp": {"identifiers": ["email"], "password": false, "verify": true}, "signIn": methods}),
            &[],
        ),
        (
            json!({"signUp": {"identifiers": ["username", "username"], "password": true}}),
            &[("signUp.identifiers.1", "duplicated_sign_up_identifiers")],
        ),
        (
            json!({"signIn": {"methods": [{"identifier": "email", "password": true}]}}),
            &[("signUp.identifiers.0", "miss_sign_up_identifier_in_sign_in")],
        ),
        (
            json!({"signIn": {"methods": [{"identifier": "username", "password": false}, {"identifier": "username", "password": true}]}}),
            &[
                ("signIn.methods.0", "at_least_one_authentication_factor"),
                ("signIn.methods.1", INPUT),
                ("signUp.identifiers.0", "password_sign_in_must_be_enabled"),
            ],
        ),
        (
            json!({"signIn": {"methods": [{"identifier": "username", "password": true, "verificationCode": true}]}}),
            &[("signIn.methods.0.verificationCode", INPUT)],
        ),
        // Social sign-in alone asks for nothing.
        (json!({"signUp": {"identifiers": [], "password": false}}), &[]),
    ]);
}

#[test]
fn secondary_identifiers() {
    let row = |identifiers: Value, secondary: Value| json!({"signUp": {"identifiers": identifiers, "password": true, "verify": true, "secondaryIdentifiers": secondary}});
    table(&[
        (
            row(json!([]), json!([{"identifier": "email", "verify": true}])),
            &[("signUp.identifiers", "missing_sign_up_identifiers")],
        ),
        (
            row(
                json!(["username"]),
                json!([{"identifier": "email", "verify": true}, {"identifier": "phone", "verify": true}]),
            ),
            &[],
        ),
        (
            row(json!(["username"]), json!([{"identifier": "emailOrPhone", "verify": true}])),
            &[],
        ),
        (
            row(json!(["username"]), json!([{"identifier": "username"}])),
            &[("signUp.secondaryIdentifiers.0", "duplicated_sign_up_identifiers")],
        ),
        (
            row(json!(["phone"]), json!([{"identifier": "emailOrPhone", "verify": true}])),
            &[("signUp.secondaryIdentifiers.0", "duplicated_sign_up_identifiers")],
        ),
        (
            row(
                json!(["username"]),
                json!([{"identifier": "emailOrPhone", "verify": true}, {"identifier": "email", "verify": true}]),
            ),
            &[("signUp.secondaryIdentifiers.1", "duplicated_sign_up_identifiers")],
        ),
        (
            row(json!(["username"]), json!([{"identifier": "email"}])),
            &[("signUp.secondaryIdentifiers.0.verify", "passwordless_requires_verify")],
        ),
        (
            json!({"signUp": {"identifiers": ["username"], "password": true, "verify": false, "secondaryIdentifiers": [{"identifier": "phone", "verify": true}]}}),
            &[("signUp.verify", "passwordless_requires_verify")],
        ),
        (
            json!({
                "signUp": {"identifiers": ["email"], "password": false, "verify": true, "secondaryIdentifiers": [{"identifier": "username"}]},
                "signIn": {"methods": [{"identifier": "email", "password": false, "verificationCode": true}]}
            }),
            &[("signUp.password", "username_requires_password")],
        ),
    ]);
}

#[test]
fn second_factors() {
    let code_for_email = json!({"methods": [{"identifier": "username", "password": true}, {"identifier": "email", "password": true, "verificationCode": true}]});
    table(&[
        (json!({"mfa": {"factors": ["Totp", "WebAuthn", "BackupCode"]}}), &[]),
        (
            json!({"mfa": {"factors": ["BackupCode"]}}),
            &[("mfa.factors.0", "backup_code_cannot_be_enabled_alone")],
        ),
        (
            json!({"mfa": {"factors": ["Totp", "Totp"]}}),
            &[("mfa.factors.1", "duplicated_mfa_factors")],
        ),
        (
            json!({"mfa": {"factors": ["Totp", "EmailVerificationCode"]}, "signIn": code_for_email}),
            &[
                ("mfa.factors.1", "email_verification_code_cannot_be_used_for_mfa"),
                (
                    "signIn.methods.1.verificationCode",
                    "email_verification_code_cannot_be_used_for_sign_in",
                ),
            ],
        ),
        (
            json!({"mfa": {"factors": ["PhoneVerificationCode"]}, "signIn": code_for_email}),
            &[],
        ),
        (
            json!({"adaptiveMfa": {"enabled": true}}),
            &[("adaptiveMfa.enabled", "adaptive_mfa_requires_mfa")],
        ),
        (
            json!({"adaptiveMfa": {"enabled": true}, "mfa": {"factors": ["Totp"], "policy": "Mandatory"}}),
            &[("mfa.policy", "adaptive_mfa_requires_non_skippable_policy")],
        ),
        (
            json!({"adaptiveMfa": {"enabled": true}, "mfa": {"factors": ["Totp"], "policy": "PromptOnlyAtSignInMandatory"}}),
            &[],
        ),
        (
            json!({"mfa": {"factors": ["Totp"], "policy": "PromptAtSignInAndSignUpMandatory"}}),
            &[("mfa.policy", "non_adaptive_mfa_requires_skippable_policy")],
        ),
        (json!({"mfa": {"factors": ["Totp"], "policy": "Mandatory"}}), &[]),
        (
            json!({"trustedDevice": {"durationDays": 366}}),
            &[("trustedDevice.durationDays", INPUT)],
        ),
    ]);
}

#[test]
fn passwords_usernames_and_codes() {
    table(&[
        (
            json!({"passwordPolicy": {"length": {"min": 9, "max": 8}, "characterTypes": {"min": 5}, "rejects": {"words": ["a", " "]}}}),
            &[
                ("passwordPolicy.length", INPUT),
                ("passwordPolicy.characterTypes.min", INPUT),
                ("passwordPolicy.rejects.words.1", INPUT),
            ],
        ),
        (
            json!({"passwordExpiration": {"enabled": true, "validPeriodDays": 0}}),
            &[
                ("passwordExpiration.enabled", "password_expiration_requires_forgot_password"),
                ("passwordExpiration.validPeriodDays", "password_expiration_invalid_period_days"),
            ],
        ),
        (
            json!({"passwordExpiration": {"enabled": true, "validPeriodDays": 90}, "forgotPasswordMethods": ["EmailVerificationCode"]}),
            &[],
        ),
        (
            json!({"passwordExpiration": {"enabled": true, "validPeriodDays": 90}, "forgotPasswordMethods": null}),
            &[],
        ),
        (json!({"passwordExpiration": {"enabled": false, "validPeriodDays": 0}}), &[]),
        (
            json!({"forgotPasswordMethods": ["PhoneVerificationCode", "PhoneVerificationCode"]}),
            &[("forgotPasswordMethods.1", INPUT)],
        ),
        (
            json!({"usernamePolicy": {"minLength": 0, "maxLength": 129}}),
            &[("usernamePolicy.minLength", INPUT), ("usernamePolicy.maxLength", INPUT)],
        ),
        (
            json!({"usernamePolicy": {"minLength": 9, "maxLength": 8}}),
            &[("usernamePolicy.minLength", INPUT)],
        ),
        (
            json!({"usernamePolicy": {"allowedChars": {"lowercase": false, "uppercase": false, "underscore": false}}}),
            &[("usernamePolicy.allowedChars", INPUT)],
        ),
        (
            json!({"verificationCodePolicy": {"expirationDuration": 59, "maxRetryAttempts": 0}}),
            &[
                ("verificationCodePolicy.expirationDuration", INPUT),
                ("verificationCodePolicy.maxRetryAttempts", INPUT),
            ],
        ),
        (
            json!({"verificationCodePolicy": {"expirationDuration": 3600, "maxRetryAttempts": 100}}),
            &[],
        ),
        (
            json!({"sentinelPolicy": {"maxAttempts": 0, "lockoutDuration": 0}}),
            &[("sentinelPolicy.maxAttempts", INPUT), ("sentinelPolicy.lockoutDuration", INPUT)],
        ),
    ]);
}

#[test]
fn lists_languages_and_texts() {
    let block = "invalid_custom_email_blocklist_format";
    table(&[
        (
            json!({"emailBlocklistPolicy": {"customBlocklist": ["mallory@example.test", "@example.test", "example.test", "@", "a@b", "@a@b.test"]}}),
            &[
                ("emailBlocklistPolicy.customBlocklist.2", block),
                ("emailBlocklistPolicy.customBlocklist.3", block),
                ("emailBlocklistPolicy.customBlocklist.4", block),
                ("emailBlocklistPolicy.customBlocklist.5", block),
            ],
        ),
        (
            json!({"emailBlocklistPolicy": {"customAllowlist": ["x"]}}),
            &[("emailBlocklistPolicy.customAllowlist.0", block)],
        ),
        (json!({"languageInfo": {"autoDetect": true, "fallbackLanguage": "pt-BR"}}), &[]),
        (
            json!({"languageInfo": {"autoDetect": true, "fallbackLanguage": "e"}}),
            &[("languageInfo.fallbackLanguage", "unsupported_default_language")],
        ),
        (
            json!({"customContent": {"/sign-in": "<p>Hello</p>", "register": "", "/a b": "", "/x?y": ""}}),
            &[
                ("customContent./a b", INPUT),
                ("customContent./x?y", INPUT),
                ("customContent.register", INPUT),
            ],
        ),
        (
            json!({"customContent": {"/sign-in": "x".repeat(MAX_CUSTOM_CONTENT + 1)}, "customCss": "x".repeat(MAX_CUSTOM_CSS + 1)}),
            &[("customCss", INPUT), ("customContent./sign-in", INPUT)],
        ),
        (
            json!({"customContent": {"/sign-in": "x".repeat(MAX_CUSTOM_CONTENT)}, "customCss": "x".repeat(MAX_CUSTOM_CSS)}),
            &[],
        ),
        (
            json!({"signUpProfileFields": [{"name": "nickname"}, {"name": ""}, {"name": "nickname"}]}),
            &[("signUpProfileFields.1.name", INPUT), ("signUpProfileFields.2.name", INPUT)],
        ),
    ]);
}

#[test]
fn what_can_not_be_delivered_can_not_be_asked_for() {
    let row = parsed(&json!({
        "signIn": {"methods": [
            {"identifier": "email", "password": true, "verificationCode": true},
            {"identifier": "phone", "password": true, "verificationCode": true},
        ]},
        "signUp": {"identifiers": ["email"], "password": true, "verify": true, "secondaryIdentifiers": [{"identifier": "phone", "verify": true}]},
        "forgotPasswordMethods": ["EmailVerificationCode", "PhoneVerificationCode"],
    }));
    assert_eq!(check_sign_in_experience(&row), []);
    let no_mail = Deliverable { email: false, sms: true };
    assert_eq!(
        told(check_sign_in_experience_with(&row, no_mail)),
        [
            ("signIn.methods.0.verificationCode", "enabled_connector_not_found"),
            ("signUp.identifiers.0", "enabled_connector_not_found"),
            ("forgotPasswordMethods.0", "forgot_password_method_requires_connector"),
        ]
        .map(|(field, code)| (field.to_owned(), format!("sign_in_experiences.{code}")))
    );
    let no_sms = Deliverable { email: true, sms: false };
    assert_eq!(
        told(check_sign_in_experience_with(&row, no_sms)),
        [
            ("signIn.methods.1.verificationCode", "enabled_connector_not_found"),
            ("signUp.secondaryIdentifiers.0", "enabled_connector_not_found"),
            ("forgotPasswordMethods.1", "forgot_password_method_requires_connector"),
        ]
        .map(|(field, code)| (field.to_owned(), format!("sign_in_experiences.{code}")))
    );
}
