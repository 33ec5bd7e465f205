//! What submission asks for (sheet 4.4 and 4.6): the factor that the person has, then the one they should have.

use crate::because::{Because, Outcome};
use crate::experience::ApiError;
use crate::experience::identifier::index_entry;
use crate::experience::identities;
use crate::experience::ruling::{Stop, refuse, sign_in_experience};
use crate::experience::submission::chosen_without_proof;
use crate::live::Lane;
use crate::model::{Mfa, MfaFactor, MfaPolicy, OrganizationRequiredMfaPolicy, SignInExperience, User};
use crate::oidc::organizations;
use crate::oidc::scopes::Holder;
use crate::port::{Cx, StoreError};
use crate::record::{Identifier, IdentifierKind, Interaction, InteractionEvent, InteractionResult, VerificationRecord};
use serde_json::{Map, Value, json};

/// The factors with which this person can prove themselves, in Logto's order: those that are switched on and usable.
/// An e-mail address or phone number of their own is one where codes to it are a factor.
pub(super) fn usable_factors(mfa: &Mfa, user: &User) -> Vec<MfaFactor> {
    let has = |factor: MfaFactor| match factor {
        MfaFactor::EmailVerificationCode => user.primary_email.is_some(),
        MfaFactor::PhoneVerificationCode => user.primary_phone.is_some(),
        MfaFactor::WebAuthn | MfaFactor::Totp | MfaFactor::BackupCode => {
            user.mfa_verifications.iter().any(|own| own.factor() == factor && own.is_usable())
        }
    };
    let usable = |factor: &MfaFactor| mfa.factors.contains(factor) && has(*factor);
    MfaFactor::ALL.into_iter().filter(usable).collect()
}

/// The same with what this interaction adds: bound factors, an address or number in the pending profile.
pub(super) fn session_factors(mfa: &Mfa, user: &User, result: &InteractionResult) -> Vec<MfaFactor> {
    let own = usable_factors(mfa, user);
    let bound = result.mfa.bound();
    let pending = |member: &str| result.profile.get(member).is_some_and(|value| !value.is_null());
    let has = |factor: &MfaFactor| {
        own.contains(factor)
            || mfa.factors.contains(factor)
                && match factor {
                    MfaFactor::EmailVerificationCode => pending("primaryEmail"),
                    MfaFactor::PhoneVerificationCode => pending("primaryPhone"),
                    MfaFactor::WebAuthn | MfaFactor::Totp | MfaFactor::BackupCode => bound.contains(factor),
                }
    };
    MfaFactor::ALL.into_iter().filter(has).collect()
}

/// `mf****@example.com`, as Logto shows it: the first four characters where there are more.
fn mask_email(email: &str) -> String {
    let (name, domain) = email.rsplit_once('@').unwrap_or((email, ""));
    let shown: String = if name.chars().count() > 4 {
        name.chars().take(4).collect()
    } else {
        String::new()
    };
    format!("{shown}****@{domain}")
}

/// `****1234`, as Logto shows it.
fn mask_phone(phone: &str) -> String {
    let skipped = phone.chars().count().saturating_sub(4);
    let shown: String = if skipped > 0 {
        phone.chars().skip(skipped).collect()
    } else {
        String::new()
    };
    format!("****{shown}")
}

fn masked(user: &User, factors: &[MfaFactor]) -> Value {
    let mut shown = Map::new();
    for (factor, text) in [
        (MfaFactor::EmailVerificationCode, user.primary_email.as_deref().map(mask_email)),
        (MfaFactor::PhoneVerificationCode, user.primary_phone.as_deref().map(mask_phone)),
    ] {
        if let Some(text) = text.filter(|_| factors.contains(&factor)) {
            shown.insert(factor.name().to_owned(), Value::String(text));
        }
    }
    Value::Object(shown)
}

fn names(factors: &[MfaFactor]) -> String {
    factors.iter().map(|factor| factor.name()).collect::<Vec<_>>().join(", ")
}

