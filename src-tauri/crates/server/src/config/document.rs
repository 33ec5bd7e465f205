//! A configuration file as types. `None` means that the file doesn't mention it.

mod connectors;
mod organizations;

pub use connectors::{AccountEntry, ConnectorEntry};
pub(super) use organizations::{JitEntry, OrganizationEntry, OrganizationRoleEntry, OrganizationScopeEntry};
#[cfg(test)]
pub(super) use organizations::{MachineEntry, MemberEntry};

use super::error::{ConfigError, Source};
use super::{files, phrases};
use crate::custom_ui::{Wanted, archive::Unpacked};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::marker::PhantomData;
use vestibule_core::Secret;
use vestibule_core::Timestamp;
use vestibule_core::model::{
    ApplicationSignInExperience, ApplicationType, CustomClientMetadata, CustomProfileField, CustomUi, MessageSettings, OidcClientMetadata,
    Profile, ProfileFieldConfig, ProfileFieldType, ProviderSettings, RoleScope, RoleType, Scope, SignInExperience, SocialIdentity,
};

/// A configuration.
#[derive(Default)]
pub struct Document {
    /// `[[applications]]`.
    pub applications: Vec<ApplicationEntry>,
    /// `[[users]]`.
    pub users: Vec<UserEntry>,
    /// `[[resources]]`.
    pub resources: Vec<ResourceEntry>,
    /// `[[roles]]`.
    pub roles: Vec<RoleEntry>,
    /// `[[organizations]]`.
    pub organizations: Vec<OrganizationEntry>,
    /// `[[organizationRoles]]`.
    pub organization_roles: Vec<OrganizationRoleEntry>,
    /// `[[organizationScopes]]`.
    pub organization_scopes: Vec<OrganizationScopeEntry>,
    /// `[[connectors]]`.
    pub connectors: Vec<ConnectorEntry>,
    /// `[[customProfileFields]]`.
    pub custom_profile_fields: Vec<ProfileFieldEntry>,
    /// `[customPhrases.de]`: by language, flat.
    pub custom_phrases: BTreeMap<String, BTreeMap<String, String>>,
    /// `[signInExperience]`.
    pub sign_in_experience: Option<Patch<SignInExperience>>,
    /// `[provider]`.
    pub provider: Option<Patch<ProviderSettings>>,
    /// `[messages]`. The mail server's password stands there in plain text; it is sealed before it is stored.
    pub messages: Option<Patch<MessageSettings>>,
    /// `[provider] customUi`, as the file has it.
    pub custom_ui: Option<Wanted>,
    /// The same once its files are where they are served from; applied when it is there.
    pub prepared_custom_ui: Option<Option<CustomUi>>,
    /// What came out of the zip that `custom_ui` names, when it was looked at.
    pub(crate) unpacked: Option<Unpacked>,
    /// Where everything stands.
    pub(super) source: Source,
}

/// `[[applications]]` (sheet 1.8).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApplicationEntry {
    /// Its path in the file: `applications.0`.
    #[serde(skip)]
    pub at: String,
    /// `client_id`.
    pub id: String,
    /// Shown to people.
    pub name: String,
    /// Its type; can't change once stored.
    #[serde(rename = "type")]
    pub kind: ApplicationType,
    /// The value of the secret named "Default secret".
    #[serde(default, deserialize_with = "secret")]
    pub secret: Option<Secret>,
    /// All named secrets besides that one.
    #[serde(default)]
    pub secrets: Option<Vec<SecretEntry>>,
    /// Free text.
    #[serde(default)]
    pub description: Option<String>,
    /// Redirect URIs and the like.
    #[serde(default)]
    pub oidc_client_metadata: Patch<OidcClientMetadata>,
    /// Lifetimes, CORS, refresh rules.
    #[serde(default)]
    pub custom_client_metadata: Patch<CustomClientMetadata>,
    /// Whether people are asked for consent.
    #[serde(default)]
    pub is_third_party: Option<bool>,
    /// User scopes a third-party application may ask for.
    #[serde(default)]
    pub user_consent_scopes: Option<Vec<String>>,
    /// Free data.
    #[serde(default)]
    pub custom_data: Option<Map<String, Value>>,
    /// Branding of its sign-in pages.
    #[serde(default)]
    pub sign_in_experience: Patch<ApplicationSignInExperience>,
}

