//! Opens web addresses in the person's own browser, or in another one of this computer that they choose.

use crate::bridge::{Answer, Arguments, blocking, problem};
use tauri::Url;
use vestibule_core::console::{Browser, Browsers, ConsoleProblem, OpenExternal};

#[cfg(not(target_os = "linux"))]
use known as system;
#[cfg(target_os = "linux")]
use linux as system;

/// The browsers that can be chosen, the system's own choice first.
#[tauri::command]
pub(crate) async fn browsers() -> Answer<Browsers> {
    blocking(|| Ok(system::installed())).await
}

/// Opens an address in the person's own browser, or in the one they chose. Only web addresses: everything else could start
/// a program.
#[tauri::command]
pub(crate) async fn open_external(open: Arguments<OpenExternal>) -> Answer<OpenExternal> {
    let OpenExternal { url, browser } = open.0;
    let url = web_address(&url)?;
    // Asks the desktop which program that is, which reads files and may start a helper.
    blocking(move || {
        let opened = match &browser {
            None => tauri_plugin_opener::open_url(url.as_str(), None::<&str>).map_err(|error| error.to_string()),
            Some(id) => system::open(id, url.as_str()),
        };
        opened.map_err(|error| {
            problem(
                "console.no_browser",
                format!("No browser could be started ({error}). Open this address yourself: {url}"),
            )
        })
    })
    .await
}

/// Accepts `http` and `https` addresses that name a host.
fn web_address(text: &str) -> Result<Url, ConsoleProblem> {
    let url = Url::parse(text).map_err(|error| problem("console.not_an_address", format!("“{text}” is not an address: {error}.")))?;
    if matches!(url.scheme(), "http" | "https") {
        return Ok(url);
    }
    Err(problem(
        "console.not_a_web_address",
        format!(
            "Only http and https addresses are opened, and this one starts with “{}:”.",
            url.scheme()
        ),
    ))
}

fn gone(id: &str) -> String {
    format!("“{id}” is not among the browsers of this computer any more")
}

/// The desktop knows them: they are the programs for `http` addresses.
#[cfg(target_os = "linux")]
mod linux {
    use super::{Browser, gone};
    use gtk::gio::prelude::AppInfoExt as _;
    use gtk::gio::{AppInfo, AppLaunchContext};

    const ADDRESSES: &str = "x-scheme-handler/http";

    fn programs() -> Vec<(String, AppInfo)> {
        let mut programs: Vec<(String, AppInfo)> = Vec::new();
        let all = AppInfo::all_for_type(ADDRESSES).into_iter().filter(AppInfo::should_show);
        for program in AppInfo::default_for_type(ADDRESSES, false).into_iter().chain(all) {
            if let Some(id) = program.id()
                && !programs.iter().any(|(known, _)| *known == id)
            {
                programs.push((id.into(), program));
            }
        }
        programs
    }

    pub(super) fn installed() -> Vec<Browser> {
        let named = |(id, program): (String, AppInfo)| Browser {
            id,
            name: program.display_name().into(),
        };
        programs().into_iter().map(named).collect()
    }

    pub(super) fn open(id: &str, url: &str) -> Result<(), String> {
        let (_, program) = programs().into_iter().find(|(known, _)| known == id).ok_or_else(|| gone(id))?;
        program
            .launch_uris(&[url], None::<&AppLaunchContext>)
            .map_err(|error| error.to_string())
    }
}

/// Where the system keeps no list that is easily read, well-known browsers are looked for in their usual places.
#[cfg(not(target_os = "linux"))]
mod known {
    use super::{Browser, gone};
    use std::path::PathBuf;
    use std::process::Command;

    /// Id, name, and where it is below one of [`roots`].
    #[cfg(target_os = "macos")]
    const KNOWN: [(&str, &str, &str); 6] = [
        ("safari", "Safari", "Safari.app"),
        ("chrome", "Google Chrome", "Google Chrome.app"),
        ("firefox", "Firefox", "Firefox.app"),
        ("edge", "Microsoft Edge", "Microsoft Edge.app"),
        ("brave", "Brave", "Brave Browser.app"),
        ("chromium", "Chromium", "Chromium.app"),
    ];
    #[cfg(not(target_os = "macos"))]
    const KNOWN: [(&str, &str, &str); 4] = [
        ("edge", "Microsoft Edge", r"Microsoft\Edge\Application\msedge.exe"),
        ("chrome", "Google Chrome", r"Google\Chrome\Application\chrome.exe"),
        ("firefox", "Firefox", r"Mozilla Firefox\firefox.exe"),
        ("brave", "Brave", r"BraveSoftware\Brave-Browser\Application\brave.exe"),
    ];

    fn roots() -> Vec<PathBuf> {
        if cfg!(target_os = "macos") {
            return vec![
                "/Applications".into(),
                "/System/Volumes/Preboot/Cryptexes/App/System/Applications".into(),
            ];
        }
        ["ProgramFiles", "ProgramFiles(x86)", "LocalAppData"]
            .iter()
            .filter_map(|name| std::env::var_os(name).map(PathBuf::from))
            .collect()
    }

    fn place(below: &str) -> Option<PathBuf> {
        roots().into_iter().map(|root| root.join(below)).find(|path| path.exists())
    }

    pub(super) fn installed() -> Vec<Browser> {
        let there = KNOWN.iter().filter(|(_, _, below)| place(below).is_some());
        there
            .map(|(id, name, _)| Browser {
                id: (*id).to_owned(),
                name: (*name).to_owned(),
            })
            .collect()
    }

    pub(super) fn open(id: &str, url: &str) -> Result<(), String> {
        let known = KNOWN.iter().find(|(known, _, _)| *known == id);
        let program = known.and_then(|(_, _, below)| place(below)).ok_or_else(|| gone(id))?;
        let mut start = if cfg!(target_os = "macos") {
            let mut open = Command::new("open");
            open.arg("-a").arg(program);
            open
        } else {
            Command::new(program)
        };
        start.arg(url).spawn().map(drop).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_addresses_pass_unchanged() {
        for address in [
            "http://localhost:3001/oidc/auth?client_id=a%20b&scope=openid",
            "https://app.example/cb#x",
        ] {
            assert_eq!(web_address(address).unwrap().as_str(), address);
        }
    }

    #[test]
    fn anything_that_could_start_a_program_is_refused() {
        for address in [
            "file:///etc/passwd",
            "javascript:alert(1)",
            "mailto:a@example.com",
            "vscode://open",
            "data:text/html,x",
        ] {
            assert_eq!(web_address(address).unwrap_err().code, "console.not_a_web_address", "{address}");
        }
        for address in ["", "localhost", "http://", "/etc/passwd"] {
            assert_eq!(web_address(address).unwrap_err().code, "console.not_an_address", "{address}");
        }
    }

    #[test]
    fn only_a_listed_browser_is_started() {
        for id in ["", "/bin/sh", "../x.desktop", "no-such-browser.desktop"] {
            assert_eq!(system::open(id, "http://localhost/").unwrap_err(), gone(id));
        }
        let installed = system::installed();
        assert!(
            installed.iter().all(|browser| !browser.id.is_empty() && !browser.name.is_empty()),
            "{installed:?}"
        );
    }
}
