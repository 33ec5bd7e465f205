//! What the tests of the store share.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use vestibule_core::port::Batch;
use vestibule_store::Store;

/// A batch of one write.
pub fn put(key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Batch {
    Batch {
        ops: BTreeMap::from([(key.as_ref().to_vec(), Some(value.as_ref().to_vec()))]),
    }
}

/// A batch of one deletion.
pub fn delete(key: impl AsRef<[u8]>) -> Batch {
    Batch {
        ops: BTreeMap::from([(key.as_ref().to_vec(), None)]),
    }
}

/// The value under a key.
pub fn get(store: &Store, key: impl AsRef<[u8]>) -> Option<Vec<u8>> {
    store.read(|view| view.get(key.as_ref())).unwrap()
}

/// Every file under a directory with its contents.
pub fn contents(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut out = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            out.insert(path.clone(), Vec::new());
            out.extend(contents(&path));
        } else {
            out.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    out
}

/// What a killed process leaves: the files as they are while the store is open.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
