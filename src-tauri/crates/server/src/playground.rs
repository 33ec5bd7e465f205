//! The playground: Vestibule's own client, and requests of other applications to try. It talks to the provider over HTTP
//! like any other.

mod answer;
mod calls;
mod request;

use crate::engine::Engine;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use vestibule_core::console::{ConsoleProblem, PlaygroundRun};
use vestibule_core::entropy::id21;

/// Most runs remembered.
const RUNS: usize = 50;

/// Runs in memory; they hold tokens, so they are never stored.
#[derive(Default)]
pub(crate) struct Playground {
    runs: Mutex<VecDeque<Secrets>>,
}

/// A run with what the window is not shown.
#[derive(Clone)]
struct Secrets {
    run: PlaygroundRun,
    state: String,
    nonce: Option<String>,
    verifier: Option<String>,
}

impl Playground {
    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Secrets>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, run: Secrets) {
        let mut runs = self.lock();
        if runs.len() >= RUNS {
            runs.pop_front();
        }
        runs.push_back(run);
    }

    fn find(&self, matches: impl Fn(&Secrets) -> bool) -> Option<Secrets> {
        self.lock().iter().rev().find(|run| matches(run)).cloned()
    }

    fn update(&self, id: &str, change: impl FnOnce(&mut PlaygroundRun)) -> Option<Box<PlaygroundRun>> {
        let mut runs = self.lock();
        let found = runs.iter_mut().find(|r| r.run.id == id)?;
        change(&mut found.run);
        Some(Box::new(found.run.clone()))
    }

    /// A run by id.
    #[must_use]
    pub(crate) fn run(&self, id: &str) -> Option<Box<PlaygroundRun>> {
        self.find(|r| r.run.id == id).map(|r| Box::new(r.run))
    }

    /// The request of a run arrived: the live session in which everything else of it happens.
    pub(crate) fn arrived(&self, state: &str, live: &str) {
        let mut runs = self.lock();
        if let Some(found) = runs.iter_mut().rev().find(|r| !state.is_empty() && r.state == state) {
            found.run.live = Some(live.to_owned());
        }
    }

    /// The browser came back from the sign-out that a run began.
    pub(crate) fn signed_out(&self, id: &str) {
        let _ = self.update(id, |run| run.signed_out = true);
    }
}

impl Engine {
    /// Builds an authorization request of the built-in client, or of the application that `client_id` names. `extra` adds
    /// parameters or replaces the client's own; without any, scope and prompt are what a sign-in usually has.
    ///
    /// # Errors
    /// When a parameter that ties the answer to the run was replaced.
    pub async fn playground_start(
        self: &Arc<Self>,
        extra: Vec<(String, String)>,
        with_pkce: bool,
        step_by_step: bool,
    ) -> Result<Box<PlaygroundRun>, ConsoleProblem> {
        let built = request::build(self, extra, with_pkce)?;
        let run = PlaygroundRun {
            id: id21(self.entropy.as_ref()),
            url: built.url(&self.site().issuer),
            client_id: built.client_id.clone(),
            redirect_uri: built.get("redirect_uri").map(str::to_owned),
            own: built.own,
            step_by_step,
            started_at: self.now(),
            callback: None,
            checks: Vec::new(),
            tokens: None,
            id_token_claims: None,
            userinfo: None,
            introspection: None,
            calls: Vec::new(),
            revoked: false,
            sign_out_url: None,
            signed_out: false,
            problem: None,
            live: None,
        };
        self.playground.remember(Secrets {
            run: run.clone(),
            state: built.state,
            nonce: built.nonce,
            verifier: built.verifier,
        });
        Ok(Box::new(run))
    }
}
