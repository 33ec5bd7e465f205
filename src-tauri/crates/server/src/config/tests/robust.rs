//! Files that nobody would write on purpose.

use super::*;
use crate::config::tests::world::Stored;
use vestibule_core::entropy::Entropy as _;

/// Checks what holds for every text: no panic, and every error has a place within it.
fn survives(text: &str) {
    let lines: Vec<&str> = text.split('\n').collect();
    for outcome in [parse("f.toml", text), parse_alone("f.toml", text)] {
        for error in outcome.err().unwrap_or_default() {
            let line = lines.get(error.line as usize - 1).unwrap_or_else(|| panic!("{error} in {text:?}"));
            assert!(
                error.column >= 1 && error.column as usize <= line.chars().count() + 1,
                "{error} in {text:?}"
            );
            assert!(!error.message.is_empty());
        }
    }
}

/// A number below `limit`, from the repeatable source.
fn below(source: &Stored, limit: usize) -> usize {
    let mut bytes = [0; 8];
    source.fill(&mut bytes);
    // The test source is weak in its low bits; mixing makes the choices spread.
    (u64::from_le_bytes(bytes).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 24) as usize % limit
}

#[test]
fn random_text_never_panics() {
    const PIECES: &[&str] = &[
        "[",
        "[[",
        "]",
        "]]",
        "{",
        "}",
        "=",
        ".",
        ",",
        "\"",
        "'",
        "\"\"\"",
        "\n",
        " ",
        "#",
        "é",
        "\u{feff}",
        "\u{0}",
        "\\",
        "\\u00e9",
        "applications",
        "users",
        "id",
        "name",
        "type",
        "secret",
        "\"SPA\"",
        "1",
        "-",
        "1979-05-27T07:32:00Z",
        "0x",
        "nan",
        "true",
        "roles",
        "scopes",
        "provider",
        "signInExperience",
        "profile",
        "identities",
        "customData",
        "primaryPhone",
        "😀",
    ];
    let source = Stored::default();
    for _ in 0..4000 {
        let text: String = (0..below(&source, 40)).map(|_| PIECES[below(&source, PIECES.len())]).collect();
        survives(&text);
    }
}

#[test]
fn damaged_files_never_panic() {
    let source = Stored::default();
    let lines: Vec<&str> = FULL.lines().collect();
    for _ in 0..400 {
        let mut damaged = lines.clone();
        for _ in 0..=below(&source, 4) {
            let (at, other) = (below(&source, damaged.len()), below(&source, damaged.len()));
            match below(&source, 3) {
                0 => drop(damaged.remove(at)),
                1 => damaged.swap(at, other),
                _ => damaged.insert(at, damaged[other]),
            }
        }
        let mut text: Vec<char> = damaged.join("\n").chars().collect();
        for _ in 0..below(&source, 3) {
            let at = below(&source, text.len());
            match below(&source, 3) {
                0 => drop(text.remove(at)),
                1 => text.insert(at, ['"', '=', '[', '*', 'é'][below(&source, 5)]),
                _ => text.truncate(at.max(1)),
            }
        }
        survives(&text.into_iter().collect::<String>());
    }
}

#[test]
fn deep_and_long_files_are_answered() {
    survives(&format!("a = {}{}", "[".repeat(5000), "]".repeat(5000)));
    survives(&"[a.".repeat(5000));
    survives(&format!("{} = 1", "k".repeat(100_000)));
    survives(&format!("[[users]]\nusername = \"{}\"", "u".repeat(100_000)));
}
