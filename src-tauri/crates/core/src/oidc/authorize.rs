//! The authorization endpoint (`/oidc/auth`) and its second half (`/oidc/auth/:uid`).
//!
//! Both halves end in the same function, [`super::flow::proceed`]: straight to a code, to the consent
//! hop, or to an interaction with its first page.

use super::flow::{self, NewSession, Satisfied};
use super::redirect::RegisteredRedirect;
use super::request::{self, AnswerTo, Hint, RawRequest, Refused, ResponseMode, ValidRequest};
use super::{OidcError, device, dialect, params, secrets};
use crate::because::{Because, Outcome};
use crate::entropy::{timed21, timed43};
use crate::ids::{AppId, InteractionId, LiveId, SessionUid, UserId};
use crate::live::{Chip, Lane, LiveStatus, ParamFate, ParamOrigin, StepKind};
use crate::model::User;
use crate::port::{Cx, StoreError};
use crate::record::{Interaction, PushedRequest, Session, token_key};
use std::sync::Arc;

/// Prefix of a pushed request's `request_uri` (RFC 9126 section 2.2).
pub const REQUEST_URI_PREFIX: &str = "urn:ietf:params:oauth:request_uri:";

/// What the browser gets.
#[derive(Clone, Debug)]
pub enum Reply {
    /// 303 to a page of ours.
    Page {
        /// The interaction.
        interaction: InteractionId,
        /// The application.
        client_id: AppId,
        /// Whether the browser returns to `/oidc/device/:uid` instead of `/oidc/auth/:uid`.
        device: bool,
        /// Path and query.
        location: String,
        /// Members of the `_logto` cookie.
        organization_id: Option<String>,
        /// Members of the `_logto` cookie.
        ui_locales: Option<String>,
        /// A session to set.
        session: Option<NewSession>,
    },
    /// An answer to the client, by redirect or form.
    Client {
        /// Where.
        to: RegisteredRedirect,
        /// How.
        mode: ResponseMode,
        /// `code` or `error`, `state`, `iss`.
        parameters: Vec<(String, String)>,
        /// A session to set.
        session: Option<NewSession>,
        /// The interaction whose cookies can go.
        finished: Option<InteractionId>,
    },
    /// 302 to a page that says how it ended; the device learns it by asking (RFC 8628).
    Device {
        /// Path and query.
        location: String,
        /// A session to set.
        session: Option<NewSession>,
        /// The interaction whose cookies can go.
        finished: Option<InteractionId>,
    },
    /// 400 JSON on the provider.
    Json {
        /// The error.
        error: OidcError,
        /// `state`, echoed.
        state: Option<String>,
    },
}

/// A browser's session and its person.
pub type SignedIn = (Arc<Session>, Arc<User>);

/// A signed-in browser, if its cookie still names one.
///
/// # Errors
/// When the store can't be read.
pub fn load_session(cx: &mut Cx<'_>, cookie: Option<&str>) -> Result<Option<SignedIn>, StoreError> {
    let Some(cookie) = cookie else { return Ok(None) };
    let Some(session) = cx.get::<Session>(&token_key(cookie))? else {
        return Ok(None);
    };
    match cx.get::<User>(session.account_id.as_str())? {
        Some(user) if !user.is_suspended => Ok(Some((session, user))),
        found => {
            let why = if found.is_some() { "is suspended" } else { "was deleted" };
            cx.because(Because::new(
                "session.person",
                Outcome::Decided,
                "The browser's session no longer counts.",
                format!("The person it belongs to {why}."),
                "Logto 3.2",
            ));
            Ok(None)
        }
    }
}

/// `GET /oidc/auth` (and `POST`, which means the same).
///
/// # Errors
/// When the store fails.
pub fn authorize(cx: &mut Cx<'_>, mut raw: RawRequest, session_cookie: Option<&str>, issuer: &str) -> Result<Reply, StoreError> {
    cx.trail.kind = StepKind::Authorize;
    cx.trail.live.get_or_insert_with(|| LiveId(timed21(cx.now, cx.entropy)));
    cx.arrow(Lane::Client, Lane::Provider, "GET /oidc/auth");

    if let Err(refused) = unfold_pushed(cx, &mut raw)? {
        return Ok(refuse(cx, *refused, issuer));
    }
    let request = match request::validate(cx, &raw)? {
        Ok(request) => request,
        Err(refused) => return Ok(refuse(cx, refused, issuer)),
    };
    let extras = read_parameters(cx, &request)?;
    let session = load_session(cx, session_cookie)?;
    flow::proceed(cx, &request, &extras, session, Satisfied::default(), None, issuer)
}

