//! The ports of core: the store as a rule sees it, the vault, and the context a decision works in.

use crate::because::{Because, Words};
use crate::entropy::Entropy;
use crate::hot::{HotRecords, is_hot, is_hot_index, is_hot_whole};
use crate::ids::LiveId;
use crate::live::{Lane, StepKind, Trail};
use crate::model::ProviderSettings;
use crate::record::{IndexEntry, Record, Table, index_key, index_prefix, record_key, table_prefix};
use crate::secret::Secret;
use crate::time::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// Version byte of every stored value; a later release that changes a shape raises it and migrates.
pub const RECORD_VERSION: u8 = 1;

/// Most records of a table that is kept decoded as a whole.
const MOST_WHOLE: usize = 128;

/// Bytes before the JSON of a stored value: the version, then the expiry (big-endian milliseconds, 0 = never).
pub const RECORD_HEADER: usize = 9;

/// What can go wrong between a rule and its storage.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The medium failed.
    #[error("storage failed: {0}")]
    Io(String),
    /// A record could not be read back.
    #[error("a stored record can't be read: {0}")]
    Corrupt(String),
    /// The writer has stopped (the program is shutting down).
    #[error("the store is closing")]
    Closed,
}

/// A key and its value.
pub type Entry = (Vec<u8>, Vec<u8>);

/// The store as a rule may read it: bytes by key.
pub trait View {
    /// The value under a key.
    ///
    /// # Errors
    /// When the medium fails.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Up to `limit` entries whose key starts with `prefix` and is greater than `after`, in key order.
    ///
    /// # Errors
    /// When the medium fails.
    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<Entry>, StoreError>;

    /// Records kept decoded, if this store does that.
    fn hot(&self) -> Option<&HotRecords> {
        None
    }
}

/// The writes of one decision: applied together or not at all.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Key and new value; `None` deletes.
    pub ops: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
}

impl Batch {
    /// Whether nothing would change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ops.is_empty()
    }
}

/// Sealing, cookie signatures and password comparison that need keys but no I/O of the rule's own.
pub trait Vault: Send + Sync {
    /// Seals a secret for storage.
    fn seal(&self, secret: &Secret) -> String;
    /// Opens a sealed secret.
    ///
    /// # Errors
    /// When the box is damaged or was sealed with another key.
    fn open(&self, sealed: &str) -> Result<Secret, StoreError>;
}

/// Everything a decision works with: what is stored, the time, randomness, and the trail it leaves.
///
/// A `Cx` sees its own writes. They are committed as one batch after the decision returns.
pub struct Cx<'a> {
    view: &'a dyn View,
    batch: Batch,
    /// The present moment.
    pub now: Timestamp,
    /// Randomness.
    pub entropy: &'a dyn Entropy,
    /// Sealing.
    pub vault: &'a dyn Vault,
    /// What the decision says of itself.
    pub trail: Trail,
    witness: Option<&'a dyn Witness>,
}

/// Who shows live sessions, as a decision sees them.
pub trait Witness {
    /// Whether one more step of this kind is kept of a session. Otherwise it is only counted, and needs no words.
    fn wants(&self, live: &LiveId, kind: StepKind) -> bool;
}

impl<'a> Cx<'a> {
    /// A context over a view.
    #[must_use]
    pub fn new(view: &'a dyn View, now: Timestamp, entropy: &'a dyn Entropy, vault: &'a dyn Vault) -> Self {
        Self {
            view,
            batch: Batch::default(),
            now,
            entropy,
            vault,
            trail: Trail::default(),
            witness: None,
        }
    }

    /// With somebody to ask whether words are wanted.
    #[must_use]
    pub fn witnessed(mut self, witness: &'a dyn Witness) -> Self {
        self.witness = Some(witness);
        self
    }

    /// Says no more when steps of this kind are only counted by now ([`Witness`]). For what repeats itself and went well;
    /// a refusal is always told.
    pub fn spare_words(&mut self) {
        if let (Some(witness), Some(live)) = (self.witness, &self.trail.live) {
            self.trail.spared = !witness.wants(live, self.trail.kind);
        }
    }

    /// The writes and the trail, at the end.
    #[must_use]
    pub fn finish(self) -> (Batch, Trail) {
        (self.batch, self.trail)
    }

    /// Drops the writes collected so far: the decision turned out to be none.
    pub fn forget(&mut self) {
        self.batch = Batch::default();
    }

    fn raw(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        if let Some(pending) = self.batch.ops.get(key) {
            return Ok(pending.clone());
        }
        self.view.get(key)
    }

