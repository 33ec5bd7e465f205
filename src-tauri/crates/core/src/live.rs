//! Live sessions: what the window shows of every sign-in, as typed values.
//!
//! A decision fills a [`Trail`] while it works. The server turns the trail into a [`Step`], journals
//! it in the same batch as the decision's writes, folds it into the session's [`LiveSummary`] and
//! broadcasts both as a [`LiveEvent`]. Nothing downstream derives reasons of its own.

use crate::because::{Because, Outcome, Words};
use crate::ids::{AppId, InteractionId, LiveId, UserId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A lifeline of the sequence diagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub enum Lane {
    /// The application being signed in to, its browser part and its server part alike.
    Client,
    /// The protocol endpoints under `/oidc`.
    Provider,
    /// The interaction session.
    Interaction,
    /// The hosted sign-in pages in the person's browser.
    Experience,
    /// A social or enterprise provider.
    Upstream,
}

/// One arrow of the diagram. `from == to` is a note on that lifeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct Arrow {
    /// Where it starts.
    pub from: Lane,
    /// Where it ends.
    pub to: Lane,
    /// The words above it: "GET /oidc/auth", "303 /sign-in".
    pub label: Words,
}

/// What kind of exchange a step was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub enum StepKind {
    /// `/oidc/auth`.
    Authorize,
    /// `/oidc/auth/:uid`.
    Resume,
    /// `/consent` and `/api/interaction/consent`.
    Consent,
    /// A hosted page was loaded.
    Page,
    /// An Experience API call.
    Experience,
    /// `/oidc/token`.
    Token,
    /// `/oidc/me`.
    Userinfo,
    /// `/oidc/token/introspection`.
    Introspection,
    /// `/oidc/token/revocation`.
    Revocation,
    /// `/oidc/session/end` and what follows it.
    EndSession,
    /// `/oidc/request` (RFC 9126).
    PushedRequest,
    /// `/oidc/device/auth` (RFC 8628).
    DeviceAuthorization,
    /// `/oidc/device`: a person types a user code, confirms it or says no.
    DeviceVerification,
    /// `/oidc/token` while a device waits for its person.
    DevicePoll,
    /// Something a person did in the window, or an exchange the engine began itself.
    #[default]
    Engine,
}

/// An error as the wire saw it, and the reason that stayed inside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct StepError {
    /// `invalid_grant`, or an API code such as `session.invalid_credentials`.
    pub error: String,
    /// `error_description` or `message`, as sent.
    pub description: String,
    /// The engine's own reason, never on the wire (sheet 8.1 "hidden detail").
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub detail: Option<String>,
}

/// One parameter of an authorization request, parsed, with its provenance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct Param {
    /// The name on the wire.
    pub name: String,
    /// The value as received, decoded.
    pub value: String,
    /// Where it came from.
    pub origin: ParamOrigin,
    /// What became of it.
    pub fate: ParamFate,
    /// The value in effect when it differs from the one received: "email" of "email fax".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub effective: Option<String>,
    /// One plain sentence about it, when there is something to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub note: Option<Words>,
}

/// Where a parameter came from (Duende's request context names the same three).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub enum ParamOrigin {
    /// The query string.
    Query,
    /// A form or JSON body.
    Body,
    /// A pushed authorization request (RFC 9126).
    Pushed,
    /// Filled in by the provider: the only registered redirect URI, a default.
    Default,
}

/// What became of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub enum ParamFate {
    /// It took effect as sent.
    Used,
    /// It took effect in part, see `effective`.
    Narrowed,
    /// It was known and dropped by a rule.
    Dropped,
    /// No rule knows it.
    Ignored,
    /// It was refused and ended the request.
    Refused,
}

