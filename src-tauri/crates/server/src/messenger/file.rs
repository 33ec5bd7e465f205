//! Messages as lines of a file. A code opens an account while it lives: nobody but the owner may read it there.

use std::fs::{File, Metadata, OpenOptions};
use std::io::Write as _;
use std::path::Path;

/// Appends a line; the file is made for its owner alone. One that somebody else made, or that others may read, is left
/// as it is, and so is what a link leads to: in a folder of many people it could be anybody's.
///
/// # Errors
/// A sentence for people.
pub(super) fn append(path: &Path, line: &[u8]) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("It could not be written: {error}.");
    let mut file = open(path).map_err(|error| {
        if path.is_symlink() {
            format!(
                "{} is a link, and messages are not written through links. Name the file itself.",
                path.display()
            )
        } else {
            failed(error)
        }
    })?;
    check(path, &file.metadata().map_err(failed)?)?;
    file.write_all(line).map_err(failed)
}

#[cfg(unix)]
fn open(path: &Path) -> std::io::Result<File> {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt as _;
    // Opening a pipe would wait for its reader.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .custom_flags(flags.bits().cast_signed())
        .open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

fn check(path: &Path, about: &Metadata) -> Result<(), String> {
    let shown = path.display();
    if !about.is_file() {
        return Err(format!("{shown} is not a file that lines can be appended to."));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        if about.uid() != rustix::process::geteuid().as_raw() {
            return Err(format!(
                "{shown} belongs to another user, who could read the codes. Name another file."
            ));
        }
        if about.mode() & 0o077 != 0 {
            return Err(format!("Other users may read or write {shown}. Type: chmod 600 '{shown}'"));
        }
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    #[test]
    fn lines_are_for_the_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("messages.jsonl");
        append(&path, b"one\n").unwrap();
        append(&path, b"two\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\ntwo\n");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        for mode in [0o644, 0o620, 0o602] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let refused = append(&path, b"three\n").unwrap_err();
            assert!(refused.contains("chmod 600"), "{refused}");
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\ntwo\n");
    }

    #[test]
    fn links_pipes_and_folders_are_not_written_to() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("target");
        fs::write(&target, "").unwrap();
        fs::set_permissions(&target, fs::Permissions::from_mode(0o600)).unwrap();
        symlink(&target, dir.path().join("link")).unwrap();
        let refused = append(&dir.path().join("link"), b"one\n").unwrap_err();
        assert!(refused.contains("is a link"), "{refused}");
        assert_eq!(fs::read_to_string(&target).unwrap(), "");
        let pipe = dir.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).unwrap();
        // Without a reader, and without waiting for one.
        append(&pipe, b"one\n").unwrap_err();
        append(dir.path(), b"one\n").unwrap_err();
        assert!(
            append(&dir.path().join("none/x"), b"one\n")
                .unwrap_err()
                .starts_with("It could not be written")
        );
    }
}
