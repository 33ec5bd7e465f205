//! The console contract: everything the window can ask of the engine, as types.
//!
//! Carried by one Tauri command (`console`), answered by one exhaustive match in the server crate.
//! The TypeScript side in `ui/bindings` is generated from these declarations.

mod actions;
mod backchannel;
mod bridge;
mod connectors;
mod keys;
mod management;
mod organizations;
mod people;
mod playground;
mod preview;
mod reply;
mod settings;
mod simulated;
mod views;

pub use actions::*;
pub use backchannel::*;
pub use bridge::*;
pub use connectors::*;
pub use keys::*;
pub use management::*;
pub use organizations::*;
pub use people::*;
pub use playground::*;
pub use preview::{ExperienceDraft, ExperiencePreview};
pub use reply::{ConsoleProblem, ConsoleReply};
pub use settings::*;
pub use simulated::SimulatedAccountDraft;
pub use views::*;

use crate::because::Repair;
use crate::ids::ConnectorId;
use crate::model::{CustomPhrases, CustomProfileField, LiveRetention, ProviderSettings, SignInExperience, SigningAlg, Simulation};
use crate::time::Timestamp;
use serde::Deserialize;

/// A question or an order from the window.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "bindings", derive(serde::Serialize, ts_rs::TS), ts(export))]
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
    /// The public signing keys, as `/oidc/jwks` serves them (RFC 7517): the window checks signatures of tokens with them.
    Jwks,
    /// Forget all live sessions (not browser sessions or tokens).
    ClearSessions,
    /// Forget the example sessions that came with the demo data, and end what they left behind.
    RemoveExamples,
    /// What can be done about a live session, and why the rest can't.
    SessionActions {
        /// The live session.
        id: String,
    },
    /// Finish the sign-in that waits as a person, without any proof. Needs the development sign-in.
    ContinueAs {
        /// The live session.
        id: String,
        /// `sub`; somebody is made up without.
        #[serde(default)]
        user_id: Option<String>,
    },
    /// Give the consent that waits, in the person's place.
    AllowConsent {
        /// The live session.
        id: String,
    },
    /// End what waits with an error for the application.
    FailAs {
        /// The live session.
        id: String,
        /// One of [`DENIALS`](crate::experience::DENIALS).
        error: String,
        /// `error_description`: at most 512 printable ASCII characters without quotation marks and backslashes.
        #[serde(default)]
        description: Option<String>,
    },
    /// Let what waits be gone, as if its hour had passed.
    ExpireSession {
        /// The live session.
        id: String,
    },
    /// Let the next requests of a live session wait, until they are released or ten minutes have passed.
    PauseSession {
        /// The live session.
        id: String,
    },
    /// Let the requests that wait go on.
    ReleaseSession {
        /// The live session.
        id: String,
        /// Whether the ones after them wait again.
        #[serde(default)]
        again: bool,
    },
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
    /// Browser sessions in which an application takes part, the newest first.
    ApplicationSessions {
        /// `client_id`.
        id: String,
    },
    /// Post a signed logout token to an application's back-channel logout URI. Nobody is signed out here.
    TestBackchannelLogout {
        /// `client_id`.
        id: String,
        /// Whom it is about.
        subject: LogoutSubject,
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
    /// People as rows of a list.
    People {
        /// As in `Users`.
        search: String,
        /// At most this many.
        limit: u32,
    },
    /// One person.
    Person {
        /// `sub`.
        id: String,
    },
    /// Set a person's password. Browsers they are signed in on stay signed in.
    SetPassword {
        /// `sub`.
        id: String,
        /// `null` draws one that the password policy takes; the empty text removes it.
        password: Option<TypedPassword>,
        /// Whether a new one is asked for at the next sign-in.
        expired: bool,
    },
    /// Take a second factor from a person.
    RemoveFactor {
        /// `sub`.
        user_id: String,
        /// The factor.
        factor_id: String,
    },
    /// Give a person an authenticator app, whose codes the window shows.
    AddTotp {
        /// `sub`.
        user_id: String,
    },
    /// What a person's authenticator app shows right now.
    TotpCode {
        /// `sub`.
        user_id: String,
    },
    /// A person's backup codes, opened.
    BackupCodes {
        /// `sub`.
        user_id: String,
    },
    /// Draw ten backup codes, in place of those there were.
    NewBackupCodes {
        /// `sub`.
        user_id: String,
    },
    /// Where a person is signed in, and what they let applications have.
    PersonAccess {
        /// `sub`.
        user_id: String,
    },
    /// End a browser session, as a sign-out there would: grants without `offline_access` end too, and applications are told.
    EndBrowserSession {
        /// `sub`.
        user_id: String,
        /// Its `uid`; all of the person's when `null`.
        uid: Option<String>,
    },
    /// Take a grant back with every token under it.
    RevokeGrant {
        /// `sub`.
        user_id: String,
        /// The grant; all of the person's when `null`.
        grant_id: Option<String>,
    },
    /// Bring back a person who was deleted since this program was started.
    RestoreUser {
        /// `sub`.
        id: String,
    },
    /// Make people up. The same seed makes the same people.
    MakeUpPeople {
        /// 1 to 1000.
        count: u32,
        /// Any number.
        seed: u32,
        /// The password of all of them; none when `null`.
        password: Option<TypedPassword>,
    },
    /// Delete everybody who was made up.
    DeleteMadeUpPeople,
    /// Ready-made people for tests.
    Personas,
    /// Make ready-made people, or put them back as they were.
    CreatePersonas {
        /// Which, by their ids.
        ids: Vec<String>,
        /// The password of those who have one.
        password: TypedPassword,
    },
    /// The signing keys.
    SigningKeys,
    /// Publish the key that will sign next, so that clients learn it before it is used.
    AnnounceKey {
        /// What it will sign with.
        alg: SigningAlg,
    },
    /// Sign with the announced key from now on, or with a new one where none is announced.
    RotateKey {
        /// What to sign with.
        alg: SigningAlg,
    },
    /// Stop publishing a key: tokens it signed fail at clients from then on.
    RetireKey {
        /// `kid`.
        id: String,
    },
    /// How live sessions are kept.
    Retention,
    /// Change how live sessions are kept.
    SetRetention {
        /// How.
        retention: LiveRetention,
    },
    /// Where the data is, how much, and what can be done with it.
    Data,
    /// Put the demo data back as it was in the beginning.
    PlantDemoData,
    /// Delete the demo data.
    RemoveDemoData,
    /// Empty everything and begin as a first start would. It can be taken back for a day.
    StartOver {
        /// Whether the signing keys stay, so that clients need not learn new ones.
        keep_keys: bool,
    },
    /// Take the last `StartOver` back. What was made since is gone.
    UndoStartOver,
    /// Start an authorization request: of the built-in client, or of the application that `client_id` names.
    PlaygroundStart {
        /// Parameters of the authorization request beside the client's own, in order; empty means a usual request.
        params: Vec<(String, String)>,
        /// Whether to send a PKCE challenge.
        pkce: bool,
        /// Whether the code waits for `PlaygroundUse`; it is redeemed at once unless asked for.
        #[serde(default)]
        #[cfg_attr(feature = "bindings", ts(optional))]
        step_by_step: Option<bool>,
    },
    /// What such a request would be, and what the provider would make of it.
    PlaygroundPreview {
        /// As in `PlaygroundStart`.
        params: Vec<(String, String)>,
        /// As in `PlaygroundStart`.
        pkce: bool,
    },
    /// What became of a playground run.
    PlaygroundRun {
        /// The run.
        id: String,
    },
    /// The built-in client's next step with the run's code or tokens.
    PlaygroundUse {
        /// The run.
        id: String,
        /// What to do.
        action: PlaygroundAction,
        /// The API resource that the new access token is for (RFC 8707), when one is asked for.
        #[serde(default)]
        #[cfg_attr(feature = "bindings", ts(optional))]
        resource: Option<String>,
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
    /// Organizations with their members, the roles in them and their permissions.
    Organizations,
    /// Create an organization or replace one as a whole.
    SaveOrganization {
        /// The organization as it should be.
        organization: Box<OrganizationDraft>,
    },
    /// Delete an organization. Its members stay, as people.
    DeleteOrganization {
        /// Its id.
        id: String,
    },
    /// Create a role in organizations or change one.
    SaveOrganizationRole {
        /// The role as it should be.
        role: OrganizationRoleDraft,
    },
    /// Delete a role in organizations; whoever has it loses it.
    DeleteOrganizationRole {
        /// Its id.
        id: String,
    },
    /// Create a permission within organizations or change one.
    SaveOrganizationScope {
        /// The permission as it should be.
        scope: OrganizationScopeDraft,
    },
    /// Delete a permission within organizations; roles that give it lose it.
    DeleteOrganizationScope {
        /// Its id.
        id: String,
    },
    /// What the hosted pages would show if a sign-in experience were saved. Nothing is saved.
    PreviewSignInExperience {
        /// What is being edited.
        draft: Box<ExperienceDraft>,
    },
    /// All connectors, social and enterprise.
    Connectors,
    /// What a connector can be made from.
    ConnectorFactories,
    /// Make a connector.
    CreateConnector {
        /// Its id, from `ConnectorFactories`; drawn unless given.
        #[serde(default)]
        id: Option<String>,
        /// The new connector.
        connector: Box<ConnectorDraft>,
        /// Whether the sign-in page offers it at once: its target joins the list, or single sign-on is switched on.
        offer: bool,
    },
    /// Change a connector. Its configuration is replaced as a whole, except for secrets that are not named.
    UpdateConnector {
        /// Database id.
        id: String,
        /// The connector as it should be.
        connector: Box<ConnectorDraft>,
    },
    /// Delete a connector with its simulated accounts. People keep their identities.
    DeleteConnector {
        /// Database id.
        id: String,
    },
    /// The secret members of a connector's configuration, opened.
    RevealConnectorSecrets {
        /// Database id.
        id: String,
    },
    /// Which social connectors the sign-in page shows, in order (`socialSignInConnectorTargets`).
    OfferTargets {
        /// Their targets.
        targets: Vec<String>,
    },
    /// Switch enterprise SSO on or off for everybody.
    SetSingleSignOn {
        /// `singleSignOnEnabled`.
        enabled: bool,
    },
    /// Read an issuer's discovery document, for the form of an OpenID Connect connector.
    DiscoverIssuer {
        /// Such as `https://login.example.com`.
        issuer: String,
    },
    /// Start a sign-in of the built-in client that goes straight to this connector.
    TestConnector {
        /// Database id.
        id: String,
    },
    /// Take a social identity from a person.
    UnlinkIdentity {
        /// `sub`.
        user_id: String,
        /// The identity's target.
        target: String,
    },
    /// Take an identity at an enterprise provider from a person.
    UnlinkSsoIdentity {
        /// `sub`.
        user_id: String,
        /// Who issued it.
        issuer: String,
        /// The subject there.
        identity_id: String,
    },
    /// Whom a connector's simulated provider knows. One that knew nobody makes some people up first.
    SimulatedAccounts {
        /// The connector.
        connector_id: ConnectorId,
    },
    /// Create a simulated account, or change one.
    SaveSimulatedAccount {
        /// The account as it should be.
        account: SimulatedAccountDraft,
    },
    /// Delete a simulated account. Who signed in with it stays linked.
    DeleteSimulatedAccount {
        /// Its id.
        id: String,
    },
    /// Let a simulated provider know one more person, made up.
    MakeUpSimulatedAccount {
        /// The connector.
        connector_id: ConnectorId,
    },
    /// Say how a simulated provider fails: always, and at the next sign-in alone.
    SetSimulation {
        /// The connector, which has to be simulated already.
        connector_id: ConnectorId,
        /// How it should behave.
        simulation: Simulation,
    },
}
