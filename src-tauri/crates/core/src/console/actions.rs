//! Acting on a live session, as the window shows it.

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What can be done about a live session right now. Where something can't, a sentence says why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct SessionActions {
    /// What waits for a person; `null` when nothing does.
    pub waits_for: Option<WaitsFor>,
    /// The address of the page where it waits, without what is secret. It works in the browser that began the sign-in.
    pub page: Option<String>,
    /// The window has decided what waits, and the browser has not come back for it yet.
    pub decided: bool,
    /// Why the browser does not go on by itself once the window has decided; `null` when it does.
    pub stays: Option<String>,
    /// Why nobody can be continued as.
    pub no_continue: Option<String>,
    /// Why it can't be failed or expired.
    pub no_end: Option<String>,
    /// Why its requests can't be paused.
    pub no_pause: Option<String>,
    /// The errors it can be failed with.
    pub denials: Vec<String>,
}

/// The page on which a live session waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub enum WaitsFor {
    /// Somebody has to sign in.
    SignIn,
    /// Whoever signed in has to allow it.
    Consent,
}

/// A live session whose requests wait until the window lets them go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct SessionPause {
    /// The requests that wait, oldest first; none has come yet when empty.
    pub held: Vec<HeldRequest>,
    /// When it ends by itself.
    pub until: Timestamp,
}

/// A request that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct HeldRequest {
    /// Method and path: `POST /oidc/token`.
    pub what: String,
    /// Since when.
    pub since: Timestamp,
}
