//! Guards that several stages share: the sign-in mode, uniqueness, single sign-on domains, mandatory profile
//! (sheet 4.4).

use super::error::ApiError;
use super::extra_profile;
use super::identifier::{email_domain, find_user, kind_with_article, kind_words};
use super::identities::{ENTERPRISE, SOCIAL, Spared};
use super::public_document::sso_connector;
use super::ruling::{Stop, refuse, sign_in_experience};
use crate::because::{Because, Outcome};
use crate::model::{Connector, SignInExperience, SignInMode, SignUpIdentifier, User};
use crate::port::{Cx, StoreError};
use crate::record::{Identifier, IdentifierKind, InteractionEvent};
use serde_json::{Map, Value};
use std::sync::Arc;

/// How many enterprise connectors are looked through.
const MAX_CONNECTORS: usize = 500;

/// 403 `auth.forbidden` when the sign-in mode forbids the event (sheet 4.1).
pub(super) fn guard_mode(cx: &mut Cx<'_>, event: InteractionEvent) -> Result<(), Stop> {
    let mode = sign_in_experience(cx)?.sign_in_mode;
    let (message, title, detail) = match (event, mode) {
        (InteractionEvent::Register, SignInMode::SignIn) => (
            "Creating accounts is switched off. Sign in with an existing account.",
            "Registration is switched off",
            "The sign-in mode is `SignIn`, so nobody can create an account. Change it under Sign-in experience.",
        ),
        (InteractionEvent::SignIn, SignInMode::Register) => (
            "Signing in is switched off. Create an account.",
            "Sign-in is switched off",
            "The sign-in mode is `Register`, so nobody can sign in with an existing account. Change it under Sign-in experience.",
        ),
        _ => return Ok(()),
    };
    refuse(
        ApiError::forbidden(message).hidden(format!("signInMode is {mode:?}")),
        Because::new("experience.mode", Outcome::Refused, title, detail, "Logto 4.4").input(format!("signInMode={mode:?}")),
    )
}

/// 422 `session.not_supported_for_forgot_password` unless a password may be reset by this kind of code (sheet 5.1,
/// `forgotPasswordMethods`).
pub(super) fn guard_reset(cx: &mut Cx<'_>, identifier: &Identifier) -> Result<(), Stop> {
    if sign_in_experience(cx)?.replaces_password_by(identifier.kind) {
        return Ok(());
    }
    let words = kind_with_article(identifier.kind);
    refuse(
        ApiError::record_not_supported_for_forgot_password().hidden(format!("forgotPasswordMethods lists no code to {words}")),
        Because::new(
            "experience.identification",
            Outcome::Refused,
            format!("A code to {words} resets no password here"),
            "`forgotPasswordMethods` lists the ways to replace a forgotten password, and this is none of them. A fresh installation lists none. Change it under Sign-in experience.",
            "Logto 5.1",
        )
        .input(words),
    )
}

/// 422 `session.sso_enabled` when an e-mail identifier is of an enterprise connector's domain (sheet 6.5).
pub(super) fn guard_sso_domain(cx: &mut Cx<'_>, identifier: &Identifier) -> Result<(), Stop> {
    if identifier.kind != IdentifierKind::Email || !sign_in_experience(cx)?.single_sign_on_enabled {
        return Ok(());
    }
    let Some(domain) = email_domain(&identifier.value) else {
        return Ok(());
    };
    let connectors: Vec<Value> = connectors_of_domain(cx, &domain)?
        .iter()
        .map(|connector| sso_connector(connector))
        .collect();
    if connectors.is_empty() {
        return Ok(());
    }
    refuse(
        ApiError::sso_enabled(&connectors).hidden(format!("{domain} is a domain of an enterprise connector")),
        Because::new(
            "experience.sso_domain",
            Outcome::Refused,
            "This e-mail domain signs in through single sign-on",
            format!(
                "`{domain}` belongs to an enterprise connector, so a password or a code is not accepted. The page goes on to the connector, or lets the person choose where there are several."
            ),
            "Logto 6.5",
        )
        .input(identifier.value.clone()),
    )
}

