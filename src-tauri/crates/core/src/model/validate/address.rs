//! Rules of addresses: redirect URIs (sheet 1.9), origins, resource indicators, links and pictures.

use super::identifier::{name_of, quoted};
use url::{Host, Url};

/// Checks a redirect URI or post-logout redirect URI before it is registered (sheet 1.9, "Save-time check").
///
/// Either the web rule (`http`, `https`, with or without wildcards) or the mobile rule (any other scheme) must hold.
///
/// # Errors
/// A sentence for people: what is wrong and what would be right.
pub fn check_redirect_uri(uri: &str) -> Result<(), String> {
    visible(uri, "http://localhost:3000/callback")?;
    let Some((scheme, rest)) = uri.split_once(':') else {
        return Err(format!(
            "{} is not an absolute address. Write it in full, such as http://localhost:3000/callback.",
            quoted(uri)
        ));
    };
    if scheme.contains('*') {
        return Err("A wildcard can't stand in the scheme. Register http and https addresses separately.".into());
    }
    if is_web(scheme) {
        check_web_uri(uri, rest)
    } else {
        check_mobile_uri(uri, scheme)
    }
}

fn is_web(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
}

/// The parts of an address as written, before any normalisation.
struct Written<'a> {
    authority: &'a str,
    path: &'a str,
    /// Query and fragment with their marks.
    tail: &'a str,
}

impl<'a> Written<'a> {
    /// `after_slashes` is what follows `//`. A backslash separates like a slash, as browsers read web addresses.
    fn new(after_slashes: &'a str) -> Self {
        let (before_tail, tail) = after_slashes.split_at(after_slashes.find(['?', '#']).unwrap_or(after_slashes.len()));
        let (authority, path) = before_tail.split_at(before_tail.find(['/', '\\']).unwrap_or(before_tail.len()));
        Self { authority, path, tail }
    }
}

fn check_web_uri(uri: &str, rest: &str) -> Result<(), String> {
    let Some(after) = rest.strip_prefix("//") else {
        return Err(format!(
            "{} lacks the two slashes. Write it like http://localhost:3000/callback.",
            quoted(uri)
        ));
    };
    let written = Written::new(after);
    let dotted = written.path.split(['/', '\\']).find(|segment| {
        let plain = segment.to_ascii_lowercase().replace("%2e", ".");
        plain == "." || plain == ".."
    });
    if let Some(segment) = dotted {
        return Err(format!(
            "The path contains the segment {}, which browsers resolve away. Write the path that results.",
            quoted(segment)
        ));
    }
    if uri.contains('*') {
        check_wildcards(&written)?;
    }
    match Url::parse(uri) {
        Ok(url) if url.host().is_some() => Ok(()),
        Ok(_) => Err(format!(
            "{} names no host. Write it like http://localhost:3000/callback.",
            quoted(uri)
        )),
        Err(error) => Err(format!(
            "{} is not a valid address ({error}). Write it like http://localhost:3000/callback.",
            quoted(uri)
        )),
    }
}

/// Wildcards stand in host and path only; the last two labels of the host are literal.
fn check_wildcards(written: &Written<'_>) -> Result<(), String> {
    if written.tail.contains('*') {
        return Err("A wildcard can't stand in the query or the fragment. Use * in host and path only.".into());
    }
    if written.authority.contains('@') {
        return Err("An address with a wildcard can't contain a user name or password. Remove everything up to the @.".into());
    }
    let (host, port) = match written.authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => (written.authority, ""),
    };
    if port.contains('*') {
        return Err(
            "A wildcard can't stand in the port. Register each port; a Native application's loopback address matches any port by itself."
                .into(),
        );
    }
    if !host.contains('*') {
        return Ok(());
    }
    let labels: Vec<&str> = host.split('.').collect();
    let literal_end = labels.len() >= 2 && labels[labels.len() - 2..].iter().all(|label| !label.contains('*'));
    if literal_end {
        return Ok(());
    }
    Err(format!(
        "The wildcard in {} is too wide: the last two labels of the host must be written out, as in *.preview.example.test.",
        quoted(host)
    ))
}

