//! How a rule of the Experience API runs: begin, decide, and say how it came out in one place.

use super::error::ApiError;
use super::interaction::snapshot;
use crate::because::{Because, Words};
use crate::ids::InteractionId;
use crate::live::{Lane, LiveStatus, StepError, StepKind};
use crate::model::{ProviderSettings, SignInExperience, User};
use crate::port::{Cx, StoreError};
use crate::record::{Interaction, InteractionEvent};

/// What a rule answers. The outer error means that nothing may be committed; an [`ApiError`] is an answer, and its
/// writes (a counted attempt, a kept profile) are committed like those of a success.
pub type Ruling<T> = Result<Result<T, ApiError>, StoreError>;

/// Why a rule stopped early.
pub(super) enum Stop {
    /// The rule says no, and why.
    Refused(Box<Refusal>),
    /// The store failed.
    Store(StoreError),
}

/// A refusal with its reason: no rule may refuse without one.
pub(super) struct Refusal {
    error: ApiError,
    because: Because,
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Stops with a refusal and the reason shown in the window.
pub(super) fn refuse<T>(error: ApiError, because: Because) -> Result<T, Stop> {
    Err(Stop::Refused(Box::new(Refusal { error, because })))
}

/// Runs a rule. `call` is the label of the arrow that asks; `None` when an earlier decision of the same exchange drew it.
pub(super) fn decide<T>(cx: &mut Cx<'_>, call: Option<Words>, rule: impl FnOnce(&mut Cx<'_>) -> Result<T, Stop>) -> Ruling<T> {
    cx.trail.kind = StepKind::Experience;
    if let Some(call) = call {
        cx.arrow(Lane::Experience, Lane::Interaction, call);
    }
    match rule(cx) {
        Ok(reply) => Ok(Ok(reply)),
        Err(Stop::Store(error)) => Err(error),
        Err(Stop::Refused(refusal)) => {
            let Refusal { error, because } = *refusal;
            cx.arrow(Lane::Interaction, Lane::Experience, format!("{} {}", error.status, error.code));
            cx.trail.error = Some(StepError {
                error: error.code.to_owned(),
                description: error.message.clone(),
                detail: error.hidden.clone(),
            });
            cx.because(because);
            let patch = &mut cx.trail.patch;
            let outcome = patch.outcome.get_or_insert_with(|| error.phrase.into()).clone();
            let headline = match &patch.user {
                Some((_, name)) => format!("{name} · {outcome}"),
                None => sentence(&outcome),
            };
            patch.headline.get_or_insert(headline.into());
            Ok(Err(error))
        }
    }
}

/// With a capital first letter.
pub(super) fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// The interaction with this id, or 400 `session.not_found` (sheet 3.4).
pub(super) fn load(cx: &mut Cx<'_>, id: &InteractionId) -> Result<Interaction, Stop> {
    let Some(interaction) = cx.get::<Interaction>(id.as_str())? else {
        return refuse(
            ApiError::session_not_found().hidden("no interaction has this id; it was finished, it expired, or the cookie is of another run"),
            Because::new(
                "experience.session",
                crate::Outcome::Refused,
                "There is no such interaction",
                "An interaction lives for one hour and ends when the application gets its answer. The page's cookie names one that is not there.",
                "Logto 3.4",
            )
            .input(id.as_str()),
        );
    };
    let interaction = interaction.as_ref().clone();
    cx.trail.live = Some(interaction.live.clone());
    cx.trail.patch.interaction = Some(interaction.id.clone());
    cx.trail.snapshot = Some(snapshot(&interaction));
    if let Some(user) = identified(cx, &interaction)? {
        cx.trail.patch.user = Some((user.id.clone(), user.display_name()));
    }
    Ok(interaction)
}

/// The interaction and its event; before `PUT /api/experience` 404 `session.interaction_not_found` (sheet 4).
pub(super) fn begun(cx: &mut Cx<'_>, id: &InteractionId) -> Result<(Interaction, InteractionEvent), Stop> {
    let interaction = load(cx, id)?;
    match interaction.result.interaction_event {
        Some(event) => Ok((interaction, event)),
        None => refuse(
            ApiError::interaction_not_found().hidden("PUT /api/experience has not been called for this interaction"),
            Because::new(
                "experience.begun",
                crate::Outcome::Refused,
                "The page has not begun the sign-in",
                "Every page calls `PUT /api/experience` first, which says whether this is a sign-in or a registration. This call came before it.",
                "Logto 4",
            ),
        ),
    }
}

/// Writes the interaction and takes the new snapshot.
pub(super) fn save(cx: &mut Cx<'_>, interaction: &Interaction) -> Result<(), StoreError> {
    cx.put(interaction)?;
    cx.trail.snapshot = Some(snapshot(interaction));
    Ok(())
}

/// The person whom this interaction has identified, when they still exist.
pub(super) fn identified(cx: &Cx<'_>, interaction: &Interaction) -> Result<Option<std::sync::Arc<User>>, StoreError> {
    match &interaction.result.user_id {
        Some(id) => cx.get::<User>(id.as_str()),
        None => Ok(None),
    }
}

/// The sign-in experience in effect.
pub(super) fn sign_in_experience(cx: &Cx<'_>) -> Result<SignInExperience, StoreError> {
    Ok(cx
        .get::<SignInExperience>(SignInExperience::ID)?
        .map_or_else(SignInExperience::default, |row| row.as_ref().clone()))
}

/// The provider's settings in effect.
pub(super) fn provider_settings(cx: &Cx<'_>) -> Result<ProviderSettings, StoreError> {
    Ok(cx
        .get::<ProviderSettings>(ProviderSettings::ID)?
        .map_or_else(ProviderSettings::default, |row| row.as_ref().clone()))
}

/// Says how a call came out: the answering arrow, and the words of the list.
pub(super) fn answer(cx: &mut Cx<'_>, label: &'static str, outcome: &'static str, headline: impl Into<Words>) {
    cx.arrow(Lane::Interaction, Lane::Experience, label);
    let patch = &mut cx.trail.patch;
    patch.status = Some(LiveStatus::Waiting);
    patch.outcome = Some(outcome.into());
    patch.headline = Some(headline.into());
}

/// Says what the session waits for now, and where.
pub(super) fn waiting(cx: &mut Cx<'_>, on: Lane, what: impl Into<Words>) {
    cx.trail.patch.waiting_for = Some(what.into());
    cx.trail.patch.waiting_on = Some(on);
}
