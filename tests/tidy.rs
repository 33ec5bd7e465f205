//! The rules of the repository that a compiler doesn't check: who may depend on what, and what no file may hold.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file that is longer than this is hard to read in a sitting.
const LONG: usize = 500;
/// Those that may be longer, up to this: one list of declarations or checks that belong together.
const LONGEST: usize = 700;
const EXCEPTIONS: [&str; 6] = [
    "src-tauri/crates/core/src/console.rs",
    "src-tauri/crates/core/src/live.rs",
    "src-tauri/crates/core/src/oidc/authorize.rs",
    "src-tauri/crates/core/src/oidc/flow.rs",
    "src-tauri/crates/core/src/oidc/request.rs",
    "src-tauri/crates/core/src/record.rs",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// What git tracks or would: everything that is not ignored.
fn files() -> Vec<String> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("git");
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let mut files: Vec<String> = String::from_utf8(listed.stdout).unwrap().lines().map(str::to_owned).collect();
    files.retain(|file| root().join(file).is_file());
    assert!(files.len() > 100);
    files
}

/// Path and text of the tracked text files that a rule is about.
fn texts(keep: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let read = |file: String| Some((file.clone(), std::fs::read_to_string(root().join(&file)).ok()?));
    let found: Vec<_> = files().into_iter().filter(|file| keep(file)).filter_map(read).collect();
    assert!(!found.is_empty());
    found
}

/// Where a needle is, as `path:line: text`.
fn places(texts: &[(String, String)], is_it: impl Fn(&str) -> bool) -> Vec<String> {
    let lines = |(file, text): &(String, String)| {
        let hits: Vec<String> = text
            .lines()
            .enumerate()
            .filter(|(_, line)| is_it(line))
            .map(|(n, line)| format!("{file}:{}: {}", n + 1, line.trim()))
            .collect();
        hits
    };
    texts.iter().flat_map(lines).collect()
}

/// Names of all packages that are compiled into a package, itself included.
fn graph(package: &str) -> BTreeSet<String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let tree = Command::new(cargo)
        .args([
            "tree",
            "--offline",
            "--locked",
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--format",
            "{p}",
            "--package",
            package,
        ])
        .current_dir(root())
        .output()
        .expect("cargo");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let names: BTreeSet<String> = String::from_utf8(tree.stdout)
        .unwrap()
        .lines()
        .filter_map(|line| line.split(' ').next().map(str::to_owned))
        .collect();
    assert!(names.contains(package), "{names:?}");
    names
}

#[track_caller]
fn without(package: &str, forbidden: &[&str]) {
    let names = graph(package);
    for name in forbidden {
        assert!(!names.contains(*name), "{package} must not depend on {name}");
    }
}

#[test]
fn decisions_depend_on_no_machinery() {
    let names = ["tokio", "warp", "hyper", "sled", "tauri", "reqwest", "getrandom", "rand", "tracing"];

    without("vestibule-core", &names);
}

#[test]
fn the_server_needs_no_window() {
    without(
        "vestibule-server",
        &[
            "tauri",
            "wry",
            "tao",
            "gtk",
            "webkit2gtk",
            "javascriptcore-rs",
            "soup3",
            "tray-icon",
        ],
    );
    without("vestibule-store", &["warp", "reqwest", "tauri", "vestibule-keys"]);
    without("vestibule-keys", &["warp", "reqwest", "tauri", "sled"]);
    without("vestibule-upstream", &["warp", "tauri", "sled"]);
    without("vestibule-simulator", &["warp", "reqwest", "tauri", "sled"]);
    without("vestibule-saml", &["warp", "reqwest", "tauri", "sled", "tokio", "openssl"]);
}

#[test]
fn one_crate_knows_the_database_and_one_file_the_web_framework() {
    let manifests = texts(|file| file.ends_with("Cargo.toml"));
    let users = |name: &str| -> Vec<String> {
        let declared = |line: &str| line.split(['=', '.']).next().is_some_and(|key| key.trim() == name);
        let inside = |(file, text): &&(String, String)| file != "Cargo.toml" && text.lines().any(declared);
        manifests
            .iter()
            .filter(inside)
            .map(|(file, _)| file.clone())
            .filter(|file| !file.starts_with("benches"))
            .collect()
    };
    assert_eq!(users("sled"), ["src-tauri/crates/store/Cargo.toml"]);
    assert_eq!(users("warp"), ["src-tauri/crates/server/Cargo.toml"]);
    assert_eq!(users("reqwest"), ["src-tauri/crates/upstream/Cargo.toml"]);

    let sources = texts(|file| file.ends_with(".rs") && file.starts_with("src-tauri/"));
    let framework = places(&sources, |line| line.contains("warp::"));
    assert!(!framework.is_empty());
    for place in framework {
        assert!(place.starts_with("src-tauri/crates/server/src/front.rs:"), "{place}");
    }
}

