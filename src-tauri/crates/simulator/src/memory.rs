//! What simulated providers remember while the program runs: keys, codes, tokens, and which sign-in a browser belongs to.

use crate::play::Grant;
use crate::saml::SamlKeys;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{OnceCell, Semaphore};
use vestibule_core::Timestamp;
use vestibule_core::ids::{ConnectorId, LiveId};
use vestibule_core::model::{Failure, SigningAlg};
use vestibule_core::port::Vault;
use vestibule_keys::{KeyError, KeyRing, SigningKeys};

/// How long a code works, in **seconds**.
pub const CODE_LIFETIME: i64 = 60;
/// Most codes, most tokens and most expected browsers that are remembered.
const MOST: usize = 4096;
/// Most providers whose keys are kept.
const MOST_KEYS: usize = 256;
/// Most calls that are kept without an answer at once.
pub(crate) const SILENT: usize = 64;

/// All simulated providers of this program.
pub struct Simulator {
    memory: Mutex<Memory>,
    keys: Mutex<Cells<Keys>>,
    saml_keys: Mutex<Cells<SamlKeys>>,
    pub(crate) silent: Arc<Semaphore>,
}

/// What is made once for a provider, at its first use.
type Cells<T> = HashMap<ConnectorId, Arc<OnceCell<Arc<T>>>>;

/// A provider's cell. When there are too many, all are forgotten: providers make new keys, as they may at any time.
fn cell<T>(cells: &Mutex<Cells<T>>, connector: &ConnectorId) -> Arc<OnceCell<Arc<T>>> {
    let mut cells = cells.lock().unwrap_or_else(PoisonError::into_inner);
    if cells.len() >= MOST_KEYS && !cells.contains_key(connector) {
        cells.clear();
    }
    cells.entry(connector.clone()).or_default().clone()
}

/// The keys of one provider.
pub struct Keys {
    /// What signs, and is published.
    pub ring: KeyRing,
    /// What signs and is published nowhere.
    pub unknown: KeyRing,
}

#[derive(Default)]
struct Memory {
    codes: Bounded<Code>,
    tokens: Bounded<Token>,
    expected: Bounded<LiveId>,
}

struct Code {
    connector: ConnectorId,
    grant: Arc<Grant>,
    issued: Timestamp,
    /// The token that it was redeemed for.
    spent_for: Option<String>,
}

struct Token {
    connector: ConnectorId,
    grant: Arc<Grant>,
    expires: Timestamp,
}

/// A map that forgets its oldest entry when it is full.
struct Bounded<V> {
    entries: HashMap<String, V>,
    order: VecDeque<String>,
}

impl<V> Default for Bounded<V> {
    fn default() -> Self {
        Self {
            entries: HashMap::new(),
            order: VecDeque::new(),
        }
    }
}

impl<V> Bounded<V> {
    fn put(&mut self, key: String, value: V) {
        if self.entries.insert(key.clone(), value).is_none() {
            self.order.push_back(key);
        }
        // A removed entry leaves its name in the order until it comes to the front.
        while self.order.len() > MOST {
            if let Some(oldest) = self.order.pop_front() {
                self.entries.remove(&oldest);
            }
        }
    }
}

fn digest(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(text))
}

impl Default for Simulator {
    fn default() -> Self {
        Self {
            memory: Mutex::default(),
            keys: Mutex::default(),
            saml_keys: Mutex::default(),
            silent: Arc::new(Semaphore::new(SILENT)),
        }
    }
}

/// Why a code is not redeemed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoCode {
    /// It was never issued here, or is forgotten.
    Unknown,
    /// It was redeemed before. The token it was redeemed for no longer works (RFC 6749 4.1.2).
    Used,
    /// Its minute is over.
    Expired,
}

impl Simulator {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        // A panic while holding the lock leaves whole entries behind.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers which live session a browser with this `state` belongs to, so that what it does at a simulated provider
    /// is shown there.
    pub fn expect(&self, state: &str, live: &LiveId) {
        self.memory().expected.put(digest(state), live.clone());
    }

    /// The live session of a browser that comes with this `state`.
    #[must_use]
    pub fn expected(&self, state: &str) -> Option<LiveId> {
        self.memory().expected.entries.get(&digest(state)).cloned()
    }

