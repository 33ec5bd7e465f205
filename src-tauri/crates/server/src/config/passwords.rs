//! Passwords of a configuration file: hashed once, recognised at the next start.
//!
//! Argon2 is slow on purpose, so a thousand people must not be hashed at every start. Beside the stored hash a keyed
//! fingerprint of the file's password is kept (SHA-256 nested under a random key that is itself sealed), together with
//! a digest of the hash it led to. When both still fit, the stored hash stands. A password changed elsewhere no longer
//! fits, so the file's is set again.

use super::apply::{ApplyPeople, find_person};
use super::document::{Document, UserEntry};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::future::Future;
use vestibule_core::model::User;
use vestibule_core::record::{Record, Table, digest};
use vestibule_core::{Cx, Secret, StoreError, entropy};

/// A password that must be hashed before the document can be applied.
pub struct PasswordJob {
    /// The person's path in the file.
    at: String,
    /// The password.
    password: Secret,
}

/// The hashes of [`PasswordJob`]s.
#[derive(Default)]
pub struct PreparedHashes(BTreeMap<String, String>);

impl PreparedHashes {
    pub(super) fn get(&self, at: &str) -> Option<&String> {
        self.0.get(at)
    }
}

/// The passwords of a document whose stored hashes don't come from them, usually none.
///
/// # Errors
/// When the store fails.
pub fn passwords_to_hash(document: &Document, cx: &Cx<'_>) -> Result<Vec<PasswordJob>, StoreError> {
    let known = Fingerprints::read(cx)?;
    let mut jobs = Vec::new();
    for entry in &document.users {
        let Some(password) = &entry.password else {
            continue;
        };
        let stored = find_person(cx, entry)?;
        if !known.fits(stored.as_deref(), password) {
            jobs.push(PasswordJob {
                at: entry.at.clone(),
                password: password.clone(),
            });
        }
    }
    Ok(jobs)
}

/// Hashes passwords, as many at a time as there are processors. `hash` makes a PHC string.
///
/// # Errors
/// The first failure, in words.
pub async fn hash_passwords<F, Fut, E>(jobs: Vec<PasswordJob>, hash: F) -> Result<PreparedHashes, String>
where
    F: Fn(Secret) -> Fut,
    Fut: Future<Output = Result<String, E>> + Send + 'static,
    E: std::fmt::Display,
{
    if !jobs.is_empty() {
        tracing::info!(
            passwords = jobs.len(),
            "hashing the passwords of the configuration; later starts skip this"
        );
    }
    let at_once = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let mut running = tokio::task::JoinSet::new();
    let mut prepared = PreparedHashes::default();
    let mut jobs = jobs.into_iter();
    loop {
        while running.len() < at_once {
            let Some(job) = jobs.next() else {
                break;
            };
            let hashing = hash(job.password);
            running.spawn(async move { (job.at, hashing.await.map_err(|error| error.to_string())) });
        }
        match running.join_next().await {
            None => return Ok(prepared),
            Some(Ok((at, Ok(phc)))) => drop(prepared.0.insert(at, phc)),
            Some(Ok((_, Err(error)))) => return Err(format!("a password couldn't be hashed: {error}")),
            Some(Err(error)) => return Err(format!("hashing was interrupted: {error}")),
        }
    }
}

/// The fingerprints of the passwords that the last applied file set.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Fingerprints {
    id: String,
    /// Sealed.
    key: String,
    /// By person.
    people: BTreeMap<String, Fingerprint>,
    /// The key, opened.
    #[serde(skip)]
    opened: Option<OpenedKey>,
}

/// A key that takes no part in comparison and is never stored.
#[derive(Clone)]
struct OpenedKey(Secret);

impl PartialEq for OpenedKey {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fingerprint {
    /// Of the file's password.
    password: String,
    /// Of the stored hash it led to.
    hash: String,
}

impl Record for Fingerprints {
    const TABLE: Table = Table::Settings;
    fn id(&self) -> &str {
        &self.id
    }
}

impl Fingerprints {
    const ID: &'static str = "config-passwords";

    /// The stored fingerprints; empty ones when there are none or their key can't be opened any more.
    pub(super) fn read(cx: &Cx<'_>) -> Result<Self, StoreError> {
        if let Some(stored) = cx.get::<Self>(Self::ID)?
            && let Ok(key) = cx.vault.open(&stored.key)
        {
            let mut known = Self::clone(&stored);
            known.opened = Some(OpenedKey(key));
            return Ok(known);
        }
        Ok(Self {
            id: Self::ID.to_owned(),
            key: String::new(),
            people: BTreeMap::new(),
            opened: None,
        })
    }

    /// Whether the stored person's hash was made from this password.
    pub(super) fn fits(&self, stored: Option<&User>, password: &Secret) -> bool {
        let (Some(user), Some(OpenedKey(key))) = (stored, &self.opened) else {
            return false;
        };
        let (Some(hash), Some(known)) = (&user.password_encrypted, self.people.get(user.id.as_str())) else {
            return false;
        };
        known.password == fingerprint(key, user.id.as_str(), password.expose()) && known.hash == digest(hash)
    }

    /// Fingerprints of exactly these people, under the same key; a new key when there is none.
    pub(super) fn renewed(&self, cx: &Cx<'_>, people: &ApplyPeople, users: &[UserEntry]) -> Result<Self, StoreError> {
        let mut renewed = self.clone();
        let OpenedKey(key) = renewed
            .opened
            .get_or_insert_with(|| OpenedKey(Secret::new(entropy::opaque43(cx.entropy))))
            .clone();
        if renewed.key.is_empty() {
            renewed.key = cx.vault.seal(&key);
        }
        renewed.people.clear();
        for entry in users {
            let (Some(password), Some(id)) = (&entry.password, people.get(&entry.at)) else {
                continue;
            };
            if let Some(hash) = cx.get::<User>(id.as_str())?.and_then(|user| user.password_encrypted.clone()) {
                let fingerprint = Fingerprint {
                    password: fingerprint(&key, id.as_str(), password.expose()),
                    hash: digest(&hash),
                };
                renewed.people.insert(id.0.clone(), fingerprint);
            }
        }
        Ok(renewed)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.people.is_empty()
    }
}

/// SHA-256 nested twice under the key (the construction of HMAC, RFC 2104, with a key of fixed length), bound to the person.
fn fingerprint(key: &Secret, person: &str, password: &str) -> String {
    let key = key.expose();
    let inner = digest(&format!("inner.{key}.{person}.{password}"));
    digest(&format!("outer.{key}.{inner}"))
}
