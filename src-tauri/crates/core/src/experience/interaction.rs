//! The interaction itself: begin, change the event, look at it (sheet 4.1).

use super::availability::guard_mode;
use super::error::ApiError;
use super::ruling::{Ruling, Stop, answer, begun, decide, load, refuse, save, waiting};
use super::window::is_decided;
use crate::because::{Because, Outcome};
use crate::ids::InteractionId;
use crate::live::Lane;
use crate::port::Cx;
use crate::record::{Interaction, InteractionEvent, InteractionResult, PendingMfa, VerificationRecord};
use serde_json::{Map, Value, json};

/// `PUT /api/experience` → 204. Begins the event and forgets everything an earlier attempt left, an outcome that was
/// not used yet included. The sign-in mode is **not** checked here but at identification (sheet 4.1).
///
/// # Errors
/// [`StoreError`](crate::StoreError). Refuses with 400 `session.not_found`.
pub fn put_interaction(cx: &mut Cx<'_>, interaction_id: &InteractionId, event: InteractionEvent) -> Ruling<()> {
    decide(cx, Some(format!("begin {}", event_words(event)).into()), |cx| {
        let mut interaction = load(cx, interaction_id)?;
        if is_decided(cx, &interaction) {
            interaction.result.interaction_event = Some(event);
            save(cx, &interaction)?;
            cx.arrow(Lane::Interaction, Lane::Experience, "204 begun");
            return Ok(());
        }
        let again = interaction.result.interaction_event.is_some();
        let sign_in_passkey = interaction.result.sign_in_passkey.take();
        interaction.result = InteractionResult {
            interaction_event: Some(event),
            sign_in_passkey,
            ..InteractionResult::default()
        };
        // The person of an abandoned attempt is nobody's business any more.
        cx.trail.patch.user = None;
        save(cx, &interaction)?;
        let detail = if again {
            "The page began again, so what the earlier attempt had verified or filled in was dropped."
        } else {
            "Nothing is verified yet. Whether the sign-in mode allows this is checked at identification, not here."
        };
        cx.because(
            Because::new(
                "experience.begin",
                Outcome::Decided,
                format!("The page began {}", event_words(event)),
                detail,
                "Logto 4.1",
            )
            .input(event_name(event)),
        );
        answer(
            cx,
            "204 begun",
            event_phrase(event),
            format!("On the sign-in page, {}", event_phrase(event)),
        );
        waiting(cx, Lane::Experience, "waiting for the person");
        Ok(())
    })
}

/// `PUT /api/experience/interaction-event` → 204. Changing between `SignIn` and `Register` drops the pending profile
/// and keeps the verification records (sheet 4.1).
///
/// # Errors
/// [`StoreError`](crate::StoreError). Refuses with 403 `auth.forbidden` when the sign-in mode forbids the event and
/// with 400 `session.not_supported_for_forgot_password` on the way to or from `ForgotPassword`.
pub fn put_interaction_event(cx: &mut Cx<'_>, interaction_id: &InteractionId, event: InteractionEvent) -> Ruling<()> {
    decide(cx, Some(format!("change to {}", event_words(event)).into()), |cx| {
        let (mut interaction, before) = begun(cx, interaction_id)?;
        // Whoever was invited by a one-time token may register whatever the mode says (sheet 4.3).
        if !(event == InteractionEvent::Register && interaction.has_verified_one_time_token()) {
            guard_mode(cx, event)?;
        }
        if before != event && [before, event].contains(&InteractionEvent::ForgotPassword) {
            return refuse(
                ApiError::not_supported_for_forgot_password().hidden(format!("{} → {}", event_name(before), event_name(event))),
                Because::new(
                    "experience.event",
                    Outcome::Refused,
                    "Resetting a password can't turn into something else",
                    "`ForgotPassword` can't be exchanged for `SignIn` or `Register`, nor the other way round. The page must begin again with `PUT /api/experience`.",
                    "Logto 4.1",
                )
                .input(format!("{} → {}", event_name(before), event_name(event))),
            );
        }
        let dropped = before != event && !interaction.result.profile.is_empty();
        if before != event {
            interaction.result.profile.clear();
            interaction.result.mfa = PendingMfa::default();
            interaction.result.interaction_event = Some(event);
        }
        save(cx, &interaction)?;
        cx.because(
            Because::new(
                "experience.event",
                Outcome::Decided,
                format!("The page changed to {}", event_words(event)),
                if dropped {
                    "What was filled in for the other event was dropped; verifications stay."
                } else {
                    "Verifications stay."
                },
                "Logto 4.1",
            )
            .input(format!("{} → {}", event_name(before), event_name(event))),
        );
        answer(
            cx,
            "204 changed",
            event_phrase(event),
            format!("On the sign-in page, {}", event_phrase(event)),
        );
        Ok(())
    })
}

