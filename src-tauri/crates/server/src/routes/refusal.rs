//! Errors that may not go to a client, shown where they happened: a page for a person's browser, Logto's JSON for everybody
//! else (sheet 8.1).

use super::common::{PAGE_CSP, oidc_error};
use crate::engine::Engine;
use crate::http::{Request, Response, escape};
use crate::recorder::Exchange;
use http::{StatusCode, header};
use vestibule_core::oidc::OidcError;

/// Most characters shown of a value that came with the request.
const SHOWN: usize = 300;

/// Answers an error: as a page when a browser navigates, otherwise as JSON.
pub(super) fn answer(engine: &Engine, request: &Request, exchange: &mut Exchange, error: &OidcError, state: Option<&str>) -> Response {
    if !wants_page(request) {
        return oidc_error(engine, request, error, state);
    }
    exchange.always = true;
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
    let body = body(request, exchange, error);
    Response::html(status, crate::pages::plain("The request was refused", "", &body))
        .with_static(header::CONTENT_SECURITY_POLICY, PAGE_CSP)
        .with_static(header::VARY, "Accept")
}

/// Whether a browser navigates here: it names HTML outright, and JSON not as much (RFC 9110 12.5.1). A client library that
/// accepts anything gets JSON, and so does `parse_error=false`, which asks for the raw body.
pub(super) fn wants_page(request: &Request) -> bool {
    let navigates = request
        .headers
        .get("sec-fetch-mode")
        .and_then(|v| v.to_str().ok())
        .is_none_or(|mode| mode == "navigate");
    let raw = request
        .query
        .as_deref()
        .is_some_and(|q| q.split('&').any(|pair| pair == "parse_error=false"));
    let accept = |media: &str| weight(request, media);
    navigates && !raw && accept("text/html") > accept("application/json").max(accept("application/*"))
}

/// How much a media type is wanted, in thousandths, when it is named; the weight of `*/*` is nobody's wish.
fn weight(request: &Request, media: &str) -> u32 {
    let lines = request.headers.get_all(header::ACCEPT).iter().filter_map(|v| v.to_str().ok());
    let named = lines.flat_map(|line| line.split(',')).filter_map(|entry| {
        let mut parts = entry.split(';').map(str::trim);
        if !parts.next()?.eq_ignore_ascii_case(media) {
            return None;
        }
        let quality = parts.find_map(|p| p.strip_prefix("q=").or_else(|| p.strip_prefix("Q=")));
        Some(quality.map_or(1000, thousandths))
    });
    named.max().unwrap_or(0)
}

/// A quality value (RFC 9110 12.4.2); what is none counts as nothing.
fn thousandths(quality: &str) -> u32 {
    let (whole, rest) = quality.split_once('.').unwrap_or((quality, ""));
    if rest.len() > 3 || !rest.bytes().all(|b| b.is_ascii_digit()) {
        return 0;
    }
    match (whole, format!("{rest:0<3}").parse::<u32>()) {
        ("0", Ok(part)) => part,
        ("1", Ok(0)) => 1000,
        _ => 0,
    }
}

fn body(request: &Request, exchange: &Exchange, error: &OidcError) -> String {
    let mut rows = vec![("Error", error.error.to_owned())];
    rows.extend(error.description.clone().map(|d| ("Description", d)));
    rows.push(("Request id", exchange.live().0));
    let pairs = request.query_pairs().unwrap_or_default();
    let sent = |name: &str| {
        let seen = exchange.trail.params.iter().find(|p| p.name == name && !p.value.is_empty());
        let asked = || pairs.iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.clone());
        seen.map(|p| p.value.clone()).or_else(asked)
    };
    let client = match &exchange.trail.patch.app {
        Some((id, name)) => Some(format!("{id} ({name})")),
        None => sent("client_id"),
    };
    rows.extend(client.map(|c| ("Client id", c)));
    rows.extend(sent("redirect_uri").map(|uri| ("Redirect URI", uri)));
    rows.extend(sent("post_logout_redirect_uri").map(|uri| ("Post-logout redirect URI", uri)));
    let list: String = rows
        .iter()
        .map(|(name, value)| {
            let cut: String = value.chars().take(SHOWN).collect();
            let tail = if cut.len() < value.len() { "…" } else { "" };
            format!("<dt>{name}</dt><dd><code>{}{tail}</code></dd>", escape(&cut))
        })
        .collect();
    format!(
        "<h1>The request was refused</h1><p>{} The application was not told, because nothing says that its address can be trusted.</p><dl>{list}</dl>\
         <p>To see why: open Vestibule's window, go to Sessions and filter for the request id. That session says which rule refused it, and what would have worked.</p>",
        escape(error.message())
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, HeaderValue, Method};

    fn asks(headers: &[(&'static str, &str)], query: &str) -> bool {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_str(value).unwrap());
        }
        wants_page(&Request {
            method: Method::GET,
            path: "/oidc/auth".into(),
            query: Some(query.into()),
            headers: map,
            body: bytes::Bytes::new(),
        })
    }

    #[test]
    fn only_a_browser_that_navigates_gets_a_page() {
        let chromium = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";
        for (headers, wanted) in [
            (&[][..], false),
            (&[("accept", "*/*")], false),
            (&[("accept", "application/json")], false),
            (&[("accept", "application/json, text/plain, */*")], false),
            (&[("accept", "text/html, application/json")], false),
            (&[("accept", "text/html;q=0.5, application/json;q=0.4")], true),
            (&[("accept", "text/html;q=0.5, application/*")], false),
            (&[("accept", "text/html;q=0")], false),
            (&[("accept", "text/html;q=nonsense")], false),
            (&[("accept", "text/html;q=1.0001")], false),
            (&[("accept", "TEXT/HTML; q=1.0")], true),
            (&[("accept", "application/json;q=0.9"), ("accept", "text/html")], true),
            (&[("accept", chromium)], true),
            (&[("accept", chromium), ("sec-fetch-mode", "navigate")], true),
            (&[("accept", chromium), ("sec-fetch-mode", "cors")], false),
        ] {
            assert_eq!(asks(headers, "client_id=x"), wanted, "{headers:?}");
        }
        assert!(!asks(&[("accept", chromium)], "client_id=x&parse_error=false"));
    }
}
