//! What the window is shown and what it sends back: the types inside requests and replies.

use crate::ids::LiveId;
use crate::model::{
    ApplicationSignInExperience, ApplicationType, Channel, CustomClientMetadata, CustomPhrases, CustomUi, Delivery, OidcClientMetadata,
    Profile, SmtpSecurity, TemplateType,
};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the hosted pages say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct PhrasesView {
    /// Languages whose phrases are built in.
    pub built_in: Vec<String>,
    /// Every key with its English phrase.
    pub english: BTreeMap<String, String>,
    /// Phrases in the operator's words.
    pub custom: Vec<CustomPhrases>,
}

/// The developer's own pages as they are served (sheet 5.5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct CustomUiView {
    /// Where they come from.
    pub custom_ui: CustomUi,
    /// How many files there are; `null` of a dev server.
    pub files: Option<u32>,
    /// Their size in **bytes**; `null` of a dev server.
    #[cfg_attr(feature = "bindings", ts(type = "number | null"))]
    pub bytes: Option<u64>,
    /// The page that answers every address without a file of its own: a path, or the dev server's address.
    pub index: String,
    /// Why they can't be served right now, and what to do.
    pub problem: Option<String>,
}

/// How the provider is doing.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// Serving, or why not.
    pub serving: Serving,
    /// Version of the program.
    pub version: String,
    /// Where the data is; `None` when ephemeral.
    pub data_dir: Option<String>,
    /// Where the data key is kept: "OS keychain", "key file data.key (no keychain here)".
    pub key_custody: String,
    /// Says once what is worth saying aloud: no keychain was found.
    pub notice: Option<String>,
    /// Live sessions that came with the demo data as examples, while they are kept.
    pub examples: Vec<LiveId>,
    /// How many applications there are.
    pub applications: u32,
    /// How many people there are.
    pub users: u32,
    /// The demo people's shared password, while demo data is there.
    pub demo_password: Option<String>,
}

/// Whether the provider answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(tag = "state", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Serving {
    /// It does.
    Serving {
        /// `http://localhost:3001`.
        endpoint: String,
        /// `http://localhost:3001/oidc`.
        issuer: String,
        /// The port.
        port: u16,
    },
    /// Its port belongs to another program.
    PortTaken {
        /// The port.
        port: u16,
        /// Who holds it, where the OS tells: "node (pid 4242)".
        owner: Option<String>,
        /// A port that was free when asked.
        suggestion: Option<u16>,
    },
}

/// An application as the window sees it: no secrets.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct ApplicationView {
    /// `client_id`.
    pub id: String,
    /// Everything that can be edited.
    #[serde(flatten)]
    pub draft: ApplicationDraft,
    /// Its secrets without their values.
    pub secrets: Vec<SecretView>,
    /// Whether it is part of the program (the playground) and can't be deleted.
    pub built_in: bool,
    /// When it was created.
    pub created_at: Timestamp,
}

/// What can be edited of an application.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct ApplicationDraft {
    /// At most 256 characters.
    pub name: String,
    /// Free text.
    #[serde(default)]
    pub description: Option<String>,
    /// Can't be changed later.
    #[serde(rename = "type")]
    pub kind: ApplicationType,
    /// Redirect URIs and the like.
    #[serde(default)]
    pub oidc_client_metadata: OidcClientMetadata,
    /// Lifetimes, CORS, refresh rules, algorithm, dialect.
    #[serde(default)]
    pub custom_client_metadata: CustomClientMetadata,
    /// Whether people are asked for consent.
    #[serde(default)]
    pub is_third_party: bool,
    /// User scopes a third-party application may ask for.
    #[serde(default)]
    pub user_consent_scopes: Vec<String>,
    /// Branding of its sign-in pages.
    #[serde(default)]
    pub sign_in_experience: ApplicationSignInExperience,
    /// Free data; left out or `null`, it stays as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional, type = "Record<string, unknown>"))]
    pub custom_data: Option<serde_json::Map<String, serde_json::Value>>,
}

/// A named secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct SecretView {
    /// Its name.
    pub name: String,
    /// Its value; `None` unless it was asked for.
    pub value: Option<String>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
}

/// People, and how many match in all.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct UserList {
    /// The first ones.
    pub users: Vec<UserView>,
    /// How many match.
    pub total: u32,
}

