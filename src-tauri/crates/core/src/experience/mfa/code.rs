//! Codes by e-mail and text as second factor (sheet 4.2): they go to the person's own address or number.

use super::owned;
use super::policy::usable_factors;
use crate::because::{Because, Outcome};
use crate::experience::ApiError;
use crate::experience::codes::{Sent, check, issue};
use crate::experience::identifier::kind_with_article;
use crate::experience::interaction::{another, record_by_id};
use crate::experience::ruling::{Ruling, Stop, decide, refuse, save, sign_in_experience};
use crate::ids::{InteractionId, VerificationId};
use crate::model::{MfaFactor, TemplateType, User};
use crate::port::Cx;
use crate::record::{Identifier, IdentifierKind, VerificationRecord};

/// `POST /verification/mfa-verification-code` → 200 `{verificationId}`: sends a code to the person's own address or
/// number.
///
/// # Errors
/// [`StoreError`](crate::StoreError). Refuses with 404 `session.identifier_not_found`, 400
/// `session.mfa.mfa_factor_not_enabled`, `guard.invalid_input`, 429 `request.message_rate_limited`, 501
/// `connector.not_found`.
pub fn send_mfa_verification_code(cx: &mut Cx<'_>, interaction_id: &InteractionId, kind: IdentifierKind) -> Ruling<Sent> {
    decide(cx, Some("send a code for the second factor".into()), |cx| {
        let (mut interaction, user) = owned(cx, interaction_id)?;
        let own = own(cx, &user, kind)?;
        let sent = issue(
            cx,
            &mut interaction,
            own,
            TemplateType::MfaVerification,
            None,
            VerificationRecord::mfa_code,
        )?;
        save(cx, &interaction)?;
        Ok(sent)
    })
}

/// `POST /verification/mfa-verification-code/verify` → 200 `{verificationId}`.
///
/// # Errors
/// [`StoreError`](crate::StoreError). Refuses as
/// [`verify_verification_code`](crate::experience::verify_verification_code), and with 404
/// `session.identifier_not_found`, 400 `session.mfa.mfa_factor_not_enabled`.
pub fn verify_mfa_verification_code(
    cx: &mut Cx<'_>,
    interaction_id: &InteractionId,
    kind: IdentifierKind,
    verification_id: &str,
    code: &str,
) -> Ruling<VerificationId> {
    decide(cx, Some("verify the code of the second factor".into()), |cx| {
        let (interaction, user) = owned(cx, interaction_id)?;
        match record_by_id(&interaction, verification_id)? {
            VerificationRecord::MfaEmailVerificationCode(record) | VerificationRecord::MfaPhoneVerificationCode(record) => {
                // The address may have changed since: a code proves only where it was sent.
                let own = own(cx, &user, kind)?;
                check(cx, interaction, record, &own, code, VerificationRecord::mfa_code)
            }
            other => another(&other),
        }
    })
}

/// The person's own address or number, when codes to it are a factor.
fn own(cx: &mut Cx<'_>, user: &User, kind: IdentifierKind) -> Result<Identifier, Stop> {
    let (factor, value) = match kind {
        IdentifierKind::Email => (MfaFactor::EmailVerificationCode, &user.primary_email),
        IdentifierKind::Phone => (MfaFactor::PhoneVerificationCode, &user.primary_phone),
        IdentifierKind::Username => {
            return refuse(
                ApiError::invalid_input("identifierType must be `email` or `phone`: nothing can be sent to a username"),
                Because::new(
                    "experience.recipient",
                    Outcome::Refused,
                    "No message can go to a username",
                    "A code as second factor goes to the person's e-mail address or phone.",
                    "Logto 4.2",
                ),
            );
        }
    };
    let usable = usable_factors(&sign_in_experience(cx)?.mfa, user).contains(&factor);
    match value.clone().filter(|_| usable) {
        Some(value) => Ok(Identifier { kind, value }),
        None => refuse(
            ApiError::mfa_factor_not_enabled("Codes of this kind are no second factor of this account. Use another one.")
                .hidden(format!("the person has it: {}, factor usable: {usable}", value.is_some())),
            Because::new(
                "experience.second_factor",
                Outcome::Refused,
                "Codes of this kind are no second factor here",
                format!(
                    "`{}` must be among the factors of the sign-in experience, and the person must have {} of their own.",
                    factor.name(),
                    kind_with_article(kind)
                ),
                "Logto 4.6",
            )
            .input(user.id.0.clone()),
        ),
    }
}
