//! Second factors that wait in an interaction for its submission (sheet 3.3, `mfa`).

use crate::model::{MfaFactor, Passkey};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// What was bound and decided in this interaction; the account has it after submission.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PendingMfa {
    /// The person turned second factors on.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub mfa_enabled: bool,
    /// The person did not want one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub mfa_skipped: bool,
    /// The person did not want another one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub additional_binding_suggestion_skipped: bool,
    /// The person did not want a passkey.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub passkey_skipped: bool,
    /// A new authenticator app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub totp: Option<PendingTotp>,
    /// New passkeys.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub web_authn: Vec<Passkey>,
    /// New backup codes, sealed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup_code: Option<Vec<String>>,
}

/// A new authenticator app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PendingTotp {
    /// The shared secret in Base32, sealed.
    pub secret: String,
    /// The step of the code that proved it.
    pub time_step: u64,
}

impl PendingMfa {
    /// Whether nothing was bound or decided.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The factors that were bound, in the order of [`MfaFactor::ALL`].
    #[must_use]
    pub fn bound(&self) -> Vec<MfaFactor> {
        let bound = |factor: &MfaFactor| match factor {
            MfaFactor::WebAuthn => !self.web_authn.is_empty(),
            MfaFactor::Totp => self.totp.is_some(),
            MfaFactor::BackupCode => self.backup_code.is_some(),
            MfaFactor::PhoneVerificationCode | MfaFactor::EmailVerificationCode => false,
        };
        MfaFactor::ALL.into_iter().filter(bound).collect()
    }

    /// As `GET /interaction` and the window show it: no secret, no code.
    #[must_use]
    pub fn public(&self) -> Value {
        let mut public = Map::new();
        for (name, set) in [
            ("mfaEnabled", self.mfa_enabled),
            ("mfaSkipped", self.mfa_skipped),
            ("additionalBindingSuggestionSkipped", self.additional_binding_suggestion_skipped),
            ("passkeySkipped", self.passkey_skipped),
        ] {
            if set {
                public.insert(name.into(), Value::Bool(true));
            }
        }
        if self.totp.is_some() {
            public.insert("totp".into(), json!({ "type": MfaFactor::Totp }));
        }
        if !self.web_authn.is_empty() {
            let passkeys = self.web_authn.iter().map(|passkey| {
                let mut shown = json!(passkey);
                shown["type"] = json!(MfaFactor::WebAuthn);
                shown
            });
            public.insert("webAuthn".into(), passkeys.collect());
        }
        if self.backup_code.is_some() {
            public.insert("backupCode".into(), json!({ "type": MfaFactor::BackupCode }));
        }
        Value::Object(public)
    }
}
