//! The checks of a request whose redirect URI is trusted (sheet 1.10, checks 5 to 16).

use super::{AnswerTo, Draft, Hint, ResponseMode, ValidRequest};
use crate::because::{Because, Outcome, Repair};
use crate::live::ParamFate;
use crate::model::{Application, Dialect, Resource};
use crate::oidc::redirect::nearest;
use crate::oidc::{OidcError, dialect, pkce, scopes};
use crate::port::{Cx, StoreError};
use crate::record::Index;
use std::sync::Arc;

pub(super) fn check_response_mode(draft: &Draft, valid: &mut ValidRequest) -> Result<(), OidcError> {
    if let (Some(asked), AnswerTo::Client { mode, .. }) = (draft.get("response_mode"), &mut valid.answer) {
        *mode = ResponseMode::parse(asked).ok_or_else(|| OidcError::unsupported_response_mode("unsupported response_mode requested"))?;
    }
    Ok(())
}

pub(super) fn check_response_type(draft: &Draft, valid: &ValidRequest, cx: &mut Cx<'_>) -> Result<(), OidcError> {
    let mut words = draft
        .get("response_type")
        .ok_or_else(|| OidcError::missing("response_type"))?
        .split(' ')
        .collect::<Vec<_>>();
    words.sort_unstable();
    match words.join(" ").as_str() {
        // A device-flow application has no response types at all (sheet 1.7).
        "code" if valid.app.is_device_flow() => {
            cx.because(Because::new(
                "authorize.device_flow",
                Outcome::Refused,
                "This application signs people in by the device flow only.",
                format!(
                    "`{}` has `isDeviceFlow`, so it begins with `POST /oidc/device/auth` and is never redirected to. For a browser sign-in, create another application.",
                    valid.app.name
                ),
                "RFC 8628 3.1, Logto 1.7",
            ));
            Err(OidcError::invalid_request("requested response_type is not allowed for this client"))
        }
        "code" => Ok(()),
        "id_token" | "code id_token" | "none" => Err(OidcError::invalid_request("requested response_type is not allowed for this client")),
        _ => Err(OidcError::unsupported_response_type("unsupported response_type requested")),
    }
}

/// OIDC Core 3.1.2.1 and Prompt Create 1.0. `select_account` belongs to the duende dialect; Logto refuses it (sheet 1.11).
pub(super) fn check_prompt(draft: &Draft, valid: &mut ValidRequest, cx: &mut Cx<'_>) -> Result<(), OidcError> {
    valid.prompt = draft.get("prompt").map(scopes::words).unwrap_or_default();
    let usual = |p: &String| matches!(p.as_str(), "login" | "consent" | "none");
    if valid.prompt.iter().all(usual) {
        return if valid.prompts("none") && valid.prompt.len() > 1 {
            Err(OidcError::invalid_request("prompt none must only be used alone"))
        } else {
            Ok(())
        };
    }
    let dialect = dialect::in_effect(cx, Some(&valid.app))?;
    let known = |p: &String| {
        usual(p) || (p == "create" && dialect.follows_specifications()) || (p == "select_account" && dialect == Dialect::Duende)
    };
    if !valid.prompt.iter().all(known) {
        let sent = valid.prompt.join(" ");
        let told = |title: &'static str, detail: &'static str| {
            Because::new("authorize.prompt", Outcome::Refused, title, detail, "OIDC Core 3.1.2.1, Logto 1.11").input(sent.clone())
        };
        if valid.prompts("select_account") {
            cx.because(told(
                "`prompt=select_account` is not supported in this dialect.",
                "Only the duende dialect takes `select_account`; what works everywhere is `prompt=login`.",
            ));
        } else if valid.prompts("create") {
            cx.because(told(
                "`prompt=create` is not supported in the logto dialect.",
                "Logto knows no such prompt; what opens registration there is `first_screen=register`. To use `prompt=create` (Prompt Create 1.0), set the application's dialect, or the provider's, to strict or duende.",
            ));
        }
        return Err(OidcError::invalid_request("unsupported prompt value requested"));
    }
    if let (Some(alone), true) = (["none", "create"].into_iter().find(|p| valid.prompts(p)), valid.prompt.len() > 1) {
        return Err(OidcError::invalid_request(format!("prompt {alone} must only be used alone")));
    }
    if valid.prompts("create") && !dialect::registers(cx)? {
        cx.because(
            Because::new(
                "authorize.prompt_create",
                Outcome::Refused,
                "Nobody can create an account here.",
                "The sign-in mode is `SignIn`, so `create` is not among `prompt_values_supported` and is refused. Switch registration on under Sign-in experience, or leave the prompt out.",
                "Prompt Create 1.0 4.1",
            )
            .input("prompt=create"),
        );
        return Err(OidcError::invalid_request(
            "prompt create is not supported: registration is switched off",
        ));
    }
    Ok(())
}

