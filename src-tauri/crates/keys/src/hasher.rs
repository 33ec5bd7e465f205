//! argon2 on threads of its own.
//!
//! One hash at the default parameters costs some 15 ms and 19 MiB. Through a blocking pool each hash would map fresh
//! memory, which costs a third more time and hundreds of megabytes under load. Here a few threads share a few blocks of
//! memory, and give them back when nobody has signed in for a while.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use std::collections::VecDeque;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;
use tokio::sync::oneshot;
use vestibule_core::entropy::Entropy;
use vestibule_core::secret::Secret;

/// Passwords that may wait for a thread: some ten seconds of work on one core.
const MAX_WAITING: usize = 512;
/// After this time without work the memory is given back.
const IDLE: Duration = Duration::from_secs(5);
/// The dearest stored hash that is computed, in KiB and passes: an imported one must not stall everybody.
const MAX_MEMORY: u32 = 256 * 1024;
const MAX_PASSES: u32 = 32;
const SALT: usize = 16;
const OUTPUT: usize = 32;

/// Why a password was neither hashed nor compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HasherError {
    /// Too many passwords are waiting.
    #[error("too many sign-ins at once; try again in a moment")]
    Busy,
    /// The threads are gone or failed.
    #[error("the password could not be processed")]
    Failed,
}

/// Hashes and compares passwords. Clones share the threads.
#[derive(Clone)]
pub struct PasswordHasher {
    pool: Arc<Pool>,
    entropy: Arc<dyn Entropy>,
    params: Params,
}

impl PasswordHasher {
    /// argon2id at its default parameters (19 MiB, 2 passes, 1 lane), on one thread fewer than there are cores.
    #[must_use]
    pub fn new(entropy: Arc<dyn Entropy>) -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        Self::with(entropy, Params::DEFAULT, cores.saturating_sub(1).max(1), IDLE)
    }

    /// Parameters so low that a hash costs microseconds: for tests only.
    #[must_use]
    pub fn cheap(entropy: Arc<dyn Entropy>) -> Self {
        let params = Params::new(Params::MIN_M_COST, 1, 1, None).unwrap_or(Params::DEFAULT);
        Self::with(entropy, params, 1, IDLE)
    }

    fn with(entropy: Arc<dyn Entropy>, params: Params, threads: usize, idle: Duration) -> Self {
        let pool = Pool {
            state: Mutex::new(State::default()),
            work: Condvar::new(),
            threads,
            idle,
        };
        Self {
            pool: Arc::new(pool),
            entropy,
            params,
        }
    }

    /// The hash of a password as a PHC string (`$argon2id$v=19$m=19456,t=2,p=1$...`), with a fresh salt.
    ///
    /// # Errors
    /// [`HasherError::Busy`] when too many are waiting.
    pub async fn hash(&self, password: Secret) -> Result<String, HasherError> {
        let params = self.params.clone();
        let mut salt = [0; SALT];
        self.entropy.fill(&mut salt);
        self.run(move |memory| {
            let mut out = [0; OUTPUT];
            compute(
                Algorithm::Argon2id,
                Version::V0x13,
                &params,
                password.expose(),
                &salt,
                &mut out,
                memory,
            )?;
            let (m, t, p) = (params.m_cost(), params.t_cost(), params.p_cost());
            let (salt, out) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(out));
            Some(format!("$argon2id$v=19$m={m},t={t},p={p}${salt}${out}"))
        })
        .await?
        .ok_or(HasherError::Failed)
    }

    /// Whether a password fits a stored PHC string, argon2id or argon2i. Without one, or with one that can't be read,
    /// the answer is no after the same work, so that the time tells nobody who has an account.
    ///
    /// # Errors
    /// [`HasherError::Busy`] when too many are waiting.
    pub async fn verify(&self, password: Secret, stored: Option<String>) -> Result<bool, HasherError> {
        let decoy = self.params.clone();
        self.run(move |memory| match stored.as_deref().and_then(Stored::parse) {
            Some(stored) => stored.matches(password.expose(), memory),
            None => {
                let mut out = [0; OUTPUT];
                compute(
                    Algorithm::Argon2id,
                    Version::V0x13,
                    &decoy,
                    password.expose(),
                    &[0; SALT],
                    &mut out,
                    memory,
                );
                false
            }
        })
        .await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce(&mut Vec<Block>) -> T + Send + 'static) -> Result<T, HasherError> {
        let (reply, answer) = oneshot::channel();
        self.pool.submit(Box::new(move |memory| {
            // The caller may have gone away: then the work is not worth doing.
            if !reply.is_closed() {
                let _ = reply.send(work(memory));
            }
        }))?;
        answer.await.map_err(|_| HasherError::Failed)
    }
}

