//! What second factors are refused with (sheet 4.6 and 4.7).

use crate::experience::ApiError;
use serde_json::{Value, json};

impl ApiError {
    /// The code of the authenticator app is wrong, used before, or there is no such app (400).
    #[must_use]
    pub fn invalid_totp_code() -> Self {
        Self::new(
            400,
            "session.mfa.invalid_totp_code",
            "wrong app code",
            "This code is wrong or was used before. Type the one that the app shows now.",
        )
    }

    /// The backup code is wrong or was used (400).
    #[must_use]
    pub fn invalid_backup_code() -> Self {
        Self::new(
            400,
            "session.mfa.invalid_backup_code",
            "wrong backup code",
            "This backup code is wrong or was used before. Type another one.",
        )
    }

    /// The passkey's answer does not hold (400).
    #[must_use]
    pub fn webauthn_verification_failed() -> Self {
        Self::new(
            400,
            "session.mfa.webauthn_verification_failed",
            "passkey not accepted",
            "This passkey was not accepted. Try again, or use another way.",
        )
    }

    /// The person has no passkey for this site (400; 404 where an unknown person must look the same).
    #[must_use]
    pub fn webauthn_verification_not_found(status: u16) -> Self {
        Self::new(
            status,
            "session.mfa.webauthn_verification_not_found",
            "no passkey",
            "There is no passkey for this account here. Use another way to sign in.",
        )
    }

    /// Nothing waits for this answer (400).
    #[must_use]
    pub fn mfa_pending_info_not_found() -> Self {
        Self::new(
            400,
            "session.mfa.pending_info_not_found",
            "nothing pending",
            "Nothing is waiting for this. Start again with adding the factor.",
        )
    }

    /// No passkey sign-in waits for this answer (400).
    #[must_use]
    pub fn passkey_pending_info_not_found() -> Self {
        Self::new(
            400,
            "session.passkey_sign_in.pending_info_not_found",
            "nothing pending",
            "Nothing is waiting for this passkey. Reload the page and try again.",
        )
    }

    /// The challenge was made for another host name (400, sheet 4.7).
    #[must_use]
    pub fn passkey_conflict_rp_id() -> Self {
        Self::new(
            400,
            "session.passkey_sign_in.conflict_rp_id",
            "another host name",
            "This sign-in began under another address. Reload the page and try again.",
        )
    }

    /// A person has one authenticator app (422).
    #[must_use]
    pub fn totp_already_in_use() -> Self {
        Self::new(
            422,
            "user.totp_already_in_use",
            "app already there",
            "This account has an authenticator app already.",
        )
    }

    /// The person has second factors, and none was proven (403, sheet 4.6).
    #[must_use]
    pub fn require_mfa_verification(data: Value) -> Self {
        Self::new(
            403,
            "session.mfa.require_mfa_verification",
            "second factor needed",
            "Confirm that it is you with a second factor.",
        )
        .data(data)
    }

    /// A second factor has to be bound, or may be (422, sheet 4.6).
    #[must_use]
    pub fn missing_mfa(data: Value) -> Self {
        Self::new(
            422,
            "user.missing_mfa",
            "second factor missing",
            "Add a second factor to your account.",
        )
        .data(data)
    }

    /// A second factor is suggested (422, sheet 4.6).
    #[must_use]
    pub fn suggest_mfa() -> Self {
        Self::new(
            422,
            "user.suggest_mfa",
            "second factor suggested",
            "Turn on a second factor, or skip this.",
        )
    }

    /// Another second factor is suggested (422, sheet 4.6).
    #[must_use]
    pub fn suggest_additional_mfa(data: Value) -> Self {
        Self::new(
            422,
            "session.mfa.suggest_additional_mfa",
            "another factor suggested",
            "Add another second factor, or skip this.",
        )
        .data(data)
    }

    /// Backup codes have to be made (422, sheet 4.6).
    #[must_use]
    pub fn backup_code_required() -> Self {
        Self::new(
            422,
            "session.mfa.backup_code_required",
            "backup codes missing",
            "Save backup codes for your account.",
        )
    }

    /// Backup codes can't be the only factor (422, sheet 4.6).
    #[must_use]
    pub fn backup_code_can_not_be_alone() -> Self {
        Self::new(
            422,
            "session.mfa.backup_code_can_not_be_alone",
            "backup codes alone",
            "Backup codes can't be the only second factor. Add another one first.",
        )
    }

    /// The policy leaves nothing to skip (422, sheet 4.5).
    #[must_use]
    pub fn mfa_policy_not_user_controlled() -> Self {
        Self::new(
            422,
            "session.mfa.mfa_policy_not_user_controlled",
            "can't be skipped",
            "A second factor is needed here. Add one.",
        )
    }

    /// A passkey is offered (422, sheet 4.6).
    #[must_use]
    pub fn passkey_preferred() -> Self {
        Self::new(
            422,
            "user.passkey_preferred",
            "passkey offered",
            "Create a passkey for the next time, or skip this.",
        )
    }

    /// Facts of which factors there are: `{availableFactors, ...}`.
    pub(super) fn factors(factors: &[crate::model::MfaFactor]) -> Value {
        json!({ "availableFactors": factors })
    }
}
