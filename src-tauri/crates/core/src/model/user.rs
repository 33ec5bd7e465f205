//! People (sheet 7.1).

use super::mfa::is_default;
use super::{LogtoConfig, MfaVerification};
use crate::ids::{AppId, ConnectorId, UserId};
use crate::record::{Index, IndexEntry, Record, Table};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A person.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// `sub`: 12 characters.
    pub id: UserId,
    /// Unique.
    #[serde(default)]
    pub username: Option<String>,
    /// Unique, compared without case.
    #[serde(default)]
    pub primary_email: Option<String>,
    /// Digits only, country code first, unique.
    #[serde(default)]
    pub primary_phone: Option<String>,
    /// PHC string; `None` when the person has no password.
    #[serde(default)]
    pub password_encrypted: Option<String>,
    /// When that was set; `None` for a password from before this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_updated_at: Option<Timestamp>,
    /// Whether a new password is asked for, whatever the policy says (`isPasswordExpired`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_password_expired: bool,
    /// Full name.
    #[serde(default)]
    pub name: Option<String>,
    /// Picture address.
    #[serde(default)]
    pub avatar: Option<String>,
    /// Standard claims, camelCase members (sheet 7.1).
    #[serde(default)]
    pub profile: Profile,
    /// Social identities by target.
    #[serde(default)]
    pub identities: BTreeMap<String, SocialIdentity>,
    /// Identities at enterprise providers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sso_identities: Vec<SsoIdentity>,
    /// What providers gave to act for the person there, by connector, sealed (`enableTokenStorage`, sheet 6.4).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub connector_tokens: BTreeMap<String, String>,
    /// Second factors.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mfa_verifications: Vec<MfaVerification>,
    /// What the person has decided about second factors and passkeys.
    #[serde(default, skip_serializing_if = "is_default")]
    pub logto_config: LogtoConfig,
    /// Free data.
    #[serde(default)]
    pub custom_data: serde_json::Map<String, serde_json::Value>,
    /// The application of the first consent.
    #[serde(default)]
    pub application_id: Option<AppId>,
    /// Whether sign-in is refused.
    #[serde(default)]
    pub is_suspended: bool,
    /// Last submission.
    #[serde(default)]
    pub last_sign_in_at: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Says in a few words why this demo person exists ("suspended"); `None` for real ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demo_note: Option<String>,
}

/// A social identity (sheet 6.4).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SocialIdentity {
    /// The id at the upstream provider.
    pub user_id: String,
    /// Normalised user info.
    #[serde(default)]
    pub details: serde_json::Value,
}

/// An identity at an enterprise provider (sheet 6.5).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SsoIdentity {
    /// Who issued it.
    pub issuer: String,
    /// The subject there.
    pub identity_id: String,
    /// The connector it came by.
    pub sso_connector_id: ConnectorId,
    /// Normalised user info.
    #[serde(default)]
    pub detail: serde_json::Value,
}

impl SsoIdentity {
    /// Where the person with this identity is found.
    #[must_use]
    pub fn index(issuer: &str, identity_id: &str) -> IndexEntry {
        Index::SsoIdentity.entry(format!("{issuer} {identity_id}"))
    }
}

/// Standard claims as Logto stores them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[allow(missing_docs)]
pub struct Profile {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub family_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub given_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub middle_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub nickname: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub preferred_username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub profile: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub website: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub gender: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub birthdate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub zoneinfo: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub locale: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub address: Option<Address>,
}

/// The `address` claim, camelCase as Logto sends it (sheet 1.19).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[allow(missing_docs)]
pub struct Address {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub formatted: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub street_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub locality: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub postal_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub country: Option<String>,
}

impl Record for User {
    const TABLE: Table = Table::User;
    const INDEXED: bool = true;
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn indexes(&self) -> Vec<IndexEntry> {
        let mut entries = Vec::new();
        if let Some(username) = &self.username {
            entries.push(Index::Username.entry(username.to_lowercase()));
        }
        if let Some(email) = &self.primary_email {
            entries.push(Index::Email.entry(email.to_lowercase()));
        }
        if let Some(phone) = &self.primary_phone {
            entries.push(Index::Phone.entry(phone.clone()));
        }
        for (target, identity) in &self.identities {
            entries.push(Index::Identity.entry(format!("{target}/{}", identity.user_id)));
        }
        for identity in &self.sso_identities {
            entries.push(SsoIdentity::index(&identity.issuer, &identity.identity_id));
        }
        for passkey in self.mfa_verifications.iter().filter_map(MfaVerification::passkey) {
            let entry = passkey.index();
            if !entries.contains(&entry) {
                entries.push(entry);
            }
        }
        entries
    }
}

impl User {
    /// Somebody of whom nothing is known yet.
    #[must_use]
    pub fn new(id: UserId, now: Timestamp) -> Self {
        Self {
            id,
            username: None,
            primary_email: None,
            primary_phone: None,
            password_encrypted: None,
            password_updated_at: None,
            is_password_expired: false,
            name: None,
            avatar: None,
            profile: Profile::default(),
            identities: BTreeMap::new(),
            sso_identities: Vec::new(),
            connector_tokens: BTreeMap::new(),
            mfa_verifications: Vec::new(),
            logto_config: LogtoConfig::default(),
            custom_data: serde_json::Map::new(),
            application_id: None,
            is_suspended: false,
            last_sign_in_at: None,
            created_at: now,
            updated_at: now,
            demo_note: None,
        }
    }

    /// Sets or removes the password: every way to do so goes through here, because passwords may end.
    pub fn set_password(&mut self, phc: Option<String>, now: Timestamp) {
        self.password_updated_at = phc.as_ref().map(|_| now);
        self.password_encrypted = phc;
        self.is_password_expired = false;
    }

    /// Whether anything signs the person in: an address that a code reaches, a username with a password, a passkey, or an
    /// identity at a provider (sheet 6.4: one way must stay).
    #[must_use]
    pub fn has_way_to_sign_in(&self) -> bool {
        self.primary_email.is_some()
            || self.primary_phone.is_some()
            || (self.username.is_some() && self.password_encrypted.is_some())
            || !self.identities.is_empty()
            || !self.sso_identities.is_empty()
            || self.mfa_verifications.iter().any(|factor| factor.passkey().is_some())
    }

    /// What a list or a sentence calls this person: name, else username, e-mail, phone, id.
    #[must_use]
    pub fn display_name(&self) -> String {
        self.name
            .clone()
            .or_else(|| self.username.clone())
            .or_else(|| self.primary_email.clone())
            .or_else(|| self.primary_phone.clone())
            .unwrap_or_else(|| self.id.0.clone())
    }
}
