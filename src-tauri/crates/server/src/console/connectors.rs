//! Connectors, social and enterprise, as the window edits them (sheet chapter 6).

use super::{Answer, at_field, first, problem, storage};
use crate::engine::Engine;
use serde_json::{Map, Value};
use std::sync::Arc;
use vestibule_core::connectors::{
    Discovery, DocumentSource, MetadataSource, Places, UpstreamFailure, announces_pkce, config_of_discovery, delete_connector,
    document_source, merged_config, obstacles, put_draft,
};
use vestibule_core::console::{
    ConnectorCatalogue, ConnectorDraft, ConnectorList, ConnectorSecrets, ConnectorView, ConsoleProblem, ConsoleReply, DiscoveredIssuer,
    Obstacle, connector_view, factory_view,
};
use vestibule_core::entropy::{id12, id21};
use vestibule_core::ids::ConnectorId;
use vestibule_core::model::{
    Application, Connector, ConnectorConfig, Factory, INVALID_INPUT, Problem, SECRET_MEMBERS, SignInExperience, check_connector,
    check_connector_among, check_http_url, check_idp_initiated_auth,
};
use vestibule_core::{Cx, Secret, StoreError};

/// Most connectors.
pub(super) const MAX_CONNECTORS: usize = 500;

fn unknown(id: &str) -> ConsoleProblem {
    problem("entity.not_found", format!("There is no connector {id} any more."))
}

/// A connector's configuration as it is stored, opened.
fn held_config(cx: &Cx<'_>, connector: &Connector) -> Result<Map<String, Value>, StoreError> {
    if connector.config.is_empty() {
        return Ok(Map::new());
    }
    let opened = cx.vault.open(&connector.config)?;
    serde_json::from_str(opened.expose()).map_err(|e| StoreError::Corrupt(format!("configuration of connector {}: {e}", connector.id)))
}

/// A configuration as a type, or the member that does not fit.
fn read_config(config: Map<String, Value>) -> Result<ConnectorConfig, Problem> {
    serde_path_to_error::deserialize(Value::Object(config)).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." {
            "config".to_owned()
        } else {
            format!("config.{path}")
        };
        Problem::coded("connector.invalid_config", field, format!("Does not fit: {}.", error.into_inner()))
    })
}

fn experience(cx: &Cx<'_>) -> Result<Arc<SignInExperience>, StoreError> {
    Ok(cx.get::<SignInExperience>(SignInExperience::ID)?.unwrap_or_default())
}

fn view(cx: &Cx<'_>, connector: &Connector, places: &Places) -> Result<ConnectorView, StoreError> {
    let held = held_config(cx, connector)?;
    let config = read_config(held.clone());
    let config = config.as_ref().map_err(|problem| format!("{}: {}", problem.field, problem.message));
    let obstacles = obstacles(connector, config, experience(cx)?.as_ref());
    let simulated_at = connector.simulation.is_some().then(|| places.simulated(&connector.id));
    Ok(connector_view(connector, held, places, simulated_at, obstacles))
}

/// All connectors in the order of the window: as the sign-in page shows them, the oldest first where it does not say.
fn list(cx: &Cx<'_>, places: &Places) -> Result<ConnectorList, StoreError> {
    let row = experience(cx)?;
    let targets = row.social_sign_in_connector_targets.clone();
    let mut connectors = cx.list::<Connector>(MAX_CONNECTORS)?;
    let place = |connector: &Connector| {
        let offered = connector
            .target
            .as_ref()
            .and_then(|target| targets.iter().position(|t| t == target));
        offered.unwrap_or(targets.len())
    };
    connectors.sort_by_key(|c| (c.is_enterprise(), place(c), c.created_at, c.id.0.clone()));
    Ok(ConnectorList {
        connectors: connectors.iter().map(|c| view(cx, c, places)).collect::<Result<_, _>>()?,
        targets,
        single_sign_on_enabled: row.single_sign_on_enabled,
    })
}

/// What is edited, before it is stored: what it becomes, and how it is configured.
struct Edited {
    connector: Connector,
    config: ConnectorConfig,
}

