//! What was on the wire: copied as text, without passwords, for the Wire tab.

use crate::http::{Request, Response};

/// Bodies longer than this are cut in the Wire tab.
const BODY_BYTES: usize = 16 * 1024;

/// Headers as lines of one text: thousands of requests are kept, and a text for each name and value would weigh more than
/// what it says.
#[derive(Debug)]
pub(crate) struct HeaderLines(Vec<u8>);

impl HeaderLines {
    pub(super) fn of(headers: &http::HeaderMap) -> Self {
        let length = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 3).sum();
        let mut lines = Vec::with_capacity(length);
        for (name, value) in headers {
            lines.extend_from_slice(name.as_str().as_bytes());
            lines.extend_from_slice(b": ");
            // No header value holds a line end.
            lines.extend_from_slice(value.as_bytes());
            lines.push(b'\n');
        }
        Self(lines)
    }

    /// Names and values, in order.
    pub(crate) fn read(&self) -> Vec<(String, String)> {
        let text = String::from_utf8_lossy(&self.0);
        let pairs = text.lines().filter_map(|line| line.split_once(": "));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }
}

/// A request and response as text, copied out of the connection's buffers.
#[derive(Debug)]
pub(crate) struct WireEntry {
    pub method: String,
    pub target: String,
    pub request_headers: HeaderLines,
    pub request_body: String,
    pub status: u16,
    pub response_headers: HeaderLines,
    pub response_body: String,
}

impl WireEntry {
    pub(crate) fn capture(request: &Request, response: &Response) -> Self {
        let html = response
            .headers
            .get(http::header::CONTENT_TYPE)
            .is_some_and(|v| v.as_bytes().starts_with(b"text/html"));
        Self {
            method: request.method.as_str().to_owned(),
            target: request
                .query
                .as_ref()
                .map_or_else(|| request.path.clone(), |q| format!("{}?{}", request.path, blank_pairs(q))),
            request_headers: HeaderLines::of(&request.headers),
            request_body: if request.path.ends_with("/backup-code/verify") {
                "(a backup code; not kept)".to_owned()
            } else {
                request_text(&request.body, request.path.starts_with("/api/"))
            },
            status: response.status.as_u16(),
            response_headers: HeaderLines::of(&response.headers),
            response_body: if html {
                format!("(an HTML page of {} bytes)", response.body.len())
            } else if SHOWN_ONCE.contains(&request.path.as_str()) {
                shown_once(&response.body)
            } else {
                text(&response.body)
            },
        }
    }

    pub(super) fn size(&self) -> usize {
        self.target.len()
            + self.request_body.len()
            + self.response_body.len()
            + self.request_headers.0.len()
            + self.response_headers.0.len()
            + 256
    }
}

/// A request's body without passwords: they are not kept, not even in memory. The sign-in API is where they belong, so
/// there a body that can't be read is not kept at all; elsewhere somebody may have sent one by mistake.
fn request_text(body: &[u8], api: bool) -> String {
    if body.is_empty() {
        return String::new();
    }
    if !body.starts_with(b"{") && !api {
        return blank_pairs(&text(body));
    }
    match serde_json::from_slice::<serde_json::Value>(body) {
        Ok(mut value) => {
            let sent = value.clone();
            blank_passwords(&mut value);
            if value == sent {
                text(body)
            } else {
                text(value.to_string().as_bytes())
            }
        }
        Err(_) if api && !body.is_empty() => "(a body that is not JSON; not kept, because it may hold a password)".to_owned(),
        Err(_) => blank_pairs(&text(body)),
    }
}

/// Routes whose answer holds what a person is shown once: an authenticator app's secret, backup codes.
const SHOWN_ONCE: [&str; 2] = [
    "/api/experience/verification/totp/secret",
    "/api/experience/verification/backup-code/generate",
];

/// Such an answer without what is shown once.
fn shown_once(body: &[u8]) -> String {
    let Ok(serde_json::Value::Object(mut members)) = serde_json::from_slice(body) else {
        return String::new();
    };
    for name in ["secret", "secretQrCode", "codes"] {
        if let Some(member) = members.get_mut(name) {
            *member = serde_json::Value::String("••••".into());
        }
    }
    serde_json::Value::Object(members).to_string()
}

/// A body as text, cut when it is long.
fn text(body: &[u8]) -> String {
    let cut = &body[..body.len().min(BODY_BYTES)];
    let mut out = std::str::from_utf8(cut).map_or_else(|_| String::from_utf8_lossy(cut).into_owned(), str::to_owned);
    if cut.len() < body.len() {
        out.push_str("… (cut)");
    }
    out
}

/// Blanks passwords in a form or query.
fn blank_pairs(text: &str) -> String {
    let named = |pair: &str| pair.split_once('=').is_some_and(|(name, _)| is_password(name));
    if !text.split('&').any(named) {
        return text.to_owned();
    }
    let pairs: Vec<String> = text
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, _)) if is_password(name) => format!("{name}=••••"),
            _ => pair.to_owned(),
        })
        .collect();
    pairs.join("&")
}

/// Whether a member or parameter of this name holds a password.
fn is_password(name: &str) -> bool {
    const WORD: &[u8] = b"password";
    name.as_bytes().windows(WORD.len()).any(|part| part.eq_ignore_ascii_case(WORD))
}

fn blank_passwords(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(members) => {
            // `{type: "password", value: …}` is how the profile route carries one.
            let typed = members.get("type").is_some_and(|t| t == "password");
            for (name, member) in members.iter_mut() {
                if is_password(name) && member.is_string() && name != "type" || (typed && name == "value") {
                    *member = serde_json::Value::String("••••".into());
                } else {
                    blank_passwords(member);
                }
            }
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(blank_passwords),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_kept() {
        for body in [
            r#"{"identifier":{"type":"username","value":"alice"},"password":"open sesame"}"#,
            r#"{"type":"password","value":"open sesame"}"#,
            r#"{"a":[{"newPassword":"open sesame"}]}"#,
        ] {
            for api in [true, false] {
                let kept = request_text(body.as_bytes(), api);
                assert!(!kept.contains("sesame") && kept.contains("••••"), "{kept}");
            }
        }
        assert!(!request_text(b"password=open sesame", true).contains("sesame"));
        assert_eq!(request_text(b"a=b&password=open+sesame", false), "a=b&password=••••");
        assert_eq!(request_text(b"{ \"a\": 1 }", true), "{ \"a\": 1 }");
    }
}
