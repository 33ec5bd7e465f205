//! `POST /api/experience/profile` (sheet 4.5): fill in what is missing before submission.

use super::availability::{guard_not_set, guard_sso_domain, guard_unique};
use super::blocklist::guard_allowed;
use super::error::ApiError;
use super::extra_profile;
use super::identifier::{kind_words, profile_member};
use super::identities;
use super::interaction::record_by_id;
use super::mfa;
use super::password_policy::UserInfo;
use super::registration::{guard_password, guard_username_shape};
use super::ruling::{Ruling, Stop, answer, begun, decide, identified, refuse, save};
use crate::because::{Because, Outcome};
use crate::ids::InteractionId;
use crate::model::User;
use crate::port::Cx;
use crate::record::{IdentifierKind, Interaction, InteractionEvent, VerificationRecord};
use crate::secret::Secret;
use serde_json::{Map, Value};
use std::sync::Arc;

/// What to add.
#[derive(Clone, Debug)]
pub enum ProfileUpdate {
    /// `{type: username, value}`.
    Username(String),
    /// `{type: password, value}` after [`profile_password_check`]: the hash (PHC string) that the server made.
    Password {
        /// The hash.
        phc: String,
    },
    /// `{type: email, verificationId}`.
    Email {
        /// The verified code's record.
        verification_id: String,
    },
    /// `{type: phone, verificationId}`.
    Phone {
        /// The verified code's record.
        verification_id: String,
    },
    /// `{type: extraProfile, values}`: custom profile fields.
    ExtraProfile {
        /// By field.
        values: Map<String, Value>,
    },
    /// `{type: social, verificationId}`.
    Social {
        /// The social record.
        verification_id: String,
    },
}

/// First half of `POST /profile` with a password: does the policy accept it, and may this person set one? Reads only.
///
/// # Errors
/// [`StoreError`](crate::StoreError). Refuses with 422 `password.rejected`, 422 `user.password_exists_in_profile`, and
/// as [`add_profile`].
pub fn profile_password_check(cx: &mut Cx<'_>, interaction_id: &InteractionId, password: &Secret) -> Ruling<()> {
    decide(cx, Some("add a password".into()), |cx| {
        let (interaction, own) = open(cx, interaction_id, true)?;
        guard_password_not_set(own.as_deref())?;
        let pending = &interaction.result.profile;
        let text = |member: &str, own: Option<&String>| {
            let pending = pending.get(member).and_then(Value::as_str).map(str::to_owned);
            pending.or_else(|| own.cloned())
        };
        let own = own.as_deref();
        let info = UserInfo {
            name: text("name", own.and_then(|u| u.name.as_ref())),
            username: text("username", own.and_then(|u| u.username.as_ref())),
            email: text("primaryEmail", own.and_then(|u| u.primary_email.as_ref())),
            phone: text("primaryPhone", own.and_then(|u| u.primary_phone.as_ref())),
        };
        guard_password(cx, password, &info)
    })
}