/// Puts a draft on a connector and checks it against everything that is stored.
fn edited(
    cx: &Cx<'_>,
    mut connector: Connector,
    stored: Option<&Connector>,
    draft: ConnectorDraft,
) -> Result<Result<Edited, ConsoleProblem>, StoreError> {
    let config = merged_config(draft.config.clone(), &held_config(cx, &connector)?);
    put_draft(&mut connector, draft);
    let config = match read_config(config) {
        Ok(config) => config,
        Err(problem) => return Ok(Err(at_field(problem))),
    };
    let mut problems = check_connector_among(&connector, stored, &cx.list::<Connector>(MAX_CONNECTORS)?);
    problems.extend(check_connector(&connector, &config));
    if let Some(auth) = &connector.idp_initiated_auth {
        let application = cx.get::<Application>(auth.default_application_id.as_str())?;
        problems.extend(check_idp_initiated_auth(auth, application.as_deref()));
    }
    Ok(first(problems).map(|()| Edited { connector, config }))
}

/// Stores what was edited: the configuration sealed, and the same box while its content is the same.
fn keep(cx: &mut Cx<'_>, edited: Edited) -> Result<Connector, StoreError> {
    let Edited { mut connector, config } = edited;
    let text = serde_json::to_string(&config).map_err(|e| StoreError::Corrupt(e.to_string()))?;
    let same = !connector.config.is_empty() && cx.vault.open(&connector.config)?.expose() == text;
    if !same {
        connector.config = cx.vault.seal(&Secret::new(text));
    }
    cx.put(&connector)?;
    Ok(connector)
}

/// What has to be readable of a provider before its connector is saved (sheet 6.5): an issuer's discovery document, or SAML
/// metadata. `None` for one that needs neither, and where nothing about it changed. A simulated one is always there.
fn document_to_read(edited: &Edited, before: Option<(&Connector, &Map<String, Value>)>, places: &Places) -> Option<DocumentSource> {
    if edited.connector.simulation.is_some() {
        return None;
    }
    let source = document_source(&edited.connector, &edited.config, places);
    let read = before.and_then(|(stored, held)| {
        let config = read_config(held.clone()).ok().filter(|_| stored.simulation.is_none())?;
        document_source(stored, &config, places)
    });
    source.filter(|source| read.as_ref() != Some(source))
}

/// Why a connector can't be saved whose provider's document can't be read.
fn not_saved(source: &DocumentSource, failure: &UpstreamFailure) -> ConsoleProblem {
    let field = match source {
        DocumentSource::Issuer(issuer) => return unreadable(issuer, failure, "config.issuer"),
        DocumentSource::Metadata(MetadataSource::Url(_)) => "config.metadataUrl",
        DocumentSource::Metadata(MetadataSource::Text(_)) => "config.metadata",
        DocumentSource::Metadata(MetadataSource::Parts { .. }) => "config.x509Certificate",
    };
    ConsoleProblem {
        code: "connector.invalid_config".into(),
        message: format!("{}. {}", failure.because.title, failure.because.detail),
        field: Some(field.into()),
    }
}

fn unreadable(issuer: &str, failure: &UpstreamFailure, field: &str) -> ConsoleProblem {
    ConsoleProblem {
        code: "connector.invalid_config".into(),
        message: format!(
            "The discovery document of {issuer} could not be read. {} {}",
            failure.because.title, failure.because.detail
        ),
        field: Some(field.into()),
    }
}

impl Engine {
    pub(super) fn connectors(&self) -> Answer {
        let places = self.places();
        self.look(|cx| list(cx, &places))
            .map(ConsoleReply::Connectors)
            .map_err(|e| storage(&e))
    }

    pub(super) fn connector_factories(&self) -> Answer {
        let id = id21(self.entropy.as_ref());
        let (places, connector) = (self.places(), ConnectorId(id.clone()));
        let factories = Factory::ALL
            .iter()
            .map(|factory| factory_view(factory, &places, &connector))
            .collect();
        Ok(ConsoleReply::ConnectorFactories(ConnectorCatalogue { id, factories }))
    }

