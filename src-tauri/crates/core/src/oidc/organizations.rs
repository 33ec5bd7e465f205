//! Organizations at the protocol's endpoints: who belongs to which, and what that gives (sheet 1.15, 1.16).

use super::OidcError;
use super::scopes::{self, Holder};
use crate::because::{Because, Outcome};
use crate::model::{Application, Organization, OrganizationRole, OrganizationScope, Resource, RoleType, User};
use crate::port::{Cx, StoreError};
use crate::record::{Grant, Index};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Lifetime of an organization token in **seconds** (sheet 1.6).
pub const TOKEN_TTL: i64 = 3600;

/// Most organizations one person or application is read for.
const MOST: usize = 1_000;
/// Most permissions of the organization template.
const SCOPES: usize = 1_000;

/// The audience of an organization's tokens (sheet 1.16).
#[must_use]
pub fn audience(organization: &Organization) -> String {
    format!("urn:logto:organization:{}", organization.id)
}

/// That somebody belongs to an organization, and as what.
#[derive(Clone, Debug)]
pub struct Membership {
    /// The organization.
    pub organization: Arc<Organization>,
    /// The holder's roles there; those that were deleted since are left out.
    pub roles: Vec<Arc<OrganizationRole>>,
}

impl Membership {
    /// Scopes of an API resource that the roles give and the resource still has.
    #[must_use]
    pub fn resource_scopes(&self, resource: &Resource) -> BTreeSet<String> {
        scopes::still_there(self.roles.iter().flat_map(|role| &role.resource_scopes), resource)
    }

    /// Organization permissions that the roles give and that still exist.
    ///
    /// # Errors
    /// When the store can't be read.
    pub fn scopes(&self, cx: &Cx<'_>) -> Result<BTreeSet<String>, StoreError> {
        let known = cx.list::<OrganizationScope>(SCOPES)?;
        Ok(self
            .roles
            .iter()
            .flat_map(|role| &role.scopes)
            .filter(|name| known.iter().any(|scope| scope.name == **name))
            .cloned()
            .collect())
    }
}

/// All memberships of a person or application, by the organizations' ids.
///
/// # Errors
/// When the store can't be read.
pub fn memberships(cx: &Cx<'_>, holder: Holder<'_>) -> Result<Vec<Membership>, StoreError> {
    let entry = match holder {
        Holder::User(id) => Index::OrganizationMember.entry(format!("u/{id}")),
        Holder::Application(id) => Index::OrganizationMember.entry(format!("a/{id}")),
    };
    let mut out = Vec::new();
    for id in cx.find_ids(&entry, MOST)? {
        out.extend(membership(cx, holder, &id)?);
    }
    Ok(out)
}

/// One membership, if there is one.
///
/// # Errors
/// When the store can't be read.
pub fn membership(cx: &Cx<'_>, holder: Holder<'_>, organization_id: &str) -> Result<Option<Membership>, StoreError> {
    let Some(organization) = cx.get::<Organization>(organization_id)? else {
        return Ok(None);
    };
    let (ids, kind) = match holder {
        Holder::User(id) => {
            let member = organization.members.iter().find(|m| m.user_id.as_str() == id);
            (member.map(|m| m.role_ids.as_slice()), RoleType::User)
        }
        Holder::Application(id) => {
            let member = organization.applications.iter().find(|a| a.application_id.as_str() == id);
            (member.map(|a| a.role_ids.as_slice()), RoleType::MachineToMachine)
        }
    };
    let Some(ids) = ids else { return Ok(None) };
    let mut roles = Vec::with_capacity(ids.len());
    for id in ids {
        roles.extend(cx.get::<OrganizationRole>(id.as_str())?.filter(|role| role.kind == kind));
    }
    Ok(Some(Membership { organization, roles }))
}

/// Ends every membership of somebody who is deleted.
///
/// # Errors
/// When the store fails.
pub fn leave(cx: &mut Cx<'_>, holder: Holder<'_>) -> Result<(), StoreError> {
    for membership in memberships(cx, holder)? {
        let mut organization = membership.organization.as_ref().clone();
        match holder {
            Holder::User(id) => organization.members.retain(|m| m.user_id.as_str() != id),
            Holder::Application(id) => organization.applications.retain(|a| a.application_id.as_str() != id),
        }
        cx.put(&organization)?;
    }
    Ok(())
}

/// What the person holds as organization permissions in any of their organizations, or in one of them.
///
/// # Errors
/// When the store can't be read.
pub fn held_by_person(cx: &Cx<'_>, user: &User, within: Option<&str>) -> Result<BTreeSet<String>, StoreError> {
    let mut held = BTreeSet::new();
    for membership in memberships(cx, Holder::User(user.id.as_str()))? {
        if within.is_none_or(|id| membership.organization.id.as_str() == id) {
            held.extend(membership.scopes(cx)?);
        }
    }
    Ok(held)
}

