//! Written in a moment.
fn main() {}
