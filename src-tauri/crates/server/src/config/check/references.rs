//! References within the file.

use super::Found;
use crate::config::document::{Document, UserEntry};
use crate::config::error::ConfigError;
use std::collections::BTreeSet;
use vestibule_core::model::{SignInExperience, check_sign_in_experience, normalize_phone};

/// References that nothing in the file meets. A data directory might; without one they are errors.
pub(in crate::config) fn unmet_references(document: &Document) -> Vec<ConfigError> {
    const ELSEWHERE: &str =
        "isn't in this file. Add it here, or correct the reference; serving would also accept one from its data directory.";
    let people: BTreeSet<String> = document.users.iter().flat_map(names_of).collect();
    let applications: BTreeSet<&str> = document.applications.iter().map(|app| app.id.as_str()).collect();
    let roles: BTreeSet<&str> = document.roles.iter().map(|role| role.name.as_str()).collect();
    let known = |name: &str| {
        people.contains(name) || people.contains(&name.to_lowercase()) || normalize_phone(name).is_ok_and(|p| people.contains(&p))
    };
    let mut found = Found::default();
    found.unmet_in_organizations(document, &known, ELSEWHERE);
    for role in &document.roles {
        for (index, name) in role.users.iter().flatten().enumerate() {
            if !known(name) {
                found.add(
                    format!("{}.users.{index}", role.at),
                    format!("The person “{}” {ELSEWHERE}", name.escape_debug()),
                );
            }
        }
        for (index, id) in role.applications.iter().flatten().enumerate() {
            if !applications.contains(id.as_str()) {
                let message = format!("The application “{}” {ELSEWHERE}", id.escape_debug());
                found.add(format!("{}.applications.{index}", role.at), message);
            }
        }
        for (index, scope) in role.scopes.iter().flatten().enumerate() {
            let resource = document.resources.iter().find(|r| r.indicator == scope.resource);
            let (key, message) = match resource {
                None => ("resource", format!("The resource “{}” {ELSEWHERE}", scope.resource.escape_debug())),
                Some(resource) if resource.scopes.is_none() => ("scope", format!("The scope “{}” {ELSEWHERE}", scope.scope.escape_debug())),
                Some(_) => continue,
            };
            found.add(format!("{}.scopes.{index}.{key}", role.at), message);
        }
    }
    for user in &document.users {
        for (index, name) in user.roles.iter().flatten().enumerate() {
            if !roles.contains(name.as_str()) {
                found.add(
                    format!("{}.roles.{index}", user.at),
                    format!("The role “{}” {ELSEWHERE}", name.escape_debug()),
                );
            }
        }
    }
    if let Some(Ok(row)) = document
        .sign_in_experience
        .as_ref()
        .map(|patch| patch.over(&SignInExperience::default()))
    {
        for (index, field) in row.sign_up_profile_fields.iter().flatten().enumerate() {
            if !document.custom_profile_fields.iter().any(|entry| entry.name == field.name) {
                let message = format!("The custom profile field “{}” {ELSEWHERE}", field.name.escape_debug());
                found.add(format!("signInExperience.signUpProfileFields.{index}.name"), message);
            }
        }
    }
    if let Some(Ok(row)) = document
        .sign_in_experience
        .as_ref()
        .map(|patch| patch.over(&SignInExperience::default()))
    {
        found.under("signInExperience", check_sign_in_experience(&row));
    }
    found
        .0
        .iter()
        .map(|problem| document.source.error(&problem.field, &problem.message).coded(problem.code))
        .collect()
}

/// What a role may call a person.
fn names_of(user: &UserEntry) -> impl Iterator<Item = String> + use<> {
    [
        user.id.clone(),
        user.username.clone(),
        user.primary_email.as_ref().map(|email| email.to_lowercase()),
        user.primary_phone.clone(),
    ]
    .into_iter()
    .flatten()
}
