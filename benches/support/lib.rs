//! What the benchmarks share: servers as child processes whose CPU time can be asked for, a client that keeps several
//! connections busy from one thread, the operations, stored sign-ins, and the floor that everything is compared to.

pub mod child;
pub mod client;
pub mod clock;
pub mod floor;
pub mod flow;
pub mod hanging;
pub mod measure;
pub mod memory;
pub mod operation;
pub mod table;
pub mod world;

/// What goes wrong in a benchmark ends it.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
/// A result of a benchmark's part.
pub type Outcome<T> = Result<T, Failure>;
