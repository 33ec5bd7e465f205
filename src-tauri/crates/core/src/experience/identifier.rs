//! Identifiers: what counts as a username, an e-mail address or a phone number, and who has one (sheet 4.8 and 7.1).

use crate::model::User;
use crate::port::{Cx, StoreError};
use crate::record::{Identifier, IdentifierKind, Index, IndexEntry};
use std::sync::Arc;

/// The longest username, e-mail address or phone number, in characters (sheet 4.8 and 7.1).
pub const MAX_IDENTIFIER_LENGTH: usize = 128;

/// Whether a text is a username: `^[A-Z_a-z]\w*$`, 1 to 128 characters (sheet 4.8). Compared with case.
#[must_use]
pub fn is_username(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first == b'_' || first.is_ascii_alphabetic())
        && bytes.all(|b| b == b'_' || b.is_ascii_alphanumeric())
        && text.len() <= MAX_IDENTIFIER_LENGTH
}

/// What is wrong with a username, in a sentence; `None` when nothing is.
#[must_use]
pub fn username_problem(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        Some("the username is empty")
    } else if text.chars().count() > MAX_IDENTIFIER_LENGTH {
        Some("the username is longer than 128 characters")
    } else if !is_username(text) {
        Some("a username has only letters, digits and underscores, and does not begin with a digit")
    } else {
        None
    }
}

/// Whether a text is an e-mail address: something, `@`, something, `.`, something, no spaces, at most 128 characters
/// (sheet 7.1). Deliberately no stricter: whether it exists is not decided by its shape.
#[must_use]
pub fn is_email(text: &str) -> bool {
    if text.chars().any(char::is_whitespace) || text.chars().count() > MAX_IDENTIFIER_LENGTH {
        return false;
    }
    // The first `@` that has something before it leaves the most room for the dot after it.
    let mut chars = text.char_indices();
    chars.next();
    let Some((at, _)) = chars.find(|(_, c)| *c == '@') else {
        return false;
    };
    let domain = &text[at + 1..];
    let mut rest = domain.char_indices();
    rest.next();
    rest.any(|(dot, c)| c == '.' && dot + 1 < domain.len())
}

/// The lower-cased part after the last `@` (sheet 6.5), when the text is an e-mail address.
#[must_use]
pub fn email_domain(text: &str) -> Option<String> {
    if !is_email(text) {
        return None;
    }
    text.rsplit_once('@').map(|(_, domain)| domain.to_lowercase())
}

/// A phone number as stored: digits only, country code first (sheet 7.1). A leading `+` and the separators people
/// type are dropped; `None` when anything else is in it or nothing is left.
#[must_use]
pub fn phone_digits(text: &str) -> Option<String> {
    let text = text.trim();
    let text = text.strip_prefix('+').unwrap_or(text);
    let mut digits = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '0'..='9' => digits.push(c),
            ' ' | '-' | '.' | '/' | '(' | ')' => {}
            _ => return None,
        }
    }
    (!digits.is_empty() && digits.len() <= MAX_IDENTIFIER_LENGTH).then_some(digits)
}

/// The index entry under which the person with this identifier is found: usernames with case, e-mail addresses
/// lower-cased, phone numbers as digits. `None` when no person can have it.
#[must_use]
pub fn index_entry(identifier: &Identifier) -> Option<IndexEntry> {
    let value = identifier.value.as_str();
    match identifier.kind {
        IdentifierKind::Username => is_username(value).then(|| Index::Username.entry(value)),
        IdentifierKind::Email => is_email(value).then(|| Index::Email.entry(value.to_lowercase())),
        IdentifierKind::Phone => phone_digits(value).map(|digits| Index::Phone.entry(digits)),
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
