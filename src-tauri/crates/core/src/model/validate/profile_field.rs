//! Rules of custom profile fields (sheet 5.7), with Logto's codes.

use super::Report;
use crate::model::{CustomProfileField, Problem, ProfileFieldRules, ProfileFieldType};
use std::collections::BTreeSet;

/// Most custom profile fields. Ours.
pub const MAX_PROFILE_FIELDS: usize = 100;
/// Longest name.
const MAX_NAME: usize = 128;
/// Longest label, description, placeholder.
const MAX_TEXT: usize = 256;
/// Longest pattern or date format (Logto's).
const MAX_FORMAT: usize = 128;
/// Most options of a `Select`.
const MAX_OPTIONS: usize = 500;

/// Identifiers have rules and screens of their own.
const IDENTIFIERS: [&str; 5] = ["username", "primaryEmail", "primaryPhone", "email", "phone"];
/// Kept for the username at other providers.
const BUILT_IN: [&str; 1] = ["preferredUsername"];
/// Members of `customData` that Logto's console keeps for itself.
const RESERVED: [&str; 4] = ["onboarding", "guideRequests", "adminConsolePreferences", "defaultTenantId"];

/// Checks a custom profile field. Whether its name is free needs the store.
#[must_use]
pub fn check_custom_profile_field(field: &CustomProfileField) -> Vec<Problem> {
    let mut report = Report::default();
    check_name(&mut report, &field.name);
    report.longest("label", &field.label, MAX_TEXT);
    if let Some(description) = &field.description {
        report.longest("description", description, MAX_TEXT);
    }
    if field.kind == ProfileFieldType::Checkbox && field.required {
        report.add(
            "required",
            "A checkbox can't be required: not ticked is an answer too. Set required to false.",
        );
    }
    if field.kind.is_composite() {
        check_parts(&mut report, field);
    } else {
        if field.config.parts.is_some() {
            report.add("config.parts", "Only Address and Fullname have parts. Remove them.");
        }
        check_rules(&mut report, "config", field.kind, &field.config.rules());
    }
    report.0
}

fn check_name(report: &mut Report, name: &str) {
    if name.is_empty() {
        report.coded(
            "custom_profile_fields.name_required",
            "name",
            "Is empty. Give a name such as companyName.",
        );
    } else if name.len() > MAX_NAME || !name.bytes().all(|b| b.is_ascii_alphanumeric()) {
        report.coded(
            "custom_profile_fields.invalid_name",
            "name",
            format!("Must be letters a to z and digits only, {MAX_NAME} at most, such as companyName."),
        );
    } else if IDENTIFIERS.contains(&name) {
        report.coded(
            "custom_profile_fields.name_conflict_sign_in_identifier",
            "name",
            format!("{name} is an identifier and has screens of its own. Choose another name."),
        );
    } else if BUILT_IN.contains(&name) {
        report.coded(
            "custom_profile_fields.name_conflict_built_in_prop",
            "name",
            format!("{name} is a claim that people can't set. Choose another name."),
        );
    } else if RESERVED.contains(&name) {
        report.coded(
            "custom_profile_fields.name_conflict_custom_data",
            "name",
            format!("{name} is a member of customData that Logto keeps for itself. Choose another name."),
        );
    }
}

fn check_parts(report: &mut Report, field: &CustomProfileField) {
    let (code, what) = if field.kind == ProfileFieldType::Address {
        ("custom_profile_fields.invalid_address_components", "An address")
    } else {
        ("custom_profile_fields.invalid_fullname_components", "A name")
    };
    let names = field.kind.part_names();
    if field.config.enabled_parts().next().is_none() {
        report.coded(
            code,
            "config.parts",
            format!("{what} needs at least one enabled part: {}.", names.join(", ")),
        );
    }
    let mut seen = BTreeSet::new();
    for (index, part) in field.config.parts.iter().flatten().enumerate() {
        let at = format!("config.parts.{index}");
        if !names.contains(&part.name.as_str()) {
            report.coded(
                code,
                format!("{at}.name"),
                format!("{what} has no such part. Write one of {}.", names.join(", ")),
            );
        } else if !seen.insert(&part.name) {
            report.coded(code, format!("{at}.name"), "Is listed twice. Remove one.");
        }
        if part.kind.is_composite() {
            report.coded(
                "custom_profile_fields.invalid_sub_component_type",
                format!("{at}.type"),
                "A part can't have parts itself. Make it Text or another simple type.",
            );
            continue;
        }
        for text in [&part.label, &part.description].into_iter().flatten() {
            report.longest(&at, text, MAX_TEXT);
        }
        check_rules(report, &format!("{at}.config"), part.kind, &part.config);
    }
}

