//! What a directory holds: names, permissions and a digest of every file.

use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Every file and directory below `dir`: its name, and what it is. Modification times count; access times don't.
///
/// # Panics
/// When something can't be read.
#[must_use]
pub fn snapshot(dir: &Path) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    walk(dir, dir, &mut out);
    out
}

fn walk(root: &Path, dir: &Path, out: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(dir).expect("a readable directory") {
        let entry = entry.expect("an entry");
        let (path, meta) = (entry.path(), entry.metadata().expect("metadata"));
        let name = path.strip_prefix(root).expect("below the root").display().to_string();
        let modified = meta.modified().expect("a time of modification");
        if meta.is_dir() {
            out.insert(name, "directory".to_owned());
            walk(root, &path, out);
        } else {
            let digest = Sha256::digest(fs::read(&path).expect("a readable file"));
            out.insert(name, format!("{digest:x} {modified:?} {:?}", meta.permissions()));
        }
    }
}

/// Everything in the files below `dir`, one after the other.
///
/// # Panics
/// When something can't be read.
#[must_use]
pub fn contents(dir: &Path) -> Vec<u8> {
    let mut out = Vec::new();
    for entry in fs::read_dir(dir).expect("a readable directory") {
        let path = entry.expect("an entry").path();
        out.extend(if path.is_dir() {
            contents(&path)
        } else {
            fs::read(&path).expect("a readable file")
        });
    }
    out
}

/// Permission bits of a file.
///
/// # Panics
/// When there is no such file.
#[cfg(unix)]
#[must_use]
pub fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).expect("a file").permissions().mode() & 0o777
}
