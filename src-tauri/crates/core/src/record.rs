//! Stored records and their keys. The shapes follow Logto's models (sheet 3.2).
//!
//! Key layout: `table byte` + id for records; `0x80 | index byte` + value + `0x00` + id for index
//! entries. Everything lives in one ordered key space.

mod device_code;
mod mfa;
mod one_time_token;
mod verification;

use crate::ids::{AppId, GrantId, InteractionId, LiveId, OrganizationId, SessionUid, UserId};
use crate::time::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub use device_code::{DeviceCode, DeviceState};
pub use mfa::{PendingMfa, PendingTotp};
pub use one_time_token::{OneTimeToken, OneTimeTokenContext, TokenStatus};
pub use verification::{Challenge, CodeRecord, ConnectorRecord, VerificationRecord, WebAuthnRecord};

macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident = $byte:literal),+ $(,)?) => {
        /// The tables of the one key space.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Table { $($(#[$doc])* $name = $byte),+ }
        impl Table {
            /// Every table.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];
            /// The table whose keys start with this byte.
            #[must_use]
            pub const fn from_byte(byte: u8) -> Option<Self> {
                match byte { $($byte => Some(Self::$name),)+ _ => None }
            }
        }
    };
}

tables! {
    /// Provider settings, signing keys, cookie keys: one record each.
    Settings = 1,
    /// Applications.
    Application = 2,
    /// People.
    User = 3,
    /// API resources with their scopes.
    Resource = 4,
    /// Roles.
    Role = 5,
    /// Connectors.
    Connector = 6,
    /// The sign-in experience row.
    SignInExperience = 7,
    /// Interactions.
    Interaction = 16,
    /// Browser sessions, by cookie hash.
    Session = 17,
    /// Grants.
    Grant = 18,
    /// Authorization codes, by hash.
    AuthorizationCode = 19,
    /// Opaque access tokens, by hash.
    AccessToken = 20,
    /// Refresh tokens, by hash.
    RefreshToken = 21,
    /// Pushed authorization requests.
    PushedRequest = 22,
    /// Ids of client assertions already used.
    UsedAssertion = 23,
    /// Failed attempts per identifier.
    Attempts = 24,
    /// The Inbox, newest first.
    Message = 25,
    /// One-time tokens, by hash.
    OneTimeToken = 26,
    /// Custom profile fields.
    CustomProfileField = 27,
    /// Phrases of the pages in the operator's words, by language.
    CustomPhrases = 28,
    /// Device codes, by hash.
    DeviceCode = 29,
    /// People whom simulated providers know.
    SimulatedAccount = 30,
    /// Organizations with their members.
    Organization = 31,
    /// Roles in organizations.
    OrganizationRole = 32,
    /// Permissions within organizations.
    OrganizationScope = 33,
    /// Chunks of the journal of live sessions.
    Journal = 34,
    /// Steps of live sessions that are in no chunk yet.
    JournalTail = 35,
}

/// One entry of an index: which index, and the value looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexEntry {
    /// The index.
    pub index: Index,
    /// The value, already normalised (lower-cased where the rule says so).
    pub value: String,
}

/// The indexes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Index {
    /// Person by lower-cased username: several while usernames differ by case (sheet 4.8).
    Username = 1,
    /// Person by lower-cased e-mail.
    Email = 2,
    /// Person by phone digits.
    Phone = 3,
    /// Person by `target` + `/` + upstream user id.
    Identity = 4,
    /// Session by `uid`.
    SessionUid = 5,
    /// Session by person.
    SessionUser = 6,
    /// Grant by person.
    GrantUser = 7,
    /// Resource by indicator.
    Indicator = 8,
    /// Role by holder: `u/` + person or `a/` + application.
    RoleHolder = 9,
    /// Person by relying party + `/` + WebAuthn credential id.
    Credential = 16,
    /// One-time token by the id that may be shown.
    OneTimeTokenId = 17,
    /// Person by issuer + space + subject at an enterprise provider.
    SsoIdentity = 18,
    /// Device code by what the person types.
    UserCode = 20,
    /// Organization by member: `u/` + person or `a/` + application.
    OrganizationMember = 21,
}

impl Index {
    /// An entry of this index.
    #[must_use]
    pub fn entry(self, value: impl Into<String>) -> IndexEntry {
        IndexEntry {
            index: self,
            value: value.into(),
        }
    }
}

