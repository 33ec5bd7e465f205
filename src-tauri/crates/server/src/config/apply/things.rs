//! Settings, connectors, resources and applications.

use super::{Applier, DEFAULT_SECRET, derived_id, merged, unknown_profile_field};
use crate::config::document::{ApplicationEntry, SecretEntry};
use crate::languages::{too_many, unsupported_fallback};
use vestibule_core::console::ApplicationDraft;
use vestibule_core::experience::profile_fields;
use vestibule_core::model::{
    Application, ApplicationSecret, CustomPhrases, CustomProfileField, MAX_PROFILE_FIELDS, MessageSettings, ProviderSettings, Resource,
    SignInExperience, check_application, check_custom_profile_field, check_message_settings, check_provider_settings,
    check_sign_in_experience, default_access_token_ttl,
};
use vestibule_core::record::Index;
use vestibule_core::{Secret, StoreError, Timestamp, entropy};

/// Most resources that are looked through for another default one.
const MAX_RESOURCES: usize = 10_000;

impl Applier<'_, '_, '_> {
    pub(super) fn settings(&mut self) -> Result<(), StoreError> {
        if let Some(patch) = &self.document.provider {
            let stored = self.cx.get::<ProviderSettings>(ProviderSettings::ID)?;
            let mut new = merged(patch.over(&stored.as_deref().cloned().unwrap_or_default()))?;
            if let Some(custom_ui) = &self.document.prepared_custom_ui {
                new.custom_ui.clone_from(custom_ui);
            }
            self.problems("provider", check_provider_settings(&new));
            self.put(stored.as_deref(), &new)?;
        }
        if let Some(patch) = &self.document.sign_in_experience {
            let stored = self.cx.get::<SignInExperience>(SignInExperience::ID)?;
            let mut new = merged(patch.over(&stored.as_deref().cloned().unwrap_or_default()))?;
            let before = stored.as_deref().map(|row| row.password_expiration);
            new.password_expiration = new.password_expiration.begun(before, self.cx.now);
            self.problems("signInExperience", check_sign_in_experience(&new));
            let unknown = unknown_profile_field(self.cx, &new)?;
            self.problems("signInExperience", unknown.into_iter().collect());
            let unsupported = unsupported_fallback(self.cx, &new)?;
            self.problems("signInExperience", unsupported.into_iter().collect());
            self.put(stored.as_deref(), &new)?;
        }
        Ok(())
    }

    pub(super) fn profile_fields(&mut self) -> Result<(), StoreError> {
        let mut last = profile_fields(self.cx)?
            .iter()
            .map(|field| field.sie_order)
            .max()
            .unwrap_or_default();
        for entry in &self.document.custom_profile_fields {
            let stored = self.cx.get::<CustomProfileField>(&entry.name)?;
            let mut new = merged(entry.over(stored.as_deref()))?;
            if stored.is_none() && entry.sie_order.is_none() {
                new.sie_order = last.saturating_add(1);
            }
            last = last.max(new.sie_order);
            self.problems(&entry.at, check_custom_profile_field(&new));
            self.put(stored.as_deref(), &new)?;
        }
        if profile_fields(self.cx)?.len() > MAX_PROFILE_FIELDS {
            self.error(
                "customProfileFields",
                format!("More than {MAX_PROFILE_FIELDS} fields are too many. Remove some."),
            );
        }
        Ok(())
    }

    pub(super) fn phrases(&mut self) -> Result<(), StoreError> {
        for (tag, phrases) in &self.document.custom_phrases {
            let stored = self.cx.get::<CustomPhrases>(tag)?;
            let mut new = stored.as_deref().cloned().unwrap_or_else(|| CustomPhrases {
                language_tag: tag.clone(),
                phrases: Default::default(),
            });
            new.phrases.extend(phrases.clone());
            self.put(stored.as_deref(), &new)?;
        }
        if let Some(problem) = too_many(self.cx)? {
            self.error("customPhrases", problem.message);
        }
        Ok(())
    }

    pub(super) fn messages(&mut self) -> Result<(), StoreError> {
        if let Some(patch) = &self.document.messages {
            let stored = self.cx.get::<MessageSettings>(MessageSettings::ID)?;
            let mut new = merged(patch.over(&stored.as_deref().cloned().unwrap_or_default()))?;
            self.problems("messages", check_message_settings(&new));
            if let (Some(smtp), Some(plain)) = (&mut new.smtp, patch.inner("smtp", "password").and_then(|p| p.as_str())) {
                let held = stored.as_ref().and_then(|s| s.smtp.as_ref()?.password.clone());
                let same = held
                    .as_ref()
                    .is_some_and(|sealed| self.cx.vault.open(sealed).is_ok_and(|held| held.matches(plain)));
                // Sealing draws randomness: the box stays as it is while its content does.
                smtp.password = if same {
                    held
                } else {
                    Some(self.cx.vault.seal(&Secret::new(plain)))
                };
            }
            self.put(stored.as_deref(), &new)?;
        }
        Ok(())
    }

    pub(super) fn resources(&mut self) -> Result<(), StoreError> {
        for entry in &self.document.resources {
            let at = &entry.at;
            let stored = self.cx.find::<Resource>(&Index::Indicator.entry(entry.indicator.as_str()))?;
            let id = match (&entry.id, &stored) {
                (Some(id), Some(stored)) if *id != stored.id.0 => {
                    let message = format!(
                        "This indicator belongs to the stored resource {} already. Write that id, or leave the id out.",
                        stored.id
                    );
                    self.error(format!("{at}.id"), message);
                    continue;
                }
                (_, Some(stored)) => stored.id.0.clone(),
                (Some(id), None) => id.clone(),
                (None, None) => derived_id("resource", &entry.indicator, 21),
            };
            if stored.is_none()
                && let Some(other) = self.cx.get::<Resource>(&id)?
            {
                let message = format!(
                    "The stored resource {id} has the indicator {}, and indicators can't change. Choose another id.",
                    other.indicator
                );
                self.error(format!("{at}.id"), message);
                continue;
            }
            let mut new = stored.as_deref().cloned().unwrap_or_else(|| Resource {
                id: id.into(),
                name: entry.indicator.clone(),
                indicator: entry.indicator.clone(),
                is_default: false,
                access_token_ttl: default_access_token_ttl(),
                scopes: Vec::new(),
            });
            set(&mut new.name, entry.name.as_ref());
            set(&mut new.is_default, entry.is_default.as_ref());
            set(&mut new.access_token_ttl, entry.access_token_ttl.as_ref());
            set(&mut new.scopes, entry.scopes.as_ref());
            self.put(stored.as_deref(), &new)?;
        }
        self.one_default_resource()
    }

    /// One resource at most is the default one: the file's choice takes the place of a stored one.
    fn one_default_resource(&mut self) -> Result<(), StoreError> {
        let Some(chosen) = self.document.resources.iter().find(|entry| entry.is_default == Some(true)) else {
            return Ok(());
        };
        for other in self.cx.list::<Resource>(MAX_RESOURCES)? {
            if other.is_default && other.indicator != chosen.indicator {
                let mut other = Resource::clone(&other);
                other.is_default = false;
                self.cx.put(&other)?;
            }
        }
        Ok(())
    }

    pub(super) fn applications(&mut self) -> Result<(), StoreError> {
        for entry in &self.document.applications {
            let stored = self.cx.get::<Application>(&entry.id)?;
            if let Some(stored) = stored.as_deref().filter(|stored| stored.kind != entry.kind) {
                let message = format!(
                    "The stored application {} is of type {:?}, and a type can't change. Choose another id, or delete the application first.",
                    entry.id, stored.kind
                );
                self.error(format!("{}.type", entry.at), message);
                continue;
            }
            let base = stored.as_deref().cloned().unwrap_or_else(|| blank(entry, self.cx.now));
            let new = self.application(entry, base)?;
            let device = new.custom_client_metadata.uses_device_flow();
            if stored
                .as_deref()
                .is_some_and(|stored| stored.custom_client_metadata.uses_device_flow() != device)
            {
                let message = format!(
                    "The stored application {} has isDeviceFlow = {}, and that can't change. Choose another id, or delete the application first.",
                    entry.id, !device
                );
                self.error(format!("{}.customClientMetadata.isDeviceFlow", entry.at), message);
                continue;
            }
            self.problems(&entry.at, check_application(&draft(&new)));
            self.put(stored.as_deref(), &new)?;
        }
        Ok(())
    }

    /// `base` as the entry wants it.
    fn application(&self, entry: &ApplicationEntry, base: Application) -> Result<Application, StoreError> {
        let mut new = base;
        new.name.clone_from(&entry.name);
        set_some(&mut new.description, entry.description.as_ref());
        new.oidc_client_metadata = merged(entry.oidc_client_metadata.over(&new.oidc_client_metadata))?;
        new.custom_client_metadata = merged(entry.custom_client_metadata.over(&new.custom_client_metadata))?;
        new.sign_in_experience = merged(entry.sign_in_experience.over(&new.sign_in_experience))?;
        set(&mut new.is_third_party, entry.is_third_party.as_ref());
        set(&mut new.user_consent_scopes, entry.user_consent_scopes.as_ref());
        set(&mut new.custom_data, entry.custom_data.as_ref());
        if new.kind.has_secret() {
            new.secrets = self.secrets(entry, std::mem::take(&mut new.secrets));
        }
        Ok(new)
    }

    /// The named secrets as the entry wants them. An application that would have none gets one, as in Logto.
    fn secrets(&self, entry: &ApplicationEntry, held: Vec<ApplicationSecret>) -> Vec<ApplicationSecret> {
        let value_of = |name: &str| held.iter().find(|secret| secret.name == name);
        let sealed = |name: &str, value: &Secret, expires_at: Option<Timestamp>| {
            let old = value_of(name).filter(|old| self.cx.vault.open(&old.value).is_ok_and(|open| open.matches(value.expose())));
            ApplicationSecret {
                name: name.to_owned(),
                value: old.map_or_else(|| self.cx.vault.seal(value), |old| old.value.clone()),
                created_at: old.map_or(self.cx.now, |old| old.created_at),
                expires_at,
            }
        };
        let default = entry.secret.as_ref().map(|value| sealed(DEFAULT_SECRET, value, None));
        let mut out: Vec<ApplicationSecret> = match (&entry.secrets, default) {
            (Some(listed), default) => {
                let listed = listed
                    .iter()
                    .map(|SecretEntry { name, value, expires_at }| sealed(name, value, *expires_at));
                default.into_iter().chain(listed).collect()
            }
            (None, Some(default)) => {
                let others = held.iter().filter(|secret| secret.name != DEFAULT_SECRET).cloned();
                std::iter::once(default).chain(others).collect()
            }
            (None, None) => held.clone(),
        };
        if out.is_empty() {
            let value = Secret::new(entropy::secret32(self.cx.entropy));
            out.push(sealed(DEFAULT_SECRET, &value, None));
        }
        out
    }
}

