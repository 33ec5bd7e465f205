//! A person's second factors (sheet 7.1, `mfaVerifications` and `logtoConfig`).

use super::MfaFactor;
use crate::record::{Index, IndexEntry};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A second factor that a person has. What proves it is kept sealed; a public key is public.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum MfaVerification {
    /// An authenticator app (RFC 6238).
    #[serde(rename_all = "camelCase")]
    Totp {
        /// Its id.
        id: String,
        /// When it was added.
        created_at: Timestamp,
        /// When it was last used.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last_used_at: Option<Timestamp>,
        /// The shared secret in Base32, sealed.
        key: String,
        /// The step of the last accepted code: neither it nor an earlier one is accepted again (RFC 6238 section 5.2).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last_used_time_step: Option<u64>,
    },
    /// A passkey or security key.
    #[serde(rename_all = "camelCase")]
    WebAuthn {
        /// Its id.
        id: String,
        /// When it was added.
        created_at: Timestamp,
        /// When it was last used.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last_used_at: Option<Timestamp>,
        /// The credential.
        #[serde(flatten)]
        passkey: Passkey,
    },
    /// Codes on paper.
    #[serde(rename_all = "camelCase")]
    BackupCode {
        /// Its id.
        id: String,
        /// When it was added.
        created_at: Timestamp,
        /// When one was last used.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last_used_at: Option<Timestamp>,
        /// The codes.
        codes: Vec<BackupCode>,
    },
}

/// A WebAuthn credential (sheet 7.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Passkey {
    /// The host name it was made for.
    pub rp_id: String,
    /// Its id, base64url.
    pub credential_id: String,
    /// Its public key, base64url of COSE.
    pub public_key: String,
    /// How often it has signed, as it says.
    pub counter: u32,
    /// Whether it may be copied to other devices (the flag BE of WebAuthn 6.1), which never changes; `None` for one that
    /// was made before this was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup_eligible: Option<bool>,
    /// The browser it was made in.
    pub agent: String,
    /// How the authenticator can be reached.
    #[serde(default)]
    pub transports: Vec<String>,
    /// What the person calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Passkey {
    /// The index entry under which its holder is found.
    #[must_use]
    pub fn index(&self) -> IndexEntry {
        credential_index(&self.rp_id, &self.credential_id)
    }
}

/// The index entry of a credential of a relying party.
#[must_use]
pub fn credential_index(rp_id: &str, credential_id: &str) -> IndexEntry {
    Index::Credential.entry(format!("{rp_id}/{credential_id}"))
}

/// A code for one use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackupCode {
    /// Ten hexadecimal digits, sealed.
    pub code: String,
    /// When it was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_at: Option<Timestamp>,
}

impl MfaVerification {
    /// Which factor it is.
    #[must_use]
    pub const fn factor(&self) -> MfaFactor {
        match self {
            Self::Totp { .. } => MfaFactor::Totp,
            Self::WebAuthn { .. } => MfaFactor::WebAuthn,
            Self::BackupCode { .. } => MfaFactor::BackupCode,
        }
    }

    /// Whether it can still prove anything: backup codes can't once all are used.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        match self {
            Self::BackupCode { codes, .. } => codes.iter().any(|code| code.used_at.is_none()),
            Self::Totp { .. } | Self::WebAuthn { .. } => true,
        }
    }

    /// The credential, when it is one.
    #[must_use]
    pub const fn passkey(&self) -> Option<&Passkey> {
        match self {
            Self::WebAuthn { passkey, .. } => Some(passkey),
            Self::Totp { .. } | Self::BackupCode { .. } => None,
        }
    }

    /// What a list shows of it. No key, no code.
    #[must_use]
    pub fn view(&self) -> MfaVerificationView {
        let (id, created_at, last_used_at) = match self {
            Self::Totp {
                id,
                created_at,
                last_used_at,
                ..
            }
            | Self::WebAuthn {
                id,
                created_at,
                last_used_at,
                ..
            }
            | Self::BackupCode {
                id,
                created_at,
                last_used_at,
                ..
            } => (id, *created_at, *last_used_at),
        };
        MfaVerificationView {
            id: id.clone(),
            factor: self.factor(),
            name: self.passkey().and_then(|p| p.name.clone()),
            agent: self.passkey().map(|p| p.agent.clone()),
            remaining_codes: match self {
                Self::BackupCode { codes, .. } => {
                    Some(u32::try_from(codes.iter().filter(|code| code.used_at.is_none()).count()).unwrap_or(u32::MAX))
                }
                Self::Totp { .. } | Self::WebAuthn { .. } => None,
            },
            created_at,
            last_used_at,
        }
    }
}

/// A second factor as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct MfaVerificationView {
    /// Its id.
    pub id: String,
    /// Which factor it is.
    #[serde(rename = "type")]
    pub factor: MfaFactor,
    /// What the person calls it.
    pub name: Option<String>,
    /// The browser a passkey was made in.
    pub agent: Option<String>,
    /// How many backup codes are left.
    pub remaining_codes: Option<u32>,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
}

/// What else is remembered of a person (sheet 7.1, `logtoConfig`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LogtoConfig {
    /// Of second factors.
    #[serde(skip_serializing_if = "is_default")]
    pub mfa: UserMfaData,
    /// Of passkey sign-in.
    #[serde(skip_serializing_if = "is_default")]
    pub passkey_sign_in: UserPasskeyData,
}

/// What a person has decided about second factors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UserMfaData {
    /// Turned them on or off; unknown until asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Did not want one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped: Option<bool>,
    /// Did not want another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub additional_binding_suggestion_skipped: Option<bool>,
    /// Wants to sign in without being asked for the one they have; a mandatory policy asks all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skip_mfa_on_sign_in: Option<bool>,
}

/// What a person has decided about passkeys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UserPasskeyData {
    /// Did not want one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped: Option<bool>,
}

pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
