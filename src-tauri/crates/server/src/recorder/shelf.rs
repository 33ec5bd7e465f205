//! What the recorder keeps in memory: sessions in order, their steps, and a bounded amount of wire.

use super::journal::{self, End};
use crate::http::{Request, Response};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use vestibule_core::ids::LiveId;
use vestibule_core::live::{LiveStatus, LiveSummary, Step, SummaryPatch};
use vestibule_core::{Batch, Timestamp};

/// Bodies longer than this are cut in the Wire tab.
const BODY_BYTES: usize = 16 * 1024;

/// Headers as lines of one text: thousands of requests are kept, and a text for each name and value would weigh more than
/// what it says.
#[derive(Debug)]
pub(crate) struct HeaderLines(String);

impl HeaderLines {
    pub(super) fn of(headers: &http::HeaderMap) -> Self {
        let length = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 3).sum();
        let mut lines = String::with_capacity(length);
        for (name, value) in headers {
            lines.push_str(name.as_str());
            lines.push_str(": ");
            // No header value holds a line end.
            lines.push_str(&String::from_utf8_lossy(value.as_bytes()));
            lines.push('\n');
        }
        Self(lines)
    }

    /// Names and values, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.lines().filter_map(|line| line.split_once(": "))
    }
}

/// A request and response as text, copied out of the connection's buffers.
#[derive(Debug)]
pub(crate) struct WireEntry {
    pub method: String,
    pub target: String,
    pub request_headers: HeaderLines,
    pub request_body: String,
    pub status: u16,
    pub response_headers: HeaderLines,
    pub response_body: String,
}

impl WireEntry {
    pub(crate) fn capture(request: &Request, response: &Response) -> Self {
        let html = response
            .headers
            .get(http::header::CONTENT_TYPE)
            .is_some_and(|v| v.as_bytes().starts_with(b"text/html"));
        Self {
            method: request.method.as_str().to_owned(),
            target: request
                .query
                .as_ref()
                .map_or_else(|| request.path.clone(), |q| format!("{}?{}", request.path, blank_pairs(q))),
            request_headers: HeaderLines::of(&request.headers),
            request_body: request_text(&request.body, request.path.starts_with("/api/")),
            status: response.status.as_u16(),
            response_headers: HeaderLines::of(&response.headers),
            response_body: if html {
                format!("(an HTML page of {} bytes)", response.body.len())
            } else {
                text(&response.body)
            },
        }
    }

    fn size(&self) -> usize {
        self.target.len()
            + self.request_body.len()
            + self.response_body.len()
            + self.request_headers.0.len()
            + self.response_headers.0.len()
            + 256
    }
}

/// A request's body without passwords: they are not kept, not even in memory. The sign-in API is where they belong, so
/// there a body that can't be read is not kept at all; elsewhere somebody may have sent one by mistake.
fn request_text(body: &[u8], api: bool) -> String {
    match serde_json::from_slice::<serde_json::Value>(body) {
        Ok(mut value) => {
            let sent = value.clone();
            blank_passwords(&mut value);
            if value == sent {
                text(body)
            } else {
                text(value.to_string().as_bytes())
            }
        }
        Err(_) if api && !body.is_empty() => "(a body that is not JSON; not kept, because it may hold a password)".to_owned(),
        Err(_) => blank_pairs(&text(body)),
    }
}

/// A body as text, cut when it is long.
fn text(body: &[u8]) -> String {
    let cut = &body[..body.len().min(BODY_BYTES)];
    let mut out = String::from_utf8_lossy(cut).into_owned();
    if cut.len() < body.len() {
        out.push_str("… (cut)");
    }
    out
}

/// Blanks passwords in a form or query.
fn blank_pairs(text: &str) -> String {
    let pairs: Vec<String> = text
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, _)) if name.to_ascii_lowercase().contains("password") => format!("{name}=••••"),
            _ => pair.to_owned(),
        })
        .collect();
    pairs.join("&")
}

fn blank_passwords(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(members) => {
            // `{type: "password", value: …}` is how the profile route carries one.
            let typed = members.get("type").is_some_and(|t| t == "password");
            for (name, member) in members.iter_mut() {
                if name.to_ascii_lowercase().contains("password") && member.is_string() && name != "type" || (typed && name == "value") {
                    *member = serde_json::Value::String("••••".into());
                } else {
                    blank_passwords(member);
                }
            }
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(blank_passwords),
        _ => {}
    }
}

/// A step's place: in memory, or only in the journal.
#[derive(Debug)]
struct Slot {
    end: End,
    step: Option<Arc<Step>>,
}

/// A step as a look at its session finds it.
pub(crate) struct Place {
    /// Its number and how it ended.
    pub(super) end: End,
    /// Itself, if it is in memory.
    pub(super) step: Option<Arc<Step>>,
    /// Whether its wire is.
    pub(super) wire: bool,
}

