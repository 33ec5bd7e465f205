//! What the engine answers the window.

use super::{
    ApplicationSession, ApplicationView, BackchannelTest, BackupCodeView, ConnectorCatalogue, ConnectorList, ConnectorSecrets,
    ConnectorView, CustomUiView, DataView, DiscoveredIssuer, ExperiencePreview, InboxMessage, IssuedToken, MadeUp, MessageSettingsDraft,
    OrganizationList, PasswordSet, PersonAccess, PersonRows, PersonaView, PhrasesView, PlaygroundRun, RequestPreview, RetentionView,
    SecretView, SessionActions, SigningKeyList, Status, TotpView, UserList, UserView,
};
use crate::live::{LiveDetail, LiveSummary, Wire};
use crate::model::{CustomProfileField, ProviderSettings, SignInExperience, SimulatedAccount};
use serde::Serialize;

/// The answer to a [`ConsoleRequest`](super::ConsoleRequest).
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
    /// To `Jwks`.
    Jwks(#[cfg_attr(feature = "bindings", ts(type = "Array<Record<string, unknown>>"))] Vec<serde_json::Value>),
    /// To `SessionActions`.
    SessionActions(SessionActions),
    /// To `Applications`.
    Applications(Vec<ApplicationView>),
    /// To `CreateApplication` and `UpdateApplication`.
    Application(Box<ApplicationView>),
    /// To `RevealSecrets`, `AddSecret`, `DeleteSecret`.
    Secrets(Vec<SecretView>),
    /// To `Users`.
    Users(UserList),
    /// To `CreateUser`, `UpdateUser`, `SetSuspended`, `RestoreUser`, `RemoveFactor`, `UnlinkIdentity`, `UnlinkSsoIdentity`.
    User(Box<UserView>),
    /// To `People`.
    People(PersonRows),
    /// To `Person`; `null` when they were deleted.
    Person(Option<Box<UserView>>),
    /// To `SetPassword`.
    PasswordSet(Box<PasswordSet>),
    /// To `AddTotp` and `TotpCode`.
    Totp(TotpView),
    /// To `BackupCodes` and `NewBackupCodes`.
    BackupCodes(Vec<BackupCodeView>),
    /// To `PersonAccess`, `EndBrowserSession` and `RevokeGrant`.
    PersonAccess(PersonAccess),
    /// To `MakeUpPeople`.
    MadeUp(MadeUp),
    /// To `Personas` and `CreatePersonas`: all of them.
    Personas(Vec<PersonaView>),
    /// To the requests about signing keys.
    SigningKeys(SigningKeyList),
    /// To `Retention` and `SetRetention`.
    Retention(RetentionView),
    /// To `Data`, `PlantDemoData`, `RemoveDemoData`, `StartOver` and `UndoStartOver`.
    Data(DataView),
    /// To the playground requests and `TestConnector`; `null` when the run is no longer kept.
    Playground(Option<Box<PlaygroundRun>>),
    /// To `PlaygroundPreview`.
    RequestPreview(Box<RequestPreview>),
    /// To `ApplicationSessions`.
    ApplicationSessions(Vec<ApplicationSession>),
    /// To `TestBackchannelLogout`.
    BackchannelTest(Box<BackchannelTest>),
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
    /// To `PreviewSignInExperience`.
    ExperiencePreview(Box<ExperiencePreview>),
    /// To the requests about custom profile fields: all of them, in their order.
    CustomProfileFields(Vec<CustomProfileField>),
    /// To `Phrases` and `UpdateCustomPhrases`.
    Phrases(PhrasesView),
    /// To the requests about organizations: everything, after the change.
    Organizations(OrganizationList),
    /// To the requests that change how connectors are offered, and to `Connectors`.
    Connectors(ConnectorList),
    /// To `ConnectorFactories`.
    ConnectorFactories(ConnectorCatalogue),
    /// To `CreateConnector` and `UpdateConnector`.
    Connector(Box<ConnectorView>),
    /// To `RevealConnectorSecrets`.
    ConnectorSecrets(ConnectorSecrets),
    /// To `DiscoverIssuer`.
    DiscoveredIssuer(DiscoveredIssuer),
    /// To the requests about simulated accounts: all of the connector, oldest first.
    SimulatedAccounts(Vec<SimulatedAccount>),
    /// Done, with one sentence saying what was done.
    Done(String),
}

/// Why a [`ConsoleRequest`](super::ConsoleRequest) was not carried out. Nothing was changed.
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
