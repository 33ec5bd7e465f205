//! The protocol rules under `/oidc` (sheet chapters 1 and 2).
//!
//! Read [`authorize`] first: the whole order of checks stands on one page there.

pub mod authorize;
pub mod claims;
pub mod client_auth;
pub mod consent;
pub mod cors;
pub mod device;
pub mod dialect;
pub mod discovery;
pub mod error;
pub mod flow;
pub mod grants;
pub mod introspection;
pub mod logout;
mod one_time_token;
pub mod organizations;
pub mod params;
pub mod pkce;
pub mod redirect;
pub mod request;
pub mod scopes;
pub mod secrets;
pub mod third_party_login;
pub mod token;
pub mod userinfo;

pub use error::OidcError;
pub use redirect::RegisteredRedirect;

#[cfg(test)]
mod tests;
