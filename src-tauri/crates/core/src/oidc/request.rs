//! The authorization request, from raw pairs to values that passed every check (sheet 1.10 to 1.12).

use super::redirect::{RegisteredRedirect, nearest};
use super::{OidcError, params, pkce, scopes};
use crate::because::{Because, Outcome, Repair};
use crate::live::{Param, ParamFate, ParamOrigin};
use crate::model::{Application, Resource};
use crate::port::{Cx, StoreError};
use crate::record::Index;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Parameters the authorization endpoint knows (sheet 1.10, last paragraph).
const OIDC_NAMES: [&str; 20] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "response_mode",
    "scope",
    "state",
    "nonce",
    "prompt",
    "max_age",
    "id_token_hint",
    "code_challenge",
    "code_challenge_method",
    "resource",
    "login_hint",
    "ui_locales",
    "claims_locales",
    "acr_values",
    "display",
    "request_uri",
    "request",
];

/// How the answer travels (OAuth 2.0 Multiple Response Types, Form Post Response Mode).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResponseMode {
    /// In the query.
    #[default]
    Query,
    /// In the fragment.
    Fragment,
    /// As a form that posts itself.
    FormPost,
}

impl ResponseMode {
    /// A `response_mode` value.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        Some(match value {
            "query" => Self::Query,
            "fragment" => Self::Fragment,
            "form_post" => Self::FormPost,
            _ => return None,
        })
    }
    /// Its wire value.
    #[must_use]
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Fragment => "fragment",
            Self::FormPost => "form_post",
        }
    }
}

/// Verified content of an `id_token_hint`, or why it was not accepted. The server checks the signature beforehand.
#[derive(Clone, Debug)]
pub enum Hint {
    /// Subject and audiences.
    Valid {
        /// `sub`.
        sub: String,
        /// `aud`.
        audiences: Vec<String>,
    },
    /// Why not; hidden detail.
    Invalid(String),
}

/// Raw parameters as received.
#[derive(Clone, Debug)]
pub struct RawRequest {
    /// Decoded pairs in order.
    pub pairs: Vec<(String, String)>,
    /// Where they came from.
    pub origin: ParamOrigin,
    /// The `id_token_hint`, checked.
    pub hint: Option<Hint>,
}

/// A request that passed every check.
#[derive(Clone, Debug)]
pub struct ValidRequest {
    /// The application.
    pub app: Arc<Application>,
    /// Where the answer goes.
    pub redirect: RegisteredRedirect,
    /// How.
    pub mode: ResponseMode,
    /// Every single-valued parameter in effect.
    pub params: BTreeMap<String, String>,
    /// OIDC scopes in effect.
    pub openid_scopes: Vec<String>,
    /// Other scope names: candidates for the resources.
    pub other_scopes: Vec<String>,
    /// Resources asked for.
    pub resources: Vec<Arc<Resource>>,
    /// Whether the reserved organization resource was among them.
    pub organization_resource: bool,
    /// `prompt` values.
    pub prompt: Vec<String>,
    /// `max_age` in **seconds**.
    pub max_age: Option<i64>,
    /// Subject of the `id_token_hint`.
    pub hint_sub: Option<String>,
}

/// A refused request: who may see the error.
#[derive(Clone, Debug)]
pub struct Refused {
    /// The error.
    pub error: OidcError,
    /// `state`, echoed.
    pub state: Option<String>,
    /// Where it may be sent; `None` means it is shown on the provider.
    pub to: Option<(RegisteredRedirect, ResponseMode)>,
}

impl ValidRequest {
    /// A parameter in effect.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.params.get(name).map(String::as_str)
    }
    /// Whether `prompt` holds a value.
    #[must_use]
    pub fn prompts(&self, value: &str) -> bool {
        self.prompt.iter().any(|p| p == value)
    }
    /// All scopes in effect, OIDC ones first.
    #[must_use]
    pub fn scopes(&self) -> Vec<String> {
        self.openid_scopes.iter().chain(&self.other_scopes).cloned().collect()
    }
    /// Whether a refresh token that outlives the session was granted.
    #[must_use]
    pub fn offline(&self) -> bool {
        self.openid_scopes.iter().any(|s| s == "offline_access")
    }
}

/// Parameters while they are being checked, with what the window will show of each.
struct Draft {
    single: BTreeMap<String, String>,
    resources: Vec<String>,
    rows: Vec<Param>,
    duplicate: Option<String>,
}

fn is_known(name: &str) -> bool {
    OIDC_NAMES.contains(&name) || params::NAMES.contains(&name) || name == "registration"
}

/// The value as the window's table and the journal have it. Secrets stay with the wire, which is kept in memory only.
fn shown(name: &str, value: &str) -> String {
    const SECRET: [&str; 7] = [
        "one_time_token",
        "google_one_tap_credential",
        "id_token_hint",
        "client_secret",
        "client_assertion",
        "access_token",
        "refresh_token",
    ];
    let secret = SECRET.contains(&name) || name.to_ascii_lowercase().contains("password");
    if secret && !value.is_empty() {
        "••••".to_owned()
    } else {
        value.to_owned()
    }
}

