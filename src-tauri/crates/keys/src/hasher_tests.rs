use super::*;
use crate::adapters::OsEntropy;
use std::sync::mpsc;

fn cheap() -> PasswordHasher {
    PasswordHasher::cheap(Arc::new(OsEntropy))
}

fn secret(text: &str) -> Secret {
    Secret::new(text)
}

/// Waits for a state of the pool, at most ten seconds.
fn wait_until(hasher: &PasswordHasher, state: impl Fn(&State) -> bool) {
    for _ in 0..2_000 {
        if state(&hasher.pool.lock()) {
            return;
        }
        thread::park_timeout(Duration::from_millis(5));
    }
    panic!("the pool never got there");
}

#[tokio::test]
async fn a_hash_fits_its_password_and_no_other() {
    let hasher = cheap();
    let (a, b) = (
        hasher.hash(secret("hunter2")).await.unwrap(),
        hasher.hash(secret("hunter2")).await.unwrap(),
    );
    assert!(a.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{a}");
    assert_ne!(a, b, "each hash has its own salt");
    assert!(hasher.verify(secret("hunter2"), Some(a.clone())).await.unwrap());
    assert!(hasher.verify(secret("hunter2"), Some(b)).await.unwrap());
    assert!(!hasher.verify(secret("hunter3"), Some(a.clone())).await.unwrap());
    assert!(!hasher.verify(secret(""), Some(a)).await.unwrap());
}

#[tokio::test]
async fn the_real_parameters_are_the_defaults_of_argon2id() {
    let hasher = PasswordHasher::new(Arc::new(OsEntropy));
    let hash = hasher.hash(secret("x")).await.unwrap();
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    assert!(hasher.verify(secret("x"), Some(hash)).await.unwrap());
}

#[tokio::test]
async fn the_vectors_of_the_reference_implementation() {
    let hasher = cheap();
    for stored in [
        "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8",
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
    ] {
        assert!(hasher.verify(secret("password"), Some(stored.into())).await.unwrap(), "{stored}");
        assert!(!hasher.verify(secret("passwore"), Some(stored.into())).await.unwrap(), "{stored}");
    }
}

#[tokio::test]
async fn nobody_and_nonsense_cost_as_much_as_somebody() {
    for stored in [
        None,
        Some(""),
        Some("plain text"),
        Some("$2b$10$abcdefghijklmnopqrstuv"),
        // Dearer than anything that is computed here.
        Some("$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"),
        Some("$argon2id$v=19$m=256,t=1000000,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"),
    ] {
        let hasher = PasswordHasher::with(Arc::new(OsEntropy), Params::new(96, 1, 1, None).unwrap(), 1, IDLE);
        assert!(!hasher.verify(secret("x"), stored.map(str::to_owned)).await.unwrap());
        // The memory of the decoy's parameters was filled.
        wait_until(&hasher, |state| state.memory.first().is_some_and(|memory| memory.len() == 96));
    }
}

#[tokio::test]
async fn too_many_are_told_so_and_the_rest_is_served() {
    let hasher = cheap();
    let (release, released) = mpsc::channel::<()>();
    let (started, start) = mpsc::channel();
    let hold = move |_: &mut Vec<Block>| {
        started.send(()).unwrap();
        let _ = released.recv();
    };
    hasher.pool.submit(Box::new(hold)).unwrap();
    start.recv().unwrap();
    let waiting: Vec<_> = (0..MAX_WAITING)
        .map(|_| {
            let hasher = hasher.clone();
            tokio::spawn(async move { hasher.verify(secret("x"), None).await })
        })
        .collect();
    while hasher.pool.lock().waiting.len() < MAX_WAITING {
        tokio::task::yield_now().await;
    }
    assert_eq!(hasher.hash(secret("x")).await, Err(HasherError::Busy));
    assert_eq!(hasher.verify(secret("x"), None).await, Err(HasherError::Busy));
    drop(release);
    for task in waiting {
        assert_eq!(task.await.unwrap(), Ok(false));
    }
    assert!(hasher.hash(secret("x")).await.is_ok());
}

#[tokio::test]
async fn a_panic_ends_only_its_own_caller() {
    let hasher = cheap();
    let outcome = hasher.run(|_| panic!("on purpose")).await;
    assert_eq!(outcome.map(|(): ()| ()), Err(HasherError::Failed));
    assert!(hasher.hash(secret("x")).await.is_ok());
    assert_eq!(hasher.pool.lock().running, 1);
}

#[tokio::test]
async fn one_person_keeps_one_block_warm_however_many_threads_there_are() {
    let hasher = PasswordHasher::with(Arc::new(OsEntropy), Params::new(8, 1, 1, None).unwrap(), 4, IDLE);
    for _ in 0..20 {
        hasher.hash(secret("x")).await.unwrap();
        wait_until(&hasher, |state| state.resting == state.running);
    }
    let state = hasher.pool.lock();
    assert_eq!((state.running, state.memory.len()), (1, 1));
}

#[tokio::test]
async fn an_idle_pool_keeps_neither_threads_nor_memory() {
    let hasher = PasswordHasher::with(
        Arc::new(OsEntropy),
        Params::new(8, 1, 1, None).unwrap(),
        3,
        Duration::from_millis(1),
    );
    for _ in 0..3 {
        let all: Vec<_> = (0..6)
            .map(|_| {
                let hasher = hasher.clone();
                tokio::spawn(async move { hasher.hash(secret("x")).await })
            })
            .collect();
        for task in all {
            task.await.unwrap().unwrap();
        }
        wait_until(&hasher, |state| state.running == 0);
        assert!(hasher.pool.lock().memory.is_empty());
    }
}
