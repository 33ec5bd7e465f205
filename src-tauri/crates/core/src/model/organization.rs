//! Organizations: who belongs to them, what they may do there, and how the sign-in page looks for them (sheet 1.16, 5.4).

use super::{Branding, RoleScope, RoleType};
use crate::ids::{AppId, ConnectorId, OrganizationId, OrganizationRoleId, OrganizationScopeId, UserId};
use crate::record::{Index, IndexEntry, Record, Table};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// An organization.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct Organization {
    /// Its id, as in `organization_id` and the `organizations` claim.
    pub id: OrganizationId,
    /// Shown to people.
    pub name: String,
    /// For people.
    #[serde(default)]
    pub description: String,
    /// Anything.
    #[serde(default)]
    #[cfg_attr(feature = "bindings", ts(type = "Record<string, unknown>"))]
    pub custom_data: Map<String, Value>,
    /// Whether its members need a second factor (sheet 4.6, 1.16).
    #[serde(default)]
    pub is_mfa_required: bool,
    /// Logos over those of the sign-in experience and the application.
    #[serde(default)]
    pub branding: Branding,
    /// Colours, likewise.
    #[serde(default)]
    pub color: PartialColor,
    /// CSS in place of the sign-in experience's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub custom_css: Option<String>,
    /// Its people.
    #[serde(default)]
    pub members: Vec<OrganizationMember>,
    /// Machine-to-machine applications that act in it.
    #[serde(default)]
    pub applications: Vec<OrganizationApplication>,
    /// Who joins without being asked.
    #[serde(default)]
    pub jit: JitProvisioning,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Colours that may be left to whatever is below.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PartialColor {
    /// `#rrggbb`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub primary_color: Option<String>,
    /// `#rrggbb` in the dark theme.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub dark_primary_color: Option<String>,
    /// Whether pages follow the system's dark theme.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub is_dark_mode_enabled: Option<bool>,
}

/// A member of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct OrganizationMember {
    /// The person.
    pub user_id: UserId,
    /// Their roles there.
    #[serde(default)]
    pub role_ids: Vec<OrganizationRoleId>,
}

/// A machine-to-machine application of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct OrganizationApplication {
    /// The application.
    pub application_id: AppId,
    /// Its roles there.
    #[serde(default)]
    pub role_ids: Vec<OrganizationRoleId>,
}

/// Just-in-time provisioning: who joins by signing up, and as what (sheet 4.4 "Register").
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", default)]
pub struct JitProvisioning {
    /// Whoever registers with a verified address of these domains, in lower case.
    pub email_domains: Vec<String>,
    /// Whoever comes by these enterprise connectors for the first time.
    pub sso_connector_ids: Vec<ConnectorId>,
    /// The roles they get.
    pub role_ids: Vec<OrganizationRoleId>,
}

impl Record for Organization {
    const TABLE: Table = Table::Organization;
    const INDEXED: bool = true;
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn indexes(&self) -> Vec<IndexEntry> {
        let people = self
            .members
            .iter()
            .map(|m| Index::OrganizationMember.entry(format!("u/{}", m.user_id)));
        let applications = self
            .applications
            .iter()
            .map(|a| Index::OrganizationMember.entry(format!("a/{}", a.application_id)));
        people.chain(applications).collect()
    }
}

/// A role in organizations, the same in all of them (Logto's organization template).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct OrganizationRole {
    /// Its id.
    pub id: OrganizationRoleId,
    /// Unique; appears in the `organization_roles` claim.
    pub name: String,
    /// For people.
    #[serde(default)]
    pub description: String,
    /// Who may have it.
    #[serde(default, rename = "type")]
    pub kind: RoleType,
    /// Names of organization permissions it gives.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Scopes of API resources it gives.
    #[serde(default)]
    pub resource_scopes: Vec<RoleScope>,
}

impl Record for OrganizationRole {
    const TABLE: Table = Table::OrganizationRole;
    fn id(&self) -> &str {
        self.id.as_str()
    }
}

/// A permission within organizations; the `scope` of organization tokens is made of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct OrganizationScope {
    /// Its id.
    pub id: OrganizationScopeId,
    /// Unique, without spaces.
    pub name: String,
    /// For people.
    #[serde(default)]
    pub description: String,
}

impl Record for OrganizationScope {
    const TABLE: Table = Table::OrganizationScope;
    fn id(&self) -> &str {
        self.id.as_str()
    }
}
