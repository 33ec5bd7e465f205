//! The command line: one grammar for the desktop program and the headless binary.

mod ctl;
mod directory;
mod logging;

pub use ctl::{CtlArgs, run_ctl};
pub use directory::default_data_dir;
pub use logging::init_logging;

use crate::config::{self, ConfigError};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use url::Url;

/// The port served unless `--port` says otherwise: Logto's.
pub const DEFAULT_PORT: u16 = 3001;

/// The file in the data directory that holds the token of the control interface.
const CONTROL_TOKEN: &str = "control.token";

/// What the program's exit codes mean.
pub mod exit {
    /// Stopped by a signal, or did what it was asked.
    pub const STOPPED: u8 = 0;
    /// Bad usage or a bad configuration file.
    pub const USAGE: u8 = 2;
    /// The port belongs to another program.
    pub const PORT_TAKEN: u8 = 3;
    /// The data directory is locked or can't be read; nothing in it was touched.
    pub const DATA_DIR: u8 = 4;
    /// `ctl`: nothing runs here, or it was started without `--control`.
    pub const NOT_RUNNING: u8 = 5;
    /// `ctl`: the running program refused.
    pub const REFUSED: u8 = 6;
}

/// A local OpenID Connect provider that shows what every sign-in does, and why.
#[derive(Debug, Parser)]
#[command(name = "vestibule", version, args_conflicts_with_subcommands = true, after_help = AFTER_HELP)]
pub struct Cli {
    /// What to do; without one, the desktop program opens its window.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How to serve when no command is given.
    #[command(flatten)]
    pub serve: ServeArgs,
    /// Start in the tray, without showing the window; the headless program has none to show
    #[arg(long)]
    pub hidden: bool,
}

const AFTER_HELP: &str = "\
Exit codes: 0 stopped by a signal, 2 bad usage or configuration, 3 port taken, 4 data directory locked or unreadable;
of ctl also 5 nothing runs here with --control, 6 refused.
VESTIBULE_LOG filters the log, as in VESTIBULE_LOG=vestibule=debug,info.";

/// A command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve without a window until stopped
    Serve(ServeArgs),
    /// Check a configuration file and change nothing
    Check(CheckArgs),
    /// Ask and order the running program, which was started with --control
    Ctl(CtlArgs),
}

/// How to serve.
#[derive(Clone, Debug, Default, Args)]
pub struct ServeArgs {
    /// Port to serve on; 0 takes a free one [default: 3001]
    #[arg(long, value_name = "N")]
    pub port: Option<u16>,
    /// Address to bind; without it only this computer can connect
    #[arg(long, value_name = "ADDR", value_parser = parse_host)]
    pub host: Option<IpAddr>,
    /// Where to keep data
    #[arg(long, value_name = "DIR", conflicts_with = "ephemeral")]
    pub data_dir: Option<PathBuf>,
    /// Keep everything in memory and forget it at the end
    #[arg(long)]
    pub ephemeral: bool,
    /// Configuration file (TOML), applied at every start
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Public address, when a proxy or another host name stands in front
    #[arg(long, value_name = "URL", value_parser = parse_endpoint)]
    pub endpoint: Option<Url>,
    /// Answer the control interface; its bearer token is written to FILE, for its owner only [default: control.token in
    /// the data directory]
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    pub control: Option<Option<PathBuf>>,
    /// How to write the log to standard error
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub log: LogFormat,
}

/// What to check.
#[derive(Clone, Debug, Args)]
pub struct CheckArgs {
    /// Configuration file (TOML)
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Several lines an event, with places in the source
    Pretty,
    /// One line an event
    #[default]
    Compact,
    /// One JSON object a line
    Json,
}

