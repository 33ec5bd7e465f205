//! The policies of the sign-in experience that later rules of registration, codes and second factors read (sheet 4.6,
//! 4.7, 4.8 and 5.1).

use crate::record::IdentifierKind;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What else registration asks for (sheet 5.1, `signUp.secondaryIdentifiers`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(deny_unknown_fields)]
pub struct SecondaryIdentifier {
    /// What is asked for.
    pub identifier: SignUpIdentifier,
    /// Whether it is verified with a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub verify: Option<bool>,
}

/// An identifier that registration may ask for besides the primary ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub enum SignUpIdentifier {
    /// A username.
    Username,
    /// An e-mail address.
    Email,
    /// A phone number.
    Phone,
    /// Either of the last two.
    EmailOrPhone,
}

impl SignUpIdentifier {
    /// Whether this kind of identifier is what is asked for.
    #[must_use]
    pub const fn accepts(self, kind: IdentifierKind) -> bool {
        matches!(
            (self, kind),
            (Self::Username, IdentifierKind::Username)
                | (Self::Email | Self::EmailOrPhone, IdentifierKind::Email)
                | (Self::Phone | Self::EmailOrPhone, IdentifierKind::Phone)
        )
    }
}

/// Second factors (sheet 4.6).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Mfa {
    /// Factors that people may have.
    pub factors: Vec<MfaFactor>,
    /// Who must have one, and when it is asked for.
    pub policy: MfaPolicy,
    /// What an organization that requires a second factor means for its members.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub organization_required_mfa_policy: Option<OrganizationRequiredMfaPolicy>,
}

/// A second factor (Logto's `MfaFactor`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub enum MfaFactor {
    /// A security key or passkey.
    WebAuthn,
    /// Codes of an authenticator app (RFC 6238).
    Totp,
    /// A code sent to the phone.
    PhoneVerificationCode,
    /// A code sent by e-mail.
    EmailVerificationCode,
    /// Ten codes on paper, each for one use.
    BackupCode,
}

impl MfaFactor {
    /// Every factor, in the order in which people are offered them (sheet 4.6).
    pub const ALL: [Self; 5] = [
        Self::WebAuthn,
        Self::Totp,
        Self::PhoneVerificationCode,
        Self::EmailVerificationCode,
        Self::BackupCode,
    ];

    /// Logto's name, as in requests and addresses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::WebAuthn => "WebAuthn",
            Self::Totp => "Totp",
            Self::PhoneVerificationCode => "PhoneVerificationCode",
            Self::EmailVerificationCode => "EmailVerificationCode",
            Self::BackupCode => "BackupCode",
        }
    }
}

/// When people are asked for a second factor (sheet 4.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub enum MfaPolicy {
    /// Asked once at sign-in and sign-up, may be skipped (older name of the next).
    #[default]
    UserControlled,
    /// Asked at sign-in and sign-up, may be skipped.
    PromptAtSignInAndSignUp,
    /// Asked at sign-in only, may be skipped.
    PromptOnlyAtSignIn,
    /// Never asked.
    NoPrompt,
    /// Everybody must have one.
    Mandatory,
    /// Asked at sign-in and sign-up, not skippable; only with adaptive MFA.
    PromptAtSignInAndSignUpMandatory,
    /// Asked at sign-in only, not skippable; only with adaptive MFA.
    PromptOnlyAtSignInMandatory,
}

impl MfaPolicy {
    /// Whether nobody may skip it.
    #[must_use]
    pub const fn is_compulsory(self) -> bool {
        matches!(
            self,
            Self::Mandatory | Self::PromptAtSignInAndSignUpMandatory | Self::PromptOnlyAtSignInMandatory
        )
    }
}

/// Whether an organization's demand binds its members (sheet 4.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub enum OrganizationRequiredMfaPolicy {
    /// Nobody is asked.
    NoPrompt,
    /// Members must have a second factor.
    Mandatory,
}

/// A feature that is on or off and has nothing else (sheet 5.1: `adaptiveMfa`, `captchaPolicy`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(deny_unknown_fields, default)]
pub struct Switch {
    /// Whether it is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub enabled: Option<bool>,
}

impl Switch {
    /// Whether it is on; off unless said.
    #[must_use]
    pub const fn is_on(self) -> bool {
        matches!(self.enabled, Some(true))
    }
}

/// Signing in with a passkey as the first factor (sheet 5.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PasskeySignIn {
    /// Whether it is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub enabled: Option<bool>,
    /// Whether the first page has a button for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub show_passkey_button: Option<bool>,
    /// Whether the identifier field offers passkeys.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub allow_autofill: Option<bool>,
}

/// Devices that need no second factor for a while (sheet 5.1; a development feature of Logto).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TrustedDevice {
    /// Whether it is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub enabled: Option<bool>,
    /// How long, in **days**: 1 to 365, 30 unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub duration_days: Option<u32>,
}

