//! Configuration files: wrong ones are refused with a place and a hint, right ones are applied once.

use crate::exit;
use acceptance::{Request, Start, finish, tree};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn write(dir: &Path, text: &str) -> PathBuf {
    let path = dir.join("people.toml");
    std::fs::write(&path, text).unwrap();
    path
}

const WRONG: [(&str, &str, &[&str]); 8] = [
    ("[provider\n", ":1:", &[]),
    ("a = \n", ":1:", &[]),
    (
        "[provider]\n\n  sessionTTL = 60\n",
        ":3:3: provider.sessionTTL: ",
        &["Did you mean sessionTtl?"],
    ),
    ("[[application]]\nid = \"a\"\n", ":1:", &["Did you mean applications?"]),
    ("[[users]]\nusername = \"ada\"\n[[users]]\nusername = \"ada\"\n", ":4:", &["ada"]),
    (
        "[[applications]]\nid = \"shop\"\nname = \"A\"\ntype = \"SPA\"\n[[applications]]\nid = \"shop\"\nname = \"B\"\ntype = \"SPA\"\n",
        ":6:",
        &["shop"],
    ),
    (
        "[[applications]]\nid = \"a\"\nname = \"A\"\ntype = \"Spa\"\n",
        ":4:8: applications.0.type: ",
        &["SPA"],
    ),
    ("[provider]\nsessionTtl = \"long\"\n", ":2:", &["provider.sessionTtl"]),
];

#[test]
fn a_wrong_file_is_refused_with_its_place() {
    let dir = TempDir::new().unwrap();
    for (text, place, hints) in WRONG {
        let path = write(dir.path(), text);
        let data = dir.path().join("data");
        for start in [
            Start::new(&["check", "--config"]).arg(&path),
            Start::serve(&data).arg("--config").arg(&path),
            Start::new(&["serve", "--port", "0", "--ephemeral", "--config"]).arg(&path),
        ] {
            let (code, stdout, stderr) = finish(&start.output());
            assert_eq!((code, stdout.as_str()), (exit::USAGE, ""), "{text}: {stderr}");
            let wanted = format!("{}{place}", path.display());
            assert!(stderr.lines().any(|line| line.starts_with(&wanted)), "{wanted} is not in: {stderr}");
            for hint in hints {
                assert!(stderr.contains(hint), "{hint}: {stderr}");
            }
            assert!(stderr.contains("Nothing was changed."), "{stderr}");
        }
        assert!(!data.exists(), "a wrong file must not create data");
    }
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let dir = TempDir::new().unwrap();
    let path = write(
        dir.path(),
        "[provider]\nsessionTTL = 1\ndialekt = \"logto\"\n[[users]]\nusernam = \"x\"\n",
    );
    let (code, _, stderr) = finish(&Start::new(&["check", "--config"]).arg(&path).output());
    assert_eq!(code, exit::USAGE);
    for (line, hint) in [
        (":2:", "Did you mean sessionTtl?"),
        (":3:", "Did you mean dialect?"),
        (":5:", "Did you mean username?"),
    ] {
        assert!(
            stderr.lines().any(|l| l.contains(line) && l.contains(hint)),
            "{line} {hint}: {stderr}"
        );
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    for start in [
        &["check", "--config", "/nowhere/x.toml"][..],
        &["serve", "--port", "0", "--ephemeral", "--config", "/nowhere/x.toml"],
    ] {
        let (code, stdout, stderr) = finish(&Start::new(start).output());
        assert_eq!((code, stdout.as_str()), (exit::USAGE, ""));
        assert!(stderr.contains("/nowhere/x.toml"), "{stderr}");
    }
}

#[test]
fn check_says_what_a_right_file_holds_and_touches_nothing() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    for name in ["full.toml", "protocol.toml"] {
        let (code, stdout, stderr) = finish(&Start::new(&["check", "--config"]).arg(fixtures.join(name)).output());
        assert_eq!((code, stderr.as_str()), (exit::STOPPED, ""), "{name}");
        assert!(stdout.contains("in order"), "{stdout}");
    }
}

#[test]
fn applying_a_file_again_changes_and_hashes_nothing() {
    let dir = TempDir::new().unwrap();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/protocol.toml");
    let data = dir.path().join("data");
    let start = || Start::serve(&data).arg("--config").arg(&fixture).ready();
    let kid = |origin: acceptance::Origin| origin.send(&Request::get("/oidc/jwks")).json()["keys"][0]["kid"].clone();
    let first = start();
    let key = kid(first.origin);
    let first = first.end("TERM");
    assert!(
        first.stderr.contains("hashing the passwords of the configuration"),
        "{}",
        first.stderr
    );
    assert!(first.stderr.contains("0 updated, 0 unchanged"), "{}", first.stderr);
    assert!(
        !first.stderr.contains("Demo data"),
        "a configuration is instead of the demo data: {}",
        first.stderr
    );

    let second = start();
    assert_eq!(kid(second.origin), key);
    // The password that the first start hashed still opens the door.
    let app = acceptance::App::new(second.origin, "spa", "https://spa.example.test/callback", None);
    let tokens = second.browser().sign_in(&app, &[]).tokens();
    assert_eq!(app.userinfo(tokens["access_token"].as_str().unwrap()).json()["sub"], "alice0000001");
    let second = second.end("TERM");
    assert!(second.stderr.contains("0 created, 0 updated"), "{}", second.stderr);
    assert!(!second.stderr.contains("hashing the passwords"), "{}", second.stderr);
}

#[test]
fn a_file_that_does_not_fit_what_is_stored_changes_nothing() {
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("data");
    crate::used(&data);
    let before = tree::snapshot(&data);
    // An application can't become one of another kind.
    let path = write(
        dir.path(),
        "[[applications]]\nid = \"admin-spa\"\nname = \"X\"\ntype = \"Traditional\"\n[provider]\nsessionTtl = 77\n",
    );
    let (code, stdout, stderr) = finish(&Start::serve(&data).arg("--config").arg(&path).output());
    assert_eq!((code, stdout.as_str()), (exit::USAGE, ""), "{stderr}");
    assert!(stderr.contains("people.toml:4:8: applications.0.type: "), "{stderr}");
    // The database was looked at; what lies beside it is as it was.
    let beside = |all: std::collections::BTreeMap<String, String>| {
        all.into_iter().filter(|(name, _)| !name.starts_with("store")).collect::<Vec<_>>()
    };
    assert_eq!(beside(before), beside(tree::snapshot(&data)));
    // And the next start finds what was there.
    let process = Start::plain(&data).ready();
    assert_eq!(
        process.browser().open(&crate::admin_spa(process.origin), &[]).location(),
        "/sign-in?app_id=admin-spa"
    );
}
