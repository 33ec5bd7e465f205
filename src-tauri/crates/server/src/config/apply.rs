//! Applies a document to what is stored.

mod access;
mod connectors;
mod factors;
mod organizations;
mod people;
mod things;

pub(super) use connectors::{connector_of, subject};
pub(super) use factors::base32;
pub(super) use people::{ApplyPeople, find_person};

use super::document::Document;
use super::error::{ApplyError, ConfigError};
use super::passwords::{Fingerprints, PreparedHashes};
use serde::Serialize;
use std::fmt;
use vestibule_core::experience::identifier::{username_case_conflicts, username_policy};
use vestibule_core::model::{CustomProfileField, Problem, SignInExperience};
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
    let any_case_before = !username_policy(applier.cx)?.case_sensitive;
    applier.profile_fields()?;
    applier.phrases()?;
    applier.messages()?;
    applier.settings()?;
    applier.connectors()?;
    applier.resources()?;
    applier.applications()?;
    let known = Fingerprints::read(applier.cx)?;
    let people = applier.people(hashes, &known)?;
    applier.roles(&people)?;
    applier.organizations()?;
    applier.usernames_in_any_case(any_case_before)?;
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
            let problem = problem.under(at);
            let error = self.document.source.error(&problem.field, &problem.message);
            self.errors.push(error.coded(problem.code));
        }
    }

    /// Usernames can only be compared without case from now on when none differ by that alone (sheet 5.2).
    fn usernames_in_any_case(&mut self, before: bool) -> Result<(), StoreError> {
        if before || username_policy(self.cx)?.case_sensitive {
            return Ok(());
        }
        if let Err(problem) = no_case_conflicts(self.cx)? {
            self.problems("signInExperience", vec![problem]);
        }
        Ok(())
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

/// The first custom profile field that sign-up should ask for and that is not there (sheet 5.1).
pub(crate) fn unknown_profile_field(cx: &Cx<'_>, row: &SignInExperience) -> Result<Option<Problem>, StoreError> {
    for (index, field) in row.sign_up_profile_fields.iter().flatten().enumerate() {
        if cx.get::<CustomProfileField>(&field.name)?.is_none() {
            return Ok(Some(Problem::coded(
                "custom_profile_fields.entity_not_exists_with_names",
                format!("signUpProfileFields.{index}.name"),
                format!(
                    "There is no custom profile field “{}”. Create it first, or remove it here.",
                    field.name.escape_debug()
                ),
            )));
        }
    }
    Ok(None)
}

/// The refusal to compare usernames without case while some differ by that alone (sheet 5.2).
pub(crate) fn no_case_conflicts(cx: &Cx<'_>) -> Result<Result<(), Problem>, StoreError> {
    let conflicts = username_case_conflicts(cx)?;
    if conflicts.total_conflicts == 0 {
        return Ok(Ok(()));
    }
    Ok(Err(Problem::coded(
        "sign_in_experiences.username_policy_case_conflicts_exist",
        "usernamePolicy.caseSensitive",
        format!(
            "Usernames of several people differ by case only ({} in all): {}. Rename those people first, or leave it true.",
            conflicts.total_conflicts,
            conflicts.samples.join(", ")
        ),
    )))
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
