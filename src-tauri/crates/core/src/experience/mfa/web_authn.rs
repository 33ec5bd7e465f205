//! Passkeys as second factor (sheet 4.2 and 4.7; Web Authentication Level 3, section 7). The comparisons and the
//! signature are the server's, between two decisions; what waits, who owns it and whether the counter went on is
//! decided here.

use super::binding::guard_new_credential;
use super::totp::pending;
use super::{owned, wrong};
use crate::because::{Because, Outcome};
use crate::entropy::{id21, opaque43};
use crate::experience::ApiError;
use crate::experience::interaction::{another, keep_record, record_by_id};
use crate::experience::lockout::{Counted, guard_not_locked};
use crate::experience::ruling::{Ruling, Stop, answer, decide, refuse, save, waiting};
use crate::experience::sentinel::Pool;
use crate::ids::{InteractionId, UserId, VerificationId};
use crate::live::Lane;
use crate::model::{MfaVerification, Passkey, User};
use crate::port::Cx;
use crate::record::{Challenge, Interaction, VerificationRecord, WebAuthnRecord};
use serde_json::{Value, json};

/// How long a browser waits for the person, in **milliseconds**.
const TIMEOUT: u32 = 60_000;

/// 32 random bytes, base64url, for a host name.
pub(super) fn new_challenge(cx: &Cx<'_>, rp_id: &str) -> Challenge {
    Challenge {
        challenge: opaque43(cx.entropy),
        rp_id: rp_id.to_owned(),
    }
}

/// The credentials of a person for a host name, as `PublicKeyCredentialDescriptorJSON`s.
fn descriptors(user: &User, rp_id: &str) -> Vec<Value> {
    passkeys(user, rp_id)
        .map(|passkey| json!({ "id": passkey.credential_id, "type": "public-key", "transports": passkey.transports }))
        .collect()
}

pub(super) fn passkeys<'a>(user: &'a User, rp_id: &'a str) -> impl Iterator<Item = &'a Passkey> {
    let all = user.mfa_verifications.iter().filter_map(MfaVerification::passkey);
    all.filter(move |passkey| passkey.rp_id == rp_id)
}

/// `PublicKeyCredentialRequestOptionsJSON`; with a person, only their credentials.
pub(super) fn request_options(challenge: &Challenge, user: Option<&User>) -> Value {
    json!({
        "challenge": challenge.challenge,
        "rpId": challenge.rp_id,
        "allowCredentials": user.map_or_else(Vec::new, |user| descriptors(user, &challenge.rp_id)),
        "userVerification": "required",
        "timeout": TIMEOUT,
    })
}

/// The person's id as authenticators keep it, base64url.
pub(super) fn user_handle(id: &UserId) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(id.as_str())
}

/// `POST /verification/web-authn/registration` → 200 `{verificationId, registrationOptions}`.
///
/// # Errors
/// [`StoreError`](crate::StoreError). Refuses with 404 `session.identifier_not_found`.
pub fn start_registration(cx: &mut Cx<'_>, interaction_id: &InteractionId, rp_id: &str) -> Ruling<(VerificationId, Value)> {
    decide(cx, Some("make a passkey".into()), |cx| {
        let (mut interaction, user) = owned(cx, interaction_id)?;
        let challenge = new_challenge(cx, rp_id);
        let label = [&user.username, &user.primary_email, &user.primary_phone]
            .into_iter()
            .flatten()
            .next();
        let label = label.cloned().unwrap_or_else(|| user.display_name());
        let options = json!({
            "challenge": challenge.challenge,
            "rp": { "id": rp_id, "name": rp_id },
            "user": { "id": user_handle(&user.id), "name": label, "displayName": user.display_name() },
            "pubKeyCredParams": [{ "alg": -7, "type": "public-key" }, { "alg": -257, "type": "public-key" }],
            "timeout": TIMEOUT,
            "attestation": "none",
            "excludeCredentials": descriptors(&user, rp_id),
            "authenticatorSelection": { "residentKey": "required", "requireResidentKey": true, "userVerification": "required" },
            "extensions": { "credProps": true },
        });
        let id = begin(cx, &mut interaction, &user, challenge, true)?;
        answer(
            cx,
            "200 options",
            "making a passkey",
            format!("{} · making a passkey", user.display_name()),
        );
        waiting(cx, Lane::Experience, "waiting for the person's authenticator");
        Ok((id, options))
    })
}

