//! Sign-ins at a provider that never answers, and what they cost everybody else.

use crate::client::{Client, Request};
use crate::clock::Stopwatch;
use crate::flow::{self, Browser};
use crate::{Failure, Outcome};
use serde_json::json;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// The connector to the provider that hangs.
const CONNECTOR: &str = "hangs";
/// How long the provider's calls may take to arrive.
const PATIENCE: Duration = Duration::from_secs(30);

/// A provider that takes every call and answers none.
#[derive(Debug)]
pub struct Silent {
    port: u16,
    calls: Receiver<TcpStream>,
}

impl Silent {
    /// Listens. The thread ends with the process.
    ///
    /// # Errors
    /// When there is no port.
    pub fn listen() -> Outcome<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let (taken, calls) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if taken.send(stream).is_err() {
                    return;
                }
            }
        });
        Ok(Self { port, calls })
    }

    /// The connector that leads here, for a configuration file.
    #[must_use]
    pub fn connector(&self) -> String {
        let at = format!("http://127.0.0.1:{}", self.port);
        format!(
            "\n[[connectors]]\nid = \"{CONNECTOR}\"\nconnectorId = \"oauth2\"\ntarget = \"{CONNECTOR}\"\nname = \"Silent\"\n\
             config = {{ authorizationEndpoint = \"{at}/a\", tokenEndpoint = \"{at}/t\", userInfoEndpoint = \"{at}/u\", \
             clientId = \"c\", clientSecret = \"s\" }}\n"
        )
    }

    /// Sends one sign-in on each connection to the provider and back, and leaves the last call of each unanswered; returns
    /// once `most` of them hang at the provider. The streams keep them hanging.
    ///
    /// # Errors
    /// When the server answers otherwise, or the calls do not come.
    pub fn hang(&self, client: &mut Client, most: usize) -> Outcome<Vec<TcpStream>> {
        let mut browsers = vec![Browser::default(); client.width()];
        flow::begin(client, &mut browsers)?;
        let body = json!({ "state": "s", "redirectUri": "http://localhost/callback" });
        let path = format!("/api/experience/verification/social/{CONNECTOR}");
        flow::step(client, &mut browsers, 200, |_| {
            Ok(Request::json("POST", &format!("{path}/authorization-uri"), &body))
        })?;
        let back = json!({ "connectorData": { "code": "c", "state": "s" } });
        let requests: Vec<Request> = browsers
            .iter()
            .map(|browser| browser.request(Request::json("POST", &format!("{path}/verify"), &back)))
            .collect();
        client.leave(&requests)?;
        (0..most)
            .map(|_| self.calls.recv_timeout(PATIENCE).map_err(Failure::from))
            .collect()
    }
}

/// The slowest of a hundred token requests, one after the other.
///
/// # Errors
/// When the server answers otherwise.
pub fn token_p99(client: &mut Client, times: usize) -> Outcome<Duration> {
    let raw = [client.raw(&flow::client_credentials())];
    let mut calls = Vec::with_capacity(times);
    for _ in 0..times {
        let watch = Stopwatch::start();
        let answers = client.send(&raw)?;
        calls.push(watch.elapsed());
        answers.into_iter().try_for_each(|answer| answer.expect(200).map(|_| ()))?;
    }
    calls.sort_unstable();
    calls.get(times * 99 / 100).copied().ok_or_else(|| "no calls".into())
}
