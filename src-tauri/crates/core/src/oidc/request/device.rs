//! The checks of a device authorization request (RFC 8628 section 3.1; sheet 1.22).

use super::checks::{check_hint, check_max_age, check_openid_needed, check_resources, check_scope};
use super::trust::{check_duplicates, check_unsupported};
use super::{AnswerTo, RawRequest, ValidRequest, blame, draft};
use crate::live::ParamFate;
use crate::model::Application;
use crate::oidc::OidcError;
use crate::port::{Cx, StoreError};
use std::sync::Arc;

/// What is about a redirect, and a device has none.
const OF_REDIRECTS: [&str; 8] = [
    "redirect_uri",
    "response_type",
    "response_mode",
    "state",
    "prompt",
    "code_challenge",
    "code_challenge_method",
    "request_uri",
];

/// Checks what a device asked for, when it asks and again when its person comes. `key` is its device code.
///
/// # Errors
/// The store failed; or, inside, the refusal.
pub fn validate_device(
    cx: &mut Cx<'_>,
    app: Arc<Application>,
    raw: &RawRequest,
    key: &str,
) -> Result<Result<ValidRequest, OidcError>, StoreError> {
    let mut draft = draft(raw);
    for name in OF_REDIRECTS {
        if draft.single.remove(name).is_some() {
            draft.mark(
                name,
                ParamFate::Ignored,
                None,
                "It says something about a redirect, and a device has none.",
            );
        }
    }
    draft.duplicate = draft.duplicate.filter(|name| !OF_REDIRECTS.contains(&name.as_str()));
    let mut valid = ValidRequest::of(app, AnswerTo::Device(key.to_owned()));
    let hint = raw.hint.as_ref();
    let mut checked = check_duplicates(&draft)
        .and_then(|()| check_unsupported(&draft))
        .and_then(|()| check_scope(&mut draft, &mut valid, cx))
        .and_then(|()| check_openid_needed(&draft, &valid, hint));
    if checked.is_ok() {
        checked = check_resources(cx, &mut draft, &mut valid)?
            .and_then(|()| check_max_age(&draft, &mut valid))
            .and_then(|()| check_hint(&mut valid, hint));
    }
    let outcome = match checked {
        Ok(()) => {
            valid.params = std::mem::take(&mut draft.single);
            Ok(valid)
        }
        Err(error) => {
            blame(&mut draft, &error);
            Err(error)
        }
    };
    cx.trail.params = draft.rows;
    Ok(outcome)
}
