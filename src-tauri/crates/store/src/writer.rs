//! The writer thread: jobs in, groups out, one flush for a group.

use crate::medium::Medium;
use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use vestibule_core::port::{Batch, StoreError, View};

/// Jobs that may wait; the next caller waits for a place.
const MAX_WAITING: usize = 4_096;
/// Jobs that share one flush at most, so that the first of them never waits long.
const MAX_GROUP: usize = 256;
/// Lazy batches that may wait; the oldest goes when one more comes.
const MAX_LAZY: usize = 8_192;
/// How long a lazy batch waits for company.
const LAZY_DELAY: Duration = Duration::from_millis(500);
/// Jobs without a write after which lazy batches stop waiting: a steady stream of them would starve the timer.
const LAZY_PATIENCE: usize = 64;

/// What the store has done since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Metrics {
    /// Groups of jobs.
    pub groups: u64,
    /// Jobs run, including the ones that wrote nothing.
    pub jobs: u64,
    /// Flushes.
    pub flushes: u64,
    /// Lazy batches dropped because the queue was full.
    pub dropped: u64,
    /// Jobs that panicked.
    pub panics: u64,
}

#[derive(Default)]
struct Counters {
    groups: AtomicU64,
    jobs: AtomicU64,
    flushes: AtomicU64,
    dropped: AtomicU64,
    panics: AtomicU64,
}

/// Tells a caller how it went.
type Ack = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
/// A job whose reply is already tied to its caller; `Err` when it panicked.
type Job = Box<dyn FnOnce(&dyn View) -> Result<(Batch, Ack), ()> + Send>;

enum Message {
    Job(Job),
    /// There are lazy batches.
    Wake,
    Stop,
}

/// The sending side of the writer thread.
pub(crate) struct Writer {
    queue: Sender<Message>,
    places: Arc<Semaphore>,
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct Shared {
    counters: Counters,
    lazy: Mutex<VecDeque<Batch>>,
}

impl Writer {
    /// Starts the thread. Should the system refuse one, every write answers [`StoreError::Closed`].
    pub(crate) fn start(medium: Arc<Medium>) -> Self {
        let (queue, messages) = channel();
        let shared = Arc::new(Shared::default());
        let state = Loop {
            medium,
            messages,
            shared: Arc::clone(&shared),
            unflushed: false,
            patience: 0,
        };
        let thread = thread::Builder::new().name("vestibule-store".into()).spawn(move || state.run());
        let thread = thread
            .map_err(|error| tracing::error!(%error, "the writer thread can't be started"))
            .ok();
        Self {
            queue,
            places: Arc::new(Semaphore::new(MAX_WAITING)),
            shared,
            thread: Mutex::new(thread),
        }
    }

