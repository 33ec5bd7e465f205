use super::*;
use crate::cli::{Cli, Command};
use clap::Parser as _;

fn parsed(line: &[&str]) -> Result<CtlArgs, String> {
    match Cli::try_parse_from(["vestibule", "ctl"].iter().chain(line))
        .map_err(|error| error.to_string())?
        .command
    {
        Some(Command::Ctl(args)) => Ok(args),
        other => Err(format!("{other:?}")),
    }
}

fn sent(line: &[&str]) -> (String, Option<String>) {
    let order = order(&parsed(line).unwrap().command).unwrap().unwrap();
    let body = order.body.map(|body| String::from_utf8(body).unwrap());
    (format!("{} {}", order.method, order.path), body)
}

#[test]
fn a_command_is_one_request() {
    for (line, expected) in [
        (&["status"][..], "GET /control/api/status"),
        (&["sessions"], "GET /control/api/sessions?page=1&page_size=20"),
        (
            &["sessions", "--filter", "app:shop !status:done", "--page", "2"],
            "GET /control/api/sessions?filter=app%3Ashop+%21status%3Adone&page=2&page_size=20",
        ),
        (&["session", "lv/1 2"], "GET /control/api/sessions/lv%2F1%202"),
        (&["applications", "list"], "GET /control/api/applications"),
        (
            &["users", "list", "--search", "ä b", "--page-size", "5"],
            "GET /control/api/users?search=%C3%A4+b&page_size=5",
        ),
        (&["connectors", "get", "google1"], "GET /control/api/connectors/google1"),
        (
            &["sso-connectors", "delete", "acme00000000"],
            "DELETE /control/api/sso-connectors/acme00000000",
        ),
        (&["inbox"], "GET /control/api/inbox?limit=100"),
        (&["inbox", "--clear"], "DELETE /control/api/inbox"),
        (&["open"], "POST /control/codes"),
        (&["openapi"], "GET /control/openapi.json"),
        (&["get", "/settings"], "GET /control/api/settings"),
        (&["get", "users?page=2"], "GET /control/api/users?page=2"),
        (&["get", "/control/inbox"], "GET /control/inbox"),
        (&["delete", "/sessions"], "DELETE /control/api/sessions"),
        (&["post", "/connectors/g/sign-in"], "POST /control/api/connectors/g/sign-in"),
    ] {
        assert_eq!(sent(line), (expected.to_owned(), None), "{line:?}");
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "{\"name\":\"B\"}").unwrap();
    let from_file = format!("@{}", file.path().display());
    for (line, expected, body) in [
        (
            &["applications", "create", "{\"name\":\"A\"}"][..],
            "POST /control/api/applications",
            "{\"name\":\"A\"}",
        ),
        (
            &["users", "update", "a1", &from_file],
            "PATCH /control/api/users/a1",
            "{\"name\":\"B\"}",
        ),
        (&["put", "/custom-ui", "{}"], "PUT /control/api/custom-ui", "{}"),
        (&["call", "{\"op\":\"status\"}"], "POST /control", "{\"op\":\"status\"}"),
    ] {
        assert_eq!(sent(line), (expected.to_owned(), Some(body.to_owned())), "{line:?}");
    }
    for follows in [&["events"][..], &["sessions", "--follow"]] {
        assert_eq!(order(&parsed(follows).unwrap().command).unwrap(), None);
    }
}

#[test]
fn bad_usage_is_refused() {
    for (line, part) in [
        (&[][..], "Usage"),
        (&["applications"], "Usage"),
        (&["applications", "update", "a"], "<BODY>"),
        (&["sessions", "--follow", "--page", "2"], "cannot be used with"),
        (&["--data-dir", "/d", "--token-file", "f", "status"], "cannot be used with"),
        (&["frobnicate"], "frobnicate"),
    ] {
        let why = parsed(line).unwrap_err();
        assert!(why.contains(part), "{line:?}: {why}");
    }
    for (body, part) in [("{name:1}", "no JSON"), ("@/does/not/exist", "could not be read")] {
        let Stop(code, why) = order(&parsed(&["applications", "create", body]).unwrap().command).unwrap_err();
        assert_eq!(code, exit::USAGE);
        assert!(why.contains(part), "{why}");
    }
}

#[test]
fn a_refusal_is_one_sentence() {
    let body = serde_json::json!({ "code": "guard.invalid_input", "message": "name is missing.", "field": "name" });
    assert_eq!(refused(400, &body), "name: name is missing. (guard.invalid_input)");
    let body = serde_json::json!({ "code": "entity.not_found", "message": "There is no person x." });
    assert_eq!(refused(404, &body), "There is no person x. (entity.not_found)");
    assert_eq!(refused(502, &Value::Null), "Refused with status 502.");
}

#[test]
fn where_nothing_runs_is_said() {
    let dir = tempfile::TempDir::new().unwrap();
    let place = dir.path().display().to_string();
    let stop = |dir: &str| parsed(&["--data-dir", dir, "status"]).unwrap().client().err().unwrap();
    let Stop(code, why) = stop(&place);
    assert_eq!(code, exit::NOT_RUNNING);
    assert!(why.contains("started without --control"), "{why}");
    // The token is written before the program listens.
    std::fs::write(dir.path().join(CONTROL_TOKEN), "token").unwrap();
    assert!(stop(&place).1.contains("control.token.address"));
    std::fs::write(dir.path().join("control.token.address"), "http://127.0.0.1:9").unwrap();
    assert!(parsed(&["--data-dir", &place, "status"]).unwrap().client().is_ok());
}
