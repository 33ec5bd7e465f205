//! The protocol rules under `/oidc` (sheet chapters 1 and 2).