fn draft(raw: &RawRequest) -> Draft {
    let mut out = Draft {
        single: BTreeMap::new(),
        resources: Vec::new(),
        rows: Vec::new(),
        duplicate: None,
    };
    for (name, value) in &raw.pairs {
        let known = is_known(name);
        let (fate, note) = if !known {
            (ParamFate::Ignored, Some("No rule of the provider knows this parameter.".to_owned()))
        } else if value.is_empty() {
            (ParamFate::Dropped, Some("An empty value counts as absent.".to_owned()))
        } else {
            (ParamFate::Used, None)
        };
        out.rows.push(Param {
            name: name.clone(),
            value: shown(name, value),
            origin: raw.origin,
            fate,
            effective: None,
            note,
        });
        if !known || value.is_empty() {
            continue;
        }
        if name == "resource" {
            out.resources
                .extend(value.split(',').map(str::trim).filter(|r| !r.is_empty()).map(str::to_owned));
        } else if out.single.insert(name.clone(), value.clone()).is_some() && out.duplicate.is_none() {
            out.duplicate = Some(name.clone());
        }
    }
    out.resources.dedup();
    out
}

impl Draft {
    fn get(&self, name: &str) -> Option<&str> {
        self.single.get(name).map(String::as_str)
    }
    fn mark(&mut self, name: &str, fate: ParamFate, effective: Option<String>, note: &str) {
        for row in self.rows.iter_mut().filter(|r| r.name == name) {
            row.fate = fate;
            row.effective.clone_from(&effective);
            row.note = Some(note.to_owned());
        }
    }
}

/// Checks a request in the order of sheet 1.10. Every check is one line here.
///
/// # Errors
/// [`Refused`], saying who may see the error.
pub fn validate(cx: &mut Cx<'_>, raw: &RawRequest) -> Result<Result<ValidRequest, Refused>, StoreError> {
    let mut draft = draft(raw);
    let outcome = check_all(cx, &mut draft, raw.hint.as_ref())?;
    if let Err(refused) = &outcome {
        blame(&mut draft, &refused.error);
    }
    cx.trail.params = draft.rows;
    Ok(outcome)
}

/// Marks the parameter that a refusal is about.
fn blame(draft: &mut Draft, error: &OidcError) {
    let text = error.description.clone().unwrap_or_default();
    let twice = text
        .strip_suffix("' parameter must not be provided twice")
        .and_then(|rest| rest.strip_prefix('\''));
    if let Some(name) = twice {
        draft.mark(name, ParamFate::Refused, None, &text);
        return;
    }
    let name = match error.error {
        "invalid_redirect_uri" => "redirect_uri",
        "invalid_client" => "client_id",
        "invalid_target" => "resource",
        "invalid_scope" => "scope",
        "unsupported_response_type" => "response_type",
        "unsupported_response_mode" => "response_mode",
        "login_required" | "consent_required" | "interaction_required" => "prompt",
        _ => [
            "code_challenge_method",
            "code_challenge",
            "redirect_uri",
            "response_type",
            "prompt",
            "max_age",
            "id_token_hint",
            "nonce",
            "client_id",
        ]
        .into_iter()
        .find(|n| text.contains(n))
        .unwrap_or_default(),
    };
    draft.mark(name, ParamFate::Refused, None, &text);
}

fn check_all(cx: &mut Cx<'_>, draft: &mut Draft, hint: Option<&Hint>) -> Result<Result<ValidRequest, Refused>, StoreError> {
    let state = draft.get("state").map(str::to_owned);
    let alone = |error| Refused {
        error,
        state: state.clone(),
        to: None,
    };

    let early = check_duplicates(draft).and_then(|()| check_unsupported(draft));
    // Twice the parameter that would say whom to trust: nobody is.
    if let (Err(error), Some("client_id" | "redirect_uri")) = (&early, draft.duplicate.as_deref()) {
        return Ok(Err(alone(error.clone())));
    }
    let app = match find_client(cx, draft)? {
        Ok(app) => app,
        Err(error) => return Ok(Err(alone(early.err().unwrap_or(error)))),
    };
    cx.trail.patch.app = Some((app.id.clone(), app.name.clone()));

    let mut valid = ValidRequest {
        redirect: match early_redirect(draft, &app) {
            Some(redirect) => redirect,
            None => return Ok(Err(without_redirect(cx, draft, &app, early, state))),
        },
        app: app.clone(),
        mode: ResponseMode::default(),
        params: BTreeMap::new(),
        openid_scopes: Vec::new(),
        other_scopes: Vec::new(),
        resources: Vec::new(),
        organization_resource: false,
        prompt: Vec::new(),
        max_age: None,
        hint_sub: None,
    };
    let checked = early.and_then(|()| check_trusted(draft, &mut valid, hint, cx));
    let error = match checked {
        Ok(()) => match check_resources(cx, draft, &mut valid)?
            .and_then(|()| check_max_age(draft, &mut valid))
            .and_then(|()| check_hint(&mut valid, hint))
        {
            Ok(()) => {
                valid.params = std::mem::take(&mut draft.single);
                return Ok(Ok(valid));
            }
            Err(error) => error,
        },
        Err(error) => error,
    };
    // OAuth 2.0 Multiple Response Types 5: a response type with a token answers in the fragment by default.
    let mode = match draft.get("response_mode").and_then(ResponseMode::parse) {
        Some(mode) => mode,
        None if draft.get("response_type").is_some_and(|t| t.contains("token")) => ResponseMode::Fragment,
        None => ResponseMode::Query,
    };
    Ok(Err(Refused {
        error,
        state,
        to: Some((valid.redirect, mode)),
    }))
}

