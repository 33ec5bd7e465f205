//! A person's password and second factors, set and looked into for testing.

use super::unknown;
use crate::console::{Answer, problem, storage};
use crate::engine::Engine;
use std::sync::Arc;
use vestibule_core::console::{BackupCodeView, ConsoleProblem, ConsoleReply, PasswordSet, TotpView, TypedPassword};
use vestibule_core::entropy::{Entropy, id21, opaque43};
use vestibule_core::experience::{UserInfo, check_password, draw_backup_codes, draw_totp_secret, totp_for};
use vestibule_core::model::{BackupCode, MfaFactor, MfaVerification, PasswordPolicy, SignInExperience, User};
use vestibule_core::{Cx, Secret, StoreError, Timestamp};

/// Characters of a drawn password, unless the policy wants it shorter or longer.
const PASSWORD: usize = 20;
/// How often a password is drawn before the policy is believed to take none.
const TRIES: usize = 100;

/// A password that a policy takes, for a person.
fn draw_password(policy: &PasswordPolicy, user: &User, entropy: &dyn Entropy) -> Option<String> {
    let info = UserInfo {
        name: user.name.clone(),
        username: user.username.clone(),
        email: user.primary_email.clone(),
        phone: user.primary_phone.clone(),
    };
    let (least, most) = (policy.length.min as usize, policy.length.max as usize);
    let length = PASSWORD.clamp(least, most.max(least));
    (0..TRIES)
        .map(|_| {
            let mut text = String::new();
            while text.len() < length {
                // Letters that are taken for others are left out: somebody may have to type this.
                text.extend(opaque43(entropy).chars().filter(|c| !"0O1lI".contains(*c)));
            }
            text.truncate(length);
            text
        })
        .find(|text| check_password(policy, text, &info).is_empty())
}

/// A new authenticator app with its secret.
pub(super) fn new_totp(cx: &Cx<'_>, secret: &Secret) -> MfaVerification {
    MfaVerification::Totp {
        id: id21(cx.entropy),
        created_at: cx.now,
        last_used_at: None,
        key: cx.vault.seal(secret),
        last_used_time_step: None,
    }
}

/// Ten new backup codes.
pub(super) fn new_backup_codes(cx: &Cx<'_>) -> MfaVerification {
    let codes = draw_backup_codes(cx.entropy).into_iter().map(|code| BackupCode {
        code: cx.vault.seal(&Secret::new(code)),
        used_at: None,
    });
    MfaVerification::BackupCode {
        id: id21(cx.entropy),
        created_at: cx.now,
        last_used_at: None,
        codes: codes.collect(),
    }
}

fn totp_of(cx: &Cx<'_>, user: &User, issuer: &str) -> Result<Option<TotpView>, StoreError> {
    let own = user.mfa_verifications.iter().find_map(|factor| match factor {
        MfaVerification::Totp {
            id,
            key,
            last_used_time_step,
            ..
        } => Some((id, key, *last_used_time_step)),
        _ => None,
    });
    let Some((id, key, last)) = own else { return Ok(None) };
    let secret = cx.vault.open(key)?;
    let broken = |e: &dyn std::fmt::Display| StoreError::Corrupt(format!("an authenticator app: {e}"));
    let totp = totp_for(&secret, &user.display_name(), issuer)?;
    let now = u64::try_from(cx.now.seconds()).unwrap_or_default();
    let end = totp.next_step(now);
    Ok(Some(TotpView {
        id: id.clone(),
        code: totp.generate(now).to_string(),
        valid_until: Timestamp::from_seconds(i64::try_from(end).unwrap_or(i64::MAX)),
        next: totp.generate(end).to_string(),
        used: last.is_some_and(|step| step >= now / totp.step()),
        secret: secret.expose().to_owned(),
        uri: totp.to_url().map_err(|e| broken(&e))?,
    }))
}

fn codes_of(cx: &Cx<'_>, user: &User) -> Result<Vec<BackupCodeView>, StoreError> {
    let codes = user.mfa_verifications.iter().flat_map(|factor| match factor {
        MfaVerification::BackupCode { codes, .. } => codes.as_slice(),
        _ => &[],
    });
    codes
        .map(|kept| {
            Ok(BackupCodeView {
                code: cx.vault.open(&kept.code)?.expose().to_owned(),
                used_at: kept.used_at,
            })
        })
        .collect()
}