/// `GET /api/experience/interaction` → 200: event, person, pending profile and verification records without secrets
/// or hashes (sheet 4.1).
///
/// # Errors
/// [`StoreError`](crate::StoreError). Refuses before the interaction has begun.
pub fn get_interaction(cx: &mut Cx<'_>, interaction_id: &InteractionId) -> Ruling<Value> {
    decide(cx, Some("read the interaction".into()), |cx| {
        let (interaction, event) = begun(cx, interaction_id)?;
        let result = &interaction.result;
        let mut body = json!({
            "interactionEvent": event,
            "profile": public_profile(&result.profile),
            "verificationRecords": result.verification_records.iter().map(public_record).collect::<Vec<_>>(),
        });
        if let Some(user_id) = &result.user_id {
            body["userId"] = json!(user_id);
        }
        if !result.mfa.is_empty() {
            body["mfa"] = result.mfa.public();
        }
        cx.arrow(Lane::Interaction, Lane::Experience, "200 state");
        Ok(body)
    })
}

/// The interaction's state for the window's "Session state" tab: no secret, no hash.
#[must_use]
pub fn snapshot(interaction: &Interaction) -> Value {
    let result = &interaction.result;
    let mut state = json!({
        "uid": interaction.id,
        "clientId": interaction.client_id,
        "prompt": { "name": interaction.prompt, "reasons": interaction.reasons },
        "interactionEvent": result.interaction_event,
        "userId": result.user_id,
        "registered": result.registered,
        "profile": public_profile(&result.profile),
        "verificationRecords": result.verification_records.iter().map(public_record).collect::<Vec<_>>(),
        "exp": interaction.expires_at.seconds(),
    });
    if !result.mfa.is_empty() {
        state["mfa"] = result.mfa.public();
    }
    if let Some(account_id) = &result.login {
        state["login"] = json!({ "accountId": account_id });
    }
    if let Some(grant_id) = &result.consent {
        state["consent"] = json!({ "grantId": grant_id });
    }
    if let Some(error) = &result.error {
        state["error"] = json!(error);
        state["error_description"] = json!(result.error_description);
    }
    if let Some(uid) = &interaction.session_uid {
        state["session"] = json!({ "uid": uid, "accountId": interaction.account_id });
    }
    state
}

/// The pending profile with the password's hash replaced by the fact that there is one.
fn public_profile(profile: &Map<String, Value>) -> Value {
    let mut public = Map::new();
    for (name, value) in profile {
        if name.starts_with("password") {
            public.insert("hasPassword".into(), Value::Bool(true));
        } else {
            public.insert(name.clone(), value.clone());
        }
    }
    Value::Object(public)
}

