//! The console contract: everything the window can ask of the engine, as types.
//!
//! Carried by one Tauri command (`console`), answered by one exhaustive match in the server crate.
//! The TypeScript side in `ui/bindings` is generated from these declarations.

use crate::because::Repair;
use crate::live::{LiveDetail, LiveSummary, Wire};
use crate::model::{
    ApplicationSignInExperience, ApplicationType, Channel, CustomClientMetadata, CustomPhrases, CustomProfileField, CustomUi, Delivery,
    OidcClientMetadata, Profile, ProviderSettings, SignInExperience, SmtpSecurity, TemplateType,
};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A question or an order from the window.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "bindings", derive(Serialize, ts_rs::TS), ts(export))]
#[serde(tag = "op", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ConsoleRequest {
    /// How the provider is doing.
    Status,
    /// Serve on another port after the configured one was taken. `0` takes a free one.
    UsePort {
        /// The port.
        port: u16,
    },
    /// Live sessions, newest first.
    Sessions {
        /// At most this many.
        limit: u32,
    },
    /// One session with its steps.
    Session {
        /// The live session.
        id: String,
    },
    /// Request and response of a step.
    Wire {
        /// The live session.
        id: String,
        /// The step.
        #[cfg_attr(feature = "bindings", ts(type = "number"))]
        seq: u64,
        /// Show secrets too. Passwords are never shown.
        reveal: bool,
    },
    /// Forget all live sessions (not browser sessions or tokens).
    ClearSessions,
    /// Carry out a repair that a card offers.
    Repair {
        /// The repair.
        repair: Repair,
    },
    /// All applications.
    Applications,
    /// Create an application; answers it with its first secret.
    CreateApplication {
        /// The new application.
        application: ApplicationDraft,
    },
    /// Change an application. Nested objects are replaced as a whole.
    UpdateApplication {
        /// `client_id`.
        id: String,
        /// The application as it should be.
        application: ApplicationDraft,
    },
    /// Delete an application, its grants and tokens.
    DeleteApplication {
        /// `client_id`.
        id: String,
    },
    /// The secrets of an application, opened.
    RevealSecrets {
        /// `client_id`.
        id: String,
    },
    /// Add a named secret; answers all, opened.
    AddSecret {
        /// `client_id`.
        id: String,
        /// Its name.
        name: String,
        /// When it stops working.
        expires_at: Option<Timestamp>,
    },
    /// Remove a named secret.
    DeleteSecret {
        /// `client_id`.
        id: String,
        /// Its name.
        name: String,
    },
    /// People whose name, username, e-mail, phone or id contains `search`.
    Users {
        /// May be empty.
        search: String,
        /// At most this many.
        limit: u32,
    },
    /// Create a person.
    CreateUser {
        /// The new person.
        user: UserDraft,
    },
    /// Change a person.
    UpdateUser {
        /// `sub`.
        id: String,
        /// The person as they should be; `password: null` leaves it.
        user: UserDraft,
    },
    /// Delete a person with their sessions and grants.
    DeleteUser {
        /// `sub`.
        id: String,
    },
    /// Suspend (signs out everywhere) or restore.
    SetSuspended {
        /// `sub`.
        id: String,
        /// Whether sign-in is refused.
        suspended: bool,
    },
    /// Start an authorization request of the built-in playground client.
    PlaygroundStart {
        /// Parameters of the authorization request beside the client's own, in order; empty means a usual request.
        params: Vec<(String, String)>,
        /// Whether to send a PKCE challenge.
        pkce: bool,
    },
    /// What became of a playground run.
    PlaygroundRun {
        /// The run.
        id: String,
    },
    /// Use the run's tokens: `userinfo`, `refresh` or `revoke`.
    PlaygroundUse {
        /// The run.
        id: String,
        /// What to do.
        action: PlaygroundAction,
    },
    /// Provider settings.
    Settings,
    /// Replace the provider settings. `customUi` has requests of its own and stays as it is.
    UpdateSettings {
        /// The settings as they should be.
        settings: ProviderSettings,
    },
    /// Messages to people, newest first.
    Inbox {
        /// At most this many.
        limit: u32,
    },
    /// Throw away every message of the Inbox.
    ClearInbox,
    /// Where messages go.
    MessageSettings,
    /// Replace where messages go.
    UpdateMessageSettings {
        /// The settings as they should be.
        settings: MessageSettingsDraft,
    },
    /// Write a one-time token for an address, with the link that uses it in the built-in client.
    CreateOneTimeToken {
        /// The address.
        email: String,
        /// How long it is accepted, in **seconds**; 600 unless given.
        expires_in: Option<u32>,
    },
    /// Custom profile fields, in their order.
    CustomProfileFields,
    /// Create a custom profile field; it comes last.
    CreateCustomProfileField {
        /// The new field.
        field: CustomProfileField,
    },
    /// Change a custom profile field.
    UpdateCustomProfileField {
        /// Its name, which stays.
        name: String,
        /// The field as it should be.
        field: CustomProfileField,
    },
    /// Delete a custom profile field. What people filled in stays.
    DeleteCustomProfileField {
        /// Its name.
        name: String,
    },
    /// Put custom profile fields in an order.
    OrderCustomProfileFields {
        /// All names, in order.
        names: Vec<String>,
    },
    /// Phrases of the hosted pages: English ones, and those in the operator's words.
    Phrases,
    /// Replace the custom phrases of a language; none removes them.
    UpdateCustomPhrases {
        /// The phrases as they should be.
        custom: CustomPhrases,
    },
    /// The developer's own pages: what is served, and whether it can be.
    CustomUi,
    /// Serve the pages of a folder instead of the hosted ones.
    SetCustomUiFolder {
        /// Its absolute path.
        path: String,
    },
    /// Unpack a zip beside the data and serve its pages.
    ImportCustomUi {
        /// The zip's absolute path.
        path: String,
    },
    /// Pass requests for pages on to a development server.
    SetCustomUiDevServer {
        /// Such as `http://localhost:5173`.
        url: String,
    },
    /// Serve the hosted pages again.
    RemoveCustomUi,
    /// The sign-in experience row.
    SignInExperience,
    /// Replace the sign-in experience row.
    UpdateSignInExperience {
        /// The row as it should be.
        sign_in_experience: Box<SignInExperience>,
    },
}

