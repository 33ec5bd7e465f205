//! Consent: automatic for first-party applications, asked for third-party ones (sheet 1.11).

use super::request::{self, AnswerTo, ResponseMode, ValidRequest};
use super::scopes::{self, Holder};
use super::{OidcError, RegisteredRedirect, device, dialect, grants, organizations};
use crate::because::{Because, Outcome};
use crate::entropy::timed21;
use crate::experience::{ApiError, is_decided};
use crate::ids::{GrantId, OrganizationId};
use crate::live::{Lane, ParamOrigin, StepKind};
use crate::model::{Application, Dialect, User};
use crate::port::{Cx, StoreError};
use crate::record::{Grant, Index, Interaction, PromptName, Session};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Lifetime of a grant in **seconds**: 180 days (sheet 1.6).
const GRANT_TTL: i64 = 180 * 86_400;

/// What a request asks consent for: only what the person really holds.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// OIDC scopes.
    pub openid: Vec<String>,
    /// Scopes by resource indicator.
    pub resources: BTreeMap<String, Vec<String>>,
}

impl Wanted {
    /// Scope names that `grant` does not cover yet.
    #[must_use]
    pub fn missing_from(&self, grant: &Grant) -> Vec<String> {
        let openid = self.openid.iter().filter(|s| !grant.openid_scopes.contains(s)).cloned();
        let resources = self.resources.iter().flat_map(|(indicator, wanted)| {
            let have = grant.resources.get(indicator);
            wanted.iter().filter(move |s| have.is_none_or(|h| !h.contains(s))).cloned()
        });
        openid.chain(resources).collect()
    }
}

/// What the request asks for, narrowed to what the person holds; the rest is dropped without an error (sheet 1.15).
///
/// # Errors
/// When the store can't be read.
pub fn wanted(cx: &Cx<'_>, request: &ValidRequest, user: &User) -> Result<Wanted, StoreError> {
    let mut out = Wanted {
        openid: request.openid_scopes.clone(),
        resources: BTreeMap::new(),
    };
    let within = request.get("organization_id");
    let of = |held: BTreeSet<String>| request.other_scopes.iter().filter(|s| held.contains(*s)).cloned().collect();
    for resource in &request.resources {
        let held = organizations::resource_scopes_of_person(cx, user, resource, within)?;
        out.resources.insert(resource.indicator.clone(), of(held));
    }
    if request.organization_resource && !request.other_scopes.is_empty() {
        let held = organizations::held_by_person(cx, user, within)?;
        out.resources.insert(scopes::ORGANIZATION_RESOURCE.to_owned(), of(held));
    }
    Ok(out)
}

/// What `GET /consent` does.
#[derive(Clone, Debug)]
pub enum ConsentPage {
    /// Consent was given on the spot; 302 to this address.
    Granted(String),
    /// Something comes first; 302 to this page.
    Elsewhere(String),
    /// The person is asked.
    Ask,
}

/// `GET /consent`: grants at once for a first-party application.
///
/// # Errors
/// When the store fails; `session.not_found` as an inner error.
pub fn open_page(cx: &mut Cx<'_>, interaction_id: &str, issuer: &str) -> Result<Result<ConsentPage, ApiError>, StoreError> {
    cx.trail.kind = StepKind::Consent;
    let Some(interaction) = cx.get::<Interaction>(interaction_id)? else {
        return Ok(Err(ApiError::session_not_found()));
    };
    cx.trail.live = Some(interaction.live.clone());
    cx.arrow(Lane::Experience, Lane::Provider, "GET /consent");
    if interaction.prompt != PromptName::Consent {
        return Ok(Err(ApiError::session_not_found()));
    }
    if is_decided(cx, &interaction) {
        cx.arrow(Lane::Provider, Lane::Experience, "302 decided in the window");
        return Ok(Ok(ConsentPage::Granted(interaction.return_to(issuer))));
    }
    let Some((app, user)) = parties(cx, &interaction)? else {
        return Ok(Err(ApiError::session_not_found()));
    };
    if let Some(location) = super::one_time_token::detour(cx, &interaction, &user)? {
        cx.arrow(Lane::Provider, Lane::Experience, "302 one-time token");
        return Ok(Ok(ConsentPage::Elsewhere(location)));
    }
    if app.is_third_party {
        cx.because(Because::new(
            "consent.third_party",
            Outcome::Decided,
            "The person is asked for consent.",
            format!("`{}` is a third-party application.", app.name),
            "OIDC Core 3.1.2.4, Logto 1.11",
        ));
        return Ok(Ok(ConsentPage::Ask));
    }
    grant(cx, &interaction, &user, &[])?;
    cx.because(Because::new(
        "consent.first_party",
        Outcome::Decided,
        "Gave consent on the person's behalf.",
        format!(
            "`{}` is a first-party application, so everything it asked for and the person holds is granted without a page.",
            app.name
        ),
        "Logto 1.11",
    ));
    cx.arrow(Lane::Provider, Lane::Experience, "302 consent given");
    Ok(Ok(ConsentPage::Granted(interaction.return_to(issuer))))
}

