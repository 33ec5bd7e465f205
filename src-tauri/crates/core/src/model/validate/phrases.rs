//! Rules of custom phrases (sheet 5.6).

use super::{Report, check_language_tag};
use crate::model::{CustomPhrases, Problem};

/// Longest phrase, in **characters**. Ours.
const MAX_PHRASE: usize = 1000;

/// The forms of a plural (CLDR), after the key and an underscore.
const PLURALS: [&str; 6] = ["zero", "one", "two", "few", "many", "other"];

/// Checks custom phrases. `known` says whether the pages have a key.
#[must_use]
pub fn check_custom_phrases(custom: &CustomPhrases, known: &dyn Fn(&str) -> bool) -> Vec<Problem> {
    let mut report = Report::default();
    report.check("languageTag", check_language_tag(&custom.language_tag));
    for (key, phrase) in &custom.phrases {
        // A language may have plural forms that English lacks.
        let plural = key
            .rsplit_once('_')
            .is_some_and(|(stem, form)| PLURALS.contains(&form) && known(&format!("{stem}_other")));
        let field = format!("phrases.{key}");
        if !known(key) && !plural {
            report.add(&field, "The pages have no such phrase. Look at the list of phrases for its key.");
        }
        report.longest(&field, phrase, MAX_PHRASE);
        if phrase.contains('\0') {
            report.add(&field, "Contains a NUL character. Remove it.");
        }
    }
    report.0
}
