//! What a person gave to applications, and taking it back (`/grants`, Vestibule's own; Duende ships such a page).
//!
//! A grant belongs to one browser session and one application. A person thinks of the application, so what several sessions
//! gave it is shown as one, and taken back together.

use super::authorize::{SignedIn, load_session};
use super::scopes;
use crate::because::{Because, Outcome};
use crate::experience::ApiError;
use crate::live::{Lane, LiveStatus, StepKind};
use crate::model::Application;
use crate::port::{Cx, StoreError};
use crate::record::{Grant, Index};
use serde_json::{Value, json};
use std::sync::Arc;

/// Most grants of one person that are looked at.
const GRANTS: usize = 1_000;

/// `GET /api/grants`: the signed-in person and what they gave, newest first.
///
/// # Errors
/// The store failed; or, inside, 401 `auth.unauthorized` when nobody is signed in on this browser.
pub fn list(cx: &mut Cx<'_>, session_cookie: Option<&str>) -> Result<Result<Value, ApiError>, StoreError> {
    let Some((_, user)) = load_session(cx, session_cookie)? else {
        return Ok(Err(ApiError::nobody_signed_in()));
    };
    let mut by_application: Vec<Grant> = Vec::new();
    for grant in of_person(cx, user.id.as_str())? {
        match by_application.iter_mut().find(|kept| kept.client_id == grant.client_id) {
            Some(kept) => join(kept, &grant),
            None => by_application.push(grant.as_ref().clone()),
        }
    }
    let grants = by_application
        .iter()
        .map(|grant| describe(cx, grant))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Ok(json!({
        "user": { "id": user.id, "name": user.display_name() },
        "grants": grants,
    })))
}

/// The person's grants, newest first.
pub(super) fn of_person(cx: &Cx<'_>, user_id: &str) -> Result<Vec<Arc<Grant>>, StoreError> {
    let mut grants = Vec::new();
    for id in cx.find_ids(&Index::GrantUser.entry(user_id), GRANTS)? {
        grants.extend(cx.get::<Grant>(&id)?);
    }
    grants.sort_by(|a, b| (b.created_at, &b.id.0).cmp(&(a.created_at, &a.id.0)));
    Ok(grants)
}

/// Adds what an earlier grant to the same application holds.
fn join(kept: &mut Grant, earlier: &Grant) {
    fn add(kept: &mut Vec<String>, more: &[String]) {
        kept.extend(more.iter().filter(|name| !kept.contains(name)).cloned().collect::<Vec<_>>());
    }
    add(&mut kept.openid_scopes, &earlier.openid_scopes);
    for (indicator, names) in &earlier.resources {
        add(kept.resources.entry(indicator.clone()).or_default(), names);
    }
    kept.created_at = kept.created_at.min(earlier.created_at);
    kept.expires_at = kept.expires_at.max(earlier.expires_at);
}

/// What an application has, in the shape of the consent document where they say the same (sheet 1.11).
fn describe(cx: &Cx<'_>, grant: &Grant) -> Result<Value, StoreError> {
    let app = cx.get::<Application>(grant.client_id.as_str())?;
    let name = app.as_ref().map_or_else(
        || grant.client_id.0.clone(),
        |app| app.sign_in_experience.display_name.clone().unwrap_or_else(|| app.name.clone()),
    );
    let mut application = json!({ "id": grant.client_id, "name": name });
    let logo = app.as_ref().and_then(|app| {
        let own = app.sign_in_experience.logo_url.clone();
        own.or_else(|| app.oidc_client_metadata.logo_uri.clone())
    });
    if let Some(logo) = logo {
        application["logoUrl"] = json!(logo);
    }
    let openid: Vec<&String> = grant.openid_scopes.iter().filter(|s| *s != "openid").collect();
    Ok(json!({
        "id": grant.id,
        "application": application,
        "openidScopes": openid,
        "scopeDescriptions": openid.iter().map(|s| ((*s).clone(), json!(scopes::describe(s)))).collect::<serde_json::Map<_, _>>(),
        "resourceScopes": scopes::describe_resources(cx, &grant.resources)?,
        "createdAt": grant.created_at.0,
        "expiresAt": grant.expires_at.0,
    }))
}

/// `POST /api/grants/<id>/revoke`: what the person gave to that grant's application goes, in every session, and with it every
/// token under it that is looked up here. A JWT for an API resource lives until it expires.
///
/// # Errors
/// The store failed; or, inside, 401 `auth.unauthorized` when nobody is signed in, 404 `entity.not_found` when the person has
/// no such grant. Somebody else's looks the same.
pub fn revoke(cx: &mut Cx<'_>, session_cookie: Option<&str>, id: &str) -> Result<Result<(), ApiError>, StoreError> {
    cx.trail.kind = StepKind::Consent;
    let signed_in = load_session(cx, session_cookie)?;
    let mine = match &signed_in {
        Some((_, user)) => cx.get::<Grant>(id)?.filter(|g| g.account_id == user.id),
        None => None,
    };
    let (Some((_, user)), Some(grant)) = (&signed_in, mine) else {
        return Ok(Err(refuse(cx, signed_in.as_ref(), id)));
    };
    cx.trail.live = Some(grant.live.clone());
    cx.arrow(Lane::Experience, Lane::Provider, "revoke grant");
    for other in of_person(cx, user.id.as_str())? {
        if other.client_id == grant.client_id {
            cx.delete::<Grant>(other.id.as_str())?;
        }
    }
    let app = cx.get::<Application>(grant.client_id.as_str())?;
    let app_name = app.map_or_else(|| grant.client_id.0.clone(), |a| a.name.clone());
    cx.because(
        Because::new(
            "grants.revoked",
            Outcome::Decided,
            format!("{} took back what they gave to {app_name}.", user.display_name()),
            "They chose Revoke on the grants page. Every refresh token and opaque access token that the application has from this \
             person stopped working. An access token for an API resource is a JWT that the API checks by itself: it holds until it \
             expires. The browser stays signed in, and the application's next request asks for consent anew.",
            "RFC 7009 2.1, Duende IdentityServer grants page",
        )
        .input(grant.id.0.clone()),
    );
    cx.arrow(Lane::Provider, Lane::Experience, "204 revoked");
    cx.trail.patch.status = Some(LiveStatus::Done);
    cx.trail.patch.outcome = Some("grant revoked".into());
    Ok(Ok(()))
}

fn refuse(cx: &mut Cx<'_>, signed_in: Option<&SignedIn>, id: &str) -> ApiError {
    let (error, detail) = if signed_in.is_some() {
        (
            ApiError::not_found("There is no such grant of yours. It may have been revoked already. Load the page again."),
            "The signed-in person has no grant with this id: it expired, was revoked before, or is somebody else's.",
        )
    } else {
        (
            ApiError::nobody_signed_in(),
            "A grant can be revoked only by the person who gave it, in a browser with their session.",
        )
    };
    cx.because(
        Because::new(
            "grants.refused",
            Outcome::Refused,
            "Revoked nothing.",
            detail,
            "Duende IdentityServer grants page",
        )
        .input(id),
    );
    cx.trail.error = Some(crate::live::StepError {
        error: error.code.to_owned(),
        description: error.message.clone(),
        detail: None,
    });
    cx.trail.patch.status = Some(LiveStatus::Failed);
    cx.trail.patch.headline = Some("a grant could not be revoked".into());
    error
}
