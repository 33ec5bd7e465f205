//! Applications (sheet 1.7 and 1.8).

use super::{Dialect, SigningAlg};
use crate::ids::AppId;
use crate::record::{Record, Table};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The application types this release signs in. (`Protected` and `SAML` need their own gateways.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub enum ApplicationType {
    /// Mobile or desktop: public client, PKCE required.
    Native,
    /// Single-page application: public client, PKCE required.
    #[serde(rename = "SPA")]
    Spa,
    /// Server-side web application with a secret.
    Traditional,
    /// `client_credentials` only.
    MachineToMachine,
}

impl ApplicationType {
    /// Whether it authenticates with a secret (auth method `client_secret_basic`, sheet 1.7).
    #[must_use]
    pub const fn has_secret(self) -> bool {
        matches!(self, Self::Traditional | Self::MachineToMachine)
    }
    /// Whether a person signs in to it.
    #[must_use]
    pub const fn signs_people_in(self) -> bool {
        !matches!(self, Self::MachineToMachine)
    }
}

/// An OAuth client (sheet 1.8).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Application {
    /// `client_id`.
    pub id: AppId,
    /// Shown to people, at most 256 characters.
    pub name: String,
    /// Free text.
    #[serde(default)]
    pub description: Option<String>,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: ApplicationType,
    /// Redirect URIs and the like.
    #[serde(default)]
    pub oidc_client_metadata: OidcClientMetadata,
    /// Lifetimes, CORS, refresh rules.
    #[serde(default)]
    pub custom_client_metadata: CustomClientMetadata,
    /// Named secrets, values sealed.
    #[serde(default)]
    pub secrets: Vec<ApplicationSecret>,
    /// Whether people are asked for consent.
    #[serde(default)]
    pub is_third_party: bool,
    /// User scopes a third-party application may ask for (sheet 1.7).
    #[serde(default)]
    pub user_consent_scopes: Vec<String>,
    /// Free data.
    #[serde(default)]
    pub custom_data: serde_json::Map<String, serde_json::Value>,
    /// Branding of its sign-in pages (sheet 5.4).
    #[serde(default)]
    pub sign_in_experience: ApplicationSignInExperience,
    /// When it was created.
    pub created_at: Timestamp,
}

impl Record for Application {
    const TABLE: Table = Table::Application;
    fn id(&self) -> &str {
        self.id.as_str()
    }
}

/// Logto's `oidcClientMetadata`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct OidcClientMetadata {
    /// Where a code may be sent; `*` allowed in host and path (sheet 1.9).
    pub redirect_uris: Vec<String>,
    /// Where a browser may go after sign-out.
    pub post_logout_redirect_uris: Vec<String>,
    /// Receives logout tokens (OIDC Back-Channel Logout).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub backchannel_logout_uri: Option<String>,
    /// Whether `sid` must be in the logout token and the ID token.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub backchannel_logout_session_required: Option<bool>,
    /// A picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub logo_uri: Option<String>,
    /// Public keys for `private_key_jwt` (RFC 7523), a JWK set; Vestibule's addition.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional, type = "unknown"))]
    pub jwks: Option<serde_json::Value>,
}

/// Logto's `customClientMetadata`, and Vestibule's per-application settings beside it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct CustomClientMetadata {
    /// Browser origins allowed at the token endpoint, beside those of the redirect URIs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cors_allowed_origins: Vec<String>,
    /// ID token lifetime in **seconds**, default 3600.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional, type = "number"))]
    pub id_token_ttl: Option<i64>,
    /// Refresh token lifetime in **seconds** (Logto's legacy member).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional, type = "number"))]
    pub refresh_token_ttl: Option<i64>,
    /// Refresh token lifetime in **days**, 1 to 180, default 14.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional, type = "number"))]
    pub refresh_token_ttl_in_days: Option<i64>,
    /// Kept for Logto's files; there is one tenant here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub tenant_id: Option<String>,
    /// A refresh token even without `offline_access` (Traditional and SPA).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub always_issue_refresh_token: Option<bool>,
    /// Default true; false never rotates.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub rotate_refresh_token: Option<bool>,
    /// Adds the token-exchange grant (not served yet).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub allow_token_exchange: Option<bool>,
    /// Signs people in by the device flow (RFC 8628) and in no other way; Native only, and can't be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub is_device_flow: Option<bool>,
    /// How many grants a person may hold for this application; the oldest goes first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional, type = "number"))]
    pub max_allowed_grants: Option<u32>,
    /// Signs this application's tokens with another algorithm than the provider's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub signing_alg: Option<SigningAlg>,
    /// Overrides the provider's dialect.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub dialect: Option<Dialect>,
}

impl CustomClientMetadata {
    /// Whether `isDeviceFlow` is set; absent means no.
    #[must_use]
    pub fn uses_device_flow(&self) -> bool {
        self.is_device_flow == Some(true)
    }
}

/// A named secret (sheet 1.8).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplicationSecret {
    /// "Default secret" for the first.
    pub name: String,
    /// The sealed value.
    pub value: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it stops working.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
}

/// Branding of one application's pages (sheet 5.4).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ApplicationSignInExperience {
    /// Name on the consent page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub display_name: Option<String>,
    /// `#rrggbb`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub primary_color: Option<String>,
    /// `#rrggbb` in the dark theme.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub dark_primary_color: Option<String>,
    /// Address or `data:` URI of a logo.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub logo_url: Option<String>,
    /// Address of the terms of use.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub terms_of_use_url: Option<String>,
    /// Address of the privacy policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub privacy_policy_url: Option<String>,
}

impl Application {
    /// Whether it signs people in by the device flow, which only a Native application can (sheet 1.7).
    #[must_use]
    pub fn is_device_flow(&self) -> bool {
        self.kind == ApplicationType::Native && self.custom_client_metadata.uses_device_flow()
    }
    /// Whether PKCE is required: unless the registered auth method is `client_secret_basic` (sheet 1.7).
    #[must_use]
    pub const fn requires_pkce(&self) -> bool {
        !self.kind.has_secret()
    }
    /// ID token lifetime in **seconds** (sheet 1.6).
    #[must_use]
    pub fn id_token_ttl(&self) -> i64 {
        self.custom_client_metadata.id_token_ttl.unwrap_or(3600)
    }
    /// Refresh token lifetime in **seconds** (sheet 1.6).
    #[must_use]
    pub fn refresh_token_ttl(&self) -> i64 {
        let meta = &self.custom_client_metadata;
        match (meta.refresh_token_ttl_in_days, meta.refresh_token_ttl) {
            (Some(days), _) => days * 86_400,
            (None, Some(seconds)) => seconds,
            (None, None) => 14 * 86_400,
        }
    }
}