/// Keeps the record of a ceremony that begins.
fn begin(
    cx: &mut Cx<'_>,
    interaction: &mut Interaction,
    user: &User,
    challenge: Challenge,
    registration: bool,
) -> Result<VerificationId, Stop> {
    let id = VerificationId(id21(cx.entropy));
    let rp_id = challenge.rp_id.clone();
    keep_record(
        interaction,
        VerificationRecord::WebAuthn(WebAuthnRecord {
            id: id.clone(),
            user_id: user.id.clone(),
            registration,
            challenge: Some(challenge),
            passkey: None,
            verified: false,
        }),
    );
    save(cx, interaction)?;
    cx.because(
        Because::new(
            "experience.webauthn",
            Outcome::Decided,
            "A challenge was drawn for the authenticator",
            "32 random bytes that it signs. The browser ties the signature to this host name, so a copied page can't use it.",
            "WebAuthn 7",
        )
        .input(rp_id),
    );
    Ok(id)
}

/// The waiting ceremony of this person, or why there is none.
fn waiting_record(
    interaction: &Interaction,
    user: &User,
    verification_id: &str,
    registration: bool,
) -> Result<(WebAuthnRecord, Challenge), Stop> {
    let record = match record_by_id(interaction, verification_id)? {
        VerificationRecord::WebAuthn(record) if record.user_id == user.id => record,
        other => return another(&other),
    };
    match record.challenge.clone().filter(|_| record.registration == registration) {
        Some(challenge) => Ok((record, challenge)),
        None => pending(),
    }
}

/// First half of `POST /verification/web-authn/registration/verify`: what the authenticator was asked to sign. Reads
/// only.
///
/// # Errors
/// [`StoreError`](crate::StoreError). Refuses with 404 `session.identifier_not_found`,
/// `session.verification_session_not_found`, 400 `session.mfa.pending_info_not_found`,
/// `session.verification_blocked_too_many_attempts`.
pub fn registration_question(cx: &mut Cx<'_>, interaction_id: &InteractionId, verification_id: &str) -> Ruling<Challenge> {
    decide(cx, Some("check the new passkey".into()), |cx| {
        let (interaction, user) = owned(cx, interaction_id)?;
        guard_not_locked(cx, Counted::Factor(Pool::WebAuthn, &user))?;
        Ok(waiting_record(&interaction, &user, verification_id, true)?.1)
    })
}

/// Second half → 200 `{verificationId}`: keeps the passkey that the server found good, or counts the failure.
///
/// # Errors
/// As [`registration_question`], and 400 `session.mfa.webauthn_verification_failed`.
pub fn record_registration(
    cx: &mut Cx<'_>,
    interaction_id: &InteractionId,
    verification_id: &str,
    asked: &Challenge,
    outcome: Result<Passkey, String>,
) -> Ruling<VerificationId> {
    decide(cx, None, |cx| {
        let (mut interaction, user) = owned(cx, interaction_id)?;
        guard_not_locked(cx, Counted::Factor(Pool::WebAuthn, &user))?;
        let (mut record, challenge) = waiting_record(&interaction, &user, verification_id, true)?;
        let passkey = match outcome {
            Ok(passkey) if challenge == *asked && passkey.rp_id == challenge.rp_id => passkey,
            Ok(_) => return failed(cx, &user, "The ceremony changed while the answer was checked."),
            Err(why) => return failed(cx, &user, &format!("The check found: {why}.")),
        };
        guard_new_credential(cx, &passkey)?;
        let id = record.id.clone();
        // Answered once: the challenge is worth nothing now.
        record.challenge = None;
        record.passkey = Some(passkey);
        record.verified = true;
        keep_record(&mut interaction, VerificationRecord::WebAuthn(record));
        save(cx, &interaction)?;
        passed(
            cx,
            &user,
            "The new passkey is good",
            "The answer fits challenge, origin and host name, and the authenticator verified the person. `POST /profile/mfa` binds it, submission gives it to the account.",
        );
        Ok(id)
    })
}

