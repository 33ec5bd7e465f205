//! Custom profile fields: what registration asks for beside identifiers and a password (sheet 5.7).

use crate::record::{Record, Table};
use serde::{Deserialize, Serialize};

/// What a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub enum ProfileFieldType {
    /// Text.
    Text,
    /// A number.
    Number,
    /// A date in the field's format.
    Date,
    /// Yes or no.
    Checkbox,
    /// One of the options.
    Select,
    /// A web address.
    Url,
    /// Text that matches a pattern.
    Regex,
    /// An address in parts.
    Address,
    /// A name in parts.
    Fullname,
}

impl ProfileFieldType {
    /// Whether the field is made of parts.
    #[must_use]
    pub const fn is_composite(self) -> bool {
        matches!(self, Self::Address | Self::Fullname)
    }

    /// The names that its parts may have.
    #[must_use]
    pub const fn part_names(self) -> &'static [&'static str] {
        match self {
            Self::Address => &["formatted", "streetAddress", "locality", "region", "postalCode", "country"],
            Self::Fullname => &["givenName", "middleName", "familyName"],
            _ => &[],
        }
    }
}

/// One choice of a `Select`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(deny_unknown_fields)]
pub struct ProfileFieldOption {
    /// What is stored.
    pub value: String,
    /// What people read; the value when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub label: Option<String>,
}

/// What a simple field accepts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ProfileFieldRules {
    /// Shown in the empty field.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub placeholder: Option<String>,
    /// `Text`: in characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub min_length: Option<u32>,
    /// `Text`: in characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub max_length: Option<u32>,
    /// `Number`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional, type = "number"))]
    pub min_value: Option<i64>,
    /// `Number`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional, type = "number"))]
    pub max_value: Option<i64>,
    /// `Date`: `yyyy-MM-dd`, `MM/dd/yyyy`, `dd/MM/yyyy` or `custom`. `Regex`: the pattern.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub format: Option<String>,
    /// `Date` with the format `custom`: what people read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub custom_format: Option<String>,
    /// `Select`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub options: Option<Vec<ProfileFieldOption>>,
    /// `Checkbox`: `true` or `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub default_value: Option<String>,
}

/// A part of an address or a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(deny_unknown_fields)]
pub struct ProfileFieldPart {
    /// Which part: a member of the `address` claim, or of the name.
    pub name: String,
    /// Whether it is asked for.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// What it takes; nothing made of parts.
    #[serde(rename = "type")]
    pub kind: ProfileFieldType,
    /// What people read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub label: Option<String>,
    /// Help below the field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub description: Option<String>,
    /// Whether it must be filled in.
    #[serde(default)]
    pub required: bool,
    /// What it accepts.
    #[serde(default)]
    pub config: ProfileFieldRules,
}

const fn yes() -> bool {
    true
}

/// A field's configuration: the rules of a simple field, or parts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[allow(missing_docs)]
pub struct ProfileFieldConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub placeholder: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub min_length: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub max_length: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional, type = "number"))]
    pub min_value: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional, type = "number"))]
    pub max_value: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub format: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub custom_format: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub options: Option<Vec<ProfileFieldOption>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub default_value: Option<String>,
    /// `Address` and `Fullname`: their parts, in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub parts: Option<Vec<ProfileFieldPart>>,
}

impl ProfileFieldConfig {
    /// The rules of a simple field.
    #[must_use]
    pub fn rules(&self) -> ProfileFieldRules {
        ProfileFieldRules {
            placeholder: self.placeholder.clone(),
            min_length: self.min_length,
            max_length: self.max_length,
            min_value: self.min_value,
            max_value: self.max_value,
            format: self.format.clone(),
            custom_format: self.custom_format.clone(),
            options: self.options.clone(),
            default_value: self.default_value.clone(),
        }
    }

    /// The parts that are asked for.
    pub fn enabled_parts(&self) -> impl Iterator<Item = &ProfileFieldPart> {
        self.parts.iter().flatten().filter(|part| part.enabled)
    }
}

/// A custom profile field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CustomProfileField {
    /// Unique; letters and digits. Where its value lands: `name` and `avatar`, the members of `profile`, else `customData`.
    pub name: String,
    /// What it takes.
    #[serde(rename = "type")]
    pub kind: ProfileFieldType,
    /// What people read.
    #[serde(default)]
    pub label: String,
    /// Help below the field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub description: Option<String>,
    /// Whether it must be filled in.
    #[serde(default)]
    pub required: bool,
    /// What it accepts.
    #[serde(default)]
    pub config: ProfileFieldConfig,
    /// Its place among the fields.
    #[serde(default)]
    pub sie_order: u32,
}

impl Record for CustomProfileField {
    const TABLE: Table = Table::CustomProfileField;
    fn id(&self) -> &str {
        &self.name
    }
}

impl CustomProfileField {
    /// Whether it, or a part of it, must be filled in.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.required || (self.kind.is_composite() && self.config.enabled_parts().any(|part| part.required))
    }

    /// What a list of fields is sorted by.
    #[must_use]
    pub fn order(&self) -> (u32, &str) {
        (self.sie_order, &self.name)
    }
}
