//! The way between the page and the program: how commands are read, the engine's two, and the live stream.
//!
//! `vestibule_core::console::BridgeCommand` declares every command; `permissions/console.toml` grants the same ones.

use crate::{tray, waiting};
use std::sync::{Arc, Mutex, PoisonError};
use tauri::ipc::{Channel, CommandArg, CommandItem, InvokeBody, InvokeError};
use tauri::{AppHandle, Manager, Runtime, State};
use vestibule_core::console::{BridgeCommand, ConsoleCall, ConsoleProblem, ConsoleReply, Watch, WatchDesktop};
use vestibule_server::Engine;

/// The arguments of a command: the whole object that the page sent, read as the type that declares the command.
pub(crate) struct Arguments<C>(pub(crate) C);

/// What a command answers, as its declaration says, or why it does not.
pub(crate) type Answer<C> = Result<<C as BridgeCommand>::Answer, ConsoleProblem>;

/// What a command sends afterwards.
pub(crate) type Events<C> = Channel<<C as BridgeCommand>::Event>;

impl<'de, C: BridgeCommand, R: Runtime> CommandArg<'de, R> for Arguments<C> {
    fn from_command(item: CommandItem<'de, R>) -> Result<Self, InvokeError> {
        read(item.message.payload()).map(Self).map_err(InvokeError::from)
    }
}

fn read<C: BridgeCommand>(payload: &InvokeBody) -> Result<C, ConsoleProblem> {
    let read = match payload {
        InvokeBody::Json(arguments) => C::deserialize(arguments).map_err(|error| error.to_string()),
        InvokeBody::Raw(_) => Err("bytes instead of an object".to_owned()),
    };
    read.map_err(|error| {
        problem(
            "console.unknown_request",
            format!("The window asked for something this version does not know ({error}). Restart Vestibule."),
        )
    })
}

/// A refusal of the program's own.
pub(crate) fn problem(code: &str, message: String) -> ConsoleProblem {
    ConsoleProblem {
        code: code.to_owned(),
        message,
        field: None,
    }
}

/// Runs what may block, such as the file system and the desktop's services, off the threads that serve.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ConsoleProblem> + Send + 'static,
) -> Result<T, ConsoleProblem> {
    tauri::async_runtime::spawn_blocking(work).await.unwrap_or_else(|error| {
        Err(problem(
            "console.interrupted",
            format!("This was interrupted ({error}). Try it again."),
        ))
    })
}

/// The channels into the page, as the program's state.
///
/// A reloaded page leaves its channels behind without any error, so they are let go when a page begins.
#[derive(Default)]
pub(crate) struct Page {
    live: Mutex<Option<Events<Watch>>>,
    desktop: Mutex<Outbox>,
}

/// What is asked of the page before it listens waits here.
#[derive(Default)]
struct Outbox {
    channel: Option<Events<WatchDesktop>>,
    waiting: Vec<<WatchDesktop as BridgeCommand>::Event>,
}

/// Further wishes that nobody listens to replace the oldest.
const MOST_WAITING: usize = 8;

impl Page {
    /// Lets go of the channels of a page that is gone.
    pub(crate) fn left(&self) {
        *lock(&self.live) = None;
        lock(&self.desktop).channel = None;
    }

    /// Asks something of the page, now or when it listens.
    pub(crate) fn ask(&self, event: <WatchDesktop as BridgeCommand>::Event) {
        let mut outbox = lock(&self.desktop);
        if let Some(channel) = &outbox.channel {
            if channel.send(event.clone()).is_ok() {
                return;
            }
            outbox.channel = None;
        }
        if outbox.waiting.len() == MOST_WAITING {
            outbox.waiting.remove(0);
        }
        outbox.waiting.push(event);
    }

    fn listen(&self, channel: Events<WatchDesktop>) {
        let mut outbox = lock(&self.desktop);
        for event in std::mem::take(&mut outbox.waiting) {
            if let Err(error) = channel.send(event) {
                tracing::debug!(%error, "the page left before it was asked");
            }
        }
        outbox.channel = Some(channel);
    }

