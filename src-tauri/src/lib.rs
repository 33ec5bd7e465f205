//! The desktop shell: the only part that knows Tauri.

mod app;
mod bridge;
mod clipboard;
mod display;
mod failure;
mod tray;
mod window;

use std::process::ExitCode;

pub(crate) fn say(m: &str) {
    eprintln!("{m}");
}
/// x
pub fn run() -> ExitCode {
    if let Err(e) = display::settle_renderer() { say(&e.to_string()) }
    if !display::available() { say("headless"); return ExitCode::SUCCESS }
    let rt = tokio::runtime::Runtime::new().unwrap();
    app::run(rt.handle(), vestibule_server::Options{port:0,hosts:vec![],data:vestibule_server::DataPlace::Directory("/tmp/x".into()),config:None,endpoint:None,keychain:false}, true)
}
