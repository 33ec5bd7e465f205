//! Verification codes (sheet 4.2 and 4.7): send one, and see whether the right one comes back.

use super::blocklist::guard_allowed;
use super::error::ApiError;
use super::identifier::{find_user, index_entry, kind_with_article, kind_words};
use super::interaction::{another, keep_record, record_by_id};
use super::lockout::{Counted, count_or_refuse, guard_not_locked, tries_words};
use super::messages::{code_message, deliverable, guard_rate};
use super::ruling::{Ruling, Stop, answer, begun, decide, refuse, save, sign_in_experience, waiting};
use crate::because::{Because, Outcome};
use crate::entropy::{digits6, id21};
use crate::ids::{InteractionId, VerificationId};
use crate::live::Lane;
use crate::model::{Message, SignInExperience, SignInMode, TemplateType, normalize_phone};
use crate::port::Cx;
use crate::record::{CodeRecord, Identifier, IdentifierKind, Interaction, InteractionEvent, VerificationRecord};
use crate::secret::Secret;

/// A code that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// What the page verifies it by.
    pub verification_id: VerificationId,
    /// The message, stored in the Inbox already; the server carries it on. `None` when it was held back.
    pub message: Option<Message>,
}

/// `POST /verification/verification-code` → 200 `{verificationId}`: draws a code and writes the message. A newer code
/// replaces an older one of the same channel. Nothing is sent to an unknown recipient while a password is being reset,
/// or while registration is switched off and nobody is identified; nor where a password can't be reset this way. The
/// answer is the same, so that nobody learns who has an account.
///
/// # Errors
/// [`StoreError`](crate::StoreError). Refuses with 400 `guard.invalid_input`, 422 `session.email_blocklist.*`
/// (registering), 429 `request.message_rate_limited`, 501 `connector.not_found` when nothing carries such messages.
pub fn send_verification_code(
    cx: &mut Cx<'_>,
    interaction_id: &InteractionId,
    identifier: &Identifier,
    event: InteractionEvent,
) -> Ruling<Sent> {
    decide(cx, Some("send a code".into()), |cx| {
        let (mut interaction, _) = begun(cx, interaction_id)?;
        let identifier = reachable(identifier)?;
        if event == InteractionEvent::Register {
            guard_allowed(cx, &identifier)?;
        }
        let experience = sign_in_experience(cx)?;
        let template = template(&experience, &interaction, &identifier, event);
        let hold = held_back(cx, &experience, &interaction, &identifier, event)?;
        let sent = issue(cx, &mut interaction, identifier, template, hold, VerificationRecord::code)?;
        save(cx, &interaction)?;
        Ok(sent)
    })
}

/// What a code is sent for. An address that an identified person adds, and that sign-up does not ask for, is a second factor
/// (sheet 4.7).
fn template(experience: &SignInExperience, interaction: &Interaction, identifier: &Identifier, event: InteractionEvent) -> TemplateType {
    match event {
        InteractionEvent::ForgotPassword => TemplateType::ForgotPassword,
        _ if interaction.result.user_id.is_some() && !experience.sign_up.asks_for(identifier.kind) => TemplateType::BindMfa,
        InteractionEvent::SignIn => TemplateType::SignIn,
        InteractionEvent::Register => TemplateType::Register,
    }
}

