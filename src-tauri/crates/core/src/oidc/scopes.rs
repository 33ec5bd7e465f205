//! Scopes: which exist, and which a person or application holds (sheet 1.3, 1.15, 1.19).

use crate::model::{OrganizationScope, Resource, Role, RoleScope, RoleType};
use crate::port::{Cx, StoreError};
use crate::record::Index;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// OIDC scopes of the discovery document, in its order (sheet 1.3).
pub const OIDC: [&str; 13] = [
    "openid",
    "offline_access",
    "profile",
    "email",
    "phone",
    "address",
    "custom_data",
    "identities",
    "roles",
    "urn:logto:scope:organizations",
    "urn:logto:scope:organization_roles",
    "urn:logto:scope:sessions",
    "urn:logto:scope:trusted_devices",
];

/// The scope that organization tokens need (sheet 1.16).
pub const ORGANIZATIONS: &str = "urn:logto:scope:organizations";

/// The scope of the claim `organization_roles` (sheet 1.19).
pub const ORGANIZATION_ROLES: &str = "urn:logto:scope:organization_roles";

/// The reserved resource that Logto's SDKs add with [`ORGANIZATIONS`] (sheet 1.15).
pub const ORGANIZATION_RESOURCE: &str = "urn:logto:resource:organizations";

/// Most roles one holder is read for.
const ROLES: usize = 1_000;

/// Words of a scope parameter, without repetition, in order.
#[must_use]
pub fn words(scope: &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    scope
        .split(' ')
        .filter(|w| !w.is_empty() && seen.insert(*w))
        .map(str::to_owned)
        .collect()
}

/// Whether a name is an OIDC scope of ours.
#[must_use]
pub fn is_oidc(name: &str) -> bool {
    OIDC.contains(&name)
}

/// Who holds roles.
#[derive(Clone, Copy, Debug)]
pub enum Holder<'a> {
    /// A person.
    User(&'a str),
    /// A machine-to-machine application.
    Application(&'a str),
}

/// Roles a holder has.
///
/// # Errors
/// When the store can't be read.
pub fn roles_of(cx: &Cx<'_>, holder: Holder<'_>) -> Result<Vec<Arc<Role>>, StoreError> {
    let (entry, kind) = match holder {
        Holder::User(id) => (Index::RoleHolder.entry(format!("u/{id}")), RoleType::User),
        Holder::Application(id) => (Index::RoleHolder.entry(format!("a/{id}")), RoleType::MachineToMachine),
    };
    let mut roles = Vec::new();
    for id in cx.find_ids(&entry, ROLES)? {
        if let Some(role) = cx.get::<Role>(&id)?
            && role.kind == kind
        {
            roles.push(role);
        }
    }
    Ok(roles)
}

/// Scopes of `resource` that the roles give and the resource still has.
#[must_use]
pub fn held(roles: &[Arc<Role>], resource: &Resource) -> BTreeSet<String> {
    still_there(roles.iter().flat_map(|role| &role.scopes), resource)
}

/// Those of the scopes given by roles that are of this resource and that it still has.
pub(super) fn still_there<'r>(given: impl Iterator<Item = &'r RoleScope>, resource: &Resource) -> BTreeSet<String> {
    given
        .filter(|s| s.resource == resource.indicator && resource.scopes.iter().any(|known| known.name == s.scope))
        .map(|s| s.scope.clone())
        .collect()
}

/// What a scope lets an application see, in plain words, for the consent page.
#[must_use]
pub fn describe(name: &str) -> &'static str {
    match name {
        "profile" => "Your name, username, picture and other profile details",
        "email" => "Your email address",
        "phone" => "Your phone number",
        "address" => "Your postal address",
        "custom_data" => "The custom data stored with your account",
        "identities" => "The social accounts linked to yours",
        "roles" => "Your roles",
        "urn:logto:scope:organizations" => "The organizations you belong to",
        "urn:logto:scope:organization_roles" => "Your roles in your organizations",
        "urn:logto:scope:sessions" => "Your sign-in sessions",
        "urn:logto:scope:trusted_devices" => "Your trusted devices",
        _ => "",
    }
}

/// Scopes of resources as pages show them, by resource indicator (sheet 1.11): a resource that was deleted since goes by its
/// indicator, one without scopes is left out.
///
/// # Errors
/// When the store fails.
pub(super) fn describe_resources(cx: &Cx<'_>, by_indicator: &BTreeMap<String, Vec<String>>) -> Result<Vec<Value>, StoreError> {
    let mut resources = Vec::new();
    for (indicator, names) in by_indicator.iter().filter(|(_, names)| !names.is_empty()) {
        if indicator == ORGANIZATION_RESOURCE {
            resources.push(describe_organization_scopes(cx, names)?);
            continue;
        }
        let resource = cx.find::<Resource>(&Index::Indicator.entry(indicator.clone()))?;
        let scopes: Vec<Value> = names
            .iter()
            .map(|name| {
                let known = resource.as_ref().and_then(|r| r.scopes.iter().find(|s| s.name == *name));
                json!({ "id": format!("{indicator}#{name}"), "name": name, "description": known.and_then(|s| s.description.clone()) })
            })
            .collect();
        let (id, title) = resource
            .as_ref()
            .map_or((indicator.as_str(), indicator.as_str()), |r| (r.id.0.as_str(), r.name.as_str()));
        resources.push(json!({ "resource": { "id": id, "name": title, "indicator": indicator }, "scopes": scopes }));
    }
    Ok(resources)
}

/// Permissions within organizations, in the same shape.
fn describe_organization_scopes(cx: &Cx<'_>, names: &[String]) -> Result<Value, StoreError> {
    let known = cx.list::<OrganizationScope>(ROLES)?;
    let scopes: Vec<Value> = names
        .iter()
        .map(|name| {
            let found = known.iter().find(|s| s.name == *name);
            let description = found.map(|s| s.description.as_str()).filter(|text| !text.is_empty());
            json!({ "id": found.map_or(name.as_str(), |s| s.id.as_str()), "name": name, "description": description })
        })
        .collect();
    Ok(json!({
        "resource": { "id": ORGANIZATION_RESOURCE, "name": "Organizations", "indicator": ORGANIZATION_RESOURCE },
        "scopes": scopes,
    }))
}
