//! Acting on a live session: continue, allow, fail, expire, pause. Each leaves a step in the session.

use super::{Answer, problem, storage};
use crate::engine::Engine;
use std::sync::Arc;
use vestibule_core::console::{ConsoleProblem, ConsoleReply, SessionActions, WaitsFor};
use vestibule_core::experience::{self, ApiError, DENIALS, DevelopmentChoice, Ruling};
use vestibule_core::ids::{InteractionId, LiveId, UserId};
use vestibule_core::live::{Lane, LiveStatus, LiveSummary, Trail};
use vestibule_core::oidc::{consent, flow};
use vestibule_core::record::{Interaction, PromptName};
use vestibule_core::{Because, Cx, Outcome};

/// What a held request was, in a sentence.
fn requests(count: usize) -> String {
    match count {
        0 => "No request had come yet".to_owned(),
        1 => "One request goes on".to_owned(),
        many => format!("{many} requests go on"),
    }
}

/// Why an order was refused, in the rule's own words.
fn refusal(trail: &Trail, error: &ApiError) -> ConsoleProblem {
    let said = trail.because.iter().rev().find(|because| because.outcome == Outcome::Refused);
    let message = said.map_or_else(
        || "Nothing waits for a person in this session any more.".to_owned(),
        |because| format!("{}. {}", because.title.trim_end_matches('.'), because.detail),
    );
    problem(error.code, message)
}

impl Engine {
    pub(super) fn session_actions(&self, id: &str) -> Answer {
        let summary = self.live_session(id)?;
        let (interaction, page) = self
            .look(|cx| {
                let Some(id) = &summary.interaction else { return Ok((None, None)) };
                let Some(interaction) = cx.get::<Interaction>(id.as_str())? else {
                    return Ok((None, None));
                };
                let page = flow::page_location(cx, &interaction)?;
                Ok((Some(interaction), page))
            })
            .map_err(|e| storage(&e))?;
        let development = self.settings().development_sign_in;
        let waits_for = interaction.as_deref().map(|interaction| match interaction.prompt {
            PromptName::Login => WaitsFor::SignIn,
            PromptName::Consent => WaitsFor::Consent,
        });
        let nothing = || (waits_for.is_none()).then(|| "Nothing waits for a person in this session.".to_owned());
        let over = matches!(summary.status, LiveStatus::Failed | LiveStatus::Expired) && waits_for.is_none();
        Ok(ConsoleReply::SessionActions(SessionActions {
            waits_for,
            page: page.map(|page| format!("{}{page}", self.site().endpoint)),
            decided: interaction.as_deref().is_some_and(|interaction| interaction.result.by_window),
            stays: self.stays(development),
            no_continue: nothing().or_else(|| {
                let off = waits_for == Some(WaitsFor::SignIn) && !development;
                off.then(|| "Development sign-in is off. Switch it on in the settings to continue without a password.".to_owned())
            }),
            no_end: nothing(),
            no_pause: over.then(|| "This session is over; no request of it will come.".to_owned()),
            denials: DENIALS.iter().map(|&denial| denial.to_owned()).collect(),
        }))
    }

    /// Why the browser does not go on by itself when the window has decided.
    fn stays(&self, development: bool) -> Option<String> {
        if self.custom_pages().is_some() {
            return Some(
                "Your own pages are served, and they can't know what you decide here. Reload the page in the browser: then it goes on."
                    .into(),
            );
        }
        (!development).then(|| {
            "Development sign-in is off, so the page does not follow the window. Reload it in the browser: then it goes on.".into()
        })
    }

    fn live_session(&self, id: &str) -> Result<LiveSummary, ConsoleProblem> {
        self.recorder
            .summary(&LiveId::from(id))
            .ok_or_else(|| problem("entity.not_found", "This session is no longer kept."))
    }

    /// The session, and what waits in it.
    fn waiting(&self, id: &str) -> Result<(LiveId, InteractionId), ConsoleProblem> {
        let summary = self.live_session(id)?;
        match summary.interaction {
            Some(interaction) => Ok((summary.id, interaction)),
            None => Err(problem("session.not_found", "Nothing waits for a person in this session.")),
        }
    }

