//! What the recorder keeps, what it journals, and what comes back.

use super::*;
use http::{HeaderMap, Method, StatusCode};

const NOW: Timestamp = Timestamp(1_767_225_600_000);

fn request(path: &str) -> Request {
    Request {
        method: Method::GET,
        path: path.into(),
        query: None,
        headers: HeaderMap::new(),
        body: bytes::Bytes::new(),
    }
}

/// One exchange of a session, from its beginning to its end; `decides` when a decision journals it on the way.
fn exchange(recorder: &Recorder, store: &Store, live: &str, decides: bool) -> u64 {
    let request = request("/oidc/token");
    let mut exchange = recorder.begin(&request, NOW);
    exchange.trail.live = Some(LiveId::from(live));
    exchange.trail.kind = StepKind::Token;
    let seq = exchange.seq;
    if decides {
        let mut batch = Batch::default();
        recorder.prepare(&StepHead::of(&exchange), &exchange.trail, &mut batch).unwrap();
        exchange.journalled = Some(Extent::of(&exchange.trail));
        store.write_blocking(move |_| ((), batch)).unwrap();
    }
    recorder.finish(exchange, &request, &Response::new(StatusCode::CREATED), store);
    seq
}

/// Makes what was handed over visible: it joins the next decision.
fn settle(recorder: &Recorder, store: &Store) {
    recorder.hand_over(store);
    store.write_blocking(|_| ((), Batch::default())).unwrap();
}

fn restored(store: &Store) -> Recorder {
    let recorder = Recorder::default();
    store.read(|view| recorder.restore_sessions(view, NOW)).unwrap();
    store.read(|view| recorder.restore_steps(view)).unwrap();
    recorder
}

#[test]
fn steps_that_are_no_longer_in_memory_come_from_the_journal() {
    let (recorder, store) = (Recorder::default(), Store::ephemeral());
    let mut numbers = [Vec::new(), Vec::new(), Vec::new()];
    for n in 0..(HELD + HELD / 2) {
        let of = n % 3;
        numbers[of].push(exchange(&recorder, &store, &format!("live{of}"), n % 2 == 0));
    }
    settle(&recorder, &store);
    for recorder in [&recorder, &restored(&store)] {
        for (of, numbers) in numbers.iter().enumerate() {
            let detail = recorder.session(&format!("live{of}"), &store).unwrap();
            assert_eq!(detail.steps.iter().map(|s| s.seq).collect::<Vec<_>>(), *numbers);
            assert!(detail.steps.iter().all(|s| s.status == 201 && s.kind == StepKind::Token));
        }
    }
}

#[test]
fn a_decision_that_was_killed_before_its_end_is_found_again() {
    let (recorder, store) = (Recorder::default(), Store::ephemeral());
    let seq = exchange(&recorder, &store, "live", true);
    // Nothing was handed over: only the decision's own batch is there.
    let again = restored(&store);
    let detail = again.session("live", &store).unwrap();
    assert_eq!(detail.steps.iter().map(|s| (s.seq, s.status)).collect::<Vec<_>>(), [(seq, 0)]);
}

#[test]
fn a_step_that_says_more_after_its_decision_is_written_again() {
    let (recorder, store) = (Recorder::default(), Store::ephemeral());
    let request = request("/oidc/token");
    let mut exchange = recorder.begin(&request, NOW);
    exchange.trail.live = Some(LiveId::from("live"));
    let mut batch = Batch::default();
    assert!(recorder.prepare(&StepHead::of(&exchange), &exchange.trail, &mut batch).unwrap());
    store.write_blocking(move |_| ((), batch)).unwrap();
    exchange.journalled = Some(Extent::of(&exchange.trail));
    exchange
        .trail
        .arrow(vestibule_core::live::Lane::Provider, vestibule_core::live::Lane::Client, "later");
    recorder.finish(exchange, &request, &Response::new(StatusCode::OK), &store);
    settle(&recorder, &store);
    assert_eq!(restored(&store).session("live", &store).unwrap().steps[0].arrows[0].label, "later");
}

#[test]
fn forgetting_leaves_nothing_in_the_journal() {
    let (recorder, store) = (Recorder::default(), Store::ephemeral());
    for n in 0..40 {
        exchange(&recorder, &store, &format!("live{}", n % 4), n % 2 == 0);
    }
    settle(&recorder, &store);
    recorder.clear(&store);
    store.write_blocking(|_| ((), Batch::default())).unwrap();
    for table in [Table::LiveSummary, Table::LiveStep] {
        assert!(store.read(|view| view.scan(&[table as u8], None, 1)).unwrap().is_empty());
    }
    assert!(recorder.sessions(10, NOW).is_empty());
}
