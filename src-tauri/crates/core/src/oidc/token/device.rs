//! `grant_type=urn:ietf:params:oauth:grant-type:device_code`: a device asks whether its person has answered (RFC 8628
//! sections 3.4 and 3.5; sheet 1.14 and 1.22).

use super::code::first_tokens;
use super::{TokenForm, TokenReply, refused};
use crate::because::{Because, Outcome};
use crate::experience::DENIALS;
use crate::live::{Lane, LiveStatus, StepKind};
use crate::model::Application;
use crate::oidc::OidcError;
use crate::port::{Cx, StoreError};
use crate::record::{DeviceCode, DeviceState, Grant, token_key};

/// What `slow_down` adds to the interval, in **seconds** (RFC 8628 section 3.5).
const STEP: i64 = 5;
/// The interval grows no further than this, in **seconds**.
const LONGEST: i64 = 60;
/// How much earlier than agreed a poll may come, in **milliseconds**: clocks and networks are not exact.
const LEEWAY: i64 = 500;

/// Answers a poll. Waiting is no refusal: the session goes on, and what repeats itself is only counted.
///
/// # Errors
/// The store failed; or, inside, the refusal.
pub fn redeem_device_code(
    cx: &mut Cx<'_>,
    app: &Application,
    form: &TokenForm,
    issuer: &str,
) -> Result<Result<TokenReply, OidcError>, StoreError> {
    cx.arrow(Lane::Client, Lane::Provider, "POST /oidc/token · device code");
    let Some(text) = form.get("device_code") else {
        return Ok(Err(refused(cx, OidcError::missing("device_code"))));
    };
    let Some(code) = cx.get::<DeviceCode>(&token_key(text))? else {
        let why = "no such device code; it expired long ago, was never issued here, or was cut off";
        return Ok(Err(refused(cx, OidcError::invalid_grant(why))));
    };
    cx.trail.live = Some(code.live.clone());
    if code.client_id != app.id {
        let why = format!("the device code was issued to `{}`, not to `{}`", code.client_id, app.id);
        return Ok(Err(refused(cx, OidcError::invalid_grant(why))));
    }
    let mut code = (*code).clone();
    let outdated = code.valid_until <= cx.now;
    let error = match code.state.clone() {
        DeviceState::Used { grant_id } => {
            if let Some(grant_id) = grant_id {
                cx.delete::<Grant>(grant_id.as_str())?;
                cx.because(Because::new(
                    "token.device_code_replay",
                    Outcome::Refused,
                    "The device code was used before, so everything it led to was revoked.",
                    "A device code works once. A second use means that somebody else may have it, so the grant and all its tokens have ended. Devices stop asking once they have tokens.",
                    "RFC 6749 10.5, Logto 1.22",
                ));
                OidcError::invalid_grant("device code already used; the grant and its tokens were revoked")
            } else {
                OidcError::invalid_grant("the device was told before that it gets no tokens")
            }
        }
        _ if outdated => return Ok(Err(expired(cx, &code))),
        DeviceState::Waiting => return wait(cx, code, "Nobody has typed the user code yet.").map(Err),
        DeviceState::InFlight { .. } => return wait(cx, code, "A person typed the user code and is signing in.").map(Err),
        DeviceState::Denied { error, description } => {
            code.state = DeviceState::Used { grant_id: None };
            cx.put(&code)?;
            let error = DENIALS.into_iter().find(|known| *known == error).unwrap_or(DENIALS[0]);
            OidcError::new(400, error, description.unwrap_or_default())
        }
        DeviceState::Approved { authorized } => {
            let outcome = first_tokens(cx, app, form, issuer, &authorized, |cx| {
                code.state = DeviceState::Used {
                    grant_id: Some(authorized.grant_id.clone()),
                };
                cx.put(&code)
            })?;
            match outcome {
                Ok(reply) => return Ok(Ok(reply)),
                Err(error) => error,
            }
        }
    };
    Ok(Err(refused(cx, error)))
}

fn expired(cx: &mut Cx<'_>, code: &DeviceCode) -> OidcError {
    let error = OidcError::expired_token("the device code has expired").detail(format!(
        "it ended {} s ago; the device has to begin again with `POST /oidc/device/auth`",
        cx.now.seconds_since(code.valid_until)
    ));
    let error = refused(cx, error);
    cx.trail.patch.status = Some(LiveStatus::Expired);
    cx.trail.patch.headline = Some("nobody answered in time".into());
    error
}

/// `authorization_pending`, or `slow_down` to a device that asks too often.
fn wait(cx: &mut Cx<'_>, mut code: DeviceCode, why: &'static str) -> Result<OidcError, StoreError> {
    cx.trail.kind = StepKind::DevicePoll;
    let early = code
        .polled_at
        .map(|last| code.interval * 1000 - (cx.now.0 - last.0))
        .filter(|early| *early > LEEWAY);
    let first_warning = early.is_some() && code.interval == crate::oidc::device::INTERVAL;
    if !first_warning {
        cx.spare_words();
    }
    let error = if let Some(early) = early {
        let agreed = code.interval;
        code.interval = (code.interval + STEP).min(LONGEST);
        cx.because(Because::new(
            "token.slow_down",
            Outcome::Decided,
            "The device asks too often.",
            format!(
                "{agreed} s were agreed between two polls, and this one came {} ms early. From now on it is {} s. {why}",
                early, code.interval
            ),
            "RFC 8628 3.5",
        ));
        let error = OidcError::slow_down(format!(
            "the device asks too often; wait {} seconds between two requests",
            code.interval
        ));
        cx.trail.error = Some(error.step());
        error
    } else {
        cx.because(Because::new(
            "token.authorization_pending",
            Outcome::Decided,
            "The device has to wait.",
            format!("{why} It may ask again in {} s.", code.interval),
            "RFC 8628 3.5, Logto 1.22",
        ));
        OidcError::authorization_pending("the person has not answered yet")
    };
    code.polled_at = Some(cx.now);
    cx.put(&code)?;
    cx.arrow(Lane::Provider, Lane::Client, format!("{} {}", error.status, error.error));
    Ok(error)
}
