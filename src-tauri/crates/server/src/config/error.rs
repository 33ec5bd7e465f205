//! What is wrong with a configuration file, and where.

use std::collections::BTreeMap;
use std::fmt;
use vestibule_core::StoreError;
use vestibule_core::model::INVALID_INPUT;

/// One thing that is wrong in a configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file as it was named.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in **characters**, from 1.
    pub column: u32,
    /// The key as a dotted path with array positions, such as `applications.0.name`; empty for syntax errors.
    pub path: String,
    /// What is wrong and what would be right.
    pub message: String,
    /// Logto's code, where there is one that says more than "invalid": `sign_in_experiences.username_requires_password`.
    pub code: Option<&'static str>,
}

impl ConfigError {
    /// The same error with Logto's code of a problem.
    pub(super) fn coded(mut self, code: &'static str) -> Self {
        self.code = Some(code).filter(|code| *code != INVALID_INPUT);
        self
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: ", self.file, self.line, self.column)?;
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)?;
        match self.code {
            Some(code) => write!(f, " ({code})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ConfigError {}

/// Why a document was not applied. The writes collected so far must be dropped with their context.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The document doesn't fit what is stored.
    #[error("{}", list(.0))]
    Config(Vec<ConfigError>),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn list(errors: &[ConfigError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Where everything stands in the file: turns byte offsets and key paths into lines and columns.
#[derive(Default)]
pub(crate) struct Source {
    file: String,
    text: String,
    line_starts: Vec<usize>,
    /// Byte offset of the value (or table header) at each key path.
    offsets: BTreeMap<String, usize>,
}

impl Source {
    pub(super) fn new(file: &str, text: &str) -> Self {
        let line_starts = std::iter::once(0)
            .chain(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at + 1))
            .collect();
        Self {
            file: file.to_owned(),
            text: text.to_owned(),
            line_starts,
            offsets: BTreeMap::new(),
        }
    }

    pub(super) fn note(&mut self, path: &str, offset: usize) {
        self.offsets.insert(path.to_owned(), offset);
    }

    /// Whether the file has something at this path, right or wrong.
    pub(super) fn mentions(&self, path: &str) -> bool {
        self.offsets.contains_key(path)
    }

    /// An error at a byte offset.
    pub(super) fn error_at(&self, offset: usize, path: &str, message: impl Into<String>) -> ConfigError {
        let offset = self.floor(offset);
        let line = self.line_starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let start = self.line_starts.get(line).copied().unwrap_or(0);
        let column = self.text.get(start..offset).map_or(0, |before| before.chars().count());
        ConfigError {
            file: self.file.clone(),
            line: u32::try_from(line + 1).unwrap_or(u32::MAX),
            column: u32::try_from(column + 1).unwrap_or(u32::MAX),
            path: path.to_owned(),
            message: message.into(),
            code: None,
        }
    }

    /// An error at a key path; where the key is missing, at the nearest table around it.
    pub(super) fn error(&self, path: &str, message: impl Into<String>) -> ConfigError {
        let mut known = path;
        loop {
            if let Some(offset) = self.offsets.get(known) {
                return self.error_at(*offset, path, message);
            }
            match known.rfind('.') {
                Some(dot) => known = &known[..dot],
                None => return self.error_at(0, path, message),
            }
        }
    }

    /// The nearest character boundary at or before an offset.
    fn floor(&self, offset: usize) -> usize {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }
}
