//! From a valid request to its answer: sign-in page, consent hop or code (sheet 1.11 and 3.4).
//!
//! The checks are a list of named reasons, in Logto's order. The same function runs when the
//! request first arrives and when the browser comes back from the pages.

use super::authorize::{Reply, SignedIn, error_parameters};
use super::one_time_token;
use super::params::AuthenticationParams;
use super::request::{AnswerTo, ResponseMode, ValidRequest};
use super::{OidcError, RegisteredRedirect, consent, device, dialect, secrets};
use crate::because::{Because, Outcome};
use crate::entropy::{id21, timed21, timed43};
use crate::ids::{GrantId, InteractionId};
use crate::live::{Lane, LiveStatus, ParamFate};
use crate::model::{Application, ApplicationType, User};
use crate::port::{Cx, StoreError};
use crate::record::{
    AuthorizationCode, Authorized, Grant, Interaction, InteractionResult, PromptName, Session, SessionAuthorization, token_key,
};
use crate::time::Timestamp;

/// Lifetime of an interaction in **seconds** (sheet 1.6).
pub const INTERACTION_TTL: i64 = 3600;
/// Lifetime of an authorization code in **seconds** (sheet 1.6).
pub const CODE_TTL: i64 = 60;
/// How long a used or expired code is remembered, so that a replay is recognised, in **seconds**.
const CODE_MEMORY: i64 = 600;

/// A session cookie to set.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// The cookie's value.
    pub cookie: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// What the pages have already settled.
#[derive(Clone, Debug, Default)]
pub struct Satisfied {
    /// The person has just signed in.
    pub login: bool,
    /// Consent was given.
    pub consent: bool,
    /// The grant that consent made.
    pub granted: Option<GrantId>,
}

/// Logto's parameters, and what parsing them had to say.
#[derive(Clone, Debug, Default)]
pub struct Extras {
    /// In effect.
    pub params: AuthenticationParams,
    /// Reasons, told only if a login page opens.
    pub because: Vec<Because>,
}

/// Decides what comes next.
///
/// # Errors
/// When the store fails.
pub fn proceed(
    cx: &mut Cx<'_>,
    request: &ValidRequest,
    extras: &Extras,
    session: Option<SignedIn>,
    satisfied: Satisfied,
    previous: Option<&Interaction>,
    issuer: &str,
) -> Result<Reply, StoreError> {
    if let Some(reason) = login_reason(cx, request, session.as_ref().map(|(s, _)| s.as_ref()), &satisfied) {
        if request.prompts("none") {
            return refuse_silent(cx, request, OidcError::new(400, "login_required", ""), &reason, issuer);
        }
        for because in &extras.because {
            cx.because(because.clone());
        }
        return open(
            cx,
            request,
            extras,
            PromptName::Login,
            vec![reason.name],
            session.as_ref(),
            previous,
        );
    }
    let Some((session, user)) = session else {
        // The session ended between the login page and here; start over rather than guess.
        return open(cx, request, extras, PromptName::Login, vec!["no_session".into()], None, previous);
    };
    cx.trail.patch.user = Some((user.id.clone(), user.display_name()));
    if !satisfied.login {
        let chosen_by_acr = extras.params.direct_sign_in.is_some() && request.get("direct_sign_in").is_none();
        let with_token = one_time_token::given(&extras.params).is_some() && !request.prompts("none");
        drop_page_parameters(cx, &user, chosen_by_acr, with_token);
    }
    let grant = match &satisfied.granted {
        Some(id) => cx.get::<Grant>(id.as_str())?,
        None => match session.authorizations.get(&request.app.id) {
            Some(authorization) => cx.get::<Grant>(authorization.grant_id.as_str())?,
            None => None,
        },
    };
    let reason = match token_reason(request, extras, &satisfied) {
        Some(reason) => Some(reason),
        None => consent_reason(cx, request, grant.as_deref(), &user, &satisfied)?,
    };
    if let Some(reason) = reason {
        if request.prompts("none") {
            let error = if reason.name == "native_client_prompt" {
                OidcError::interaction_required("native clients require End-User interaction")
            } else {
                OidcError::new(400, "consent_required", "")
            };
            return refuse_silent(cx, request, error, &reason, issuer);
        }
        cx.because(reason.because());
        return open(
            cx,
            request,
            extras,
            PromptName::Consent,
            vec![reason.name],
            Some(&(session, user)),
            previous,
        );
    }
    match grant {
        Some(grant) => {
            let authorized = stand_for(cx, request, extras, &session, &user, &grant)?;
            if !satisfied.login && !satisfied.consent {
                cx.trail.patch.headline = Some(format!("{} · single sign-on, no page", user.display_name()).into());
            }
            let finished = previous.map(|p| p.id.clone());
            match &request.answer {
                AnswerTo::Client { to, mode } => code(cx, request, authorized, (to, *mode), finished, issuer),
                AnswerTo::Device(key) => device::approve(cx, key, authorized, &user, finished),
            }
        }
        None => open(
            cx,
            request,
            extras,
            PromptName::Consent,
            vec!["grant_missing".into()],
            Some(&(session, user)),
            previous,
        ),
    }
}

