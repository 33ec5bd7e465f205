//! Connectors as configured (sheet 6.1 and 6.5). This release stores and lists them; signing in
//! through them is the next one's work, so none is offered on the sign-in pages yet.

use crate::ids::ConnectorId;
use crate::record::{Record, Table};
use serde::{Deserialize, Serialize};

/// A social or enterprise connector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Connector {
    /// Database id: in callback addresses and `direct_sign_in=sso:<id>`.
    pub id: ConnectorId,
    /// Factory id, such as `google-universal` or `oidc`; for SSO the provider name, such as `OIDC`.
    pub connector_id: String,
    /// Identity provider key for `direct_sign_in=social:<target>`; `None` for enterprise SSO.
    #[serde(default)]
    pub target: Option<String>,
    /// Shown to people.
    pub name: String,
    /// Mail domains of an enterprise connector.
    #[serde(default)]
    pub domains: Vec<String>,
    /// The connector's own configuration, sealed because it holds the upstream secret.
    pub config: String,
}

impl Record for Connector {
    const TABLE: Table = Table::Connector;
    fn id(&self) -> &str {
        self.id.as_str()
    }
}