/// `POST /verification/web-authn/authentication` → 200 `{verificationId, authenticationOptions}`.
///
/// # Errors
/// [`StoreError`](crate::StoreError). Refuses with 404 `session.identifier_not_found`, 400
/// `session.mfa.webauthn_verification_not_found` when the person has no passkey for this host name.
pub fn start_authentication(cx: &mut Cx<'_>, interaction_id: &InteractionId, rp_id: &str) -> Ruling<(VerificationId, Value)> {
    decide(cx, Some("use a passkey".into()), |cx| {
        let (mut interaction, user) = owned(cx, interaction_id)?;
        if passkeys(&user, rp_id).next().is_none() {
            return no_passkey(&user, rp_id, 400);
        }
        let challenge = new_challenge(cx, rp_id);
        let options = request_options(&challenge, Some(&user));
        let id = begin(cx, &mut interaction, &user, challenge, false)?;
        answer(
            cx,
            "200 options",
            "using a passkey",
            format!("{} · using a passkey", user.display_name()),
        );
        waiting(cx, Lane::Experience, "waiting for the person's authenticator");
        Ok((id, options))
    })
}

pub(super) fn no_passkey<T>(user: &User, rp_id: &str, status: u16) -> Result<T, Stop> {
    let elsewhere: Vec<&str> = user
        .mfa_verifications
        .iter()
        .filter_map(|mfa| Some(mfa.passkey()?.rp_id.as_str()))
        .collect();
    refuse(
        ApiError::webauthn_verification_not_found(status).hidden(format!("{} has none for {rp_id}", user.id)),
        Because::new(
            "experience.webauthn",
            Outcome::Refused,
            "There is no passkey for this host name",
            if elsewhere.is_empty() {
                format!("{} has no passkey.", user.display_name())
            } else {
                format!(
                    "{} has passkeys for {}, and a passkey works only under the host name it was made for. Open the page under that one.",
                    user.display_name(),
                    elsewhere.join(", ")
                )
            },
            "WebAuthn 5.1.2",
        )
        .input(rp_id),
    )
}

/// What the server compares an authenticator's answer with.
#[derive(Clone, Debug)]
pub struct AuthenticationQuestion {
    /// What it was asked to sign.
    pub challenge: Challenge,
    /// The credential that answered; `None` when it is unknown, and then there is nothing to compare.
    pub passkey: Option<Passkey>,
}

/// First half of `POST /verification/web-authn/authentication/verify`. Reads only.
///
/// # Errors
/// As [`registration_question`].
pub fn authentication_question(
    cx: &mut Cx<'_>,
    interaction_id: &InteractionId,
    verification_id: &str,
    credential_id: &str,
) -> Ruling<AuthenticationQuestion> {
    decide(cx, Some("check the passkey".into()), |cx| {
        let (interaction, user) = owned(cx, interaction_id)?;
        guard_not_locked(cx, Counted::Factor(Pool::WebAuthn, &user))?;
        let (_, challenge) = waiting_record(&interaction, &user, verification_id, false)?;
        let passkey = passkeys(&user, &challenge.rp_id).find(|passkey| passkey.credential_id == credential_id);
        Ok(AuthenticationQuestion {
            passkey: passkey.cloned(),
            challenge,
        })
    })
}

