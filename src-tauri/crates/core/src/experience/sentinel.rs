//! Lockout after too many failures (sheet 4.7, sentinel). Failures are counted per identifier, known or not, over the
//! last hour; a success does not clear them. The failure that reaches the limit locks the identifier, and while it is
//! locked nothing is compared, not even a right password.

use super::identifier::{index_entry, username_policy};
use crate::ids::UserId;
use crate::model::{SentinelPolicy, SignInExperience};
use crate::port::{Cx, StoreError};
use crate::record::{Attempts, Identifier, IdentifierKind, digest};
use crate::time::Timestamp;

/// The window over which failures count, in **seconds**.
const WINDOW: i64 = 3600;

/// However high the policy's limit is, no more failures than this are kept for one identifier.
const MAX_KEPT: usize = 1000;

/// The pool that password, code and one-time-token attempts share (sheet 4.7).
const POOL: &str = "identifier";

/// What became of a failure.
pub(super) enum Verdict {
    /// It was counted: so many failures in the last hour.
    Counted(usize),
    /// It reached the limit: locked until then.
    Locked(Timestamp),
}

/// The pools of second factors, counted for each person (sheet 4.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pool {
    /// Codes of authenticator apps.
    MfaTotp,
    /// Passkeys.
    WebAuthn,
    /// Backup codes.
    MfaBackupCode,
}

/// The key of a person's attempts with a second factor.
fn person_key(pool: Pool, user_id: &UserId) -> String {
    format!("{pool:?}/{user_id}")
}

/// Until when the person's second factor is locked, when it is.
pub(super) fn person_locked_until(cx: &Cx<'_>, pool: Pool, user_id: &UserId) -> Result<Option<Timestamp>, StoreError> {
    locked(cx, &person_key(pool, user_id))
}

/// Counts a failure with a person's second factor.
pub(super) fn count_person_failure(cx: &mut Cx<'_>, pool: Pool, user_id: &UserId, policy: SentinelPolicy) -> Result<Verdict, StoreError> {
    count(cx, person_key(pool, user_id), policy)
}

/// The key of wrong user codes. They are counted together: a guess names nobody, and whoever guesses can forget its cookies.
const USER_CODES: &str = "device/user-code";

/// Until when no user code of a device is looked up (RFC 8628 section 5.1).
///
/// # Errors
/// When the store can't be read.
pub(crate) fn user_codes_locked_until(cx: &Cx<'_>) -> Result<Option<Timestamp>, StoreError> {
    locked(cx, USER_CODES)
}

/// Counts a user code that no device shows; answers until when the others are locked if that was one too many.
///
/// # Errors
/// When the store fails.
pub(crate) fn count_wrong_user_code(cx: &mut Cx<'_>) -> Result<Option<Timestamp>, StoreError> {
    let row = cx.get::<SignInExperience>(SignInExperience::ID)?.unwrap_or_default();
    Ok(match count(cx, USER_CODES.to_owned(), row.sentinel_policy)? {
        Verdict::Counted(_) => None,
        Verdict::Locked(until) => Some(until),
    })
}

/// The key of an identifier's attempts: the pool and a hash, so that the store lists nobody's address. Spellings of
/// one address or number share a key, and those of one username when case does not count.
fn key(cx: &Cx<'_>, identifier: &Identifier) -> Result<String, StoreError> {
    let exact = identifier.kind == IdentifierKind::Username && username_policy(cx)?.case_sensitive;
    let text = match index_entry(identifier) {
        Some(_) if exact => format!("{:?}/{}", identifier.kind, identifier.value),
        Some(entry) => format!("{:?}/{}", identifier.kind, entry.value),
        None => format!("{:?}//{}", identifier.kind, identifier.value),
    };
    Ok(format!("{POOL}/{}", digest(&text)))
}

/// Counts a message to a recipient, unless `most` went there within `window` **seconds**; whether it may be sent.
pub(super) fn sendings(cx: &mut Cx<'_>, identifier: &Identifier, window: i64, most: usize) -> Result<bool, StoreError> {
    let id = format!("message/{}", key(cx, identifier)?);
    let since = cx.now.plus_seconds(-window);
    let mut sent: Vec<Timestamp> = cx
        .get::<Attempts>(&id)?
        .map(|kept| kept.failed_at.iter().copied().filter(|at| *at > since).collect())
        .unwrap_or_default();
    if sent.len() >= most {
        return Ok(false);
    }
    sent.push(cx.now);
    cx.put(&Attempts {
        id,
        failed_at: sent,
        locked_until: None,
        expires_at: cx.now.plus_seconds(window),
    })?;
    Ok(true)
}

/// Until when the identifier is locked, when it is.
pub(super) fn locked_until(cx: &Cx<'_>, identifier: &Identifier) -> Result<Option<Timestamp>, StoreError> {
    locked(cx, &key(cx, identifier)?)
}

fn locked(cx: &Cx<'_>, id: &str) -> Result<Option<Timestamp>, StoreError> {
    Ok(cx
        .get::<Attempts>(id)?
        .and_then(|attempts| attempts.locked_until)
        .filter(|until| *until > cx.now))
}

/// Counts a failure.
pub(super) fn count_failure(cx: &mut Cx<'_>, identifier: &Identifier, policy: SentinelPolicy) -> Result<Verdict, StoreError> {
    let id = key(cx, identifier)?;
    count(cx, id, policy)
}

fn count(cx: &mut Cx<'_>, id: String, policy: SentinelPolicy) -> Result<Verdict, StoreError> {
    let since = cx.now.plus_seconds(-WINDOW);
    let mut failed_at: Vec<Timestamp> = cx
        .get::<Attempts>(&id)?
        .map(|attempts| attempts.failed_at.iter().copied().filter(|at| *at > since).collect())
        .unwrap_or_default();
    let limit = usize::try_from(policy.max_attempts).unwrap_or(MAX_KEPT).clamp(1, MAX_KEPT);
    let locked = failed_at.len() + 1 >= limit;
    let (locked_until, verdict) = if locked {
        // The blocked attempt itself is not a failure of later windows, so that a lock shorter than the window ends.
        let until = cx.now.plus_seconds(i64::from(policy.lockout_duration) * 60);
        (Some(until), Verdict::Locked(until))
    } else {
        failed_at.push(cx.now);
        (None, Verdict::Counted(failed_at.len()))
    };
    let expires_at = cx.now.plus_seconds(WINDOW).max(locked_until.unwrap_or(cx.now));
    cx.put(&Attempts {
        id,
        failed_at,
        locked_until,
        expires_at,
    })?;
    Ok(verdict)
}
