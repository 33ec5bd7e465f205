//! What the acceptance tests share: the provider in this process ([`Provider`]) or as the built binary ([`Process`]),
//! a browser ([`Browser`]), an application ([`App`]), and HTTP down to the byte ([`wire`]).
//!
//! ```ignore
//! let provider = Provider::start();
//! let mut browser = provider.browser();
//! let tokens = browser.sign_in(&provider.app("spa"), &[]).tokens();
//! ```

// This crate is nothing but test code: what goes wrong in it should stop the test at once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod app;
mod browser;
mod process;
mod provider;
pub mod tree;
pub mod wire;

pub use app::{App, Callback};
pub use browser::{Browser, PASSWORD};
pub use process::{Process, Start, binary, finish, send_signal};
pub use provider::Provider;
pub use wire::{Origin, Request, Response};
