//! The catalogue (sheet 6.2 and 6.5): what a connector can be made from, and which configuration each asks for.

mod factories;
mod fields;
mod saml;

use factories::FACTORIES;
use serde::Serialize;

/// How a provider's answers are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub enum Shape {
    /// Any OpenID Connect provider, configured by endpoints; the person is in the ID token (sheet 6.3).
    Oidc,
    /// Any OAuth 2.0 provider with a user endpoint (sheet 6.3).
    OAuth2,
    /// An enterprise OpenID Connect provider, configured by its issuer (sheet 6.5).
    EnterpriseOidc,
    /// An enterprise SAML 2.0 identity provider, configured by its metadata (sheet 6.5).
    Saml,
    /// Google.
    Google,
    /// Microsoft Entra.
    Microsoft,
    /// Apple: `form_post`, and the name only at the first time.
    Apple,
    /// GitHub: a user endpoint, and another for the e-mail addresses.
    GitHub,
    /// Facebook.
    Facebook,
    /// Discord.
    Discord,
    /// GitLab.
    GitLab,
    /// LinkedIn.
    LinkedIn,
    /// Slack.
    Slack,
    /// X.
    X,
}

impl Shape {
    /// Whether a provider of this shape issues ID tokens, so that a nonce is asked for.
    #[must_use]
    pub const fn issues_id_tokens(self) -> bool {
        matches!(
            self,
            Self::Oidc | Self::EnterpriseOidc | Self::Google | Self::Microsoft | Self::Apple
        )
    }
}

/// What a member of a configuration is, for a form and for its check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub enum FieldKind {
    /// A line of text.
    Text,
    /// A secret: shown on request.
    Secret,
    /// Several lines of text, such as a certificate.
    Lines,
    /// Several lines that are secret, such as a private key.
    SecretLines,
    /// An `http` or `https` address.
    Url,
    /// A whole number.
    Number,
    /// Yes or no.
    Switch,
    /// Texts.
    List,
    /// Text by name.
    Map,
    /// Switch by name.
    SwitchMap,
    /// One of `options`.
    Choice,
    /// Any of `options`.
    Choices,
}

/// A member of a factory's configuration.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct ConfigField {
    /// Dotted path in [`ConnectorConfig`](super::ConnectorConfig): `idTokenVerificationConfig.jwksUri`.
    pub key: &'static str,
    /// What a form calls it.
    pub label: &'static str,
    /// What it is.
    pub kind: FieldKind,
    /// Whether a real provider needs it. A simulated one needs nothing.
    pub required: bool,
    /// What is meant when it is left out, or an example.
    pub placeholder: &'static str,
    /// One sentence of help.
    pub help: &'static str,
    /// The values of a choice.
    pub options: &'static [&'static str],
    /// Whether a form shows it only on request.
    pub advanced: bool,
}

/// Where a preset's provider really is. Empty where the configuration says so.
#[derive(Clone, Copy, Debug, Default)]
pub struct Endpoints {
    /// Authorization endpoint.
    pub authorization: &'static str,
    /// Token endpoint.
    pub token: &'static str,
    /// User endpoint.
    pub user_info: &'static str,
    /// Key set.
    pub jwks: &'static str,
    /// Issuer; empty where it differs by tenant.
    pub issuer: &'static str,
}

/// What a connector can be made from.
#[derive(Clone, Copy, Debug)]
pub struct Factory {
    /// Logto's id: `google-universal`; for enterprise SSO the provider name.
    pub id: &'static str,
    /// The target of a social preset; empty where the connector names its own, and for enterprise SSO.
    pub target: &'static str,
    /// Its name.
    pub name: &'static str,
    /// One sentence about it.
    pub description: &'static str,
    /// How its answers are read.
    pub shape: Shape,
    /// Whether it is for enterprise SSO.
    pub enterprise: bool,
    /// Where the provider is.
    pub endpoints: Endpoints,
    /// Scopes asked for unless configured.
    pub scope: &'static str,
    /// What it is configured with.
    pub fields: &'static [ConfigField],
    /// Steps at the provider, each a sentence. `{callback}` stands for the callback address, `{entityId}` for our entity id
    /// (SAML).
    pub guide: &'static [&'static str],
}

impl Factory {
    /// Every factory, in the order of the catalogue.
    pub const ALL: &'static [Self] = FACTORIES;

    /// The factory with this id. Social and enterprise ids are apart: `oidc` is one, `OIDC` the other.
    #[must_use]
    pub fn find(id: &str, enterprise: bool) -> Option<&'static Self> {
        FACTORIES
            .iter()
            .find(|factory| factory.id == id && factory.enterprise == enterprise)
    }

    /// Whether the connector names its own target (`isStandard`, sheet 6.1).
    #[must_use]
    pub const fn is_standard(&self) -> bool {
        self.target.is_empty() && !self.enterprise
    }

    /// Whether the provider issues ID tokens.
    #[must_use]
    pub const fn issues_id_tokens(&self) -> bool {
        self.shape.issues_id_tokens()
    }

    /// Whether the provider's tokens can be kept (sheet 6.4).
    #[must_use]
    pub const fn stores_tokens(&self) -> bool {
        matches!(
            self.shape,
            Shape::EnterpriseOidc | Shape::GitHub | Shape::Google | Shape::Facebook | Shape::Oidc | Shape::OAuth2
        )
    }

    /// Whether the person is read from a user endpoint.
    #[must_use]
    pub const fn has_user_endpoint(&self) -> bool {
        !matches!(
            self.shape,
            Shape::Oidc | Shape::Saml | Shape::Google | Shape::Microsoft | Shape::Apple
        )
    }
}
