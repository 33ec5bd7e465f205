//! What is stored, in memory, and a start of the program over it.

use crate::config::{ApplyError, Document, Summary, apply, hash_passwords, passwords_to_hash};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use vestibule_core::entropy::Entropy;
use vestibule_core::port::{Vault, View};
use vestibule_core::record::Record;
use vestibule_core::{Batch, Cx, Secret, StoreError, Timestamp};

/// A store, a vault whose boxes differ every time, and repeatable randomness.
#[derive(Default)]
pub(crate) struct Stored {
    entries: BTreeMap<Vec<u8>, Vec<u8>>,
    drawn: AtomicU64,
}

impl View for Stored {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.entries.get(key).cloned())
    }
    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<(Vec<u8>, Vec<u8>)>, StoreError> {
        let matching = self
            .entries
            .iter()
            .filter(|(k, _)| k.starts_with(prefix) && after.is_none_or(|after| k.as_slice() > after));
        Ok(matching.take(limit).map(|(k, v)| (k.clone(), v.clone())).collect())
    }
}

impl Entropy for Stored {
    fn fill(&self, out: &mut [u8]) {
        for byte in out {
            *byte = (self.drawn.fetch_add(1, Ordering::Relaxed).wrapping_mul(167) >> 2) as u8;
        }
    }
}

impl Vault for Stored {
    fn seal(&self, secret: &Secret) -> String {
        format!("sealed {} {}", self.drawn.fetch_add(1, Ordering::Relaxed), secret.expose())
    }
    fn open(&self, sealed: &str) -> Result<Secret, StoreError> {
        let opened = sealed.strip_prefix("sealed ").and_then(|rest| rest.split_once(' '));
        opened
            .map(|(_, text)| Secret::new(text))
            .ok_or_else(|| StoreError::Corrupt("not sealed".into()))
    }
}

/// A stand-in for Argon2 that never gives the same hash twice.
pub(crate) async fn fake_hash(password: Secret) -> Result<String, String> {
    static SALT: AtomicU64 = AtomicU64::new(0);
    Ok(format!("hash {} {}", SALT.fetch_add(1, Ordering::Relaxed), password.expose()))
}

/// What one application of a document did.
pub(crate) struct Applied {
    pub summary: Summary,
    pub writes: usize,
    pub hashed: usize,
}

impl Stored {
    /// A context at a moment.
    pub(crate) fn cx(&self, at: i64) -> Cx<'_> {
        Cx::new(self, Timestamp(at), self, self)
    }

    /// Applies a document as a start does, and commits.
    pub(crate) async fn start(&mut self, document: &Document, at: i64) -> Result<Applied, ApplyError> {
        let jobs = passwords_to_hash(document, &self.cx(at))?;
        let hashed = jobs.len();
        let hashes = hash_passwords(jobs, fake_hash).await.unwrap();
        let mut cx = self.cx(at);
        let summary = apply(document, &mut cx, &hashes)?;
        let batch = cx.finish().0;
        let writes = self.commit(batch);
        Ok(Applied { summary, writes, hashed })
    }

    /// Changes what is stored, as the window would.
    pub(crate) fn edit<R: Record + Clone>(&mut self, id: &str, change: impl FnOnce(&mut R)) {
        let mut cx = self.cx(0);
        let mut record = R::clone(&cx.get::<R>(id).unwrap().unwrap());
        change(&mut record);
        cx.put(&record).unwrap();
        let batch = cx.finish().0;
        self.commit(batch);
    }

    /// One record.
    pub(crate) fn one<R: Record + Clone>(&self, id: &str) -> R {
        R::clone(&self.cx(0).get::<R>(id).unwrap().unwrap_or_else(|| panic!("no {id}")))
    }

    /// All records of a table.
    pub(crate) fn all<R: Record + Clone>(&self) -> Vec<R> {
        self.cx(0).list::<R>(1000).unwrap().iter().map(|record| R::clone(record)).collect()
    }

    /// Everything stored, as text.
    pub(crate) fn dump(&self) -> String {
        self.entries.values().map(|v| String::from_utf8_lossy(v).into_owned()).collect()
    }

    /// Commits writes; answers how many keys they touch.
    pub(crate) fn commit(&mut self, batch: Batch) -> usize {
        let writes = batch.ops.len();
        for (key, value) in batch.ops {
            match value {
                Some(value) => self.entries.insert(key, value),
                None => self.entries.remove(&key),
            };
        }
        writes
    }
}
