//! One-time tokens (sheet 4.7).

use super::{Index, IndexEntry, InteractionEvent, Record, Table};
use crate::ids::OrganizationId;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A one-time token, stored under its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OneTimeToken {
    /// Hash of the token.
    pub key: String,
    /// Its id, which may be shown.
    pub token_id: String,
    /// The address it was made for.
    pub email: String,
    /// What it is for.
    #[serde(default)]
    pub context: OneTimeTokenContext,
    /// What became of it.
    pub status: TokenStatus,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops being accepted.
    pub valid_until: Timestamp,
    /// When the record may be swept. It is kept longer than it is accepted, so that a refusal can say why.
    pub expires_at: Timestamp,
}

impl Record for OneTimeToken {
    const TABLE: Table = Table::OneTimeToken;
    const INDEXED: bool = true;
    fn id(&self) -> &str {
        &self.key
    }
    fn indexes(&self) -> Vec<IndexEntry> {
        vec![Index::OneTimeTokenId.entry(self.token_id.as_str())]
    }
    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

/// What a one-time token is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct OneTimeTokenContext {
    /// Organizations that whoever uses it joins.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub jit_organization_ids: Vec<OrganizationId>,
    /// The only event it may be used in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interaction_event: Option<InteractionEvent>,
}

/// What became of a one-time token. That it is too old is told by its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenStatus {
    /// It may be used.
    Active,
    /// It was.
    Consumed,
    /// It was withdrawn.
    Revoked,
}
