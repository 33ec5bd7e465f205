//! The tray icon: says whether the provider answers, and is the way back while the window is closed.

use crate::waiting::{LISTED, Waiting};
use crate::window::Unasked;
use crate::{clipboard, window};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use tauri::image::Image;
use tauri::menu::{Menu, MenuEvent, MenuItem, PredefinedMenuItem};
use tauri::tray::{MouseButton, MouseButtonState, TrayIcon, TrayIconBuilder, TrayIconEvent};
use tauri::{AppHandle, Manager as _, Wry};
use vestibule_core::console::{ConsoleReply, ConsoleRequest, DesktopEvent, Serving};
use vestibule_server::Engine;

const OPEN: &str = "open";
const COPY: &str = "copy-issuer";
const QUIT: &str = "quit";

/// Of the items that show a session; its id follows.
const SESSION: &str = "session:";

/// The tray and what it says, kept as the program's state. Absent where no tray could be made.
struct Tray {
    icon: TrayIcon<Wry>,
    face: Mutex<Face>,
}

/// What the tray says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Face {
    status: String,
    issuer: Option<String>,
    /// Sign-ins that wait for a person, newest first.
    waiting: Vec<Waiting>,
}

impl Face {
    /// One line for all of it.
    fn tooltip(&self) -> String {
        match self.waiting.len() {
            0 => self.status.clone(),
            1 => format!("{} · 1 sign-in waits", self.status),
            count => format!("{} · {count} sign-ins wait", self.status),
        }
    }
}

/// Makes the tray once the desktop has said that it shows one; where it does not, the program goes on without.
pub(crate) fn offer(app: &AppHandle, engine: Arc<Engine>) {
    let app = app.clone();
    tauri::async_runtime::spawn_blocking(move || {
        if !shown_here() {
            tracing::info!("this desktop shows no tray, so closing the window quits");
            missing(&app);
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
            Err(error) => {
                tracing::warn!(%error, "the tray could not be made, so closing the window quits");
                missing(&handle);
            }
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

/// Without a tray nobody could ask for a window that was opened into it.
fn missing(app: &AppHandle) {
    if app.state::<Unasked>().0.load(Ordering::Relaxed) {
        window::show(app);
    }
}

fn create(app: &AppHandle) -> tauri::Result<()> {
    let face = Face {
        status: "Starting".into(),
        ..Face::default()
    };
    let icon = TrayIconBuilder::with_id("vestibule")
        .icon(picture())
        .icon_as_template(cfg!(target_os = "macos"))
        .menu(&menu(app, &face)?)
        // A click opens the menu on macOS, as people there expect, and the window elsewhere.
        .show_menu_on_left_click(cfg!(target_os = "macos"))
        .on_menu_event(chosen)
        .on_tray_icon_event(clicked)
        .build(app)?;
    app.manage(Tray {
        icon,
        face: Mutex::new(face),
    });
    Ok(())
}

fn menu(app: &AppHandle, face: &Face) -> tauri::Result<Menu<Wry>> {
    let menu = Menu::new(app)?;
    let separate = || PredefinedMenuItem::separator(app);
    menu.append(&MenuItem::new(app, &face.status, false, None::<&str>)?)?;
    menu.append(&separate()?)?;
    if !face.waiting.is_empty() {
        for one in face.waiting.iter().take(LISTED) {
            let id = format!("{SESSION}{}", one.id);
            menu.append(&MenuItem::with_id(app, id, as_label(&one.label), true, None::<&str>)?)?;
        }
        if let Some(more) = face.waiting.len().checked_sub(LISTED).filter(|more| *more > 0) {
            menu.append(&MenuItem::new(app, format!("and {more} more"), false, None::<&str>)?)?;
        }
        menu.append(&separate()?)?;
    }
    menu.append(&MenuItem::with_id(app, OPEN, "Open window", true, None::<&str>)?)?;
    menu.append(&MenuItem::with_id(app, COPY, "Copy issuer", face.issuer.is_some(), None::<&str>)?)?;
    menu.append(&separate()?)?;
    menu.append(&MenuItem::with_id(app, QUIT, "Quit Vestibule", true, None::<&str>)?)?;
    Ok(menu)
}

/// A name as a menu shows it: `&` marks an access key there, and a long one makes the menu wide.
fn as_label(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut short: String = text.chars().take(LONGEST).collect();
    if text.chars().nth(LONGEST).is_some() {
        short.push('…');
    }
    short.replace('&', "&&")
}

/// Whether the program can be found again once its window is closed.
pub(crate) fn exists(app: &AppHandle) -> bool {
    app.try_state::<Tray>().is_some()
}

/// Shows whether the provider answers.
pub(crate) fn say(app: &AppHandle, serving: &Serving) {
    let (status, issuer) = describe(serving);
    change(app, |face| {
        face.status = status;
        face.issuer = issuer;
    });
}

/// Lists the sign-ins that wait for a person.
pub(crate) fn list(app: &AppHandle, waiting: Vec<Waiting>) {
    change(app, |face| face.waiting = waiting);
}

/// Changes what the tray says. Waits for the main thread, so not to be called on it with a lock held.
fn change(app: &AppHandle, change: impl FnOnce(&mut Face)) {
    let Some(tray) = app.try_state::<Tray>() else { return };
    let face = {
        let mut face = tray.face.lock().unwrap_or_else(PoisonError::into_inner);
        let before = face.clone();
        change(&mut face);
        if *face == before {
            return;
        }
        face.clone()
    };
    let changed = menu(app, &face)
        .and_then(|menu| tray.icon.set_menu(Some(menu)))
        .and_then(|()| tray.icon.set_tooltip(Some(face.tooltip())));
    if let Err(error) = changed {
        tracing::debug!(%error, "the tray could not be brought up to date");
    }
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
                .and_then(|tray| tray.face.lock().unwrap_or_else(PoisonError::into_inner).issuer.clone());
            if let Some(issuer) = issuer {
                clipboard::copy(app, issuer);
            }
        }
        QUIT => app.exit(0),
        other => {
            if let Some(id) = other.strip_prefix(SESSION) {
                window::show_at(app, DesktopEvent::ShowSession { id: id.to_owned() });
            }
        }
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

    #[test]
    fn the_tooltip_counts_who_waits() {
        let waiting = |count: usize| Face {
            status: "Serving localhost:3001/oidc".into(),
            issuer: None,
            waiting: vec![
                Waiting {
                    id: "lv".into(),
                    label: "Bookstore: waiting".into(),
                    since: vestibule_core::Timestamp(0),
                };
                count
            ],
        };
        assert_eq!(waiting(0).tooltip(), "Serving localhost:3001/oidc");
        assert_eq!(waiting(1).tooltip(), "Serving localhost:3001/oidc · 1 sign-in waits");
        assert_eq!(waiting(7).tooltip(), "Serving localhost:3001/oidc · 7 sign-ins wait");
    }

    #[test]
    fn a_name_in_the_menu_is_neither_a_key_nor_endless() {
        assert_eq!(as_label("Fish & Chips: waiting"), "Fish && Chips: waiting");
        assert_eq!(as_label(&"x".repeat(500)).chars().count(), 61);
    }
}