#[derive(Debug)]
struct Entry {
    summary: LiveSummary,
    slots: Vec<Slot>,
}

/// What the journal does not have yet.
#[derive(Debug, Default)]
struct Waiting {
    summaries: HashSet<LiveId>,
    steps: Vec<Arc<Step>>,
    gone: Vec<(LiveId, Vec<u64>)>,
}

/// Sessions and wire.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    sessions: HashMap<LiveId, Entry>,
    /// By start, then first step: the order of the list.
    order: BTreeMap<(Timestamp, u64, LiveId), ()>,
    /// Steps in memory, oldest first.
    held: VecDeque<Arc<Step>>,
    waiting: Waiting,
    wires: HashMap<u64, Arc<WireEntry>>,
    wire_order: VecDeque<(u64, usize)>,
    wire_bytes: usize,
}

impl Shelf {
    /// Applies a patch, opening the session if it is new; how many steps it has.
    pub(crate) fn fold(&mut self, live: &LiveId, seq: u64, at: Timestamp, patch: &SummaryPatch, request: &Request) -> u32 {
        if !self.sessions.contains_key(live) {
            self.order.insert((at, seq, live.clone()), ());
        }
        let entry = self.sessions.entry(live.clone()).or_insert_with(|| Entry {
            summary: LiveSummary::open(live.clone(), at),
            slots: Vec::new(),
        });
        entry.summary.apply(seq, at, patch);
        if entry.summary.agent.is_none() {
            entry.summary.agent = request.header(http::header::USER_AGENT).map(agent);
        }
        if !self.waiting.summaries.contains(live) {
            self.waiting.summaries.insert(live.clone());
        }
        entry.summary.steps
    }

    /// Whether there is such a session.
    pub(crate) fn knows(&self, live: &LiveId) -> bool {
        self.sessions.contains_key(live)
    }

    /// Takes in a step that has ended. One that is not `journalled` yet waits for the journal.
    pub(crate) fn keep(&mut self, live: &LiveId, step: Arc<Step>, wire: WireEntry, journalled: bool) {
        let seq = step.seq;
        if let Some(entry) = self.sessions.get_mut(live) {
            entry.summary.steps += 1;
            entry.place(End(seq, step.status, step.micros), Some(step.clone()));
        }
        if !journalled {
            self.waiting.steps.push(step.clone());
        }
        self.held.push_back(step);
        while self.held.len() > super::HELD {
            let Some(old) = self.held.pop_front() else { break };
            if let Some(entry) = self.sessions.get_mut(&old.live)
                && let Ok(at) = entry.slots.binary_search_by_key(&old.seq, |slot| slot.end.0)
            {
                entry.slots[at].step = None;
            }
        }
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

    pub(crate) fn count_only(&mut self, live: &LiveId) {
        if let Some(entry) = self.sessions.get_mut(live) {
            entry.summary.uncounted += 1;
        }
    }

    pub(crate) fn summary(&self, live: &LiveId) -> Option<LiveSummary> {
        self.sessions.get(live).map(|e| e.summary.clone())
    }

    /// Drops the oldest sessions until `keep` are left.
    pub(crate) fn evict(&mut self, keep: usize) {
        while self.order.len() > keep {
            let Some(((_, _, live), ())) = self.order.pop_first() else { break };
            self.waiting.summaries.remove(&live);
            if let Some(entry) = self.sessions.remove(&live) {
                self.waiting.gone.push((live, entry.slots.iter().map(|slot| slot.end.0).collect()));
            }
        }
    }

    /// How much waits for the journal.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.steps.len() + self.waiting.gone.len() + self.waiting.summaries.len()
    }

    /// What waits for the journal, as writes. What can't be encoded stays out of it.
    pub(crate) fn take_waiting(&mut self) -> Batch {
        let Waiting { summaries, steps, gone } = std::mem::take(&mut self.waiting);
        let mut batch = Batch::default();
        let entries = summaries.iter().filter_map(|live| {
            let entry = self.sessions.get(live)?;
            let ends: Vec<End> = entry.slots.iter().map(|slot| slot.end).collect();
            journal::summary(&entry.summary, &ends).ok()
        });
        batch.ops.extend(entries.map(|(key, value)| (key, Some(value))));
        let steps = steps.iter().filter(|step| self.sessions.contains_key(&step.live));
        let entries = steps.filter_map(|step| journal::step(&step.live, step.seq, &**step).ok());
        batch.ops.extend(entries.map(|(key, value)| (key, Some(value))));
        for (live, steps) in gone {
            batch.ops.insert(journal::summary_key(&live), None);
            batch.ops.extend(steps.into_iter().map(|seq| (journal::step_key(&live, seq), None)));
        }
        batch
    }