fn check_mobile_uri(uri: &str, scheme: &str) -> Result<(), String> {
    // The sheet's rule also lets _ pass, but no URL parser reads such a scheme (RFC 3986 section 3.1), so it could never match.
    let part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '+' | '-');
    let well_formed =
        scheme.starts_with(|c: char| c.is_ascii_lowercase()) && scheme.split('.').all(|piece| !piece.is_empty() && piece.chars().all(part));
    if !well_formed {
        return Err(format!(
            "{} is not a usable scheme. Begin with a lowercase letter, then lowercase letters, digits, + - and single dots, such as com.example.app.",
            quoted(scheme)
        ));
    }
    // Stricter than the sheet: a browser would run these instead of going somewhere (response mode form_post).
    if matches!(scheme, "javascript" | "data" | "vbscript") {
        return Err(format!(
            "A browser would run a {scheme}: address instead of opening your application. Use your own scheme, such as com.example.app."
        ));
    }
    if uri.contains('*') {
        return Err("Wildcards work in http and https addresses only. Register each address of your own scheme in full.".into());
    }
    let rest = &uri[scheme.len() + 1..];
    if rest.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(format!(
            "{} lacks its scheme: as written, “{scheme}” would be the scheme. Write http://{uri}.",
            quoted(uri)
        ));
    }
    if rest.is_empty() {
        return Err(format!("Nothing follows the scheme. Write it like {scheme}://callback."));
    }
    Url::parse(uri).map(drop).map_err(|error| {
        format!(
            "{} is not a valid address ({error}). Write it like {scheme}://callback.",
            quoted(uri)
        )
    })
}

/// Checks a browser origin that may call the token endpoint (sheet 1.9, CORS): `scheme://host[:port]`,
/// written exactly as browsers send it.
///
/// # Errors
/// A sentence for people.
pub fn check_cors_origin(origin: &str) -> Result<(), String> {
    visible(origin, "http://localhost:5173")?;
    if origin.contains('*') {
        return Err("An origin can't contain a wildcard. Origins of the redirect URIs, wildcards included, are allowed already.".into());
    }
    let url = Url::parse(origin).ok().filter(|url| url.has_host());
    let Some(url) = url else {
        return Err(format!(
            "{} is not an origin. Write scheme, host and port, such as http://localhost:5173.",
            quoted(origin)
        ));
    };
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let right = format!("{}://{}{port}", url.scheme(), url.host_str().unwrap_or_default());
    if origin == right {
        return Ok(());
    }
    Err(format!(
        "{} is not how a browser sends this origin, so it would never match. Write {right}.",
        quoted(origin)
    ))
}

/// Checks a resource indicator: an absolute URI without a fragment (RFC 8707 section 2, sheet 1.15).
///
/// # Errors
/// A sentence for people.
pub fn check_indicator(indicator: &str) -> Result<(), String> {
    visible(indicator, "https://api.example.test")?;
    if indicator.contains('#') {
        return Err("A resource indicator can't have a fragment. Remove the # and what follows.".into());
    }
    if indicator.eq_ignore_ascii_case("urn:logto:resource:organizations") {
        return Err("This indicator is reserved for organizations. Choose one of your own, such as https://api.example.test.".into());
    }
    Url::parse(indicator).map(drop).map_err(|_| {
        format!(
            "{} is not an absolute URI. Write it in full, such as https://api.example.test.",
            quoted(indicator)
        )
    })
}

/// Checks an address that is opened or called: `http` or `https`, and a host.
///
/// # Errors
/// A sentence for people.
pub fn check_http_url(address: &str) -> Result<(), String> {
    visible(address, "https://example.test/terms")?;
    match Url::parse(address) {
        Ok(url) if is_web(url.scheme()) && !matches!(url.host(), None | Some(Host::Domain(""))) => Ok(()),
        _ => Err(format!(
            "{} is not a web address. Write it in full, such as https://example.test/terms.",
            quoted(address)
        )),
    }
}

/// Checks the address of a picture: a web address or a `data:image/` URI.
///
/// # Errors
/// A sentence for people.
pub fn check_picture(address: &str) -> Result<(), String> {
    let start = address.get(..11).unwrap_or_default();
    if start.eq_ignore_ascii_case("data:image/") {
        return Ok(());
    }
    check_http_url(address).map_err(|_| {
        format!(
            "{} is not the address of a picture. Write a web address such as https://example.test/logo.svg, or a data:image/ address.",
            quoted(address)
        )
    })
}

fn visible(text: &str, example: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err(format!("Is empty. Write an address such as {example}, or remove the entry."));
    }
    match text.chars().find(|c| c.is_whitespace() || c.is_control()) {
        Some(odd) => Err(format!(
            "{} contains {}. Remove it, or write it percent-encoded.",
            quoted(text),
            name_of(odd)
        )),
        None => Ok(()),
    }
}
