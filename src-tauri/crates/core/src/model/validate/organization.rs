//! Rules of organizations, their roles and permissions (sheet 1.16, 5.4).

use super::connector::check_domain;
use super::{MAX_CUSTOM_CSS, MAX_NAME, Problem, Report, check_color, check_picture, check_scope_name};
use crate::model::{Organization, OrganizationRole, OrganizationScope, RoleType};

/// Checks an organization in itself.
#[must_use]
pub fn check_organization(organization: &Organization) -> Vec<Problem> {
    let mut report = Report::default();
    report.name("name", &organization.name, MAX_NAME);
    let (color, branding) = (&organization.color, &organization.branding);
    report.optional("color.primaryColor", color.primary_color.as_ref(), check_color);
    report.optional("color.darkPrimaryColor", color.dark_primary_color.as_ref(), check_color);
    for (field, address) in [
        ("branding.logoUrl", &branding.logo_url),
        ("branding.darkLogoUrl", &branding.dark_logo_url),
        ("branding.favicon", &branding.favicon),
        ("branding.darkFavicon", &branding.dark_favicon),
    ] {
        report.optional(field, address.as_ref(), check_picture);
    }
    if let Some(css) = &organization.custom_css {
        if css.len() > MAX_CUSTOM_CSS {
            let length = css.len();
            report.add("customCss", format!("Is {length} bytes long; the limit is {MAX_CUSTOM_CSS}."));
        }
        if css.contains('\0') {
            report.add("customCss", "Contains a NUL character. Remove it.");
        }
    }
    for (index, member) in organization.members.iter().enumerate() {
        if organization.members[..index]
            .iter()
            .any(|earlier| earlier.user_id == member.user_id)
        {
            report.add(format!("members.{index}"), "This person is listed twice. Remove one.");
        }
    }
    for (index, machine) in organization.applications.iter().enumerate() {
        let earlier = &organization.applications[..index];
        if earlier.iter().any(|other| other.application_id == machine.application_id) {
            report.add(format!("applications.{index}"), "This application is listed twice. Remove one.");
        }
    }
    for (index, domain) in organization.jit.email_domains.iter().enumerate() {
        let field = format!("jit.emailDomains.{index}");
        if organization.jit.email_domains[..index].contains(domain) {
            report.add(&field, format!("{} is listed twice. Remove one.", domain.escape_debug()));
        } else {
            report.check(&field, check_domain(domain));
        }
    }
    report.0
}

/// Checks a role in organizations.
#[must_use]
pub fn check_organization_role(role: &OrganizationRole) -> Vec<Problem> {
    let mut report = Report::default();
    report.name("name", &role.name, MAX_NAME);
    for (index, scope) in role.scopes.iter().enumerate() {
        if role.scopes[..index].contains(scope) {
            report.add(
                format!("scopes.{index}"),
                format!("{} is listed twice. Remove one.", scope.escape_debug()),
            );
        }
    }
    report.0
}

/// Checks a permission within organizations.
#[must_use]
pub fn check_organization_scope(scope: &OrganizationScope) -> Vec<Problem> {
    let mut report = Report::default();
    report.check("name", check_scope_name(&scope.name));
    report.0
}

/// Whether a role of one kind may be held by a holder of the other, said in a sentence where not.
///
/// # Errors
/// One sentence.
pub fn check_organization_role_holder(role: &OrganizationRole, holder: RoleType) -> Result<(), String> {
    match (role.kind, holder) {
        (RoleType::User, RoleType::MachineToMachine) => {
            Err(format!("The role {} is for people, so no application can have it.", role.name))
        }
        (RoleType::MachineToMachine, RoleType::User) => Err(format!(
            "The role {} is for machine-to-machine applications, so no person can have it.",
            role.name
        )),
        _ => Ok(()),
    }
}
