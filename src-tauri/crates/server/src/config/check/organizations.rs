//! Organizations within the file.

use super::Found;
use crate::config::document::Document;
use std::collections::{BTreeMap, BTreeSet};

impl Found {
    pub(super) fn organizations(&mut self, document: &Document) {
        let (mut names, mut ids) = (BTreeMap::new(), BTreeMap::new());
        for entry in &document.organizations {
            let at = &entry.at;
            self.name(format!("{at}.name"), &entry.name);
            match &entry.id {
                Some(id) => {
                    self.id(format!("{at}.id"), id);
                    self.unique(&mut ids, id, format!("{at}.id"), "id");
                }
                // Without an id the name is what it is known by.
                None => self.unique(&mut names, &entry.name, format!("{at}.name"), "name"),
            }
        }
        let (mut names, mut ids) = (BTreeMap::new(), BTreeMap::new());
        for entry in &document.organization_roles {
            let at = &entry.at;
            self.name(format!("{at}.name"), &entry.name);
            self.unique(&mut names, &entry.name, format!("{at}.name"), "name");
            if let Some(id) = &entry.id {
                self.id(format!("{at}.id"), id);
                self.unique(&mut ids, id, format!("{at}.id"), "id");
            }
        }
        let mut names = BTreeMap::new();
        for entry in &document.organization_scopes {
            self.unique(&mut names, &entry.name, format!("{}.name", entry.at), "name");
        }
    }

    /// What organizations and their roles name and nothing in the file has.
    pub(super) fn unmet_in_organizations(&mut self, document: &Document, people: &dyn Fn(&str) -> bool, elsewhere: &str) {
        let roles: BTreeSet<&str> = document.organization_roles.iter().map(|role| role.name.as_str()).collect();
        let scopes: BTreeSet<&str> = document.organization_scopes.iter().map(|scope| scope.name.as_str()).collect();
        let mut missing = |found: bool, path: String, what: &str, name: &str| {
            if !found {
                self.add(path, format!("The {what} “{}” {elsewhere}", name.escape_debug()));
            }
        };
        for role in &document.organization_roles {
            for (index, name) in role.scopes.iter().flatten().enumerate() {
                let path = format!("{}.scopes.{index}", role.at);
                missing(scopes.contains(name.as_str()), path, "organization permission", name);
            }
            for (index, scope) in role.resource_scopes.iter().flatten().enumerate() {
                let known = document.resources.iter().any(|r| r.indicator == scope.resource);
                let path = format!("{}.resourceScopes.{index}.resource", role.at);
                missing(known, path, "resource", &scope.resource);
            }
        }
        for organization in &document.organizations {
            let at = &organization.at;
            let mut held = Vec::new();
            for (index, member) in organization.members.iter().flatten().enumerate() {
                missing(people(&member.user), format!("{at}.members.{index}.user"), "person", &member.user);
                held.push((format!("{at}.members.{index}"), &member.roles));
            }
            for (index, machine) in organization.applications.iter().flatten().enumerate() {
                let known = document.applications.iter().any(|app| app.id == machine.application);
                let path = format!("{at}.applications.{index}.application");
                missing(known, path, "application", &machine.application);
                held.push((format!("{at}.applications.{index}"), &machine.roles));
            }
            if let Some(jit) = &organization.jit {
                for (index, id) in jit.sso_connectors.iter().enumerate() {
                    let known = document.connectors.iter().any(|c| c.id == *id);
                    missing(known, format!("{at}.jit.ssoConnectors.{index}"), "connector", id);
                }
                held.push((format!("{at}.jit"), &jit.roles));
            }
            for (at, names) in held {
                for (index, name) in names.iter().enumerate() {
                    missing(
                        roles.contains(name.as_str()),
                        format!("{at}.roles.{index}"),
                        "role in organizations",
                        name,
                    );
                }
            }
        }
    }
}
