//! The test of back-channel logout: a logout token that ends nothing, and what the application made of it.

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Whom a logout token of a test is about.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "bindings", derive(Serialize, ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct LogoutSubject {
    /// `sub`; empty makes somebody up.
    pub sub: String,
    /// `sid`; empty makes a session up.
    pub sid: String,
}

/// A browser's session in which an application takes part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct ApplicationSession {
    /// `sid` of this application in it.
    pub sid: String,
    /// The person's `sub`.
    pub sub: String,
    /// The person.
    pub name: String,
    /// When they signed in.
    pub login_at: Timestamp,
}

/// One test of back-channel logout.
#[derive(Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct BackchannelTest {
    /// Where the token was posted.
    pub uri: String,
    /// The logout token, signed.
    pub token: String,
    /// Its header.
    #[cfg_attr(feature = "bindings", ts(type = "Record<string, unknown>"))]
    pub header: serde_json::Value,
    /// Its claims.
    #[cfg_attr(feature = "bindings", ts(type = "Record<string, unknown>"))]
    pub claims: serde_json::Value,
    /// The status; `None` when nothing was answered.
    pub status: Option<u16>,
    /// Headers of the answer.
    pub headers: Vec<(String, String)>,
    /// The beginning of the answer's body.
    pub body: String,
    /// How long it took, in **milliseconds**.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub millis: i64,
    /// Whether the application accepted it (OIDC Back-Channel Logout 2.8).
    pub accepted: bool,
    /// What happened, in a sentence.
    pub summary: String,
    /// What to do or to look at, most likely first.
    pub advice: Vec<String>,
}

impl std::fmt::Debug for BackchannelTest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The token would sign somebody out at the application while it lives.
        f.debug_struct("BackchannelTest")
            .field("uri", &self.uri)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}
