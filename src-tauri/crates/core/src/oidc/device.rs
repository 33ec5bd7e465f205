//! The device authorization grant (RFC 8628; sheet 1.22): a device without a browser shows a code, a person types it
//! somewhere else and signs in there, and the device asks until it has an answer.
//!
//! [`begin`] is `POST /oidc/device/auth`. What the person does is in [`verification`](verify); it ends in [`approve`] or
//! [`deny`]. The device's polls are in [`super::token::redeem_device_code`].

mod verification;

pub use verification::{Form, Problem, Shown, Verification, find, over, verify};

use super::authorize::{Reply, read_parameters};
use super::request::{self, RawRequest, ValidRequest};
use super::{OidcError, secrets};
use crate::because::{Because, Outcome};
use crate::entropy::{timed21, timed43, user_code};
use crate::ids::{InteractionId, LiveId};
use crate::live::{Lane, LiveStatus, ParamOrigin, StepKind, TokenView};
use crate::model::{Application, User};
use crate::port::{Cx, StoreError};
use crate::record::{Authorized, DeviceCode, DeviceState, Index, token_key};
use crate::secret::Secret;
use serde_json::json;
use std::sync::Arc;

/// `grant_type` of a poll.
pub const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// Lifetime of a device code in **seconds** (sheet 1.6).
pub const DEVICE_CODE_TTL: i64 = 600;
/// How long an old device code is remembered, so that late polls and replays are recognised, in **seconds**.
const DEVICE_CODE_MEMORY: i64 = 3600;
/// How long a device waits between two polls, in **seconds**: what RFC 8628 section 3.2 says for a response without
/// `interval`, as Logto's is.
pub(super) const INTERVAL: i64 = 5;

/// What the device is answered, beside the addresses.
pub struct Begun {
    /// What it polls with.
    pub device_code: Secret,
    /// What it shows: four letters, a dash, four letters.
    pub user_code: String,
}

/// `POST /oidc/device/auth`, after client authentication. Stores the code that the person will decide about.
///
/// # Errors
/// The store failed; or, inside, the refusal.
pub fn begin(cx: &mut Cx<'_>, app: &Application, mut raw: RawRequest) -> Result<Result<Begun, OidcError>, StoreError> {
    cx.trail.kind = StepKind::DeviceAuthorization;
    let live = cx.trail.live.get_or_insert_with(|| LiveId(timed21(cx.now, cx.entropy))).clone();
    cx.arrow(Lane::Client, Lane::Provider, "POST /oidc/device/auth");
    raw.pairs
        .retain(|(name, _)| !matches!(name.as_str(), "client_secret" | "client_assertion" | "client_assertion_type"));
    if !app.is_device_flow() {
        cx.because(Because::new(
            "device.not_allowed",
            Outcome::Refused,
            "This application may not use the device flow.",
            format!(
                "`{}` lacks `isDeviceFlow`, which only a Native application can have and which is chosen when it is created.",
                app.name
            ),
            "RFC 6749 5.2, Logto 1.7",
        ));
        return Ok(Err(refused(
            cx,
            OidcError::unauthorized_client(format!("{GRANT_TYPE} is not allowed for this client")),
        )));
    }
    let text = timed43(cx.now, cx.entropy);
    let key = token_key(&text);
    let mut request = match request::validate_device(cx, Arc::new(app.clone()), &raw, &key)? {
        Ok(request) => request,
        Err(error) => return Ok(Err(refused(cx, error))),
    };
    read_parameters(cx, &request)?;
    let mut shown = user_code(cx.entropy);
    while !cx.find_ids(&Index::UserCode.entry(shown.as_str()), 1)?.is_empty() {
        shown = user_code(cx.entropy);
    }
    let valid_until = cx.now.plus_seconds(DEVICE_CODE_TTL);
    // The hint was checked; its text is not kept.
    request.params.remove("id_token_hint");
    let (params, sealed_params) = secrets::split(cx, request.params.clone());
    let code = DeviceCode {
        key,
        user_code: shown,
        live,
        client_id: app.id.clone(),
        params,
        sealed_params,
        resources: request.indicators(),
        hint_sub: request.hint_sub.clone(),
        state: DeviceState::Waiting,
        interval: INTERVAL,
        polled_at: None,
        valid_until,
        expires_at: cx.now.plus_seconds(DEVICE_CODE_MEMORY),
    };
    cx.put(&code)?;
    cx.because(Because::new(
        "device.begun",
        Outcome::Passed,
        "Gave the device a device code and a user code.",
        format!(
            "The device shows the user code and asks at the token endpoint every {INTERVAL} s. A person has {} minutes to type it at `/device`.",
            DEVICE_CODE_TTL / 60
        ),
        "RFC 8628 3.2, Logto 1.22",
    ));
    cx.trail.tokens.push(TokenView {
        name: "device_code".into(),
        format: "opaque".into(),
        header: None,
        claims: json!({ "client_id": app.id, "scope": request.scopes().join(" "), "iat": cx.now.seconds(), "exp": valid_until.seconds() }),
        provenance: Vec::new(),
        absent: Vec::new(),
        expires_at: valid_until,
    });
    cx.arrow(Lane::Provider, Lane::Client, "200 device_code, user_code");
    let patch = &mut cx.trail.patch;
    patch.status = Some(LiveStatus::Waiting);
    patch.outcome = Some("user code shown".into());
    patch.headline = Some("a device shows a code and waits for a person".into());
    patch.waiting_for = Some("waiting for a person to type the code".into());
    patch.waiting_on = Some(Lane::Experience);
    patch.expires_at = Some(valid_until);
    Ok(Ok(Begun {
        device_code: Secret::new(text),
        user_code: verification::with_dash(&code.user_code),
    }))
}

