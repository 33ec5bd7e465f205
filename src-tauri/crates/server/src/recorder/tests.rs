//! What the recorder keeps, what it journals, and what comes back.

use super::*;
use http::{HeaderMap, Method, StatusCode};
use vestibule_core::live::StepKind;
use vestibule_core::model::{Channel, TemplateType};

const NOW: Timestamp = Timestamp(1_767_225_600_000);
/// What is kept unless something else is set.
const SESSIONS: usize = 2_000;
const STEPS: u32 = 200;

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
    let seq = exchange.head.seq;
    if decides {
        let mut batch = Batch::default();
        recorder
            .prepare(&exchange.head, &mut exchange.trail, &mut exchange.journalled, &mut batch)
            .unwrap();
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
    store.read(|view| recorder.restore(view)).unwrap();
    recorder
}

#[test]
fn steps_that_are_no_longer_in_memory_come_from_the_journal() {
    let (recorder, store) = (Recorder::default(), Store::ephemeral());
    let mut numbers = [Vec::new(), Vec::new(), Vec::new()];
    // More chunks than are kept in memory, and a rest.
    for n in 0..(WAITING * 7 / 2).min(STEPS as usize * 3) {
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
    assert_eq!(
        detail.steps.iter().map(|s| (s.seq, s.status, s.kind)).collect::<Vec<_>>(),
        [(seq, 0, StepKind::Token)]
    );
    assert_eq!(detail.steps[0].because[0].rule, "journal.lost");
    assert_eq!(detail.steps[0].path, "/oidc/token");
}

#[test]
fn a_step_that_says_more_after_its_decision_is_written_again() {
    use vestibule_core::live::Lane;
    let (recorder, store) = (Recorder::default(), Store::ephemeral());
    let request = request("/oidc/token");
    let mut exchange = recorder.begin(&request, NOW);
    exchange.trail.live = Some(LiveId::from("live"));
    // Two decisions, and a word after them.
    for label in ["first", "second"] {
        exchange.trail.arrow(Lane::Client, Lane::Provider, label);
        let mut batch = Batch::default();
        recorder
            .prepare(&exchange.head, &mut exchange.trail, &mut exchange.journalled, &mut batch)
            .unwrap();
        assert!(exchange.journalled.is_some() && !exchange.trail.has_words());
        store.write_blocking(move |_| ((), batch)).unwrap();
    }
    exchange.trail.arrow(Lane::Provider, Lane::Client, "later");
    let seq = exchange.head.seq;
    recorder.finish(exchange, &request, &Response::new(StatusCode::OK), &store);
    settle(&recorder, &store);
    let steps = restored(&store).session("live", &store).unwrap().steps;
    assert_eq!(steps.iter().map(|step| step.seq).collect::<Vec<_>>(), [seq]);
    let labels: Vec<&str> = steps[0].arrows.iter().map(|arrow| &*arrow.label).collect();
    assert_eq!(labels, ["first", "second", "later"]);
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
    for table in [Table::Journal, Table::JournalTail] {
        assert!(store.read(|view| view.scan(&[table as u8], None, 1)).unwrap().is_empty());
    }
    assert!(recorder.sessions(10, NOW).is_empty());
}

#[test]
fn further_steps_are_counted_and_the_count_survives() {
    let (recorder, store) = (Recorder::default(), Store::ephemeral());
    for n in 0..STEPS + 20 {
        exchange(&recorder, &store, "live", n % 2 == 0);
    }
    // The count goes with the next chunk.
    exchange(&recorder, &store, "another", true);
    settle(&recorder, &store);
    for recorder in [&recorder, &restored(&store)] {
        let detail = recorder.session("live", &store).unwrap();
        assert_eq!((detail.summary.steps, detail.summary.uncounted), (STEPS, 20));
        assert_eq!(detail.steps.len(), STEPS as usize);
    }
    assert!(
        store
            .read(|view| view.scan(&[Table::JournalTail as u8], None, 1))
            .unwrap()
            .is_empty()
    );
}

#[test]
fn a_session_that_goes_takes_its_steps_along() {
    let (recorder, store) = (Recorder::default(), Store::ephemeral());
    for n in 0..SESSIONS + 300 {
        exchange(&recorder, &store, &format!("live{n:05}"), true);
    }
    settle(&recorder, &store);
    assert_eq!(recorder.sessions(usize::MAX, NOW).len(), SESSIONS);
    assert!(recorder.session("live00299", &store).is_none());
    assert_eq!(recorder.session("live00300", &store).unwrap().steps.len(), 1);
    let chunks = store
        .read(|view| view.scan(&[Table::Journal as u8], None, usize::MAX))
        .unwrap()
        .len();
    assert!(chunks <= SESSIONS / WAITING + 2, "{chunks} chunks for {SESSIONS} steps");
    assert_eq!(restored(&store).sessions(usize::MAX, NOW).len(), SESSIONS);
}

#[test]
fn numbers_go_on_after_those_that_are_taken() {
    let (recorder, store) = (Recorder::default(), Store::ephemeral());
    let first = exchange(&recorder, &store, "live", true);
    let again = restored(&store);
    let second = exchange(&again, &store, "live", false);
    assert!(second > first);
    assert_eq!(again.session("live", &store).unwrap().steps.len(), 2);
}

#[test]
fn a_watcher_is_given_the_step_that_a_look_finds() {
    let (recorder, store) = (Recorder::default(), Store::ephemeral());
    let mut watch = recorder.tell.subscribe();
    for decides in [true, false] {
        let seq = exchange(&recorder, &store, "live", decides);
        let Ok(Signal::Event(event)) = watch.try_recv() else {
            panic!("no event")
        };
        let found = recorder.session("live", &store).unwrap();
        assert_eq!(event.summary, found.summary);
        assert_eq!(event.step.as_ref(), found.steps.last());
        assert_eq!(event.step.as_ref().map(|s| (s.seq, s.wire)), Some((seq, true)));
    }
}

#[tokio::test]
async fn who_follows_the_messages_alone_is_told_nothing_else() {
    let (recorder, store) = (Recorder::default(), Store::ephemeral());
    let mut watch = recorder.watch_messages();
    let message = |id: &str| InboxMessage {
        id: id.into(),
        channel: Channel::Email,
        to: "alice@example.test".into(),
        template: TemplateType::SignIn,
        subject: "Your code".into(),
        text: "1".into(),
        code: None,
        link: None,
        live: None,
        application: None,
        deliveries: Vec::new(),
        created_at: NOW,
        valid_until: None,
    };
    exchange(&recorder, &store, "live", false);
    recorder.message(message("first"));
    recorder.configuration_changed();
    recorder.message(message("second"));
    assert_eq!(recorder.tell.receiver_count(), 0, "no step is made ready for it");
    assert_eq!(watch.next().await.unwrap().id, "first");
    assert_eq!(watch.next().await.unwrap().id, "second");
    for n in 0..=MESSAGE_BACKLOG {
        recorder.message(message(&n.to_string()));
    }
    assert_eq!(watch.next().await.unwrap().id, "1", "the oldest is lost");
    drop(recorder);
    while let Some(message) = watch.next().await {
        assert_ne!(message.id, "0");
    }
}

#[test]
fn user_agents_read_like_words() {
    let words = |text| agent(&http::HeaderValue::from_static(text));
    assert_eq!(
        words("Mozilla/5.0 (X11) AppleWebKit/537.36 Chrome/156.0 Safari/537.36"),
        "Chromium on this machine"
    );
    assert_eq!(words("node"), "node");
    assert_eq!(words("openid-client/v6.8.9 x"), "openid-client/v6.8.9");
}

#[test]
fn what_repeats_itself_is_counted_after_a_few_times() {
    let (recorder, store) = (Recorder::default(), Store::ephemeral());
    let request = request("/oidc/me");
    for _ in 0..REPEATS + 5 {
        let mut exchange = recorder.begin(&request, NOW);
        let live = LiveId::from("live");
        exchange.trail.live = Some(live.clone());
        exchange.trail.kind = StepKind::Userinfo;
        exchange.trail.spared = !recorder.wants(&live, StepKind::Userinfo);
        recorder.finish(exchange, &request, &Response::new(StatusCode::OK), &store);
    }
    assert!(recorder.wants(&LiveId::from("live"), StepKind::Token));
    assert!(recorder.wants(&LiveId::from("another"), StepKind::Userinfo));
    let summary = recorder.session("live", &store).unwrap().summary;
    assert_eq!((summary.steps, summary.uncounted), (REPEATS, 5));
}
