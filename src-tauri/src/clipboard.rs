//! Copying from the tray, where there is no page to do it. The window's own copy buttons use the web's clipboard.

use tauri::AppHandle;

/// Puts text into the clipboard, as far as the system lets a program without a focused window do so.
pub(crate) fn copy(app: &AppHandle, text: String) {
    // The toolkits keep their clipboards on the main thread.
    if let Err(error) = app.run_on_main_thread(move || put(&text)) {
        tracing::warn!(%error, "the issuer could not be copied");
    }
}

#[cfg(target_os = "linux")]
fn put(text: &str) {
    let clipboard = gtk::Clipboard::get(&gtk::gdk::SELECTION_CLIPBOARD);
    clipboard.set_text(text);
    // Lets a clipboard manager keep it after this program has quit.
    clipboard.store();
}

#[cfg(not(target_os = "linux"))]
fn put(text: &str) {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    /// Reads standard input into the clipboard; part of the system.
    const PROGRAM: &str = if cfg!(target_os = "macos") { "pbcopy" } else { "clip" };

    let copied = Command::new(PROGRAM).stdin(Stdio::piped()).spawn().and_then(|mut child| {
        if let Some(mut input) = child.stdin.take() {
            input.write_all(text.as_bytes())?;
        }
        child.wait()
    });
    match copied {
        Ok(status) if status.success() => {}
        Ok(status) => tracing::warn!(%status, "{PROGRAM} did not copy the issuer"),
        Err(error) => tracing::warn!(%error, "{PROGRAM} could not be started"),
    }
}
