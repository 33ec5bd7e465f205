//! Config as code: `--config FILE`, a TOML file whose keys are Logto's own.
//!
//! The file is read in one pass that reports everything wrong with it at once, each with line and column, and is
//! applied at every start. Applying is idempotent, and **what the file names is made so, what it doesn't name is left
//! alone**: applications, people, roles and so on that aren't in the file stay as they are, and so does every member
//! of an entry that the file doesn't mention. Lists (`redirectUris`, `scopes`, `users` of a role, ...) and free
//! tables (`customData`, `identities`, a connector's `config`) are replaced as a whole; other tables
//! (`oidcClientMetadata`, `profile`, `[signInExperience]`, `[provider]`, ...) are merged member by member.
//!
//! How entries find what is stored: applications and connectors by `id`; resources by `indicator`; roles by `name`;
//! people by `id`, else `username`, else `primaryEmail`, else `primaryPhone`. Ids that the file leaves out are derived
//! from those, so that the same file gives the same ids everywhere.

mod apply;
mod check;
mod document;
mod error;
mod files;
mod passwords;
mod phrases;
mod schema;
mod suggest;
mod walk;

#[cfg(test)]
pub(crate) mod tests;

pub use apply::{Summary, apply};
pub(crate) use apply::{no_case_conflicts, unknown_profile_field};
pub use document::{
    AccountEntry, ApplicationEntry, ConnectorEntry, Document, MfaEntry, MfaEntryKind, Patch, ProfileFieldEntry, ResourceEntry, RoleEntry,
    SecretEntry, UserEntry,
};
pub use error::{ApplyError, ConfigError};
pub use files::check_files;
pub use passwords::{PasswordJob, PreparedHashes, hash_passwords, passwords_to_hash};

use std::io::Read as _;
use std::path::Path;

/// Largest configuration file, in **bytes**.
pub const MAX_FILE: u64 = 16 * 1024 * 1024;

/// Reads a configuration from its text. `file_name` is only repeated in errors.
///
/// References from roles to people, applications and scopes that aren't in the file are left for [`apply`], which
/// also knows what is stored.
///
/// # Errors
/// Everything that is wrong with the text, in order of appearance.
pub fn parse(file_name: &str, text: &str) -> Result<Document, Vec<ConfigError>> {
    let (document, errors, _) = read(file_name, text)?;
    if errors.is_empty() { Ok(document) } else { Err(errors) }
}

/// As [`parse`], and every reference must be met within the file: what can be said without a data directory.
///
/// # Errors
/// Everything that is wrong with the text, in order of appearance.
pub fn parse_alone(file_name: &str, text: &str) -> Result<Document, Vec<ConfigError>> {
    let (document, mut errors, whole) = read(file_name, text)?;
    if whole {
        errors.extend(check::unmet_references(&document));
        sort(&mut errors);
    }
    if errors.is_empty() { Ok(document) } else { Err(errors) }
}

/// The document as far as it can be understood, what is wrong with it, and whether nothing had to be left out.
fn read(file_name: &str, text: &str) -> Result<(Document, Vec<ConfigError>, bool), Vec<ConfigError>> {
    // Editors on Windows put a byte order mark first; it would shift the columns of the first line.
    let walked = walk::walk(file_name, text.strip_prefix('\u{feff}').unwrap_or(text))?;
    let mut errors = walked.errors;
    let left_out = errors.len();
    let mut document = Document::from_json(walked.root, walked.source, &mut errors);
    let whole = errors.len() == left_out && left_out == 0;
    check::check(&mut document, &mut errors);
    sort(&mut errors);
    Ok((document, errors, whole))
}

fn sort(errors: &mut Vec<ConfigError>) {
    errors.sort_by(|a, b| (a.line, a.column, &a.path, &a.message).cmp(&(b.line, b.column, &b.path, &b.message)));
    errors.dedup();
}

/// The text of a configuration file.
///
/// # Errors
/// When it can't be opened, is larger than [`MAX_FILE`], or is not UTF-8.
pub fn read_file(path: &Path) -> Result<String, ConfigError> {
    let file = path.display().to_string();
    let whole = |message: String| ConfigError {
        file: file.clone(),
        line: 1,
        column: 1,
        path: String::new(),
        message,
        code: None,
    };
    let opened =
        std::fs::File::open(path).map_err(|error| whole(format!("Can't be opened: {error}. Check the path given to --config.")))?;
    let mut bytes = Vec::new();
    opened
        .take(MAX_FILE + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| whole(format!("Can't be read: {error}.")))?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(whole(format!(
            "Is larger than {} MiB. A configuration of that size is probably another file.",
            MAX_FILE / 1024 / 1024
        )));
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(&error.as_bytes()[..good]).into_owned();
        error::Source::new(&file, &before).error_at(good, "", "Is not UTF-8 text from here on. Save the file as UTF-8.")
    })
}

/// [`read_file`], then [`parse`], then [`check_files`].
///
/// # Errors
/// As those three.
pub fn load(path: &Path) -> Result<Document, Vec<ConfigError>> {
    let text = read_file(path).map_err(|error| vec![error])?;
    let mut document = parse(&path.display().to_string(), &text)?;
    check_files(&mut document, path)?;
    Ok(document)
}
