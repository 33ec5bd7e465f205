//! What the recorder keeps in memory: sessions in order, where their steps are, and a bounded amount of wire.

use super::capture::WireEntry;
use super::journal::{self, Chunk, Encoded, End, Head};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use vestibule_core::console::SessionPause;
use vestibule_core::ids::LiveId;
use vestibule_core::live::{LiveStatus, LiveSummary, SummaryPatch};
use vestibule_core::model::LiveRetention;
use vestibule_core::{Batch, Timestamp};

type HashMap<K, V> = std::collections::HashMap<K, V, foldhash::fast::RandomState>;
type HashSet<T> = std::collections::HashSet<T, foldhash::fast::RandomState>;

/// Chunks kept in memory after they were handed over: the store may not show them yet.
const RECENT: usize = 4;
/// Most exchanges between their decision and their end. One whose client has gone away never ends.
const BEGUN: usize = 256;
/// In place of a chunk: the step is not in one yet.
const IN_TAIL: u32 = u32::MAX;

/// A step's place.
#[derive(Clone, Copy, Debug)]
struct Slot {
    seq: u64,
    end: End,
    chunk: u32,
}

/// Where a look at a session finds one of its steps.
pub(super) enum Place {
    /// Encoded, in memory.
    Here(Arc<Encoded>),
    /// In a chunk that is in memory.
    Recent(Arc<Vec<u8>>),
    /// In a stored chunk.
    Stored(u32),
}

/// A step as a look at its session finds it.
pub(super) struct Found {
    pub(super) seq: u64,
    pub(super) end: End,
    pub(super) place: Place,
    /// Whether its wire is in memory.
    pub(super) wire: bool,
}

#[derive(Debug)]
struct Entry {
    summary: LiveSummary,
    slots: Vec<Slot>,
    /// Steps among them that are counted when there are many.
    repeated: u32,
}

/// A step that is in no chunk yet.
#[derive(Debug)]
struct Tail {
    live: LiveId,
    step: Arc<Encoded>,
    /// Whether a decision's batch has it in the store.
    stored: bool,
}

/// What the journal does not have yet.
#[derive(Debug, Default)]
struct Waiting {
    /// Steps whose exchange has ended.
    tail: BTreeMap<u64, Tail>,
    counted: HashSet<LiveId>,
    /// Keys of what is no longer wanted.
    gone: Vec<Vec<u8>>,
}

/// What an exchange brings when it ends.
pub(super) struct Ended<'a> {
    pub(super) seq: u64,
    pub(super) end: End,
    /// Its step, unless a decision's batch has all of it.
    pub(super) step: Option<Encoded>,
    pub(super) live: &'a LiveId,
    /// What was on the wire, if it was a request.
    pub(super) wire: Option<WireEntry>,
    /// Whether it is one of those that are counted when there are many.
    pub(super) repeats: bool,
}

/// Sessions and wire.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    pub(super) retention: LiveRetention,
    sessions: HashMap<LiveId, Entry>,
    /// By start, then first step: the order of the list.
    order: BTreeMap<(Timestamp, u64, LiveId), ()>,
    /// Steps that a decision's batch has in the store, and whose exchange is still being answered.
    begun: BTreeMap<u64, Encoded>,
    waiting: Waiting,
    /// How many steps that are still wanted each chunk has.
    chunks: HashMap<u32, u32>,
    next_chunk: u32,
    recent: VecDeque<(u32, Arc<Vec<u8>>)>,
    wires: HashMap<u64, Arc<WireEntry>>,
    wire_order: VecDeque<(u64, usize)>,
    wire_bytes: usize,
}

impl Shelf {
    fn open(&mut self, live: &LiveId, seq: u64, at: Timestamp) {
        if self.sessions.contains_key(live) {
            return;
        }
        self.order.insert((at, seq, live.clone()), ());
        let entry = Entry {
            summary: LiveSummary::open(live.clone(), at),
            slots: Vec::new(),
            repeated: 0,
        };
        self.sessions.insert(live.clone(), entry);
    }

