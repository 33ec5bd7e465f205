//! The live recorder: turns trails into steps, keeps the recent ones, journals them, and tells whoever watches.
//!
//! A step of a decision that writes is journalled in the decision's own batch ([`Recorder::prepare`]); how it ended follows a
//! moment later with its session ([`Recorder::hand_over`]), and so do the other steps. What was on the wire stays in memory
//! only, within [`WIRE_BYTES`].

mod journal;
mod shelf;
mod watch;
mod wire;

pub use watch::LiveWatch;

use crate::http::{Request, Response};
use shelf::{Shelf, WireEntry};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::{Notify, broadcast};
use vestibule_core::ids::LiveId;
use vestibule_core::live::{LiveDetail, LiveEvent, LiveSummary, Step, StepKind, Trail, Wire};
use vestibule_core::record::{StoredSummary, Table};
use vestibule_core::{Batch, StoreError, Timestamp, View, port};
use vestibule_store::Store;

/// Most live sessions kept.
pub(crate) const SESSIONS: usize = 2_000;
/// Most steps kept of one session; further ones are only counted.
pub(crate) const STEPS: u32 = 200;
/// Most bytes of requests and responses kept in memory.
pub(crate) const WIRE_BYTES: usize = 6 * 1024 * 1024;
/// How far numbers jump after a start: steps of the last moments before a kill may be on disk without their summary.
const LEAP: u64 = 10_000;
/// Steps kept in memory; older ones are read from the journal.
pub(crate) const HELD: usize = 256;
/// Steps that wait for the journal before they are handed over at once.
const WAITING: usize = 512;
/// Journal entries looked at together when it is read back.
const PAGE: usize = 256;
/// Events a slow watcher may fall behind before it has to read the list again.
const BACKLOG: usize = 4_096;

/// One exchange while it is being answered.
#[derive(Debug)]
pub struct Exchange {
    /// Position in the stream.
    pub seq: u64,
    /// When it arrived.
    pub at: Timestamp,
    /// HTTP method.
    pub method: String,
    /// Path.
    pub path: String,
    /// What the decisions said so far.
    pub trail: Trail,
    /// Whether it is shown even when no decision named a live session.
    pub always: bool,
    /// How much of the trail a decision of it has written to the journal.
    pub(crate) journalled: Option<Extent>,
    started: std::time::Instant,
}

/// How much a trail says: it only ever grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent([usize; 6]);

impl Extent {
    /// The extent of a trail now.
    #[must_use]
    pub(crate) fn of(trail: &Trail) -> Self {
        Self([
            trail.because.len(),
            trail.arrows.len(),
            trail.params.len(),
            trail.tokens.len(),
            usize::from(trail.error.is_some()),
            usize::from(trail.snapshot.is_some()),
        ])
    }
}

/// What goes through the channel to watchers.
#[derive(Clone, Debug)]
pub(crate) enum Signal {
    Event(Arc<LiveEvent>),
    Configuration,
}

/// Keeps and tells the live sessions.
pub(crate) struct Recorder {
    seq: AtomicU64,
    shelf: Mutex<Shelf>,
    tell: broadcast::Sender<Signal>,
    /// Something waits for the journal.
    due: Notify,
}

impl Default for Recorder {
    fn default() -> Self {
        Self {
            seq: AtomicU64::new(1),
            shelf: Mutex::new(Shelf::default()),
            tell: broadcast::channel(BACKLOG).0,
            due: Notify::new(),
        }
    }
}

