//! Connectors (sheet chapter 6): the social and enterprise providers that people may sign in with, real or simulated.

mod catalogue;
mod config;
mod simulation;

pub use catalogue::*;
pub use config::*;
pub use simulation::*;

use crate::ids::{AppId, ConnectorId};
use crate::record::{Record, Table};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A social connector (sheet 6.1), or an enterprise SSO connector (sheet 6.5): the first has a target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Connector {
    /// Database id: in callback addresses and `direct_sign_in=sso:<id>`.
    pub id: ConnectorId,
    /// Factory id, such as `google-universal` or `oidc`; for enterprise SSO the provider name, such as `OIDC`.
    pub connector_id: String,
    /// Identity provider key for `direct_sign_in=social:<target>`; `None` for enterprise SSO.
    #[serde(default)]
    pub target: Option<String>,
    /// Shown to people; unique among enterprise connectors (`connectorName`).
    pub name: String,
    /// What a standard connector calls itself in other languages (`metadata.name`), by language tag.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub names: BTreeMap<String, String>,
    /// Picture address (`metadata.logo`, `branding.logo`); empty for the preset's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<String>,
    /// Picture address on a dark ground.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo_dark: Option<String>,
    /// What the button of an enterprise connector says (`branding.displayName`); the name unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Mail domains of an enterprise connector, in lower case.
    #[serde(default)]
    pub domains: Vec<String>,
    /// Whether name and picture are taken over at every sign-in, not only at the first (sheet 6.4).
    #[serde(default)]
    pub sync_profile: bool,
    /// Whether the provider's tokens are kept, sealed (sheet 6.4).
    #[serde(default)]
    pub enable_token_storage: bool,
    /// What a sign-in that begins at the enterprise provider leads to; such are refused where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idp_initiated_auth: Option<IdpInitiatedAuth>,
    /// Present where Vestibule plays the provider itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub simulation: Option<Simulation>,
    /// The [`ConnectorConfig`] as JSON, sealed because it holds the provider's secret.
    pub config: String,
    /// When it was created.
    #[serde(default = "beginning")]
    pub created_at: Timestamp,
}

/// What a sign-in that begins at an enterprise provider leads to (sheet 6.5): the application starts a sign-in of its own at its
/// callback, or one is started for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct IdpInitiatedAuth {
    /// The application.
    pub default_application_id: AppId,
    /// Where the application starts a sign-in of its own: on the origin of one of its redirect URIs.
    pub client_idp_initiated_auth_callback_uri: Option<String>,
    /// Whether the authorization request is made for it instead. Such an application can't have sent a `state` or a code
    /// challenge, so this is for applications with a secret.
    pub auto_send_authorization_request: bool,
    /// The redirect URI of that request; the application's first where left out.
    pub redirect_uri: Option<String>,
    /// Further parameters of that request, such as `scope`.
    pub auth_parameters: BTreeMap<String, String>,
}

const fn beginning() -> Timestamp {
    Timestamp(0)
}

impl Record for Connector {
    const TABLE: Table = Table::Connector;
    fn id(&self) -> &str {
        self.id.as_str()
    }
}

impl Connector {
    /// A connector without configuration.
    #[must_use]
    pub fn new(id: ConnectorId, connector_id: impl Into<String>, target: Option<String>, name: impl Into<String>, now: Timestamp) -> Self {
        Self {
            id,
            connector_id: connector_id.into(),
            target,
            name: name.into(),
            names: BTreeMap::new(),
            logo: None,
            logo_dark: None,
            display_name: None,
            domains: Vec::new(),
            sync_profile: false,
            enable_token_storage: false,
            idp_initiated_auth: None,
            simulation: None,
            config: String::new(),
            created_at: now,
        }
    }

    /// Whether it is an enterprise SSO connector.
    #[must_use]
    pub const fn is_enterprise(&self) -> bool {
        self.target.is_none()
    }

    /// The preset it was made from; `None` for a factory that this release does not know.
    #[must_use]
    pub fn factory(&self) -> Option<&'static Factory> {
        Factory::find(&self.connector_id, self.is_enterprise())
    }

    /// What people read on its button.
    #[must_use]
    pub fn label(&self) -> &str {
        self.display_name.as_deref().unwrap_or(&self.name)
    }

    /// Whether an address with this (lower-case) domain signs in through it.
    #[must_use]
    pub fn serves_domain(&self, domain: &str) -> bool {
        self.is_enterprise() && self.domains.iter().any(|own| own.eq_ignore_ascii_case(domain))
    }
}
