//! Records that nearly every request reads and hardly any changes, kept decoded.

use crate::port::Batch;
use crate::record::{Index, Record, Table};
use std::any::Any;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Most records kept; when one more comes, all go.
const MOST: usize = 512;

/// Whether a table's records are kept: configuration and people, and what every use of an access token looks up.
#[must_use]
pub const fn is_hot(table: Table) -> bool {
    matches!(
        table,
        Table::Settings
            | Table::Application
            | Table::User
            | Table::Resource
            | Table::Role
            | Table::Connector
            | Table::SignInExperience
            | Table::CustomProfileField
            | Table::CustomPhrases
            | Table::Organization
            | Table::OrganizationRole
            | Table::OrganizationScope
            | Table::Grant
            | Table::AccessToken
    )
}

/// Whether a table is kept as a whole, where it is small: configuration that is looked through at every request.
#[must_use]
pub const fn is_hot_whole(table: Table) -> bool {
    matches!(
        table,
        Table::Resource
            | Table::Role
            | Table::Connector
            | Table::CustomProfileField
            | Table::CustomPhrases
            | Table::Organization
            | Table::OrganizationRole
            | Table::OrganizationScope
    )
}

/// Whether it is also kept that a record is not there: only where there are few ids, and none that a request names.
const fn is_single(table: Table) -> bool {
    matches!(table, Table::Settings | Table::SignInExperience)
}

/// Whether what an index names is kept: the indexes of those tables.
#[must_use]
pub const fn is_hot_index(index: Index) -> bool {
    matches!(
        index,
        Index::Username
            | Index::Email
            | Index::Phone
            | Index::Identity
            | Index::Indicator
            | Index::RoleHolder
            | Index::OrganizationMember
            | Index::SessionUid
    )
}

/// Whether a key belongs to what is kept.
fn is_hot_key(key: &[u8]) -> bool {
    match key.first() {
        Some(byte) if byte & INDEX != 0 => HOT_INDEXES.iter().any(|index| byte & !INDEX == *index as u8),
        Some(byte) => Table::from_byte(*byte).is_some_and(is_hot),
        None => false,
    }
}

/// The bit that tells the keys of indexes from those of tables.
const INDEX: u8 = 0x80;
/// The indexes of which [`is_hot_index`] is true.
const HOT_INDEXES: [Index; 8] = [
    Index::Username,
    Index::Email,
    Index::Phone,
    Index::Identity,
    Index::Indicator,
    Index::RoleHolder,
    Index::OrganizationMember,
    Index::SessionUid,
];

/// Decoded records by key. A store that offers them ([`crate::port::View::hot`]) tells them of every write
/// ([`HotRecords::forget`]), so that what is kept is always what is stored.
#[derive(Default)]
pub struct HotRecords(Mutex<State>);

type HashMap<K, V> = std::collections::HashMap<K, V, foldhash::fast::RandomState>;

#[derive(Default)]
struct State {
    /// `None` for one that is not there.
    records: HashMap<Vec<u8>, Option<Arc<dyn Any + Send + Sync>>>,
    /// Whole tables, by their byte.
    tables: HashMap<u8, Arc<dyn Any + Send + Sync>>,
    /// What index prefixes name, completely.
    ids: HashMap<Vec<u8>, Vec<String>>,
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

    /// A record if it is kept, `None` if it is kept that there is none; otherwise the number to give to
    /// [`HotRecords::keep`] once it was looked for.
    ///
    /// # Errors
    /// That number: it is not kept.
    pub fn get<R: Record>(&self, key: &[u8]) -> Result<Option<Arc<R>>, u64> {
        let state = self.state();
        match state.records.get(key) {
            Some(Some(record)) => Arc::downcast(record.clone()).map(Some).map_err(|_| state.writes),
            Some(None) => Ok(None),
            None => Err(state.writes),
        }
    }

    /// Keeps what was found after [`HotRecords::get`] answered `writes`, unless something was written since.
    pub fn keep<R: Record>(&self, key: Vec<u8>, record: Option<Arc<R>>, writes: u64) {
        let mut state = self.state();
        if state.writes != writes || (record.is_none() && !is_single(R::TABLE)) {
            return;
        }
        let record = record.map(|record| record as Arc<dyn Any + Send + Sync>);
        if state.records.len() >= MOST {
            state.records.clear();
        }
        state.records.insert(key, record);
    }

    /// All records of a table, as [`HotRecords::get`].
    ///
    /// # Errors
    /// The number to give to [`HotRecords::keep_table`]: they are not kept.
    pub fn table<R: Record>(&self) -> Result<Arc<Vec<Arc<R>>>, u64> {
        let state = self.state();
        let kept = state.tables.get(&(R::TABLE as u8));
        kept.and_then(|table| Arc::downcast(table.clone()).ok()).ok_or(state.writes)
    }

    /// Keeps all records of a table, as [`HotRecords::keep`].
    pub fn keep_table<R: Record>(&self, records: Arc<Vec<Arc<R>>>, writes: u64) {
        let mut state = self.state();
        if state.writes == writes {
            state.tables.insert(R::TABLE as u8, records);
        }
    }

    /// The ids that an index prefix names, as [`HotRecords::get`].
    ///
    /// # Errors
    /// The number to give to [`HotRecords::keep_ids`]: they are not kept.
    pub fn ids(&self, prefix: &[u8], limit: usize) -> Result<Vec<String>, u64> {
        let state = self.state();
        let ids = state.ids.get(prefix).ok_or(state.writes)?;
        Ok(ids.iter().take(limit).cloned().collect())
    }

