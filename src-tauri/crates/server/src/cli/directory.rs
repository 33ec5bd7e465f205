//! Where data is kept when nobody says so.

use std::ffi::OsString;
use std::path::PathBuf;

/// The operating system's place for this program's data:
/// `$XDG_DATA_HOME/vestibule` or `~/.local/share/vestibule` (XDG Base Directory Specification),
/// `~/Library/Application Support/Vestibule` on macOS, `%APPDATA%\Vestibule` on Windows.
///
/// `variable` reads the environment. `None` when it names no home.
#[must_use]
pub fn default_data_dir(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    Platform::CURRENT.data_dir(variable)
}

/// The operating systems' habits, all compiled everywhere so that all are tested.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(test), allow(dead_code))]
enum Platform {
    Xdg,
    Mac,
    Windows,
}

impl Platform {
    const CURRENT: Self = if cfg!(target_os = "macos") {
        Self::Mac
    } else if cfg!(windows) {
        Self::Windows
    } else {
        Self::Xdg
    };

    fn data_dir(self, variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
        let filled = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        match self {
            // The specification says to ignore a relative path.
            Self::Xdg => filled("XDG_DATA_HOME")
                .filter(|path| path.is_absolute())
                .or_else(|| filled("HOME").map(|home| home.join(".local/share")))
                .map(|base| base.join("vestibule")),
            Self::Mac => filled("HOME").map(|home| home.join("Library/Application Support/Vestibule")),
            Self::Windows => filled("APPDATA").map(|base| base.join("Vestibule")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_platform_has_its_place() {
        type Row<'a> = (Platform, &'a [(&'a str, &'a str)], Option<&'a str>);
        let rows: [Row<'_>; 9] = [
            (Platform::Xdg, &[("HOME", "/home/a")], Some("/home/a/.local/share/vestibule")),
            (
                Platform::Xdg,
                &[("HOME", "/home/a"), ("XDG_DATA_HOME", "/data")],
                Some("/data/vestibule"),
            ),
            (
                Platform::Xdg,
                &[("HOME", "/home/a"), ("XDG_DATA_HOME", "")],
                Some("/home/a/.local/share/vestibule"),
            ),
            (
                Platform::Xdg,
                &[("HOME", "/home/a"), ("XDG_DATA_HOME", "data")],
                Some("/home/a/.local/share/vestibule"),
            ),
            (Platform::Xdg, &[], None),
            (
                Platform::Mac,
                &[("HOME", "/Users/a")],
                Some("/Users/a/Library/Application Support/Vestibule"),
            ),
            (Platform::Mac, &[("HOME", "")], None),
            (Platform::Windows, &[("APPDATA", "C:/Roaming")], Some("C:/Roaming/Vestibule")),
            (Platform::Windows, &[("HOME", "/home/a")], None),
        ];
        for (platform, environment, expected) in rows {
            let variable = |name: &str| environment.iter().find(|(n, _)| *n == name).map(|(_, value)| OsString::from(value));
            assert_eq!(
                platform.data_dir(variable),
                expected.map(PathBuf::from),
                "{platform:?} {environment:?}"
            );
        }
    }
}
