//! `POST /api/experience/submit` (sheet 4.4): the last guards, then the interaction has its login.

use super::availability::{guard_mandatory, guard_not_set, guard_unique, missing_profile};
use super::error::ApiError;
use super::identities;
use super::mfa;
use super::password::guard_not_suspended;
use super::people::fill_in;
use super::provisioning::join_organizations;
use super::ruling::{Ruling, Stop, answer, begun, decide, identified, refuse, save, sign_in_experience, waiting};
use super::window::is_decided;
use crate::because::{Because, Outcome};
use crate::ids::InteractionId;
use crate::live::Lane;
use crate::model::User;
use crate::port::{Cx, StoreError};
use crate::record::{Interaction, InteractionEvent, InteractionResult, VerificationRecord};
use serde_json::Value;

/// How a submission came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Submitted {
    /// The browser goes on here (200 `{redirectTo}`).
    SignedIn {
        /// `<issuer>/auth/<uid>`.
        redirect_to: String,
    },
    /// The password was replaced (200 without a body).
    PasswordReset,
}

/// `POST /submit` → 200 `{redirectTo}`, or 200 without a body when a password was reset. In Logto's order: somebody is identified; a
/// second factor is proven by whoever has one; the pending profile is still available; nothing mandatory is missing; what
/// was bound is still available; passkeys are offered; the policy for second factors is met; the account takes profile,
/// factors and `lastSignInAt`; the interaction gets `login`. Answers `<issuer>/auth/<uid>`, where the browser goes next.
/// (Captcha stands before all in Logto; this release has none.)
///
/// # Errors
/// [`StoreError`](crate::StoreError). Refuses with 404 `session.identifier_not_found`, 401 `user.suspended`, 422
/// `user.*_exists_in_profile`, `user.*_already_in_use`, `user.missing_profile`, `user.totp_already_in_use`,
/// `user.passkey_preferred`, `user.suggest_mfa`, `user.missing_mfa`, `session.mfa.suggest_additional_mfa`,
/// `session.mfa.backup_code_required`, 403 `session.mfa.require_mfa_verification`, 400
/// `session.mfa.mfa_factor_not_enabled`.
pub fn submit(cx: &mut Cx<'_>, interaction_id: &InteractionId, issuer: &str) -> Ruling<Submitted> {
    decide(cx, Some("submit".into()), |cx| finish(cx, interaction_id, issuer))
}

/// The rule itself, for whoever submits.
pub(super) fn finish(cx: &mut Cx<'_>, interaction_id: &InteractionId, issuer: &str) -> Result<Submitted, Stop> {
    let (mut interaction, event) = begun(cx, interaction_id)?;
    if is_decided(cx, &interaction) {
        cx.arrow(Lane::Interaction, Lane::Experience, "200 redirectTo");
        waiting(cx, Lane::Provider, "waiting for the browser to return");
        let redirect_to = interaction.return_to(issuer);
        return Ok(Submitted::SignedIn { redirect_to });
    }
    let Some(user) = identified(cx, &interaction)? else {
        let deleted = interaction.result.user_id.is_some();
        return refuse(
            ApiError::identifier_not_found().hidden(if deleted {
                "the identified person was deleted meanwhile"
            } else {
                "POST /identification has not succeeded in this interaction"
            }),
            Because::new(
                "experience.submit",
                Outcome::Refused,
                if deleted {
                    "The identified person is not there any more"
                } else {
                    "Nobody is identified yet"
                },
                "A verification alone signs nobody in. `POST /api/experience/identification` must have said who it is, and the account must still exist.",
                "Logto 4.4",
            ),
        );
    };
    guard_not_suspended(cx, &user, "The account was suspended meanwhile")?;
    if event == InteractionEvent::ForgotPassword {
        return reset(cx, interaction, user.as_ref().clone());
    }
    if interaction.result.login.as_ref() == Some(&user.id) && interaction.result.profile.is_empty() && interaction.result.mfa.is_empty() {
        // Another tab, or a reload. What this sign-in bound is the account's by now, and it need not be proven here.
        cx.because(Because::new(
            "experience.submit",
            Outcome::Decided,
            "The page submitted again",
            "The interaction has its login already, and nothing was added since. The browser is sent where it was sent before.",
            "Logto 4.4",
        ));
        return signed_in(cx, interaction, &user, issuer);
    }
    mfa::guard_verified(cx, &interaction, &user)?;
    let profile = interaction.result.profile.clone();
    guard_not_set(&user, &profile)?;
    guard_unique(cx, &profile, Some(&user))?;
    identities::guard_free(cx, &profile, Some(&user))?;
    if chosen_without_proof(cx, &interaction)? {
        let missing = missing_profile(&sign_in_experience(cx)?, &profile, Some(&user));
        if !missing.is_empty() {
            cx.because(
                    Because::new(
                        "experience.mandatory_profile",
                        Outcome::Decided,
                        "The mandatory profile was not asked for",
                        format!(
                            "Sign-up asks for more than this account has (`{}`). Development sign-in lets that pass; with a password the page would go to `/continue/{}` now.",
                            missing.join(", "),
                            missing.first().copied().unwrap_or_default()
                        ),
                        "Vestibule development sign-in",
                    )
                    .input(missing.join(", ")),
                );
        }
    } else {
        let spared = identities::spared(cx, &interaction)?;
        guard_mandatory(cx, &profile, Some(&user), spared)?;
    }
    mfa::guard_pending(cx, &interaction, &user)?;
    mfa::guard_passkey_offer(cx, &interaction, &user)?;
    mfa::guard_fulfilled(cx, &mut interaction, &user)?;

    if !interaction.result.registered {
        join_organizations(cx, &user, &interaction.result, false)?;
    }
    let mut account = user.as_ref().clone();
    if !profile.is_empty() {
        fill_in(&mut account, &profile, cx.now);
        account.updated_at = cx.now;
    }
    if mfa::apply(cx, &mut interaction, &mut account)? {
        account.updated_at = cx.now;
    }
    identities::keep_tokens(cx, &interaction, &mut account)?;
    account.last_sign_in_at = Some(cx.now);
    cx.put(&account)?;
    // Applied; a second submission from another tab must not find it pending.
    interaction.result.profile.clear();
    interaction.result.login = Some(account.id.clone());
    cx.because(
            Because::new(
                "experience.submit",
                Outcome::Decided,
                format!("{} is signed in", account.display_name()),
                "The interaction now has its login. The browser returns to the authorization request, which opens a session and goes on to consent.",
                "Logto 4.4",
            )
            .input(account.id.0.clone()),
        );
    signed_in(cx, interaction, &account, issuer)
}

