//! How the program sits on this desktop: zoom, opening at login, what it announces. Kept per person, beside the window's
//! place, because none of it is a setting of the provider.

use crate::bridge::{Answer, Arguments, blocking, problem};
use crate::{login, tray, window};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::{fs, io};
use tauri::{AppHandle, Manager};
use vestibule_core::console::{ChangeDesktop, ConsoleProblem, Desktop, DesktopChange, DesktopView};

/// The sizes a page is drawn in, in **per cent**: those of browsers.
const ZOOMS: [u16; 11] = [50, 67, 75, 80, 90, 100, 110, 125, 150, 175, 200];
const USUAL: u16 = 100;
const FILE: &str = "desktop.json";

/// What is remembered between runs. A member that is missing or makes no sense has its usual value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Kept {
    zoom: u16,
    announce_waiting: bool,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            zoom: USUAL,
            announce_waiting: true,
        }
    }
}

/// The choices in force, as the program's state.
pub(crate) struct Choices {
    kept: Mutex<Kept>,
    /// Where they are remembered; nowhere for a window that leaves nothing on disk.
    file: Option<PathBuf>,
    /// Whether this is the window of the person's usual data, the one that a login can open.
    usual: bool,
}

impl Choices {
    /// Reads what is remembered. `private` neither reads nor remembers anything.
    pub(crate) fn remembered(app: &AppHandle, private: bool, usual: bool) -> Self {
        let file = match app.path().app_config_dir() {
            _ if private => None,
            Ok(folder) => Some(folder.join(FILE)),
            Err(error) => {
                tracing::warn!(%error, "zoom and choices about this desktop are not remembered");
                None
            }
        };
        Self {
            kept: Mutex::new(file.as_deref().map(read).unwrap_or_default()),
            file,
            usual,
        }
    }

    fn get(&self) -> Kept {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How large the page is drawn, as a factor.
    pub(crate) fn zoom(&self) -> f64 {
        f64::from(self.get().zoom) / 100.0
    }

    /// Whether waiting sign-ins are announced.
    pub(crate) fn announce_waiting(&self) -> bool {
        self.get().announce_waiting
    }

    /// Changes what is kept. It is in force even where it can't be remembered.
    fn change(&self, change: impl FnOnce(&mut Kept)) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let before = *kept;
        change(&mut kept);
        if *kept != before
            && let Some(file) = &self.file
            && let Err(error) = write(file, &kept)
        {
            tracing::warn!(%error, file = %file.display(), "choices about this desktop are forgotten at the end");
        }
    }
}

fn read(file: &Path) -> Kept {
    let kept: Kept = match fs::read(file) {
        Ok(text) => serde_json::from_slice(&text).unwrap_or_else(|error| {
            tracing::warn!(%error, file = %file.display(), "choices about this desktop can't be read, so the usual ones hold");
            Kept::default()
        }),
        Err(error) => {
            if error.kind() != io::ErrorKind::NotFound {
                tracing::warn!(%error, file = %file.display(), "choices about this desktop can't be read, so the usual ones hold");
            }
            Kept::default()
        }
    };
    Kept {
        zoom: nearest(kept.zoom),
        ..kept
    }
}

/// Writes beside, then moves: whoever reads finds the old choices or the new ones.
fn write(file: &Path, kept: &Kept) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let beside = file.with_extension("json.new");
    fs::write(&beside, serde_json::to_vec(kept)?)?;
    fs::rename(&beside, file)
}

fn nearest(zoom: u16) -> u16 {
    ZOOMS.into_iter().min_by_key(|step| step.abs_diff(zoom)).unwrap_or(USUAL)
}

fn larger(zoom: u16) -> u16 {
    ZOOMS.into_iter().find(|step| *step > zoom).unwrap_or(zoom)
}

fn smaller(zoom: u16) -> u16 {
    ZOOMS.into_iter().rev().find(|step| *step < zoom).unwrap_or(zoom)
}

/// How the program sits on this desktop.
#[tauri::command]
pub(crate) async fn desktop(app: AppHandle) -> Answer<Desktop> {
    blocking(move || Ok(view(&app))).await
}