/// The enterprise connectors that an address with this (lower-case) domain signs in through.
///
/// # Errors
/// When the store fails.
pub(super) fn connectors_of_domain(cx: &Cx<'_>, domain: &str) -> Result<Vec<Arc<Connector>>, StoreError> {
    let mut connectors = cx.list::<Connector>(MAX_CONNECTORS)?;
    connectors.retain(|connector| connector.serves_domain(domain));
    Ok(connectors)
}

/// The identifiers in a pending profile.
fn identifiers(profile: &Map<String, Value>) -> Vec<Identifier> {
    [
        ("username", IdentifierKind::Username),
        ("primaryEmail", IdentifierKind::Email),
        ("primaryPhone", IdentifierKind::Phone),
    ]
    .into_iter()
    .filter_map(|(member, kind)| {
        let value = profile.get(member)?.as_str()?.to_owned();
        Some(Identifier { kind, value })
    })
    .collect()
}

/// 422 `user.*_already_in_use` when a pending identifier is somebody else's.
pub(super) fn guard_unique(cx: &mut Cx<'_>, profile: &Map<String, Value>, own: Option<&User>) -> Result<(), Stop> {
    for identifier in identifiers(profile) {
        let Some(holder) = find_user(cx, &identifier)? else {
            continue;
        };
        if own.is_some_and(|own| own.id == holder.id) {
            continue;
        }
        let error = match identifier.kind {
            IdentifierKind::Username => ApiError::username_already_in_use(),
            IdentifierKind::Email => ApiError::email_already_in_use(),
            IdentifierKind::Phone => ApiError::phone_already_in_use(),
        };
        let words = kind_words(identifier.kind);
        return refuse(
            error.hidden(format!(
                "{words} {} belongs to {} ({})",
                identifier.value,
                holder.display_name(),
                holder.id
            )),
            Because::new(
                "experience.unique",
                Outcome::Refused,
                format!("The {words} is taken"),
                format!(
                    "`{}` belongs to {}. Every {words} is unique.",
                    identifier.value,
                    holder.display_name()
                ),
                "Logto 4.4",
            )
            .input(identifier.value),
        );
    }
    Ok(())
}

/// 422 `user.*_exists_in_profile` when the person already has what the pending profile would set.
pub(super) fn guard_not_set(user: &User, profile: &Map<String, Value>) -> Result<(), Stop> {
    let (error, words) = if profile.contains_key("username") && user.username.is_some() {
        (ApiError::username_exists_in_profile(), "username")
    } else if profile.contains_key("primaryEmail") && user.primary_email.is_some() {
        (ApiError::email_exists_in_profile(), "e-mail address")
    } else if profile.contains_key("primaryPhone") && user.primary_phone.is_some() {
        (ApiError::phone_exists_in_profile(), "phone number")
    } else if profile.contains_key("passwordEncrypted") && user.password_encrypted.is_some() {
        (ApiError::password_exists_in_profile(), "password")
    } else {
        return Ok(());
    };
    refuse(
        error.hidden(format!("{} ({}) already has a {words}", user.display_name(), user.id)),
        Because::new(
            "experience.already_set",
            Outcome::Refused,
            format!("{} already has this: {words}", user.display_name()),
            format!("A sign-in can only add what is missing. It never replaces the {words} of an existing account."),
            "Logto 4.5",
        ),
    )
}

