//! The playground's part of the contract: requests as they are being put together, and runs of the built-in client.

use crate::because::Because;
use crate::live::{Param, StepError};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// An authorization request that nobody has sent yet, and what the provider would make of it now, coming from a browser
/// in which nobody is signed in. The rules are those of the endpoint; nothing is written.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct RequestPreview {
    /// The authorization endpoint, without a query.
    pub endpoint: String,
    /// The application it is for; `None` when no application has this `client_id`.
    pub application: Option<String>,
    /// Whether the answer comes back to the playground.
    pub own: bool,
    /// Names of parameters whose values are drawn anew for each request: `state`, `nonce`, `code_challenge`.
    pub generated: Vec<String>,
    /// The parameters in the order of the URL, each with what becomes of it.
    pub params: Vec<Param>,
    /// The decisions.
    pub because: Vec<Because>,
    /// The refusal, if it is refused.
    pub error: Option<StepError>,
    /// Where the refusal would be sent; `None` when it is shown on the provider, or when there is none.
    pub error_goes_to: Option<String>,
    /// Path of the page that opens.
    pub opens: Option<String>,
}

/// What the built-in client does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "bindings", derive(Serialize, ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub enum PlaygroundAction {
    /// Redeem the code, when the run goes step by step.
    Exchange,
    /// Call userinfo with the access token.
    Userinfo,
    /// Ask the introspection endpoint about the access token (RFC 7662).
    Introspect,
    /// Use the refresh token.
    Refresh,
    /// Revoke the grant (RFC 7009).
    Revoke,
}

/// One thing that the built-in client checked, as every client should.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct PlaygroundCheck {
    /// What was looked at: `state`, `iss`, `signature`, `aud`, `exp`, `nonce`, `sub`.
    pub name: String,
    /// Whether it was right.
    pub passed: bool,
    /// What was found, in a sentence.
    pub detail: String,
    /// Where the check is asked for: "RFC 9207 2.4".
    pub source: String,
}

/// One call of the built-in client to the provider.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct PlaygroundCall {
    /// When it was made.
    pub at: Timestamp,
    /// How long it took, in **milliseconds**.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub millis: i64,
    /// What it was for.
    pub action: String,
    /// `GET` or `POST`.
    pub method: String,
    /// The address.
    pub url: String,
    /// The form that was posted.
    pub form: Vec<(String, String)>,
    /// The bearer token that was sent.
    pub bearer: Option<String>,
    /// The status; `None` when nothing was answered.
    pub status: Option<u16>,
    /// The body, or why there is none.
    pub body: String,
}

/// One run of the playground.
#[derive(Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct PlaygroundRun {
    /// The run.
    pub id: String,
    /// The authorization request to open in a browser.
    pub url: String,
    /// The application it is for.
    pub client_id: String,
    /// Where the answer goes; `None` when the request does not say.
    pub redirect_uri: Option<String>,
    /// Whether the answer comes back here: it does for the built-in client alone.
    pub own: bool,
    /// Whether the code waits for [`PlaygroundAction::Exchange`].
    pub step_by_step: bool,
    /// When it was begun.
    pub started_at: Timestamp,
    /// Parameters of the callback, once it came.
    pub callback: Option<Vec<(String, String)>>,
    /// What was checked so far, in order.
    pub checks: Vec<PlaygroundCheck>,
    /// The token endpoint's newest answer, with the refresh token of the one before where it brings none.
    #[cfg_attr(feature = "bindings", ts(type = "Record<string, unknown> | null"))]
    pub tokens: Option<serde_json::Value>,
    /// Claims of the ID token, after its signature, issuer, audience, nonce and times were checked.
    #[cfg_attr(feature = "bindings", ts(type = "Record<string, unknown> | null"))]
    pub id_token_claims: Option<serde_json::Value>,
    /// The userinfo endpoint's answer.
    #[cfg_attr(feature = "bindings", ts(type = "Record<string, unknown> | null"))]
    pub userinfo: Option<serde_json::Value>,
    /// The introspection endpoint's answer about the access token.
    #[cfg_attr(feature = "bindings", ts(type = "Record<string, unknown> | null"))]
    pub introspection: Option<serde_json::Value>,
    /// Calls to the provider, oldest first.
    pub calls: Vec<PlaygroundCall>,
    /// Whether the grant was revoked from here.
    pub revoked: bool,
    /// The address that signs out with the ID token as hint (OIDC RP-Initiated Logout), to open in the same browser.
    pub sign_out_url: Option<String>,
    /// Whether the browser came back from it.
    pub signed_out: bool,
    /// What went wrong, in plain words.
    pub problem: Option<String>,
    /// The live session it became, once known.
    pub live: Option<String>,
}

impl std::fmt::Debug for PlaygroundRun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Without tokens, codes and what they say of a person.
        f.debug_struct("PlaygroundRun")
            .field("id", &self.id)
            .field("client_id", &self.client_id)
            .field("problem", &self.problem)
            .finish_non_exhaustive()
    }
}
