//! Standard output carries one JSON line for programs; everything for people goes to standard error.

use crate::exit;
use acceptance::{Request, Start, binary, finish};
use tempfile::TempDir;

#[test]
fn the_ready_line_is_all_there_is_on_standard_output() {
    let process = Start::new(&["serve", "--port", "0", "--ephemeral"]).ready();
    let (port, endpoint) = (process.origin.port, process.origin.endpoint());
    assert_eq!(
        process.ready,
        serde_json::json!({ "issuer": format!("{endpoint}/oidc"), "endpoint": endpoint, "port": port, "pid": process.id() })
    );
    assert_ne!(port, 0);
    // It is true: the issuer is served, on both families of loopback where there are two.
    let document = process
        .origin
        .send(&Request::get("/oidc/.well-known/openid-configuration"))
        .expect(200)
        .json();
    assert_eq!(document["issuer"], process.ready["issuer"]);
    assert_eq!(process.origin.send(&Request::get("/nothing-here")).status, 404);
    let ended = process.end("TERM");
    assert_eq!(ended.status.code(), exit::STOPPED);
    assert!(ended.stdout.is_empty(), "{:?}", ended.stdout);
    assert!(!ended.stderr.contains('\u{1b}'), "colours are for terminals: {:?}", ended.stderr);
    for words in ["Demo data is set up", "knock-knock-come-in", "alice", "/demo-app"] {
        assert!(ended.stderr.contains(words), "{words}: {}", ended.stderr);
    }
}

#[test]
fn without_a_command_it_serves_too() {
    let process = Start::new(&["--port", "0", "--ephemeral"]).ready();
    assert_eq!(process.origin.send(&Request::get("/api/status")).status, 204);
    assert_eq!(process.end("INT").status.code(), exit::STOPPED);
}

#[test]
fn logs_go_to_standard_error_in_the_shape_that_was_asked_for() {
    let dir = TempDir::new().unwrap();
    let config = dir.path().join("vestibule.toml");
    std::fs::write(&config, "[provider]\nsessionTtl = 60\n").unwrap();
    let start = || Start::new(&["serve", "--port", "0", "--ephemeral", "--config"]).arg(&config);
    let ended = start().arg("--log").arg("json").ready().end("TERM");
    let line = ended
        .stderr
        .lines()
        .find(|l| l.contains("configuration applied"))
        .unwrap_or_else(|| panic!("{}", ended.stderr));
    let event: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!(event["fields"]["summary"], "1 created, 0 updated, 0 unchanged");
    let ended = start().env("VESTIBULE_LOG", "error").ready().end("TERM");
    assert!(!ended.stderr.contains("configuration applied"), "{}", ended.stderr);
    let (code, stdout, stderr) = finish(&start().env("VESTIBULE_LOG", "vestibule=loud").output());
    assert_eq!((code, stdout.as_str()), (exit::USAGE, ""));
    assert!(stderr.contains("VESTIBULE_LOG"), "{stderr}");
}

#[test]
fn help_and_version_are_answers_and_bad_usage_is_an_error() {
    for arguments in [&["--help"][..], &["serve", "--help"], &["check", "--help"], &["--version"]] {
        let (code, stdout, stderr) = finish(&Start::new(arguments).output());
        assert_eq!((code, stderr.as_str()), (exit::STOPPED, ""), "{arguments:?}");
        assert!(!stdout.is_empty());
    }
    let (_, stdout, _) = finish(&Start::new(&["--help"]).output());
    assert!(stdout.contains("3 port taken") && stdout.contains("VESTIBULE_LOG"), "{stdout}");
    for arguments in [
        &["--nonsense"][..],
        &["serve", "--port", "70000"],
        &["serve", "--port", "-1"],
        &["serve", "--host", "localhost:3001"],
        &["serve", "--endpoint", "ftp://a.test"],
        &["serve", "--endpoint", "https://a.test/path"],
        &["serve", "--ephemeral", "--data-dir", "/tmp/x"],
        &["check"],
        &["fly"],
        &["serve", "--log", "xml"],
    ] {
        let (code, stdout, stderr) = finish(&Start::new(arguments).output());
        assert_eq!((code, stdout.as_str()), (exit::USAGE, ""), "{arguments:?}");
        assert!(!stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn an_endpoint_of_ones_own_is_in_every_address() {
    let process = Start::new(&["serve", "--port", "0", "--ephemeral", "--endpoint", "https://id.example.test/"]).ready();
    assert_eq!(process.ready["issuer"], "https://id.example.test/oidc");
    let asked = Request::get("/oidc/.well-known/openid-configuration").header("host", "id.example.test");
    assert_eq!(
        process.origin.send(&asked).expect(200).json()["token_endpoint"],
        "https://id.example.test/oidc/token"
    );
    // Behind https, cookies are for https only.
    let app = crate::admin_spa(process.origin);
    let page = process
        .origin
        .send(&Request::get(&app.target(&[])).header("host", "id.example.test"))
        .expect(303);
    let signed: Vec<_> = page
        .all("set-cookie")
        .into_iter()
        .filter(|c| c.starts_with("_interaction"))
        .collect();
    assert!(signed.len() == 4 && signed.iter().all(|c| c.ends_with("; secure")), "{signed:?}");
}

#[test]
fn serving_other_computers_is_said_aloud() {
    let process = Start::new(&["serve", "--port", "0", "--ephemeral", "--host", "0.0.0.0"]).ready();
    let ended = process.end("TERM");
    assert!(ended.stderr.contains("Warning: --host 0.0.0.0"), "{}", ended.stderr);
    let ended = Start::new(&["serve", "--port", "0", "--ephemeral", "--host", "127.0.0.1"])
        .ready()
        .end("TERM");
    assert!(!ended.stderr.contains("Warning"), "{}", ended.stderr);
}

#[test]
fn an_ephemeral_provider_leaves_nothing() {
    let home = TempDir::new().unwrap();
    let path = home.path().to_str().unwrap();
    let process = Start::new(&["serve", "--port", "0", "--ephemeral"])
        .env("HOME", path)
        .env("XDG_DATA_HOME", path)
        .ready();
    let _ = process.browser().open(&crate::admin_spa(process.origin), &[]).expect(303);
    assert_eq!(process.end("TERM").status.code(), exit::STOPPED);
    assert!(acceptance::tree::snapshot(home.path()).is_empty());
    // And one without a directory of its own keeps its data where the system keeps data.
    let process = Start::new(&["serve", "--port", "0"])
        .env("HOME", path)
        .env("XDG_DATA_HOME", path)
        .ready();
    assert_eq!(process.end("TERM").status.code(), exit::STOPPED);
    assert!(
        acceptance::tree::snapshot(home.path())
            .keys()
            .any(|name| name.ends_with("data.key"))
    );
}

#[cfg(target_os = "linux")]
#[test]
fn the_headless_binary_needs_no_window_libraries() {
    let output = std::process::Command::new("ldd")
        .arg(binary())
        .output()
        .expect("ldd, which comes with the C library");
    let (code, stdout, stderr) = finish(&output);
    assert_eq!(code, Some(0), "{stderr}");
    for library in ["webkit", "javascriptcore", "gtk", "gdk", "soup", "libX11", "wayland"] {
        assert!(!stdout.to_lowercase().contains(library), "{library}: {stdout}");
    }
    assert!(stdout.contains("libc."), "{stdout}");
}
