//! The provider in this process: the production composition, real sockets, a clock set by hand and cheap hashes.

use crate::app::App;
use crate::browser::Browser;
use crate::wire::{Origin, Request, Response};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use vestibule_core::console::{ConsoleProblem, ConsoleReply, ConsoleRequest};
use vestibule_core::live::{LiveDetail, LiveSummary, Step, Wire};
use vestibule_core::testing::{FixedClock, START};
use vestibule_keys::{OsEntropy, PasswordHasher};
use vestibule_server::{DataPlace, Engine, Options, Ports};

/// A running provider. It ends in order when it is dropped.
pub struct Provider {
    runtime: Runtime,
    engine: Arc<Engine>,
    /// Its clock; it stands still until it is moved.
    pub clock: Arc<FixedClock>,
    options: Options,
    directory: Option<TempDir>,
}

impl Provider {
    /// In memory, with the test configuration `fixtures/protocol.toml`.
    #[must_use]
    pub fn start() -> Self {
        Self::with(Some(fixture("protocol.toml")), None)
    }

    /// In memory, with the demo data of a first start.
    #[must_use]
    pub fn demo() -> Self {
        Self::with(None, None)
    }

    /// In a data directory of its own, with the test configuration.
    ///
    /// # Panics
    /// When there is no room for a directory.
    #[must_use]
    pub fn in_directory() -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        Self::with(Some(fixture("protocol.toml")), Some(directory))
    }

    fn with(config: Option<PathBuf>, directory: Option<TempDir>) -> Self {
        let options = Options {
            port: 0,
            data: directory
                .as_ref()
                .map_or(DataPlace::Ephemeral, |dir| DataPlace::Directory(dir.path().join("data"))),
            config,
            ..Options::default()
        };
        Self::open(options, directory, Arc::new(FixedClock::at(START)))
    }

    fn open(options: Options, directory: Option<TempDir>, clock: Arc<FixedClock>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("threads");
        let ports = Ports {
            clock: clock.clone(),
            entropy: Arc::new(OsEntropy),
            hasher: PasswordHasher::cheap(Arc::new(OsEntropy)),
        };
        let engine = runtime.block_on(async {
            let engine = Engine::open_with(options.clone(), ports).await.expect("the engine opens");
            engine.listen(options.port).await.expect("the engine listens");
            engine
        });
        Self {
            runtime,
            engine,
            clock,
            options,
            directory,
        }
    }

    /// Ends it in order and starts it again on the same data, at the same time of its clock.
    #[must_use]
    pub fn restarted(mut self) -> Self {
        self.runtime.block_on(self.engine.shutdown());
        let (options, directory, clock) = (self.options.clone(), self.directory.take(), self.clock.clone());
        drop(self);
        Self::open(options, directory, clock)
    }

    /// Ends it in order and answers everything its data directory then holds, one file after the other.
    ///
    /// # Panics
    /// When it lives in memory.
    #[must_use]
    pub fn stopped_with_its_files(mut self) -> Vec<u8> {
        self.runtime.block_on(self.engine.shutdown());
        let directory = self.directory.take().expect("a provider with a data directory");
        crate::tree::contents(directory.path())
    }

    /// Where it answers.
    #[must_use]
    pub fn origin(&self) -> Origin {
        Origin {
            port: self.engine.site().port,
        }
    }

    /// A browser that has been nowhere.
    #[must_use]
    pub fn browser(&self) -> Browser {
        Browser::new(self.origin())
    }

    /// An application of the test configuration, by its id.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn app(&self, id: &str) -> App {
        let (redirect_uri, secret) = match id {
            "spa" => ("https://spa.example.test/callback", None),
            "keeper" => ("https://keeper.example.test/callback", None),
            "web" => ("https://web.example.test/callback", Some("web-secret")),
            "native" => ("test.example.native://callback", None),
            "partner" => ("https://partner.example.test/callback", None),
            "job" => ("", Some("job-secret")),
            other => panic!("{other} is no application of the test configuration"),
        };
        App::new(self.origin(), id, redirect_uri, secret)
    }

    /// Sends a request without cookies.
    #[must_use]
    pub fn send(&self, request: &Request) -> Response {
        self.origin().send(request)
    }

    /// Asks what the window asks.
    ///
    /// # Errors
    /// What the window would be told.
    pub fn console(&self, request: ConsoleRequest) -> Result<ConsoleReply, ConsoleProblem> {
        self.runtime.block_on(self.engine.console(request))
    }

    /// The live sessions, newest first.
    ///
    /// # Panics
    /// When the engine doesn't say.
    #[must_use]
    pub fn sessions(&self) -> Vec<LiveSummary> {
        match self.console(ConsoleRequest::Sessions { limit: 1_000 }) {
            Ok(ConsoleReply::Sessions(sessions)) => sessions,
            other => panic!("{other:?}"),
        }
    }

    /// A live session with its steps.
    ///
    /// # Panics
    /// When it is not kept.
    #[must_use]
    pub fn session(&self, id: &str) -> LiveDetail {
        match self.console(ConsoleRequest::Session { id: id.to_owned() }) {
            Ok(ConsoleReply::Session(Some(session))) => session,
            other => panic!("{other:?}"),
        }
    }

    /// The newest live session.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn newest(&self) -> LiveDetail {
        let sessions = self.sessions();
        // The clock stands still, so the sequence tells which is newest.
        let newest = sessions.iter().max_by_key(|s| s.seq).expect("a live session");
        self.session(newest.id.as_str())
    }

    /// The newest step of the newest live session.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn last_step(&self) -> Step {
        self.newest().steps.last().expect("a step").clone()
    }

    /// Request and response of a step.
    ///
    /// # Panics
    /// When they are not kept.
    #[must_use]
    pub fn wire(&self, step: &Step, reveal: bool) -> Wire {
        let request = ConsoleRequest::Wire {
            id: step.live.0.clone(),
            seq: step.seq,
            reveal,
        };
        match self.console(request) {
            Ok(ConsoleReply::Wire(Some(wire))) => wire,
            other => panic!("{other:?}"),
        }
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.runtime.block_on(self.engine.shutdown());
    }
}

/// A file of `tests/fixtures`.
pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}
