//! A simulated provider as its endpoints see it: connector, configuration and address put together.

use std::sync::Arc;
use vestibule_core::connectors::Places;
use vestibule_core::experience::open_config;
use vestibule_core::model::{AttributeMapping, Connector, Factory, ProfileMap, Shape};
use vestibule_core::{Cx, Secret, StoreError};

/// The client that every simulated provider knows, unless the connector is configured with another.
pub const CLIENT: &str = "vestibule";

/// A simulated provider.
#[derive(Clone)]
pub struct Provider {
    /// The connector that speaks to it.
    pub connector: Arc<Connector>,
    /// What it plays.
    pub factory: &'static Factory,
    /// Its address for browsers, also its issuer.
    pub issuer: String,
    /// Its address for this very program.
    pub loopback: String,
    /// Where it sends browsers back to.
    pub callback: String,
    /// The only client it knows; for SAML, the service provider's entity id.
    pub client_id: String,
    /// That client's secret, where the connector has one.
    pub client_secret: Option<Secret>,
    /// Under which names a SAML provider tells of a person.
    pub attribute_mapping: AttributeMapping,
    /// Under which names a plain OAuth 2.0 user endpoint answers.
    pub profile_map: ProfileMap,
}

impl Provider {
    /// The provider behind a connector; `None` where there is no such connector, or it speaks to a real one.
    ///
    /// # Errors
    /// When the store fails or the configuration can't be opened.
    pub fn find(cx: &Cx<'_>, places: &Places, id: &str) -> Result<Option<Self>, StoreError> {
        let Some(connector) = cx.get::<Connector>(id)?.filter(|connector| connector.simulation.is_some()) else {
            return Ok(None);
        };
        let Some(factory) = connector.factory() else { return Ok(None) };
        let config = open_config(cx, &connector)?;
        Ok(Some(Self {
            factory,
            issuer: places.simulated(&connector.id),
            loopback: places.simulated_loopback(&connector.id),
            callback: places.way_back(factory.shape, &connector.id),
            client_id: Some(if factory.shape == Shape::Saml {
                places.entity_id(&connector.id)
            } else {
                config.client_id
            })
            .filter(|id| !id.is_empty())
            .unwrap_or_else(|| CLIENT.to_owned()),
            client_secret: Some(config.client_secret).filter(|secret| !secret.is_empty()).map(Secret::new),
            attribute_mapping: config.attribute_mapping.unwrap_or_default(),
            profile_map: config.profile_map.unwrap_or_default(),
            connector,
        }))
    }

    /// How its answers look.
    #[must_use]
    pub const fn shape(&self) -> Shape {
        self.factory.shape
    }

    /// What a sentence calls it: what the real one is called, and the connector's own name where that differs.
    #[must_use]
    pub fn name(&self) -> &str {
        self.connector.label()
    }

    /// Whether it is one of Microsoft's, whose tokens name a tenant.
    #[must_use]
    pub fn is_entra(&self) -> bool {
        self.shape() == Shape::Microsoft || self.connector.connector_id == "AzureAdOidc"
    }

    /// Whether it is one of Google's.
    #[must_use]
    pub fn is_google(&self) -> bool {
        self.shape() == Shape::Google || self.connector.connector_id == "GoogleWorkspace"
    }

    /// Whether the people whom it knows have e-mail addresses in its answers at all.
    #[must_use]
    pub const fn tells_email(&self) -> bool {
        !matches!(self.factory.shape, Shape::X)
    }
}
