//! What is confirmed but not in its place in the tree yet.
//!
//! sled makes a batch atomic by writing a manifest of its own before it, and changes a page of the tree for each key. So a
//! group of jobs becomes durable as one plain value, its *intent*, in one of a few slots that are used over and over;
//! until it is *settled* its records are read from memory. Many groups settle together, in one batch: a record that
//! changed several times is written once, and one that came and went is never written at all.
//!
//! sled recovers a prefix of what it was given, so the intents that are found are those of the newest groups; their
//! records are put in place before anything else is done with the tree ([`replay`]).

use crate::medium::{apply, failed, get, scan, sled_batch, start};
use crate::migrate::{SEQUENCE_KEY, number};
use std::collections::{BTreeMap, HashSet};
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use vestibule_core::port::{Batch, Entry, StoreError};
use vestibule_core::record::Table;

/// Intents are kept below this.
const SLOT: &[u8] = b"\0intent";
/// Slots in use; when none is left, what is pending is settled.
const SLOTS: u16 = 256;
/// Bytes of a slot. sled puts up to 16 values on a page and moves a page over a quarter of a segment (128 kB) to a file
/// of its own, so slots are small and a large group takes several.
const SLOT_BYTES: usize = 6 * 1024;
/// Pending records that are settled at the next group; more would hold the next job up for too long.
const MOST: usize = 768;
/// Bytes before what a slot holds: the group's number, which part this is, and of how many.
const HEAD: usize = 12;

/// Keys and their new values.
type Ops = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// The tree and what is ahead of it. Only the writer thread changes it.
pub(crate) struct Ahead {
    db: sled::Db,
    pending: RwLock<Ops>,
    group: Mutex<Group>,
    /// Short-lived records that have their place in the tree ([`is_short_lived`]).
    placed: Mutex<HashSet<Vec<u8>>>,
}

/// Records that are written once and gone a moment later: most never need a place in the tree.
fn is_short_lived(key: &[u8]) -> bool {
    key.first() == Some(&(Table::JournalTail as u8))
}

/// The group that is being written.
#[derive(Default)]
struct Group {
    /// Its writes, encoded.
    bytes: Vec<u8>,
    /// Slots taken since the last settling.
    taken: u16,
}

impl Ahead {
    /// # Errors
    /// When the medium fails.
    pub(crate) fn new(db: sled::Db) -> Result<Self, StoreError> {
        let placed = db.scan_prefix([Table::JournalTail as u8]).keys();
        let placed = placed.map(|key| key.map(|key| key.to_vec())).collect::<Result<_, _>>();
        Ok(Self {
            pending: RwLock::default(),
            group: Mutex::default(),
            placed: Mutex::new(placed.map_err(failed)?),
            db,
        })
    }

    fn placed(&self) -> MutexGuard<'_, HashSet<Vec<u8>>> {
        self.placed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pending(&self) -> RwLockReadGuard<'_, Ops> {
        self.pending.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn group(&self) -> MutexGuard<'_, Group> {
        self.group.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a batch visible, as part of the present group.
    pub(crate) fn apply(&self, batch: Batch) {
        encode(&mut self.group().bytes, &batch);
        let mut pending = self.pending.write().unwrap_or_else(PoisonError::into_inner);
        for (key, value) in batch.ops {
            if value.is_none() && is_short_lived(&key) && !self.placed().contains(&key) {
                pending.remove(&key);
            } else {
                pending.insert(key, value);
            }
        }
    }

