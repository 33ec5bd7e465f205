//! What the Experience API answers when it refuses (sheet 4 and 8.1): Logto's codes and statuses, our own words.

mod codes;
mod connectors;

use super::password_policy::Issue;
use crate::record::Identifier;
use crate::time::Timestamp;
use serde_json::{Value, json};

/// A refusal of an `/api/*` route: HTTP status and the body `{code, message, data?, details?}` (sheet 8.1).
#[derive(Clone, Debug, PartialEq)]
pub struct ApiError {
    /// HTTP status.
    pub status: u16,
    /// Logto's dotted code; clients and pages branch on it.
    pub code: &'static str,
    /// For people: what happened, then what to do.
    pub message: String,
    /// Facts a page needs to go on.
    pub data: Option<Box<Value>>,
    /// What exactly was wrong with the input (`guard.invalid_input`).
    pub details: Option<String>,
    /// A few words for the window's list: "wrong password".
    pub phrase: &'static str,
    /// The engine's own reason. It goes to the window, **never** into [`ApiError::body`].
    pub hidden: Option<String>,
}

impl ApiError {
    pub(super) fn new(status: u16, code: &'static str, phrase: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            data: None,
            details: None,
            phrase,
            hidden: None,
        }
    }

    /// The same refusal with the reason that stays inside.
    #[must_use]
    pub fn hidden(mut self, reason: impl Into<String>) -> Self {
        self.hidden = Some(reason.into());
        self
    }

    pub(super) fn data(mut self, data: Value) -> Self {
        self.data = Some(Box::new(data));
        self
    }

    /// The JSON body as sent. The hidden reason is not in it.
    #[must_use]
    pub fn body(&self) -> Value {
        let mut body = json!({ "code": self.code, "message": self.message });
        if let Some(data) = &self.data {
            body["data"] = data.as_ref().clone();
        }
        if let Some(details) = &self.details {
            body["details"] = json!(details);
        }
        body
    }

    /// No interaction belongs to the request: no cookie, or it ended (400, sheet 3.4).
    #[must_use]
    pub fn session_not_found() -> Self {
        Self::new(
            400,
            "session.not_found",
            "no interaction",
            "This sign-in has ended or never began. Go back to the application and start again.",
        )
    }

    /// A call came before `PUT /api/experience` (404, sheet 4).
    #[must_use]
    pub fn interaction_not_found() -> Self {
        Self::new(
            404,
            "session.interaction_not_found",
            "not begun",
            "The sign-in page has not begun this sign-in yet. Reload the page.",
        )
    }

    /// The body does not fit the route (400).
    #[must_use]
    pub fn invalid_input(details: impl Into<String>) -> Self {
        let details = details.into();
        let mut error = Self::new(
            400,
            "guard.invalid_input",
            "invalid input",
            format!("The request can't be used: {}.", details.trim_end_matches('.')),
        );
        error.details = Some(details);
        error
    }

    /// Nobody is signed in on this browser (401).
    #[must_use]
    pub fn nobody_signed_in() -> Self {
        Self::new(
            401,
            "auth.unauthorized",
            "nobody signed in",
            "Nobody is signed in on this browser. Sign in to one of your applications, then try again.",
        )
    }

    /// There is no such thing, or it is somebody else's (404).
    #[must_use]
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(404, "entity.not_found", "not found", message)
    }

    /// Somebody consented to access to an organization that is not theirs (422, sheet 1.11).
    #[must_use]
    pub fn require_membership() -> Self {
        Self::new(
            422,
            "organization.require_membership",
            "not a member of the organization",
            "You are not a member of this organization. Load the page again to see those that you can choose.",
        )
    }

    /// The sign-in mode, or a switched-off feature, forbids it (403).
    #[must_use]
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(403, "auth.forbidden", "not allowed", message)
    }

    /// `ForgotPassword` can't be exchanged for another event, nor do what they do (400).
    #[must_use]
    pub fn not_supported_for_forgot_password() -> Self {
        Self::new(
            400,
            "session.not_supported_for_forgot_password",
            "not possible while resetting a password",
            "This is not possible while resetting a password. Start again from the sign-in page.",
        )
    }

    /// The same, at identification: only a verified code identifies there (422).
    #[must_use]
    pub fn record_not_supported_for_forgot_password() -> Self {
        Self {
            status: 422,
            ..Self::not_supported_for_forgot_password()
        }
    }

    /// The block list refuses the e-mail address (422, sheet 4.4).
    #[must_use]
    pub fn email_not_allowed() -> Self {
        Self::new(
            422,
            "session.email_blocklist.email_not_allowed",
            "e-mail blocked",
            "This e-mail address can't be used here. Use another one.",
        )
    }

    /// The block list refuses sub-addresses (422, sheet 4.4).
    #[must_use]
    pub fn email_subaddressing_not_allowed() -> Self {
        Self::new(
            422,
            "session.email_blocklist.email_subaddressing_not_allowed",
            "sub-address blocked",
            "An e-mail address with a plus sign can't be used here. Use it without the part from the plus sign on.",
        )
    }

    /// The block list was asked about something that is no address (400, sheet 4.4).
    #[must_use]
    pub fn email_blocklist_invalid() -> Self {
        Self::new(
            400,
            "session.email_blocklist.invalid_email",
            "no e-mail address",
            "This is not an e-mail address. It should look like alice@example.test.",
        )
    }

    /// The password was right but has ended (422, sheet 4.8).
    #[must_use]
    pub fn password_expired() -> Self {
        Self::new(
            422,
            "password.expired",
            "password expired",
            "This password has expired. Choose a new one with \"Forgot your password?\".",
        )
    }

    /// Identifier and password don't belong together; an unknown person looks the same (422, sheet 4.2).
    #[must_use]
    pub fn invalid_credentials() -> Self {
        Self::new(
            422,
            "session.invalid_credentials",
            "wrong credentials",
            "Incorrect account or password. Check both and try again.",
        )
    }

    /// Too many failures: the identifier is locked for a while (400, sheet 4.7).
    #[must_use]
    pub fn too_many_attempts(until: Timestamp, now: Timestamp) -> Self {
        let minutes = until.seconds_since(now).max(0).saturating_add(59) / 60;
        let wait = match minutes {
            0 | 1 => "a minute".to_owned(),
            n => format!("{n} minutes"),
        };
        Self::new(
            400,
            "session.verification_blocked_too_many_attempts",
            "locked out",
            format!("Too many failed attempts. Try again in {wait}."),
        )
    }

    /// The person may not sign in (401).
    #[must_use]
    pub fn suspended() -> Self {
        Self::new(
            401,
            "user.suspended",
            "suspended",
            "This account is suspended. Ask an administrator to lift the suspension.",
        )
    }

    /// No verification record has this id (404).
    #[must_use]
    pub fn verification_session_not_found() -> Self {
        Self::new(
            404,
            "session.verification_session_not_found",
            "no such verification",
            "There is no such verification in this sign-in. Verify again.",
        )
    }

    /// The record is not verified, or can't be used for this (400).
    #[must_use]
    pub fn verification_failed() -> Self {
        Self::new(
            400,
            "session.verification_failed",
            "verification not usable",
            "This verification can't be used here. Verify again.",
        )
    }

    /// Nobody was identified yet (404).
    #[must_use]
    pub fn identifier_not_found() -> Self {
        Self::new(
            404,
            "session.identifier_not_found",
            "nobody identified",
            "Nobody has been identified in this sign-in yet. Sign in first.",
        )
    }

    /// The way to sign in is switched off, or the record is no way to sign in (422).
    #[must_use]
    pub fn sign_in_method_not_enabled() -> Self {
        Self::new(
            422,
            "user.sign_in_method_not_enabled",
            "method switched off",
            "This way to sign in is not enabled. Choose another one.",
        )
    }

    /// The e-mail address belongs to an enterprise connector's domain (422, sheet 6.5).
    #[must_use]
    pub fn sso_enabled(connectors: &[Value]) -> Self {
        Self::new(
            422,
            "session.sso_enabled",
            "single sign-on required",
            "This e-mail address signs in through its organization. Continue with single sign-on.",
        )
        .data(json!({ "ssoConnectors": connectors }))
    }

    /// The verified identifier belongs to nobody (404, sheet 4.4).
    #[must_use]
    pub fn user_not_exist(identifier: Option<&Identifier>) -> Self {
        let error = Self::new(
            404,
            "user.user_not_exist",
            "no such person",
            "There is no such account. Create one, or use another identifier.",
        );
        match identifier {
            Some(identifier) => error.data(json!({ "identifier": identifier })),
            None => error,
        }
    }

    /// This sign-in already identified somebody else (409).
    #[must_use]
    pub fn identity_conflict() -> Self {
        Self::new(
            409,
            "session.identity_conflict",
            "another person",
            "This sign-in already belongs to another account. Start again to change accounts.",
        )
    }

    /// Something that registration asks for is not there (422, sheet 4.4).
    #[must_use]
    pub fn missing_profile(missing: &[&'static str]) -> Self {
        Self::new(
            422,
            "user.missing_profile",
            "profile incomplete",
            "More is needed before you can continue. Fill in the missing fields.",
        )
        .data(json!({ "missingProfile": missing }))
    }

    /// Somebody has this username (422).
    #[must_use]
    pub fn username_already_in_use() -> Self {
        Self::in_use("user.username_already_in_use", "username taken", "username")
    }

    /// Somebody has this e-mail address (422).
    #[must_use]
    pub fn email_already_in_use() -> Self {
        Self::in_use("user.email_already_in_use", "e-mail taken", "e-mail address")
    }

    /// Somebody has this phone number (422).
    #[must_use]
    pub fn phone_already_in_use() -> Self {
        Self::in_use("user.phone_already_in_use", "phone taken", "phone number")
    }

    fn in_use(code: &'static str, phrase: &'static str, what: &str) -> Self {
        Self::new(
            422,
            code,
            phrase,
            format!("This {what} is already in use. Choose another one, or sign in with it."),
        )
    }

    /// The person has a username already (422).
    #[must_use]
    pub fn username_exists_in_profile() -> Self {
        Self::exists("user.username_exists_in_profile", "a username")
    }

    /// The person has an e-mail address already (422).
    #[must_use]
    pub fn email_exists_in_profile() -> Self {
        Self::exists("user.email_exists_in_profile", "an e-mail address")
    }

    /// The person has a phone number already (422).
    #[must_use]
    pub fn phone_exists_in_profile() -> Self {
        Self::exists("user.phone_exists_in_profile", "a phone number")
    }

    /// The person has a password already (422).
    #[must_use]
    pub fn password_exists_in_profile() -> Self {
        Self::exists("user.password_exists_in_profile", "a password")
    }

    fn exists(code: &'static str, what: &str) -> Self {
        Self::new(
            422,
            code,
            "already set",
            format!("This account already has {what}. Continue without setting one."),
        )
    }

    /// The password breaks the policy (422, sheet 4.8).
    #[must_use]
    pub fn password_rejected(issues: &[Issue]) -> Self {
        Self::new(
            422,
            "password.rejected",
            "password rejected",
            "This password does not meet the requirements. Choose another one.",
        )
        .data(json!({ "issues": issues }))
    }

    /// The new password is the old one (422, sheet 4.5).
    #[must_use]
    pub fn same_password() -> Self {
        Self::new(
            422,
            "user.same_password",
            "same password",
            "This is the password you have already. Choose another one.",
        )
    }

    /// A password reset was submitted without a new password (422).
    #[must_use]
    pub fn new_password_required() -> Self {
        Self::new(
            422,
            "user.new_password_required_in_profile",
            "no new password",
            "Set a new password first.",
        )
    }

    /// The call does not fit the event: a second account in one sign-in, for instance (400).
    #[must_use]
    pub fn invalid_interaction_type() -> Self {
        Self::new(
            400,
            "session.invalid_interaction_type",
            "wrong event",
            "This does not fit what the sign-in is doing. Start again from the sign-in page.",
        )
    }

    /// Logto's answer for a second factor that is switched off (400, sheet 4.6).
    #[must_use]
    pub fn mfa_factor_not_enabled(message: impl Into<String>) -> Self {
        Self::new(400, "session.mfa.mfa_factor_not_enabled", "factor switched off", message)
    }

    /// A route that Logto has and this release does not serve (501; Vestibule's own code).
    #[must_use]
    pub fn not_implemented(message: impl Into<String>) -> Self {
        Self::new(501, "request.not_implemented", "not served yet", message)
    }
}
