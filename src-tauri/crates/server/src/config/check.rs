//! What types can't say: rules of values, uniqueness within the file, references.

mod organizations;
mod references;
mod roles;

pub(super) use references::unmet_references;
pub(super) use roles::unknown_scope;

use super::apply::{base32, connector_of, subject};
use super::document::{ApplicationEntry, Document, MfaEntryKind, UserEntry};
use super::error::{ConfigError, Source};
use std::collections::BTreeMap;
use std::sync::Arc;
use vestibule_core::Secret;
use vestibule_core::console::{ApplicationDraft, UserDraft};
use vestibule_core::experience::totp_for;
use vestibule_core::model::{
    CustomPhrases, MAX_NAME, MessageSettings, Problem, ProviderSettings, Resource, SignInExperience, check_application, check_client_id,
    check_connector, check_connector_among, check_custom_phrases, check_custom_profile_field, check_message_settings,
    check_provider_settings, check_resource, check_sign_in_experience, check_user, default_access_token_ttl, normalize_phone,
};

/// Longest secret, in **characters** (sheet 1.8).
const MAX_SECRET: usize = 64;

/// Checks a document in itself and brings phone numbers into the stored form.
pub(super) fn check(document: &mut Document, errors: &mut Vec<ConfigError>) {
    let mut found = Found::default();
    for user in &mut document.users {
        found.user(user, &document.source);
        if let Some(Ok(digits)) = user.primary_phone.as_deref().map(normalize_phone) {
            user.primary_phone = Some(digits);
        }
    }
    let mut phones = BTreeMap::new();
    for user in &document.users {
        if let Some(phone) = &user.primary_phone {
            found.unique(&mut phones, phone, format!("{}.primaryPhone", user.at), "phone number");
        }
    }
    found.unique_people(&document.users);
    found.applications(&document.applications);
    found.resources(document);
    found.roles(document);
    found.organizations(document);
    found.connectors(document);
    found.profile_fields(document);
    found.phrases(document);
    found.settings(document);
    errors.extend(
        found
            .0
            .iter()
            .map(|problem| document.source.error(&problem.field, &problem.message).coded(problem.code)),
    );
}

/// Problems whose fields are full paths of the file.
#[derive(Default)]
struct Found(Vec<Problem>);

impl Found {
    fn add(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.0.push(Problem::new(path, message));
    }

    fn under(&mut self, at: &str, problems: Vec<Problem>) {
        self.0.extend(problems.into_iter().map(|problem| problem.under(at)));
    }

    /// Notes a value that may occur once.
    fn unique(&mut self, seen: &mut BTreeMap<String, String>, value: &str, path: String, what: &str) {
        if let Some(first) = seen.get(value) {
            self.add(
                path,
                format!(
                    "The {what} “{}” is taken by {first} already. Give another, or remove one of the two.",
                    value.escape_debug()
                ),
            );
        } else {
            seen.insert(value.to_owned(), path);
        }
    }

    fn id(&mut self, path: String, id: &str) {
        if let Err(message) = check_client_id(id) {
            self.add(path, message);
        }
    }

    fn name(&mut self, path: String, name: &str) {
        if name.trim().is_empty() {
            self.add(path, "Is empty. Give a name that people will recognise.");
        } else if name.chars().count() > MAX_NAME {
            self.add(path, format!("Is too long; the limit is {MAX_NAME} characters."));
        }
    }

    fn user(&mut self, user: &UserEntry, source: &Source) {
        let at = &user.at;
        // A key with a wrong value is reported already.
        let known = ["username", "primaryEmail", "primaryPhone"]
            .iter()
            .any(|key| source.mentions(&format!("{at}.{key}")));
        self.under(at, check_user(&user_draft(user)));
        match &user.id {
            Some(id) => self.id(format!("{at}.id"), id),
            None if !known && !source.mentions(&format!("{at}.id")) => self.add(
                at,
                "A person needs something to be known by. Give at least one of id, username, primaryEmail, primaryPhone.",
            ),
            None => {}
        }
        if user.password.as_ref().is_some_and(Secret::is_empty) {
            self.add(
                format!("{at}.password"),
                "Is empty. Give a password, or leave the key out for a person without one.",
            );
        }
        if let Some(hash) = &user.password_hash {
            let path = format!("{at}.passwordHash");
            if user.password.is_some() {
                self.add(&path, "Stands beside a password. Keep one of the two.");
            }
            if !is_argon2_phc(hash) {
                self.add(
                    path,
                    "Is not an Argon2 hash as a PHC string. It should look like $argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>; or give password in plain text.",
                );
            }
        }
        self.second_factors(user);
        for (target, identity) in user.identities.iter().flatten() {
            let odd = |text: &str| text.is_empty() || text.contains(|c: char| c.is_control());
            if odd(target) || target.contains('/') || odd(&identity.user_id) {
                self.add(
                    format!("{at}.identities.{target}"),
                    "Target and userId must have at least one character and no control characters, and the target no slash.",
                );
            }
        }
    }