impl Recorder {
    fn shelf(&self) -> std::sync::MutexGuard<'_, Shelf> {
        // A panic while holding the lock can't leave a half-written shelf that matters: it is a view.
        self.shelf.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Begins an exchange.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "a duration shown to people, not a time that decides anything"
    )]
    pub(crate) fn begin(&self, request: &Request, at: Timestamp) -> Exchange {
        Exchange {
            seq: self.seq.fetch_add(1, Ordering::Relaxed),
            at,
            method: request.method.as_str().to_owned(),
            path: request.path.clone(),
            trail: Trail::default(),
            always: false,
            journalled: None,
            started: std::time::Instant::now(),
        }
    }

    /// The journal entry of a decision that is about to be committed, for the same batch; and the session, if it is new.
    ///
    /// Whether there is an entry: a decision that named no live session has none.
    ///
    /// # Errors
    /// When the step can't be encoded.
    pub(crate) fn prepare(&self, head: &StepHead, trail: &Trail, batch: &mut Batch) -> Result<bool, StoreError> {
        let Some(live) = &trail.live else { return Ok(false) };
        let (key, value) = journal::step(live, head.seq, &journal::unfinished(head, live, trail))?;
        batch.ops.insert(key, Some(value));
        if !self.shelf().knows(live) {
            let mut summary = LiveSummary::open(live.clone(), head.at);
            summary.apply(head.seq, head.at, &trail.patch);
            let (key, value) = journal::summary(&summary, &[])?;
            batch.ops.insert(key, Some(value));
        }
        Ok(true)
    }

    /// Ends an exchange: folds it into its session, keeps it, journals how it ended, tells the watchers.
    #[expect(
        clippy::disallowed_methods,
        reason = "a duration shown to people, not a time that decides anything"
    )]
    pub(crate) fn finish(&self, exchange: Exchange, request: &Request, response: &Response, store: &Store) {
        let Exchange {
            seq,
            at,
            method,
            path,
            trail,
            always,
            journalled,
            started,
        } = exchange;
        let live = match (&trail.live, always) {
            (Some(live), _) => live.clone(),
            (None, true) => LiveId(format!("x{seq:020}")),
            (None, false) => return,
        };
        let journalled = journalled.is_some_and(|extent| extent == Extent::of(&trail));
        let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        let head = StepHead { seq, at, method, path };
        let wire = WireEntry::capture(request, response);
        let watched = self.tell.receiver_count() > 0;
        let mut shelf = self.shelf();
        let idle = shelf.waiting() == 0;
        let steps = shelf.fold(&live, seq, at, &trail.patch, request);
        let kept = if steps >= STEPS {
            shelf.count_only(&live);
            None
        } else {
            let step = Arc::new(head.step(live.clone(), trail, response.status.as_u16(), micros));
            shelf.keep(&live, step.clone(), wire, journalled);
            Some(step)
        };
        let summary = watched.then(|| shelf.summary(&live)).flatten();
        shelf.evict(SESSIONS);
        let waiting = shelf.waiting();
        drop(shelf);
        if waiting >= WAITING {
            self.hand_over(store);
        } else if idle {
            self.due.notify_one();
        }
        if let Some(summary) = summary {
            let step = kept.map(|step| (*step).clone());
            // Nobody listening any more is no error.
            let _ = self.tell.send(Signal::Event(Arc::new(LiveEvent { summary, step })));
        }
    }

    /// Gives the store what waits for the journal. A session that moved on several times is written once.
    pub(crate) fn hand_over(&self, store: &Store) {
        let batch = self.shelf().take_waiting();
        store.write_lazily(batch);
    }

    /// Resolves when something waits for the journal.
    pub(crate) async fn due(&self) {
        self.due.notified().await;
    }

    /// Tells watchers that applications, people or settings changed.
    pub(crate) fn configuration_changed(&self) {
        let _ = self.tell.send(Signal::Configuration);
    }

    /// Watches the stream from now on.
    #[must_use]
    pub(crate) fn watch(&self) -> LiveWatch {
        LiveWatch::new(self.tell.subscribe())
    }

    /// Newest first.
    #[must_use]
    pub(crate) fn sessions(&self, limit: usize, now: Timestamp) -> Vec<LiveSummary> {
        let mut shelf = self.shelf();
        shelf.expire(now);
        shelf.newest(limit)
    }

    /// One session with its steps. Those that are no longer in memory come from the journal.
    #[must_use]
    pub(crate) fn session(&self, id: &str, store: &Store) -> Option<LiveDetail> {
        let id = LiveId::from(id);
        let (summary, slots) = self.shelf().detail(&id)?;
        let steps = store.read(|view| {
            slots
                .into_iter()
                .filter_map(|place| {
                    let mut step = match place.step {
                        Some(step) => (*step).clone(),
                        None => journal::read(view, &id, place.end)?,
                    };
                    step.wire = place.wire;
                    Some(step)
                })
                .collect()
        });
        Some(LiveDetail { summary, steps })
    }

    /// A step's request and response.
    #[must_use]
    pub(crate) fn wire(&self, seq: u64, reveal: bool, endpoint: &str) -> Option<Wire> {
        let entry = self.shelf().wire(seq)?;
        Some(wire::show(&entry, seq, reveal, endpoint))
    }

    /// Forgets all live sessions.
    pub(crate) fn clear(&self, store: &Store) {
        self.shelf().evict(0);
        self.hand_over(store);
        let _ = self.tell.send(Signal::Configuration);
    }

    /// Reads the list of sessions back, before the first request: one that goes on with an earlier session must find it,
    /// and no step may get a number that is taken.
    ///
    /// # Errors
    /// When the store can't be read.
    pub(crate) fn restore_sessions(&self, view: &dyn View, now: Timestamp) -> Result<(), StoreError> {
        let summaries = view.scan(&[Table::LiveSummary as u8], None, SESSIONS * 2)?;
        let stepped = !view.scan(&[Table::LiveStep as u8], None, 1)?.is_empty();
        let mut newest = 0;
        let mut shelf = self.shelf();
        for (_, bytes) in &summaries {
            // A record of an older release that can't be read is left out, not fatal: it is history.
            if let Ok(Some(summary)) = port::decode::<StoredSummary>(bytes, now) {
                newest = newest.max(summary.0.seq);
                shelf.restore_summary(&summary.0, journal::ends(bytes));
            }
        }
        drop(shelf);
        if stepped {
            self.seq.fetch_max(newest + LEAP, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Notes which steps there are, beside the first requests. They themselves stay where they are until somebody looks.
    ///
    /// # Errors
    /// When the store can't be read.
    pub(crate) fn restore_steps(&self, view: &dyn View) -> Result<(), StoreError> {
        let mut last: Option<Vec<u8>> = None;
        loop {
            let page = view.scan(&[Table::LiveStep as u8], last.as_deref(), PAGE)?;
            let mut shelf = self.shelf();
            for (key, _) in &page {
                if let Some((live, seq)) = journal::place(key) {
                    shelf.restore_step(&live, seq);
                }
            }
            drop(shelf);
            match page.into_iter().next_back() {
                Some((key, _)) => last = Some(key),
                None => return Ok(()),
            }
        }
    }
}

/// The part of a step that is known when the request arrives.
#[derive(Clone, Debug)]
pub(crate) struct StepHead {
    /// Position in the stream.
    pub seq: u64,
    /// When it arrived.
    pub at: Timestamp,
    /// HTTP method.
    pub method: String,
    /// Path.
    pub path: String,
}

impl StepHead {
    /// The head of an exchange.
    #[must_use]
    pub(crate) fn of(exchange: &Exchange) -> Self {
        Self {
            seq: exchange.seq,
            at: exchange.at,
            method: exchange.method.clone(),
            path: exchange.path.clone(),
        }
    }

    fn step(self, live: LiveId, trail: Trail, status: u16, micros: u64) -> Step {
        Step {
            seq: self.seq,
            live,
            at: self.at,
            micros,
            kind: trail.kind,
            method: if trail.kind == StepKind::Engine && self.path.is_empty() {
                String::new()
            } else {
                self.method
            },
            path: self.path,
            status,
            arrows: trail.arrows,
            because: trail.because,
            params: trail.params,
            tokens: trail.tokens,
            error: trail.error,
            snapshot: trail.snapshot,
            wire: status != 0,
        }
    }
}

#[cfg(test)]
mod tests;
