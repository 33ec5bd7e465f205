//! Removing what has expired, a little at a time.

use crate::Store;
use std::sync::PoisonError;
use vestibule_core::port::{Batch, StoreError, View, decode, expiry_of};
use vestibule_core::record::{DeviceCode, Grant, Record, Session, Table, index_key};
use vestibule_core::time::Timestamp;

/// Entries looked at in one job, so that sign-ins never wait for the sweep.
const SLICE: usize = 128;

/// The tables whose records expire, in key order.
const EXPIRING: &[Table] = &[
    Table::Interaction,
    Table::Session,
    Table::Grant,
    Table::AuthorizationCode,
    Table::AccessToken,
    Table::RefreshToken,
    Table::PushedRequest,
    Table::UsedAssertion,
    Table::Attempts,
    Table::DeviceCode,
];

/// What a call of [`Store::sweep`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Records looked at.
    pub examined: usize,
    /// Records deleted; their index entries are not counted.
    pub deleted: usize,
    /// Whether the last table's end was reached; the next call starts over.
    pub finished: bool,
}

/// What one slice found.
struct Slice {
    examined: usize,
    deleted: usize,
    /// The last key looked at; empty when the end was reached.
    cursor: Vec<u8>,
}

impl Store {
    /// Deletes records that are past their expiry at `now`, with their index entries. Looks at no more than `budget`
    /// records and goes on where the last call stopped; runs as small jobs between the others.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn sweep(&self, now: Timestamp, budget: usize) -> Result<Swept, StoreError> {
        let mut done = Swept::default();
        while done.examined < budget && !done.finished {
            let cursor = self.inner.cursor.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let limit = SLICE.min(budget - done.examined);
            let slice = self
                .write(move |view| match slice(view, &cursor, now, limit) {
                    Ok((slice, batch)) => (Ok(slice), batch),
                    Err(error) => (Err(error), Batch::default()),
                })
                .await??;
            done.examined += slice.examined;
            done.deleted += slice.deleted;
            done.finished = slice.cursor.is_empty();
            *self.inner.cursor.lock().unwrap_or_else(PoisonError::into_inner) = slice.cursor;
        }
        Ok(done)
    }
}

fn slice(view: &dyn View, cursor: &[u8], now: Timestamp, limit: usize) -> Result<(Slice, Batch), StoreError> {
    let mut batch = Batch::default();
    let mut slice = Slice {
        examined: 0,
        deleted: 0,
        cursor: cursor.to_vec(),
    };
    for &table in EXPIRING {
        let prefix = [table as u8];
        if cursor.first().is_some_and(|&at| at > prefix[0]) {
            continue;
        }
        let after = (cursor.first() == Some(&prefix[0])).then_some(cursor);
        for (key, value) in view.scan(&prefix, after, limit - slice.examined)? {
            slice.examined += 1;
            if remove_expired(&mut batch, table, &key, &value, now) {
                slice.deleted += 1;
            }
            slice.cursor = key;
        }
        if slice.examined >= limit {
            return Ok((slice, batch));
        }
    }
    slice.cursor.clear();
    Ok((slice, batch))
}

/// Notes the deletion of a record and its index entries; whether it was expired.
fn remove_expired(batch: &mut Batch, table: Table, key: &[u8], value: &[u8], now: Timestamp) -> bool {
    match expiry_of(value) {
        Ok(Some(expiry)) if expiry <= now => {}
        Ok(_) => return false,
        Err(error) => {
            // Whoever reads it is told; the sweep must not get stuck on it.
            tracing::warn!(?table, %error, "a record can't be swept");
            return false;
        }
    }
    let indexes = match table {
        Table::Session => index_keys::<Session>(value),
        Table::Grant => index_keys::<Grant>(value),
        Table::DeviceCode => index_keys::<DeviceCode>(value),
        _ => Ok(Vec::new()),
    };
    match indexes {
        Ok(indexes) => batch.ops.extend(indexes.into_iter().map(|key| (key, None))),
        Err(error) => {
            tracing::warn!(?table, %error, "a record can't be swept");
            return false;
        }
    }
    batch.ops.insert(key.to_vec(), None);
    true
}

fn index_keys<R: Record>(value: &[u8]) -> Result<Vec<Vec<u8>>, StoreError> {
    let record = decode::<R>(value, Timestamp(i64::MIN))?;
    Ok(record
        .map(|record| record.indexes().iter().map(|entry| index_key(entry, record.id())).collect())
        .unwrap_or_default())
}
