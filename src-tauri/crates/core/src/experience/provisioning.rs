//! What a new account is given without being asked: default roles, and organizations just in time (sheet 4.4 "Register").

use super::identities::{email_of, speaks_for};
use crate::because::{Because, Outcome};
use crate::ids::{OrganizationId, UserId};
use crate::model::{Connector, Organization, OrganizationMember, Role, RoleType, User};
use crate::port::{Cx, StoreError};
use crate::record::{Identifier, IdentifierKind, InteractionResult, VerificationRecord};

/// How many roles are looked through for default ones.
const MAX_ROLES: usize = 1000;
/// Most organizations looked through.
const ORGANIZATIONS: usize = 10_000;

/// Gives a new person every default role for people (sheet 4.4), and says so.
///
/// # Errors
/// When the store fails.
pub fn grant_default_roles(cx: &mut Cx<'_>, user_id: &UserId) -> Result<(), StoreError> {
    let mut names = Vec::new();
    for role in cx.list::<Role>(MAX_ROLES)? {
        if role.is_default && role.kind == RoleType::User && !role.user_ids.contains(user_id) {
            let mut role = role.as_ref().clone();
            role.user_ids.push(user_id.clone());
            names.push(role.name.clone());
            cx.put(&role)?;
        }
    }
    if !names.is_empty() {
        cx.because(
            Because::new(
                "experience.default_roles",
                Outcome::Decided,
                "Default roles were given",
                "Roles marked as default go to every new account.",
                "Logto 4.4",
            )
            .input(names.join(", ")),
        );
    }
    Ok(())
}

/// Lets a person join the organizations that this sign-in opens to them: those the one-time token was made for; for a new
/// account also those that name the domain of an address it proved, and those of the enterprise connector it came by
/// (sheet 4.4, 4.7 and 6.5).
///
/// # Errors
/// When the store fails.
pub(super) fn join_organizations(cx: &mut Cx<'_>, user: &User, result: &InteractionResult, new: bool) -> Result<(), StoreError> {
    let invited = invitations(result);
    if !new && invited.is_empty() {
        return Ok(());
    }
    let domain = match user
        .primary_email
        .as_deref()
        .and_then(|email| email.rsplit_once('@').map(|(_, domain)| (email, domain)))
    {
        Some((email, domain)) if new && is_proven(cx, result, email)? => Some(domain.to_lowercase()),
        _ => None,
    };
    for organization in cx.list::<Organization>(ORGANIZATIONS)? {
        if organization.members.iter().any(|member| member.user_id == user.id) {
            continue;
        }
        let jit = &organization.jit;
        let why = if invited.contains(&organization.id.as_str()) {
            "the one-time token was made for it".to_owned()
        } else if let Some(domain) = domain.as_ref().filter(|domain| jit.email_domains.contains(domain)) {
            format!("it takes every new account with a verified address at {domain}")
        } else if let Some(name) = connector_of(result, &organization).filter(|_| new) {
            format!("it takes everybody who comes by the enterprise connector `{name}` for the first time")
        } else {
            continue;
        };
        let mut joined = organization.as_ref().clone();
        joined.members.push(OrganizationMember {
            user_id: user.id.clone(),
            role_ids: jit.role_ids.clone(),
        });
        cx.put(&joined)?;
        cx.because(
            Because::new(
                "experience.organization_joined",
                Outcome::Decided,
                format!("{} joined {}", user.display_name(), organization.name),
                format!("Just-in-time provisioning: {why}."),
                "Logto 4.4",
            )
            .input(organization.id.0.clone()),
        );
    }
    Ok(())
}

/// Organizations that a one-time token of this sign-in was made for.
fn invitations(result: &InteractionResult) -> Vec<&str> {
    let ids = result.verification_records.iter().filter_map(|record| match record {
        VerificationRecord::OneTimeToken { organization_ids, .. } => Some(organization_ids),
        _ => None,
    });
    ids.flatten().map(OrganizationId::as_str).collect()
}

/// Whether a record of the sign-in proves the address: a code to it, a token for it, a provider that speaks for it.
fn is_proven(cx: &Cx<'_>, result: &InteractionResult, email: &str) -> Result<bool, StoreError> {
    let is = |identifier: &Identifier| identifier.kind == IdentifierKind::Email && identifier.value.eq_ignore_ascii_case(email);
    for record in &result.verification_records {
        let proves = match record {
            VerificationRecord::EmailVerificationCode(code) => code.verified && is(&code.identifier),
            VerificationRecord::OneTimeToken { identifier, .. } => is(identifier),
            VerificationRecord::Social(came) => came.user_info.as_ref().and_then(email_of).is_some_and(|own| is(&own)),
            VerificationRecord::EnterpriseSso(came) => match (
                came.user_info.as_ref().and_then(email_of),
                cx.get::<Connector>(came.connector_id.as_str())?,
            ) {
                (Some(own), Some(connector)) => is(&own) && speaks_for(&connector, &own),
                _ => false,
            },
            _ => false,
        };
        if proves {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The enterprise connector of this sign-in, if the organization takes whoever comes by it.
fn connector_of<'r>(result: &'r InteractionResult, organization: &Organization) -> Option<&'r str> {
    result.verification_records.iter().find_map(|record| match record {
        VerificationRecord::EnterpriseSso(came)
            if came.user_info.is_some() && organization.jit.sso_connector_ids.contains(&came.connector_id) =>
        {
            Some(came.connector_id.as_str())
        }
        _ => None,
    })
}
