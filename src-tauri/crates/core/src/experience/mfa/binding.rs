//! Binding second factors and deciding about them (sheet 4.5). What is bound waits in the interaction; submission
//! gives it to the account.

use super::owner;
use super::policy::{guard_available, guard_verified, session_factors};
use super::totp::pending;
use crate::because::{Because, Outcome};
use crate::entropy::id21;
use crate::experience::ApiError;
use crate::experience::interaction::{another, record_by_id};
use crate::experience::profile::add_identifier;
use crate::experience::ruling::{Ruling, Stop, answer, begun, decide, refuse, save, sign_in_experience};
use crate::ids::InteractionId;
use crate::model::{BackupCode, MfaFactor, MfaVerification, Passkey, User};
use crate::port::{Cx, StoreError};
use crate::record::{IdentifierKind, Interaction, InteractionEvent, PendingTotp, VerificationRecord};
use std::sync::Arc;

/// Most passkeys of one person; each is looked through at every use.
const MAX_PASSKEYS: usize = 50;

/// `POST /profile/mfa {type, verificationId}`.
#[derive(Clone, Debug)]
pub struct MfaBinding {
    /// Which factor.
    pub factor: MfaFactor,
    /// What proves it.
    pub verification_id: String,
}

/// The interaction of somebody who may change their factors: not a password reset, and their own factors are proven.
fn open(cx: &mut Cx<'_>, interaction_id: &InteractionId) -> Result<(Interaction, Arc<User>), Stop> {
    let (interaction, event) = begun(cx, interaction_id)?;
    if event == InteractionEvent::ForgotPassword {
        return refuse(
            ApiError::not_supported_for_forgot_password(),
            Because::new(
                "experience.second_factor",
                Outcome::Refused,
                "A password reset changes no second factor",
                "Only `PUT /api/experience/profile/password` belongs to a password reset.",
                "Logto 4.5",
            ),
        );
    }
    let user = owner(cx, &interaction)?;
    guard_verified(cx, &interaction, &user)?;
    Ok((interaction, user))
}

fn done(cx: &mut Cx<'_>, interaction: &Interaction, user: &User, title: String, detail: &'static str) -> Result<(), Stop> {
    save(cx, interaction)?;
    let name = user.display_name();
    cx.because(Because::new("experience.second_factor", Outcome::Decided, title.clone(), detail, "Logto 4.5").input(user.id.0.clone()));
    answer(
        cx,
        "204 noted",
        "deciding on second factors",
        format!("{name} · {}", lower_first(&title)),
    );
    Ok(())
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

const WAITS: &str = "It waits in the interaction and reaches the account when the page submits.";

/// `POST /profile/mfa` → 204: binds a factor, and turns second factors on.
///
/// # Errors
/// [`StoreError`]. Refuses with 400 `session.not_supported_for_forgot_password`, `session.mfa.mfa_factor_not_enabled`,
/// `session.verification_failed`, `session.mfa.pending_info_not_found`, 403
/// `session.mfa.require_mfa_verification`, 404 `session.identifier_not_found`,
/// `session.verification_session_not_found`, 422 `user.totp_already_in_use`,
/// `session.mfa.backup_code_can_not_be_alone`, and for an address as
/// [`add_profile`](crate::experience::add_profile).
pub fn add_mfa_factor(cx: &mut Cx<'_>, interaction_id: &InteractionId, binding: &MfaBinding) -> Ruling<()> {
    decide(cx, Some("bind a second factor".into()), |cx| {
        let (mut interaction, user) = open(cx, interaction_id)?;
        guard_available(cx, binding.factor)?;
        let id = &binding.verification_id;
        match binding.factor {
            MfaFactor::Totp => bind_totp(&mut interaction, &user, id)?,
            MfaFactor::WebAuthn => bind_passkey(cx, &mut interaction, &user, id)?,
            MfaFactor::BackupCode => bind_backup_codes(cx, &mut interaction, &user, id)?,
            MfaFactor::EmailVerificationCode => add_identifier(cx, &mut interaction, Some(&user), IdentifierKind::Email, id)?,
            MfaFactor::PhoneVerificationCode => add_identifier(cx, &mut interaction, Some(&user), IdentifierKind::Phone, id)?,
        }
        interaction.result.mfa.mfa_enabled = true;
        done(cx, &interaction, &user, format!("{} was added", words(binding.factor)), WAITS)
    })
}

/// What a sentence calls a factor.
const fn words(factor: MfaFactor) -> &'static str {
    match factor {
        MfaFactor::WebAuthn => "A passkey",
        MfaFactor::Totp => "An authenticator app",
        MfaFactor::PhoneVerificationCode => "A phone number",
        MfaFactor::EmailVerificationCode => "An e-mail address",
        MfaFactor::BackupCode => "Backup codes",
    }
}

