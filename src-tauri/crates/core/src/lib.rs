//! The pure heart of Vestibule: what is decided, and why.
//!
//! Nothing here performs I/O, reads a clock, draws randomness, or knows HTTP, sled or Tauri.
//! A rule is a synchronous function over a [`port::Cx`]: it reads the present state, notes its
//! reasons ([`because::Because`]), collects its writes, and returns a reply or a typed refusal.
//! The store commits the writes and the live event as one batch before the reply leaves.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod because;
pub mod connectors;
pub mod console;
pub mod entropy;
pub mod experience;
pub mod hot;
pub mod ids;
pub mod live;
pub mod model;
pub mod oidc;
pub mod port;
pub mod record;
pub mod secret;
pub mod session_filter;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod time;

pub use because::{Because, Outcome, Repair};
pub use port::{Batch, Cx, StoreError, View};
pub use secret::Secret;
pub use time::Timestamp;