/// A named secret of an application.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SecretEntry {
    /// Unique within the application.
    pub name: String,
    /// Its value.
    #[serde(deserialize_with = "required_secret")]
    pub value: Secret,
    /// When it stops working.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
}

/// `[[users]]` (sheet 7.1).
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UserEntry {
    /// Its path in the file: `users.0`.
    #[serde(skip)]
    pub at: String,
    /// `sub`.
    pub id: Option<String>,
    /// Unique.
    pub username: Option<String>,
    /// Unique without case.
    pub primary_email: Option<String>,
    /// Unique; digits only once the file was read.
    pub primary_phone: Option<String>,
    /// In plain text; hashed before it is stored.
    #[serde(deserialize_with = "secret")]
    pub password: Option<Secret>,
    /// An Argon2 hash as a PHC string, instead of `password`.
    pub password_hash: Option<String>,
    /// Full name.
    pub name: Option<String>,
    /// Picture address.
    pub avatar: Option<String>,
    /// Standard claims.
    pub profile: Patch<Profile>,
    /// Social identities by target.
    pub identities: Option<BTreeMap<String, SocialIdentity>>,
    /// Free data.
    pub custom_data: Option<Map<String, Value>>,
    /// Whether sign-in is refused.
    pub is_suspended: Option<bool>,
    /// The authenticator app and the backup codes; passkeys can't be written down.
    pub mfa_verifications: Option<Vec<MfaEntry>>,
    /// Names of all roles the person holds.
    pub roles: Option<Vec<String>>,
    /// Why this demo person exists; not a key of the file.
    #[serde(skip)]
    pub demo_note: Option<String>,
}

/// A second factor of a person (sheet 7.1).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MfaEntry {
    /// Which.
    #[serde(rename = "type")]
    pub kind: MfaEntryKind,
    /// The app's secret in Base32, in plain text; sealed before it is stored.
    #[serde(default, deserialize_with = "secret")]
    pub key: Option<Secret>,
    /// The backup codes, in plain text; sealed before they are stored.
    #[serde(default, deserialize_with = "secrets")]
    pub codes: Option<Vec<Secret>>,
}

/// The factors that can be written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum MfaEntryKind {
    /// An authenticator app.
    Totp,
    /// Backup codes.
    BackupCode,
}

/// `[[resources]]` (sheet 1.15).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResourceEntry {
    /// Its path in the file: `resources.0`.
    #[serde(skip)]
    pub at: String,
    /// The `resource` parameter and `aud` claim.
    pub indicator: String,
    /// Its id; derived from the indicator when left out.
    #[serde(default)]
    pub id: Option<String>,
    /// Shown to people; the indicator when left out.
    #[serde(default)]
    pub name: Option<String>,
    /// Stands in for a missing `resource`.
    #[serde(default)]
    pub is_default: Option<bool>,
    /// In **seconds**.
    #[serde(default)]
    pub access_token_ttl: Option<i64>,
    /// All its permissions.
    #[serde(default)]
    pub scopes: Option<Vec<Scope>>,
}

/// `[[roles]]` (sheet 1.15).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoleEntry {
    /// Its path in the file: `roles.0`.
    #[serde(skip)]
    pub at: String,
    /// Unique.
    pub name: String,
    /// Its id; derived from the name when left out.
    #[serde(default)]
    pub id: Option<String>,
    /// For people.
    #[serde(default)]
    pub description: Option<String>,
    /// Who may hold it; can't change once stored.
    #[serde(default, rename = "type")]
    pub kind: Option<RoleType>,
    /// Given to every new person.
    #[serde(default)]
    pub is_default: Option<bool>,
    /// All its scopes.
    #[serde(default)]
    pub scopes: Option<Vec<RoleScope>>,
    /// All who hold it, each by id, username, e-mail or phone. A default role keeps its other holders.
    #[serde(default)]
    pub users: Option<Vec<String>>,
    /// All machine-to-machine applications that hold it, by id.
    #[serde(default)]
    pub applications: Option<Vec<String>>,
}

