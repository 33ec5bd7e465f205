//! Signing keys: announce the next one, sign with it, retire the one before (sheet 1.4).

use super::{Answer, problem, storage};
use crate::engine::{Engine, wanted_algs};
use std::sync::Arc;
use vestibule_core::Cx;
use vestibule_core::StoreError;
use vestibule_core::console::{ConsoleProblem, ConsoleReply, SigningKeyList, SigningKeyState, SigningKeyView};
use vestibule_core::model::{ProviderSettings, SigningAlg};
use vestibule_keys::{KeyError, KeyStatus, SigningKeys};

fn stored(cx: &Cx<'_>) -> Result<SigningKeys, StoreError> {
    let keys = cx.get::<SigningKeys>(SigningKeys::ID)?;
    Ok(keys.map(|keys| (*keys).clone()).unwrap_or_default())
}

fn refused(error: &KeyError) -> ConsoleProblem {
    match error {
        KeyError::NotFound(_) => problem("oidc.key_not_found", "This key is not published any more."),
        KeyError::InUse(_) => problem(
            "oidc.only_previous_key_can_be_deleted",
            "This key signs tokens right now. Rotate first; it can be retired then.",
        ),
        other => problem("keys", format!("{other}.")),
    }
}

impl Engine {
    pub(super) fn signing_keys(&self) -> Answer {
        let (wanted, default_alg) = self
            .look(|cx| {
                let settings = cx.get::<ProviderSettings>(ProviderSettings::ID)?.unwrap_or_default();
                Ok((wanted_algs(cx)?, settings.signing_alg))
            })
            .map_err(|e| storage(&e))?;
        let keys = self.keys().published().into_iter().map(|key| SigningKeyView {
            wanted: wanted.contains(&key.alg),
            id: key.id,
            alg: key.alg,
            state: match key.status {
                KeyStatus::Next => SigningKeyState::Next,
                KeyStatus::Current => SigningKeyState::Current,
                KeyStatus::Previous => SigningKeyState::Previous,
            },
            created_at: key.created_at,
            since: key.since,
            signed: key.signed,
            jwk: key.jwk,
            pem: key.pem,
        });
        Ok(ConsoleReply::SigningKeys(SigningKeyList {
            jwks_uri: format!("{}/jwks", self.site().issuer),
            keys: keys.collect(),
            default_alg,
        }))
    }

    /// A change of the stored keys, which are in use right after it.
    async fn change_keys(
        self: &Arc<Self>,
        rule: impl FnOnce(&mut Cx<'_>, &mut SigningKeys) -> Result<Result<(), ConsoleProblem>, StoreError> + Send + 'static,
    ) -> Answer {
        self.commit(move |cx| {
            let mut keys = stored(cx)?;
            if let Err(problem) = rule(cx, &mut keys)? {
                return Ok(Err(problem));
            }
            Ok(Ok(cx.put(&keys)?))
        })
        .await?;
        self.use_stored_keys().map_err(|e| problem("keys", e.to_string()))?;
        self.signing_keys()
    }

    async fn make_key(self: &Arc<Self>, alg: SigningAlg) -> Result<vestibule_keys::SigningKeyRecord, ConsoleProblem> {
        let made = self.make_keys(vec![alg]).await.map_err(|e| problem("keys", e.to_string()))?;
        made.into_iter().next().ok_or_else(|| problem("keys", "No key was made."))
    }

    pub(super) async fn announce_key(self: &Arc<Self>, alg: SigningAlg) -> Answer {
        let key = self.make_key(alg).await?;
        self.change_keys(move |_, keys| {
            if keys.next(alg).is_some() {
                return Ok(Err(problem(
                    "oidc.key_announced",
                    format!(
                        "A key of {} is announced already. Rotate to sign with it, or retire it.",
                        alg.name()
                    ),
                )));
            }
            keys.announce(key);
            Ok(Ok(()))
        })
        .await
    }

    pub(super) async fn rotate_key(self: &Arc<Self>, alg: SigningAlg) -> Answer {
        // Made beforehand, because it takes longer than a decision may; thrown away when one is announced.
        let key = self.make_key(alg).await?;
        self.change_keys(move |cx, keys| {
            if !keys.promote(alg, cx.now) {
                keys.install(key);
            }
            Ok(Ok(()))
        })
        .await
    }

    pub(super) async fn retire_key(self: &Arc<Self>, id: String) -> Answer {
        self.change_keys(move |cx, keys| {
            let wanted = wanted_algs(cx)?;
            Ok(keys.remove(&id, |alg| wanted.contains(&alg)).map_err(|error| refused(&error)))
        })
        .await
    }
}

#[cfg(test)]
mod tests;
