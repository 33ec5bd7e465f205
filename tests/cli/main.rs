//! The binary as a person starts it: what it says where, its exit codes, and what it leaves on disk.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod config;
mod ctl;
mod damage;
mod keys;
mod output;
mod ports;
mod restart;

use acceptance::{App, Origin};
use std::path::Path;

/// Exit codes of the program.
mod exit {
    pub(crate) const STOPPED: Option<i32> = Some(0);
    pub(crate) const USAGE: Option<i32> = Some(2);
    pub(crate) const PORT_TAKEN: Option<i32> = Some(3);
    pub(crate) const DATA_DIR: Option<i32> = Some(4);
}

/// The demo data's single-page application.
fn admin_spa(origin: Origin) -> App {
    App::new(origin, "admin-spa", "http://localhost:5173/callback", None)
}

/// The demo data's server-side application, which always gets refresh tokens.
fn bookstore(origin: Origin) -> App {
    App::new(
        origin,
        "bookstore",
        "http://localhost:3000/callback",
        Some("bookstore-demo-secret-not-for-production"),
    )
}

/// Uses a data directory and closes it in order.
fn used(dir: &Path) {
    let ended = acceptance::Start::plain(dir).ready().end("TERM");
    assert_eq!(ended.status.code(), exit::STOPPED, "{}", ended.stderr);
}
