//! Custom profile fields at sign-up (sheet 5.7): which are asked for, what they accept, where their values land.
//!
//! The pending profile has `customData`, perhaps empty, from the first `extraProfile` on. That is how it is known that
//! a registration asked for the fields.

use super::error::ApiError;
use super::ruling::{Stop, refuse};
use crate::because::{Because, Outcome};
use crate::model::{
    CustomProfileField, MAX_AVATAR, MAX_PERSON_TEXT, MAX_PROFILE_FIELDS, ProfileFieldRules, ProfileFieldType, SignInExperience, User,
    check_http_url, check_picture,
};
use crate::port::{Cx, StoreError};
use serde_json::{Map, Value, json};

/// Longest text of a field that sets no limit itself.
const MAX_VALUE: usize = 2048;

/// Members of `profile` that are texts (sheet 7.1).
const PROFILE_TEXTS: [&str; 10] = [
    "familyName",
    "givenName",
    "middleName",
    "nickname",
    "profile",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
];

/// All fields, in their order.
///
/// # Errors
/// When the store fails.
pub fn profile_fields(cx: &Cx<'_>) -> Result<Vec<CustomProfileField>, StoreError> {
    let mut fields: Vec<CustomProfileField> = cx
        .list::<CustomProfileField>(MAX_PROFILE_FIELDS)?
        .iter()
        .map(|field| field.as_ref().clone())
        .collect();
    fields.sort_by(|a, b| a.order().cmp(&b.order()));
    Ok(fields)
}

/// The fields that sign-up asks for, in its order: those that `signUpProfileFields` names, else all.
///
/// # Errors
/// When the store fails.
pub fn sign_up_fields(cx: &Cx<'_>) -> Result<Vec<CustomProfileField>, StoreError> {
    let fields = profile_fields(cx)?;
    let row = cx.get::<SignInExperience>(SignInExperience::ID)?;
    let Some(named) = row.as_ref().and_then(|row| row.sign_up_profile_fields.as_ref()) else {
        return Ok(fields);
    };
    Ok(named
        .iter()
        .filter_map(|name| fields.iter().find(|field| field.name == name.name).cloned())
        .collect())
}

/// Where the value of a field is kept.
enum Place<'a> {
    /// A column: `name`, `avatar`.
    Column(&'a str),
    /// A member of `profile`.
    Profile(&'a str),
    /// The three names among the members of `profile`.
    Names,
    /// The `address` of `profile`.
    Address,
    /// A member of `customData`.
    CustomData(&'a str),
}

fn place(field: &CustomProfileField) -> Place<'_> {
    let name = field.name.as_str();
    match (field.kind, name) {
        (ProfileFieldType::Fullname, "fullname") => Place::Names,
        (ProfileFieldType::Address, "address") => Place::Address,
        (ProfileFieldType::Fullname | ProfileFieldType::Address, _) => Place::CustomData(name),
        (_, "name" | "avatar") => Place::Column(name),
        (_, name) if PROFILE_TEXTS.contains(&name) => Place::Profile(name),
        _ => Place::CustomData(name),
    }
}

fn is_filled(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => false,
        Some(Value::String(text)) => !text.is_empty(),
        Some(_) => true,
    }
}

/// Whether the value of a field is there, in every part that is required.
fn has(field: &CustomProfileField, columns: &Map<String, Value>) -> bool {
    let profile = columns.get("profile");
    let part_in = |table: Option<&Value>| {
        let required: Vec<_> = field.config.enabled_parts().filter(|part| part.required).collect();
        let filled = |name: &str| is_filled(table.and_then(|table| table.get(name)));
        match required.as_slice() {
            [] => field.config.enabled_parts().any(|part| filled(&part.name)),
            required => required.iter().all(|part| filled(&part.name)),
        }
    };
    match place(field) {
        Place::Column(name) => is_filled(columns.get(name)),
        Place::Profile(name) => is_filled(profile.and_then(|profile| profile.get(name))),
        Place::Names => part_in(profile),
        Place::Address => part_in(profile.and_then(|profile| profile.get("address"))),
        Place::CustomData(name) => {
            let own = columns.get("customData").and_then(|data| data.get(name));
            if field.kind.is_composite() { part_in(own) } else { is_filled(own) }
        }
    }
}

/// What the person would have after the pending profile was applied, as far as fields are concerned.
fn applied(pending: &Map<String, Value>, user: Option<&User>) -> Map<String, Value> {
    let mut columns = Map::new();
    if let Some(user) = user {
        columns.insert("name".into(), json!(user.name));
        columns.insert("avatar".into(), json!(user.avatar));
        columns.insert("profile".into(), json!(user.profile));
        columns.insert("customData".into(), json!(user.custom_data));
    }
    for key in ["name", "avatar"] {
        if let Some(value) = pending.get(key) {
            columns.insert(key.into(), value.clone());
        }
    }
    for key in ["profile", "customData"] {
        if let Some(Value::Object(own)) = pending.get(key) {
            let own = own.clone();
            match columns.get_mut(key) {
                Some(Value::Object(known)) => merge(known, own),
                _ => drop(columns.insert(key.into(), Value::Object(own))),
            }
        }
    }
    columns
}

