//! The Experience API (sheet chapter 4).
