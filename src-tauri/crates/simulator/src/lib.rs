//! Simulated upstream providers: whatever a connector with a [`Simulation`](vestibule_core::model::Simulation) speaks to.
//!
//! Each is a complete provider on its own path and issuer ([`Places::simulated`](vestibule_core::connectors::Places::simulated)):
//! authorization endpoint with an account chooser, token endpoint, user endpoint, key set, discovery document. The connector's
//! side speaks to it as to a real one; only the endpoints differ.
//!
//! * [`accounts`]: whom a provider knows.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod accounts;
