//! What the engine keeps true around the rules: keys for every algorithm in use, its documents, its own client, sweeping.

use super::{Documents, Engine, StartError, replace};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use vestibule_core::ids::AppId;
use vestibule_core::model::{
    Application, ApplicationType, CustomClientMetadata, LiveRetention, OidcClientMetadata, ProviderSettings, SigningAlg,
};
use vestibule_core::oidc::{dialect, discovery};
use vestibule_core::{Cx, StoreError};
use vestibule_keys::{KeyRing, SigningKeyRecord, SigningKeys};

/// `client_id` of the built-in playground client (Logto's "Live Preview" has the same, sheet 1.7).
pub const PLAYGROUND_APP: &str = "demo-app";
/// Most applications looked at.
const APPLICATIONS: usize = 10_000;
/// How often expired records are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(30);
/// How long the journal waits for more of the same sign-in.
const JOURNAL_AFTER: Duration = Duration::from_millis(250);
/// How many values one sweep looks at.
const SWEEP_BUDGET: usize = 2_000;

/// The algorithms that the provider or an application is set to.
///
/// # Errors
/// When the store fails.
pub(crate) fn wanted_algs(cx: &Cx<'_>) -> Result<BTreeSet<SigningAlg>, StoreError> {
    let settings = cx.get::<ProviderSettings>(ProviderSettings::ID)?.unwrap_or_default();
    let mut wanted: BTreeSet<SigningAlg> = cx
        .list::<Application>(APPLICATIONS)?
        .iter()
        .filter_map(|a| a.custom_client_metadata.signing_alg)
        .collect();
    wanted.insert(settings.signing_alg);
    Ok(wanted)
}

/// Resolves when the engine stops, or is gone.
async fn stopped(stop: &mut tokio::sync::watch::Receiver<bool>) {
    let _ = stop.wait_for(|stopping| *stopping).await;
}

impl Engine {
    /// Makes a key for every algorithm that the provider or an application is set to, and loads them all.
    ///
    /// # Errors
    /// When keys can't be read, made or stored.
    pub(crate) async fn ensure_keys(self: &Arc<Self>) -> Result<(), StartError> {
        let (stored, wanted) = self.look(|cx| {
            let stored = cx.get::<SigningKeys>(SigningKeys::ID)?.map(|k| (*k).clone()).unwrap_or_default();
            Ok((stored, wanted_algs(cx)?))
        })?;
        let missing: Vec<SigningAlg> = wanted.into_iter().filter(|alg| stored.current(*alg).is_none()).collect();
        if !missing.is_empty() {
            let made = self.make_keys(missing).await?;
            self.change(move |cx| {
                let mut keys = cx.get::<SigningKeys>(SigningKeys::ID)?.map(|k| (*k).clone()).unwrap_or_default();
                for key in made {
                    if keys.current(key.alg).is_none() {
                        keys.install(key);
                    }
                }
                cx.put(&keys)
            })
            .await?;
        }
        self.use_stored_keys()
    }

    /// Makes a key of each algorithm, on threads that may take their time.
    ///
    /// # Errors
    /// When the cryptographic library refuses.
    pub(crate) async fn make_keys(self: &Arc<Self>, algs: Vec<SigningAlg>) -> Result<Vec<SigningKeyRecord>, StartError> {
        let engine = self.clone();
        let now = self.now();
        tokio::task::spawn_blocking(move || {
            algs.into_iter()
                .map(|alg| KeyRing::generate(alg, engine.vault.as_ref(), now))
                .collect::<Result<Vec<_>, _>>()
        })
        .await
        .map_err(|e| StartError::Keys(e.to_string()))?
        .map_err(|e| StartError::Keys(e.to_string()))
    }

    /// Signs with what is stored from now on, and publishes it.
    ///
    /// # Errors
    /// When keys can't be read or unsealed.
    pub(crate) fn use_stored_keys(&self) -> Result<(), StartError> {
        let failed = |e: vestibule_keys::KeyError| StartError::Keys(e.to_string());
        // Read under the lock: of two changes at once, the later one is what both leave behind.
        let mut ring = self.keys.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        let stored = self.look(|cx| cx.get::<SigningKeys>(SigningKeys::ID))?.unwrap_or_default();
        *ring = Arc::new(KeyRing::load_after(&stored, self.vault.as_ref(), &ring).map_err(failed)?);
        drop(ring);
        self.publish_documents();
        Ok(())
    }