/// Prefix of a table's keys.
#[must_use]
pub fn table_prefix(table: Table) -> Vec<u8> {
    vec![table as u8]
}

/// Key of a record.
#[must_use]
pub fn record_key(table: Table, id: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(1 + id.len());
    key.push(table as u8);
    key.extend_from_slice(id.as_bytes());
    key
}

/// Prefix of all index entries for a value.
#[must_use]
pub fn index_prefix(entry: &IndexEntry) -> Vec<u8> {
    let mut key = Vec::with_capacity(2 + entry.value.len());
    key.push(0x80 | entry.index as u8);
    key.extend_from_slice(entry.value.as_bytes());
    key.push(0);
    key
}

/// Key of one index entry.
#[must_use]
pub fn index_key(entry: &IndexEntry, id: &str) -> Vec<u8> {
    let mut key = index_prefix(entry);
    key.extend_from_slice(id.as_bytes());
    key
}

/// Something stored.
pub trait Record: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Its table.
    const TABLE: Table;
    /// Whether it ever has index entries (saves a read on every overwrite when not).
    const INDEXED: bool = false;
    /// Its id within the table.
    fn id(&self) -> &str;
    /// Its index entries.
    fn indexes(&self) -> Vec<IndexEntry> {
        Vec::new()
    }
    /// When it may be swept.
    fn expires_at(&self) -> Option<Timestamp> {
        None
    }
}

macro_rules! expiring_record {
    ($name:ident, $table:ident, $id:ident) => {
        impl Record for $name {
            const TABLE: Table = Table::$table;
            fn id(&self) -> &str {
                self.$id.as_ref()
            }
            fn expires_at(&self) -> Option<Timestamp> {
                Some(self.expires_at)
            }
        }
    };
}

/// Why a login or consent page is needed (the engine's `prompt` member, sheet 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromptName {
    /// The person must sign in.
    Login,
    /// The person, or the provider on behalf of a first-party application, must consent.
    Consent,
}

/// One authorization request in progress (sheet 3.2, lifetime 3600 s).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Interaction {
    /// `uid`, also in the `_interaction` cookie and in `/oidc/auth/:uid`.
    pub id: InteractionId,
    /// The live session it belongs to.
    pub live: LiveId,
    /// The application.
    pub client_id: AppId,
    /// Login or consent.
    pub prompt: PromptName,
    /// Why, as engine reason names: `no_session`, `login_prompt`, `max_age`, `consent_prompt`, ...
    pub reasons: Vec<String>,
    /// All parameters of the request, in effect after validation, but the secret ones.
    pub params: BTreeMap<String, String>,
    /// Those, sealed ([`crate::oidc::secrets`]).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sealed_params: BTreeMap<String, String>,
    /// `resource`, which may be given several times.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// The session that was there when it was opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_uid: Option<SessionUid>,
    /// The device code that waits for the answer, by its key; otherwise the answer goes to a redirect URI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Who that session belongs to, or who has just signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<UserId>,
    /// Experience API state (sheet 3.3).
    #[serde(default)]
    pub result: InteractionResult,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}
expiring_record!(Interaction, Interaction, id);

impl Interaction {
    /// Where the browser returns when the pages are done with it (the engine's `returnTo`, sheet 3.2 and 1.2).
    #[must_use]
    pub fn return_to(&self, issuer: &str) -> String {
        let hop = if self.device.is_some() { "device" } else { "auth" };
        format!("{}/{hop}/{}", issuer.trim_end_matches('/'), self.id)
    }
    /// Whether a one-time token was accepted in it that invites to register: any, unless it was made for another event
    /// (sheet 4.7, `context.interactionEvent`).
    #[must_use]
    pub fn has_verified_one_time_token(&self) -> bool {
        let invites = |record: &VerificationRecord| {
            matches!(
                record,
                VerificationRecord::OneTimeToken {
                    event: None | Some(InteractionEvent::Register),
                    ..
                }
            )
        };
        self.result.verification_records.iter().any(invites)
    }
}

impl InteractionResult {
    /// Forgets with what a page ended the interaction: it went on.
    pub fn take_back_error(&mut self) {
        self.error = None;
        self.error_description = None;
    }
}

