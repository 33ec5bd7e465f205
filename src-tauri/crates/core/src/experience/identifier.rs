//! Identifiers: who has a username, an e-mail address or a phone number (sheet 4.8 and 7.1). What counts as one is the
//! same rule that configuration is checked with.

use crate::model::{User, check_email, check_username, normalize_phone};
use crate::port::{Cx, StoreError};
use crate::record::{Identifier, IdentifierKind, Index, IndexEntry};
use std::sync::Arc;

/// The longest username, e-mail address or phone number, in characters (sheet 4.8 and 7.1).
pub const MAX_IDENTIFIER_LENGTH: usize = crate::model::MAX_PERSON_TEXT;

/// What is wrong with a username, in a sentence; `None` when nothing is.
#[must_use]
pub fn username_problem(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some("The username is empty.".to_owned());
    }
    let length = text.chars().count();
    if length > MAX_IDENTIFIER_LENGTH {
        return Some(format!(
            "The username has {length} characters; the limit is {MAX_IDENTIFIER_LENGTH}."
        ));
    }
    check_username(text).err()
}

/// Whether a text is an e-mail address: something, `@`, something, `.`, something, no spaces, at most 128 characters
/// (sheet 7.1). Deliberately no stricter: whether it exists is not decided by its shape.
#[must_use]
pub fn is_email(text: &str) -> bool {
    check_email(text).is_ok()
}

/// The lower-cased part after the last `@` (sheet 6.5), when the text is an e-mail address.
#[must_use]
pub fn email_domain(text: &str) -> Option<String> {
    if !is_email(text) {
        return None;
    }
    text.rsplit_once('@').map(|(_, domain)| domain.to_lowercase())
}

/// The index entry under which the person with this identifier is found: usernames with case, e-mail addresses
/// lower-cased, phone numbers as digits. `None` when no person can have it.
#[must_use]
pub fn index_entry(identifier: &Identifier) -> Option<IndexEntry> {
    let value = identifier.value.as_str();
    match identifier.kind {
        IdentifierKind::Username => check_username(value).ok().map(|()| Index::Username.entry(value)),
        IdentifierKind::Email => is_email(value).then(|| Index::Email.entry(value.to_lowercase())),
        IdentifierKind::Phone => normalize_phone(value).ok().map(|digits| Index::Phone.entry(digits)),
    }
}

/// The person with this identifier.
///
/// # Errors
/// When the store fails.
pub fn find_user(cx: &Cx<'_>, identifier: &Identifier) -> Result<Option<Arc<User>>, StoreError> {
    match index_entry(identifier) {
        Some(entry) => cx.find::<User>(&entry),
        None => Ok(None),
    }
}

/// What a sentence calls the kind: "username", "e-mail address", "phone number".
#[must_use]
pub const fn kind_words(kind: IdentifierKind) -> &'static str {
    match kind {
        IdentifierKind::Username => "username",
        IdentifierKind::Email => "e-mail address",
        IdentifierKind::Phone => "phone number",
    }
}

/// Where a pending profile and a person keep an identifier of this kind (sheet 3.3).
#[must_use]
pub const fn profile_member(kind: IdentifierKind) -> &'static str {
    match kind {
        IdentifierKind::Username => "username",
        IdentifierKind::Email => "primaryEmail",
        IdentifierKind::Phone => "primaryPhone",
    }
}
