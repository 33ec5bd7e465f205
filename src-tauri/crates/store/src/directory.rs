//! A data directory: whose it is, who has it, and whether it is sound.
//!
//! ```text
//! vestibule-store.json   the format, written at creation
//! vestibule.lock         held by the one process that writes
//! store.seal             see `seal`
//! store/                 sled's own files
//! ```

use crate::ahead::{Ahead, replay};
use crate::check::{check, guarded};
use crate::error::OpenError;
use crate::migrate::{FORMAT_KEY, SEQUENCE_KEY, Step, migrate};
use crate::seal::{Seal, SealFile, boot, fingerprint};
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::mpsc;
use vestibule_core::hot::HotRecords;
use vestibule_core::port::StoreError;

const MARKER: &str = "vestibule-store.json";
const LOCK: &str = "vestibule.lock";
pub(crate) const SEAL: &str = "store.seal";
pub(crate) const SLED: &str = "store";
/// What other parts of Vestibule may have put into a directory before the store is created in it.
const ACCEPTED: &[&str] = &[
    LOCK,
    "vestibule.marker",
    "key.json",
    "key.json.tmp",
    "data.key",
    "data.key.tmp",
    "vestibule.toml",
    "console.token",
    "tls",
    "logs",
    "window.json",
    ".window-state.json",
];

/// sled's page cache in bytes. Its default is 1 GiB; ten thousand sign-ins fit the memory target with this.
const CACHE: u64 = 8 * 1024 * 1024;

#[derive(Serialize, Deserialize)]
struct Marker {
    format: u32,
    /// False while the directory is being created: nothing was ever confirmed in it.
    ready: bool,
}

/// An open database. Dropping it closes in order: first sled, then its witnesses, then the lock.
pub(crate) struct SledMedium {
    ahead: Ahead,
    hot: HotRecords,
    witness: Witness,
    /// Tells `close` that all is done.
    _released: mpsc::Sender<()>,
}

/// What vouches for the database; dropped after it.
struct Witness {
    seal: SealFile,
    sequence: AtomicU64,
    /// A flush failed: what is on the medium is unknown, so a close must not vouch for it.
    doubtful: AtomicBool,
    boot: u128,
    files: PathBuf,
    _lock: File,
}

impl SledMedium {
    pub(crate) fn ahead(&self) -> &Ahead {
        &self.ahead
    }

    pub(crate) fn hot(&self) -> &HotRecords {
        &self.hot
    }

    /// Confirmed groups so far.
    pub(crate) fn sequence(&self) -> u64 {
        self.witness.sequence.load(Relaxed)
    }

    /// One group, under the next number.
    ///
    /// On Linux sled flushes with `sync_file_range`: enough for a killed process, perhaps not for power loss. An
    /// `fdatasync` after each group would add that. Measured with three records a group: no difference in CPU (114 and
    /// 128 µs), 11 µs of waiting on a virtual disk; but 1 to 10 ms on a laptop's, on every step of every sign-in. That
    /// is not worth it here: a store found behind its seal after the machine went down is opened, with a warning.
    pub(crate) fn flush(&self) -> Result<(), StoreError> {
        let sequence = self.sequence() + 1;
        match self.ahead.confirm(sequence) {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(error) => return Err(self.doubt(error)),
        }
        self.witness.sequence.store(sequence, Relaxed);
        self.witness.seal.note(sequence).map_err(|e| StoreError::Io(e.to_string()))
    }

    /// Puts what is pending in its place.
    pub(crate) fn settle(&self) -> Result<(), StoreError> {
        self.ahead.settle(self.sequence()).map_err(|error| self.doubt(error))
    }

    fn doubt(&self, error: StoreError) -> StoreError {
        self.witness.doubtful.store(true, Relaxed);
        error
    }
}

impl Drop for SledMedium {
    fn drop(&mut self) {
        // What was never confirmed was never promised, but it was seen.
        let closed = self.flush().and_then(|()| self.settle()).and_then(|()| self.ahead.clear_slots());
        if let Err(error) = closed {
            tracing::warn!(%error, "the store could not write its last changes");
            self.witness.doubtful.store(true, Relaxed);
        }
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        if self.doubtful.load(Relaxed) {
            return;
        }
        let closed = fingerprint(&self.files).and_then(|sum| {
            self.seal.close(Seal {
                closed: Some(sum),
                sequence: self.sequence.load(Relaxed),
                boot: self.boot,
            })
        });
        if let Err(error) = closed {
            tracing::warn!(%error, "the store was closed without a seal; the next start checks it thoroughly");
        }
    }
}

