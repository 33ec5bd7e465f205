//! The Experience API (sheet chapter 4): what the hosted sign-in pages, and any page that replaces them, may ask.
//!
//! Every public function here is one decision. It is handed a [`Cx`](crate::Cx), reads the interaction by its id,
//! leaves its reasons, arrows and summary words on the trail, and returns a [`Ruling`]: the reply or an [`ApiError`].
//! **A refusal is committed like a reply**, because a refusal may have written something (a failed attempt was
//! counted, a pending profile kept). Only a [`StoreError`](crate::StoreError) discards the writes.
//!
//! Slow work happens between two decisions. Password sign-in is [`password_candidate`], then the server compares
//! hashes, then [`record_password_result`]. Registration is [`new_password_identity_check`], then the server hashes,
//! then [`record_new_password_identity`]. The second decision checks again whatever may have changed meanwhile; the
//! server joins both trails with [`Trail::absorb`](crate::live::Trail::absorb).
//!
//! | Route | Rule |
//! | --- | --- |
//! | `PUT /` | [`put_interaction`] |
//! | `PUT /interaction-event` | [`put_interaction_event`] |
//! | `GET /interaction` | [`get_interaction`] |
//! | `POST /verification/password` | [`password_candidate`], [`record_password_result`] |
//! | `POST /verification/new-password-identity` | [`new_password_identity_check`], [`record_new_password_identity`] |
//! | `POST /verification/verification-code` | [`send_verification_code`] |
//! | `POST /verification/verification-code/verify` | [`verify_verification_code`] |
//! | `POST /verification/one-time-token/verify` | [`verify_one_time_token`] |
//! | development sign-in (Vestibule's own) | [`development_people`], [`development_sign_in`] |
//! | `POST /verification/social/:connectorId/authorization-uri`, `/verification/sso/…` | [`connector_plan`], [`start_connector`] |
//! | `POST /verification/social/:connectorId/verify`, `/verification/sso/…` | [`connector_question`], [`record_connector_answer`] |
//! | `GET /sso-connectors?email=` | [`sso_connectors_of`] |
//! | `POST /identification` | [`identify`] |
//! | `POST /profile` | [`profile_password_check`], [`add_profile`] |
//! | `PUT /profile/password` | [`reset_password_check`], [`record_reset_password`] |
//! | `POST /submit` | [`submit`] |
//! | `POST /api/interaction/abort` (Vestibule's own) | [`abort`] |
//! | `POST /verification/totp/secret`, `/verify` | [`start_totp`], [`verify_totp`] |
//! | `POST /verification/web-authn/registration`, `/verify` | [`start_registration`], [`registration_question`], [`record_registration`] |
//! | `POST /verification/web-authn/authentication`, `/verify` | [`start_authentication`], [`authentication_question`], [`record_authentication`] |
//! | `POST /preflight/sign-in-passkey/authentication` | [`preflight_passkey_sign_in`] |
//! | `POST /verification/sign-in-passkey/authentication`, `/verify` | [`start_passkey_sign_in`], [`passkey_question`], [`record_passkey_result`] |
//! | `POST /verification/backup-code/generate`, `/verify` | [`generate_backup_codes`], [`verify_backup_code`] |
//! | `POST /verification/mfa-verification-code`, `/verify` | [`send_mfa_verification_code`], [`verify_mfa_verification_code`] |
//! | `POST /profile/mfa`, `/profile/mfa/passkey` | [`add_mfa_factor`], [`add_passkey`] |
//! | `POST /profile/mfa/mfa-enabled`, `mfa-skipped`, `mfa-suggestion-skipped`, `passkey-skipped` | [`enable_mfa`], [`skip_mfa`], [`skip_additional_mfa`], [`skip_passkey`] |
//! | every route of a later release | [`not_served`] |
//! | `GET /api/.well-known/sign-in-exp` | [`public_sign_in_experience`] |

mod abort;
mod availability;
mod blocklist;
mod codes;
mod connectors;
mod development;
mod direct;
mod error;
mod extra_profile;
mod identification;
pub mod identifier;
mod identities;
mod interaction;
mod language;
mod later;
mod lockout;
mod messages;
mod mfa;
mod one_time_token;
mod password;
mod password_policy;
mod people;
mod profile;
mod provisioning;
mod public_document;
mod registration;
mod ruling;
mod sentinel;
mod submission;
mod window;

#[cfg(test)]
mod tests;

pub use abort::{DENIALS, abort};
pub use availability::missing_profile;
pub use blocklist::{Blocked, blocked};
pub use codes::{Sent, send_verification_code, verify_verification_code};
pub use connectors::{
    ConnectorFamily, ConnectorPlan, StartedConnector, TakenCallback, connector_plan, connector_question, open_config,
    record_connector_answer, sso_connectors_of, start_connector,
};
pub use development::{DevelopmentChoice, DevelopmentPerson, development_people, development_sign_in};
pub use direct::note_direct_sign_in;
pub use error::ApiError;
pub use extra_profile::{profile_fields, sign_up_fields};
pub use identification::{Identified, identify};
pub use interaction::{get_interaction, put_interaction, put_interaction_event, snapshot};
pub use language::{accepted_languages, choose_language, is_right_to_left};
pub use later::{Later, not_served};
pub use messages::{is_deliverable, open_message};
pub use mfa::{
    AuthenticationQuestion, Demand, MfaBinding, NewTotp, PasskeyQuestion, add_mfa_factor, add_passkey, authentication_question, demand,
    draw_backup_codes, draw_totp_secret, enable_mfa, generate_backup_codes, passkey_question, preflight_passkey_sign_in,
    record_authentication, record_passkey_result, record_registration, registration_question, send_mfa_verification_code,
    skip_additional_mfa, skip_mfa, skip_passkey, start_authentication, start_passkey_sign_in, start_registration, start_totp, totp_for,
    verify_backup_code, verify_mfa_verification_code, verify_totp,
};
pub use one_time_token::{
    ONE_TIME_TOKEN_TTL, check_one_time_token, find_one_time_token, issue_one_time_token, set_one_time_token_status, verify_one_time_token,
};
pub use password::{PasswordQuestion, password_candidate, record_password_result};
pub use password_policy::{Issue, UserInfo, check_password};
pub use profile::{ProfileUpdate, add_profile, profile_password_check, record_reset_password, reset_password_check};
pub use provisioning::grant_default_roles;
pub use public_document::{custom_css, public_sign_in_experience};
pub use registration::{new_password_identity_check, record_new_password_identity};
pub use ruling::Ruling;
pub(crate) use sentinel::{count_wrong_user_code, user_codes_locked_until};
pub use submission::{Submitted, submit};

pub use window::{continue_as, expire, fail_as, is_decided};
