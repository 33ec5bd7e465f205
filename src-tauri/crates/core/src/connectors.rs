//! Signing in at another provider (sheet chapter 6), as values: what to ask it, and what it answered.
//!
//! A decision makes a [`UpstreamQuestion`]; `upstream` carries it to the provider and brings an [`UpstreamAnswer`]; a second
//! decision takes that in (`experience::connectors`). The provider may be a real one or simulated: only [`Places`] differ.

mod edit;
mod request;
mod resolve;
mod saml;

pub use edit::{announces_pkce, config_of_discovery, delete_connector, merged_config, obstacles, put_draft, put_preset};
pub use request::{authorization_uri, state_digest};
pub use resolve::{ConfigProblem, check_config, document_source, resolve};
pub use saml::{Departure, IdentityProvider, MAX_RELAY_STATE, MetadataSource, SamlPartners, SamlRequest, ServiceProvider};

use crate::because::{Because, Words};
use crate::ids::ConnectorId;
use crate::model::{IdTokenVerification, ProfileMap, SecretJwtAlg, Shape, TokenResponseType};
use crate::secret::Secret;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Where simulated providers are.
#[derive(Clone, Debug)]
pub struct Places {
    /// The provider's address for browsers, without a slash at its end.
    pub endpoint: String,
    /// Its address for this very program, which is always on loopback.
    pub loopback: String,
}

impl Places {
    /// The address of a connector's simulated provider for browsers; also its issuer.
    #[must_use]
    pub fn simulated(&self, connector: &ConnectorId) -> String {
        format!("{}/simulated/{connector}", self.endpoint)
    }
    /// Its address for server-to-server calls.
    #[must_use]
    pub fn simulated_loopback(&self, connector: &ConnectorId) -> String {
        format!("{}/simulated/{connector}", self.loopback)
    }
    /// The callback address of a connector (sheet 6.3).
    #[must_use]
    pub fn callback(&self, connector: &ConnectorId) -> String {
        format!("{}/callback/{connector}", self.endpoint)
    }
    /// Our entity id at a connector's SAML provider (sheet 6.5).
    #[must_use]
    pub fn entity_id(&self, connector: &ConnectorId) -> String {
        format!("{}/enterprise-sso/{connector}", self.endpoint)
    }
    /// Where a connector's SAML provider posts its responses (sheet 6.5).
    #[must_use]
    pub fn acs(&self, connector: &ConnectorId) -> String {
        format!("{}/api/authn/single-sign-on/saml/{connector}", self.endpoint)
    }
    /// Where a connector's OpenID Connect provider begins a sign-in (OIDC Core 4).
    #[must_use]
    pub fn initiate_login(&self, connector: &ConnectorId) -> String {
        format!("{}/api/authn/single-sign-on/oidc/{connector}", self.endpoint)
    }
    /// Where a provider of this shape sends browsers back to: what is registered there.
    #[must_use]
    pub fn way_back(&self, shape: Shape, connector: &ConnectorId) -> String {
        if shape == Shape::Saml {
            self.acs(connector)
        } else {
            self.callback(connector)
        }
    }
}

/// What is read of a provider's discovery document (OpenID Connect Discovery 3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[allow(missing_docs)]
pub struct Discovery {
    pub issuer: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub jwks_uri: String,
    #[serde(default)]
    pub userinfo_endpoint: Option<String>,
    #[serde(default)]
    pub code_challenge_methods_supported: Vec<String>,
    #[serde(default)]
    pub id_token_signing_alg_values_supported: Vec<String>,
    #[serde(default)]
    pub token_endpoint_auth_methods_supported: Vec<String>,
    #[serde(default)]
    pub scopes_supported: Vec<String>,
}

/// What has to be read of a provider before it can be asked anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocumentSource {
    /// An issuer's discovery document.
    Issuer(String),
    /// A SAML provider's metadata.
    Metadata(MetadataSource),
}

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProviderDocument {
    /// A discovery document.
    Discovery(Discovery),
    /// Metadata.
    Metadata(IdentityProvider),
}

/// How the token endpoint is told who asks, with what that takes.
#[derive(Clone)]
pub enum ClientAuthentication {
    /// `client_secret_post`.
    Post(Secret),
    /// `client_secret_basic`.
    Basic(Secret),
    /// `client_secret_jwt`.
    SecretJwt(Secret, SecretJwtAlg),
    /// Apple's: a client secret that is an ES256 JWT.
    Apple {
        /// `iss`.
        team_id: String,
        /// `kid`.
        key_id: String,
        /// PEM (PKCS#8).
        private_key: Secret,
    },
    /// None: simulated Apple asks for no key, and SAML has no such endpoint.
    None,
}

