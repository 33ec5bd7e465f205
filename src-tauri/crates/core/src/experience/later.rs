//! Routes of Logto's Experience API that this release does not serve. They answer, and say so in the window.

use super::error::ApiError;
use super::ruling::{Ruling, decide, load, refuse};
use crate::because::{Because, Outcome};
use crate::ids::InteractionId;
use crate::port::Cx;
use std::convert::Infallible;

/// A family of routes that comes in a later release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Later {
    /// `/profile/mfa/trusted-device`.
    TrustedDevice,
    /// `/user-assets/*`.
    AvatarUpload,
}

impl Later {
    /// Every family.
    pub const ALL: [Self; 2] = [Self::TrustedDevice, Self::AvatarUpload];

    /// What a sentence calls it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::TrustedDevice => "trusted devices",
            Self::AvatarUpload => "uploading a picture",
        }
    }

    /// The answer: 501 `request.not_implemented`.
    #[must_use]
    pub fn error(self) -> ApiError {
        let words = super::ruling::sentence(self.words());
        let message = format!("{words} can't be used yet; this comes in a later release. Sign in with a password.");
        ApiError::not_implemented(message)
    }
}

/// Refuses a route of a later release, with its reason on the trail of the sign-in it was called in.
///
/// # Errors
/// [`StoreError`](crate::StoreError). Refuses always: 400 `session.not_found` without an interaction, else
/// [`Later::error`].
pub fn not_served(cx: &mut Cx<'_>, interaction_id: &InteractionId, later: Later) -> Ruling<Infallible> {
    decide(cx, Some(later.words().into()), |cx| {
        load(cx, interaction_id)?;
        refuse(
            later.error().hidden("not served by this release"),
            Because::new(
                "experience.not_served",
                Outcome::Refused,
                format!("{} can't be used yet", super::ruling::sentence(later.words())),
                "Logto has this route; this release of Vestibule does not serve it.",
                "Logto 4.2",
            ),
        )
    })
}
