//! `vestibule serve`, `vestibule check` and `vestibule ctl`: the engine without a display.

use crate::cli::{Cli, Command, ServeArgs, exit, init_logging, report_errors, run_check, run_ctl};
use crate::engine::{DataPlace, Engine, ListenError, Options, StartError};
use std::io::Write as _;
use std::sync::Arc;

/// Runs the command line without a window; answers the exit code.
#[must_use]
pub fn run(cli: &Cli) -> u8 {
    match &cli.command {
        Some(Command::Check(check)) => run_check(&check.config),
        Some(Command::Ctl(ctl)) => run_ctl(ctl),
        Some(Command::Serve(serve)) => serve_until_stopped(serve),
        None => serve_until_stopped(&cli.serve),
    }
}

/// The options that serve arguments ask for.
///
/// # Errors
/// [`StartError::NoPlace`] when there is no place for data, [`StartError::Arguments`] when there is none for the control
/// interface's token.
pub fn options(serve: &ServeArgs, keychain: bool) -> Result<Options, StartError> {
    Ok(Options {
        port: serve.port(),
        hosts: serve.addresses(),
        data: serve
            .data_dir()
            .map_err(StartError::NoPlace)?
            .map_or(DataPlace::Ephemeral, DataPlace::Directory),
        config: serve.config.clone(),
        endpoint: serve.endpoint.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned()),
        keychain,
        control: serve.control_file().map_err(StartError::Arguments)?,
    })
}

/// Says something on standard error; when the terminal is gone there is nobody to tell.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Serves until SIGINT or SIGTERM; answers the exit code.
#[must_use]
pub fn serve_until_stopped(serve: &ServeArgs) -> u8 {
    if let Err(error) = init_logging(serve.log) {
        say(&error);
        return exit::USAGE;
    }
    let options = match options(serve, false) {
        Ok(options) => options,
        Err(error) => {
            report(&error);
            return error.exit_code();
        }
    };
    if let Some(warning) = serve.exposure_warning() {
        say(&warning);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            say(&format!("The program could not start its threads: {error}."));
            return exit::DATA_DIR;
        }
    };
    runtime.block_on(async move {
        let port = options.port;
        let engine = match Engine::open(options).await {
            Ok(engine) => engine,
            Err(error) => {
                report(&error);
                return error.exit_code();
            }
        };
        if let Err(error) = engine.listen(port).await {
            say(&error.to_string());
            engine.shutdown().await;
            return match error {
                ListenError::PortTaken { .. } => exit::PORT_TAKEN,
                ListenError::Address { .. } => exit::USAGE,
            };
        }
        // Listened for before anybody is told that all is ready: a signal right after that must not kill.
        let stop = StopSignal::listen();
        announce(&engine);
        stop.received().await;
        engine.shutdown().await;
        exit::STOPPED
    })
}

/// Writes a start error; configuration faults one a line.
pub fn report(error: &StartError) {
    match error {
        StartError::Config(errors) => report_errors(errors, &mut std::io::stderr().lock()),
        other => say(&other.to_string()),
    }
}

/// The one JSON line on standard output, and what a person should know on standard error.
fn announce(engine: &Arc<Engine>) {
    let site = engine.site();
    if let Some(notice) = engine.custody_notice() {
        say(&notice);
    }
    if engine.has_just_seeded() {
        say(&crate::seed::welcome());
    }
    say(&format!("Serving {}. Try it: {}/demo-app", site.issuer, site.endpoint));
    if let Some(address) = engine.console_address() {
        say(&format!("The console, once and within ten minutes: {}", address.url));
    }
    let mut line = serde_json::json!({ "issuer": site.issuer, "endpoint": site.endpoint, "port": site.port, "pid": std::process::id() });
    if let Some(control) = &engine.control {
        line["control"] = serde_json::json!({ "endpoint": format!("{}/control", site.endpoint), "tokenFile": control.file });
    }
    let mut out = std::io::stdout().lock();
    // A closed pipe must not end the provider.
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}

/// SIGINT and SIGTERM, from the moment on at which they are listened for.
#[cfg(unix)]
struct StopSignal(Vec<tokio::signal::unix::Signal>);

#[cfg(unix)]
impl StopSignal {
    fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [SignalKind::terminate(), SignalKind::interrupt()];
        Self(kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect())
    }

    async fn received(mut self) {
        match self.0.as_mut_slice() {
            [first, second] => {
                tokio::select! {
                    _ = first.recv() => {}
                    _ = second.recv() => {}
                }
            }
            _ => {
                let _ = tokio::signal::ctrl_c().await;
            }
        }
    }
}

/// Ctrl-C.
#[cfg(not(unix))]
struct StopSignal;

#[cfg(not(unix))]
impl StopSignal {
    fn listen() -> Self {
        Self
    }

    async fn received(self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
