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
    /// Since when it stands there; since it was made when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
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
            since: None,
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

    /// The key that is announced for an algorithm: published, not signing yet.
    #[must_use]
    pub fn next(&self, alg: SigningAlg) -> Option<&SigningKeyRecord> {
        self.keys.iter().find(|key| key.alg == alg && key.status == KeyStatus::Next)
    }

    /// Takes in a key as the announced one of its algorithm, in place of one announced before.
    pub fn announce(&mut self, key: SigningKeyRecord) {
        self.keys.retain(|old| old.alg != key.alg || old.status != KeyStatus::Next);
        self.keys.insert(
            0,
            SigningKeyRecord {
                status: KeyStatus::Next,
                ..key
            },
        );
    }

    /// Takes in a key as the current one. The key it replaces becomes the previous one; the one before that goes
    /// (two are kept for an algorithm beside an announced one, sheet 1.4).
    pub fn install(&mut self, key: SigningKeyRecord) {
        let (alg, now) = (key.alg, key.created_at);
        self.begin(alg, now, key);
    }

    /// Makes the announced key of an algorithm the current one, as [`SigningKeys::install`] does; whether there was one.
    pub fn promote(&mut self, alg: SigningAlg, now: Timestamp) -> bool {
        let announced = |key: &SigningKeyRecord| key.alg == alg && key.status == KeyStatus::Next;
        let Some(place) = self.keys.iter().position(announced) else {
            return false;
        };
        let key = self.keys.remove(place);
        self.begin(alg, now, key);
        true
    }

    fn begin(&mut self, alg: SigningAlg, now: Timestamp, key: SigningKeyRecord) {
        self.keys.retain(|old| old.alg != alg || old.status != KeyStatus::Previous);
        for old in self
            .keys
            .iter_mut()
            .filter(|old| old.alg == alg && old.status == KeyStatus::Current)
        {
            old.status = KeyStatus::Previous;
            old.since = Some(now);
        }
        let since = (now != key.created_at).then_some(now);
        self.keys.insert(
            0,
            SigningKeyRecord {
                status: KeyStatus::Current,
                since,
                ..key
            },
        );
    }

    /// Deletes a key: tokens it signed no longer verify. Not the current key of an algorithm that is `wanted`.
    ///
    /// # Errors
    /// [`KeyError::NotFound`] or [`KeyError::InUse`].
    pub fn remove(&mut self, id: &str, wanted: impl Fn(SigningAlg) -> bool) -> Result<(), KeyError> {
        let Some(at) = self.keys.iter().position(|key| key.id == id) else {
            return Err(KeyError::NotFound(id.into()));
        };
        let signs = |key: &SigningKeyRecord| key.status == KeyStatus::Current && wanted(key.alg);
        if self.keys.get(at).is_some_and(signs) {
            return Err(KeyError::InUse(id.into()));
        }
        self.keys.remove(at);
        Ok(())
    }
}
