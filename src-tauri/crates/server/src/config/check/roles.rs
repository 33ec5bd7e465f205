//! Roles within the file.

use super::Found;
use crate::config::document::{Document, RoleEntry};
use crate::config::suggest::{listed, nearest};
use std::collections::BTreeMap;
use vestibule_core::model::RoleType;

impl Found {
    pub(super) fn roles(&mut self, document: &Document) {
        let (mut names, mut ids) = (BTreeMap::new(), BTreeMap::new());
        let kinds: BTreeMap<&str, RoleType> = document
            .roles
            .iter()
            .map(|r| (r.name.as_str(), r.kind.unwrap_or_default()))
            .collect();
        for role in &document.roles {
            let (at, kind) = (&role.at, role.kind.unwrap_or_default());
            self.name(format!("{at}.name"), &role.name);
            self.unique(&mut names, &role.name, format!("{at}.name"), "name");
            if let Some(id) = &role.id {
                self.id(format!("{at}.id"), id);
                self.unique(&mut ids, id, format!("{at}.id"), "id");
            }
            // Without a type the stored role may still be of the other one; apply sees that.
            if role.kind == Some(RoleType::MachineToMachine) && role.users.as_ref().is_some_and(|list| !list.is_empty()) {
                self.add(
                    format!("{at}.users"),
                    "A role of type MachineToMachine is held by applications, not by people. Use applications, or make the type User.",
                );
            }
            if kind == RoleType::User && role.applications.as_ref().is_some_and(|list| !list.is_empty()) {
                self.add(
                    format!("{at}.applications"),
                    "A role of type User is held by people, not by applications. Set type = \"MachineToMachine\", or use users.",
                );
            }
            if kind == RoleType::MachineToMachine && role.is_default == Some(true) {
                self.add(
                    format!("{at}.isDefault"),
                    "Only a role of type User can be given to every new person.",
                );
            }
            self.role_scopes(document, role);
            for (index, id) in role.applications.iter().flatten().enumerate() {
                let wrong = document.applications.iter().find(|app| app.id == *id && app.kind.signs_people_in());
                if let Some(app) = wrong {
                    self.add(
                        format!("{at}.applications.{index}"),
                        format!("{id} ({}) is not a machine-to-machine application; only those hold roles.", app.at),
                    );
                }
            }
        }
        for user in &document.users {
            for (index, name) in user.roles.iter().flatten().enumerate() {
                if kinds.get(name.as_str()) == Some(&RoleType::MachineToMachine) {
                    self.add(
                        format!("{}.roles.{index}", user.at),
                        format!("The role {name} is of type MachineToMachine, so no person can hold it."),
                    );
                }
            }
        }
    }

    fn role_scopes(&mut self, document: &Document, role: &RoleEntry) {
        for (index, wanted) in role.scopes.iter().flatten().enumerate() {
            let resource = document.resources.iter().find(|r| r.indicator == wanted.resource);
            let Some(scopes) = resource.and_then(|r| r.scopes.as_ref()) else {
                continue;
            };
            if !scopes.iter().any(|scope| scope.name == wanted.scope) {
                let message = unknown_scope(&wanted.resource, &wanted.scope, scopes.iter().map(|s| s.name.as_str()));
                self.add(format!("{}.scopes.{index}.scope", role.at), message);
            }
        }
    }
}

/// The sentence about a scope that a resource doesn't have.
pub(in crate::config) fn unknown_scope<'a>(resource: &str, scope: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    let hint = match nearest(scope, known.clone()) {
        Some(near) => format!("Did you mean {near}?"),
        None if known.clone().next().is_none() => "It has none yet; add it to the resource's scopes.".to_owned(),
        None => format!("It has: {}.", listed(known)),
    };
    format!("The resource {resource} has no scope “{}”. {hint}", scope.escape_debug())
}