    /// One record by id. A record past its expiry is absent, whether or not it was swept yet.
    ///
    /// # Errors
    /// When the medium fails or the record can't be read.
    pub fn get<R: Record>(&self, id: &str) -> Result<Option<Arc<R>>, StoreError> {
        let key = record_key(R::TABLE, id);
        if is_hot(R::TABLE)
            && !self.batch.ops.contains_key(&key)
            && let Some(hot) = self.view.hot()
        {
            return self.get_hot(hot, key);
        }
        match self.raw(&key)? {
            Some(bytes) => decode::<R>(&bytes, self.now),
            None => Ok(None),
        }
    }

    fn get_hot<R: Record>(&self, hot: &HotRecords, key: Vec<u8>) -> Result<Option<Arc<R>>, StoreError> {
        let writes = match hot.get::<R>(&key) {
            Ok(record) => return Ok(record.filter(|record| record.expires_at().is_none_or(|end| end > self.now))),
            Err(writes) => writes,
        };
        let record = match self.view.get(&key)? {
            Some(bytes) => decode::<R>(&bytes, self.now)?,
            None => None,
        };
        hot.keep(key, record.clone(), writes);
        Ok(record)
    }

    /// The provider's settings, or what they are while none were saved.
    ///
    /// # Errors
    /// As [`Cx::get`].
    pub fn settings(&self) -> Result<Arc<ProviderSettings>, StoreError> {
        static UNSAVED: LazyLock<Arc<ProviderSettings>> = LazyLock::new(Arc::default);
        let saved = self.get::<ProviderSettings>(ProviderSettings::ID)?;
        Ok(saved.unwrap_or_else(|| UNSAVED.clone()))
    }

    /// The record that a unique index names.
    ///
    /// # Errors
    /// As [`Cx::get`].
    pub fn find<R: Record>(&self, entry: &IndexEntry) -> Result<Option<Arc<R>>, StoreError> {
        match self.find_ids(entry, 1)?.into_iter().next() {
            Some(id) => self.get::<R>(&id),
            None => Ok(None),
        }
    }

    /// Ids of the records that an index names, up to `limit`.
    ///
    /// # Errors
    /// When the medium fails.
    pub fn find_ids(&self, entry: &IndexEntry, limit: usize) -> Result<Vec<String>, StoreError> {
        let prefix = index_prefix(entry);
        let kept = match self.view.hot() {
            // What this very decision writes is not kept yet.
            Some(hot) if is_hot_index(entry.index) && self.batch.is_empty() => match hot.ids(&prefix, limit) {
                Ok(ids) => return Ok(ids),
                Err(writes) => Some((hot, writes)),
            },
            _ => None,
        };
        let ids: Vec<String> = self
            .scan_merged(&prefix, limit.saturating_add(1))?
            .into_iter()
            .map(|(key, _)| String::from_utf8_lossy(&key[prefix.len()..]).into_owned())
            .collect();
        if let Some((hot, writes)) = kept
            && ids.len() <= limit
        {
            hot.keep_ids(prefix, ids.clone(), writes);
        }
        Ok(ids.into_iter().take(limit).collect())
    }

    /// All records of a table in id order, up to `limit`; expired ones are left out.
    ///
    /// # Errors
    /// As [`Cx::get`].
    pub fn list<R: Record>(&self, limit: usize) -> Result<Vec<Arc<R>>, StoreError> {
        if is_hot_whole(R::TABLE)
            && let Some(hot) = self.view.hot()
            && !self.batch.ops.keys().any(|key| key.first() == Some(&(R::TABLE as u8)))
        {
            let writes = match hot.table::<R>() {
                Ok(records) => return Ok(records.iter().take(limit).cloned().collect()),
                Err(writes) => writes,
            };
            let records = self.read_list::<R>(MOST_WHOLE + 1)?;
            if records.len() <= MOST_WHOLE {
                let records = Arc::new(records);
                hot.keep_table(records.clone(), writes);
                return Ok(records.iter().take(limit).cloned().collect());
            }
        }
        self.read_list(limit)
    }

    fn read_list<R: Record>(&self, limit: usize) -> Result<Vec<Arc<R>>, StoreError> {
        let mut out = Vec::new();
        for (_, bytes) in self.scan_merged(&table_prefix(R::TABLE), limit)? {
            if let Some(record) = decode::<R>(&bytes, self.now)? {
                out.push(record);
            }
        }
        Ok(out)
    }

    /// How many records a table holds, up to `limit`; expired ones not yet swept count.
    ///
    /// # Errors
    /// When the medium fails.
    pub fn count<R: Record>(&self, limit: usize) -> Result<usize, StoreError> {
        Ok(self.scan_merged(&table_prefix(R::TABLE), limit)?.len())
    }

