//! Showing a request and its response: redacted unless asked, and as a curl command line.

use super::capture::{HeaderLines, WireEntry};
use std::sync::Arc;
use vestibule_core::live::Wire;

/// Names of parameters and JSON members whose values are secret.
const SECRET_NAMES: [&str; 17] = [
    "SAMLResponse",
    "client_secret",
    "client_assertion",
    "code",
    "code_verifier",
    "access_token",
    "refresh_token",
    "id_token",
    "id_token_hint",
    "token",
    "one_time_token",
    "secret",
    "secretQrCode",
    "codes",
    "device_code",
    "user_code",
    "input_code",
];
/// Headers whose values are secret.
const SECRET_HEADERS: [&str; 3] = ["authorization", "cookie", "set-cookie"];
const MASK: &str = "••••";

/// Builds the Wire tab's view.
pub(super) fn show(entry: &Arc<WireEntry>, seq: u64, reveal: bool, endpoint: &str) -> Wire {
    let mut redacted = Vec::new();
    let mut hide = Hide {
        reveal,
        redacted: &mut redacted,
    };
    let target = hide.query(&entry.target);
    let request_headers = hide.headers(&entry.request_headers);
    let request_body = hide.body(&entry.request_body);
    let response_headers = hide.headers(&entry.response_headers);
    let response_body = hide.body(&entry.response_body);
    redacted.sort();
    redacted.dedup();
    let reason = http::StatusCode::from_u16(entry.status)
        .ok()
        .and_then(|s| s.canonical_reason())
        .unwrap_or_default();
    Wire {
        seq,
        curl: curl(entry, endpoint, &target, &request_headers, &request_body),
        request_line: format!("{} {target} HTTP/1.1", entry.method),
        request_headers,
        request_body,
        status_line: format!("HTTP/1.1 {} {reason}", entry.status),
        response_headers,
        response_body,
        redacted,
    }
}

struct Hide<'a> {
    reveal: bool,
    redacted: &'a mut Vec<String>,
}

impl Hide<'_> {
    fn headers(&mut self, headers: &HeaderLines) -> Vec<(String, String)> {
        headers
            .read()
            .into_iter()
            .map(|(name, value)| {
                let shown = if SECRET_HEADERS.contains(&name.as_str()) && !self.reveal {
                    self.redacted.push(name.clone());
                    mask_header(&name, &value)
                } else if matches!(name.as_str(), "location" | "referer") {
                    self.query(&value)
                } else {
                    value
                };
                (name, shown)
            })
            .collect()
    }

    /// Secret values of a query or fragment.
    fn query(&mut self, target: &str) -> String {
        let Some(at) = target.find(['?', '#']) else {
            return target.to_owned();
        };
        let (base, rest) = target.split_at(at + 1);
        format!("{base}{}", self.pairs(rest))
    }

    fn pairs(&mut self, text: &str) -> String {
        let masked: Vec<String> = text
            .split('&')
            .map(|pair| match pair.split_once('=') {
                Some((name, _)) if SECRET_NAMES.contains(&name) && !self.reveal => {
                    self.redacted.push(name.to_owned());
                    format!("{name}={MASK}")
                }
                _ => pair.to_owned(),
            })
            .collect();
        masked.join("&")
    }

    fn body(&mut self, body: &str) -> String {
        if body.starts_with('{')
            && let Ok(mut value) = serde_json::from_str::<serde_json::Value>(body)
        {
            self.json(&mut value);
            return serde_json::to_string_pretty(&value).unwrap_or_default();
        }
        if body.contains('=') && !body.contains(['\n', '<', ' ']) {
            self.pairs(body)
        } else {
            body.to_owned()
        }
    }

    fn json(&mut self, value: &mut serde_json::Value) {
        match value {
            serde_json::Value::Object(members) => {
                for (name, member) in members.iter_mut() {
                    let error_code = name == "code" && member.as_str().is_some_and(|c| c.contains('.'));
                    let says = member.is_string() || member.is_array();
                    if SECRET_NAMES.contains(&name.as_str()) && says && !self.reveal && !error_code {
                        self.redacted.push(name.clone());
                        *member = MASK.into();
                    } else if let Some(address) = member.as_str().filter(|text| text.starts_with("http") || text.starts_with('/')) {
                        *member = self.query(address).into();
                    } else {
                        self.json(member);
                    }
                }
            }
            serde_json::Value::Array(items) => items.iter_mut().for_each(|item| self.json(item)),
            _ => {}
        }
    }
}

