//! The composition: one provider, without and with its sockets.

mod listen;
mod open;
mod settings;
mod start_over;
mod undo;

pub use listen::ListenError;
pub use open::{DataPlace, Options, Ports, StartError};
pub use settings::PLAYGROUND_APP;
pub(crate) use settings::wanted_algs;
pub(crate) use start_over::StartOverError;

use crate::control::Control;
use crate::pauses::Attended;
use crate::playground::Playground;
use crate::recorder::{Exchange, LiveWatch, MessageWatch, Recorder};
use std::sync::{Arc, RwLock};
use tokio::sync::watch;
use vestibule_core::connectors::Places;
use vestibule_core::entropy::Entropy;
use vestibule_core::live::{Step, Trail};
use vestibule_core::model::{ProviderSettings, SigningAlg};
use vestibule_core::port::Vault as _;
use vestibule_core::time::Clock;
use vestibule_core::{Cx, StoreError, Timestamp};
use vestibule_keys::{KeyRing, PasswordHasher, Vault};
use vestibule_store::Store;

/// Where and under which name the provider answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// `http://localhost:3001`.
    pub endpoint: String,
    /// `http://localhost:3001/oidc`.
    pub issuer: String,
    /// The port that is listened on.
    pub port: u16,
    /// Values of `Host` that are answered.
    pub hosts: Vec<String>,
}

/// Documents that are the same for every request until keys or names change.
#[derive(Debug)]
pub(crate) struct Documents {
    pub discovery: bytes::Bytes,
    pub jwks: bytes::Bytes,
}

/// The provider.
pub struct Engine {
    pub(crate) control: Option<Control>,
    pub(crate) options: Options,
    pub(crate) store: Store,
    pub(crate) vault: Arc<Vault>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) hasher: PasswordHasher,
    pub(crate) recorder: Recorder,
    pub(crate) playground: Playground,
    pub(crate) custody: vestibule_keys::CustodyReport,
    pub(crate) outgoing: vestibule_upstream::Client,
    pub(crate) providers: vestibule_upstream::provider::Providers,
    pub(crate) messenger: crate::messenger::Messenger,
    pub(crate) simulator: vestibule_simulator::Simulator,
    pub(crate) saml_responses: crate::saml_responses::SamlResponses,
    pub(crate) custom_ui: crate::custom_ui::State,
    pub(crate) pauses: crate::pauses::Pauses,
    /// Rises when the window decided something of a sign-in that waits.
    pub(crate) decided: watch::Sender<u64>,
    /// Places for hosted pages that wait for that.
    pub(crate) waits: tokio::sync::Semaphore,
    pub(crate) deleted_people: crate::console::DeletedPeople,
    undo: undo::Undo,
    keys: RwLock<Arc<KeyRing>>,
    site: RwLock<Arc<Site>>,
    documents: RwLock<Arc<Documents>>,
    serving: RwLock<Option<ListenError>>,
    /// Held while a part of something is changed: what the change leaves out is read first.
    pub(crate) patching: tokio::sync::Mutex<()>,
    stop: watch::Sender<bool>,
    seeded: std::sync::atomic::AtomicBool,
    listeners: std::sync::Mutex<Vec<listen::Listening>>,
}

fn read<T: Clone>(lock: &RwLock<T>) -> T {
    lock.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
}

fn replace<T>(lock: &RwLock<T>, value: T) {
    *lock.write().unwrap_or_else(std::sync::PoisonError::into_inner) = value;
}

impl Engine {
    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Where the provider answers. Before it listens, where it would.
    #[must_use]
    pub fn site(&self) -> Arc<Site> {
        read(&self.site)
    }

    /// Where simulated providers are, for browsers and for this program.
    pub(crate) fn places(&self) -> Places {
        let site = self.site();
        Places {
            endpoint: site.endpoint.clone(),
            loopback: format!("http://127.0.0.1:{}", site.port),
        }
    }

    pub(crate) fn documents(&self) -> Arc<Documents> {
        read(&self.documents)
    }

    /// The signing keys.
    #[must_use]
    pub fn keys(&self) -> Arc<KeyRing> {
        read(&self.keys)
    }

    /// Watches the live stream. When the last one who does goes away, paused sessions go on.
    #[must_use]
    pub fn watch(self: &Arc<Self>) -> LiveWatch {
        self.recorder.watch(Attended::by(self))
    }

    /// Watches the messages to people, and nothing else.
    #[must_use]
    pub fn watch_messages(&self) -> MessageWatch {
        self.recorder.watch_messages()
    }