/// `POST /profile/mfa/passkey` → 204: binds a passkey that signs in.
///
/// # Errors
/// As [`add_mfa_factor`] with `WebAuthn`.
pub fn add_passkey(cx: &mut Cx<'_>, interaction_id: &InteractionId, verification_id: &str) -> Ruling<()> {
    decide(cx, Some("add a passkey".into()), |cx| {
        let (mut interaction, user) = open(cx, interaction_id)?;
        guard_available(cx, MfaFactor::WebAuthn)?;
        bind_passkey(cx, &mut interaction, &user, verification_id)?;
        done(cx, &interaction, &user, "A passkey was added".to_owned(), WAITS)
    })
}

/// 400: the record is there, and proves nothing yet.
fn unproven<T>() -> Result<T, Stop> {
    refuse(
        ApiError::verification_failed(),
        Because::new(
            "experience.verification_record",
            Outcome::Refused,
            "The new factor is not proven yet",
            "The page verifies it before it binds it.",
            "Logto 4.3",
        ),
    )
}

fn bind_totp(interaction: &mut Interaction, user: &User, id: &str) -> Result<(), Stop> {
    let (secret, time_step) = match record_by_id(interaction, id)? {
        VerificationRecord::Totp {
            user_id,
            secret,
            time_step,
            ..
        } if user_id == user.id => (secret, time_step),
        other => return another(&other),
    };
    let Some(time_step) = time_step else {
        return unproven();
    };
    let Some(secret) = secret else {
        return pending();
    };
    guard_one_app(user)?;
    interaction.result.mfa.totp = Some(PendingTotp { secret, time_step });
    Ok(())
}

/// 422 `user.totp_already_in_use`.
fn guard_one_app(user: &User) -> Result<(), Stop> {
    if user.mfa_verifications.iter().all(|mfa| mfa.factor() != MfaFactor::Totp) {
        return Ok(());
    }
    refuse(
        ApiError::totp_already_in_use(),
        Because::new(
            "experience.second_factor",
            Outcome::Refused,
            "There is an authenticator app already",
            "A person has one. A sign-in can't replace it.",
            "Logto 4.5",
        )
        .input(user.id.0.clone()),
    )
}

fn bind_passkey(cx: &mut Cx<'_>, interaction: &mut Interaction, user: &User, id: &str) -> Result<(), Stop> {
    let record = match record_by_id(interaction, id)? {
        VerificationRecord::WebAuthn(record) if record.user_id == user.id => record,
        other => return another(&other),
    };
    if !record.verified {
        return unproven();
    }
    let Some(passkey) = record.passkey else {
        return pending();
    };
    guard_new_credential(cx, &passkey)?;
    let passkeys = &mut interaction.result.mfa.web_authn;
    passkeys.retain(|other| other.credential_id != passkey.credential_id);
    let own = user
        .mfa_verifications
        .iter()
        .filter(|mfa| mfa.factor() == MfaFactor::WebAuthn)
        .count();
    if own + passkeys.len() >= MAX_PASSKEYS {
        return refuse(
            ApiError::invalid_input(format!("a person has at most {MAX_PASSKEYS} passkeys")),
            Because::new(
                "experience.second_factor",
                Outcome::Refused,
                "There are too many passkeys",
                format!("A person has at most {MAX_PASSKEYS}."),
                "Vestibule",
            ),
        );
    }
    passkeys.push(passkey);
    Ok(())
}

/// 400 when the credential is somebody's already (WebAuthn section 7.1, step 26).
pub(super) fn guard_new_credential(cx: &mut Cx<'_>, passkey: &Passkey) -> Result<(), Stop> {
    if cx.find_ids(&passkey.index(), 1)?.is_empty() {
        return Ok(());
    }
    refuse(
        ApiError::webauthn_verification_failed().hidden("this credential is registered already"),
        Because::new(
            "experience.webauthn",
            Outcome::Refused,
            "This passkey is registered already",
            "A credential belongs to one account, so that it says whose it is.",
            "WebAuthn 7.1",
        ),
    )
}

fn bind_backup_codes(cx: &mut Cx<'_>, interaction: &mut Interaction, user: &User, id: &str) -> Result<(), Stop> {
    let codes = match record_by_id(interaction, id)? {
        VerificationRecord::BackupCode { user_id, codes, .. } if user_id == user.id => codes,
        other => return another(&other),
    };
    if codes.is_empty() {
        return pending();
    }
    let mfa = sign_in_experience(cx)?.mfa;
    let others = session_factors(&mfa, user, &interaction.result);
    if others.iter().all(|factor| *factor == MfaFactor::BackupCode) {
        return refuse(
            ApiError::backup_code_can_not_be_alone(),
            Because::new(
                "experience.second_factor",
                Outcome::Refused,
                "Backup codes can't be alone",
                "They stand in for another second factor when it is lost. The page binds one first.",
                "Logto 4.6",
            )
            .input(user.id.0.clone()),
        );
    }
    interaction.result.mfa.backup_code = Some(codes);
    Ok(())
}

/// `POST /profile/mfa/mfa-enabled` → 204: the person wants second factors.
///
/// # Errors
/// [`StoreError`]. Refuses with 400 `session.not_supported_for_forgot_password`, 403
/// `session.mfa.require_mfa_verification`, 404 `session.identifier_not_found`.
pub fn enable_mfa(cx: &mut Cx<'_>, interaction_id: &InteractionId) -> Ruling<()> {
    decide(cx, Some("turn second factors on".into()), |cx| {
        let (mut interaction, user) = open(cx, interaction_id)?;
        interaction.result.mfa.mfa_enabled = true;
        let title = "Second factors were turned on".to_owned();
        done(cx, &interaction, &user, title, "The next submission asks for one.")
    })
}

