//! The built binary as a child process.

use crate::browser::Browser;
use crate::wire::Origin;
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Longer than a start may take, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(60);

/// The headless binary: `VESTIBULE_BIN`, else the one that was built beside this test.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("VESTIBULE_BIN") {
        return path.into();
    }
    // target/<profile>/deps/<this test> → target/<profile>/
    let here = std::env::current_exe().expect("this test has a path");
    let profile = here.parent().and_then(Path::parent).expect("tests live in target/<profile>/deps");
    let path = profile.join(format!("vestibule-headless{}", std::env::consts::EXE_SUFFIX));
    assert!(
        path.exists(),
        "{} is missing. Build it with `cargo build --workspace --bin vestibule-headless`, or name another one in VESTIBULE_BIN.",
        path.display()
    );
    path
}

/// How to start the binary.
#[derive(Debug)]
pub struct Start {
    command: Command,
}

impl Start {
    /// With these arguments, and nothing of this test's environment that the binary would heed.
    #[must_use]
    pub fn new(arguments: &[&str]) -> Self {
        let mut command = Command::new(binary());
        command
            .args(arguments)
            .env_remove("VESTIBULE_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Self { command }
    }

    /// `serve` on a free port in this directory.
    #[must_use]
    pub fn serve(dir: &Path) -> Self {
        Self::new(&["serve", "--port", "0", "--data-dir"]).arg(dir)
    }

    /// As [`Start::serve`], with one application and nobody with a password, so that nothing is hashed.
    #[must_use]
    pub fn plain(dir: &Path) -> Self {
        Self::serve(dir).arg("--config").arg(crate::provider::fixture("plain.toml"))
    }

    /// One more argument.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// One more variable of the environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs it to its end.
    ///
    /// # Panics
    /// When it can't be started.
    #[must_use]
    pub fn output(mut self) -> Output {
        self.command.output().expect("the binary starts")
    }

    /// Starts it and waits until it is ready.
    ///
    /// # Panics
    /// When it ends instead, or takes too long.
    #[must_use]
    pub fn ready(mut self) -> Process {
        let mut child = self.command.spawn().expect("the binary starts");
        let stdout = child.stdout.take().expect("standard output is piped");
        let mut stderr = child.stderr.take().expect("standard error is piped");
        let log = std::thread::spawn(move || {
            let mut text = Vec::new();
            let _ = stderr.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        });
        let (tell, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = tell.send(line);
            }
        });
        let Ok(line) = lines.recv_timeout(PATIENCE) else {
            let _ = child.kill();
            let status = child.wait();
            panic!("no ready line; {status:?}; it said: {}", log.join().unwrap_or_default());
        };
        let ready: Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("the first line is not JSON ({e}): {line}"));
        let port = ready["port"].as_u64().and_then(|port| u16::try_from(port).ok()).expect("a port");
        Process {
            child,
            ready,
            lines,
            log: Some(log),
            origin: Origin { port },
        }
    }
}

/// A running binary. It is killed when it is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// What its first line on standard output said.
    pub ready: Value,
    lines: Receiver<String>,
    log: Option<JoinHandle<String>>,
    /// Where it answers.
    pub origin: Origin,
}

impl Process {
    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// A browser that has been nowhere.
    #[must_use]
    pub fn browser(&self) -> Browser {
        Browser::new(self.origin)
    }

    /// Sends a signal, such as `TERM`, and waits for the end.
    #[must_use]
    pub fn end(mut self, signal: &str) -> Ended {
        send_signal(self.child.id(), signal);
        self.wait()
    }

    /// Ends it at once, whatever it is doing.
    #[must_use]
    pub fn kill(mut self) -> Ended {
        let _ = self.child.kill();
        self.wait()
    }

    fn wait(&mut self) -> Ended {
        let status = self.child.wait().expect("the child can be waited for");
        let log = self.log.take().and_then(|log| log.join().ok()).unwrap_or_default();
        Ended {
            status,
            stdout: self.lines.iter().collect(),
            stderr: log,
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How a process ended.
#[derive(Debug)]
pub struct Ended {
    /// Its status.
    pub status: ExitStatus,
    /// Lines on standard output after the ready line.
    pub stdout: Vec<String>,
    /// Everything on standard error.
    pub stderr: String,
}

/// Sends a signal to a process of this test.
///
/// # Panics
/// When there is no shell.
pub fn send_signal(process: u32, signal: &str) {
    let status = Command::new("sh").args(["-c", &format!("kill -{signal} {process}")]).status();
    assert!(status.expect("a shell").success(), "kill -{signal} {process}");
}

/// Exit code, standard output and standard error of a run that has ended.
#[must_use]
pub fn finish(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}