    fn second_factors(&mut self, user: &UserEntry) {
        let mut seen = Vec::new();
        for (index, mfa) in user.mfa_verifications.iter().flatten().enumerate() {
            let path = format!("{}.mfaVerifications.{index}", user.at);
            if seen.contains(&mfa.kind) {
                self.add(
                    &path,
                    "Is the second of its type; a person has one authenticator app and one set of backup codes.",
                );
            }
            seen.push(mfa.kind);
            match (mfa.kind, &mfa.key, &mfa.codes) {
                (MfaEntryKind::Totp, Some(key), None) => {
                    if totp_for(&base32(key), "", "").is_err() {
                        let message = "Is not a secret of at least 16 bytes in Base32 (A to Z and 2 to 7; 26 characters or more).";
                        self.add(format!("{path}.key"), message);
                    }
                }
                (MfaEntryKind::BackupCode, None, Some(codes)) => {
                    let hex = |code: &Secret| code.expose().len() == 10 && code.expose().bytes().all(|b| b.is_ascii_hexdigit());
                    if codes.is_empty() || codes.len() > 100 || !codes.iter().all(hex) {
                        self.add(format!("{path}.codes"), "Give codes of ten hexadecimal digits each, at most 100.");
                    }
                }
                (MfaEntryKind::Totp, ..) => self.add(&path, "An authenticator app has a key and no codes."),
                (MfaEntryKind::BackupCode, ..) => self.add(&path, "Backup codes have codes and no key."),
            }
        }
    }

    fn unique_people(&mut self, users: &[UserEntry]) {
        let (mut ids, mut names, mut mails, mut identities) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for user in users {
            let at = &user.at;
            if let Some(id) = &user.id {
                self.unique(&mut ids, id, format!("{at}.id"), "id");
            }
            if let Some(username) = &user.username {
                self.unique(&mut names, username, format!("{at}.username"), "username");
            }
            if let Some(email) = &user.primary_email {
                self.unique(&mut mails, &email.to_lowercase(), format!("{at}.primaryEmail"), "e-mail address");
            }
            for (target, identity) in user.identities.iter().flatten() {
                let path = format!("{at}.identities.{target}");
                self.unique(&mut identities, &format!("{target}/{}", identity.user_id), path, "identity");
            }
        }
    }

    fn applications(&mut self, applications: &[ApplicationEntry]) {
        let mut ids = BTreeMap::new();
        for app in applications {
            let at = &app.at;
            self.id(format!("{at}.id"), &app.id);
            self.unique(&mut ids, &app.id, format!("{at}.id"), "id");
            match application_draft(app) {
                Ok(draft) => self.under(at, check_application(&draft)),
                Err(error) => self.add(at, format!("Can't be read: {error}.")),
            }
            self.secrets(app);
        }
    }