fn check_rules(report: &mut Report, at: &str, kind: ProfileFieldType, rules: &ProfileFieldRules) {
    if let Some(text) = &rules.placeholder {
        report.longest(&format!("{at}.placeholder"), text, MAX_TEXT);
    }
    let min_max = "custom_profile_fields.invalid_min_max_input";
    if rules.min_length.zip(rules.max_length).is_some_and(|(min, max)| min > max) {
        report.coded(min_max, format!("{at}.minLength"), "Must not be more than maxLength.");
    }
    if rules.min_value.zip(rules.max_value).is_some_and(|(min, max)| min > max) {
        report.coded(min_max, format!("{at}.minValue"), "Must not be more than maxValue.");
    }
    let format_at = format!("{at}.format");
    for text in [&rules.format, &rules.custom_format].into_iter().flatten() {
        report.longest(&format_at, text, MAX_FORMAT);
    }
    match kind {
        ProfileFieldType::Checkbox => {
            let default = rules.default_value.as_deref();
            if default.is_some_and(|default| !matches!(default, "true" | "false")) {
                report.coded(
                    "custom_profile_fields.invalid_default_value",
                    format!("{at}.defaultValue"),
                    "Must be \"true\" or \"false\".",
                );
            }
        }
        ProfileFieldType::Select => check_options(report, at, rules),
        ProfileFieldType::Regex => match rules.format.as_deref() {
            None | Some("") => report.coded(
                "custom_profile_fields.invalid_regex_format",
                format_at,
                "Is missing. Give the pattern that the text must match, such as ^[A-Z]{2}[0-9]+$.",
            ),
            Some(pattern) => {
                if let Err(error) = regex_lite::Regex::new(pattern) {
                    report.coded(
                        "custom_profile_fields.invalid_regex_format",
                        format_at,
                        format!("Is not a pattern that can be used here: {error}. Look-around, back-references and \\p classes are not supported."),
                    );
                }
            }
        },
        ProfileFieldType::Date => {
            let format = rules.format.as_deref();
            if format.is_some_and(|format| !matches!(format, "yyyy-MM-dd" | "MM/dd/yyyy" | "dd/MM/yyyy" | "custom")) {
                report.add(
                    format_at,
                    "Must be yyyy-MM-dd, MM/dd/yyyy, dd/MM/yyyy, or custom with a customFormat.",
                );
            } else if format == Some("custom") && rules.custom_format.as_deref().is_none_or(str::is_empty) {
                report.add(
                    format!("{at}.customFormat"),
                    "Is missing. Say how a date is written, such as d. M. yyyy.",
                );
            }
        }
        _ => {}
    }
}

fn check_options(report: &mut Report, at: &str, rules: &ProfileFieldRules) {
    let code = "custom_profile_fields.invalid_options";
    let options = rules.options.as_deref().unwrap_or_default();
    let path = format!("{at}.options");
    if options.is_empty() {
        report.coded(code, &path, "There is nothing to choose from. Add options with a value each.");
    }
    if options.len() > MAX_OPTIONS {
        report.coded(code, &path, format!("Has more than {MAX_OPTIONS} options. Remove some."));
    }
    let mut seen = BTreeSet::new();
    for (index, option) in options.iter().enumerate() {
        let path = format!("{path}.{index}.value");
        if option.value.is_empty() {
            report.coded(code, path, "Is empty. Give the value that is stored.");
        } else if option.value.chars().count() > MAX_TEXT {
            report.coded(code, path, format!("Is too long; the limit is {MAX_TEXT} characters."));
        } else if !seen.insert(&option.value) {
            report.coded(code, path, "Is listed twice. Remove one.");
        }
    }
}
