//! The catalogue (sheet 6.2 and 6.5): what a connector can be made from, and which configuration each asks for.

mod saml;

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

const fn field(key: &'static str, label: &'static str, kind: FieldKind) -> ConfigField {
    ConfigField {
        key,
        label,
        kind,
        required: false,
        placeholder: "",
        help: "",
        options: &[],
        advanced: false,
    }
}

impl ConfigField {
    const fn required(mut self) -> Self {
        self.required = true;
        self
    }
    const fn advanced(mut self) -> Self {
        self.advanced = true;
        self
    }
    const fn hint(mut self, placeholder: &'static str) -> Self {
        self.placeholder = placeholder;
        self
    }
    const fn help(mut self, help: &'static str) -> Self {
        self.help = help;
        self
    }
    const fn options(mut self, options: &'static [&'static str]) -> Self {
        self.options = options;
        self
    }
}

const CLIENT_ID: ConfigField = field("clientId", "Client ID", FieldKind::Text).required();
const CLIENT_SECRET: ConfigField = field("clientSecret", "Client secret", FieldKind::Secret).required();
const SCOPE: ConfigField = field("scope", "Scope", FieldKind::Text).help("Separated by spaces.");
const AUTHORIZATION: ConfigField = field("authorizationEndpoint", "Authorization endpoint", FieldKind::Url).required();
const TOKEN: ConfigField = field("tokenEndpoint", "Token endpoint", FieldKind::Url).required();
const AUTH_METHOD: ConfigField = field("tokenEndpointAuthMethod", "Client authentication", FieldKind::Choice)
    .options(&["client_secret_post", "client_secret_basic", "client_secret_jwt"])
    .hint("client_secret_post");
const JWT_ALG: ConfigField = field(
    "clientSecretJwtSigningAlgorithm",
    "Algorithm of client_secret_jwt",
    FieldKind::Choice,
)
.options(&["HS256", "HS384", "HS512"])
.hint("HS256")
.advanced();
const PKCE: ConfigField =
    field("pkce", "Send a code challenge (PKCE)", FieldKind::Switch).help("Filled in from the discovery document. Logto never sends one.");
const CUSTOM: ConfigField = field("customConfig", "Further parameters", FieldKind::Map)
    .help("Sent with the authorization request and the token request.")
    .advanced();
const TRUST_EMAIL: ConfigField = field("trustUnverifiedEmail", "Trust unverified e-mail addresses", FieldKind::Switch)
    .help("Takes an address as verified when the provider does not say.")
    .advanced();
const RESPONSE_TYPE: ConfigField = field("responseType", "Response type", FieldKind::Choice)
    .options(&["code"])
    .hint("code")
    .advanced();
const GRANT_TYPE: ConfigField = field("grantType", "Grant type", FieldKind::Choice)
    .options(&["authorization_code"])
    .hint("authorization_code")
    .advanced();

const fn request_option(key: &'static str, label: &'static str) -> ConfigField {
    field(key, label, FieldKind::Text).advanced()
}

const PRESET: &[ConfigField] = &[CLIENT_ID, CLIENT_SECRET, SCOPE];

const GOOGLE: &[ConfigField] = &[
    CLIENT_ID,
    CLIENT_SECRET,
    SCOPE.hint("openid profile email"),
    field("prompts", "Prompts", FieldKind::Choices).options(&["none", "consent", "select_account"]),
];

const MICROSOFT: &[ConfigField] = &[
    CLIENT_ID,
    CLIENT_SECRET,
    field("tenantId", "Tenant", FieldKind::Text)
        .hint("common")
        .help("A tenant id, or common, organizations or consumers."),
    field("cloudInstance", "Cloud instance", FieldKind::Url)
        .hint("https://login.microsoftonline.com")
        .advanced(),
    SCOPE.hint("openid profile email"),
    field("prompts", "Prompts", FieldKind::Choices).options(&["login", "none", "consent", "select_account"]),
];

const APPLE: &[ConfigField] = &[
    CLIENT_ID.help("The Services ID."),
    field("teamId", "Team ID", FieldKind::Text).required(),
    field("keyId", "Key ID", FieldKind::Text).required(),
    field("privateKey", "Private key", FieldKind::SecretLines)
        .required()
        .help("The content of the .p8 file."),
    SCOPE.hint("name email"),
];

