//! Bodies of calls: JSON of a known shape, within limits. What is wrong with one is said with its place.

use crate::http::Request;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Longest texts by member, in **characters**: what no person types and no page of ours sends.
const LIMITS: [(&str, usize); 6] = [
    ("value", 256),
    ("password", 1024),
    ("code", 64),
    ("token", 256),
    ("verificationId", 64),
    ("captchaToken", 8192),
];
/// Longest text of any other member, in **characters**.
const OTHER: usize = 8192;

/// The body as a `T`; none at all is an empty object.
///
/// # Errors
/// What is wrong, beginning with the member's path where it is about one: `identifier.type: unknown variant ...`.
pub(in crate::routes) fn read<T: DeserializeOwned>(request: &Request) -> Result<T, String> {
    let bytes: &[u8] = if request.body.is_empty() { b"{}" } else { &request.body };
    if !request.body.is_empty() && !request.is("application/json") {
        return Err("the body must be JSON, with Content-Type: application/json".to_owned());
    }
    if bytes.contains(&0) {
        return Err("the body must not contain a NUL byte".to_owned());
    }
    let value: Value = serde_json::from_slice(bytes).map_err(|error| format!("the body is not JSON: {error}"))?;
    if !value.is_object() {
        return Err("the body must be a JSON object".to_owned());
    }
    within_limits(&value, &mut Vec::new())?;
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        match path.as_str() {
            "." => error.into_inner().to_string(),
            path => format!("{path}: {}", error.inner()),
        }
    })
}

fn within_limits(value: &Value, path: &mut Vec<String>) -> Result<(), String> {
    match value {
        Value::String(text) => {
            let member = path.last().map_or("", String::as_str);
            let limit = LIMITS.iter().find(|(name, _)| *name == member).map_or(OTHER, |(_, limit)| *limit);
            let length = text.chars().count();
            if length > limit {
                return Err(format!("{}: has {length} characters, the limit is {limit}", path.join(".")));
            }
            if text.contains('\0') {
                return Err(format!("{}: must not contain a NUL character", path.join(".")));
            }
            Ok(())
        }
        Value::Array(list) => nested(list.iter().enumerate().map(|(index, item)| (index.to_string(), item)), path),
        Value::Object(members) => nested(members.iter().map(|(name, item)| (name.clone(), item)), path),
        _ => Ok(()),
    }
}

fn nested<'v>(items: impl Iterator<Item = (String, &'v Value)>, path: &mut Vec<String>) -> Result<(), String> {
    for (name, item) in items {
        path.push(name);
        within_limits(item, path)?;
        path.pop();
    }
    Ok(())
}