/// Passwords that end (sheet 4.8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PasswordExpiration {
    /// Whether passwords end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub enabled: Option<bool>,
    /// After how many **days**.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub valid_period_days: Option<u32>,
    /// Since when, in Unix **milliseconds**: a password from before counts from here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional, type = "number"))]
    pub enabled_at: Option<i64>,
}

impl PasswordExpiration {
    /// Since when a password has ended, when it has. `set` is when it was chosen.
    #[must_use]
    pub fn ended(self, set: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let days = self.valid_period_days.filter(|days| *days > 0)?;
        if !self.enabled.unwrap_or_default() {
            return None;
        }
        let from = Timestamp(self.enabled_at.map_or(set.0, |enabled| enabled.max(set.0)));
        let end = from.plus_seconds(i64::from(days).saturating_mul(86_400));
        (end <= now).then_some(end)
    }

    /// The policy as it is stored: `enabledAt` is the moment it was switched on, unless somebody said otherwise.
    #[must_use]
    pub fn begun(self, before: Option<Self>, now: Timestamp) -> Self {
        if !self.enabled.unwrap_or_default() || self.enabled_at.is_some() {
            return self;
        }
        let earlier = before.filter(|b| b.enabled.unwrap_or_default()).and_then(|b| b.enabled_at);
        Self {
            enabled_at: Some(earlier.unwrap_or(now.0)),
            ..self
        }
    }
}

/// What a username may look like (sheet 4.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UsernamePolicy {
    /// Whether `Alice` and `alice` are two people.
    pub case_sensitive: bool,
    /// In characters.
    pub min_length: u32,
    /// In characters.
    pub max_length: u32,
    /// Classes of characters.
    pub allowed_chars: AllowedChars,
}

impl Default for UsernamePolicy {
    fn default() -> Self {
        Self {
            case_sensitive: true,
            min_length: 1,
            max_length: 128,
            allowed_chars: AllowedChars::default(),
        }
    }
}

impl UsernamePolicy {
    /// What the policy has against a username that is one otherwise, in a sentence; `None` when nothing.
    #[must_use]
    pub fn problem(self, text: &str) -> Option<String> {
        let length = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        if length < self.min_length {
            return Some(format!(
                "The username has {length} characters; at least {} are needed.",
                self.min_length
            ));
        }
        if length > self.max_length {
            return Some(format!(
                "The username has {length} characters; {} at most are allowed.",
                self.max_length
            ));
        }
        let allowed = self.allowed_chars;
        let refused = text.chars().find_map(|c| match c {
            'a'..='z' if !allowed.lowercase => Some("lower-case letters"),
            'A'..='Z' if !allowed.uppercase => Some("upper-case letters"),
            '0'..='9' if !allowed.numbers => Some("digits"),
            '_' if !allowed.underscore => Some("underscores"),
            _ => None,
        })?;
        Some(format!("The username has {refused}, which are not allowed here."))
    }
}

/// Classes of characters that a username may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs)]
#[expect(clippy::struct_excessive_bools, reason = "Logto's shape")]
pub struct AllowedChars {
    pub lowercase: bool,
    pub uppercase: bool,
    pub numbers: bool,
    pub underscore: bool,
}

impl Default for AllowedChars {
    fn default() -> Self {
        Self {
            lowercase: true,
            uppercase: true,
            numbers: true,
            underscore: true,
        }
    }
}

/// Verification codes (sheet 4.7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct VerificationCodePolicy {
    /// How long a code is accepted, in **seconds**: 60 to 3600, 600 unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub expiration_duration: Option<u32>,
    /// How many wrong tries a code survives: 1 to 100, 10 unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub max_retry_attempts: Option<u32>,
}

impl VerificationCodePolicy {
    /// How long a code is accepted, in **seconds**.
    #[must_use]
    pub fn lifetime(self) -> i64 {
        i64::from(self.expiration_duration.unwrap_or(600))
    }

    /// How many wrong tries a code survives.
    #[must_use]
    pub fn tries(self) -> u32 {
        self.max_retry_attempts.unwrap_or(10)
    }
}

/// How a forgotten password can be replaced (sheet 5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub enum ForgotPasswordMethod {
    /// With a code sent by e-mail.
    EmailVerificationCode,
    /// With a code sent to the phone.
    PhoneVerificationCode,
}

/// E-mail addresses that may not register (sheet 5.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct EmailBlocklistPolicy {
    /// Refuse addresses of throw-away services.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub block_disposable_addresses: Option<bool>,
    /// Refuse `name+anything@example.com`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub block_subaddressing: Option<bool>,
    /// Addresses or `@domain`s that are accepted whatever else is said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub custom_allowlist: Vec<String>,
    /// Addresses or `@domain`s that are refused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub custom_blocklist: Vec<String>,
}

/// A custom profile field's place at registration (sheet 5.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(deny_unknown_fields)]
pub struct SignUpProfileField {
    /// The field's name.
    pub name: String,
}
