//! Refusals about connectors and the identities that come by them (sheet 4.4, 6.4 and 6.5).

use super::ApiError;
use crate::connectors::FailureKind;
use serde_json::{Value, json};

impl ApiError {
    /// No social connector has this id (404).
    #[must_use]
    pub fn social_connector_not_found() -> Self {
        Self::new(
            404,
            "entity.not_found",
            "no such connector",
            "There is no such way to sign in. Choose another one.",
        )
    }

    /// No enterprise connector has this id, or single sign-on is off (404).
    #[must_use]
    pub fn sso_connector_not_found() -> Self {
        Self::new(
            404,
            "connector.not_found",
            "no such connector",
            "There is no such single sign-on. Choose another way to sign in.",
        )
    }

    /// A provider's sign-in did not work (Logto's `connector.*`).
    #[must_use]
    pub fn connector_failure(kind: FailureKind, message: impl Into<String>) -> Self {
        let (status, code, phrase) = match kind {
            FailureKind::AuthorizationFailed => (401, "connector.authorization_failed", "refused by the provider"),
            FailureKind::AuthCodeInvalid => (401, "connector.social_auth_code_invalid", "code not redeemed"),
            FailureKind::AccessTokenInvalid => (401, "connector.social_invalid_access_token", "access token refused"),
            FailureKind::IdTokenInvalid => (401, "connector.social_invalid_id_token", "ID token not accepted"),
            FailureKind::InvalidResponse => (400, "connector.invalid_response", "unreadable answer"),
            FailureKind::InvalidConfig => (400, "connector.invalid_config", "connector misconfigured"),
            FailureKind::InsufficientParameters => (400, "connector.insufficient_request_parameters", "incomplete callback"),
            FailureKind::General => (500, "connector.general", "provider failed"),
        };
        Self::new(status, code, phrase, message)
    }

    /// The callback is not the answer to what this sign-in asked (400).
    #[must_use]
    pub fn connector_session_not_found() -> Self {
        Self::new(
            400,
            "session.connector_validation_session_not_found",
            "foreign callback",
            "This is not the answer to what this sign-in asked. Go back and sign in again.",
        )
    }

    /// The social account belongs to nobody (404). `related` is the person with its verified phone or e-mail: `{type, value}`.
    #[must_use]
    pub fn identity_not_exist(related: Option<Value>) -> Self {
        let error = Self::new(
            404,
            "user.identity_not_exist",
            "unknown social account",
            "No account is linked to this social account yet. Create one, or link it.",
        );
        match related {
            Some(related) => error.data(json!({ "relatedUser": related })),
            None => error,
        }
    }

    /// The enterprise account belongs to nobody (404).
    #[must_use]
    pub fn sso_identity_not_exist() -> Self {
        Self::new(
            404,
            "user.sso_identity_not_exist",
            "unknown enterprise account",
            "No account belongs to this single sign-on account yet.",
        )
    }

    /// The social or enterprise account is somebody's already (422).
    #[must_use]
    pub fn identity_already_in_use() -> Self {
        Self::new(
            422,
            "user.identity_already_in_use",
            "social account taken",
            "This social account is linked to another account.",
        )
    }

    /// The person has another account of this provider (422).
    #[must_use]
    pub fn social_account_exists_in_profile() -> Self {
        Self::new(
            422,
            "user.social_account_exists_in_profile",
            "already linked",
            "This account is linked to another account of the same provider.",
        )
    }
}
