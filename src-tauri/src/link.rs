//! Links into the window: `vestibule://session/<id>` shows a live session. A link shows something; it never does anything.

use crate::bridge::Page;
use crate::window;
use std::sync::Arc;
use tauri::{AppHandle, Manager as _};
use vestibule_core::console::{ConsoleReply, ConsoleRequest, DesktopEvent};
use vestibule_server::Engine;

/// How a link begins, for the system that hands it over. `tauri.conf.json` announces the same scheme to the installers.
const SCHEME: &str = "vestibule:";
const SESSION: &str = "vestibule://session/";
/// Ids are shorter; anything longer is not ours.
const LONGEST_ID: usize = 64;

/// The link among the arguments of a start, where the system puts the one that was clicked; without it, the rest.
pub(crate) fn take<T: Into<std::ffi::OsString>>(arguments: impl IntoIterator<Item = T>) -> (Option<String>, Vec<std::ffi::OsString>) {
    let mut link = None;
    let mut rest = Vec::new();
    for argument in arguments.into_iter().map(Into::into) {
        match argument.to_str() {
            Some(text) if text.starts_with(SCHEME) => link = Some(text.to_owned()),
            _ => rest.push(argument),
        }
    }
    (link, rest)
}

/// Brings the window to the front and shows what the link names, or says why not.
pub(crate) fn follow(app: &AppHandle, link: &str) {
    window::show(app);
    let Some(engine) = app.try_state::<Arc<Engine>>() else { return };
    match session(link) {
        Ok(id) => {
            let (app, engine) = (app.clone(), Arc::clone(&engine));
            tauri::async_runtime::spawn(async move {
                let found = engine.console(ConsoleRequest::Session { id: id.clone() }).await;
                app.state::<Page>().ask(match found {
                    Ok(ConsoleReply::Session(Some(_))) => DesktopEvent::ShowSession { id },
                    Ok(_) => DesktopEvent::Say {
                        message: format!(
                            "The session {id} is not here. Only the newest sessions are kept, and the link may be from another Vestibule."
                        ),
                    },
                    Err(problem) => DesktopEvent::Say { message: problem.message },
                });
            });
        }
        Err(message) => app.state::<Page>().ask(DesktopEvent::Say { message }),
    }
}

/// The id in a link to a session, or why it is none.
fn session(link: &str) -> Result<String, String> {
    let id = link.strip_prefix(SESSION).unwrap_or_default();
    let known = (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_');
    if known {
        return Ok(id.to_owned());
    }
    let shown: String = link.chars().filter(|c| !c.is_control()).take(80).collect();
    Err(format!(
        "“{shown}” is not a link that Vestibule knows. It opens {SESSION}ID, with the id of a session."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_link_to_a_session_is_followed() {
        assert_eq!(session("vestibule://session/lv_0A-z"), Ok("lv_0A-z".into()));
        for other in [
            "vestibule:",
            "vestibule://",
            "vestibule://session",
            "vestibule://session/",
            "vestibule://session/a/b",
            "vestibule://session/a?x=1",
            "vestibule://session/a#b",
            "vestibule://session/..%2Fsettings",
            "vestibule://session/é",
            "vestibule://sessions/a",
            "vestibule://user@session/a",
            "vestibule:session/a",
            "VESTIBULE://session/a",
        ] {
            assert!(session(other).is_err_and(|message| message.contains(other)), "{other}");
        }
        assert!(session(&format!("{SESSION}{}", "a".repeat(LONGEST_ID + 1))).is_err());
        let long = session(&format!("vestibule://{}\u{7}", "x".repeat(1_000))).unwrap_err();
        assert!(long.len() < 250 && !long.contains('\u{7}'), "{long}");
    }

    #[test]
    fn a_link_is_taken_out_of_the_arguments() {
        let (link, rest) = take(["vestibule", "--port", "0", "vestibule://session/a"]);
        assert_eq!(link.as_deref(), Some("vestibule://session/a"));
        assert_eq!(rest, ["vestibule", "--port", "0"]);
        assert_eq!(take(["vestibule", "serve"]).0, None);
    }
}
