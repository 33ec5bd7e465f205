//! Applies a document to what is stored.

mod access;
mod factors;
mod people;
mod things;

pub(super) use factors::base32;
pub(super) use people::{ApplyPeople, find_person};

use super::document::Document;
use super::error::{ApplyError, ConfigError};
use super::passwords::{Fingerprints, PreparedHashes};
use serde::Serialize;
use std::fmt;
use vestibule_core::model::Problem;
use vestibule_core::record::{Record, digest};
use vestibule_core::{Cx, StoreError};

/// Logto's name of an application's first secret (sheet 1.8).
pub(super) const DEFAULT_SECRET: &str = "Default secret";

/// How many entries applying a document touched. Settings count as one entry each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Were not there before.
    pub created: usize,
    /// Were there and differed.
    pub updated: usize,
    /// Were as the file says.
    pub unchanged: usize,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} created, {} updated, {} unchanged",
            self.created, self.updated, self.unchanged
        )
    }
}

/// Makes what the document names so, and leaves the rest alone. A document that is in force already writes nothing.
///
/// `hashes` come from [`super::passwords_to_hash`] over the same state.
///
/// # Errors
/// When the document doesn't fit what is stored, with every misfit's place in the file, or when the store fails.
/// The context holds half the writes then and must be dropped.
pub fn apply(document: &Document, cx: &mut Cx<'_>, hashes: &PreparedHashes) -> Result<Summary, ApplyError> {
    let mut applier = Applier {
        document,
        cx,
        summary: Summary::default(),
        errors: Vec::new(),
    };
    applier.settings()?;
    applier.connectors()?;
    applier.resources()?;
    applier.applications()?;
    let known = Fingerprints::read(applier.cx)?;
    let people = applier.people(hashes, &known)?;
    applier.roles(&people)?;
    applier.fingerprints(&known, &people)?;
    if applier.errors.is_empty() {
        Ok(applier.summary)
    } else {
        super::sort(&mut applier.errors);
        Err(ApplyError::Config(applier.errors))
    }
}

/// The work in progress.
struct Applier<'d, 'c, 'v> {
    document: &'d Document,
    cx: &'c mut Cx<'v>,
    summary: Summary,
    errors: Vec<ConfigError>,
}

impl Applier<'_, '_, '_> {
    fn error(&mut self, path: impl AsRef<str>, message: impl Into<String>) {
        self.errors.push(self.document.source.error(path.as_ref(), message));
    }

    /// Reports what the shared rules say of the merged outcome.
    fn problems(&mut self, at: &str, problems: Vec<Problem>) {
        for problem in problems {
            self.error(format!("{at}.{}", problem.field), problem.message);
        }
    }

    /// Stores an entry if it differs, and counts it.
    fn put<R: Record>(&mut self, old: Option<&R>, new: &R) -> Result<(), StoreError> {
        match old {
            None => self.summary.created += 1,
            Some(old) if same(old, new)? => {
                self.summary.unchanged += 1;
                return Ok(());
            }
            Some(_) => self.summary.updated += 1,
        }
        self.cx.put(new)
    }

    /// Keeps the password fingerprints in step. Not an entry of the file, so not counted.
    fn fingerprints(&mut self, known: &Fingerprints, people: &ApplyPeople) -> Result<(), StoreError> {
        let renewed = known.renewed(self.cx, people, &self.document.users)?;
        if renewed == *known || (known.is_empty() && renewed.is_empty()) {
            return Ok(());
        }
        self.cx.put(&renewed)
    }
}

fn same<T: Serialize>(a: &T, b: &T) -> Result<bool, StoreError> {
    let value = |t: &T| serde_json::to_value(t).map_err(|error| StoreError::Corrupt(error.to_string()));
    Ok(value(a)? == value(b)?)
}

/// An outcome of [`super::Patch::over`] that can't happen after the schema judged the file, kept as an error all the same.
fn merged<T>(outcome: Result<T, serde_json::Error>) -> Result<T, StoreError> {
    outcome.map_err(|error| StoreError::Corrupt(error.to_string()))
}

/// A stable id of `length` lowercase alphanumerics for an entry without one, from what it is known by.
fn derived_id(kind: &str, known_by: &str, length: usize) -> String {
    let mut out = String::with_capacity(length);
    let mut round = 0;
    while out.len() < length {
        let digest = digest(&format!("{kind}\n{round}\n{known_by}"));
        let usable = digest.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase());
        out.extend(usable.take(length - out.len()));
        round += 1;
    }
    out
}
