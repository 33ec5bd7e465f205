//! HTTP/1.1 to the byte: what is sent is exactly what the test says, broken or not.

use serde_json::Value;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::time::Duration;

/// Longer than any answer may take, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(60);

/// A provider's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The port it listens on.
    pub port: u16,
}

impl Origin {
    /// `http://localhost:<port>`.
    #[must_use]
    pub fn endpoint(self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// `http://localhost:<port>/oidc`.
    #[must_use]
    pub fn issuer(self) -> String {
        format!("{}/oidc", self.endpoint())
    }

    /// Path and query of an address of this provider; a bare path stays.
    ///
    /// # Panics
    /// When the address is somebody else's.
    #[must_use]
    pub fn target(self, address: &str) -> String {
        let target = address.strip_prefix(&self.endpoint()).unwrap_or(address);
        assert!(target.starts_with('/'), "{address} is not an address of {}", self.endpoint());
        target.to_owned()
    }

    /// Sends bytes as they are and reads the answer; `None` when the connection ended without one.
    ///
    /// # Errors
    /// When nobody listens, or no answer comes in time.
    pub fn raw(self, bytes: &[u8]) -> io::Result<Option<Response>> {
        self.talk(bytes, false)
    }

    /// As [`Origin::raw`], and says that nothing more will come: for bytes that are the beginning of something.
    ///
    /// # Errors
    /// When nobody listens, or the provider waits all the same.
    pub fn hang_up(self, bytes: &[u8]) -> io::Result<Option<Response>> {
        self.talk(bytes, true)
    }

    fn talk(self, bytes: &[u8], hang_up: bool) -> io::Result<Option<Response>> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        // A server that refuses early closes while we still write; what it said is then worth reading.
        let sent = stream.write_all(bytes);
        if hang_up {
            stream.shutdown(Shutdown::Write)?;
        }
        let mut received = Vec::new();
        let read = stream.read_to_end(&mut received);
        let _ = stream.shutdown(Shutdown::Both);
        match Response::parse(&received) {
            Some(response) => Ok(Some(response)),
            None => sent.and(read).map(|_| None),
        }
    }

    /// Sends a request that has to be answered.
    ///
    /// # Panics
    /// When it isn't.
    #[must_use]
    pub fn send(self, request: &Request) -> Response {
        match self.raw(&request.bytes(self)) {
            Ok(Some(response)) => response,
            other => panic!("{} {} was not answered: {other:?}", request.method, request.target),
        }
    }
}

/// A request. Nothing is encoded, checked or added but `Host`, `Connection` and `Content-Length`, unless they are given.
#[derive(Clone, Debug)]
pub struct Request {
    /// Method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Headers in order.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Body.
    pub body: Vec<u8>,
}

impl Request {
    /// A request without headers or body.
    #[must_use]
    pub fn new(method: &str, target: &str) -> Self {
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// `GET`.
    #[must_use]
    pub fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    /// `POST` of a form.
    #[must_use]
    pub fn form(target: &str, pairs: &[(&str, &str)]) -> Self {
        Self::new("POST", target).body("application/x-www-form-urlencoded", encode(pairs))
    }

    /// A request with a JSON body.
    #[must_use]
    pub fn json(method: &str, target: &str, body: &Value) -> Self {
        Self::new(method, target).body("application/json", body.to_string())
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    /// Sets body and media type.
    #[must_use]
    pub fn body(mut self, media: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("content-type", media)
    }

    /// As it goes over the wire.
    #[must_use]
    pub fn bytes(&self, origin: Origin) -> Vec<u8> {
        let mut out = format!("{} {} HTTP/1.1\r\n", self.method, self.target).into_bytes();
        let mut add = |name: &str, value: &[u8]| {
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b": ");
            out.extend_from_slice(value);
            out.extend_from_slice(b"\r\n");
        };
        let given = |name: &str| self.headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(name));
        if !given("host") {
            add("host", format!("localhost:{}", origin.port).as_bytes());
        }
        if !given("connection") {
            add("connection", b"close");
        }
        if !given("content-length") && !given("transfer-encoding") && !self.body.is_empty() {
            add("content-length", self.body.len().to_string().as_bytes());
        }
        for (name, value) in &self.headers {
            add(name, value);
        }
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(&self.body);
        out
    }
}

/// Pairs as a form or query.
#[must_use]
pub fn encode(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Response {
    /// Status.
    pub status: u16,
    /// Headers in order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

impl Response {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|w| w == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let body = bytes[end + 4..].to_vec();
        let announced = headers
            .iter()
            .find(|(n, _)| n == "content-length")
            .and_then(|(_, v)| v.parse::<usize>().ok());
        // HEAD, 204 and 304 announce a body that doesn't come; otherwise a short one is a broken answer.
        (body.is_empty() || announced.is_none_or(|length| length == body.len())).then_some(Self { status, headers, body })
    }

    /// The first header of a name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// All headers of a name.
    #[must_use]
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_str()).collect()
    }

    /// Where a redirect leads.
    ///
    /// # Panics
    /// When the answer is none.
    #[must_use]
    pub fn location(&self) -> &str {
        self.header("location")
            .unwrap_or_else(|| panic!("{} without location: {}", self.status, self.text()))
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{} with a body that is not JSON ({e}): {}", self.status, self.text()))
    }

    /// The same answer, if it has this status.
    ///
    /// # Panics
    /// When it has another one.
    #[must_use]
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{} {:?}", self.text(), self.header("location"));
        self
    }
}
