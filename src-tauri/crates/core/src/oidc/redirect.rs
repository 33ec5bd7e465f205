//! Redirect-URI matching (sheet 1.9). No code path redirects to anything but a [`RegisteredRedirect`].

use crate::model::{Application, ApplicationType};
use url::Url;

/// A redirect URI that matched one the application registered. It can be made only by [`RegisteredRedirect::find`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisteredRedirect(String);

impl RegisteredRedirect {
    /// Matches `candidate` against the application's `redirectUris`.
    #[must_use]
    pub fn find(application: &Application, candidate: &str) -> Option<Self> {
        let loopback = application.kind == ApplicationType::Native;
        matches_any(&application.oidc_client_metadata.redirect_uris, candidate, loopback).then(|| Self(candidate.to_owned()))
    }

    /// Matches `candidate` against the application's `postLogoutRedirectUris`; ports always count there.
    #[must_use]
    pub fn find_post_logout(application: &Application, candidate: &str) -> Option<Self> {
        matches_any(&application.oidc_client_metadata.post_logout_redirect_uris, candidate, false).then(|| Self(candidate.to_owned()))
    }

    /// The address, as the client sent it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address with parameters added to its query, or as its fragment.
    #[must_use]
    pub fn with(&self, parameters: &[(&str, &str)], fragment: bool) -> String {
        let mut encoded = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in parameters {
            encoded.append_pair(name, value);
        }
        let encoded = encoded.finish();
        if encoded.is_empty() {
            return self.0.clone();
        }
        let (base, old_fragment) = match self.0.split_once('#') {
            Some((base, rest)) => (base, Some(rest)),
            None => (self.0.as_str(), None),
        };
        if fragment {
            return format!("{base}#{encoded}");
        }
        let glue = if !base.contains('?') {
            "?"
        } else if base.ends_with(['?', '&']) {
            ""
        } else {
            "&"
        };
        old_fragment.map_or_else(|| format!("{base}{glue}{encoded}"), |rest| format!("{base}{glue}{encoded}#{rest}"))
    }
}

fn matches_any(registered: &[String], candidate: &str, any_loopback_port: bool) -> bool {
    // A candidate with an asterisk could be taken for a pattern further on; Logto rejects it outright.
    if candidate.contains('*') {
        return false;
    }
    let Ok(url) = Url::parse(candidate) else { return false };
    registered.iter().any(|pattern| matches(pattern, &url, any_loopback_port))
}

fn matches(pattern: &str, candidate: &Url, any_loopback_port: bool) -> bool {
    if pattern.contains('*') {
        return wildcard_matches(pattern, candidate);
    }
    let Ok(mut registered) = Url::parse(pattern) else { return false };
    if registered == *candidate {
        return true;
    }
    // RFC 8252 section 7.3: a native application may listen on whatever port it got.
    if any_loopback_port && is_loopback_http(&registered) && is_loopback_http(candidate) && registered.set_port(candidate.port()).is_ok() {
        return registered == *candidate;
    }
    false
}

fn is_loopback_http(url: &Url) -> bool {
    url.scheme() == "http" && matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
}

/// A registered URI with wildcards, cut by hand: `Url` would not accept or would encode the asterisks.
struct Pattern<'a> {
    scheme: &'a str,
    host: &'a str,
    port: Option<&'a str>,
    path: &'a str,
    query: Option<&'a str>,
    fragment: Option<&'a str>,
}

fn cut(pattern: &str) -> Option<Pattern<'_>> {
    let (scheme, rest) = pattern.split_once("://")?;
    let (rest, fragment) = rest.split_once('#').map_or((rest, None), |(a, b)| (a, Some(b)));
    let (rest, query) = rest.split_once('?').map_or((rest, None), |(a, b)| (a, Some(b)));
    let (authority, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
    if authority.contains('@') {
        return None;
    }
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    };
    Some(Pattern {
        scheme,
        host,
        port,
        path,
        query,
        fragment,
    })
}

