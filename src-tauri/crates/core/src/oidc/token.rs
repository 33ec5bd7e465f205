//! The token endpoint: `authorization_code`, `refresh_token`, `client_credentials`, the device code (sheet 1.5, 1.6, 1.13 to 1.16).
//!
//! These rules decide and write; signing happens outside, on the claims they return.

mod client_credentials;
mod code;
mod device;
mod issue;
mod refresh;

pub use client_credentials::client_credentials;
pub use code::redeem_code;
pub use device::redeem_device_code;
pub use issue::{AccessTokenOut, TokenReply};
pub use refresh::refresh;

use super::OidcError;
use crate::because::{Because, Outcome};
use crate::live::{Lane, LiveStatus, StepKind};
use crate::model::{Application, ApplicationType, User};
use crate::port::{Cx, StoreError};
use crate::record::{Authorized, Grant, Index};
use std::sync::Arc;

/// The form of a token request, after client authentication.
#[derive(Clone, Debug, Default)]
pub struct TokenForm {
    /// Decoded pairs in order.
    pub pairs: Vec<(String, String)>,
}

impl TokenForm {
    /// A single value; empty counts as absent.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.as_str())
    }

    /// All `resource` values, comma-separated ones split.
    #[must_use]
    pub fn resources(&self) -> Vec<&str> {
        self.pairs
            .iter()
            .filter(|(n, _)| n == "resource")
            .flat_map(|(_, v)| v.split(','))
            .map(str::trim)
            .filter(|v| !v.is_empty())
            .collect()
    }

    /// The one resource of a token request (RFC 8707 section 2.2; sheet 1.15).
    ///
    /// # Errors
    /// `invalid_target` for several.
    pub fn resource(&self) -> Result<Option<&str>, OidcError> {
        match self.resources().as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(one)),
            _ => Err(OidcError::invalid_target(
                "only a single resource indicator value must be requested/resolved during Access Token Request",
            )),
        }
    }
}

/// Which grant a request names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantType {
    /// `authorization_code`.
    AuthorizationCode,
    /// `refresh_token`.
    RefreshToken,
    /// `client_credentials`.
    ClientCredentials,
    /// `urn:ietf:params:oauth:grant-type:device_code`.
    DeviceCode,
}

/// Reads `grant_type` and checks that the application may use it (sheet 1.14, 8.2).
///
/// # Errors
/// `invalid_request` or `unsupported_grant_type`.
pub fn grant_type(form: &TokenForm, app: &Application) -> Result<GrantType, OidcError> {
    for name in [
        "grant_type",
        "code",
        "redirect_uri",
        "code_verifier",
        "refresh_token",
        "device_code",
        "scope",
        "organization_id",
    ] {
        if form.pairs.iter().filter(|(n, _)| n == name).count() > 1 {
            return Err(OidcError::invalid_request(format!("'{name}' parameter must not be provided twice")));
        }
    }
    let not_allowed = || OidcError::invalid_request("requested grant type is not allowed for this client");
    let grant = match form.get("grant_type").ok_or_else(|| OidcError::missing("grant_type"))? {
        "authorization_code" => GrantType::AuthorizationCode,
        "refresh_token" => GrantType::RefreshToken,
        "client_credentials" => GrantType::ClientCredentials,
        super::device::GRANT_TYPE => GrantType::DeviceCode,
        // Advertised by Logto, not registered for any application here yet.
        "implicit" | "urn:ietf:params:oauth:grant-type:token-exchange" => return Err(not_allowed()),
        _ => return Err(OidcError::unsupported_grant_type("unsupported grant_type requested")),
    };
    let machine = app.kind == ApplicationType::MachineToMachine;
    let allowed = match grant {
        GrantType::ClientCredentials => machine,
        GrantType::AuthorizationCode => !machine && !app.is_device_flow(),
        GrantType::RefreshToken => !machine,
        GrantType::DeviceCode => app.is_device_flow(),
    };
    if allowed { Ok(grant) } else { Err(not_allowed()) }
}

/// What a code or refresh token still stands for: the person, the grant and, unless offline, the session.
struct Standing {
    user: Arc<User>,
    grant: Arc<Grant>,
}

/// Checks that what was authorized still holds (sheet 1.6 "session bound").
fn standing(cx: &Cx<'_>, authorized: &Authorized) -> Result<Result<Standing, OidcError>, StoreError> {
    let Some(grant) = cx.get::<Grant>(authorized.grant_id.as_str())? else {
        return Ok(Err(OidcError::invalid_grant(
            "the grant was revoked, has expired, or ended at sign-out",
        )));
    };
    let Some(user) = cx.get::<User>(authorized.account_id.as_str())? else {
        return Ok(Err(OidcError::invalid_grant("the person was deleted")));
    };
    if user.is_suspended {
        return Ok(Err(OidcError::invalid_grant("the person is suspended")));
    }
    if !authorized.offline && !session_lives(cx, authorized.session_uid.as_str())? {
        return Ok(Err(OidcError::invalid_grant(
            "the browser session has ended, and offline_access was not granted",
        )));
    }
    Ok(Ok(Standing { user, grant }))
}

/// Whether the session behind an opaque token still lives.
///
/// # Errors
/// When the store can't be read.
pub fn session_lives(cx: &Cx<'_>, uid: &str) -> Result<bool, StoreError> {
    Ok(!cx.find_ids(&Index::SessionUid.entry(uid), 1)?.is_empty())
}

/// Notes a refusal on the trail and hands the error back.
#[must_use]
pub fn refused(cx: &mut Cx<'_>, error: OidcError) -> OidcError {
    cx.trail.kind = StepKind::Token;
    if !cx.trail.because.iter().any(|b| b.outcome == Outcome::Refused) {
        let why = error
            .detail
            .clone()
            .or_else(|| error.description.clone())
            .unwrap_or_else(|| error.message().to_owned());
        let hidden = if error.detail.is_some() { " The wire does not say so." } else { "" };
        cx.because(Because::new(
            "token.refused",
            Outcome::Refused,
            format!("Refused with `{}`.", error.error),
            format!("Reason: {why}.{hidden}"),
            "RFC 6749 5.2, Logto 8.2",
        ));
    }
    if cx.trail.arrows.is_empty() {
        // Refused before it was known which grant it is about.
        cx.arrow(Lane::Client, Lane::Provider, "POST /oidc/token");
    }
    cx.arrow(Lane::Provider, Lane::Client, format!("{} {}", error.status, error.error));
    cx.trail.error = Some(error.step());
    let patch = &mut cx.trail.patch;
    patch.status = Some(LiveStatus::Failed);
    patch.outcome = Some(error.error.into());
    patch.headline = Some(
        error
            .detail
            .clone()
            .or_else(|| error.description.clone())
            .unwrap_or_default()
            .into(),
    );
    error
}
