//! Jobs, groups, lazy writes and closing: the same on sled and in memory.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{delete, get, put};
use std::sync::mpsc;
use std::time::Duration;
use vestibule_core::port::{Batch, StoreError};
use vestibule_store::{Metrics, Store};

/// Runs a test on both kinds of store.
async fn on_both(test: impl AsyncFn(Store)) {
    test(Store::ephemeral()).await;
    let dir = tempfile::tempdir().unwrap();
    test(Store::open(dir.path()).unwrap()).await;
}

/// Holds the writer inside a job until the sender is dropped.
async fn hold(store: &Store) -> mpsc::Sender<()> {
    let (release, released) = mpsc::channel::<()>();
    let (started, start) = tokio::sync::oneshot::channel();
    let store = store.clone();
    tokio::spawn(async move {
        store
            .write(move |_| {
                let _ = started.send(());
                let _ = released.recv();
                ((), Batch::default())
            })
            .await
    });
    start.await.unwrap();
    release
}

#[tokio::test]
async fn a_job_sees_what_the_job_before_it_wrote() {
    on_both(async |store| {
        assert_eq!(store.write(|_| (1, put("k", "a"))).await.unwrap(), 1);
        let seen = store.write(|view| (view.get(b"k"), put("k", "b"))).await.unwrap().unwrap();
        assert_eq!(seen.unwrap(), b"a");
        assert_eq!(get(&store, "k").unwrap(), b"b");
        store.write(|_| ((), delete("k"))).await.unwrap();
        assert_eq!(get(&store, "k"), None);
    })
    .await;
}

#[tokio::test]
async fn concurrent_increments_are_never_lost() {
    on_both(async |store| {
        let mut tasks = Vec::new();
        for _ in 0..200 {
            let store = store.clone();
            tasks.push(tokio::spawn(async move {
                store
                    .write(|view| {
                        let now: u64 = view
                            .get(b"n")
                            .unwrap()
                            .map_or(0, |v| String::from_utf8(v).unwrap().parse().unwrap());
                        (now + 1, put("n", (now + 1).to_string()))
                    })
                    .await
                    .unwrap()
            }));
        }
        let mut seen = Vec::new();
        for task in tasks {
            seen.push(task.await.unwrap());
        }
        seen.sort_unstable();
        assert_eq!(seen, (1..=200).collect::<Vec<u64>>());
    })
    .await;
}

#[tokio::test]
async fn jobs_that_wait_together_share_one_flush() {
    on_both(async |store| {
        let release = hold(&store).await;
        let tasks: Vec<_> = (0..20)
            .map(|n| {
                let store = store.clone();
                tokio::spawn(async move { store.write(move |_| ((), put(format!("k{n}"), "v"))).await })
            })
            .collect();
        // One turn of the single-threaded runtime puts all of them into the queue.
        tokio::task::yield_now().await;
        drop(release);
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        let metrics = store.metrics();
        assert_eq!((metrics.jobs, metrics.groups, metrics.flushes), (21, 1, 1), "{metrics:?}");
    })
    .await;
}

#[tokio::test]
async fn an_empty_batch_needs_no_flush() {
    on_both(async |store| {
        for _ in 0..5 {
            store.write(|_| ((), Batch::default())).await.unwrap();
        }
        let metrics = store.metrics();
        assert_eq!((metrics.jobs, metrics.flushes), (5, 0));
    })
    .await;
}

#[tokio::test]
async fn a_panicking_job_writes_nothing_and_the_next_one_runs() {
    on_both(async |store| {
        let outcome = store
            .write(|view| -> ((), Batch) {
                view.get(b"x").unwrap();
                panic!("a rule went wrong");
            })
            .await;
        let Err(StoreError::Io(why)) = outcome else { panic!("{outcome:?}") };
        assert!(why.contains("a rule went wrong"), "{why}");
        store.write(|_| ((), put("x", "y"))).await.unwrap();
        assert_eq!(get(&store, "x").unwrap(), b"y");
        let Metrics { jobs, panics, .. } = store.metrics();
        assert_eq!((jobs, panics), (2, 1));
    })
    .await;
}

#[tokio::test]
async fn a_dropped_future_does_not_recall_its_job() {
    on_both(async |store| {
        let release = hold(&store).await;
        let waiting = {
            let store = store.clone();
            tokio::spawn(async move { store.write(|_| ((), put("k", "v"))).await })
        };
        tokio::task::yield_now().await;
        waiting.abort();
        assert!(waiting.await.unwrap_err().is_cancelled());
        drop(release);
        store.write(|_| ((), Batch::default())).await.unwrap();
        assert_eq!(get(&store, "k").unwrap(), b"v");
    })
    .await;
}