    /// Applies a patch, opening the session if it is new; how many steps it has.
    pub(super) fn fold(&mut self, live: &LiveId, seq: u64, at: Timestamp, patch: &SummaryPatch, agent: Option<&http::HeaderValue>) -> u32 {
        self.open(live, seq, at);
        let Some(Entry { summary, .. }) = self.sessions.get_mut(live) else {
            return 0;
        };
        summary.apply(seq, at, patch);
        if summary.agent.is_none() {
            summary.agent = agent.map(super::agent);
        }
        summary.steps
    }

    /// Notes a step that a decision's batch has in the store.
    pub(super) fn prepare(&mut self, step: Encoded) {
        self.begun.insert(step.seq, step);
        if self.begun.len() > BEGUN
            && let Some((_, step)) = self.begun.pop_first()
        {
            self.restore_tail(step);
        }
    }

    /// A step that a decision's batch has in the store and whose exchange is still being answered.
    pub(super) fn begun(&self, seq: u64) -> Option<&Encoded> {
        self.begun.get(&seq)
    }

    /// Takes in a step that has ended.
    pub(super) fn keep(&mut self, ended: Ended<'_>) {
        let Ended {
            seq,
            end,
            step,
            live,
            wire,
            repeats,
        } = ended;
        if repeats && let Some(entry) = self.sessions.get_mut(live) {
            entry.repeated += 1;
        }
        let begun = self.begun.remove(&seq);
        let stored = begun.is_some();
        let Some(step) = step.or(begun) else { return };
        self.take_in(live, Arc::new(step), end, stored);
        let Some(wire) = wire else { return };
        let size = wire.size();
        self.wires.insert(seq, Arc::new(wire));
        self.wire_order.push_back((seq, size));
        self.wire_bytes += size;
        while self.wire_bytes > super::WIRE_BYTES {
            let Some((old, size)) = self.wire_order.pop_front() else { break };
            self.wires.remove(&old);
            self.wire_bytes -= size;
        }
    }

    fn take_in(&mut self, live: &LiveId, step: Arc<Encoded>, end: End, stored: bool) {
        let seq = step.seq;
        if self.place(live, Slot { seq, end, chunk: IN_TAIL }) {
            let live = live.clone();
            self.waiting.tail.insert(seq, Tail { live, step, stored });
        }
    }

    /// Gives a step its place in its session; not one that has a place already.
    fn place(&mut self, live: &LiveId, slot: Slot) -> bool {
        let Some(entry) = self.sessions.get_mut(live) else { return false };
        let Err(at) = entry.slots.binary_search_by_key(&slot.seq, |slot| slot.seq) else {
            return false;
        };
        entry.slots.insert(at, slot);
        entry.summary.steps += 1;
        true
    }

    /// Counts a step of a session that has as many as are kept.
    pub(super) fn count_only(&mut self, live: &LiveId, seq: u64) {
        if self.begun.remove(&seq).is_some() {
            self.waiting.gone.push(journal::tail_key(seq));
        }
        if let Some(entry) = self.sessions.get_mut(live) {
            entry.summary.uncounted += 1;
            if !self.waiting.counted.contains(live) {
                self.waiting.counted.insert(live.clone());
            }
        }
    }

    /// How many steps of a session may be followed by others of their kind that are only counted.
    pub(super) fn repeated(&self, live: &LiveId) -> u32 {
        self.sessions.get(live).map_or(0, |entry| entry.repeated)
    }

    pub(super) fn summary(&self, live: &LiveId) -> Option<LiveSummary> {
        self.sessions.get(live).map(|e| e.summary.clone())
    }

    /// Notes how a session is paused; what the list shows then.
    pub(super) fn pause(&mut self, live: &LiveId, pause: Option<SessionPause>) -> Option<LiveSummary> {
        let summary = &mut self.sessions.get_mut(live)?.summary;
        summary.pause = pause;
        Some(summary.clone())
    }

    /// Drops what the retention does not cover at this moment.
    pub(super) fn trim(&mut self, now: Timestamp) {
        let mut keep = self.retention.sessions as usize;
        if let Some(hours) = self.retention.hours {
            let oldest = now.plus_seconds(-3_600 * i64::from(hours));
            let past = self.order.keys().take_while(|(at, _, _)| *at < oldest).count();
            keep = keep.min(self.order.len() - past);
        }
        self.evict(keep);
    }