    fn scan_merged(&self, prefix: &[u8], limit: usize) -> Result<Vec<Entry>, StoreError> {
        let pending: Vec<_> = self
            .batch
            .ops
            .range(prefix.to_vec()..)
            .take_while(|(k, _)| k.starts_with(prefix))
            .collect();
        if pending.is_empty() {
            return self.view.scan(prefix, None, limit);
        }
        let stored = self.view.scan(prefix, None, limit.saturating_add(pending.len()))?;
        let mut merged: BTreeMap<Vec<u8>, Vec<u8>> = stored.into_iter().collect();
        for (key, value) in pending {
            match value {
                Some(value) => merged.insert(key.clone(), value.clone()),
                None => merged.remove(key),
            };
        }
        Ok(merged.into_iter().take(limit).collect())
    }

    /// Writes a record and keeps its index entries true.
    ///
    /// # Errors
    /// When the previous record can't be read or the new one can't be encoded.
    pub fn put<R: Record>(&mut self, record: &R) -> Result<(), StoreError> {
        let key = record_key(R::TABLE, record.id());
        let entries = record.indexes();
        if R::INDEXED {
            let old = match self.raw(&key)? {
                Some(old) => decode::<R>(&old, Timestamp(i64::MIN))?.map(|old| old.indexes()).unwrap_or_default(),
                None => Vec::new(),
            };
            for entry in old.iter().filter(|entry| !entries.contains(entry)) {
                self.batch.ops.insert(index_key(entry, record.id()), None);
            }
            for entry in entries.iter().filter(|entry| !old.contains(entry)) {
                self.batch.ops.insert(index_key(entry, record.id()), Some(Vec::new()));
            }
        }
        self.batch.ops.insert(key, Some(encode(record)?));
        Ok(())
    }

    /// Deletes a record and its index entries; nothing happens when it is not there.
    ///
    /// # Errors
    /// When the record can't be read.
    pub fn delete<R: Record>(&mut self, id: &str) -> Result<(), StoreError> {
        let key = record_key(R::TABLE, id);
        if R::INDEXED
            && let Some(bytes) = self.raw(&key)?
            && let Some(old) = decode::<R>(&bytes, Timestamp(i64::MIN))?
        {
            for entry in old.indexes() {
                self.batch.ops.insert(index_key(&entry, id), None);
            }
        }
        self.batch.ops.insert(key, None);
        Ok(())
    }

    /// Notes a reason.
    pub fn because(&mut self, because: Because) {
        self.trail.because(because);
    }

    /// Draws an arrow.
    pub fn arrow(&mut self, from: Lane, to: Lane, label: impl Into<Words>) {
        self.trail.arrow(from, to, label);
    }
}

/// A record as stored bytes.
///
/// # Errors
/// When it can't be encoded as JSON.
pub fn encode<R: Record>(record: &R) -> Result<Vec<u8>, StoreError> {
    encode_value(record.expires_at(), record)
}

/// As [`encode`], for a value that is written as some record is, without being one: what it borrows need not be copied.
///
/// # Errors
/// When it can't be encoded as JSON.
pub fn encode_value(expires_at: Option<Timestamp>, value: &impl serde::Serialize) -> Result<Vec<u8>, StoreError> {
    let mut bytes = Vec::with_capacity(512);
    bytes.push(RECORD_VERSION);
    bytes.extend_from_slice(&expires_at.map_or(0, |t| t.0).to_be_bytes());
    serde_json::to_writer(&mut bytes, value).map_err(|e| StoreError::Corrupt(e.to_string()))?;
    Ok(bytes)
}

/// A record from stored bytes; `None` when it is past its expiry at `now`.
///
/// # Errors
/// When the header or the JSON can't be read.
pub fn decode<R: Record>(bytes: &[u8], now: Timestamp) -> Result<Option<Arc<R>>, StoreError> {
    let expires = expiry_of(bytes)?;
    if expires.is_some_and(|t| t <= now) {
        return Ok(None);
    }
    serde_json::from_slice(&bytes[RECORD_HEADER..])
        .map(|record| Some(Arc::new(record)))
        .map_err(|e| StoreError::Corrupt(format!("{:?}: {e}", R::TABLE)))
}

/// When a stored value ends, from its header alone: the sweeper needs no JSON.
///
/// # Errors
/// When the header is short or of an unknown version.
pub fn expiry_of(bytes: &[u8]) -> Result<Option<Timestamp>, StoreError> {
    let Some((&version, rest)) = bytes.split_first() else {
        return Err(StoreError::Corrupt("empty value".into()));
    };
    if version != RECORD_VERSION {
        return Err(StoreError::Corrupt(format!(
            "record version {version}, this release reads {RECORD_VERSION}"
        )));
    }
    let Some(expiry) = rest.first_chunk::<8>() else {
        return Err(StoreError::Corrupt("short value".into()));
    };
    let millis = i64::from_be_bytes(*expiry);
    Ok((millis != 0).then_some(Timestamp(millis)))
}

/// Whether a key belongs to a table whose values carry a [`RECORD_HEADER`].
#[must_use]
pub fn table_of(key: &[u8]) -> Option<Table> {
    key.first().and_then(|b| Table::from_byte(*b))
}
