//! Protocol errors, with the reason that stays inside (sheet chapter 8).

use crate::live::StepError;
use crate::port::StoreError;

/// An error of the OIDC endpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OidcError {
    /// HTTP status when it is answered as JSON.
    pub status: u16,
    /// OAuth `error`.
    pub error: &'static str,
    /// OAuth `error_description`, as Logto words it on the wire.
    pub description: Option<String>,
    /// The engine's own reason: shown in the window, never sent.
    pub detail: Option<String>,
    /// `scope` member, for scope errors.
    pub scope: Option<String>,
    /// Whether Logto's `code` is `session.not_found` instead of `oidc.<error>`.
    pub session_not_found: bool,
    /// The scheme of the `WWW-Authenticate` challenge to add, if any.
    pub challenge: Option<Challenge>,
}

/// Which challenge a 401 carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Challenge {
    /// The client used HTTP Basic (RFC 6749 section 5.2).
    Basic,
    /// A bearer token was missing or bad (RFC 6750 section 3).
    Bearer,
}

macro_rules! errors {
    ($($(#[$doc:meta])* $name:ident = $status:literal $error:literal),+ $(,)?) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name(description: impl Into<String>) -> Self {
            Self::new($status, $error, description)
        }
    )+};
}

impl OidcError {
    /// An error with a description.
    #[must_use]
    pub fn new(status: u16, error: &'static str, description: impl Into<String>) -> Self {
        let description = description.into();
        Self {
            status,
            error,
            description: (!description.is_empty()).then_some(description),
            detail: None,
            scope: None,
            session_not_found: false,
            challenge: None,
        }
    }

    errors! {
        /// RFC 6749 section 4.1.2.1.
        invalid_request = 400 "invalid_request",
        /// RFC 6749 section 5.2; Logto answers 400 to an unknown client (sheet 1.13).
        unknown_client = 400 "invalid_client",
        /// RFC 6749 section 5.2, after a failed authentication.
        invalid_client = 401 "invalid_client",
        /// Logto's own code (sheet 1.9).
        invalid_redirect_uri = 400 "invalid_redirect_uri",
        /// RFC 9126 and OIDC Core 6.
        invalid_request_uri = 400 "invalid_request_uri",
        /// OIDC Core 3.1.2.6.
        request_not_supported = 400 "request_not_supported",
        /// OIDC Core 3.1.2.6.
        registration_not_supported = 400 "registration_not_supported",
        /// RFC 6749 section 4.1.2.1.
        unsupported_response_type = 400 "unsupported_response_type",
        /// OAuth 2.0 Multiple Response Types.
        unsupported_response_mode = 400 "unsupported_response_mode",
        /// RFC 6749 section 5.2.
        unsupported_grant_type = 400 "unsupported_grant_type",
        /// RFC 6749 section 5.2.
        invalid_scope = 400 "invalid_scope",
        /// RFC 6749 section 5.2.
        unauthorized_client = 400 "unauthorized_client",
        /// RFC 8628 section 3.5: not an answer yet.
        authorization_pending = 400 "authorization_pending",
        /// RFC 8628 section 3.5: as [`Self::authorization_pending`], to a device that asks too often.
        slow_down = 400 "slow_down",
        /// RFC 8628 section 3.5.
        expired_token = 400 "expired_token",
        /// RFC 8707 section 2.
        invalid_target = 400 "invalid_target",
        /// OIDC Core 3.1.2.6.
        login_required = 400 "login_required",
        /// OIDC Core 3.1.2.6.
        consent_required = 400 "consent_required",
        /// OIDC Core 3.1.2.6.
        interaction_required = 400 "interaction_required",
        /// RFC 6749 section 4.1.2.1; organization rules answer 403 (sheet 1.16).
        forbidden = 403 "access_denied",
        /// RFC 6750 section 3.1.
        insufficient_scope = 403 "insufficient_scope",
        /// RFC 6750 section 3.1.
        invalid_token = 401 "invalid_token",
        /// RFC 7009 section 2.2.1.
        unsupported_token_type = 400 "unsupported_token_type",
    }

    /// `invalid_grant` with Logto's one description for every cause; the cause is the hidden detail.
    #[must_use]
    pub fn invalid_grant(detail: impl Into<String>) -> Self {
        Self::new(400, "invalid_grant", "grant request is invalid").detail(detail)
    }

    /// "missing required parameter '<p>'".
    #[must_use]
    pub fn missing(parameter: &str) -> Self {
        Self::invalid_request(format!("missing required parameter '{parameter}'"))
    }

    /// The authorization request is gone: expired, finished, or its cookie is lost (sheet 3.4).
    #[must_use]
    pub fn session_not_found(detail: impl Into<String>) -> Self {
        let mut error = Self::invalid_request("authorization request has expired").detail(detail);
        error.session_not_found = true;
        error
    }

    /// Adds the hidden reason.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Adds the `scope` member.
    #[must_use]
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scope = Some(scope.into());
        self
    }

    /// Adds a challenge.
    #[must_use]
    pub const fn challenge(mut self, challenge: Challenge) -> Self {
        self.challenge = Some(challenge);
        self
    }

    /// Logto's `code` member (sheet 8.1).
    #[must_use]
    pub fn code(&self) -> String {
        if self.session_not_found {
            "session.not_found".to_owned()
        } else {
            format!("oidc.{}", self.error)
        }
    }

    /// Logto's `message` member: one plain sentence per code.
    #[must_use]
    pub fn message(&self) -> &'static str {
        if self.session_not_found {
            return "This sign-in is no longer open. Go back to the application and start again.";
        }
        match self.error {
            "invalid_request" => "The request is invalid.",
            "invalid_client" => "The client is invalid.",
            "invalid_redirect_uri" => "The redirect_uri is not registered with this application.",
            "invalid_request_uri" => "The request_uri is invalid, expired or already used.",
            "request_not_supported" => "The request parameter is not supported.",
            "registration_not_supported" => "The registration parameter is not supported.",
            "unsupported_response_type" => "This response_type is not supported.",
            "unsupported_response_mode" => "This response_mode is not supported.",
            "unsupported_grant_type" => "This grant_type is not supported.",
            "invalid_grant" => "The grant request is invalid.",
            "invalid_scope" => "A requested scope is invalid.",
            "insufficient_scope" => "The token lacks a required scope.",
            "invalid_target" => "The requested resource is invalid.",
            "invalid_token" => "The token is invalid.",
            "login_required" => "The person must sign in.",
            "consent_required" => "The person must give consent.",
            "interaction_required" => "The person must interact with the sign-in pages.",
            "access_denied" => "Access is denied.",
            "unauthorized_client" => "The client may not do this.",
            "authorization_pending" => "The person has not answered yet.",
            "slow_down" => "The device asks too often.",
            "expired_token" => "The device code has expired.",
            "unsupported_token_type" => "This kind of token is not supported here.",
            _ => "The provider can't fulfil this request.",
        }
    }

    /// As a step shows it.
    #[must_use]
    pub fn step(&self) -> StepError {
        StepError {
            error: self.error.to_owned(),
            description: self.description.clone().unwrap_or_default(),
            detail: self.detail.clone(),
        }
    }
}

impl From<StoreError> for OidcError {
    fn from(error: StoreError) -> Self {
        let mut out = Self::new(500, "server_error", "the provider could not read or write its data");
        out.detail = Some(error.to_string());
        out
    }
}
