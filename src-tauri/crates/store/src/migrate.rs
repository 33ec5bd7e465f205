//! Changes of the stored format between releases.

use vestibule_core::port::{Batch, StoreError, View};

/// The format this release writes.
pub(crate) const FORMAT: u32 = 1;

/// One step from a format to the next one.
pub(crate) struct Step {
    /// The format it starts from.
    pub(crate) from: u32,
    /// The format it leaves.
    pub(crate) to: u32,
    /// What has to be written; applied together with the new format number or not at all.
    pub(crate) run: fn(&dyn View) -> Result<Batch, StoreError>,
}

/// Every step of every release so far, oldest first.
pub(crate) const STEPS: &[Step] = &[];
