//! SAML 2.0 (sheet 6.3 and 6.5): the service provider's side of an enterprise connector, and the provider's side for a
//! simulated one. Browser sign-in only: requests by redirect, responses by form, started here.
//!
//! Signatures and canonicalisation are bergshamra's, over aws-lc. What is here is SAML's own: what has to be signed, and
//! what the signed words have to say. A message is parsed once; the element whose signature held is the one that is read.
//!
//! Nothing here has a clock, a random number or a network: ids, moments and documents are handed in.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod failure;
mod key;
mod metadata;
mod provider;
mod request;
mod response;
mod signature;
#[cfg(test)]
mod tests;
mod xml;

pub use key::KeyPair;
pub use metadata::{read_metadata, read_parts, service_metadata};
pub use provider::{Answer, Signs, Subject, VALID_FOR, provider_metadata};
pub use request::{AuthnRequest, ReceivedRequest, receive_request};
pub use response::{Accepted, CLOCK_TOLERANCE, Expected, verify_response};
