//! Whom to trust with an answer: duplicates, the client, its redirect URI (sheet 1.9 and 1.10, checks 1 to 6).

use super::{Draft, Refused};
use crate::because::{Because, Outcome, Repair};
use crate::live::{Param, ParamFate, ParamOrigin};
use crate::model::Application;
use crate::oidc::OidcError;
use crate::oidc::redirect::{RegisteredRedirect, nearest};
use crate::port::{Cx, StoreError};
use std::sync::Arc;

pub(super) fn check_duplicates(draft: &Draft) -> Result<(), OidcError> {
    draft.duplicate.as_ref().map_or(Ok(()), |name| {
        Err(OidcError::invalid_request(format!("'{name}' parameter must not be provided twice")))
    })
}

pub(super) fn check_unsupported(draft: &Draft) -> Result<(), OidcError> {
    if draft.get("request").is_some() {
        return Err(OidcError::request_not_supported("request parameter provided but not supported"));
    }
    if draft.get("registration").is_some() {
        return Err(OidcError::registration_not_supported(
            "registration parameter provided but not supported",
        ));
    }
    Ok(())
}

pub(super) fn find_client(cx: &mut Cx<'_>, draft: &Draft) -> Result<Result<Arc<Application>, OidcError>, StoreError> {
    let Some(id) = draft.get("client_id") else {
        return Ok(Err(OidcError::missing("client_id")));
    };
    if let Some(app) = cx.get::<Application>(id)? {
        return Ok(Ok(app));
    }
    let ids: Vec<String> = cx.list::<Application>(1_000)?.iter().map(|a| a.id.0.clone()).collect();
    let near = nearest(&ids, id).map(|n| format!(" The nearest one is `{n}`.")).unwrap_or_default();
    cx.because(
        Because::new(
            "authorize.client_id",
            Outcome::Refused,
            "No application has this client_id.",
            format!("`{id}` is not among the {} applications here.{near} The error is shown on the provider, because nothing says which address could be trusted with it.", ids.len()),
            "RFC 6749 4.1.2.1",
        )
        .input(id),
    );
    Ok(Err(OidcError::unknown_client(format!("invalid client {id}"))))
}

/// The redirect URI, filled in when it was omitted and only one is registered; `None` when nothing can be trusted.
pub(super) fn early_redirect(draft: &mut Draft, app: &Application) -> Option<RegisteredRedirect> {
    if draft.get("redirect_uri").is_none()
        && let [only] = app.oidc_client_metadata.redirect_uris.as_slice()
    {
        draft.single.insert("redirect_uri".into(), only.clone());
        draft.rows.push(Param {
            name: "redirect_uri".into(),
            value: only.clone(),
            origin: ParamOrigin::Default,
            fate: ParamFate::Used,
            effective: None,
            note: Some("Filled in: it is the only one registered.".into()),
        });
    }
    draft.get("redirect_uri").and_then(|uri| RegisteredRedirect::find(app, uri))
}

/// No trusted redirect: a bad `redirect_uri` wins over everything else (sheet 1.10).
pub(super) fn without_redirect(
    cx: &mut Cx<'_>,
    draft: &Draft,
    app: &Application,
    early: Result<(), OidcError>,
    state: Option<String>,
) -> Refused {
    let Some(uri) = draft.get("redirect_uri") else {
        let error = early.err().unwrap_or_else(|| {
            OidcError::missing(if draft.get("response_type").is_none() {
                "response_type"
            } else {
                "redirect_uri"
            })
        });
        return Refused { error, state, to: None };
    };
    let registered = &app.oidc_client_metadata.redirect_uris;
    let near = nearest(registered, uri).map(str::to_owned);
    let detail = match &near {
        Some(near) => format!(
            "{} The nearest registered one is `{near}`. {}",
            difference(near, uri),
            "The error stays on the provider, because an unregistered address can't be trusted with it."
        ),
        None if registered.is_empty() => format!("`{}` has no redirect URIs at all.", app.name),
        None => format!("None of the {} registered ones is close to it.", registered.len()),
    };
    cx.because(
        Because::new(
            "authorize.redirect_uri",
            Outcome::Refused,
            "The redirect URI is not registered.",
            detail,
            "RFC 6749 3.1.2.4, Logto 1.9",
        )
        .input(uri)
        .repair(Repair::RegisterRedirectUri {
            app_id: app.id.0.clone(),
            uri: uri.to_owned(),
            nearest: near.clone(),
        }),
    );
    cx.trail.patch.headline = Some(near.map_or_else(
        || "redirect_uri is not registered".into(),
        |near| {
            difference(&near, uri)
                .trim_end_matches('.')
                .replacen("One", "one", 1)
                .replacen("It", "it", 1)
                .into()
        },
    ));
    cx.trail.patch.outcome = Some("redirect_uri rejected".into());
    Refused {
        error: OidcError::invalid_redirect_uri("redirect_uri did not match any of the client's registered redirect_uris"),
        state,
        to: None,
    }
}

/// How far two addresses are apart, in words.
fn difference(registered: &str, sent: &str) -> String {
    match strsim::damerau_levenshtein(registered, sent) {
        1 => "One character differs from a registered URI.".to_owned(),
        n if n <= 12 => format!("{n} characters differ from a registered URI."),
        _ => "It is unlike any registered URI.".to_owned(),
    }
}
