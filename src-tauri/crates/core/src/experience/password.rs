//! Password verification (sheet 4.2): find the person, let the server compare, record how it came out.

use super::error::ApiError;
use super::identifier::{find_user, kind_words};
use super::interaction::keep_record;
use super::lockout::{Counted, count_or_refuse, guard_not_locked, tries_words};
use super::ruling::{Ruling, Stop, answer, begun, decide, refuse, save, sign_in_experience, waiting};
use crate::because::{Because, Outcome};
use crate::entropy::id21;
use crate::ids::{InteractionId, UserId, VerificationId};
use crate::live::{Lane, LiveStatus};
use crate::model::User;
use crate::port::Cx;
use crate::record::{Identifier, VerificationRecord};
use crate::secret::Secret;

/// What the server compares a typed password with, between the two decisions of a password verification.
#[derive(Clone)]
pub struct PasswordQuestion {
    /// What was typed.
    pub identifier: Identifier,
    /// Who has that identifier.
    pub user_id: Option<UserId>,
    /// The hash to compare with (PHC string). When `None`, the server compares with a decoy of the same cost, so that
    /// an unknown person takes as long as a known one, and answers `matched: false`.
    pub hash: Option<Secret>,
}

impl std::fmt::Debug for PasswordQuestion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PasswordQuestion")
            .field("identifier", &self.identifier)
            .field("user_id", &self.user_id)
            .field("has_hash", &self.hash.is_some())
            .finish()
    }
}

/// First half of `POST /verification/password`: finds the person. Reads only.
///
/// # Errors
/// [`StoreError`](crate::StoreError). Refuses with 400 `session.verification_blocked_too_many_attempts` while the
/// identifier is locked; nothing needs to be compared then.
pub fn password_candidate(cx: &mut Cx<'_>, interaction_id: &InteractionId, identifier: &Identifier) -> Ruling<PasswordQuestion> {
    decide(cx, Some("verify password".into()), |cx| {
        begun(cx, interaction_id)?;
        guard_not_locked(cx, Counted::Identifier(identifier))?;
        let user = find_user(cx, identifier)?;
        Ok(PasswordQuestion {
            identifier: identifier.clone(),
            user_id: user.as_ref().map(|u| u.id.clone()),
            hash: user
                .and_then(|u| u.password_encrypted.clone())
                .filter(|hash| !hash.is_empty())
                .map(Secret::new),
        })
    })
}

/// Second half of `POST /verification/password` → 200 `{verificationId}`: counts a failure, or stores the `Password`
/// record. Whether the sign-in method is enabled is only checked at identification (sheet 4.2).
///
/// # Errors
/// [`StoreError`](crate::StoreError). Refuses with 422 `session.invalid_credentials` for a wrong password and an
/// unknown person alike, 401 `user.suspended` or 422 `password.expired` after a right password, 400
/// `session.verification_blocked_too_many_attempts` when this failure reached the limit or another did meanwhile.
pub fn record_password_result(
    cx: &mut Cx<'_>,
    interaction_id: &InteractionId,
    question: &PasswordQuestion,
    matched: bool,
) -> Ruling<VerificationId> {
    decide(cx, None, |cx| {
        let (mut interaction, _) = begun(cx, interaction_id)?;
        guard_not_locked(cx, Counted::Identifier(&question.identifier))?;
        let user = match proven(cx, question, matched)? {
            Ok(user) => user,
            Err(reason) => return wrong(cx, question, &reason),
        };
        let name = user.display_name();
        cx.trail.patch.user = Some((user.id.clone(), name.clone()));
        guard_not_suspended(cx, &user, "The password was right, but this account is suspended")?;
        guard_not_expired(cx, &user)?;

        let id = VerificationId(id21(cx.entropy));
        keep_record(
            &mut interaction,
            VerificationRecord::Password {
                id: id.clone(),
                identifier: question.identifier.clone(),
                verified: true,
                user_id: Some(user.id.clone()),
            },
        );
        save(cx, &interaction)?;
        cx.because(
            Because::new(
                "experience.password",
                Outcome::Passed,
                "The password matched",
                format!(
                    "The {} `{}` belongs to {name} and the password is right. Nobody is signed in yet; identification comes next.",
                    kind_words(question.identifier.kind),
                    question.identifier.value
                ),
                "Logto 4.2",
            )
            .input(question.identifier.value.clone()),
        );
        answer(cx, "200 verificationId", "password verified", format!("{name} · password verified"));
        waiting(cx, Lane::Experience, "waiting for the page to identify the person");
        Ok(id)
    })
}