/// Who asks and who answers.
type Parties = (std::sync::Arc<Application>, std::sync::Arc<User>);

fn parties(cx: &Cx<'_>, interaction: &Interaction) -> Result<Option<Parties>, StoreError> {
    let Some(app) = cx.get::<Application>(interaction.client_id.as_str())? else {
        return Ok(None);
    };
    let Some(account) = &interaction.account_id else { return Ok(None) };
    Ok(cx.get::<User>(account.as_str())?.map(|user| (app, user)))
}

/// Writes or widens the grant and notes it on the interaction. The organizations are those that the person chose.
fn grant(cx: &mut Cx<'_>, interaction: &Interaction, user: &User, organizations: &[OrganizationId]) -> Result<GrantId, StoreError> {
    let request = match revive(cx, interaction)? {
        Ok(request) => request,
        Err(error) => return Err(StoreError::Corrupt(error.description.unwrap_or_default())),
    };
    let wanted = wanted(cx, &request, user)?;
    let session = match &interaction.session_uid {
        Some(uid) => cx.find::<Session>(&Index::SessionUid.entry(uid.as_str()))?,
        None => None,
    };
    let existing = match session.as_ref().and_then(|s| s.authorizations.get(&interaction.client_id)) {
        Some(authorization) => cx.get::<Grant>(authorization.grant_id.as_str())?,
        None => None,
    };
    let fresh = existing.is_none();
    let mut grant = existing.map_or_else(
        || Grant {
            id: GrantId(timed21(cx.now, cx.entropy)),
            live: interaction.live.clone(),
            account_id: user.id.clone(),
            client_id: interaction.client_id.clone(),
            openid_scopes: Vec::new(),
            resources: BTreeMap::new(),
            organizations: Vec::new(),
            created_at: cx.now,
            expires_at: cx.now.plus_seconds(GRANT_TTL),
        },
        |g| (*g).clone(),
    );
    for scope in wanted.openid {
        if !grant.openid_scopes.contains(&scope) {
            grant.openid_scopes.push(scope);
        }
    }
    for (indicator, wanted) in wanted.resources {
        let have = grant.resources.entry(indicator).or_default();
        for scope in wanted {
            if !have.contains(&scope) {
                have.push(scope);
            }
        }
    }
    for id in organizations {
        if !grant.organizations.contains(id) {
            grant.organizations.push(id.clone());
        }
    }
    cx.put(&grant)?;
    if fresh {
        evict_oldest(cx, &request.app, user, &grant)?;
        if user.application_id.is_none() {
            let mut user = user.clone();
            user.application_id = Some(interaction.client_id.clone());
            cx.put(&user)?;
        }
    }
    let mut interaction = interaction.clone();
    interaction.result.consent = Some(grant.id.clone());
    // A page that had ended it went on after all.
    interaction.result.take_back_error();
    cx.put(&interaction)?;
    cx.trail.snapshot = Some(crate::experience::snapshot(&interaction));
    Ok(grant.id)
}

/// `maxAllowedGrants` (sheet 1.11): the oldest grants of this person for this application go.
fn evict_oldest(cx: &mut Cx<'_>, app: &Application, user: &User, newest: &Grant) -> Result<(), StoreError> {
    let Some(max) = app.custom_client_metadata.max_allowed_grants else {
        return Ok(());
    };
    let grants = grants::of_person(cx, user.id.as_str())?;
    let others = grants.iter().filter(|g| g.client_id == app.id && g.id != newest.id);
    for old in others.skip((max as usize).saturating_sub(1)) {
        cx.delete::<Grant>(old.id.as_str())?;
        cx.because(Because::new(
            "consent.max_allowed_grants",
            Outcome::Decided,
            "Ended an older grant of this person.",
            format!("`{}` allows {max} at a time.", app.name),
            "Logto 1.11",
        ));
    }
    Ok(())
}