    fn secrets(&mut self, app: &ApplicationEntry) {
        let at = &app.at;
        let public = !app.kind.has_secret();
        let values = app.secret.iter().map(|secret| (format!("{at}.secret"), secret));
        let named = app.secrets.iter().flatten().enumerate();
        let values = values.chain(
            named
                .clone()
                .map(|(index, entry)| (format!("{at}.secrets.{index}.value"), &entry.value)),
        );
        for (path, secret) in values {
            let text = secret.expose();
            if public {
                let message = "A Native or SPA application is a public client: its code runs where anybody can read it, so it can't keep a secret. Remove the secret (PKCE protects it), or make the type Traditional.";
                self.add(path, message);
            } else if text.is_empty() || text.contains(|c: char| c.is_whitespace() || c.is_control()) {
                self.add(path, "A secret must have at least one character and no spaces.");
            } else if text.chars().count() > MAX_SECRET {
                self.add(path, format!("Is too long; the limit is {MAX_SECRET} characters."));
            }
        }
        let mut names = BTreeMap::new();
        if app.secret.is_some() {
            names.insert(super::apply::DEFAULT_SECRET.to_owned(), format!("{at}.secret"));
        }
        for (index, entry) in named {
            let path = format!("{at}.secrets.{index}.name");
            self.name(path.clone(), &entry.name);
            self.unique(&mut names, &entry.name, path, "name");
        }
    }

    fn resources(&mut self, document: &Document) {
        let (mut indicators, mut ids, mut default) = (BTreeMap::new(), BTreeMap::new(), None);
        for entry in &document.resources {
            let at = &entry.at;
            self.under(
                at,
                check_resource(&Resource {
                    id: "unused".into(),
                    name: entry.name.clone().unwrap_or_else(|| "unused".into()),
                    indicator: entry.indicator.clone(),
                    is_default: entry.is_default.unwrap_or_default(),
                    access_token_ttl: entry.access_token_ttl.unwrap_or_else(default_access_token_ttl),
                    scopes: entry.scopes.clone().unwrap_or_default(),
                }),
            );
            self.unique(&mut indicators, &entry.indicator, format!("{at}.indicator"), "indicator");
            if let Some(id) = &entry.id {
                self.id(format!("{at}.id"), id);
                self.unique(&mut ids, id, format!("{at}.id"), "id");
            }
            if entry.is_default == Some(true) {
                match default {
                    None => default = Some(at),
                    Some(first) => self.add(
                        format!("{at}.isDefault"),
                        format!("Only one resource can stand in for a missing one, and {first} is the default one already."),
                    ),
                }
            }
        }
    }

    fn connectors(&mut self, document: &Document) {
        let mut ids = BTreeMap::new();
        let mut made = Vec::new();
        for entry in &document.connectors {
            let at = &entry.at;
            self.unique(&mut ids, &entry.id, format!("{at}.id"), "id");
            let (connector, config) = match connector_of(entry, None) {
                Ok(whole) => whole,
                Err(problem) => {
                    self.under(at, vec![problem]);
                    continue;
                }
            };
            let mut problems = check_connector(&connector, &config);
            if entry.config.is_none() {
                // It may be stored. Apply sees both.
                problems.retain(|problem| !problem.field.starts_with("config"));
            }
            self.under(at, problems);
            let connector = Arc::new(connector);
            self.under(at, check_connector_among(&connector, None, &made));
            made.push(connector);
            let mut subjects = BTreeMap::new();
            for (index, account) in entry.accounts.iter().flatten().enumerate() {
                let path = format!("{at}.accounts.{index}");
                self.name(format!("{path}.name"), &account.name);
                self.unique(&mut subjects, &subject(account), format!("{path}.sub"), "subject");
            }
            if entry.simulated == Some(false) && (entry.failure.is_some() || entry.accounts.is_some()) {
                self.add(
                    at,
                    "Only a simulated provider has accounts and failures. Set simulated = true, or leave them out.",
                );
            }
        }
    }

    fn profile_fields(&mut self, document: &Document) {
        let mut names = BTreeMap::new();
        for entry in &document.custom_profile_fields {
            let at = &entry.at;
            self.unique(&mut names, &entry.name, format!("{at}.name"), "name");
            match entry.over(None) {
                // What the file leaves out may be stored. Apply sees both.
                Ok(field) => self.under(at, check_custom_profile_field(&field)),
                Err(error) => self.add(at, format!("Can't be read: {error}.")),
            }
        }
    }

    fn phrases(&mut self, document: &Document) {
        for (tag, phrases) in &document.custom_phrases {
            let custom = CustomPhrases {
                language_tag: tag.clone(),
                phrases: phrases.clone(),
            };
            for problem in check_custom_phrases(&custom, &crate::languages::is_key) {
                let path = match problem.field.strip_prefix("phrases.") {
                    Some(key) => format!("customPhrases.{tag}.{key}"),
                    None => format!("customPhrases.{tag}"),
                };
                self.0.push(Problem { field: path, ..problem });
            }
        }
    }