/// Checks that need a trusted redirect to report to, in Logto's order.
fn check_trusted(draft: &mut Draft, valid: &mut ValidRequest, hint: Option<&Hint>, cx: &mut Cx<'_>) -> Result<(), OidcError> {
    check_response_mode(draft, valid)?;
    check_response_type(draft)?;
    check_prompt(draft, valid)?;
    check_scope(draft, valid, cx)?;
    check_openid_needed(draft, valid, hint)?;
    check_pkce(draft, &valid.app, cx)
}

fn check_duplicates(draft: &Draft) -> Result<(), OidcError> {
    draft.duplicate.as_ref().map_or(Ok(()), |name| {
        Err(OidcError::invalid_request(format!("'{name}' parameter must not be provided twice")))
    })
}

fn check_unsupported(draft: &Draft) -> Result<(), OidcError> {
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

fn find_client(cx: &mut Cx<'_>, draft: &Draft) -> Result<Result<Arc<Application>, OidcError>, StoreError> {
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
fn early_redirect(draft: &mut Draft, app: &Application) -> Option<RegisteredRedirect> {
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
fn without_redirect(cx: &mut Cx<'_>, draft: &Draft, app: &Application, early: Result<(), OidcError>, state: Option<String>) -> Refused {
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
        || "redirect_uri is not registered".to_owned(),
        |near| {
            difference(&near, uri)
                .trim_end_matches('.')
                .replacen("One", "one", 1)
                .replacen("It", "it", 1)
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

fn check_response_mode(draft: &Draft, valid: &mut ValidRequest) -> Result<(), OidcError> {
    if let Some(mode) = draft.get("response_mode") {
        valid.mode =
            ResponseMode::parse(mode).ok_or_else(|| OidcError::unsupported_response_mode("unsupported response_mode requested"))?;
    }
    Ok(())
}

fn check_response_type(draft: &Draft) -> Result<(), OidcError> {
    let mut words = draft
        .get("response_type")
        .ok_or_else(|| OidcError::missing("response_type"))?
        .split(' ')
        .collect::<Vec<_>>();
    words.sort_unstable();
    match words.join(" ").as_str() {
        "code" => Ok(()),
        "id_token" | "code id_token" | "none" => Err(OidcError::invalid_request("requested response_type is not allowed for this client")),
        _ => Err(OidcError::unsupported_response_type("unsupported response_type requested")),
    }
}

fn check_prompt(draft: &Draft, valid: &mut ValidRequest) -> Result<(), OidcError> {
    valid.prompt = draft.get("prompt").map(scopes::words).unwrap_or_default();
    if valid.prompt.iter().any(|p| !matches!(p.as_str(), "login" | "consent" | "none")) {
        return Err(OidcError::invalid_request("unsupported prompt value requested"));
    }
    if valid.prompts("none") && valid.prompt.len() > 1 {
        return Err(OidcError::invalid_request("prompt none must only be used alone"));
    }
    Ok(())
}

fn check_scope(draft: &mut Draft, valid: &mut ValidRequest, cx: &mut Cx<'_>) -> Result<(), OidcError> {
    let Some(sent) = draft.get("scope").map(str::to_owned) else {
        return Ok(());
    };
    let (mut openid, other): (Vec<String>, Vec<String>) = scopes::words(&sent).into_iter().partition(|s| scopes::is_oidc(s));
    if openid.iter().any(|s| s == "offline_access") && !valid.prompts("consent") {
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

fn check_openid_needed(draft: &Draft, valid: &ValidRequest, hint: Option<&Hint>) -> Result<(), OidcError> {
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

fn check_pkce(draft: &Draft, app: &Application, cx: &mut Cx<'_>) -> Result<(), OidcError> {
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

fn check_resources(cx: &mut Cx<'_>, draft: &mut Draft, valid: &mut ValidRequest) -> Result<Result<(), OidcError>, StoreError> {
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

fn check_max_age(draft: &Draft, valid: &mut ValidRequest) -> Result<(), OidcError> {
    if let Some(text) = draft.get("max_age") {
        let seconds = text.parse::<i64>().ok().filter(|s| *s >= 0 && !text.starts_with('+'));
        valid.max_age = Some(seconds.ok_or_else(|| OidcError::invalid_request("invalid max_age parameter value"))?);
    }
    Ok(())
}

fn check_hint(valid: &mut ValidRequest, hint: Option<&Hint>) -> Result<(), OidcError> {
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