/// The answer to a [`ConsoleRequest`].
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(tag = "reply", content = "value", rename_all = "camelCase")]
pub enum ConsoleReply {
    /// To `Status` and `UsePort`.
    Status(Status),
    /// To `Sessions`.
    Sessions(Vec<LiveSummary>),
    /// To `Session`; `null` when it is no longer kept.
    Session(Option<LiveDetail>),
    /// To `Wire`; `null` when it is no longer in memory.
    Wire(Option<Wire>),
    /// To `Applications`.
    Applications(Vec<ApplicationView>),
    /// To `CreateApplication` and `UpdateApplication`.
    Application(Box<ApplicationView>),
    /// To `RevealSecrets`, `AddSecret`, `DeleteSecret`.
    Secrets(Vec<SecretView>),
    /// To `Users`.
    Users(UserList),
    /// To `CreateUser`, `UpdateUser`, `SetSuspended`.
    User(Box<UserView>),
    /// To the playground requests; `null` when the run is no longer kept.
    Playground(Option<PlaygroundRun>),
    /// To `Settings` and `UpdateSettings`.
    Settings(ProviderSettings),
    /// To `Inbox`.
    Inbox(Vec<InboxMessage>),
    /// To `MessageSettings` and `UpdateMessageSettings`.
    MessageSettings(MessageSettingsDraft),
    /// To `CreateOneTimeToken`.
    OneTimeToken(IssuedToken),
    /// To the requests about the developer's own pages; `null` while the hosted pages are served.
    CustomUi(Option<CustomUiView>),
    /// To `SignInExperience` and `UpdateSignInExperience`.
    SignInExperience(Box<SignInExperience>),
    /// To the requests about custom profile fields: all of them, in their order.
    CustomProfileFields(Vec<CustomProfileField>),
    /// To `Phrases` and `UpdateCustomPhrases`.
    Phrases(PhrasesView),
    /// Done, with one sentence saying what was done.
    Done(String),
}

/// Why a [`ConsoleRequest`] was not carried out. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct ConsoleProblem {
    /// A stable code such as `user.username_already_in_use`.
    pub code: String,
    /// What was wrong and what would be right, in plain words.
    pub message: String,
    /// The field it is about, as a dotted path: `oidcClientMetadata.redirectUris.0`.
    pub field: Option<String>,
}

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
    pub is_suspended: bool,
    /// Targets of linked social identities.
    pub identities: Vec<String>,
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

/// What to do with a playground run's tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "bindings", derive(Serialize, ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub enum PlaygroundAction {
    /// Call userinfo with the access token.
    Userinfo,
    /// Use the refresh token.
    Refresh,
    /// Revoke the grant.
    Revoke,
}

/// One run of the playground client.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct PlaygroundRun {
    /// The run.
    pub id: String,
    /// The authorization request to open in a browser.
    pub url: String,
    /// When it was begun.
    pub started_at: Timestamp,
    /// Parameters of the callback, once it came.
    pub callback: Option<Vec<(String, String)>>,
    /// The token endpoint's answer.
    #[cfg_attr(feature = "bindings", ts(type = "Record<string, unknown> | null"))]
    pub tokens: Option<serde_json::Value>,
    /// Claims of the ID token, after its signature, issuer, audience, nonce and times were checked.
    #[cfg_attr(feature = "bindings", ts(type = "Record<string, unknown> | null"))]
    pub id_token_claims: Option<serde_json::Value>,
    /// The userinfo endpoint's answer.
    #[cfg_attr(feature = "bindings", ts(type = "Record<string, unknown> | null"))]
    pub userinfo: Option<serde_json::Value>,
    /// What went wrong, in plain words.
    pub problem: Option<String>,
    /// The live session it became, once known.
    pub live: Option<String>,
}