/// Experience state inside the interaction (sheet 3.3).
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct InteractionResult {
    /// `SignIn`, `Register` or `ForgotPassword`, once `PUT /api/experience` was called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interaction_event: Option<InteractionEvent>,
    /// The identified person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// Whether this interaction created the person.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub registered: bool,
    /// Pending profile, by Logto's member names; a password only as its hash.
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    pub profile: serde_json::Map<String, serde_json::Value>,
    /// Second factors bound and decided on here.
    #[serde(skip_serializing_if = "PendingMfa::is_empty")]
    pub mfa: PendingMfa,
    /// The challenge for passkeys that the first page was given before anything began; a new beginning keeps it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_in_passkey: Option<Challenge>,
    /// At most one record per type.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub verification_records: Vec<VerificationRecord>,
    /// Proofs of the person's own second factors whose place among the records was taken by a new factor of the type.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub set_aside: Vec<VerificationRecord>,
    /// Set by submit: who has logged in. Its presence makes the resume log the person in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login: Option<UserId>,
    /// Set by consent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent: Option<GrantId>,
    /// Engine contract: an error that goes back to the client at resume.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Its description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_description: Option<String>,
    /// The window decided it ([`crate::experience::continue_as`] and its like), so no page takes it back.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub by_window: bool,
}

/// What the person is doing (Logto's `InteractionEvent`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub enum InteractionEvent {
    /// Signing in.
    SignIn,
    /// Creating an account.
    Register,
    /// Resetting a password.
    ForgotPassword,
}

/// An identifier as a person types it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identifier {
    /// `username`, `email` or `phone`.
    #[serde(rename = "type")]
    pub kind: IdentifierKind,
    /// What was typed.
    pub value: String,
}

/// The kinds of identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "lowercase")]
pub enum IdentifierKind {
    /// A username.
    Username,
    /// An e-mail address.
    Email,
    /// A phone number.
    Phone,
}

/// A signed-in browser (sheet 3.2). Stored under the hash of its cookie value.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// Hash of the cookie value; rotated after login.
    pub key: String,
    /// Stable through the session's life.
    pub uid: SessionUid,
    /// Who.
    pub account_id: UserId,
    /// When they signed in (`auth_time`).
    pub login_at: Timestamp,
    /// Applications this session has authorizations with.
    pub authorizations: BTreeMap<AppId, SessionAuthorization>,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl Record for Session {
    const TABLE: Table = Table::Session;
    const INDEXED: bool = true;
    fn id(&self) -> &str {
        &self.key
    }
    fn indexes(&self) -> Vec<IndexEntry> {
        vec![
            Index::SessionUid.entry(self.uid.as_str()),
            Index::SessionUser.entry(self.account_id.as_str()),
        ]
    }
    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

/// One application's part of a session.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionAuthorization {
    /// `sid` claim.
    pub sid: String,
    /// The grant.
    pub grant_id: GrantId,
    /// Whether it outlives logout (`offline_access` was granted).
    pub persists_logout: bool,
}

/// What a person let an application have (sheet 3.2, 180 days). Deleting it kills every token under it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Grant {
    /// Its id.
    pub id: GrantId,
    /// The live session in which it was made.
    pub live: LiveId,
    /// Who.
    pub account_id: UserId,
    /// The application.
    pub client_id: AppId,
    /// Granted OIDC scopes.
    pub openid_scopes: Vec<String>,
    /// Granted scopes by resource indicator.
    #[serde(default)]
    pub resources: BTreeMap<String, Vec<String>>,
    /// Organizations in which a third-party application may act (sheet 1.16).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub organizations: Vec<OrganizationId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl Record for Grant {
    const TABLE: Table = Table::Grant;
    const INDEXED: bool = true;
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn indexes(&self) -> Vec<IndexEntry> {
        vec![Index::GrantUser.entry(self.account_id.as_str())]
    }
    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

/// What a code or refresh token carries from the authorization request to the tokens.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Authorized {
    /// The live session.
    pub live: LiveId,
    /// The application.
    pub client_id: AppId,
    /// Who.
    pub account_id: UserId,
    /// The grant that must still exist.
    pub grant_id: GrantId,
    /// The session that must still exist, unless [`Authorized::offline`].
    pub session_uid: SessionUid,
    /// `sid` claim.
    pub sid: String,
    /// Whether the tokens outlive the session.
    pub offline: bool,
    /// Granted scopes, OIDC and resource ones.
    pub scopes: Vec<String>,
    /// Requested resource indicators.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// `nonce` of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// When the person signed in.
    pub auth_at: Timestamp,
    /// Whether the request asked for `auth_time` (`max_age` or `prompt=login`, sheet 1.11).
    #[serde(default)]
    pub wants_auth_time: bool,
    /// `organization_id` of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<String>,
}