/// `POST /profile/mfa/mfa-skipped` → 204: the person does not want one, which is remembered.
///
/// # Errors
/// As [`enable_mfa`], and 422 `session.mfa.mfa_policy_not_user_controlled`.
pub fn skip_mfa(cx: &mut Cx<'_>, interaction_id: &InteractionId) -> Ruling<()> {
    decide(cx, Some("skip the second factor".into()), |cx| {
        let (mut interaction, user) = open(cx, interaction_id)?;
        let policy = sign_in_experience(cx)?.mfa.policy;
        if policy.is_compulsory() {
            return refuse(
                ApiError::mfa_policy_not_user_controlled(),
                Because::new(
                    "experience.mfa_policy",
                    Outcome::Refused,
                    "The second factor can't be skipped",
                    "The policy makes it everybody's duty. Change it under Sign-in experience.",
                    "Logto 4.6",
                )
                .input(format!("{policy:?}")),
            );
        }
        interaction.result.mfa.mfa_skipped = true;
        let title = "The second factor was skipped".to_owned();
        done(
            cx,
            &interaction,
            &user,
            title,
            "Submission remembers it: the person is not asked again.",
        )
    })
}

/// `POST /profile/mfa/mfa-suggestion-skipped` → 204: the person does not want another one.
///
/// # Errors
/// As [`enable_mfa`].
pub fn skip_additional_mfa(cx: &mut Cx<'_>, interaction_id: &InteractionId) -> Ruling<()> {
    decide(cx, Some("skip another factor".into()), |cx| {
        let (mut interaction, user) = open(cx, interaction_id)?;
        interaction.result.mfa.additional_binding_suggestion_skipped = true;
        let title = "Another second factor was skipped".to_owned();
        done(
            cx,
            &interaction,
            &user,
            title,
            "Submission remembers it: the person is not asked again.",
        )
    })
}

/// `POST /profile/mfa/passkey-skipped` → 204: the person does not want a passkey.
///
/// # Errors
/// As [`enable_mfa`].
pub fn skip_passkey(cx: &mut Cx<'_>, interaction_id: &InteractionId) -> Ruling<()> {
    decide(cx, Some("skip the passkey".into()), |cx| {
        let (mut interaction, user) = open(cx, interaction_id)?;
        interaction.result.mfa.passkey_skipped = true;
        let title = "The passkey was skipped".to_owned();
        done(
            cx,
            &interaction,
            &user,
            title,
            "Submission remembers it: the person is not asked again.",
        )
    })
}

/// Whether what was bound may still be given to the account: switched on, and nobody was faster (sheet 4.4).
pub(in crate::experience) fn guard_pending(cx: &mut Cx<'_>, interaction: &Interaction, user: &User) -> Result<(), Stop> {
    let pending = &interaction.result.mfa;
    for factor in pending.bound() {
        guard_available(cx, factor)?;
    }
    if pending.totp.is_some() {
        guard_one_app(user)?;
    }
    for passkey in &pending.web_authn {
        guard_new_credential(cx, passkey)?;
    }
    Ok(())
}

/// Gives the account what was bound and decided.
pub(in crate::experience) fn apply(cx: &Cx<'_>, interaction: &mut Interaction, account: &mut User) -> Result<bool, StoreError> {
    let pending = std::mem::take(&mut interaction.result.mfa);
    let changed = !pending.is_empty();
    if let Some(totp) = pending.totp {
        account.mfa_verifications.push(MfaVerification::Totp {
            id: id21(cx.entropy),
            created_at: cx.now,
            last_used_at: None,
            key: totp.secret,
            last_used_time_step: Some(totp.time_step),
        });
    }
    for passkey in pending.web_authn {
        account.mfa_verifications.push(MfaVerification::WebAuthn {
            id: id21(cx.entropy),
            created_at: cx.now,
            last_used_at: None,
            passkey,
        });
    }
    if let Some(codes) = pending.backup_code {
        account.mfa_verifications.retain(|mfa| mfa.factor() != MfaFactor::BackupCode);
        account.mfa_verifications.push(MfaVerification::BackupCode {
            id: id21(cx.entropy),
            created_at: cx.now,
            last_used_at: None,
            codes: codes.into_iter().map(|code| BackupCode { code, used_at: None }).collect(),
        });
    }
    let config = &mut account.logto_config;
    for (said, remembered) in [
        (pending.mfa_enabled, &mut config.mfa.enabled),
        (pending.mfa_skipped, &mut config.mfa.skipped),
        (
            pending.additional_binding_suggestion_skipped,
            &mut config.mfa.additional_binding_suggestion_skipped,
        ),
        (pending.passkey_skipped, &mut config.passkey_sign_in.skipped),
    ] {
        if said {
            *remembered = Some(true);
        }
    }
    Ok(changed)
}
