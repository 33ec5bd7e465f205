//! How a response is turned down: Logto's error, and the card.

use vestibule_core::because::{Because, Outcome};
use vestibule_core::connectors::{FailureKind, UpstreamFailure};

/// Most characters of what the provider wrote in a card.
const SHOWN: usize = 200;

/// What the provider wrote, as a card may show it: cut, and without the marks of code.
pub(super) fn shown(text: &str) -> String {
    let mut cut: String = text.chars().filter(|c| *c != '`' && !c.is_control()).take(SHOWN).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    cut
}

/// A value that is not the one it has to be.
pub(super) fn mismatch(
    rule: &'static str,
    title: &'static str,
    name: &str,
    given: Option<&str>,
    wanted: &str,
    source: &'static str,
) -> Box<UpstreamFailure> {
    let why = match given.filter(|given| !given.is_empty()) {
        Some(given) => format!("`{name}` is `{}`. It has to be `{wanted}`.", shown(given)),
        None => format!("`{name}` is missing. It has to be `{wanted}`."),
    };
    refused(rule, title, why, source)
}

fn failure(kind: FailureKind, because: Because) -> Box<UpstreamFailure> {
    Box::new(UpstreamFailure {
        kind,
        message: because.detail.to_string(),
        because,
    })
}

/// A rule that the response does not fit.
pub(super) fn refused(rule: &'static str, title: &'static str, why: impl Into<String>, source: &'static str) -> Box<UpstreamFailure> {
    failure(
        FailureKind::AuthorizationFailed,
        Because::new(rule, Outcome::Refused, title, why.into(), source),
    )
}

/// A response that can't be read at all.
pub(super) fn unreadable(why: impl Into<String>) -> Box<UpstreamFailure> {
    failure(
        FailureKind::InvalidResponse,
        Because::new(
            "saml.response",
            Outcome::Refused,
            "The response can't be read",
            why.into(),
            "SAML Core 3.3.3",
        ),
    )
}
