//! Unpacked zips on disk: `custom-ui/<id>` in the data directory. A folder there is complete or it is not there.

use super::archive::Unpacked;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use vestibule_core::model::ImportedZip;

const BASE: &str = "custom-ui";

/// Where the files of a zip are.
pub(super) fn folder(data: &Path, id: &str) -> PathBuf {
    data.join(BASE).join(id)
}

/// Writes a zip's files beside their place, then moves them there at once.
///
/// # Errors
/// When the disk refuses; what was there before still is.
pub(super) fn put(data: &Path, unpacked: &Unpacked) -> std::io::Result<()> {
    let target = folder(data, &unpacked.id);
    if is_there(&target, unpacked) {
        return Ok(());
    }
    let beside = |end: &str| data.join(BASE).join(format!(".{}.{end}", unpacked.id));
    let (fresh, old) = (beside("new"), beside("old"));
    remove(&fresh)?;
    remove(&old)?;
    let written = write(&fresh, unpacked).and_then(|()| {
        if target.exists() {
            fs::rename(&target, &old)?;
        }
        fs::rename(&fresh, &target)
    });
    if let Err(error) = written {
        // As far as the disk still obeys.
        if old.exists() && !target.exists() {
            let _ = fs::rename(&old, &target);
        }
        let _ = remove(&fresh);
        return Err(error);
    }
    remove(&old)
}

fn write(fresh: &Path, unpacked: &Unpacked) -> std::io::Result<()> {
    fs::create_dir_all(fresh)?;
    for (path, content) in &unpacked.files {
        let path = fresh.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        // Names that this system takes for the same end the import instead of replacing each other.
        let mut file = fs::File::create_new(path)?;
        file.write_all(content)?;
        file.sync_all()?;
    }
    Ok(())
}

fn is_there(target: &Path, unpacked: &Unpacked) -> bool {
    let count = u32::try_from(unpacked.files.len()).unwrap_or(u32::MAX);
    super::files::measure(target).0 == count
        && unpacked
            .files
            .iter()
            .all(|(path, content)| fs::read(target.join(path)).is_ok_and(|there| there == *content))
}

fn remove(folder: &Path) -> std::io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Removes what was unpacked and is not `kept`. What is not ours stays.
pub(super) fn sweep(data: &Path, kept: &[String]) {
    let Ok(entries) = fs::read_dir(data.join(BASE)) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let id = name.trim_start_matches('.').split('.').next().unwrap_or_default();
        let ours = ImportedZip {
            id: id.to_owned(),
            source: String::new(),
        }
        .has_sound_id();
        if ours && !kept.iter().any(|kept| kept == name) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn unpacked(digit: char, files: &[(&str, &'static str)]) -> Unpacked {
        Unpacked {
            id: digit.to_string().repeat(ImportedZip::ID_DIGITS),
            files: files
                .iter()
                .map(|(path, content)| ((*path).to_owned(), (*content).into()))
                .collect::<BTreeMap<_, _>>(),
        }
    }

    fn listed(data: &Path) -> Vec<String> {
        let entries = fs::read_dir(data.join(BASE)).unwrap();
        let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn files_are_put_whole_and_healed() {
        let data = tempfile::tempdir().unwrap();
        let zip = unpacked('a', &[("index.html", "<h1>"), ("assets/app.js", "1")]);
        put(data.path(), &zip).unwrap();
        let at = folder(data.path(), &zip.id);
        assert_eq!(fs::read_to_string(at.join("assets/app.js")).unwrap(), "1");
        fs::write(at.join("assets/app.js"), "edited by hand").unwrap();
        fs::write(at.join("more.js"), "").unwrap();
        put(data.path(), &zip).unwrap();
        assert_eq!(fs::read_to_string(at.join("assets/app.js")).unwrap(), "1");
        assert!(!at.join("more.js").exists());
        assert_eq!(listed(data.path()), [zip.id]);
    }

    #[test]
    fn a_put_that_fails_leaves_what_was_there() {
        let data = tempfile::tempdir().unwrap();
        let zip = unpacked('a', &[("index.html", "<h1>")]);
        put(data.path(), &zip).unwrap();
        // The disk refuses: one path is a file and a folder.
        let bad = unpacked('a', &[("index.html", "new"), ("index.html/x", "new")]);
        assert!(put(data.path(), &bad).is_err());
        let at = folder(data.path(), &zip.id);
        assert_eq!(fs::read_to_string(at.join("index.html")).unwrap(), "<h1>");
        assert_eq!(listed(data.path()), [zip.id]);
    }

    #[test]
    fn sweeping_keeps_what_is_served_and_what_is_not_ours() {
        let data = tempfile::tempdir().unwrap();
        let (a, b) = (unpacked('a', &[("index.html", "a")]), unpacked('b', &[("index.html", "b")]));
        put(data.path(), &a).unwrap();
        put(data.path(), &b).unwrap();
        let base = data.path().join(BASE);
        fs::create_dir(base.join(format!(".{}.new", a.id))).unwrap();
        fs::create_dir(base.join("notes")).unwrap();
        sweep(data.path(), std::slice::from_ref(&b.id));
        assert_eq!(listed(data.path()), [b.id.as_str(), "notes"]);
        sweep(data.path(), &[]);
        assert_eq!(listed(data.path()), ["notes"]);
    }
}