/// Logto's parameters in effect; says of each what became of it, and shows the ones worth a chip.
pub(super) fn read_parameters(cx: &mut Cx<'_>, request: &ValidRequest) -> Result<flow::Extras, StoreError> {
    let parsed = dialect::parameters(cx, &request.app, &request.params)?;
    for (name, fate, effective, note) in parsed.fates {
        for row in cx
            .trail
            .params
            .iter_mut()
            .filter(|row| row.name == name && row.fate == ParamFate::Used)
        {
            row.fate = fate;
            row.effective.clone_from(&effective);
            row.note = Some(note.clone().into());
        }
    }
    if request.prompts("none") {
        let about_pages = |name: &str| params::NAMES.contains(&name) && name != "organization_id";
        let used = |fate| matches!(fate, ParamFate::Used | ParamFate::Narrowed);
        for row in cx.trail.params.iter_mut().filter(|row| about_pages(&row.name) && used(row.fate)) {
            row.fate = ParamFate::Dropped;
            row.effective = None;
            row.note = Some("It says something about a page, and prompt=none opens none.".into());
        }
    }
    for because in parsed.at_once {
        cx.because(because);
    }
    cx.trail.patch.chips = Some(chips(request));
    Ok(flow::Extras {
        params: parsed.params,
        because: parsed.because,
    })
}

/// `GET /oidc/auth/:uid` and `GET /oidc/device/:uid`: the same decision again, with what the interaction achieved.
///
/// # Errors
/// When the store fails.
pub fn resume(cx: &mut Cx<'_>, id: &str, session_cookie: Option<&str>, issuer: &str) -> Result<Reply, StoreError> {
    cx.trail.kind = StepKind::Resume;
    let Some(interaction) = cx.get::<Interaction>(id)? else {
        cx.arrow(Lane::Experience, Lane::Provider, "GET /oidc/auth/:uid");
        let error = OidcError::session_not_found("the interaction expired, was finished, or never existed");
        cx.because(Because::new(
            "resume.interaction",
            Outcome::Refused,
            "This sign-in is no longer open.",
            "The interaction was finished, expired after an hour, or its cookie is gone. The application has to start again.",
            "Logto 3.4",
        ));
        cx.trail.error = Some(error.step());
        return Ok(Reply::Json { error, state: None });
    };
    cx.trail.live = Some(interaction.live.clone());
    if let Some(key) = &interaction.device {
        cx.arrow(Lane::Experience, Lane::Provider, "GET /oidc/device/:uid");
        if let Some(over) = device::over(cx, key, &interaction)? {
            return Ok(over);
        }
    } else {
        cx.arrow(Lane::Experience, Lane::Provider, "GET /oidc/auth/:uid");
    }
    let request = match revive(cx, &interaction)? {
        Ok(request) => request,
        Err(refused) => {
            return match &interaction.device {
                Some(key) => {
                    let (error, description) = (refused.error.error, refused.error.description.as_deref());
                    device::deny(cx, key, error, description, Some(interaction.id.clone()))
                }
                None => Ok(refuse(cx, refused, issuer)),
            };
        }
    };
    let parsed = dialect::parameters(cx, &request.app, &request.params)?;
    let extras = flow::Extras {
        params: parsed.params,
        because: Vec::new(),
    };
    if let Some(error) = &interaction.result.error {
        cx.delete::<Interaction>(id)?;
        let description = interaction.result.error_description.as_deref();
        return fail(cx, &request, error, description, issuer, &interaction);
    }
    let current = load_session(cx, session_cookie)?;
    match (&interaction.result.login, &interaction.result.consent) {
        (Some(person), _) => log_in(cx, &interaction, &request, &extras, person, current, issuer),
        (None, Some(_)) => {
            let satisfied = Satisfied {
                login: true,
                consent: true,
                granted: interaction.result.consent.clone(),
            };
            cx.delete::<Interaction>(id)?;
            flow::proceed(cx, &request, &extras, current, satisfied, Some(&interaction), issuer)
        }
        (None, None) => {
            cx.because(Because::new(
                "resume.unfinished",
                Outcome::Decided,
                "Went back to the page.",
                "The interaction has not been submitted yet, so there is nothing to resume.",
                "Logto 3.4",
            ));
            Ok(flow::page(cx, &interaction, &extras.params, None))
        }
    }
}