/// A token as the Tokens tab shows it. The token text itself stays in memory only ([`Wire`]).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct TokenView {
    /// `id_token`, `access_token`, `refresh_token`, `code`, `device_code`.
    pub name: Words,
    /// `JWT` or `opaque`.
    pub format: Words,
    /// JOSE header, for a JWT.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional, type = "Record<string, unknown>"))]
    pub header: Option<serde_json::Value>,
    /// Claims, or what introspection would say of an opaque token.
    #[cfg_attr(feature = "bindings", ts(type = "Record<string, unknown>"))]
    pub claims: serde_json::Value,
    /// Why each claim is there.
    pub provenance: Vec<ClaimNote>,
    /// Claims one might expect that are absent, and why.
    pub absent: Vec<ClaimNote>,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// A claim and one sentence about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct ClaimNote {
    /// The claim.
    pub claim: Words,
    /// Why it is, or is not, there: "scope `email`", "`max_age` was not sent".
    pub note: Words,
}

/// The state of a live session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub enum LiveStatus {
    /// Waiting for the person or the application.
    #[default]
    Waiting,
    /// Reached its end: tokens issued, signed out.
    Done,
    /// Reached its end with something worth a look: a fall-back, a dropped parameter.
    Attention,
    /// Refused.
    Failed,
    /// Nobody came back in time.
    Expired,
}

/// A parameter chip of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct Chip {
    /// `direct_sign_in=social:google`.
    pub text: String,
    /// Whether it is one of Logto's authentication parameters (they stand out).
    pub logto: bool,
}

/// What a step changes of the session's summary; `None` leaves a member as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SummaryPatch {
    /// The application.
    pub app: Option<(AppId, String)>,
    /// The person.
    pub user: Option<(UserId, String)>,
    /// The interaction in progress.
    pub interaction: Option<InteractionId>,
    /// The state.
    pub status: Option<LiveStatus>,
    /// The plain phrase of the chip: "tokens issued", "redirect_uri rejected".
    pub outcome: Option<Words>,
    /// One line that says what happened.
    pub headline: Option<Words>,
    /// Parameters worth a chip.
    pub chips: Option<Vec<Chip>>,
    /// When the interaction ends by itself.
    pub expires_at: Option<Timestamp>,
    /// What the session is waiting for, in words: "waiting for the person to sign in". Empty clears it.
    pub waiting_for: Option<Words>,
    /// The lifeline on which it waits.
    pub waiting_on: Option<Lane>,
}

/// What a decision says of itself while it works.
#[derive(Clone, Debug, Default)]
pub struct Trail {
    /// The live session this belongs to; a fresh one is opened when `None`.
    pub live: Option<LiveId>,
    /// Kind of exchange.
    pub kind: StepKind,
    /// Reasons.
    pub because: Vec<Because>,
    /// Arrows, in order.
    pub arrows: Vec<Arrow>,
    /// Parsed parameters (authorization requests).
    pub params: Vec<Param>,
    /// Tokens issued or shown.
    pub tokens: Vec<TokenView>,
    /// The error answered, with its hidden reason.
    pub error: Option<StepError>,
    /// What changes of the summary.
    pub patch: SummaryPatch,
    /// The interaction's state after the step, without secrets.
    pub snapshot: Option<serde_json::Value>,
    /// Nothing more is said: the step is only counted ([`crate::port::Cx::spare_words`]).
    pub spared: bool,
}

