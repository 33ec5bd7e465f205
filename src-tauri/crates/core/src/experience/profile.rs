//! `POST /api/experience/profile` (sheet 4.5): fill in what is missing before submission.

use super::availability::{guard_not_set, guard_unique};
use super::error::ApiError;
use super::extra_profile;
use super::password_policy::UserInfo;
use super::registration::{guard_password, guard_username_shape};
use super::ruling::{Ruling, Stop, answer, begun, decide, identified, refuse, save};
use crate::because::{Because, Outcome};
use crate::ids::InteractionId;
use crate::model::User;
use crate::port::Cx;
use crate::record::{Interaction, InteractionEvent};
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
        let (interaction, own) = open(cx, interaction_id)?;
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
/// `user.username_already_in_use`, 422 `user.*_exists_in_profile`, and 404 `session.verification_session_not_found`
/// for what needs a verification, because this release issues none of those.
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
        let (mut interaction, own) = open(cx, interaction_id)?;
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
            ProfileUpdate::ExtraProfile { values } => {
                extra_profile::take(cx, &mut interaction.result.profile, own.as_deref(), &values)?;
                "profile"
            }
            ProfileUpdate::Email { verification_id } => return no_code("e-mail address", &verification_id),
            ProfileUpdate::Phone { verification_id } => return no_code("phone number", &verification_id),
            ProfileUpdate::Social { verification_id } => return no_code("social identity", &verification_id),
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

/// The interaction, ready for its profile, and the person identified so far.
fn open(cx: &mut Cx<'_>, interaction_id: &InteractionId) -> Result<(Interaction, Option<Arc<User>>), Stop> {
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
    Ok((interaction, own))
}

fn guard_password_not_set(own: Option<&User>) -> Result<(), Stop> {
    let mut addition = Map::new();
    addition.insert("passwordEncrypted".into(), Value::Null);
    own.map_or(Ok(()), |own| guard_not_set(own, &addition))
}

/// 404: this release issues no record that proves an address, a number or a social identity.
fn no_code(words: &str, verification_id: &str) -> Result<(), Stop> {
    refuse(
        ApiError::verification_session_not_found().hidden(format!("no record proves a {words}; this release issues none")),
        Because::new(
            "experience.profile",
            Outcome::Refused,
            format!("The {words} is not verified"),
            format!("A {words} can only be added after a verification, which comes in a later release. Set it under People, or take it out of the sign-up settings."),
            "Logto 4.5",
        )
        .input(verification_id.chars().take(64).collect::<String>()),
    )
}
