//! Simulated upstream providers: whom they know, and how they fail (Vestibule's own).

use super::Shape;
use crate::ids::ConnectorId;
use crate::record::{Record, Table};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How a simulated provider misbehaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub enum Failure {
    /// The person presses Cancel: `error=access_denied`.
    AccessDenied,
    /// `error=server_error`.
    ServerError,
    /// `error=temporarily_unavailable`.
    TemporarilyUnavailable,
    /// The token endpoint never answers.
    NoAnswer,
    /// Every server-to-server answer takes three seconds.
    Slow,
    /// The redirect carries another `state`.
    WrongState,
    /// The ID token carries another `nonce`.
    WrongNonce,
    /// The ID token carries another `iss`.
    WrongIssuer,
    /// The ID token carries another `aud`.
    WrongAudience,
    /// The ID token's signature does not fit.
    BadSignature,
    /// The ID token ended an hour ago.
    ExpiredIdToken,
    /// The ID token names a key that the key set does not have.
    UnknownKeyId,
    /// The account has no e-mail address.
    NoEmail,
    /// The e-mail address is not verified.
    UnverifiedEmail,
    /// The e-mail address is that of somebody else here.
    EmailOfAnother,
    /// The same account comes back under another subject.
    ChangedSubject,
    /// The token endpoint answers 500.
    TokenEndpoint500,
    /// The user endpoint answers 401.
    UserEndpoint401,
    /// The token endpoint's answer is no JSON.
    MalformedJson,
}

impl Failure {
    /// Every persona.
    pub const ALL: [Self; 19] = [
        Self::AccessDenied,
        Self::ServerError,
        Self::TemporarilyUnavailable,
        Self::NoAnswer,
        Self::Slow,
        Self::WrongState,
        Self::WrongNonce,
        Self::WrongIssuer,
        Self::WrongAudience,
        Self::BadSignature,
        Self::ExpiredIdToken,
        Self::UnknownKeyId,
        Self::NoEmail,
        Self::UnverifiedEmail,
        Self::EmailOfAnother,
        Self::ChangedSubject,
        Self::TokenEndpoint500,
        Self::UserEndpoint401,
        Self::MalformedJson,
    ];

    /// Its name in configuration and in the contract.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AccessDenied => "accessDenied",
            Self::ServerError => "serverError",
            Self::TemporarilyUnavailable => "temporarilyUnavailable",
            Self::NoAnswer => "noAnswer",
            Self::Slow => "slow",
            Self::WrongState => "wrongState",
            Self::WrongNonce => "wrongNonce",
            Self::WrongIssuer => "wrongIssuer",
            Self::WrongAudience => "wrongAudience",
            Self::BadSignature => "badSignature",
            Self::ExpiredIdToken => "expiredIdToken",
            Self::UnknownKeyId => "unknownKeyId",
            Self::NoEmail => "noEmail",
            Self::UnverifiedEmail => "unverifiedEmail",
            Self::EmailOfAnother => "emailOfAnother",
            Self::ChangedSubject => "changedSubject",
            Self::TokenEndpoint500 => "tokenEndpoint500",
            Self::UserEndpoint401 => "userEndpoint401",
            Self::MalformedJson => "malformedJson",
        }
    }

    /// What a sentence says of it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::AccessDenied => "the person cancels",
            Self::ServerError => "the provider answers server_error",
            Self::TemporarilyUnavailable => "the provider is temporarily unavailable",
            Self::NoAnswer => "the token endpoint never answers",
            Self::Slow => "every answer takes three seconds",
            Self::WrongState => "the redirect carries another state",
            Self::WrongNonce => "the ID token carries another nonce",
            Self::WrongIssuer => "the ID token names another issuer",
            Self::WrongAudience => "the ID token is for another client",
            Self::BadSignature => "the ID token's signature does not fit",
            Self::ExpiredIdToken => "the ID token has expired",
            Self::UnknownKeyId => "the ID token names an unknown key",
            Self::NoEmail => "the account has no e-mail address",
            Self::UnverifiedEmail => "the e-mail address is not verified",
            Self::EmailOfAnother => "the e-mail address belongs to somebody else here",
            Self::ChangedSubject => "the account comes back under another subject",
            Self::TokenEndpoint500 => "the token endpoint answers 500",
            Self::UserEndpoint401 => "the user endpoint answers 401",
            Self::MalformedJson => "the token endpoint's answer is no JSON",
        }
    }

    /// As [`Self::words`], at a provider of this shape: SAML's have assertions in place of ID tokens.
    #[must_use]
    pub const fn words_at(self, shape: Shape) -> &'static str {
        match (shape, self) {
            (Shape::Saml, Self::ServerError) => "the provider answers with an error",
            (Shape::Saml, Self::WrongState) => "the response carries another RelayState",
            (Shape::Saml, Self::WrongNonce) => "the response answers another request",
            (Shape::Saml, Self::WrongIssuer) => "the assertion names another issuer",
            (Shape::Saml, Self::WrongAudience) => "the assertion is for another service provider",
            (Shape::Saml, Self::BadSignature) => "the assertion's signature does not fit",
            (Shape::Saml, Self::ExpiredIdToken) => "the assertion has expired",
            (Shape::Saml, Self::UnknownKeyId) => "the assertion is signed with an unknown key",
            _ => self.words(),
        }
    }

    /// Whether it means anything at a SAML provider, which nobody calls for a token or a person.
    #[must_use]
    pub const fn happens_in_saml(self) -> bool {
        !matches!(
            self,
            Self::NoAnswer | Self::Slow | Self::UnverifiedEmail | Self::TokenEndpoint500 | Self::UserEndpoint401 | Self::MalformedJson
        )
    }

    /// Whether it means anything at a provider that issues no ID token.
    #[must_use]
    pub const fn needs_id_token(self) -> bool {
        matches!(
            self,
            Self::WrongNonce | Self::WrongIssuer | Self::WrongAudience | Self::BadSignature | Self::ExpiredIdToken | Self::UnknownKeyId
        )
    }

    /// Whether it means anything at a provider without a user endpoint.
    #[must_use]
    pub const fn needs_user_endpoint(self) -> bool {
        matches!(self, Self::UserEndpoint401)
    }
}

/// How the simulated provider behind a connector behaves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Simulation {
    /// Every sign-in fails like this; an account's own persona comes first.
    pub failure: Option<Failure>,
    /// The next sign-in alone fails like this, whoever it is.
    pub next: Option<Failure>,
}

/// Somebody whom a simulated provider knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct SimulatedAccount {
    /// Its id: 21 characters.
    pub id: String,
    /// The connector whose provider knows it.
    pub connector_id: ConnectorId,
    /// The subject at the provider.
    pub sub: String,
    /// Full name.
    pub name: String,
    /// E-mail address.
    pub email: Option<String>,
    /// Whether the provider vouches for it.
    pub email_verified: bool,
    /// Phone number, as the provider writes it.
    pub phone: Option<String>,
    /// Picture address.
    pub avatar: Option<String>,
    /// Further claims, over those that the provider makes itself.
    #[serde(default)]
    #[cfg_attr(feature = "bindings", ts(type = "Record<string, unknown>"))]
    pub claims: Map<String, Value>,
    /// How its sign-ins fail.
    #[serde(default)]
    pub failure: Option<Failure>,
    /// Whether it has signed in here before: Apple tells a name only at the first time.
    #[serde(default)]
    pub known: bool,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Record for SimulatedAccount {
    const TABLE: Table = Table::SimulatedAccount;
    fn id(&self) -> &str {
        &self.id
    }
}
