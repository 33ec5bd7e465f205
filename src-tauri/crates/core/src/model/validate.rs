//! Save-time rules: what the window, the configuration file and the engine refuse to store.
//!
//! Every check is pure and answers with [`Problem`]s: where, what is wrong, and what would be right.
//! An empty list means that the thing may be stored. Uniqueness needs the store and is not judged here.

mod address;
mod connector;
mod experience;
mod identifier;
mod idp_initiated;
mod message;
mod organization;
mod phrases;
mod profile_field;

pub use address::{check_cors_origin, check_http_url, check_indicator, check_picture, check_redirect_uri};
pub use connector::{PUBLIC_MAIL_DOMAINS, check_connector, check_connector_among, check_failure, check_simulation};
pub use experience::{
    Deliverable, MAX_CUSTOM_CONTENT, MAX_CUSTOM_CSS, MAX_CUSTOM_PAGES, check_language_tag, check_provider_settings,
    check_sign_in_experience, check_sign_in_experience_with,
};
pub(super) use identifier::quoted;
pub use identifier::{check_client_id, check_color, check_email, check_scope_name, check_username, normalize_phone};
pub use idp_initiated::{OWN_AUTH_PARAMETERS, check_idp_initiated_auth, is_at_home, usual_redirect_uri};
pub use message::check_message_settings;

pub use organization::{check_organization, check_organization_role, check_organization_role_holder, check_organization_scope};
pub use phrases::check_custom_phrases;
pub use profile_field::{MAX_PROFILE_FIELDS, check_custom_profile_field};

use super::{ApplicationSignInExperience, ApplicationType, CustomClientMetadata, OidcClientMetadata, Resource};
use crate::console::{ApplicationDraft, UserDraft};

/// Longest name of an application, resource, role or connector, in **characters** (sheet 1.8).
pub const MAX_NAME: usize = 256;
/// Longest username, e-mail address, phone number and name of a person, in **characters** (sheet 7.1).
pub const MAX_PERSON_TEXT: usize = 128;
/// Longest picture address, in **characters** (sheet 7.1).
pub const MAX_AVATAR: usize = 2048;
/// Longest life of a refresh token, in **days** (sheet 1.6).
pub const MAX_REFRESH_TOKEN_DAYS: i64 = 180;

/// Something that can't be stored as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The field as a dotted path with array positions: `oidcClientMetadata.redirectUris.0`.
    pub field: String,
    /// What is wrong and what would be right, in plain words.
    pub message: String,
    /// Logto's code: `sign_in_experiences.username_requires_password`; [`INVALID_INPUT`] where it has none of its own.
    pub code: &'static str,
}

/// Logto's code of a value that can't be, where no other code says more (sheet 8.1).
pub const INVALID_INPUT: &str = "guard.invalid_input";

impl Problem {
    /// A problem of a field.
    #[must_use]
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::coded(INVALID_INPUT, field, message)
    }

    /// A problem of a field for which Logto has a code of its own.
    #[must_use]
    pub fn coded(code: &'static str, field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            message: message.into(),
            code,
        }
    }

    /// The same problem of something that stands within another: `at` before its field.
    #[must_use]
    pub fn under(self, at: &str) -> Self {
        Self {
            field: format!("{at}.{}", self.field),
            ..self
        }
    }
}

/// Collects problems while a thing is looked at field by field.
#[derive(Default)]
struct Report(Vec<Problem>);

impl Report {
    fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(Problem::new(field, message));
    }
    fn coded(&mut self, code: &'static str, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(Problem::coded(code, field, message));
    }
    fn check(&mut self, field: impl Into<String>, outcome: Result<(), String>) {
        if let Err(message) = outcome {
            self.add(field, message);
        }
    }
    fn each(&mut self, field: &str, texts: &[String], rule: fn(&str) -> Result<(), String>) {
        for (index, text) in texts.iter().enumerate() {
            self.check(format!("{field}.{index}"), rule(text));
        }
    }
    fn optional(&mut self, field: &str, text: Option<&String>, rule: fn(&str) -> Result<(), String>) {
        if let Some(text) = text {
            self.check(field, rule(text));
        }
    }
    fn positive(&mut self, field: &str, number: Option<i64>, unit: &str) {
        if number.is_some_and(|n| n <= 0) {
            self.add(field, format!("Must be more than 0 {unit}."));
        }
    }
    fn longest(&mut self, field: &str, text: &str, limit: usize) {
        let length = text.chars().count();
        if length > limit {
            self.add(field, format!("Is {length} characters long; the limit is {limit}."));
        }
    }
    fn name(&mut self, field: &str, text: &str, limit: usize) {
        if text.trim().is_empty() {
            self.add(field, "Is empty. Give a name that people will recognise.");
        }
        self.longest(field, text, limit);
    }
}

/// Checks an application (sheet 1.7 to 1.9). Its id, secrets and uniqueness are not part of a draft.
#[must_use]
pub fn check_application(application: &ApplicationDraft) -> Vec<Problem> {
    let mut report = Report::default();
    let (kind, third_party) = (application.kind, application.is_third_party);
    report.name("name", &application.name, MAX_NAME);
    check_oidc_metadata(&mut report, kind, &application.oidc_client_metadata);
    check_custom_metadata(&mut report, kind, third_party, &application.custom_client_metadata);
    if third_party && !kind.signs_people_in() {
        report.add(
            "isThirdParty",
            "Only Traditional, SPA and Native applications can be third-party: a machine-to-machine application asks nobody for consent. Set isThirdParty to false.",
        );
    }
    report.each("userConsentScopes", &application.user_consent_scopes, check_scope_name);
    check_branding(&mut report, &application.sign_in_experience);
    report.0
}