    pub(super) async fn create_connector(self: &Arc<Self>, id: Option<String>, draft: ConnectorDraft, offer: bool) -> Answer {
        let enterprise = draft.enterprise;
        let id = id.unwrap_or_else(|| {
            if enterprise {
                id12(self.entropy.as_ref())
            } else {
                id21(self.entropy.as_ref())
            }
        });
        let fresh = move |now| Connector::new(ConnectorId(id.clone()), String::new(), None, String::new(), now);
        let asked = self
            .look(|cx| edited(cx, fresh(cx.now), None, draft.clone()))
            .map_err(|e| storage(&e))??;
        let places = self.places();
        self.read_document(document_to_read(&asked, None, &places)).await?;
        let view = self
            .commit(move |cx| {
                let connector = fresh(cx.now);
                if cx.get::<Connector>(connector.id.as_str())?.is_some() {
                    let message = "Another connector has this id. Choose a different one.";
                    return Ok(Err(at_field(Problem::coded("entity.unique_integrity_violation", "id", message))));
                }
                if cx.count::<Connector>(MAX_CONNECTORS)? >= MAX_CONNECTORS {
                    let message = format!("There are {MAX_CONNECTORS} connectors already. Delete one first.");
                    return Ok(Err(problem(INVALID_INPUT, message)));
                }
                let edited = match edited(cx, connector, None, draft)? {
                    Ok(edited) => edited,
                    Err(problem) => return Ok(Err(problem)),
                };
                let connector = keep(cx, edited)?;
                if offer {
                    let mut row = experience(cx)?.as_ref().clone();
                    match &connector.target {
                        Some(target) if !row.social_sign_in_connector_targets.contains(target) => {
                            row.social_sign_in_connector_targets.push(target.clone());
                        }
                        Some(_) => {}
                        None => row.single_sign_on_enabled = true,
                    }
                    cx.put(&row)?;
                }
                Ok(Ok(view(cx, &connector, &places)?))
            })
            .await?;
        Ok(ConsoleReply::Connector(Box::new(view)))
    }

    pub(super) async fn update_connector(self: &Arc<Self>, id: String, draft: ConnectorDraft) -> Answer {
        let places = self.places();
        let document = self
            .look(|cx| {
                let Some(stored) = cx.get::<Connector>(&id)? else {
                    return Ok(Err(unknown(&id)));
                };
                let held = held_config(cx, &stored)?;
                let asked = edited(cx, stored.as_ref().clone(), Some(stored.as_ref()), draft.clone())?;
                Ok(asked.map(|asked| document_to_read(&asked, Some((&stored, &held)), &places)))
            })
            .map_err(|e| storage(&e))??;
        self.read_document(document).await?;
        let view = self
            .commit(move |cx| {
                let Some(stored) = cx.get::<Connector>(&id)? else {
                    return Ok(Err(unknown(&id)));
                };
                match edited(cx, stored.as_ref().clone(), Some(stored.as_ref()), draft)? {
                    Ok(edited) => {
                        let connector = keep(cx, edited)?;
                        Ok(Ok(view(cx, &connector, &places)?))
                    }
                    Err(problem) => Ok(Err(problem)),
                }
            })
            .await?;
        Ok(ConsoleReply::Connector(Box::new(view)))
    }

    pub(super) async fn delete_connector(self: &Arc<Self>, id: String) -> Answer {
        let name = self
            .commit(move |cx| {
                let Some(connector) = cx.get::<Connector>(&id)? else {
                    return Ok(Err(unknown(&id)));
                };
                delete_connector(cx, &connector)?;
                Ok(Ok(connector.label().to_owned()))
            })
            .await?;
        Ok(ConsoleReply::Done(format!(
            "Deleted {name}. People keep the identities they have linked, and can use them again with a connector of the same target."
        )))
    }

    pub(super) fn connector_secrets(&self, id: &str) -> Answer {
        let held = self
            .look(|cx| match cx.get::<Connector>(id)? {
                Some(connector) => held_config(cx, &connector).map(Some),
                None => Ok(None),
            })
            .map_err(|e| storage(&e))?
            .ok_or_else(|| unknown(id))?;
        let opened = SECRET_MEMBERS.iter().filter_map(|member| {
            let text = held.get(*member)?.as_str().filter(|text| !text.is_empty())?;
            Some(((*member).to_owned(), text.to_owned()))
        });
        Ok(ConsoleReply::ConnectorSecrets(ConnectorSecrets(opened.collect())))
    }