/// A person as the window sees them (sheet 7.1, API representation).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct UserView {
    pub id: String,
    pub username: Option<String>,
    pub primary_email: Option<String>,
    pub primary_phone: Option<String>,
    pub name: Option<String>,
    pub avatar: Option<String>,
    pub profile: Profile,
    #[cfg_attr(feature = "bindings", ts(type = "Record<string, unknown>"))]
    pub custom_data: serde_json::Map<String, serde_json::Value>,
    pub has_password: bool,
    /// Whether a new password is asked for at the next sign-in.
    pub password_expired: bool,
    pub is_suspended: bool,
    /// Linked social identities.
    pub identities: Vec<IdentityView>,
    /// Identities at enterprise providers.
    pub sso_identities: Vec<SsoIdentityView>,
    /// Second factors, without keys.
    pub mfa_verifications: Vec<crate::model::MfaVerificationView>,
    /// Names of the roles held.
    pub roles: Vec<String>,
    pub last_sign_in_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// Why this demo person exists.
    pub demo_note: Option<String>,
}

/// A linked social identity (sheet 6.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct IdentityView {
    /// The provider: `google`.
    pub target: String,
    /// The subject there.
    pub user_id: String,
    /// Name there.
    pub name: Option<String>,
    /// E-mail address there, if the provider vouched for it.
    pub email: Option<String>,
}

/// An identity at an enterprise provider (sheet 6.5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct SsoIdentityView {
    /// Who issued it.
    pub issuer: String,
    /// The subject there.
    pub identity_id: String,
    /// The connector it came by.
    pub connector_id: String,
    /// That connector's name; `None` once it was deleted.
    pub connector: Option<String>,
    /// Name there.
    pub name: Option<String>,
    /// E-mail address there, if the provider vouched for it.
    pub email: Option<String>,
}

/// What can be edited of a person.
#[derive(Clone, Deserialize)]
#[cfg_attr(feature = "bindings", derive(Serialize, ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct UserDraft {
    #[serde(default)]
    pub username: Option<String>,
    #[serde(default)]
    pub primary_email: Option<String>,
    #[serde(default)]
    pub primary_phone: Option<String>,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub avatar: Option<String>,
    /// A new password; `null` leaves what is there, the empty text removes it.
    #[serde(default)]
    pub password: Option<String>,
    #[serde(default)]
    pub profile: Profile,
    #[serde(default)]
    #[cfg_attr(feature = "bindings", ts(type = "Record<string, unknown>"))]
    pub custom_data: serde_json::Map<String, serde_json::Value>,
}

impl std::fmt::Debug for UserDraft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserDraft")
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

/// A message as the Inbox shows it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct InboxMessage {
    /// Its id.
    pub id: String,
    /// E-mail or text.
    pub channel: Channel,
    /// The address or number.
    pub to: String,
    /// What it is for.
    pub template: TemplateType,
    /// The subject of an e-mail.
    pub subject: String,
    /// The text as the person reads it.
    pub text: String,
    /// The code in it.
    pub code: Option<String>,
    /// The link in it.
    pub link: Option<String>,
    /// The live session that asked for it.
    pub live: Option<String>,
    /// Name of the application it is about.
    pub application: Option<String>,
    /// What became of it outside the Inbox.
    pub deliveries: Vec<Delivery>,
    /// When it was written.
    pub created_at: Timestamp,
    /// Until when its code or link works.
    pub valid_until: Option<Timestamp>,
}

impl std::fmt::Debug for InboxMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Without the text, the code and the link, which open an account.
        f.debug_struct("InboxMessage")
            .field("id", &self.id)
            .field("channel", &self.channel)
            .field("to", &self.to)
            .field("template", &self.template)
            .finish_non_exhaustive()
    }
}

/// Where messages go, as it is edited: the mail server's password goes in and never comes out.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MessageSettingsDraft {
    /// Whether messages land in the Inbox of the window.
    pub inbox: bool,
    /// A mail server.
    pub smtp: Option<SmtpDraft>,
    /// A file that every message is appended to, as a line of JSON.
    pub file: Option<String>,
    /// An address that every message is posted to, as JSON.
    pub webhook: Option<String>,
}

/// A mail server, as it is edited.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SmtpDraft {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub security: SmtpSecurity,
    /// Who we are to it.
    pub username: Option<String>,
    /// A new password; `null` leaves what is there, the empty text removes it.
    pub password: Option<String>,
    /// Whether there is a password.
    #[serde(default)]
    pub has_password: bool,
    /// The sender: `Vestibule <no-reply@example.test>`.
    pub from: String,
}

impl std::fmt::Debug for MessageSettingsDraft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MessageSettingsDraft")
            .field("inbox", &self.inbox)
            .finish_non_exhaustive()
    }
}

/// A one-time token that was just made: it is shown this once.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct IssuedToken {
    /// Its id.
    pub id: String,
    /// The token.
    pub token: String,
    /// The address it is for.
    pub email: String,
    /// The built-in client's address with the token in it.
    pub link: String,
    /// Until when it is accepted.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for IssuedToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IssuedToken").field("id", &self.id).finish_non_exhaustive()
    }
}
