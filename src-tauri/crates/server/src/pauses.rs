//! Live sessions whose next requests wait until the window lets them go on.
//!
//! In memory only, and bounded on every side: in time, in sessions, in requests. Whoever goes away leaves nothing behind: a
//! client that hangs up, the last window that watched, the program that stops.

use crate::engine::Engine;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::oneshot;
use vestibule_core::Timestamp;
use vestibule_core::console::{HeldRequest, SessionPause};
use vestibule_core::ids::LiveId;

/// How long a session stays paused after the window paused it, or after the newest request that waits came.
const LONGEST: Duration = Duration::from_secs(600);
/// Most sessions that are paused at once.
const MOST_SESSIONS: usize = 64;
/// Most requests that wait at once. Each holds a connection.
const MOST_REQUESTS: usize = 64;

/// The paused sessions.
pub(crate) struct Pauses {
    state: Mutex<State>,
    longest: Duration,
}

#[derive(Default)]
struct State {
    sessions: BTreeMap<LiveId, Paused>,
    next: u64,
    watchers: usize,
}

struct Paused {
    held: Vec<Ticket>,
    until: Timestamp,
    /// Which turn of the clock ends it; a later one replaces it.
    turn: u64,
}

struct Ticket {
    number: u64,
    request: HeldRequest,
    go: oneshot::Sender<()>,
}

impl Default for Pauses {
    fn default() -> Self {
        Self::lasting(LONGEST)
    }
}

impl State {
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn waiting(&self) -> usize {
        self.sessions.values().map(|paused| paused.held.len()).sum()
    }
}

impl Pauses {
    fn lasting(longest: Duration) -> Self {
        Self {
            state: Mutex::default(),
            longest,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in here can be left half done that matters: who is dropped lets go.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether any session is paused: looking for a request's session costs something.
    pub(crate) fn any(&self) -> bool {
        !self.state().sessions.is_empty()
    }

    /// Whether a session is paused.
    pub(crate) fn is_paused(&self, live: &LiveId) -> bool {
        self.state().sessions.contains_key(live)
    }

    fn view(&self, live: &LiveId) -> Option<SessionPause> {
        self.state().sessions.get(live).map(|paused| SessionPause {
            held: paused.held.iter().map(|ticket| ticket.request.clone()).collect(),
            until: paused.until,
        })
    }
}

impl Engine {
    /// Pauses a session, or lets its pause last longer; `false` when too many are paused.
    pub(crate) fn pause(self: &Arc<Self>, live: &LiveId) -> bool {
        let mut state = self.pauses.state();
        if !state.sessions.contains_key(live) && state.sessions.len() >= MOST_SESSIONS {
            return false;
        }
        let turn = state.number();
        let until = self.end_of_pause();
        let fresh = || Paused {
            held: Vec::new(),
            until,
            turn,
        };
        let paused = state.sessions.entry(live.clone()).or_insert_with(fresh);
        (paused.until, paused.turn) = (until, turn);
        drop(state);
        self.end_pause_at(live.clone(), turn);
        self.tell_pause(live);
        true
    }

    fn end_of_pause(&self) -> Timestamp {
        let seconds = i64::try_from(self.pauses.longest.as_secs()).unwrap_or(i64::MAX);
        self.now().plus_seconds(seconds)
    }

    /// Ends the pause when its time is over, unless it was prolonged.
    fn end_pause_at(self: &Arc<Self>, live: LiveId, turn: u64) {
        let (engine, longest, stopping) = (Arc::downgrade(self), self.pauses.longest, self.stopping());
        tokio::spawn(async move {
            tokio::select! {
                () = tokio::time::sleep(longest) => {}
                () = stopping => {}
            }
            let Some(engine) = engine.upgrade() else { return };
            let due = engine.pauses.state().sessions.get(&live).is_some_and(|paused| paused.turn == turn);
            if due {
                engine.release(&live);
            }
        });
    }

    /// Ends a session's pause; how many requests go on by that.
    pub(crate) fn release(&self, live: &LiveId) -> usize {
        let Some(paused) = self.pauses.state().sessions.remove(live) else {
            return 0;
        };
        let count = paused.held.len();
        for ticket in paused.held {
            // Whoever has gone away in between needs nothing.
            let _ = ticket.go.send(());
        }
        self.tell_pause(live);
        count
    }

    /// Lets the requests that wait go on, and those after them wait again; how many went on.
    pub(crate) fn release_and_pause(self: &Arc<Self>, live: &LiveId) -> usize {
        let held = match self.pauses.state().sessions.get_mut(live) {
            Some(paused) => std::mem::take(&mut paused.held),
            None => return 0,
        };
        let count = held.len();
        for ticket in held {
            let _ = ticket.go.send(());
        }
        self.pause(live);
        count
    }

    /// Ends every pause.
    pub(crate) fn release_all(&self) {
        let paused: Vec<LiveId> = self.pauses.state().sessions.keys().cloned().collect();
        for live in paused {
            self.release(&live);
        }
    }

    /// Lets a request of a paused session wait. `false` when it may go on at once: the session is not paused, or too many
    /// requests wait.
    pub(crate) async fn hold(self: &Arc<Self>, live: &LiveId, what: String) -> bool {
        let (number, turn, mut going) = {
            let mut state = self.pauses.state();
            if state.waiting() >= MOST_REQUESTS {
                return false;
            }
            let (number, turn) = (state.number(), state.number());
            let Some(paused) = state.sessions.get_mut(live) else { return false };
            let (go, going) = oneshot::channel();
            let since = self.now();
            let request = HeldRequest { what, since };
            paused.held.push(Ticket { number, request, go });
            (paused.until, paused.turn) = (self.end_of_pause(), turn);
            (number, turn, going)
        };
        self.end_pause_at(live.clone(), turn);
        let _leaving = Leaving {
            engine: self,
            live,
            number,
        };
        self.tell_pause(live);
        tokio::select! {
            // An error means that nobody is left to say go, which is as good.
            _ = &mut going => {}
            () = self.stopping() => {}
        }
        true
    }

    fn tell_pause(&self, live: &LiveId) {
        self.recorder.pause(live, self.pauses.view(live));
    }
}

/// A request that waits no longer, whatever the reason: its client may have gone away.
struct Leaving<'a> {
    engine: &'a Arc<Engine>,
    live: &'a LiveId,
    number: u64,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        let mut state = self.engine.pauses.state();
        let Some(paused) = state.sessions.get_mut(self.live) else { return };
        let before = paused.held.len();
        paused.held.retain(|ticket| ticket.number != self.number);
        let gone = paused.held.len() < before;
        drop(state);
        if gone {
            self.engine.tell_pause(self.live);
        }
    }
}

/// Somebody watches the live stream. When the last one goes, nobody is left to release anything.
pub(crate) struct Attended(Weak<Engine>);

impl Attended {
    pub(crate) fn by(engine: &Arc<Engine>) -> Self {
        engine.pauses.state().watchers += 1;
        Self(Arc::downgrade(engine))
    }
}

impl Drop for Attended {
    fn drop(&mut self) {
        let Some(engine) = self.0.upgrade() else { return };
        let left = {
            let mut state = engine.pauses.state();
            state.watchers -= 1;
            state.watchers
        };
        if left == 0 {
            engine.release_all();
        }
    }
}
