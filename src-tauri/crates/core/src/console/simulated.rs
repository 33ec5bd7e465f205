//! Simulated accounts, as the window sends them back.

use crate::ids::ConnectorId;
use crate::model::Failure;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What can be edited of a [`SimulatedAccount`](crate::model::SimulatedAccount).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SimulatedAccountDraft {
    /// The account that is changed; `null` for a new one.
    #[serde(default)]
    pub id: Option<String>,
    /// The connector whose provider knows it. It stays what it is.
    pub connector_id: ConnectorId,
    /// The subject at the provider; `null` keeps it, or makes one up as the provider does.
    #[serde(default)]
    pub sub: Option<String>,
    /// Full name, at most 128 characters.
    pub name: String,
    /// E-mail address.
    #[serde(default)]
    pub email: Option<String>,
    /// Whether the provider vouches for it.
    #[serde(default)]
    pub email_verified: bool,
    /// Phone number, as the provider writes it.
    #[serde(default)]
    pub phone: Option<String>,
    /// Picture address.
    #[serde(default)]
    pub avatar: Option<String>,
    /// Further claims, over those that the provider makes itself.
    #[serde(default)]
    #[cfg_attr(feature = "bindings", ts(type = "Record<string, unknown>"))]
    pub claims: Map<String, Value>,
    /// How its sign-ins fail; `null` when they work.
    #[serde(default)]
    pub failure: Option<Failure>,
}