pub(super) fn check_scope(draft: &mut Draft, valid: &mut ValidRequest, cx: &mut Cx<'_>) -> Result<(), OidcError> {
    let Some(sent) = draft.get("scope").map(str::to_owned) else {
        return Ok(());
    };
    let (mut openid, other): (Vec<String>, Vec<String>) = scopes::words(&sent).into_iter().partition(|s| scopes::is_oidc(s));
    // A device sends no prompt, so it need not ask for consent to have the scope (sheet 1.11).
    let prompted = valid.prompts("consent") || matches!(valid.answer, AnswerTo::Device(_));
    if openid.iter().any(|s| s == "offline_access") && !prompted {
        openid.retain(|s| s != "offline_access");
        let mut card = Because::new(
            "authorize.offline_access",
            Outcome::Dropped,
            "Dropped the scope `offline_access`.",
            "It counts only together with `prompt=consent`, and the request does not say that. Add `prompt=consent`, or let the application always have refresh tokens.",
            "OIDC Core 11, Logto 1.11",
        )
        .input(sent.clone());
        if valid.app.custom_client_metadata.always_issue_refresh_token == Some(true) {
            card.detail = "It counts only together with `prompt=consent`. A refresh token is issued all the same, because this application has `alwaysIssueRefreshToken`; it ends with the session.".into();
        } else {
            card = card.repair(Repair::AlwaysIssueRefreshToken {
                app_id: valid.app.id.0.clone(),
            });
        }
        cx.because(card);
        draft.mark(
            "scope",
            ParamFate::Narrowed,
            Some([openid.clone(), other.clone()].concat().join(" ")),
            "offline_access was dropped: prompt=consent is not there.",
        );
    }
    if valid.app.is_third_party {
        let refused: Vec<&String> = openid
            .iter()
            .filter(|s| !matches!(s.as_str(), "openid" | "offline_access") && !valid.app.user_consent_scopes.contains(s))
            .collect();
        if !refused.is_empty() {
            let names: Vec<&str> = refused.iter().map(|s| s.as_str()).collect();
            cx.because(
                Because::new(
                    "authorize.third_party_scope",
                    Outcome::Refused,
                    "A third-party application asked for a scope it may not have.",
                    format!(
                        "`{}` is not among the scopes enabled for it. Enable it under Applications, or stop asking for it.",
                        names.join(" ")
                    ),
                    "Logto 1.7",
                )
                .input(sent),
            );
            return Err(OidcError::invalid_scope("requested scope is not allowed").scope(names.join(" ")));
        }
    }
    valid.openid_scopes = openid;
    valid.other_scopes = other;
    Ok(())
}

pub(super) fn check_openid_needed(draft: &Draft, valid: &ValidRequest, hint: Option<&Hint>) -> Result<(), OidcError> {
    if valid.openid_scopes.iter().any(|s| s == "openid") {
        return Ok(());
    }
    let offending = ["nonce", "max_age", "id_token_hint", "acr_values", "claims_locales"]
        .into_iter()
        .find(|name| draft.get(name).is_some() || (*name == "id_token_hint" && hint.is_some()));
    offending.map_or(Ok(()), |name| {
        Err(OidcError::invalid_request(format!(
            "openid scope must be requested when using the {name} parameter"
        )))
    })
}

