//! Connectors in the file, and whom simulated providers know.

use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use vestibule_core::model::{Failure, IdpInitiatedAuth};

/// `[[connectors]]` (sheet 6.1 and 6.5).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConnectorEntry {
    /// Its path in the file: `connectors.0`.
    #[serde(skip)]
    pub at: String,
    /// In callback addresses.
    pub id: String,
    /// Factory id or SSO provider name.
    pub connector_id: String,
    /// Identity provider key; left out for enterprise SSO.
    #[serde(default)]
    pub target: Option<String>,
    /// Shown to people; the preset's own, or the id, when left out.
    #[serde(default)]
    pub name: Option<String>,
    /// What a standard connector calls itself in other languages, by language tag.
    #[serde(default)]
    pub names: Option<BTreeMap<String, String>>,
    /// Picture address.
    #[serde(default)]
    pub logo: Option<String>,
    /// Picture address on a dark ground.
    #[serde(default)]
    pub logo_dark: Option<String>,
    /// What the button of an enterprise connector says.
    #[serde(default)]
    pub display_name: Option<String>,
    /// Mail domains of an enterprise connector.
    #[serde(default)]
    pub domains: Option<Vec<String>>,
    /// Whether name and picture are taken over at every sign-in.
    #[serde(default)]
    pub sync_profile: Option<bool>,
    /// Whether the provider's tokens are kept.
    #[serde(default)]
    pub enable_token_storage: Option<bool>,
    /// What a sign-in that begins at the provider leads to.
    #[serde(default)]
    pub idp_initiated_auth: Option<IdpInitiatedAuth>,
    /// Whether Vestibule plays the provider.
    #[serde(default)]
    pub simulated: Option<bool>,
    /// How sign-ins at the simulated provider fail.
    #[serde(default)]
    pub failure: Option<Failure>,
    /// Whom the simulated provider knows.
    #[serde(default)]
    pub accounts: Option<Vec<AccountEntry>>,
    /// Its own configuration.
    #[serde(default)]
    pub config: Option<Map<String, Value>>,
}

/// `[[connectors.accounts]]`: somebody whom a simulated provider knows.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccountEntry {
    /// Full name.
    pub name: String,
    /// The subject at the provider; made from the name when left out.
    #[serde(default)]
    pub sub: Option<String>,
    /// E-mail address.
    #[serde(default)]
    pub email: Option<String>,
    /// Whether the provider vouches for it, which it does unless told otherwise.
    #[serde(default)]
    pub email_verified: Option<bool>,
    /// Phone number.
    #[serde(default)]
    pub phone: Option<String>,
    /// Picture address.
    #[serde(default)]
    pub avatar: Option<String>,
    /// Further claims.
    #[serde(default)]
    pub claims: Option<Map<String, Value>>,
    /// How its sign-ins fail.
    #[serde(default)]
    pub failure: Option<Failure>,
}
