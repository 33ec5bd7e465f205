//! Connectors, as the window is shown them and edits them (sheet chapter 6).

use crate::connectors::Places;
use crate::ids::ConnectorId;
use crate::model::{ConfigField, Connector, Factory, IdpInitiatedAuth, SECRET_MEMBERS, Shape, Simulation};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What can be edited of a connector.
#[derive(Clone, Deserialize)]
#[cfg_attr(feature = "bindings", derive(Serialize, ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConnectorDraft {
    /// The factory: `google-universal`; for enterprise SSO the provider name. Can't be changed later.
    pub connector_id: String,
    /// Whether it is for enterprise SSO. Can't be changed later.
    #[serde(default)]
    pub enterprise: bool,
    /// The target of a standard connector; a preset has its own. Can't be changed later.
    #[serde(default)]
    pub target: Option<String>,
    /// Its name; empty for a preset's own.
    #[serde(default)]
    pub name: String,
    /// What a standard connector calls itself in other languages, by language tag.
    #[serde(default)]
    pub names: BTreeMap<String, String>,
    /// Picture address.
    #[serde(default)]
    pub logo: Option<String>,
    /// Picture address on a dark ground.
    #[serde(default)]
    pub logo_dark: Option<String>,
    /// What the button of an enterprise connector says; the name unless given.
    #[serde(default)]
    pub display_name: Option<String>,
    /// Mail domains of an enterprise connector.
    #[serde(default)]
    pub domains: Vec<String>,
    /// Whether name and picture are taken over at every sign-in.
    #[serde(default)]
    pub sync_profile: bool,
    /// Whether the provider's tokens are kept, sealed.
    #[serde(default)]
    pub enable_token_storage: bool,
    /// What a sign-in that begins at an enterprise provider leads to; such are refused where it is left out.
    #[serde(default)]
    pub idp_initiated_auth: Option<IdpInitiatedAuth>,
    /// Present where Vestibule plays the provider itself.
    #[serde(default)]
    pub simulation: Option<Simulation>,
    /// Logto's members. A secret one that is left out or `null` stays as it is; the empty text removes it.
    #[serde(default)]
    #[cfg_attr(feature = "bindings", ts(type = "Record<string, unknown>"))]
    pub config: Map<String, Value>,
}

impl std::fmt::Debug for ConnectorDraft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConnectorDraft")
            .field("connector_id", &self.connector_id)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// A connector as the window sees it: no secrets.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct ConnectorView {
    /// Database id.
    pub id: String,
    pub connector_id: String,
    pub enterprise: bool,
    pub target: Option<String>,
    pub name: String,
    pub names: BTreeMap<String, String>,
    pub logo: Option<String>,
    pub logo_dark: Option<String>,
    pub display_name: Option<String>,
    pub domains: Vec<String>,
    pub sync_profile: bool,
    pub enable_token_storage: bool,
    pub idp_initiated_auth: Option<IdpInitiatedAuth>,
    /// Where an enterprise provider sends browsers to begin a sign-in; `None` where it can't (SAML).
    pub initiate_login_uri: Option<String>,
    pub simulation: Option<Simulation>,
    /// Its configuration without secrets.
    #[cfg_attr(feature = "bindings", ts(type = "Record<string, unknown>"))]
    pub config: Map<String, Value>,
    /// The secret members that there are.
    pub secrets: Vec<String>,
    /// Where the provider sends the browser back to: the callback address, or the assertion consumer service (SAML).
    pub callback: String,
    /// Our entity id at the provider (SAML).
    pub entity_id: Option<String>,
    /// The set-up guide, with these filled in.
    pub guide: Vec<String>,
    /// Where Vestibule plays the provider.
    pub simulated_at: Option<String>,
    /// Whether people can use it: empty, or everything that is in the way.
    pub obstacles: Vec<Obstacle>,
    pub created_at: Timestamp,
}

/// What keeps people from signing in through a connector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Obstacle {
    /// Its target is not in `socialSignInConnectorTargets`.
    NotOffered,
    /// `singleSignOnEnabled` is off.
    SingleSignOnOff,
    /// It has no mail domain, so that no page and no direct sign-in finds it (sheet 6.5).
    NoDomain,
    /// Its configuration is not right.
    Misconfigured {
        /// Dotted path: `config.clientId`.
        field: String,
        /// What is wrong and what would be right.
        message: String,
    },
}

/// All connectors, and how the sign-in page offers them.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct ConnectorList {
    /// Social ones in the order of the sign-in page, then those that it does not show; then enterprise ones, the oldest first.
    pub connectors: Vec<ConnectorView>,
    /// `socialSignInConnectorTargets`.
    pub targets: Vec<String>,
    /// Whether enterprise SSO is on.
    pub single_sign_on_enabled: bool,
}

/// A factory as the window sees it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct FactoryView {
    /// Logto's id: `google-universal`.
    pub id: &'static str,
    pub name: &'static str,
    pub description: &'static str,
    pub enterprise: bool,
    pub shape: Shape,
    /// Whether a connector names its own target.
    pub is_standard: bool,
    /// The target of a preset; empty where the connector names its own.
    pub target: &'static str,
    /// Whether the provider issues ID tokens: some failures need one.
    pub issues_id_tokens: bool,
    /// Whether the person is read from a user endpoint.
    pub has_user_endpoint: bool,
    /// Whether the provider's tokens can be kept (sheet 6.4).
    pub stores_tokens: bool,
    pub fields: &'static [ConfigField],
    /// Where a connector that is made next wants browsers to come back to: its callback address, or its assertion consumer service
    /// (SAML).
    pub callback: String,
    /// Our entity id at the provider of a connector that is made next (SAML).
    pub entity_id: Option<String>,
    /// Steps at the provider, with those in their places.
    pub guide: Vec<String>,
}

