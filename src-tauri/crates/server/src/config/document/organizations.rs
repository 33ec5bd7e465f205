//! `[[organizations]]`, `[[organizationRoles]]` and `[[organizationScopes]]` (sheet 1.16).

use serde::Deserialize;
use serde_json::{Map, Value};
use vestibule_core::model::{Branding, PartialColor, RoleScope, RoleType};

/// `[[organizations]]`. One is known by its id, or by its name where it gives none.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrganizationEntry {
    /// Its path in the file: `organizations.0`.
    #[serde(skip)]
    pub at: String,
    /// Its id; made from the name unless given.
    pub id: Option<String>,
    /// Shown to people.
    pub name: String,
    /// For people.
    pub description: Option<String>,
    /// Anything.
    pub custom_data: Option<Map<String, Value>>,
    /// Whether its members need a second factor.
    pub is_mfa_required: Option<bool>,
    /// Logos.
    pub branding: Option<Branding>,
    /// Colours.
    pub color: Option<PartialColor>,
    /// CSS in place of the sign-in experience's.
    pub custom_css: Option<String>,
    /// All its people.
    pub members: Option<Vec<MemberEntry>>,
    /// All its machine-to-machine applications.
    pub applications: Option<Vec<MachineEntry>>,
    /// Who joins without being asked.
    pub jit: Option<JitEntry>,
}

/// A member.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MemberEntry {
    /// The person, by id, username, e-mail or phone.
    pub user: String,
    /// Names of their roles there.
    #[serde(default)]
    pub roles: Vec<String>,
}

/// A machine-to-machine application of an organization.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MachineEntry {
    /// The application's id.
    pub application: String,
    /// Names of its roles there.
    #[serde(default)]
    pub roles: Vec<String>,
}

/// Just-in-time provisioning.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct JitEntry {
    /// Mail domains.
    pub email_domains: Vec<String>,
    /// Ids of enterprise connectors.
    pub sso_connectors: Vec<String>,
    /// Names of the roles that those who join get.
    pub roles: Vec<String>,
}

/// `[[organizationRoles]]`, known by their names.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrganizationRoleEntry {
    /// Its path in the file: `organizationRoles.0`.
    #[serde(skip)]
    pub at: String,
    /// Its id; made from the name unless given.
    pub id: Option<String>,
    /// Unique.
    pub name: String,
    /// For people.
    pub description: Option<String>,
    /// Who may have it.
    #[serde(rename = "type")]
    pub kind: Option<RoleType>,
    /// Names of organization permissions.
    pub scopes: Option<Vec<String>>,
    /// Scopes of API resources.
    pub resource_scopes: Option<Vec<RoleScope>>,
}

/// `[[organizationScopes]]`, known by their names.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrganizationScopeEntry {
    /// Its path in the file: `organizationScopes.0`.
    #[serde(skip)]
    pub at: String,
    /// Unique, without spaces.
    pub name: String,
    /// For people.
    pub description: Option<String>,
}