pub(super) fn check_pkce(draft: &Draft, app: &Application, cx: &mut Cx<'_>) -> Result<(), OidcError> {
    match (draft.get("code_challenge"), draft.get("code_challenge_method")) {
        (None, None) if app.requires_pkce() => {
            cx.because(Because::new(
                "authorize.pkce",
                Outcome::Refused,
                "PKCE is missing.",
                format!(
                    "`{}` is a public client (it has no secret), so it must send `code_challenge` and `code_challenge_method=S256`.",
                    app.name
                ),
                "RFC 7636, Logto 1.12",
            ));
            Err(OidcError::invalid_request(
                "Authorization Server policy requires PKCE to be used for this request",
            ))
        }
        (None, None) => Ok(()),
        (Some(_), None) => Err(OidcError::invalid_request("code_challenge_method must be provided")),
        (_, Some(method)) if method != "S256" => Err(OidcError::invalid_request("not supported value of code_challenge_method")),
        (None, Some(_)) => Err(OidcError::invalid_request(
            "code_challenge must be provided with code_challenge_method",
        )),
        (Some(challenge), Some(_)) => pkce::check_format("code_challenge", challenge),
    }
}

pub(super) fn check_resources(cx: &mut Cx<'_>, draft: &mut Draft, valid: &mut ValidRequest) -> Result<Result<(), OidcError>, StoreError> {
    if draft.resources.is_empty()
        && let Some(resource) = default_resource(cx)?
    {
        draft.resources.push(resource.indicator.clone());
        cx.because(Because::new(
            "authorize.default_resource",
            Outcome::Decided,
            format!("Added the default resource `{}`.", resource.indicator),
            "The request names no resource, and this one is flagged as the default.",
            "Logto 1.15",
        ));
    }
    for indicator in &draft.resources {
        if indicator == scopes::ORGANIZATION_RESOURCE {
            valid.organization_resource = true;
            continue;
        }
        match cx.find::<Resource>(&Index::Indicator.entry(indicator.clone()))? {
            Some(resource) => valid.resources.push(resource),
            None => {
                cx.because(unknown_resource(cx, indicator)?);
                return Ok(Err(OidcError::invalid_target("resource indicator is missing, or unknown")));
            }
        }
    }
    Ok(Ok(()))
}

/// The card for an unknown resource indicator.
///
/// # Errors
/// When the store can't be read.
pub fn unknown_resource(cx: &Cx<'_>, indicator: &str) -> Result<Because, StoreError> {
    let known: Vec<String> = cx.list::<Resource>(1_000)?.iter().map(|r| r.indicator.clone()).collect();
    let near = nearest(&known, indicator).map_or_else(String::new, |n| format!(" The nearest known one is `{n}`."));
    Ok(Because::new(
        "resource.unknown",
        Outcome::Refused,
        "No API resource has this indicator.",
        format!("`{indicator}` is not among the {} API resources.{near}", known.len()),
        "RFC 8707 2, Logto 1.15",
    )
    .input(indicator))
}

/// The resource that stands in for a missing `resource` (sheet 1.15).
///
/// # Errors
/// When the store can't be read.
pub fn default_resource(cx: &Cx<'_>) -> Result<Option<Arc<Resource>>, StoreError> {
    Ok(cx.list::<Resource>(1_000)?.into_iter().find(|r| r.is_default))
}

pub(super) fn check_max_age(draft: &Draft, valid: &mut ValidRequest) -> Result<(), OidcError> {
    if let Some(text) = draft.get("max_age") {
        let seconds = text.parse::<i64>().ok().filter(|s| *s >= 0 && !text.starts_with('+'));
        valid.max_age = Some(seconds.ok_or_else(|| OidcError::invalid_request("invalid max_age parameter value"))?);
    }
    Ok(())
}

pub(super) fn check_hint(valid: &mut ValidRequest, hint: Option<&Hint>) -> Result<(), OidcError> {
    match hint {
        None => Ok(()),
        Some(Hint::Invalid(why)) => Err(OidcError::invalid_request("could not validate id_token_hint").detail(why.clone())),
        Some(Hint::Valid { sub, audiences }) if audiences.iter().any(|a| a == valid.app.id.as_str()) => {
            valid.hint_sub = Some(sub.clone());
            Ok(())
        }
        Some(Hint::Valid { audiences, .. }) => Err(OidcError::invalid_request("could not validate id_token_hint")
            .detail(format!("the token was issued to {}", audiences.join(", ")))),
    }
}
