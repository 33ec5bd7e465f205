//! Names the key or word that somebody most likely meant.

use super::schema::{Field, Shape, Spec};

impl Spec {
    /// The key of that name.
    pub(super) fn get(&self, key: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.key == key)
    }

    /// Answers an unknown key: the table it belongs to, the nearest known key, or all of them.
    pub(super) fn suggest(&self, key: &str) -> String {
        let wanted = plain(key);
        let nested = self.fields.iter().find_map(|outer| match outer.shape {
            Shape::Table(spec) => spec
                .fields
                .iter()
                .find(|inner| plain(inner.key) == wanted)
                .map(|inner| (outer.key, inner.key)),
            _ => None,
        });
        if let (Some((outer, inner)), None) = (nested, self.fields.iter().find(|f| plain(f.key) == wanted)) {
            return format!("It belongs to {outer}: write {outer}.{inner}.");
        }
        match nearest(key, self.fields.iter().map(|field| field.key)) {
            Some(near) => format!("Did you mean {near}?"),
            None => format!("Known here: {}.", listed(self.fields.iter().map(|field| field.key))),
        }
    }
}

/// Names as a sentence lists them.
pub(super) fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

/// The candidate that someone who wrote `text` most likely meant; `None` when nothing is close.
/// Case, `_` and `-` don't count, so that `redirect_uris` finds `redirectUris`.
pub(super) fn nearest<'a>(text: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = plain(text);
    candidates
        .map(|candidate| (strsim::damerau_levenshtein(&wanted, &plain(candidate)), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.len().min(wanted.len()) / 3).max(1) && *distance < candidate.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn plain(text: &str) -> String {
    // Bounded: the distance costs the product of both lengths.
    text.chars()
        .take(64)
        .filter(|c| !matches!(c, '_' | '-'))
        .flat_map(char::to_lowercase)
        .collect()
}
