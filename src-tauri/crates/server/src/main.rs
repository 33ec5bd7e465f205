//! The headless binary: the same engine and command line as the desktop program, without a display.

use std::process::ExitCode;
use vestibule_server::cli::Cli;

fn main() -> ExitCode {
    match Cli::parse_args(std::env::args_os()) {
        Ok(cli) => ExitCode::from(vestibule_server::headless::run(&cli)),
        Err(code) => ExitCode::from(code),
    }
}