/// Changes one thing about that.
#[tauri::command]
pub(crate) async fn change_desktop(app: AppHandle, change: Arguments<ChangeDesktop>) -> Answer<ChangeDesktop> {
    blocking(move || {
        apply(&app, change.0.change)?;
        Ok(view(&app))
    })
    .await
}

fn apply(app: &AppHandle, change: DesktopChange) -> Result<(), ConsoleProblem> {
    let choices = app.state::<Choices>();
    match change {
        DesktopChange::ZoomIn => choices.change(|kept| kept.zoom = larger(kept.zoom)),
        DesktopChange::ZoomOut => choices.change(|kept| kept.zoom = smaller(kept.zoom)),
        DesktopChange::ZoomReset => choices.change(|kept| kept.zoom = USUAL),
        DesktopChange::AnnounceWaiting { on } => choices.change(|kept| kept.announce_waiting = on),
        DesktopChange::OpenAtLogin { on } => {
            if let Some(obstacle) = obstacle(&choices) {
                return Err(problem("console.not_at_login", obstacle));
            }
            login::set(app, on).map_err(|error| {
                problem(
                    "console.not_at_login",
                    format!("What opens at login could not be changed: {error}. Change it in the settings of your desktop."),
                )
            })?;
        }
    }
    if matches!(change, DesktopChange::ZoomIn | DesktopChange::ZoomOut | DesktopChange::ZoomReset) {
        window::zoom(app, choices.zoom());
    }
    Ok(())
}

fn view(app: &AppHandle) -> DesktopView {
    let choices = app.state::<Choices>();
    let at_login = match obstacle(&choices) {
        Some(obstacle) => Err(obstacle),
        None => login::is_on(app).map_err(|error| format!("What opens at login can’t be read: {error}.")),
    };
    let kept = choices.get();
    DesktopView {
        zoom: kept.zoom,
        announce_waiting: kept.announce_waiting,
        tray: tray::exists(app),
        open_at_login: at_login.as_ref().ok().copied(),
        open_at_login_obstacle: at_login.err(),
    }
}

fn obstacle(choices: &Choices) -> Option<String> {
    (!choices.usual)
        .then(|| "Only Vestibule with your usual data opens at login, and this one was started with --data-dir or --ephemeral.".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zoom_goes_in_steps_and_stays_within_its_ends() {
        assert_eq!((larger(100), smaller(100)), (110, 90));
        assert_eq!((larger(200), smaller(50)), (200, 50));
        let mut zoom = 50;
        for _ in 0..ZOOMS.len() {
            zoom = larger(zoom);
        }
        assert_eq!(zoom, 200);
    }

    #[test]
    fn choices_are_remembered_and_damaged_ones_are_the_usual_ones() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("new").join(FILE);
        assert_eq!(read(&file), Kept::default());
        let choices = |file: &Path| Choices {
            kept: Mutex::new(read(file)),
            file: Some(file.to_owned()),
            usual: true,
        };
        choices(&file).change(|kept| kept.zoom = 150);
        choices(&file).change(|kept| kept.announce_waiting = false);
        assert_eq!(
            read(&file),
            Kept {
                zoom: 150,
                announce_waiting: false
            }
        );
        assert!((choices(&file).zoom() - 1.5).abs() < f64::EPSILON);
        for (damaged, zoom) in [
            ("{", 100),
            (r#"{"zoom":"big"}"#, 100),
            (r#"{"zoom":9999}"#, 200),
            (r#"{"zoom":0}"#, 50),
            ("{}", 100),
        ] {
            fs::write(&file, damaged).unwrap();
            assert_eq!(read(&file).zoom, zoom, "{damaged}");
        }
    }

    #[test]
    fn a_private_window_remembers_nothing() {
        let choices = Choices {
            kept: Mutex::default(),
            file: None,
            usual: false,
        };
        choices.change(|kept| kept.zoom = 150);
        assert_eq!(choices.get().zoom, 150);
        assert!(obstacle(&choices).is_some());
    }
}
