//! Objects of the control interface, shaped as Logto's Management API shapes them (sheet chapter 7): what scripts and
//! Logto's own clients read, while the window reads the views.

mod connectors;

pub use connectors::*;

use super::SecretView;
use crate::model::{Application, ApplicationType, CustomClientMetadata, CustomPhrases, OidcClientMetadata, Profile, User};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The one tenant there is.
pub const TENANT: &str = "default";

/// An application (sheet 1.8).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct ApplicationObject {
    /// The one tenant there is.
    pub tenant_id: &'static str,
    /// `client_id`.
    pub id: String,
    /// At most 256 characters.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// Can't be changed later.
    #[serde(rename = "type")]
    pub kind: ApplicationType,
    /// Redirect URIs and the like.
    pub oidc_client_metadata: OidcClientMetadata,
    /// Lifetimes, CORS, refresh rules, algorithm, dialect.
    pub custom_client_metadata: CustomClientMetadata,
    /// Protected applications need a gateway of their own; there are none here.
    #[cfg_attr(feature = "bindings", ts(type = "null"))]
    pub protected_app_metadata: Option<()>,
    /// Free data.
    #[cfg_attr(feature = "bindings", ts(type = "Record<string, unknown>"))]
    pub custom_data: Map<String, Value>,
    /// Whether people are asked for consent.
    pub is_third_party: bool,
    /// When it was created.
    pub created_at: Timestamp,
}

impl From<&Application> for ApplicationObject {
    fn from(app: &Application) -> Self {
        Self {
            tenant_id: TENANT,
            id: app.id.0.clone(),
            name: app.name.clone(),
            description: app.description.clone(),
            kind: app.kind,
            oidc_client_metadata: app.oidc_client_metadata.clone(),
            custom_client_metadata: app.custom_client_metadata.clone(),
            protected_app_metadata: None,
            custom_data: app.custom_data.clone(),
            is_third_party: app.is_third_party,
            created_at: app.created_at,
        }
    }
}

/// A named secret of an application (sheet 1.8).
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct SecretObject {
    /// The one tenant there is.
    pub tenant_id: &'static str,
    /// `client_id`.
    pub application_id: String,
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Option<String>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
}

impl SecretObject {
    /// A secret of the application.
    #[must_use]
    pub fn of(application: &str, secret: SecretView) -> Self {
        Self {
            tenant_id: TENANT,
            application_id: application.to_owned(),
            name: secret.name,
            value: secret.value,
            created_at: secret.created_at,
            expires_at: secret.expires_at,
        }
    }
}

/// A person, in Logto's API representation (sheet 7.1).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct UserObject {
    /// `sub`.
    pub id: String,
    pub username: Option<String>,
    pub primary_email: Option<String>,
    /// Digits only, country code first.
    pub primary_phone: Option<String>,
    pub name: Option<String>,
    pub avatar: Option<String>,
    #[cfg_attr(feature = "bindings", ts(type = "Record<string, unknown>"))]
    pub custom_data: Map<String, Value>,
    /// By target.
    pub identities: BTreeMap<String, SocialIdentityObject>,
    pub last_sign_in_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub profile: Profile,
    /// The application of the first consent.
    pub application_id: Option<String>,
    /// Whether sign-in is refused.
    pub is_suspended: bool,
    pub has_password: bool,
    /// Identities at enterprise providers.
    pub sso_identities: Vec<SsoIdentityObject>,
}

/// A social identity of a person.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct SocialIdentityObject {
    /// The subject at the provider.
    pub user_id: String,
    /// What the provider said, normalised.
    #[cfg_attr(feature = "bindings", ts(type = "Record<string, unknown>"))]
    pub details: Value,
}

/// An identity of a person at an enterprise provider.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct SsoIdentityObject {
    /// Who issued it.
    pub issuer: String,
    /// The subject there.
    pub identity_id: String,
    /// The connector it came by.
    pub sso_connector_id: String,
    /// What the provider said, normalised.
    #[cfg_attr(feature = "bindings", ts(type = "Record<string, unknown>"))]
    pub detail: Value,
}