/// Scopes of an API resource that a person holds: by global roles, and by organization roles in all their organizations or
/// in the one that is named (sheet 1.15 "Permissions").
///
/// # Errors
/// When the store can't be read.
pub fn resource_scopes_of_person(
    cx: &Cx<'_>,
    user: &User,
    resource: &Resource,
    within: Option<&str>,
) -> Result<BTreeSet<String>, StoreError> {
    let mut held = scopes::held(&scopes::roles_of(cx, Holder::User(user.id.as_str()))?, resource);
    for membership in memberships(cx, Holder::User(user.id.as_str()))? {
        if within.is_none_or(|id| membership.organization.id.as_str() == id) {
            held.extend(membership.resource_scopes(resource));
        }
    }
    Ok(held)
}

/// Whether an application may act in an organization for a person; the rows of sheet 1.16 in Logto's order.
///
/// # Errors
/// The store failed; or, inside, 403 `insufficient_scope` or `access_denied`.
pub(super) fn enter(
    cx: &mut Cx<'_>,
    app: &Application,
    user: &User,
    grant: &Grant,
    granted: &[String],
    organization_id: &str,
) -> Result<Result<Membership, OidcError>, StoreError> {
    if !granted.iter().any(|s| s == scopes::ORGANIZATIONS) {
        refuse(
            cx,
            organization_id,
            "The refresh token is not good for organizations.",
            format!(
                "The authorization request has to ask for the scope `{}`; it asked for `{}`.",
                scopes::ORGANIZATIONS,
                granted.join(" ")
            ),
        );
        return Ok(Err(
            OidcError::insufficient_scope("refresh token missing required scope").scope(scopes::ORGANIZATIONS)
        ));
    }
    let Some(found) = membership(cx, Holder::User(user.id.as_str()), organization_id)? else {
        let own: Vec<String> = memberships(cx, Holder::User(user.id.as_str()))?
            .iter()
            .map(|m| format!("`{}`", m.organization.id))
            .collect();
        let why = match (cx.get::<Organization>(organization_id)?, own.as_slice()) {
            (None, _) => format!("There is no organization `{organization_id}`."),
            (Some(_), []) => format!("{} belongs to no organization.", user.display_name()),
            (Some(_), own) => format!("{} belongs to {}.", user.display_name(), own.join(", ")),
        };
        refuse(cx, organization_id, "The person is not a member of the organization.", why);
        return Ok(Err(OidcError::forbidden("user is not a member of the organization")));
    };
    if app.is_third_party && !grant.organizations.contains(&found.organization.id) {
        refuse(
            cx,
            organization_id,
            "The person did not let the application act in this organization.",
            format!(
                "`{}` is a third-party application, and {} did not choose {} on the consent page.",
                app.name,
                user.display_name(),
                found.organization.name
            ),
        );
        return Ok(Err(OidcError::forbidden("organization access is not granted to the application")));
    }
    if found.organization.is_mfa_required && user.mfa_verifications.is_empty() {
        refuse(
            cx,
            organization_id,
            "The organization wants a second factor, and the person has none.",
            format!("{} requires one of its members.", found.organization.name),
        );
        return Ok(Err(OidcError::forbidden(
            "organization requires MFA but user has no MFA configured",
        )));
    }
    cx.because(
        Because::new(
            "token.organization",
            Outcome::Passed,
            format!("{} is a member of {}.", user.display_name(), found.organization.name),
            match found.roles.as_slice() {
                [] => "With no role there, so the token gives no permission.".to_owned(),
                roles => format!("As {}.", roles.iter().map(|r| r.name.as_str()).collect::<Vec<_>>().join(", ")),
            },
            "Logto 1.16",
        )
        .input(organization_id),
    );
    Ok(Ok(found))
}

/// Whether a machine-to-machine application acts in an organization (sheet 1.16 "M2M").
///
/// # Errors
/// The store failed; or, inside, 403 `access_denied`.
pub(super) fn enter_as_machine(
    cx: &mut Cx<'_>,
    app: &Application,
    organization_id: &str,
) -> Result<Result<Membership, OidcError>, StoreError> {
    if let Some(found) = membership(cx, Holder::Application(app.id.as_str()), organization_id)? {
        return Ok(Ok(found));
    }
    let why = match cx.get::<Organization>(organization_id)? {
        None => format!("There is no organization `{organization_id}`."),
        Some(organization) => format!("`{}` is not among the applications of {}.", app.name, organization.name),
    };
    refuse(cx, organization_id, "The application does not act in the organization.", why);
    Ok(Err(OidcError::forbidden("app has not associated with the organization")))
}

fn refuse(cx: &mut Cx<'_>, organization_id: &str, title: &'static str, why: String) {
    cx.because(Because::new("token.organization", Outcome::Refused, title, why, "Logto 1.16").input(organization_id));
}
