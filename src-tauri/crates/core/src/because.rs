//! Reasons as data. Every rule that decided something says so with a [`Because`]; the
//! "Why this happened" cards are these values, and nobody re-derives reasons later.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Words of the engine: most are known beforehand and need no copy.
pub type Words = Cow<'static, str>;

/// One decision of one rule: what it was given, what came out, and on whose authority.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct Because {
    /// A stable dotted name, such as `authorize.redirect_uri` or `params.first_screen`.
    pub rule: Words,
    /// What was decided, a short sentence in plain words: "Skipped the first screen."
    pub title: Words,
    /// Why, in one or two plain sentences; may quote values between backticks.
    pub detail: Words,
    /// The value the rule looked at, when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub input: Option<String>,
    /// How it came out.
    pub outcome: Outcome,
    /// Where the rule is written: "RFC 6749 4.1.2.1", "OIDC Core 3.1.2.1", "Logto 2.2".
    pub source: Words,
    /// What a person can do about it with one click.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub repair: Option<Repair>,
}

/// How a rule came out. It chooses the colour of a card, never its meaning alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// Nothing unusual: the rule let the request pass.
    Passed,
    /// The rule changed the course (a page chosen, a step skipped, a scope added).
    Decided,
    /// Something the caller sent was ignored or dropped.
    Dropped,
    /// The request was refused.
    Refused,
}

/// A one-click repair that the window offers beside a reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Repair {
    /// Register this redirect URI with the application.
    #[serde(rename_all = "camelCase")]
    RegisterRedirectUri {
        /// The application.
        app_id: String,
        /// The URI that was refused.
        uri: String,
        /// The registered URI that is nearest to it, when there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "bindings", ts(optional))]
        nearest: Option<String>,
    },
    /// Register this post-logout redirect URI with the application.
    #[serde(rename_all = "camelCase")]
    RegisterPostLogoutRedirectUri {
        /// The application.
        app_id: String,
        /// The URI that was refused.
        uri: String,
        /// The registered URI that is nearest to it, when there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "bindings", ts(optional))]
        nearest: Option<String>,
    },
    /// Allow this browser origin (CORS) for the application.
    #[serde(rename_all = "camelCase")]
    AllowOrigin {
        /// The application.
        app_id: String,
        /// The origin that was refused.
        origin: String,
    },
    /// Show the social connectors of this target on the sign-in pages.
    #[serde(rename_all = "camelCase")]
    OfferConnector {
        /// The target.
        target: String,
    },
    /// Let the application have refresh tokens without `prompt=consent`.
    #[serde(rename_all = "camelCase")]
    AlwaysIssueRefreshToken {
        /// The application.
        app_id: String,
    },
}

impl Because {
    /// A reason without input or repair; add them with [`Because::input`] and [`Because::repair`].
    #[must_use]
    pub fn new(rule: impl Into<Words>, outcome: Outcome, title: impl Into<Words>, detail: impl Into<Words>, source: &'static str) -> Self {
        Self {
            rule: rule.into(),
            title: title.into(),
            detail: detail.into(),
            input: None,
            outcome,
            source: Words::Borrowed(source),
            repair: None,
        }
    }
    /// The value the rule looked at.
    #[must_use]
    pub fn input(mut self, value: impl Into<String>) -> Self {
        self.input = Some(value.into());
        self
    }
    /// The repair that the window offers.
    #[must_use]
    pub fn repair(mut self, repair: Repair) -> Self {
        self.repair = Some(repair);
        self
    }
}