/// An authorization code (60 s, single use), stored under its hash.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthorizationCode {
    /// Hash of the code.
    pub key: String,
    /// What it stands for.
    pub authorized: Authorized,
    /// The redirect URI it was sent to.
    pub redirect_uri: String,
    /// PKCE challenge (S256).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_challenge: Option<String>,
    /// When it was redeemed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consumed_at: Option<Timestamp>,
    /// When it stops being accepted (60 s). The record is kept longer, so that a replay is recognised.
    pub valid_until: Timestamp,
    /// When the record may be swept.
    pub expires_at: Timestamp,
}
expiring_record!(AuthorizationCode, AuthorizationCode, key);

/// An opaque access token, stored under its hash.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessToken {
    /// Hash of the token.
    pub key: String,
    /// The live session.
    pub live: LiveId,
    /// The application.
    pub client_id: AppId,
    /// Who.
    pub account_id: UserId,
    /// The grant that must still exist.
    pub grant_id: GrantId,
    /// The session that must still exist, unless offline.
    pub session_uid: SessionUid,
    /// Whether it outlives the session.
    pub offline: bool,
    /// Scopes.
    pub scopes: Vec<String>,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}
expiring_record!(AccessToken, AccessToken, key);

/// A refresh token, stored under its hash.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefreshToken {
    /// Hash of the token.
    pub key: String,
    /// What it stands for.
    pub authorized: Authorized,
    /// When the first token of this line was issued (rotation stops after 365.25 days, sheet 1.6).
    pub line_started_at: Timestamp,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it was rotated away; accepted for 3 s more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consumed_at: Option<Timestamp>,
    /// When it ends.
    pub expires_at: Timestamp,
}
expiring_record!(RefreshToken, RefreshToken, key);

/// A pushed authorization request (RFC 9126, 60 s, single use).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PushedRequest {
    /// The part of `request_uri` after its URN prefix.
    pub id: String,
    /// The live session.
    pub live: LiveId,
    /// The application that pushed it.
    pub client_id: AppId,
    /// The parameters, in order, `resource` possibly several times; without the secret ones.
    pub params: Vec<(String, String)>,
    /// Those, sealed ([`crate::oidc::secrets`]).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sealed_params: Vec<(String, String)>,
    /// When it ends.
    pub expires_at: Timestamp,
}
expiring_record!(PushedRequest, PushedRequest, id);

/// A client assertion's `jti` that was seen (RFC 7523 section 3, replay).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UsedAssertion {
    /// `client_id` + `/` + `jti`.
    pub id: String,
    /// When it may be forgotten.
    pub expires_at: Timestamp,
}
expiring_record!(UsedAssertion, UsedAssertion, id);

/// Failed attempts of one identifier in the last hour (sheet 4.7, sentinel).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempts {
    /// Pool + `/` + hash of the identifier.
    pub id: String,
    /// When each failure happened, oldest first, bounded.
    pub failed_at: Vec<Timestamp>,
    /// Until when the identifier is locked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locked_until: Option<Timestamp>,
    /// When it may be forgotten.
    pub expires_at: Timestamp,
}
expiring_record!(Attempts, Attempts, id);

/// The storage key of an opaque token, code or cookie: the part that says when it was made ([`crate::entropy::timed43`]),
/// so that what was made together lies together, and the SHA-256 of the whole, so that the store holds none of them.
#[must_use]
pub fn token_key(token: &str) -> String {
    let moment = token
        .get(..crate::entropy::MOMENT)
        .filter(|m| m.bytes().all(|b| b.is_ascii_alphanumeric()));
    let mut key = String::with_capacity(crate::entropy::MOMENT + DIGEST);
    key.push_str(moment.unwrap_or_default());
    push_digest(&mut key, token);
    key
}

/// The SHA-256 of a text, in base64url.
#[must_use]
pub fn digest(text: &str) -> String {
    let mut out = String::with_capacity(DIGEST);
    push_digest(&mut out, text);
    out
}

/// Characters of a [`digest`].
const DIGEST: usize = 43;

fn push_digest(out: &mut String, text: &str) {
    use base64::Engine as _;
    use sha2::Digest as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode_string(sha2::Sha256::digest(text.as_bytes()), out);
}