/// Draws a code, keeps its record and writes the message, unless there is a reason to hold it back. What can't be delivered
/// is refused before anything looks at who has the address: the answer is the same for everybody.
pub(super) fn issue(
    cx: &mut Cx<'_>,
    interaction: &mut Interaction,
    identifier: Identifier,
    template: TemplateType,
    hold: Option<String>,
    keep: fn(CodeRecord) -> VerificationRecord,
) -> Result<Sent, Stop> {
    deliverable(cx, &identifier)?;
    guard_rate(cx, &identifier)?;
    let policy = sign_in_experience(cx)?.verification_code_policy;
    let code = digits6(cx.entropy);
    let id = VerificationId(id21(cx.entropy));
    keep_record(
        interaction,
        keep(CodeRecord {
            id: id.clone(),
            identifier: identifier.clone(),
            template,
            code: cx.vault.seal(&Secret::new(code.clone())),
            sent_at: cx.now,
            tries: 0,
            verified: false,
        }),
    );
    let to = identifier.value.clone();
    let message = match hold {
        Some(why) => {
            cx.because(
                Because::new(
                    "experience.code_held_back",
                    Outcome::Dropped,
                    "No message was sent",
                    format!(
                        "{why} The page is told that a code is on its way, as it is for everybody: Logto never says who has an account."
                    ),
                    "Logto 4.7",
                )
                .input(to.clone()),
            );
            None
        }
        None => Some(code_message(cx, interaction, &identifier, template, code, policy.lifetime())?),
    };
    if message.is_some() {
        cx.because(
            Because::new(
                "experience.code_sent",
                Outcome::Decided,
                format!("A code went to {to}"),
                format!(
                    "Six digits, accepted for {} seconds and {} wrong tries. The window's Inbox shows it, unless that is switched off. An older code of this sign-in is worth nothing now.",
                    policy.lifetime(),
                    policy.tries()
                ),
                "Logto 4.7",
            )
            .input(to.clone()),
        );
    }
    answer(cx, "200 verificationId", "waiting for a code", format!("{to} · waiting for a code"));
    waiting(cx, Lane::Experience, "waiting for the person to type the code");
    Ok(Sent {
        verification_id: id,
        message,
    })
}

/// An address or number that a message can go to, in one spelling, or 400.
pub(super) fn reachable(identifier: &Identifier) -> Result<Identifier, Stop> {
    let problem = match identifier.kind {
        IdentifierKind::Username => Some("identifier.type must be `email` or `phone`: nothing can be sent to a username".to_owned()),
        IdentifierKind::Email | IdentifierKind::Phone if index_entry(identifier).is_none() => Some(format!(
            "identifier.value is not {}",
            match identifier.kind {
                IdentifierKind::Email => "an e-mail address",
                _ => "a phone number: digits with the country code first",
            }
        )),
        _ => None,
    };
    if let Some(problem) = problem {
        return refuse(
            ApiError::invalid_input(problem.clone()),
            Because::new(
                "experience.recipient",
                Outcome::Refused,
                "No message can go there",
                format!("{problem}."),
                "Logto 4.2",
            )
            .input(identifier.value.chars().take(200).collect::<String>()),
        );
    }
    let mut identifier = identifier.clone();
    if identifier.kind == IdentifierKind::Phone
        && let Ok(digits) = normalize_phone(&identifier.value)
    {
        identifier.value = digits;
    }
    Ok(identifier)
}

/// Why no message goes to this recipient, when none does (sheet 4.7, silent skip).
fn held_back(
    cx: &Cx<'_>,
    experience: &SignInExperience,
    interaction: &Interaction,
    identifier: &Identifier,
    event: InteractionEvent,
) -> Result<Option<String>, Stop> {
    let words = kind_words(identifier.kind);
    let why = match event {
        InteractionEvent::ForgotPassword if !experience.replaces_password_by(identifier.kind) => {
            return Ok(Some(format!(
                "`forgotPasswordMethods` lists no code to {}, so none replaces a password.",
                kind_with_article(identifier.kind)
            )));
        }
        InteractionEvent::ForgotPassword => "a password can only be reset for an account that exists",
        // Whoever is identified adds an address that nobody has.
        InteractionEvent::SignIn if experience.sign_in_mode == SignInMode::SignIn && interaction.result.user_id.is_none() => {
            "registration is switched off"
        }
        InteractionEvent::SignIn | InteractionEvent::Register => return Ok(None),
    };
    Ok(find_user(cx, identifier)?
        .is_none()
        .then(|| format!("Nobody has the {words} `{}`, and {why}.", identifier.value)))
}

/// `POST /verification/verification-code/verify` → 200 `{verificationId}`.
///
/// # Errors
/// [`StoreError`](crate::StoreError). Refuses with 404 `session.verification_session_not_found`, 400
/// `verification_code.not_found`, `.email_mismatch`, `.phone_mismatch`, `.expired`, `.exceed_max_try`,
/// `.code_mismatch`, and 400 `session.verification_blocked_too_many_attempts` (sheet 4.7).
pub fn verify_verification_code(
    cx: &mut Cx<'_>,
    interaction_id: &InteractionId,
    identifier: &Identifier,
    verification_id: &str,
    code: &str,
) -> Ruling<VerificationId> {
    decide(cx, Some("verify the code".into()), |cx| {
        let (interaction, _) = begun(cx, interaction_id)?;
        match record_by_id(&interaction, verification_id)? {
            VerificationRecord::EmailVerificationCode(record) | VerificationRecord::PhoneVerificationCode(record) => {
                check(cx, interaction, record, identifier, code, VerificationRecord::code)
            }
            other => another(&other),
        }
    })
}