/// Whom the password proved, or the reason that stays inside. The person is read again: the account may have been
/// changed or deleted while the hashes were compared.
fn proven(cx: &Cx<'_>, question: &PasswordQuestion, matched: bool) -> Result<Result<std::sync::Arc<User>, String>, Stop> {
    let words = kind_words(question.identifier.kind);
    let value = &question.identifier.value;
    let Some(user) = find_user(cx, &question.identifier)? else {
        return Ok(Err(format!("no person has the {words} {value}")));
    };
    let Some(stored) = &user.password_encrypted else {
        return Ok(Err(format!("{} ({}) has no password", user.display_name(), user.id)));
    };
    let compared = question.user_id.as_ref() == Some(&user.id) && question.hash.as_ref().is_some_and(|hash| hash.matches(stored));
    if !compared {
        return Ok(Err("the account changed while the password was being compared".to_owned()));
    }
    if !matched {
        return Ok(Err(format!("wrong password for {} ({})", user.display_name(), user.id)));
    }
    Ok(Ok(user))
}

/// Counts the failure and refuses.
fn wrong(cx: &mut Cx<'_>, question: &PasswordQuestion, reason: &str) -> Result<VerificationId, Stop> {
    let known = find_user(cx, &question.identifier)?;
    let value = &question.identifier.value;
    let who = known.as_ref().map_or_else(|| value.clone(), |user| user.display_name());
    let tries = count_or_refuse(cx, Counted::Identifier(&question.identifier), reason)?;
    let (outcome, title, detail) = match &known {
        None => (
            "unknown person",
            "Nobody has this identifier",
            format!(
                "No person has the {} `{value}`. The page only says the credentials are wrong, because Logto never tells an unknown person from a wrong password.",
                kind_words(question.identifier.kind)
            ),
        ),
        Some(user) if user.password_encrypted.is_none() => (
            "no password",
            "This person has no password",
            format!("{who} exists but has no password to compare with. The page only says the credentials are wrong."),
        ),
        Some(_) => (
            "wrong password",
            "The password did not match",
            format!(
                "{who} exists, the password is wrong. The page only says the credentials are wrong, because Logto never tells an unknown person from a wrong password."
            ),
        ),
    };
    cx.trail.patch.outcome = Some(outcome.into());
    cx.trail.patch.headline = Some(format!("{who} · {outcome}, {}", tries_words(tries)).into());
    refuse(
        ApiError::invalid_credentials().hidden(reason),
        Because::new("experience.password", Outcome::Refused, title, detail, "Logto 4.2").input(value.clone()),
    )
}

/// 422 `password.expired` when the right password has ended (sheet 4.8). Nothing is verified then: the page offers to
/// replace the password.
fn guard_not_expired(cx: &mut Cx<'_>, user: &User) -> Result<(), Stop> {
    let policy = sign_in_experience(cx)?.password_expiration;
    let set = user.password_updated_at.unwrap_or(user.created_at);
    let name = user.display_name();
    let (why, hidden) = match policy.ended(set, cx.now) {
        _ if user.is_password_expired => (
            format!("{name} was asked for a new password."),
            "isPasswordExpired is set".to_owned(),
        ),
        Some(end) => (
            format!(
                "Passwords last {} days, and {name}'s ended {} ago.",
                policy.valid_period_days.unwrap_or_default(),
                days(cx.now.seconds_since(end))
            ),
            format!("ended at {} (Unix seconds)", end.seconds()),
        ),
        None => return Ok(()),
    };
    refuse(
        ApiError::password_expired().hidden(format!("{name} ({}): {hidden}", user.id)),
        Because::new(
            "experience.password_expired",
            Outcome::Refused,
            "The password was right, but it has expired",
            format!("{why} The page offers to replace it with a code. Change the policy under Sign-in experience, or set a new password under People."),
            "Logto 4.8",
        )
        .input(user.id.0.clone()),
    )
}

fn days(seconds: i64) -> String {
    match seconds / 86_400 {
        ..1 => "less than a day".to_owned(),
        1 => "a day".to_owned(),
        n => format!("{n} days"),
    }
}

/// 401 `user.suspended`.
pub(super) fn guard_not_suspended(cx: &mut Cx<'_>, user: &User, title: &'static str) -> Result<(), Stop> {
    if !user.is_suspended {
        return Ok(());
    }
    cx.trail.patch.status = Some(LiveStatus::Failed);
    cx.trail.patch.user = Some((user.id.clone(), user.display_name()));
    refuse(
        ApiError::suspended().hidden(format!("{} ({}) is suspended", user.display_name(), user.id)),
        Because::new(
            "experience.suspended",
            Outcome::Refused,
            title,
            format!(
                "{} may not sign in until the suspension is lifted under People. The page goes to `/account-suspended`.",
                user.display_name()
            ),
            "Logto 4.4",
        )
        .input(user.id.0.clone()),
    )
}
