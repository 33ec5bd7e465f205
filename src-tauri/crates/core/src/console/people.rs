//! People, as the window lists them and looks into one: access, second factors, made-up people and personas.

use super::UserView;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A password on its way in. It has no `Debug` of its text and never comes back.
#[derive(Clone, Deserialize)]
#[cfg_attr(feature = "bindings", derive(Serialize, ts_rs::TS), ts(export, type = "string"))]
#[serde(transparent)]
pub struct TypedPassword(pub String);

impl std::fmt::Debug for TypedPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TypedPassword")
    }
}

/// People as rows of a list, and how many match in all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct PersonRows {
    /// The first ones, oldest first.
    pub rows: Vec<PersonRow>,
    /// How many match.
    pub total: u32,
}

/// A person as a row of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct PersonRow {
    /// `sub`.
    pub id: String,
    /// Name, else username, e-mail address, phone number or id.
    pub name: String,
    /// What they sign in as: username, e-mail address, phone number.
    pub identifiers: Vec<String>,
    /// Whether sign-in is refused.
    pub is_suspended: bool,
    /// Why this person exists, if they were made for testing.
    pub note: Option<String>,
    /// When they last signed in.
    pub last_sign_in_at: Option<Timestamp>,
}

/// A person whose password was just set.
#[derive(Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct PasswordSet {
    /// The person.
    pub user: UserView,
    /// The password, when it was drawn here. It is shown this once: only its hash is kept.
    pub drawn: Option<String>,
}

impl std::fmt::Debug for PasswordSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PasswordSet").field("user", &self.user.id).finish_non_exhaustive()
    }
}

/// An authenticator app opened for testing: what it shows right now (RFC 6238).
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct TotpView {
    /// The factor's id.
    pub id: String,
    /// The code of the present step.
    pub code: String,
    /// When that step ends.
    pub valid_until: Timestamp,
    /// The code of the step after it.
    pub next: String,
    /// Whether the present code was accepted already, and is not accepted again (RFC 6238 section 5.2).
    pub used: bool,
    /// The secret in Base32, to type into an app.
    pub secret: String,
    /// The same as a link that apps understand: `otpauth://totp/…`.
    pub uri: String,
}

impl std::fmt::Debug for TotpView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TotpView").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A backup code, opened.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct BackupCodeView {
    /// The code.
    pub code: String,
    /// When it was used up.
    pub used_at: Option<Timestamp>,
}

impl std::fmt::Debug for BackupCodeView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BackupCodeView")
            .field("used_at", &self.used_at)
            .finish_non_exhaustive()
    }
}

/// Where a person is signed in, and what they let applications have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct PersonAccess {
    /// Signed-in browsers, newest first.
    pub sessions: Vec<BrowserSessionView>,
    /// Grants, newest first.
    pub grants: Vec<GrantView>,
}

/// A signed-in browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct BrowserSessionView {
    /// Its `uid`.
    pub uid: String,
    /// When the person signed in.
    pub signed_in_at: Timestamp,
    /// When an application last got something through it: the sign-in, a grant, a token.
    pub last_used_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Applications that used it.
    pub applications: Vec<SessionApplicationView>,
}

/// An application's part of a signed-in browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct SessionApplicationView {
    /// `client_id`.
    pub client_id: String,
    /// Its name; `None` once it was deleted.
    pub name: Option<String>,
    /// Whether its tokens outlive the session (`offline_access`).
    pub outlives: bool,
    /// Whether it is told when the session ends (OpenID Connect Back-Channel Logout).
    pub is_told: bool,
}

/// What a person let an application have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct GrantView {
    /// Its id.
    pub id: String,
    /// `client_id`.
    pub client_id: String,
    /// The application's name; `None` once it was deleted.
    pub application: Option<String>,
    /// OpenID Connect scopes.
    pub openid_scopes: Vec<String>,
    /// Scopes by resource indicator.
    pub resources: BTreeMap<String, Vec<String>>,
    /// When it was given.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Opaque access tokens that are good now. JWTs for API resources are not kept, so they can't be counted.
    pub access_tokens: u32,
    /// Refresh tokens that are good now.
    pub refresh_tokens: u32,
    /// When the newest of those tokens was issued.
    pub last_token_at: Option<Timestamp>,
}

/// What came of making people up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct MadeUp {
    /// People who are new.
    pub made: u32,
    /// People of this seed who were there already, and were left as they are.
    pub kept: u32,
}

/// A ready-made person for a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct PersonaView {
    /// What it is called in requests.
    pub id: String,
    /// What a list calls it: `Suspended`.
    pub title: String,
    /// What it tests, in a sentence.
    pub tests: String,
    /// `sub` of the person, while there is one.
    pub user_id: Option<String>,
}