/// `[[customProfileFields]]` (sheet 5.7).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProfileFieldEntry {
    /// Its path in the file: `customProfileFields.0`.
    #[serde(skip)]
    pub at: String,
    /// Unique.
    pub name: String,
    /// What it takes.
    #[serde(rename = "type")]
    pub kind: ProfileFieldType,
    /// What people read.
    #[serde(default)]
    pub label: Option<String>,
    /// Help below the field.
    #[serde(default)]
    pub description: Option<String>,
    /// Whether it must be filled in.
    #[serde(default)]
    pub required: Option<bool>,
    /// What it accepts.
    #[serde(default)]
    pub config: Patch<ProfileFieldConfig>,
    /// Its place; behind those that are there when left out.
    #[serde(default)]
    pub sie_order: Option<u32>,
}

impl ProfileFieldEntry {
    /// The field as the entry wants it, over the stored one.
    ///
    /// # Errors
    /// When the configuration can't be read.
    pub fn over(&self, stored: Option<&CustomProfileField>) -> Result<CustomProfileField, serde_json::Error> {
        let base = stored.cloned().unwrap_or_else(|| CustomProfileField {
            name: self.name.clone(),
            kind: self.kind,
            label: String::new(),
            description: None,
            required: false,
            config: ProfileFieldConfig::default(),
            sie_order: 0,
        });
        Ok(CustomProfileField {
            kind: self.kind,
            label: self.label.clone().unwrap_or(base.label),
            description: self.description.clone().or(base.description),
            required: self.required.unwrap_or(base.required),
            config: self.config.over(&base.config)?,
            sie_order: self.sie_order.unwrap_or(base.sie_order),
            name: base.name,
        })
    }
}

/// Some members of a `T`: those the file mentions.
#[derive(Deserialize)]
#[serde(transparent)]
pub struct Patch<T> {
    members: Map<String, Value>,
    #[serde(skip)]
    of: PhantomData<fn() -> T>,
}

impl<T> Default for Patch<T> {
    fn default() -> Self {
        Self {
            members: Map::new(),
            of: PhantomData,
        }
    }
}

impl<T: Serialize + DeserializeOwned> Patch<T> {
    /// Whether the file mentions this member.
    pub(super) fn mentions(&self, key: &str) -> bool {
        self.members.contains_key(key)
    }

    /// What the file says of a member of a member.
    pub(super) fn inner(&self, table: &str, key: &str) -> Option<&Value> {
        self.members.get(table)?.get(key)
    }

    /// `base` with the mentioned members in place of its own; tables within are merged, all else is replaced.
    ///
    /// # Errors
    /// When the outcome is not a `T`.
    pub fn over(&self, base: &T) -> Result<T, serde_json::Error> {
        let mut value = serde_json::to_value(base)?;
        merge(&mut value, &self.members);
        serde_json::from_value(value)
    }
}

fn merge(base: &mut Value, members: &Map<String, Value>) {
    let Value::Object(base) = base else {
        *base = Value::Object(members.clone());
        return;
    };
    for (key, value) in members {
        match (base.get_mut(key), value) {
            (Some(inner @ Value::Object(_)), Value::Object(members)) => merge(inner, members),
            _ => drop(base.insert(key.clone(), value.clone())),
        }
    }
}

fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Secret>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.map(Secret::new))
}

fn secrets<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<Secret>>, D::Error> {
    let texts = Option::<Vec<String>>::deserialize(from)?;
    Ok(texts.map(|texts| texts.into_iter().map(Secret::new).collect()))
}

fn required_secret<'de, D: Deserializer<'de>>(from: D) -> Result<Secret, D::Error> {
    String::deserialize(from).map(Secret::new)
}

/// An entry of one of the lists.
trait Entry: DeserializeOwned {
    fn place(&mut self, at: String);
}