fn wildcard_matches(pattern: &str, candidate: &Url) -> bool {
    let Some(p) = cut(pattern) else { return false };
    let scheme = p.scheme.to_ascii_lowercase();
    if !matches!(scheme.as_str(), "http" | "https") || scheme != candidate.scheme() {
        return false;
    }
    if p.port.is_some_and(|port| port.contains('*'))
        || p.query.is_some_and(|q| q.contains('*'))
        || p.fragment.is_some_and(|f| f.contains('*'))
    {
        return false;
    }
    let default_port = if scheme == "https" { 443 } else { 80 };
    let port = match p.port {
        Some(text) => match text.parse::<u16>() {
            Ok(port) => port,
            Err(_) => return false,
        },
        None => default_port,
    };
    if candidate.port_or_known_default() != Some(port) || candidate.query() != p.query || candidate.fragment() != p.fragment {
        return false;
    }
    if !candidate.username().is_empty() || candidate.password().is_some() {
        return false;
    }
    host_matches(&p.host.to_ascii_lowercase(), candidate.host_str().unwrap_or_default()) && glob(p.path, candidate.path(), true)
}

/// Whether an origin is one that a wildcard redirect URI could have.
pub(super) fn wildcard_origin_matches(pattern: &str, origin: &Url) -> bool {
    let Some(p) = cut(pattern) else { return false };
    let port = p.port.map_or(Ok(if p.scheme == "https" { 443 } else { 80 }), str::parse::<u16>);
    p.scheme == origin.scheme()
        && port.is_ok_and(|port| origin.port_or_known_default() == Some(port))
        && host_matches(&p.host.to_ascii_lowercase(), origin.host_str().unwrap_or_default())
}

/// Label by label; `*` never crosses a dot, and the last two labels are always literal.
fn host_matches(pattern: &str, host: &str) -> bool {
    if !pattern.contains('*') {
        return pattern == host;
    }
    let wanted: Vec<&str> = pattern.split('.').collect();
    let given: Vec<&str> = host.split('.').collect();
    if wanted.len() < 3 || wanted.len() != given.len() || wanted[wanted.len() - 2..].iter().any(|label| label.contains('*')) {
        return false;
    }
    wanted.iter().zip(&given).all(|(w, g)| glob(w, g, false))
}

/// `*` matches any run of characters; when `empty` is false, at least one.
fn glob(pattern: &str, text: &str, empty: bool) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    let least = usize::from(!empty);
    for part in middle {
        let Some(window) = rest.get(least..) else { return false };
        let Some(at) = window.find(part) else { return false };
        rest = &window[at + part.len()..];
    }
    rest.len() >= last.len() + least && rest.ends_with(last)
}

