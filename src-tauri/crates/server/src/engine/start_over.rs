//! Starting over: everything is emptied in one decision, then furnished as a first start furnishes it.
//!
//! A process that is killed leaves either what was there before, or nothing but the mark of the start over; the next start
//! furnishes that.

use super::undo::{self, Held, KEPT, StartedOver};
use super::{DataPlace, Engine, StartError};
use crate::config;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use vestibule_core::model::CustomUi;
use vestibule_core::port::{Batch, Entry, View, encode};
use vestibule_core::record::{Record as _, Table, record_key};
use vestibule_core::{StoreError, entropy};
use vestibule_keys::{SigningKeys, Vault};

/// Entries read at a time.
const PAGE: usize = 1_000;

/// Why nothing was emptied, or nothing brought back.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartOverError {
    /// The store failed.
    #[error("the data could not be read or written: {0}")]
    Store(#[from] StoreError),
    /// What is needed for an undo can't be written or read.
    #[error("{file} can’t be {doing}: {why}")]
    File {
        file: String,
        doing: &'static str,
        why: std::io::Error,
    },
    /// A first start would fail; everything is as before.
    #[error("a fresh start would fail, so nothing was changed: {0}")]
    Fresh(StartError),
    /// It was too long ago, or there was none.
    #[error("there is nothing to take back any more: a start over can be taken back for a day")]
    Nothing,
}

/// Everything that is stored, in order. The first byte 0 belongs to the store itself.
fn everything(view: &dyn View) -> Result<Vec<Entry>, StoreError> {
    let mut entries: Vec<Entry> = Vec::new();
    for first in 1..=u8::MAX {
        let mut after: Option<Vec<u8>> = None;
        loop {
            let page = view.scan(&[first], after.as_deref(), PAGE)?;
            let Some((last, _)) = page.last() else { break };
            after = Some(last.clone());
            entries.extend(page);
        }
    }
    Ok(entries)
}

/// Where the snapshot goes.
enum Place {
    File(PathBuf, Arc<Vault>),
    Memory,
}

/// What a start over leaves and what it keeps for an undo.
struct Emptied {
    entries: Vec<Entry>,
    batch: Batch,
}

fn count(entries: &[Entry], table: Table) -> u32 {
    let records = entries.iter().filter(|(key, _)| key.first() == Some(&(table as u8)));
    u32::try_from(records.count()).unwrap_or(u32::MAX)
}

/// The decision: saves everything, then deletes it. Runs alone on the writer's thread, so that nothing comes in between.
fn empty(view: &dyn View, place: &Place, mark: StartedOver, keep_keys: bool) -> Result<Emptied, StartOverError> {
    let entries = everything(view)?;
    let mark = StartedOver {
        applications: count(&entries, Table::Application),
        users: count(&entries, Table::User),
        ..mark
    };
    if let Place::File(file, vault) = place {
        let text = undo::seal(&mark.snapshot, &entries, vault);
        vestibule_keys::write_private(file, text.as_bytes()).map_err(|why| StartOverError::File {
            file: file.display().to_string(),
            doing: "written",
            why,
        })?;
    }
    let keys = record_key(Table::Settings, SigningKeys::ID);
    let mut batch = Batch::default();
    for (key, _) in &entries {
        if !(keep_keys && *key == keys) {
            batch.ops.insert(key.clone(), None);
        }
    }
    batch.ops.insert(record_key(Table::Settings, mark.id()), Some(encode(&mark)?));
    Ok(Emptied { entries, batch })
}

/// The decision of an undo: what was there before, and nothing else.
fn bring_back(view: &dyn View, entries: Vec<Entry>) -> Result<Batch, StoreError> {
    let before: BTreeSet<&[u8]> = entries.iter().map(|(key, _)| key.as_slice()).collect();
    let mut batch = Batch::default();
    for (key, _) in everything(view)? {
        if !before.contains(key.as_slice()) {
            batch.ops.insert(key, None);
        }
    }
    batch.ops.extend(entries.into_iter().map(|(key, value)| (key, Some(value))));
    Ok(batch)
}

