//! What is asked of a provider once and used for a while: discovery documents and key sets.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::OwnedMutexGuard;
use vestibule_core::connectors::UpstreamFailure;
use vestibule_core::time::Timestamp;

/// Most addresses that are remembered while nobody asks for them.
const MOST: usize = 256;

/// Values by address. One caller fetches; those who come meanwhile wait and share what it got, be it a failure.
pub(super) struct Cache<T> {
    slots: Mutex<HashMap<String, Arc<Slot<T>>>>,
}

/// What is known of one address.
struct Slot<T> {
    known: Mutex<Known<T>>,
    /// How many fetches have ended.
    ended: AtomicU64,
    flight: Arc<tokio::sync::Mutex<()>>,
}

struct Known<T> {
    good: Option<(Timestamp, Arc<T>)>,
    last: Option<Result<Arc<T>, UpstreamFailure>>,
    refreshed: Option<Timestamp>,
}

/// Whose turn it is.
pub(super) enum Turn<T> {
    /// It is known already, or was fetched by another while this caller waited.
    Known(Result<Arc<T>, UpstreamFailure>),
    /// This caller fetches it.
    Fetch(Flight<T>),
}

/// The right and the duty to fetch. Dropped without [`Flight::landed`], the next caller takes over.
pub(super) struct Flight<T> {
    slot: Arc<Slot<T>>,
    _guard: OwnedMutexGuard<()>,
}

impl<T> Default for Cache<T> {
    fn default() -> Self {
        Self { slots: Mutex::default() }
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T> Cache<T> {
    fn slot(&self, address: &str) -> Arc<Slot<T>> {
        let mut slots = held(&self.slots);
        if slots.len() >= MOST && !slots.contains_key(address) {
            slots.retain(|_, slot| Arc::strong_count(slot) > 1);
        }
        let slot = slots.entry(address.to_owned()).or_insert_with(|| {
            Arc::new(Slot {
                known: Mutex::new(Known {
                    good: None,
                    last: None,
                    refreshed: None,
                }),
                ended: AtomicU64::new(0),
                flight: Arc::default(),
            })
        });
        Arc::clone(slot)
    }

    /// The value of an address, if it is not older than `most` **seconds**; otherwise the caller fetches it.
    pub(super) async fn turn(&self, address: &str, most: i64, now: Timestamp) -> Turn<T> {
        let slot = self.slot(address);
        slot.turn(|known| known.fresh(most, now)).await
    }

    /// A newer value than `stale`, unless somebody asked for one within `pause` **seconds**; then that one again.
    pub(super) async fn newer(&self, address: &str, stale: &Arc<T>, pause: i64, now: Timestamp) -> Turn<T> {
        let slot = self.slot(address);
        let newer = |known: &Known<T>| {
            known
                .good
                .as_ref()
                .filter(|(_, good)| !Arc::ptr_eq(good, stale))
                .map(|(_, good)| Arc::clone(good))
        };
        let paused = |known: &Known<T>| known.refreshed.is_some_and(|at| (0..pause).contains(&now.seconds_since(at)));
        let turn = slot
            .turn(|known| newer(known).or_else(|| paused(known).then(|| Arc::clone(stale))))
            .await;
        if let Turn::Fetch(flight) = &turn {
            held(&flight.slot.known).refreshed = Some(now);
        }
        turn
    }
}

impl<T> Known<T> {
    fn fresh(&self, most: i64, now: Timestamp) -> Option<Arc<T>> {
        let (at, good) = self.good.as_ref()?;
        // A clock that was set back makes everything stale.
        (0..most).contains(&now.seconds_since(*at)).then(|| Arc::clone(good))
    }
}

impl<T> Slot<T> {
    async fn turn(self: Arc<Self>, good: impl Fn(&Known<T>) -> Option<Arc<T>>) -> Turn<T> {
        let found = good(&held(&self.known));
        if let Some(found) = found {
            return Turn::Known(Ok(found));
        }
        let before = self.ended.load(Ordering::Acquire);
        let guard = Arc::clone(&self.flight).lock_owned().await;
        let found = {
            let known = held(&self.known);
            let shared = (self.ended.load(Ordering::Acquire) != before).then(|| known.last.clone()).flatten();
            shared.or_else(|| good(&known).map(Ok))
        };
        match found {
            Some(found) => Turn::Known(found),
            None => Turn::Fetch(Flight { slot: self, _guard: guard }),
        }
    }
}

impl<T> Flight<T> {
    /// Keeps what was fetched. A failure leaves the value before it in its place.
    pub(super) fn landed(self, result: Result<T, UpstreamFailure>, now: Timestamp) -> Result<Arc<T>, UpstreamFailure> {
        let result = result.map(Arc::new);
        let mut known = held(&self.slot.known);
        if let Ok(good) = &result {
            known.good = Some((now, Arc::clone(good)));
        }
        known.last = Some(result.clone());
        drop(known);
        self.slot.ended.fetch_add(1, Ordering::AcqRel);
        result
    }
}