/// With a session no sign-in page opens, so the parameters that choose and fill one are dropped (sheet 2.2).
/// `organization_id` also goes with the code, so it still counts.
/// So does the rest of `acr_values` when an `idp:` in it chose a provider.
fn drop_page_parameters(cx: &mut Cx<'_>, user: &User, chosen_by_acr: bool, with_token: bool) {
    let mut sent = false;
    for row in &mut cx.trail.params {
        if chosen_by_acr && row.name == "acr_values" {
            sent = true;
            let kept: Vec<&str> = row.value.split(' ').filter(|w| !w.is_empty() && !w.starts_with("idp:")).collect();
            (row.fate, row.effective) = if kept.is_empty() {
                (ParamFate::Dropped, None)
            } else {
                (ParamFate::Narrowed, Some(kept.join(" ")))
            };
            row.note = Some("No sign-in page opened, so idp: had no effect.".into());
        }
        let looked_at = with_token && matches!(row.name.as_str(), "one_time_token" | "login_hint");
        if looked_at || row.value.is_empty() || row.name == "organization_id" || !super::params::NAMES.contains(&row.name.as_str()) {
            continue;
        }
        sent = true;
        row.fate = ParamFate::Dropped;
        row.effective = None;
        row.note.get_or_insert_with(|| "No sign-in page opened.".into());
    }
    if sent {
        cx.because(Because::new(
            "params.session",
            Outcome::Dropped,
            "The sign-in parameters had no effect.",
            format!(
                "{} is already signed in on this browser and the request does not say `prompt=login`, so no page opens.",
                user.display_name()
            ),
            "Logto 2.2",
        ));
    }
}

/// Why a page is needed.
struct Reason {
    name: String,
    title: String,
    detail: String,
    source: &'static str,
}

impl Reason {
    fn new(name: &str, title: &str, detail: impl Into<String>, source: &'static str) -> Self {
        Self {
            name: name.to_owned(),
            title: title.to_owned(),
            detail: detail.into(),
            source,
        }
    }
    fn because(&self) -> Because {
        Because::new(
            format!("prompt.{}", self.name),
            Outcome::Decided,
            self.title.clone(),
            self.detail.clone(),
            self.source,
        )
    }
}

