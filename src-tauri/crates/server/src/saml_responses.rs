//! SAML responses between the cross-site form that brings them and the page that hands them in. The form comes without the
//! cookies of the sign-in, so nobody knows yet whose it is; and it is too long for an address.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use vestibule_core::Timestamp;
use vestibule_core::ids::ConnectorId;

/// How long a response is kept, in **seconds**.
const LIFETIME: i64 = 60;
/// Most bytes of all responses that are kept.
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// Most responses that are kept: anybody may post one.
const MOST: usize = 1024;

/// Responses by a key that nobody can guess.
#[derive(Default)]
pub(crate) struct SamlResponses(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    entries: HashMap<String, Entry>,
    order: VecDeque<String>,
    bytes: usize,
}

struct Entry {
    connector: ConnectorId,
    response: String,
    since: Timestamp,
}

impl Kept {
    fn remove(&mut self, key: &str) -> Option<Entry> {
        let entry = self.entries.remove(key)?;
        self.bytes -= entry.response.len();
        Some(entry)
    }

    /// Forgets what is too old, and the oldest while there is too much.
    fn sweep(&mut self, now: Timestamp) {
        while let Some(oldest) = self.order.front() {
            // One that was taken is still in the order.
            let gone = self.entries.get(oldest).is_none_or(|entry| is_old(entry, now));
            if !gone && self.bytes <= MOST_BYTES && self.order.len() <= MOST {
                return;
            }
            if let Some(oldest) = self.order.pop_front() {
                self.remove(&oldest);
            }
        }
    }
}

fn is_old(entry: &Entry, now: Timestamp) -> bool {
    // A clock that was set back makes everything old.
    !(0..LIFETIME).contains(&now.seconds_since(entry.since))
}

impl SamlResponses {
    /// Keeps a response under a key.
    pub(crate) fn keep(&self, key: String, connector: ConnectorId, response: String, now: Timestamp) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.bytes += response.len();
        kept.order.push_back(key.clone());
        let since = now;
        kept.entries.insert(
            key,
            Entry {
                connector,
                response,
                since,
            },
        );
        kept.sweep(now);
    }

    /// The response of this connector under a key: once, and for a minute.
    pub(crate) fn take(&self, key: &str, connector: &ConnectorId, now: Timestamp) -> Option<String> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = kept.entries.get(key)?;
        if entry.connector != *connector {
            return None;
        }
        let entry = kept.remove(key)?;
        (!is_old(&entry, now)).then_some(entry.response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_790_000_000_000);

    fn keep(responses: &SamlResponses, key: &str, response: &str, now: Timestamp) {
        responses.keep(key.into(), "acme".into(), response.into(), now);
    }

    #[test]
    fn a_response_is_taken_once_by_its_own_connector_within_a_minute() {
        let responses = SamlResponses::default();
        keep(&responses, "k", "a", NOW);
        assert_eq!(responses.take("k", &"other".into(), NOW), None);
        assert_eq!(responses.take("another", &"acme".into(), NOW), None);
        assert_eq!(responses.take("k", &"acme".into(), NOW.plus_seconds(59)), Some("a".into()));
        assert_eq!(responses.take("k", &"acme".into(), NOW), None);
        keep(&responses, "k", "a", NOW);
        assert_eq!(responses.take("k", &"acme".into(), NOW.plus_seconds(60)), None);
    }

    #[test]
    fn many_large_responses_push_out_the_oldest_and_nothing_else() {
        let responses = SamlResponses::default();
        let large = "a".repeat(MOST_BYTES / 4);
        for n in 0..6 {
            keep(&responses, &n.to_string(), &large, NOW);
        }
        let left: Vec<bool> = (0..6)
            .map(|n| responses.take(&n.to_string(), &"acme".into(), NOW).is_some())
            .collect();
        assert_eq!(left, [false, false, true, true, true, true]);
        assert_eq!(responses.0.lock().unwrap().bytes, 0);
    }

    #[test]
    fn small_ones_are_bounded_too() {
        let responses = SamlResponses::default();
        for n in 0..2 * MOST {
            keep(&responses, &n.to_string(), "a", NOW);
        }
        let kept = responses.0.lock().unwrap();
        assert_eq!((kept.entries.len(), kept.order.len(), kept.bytes), (MOST, MOST, MOST));
    }

    #[test]
    fn old_responses_are_forgotten_when_a_new_one_comes() {
        let responses = SamlResponses::default();
        keep(&responses, "old", "a", NOW);
        keep(&responses, "new", "b", NOW.plus_seconds(60));
        let kept = responses.0.lock().unwrap();
        assert_eq!((kept.entries.len(), kept.order.len(), kept.bytes), (1, 1, 1));
    }
}
