//! Changes of the stored format between releases.

use crate::medium::{TreeView, apply, failed};
use vestibule_core::Timestamp;
use vestibule_core::port::{Batch, StoreError, View, decode};
use vestibule_core::record::{Index, OneTimeToken, Record as _, Table, index_key, table_prefix};

/// Records of the store's own: below every table byte of core.
pub(crate) const FORMAT_KEY: &[u8] = b"\0format";
pub(crate) const SEQUENCE_KEY: &[u8] = b"\0sequence";

/// The format this release writes.
pub(crate) const FORMAT: u32 = 4;

/// One step from a format to the next one.
pub(crate) struct Step {
    /// The format it starts from.
    pub(crate) from: u32,
    /// The format it leaves.
    pub(crate) to: u32,
    /// What has to be written; applied together with the new format number or not at all.
    pub(crate) run: fn(&dyn View) -> Result<Batch, StoreError>,
}

/// Every step of every release so far, oldest first.
pub(crate) const STEPS: &[Step] = &[
    Step {
        from: 1,
        to: 2,
        run: forget_first_journal,
    },
    Step {
        from: 2,
        to: 3,
        run: lower_username_index,
    },
    Step {
        from: 3,
        to: 4,
        run: index_one_time_tokens,
    },
];

/// Format 1 kept a record for each live session and each of its steps (tables 32 and 33). They are history, and the
/// journal of format 2 begins anew.
fn forget_first_journal(view: &dyn View) -> Result<Batch, StoreError> {
    let mut batch = Batch::default();
    for table in [32, 33] {
        let entries = view.scan(&[table], None, usize::MAX)?;
        batch.ops.extend(entries.into_iter().map(|(key, _)| (key, None)));
    }
    Ok(batch)
}

/// Format 2 found people by their username as it is spelt; format 3 by the lower-cased one, so that case may count or not.
fn lower_username_index(view: &dyn View) -> Result<Batch, StoreError> {
    let mut batch = Batch::default();
    for (key, value) in view.scan(&[0x80 | Index::Username as u8], None, usize::MAX)? {
        // The first byte names the index; a zero byte ends the username.
        let end = key.iter().position(|byte| *byte == 0).unwrap_or(key.len());
        let mut lowered = key.clone();
        lowered[1..end].make_ascii_lowercase();
        if lowered != key {
            batch.ops.insert(key, None);
            batch.ops.insert(lowered, Some(value));
        }
    }
    Ok(batch)
}

/// Format 3 looked through one-time tokens for an id; format 4 has an index.
fn index_one_time_tokens(view: &dyn View) -> Result<Batch, StoreError> {
    let mut batch = Batch::default();
    for (_, value) in view.scan(&table_prefix(Table::OneTimeToken), None, usize::MAX)? {
        // One that ended is not swept yet; its entry goes with it.
        if let Some(token) = decode::<OneTimeToken>(&value, Timestamp(i64::MIN))? {
            let entries = token.indexes();
            batch
                .ops
                .extend(entries.iter().map(|entry| (index_key(entry, token.id()), Some(Vec::new()))));
        }
    }
    Ok(batch)
}

/// A number of the store's own records.
pub(crate) fn number<const N: usize>(db: &sled::Db, key: &[u8]) -> Option<[u8; N]> {
    db.get(key).ok()??.as_ref().try_into().ok()
}

/// Brings a tree from the format `found` to `format`.
pub(crate) fn migrate(db: &sled::Db, found: u32, format: u32, steps: &[Step]) -> Result<(), StoreError> {
    // The tree knows better than the marker when the last migration was interrupted between the two.
    let mut at = number::<4>(db, FORMAT_KEY).map_or(found, u32::from_be_bytes);
    while at < format {
        let Some(step) = steps.iter().find(|step| step.from == at) else {
            return Err(StoreError::Corrupt(format!("no step leads on from format {at}")));
        };
        let mut batch = (step.run)(&TreeView(db))?;
        batch.ops.insert(FORMAT_KEY.to_vec(), Some(step.to.to_be_bytes().to_vec()));
        apply(db, &batch)?;
        db.flush().map_err(failed)?;
        at = step.to;
    }
    Ok(())
}
