//! Records that nearly every request reads and hardly any changes, kept decoded.

use crate::port::Batch;
use crate::record::{Record, Table};
use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Most records kept; when one more comes, all go.
const MOST: usize = 512;

/// Whether a table's records are kept: configuration and people, none of which expire.
#[must_use]
pub const fn is_hot(table: Table) -> bool {
    matches!(
        table,
        Table::Settings | Table::Application | Table::User | Table::Resource | Table::Role | Table::Connector | Table::SignInExperience
    )
}

/// Decoded records by key. A store that offers them ([`crate::port::View::hot`]) tells them of every write
/// ([`HotRecords::apply`]), so that what is kept is always what is stored.
#[derive(Default)]
pub struct HotRecords(Mutex<State>);

#[derive(Default)]
struct State {
    records: HashMap<Vec<u8>, Arc<dyn Any + Send + Sync>>,
    /// Counts the writes: what was read before one may not be kept after it.
    writes: u64,
}

impl std::fmt::Debug for HotRecords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HotRecords").field("kept", &self.state().records.len()).finish()
    }
}

impl HotRecords {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A record if it is kept; otherwise the number to give to [`HotRecords::keep`] once it was read.
    ///
    /// # Errors
    /// That number: it is not kept.
    pub fn get<R: Record>(&self, key: &[u8]) -> Result<Arc<R>, u64> {
        let state = self.state();
        state
            .records
            .get(key)
            .and_then(|record| Arc::downcast(record.clone()).ok())
            .ok_or(state.writes)
    }

    /// Keeps a record that was read after [`HotRecords::get`] answered `writes`, unless something was written since.
    pub fn keep<R: Record>(&self, key: Vec<u8>, record: Arc<R>, writes: u64) {
        let mut state = self.state();
        if state.writes != writes {
            return;
        }
        if state.records.len() >= MOST {
            state.records.clear();
        }
        state.records.insert(key, record);
    }

    /// Runs `write`, which makes a batch visible, and forgets what it changes. Nobody finds an old record afterwards.
    pub fn apply<T>(&self, batch: &Batch, write: impl FnOnce() -> T) -> T {
        let touched = |key: &Vec<u8>| key.first().and_then(|byte| Table::from_byte(*byte)).is_some_and(is_hot);
        let touched: Vec<Vec<u8>> = batch.ops.keys().filter(|key| touched(key)).cloned().collect();
        if touched.is_empty() {
            return write();
        }
        let done = write();
        let mut state = self.state();
        state.writes += 1;
        for key in touched {
            state.records.remove(&key);
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ProviderSettings;
    use crate::record::record_key;

    fn batch(key: &[u8]) -> Batch {
        Batch {
            ops: [(key.to_vec(), None)].into(),
        }
    }

    #[test]
    fn what_is_written_is_forgotten_and_what_was_read_before_is_not_kept() {
        let hot = HotRecords::default();
        let key = record_key(Table::Settings, ProviderSettings::ID);
        let record = Arc::new(ProviderSettings::default());
        let writes = hot.get::<ProviderSettings>(&key).unwrap_err();
        hot.keep(key.clone(), record.clone(), writes);
        assert!(Arc::ptr_eq(&hot.get::<ProviderSettings>(&key).unwrap(), &record));

        hot.apply(&batch(&record_key(Table::Session, "other")), || ());
        assert!(hot.get::<ProviderSettings>(&key).is_ok(), "another table's write changes nothing");
        hot.apply(&batch(&key), || ());
        assert!(hot.get::<ProviderSettings>(&key).is_err());
        hot.keep(key.clone(), record, writes);
        assert!(hot.get::<ProviderSettings>(&key).is_err(), "it was read before the write");
    }

    #[test]
    fn a_record_of_another_kind_is_not_found_under_its_key() {
        let hot = HotRecords::default();
        let key = record_key(Table::Settings, "x");
        let writes = hot.get::<ProviderSettings>(&key).unwrap_err();
        hot.keep(key.clone(), Arc::new(ProviderSettings::default()), writes);
        assert!(hot.get::<crate::model::Application>(&key).is_err());
    }
}