/// Puts members over others; the address member by member.
pub(super) fn merge(known: &mut Map<String, Value>, members: Map<String, Value>) {
    for (key, value) in members {
        match (known.get_mut(&key), value) {
            (Some(Value::Object(inner)), Value::Object(members)) if key == "address" => inner.extend(members),
            (_, value) => drop(known.insert(key, value)),
        }
    }
}

/// Whether `extraProfile` is missing (sheet 4.4): every field of the sign-up once, later only the required ones.
pub(super) fn is_missing(cx: &Cx<'_>, pending: &Map<String, Value>, user: Option<&User>) -> Result<bool, StoreError> {
    let fields = sign_up_fields(cx)?;
    if fields.is_empty() {
        return Ok(false);
    }
    if user.is_none() && !pending.contains_key("customData") {
        return Ok(true);
    }
    let columns = applied(pending, user);
    Ok(fields.iter().any(|field| field.is_required() && !has(field, &columns)))
}

/// Checks the values of an `extraProfile` and puts them into the pending profile.
pub(super) fn take(cx: &Cx<'_>, pending: &mut Map<String, Value>, user: Option<&User>, values: &Map<String, Value>) -> Result<(), Stop> {
    let fields = sign_up_fields(cx)?;
    let mut taken = Map::new();
    let (mut profile, mut custom) = (Map::new(), Map::new());
    let mut rest: Vec<&String> = values.keys().collect();
    for field in &fields {
        if field.kind.is_composite() {
            // Logto's page sends the parts of a name on their own.
            let own = values.get(&field.name);
            rest.retain(|key| **key != field.name);
            let loose = matches!(place(field), Place::Names);
            let mut parts = Map::new();
            for part in field.config.enabled_parts() {
                let value = own
                    .and_then(|own| own.get(&part.name))
                    .or_else(|| values.get(&part.name).filter(|_| loose));
                if loose {
                    rest.retain(|key| **key != part.name);
                }
                let at = format!("{}.{}", field.name, part.name);
                if is_filled(value)
                    && let Some(value) = value
                {
                    parts.insert(part.name.clone(), judged(&at, part.kind, &part.config, value)?);
                }
            }
            guard_object(&field.name, own)?;
            if let Some(Value::Object(own)) = own
                && let Some(odd) = own.keys().find(|key| !field.config.enabled_parts().any(|part| part.name == **key))
            {
                return refused(&format!("{}.{odd}", field.name), "is no part of this field");
            }
            match place(field) {
                _ if parts.is_empty() => {}
                Place::Names => profile.extend(texts(parts)),
                Place::Address => drop(profile.insert("address".into(), Value::Object(texts(parts).collect()))),
                _ => drop(custom.insert(field.name.clone(), Value::Object(parts))),
            }
            continue;
        }
        rest.retain(|key| **key != field.name);
        let Some(value) = values.get(&field.name).filter(|value| is_filled(Some(value))) else {
            continue;
        };
        let value = judged(&field.name, field.kind, &field.config.rules(), value)?;
        match place(field) {
            Place::Column(name) => drop(taken.insert(name.into(), column(name, &value)?)),
            Place::Profile(name) => drop(profile.insert(name.into(), text(value))),
            _ => drop(custom.insert(field.name.clone(), value)),
        }
    }
    if let Some(odd) = rest.first() {
        return refused(odd, "is no field that sign-up asks for");
    }
    taken.insert("profile".into(), Value::Object(profile));
    taken.insert("customData".into(), Value::Object(custom));
    let mut next = pending.clone();
    for (key, value) in taken {
        match (next.get_mut(&key), value) {
            (Some(Value::Object(known)), Value::Object(members)) => merge(known, members),
            (_, value) => drop(next.insert(key, value)),
        }
    }
    let columns = applied(&next, user);
    if let Some(field) = fields.iter().find(|field| field.is_required() && !has(field, &columns)) {
        return refused(&field.name, "is required");
    }
    *pending = next;
    Ok(())
}

/// 400 `guard.invalid_input` naming the field.
fn refused<T>(field: &str, why: &str) -> Result<T, Stop> {
    let field: String = field.chars().take(128).collect();
    refuse(
        ApiError::invalid_input(format!("values.{field} {why}")),
        Because::new(
            "experience.extra_profile",
            Outcome::Refused,
            format!("{field} can't be taken"),
            format!("The value of `{field}` {why}. Custom profile fields and what they accept are part of the sign-in experience."),
            "Logto 5.7",
        )
        .input(field),
    )
}

fn guard_object(name: &str, value: Option<&Value>) -> Result<(), Stop> {
    match value {
        None | Some(Value::Object(_) | Value::Null) => Ok(()),
        Some(_) => refused(name, "must be an object with its parts"),
    }
}