/// What registration asks for that neither the pending profile nor the person has, in Logto's order and names
/// (sheet 4.4): ⊆ {`username`, `emailOrPhone`, `email`, `phone`, `password`}.
#[must_use]
pub fn missing_profile(experience: &SignInExperience, profile: &Map<String, Value>, user: Option<&User>) -> Vec<&'static str> {
    let has = |member: &str, own: fn(&User) -> &Option<String>| {
        profile.get(member).is_some_and(|v| !v.is_null()) || user.is_some_and(|u| own(u).is_some())
    };
    let email = has("primaryEmail", |u| &u.primary_email);
    let phone = has("primaryPhone", |u| &u.primary_phone);
    let asked = |kind| experience.sign_up.identifiers.contains(&kind);
    // [email, phone] as primary identifiers ask for either.
    let primary = [
        (asked(IdentifierKind::Username), SignUpIdentifier::Username),
        (
            asked(IdentifierKind::Email) && asked(IdentifierKind::Phone),
            SignUpIdentifier::EmailOrPhone,
        ),
        (
            asked(IdentifierKind::Email) && !asked(IdentifierKind::Phone),
            SignUpIdentifier::Email,
        ),
        (
            asked(IdentifierKind::Phone) && !asked(IdentifierKind::Email),
            SignUpIdentifier::Phone,
        ),
    ];
    let primary = primary.into_iter().filter(|(asked, _)| *asked).map(|(_, identifier)| identifier);
    let secondary = experience
        .sign_up
        .secondary_identifiers
        .iter()
        .map(|secondary| secondary.identifier);
    let mut missing = Vec::new();
    for identifier in primary.chain(secondary) {
        let (there, name) = match identifier {
            SignUpIdentifier::Username => (has("username", |u| &u.username), "username"),
            SignUpIdentifier::Email => (email, "email"),
            SignUpIdentifier::Phone => (phone, "phone"),
            SignUpIdentifier::EmailOrPhone => (email || phone, "emailOrPhone"),
        };
        if !there && !missing.contains(&name) {
            missing.push(name);
        }
    }
    if experience.sign_up.password {
        // A social identity stands in for a password.
        let social = user.is_some_and(|u| !u.identities.is_empty()) || profile.contains_key(SOCIAL) || profile.contains_key(ENTERPRISE);
        if !social && !has("passwordEncrypted", |u| &u.password_encrypted) {
            missing.push("password");
        }
    }
    missing
}

/// 422 `user.missing_profile` when something mandatory is missing.
pub(super) fn guard_mandatory(
    cx: &mut Cx<'_>,
    profile: &Map<String, Value>,
    user: Option<&User>,
    spared: Option<Spared>,
) -> Result<(), Stop> {
    let mut missing = missing_profile(&sign_in_experience(cx)?, profile, user);
    if let Some(spared) = spared
        && !missing.is_empty()
    {
        let (why, source) = match spared {
            Spared::Everything => ("Whoever signs in through single sign-on is asked for nothing more.", "Logto 4.4"),
            Spared::Identifiers => ("`skipRequiredIdentifiers` is on for social sign-in.", "Logto 4.4"),
        };
        cx.because(
            Because::new(
                "experience.mandatory_profile",
                Outcome::Decided,
                "The mandatory profile was not asked for",
                format!("Sign-up asks for more than this account has (`{}`). {why}", missing.join(", ")),
                source,
            )
            .input(missing.join(", ")),
        );
        missing.clear();
    }
    if spared != Some(Spared::Everything) && extra_profile::is_missing(cx, profile, user)? {
        missing.push("extraProfile");
    }
    let Some(&first) = missing.first() else {
        return Ok(());
    };
    let list = missing.join(", ");
    let page = if first == "extraProfile" { "extra-profile" } else { first };
    cx.trail.patch.waiting_for = Some(format!("waiting for the person to fill in: {list}").into());
    cx.trail.patch.waiting_on = Some(crate::live::Lane::Experience);
    refuse(
        ApiError::missing_profile(&missing).hidden(format!("missing: {list}")),
        Because::new(
            "experience.mandatory_profile",
            Outcome::Refused,
            "The profile is not complete",
            format!("Sign-up asks for more than this account has. Missing: `{list}`. The page goes to `/continue/{page}` and asks for it."),
            "Logto 4.4",
        )
        .input(list),
    )
}