    fn send(&self, batch: <Watch as BridgeCommand>::Event) {
        let mut live = lock(&self.live);
        if live.as_ref().is_some_and(|channel| channel.send(batch).is_err()) {
            *live = None;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Carries the live stream to whoever shows it, until the engine is gone.
pub(crate) fn follow(app: &AppHandle, engine: &Arc<Engine>) {
    let app = app.clone();
    let mut live = engine.watch();
    tauri::async_runtime::spawn(async move {
        while let Some(batch) = live.next().await {
            waiting::note(&app, &batch);
            app.state::<Page>().send(batch);
        }
    });
}

/// Carries a request of the console contract to the engine.
#[tauri::command]
pub(crate) async fn console(app: AppHandle, engine: State<'_, Arc<Engine>>, call: Arguments<ConsoleCall>) -> Answer<ConsoleCall> {
    let reply = engine.console(call.0.request).await?;
    // `UsePort` and the window's own look at the status both tell whether the provider answers: the tray says the same.
    if let ConsoleReply::Status(status) = &reply {
        tray::say(&app, &status.serving);
    }
    Ok(reply)
}

/// Follows the live stream until the page goes away, reloads or follows anew.
#[tauri::command]
pub(crate) async fn watch(page: State<'_, Page>, channel: Events<Watch>) -> Answer<Watch> {
    *lock(&page.live) = Some(channel);
    Ok(())
}

/// Follows what the desktop asks of the page; what was asked before comes first.
#[tauri::command]
pub(crate) async fn watch_desktop(page: State<'_, Page>, channel: Events<WatchDesktop>) -> Answer<WatchDesktop> {
    page.listen(channel);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;
    use vestibule_core::console::{BRIDGE_COMMANDS, Browsers, SaveFile};

    fn repository(file: &str) -> String {
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
    }

    /// The names between two marks, without quotes and paths.
    fn names<'a>(text: &'a str, from: &str, to: &str) -> BTreeSet<&'a str> {
        let inside = text.split_once(from).and_then(|(_, rest)| rest.split_once(to)).unwrap().0;
        inside
            .split(',')
            .map(|name| name.trim().trim_matches('"'))
            .map(|name| name.rsplit("::").next().unwrap_or(name))
            .filter(|name| !name.is_empty())
            .collect()
    }

    #[test]
    fn declared_handled_granted_and_generated_commands_are_the_same() {
        let declared: BTreeSet<_> = BRIDGE_COMMANDS.iter().copied().collect();
        let app = repository("src-tauri/src/app.rs");
        assert_eq!(names(&app, "generate_handler![", "]"), declared, "app.rs");
        let permission = repository("src-tauri/permissions/console.toml");
        assert_eq!(names(&permission, "commands.allow = [", "]"), declared, "permissions/console.toml");
        let generated = repository("ui/bindings/BridgeCommands.ts");
        let keys = generated
            .lines()
            .filter_map(|line| line.split_once(": BridgeSignature<"))
            .map(|(key, _)| key.rsplit(' ').next().unwrap_or(key));
        assert_eq!(
            keys.collect::<BTreeSet<_>>(),
            declared,
            "ui/bindings/BridgeCommands.ts, see ./dev bindings"
        );
    }

    #[test]
    fn the_window_is_granted_nothing_but_these_commands() {
        let capability: serde_json::Value = serde_json::from_str(&repository("src-tauri/capabilities/console.json")).unwrap();
        assert_eq!(capability["permissions"], serde_json::json!(["console"]));
        assert_eq!(capability["windows"], serde_json::json!(["main"]));
        assert_eq!(capability.get("remote"), None);
        let files = |folder: &str| {
            std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))
                .unwrap()
                .count()
        };
        assert_eq!((files("src-tauri/capabilities"), files("src-tauri/permissions")), (1, 1));
    }

    #[test]
    fn the_page_may_run_and_style_only_what_is_built_in() {
        let config: serde_json::Value = serde_json::from_str(&repository("tauri.conf.json")).unwrap();
        let security = &config["app"]["security"];
        let policy = security["csp"].as_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'; "),
            "{policy}"
        );
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
        assert_eq!(security["dangerousDisableAssetCspModification"], false);
        assert_eq!(config["app"]["withGlobalTauri"], false);
    }

    #[test]
    fn arguments_that_are_not_as_declared_are_refused_with_a_reason() {
        let body = |value| InvokeBody::Json(value);
        assert!(read::<Browsers>(&body(serde_json::json!({}))).is_ok());
        let file: SaveFile = read(&body(serde_json::json!({ "name": "a.har", "text": "{}" }))).unwrap();
        assert_eq!(file.name, "a.har");
        for wrong in [
            serde_json::json!({ "name": "a.har" }),
            serde_json::json!([]),
            serde_json::json!(null),
        ] {
            let refused = read::<SaveFile>(&body(wrong)).err().unwrap();
            assert_eq!(refused.code, "console.unknown_request");
        }
        assert!(read::<SaveFile>(&InvokeBody::Raw(vec![1])).is_err());
        let unknown = serde_json::json!({ "request": { "op": "formatDisk" } });
        let refused = read::<ConsoleCall>(&body(unknown)).err().unwrap();
        assert!(refused.message.contains("formatDisk"), "{}", refused.message);
    }
}
