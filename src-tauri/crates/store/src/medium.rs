//! What the writer writes to: sled, or a map in memory.

use crate::directory::SledMedium;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, mpsc};
use vestibule_core::hot::HotRecords;
use vestibule_core::port::{Batch, StoreError, View};

type Entries = Vec<(Vec<u8>, Vec<u8>)>;

/// A place for entries. Only the writer thread calls [`Medium::apply`] and [`Medium::flush`].
pub(crate) enum Medium {
    Sled(Box<SledMedium>),
    Memory(Box<MemoryMedium>),
}

/// The twin in memory.
pub(crate) struct MemoryMedium {
    map: RwLock<BTreeMap<Vec<u8>, Vec<u8>>>,
    hot: HotRecords,
    /// Dropped with the medium, which tells `close` that it is released.
    _released: mpsc::Sender<()>,
}

impl MemoryMedium {
    fn map(&self) -> RwLockReadGuard<'_, BTreeMap<Vec<u8>, Vec<u8>>> {
        self.map.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Medium {
    pub(crate) fn memory(released: mpsc::Sender<()>) -> Self {
        Self::Memory(Box::new(MemoryMedium {
            map: RwLock::default(),
            hot: HotRecords::default(),
            _released: released,
        }))
    }

    /// Whether nothing was ever written.
    pub(crate) fn is_fresh(&self) -> bool {
        match self {
            Self::Sled(sled) => sled.sequence() == 0,
            Self::Memory(_) => true,
        }
    }

    /// Makes a batch visible, atomically.
    pub(crate) fn apply(&self, batch: Batch) {
        let touched = HotRecords::touched(&batch);
        match self {
            Self::Sled(sled) => sled.ahead().apply(batch),
            Self::Memory(memory) => {
                let mut map = memory.map.write().unwrap_or_else(PoisonError::into_inner);
                for (key, value) in batch.ops {
                    match value {
                        Some(value) => map.insert(key, value),
                        None => map.remove(&key),
                    };
                }
            }
        }
        self.hot_records().forget(touched);
    }

    fn hot_records(&self) -> &HotRecords {
        match self {
            Self::Sled(sled) => sled.hot(),
            Self::Memory(memory) => &memory.hot,
        }
    }

    /// Makes everything applied so far durable.
    pub(crate) fn flush(&self) -> Result<(), StoreError> {
        match self {
            Self::Sled(sled) => sled.flush(),
            Self::Memory(_) => Ok(()),
        }
    }

    /// Whether there is work that was put off ([`Medium::settle`]).
    pub(crate) fn is_unsettled(&self) -> bool {
        matches!(self, Self::Sled(sled) if sled.ahead().is_pending())
    }

    /// Does what was put off, when there is nothing else to do.
    pub(crate) fn settle(&self) -> Result<(), StoreError> {
        match self {
            Self::Sled(sled) => sled.settle(),
            Self::Memory(_) => Ok(()),
        }
    }
}

impl View for Medium {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self {
            Self::Sled(sled) => sled.ahead().get(key),
            Self::Memory(memory) => Ok(memory.map().get(key).cloned()),
        }
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Entries, StoreError> {
        match self {
            Self::Sled(sled) => sled.ahead().scan(prefix, after, limit),
            Self::Memory(memory) => Ok(memory
                .map()
                .range::<[u8], _>((start(prefix, after), Bound::Unbounded))
                .take_while(|(key, _)| key.starts_with(prefix))
                .take(limit)
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect()),
        }
    }

    fn hot(&self) -> Option<&HotRecords> {
        Some(self.hot_records())
    }
}

/// A tree as a rule sees it, before the store is running (migrations).
pub(crate) struct TreeView<'a>(pub(crate) &'a sled::Tree);

impl View for TreeView<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        get(self.0, key)
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Entries, StoreError> {
        scan(self.0, prefix, after, limit)
    }
}

/// What is left to read once the store is closed.
pub(crate) struct ClosedView;

impl View for ClosedView {
    fn get(&self, _: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Err(StoreError::Closed)
    }

    fn scan(&self, _: &[u8], _: Option<&[u8]>, _: usize) -> Result<Entries, StoreError> {
        Err(StoreError::Closed)
    }
}

/// Where a scan starts. An `after` that lies before the prefix changes nothing.
pub(crate) fn start<'a>(prefix: &'a [u8], after: Option<&'a [u8]>) -> Bound<&'a [u8]> {
    match after {
        Some(after) if after >= prefix => Bound::Excluded(after),
        _ => Bound::Included(prefix),
    }
}

pub(crate) fn apply(tree: &sled::Tree, batch: &Batch) -> Result<(), StoreError> {
    tree.apply_batch(sled_batch(&batch.ops)).map_err(failed)
}

pub(crate) fn sled_batch(ops: &BTreeMap<Vec<u8>, Option<Vec<u8>>>) -> sled::Batch {
    let mut writes = sled::Batch::default();
    for (key, value) in ops {
        match value {
            Some(value) => writes.insert(key.as_slice(), value.as_slice()),
            None => writes.remove(key.as_slice()),
        }
    }
    writes
}

pub(crate) fn get(tree: &sled::Tree, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(tree.get(key).map_err(failed)?.map(|value| value.to_vec()))
}

pub(crate) fn scan(tree: &sled::Tree, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Entries, StoreError> {
    let mut out = Vec::new();
    if limit == 0 {
        return Ok(out);
    }
    for entry in tree.range::<&[u8], _>((start(prefix, after), Bound::Unbounded)) {
        let (key, value) = entry.map_err(failed)?;
        if !key.starts_with(prefix) {
            break;
        }
        out.push((key.to_vec(), value.to_vec()));
        if out.len() == limit {
            break;
        }
    }
    Ok(out)
}

/// sled's failures in the words of the port.
pub(crate) fn failed(error: sled::Error) -> StoreError {
    match error {
        sled::Error::Corruption { .. } => StoreError::Corrupt("the database file is damaged".into()),
        other => StoreError::Io(other.to_string()),
    }
}
