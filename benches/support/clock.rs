//! The benchmarks' own stopwatch.

use std::time::{Duration, Instant};

/// Runs.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts one.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "measuring is what a benchmark is for")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// The time since.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "measuring is what a benchmark is for")]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Does nothing for a while: work that a server puts off must have its time to be counted.
#[expect(
    clippy::disallowed_methods,
    reason = "nothing announces the end of deferred work to another process"
)]
pub fn rest(time: Duration) {
    std::thread::sleep(time);
}
