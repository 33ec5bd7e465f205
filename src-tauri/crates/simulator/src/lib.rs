//! Simulated upstream providers: whatever a connector with a [`Simulation`](vestibule_core::model::Simulation) speaks to.
//!
//! Each is a complete provider on its own path and issuer ([`Places::simulated`](vestibule_core::connectors::Places::simulated)):
//! authorization endpoint with an account chooser, token endpoint, user endpoint, key set, discovery document. The connector's
//! side speaks to it as to a real one; only the endpoints differ.
//!
//! * [`accounts`]: whom a provider knows.
//! * [`Provider`]: connector, configuration and address put together.
//! * [`request`], [`play`], [`page`]: the browser's side; from the authorization request over the chooser to the answer.
//! * [`saml`]: what a SAML 2.0 identity provider has instead: requests, responses, metadata, keys.
//! * [`Simulator`], [`claims`], [`discovery`]: the side of the connector; codes, tokens, keys and what they tell.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod accounts;
pub mod claims;
mod endpoints;
mod memory;
pub mod page;
pub mod play;
mod provider;
pub mod request;
pub mod saml;
#[cfg(test)]
mod testing;

pub use endpoints::{Answer, Surroundings, discovery};
pub use memory::{CODE_LIFETIME, Keys, NoCode, Simulator};
pub use page::STYLE;
pub use provider::{CLIENT, Provider};
