//! The journal: steps of live sessions as stored values.
//!
//! A step is encoded once, when its decision is committed or its exchange ends, in two parts: what happened and what its
//! session is folded from (the [`Head`]), and what is said about it (the [`Body`]), which is read only when somebody looks.
//! A decision's own batch carries the head (`Table::JournalTail`), so that no change of state is without its event; within a
//! second the steps of many exchanges go whole into one compressed chunk (`Table::Journal`), because they
//! say much the same things. Only a process that is killed in between loses words, and then it says so.

use super::StepHead;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt::Write as _;
use vestibule_core::ids::LiveId;
use vestibule_core::live::{Arrow, Param, Step, StepError, StepKind, SummaryPatch, TokenView, Trail};
use vestibule_core::record::{Table, record_key};
use vestibule_core::{Because, Outcome, StoreError, Timestamp, View, port};

/// How a step ended: status and duration in **microseconds**. Status 0 while that is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct End {
    pub(super) status: u16,
    pub(super) micros: u32,
}

/// What a session's summary is folded from.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Head<'a> {
    pub(super) live: Cow<'a, LiveId>,
    pub(super) at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) agent: Option<String>,
    pub(super) patch: Cow<'a, SummaryPatch>,
    kind: StepKind,
    method: Cow<'a, str>,
    path: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<Cow<'a, StepError>>,
}

/// What is said about a step.
#[derive(Default, Serialize, Deserialize)]
struct Body<'a> {
    arrows: Cow<'a, [Arrow]>,
    because: Cow<'a, [Because]>,
    params: Cow<'a, [Param]>,
    tokens: Cow<'a, [TokenView]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    snapshot: Option<Cow<'a, serde_json::Value>>,
}

/// A step as it is kept until it is in a chunk.
#[derive(Clone, Debug)]
pub(super) struct Encoded {
    pub(super) seq: u64,
    head: Vec<u8>,
    /// Empty when it was lost.
    body: Vec<u8>,
}

impl Encoded {
    /// Encodes what an exchange and its trail say.
    ///
    /// # Errors
    /// When it can't be encoded.
    pub(super) fn of(exchange: &StepHead, live: &LiveId, trail: &Trail) -> Result<Self, StoreError> {
        let head = Head {
            live: Cow::Borrowed(live),
            at: exchange.at,
            agent: exchange.agent.as_ref().map(super::agent),
            patch: Cow::Borrowed(&trail.patch),
            kind: trail.kind,
            method: Cow::Borrowed(exchange.method.as_ref().map_or("", http::Method::as_str)),
            path: Cow::Borrowed(&exchange.path),
            error: trail.error.as_ref().map(Cow::Borrowed),
        };
        let body = Body {
            arrows: Cow::Borrowed(&trail.arrows),
            because: Cow::Borrowed(&trail.because),
            params: Cow::Borrowed(&trail.params),
            tokens: Cow::Borrowed(&trail.tokens),
            snapshot: trail.snapshot.as_ref().map(Cow::Borrowed),
        };
        Ok(Self {
            seq: exchange.seq,
            head: pack(&head, 256)?,
            body: pack(&body, 4096)?,
        })
    }

    /// What its session is folded from. One that can't be read is history lost, not an error of whoever starts.
    pub(super) fn head(&self) -> Option<Head<'static>> {
        rmp_serde::from_slice(&self.head).ok()
    }

    /// Bytes of what is said about it.
    pub(super) fn body_len(&self) -> usize {
        self.body.len()
    }

    /// The step itself.
    pub(super) fn step(&self, end: End) -> Option<Step> {
        step(self.seq, &self.head()?, &self.body, end)
    }

    /// What is said about it, as a trail that says no more than that.
    pub(super) fn words(&self) -> Option<Trail> {
        let body: Body<'static> = rmp_serde::from_slice(&self.body).ok()?;
        Some(Trail {
            because: body.because.into_owned(),
            arrows: body.arrows.into_owned(),
            params: body.params.into_owned(),
            tokens: body.tokens.into_owned(),
            snapshot: body.snapshot.map(Cow::into_owned),
            ..Trail::default()
        })
    }

    /// Its entry in a decision's own batch: the head alone.
    pub(super) fn tail_entry(&self) -> (Vec<u8>, Vec<u8>) {
        (tail_key(self.seq), with_header(&self.head))
    }

    /// Reads such an entry.
    pub(super) fn from_tail(key: &[u8], value: &[u8]) -> Option<Self> {
        Some(Self {
            seq: std::str::from_utf8(key.get(1..)?).ok()?.parse().ok()?,
            head: value.get(port::RECORD_HEADER..)?.to_vec(),
            body: Vec::new(),
        })
    }
}

/// Steps whose exchanges have ended.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Chunk {
    steps: Vec<ChunkStep>,
    /// Sessions, and how many of their steps were only counted.
    pub(super) counted: Vec<(LiveId, u32)>,
}

#[derive(Debug, Serialize, Deserialize)]
struct ChunkStep {
    seq: u64,
    end: End,
    #[serde(with = "serde_bytes")]
    head: Vec<u8>,
    /// Bytes of its body, which follow those of the steps before it.
    body: u32,
}