fn refused(cx: &mut Cx<'_>, error: OidcError) -> OidcError {
    if !cx.trail.because.iter().any(|b| b.outcome == Outcome::Refused) {
        cx.because(Because::new(
            "device.refused",
            Outcome::Refused,
            format!("Refused with `{}`.", error.error),
            format!(
                "Reason: {}.",
                error.detail.as_ref().or(error.description.as_ref()).map_or("", String::as_str)
            ),
            "RFC 8628 3.1, Logto 1.22",
        ));
    }
    cx.arrow(Lane::Provider, Lane::Client, format!("{} {}", error.status, error.error));
    cx.trail.error = Some(error.step());
    let patch = &mut cx.trail.patch;
    patch.status = Some(LiveStatus::Failed);
    patch.outcome = Some(error.error.into());
    patch.headline = error.description.clone().map(Into::into);
    error
}

/// The request behind a device code, checked again against what is registered now.
///
/// # Errors
/// The store failed; or, inside, why it is no longer valid.
pub(super) fn revive(cx: &mut Cx<'_>, key: &str) -> Result<Result<ValidRequest, OidcError>, StoreError> {
    let gone = |why: &str| Ok(Err(OidcError::invalid_request("the device code is no longer valid").detail(why)));
    let Some(code) = cx.get::<DeviceCode>(key)? else {
        return gone("the device code expired and was forgotten");
    };
    let Some(app) = cx.get::<Application>(code.client_id.as_str())?.filter(|app| app.is_device_flow()) else {
        return gone("the application was deleted, or may not use the device flow any more");
    };
    let params = secrets::join(cx, code.params.clone(), code.sealed_params.clone())?;
    let mut pairs: Vec<(String, String)> = params.into_iter().collect();
    pairs.extend(code.resources.iter().map(|r| ("resource".to_owned(), r.clone())));
    let raw = RawRequest {
        pairs,
        origin: ParamOrigin::Body,
        hint: None,
    };
    let (said, rows) = (cx.trail.because.len(), std::mem::take(&mut cx.trail.params));
    let mut outcome = request::validate_device(cx, app, &raw, key)?;
    if let Ok(request) = &mut outcome {
        request.hint_sub.clone_from(&code.hint_sub);
    }
    cx.trail.params = rows;
    if outcome.is_ok() {
        cx.trail.because.truncate(said);
    }
    Ok(outcome)
}

/// The person let the application in: the device's next poll brings it tokens (RFC 8628 section 3.5).
///
/// # Errors
/// When the store fails.
pub(super) fn approve(
    cx: &mut Cx<'_>,
    key: &str,
    authorized: Authorized,
    user: &User,
    finished: Option<InteractionId>,
) -> Result<Reply, StoreError> {
    let Some(code) = cx.get::<DeviceCode>(key)? else {
        return Ok(leave(Problem::Expired, finished));
    };
    let mut code = (*code).clone();
    code.state = DeviceState::Approved {
        authorized: Box::new(authorized),
    };
    cx.put(&code)?;
    cx.because(Because::new(
        "device.approved",
        Outcome::Passed,
        "The device may have its tokens.",
        format!(
            "{} confirmed the code, signed in and gave consent. The device learns it when it asks next.",
            user.display_name()
        ),
        "RFC 8628 3.3, Logto 1.22",
    ));
    cx.arrow(Lane::Provider, Lane::Experience, "302 /device/success");
    let patch = &mut cx.trail.patch;
    patch.status = Some(LiveStatus::Waiting);
    patch.outcome = Some("device approved".into());
    patch.headline = Some(format!("{} let the device in", user.display_name()).into());
    patch.waiting_for = Some("waiting for the device to ask".into());
    patch.waiting_on = Some(Lane::Client);
    patch.expires_at = Some(code.valid_until);
    Ok(Reply::Device {
        location: SUCCESS.to_owned(),
        session: None,
        finished,
    })
}

/// Where a browser ends that let a device in (sheet 1.22).
const SUCCESS: &str = "/device/success";

/// The person, or a rule on the way, said no: the device's next poll brings it this error.
///
/// # Errors
/// When the store fails.
pub(super) fn deny(
    cx: &mut Cx<'_>,
    key: &str,
    error: &str,
    description: Option<&str>,
    finished: Option<InteractionId>,
) -> Result<Reply, StoreError> {
    let Some(code) = cx.get::<DeviceCode>(key)? else {
        return Ok(leave(Problem::Expired, finished));
    };
    let mut code = (*code).clone();
    code.state = DeviceState::Denied {
        error: error.to_owned(),
        description: description.map(str::to_owned),
    };
    cx.put(&code)?;
    cx.because(
        Because::new(
            "device.denied",
            Outcome::Refused,
            "The device gets no tokens.",
            format!(
                "Its next poll is answered with `{error}`{}.",
                description.map(|d| format!(": {d}")).unwrap_or_default()
            ),
            "RFC 8628 3.5, Logto 1.22",
        )
        .input(error),
    );
    cx.arrow(Lane::Provider, Lane::Experience, "302 /device");
    let patch = &mut cx.trail.patch;
    patch.status = Some(LiveStatus::Failed);
    patch.outcome = Some(error.to_owned().into());
    patch.headline = Some("the device was not let in".into());
    Ok(leave(Problem::Aborted, finished))
}

/// The page of the code, with what went wrong.
fn leave(problem: Problem, finished: Option<InteractionId>) -> Reply {
    Reply::Device {
        location: problem.page(None),
        session: None,
        finished,
    }
}
