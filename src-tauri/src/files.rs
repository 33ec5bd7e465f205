//! Keeps what the page exports: a new file in the person's downloads, and nothing anywhere else.

use crate::bridge::{Answer, Arguments, blocking, problem};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use tauri::{AppHandle, Manager};
use vestibule_core::console::{ConsoleProblem, SaveFile};

/// Largest text that is kept, in **bytes**. An export of a session is some hundred kilobytes.
const LARGEST: usize = 64 * 1024 * 1024;
/// Longest name, in **bytes**; file systems allow 255, and a number may be added.
const LONGEST: usize = 120;
/// So many files of one name, then it is time to tidy up.
const MOST: usize = 1_000;

/// Keeps a text as a new file in the downloads; answers its path.
#[tauri::command]
pub(crate) async fn save_file(app: AppHandle, file: Arguments<SaveFile>) -> Answer<SaveFile> {
    let SaveFile { name, text } = file.0;
    let folder = app.path().download_dir().or_else(|_| app.path().home_dir()).map_err(|error| {
        problem(
            "console.no_downloads",
            format!("Your folder for downloads is not known ({error}). Create one, then save again."),
        )
    })?;
    blocking(move || save(&folder, &name, &text).map(|path| path.display().to_string())).await
}

fn save(folder: &Path, name: &str, text: &str) -> Result<PathBuf, ConsoleProblem> {
    if text.len() > LARGEST {
        return Err(problem(
            "console.file_too_large",
            format!(
                "This is {} MB, and files of up to {} MB are saved. Export less at once.",
                text.len() / 1_048_576,
                LARGEST / 1_048_576
            ),
        ));
    }
    write_new(folder, &safe_name(name), text).map_err(|error| {
        problem(
            "console.not_saved",
            format!(
                "Nothing was saved in {}: {error}. Make room there or allow writing, then save again.",
                folder.display()
            ),
        )
    })
}

/// Writes a file that was not there before.
fn write_new(folder: &Path, name: &str, text: &str) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let (path, mut file) = create_new(folder, name)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    if let Err(error) = written {
        // Half a file is worse than none. That it can't be removed either is less telling than why it was not written.
        let _ = fs::remove_file(&path);
        return Err(error);
    }
    Ok(path)
}

/// Creates the file for its owner only, under the first of `name`, `name (2)`, `name (3)`… that is free.
fn create_new(folder: &Path, name: &str) -> io::Result<(PathBuf, File)> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let (stem, extension) = split(name);
    for number in 1..=MOST {
        let path = if number == 1 {
            folder.join(name)
        } else {
            folder.join(format!("{stem} ({number}){extension}"))
        };
        match options.open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(
        io::ErrorKind::AlreadyExists,
        format!("there are {MOST} files named {name} already"),
    ))
}

/// Stem and extension with its dot. Two short endings stay together, as in `a.vestibule-session.json`.
fn split(name: &str) -> (&str, &str) {
    let mut at = name.len();
    for _ in 0..2 {
        match name[..at].rfind('.') {
            Some(dot) if dot > 0 && at - dot <= LONGEST / 4 && !name[dot..at].contains(' ') => at = dot,
            _ => break,
        }
    }
    name.split_at(at)
}

/// A name that every system takes, and that stays inside the folder.
fn safe_name(wished: &str) -> String {
    let clean: String = wished
        .chars()
        .map(|c| if c.is_control() || r#"/\:*?"<>|"#.contains(c) { '-' } else { c })
        .collect();
    // Hidden files and Windows' trailing dots and spaces.
    let clean = clean.trim_matches(|c: char| c == '.' || c.is_whitespace());
    let (stem, extension) = split(clean);
    let room = LONGEST - extension.len();
    let end = stem
        .char_indices()
        .map(|(at, c)| at + c.len_utf8())
        .take_while(|end| *end <= room)
        .last();
    let stem = stem[..end.unwrap_or(0)].trim_end();
    if stem.is_empty() {
        return format!("vestibule{extension}");
    }
    let device = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"]
        .iter()
        .any(|name| name.eq_ignore_ascii_case(stem))
        || matches!(stem.as_bytes(), [a, b, c, b'0'..=b'9'] if [*a, *b, *c].eq_ignore_ascii_case(b"COM") || [*a, *b, *c].eq_ignore_ascii_case(b"LPT"));
    format!("{}{stem}{extension}", if device { "_" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_in_the_folder_and_are_taken_by_every_system() {
        let expected = [
            ("bookstore.har", "bookstore.har"),
            ("../../.bashrc", "-..-.bashrc"),
            ("/etc/passwd", "-etc-passwd"),
            ("C:\\a\u{0}b.har", "C--a-b.har"),
            (".hidden", "hidden"),
            ("..", "vestibule"),
            ("", "vestibule"),
            ("  a. ", "a"),
            ("nul.har", "_nul.har"),
            ("LPT1", "_LPT1"),
            ("Bücher · 書店.vestibule-session.json", "Bücher · 書店.vestibule-session.json"),
        ];
        for (wished, name) in expected {
            assert_eq!(safe_name(wished), name, "{wished}");
        }
        let long = safe_name(&format!("{}.har", "é".repeat(500)));
        assert!(long.len() <= LONGEST && long.ends_with("é.har"), "{long}");
        let sentence = safe_name(&format!("St. {}.har", "e ".repeat(500)));
        assert!(sentence.starts_with("St. e") && sentence.ends_with("e.har"), "{sentence}");
    }

    #[test]
    fn a_file_is_never_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let downloads = folder.path().join("Downloads");
        let first = save(&downloads, "a.session.json", "1").unwrap();
        let second = save(&downloads, "a.session.json", "2").unwrap();
        assert_eq!(first.file_name().unwrap(), "a.session.json");
        assert_eq!(second.file_name().unwrap(), "a (2).session.json");
        assert_eq!(
            (fs::read_to_string(&first).unwrap(), fs::read_to_string(&second).unwrap()),
            ("1".into(), "2".into())
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_file_is_for_its_owner_and_does_not_follow_a_link() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = folder.path().join("elsewhere");
        symlink(&elsewhere, folder.path().join("a.har")).unwrap();
        let saved = save(folder.path(), "a.har", "1").unwrap();
        assert_eq!(saved.file_name().unwrap(), "a (2).har");
        assert!(!elsewhere.exists());
        assert_eq!(fs::metadata(&saved).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn what_can_not_be_saved_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("file");
        fs::write(&taken, "").unwrap();
        assert_eq!(save(&taken, "a.har", "1").unwrap_err().code, "console.not_saved");
        let large = "x".repeat(LARGEST + 1);
        assert_eq!(save(folder.path(), "a.har", &large).unwrap_err().code, "console.file_too_large");
        assert!(!folder.path().join("a.har").exists());
    }
}
