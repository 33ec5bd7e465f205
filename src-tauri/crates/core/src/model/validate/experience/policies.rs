//! Policies of passwords, usernames, codes, second factors and the block list (sheet 4.6 to 4.8 and 5.2).

use super::super::{Report, check_email};
use super::Deliverable;
use crate::model::{
    EmailBlocklistPolicy, ForgotPasswordMethod, MfaFactor, MfaPolicy, SignInExperience, SignUpProfileField, UsernamePolicy,
};
use crate::record::IdentifierKind;
use std::collections::BTreeSet;

/// Most entries of a list of the block list policy. Ours: each is looked through at every registration.
const MAX_LISTED: usize = 1000;
/// Longest password that a policy may ask for.
const MAX_PASSWORD: u32 = 1024;
/// Most words that a password may not be.
const MAX_WORDS: usize = 1000;
/// Longest life of a password, in **days**: a hundred years.
const MAX_PASSWORD_DAYS: u32 = 36_500;
/// Longest username (sheet 7.1).
const MAX_USERNAME: u32 = 128;

pub(super) fn check_passwords(report: &mut Report, row: &SignInExperience, delivery: Deliverable) {
    let policy = &row.password_policy;
    if policy.length.min < 1 || policy.length.min > policy.length.max {
        report.add(
            "passwordPolicy.length",
            "The shortest password must have at least 1 character and not more than the longest.",
        );
    }
    if policy.length.max > MAX_PASSWORD {
        report.add("passwordPolicy.length.max", format!("Must be {MAX_PASSWORD} at most."));
    }
    if !(1..=4).contains(&policy.character_types.min) {
        report.add(
            "passwordPolicy.characterTypes.min",
            "Must be 1 to 4: lowercase, uppercase, digits and symbols.",
        );
    }
    if policy.rejects.words.len() > MAX_WORDS {
        report.add(
            "passwordPolicy.rejects.words",
            format!("Has more than {MAX_WORDS} words. Remove some."),
        );
    }
    for (index, word) in policy.rejects.words.iter().enumerate() {
        if word.trim().is_empty() {
            report.add(
                format!("passwordPolicy.rejects.words.{index}"),
                "Is empty. Remove it, or give a word that passwords may not be.",
            );
        }
    }
    check_forgotten(report, row.forgot_password_methods.as_deref(), delivery);
    let expiration = row.password_expiration;
    if !expiration.enabled.unwrap_or_default() {
        return;
    }
    if row.forgot_password_methods.as_ref().is_some_and(Vec::is_empty) {
        report.coded(
            "sign_in_experiences.password_expiration_requires_forgot_password",
            "passwordExpiration.enabled",
            "Nobody could get in again once the password has ended. Name a way in forgotPasswordMethods, or set enabled to false.",
        );
    }
    if !(1..=MAX_PASSWORD_DAYS).contains(&expiration.valid_period_days.unwrap_or_default()) {
        report.coded(
            "sign_in_experiences.password_expiration_invalid_period_days",
            "passwordExpiration.validPeriodDays",
            format!("Must be 1 to {MAX_PASSWORD_DAYS} days when passwords end."),
        );
    }
}

fn check_forgotten(report: &mut Report, methods: Option<&[ForgotPasswordMethod]>, delivery: Deliverable) {
    for (index, method) in methods.into_iter().flatten().enumerate() {
        let field = format!("forgotPasswordMethods.{index}");
        if methods.is_some_and(|all| all[..index].contains(method)) {
            report.add(&field, "Is listed twice. Remove one.");
        }
        let (works, what) = match method {
            ForgotPasswordMethod::EmailVerificationCode => (delivery.email, "e-mail"),
            ForgotPasswordMethod::PhoneVerificationCode => (delivery.sms, "text messages"),
        };
        if !works {
            report.coded(
                "sign_in_experiences.forgot_password_method_requires_connector",
                &field,
                format!("Nothing delivers {what}, so no code would arrive. Set up a connector for it first."),
            );
        }
    }
}

pub(super) fn check_usernames(report: &mut Report, policy: &UsernamePolicy) {
    if policy.min_length < 1 || policy.min_length > policy.max_length {
        report.add(
            "usernamePolicy.minLength",
            "Must be at least 1 and not more than maxLength, or nobody could choose a username.",
        );
    }
    if policy.max_length > MAX_USERNAME {
        report.add("usernamePolicy.maxLength", format!("Must be {MAX_USERNAME} at most."));
    }
    let allowed = policy.allowed_chars;
    if !(allowed.lowercase || allowed.uppercase || allowed.underscore) {
        report.add(
            "usernamePolicy.allowedChars",
            "A username begins with a letter or _, so one of lowercase, uppercase and underscore must be allowed.",
        );
    }
}

pub(super) fn check_codes(report: &mut Report, row: &SignInExperience) {
    let codes = row.verification_code_policy;
    if codes.expiration_duration.is_some_and(|seconds| !(60..=3600).contains(&seconds)) {
        report.add("verificationCodePolicy.expirationDuration", "Must be 60 to 3600 seconds.");
    }
    if codes.max_retry_attempts.is_some_and(|tries| !(1..=100).contains(&tries)) {
        report.add("verificationCodePolicy.maxRetryAttempts", "Must be 1 to 100.");
    }
    if row.sentinel_policy.max_attempts == 0 {
        report.add("sentinelPolicy.maxAttempts", "Must be at least 1, or nobody could ever sign in.");
    }
    if row.sentinel_policy.lockout_duration == 0 {
        report.add("sentinelPolicy.lockoutDuration", "Must be at least 1 minute.");
    }
    if row.trusted_device.duration_days.is_some_and(|days| !(1..=365).contains(&days)) {
        report.add("trustedDevice.durationDays", "Must be 1 to 365 days.");
    }
}