/// Why a sign-in is not asked for second factors at all.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Exemption {
    /// Development sign-in: nothing is proven anyway.
    Development,
    /// A passkey is something one has, unlocked by something one is or knows.
    Passkey,
    /// Single sign-on: the company's provider has asked for what the company wants.
    EnterpriseSso,
}

fn exemption(cx: &Cx<'_>, interaction: &Interaction, user: &User) -> Result<Option<Exemption>, StoreError> {
    if chosen_without_proof(cx, interaction)? {
        return Ok(Some(Exemption::Development));
    }
    let passkey =
        |record: &VerificationRecord| matches!(record, VerificationRecord::SignInPasskey { user_id: Some(id), .. } if *id == user.id);
    let records = &interaction.result.verification_records;
    if records.iter().any(passkey) {
        return Ok(Some(Exemption::Passkey));
    }
    let enterprise = |record: &VerificationRecord| match record {
        VerificationRecord::EnterpriseSso(record) => identities::is_of(record, interaction, user),
        _ => false,
    };
    Ok(records.iter().any(enterprise).then_some(Exemption::EnterpriseSso))
}

fn exempted(cx: &mut Cx<'_>, exemption: Exemption, title: &'static str, asked: &str) {
    let (why, source) = match exemption {
        Exemption::Development => (
            "Development sign-in lets that pass, because it proves nothing anyway.",
            "Vestibule development sign-in",
        ),
        Exemption::Passkey => (
            "The sign-in was with a passkey, which is two factors in one: the device, and what unlocks it.",
            "Logto 4.6",
        ),
        Exemption::EnterpriseSso => (
            "The sign-in was through single sign-on, where the company's own provider asks for what the company wants.",
            "Logto 4.6",
        ),
    };
    cx.because(Because::new(
        "experience.second_factor",
        Outcome::Decided,
        title,
        format!("{asked} {why}"),
        source,
    ));
}

/// Whether a record proves one of these factors of this person.
fn proves(record: &VerificationRecord, factors: &[MfaFactor], user: &User) -> bool {
    let same = |identifier: &Identifier, own: Option<&String>| {
        own.is_some_and(|own| {
            let own = Identifier {
                kind: identifier.kind,
                value: own.clone(),
            };
            index_entry(identifier).is_some() && index_entry(identifier) == index_entry(&own)
        })
    };
    let own = match record {
        VerificationRecord::Totp { user_id, .. } | VerificationRecord::BackupCode { user_id, .. } => *user_id == user.id,
        VerificationRecord::WebAuthn(record) => record.user_id == user.id,
        VerificationRecord::MfaEmailVerificationCode(code) => {
            code.identifier.kind == IdentifierKind::Email && same(&code.identifier, user.primary_email.as_ref())
        }
        VerificationRecord::MfaPhoneVerificationCode(code) => {
            code.identifier.kind == IdentifierKind::Phone && same(&code.identifier, user.primary_phone.as_ref())
        }
        _ => false,
    };
    own && record.is_verified() && !record.is_new_factor() && record.factor().is_some_and(|factor| factors.contains(&factor))
}