    fn settings(&mut self, document: &Document) {
        if let Some(patch) = &document.provider {
            match patch.over(&ProviderSettings::default()) {
                Ok(settings) => self.under("provider", check_provider_settings(&settings)),
                Err(error) => self.add("provider", format!("Can't be read: {error}.")),
            }
        }
        if let Some(patch) = &document.messages {
            match patch.over(&MessageSettings::default()) {
                Ok(settings) => self.under("messages", check_message_settings(&settings)),
                Err(error) => self.add("messages", format!("Can't be read: {error}.")),
            }
        }
        if let Some(patch) = &document.sign_in_experience {
            match patch.over(&SignInExperience::default()) {
                Ok(row) => {
                    let mut problems = check_sign_in_experience(&row);
                    // When the file names only one of two that are judged together, the other may be stored. Apply sees both.
                    problems.retain(|problem| judged_with(problem).iter().all(|key| patch.mentions(key)));
                    self.under("signInExperience", problems);
                }
                Err(error) => self.add("signInExperience", format!("Can't be read: {error}.")),
            }
        }
    }
}

/// The members of the sign-in experience that a problem comes of, when there are several.
fn judged_with(problem: &Problem) -> &'static [&'static str] {
    let code = problem.code.strip_prefix("sign_in_experiences.").unwrap_or_default();
    match code {
        _ if problem.field.starts_with("signUp.") => &["signIn", "signUp"],
        "adaptive_mfa_requires_mfa" | "adaptive_mfa_requires_non_skippable_policy" | "non_adaptive_mfa_requires_skippable_policy" => {
            &["adaptiveMfa", "mfa"]
        }
        "password_expiration_requires_forgot_password" => &["passwordExpiration", "forgotPasswordMethods"],
        _ if code.ends_with("_cannot_be_used_for_mfa") || code.ends_with("_cannot_be_used_for_sign_in") => &["signIn", "mfa"],
        _ => &[],
    }
}

/// What the window would send for this entry: the part of an application that the shared rules judge.
fn application_draft(app: &ApplicationEntry) -> Result<ApplicationDraft, serde_json::Error> {
    Ok(ApplicationDraft {
        name: app.name.clone(),
        description: app.description.clone(),
        kind: app.kind,
        oidc_client_metadata: app.oidc_client_metadata.over(&Default::default())?,
        custom_client_metadata: app.custom_client_metadata.over(&Default::default())?,
        is_third_party: app.is_third_party.unwrap_or_default(),
        user_consent_scopes: app.user_consent_scopes.clone().unwrap_or_default(),
        sign_in_experience: app.sign_in_experience.over(&Default::default())?,
        custom_data: None,
    })
}

fn user_draft(user: &UserEntry) -> UserDraft {
    UserDraft {
        username: user.username.clone(),
        primary_email: user.primary_email.clone(),
        primary_phone: user.primary_phone.clone(),
        name: user.name.clone(),
        avatar: user.avatar.clone(),
        password: None,
        profile: Default::default(),
        custom_data: Default::default(),
    }
}

/// `$argon2id$v=19$m=..,t=..,p=..$salt$hash`; the version may be missing.
fn is_argon2_phc(text: &str) -> bool {
    let mut parts = text.strip_prefix('$').unwrap_or_default().split('$').peekable();
    let known = parts.next().is_some_and(|name| matches!(name, "argon2i" | "argon2d" | "argon2id"));
    let _version = parts.next_if(|part| part.starts_with("v="));
    let costs = parts.next().is_some_and(|costs| {
        ["m=", "t=", "p="].iter().all(|key| {
            costs
                .split(',')
                .any(|c| c.strip_prefix(key).is_some_and(|n| n.parse::<u32>().is_ok()))
        })
    });
    let base64 = |text: &str| {
        let alphabet = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
        text.len() >= 8 && text.bytes().all(alphabet)
    };
    known && costs && parts.next().is_some_and(base64) && parts.next().is_some_and(base64) && parts.next().is_none()
}
