//! The one window: how it opens without a flash, what it may load, and how it comes back.

use crate::bridge::Page;
use crate::desktop::Choices;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tauri::webview::{Color, NewWindowResponse, PageLoadEvent};
use tauri::{AppHandle, Manager, Theme, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder};
use tauri_plugin_window_state::StateFlags;
use vestibule_core::console::DesktopEvent;

/// Its label; the capability file names it too.
pub(crate) const LABEL: &str = "main";

/// What is remembered of it between runs. Not whether it was visible: a start always shows it.
pub(crate) const REMEMBERED: StateFlags = StateFlags::SIZE
    .union(StateFlags::POSITION)
    .union(StateFlags::MAXIMIZED)
    .union(StateFlags::FULLSCREEN);

/// Until then a page that does not load stays hidden; afterwards an empty window is better than none.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether the window stays hidden until somebody asks for it, as the program's state: a login opened it into the tray.
pub(crate) struct Unasked(pub(crate) AtomicBool);

/// Opens the window, hidden until its page has loaded. `private` leaves nothing of the page's own storage on disk.
///
/// # Errors
/// When the system refuses a window or a web view.
pub(crate) fn open(app: &AppHandle, private: bool) -> tauri::Result<()> {
    let window = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::App("index.html".into()))
        .title("Vestibule")
        .inner_size(1280.0, 840.0)
        .min_inner_size(1000.0, 640.0)
        .center()
        .visible(false)
        .incognito(private)
        // The page takes dropped files itself: a session bundle opens where it falls.
        .disable_drag_drop_handler()
        .on_navigation(own_page)
        // Links to elsewhere go through `open_external`, into the person's own browser.
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_download(|_, _| false)
        .on_page_load(|window, load| match load.event() {
            // A page that begins anew has forgotten the channels of the one before.
            PageLoadEvent::Started => window.state::<Page>().left(),
            PageLoadEvent::Finished => reveal_unless_unasked(&window),
        })
        .build()?;
    let background = background(window.theme().unwrap_or(Theme::Light));
    if let Err(error) = window.set_background_color(Some(background)) {
        tracing::debug!(%error, "the window keeps the toolkit's background until its page is painted");
    }
    zoom(app, app.state::<Choices>().zoom());
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(PATIENCE).await;
        if !window.state::<Unasked>().0.load(Ordering::Relaxed) && !window.is_visible().unwrap_or(true) {
            tracing::warn!(
                "the window's page has not loaded within {} s; if the window stays empty, start with WEBKIT_DISABLE_COMPOSITING_MODE=1",
                PATIENCE.as_secs()
            );
            reveal(&window);
        }
    });
    Ok(())
}

/// Brings the window to the front, from the tray, from under others or from the task bar.
pub(crate) fn show(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(LABEL) {
        reveal(&window);
    }
}

/// Brings the window to the front with something in it.
pub(crate) fn show_at(app: &AppHandle, what: DesktopEvent) {
    app.state::<Page>().ask(what);
    show(app);
}

/// Draws the page larger or smaller by a factor.
pub(crate) fn zoom(app: &AppHandle, factor: f64) {
    if let Some(window) = app.get_webview_window(LABEL)
        && let Err(error) = window.set_zoom(factor)
    {
        tracing::warn!(%error, "the page keeps its size");
    }
}

/// Whether the window is on the screen and has the keyboard. Asks the main thread, so not to be called on it.
pub(crate) fn is_looked_at(app: &AppHandle) -> bool {
    app.get_webview_window(LABEL)
        .is_some_and(|window| window.is_visible().unwrap_or(false) && window.is_focused().unwrap_or(false))
}

fn reveal_unless_unasked(window: &WebviewWindow) {
    if !window.state::<Unasked>().0.load(Ordering::Relaxed) {
        reveal(window);
    }
}

fn reveal(window: &WebviewWindow) {
    window.state::<Unasked>().0.store(false, Ordering::Relaxed);
    let shown = window.unminimize().and_then(|()| window.show()).and_then(|()| window.set_focus());
    if let Err(error) = shown {
        tracing::warn!(%error, "the window could not be brought to the front");
    }
}

/// The window shows this program's pages and nothing else, whatever a page asks for.
fn own_page(url: &Url) -> bool {
    // The second form is how Windows spells the same origin.
    matches!(
        (url.scheme(), url.host_str()),
        ("tauri", Some("localhost")) | ("http" | "https", Some("tauri.localhost"))
    )
}

/// `--bg` of the design tokens, so that the first frame has the colour of the page to come.
const fn background(theme: Theme) -> Color {
    match theme {
        Theme::Dark => Color(0x13, 0x13, 0x16, 0xff),
        _ => Color(0xf6, 0xf6, 0xf4, 0xff),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_embedded_pages_may_be_loaded() {
        let allowed = |address: &str| own_page(&Url::parse(address).unwrap());
        assert!(allowed("tauri://localhost"));
        assert!(allowed("tauri://localhost/index.html#/sessions/abc"));
        assert!(allowed("http://tauri.localhost/"));
        for address in [
            "http://localhost:3001/oidc",
            "https://example.com/",
            "https://tauri.localhost.example.com/",
            "tauri://elsewhere/",
            "file:///etc/passwd",
            "data:text/html,x",
            "about:blank",
        ] {
            assert!(!allowed(address), "{address}");
        }
    }
}
