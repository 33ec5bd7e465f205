//! The keys of a configuration file: one table, used to walk the file and to name the nearest known key.
//!
//! The serde structs in `document` and in the model say the same in types; a test holds the two together.

use vestibule_core::model::Failure;

/// What may stand at a key.
pub(super) enum Shape {
    /// Text.
    Text,
    /// true or false.
    Bool,
    /// A whole number.
    Integer,
    /// A whole number from 0 to 4,294,967,295.
    Count,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// An offset date-time, or **milliseconds** since the Unix epoch.
    Moment,
    /// Any table; its keys are not ours to judge.
    Object,
    /// A list of one shape.
    List(&'static Self),
    /// A table with known keys.
    Table(&'static Spec),
    /// A table of which one key at most is given; none stands for nothing.
    Choice(&'static Spec),
    /// A table whose keys are free and whose values are tables with known keys.
    MapOf(&'static Spec),
    /// A table whose keys are free and whose values are text.
    Texts,
    /// A table whose keys are free and whose values are text or such tables.
    Phrases,
}

/// A table with known keys.
pub(super) struct Spec {
    /// What a sentence calls such a table.
    pub name: &'static str,
    /// How one is written.
    pub example: &'static str,
    /// Its keys.
    pub fields: &'static [Field],
}

/// A key.
pub(super) struct Field {
    pub key: &'static str,
    pub shape: Shape,
    /// Whether the table makes no sense without it.
    pub required: bool,
}

const fn field(key: &'static str, shape: Shape) -> Field {
    Field {
        key,
        shape,
        required: false,
    }
}

const fn required(key: &'static str, shape: Shape) -> Field {
    Field {
        key,
        shape,
        required: true,
    }
}

const TEXTS: Shape = Shape::List(&Shape::Text);
const IDENTIFIER: Shape = Shape::OneOf(&["username", "email", "phone"]);

macro_rules! spec {
    ($name:ident, $said:literal, $example:literal, [$($field:expr),+ $(,)?]) => {
        pub(in crate::config) static $name: Spec = Spec { name: $said, example: $example, fields: &[$($field),+] };
    };
}

mod experience;
mod organizations;

pub(super) use experience::*;
pub(super) use organizations::*;

spec!(
    ROOT,
    "the file",
    "[[applications]]",
    [
        field("applications", Shape::List(&Shape::Table(&APPLICATION))),
        field("users", Shape::List(&Shape::Table(&USER))),
        field("resources", Shape::List(&Shape::Table(&RESOURCE))),
        field("roles", Shape::List(&Shape::Table(&ROLE))),
        field("organizations", Shape::List(&Shape::Table(&ORGANIZATION))),
        field("organizationRoles", Shape::List(&Shape::Table(&ORGANIZATION_ROLE))),
        field("organizationScopes", Shape::List(&Shape::Table(&ORGANIZATION_SCOPE))),
        field("connectors", Shape::List(&Shape::Table(&CONNECTOR))),
        field("signInExperience", Shape::Table(&SIGN_IN_EXPERIENCE)),
        field("customProfileFields", Shape::List(&Shape::Table(&CUSTOM_PROFILE_FIELD))),
        field("customPhrases", Shape::Phrases),
        field("provider", Shape::Table(&PROVIDER)),
        field("messages", Shape::Table(&MESSAGES)),
    ]
);

spec!(
    MESSAGES,
    "messages",
    "[messages]",
    [
        field("inbox", Shape::Bool),
        field("smtp", Shape::Table(&SMTP)),
        field("file", Shape::Text),
        field("webhook", Shape::Text),
    ]
);

spec!(
    SMTP,
    "smtp",
    "{ host = \"localhost\", port = 1025, from = \"no-reply@example.test\" }",
    [
        required("host", Shape::Text),
        required("port", Shape::Count),
        field("security", Shape::OneOf(&["none", "starttls", "tls"])),
        field("username", Shape::Text),
        field("password", Shape::Text),
        required("from", Shape::Text),
    ]
);

spec!(
    APPLICATION,
    "an application",
    "[[applications]]",
    [
        required("id", Shape::Text),
        required("name", Shape::Text),
        required("type", Shape::OneOf(&["Native", "SPA", "Traditional", "MachineToMachine"])),
        field("secret", Shape::Text),
        field("secrets", Shape::List(&Shape::Table(&SECRET))),
        field("description", Shape::Text),
        field("oidcClientMetadata", Shape::Table(&OIDC_CLIENT_METADATA)),
        field("customClientMetadata", Shape::Table(&CUSTOM_CLIENT_METADATA)),
        field("isThirdParty", Shape::Bool),
        field("userConsentScopes", TEXTS),
        field("customData", Shape::Object),
        field("signInExperience", Shape::Table(&BRANDING_OF_APPLICATION)),
    ]
);

spec!(
    SECRET,
    "a secret",
    "{ name = \"CI\", value = \"…\" }",
    [
        required("name", Shape::Text),
        required("value", Shape::Text),
        field("expiresAt", Shape::Moment),
    ]
);

spec!(
    OIDC_CLIENT_METADATA,
    "oidcClientMetadata",
    "{ redirectUris = [\"http://localhost:3000/callback\"] }",
    [
        field("redirectUris", TEXTS),
        field("postLogoutRedirectUris", TEXTS),
        field("backchannelLogoutUri", Shape::Text),
        field("backchannelLogoutSessionRequired", Shape::Bool),
        field("logoUri", Shape::Text),
        field("jwks", Shape::Object),
    ]
);

spec!(
    CUSTOM_CLIENT_METADATA,
    "customClientMetadata",
    "{ refreshTokenTtlInDays = 14 }",
    [
        field("corsAllowedOrigins", TEXTS),
        field("idTokenTtl", Shape::Integer),
        field("refreshTokenTtl", Shape::Integer),
        field("refreshTokenTtlInDays", Shape::Integer),
        field("tenantId", Shape::Text),
        field("alwaysIssueRefreshToken", Shape::Bool),
        field("rotateRefreshToken", Shape::Bool),
        field("allowTokenExchange", Shape::Bool),
        field("isDeviceFlow", Shape::Bool),
        field("maxAllowedGrants", Shape::Count),
        field("signingAlg", ALGORITHM),
        field("dialect", DIALECT),
    ]
);

const ALGORITHM: Shape = Shape::OneOf(&["ES384", "ES256", "RS256"]);
const DIALECT: Shape = Shape::OneOf(&["logto", "strict", "duende"]);

spec!(
    BRANDING_OF_APPLICATION,
    "signInExperience",
    "{ displayName = \"Bookstore\" }",
    [
        field("displayName", Shape::Text),
        field("primaryColor", Shape::Text),
        field("darkPrimaryColor", Shape::Text),
        field("logoUrl", Shape::Text),
        field("termsOfUseUrl", Shape::Text),
        field("privacyPolicyUrl", Shape::Text),
    ]
);

spec!(
    USER,
    "a person",
    "[[users]]",
    [
        field("id", Shape::Text),
        field("username", Shape::Text),
        field("primaryEmail", Shape::Text),
        field("primaryPhone", Shape::Text),
        field("password", Shape::Text),
        field("passwordHash", Shape::Text),
        field("name", Shape::Text),
        field("avatar", Shape::Text),
        field("profile", Shape::Table(&PROFILE)),
        field("identities", Shape::MapOf(&IDENTITY)),
        field("customData", Shape::Object),
        field("isSuspended", Shape::Bool),
        field("mfaVerifications", Shape::List(&Shape::Table(&MFA_VERIFICATION))),
        field("roles", TEXTS),
    ]
);

spec!(
    MFA_VERIFICATION,
    "a second factor",
    "{ type = \"Totp\", key = \"JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP\" }",
    [
        required("type", Shape::OneOf(&["Totp", "BackupCode"])),
        field("key", Shape::Text),
        field("codes", TEXTS),
    ]
);

spec!(
    PROFILE,
    "profile",
    "{ givenName = \"Alice\" }",
    [
        field("familyName", Shape::Text),
        field("givenName", Shape::Text),
        field("middleName", Shape::Text),
        field("nickname", Shape::Text),
        field("preferredUsername", Shape::Text),
        field("profile", Shape::Text),
        field("website", Shape::Text),
        field("gender", Shape::Text),
        field("birthdate", Shape::Text),
        field("zoneinfo", Shape::Text),
        field("locale", Shape::Text),
        field("address", Shape::Table(&ADDRESS)),
    ]
);

spec!(
    ADDRESS,
    "address",
    "{ locality = \"Lund\", country = \"SE\" }",
    [
        field("formatted", Shape::Text),
        field("streetAddress", Shape::Text),
        field("locality", Shape::Text),
        field("region", Shape::Text),
        field("postalCode", Shape::Text),
        field("country", Shape::Text),
    ]
);

spec!(
    IDENTITY,
    "an identity",
    "{ userId = \"10203\" }",
    [required("userId", Shape::Text), field("details", Shape::Object),]
);

spec!(
    RESOURCE,
    "a resource",
    "[[resources]]",
    [
        required("indicator", Shape::Text),
        field("id", Shape::Text),
        field("name", Shape::Text),
        field("isDefault", Shape::Bool),
        field("accessTokenTtl", Shape::Integer),
        field("scopes", Shape::List(&Shape::Table(&SCOPE))),
    ]
);

spec!(
    SCOPE,
    "a scope",
    "{ name = \"read:stock\" }",
    [required("name", Shape::Text), field("description", Shape::Text),]
);

spec!(
    ROLE,
    "a role",
    "[[roles]]",
    [
        required("name", Shape::Text),
        field("id", Shape::Text),
        field("description", Shape::Text),
        field("type", Shape::OneOf(&["User", "MachineToMachine"])),
        field("isDefault", Shape::Bool),
        field("scopes", Shape::List(&Shape::Table(&ROLE_SCOPE))),
        field("users", TEXTS),
        field("applications", TEXTS),
    ]
);

spec!(
    ROLE_SCOPE,
    "a scope of a role",
    "{ resource = \"https://api.example.test\", scope = \"read:stock\" }",
    [required("resource", Shape::Text), required("scope", Shape::Text),]
);

spec!(
    CONNECTOR,
    "a connector",
    "[[connectors]]",
    [
        required("id", Shape::Text),
        required("connectorId", Shape::Text),
        field("target", Shape::Text),
        field("name", Shape::Text),
        field("names", Shape::Texts),
        field("logo", Shape::Text),
        field("logoDark", Shape::Text),
        field("displayName", Shape::Text),
        field("domains", TEXTS),
        field("syncProfile", Shape::Bool),
        field("enableTokenStorage", Shape::Bool),
        field("idpInitiatedAuth", Shape::Table(&IDP_INITIATED_AUTH)),
        field("simulated", Shape::Bool),
        field("failure", Shape::OneOf(&FAILURES)),
        field("accounts", Shape::List(&Shape::Table(&SIMULATED_ACCOUNT))),
        field("config", Shape::Object),
    ]
);

spec!(
    IDP_INITIATED_AUTH,
    "idpInitiatedAuth",
    "{ defaultApplicationId = \"shop\", clientIdpInitiatedAuthCallbackUri = \"http://localhost:3000/start\" }",
    [
        required("defaultApplicationId", Shape::Text),
        field("clientIdpInitiatedAuthCallbackUri", Shape::Text),
        field("autoSendAuthorizationRequest", Shape::Bool),
        field("redirectUri", Shape::Text),
        field("authParameters", Shape::Texts),
    ]
);

/// The names of [`vestibule_core::model::Failure`].
pub(in crate::config) static FAILURES: [&str; Failure::ALL.len()] = {
    let mut names = [""; Failure::ALL.len()];
    let mut index = 0;
    while index < names.len() {
        names[index] = Failure::ALL[index].name();
        index += 1;
    }
    names
};

spec!(
    SIMULATED_ACCOUNT,
    "a simulated account",
    "{ name = \"Nora Lind\", email = \"nora@acme.test\" }",
    [
        required("name", Shape::Text),
        field("sub", Shape::Text),
        field("email", Shape::Text),
        field("emailVerified", Shape::Bool),
        field("phone", Shape::Text),
        field("avatar", Shape::Text),
        field("claims", Shape::Object),
        field("failure", Shape::OneOf(&FAILURES)),
    ]
);

spec!(
    PROVIDER,
    "provider",
    "[provider]",
    [
        field("signingAlg", ALGORITHM),
        field("dialect", DIALECT),
        field("developmentSignIn", Shape::Bool),
        field("sessionTtl", Shape::Integer),
        field("keepServingWhenClosed", Shape::Bool),
        field("idTokenClaims", TEXTS),
        field("customUi", Shape::Choice(&CUSTOM_UI)),
    ]
);

spec!(
    CUSTOM_UI,
    "customUi",
    "{ folder = \"../web/dist\" }",
    [
        field("folder", Shape::Text),
        field("zip", Shape::Text),
        field("devServer", Shape::Text),
    ]
);
