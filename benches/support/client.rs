//! A client that costs little: one thread, several keep-alive connections, all requests of a round written before the
//! first answer is read. So the server sees as many requests at once as there are connections.

use crate::{Failure, Outcome};
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};

/// A request; host, length and keep-alive are added.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `GET` unless there is a body.
    pub method: &'static str,
    /// Path and query.
    pub target: String,
    /// Further header lines.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

impl Request {
    /// A GET.
    #[must_use]
    pub fn get(target: impl Into<String>) -> Self {
        Self {
            method: "GET",
            target: target.into(),
            ..Self::default()
        }
    }

    /// A form.
    #[must_use]
    pub fn form(target: &str, body: impl Into<String>) -> Self {
        Self {
            method: "POST",
            target: target.to_owned(),
            headers: vec![("content-type", "application/x-www-form-urlencoded".to_owned())],
            body: body.into(),
        }
    }

    /// JSON.
    #[must_use]
    pub fn json(method: &'static str, target: &str, body: &serde_json::Value) -> Self {
        Self {
            method,
            target: target.to_owned(),
            headers: vec![("content-type", "application/json".to_owned())],
            body: body.to_string(),
        }
    }

    /// With one more header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// A response.
#[derive(Clone, Debug, Default)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

impl Response {
    /// The first header of a name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// When it is none.
    pub fn json(&self) -> Outcome<serde_json::Value> {
        Ok(serde_json::from_slice(&self.body)?)
    }

    /// This response if its status is right.
    ///
    /// # Errors
    /// Its status and body.
    pub fn expect(self, status: u16) -> Outcome<Self> {
        if self.status == status {
            return Ok(self);
        }
        let body = String::from_utf8_lossy(&self.body);
        Err(format!("answered {} instead of {status}: {body}", self.status).into())
    }
}

/// Connections to one server.
#[derive(Debug)]
pub struct Client {
    port: u16,
    connections: Vec<BufReader<TcpStream>>,
    line: String,
}

impl Client {
    /// Connects `count` times.
    ///
    /// # Errors
    /// When the server does not accept.
    pub fn connect(port: u16, count: usize) -> Outcome<Self> {
        let open = || -> Outcome<BufReader<TcpStream>> {
            let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
            stream.set_nodelay(true)?;
            Ok(BufReader::with_capacity(16 * 1024, stream))
        };
        Ok(Self {
            port,
            connections: (0..count).map(|_| open()).collect::<Outcome<_>>()?,
            line: String::new(),
        })
    }

    /// How many connections there are.
    #[must_use]
    pub fn width(&self) -> usize {
        self.connections.len()
    }

    /// Sends one request on each connection, in order, then reads all answers.
    ///
    /// # Errors
    /// When a connection breaks.
    pub fn round(&mut self, requests: &[Request]) -> Outcome<Vec<Response>> {
        let raw: Vec<Vec<u8>> = requests.iter().map(|request| self.raw(request)).collect();
        self.send(&raw)
    }

    /// A request as bytes, for [`Client::send`].
    #[must_use]
    pub fn raw(&self, request: &Request) -> Vec<u8> {
        let mut text = format!(
            "{} {} HTTP/1.1\r\nhost: localhost:{}\r\n",
            request.method, request.target, self.port
        );
        for (name, value) in &request.headers {
            // Writing to a String can't fail.
            let _ = write!(text, "{name}: {value}\r\n");
        }
        if request.method != "GET" {
            let _ = write!(text, "content-length: {}\r\n", request.body.len());
        }
        text.push_str("\r\n");
        text.push_str(&request.body);
        text.into_bytes()
    }

    /// Sends one request on each connection and reads no answer; the connections are good for nothing else then.
    ///
    /// # Errors
    /// When a connection breaks.
    pub fn leave(&mut self, requests: &[Request]) -> Outcome<()> {
        let raw: Vec<Vec<u8>> = requests.iter().map(|request| self.raw(request)).collect();
        for (connection, request) in self.connections.iter_mut().zip(&raw) {
            connection.get_mut().write_all(request)?;
        }
        Ok(())
    }

    /// As [`Client::round`], for requests that are bytes already.
    ///
    /// # Errors
    /// When a connection breaks.
    pub fn send<B: AsRef<[u8]>>(&mut self, requests: &[B]) -> Outcome<Vec<Response>> {
        if requests.len() > self.connections.len() {
            return Err("more requests than connections".into());
        }
        for (connection, request) in self.connections.iter_mut().zip(requests) {
            connection.get_mut().write_all(request.as_ref())?;
        }
        let line = &mut self.line;
        self.connections
            .iter_mut()
            .take(requests.len())
            .map(|connection| read(connection, line))
            .collect()
    }
}

fn read(connection: &mut BufReader<TcpStream>, line: &mut String) -> Outcome<Response> {
    let mut response = Response::default();
    let mut length = 0;
    let mut next = |line: &mut String| -> Outcome<()> {
        line.clear();
        if connection.read_line(line)? == 0 {
            return Err("the server closed a connection".into());
        }
        line.truncate(line.trim_end().len());
        Ok(())
    };
    next(line)?;
    response.status = line
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .ok_or_else(|| Failure::from(line.clone()))?;
    loop {
        next(line)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(": ").ok_or_else(|| Failure::from(line.clone()))?;
        if name == "content-length" {
            length = value.parse()?;
        }
        if name == "transfer-encoding" {
            return Err("the server answered in chunks, which this client does not read".into());
        }
        response.headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    response.body = vec![0; length];
    connection.read_exact(&mut response.body)?;
    Ok(response)
}
