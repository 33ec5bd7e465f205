//! The way to a developer's own dev server: pages and modules are fetched, WebSockets passed through.
//!
//! One connection each, to loopback only. What belongs to the provider stays with it: its cookies and credentials never
//! leave, and the dev server can't set any under the provider's origin. Headers of one connection (RFC 9110 section
//! 7.6.1) end here in both directions.

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, StatusCode};
use http_body_util::{BodyDataStream, BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use std::pin::Pin;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use vestibule_core::model::DevServerAddress;

pub use hyper::upgrade::OnUpgrade;

/// How long connecting may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);
/// How long an answer may take to begin, and again to end: a first request may have the dev server bundle everything.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);
/// Most bytes of an answer.
pub const SIZE_LIMIT: usize = 32 * 1024 * 1024;

/// Headers that speak of one connection only (RFC 9110 section 7.6.1).
const HOP_BY_HOP: [HeaderName; 7] = [
    header::CONNECTION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
];
/// Headers of a request that are the provider's own business, or that this hop writes anew.
const KEPT_FROM_SERVER: [HeaderName; 9] = [
    header::COOKIE,
    header::AUTHORIZATION,
    header::HOST,
    header::ORIGIN,
    header::REFERER,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::EXPECT,
    header::FORWARDED,
];
/// Headers of an answer that would change the provider's origin as a whole, or that this hop writes anew.
const KEPT_FROM_BROWSER: [HeaderName; 7] = [
    header::SET_COOKIE,
    header::CONTENT_LENGTH,
    header::CONTENT_SECURITY_POLICY,
    header::CONTENT_SECURITY_POLICY_REPORT_ONLY,
    header::STRICT_TRANSPORT_SECURITY,
    header::ALT_SVC,
    header::X_FRAME_OPTIONS,
];

/// Why the dev server's answer could not be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DevServerError {
    /// Nothing listens there.
    #[error("Nothing answers at {0}.")]
    Down(String),
    /// It took too long.
    #[error("{0} accepted the request but did not answer within {limit} s.", limit = ANSWER_LIMIT.as_secs())]
    Slow(String),
    /// Its answer is too large.
    #[error("The answer of {0} is larger than {limit} MB.", limit = SIZE_LIMIT / 1024 / 1024)]
    Large(String),
    /// What it said is not HTTP, or broke off.
    #[error("{0} broke off, or does not speak HTTP: {1}.")]
    Broken(String, String),
}

/// An answer's body.
pub enum Body {
    /// All of it.
    Whole(Bytes),
    /// Server-sent events, which have no end (HTML 9.2): some dev servers reload pages with them.
    Events(Pin<Box<dyn Stream<Item = Result<Bytes, hyper::Error>> + Send + Sync>>),
}

/// The dev server's answer.
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// Headers that may reach the browser.
    pub headers: HeaderMap,
    /// Body.
    pub body: Body,
}

/// The answer to a request to switch protocols (RFC 9110 section 7.8).
pub struct Switched {
    /// 101, or why not.
    pub status: StatusCode,
    /// Headers for the browser.
    pub headers: HeaderMap,
    /// The connection to the dev server, after a 101.
    pub connection: Option<OnUpgrade>,
}

/// Whether something listens at the address.
///
/// # Errors
/// [`DevServerError::Down`].
pub async fn reach(server: &DevServerAddress) -> Result<(), DevServerError> {
    dial(server).await.map(drop)
}

/// Fetches `target`, a path with its query.
///
/// # Errors
/// [`DevServerError`]; its words are for people.
pub async fn fetch(server: &DevServerAddress, target: &str, headers: &HeaderMap) -> Result<Answer, DevServerError> {
    let origin = server.origin();
    let request = request(server, target, forwarded(headers))?;
    let mut sender = connect(server).await?;
    let answer = timeout(ANSWER_LIMIT, sender.send_request(request))
        .await
        .map_err(|_| DevServerError::Slow(origin.clone()))?
        .map_err(|e| broken(&origin, &e))?;
    let (parts, body) = answer.into_parts();
    let headers = returned(server, &parts.headers);
    let events = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|v| v.as_bytes().starts_with(b"text/event-stream"));
    let body = if events {
        // The sender keeps the connection open; it goes with the stream.
        let stream = BodyDataStream::new(body).map(move |chunk| {
            let _open = &sender;
            chunk
        });
        Body::Events(Box::pin(stream))
    } else {
        Body::Whole(
            timeout(ANSWER_LIMIT, whole(&origin, body))
                .await
                .map_err(|_| DevServerError::Slow(origin))??,
        )
    };
    Ok(Answer {
        status: parts.status,
        headers,
        body,
    })
}