    /// Renders discovery and JWKS once; they are the same for every request until settings or the sign-in mode change.
    pub(crate) fn publish_documents(&self) {
        let keys = self.keys();
        let settings = self.settings();
        let default = settings.signing_alg;
        let mut algs: Vec<&str> = SigningAlg::ALL
            .into_iter()
            .filter(|alg| keys.has(*alg))
            .map(SigningAlg::name)
            .collect();
        algs.sort_by_key(|name| *name != default.name());
        let registers = self.look(|cx| dialect::registers(cx)).unwrap_or(true);
        let prompts = dialect::prompt_values(settings.dialect, registers);
        let discovery = discovery::document(&self.site().issuer, &algs, prompts.as_deref());
        replace(
            &self.documents,
            Arc::new(Documents {
                discovery: serde_json::to_vec(&discovery).unwrap_or_default().into(),
                jwks: serde_json::to_vec(&keys.jwks()).unwrap_or_default().into(),
            }),
        );
    }

    /// The playground's own client, whose addresses follow the endpoint.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn ensure_built_in(self: &Arc<Self>) -> Result<(), StoreError> {
        let address = format!("{}/demo-app", self.site().endpoint);
        let metadata = OidcClientMetadata {
            redirect_uris: vec![address.clone()],
            post_logout_redirect_uris: vec![address],
            ..OidcClientMetadata::default()
        };
        let current = self.look(|cx| cx.get::<Application>(PLAYGROUND_APP))?;
        if current.is_some_and(|app| app.oidc_client_metadata == metadata) {
            return Ok(());
        }
        let now = self.now();
        self.change(move |cx| {
            let old = cx.get::<Application>(PLAYGROUND_APP)?;
            cx.put(&Application {
                id: AppId::from(PLAYGROUND_APP),
                name: "Playground".into(),
                description: Some("Vestibule's own client, for trying things out".into()),
                kind: ApplicationType::Spa,
                oidc_client_metadata: metadata,
                custom_client_metadata: old
                    .as_ref()
                    .map_or_else(CustomClientMetadata::default, |a| a.custom_client_metadata.clone()),
                secrets: Vec::new(),
                is_third_party: false,
                user_consent_scopes: Vec::new(),
                custom_data: serde_json::Map::new(),
                sign_in_experience: old.as_ref().map(|a| a.sign_in_experience.clone()).unwrap_or_default(),
                created_at: old.map_or(now, |a| a.created_at),
            })
        })
        .await
    }

    /// How live sessions are kept.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) fn live_retention(&self) -> Result<LiveRetention, StoreError> {
        let row = self.look(|cx| cx.get::<LiveRetention>(LiveRetention::ID))?;
        Ok(row.map(|row| *row).unwrap_or_default())
    }

    /// Journals and sweeps what has expired, until the engine stops.
    pub(super) fn start_housekeeping(self: &Arc<Self>) {
        self.start_journalling();
        let engine = self.clone();
        let mut stop = self.stop.subscribe();
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    () = stopped(&mut stop) => break,
                    () = tokio::time::sleep(SWEEP_EVERY) => {
                        engine.recorder.tidy(engine.now());
                        engine.forget_stale_undo();
                        if let Err(error) = engine.store.sweep(engine.now(), SWEEP_BUDGET).await {
                            tracing::warn!(%error, "expired records could not be swept");
                        }
                    }
                }
            }
        });
    }

    /// Hands the journal over a moment after something happened, so that what happens together is written together.
    fn start_journalling(self: &Arc<Self>) {
        let engine = self.clone();
        let mut stop = self.stop.subscribe();
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    () = stopped(&mut stop) => break,
                    () = engine.recorder.due() => {}
                }
                tokio::select! {
                    () = stopped(&mut stop) => break,
                    () = tokio::time::sleep(JOURNAL_AFTER) => engine.recorder.hand_over(&engine.store),
                }
            }
        });
    }
}
