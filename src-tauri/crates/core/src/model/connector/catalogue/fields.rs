//! The members of each factory's configuration.

use super::{ConfigField, FieldKind};

pub(super) const fn field(key: &'static str, label: &'static str, kind: FieldKind) -> ConfigField {
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
    pub(super) const fn required(mut self) -> Self {
        self.required = true;
        self
    }
    pub(super) const fn advanced(mut self) -> Self {
        self.advanced = true;
        self
    }
    pub(super) const fn hint(mut self, placeholder: &'static str) -> Self {
        self.placeholder = placeholder;
        self
    }
    pub(super) const fn help(mut self, help: &'static str) -> Self {
        self.help = help;
        self
    }
    pub(super) const fn options(mut self, options: &'static [&'static str]) -> Self {
        self.options = options;
        self
    }
}

pub(super) const CLIENT_ID: ConfigField = field("clientId", "Client ID", FieldKind::Text).required();
pub(super) const CLIENT_SECRET: ConfigField = field("clientSecret", "Client secret", FieldKind::Secret).required();
pub(super) const SCOPE: ConfigField = field("scope", "Scope", FieldKind::Text).help("Separated by spaces.");
pub(super) const AUTHORIZATION: ConfigField = field("authorizationEndpoint", "Authorization endpoint", FieldKind::Url).required();
pub(super) const TOKEN: ConfigField = field("tokenEndpoint", "Token endpoint", FieldKind::Url).required();
pub(super) const AUTH_METHOD: ConfigField = field("tokenEndpointAuthMethod", "Client authentication", FieldKind::Choice)
    .options(&["client_secret_post", "client_secret_basic", "client_secret_jwt"])
    .hint("client_secret_post");
pub(super) const JWT_ALG: ConfigField = field(
    "clientSecretJwtSigningAlgorithm",
    "Algorithm of client_secret_jwt",
    FieldKind::Choice,
)
.options(&["HS256", "HS384", "HS512"])
.hint("HS256")
.advanced();
pub(super) const PKCE: ConfigField =
    field("pkce", "Send a code challenge (PKCE)", FieldKind::Switch).help("Filled in from the discovery document. Logto never sends one.");
pub(super) const CUSTOM: ConfigField = field("customConfig", "Further parameters", FieldKind::Map)
    .help("Sent with the authorization request and the token request.")
    .advanced();
pub(super) const TRUST_EMAIL: ConfigField = field("trustUnverifiedEmail", "Trust unverified e-mail addresses", FieldKind::Switch)
    .help("Takes an address as verified when the provider does not say.")
    .advanced();
pub(super) const RESPONSE_TYPE: ConfigField = field("responseType", "Response type", FieldKind::Choice)
    .options(&["code"])
    .hint("code")
    .advanced();
pub(super) const GRANT_TYPE: ConfigField = field("grantType", "Grant type", FieldKind::Choice)
    .options(&["authorization_code"])
    .hint("authorization_code")
    .advanced();

const fn request_option(key: &'static str, label: &'static str) -> ConfigField {
    field(key, label, FieldKind::Text).advanced()
}

pub(super) const PRESET: &[ConfigField] = &[CLIENT_ID, CLIENT_SECRET, SCOPE];

pub(super) const GOOGLE: &[ConfigField] = &[
    CLIENT_ID,
    CLIENT_SECRET,
    SCOPE.hint("openid profile email"),
    field("prompts", "Prompts", FieldKind::Choices).options(&["none", "consent", "select_account"]),
];

pub(super) const MICROSOFT: &[ConfigField] = &[
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

pub(super) const APPLE: &[ConfigField] = &[
    CLIENT_ID.help("The Services ID."),
    field("teamId", "Team ID", FieldKind::Text).required(),
    field("keyId", "Key ID", FieldKind::Text).required(),
    field("privateKey", "Private key", FieldKind::SecretLines)
        .required()
        .help("The content of the .p8 file."),
    SCOPE.hint("name email"),
];

pub(super) const OIDC: &[ConfigField] = &[
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

pub(super) const OAUTH2: &[ConfigField] = &[
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

pub(super) const ISSUER: ConfigField = field("issuer", "Issuer", FieldKind::Url)
    .required()
    .help("Its discovery document is read when you save and at each sign-in.");
pub(super) const ENTERPRISE_PKCE: ConfigField = PKCE
    .help("On where the discovery document announces S256. Off is Logto's behaviour.")
    .advanced();

pub(super) const ENTERPRISE: &[ConfigField] = &[
    CLIENT_ID,
    CLIENT_SECRET,
    ISSUER,
    SCOPE.hint("openid profile email"),
    TRUST_EMAIL,
    ENTERPRISE_PKCE,
];
pub(super) const WORKSPACE: &[ConfigField] = &[CLIENT_ID, CLIENT_SECRET, SCOPE.hint("openid profile email"), ENTERPRISE_PKCE];
