//! The password policy (sheet 4.8): length, kinds of characters, known passwords, and restricted phrases.
//!
//! Repetitions, sequences, listed words and the person's own data are *restricted phrases*. They are no issue by
//! themselves: a password is refused when they cover more than `max(1, length - 3)` of its characters, so three
//! characters of one's own redeem the rest of a long one.
//!
//! **Known passwords.** Logto asks a public service whether a password occurs in a breach. Vestibule is offline and
//! has a list of a few thousand of the commonest ones (`common-passwords.txt`) instead, compared without case. A
//! password that passes here may still be refused by a Logto that can reach the service.

use crate::model::PasswordPolicy;
use serde::Serialize;
use serde_json::{Value, json};

/// Symbols that a password may have, beside letters and digits of ASCII.
const SYMBOLS: &str = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

/// Runs of neighbours: digits, the alphabet, the rows of a keyboard and its slanting columns.
const SEQUENCES: [&str; 14] = [
    "0123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz",
    "2wsx",
    "3edc",
    "4rfv",
    "5tgb",
    "6yhn",
    "7ujm",
    "8ik",
    "9ol",
];

/// Repetitions and sequences count from this length on.
const MIN_RUN: usize = 3;

/// Beyond this many characters only the length is looked at, so that a huge body costs nothing.
const MAX_CHECKED: usize = 4096;

const COMMON: &str = include_str!("common-passwords.txt");

/// One thing that is wrong with a password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Issue {
    /// `password_rejected.too_short` and so on (sheet 4.8).
    pub code: &'static str,
    /// Values for the message: `{min}` or `{max}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interpolation: Option<Value>,
}

impl Issue {
    const fn new(code: &'static str) -> Self {
        Self { code, interpolation: None }
    }

    fn with(code: &'static str, interpolation: Value) -> Self {
        Self {
            code,
            interpolation: Some(interpolation),
        }
    }

    /// The end of a sentence that begins with "The password".
    #[must_use]
    pub fn words(&self) -> String {
        let bound = |name: &str| {
            self.interpolation
                .as_ref()
                .and_then(|values| values.get(name)?.as_u64())
                .unwrap_or_default()
        };
        match self.code {
            "password_rejected.too_short" => format!("has fewer than {} characters", bound("min")),
            "password_rejected.too_long" => format!("has more than {} characters", bound("max")),
            "password_rejected.character_types" => {
                format!("has fewer than {} of lower case, upper case, digits and symbols", bound("min"))
            }
            "password_rejected.unsupported_characters" => "has characters other than ASCII letters, digits and symbols".to_owned(),
            "password_rejected.pwned" => {
                "is on the small offline list of the commonest passwords (Logto asks a breach service that knows far more)".to_owned()
            }
            "password_rejected.restricted.repetition" => "is mostly one repeated character".to_owned(),
            "password_rejected.restricted.sequence" => "is mostly a sequence".to_owned(),
            "password_rejected.restricted.user_info" => "is mostly the person's own data".to_owned(),
            _ => "is mostly a listed word".to_owned(),
        }
    }
}

/// What is known of the person who chooses the password.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserInfo {
    /// Full name.
    pub name: Option<String>,
    /// Username.
    pub username: Option<String>,
    /// E-mail address; its local part counts.
    pub email: Option<String>,
    /// Phone number, digits.
    pub phone: Option<String>,
}

/// Every issue of a password under a policy; none means that it is accepted (sheet 4.8).
#[must_use]
pub fn check_password(policy: &PasswordPolicy, password: &str, user: &UserInfo) -> Vec<Issue> {
    let mut issues = Vec::new();
    let length = password.chars().count();
    if length < policy.length.min as usize {
        issues.push(Issue::with("password_rejected.too_short", json!({ "min": policy.length.min })));
    } else if length > policy.length.max as usize {
        issues.push(Issue::with("password_rejected.too_long", json!({ "max": policy.length.max })));
        if length > MAX_CHECKED {
            return issues;
        }
    }
    match character_types(password) {
        None => issues.push(Issue::new("password_rejected.unsupported_characters")),
        Some(types) if types < policy.character_types.min => issues.push(Issue::with(
            "password_rejected.character_types",
            json!({ "min": policy.character_types.min }),
        )),
        Some(_) => {}
    }
    if policy.rejects.pwned && is_common(password) {
        issues.push(Issue::new("password_rejected.pwned"));
    }
    issues.extend(restricted(policy, password, user));
    issues
}

