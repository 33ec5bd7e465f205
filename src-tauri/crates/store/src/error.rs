//! Why a data directory can't be opened, in words for the person who started the program.

use std::path::{Path, PathBuf};

/// Why a data directory was not opened. Nothing in it was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process has it open.
    #[error("Another Vestibule is using {dir}. Close it first, or start this one with another --data-dir.")]
    Locked {
        /// The directory.
        dir: PathBuf,
    },
    /// It isn't a directory, isn't ours, or access is denied.
    #[error("The data directory {dir} can't be used: {why}")]
    Unreadable {
        /// The directory.
        dir: PathBuf,
        /// What is the matter, and what to do.
        why: String,
    },
    /// Its contents are damaged.
    #[error("The data in {dir} is damaged: {why} {advice}")]
    Corrupt {
        /// The directory.
        dir: PathBuf,
        /// What was found.
        why: String,
        /// How to go on.
        advice: String,
    },
    /// It was written by a later release.
    #[error(
        "The data in {dir} was written by a later release of Vestibule (format {found}; this one reads up to {supported}). \
         Start that release, or this one with another --data-dir."
    )]
    Newer {
        /// The directory.
        dir: PathBuf,
        /// The format found.
        found: u32,
        /// The newest format this release reads.
        supported: u32,
    },
}

impl OpenError {
    pub(crate) fn unreadable(dir: &Path, why: &impl ToString) -> Self {
        Self::Unreadable {
            dir: dir.to_owned(),
            why: why.to_string(),
        }
    }

    /// Damage for which the only way on is another directory.
    pub(crate) fn corrupt(dir: &Path, why: impl Into<String>) -> Self {
        Self::Corrupt {
            dir: dir.to_owned(),
            why: why.into(),
            advice: format!(
                "Restore {dir} from a copy; or move it aside and start again, which begins with empty data. \
                 Vestibule has changed nothing in it and never moves or deletes it by itself.",
                dir = dir.display()
            ),
        }
    }

    /// Damage after which most of the data can still be read.
    pub(crate) fn incomplete(dir: &Path, seal: &Path, missing: u64) -> Self {
        Self::Corrupt {
            dir: dir.to_owned(),
            why: format!("the last {missing} confirmed writes are missing."),
            advice: format!(
                "Restore {dir} from a copy; or, to go on without them, delete {seal} and start again. \
                 Vestibule has changed nothing and never moves or deletes the directory by itself.",
                dir = dir.display(),
                seal = seal.display()
            ),
        }
    }
}
