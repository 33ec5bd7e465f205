//! Signing in with a passkey alone (sheet 4.2, `sign-in-passkey`, and 4.7).

use super::web_authn::{AuthenticationQuestion, new_challenge, no_passkey, passed, passkeys, request_options, use_passkey, user_handle};
use crate::because::{Because, Outcome};
use crate::entropy::id21;
use crate::experience::ApiError;
use crate::experience::identifier::find_user;
use crate::experience::interaction::{another, keep_record, record_by_id};
use crate::experience::lockout::{Counted, guard_not_locked};
use crate::experience::password::guard_not_suspended;
use crate::experience::ruling::{Ruling, Stop, answer, begun, decide, load, refuse, save, waiting};
use crate::experience::sentinel::Pool;
use crate::ids::{InteractionId, UserId, VerificationId};
use crate::live::Lane;
use crate::model::{User, credential_index};
use crate::port::Cx;
use crate::record::{Challenge, Identifier, Interaction, VerificationRecord};
use serde_json::Value;

/// `POST /preflight/sign-in-passkey/authentication` → 200 `{authenticationOptions}`, for the identifier field's
/// autofill: any passkey of this host name may answer. It needs no begun sign-in, and a beginning keeps it.
///
/// # Errors
/// [`StoreError`](crate::StoreError). Refuses with 400 `session.not_found`.
pub fn preflight_passkey_sign_in(cx: &mut Cx<'_>, interaction_id: &InteractionId, rp_id: &str) -> Ruling<Value> {
    decide(cx, Some("offer passkeys".into()), |cx| {
        let mut interaction = load(cx, interaction_id)?;
        let challenge = new_challenge(cx, rp_id);
        let options = request_options(&challenge, None);
        interaction.result.sign_in_passkey = Some(challenge);
        save(cx, &interaction)?;
        drawn(cx, rp_id);
        cx.arrow(Lane::Interaction, Lane::Experience, "200 options");
        Ok(options)
    })
}

fn drawn(cx: &mut Cx<'_>, rp_id: &str) {
    cx.because(
        Because::new(
            "experience.webauthn",
            Outcome::Decided,
            "A challenge was drawn for a passkey",
            "Who it is turns out when a passkey answers. Whether passkey sign-in is switched on is only checked at identification.",
            "WebAuthn 7.2",
        )
        .input(rp_id),
    );
}

/// `POST /verification/sign-in-passkey/authentication` → 200 `{verificationId, authenticationOptions}` for the
/// passkeys of whoever has the identifier.
///
/// # Errors
/// [`StoreError`](crate::StoreError). Refuses with 404 `session.mfa.webauthn_verification_not_found` for an unknown
/// person and for one without a passkey here alike, and before the interaction has begun.
pub fn start_passkey_sign_in(
    cx: &mut Cx<'_>,
    interaction_id: &InteractionId,
    identifier: &Identifier,
    rp_id: &str,
) -> Ruling<(VerificationId, Value)> {
    decide(cx, Some("use a passkey".into()), |cx| {
        let (mut interaction, _) = begun(cx, interaction_id)?;
        let Some(user) = find_user(cx, identifier)? else {
            return refuse(
                ApiError::webauthn_verification_not_found(404).hidden("nobody has this identifier"),
                Because::new(
                    "experience.webauthn",
                    Outcome::Refused,
                    "Nobody has this identifier",
                    "The page is told what it is told of a person without a passkey, so that nobody learns who has an account.",
                    "Logto 4.2",
                )
                .input(identifier.value.clone()),
            );
        };
        if passkeys(&user, rp_id).next().is_none() {
            return no_passkey(&user, rp_id, 404);
        }
        let challenge = new_challenge(cx, rp_id);
        let options = request_options(&challenge, Some(&user));
        let id = VerificationId(id21(cx.entropy));
        let record = VerificationRecord::SignInPasskey {
            id: id.clone(),
            challenge: Some(challenge),
            user_id: None,
        };
        keep_record(&mut interaction, record);
        save(cx, &interaction)?;
        drawn(cx, rp_id);
        let value = &identifier.value;
        answer(
            cx,
            "200 options",
            "waiting for a passkey",
            format!("{value} · waiting for a passkey"),
        );
        waiting(cx, Lane::Experience, "waiting for the person's authenticator");
        Ok((id, options))
    })
}

/// What the server compares a passkey's answer with, and whose it is.
#[derive(Clone, Debug)]
pub struct PasskeyQuestion {
    /// The ceremony, and the credential if it is known.
    pub asked: AuthenticationQuestion,
    /// Who has the credential.
    user_id: Option<UserId>,
}

/// The challenge that this answer is to.
fn waiting_challenge(interaction: &Interaction, verification_id: Option<&str>) -> Result<(Option<VerificationId>, Challenge), Stop> {
    let found = match verification_id {
        None => interaction.result.sign_in_passkey.clone().map(|challenge| (None, challenge)),
        Some(id) => match record_by_id(interaction, id)? {
            VerificationRecord::SignInPasskey { id, challenge, .. } => challenge.map(|challenge| (Some(id), challenge)),
            other => return another(&other),
        },
    };
    match found {
        Some(found) => Ok(found),
        None => refuse(
            ApiError::passkey_pending_info_not_found(),
            Because::new(
                "experience.webauthn",
                Outcome::Refused,
                "No passkey is waited for",
                "The page asks for a challenge before it uses a passkey, and a challenge is answered once.",
                "Logto 4.2",
            ),
        ),
    }
}

