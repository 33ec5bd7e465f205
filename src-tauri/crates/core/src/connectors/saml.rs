//! SAML 2.0 (sheet 6.5), as values: who the provider is, who we are to it, and what is asked.

use super::Places;
use crate::ids::ConnectorId;
use crate::model::{AttributeMapping, ConnectorConfig};
use crate::time::Timestamp;

/// Longest `RelayState`, in **bytes** (SAML Bindings 3.4.3).
pub const MAX_RELAY_STATE: usize = 80;

/// A provider as its metadata tell of it, or as an administrator typed it (sheet 6.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityProvider {
    /// Its entity id: the `Issuer` of what it says.
    pub entity_id: String,
    /// Where the browser goes with a request (HTTP-Redirect binding).
    pub sign_in_endpoint: String,
    /// The certificates, in DER, whose keys may have signed. Several while the provider changes its key.
    pub certificates: Vec<Vec<u8>>,
    /// Whether it asks for signed requests.
    pub wants_signed_requests: bool,
}

/// This side of a connector: a service provider (sheet 6.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceProvider {
    /// Its entity id, which is the audience of assertions.
    pub entity_id: String,
    /// Where responses are posted: the assertion consumer service.
    pub acs: String,
}

impl ServiceProvider {
    /// An enterprise connector's.
    #[must_use]
    pub fn enterprise(places: &Places, connector: &ConnectorId) -> Self {
        Self {
            entity_id: places.entity_id(connector),
            acs: places.acs(connector),
        }
    }
}

/// How a provider's metadata are come by (sheet 6.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetadataSource {
    /// They are read at an address.
    Url(String),
    /// They were pasted.
    Text(String),
    /// There are none: an administrator typed what they would say.
    Parts {
        /// Entity id.
        entity_id: String,
        /// Sign-in address.
        sign_in_endpoint: String,
        /// Certificate: PEM, or what stands between its first and last line.
        certificate: String,
    },
}

impl MetadataSource {
    /// The source that a configuration names, in Logto's order; `None` where it names none.
    #[must_use]
    pub fn of(config: &ConnectorConfig) -> Option<Self> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        if let Some(url) = given(&config.metadata_url) {
            return Some(Self::Url(url));
        }
        if let Some(text) = given(&config.metadata) {
            return Some(Self::Text(text));
        }
        Some(Self::Parts {
            entity_id: given(&config.entity_id)?,
            sign_in_endpoint: given(&config.sign_in_endpoint)?,
            certificate: given(&config.x509_certificate)?,
        })
    }
}

/// Both sides of a SAML connector, and where the provider's word has the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SamlPartners {
    /// The provider.
    pub provider: IdentityProvider,
    /// Us.
    pub own: ServiceProvider,
    /// Under which names the provider tells of a person.
    pub mapping: AttributeMapping,
}

/// A request to sign somebody in that a decision made. Writing it down, packed and in an address, is not a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SamlRequest {
    /// Its id, which nobody can guess: the response has to name it (SAML Profiles 4.1.4.3).
    pub id: String,
    /// When it was made.
    pub issued_at: Timestamp,
    /// The page's `state`: it comes back as it went.
    pub relay_state: String,
    /// Between whom.
    pub partners: SamlPartners,
}

/// Where the browser goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Departure {
    /// To this address.
    Address(String),
    /// To a SAML provider, with this request.
    Saml(Box<SamlRequest>),
}