/// The person has signed in: a session of a new cookie value (fixation protection), then on to consent or code.
fn log_in(
    cx: &mut Cx<'_>,
    interaction: &Interaction,
    request: &ValidRequest,
    extras: &flow::Extras,
    person: &UserId,
    current: Option<SignedIn>,
    issuer: &str,
) -> Result<Reply, StoreError> {
    cx.delete::<Interaction>(interaction.id.as_str())?;
    let Some(user) = cx.get::<User>(person.as_str())?.filter(|u| !u.is_suspended) else {
        return fail(
            cx,
            request,
            "access_denied",
            Some("the person can no longer sign in"),
            issuer,
            interaction,
        );
    };
    let cookie = timed43(cx.now, cx.entropy);
    let ttl = cx.settings()?.session_ttl;
    let mut session = Session {
        key: token_key(&cookie),
        uid: SessionUid(timed21(cx.now, cx.entropy)),
        account_id: person.clone(),
        login_at: cx.now,
        authorizations: std::collections::BTreeMap::new(),
        expires_at: cx.now.plus_seconds(ttl),
    };
    if let Some((old, _)) = current {
        cx.delete::<Session>(&old.key)?;
        if old.account_id == *person {
            session.uid = old.uid.clone();
            session.authorizations = old.authorizations.clone();
        } else {
            cx.because(Because::new(
                "resume.other_person",
                Outcome::Decided,
                "Ended the browser's previous session.",
                format!(
                    "It belonged to another person (`{}`). Their tokens without `offline_access` ended with it.",
                    old.account_id
                ),
                "Logto 3.4",
            ));
        }
    }
    cx.put(&session)?;
    cx.because(Because::new(
        "resume.session",
        Outcome::Decided,
        "Opened a session for this browser.",
        "It signs the person in to every application here without asking again, until it ends or they sign out. Its cookie value is new, so an old one can't be planted.",
        "OIDC Core 3.1.2.3, Logto 3.4",
    ));
    cx.trail.patch.user = Some((user.id.clone(), user.display_name()));
    let satisfied = Satisfied {
        login: true,
        consent: false,
        granted: None,
    };
    let expires_at = session.expires_at;
    let mut reply = flow::proceed(
        cx,
        request,
        extras,
        Some((Arc::new(session), user)),
        satisfied,
        Some(interaction),
        issuer,
    )?;
    let new = NewSession { cookie, expires_at };
    match &mut reply {
        Reply::Page { session, .. } | Reply::Client { session, .. } | Reply::Device { session, .. } => *session = Some(new),
        Reply::Json { .. } => {}
    }
    Ok(reply)
}

/// The request of a stored interaction, checked again against what is registered now.
fn revive(cx: &mut Cx<'_>, interaction: &Interaction) -> Result<Result<ValidRequest, Refused>, StoreError> {
    if let Some(key) = &interaction.device {
        let alone = |error| Refused {
            error,
            state: None,
            to: None,
        };
        return Ok(device::revive(cx, key)?.map_err(alone));
    }
    let mut pairs: Vec<(String, String)> = secrets::of_interaction(cx, interaction)?.into_iter().collect();
    pairs.extend(interaction.resources.iter().map(|r| ("resource".to_owned(), r.clone())));
    // The hint was checked when the request came; it may have expired from memory since, never become false.
    let hint = interaction.params.get("id_token_hint").map(|_| Hint::Valid {
        sub: interaction.account_id.clone().unwrap_or_default().0,
        audiences: vec![interaction.client_id.0.clone()],
    });
    let reasons = cx.trail.because.len();
    let outcome = request::validate(
        cx,
        &RawRequest {
            pairs,
            origin: ParamOrigin::Query,
            hint,
        },
    )?;
    // What was said at the first hit is not said twice.
    cx.trail.params.clear();
    if outcome.is_ok() {
        cx.trail.because.truncate(reasons);
    }
    Ok(outcome)
}

