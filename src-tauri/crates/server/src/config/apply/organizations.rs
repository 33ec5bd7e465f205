//! Organizations: permissions, then roles, then who belongs to which.

use super::{Applier, derived_id};
use crate::config::document::{JitEntry, OrganizationEntry, OrganizationRoleEntry};
use std::collections::BTreeMap;
use std::sync::Arc;
use vestibule_core::StoreError;
use vestibule_core::ids::{ConnectorId, OrganizationRoleId, UserId};
use vestibule_core::model::{
    Application, Connector, JitProvisioning, Organization, OrganizationApplication, OrganizationMember, OrganizationRole,
    OrganizationScope, RoleType, check_organization, check_organization_role, check_organization_role_holder, check_organization_scope,
};

/// Most of each that are kept in mind.
const MOST: usize = 10_000;

impl Applier<'_, '_, '_> {
    pub(super) fn organizations(&mut self) -> Result<(), StoreError> {
        self.organization_scopes()?;
        self.organization_roles()?;
        for entry in &self.document.organizations {
            let id = entry.id.clone().unwrap_or_else(|| derived_id("organization", &entry.name, 21));
            let old = self.cx.get::<Organization>(&id)?;
            let Some(new) = self.organization(entry, id, old.as_deref())? else {
                continue;
            };
            self.problems(&entry.at, check_organization(&new));
            self.put(old.as_deref(), &new)?;
        }
        Ok(())
    }

    fn organization_scopes(&mut self) -> Result<(), StoreError> {
        let stored = self.cx.list::<OrganizationScope>(MOST)?;
        for entry in &self.document.organization_scopes {
            let old = stored.iter().find(|scope| scope.name == entry.name);
            let mut new = old.map_or_else(
                || OrganizationScope {
                    id: derived_id("organization scope", &entry.name, 21).into(),
                    name: entry.name.clone(),
                    description: String::new(),
                },
                |scope| scope.as_ref().clone(),
            );
            if let Some(description) = &entry.description {
                new.description.clone_from(description);
            }
            self.problems(&entry.at, check_organization_scope(&new));
            self.put(old.map(Arc::as_ref), &new)?;
        }
        Ok(())
    }

    fn organization_roles(&mut self) -> Result<(), StoreError> {
        let stored = self.cx.list::<OrganizationRole>(MOST)?;
        let scopes = self.cx.list::<OrganizationScope>(MOST)?;
        for entry in &self.document.organization_roles {
            let old = stored.iter().find(|role| role.name == entry.name).map(Arc::as_ref);
            let Some(mut new) = self.started_role(entry, old) else { continue };
            if let Some(description) = &entry.description {
                new.description.clone_from(description);
            }
            if let Some(names) = &entry.scopes {
                for (index, name) in names.iter().enumerate() {
                    if !scopes.iter().any(|scope| scope.name == *name) {
                        let message = format!(
                            "There is no organization permission “{}”, neither in the file nor stored. Add it to [[organizationScopes]].",
                            name.escape_debug()
                        );
                        self.error(format!("{}.scopes.{index}", entry.at), message);
                    }
                }
                new.scopes.clone_from(names);
            }
            if let Some(given) = &entry.resource_scopes {
                for (index, scope) in given.iter().enumerate() {
                    self.scope_exists(&format!("{}.resourceScopes.{index}", entry.at), &scope.resource, &scope.scope)?;
                }
                new.resource_scopes.clone_from(given);
            }
            self.problems(&entry.at, check_organization_role(&new));
            self.put(old, &new)?;
        }
        Ok(())
    }

    /// The stored role or a new one; `None` when the entry contradicts what is stored.
    fn started_role(&mut self, entry: &OrganizationRoleEntry, old: Option<&OrganizationRole>) -> Option<OrganizationRole> {
        let Some(old) = old else {
            let id = entry.id.clone().unwrap_or_else(|| derived_id("organization role", &entry.name, 21));
            return Some(OrganizationRole {
                id: id.into(),
                name: entry.name.clone(),
                description: String::new(),
                kind: entry.kind.unwrap_or_default(),
                scopes: Vec::new(),
                resource_scopes: Vec::new(),
            });
        };
        if entry.id.as_ref().is_some_and(|id| *id != old.id.0) {
            let message = format!(
                "The stored role of this name has the id {}. Write that, or leave the id out.",
                old.id
            );
            self.error(format!("{}.id", entry.at), message);
            return None;
        }
        if entry.kind.is_some_and(|kind| kind != old.kind) {
            let message = format!(
                "The stored role is of type {:?}, and a type can't change. Choose another name.",
                old.kind
            );
            self.error(format!("{}.type", entry.at), message);
            return None;
        }
        Some(old.clone())
    }

    fn organization(
        &mut self,
        entry: &OrganizationEntry,
        id: String,
        old: Option<&Organization>,
    ) -> Result<Option<Organization>, StoreError> {
        let roles: BTreeMap<String, Arc<OrganizationRole>> = self
            .cx
            .list::<OrganizationRole>(MOST)?
            .into_iter()
            .map(|role| (role.name.clone(), role))
            .collect();
        let created_at = self.cx.now;
        let mut new = old.cloned().unwrap_or_else(|| Organization {
            id: id.into(),
            name: String::new(),
            description: String::new(),
            custom_data: serde_json::Map::new(),
            is_mfa_required: false,
            branding: Default::default(),
            color: Default::default(),
            custom_css: None,
            members: Vec::new(),
            applications: Vec::new(),
            jit: JitProvisioning::default(),
            created_at,
        });
        new.name.clone_from(&entry.name);
        new.description = entry.description.clone().unwrap_or(new.description);
        new.custom_data = entry.custom_data.clone().unwrap_or(new.custom_data);
        new.is_mfa_required = entry.is_mfa_required.unwrap_or(new.is_mfa_required);
        new.branding = entry.branding.clone().unwrap_or(new.branding);
        new.color = entry.color.clone().unwrap_or(new.color);
        new.custom_css = entry.custom_css.clone().or(new.custom_css);
        let before = self.errors.len();
        if let Some(members) = &entry.members {
            new.members.clear();
            for (index, member) in members.iter().enumerate() {
                let at = format!("{}.members.{index}", entry.at);
                let role_ids = self.role_ids(&at, &member.roles, &roles, RoleType::User);
                if let Some(user_id) = self.member(&at, &member.user)? {
                    new.members.push(OrganizationMember { user_id, role_ids });
                }
            }
        }
        if let Some(machines) = &entry.applications {
            new.applications.clear();
            for (index, machine) in machines.iter().enumerate() {
                let at = format!("{}.applications.{index}", entry.at);
                let role_ids = self.role_ids(&at, &machine.roles, &roles, RoleType::MachineToMachine);
                if let Some(application) = self.machine(&at, &machine.application)? {
                    new.applications.push(OrganizationApplication {
                        application_id: application.id.clone(),
                        role_ids,
                    });
                }
            }
        }
        if let Some(jit) = &entry.jit {
            new.jit = self.jit(&format!("{}.jit", entry.at), jit, &roles)?;
        }
        Ok((self.errors.len() == before).then_some(new))
    }

    fn jit(&mut self, at: &str, entry: &JitEntry, roles: &BTreeMap<String, Arc<OrganizationRole>>) -> Result<JitProvisioning, StoreError> {
        let mut connectors: Vec<ConnectorId> = Vec::new();
        for (index, id) in entry.sso_connectors.iter().enumerate() {
            match self.cx.get::<Connector>(id)? {
                Some(connector) if connector.is_enterprise() => connectors.push(connector.id.clone()),
                found => {
                    let why = if found.is_some() {
                        "is a social connector; only enterprise ones let people join"
                    } else {
                        "is neither in the file nor stored. Add it to [[connectors]]"
                    };
                    let message = format!("“{}” {why}.", id.escape_debug());
                    self.error(format!("{at}.ssoConnectors.{index}"), message);
                }
            }
        }
        Ok(JitProvisioning {
            email_domains: entry.email_domains.clone(),
            sso_connector_ids: connectors,
            role_ids: self.role_ids(at, &entry.roles, roles, RoleType::User),
        })
    }

    fn member(&mut self, at: &str, name: &str) -> Result<Option<UserId>, StoreError> {
        let found = self.person_called(name)?;
        if found.is_none() {
            let message = format!(
                "There is no person “{}”, neither in the file nor stored. Write an id, username, e-mail or phone, or add the person to [[users]].",
                name.escape_debug()
            );
            self.error(format!("{at}.user"), message);
        }
        Ok(found)
    }

    fn machine(&mut self, at: &str, id: &str) -> Result<Option<Arc<Application>>, StoreError> {
        let found = self.cx.get::<Application>(id)?;
        let why = match &found {
            None => "is neither in the file nor stored. Add it to [[applications]]",
            Some(app) if app.kind.signs_people_in() => "is not a machine-to-machine application; only those act in organizations",
            Some(_) => return Ok(found),
        };
        self.error(format!("{at}.application"), format!("“{}” {why}.", id.escape_debug()));
        Ok(None)
    }

    fn role_ids(
        &mut self,
        at: &str,
        names: &[String],
        roles: &BTreeMap<String, Arc<OrganizationRole>>,
        holder: RoleType,
    ) -> Vec<OrganizationRoleId> {
        let mut out = Vec::new();
        for (index, name) in names.iter().enumerate() {
            let wrong = match roles.get(name) {
                None => Err(format!(
                    "There is no role “{}” in organizations, neither in the file nor stored. Add it to [[organizationRoles]].",
                    name.escape_debug()
                )),
                Some(role) => check_organization_role_holder(role, holder).map(|()| out.push(role.id.clone())),
            };
            if let Err(message) = wrong {
                self.error(format!("{at}.roles.{index}"), message);
            }
        }
        out
    }
}
