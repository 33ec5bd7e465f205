//! Data directories: whose they are, who has them, whether they are sound.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{contents, copy, get, put};
use std::fs::{self, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use tempfile::TempDir;
use vestibule_core::port::Batch;
use vestibule_store::{OpenError, Store};

const RECORDS: usize = 400;

fn record(n: usize) -> (String, String) {
    (format!("\u{2}user-{n:04}"), format!("{n}:").repeat(40))
}

/// A store with some data; closed in order, or as a killed process leaves it.
fn used(clean: bool) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    for chunk in 0..RECORDS / 8 {
        store
            .write_blocking(move |_| {
                let mut batch = Batch::default();
                for n in chunk * 8..chunk * 8 + 8 {
                    let (key, value) = record(n);
                    batch.ops.extend(put(key, value).ops);
                }
                ((), batch)
            })
            .unwrap();
    }
    if clean {
        return dir;
    }
    let killed = tempfile::tempdir().unwrap();
    copy(dir.path(), killed.path());
    killed
}

fn intact(store: &Store) -> bool {
    (0..RECORDS).all(|n| {
        let (key, value) = record(n);
        store.read(|view| view.get(key.as_bytes())).ok().flatten() == Some(value.into_bytes())
    })
}

/// Opening must be refused as damaged, say how to go on, and change nothing.
fn refused(dir: &Path) -> String {
    let before = contents(dir);
    let message = match Store::open(dir) {
        Err(error @ OpenError::Corrupt { .. }) => error.to_string(),
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("opened"),
    };
    assert!(contents(dir) == before, "the directory was changed");
    assert!(message.contains(&dir.display().to_string()), "{message}");
    message
}

fn noise(path: &Path, at: u64, length: usize) {
    let mut file = OpenOptions::new().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(at)).unwrap();
    let bytes: Vec<u8> = (0..length).map(|n| u8::try_from((n * 167 + 13) % 251).unwrap()).collect();
    file.write_all(&bytes).unwrap();
}

#[test]
fn a_missing_or_empty_directory_is_created() {
    let outer = tempfile::tempdir().unwrap();
    let dir = outer.path().join("a/b");
    let store = Store::open(&dir).unwrap();
    store.write_blocking(|_| ((), put("k", "v"))).unwrap();
    drop(store);
    assert_eq!(get(&Store::open(&dir).unwrap(), "k").unwrap(), b"v");
    drop(Store::open(outer.path().join("a").as_path()).err().unwrap());
    let empty = tempfile::tempdir().unwrap();
    assert!(Store::open(empty.path()).is_ok());
}

#[test]
fn the_key_files_may_be_there_first() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("key.json"), "{}").unwrap();
    fs::write(dir.path().join("data.key"), "x").unwrap();
    assert!(Store::open(dir.path()).is_ok());
}

#[test]
fn a_second_process_is_told_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let error = Store::open(dir.path()).err().unwrap();
    assert!(matches!(error, OpenError::Locked { .. }), "{error:?}");
    let message = error.to_string();
    assert!(message.contains("Another Vestibule") && message.contains("--data-dir"), "{message}");
    store.write_blocking(|_| ((), put("k", "v"))).unwrap();
    drop(store);
    assert_eq!(get(&Store::open(dir.path()).unwrap(), "k").unwrap(), b"v");
}

#[test]
fn a_foreign_directory_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("thesis.txt"), "years of work").unwrap();
    let before = contents(dir.path());
    let error = Store::open(dir.path()).err().unwrap();
    assert!(matches!(error, OpenError::Unreadable { .. }), "{error:?}");
    assert!(error.to_string().contains("thesis.txt"), "{error}");
    assert_eq!(contents(dir.path()), before);
}

#[test]
fn a_file_is_not_a_directory() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "x").unwrap();
    for path in [file.clone(), file.join("below")] {
        let error = Store::open(&path).err().unwrap();
        assert!(matches!(error, OpenError::Unreadable { .. }), "{error:?}");
    }
    assert_eq!(fs::read(&file).unwrap(), b"x");
}

#[cfg(unix)]
#[test]
fn denied_access_is_not_taken_for_a_lock() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = used(true);
    let set = |mode| fs::set_permissions(dir.path(), fs::Permissions::from_mode(mode)).unwrap();
    set(0o000);
    let allowed_anyway = fs::read_dir(dir.path()).is_ok();
    let outcome = Store::open(dir.path());
    set(0o700);
    // The superuser is denied nothing.
    if allowed_anyway {
        assert!(outcome.is_ok());
    } else {
        let error = outcome.err().unwrap();
        assert!(
            matches!(&error, OpenError::Unreadable { why, .. } if why.contains("denied")),
            "{error:?}"
        );
    }
}

