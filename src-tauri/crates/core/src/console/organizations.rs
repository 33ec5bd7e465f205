//! Organizations in the window's contract.

use crate::ids::{OrganizationId, OrganizationRoleId, OrganizationScopeId};
use crate::model::Organization;
use crate::model::{
    Branding, JitProvisioning, OrganizationApplication, OrganizationMember, OrganizationRole, OrganizationScope, PartialColor, RoleScope,
    RoleType,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Everything about organizations: they are few, and their roles refer to each other.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct OrganizationList {
    /// By name.
    pub organizations: Vec<Organization>,
    /// Roles in organizations, by name.
    pub roles: Vec<OrganizationRole>,
    /// Permissions within organizations, by name.
    pub scopes: Vec<OrganizationScope>,
}

/// An organization as it should be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrganizationDraft {
    /// Its id; `null` makes a new one.
    pub id: Option<OrganizationId>,
    /// Shown to people.
    pub name: String,
    /// For people.
    #[serde(default)]
    pub description: String,
    /// Anything.
    #[serde(default)]
    #[cfg_attr(feature = "bindings", ts(type = "Record<string, unknown>"))]
    pub custom_data: Map<String, Value>,
    /// Whether its members need a second factor.
    #[serde(default)]
    pub is_mfa_required: bool,
    /// Logos.
    #[serde(default)]
    pub branding: Branding,
    /// Colours.
    #[serde(default)]
    pub color: PartialColor,
    /// CSS in place of the sign-in experience's.
    #[serde(default)]
    pub custom_css: Option<String>,
    /// All its people.
    #[serde(default)]
    pub members: Vec<OrganizationMember>,
    /// All its machine-to-machine applications.
    #[serde(default)]
    pub applications: Vec<OrganizationApplication>,
    /// Who joins without being asked.
    #[serde(default)]
    pub jit: JitProvisioning,
}

/// A role in organizations as it should be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrganizationRoleDraft {
    /// Its id; `null` makes a new one.
    pub id: Option<OrganizationRoleId>,
    /// Unique.
    pub name: String,
    /// For people.
    #[serde(default)]
    pub description: String,
    /// Who may have it; stays as it was made.
    #[serde(default, rename = "type")]
    pub kind: RoleType,
    /// Names of organization permissions.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Scopes of API resources.
    #[serde(default)]
    pub resource_scopes: Vec<RoleScope>,
}

/// A permission within organizations as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrganizationScopeDraft {
    /// Its id; `null` makes a new one.
    pub id: Option<OrganizationScopeId>,
    /// Unique, without spaces. A new name is taken over by the roles that give it.
    pub name: String,
    /// For people.
    #[serde(default)]
    pub description: String,
}
