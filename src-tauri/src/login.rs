//! Starting when the person logs in, hidden in the tray: off until they choose it.

use std::path::{Path, PathBuf};
use std::{env, fs, io};
use tauri::{AppHandle, Manager as _};

#[cfg(target_os = "windows")]
pub(crate) use registry::{is_on, set};

/// The file in which the system finds what to start.
#[cfg(not(target_os = "windows"))]
fn place(app: &AppHandle) -> tauri::Result<PathBuf> {
    if cfg!(target_os = "macos") {
        app.path()
            .home_dir()
            .map(|home| home.join("Library/LaunchAgents/dev.vestibule.desktop.plist"))
    } else {
        app.path().config_dir().map(|folder| folder.join("autostart/vestibule.desktop"))
    }
}

/// Whether the program starts at login.
///
/// # Errors
/// When the person's folders are not known or can't be read.
#[cfg(not(target_os = "windows"))]
pub(crate) fn is_on(app: &AppHandle) -> io::Result<bool> {
    match fs::read_to_string(place(app).map_err(io::Error::other)?) {
        Ok(entry) => Ok(counts(&entry)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Starts the program at login from now on, or no longer.
///
/// # Errors
/// When the entry can't be written or removed.
#[cfg(not(target_os = "windows"))]
pub(crate) fn set(app: &AppHandle, on: bool) -> io::Result<()> {
    let place = place(app).map_err(io::Error::other)?;
    if on {
        let entry = if cfg!(target_os = "macos") {
            agent(&program()?)
        } else {
            desktop_entry(&program()?)
        };
        if let Some(folder) = place.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&place, entry?)
    } else {
        match fs::remove_file(&place) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// What to start. An AppImage runs from a place that is gone after it; the file itself is named in the environment.
fn program() -> io::Result<PathBuf> {
    match env::var_os("APPIMAGE") {
        Some(image) if cfg!(target_os = "linux") => Ok(image.into()),
        _ => env::current_exe(),
    }
}

#[cfg(not(target_os = "windows"))]
fn text(program: &Path) -> io::Result<&str> {
    // Neither format can say other bytes, and a line break would begin another line of it.
    program
        .to_str()
        .filter(|path| !path.contains(['\n', '\r']))
        .ok_or_else(|| io::Error::other("the path of the program has characters that can't be written there"))
}

/// An entry of the Desktop Application Autostart Specification.
#[cfg(not(target_os = "windows"))]
fn desktop_entry(program: &Path) -> io::Result<String> {
    // Desktop Entry Specification, "The Exec key": quoted for the command line, then escaped as a string value.
    let mut quoted = String::new();
    for c in text(program)?.chars() {
        match c {
            '"' | '`' | '$' => quoted.extend(['\\', '\\', c]),
            '\\' => quoted.push_str(r"\\\\"),
            '%' => quoted.push_str("%%"),
            _ => quoted.push(c),
        }
    }
    Ok(format!(
        "[Desktop Entry]\nType=Application\nName=Vestibule\nComment=A local OpenID Connect provider\nExec=\"{quoted}\" --hidden\nIcon=vestibule\nTerminal=false\nX-GNOME-Autostart-enabled=true\n"
    ))
}

/// An agent of launchd.
#[cfg(not(target_os = "windows"))]
fn agent(program: &Path) -> io::Result<String> {
    let path = text(program)?.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    Ok(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">
<plist version=\"1.0\"><dict>
  <key>Label</key><string>dev.vestibule.desktop</string>
  <key>ProgramArguments</key><array><string>{path}</string><string>--hidden</string></array>
  <key>RunAtLoad</key><true/>
</dict></plist>
"
    ))
}

/// Whether an entry is in force: desktops switch one off by a line in it.
#[cfg(not(target_os = "windows"))]
fn counts(entry: &str) -> bool {
    !entry
        .lines()
        .map(|line| line.replace(' ', ""))
        .any(|line| matches!(line.as_str(), "Hidden=true" | "X-GNOME-Autostart-enabled=false"))
}

/// Windows starts what is listed under a key of the person's registry. Its own tool reads and writes it.
#[cfg(target_os = "windows")]
mod registry {
    use super::{AppHandle, io, program};
    use std::process::{Command, Output};

    const KEY: &str = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Run";
    const NAME: &str = "Vestibule";

    fn reg(arguments: &[&str]) -> io::Result<Output> {
        Command::new("reg").args(arguments).output()
    }

    pub(crate) fn is_on(_: &AppHandle) -> io::Result<bool> {
        Ok(reg(&["query", KEY, "/v", NAME])?.status.success())
    }

    pub(crate) fn set(app: &AppHandle, on: bool) -> io::Result<()> {
        let changed = if on {
            let command = format!("\"{}\" --hidden", program()?.display());
            reg(&["add", KEY, "/v", NAME, "/t", "REG_SZ", "/d", &command, "/f"])?
        } else if is_on(app)? {
            reg(&["delete", KEY, "/v", NAME, "/f"])?
        } else {
            return Ok(());
        };
        if changed.status.success() {
            return Ok(());
        }
        Err(io::Error::other(String::from_utf8_lossy(&changed.stderr).trim().to_owned()))
    }
}

#[cfg(all(test, not(target_os = "windows")))]
mod tests {
    use super::*;

    #[test]
    fn a_desktop_entry_starts_hidden_whatever_the_path() {
        let line = |path: &str| {
            let entry = desktop_entry(Path::new(path)).unwrap();
            entry.lines().find(|line| line.starts_with("Exec=")).unwrap().to_owned()
        };
        assert_eq!(line("/usr/bin/vestibule"), r#"Exec="/usr/bin/vestibule" --hidden"#);
        assert_eq!(line("/a b/50% $x"), r#"Exec="/a b/50%% \\$x" --hidden"#);
        assert_eq!(line(r"/a\b"), r#"Exec="/a\\\\b" --hidden"#);
        assert!(desktop_entry(Path::new("/a\nExec=evil")).is_err());
    }

    #[test]
    fn an_agent_holds_the_path_as_text() {
        let agent = agent(Path::new("/Applications/A & B.app/vestibule")).unwrap();
        assert!(
            agent.contains("<string>/Applications/A &amp; B.app/vestibule</string><string>--hidden</string>"),
            "{agent}"
        );
    }

    #[test]
    fn an_entry_that_the_desktop_switched_off_does_not_count() {
        let entry = desktop_entry(Path::new("/usr/bin/vestibule")).unwrap();
        assert!(counts(&entry));
        assert!(!counts(&format!("{entry}Hidden=true\n")));
        assert!(!counts(&entry.replace("enabled=true", "enabled = false")));
    }
}
