//! The live stream as server-sent events (HTML 9.2).

use super::problem;
use crate::control::Control;
use crate::engine::Engine;
use crate::http::{Request, Response};
use bytes::Bytes;
use http::{HeaderName, StatusCode, header};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::{self, Receiver};
use tokio::time::Interval;
use vestibule_core::live::LiveBatch;

/// How often a line says that the stream is alive, so that neither end takes silence for the end.
const HEARTBEAT: Duration = Duration::from_secs(15);
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// A batch, and how much had been told after it.
type Told = (LiveBatch, u64);

/// One who follows.
struct Follower {
    batches: Receiver<Told>,
    /// What is said before anything else.
    first: Option<Bytes>,
    run: String,
    heartbeat: Interval,
    /// Given back at the end.
    _place: OwnedSemaphorePermit,
}

/// `GET /control/events`.
pub(super) fn follow(engine: &Arc<Engine>, control: &Control, request: &Request) -> Response {
    let Some(place) = control.follow() else {
        return problem(
            StatusCode::SERVICE_UNAVAILABLE,
            "control.too_many_followers",
            "Too many follow the live stream already. Close one of them first.".to_owned(),
        )
        .with_static(header::RETRY_AFTER, "5");
    };
    // Watched first and counted then: what is told in between is heard as well.
    let mut watch = engine.watch();
    let start = engine.recorder.told();
    let missed = request
        .header(LAST_EVENT_ID)
        .map_or(0, |last| missed_since(last, &control.run, start));
    // One batch waits. Who reads slowly lets the watch fall behind, which counts what it missed.
    let (sender, batches) = mpsc::channel(1);
    tokio::spawn(async move {
        loop {
            let batch = tokio::select! {
                batch = watch.next() => batch,
                () = sender.closed() => break,
            };
            let Some(batch) = batch else { break };
            if sender.send((batch, start + watch.heard())).await.is_err() {
                break;
            }
        }
    });
    let mut heartbeat = tokio::time::interval(HEARTBEAT);
    heartbeat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    heartbeat.reset();
    let follower = Follower {
        batches,
        first: Some(beginning(missed, &control.run, start)),
        run: control.run.clone(),
        heartbeat,
        _place: place,
    };
    let stop = Arc::clone(engine);
    let stream = futures_util::stream::unfold(follower, move |mut follower| {
        let stopping = stop.stopping();
        async move {
            if let Some(first) = follower.first.take() {
                return Some((Ok::<_, std::io::Error>(first), follower));
            }
            let said = tokio::select! {
                told = follower.batches.recv() => {
                    let (batch, number) = told?;
                    event(&batch, &follower.run, number)
                }
                _ = follower.heartbeat.tick() => Bytes::from_static(b": still here\n\n"),
                () = stopping => return None,
            };
            Some((Ok(said), follower))
        }
    });
    let mut response = Response::new(StatusCode::OK)
        .with_static(header::CONTENT_TYPE, "text/event-stream")
        .with_static(HeaderName::from_static("x-accel-buffering"), "no");
    response.stream(Box::pin(stream));
    response
}

/// How much was told since an event. Of another run nothing is known but that it is another one.
fn missed_since(last: &str, run: &str, told: u64) -> u64 {
    let number = last
        .split_once('-')
        .filter(|(of, _)| *of == run)
        .and_then(|(_, number)| number.parse::<u64>().ok());
    number.map_or_else(|| told.max(1), |number| told.saturating_sub(number))
}

/// Says at once that the stream is open, where it begins, and what was missed before.
fn beginning(missed: u64, run: &str, start: u64) -> Bytes {
    let mut text = format!("retry: 1000\nid: {run}-{start}\n\n").into_bytes();
    if missed > 0 {
        let batch = LiveBatch {
            events: Vec::new(),
            missed,
            configuration_changed: true,
            messages: Vec::new(),
        };
        text.extend_from_slice(&event(&batch, run, start));
    }
    text.into()
}

fn event(batch: &LiveBatch, run: &str, number: u64) -> Bytes {
    let mut text = format!("id: {run}-{number}\ndata: ").into_bytes();
    // JSON has no line breaks outside of texts, and there they are escaped.
    if let Err(error) = serde_json::to_writer(&mut text, batch) {
        tracing::warn!(%error, "events could not be told");
        return Bytes::from_static(b": an event could not be told\n\n");
    }
    text.extend_from_slice(b"\n\n");
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_missed_is_counted_within_a_run() {
        for (last, expected) in [
            ("run1-7", 5),
            ("run1-12", 0),
            ("run1-99", 0),
            ("run2-7", 12),
            ("7", 12),
            ("run1-", 12),
            ("run1-x", 12),
            ("", 12),
        ] {
            assert_eq!(missed_since(last, "run1", 12), expected, "{last}");
        }
        assert_eq!(missed_since("run2-7", "run1", 0), 1, "another run is news even if nothing was told");
    }
}
