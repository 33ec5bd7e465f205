//! Refusals about what is sent to people: codes, links, and how often (sheet 4.7).

use super::ApiError;
use crate::record::IdentifierKind;

impl ApiError {
    /// No code is waiting under this verification (400, sheet 4.7).
    #[must_use]
    pub fn code_not_found() -> Self {
        Self::code(
            "verification_code.not_found",
            "no such code",
            "This code was used already. Have a new one sent.",
        )
    }

    /// The code went to another address or number (400).
    #[must_use]
    pub fn code_recipient_mismatch(kind: IdentifierKind) -> Self {
        match kind {
            IdentifierKind::Phone => Self::code(
                "verification_code.phone_mismatch",
                "another number",
                "This code was sent to another phone number. Have a new one sent.",
            ),
            IdentifierKind::Email | IdentifierKind::Username => Self::code(
                "verification_code.email_mismatch",
                "another address",
                "This code was sent to another e-mail address. Have a new one sent.",
            ),
        }
    }

    /// The code is too old (400).
    #[must_use]
    pub fn code_expired() -> Self {
        Self::code(
            "verification_code.expired",
            "code expired",
            "This code has expired. Have a new one sent.",
        )
    }

    /// The code was tried too often (400).
    #[must_use]
    pub fn code_exceed_max_try() -> Self {
        Self::code(
            "verification_code.exceed_max_try",
            "too many tries",
            "Too many wrong codes. Have a new one sent.",
        )
    }

    /// The code is wrong (400).
    #[must_use]
    pub fn code_mismatch() -> Self {
        Self::code(
            "verification_code.code_mismatch",
            "wrong code",
            "This code is wrong. Check it and try again, or have a new one sent.",
        )
    }

    fn code(code: &'static str, phrase: &'static str, message: &'static str) -> Self {
        Self::new(400, code, phrase, message)
    }

    /// Too many messages to one recipient (429, sheet 4.7).
    #[must_use]
    pub fn message_rate_limited() -> Self {
        Self::new(
            429,
            "request.message_rate_limited",
            "too many messages",
            "Too many messages were sent there. Wait ten minutes and try again.",
        )
    }

    /// Logto's answer when nothing can send a code (501, sheet 4.2).
    #[must_use]
    pub fn connector_not_found(message: impl Into<String>) -> Self {
        Self::new(501, "connector.not_found", "no connector", message)
    }

    /// Nobody issued this one-time token (404, sheet 4.7).
    #[must_use]
    pub fn one_time_token_not_found() -> Self {
        Self::new(
            404,
            "one_time_token.token_not_found",
            "no such token",
            "This link does not work. Ask for a new one.",
        )
    }

    /// No one-time token has this id (404, sheet 7.3).
    #[must_use]
    pub fn no_one_time_token() -> Self {
        Self::not_found("There is no one-time token with this id.")
    }

    /// A one-time token that can't be used (400, sheet 4.7).
    #[must_use]
    pub fn one_time_token(code: &'static str, phrase: &'static str, message: &'static str) -> Self {
        Self::new(400, code, phrase, message)
    }
}