/// A stored hash, parsed.
struct Stored {
    algorithm: Algorithm,
    version: Version,
    params: Params,
    salt: Vec<u8>,
    output: Vec<u8>,
}

impl Stored {
    fn parse(text: &str) -> Option<Self> {
        let hash = PasswordHash::new(text).ok()?;
        let params = Params::try_from(&hash).ok()?;
        if params.m_cost() > MAX_MEMORY || params.t_cost() > MAX_PASSES {
            return None;
        }
        Some(Self {
            algorithm: Algorithm::try_from(hash.algorithm.as_str()).ok()?,
            version: hash
                .version
                .map_or(Some(Version::V0x10), |version| Version::try_from(version).ok())?,
            params,
            salt: hash.salt?.as_ref().to_vec(),
            output: hash.hash?.as_bytes().to_vec(),
        })
    }

    fn matches(&self, password: &str, memory: &mut Vec<Block>) -> bool {
        let mut out = vec![0; self.output.len()];
        compute(self.algorithm, self.version, &self.params, password, &self.salt, &mut out, memory).is_some()
            && verify_slices_are_equal(&out, &self.output).is_ok()
    }
}

fn compute(
    algorithm: Algorithm,
    version: Version,
    params: &Params,
    password: &str,
    salt: &[u8],
    out: &mut [u8],
    memory: &mut Vec<Block>,
) -> Option<()> {
    let blocks = params.block_count();
    if memory.len() < blocks {
        memory.resize(blocks, Block::new());
    }
    Argon2::new(algorithm, version, params.clone())
        .hash_password_into_with_memory(password.as_bytes(), salt, out, &mut memory[..blocks])
        .ok()
}

type Work = Box<dyn FnOnce(&mut Vec<Block>) + Send>;

/// The threads, started when first needed.
struct Pool {
    state: Mutex<State>,
    work: Condvar,
    threads: usize,
    idle: Duration,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Work>,
    /// Memory nobody uses. Last in, first out: a single person signing in keeps a single block warm.
    memory: Vec<Vec<Block>>,
    running: usize,
    resting: usize,
}

impl Pool {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn submit(self: &Arc<Self>, work: Work) -> Result<(), HasherError> {
        let mut state = self.lock();
        if state.waiting.len() >= MAX_WAITING {
            return Err(HasherError::Busy);
        }
        state.waiting.push_back(work);
        if state.resting >= state.waiting.len() || state.running == self.threads {
            self.work.notify_one();
            return Ok(());
        }
        let pool = Arc::clone(self);
        match thread::Builder::new().name("vestibule-argon2".into()).spawn(move || pool.serve()) {
            Ok(_) => {
                state.running += 1;
                Ok(())
            }
            Err(_) if state.running > 0 => Ok(()),
            Err(_) => {
                state.waiting.pop_back();
                Err(HasherError::Failed)
            }
        }
    }

    /// Works until there has been nothing to do for a while. A thread costs nothing to start next to a hash, so an
    /// idle pool keeps neither threads nor memory.
    fn serve(&self) {
        let mut state = self.lock();
        loop {
            if let Some(work) = state.waiting.pop_front() {
                let mut memory = state.memory.pop().unwrap_or_default();
                drop(state);
                // A panic ends the caller's wait with an error and must not end the thread.
                let _ = catch_unwind(AssertUnwindSafe(|| work(&mut memory)));
                state = self.lock();
                state.memory.push(memory);
                continue;
            }
            state.resting += 1;
            let (woken, timeout) = self.work.wait_timeout(state, self.idle).unwrap_or_else(PoisonError::into_inner);
            state = woken;
            state.resting -= 1;
            if timeout.timed_out() && state.waiting.is_empty() {
                state.running -= 1;
                state.memory.pop();
                return;
            }
        }
    }
}

#[cfg(test)]
#[path = "hasher_tests.rs"]
mod tests;
