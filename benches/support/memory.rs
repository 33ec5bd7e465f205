//! Resident memory of a process.

use crate::Outcome;

/// Mebibytes resident, and the proportional share where the system tells (Linux).
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    /// Resident set.
    pub resident: f64,
    /// Proportional set; 0 when it can't be told.
    pub proportional: f64,
}

/// The memory of a process now.
///
/// # Errors
/// When the system does not tell.
pub fn of(process: u32) -> Outcome<Memory> {
    let resident = std::fs::read_to_string(format!("/proc/{process}/status"))
        .ok()
        .and_then(|text| kilobytes(&text, "VmRSS:"))
        .map_or_else(|| from_ps(process), Ok)?;
    let proportional = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup"))
        .ok()
        .and_then(|text| kilobytes(&text, "Pss:"))
        .unwrap_or_default();
    Ok(Memory {
        resident: resident / 1024.0,
        proportional: proportional / 1024.0,
    })
}

fn kilobytes(text: &str, name: &str) -> Option<f64> {
    text.lines()
        .find_map(|line| line.strip_prefix(name))?
        .split_whitespace()
        .next()?
        .parse()
        .ok()
}

fn from_ps(process: u32) -> Outcome<f64> {
    let output = std::process::Command::new("ps")
        .args(["-o", "rss=", "-p", &process.to_string()])
        .output()?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().parse()?)
}