/// A provider as it is asked: what preset, configuration, discovery and simulation add up to.
#[derive(Clone)]
pub struct Upstream {
    /// The connector.
    pub connector: ConnectorId,
    /// What a sentence calls the provider.
    pub name: String,
    /// How its answers are read.
    pub shape: Shape,
    /// Where the browser goes.
    pub authorization_endpoint: String,
    /// Where codes are redeemed.
    pub token_endpoint: String,
    /// Where the person is asked for, if not in the ID token.
    pub user_info_endpoint: Option<String>,
    /// Where the keys are.
    pub jwks_uri: Option<String>,
    /// Accepted issuers; any where empty.
    pub issuers: Vec<String>,
    /// `client_id`.
    pub client_id: String,
    /// How the token endpoint is told who asks.
    pub authentication: ClientAuthentication,
    /// Scopes, separated as the provider wants them.
    pub scope: String,
    /// Further members of the authorization request.
    pub authorization_params: Vec<(String, String)>,
    /// Further members of the token request.
    pub token_params: Vec<(String, String)>,
    /// Rules for the ID token. The issuer is in `issuers`, the audience is `client_id`.
    pub id_token: IdTokenVerification,
    /// How the token endpoint writes its answer.
    pub token_response: TokenResponseType,
    /// Under which names a plain OAuth 2.0 user endpoint answers.
    pub profile_map: ProfileMap,
    /// Whether `"true"` stands for `true`.
    pub string_booleans: bool,
    /// Whether an address without `email_verified` is taken as verified.
    pub trust_unverified_email: bool,
    /// Whether a code challenge is sent.
    pub pkce: bool,
    /// Who is who, where SAML is spoken. Then there are neither token endpoint nor client.
    pub saml: Option<SamlPartners>,
    /// Whether it is one of Vestibule's simulated providers.
    pub simulated: bool,
}

/// A person as a provider tells of them, in Logto's words (sheet 6.3).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UpstreamUser {
    /// The subject.
    pub id: String,
    /// Full name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Picture address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar: Option<String>,
    /// E-mail address, only if the provider vouches for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Phone number (digits, country code first), only if the provider vouches for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// What the provider said, word for word.
    pub raw_data: Value,
}

/// What the provider gave beside the person, to be kept sealed where the connector says so (sheet 6.4).
#[derive(Clone)]
pub struct UpstreamTokens {
    /// Access token.
    pub access_token: Secret,
    /// Refresh token.
    pub refresh_token: Option<Secret>,
    /// ID token.
    pub id_token: Option<Secret>,
    /// Lifetime of the access token in **seconds**.
    pub expires_in: Option<i64>,
    /// Granted scopes.
    pub scope: Option<String>,
}

/// Which of Logto's connector errors a failure is (`connector.*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// 401 `connector.authorization_failed`: the provider or the person refused.
    AuthorizationFailed,
    /// 401 `connector.social_auth_code_invalid`: the code was not redeemed.
    AuthCodeInvalid,
    /// 401 `connector.social_invalid_access_token`: the user endpoint refused the token.
    AccessTokenInvalid,
    /// 401 `connector.social_invalid_id_token`: the ID token was not accepted.
    IdTokenInvalid,
    /// 400 `connector.invalid_response`: the answer could not be read.
    InvalidResponse,
    /// 400 `connector.invalid_config`: the configuration can't work.
    InvalidConfig,
    /// 400 `connector.insufficient_request_parameters`: the callback lacks something.
    InsufficientParameters,
    /// 500 `connector.general`: no answer, or a failure of the provider's own.
    General,
}

/// Why a provider's sign-in did not work.
#[derive(Clone, Debug)]
pub struct UpstreamFailure {
    /// Logto's error.
    pub kind: FailureKind,
    /// What the person reads.
    pub message: String,
    /// The card: the rule, what it looked at, and why it refused.
    pub because: Because,
}

/// A server-to-server call that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamCall {
    /// What was asked: `POST /token`.
    pub asked: Words,
    /// What came back: `200 tokens`.
    pub answered: Words,
    /// How long it took, in **microseconds**.
    pub micros: u64,
}

/// What to ask a provider after its callback.
pub struct UpstreamQuestion {
    /// The provider.
    pub upstream: Upstream,
    /// What the callback brought.
    pub callback: Map<String, Value>,
    /// The callback address of the authorization request.
    pub redirect_uri: String,
    /// What the ID token must carry, if it carries one (Logto's rule, sheet 6.3).
    pub nonce: Option<String>,
    /// The code verifier, where a challenge was sent.
    pub code_verifier: Option<Secret>,
    /// The id of the SAML request that has to be answered.
    pub saml_request: Option<String>,
}

/// What came of it.
pub struct UpstreamAnswer {
    /// The calls, in order.
    pub calls: Vec<UpstreamCall>,
    /// What was checked and passed, for the window.
    pub because: Vec<Because>,
    /// The person and the tokens, or why not.
    pub result: Result<(UpstreamUser, Option<UpstreamTokens>), UpstreamFailure>,
}
