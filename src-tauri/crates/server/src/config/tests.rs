//! Tests of configuration files.

mod applying;
mod connectors;
mod errors;
mod organizations;
mod robust;
mod sealing;
mod shape;
mod world;

pub(crate) use world::{Stored, fake_hash};

use super::*;

/// The example file with every key.
pub(crate) const FULL: &str = include_str!("../../../../../tests/fixtures/full.toml");

/// A document that must be in order.
pub(crate) fn good(text: &str) -> Document {
    parse("test.toml", text).unwrap_or_else(|errors| panic!("{}", listed(&errors)))
}

pub(crate) fn listed(errors: &[ConfigError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