#[test]
fn blocking_writes_work_without_a_runtime() {
    let store = Store::ephemeral();
    assert_eq!(store.write_blocking(|_| (7, put("a", "b"))).unwrap(), 7);
    assert_eq!(get(&store, "a").unwrap(), b"b");
}

#[tokio::test]
async fn a_lazy_write_joins_the_next_group_before_its_jobs() {
    on_both(async |store| {
        store.write_lazily(put("journal/1", "x"));
        store.write_lazily(put("journal/1", "y"));
        let seen = store.write(|view| (view.get(b"journal/1"), put("k", "v"))).await.unwrap().unwrap();
        assert_eq!(seen.unwrap(), b"y");
        assert_eq!(store.metrics().flushes, 1);
    })
    .await;
}

#[test]
fn a_lazy_write_is_flushed_by_itself_after_a_while() {
    let store = Store::ephemeral();
    store.write_lazily(put("journal/1", "x"));
    // Waits for the state, at most ten seconds.
    for _ in 0..500 {
        if store.metrics().flushes > 0 {
            break;
        }
        std::thread::park_timeout(Duration::from_millis(20));
    }
    assert_eq!(get(&store, "journal/1").unwrap(), b"x");
    assert_eq!(store.metrics().jobs, 0);
}

#[tokio::test]
async fn a_stream_of_readers_does_not_starve_lazy_writes() {
    let store = Store::ephemeral();
    store.write_lazily(put("journal/1", "x"));
    // More than one group can hold, so at least one has ended.
    for _ in 0..400 {
        store.write(|_| ((), Batch::default())).await.unwrap();
    }
    assert!(store.metrics().flushes >= 1);
}

#[tokio::test]
async fn a_full_lazy_queue_drops_the_oldest_and_counts() {
    let store = Store::ephemeral();
    let release = hold(&store).await;
    for n in 0..8_202 {
        store.write_lazily(put(format!("journal/{n:05}"), "x"));
    }
    assert_eq!(store.metrics().dropped, 10);
    drop(release);
    store.write(|_| ((), put("k", "v"))).await.unwrap();
    assert_eq!(get(&store, "journal/00009"), None);
    assert_eq!(get(&store, "journal/00010").unwrap(), b"x");
    assert_eq!(get(&store, "journal/08201").unwrap(), b"x");
}

#[tokio::test]
async fn closing_writes_what_is_lazy_and_refuses_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let clone = store.clone();
    assert!(store.is_fresh());
    store.write(|_| ((), put("k", "v"))).await.unwrap();
    store.write_lazily(put("journal/1", "x"));
    store.close().await;
    assert!(matches!(clone.write(|_| ((), put("k", "w"))).await, Err(StoreError::Closed)));
    assert!(matches!(clone.read(|view| view.get(b"k")), Err(StoreError::Closed)));
    assert!(matches!(clone.read(|view| view.scan(b"", None, 1)), Err(StoreError::Closed)));
    clone.write_lazily(put("journal/2", "x"));
    clone.close().await;

    let again = Store::open(dir.path()).unwrap();
    assert!(!again.is_fresh());
    assert_eq!(get(&again, "k").unwrap(), b"v");
    assert_eq!(get(&again, "journal/1").unwrap(), b"x");
    assert_eq!(get(&again, "journal/2"), None);
}

#[tokio::test]
async fn jobs_queued_before_the_close_are_done() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let release = hold(&store).await;
    let waiting = {
        let store = store.clone();
        tokio::spawn(async move { store.write(|_| ((), put("k", "v"))).await })
    };
    tokio::task::yield_now().await;
    let closing = {
        let store = store.clone();
        tokio::spawn(async move { store.close().await })
    };
    tokio::task::yield_now().await;
    drop(release);
    closing.await.unwrap();
    waiting.await.unwrap().unwrap();
    drop(store);
    assert_eq!(get(&Store::open(dir.path()).unwrap(), "k").unwrap(), b"v");
}

#[test]
fn the_last_clone_closes_and_the_directory_is_free_at_once() {
    let dir = tempfile::tempdir().unwrap();
    for round in 0..5 {
        let store = Store::open(dir.path()).unwrap();
        assert_eq!(get(&store, "n"), (round > 0).then(|| (round - 1).to_string().into_bytes()));
        store.write_blocking(move |_| ((), put("n", round.to_string()))).unwrap();
    }
}
