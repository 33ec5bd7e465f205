//! The store of Vestibule: the only crate that knows sled.
//!
//! One tree, one writer thread, and nothing is acknowledged before it is flushed. A rule runs as a *job* on the writer
//! thread: it reads the present state through [`View`], returns a reply and a [`Batch`], and the reply leaves when the
//! batch is on the medium. Jobs that wait at the same time share a flush.
//!
//! [`Store::ephemeral`] is the in-memory twin with the same discipline.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod ahead;
mod check;
mod directory;
mod error;
mod medium;
mod migrate;
mod seal;
mod sweep;
mod writer;

pub use error::OpenError;
pub use sweep::Swept;
pub use writer::Metrics;

use medium::{ClosedView, Medium};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use tokio::sync::oneshot;
use vestibule_core::port::{Batch, StoreError, View};
use writer::Writer;

/// The store. Clones share one writer; the last clone to go closes it as [`Store::close`] does.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    fresh: bool,
    /// Gone once closed.
    medium: RwLock<Option<Arc<Medium>>>,
    writer: Writer,
    /// Where the sweep goes on.
    cursor: Mutex<Vec<u8>>,
    /// Ends when the medium is dropped, whoever held it last.
    released: Mutex<mpsc::Receiver<()>>,
}

impl Store {
    /// Opens a data directory, or creates it when it is missing or empty.
    ///
    /// # Errors
    /// [`OpenError`], in plain words; nothing in the directory is changed then.
    pub fn open(dir: &Path) -> Result<Self, OpenError> {
        let (released, receiver) = mpsc::channel();
        let medium = directory::open(dir, migrate::FORMAT, migrate::STEPS, released)?;
        Ok(Self::start(Medium::Sled(Box::new(medium)), receiver))
    }

    /// A store that lives in memory and ends with the process: the same semantics and the same writer.
    #[must_use]
    pub fn ephemeral() -> Self {
        let (released, receiver) = mpsc::channel();
        Self::start(Medium::memory(released), receiver)
    }

    fn start(medium: Medium, released: mpsc::Receiver<()>) -> Self {
        let fresh = medium.is_fresh();
        let medium = Arc::new(medium);
        let writer = Writer::start(Arc::clone(&medium));
        Self {
            inner: Arc::new(Inner {
                fresh,
                medium: RwLock::new(Some(medium)),
                writer,
                cursor: Mutex::new(Vec::new()),
                released: Mutex::new(released),
            }),
        }
    }

    /// Reads, on the calling thread and without waiting for the writer. Once the store is closed the view answers
    /// [`StoreError::Closed`].
    ///
    /// What a job has written is visible as soon as it is applied, which may be a moment before it is flushed.
    pub fn read<R>(&self, f: impl FnOnce(&dyn View) -> R) -> R {
        let medium = self.inner.medium.read().unwrap_or_else(PoisonError::into_inner).clone();
        match medium {
            Some(medium) => f(&*medium),
            None => f(&ClosedView),
        }
    }

    /// Runs a decision alone on the writer thread, applies its batch atomically, and returns its reply once the batch
    /// is flushed. An empty batch needs no flush of its own.
    ///
    /// Dropping the returned future does not recall the job.
    ///
    /// # Errors
    /// When the medium fails, the job panicked (nothing of it is written), or the store is closed.
    pub async fn write<R, F>(&self, job: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: FnOnce(&dyn View) -> (R, Batch) + Send + 'static,
    {
        self.inner.writer.submit(job).await
    }

    /// [`Store::write`] for a thread that may wait. Not for the threads of an async runtime.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub fn write_blocking<R, F>(&self, job: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: FnOnce(&dyn View) -> (R, Batch) + Send + 'static,
    {
        wait_for(self.write(job))
    }

    /// Writes something nobody waits for, such as entries of the live journal: together with the next group, or about
    /// half a second later. The queue is bounded: when it is full the oldest batch is dropped and counted
    /// ([`Metrics::dropped`]). Survives a clean close, not a killed process.
    pub fn write_lazily(&self, batch: Batch) {
        self.inner.writer.submit_lazily(batch);
    }

    /// Writes what was written lazily and stops the writer; resolves when the medium is released and the directory may
    /// be opened again. Later calls on any clone answer [`StoreError::Closed`].
    pub async fn close(&self) {
        let inner = Arc::clone(&self.inner);
        let (done, finished) = oneshot::channel();
        // A thread of its own, because joining the writer blocks. Without one, block: closing must not be skipped.
        let job = move || {
            inner.shut();
            let _ = done.send(());
        };
        if thread::Builder::new().name("vestibule-close".into()).spawn(job).is_ok() {
            let _ = finished.await;
        } else {
            self.inner.shut();
        }
    }

    /// Whether nothing was ever written before this opening: a new directory, or a store in memory. Only then may a
    /// missing data key be a new one.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        self.inner.fresh
    }

    /// Counts, for tests and the status page.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        self.inner.writer.metrics()
    }
}

impl Inner {
    fn shut(&self) {
        drop(self.medium.write().unwrap_or_else(PoisonError::into_inner).take());
        if self.writer.stop() {
            // Readers that are still at work hold the medium a moment longer.
            let _ = self.released.lock().unwrap_or_else(PoisonError::into_inner).recv();
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.shut();
    }
}

struct Unpark(thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits for a future on a thread that belongs to no runtime.
fn wait_for<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}
