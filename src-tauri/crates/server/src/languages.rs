//! What the hosted pages say, in every language (sheet 5.6). A translation is a file beside the English one: whatever
//! lies there is spoken.

use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use vestibule_core::experience::{choose_language, is_right_to_left};
use vestibule_core::model::{BUILT_IN_LANGUAGES, CustomPhrases, Problem, SignInExperience};
use vestibule_core::{Cx, StoreError};

/// The phrase files. A debug build reads the folder at run time, a release build carries it.
#[derive(rust_embed::RustEmbed)]
#[folder = "../../../ui/experience/src/phrases"]
struct Files;

/// Most languages with custom phrases.
const MAX_LANGUAGES: usize = 100;

/// Flat phrases by key.
pub(crate) type Phrases = BTreeMap<String, String>;

static BUILT_IN: LazyLock<BTreeMap<String, Phrases>> = LazyLock::new(|| {
    let names: Vec<_> = Files::iter().collect();
    names
        .iter()
        .filter_map(|name| {
            let tag = name.strip_suffix(".json")?;
            let file = Files::get(name)?;
            let phrases: Phrases = serde_json::from_slice(&file.data)
                .map_err(|error| tracing::warn!(%name, %error, "a file of phrases can't be read"))
                .ok()?;
            Some((tag.to_owned(), phrases))
        })
        .collect()
});

/// The phrases that the program brings.
pub(crate) fn built_in() -> &'static BTreeMap<String, Phrases> {
    &BUILT_IN
}

/// Every key with its English phrase.
pub(crate) fn english() -> Phrases {
    built_in().get("en").cloned().unwrap_or_default()
}

/// Whether the pages have a phrase of this key.
pub(crate) fn is_key(key: &str) -> bool {
    built_in().get("en").is_some_and(|english| english.contains_key(key))
}

/// Phrases in the operator's words.
pub(crate) fn custom(cx: &Cx<'_>) -> Result<Vec<CustomPhrases>, StoreError> {
    let all = cx.list::<CustomPhrases>(MAX_LANGUAGES)?;
    Ok(all.iter().map(|one| one.as_ref().clone()).collect())
}

/// Refuses the language that would be one too many; ask when it is written.
pub(crate) fn too_many(cx: &Cx<'_>) -> Result<Option<Problem>, StoreError> {
    let many = cx.count::<CustomPhrases>(MAX_LANGUAGES + 1)? > MAX_LANGUAGES;
    Ok(many.then(|| {
        Problem::new(
            "languageTag",
            format!("More than {MAX_LANGUAGES} languages with custom phrases are too many. Remove one first."),
        )
    }))
}

/// The language of a page and what it says that is not built-in English.
pub(crate) struct Spoken {
    pub tag: String,
    pub right_to_left: bool,
    /// Over the English ones.
    pub phrases: Phrases,
}

/// Chooses among `wanted`, then the fallback language, then English.
pub(crate) fn speak(cx: &Cx<'_>, row: &SignInExperience, mut wanted: Vec<String>) -> Result<Spoken, StoreError> {
    let custom = custom(cx)?;
    let own: Vec<&str> = custom.iter().map(|one| one.language_tag.as_str()).collect();
    let known: Vec<&str> = built_in().keys().map(String::as_str).collect();
    wanted.push(row.language_info.fallback_language.clone());
    let tag = choose_language(&own, &known, &wanted).unwrap_or("en");
    // A language of the operator's own stands on its nearest built-in one.
    let ground = choose_language(&[], &known, &[tag.to_owned()]).filter(|ground| *ground != "en");
    let mut phrases = ground.and_then(|ground| built_in().get(ground)).cloned().unwrap_or_default();
    if let Some(custom) = custom.iter().find(|one| one.language_tag == tag) {
        phrases.extend(custom.phrases.clone());
    }
    Ok(Spoken {
        tag: tag.to_owned(),
        right_to_left: is_right_to_left(tag),
        phrases,
    })
}

impl Spoken {
    /// Everything the pages say, English where nothing else is known.
    pub(crate) fn whole(&self) -> Value {
        let mut all = english();
        all.extend(self.phrases.clone());
        serde_json::json!(all)
    }
}

