//! Connectors, as Logto shapes them.

use super::TENANT;
use crate::console::ConnectorView;
use crate::model::{Factory, Simulation};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A social connector (sheet 6.1). Secret members of `config` are left out; one that is not sent back stays as it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct ConnectorObject {
    /// The one tenant there is.
    pub tenant_id: &'static str,
    /// Database id: in callback addresses.
    pub id: String,
    /// Factory id: `google-universal`. Can't be changed later.
    pub connector_id: String,
    /// Always `Social`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Identity provider key: `google`.
    pub target: String,
    /// Whether it names its own target.
    pub is_standard: bool,
    /// The configuration without secrets.
    #[cfg_attr(feature = "bindings", ts(type = "Record<string, unknown>"))]
    pub config: Map<String, Value>,
    /// What it is called and looks like.
    pub metadata: ConnectorMetadata,
    /// Whether name and picture are taken over at every sign-in.
    pub sync_profile: bool,
    /// Whether the provider's tokens are kept, sealed.
    pub enable_token_storage: bool,
    /// Present where Vestibule plays the provider itself; Vestibule's addition.
    pub simulation: Option<Simulation>,
    /// When it was created.
    pub created_at: Timestamp,
}

/// What a connector is called and looks like.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ConnectorMetadata {
    /// Identity provider key of a standard connector. Can't be changed later.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub target: Option<String>,
    /// Its name by language tag; `en` is what it is called everywhere else.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub name: BTreeMap<String, String>,
    /// Picture address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub logo: Option<String>,
    /// Picture address on a dark ground.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub logo_dark: Option<String>,
}

impl ConnectorObject {
    /// A social connector; `None` of an enterprise one.
    #[must_use]
    pub fn of(view: ConnectorView) -> Option<Self> {
        let target = view.target?;
        let mut name = view.names;
        if !view.name.is_empty() {
            name.entry("en".to_owned()).or_insert(view.name);
        }
        Some(Self {
            tenant_id: TENANT,
            kind: "Social",
            is_standard: Factory::find(&view.connector_id, false).is_some_and(Factory::is_standard),
            metadata: ConnectorMetadata {
                target: Some(target.clone()),
                name,
                logo: view.logo,
                logo_dark: view.logo_dark,
            },
            target,
            id: view.id,
            connector_id: view.connector_id,
            config: view.config,
            sync_profile: view.sync_profile,
            enable_token_storage: view.enable_token_storage,
            simulation: view.simulation,
            created_at: view.created_at,
        })
    }
}

/// An enterprise connector (sheet 6.5). Secret members of `config` are left out; one that is not sent back stays as it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct SsoConnectorObject {
    /// The one tenant there is.
    pub tenant_id: &'static str,
    /// 12 characters.
    pub id: String,
    /// `OIDC`, `SAML`, `AzureAD`, `AzureAdOidc`, `GoogleWorkspace`, `Okta`. Can't be changed later.
    pub provider_name: String,
    /// Unique.
    pub connector_name: String,
    /// The configuration without secrets.
    #[cfg_attr(feature = "bindings", ts(type = "Record<string, unknown>"))]
    pub config: Map<String, Value>,
    /// Mail domains.
    pub domains: Vec<String>,
    /// What its button says and looks like.
    pub branding: SsoBranding,
    /// Whether name and picture are taken over at every sign-in.
    pub sync_profile: bool,
    /// Whether the provider's tokens are kept, sealed.
    pub enable_token_storage: bool,
    /// Present where Vestibule plays the provider itself; Vestibule's addition.
    pub simulation: Option<Simulation>,
    /// When it was created.
    pub created_at: Timestamp,
}

/// What an enterprise connector's button says and looks like.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct SsoBranding {
    /// The connector's name unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub display_name: Option<String>,
    /// Picture address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub logo: Option<String>,
    /// Picture address on a dark ground.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub dark_logo: Option<String>,
}

impl SsoConnectorObject {
    /// An enterprise connector; `None` of a social one.
    #[must_use]
    pub fn of(view: ConnectorView) -> Option<Self> {
        view.enterprise.then_some(Self {
            tenant_id: TENANT,
            id: view.id,
            provider_name: view.connector_id,
            connector_name: view.name,
            config: view.config,
            domains: view.domains,
            branding: SsoBranding {
                display_name: view.display_name,
                logo: view.logo,
                dark_logo: view.logo_dark,
            },
            sync_profile: view.sync_profile,
            enable_token_storage: view.enable_token_storage,
            simulation: view.simulation,
            created_at: view.created_at,
        })
    }
}
