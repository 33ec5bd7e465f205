//! Rules of short texts: identifiers of people, ids, scopes, colours.

use super::MAX_PERSON_TEXT;

/// Checks a username: `^[A-Z_a-z]\w*$`, at most 128 characters (sheet 4.8).
///
/// # Errors
/// A sentence for people: what is wrong and what would be right.
pub fn check_username(text: &str) -> Result<(), String> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if text.is_empty() {
        return Err("Is empty. Leave it out, or give a username such as alice.".into());
    }
    if let Some(odd) = text.chars().find(|c| !word(*c)) {
        return Err(format!(
            "A username can't contain {}. Use letters a to z, digits and _ only.",
            name_of(odd)
        ));
    }
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(format!(
            "A username can't begin with a digit. Begin with a letter or _, such as _{text}."
        ));
    }
    limit(text)
}

/// Checks an e-mail address: no-space `@` no-space `.` no-space, at most 128 characters (sheet 7.1).
///
/// # Errors
/// A sentence for people.
pub fn check_email(text: &str) -> Result<(), String> {
    let well_formed = !text.contains(|c: char| c.is_whitespace() || c.is_control())
        && text.split_once('@').is_some_and(|(local, rest)| {
            // Some dot after the first @ has at least one character on both sides.
            !local.is_empty() && rest.char_indices().any(|(at, c)| c == '.' && at > 0 && at + 1 < rest.len())
        });
    if !well_formed {
        return Err(format!(
            "{} is not an e-mail address. It should look like alice@example.test, without spaces.",
            quoted(text)
        ));
    }
    limit(text)
}

/// A phone number as it is stored: digits only, country code first (sheet 7.1).
/// Plus, spaces, dashes and brackets are accepted and dropped.
///
/// # Errors
/// A sentence for people.
pub fn normalize_phone(text: &str) -> Result<String, String> {
    let trimmed = text.trim();
    let digits = trimmed.strip_prefix('+').unwrap_or(trimmed);
    let mut out = String::with_capacity(digits.len());
    for c in digits.chars() {
        match c {
            '0'..='9' => out.push(c),
            ' ' | '-' | '(' | ')' => {}
            odd => {
                return Err(format!(
                    "A phone number can't contain {}. Write the country code and the number in digits, such as 15550100123.",
                    name_of(odd)
                ));
            }
        }
    }
    if out.is_empty() {
        return Err("Has no digits. Write the country code and the number, such as 15550100123.".into());
    }
    limit(&out)?;
    Ok(out)
}

/// Checks an id that someone chose: it is sent in URLs and in HTTP Basic credentials, so only characters
/// that need no escaping there (RFC 3986 section 2.3), at most 128.
///
/// # Errors
/// A sentence for people.
pub fn check_client_id(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("Is empty. Give an id such as my-app.".into());
    }
    match text
        .chars()
        .find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~')))
    {
        Some(odd) => Err(format!(
            "An id can't contain {}. Use letters a to z, digits, - _ . ~ only.",
            name_of(odd)
        )),
        None => limit(text),
    }
}

/// Checks a scope name: the characters of a scope token (RFC 6749 section 3.3), so no spaces.
///
/// # Errors
/// A sentence for people.
pub fn check_scope_name(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("Is empty. Give a scope such as read:stock.".into());
    }
    match text
        .chars()
        .find(|c| !matches!(c, '\u{21}' | '\u{23}'..='\u{5b}' | '\u{5d}'..='\u{7e}'))
    {
        Some(odd) => Err(format!(
            "A scope can't contain {}: scopes are sent in one list with spaces between them. Write it like read:stock.",
            name_of(odd)
        )),
        None => Ok(()),
    }
}

/// Checks a colour: `#` and six hexadecimal digits (sheet 5.1).
///
/// # Errors
/// A sentence for people.
pub fn check_color(text: &str) -> Result<(), String> {
    let digits = text.strip_prefix('#').unwrap_or_default();
    if digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(());
    }
    Err(format!(
        "{} is not a colour. Write # and six hexadecimal digits, such as #3b3fce.",
        quoted(text)
    ))
}

fn limit(text: &str) -> Result<(), String> {
    let length = text.chars().count();
    if length > MAX_PERSON_TEXT {
        return Err(format!("Is {length} characters long; the limit is {MAX_PERSON_TEXT}."));
    }
    Ok(())
}

/// A character as a sentence names it: invisible ones by name.
pub(super) fn name_of(c: char) -> String {
    match c {
        ' ' => "a space".into(),
        '\t' => "a tab".into(),
        '\n' | '\r' => "a line break".into(),
        c if c.is_control() || c.is_whitespace() => format!("the character U+{:04X}", u32::from(c)),
        c => format!("“{c}”"),
    }
}

/// A text as a sentence cites it: shortened, invisible characters escaped.
pub(in crate::model) fn quoted(text: &str) -> String {
    const SHOWN: usize = 120;
    let mut out: String = text.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN).is_some() {
        out.push('…');
    }
    format!("“{out}”")
}
