//! The tray icon: says whether the provider answers, and is the way back while the window is closed.

use crate::{clipboard, window};
use std::sync::{Arc, Mutex, PoisonError};
use tauri::image::Image;
use tauri::menu::{Menu, MenuEvent, MenuItem, PredefinedMenuItem};
use tauri::tray::{MouseButton, MouseButtonState, TrayIcon, TrayIconBuilder, TrayIconEvent};
use tauri::{AppHandle, Manager as _, Wry};
use vestibule_core::console::{ConsoleReply, ConsoleRequest, Serving};
use vestibule_server::Engine;

const OPEN: &str = "open";
const COPY: &str = "copy-issuer";
const QUIT: &str = "quit";

/// The parts of the tray that change, kept as the program's state. Absent where no tray could be made.
struct Tray {
    icon: TrayIcon<Wry>,
    status: MenuItem<Wry>,
    copy: MenuItem<Wry>,
    issuer: Mutex<Option<String>>,
}

/// Makes the tray once the desktop has said that it shows one; where it does not, the program goes on without.
pub(crate) fn offer(app: &AppHandle, engine: Arc<Engine>) {
    let app = app.clone();
    tauri::async_runtime::spawn_blocking(move || {
        if !shown_here() {
            tracing::info!("this desktop shows no tray, so closing the window quits");
            return;
        }
        let handle = app.clone();
        let asked = app.run_on_main_thread(move || match create(&handle) {
            Ok(()) => {
                tauri::async_runtime::spawn(async move {
                    if let Ok(ConsoleReply::Status(status)) = engine.console(ConsoleRequest::Status).await {
                        say(&handle, &status.serving);
                    }
                });
            }
            Err(error) => tracing::warn!(%error, "the tray could not be made, so closing the window quits"),
        });
        if let Err(error) = asked {
            tracing::debug!(%error, "the program ended before its tray was made");
        }
    });
}

/// Whether the desktop shows trays: asked over D-Bus, with a limit, because making one waits for the desktop's answer
/// and would hold up the window with it.
#[cfg(target_os = "linux")]
fn shown_here() -> bool {
    use gtk::gio::{BusType, Cancellable, DBusCallFlags, bus_get_sync};
    use gtk::glib::ToVariant as _;

    const WATCHER: &str = "org.kde.StatusNotifierWatcher";
    const MILLISECONDS: i32 = 2_000;

    bus_get_sync(BusType::Session, Cancellable::NONE)
        .and_then(|bus| {
            bus.call_sync(
                Some(WATCHER),
                "/StatusNotifierWatcher",
                "org.freedesktop.DBus.Properties",
                "Get",
                Some(&(WATCHER, "IsStatusNotifierHostRegistered").to_variant()),
                None,
                DBusCallFlags::NO_AUTO_START,
                MILLISECONDS,
                Cancellable::NONE,
            )
        })
        .is_ok_and(|answer| answer.child_value(0).as_variant().and_then(|value| value.get::<bool>()) == Some(true))
}

/// The menu bar of macOS and the task bar of Windows are always there.
#[cfg(not(target_os = "linux"))]
const fn shown_here() -> bool {
    true
}

fn create(app: &AppHandle) -> tauri::Result<()> {
    let status = MenuItem::new(app, "Starting", false, None::<&str>)?;
    let open = MenuItem::with_id(app, OPEN, "Open window", true, None::<&str>)?;
    let copy = MenuItem::with_id(app, COPY, "Copy issuer", false, None::<&str>)?;
    let quit = MenuItem::with_id(app, QUIT, "Quit Vestibule", true, None::<&str>)?;
    let first = PredefinedMenuItem::separator(app)?;
    let last = PredefinedMenuItem::separator(app)?;
    let menu = Menu::with_items(app, &[&status, &first, &open, &copy, &last, &quit])?;
    let icon = TrayIconBuilder::with_id("vestibule")
        .icon(picture())
        .icon_as_template(cfg!(target_os = "macos"))
        .menu(&menu)
        // A click opens the menu on macOS, as people there expect, and the window elsewhere.
        .show_menu_on_left_click(cfg!(target_os = "macos"))
        .on_menu_event(chosen)
        .on_tray_icon_event(clicked)
        .build(app)?;
    app.manage(Tray {
        icon,
        status,
        copy,
        issuer: Mutex::new(None),
    });
    Ok(())
}

/// Whether the program can be found again once its window is closed.
pub(crate) fn exists(app: &AppHandle) -> bool {
    app.try_state::<Tray>().is_some()
}

/// Shows whether the provider answers.
pub(crate) fn say(app: &AppHandle, serving: &Serving) {
    let Some(tray) = app.try_state::<Tray>() else { return };
    let (line, issuer) = describe(serving);
    let changed = tray
        .status
        .set_text(&line)
        .and_then(|()| tray.copy.set_enabled(issuer.is_some()))
        .and_then(|()| tray.icon.set_tooltip(Some(&line)));
    if let Err(error) = changed {
        tracing::debug!(%error, "the tray could not be brought up to date");
    }
    *tray.issuer.lock().unwrap_or_else(PoisonError::into_inner) = issuer;
}

/// macOS colours a template by itself; elsewhere the program's own icon is recognised best.
fn picture() -> Image<'static> {
    if cfg!(target_os = "macos") {
        tauri::include_image!("icons/tray-template.png")
    } else {
        tauri::include_image!("icons/32x32.png")
    }
}

/// The status line, and the issuer while there is one.
fn describe(serving: &Serving) -> (String, Option<String>) {
    match serving {
        Serving::Serving { issuer, .. } => {
            let short = issuer.split_once("://").map_or(issuer.as_str(), |(_, rest)| rest);
            (format!("Serving {short}"), Some(issuer.clone()))
        }
        Serving::PortTaken {
            port, owner: Some(owner), ..
        } => (format!("Not serving: port {port} is used by {owner}"), None),
        Serving::PortTaken { port, owner: None, .. } => (format!("Not serving: port {port} is in use"), None),
    }
}

fn chosen(app: &AppHandle, event: MenuEvent) {
    match event.id().as_ref() {
        OPEN => window::show(app),
        COPY => {
            let issuer = app
                .try_state::<Tray>()
                .and_then(|tray| tray.issuer.lock().unwrap_or_else(PoisonError::into_inner).clone());
            if let Some(issuer) = issuer {
                clipboard::copy(app, issuer);
            }
        }
        QUIT => app.exit(0),
        _ => {}
    }
}

fn clicked(tray: &TrayIcon<Wry>, event: TrayIconEvent) {
    if let TrayIconEvent::Click {
        button: MouseButton::Left,
        button_state: MouseButtonState::Up,
        ..
    } = event
        && !cfg!(target_os = "macos")
    {
        window::show(tray.app_handle());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_line_names_the_issuer_or_the_obstacle() {
        let serving = Serving::Serving {
            endpoint: "http://localhost:3001".into(),
            issuer: "http://localhost:3001/oidc".into(),
            port: 3001,
        };
        assert_eq!(
            describe(&serving),
            ("Serving localhost:3001/oidc".into(), Some("http://localhost:3001/oidc".into()))
        );
        let taken = |owner: Option<&str>| Serving::PortTaken {
            port: 3001,
            owner: owner.map(str::to_owned),
            suggestion: Some(3002),
        };
        assert_eq!(
            describe(&taken(Some("node (pid 4242)"))),
            ("Not serving: port 3001 is used by node (pid 4242)".into(), None)
        );
        assert_eq!(describe(&taken(None)), ("Not serving: port 3001 is in use".into(), None));
    }
}
