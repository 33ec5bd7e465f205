//! Files of a folder by a request's path. Nothing outside the folder, nothing with a dot in front, no listings.

use bytes::Bytes;
use std::io::Read as _;
use std::path::Path;

/// Most bytes of a file that is served.
pub(crate) const LARGEST: u64 = 32 * 1024 * 1024;
/// Most entries looked at to say how large a folder is.
const COUNTED: u32 = 10_000;

/// The segments of a request's path, decoded. `None` when it can't name a file: broken percent-encoding, a separator,
/// drive or control character in a segment, an empty segment, a dot in front.
pub(crate) fn segments(path: &str) -> Option<Vec<String>> {
    let path = path.strip_prefix('/')?;
    if path.is_empty() {
        return Some(Vec::new());
    }
    path.split('/').map(segment).collect()
}

fn segment(written: &str) -> Option<String> {
    let text = decode(written)?;
    let odd = |c: char| c.is_control() || matches!(c, '/' | '\\' | ':');
    // Windows drops dots and spaces at the end, so that the name would be another's.
    let sound = !text.is_empty() && !text.starts_with('.') && !text.ends_with(['.', ' ']) && !text.contains(odd);
    sound.then_some(text)
}

/// Percent-decodes once (RFC 3986 section 2.1).
fn decode(written: &str) -> Option<String> {
    let mut out = Vec::with_capacity(written.len());
    let mut bytes = written.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let high = char::from(bytes.next()?).to_digit(16)?;
        let low = char::from(bytes.next()?).to_digit(16)?;
        out.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(out).ok()
}

/// Why a file is not served.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unserved {
    /// There is none by that path.
    Missing,
    /// It is larger than [`LARGEST`].
    Large,
    /// The folder or the file can't be read.
    Unreadable(String),
}

/// Reads a file of a folder.
///
/// # Errors
/// [`Unserved`]. A link that leaves the folder, and a special file, are missing.
pub(crate) fn read(root: &Path, segments: &[String]) -> Result<Bytes, Unserved> {
    let root = root.canonicalize().map_err(|e| Unserved::Unreadable(e.to_string()))?;
    // Links are followed here, and where they led is what counts.
    let path = segments
        .iter()
        .fold(root.clone(), |path, segment| path.join(segment))
        .canonicalize()
        .map_err(|_| Unserved::Missing)?;
    let inside = path.strip_prefix(&root).map_err(|_| Unserved::Missing)?;
    let hidden = inside
        .components()
        .any(|part| part.as_os_str().as_encoded_bytes().starts_with(b"."));
    // Asked before it is opened: opening a pipe would wait for its writer.
    let about = path.metadata().map_err(|_| Unserved::Missing)?;
    if hidden || !about.is_file() {
        return Err(Unserved::Missing);
    }
    let unreadable = |e: std::io::Error| Unserved::Unreadable(e.to_string());
    let mut content = Vec::new();
    let file = std::fs::File::open(&path).map_err(unreadable)?;
    file.take(LARGEST + 1).read_to_end(&mut content).map_err(unreadable)?;
    if content.len() as u64 > LARGEST {
        return Err(Unserved::Large);
    }
    Ok(content.into())
}

/// Whether a folder can be served.
///
/// # Errors
/// A sentence for people.
pub(crate) fn check_folder(root: &Path) -> Result<(), String> {
    let shown = root.display();
    match root.metadata() {
        Ok(about) if about.is_dir() => {}
        Ok(_) => return Err(format!("{shown} is not a folder. Give the folder that holds your index.html.")),
        Err(error) => return Err(format!("The folder {shown} can't be read: {error}.")),
    }
    match read(root, &["index.html".to_owned()]) {
        Ok(_) => Ok(()),
        Err(Unserved::Missing) => Err(format!(
            "There is no index.html in {shown}. Build your pages first, or give the folder that the build writes, such as dist."
        )),
        Err(Unserved::Large) => Err(format!("The index.html in {shown} is larger than 32 MB.")),
        Err(Unserved::Unreadable(why)) => Err(format!("The index.html in {shown} can't be read: {why}.")),
    }
}