impl Trail {
    /// Notes a reason.
    ///
    /// A refusal is always told, whatever was spared before it.
    pub fn because(&mut self, because: Because) {
        if because.outcome == Outcome::Refused {
            self.spared = false;
        }
        if !self.spared {
            self.because.push(because);
        }
    }
    /// Draws an arrow.
    pub fn arrow(&mut self, from: Lane, to: Lane, label: impl Into<Words>) {
        self.arrows.push(Arrow {
            from,
            to,
            label: label.into(),
        });
    }
    /// Lets go of everything said, which somebody else has by now; what its summary changes by stays.
    pub fn forget_words(&mut self) {
        self.because = Vec::new();
        self.arrows = Vec::new();
        self.params = Vec::new();
        self.tokens = Vec::new();
        self.snapshot = None;
    }
    /// Whether anything is said.
    #[must_use]
    pub fn has_words(&self) -> bool {
        !(self.because.is_empty() && self.arrows.is_empty() && self.params.is_empty() && self.tokens.is_empty()) || self.snapshot.is_some()
    }
    /// Takes over what another decision of the same exchange said, after what is already here.
    pub fn absorb(&mut self, other: Self) {
        self.live = other.live.or(self.live.take());
        if other.kind != StepKind::Engine {
            self.kind = other.kind;
        }
        self.because.extend(other.because);
        self.arrows.extend(other.arrows);
        self.params.extend(other.params);
        self.tokens.extend(other.tokens);
        self.error = other.error.or(self.error.take());
        self.patch.absorb(other.patch);
        self.snapshot = other.snapshot.or(self.snapshot.take());
        self.spared |= other.spared;
    }
}

impl SummaryPatch {
    /// Later values win.
    pub fn absorb(&mut self, other: Self) {
        self.app = other.app.or(self.app.take());
        self.user = other.user.or(self.user.take());
        self.interaction = other.interaction.or(self.interaction.take());
        self.status = other.status.or(self.status.take());
        self.outcome = other.outcome.or(self.outcome.take());
        self.headline = other.headline.or(self.headline.take());
        self.chips = other.chips.or(self.chips.take());
        self.expires_at = other.expires_at.or(self.expires_at.take());
        self.waiting_for = other.waiting_for.or(self.waiting_for.take());
        self.waiting_on = other.waiting_on.or(self.waiting_on.take());
    }
}

/// One exchange of a live session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Position in the whole stream; strictly rising.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub seq: u64,
    /// The live session.
    pub live: LiveId,
    /// When the request arrived.
    pub at: Timestamp,
    /// How long the engine worked on it, in **microseconds**.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub micros: u64,
    /// What kind of exchange it was.
    pub kind: StepKind,
    /// HTTP method, empty for engine steps.
    pub method: String,
    /// Path without query.
    pub path: String,
    /// HTTP status, 0 for engine steps and for steps restored from the journal before they ended.
    pub status: u16,
    /// Arrows, in order.
    pub arrows: Vec<Arrow>,
    /// Reasons, in order.
    pub because: Vec<Because>,
    /// Parsed parameters.
    pub params: Vec<Param>,
    /// Tokens issued.
    pub tokens: Vec<TokenView>,
    /// The error answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub error: Option<StepError>,
    /// The interaction's state after this step, without secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional, type = "Record<string, unknown>"))]
    pub snapshot: Option<serde_json::Value>,
    /// Whether request and response are still in memory for the Wire tab.
    pub wire: bool,
}

/// What the list shows of a live session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct LiveSummary {
    /// The live session.
    pub id: LiveId,
    /// Sequence number of its newest step.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub seq: u64,
    /// When it began.
    pub started_at: Timestamp,
    /// When its newest step happened.
    pub updated_at: Timestamp,
    /// The application, once known.
    pub app_id: Option<AppId>,
    /// The application's name, or what the request called itself.
    pub app_name: String,
    /// The person, once known.
    pub user_id: Option<UserId>,
    /// The person's name.
    pub user_name: Option<String>,
    /// The interaction, when one was opened.
    pub interaction: Option<InteractionId>,
    /// The state.
    pub status: LiveStatus,
    /// The plain phrase of the chip.
    pub outcome: Words,
    /// One line that says what happened.
    pub headline: Words,
    /// Parameter chips.
    pub chips: Vec<Chip>,
    /// When the interaction ends by itself.
    pub expires_at: Option<Timestamp>,
    /// What it is waiting for, when it is waiting.
    pub waiting_for: Option<Words>,
    /// The lifeline on which it waits.
    pub waiting_on: Option<Lane>,
    /// The browser or client library, from `User-Agent`, in plain words.
    pub agent: Option<String>,
    /// How many steps it has.
    pub steps: u32,
    /// How many further steps were counted but not kept (the bound on one session).
    pub uncounted: u32,
    /// The window lets its requests wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub pause: Option<crate::console::SessionPause>,
}