/// An address, or `localhost` for the IPv4 loopback.
fn parse_host(text: &str) -> Result<IpAddr, String> {
    if text.eq_ignore_ascii_case("localhost") {
        return Ok(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
    bare.parse()
        .map_err(|_| "not an IP address. Write one such as 127.0.0.1, ::1 or 0.0.0.0, without a port".to_owned())
}

/// An http or https origin: the routes stand at its root.
fn parse_endpoint(text: &str) -> Result<Url, String> {
    const RIGHT: &str = "Write scheme, host and port, such as https://id.example.test";
    let url = Url::parse(text).map_err(|error| format!("not an address ({error}). {RIGHT}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("must begin with http:// or https://. {RIGHT}"));
    }
    let plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if !plain || !url.username().is_empty() || url.password().is_some() {
        return Err(format!("must have no path, query, fragment or credentials. {RIGHT}"));
    }
    Ok(url)
}

impl Cli {
    /// Parses arguments, the program's name first. Help and version go to standard output, errors to standard error.
    ///
    /// # Errors
    /// The exit code to end with: 0 after help or version, 2 after bad usage.
    pub fn parse_args<I, T>(args: I) -> Result<Self, u8>
    where
        I: IntoIterator<Item = T>,
        T: Into<OsString> + Clone,
    {
        Self::try_parse_from(args).map_err(|error| {
            // Nothing better can be done when the terminal is gone.
            let _ = error.print();
            if error.use_stderr() { exit::USAGE } else { exit::STOPPED }
        })
    }
}

impl ServeArgs {
    /// The port to try; 0 takes a free one.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(DEFAULT_PORT)
    }

    /// The addresses to bind: the one asked for, else loopback of both families (one may be missing on a computer).
    #[must_use]
    pub fn addresses(&self) -> Vec<IpAddr> {
        match self.host {
            Some(host) => vec![host],
            None => vec![IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)],
        }
    }

    /// What to say when other computers can connect; `None` while only this one can.
    #[must_use]
    pub fn exposure_warning(&self) -> Option<String> {
        let host = self.host.filter(|host| !host.is_loopback())?;
        let who = if host.is_unspecified() {
            "every computer that can reach this one".to_owned()
        } else {
            format!("every computer that can reach {host}")
        };
        Some(format!(
            "Warning: --host {host} lets {who} sign in here. Vestibule is made for development: anybody there can sign in as anybody while development sign-in is on. Leave --host out to serve this computer only."
        ))
    }

    /// Where data is kept: `None` when in memory only.
    ///
    /// # Errors
    /// When no directory was given and the operating system names no home either.
    pub fn data_dir(&self) -> Result<Option<PathBuf>, String> {
        if self.ephemeral {
            return Ok(None);
        }
        match &self.data_dir {
            Some(dir) => Ok(Some(dir.clone())),
            None => default_data_dir(|name| std::env::var_os(name)).map(Some).ok_or_else(|| {
                "There is no home directory to keep data in. Give --data-dir DIR, or --ephemeral to keep nothing.".to_owned()
            }),
        }
    }
}

impl ServeArgs {
    /// Where the token of the control interface is written: `None` while that is off.
    ///
    /// # Errors
    /// When there is no data directory to write it to and no file was named.
    pub fn control_file(&self) -> Result<Option<PathBuf>, String> {
        match (&self.control, self.data_dir()?) {
            (None, _) => Ok(None),
            (Some(Some(file)), _) => Ok(Some(file.clone())),
            (Some(None), Some(dir)) => Ok(Some(dir.join(CONTROL_TOKEN))),
            (Some(None), None) => {
                Err("--ephemeral has no directory for the control interface's token. Name a file: --control=FILE.".to_owned())
            }
        }
    }
}

/// `vestibule check --config FILE`: says what is wrong on standard error, or that nothing is on standard output.
/// Returns the exit code.
#[must_use]
pub fn run_check(file: &Path) -> u8 {
    check_into(file, &mut std::io::stdout().lock(), &mut std::io::stderr().lock())
}

/// [`run_check`] with the two outputs given. A closed output changes nothing about the answer.
pub fn check_into(file: &Path, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    let shown = file.display().to_string();
    let checked = config::read_file(file)
        .map_err(|error| vec![error])
        .and_then(|text| config::parse_alone(&shown, &text))
        .and_then(|mut document| config::check_files(&mut document, file).map(|()| document));
    match checked {
        Ok(document) => {
            let _ = writeln!(out, "{shown}: in order. {}", document.contents());
            exit::STOPPED
        }
        Err(errors) => {
            report_errors(&errors, err);
            exit::USAGE
        }
    }
}

/// Writes configuration errors one a line, and how many there are.
pub fn report_errors(errors: &[ConfigError], err: &mut dyn Write) {
    for error in errors {
        let _ = writeln!(err, "{error}");
    }
    let _ = match errors.len() {
        1 => writeln!(err, "1 problem. Nothing was changed."),
        count => writeln!(err, "{count} problems. Nothing was changed."),
    };
}

#[cfg(test)]
mod tests;
