//! Unpacking a zip that somebody made: into memory, within limits, completely or not at all.
//!
//! What the zip says of its sizes is not believed; bytes are counted as they come out. Names are refused rather than
//! repaired: a zip that a build tool wrote has none of these.

use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};
use std::path::Path;
use vestibule_core::model::ImportedZip;
use zip::ZipArchive;
use zip::result::ZipError;

/// The bounds of a zip.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Most bytes of the zip itself.
    pub packed: u64,
    /// Most entries, folders included.
    pub entries: usize,
    /// Most bytes of all files.
    pub unpacked: u64,
    /// Most times a file may be larger than its packed form.
    pub ratio: u64,
    /// Files up to this many bytes may have any ratio: a short file of one letter packs very well.
    pub ratio_from: u64,
}

/// The bounds in force.
pub(crate) const LIMITS: Limits = Limits {
    packed: 32 * MB,
    entries: 5_000,
    unpacked: 64 * MB,
    ratio: 200,
    ratio_from: MB,
};
const MB: u64 = 1024 * 1024;
/// Most characters of a name.
const NAME: usize = 400;
/// Most folders in each other.
const DEPTH: usize = 24;

/// A zip's files by their path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unpacked {
    /// The beginning of the zip's SHA-256.
    pub id: String,
    /// Path with slashes, without a slash in front, and content.
    pub files: BTreeMap<String, Bytes>,
}

/// Unpacks the zip at a path.
///
/// # Errors
/// One sentence or two for people: why it is refused, and what would be right.
pub(crate) fn read(path: &Path, limits: &Limits) -> Result<Unpacked, String> {
    let unreadable = |error: std::io::Error| format!("The zip can't be read: {error}.");
    let file = std::fs::File::open(path).map_err(unreadable)?;
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err("Is not a file. Give the path of a zip, or a folder as a folder.".into());
    }
    let mut bytes = Vec::new();
    file.take(limits.packed + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    unpack(&bytes, limits)
}

/// Unpacks a zip.
///
/// # Errors
/// As [`read`].
pub(crate) fn unpack(bytes: &[u8], limits: &Limits) -> Result<Unpacked, String> {
    if bytes.len() as u64 > limits.packed {
        return Err(format!(
            "The zip is larger than {}. Leave out what the pages don't need.",
            size(limits.packed)
        ));
    }
    if announced_entries(bytes).is_some_and(|count| count > limits.entries) {
        return Err(too_many(limits));
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| odd(&error))?;
    if archive.len() > limits.entries {
        return Err(too_many(limits));
    }
    if archive.has_duplicate_names() {
        return Err("Two entries of the zip have the same name. Make it again from the folder that your build wrote.".into());
    }
    if archive.has_overlapping_files().map_err(|error| odd(&error))? {
        return Err(
            "Entries of the zip share the same bytes, as in a zip bomb. Make it again from the folder that your build wrote.".into(),
        );
    }
    let mut names = Names::default();
    let mut files = BTreeMap::new();
    let mut total = 0;
    for index in 0..archive.len() {
        let Some(path) = judge(&mut archive, index, &mut names)? else {
            continue;
        };
        let content = inflate(&mut archive, index, &path, limits, &mut total)?;
        if !is_litter(&path) {
            files.insert(path, content);
        }
    }
    names.check_folders()?;
    Ok(Unpacked {
        id: id(bytes),
        files: with_index(files)?,
    })
}

/// The first digits of the SHA-256, in lowercase hexadecimal.
fn id(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(ImportedZip::ID_DIGITS);
    for byte in Sha256::digest(bytes).iter().take(ImportedZip::ID_DIGITS / 2) {
        out.push_str(&format!("{byte:02x}"));
    }
    out
}

/// How many entries the end record announces (APPNOTE 4.3.16), so that a directory of millions is not even read.
/// 65,535 also stands for "more than fit".
fn announced_entries(bytes: &[u8]) -> Option<usize> {
    let tail = bytes.get(bytes.len().saturating_sub(22 + 65_535)..)?;
    let at = tail.windows(4).rposition(|window| window == b"PK\x05\x06")?;
    let count = tail.get(at + 10..at + 12)?;
    Some(usize::from(u16::from_le_bytes([*count.first()?, *count.get(1)?])))
}

/// What is known of an entry before it is unpacked; its path, or `None` of a folder.
fn judge(archive: &mut ZipArchive<Cursor<&[u8]>>, index: usize, names: &mut Names) -> Result<Option<String>, String> {
    let entry = archive.by_index_data(index).map_err(|error| odd(&error))?;
    let raw = entry.name_raw();
    let shown = shown(&String::from_utf8_lossy(raw));
    let name = std::str::from_utf8(raw).map_err(|_| format!("The name {shown} in the zip is not UTF-8. Rename the file."))?;
    let path = check_name(name)
        .map_err(|why| format!("The name {shown} in the zip {why}. Make the zip again from the folder that your build wrote."))?;
    if entry.encrypted() {
        return Err(format!("{shown} in the zip is encrypted. Make the zip without a password."));
    }
    // The type of a Unix file mode: regular files and folders have nothing to follow.
    let kind = entry.unix_mode().unwrap_or_default() & 0o170_000;
    if entry.is_symlink() || !matches!(kind, 0 | 0o100_000 | 0o040_000) {
        return Err(format!(
            "{shown} in the zip is a symbolic link or a special file. Put the file itself into the zip."
        ));
    }
    let folder = name.ends_with('/');
    names.note(&path, folder)?;
    Ok((!folder).then_some(path))
}

