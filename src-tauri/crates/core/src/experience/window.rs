//! What the window decides of a sign-in that waits: whose it is, how it fails, that it is over.
//!
//! The browser is elsewhere, so nothing is answered here. The decision is put on the interaction, where the page finds it
//! (`GET /oidc/auth/:uid/wait`, or whatever it asks next), and the resume takes it as it takes a page's.

use super::abort;
use super::development::{DevelopmentChoice, choose, guard_switched_on};
use super::error::ApiError;
use super::ruling::{Ruling, Stop, decide, load, refuse, save, waiting};
use super::submission;
use crate::because::{Because, Outcome};
use crate::ids::InteractionId;
use crate::live::{Lane, LiveStatus, StepKind};
use crate::port::Cx;
use crate::record::{Interaction, InteractionResult, PromptName};

/// Who says so.
const SOURCE: &str = "Vestibule window";

/// Whether the window has decided this interaction, so that a page's call changes nothing; leaves the reason.
pub fn is_decided(cx: &mut Cx<'_>, interaction: &Interaction) -> bool {
    if interaction.result.by_window {
        cx.because(Because::new(
            "window.decided",
            Outcome::Decided,
            "The window had decided this already.",
            "What the page asked for changes nothing any more. The browser goes back to the authorization request, which answers as you said in the window.",
            SOURCE,
        ));
    }
    interaction.result.by_window
}

/// Finishes a waiting sign-in as a person, without proof: the development sign-in's rule, identification and submission in
/// one. What the page did so far is dropped. Answers the person's name.
///
/// # Errors
/// [`StoreError`](crate::StoreError). Refuses with 400 `session.not_found` when no sign-in page waits, and as
/// [`development_sign_in`](super::development_sign_in) and [`submit`](super::submit) do.
pub fn continue_as(cx: &mut Cx<'_>, interaction_id: &InteractionId, choice: &DevelopmentChoice, issuer: &str) -> Ruling<String> {
    decide(cx, None, |cx| {
        let mut interaction = load(cx, interaction_id)?;
        if interaction.prompt != PromptName::Login {
            return refuse(
                ApiError::session_not_found().hidden("the interaction waits for consent"),
                Because::new(
                    "window.continue_as",
                    Outcome::Refused,
                    "Nobody has to sign in here",
                    "The person has signed in already, and the page asks for consent. Give the consent, or let it fail.",
                    SOURCE,
                ),
            );
        }
        guard_switched_on(cx)?;
        interaction.result = InteractionResult::default();
        let (_, user) = choose(cx, &mut interaction, choice)?;
        interaction.result.user_id = Some(user.id.clone());
        save(cx, &interaction)?;
        let said = cx.trail.arrows.len();
        submission::finish(cx, interaction_id, issuer)?;
        cx.trail.arrows.truncate(said);

        let mut interaction = load(cx, interaction_id)?;
        interaction.result.by_window = true;
        save(cx, &interaction)?;
        let name = user.display_name();
        cx.because(
            Because::new(
                "window.continue_as",
                Outcome::Decided,
                format!("You continued this sign-in as {name} in the window."),
                "No password was asked, as with the development sign-in of the page. The browser goes back to the authorization request, which opens a session for it.",
                SOURCE,
            )
            .input(user.id.0.clone()),
        );
        say(cx, &format!("continued as {name}"));
        cx.trail.patch.user = Some((user.id, name.clone()));
        cx.trail.patch.headline = Some(format!("{name} · continued in the window").into());
        Ok(name)
    })
}

/// Ends what waits with an error for the application: one of [`DENIALS`](super::DENIALS), with a description if one is given.
///
/// # Errors
/// [`StoreError`](crate::StoreError). Refuses with 400 `session.not_found`, and with 400 `guard.invalid_input` naming what is wrong.
pub fn fail_as(cx: &mut Cx<'_>, interaction_id: &InteractionId, error: &str, description: Option<&str>) -> Ruling<()> {
    decide(cx, None, |cx| {
        let mut interaction = load(cx, interaction_id)?;
        let (error, description) = match abort::check(error, description) {
            Ok(denial) => denial,
            Err(why) => return wrong(&why),
        };
        let said = description.as_ref().map(|d| format!(" It says: {d}")).unwrap_or_default();
        let result = &mut interaction.result;
        result.login = None;
        result.consent = None;
        result.error = Some(error.to_owned());
        result.error_description = description;
        result.by_window = true;
        save(cx, &interaction)?;
        cx.because(
            Because::new(
                "window.fail_as",
                Outcome::Decided,
                format!("You let this sign-in fail with `{error}` in the window."),
                format!("The browser goes back to the authorization request, which answers the application with the error, `state` and `iss`.{said}"),
                "OIDC Core 3.1.2.6, Duende IdentityServer DenyAuthorization",
            )
            .input(error),
        );
        say(cx, &format!("failed as {error}"));
        cx.trail.patch.outcome = Some("failing".into());
        cx.trail.patch.headline = Some(format!("{error} · decided in the window").into());
        Ok(())
    })
}

fn wrong(why: &str) -> Result<(), Stop> {
    refuse(
        ApiError::invalid_input(why),
        Because::new(
            "window.fail_as",
            Outcome::Refused,
            "The sign-in can't fail like this",
            format!("{why}. It goes on waiting."),
            SOURCE,
        ),
    )
}

/// Lets what waits be gone, as if its hour had passed (sheet 1.6).
///
/// # Errors
/// [`StoreError`](crate::StoreError). Refuses with 400 `session.not_found` when it is gone already.
pub fn expire(cx: &mut Cx<'_>, interaction_id: &InteractionId) -> Ruling<()> {
    decide(cx, None, |cx| {
        let interaction = load(cx, interaction_id)?;
        cx.delete::<Interaction>(interaction.id.as_str())?;
        cx.because(
            Because::new(
                "window.expire",
                Outcome::Decided,
                "You let this sign-in expire in the window.",
                "Its interaction is gone, as it would be after an hour. What the page asks next is answered with `session.not_found`, and the application hears nothing.",
                "Logto 1.6",
            )
            .input(interaction.id.as_str()),
        );
        cx.arrow(Lane::Interaction, Lane::Interaction, "expired in the window");
        cx.trail.kind = StepKind::Engine;
        cx.trail.snapshot = None;
        let patch = &mut cx.trail.patch;
        patch.status = Some(LiveStatus::Expired);
        patch.outcome = Some("expired".into());
        patch.headline = Some("expired in the window".into());
        Ok(())
    })
}

/// The step is the window's, and the browser is waited for.
fn say(cx: &mut Cx<'_>, what: &str) {
    cx.trail.kind = StepKind::Engine;
    cx.arrow(Lane::Interaction, Lane::Interaction, format!("{what} in the window"));
    cx.trail.patch.status = Some(LiveStatus::Waiting);
    waiting(cx, Lane::Provider, "waiting for the browser to return");
}