    /// A reading decision on the calling thread. Its writes, if any, are dropped.
    ///
    /// # Errors
    /// When the store fails.
    pub fn read<R>(&self, trail: &mut Trail, rule: impl FnOnce(&mut Cx<'_>) -> Result<R, StoreError>) -> Result<R, StoreError> {
        let now = self.now();
        self.store.read(|view| {
            let mut cx = Cx::new(view, now, self.entropy.as_ref(), self.vault.as_ref()).witnessed(&self.recorder);
            cx.trail.live.clone_from(&trail.live);
            let result = rule(&mut cx);
            trail.absorb(cx.finish().1);
            result
        })
    }

    /// A writing decision: runs alone, and is on disk, with its step, before this returns.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn write<R: Send + 'static>(
        self: &Arc<Self>,
        exchange: &mut Exchange,
        rule: impl FnOnce(&mut Cx<'_>) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, StoreError> {
        let engine = self.clone();
        let now = self.now();
        let mut trail = std::mem::take(&mut exchange.trail);
        let head = exchange.head.clone();
        let earlier = exchange.journalled;
        let (result, trail, journalled) = self
            .store
            .write(move |view| {
                let mut cx = Cx::new(view, now, engine.entropy.as_ref(), engine.vault.as_ref()).witnessed(&engine.recorder);
                cx.trail.live.clone_from(&trail.live);
                let result = rule(&mut cx);
                let (mut batch, own) = cx.finish();
                trail.absorb(own);
                if result.is_err() {
                    batch.ops.clear();
                }
                let mut journalled = earlier;
                if !batch.is_empty()
                    && let Err(error) = engine.recorder.prepare(&head, &mut trail, &mut journalled, &mut batch)
                {
                    tracing::warn!(%error, "a step could not be journalled");
                }
                ((result, trail, journalled), batch)
            })
            .await?;
        exchange.trail = trail;
        exchange.journalled = journalled;
        result
    }

    /// A writing decision of the engine itself or of the window, outside any exchange.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn change<R: Send + 'static>(
        self: &Arc<Self>,
        rule: impl FnOnce(&mut Cx<'_>) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, StoreError> {
        let engine = self.clone();
        let now = self.now();
        self.store
            .write(move |view| {
                let mut cx = Cx::new(view, now, engine.entropy.as_ref(), engine.vault.as_ref());
                let result = rule(&mut cx);
                let (mut batch, _) = cx.finish();
                if result.is_err() {
                    batch.ops.clear();
                }
                (result, batch)
            })
            .await?
    }

    /// A reading decision that nobody shows.
    ///
    /// # Errors
    /// When the store fails.
    pub fn look<R>(&self, rule: impl FnOnce(&mut Cx<'_>) -> Result<R, StoreError>) -> Result<R, StoreError> {
        self.read(&mut Trail::default(), rule)
    }

    /// Resolves when the engine stops.
    pub(crate) fn stopping(&self) -> impl Future<Output = ()> + Send + Sync + use<> {
        let mut stop = self.stop.subscribe();
        async move {
            // An error means that the engine is gone.
            let _ = stop.wait_for(|stopping| *stopping).await;
        }
    }

    /// The provider's settings.
    #[must_use]
    pub fn settings(&self) -> ProviderSettings {
        self.look(|cx| cx.get::<ProviderSettings>(ProviderSettings::ID))
            .ok()
            .flatten()
            .map(|s| (*s).clone())
            .unwrap_or_default()
    }

    /// Opens a secret of an application for a person who asked to see it.
    ///
    /// # Errors
    /// When it was sealed with another key.
    pub(crate) fn unseal(&self, sealed: &str) -> Result<vestibule_core::Secret, StoreError> {
        self.vault.open(sealed)
    }

    /// Checks an ID token of ours: signature and issuer; an expired one is accepted (OIDC Core 3.1.2.1, `id_token_hint`).
    pub(crate) fn verify_id_token(&self, token: &str) -> Result<serde_json::Value, vestibule_keys::VerifyError> {
        let site = self.site();
        let expected = vestibule_keys::Expected {
            issuer: &site.issuer,
            audience: None,
            typ: None,
            now: self.now(),
            accept_expired: true,
        };
        self.keys().verify(token, &expected)
    }

    /// A logout token (OIDC Back-Channel Logout 2.4), in the application's algorithm or the provider's.
    ///
    /// # Errors
    /// When there is no key for the algorithm.
    pub(crate) fn sign_logout(&self, alg: Option<SigningAlg>, claims: &serde_json::Value) -> Result<String, vestibule_keys::KeyError> {
        let alg = alg.unwrap_or_else(|| self.settings().signing_alg);
        self.keys().sign(alg, Some("logout+jwt"), claims)
    }

    /// Whether this start planted the demo data, so that its password is worth saying.
    #[must_use]
    pub fn has_just_seeded(&self) -> bool {
        self.seeded.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// What to say aloud once about where the data key is kept.
    #[must_use]
    pub fn custody_notice(&self) -> Option<String> {
        self.custody.announce.then(|| self.custody.sentence.clone())
    }

    /// An address that opens the console in a browser, once; `None` while the control interface is off.
    #[must_use]
    pub fn console_address(&self) -> Option<vestibule_core::console::ConsoleAddress> {
        self.control.as_ref().map(|control| control.address(self))
    }

    /// Steps of a session, for tests.
    #[must_use]
    pub fn steps(&self, live: &str) -> Vec<Step> {
        self.recorder.session(live, &self.store).map(|d| d.steps).unwrap_or_default()
    }
}
