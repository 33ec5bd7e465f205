//! Roles: which scopes they give, and who holds them.

use super::{Applier, ApplyPeople, derived_id};
use crate::config::check::unknown_scope;
use crate::config::document::RoleEntry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use vestibule_core::StoreError;
use vestibule_core::experience::identifier::username_holders;
use vestibule_core::ids::{AppId, UserId};
use vestibule_core::model::{Application, Resource, Role, RoleType, User, normalize_phone};
use vestibule_core::record::Index;

/// Most roles that are kept in mind.
const MAX_ROLES: usize = 10_000;

impl Applier<'_, '_, '_> {
    pub(super) fn roles(&mut self, people: &ApplyPeople) -> Result<(), StoreError> {
        let stored: BTreeMap<String, Arc<Role>> = self
            .cx
            .list::<Role>(MAX_ROLES)?
            .into_iter()
            .map(|role| (role.name.clone(), role))
            .collect();
        let mut roles: BTreeMap<String, Role> = stored.iter().map(|(name, role)| (name.clone(), Role::clone(role))).collect();
        let mut exact = BTreeMap::new();
        for entry in &self.document.roles {
            let Some(role) = self.role(entry, stored.get(&entry.name).map(Arc::as_ref), &mut exact)? else {
                continue;
            };
            roles.insert(entry.name.clone(), role);
        }
        self.roles_of_people(&mut roles, &exact, people);
        let mentioned: BTreeSet<&str> = self.document.roles.iter().map(|entry| entry.name.as_str()).collect();
        for (name, role) in &roles {
            let old = stored.get(name).map(Arc::as_ref);
            if mentioned.contains(name.as_str()) {
                self.put(old, role)?;
            } else if old != Some(role) {
                // Changed by a person's `roles` only, so not an entry of its own.
                self.cx.put(role)?;
            }
        }
        Ok(())
    }

    /// The role as the entry wants it, without what `roles` of people add. `None` when it can't be.
    fn role<'e>(
        &mut self,
        entry: &'e RoleEntry,
        stored: Option<&Role>,
        exact: &mut BTreeMap<&'e str, BTreeSet<UserId>>,
    ) -> Result<Option<Role>, StoreError> {
        let at = &entry.at;
        let mut role = stored.cloned().unwrap_or_else(|| Role {
            id: entry.id.clone().unwrap_or_else(|| derived_id("role", &entry.name, 21)).into(),
            name: entry.name.clone(),
            description: String::new(),
            kind: entry.kind.unwrap_or_default(),
            is_default: false,
            scopes: Vec::new(),
            user_ids: Vec::new(),
            application_ids: Vec::new(),
        });
        if entry.id.as_ref().is_some_and(|id| *id != role.id.0) {
            let message = format!(
                "The stored role of this name has the id {}. Write that, or leave the id out.",
                role.id
            );
            self.error(format!("{at}.id"), message);
            return Ok(None);
        }
        if entry.kind.is_some_and(|kind| kind != role.kind) {
            let message = format!(
                "The stored role is of type {:?}, and a type can't change. Choose another name.",
                role.kind
            );
            self.error(format!("{at}.type"), message);
            return Ok(None);
        }
        if stored.is_none()
            && let Some(other) = self.cx.get::<Role>(role.id.as_str())?
        {
            self.error(
                format!("{at}.id"),
                format!("Belongs to the stored role {} already. Choose another id.", other.name),
            );
            return Ok(None);
        }
        if let Some(description) = &entry.description {
            role.description.clone_from(description);
        }
        role.is_default = entry.is_default.unwrap_or(role.is_default);
        if let Some(scopes) = &entry.scopes {
            for (index, scope) in scopes.iter().enumerate() {
                self.scope_exists(&format!("{at}.scopes.{index}"), &scope.resource, &scope.scope)?;
            }
            role.scopes.clone_from(scopes);
        }
        if let Some(names) = &entry.users {
            let holders = self.holders(at, names, role.kind)?;
            // A default role is given to people who register, too: the file adds to those.
            let kept = role.user_ids.iter().filter(|id| role.is_default && !holders.contains(id));
            role.user_ids = holders.iter().chain(kept).cloned().collect();
            exact.insert(&entry.name, holders.into_iter().collect());
        }
        if let Some(ids) = &entry.applications {
            role.application_ids = self.machines(at, ids, role.kind)?;
        }
        Ok(Some(role))
    }

    pub(super) fn scope_exists(&mut self, at: &str, indicator: &str, scope: &str) -> Result<(), StoreError> {
        match self.cx.find::<Resource>(&Index::Indicator.entry(indicator))? {
            None => {
                let message = format!(
                    "There is no resource “{}”, neither in the file nor stored. Add it to [[resources]].",
                    indicator.escape_debug()
                );
                self.error(format!("{at}.resource"), message);
            }
            Some(resource) if !resource.scopes.iter().any(|known| known.name == scope) => {
                let message = unknown_scope(indicator, scope, resource.scopes.iter().map(|s| s.name.as_str()));
                self.error(format!("{at}.scope"), message);
            }
            Some(_) => {}
        }
        Ok(())
    }

    /// The people that `users` of a role names, each once.
    fn holders(&mut self, at: &str, names: &[String], kind: RoleType) -> Result<Vec<UserId>, StoreError> {
        let mut out = Vec::new();
        for (index, name) in names.iter().enumerate() {
            let path = format!("{at}.users.{index}");
            if kind == RoleType::MachineToMachine {
                self.error(
                    path,
                    "The stored role is held by machine-to-machine applications, so no person can hold it.",
                );
                continue;
            }
            match self.person_called(name)? {
                Some(id) if !out.contains(&id) => out.push(id),
                Some(_) => {}
                None => {
                    let message = format!(
                        "There is no person “{}”, neither in the file nor stored. Write an id, username, e-mail or phone, or add the person to [[users]].",
                        name.escape_debug()
                    );
                    self.error(path, message);
                }
            }
        }
        Ok(out)
    }

    pub(super) fn person_called(&self, name: &str) -> Result<Option<UserId>, StoreError> {
        if let Some(user) = self.cx.get::<User>(name)? {
            return Ok(Some(user.id.clone()));
        }
        if let Some(user) = username_holders(self.cx, name)?.first() {
            return Ok(Some(user.id.clone()));
        }
        let mut indexes = vec![Index::Email.entry(name.to_lowercase())];
        indexes.extend(normalize_phone(name).ok().map(|digits| Index::Phone.entry(digits)));
        for index in indexes {
            if let Some(user) = self.cx.find::<User>(&index)? {
                return Ok(Some(user.id.clone()));
            }
        }
        Ok(None)
    }

    fn machines(&mut self, at: &str, ids: &[String], kind: RoleType) -> Result<Vec<AppId>, StoreError> {
        let mut out = Vec::new();
        for (index, id) in ids.iter().enumerate() {
            let path = format!("{at}.applications.{index}");
            let said = id.escape_debug();
            match self.cx.get::<Application>(id)? {
                _ if kind == RoleType::User => self.error(path, "The stored role is held by people, so no application can hold it."),
                None => self.error(
                    path,
                    format!("There is no application “{said}”, neither in the file nor stored. Add it to [[applications]]."),
                ),
                Some(app) if app.kind.signs_people_in() => {
                    self.error(
                        path,
                        format!("“{said}” is not a machine-to-machine application; only those hold roles."),
                    );
                }
                Some(app) if !out.contains(&app.id) => out.push(app.id.clone()),
                Some(_) => {}
            }
        }
        Ok(out)
    }

    /// Carries out `roles` of people, and gives default roles to new people who have no such list.
    fn roles_of_people(&mut self, roles: &mut BTreeMap<String, Role>, exact: &BTreeMap<&str, BTreeSet<UserId>>, people: &ApplyPeople) {
        for entry in &self.document.users {
            let Some(id) = people.get(&entry.at) else {
                continue;
            };
            let Some(names) = &entry.roles else {
                if people.new.contains(id) {
                    for role in roles.values_mut().filter(|role| role.is_default && role.kind == RoleType::User) {
                        hold(role, id, true);
                    }
                }
                continue;
            };
            for (index, name) in names.iter().enumerate() {
                let path = format!("{}.roles.{index}", entry.at);
                match roles.get(name) {
                    None => self.error(
                        path,
                        format!(
                            "There is no role “{}”, neither in the file nor stored. Add it to [[roles]].",
                            name.escape_debug()
                        ),
                    ),
                    Some(role) if role.kind == RoleType::MachineToMachine => {
                        self.error(
                            path,
                            format!("The role {name} is held by machine-to-machine applications, so no person can hold it."),
                        );
                    }
                    Some(_) => {}
                }
            }
            for (name, role) in roles.iter_mut().filter(|(_, role)| role.kind == RoleType::User) {
                let listed = exact.get(name.as_str()).is_some_and(|holders| holders.contains(id));
                hold(role, id, listed || names.contains(name));
            }
        }
    }
}

/// Adds a person to a role's holders or removes them.
fn hold(role: &mut Role, id: &UserId, holds: bool) {
    match (holds, role.user_ids.iter().position(|held| held == id)) {
        (true, None) => role.user_ids.push(id.clone()),
        (false, Some(at)) => drop(role.user_ids.remove(at)),
        _ => {}
    }
}
