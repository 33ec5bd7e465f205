//! The floor: the least that the named work costs with the same libraries, measured in the same run.

use crate::Outcome;
use crate::child::obey;
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair};
use cpu_time::ProcessTime;
use std::io::Write as _;
use std::time::Duration;
use warp::Filter as _;

/// Bytes of a token as it is signed: header and claims in base64url.
const MESSAGE: usize = 420;
/// Bytes of a stored value.
const VALUE: usize = 600;
/// sled's page cache in bytes, as the store sets it.
const CACHE: u64 = 8 * 1024 * 1024;

/// What the floors cost, CPU time each.
#[derive(Clone, Copy, Debug, Default)]
pub struct Floor {
    /// An empty request answered by warp.
    pub request: Duration,
    /// One ES384 signature.
    pub signature: Duration,
    /// One value written to sled and flushed.
    pub write: Duration,
}

/// How much of each floor an operation needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Requests.
    pub requests: u32,
    /// Signatures.
    pub signatures: u32,
    /// Flushed writes.
    pub writes: u32,
}

impl Needs {
    /// Requests, signatures and flushed writes.
    #[must_use]
    pub const fn of(requests: u32, signatures: u32, writes: u32) -> Self {
        Self {
            requests,
            signatures,
            writes,
        }
    }

    /// The floor of the operation.
    #[must_use]
    pub fn cost(self, floor: &Floor) -> Duration {
        floor.request * self.requests + floor.signature * self.signatures + floor.write * self.writes
    }
}

impl std::fmt::Display for Needs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts = [
            (self.requests, "request"),
            (self.signatures, "signature"),
            (self.writes, "flushed write"),
        ];
        let words: Vec<String> = parts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}{}", if *count == 1 { "" } else { "s" }))
            .collect();
        f.write_str(&words.join(" + "))
    }
}

/// A server of the provider's warp that answers every request with nothing.
pub(crate) fn serve_nothing() -> Outcome<()> {
    std::thread::spawn(|| {
        obey(|_| None);
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        writeln!(std::io::stdout(), "{{\"port\":{port}}}")?;
        warp::serve(warp::any().map(warp::reply)).incoming(listener).run().await;
        Ok(())
    })
}

#[expect(
    clippy::disallowed_types,
    reason = "the signature's own nonce; the library asks for its own source"
)]
pub(crate) fn sign_on_request() -> Outcome<()> {
    let random = aws_lc_rs::rand::SystemRandom::new();
    let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING)?;
    let message = [b'x'; MESSAGE];
    obey(|times| {
        timed(|| {
            for _ in 0..times {
                std::hint::black_box(pair.sign(&random, &message).ok()?);
            }
            Some(())
        })
    });
    Ok(())
}

pub(crate) fn write_on_request() -> Outcome<()> {
    let dir = tempfile::tempdir()?;
    let db = sled::Config::new()
        .path(dir.path())
        .cache_capacity(CACHE)
        .flush_every_ms(None)
        .mode(sled::Mode::LowSpace)
        .open()?;
    let value = vec![b'v'; VALUE];
    let mut number = 0_u64;
    obey(|times| {
        timed(|| {
            for _ in 0..times {
                number += 1;
                // Keys in no order, as hashes of tokens are.
                let key = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
                db.insert(key, value.as_slice()).ok()?;
                db.flush().ok()?;
            }
            Some(())
        })
    });
    Ok(())
}

fn timed(work: impl FnOnce() -> Option<()>) -> Option<Duration> {
    let start = ProcessTime::try_now().ok()?;
    work()?;
    start.try_elapsed().ok()
}
