//! Phrases of the hosted pages in the operator's own words (sheet 5.6).

use crate::record::{Record, Table};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What stands in place of the built-in phrases of a language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CustomPhrases {
    /// Such as `de` or `pt-BR`.
    pub language_tag: String,
    /// By key, flat: `signIn.title`.
    pub phrases: BTreeMap<String, String>,
}

impl Record for CustomPhrases {
    const TABLE: Table = Table::CustomPhrases;
    fn id(&self) -> &str {
        &self.language_tag
    }
}

/// Logto's built-in languages (sheet 5.6). For those whose phrases are not there yet, pages speak the next best one.
pub const BUILT_IN_LANGUAGES: [&str; 20] = [
    "ar", "cs", "de", "en", "es", "fa-IR", "fr", "it", "ja", "ko", "pl-PL", "pt-BR", "pt-PT", "ru", "th", "tr-TR", "uk-UA", "zh-CN",
    "zh-HK", "zh-TW",
];

/// Nested phrases as flat ones: `{signIn: {title}}` is `signIn.title`, as is `"signIn.title"`.
///
/// # Errors
/// The key of a value that is neither text nor a table.
pub fn flat_phrases(nested: &Map<String, Value>) -> Result<BTreeMap<String, String>, String> {
    fn walk(table: &Map<String, Value>, prefix: &str, out: &mut BTreeMap<String, String>) -> Result<(), String> {
        for (key, value) in table {
            let key = if prefix.is_empty() {
                key.clone()
            } else {
                format!("{prefix}.{key}")
            };
            match value {
                Value::String(text) => drop(out.insert(key, text.clone())),
                Value::Object(inner) => walk(inner, &key, out)?,
                _ => return Err(key),
            }
        }
        Ok(())
    }
    let mut out = BTreeMap::new();
    walk(nested, "", &mut out)?;
    Ok(out)
}
