//! A watcher's end of the live stream: batches of at most a few dozen milliseconds.

use super::Signal;
use crate::pauses::Attended;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::{self, error::RecvError, error::TryRecvError};
use vestibule_core::console::InboxMessage;
use vestibule_core::live::LiveBatch;

/// How long events are gathered before a batch leaves.
const GATHER: Duration = Duration::from_millis(33);
/// Most events of one batch.
const BATCH: usize = 256;

/// Receives the live stream.
pub struct LiveWatch {
    receiver: broadcast::Receiver<Signal>,
    heard: u64,
    _attended: Attended,
}

impl LiveWatch {
    pub(super) const fn new(receiver: broadcast::Receiver<Signal>, attended: Attended) -> Self {
        Self {
            receiver,
            heard: 0,
            _attended: attended,
        }
    }

    /// How much was told since the watch began, missed or not.
    #[must_use]
    pub const fn heard(&self) -> u64 {
        self.heard
    }

    /// The next batch: waits for a first event, then gathers what follows at once. `None` when the engine is gone.
    pub async fn next(&mut self) -> Option<LiveBatch> {
        let mut batch = LiveBatch {
            events: Vec::new(),
            missed: 0,
            configuration_changed: false,
            messages: Vec::new(),
        };
        match self.receiver.recv().await {
            Ok(signal) => self.take(&mut batch, signal),
            Err(RecvError::Lagged(missed)) => self.miss(&mut batch, missed),
            Err(RecvError::Closed) => return None,
        }
        tokio::time::sleep(GATHER).await;
        while batch.events.len() < BATCH {
            match self.receiver.try_recv() {
                Ok(signal) => self.take(&mut batch, signal),
                Err(TryRecvError::Lagged(missed)) => self.miss(&mut batch, missed),
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        Some(batch)
    }

    fn take(&mut self, batch: &mut LiveBatch, signal: Signal) {
        self.heard += 1;
        match signal {
            Signal::Event(event) => batch.events.push((*event).clone()),
            Signal::Configuration => batch.configuration_changed = true,
            Signal::Message(message) => batch.messages.push((*message).clone()),
        }
    }

    const fn miss(&mut self, batch: &mut LiveBatch, missed: u64) {
        self.heard += missed;
        batch.missed += missed;
    }
}

/// Receives messages to people, and nothing else: steps are not made ready for whoever follows these alone.
pub struct MessageWatch {
    receiver: broadcast::Receiver<Arc<InboxMessage>>,
}

impl MessageWatch {
    pub(super) const fn new(receiver: broadcast::Receiver<Arc<InboxMessage>>) -> Self {
        Self { receiver }
    }

    /// The next message to somebody; what came while this fell too far behind is lost. `None` when the engine is gone.
    pub async fn next(&mut self) -> Option<Arc<InboxMessage>> {
        loop {
            match self.receiver.recv().await {
                Ok(message) => return Some(message),
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    }
}