/// Takes the mentioned value.
fn set<T: Clone>(member: &mut T, mentioned: Option<&T>) {
    if let Some(value) = mentioned {
        member.clone_from(value);
    }
}

/// Takes the mentioned value where the member may be missing.
fn set_some<T: Clone>(member: &mut Option<T>, mentioned: Option<&T>) {
    if let Some(value) = mentioned {
        *member = Some(value.clone());
    }
}

fn blank(entry: &ApplicationEntry, now: Timestamp) -> Application {
    Application {
        id: entry.id.as_str().into(),
        name: String::new(),
        description: None,
        kind: entry.kind,
        oidc_client_metadata: Default::default(),
        custom_client_metadata: Default::default(),
        secrets: Vec::new(),
        is_third_party: false,
        user_consent_scopes: Vec::new(),
        custom_data: Default::default(),
        sign_in_experience: Default::default(),
        created_at: now,
    }
}

fn draft(app: &Application) -> ApplicationDraft {
    ApplicationDraft {
        name: app.name.clone(),
        description: app.description.clone(),
        kind: app.kind,
        oidc_client_metadata: app.oidc_client_metadata.clone(),
        custom_client_metadata: app.custom_client_metadata.clone(),
        is_third_party: app.is_third_party,
        user_consent_scopes: app.user_consent_scopes.clone(),
        sign_in_experience: app.sign_in_experience.clone(),
        custom_data: None,
    }
}