    pub(crate) async fn submit<R, F>(&self, job: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: FnOnce(&dyn View) -> (R, Batch) + Send + 'static,
    {
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let (reply, answer) = oneshot::channel();
        self.queue
            .send(Message::Job(tie(job, reply, place)))
            .map_err(|_| StoreError::Closed)?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    pub(crate) fn submit_lazily(&self, batch: Batch) {
        if batch.is_empty() {
            return;
        }
        let mut lazy = self.shared.lazy.lock().unwrap_or_else(PoisonError::into_inner);
        if lazy.len() == MAX_LAZY {
            lazy.pop_front();
            self.shared.counters.dropped.fetch_add(1, Relaxed);
        }
        lazy.push_back(batch);
        if lazy.len() == 1 {
            // A closed store has nobody to wake; the batch goes with it.
            let _ = self.queue.send(Message::Wake);
        }
    }

    pub(crate) fn metrics(&self) -> Metrics {
        let counters = &self.shared.counters;
        Metrics {
            groups: counters.groups.load(Relaxed),
            jobs: counters.jobs.load(Relaxed),
            flushes: counters.flushes.load(Relaxed),
            dropped: counters.dropped.load(Relaxed),
            panics: counters.panics.load(Relaxed),
        }
    }

    /// Stops the thread after what is already queued; whether this call was the one that saw it end.
    pub(crate) fn stop(&self) -> bool {
        self.places.close();
        let _ = self.queue.send(Message::Stop);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        match thread {
            // The last clone may die inside a job: the thread can't wait for itself.
            Some(thread) if thread.thread().id() != thread::current().id() => thread.join().is_ok(),
            _ => false,
        }
    }
}

/// Joins a job to its caller, so that the queue needs to know neither reply nor type.
fn tie<R, F>(job: F, reply: oneshot::Sender<Result<R, StoreError>>, place: OwnedSemaphorePermit) -> Job
where
    R: Send + 'static,
    F: FnOnce(&dyn View) -> (R, Batch) + Send + 'static,
{
    Box::new(move |view| match catch_unwind(AssertUnwindSafe(|| job(view))) {
        Ok((value, batch)) => {
            let ack: Ack = Box::new(move |outcome| {
                drop(place);
                // A caller that went away needs no answer.
                let _ = reply.send(outcome.map(|()| value));
            });
            Ok((batch, ack))
        }
        Err(panic) => {
            let _ = reply.send(Err(StoreError::Io(format!(
                "the program failed while deciding ({})",
                words(&*panic)
            ))));
            Err(())
        }
    })
}

fn words(panic: &(dyn Any + Send)) -> &str {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (None, Some(text)) => text,
        (None, None) => "no reason given",
    }
}

/// The thread's own state.
struct Loop {
    medium: Arc<Medium>,
    messages: Receiver<Message>,
    shared: Arc<Shared>,
    /// Whether lazy batches were applied and not flushed yet.
    unflushed: bool,
    /// Jobs since the last flush.
    patience: usize,
}

impl Loop {
    fn run(mut self) {
        loop {
            let waiting = self.unflushed || !self.lazy().is_empty() || self.medium.is_unsettled();
            let message = if waiting {
                self.messages.recv_timeout(LAZY_DELAY)
            } else {
                self.messages.recv().map_err(|_| RecvTimeoutError::Disconnected)
            };
            match message {
                Ok(Message::Job(job)) => {
                    if self.group(job) {
                        break;
                    }
                }
                Ok(Message::Wake) => {}
                Err(RecvTimeoutError::Timeout) => {
                    self.catch_up();
                    if let Err(error) = self.medium.settle() {
                        tracing::error!(%error, "confirmed writes could not be put in their place; they are kept, and tried again");
                    }
                }
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.catch_up();
    }

    /// Runs the jobs that wait and flushes once for all; whether a stop was among the messages.
    fn group(&mut self, first: Job) -> bool {
        let counters = Arc::clone(&self.shared);
        let counters = &counters.counters;
        let mut stop = false;
        let mut written: Vec<Ack> = Vec::new();
        let mut next = Some(first);
        let mut size = 0;
        while let Some(job) = next.take() {
            // Before every job: what was queued lazily before it must be there for it, also in the middle of a group.
            self.apply_lazy();
            size += 1;
            counters.jobs.fetch_add(1, Relaxed);
            match job(&*self.medium) {
                // A refusal may rest on a write of this very group: then it leaves with it.
                Ok((batch, ack)) if batch.is_empty() && written.is_empty() => ack(Ok(())),
                Ok((batch, ack)) if batch.is_empty() => written.push(ack),
                Ok((batch, ack)) => {
                    self.medium.apply(batch);
                    written.push(ack);
                }
                Err(()) => {
                    counters.panics.fetch_add(1, Relaxed);
                }
            }
            let mut waited = false;
            while size < MAX_GROUP && next.is_none() {
                match self.messages.try_recv() {
                    Ok(Message::Job(job)) => next = Some(job),
                    Ok(Message::Wake) => {}
                    Ok(Message::Stop) => {
                        stop = true;
                        break;
                    }
                    // Who is about to ask may do so first, if this core is short: a flush for all costs as much as for one.
                    Err(_) if !waited && !written.is_empty() => {
                        waited = true;
                        thread::yield_now();
                    }
                    Err(_) => break,
                }
            }
            if stop {
                break;
            }
        }
        counters.groups.fetch_add(1, Relaxed);
        if written.is_empty() {
            self.patience += size;
            if self.unflushed && self.patience >= LAZY_PATIENCE {
                self.catch_up();
            }
            return stop;
        }
        let outcome = self.flush();
        for ack in written {
            ack(outcome.clone());
        }
        stop
    }

    fn lazy(&self) -> std::sync::MutexGuard<'_, VecDeque<Batch>> {
        self.shared.lazy.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Applies lazy batches as one, so that later jobs see them and a record written many times is written once.
    fn apply_lazy(&mut self) {
        let batches = std::mem::take(&mut *self.lazy());
        if batches.is_empty() {
            return;
        }
        let mut all = Batch::default();
        for batch in batches {
            all.ops.extend(batch.ops);
        }
        self.medium.apply(all);
        self.unflushed = true;
    }

    fn catch_up(&mut self) {
        self.apply_lazy();
        if self.unflushed
            && let Err(error) = self.flush()
        {
            tracing::error!(%error, "journal entries could not be flushed");
        }
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        self.patience = 0;
        self.unflushed = false;
        self.shared.counters.flushes.fetch_add(1, Relaxed);
        self.medium.flush()
    }
}
