//! Measuring: CPU time of a server around a piece of work, and medians of several rounds.

use crate::Outcome;
use crate::child::Child;
use crate::clock::{Stopwatch, rest};
use std::time::Duration;

/// Longer than the store puts off what nobody waits for.
const SETTLE: Duration = Duration::from_millis(750);

/// What one round took, for one operation.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cost {
    /// CPU time of the server.
    pub cpu: Duration,
    /// Wall time, all connections together.
    pub wall: Duration,
}

/// Measures `work`, which says how many operations it did. Work that the server puts off is counted too.
///
/// # Errors
/// When the work fails or the server ends.
pub fn cost(server: &mut Child, work: impl FnOnce() -> Outcome<u32>) -> Outcome<Cost> {
    let before = server.cpu()?;
    let watch = Stopwatch::start();
    let count = work()?.max(1);
    let wall = watch.elapsed();
    rest(SETTLE);
    let cpu = server.cpu()?.saturating_sub(before);
    Ok(Cost {
        cpu: cpu / count,
        wall: wall / count,
    })
}

/// The least. Other programs of a busy machine add to what a round costs, and none takes away, so this comes nearest to
/// what an operation and its floor cost by themselves.
#[must_use]
pub fn least(values: Vec<Duration>) -> Duration {
    values.into_iter().min().unwrap_or_default()
}

/// The least of each part.
#[must_use]
pub fn least_cost(rounds: &[Cost]) -> Cost {
    Cost {
        cpu: least(rounds.iter().map(|round| round.cpu).collect()),
        wall: least(rounds.iter().map(|round| round.wall).collect()),
    }
}

/// The median.
#[must_use]
pub fn median(mut values: Vec<Duration>) -> Duration {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// Microseconds, with their fraction.
#[must_use]
pub fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