    /// A decision of the window about a live session. It leaves a step; a refusal changes nothing and leaves none.
    async fn decide_here<R: Send + 'static>(
        self: &Arc<Self>,
        live: LiveId,
        rule: impl FnOnce(&mut Cx<'_>) -> Ruling<R> + Send + 'static,
    ) -> Result<R, ConsoleProblem> {
        let mut exchange = self.recorder.begin_here(live, self.now());
        let outcome = self
            .write(&mut exchange, move |cx| {
                let outcome = rule(cx)?;
                if outcome.is_err() {
                    cx.forget();
                }
                Ok(outcome)
            })
            .await
            .map_err(|e| storage(&e))?;
        match outcome {
            Ok(done) => {
                self.recorder.finish_here(exchange, &self.store);
                // Nobody waiting is no error.
                self.decided.send_modify(|count| *count += 1);
                Ok(done)
            }
            Err(error) => Err(refusal(&exchange.trail, &error)),
        }
    }

    /// The end of a sentence about the browser.
    fn goes_on(&self) -> &'static str {
        match self.stays(self.settings().development_sign_in) {
            Some(_) => "Reload the page in the browser to go on.",
            None => "The browser goes on by itself.",
        }
    }

    pub(super) async fn continue_as(self: &Arc<Self>, id: &str, user_id: Option<String>) -> Answer {
        let (live, interaction) = self.waiting(id)?;
        let issuer = self.site().issuer.clone();
        let choice = user_id.map_or(DevelopmentChoice::NewPerson, |id| DevelopmentChoice::Person(UserId(id)));
        let made_up = choice == DevelopmentChoice::NewPerson;
        let name = self
            .decide_here(live, move |cx| experience::continue_as(cx, &interaction, &choice, &issuer))
            .await?;
        if made_up {
            self.recorder.configuration_changed();
        }
        Ok(ConsoleReply::Done(format!("Continued as {name}. {}", self.goes_on())))
    }

    pub(super) async fn allow_consent(self: &Arc<Self>, id: &str) -> Answer {
        let (live, interaction) = self.waiting(id)?;
        let name = self
            .decide_here(live, move |cx| consent::allow_in_window(cx, interaction.as_str()))
            .await?;
        Ok(ConsoleReply::Done(format!("Gave consent as {name}. {}", self.goes_on())))
    }

    pub(super) async fn fail_as(self: &Arc<Self>, id: &str, error: String, description: Option<String>) -> Answer {
        let (live, interaction) = self.waiting(id)?;
        let said = error.clone();
        self.decide_here(live, move |cx| {
            experience::fail_as(cx, &interaction, &error, description.as_deref())
        })
        .await?;
        Ok(ConsoleReply::Done(format!("Failed as {said}. {}", self.goes_on())))
    }

    pub(super) async fn expire_session(self: &Arc<Self>, id: &str) -> Answer {
        let (live, interaction) = self.waiting(id)?;
        self.decide_here(live, move |cx| experience::expire(cx, &interaction)).await?;
        Ok(ConsoleReply::Done("Expired. The page's next call gets session.not_found.".into()))
    }

    pub(super) fn pause_session(self: &Arc<Self>, id: &str) -> Answer {
        let summary = self.live_session(id)?;
        if !self.pause(&summary.id) {
            return Err(problem(
                "session.too_many_pauses",
                "As many sessions are paused as can be at once. Release one of them first.",
            ));
        }
        self.note_here(
            summary.id,
            "paused in the window",
            "window.pause",
            "You paused this session in the window.".into(),
            "Its next request waits, before any rule looks at it, until you release it. After ten minutes, or when the last window closes, it goes on by itself.",
        );
        Ok(ConsoleReply::Done("Paused. The next request of this session waits.".into()))
    }

    pub(super) fn release_session(self: &Arc<Self>, id: &str, again: bool) -> Answer {
        let live = LiveId::from(id);
        if !self.pauses.is_paused(&live) {
            return Err(problem("session.not_paused", "This session is not paused any more."));
        }
        let count = if again {
            self.release_and_pause(&live)
        } else {
            self.release(&live)
        };
        let after = if again {
            "the ones after it wait again"
        } else {
            "the session is not paused any more"
        };
        let done = format!("{}; {after}.", requests(count));
        self.note_here(
            live,
            "released in the window",
            "window.release",
            "You released this session in the window.".into(),
            &done,
        );
        Ok(ConsoleReply::Done(done))
    }

    /// A step of the window that changes nothing stored.
    fn note_here(&self, live: LiveId, label: &'static str, rule: &'static str, title: String, detail: &str) {
        let mut exchange = self.recorder.begin_here(live, self.now());
        exchange
            .trail
            .because(Because::new(rule, Outcome::Decided, title, detail.to_owned(), "Vestibule window"));
        exchange.trail.arrow(Lane::Provider, Lane::Provider, label);
        self.recorder.finish_here(exchange, &self.store);
    }
}
