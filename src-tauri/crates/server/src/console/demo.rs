//! The demo data, planted and removed while the program runs.

use super::{Answer, ROWS, problem};
use crate::config::Document;
use crate::engine::{Engine, StartError};
use crate::seed;
use std::sync::Arc;
use vestibule_core::connectors::delete_connector;
use vestibule_core::console::{ConsoleProblem, DemoView};
use vestibule_core::model::{Application, Connector, Resource, Role, User};
use vestibule_core::record::{Grant, Index};
use vestibule_core::{Cx, StoreError};

/// What the demo document names.
pub(super) struct DemoData {
    applications: Vec<String>,
    users: Vec<String>,
    connectors: Vec<String>,
    /// Indicators.
    resources: Vec<String>,
    /// Names.
    roles: Vec<String>,
}

fn unreadable(errors: &[crate::config::ConfigError]) -> ConsoleProblem {
    let first = errors.first().map(ToString::to_string).unwrap_or_default();
    problem("demo", format!("The demo data can’t be used: {first}"))
}

impl DemoData {
    pub(super) fn read() -> Result<Self, ConsoleProblem> {
        seed::document()
            .map(|document| Self::of(&document))
            .map_err(|errors| unreadable(&errors))
    }

    fn of(document: &Document) -> Self {
        Self {
            applications: document.applications.iter().map(|entry| entry.id.clone()).collect(),
            users: document.users.iter().filter_map(|entry| entry.id.clone()).collect(),
            connectors: document.connectors.iter().map(|entry| entry.id.clone()).collect(),
            resources: document.resources.iter().map(|entry| entry.indicator.clone()).collect(),
            roles: document.roles.iter().map(|entry| entry.name.clone()).collect(),
        }
    }

    fn total(&self) -> usize {
        self.applications.len() + self.users.len() + self.connectors.len() + self.resources.len() + self.roles.len()
    }

    fn stored_roles(&self, cx: &Cx<'_>) -> Result<Vec<Arc<Role>>, StoreError> {
        let mut roles = cx.list::<Role>(ROWS)?;
        roles.retain(|role| self.roles.contains(&role.name));
        Ok(roles)
    }
}

/// How much of it is there.
pub(super) fn present(cx: &Cx<'_>, demo: &DemoData) -> Result<DemoView, StoreError> {
    let mut present = demo.stored_roles(cx)?.len();
    for id in &demo.applications {
        present += usize::from(cx.get::<Application>(id)?.is_some());
    }
    for id in &demo.users {
        present += usize::from(cx.get::<User>(id)?.is_some());
    }
    for id in &demo.connectors {
        present += usize::from(cx.get::<Connector>(id)?.is_some());
    }
    for indicator in &demo.resources {
        present += usize::from(cx.find::<Resource>(&Index::Indicator.entry(indicator.as_str()))?.is_some());
    }
    Ok(DemoView {
        present: u32::try_from(present).unwrap_or(u32::MAX),
        total: u32::try_from(demo.total()).unwrap_or(u32::MAX),
    })
}

fn remove(cx: &mut Cx<'_>, demo: &DemoData) -> Result<(), StoreError> {
    for role in demo.stored_roles(cx)? {
        cx.delete::<Role>(role.id.as_str())?;
    }
    for indicator in &demo.resources {
        if let Some(resource) = cx.find::<Resource>(&Index::Indicator.entry(indicator.as_str()))? {
            cx.delete::<Resource>(resource.id.as_str())?;
        }
    }
    for id in &demo.connectors {
        if let Some(connector) = cx.get::<Connector>(id)? {
            delete_connector(cx, &connector)?;
        }
    }
    for id in &demo.users {
        if let Some(user) = cx.get::<User>(id)? {
            super::people::delete(cx, user)?;
        }
    }
    for grant in cx.list::<Grant>(ROWS)? {
        if demo.applications.iter().any(|id| grant.client_id.as_str() == id) {
            cx.delete::<Grant>(grant.id.as_str())?;
        }
    }
    for id in &demo.applications {
        cx.delete::<Application>(id)?;
    }
    Ok(())
}

impl Engine {
    /// Puts everything that the demo document names back as the document has it; what else there is stays.
    pub(super) async fn plant_demo_data(self: &Arc<Self>) -> Answer {
        let document = seed::document().map_err(|errors| unreadable(&errors))?;
        self.apply(document, true).await.map_err(|error| match error {
            StartError::Config(errors) => unreadable(&errors),
            other => problem("storage", other.to_string()),
        })?;
        // What else a document may change is in effect from here on.
        self.refresh_keys().await?;
        self.recorder.configuration_changed();
        self.data().await
    }

    pub(super) async fn remove_demo_data(self: &Arc<Self>) -> Answer {
        let demo = DemoData::read()?;
        self.commit(move |cx| Ok(Ok(remove(cx, &demo)?))).await?;
        self.publish_documents();
        self.data().await
    }
}
