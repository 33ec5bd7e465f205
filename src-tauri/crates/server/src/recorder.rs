//! The live recorder: turns trails into steps, keeps the recent ones, journals them, and tells whoever watches.
//!
//! A step of a decision that writes is journalled in the decision's own batch ([`Recorder::prepare`]), and again, with its
//! end, lazily; the others only lazily. What was on the wire stays in memory only, within [`WIRE_BYTES`].

mod shelf;
mod watch;
mod wire;

pub use watch::LiveWatch;

use crate::http::{Request, Response};
use shelf::{Shelf, WireEntry};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::broadcast;
use vestibule_core::ids::LiveId;
use vestibule_core::live::{LiveDetail, LiveEvent, LiveSummary, Step, StepKind, Trail, Wire};
use vestibule_core::record::{StoredStep, StoredSummary, Table, record_key};
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
    started: std::time::Instant,
}

/// What goes through the channel to watchers.
#[derive(Clone, Debug)]
pub(crate) enum Signal {
    Event(std::sync::Arc<LiveEvent>),
    Configuration,
}

/// Keeps and tells the live sessions.
pub(crate) struct Recorder {
    seq: AtomicU64,
    shelf: Mutex<Shelf>,
    tell: broadcast::Sender<Signal>,
}

impl Default for Recorder {
    fn default() -> Self {
        Self {
            seq: AtomicU64::new(1),
            shelf: Mutex::new(Shelf::default()),
            tell: broadcast::channel(BACKLOG).0,
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
            started: std::time::Instant::now(),
        }
    }

    /// The journal entry of a decision that is about to be committed, for the same batch.
    ///
    /// # Errors
    /// When the step can't be encoded.
    pub(crate) fn prepare(&self, head: &StepHead, trail: &Trail, batch: &mut Batch) -> Result<(), StoreError> {
        let Some(live) = &trail.live else { return Ok(()) };
        let step = StoredStep::new(head.step(live.clone(), trail, 0, 0));
        batch.ops.insert(record_key(Table::LiveStep, &step.key), Some(port::encode(&step)?));
        Ok(())
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
            started,
        } = exchange;
        let live = match (&trail.live, always) {
            (Some(live), _) => live.clone(),
            (None, true) => LiveId(format!("x{seq:020}")),
            (None, false) => return,
        };
        let head = StepHead { seq, at, method, path };
        let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        let step = head.step(live.clone(), &trail, response.status.as_u16(), micros);
        let mut shelf = self.shelf();
        let summary = shelf.fold(&live, seq, at, &trail.patch, request);
        let kept = if summary.steps >= STEPS {
            shelf.count_only(&live);
            None
        } else {
            shelf.keep(&live, step.clone(), WireEntry::capture(request, response));
            Some(step)
        };
        let summary = shelf.summary(&live).unwrap_or(summary);
        let evicted = shelf.evict(SESSIONS);
        drop(shelf);

        let mut batch = Batch::default();
        let entries = [
            port::encode(&StoredSummary(summary.clone()))
                .ok()
                .map(|v| (record_key(Table::LiveSummary, live.as_str()), v)),
            kept.as_ref().and_then(|step| {
                let stored = StoredStep::new(step.clone());
                port::encode(&stored).ok().map(|v| (record_key(Table::LiveStep, &stored.key), v))
            }),
        ];
        for (key, value) in entries.into_iter().flatten() {
            batch.ops.insert(key, Some(value));
        }
        for (old, steps) in evicted {
            batch.ops.insert(record_key(Table::LiveSummary, old.as_str()), None);
            for key in steps {
                batch.ops.insert(record_key(Table::LiveStep, &key), None);
            }
        }
        if kept.is_some() || !batch.is_empty() {
            store.write_lazily(batch);
        }
        if self.tell.receiver_count() > 0 {
            // Nobody listening any more is no error.
            let _ = self
                .tell
                .send(Signal::Event(std::sync::Arc::new(LiveEvent { summary, step: kept })));
        }
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

    /// One session with its steps.
    #[must_use]
    pub(crate) fn session(&self, id: &str) -> Option<LiveDetail> {
        self.shelf().detail(&LiveId::from(id))
    }

    /// A step's request and response.
    #[must_use]
    pub(crate) fn wire(&self, seq: u64, reveal: bool, endpoint: &str) -> Option<Wire> {
        let entry = self.shelf().wire(seq)?;
        Some(wire::show(&entry, seq, reveal, endpoint))
    }

    /// Forgets all live sessions.
    pub(crate) fn clear(&self, store: &Store) {
        let evicted = self.shelf().evict(0);
        let mut batch = Batch::default();
        for (old, steps) in evicted {
            batch.ops.insert(record_key(Table::LiveSummary, old.as_str()), None);
            for key in steps {
                batch.ops.insert(record_key(Table::LiveStep, &key), None);
            }
        }
        store.write_lazily(batch);
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
                shelf.restore_summary(&summary.0);
            }
        }
        drop(shelf);
        if stepped {
            self.seq.fetch_max(newest + LEAP, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Reads the steps back, beside the first requests.
    ///
    /// # Errors
    /// When the store can't be read.
    pub(crate) fn restore_steps(&self, view: &dyn View, now: Timestamp) -> Result<(), StoreError> {
        let steps = view.scan(&[Table::LiveStep as u8], None, SESSIONS * 40)?;
        let mut shelf = self.shelf();
        for (_, bytes) in &steps {
            if let Ok(Some(stored)) = port::decode::<StoredStep>(bytes, now) {
                shelf.restore_step(stored.step.clone());
            }
        }
        Ok(())
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

    fn step(&self, live: LiveId, trail: &Trail, status: u16, micros: u64) -> Step {
        Step {
            seq: self.seq,
            live,
            at: self.at,
            micros,
            kind: trail.kind,
            method: if trail.kind == StepKind::Engine && self.path.is_empty() {
                String::new()
            } else {
                self.method.clone()
            },
            path: self.path.clone(),
            status,
            arrows: trail.arrows.clone(),
            because: trail.because.clone(),
            params: trail.params.clone(),
            tokens: trail.tokens.clone(),
            error: trail.error.clone(),
            snapshot: trail.snapshot.clone(),
            wire: status != 0,
        }
    }
}
