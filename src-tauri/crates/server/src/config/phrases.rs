//! `[customPhrases.de]`: phrases in the operator's words.

use super::error::{ConfigError, Source};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use vestibule_core::model::flat_phrases;

/// Phrases by language. The walk left texts and tables only; text in place of a language is said here.
pub(super) fn take(
    root: &mut Map<String, Value>,
    source: &Source,
    errors: &mut Vec<ConfigError>,
) -> BTreeMap<String, BTreeMap<String, String>> {
    let Some(Value::Object(languages)) = root.remove("customPhrases") else {
        return BTreeMap::new();
    };
    let mut out = BTreeMap::new();
    for (tag, value) in languages {
        match value.as_object().map(flat_phrases) {
            Some(Ok(flat)) => drop(out.insert(tag, flat)),
            _ => errors.push(source.error(
                &format!("customPhrases.{tag}"),
                "Must be a table of phrases, begun with the language: [customPhrases.de].",
            )),
        }
    }
    out
}