/// Sends the browser back to the authorization request of an interaction that has its login. With what a page ended it
/// before (`POST /api/interaction/abort`) is taken back: the person went on.
fn signed_in(cx: &mut Cx<'_>, mut interaction: Interaction, user: &User, issuer: &str) -> Result<Submitted, Stop> {
    interaction.result.take_back_error();
    save(cx, &interaction)?;
    let name = user.display_name();
    cx.trail.patch.user = Some((user.id.clone(), name.clone()));
    answer(cx, "200 redirectTo", "signed in", format!("{name} · signed in"));
    waiting(cx, Lane::Provider, "waiting for the browser to return");
    Ok(Submitted::SignedIn {
        redirect_to: interaction.return_to(issuer),
    })
}

/// Replaces the password. The interaction begins anew: nobody is signed in by a reset (sheet 4.1).
fn reset(cx: &mut Cx<'_>, mut interaction: Interaction, mut account: User) -> Result<Submitted, Stop> {
    let name = account.display_name();
    let Some(phc) = interaction.result.profile.get("passwordEncrypted").and_then(Value::as_str) else {
        return refuse(
            ApiError::new_password_required(),
            Because::new(
                "experience.submit",
                Outcome::Refused,
                "There is no new password yet",
                "A password reset is submitted after `PUT /api/experience/profile/password`.",
                "Logto 4.4",
            ),
        );
    };
    account.set_password(Some(phc.to_owned()), cx.now);
    account.updated_at = cx.now;
    cx.put(&account)?;
    interaction.result = InteractionResult::default();
    save(cx, &interaction)?;
    cx.trail.patch.user = Some((account.id.clone(), name.clone()));
    cx.because(
        Because::new(
            "experience.reset_password",
            Outcome::Decided,
            format!("{name} has a new password"),
            "The old one is worth nothing now. Nobody is signed in by this: the interaction begins anew, and the page goes back to the sign-in.",
            "Logto 4.1",
        )
        .input(account.id.0.clone()),
    );
    answer(
        cx,
        "200 password replaced",
        "password replaced",
        format!("{name} · password replaced"),
    );
    waiting(cx, Lane::Experience, "waiting for the person to sign in");
    Ok(Submitted::PasswordReset)
}

/// Whether the identified person was chosen by development sign-in, which is still switched on.
pub(super) fn chosen_without_proof(cx: &Cx<'_>, interaction: &Interaction) -> Result<bool, StoreError> {
    let result = &interaction.result;
    let chosen = |record: &VerificationRecord| matches!(record, VerificationRecord::DevelopmentSignIn { user_id, .. } if Some(user_id) == result.user_id.as_ref());
    Ok(result.verification_records.iter().any(chosen) && cx.settings()?.development_sign_in)
}
