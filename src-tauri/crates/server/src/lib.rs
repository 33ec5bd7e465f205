//! The warp front, the route table, the composition and the command line of Vestibule.
//!
//! [`Engine::open`] reads data and keys, [`Engine::listen`] answers requests, [`Engine::console`] and
//! [`Engine::watch`] are what the window uses. The desktop program and the headless binary run the same engine.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod cli;
pub mod config;
mod console;
mod control;
mod custom_ui;
mod engine;
mod front;
pub mod headless;
mod http;
mod languages;
mod management;
mod messenger;
mod page_data;
mod pages;
mod pauses;
mod playground;
mod ports;
mod recorder;
mod routes;
mod saml_responses;
pub mod seed;
#[cfg(test)]
mod testing;

pub use custom_ui::Wanted;
pub use engine::{DataPlace, Engine, ListenError, Options, PLAYGROUND_APP, Ports, Site, StartError};
pub use recorder::{LiveWatch, MessageWatch};

/// Every program that runs the engine allocates with this: an exchange is hundreds of small texts, made on one thread and
/// dropped on another, which the C library's allocator is slow at.
#[cfg(unix)]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;
