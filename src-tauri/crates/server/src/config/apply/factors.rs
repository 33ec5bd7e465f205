//! People's second factors.

use super::Applier;
use crate::config::document::{MfaEntry, MfaEntryKind, UserEntry};
use vestibule_core::entropy::id21;
use vestibule_core::model::{BackupCode, MfaFactor, MfaVerification, User};
use vestibule_core::{Secret, StoreError};

/// A secret as apps show it, spelled as it is stored: capitals, no spaces, no padding.
pub(in crate::config) fn base32(key: &Secret) -> Secret {
    let text: String = key
        .expose()
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '=' && *c != '-')
        .collect();
    Secret::new(text.to_uppercase())
}

impl Applier<'_, '_, '_> {
    /// The person's second factors as the entry wants them. What is stored already stays with its history; passkeys stay
    /// always, because a file can't hold them.
    pub(super) fn factors(&self, entry: &UserEntry, stored: Option<&User>) -> Result<Vec<MfaVerification>, StoreError> {
        let held = stored.map(|user| user.mfa_verifications.as_slice()).unwrap_or_default();
        let Some(wanted) = &entry.mfa_verifications else {
            return Ok(held.to_vec());
        };
        let mut factors = Vec::new();
        for mfa in wanted {
            let kind = match mfa.kind {
                MfaEntryKind::Totp => MfaFactor::Totp,
                MfaEntryKind::BackupCode => MfaFactor::BackupCode,
            };
            let mut same = None;
            for own in held.iter().filter(|own| own.factor() == kind) {
                if self.is(own, mfa)? {
                    same = Some(own.clone());
                }
            }
            factors.push(same.unwrap_or_else(|| self.new_factor(mfa)));
        }
        factors.extend(held.iter().filter(|own| own.factor() == MfaFactor::WebAuthn).cloned());
        Ok(factors)
    }

    /// Whether a stored factor has the secrets that the file gives.
    fn is(&self, own: &MfaVerification, mfa: &MfaEntry) -> Result<bool, StoreError> {
        Ok(match (own, &mfa.key, &mfa.codes) {
            (MfaVerification::Totp { key, .. }, Some(wanted), _) => self.cx.vault.open(key)?.matches(base32(wanted).expose()),
            (MfaVerification::BackupCode { codes, .. }, _, Some(wanted)) if codes.len() == wanted.len() => {
                let mut all = true;
                for (own, wanted) in codes.iter().zip(wanted) {
                    all &= self.cx.vault.open(&own.code)?.matches(&wanted.expose().to_lowercase());
                }
                all
            }
            _ => false,
        })
    }

    fn new_factor(&self, mfa: &MfaEntry) -> MfaVerification {
        let seal = |text: Secret| self.cx.vault.seal(&text);
        let id = id21(self.cx.entropy);
        match mfa.kind {
            MfaEntryKind::Totp => MfaVerification::Totp {
                id,
                created_at: self.cx.now,
                last_used_at: None,
                key: seal(mfa.key.as_ref().map(base32).unwrap_or_default()),
                last_used_time_step: None,
            },
            MfaEntryKind::BackupCode => MfaVerification::BackupCode {
                id,
                created_at: self.cx.now,
                last_used_at: None,
                codes: mfa
                    .codes
                    .iter()
                    .flatten()
                    .map(|code| BackupCode {
                        code: seal(Secret::new(code.expose().to_lowercase())),
                        used_at: None,
                    })
                    .collect(),
            },
        }
    }
}
