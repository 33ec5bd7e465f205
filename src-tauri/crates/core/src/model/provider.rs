//! Settings of the provider itself.

use super::CustomUi;
use crate::record::{Record, Table};
use serde::{Deserialize, Serialize};

/// Signature algorithms this release can sign with (sheet 1.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub enum SigningAlg {
    /// ECDSA P-384 with SHA-384: Logto's default.
    #[default]
    ES384,
    /// ECDSA P-256 with SHA-256.
    ES256,
    /// RSA 2048 PKCS#1 v1.5 with SHA-256, for clients that know nothing else.
    RS256,
}

impl SigningAlg {
    /// Every algorithm.
    pub const ALL: [Self; 3] = [Self::ES384, Self::ES256, Self::RS256];
    /// Its JOSE name (RFC 7518 section 3.1).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ES384 => "ES384",
            Self::ES256 => "ES256",
            Self::RS256 => "RS256",
        }
    }
}

/// Whose behaviour to follow where Logto departs from the specifications.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// As Logto does it.
    #[default]
    Logto,
    /// As OpenID Connect Core and OAuth write it.
    Strict,
    /// As `Strict`, and with Duende IdentityServer's login workflow: `acr_values=idp:` and `tenant:`,
    /// `prompt=select_account`, a link instead of a redirect after sign-out.
    Duende,
}

impl Dialect {
    /// Its name in settings and configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Logto => "logto",
            Self::Strict => "strict",
            Self::Duende => "duende",
        }
    }
    /// Whether the specifications win where Logto departs from them.
    #[must_use]
    pub const fn follows_specifications(self) -> bool {
        !matches!(self, Self::Logto)
    }
}

/// The provider's settings: one record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ProviderSettings {
    /// Default signature algorithm.
    pub signing_alg: SigningAlg,
    /// Whose behaviour to follow.
    pub dialect: Dialect,
    /// Whether the sign-in pages offer to continue at once as a person.
    pub development_sign_in: bool,
    /// Lifetime of a browser session in **seconds** (sheet 1.6).
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub session_ttl: i64,
    /// Whether closing the window leaves the provider serving in the tray.
    pub keep_serving_when_closed: bool,
    /// Extended claims in the ID token (sheet 1.19): `roles`, `custom_data`, `identities`, `organizations`, ...
    pub id_token_claims: Vec<String>,
    /// The developer's own pages in place of the hosted ones (sheet 5.5).
    pub custom_ui: Option<CustomUi>,
}

impl Default for ProviderSettings {
    fn default() -> Self {
        Self {
            signing_alg: SigningAlg::ES384,
            dialect: Dialect::Logto,
            development_sign_in: true,
            session_ttl: 1_209_600,
            keep_serving_when_closed: true,
            id_token_claims: ["roles", "organizations", "organization_roles"].map(str::to_owned).to_vec(),
            custom_ui: None,
        }
    }
}

impl Record for ProviderSettings {
    const TABLE: Table = Table::Settings;
    fn id(&self) -> &'static str {
        "provider"
    }
}

impl ProviderSettings {
    /// The id of the one record.
    pub const ID: &'static str = "provider";
}

/// How live sessions are kept: one record. Whatever bound is reached first counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct LiveRetention {
    /// Most sessions kept; the oldest go first. 100 to 10,000.
    pub sessions: u32,
    /// Most steps kept of one session; further ones are counted. 20 to 1,000.
    pub steps: u32,
    /// How long a session is kept after it began, in **hours**: up to 8,760; as long as there is room when `null`.
    pub hours: Option<u32>,
}

impl Default for LiveRetention {
    fn default() -> Self {
        Self {
            sessions: 2_000,
            steps: 200,
            hours: None,
        }
    }
}

impl Record for LiveRetention {
    const TABLE: Table = Table::Settings;
    fn id(&self) -> &'static str {
        Self::ID
    }
}

impl LiveRetention {
    /// The id of the one record.
    pub const ID: &'static str = "live-retention";
    /// Fewest and most sessions.
    pub const SESSIONS: std::ops::RangeInclusive<u32> = 100..=10_000;
    /// Fewest and most steps of a session.
    pub const STEPS: std::ops::RangeInclusive<u32> = 20..=1_000;
    /// Shortest and longest age in **hours**.
    pub const HOURS: std::ops::RangeInclusive<u32> = 1..=8_760;

    /// What is outside its bounds.
    #[must_use]
    pub fn check(&self) -> Vec<super::Problem> {
        let mut problems = Vec::new();
        let mut judge = |field: &str, value: u32, bounds: &std::ops::RangeInclusive<u32>, what: &str| {
            if !bounds.contains(&value) {
                problems.push(super::Problem::new(
                    field,
                    format!("Must be {} to {} {what}.", bounds.start(), bounds.end()),
                ));
            }
        };
        judge("sessions", self.sessions, &Self::SESSIONS, "sessions");
        judge("steps", self.steps, &Self::STEPS, "steps");
        if let Some(hours) = self.hours {
            judge("hours", hours, &Self::HOURS, "hours, or nothing");
        }
        problems
    }
}