/// Asks the dev server to switch to WebSocket (RFC 6455 section 4.1).
///
/// # Errors
/// [`DevServerError`].
pub async fn switch(server: &DevServerAddress, target: &str, headers: &HeaderMap) -> Result<Switched, DevServerError> {
    let origin = server.origin();
    let mut passed = forwarded(headers);
    passed.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    passed.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    // The caller has checked where the page is from. To the dev server it is one of its own.
    if let Ok(value) = HeaderValue::from_str(&origin) {
        passed.insert(header::ORIGIN, value);
    }
    let request = request(server, target, passed)?;
    let mut sender = connect(server).await?;
    let mut answer = timeout(ANSWER_LIMIT, sender.send_request(request))
        .await
        .map_err(|_| DevServerError::Slow(origin.clone()))?
        .map_err(|e| broken(&origin, &e))?;
    let status = answer.status();
    let mut headers = returned(server, answer.headers());
    let connection = (status == StatusCode::SWITCHING_PROTOCOLS).then(|| hyper::upgrade::on(&mut answer));
    if connection.is_some() {
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    }
    Ok(Switched {
        status,
        headers,
        connection,
    })
}

/// Carries bytes both ways until one side ends.
///
/// # Errors
/// When a side breaks off.
pub async fn bridge(browser: OnUpgrade, server: OnUpgrade) -> std::io::Result<()> {
    let (browser, server) = tokio::try_join!(browser, server).map_err(std::io::Error::other)?;
    tokio::io::copy_bidirectional(&mut TokioIo::new(browser), &mut TokioIo::new(server))
        .await
        .map(drop)
}

async fn dial(server: &DevServerAddress) -> Result<TcpStream, DevServerError> {
    for ip in server.addresses.iter().filter(|ip| ip.is_loopback()) {
        if let Ok(Ok(stream)) = timeout(CONNECT_LIMIT, TcpStream::connect((*ip, server.port))).await {
            return Ok(stream);
        }
    }
    Err(DevServerError::Down(server.origin()))
}

async fn connect(server: &DevServerAddress) -> Result<SendRequest<Empty<Bytes>>, DevServerError> {
    let stream = dial(server).await?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|e| broken(&server.origin(), &e))?;
    // Ends with the sender and the answer's body, or with what it was switched to.
    tokio::spawn(async move {
        let _ = connection.with_upgrades().await;
    });
    Ok(sender)
}

fn request(server: &DevServerAddress, target: &str, mut headers: HeaderMap) -> Result<Request<Empty<Bytes>>, DevServerError> {
    let wrong = |e: &dyn std::fmt::Display| DevServerError::Broken(server.origin(), e.to_string());
    headers.insert(header::HOST, HeaderValue::from_str(&server.authority).map_err(|e| wrong(&e))?);
    let mut request = Request::builder()
        .method(Method::GET)
        .uri(target)
        .body(Empty::new())
        .map_err(|e| wrong(&e))?;
    *request.headers_mut() = headers;
    Ok(request)
}

async fn whole(origin: &str, mut body: Incoming) -> Result<Bytes, DevServerError> {
    let mut out = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|e| broken(origin, &e))?.into_data() else {
            continue;
        };
        if out.len() + data.len() > SIZE_LIMIT {
            return Err(DevServerError::Large(origin.to_owned()));
        }
        out.extend_from_slice(&data);
    }
    Ok(out.freeze())
}

fn broken(origin: &str, error: &hyper::Error) -> DevServerError {
    DevServerError::Broken(origin.to_owned(), error.to_string())
}

/// Names that a `Connection` header adds to those of one connection.
fn named(headers: &HeaderMap) -> Vec<String> {
    let lists = headers.get_all(header::CONNECTION).iter().filter_map(|v| v.to_str().ok());
    lists
        .flat_map(|list| list.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect()
}

fn without(headers: &HeaderMap, kept: impl Fn(&HeaderName) -> bool) -> HeaderMap {
    let named = named(headers);
    headers
        .iter()
        .filter(|(name, _)| !HOP_BY_HOP.contains(name) && !named.iter().any(|n| n == name.as_str()) && !kept(name))
        .filter(|(name, _)| !matches!(name.as_str(), "keep-alive" | "proxy-connection"))
        .map(|(name, value)| (name.clone(), value.clone()))
        .fold(HeaderMap::new(), |mut all, (name, value)| {
            all.append(name, value);
            all
        })
}

/// The browser's headers that the dev server may see.
fn forwarded(headers: &HeaderMap) -> HeaderMap {
    without(headers, |name| {
        KEPT_FROM_SERVER.contains(name) || name.as_str().starts_with("x-forwarded-") || name == "logto-app-id"
    })
}

/// The dev server's headers that the browser may see. A way to its own origin becomes a way under the provider's.
fn returned(server: &DevServerAddress, headers: &HeaderMap) -> HeaderMap {
    let mut out = without(headers, |name| {
        KEPT_FROM_BROWSER.contains(name) || name.as_str().starts_with("access-control-") || name == "clear-site-data"
    });
    let inside = out
        .get(header::LOCATION)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.strip_prefix(&server.origin()))
        .and_then(|rest| match rest {
            "" => Some("/"),
            rest if rest.starts_with('/') && !rest.starts_with("//") => Some(rest),
            _ => None,
        })
        .and_then(|rest| HeaderValue::from_str(rest).ok());
    if let Some(inside) = inside {
        out.insert(header::LOCATION, inside);
    }
    out
}

#[cfg(test)]
mod tests;
