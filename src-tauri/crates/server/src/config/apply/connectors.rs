//! Connectors, and whom simulated providers know.

use super::{Applier, derived_id};
use crate::config::document::{AccountEntry, ConnectorEntry};
use serde_json::{Map, Value};
use vestibule_core::connectors::put_preset;
use vestibule_core::model::{Connector, ConnectorConfig, Problem, SimulatedAccount, Simulation, check_connector, check_connector_among};
use vestibule_core::{Secret, StoreError, Timestamp};

/// Most connectors looked through.
const MAX_CONNECTORS: usize = 500;

/// The subject of an account: as given, else made from the name.
pub(in crate::config) fn subject(account: &AccountEntry) -> String {
    account.sub.clone().unwrap_or_else(|| derived_id("subject", &account.name, 21))
}

/// The connector that an entry makes of what is stored, with its configuration.
///
/// # Errors
/// What is wrong with the members of the configuration.
pub(in crate::config) fn connector_of(
    entry: &ConnectorEntry,
    stored: Option<(&Connector, &Map<String, Value>)>,
) -> Result<(Connector, ConnectorConfig), Problem> {
    let mut connector = stored.map_or_else(
        || Connector::new(entry.id.as_str().into(), String::new(), None, String::new(), Timestamp(0)),
        |(stored, _)| stored.clone(),
    );
    connector.connector_id.clone_from(&entry.connector_id);
    if entry.target.is_some() {
        connector.target.clone_from(&entry.target);
    }
    let set = |own: &mut Option<String>, given: &Option<String>| {
        if given.is_some() {
            own.clone_from(given);
        }
    };
    set(&mut connector.logo, &entry.logo);
    set(&mut connector.logo_dark, &entry.logo_dark);
    set(&mut connector.display_name, &entry.display_name);
    if let Some(name) = &entry.name {
        connector.name.clone_from(name);
    }
    if let Some(names) = &entry.names {
        connector.names.clone_from(names);
    }
    if let Some(domains) = &entry.domains {
        connector.domains.clone_from(domains);
    }
    connector.sync_profile = entry.sync_profile.unwrap_or(connector.sync_profile);
    connector.enable_token_storage = entry.enable_token_storage.unwrap_or(connector.enable_token_storage);
    if entry.idp_initiated_auth.is_some() {
        connector.idp_initiated_auth.clone_from(&entry.idp_initiated_auth);
    }
    match entry.simulated {
        Some(true) => drop(connector.simulation.get_or_insert_with(Simulation::default)),
        Some(false) => connector.simulation = None,
        None => {}
    }
    if let (Some(simulation), Some(failure)) = (&mut connector.simulation, entry.failure) {
        simulation.failure = Some(failure);
    }
    put_preset(&mut connector, entry.id.as_str());
    let held = entry.config.as_ref().or(stored.map(|(_, config)| config));
    let config = held.cloned().unwrap_or_default();
    match serde_path_to_error::deserialize(Value::Object(config)) {
        Ok(config) => Ok((connector, config)),
        Err(error) => {
            let path = error.path().to_string();
            let field = if path == "." {
                "config".to_owned()
            } else {
                format!("config.{path}")
            };
            Err(Problem::new(field, format!("Can't be read: {}.", error.inner())))
        }
    }
}

impl Applier<'_, '_, '_> {
    pub(super) fn connectors(&mut self) -> Result<(), StoreError> {
        for entry in &self.document.connectors {
            let stored = self.cx.get::<Connector>(&entry.id)?;
            let held = stored.as_ref().and_then(|connector| self.cx.vault.open(&connector.config).ok());
            let held: Map<String, Value> = held
                .and_then(|secret| serde_json::from_str(secret.expose()).ok())
                .unwrap_or_default();
            let (mut new, config) = match connector_of(entry, stored.as_deref().map(|stored| (stored, &held))) {
                Ok(whole) => whole,
                Err(problem) => {
                    self.problems(&entry.at, vec![problem]);
                    continue;
                }
            };
            self.problems(&entry.at, check_connector(&new, &config));
            let others = self.cx.list::<Connector>(MAX_CONNECTORS)?;
            self.problems(&entry.at, check_connector_among(&new, stored.as_deref(), &others));
            if stored.is_none() {
                new.created_at = self.cx.now;
            }
            let wanted = entry.config.as_ref().unwrap_or(&held);
            // Sealing draws randomness: the box stays as it is while its content does.
            if new.config.is_empty() || *wanted != held {
                let text = Value::Object(wanted.clone()).to_string();
                new.config = self.cx.vault.seal(&Secret::new(text));
            }
            self.put(stored.as_deref(), &new)?;
            self.accounts(entry, &new)?;
        }
        Ok(())
    }

    /// Whom the simulated provider behind a connector knows. Not entries of their own, so not counted.
    fn accounts(&mut self, entry: &ConnectorEntry, connector: &Connector) -> Result<(), StoreError> {
        for account in entry.accounts.iter().flatten() {
            let sub = subject(account);
            let id = derived_id("simulated account", &format!("{}/{sub}", connector.id), 21);
            let stored = self.cx.get::<SimulatedAccount>(&id)?;
            let new = SimulatedAccount {
                connector_id: connector.id.clone(),
                sub,
                name: account.name.clone(),
                email: account.email.clone(),
                email_verified: account.email_verified.unwrap_or(true),
                phone: account.phone.clone(),
                avatar: account.avatar.clone(),
                claims: account.claims.clone().unwrap_or_default(),
                failure: account.failure,
                known: stored.as_ref().is_some_and(|stored| stored.known),
                created_at: stored.as_ref().map_or(self.cx.now, |stored| stored.created_at),
                id,
            };
            if stored.as_deref() != Some(&new) {
                self.cx.put(&new)?;
            }
        }
        Ok(())
    }
}