/// A value as text: what `profile` and columns hold.
fn text(value: Value) -> Value {
    match value {
        Value::String(_) => value,
        other => Value::String(other.to_string()),
    }
}

fn texts(parts: Map<String, Value>) -> impl Iterator<Item = (String, Value)> {
    parts.into_iter().map(|(name, value)| (name, text(value)))
}

fn column(name: &str, value: &Value) -> Result<Value, Stop> {
    let value = text(value.clone());
    let written = value.as_str().unwrap_or_default();
    let (limit, wrong) = if name == "avatar" {
        (MAX_AVATAR, check_picture(written).is_err())
    } else {
        (MAX_PERSON_TEXT, false)
    };
    if wrong {
        return refused(name, "must be the address of a picture");
    }
    if written.chars().count() > limit {
        return refused(name, &format!("must have {limit} characters at most"));
    }
    Ok(value)
}

/// A value as it is stored, when the field accepts it.
fn judged(at: &str, kind: ProfileFieldType, rules: &ProfileFieldRules, value: &Value) -> Result<Value, Stop> {
    if kind == ProfileFieldType::Checkbox {
        return match value {
            Value::Bool(ticked) => Ok(Value::Bool(*ticked)),
            Value::String(text) if matches!(text.as_str(), "true" | "false") => Ok(Value::Bool(text == "true")),
            _ => refused(at, "must be true or false"),
        };
    }
    if kind == ProfileFieldType::Number {
        return number(at, rules, value);
    }
    let Value::String(text) = value else {
        return refused(at, "must be text");
    };
    let length = text.chars().count();
    if text.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return refused(at, "must not have control characters");
    }
    let limit = rules.max_length.map_or(MAX_VALUE, |max| max as usize).min(MAX_VALUE);
    if length > limit {
        return refused(at, &format!("must have {limit} characters at most"));
    }
    match kind {
        ProfileFieldType::Text if rules.min_length.is_some_and(|min| length < min as usize) => refused(
            at,
            &format!("must have {} characters at least", rules.min_length.unwrap_or_default()),
        ),
        ProfileFieldType::Date if !is_date(text, rules.format.as_deref()) => refused(
            at,
            &format!("must be a date written as {}", rules.format.as_deref().unwrap_or("yyyy-MM-dd")),
        ),
        ProfileFieldType::Select if !rules.options.iter().flatten().any(|option| option.value == *text) => {
            refused(at, "must be one of the options")
        }
        ProfileFieldType::Url if check_http_url(text).is_err() => refused(at, "must be a web address"),
        ProfileFieldType::Regex if !matches(rules.format.as_deref(), text) => refused(at, "must match the pattern of the field"),
        _ => Ok(value.clone()),
    }
}

fn number(at: &str, rules: &ProfileFieldRules, value: &Value) -> Result<Value, Stop> {
    let parsed = match value {
        Value::Number(number) => Some(number.clone()),
        // A form sends texts.
        Value::String(text) => serde_json::from_str::<serde_json::Number>(text.trim()).ok(),
        _ => None,
    };
    let Some((number, size)) = parsed.and_then(|number| Some((number.clone(), number.as_f64()?))) else {
        return refused(at, "must be a number");
    };
    #[expect(clippy::cast_precision_loss, reason = "bounds of forms are small")]
    let bound = |bound: i64| bound as f64;
    match (rules.min_value, rules.max_value) {
        (Some(min), _) if size < bound(min) => refused(at, &format!("must be {min} at least")),
        (_, Some(max)) if size > bound(max) => refused(at, &format!("must be {max} at most")),
        _ => Ok(Value::Number(number)),
    }
}

/// Whether the pattern occurs in the text, as `RegExp.test` says. A pattern that can't be used matches nothing.
fn matches(pattern: Option<&str>, text: &str) -> bool {
    pattern.is_some_and(|pattern| regex_lite::Regex::new(pattern).is_ok_and(|regex| regex.is_match(text)))
}

/// Whether a text is a day of the calendar in a format. In a format of the operator's own anything is.
fn is_date(text: &str, format: Option<&str>) -> bool {
    let (separator, order) = match format {
        None | Some("yyyy-MM-dd") => ('-', [0, 1, 2]),
        Some("MM/dd/yyyy") => ('/', [2, 0, 1]),
        Some("dd/MM/yyyy") => ('/', [2, 1, 0]),
        Some(_) => return true,
    };
    let parts: Vec<&str> = text.split(separator).collect();
    let [Some(year), Some(month), Some(day)] = order.map(|at| parts.get(at).copied()) else {
        return false;
    };
    let digits = |text: &str, length: usize| text.len() == length && text.bytes().all(|b| b.is_ascii_digit());
    if parts.len() != 3 || !digits(year, 4) || !digits(month, 2) || !digits(day, 2) {
        return false;
    }
    let [year, month, day] = [year, month, day].map(|text| text.parse::<u32>().unwrap_or_default());
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=last).contains(&day)
}
