//! The desktop program's life: one instance, one engine, one window; what closing means; how it stops.

use crate::bridge::{self, Page};
use crate::desktop::{self, Choices};
use crate::failure::{self, Failure};
use crate::waiting::{self, Board};
use crate::window::Unasked;
use crate::{browsers, files, link, notification, tray, window};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tauri::async_runtime::block_on;
use tauri::{AppHandle, Builder, Manager, RunEvent, Window, WindowEvent};
use tokio::runtime::Handle;
use vestibule_server::cli::exit;
use vestibule_server::{DataPlace, Engine, ListenError, Options};

/// How the program was started.
pub(crate) struct Start {
    /// What the engine opens.
    pub(crate) options: Options,
    /// Stay in the tray until somebody asks for the window.
    pub(crate) hidden: bool,
    /// A link that was clicked.
    pub(crate) link: Option<String>,
}

/// Runs the desktop program until it is told to quit, on a runtime that the provider and the window share.
///
/// `alone` says that the data is the person's usual folder: a second start then brings the first window to the front.
/// Other folders may each have a window of their own, and their lock keeps two programs out of one.
#[must_use]
pub(crate) fn run(runtime: &Handle, start: Start, alone: bool) -> ExitCode {
    tauri::async_runtime::set(runtime.clone());
    let mut builder = Builder::default();
    if alone {
        // First of all plugins, so that nothing has been opened yet when this turns out to be the second start.
        builder = builder.plugin(tauri_plugin_single_instance::init(|app, arguments, _| {
            started_again(app, arguments)
        }));
    }
    let built = builder
        .plugin(
            tauri_plugin_window_state::Builder::new()
                .with_state_flags(window::REMEMBERED)
                .with_denylist(&[failure::LABEL])
                .build(),
        )
        .register_uri_scheme_protocol(failure::SCHEME, failure::serve)
        .manage(Page::default())
        .manage(Board::default())
        .manage(Unasked(AtomicBool::new(start.hidden)))
        .invoke_handler(tauri::generate_handler![
            bridge::console,
            bridge::watch,
            bridge::watch_desktop,
            browsers::browsers,
            browsers::open_external,
            desktop::desktop,
            desktop::change_desktop,
            files::save_file
        ])
        .on_window_event(on_window_event)
        .setup(move |app| {
            let app = app.handle();
            stop_on_signal(app.clone());
            // An error returned from here would be a panic in Tauri, so every outcome is dealt with on the spot.
            if let Err(failure) = open(app, start, alone) {
                crate::say(&failure.message);
                fail(app, failure);
            }
            Ok(())
        })
        .build(tauri::generate_context!());
    match built {
        Ok(app) => {
            let handle = app.handle().clone();
            let code = app.run_return(on_run_event);
            let code = handle
                .try_state::<Failure>()
                .map_or_else(|| u8::try_from(code).unwrap_or(1), |failure| failure.code);
            ExitCode::from(code)
        }
        Err(error) => {
            crate::say(&format!(
                "The window could not be prepared: {error}. `vestibule serve` runs without one."
            ));
            ExitCode::FAILURE
        }
    }
}

/// Opens the engine, then the window and the tray on top of it.
fn open(app: &AppHandle, start: Start, usual: bool) -> Result<(), Failure> {
    let options = start.options;
    let private = matches!(options.data, DataPlace::Ephemeral);
    app.manage(Choices::remembered(app, private, usual));
    let port = options.port;
    let engine = block_on(Engine::open(options)).map_err(|error| Failure {
        message: error.to_string(),
        code: error.exit_code(),
    })?;
    app.manage(Arc::clone(&engine));
    match block_on(engine.listen(port)) {
        Ok(()) => {}
        // No reason to stop: the window says who has the port and offers another.
        Err(error @ ListenError::PortTaken { .. }) => tracing::warn!("{error}"),
        Err(error @ ListenError::Address { .. }) => {
            return Err(Failure {
                message: error.to_string(),
                code: exit::USAGE,
            });
        }
    }
    window::open(app, private).map_err(|error| Failure {
        message: format!("The window could not be opened: {error}. `vestibule serve` runs without one."),
        code: 1,
    })?;
    notification::follow(app, &engine);
    waiting::follow(app);
    bridge::follow(app, &engine);
    tray::offer(app, engine);
    if let Some(link) = start.link {
        link::follow(app, &link);
    }
    Ok(())
}

/// Another start found this program running: it shows what was asked for, and ends.
fn started_again(app: &AppHandle, arguments: Vec<String>) {
    match link::take(arguments) {
        (Some(link), _) => link::follow(app, &link),
        // A login opens the program once more than the person did.
        (None, rest) if rest.iter().any(|argument| argument == "--hidden") => {}
        (None, _) => window::show(app),
    }
}

/// Shows why the program can't start, or ends it at once where even that window is refused.
fn fail(app: &AppHandle, failure: Failure) {
    let code = i32::from(failure.code);
    if let Err(error) = failure::open(app, failure) {
        tracing::warn!(%error, "the message could not be shown in a window");
        app.exit(code);
    }
}

/// Closing the window leaves the provider serving when the person wants that and has a tray to come back from.
fn on_window_event(window: &Window, event: &WindowEvent) {
    let WindowEvent::CloseRequested { api, .. } = event else { return };
    let app = window.app_handle();
    let stays = window.label() == window::LABEL
        && tray::exists(app)
        && app
            .try_state::<Arc<Engine>>()
            .is_some_and(|engine| engine.settings().keep_serving_when_closed);
    if stays {
        match window.hide() {
            Ok(()) => api.prevent_close(),
            Err(error) => tracing::warn!(%error, "the window could not be hidden, so it closes"),
        }
    }
}

fn on_run_event(app: &AppHandle, event: RunEvent) {
    match event {
        // The last thing that every way of quitting comes through, Cmd+Q included, which never returns to `run`.
        RunEvent::Exit => {
            app.state::<Page>().left();
            if let Some(engine) = app.try_state::<Arc<Engine>>() {
                block_on(engine.shutdown());
            }
        }
        #[cfg(target_os = "macos")]
        RunEvent::Reopen { .. } => window::show(app),
        // Links come this way there, and not as arguments.
        #[cfg(target_os = "macos")]
        RunEvent::Opened { urls } => {
            if let Some(url) = urls.first() {
                link::follow(app, url.as_str());
            }
        }
        _ => {}
    }
}

/// Quits in good order when the system or a terminal asks for it.
fn stop_on_signal(app: AppHandle) {
    tauri::async_runtime::spawn(async move {
        match asked_to_stop().await {
            Ok(()) => app.exit(0),
            Err(error) => tracing::warn!(%error, "signals can't be received; quit from the window or the tray"),
        }
    });
}

#[cfg(unix)]
async fn asked_to_stop() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        _ = hang_up.recv() => {}
    }
    Ok(())
}

#[cfg(not(unix))]
async fn asked_to_stop() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
