//! A value that must not be printed, logged or serialised.

use subtle::ConstantTimeEq as _;
use zeroize::Zeroize as _;

/// A secret text. It has no `Debug`, `Display` or `Serialize`, compares in constant time and is wiped on drop.
#[derive(Clone, Default)]
pub struct Secret(String);

impl Secret {
    /// Takes a text into custody.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
    /// The text itself, at the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
    /// Constant-time comparison with what a caller sent.
    #[must_use]
    pub fn matches(&self, candidate: &str) -> bool {
        self.0.as_bytes().ct_eq(candidate.as_bytes()).into()
    }
    /// Whether there is no text at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}
