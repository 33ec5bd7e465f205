//! The desktop shell: one window around the provider. The only part of Vestibule that knows Tauri.
//!
//! `vestibule` opens the window, with a link at what it names; `vestibule serve` and `vestibule check` are the headless binary's commands, in the
//! same program. Whatever the window asks is answered by the engine: nothing is decided here.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod app;
mod bridge;
mod browsers;
mod clipboard;
mod desktop;
mod display;
mod failure;
mod files;
mod link;
mod login;
mod notification;
mod tray;
mod waiting;
mod window;

use std::io::Write as _;
use std::process::ExitCode;
use vestibule_server::cli::{Cli, ServeArgs, exit, init_logging};
use vestibule_server::headless;

/// Runs the program as its command line says; answers the exit code (`vestibule_server::cli::exit` lists them).
///
/// Call it first thing in `main`: it may start the program again in the same process before any thread runs.
#[must_use]
pub fn run() -> ExitCode {
    let (link, arguments) = link::take(std::env::args_os());
    let cli = match Cli::parse_args(arguments) {
        Ok(cli) => cli,
        Err(code) => return ExitCode::from(code),
    };
    if cli.command.is_some() {
        return ExitCode::from(headless::run(&cli));
    }
    let renderer = display::settle_renderer();
    if !display::available() {
        say("There is no display here, so Vestibule serves without its window. `vestibule serve` does the same anywhere.");
        return ExitCode::from(headless::serve_until_stopped(&cli.serve));
    }
    if let Err(error) = init_logging(cli.serve.log) {
        say(&error);
        return ExitCode::from(exit::USAGE);
    }
    if let Err(error) = renderer {
        tracing::warn!(%error, "could not start again with WEBKIT_DISABLE_DMABUF_RENDERER=1; if the window stays white, set it yourself");
    }
    open(&cli.serve, cli.hidden, link)
}

/// Opens the window on what the arguments describe.
fn open(serve: &ServeArgs, hidden: bool, link: Option<String>) -> ExitCode {
    // A person sits at this computer: their keychain can be asked.
    let options = match headless::options(serve, true) {
        Ok(options) => options,
        Err(error) => {
            headless::report(&error);
            return ExitCode::from(error.exit_code());
        }
    };
    if let Some(warning) = serve.exposure_warning() {
        say(&warning);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            say(&format!("The program could not start its threads: {error}."));
            return ExitCode::FAILURE;
        }
    };
    let usual_folder = serve.data_dir.is_none() && !serve.ephemeral;
    app::run(runtime.handle(), app::Start { options, hidden, link }, usual_folder)
}

/// Says something on standard error; without a terminal there is nobody to tell.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