fn no_app(user: &User) -> ConsoleProblem {
    problem(
        "user.no_totp",
        format!("{} has no authenticator app. Add one first.", user.display_name()),
    )
}

impl Engine {
    pub(in crate::console) async fn set_password(self: &Arc<Self>, id: String, password: Option<TypedPassword>, expired: bool) -> Answer {
        let drawn = match &password {
            Some(_) => None,
            None => Some(self.draw_password(&id)?),
        };
        let text = password.map(|typed| typed.0).or_else(|| drawn.clone()).unwrap_or_default();
        let hash = if text.is_empty() { None } else { Some(self.hash(&text).await?) };
        let user = self
            .change_person(id, move |cx, user| {
                let expired = expired && hash.is_some();
                user.set_password(hash, cx.now);
                user.is_password_expired = expired;
                Ok(Ok(()))
            })
            .await?;
        Ok(ConsoleReply::PasswordSet(Box::new(PasswordSet { user, drawn })))
    }

    fn draw_password(&self, id: &str) -> Result<String, ConsoleProblem> {
        let (user, row) = self
            .look(|cx| Ok((cx.get::<User>(id)?, cx.get::<SignInExperience>(SignInExperience::ID)?)))
            .map_err(|e| storage(&e))?;
        let user = user.ok_or_else(|| unknown(id))?;
        let policy = row.map(|row| row.password_policy.clone()).unwrap_or_default();
        draw_password(&policy, &user, self.entropy.as_ref()).ok_or_else(|| {
            problem(
                "password.policy",
                "No drawn password fits the password policy. Type one, or relax the policy under Sign-in experience.",
            )
        })
    }

    pub(in crate::console) async fn remove_factor(self: &Arc<Self>, user_id: String, factor_id: String) -> Answer {
        let user = self
            .change_person(user_id, move |_, user| {
                let before = user.mfa_verifications.len();
                user.mfa_verifications.retain(|factor| factor.view().id != factor_id);
                Ok(if user.mfa_verifications.len() == before {
                    Err(problem("entity.not_found", "This factor was removed already."))
                } else {
                    Ok(())
                })
            })
            .await?;
        Ok(ConsoleReply::User(Box::new(user)))
    }

    pub(in crate::console) async fn add_totp(self: &Arc<Self>, user_id: String) -> Answer {
        let again = user_id.clone();
        self.change_person(user_id, |cx, user| {
            if user.mfa_verifications.iter().any(|factor| factor.factor() == MfaFactor::Totp) {
                return Ok(Err(problem(
                    "user.totp_already_in_use",
                    format!("{} has an authenticator app already. Remove it first.", user.display_name()),
                )));
            }
            let secret = draw_totp_secret(cx.entropy);
            user.mfa_verifications.push(new_totp(cx, &secret));
            Ok(Ok(()))
        })
        .await?;
        self.totp_code(&again)
    }

    pub(in crate::console) fn totp_code(&self, user_id: &str) -> Answer {
        // What an app would show for an account here: the host it signs in at.
        let site = self.site();
        let issuer = site.endpoint.split("://").nth(1).unwrap_or("localhost");
        let found = self.look(|cx| match cx.get::<User>(user_id)? {
            Some(user) => Ok(totp_of(cx, &user, issuer)?.ok_or_else(|| no_app(&user))),
            None => Ok(Err(unknown(user_id))),
        });
        found.map_err(|e| storage(&e))?.map(ConsoleReply::Totp)
    }

    pub(in crate::console) fn backup_codes(&self, user_id: &str) -> Answer {
        let found = self.look(|cx| match cx.get::<User>(user_id)? {
            Some(user) => codes_of(cx, &user).map(Ok),
            None => Ok(Err(unknown(user_id))),
        });
        found.map_err(|e| storage(&e))?.map(ConsoleReply::BackupCodes)
    }

    pub(in crate::console) async fn new_backup_codes(self: &Arc<Self>, user_id: String) -> Answer {
        let again = user_id.clone();
        self.change_person(user_id, |cx, user| {
            user.mfa_verifications.retain(|factor| factor.factor() != MfaFactor::BackupCode);
            user.mfa_verifications.push(new_backup_codes(cx));
            Ok(Ok(()))
        })
        .await?;
        self.backup_codes(&again)
    }
}
