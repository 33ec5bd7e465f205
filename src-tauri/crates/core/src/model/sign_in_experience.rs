//! The sign-in experience row (sheet 5.1).

mod policies;

use crate::record::{IdentifierKind, Record, Table};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub use policies::*;

/// Whether people may sign in, register, or both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub enum SignInMode {
    /// Sign-in only.
    SignIn,
    /// Registration only.
    Register,
    /// Both.
    #[default]
    SignInAndRegister,
}

/// When people agree to terms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub enum AgreeToTermsPolicy {
    /// By going on.
    #[default]
    Automatic,
    /// By a tick at registration.
    ManualRegistrationOnly,
    /// By a tick always.
    Manual,
}

/// One way to sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignInMethod {
    /// Which identifier.
    pub identifier: IdentifierKind,
    /// Whether a password is accepted.
    pub password: bool,
    /// Whether a verification code is accepted.
    #[serde(default)]
    pub verification_code: bool,
    /// Whether the password comes first when both are.
    #[serde(default = "yes")]
    pub is_password_primary: bool,
}

const fn yes() -> bool {
    true
}

/// Ways to sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// In order.
    pub methods: Vec<SignInMethod>,
}

/// What registration asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignUp {
    /// Identifiers.
    pub identifiers: Vec<IdentifierKind>,
    /// Whether a password is set.
    pub password: bool,
    /// Whether e-mail and phone are verified.
    #[serde(default)]
    pub verify: bool,
    /// What else is asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secondary_identifiers: Vec<SecondaryIdentifier>,
}

impl SignUp {
    /// Whether sign-up asks for this kind of identifier, first or besides.
    #[must_use]
    pub fn asks_for(&self, kind: IdentifierKind) -> bool {
        self.identifiers.contains(&kind)
            || self
                .secondary_identifiers
                .iter()
                .any(|secondary| secondary.identifier.accepts(kind))
    }
}

/// Colours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Color {
    /// `#rrggbb`.
    pub primary_color: String,
    /// `#rrggbb` in the dark theme.
    pub dark_primary_color: String,
    /// Whether pages follow the system's dark theme.
    pub is_dark_mode_enabled: bool,
}

/// Logos.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[allow(missing_docs)]
pub struct Branding {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub logo_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub dark_logo_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub favicon: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub dark_favicon: Option<String>,
}

/// Language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LanguageInfo {
    /// Whether the browser's language counts.
    pub auto_detect: bool,
    /// Otherwise this one.
    pub fallback_language: String,
}

/// Password rules (sheet 4.8).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PasswordPolicy {
    /// Length in characters.
    pub length: LengthRange,
    /// How many of lower, upper, digit, symbol must occur.
    pub character_types: MinCount,
    /// What is refused.
    pub rejects: PasswordRejects,
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self {
            length: LengthRange { min: 8, max: 256 },
            character_types: MinCount { min: 1 },
            rejects: PasswordRejects::default(),
        }
    }
}

/// An inclusive range of lengths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct LengthRange {
    pub min: u32,
    pub max: u32,
}

/// A minimum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct MinCount {
    pub min: u32,
}

/// What a password may not be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PasswordRejects {
    /// Known from breaches. Offline there is only a small list.
    pub pwned: bool,
    /// Runs and sequences of three and more.
    pub repetition_and_sequence: bool,
    /// The person's own name, username, e-mail, phone.
    pub user_info: bool,
    /// These words.
    pub words: Vec<String>,
}

impl Default for PasswordRejects {
    fn default() -> Self {
        Self {
            pwned: true,
            repetition_and_sequence: true,
            user_info: true,
            words: Vec::new(),
        }
    }
}

/// Lockout (sheet 4.7, sentinel).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct SentinelPolicy {
    /// Failures within an hour before an identifier is locked.
    pub max_attempts: u32,
    /// How long, in **minutes**.
    pub lockout_duration: u32,
}

impl Default for SentinelPolicy {
    fn default() -> Self {
        Self {
            max_attempts: 100,
            lockout_duration: 60,
        }
    }
}

/// Social sign-in options.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct SocialSignIn {
    /// Link to a person with the same e-mail or phone without asking.
    pub automatic_account_linking: bool,
    /// Don't ask for missing identifiers after a social sign-in.
    pub skip_required_identifiers: bool,
}

