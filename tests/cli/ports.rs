//! A port that somebody else has.

use crate::exit;
use acceptance::{Start, finish};
use std::net::TcpListener;
use tempfile::TempDir;

#[test]
fn a_taken_port_is_named_with_its_owner_and_a_free_one() {
    let dir = TempDir::new().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let data = dir.path().join("data");
    let start = Start::new(&["serve", "--port", &port.to_string(), "--data-dir"]).arg(&data);
    let (code, stdout, stderr) = finish(&start.output());
    assert_eq!((code, stdout.as_str()), (exit::PORT_TAKEN, ""), "{stderr}");
    let line = stderr
        .lines()
        .find(|l| l.contains(&format!("port {port} is taken")))
        .unwrap_or_else(|| panic!("{stderr}"));
    if cfg!(target_os = "linux") {
        assert!(line.contains(&format!("(pid {})", std::process::id())), "{line}");
    }
    let free: u16 = line
        .split("port ")
        .filter_map(|rest| rest.split(' ').next().and_then(|n| n.parse().ok()))
        .find(|found| *found != port)
        .unwrap_or_else(|| panic!("no free port in {line}"));
    assert!(TcpListener::bind(("127.0.0.1", free)).is_ok(), "port {free} is not free");
    drop(listener);
    // The data that was set up by then is in order.
    crate::used(&data);
}

#[test]
fn a_second_provider_on_the_same_port_is_told_about_the_first() {
    let first = Start::new(&["serve", "--port", "0", "--ephemeral"]).ready();
    let port = first.origin.port.to_string();
    let (code, _, stderr) = finish(&Start::new(&["serve", "--ephemeral", "--port", &port]).output());
    assert_eq!(code, exit::PORT_TAKEN);
    if cfg!(target_os = "linux") {
        assert!(stderr.contains(&format!("(pid {})", first.id())), "{stderr}");
    }
}