    /// A change of how the sign-in page offers connectors, answered with all of them.
    async fn change_offer(
        self: &Arc<Self>,
        rule: impl FnOnce(&Cx<'_>, &mut SignInExperience) -> Result<Result<(), ConsoleProblem>, StoreError> + Send + 'static,
    ) -> Answer {
        let places = self.places();
        let list = self
            .commit(move |cx| {
                let mut row = experience(cx)?.as_ref().clone();
                if let Err(problem) = rule(cx, &mut row)? {
                    return Ok(Err(problem));
                }
                cx.put(&row)?;
                Ok(Ok(list(cx, &places)?))
            })
            .await?;
        Ok(ConsoleReply::Connectors(list))
    }

    /// Targets that are there already may stay, also without a connector; new ones need one.
    pub(super) async fn offer_targets(self: &Arc<Self>, targets: Vec<String>) -> Answer {
        self.change_offer(move |cx, row| {
            let connectors = cx.list::<Connector>(MAX_CONNECTORS)?;
            for (index, target) in targets.iter().enumerate() {
                let field = format!("targets.{index}");
                if targets[..index].contains(target) {
                    let message = format!("{target} is listed twice. Remove one.");
                    return Ok(Err(at_field(Problem::new(field, message))));
                }
                let known = connectors.iter().any(|c| c.target.as_ref() == Some(target));
                if !known && !row.social_sign_in_connector_targets.contains(target) {
                    let message = format!("No connector has the target {target}. Add one first.");
                    return Ok(Err(at_field(Problem::new(field, message))));
                }
            }
            row.social_sign_in_connector_targets = targets;
            Ok(Ok(()))
        })
        .await
    }

    pub(super) async fn set_single_sign_on(self: &Arc<Self>, enabled: bool) -> Answer {
        self.change_offer(move |_, row| {
            row.single_sign_on_enabled = enabled;
            Ok(Ok(()))
        })
        .await
    }

    /// A sign-in of the built-in client that goes straight to the connector. Whoever is signed in is asked again.
    pub(super) async fn test_connector(self: &Arc<Self>, id: &str) -> Answer {
        let places = self.places();
        let view = self
            .look(|cx| cx.get::<Connector>(id)?.map(|connector| view(cx, &connector, &places)).transpose())
            .map_err(|e| storage(&e))?
            .ok_or_else(|| unknown(id))?;
        if let Some(obstacle) = view.obstacles.first() {
            return Err(in_the_way(&view.name, obstacle));
        }
        let way = match &view.target {
            Some(target) => format!("social:{target}"),
            None => format!("sso:{}", view.id),
        };
        let params = [
            ("scope", "openid profile email identities"),
            ("prompt", "login"),
            ("direct_sign_in", way.as_str()),
        ];
        let params = params.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let run = self.playground_start(params, true, false).await?;
        Ok(ConsoleReply::Playground(Some(run)))
    }
}

/// Why a test would not reach the provider.
fn in_the_way(name: &str, obstacle: &Obstacle) -> ConsoleProblem {
    let (message, field) = match obstacle {
        Obstacle::NotOffered => (format!("The sign-in page does not show {name}. Switch it on first."), None),
        Obstacle::SingleSignOnOff => ("Enterprise single sign-on is switched off. Switch it on first.".to_owned(), None),
        Obstacle::NoDomain => (format!("{name} has no mail domain. Add one first."), Some("domains".to_owned())),
        Obstacle::Misconfigured { field, message } => (format!("{name} is not set up right: {message}"), Some(field.clone())),
    };
    ConsoleProblem {
        code: "connector.invalid_config".into(),
        message,
        field,
    }
}

/// Reading a discovery document, the one thing here that leaves the program.
impl Engine {
    /// The issuer's document as it is now.
    async fn discovery(&self, issuer: &str) -> Result<Discovery, UpstreamFailure> {
        self.providers.discover_afresh(issuer).await
    }

    /// An enterprise connector is saved only if its provider's document can be read (sheet 6.5).
    async fn read_document(&self, source: Option<DocumentSource>) -> Result<(), ConsoleProblem> {
        let Some(source) = source else { return Ok(()) };
        match self.providers.document_afresh(&source).await {
            Ok(_) => Ok(()),
            Err(failure) => Err(not_saved(&source, &failure)),
        }
    }

    pub(super) async fn discover_issuer(&self, issuer: &str) -> Answer {
        let issuer = issuer.trim();
        if let Err(message) = check_http_url(issuer) {
            return Err(at_field(Problem::new("issuer", message)));
        }
        let discovery = self
            .discovery(issuer)
            .await
            .map_err(|failure| unreadable(issuer, &failure, "issuer"))?;
        Ok(ConsoleReply::DiscoveredIssuer(DiscoveredIssuer {
            config: config_of_discovery(&discovery),
            announces_pkce: announces_pkce(&discovery),
            issuer: discovery.issuer,
        }))
    }
}

#[cfg(test)]
mod tests;