fn revive(cx: &mut Cx<'_>, interaction: &Interaction) -> Result<Result<ValidRequest, OidcError>, StoreError> {
    if let Some(key) = &interaction.device {
        return device::revive(cx, key);
    }
    let mut pairs: Vec<(String, String)> = interaction
        .params
        .iter()
        .filter(|(k, _)| *k != "id_token_hint")
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    pairs.extend(interaction.resources.iter().map(|r| ("resource".to_owned(), r.clone())));
    let (said, rows) = (cx.trail.because.len(), std::mem::take(&mut cx.trail.params));
    let outcome = request::validate(
        cx,
        &request::RawRequest {
            pairs,
            origin: ParamOrigin::Query,
            hint: None,
        },
    )?;
    cx.trail.params = rows;
    if outcome.is_ok() {
        cx.trail.because.truncate(said);
    }
    Ok(outcome.map_err(|refused| refused.error))
}

/// `GET /api/interaction/consent`: what the page shows.
///
/// # Errors
/// When the store fails.
pub fn describe(cx: &mut Cx<'_>, interaction_id: &str, issuer: &str) -> Result<Result<Value, ApiError>, StoreError> {
    cx.trail.kind = StepKind::Consent;
    let Some(interaction) = cx.get::<Interaction>(interaction_id)?.filter(|i| i.prompt == PromptName::Consent) else {
        return Ok(Err(ApiError::session_not_found()));
    };
    cx.trail.live = Some(interaction.live.clone());
    let Some((app, user)) = parties(cx, &interaction)? else {
        return Ok(Err(ApiError::session_not_found()));
    };
    let request = match revive(cx, &interaction)? {
        Ok(request) => request,
        Err(error) => return Ok(Err(ApiError::invalid_input(error.description.unwrap_or_default()))),
    };
    let wanted = wanted(cx, &request, &user)?;
    let openid: Vec<&String> = wanted
        .openid
        .iter()
        .filter(|s| !matches!(s.as_str(), "openid" | "offline_access"))
        .collect();
    let dialect = dialect::in_effect(cx, Some(&app))?;
    let brand = &app.sign_in_experience;
    let mut branding = serde_json::Map::new();
    if let Some(logo) = &brand.logo_url {
        branding.insert("logoUrl".into(), json!(logo));
    }
    let mut application = json!({ "id": app.id, "name": app.name, "branding": branding });
    for (name, value) in [
        ("displayName", &brand.display_name),
        ("termsOfUseUrl", &brand.terms_of_use_url),
        ("privacyPolicyUrl", &brand.privacy_policy_url),
    ] {
        if let Some(value) = value {
            application[name] = json!(value);
        }
    }
    let mut body = json!({
        "application": application,
        "user": {
            "id": user.id, "name": user.name, "avatar": user.avatar, "username": user.username,
            "primaryEmail": user.primary_email, "primaryPhone": user.primary_phone,
        },
        "missingOIDCScope": openid,
        "missingResourceScopes": scopes::describe_resources(cx, &wanted.resources)?,
        "scopeDescriptions": openid.iter().map(|s| ((*s).clone(), json!(scopes::describe(s)))).collect::<serde_json::Map<_, _>>(),
        // Vestibule's own: whether Cancel goes through `POST /api/interaction/abort`, in whatever response mode was asked for.
        // A device has no address to go back to; it learns of a refusal by asking.
        "cancelAborts": dialect.follows_specifications() || interaction.device.is_some(),
    });
    if wanted.openid.iter().any(|s| s == scopes::ORGANIZATIONS) {
        body["organizations"] = json!(describe_organizations(cx, &request, &user)?);
    }
    if let AnswerTo::Client { to, mode } = &request.answer {
        body["redirectUri"] = json!(cancel_address(dialect, &request, to, *mode, issuer));
    }
    Ok(Ok(body))
}

/// The person's organizations, each with what its roles add to the requested API resources.
fn describe_organizations(cx: &Cx<'_>, request: &ValidRequest, user: &User) -> Result<Vec<Value>, StoreError> {
    let mut out = Vec::new();
    for membership in organizations::memberships(cx, Holder::User(user.id.as_str()))? {
        let mut given = BTreeMap::new();
        for resource in &request.resources {
            let held = membership.resource_scopes(resource);
            let asked: Vec<String> = request.other_scopes.iter().filter(|s| held.contains(*s)).cloned().collect();
            given.insert(resource.indicator.clone(), asked);
        }
        let mut shown = json!({ "id": membership.organization.id, "name": membership.organization.name });
        let scopes = scopes::describe_resources(cx, &given)?;
        if !scopes.is_empty() {
            shown["missingResourceScopes"] = json!(scopes);
        }
        out.push(shown);
    }
    Ok(out)
}