impl Chunk {
    /// Adds a step; its body goes to the end of `bodies`.
    pub(super) fn push(&mut self, step: Encoded, end: End, bodies: &mut Vec<u8>) {
        bodies.extend_from_slice(&step.body);
        self.steps.push(ChunkStep {
            seq: step.seq,
            end,
            head: step.head,
            body: u32::try_from(step.body.len()).unwrap_or_default(),
        });
    }

    /// Steps with what their session is folded from, in the order of the chunk.
    pub(super) fn heads(&self) -> impl Iterator<Item = (u64, End, Head<'static>)> {
        self.steps
            .iter()
            .filter_map(|step| Some((step.seq, step.end, rmp_serde::from_slice(&step.head).ok()?)))
    }

    /// The stored value.
    ///
    /// # Errors
    /// When it can't be encoded.
    pub(super) fn value(&self, bodies: &[u8]) -> Result<Vec<u8>, StoreError> {
        let heads = lz4_flex::compress_prepend_size(&pack(self, 4096)?);
        let bodies = lz4_flex::compress_prepend_size(bodies);
        let length = u32::try_from(heads.len()).map_err(|e| StoreError::Io(e.to_string()))?;
        Ok(with_header(&[&length.to_be_bytes()[..], &heads, &bodies].concat()))
    }

    /// Reads a stored value, without the bodies.
    pub(super) fn read(value: &[u8]) -> Option<Self> {
        let (heads, _) = parts(value)?;
        rmp_serde::from_slice(&lz4_flex::decompress_size_prepended(heads).ok()?).ok()
    }

    /// The steps of a stored value that `wanted` names.
    pub(super) fn steps(value: &[u8], wanted: &dyn Fn(u64) -> Option<End>) -> Vec<Step> {
        let read = || {
            let (_, bodies) = parts(value)?;
            Some((Self::read(value)?, lz4_flex::decompress_size_prepended(bodies).ok()?))
        };
        let Some((chunk, bodies)) = read() else { return Vec::new() };
        let mut rest = bodies.as_slice();
        let mut steps = Vec::new();
        for entry in &chunk.steps {
            let Some((body, after)) = rest.split_at_checked(entry.body as usize) else {
                break;
            };
            rest = after;
            if let Some(end) = wanted(entry.seq)
                && let Ok(head) = rmp_serde::from_slice(&entry.head)
                && let Some(step) = step(entry.seq, &head, body, end)
            {
                steps.push(step);
            }
        }
        steps
    }
}

/// Compressed heads and compressed bodies.
fn parts(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = value.get(port::RECORD_HEADER..)?.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_be_bytes(*length) as usize)
}

fn step(seq: u64, head: &Head<'_>, body: &[u8], end: End) -> Option<Step> {
    let body = if body.is_empty() {
        lost()
    } else {
        rmp_serde::from_slice(body).ok()?
    };
    let by_engine = head.kind == StepKind::Engine && head.path.is_empty();
    Some(Step {
        seq,
        live: head.live.clone().into_owned(),
        at: head.at,
        micros: u64::from(end.micros),
        kind: head.kind,
        method: if by_engine { String::new() } else { head.method.to_string() },
        path: head.path.to_string(),
        status: end.status,
        arrows: body.arrows.into_owned(),
        because: body.because.into_owned(),
        params: body.params.into_owned(),
        tokens: body.tokens.into_owned(),
        error: head.error.clone().map(Cow::into_owned),
        snapshot: body.snapshot.map(Cow::into_owned),
        wire: false,
    })
}

/// What is said about a step whose words were still in memory when the process was killed.
fn lost() -> Body<'static> {
    Body {
        because: Cow::Owned(vec![Because::new(
            "journal.lost",
            Outcome::Dropped,
            "What was said about this step is lost.",
            "The provider was killed within a second after it. What the step decided is stored; its reasons, parameters and tokens were still in memory.",
            "Vestibule",
        )]),
        ..Body::default()
    }
}

fn pack(value: &impl Serialize, about: usize) -> Result<Vec<u8>, StoreError> {
    let mut out = Vec::with_capacity(about);
    // By name: members that are absent are left out, and a later release may add some.
    let mut packer = rmp_serde::Serializer::new(&mut out).with_struct_map();
    value.serialize(&mut packer).map_err(|e| StoreError::Corrupt(e.to_string()))?;
    Ok(out)
}

fn with_header(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(port::RECORD_HEADER + bytes.len());
    out.push(port::RECORD_VERSION);
    out.extend_from_slice(&0_u64.to_be_bytes());
    out.extend_from_slice(bytes);
    out
}

/// The key of a step that is in no chunk yet.
pub(super) fn tail_key(seq: u64) -> Vec<u8> {
    let mut id = String::with_capacity(16);
    // Writing to a String can't fail.
    let _ = write!(id, "{seq:016}");
    record_key(Table::JournalTail, &id)
}

/// The key of a chunk.
pub(super) fn chunk_key(number: u32) -> Vec<u8> {
    record_key(Table::Journal, &format!("{number:010}"))
}

/// The chunk a key names.
pub(super) fn chunk_number(key: &[u8]) -> Option<u32> {
    std::str::from_utf8(key.get(1..)?).ok()?.parse().ok()
}

/// A chunk's stored value; one that is gone or can't be read is history lost.
pub(super) fn chunk(view: &dyn View, number: u32) -> Option<Vec<u8>> {
    view.get(&chunk_key(number)).ok()?
}
