//! Keys of Vestibule: who keeps the data key, what is sealed with it, and what signs tokens.
//!
//! * [`open_data_key`]: the data key, from the system's keychain or a key file.
//! * [`Vault`]: seals secrets for the store and signs cookies, with keys derived from it.
//! * [`SigningKeys`] (stored) and [`KeyRing`] (in use): the keys that sign tokens, and their JWKS.
//! * [`verify_client_assertion`]: what clients sign (RFC 7523).
//! * [`PasswordHasher`]: argon2 on threads of its own.
//! * [`OsEntropy`] and [`SystemClock`]: the two adapters that may touch randomness and the wall clock.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod adapters;
mod assertion;
mod custody;
mod error;
mod hasher;
mod keychain;
mod ring;
mod signing;
mod vault;
mod webauthn;

pub use adapters::{OsEntropy, SystemClock};
pub use assertion::{Assertion, AssertionKey, CLOCK_TOLERANCE, ExpectedAssertion, verify_client_assertion};
pub use custody::{CustodyError, CustodyKind, CustodyReport, DataKey, Preference, open_data_key, write_private};
pub use error::{KeyError, VerifyError};
pub use hasher::{HasherError, PasswordHasher};
pub use ring::{Expected, KeyRing, PublishedKey};
pub use signing::{KeyStatus, SigningKeyRecord, SigningKeys};
pub use vault::Vault;
pub use webauthn::{
    AuthenticationPayload, Ceremony, CeremonyError, KnownCredential, NewCredential, RegistrationPayload, verify_authentication,
    verify_registration,
};