    pub(super) fn kept(&self) -> usize {
        self.order.len()
    }

    /// Drops the oldest sessions until `keep` are left.
    pub(super) fn evict(&mut self, keep: usize) {
        while self.order.len() > keep {
            let Some(((_, _, live), ())) = self.order.pop_first() else { break };
            self.drop_session(&live);
        }
    }

    /// Drops these sessions, where they are kept.
    pub(super) fn forget(&mut self, sessions: &[LiveId]) {
        self.order.retain(|(_, _, live), ()| !sessions.contains(live));
        for live in sessions {
            self.drop_session(live);
        }
    }

    /// Drops what a session has; its place in the order is gone already.
    fn drop_session(&mut self, live: &LiveId) {
        let Some(entry) = self.sessions.remove(live) else { return };
        for slot in entry.slots {
            if slot.chunk == IN_TAIL {
                if self.waiting.tail.remove(&slot.seq).is_some_and(|tail| tail.stored) {
                    self.waiting.gone.push(journal::tail_key(slot.seq));
                }
            } else {
                self.unwant(slot.chunk);
            }
        }
    }

    /// One step less is wanted of a chunk.
    fn unwant(&mut self, chunk: u32) {
        if let Some(wanted) = self.chunks.get_mut(&chunk) {
            *wanted -= 1;
            if *wanted == 0 {
                self.chunks.remove(&chunk);
                self.waiting.gone.push(journal::chunk_key(chunk));
            }
        }
    }

