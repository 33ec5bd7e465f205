//! The live recorder: turns trails into steps, keeps the recent ones, journals them, and tells whoever watches.
//!
//! A step of a decision that writes is journalled in the decision's own batch ([`Recorder::prepare`]); how it ended follows a
//! moment later with the other steps, in a chunk of many ([`Recorder::hand_over`]). A step is kept as the journal has it and
//! decoded when somebody looks. What was on the wire stays in memory only, within [`WIRE_BYTES`].

mod capture;
mod journal;
mod keeping;
mod shelf;
mod watch;
mod wire;

pub use watch::{LiveWatch, MessageWatch};

use crate::http::{Request, Response};
use crate::pauses::Attended;
use capture::WireEntry;
use journal::{Chunk, Encoded, End};
use shelf::{Ended, Place, Shelf};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::{Notify, broadcast};
use vestibule_core::console::{InboxMessage, SessionPause};
use vestibule_core::ids::LiveId;
use vestibule_core::live::{LiveDetail, LiveEvent, LiveSummary, Step, StepKind, Trail, Wire};
use vestibule_core::port::Witness;
use vestibule_core::record::Table;
use vestibule_core::{Batch, StoreError, Timestamp, View};
use vestibule_store::Store;

/// Calls of userinfo and introspection, and polls of a waiting device, kept of one session while they go well; further ones are only counted.
pub(crate) const REPEATS: u32 = 8;
/// Most bytes of requests and responses kept in memory.
pub(crate) const WIRE_BYTES: usize = 3 * 1024 * 1024;
/// Steps that wait for the journal before they are handed over at once.
const WAITING: usize = 128;
/// Journal entries looked at together when it is read back.
const PAGE: usize = 64;
/// Events a slow watcher may fall behind before it has to read the list again.
const BACKLOG: usize = 4_096;
/// Messages that whoever follows them alone may fall behind before the oldest are lost.
const MESSAGE_BACKLOG: usize = 64;

/// One exchange while it is being answered.
#[derive(Debug)]
pub struct Exchange {
    /// What is known of it from its beginning.
    pub(crate) head: Arc<StepHead>,
    /// What the decisions said so far.
    pub trail: Trail,
    /// Whether it is shown even when no decision named a live session.
    pub always: bool,
    /// That a decision of it has written what was said so far to the journal, and let go of it.
    pub(crate) journalled: Option<Journalled>,
    started: std::time::Instant,
}

/// What of a trail, beside its words, a decision has written to the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Journalled {
    /// Whether there was an error.
    error: bool,
}

impl Journalled {
    /// Whether a trail says nothing that the journal does not have.
    fn is_all(self, trail: &Trail) -> bool {
        self.error == trail.error.is_some() && !trail.has_words()
    }
}

/// What goes through the channel to watchers.
#[derive(Clone, Debug)]
pub(crate) enum Signal {
    Event(Arc<LiveEvent>),
    Configuration,
    Message(Arc<InboxMessage>),
}

/// Keeps and tells the live sessions.
pub(crate) struct Recorder {
    seq: AtomicU64,
    shelf: Mutex<Shelf>,
    tell: broadcast::Sender<Signal>,
    tell_messages: broadcast::Sender<Arc<InboxMessage>>,
    /// How much there was to tell, whether anybody listened or not.
    told: AtomicU64,
    /// Something waits for the journal.
    due: Notify,
}