/// A relative path of plain segments, without a slash at its end.
fn check_name(name: &str) -> Result<String, &'static str> {
    let path = name.strip_suffix('/').unwrap_or(name);
    if path.starts_with('/') {
        return Err("is absolute");
    }
    if path.contains('\\') {
        return Err("holds a backslash");
    }
    if path.contains(':') {
        return Err("holds a colon, as a drive letter does");
    }
    if path.chars().any(char::is_control) {
        return Err("holds a control character");
    }
    if path.chars().count() > NAME || path.split('/').count() > DEPTH {
        return Err("is too long or too deep");
    }
    for segment in path.split('/') {
        match segment {
            "" => return Err("has an empty part"),
            ".." | "." => return Err("climbs out of its folder"),
            // Windows drops these, so that the file would have another name there.
            _ if segment.ends_with(['.', ' ']) => return Err("has a part that ends with a dot or a space"),
            _ => {}
        }
    }
    Ok(path.to_owned())
}

/// Names so far, without case: they must be different files on every system.
#[derive(Default)]
struct Names {
    files: BTreeMap<String, String>,
    folders: BTreeSet<String>,
    /// How each folder is written.
    spelled: BTreeMap<String, String>,
}

impl Names {
    fn note(&mut self, path: &str, folder: bool) -> Result<(), String> {
        let folders = path.match_indices('/').map(|(at, _)| at).chain(folder.then_some(path.len()));
        for end in folders {
            let written = path.get(..end).unwrap_or_default();
            let folded = written.to_lowercase();
            let first = self.spelled.entry(folded.clone()).or_insert_with(|| written.to_owned());
            if first != written {
                return Err(clash(first, written));
            }
            self.folders.insert(folded);
        }
        if !folder && let Some(other) = self.files.insert(path.to_lowercase(), path.to_owned()) {
            return Err(clash(&other, path));
        }
        Ok(())
    }

    fn check_folders(&self) -> Result<(), String> {
        match self.files.iter().find(|(folded, _)| self.folders.contains(*folded)) {
            Some((_, path)) => Err(format!("{} is a file and a folder in the zip. Rename one.", shown(path))),
            None => Ok(()),
        }
    }
}

fn clash(one: &str, other: &str) -> String {
    format!(
        "The names {} and {} in the zip differ only in case, which some systems don't tell apart. Rename one.",
        shown(one),
        shown(other)
    )
}

/// The content of an entry, counted while it comes out.
fn inflate(archive: &mut ZipArchive<Cursor<&[u8]>>, index: usize, path: &str, limits: &Limits, total: &mut u64) -> Result<Bytes, String> {
    let shown = shown(path);
    let mut entry = archive.by_index(index).map_err(|error| odd(&error))?;
    let packed = entry.compressed_size();
    let mut content = Vec::new();
    let mut chunk = [0; 16 * 1024];
    loop {
        let read = entry
            .read(&mut chunk)
            .map_err(|error| format!("{shown} in the zip can't be unpacked: {error}."))?;
        if read == 0 {
            return Ok(content.into());
        }
        content.extend_from_slice(chunk.get(..read).unwrap_or_default());
        *total += read as u64;
        if *total > limits.unpacked {
            return Err(format!(
                "The zip holds more than {} once unpacked. Leave out what the pages don't need.",
                size(limits.unpacked)
            ));
        }
        let length = content.len() as u64;
        if length > limits.ratio_from && length / limits.ratio > packed {
            return Err(format!(
                "{shown} in the zip is more than {} times larger than its packed form, as in a zip bomb.",
                limits.ratio
            ));
        }
    }
}

/// What file managers add and nobody means to serve: files with a dot, and macOS's forks.
fn is_litter(path: &str) -> bool {
    path.starts_with("__MACOSX/") || path.split('/').any(|segment| segment.starts_with('.'))
}

/// The files seen from where the `index.html` is: the root, or the one folder that holds everything.
fn with_index(files: BTreeMap<String, Bytes>) -> Result<BTreeMap<String, Bytes>, String> {
    if files.contains_key("index.html") {
        return Ok(files);
    }
    let tops: BTreeSet<&str> = files.keys().map(|path| path.split('/').next().unwrap_or_default()).collect();
    let top = match tops.first() {
        Some(top) if tops.len() == 1 && files.contains_key(&format!("{top}/index.html")) => format!("{top}/"),
        _ => {
            return Err("The zip has no index.html, neither at its top nor in a single folder there. Zip the folder that your build wrote, such as dist.".into());
        }
    };
    Ok(files
        .into_iter()
        .filter_map(|(path, content)| path.strip_prefix(&top).map(|path| (path.to_owned(), content)))
        .collect())
}

fn too_many(limits: &Limits) -> String {
    format!(
        "The zip has more than {} entries. Zip the folder that your build wrote, without sources and node_modules.",
        limits.entries
    )
}

fn size(bytes: u64) -> String {
    if bytes >= MB {
        format!("{} MB", bytes / MB)
    } else {
        format!("{bytes} bytes")
    }
}

fn shown(name: &str) -> String {
    let mut out: String = name.chars().take(80).flat_map(char::escape_debug).collect();
    if name.chars().nth(80).is_some() {
        out.push('…');
    }
    format!("“{out}”")
}

fn odd(error: &ZipError) -> String {
    match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) | ZipError::InvalidPassword => {
            "The zip is encrypted. Make it without a password.".to_owned()
        }
        ZipError::CompressionMethodNotSupported(_) | ZipError::UnsupportedArchive(_) => {
            format!("The zip is packed in a way that can't be read here ({error}). Make it with the usual compression, deflate.")
        }
        _ => format!("Is not a zip that can be read ({error}). Make it again."),
    }
}

#[cfg(test)]
mod tests;
