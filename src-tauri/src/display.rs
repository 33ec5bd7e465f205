//! What has to be settled before a window can be made: is there a screen, and can its renderer be trusted.

#[cfg(target_os = "linux")]
pub(crate) use linux::{available, settle_renderer};
#[cfg(not(target_os = "linux"))]
pub(crate) use other::{available, settle_renderer};

#[cfg(target_os = "linux")]
mod linux {
    use std::os::unix::process::CommandExt as _;
    use std::process::Command;
    use std::{env, io};

    /// Read by WebKitGTK when its first view is made, in this process and in those it starts.
    const DMABUF: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";

    /// Whether the environment names a screen.
    pub(super) fn named(variable: impl Fn(&str) -> Option<std::ffi::OsString>) -> bool {
        ["WAYLAND_DISPLAY", "DISPLAY"]
            .iter()
            .any(|name| variable(name).is_some_and(|value| !value.is_empty()))
    }

    /// Whether a window can be opened here. Tauri panics without a screen, and a variable may name one that is gone, so
    /// the toolkit itself is asked.
    pub(crate) fn available() -> bool {
        named(|name| env::var_os(name)) && gtk::init().is_ok()
    }

    /// Switches off WebKitGTK's DMA-BUF renderer, which draws nothing but white on some drivers, unless the person has
    /// decided about it. A process may not safely change its own environment once threads may run, so the program
    /// starts itself again in the same process with the variable set; this returns only when it already was.
    ///
    /// # Errors
    /// When the program could not be started again. It can go on, with the renderer as it is.
    pub(crate) fn settle_renderer() -> io::Result<()> {
        if env::var_os(DMABUF).is_some() || !named(|name| env::var_os(name)) {
            return Ok(());
        }
        let mut arguments = env::args_os();
        let mut again = Command::new(env::current_exe()?);
        if let Some(name) = arguments.next() {
            again.arg0(name);
        }
        Err(again.args(arguments).env(DMABUF, "1").exec())
    }

    #[cfg(test)]
    mod tests {
        use super::named;
        use std::ffi::OsString;

        #[test]
        fn either_kind_of_screen_counts_and_an_empty_name_does_not() {
            let with = |set: &'static str, value: &'static str| named(move |name| (name == set).then(|| OsString::from(value)));
            assert!(with("DISPLAY", ":0"));
            assert!(with("WAYLAND_DISPLAY", "wayland-0"));
            assert!(!with("DISPLAY", ""));
            assert!(!with("TERM", "xterm"));
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod other {
    use std::io;

    /// A desktop program of these systems always has a screen.
    pub(crate) const fn available() -> bool {
        true
    }

    /// Nothing to settle: the system's own web view is used as it is.
    #[allow(clippy::unnecessary_wraps)]
    pub(crate) const fn settle_renderer() -> io::Result<()> {
        Ok(())
    }
}
