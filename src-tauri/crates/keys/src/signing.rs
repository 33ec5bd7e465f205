//! The signing keys as stored: one record, private halves sealed.

use crate::error::KeyError;
use crate::ring::{Pair, public_jwk, thumbprint};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use vestibule_core::model::SigningAlg;
use vestibule_core::port::Vault as VaultPort;
use vestibule_core::record::{Record, Table};
use vestibule_core::secret::Secret;
use vestibule_core::time::Timestamp;
use zeroize::Zeroizing;

/// Where a key stands in its life (sheet 1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyStatus {
    /// Published, not signing yet.
    Next,
    /// Signing.
    Current,
    /// Published, no longer signing.
    Previous,
}

/// One signing key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SigningKeyRecord {
    /// `kid`: base64url of the SHA-256 thumbprint of its public JWK (RFC 7638).
    pub id: String,
    /// What it signs with.
    pub alg: SigningAlg,
    /// Its PKCS#8 form (base64 of DER), sealed.
    pub sealed: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Where it stands.
    pub status: KeyStatus,
}

/// All signing keys: one record of the settings table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SigningKeys {
    /// Newest first within an algorithm.
    pub keys: Vec<SigningKeyRecord>,
}

impl Record for SigningKeys {
    const TABLE: Table = Table::Settings;
    fn id(&self) -> &'static str {
        Self::ID
    }
}

impl SigningKeyRecord {
    /// Makes a key. RSA takes some 75 ms, so call this outside a decision of the store.
    ///
    /// # Errors
    /// When the cryptographic library refuses.
    pub fn generate(alg: SigningAlg, vault: &dyn VaultPort, now: Timestamp, status: KeyStatus) -> Result<Self, KeyError> {
        let (pair, pkcs8) = Pair::generate(alg)?;
        let text = Zeroizing::new(STANDARD.encode(&*pkcs8));
        Ok(Self {
            id: thumbprint(&public_jwk(&pair)),
            alg,
            sealed: vault.seal(&Secret::new(text.as_str())),
            created_at: now,
            status,
        })
    }

    /// The key pair again.
    pub(crate) fn unseal(&self, vault: &dyn VaultPort) -> Result<Pair, KeyError> {
        let damaged = || KeyError::Damaged(self.id.clone());
        let text = vault.open(&self.sealed).map_err(|error| KeyError::Sealed(error.to_string()))?;
        let pkcs8 = Zeroizing::new(STANDARD.decode(text.expose()).map_err(|_| damaged())?);
        let pair = Pair::from_pkcs8(self.alg, &pkcs8).map_err(|_| damaged())?;
        if thumbprint(&public_jwk(&pair)) == self.id {
            Ok(pair)
        } else {
            Err(damaged())
        }
    }
}

impl SigningKeys {
    /// The id of the one record.
    pub const ID: &'static str = "signing-keys";

    /// The key that signs with an algorithm.
    #[must_use]
    pub fn current(&self, alg: SigningAlg) -> Option<&SigningKeyRecord> {
        self.keys.iter().find(|key| key.alg == alg && key.status == KeyStatus::Current)
    }

    /// Takes in a key as the current one. The key it replaces becomes the previous one; the one before that goes
    /// (two are kept for an algorithm, sheet 1.4).
    pub fn install(&mut self, key: SigningKeyRecord) {
        let alg = key.alg;
        self.keys.retain(|old| old.alg != alg || old.status == KeyStatus::Current);
        for old in self.keys.iter_mut().filter(|old| old.alg == alg) {
            old.status = KeyStatus::Previous;
        }
        self.keys.insert(
            0,
            SigningKeyRecord {
                status: KeyStatus::Current,
                ..key
            },
        );
    }

    /// Deletes a previous key: tokens it signed no longer verify.
    ///
    /// # Errors
    /// [`KeyError::NotFound`] or [`KeyError::InUse`].
    pub fn remove(&mut self, id: &str) -> Result<(), KeyError> {
        match self.keys.iter().position(|key| key.id == id) {
            None => Err(KeyError::NotFound(id.into())),
            Some(at) if self.keys[at].status != KeyStatus::Previous => Err(KeyError::InUse(id.into())),
            Some(at) => {
                self.keys.remove(at);
                Ok(())
            }
        }
    }
}