fn check_oidc_metadata(report: &mut Report, kind: ApplicationType, meta: &OidcClientMetadata) {
    let lists = [
        ("redirectUris", &meta.redirect_uris),
        ("postLogoutRedirectUris", &meta.post_logout_redirect_uris),
    ];
    for (key, uris) in lists {
        let field = format!("oidcClientMetadata.{key}");
        if !kind.signs_people_in() && !uris.is_empty() {
            report.add(
                &field,
                format!(
                    "A machine-to-machine application signs nobody in, so nothing is ever redirected to it. Leave {key} empty, or make the application Traditional, SPA or Native."
                ),
            );
        }
        report.each(&field, uris, check_redirect_uri);
    }
    report.optional(
        "oidcClientMetadata.backchannelLogoutUri",
        meta.backchannel_logout_uri.as_ref(),
        check_http_url,
    );
    report.optional("oidcClientMetadata.logoUri", meta.logo_uri.as_ref(), check_picture);
    if meta
        .jwks
        .as_ref()
        .is_some_and(|set| !set.get("keys").is_some_and(serde_json::Value::is_array))
    {
        report.add(
            "oidcClientMetadata.jwks",
            "Is not a JWK set. A JWK set has one member, keys, which is a list of keys (RFC 7517 section 5).",
        );
    }
}

fn check_custom_metadata(report: &mut Report, kind: ApplicationType, third_party: bool, meta: &CustomClientMetadata) {
    let field = |key: &str| format!("customClientMetadata.{key}");
    report.each(&field("corsAllowedOrigins"), &meta.cors_allowed_origins, check_cors_origin);
    report.positive(&field("idTokenTtl"), meta.id_token_ttl, "seconds");
    report.positive(&field("refreshTokenTtl"), meta.refresh_token_ttl, "seconds");
    if meta
        .refresh_token_ttl_in_days
        .is_some_and(|days| !(1..=MAX_REFRESH_TOKEN_DAYS).contains(&days))
    {
        report.add(
            field("refreshTokenTtlInDays"),
            format!("Must be 1 to {MAX_REFRESH_TOKEN_DAYS} days."),
        );
    }
    report.positive(&field("maxAllowedGrants"), meta.max_allowed_grants.map(i64::from), "grants");
    if meta.is_device_flow == Some(true) && kind != ApplicationType::Native {
        report.add(
            field("isDeviceFlow"),
            "Only a Native application can use the device flow. Set it to false or change the type.",
        );
    }
    if meta.allow_token_exchange == Some(true) && third_party {
        report.add(
            field("allowTokenExchange"),
            "A third-party application can't exchange tokens. Set it to false, or isThirdParty to false.",
        );
    }
}

fn check_branding(report: &mut Report, branding: &ApplicationSignInExperience) {
    let field = |key: &str| format!("signInExperience.{key}");
    if let Some(name) = &branding.display_name {
        report.longest(&field("displayName"), name, MAX_NAME);
    }
    report.optional(&field("primaryColor"), branding.primary_color.as_ref(), check_color);
    report.optional(&field("darkPrimaryColor"), branding.dark_primary_color.as_ref(), check_color);
    report.optional(&field("logoUrl"), branding.logo_url.as_ref(), check_picture);
    report.optional(&field("termsOfUseUrl"), branding.terms_of_use_url.as_ref(), check_http_url);
    report.optional(&field("privacyPolicyUrl"), branding.privacy_policy_url.as_ref(), check_http_url);
}

/// Checks a person (sheet 7.1). The password is not judged: as in Logto, whoever administers may set any.
#[must_use]
pub fn check_user(user: &UserDraft) -> Vec<Problem> {
    let mut report = Report::default();
    report.optional("username", user.username.as_ref(), check_username);
    report.optional("primaryEmail", user.primary_email.as_ref(), check_email);
    if let Some(Err(message)) = user.primary_phone.as_deref().map(normalize_phone) {
        report.add("primaryPhone", message);
    }
    if let Some(name) = &user.name {
        report.longest("name", name, MAX_PERSON_TEXT);
    }
    if let Some(avatar) = &user.avatar {
        report.longest("avatar", avatar, MAX_AVATAR);
        report.check("avatar", check_picture(avatar));
    }
    report.0
}

/// Checks an API resource with its scopes (sheet 1.15).
#[must_use]
pub fn check_resource(resource: &Resource) -> Vec<Problem> {
    let mut report = Report::default();
    report.name("name", &resource.name, MAX_NAME);
    report.check("indicator", check_indicator(&resource.indicator));
    report.positive("accessTokenTtl", Some(resource.access_token_ttl), "seconds");
    for (index, scope) in resource.scopes.iter().enumerate() {
        let field = format!("scopes.{index}.name");
        report.check(&field, check_scope_name(&scope.name));
        if resource.scopes[..index].iter().any(|earlier| earlier.name == scope.name) {
            report.add(&field, format!("The scope {} is listed twice. Remove one.", scope.name));
        }
    }
    report.0
}

#[cfg(test)]
mod tests;