impl Engine {
    /// Empties everything and begins as a first start would: with the configuration file, or with the demo data.
    ///
    /// # Errors
    /// [`StartOverError`]; everything is as before then.
    pub(crate) async fn start_over(self: &Arc<Self>, keep_keys: bool) -> Result<(), StartOverError> {
        let _alone = self.undo.changing.lock().await;
        let _pages = self.custom_ui.changing.lock().await;
        // What can be known to fail fails before anything is touched.
        let document = match &self.options.config {
            Some(path) => Some(config::load(path).map_err(|errors| StartOverError::Fresh(StartError::Config(errors)))?),
            None => None,
        };
        let now = self.now();
        let mark = StartedOver {
            snapshot: entropy::timed21(now, self.entropy.as_ref()),
            at: now,
            until: now.plus_seconds(KEPT),
            applications: 0,
            users: 0,
            custom_ui: match self.settings().custom_ui {
                Some(CustomUi::Zip(zip)) => Some(zip.id),
                _ => None,
            },
        };
        let snapshot = mark.snapshot.clone();
        let place = match &self.options.data {
            DataPlace::Directory(dir) => Place::File(undo::file(dir, &snapshot), self.vault.clone()),
            DataPlace::Ephemeral => Place::Memory,
        };
        self.recorder.hand_over(&self.store);
        let emptied = self
            .store
            .write(move |view| match empty(view, &place, mark, keep_keys) {
                Ok(Emptied { entries, batch }) => (Ok(matches!(place, Place::Memory).then_some(entries)), batch),
                Err(error) => (Err(error), Batch::default()),
            })
            .await??;
        if let Some(entries) = emptied {
            let pages = self.custom_pages();
            *self.undo.held() = Some(Held {
                id: snapshot.clone(),
                entries,
                pages,
            });
        }
        if let Err(error) = self.furnish(document).await {
            self.take_back(&snapshot).await?;
            return Err(StartOverError::Fresh(error));
        }
        self.adopt_everything();
        Ok(())
    }

    /// Takes the last start over back.
    ///
    /// # Errors
    /// [`StartOverError`]; everything is as before then.
    pub(crate) async fn undo_start_over(self: &Arc<Self>) -> Result<(), StartOverError> {
        let alone = self.undo.changing.lock().await;
        let _pages = self.custom_ui.changing.lock().await;
        let last = self.started_over()?.ok_or(StartOverError::Nothing)?;
        self.take_back(&last.snapshot).await?;
        drop(alone);
        self.forget_stale_undo();
        Ok(())
    }

    async fn take_back(self: &Arc<Self>, snapshot: &str) -> Result<(), StartOverError> {
        let mut pages = None;
        let entries = match &self.options.data {
            DataPlace::Ephemeral => {
                let held = self.undo.held();
                let held = held.as_ref().filter(|held| held.id == snapshot).ok_or(StartOverError::Nothing)?;
                pages.clone_from(&held.pages);
                held.entries.clone()
            }
            DataPlace::Directory(dir) => {
                let (file, snapshot, vault) = (undo::file(dir, snapshot), snapshot.to_owned(), self.vault.clone());
                let reading = tokio::task::spawn_blocking(move || {
                    let text = std::fs::read_to_string(&file).map_err(|why| StartOverError::File {
                        file: file.display().to_string(),
                        doing: "read",
                        why,
                    })?;
                    Ok::<_, StartOverError>(undo::open(&snapshot, &text, &vault)?)
                });
                reading.await.map_err(|e| StoreError::Io(e.to_string()))??
            }
        };
        self.recorder.hand_over(&self.store);
        self.store
            .write(move |view| match bring_back(view, entries) {
                Ok(batch) => (Ok(()), batch),
                Err(error) => (Err(error), Batch::default()),
            })
            .await??;
        if pages.is_some() {
            self.serve_pages(pages);
        }
        self.adopt_custom_ui().await;
        self.ensure_built_in().await?;
        self.ensure_keys().await.map_err(StartOverError::Fresh)?;
        self.adopt_everything();
        Ok(())
    }

    /// What is kept in memory follows what is stored now.
    fn adopt_everything(&self) {
        self.deleted_people.forget();
        let retention = self.live_retention().unwrap_or_default();
        self.recorder.start_over(&self.store, retention, self.now());
    }

    /// The configuration file that a start over applies.
    pub(crate) fn config_file(&self) -> Option<String> {
        self.options.config.as_ref().map(|path| path.display().to_string())
    }

    /// Bytes of all files in the data directory; `None` when everything is in memory.
    pub(crate) async fn data_size(&self) -> Option<u64> {
        let DataPlace::Directory(dir) = self.options.data.clone() else {
            return None;
        };
        tokio::task::spawn_blocking(move || size_of(&dir)).await.ok()
    }
}

/// Bytes of all files under a directory. What can't be read is not counted.
fn size_of(dir: &std::path::Path) -> u64 {
    let mut bytes = 0;
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        // Not following links, which may lead out of the directory.
        match entry.metadata() {
            Ok(meta) if meta.is_dir() => bytes += size_of(&entry.path()),
            Ok(meta) if meta.is_file() => bytes += meta.len(),
            _ => {}
        }
    }
    bytes
}

#[cfg(test)]
mod tests;
