//! The device code (RFC 8628): what a device polls with, and what becomes of the person's answer.

use super::{Authorized, Index, IndexEntry, Record, Table};
use crate::ids::{AppId, GrantId, LiveId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A device code (600 s, single use), stored under its hash and found by its user code.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceCode {
    /// Hash of the device code.
    pub key: String,
    /// What the person types, in upper case and without the dash.
    pub user_code: String,
    /// The live session.
    pub live: LiveId,
    /// The application that asked.
    pub client_id: AppId,
    /// All parameters of the request, in effect after validation.
    pub params: BTreeMap<String, String>,
    /// Those that are secrets, sealed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sealed_params: BTreeMap<String, String>,
    /// `resource`, which may be given several times.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// Subject of the request's `id_token_hint`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint_sub: Option<String>,
    /// How far it has come.
    pub state: DeviceState,
    /// How long the device has to wait between two polls, in **seconds**; each `slow_down` adds to it.
    pub interval: i64,
    /// When the device asked last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub polled_at: Option<Timestamp>,
    /// When it stops being accepted (600 s). The record is kept longer, so that a late poll and a replay are recognised.
    pub valid_until: Timestamp,
    /// When the record may be swept.
    pub expires_at: Timestamp,
}

/// How far a device code has come. It only ever goes down this list.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "name")]
pub enum DeviceState {
    /// Nobody has confirmed the user code.
    Waiting,
    /// A person confirmed it and is signing in, in one browser only.
    InFlight {
        /// Hash of what that browser's form cookie holds.
        browser: String,
    },
    /// The person let the application in.
    Approved {
        /// What the code stands for from now on.
        authorized: Box<Authorized>,
    },
    /// The person, or a rule on the way, said no.
    Denied {
        /// What the next poll is answered with.
        error: String,
        /// Its description.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<String>,
    },
    /// The device has had its answer.
    Used {
        /// The grant behind its tokens, if it got any: a replay ends it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        grant_id: Option<GrantId>,
    },
}

impl Record for DeviceCode {
    const TABLE: Table = Table::DeviceCode;
    const INDEXED: bool = true;
    fn id(&self) -> &str {
        &self.key
    }
    fn indexes(&self) -> Vec<IndexEntry> {
        vec![Index::UserCode.entry(self.user_code.as_str())]
    }
    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}
