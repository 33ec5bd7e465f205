//! Support for tests of rules: an in-memory store, a clock that is set by hand, seeded randomness and
//! a vault that seals nothing. Compiled only for tests and behind the `testing` feature.

use crate::entropy::Entropy;
use crate::live::Trail;
use crate::port::{Batch, Cx, StoreError, Vault, View, decode};
use crate::record::{Record, record_key};
use crate::secret::Secret;
use crate::time::{Clock, Timestamp};
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// The moment at which [`World::default`] begins: 1 January 2026, 00:00:00 UTC.
pub const START: Timestamp = Timestamp(1_767_225_600_000);

/// A store in memory: one ordered map, as the stored key space is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryView {
    /// Key and value.
    pub entries: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl MemoryView {
    /// Applies the writes of one decision.
    pub fn commit(&mut self, batch: Batch) {
        for (key, value) in batch.ops {
            match value {
                Some(value) => self.entries.insert(key, value),
                None => self.entries.remove(&key),
            };
        }
    }
}

impl View for MemoryView {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.entries.get(key).cloned())
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<(Vec<u8>, Vec<u8>)>, StoreError> {
        let from = match after {
            Some(after) if after >= prefix => Bound::Excluded(after.to_vec()),
            _ => Bound::Included(prefix.to_vec()),
        };
        Ok(self
            .entries
            .range((from, Bound::Unbounded))
            .take_while(|(key, _)| key.starts_with(prefix))
            .take(limit)
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect())
    }
}

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct FixedClock(AtomicI64);

impl FixedClock {
    /// A clock showing `at`.
    #[must_use]
    pub const fn at(at: Timestamp) -> Self {
        Self(AtomicI64::new(at.0))
    }
    /// Moves it on by **seconds**.
    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds.saturating_mul(1000), Ordering::SeqCst);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// Repeatable bytes (the SplitMix64 sequence). Never for anything but tests.
#[derive(Debug)]
pub struct SeededEntropy(AtomicU64);

impl SeededEntropy {
    /// The sequence of a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, out: &mut [u8]) {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        for chunk in out.chunks_mut(8) {
            let mut z = self.0.fetch_add(STEP, Ordering::SeqCst).wrapping_add(STEP);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^= z >> 31;
            chunk.copy_from_slice(&z.to_le_bytes()[..chunk.len()]);
        }
    }
}

/// A vault that only marks what it sealed: `sealed:` before the plain text.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlainVault;

impl Vault for PlainVault {
    fn seal(&self, secret: &Secret) -> String {
        format!("sealed:{}", secret.expose())
    }
    fn open(&self, sealed: &str) -> Result<Secret, StoreError> {
        sealed
            .strip_prefix("sealed:")
            .map(Secret::new)
            .ok_or_else(|| StoreError::Corrupt("not sealed by this vault".into()))
    }
}

/// Everything a rule needs, in memory.
#[derive(Debug)]
pub struct World {
    /// What is stored.
    pub view: MemoryView,
    /// The time.
    pub clock: FixedClock,
    /// Randomness.
    pub entropy: SeededEntropy,
    /// Sealing.
    pub vault: PlainVault,
}

impl Default for World {
    fn default() -> Self {
        Self {
            view: MemoryView::default(),
            clock: FixedClock::at(START),
            entropy: SeededEntropy::new(7),
            vault: PlainVault,
        }
    }
}

impl World {
    /// An empty store at [`START`].
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Stores a record, index entries included.
    #[must_use]
    pub fn with<R: Record>(mut self, record: &R) -> Self {
        self.put(record);
        self
    }

    /// Stores a record, index entries included.
    ///
    /// # Panics
    /// When the record can't be encoded.
    #[allow(clippy::panic)]
    pub fn put<R: Record>(&mut self, record: &R) {
        if let Err(error) = self.write(|cx| cx.put(record)).0 {
            panic!("test record can't be stored: {error}");
        }
    }

    /// The record with this id, when it is there and not past its expiry.
    ///
    /// # Panics
    /// When it can't be read.
    #[must_use]
    #[allow(clippy::panic)]
    pub fn get<R: Record>(&self, id: &str) -> Option<Arc<R>> {
        let bytes = self.view.entries.get(&record_key(R::TABLE, id))?;
        match decode(bytes, self.clock.now()) {
            Ok(record) => record,
            Err(error) => panic!("test record can't be read: {error}"),
        }
    }

    /// Runs a decision and leaves the store as it was.
    pub fn read<T>(&self, decide: impl FnOnce(&mut Cx<'_>) -> T) -> (T, Trail) {
        let (outcome, _, trail) = self.decide(decide);
        (outcome, trail)
    }

    /// Runs a decision and keeps its writes, as the server does.
    pub fn write<T>(&mut self, decide: impl FnOnce(&mut Cx<'_>) -> T) -> (T, Trail) {
        let (outcome, batch, trail) = self.decide(decide);
        self.view.commit(batch);
        (outcome, trail)
    }

    /// Runs a decision and hands out its writes, uncommitted.
    pub fn decide<T>(&self, decide: impl FnOnce(&mut Cx<'_>) -> T) -> (T, Batch, Trail) {
        let mut cx = Cx::new(&self.view, self.clock.now(), &self.entropy, &self.vault);
        let outcome = decide(&mut cx);
        let (batch, trail) = cx.finish();
        (outcome, batch, trail)
    }
}