/// Second half → 200 `{verificationId}`: the counter that the server found in a good answer, or why it was none.
///
/// # Errors
/// As [`authentication_question`], and 400 `session.mfa.webauthn_verification_failed`.
pub fn record_authentication(
    cx: &mut Cx<'_>,
    interaction_id: &InteractionId,
    verification_id: &str,
    question: &AuthenticationQuestion,
    outcome: Result<u32, String>,
) -> Ruling<VerificationId> {
    decide(cx, None, |cx| {
        let (mut interaction, user) = owned(cx, interaction_id)?;
        guard_not_locked(cx, Counted::Factor(Pool::WebAuthn, &user))?;
        let (mut record, challenge) = waiting_record(&interaction, &user, verification_id, false)?;
        if challenge != question.challenge {
            return failed(cx, &user, "The ceremony changed while the answer was checked.");
        }
        use_passkey(cx, &user, question, outcome)?;
        let id = record.id.clone();
        record.challenge = None;
        record.verified = true;
        keep_record(&mut interaction, VerificationRecord::WebAuthn(record));
        save(cx, &interaction)?;
        passed(
            cx,
            &user,
            "The passkey is the person's",
            "The signature, challenge, origin and host name are right, and the authenticator verified the person.",
        );
        Ok(id)
    })
}

/// Notes the use of a passkey, or counts the failure. The person is read at the moment of the decision, so that a
/// counter can't be accepted twice.
pub(super) fn use_passkey(
    cx: &mut Cx<'_>,
    user: &User,
    question: &AuthenticationQuestion,
    outcome: Result<u32, String>,
) -> Result<(), Stop> {
    let counter = match (&question.passkey, outcome) {
        (None, _) => return failed(cx, user, "The answer is of a credential that the person does not have here."),
        (Some(_), Err(why)) => return failed(cx, user, &format!("The check found: {why}.")),
        (Some(_), Ok(counter)) => counter,
    };
    let mut account = user.clone();
    let own = account.mfa_verifications.iter_mut().find_map(|mfa| match mfa {
        MfaVerification::WebAuthn { passkey, last_used_at, .. }
            if question.passkey.as_ref().is_some_and(|asked| {
                asked.credential_id == passkey.credential_id && asked.rp_id == passkey.rp_id && asked.public_key == passkey.public_key
            }) =>
        {
            Some((passkey, last_used_at))
        }
        _ => None,
    });
    let Some((passkey, last_used_at)) = own else {
        return failed(cx, user, "The passkey was removed while the answer was checked.");
    };
    // Section 7.2, step 22. Passkeys that are synchronised always say 0.
    if (counter != 0 || passkey.counter != 0) && counter <= passkey.counter {
        let detail = format!(
            "Its counter says {counter}, and it said {} before. A counter that does not go on means that somebody has a copy of the authenticator.",
            passkey.counter
        );
        return failed(cx, user, &detail);
    }
    passkey.counter = counter;
    *last_used_at = Some(cx.now);
    cx.put(&account)?;
    Ok(())
}

pub(super) fn failed<T>(cx: &mut Cx<'_>, user: &User, detail: &str) -> Result<T, Stop> {
    wrong(
        cx,
        Pool::WebAuthn,
        user,
        ApiError::webauthn_verification_failed().hidden(detail.to_owned()),
        "The passkey was not accepted",
        detail,
    )
}

pub(super) fn passed(cx: &mut Cx<'_>, user: &User, title: &'static str, detail: &'static str) {
    let name = user.display_name();
    cx.trail.patch.user = Some((user.id.clone(), name.clone()));
    cx.because(Because::new("experience.webauthn", Outcome::Passed, title, detail, "WebAuthn 7").input(user.id.0.clone()));
    answer(cx, "200 verificationId", "passkey verified", format!("{name} · passkey verified"));
    waiting(cx, Lane::Experience, "waiting for the page to go on");
}
