//! Development sign-in: continue at once as somebody, without proof. Vestibule's own; Logto has nothing like it.
//!
//! It is only there while the provider's settings say so, and every use of it leaves a reason that says that nothing
//! was proven.

use super::availability::guard_mode;
use super::error::ApiError;
use super::identifier::find_user;
use super::interaction::keep_record;
use super::password::guard_not_suspended;
use super::people::fresh_user;
use super::provisioning::grant_default_roles;
use super::ruling::{Ruling, Stop, answer, begun, decide, provider_settings, refuse, save, waiting};
use crate::because::{Because, Outcome};
use crate::entropy::id21;
use crate::ids::{InteractionId, UserId, VerificationId};
use crate::live::Lane;
use crate::model::User;
use crate::port::{Cx, StoreError};
use crate::record::{Identifier, IdentifierKind, Interaction, InteractionEvent, VerificationRecord};
use serde::Serialize;

/// Given names of made-up people.
const GIVEN: [&str; 24] = [
    "Amara", "Bruno", "Carmen", "Dimitri", "Elena", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Keiko", "Luca", "Maya", "Nils", "Olga",
    "Pablo", "Rosa", "Samir", "Tessa", "Umar", "Vera", "Wanda", "Yusuf", "Zoe",
];

/// Family names of made-up people.
const FAMILY: [&str; 24] = [
    "Adler", "Bianchi", "Castro", "Dahl", "Eriksen", "Fischer", "Garcia", "Haddad", "Ivanova", "Jensen", "Kowalski", "Lindgren", "Moreau",
    "Novak", "Okafor", "Petrov", "Quinn", "Rossi", "Silva", "Tanaka", "Ueda", "Vargas", "Weber", "Young",
];

/// How many people the development sign-in offers.
const MAX_OFFERED: usize = 50;

/// As whom to continue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DevelopmentChoice {
    /// As this person.
    Person(UserId),
    /// As somebody new, made up on the spot.
    NewPerson,
}

/// A person as the development sign-in offers them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DevelopmentPerson {
    /// `sub`.
    pub id: UserId,
    /// What to call them.
    pub name: String,
    /// Username, e-mail address or phone number, whichever they have first.
    pub identifier: Option<String>,
    /// Picture address.
    pub avatar: Option<String>,
    /// Whether signing in will be refused.
    pub is_suspended: bool,
    /// Why this demo person exists.
    pub note: Option<String>,
}

/// The people whom the development sign-in offers: at most fifty (the first by id), sorted by name.
///
/// # Errors
/// [`StoreError`]. Refuses with 403 `auth.forbidden` when it is switched off, and without an interaction.
pub fn development_people(cx: &mut Cx<'_>, interaction_id: &InteractionId) -> Ruling<Vec<DevelopmentPerson>> {
    decide(cx, Some("who is there?".into()), |cx| {
        super::ruling::load(cx, interaction_id)?;
        guard_switched_on(cx)?;
        let mut people: Vec<DevelopmentPerson> = cx
            .list::<User>(MAX_OFFERED)?
            .iter()
            .map(|user| DevelopmentPerson {
                id: user.id.clone(),
                name: user.display_name(),
                identifier: user
                    .username
                    .clone()
                    .or_else(|| user.primary_email.clone())
                    .or_else(|| user.primary_phone.clone()),
                avatar: user.avatar.clone(),
                is_suspended: user.is_suspended,
                note: user.demo_note.clone(),
            })
            .collect();
        people.sort_by_key(|person| (person.name.to_lowercase(), person.id.clone()));
        cx.arrow(Lane::Interaction, Lane::Experience, "200 people");
        Ok(people)
    })
}

/// Development sign-in → 200 `{verificationId}`: stores a `DevelopmentSignIn` record for the chosen person, or makes
/// one up. The event becomes `SignIn` or `Register` to match, unless that is `ForgotPassword`.
///
/// # Errors
/// [`StoreError`]. Refuses with 403 `auth.forbidden` when it is switched off or the sign-in mode forbids the event,
/// 401 `user.suspended`, 404 `user.user_not_exist`, 400 `session.not_supported_for_forgot_password`.
pub fn development_sign_in(cx: &mut Cx<'_>, interaction_id: &InteractionId, choice: &DevelopmentChoice) -> Ruling<VerificationId> {
    decide(cx, Some("continue without proof".into()), |cx| {
        let (mut interaction, before) = begun(cx, interaction_id)?;
        guard_switched_on(cx)?;
        if before == InteractionEvent::ForgotPassword {
            return refuse(
                ApiError::not_supported_for_forgot_password(),
                Because::new(
                    "experience.event",
                    Outcome::Refused,
                    "Development sign-in can't reset a password",
                    "The page is resetting a password. It must begin again with `PUT /api/experience`.",
                    "Logto 4.1",
                ),
            );
        }
        let (id, user) = choose(cx, &mut interaction, choice)?;
        save(cx, &interaction)?;
        let name = user.display_name();
        cx.trail.patch.user = Some((user.id.clone(), name.clone()));
        let made = *choice == DevelopmentChoice::NewPerson;
        cx.because(
            Because::new(
                "experience.development",
                Outcome::Decided,
                if made {
                    format!("{name} was made up and may continue without proof")
                } else {
                    format!("{name} may continue without proof")
                },
                "Development sign-in is on, so no password was asked. It stands in for every way to sign in, switched on or not. Switch it off in the provider's settings to see what people will see.",
                "Vestibule development sign-in",
            )
            .input(user.id.0.clone()),
        );
        answer(
            cx,
            "200 verificationId",
            "development sign-in",
            format!("{name} · development sign-in"),
        );
        waiting(cx, Lane::Experience, "waiting for the page to identify the person");
        Ok(id)
    })
}

