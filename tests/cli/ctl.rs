//! `ctl`: finds the running program by its data directory, speaks JSON on standard output and plain words on standard error.

use crate::exit;
use acceptance::{Start, binary, finish};
use serde_json::Value;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

const REFUSED: Option<i32> = Some(6);
const NOT_RUNNING: Option<i32> = Some(5);

fn ctl(dir: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let start = Start::new(&["ctl", "--data-dir"]).arg(dir);
    finish(&arguments.iter().fold(start, |start, argument| start.arg(argument)).output())
}

fn asked(dir: &Path, arguments: &[&str]) -> Value {
    let (code, stdout, stderr) = ctl(dir, arguments);
    assert_eq!((code, stderr.as_str()), (exit::STOPPED, ""), "{arguments:?}");
    serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {stdout}"))
}

#[test]
fn the_running_program_is_found_by_its_data_directory() {
    let dir = TempDir::new().unwrap();
    let process = Start::plain(dir.path()).arg("--control").ready();
    for file in ["control.token", "control.token.address"] {
        let meta = std::fs::metadata(dir.path().join(file)).unwrap();
        #[cfg(unix)]
        assert_eq!(
            std::os::unix::fs::PermissionsExt::mode(&meta.permissions()) & 0o777,
            0o600,
            "{file}"
        );
        assert!(meta.is_file());
    }
    let status = asked(dir.path(), &["status"]);
    assert_eq!(status["serving"]["port"], process.origin.port);
    let made = asked(dir.path(), &["applications", "create", r#"{"name":"By ctl","type":"SPA"}"#]);
    let id = made["id"].as_str().unwrap();
    let changed = asked(dir.path(), &["applications", "update", id, r#"{"description":"changed"}"#]);
    assert_eq!((&changed["name"], &changed["description"]), (&"By ctl".into(), &"changed".into()));
    let listed = asked(dir.path(), &["applications", "list", "--search", "by ctl"]);
    assert_eq!(listed[0]["id"], id);
    let called = asked(dir.path(), &["call", r#"{"op":"applications"}"#]);
    assert!(called.as_array().unwrap().iter().any(|app| app["id"] == id));
    assert_eq!(
        ctl(dir.path(), &["applications", "delete", id]),
        (exit::STOPPED, String::new(), String::new())
    );
    let (code, stdout, stderr) = ctl(dir.path(), &["applications", "get", id]);
    assert_eq!((code, stdout.as_str()), (REFUSED, ""));
    assert!(
        stderr.contains("There is no application") && stderr.contains("entity.not_found"),
        "{stderr}"
    );
    let (_, address, _) = ctl(dir.path(), &["open"]);
    assert!(
        address.starts_with(&format!("{}/console/#code=", process.origin.endpoint())),
        "{address}"
    );
    assert_eq!(asked(dir.path(), &["openapi"])["openapi"], "3.1.0");

    let ended = process.end("TERM");
    assert_eq!(ended.status.code(), exit::STOPPED);
    assert!(ended.stderr.contains("/console/#code="), "{}", ended.stderr);
    for file in ["control.token", "control.token.address"] {
        assert!(!dir.path().join(file).exists(), "{file} is worth nothing any more");
    }
    let (code, stdout, stderr) = ctl(dir.path(), &["status"]);
    assert_eq!((code, stdout.as_str()), (NOT_RUNNING, ""));
    assert!(stderr.contains("started without --control"), "{stderr}");
}

#[test]
fn what_a_killed_program_left_behind_is_recognised() {
    let dir = TempDir::new().unwrap();
    let _ = Start::plain(dir.path()).arg("--control").ready().kill();
    assert!(dir.path().join("control.token").exists());
    let (code, _, stderr) = ctl(dir.path(), &["status"]);
    assert_eq!(code, NOT_RUNNING);
    assert!(stderr.contains("Nothing answers at http://127.0.0.1:"), "{stderr}");
}

#[test]
fn without_control_there_is_nothing_to_find() {
    let dir = TempDir::new().unwrap();
    let process = Start::plain(dir.path()).ready();
    let (code, _, stderr) = ctl(dir.path(), &["status"]);
    assert_eq!(code, NOT_RUNNING);
    assert!(stderr.contains("--control"), "{stderr}");
    for path in ["/console/", "/control", "/control/events"] {
        let answer = process.origin.send(&acceptance::Request::get(path));
        assert!(
            !answer.text().contains("stream") && !answer.text().contains("Vestibule console"),
            "{path}"
        );
    }
    let _ = process.end("TERM");
}

#[test]
fn sessions_are_followed_line_by_line_until_the_program_stops() {
    let dir = TempDir::new().unwrap();
    let process = Start::plain(dir.path()).arg("--control").ready();
    let mut following = Command::new(binary())
        .args(["ctl", "--data-dir"])
        .arg(dir.path())
        .args(["events"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(following.stdout.take().unwrap()).lines();
    // It may not follow yet: whatever happens before is not told, so something happens until it is.
    let told = std::thread::spawn(move || (lines.next().map(Result::unwrap), lines));
    while !told.is_finished() {
        let _ = process.origin.send(&acceptance::Request::get("/oidc/auth?client_id=nobody-known"));
    }
    // Its standard output stays open: a closed one would end it before the program does.
    let (told, _open) = told.join().unwrap();
    let batch: Value = serde_json::from_str(&told.unwrap()).unwrap();
    assert_eq!(batch["events"][0]["summary"]["status"], "failed", "{batch}");
    let _ = process.end("TERM");
    let (code, _, stderr) = finish(&following.wait_with_output().unwrap());
    assert_eq!(code, NOT_RUNNING, "{stderr}");
    assert!(stderr.contains("has stopped") || stderr.contains("call failed"), "{stderr}");
}