impl Default for Recorder {
    fn default() -> Self {
        Self {
            seq: AtomicU64::new(1),
            shelf: Mutex::new(Shelf::default()),
            tell: broadcast::channel(BACKLOG).0,
            tell_messages: broadcast::channel(MESSAGE_BACKLOG).0,
            told: AtomicU64::new(0),
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
    pub(crate) fn begin(&self, request: &Request, at: Timestamp) -> Exchange {
        Exchange::of(StepHead {
            seq: self.number(),
            at,
            method: Some(request.method.clone()),
            path: request.path.clone(),
            agent: request.headers.get(http::header::USER_AGENT).cloned(),
        })
    }

    /// Begins a step of a session that no request is behind: something done in the window.
    #[must_use]
    pub(crate) fn begin_here(&self, live: LiveId, at: Timestamp) -> Exchange {
        let mut exchange = Exchange::of(StepHead {
            seq: self.number(),
            at,
            method: None,
            path: String::new(),
            agent: None,
        });
        exchange.trail.live = Some(live);
        exchange
    }

    fn number(&self) -> u64 {
        self.seq.fetch_add(1, Ordering::Relaxed)
    }

    /// The journal entry of a decision that is about to be committed, for the same batch; a decision that named no live
    /// session has none.
    ///
    /// The words are let go of here, on the thread that made them: hundreds of small texts, which are dear to drop elsewhere.
    ///
    /// # Errors
    /// When the step can't be encoded.
    pub(crate) fn prepare(
        &self,
        head: &StepHead,
        trail: &mut Trail,
        journalled: &mut Option<Journalled>,
        batch: &mut Batch,
    ) -> Result<(), StoreError> {
        let Some(live) = trail.live.clone() else { return Ok(()) };
        if journalled.take().is_some() {
            self.recall(head.seq, trail);
        }
        let step = Encoded::of(head, &live, trail)?;
        let (key, value) = step.tail_entry();
        batch.ops.insert(key, Some(value));
        self.shelf().prepare(step);
        trail.forget_words();
        *journalled = Some(Journalled {
            error: trail.error.is_some(),
        });
        Ok(())
    }

    /// Puts what an earlier decision of the exchange said back in front of what the trail says.
    fn recall(&self, seq: u64, trail: &mut Trail) {
        if let Some(mut earlier) = self.shelf().begun(seq).and_then(|step| step.words()) {
            earlier.absorb(std::mem::take(trail));
            *trail = earlier;
        }
    }

    /// Ends an exchange: folds it into its session, keeps it, journals how it ended, tells the watchers.
    pub(crate) fn finish(&self, exchange: Exchange, request: &Request, response: &Response, store: &Store) {
        let status = response.status.as_u16();
        self.end(exchange, status, store, || Some(WireEntry::capture(request, response)));
    }

    /// Ends a step that no request is behind.
    pub(crate) fn finish_here(&self, exchange: Exchange, store: &Store) {
        self.end(exchange, 0, store, || None);
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "a duration shown to people, not a time that decides anything"
    )]
    fn end(&self, exchange: Exchange, status: u16, store: &Store, wire: impl FnOnce() -> Option<WireEntry>) {
        let Exchange {
            head,
            mut trail,
            always,
            journalled,
            started,
        } = exchange;
        let live = match (&trail.live, always) {
            (Some(live), _) => live.clone(),
            (None, true) => head.own_session(),
            (None, false) => return,
        };
        let end = End {
            status,
            micros: u32::try_from(started.elapsed().as_micros()).unwrap_or(u32::MAX),
        };
        let watched = self.tell.receiver_count() > 0;
        let seq = head.seq;
        let mut shelf = self.shelf();
        let idle = shelf.waiting() == 0;
        let steps = shelf.fold(&live, seq, head.at, &trail.patch, head.agent.as_ref());
        let mut shown = None;
        if steps >= shelf.retention.steps || trail.spared {
            shelf.count_only(&live, seq);
        } else {
            drop(shelf);
            let wire = wire();
            let has_wire = wire.is_some();
            let said = journalled.is_some_and(|journalled| journalled.is_all(&trail));
            if journalled.is_some() && !said {
                self.recall(seq, &mut trail);
            }
            let step = if said { None } else { encode(&head, &live, &trail) };
            shelf = self.shelf();
            if watched {
                let step = step.as_ref().or_else(|| shelf.begun(seq)).and_then(|step| step.step(end));
                shown = step.map(|step| Step { wire: has_wire, ..step });
            }
            shelf.keep(Ended {
                seq,
                end,
                step,
                live: &live,
                wire,
                repeats: repeats(trail.kind),
            });
        }
        let summary = watched.then(|| shelf.summary(&live)).flatten();
        shelf.trim(head.at);
        let waiting = shelf.waiting();
        drop(shelf);
        if waiting >= WAITING {
            self.hand_over(store);
        } else if idle {
            self.due.notify_one();
        }
        if let Some(summary) = summary {
            self.say(Signal::Event(Arc::new(LiveEvent { summary, step: shown })));
        } else {
            self.told.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Notes whether and how a session is paused, and tells the watchers.
    pub(crate) fn pause(&self, live: &LiveId, pause: Option<SessionPause>) {
        let paused = self.shelf().pause(live, pause);
        if let Some(summary) = paused {
            self.say(Signal::Event(Arc::new(LiveEvent { summary, step: None })));
        }
    }

    /// Gives the store what waits for the journal.
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
        self.say(Signal::Configuration);
    }

    /// Tells watchers, and then counts: who counts from here on may count one too few, and never one too many.
    fn say(&self, signal: Signal) {
        // Nobody listening is no error.
        let _ = self.tell.send(signal);
        self.told.fetch_add(1, Ordering::Relaxed);
    }

    /// How much there was to tell so far.
    pub(crate) fn told(&self) -> u64 {
        self.told.load(Ordering::Relaxed)
    }

    /// Tells watchers of a message that was written to somebody.
    pub(crate) fn message(&self, message: InboxMessage) {
        let message = Arc::new(message);
        let _ = self.tell_messages.send(message.clone());
        self.say(Signal::Message(message));
    }

    /// Watches the messages from now on.
    #[must_use]
    pub(crate) fn watch_messages(&self) -> MessageWatch {
        MessageWatch::new(self.tell_messages.subscribe())
    }

    /// Watches the stream from now on.
    #[must_use]
    pub(crate) fn watch(&self, attended: Attended) -> LiveWatch {
        LiveWatch::new(self.tell.subscribe(), attended)
    }

    /// A session as the list shows it.
    #[must_use]
    pub(crate) fn summary(&self, live: &LiveId) -> Option<LiveSummary> {
        self.shelf().summary(live)
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
        let (summary, found) = self.shelf().detail(&LiveId::from(id))?;
        let places: HashMap<u64, (End, bool)> = found.iter().map(|f| (f.seq, (f.end, f.wire))).collect();
        let wanted = |seq: u64| places.get(&seq).map(|(end, _)| *end);
        let mut steps: HashMap<u64, Step> = HashMap::new();
        for place in found {
            if steps.contains_key(&place.seq) {
                continue;
            }
            let read = match place.place {
                Place::Here(step) => step.step(place.end).into_iter().collect(),
                Place::Recent(value) => Chunk::steps(&value, &wanted),
                Place::Stored(number) => store
                    .read(|view| journal::chunk(view, number))
                    .map(|value| Chunk::steps(&value, &wanted))
                    .unwrap_or_default(),
            };
            for mut step in read {
                step.wire = places.get(&step.seq).is_some_and(|(_, wire)| *wire);
                // What is newer says more: a step in memory, or in a later chunk.
                if step.seq == place.seq || !steps.contains_key(&step.seq) {
                    steps.insert(step.seq, step);
                }
            }
        }
        let mut steps: Vec<Step> = steps.into_values().collect();
        steps.sort_unstable_by_key(|step| step.seq);
        Some(LiveDetail { summary, steps })
    }

    /// A step's request and response.
    #[must_use]
    pub(crate) fn wire(&self, seq: u64, reveal: bool, endpoint: &str) -> Option<Wire> {
        let entry = self.shelf().wire(seq)?;
        Some(wire::show(&entry, seq, reveal, endpoint))
    }

    /// Reads the sessions back, before the first request: one that goes on with an earlier session must find it, and no
    /// step may get a number that is taken. What their steps say stays where it is until somebody looks.
    ///
    /// # Errors
    /// When the store can't be read.
    pub(crate) fn restore(&self, view: &dyn View) -> Result<(), StoreError> {
        let mut newest = 0;
        let mut shelf = self.shelf();
        each_entry(view, Table::Journal, |key, value| {
            // A chunk of an older release that can't be read is left out, not fatal: it is history.
            if let (Some(number), Some(chunk)) = (journal::chunk_number(key), Chunk::read(value)) {
                newest = newest.max(shelf.restore_chunk(number, &chunk));
            }
        })?;
        each_entry(view, Table::JournalTail, |key, value| {
            if let Some(step) = Encoded::from_tail(key, value) {
                newest = newest.max(shelf.restore_tail(step));
            }
        })?;
        let most = shelf.retention.sessions as usize;
        shelf.evict(most);
        drop(shelf);
        self.seq.fetch_max(newest + 1, Ordering::Relaxed);
        Ok(())
    }
}

fn each_entry(view: &dyn View, table: Table, mut each: impl FnMut(&[u8], &[u8])) -> Result<(), StoreError> {
    let mut last: Option<Vec<u8>> = None;
    loop {
        let page = view.scan(&[table as u8], last.as_deref(), PAGE)?;
        page.iter().for_each(|(key, value)| each(key, value));
        match page.into_iter().next_back() {
            Some((key, _)) => last = Some(key),
            None => return Ok(()),
        }
    }
}

fn encode(head: &StepHead, live: &LiveId, trail: &Trail) -> Option<Encoded> {
    Encoded::of(head, live, trail)
        .map_err(|error| tracing::warn!(%error, "a step could not be kept"))
        .ok()
}

/// The part of a step that is known when the request arrives.
#[derive(Debug)]
pub(crate) struct StepHead {
    /// Position in the stream.
    pub seq: u64,
    /// When it arrived.
    pub at: Timestamp,
    /// HTTP method; none when no request is behind the step.
    pub method: Option<http::Method>,
    /// Path.
    pub path: String,
    /// `User-Agent`.
    pub agent: Option<http::HeaderValue>,
}

impl StepHead {
    /// The live session of an exchange that belongs to no other.
    fn own_session(&self) -> LiveId {
        LiveId(format!("x{:020}", self.seq))
    }
}

impl Exchange {
    #[expect(
        clippy::disallowed_methods,
        reason = "a duration shown to people, not a time that decides anything"
    )]
    fn of(head: StepHead) -> Self {
        Self {
            head: Arc::new(head),
            trail: Trail::default(),
            always: false,
            journalled: None,
            started: std::time::Instant::now(),
        }
    }

    /// The live session this exchange is shown in, or would be if it is shown.
    pub(crate) fn live(&self) -> LiveId {
        self.trail.live.clone().unwrap_or_else(|| self.head.own_session())
    }
}

/// Whether an application may do this over and over in one session, each time alike.
const fn repeats(kind: StepKind) -> bool {
    matches!(kind, StepKind::Userinfo | StepKind::Introspection | StepKind::DevicePoll)
}

impl Witness for Recorder {
    fn wants(&self, live: &LiveId, kind: StepKind) -> bool {
        !repeats(kind) || self.shelf().repeated(live) < REPEATS
    }
}

/// A browser or client library in plain words.
fn agent(user_agent: &http::HeaderValue) -> String {
    let user_agent = user_agent.to_str().unwrap_or_default();
    let browser = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chromium"),
        ("Safari/", "Safari"),
    ]
    .into_iter()
    .find(|(token, _)| user_agent.contains(token))
    .map(|(_, name)| format!("{name} on this machine"));
    browser.unwrap_or_else(|| {
        user_agent
            .split_whitespace()
            .next()
            .unwrap_or("unknown client")
            .chars()
            .take(60)
            .collect()
    })
}

#[cfg(test)]
mod tests;
