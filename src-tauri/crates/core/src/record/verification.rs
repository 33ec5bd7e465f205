//! Verification records (sheet 4.3): what a person has proven in an interaction so far.

use super::{Identifier, IdentifierKind};
use crate::ids::{UserId, VerificationId};
use crate::model::TemplateType;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A verification record (sheet 4.3): what was verified. What it was verified with is only kept sealed or hashed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "type")]
pub enum VerificationRecord {
    /// Identifier and password matched.
    #[serde(rename_all = "camelCase")]
    Password {
        /// Its id.
        id: VerificationId,
        /// What was typed.
        identifier: Identifier,
        /// Whether it matched.
        verified: bool,
        /// Whom it proved.
        #[serde(skip_serializing_if = "Option::is_none")]
        user_id: Option<UserId>,
    },
    /// A free username with an accepted password (registration).
    #[serde(rename_all = "camelCase")]
    NewPasswordIdentity {
        /// Its id.
        id: VerificationId,
        /// The username.
        identifier: Identifier,
        /// The password's hash (PHC string).
        password_encrypted: String,
    },
    /// Vestibule's development sign-in: a person was chosen, nothing was proven.
    #[serde(rename_all = "camelCase")]
    DevelopmentSignIn {
        /// Its id.
        id: VerificationId,
        /// The chosen person.
        user_id: UserId,
    },
    /// A code was sent by e-mail.
    EmailVerificationCode(CodeRecord),
    /// A code was sent to a phone.
    PhoneVerificationCode(CodeRecord),
    /// A one-time token was accepted (sheet 4.7).
    #[serde(rename_all = "camelCase")]
    OneTimeToken {
        /// Its id.
        id: VerificationId,
        /// The address the token was issued for.
        identifier: Identifier,
    },
}

/// A verification code that was sent, and what became of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CodeRecord {
    /// Its id.
    pub id: VerificationId,
    /// Where the code went.
    pub identifier: Identifier,
    /// What it was sent for.
    pub template: TemplateType,
    /// The code, sealed.
    pub code: String,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// How many wrong codes were typed.
    #[serde(default)]
    pub tries: u32,
    /// Whether the right one was.
    #[serde(default)]
    pub verified: bool,
}

impl VerificationRecord {
    /// A code record as the type of its identifier has it.
    #[must_use]
    pub fn code(record: CodeRecord) -> Self {
        match record.identifier.kind {
            IdentifierKind::Phone => Self::PhoneVerificationCode(record),
            IdentifierKind::Email | IdentifierKind::Username => Self::EmailVerificationCode(record),
        }
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> &VerificationId {
        match self {
            Self::Password { id, .. }
            | Self::NewPasswordIdentity { id, .. }
            | Self::DevelopmentSignIn { id, .. }
            | Self::OneTimeToken { id, .. } => id,
            Self::EmailVerificationCode(code) | Self::PhoneVerificationCode(code) => &code.id,
        }
    }

    /// Its type by Logto's name.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Password { .. } => "Password",
            Self::NewPasswordIdentity { .. } => "NewPasswordIdentity",
            Self::DevelopmentSignIn { .. } => "DevelopmentSignIn",
            Self::EmailVerificationCode(_) => "EmailVerificationCode",
            Self::PhoneVerificationCode(_) => "PhoneVerificationCode",
            Self::OneTimeToken { .. } => "OneTimeToken",
        }
    }

    /// Whether what it stands for is proven.
    #[must_use]
    pub const fn is_verified(&self) -> bool {
        match self {
            Self::Password { verified, .. } => *verified,
            Self::EmailVerificationCode(code) | Self::PhoneVerificationCode(code) => code.verified,
            Self::NewPasswordIdentity { .. } | Self::DevelopmentSignIn { .. } | Self::OneTimeToken { .. } => true,
        }
    }
}