/// Refuses a fallback language that nobody could read: neither one of Logto's nor with phrases of its own (sheet 5.2).
pub(crate) fn unsupported_fallback(cx: &Cx<'_>, row: &SignInExperience) -> Result<Option<Problem>, StoreError> {
    let tag = &row.language_info.fallback_language;
    let known = BUILT_IN_LANGUAGES.contains(&tag.as_str()) || built_in().contains_key(tag) || cx.get::<CustomPhrases>(tag)?.is_some();
    Ok((!known).then(|| {
        Problem::coded(
            "sign_in_experiences.unsupported_default_language",
            "languageInfo.fallbackLanguage",
            format!(
                "There are no phrases in {tag}. Add custom phrases in it first, or choose one of {}.",
                BUILT_IN_LANGUAGES.join(", ")
            ),
        )
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::Stored;

    fn phrases(tag: &str, pairs: &[(&str, &str)]) -> CustomPhrases {
        CustomPhrases {
            language_tag: tag.into(),
            phrases: pairs.iter().map(|(key, phrase)| ((*key).into(), (*phrase).into())).collect(),
        }
    }

    fn wanted(tags: &[&str]) -> Vec<String> {
        tags.iter().map(|tag| (*tag).to_owned()).collect()
    }

    #[test]
    fn english_is_there_and_every_file_has_only_its_keys() {
        assert!(english().len() > 100, "{}", english().len());
        for (tag, phrases) in built_in() {
            let custom = CustomPhrases {
                language_tag: tag.clone(),
                phrases: phrases.clone(),
            };
            assert_eq!(vestibule_core::model::check_custom_phrases(&custom, &is_key), [], "{tag}");
        }
    }

    #[test]
    fn own_words_win_over_built_in_ones() {
        let stored = Stored::default();
        let mut cx = stored.cx(0);
        cx.put(&phrases("en", &[("signIn.submit", "Come in")])).unwrap();
        cx.put(&phrases("sv", &[("signIn.submit", "Logga in")])).unwrap();
        let row = SignInExperience::default();
        let english = speak(&cx, &row, wanted(&["xx"])).unwrap();
        assert_eq!(
            (english.tag.as_str(), english.whole()["signIn.submit"].as_str()),
            ("en", Some("Come in"))
        );
        assert_eq!(english.phrases.len(), 1, "the bundle has the others");
        let swedish = speak(&cx, &row, wanted(&["sv-FI", "en"])).unwrap();
        assert_eq!(
            (swedish.tag.as_str(), swedish.whole()["signIn.submit"].as_str()),
            ("sv", Some("Logga in"))
        );
        assert_eq!(swedish.whole()["signIn.next"], "Continue");
        cx.put(&phrases("ar", &[])).unwrap();
        assert!(speak(&cx, &row, wanted(&["ar"])).unwrap().right_to_left);
    }

    #[test]
    fn every_language_that_is_kept_is_spoken() {
        let stored = Stored::default();
        let mut cx = stored.cx(0);
        for n in 0..MAX_LANGUAGES {
            cx.put(&phrases(&format!("en-x-{n:03}"), &[("signIn.submit", "Come in")])).unwrap();
        }
        assert_eq!(too_many(&cx).unwrap(), None);
        assert_eq!(custom(&cx).unwrap().len(), MAX_LANGUAGES);
        cx.put(&phrases("zu", &[("signIn.submit", "Ngena")])).unwrap();
        assert!(too_many(&cx).unwrap().is_some());
    }

    #[test]
    fn a_fallback_language_needs_phrases() {
        let stored = Stored::default();
        let mut cx = stored.cx(0);
        let mut row = SignInExperience::default();
        for (tag, right) in [("en", true), ("it", true), ("sv", false)] {
            row.language_info.fallback_language = tag.into();
            assert_eq!(unsupported_fallback(&cx, &row).unwrap().is_none(), right, "{tag}");
        }
        cx.put(&phrases("sv", &[])).unwrap();
        assert_eq!(unsupported_fallback(&cx, &row).unwrap(), None);
    }
}