/// Whether a policy is one of the two that adaptive MFA needs (sheet 4.6).
const fn is_not_skippable(policy: MfaPolicy) -> bool {
    matches!(
        policy,
        MfaPolicy::PromptAtSignInAndSignUpMandatory | MfaPolicy::PromptOnlyAtSignInMandatory
    )
}

pub(super) fn check_second_factors(report: &mut Report, row: &SignInExperience, delivery: Deliverable) {
    let factors = &row.mfa.factors;
    for (index, factor) in factors.iter().enumerate() {
        let field = format!("mfa.factors.{index}");
        if factors[..index].contains(factor) {
            report.coded(
                "sign_in_experiences.duplicated_mfa_factors",
                &field,
                format!("{} is listed twice. Remove one.", factor.name()),
            );
            continue;
        }
        let (kind, works, codes) = match factor {
            MfaFactor::BackupCode if factors.iter().all(|other| *other == MfaFactor::BackupCode) => {
                report.coded(
                    "sign_in_experiences.backup_code_cannot_be_enabled_alone",
                    &field,
                    "Backup codes only stand in for another factor. Add one, such as Totp.",
                );
                continue;
            }
            MfaFactor::EmailVerificationCode => (
                IdentifierKind::Email,
                delivery.email,
                [
                    "sign_in_experiences.email_verification_code_cannot_be_used_for_mfa",
                    "sign_in_experiences.email_verification_code_cannot_be_used_for_sign_in",
                ],
            ),
            MfaFactor::PhoneVerificationCode => (
                IdentifierKind::Phone,
                delivery.sms,
                [
                    "sign_in_experiences.phone_verification_code_cannot_be_used_for_mfa",
                    "sign_in_experiences.phone_verification_code_cannot_be_used_for_sign_in",
                ],
            ),
            MfaFactor::BackupCode | MfaFactor::WebAuthn | MfaFactor::Totp => continue,
        };
        if !works {
            report.coded(
                "sign_in_experiences.enabled_connector_not_found",
                &field,
                "Nothing delivers such a code. Set up a connector for it first.",
            );
        }
        let methods = row.sign_in.methods.iter();
        if let Some(first) = methods.clone().position(|m| m.identifier == kind && m.verification_code) {
            let [for_mfa, for_sign_in] = codes;
            let why = "The same code can't be both the first and the second factor.";
            report.coded(
                for_mfa,
                &field,
                format!(
                    "{why} Remove {} here, or switch verificationCode off in that sign-in method.",
                    factor.name()
                ),
            );
            report.coded(
                for_sign_in,
                format!("signIn.methods.{first}.verificationCode"),
                format!("{why} Set it to false, or remove {} from mfa.factors.", factor.name()),
            );
        }
    }
    let skippable = !is_not_skippable(row.mfa.policy);
    if row.adaptive_mfa.is_on() {
        if factors.is_empty() {
            report.coded(
                "sign_in_experiences.adaptive_mfa_requires_mfa",
                "adaptiveMfa.enabled",
                "There is no second factor to ask for. Add one to mfa.factors, or set enabled to false.",
            );
        } else if skippable {
            report.coded(
                "sign_in_experiences.adaptive_mfa_requires_non_skippable_policy",
                "mfa.policy",
                "Adaptive MFA needs a policy that can't be skipped: PromptAtSignInAndSignUpMandatory or PromptOnlyAtSignInMandatory.",
            );
        }
    } else if !skippable {
        report.coded(
            "sign_in_experiences.non_adaptive_mfa_requires_skippable_policy",
            "mfa.policy",
            "This policy works with adaptive MFA only. Choose another one, such as Mandatory, or set adaptiveMfa.enabled to true.",
        );
    }
}

/// An address, or `@` and a domain.
fn is_listable(entry: &str) -> bool {
    match entry.strip_prefix('@') {
        // What stands before the @ does not matter to the shape of a domain.
        Some(_) => entry.matches('@').count() == 1 && check_email(&format!("x{entry}")).is_ok(),
        None => check_email(entry).is_ok(),
    }
}

pub(super) fn check_block_list(report: &mut Report, policy: &EmailBlocklistPolicy) {
    let lists = [
        ("customAllowlist", &policy.custom_allowlist),
        ("customBlocklist", &policy.custom_blocklist),
    ];
    for (key, list) in lists {
        if list.len() > MAX_LISTED {
            report.add(
                format!("emailBlocklistPolicy.{key}"),
                format!("Has more than {MAX_LISTED} entries. Remove some."),
            );
        }
        for (index, entry) in list.iter().enumerate().filter(|(_, entry)| !is_listable(entry)) {
            report.coded(
                "sign_in_experiences.invalid_custom_email_blocklist_format",
                format!("emailBlocklistPolicy.{key}.{index}"),
                format!(
                    "“{}” is neither an address nor a domain. Write alice@example.test or @example.test.",
                    entry.chars().take(120).flat_map(char::escape_debug).collect::<String>()
                ),
            );
        }
    }
}

pub(super) fn check_profile_fields(report: &mut Report, fields: Option<&[SignUpProfileField]>) {
    let mut seen = BTreeSet::new();
    for (index, field) in fields.into_iter().flatten().enumerate() {
        let path = format!("signUpProfileFields.{index}.name");
        if field.name.is_empty() {
            report.add(path, "Is empty. Name a custom profile field.");
        } else if !seen.insert(&field.name) {
            report.add(path, "Is listed twice. Remove one.");
        }
    }
}