#[test]
fn a_later_format_is_refused() {
    let dir = used(true);
    fs::write(dir.path().join("vestibule-store.json"), r#"{"format":99,"future":[1,2]}"#).unwrap();
    let before = contents(dir.path());
    let error = Store::open(dir.path()).err().unwrap();
    assert!(
        matches!(
            error,
            OpenError::Newer {
                found: 99,
                supported: 4,
                ..
            }
        ),
        "{error:?}"
    );
    assert_eq!(contents(dir.path()), before);
    fs::write(dir.path().join("vestibule-store.json"), "not json").unwrap();
    refused(dir.path());
}

#[test]
fn a_missing_marker_is_not_taken_for_a_new_directory() {
    let dir = used(true);
    fs::remove_file(dir.path().join("vestibule-store.json")).unwrap();
    let error = Store::open(dir.path()).err().unwrap();
    assert!(
        matches!(&error, OpenError::Unreadable { why, .. } if why.contains("vestibule-store.json")),
        "{error:?}"
    );
}

#[test]
fn an_interrupted_creation_is_begun_again() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("vestibule-store.json"), r#"{"format":1,"ready":false}"#).unwrap();
    fs::create_dir(dir.path().join("store")).unwrap();
    fs::write(dir.path().join("store/conf"), "half").unwrap();
    let store = Store::open(dir.path()).unwrap();
    assert!(store.is_fresh());
    store.write_blocking(|_| ((), put("k", "v"))).unwrap();
    drop(store);
    assert_eq!(get(&Store::open(dir.path()).unwrap(), "k").unwrap(), b"v");
}

#[test]
fn any_change_after_a_clean_close_is_noticed() {
    for file in ["store/db", "store/conf"] {
        for part in 1..6 {
            let dir = used(true);
            let path = dir.path().join(file);
            let length = fs::metadata(&path).unwrap().len();
            noise(&path, length * part / 7, 1);
            let message = refused(dir.path());
            assert!(message.contains("move it aside"), "{message}");
        }
        let dir = used(true);
        let path = dir.path().join(file);
        let length = fs::metadata(&path).unwrap().len();
        OpenOptions::new().write(true).open(&path).unwrap().set_len(length / 2).unwrap();
        refused(dir.path());
    }
    for gone in ["store/db", "store/conf"] {
        let dir = used(true);
        fs::remove_file(dir.path().join(gone)).unwrap();
        refused(dir.path());
    }
    let dir = used(true);
    fs::remove_dir_all(dir.path().join("store")).unwrap();
    refused(dir.path());
}

#[test]
fn a_killed_process_leaves_everything_it_confirmed() {
    let dir = used(false);
    let store = Store::open(dir.path()).unwrap();
    assert!(intact(&store));
    drop(store);
    assert!(intact(&Store::open(dir.path()).unwrap()));
    assert!(!dir.path().join("store.trial").exists());
}

#[test]
fn a_log_cut_short_after_a_kill_is_refused_and_can_be_opened_on_demand() {
    let dir = used(false);
    let db = dir.path().join("store/db");
    let whole = fs::read(&db).unwrap();
    // The last byte in use: sled keeps zeros after its log.
    let end = whole.iter().rposition(|&byte| byte != 0).unwrap();
    OpenOptions::new()
        .write(true)
        .open(&db)
        .unwrap()
        .set_len(u64::try_from(end * 9 / 10).unwrap())
        .unwrap();
    let message = refused(dir.path());
    if message.contains("confirmed writes are missing") {
        // The way out the message names: go on without them.
        fs::remove_file(dir.path().join("store.seal")).unwrap();
        let store = Store::open(dir.path()).unwrap();
        let (key, value) = record(0);
        assert_eq!(get(&store, key).unwrap(), value.into_bytes());
    }
}

#[test]
fn noise_after_a_kill_is_refused_or_harmless() {
    let mut found = 0;
    for part in 0..24 {
        let dir = used(false);
        let db = dir.path().join("store/db");
        let whole = fs::read(&db).unwrap();
        let end = whole.iter().rposition(|&byte| byte != 0).unwrap();
        noise(&db, u64::try_from(end * part / 24).unwrap(), 64);
        let before = contents(dir.path());
        match Store::open(dir.path()) {
            Ok(store) => assert!(intact(&store), "part {part}: data was lost without a word"),
            Err(OpenError::Corrupt { .. }) => {
                found += 1;
                assert!(contents(dir.path()) == before, "part {part}: the directory was changed");
            }
            Err(other) => panic!("part {part}: {other:?}"),
        }
    }
    assert!(found >= 12, "only {found} of 24 were noticed");
}

#[test]
fn a_database_that_comes_up_empty_is_noticed() {
    for keep_seal in [true, false] {
        let dir = used(false);
        let files = dir.path().join("store");
        fs::remove_dir_all(&files).unwrap();
        drop(sled::open(&files).unwrap());
        if !keep_seal {
            fs::remove_file(dir.path().join("store.seal")).unwrap();
        }
        refused(dir.path());
    }
}

#[test]
fn a_damaged_seal_names_itself() {
    let dir = used(true);
    let seal = dir.path().join("store.seal");
    fs::write(&seal, "not a seal").unwrap();
    let message = refused(dir.path());
    assert!(message.contains("store.seal") && message.contains("Delete that file"), "{message}");
    fs::remove_file(&seal).unwrap();
    assert!(intact(&Store::open(dir.path()).unwrap()));
}
