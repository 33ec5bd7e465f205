//! Who calls the token endpoint (RFC 6749 2.3, OpenID Connect Core 9). The secret counts only where the connector has one.

use crate::provider::Provider;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;
use vestibule_core::Timestamp;
use vestibule_keys::{AssertionKey, ExpectedAssertion, verify_client_assertion};

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Checks the client.
///
/// # Errors
/// One sentence: what is wrong with it.
pub(super) fn authenticate<'a>(
    provider: &Provider,
    value: &impl Fn(&str) -> Option<&'a str>,
    authorization: Option<&str>,
    now: Timestamp,
) -> Result<(), String> {
    let (id, secret) = if let Some(header) = authorization {
        let (id, secret) = basic(header).ok_or("The Authorization header is no HTTP Basic one.")?;
        (id, Some(secret))
    } else if let Some(assertion) = value("client_assertion") {
        return asserted(provider, assertion, value("client_assertion_type"), now);
    } else {
        let id = value("client_id").ok_or("client_id is missing.")?;
        (id.to_owned(), value("client_secret").map(str::to_owned))
    };
    if id != provider.client_id {
        return Err("There is no such client here.".into());
    }
    match (&provider.client_secret, secret) {
        (None, _) => Ok(()),
        (Some(expected), Some(sent)) if expected.matches(&sent) => Ok(()),
        (Some(_), Some(_)) => Err("The client secret is wrong.".into()),
        (Some(_), None) => Err("The client secret is missing.".into()),
    }
}

/// The halves of an HTTP Basic header, form-decoded (RFC 6749 2.3.1).
fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, text) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(text.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((form_decoded(id), form_decoded(secret)))
}

fn form_decoded(text: &str) -> String {
    // As the value of a pair without a name: `&` and `=` can't occur unencoded, or mean themselves.
    let pair = format!("={}", text.replace('&', "%26"));
    url::form_urlencoded::parse(pair.as_bytes())
        .next()
        .map_or_else(String::new, |(_, value)| value.into_owned())
}

fn asserted(provider: &Provider, assertion: &str, kind: Option<&str>, now: Timestamp) -> Result<(), String> {
    if kind != Some(JWT_BEARER) {
        return Err(format!("client_assertion_type must be {JWT_BEARER}."));
    }
    let Some(secret) = &provider.client_secret else {
        // Nothing to check it with: whom it names has to be right.
        let named = assertion
            .split('.')
            .nth(1)
            .and_then(|part| URL_SAFE_NO_PAD.decode(part).ok())
            .and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok())
            .is_some_and(|claims| claims["sub"] == provider.client_id.as_str());
        return if named {
            Ok(())
        } else {
            Err("The client assertion names another client.".into())
        };
    };
    let (front, back) = (format!("{}/token", provider.issuer), format!("{}/token", provider.loopback));
    let expected = ExpectedAssertion {
        client_id: &provider.client_id,
        audiences: &[&provider.issuer, &front, &back],
        now,
    };
    verify_client_assertion(assertion, AssertionKey::AnyHmac(secret), &expected)
        .map(|_| ())
        .map_err(|error| format!("The client assertion is not accepted: {error}."))
}
