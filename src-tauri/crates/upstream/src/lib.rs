//! What goes out: back-channel logout, the playground client, messages to people, the way to a dev server, the providers
//! that people sign in with. Bounded in time and size; no redirects, no proxy.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

pub mod control;
pub mod dev_server;

pub mod mail;

pub mod provider;

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

impl Client {
    fn client(&self) -> Result<&reqwest::Client, String> {
        let made = self.inner.get_or_init(|| http_client(TIME_LIMIT, TIME_LIMIT));
        made.as_ref().map_err(Clone::clone)
    }

    /// Posts a form and reads a JSON answer; an empty answer is `null`.
    ///
    /// # Errors
    /// A sentence with status, `error` and `error_description` of a refusal, or what went wrong on the way.
    pub async fn form(&self, url: &str, form: &[(String, String)]) -> Result<Value, String> {
        let response = self.client()?.post(url).form(form).send().await.map_err(|e| explain(&e))?;
        read(response).await
    }

    /// Gets JSON with a bearer token.
    ///
    /// # Errors
    /// As [`Client::form`].
    pub async fn bearer(&self, url: &str, token: &str) -> Result<Value, String> {
        let response = self.client()?.get(url).bearer_auth(token).send().await.map_err(|e| explain(&e))?;
        read(response).await
    }

    /// Posts JSON; whatever is answered is not read.
    ///
    /// # Errors
    /// As [`Client::form`].
    pub async fn json(&self, url: &str, body: &Value) -> Result<(), String> {
        let response = self.client()?.post(url).json(body).send().await.map_err(|e| explain(&e))?;
        match response.status() {
            status if status.is_success() => Ok(()),
            status => Err(format!("It answered {}.", status.as_u16())),
        }
    }

    /// Delivers a logout token (OIDC Back-Channel Logout 2.5).
    ///
    /// # Errors
    /// A sentence saying why it was not accepted.
    pub async fn logout_token(&self, url: &str, token: &str) -> Result<(), String> {
        self.form(url, &[("logout_token".to_owned(), token.to_owned())]).await.map(|_| ())
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

fn explain(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("No answer within {} s.", TIME_LIMIT.as_secs());
    }
    if error.is_connect() {
        return "Nothing answered at that address.".to_owned();
    }
    reason(error)
}

/// Why a call failed on its way; without the address, because its query may hold secrets.
fn reason(error: &reqwest::Error) -> String {
    format!(
        "The call failed: {}.",
        std::error::Error::source(error).map_or_else(|| "unknown reason".to_owned(), ToString::to_string)
    )
}

async fn read(mut response: reqwest::Response) -> Result<Value, String> {
    let status = response.status();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| explain(&e))? {
        if body.len() + chunk.len() > SIZE_LIMIT {
            return Err("The answer is larger than 1 MB.".to_owned());
        }
        body.extend_from_slice(&chunk);
    }
    let json: Value = if body.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&body).unwrap_or(Value::Null)
    };
    if status.is_success() {
        return Ok(json);
    }
    let text = |name: &str| json.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    Err(format!("{} {} {}", status.as_u16(), text("error"), text("error_description"))
        .trim()
        .to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nobody_there_is_said_plainly() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let error = Client::default().form(&format!("http://{free}/"), &[]).await.unwrap_err();
        assert_eq!(error, "Nothing answered at that address.");
    }
}