    /// Keeps a code that a decision issued.
    pub fn keep_code(&self, connector: &ConnectorId, code: &str, grant: Grant, now: Timestamp) {
        self.memory().codes.put(
            digest(code),
            Code {
                connector: connector.clone(),
                grant: Arc::new(grant),
                issued: now,
                spent_for: None,
            },
        );
    }

    /// What a code stands for, without spending it.
    ///
    /// # Errors
    /// [`NoCode`].
    pub(crate) fn look_at_code(&self, connector: &ConnectorId, code: &str, now: Timestamp) -> Result<Arc<Grant>, NoCode> {
        let mut memory = self.memory();
        let found = memory.codes.entries.get(&digest(code)).filter(|code| code.connector == *connector);
        let Some(found) = found else { return Err(NoCode::Unknown) };
        if let Some(token) = found.spent_for.clone() {
            memory.tokens.entries.remove(&token);
            return Err(NoCode::Used);
        }
        if now.seconds_since(found.issued) >= CODE_LIFETIME {
            return Err(NoCode::Expired);
        }
        Ok(found.grant.clone())
    }

    /// Spends a code for a token; `false` when somebody else was faster.
    pub(crate) fn spend(&self, code: &str, token: &str, expires: Timestamp) -> bool {
        let mut memory = self.memory();
        let Some(code) = memory.codes.entries.get_mut(&digest(code)).filter(|code| code.spent_for.is_none()) else {
            return false;
        };
        let token = digest(token);
        code.spent_for = Some(token.clone());
        let (connector, grant) = (code.connector.clone(), code.grant.clone());
        memory.tokens.put(token, Token { connector, grant, expires });
        true
    }

    /// Whose access token it is.
    pub(crate) fn bearer(&self, connector: &ConnectorId, token: &str, now: Timestamp) -> Option<Arc<Grant>> {
        let memory = self.memory();
        let found = memory.tokens.entries.get(&digest(token))?;
        (found.connector == *connector && found.expires > now).then(|| found.grant.clone())
    }

    /// Whether somebody signs in at this provider just now whose persona is [`Failure::Slow`]: its key set is slow then, too.
    pub(crate) fn is_slow(&self, connector: &ConnectorId, now: Timestamp) -> bool {
        self.memory().codes.entries.values().any(|code| {
            code.connector == *connector && code.grant.failure == Some(Failure::Slow) && now.seconds_since(code.issued) < CODE_LIFETIME
        })
    }

    /// The keys of a provider, made at their first use. RSA keys take a while, so they are made on a thread of their own.
    ///
    /// # Errors
    /// When the cryptographic library refuses.
    pub async fn keys(&self, connector: &ConnectorId, vault: &Arc<impl Vault + 'static>, now: Timestamp) -> Result<Arc<Keys>, KeyError> {
        let cell = cell(&self.keys, connector);
        let made = cell.get_or_try_init(|| async {
            let vault = vault.clone();
            tokio::task::spawn_blocking(move || make_keys(vault.as_ref(), now))
                .await
                .map_err(|_| KeyError::Refused("make a simulated provider's keys"))?
        });
        made.await.cloned()
    }

    /// The keys of a SAML provider, made like [`Simulator::keys`].
    ///
    /// # Errors
    /// A sentence that says why none can be made.
    pub(crate) async fn saml_keys(
        &self,
        connector: &ConnectorId,
        vault: &Arc<impl Vault + 'static>,
        now: Timestamp,
    ) -> Result<Arc<SamlKeys>, String> {
        let cell = cell(&self.saml_keys, connector);
        let made = cell.get_or_try_init(|| async {
            let (vault, name) = (vault.clone(), connector.to_string());
            tokio::task::spawn_blocking(move || SamlKeys::make(vault.as_ref(), &name, now))
                .await
                .map_err(|_| "The thread that makes keys is gone.".to_owned())?
                .map(Arc::new)
        });
        made.await.cloned()
    }
}

fn make_keys(vault: &dyn Vault, now: Timestamp) -> Result<Arc<Keys>, KeyError> {
    let ring = || {
        let key = KeyRing::generate(SigningAlg::RS256, vault, now)?;
        KeyRing::load(&SigningKeys { keys: vec![key] }, vault)
    };
    Ok(Arc::new(Keys {
        ring: ring()?,
        unknown: ring()?,
    }))
}

#[cfg(test)]
mod tests;