    /// Makes the present group durable under its number; whether there was one.
    pub(crate) fn confirm(&self, sequence: u64) -> Result<bool, StoreError> {
        let mut group = self.group();
        if group.bytes.is_empty() {
            return Ok(false);
        }
        let bytes = std::mem::take(&mut group.bytes);
        let parts = bytes.len().div_ceil(SLOT_BYTES);
        let room = usize::from(SLOTS - group.taken);
        if parts > room || self.pending().len() > MOST {
            drop(group);
            self.settle(sequence)?;
            self.db.flush().map_err(failed)?;
        } else if let Err(error) = self.write_intent(&mut group, sequence, &bytes) {
            // Nothing it left in the slots may be taken for a part of the next group: that one settles.
            group.taken = SLOTS;
            return Err(error);
        } else {
            // The buffer is as large as the last group; most are alike.
            group.bytes = bytes;
            group.bytes.clear();
        }
        Ok(true)
    }

    fn write_intent(&self, group: &mut Group, sequence: u64, bytes: &[u8]) -> Result<(), StoreError> {
        let parts = u16::try_from(bytes.len().div_ceil(SLOT_BYTES)).unwrap_or(u16::MAX);
        for (part, payload) in (0_u16..).zip(bytes.chunks(SLOT_BYTES)) {
            let value = slot_value(sequence, part, parts, payload);
            self.db.insert(slot_key(group.taken), value).map_err(failed)?;
            group.taken += 1;
        }
        self.db.flush().map_err(failed)?;
        Ok(())
    }

    /// Puts everything pending in its place, up to and with the group of this number.
    pub(crate) fn settle(&self, sequence: u64) -> Result<(), StoreError> {
        // A group whose records are all gone again still counts.
        let counted = number::<8>(&self.db, SEQUENCE_KEY).map(u64::from_be_bytes);
        if self.is_pending() || counted != Some(sequence) {
            let pending = self.pending();
            put_in_place(&self.db, &pending, sequence)?;
            let mut placed = self.placed();
            for (key, value) in pending.iter().filter(|(key, _)| is_short_lived(key)) {
                if value.is_some() {
                    placed.insert(key.clone());
                } else {
                    placed.remove(key);
                }
            }
            drop((placed, pending));
            self.pending.write().unwrap_or_else(PoisonError::into_inner).clear();
        }
        // Reused from here on: an intent that overwrites one is later in the log than this settling.
        self.group().taken = 0;
        Ok(())
    }

    /// Whether anything is to be settled.
    pub(crate) fn is_pending(&self) -> bool {
        !self.pending().is_empty()
    }

    /// Removes what the slots hold, which nobody needs any more: before a close.
    pub(crate) fn clear_slots(&self) -> Result<(), StoreError> {
        let mut removals = Batch::default();
        for entry in self.db.scan_prefix(SLOT).keys() {
            removals.ops.insert(entry.map_err(failed)?.to_vec(), None);
        }
        if !removals.is_empty() {
            apply(&self.db, &removals)?;
        }
        self.db.flush().map_err(failed)?;
        Ok(())
    }

    pub(crate) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        if let Some(value) = self.pending().get(key) {
            return Ok(value.clone());
        }
        get(&self.db, key)
    }

    pub(crate) fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let ahead: Vec<(Vec<u8>, Option<Vec<u8>>)> = self
            .pending()
            .range::<[u8], _>((start(prefix, after), Bound::Unbounded))
            .take_while(|(key, _)| key.starts_with(prefix))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        if ahead.is_empty() {
            return scan(&self.db, prefix, after, limit);
        }
        let settled = scan(&self.db, prefix, after, limit.saturating_add(ahead.len()))?;
        let mut merged: BTreeMap<Vec<u8>, Vec<u8>> = settled.into_iter().collect();
        for (key, value) in ahead {
            match value {
                Some(value) => merged.insert(key, value),
                None => merged.remove(&key),
            };
        }
        Ok(merged.into_iter().take(limit).collect())
    }
}