/// 403 `session.mfa.require_mfa_verification` while a person with second factors has proven none.
pub(in crate::experience) fn guard_verified(cx: &mut Cx<'_>, interaction: &Interaction, user: &User) -> Result<(), Stop> {
    let mfa = sign_in_experience(cx)?.mfa;
    let mut factors = usable_factors(&mfa, user);
    // A used-up code was the last one: it still proves what it proved when it was used.
    let result = &interaction.result;
    let spent = |record: &VerificationRecord| matches!(record, VerificationRecord::BackupCode { codes, .. } if codes.is_empty());
    if factors.is_empty() {
        return Ok(());
    }
    let offered = factors.clone();
    let records = || result.verification_records.iter().chain(&result.set_aside);
    if mfa.factors.contains(&MfaFactor::BackupCode) && records().any(spent) {
        factors.push(MfaFactor::BackupCode);
    }
    if let Some(record) = records().find(|record| proves(record, &factors, user)) {
        cx.because(
            Because::new(
                "experience.second_factor",
                Outcome::Passed,
                "A second factor was proven",
                "The person has second factors, and this sign-in has a verification of one of them.",
                "Logto 4.6",
            )
            .input(record.kind()),
        );
        return Ok(());
    }
    let list = names(&offered);
    if user.logto_config.mfa.skip_mfa_on_sign_in == Some(true) && mfa.policy != MfaPolicy::Mandatory {
        cx.because(
            Because::new(
                "experience.second_factor",
                Outcome::Decided,
                "The second factor was not asked for",
                "The person has switched the question off (`skipMfaOnSignIn`), and the policy is not `Mandatory`.",
                "Logto 4.6",
            )
            .input(list),
        );
        return Ok(());
    }
    // Only whom this very interaction created has nothing to prove; changing the event to `Register` is not enough.
    if result.interaction_event == Some(InteractionEvent::Register) && result.registered {
        return Ok(());
    }
    if let Some(exemption) = exemption(cx, interaction, user)? {
        exempted(
            cx,
            exemption,
            "The second factor was not asked for",
            &format!("{} has second factors ({list}).", user.display_name()),
        );
        return Ok(());
    }
    cx.trail.patch.waiting_for = Some("waiting for a second factor".into());
    cx.trail.patch.waiting_on = Some(Lane::Experience);
    let mut data = ApiError::factors(&offered);
    data["maskedIdentifiers"] = masked(user, &offered);
    refuse(
        ApiError::require_mfa_verification(data).hidden(format!("usable factors: {list}")),
        Because::new(
            "experience.second_factor",
            Outcome::Refused,
            "A second factor has to be proven",
            format!(
                "{} has second factors that are switched on, so the first one is not enough. The page goes to `/mfa-verification` and offers: {list}.",
                user.display_name()
            ),
            "Logto 4.6",
        )
        .input(list),
    )
}

/// What submission asks for beyond what the person has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Demand {
    /// Whether to turn second factors on (422 `user.suggest_mfa`).
    Suggest,
    /// One of these factors (422 `user.missing_mfa`).
    Missing {
        /// In Logto's order, without backup codes.
        available: Vec<MfaFactor>,
        /// Whether the person may decline.
        skippable: bool,
    },
    /// One more, because those there are sign people in as well (422 `session.mfa.suggest_additional_mfa`).
    SuggestAnother {
        /// In Logto's order, without backup codes.
        available: Vec<MfaFactor>,
        /// Whether a passkey is among those that sign in.
        passkey_signs_in: bool,
    },
    /// Backup codes (422 `session.mfa.backup_code_required`).
    BackupCodes,
}

/// What submission asks for (sheet 4.6), or whether second factors count as turned on from now. `organization_requires`
/// says whether an organization of the person requires a second factor and the experience honours that.
///
/// # Errors
/// What is asked for.
pub fn demand(experience: &SignInExperience, user: &User, result: &InteractionResult, organization_requires: bool) -> Result<bool, Demand> {
    let mfa = &experience.mfa;
    // Changing the event to `Register` makes nobody new.
    let registering = result.interaction_event == Some(InteractionEvent::Register) && result.registered;
    let only_at_sign_in = matches!(mfa.policy, MfaPolicy::PromptOnlyAtSignIn | MfaPolicy::PromptOnlyAtSignInMandatory);
    if mfa.factors.is_empty() || registering && only_at_sign_in || mfa.policy == MfaPolicy::NoPrompt && !organization_requires {
        return Ok(false);
    }
    let compulsory = mfa.policy.is_compulsory() || organization_requires;
    let own = user.logto_config.mfa;
    if !compulsory && (result.mfa.mfa_skipped || own.skipped == Some(true)) {
        return Ok(false);
    }
    let linked = session_factors(mfa, user, result);
    let mut turned_on = false;
    if !compulsory {
        let enabled = if result.mfa.mfa_enabled { Some(true) } else { own.enabled };
        match enabled {
            // Before the question was ever asked, having a factor answers it.
            None if linked.is_empty() => return Err(Demand::Suggest),
            None => turned_on = true,
            Some(false) => return Err(Demand::Suggest),
            Some(true) => {}
        }
    }
    let configured = |factor: &MfaFactor| *factor != MfaFactor::BackupCode && mfa.factors.contains(factor);
    let available: Vec<MfaFactor> = MfaFactor::ALL.into_iter().filter(configured).collect();
    if !available.iter().any(|factor| linked.contains(factor)) {
        return Err(Demand::Missing {
            available,
            skippable: !compulsory,
        });
    }
    if suggests_another(experience, user, result, &linked, &available) {
        return Err(Demand::SuggestAnother {
            passkey_signs_in: experience.passkey_sign_in.enabled == Some(true) && linked.contains(&MfaFactor::WebAuthn),
            available,
        });
    }
    if mfa.factors.contains(&MfaFactor::BackupCode) && !linked.contains(&MfaFactor::BackupCode) {
        return Err(Demand::BackupCodes);
    }
    Ok(turned_on)
}

