//! Zips made here: good ones, and every way in which one is refused.

use super::*;
use std::io::Write as _;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A zip of these files; a name with a slash at its end is a folder.
fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        if name.ends_with('/') {
            writer.add_directory(*name, options).unwrap();
        } else {
            writer.start_file(*name, options).unwrap();
            writer.write_all(content).unwrap();
        }
    }
    writer.finish().unwrap().into_inner()
}

/// A zip with an index and one more entry, whose name is replaced in the bytes: writers refuse to write such names.
fn with_name(name: &[u8]) -> Vec<u8> {
    let stand_in = "q".repeat(name.len());
    let mut bytes = zip(&[("index.html", b"<h1>"), (&stand_in, b"x")]);
    assert_eq!(replace(&mut bytes, stand_in.as_bytes(), name), 2);
    bytes
}

/// Replaces text by text of the same length wherever it is; answers how often.
fn replace(bytes: &mut [u8], from: &[u8], to: &[u8]) -> usize {
    let places: Vec<usize> = (0..=bytes.len() - from.len()).filter(|&at| bytes[at..].starts_with(from)).collect();
    for &at in &places {
        bytes[at..at + to.len()].copy_from_slice(to);
    }
    places.len()
}

/// Positions of the central directory's entries (APPNOTE 4.3.12).
fn central(bytes: &[u8]) -> Vec<usize> {
    (0..bytes.len() - 4).filter(|&at| bytes[at..].starts_with(b"PK\x01\x02")).collect()
}

fn names(bytes: &[u8]) -> Vec<String> {
    unpack(bytes, &LIMITS).unwrap().files.into_keys().collect()
}

#[track_caller]
fn refused(bytes: &[u8], limits: &Limits, said: &str) {
    let error = unpack(bytes, limits).unwrap_err();
    assert!(error.contains(said), "{said:?} is not in {error:?}");
    assert!(error.ends_with('.'), "{error:?}");
}

#[test]
fn a_build_is_unpacked_as_it_is() {
    let bytes = zip(&[
        ("index.html", b"<h1>"),
        ("assets/", b""),
        ("assets/app.js", b"1"),
        ("b/c/d.css", b""),
    ]);
    let unpacked = unpack(&bytes, &LIMITS).unwrap();
    assert_eq!(unpacked.files["index.html"], "<h1>");
    assert_eq!(names(&bytes), ["assets/app.js", "b/c/d.css", "index.html"]);
    assert_eq!(unpacked.id.len(), ImportedZip::ID_DIGITS);
    assert_eq!(unpack(&bytes, &LIMITS).unwrap(), unpacked);
    assert_ne!(unpack(&zip(&[("index.html", b"<h2>")]), &LIMITS).unwrap().id, unpacked.id);
}

#[test]
fn one_folder_around_everything_is_taken_off() {
    let around = zip(&[
        ("dist/", b""),
        ("dist/index.html", b"<h1>"),
        ("dist/assets/a.js", b"1"),
        // What a Mac adds doesn't count as a second folder, and is not served.
        ("__MACOSX/dist/._index.html", b"fork"),
        ("dist/.DS_Store", b"litter"),
        (".gitignore", b"litter"),
    ]);
    assert_eq!(names(&around), ["assets/a.js", "index.html"]);
    for without in [
        zip(&[("dist/index.html", b""), ("other/a.js", b"")]),
        zip(&[("a/b/index.html", b"")]),
        zip(&[("app.js", b"")]),
        zip(&[("INDEX.HTML", b"")]),
        zip(&[(".hidden/index.html", b"")]),
        zip(&[]),
    ] {
        refused(&without, &LIMITS, "no index.html");
    }
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    for (name, said) in [
        (b"../evil".as_slice(), "climbs out"),
        (b"a/../../evil", "climbs out"),
        (b"./evil", "climbs out"),
        (b"a/..", "climbs out"),
        (b"../", "climbs out"),
        (b"/etc/passwd", "absolute"),
        (b"//host/share", "absolute"),
        (b"C:/evil", "colon"),
        (b"c:evil", "colon"),
        (b"a.js:stream", "colon"),
        (b"..\\evil", "backslash"),
        (b"a\\b", "backslash"),
        (b"a\0.js", "control character"),
        (b"a\nb", "control character"),
        (b"a//b", "empty part"),
        (b"evil.", "dot or a space"),
        (b"evil /x", "dot or a space"),
        (b"\xff\xfe", "not UTF-8"),
        (&[b'n'; 500], "too long"),
        ("d/".repeat(40).as_bytes(), "too long or too deep"),
    ] {
        refused(&with_name(name), &LIMITS, said);
    }
}

