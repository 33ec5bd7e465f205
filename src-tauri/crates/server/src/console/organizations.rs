//! Organizations, their roles and permissions, as the window edits them (sheet 1.16).

use super::{Answer, at_field, first, problem, storage};
use crate::engine::Engine;
use std::sync::Arc;
use vestibule_core::console::{
    ConsoleProblem, ConsoleReply, OrganizationDraft, OrganizationList, OrganizationRoleDraft, OrganizationScopeDraft,
};
use vestibule_core::entropy::id21;
use vestibule_core::model::{
    Application, Connector, Organization, OrganizationRole, OrganizationScope, Problem, Resource, RoleType, User, check_organization,
    check_organization_role, check_organization_role_holder, check_organization_scope,
};
use vestibule_core::record::Index;
use vestibule_core::{Cx, StoreError};

/// Most of each that are listed.
const MOST: usize = 10_000;

fn gone(what: &str, id: &str) -> ConsoleProblem {
    problem("entity.not_found", format!("There is no {what} {id} any more."))
}

fn taken(what: &str) -> ConsoleProblem {
    at_field(Problem::new(
        "name",
        format!("Another {what} has this name. Choose a different one."),
    ))
}

fn list(cx: &Cx<'_>) -> Result<OrganizationList, StoreError> {
    fn sorted<T: Clone>(records: Vec<Arc<T>>, name: fn(&T) -> &str) -> Vec<T> {
        let mut out: Vec<T> = records.into_iter().map(Arc::unwrap_or_clone).collect();
        out.sort_by_cached_key(|record| name(record).to_lowercase());
        out
    }
    Ok(OrganizationList {
        organizations: sorted(cx.list::<Organization>(MOST)?, |o| &o.name),
        roles: sorted(cx.list::<OrganizationRole>(MOST)?, |r| &r.name),
        scopes: sorted(cx.list::<OrganizationScope>(MOST)?, |s| &s.name),
    })
}

impl Engine {
    pub(super) fn organizations(&self) -> Answer {
        self.look(|cx| list(cx)).map(ConsoleReply::Organizations).map_err(|e| storage(&e))
    }