fn public_record(record: &VerificationRecord) -> Value {
    let mut public = json!({ "type": record.kind(), "id": record.id(), "verified": record.is_verified() });
    match record {
        VerificationRecord::Password { identifier, user_id, .. } => {
            public["identifier"] = json!(identifier);
            public["userId"] = json!(user_id);
        }
        VerificationRecord::NewPasswordIdentity { identifier, .. } | VerificationRecord::OneTimeToken { identifier, .. } => {
            public["identifier"] = json!(identifier);
        }
        VerificationRecord::Social(record) => {
            public["connectorId"] = json!(record.connector_id);
            public["socialUserInfo"] = json!(record.user_info);
        }
        VerificationRecord::EnterpriseSso(record) => {
            public["connectorId"] = json!(record.connector_id);
            public["issuer"] = json!(record.issuer);
            public["enterpriseSsoUserInfo"] = json!(record.user_info);
        }
        VerificationRecord::DevelopmentSignIn { user_id, .. } => public["userId"] = json!(user_id),
        VerificationRecord::Totp { user_id, .. } | VerificationRecord::BackupCode { user_id, .. } => public["userId"] = json!(user_id),
        VerificationRecord::WebAuthn(record) => public["userId"] = json!(record.user_id),
        VerificationRecord::SignInPasskey { user_id, .. } => {
            if let Some(user_id) = user_id {
                public["userId"] = json!(user_id);
            }
        }
        VerificationRecord::EmailVerificationCode(code)
        | VerificationRecord::PhoneVerificationCode(code)
        | VerificationRecord::MfaEmailVerificationCode(code)
        | VerificationRecord::MfaPhoneVerificationCode(code) => {
            public["identifier"] = json!(code.identifier);
            public["templateType"] = json!(code.template);
        }
    }
    public
}

/// The record with this id, or 404 `session.verification_session_not_found`.
pub(super) fn record_by_id(interaction: &Interaction, id: &str) -> Result<VerificationRecord, Stop> {
    let records = &interaction.result.verification_records;
    match records.iter().find(|record| record.id().as_str() == id) {
        Some(record) => Ok(record.clone()),
        None => refuse(
            ApiError::verification_session_not_found().hidden(format!("{} other records are kept", records.len())),
            Because::new(
                "experience.verification_record",
                Outcome::Refused,
                "There is no verification with this id",
                "One record per type is kept. A newer one replaces it, and `PUT /api/experience` drops them all.",
                "Logto 4.3",
            )
            .input(id.chars().take(64).collect::<String>()),
        ),
    }
}

/// 404: the record is of another type, or another person's.
pub(super) fn another<T>(record: &VerificationRecord) -> Result<T, Stop> {
    refuse(
        ApiError::verification_session_not_found().hidden(format!("the record is of type {}", record.kind())),
        Because::new(
            "experience.verification_record",
            Outcome::Refused,
            "This verification is for something else",
            "The id belongs to a verification of another type or of another person.",
            "Logto 4.3",
        ),
    )
}

/// Adds a record; at most one per type is kept, a newer one replaces (sheet 4.3). Where a new factor replaces the proof of
/// one's own, the proof is set aside: whoever has just used a passkey may add another.
pub(super) fn keep_record(interaction: &mut Interaction, record: VerificationRecord) {
    let kind = std::mem::discriminant(&record);
    let result = &mut interaction.result;
    let records = &mut result.verification_records;
    if record.is_new_factor()
        && let Some(old) = records.iter().find(|old| std::mem::discriminant(*old) == kind)
        && old.is_verified()
        && !old.is_new_factor()
    {
        result.set_aside.retain(|other| std::mem::discriminant(other) != kind);
        result.set_aside.push(old.clone());
    }
    records.retain(|old| std::mem::discriminant(old) != kind);
    records.push(record);
}

/// Logto's name of an event.
pub(super) const fn event_name(event: InteractionEvent) -> &'static str {
    match event {
        InteractionEvent::SignIn => "SignIn",
        InteractionEvent::Register => "Register",
        InteractionEvent::ForgotPassword => "ForgotPassword",
    }
}

const fn event_words(event: InteractionEvent) -> &'static str {
    match event {
        InteractionEvent::SignIn => "a sign-in",
        InteractionEvent::Register => "a registration",
        InteractionEvent::ForgotPassword => "a password reset",
    }
}

const fn event_phrase(event: InteractionEvent) -> &'static str {
    match event {
        InteractionEvent::SignIn => "signing in",
        InteractionEvent::Register => "creating an account",
        InteractionEvent::ForgotPassword => "resetting a password",
    }
}
