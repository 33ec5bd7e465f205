//! Language, custom CSS and custom content (sheet 5.1, 5.5 and 5.6).

use super::super::Report;
use crate::model::SignInExperience;

/// Longest `customCss`, in **bytes**. Ours: Logto names no limit.
pub const MAX_CUSTOM_CSS: usize = 128 * 1024;
/// Longest HTML of one page in `customContent`, in **bytes**. Ours, as the page carries it with its data.
pub const MAX_CUSTOM_CONTENT: usize = 32 * 1024;
/// Most pages with custom content. Ours.
pub const MAX_CUSTOM_PAGES: usize = 64;
/// Longest path of a page.
const MAX_PATH: usize = 256;

pub(super) fn check(report: &mut Report, row: &SignInExperience) {
    if let Err(message) = check_language_tag(&row.language_info.fallback_language) {
        report.coded(
            "sign_in_experiences.unsupported_default_language",
            "languageInfo.fallbackLanguage",
            message,
        );
    }
    if let Some(css) = &row.custom_css {
        let length = css.len();
        if length > MAX_CUSTOM_CSS {
            report.add(
                "customCss",
                format!("Is {length} bytes long; the limit is {MAX_CUSTOM_CSS}. Leave pictures and fonts out of it, and link them."),
            );
        }
        if css.contains('\0') {
            report.add("customCss", "Contains a NUL character. Remove it.");
        }
    }
    if row.custom_content.len() > MAX_CUSTOM_PAGES {
        report.add("customContent", format!("Names more than {MAX_CUSTOM_PAGES} pages. Remove some."));
    }
    for (path, html) in &row.custom_content {
        let field = format!("customContent.{path}");
        report.check(&field, check_path(path));
        let length = html.len();
        if length > MAX_CUSTOM_CONTENT {
            report.add(
                &field,
                format!("Is {length} bytes long; the limit is {MAX_CUSTOM_CONTENT}. Link pictures instead of carrying them."),
            );
        }
        if html.contains('\0') {
            report.add(&field, "Contains a NUL character. Remove it.");
        }
    }
}

/// The path of a hosted page: `/sign-in`.
fn check_path(path: &str) -> Result<(), String> {
    if !path.starts_with('/') {
        return Err(format!(
            "Must be the path of a page and begin with a slash: write /{}.",
            path.chars().take(64).flat_map(char::escape_debug).collect::<String>()
        ));
    }
    if path.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '?' | '#')) {
        return Err("Must be a path alone, without spaces, query or fragment, such as /sign-in.".into());
    }
    if path.len() > MAX_PATH {
        return Err(format!("Is {} characters long; the limit is {MAX_PATH}.", path.len()));
    }
    Ok(())
}

/// Checks the shape of a language tag (BCP 47, as far as Logto's tags go).
///
/// # Errors
/// A sentence for people.
pub fn check_language_tag(tag: &str) -> Result<(), String> {
    let well_formed = tag.len() <= 35
        && tag.split('-').enumerate().all(|(index, part)| {
            (1..=8).contains(&part.len())
                && part.bytes().all(|b| b.is_ascii_alphanumeric())
                && (index > 0 || (part.len() >= 2 && part.bytes().all(|b| b.is_ascii_alphabetic())))
        });
    if well_formed {
        return Ok(());
    }
    Err("Is not a language tag. Write one such as en or pt-BR.".into())
}