/// Puts the records of all intents that were not settled in their place; the number of the newest group.
///
/// # Errors
/// When the medium fails or an intent can't be read.
pub(crate) fn replay(db: &sled::Db) -> Result<Option<u64>, StoreError> {
    let Some(settled) = number::<8>(db, SEQUENCE_KEY).map(u64::from_be_bytes) else {
        return Ok(None);
    };
    let mut groups: BTreeMap<u64, BTreeMap<u16, (u16, sled::IVec)>> = BTreeMap::new();
    for entry in db.scan_prefix(SLOT).values() {
        let value = entry.map_err(failed)?;
        let (sequence, part, parts) = slot_head(&value).ok_or_else(damaged)?;
        if sequence > settled {
            groups.entry(sequence).or_default().insert(part, (parts, value));
        }
    }
    let mut ops = Ops::new();
    let mut newest = settled;
    for (sequence, parts) in groups {
        let whole = parts.values().next().is_some_and(|(count, _)| usize::from(*count) == parts.len());
        // The newest group may have been cut off: then nobody was told that it was confirmed.
        if sequence != newest + 1 || !whole {
            break;
        }
        let bytes: Vec<u8> = parts.values().flat_map(|(_, value)| value[HEAD..].iter().copied()).collect();
        decode(&bytes, &mut ops).ok_or_else(damaged)?;
        newest = sequence;
    }
    if newest > settled {
        put_in_place(db, &ops, newest)?;
        db.flush().map_err(failed)?;
    }
    Ok(Some(newest))
}

fn damaged() -> StoreError {
    StoreError::Corrupt("a group of writes that was not put in its place can't be read".into())
}

fn put_in_place(db: &sled::Db, ops: &Ops, sequence: u64) -> Result<(), StoreError> {
    let mut writes = sled_batch(ops);
    writes.insert(SEQUENCE_KEY, &sequence.to_be_bytes());
    db.apply_batch(writes).map_err(failed)
}

fn slot_key(slot: u16) -> Vec<u8> {
    [SLOT, &slot.to_be_bytes()].concat()
}

fn slot_value(sequence: u64, part: u16, parts: u16, payload: &[u8]) -> Vec<u8> {
    [&sequence.to_be_bytes()[..], &part.to_be_bytes(), &parts.to_be_bytes(), payload].concat()
}

fn slot_head(value: &[u8]) -> Option<(u64, u16, u16)> {
    let head: [u8; HEAD] = value.get(..HEAD)?.try_into().ok()?;
    let [a, b, c, d, e, f, g, h, part @ .., y, z] = head;
    Some((
        u64::from_be_bytes([a, b, c, d, e, f, g, h]),
        u16::from_be_bytes(part),
        u16::from_be_bytes([y, z]),
    ))
}

/// A length, the key, a length, the value; a length of all ones stands for a deletion.
fn encode(out: &mut Vec<u8>, batch: &Batch) {
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX - 1).to_be_bytes();
    for (key, value) in &batch.ops {
        out.extend_from_slice(&length(key));
        out.extend_from_slice(key);
        match value {
            Some(value) => {
                out.extend_from_slice(&length(value));
                out.extend_from_slice(value);
            }
            None => out.extend_from_slice(&u32::MAX.to_be_bytes()),
        }
    }
}

fn decode(mut bytes: &[u8], ops: &mut Ops) -> Option<()> {
    fn length(bytes: &mut &[u8]) -> Option<u32> {
        let (head, rest) = bytes.split_first_chunk::<4>()?;
        *bytes = rest;
        Some(u32::from_be_bytes(*head))
    }
    fn take(bytes: &mut &[u8], length: u32) -> Option<Vec<u8>> {
        let (taken, rest) = bytes.split_at_checked(usize::try_from(length).ok()?)?;
        *bytes = rest;
        Some(taken.to_vec())
    }
    while !bytes.is_empty() {
        let of_key = length(&mut bytes)?;
        let key = take(&mut bytes, of_key)?;
        let value = match length(&mut bytes)? {
            u32::MAX => None,
            of_value => Some(take(&mut bytes, of_value)?),
        };
        ops.insert(key, value);
    }
    Some(())
}

#[cfg(test)]
#[path = "ahead_tests.rs"]
mod tests;