    /// How much waits for the journal.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.tail.len() + self.waiting.gone.len()
    }

    /// What waits for the journal, as writes: one chunk, and what it makes superfluous. What can't be encoded is lost.
    pub(super) fn take_waiting(&mut self) -> Batch {
        let mut batch = Batch::default();
        batch
            .ops
            .extend(std::mem::take(&mut self.waiting.gone).into_iter().map(|key| (key, None)));
        if self.waiting.tail.is_empty() {
            return batch;
        }
        let Waiting { tail, counted, .. } = std::mem::take(&mut self.waiting);
        let number = self.next_chunk;
        let length = tail.values().map(|tail| tail.step.body_len()).sum();
        let (mut chunk, mut bodies, mut wanted) = (Chunk::default(), Vec::with_capacity(length), 0);
        for (seq, Tail { live, step, stored }) in tail {
            if stored {
                batch.ops.insert(journal::tail_key(seq), None);
            }
            let slots = self.sessions.get_mut(&live).map(|entry| &mut entry.slots);
            if let Some(slot) = slots.and_then(|slots| slots.iter_mut().rev().find(|slot| slot.seq == seq)) {
                slot.chunk = number;
                wanted += 1;
                chunk.push(Arc::unwrap_or_clone(step), slot.end, &mut bodies);
            }
        }
        for live in counted {
            let uncounted = self.sessions.get(&live).map(|e| e.summary.uncounted);
            chunk.counted.extend(uncounted.map(|count| (live, count)));
        }
        match chunk.value(&bodies) {
            Ok(value) => {
                self.next_chunk += 1;
                self.chunks.insert(number, wanted);
                self.recent.push_back((number, Arc::new(value.clone())));
                if self.recent.len() > RECENT {
                    self.recent.pop_front();
                }
                batch.ops.insert(journal::chunk_key(number), Some(value));
            }
            Err(error) => tracing::warn!(%error, "steps of live sessions could not be journalled"),
        }
        batch
    }

    /// Marks sessions whose interaction ran out.
    pub(super) fn expire(&mut self, now: Timestamp) {
        for entry in self.sessions.values_mut() {
            let summary = &mut entry.summary;
            if summary.status == LiveStatus::Waiting && summary.expires_at.is_some_and(|t| t <= now) {
                summary.status = LiveStatus::Expired;
                summary.outcome = "expired".into();
                if let Some(waiting) = summary.waiting_for.take() {
                    summary.headline = format!("nobody came back; it was {waiting}").into();
                }
                summary.waiting_on = None;
            }
        }
    }

    pub(super) fn newest(&self, limit: usize) -> Vec<LiveSummary> {
        self.order
            .keys()
            .rev()
            .take(limit)
            .filter_map(|(_, _, id)| self.sessions.get(id))
            .map(|e| e.summary.clone())
            .collect()
    }

    /// A session and where its steps are.
    pub(super) fn detail(&self, live: &LiveId) -> Option<(LiveSummary, Vec<Found>)> {
        let entry = self.sessions.get(live)?;
        let found = entry.slots.iter().map(|slot| Found {
            seq: slot.seq,
            end: slot.end,
            place: match (self.waiting.tail.get(&slot.seq), self.recent.iter().find(|(n, _)| *n == slot.chunk)) {
                (Some(tail), _) => Place::Here(tail.step.clone()),
                (None, Some((_, value))) => Place::Recent(value.clone()),
                (None, None) => Place::Stored(slot.chunk),
            },
            wire: self.wires.contains_key(&slot.seq),
        });
        Some((entry.summary.clone(), found.collect()))
    }

    pub(super) fn wire(&self, seq: u64) -> Option<Arc<WireEntry>> {
        self.wires.get(&seq).cloned()
    }

    /// Takes in a stored chunk; the newest number of a step in it.
    pub(super) fn restore_chunk(&mut self, number: u32, chunk: &Chunk) -> u64 {
        let (mut newest, mut wanted) = (0, 0);
        for (seq, end, head) in chunk.heads() {
            newest = newest.max(seq);
            self.refold(seq, &head);
            let slot = Slot { seq, end, chunk: number };
            wanted += u32::from(self.place(&head.live, slot));
        }
        for (live, uncounted) in &chunk.counted {
            if let Some(entry) = self.sessions.get_mut(live) {
                entry.summary.uncounted = *uncounted;
            }
        }
        self.chunks.insert(number, wanted);
        self.next_chunk = self.next_chunk.max(number + 1);
        newest
    }

    /// Takes in a stored step that is in no chunk: its exchange never ended. Its number.
    pub(super) fn restore_tail(&mut self, step: Encoded) -> u64 {
        let seq = step.seq;
        if let Some(head) = step.head() {
            self.refold(seq, &head);
            self.take_in(&head.live, Arc::new(step), End::default(), true);
        }
        seq
    }

    fn refold(&mut self, seq: u64, head: &Head<'_>) {
        self.fold(&head.live, seq, head.at, &head.patch, None);
        if let Some(entry) = self.sessions.get_mut(head.live.as_ref())
            && entry.summary.agent.is_none()
        {
            entry.summary.agent.clone_from(&head.agent);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_sessions_go_first() {
        let mut shelf = Shelf::default();
        for n in 0..5_u64 {
            let at = Timestamp(i64::try_from(n).unwrap());
            shelf.fold(
                &LiveId(format!("s{n}")),
                n,
                at,
                &SummaryPatch::default(),
                Some(&http::HeaderValue::from_static("node")),
            );
        }
        shelf.evict(2);
        assert_eq!(shelf.newest(10).iter().map(|s| s.id.0.as_str()).collect::<Vec<_>>(), ["s4", "s3"]);
        assert_eq!(shelf.newest(1)[0].agent.as_deref(), Some("node"));
    }

    #[test]
    fn sessions_go_when_they_are_too_old_or_too_many() {
        const HOUR: i64 = 3_600_000;
        let mut shelf = Shelf::default();
        for n in 0..10_u64 {
            let at = Timestamp(i64::try_from(n).unwrap() * HOUR);
            shelf.fold(&LiveId(format!("s{n}")), n, at, &SummaryPatch::default(), None);
        }
        let kept = |shelf: &mut Shelf, sessions, hours, now| {
            shelf.retention = LiveRetention {
                sessions,
                steps: 200,
                hours,
            };
            shelf.trim(Timestamp(now));
            (shelf.kept(), shelf.newest(10).last().map(|s| s.id.0.clone()))
        };
        assert_eq!(kept(&mut shelf, 100, None, 9 * HOUR), (10, Some("s0".into())));
        assert_eq!(kept(&mut shelf, 100, Some(7), 9 * HOUR), (8, Some("s2".into())));
        assert_eq!(kept(&mut shelf, 5, Some(7), 9 * HOUR), (5, Some("s5".into())));
        assert_eq!(kept(&mut shelf, 5, Some(1), 30 * HOUR), (0, None));
    }
}
