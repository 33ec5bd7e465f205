//! Which language a page speaks (sheet 5.6).

/// Writing systems that run from the right.
const RIGHT_TO_LEFT: [&str; 10] = ["ar", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"];

fn base(tag: &str) -> &str {
    tag.split('-').next().unwrap_or_default()
}

/// The first wanted tag that can be spoken: custom phrases exactly, built-in ones exactly, then any of the same base
/// language, the plainest first. `None` when none can.
#[must_use]
pub fn choose_language<'a>(custom: &[&'a str], built_in: &[&'a str], wanted: &[String]) -> Option<&'a str> {
    let same = |list: &[&'a str], tag: &str| list.iter().copied().find(|known| known.eq_ignore_ascii_case(tag));
    let near = |tag: &str| {
        let relatives = || custom.iter().chain(built_in).copied();
        relatives()
            .find(|known| known.eq_ignore_ascii_case(base(tag)))
            .or_else(|| relatives().find(|known| base(known).eq_ignore_ascii_case(base(tag))))
    };
    wanted
        .iter()
        .filter(|tag| !tag.is_empty())
        .find_map(|tag| same(custom, tag).or_else(|| same(built_in, tag)).or_else(|| near(tag)))
}

/// Whether a language is written from right to left.
#[must_use]
pub fn is_right_to_left(tag: &str) -> bool {
    RIGHT_TO_LEFT.iter().any(|known| known.eq_ignore_ascii_case(base(tag)))
}

/// Most languages of a header that are looked at.
const MAX_WANTED: usize = 32;

/// The tags of an `Accept-Language` header, the most wanted first (RFC 9110 section 12.5.4).
#[must_use]
pub fn accepted_languages(header: &str) -> Vec<String> {
    let mut tags: Vec<(u32, String)> = header
        .split(',')
        .take(MAX_WANTED)
        .filter_map(|item| {
            let mut parts = item.split(';').map(str::trim);
            let tag = parts.next().filter(|tag| !tag.is_empty() && *tag != "*")?;
            let weight = parts
                .find_map(|part| part.strip_prefix("q="))
                .map_or(Some(1.0_f32), |q| q.parse().ok())
                .filter(|q| (0.0..=1.0).contains(q) && *q > 0.0)?;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1000")]
            let thousandths = (weight * 1000.0) as u32;
            Some((thousandths, tag.to_owned()))
        })
        .collect();
    tags.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    tags.into_iter().map(|(_, tag)| tag).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(wanted: &str) -> Option<&'static str> {
        let wanted: Vec<String> = wanted.split(' ').map(str::to_owned).collect();
        choose_language(&["sv", "de-AT"], &["en", "de", "fr", "pt-BR", "zh-CN", "ar"], &wanted)
    }

    #[test]
    fn custom_then_built_in_then_the_base_language() {
        for (wanted, expected) in [
            ("de-AT", Some("de-AT")),
            ("DE", Some("de")),
            ("de-CH", Some("de")),
            ("pt", Some("pt-BR")),
            ("pt-PT fr", Some("pt-BR")),
            ("xx fr", Some("fr")),
            ("sv-FI", Some("sv")),
            ("zh-TW", Some("zh-CN")),
            ("xx", None),
            ("", None),
        ] {
            assert_eq!(choose(wanted), expected, "{wanted}");
        }
        assert!(is_right_to_left("ar") && is_right_to_left("fa-IR") && !is_right_to_left("en"));
    }

    #[test]
    fn headers_are_sorted_by_weight() {
        assert_eq!(
            accepted_languages("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.95, *;q=0.5"),
            ["fr-CH", "de", "fr", "en"]
        );
        assert_eq!(accepted_languages("en;q=0, de;q=x, fr;q=2, it"), ["it"]);
        assert!(accepted_languages(" ,;,").is_empty());
    }
}
