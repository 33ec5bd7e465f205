//! Rules of custom profile fields, each with Logto's code (sheet 5.7).

use super::super::*;
use crate::model::CustomProfileField;
use serde_json::{Value, json};

/// Each field, and the path and code of each of its problems; `custom_profile_fields.` is left out of codes.
#[test]
fn custom_profile_fields() {
    let named = |name: &str| json!({"name": name, "type": "Text"});
    let of = |kind: &str, config: Value| json!({"name": "thing", "type": kind, "config": config});
    let rows: Vec<(Value, Vec<(&str, &str)>)> = vec![
        (named("companyName2"), vec![]),
        (named("nickname"), vec![]),
        (named(""), vec![("name", "name_required")]),
        (named("company name"), vec![("name", "invalid_name")]),
        (named("größe"), vec![("name", "invalid_name")]),
        (named("email"), vec![("name", "name_conflict_sign_in_identifier")]),
        (named("preferredUsername"), vec![("name", "name_conflict_built_in_prop")]),
        (named("guideRequests"), vec![("name", "name_conflict_custom_data")]),
        (
            of("Text", json!({"minLength": 3, "maxLength": 2})),
            vec![("config.minLength", "invalid_min_max_input")],
        ),
        (
            of("Number", json!({"minValue": 3, "maxValue": 2})),
            vec![("config.minValue", "invalid_min_max_input")],
        ),
        (of("Number", json!({"minValue": -3, "maxValue": 2})), vec![]),
        (
            of("Checkbox", json!({"defaultValue": "yes"})),
            vec![("config.defaultValue", "invalid_default_value")],
        ),
        (of("Checkbox", json!({"defaultValue": "true"})), vec![]),
        (of("Select", json!({})), vec![("config.options", "invalid_options")]),
        (
            of(
                "Select",
                json!({"options": [{"value": "a"}, {"value": ""}, {"value": "a", "label": "A"}]}),
            ),
            vec![
                ("config.options.1.value", "invalid_options"),
                ("config.options.2.value", "invalid_options"),
            ],
        ),
        (of("Regex", json!({})), vec![("config.format", "invalid_regex_format")]),
        (of("Regex", json!({"format": "("})), vec![("config.format", "invalid_regex_format")]),
        (
            of("Regex", json!({"format": "(?=a)"})),
            vec![("config.format", "invalid_regex_format")],
        ),
        (of("Regex", json!({"format": "^[a-z]+\\/\\d$"})), vec![]),
        (
            of("Date", json!({"format": "YYYY"})),
            vec![("config.format", "guard.invalid_input")],
        ),
        (
            of("Date", json!({"format": "custom"})),
            vec![("config.customFormat", "guard.invalid_input")],
        ),
        (of("Date", json!({"format": "dd/MM/yyyy"})), vec![]),
        (of("Url", json!({"parts": []})), vec![("config.parts", "guard.invalid_input")]),
        (of("Address", json!({})), vec![("config.parts", "invalid_address_components")]),
        (
            of(
                "Fullname",
                json!({"parts": [{"name": "givenName", "type": "Text", "enabled": false}]}),
            ),
            vec![("config.parts", "invalid_fullname_components")],
        ),
        (
            of(
                "Address",
                json!({"parts": [
                    {"name": "country", "type": "Select", "config": {"options": [{"value": "SE"}]}},
                    {"name": "planet", "type": "Text"},
                    {"name": "country", "type": "Text"},
                    {"name": "region", "type": "Address"},
                    {"name": "locality", "type": "Regex"},
                ]}),
            ),
            vec![
                ("config.parts.1.name", "invalid_address_components"),
                ("config.parts.2.name", "invalid_address_components"),
                ("config.parts.3.type", "invalid_sub_component_type"),
                ("config.parts.4.config.format", "invalid_regex_format"),
            ],
        ),
    ];
    for (value, expected) in rows {
        let field: CustomProfileField = serde_json::from_value(value.clone()).unwrap();
        let found: Vec<(String, String)> = check_custom_profile_field(&field)
            .into_iter()
            .map(|p| (p.field, p.code.to_owned()))
            .collect();
        let expected: Vec<(String, String)> = expected
            .into_iter()
            .map(|(path, code)| {
                let code = if code.contains('.') {
                    code.to_owned()
                } else {
                    format!("custom_profile_fields.{code}")
                };
                (path.to_owned(), code)
            })
            .collect();
        assert_eq!(found, expected, "{value}");
    }
    let field: CustomProfileField = serde_json::from_value(json!({"name": "x", "type": "Checkbox", "required": true})).unwrap();
    assert_eq!(check_custom_profile_field(&field)[0].field, "required");
}
