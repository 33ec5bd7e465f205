//! The answers of the lockout (sheet 4.7): while something is locked nothing is compared, and the failure that locks it is
//! answered as every try after it. What counts, and for how long, is `sentinel.rs`.

use super::error::ApiError;
use super::ruling::{Stop, refuse, sign_in_experience};
use super::sentinel::{Pool, Verdict, count_failure, count_person_failure, locked_until, person_locked_until};
use crate::because::{Because, Outcome};
use crate::model::User;
use crate::port::Cx;
use crate::record::Identifier;
use crate::time::Timestamp;

/// What failures are counted for.
#[derive(Clone, Copy)]
pub(super) enum Counted<'a> {
    /// Passwords, codes and one-time tokens of an identifier, known or not.
    Identifier(&'a Identifier),
    /// One kind of second factor of one person.
    Factor(Pool, &'a User),
}

impl Counted<'_> {
    /// What the window calls whom it is about.
    fn who(self) -> String {
        match self {
            Self::Identifier(identifier) => identifier.value.clone(),
            Self::Factor(_, user) => user.display_name(),
        }
    }

    /// What was tried too often.
    fn tries(self) -> String {
        match self {
            Self::Identifier(identifier) => format!("passwords, codes or links for `{}`", identifier.value),
            Self::Factor(pool, user) => format!("{} of {}", pool_words(pool), user.display_name()),
        }
    }

    /// What is left to the person.
    const fn way_out(self) -> &'static str {
        match self {
            Self::Identifier(_) => "",
            Self::Factor(..) => " Other factors still work.",
        }
    }

    fn input(self) -> String {
        match self {
            Self::Identifier(identifier) => identifier.value.clone(),
            Self::Factor(_, user) => user.id.0.clone(),
        }
    }
}

/// What a sentence calls the pool's failures.
const fn pool_words(pool: Pool) -> &'static str {
    match pool {
        Pool::MfaTotp => "codes of the authenticator app",
        Pool::WebAuthn => "passkeys",
        Pool::MfaBackupCode => "backup codes",
    }
}

/// 400 `session.verification_blocked_too_many_attempts` while it is locked.
pub(super) fn guard_not_locked(cx: &mut Cx<'_>, counted: Counted<'_>) -> Result<(), Stop> {
    let until = match counted {
        Counted::Identifier(identifier) => locked_until(cx, identifier)?,
        Counted::Factor(pool, user) => person_locked_until(cx, pool, &user.id)?,
    };
    let Some(until) = until else { return Ok(()) };
    let detail = format!(
        "Too many {} were wrong within an hour. Nothing is compared before it opens again in {}, not even a right one.{}",
        counted.tries(),
        minutes(until, cx.now),
        counted.way_out()
    );
    let hidden = format!("locked until {} (Unix seconds)", until.seconds());
    locked(cx, counted, until, hidden, "Too many failures locked this", detail)
}

/// Counts a failure: how many there were within an hour, or 400 `session.verification_blocked_too_many_attempts` when this
/// one reached the limit. `reason` is for the window alone.
pub(super) fn count_or_refuse(cx: &mut Cx<'_>, counted: Counted<'_>, reason: &str) -> Result<usize, Stop> {
    let policy = sign_in_experience(cx)?.sentinel_policy;
    let verdict = match counted {
        Counted::Identifier(identifier) => count_failure(cx, identifier, policy)?,
        Counted::Factor(pool, user) => count_person_failure(cx, pool, &user.id, policy)?,
    };
    let until = match verdict {
        Verdict::Counted(tries) => return Ok(tries),
        Verdict::Locked(until) => until,
    };
    let limit = policy.max_attempts.max(1);
    let detail = format!(
        "{reason}. It was failure number {limit} within an hour, so {} are not looked at for {} minutes, not even right ones.{}",
        counted.tries(),
        policy.lockout_duration,
        counted.way_out()
    );
    let hidden = format!("{reason}; this was the last of {limit} attempts");
    locked(cx, counted, until, hidden, "This failure was one too many", detail)
}

fn locked<T>(
    cx: &mut Cx<'_>,
    counted: Counted<'_>,
    until: Timestamp,
    hidden: String,
    title: &'static str,
    detail: String,
) -> Result<T, Stop> {
    cx.trail.patch.headline = Some(format!("{} · locked out", counted.who()).into());
    refuse(
        ApiError::too_many_attempts(until, cx.now).hidden(hidden),
        Because::new("experience.sentinel", Outcome::Refused, title, detail, "Logto 4.7").input(counted.input()),
    )
}

/// How often something failed, for the list.
pub(super) fn tries_words(tries: usize) -> String {
    if tries == 1 { "1 try".to_owned() } else { format!("{tries} tries") }
}

fn minutes(until: Timestamp, now: Timestamp) -> String {
    match (until.seconds_since(now).max(0) + 59) / 60 {
        0 | 1 => "a minute".to_owned(),
        n => format!("{n} minutes"),
    }
}
