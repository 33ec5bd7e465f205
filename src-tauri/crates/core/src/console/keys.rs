//! Signing keys, as the window shows them.

use crate::model::SigningAlg;
use crate::time::Timestamp;
use serde::Serialize;

/// Where a signing key stands in its life (sheet 1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub enum SigningKeyState {
    /// Published, so that clients learn it; not signing yet.
    Next,
    /// Signing.
    Current,
    /// Published, so that what it signed still verifies; no longer signing.
    Previous,
}

/// The signing keys and where clients find them.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct SigningKeyList {
    /// The address of the JWK set.
    pub jwks_uri: String,
    /// Every published key, as the JWK set has them.
    pub keys: Vec<SigningKeyView>,
    /// What signs unless an application says otherwise.
    pub default_alg: SigningAlg,
}

/// A signing key without its private half.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct SigningKeyView {
    /// `kid`.
    pub id: String,
    /// What it signs with.
    pub alg: SigningAlg,
    /// Where it stands.
    pub state: SigningKeyState,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when it stands there.
    pub since: Timestamp,
    /// Tokens it signed since this program was started.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub signed: u64,
    /// Whether the provider or an application is set to its algorithm.
    pub wanted: bool,
    /// The public key as a JWK (RFC 7517).
    #[cfg_attr(feature = "bindings", ts(type = "Record<string, string>"))]
    pub jwk: serde_json::Value,
    /// The public key as PEM (RFC 7468 section 13).
    pub pem: String,
}