fn login_reason(cx: &mut Cx<'_>, request: &ValidRequest, session: Option<&Session>, satisfied: &Satisfied) -> Option<Reason> {
    if satisfied.login {
        return None;
    }
    let reason = if request.prompts("login") {
        Reason::new(
            "login_prompt",
            "A sign-in is needed.",
            "The request says `prompt=login`, which asks for one even with a live session.",
            "OIDC Core 3.1.2.1",
        )
    } else if request.prompts("create") {
        Reason::new(
            "create_prompt",
            "An account is to be created.",
            "The request says `prompt=create`, which opens registration even with a live session.",
            "Prompt Create 1.0 4.1",
        )
    } else if request.prompts("select_account") {
        Reason::new(
            "select_account_prompt",
            "A sign-in is needed.",
            "The request says `prompt=select_account`: the person chooses an account by signing in, even with a live session.",
            "OIDC Core 3.1.2.1",
        )
    } else {
        match session {
            None => Reason::new(
                "no_session",
                "A sign-in is needed.",
                "This browser has no session here.",
                "OIDC Core 3.1.2.3",
            ),
            Some(session) => {
                let age = cx.now.seconds_since(session.login_at);
                match (request.max_age, &request.hint_sub) {
                    (Some(0), _) => Reason::new(
                        "max_age",
                        "A sign-in is needed.",
                        "`max_age=0` behaves as `prompt=login`.",
                        "OIDC Core 3.1.2.1, Logto 1.11",
                    ),
                    (Some(max), _) if age > max => Reason::new(
                        "max_age",
                        "A sign-in is needed.",
                        format!("The last one was {age} s ago and the request allows {max} s."),
                        "OIDC Core 3.1.2.1",
                    ),
                    (_, Some(sub)) if *sub != session.account_id.0 => Reason::new(
                        "id_token_hint",
                        "A sign-in is needed.",
                        format!(
                            "`id_token_hint` names `{sub}`, but this browser's session belongs to `{}`.",
                            session.account_id
                        ),
                        "OIDC Core 3.1.2.1",
                    ),
                    _ => {
                        cx.because(Because::new(
                            "session.reused",
                            Outcome::Passed,
                            "Used the browser's session.",
                            format!("The person signed in {age} s ago; nothing in the request asks for it again."),
                            "OIDC Core 3.1.2.3",
                        ));
                        return None;
                    }
                }
            }
        }
    };
    if !request.prompts("none") {
        cx.because(reason.because());
    }
    Some(reason)
}

/// A one-time token is looked at even with a live session, on the hop that consent takes (sheet 2.6).
fn token_reason(request: &ValidRequest, extras: &Extras, satisfied: &Satisfied) -> Option<Reason> {
    let asked = one_time_token::given(&extras.params).is_some() && !request.prompts("none");
    (asked && !satisfied.login && !satisfied.consent).then(|| {
        Reason::new(
            "one_time_token",
            "The one-time token is looked at first.",
            "Somebody is signed in already, and the request brings a one-time token: whose it is decides what the person sees.",
            "Logto 2.6",
        )
    })
}

fn consent_reason(
    cx: &Cx<'_>,
    request: &ValidRequest,
    grant: Option<&Grant>,
    user: &User,
    satisfied: &Satisfied,
) -> Result<Option<Reason>, StoreError> {
    if satisfied.consent {
        return Ok(None);
    }
    let who = if request.app.is_third_party {
        "The person is asked."
    } else {
        "It is given at once, because this is a first-party application."
    };
    if request.prompts("consent") {
        return Ok(Some(Reason::new(
            "consent_prompt",
            "Consent is a hop of its own.",
            format!("The request says `prompt=consent`. {who}"),
            "OIDC Core 3.1.2.1, Logto 1.11",
        )));
    }
    if request.app.kind == ApplicationType::Native {
        return Ok(Some(Reason::new(
            "native_client_prompt",
            "Consent is a hop of its own.",
            format!("Native applications always pass it, because another program could pose as them. {who}"),
            "RFC 8252 8.6, Logto 1.7",
        )));
    }
    let Some(grant) = grant else {
        return Ok(Some(Reason::new(
            "grant_missing",
            "Consent is a hop of its own.",
            format!("This session has no grant for the application yet. {who}"),
            "Logto 1.11",
        )));
    };
    let wanted = consent::wanted(cx, request, user)?;
    let missing = wanted.missing_from(grant);
    Ok((!missing.is_empty()).then(|| {
        Reason::new(
            "scopes_missing",
            "Consent is a hop of its own.",
            format!("The grant does not cover `{}` yet. {who}", missing.join(" ")),
            "Logto 1.11",
        )
    }))
}

/// `prompt=none` and a page would be needed.
fn refuse_silent(cx: &mut Cx<'_>, request: &ValidRequest, error: OidcError, reason: &Reason, issuer: &str) -> Result<Reply, StoreError> {
    let (to, mode) = match &request.answer {
        AnswerTo::Client { to, mode } => (to.clone(), *mode),
        AnswerTo::Device(key) => return device::deny(cx, key, error.error, error.description.as_deref(), None),
    };
    cx.because(Because::new(
        format!("prompt_none.{}", reason.name),
        Outcome::Refused,
        format!("`prompt=none` was answered with `{}`.", error.error),
        format!("A page would have been needed. {}", reason.detail),
        "OIDC Core 3.1.2.6",
    ));
    cx.arrow(Lane::Provider, Lane::Client, format!("303 error={}", error.error));
    cx.trail.error = Some(error.step());
    cx.trail.patch.status = Some(LiveStatus::Failed);
    cx.trail.patch.outcome = Some(error.error.into());
    cx.trail.patch.headline = Some("prompt=none, but a page would have been needed".into());
    let parameters = error_parameters(&error, request.get("state").map(str::to_owned), issuer);
    Ok(Reply::Client {
        to,
        mode,
        parameters,
        session: None,
        finished: None,
    })
}

