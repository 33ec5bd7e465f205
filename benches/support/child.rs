//! Servers as child processes of this very program, each pinned to one core and asked for its CPU time over its pipes.
//!
//! A child reads lines: `cpu` is answered with `cpu <nanoseconds>` of the whole process, `run N` (floors only) with
//! `ran <nanoseconds>`. It ends when its standard input does.

use crate::{Failure, Outcome, floor};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child as Process, ChildStdin, ChildStdout, Command, ExitCode, Stdio};
use std::time::Duration;
use vestibule_server::cli::Cli;

/// The first argument of a child; the role follows.
const AS: &str = "--as";

/// What a child is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The provider, headless, with the arguments of its command line.
    Provider,
    /// A bare warp server that answers everything with nothing.
    Warp,
    /// Signs with ES384.
    Sign,
    /// Writes and flushes.
    Write,
}

impl Role {
    const fn name(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Warp => "warp",
            Self::Sign => "sign",
            Self::Write => "write",
        }
    }
}

/// Plays a role if the arguments ask for one; otherwise the program is itself.
#[must_use]
pub fn play() -> Option<ExitCode> {
    let mut args = std::env::args().skip(1);
    if args.next().as_deref() != Some(AS) {
        return None;
    }
    let role = args.next().unwrap_or_default();
    pin(0);
    let rest: Vec<String> = args.collect();
    let outcome = match role.as_str() {
        "provider" => Ok(provider(rest)),
        "warp" => floor::serve_nothing().map(|()| 0),
        "sign" => floor::sign_on_request().map(|()| 0),
        "write" => floor::write_on_request().map(|()| 0),
        other => Err(format!("no role is called {other}").into()),
    };
    Some(match outcome {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{role}: {error}");
            ExitCode::FAILURE
        }
    })
}

fn provider(args: Vec<String>) -> u8 {
    // Standard input ends when the parent does: nothing is left running.
    std::thread::spawn(|| {
        obey(|_| None);
        std::process::exit(0);
    });
    match Cli::parse_args(std::iter::once("vestibule".to_owned()).chain(args)) {
        Ok(cli) => vestibule_server::headless::run(&cli),
        Err(code) => code,
    }
}

/// Answers the parent's lines until there are no more. `run` does what `run N` asks for.
pub(crate) fn obey(mut run: impl FnMut(u64) -> Option<Duration>) {
    for line in std::io::stdin().lines() {
        let Ok(line) = line else { break };
        let answer = match line.strip_prefix("run ").map(str::parse) {
            None if line == "cpu" => {
                let spent = cpu_time::ProcessTime::try_now().map_or(Duration::ZERO, |time| time.as_duration());
                format!("cpu {}", spent.as_nanos())
            }
            Some(Ok(times)) => run(times).map_or_else(|| "refused".to_owned(), |time| format!("ran {}", time.as_nanos())),
            _ => "refused".to_owned(),
        };
        if writeln!(std::io::stdout(), "{answer}").is_err() {
            break;
        }
    }
}

/// Keeps this process, and the threads it starts, on one core; 0 is the server's. A system without that is measured unpinned.
pub fn pin(place: usize) {
    let cores = core_affinity::get_core_ids().unwrap_or_default();
    if let Some(core) = cores.get(place.min(cores.len().saturating_sub(1))) {
        core_affinity::set_for_current(*core);
    }
}

/// A running child; dropping it ends it.
#[derive(Debug)]
pub struct Child {
    process: Process,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Child {
    /// Starts `program` (this one, or the report from a criterion bench) in a role.
    ///
    /// # Errors
    /// When it can't be started.
    pub fn start(program: &Path, role: Role, args: &[&str]) -> Outcome<Self> {
        let mut process = Command::new(program)
            .args([AS, role.name()])
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(if std::env::var_os("BENCH_LOG").is_some() {
                Stdio::inherit()
            } else {
                Stdio::null()
            })
            .spawn()?;
        let input = process.stdin.take();
        let output = process.stdout.take().ok_or("the child has no output")?;
        Ok(Self {
            process,
            input,
            output: BufReader::new(output),
        })
    }

    /// The process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// The next line it writes.
    ///
    /// # Errors
    /// When it has ended.
    pub fn line(&mut self) -> Outcome<String> {
        let mut line = String::new();
        if self.output.read_line(&mut line)? == 0 {
            return Err("the child has ended; BENCH_LOG=1 shows what it says".into());
        }
        Ok(line.trim_end().to_owned())
    }

    fn ask(&mut self, question: &str, prefix: &str) -> Outcome<Duration> {
        let input = self.input.as_mut().ok_or("the child's input is closed")?;
        writeln!(input, "{question}")?;
        let line = self.line()?;
        let nanos = line
            .strip_prefix(prefix)
            .ok_or_else(|| Failure::from(format!("the child answered {line}")))?;
        Ok(Duration::from_nanos(nanos.parse()?))
    }

    /// CPU time the process has used, all its threads, user and system.
    ///
    /// # Errors
    /// When it has ended.
    pub fn cpu(&mut self) -> Outcome<Duration> {
        self.ask("cpu", "cpu ")
    }

    /// Does the role's work a number of times; the CPU time of all.
    ///
    /// # Errors
    /// When it has ended.
    pub fn run(&mut self, times: u64) -> Outcome<Duration> {
        self.ask(&format!("run {times}"), "ran ")
    }

    /// Asks the process to end in order (SIGTERM) and waits.
    ///
    /// # Errors
    /// When it can't be asked.
    pub fn stop(mut self) -> Outcome<()> {
        #[cfg(unix)]
        {
            Command::new("kill").args(["-TERM", &self.id().to_string()]).status()?;
            self.process.wait()?;
        }
        self.input.take();
        Ok(())
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Already ended is as good.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The provider or the bare server, listening.
#[derive(Debug)]
pub struct Server {
    /// Its process.
    pub child: Child,
    /// Its port on the loopback.
    pub port: u16,
}

impl Server {
    /// Starts the provider on a data directory.
    ///
    /// # Errors
    /// When it does not start.
    pub fn provider(program: &Path, data: &Path, config: Option<&Path>) -> Outcome<Self> {
        let text = |path: &Path| -> Outcome<String> { Ok(path.to_str().ok_or("a path is not UTF-8")?.to_owned()) };
        let mut args: Vec<String> = ["serve", "--port", "0", "--data-dir"].map(str::to_owned).to_vec();
        args.push(text(data)?);
        if let Some(config) = config {
            args.extend(["--config".to_owned(), text(config)?]);
        }
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        Self::listening(Child::start(program, Role::Provider, &args)?)
    }

    /// Starts the bare warp server.
    ///
    /// # Errors
    /// When it does not start.
    pub fn bare(program: &Path) -> Outcome<Self> {
        Self::listening(Child::start(program, Role::Warp, &[])?)
    }

    fn listening(mut child: Child) -> Outcome<Self> {
        let line = child.line()?;
        let announced: serde_json::Value = serde_json::from_str(&line)?;
        let port = announced["port"].as_u64().and_then(|port| u16::try_from(port).ok());
        Ok(Self {
            child,
            port: port.ok_or("the child did not say its port")?,
        })
    }
}

/// This program's own file.
///
/// # Errors
/// When the system does not tell.
pub fn this_program() -> Outcome<PathBuf> {
    Ok(std::env::current_exe()?)
}