/// Whether all the person's factors also sign people in, and another is there to be had.
fn suggests_another(
    experience: &SignInExperience,
    user: &User,
    result: &InteractionResult,
    linked: &[MfaFactor],
    available: &[MfaFactor],
) -> bool {
    if result.mfa.additional_binding_suggestion_skipped || user.logto_config.mfa.additional_binding_suggestion_skipped == Some(true) {
        return false;
    }
    let asked_for = |kind: IdentifierKind| experience.sign_up.asks_for(kind);
    let signs_in = |factor: &MfaFactor| match factor {
        MfaFactor::EmailVerificationCode => asked_for(IdentifierKind::Email),
        MfaFactor::PhoneVerificationCode => asked_for(IdentifierKind::Phone),
        MfaFactor::WebAuthn => experience.passkey_sign_in.enabled == Some(true),
        MfaFactor::Totp | MfaFactor::BackupCode => false,
    };
    available.iter().any(|factor| !linked.contains(factor)) && linked.iter().all(signs_in)
}

/// The name of an organization of the person that requires a second factor, where the experience honours that (sheet 4.6).
fn demanding_organization(cx: &Cx<'_>, experience: &SignInExperience, user: &User) -> Result<Option<String>, StoreError> {
    if experience.mfa.organization_required_mfa_policy != Some(OrganizationRequiredMfaPolicy::Mandatory) {
        return Ok(None);
    }
    let memberships = organizations::memberships(cx, Holder::User(user.id.as_str()))?;
    let demanding = memberships.iter().find(|m| m.organization.is_mfa_required);
    Ok(demanding.map(|m| m.organization.name.clone()))
}