const OIDC: &[ConfigField] = &[
    AUTHORIZATION,
    TOKEN,
    CLIENT_ID,
    CLIENT_SECRET,
    SCOPE.hint("openid profile email"),
    AUTH_METHOD,
    JWT_ALG,
    PKCE,
    field("idTokenVerificationConfig.jwksUri", "Key set address", FieldKind::Url).required(),
    field("idTokenVerificationConfig.issuer", "Issuer", FieldKind::List).help("Any issuer is accepted where none is given, as in Logto."),
    field("idTokenVerificationConfig.algorithms", "Signature algorithms", FieldKind::List)
        .hint("RS256")
        .advanced(),
    field("idTokenVerificationConfig.audience", "Audience", FieldKind::List)
        .help("Overridden by the client ID, as in Logto.")
        .advanced(),
    field(
        "idTokenVerificationConfig.clockTolerance",
        "Clock tolerance in seconds",
        FieldKind::Number,
    )
    .advanced(),
    field(
        "idTokenVerificationConfig.maxTokenAge",
        "Most age of the ID token in seconds",
        FieldKind::Number,
    )
    .advanced(),
    field("idTokenVerificationConfig.subject", "Only subject", FieldKind::Text).advanced(),
    field("idTokenVerificationConfig.typ", "Type header", FieldKind::Text).advanced(),
    field("idTokenVerificationConfig.crit", "Critical headers", FieldKind::SwitchMap).advanced(),
    request_option("authRequestOptionalConfig.responseMode", "response_mode"),
    request_option("authRequestOptionalConfig.display", "display"),
    request_option("authRequestOptionalConfig.prompt", "prompt"),
    request_option("authRequestOptionalConfig.maxAge", "max_age"),
    request_option("authRequestOptionalConfig.uiLocales", "ui_locales"),
    request_option("authRequestOptionalConfig.idTokenHint", "id_token_hint"),
    request_option("authRequestOptionalConfig.loginHint", "login_hint"),
    request_option("authRequestOptionalConfig.acrValues", "acr_values"),
    CUSTOM,
    field("acceptStringTypedBooleanClaims", "Accept \"true\" for true", FieldKind::Switch)
        .help("For providers that write email_verified as text.")
        .advanced(),
    TRUST_EMAIL,
    RESPONSE_TYPE,
    GRANT_TYPE,
];

const OAUTH2: &[ConfigField] = &[
    AUTHORIZATION,
    TOKEN,
    field("userInfoEndpoint", "User endpoint", FieldKind::Url).required(),
    CLIENT_ID,
    CLIENT_SECRET,
    SCOPE,
    AUTH_METHOD,
    JWT_ALG,
    PKCE,
    field("tokenEndpointResponseType", "Answer of the token endpoint", FieldKind::Choice)
        .options(&["query-string", "json"])
        .hint("query-string"),
    field("profileMap.id", "Member with the id", FieldKind::Text).hint("id"),
    field("profileMap.email", "Member with the e-mail address", FieldKind::Text).hint("email"),
    field("profileMap.phone", "Member with the phone number", FieldKind::Text).hint("phone"),
    field("profileMap.name", "Member with the name", FieldKind::Text).hint("name"),
    field("profileMap.avatar", "Member with the picture", FieldKind::Text).hint("avatar"),
    CUSTOM,
    RESPONSE_TYPE,
    GRANT_TYPE,
];

const ISSUER: ConfigField = field("issuer", "Issuer", FieldKind::Url)
    .required()
    .help("Its discovery document is read when you save and at each sign-in.");
const ENTERPRISE_PKCE: ConfigField = PKCE
    .help("On where the discovery document announces S256. Off is Logto's behaviour.")
    .advanced();

const ENTERPRISE: &[ConfigField] = &[
    CLIENT_ID,
    CLIENT_SECRET,
    ISSUER,
    SCOPE.hint("openid profile email"),
    TRUST_EMAIL,
    ENTERPRISE_PKCE,
];
const WORKSPACE: &[ConfigField] = &[CLIENT_ID, CLIENT_SECRET, SCOPE.hint("openid profile email"), ENTERPRISE_PKCE];

const fn preset(id: &'static str, target: &'static str, name: &'static str, shape: Shape, scope: &'static str) -> Factory {
    Factory {
        id,
        target,
        name,
        description: "",
        shape,
        enterprise: false,
        endpoints: Endpoints {
            authorization: "",
            token: "",
            user_info: "",
            jwks: "",
            issuer: "",
        },
        scope,
        fields: PRESET,
        guide: &[],
    }
}

