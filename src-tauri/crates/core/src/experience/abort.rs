//! `POST /api/interaction/abort`, Vestibule's own: a page ends the sign-in with an error for the application.
//!
//! Logto's engine knows such results (sheet 3.3, `result.error`), but none of its routes sets one. Duende's pages do it
//! with `DenyAuthorization`; the list is theirs, and the errors of the authorization endpoint beside it.

use super::error::ApiError;
use super::ruling::{Ruling, Stop, answer, decide, load, refuse, save, waiting};
use super::window::is_decided;
use crate::because::{Because, Outcome};
use crate::ids::InteractionId;
use crate::live::Lane;
use crate::port::Cx;
use crate::record::PromptName;
use serde_json::Value;

/// What a page may answer to the application (OIDC Core 3.1.2.6, RFC 6749 4.1.2.1, OIDC Unmet Authentication Requirements 1.0).
pub const DENIALS: [&str; 11] = [
    "access_denied",
    "login_required",
    "interaction_required",
    "account_selection_required",
    "consent_required",
    "temporarily_unavailable",
    "unmet_authentication_requirements",
    "server_error",
    "invalid_scope",
    "invalid_request",
    "unauthorized_client",
];

/// Most characters of a description.
const DESCRIPTION: usize = 512;

/// `POST /api/interaction/abort` `{error?, errorDescription?}` → 200 `{redirectTo}`. Answers `<issuer>/auth/<uid>`, where
/// the engine sends the error to the client with `state` and `iss`, in the response mode of the request.
///
/// # Errors
/// [`StoreError`](crate::StoreError). Refuses with 400 `session.not_found`, and with 400 `guard.invalid_input` naming the member.
pub fn abort(cx: &mut Cx<'_>, interaction_id: &InteractionId, body: &Value, issuer: &str) -> Ruling<String> {
    decide(cx, Some("abort".into()), |cx| {
        let mut interaction = load(cx, interaction_id)?;
        if is_decided(cx, &interaction) {
            cx.arrow(Lane::Interaction, Lane::Experience, "200 redirectTo");
            waiting(cx, Lane::Provider, "waiting for the browser to return");
            return Ok(interaction.return_to(issuer));
        }
        let (error, description) = match read(body) {
            Ok(denial) => denial,
            Err(why) => return wrong(&why),
        };
        interaction.result.error = Some(error.to_owned());
        interaction.result.error_description.clone_from(&description);
        save(cx, &interaction)?;
        let page = match interaction.prompt {
            PromptName::Login => "sign-in",
            PromptName::Consent => "consent",
        };
        let said = description.map(|d| format!(" It says: {d}")).unwrap_or_default();
        let (title, outcome) = if error == "access_denied" {
            (format!("The person cancelled on the {page} page."), "cancelled")
        } else {
            (format!("The {page} page ended the sign-in."), "ended by the page")
        };
        cx.because(
            Because::new(
                "experience.abort",
                Outcome::Decided,
                title,
                format!("The browser goes back to the authorization request, which answers the application with `{error}`.{said}"),
                "OIDC Core 3.1.2.6, Duende IdentityServer DenyAuthorization",
            )
            .input(error),
        );
        answer(cx, "200 redirectTo", outcome, format!("Back to the application with {error}"));
        waiting(cx, Lane::Provider, "waiting for the browser to return");
        Ok(interaction.return_to(issuer))
    })
}

fn wrong(why: &str) -> Result<String, Stop> {
    refuse(
        ApiError::invalid_input(why),
        Because::new(
            "experience.abort",
            Outcome::Refused,
            "The page can't end the sign-in like this.",
            format!("{why}. The sign-in goes on."),
            "Duende IdentityServer DenyAuthorization",
        ),
    )
}

/// Error and description of a body, or which member is wrong and why.
fn read(body: &Value) -> Result<(&'static str, Option<String>), String> {
    let Value::Object(members) = body else {
        return Err("the body must be a JSON object, such as {\"error\": \"access_denied\"}".into());
    };
    if let Some(unknown) = members.keys().find(|name| !matches!(name.as_str(), "error" | "errorDescription")) {
        let name: String = unknown.chars().take(40).collect();
        return Err(format!("`{name}` is not a member of the body; `error` and `errorDescription` are"));
    }
    let text = |name: &str| match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err(format!("`{name}` must be text")),
    };
    check(text("error")?.unwrap_or(DENIALS[0]), text("errorDescription")?)
}

/// An error that may be answered, with its description, or which of them is wrong and why.
pub(super) fn check(error: &str, description: Option<&str>) -> Result<(&'static str, Option<String>), String> {
    let Some(error) = DENIALS.into_iter().find(|known| *known == error) else {
        return Err(format!("`error` must be one of {}", DENIALS.join(", ")));
    };
    let description = description.filter(|d| !d.is_empty());
    if let Some(description) = description {
        // RFC 6749 4.1.2.1 allows printable ASCII without quotation mark and backslash.
        let allowed = |c: char| matches!(c, ' '..='~') && !matches!(c, '"' | '\\');
        if description.len() > DESCRIPTION || !description.chars().all(allowed) {
            return Err(format!(
                "`errorDescription` must be at most {DESCRIPTION} printable ASCII characters, without quotation marks and backslashes"
            ));
        }
    }
    Ok((error, description.map(str::to_owned)))
}
