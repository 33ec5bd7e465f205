//! The authorization request, from raw pairs to values that passed every check (sheet 1.10 to 1.12).

mod checks;
mod device;
mod trust;

pub use checks::{default_resource, unknown_resource};
pub use device::validate_device;

use super::redirect::RegisteredRedirect;
use super::{OidcError, params};
use crate::because::Words;
use crate::live::{Param, ParamFate, ParamOrigin};
use crate::model::{Application, Resource};
use crate::port::{Cx, StoreError};
use checks::{
    check_hint, check_max_age, check_openid_needed, check_pkce, check_prompt, check_resources, check_response_mode, check_response_type,
    check_scope,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use trust::{check_duplicates, check_unsupported, early_redirect, find_client, without_redirect};

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

/// Where the answer to a request goes.
#[derive(Clone, Debug)]
pub enum AnswerTo {
    /// To the client, through the browser.
    Client {
        /// Where.
        to: RegisteredRedirect,
        /// How.
        mode: ResponseMode,
    },
    /// To the device code with this key, where the device's next poll finds it (RFC 8628).
    Device(String),
}

/// A request that passed every check.
#[derive(Clone, Debug)]
pub struct ValidRequest {
    /// The application.
    pub app: Arc<Application>,
    /// Where the answer goes.
    pub answer: AnswerTo,
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

impl ValidRequest {
    /// A request of which nothing is known yet but who asks and where the answer goes.
    fn of(app: Arc<Application>, answer: AnswerTo) -> Self {
        Self {
            app,
            answer,
            params: BTreeMap::new(),
            openid_scopes: Vec::new(),
            other_scopes: Vec::new(),
            resources: Vec::new(),
            organization_resource: false,
            prompt: Vec::new(),
            max_age: None,
            hint_sub: None,
        }
    }
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
    /// Indicators of the resources asked for, the reserved one included.
    #[must_use]
    pub fn indicators(&self) -> Vec<String> {
        let reserved = self.organization_resource.then(|| super::scopes::ORGANIZATION_RESOURCE.to_owned());
        self.resources.iter().map(|r| r.indicator.clone()).chain(reserved).collect()
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
            (ParamFate::Ignored, Some("No rule of the provider knows this parameter.".into()))
        } else if value.is_empty() {
            (ParamFate::Dropped, Some("An empty value counts as absent.".into()))
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
    fn mark(&mut self, name: &str, fate: ParamFate, effective: Option<String>, note: impl Into<Words>) {
        let note = note.into();
        for row in self.rows.iter_mut().filter(|r| r.name == name) {
            row.fate = fate;
            row.effective.clone_from(&effective);
            row.note = Some(note.clone());
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
        draft.mark(name, ParamFate::Refused, None, text.clone());
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
    draft.mark(name, ParamFate::Refused, None, text.clone());
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

    let Some(to) = early_redirect(draft, &app) else {
        return Ok(Err(without_redirect(cx, draft, &app, early, state)));
    };
    let mode = ResponseMode::default();
    let mut valid = ValidRequest::of(app, AnswerTo::Client { to: to.clone(), mode });
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
        to: Some((to, mode)),
    }))
}

/// Checks that need a trusted redirect to report to, in Logto's order.
fn check_trusted(draft: &mut Draft, valid: &mut ValidRequest, hint: Option<&Hint>, cx: &mut Cx<'_>) -> Result<(), OidcError> {
    check_response_mode(draft, valid)?;
    check_response_type(draft, valid, cx)?;
    check_prompt(draft, valid, cx)?;
    check_scope(draft, valid, cx)?;
    check_openid_needed(draft, valid, hint)?;
    check_pkce(draft, &valid.app, cx)
}
