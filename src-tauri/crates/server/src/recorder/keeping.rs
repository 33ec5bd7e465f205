//! How long live sessions are kept, and forgetting them.

use super::shelf::Shelf;
use super::{Recorder, Signal};
use vestibule_core::Timestamp;
use vestibule_core::ids::LiveId;
use vestibule_core::model::LiveRetention;
use vestibule_store::Store;

impl Recorder {
    /// Forgets all live sessions.
    pub(crate) fn clear(&self, store: &Store) {
        self.shelf().evict(0);
        self.hand_over(store);
        self.say(Signal::Configuration);
    }

    /// Forgets what is in memory and reads what is stored: everything that was stored has been replaced.
    pub(crate) fn start_over(&self, store: &Store, retention: LiveRetention, now: Timestamp) {
        *self.shelf() = Shelf::default();
        self.retain(retention, now);
        if let Err(error) = store.read(|view| self.restore(view)) {
            tracing::warn!(%error, "earlier live sessions can't be shown");
        }
        self.retain(retention, now);
        self.configuration_changed();
    }

    /// Keeps sessions like this from now on.
    pub(crate) fn retain(&self, retention: LiveRetention, now: Timestamp) {
        self.shelf().retention = retention;
        self.tidy(now);
    }

    /// Forgets what is no longer kept.
    pub(crate) fn tidy(&self, now: Timestamp) {
        let mut shelf = self.shelf();
        shelf.trim(now);
        let waiting = shelf.waiting();
        drop(shelf);
        if waiting > 0 {
            self.due.notify_one();
        }
    }

    /// How many sessions are kept.
    #[must_use]
    pub(crate) fn kept(&self) -> usize {
        self.shelf().kept()
    }

    /// Forgets some live sessions.
    pub(crate) fn forget(&self, sessions: &[LiveId], store: &Store) {
        self.shelf().forget(sessions);
        self.hand_over(store);
        let _ = self.tell.send(Signal::Configuration);
    }

    /// Whether a live session is kept.
    pub(crate) fn keeps(&self, live: &LiveId) -> bool {
        self.shelf().summary(live).is_some()
    }
}
