//! Verification records (sheet 4.3): what a person has proven in an interaction so far.

use super::{Identifier, IdentifierKind, InteractionEvent};
use crate::connectors::UpstreamUser;
use crate::ids::{ConnectorId, OrganizationId, UserId, VerificationId};
use crate::model::{MfaFactor, Passkey, TemplateType};
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
        /// The only event it was made for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        event: Option<InteractionEvent>,
        /// Organizations that whoever uses it joins.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        organization_ids: Vec<OrganizationId>,
    },
    /// An authenticator app: a new one (with its secret) or the person's own.
    #[serde(rename_all = "camelCase")]
    Totp {
        /// Its id.
        id: VerificationId,
        /// Whose.
        user_id: UserId,
        /// The secret of a new one, in Base32, sealed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        secret: Option<String>,
        /// The step of the code that proved it; until then it is not verified.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        time_step: Option<u64>,
    },
    /// A passkey as second factor, or a new one.
    WebAuthn(WebAuthnRecord),
    /// A passkey as first factor.
    #[serde(rename_all = "camelCase")]
    SignInPasskey {
        /// Its id.
        id: VerificationId,
        /// The challenge that waits for an answer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        challenge: Option<Challenge>,
        /// Whom it proved; until then it is not verified.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user_id: Option<UserId>,
    },
    /// Backup codes: new ones, or one of the person's own that was used up.
    #[serde(rename_all = "camelCase")]
    BackupCode {
        /// Its id.
        id: VerificationId,
        /// Whose.
        user_id: UserId,
        /// New codes, sealed; none when one was used up.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        codes: Vec<String>,
    },
    /// A code was sent to the person's own e-mail address.
    MfaEmailVerificationCode(CodeRecord),
    /// A code was sent to the person's own phone.
    MfaPhoneVerificationCode(CodeRecord),
    /// A sign-in at a social provider.
    Social(ConnectorRecord),
    /// A sign-in at an enterprise provider.
    EnterpriseSso(ConnectorRecord),
}

/// What an authenticator is asked to sign, and for whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Challenge {
    /// 32 random bytes, base64url.
    pub challenge: String,
    /// The host name of the page that asked.
    pub rp_id: String,
}

/// A WebAuthn ceremony after identification.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebAuthnRecord {
    /// Its id.
    pub id: VerificationId,
    /// Whose.
    pub user_id: UserId,
    /// Whether a passkey is made, or used.
    pub registration: bool,
    /// The challenge that waits for an answer; none once one was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<Challenge>,
    /// The passkey that was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passkey: Option<Passkey>,
    /// Whether an answer was accepted.
    #[serde(default)]
    pub verified: bool,
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

/// A sign-in at another provider: what was asked, and who came back.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectorRecord {
    /// Its id.
    pub id: VerificationId,
    /// The connector.
    pub connector_id: ConnectorId,
    /// SHA-256 of the `state` that the page drew, which has to come back.
    pub state: String,
    /// Where the provider was told to send the browser.
    pub redirect_uri: String,
    /// What an ID token has to carry.
    pub nonce: String,
    /// The code verifier, sealed, where a challenge was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_verifier: Option<String>,
    /// The id of the SAML request that the response has to answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saml_request: Option<String>,
    /// Whether the callback was taken: it is, once.
    #[serde(default)]
    pub used: bool,
    /// Who came back; until then it is not verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_info: Option<UpstreamUser>,
    /// The issuer, of an enterprise provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The provider's tokens, sealed, where the connector keeps them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<String>,
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

    /// A code record of a second factor.
    #[must_use]
    pub fn mfa_code(record: CodeRecord) -> Self {
        match record.identifier.kind {
            IdentifierKind::Phone => Self::MfaPhoneVerificationCode(record),
            IdentifierKind::Email | IdentifierKind::Username => Self::MfaEmailVerificationCode(record),
        }
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> &VerificationId {
        match self {
            Self::Password { id, .. }
            | Self::NewPasswordIdentity { id, .. }
            | Self::DevelopmentSignIn { id, .. }
            | Self::OneTimeToken { id, .. }
            | Self::Totp { id, .. }
            | Self::SignInPasskey { id, .. }
            | Self::BackupCode { id, .. } => id,
            Self::WebAuthn(record) => &record.id,
            Self::Social(record) | Self::EnterpriseSso(record) => &record.id,
            Self::EmailVerificationCode(code)
            | Self::PhoneVerificationCode(code)
            | Self::MfaEmailVerificationCode(code)
            | Self::MfaPhoneVerificationCode(code) => &code.id,
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
            Self::Totp { .. } => "Totp",
            Self::WebAuthn(_) => "WebAuthn",
            Self::SignInPasskey { .. } => "SignInPasskey",
            Self::BackupCode { .. } => "BackupCode",
            Self::MfaEmailVerificationCode(_) => "MfaEmailVerificationCode",
            Self::MfaPhoneVerificationCode(_) => "MfaPhoneVerificationCode",
            Self::Social(_) => "Social",
            Self::EnterpriseSso(_) => "EnterpriseSso",
        }
    }

    /// Whether what it stands for is proven.
    #[must_use]
    pub const fn is_verified(&self) -> bool {
        match self {
            Self::Password { verified, .. } => *verified,
            Self::EmailVerificationCode(code)
            | Self::PhoneVerificationCode(code)
            | Self::MfaEmailVerificationCode(code)
            | Self::MfaPhoneVerificationCode(code) => code.verified,
            Self::Totp { time_step, .. } => time_step.is_some(),
            Self::WebAuthn(record) => record.verified,
            Self::Social(record) | Self::EnterpriseSso(record) => record.user_info.is_some(),
            Self::SignInPasskey { user_id, .. } => user_id.is_some(),
            Self::NewPasswordIdentity { .. } | Self::DevelopmentSignIn { .. } | Self::OneTimeToken { .. } | Self::BackupCode { .. } => true,
        }
    }

    /// The second factor that it is about.
    #[must_use]
    pub const fn factor(&self) -> Option<MfaFactor> {
        match self {
            Self::Totp { .. } => Some(MfaFactor::Totp),
            Self::WebAuthn(_) => Some(MfaFactor::WebAuthn),
            Self::BackupCode { .. } => Some(MfaFactor::BackupCode),
            Self::MfaEmailVerificationCode(_) => Some(MfaFactor::EmailVerificationCode),
            Self::MfaPhoneVerificationCode(_) => Some(MfaFactor::PhoneVerificationCode),
            _ => None,
        }
    }

    /// Whether it makes a new factor, which proves nothing about the person who is there.
    #[must_use]
    pub const fn is_new_factor(&self) -> bool {
        match self {
            Self::Totp { secret, .. } => secret.is_some(),
            Self::WebAuthn(record) => record.registration,
            Self::BackupCode { codes, .. } => !codes.is_empty(),
            _ => false,
        }
    }
}