    /// Marks sessions whose interaction ran out.
    pub(crate) fn expire(&mut self, now: Timestamp) {
        for entry in self.sessions.values_mut() {
            let summary = &mut entry.summary;
            if summary.status == LiveStatus::Waiting && summary.expires_at.is_some_and(|t| t <= now) {
                summary.status = LiveStatus::Expired;
                summary.outcome = "expired".into();
                if let Some(waiting) = summary.waiting_for.take() {
                    summary.headline = format!("nobody came back; it was {waiting}");
                }
                summary.waiting_on = None;
            }
        }
    }

    pub(crate) fn newest(&self, limit: usize) -> Vec<LiveSummary> {
        self.order
            .keys()
            .rev()
            .take(limit)
            .filter_map(|(_, _, id)| self.sessions.get(id))
            .map(|e| e.summary.clone())
            .collect()
    }

    /// A session and the places of its steps.
    pub(crate) fn detail(&self, live: &LiveId) -> Option<(LiveSummary, Vec<Place>)> {
        let entry = self.sessions.get(live)?;
        let places = entry.slots.iter().map(|slot| Place {
            end: slot.end,
            step: slot.step.clone(),
            wire: self.wires.contains_key(&slot.end.0),
        });
        Some((entry.summary.clone(), places.collect()))
    }

    pub(crate) fn wire(&self, seq: u64) -> Option<Arc<WireEntry>> {
        self.wires.get(&seq).cloned()
    }

    /// Takes in a session of the journal, and how its steps ended.
    pub(crate) fn restore_summary(&mut self, summary: &LiveSummary, ends: Vec<End>) {
        // Which step was the first is not in the summary; sessions of one millisecond keep the order of their newest ones.
        self.order.insert((summary.started_at, summary.seq, summary.id.clone()), ());
        let entry = self.sessions.entry(summary.id.clone()).or_insert_with(|| Entry {
            summary: summary.clone(),
            slots: Vec::new(),
        });
        for end in ends {
            entry.place(end, None);
        }
    }

    /// Notes a step of the journal whose end may not be known.
    pub(crate) fn restore_step(&mut self, live: &LiveId, seq: u64) {
        if let Some(entry) = self.sessions.get_mut(live) {
            entry.place(End(seq, 0, 0), None);
        }
    }
}

impl Entry {
    /// Puts a step in its place; one that is there already stays.
    fn place(&mut self, end: End, step: Option<Arc<Step>>) {
        if let Err(at) = self.slots.binary_search_by_key(&end.0, |slot| slot.end.0) {
            self.slots.insert(at, Slot { end, step });
        }
    }
}

/// A browser or client library in plain words.
fn agent(user_agent: &str) -> String {
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
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_kept() {
        for body in [
            r#"{"identifier":{"type":"username","value":"alice"},"password":"open sesame"}"#,
            r#"{"type":"password","value":"open sesame"}"#,
            r#"{"a":[{"newPassword":"open sesame"}]}"#,
        ] {
            for api in [true, false] {
                let kept = request_text(body.as_bytes(), api);
                assert!(!kept.contains("sesame") && kept.contains("••••"), "{kept}");
            }
        }
        assert!(!request_text(b"password=open sesame", true).contains("sesame"));
        assert_eq!(request_text(b"a=b&password=open+sesame", false), "a=b&password=••••");
        assert_eq!(request_text(b"{ \"a\": 1 }", true), "{ \"a\": 1 }");
    }

    #[test]
    fn the_oldest_sessions_go_first() {
        let mut shelf = Shelf::default();
        let request = Request {
            method: http::Method::GET,
            path: "/".into(),
            query: None,
            headers: http::HeaderMap::new(),
            body: bytes::Bytes::new(),
        };
        for n in 0..5 {
            shelf.fold(
                &LiveId(format!("s{n}")),
                n,
                Timestamp(i64::try_from(n).unwrap()),
                &SummaryPatch::default(),
                &request,
            );
        }
        shelf.evict(2);
        let gone: Vec<LiveId> = (0..3).map(|n| LiveId(format!("s{n}"))).collect();
        let batch = shelf.take_waiting();
        assert!(gone.iter().all(|live| batch.ops[&journal::summary_key(live)].is_none()));
        assert_eq!(batch.ops.values().flatten().count(), 2, "the two that are left are written");
        assert_eq!(shelf.newest(10).iter().map(|s| s.id.0.as_str()).collect::<Vec<_>>(), ["s4", "s3"]);
    }

    #[test]
    fn user_agents_read_like_words() {
        assert_eq!(
            agent("Mozilla/5.0 (X11) AppleWebKit/537.36 Chrome/156.0 Safari/537.36"),
            "Chromium on this machine"
        );
        assert_eq!(agent("node"), "node");
        assert_eq!(agent("openid-client/v6.8.9 x"), "openid-client/v6.8.9");
    }
}
