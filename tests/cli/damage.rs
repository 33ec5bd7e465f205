//! Data directories that can't be used: nothing in them is touched, and a person is told how to go on.

use crate::{exit, used};
use acceptance::{Start, finish, tree};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A kind of damage, and how it is done.
type Spoil = (&'static str, fn(&Path));

/// A start that is refused with these words, and leaves the directory as it was.
#[track_caller]
fn refused(dir: &Path, words: &[&str]) {
    let before = tree::snapshot(dir);
    let (code, stdout, stderr) = finish(&Start::serve(dir).output());
    assert_eq!((code, stdout.as_str()), (exit::DATA_DIR, ""), "{stderr}");
    for words in words {
        assert!(stderr.contains(words), "{words} is not in: {stderr}");
    }
    assert!(stderr.contains(&dir.display().to_string()), "{stderr}");
    assert_eq!(tree::snapshot(dir), before, "the directory was touched");
}

#[test]
fn a_directory_in_use_is_left_alone() {
    let dir = TempDir::new().unwrap();
    let first = Start::plain(dir.path()).ready();
    refused(dir.path(), &["Another Vestibule is using", "--data-dir"]);
    let _ = first.browser().open(&crate::admin_spa(first.origin), &[]).expect(303);
    assert_eq!(first.end("TERM").status.code(), exit::STOPPED);
    used(dir.path());
}

#[test]
fn a_directory_of_something_else_is_left_alone() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("holiday.jpg"), "not ours").unwrap();
    refused(dir.path(), &["not a Vestibule data directory", "holiday.jpg"]);
}

#[test]
fn a_path_that_is_no_directory_is_named() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "text").unwrap();
    for path in [file.clone(), file.join("below")] {
        let (code, stdout, stderr) = finish(&Start::serve(&path).output());
        assert_eq!((code, stdout.as_str()), (exit::DATA_DIR, ""), "{stderr}");
        assert!(stderr.contains("file, not a directory"), "{stderr}");
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "text");
}

#[cfg(unix)]
#[test]
fn a_directory_one_may_not_read_is_named() {
    use std::os::unix::fs::PermissionsExt as _;
    let parent = TempDir::new().unwrap();
    let dir = parent.path().join("data");
    used(&dir);
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o000)).unwrap();
    let readable = fs::read_dir(&dir).is_ok();
    let outcome = if readable {
        None
    } else {
        Some(finish(&Start::serve(&dir).output()))
    };
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o700)).unwrap();
    // Permissions mean nothing to an administrator; then only the way back is tested.
    if let Some((code, _, stderr)) = outcome {
        assert_eq!(code, exit::DATA_DIR);
        assert!(stderr.contains("access is denied"), "{stderr}");
    }
    used(&dir);
}

#[test]
fn damaged_files_are_found_before_anything_is_written() {
    let parent = TempDir::new().unwrap();
    let good = parent.path().join("good");
    used(&good);
    let advice = ["is damaged", "Restore", "move it aside", "never moves or deletes it"];
    let spoil: [Spoil; 5] = [
        ("flipped bytes", |dir| {
            let path = dir.join("store/db");
            let mut bytes = fs::read(&path).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle..middle + 64].fill(0xa5);
            bytes[64..128].fill(0x5a);
            fs::write(&path, bytes).unwrap();
        }),
        ("cut short", |dir| {
            let path = dir.join("store/db");
            let bytes = fs::read(&path).unwrap();
            fs::write(&path, &bytes[..bytes.len() / 3]).unwrap();
        }),
        ("emptied", |dir| fs::write(dir.join("store/db"), "").unwrap()),
        ("a file gone", |dir| fs::remove_file(dir.join("store/conf")).unwrap()),
        ("a marker that is none", |dir| {
            fs::write(dir.join("vestibule-store.json"), "{").unwrap()
        }),
    ];
    for (what, spoil) in spoil {
        let dir = parent.path().join(what.replace(' ', "-"));
        copy(&good, &dir);
        spoil(&dir);
        refused(&dir, &advice);
        // Asked again, the answer is the same.
        refused(&dir, &advice);
    }
    used(&good);
}

#[test]
fn damage_after_a_kill_is_found_too() {
    let parent = TempDir::new().unwrap();
    let dir = parent.path().join("data");
    let process = Start::plain(&dir).ready();
    let _ = process.browser().open(&crate::admin_spa(process.origin), &[]).expect(303);
    let _ = process.kill();
    let path = dir.join("store/db");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 4]).unwrap();
    refused(&dir, &["is damaged", "Restore"]);
}

#[test]
fn data_of_a_later_release_is_left_alone() {
    let parent = TempDir::new().unwrap();
    let dir = parent.path().join("data");
    used(&dir);
    fs::write(dir.join("vestibule-store.json"), "{\"format\":999,\"ready\":true,\"new\":[]}").unwrap();
    refused(&dir, &["written by a later release", "format 999"]);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            // Permissions go along.
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
