//! Backup codes (sheet 4.2 and 4.7): ten codes of ten hexadecimal digits, each for one use.

use super::{owned, wrong};
use crate::because::{Because, Outcome};
use crate::entropy::{Entropy, hex10, id21};
use crate::experience::ApiError;
use crate::experience::interaction::keep_record;
use crate::experience::lockout::{Counted, guard_not_locked};
use crate::experience::ruling::{Ruling, answer, decide, save, waiting};
use crate::experience::sentinel::Pool;
use crate::ids::{InteractionId, VerificationId};
use crate::live::Lane;
use crate::model::MfaVerification;
use crate::port::Cx;
use crate::record::VerificationRecord;
use crate::secret::Secret;

/// How many codes are made at a time.
const CODES: usize = 10;

/// Ten new backup codes.
#[must_use]
pub fn draw_backup_codes(entropy: &dyn Entropy) -> Vec<String> {
    (0..CODES).map(|_| hex10(entropy)).collect()
}

/// `POST /verification/backup-code/generate` → 200 `{verificationId, codes}`. They reach the account when they are
/// bound and submitted.
///
/// # Errors
/// [`StoreError`](crate::StoreError). Refuses with 404 `session.identifier_not_found`.
pub fn generate_backup_codes(cx: &mut Cx<'_>, interaction_id: &InteractionId) -> Ruling<(VerificationId, Vec<String>)> {
    decide(cx, Some("make backup codes".into()), |cx| {
        let (mut interaction, user) = owned(cx, interaction_id)?;
        let codes = draw_backup_codes(cx.entropy);
        let id = VerificationId(id21(cx.entropy));
        keep_record(
            &mut interaction,
            VerificationRecord::BackupCode {
                id: id.clone(),
                user_id: user.id.clone(),
                codes: codes.iter().map(|code| cx.vault.seal(&Secret::new(code.clone()))).collect(),
            },
        );
        save(cx, &interaction)?;
        cx.because(Because::new(
            "experience.backup_code",
            Outcome::Decided,
            "Ten backup codes were drawn",
            "The page shows them once. They replace older ones when they are bound and the page submits.",
            "Logto 4.7",
        ));
        let name = user.display_name();
        answer(cx, "200 codes", "backup codes made", format!("{name} · backup codes made"));
        waiting(cx, Lane::Experience, "waiting for the person to save the codes");
        Ok((id, codes))
    })
}

/// `POST /verification/backup-code/verify` → 200 `{verificationId}`. The code is used up by this.
///
/// # Errors
/// [`StoreError`](crate::StoreError). Refuses with 404 `session.identifier_not_found`, 400
/// `session.mfa.invalid_backup_code`, `session.verification_blocked_too_many_attempts`.
pub fn verify_backup_code(cx: &mut Cx<'_>, interaction_id: &InteractionId, code: &str) -> Ruling<VerificationId> {
    decide(cx, Some("verify a backup code".into()), |cx| {
        let (mut interaction, user) = owned(cx, interaction_id)?;
        guard_not_locked(cx, Counted::Factor(Pool::MfaBackupCode, &user))?;
        let typed = code.trim().to_lowercase();
        let mut account = user.as_ref().clone();
        let mut left = None;
        for mfa in &mut account.mfa_verifications {
            let MfaVerification::BackupCode { codes, last_used_at, .. } = mfa else {
                continue;
            };
            // All are compared, so that the time tells nothing.
            let mut matching = None;
            for (at, kept) in codes.iter().enumerate() {
                if cx.vault.open(&kept.code)?.matches(&typed) && kept.used_at.is_none() {
                    matching = Some(at);
                }
            }
            if let Some(kept) = matching.and_then(|at| codes.get_mut(at)) {
                kept.used_at = Some(cx.now);
                *last_used_at = Some(cx.now);
                left = Some(codes.iter().filter(|kept| kept.used_at.is_none()).count());
                break;
            }
        }
        let Some(left) = left else {
            return wrong(
                cx,
                Pool::MfaBackupCode,
                &user,
                ApiError::invalid_backup_code(),
                "No backup code matched",
                "The person has no such code, or it was used before: each works once.",
            );
        };
        cx.put(&account)?;
        let id = VerificationId(id21(cx.entropy));
        keep_record(
            &mut interaction,
            VerificationRecord::BackupCode {
                id: id.clone(),
                user_id: user.id.clone(),
                codes: Vec::new(),
            },
        );
        save(cx, &interaction)?;
        let name = user.display_name();
        cx.because(
            Because::new(
                "experience.backup_code",
                Outcome::Passed,
                "A backup code matched",
                format!("It is used up now; {left} are left."),
                "Logto 4.7",
            )
            .input(user.id.0.clone()),
        );
        answer(
            cx,
            "200 verificationId",
            "backup code verified",
            format!("{name} · backup code verified"),
        );
        waiting(cx, Lane::Experience, "waiting for the page to go on");
        Ok(id)
    })
}
