//! Settings of the program around the provider: live sessions, data, demo data, starting over.

use crate::model::LiveRetention;
use crate::time::Timestamp;
use serde::Serialize;

/// How live sessions are kept, and how far that can be turned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct RetentionView {
    /// What is set.
    pub retention: LiveRetention,
    /// How many sessions are kept right now.
    pub sessions: u32,
}

/// Where the data is and how much of it there is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct DataView {
    /// The data directory; `None` when everything is in memory.
    pub dir: Option<String>,
    /// Size of its files in **bytes**.
    #[cfg_attr(feature = "bindings", ts(type = "number | null"))]
    pub bytes: Option<u64>,
    /// Where the key is kept that secrets are sealed with.
    pub key_custody: String,
    /// The demo data that is there.
    pub demo: DemoView,
    /// The start over that can still be taken back.
    pub undo: Option<UndoView>,
    /// The configuration file that a start over applies, and every start does.
    pub config: Option<String>,
}

/// How much of the demo data is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct DemoView {
    /// Applications, people, connectors, API resources and roles of it that are there.
    pub present: u32,
    /// How many it has.
    pub total: u32,
}

/// A start over that can be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct UndoView {
    /// When everything was emptied.
    pub at: Timestamp,
    /// Until when it can be taken back.
    pub until: Timestamp,
    /// Applications there were.
    pub applications: u32,
    /// People there were.
    pub users: u32,
}
