//! Second factors (sheet 4.2 to 4.7): proving one's own, binding new ones, and what submission asks for.

mod backup_code;
mod binding;
mod code;
mod errors;
mod passkey;
mod policy;
mod totp;
mod web_authn;

use super::error::ApiError;
use super::lockout::{Counted, count_or_refuse};
use super::ruling::{Stop, begun, identified, refuse};
use super::sentinel::Pool;
use crate::because::{Because, Outcome};
use crate::ids::InteractionId;
use crate::model::User;
use crate::port::Cx;
use crate::record::Interaction;
use std::sync::Arc;

pub use backup_code::{draw_backup_codes, generate_backup_codes, verify_backup_code};
pub use binding::{MfaBinding, add_mfa_factor, add_passkey, enable_mfa, skip_additional_mfa, skip_mfa, skip_passkey};
pub use code::{send_mfa_verification_code, verify_mfa_verification_code};
pub use passkey::{PasskeyQuestion, passkey_question, preflight_passkey_sign_in, record_passkey_result, start_passkey_sign_in};
pub use policy::{Demand, demand};
pub use totp::{NewTotp, draw_totp_secret, start_totp, totp_for, verify_totp};
pub use web_authn::{
    AuthenticationQuestion, authentication_question, record_authentication, record_registration, registration_question,
    start_authentication, start_registration,
};

pub(super) use binding::{apply, guard_pending};
pub(super) use policy::{guard_fulfilled, guard_passkey_offer, guard_verified};

/// The interaction and the person whom it has identified, or 404 `session.identifier_not_found`.
fn owned(cx: &mut Cx<'_>, interaction_id: &InteractionId) -> Result<(Interaction, Arc<User>), Stop> {
    let (interaction, _) = begun(cx, interaction_id)?;
    let user = owner(cx, &interaction)?;
    Ok((interaction, user))
}

/// The person whom an interaction has identified, or 404 `session.identifier_not_found`.
fn owner(cx: &Cx<'_>, interaction: &Interaction) -> Result<Arc<User>, Stop> {
    match identified(cx, interaction)? {
        Some(user) => Ok(user),
        None => refuse(
            ApiError::identifier_not_found(),
            Because::new(
                "experience.second_factor",
                Outcome::Refused,
                "Nobody is identified yet",
                "A second factor is somebody's. The page verifies a first factor and calls `POST /api/experience/identification` before this.",
                "Logto 4.2",
            ),
        ),
    }
}

/// Counts a failure with this person's factor, then refuses with `error`, or because it was one too many.
fn wrong<T>(cx: &mut Cx<'_>, pool: Pool, user: &User, error: ApiError, title: &'static str, detail: &str) -> Result<T, Stop> {
    let name = user.display_name();
    let told = match count_or_refuse(cx, Counted::Factor(pool, user), detail.trim_end_matches('.'))? {
        1 => detail.to_owned(),
        tries => format!("{detail} It was failure number {tries} within an hour."),
    };
    cx.trail.patch.headline = Some(format!("{name} · {}", error.phrase).into());
    refuse(
        error,
        Because::new("experience.second_factor", Outcome::Refused, title, told, "Logto 4.7").input(user.id.0.clone()),
    )
}