/// 422 when [`demand`] asks for something; otherwise notes what the person has decided by having a factor.
pub(in crate::experience) fn guard_fulfilled(cx: &mut Cx<'_>, interaction: &mut Interaction, user: &User) -> Result<(), Stop> {
    let experience = sign_in_experience(cx)?;
    let organization = demanding_organization(cx, &experience, user)?;
    let demand = match demand(&experience, user, &interaction.result, organization.is_some()) {
        Ok(turned_on) => {
            interaction.result.mfa.mfa_enabled |= turned_on;
            return Ok(());
        }
        Err(demand) => demand,
    };
    let policy = match &organization {
        Some(name) => format!("{:?}, and {name} requires a second factor of its members", experience.mfa.policy),
        None => format!("{:?}", experience.mfa.policy),
    };
    if let Some(exemption) = exemption(cx, interaction, user)? {
        let asked = format!("The policy is `{policy}`, and a page would ask {} for more.", user.display_name());
        exempted(cx, exemption, "No second factor was asked for", &asked);
        return Ok(());
    }
    let (error, title, detail) = match &demand {
        Demand::Suggest => (
            ApiError::suggest_mfa(),
            "The person is asked whether they want a second factor",
            "The page goes to `/mfa-onboarding` and answers with `mfa-enabled` or `mfa-skipped`.".to_owned(),
        ),
        Demand::Missing { available, skippable } => {
            let mut data = ApiError::factors(available);
            if *skippable {
                data["skippable"] = Value::Bool(true);
            }
            (
                ApiError::missing_mfa(data),
                "A second factor is missing",
                format!(
                    "The page goes to `/mfa-binding` and offers: {}. {}",
                    names(available),
                    if *skippable {
                        "The person may skip it."
                    } else {
                        "It can't be skipped."
                    }
                ),
            )
        }
        Demand::SuggestAnother {
            available,
            passkey_signs_in,
        } => {
            let linked = session_factors(&experience.mfa, user, &interaction.result);
            (
                ApiError::suggest_additional_mfa(json!({
                    "availableFactors": available,
                    "maskedIdentifiers": masked(user, &linked),
                    "isWebAuthnUsedAsSignInPasskey": passkey_signs_in,
                    "skippable": true,
                    "suggestion": true,
                })),
                "Another second factor is suggested",
                format!(
                    "All the person has ({}) also signs people in, which makes it a weak second factor. The page offers another, or answers with `mfa-suggestion-skipped`.",
                    names(&linked)
                ),
            )
        }
        Demand::BackupCodes => (
            ApiError::backup_code_required(),
            "Backup codes are missing",
            "Backup codes are switched on, and whoever has a second factor gets them for the day it is lost. The page goes to `/mfa-binding/BackupCode`."
                .to_owned(),
        ),
    };
    cx.trail.patch.waiting_for = Some("waiting for the person to decide on a second factor".into());
    cx.trail.patch.waiting_on = Some(Lane::Experience);
    refuse(
        error.hidden(format!("policy {policy}")),
        Because::new("experience.mfa_policy", Outcome::Refused, title, detail, "Logto 4.6").input(policy),
    )
}

/// 422 `user.passkey_preferred` when passkeys sign people in and this person has none and has not declined.
pub(in crate::experience) fn guard_passkey_offer(cx: &mut Cx<'_>, interaction: &Interaction, user: &User) -> Result<(), Stop> {
    let result = &interaction.result;
    if sign_in_experience(cx)?.passkey_sign_in.enabled != Some(true)
        || result.mfa.passkey_skipped
        || user.logto_config.passkey_sign_in.skipped == Some(true)
        || !result.mfa.web_authn.is_empty()
        || user.mfa_verifications.iter().any(|mfa| mfa.factor() == MfaFactor::WebAuthn)
    {
        return Ok(());
    }
    if let Some(exemption) = exemption(cx, interaction, user)? {
        exempted(
            cx,
            exemption,
            "No passkey was offered",
            "Passkey sign-in is on, and the person has none.",
        );
        return Ok(());
    }
    cx.trail.patch.waiting_for = Some("waiting for the person to decide on a passkey".into());
    cx.trail.patch.waiting_on = Some(Lane::Experience);
    refuse(
        ApiError::passkey_preferred(),
        Because::new(
            "experience.passkey_offer",
            Outcome::Refused,
            "The person is offered a passkey",
            "Passkey sign-in is on, and the person has none. The page goes to `/create-passkey`, which binds one or answers with `passkey-skipped`.",
            "Logto 4.6",
        )
        .input(user.id.0.clone()),
    )
}

/// 400 `session.mfa.mfa_factor_not_enabled` unless people may have this factor. A passkey that signs in may be made
/// although passkeys are no second factor.
pub(in crate::experience) fn guard_available(cx: &mut Cx<'_>, factor: MfaFactor) -> Result<(), Stop> {
    let experience = sign_in_experience(cx)?;
    let signs_in = factor == MfaFactor::WebAuthn && experience.passkey_sign_in.enabled == Some(true);
    if experience.mfa.factors.contains(&factor) || signs_in {
        return Ok(());
    }
    refuse(
        ApiError::mfa_factor_not_enabled("This second factor is switched off. Use another one.")
            .hidden(format!("{} is not among mfa.factors", factor.name())),
        Because::new(
            "experience.mfa_factor",
            Outcome::Refused,
            "This second factor is switched off",
            format!(
                "`{}` is not among the factors of the sign-in experience. Switch it on there.",
                factor.name()
            ),
            "Logto 4.6",
        )
        .input(factor.name()),
    )
}
