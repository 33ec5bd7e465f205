//! What a connector is configured with (sheet 6.3 and 6.5). One shape for all: which members a factory understands is in its
//! [`Factory`](super::Factory).

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How the provider's token endpoint is told who asks (sheet 6.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UpstreamAuthMethod {
    /// `client_id` and `client_secret` in the body: Logto's default.
    #[default]
    ClientSecretPost,
    /// HTTP Basic (RFC 6749 section 2.3.1).
    ClientSecretBasic,
    /// A JWT signed with the secret (OpenID Connect Core 9).
    ClientSecretJwt,
}

/// Algorithm of a `client_secret_jwt` assertion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SecretJwtAlg {
    /// HMAC with SHA-256.
    #[default]
    HS256,
    /// HMAC with SHA-384.
    HS384,
    /// HMAC with SHA-512.
    HS512,
}

/// How a token endpoint writes its answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenResponseType {
    /// As a query string: Logto's default.
    #[default]
    QueryString,
    /// As JSON (RFC 6749 section 5.1).
    Json,
}

/// What an ID token must be like (sheet 6.3).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct IdTokenVerification {
    /// Where the keys are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// Accepted `iss`; any where left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<OneOrMany>,
    /// Overridden by `clientId`, as in Logto.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<OneOrMany>,
    /// Accepted signature algorithms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub algorithms: Option<Vec<String>>,
    /// Tolerated clock difference, in **seconds**.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock_tolerance: Option<u32>,
    /// Understood critical header members, with whether they have to be signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crit: Option<BTreeMap<String, bool>>,
    /// Most age since `iat`, in **seconds**.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_token_age: Option<u32>,
    /// The only accepted `sub`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The `typ` header that is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub typ: Option<String>,
}

/// One text or a list of them, as the `jose` options have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl OneOrMany {
    /// All of them.
    #[must_use]
    pub fn as_slice(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(texts) => texts,
        }
    }
}

/// Further members of the authorization request (sheet 6.3).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[allow(missing_docs)]
pub struct AuthRequestOptions {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_mode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ui_locales: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token_hint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login_hint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr_values: Option<String>,
}

/// Under which names a provider's user endpoint answers (sheet 6.3).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[allow(missing_docs)]
pub struct ProfileMap {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar: Option<String>,
}

/// Under which names a SAML provider tells of a person (sheet 6.5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct AttributeMapping {
    /// What identifies the person: an attribute, or `nameID`.
    pub id: String,
    /// The e-mail address.
    pub email: String,
    /// The full name.
    pub name: String,
}

impl Default for AttributeMapping {
    fn default() -> Self {
        Self {
            id: "nameID".to_owned(),
            email: "email".to_owned(),
            name: "name".to_owned(),
        }
    }
}

/// The members of a configuration that are secrets: no list shows them.
pub const SECRET_MEMBERS: [&str; 2] = ["clientSecret", "privateKey"];

/// A connector's configuration: Logto's members, and `pkce`. It holds secrets, so it has no `Debug`.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ConnectorConfig {
    /// `client_id` at the provider.
    pub client_id: String,
    /// `client_secret` at the provider.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub client_secret: String,
    /// Scopes, separated by spaces or `+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Authorization endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_endpoint: Option<String>,
    /// Token endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_endpoint: Option<String>,
    /// User endpoint (OAuth 2.0 connector).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_info_endpoint: Option<String>,
    /// How the token endpoint is told who asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_method: Option<UpstreamAuthMethod>,
    /// Algorithm of `client_secret_jwt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret_jwt_signing_algorithm: Option<SecretJwtAlg>,
    /// Only `code`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_type: Option<String>,
    /// Only `authorization_code`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant_type: Option<String>,
    /// How the token endpoint writes its answer (OAuth 2.0 connector).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_endpoint_response_type: Option<TokenResponseType>,
    /// Under which names the user endpoint answers (OAuth 2.0 connector).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile_map: Option<ProfileMap>,
    /// What an ID token must be like (OIDC connector).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token_verification_config: Option<IdTokenVerification>,
    /// Further members of the authorization request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_request_optional_config: Option<AuthRequestOptions>,
    /// Sent with both requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_config: Option<BTreeMap<String, String>>,
    /// Whether `"true"` stands for `true` in `email_verified` and `phone_verified`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accept_string_typed_boolean_claims: Option<bool>,
    /// Whether an address without `email_verified` is taken as verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust_unverified_email: Option<bool>,
    /// `prompt` values (Google, Microsoft).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompts: Option<Vec<String>>,
    /// Where Microsoft Entra is, such as `https://login.microsoftonline.com`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cloud_instance: Option<String>,
    /// Tenant of Microsoft Entra; `common` unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,
    /// Apple's team id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team_id: Option<String>,
    /// Apple's key id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// Apple's private key (PEM).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_key: Option<String>,
    /// Issuer of an enterprise provider; its discovery document is read at each use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Where a SAML provider's metadata are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata_url: Option<String>,
    /// A SAML provider's metadata.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<String>,
    /// A SAML provider's entity id, where there are no metadata.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity_id: Option<String>,
    /// A SAML provider's sign-in address, where there are no metadata.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_in_endpoint: Option<String>,
    /// A SAML provider's certificate (PEM), where there are no metadata.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x509_certificate: Option<String>,
    /// Under which names a SAML provider tells of a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribute_mapping: Option<AttributeMapping>,
    /// Whether a code challenge is sent (RFC 7636). Left out: where the provider's discovery document announces S256.
    /// `false` is Logto's behaviour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pkce: Option<bool>,
}
