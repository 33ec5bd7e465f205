//! Files that a configuration names: they are found from where the configuration is.

use super::document::Document;
use super::error::{ConfigError, Source};
use super::suggest::listed;
use crate::custom_ui::Wanted;
use serde_json::{Map, Value};
use std::path::Path;

/// Where `[provider] customUi` stands.
const CUSTOM_UI: &str = "provider.customUi";

/// Takes `customUi` out of the provider's table: it names files as the file has them, not as they are stored.
pub(super) fn take_custom_ui(provider: &mut Map<String, Value>, source: &Source, errors: &mut Vec<ConfigError>) -> Option<Wanted> {
    let Some(Value::Object(table)) = provider.remove("customUi") else {
        return None;
    };
    let mut entries = table.into_iter();
    let Some((key, value)) = entries.next() else {
        return Some(Wanted::Hosted);
    };
    if let Some((second, _)) = entries.next() {
        let message = format!(
            "Only one of {} can be served, and {key} and {second} are given. Remove one.",
            listed(["folder", "zip", "devServer"].into_iter())
        );
        errors.push(source.error(CUSTOM_UI, message));
        return None;
    }
    let text = value.as_str().unwrap_or_default().to_owned();
    let wanted = match key.as_str() {
        "folder" => Wanted::Folder(text.clone().into()),
        "zip" => Wanted::Zip(text.clone().into()),
        _ => Wanted::DevServer(text.clone()),
    };
    let problem = match &wanted {
        Wanted::DevServer(_) => wanted.check().err(),
        _ if text.trim().is_empty() => Some("Is empty. Give a path, absolute or from where this file is.".to_owned()),
        _ => None,
    };
    if let Some(message) = problem {
        errors.push(source.error(&format!("{CUSTOM_UI}.{key}"), message));
        return None;
    }
    Some(wanted)
}

/// Makes the document's paths absolute, from where its file is, and looks at what they lead to. Nothing is changed.
///
/// # Errors
/// What is wrong with the files, each at its key.
pub fn check_files(document: &mut Document, config: &Path) -> Result<(), Vec<ConfigError>> {
    let Some(wanted) = &mut document.custom_ui else { return Ok(()) };
    let base = config.parent().unwrap_or_else(|| Path::new(""));
    let mut outcome = Ok(());
    if let Wanted::Folder(path) | Wanted::Zip(path) = wanted {
        match std::path::absolute(base.join(&*path)) {
            Ok(whole) => *path = whole,
            Err(error) => outcome = Err(format!("The path can't be made absolute: {error}.")),
        }
    }
    let key = format!("{CUSTOM_UI}.{}", wanted.key());
    match outcome.and_then(|()| wanted.check()) {
        Ok(unpacked) => {
            document.unpacked = unpacked;
            Ok(())
        }
        Err(why) => Err(vec![document.error(&key, why)]),
    }
}