/// The sign-in experience (sheet 5.1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct SignInExperience {
    /// Colours.
    pub color: Color,
    /// Logos.
    pub branding: Branding,
    /// Language.
    pub language_info: LanguageInfo,
    /// Address of the terms of use.
    pub terms_of_use_url: Option<String>,
    /// Address of the privacy policy.
    pub privacy_policy_url: Option<String>,
    /// When people agree to terms.
    pub agree_to_terms_policy: AgreeToTermsPolicy,
    /// Ways to sign in.
    pub sign_in: SignIn,
    /// What registration asks for.
    pub sign_up: SignUp,
    /// Sign-in, registration or both.
    pub sign_in_mode: SignInMode,
    /// Social options.
    pub social_sign_in: SocialSignIn,
    /// Targets offered, in order.
    pub social_sign_in_connector_targets: Vec<String>,
    /// Whether enterprise SSO is on.
    pub single_sign_on_enabled: bool,
    /// Second factors.
    pub mfa: Mfa,
    /// Second factors only when something is unusual. Kept and shown; nothing acts on it yet.
    pub adaptive_mfa: Switch,
    /// Passkeys as the first factor.
    pub passkey_sign_in: PasskeySignIn,
    /// Devices that are asked for no second factor for a while. Kept and shown; nothing acts on it yet.
    pub trusted_device: TrustedDevice,
    /// Password rules.
    pub password_policy: PasswordPolicy,
    /// Passwords that end.
    pub password_expiration: PasswordExpiration,
    /// Username rules.
    pub username_policy: UsernamePolicy,
    /// Verification codes.
    pub verification_code_policy: VerificationCodePolicy,
    /// How a forgotten password can be replaced. Empty: not at all; `None`: in every way that can be delivered.
    pub forgot_password_methods: Option<Vec<ForgotPasswordMethod>>,
    /// Captcha. Kept and shown; Turnstile and reCAPTCHA need the internet.
    pub captcha_policy: Switch,
    /// Lockout.
    pub sentinel_policy: SentinelPolicy,
    /// E-mail addresses that may not register.
    pub email_blocklist_policy: EmailBlocklistPolicy,
    /// Custom profile fields asked for at registration, in order; `None`: those there are, in their own order.
    pub sign_up_profile_fields: Option<Vec<SignUpProfileField>>,
    /// HTML put on pages, by path.
    pub custom_content: BTreeMap<String, String>,
    /// CSS appended to the hosted pages.
    pub custom_css: Option<String>,
    /// Help addresses.
    pub support_email: Option<String>,
    /// Help addresses.
    pub support_website_url: Option<String>,
    /// Where a page without an interaction goes instead of the built-in explanation.
    pub unknown_session_redirect_url: Option<String>,
}

impl Default for SignInExperience {
    /// Logto's seed, except that all three identifiers may sign in: everybody among the demo people has one.
    fn default() -> Self {
        let method = |identifier| SignInMethod {
            identifier,
            password: true,
            verification_code: false,
            is_password_primary: true,
        };
        Self {
            color: Color {
                primary_color: "#3b3fce".into(),
                dark_primary_color: "#8b85ff".into(),
                is_dark_mode_enabled: true,
            },
            branding: Branding::default(),
            language_info: LanguageInfo {
                auto_detect: true,
                fallback_language: "en".into(),
            },
            terms_of_use_url: None,
            privacy_policy_url: None,
            agree_to_terms_policy: AgreeToTermsPolicy::Automatic,
            sign_in: SignIn {
                methods: vec![
                    method(IdentifierKind::Email),
                    method(IdentifierKind::Username),
                    method(IdentifierKind::Phone),
                ],
            },
            sign_up: SignUp {
                identifiers: vec![IdentifierKind::Username],
                password: true,
                verify: false,
                secondary_identifiers: Vec::new(),
            },
            sign_in_mode: SignInMode::SignInAndRegister,
            social_sign_in: SocialSignIn::default(),
            social_sign_in_connector_targets: Vec::new(),
            single_sign_on_enabled: false,
            mfa: Mfa::default(),
            adaptive_mfa: Switch::default(),
            passkey_sign_in: PasskeySignIn::default(),
            trusted_device: TrustedDevice::default(),
            password_policy: PasswordPolicy::default(),
            password_expiration: PasswordExpiration::default(),
            username_policy: UsernamePolicy::default(),
            verification_code_policy: VerificationCodePolicy::default(),
            forgot_password_methods: Some(Vec::new()),
            captcha_policy: Switch::default(),
            sentinel_policy: SentinelPolicy::default(),
            email_blocklist_policy: EmailBlocklistPolicy::default(),
            sign_up_profile_fields: None,
            custom_content: BTreeMap::new(),
            custom_css: None,
            support_email: None,
            support_website_url: None,
            unknown_session_redirect_url: None,
        }
    }
}

impl Record for SignInExperience {
    const TABLE: Table = Table::SignInExperience;
    fn id(&self) -> &'static str {
        Self::ID
    }
}

impl SignInExperience {
    /// The id of the one row.
    pub const ID: &'static str = "default";

    /// Whether a forgotten password can be replaced with a code sent to this kind of identifier (sheet 5.1): listed, or
    /// there is no list. Whether it can be delivered is another question.
    #[must_use]
    pub fn replaces_password_by(&self, kind: IdentifierKind) -> bool {
        let method = match kind {
            IdentifierKind::Email => ForgotPasswordMethod::EmailVerificationCode,
            IdentifierKind::Phone => ForgotPasswordMethod::PhoneVerificationCode,
            IdentifierKind::Username => return false,
        };
        self.forgot_password_methods
            .as_ref()
            .is_none_or(|methods| methods.contains(&method))
    }
}