/// `POST /profile` → 204: adds to the pending profile, which reaches the account at submission.
///
/// # Errors
/// [`StoreError`](crate::StoreError). Refuses with 400 `session.not_supported_for_forgot_password`, 404
/// `session.identifier_not_found` (signing in, nobody identified), 400 `guard.invalid_input` (username, profile fields), 422
/// `user.*_already_in_use`, 422 `user.*_exists_in_profile`, and for what needs a verification 404
/// `session.verification_session_not_found`, 400 `session.verification_failed`, 422 `session.sso_enabled`, and 403
/// `session.mfa.require_mfa_verification` for whoever has second factors and has proven none.
pub fn add_profile(cx: &mut Cx<'_>, interaction_id: &InteractionId, update: ProfileUpdate) -> Ruling<()> {
    let call = match &update {
        ProfileUpdate::Username(_) => Some("add a username"),
        // `profile_password_check` drew it.
        ProfileUpdate::Password { .. } => None,
        ProfileUpdate::Email { .. } => Some("add an e-mail address"),
        ProfileUpdate::Phone { .. } => Some("add a phone number"),
        ProfileUpdate::Social { .. } => Some("add a social identity"),
        ProfileUpdate::ExtraProfile { .. } => Some("fill in the profile fields"),
    };
    decide(cx, call.map(Into::into), |cx| {
        // Linking is staged before the second factor is proven; submission asks for it all the same (sheet 4.5).
        let proven = !matches!(update, ProfileUpdate::Social { .. });
        let (mut interaction, own) = open(cx, interaction_id, proven)?;
        let words = match update {
            ProfileUpdate::Username(username) => {
                guard_username_shape(cx, &username)?;
                let mut addition = Map::new();
                addition.insert("username".into(), Value::String(username.clone()));
                if let Some(own) = &own {
                    guard_not_set(own, &addition)?;
                }
                guard_unique(cx, &addition, own.as_deref())?;
                interaction.result.profile.append(&mut addition);
                "username"
            }
            ProfileUpdate::Password { phc } => {
                guard_password_not_set(own.as_deref())?;
                interaction.result.profile.insert("passwordEncrypted".into(), Value::String(phc));
                "password"
            }
            ProfileUpdate::Email { verification_id } => {
                add_identifier(cx, &mut interaction, own.as_deref(), IdentifierKind::Email, &verification_id)?;
                "e-mail address"
            }
            ProfileUpdate::Phone { verification_id } => {
                add_identifier(cx, &mut interaction, own.as_deref(), IdentifierKind::Phone, &verification_id)?;
                "phone number"
            }
            ProfileUpdate::Social { verification_id } => {
                let VerificationRecord::Social(record) = record_by_id(&interaction, &verification_id)? else {
                    return not_social();
                };
                identities::add(cx, &mut interaction, &record, own.as_deref())?;
                "social account"
            }
            ProfileUpdate::ExtraProfile { values } => {
                extra_profile::take(cx, &mut interaction.result.profile, own.as_deref(), &values)?;
                "profile"
            }
        };
        save(cx, &interaction)?;
        cx.because(Because::new(
            "experience.profile",
            Outcome::Decided,
            format!("The {words} was filled in"),
            "It waits in the interaction and reaches the account when the page submits.",
            "Logto 4.5",
        ));
        let who = own.map_or_else(|| "A new account".to_owned(), |u| u.display_name());
        answer(cx, "204 added", "filling in the profile", format!("{who} · {words} filled in"));
        Ok(())
    })
}

/// The interaction, ready for its profile, and the person identified so far, whose second factor is `proven` if asked.
fn open(cx: &mut Cx<'_>, interaction_id: &InteractionId, proven: bool) -> Result<(Interaction, Option<Arc<User>>), Stop> {
    let (interaction, event) = begun(cx, interaction_id)?;
    if event == InteractionEvent::ForgotPassword {
        return refuse(
            ApiError::not_supported_for_forgot_password(),
            Because::new(
                "experience.profile",
                Outcome::Refused,
                "A password reset fills in no profile",
                "Only `PUT /api/experience/profile/password` belongs to a password reset.",
                "Logto 4.5",
            ),
        );
    }
    let own = identified(cx, &interaction)?;
    if event == InteractionEvent::SignIn && own.is_none() {
        return refuse(
            ApiError::identifier_not_found(),
            Because::new(
                "experience.profile",
                Outcome::Refused,
                "Nobody is identified yet",
                "While signing in, a profile can only be filled in for a person who was identified. The page calls `POST /api/experience/identification` first.",
                "Logto 4.5",
            ),
        );
    }
    if let Some(own) = own.as_ref().filter(|_| proven) {
        mfa::guard_verified(cx, &interaction, own)?;
    }
    Ok((interaction, own))
}

fn guard_password_not_set(own: Option<&User>) -> Result<(), Stop> {
    let mut addition = Map::new();
    addition.insert("passwordEncrypted".into(), Value::Null);
    own.map_or(Ok(()), |own| guard_not_set(own, &addition))
}

/// Takes the address or number that a verified code proves.
pub(super) fn add_identifier(
    cx: &mut Cx<'_>,
    interaction: &mut Interaction,
    own: Option<&User>,
    kind: IdentifierKind,
    verification_id: &str,
) -> Result<(), Stop> {
    let words = kind_words(kind);
    let identifier = match record_by_id(interaction, verification_id)? {
        VerificationRecord::EmailVerificationCode(code) | VerificationRecord::PhoneVerificationCode(code)
            if code.verified && code.identifier.kind == kind =>
        {
            code.identifier
        }
        record => {
            return refuse(
                ApiError::verification_failed().hidden(format!("a {} record, verified: {}", record.kind(), record.is_verified())),
                Because::new(
                    "experience.profile",
                    Outcome::Refused,
                    format!("The {words} is not proven"),
                    "It is only added with a verified code that was sent to it.",
                    "Logto 4.5",
                ),
            );
        }
    };
    guard_sso_domain(cx, &identifier)?;
    guard_allowed(cx, &identifier)?;
    let mut addition = Map::new();
    addition.insert(profile_member(kind).into(), Value::String(identifier.value));
    if let Some(own) = own {
        guard_not_set(own, &addition)?;
    }
    guard_unique(cx, &addition, own)?;
    interaction.result.profile.append(&mut addition);
    Ok(())
}

