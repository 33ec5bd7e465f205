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
use super::ruling::{Stop, begun, identified, refuse, sign_in_experience};
use super::sentinel::{Pool, Verdict, count_person_failure, person_locked_until};
use crate::because::{Because, Outcome};
use crate::ids::InteractionId;
use crate::model::User;
use crate::port::Cx;
use crate::record::{Interaction, InteractionEvent};
use std::sync::Arc;

pub use backup_code::{generate_backup_codes, verify_backup_code};
pub use binding::{MfaBinding, add_mfa_factor, add_passkey, enable_mfa, skip_additional_mfa, skip_mfa, skip_passkey};
pub use code::{send_mfa_verification_code, verify_mfa_verification_code};
pub use passkey::{PasskeyQuestion, passkey_question, preflight_passkey_sign_in, record_passkey_result, start_passkey_sign_in};
pub use policy::{Demand, demand};
pub use totp::{NewTotp, start_totp, totp_for, verify_totp};
pub use web_authn::{
    AuthenticationQuestion, authentication_question, record_authentication, record_registration, registration_question,
    start_authentication, start_registration,
};

pub(super) use binding::{apply, guard_pending};
pub(super) use policy::{guard_fulfilled, guard_passkey_offer, guard_verified};

/// The interaction and the person whom it has identified, or 404 `session.identifier_not_found`.
fn owned(cx: &mut Cx<'_>, interaction_id: &InteractionId) -> Result<(Interaction, Arc<User>, InteractionEvent), Stop> {
    let (interaction, event) = begun(cx, interaction_id)?;
    let Some(user) = identified(cx, &interaction)? else {
        return refuse(
            ApiError::identifier_not_found(),
            Because::new(
                "experience.second_factor",
                Outcome::Refused,
                "Nobody is identified yet",
                "A second factor is somebody's. The page verifies a first factor and calls `POST /api/experience/identification` before this.",
                "Logto 4.2",
            ),
        );
    };
    Ok((interaction, user, event))
}

/// What a sentence calls the pool's failures.
const fn pool_words(pool: Pool) -> &'static str {
    match pool {
        Pool::MfaTotp => "codes of the authenticator app",
        Pool::WebAuthn => "passkeys",
        Pool::MfaBackupCode => "backup codes",
    }
}

/// 400 `session.verification_blocked_too_many_attempts` while this person's factor is locked.
fn guard_unlocked(cx: &mut Cx<'_>, pool: Pool, user: &User) -> Result<(), Stop> {
    let Some(until) = person_locked_until(cx, pool, &user.id)? else {
        return Ok(());
    };
    let name = user.display_name();
    refuse(
        ApiError::too_many_attempts(until, cx.now).hidden(format!("locked until {} (Unix seconds)", until.seconds())),
        Because::new(
            "experience.sentinel",
            Outcome::Refused,
            "This second factor is locked",
            format!(
                "Too many {} of {name} were wrong within an hour, so none is compared, not even a right one. Other factors still work.",
                pool_words(pool)
            ),
            "Logto 4.7",
        )
        .input(user.id.0.clone()),
    )
}

/// Counts a failure with this person's factor, then refuses with `error`.
fn wrong<T>(cx: &mut Cx<'_>, pool: Pool, user: &User, error: ApiError, title: &'static str, detail: &str) -> Result<T, Stop> {
    let policy = sign_in_experience(cx)?.sentinel_policy;
    let name = user.display_name();
    let told = match count_person_failure(cx, pool, &user.id, policy)? {
        Verdict::Locked(_) => format!(
            "{detail} It was one failure too many: {} of {name} are locked for {} minutes.",
            pool_words(pool),
            policy.lockout_duration
        ),
        Verdict::Counted(1) => detail.to_owned(),
        Verdict::Counted(tries) => format!("{detail} It was failure number {tries} within an hour."),
    };
    cx.trail.patch.headline = Some(format!("{name} · {}", error.phrase).into());
    refuse(
        error,
        Because::new("experience.second_factor", Outcome::Refused, title, told, "Logto 4.7").input(user.id.0.clone()),
    )
}