/// Opens or creates a data directory.
pub(crate) fn open(dir: &Path, format: u32, steps: &[Step], released: mpsc::Sender<()>) -> Result<SledMedium, OpenError> {
    let known = inspect(dir, format)?;
    make(dir)?;
    let lock = lock(dir)?;
    // Again, under the lock: another process may have created it meanwhile.
    let marker = if known.is_some() { known } else { inspect(dir, format)? };
    let files = dir.join(SLED);
    let seal_path = dir.join(SEAL);
    let unreadable = |e: io::Error| OpenError::unreadable(dir, &e);

    let (before, found) = match marker {
        Some(Marker {
            format: found,
            ready: true,
        }) => {
            // A migration is tried on a copy, too: a step that fails must leave the original alone.
            let rehearse =
                |db: &sled::Db| migrate(db, found, format, steps).map_err(|e| format!("it can't be brought to the present format ({e})"));
            (check(dir, found < format, &rehearse)?, found)
        }
        _ => {
            // A creation that was interrupted: nothing in it was ever confirmed.
            if files.exists() {
                fs::remove_dir_all(&files).map_err(unreadable)?;
            }
            write_marker(dir, format, false).map_err(unreadable)?;
            (0, format)
        }
    };

    // From here on the files may change: say so first, or a kill at this moment would look like damage.
    let boot = boot();
    let open = Seal {
        closed: None,
        sequence: before,
        boot,
    };
    let seal = SealFile::create(&seal_path, open).map_err(unreadable)?;
    let corrupt = |why: String| OpenError::corrupt(dir, why);
    let db = guarded(|| config(&files).open().map_err(|e| e.to_string())).map_err(|why| corrupt(format!("{why}.")))?;
    if !db.was_recovered() {
        db.insert(FORMAT_KEY, &format.to_be_bytes())
            .and_then(|_| db.insert(SEQUENCE_KEY, &0_u64.to_be_bytes()))
            .and_then(|_| db.flush())
            .map_err(|e| OpenError::unreadable(dir, &e))?;
    }
    let sequence = replay(&db).map_err(|e| corrupt(format!("{e}.")))?.unwrap_or(before);
    migrate(&db, found, format, steps).map_err(|e| corrupt(format!("it can't be brought to the present format ({e}).")))?;
    let ahead = Ahead::new(db).map_err(|e| corrupt(format!("{e}.")))?;
    seal.note(sequence).map_err(unreadable)?;
    if marker.is_none_or(|m| !m.ready || m.format != format) {
        write_marker(dir, format, true).map_err(unreadable)?;
    }
    Ok(SledMedium {
        ahead,
        hot: HotRecords::default(),
        witness: Witness {
            seal,
            sequence: AtomicU64::new(sequence),
            doubtful: AtomicBool::new(false),
            boot,
            files,
            _lock: lock,
        },
        _released: released,
    })
}

/// Looks without touching: the marker of a directory of ours, `None` for one that may become ours.
fn inspect(dir: &Path, format: u32) -> Result<Option<Marker>, OpenError> {
    let unreadable = |e: io::Error| OpenError::unreadable(dir, &plain(&e));
    match fs::metadata(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
        Ok(meta) if !meta.is_dir() => return Err(OpenError::unreadable(dir, &"it is a file, not a directory.")),
        Ok(_) => {}
    }
    let path = dir.join(MARKER);
    match fs::read(&path) {
        Ok(bytes) => {
            // Only the format is read first: a later release may have changed the rest.
            #[derive(Deserialize)]
            struct Format {
                format: u32,
            }
            let found = serde_json::from_slice::<Format>(&bytes)
                .map_err(|e| OpenError::corrupt(dir, format!("{} can't be read ({e}).", path.display())))?;
            if found.format > format {
                return Err(OpenError::Newer {
                    dir: dir.to_owned(),
                    found: found.format,
                    supported: format,
                });
            }
            serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|e| OpenError::corrupt(dir, format!("{} can't be read ({e}).", path.display())))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if dir.join(SLED).exists() {
                return Err(OpenError::unreadable(
                    dir,
                    &format!("{MARKER} is missing from it. Restore that file, or use another --data-dir."),
                ));
            }
            for entry in fs::read_dir(dir).map_err(unreadable)? {
                let name = entry.map_err(unreadable)?.file_name();
                if !ACCEPTED.iter().any(|accepted| name == **accepted) {
                    return Err(OpenError::unreadable(
                        dir,
                        &format!(
                            "it is not a Vestibule data directory: it holds {}. Choose an empty or a new directory.",
                            Path::new(&name).display()
                        ),
                    ));
                }
            }
            Ok(None)
        }
        Err(error) => Err(unreadable(error)),
    }
}

fn make(dir: &Path) -> Result<(), OpenError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(|e| OpenError::unreadable(dir, &plain(&e)))
}

fn lock(dir: &Path) -> Result<File, OpenError> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(dir.join(LOCK))
        .map_err(|e| OpenError::unreadable(dir, &plain(&e)))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::Locked { dir: dir.to_owned() }),
        Err(TryLockError::Error(error)) => Err(OpenError::unreadable(dir, &plain(&error))),
    }
}

pub(crate) fn config(path: &Path) -> sled::Config {
    sled::Config::new()
        .path(path)
        .cache_capacity(CACHE)
        .flush_every_ms(None)
        .mode(sled::Mode::LowSpace)
}

/// Writes the marker to a temporary file and renames it into place.
fn write_marker(dir: &Path, format: u32, ready: bool) -> io::Result<()> {
    let temporary = dir.join(LOCK).with_extension("marker");
    let mut file = File::create(&temporary)?;
    serde_json::to_writer(&mut file, &Marker { format, ready })?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    fs::rename(&temporary, dir.join(MARKER))
}

/// The system's refusal in words a person can act on.
pub(crate) fn plain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "access is denied. Check its owner and permissions.".to_owned(),
        io::ErrorKind::NotADirectory => "part of the path is a file, not a directory.".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "it is on a read-only file system.".to_owned(),
        _ => format!("{error}."),
    }
}

#[cfg(test)]
#[path = "directory_tests.rs"]
mod tests;