#[test]
fn one_file_of_the_pages_knows_the_window() {
    let ours = |file: &str| file.starts_with("ui/") && [".ts", ".svelte", ".js", ".mjs"].iter().any(|end| file.ends_with(end));
    let module = ["@tauri", "apps"].join("-");
    let importers: BTreeSet<String> = texts(ours)
        .into_iter()
        .filter(|(_, text)| text.lines().any(|line| line.contains("import") && line.contains(&module)))
        .map(|(file, _)| file)
        .collect();
    assert_eq!(importers.into_iter().collect::<Vec<_>>(), ["ui/shared/host.tauri.ts"]);
}

#[test]
fn time_and_randomness_come_through_their_adapters() {
    let sources = texts(|file| file.ends_with(".rs") && file.starts_with("src-tauri/"));
    let adapter = "src-tauri/crates/keys/src/adapters.rs:";
    for needle in ["SystemTime::now", "rand::fill", "OsRng", "thread_rng", "getrandom"] {
        for place in places(&sources, |line| line.contains(needle) && !line.trim_start().starts_with("//")) {
            assert!(place.starts_with(adapter), "{place}");
        }
    }
    assert!(!places(&sources, |line| line.contains("SystemTime::now")).is_empty());
    // What is read from the environment, files or threads is no pure decision.
    let core = texts(|file| file.starts_with("src-tauri/crates/core/src/") && file.ends_with(".rs"));
    let impure = places(&core, |line| {
        ["std::fs", "std::net", "std::env", "std::thread", "std::process"]
            .iter()
            .any(|m| line.contains(m))
    });
    assert!(impure.is_empty(), "{impure:#?}");
}

#[test]
fn every_package_obeys_the_lints_of_the_workspace() {
    let own = texts(|file| file.ends_with("Cargo.toml"));
    for (file, text) in &own {
        let lints = text
            .split("[lints]")
            .nth(1)
            .is_some_and(|rest| rest.trim_start().starts_with("workspace = true"));
        assert!(lints, "{file} does not say [lints] workspace = true");
    }
    let forbidden = own.iter().find(|(file, _)| file == "Cargo.toml").unwrap();
    assert!(forbidden.1.contains("unsafe_code = \"forbid\""));
}

#[test]
fn no_file_holds_what_is_to_be_done_or_where_it_was_made() {
    let this = "tests/tidy.rs";
    let sources = texts(|file| file != this && !file.ends_with("package-lock.json"));
    let notes = places(&sources, |line| {
        ["TODO", "FIXME", "XXX", "HACK"].iter().any(|note| word(line, note))
    });
    assert!(notes.is_empty(), "{notes:#?}");
    let machine = root().display().to_string();
    let made_here = places(&sources, |line| line.contains(&machine));
    assert!(made_here.is_empty(), "{made_here:#?}");

    // Lock files name packages and digests; where to fetch them is everybody's own setting.
    let locks = texts(|file| file.ends_with("package-lock.json"));
    let resolved = places(&locks, |line| line.trim_start().starts_with("\"resolved\"") && line.contains("://"));
    assert!(resolved.is_empty(), "{resolved:#?}");
    let cargo = texts(|file| file == "Cargo.lock");
    let index = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
    let others = places(&cargo, |line| line.starts_with("source = ") && line != index);
    assert!(others.is_empty(), "{others:#?}");
    let settings = texts(|file| file.ends_with(".npmrc") || file.ends_with("config.toml"));
    let mirrors = places(&settings, |line| line.contains("://"));
    assert!(mirrors.is_empty(), "{mirrors:#?}");
}

/// Whether a line holds a word, not as a part of another.
fn word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        ![before, after].into_iter().flatten().any(|c| c.is_alphanumeric() || c == '_')
    })
}

#[test]
fn no_test_waits_for_a_while() {
    let ends = [".rs", ".ts", ".mjs", ".svelte"];
    let tests = texts(|file| file != "tests/tidy.rs" && file.contains("test") && ends.iter().any(|end| file.ends_with(end)));
    let sleeps = places(&tests, |line| line.contains("thread::sleep") || line.contains("time::sleep("));
    assert!(sleeps.is_empty(), "{sleeps:#?}");
}

#[test]
fn every_file_can_be_read_in_a_sitting() {
    let written = |file: &str| {
        [".rs", ".ts", ".svelte", ".mjs", ".css", ".md", ".sh"]
            .iter()
            .any(|end| file.ends_with(end))
            || file == "dev"
    };
    let generated = |file: &str| file.starts_with("ui/bindings/") || file.starts_with("gen/");
    for (file, text) in texts(|file| written(file) && !generated(file)) {
        let lines = text.lines().count();
        let most = if EXCEPTIONS.contains(&file.as_str()) { LONGEST } else { LONG };
        assert!(
            lines <= most,
            "{file} has {lines} lines; split it by subject, or name it among the exceptions"
        );
    }
}