/// Keeps what helps: the scheme of a credential, the names of cookies.
fn mask_header(name: &str, value: &str) -> String {
    if name == "authorization" {
        return value
            .split_once(' ')
            .map_or_else(|| MASK.to_owned(), |(scheme, _)| format!("{scheme} {MASK}"));
    }
    let cookies: Vec<String> = value
        .split(';')
        .enumerate()
        .map(|(n, part)| match part.trim().split_once('=') {
            // Only the first pair of a Set-Cookie is the cookie; the others are attributes.
            Some((key, _)) if name == "cookie" || n == 0 => format!("{key}={MASK}"),
            _ => part.trim().to_owned(),
        })
        .collect();
    cookies.join("; ")
}

fn curl(entry: &WireEntry, endpoint: &str, target: &str, headers: &[(String, String)], body: &str) -> String {
    let quote = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
    let mut out = format!("curl -i -X {} {}", entry.method, quote(&format!("{endpoint}{target}")));
    for (name, value) in headers
        .iter()
        .filter(|(n, _)| matches!(n.as_str(), "authorization" | "content-type" | "cookie" | "logto-app-id" | "origin"))
    {
        out.push_str(&format!(" \\\n  -H {}", quote(&format!("{name}: {value}"))));
    }
    if !body.is_empty() {
        out.push_str(&format!(" \\\n  --data-raw {}", quote(body)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(headers: &[(&str, &str)]) -> HeaderLines {
        let pairs = headers.iter().map(|(name, value)| {
            let name: http::HeaderName = name.parse().unwrap();
            let value: http::HeaderValue = value.parse().unwrap();
            (name, value)
        });
        HeaderLines::of(&pairs.collect::<http::HeaderMap>())
    }

    #[test]
    fn headers_come_back_as_they_were() {
        let given = [("x-a", "1: 2"), ("set-cookie", "a=b"), ("set-cookie", "c=d"), ("x-empty", "")];
        let read = lines(&given).read();
        assert_eq!(
            read.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>(),
            given
        );
    }

    fn entry() -> Arc<WireEntry> {
        Arc::new(WireEntry {
            method: "POST".into(),
            target: "/oidc/token?code=abc".into(),
            request_headers: lines(&[("authorization", "Basic QUJD"), ("cookie", "_session=s3cret; a=b")]),
            request_body: "grant_type=authorization_code&code=abc&client_secret=hush".into(),
            status: 200,
            response_headers: lines(&[
                ("set-cookie", "_session=s3cret; path=/; httponly"),
                ("location", "http://a.test/cb?code=abc&state=1"),
            ]),
            response_body: r#"{"access_token":"tok","scope":"openid","redirectTo":"/device?user_code=BCDF-GHJK&x=1"}"#.into(),
        })
    }

    #[test]
    fn secrets_are_masked_until_asked() {
        let shown = serde_json::to_string(&show(&entry(), 1, false, "http://localhost:3001")).unwrap();
        for secret in ["abc", "hush", "QUJD", "s3cret", "\"tok\"", "BCDF"] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
        assert!(shown.contains("&x=1") && shown.contains("state=1") && shown.contains("httponly") && shown.contains("openid"));
        let once = WireEntry {
            response_body: r#"{"secret":"JBSWY3DP","secretQrCode":"data:image/png;base64,iVBO","codes":["1a2b3c","4d5e6f"],"code":"a.b"}"#
                .into(),
            ..Arc::into_inner(entry()).unwrap()
        };
        let shown = serde_json::to_string(&show(&Arc::new(once), 1, false, "http://localhost:3001")).unwrap();
        for secret in ["JBSWY3DP", "iVBO", "1a2b3c", "4d5e6f"] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
        let revealed = show(&entry(), 1, true, "http://localhost:3001");
        assert!(revealed.curl.contains("hush") && revealed.redacted.is_empty());
    }
}
