//! The three commands through which the window reaches the program. `permissions/console.toml` lists the same three.

use crate::tray;
use std::sync::{Arc, Mutex, PoisonError};
use tauri::ipc::Channel;
use tauri::{AppHandle, Manager, State, Url};
use tokio::task::AbortHandle;
use vestibule_core::console::{ConsoleProblem, ConsoleReply, ConsoleRequest};
use vestibule_core::live::LiveBatch;
use vestibule_server::Engine;

/// The one task that carries the live stream to the window.
///
/// A reloaded page leaves its channel behind without any error, so the task can't tell by itself that nobody listens.
/// Whoever starts a new one, or sees the page go, ends the old one here.
#[derive(Default)]
pub(crate) struct Follower(Mutex<Option<AbortHandle>>);

impl Follower {
    /// Ends the running task, if there is one.
    pub(crate) fn stop(&self) {
        self.replace(None);
    }

    fn replace(&self, next: Option<AbortHandle>) {
        let previous = std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), next);
        if let Some(previous) = previous {
            previous.abort();
        }
    }
}

/// Carries a request of the console contract to the engine.
#[tauri::command]
pub(crate) async fn console(
    app: AppHandle,
    engine: State<'_, Arc<Engine>>,
    request: serde_json::Value,
) -> Result<ConsoleReply, ConsoleProblem> {
    let request = serde_json::from_value::<ConsoleRequest>(request).map_err(|error| {
        problem(
            "console.unknown_request",
            format!("The window asked for something this version does not know ({error}). Restart Vestibule."),
        )
    })?;
    let reply = engine.console(request).await?;
    // `UsePort` and the window's own look at the status both tell whether the provider answers: the tray says the same.
    if let ConsoleReply::Status(status) = &reply {
        tray::say(&app, &status.serving);
    }
    Ok(reply)
}

/// Follows the live stream until the window goes away, reloads or follows anew.
#[tauri::command]
pub(crate) async fn watch(app: AppHandle, engine: State<'_, Arc<Engine>>, channel: Channel<LiveBatch>) -> Result<(), ConsoleProblem> {
    let mut live = engine.watch();
    let task = tauri::async_runtime::spawn(async move {
        while let Some(batch) = live.next().await {
            if channel.send(batch).is_err() {
                break;
            }
        }
    });
    app.state::<Follower>().replace(Some(task.inner().abort_handle()));
    Ok(())
}

/// Opens an address in the person's own browser. Only web addresses: everything else could start a program.
#[tauri::command]
pub(crate) async fn open_external(url: String) -> Result<(), ConsoleProblem> {
    let url = web_address(&url)?;
    let shown = url.to_string();
    // Asks the desktop which program that is, which reads files and may start a helper.
    tauri::async_runtime::spawn_blocking(move || tauri_plugin_opener::open_url(url, None::<&str>))
        .await
        .map_err(|error| error.to_string())
        .and_then(|opened| opened.map_err(|error| error.to_string()))
        .map_err(|error| {
            problem(
                "console.no_browser",
                format!("No browser could be started ({error}). Open this address yourself: {shown}"),
            )
        })
}

/// Accepts `http` and `https` addresses that name a host.
fn web_address(text: &str) -> Result<Url, ConsoleProblem> {
    let url = Url::parse(text).map_err(|error| problem("console.not_an_address", format!("“{text}” is not an address: {error}.")))?;
    if matches!(url.scheme(), "http" | "https") {
        return Ok(url);
    }
    Err(problem(
        "console.not_a_web_address",
        format!(
            "Only http and https addresses are opened, and this one starts with “{}:”.",
            url.scheme()
        ),
    ))
}

fn problem(code: &str, message: String) -> ConsoleProblem {
    ConsoleProblem {
        code: code.to_owned(),
        message,
        field: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_addresses_pass_unchanged() {
        for address in [
            "http://localhost:3001/oidc/auth?client_id=a%20b&scope=openid",
            "https://app.example/cb#x",
        ] {
            assert_eq!(web_address(address).unwrap().as_str(), address);
        }
    }

    #[test]
    fn anything_that_could_start_a_program_is_refused() {
        for address in [
            "file:///etc/passwd",
            "javascript:alert(1)",
            "mailto:a@example.com",
            "vscode://open",
            "data:text/html,x",
        ] {
            assert_eq!(web_address(address).unwrap_err().code, "console.not_a_web_address", "{address}");
        }
        for address in ["", "localhost", "http://", "/etc/passwd"] {
            assert_eq!(web_address(address).unwrap_err().code, "console.not_an_address", "{address}");
        }
    }
}