/// How many of lower case, upper case, digits and symbols occur; `None` when anything else does.
fn character_types(password: &str) -> Option<u32> {
    let mut seen = [false; 4];
    for c in password.chars() {
        let kind = match c {
            'a'..='z' => 0,
            'A'..='Z' => 1,
            '0'..='9' => 2,
            c if SYMBOLS.contains(c) => 3,
            _ => return None,
        };
        seen[kind] = true;
    }
    Some(seen.iter().map(|seen| u32::from(*seen)).sum())
}

fn is_common(password: &str) -> bool {
    COMMON
        .lines()
        .filter(|line| !line.starts_with("# "))
        .any(|line| !line.is_empty() && line.eq_ignore_ascii_case(password))
}

/// The restricted phrases, when they cover too much.
fn restricted(policy: &PasswordPolicy, password: &str, user: &UserInfo) -> Vec<Issue> {
    let chars: Vec<char> = password.chars().map(|c| c.to_ascii_lowercase()).collect();
    let length = chars.len();
    let mut covered = vec![false; length];
    let mut issues = Vec::new();
    let mut cover = |code: &'static str, phrase_at: &dyn Fn(usize) -> usize| {
        let mut found = false;
        for start in 0..length {
            let end = start + phrase_at(start);
            if end > start {
                found = true;
                covered[start..end.min(length)].fill(true);
            }
        }
        if found {
            issues.push(Issue::new(code));
        }
    };
    if policy.rejects.repetition_and_sequence {
        cover("password_rejected.restricted.repetition", &|at| repetition(&chars, at));
        let rows: Vec<Vec<char>> = SEQUENCES
            .iter()
            .flat_map(|row| [row.chars().collect(), row.chars().rev().collect()])
            .collect();
        cover("password_rejected.restricted.sequence", &|at| sequence(&chars[at..], &rows));
    }
    let words = phrases(policy.rejects.words.iter().map(String::as_str));
    cover("password_rejected.restricted.words", &|at| longest(&chars[at..], &words));
    if policy.rejects.user_info {
        let own = own_phrases(user);
        cover("password_rejected.restricted.user_info", &|at| longest(&chars[at..], &own));
    }
    let tolerated = length.saturating_sub(3).max(1);
    if covered.iter().filter(|covered| **covered).count() > tolerated {
        issues
    } else {
        Vec::new()
    }
}

/// Length of the run of one character that begins here, 0 when it is short. Only the beginning of a run counts, which
/// covers the same characters as looking from each.
fn repetition(chars: &[char], at: usize) -> usize {
    if at > 0 && chars[at - 1] == chars[at] {
        return 0;
    }
    let run = chars[at..].iter().take_while(|c| **c == chars[at]).count();
    if run >= MIN_RUN { run } else { 0 }
}

/// Length of the longest sequence, forwards or backwards, that begins here, 0 when it is short.
fn sequence(rest: &[char], rows: &[Vec<char>]) -> usize {
    let longest = rows
        .iter()
        .filter_map(|row| {
            let from = row.iter().position(|c| Some(c) == rest.first())?;
            Some(row[from..].iter().zip(rest).take_while(|(a, b)| a == b).count())
        })
        .max()
        .unwrap_or(0);
    if longest >= MIN_RUN { longest } else { 0 }
}

fn phrases<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<Vec<char>> {
    texts
        .map(|text| text.to_lowercase().chars().collect::<Vec<_>>())
        .filter(|phrase| !phrase.is_empty())
        .collect()
}

/// The person's name, whole, without spaces and word by word; username; local part of the e-mail address; phone.
fn own_phrases(user: &UserInfo) -> Vec<Vec<char>> {
    let mut texts: Vec<String> = Vec::new();
    if let Some(name) = &user.name {
        texts.push(name.clone());
        texts.push(name.split_whitespace().collect());
        texts.extend(name.split_whitespace().map(str::to_owned));
    }
    texts.extend(user.username.clone());
    texts.extend(user.email.as_ref().and_then(|e| e.split('@').next().map(str::to_owned)));
    texts.extend(user.phone.clone());
    phrases(texts.iter().map(String::as_str))
}

/// Length of the longest phrase that the text begins with.
fn longest(text: &[char], phrases: &[Vec<char>]) -> usize {
    phrases
        .iter()
        .filter(|phrase| text.starts_with(phrase))
        .map(Vec::len)
        .max()
        .unwrap_or(0)
}
