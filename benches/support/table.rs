//! What is printed.

use crate::measure::micros;
use std::fmt::Write as _;
use std::time::Duration;

/// A line of the table of operations.
#[derive(Clone, Debug)]
pub struct Row {
    /// The operation.
    pub name: String,
    /// CPU time of the server for one.
    pub cpu: Duration,
    /// Wall time of the client for one, all connections together.
    pub wall: Duration,
    /// The floor.
    pub floor: Duration,
    /// What the floor is made of.
    pub made_of: String,
    /// How many times the floor is allowed; `None` when no target was set.
    pub target: Option<f64>,
}

/// A line of the table of other targets.
#[derive(Clone, Debug)]
pub struct Fact {
    /// What was measured.
    pub name: String,
    /// How much.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
    /// At most this much; `None` when no target was set.
    pub target: Option<f64>,
}

fn verdict(value: f64, target: Option<f64>) -> &'static str {
    match target {
        None => "",
        Some(target) if value <= target => "ok",
        Some(_) => "over",
    }
}

/// The table of operations.
#[must_use]
pub fn operations(rows: &[Row]) -> String {
    let mut out = format!(
        "{:<34} {:>9} {:>9} {:>9} {:>7} {:>7} {:<5} floor is\n",
        "operation", "CPU µs", "wall µs", "floor µs", "ratio", "target", ""
    );
    for row in rows {
        let ratio = row.cpu.as_secs_f64() / row.floor.as_secs_f64();
        let target = row.target.map(|target| format!("{target:.1}")).unwrap_or_default();
        // Writing to a String can't fail.
        let _ = writeln!(
            out,
            "{:<34} {:>9.1} {:>9.1} {:>9.1} {:>7.2} {:>7} {:<5} {}",
            row.name,
            micros(row.cpu),
            micros(row.wall),
            micros(row.floor),
            ratio,
            target,
            verdict(ratio, row.target),
            row.made_of
        );
    }
    out
}

/// The table of other targets.
#[must_use]
pub fn facts(rows: &[Fact]) -> String {
    let mut out = String::new();
    for row in rows {
        let target = row.target.map(|target| format!("{target}")).unwrap_or_default();
        let _ = writeln!(
            out,
            "{:<54} {:>9.2} {:<6} {:>7} {}",
            row.name,
            row.value,
            row.unit,
            target,
            verdict(row.value, row.target)
        );
    }
    out
}