    /// A change, answered with everything.
    async fn change_organizations(
        self: &Arc<Self>,
        rule: impl FnOnce(&mut Cx<'_>) -> Result<Result<(), ConsoleProblem>, StoreError> + Send + 'static,
    ) -> Answer {
        let all = self
            .commit(move |cx| match rule(cx)? {
                Ok(()) => Ok(Ok(list(cx)?)),
                Err(problem) => Ok(Err(problem)),
            })
            .await?;
        Ok(ConsoleReply::Organizations(all))
    }

    pub(super) async fn save_organization(self: &Arc<Self>, draft: OrganizationDraft) -> Answer {
        self.change_organizations(move |cx| {
            let created_at = match &draft.id {
                None => cx.now,
                Some(id) => match cx.get::<Organization>(id.as_str())? {
                    Some(old) => old.created_at,
                    None => return Ok(Err(gone("organization", id.as_str()))),
                },
            };
            let new = Organization {
                id: draft.id.unwrap_or_else(|| id21(cx.entropy).into()),
                name: draft.name.trim().to_owned(),
                description: draft.description,
                custom_data: draft.custom_data,
                is_mfa_required: draft.is_mfa_required,
                branding: draft.branding,
                color: draft.color,
                custom_css: draft.custom_css.filter(|css| !css.is_empty()),
                members: draft.members,
                applications: draft.applications,
                jit: draft.jit,
                created_at,
            };
            if let Err(problem) = first(check_organization(&new)) {
                return Ok(Err(problem));
            }
            if let Some(problem) = dangling(cx, &new)? {
                return Ok(Err(at_field(problem)));
            }
            cx.put(&new).map(Ok)
        })
        .await
    }

    pub(super) async fn delete_organization(self: &Arc<Self>, id: String) -> Answer {
        self.change_organizations(move |cx| {
            if cx.get::<Organization>(&id)?.is_none() {
                return Ok(Err(gone("organization", &id)));
            }
            cx.delete::<Organization>(&id).map(Ok)
        })
        .await
    }

    pub(super) async fn save_organization_role(self: &Arc<Self>, draft: OrganizationRoleDraft) -> Answer {
        self.change_organizations(move |cx| {
            let roles = cx.list::<OrganizationRole>(MOST)?;
            let old = match &draft.id {
                None => None,
                Some(id) => match roles.iter().find(|role| role.id == *id) {
                    Some(old) => Some(old),
                    None => return Ok(Err(gone("role", id.as_str()))),
                },
            };
            let new = OrganizationRole {
                kind: old.map_or(draft.kind, |role| role.kind),
                id: draft.id.clone().unwrap_or_else(|| id21(cx.entropy).into()),
                name: draft.name.trim().to_owned(),
                description: draft.description,
                scopes: draft.scopes,
                resource_scopes: draft.resource_scopes,
            };
            if let Err(problem) = first(check_organization_role(&new)) {
                return Ok(Err(problem));
            }
            if roles.iter().any(|role| role.name == new.name && role.id != new.id) {
                return Ok(Err(taken("role in organizations")));
            }
            let known = cx.list::<OrganizationScope>(MOST)?;
            if let Some(index) = new.scopes.iter().position(|name| !known.iter().any(|scope| scope.name == *name)) {
                let message = format!("There is no permission “{}”. Create it first.", new.scopes[index].escape_debug());
                return Ok(Err(at_field(Problem::new(format!("scopes.{index}"), message))));
            }
            for (index, wanted) in new.resource_scopes.iter().enumerate() {
                let resource = cx.find::<Resource>(&Index::Indicator.entry(wanted.resource.as_str()))?;
                if !resource.is_some_and(|resource| resource.scopes.iter().any(|scope| scope.name == wanted.scope)) {
                    let message = format!("No API resource {} has the scope {}.", wanted.resource, wanted.scope);
                    return Ok(Err(at_field(Problem::new(format!("resourceScopes.{index}"), message))));
                }
            }
            cx.put(&new).map(Ok)
        })
        .await
    }

    /// Whoever has the role loses it.
    pub(super) async fn delete_organization_role(self: &Arc<Self>, id: String) -> Answer {
        self.change_organizations(move |cx| {
            if cx.get::<OrganizationRole>(&id)?.is_none() {
                return Ok(Err(gone("role", &id)));
            }
            for old in cx.list::<Organization>(MOST)? {
                let mut new = old.as_ref().clone();
                let lists = new.members.iter_mut().map(|m| &mut m.role_ids);
                let lists = lists.chain(new.applications.iter_mut().map(|a| &mut a.role_ids));
                for list in lists.chain(std::iter::once(&mut new.jit.role_ids)) {
                    list.retain(|role| role.as_str() != id);
                }
                if new != *old {
                    cx.put(&new)?;
                }
            }
            cx.delete::<OrganizationRole>(&id).map(Ok)
        })
        .await
    }

    pub(super) async fn save_organization_scope(self: &Arc<Self>, draft: OrganizationScopeDraft) -> Answer {
        self.change_organizations(move |cx| {
            let scopes = cx.list::<OrganizationScope>(MOST)?;
            let old = match &draft.id {
                None => None,
                Some(id) => match scopes.iter().find(|scope| scope.id == *id) {
                    Some(old) => Some(old),
                    None => return Ok(Err(gone("permission", id.as_str()))),
                },
            };
            let new = OrganizationScope {
                id: draft.id.clone().unwrap_or_else(|| id21(cx.entropy).into()),
                name: draft.name,
                description: draft.description,
            };
            if let Err(problem) = first(check_organization_scope(&new)) {
                return Ok(Err(problem));
            }
            if scopes.iter().any(|scope| scope.name == new.name && scope.id != new.id) {
                return Ok(Err(taken("permission")));
            }
            if let Some(old) = old.filter(|old| old.name != new.name) {
                in_roles(cx, &old.name, Some(&new.name))?;
            }
            cx.put(&new).map(Ok)
        })
        .await
    }

    /// Roles that give the permission lose it.
    pub(super) async fn delete_organization_scope(self: &Arc<Self>, id: String) -> Answer {
        self.change_organizations(move |cx| {
            let Some(old) = cx.get::<OrganizationScope>(&id)? else {
                return Ok(Err(gone("permission", &id)));
            };
            in_roles(cx, &old.name, None)?;
            cx.delete::<OrganizationScope>(&id).map(Ok)
        })
        .await
    }
}

/// Renames a permission in every role that gives it, or takes it away.
fn in_roles(cx: &mut Cx<'_>, name: &str, becomes: Option<&str>) -> Result<(), StoreError> {
    for old in cx.list::<OrganizationRole>(MOST)? {
        if old.scopes.iter().any(|scope| scope == name) {
            let mut new = old.as_ref().clone();
            new.scopes = old
                .scopes
                .iter()
                .filter_map(|scope| {
                    if scope == name {
                        becomes.map(str::to_owned)
                    } else {
                        Some(scope.clone())
                    }
                })
                .collect();
            cx.put(&new)?;
        }
    }
    Ok(())
}

/// The first thing an organization refers to that is not there, or can't be referred to so.
fn dangling(cx: &Cx<'_>, organization: &Organization) -> Result<Option<Problem>, StoreError> {
    let mut held = Vec::new();
    for (index, member) in organization.members.iter().enumerate() {
        if cx.get::<User>(member.user_id.as_str())?.is_none() {
            let message = format!("There is no person {} any more.", member.user_id);
            return Ok(Some(Problem::new(format!("members.{index}.userId"), message)));
        }
        held.push((format!("members.{index}.roleIds"), &member.role_ids, RoleType::User));
    }
    for (index, machine) in organization.applications.iter().enumerate() {
        let found = cx.get::<Application>(machine.application_id.as_str())?;
        if found.is_none_or(|app| app.kind.signs_people_in()) {
            let message = "Only machine-to-machine applications act in organizations, and this is none, or it is gone.";
            return Ok(Some(Problem::new(format!("applications.{index}.applicationId"), message)));
        }
        held.push((
            format!("applications.{index}.roleIds"),
            &machine.role_ids,
            RoleType::MachineToMachine,
        ));
    }
    for (index, id) in organization.jit.sso_connector_ids.iter().enumerate() {
        if !cx.get::<Connector>(id.as_str())?.is_some_and(|connector| connector.is_enterprise()) {
            let message = format!("There is no enterprise connector {id}.");
            return Ok(Some(Problem::new(format!("jit.ssoConnectorIds.{index}"), message)));
        }
    }
    held.push(("jit.roleIds".to_owned(), &organization.jit.role_ids, RoleType::User));
    for (at, ids, holder) in held {
        for (index, id) in ids.iter().enumerate() {
            let wrong = match cx.get::<OrganizationRole>(id.as_str())? {
                None => Err(format!("There is no role {id} any more.")),
                Some(role) => check_organization_role_holder(&role, holder),
            };
            if let Err(message) = wrong {
                return Ok(Some(Problem::new(format!("{at}.{index}"), message)));
            }
        }
    }
    Ok(None)
}