/// Replaces the parameters by those of a pushed request (RFC 9126 section 4), which is used up by that.
fn unfold_pushed(cx: &mut Cx<'_>, raw: &mut RawRequest) -> Result<Result<(), Box<Refused>>, StoreError> {
    let value = |name: &str| raw.pairs.iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.clone());
    let Some(uri) = value("request_uri") else { return Ok(Ok(())) };
    let refused = |error| {
        Ok(Err(Box::new(Refused {
            error,
            state: None,
            to: None,
        })))
    };
    let Some(client_id) = value("client_id") else {
        return refused(OidcError::missing("client_id"));
    };
    let bad = |why: &str| OidcError::invalid_request_uri("request_uri is invalid, expired, or was already used").detail(why);
    let Some(id) = uri.strip_prefix(REQUEST_URI_PREFIX) else {
        return refused(bad(
            "only request_uri values from the pushed authorization request endpoint are accepted",
        ));
    };
    let Some(pushed) = cx.get::<PushedRequest>(id)? else {
        return refused(bad("no pushed request has this request_uri; it lives 60 seconds and works once"));
    };
    if pushed.client_id.as_str() != client_id {
        return refused(bad("the request was pushed by another client"));
    }
    cx.delete::<PushedRequest>(id)?;
    cx.trail.live = Some(pushed.live.clone());
    cx.because(Because::new(
        "authorize.pushed",
        Outcome::Passed,
        "Took the parameters from the pushed request.",
        "Parameters of the URL other than `client_id` don't count. The request_uri is used up now.",
        "RFC 9126 4",
    ));
    raw.pairs = secrets::join(cx, pushed.params.clone(), pushed.sealed_params.clone())?;
    raw.pairs.retain(|(name, _)| name != "request_uri" && name != "client_id");
    raw.pairs.push(("client_id".into(), client_id));
    raw.origin = ParamOrigin::Pushed;
    Ok(Ok(()))
}

/// Stores a pushed authorization request (RFC 9126 section 2), after the checks of the authorization endpoint.
///
/// Answers the `request_uri`.
///
/// # Errors
/// The store failed; or, inside, the refusal.
pub fn push(cx: &mut Cx<'_>, app: &crate::model::Application, mut raw: RawRequest) -> Result<Result<String, OidcError>, StoreError> {
    cx.trail.kind = StepKind::PushedRequest;
    let live = cx.trail.live.get_or_insert_with(|| LiveId(timed21(cx.now, cx.entropy))).clone();
    cx.arrow(Lane::Client, Lane::Provider, "POST /oidc/request");
    raw.pairs.retain(|(name, _)| {
        !matches!(
            name.as_str(),
            "client_secret" | "client_assertion" | "client_assertion_type" | "client_id"
        )
    });
    raw.pairs.push(("client_id".into(), app.id.0.clone()));
    let outcome = if raw.pairs.iter().any(|(name, _)| name == "request_uri") {
        Err(OidcError::invalid_request(
            "`request_uri` parameter must not be used at the pushed_authorization_request_endpoint",
        ))
    } else {
        request::validate(cx, &raw)?.map_err(|refused| refused.error)
    };
    if let Err(error) = outcome {
        cx.trail.error = Some(error.step());
        cx.trail.patch.status = Some(LiveStatus::Failed);
        cx.trail.patch.outcome = Some(error.error.into());
        cx.trail.patch.headline = error.description.clone().map(Into::into);
        cx.arrow(Lane::Provider, Lane::Client, format!("400 {}", error.error));
        return Ok(Err(error));
    }
    let id = timed43(cx.now, cx.entropy);
    let (params, sealed_params) = secrets::split(cx, raw.pairs);
    cx.put(&PushedRequest {
        id: id.clone(),
        live,
        client_id: app.id.clone(),
        params,
        sealed_params,
        expires_at: cx.now.plus_seconds(PUSHED_TTL),
    })?;
    cx.arrow(Lane::Provider, Lane::Client, "201 request_uri");
    cx.trail.patch.status = Some(LiveStatus::Waiting);
    cx.trail.patch.outcome = Some("request pushed".into());
    cx.trail.patch.waiting_for = Some("waiting for the browser to bring the request_uri".into());
    cx.trail.patch.waiting_on = Some(Lane::Client);
    cx.trail.patch.expires_at = Some(cx.now.plus_seconds(PUSHED_TTL));
    Ok(Ok(format!("{REQUEST_URI_PREFIX}{id}")))
}

/// Lifetime of a pushed request in **seconds** (sheet 1.6).
pub const PUSHED_TTL: i64 = 60;

