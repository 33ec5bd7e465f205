//! The server's own request and response: what routes see instead of warp's types.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use std::pin::Pin;

/// Bytes of an ordinary JSON answer.
const USUAL_JSON: usize = 1024;

/// A request, complete with its body.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// HTTP method; HEAD is served as GET.
    pub method: Method,
    /// Path without query.
    pub path: String,
    /// Raw query, without the question mark.
    pub query: Option<String>,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

/// A response.
#[derive(Debug)]
pub(crate) struct Response {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
    /// A body that has no end, instead.
    pub stream: Option<Stream>,
}

/// The bytes of a body that has no end.
pub(crate) struct Stream(pub Pin<Box<dyn futures_util::Stream<Item = Result<Bytes, std::io::Error>> + Send + Sync>>);

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Stream")
    }
}

impl Request {
    /// A header as text.
    #[must_use]
    pub(crate) fn header(&self, name: HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    /// The value of a cookie.
    #[must_use]
    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        self.headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|v| v.to_str().ok())
            .flat_map(|line| line.split(';'))
            .find_map(|pair| {
                let (key, value) = pair.trim().split_once('=')?;
                (key == name).then_some(value)
            })
    }

    /// Decoded pairs of the query.
    ///
    /// # Errors
    /// One sentence when the percent-encoding is broken or not UTF-8.
    pub(crate) fn query_pairs(&self) -> Result<Vec<(String, String)>, String> {
        self.query.as_deref().map_or_else(|| Ok(Vec::new()), form_pairs)
    }

    /// Whether the body says it is of this media type.
    #[must_use]
    pub(crate) fn is(&self, media: &str) -> bool {
        self.header(header::CONTENT_TYPE)
            .and_then(|v| v.split(';').next())
            .is_some_and(|v| v.trim().eq_ignore_ascii_case(media))
    }

    /// The bearer token of the `Authorization` header (RFC 6750 section 2.1).
    #[must_use]
    pub(crate) fn bearer(&self) -> Option<&str> {
        let value = self.header(header::AUTHORIZATION)?;
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    }
}

/// Decodes `application/x-www-form-urlencoded`, strictly: broken percent-encoding is an error, not a guess.
///
/// # Errors
/// One sentence saying what is broken.
pub(crate) fn form_pairs(text: &str) -> Result<Vec<(String, String)>, String> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(name)?, decode(value)?))
        })
        .collect()
}

fn decode(text: &str) -> Result<String, String> {
    if !text.contains(['%', '+']) {
        return Ok(text.to_owned());
    }
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let hex = [bytes.next().unwrap_or(b' '), bytes.next().unwrap_or(b' ')];
                let value = std::str::from_utf8(&hex)
                    .ok()
                    .filter(|h| h.bytes().all(|b| b.is_ascii_hexdigit()))
                    .and_then(|h| u8::from_str_radix(h, 16).ok());
                out.push(value.ok_or_else(|| "broken percent-encoding: % must be followed by two hexadecimal digits".to_owned())?);
            }
            _ => out.push(byte),
        }
    }
    String::from_utf8(out).map_err(|_| "percent-encoded text is not UTF-8".to_owned())
}

/// A segment of a path, decoded; `None` when its percent-encoding is broken.
pub(crate) fn decode_path(segment: &str) -> Option<String> {
    // A plus is a plus here, not a space.
    decode(&segment.replace('+', "%2B")).ok()
}

impl Response {
    /// An empty response.
    #[must_use]
    pub(crate) fn new(status: StatusCode) -> Self {
        Self {
            status,
            // Room for what nearly every response has, security headers included.
            headers: HeaderMap::with_capacity(16),
            body: Bytes::new(),
            stream: None,
        }
    }

    /// A JSON response.
    #[must_use]
    pub(crate) fn json(status: StatusCode, value: &impl serde::Serialize) -> Self {
        let mut body = Vec::with_capacity(USUAL_JSON);
        if serde_json::to_writer(&mut body, value).is_err() {
            // Nothing that is answered can fail to become JSON; half of it would be worse than none.
            body.clear();
        }
        Self::new(status).body("application/json; charset=utf-8", body)
    }

    /// An HTML page.
    #[must_use]
    pub(crate) fn html(status: StatusCode, page: String) -> Self {
        Self::new(status).body("text/html; charset=utf-8", page.into_bytes())
    }

    /// A redirect.
    #[must_use]
    pub(crate) fn redirect(status: StatusCode, location: &str) -> Self {
        Self::new(status).with(header::LOCATION, location)
    }

    /// Sets the body and its type.
    #[must_use]
    pub(crate) fn body(mut self, media: &'static str, body: impl Into<Bytes>) -> Self {
        self.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
        self.body = body.into();
        self
    }

    /// Sets a body that has no end.
    pub(crate) fn stream(&mut self, stream: Pin<Box<dyn futures_util::Stream<Item = Result<Bytes, std::io::Error>> + Send + Sync>>) {
        self.stream = Some(Stream(stream));
    }

    /// Sets a header; a value no header can carry is percent-encoded first, so nothing is lost or split.
    #[must_use]
    pub(crate) fn with(mut self, name: HeaderName, value: &str) -> Self {
        self.headers.insert(name, header_value(value));
        self
    }

    /// Sets a header from a constant.
    #[must_use]
    pub(crate) fn with_static(mut self, name: HeaderName, value: &'static str) -> Self {
        self.headers.insert(name, HeaderValue::from_static(value));
        self
    }

    /// Adds a cookie line.
    pub(crate) fn add_cookie(&mut self, line: &str) {
        self.headers.append(header::SET_COOKIE, header_value(line));
    }
}

fn header_value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| {
        let safe: String = text
            .bytes()
            .map(|b| {
                if (0x20..0x7f).contains(&b) {
                    char::from(b).to_string()
                } else {
                    format!("%{b:02X}")
                }
            })
            .collect();
        HeaderValue::from_str(&safe).unwrap_or_else(|_| HeaderValue::from_static(""))
    })
}

/// Escapes text for HTML content and attribute values.
#[must_use]
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_decoded_strictly() {
        assert_eq!(
            form_pairs("a=1&b=x+y%21&c").unwrap(),
            [("a".into(), "1".into()), ("b".into(), "x y!".into()), ("c".into(), String::new())]
        );
        for broken in ["a=%", "a=%2", "a=%zz", "a=%+1", "a=%ff"] {
            assert!(form_pairs(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn cookies_are_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("a=1; _session=xyz; _session.sig=q"));
        let request = Request {
            method: Method::GET,
            path: "/".into(),
            query: None,
            headers,
            body: Bytes::new(),
        };
        assert_eq!(request.cookie("_session"), Some("xyz"));
        assert_eq!(request.cookie("session"), None);
    }

    #[test]
    fn a_header_value_cannot_split_the_response() {
        let response = Response::redirect(StatusCode::SEE_OTHER, "/a\r\nset-cookie: x=1");
        assert_eq!(response.headers.get(header::LOCATION).unwrap(), "/a%0D%0Aset-cookie: x=1");
    }

    #[test]
    fn a_bearer_token_is_read_whatever_the_case_of_its_scheme() {
        for (written, expected) in [
            ("Bearer abc", Some("abc")),
            ("bearer  abc", Some("abc")),
            ("Basic abc", None),
            ("Bearerabc", None),
            ("abc", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, HeaderValue::from_static(written));
            let request = Request {
                method: Method::GET,
                path: "/".into(),
                query: None,
                headers,
                body: Bytes::new(),
            };
            assert_eq!(request.bearer(), expected, "{written}");
        }
    }
}