impl LiveSummary {
    /// A fresh session with nothing known yet.
    #[must_use]
    pub fn open(id: LiveId, at: Timestamp) -> Self {
        Self {
            id,
            seq: 0,
            started_at: at,
            updated_at: at,
            app_id: None,
            app_name: String::new(),
            user_id: None,
            user_name: None,
            interaction: None,
            status: LiveStatus::Waiting,
            outcome: Words::default(),
            headline: Words::default(),
            chips: Vec::new(),
            expires_at: None,
            waiting_for: None,
            waiting_on: None,
            agent: None,
            steps: 0,
            uncounted: 0,
            pause: None,
        }
    }

    /// Folds one step's changes in.
    pub fn apply(&mut self, seq: u64, at: Timestamp, patch: &SummaryPatch) {
        self.seq = seq;
        self.updated_at = self.updated_at.max(at);
        if let Some((id, name)) = &patch.app {
            self.app_id = Some(id.clone());
            self.app_name.clone_from(name);
        }
        if let Some((id, name)) = &patch.user {
            self.user_id = Some(id.clone());
            self.user_name = Some(name.clone());
        }
        if let Some(interaction) = &patch.interaction {
            self.interaction = Some(interaction.clone());
        }
        if let Some(status) = patch.status {
            self.status = status;
            if status != LiveStatus::Waiting {
                self.waiting_for = None;
                self.waiting_on = None;
            }
        }
        if let Some(outcome) = &patch.outcome {
            self.outcome.clone_from(outcome);
        }
        if let Some(headline) = &patch.headline {
            self.headline.clone_from(headline);
        }
        if let Some(chips) = &patch.chips {
            self.chips.clone_from(chips);
        }
        if patch.expires_at.is_some() {
            self.expires_at = patch.expires_at;
        }
        if let Some(waiting) = &patch.waiting_for {
            self.waiting_for = (!waiting.is_empty()).then(|| waiting.clone());
        }
        if patch.waiting_on.is_some() {
            self.waiting_on = patch.waiting_on;
        }
    }
}

/// One event of the live stream: the step, and the session's summary after it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct LiveEvent {
    /// The session after the step.
    pub summary: LiveSummary,
    /// The step; `None` when a bound dropped it and only the count moved.
    pub step: Option<Step>,
}

/// A batch of the live stream, as carried to the window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct LiveBatch {
    /// Events in order.
    pub events: Vec<LiveEvent>,
    /// How many events this subscriber missed; when not 0 it should read the list again.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub missed: u64,
    /// Applications, people or settings changed: lists showing them should be read again.
    pub configuration_changed: bool,
    /// Messages that were just written to people, as the Inbox shows them.
    pub messages: Vec<crate::console::InboxMessage>,
}

/// A session with its steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct LiveDetail {
    /// The session.
    pub summary: LiveSummary,
    /// Its steps, oldest first.
    pub steps: Vec<Step>,
}

/// A request and its response as they were on the wire. Kept in memory only, within a bound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct Wire {
    /// The step.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub seq: u64,
    /// `GET /oidc/auth?… HTTP/1.1`.
    pub request_line: String,
    /// Request headers in order.
    pub request_headers: Vec<(String, String)>,
    /// Request body as text.
    pub request_body: String,
    /// `303 See Other`.
    pub status_line: String,
    /// Response headers in order.
    pub response_headers: Vec<(String, String)>,
    /// Response body as text.
    pub response_body: String,
    /// The request as a curl command line.
    pub curl: String,
    /// Names of what was replaced by `••••` because it is secret; empty when revealed or nothing was.
    pub redacted: Vec<String>,
}