/// Answers a refused request to whoever may see it.
fn refuse(cx: &mut Cx<'_>, refused: Refused, issuer: &str) -> Reply {
    let Refused { error, state, to } = refused;
    let text = error.description.clone().unwrap_or_else(|| error.message().to_owned());
    if !cx.trail.because.iter().any(|b| b.outcome == Outcome::Refused) {
        let hidden = error
            .detail
            .as_ref()
            .map(|d| format!(" The engine's reason: {d}."))
            .unwrap_or_default();
        cx.because(Because::new(
            "authorize.refused",
            Outcome::Refused,
            format!("Refused with `{}`.", error.error),
            format!("{}.{hidden}", sentence(&text)),
            "RFC 6749 4.1.2.1, Logto 1.10",
        ));
    }
    cx.trail.error = Some(error.step());
    let patch = &mut cx.trail.patch;
    patch.status = Some(LiveStatus::Failed);
    patch.outcome.get_or_insert_with(|| error.error.into());
    patch.headline.get_or_insert(text.into());
    match to {
        Some((to, mode)) => {
            cx.arrow(Lane::Provider, Lane::Client, format!("303 error={}", error.error));
            Reply::Client {
                to,
                mode,
                parameters: error_parameters(&error, state, issuer),
                session: None,
                finished: None,
            }
        }
        None => {
            cx.arrow(Lane::Provider, Lane::Provider, format!("400 {}", error.error));
            Reply::Json { error, state }
        }
    }
}

/// An error that the interaction ended with, sent to whoever asked.
fn fail(
    cx: &mut Cx<'_>,
    request: &ValidRequest,
    error: &str,
    description: Option<&str>,
    issuer: &str,
    interaction: &Interaction,
) -> Result<Reply, StoreError> {
    let finished = Some(interaction.id.clone());
    let (to, mode) = match &request.answer {
        AnswerTo::Client { to, mode } => (to.clone(), *mode),
        AnswerTo::Device(key) => return device::deny(cx, key, error, description, finished),
    };
    let mut parameters = vec![("error".to_owned(), error.to_owned())];
    parameters.extend(description.map(|d| ("error_description".to_owned(), d.to_owned())));
    parameters.extend(request.get("state").map(|s| ("state".to_owned(), s.to_owned())));
    parameters.push(("iss".into(), issuer.to_owned()));
    cx.arrow(Lane::Provider, Lane::Client, format!("303 error={error}"));
    cx.because(Because::new(
        "resume.error",
        Outcome::Refused,
        format!("Answered the application with `{error}`."),
        "The interaction ended with this error; it goes back in the response mode of the request, with `state` and `iss`.",
        "OIDC Core 3.1.2.6, Logto 3.3",
    ));
    cx.trail.patch.status = Some(LiveStatus::Failed);
    cx.trail.patch.outcome = Some(error.to_owned().into());
    Ok(Reply::Client {
        to,
        mode,
        parameters,
        session: None,
        finished,
    })
}

/// Parameters of an error response (RFC 6749 4.1.2.1, RFC 9207).
#[must_use]
pub fn error_parameters(error: &OidcError, state: Option<String>, issuer: &str) -> Vec<(String, String)> {
    let mut parameters = vec![("error".to_owned(), error.error.to_owned())];
    parameters.extend(error.description.clone().map(|d| ("error_description".to_owned(), d)));
    parameters.extend(error.scope.clone().map(|s| ("scope".to_owned(), s)));
    parameters.extend(state.map(|s| ("state".to_owned(), s)));
    parameters.push(("iss".into(), issuer.to_owned()));
    parameters
}

fn chips(request: &ValidRequest) -> Vec<Chip> {
    let mut chips: Vec<Chip> = [
        "direct_sign_in",
        "first_screen",
        "interaction_mode",
        "identifier",
        "login_hint",
        "organization_id",
        "one_time_token",
        "ui_locales",
    ]
    .into_iter()
    .filter_map(|name| {
        let value = if name == "one_time_token" {
            request.get(name).map(|_| "…")
        } else {
            request.get(name)
        };
        value.map(|v| Chip {
            text: format!("{name}={v}"),
            logto: true,
        })
    })
    .collect();
    for name in ["prompt", "max_age", "response_mode", "acr_values"] {
        if let Some(value) = request.get(name) {
            chips.push(Chip {
                text: format!("{name}={value}"),
                logto: false,
            });
        }
    }
    chips.extend(request.resources.iter().map(|r| Chip {
        text: format!("resource={}", r.indicator),
        logto: false,
    }));
    chips
}

/// First letter in upper case.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|c| c.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
