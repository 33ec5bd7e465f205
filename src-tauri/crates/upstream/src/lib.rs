//! What goes out: back-channel logout, the playground client, messages to people, the way to a dev server, the providers
//! that people sign in with. Bounded in time and size; no redirects, no proxy.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

pub mod control;
pub mod dev_server;

pub mod mail;

pub mod provider;

use reqwest::header::{HeaderName, HeaderValue};
use serde_json::Value;
use std::sync::OnceLock;
use std::time::Duration;

/// How long a call may take.
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// Most bytes of an answer.
const SIZE_LIMIT: usize = 1024 * 1024;

/// The client. Its connection pool is made at the first call: most runs need none.
#[derive(Default)]
pub struct Client {
    inner: OnceLock<Result<reqwest::Client, String>>,
}

/// An answer as it came, whatever its status says.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Headers in order, names in lower case; what is not text is left out.
    pub headers: Vec<(String, String)>,
    /// The body; bytes that are not UTF-8 are replaced.
    pub body: String,
}

impl Answer {
    /// The first header of a name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The JSON of a success; an empty body, or one that is no JSON, is `null`.
    ///
    /// # Errors
    /// Status, `error` and `error_description` of a refusal, in a line.
    pub fn success(&self) -> Result<Value, String> {
        let json = serde_json::from_str(&self.body).unwrap_or(Value::Null);
        if (200..300).contains(&self.status) {
            return Ok(json);
        }
        let text = |name: &str| json.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Err(format!("{} {} {}", self.status, text("error"), text("error_description"))
            .trim()
            .to_owned())
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// It took too long.
    #[error("No answer within {} s.", TIME_LIMIT.as_secs())]
    TimedOut,
    /// No connection came about; the reason is the system's.
    #[error("Nothing answered at that address.")]
    Unreachable(String),
    /// The answer is larger than anybody needs.
    #[error("The answer is larger than 1 MB.")]
    TooLarge,
    /// Something else; a sentence.
    #[error("{0}")]
    Failed(String),
}

impl NoAnswer {
    fn of(error: &reqwest::Error) -> Self {
        if error.is_timeout() {
            Self::TimedOut
        } else if error.is_connect() {
            Self::Unreachable(deepest(error))
        } else {
            Self::Failed(reason(error))
        }
    }
}

impl Client {
    fn client(&self) -> Result<&reqwest::Client, NoAnswer> {
        let made = self.inner.get_or_init(|| http_client(TIME_LIMIT, TIME_LIMIT));
        made.as_ref().map_err(|why| NoAnswer::Failed(why.clone()))
    }

    /// Posts a form.
    ///
    /// # Errors
    /// [`NoAnswer`]; an answer of any status is one.
    pub async fn post(&self, url: &str, form: &[(String, String)]) -> Result<Answer, NoAnswer> {
        answer(self.client()?.post(url).form(form)).await
    }

    /// Gets something with a bearer token.
    ///
    /// # Errors
    /// As [`Client::post`].
    pub async fn get(&self, url: &str, token: &str) -> Result<Answer, NoAnswer> {
        answer(self.client()?.get(url).bearer_auth(token)).await
    }

    /// Posts JSON; whatever is answered is not read.
    ///
    /// # Errors
    /// A sentence: the status, or what went wrong on the way.
    pub async fn json(&self, url: &str, body: &Value) -> Result<(), String> {
        let client = self.client().map_err(|why| why.to_string())?;
        let response = client.post(url).json(body).send().await.map_err(|e| NoAnswer::of(&e).to_string())?;
        match response.status() {
            status if status.is_success() => Ok(()),
            status => Err(format!("It answered {}.", status.as_u16())),
        }
    }

    /// Delivers a logout token (OIDC Back-Channel Logout 2.5).
    ///
    /// # Errors
    /// As [`Client::post`].
    pub async fn logout_token(&self, url: &str, token: &str) -> Result<Answer, NoAnswer> {
        self.post(url, &[("logout_token".to_owned(), token.to_owned())]).await
    }
}

/// A client that follows no redirects, asks no proxy and gives up after a while.
fn http_client(time_limit: Duration, connect_limit: Duration) -> Result<reqwest::Client, String> {
    reqwest::Client::builder()
        .timeout(time_limit)
        .connect_timeout(connect_limit)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .user_agent("Vestibule")
        .build()
        .map_err(|e| format!("no HTTP client: {e}"))
}

/// Why a call failed on its way; without the address, because its query may hold secrets.
fn reason(error: &reqwest::Error) -> String {
    format!(
        "The call failed: {}.",
        std::error::Error::source(error).map_or_else(|| "unknown reason".to_owned(), ToString::to_string)
    )
}

/// The innermost reason: what the system said.
fn deepest(error: &reqwest::Error) -> String {
    let mut reason: &dyn std::error::Error = error;
    while let Some(source) = reason.source() {
        reason = source;
    }
    reason.to_string()
}

/// Sends a request and reads what comes back, within the bounds.
async fn answer(request: reqwest::RequestBuilder) -> Result<Answer, NoAnswer> {
    let mut response = request.send().await.map_err(|e| NoAnswer::of(&e))?;
    let text = |(name, value): (&HeaderName, &HeaderValue)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()));
    let (status, headers) = (response.status().as_u16(), response.headers().iter().filter_map(text).collect());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| NoAnswer::of(&e))? {
        if body.len() + chunk.len() > SIZE_LIMIT {
            return Err(NoAnswer::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer {
        status,
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nobody_there_is_said_plainly() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        match Client::default().post(&format!("http://{free}/"), &[]).await {
            Err(error @ NoAnswer::Unreachable(_)) => assert_eq!(error.to_string(), "Nothing answered at that address."),
            Err(other) => panic!("{other:?}"),
            Ok(answered) => panic!("answered {}", answered.status),
        }
    }

    #[test]
    fn a_refusal_is_told_in_a_line() {
        let answered = |status, body: &str| Answer {
            status,
            headers: vec![("content-type".into(), "application/json".into())],
            body: body.into(),
        };
        assert_eq!(answered(204, "").success(), Ok(Value::Null));
        let refused = answered(400, r#"{"error":"invalid_grant","error_description":"grant request is invalid"}"#);
        assert_eq!(refused.success(), Err("400 invalid_grant grant request is invalid".to_owned()));
        assert_eq!(answered(502, "<html>").success(), Err("502".to_owned()));
        assert_eq!(refused.header("content-type"), Some("application/json"));
    }
}