impl Factory {
    const fn at(mut self, authorization: &'static str, token: &'static str, user_info: &'static str) -> Self {
        self.endpoints.authorization = authorization;
        self.endpoints.token = token;
        self.endpoints.user_info = user_info;
        self
    }
    const fn signed(mut self, issuer: &'static str, jwks: &'static str) -> Self {
        self.endpoints.issuer = issuer;
        self.endpoints.jwks = jwks;
        self
    }
    const fn fields(mut self, fields: &'static [ConfigField]) -> Self {
        self.fields = fields;
        self
    }
    const fn about(mut self, description: &'static str, guide: &'static [&'static str]) -> Self {
        self.description = description;
        self.guide = guide;
        self
    }
    const fn for_enterprise(mut self) -> Self {
        self.enterprise = true;
        self
    }
}

const FACTORIES: &[Factory] = &[
    preset("google-universal", "google", "Google", Shape::Google, "openid profile email")
        .at(
            "https://accounts.google.com/o/oauth2/v2/auth",
            "https://oauth2.googleapis.com/token",
            "https://openidconnect.googleapis.com/v1/userinfo",
        )
        .signed("https://accounts.google.com", "https://www.googleapis.com/oauth2/v3/certs")
        .fields(GOOGLE)
        .about(
            "Google accounts, by OpenID Connect.",
            &[
                "In the Google Cloud console, open APIs & Services, then Credentials, and create an OAuth client ID of the type Web application.",
                "Add {callback} to its authorized redirect URIs.",
                "Copy the client ID and the client secret into the form.",
            ],
        ),
    preset("github-universal", "github", "GitHub", Shape::GitHub, "read:user user:email")
        .at(
            "https://github.com/login/oauth/authorize",
            "https://github.com/login/oauth/access_token",
            "https://api.github.com/user",
        )
        .about(
            "GitHub accounts, by OAuth 2.0 and GitHub's user endpoint.",
            &[
                "On GitHub, open Settings, Developer settings, OAuth Apps, and register a new application.",
                "Set its authorization callback URL to {callback}.",
                "Generate a client secret and copy it with the client ID into the form.",
            ],
        ),
    preset("apple-universal", "apple", "Apple", Shape::Apple, "name email")
        .at("https://appleid.apple.com/auth/authorize", "https://appleid.apple.com/auth/token", "")
        .signed("https://appleid.apple.com", "https://appleid.apple.com/auth/keys")
        .fields(APPLE)
        .about(
            "Apple accounts. Apple posts its answer as a form, and tells a name only at the first sign-in.",
            &[
                "In Apple's developer account, create a Services ID with Sign in with Apple, and register {callback} as its return URL.",
                "Create a key with Sign in with Apple and download it.",
                "Copy the Services ID, the team ID, the key ID and the content of the key file into the form.",
            ],
        ),
    preset("facebook-universal", "facebook", "Facebook", Shape::Facebook, "email,public_profile")
        .at(
            "https://www.facebook.com/v21.0/dialog/oauth",
            "https://graph.facebook.com/v21.0/oauth/access_token",
            "https://graph.facebook.com/v21.0/me",
        )
        .about(
            "Facebook accounts, by OAuth 2.0 and the Graph API.",
            &[
                "In Meta's developer console, create an application and add Facebook Login to it.",
                "Add {callback} to the valid OAuth redirect URIs.",
                "Copy the app ID and the app secret into the form.",
            ],
        ),
    preset("azuread-universal", "azuread", "Microsoft", Shape::Microsoft, "openid profile email")
        .at("/oauth2/v2.0/authorize", "/oauth2/v2.0/token", "")
        .signed("/v2.0", "/discovery/v2.0/keys")
        .fields(MICROSOFT)
        .about(
            "Microsoft Entra and personal Microsoft accounts, by OpenID Connect.",
            &[
                "In the Microsoft Entra admin centre, open App registrations and register an application.",
                "Add a platform of the type Web with the redirect URI {callback}.",
                "Create a client secret under Certificates & secrets and copy it with the application ID and the tenant into the form.",
            ],
        ),
    preset("discord-universal", "discord", "Discord", Shape::Discord, "identify email")
        .at(
            "https://discord.com/oauth2/authorize",
            "https://discord.com/api/oauth2/token",
            "https://discord.com/api/users/@me",
        )
        .about(
            "Discord accounts.",
            &[
                "In Discord's developer portal, create an application and open OAuth2.",
                "Add {callback} to its redirects, and copy the client ID and the client secret into the form.",
            ],
        ),
    preset("gitlab-universal", "gitlab", "GitLab", Shape::GitLab, "openid profile email")
        .at(
            "https://gitlab.com/oauth/authorize",
            "https://gitlab.com/oauth/token",
            "https://gitlab.com/oauth/userinfo",
        )
        .about(
            "GitLab accounts.",
            &[
                "On GitLab, open your preferences, Applications, and add one with the scopes openid, profile and email.",
                "Set its redirect URI to {callback}, and copy the application ID and the secret into the form.",
            ],
        ),
    preset("linkedin-universal", "linkedin", "LinkedIn", Shape::LinkedIn, "openid profile email")
        .at(
            "https://www.linkedin.com/oauth/v2/authorization",
            "https://www.linkedin.com/oauth/v2/accessToken",
            "https://api.linkedin.com/v2/userinfo",
        )
        .about(
            "LinkedIn accounts.",
            &[
                "In LinkedIn's developer portal, create an application and request Sign In with LinkedIn using OpenID Connect.",
                "Add {callback} to the authorized redirect URLs, and copy the client ID and the client secret into the form.",
            ],
        ),
    preset("slack-universal", "slack", "Slack", Shape::Slack, "openid profile email")
        .at(
            "https://slack.com/openid/connect/authorize",
            "https://slack.com/api/openid.connect.token",
            "https://slack.com/api/openid.connect.userInfo",
        )
        .about(
            "Slack accounts.",
            &[
                "On Slack's API site, create an app and open OAuth & Permissions.",
                "Add {callback} to the redirect URLs, and copy the client ID and the client secret into the form.",
            ],
        ),
    preset("x-universal", "x", "X", Shape::X, "tweet.read users.read")
        .at("https://x.com/i/oauth2/authorize", "https://api.x.com/2/oauth2/token", "https://api.x.com/2/users/me")
        .about(
            "X accounts. X asks for a code challenge and tells no e-mail address.",
            &[
                "In X's developer portal, set up user authentication for your app as a confidential client.",
                "Set its callback URI to {callback}, and copy the client ID and the client secret into the form.",
            ],
        ),
    preset("oidc", "", "OpenID Connect", Shape::Oidc, "openid profile email").fields(OIDC).about(
        "Any OpenID Connect provider, under a target of your own.",
        &[
            "Register a client at the provider, with the redirect URI {callback}.",
            "Fill the form from the provider's issuer, then add the client ID and the client secret.",
        ],
    ),
    preset("oauth2", "", "OAuth 2.0", Shape::OAuth2, "").fields(OAUTH2).about(
        "Any OAuth 2.0 provider with a user endpoint, under a target of your own.",
        &[
            "Register a client at the provider, with the redirect URI {callback}.",
            "Copy the three endpoints, the client ID and the client secret into the form, and say under which names the user endpoint answers.",
        ],
    ),
    preset("OIDC", "", "OpenID Connect", Shape::EnterpriseOidc, "openid profile email")
        .for_enterprise()
        .fields(ENTERPRISE)
        .about(
            "Any company's OpenID Connect provider.",
            &[
                "Register a client at the company's provider, with the redirect URI {callback}.",
                "Copy its issuer, the client ID and the client secret into the form, and add the company's mail domains.",
            ],
        ),
    preset("AzureAdOidc", "", "Microsoft Entra", Shape::EnterpriseOidc, "openid profile email")
        .for_enterprise()
        .fields(ENTERPRISE)
        .about(
            "A company's Microsoft Entra, by OpenID Connect.",
            &[
                "In the Microsoft Entra admin centre, register an application with the redirect URI {callback}.",
                "Its issuer is https://login.microsoftonline.com/ followed by the tenant ID and /v2.0.",
                "Copy the issuer, the application ID and a client secret into the form, and add the company's mail domains.",
            ],
        ),
    saml::SAML,
    saml::AZURE_AD,
    preset("GoogleWorkspace", "", "Google Workspace", Shape::EnterpriseOidc, "openid profile email")
        .signed("https://accounts.google.com", "")
        .for_enterprise()
        .fields(WORKSPACE)
        .about(
            "A company's Google Workspace.",
            &[
                "In the Google Cloud console, create an OAuth client ID of the type Web application with the redirect URI {callback}.",
                "Copy the client ID and the client secret into the form, and add the company's mail domains.",
            ],
        ),
    preset("Okta", "", "Okta", Shape::EnterpriseOidc, "openid profile email")
        .for_enterprise()
        .fields(ENTERPRISE)
        .about(
            "A company's Okta.",
            &[
                "In Okta's admin console, create an app integration of the type OIDC, Web application, with the sign-in redirect URI {callback}.",
                "Its issuer is the address of your Okta, such as https://example.okta.com.",
                "Copy the issuer, the client ID and the client secret into the form, and add the company's mail domains.",
            ],
        ),
];
