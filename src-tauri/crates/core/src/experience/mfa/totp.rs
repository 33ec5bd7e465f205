//! Authenticator apps (RFC 6238; sheet 4.2 and 4.7): 20-byte secret, steps of 30 seconds, one step either side, and no
//! step twice.

use super::{owned, wrong};
use crate::because::{Because, Outcome};
use crate::entropy::{Entropy, id21};
use crate::experience::ApiError;
use crate::experience::interaction::{another, keep_record, record_by_id};
use crate::experience::lockout::{Counted, guard_not_locked};
use crate::experience::ruling::{Ruling, Stop, answer, decide, refuse, save, waiting};
use crate::experience::sentinel::Pool;
use crate::ids::{InteractionId, VerificationId};
use crate::live::Lane;
use crate::model::{MfaFactor, MfaVerification, User};
use crate::port::{Cx, StoreError};
use crate::record::VerificationRecord;
use crate::secret::Secret;
use totp_rs::{Builder, Totp};

/// Bytes of a secret.
const SECRET: usize = 20;

/// A new authenticator app's secret.
#[derive(Clone)]
pub struct NewTotp {
    /// What the page verifies it by.
    pub verification_id: VerificationId,
    /// The secret in Base32.
    pub secret: Secret,
    /// Whose account the app shows.
    pub account: String,
    /// Whose site the app shows.
    pub issuer: String,
}

impl std::fmt::Debug for NewTotp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewTotp")
            .field("verification_id", &self.verification_id)
            .finish_non_exhaustive()
    }
}

/// The calculator of a Base32 secret, labelled for an app. The label can't hold a colon, which ends the issuer there.
///
/// # Errors
/// When the secret is not Base32 or too short.
pub fn totp_for(secret: &Secret, account: &str, issuer: &str) -> Result<Totp, StoreError> {
    let broken = |_| StoreError::Corrupt("an authenticator app's secret".into());
    let secret = totp_rs::Secret::try_from_base32(secret.expose()).map_err(|_| StoreError::Corrupt("not Base32".into()))?;
    let plain = |text: &str| text.replace(':', " ");
    Builder::new()
        .with_secret(secret)
        .with_account_name(plain(account))
        .with_issuer(Some(plain(issuer)))
        .build()
        .map_err(broken)
}

/// A new authenticator app's secret in Base32.
#[must_use]
pub fn draw_totp_secret(entropy: &dyn Entropy) -> Secret {
    let mut bytes = [0u8; SECRET];
    entropy.fill(&mut bytes);
    Secret::new(totp_rs::Secret::new_stack(bytes).to_base32())
}

/// `POST /verification/totp/secret` → 200 `{verificationId, secret, secretQrCode}`; the server draws the code.
///
/// # Errors
/// [`StoreError`]. Refuses with 404 `session.identifier_not_found`.
pub fn start_totp(cx: &mut Cx<'_>, interaction_id: &InteractionId, issuer: &str) -> Ruling<NewTotp> {
    decide(cx, Some("add an authenticator app".into()), |cx| {
        let (mut interaction, user) = owned(cx, interaction_id)?;
        let secret = draw_totp_secret(cx.entropy);
        let id = VerificationId(id21(cx.entropy));
        keep_record(
            &mut interaction,
            VerificationRecord::Totp {
                id: id.clone(),
                user_id: user.id.clone(),
                secret: Some(cx.vault.seal(&secret)),
                time_step: None,
            },
        );
        save(cx, &interaction)?;
        let name = user.display_name();
        cx.because(Because::new(
            "experience.totp",
            Outcome::Decided,
            "A secret for an authenticator app was drawn",
            "20 random bytes. The page shows them as a QR code; a code that the app makes of them proves that it has them.",
            "Logto 4.7",
        ));
        answer(
            cx,
            "200 secret",
            "adding an authenticator app",
            format!("{name} · adding an authenticator app"),
        );
        waiting(cx, Lane::Experience, "waiting for a code of the new app");
        Ok(NewTotp {
            verification_id: id,
            secret,
            account: user
                .username
                .clone()
                .or_else(|| user.primary_email.clone())
                .or_else(|| user.primary_phone.clone())
                .unwrap_or_else(|| user.display_name()),
            issuer: issuer.to_owned(),
        })
    })
}

