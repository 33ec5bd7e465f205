//! What is needed to take a start over back: everything that was stored, sealed in a file beside the data, or in memory
//! when the data is.
//!
//! The file is written before anything is deleted, and a record in the store names it. A file that no record names is
//! rubbish of a start over that did not happen, and goes.

use super::{DataPlace, Engine};
use crate::custom_ui::Pages;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use vestibule_core::port::{Entry, Vault as _};
use vestibule_core::record::{Record, Table};
use vestibule_core::{Secret, StoreError, Timestamp};
use vestibule_keys::Vault;

/// How long a start over can be taken back, in **seconds**.
pub(super) const KEPT: i64 = 86_400;
const PREFIX: &str = "start-over-";
const SUFFIX: &str = ".undo";
/// Bytes of compressed data that are sealed together.
const PIECE: usize = 256 * 1024;

/// What the engine keeps of the last start over.
#[derive(Default)]
pub(super) struct Undo {
    held: Mutex<Option<Held>>,
    /// One start over, or one undo, at a time.
    pub(super) changing: tokio::sync::Mutex<()>,
}

/// What was there before, where there is no place for a file.
pub(super) struct Held {
    /// Names the start over.
    pub(super) id: String,
    pub(super) entries: Vec<Entry>,
    /// Pages of a zip are in memory, too.
    pub(super) pages: Option<Arc<Pages>>,
}

impl Undo {
    pub(super) fn held(&self) -> MutexGuard<'_, Option<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The last start over: one record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StartedOver {
    /// Names what was kept of before.
    pub(crate) snapshot: String,
    pub(crate) at: Timestamp,
    pub(crate) until: Timestamp,
    pub(crate) applications: u32,
    pub(crate) users: u32,
    /// The unpacked zip of pages that an undo needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) custom_ui: Option<String>,
}

impl StartedOver {
    pub(super) const ID: &'static str = "started-over";
}

impl Record for StartedOver {
    const TABLE: Table = Table::Settings;
    fn id(&self) -> &'static str {
        Self::ID
    }
}

pub(super) fn file(dir: &Path, snapshot: &str) -> PathBuf {
    dir.join(format!("{PREFIX}{snapshot}{SUFFIX}"))
}

/// Everything as sealed lines. Each says which start over it belongs to and which line of how many it is, so that no line
/// can be left out, doubled or taken from another file.
pub(super) fn seal(snapshot: &str, entries: &[Entry], vault: &Vault) -> String {
    let mut plain = Vec::new();
    for part in entries.iter().flat_map(|(key, value)| [key, value]) {
        plain.extend_from_slice(&(part.len() as u64).to_be_bytes());
        plain.extend_from_slice(part);
    }
    let packed = lz4_flex::compress_prepend_size(&plain);
    let pieces: Vec<&[u8]> = packed.chunks(PIECE).collect();
    let mut out = String::new();
    for (place, piece) in pieces.iter().enumerate() {
        let line = format!("{snapshot} {place} {} {}", pieces.len(), STANDARD.encode(piece));
        out.push_str(&vault.seal(&Secret::new(line)));
        out.push('\n');
    }
    out
}

/// Reads what [`seal`] wrote.
pub(super) fn open(snapshot: &str, text: &str, vault: &Vault) -> Result<Vec<Entry>, StoreError> {
    let damaged = || StoreError::Corrupt("what was kept to take the start over back is damaged".into());
    let mut packed = Vec::new();
    let lines: Vec<&str> = text.lines().collect();
    for (place, line) in lines.iter().enumerate() {
        let opened = vault.open(line)?;
        let body = opened.expose().strip_prefix(&format!("{snapshot} {place} {} ", lines.len()));
        packed.extend(STANDARD.decode(body.ok_or_else(damaged)?).map_err(|_| damaged())?);
    }
    let plain = lz4_flex::decompress_size_prepended(&packed).map_err(|_| damaged())?;
    let mut rest = plain.as_slice();
    let mut part = || -> Option<Option<Vec<u8>>> {
        if rest.is_empty() {
            return Some(None);
        }
        let (length, after) = rest.split_first_chunk::<8>()?;
        let (part, after) = after.split_at_checked(usize::try_from(u64::from_be_bytes(*length)).ok()?)?;
        rest = after;
        Some(Some(part.to_vec()))
    };
    let mut entries = Vec::new();
    while let Some(key) = part().ok_or_else(damaged)? {
        let value = part().flatten().ok_or_else(damaged)?;
        entries.push((key, value));
    }
    Ok(entries)
}

impl Engine {
    /// The start over that can still be taken back.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) fn started_over(&self) -> Result<Option<Arc<StartedOver>>, StoreError> {
        let now = self.now();
        let last = self.look(|cx| cx.get::<StartedOver>(StartedOver::ID))?;
        Ok(last.filter(|last| last.until > now && self.has_snapshot(&last.snapshot)))
    }

    fn has_snapshot(&self, snapshot: &str) -> bool {
        match &self.options.data {
            DataPlace::Directory(dir) => file(dir, snapshot).is_file(),
            DataPlace::Ephemeral => self.undo.held().as_ref().is_some_and(|held| held.id == snapshot),
        }
    }

    /// Lets go of what was kept for a start over that can't be taken back any more, or never happened.
    pub(super) fn forget_stale_undo(&self) {
        // While one is under way its file is not named yet.
        let Ok(_alone) = self.undo.changing.try_lock() else { return };
        let Ok(last) = self.started_over() else { return };
        let kept = last.map(|last| last.snapshot.clone());
        let mut held = self.undo.held();
        if held.as_ref().is_some_and(|held| Some(&held.id) != kept.as_ref()) {
            *held = None;
        }
        drop(held);
        let DataPlace::Directory(dir) = &self.options.data else { return };
        for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let snapshot = name
                .to_str()
                .and_then(|name| name.strip_prefix(PREFIX))
                .and_then(|name| name.trim_end_matches(".tmp").strip_suffix(SUFFIX));
            if snapshot.is_some_and(|snapshot| kept.as_deref() != Some(snapshot))
                && let Err(error) = std::fs::remove_file(entry.path())
            {
                tracing::warn!(file = %entry.path().display(), %error, "what was kept for an undo could not be removed");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vestibule_keys::DataKey;

    fn vault() -> Vault {
        Vault::new(&DataKey::from_bytes([5; 32])).unwrap()
    }

    #[test]
    fn what_is_sealed_comes_back_whole_or_not_at_all() {
        // What does not compress, so that there are several lines.
        let mut state = 1_u32;
        let mut noise = |n: usize| {
            let mut next = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state.to_be_bytes()[0]
            };
            (0..n).map(|_| next()).collect::<Vec<u8>>()
        };
        let entries: Vec<Entry> = vec![
            (vec![1], Vec::new()),
            (b"\x03ada".to_vec(), b"{\"id\":\"ada\"}".to_vec()),
            (vec![0x81, 0], noise(PIECE * 3)),
        ];
        let text = seal("one", &entries, &vault());
        assert!(!text.contains('"'), "nothing of the JSON is readable");
        assert_eq!(open("one", &text, &vault()).unwrap(), entries);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.len() > 2);
        for broken in [
            lines[1..].join("\n"),
            format!("{text}{}", lines[0]),
            text.replacen("v1", "v2", 1),
            lines.iter().rev().copied().collect::<Vec<_>>().join("\n"),
        ] {
            assert!(open("one", &broken, &vault()).is_err());
        }
        assert!(open("two", &text, &vault()).is_err());
        assert_eq!(open("none", &seal("none", &[], &vault()), &vault()).unwrap(), []);
    }
}