/// Opens an interaction and sends the browser to its page.
fn open(
    cx: &mut Cx<'_>,
    request: &ValidRequest,
    extras: &Extras,
    prompt: PromptName,
    reasons: Vec<String>,
    session: Option<&SignedIn>,
    previous: Option<&Interaction>,
) -> Result<Reply, StoreError> {
    let mut params = request.params.clone();
    // The hint was checked; its text is not kept.
    if params.contains_key("id_token_hint") {
        params.insert("id_token_hint".into(), "checked".into());
    }
    let (params, sealed_params) = secrets::split(cx, params);
    let interaction = Interaction {
        id: InteractionId(timed21(cx.now, cx.entropy)),
        live: cx.trail.live.clone().unwrap_or_default(),
        client_id: request.app.id.clone(),
        prompt,
        reasons,
        params,
        sealed_params,
        resources: request.indicators(),
        session_uid: session.map(|(s, _)| s.uid.clone()),
        device: match &request.answer {
            AnswerTo::Client { .. } => None,
            AnswerTo::Device(key) => Some(key.clone()),
        },
        account_id: session
            .map(|(s, _)| s.account_id.clone())
            .or_else(|| request.hint_sub.clone().map(Into::into)),
        result: InteractionResult {
            // What the sign-in did stays visible through the consent hop.
            interaction_event: previous.and_then(|p| p.result.interaction_event),
            ..InteractionResult::default()
        },
        created_at: cx.now,
        expires_at: cx.now.plus_seconds(INTERACTION_TTL),
    };
    cx.put(&interaction)?;
    cx.arrow(
        Lane::Provider,
        Lane::Interaction,
        if prompt == PromptName::Login {
            "create interaction"
        } else {
            "create consent interaction"
        },
    );
    Ok(page(cx, &interaction, &extras.params, None))
}

/// Path and query of an interaction's page.
fn location(interaction: &Interaction, params: &AuthenticationParams) -> String {
    match interaction.prompt {
        PromptName::Login => params.location(interaction.client_id.as_str()),
        PromptName::Consent => {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            query.append_pair("app_id", interaction.client_id.as_str());
            format!("/consent?{}", query.finish())
        }
    }
}

/// Path and query of the page where an interaction waits, for people: without what is secret.
///
/// # Errors
/// When the store can't be read.
pub fn page_location(cx: &Cx<'_>, interaction: &Interaction) -> Result<Option<String>, StoreError> {
    let Some(app) = cx.get::<Application>(interaction.client_id.as_str())? else {
        return Ok(None);
    };
    let parsed = dialect::parameters(cx, &app, &interaction.params)?;
    Ok(Some(location(interaction, &parsed.params)))
}

/// The redirect to an interaction's page, and what the session now waits for.
pub(super) fn page(cx: &mut Cx<'_>, interaction: &Interaction, params: &AuthenticationParams, session: Option<NewSession>) -> Reply {
    let location = location(interaction, params);
    let path = location.split('?').next().unwrap_or_default().to_owned();
    cx.arrow(Lane::Provider, Lane::Experience, format!("303 {path}"));
    cx.trail.snapshot = Some(crate::experience::snapshot(interaction));
    let patch = &mut cx.trail.patch;
    patch.interaction = Some(interaction.id.clone());
    patch.expires_at = Some(interaction.expires_at);
    patch.status = Some(LiveStatus::Waiting);
    patch.waiting_on = Some(Lane::Experience);
    match interaction.prompt {
        PromptName::Login => {
            patch.outcome = Some("signing in".into());
            patch.headline = Some(match &params.direct_sign_in {
                Some(direct) => format!("direct sign-in with {}", direct.target.as_deref().unwrap_or(&direct.method)).into(),
                None => format!("waiting on {path}").into(),
            });
            patch.waiting_for = Some("waiting for the person to sign in".into());
        }
        PromptName::Consent => {
            patch.outcome = Some("consent".into());
            patch.waiting_for = Some("waiting for consent".into());
        }
    }
    Reply::Page {
        interaction: interaction.id.clone(),
        client_id: interaction.client_id.clone(),
        device: interaction.device.is_some(),
        location,
        organization_id: params.organization_id.clone(),
        ui_locales: params.ui_locales.clone(),
        session,
    }
}

