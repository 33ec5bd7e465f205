//! The key file: readable by its owner alone, and missed when it is gone.

#![cfg(unix)]

use crate::{exit, used};
use acceptance::{Start, finish, tree};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use tempfile::TempDir;

fn refused(dir: &Path, words: &[&str]) {
    let before = tree::snapshot(dir);
    let (code, stdout, stderr) = finish(&Start::serve(dir).output());
    assert_eq!((code, stdout.as_str()), (exit::DATA_DIR, ""), "{stderr}");
    for words in words {
        assert!(stderr.contains(words), "{words} is not in: {stderr}");
    }
    let mut after = tree::snapshot(dir);
    // The seal says that the store was opened and closed; everything else is as it was.
    let mut before = before;
    for changing in ["store.seal", "store/db", "store/snap"] {
        before.retain(|name, _| !name.starts_with(changing));
        after.retain(|name, _| !name.starts_with(changing));
    }
    assert_eq!(after, before);
}

#[test]
fn key_and_directory_are_for_their_owner_alone() {
    let parent = TempDir::new().unwrap();
    let dir = parent.path().join("data");
    used(&dir);
    assert_eq!(tree::mode(&dir), 0o700);
    for name in ["data.key", "key.json"] {
        assert_eq!(tree::mode(&dir.join(name)), 0o600, "{name}");
    }
}

#[test]
fn a_key_file_that_others_can_read_is_refused_with_the_cure() {
    let parent = TempDir::new().unwrap();
    let dir = parent.path().join("data");
    used(&dir);
    let key = dir.join("data.key");
    for mode in [0o644, 0o640, 0o606] {
        fs::set_permissions(&key, fs::Permissions::from_mode(mode)).unwrap();
        let cure = format!("chmod 600 '{}'", key.display());
        refused(&dir, &["can be read by other users", &cure]);
    }
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    used(&dir);
}

#[test]
fn a_lost_key_is_never_replaced() {
    let parent = TempDir::new().unwrap();
    let dir = parent.path().join("data");
    used(&dir);
    let key = dir.join("data.key");
    let text = fs::read(&key).unwrap();
    fs::remove_file(&key).unwrap();
    refused(&dir, &["data.key is missing", "Restore that file", "--data-dir"]);
    assert!(!key.exists());

    let companion = fs::read(dir.join("key.json")).unwrap();
    fs::remove_file(dir.join("key.json")).unwrap();
    refused(&dir, &["key.json is missing", "Restore that file"]);
    assert!(!key.exists() && !dir.join("key.json").exists());
    fs::write(dir.join("key.json"), companion).unwrap();

    // Somebody else's key does not fit.
    let other = parent.path().join("other");
    used(&other);
    fs::copy(other.join("data.key"), &key).unwrap();
    refused(&dir, &["holds another key", "Restore that file"]);
    fs::write(&key, "nonsense").unwrap();
    refused(&dir, &["holds no key"]);
    fs::write(&key, text).unwrap();
    used(&dir);
}
