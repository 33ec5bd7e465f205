//! Whether a directory in use is sound, found out before sled may write in it.

use crate::ahead::replay;
use crate::directory::{SEAL, SLED, config, plain};
use crate::error::OpenError;
use crate::migrate::{FORMAT_KEY, number};
use crate::seal::{Seal, boot, fingerprint};
use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

const TRIAL: &str = "store.trial";
/// Up to this size every record of a trial copy is read, too. sled's recovery itself checks what was written since the
/// last clean close, which was sound then; reading 48 MB of records on top was measured at 220 ms and 57 MB that the
/// process keeps. In a larger store, older damage shows as an error when it is read.
const READ_ALL: u64 = 16 * 1024 * 1024;

/// Proves that a directory in use is whole before sled may write in it; its confirmed groups. `thoroughly` asks for a
/// copy even after a clean close, and `rehearse` runs on the copy.
pub(crate) fn check(dir: &Path, thoroughly: bool, rehearse: &dyn Fn(&sled::Db) -> Result<(), String>) -> Result<u64, OpenError> {
    let (files, seal_path) = (dir.join(SLED), dir.join(SEAL));
    let unreadable = |e: io::Error| OpenError::unreadable(dir, &plain(&e));
    for path in [files.clone(), files.join("db"), files.join("conf")] {
        if let Err(error) = fs::metadata(&path) {
            return Err(match error.kind() {
                io::ErrorKind::NotFound => OpenError::corrupt(dir, format!("{} is missing.", path.display())),
                _ => unreadable(error),
            });
        }
    }
    let seal = match Seal::read(&seal_path) {
        Ok(seal) => seal,
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            return Err(OpenError::Corrupt {
                dir: dir.to_owned(),
                why: format!("{} can't be read.", seal_path.display()),
                advice: "Delete that file and start again; the data is then checked without it.".into(),
            });
        }
        Err(error) => return Err(unreadable(error)),
    };
    if let Some(Seal {
        closed: Some(sum),
        sequence,
        ..
    }) = seal
    {
        if fingerprint(&files).map_err(unreadable)? != sum {
            return Err(OpenError::corrupt(dir, "its files were changed since Vestibule closed them."));
        }
        if !thoroughly {
            return Ok(sequence);
        }
    }
    let trial = dir.join(TRIAL);
    let found = try_on_copy(&files, &trial, rehearse);
    // A trial left behind is in nobody's way: it is removed at the next one.
    let _ = fs::remove_dir_all(&trial);
    let found = found
        .map_err(unreadable)?
        .map_err(|why| OpenError::corrupt(dir, format!("{why}.")))?;
    let Some(seal) = seal else { return Ok(found) };
    if found < seal.sequence {
        let missing = seal.sequence - found;
        if seal.boot == boot() {
            return Err(OpenError::incomplete(dir, &seal_path, missing));
        }
        tracing::warn!(
            missing,
            "the machine went down while Vestibule was running; its last writes were lost"
        );
    }
    Ok(found)
}

/// Recovers a copy after an unclean end and reads it. The outer error is the copying, the inner one the data.
fn try_on_copy(files: &Path, trial: &Path, rehearse: &dyn Fn(&sled::Db) -> Result<(), String>) -> io::Result<Result<u64, String>> {
    if trial.exists() {
        fs::remove_dir_all(trial)?;
    }
    let size = copy(files, trial)?;
    Ok(guarded(|| {
        let db = config(trial).open().map_err(|e| e.to_string())?;
        if size <= READ_ALL {
            for entry in db.iter() {
                entry.map_err(|e| e.to_string())?;
            }
        }
        if number::<4>(&db, FORMAT_KEY).is_none() {
            return Err("the database is empty although it was in use".to_owned());
        }
        let newest = replay(&db).map_err(|e| e.to_string())?;
        rehearse(&db)?;
        newest.ok_or_else(|| "the database has lost its own records".to_owned())
    }))
}

/// Copies a directory; its size in bytes.
fn copy(from: &Path, to: &Path) -> io::Result<u64> {
    fs::create_dir(to)?;
    let mut size = 0;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            size += copy(&entry.path(), &target)?;
        } else {
            size += fs::copy(entry.path(), target)?;
        }
    }
    Ok(size)
}

/// sled may panic on a damaged file; that is an answer like another.
pub(crate) fn guarded<T>(f: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|_| Err("the database file can't be read".to_owned()))
}