macro_rules! entries {
    ($($name:ident),+) => {$(
        impl Entry for $name {
            fn place(&mut self, at: String) {
                self.at = at;
            }
        }
    )+};
}
entries!(
    ApplicationEntry,
    UserEntry,
    ResourceEntry,
    RoleEntry,
    OrganizationEntry,
    OrganizationRoleEntry,
    OrganizationScopeEntry,
    ConnectorEntry,
    ProfileFieldEntry
);

impl Document {
    /// What is in it, as a sentence: "It names 4 applications, 6 people."
    #[must_use]
    pub fn contents(&self) -> String {
        let counts = [
            (self.applications.len(), "application", "applications"),
            (self.users.len(), "person", "people"),
            (self.resources.len(), "resource", "resources"),
            (self.roles.len(), "role", "roles"),
            (self.organizations.len(), "organization", "organizations"),
            (self.connectors.len(), "connector", "connectors"),
            (self.custom_profile_fields.len(), "profile field", "profile fields"),
        ];
        let mut parts: Vec<String> = counts
            .into_iter()
            .filter(|(count, ..)| *count > 0)
            .map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many }))
            .collect();
        if !self.custom_phrases.is_empty() {
            parts.push("custom phrases".to_owned());
        }
        parts.extend(self.sign_in_experience.as_ref().map(|_| "the sign-in experience".to_owned()));
        parts.extend(self.provider.as_ref().map(|_| "provider settings".to_owned()));
        parts.extend(self.messages.as_ref().map(|_| "where messages go".to_owned()));
        if parts.is_empty() {
            return "It names nothing.".to_owned();
        }
        format!("It names {}.", parts.join(", "))
    }

    /// An error at a key of the file.
    pub(crate) fn error(&self, path: &str, message: impl Into<String>) -> ConfigError {
        self.source.error(path, message)
    }

    /// Takes what the walk left. Entries that the walk had to drop are `null`, and are reported already.
    pub(super) fn from_json(mut root: Map<String, Value>, source: Source, errors: &mut Vec<ConfigError>) -> Self {
        let (root, noted) = (&mut root, &source);
        let custom_ui = match root.get_mut("provider") {
            Some(Value::Object(provider)) => files::take_custom_ui(provider, noted, errors),
            _ => None,
        };
        let document = Self {
            applications: entries(root, "applications", noted, errors),
            users: entries(root, "users", noted, errors),
            resources: entries(root, "resources", noted, errors),
            roles: entries(root, "roles", noted, errors),
            organizations: entries(root, "organizations", noted, errors),
            organization_roles: entries(root, "organizationRoles", noted, errors),
            organization_scopes: entries(root, "organizationScopes", noted, errors),
            connectors: entries(root, "connectors", noted, errors),
            custom_profile_fields: entries(root, "customProfileFields", noted, errors),
            custom_phrases: phrases::take(root, noted, errors),
            sign_in_experience: root
                .remove("signInExperience")
                .and_then(|v| typed(v, "signInExperience", noted, errors)),
            provider: root.remove("provider").and_then(|v| typed(v, "provider", noted, errors)),
            messages: root.remove("messages").and_then(|v| typed(v, "messages", noted, errors)),
            custom_ui,
            prepared_custom_ui: None,
            unpacked: None,
            source: Source::default(),
        };
        Self { source, ..document }
    }
}

fn entries<E: Entry>(root: &mut Map<String, Value>, key: &str, source: &Source, errors: &mut Vec<ConfigError>) -> Vec<E> {
    let Some(Value::Array(list)) = root.remove(key) else {
        return Vec::new();
    };
    let mut out = Vec::with_capacity(list.len());
    for (index, value) in list.into_iter().enumerate().filter(|(_, value)| !value.is_null()) {
        let at = format!("{key}.{index}");
        if let Some(mut entry) = typed::<E>(value, &at, source, errors) {
            entry.place(at);
            out.push(entry);
        }
    }
    out
}

/// The schema has judged every key and value by now; should the types still disagree, that is said rather than hidden.
fn typed<T: DeserializeOwned>(value: Value, at: &str, source: &Source, errors: &mut Vec<ConfigError>) -> Option<T> {
    serde_json::from_value(value)
        .map_err(|error| errors.push(source.error(at, format!("Can't be read: {error}."))))
        .ok()
}
