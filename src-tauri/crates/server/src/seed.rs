//! Demo data: a newcomer can sign in within a minute of the first start.
//!
//! The data is an ordinary configuration document (`seed/demo.toml`), applied once. What becomes of it afterwards is
//! the user's affair: a start never puts back what somebody changed or deleted.

pub(crate) mod examples;

use crate::config::{ApplyError, ConfigError, Document, PreparedHashes, Summary};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use vestibule_core::model::{Application, User};
use vestibule_core::record::{Record, Table};
use vestibule_core::{Cx, StoreError, Timestamp};

/// The password that all demo people with a password share. Public knowledge; it meets the default password policy.
pub const DEMO_PASSWORD: &str = "knock-knock-come-in";

/// The demo data as a configuration file: a good one to begin one's own from.
pub const DEMO_TOML: &str = include_str!("seed/demo.toml");

/// A demo person: how they sign in, and why they exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DemoPerson {
    /// `sub`.
    pub id: &'static str,
    /// What to type on the sign-in page.
    pub signs_in_as: &'static str,
    /// Why they exist, in a few words.
    pub note: &'static str,
}

/// The six demo people, in the order of the file.
pub const DEMO_PEOPLE: [DemoPerson; 6] = [
    DemoPerson {
        id: "alicearcher1",
        signs_in_as: "alice",
        note: "has a role with API permissions",
    },
    DemoPerson {
        id: "bobbanner001",
        signs_in_as: "+1 555 010 0123",
        note: "has a phone number, no e-mail",
    },
    DemoPerson {
        id: "carollindgr1",
        signs_in_as: "carol",
        note: "suspended",
    },
    DemoPerson {
        id: "daveokafor01",
        signs_in_as: "dave",
        note: "has no password",
    },
    DemoPerson {
        id: "erinacme0001",
        signs_in_as: "erin@acme.test",
        note: "e-mail on the SSO domain acme.test",
    },
    DemoPerson {
        id: "farahhaddad1",
        signs_in_as: "farah",
        note: "full profile, address and custom data",
    },
];

/// Remembers that demo data was offered, so that deleting all of it doesn't bring it back.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Seeded {
    id: String,
    at: Timestamp,
}

impl Seeded {
    const ID: &'static str = "seeded";
}

impl Record for Seeded {
    const TABLE: Table = Table::Settings;
    fn id(&self) -> &str {
        &self.id
    }
}

/// The demo data as a document.
///
/// # Errors
/// Never in a released program: a test reads the file.
pub fn document() -> Result<Document, Vec<ConfigError>> {
    let mut document = crate::config::parse("demo.toml", DEMO_TOML)?;
    for user in &mut document.users {
        let person = DEMO_PEOPLE.iter().find(|person| user.id.as_deref() == Some(person.id));
        user.demo_note = person.map(|person| person.note.to_owned());
    }
    Ok(document)
}

/// Whether this is a first start: nothing was seeded yet, and there are neither applications nor people.
///
/// # Errors
/// When the store fails.
pub fn wanted(cx: &Cx<'_>) -> Result<bool, StoreError> {
    Ok(cx.get::<Seeded>(Seeded::ID)?.is_none() && cx.list::<Application>(1)?.is_empty() && cx.list::<User>(1)?.is_empty())
}

/// Applies the demo document and remembers it. `hashes` are those of its passwords
/// ([`crate::config::passwords_to_hash`], [`crate::config::hash_passwords`]).
///
/// # Errors
/// As [`crate::config::apply`].
pub fn apply(document: &Document, cx: &mut Cx<'_>, hashes: &PreparedHashes) -> Result<Summary, ApplyError> {
    let summary = crate::config::apply(document, cx, hashes)?;
    cx.put(&Seeded {
        id: Seeded::ID.to_owned(),
        at: cx.now,
    })?;
    Ok(summary)
}

/// Whether a demo person with a password is still there, so that the shared password is worth showing.
///
/// # Errors
/// When the store fails.
pub fn password_in_use(cx: &Cx<'_>) -> Result<bool, StoreError> {
    let held = |person: &DemoPerson| -> Result<bool, StoreError> {
        let user = cx.get::<User>(person.id)?;
        Ok(user.is_some_and(|user| user.demo_note.is_some() && user.password_encrypted.is_some()))
    };
    for person in &DEMO_PEOPLE {
        if held(person)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What to print after seeding, where a person sees it: who can sign in, and with which password.
#[must_use]
pub fn welcome() -> String {
    let mut out = format!("Demo data is set up. All demo people share one password: {DEMO_PASSWORD}\n");
    for person in &DEMO_PEOPLE {
        // Writing to a String can't fail.
        let _ = writeln!(out, "  {:<18}{}", person.signs_in_as, person.note);
    }
    out.push_str("Applications: bookstore, admin-spa, mobile-demo, warehouse-job\n");
    out
}

#[cfg(test)]
mod tests;
