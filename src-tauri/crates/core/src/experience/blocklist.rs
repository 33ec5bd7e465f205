//! The e-mail block list (sheet 4.4, 4.7 and 5.1): addresses that may not become anybody's.
//!
//! In Logto's order: sub-addresses, the provider's own list, throw-away services. What `customAllowlist` names is
//! accepted whatever else is said.
//!
//! **Throw-away services.** Logto asks a cloud service. Vestibule is offline and has a list of some of the best-known
//! ones (`disposable-domains.txt`) instead; an address that passes here may still be refused by Logto's cloud.

use super::error::ApiError;
use super::identifier::email_domain;
use super::ruling::{Stop, refuse, sign_in_experience};
use crate::because::{Because, Outcome};
use crate::model::EmailBlocklistPolicy;
use crate::port::Cx;
use crate::record::{Identifier, IdentifierKind};

const DISPOSABLE: &str = include_str!("disposable-domains.txt");

/// Why an address may not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// It is no e-mail address.
    NoAddress,
    /// `name+anything@example.test`.
    Subaddress,
    /// The provider's own list has it, or its domain.
    Listed,
    /// Its domain is of a throw-away service.
    Disposable,
}

/// What the policy has against an address; `None` when it may be used. Compared without case.
#[must_use]
pub fn blocked(policy: &EmailBlocklistPolicy, email: &str) -> Option<Blocked> {
    let Some(domain) = email_domain(email) else {
        return Some(Blocked::NoAddress);
    };
    let address = email.to_lowercase();
    let names = |list: &[String]| {
        list.iter().any(|entry| match entry.strip_prefix('@') {
            Some(listed) => listed.to_lowercase() == domain,
            None => entry.to_lowercase() == address,
        })
    };
    if names(&policy.custom_allowlist) {
        return None;
    }
    let local = address.rsplit_once('@').map_or("", |(local, _)| local);
    if policy.block_subaddressing.unwrap_or_default() && local.contains('+') {
        return Some(Blocked::Subaddress);
    }
    if names(&policy.custom_blocklist) {
        return Some(Blocked::Listed);
    }
    let throw_away = policy.block_disposable_addresses.unwrap_or_default() && is_disposable(&domain);
    throw_away.then_some(Blocked::Disposable)
}

/// Whether a domain, or one above it, is of a throw-away service.
fn is_disposable(domain: &str) -> bool {
    DISPOSABLE
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .any(|listed| {
            domain
                .strip_suffix(listed)
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
}

/// Refuses an address that may not become anybody's: 422 `session.email_blocklist.email_not_allowed` or
/// `session.email_blocklist.email_subaddressing_not_allowed`, 400 `session.email_blocklist.invalid_email`. For every way
/// in which a person gets an address: before a code for a registration is sent to it, at registration, and when a profile is
/// filled in.
pub(super) fn guard_email_blocklist(cx: &mut Cx<'_>, email: &str) -> Result<(), Stop> {
    let policy = sign_in_experience(cx)?.email_blocklist_policy;
    let Some(blocked) = blocked(&policy, email) else {
        return Ok(());
    };
    let domain = email_domain(email).unwrap_or_default();
    let (error, title, detail) = match blocked {
        Blocked::NoAddress => (
            ApiError::email_blocklist_invalid(),
            "This is no e-mail address",
            "The block list can only judge an address. It should look like `alice@example.test`.".to_owned(),
        ),
        Blocked::Subaddress => (
            ApiError::email_subaddressing_not_allowed(),
            "Sub-addresses are blocked",
            "The part before the @ has a plus sign, and the block list refuses those. Switch sub-addressing on under Sign-in experience, or name the address among the allowed ones.".to_owned(),
        ),
        Blocked::Listed => (
            ApiError::email_not_allowed(),
            "The block list has this address",
            format!("The address or its domain `{domain}` is on the provider's own list. Take it off under Sign-in experience, or name the address among the allowed ones."),
        ),
        Blocked::Disposable => (
            ApiError::email_not_allowed(),
            "The address is of a throw-away service",
            format!("`{domain}` is on the small offline list of throw-away services that Vestibule brings; Logto's cloud asks a service that knows many more. Name the address among the allowed ones to let it in."),
        ),
    };
    refuse(
        error.hidden(format!("{blocked:?}: {domain}")),
        Because::new("experience.email_blocklist", Outcome::Refused, title, detail, "Logto 4.4")
            .input(email.chars().take(200).collect::<String>()),
    )
}

/// [`guard_email_blocklist`] for an identifier that may be an e-mail address.
pub(super) fn guard_allowed(cx: &mut Cx<'_>, identifier: &Identifier) -> Result<(), Stop> {
    match identifier.kind {
        IdentifierKind::Email => guard_email_blocklist(cx, &identifier.value),
        IdentifierKind::Username | IdentifierKind::Phone => Ok(()),
    }
}