impl From<&User> for UserObject {
    fn from(user: &User) -> Self {
        let social = |(target, identity): (&String, &crate::model::SocialIdentity)| {
            let identity = SocialIdentityObject {
                user_id: identity.user_id.clone(),
                details: identity.details.clone(),
            };
            (target.clone(), identity)
        };
        let enterprise = |identity: &crate::model::SsoIdentity| SsoIdentityObject {
            issuer: identity.issuer.clone(),
            identity_id: identity.identity_id.clone(),
            sso_connector_id: identity.sso_connector_id.0.clone(),
            detail: identity.detail.clone(),
        };
        Self {
            id: user.id.0.clone(),
            username: user.username.clone(),
            primary_email: user.primary_email.clone(),
            primary_phone: user.primary_phone.clone(),
            name: user.name.clone(),
            avatar: user.avatar.clone(),
            custom_data: user.custom_data.clone(),
            identities: user.identities.iter().map(social).collect(),
            last_sign_in_at: user.last_sign_in_at,
            created_at: user.created_at,
            updated_at: user.updated_at,
            profile: user.profile.clone(),
            application_id: user.application_id.as_ref().map(|id| id.0.clone()),
            is_suspended: user.is_suspended,
            has_password: user.password_encrypted.is_some(),
            sso_identities: user.sso_identities.iter().map(enterprise).collect(),
        }
    }
}

/// Custom phrases of a language (sheet 5.6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct CustomPhrasesObject {
    /// The one tenant there is.
    pub tenant_id: &'static str,
    /// Such as `de` or `pt-BR`.
    pub language_tag: String,
    /// By key, flat: `signIn.title`.
    pub translation: BTreeMap<String, String>,
}

impl From<CustomPhrases> for CustomPhrasesObject {
    fn from(custom: CustomPhrases) -> Self {
        Self {
            tenant_id: TENANT,
            language_tag: custom.language_tag,
            translation: custom.phrases,
        }
    }
}

/// A one-time token; the token itself only when it was just made, for only its hash is kept.
#[derive(Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct OneTimeTokenObject {
    /// Its id.
    pub id: String,
    /// The address it is for.
    pub email: String,
    /// What it is for.
    #[cfg_attr(feature = "bindings", ts(type = "Record<string, unknown>"))]
    pub context: Value,
    /// `active`, `consumed`, `revoked` or `expired`.
    pub status: &'static str,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it is accepted.
    pub expires_at: Timestamp,
    /// The token.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub token: Option<String>,
}

impl OneTimeTokenObject {
    /// A token as it is shown at a moment.
    #[must_use]
    pub fn of(record: &crate::record::OneTimeToken, token: Option<String>, now: Timestamp) -> Self {
        use crate::record::TokenStatus;
        Self {
            id: record.token_id.clone(),
            email: record.email.clone(),
            context: json!(record.context),
            status: match record.status {
                TokenStatus::Active if record.valid_until <= now => "expired",
                TokenStatus::Active => "active",
                TokenStatus::Consumed => "consumed",
                TokenStatus::Revoked => "revoked",
            },
            created_at: record.created_at,
            expires_at: record.valid_until,
            token,
        }
    }
}

/// Whether a person has a password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct HasPassword {
    /// Whether there is one.
    pub has_password: bool,
}

/// What third-party applications may ask for (sheet 1.7); organizations and resources have no such scopes here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct UserConsentScopes {
    /// Always empty.
    pub organization_scopes: Vec<String>,
    /// Always empty.
    pub resource_scopes: Vec<String>,
    /// Always empty.
    pub organization_resource_scopes: Vec<String>,
    /// `profile`, `email` and the like.
    pub user_scopes: Vec<String>,
}

/// A one-time token that is to be made.
#[derive(Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewOneTimeToken {
    /// The address it is for.
    pub email: String,
    /// How long it is accepted, in **seconds**; 600 unless given.
    #[serde(default)]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub expires_in: Option<u32>,
    /// What it is for.
    #[serde(default)]
    #[cfg_attr(feature = "bindings", ts(type = "Record<string, unknown>"))]
    pub context: crate::record::OneTimeTokenContext,
}

/// Custom profile fields in an order.
#[derive(Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(deny_unknown_fields)]
pub struct ProfileFieldOrder {
    /// The fields that are put in order; others come behind them.
    pub order: Vec<ProfileFieldPlace>,
}

/// Where a custom profile field comes.
#[derive(Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProfileFieldPlace {
    /// Its name.
    pub name: String,
    /// Smaller ones come first.
    pub sie_order: u32,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct DoneObject {
    /// One sentence.
    pub message: String,
}

/// Why something was refused. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct ErrorObject {
    /// Logto's dotted code: `entity.not_found`.
    pub code: String,
    /// What was wrong and what would be right.
    pub message: String,
    /// The member it is about, as a dotted path.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub field: Option<String>,
}

/// An address that opens the console in a browser, once.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct ConsoleAddress {
    /// With the code behind the `#`, which browsers do not send.
    pub url: String,
    /// Until when it works.
    pub expires_at: Timestamp,
}

/// What a browser shows with every call, beside the cookie that came with it.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct ConsoleKey {
    /// Goes into the header `vestibule-console`.
    pub key: String,
}
