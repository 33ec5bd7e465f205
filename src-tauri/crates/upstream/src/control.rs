//! Calls of the control interface of a provider that runs on this computer, for `ctl`.

use super::reason;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Response};
use std::time::Duration;
use vestibule_core::Secret;

/// How long connecting may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// How long a call may take: saving a connector may wait for its provider.
const TIME_LIMIT: Duration = Duration::from_secs(60);
/// Most bytes of an answer, and of one event.
const SIZE_LIMIT: usize = 64 * 1024 * 1024;

/// Why a call was not answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// Nobody is there.
    #[error("Nothing answers at {0}.")]
    Down(String),
    /// It went wrong on the way.
    #[error("{0}")]
    Failed(String),
}

/// An answer.
#[derive(Debug)]
pub struct Answered {
    /// HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// A provider on this computer.
pub struct ControlClient {
    client: reqwest::Client,
    address: String,
    token: Secret,
}

impl ControlClient {
    /// For the provider at an address such as `http://127.0.0.1:3001`.
    ///
    /// # Errors
    /// When there can be no HTTP client here.
    pub fn new(address: &str, token: Secret) -> Result<Self, ControlError> {
        // Following has no end, so the time of a call is bounded with each call.
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT_LIMIT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .user_agent("vestibule-ctl")
            .build()
            .map_err(|e| ControlError::Failed(format!("no HTTP client: {e}")))?;
        Ok(Self {
            client,
            address: address.trim_end_matches('/').to_owned(),
            token,
        })
    }

    fn failed(&self, error: &reqwest::Error) -> ControlError {
        if error.is_connect() {
            ControlError::Down(self.address.clone())
        } else if error.is_timeout() {
            ControlError::Failed(format!("No answer within {} s.", TIME_LIMIT.as_secs()))
        } else {
            ControlError::Failed(reason(error))
        }
    }

    /// Sends a request with a JSON body, or none.
    ///
    /// # Errors
    /// [`ControlError`]; a refusal is an answer.
    pub async fn call(&self, method: Method, path: &str, body: Option<Vec<u8>>) -> Result<Answered, ControlError> {
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.address))
            .timeout(TIME_LIMIT)
            .bearer_auth(self.token.expose());
        if let Some(body) = body {
            request = request
                .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
                .body(body);
        }
        let mut response = request.send().await.map_err(|e| self.failed(&e))?;
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| self.failed(&e))? {
            if body.len() + chunk.len() > SIZE_LIMIT {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answered { status, body })
    }

    /// Follows server-sent events.
    ///
    /// # Errors
    /// [`ControlError`], also when following is refused.
    pub async fn follow(&self, path: &str) -> Result<Events, ControlError> {
        let request = self
            .client
            .get(format!("{}{path}", self.address))
            .header(ACCEPT, HeaderValue::from_static("text/event-stream"))
            .bearer_auth(self.token.expose());
        let response = request.send().await.map_err(|e| self.failed(&e))?;
        if !response.status().is_success() {
            return Err(ControlError::Failed(format!(
                "Following was refused with status {}.",
                response.status().as_u16()
            )));
        }
        Ok(Events {
            response,
            rest: Vec::new(),
        })
    }
}

fn too_large() -> ControlError {
    ControlError::Failed(format!("The answer is larger than {} MB.", SIZE_LIMIT / 1024 / 1024))
}

/// Server-sent events (HTML 9.2).
pub struct Events {
    response: Response,
    rest: Vec<u8>,
}

impl Events {
    /// The data of the next event; `None` at the end.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn next(&mut self) -> Result<Option<String>, ControlError> {
        loop {
            if let Some(end) = self.rest.windows(2).position(|two| two == b"\n\n") {
                let event: Vec<u8> = self.rest.drain(..end + 2).collect();
                match data(&String::from_utf8_lossy(&event)) {
                    Some(data) => return Ok(Some(data)),
                    None => continue,
                }
            }
            match self.response.chunk().await {
                Ok(Some(chunk)) if self.rest.len() + chunk.len() > SIZE_LIMIT => return Err(too_large()),
                Ok(Some(chunk)) => self.rest.extend_from_slice(&chunk),
                Ok(None) => return Ok(None),
                Err(error) => return Err(ControlError::Failed(reason(&error))),
            }
        }
    }
}

/// The data of an event; a comment and a bare `retry` have none.
fn data(event: &str) -> Option<String> {
    let lines: Vec<&str> = event
        .lines()
        .filter_map(|line| line.strip_prefix("data:"))
        .map(|data| data.strip_prefix(' ').unwrap_or(data))
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_and_comments_are_not() {
        for (event, expected) in [
            (": still here\n\n", None),
            ("retry: 1000\n\n", None),
            ("id: a-1\ndata: {\"a\":1}\n\n", Some("{\"a\":1}")),
            ("data:one\ndata: two\n\n", Some("one\ntwo")),
        ] {
            assert_eq!(data(event).as_deref(), expected, "{event}");
        }
    }

    #[tokio::test]
    async fn nobody_there_is_said_plainly() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let client = ControlClient::new(&format!("http://{free}/"), Secret::new("token")).unwrap();
        let error = client.call(Method::GET, "/control/api/status", None).await.unwrap_err();
        assert_eq!(error, ControlError::Down(format!("http://{free}")));
        assert!(client.follow("/control/events").await.is_err());
    }
}