/// Where Cancel leads. Logto sends the browser to the bare redirect URI (sheet 1.11, quirk); the other
/// dialects answer `access_denied` as OIDC Core 3.1.2.6 wants it.
fn cancel_address(dialect: Dialect, request: &ValidRequest, to: &RegisteredRedirect, mode: ResponseMode, issuer: &str) -> String {
    if !dialect.follows_specifications() {
        return to.as_str().to_owned();
    }
    let mut parameters = vec![("error", "access_denied"), ("error_description", "the person declined")];
    if let Some(state) = request.get("state") {
        parameters.push(("state", state));
    }
    parameters.push(("iss", issuer));
    to.with(&parameters, mode == ResponseMode::Fragment)
}

/// `POST /api/interaction/consent`: the person allowed it, and chose in which organizations a third-party application may act.
///
/// # Errors
/// The store failed; or, inside, 404 `session.not_found`, 422 `organization.require_membership`.
pub fn allow(
    cx: &mut Cx<'_>,
    interaction_id: &str,
    organization_ids: &[OrganizationId],
    issuer: &str,
) -> Result<Result<String, ApiError>, StoreError> {
    cx.trail.kind = StepKind::Consent;
    let Some(interaction) = cx.get::<Interaction>(interaction_id)?.filter(|i| i.prompt == PromptName::Consent) else {
        return Ok(Err(ApiError::session_not_found()));
    };
    cx.trail.live = Some(interaction.live.clone());
    cx.arrow(Lane::Experience, Lane::Interaction, "consent");
    if is_decided(cx, &interaction) {
        return Ok(Ok(interaction.return_to(issuer)));
    }
    let Some((_, user)) = parties(cx, &interaction)? else {
        return Ok(Err(ApiError::session_not_found()));
    };
    let mut names = Vec::new();
    for id in organization_ids {
        match organizations::membership(cx, Holder::User(user.id.as_str()), id.as_str())? {
            Some(membership) => names.push(membership.organization.name.clone()),
            None => {
                cx.because(
                    Because::new(
                        "consent.organization",
                        Outcome::Refused,
                        "The person is not a member of an organization that was chosen.",
                        format!("{} can give access only to organizations of their own.", user.display_name()),
                        "Logto 1.11",
                    )
                    .input(id.0.clone()),
                );
                return Ok(Err(ApiError::require_membership()));
            }
        }
    }
    grant(cx, &interaction, &user, organization_ids)?;
    cx.because(Because::new(
        "consent.given",
        Outcome::Passed,
        "The person gave consent.",
        if names.is_empty() {
            "They chose Allow on the consent page.".to_owned()
        } else {
            format!("They chose Allow on the consent page, and access to {}.", names.join(", "))
        },
        "OIDC Core 3.1.2.4",
    ));
    Ok(Ok(interaction.return_to(issuer)))
}

/// The window gives consent in the person's place; whose it is.
///
/// # Errors
/// When the store fails; `session.not_found` as an inner error when no consent page waits.
pub fn allow_in_window(cx: &mut Cx<'_>, interaction_id: &str) -> Result<Result<String, ApiError>, StoreError> {
    let Some(interaction) = cx.get::<Interaction>(interaction_id)?.filter(|i| i.prompt == PromptName::Consent) else {
        return Ok(Err(ApiError::session_not_found()));
    };
    cx.trail.live = Some(interaction.live.clone());
    let Some((app, user)) = parties(cx, &interaction)? else {
        return Ok(Err(ApiError::session_not_found()));
    };
    // As the page has it at first: everywhere the person belongs.
    let organizations: Vec<OrganizationId> = organizations::memberships(cx, Holder::User(user.id.as_str()))?
        .into_iter()
        .map(|membership| membership.organization.id.clone())
        .collect();
    let granted = grant(cx, &interaction, &user, &organizations)?;
    let mut interaction = (*interaction).clone();
    interaction.result.consent = Some(granted);
    interaction.result.take_back_error();
    interaction.result.by_window = true;
    cx.put(&interaction)?;
    let name = user.display_name();
    cx.because(Because::new(
        "window.consent",
        Outcome::Decided,
        format!("You gave consent as {name} in the window."),
        format!(
            "`{}` gets everything it asked for and {name} holds, as if Allow had been chosen on the page.",
            app.name
        ),
        "Vestibule window",
    ));
    cx.arrow(Lane::Interaction, Lane::Interaction, "consent given in the window");
    let patch = &mut cx.trail.patch;
    patch.headline = Some(format!("{name} · consent given in the window").into());
    patch.waiting_for = Some("waiting for the browser to return".into());
    patch.waiting_on = Some(Lane::Provider);
    Ok(Ok(name))
}
