//! API resources (RFC 8707, sheet 1.15) and the roles that give their scopes.

use crate::ids::{AppId, ResourceId, RoleId, UserId};
use crate::record::{Index, IndexEntry, Record, Table};
use serde::{Deserialize, Serialize};

/// An API resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct Resource {
    /// Its id.
    pub id: ResourceId,
    /// Shown to people.
    pub name: String,
    /// Absolute URI without fragment; the `resource` parameter and the `aud` claim.
    pub indicator: String,
    /// Stands in for a missing `resource` (sheet 1.15).
    #[serde(default)]
    pub is_default: bool,
    /// Lifetime of its access tokens in **seconds**.
    #[serde(default = "default_access_token_ttl")]
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub access_token_ttl: i64,
    /// Its permissions.
    #[serde(default)]
    pub scopes: Vec<Scope>,
}

/// Logto's default access token lifetime: 3600 **seconds** (sheet 1.6).
#[must_use]
pub const fn default_access_token_ttl() -> i64 {
    3600
}

/// A permission of a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scope {
    /// Without spaces.
    pub name: String,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub description: Option<String>,
}

impl Record for Resource {
    const TABLE: Table = Table::Resource;
    const INDEXED: bool = true;
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn indexes(&self) -> Vec<IndexEntry> {
        vec![Index::Indicator.entry(self.indicator.clone())]
    }
}

/// Who may hold a role.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub enum RoleType {
    /// People.
    #[default]
    User,
    /// Machine-to-machine applications.
    MachineToMachine,
}

/// A role: scopes of resources, given to people or machine-to-machine applications.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct Role {
    /// Its id.
    pub id: RoleId,
    /// Unique; appears in the `roles` claim.
    pub name: String,
    /// For people.
    #[serde(default)]
    pub description: String,
    /// Who may hold it.
    #[serde(default, rename = "type")]
    pub kind: RoleType,
    /// Given to every new person.
    #[serde(default)]
    pub is_default: bool,
    /// Scopes by resource indicator.
    #[serde(default)]
    pub scopes: Vec<RoleScope>,
    /// People who hold it.
    #[serde(default)]
    pub user_ids: Vec<UserId>,
    /// Applications that hold it.
    #[serde(default)]
    pub application_ids: Vec<AppId>,
}

/// A scope of a resource, as a role names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoleScope {
    /// The resource's indicator.
    pub resource: String,
    /// The scope's name.
    pub scope: String,
}

impl Record for Role {
    const TABLE: Table = Table::Role;
    const INDEXED: bool = true;
    fn indexes(&self) -> Vec<IndexEntry> {
        let people = self.user_ids.iter().map(|id| Index::RoleHolder.entry(format!("u/{id}")));
        let applications = self.application_ids.iter().map(|id| Index::RoleHolder.entry(format!("a/{id}")));
        people.chain(applications).collect()
    }
    fn id(&self) -> &str {
        self.id.as_str()
    }
}
