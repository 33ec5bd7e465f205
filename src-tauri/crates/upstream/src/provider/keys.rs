//! Key sets of providers (RFC 7517), kept for a while and fetched again when a token names a key that is not in them.

use super::cache::Turn;
use super::http::Ask;
use super::{Visit, passed, path, place, refused};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::Value;
use std::sync::Arc;
use vestibule_core::connectors::{FailureKind, UpstreamFailure};

/// How long a key set is used, in **seconds**.
const LIFETIME: i64 = 600;
/// How long nobody asks for a newer one after somebody did, in **seconds**.
const PAUSE: i64 = 5;
/// Most keys of a set that are read.
const MOST: usize = 100;

/// What a key is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Rsa,
    P256,
    P384,
    Ed25519,
}

/// A public key that can check signatures.
pub(super) struct PublicKey {
    pub(super) kid: Option<String>,
    alg: Option<String>,
    kind: Kind,
    pub(super) key: DecodingKey,
}

/// The keys of a provider that can be used here.
pub(super) struct KeySet {
    keys: Vec<PublicKey>,
    /// How many the provider has in all.
    published: usize,
}

impl KeySet {
    /// Reads a JWK set. Keys that can't check a signature, secrets among them, are passed over.
    pub(super) fn read(document: &Value) -> Option<Self> {
        let published = document.get("keys")?.as_array()?;
        Some(Self {
            keys: published.iter().take(MOST).filter_map(PublicKey::read).collect(),
            published: published.len(),
        })
    }

    /// The keys that may have made a signature with this algorithm: by their id where the token names one.
    pub(super) fn candidates<'k>(&'k self, alg: Algorithm, kid: Option<&'k str>) -> impl Iterator<Item = &'k PublicKey> {
        self.keys
            .iter()
            .filter(move |key| key.fits(alg) && kid.is_none_or(|kid| key.kid.as_deref() == Some(kid)))
    }

    /// The ids of all keys that can be used, for a card.
    pub(super) fn ids(&self) -> String {
        let ids: Vec<&str> = self
            .keys
            .iter()
            .take(8)
            .map(|key| key.kid.as_deref().unwrap_or("(no kid)"))
            .collect();
        super::shown(&ids.join(", "))
    }
}

impl PublicKey {
    fn read(value: &Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(value.clone()).ok()?;
        let usage = jwk
            .common
            .public_key_use
            .as_ref()
            .is_none_or(|usage| *usage == PublicKeyUse::Signature);
        let operation = jwk
            .common
            .key_operations
            .as_ref()
            .is_none_or(|all| all.contains(&KeyOperations::Verify));
        let kind = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => Kind::Rsa,
            AlgorithmParameters::EllipticCurve(ec) if ec.curve == EllipticCurve::P256 => Kind::P256,
            AlgorithmParameters::EllipticCurve(ec) if ec.curve == EllipticCurve::P384 => Kind::P384,
            AlgorithmParameters::OctetKeyPair(okp) if okp.curve == EllipticCurve::Ed25519 => Kind::Ed25519,
            _ => return None,
        };
        (usage && operation).then_some(())?;
        Some(Self {
            key: DecodingKey::from_jwk(&jwk).ok()?,
            kid: jwk.common.key_id,
            alg: value.get("alg").and_then(Value::as_str).map(str::to_owned),
            kind,
        })
    }

    /// Whether key and algorithm belong together (RFC 7518 section 3.1, RFC 8037, RFC 9864).
    fn fits(&self, alg: Algorithm) -> bool {
        let kind = match alg {
            Algorithm::RS256 | Algorithm::RS384 | Algorithm::RS512 | Algorithm::PS256 | Algorithm::PS384 | Algorithm::PS512 => Kind::Rsa,
            Algorithm::ES256 => Kind::P256,
            Algorithm::ES384 => Kind::P384,
            Algorithm::EdDSA => Kind::Ed25519,
            // A public key is no secret: whoever has it could sign.
            _ => return false,
        };
        self.kind == kind && self.alg.as_deref().is_none_or(|own| super::id_token::algorithm(own) == Some(alg))
    }
}

impl Visit<'_> {
    /// The provider's keys, at most ten minutes old.
    pub(super) async fn keys(&mut self, url: &str) -> Result<Arc<KeySet>, UpstreamFailure> {
        match self.providers.keys.turn(url, LIFETIME, self.now).await {
            Turn::Known(known) => known,
            Turn::Fetch(flight) => {
                let fetched = self.fetch_keys(url).await;
                flight.landed(fetched, self.now)
            }
        }
    }

    /// The provider's keys as they are now, because `stale` lacks one; `None` if they were asked for a moment ago.
    pub(super) async fn newer_keys(&mut self, url: &str, stale: &Arc<KeySet>) -> Result<Option<Arc<KeySet>>, UpstreamFailure> {
        let keys = match self.providers.keys.newer(url, stale, PAUSE, self.now).await {
            Turn::Known(known) => known?,
            Turn::Fetch(flight) => {
                let fetched = self.fetch_keys(url).await;
                let keys = flight.landed(fetched, self.now)?;
                self.passed(passed(
                    "connector.keys",
                    "The provider's keys were read again",
                    format!(
                        "The keys read before lack the one that signed the ID token. There are now: {}.",
                        keys.ids()
                    ),
                    "OIDC Core 10.1.1",
                ));
                keys
            }
        };
        Ok((!Arc::ptr_eq(&keys, stale)).then_some(keys))
    }

    async fn fetch_keys(&mut self, url: &str) -> Result<KeySet, UpstreamFailure> {
        let reply = self.call("GET", url, Ask::Get(None)).await?;
        if reply.status >= 500 || reply.status == 429 {
            return Err(self.troubled("key set", url, reply.status));
        }
        let set = if reply.is_success() {
            reply.json().as_ref().and_then(KeySet::read)
        } else {
            None
        };
        let Some(set) = set else {
            let because = refused(
                "connector.keys",
                format!("The key set of {} can't be read", self.upstream.name),
                format!(
                    "`{}` answered {}, and not with a JSON object that has `keys`. Redirects are not followed.",
                    path(url),
                    reply.status
                ),
                "RFC 7517 5",
            );
            self.answered(format!("{} no keys", reply.status));
            return Err(self.failure(FailureKind::InvalidResponse, because.input(place(url))));
        };
        self.answered(match set.published {
            1 => format!("{} 1 key", reply.status),
            many => format!("{} {many} keys", reply.status),
        });
        Ok(set)
    }
}