/// How many files a folder would serve and their bytes; what is beyond ten thousand entries is not counted.
pub(crate) fn measure(root: &Path) -> (u32, u64) {
    let (mut files, mut bytes, mut looked) = (0, 0, 0);
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        for entry in entries.flatten() {
            looked += 1;
            if looked > COUNTED {
                return (files, bytes);
            }
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            // Of the entry itself: a link could lead in circles.
            match entry.metadata() {
                Ok(about) if about.is_dir() => folders.push(entry.path()),
                Ok(about) if about.is_file() => {
                    files += 1;
                    bytes += about.len();
                }
                _ => {}
            }
        }
    }
    (files, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn paths_are_decoded_once_and_name_only_what_is_inside() {
        for (path, expected) in [
            ("/", Some(vec![])),
            ("/app.js", Some(vec!["app.js"])),
            ("/assets/a%20b.css", Some(vec!["assets", "a b.css"])),
            ("/%E2%82%AC", Some(vec!["€"])),
            ("/a%2Eb", Some(vec!["a.b"])),
            ("/%252e%252e/x", Some(vec!["%2e%2e", "x"])),
            ("", None),
            ("app.js", None),
            ("//etc/passwd", None),
            ("/a//b", None),
            ("/a/", None),
            ("/../x", None),
            ("/a/../x", None),
            ("/%2e%2e/x", None),
            ("/%2E./x", None),
            ("/.%2e/x", None),
            ("/a%2f..%2fx", None),
            ("/..%5cx", None),
            ("/a\\b", None),
            ("/C:/x", None),
            ("/c%3a", None),
            ("/a%00.js", None),
            ("/a%0a", None),
            ("/.env", None),
            ("/%2eenv", None),
            ("/a/.git/config", None),
            ("/x.", None),
            ("/x%20", None),
            ("/%", None),
            ("/%4", None),
            ("/%zz", None),
            ("/%+1", None),
            ("/%ff", None),
        ] {
            let expected = expected.map(|list: Vec<&str>| list.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(segments(path), expected, "{path}");
        }
    }

    fn at(path: &str) -> Vec<String> {
        segments(path).unwrap()
    }

    #[test]
    fn a_folder_serves_its_files_and_no_listing() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("dist");
        assert!(check_folder(&root).unwrap_err().contains("can't be read"));
        fs::create_dir_all(root.join("assets")).unwrap();
        assert!(check_folder(&root).unwrap_err().contains("no index.html"));
        fs::write(root.join("index.html"), "<h1>").unwrap();
        fs::write(root.join("assets/app.js"), "1").unwrap();
        fs::write(root.join(".env"), "SECRET=1").unwrap();
        assert_eq!(check_folder(&root), Ok(()));
        assert!(check_folder(&root.join("index.html")).unwrap_err().contains("not a folder"));
        assert_eq!(read(&root, &at("/index.html")).unwrap(), "<h1>");
        assert_eq!(read(&root, &at("/assets/app.js")).unwrap(), "1");
        for missing in ["/assets", "/", "/nothing", "/index.html/x"] {
            assert_eq!(read(&root, &at(missing)), Err(Unserved::Missing), "{missing}");
        }
        assert_eq!(measure(&root), (2, 5));
        fs::remove_dir_all(&root).unwrap();
        assert!(matches!(read(&root, &at("/index.html")), Err(Unserved::Unreadable(_))));
    }

    #[cfg(unix)]
    #[test]
    fn links_may_not_leave_the_folder_nor_lead_to_hidden_files() {
        use std::os::unix::fs::symlink;
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("dist");
        fs::create_dir_all(root.join("real")).unwrap();
        fs::write(root.join("real/a.js"), "inside").unwrap();
        fs::write(root.join(".env"), "SECRET=1").unwrap();
        fs::write(dir.path().join("secret"), "outside").unwrap();
        for (target, link) in [
            ("real/a.js", "good.js"),
            ("real", "folder"),
            ("../secret", "out"),
            ("..", "up"),
            (".env", "env"),
            ("loop", "loop"),
        ] {
            symlink(target, root.join(link)).unwrap();
        }
        symlink(dir.path().join("secret"), root.join("absolute")).unwrap();
        assert_eq!(read(&root, &at("/good.js")).unwrap(), "inside");
        assert_eq!(read(&root, &at("/folder/a.js")).unwrap(), "inside");
        for missing in ["/out", "/up/secret", "/env", "/loop", "/absolute"] {
            assert_eq!(read(&root, &at(missing)), Err(Unserved::Missing), "{missing}");
        }
        // The folder itself may be a link.
        symlink(&root, dir.path().join("current")).unwrap();
        assert_eq!(read(&dir.path().join("current"), &at("/real/a.js")).unwrap(), "inside");
    }

    #[test]
    fn a_file_that_is_too_large_is_not_served() {
        let dir = tempfile::tempdir().unwrap();
        fs::File::create(dir.path().join("big")).unwrap().set_len(LARGEST + 1).unwrap();
        assert_eq!(read(dir.path(), &at("/big")), Err(Unserved::Large));
    }
}