/// The catalogue, with the address of the connector that is made next.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct ConnectorCatalogue {
    /// An id that is free, for `CreateConnector`: providers ask for the callback address first.
    pub id: String,
    /// Social ones first, in the order of the catalogue.
    pub factories: Vec<FactoryView>,
}

/// What an issuer's discovery document says of an OpenID Connect connector's configuration.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct DiscoveredIssuer {
    /// The issuer, as the document has it.
    pub issuer: String,
    /// Members to put into the configuration; others stay.
    #[cfg_attr(feature = "bindings", ts(type = "Record<string, unknown>"))]
    pub config: Map<String, Value>,
    /// Whether the provider announces PKCE with S256.
    pub announces_pkce: bool,
}

/// The secret members of a connector's configuration, opened.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct ConnectorSecrets(
    /// By member: `clientSecret`, `privateKey`.
    pub BTreeMap<String, String>,
);

impl std::fmt::Debug for ConnectorSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// What a provider is told of us: where browsers come back to, and our entity id (SAML).
fn told(shape: Shape, places: &Places, connector: &ConnectorId) -> (String, Option<String>) {
    let entity_id = (shape == Shape::Saml).then(|| places.entity_id(connector));
    (places.way_back(shape, connector), entity_id)
}

/// Steps of a set-up guide with the addresses of a connector in their places.
fn filled_guide(factory: &Factory, callback: &str, entity_id: Option<&str>) -> Vec<String> {
    let filled = |step: &&str| {
        let step = step.replace("{callback}", callback);
        step.replace("{entityId}", entity_id.unwrap_or_default())
    };
    factory.guide.iter().map(filled).collect()
}

/// Where an OpenID Connect provider sends browsers to begin a sign-in (OIDC Core 4), as soon as its issuer is known.
fn initiate_login_uri(connector: &Connector, config: &Map<String, Value>, places: &Places) -> Option<String> {
    let factory = connector
        .factory()
        .filter(|factory| factory.enterprise && factory.shape != Shape::Saml)?;
    let configured = config.get("issuer").and_then(Value::as_str).filter(|issuer| !issuer.is_empty());
    let issuer = match (&connector.simulation, configured) {
        (Some(_), _) => places.simulated(&connector.id),
        (None, Some(issuer)) => issuer.to_owned(),
        (None, None) => factory.endpoints.issuer.to_owned(),
    };
    let query: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("iss", &issuer)
        .finish();
    let address = places.initiate_login(&connector.id);
    (!issuer.is_empty()).then(|| format!("{address}?{query}"))
}

/// A factory as the window sees it, for a connector that is made next.
#[must_use]
pub fn factory_view(factory: &'static Factory, places: &Places, connector: &ConnectorId) -> FactoryView {
    let (callback, entity_id) = told(factory.shape, places, connector);
    FactoryView {
        id: factory.id,
        name: factory.name,
        description: factory.description,
        enterprise: factory.enterprise,
        shape: factory.shape,
        is_standard: factory.is_standard(),
        target: factory.target,
        issues_id_tokens: factory.issues_id_tokens(),
        has_user_endpoint: factory.has_user_endpoint(),
        stores_tokens: factory.stores_tokens(),
        fields: factory.fields,
        guide: filled_guide(factory, &callback, entity_id.as_deref()),
        callback,
        entity_id,
    }
}

/// A connector as the window sees it. `config` is its configuration, opened; the rest is where it is and what is in the way.
#[must_use]
pub fn connector_view(
    connector: &Connector,
    mut config: Map<String, Value>,
    places: &Places,
    simulated_at: Option<String>,
    obstacles: Vec<Obstacle>,
) -> ConnectorView {
    let initiate_login_uri = initiate_login_uri(connector, &config, places);
    let secrets = SECRET_MEMBERS
        .iter()
        .filter(|member| config.remove(**member).is_some_and(|value| value.as_str() != Some("")))
        .map(|member| (*member).to_owned())
        .collect();
    let factory = connector.factory();
    let (callback, entity_id) = told(factory.map_or(Shape::Oidc, |factory| factory.shape), places, &connector.id);
    let guide = factory
        .map(|factory| filled_guide(factory, &callback, entity_id.as_deref()))
        .unwrap_or_default();
    ConnectorView {
        id: connector.id.0.clone(),
        connector_id: connector.connector_id.clone(),
        enterprise: connector.is_enterprise(),
        target: connector.target.clone(),
        name: connector.name.clone(),
        names: connector.names.clone(),
        logo: connector.logo.clone(),
        logo_dark: connector.logo_dark.clone(),
        display_name: connector.display_name.clone(),
        domains: connector.domains.clone(),
        sync_profile: connector.sync_profile,
        enable_token_storage: connector.enable_token_storage,
        idp_initiated_auth: connector.idp_initiated_auth.clone(),
        initiate_login_uri,
        simulation: connector.simulation.clone(),
        config,
        secrets,
        callback,
        entity_id,
        guide,
        simulated_at,
        obstacles,
        created_at: connector.created_at,
    }
}