    /// Keeps all ids that an index prefix names, as [`HotRecords::keep`].
    pub fn keep_ids(&self, prefix: Vec<u8>, ids: Vec<String>, writes: u64) {
        let mut state = self.state();
        if state.writes != writes {
            return;
        }
        if state.ids.len() >= MOST {
            state.ids.clear();
        }
        state.ids.insert(prefix, ids);
    }

    /// The keys of a batch that may be kept: to be given to [`HotRecords::forget`] once the batch is visible.
    #[must_use]
    pub fn touched(batch: &Batch) -> Vec<Vec<u8>> {
        batch.ops.keys().filter(|key| is_hot_key(key)).cloned().collect()
    }

    /// Forgets what a batch changed. Nobody finds an old record afterwards.
    pub fn forget(&self, touched: Vec<Vec<u8>>) {
        if touched.is_empty() {
            return;
        }
        let mut state = self.state();
        state.writes += 1;
        for key in touched {
            if key[0] & INDEX == 0 {
                state.records.remove(&key);
                state.tables.remove(&key[0]);
            } else {
                // Up to and with the end of the value: no value holds a zero.
                let end = key.iter().position(|byte| *byte == 0).map_or(key.len(), |at| at + 1);
                state.ids.remove(&key[..end]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ProviderSettings;
    use crate::record::{index_key, index_prefix, record_key};

    fn write(hot: &HotRecords, key: &[u8]) {
        hot.forget(HotRecords::touched(&Batch {
            ops: [(key.to_vec(), None)].into(),
        }));
    }

    #[test]
    fn what_is_written_is_forgotten_and_what_was_read_before_is_not_kept() {
        let hot = HotRecords::default();
        let key = record_key(Table::Settings, ProviderSettings::ID);
        let record = Arc::new(ProviderSettings::default());
        let writes = hot.get::<ProviderSettings>(&key).unwrap_err();
        hot.keep(key.clone(), Some(record.clone()), writes);
        assert!(Arc::ptr_eq(&hot.get::<ProviderSettings>(&key).unwrap().unwrap(), &record));

        write(&hot, &record_key(Table::Session, "other"));
        assert!(hot.get::<ProviderSettings>(&key).is_ok(), "another table's write changes nothing");
        write(&hot, &key);
        assert!(hot.get::<ProviderSettings>(&key).is_err());
        hot.keep(key.clone(), Some(record), writes);
        assert!(hot.get::<ProviderSettings>(&key).is_err(), "it was read before the write");
    }

    #[test]
    fn that_there_are_no_settings_is_kept_until_there_are() {
        let hot = HotRecords::default();
        let key = record_key(Table::Settings, ProviderSettings::ID);
        let writes = hot.get::<ProviderSettings>(&key).unwrap_err();
        hot.keep::<ProviderSettings>(key.clone(), None, writes);
        assert!(hot.get::<ProviderSettings>(&key).unwrap().is_none());
        write(&hot, &key);
        assert!(hot.get::<ProviderSettings>(&key).is_err());

        let unknown = record_key(Table::AccessToken, "sent by anybody");
        let writes = hot.get::<crate::record::AccessToken>(&unknown).unwrap_err();
        hot.keep::<crate::record::AccessToken>(unknown.clone(), None, writes);
        assert!(
            hot.get::<crate::record::AccessToken>(&unknown).is_err(),
            "or requests could fill the memory"
        );
    }

    #[test]
    fn what_an_index_names_is_forgotten_by_value() {
        let hot = HotRecords::default();
        let holder = index_prefix(&Index::RoleHolder.entry("u/someone"));
        let writes = hot.ids(&holder, 9).unwrap_err();
        hot.keep_ids(holder.clone(), vec!["a".into(), "b".into()], writes);
        assert_eq!(hot.ids(&holder, 1).unwrap(), ["a"]);
        for other in [
            Index::SessionUser.entry("u/someone"),
            Index::RoleHolder.entry("u/someone else"),
            Index::Indicator.entry("u/someone"),
        ] {
            write(&hot, &index_key(&other, "x"));
            assert!(hot.ids(&holder, 9).is_ok(), "{other:?} changes nothing");
        }
        write(&hot, &index_key(&Index::RoleHolder.entry("u/someone"), "x"));
        assert!(hot.ids(&holder, 9).is_err());
        hot.keep_ids(holder.clone(), Vec::new(), writes);
        assert!(hot.ids(&holder, 9).is_err(), "it was read before the write");
    }

    #[test]
    fn the_list_of_indexes_is_the_rule() {
        let all = (0..=u8::MAX)
            .filter(|byte| is_hot_key(&[INDEX | *byte & !INDEX]))
            .map(|byte| byte & !INDEX);
        let hot: std::collections::BTreeSet<u8> = all.collect();
        assert_eq!(
            hot,
            HOT_INDEXES
                .iter()
                .filter(|index| is_hot_index(**index))
                .map(|index| *index as u8)
                .collect()
        );
        assert!(!is_hot_index(Index::SessionUser) && !is_hot_index(Index::GrantUser));
    }

    #[test]
    fn a_record_of_another_kind_is_not_found_under_its_key() {
        let hot = HotRecords::default();
        let key = record_key(Table::Settings, "x");
        let writes = hot.get::<ProviderSettings>(&key).unwrap_err();
        hot.keep(key.clone(), Some(Arc::new(ProviderSettings::default())), writes);
        assert!(hot.get::<crate::model::Application>(&key).is_err());
    }
}
