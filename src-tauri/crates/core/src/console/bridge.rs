//! The bridge between the window's page and the desktop program: every command and every event, declared once.
//!
//! The questions of the console travel in one of the commands; the others are about the desktop, so only the native
//! window has them. `ui/bindings/BridgeCommands.ts` is generated from here, and the program's handlers take their
//! arguments and answers from here, so neither side can drift by itself.

use super::{ConsoleReply, ConsoleRequest};
use crate::live::LiveBatch;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A command that the page may give: the type itself is its arguments, sent as one object.
pub trait BridgeCommand: DeserializeOwned {
    /// Its name on the bridge.
    const NAME: &'static str;
    /// What it answers; a refusal is a [`super::ConsoleProblem`] instead.
    type Answer: Serialize;
    /// What it sends afterwards, through the channel that it is given beside its arguments; `()` of most, which send nothing.
    type Event: Serialize;
}

/// What the page sees of a command.
#[cfg(feature = "bindings")]
#[derive(ts_rs::TS)]
#[ts(export)]
pub struct BridgeSignature<A, R, E> {
    /// The arguments, sent as one object.
    pub arguments: A,
    /// What it answers.
    pub answer: R,
    /// What it sends afterwards, through the argument `channel`; `null` of most, which send nothing.
    pub event: E,
}

macro_rules! commands {
    ($($(#[$doc:meta])* $name:ident: $arguments:ty => $answer:ty, $event:ty;)+) => {
        $(
            impl BridgeCommand for $arguments {
                const NAME: &'static str = stringify!($name);
                type Answer = $answer;
                type Event = $event;
            }
        )+

        /// The names of all commands.
        pub const BRIDGE_COMMANDS: &[&str] = &[$(<$arguments as BridgeCommand>::NAME),+];

        /// All commands, for the page's side.
        #[cfg(feature = "bindings")]
        #[derive(ts_rs::TS)]
        #[ts(export)]
        pub struct BridgeCommands {
            $($(#[$doc])* pub $name: BridgeSignature<$arguments, $answer, $event>,)+
        }
    };
}

commands! {
    /// Asks or orders something of the engine.
    console: ConsoleCall => ConsoleReply, ();
    /// Follows the live stream until the page goes or follows anew.
    watch: Watch => (), LiveBatch;
    /// Opens a web address in the person's own browser.
    open_external: OpenExternal => (), ();
    /// The browsers that can be chosen, the system's own choice first.
    browsers: Browsers => Vec<Browser>, ();
    /// Keeps a text as a new file in the person's downloads; answers its path.
    save_file: SaveFile => String, ();
    /// How the program sits on this desktop.
    desktop: Desktop => DesktopView, ();
    /// Changes one thing about that; answers how it is afterwards.
    change_desktop: ChangeDesktop => DesktopView, ();
    /// Follows what the desktop asks of the page, until the page goes or follows anew.
    watch_desktop: WatchDesktop => (), DesktopEvent;
}

/// Arguments of `console`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "bindings", derive(Serialize, ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct ConsoleCall {
    /// The question or order.
    pub request: ConsoleRequest,
}

/// Arguments of `watch`: none.
#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(feature = "bindings", derive(Serialize, ts_rs::TS), ts(export))]
pub struct Watch {}

/// Arguments of `open_external`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "bindings", derive(Serialize, ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct OpenExternal {
    /// An `http` or `https` address.
    pub url: String,
    /// The browser, by the id it has in the list of browsers; the system's choice if left out.
    #[serde(default)]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub browser: Option<String>,
}

/// Arguments of `browsers`: none.
#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(feature = "bindings", derive(Serialize, ts_rs::TS), ts(export))]
pub struct Browsers {}

/// A browser of this computer that an address can be opened in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct Browser {
    /// Names it to `open_external`.
    pub id: String,
    /// What it calls itself.
    pub name: String,
}

/// Arguments of `save_file`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "bindings", derive(Serialize, ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct SaveFile {
    /// The name wished for. What no file name may hold is replaced, and a number is added where the name is taken.
    pub name: String,
    /// What the file holds, written as UTF-8.
    pub text: String,
}

/// Arguments of `desktop`: none.
#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(feature = "bindings", derive(Serialize, ts_rs::TS), ts(export))]
pub struct Desktop {}

/// How the program sits on this desktop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct DesktopView {
    /// How large the page is drawn, in **per cent** of its usual size: 50 to 200.
    pub zoom: u16,
    /// Whether the program starts when the person logs in, hidden in the tray; `null` where it can't, which
    /// `open_at_login_obstacle` explains.
    pub open_at_login: Option<bool>,
    /// Why it can't be opened at login.
    pub open_at_login_obstacle: Option<String>,
    /// Whether a notification says that a sign-in waits for a person while nobody looks at the window.
    pub announce_waiting: bool,
    /// Whether this desktop shows the program's tray icon, from which a closed window comes back.
    pub tray: bool,
}

/// Arguments of `change_desktop`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(feature = "bindings", derive(Serialize, ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct ChangeDesktop {
    /// What to change.
    pub change: DesktopChange,
}

/// One change of how the program sits on this desktop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "bindings", derive(Serialize, ts_rs::TS), ts(export))]
#[serde(tag = "change", rename_all = "camelCase")]
pub enum DesktopChange {
    /// Draw the page a step larger.
    ZoomIn,
    /// Draw the page a step smaller.
    ZoomOut,
    /// Draw the page in its usual size.
    ZoomReset,
    /// Start when the person logs in, or don't.
    OpenAtLogin {
        /// Whether to.
        on: bool,
    },
    /// Say on the desktop that a sign-in waits for a person, or don't.
    AnnounceWaiting {
        /// Whether to.
        on: bool,
    },
}

/// Arguments of `watch_desktop`: none.
#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(feature = "bindings", derive(Serialize, ts_rs::TS), ts(export))]
pub struct WatchDesktop {}

/// What the desktop asks of the page: a link, the tray or a notification was clicked. None of them changes anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(tag = "event", rename_all = "camelCase")]
pub enum DesktopEvent {
    /// Show a session.
    ShowSession {
        /// The live session.
        id: String,
    },
    /// Show the messages.
    ShowInbox,
    /// Say something that could not be done.
    Say {
        /// What happened, and what to do.
        message: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_command_has_a_name_of_its_own() {
        let names: BTreeSet<_> = BRIDGE_COMMANDS.iter().collect();
        assert_eq!(names.len(), BRIDGE_COMMANDS.len());
        assert_eq!(SaveFile::NAME, "save_file");
    }

    #[test]
    fn arguments_are_read_as_the_page_sends_them() {
        let open: OpenExternal = serde_json::from_str(r#"{"url":"https://a.test/"}"#).unwrap();
        assert_eq!((open.url.as_str(), open.browser), ("https://a.test/", None));
        let change: ChangeDesktop = serde_json::from_str(r#"{"change":{"change":"openAtLogin","on":true}}"#).unwrap();
        assert_eq!(change.change, DesktopChange::OpenAtLogin { on: true });
        assert!(serde_json::from_str::<ChangeDesktop>(r#"{"change":{"change":"erase"}}"#).is_err());
    }
}
