//! Editing connectors: from what is asked to what is stored, what is in the way of using one, and what goes with one.

use super::{Discovery, check_config};
use crate::console::{ConnectorDraft, Obstacle};
use crate::model::{
    Connector, ConnectorConfig, Factory, IdpInitiatedAuth, Organization, SECRET_MEMBERS, SignInExperience, SimulatedAccount, User,
};
use crate::port::{Cx, StoreError};
use serde_json::{Map, Value, json};

/// Most simulated accounts, and people, that are looked through.
const MANY: usize = 100_000;

/// A text without spaces around it; `None` where nothing is left.
fn filled(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// Puts a draft's members on a connector, tidied as a form sends them. The configuration is not among them.
pub fn put_draft(connector: &mut Connector, draft: ConnectorDraft) {
    connector.connector_id = draft.connector_id;
    connector.target = if draft.enterprise {
        None
    } else {
        let own = filled(draft.target);
        let preset = Factory::find(&connector.connector_id, false).map_or("", |factory| factory.target);
        Some(own.unwrap_or_else(|| preset.to_owned()))
    };
    draft.name.trim().clone_into(&mut connector.name);
    if connector.name.is_empty()
        && let Some(factory) = connector.factory().filter(|factory| !factory.target.is_empty())
    {
        factory.name.clone_into(&mut connector.name);
    }
    connector.names = draft.names;
    connector.logo = filled(draft.logo);
    connector.logo_dark = filled(draft.logo_dark);
    connector.display_name = filled(draft.display_name);
    connector.domains = draft.domains.iter().map(|domain| tidy_domain(domain)).collect();
    connector.sync_profile = draft.sync_profile;
    connector.enable_token_storage = draft.enable_token_storage;
    connector.idp_initiated_auth = draft.idp_initiated_auth.map(tidy_start);
    connector.simulation = draft.simulation;
}

fn tidy_start(mut auth: IdpInitiatedAuth) -> IdpInitiatedAuth {
    auth.client_idp_initiated_auth_callback_uri = filled(auth.client_idp_initiated_auth_callback_uri);
    auth.redirect_uri = filled(auth.redirect_uri);
    auth
}

/// A mail domain in lower case, without the `@` that people write before it (sheet 6.5).
fn tidy_domain(domain: &str) -> String {
    domain.trim().trim_start_matches('@').to_lowercase()
}

/// A draft's configuration with the secrets it does not name taken from what is held. The empty text removes one.
#[must_use]
pub fn merged_config(mut draft: Map<String, Value>, held: &Map<String, Value>) -> Map<String, Value> {
    draft.retain(|_, value| !value.is_null());
    for member in SECRET_MEMBERS {
        match (draft.get(member), held.get(member)) {
            (None, Some(kept)) => drop(draft.insert(member.to_owned(), kept.clone())),
            (Some(given), _) if given.as_str() == Some("") => drop(draft.remove(member)),
            _ => {}
        }
    }
    draft
}

/// Everything that keeps people from signing in through a connector. `config` is its configuration, or why it can't be read.
#[must_use]
pub fn obstacles(connector: &Connector, config: Result<&ConnectorConfig, String>, experience: &SignInExperience) -> Vec<Obstacle> {
    let mut found = Vec::new();
    let misconfigured = |key: &str, message: String| Obstacle::Misconfigured {
        field: if key.is_empty() { "config".into() } else { format!("config.{key}") },
        message,
    };
    match (connector.factory(), config) {
        (None, _) => found.push(Obstacle::Misconfigured {
            field: "connectorId".into(),
            message: format!("`{}` is no connector that this release knows.", connector.connector_id),
        }),
        (_, Err(message)) => found.push(misconfigured("", message)),
        (Some(factory), Ok(config)) => {
            let problems = check_config(factory, config, connector.simulation.is_some());
            found.extend(problems.into_iter().map(|problem| misconfigured(&problem.key, problem.message)));
        }
    }
    match &connector.target {
        Some(target) if !experience.social_sign_in_connector_targets.contains(target) => found.push(Obstacle::NotOffered),
        Some(_) => {}
        None => {
            if !experience.single_sign_on_enabled {
                found.push(Obstacle::SingleSignOnOff);
            }
            if connector.domains.is_empty() {
                found.push(Obstacle::NoDomain);
            }
        }
    }
    found
}

/// What a discovery document says of an OpenID Connect connector's configuration (sheet 6.3).
#[must_use]
pub fn config_of_discovery(discovery: &Discovery) -> Map<String, Value> {
    let methods = &discovery.token_endpoint_auth_methods_supported;
    // OpenID Connect Discovery 3: left out, it is `client_secret_basic`.
    let method = ["client_secret_post", "client_secret_basic", "client_secret_jwt"]
        .into_iter()
        .find(|known| methods.iter().any(|method| method == known))
        .unwrap_or("client_secret_basic");
    let mut config = Map::new();
    config.insert("authorizationEndpoint".into(), json!(discovery.authorization_endpoint));
    config.insert("tokenEndpoint".into(), json!(discovery.token_endpoint));
    config.insert("tokenEndpointAuthMethod".into(), json!(method));
    config.insert(
        "idTokenVerificationConfig".into(),
        json!({ "jwksUri": discovery.jwks_uri, "issuer": [discovery.issuer] }),
    );
    config.insert("pkce".into(), json!(announces_pkce(discovery)));
    config
}

/// Whether a provider announces PKCE with S256 (RFC 8414 section 2).
#[must_use]
pub fn announces_pkce(discovery: &Discovery) -> bool {
    discovery.code_challenge_methods_supported.iter().any(|method| method == "S256")
}

/// Deletes a connector with what is only there for it: its place on the sign-in page, its simulated accounts and the tokens
/// that were kept of it. Identities of people stay.
///
/// # Errors
/// When the store fails.
pub fn delete_connector(cx: &mut Cx<'_>, connector: &Connector) -> Result<(), StoreError> {
    if let Some(target) = &connector.target
        && let Some(row) = cx.get::<SignInExperience>(SignInExperience::ID)?
        && row.social_sign_in_connector_targets.contains(target)
    {
        let mut row = row.as_ref().clone();
        row.social_sign_in_connector_targets.retain(|offered| offered != target);
        cx.put(&row)?;
    }
    for account in cx.list::<SimulatedAccount>(MANY)? {
        if account.connector_id == connector.id {
            cx.delete::<SimulatedAccount>(&account.id)?;
        }
    }
    for user in cx.list::<User>(MANY)? {
        if user.connector_tokens.contains_key(connector.id.as_str()) {
            let mut user = user.as_ref().clone();
            user.connector_tokens.remove(connector.id.as_str());
            cx.put(&user)?;
        }
    }
    for organization in cx.list::<Organization>(MANY)? {
        if organization.jit.sso_connector_ids.contains(&connector.id) {
            let mut organization = organization.as_ref().clone();
            organization.jit.sso_connector_ids.retain(|id| *id != connector.id);
            cx.put(&organization)?;
        }
    }
    cx.delete::<Connector>(connector.id.as_str())
}

/// Fills in what a preset has of its own, where nothing else was said: target and name. `name` is for a connector whose preset
/// has none.
pub fn put_preset(connector: &mut Connector, name: &str) {
    let social = Factory::find(&connector.connector_id, false);
    if let Some(factory) = social.filter(|_| connector.target.is_none()) {
        // A standard connector without one has the empty target, which its check refuses with the right words.
        connector.target = Some(factory.target.to_owned());
    }
    if connector.name.is_empty() {
        let own = social.filter(|factory| !factory.is_standard()).map_or(name, |factory| factory.name);
        own.clone_into(&mut connector.name);
    }
}
