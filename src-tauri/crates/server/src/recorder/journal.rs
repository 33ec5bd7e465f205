//! The journal's entries: live sessions and their steps as stored records, written from what is only borrowed.

use super::StepHead;
use serde::{Deserialize, Serialize};
use vestibule_core::ids::LiveId;
use vestibule_core::live::{Arrow, LiveSummary, Param, Step, StepError, StepKind, TokenView, Trail};
use vestibule_core::record::{StoredStep, Table, record_key};
use vestibule_core::{Because, StoreError, Timestamp, View, port};

/// A key and its value.
type Entry = (Vec<u8>, Vec<u8>);

/// [`StoredStep`], borrowed.
#[derive(Serialize)]
struct Stored<'a, S> {
    key: &'a str,
    step: &'a S,
}

/// [`Step`] before its exchange has ended, borrowed: no status, no duration, no wire.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Unfinished<'a> {
    seq: u64,
    live: &'a LiveId,
    at: Timestamp,
    micros: u64,
    kind: StepKind,
    method: &'a str,
    path: &'a str,
    status: u16,
    arrows: &'a [Arrow],
    because: &'a [Because],
    params: &'a [Param],
    tokens: &'a [TokenView],
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a StepError>,
    #[serde(skip_serializing_if = "Option::is_none")]
    snapshot: Option<&'a serde_json::Value>,
    wire: bool,
}

/// A step as far as it is known while its decision is being committed.
pub(super) fn unfinished<'a>(head: &'a StepHead, live: &'a LiveId, trail: &'a Trail) -> Unfinished<'a> {
    Unfinished {
        seq: head.seq,
        live,
        at: head.at,
        micros: 0,
        kind: trail.kind,
        method: &head.method,
        path: &head.path,
        status: 0,
        arrows: &trail.arrows,
        because: &trail.because,
        params: &trail.params,
        tokens: &trail.tokens,
        error: trail.error.as_ref(),
        snapshot: trail.snapshot.as_ref(),
        wire: false,
    }
}

/// How a step ended: its number, status and duration in **microseconds**. Status 0 while that is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct End(pub(super) u64, pub(super) u16, pub(super) u64);

/// A session's record: [`vestibule_core::record::StoredSummary`], and beside its members how its steps ended.
#[derive(Serialize)]
struct WithEnds<'a> {
    #[serde(flatten)]
    summary: &'a LiveSummary,
    ends: &'a [End],
}

/// The same, read.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Ends {
    ends: Vec<End>,
}

/// The id of a step's record, as [`StoredStep::new`] makes it.
fn id(live: &LiveId, seq: u64) -> String {
    format!("{live}/{seq:016}")
}

/// The key of a step.
pub(super) fn step_key(live: &LiveId, seq: u64) -> Vec<u8> {
    record_key(Table::LiveStep, &id(live, seq))
}

/// The key of a session.
pub(super) fn summary_key(live: &LiveId) -> Vec<u8> {
    record_key(Table::LiveSummary, live.as_str())
}

/// Which step a key names.
pub(super) fn place(key: &[u8]) -> Option<(LiveId, u64)> {
    let text = std::str::from_utf8(key.get(1..)?).ok()?;
    let (live, seq) = text.rsplit_once('/')?;
    Some((LiveId::from(live), seq.parse().ok()?))
}

/// A step's entry.
///
/// # Errors
/// When it can't be encoded.
pub(super) fn step(live: &LiveId, seq: u64, step: &impl Serialize) -> Result<Entry, StoreError> {
    let id = id(live, seq);
    let value = port::encode_value(None, &Stored { key: &id, step })?;
    Ok((record_key(Table::LiveStep, &id), value))
}

/// A session's entry.
///
/// # Errors
/// When it can't be encoded.
pub(super) fn summary(summary: &LiveSummary, ends: &[End]) -> Result<Entry, StoreError> {
    Ok((summary_key(&summary.id), port::encode_value(None, &WithEnds { summary, ends })?))
}

/// How the steps of a stored session ended.
pub(super) fn ends(bytes: &[u8]) -> Vec<End> {
    let json = bytes.get(port::RECORD_HEADER..).unwrap_or_default();
    serde_json::from_slice::<Ends>(json).unwrap_or_default().ends
}

/// A step from the journal. One that can't be read is history lost, not an error of whoever looks.
pub(super) fn read(view: &dyn View, live: &LiveId, end: End) -> Option<Step> {
    let End(seq, status, micros) = end;
    let bytes = view.get(&step_key(live, seq)).ok()??;
    let stored = port::decode::<StoredStep>(&bytes, Timestamp(0)).ok()??;
    let mut step = std::sync::Arc::unwrap_or_clone(stored).step;
    if status != 0 {
        (step.status, step.micros) = (status, micros);
    }
    Some(step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use vestibule_core::live::Lane;
    use vestibule_core::record::StoredSummary;

    #[test]
    fn what_is_written_borrowed_reads_back_as_the_record() {
        let head = StepHead {
            seq: 7,
            at: Timestamp(5),
            method: "GET".into(),
            path: "/oidc/auth".into(),
        };
        let mut trail = Trail {
            kind: StepKind::Authorize,
            snapshot: Some(serde_json::json!({ "a": 1 })),
            error: Some(StepError {
                error: "e".into(),
                description: "d".into(),
                detail: None,
            }),
            ..Trail::default()
        };
        trail.arrow(Lane::Client, Lane::Provider, "GET");
        let live = LiveId::from("some/live");
        let (key, value) = step(&live, 7, &unfinished(&head, &live, &trail)).unwrap();
        let owned = StoredStep::new(head.step(live.clone(), trail, 0, 0));
        assert_eq!(value, port::encode(&owned).unwrap());
        assert_eq!(key, record_key(Table::LiveStep, &owned.key));
        assert_eq!(place(&key), Some((live.clone(), 7)));
        assert_eq!(place(b"!no step"), None);

        let open = LiveSummary::open(live, Timestamp(5));
        let known = [End(7, 303, 41), End(9, 200, 12)];
        let (_, value) = summary(&open, &known).unwrap();
        let read = port::decode::<StoredSummary>(&value, Timestamp(0)).unwrap().unwrap();
        assert_eq!(read.0, open);
        assert_eq!(ends(&value), known);
        assert!(
            ends(&port::encode(&StoredSummary(open)).unwrap()).is_empty(),
            "as earlier releases wrote it"
        );
    }
}
