//! The program `vestibule`: a window around the provider, or the provider alone.

use std::process::ExitCode;

fn main() -> ExitCode {
    vestibule::run()
}