/// 400: only a social account is added as one.
fn not_social<T>() -> Result<T, Stop> {
    refuse(
        ApiError::verification_failed(),
        Because::new(
            "experience.profile",
            Outcome::Refused,
            "This is no social account",
            "A social account is only added with a verification of its provider.",
            "Logto 4.5",
        ),
    )
}

/// First half of `PUT /profile/password`: may this person, who forgot theirs, have this password? Answers the hash of
/// the old one, with which the server compares. Reads only.
///
/// # Errors
/// [`StoreError`](crate::StoreError). Refuses with 400 `session.invalid_interaction_type` unless a password is being
/// reset, 404 `session.identifier_not_found`, 422 `password.rejected`.
pub fn reset_password_check(cx: &mut Cx<'_>, interaction_id: &InteractionId, password: &Secret) -> Ruling<Option<Secret>> {
    decide(cx, Some("set a new password".into()), |cx| {
        let (_, user) = resetting(cx, interaction_id)?;
        let info = UserInfo {
            name: user.name.clone(),
            username: user.username.clone(),
            email: user.primary_email.clone(),
            phone: user.primary_phone.clone(),
        };
        guard_password(cx, password, &info)?;
        Ok(user.password_encrypted.clone().filter(|hash| !hash.is_empty()).map(Secret::new))
    })
}

/// Second half of `PUT /profile/password` → 204: keeps the hash (PHC string) of the new password until submission.
///
/// # Errors
/// [`StoreError`](crate::StoreError). Refuses with 422 `user.same_password`, and as [`reset_password_check`].
pub fn record_reset_password(cx: &mut Cx<'_>, interaction_id: &InteractionId, same: bool, phc: String) -> Ruling<()> {
    decide(cx, None, |cx| {
        let (mut interaction, user) = resetting(cx, interaction_id)?;
        let name = user.display_name();
        if same {
            return refuse(
                ApiError::same_password(),
                Because::new(
                    "experience.reset_password",
                    Outcome::Refused,
                    "The new password is the old one",
                    format!("{name} has this password already. Logto asks for another one, and the page says so."),
                    "Logto 4.5",
                ),
            );
        }
        interaction.result.profile.insert("passwordEncrypted".into(), Value::String(phc));
        save(cx, &interaction)?;
        cx.because(Because::new(
            "experience.reset_password",
            Outcome::Decided,
            "The new password is accepted",
            "It waits in the interaction and replaces the old one when the page submits.",
            "Logto 4.5",
        ));
        answer(
            cx,
            "204 accepted",
            "new password accepted",
            format!("{name} · new password accepted"),
        );
        Ok(())
    })
}

/// The interaction of a password reset, and whose password it is.
fn resetting(cx: &mut Cx<'_>, interaction_id: &InteractionId) -> Result<(Interaction, Arc<User>), Stop> {
    let (interaction, event) = begun(cx, interaction_id)?;
    if event != InteractionEvent::ForgotPassword {
        return refuse(
            ApiError::invalid_interaction_type().hidden("the event is not ForgotPassword"),
            Because::new(
                "experience.reset_password",
                Outcome::Refused,
                "No password is being reset",
                "`PUT /api/experience/profile/password` belongs to the event `ForgotPassword`. To add a password to an account without one, the page calls `POST /api/experience/profile`.",
                "Logto 4.5",
            ),
        );
    }
    let Some(user) = identified(cx, &interaction)? else {
        return refuse(
            ApiError::identifier_not_found(),
            Because::new(
                "experience.reset_password",
                Outcome::Refused,
                "Nobody is identified yet",
                "A new password needs to know whose. The page verifies a code and calls `POST /api/experience/identification` first.",
                "Logto 4.5",
            ),
        );
    };
    Ok((interaction, user))
}