#[test]
fn names_that_some_systems_take_for_the_same_are_refused() {
    refused(
        &zip(&[("index.html", b""), ("App.js", b"1"), ("app.js", b"2")]),
        &LIMITS,
        "differ only in case",
    );
    refused(
        &zip(&[("index.html", b""), ("A/x.js", b"1"), ("a/y.js", b"2")]),
        &LIMITS,
        "differ only in case",
    );
    refused(
        &zip(&[("index.html", b""), ("Ä.js", b"1"), ("ä.js", b"2")]),
        &LIMITS,
        "differ only in case",
    );
    let mut twice = zip(&[("index.html", b"1"), ("index.htmk", b"2")]);
    replace(&mut twice, b"index.htmk", b"index.html");
    refused(&twice, &LIMITS, "the same name");
    let mut both = zip(&[("index.html", b"1"), ("lib", b"2"), ("lix/a.js", b"3")]);
    replace(&mut both, b"lix/", b"lib/");
    refused(&both, &LIMITS, "a file and a folder");
}

#[test]
fn links_special_files_and_encrypted_ones_are_refused() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("index.html", SimpleFileOptions::default()).unwrap();
    writer.add_symlink("link", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    refused(&writer.finish().unwrap().into_inner(), &LIMITS, "symbolic link");
    for kind in [0o010_000_u32, 0o020_000, 0o060_000, 0o140_000] {
        let mut special = zip(&[("index.html", b"")]);
        let at = central(&special)[0];
        // Made on Unix, with this file type.
        special[at + 5] = 3;
        special[at + 38..at + 42].copy_from_slice(&((kind | 0o644) << 16).to_le_bytes());
        refused(&special, &LIMITS, "special file");
    }
    let mut encrypted = zip(&[("index.html", b"<h1>")]);
    let at = central(&encrypted)[0];
    encrypted[at + 8] |= 1;
    encrypted[6] |= 1;
    refused(&encrypted, &LIMITS, "encrypted");
}

#[test]
fn what_comes_out_is_counted_not_what_is_announced() {
    let small = Limits {
        packed: 4_000,
        entries: 4,
        unpacked: 10_000,
        ratio: 20,
        ratio_from: 2_000,
    };
    // Too much in one file, in several, and too well packed.
    let noise: Vec<u8> = (0..3_500_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    assert!(unpack(&zip(&[("index.html", &noise)]), &small).is_ok());
    refused(&zip(&[("index.html", &[b'a'; 9_000])]), &small, "20 times larger");
    let loose = Limits { ratio: 5_000, ..small };
    assert!(unpack(&zip(&[("index.html", &[b'a'; 9_000])]), &loose).is_ok());
    refused(
        &zip(&[("index.html", &[b'a'; 10_001])]),
        &loose,
        "more than 10000 bytes once unpacked",
    );
    let parts = [
        ("index.html", [b'a'; 4_000].as_slice()),
        ("b", &[b'b'; 4_000]),
        ("c", &[b'c'; 4_000]),
    ];
    refused(&zip(&parts), &loose, "more than 10000 bytes once unpacked");
    // A header that lies about the size doesn't help.
    let mut liar = zip(&[("index.html", &[b'a'; 20_000])]);
    replace(&mut liar, &20_000_u32.to_le_bytes(), &7_u32.to_le_bytes());
    assert!(unpack(&liar, &loose).is_err());
    // Litter counts as well: it is unpacked to be counted.
    refused(&zip(&[("index.html", b""), (".big", &[b'a'; 10_001])]), &loose, "once unpacked");
    let many = [("index.html", b"".as_slice()), ("a", b""), ("b", b""), ("c", b""), ("d", b"")];
    refused(&zip(&many), &small, "more than 4 entries");
    refused(&vec![0; 4_001], &small, "larger than 4000 bytes");
}

#[test]
fn a_directory_of_millions_is_not_even_read() {
    let mut bytes = zip(&[("index.html", b"")]);
    let end = bytes.len() - 22;
    bytes[end + 8..end + 12].copy_from_slice(&[0xff; 4]);
    refused(&bytes, &LIMITS, "more than 5000 entries");
}

#[test]
fn what_is_no_zip_is_refused() {
    let whole = zip(&[("index.html", b"<h1>hello</h1>")]);
    for odd in [b"".as_slice(), b"PK", b"<!doctype html>", &whole[..whole.len() - 5], &whole[10..]] {
        assert!(unpack(odd, &LIMITS).is_err(), "{odd:?}");
    }
    // Any one byte changed is refused or harmless, and never a panic.
    for at in 0..whole.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut changed = whole.clone();
            changed[at] ^= flip;
            if let Ok(unpacked) = unpack(&changed, &LIMITS) {
                assert_eq!(unpacked.files["index.html"], "<h1>hello</h1>", "byte {at}");
            }
        }
    }
    let dir = tempfile::tempdir().unwrap();
    assert!(read(&dir.path().join("no.zip"), &LIMITS).unwrap_err().contains("can't be read"));
    assert!(read(dir.path(), &LIMITS).is_err());
    std::fs::write(dir.path().join("ui.zip"), &whole).unwrap();
    assert!(read(&dir.path().join("ui.zip"), &LIMITS).is_ok());
}