/// What the answer stands for; notes in the session that this application is part of it.
fn stand_for(
    cx: &mut Cx<'_>,
    request: &ValidRequest,
    extras: &Extras,
    session: &Session,
    user: &User,
    grant: &Grant,
) -> Result<Authorized, StoreError> {
    let offline = request.offline();
    let sid = match session.authorizations.get(&request.app.id) {
        Some(existing) => existing.sid.clone(),
        None => id21(cx.entropy),
    };
    let stale = session
        .authorizations
        .get(&request.app.id)
        .is_none_or(|a| a.grant_id != grant.id || (offline && !a.persists_logout));
    if stale {
        let mut session = session.clone();
        let persists = offline
            || session
                .authorizations
                .get(&request.app.id)
                .is_some_and(|a| a.persists_logout && a.grant_id == grant.id);
        session.authorizations.insert(
            request.app.id.clone(),
            SessionAuthorization {
                sid: sid.clone(),
                grant_id: grant.id.clone(),
                persists_logout: persists,
            },
        );
        cx.put(&session)?;
    }
    Ok(Authorized {
        live: cx.trail.live.clone().unwrap_or_default(),
        client_id: request.app.id.clone(),
        account_id: user.id.clone(),
        grant_id: grant.id.clone(),
        session_uid: session.uid.clone(),
        sid,
        offline,
        scopes: request.scopes(),
        resources: request.resources.iter().map(|r| r.indicator.clone()).collect(),
        nonce: request.get("nonce").map(str::to_owned),
        auth_at: session.login_at,
        wants_auth_time: request.max_age.is_some() || request.prompts("login"),
        organization_id: extras.params.organization_id.clone(),
    })
}

/// Issues the code (RFC 6749 4.1.2).
fn code(
    cx: &mut Cx<'_>,
    request: &ValidRequest,
    authorized: Authorized,
    (to, mode): (&RegisteredRedirect, ResponseMode),
    finished: Option<InteractionId>,
    issuer: &str,
) -> Result<Reply, StoreError> {
    let text = timed43(cx.now, cx.entropy);
    cx.put(&AuthorizationCode {
        key: token_key(&text),
        authorized,
        redirect_uri: to.as_str().to_owned(),
        code_challenge: request.get("code_challenge").map(str::to_owned),
        consumed_at: None,
        valid_until: cx.now.plus_seconds(CODE_TTL),
        expires_at: cx.now.plus_seconds(CODE_MEMORY),
    })?;
    cx.arrow(
        Lane::Provider,
        Lane::Client,
        if mode == ResponseMode::FormPost {
            "form post with code"
        } else {
            "303 redirect with code"
        },
    );
    cx.because(Because::new(
        "authorize.code",
        Outcome::Passed,
        "Issued an authorization code.",
        format!(
            "It works once, within {CODE_TTL} s, for this application and this redirect URI{}.",
            if request.get("code_challenge").is_some() {
                ", with the PKCE verifier"
            } else {
                ""
            }
        ),
        "RFC 6749 4.1.2",
    ));
    let patch = &mut cx.trail.patch;
    patch.status = Some(LiveStatus::Waiting);
    patch.outcome = Some("code issued".into());
    patch.waiting_for = Some("waiting for the application to redeem the code".into());
    patch.waiting_on = Some(Lane::Client);
    patch.expires_at = Some(cx.now.plus_seconds(CODE_TTL));
    let mut parameters = vec![("code".to_owned(), text)];
    parameters.extend(request.get("state").map(|s| ("state".to_owned(), s.to_owned())));
    parameters.push(("iss".into(), issuer.to_owned()));
    Ok(Reply::Client {
        to: to.clone(),
        mode,
        parameters,
        session: None,
        finished,
    })
}
