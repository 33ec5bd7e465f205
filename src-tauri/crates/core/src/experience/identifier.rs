//! Identifiers: who has a username, an e-mail address or a phone number (sheet 4.8 and 7.1). What counts as one is the
//! same rule that configuration is checked with.

use crate::model::{SignInExperience, User, UsernamePolicy, check_email, check_username, normalize_phone};
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

/// The index entry under which people with this identifier are found: usernames and e-mail addresses lower-cased, phone
/// numbers as digits. `None` when no person can have it.
#[must_use]
pub fn index_entry(identifier: &Identifier) -> Option<IndexEntry> {
    let value = identifier.value.as_str();
    match identifier.kind {
        IdentifierKind::Username => check_username(value).ok().map(|()| Index::Username.entry(value.to_lowercase())),
        IdentifierKind::Email => is_email(value).then(|| Index::Email.entry(value.to_lowercase())),
        IdentifierKind::Phone => normalize_phone(value).ok().map(|digits| Index::Phone.entry(digits)),
    }
}

/// The person with this identifier. Whether usernames are compared with case is the policy's to say.
///
/// # Errors
/// When the store fails.
pub fn find_user(cx: &Cx<'_>, identifier: &Identifier) -> Result<Option<Arc<User>>, StoreError> {
    match index_entry(identifier) {
        Some(_) if identifier.kind == IdentifierKind::Username => Ok(username_holders(cx, &identifier.value)?.into_iter().next()),
        Some(entry) => cx.find::<User>(&entry),
        None => Ok(None),
    }
}

/// Most people whose usernames differ by case only that are looked through.
const MAX_SPELLINGS: usize = 10_000;

/// The rules of usernames in effect.
///
/// # Errors
/// When the store fails.
pub fn username_policy(cx: &Cx<'_>) -> Result<UsernamePolicy, StoreError> {
    let row = cx.get::<SignInExperience>(SignInExperience::ID)?;
    Ok(row.map(|row| row.username_policy).unwrap_or_default())
}

/// Everybody who has this username under the policy in effect, first whoever spells it so (sheet 4.8). More than one only
/// where the policy was made insensitive to case behind the check for conflicts.
///
/// # Errors
/// When the store fails.
pub fn username_holders(cx: &Cx<'_>, username: &str) -> Result<Vec<Arc<User>>, StoreError> {
    let any_case = !username_policy(cx)?.case_sensitive;
    let mut holders = Vec::new();
    for id in cx.find_ids(&Index::Username.entry(username.to_lowercase()), MAX_SPELLINGS)? {
        let Some(user) = cx.get::<User>(&id)? else { continue };
        if user.username.as_deref() == Some(username) {
            holders.insert(0, user);
        } else if any_case {
            holders.push(user);
        }
    }
    Ok(holders)
}

/// Usernames that would belong to several people if case did not count (sheet 5.2).
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CaseConflicts {
    /// How many such usernames there are, lower-cased.
    pub total_conflicts: usize,
    /// The first of them, lower-cased.
    pub samples: Vec<String>,
}

/// What stands against comparing usernames without case: 409 `sign_in_experiences.username_policy_case_conflicts_exist`
/// when there is anything.
///
/// # Errors
/// When the store fails.
pub fn username_case_conflicts(cx: &Cx<'_>) -> Result<CaseConflicts, StoreError> {
    const SAMPLES: usize = 20;
    let mut seen = std::collections::BTreeMap::<String, usize>::new();
    for user in cx.list::<User>(usize::MAX)? {
        if let Some(username) = &user.username {
            *seen.entry(username.to_lowercase()).or_default() += 1;
        }
    }
    let twice: Vec<String> = seen.into_iter().filter(|(_, count)| *count > 1).map(|(name, _)| name).collect();
    Ok(CaseConflicts {
        total_conflicts: twice.len(),
        samples: twice.into_iter().take(SAMPLES).collect(),
    })
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

/// The same with its article.
#[must_use]
pub const fn kind_with_article(kind: IdentifierKind) -> &'static str {
    match kind {
        IdentifierKind::Username => "a username",
        IdentifierKind::Email => "an e-mail address",
        IdentifierKind::Phone => "a phone number",
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