/// First half of `POST /verification/sign-in-passkey/authentication/verify`. Reads only. Without a verification id the
/// answer is to the preflight's challenge.
///
/// # Errors
/// [`StoreError`](crate::StoreError). Refuses with 404 `session.verification_session_not_found`, 400
/// `session.passkey_sign_in.pending_info_not_found`, `session.passkey_sign_in.conflict_rp_id`,
/// `session.verification_blocked_too_many_attempts`.
pub fn passkey_question(
    cx: &mut Cx<'_>,
    interaction_id: &InteractionId,
    verification_id: Option<&str>,
    rp_id: &str,
    credential_id: &str,
    handle: Option<&str>,
) -> Ruling<PasskeyQuestion> {
    decide(cx, Some("check the passkey".into()), |cx| {
        let (interaction, _) = begun(cx, interaction_id)?;
        let (_, challenge) = waiting_challenge(&interaction, verification_id)?;
        if challenge.rp_id != rp_id {
            return refuse(
                ApiError::passkey_conflict_rp_id().hidden(format!("asked under {}, answered under {rp_id}", challenge.rp_id)),
                Because::new(
                    "experience.webauthn",
                    Outcome::Refused,
                    "The host name changed",
                    format!(
                        "The challenge was made for a page of `{}`, and the answer comes from one of `{rp_id}`. A passkey works only under one.",
                        challenge.rp_id
                    ),
                    "Logto 4.7",
                )
                .input(rp_id),
            );
        }
        let user = holder(cx, rp_id, credential_id, handle)?;
        if let Some(user) = &user {
            guard_not_locked(cx, Counted::Factor(Pool::WebAuthn, user))?;
        }
        let passkey = user.as_ref().and_then(|user| {
            passkeys(user, rp_id)
                .find(|passkey| passkey.credential_id == credential_id)
                .cloned()
        });
        Ok(PasskeyQuestion {
            asked: AuthenticationQuestion { challenge, passkey },
            user_id: user.map(|user| user.id.clone()),
        })
    })
}

/// Who has a credential. When the authenticator says whose it is, that must be right.
fn holder(cx: &Cx<'_>, rp_id: &str, credential_id: &str, handle: Option<&str>) -> Result<Option<std::sync::Arc<User>>, Stop> {
    if credential_id.contains('\0') {
        return Ok(None);
    }
    let user = cx.find::<User>(&credential_index(rp_id, credential_id))?;
    Ok(user.filter(|user| handle.is_none_or(|handle| handle.trim_end_matches('=') == user_handle(&user.id))))
}

/// Second half → 200 `{verificationId}`: whom a good answer proves, or why it was none.
///
/// # Errors
/// As [`passkey_question`], and 400 `session.mfa.webauthn_verification_failed`, 401 `user.suspended`.
pub fn record_passkey_result(
    cx: &mut Cx<'_>,
    interaction_id: &InteractionId,
    verification_id: Option<&str>,
    question: &PasskeyQuestion,
    outcome: Result<u32, String>,
) -> Ruling<VerificationId> {
    decide(cx, None, |cx| {
        let (mut interaction, _) = begun(cx, interaction_id)?;
        let (id, challenge) = waiting_challenge(&interaction, verification_id)?;
        let user = match &question.user_id {
            Some(id) if challenge == question.asked.challenge => cx.get::<User>(id.as_str())?,
            _ => None,
        };
        let Some(user) = user else {
            return refuse(
                ApiError::webauthn_verification_failed().hidden("nobody has this credential"),
                Because::new(
                    "experience.webauthn",
                    Outcome::Refused,
                    "Nobody has this passkey",
                    "The credential is registered to nobody, or to somebody else than it says. It may be of an account that was deleted, or of another installation on the same host name.",
                    "WebAuthn 7.2",
                ),
            );
        };
        guard_not_locked(cx, Counted::Factor(Pool::WebAuthn, &user))?;
        use_passkey(cx, &user, &question.asked, outcome)?;
        guard_not_suspended(cx, &user, "The passkey was right, but this account is suspended")?;
        let id = id.unwrap_or_else(|| VerificationId(id21(cx.entropy)));
        // Answered once: the challenge is worth nothing now.
        interaction.result.sign_in_passkey = None;
        let record = VerificationRecord::SignInPasskey {
            id: id.clone(),
            challenge: None,
            user_id: Some(user.id.clone()),
        };
        keep_record(&mut interaction, record);
        save(cx, &interaction)?;
        passed(
            cx,
            &user,
            "The passkey says who it is",
            "The signature, challenge, origin and host name are right, and the authenticator verified the person. Nobody is signed in yet; identification comes next.",
        );
        Ok(id)
    })
}