/// Compares a typed code with the one that was sent, counts a failure, and keeps how it came out.
pub(super) fn check(
    cx: &mut Cx<'_>,
    mut interaction: Interaction,
    mut record: CodeRecord,
    identifier: &Identifier,
    code: &str,
    keep: fn(CodeRecord) -> VerificationRecord,
) -> Result<VerificationId, Stop> {
    let to = record.identifier.value.clone();
    let policy = sign_in_experience(cx)?.verification_code_policy;
    guard_not_locked(cx, Counted::Identifier(&record.identifier))?;
    if identifier.kind != record.identifier.kind || index_entry(identifier) != index_entry(&record.identifier) {
        return refuse(
            ApiError::code_recipient_mismatch(record.identifier.kind).hidden(format!("the code went to {to}")),
            Because::new(
                "experience.code",
                Outcome::Refused,
                "The code was sent somewhere else",
                format!(
                    "It went to `{to}`, and the page asks about `{}`. A code proves only where it was sent.",
                    identifier.value
                ),
                "Logto 4.7",
            )
            .input(identifier.value.clone()),
        );
    }
    if record.verified {
        return refuse(
            ApiError::code_not_found().hidden("the code was used before"),
            Because::new(
                "experience.code",
                Outcome::Refused,
                "This code was used before",
                "A code works once. The page uses the verification it got, or has a new code sent.",
                "Logto 4.7",
            )
            .input(to),
        );
    }
    let age = cx.now.seconds_since(record.sent_at);
    if age >= policy.lifetime() {
        return refuse(
            ApiError::code_expired().hidden(format!("sent {age} seconds ago, accepted for {}", policy.lifetime())),
            Because::new(
                "experience.code",
                Outcome::Refused,
                "The code is too old",
                format!(
                    "It was sent {age} seconds ago, and codes are accepted for {} seconds (`verificationCodePolicy`). The page has a new one sent.",
                    policy.lifetime()
                ),
                "Logto 4.7",
            )
            .input(to),
        );
    }
    if record.tries >= policy.tries() {
        return refuse(
            ApiError::code_exceed_max_try().hidden(format!("{} wrong tries", record.tries)),
            Because::new(
                "experience.code",
                Outcome::Refused,
                "Too many wrong codes were tried",
                format!(
                    "This code survived {} wrong tries (`verificationCodePolicy`) and is worth nothing now, right or wrong. The page has a new one sent.",
                    record.tries
                ),
                "Logto 4.7",
            )
            .input(to),
        );
    }
    if !cx.vault.open(&record.code)?.matches(code.trim()) {
        record.tries += 1;
        let tries = record.tries;
        let recipient = record.identifier.clone();
        keep_record(&mut interaction, keep(record));
        save(cx, &interaction)?;
        let count = tries_words(tries as usize);
        let reason = format!("wrong code for {to}, {count}");
        count_or_refuse(cx, Counted::Identifier(&recipient), &reason)?;
        cx.trail.patch.outcome = Some("wrong code".into());
        cx.trail.patch.headline = Some(format!("{to} · wrong code, {count}").into());
        return refuse(
            ApiError::code_mismatch().hidden(reason),
            Because::new(
                "experience.code",
                Outcome::Refused,
                "The code did not match",
                format!(
                    "That was wrong try number {tries} of {}. The right one is in the message that was sent.",
                    policy.tries()
                ),
                "Logto 4.7",
            )
            .input(to),
        );
    }
    record.verified = true;
    let id = record.id.clone();
    keep_record(&mut interaction, keep(record));
    save(cx, &interaction)?;
    cx.because(
        Because::new(
            "experience.code",
            Outcome::Passed,
            "The code matched",
            format!("Whoever types it can read what is sent to `{to}`. Nobody is signed in yet; identification comes next."),
            "Logto 4.2",
        )
        .input(to.clone()),
    );
    answer(cx, "200 verificationId", "code verified", format!("{to} · code verified"));
    waiting(cx, Lane::Experience, "waiting for the page to identify the person");
    Ok(id)
}