/// `POST /verification/totp/verify` → 200 `{verificationId}`. With an id, the code proves a new app; without, the
/// person's own.
///
/// # Errors
/// [`StoreError`]. Refuses with 404 `session.identifier_not_found`, `session.verification_session_not_found`, 400
/// `session.mfa.invalid_totp_code`, `session.mfa.pending_info_not_found`,
/// `session.verification_blocked_too_many_attempts`.
pub fn verify_totp(cx: &mut Cx<'_>, interaction_id: &InteractionId, code: &str, verification_id: Option<&str>) -> Ruling<VerificationId> {
    decide(cx, Some("verify the app's code".into()), |cx| {
        let (mut interaction, user) = owned(cx, interaction_id)?;
        guard_not_locked(cx, Counted::Factor(Pool::MfaTotp, &user))?;
        let (id, detail) = match verification_id {
            Some(id) => {
                let (id, secret) = match record_by_id(&interaction, id)? {
                    VerificationRecord::Totp { id, user_id, secret, .. } if user_id == user.id => (id, secret),
                    other => return another(&other),
                };
                let Some(secret) = secret else {
                    return pending();
                };
                let Some(step) = step_of(cx, &secret, code, None)? else {
                    return wrong_code(
                        cx,
                        &user,
                        "The new app makes other codes: check the time of the phone, and that the newest QR code was scanned.",
                    );
                };
                let record = VerificationRecord::Totp {
                    id: id.clone(),
                    user_id: user.id.clone(),
                    secret: Some(secret),
                    time_step: Some(step),
                };
                keep_record(&mut interaction, record);
                (
                    id,
                    "The new app has the secret. `POST /profile/mfa` binds it, submission gives it to the account.",
                )
            }
            None => {
                let mut account = user.as_ref().clone();
                let own = account.mfa_verifications.iter_mut().find(|mfa| mfa.factor() == MfaFactor::Totp);
                let Some(MfaVerification::Totp {
                    key,
                    last_used_at,
                    last_used_time_step,
                    ..
                }) = own
                else {
                    return wrong_code(cx, &user, "This person has no authenticator app. The page is not told.");
                };
                let Some(step) = step_of(cx, key, code, *last_used_time_step)? else {
                    return wrong_code(
                        cx,
                        &user,
                        "The app makes another code now, or this one was accepted before: no step counts twice.",
                    );
                };
                *last_used_time_step = Some(step);
                *last_used_at = Some(cx.now);
                cx.put(&account)?;
                let id = VerificationId(id21(cx.entropy));
                let record = VerificationRecord::Totp {
                    id: id.clone(),
                    user_id: user.id.clone(),
                    secret: None,
                    time_step: Some(step),
                };
                keep_record(&mut interaction, record);
                (id, "Whoever types it has the person's app. This code is not accepted again.")
            }
        };
        save(cx, &interaction)?;
        let name = user.display_name();
        cx.because(
            Because::new("experience.totp", Outcome::Passed, "The app's code matched", detail, "RFC 6238 5.2").input(user.id.0.clone()),
        );
        answer(cx, "200 verificationId", "app code verified", format!("{name} · app code verified"));
        waiting(cx, Lane::Experience, "waiting for the page to go on");
        Ok(id)
    })
}

/// The step whose code this is, within one of now and after the last accepted one.
fn step_of(cx: &Cx<'_>, sealed: &str, code: &str, last: Option<u64>) -> Result<Option<u64>, StoreError> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    if code.len() != 6 || !code.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(None);
    }
    let totp = totp_for(&cx.vault.open(sealed)?, "", "")?;
    let now = u64::try_from(cx.now.seconds()).unwrap_or_default();
    Ok(totp.check(&code, now).filter(|step| last.is_none_or(|last| *step > last)))
}

fn wrong_code<T>(cx: &mut Cx<'_>, user: &User, detail: &str) -> Result<T, Stop> {
    wrong(
        cx,
        Pool::MfaTotp,
        user,
        ApiError::invalid_totp_code(),
        "The app's code was not accepted",
        detail,
    )
}

/// 400: nothing waits for this answer.
pub(super) fn pending<T>() -> Result<T, Stop> {
    refuse(
        ApiError::mfa_pending_info_not_found(),
        Because::new(
            "experience.verification_record",
            Outcome::Refused,
            "Nothing waits for this",
            "The verification does not add a factor, or it was answered before. The page asks for a new one.",
            "Logto 4.2",
        ),
    )
}