/// The registered URI most like `candidate`, for the repair card.
#[must_use]
pub fn nearest<'a>(registered: &'a [String], candidate: &str) -> Option<&'a str> {
    registered
        .iter()
        .map(|uri| (strsim::damerau_levenshtein(uri, candidate), uri))
        .filter(|(distance, uri)| *distance <= uri.len().max(candidate.len()) * 2 / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, uri)| uri.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(pattern: &str, candidate: &str, native: bool) -> bool {
        matches_any(&[pattern.to_owned()], candidate, native)
    }

    #[test]
    fn sheet_1_9_table() {
        for (pattern, candidate, native, wanted) in [
            ("https://app.test/cb", "https://app.test/cb", false, true),
            ("https://app.test/cb", "https://APP.test:443/cb", false, true),
            ("https://app.test/cb", "https://app.test/CB", false, false),
            ("https://app.test/cb", "https://app.test/cb/", false, false),
            ("https://app.test", "https://app.test/", false, true),
            ("http://localhost:3000/cb", "http://localhost:3001/cb", false, false),
            ("http://127.0.0.1:3000/cb", "http://127.0.0.1:51234/cb", true, true),
            ("http://localhost/cb", "http://localhost:51234/cb", true, true),
            ("http://[::1]:1/cb", "http://[::1]:51234/cb", true, true),
            ("http://localhost:3000/cb", "http://127.0.0.1:3000/cb", true, false),
            ("http://app.test:1/cb", "http://app.test:2/cb", true, false),
            ("https://*.example.com/cb", "https://a.example.com/cb", false, true),
            ("https://*.example.com/cb", "https://a.b.example.com/cb", false, false),
            ("https://*.example.com/cb", "https://example.com/cb", false, false),
            ("https://*.example.com/cb", "http://a.example.com/cb", false, false),
            ("https://*.com/cb", "https://example.com/cb", false, false),
            ("https://a.*.com/cb", "https://a.example.com/cb", false, false),
            (
                "https://pr-*.preview.example.com/cb",
                "https://pr-17.preview.example.com/cb",
                false,
                true,
            ),
            (
                "https://pr-*.preview.example.com/cb",
                "https://pr-.preview.example.com/cb",
                false,
                false,
            ),
            ("https://app.test/*", "https://app.test/a/b/c", false, true),
            ("https://app.test/**", "https://app.test/a/b/c", false, true),
            ("https://app.test/*/cb", "https://app.test/a/b/cb", false, true),
            ("https://app.test/*/cb", "https://app.test/cb", false, false),
            ("https://app.test/*?x=1", "https://app.test/a?x=1", false, true),
            ("https://app.test/*?x=1", "https://app.test/a?x=2", false, false),
            ("https://app.test/*", "https://app.test/a?x=1", false, false),
            ("https://app.test:*/cb", "https://app.test:1/cb", false, false),
            ("https://*.example.com/cb", "https://*.example.com/cb", false, false),
            ("https://app.test/*", "https://app.test/*", false, false),
            ("https://*.example.com/cb", "https://evil@a.example.com/cb", false, false),
            ("https://*.example.com/cb", "https://a.example.com:8443/cb", false, false),
            ("io.app.demo://callback", "io.app.demo://callback", true, true),
            ("io.app.demo://callback", "io.app.demo://callback2", true, false),
        ] {
            assert_eq!(hit(pattern, candidate, native), wanted, "{pattern} <- {candidate}");
        }
    }

    #[test]
    fn parameters_join_the_existing_query() {
        let to = RegisteredRedirect("https://app.test/cb?x=1".into());
        assert_eq!(to.with(&[("code", "a b")], false), "https://app.test/cb?x=1&code=a+b");
        assert_eq!(to.with(&[("code", "a")], true), "https://app.test/cb?x=1#code=a");
        assert_eq!(RegisteredRedirect("app:/cb".into()).with(&[("code", "a")], false), "app:/cb?code=a");
    }

    #[test]
    fn nearest_prefers_the_smallest_difference() {
        let uris = ["http://localhost:3000/cb".to_owned(), "https://app.test/callback".to_owned()];
        assert_eq!(nearest(&uris, "http://localhost:3001/cb"), Some("http://localhost:3000/cb"));
        assert_eq!(nearest(&uris, "zzz:q"), None);
    }

    proptest::proptest! {
        #[test]
        fn an_exact_uri_always_matches_itself(path in "[a-z0-9/._-]{0,20}") {
            let uri = format!("https://app.test/{path}");
            proptest::prop_assert!(hit(&uri, &uri, false));
        }
        #[test]
        fn no_input_panics(pattern in ".{0,60}", candidate in ".{0,60}") {
            let _ = hit(&pattern, &candidate, true);
        }
        #[test]
        fn a_wildcard_never_leaves_its_domain(label in "[a-z0-9-]{1,12}", other in "[a-z]{1,10}\\.(com|org|test)") {
            let candidate = format!("https://{label}.{other}/cb");
            proptest::prop_assert_eq!(hit("https://*.example.com/cb", &candidate, false), other == "example.com");
        }
    }
}