/// Keeps the record of the person chosen, who may have to be made up first.
pub(super) fn choose(cx: &mut Cx<'_>, interaction: &mut Interaction, choice: &DevelopmentChoice) -> Result<(VerificationId, User), Stop> {
    let (event, user) = match choice {
        DevelopmentChoice::Person(id) => {
            // Whom an earlier choice made up is nobody's business any more, unless they are identified.
            interaction.result.registered &= interaction.result.user_id.as_ref() == Some(id);
            guard_mode(cx, InteractionEvent::SignIn)?;
            (InteractionEvent::SignIn, chosen(cx, id)?)
        }
        DevelopmentChoice::NewPerson => {
            guard_mode(cx, InteractionEvent::Register)?;
            guard_nobody_yet(&interaction.result.user_id)?;
            let user = made_up(cx)?;
            cx.put(&user)?;
            grant_default_roles(cx, &user.id)?;
            interaction.result.registered = true;
            (InteractionEvent::Register, user)
        }
    };
    if interaction.result.interaction_event != Some(event) {
        interaction.result.profile.clear();
        interaction.result.mfa = crate::record::PendingMfa::default();
        interaction.result.interaction_event = Some(event);
    }
    let id = VerificationId(id21(cx.entropy));
    keep_record(
        interaction,
        VerificationRecord::DevelopmentSignIn {
            id: id.clone(),
            user_id: user.id.clone(),
        },
    );
    Ok((id, user))
}

/// 403 `auth.forbidden` while development sign-in is off.
pub(super) fn guard_switched_on(cx: &mut Cx<'_>) -> Result<(), Stop> {
    if provider_settings(cx)?.development_sign_in {
        return Ok(());
    }
    refuse(
        ApiError::forbidden("Development sign-in is switched off. Sign in with a password.").hidden("developmentSignIn is false"),
        Because::new(
            "experience.development",
            Outcome::Refused,
            "Development sign-in is switched off",
            "Nobody can continue without proof. Switch it on in the provider's settings, or sign in with a password.",
            "Vestibule development sign-in",
        ),
    )
}

/// Nobody is made up for a sign-in that already is somebody's.
fn guard_nobody_yet(user_id: &Option<UserId>) -> Result<(), Stop> {
    match user_id {
        None => Ok(()),
        Some(id) => refuse(
            ApiError::identity_conflict().hidden(format!("already identified as {id}")),
            Because::new(
                "experience.conflict",
                Outcome::Refused,
                "This sign-in already is somebody's",
                "A person was identified in it before. The page must begin again with `PUT /api/experience` to continue as somebody new.",
                "Logto 4.4",
            ),
        ),
    }
}

fn chosen(cx: &mut Cx<'_>, id: &UserId) -> Result<User, Stop> {
    let Some(user) = cx.get::<User>(id.as_str())? else {
        return refuse(
            ApiError::user_not_exist(None).hidden(format!("no person has the id {id}")),
            Because::new(
                "experience.development",
                Outcome::Refused,
                "The chosen person is not there",
                "Nobody has this id; the person may have been deleted since the page was loaded. Reload the page and choose again.",
                "Vestibule development sign-in",
            )
            .input(id.0.clone()),
        );
    };
    guard_not_suspended(cx, &user, "The chosen person is suspended")?;
    Ok(user.as_ref().clone())
}

/// A believable person who does not exist yet, drawn from the entropy source; `example.test` is reserved (RFC 6761).
fn made_up(cx: &Cx<'_>) -> Result<User, StoreError> {
    let mut bytes = [0u8; 2];
    cx.entropy.fill(&mut bytes);
    let given = GIVEN[usize::from(bytes[0]) % GIVEN.len()];
    let family = FAMILY[usize::from(bytes[1]) % FAMILY.len()];
    let mut user = fresh_user(cx)?;
    let base = (given.to_lowercase(), family.to_lowercase());
    let mut suffix = String::new();
    let mut number = 1u32;
    loop {
        let username = format!("{}_{}{suffix}", base.0, base.1);
        let email = format!("{}.{}{suffix}@example.test", base.0, base.1);
        let free = |kind, value: &str| {
            let value = value.to_owned();
            find_user(cx, &Identifier { kind, value }).map(|holder| holder.is_none())
        };
        if free(IdentifierKind::Username, &username)? && free(IdentifierKind::Email, &email)? {
            user.username = Some(username);
            user.primary_email = Some(email);
            break;
        }
        number += 1;
        // After a hundred namesakes the id, which is unique, ends the search.
        suffix = if number <= 100 { number.to_string() } else { user.id.0.clone() };
    }
    user.name = Some(format!("{given} {family}"));
    user.profile.given_name = Some(given.to_owned());
    user.profile.family_name = Some(family.to_owned());
    user.demo_note = Some("made up by the development sign-in".to_owned());
    Ok(user)
}
