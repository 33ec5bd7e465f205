//! The authorization request (RFC 6749 4.1.1, OpenID Connect Core 3.1.2.1), read as strictly as the providers do.

use crate::provider::Provider;
use vestibule_core::model::Shape;

/// Longest value of a parameter, in bytes.
const MAX_VALUE: usize = 2048;

/// How the answer goes back (OAuth 2.0 Multiple Response Type Encoding Practices).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseMode {
    /// In the query of the redirect.
    Query,
    /// As a form that the browser posts.
    FormPost,
}

/// A code challenge (RFC 7636 4.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Challenge {
    /// `plain`.
    Plain(String),
    /// `S256`.
    S256(String),
}

/// An authorization request that may be answered.
#[derive(Clone, Debug)]
pub struct AuthorizationRequest {
    /// `state`, to be sent back as it came.
    pub state: Option<String>,
    /// Asked scopes.
    pub scopes: Vec<String>,
    /// `nonce`, for the ID token.
    pub nonce: Option<String>,
    /// The code challenge.
    pub challenge: Option<Challenge>,
    /// Whether nothing may be shown: `prompt=none`.
    pub silent: bool,
    /// Who is expected, by e-mail address or subject.
    pub login_hint: Option<String>,
    /// How the answer goes back.
    pub response_mode: ResponseMode,
    /// The id of a SAML request; none where it is one of OAuth 2.0.
    pub saml: Option<String>,
}

/// What is wrong with a request: shown on a page, because nothing says that the way back can be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The parameter.
    pub parameter: &'static str,
    /// What is wrong and what would be right. May quote what was sent, which is not escaped here.
    pub message: String,
}

fn mistake<T>(parameter: &'static str, message: impl Into<String>) -> Result<T, Mistake> {
    Err(Mistake {
        parameter,
        message: message.into(),
    })
}

/// Parameters with a meaning here: each may come once (RFC 6749 3.1).
const KNOWN: [&str; 12] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "prompt",
    "login_hint",
    "response_mode",
    "request",
];

/// Reads an authorization request.
///
/// # Errors
/// The first [`Mistake`].
pub fn read(provider: &Provider, pairs: &[(String, String)]) -> Result<AuthorizationRequest, Mistake> {
    for name in KNOWN {
        let mut sent = pairs.iter().filter(|(n, _)| n == name);
        if sent.next().is_some_and(|(_, value)| value.len() > MAX_VALUE) {
            return mistake(name, format!("It is longer than {MAX_VALUE} bytes."));
        }
        if sent.next().is_some() {
            return mistake(name, "It was sent more than once. A parameter may come once.");
        }
    }
    let value = |name: &str| pairs.iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.as_str());
    match value("client_id") {
        Some(id) if id == provider.client_id => {}
        Some(id) => {
            return mistake(
                "client_id",
                format!(
                    "There is no client `{id}` here. The connector is configured as `{}`.",
                    provider.client_id
                ),
            );
        }
        None => return mistake("client_id", format!("It is missing. The connector's is `{}`.", provider.client_id)),
    }
    match value("redirect_uri") {
        Some(uri) if uri == provider.callback => {}
        Some(uri) => {
            return mistake(
                "redirect_uri",
                format!(
                    "`{uri}` is not registered here. The connector's callback address is `{}`.",
                    provider.callback
                ),
            );
        }
        None => {
            return mistake(
                "redirect_uri",
                format!("It is missing. The connector's is `{}`.", provider.callback),
            );
        }
    }
    match value("response_type") {
        Some("code") => {}
        Some(other) => return mistake("response_type", format!("`{other}` is not served here. Ask for `code`.")),
        None => return mistake("response_type", "It is missing. Ask for `code`."),
    }
    if value("request").is_some() {
        return mistake("request", "Request objects are not served here. Send plain parameters.");
    }
    let scopes = scopes(provider, value("scope"))?;
    let challenge = challenge(provider, value("code_challenge"), value("code_challenge_method"))?;
    let response_mode = response_mode(provider, value("response_mode"), &scopes)?;
    let prompts: Vec<&str> = value("prompt").unwrap_or_default().split(' ').filter(|p| !p.is_empty()).collect();
    let silent = prompts.contains(&"none");
    if silent && prompts.len() > 1 {
        return mistake("prompt", "`none` can't stand beside other values (OpenID Connect Core 3.1.2.1).");
    }
    Ok(AuthorizationRequest {
        state: value("state").map(str::to_owned),
        nonce: value("nonce").map(str::to_owned),
        login_hint: value("login_hint").map(str::to_owned),
        scopes,
        challenge,
        silent,
        response_mode,
        saml: None,
    })
}

/// Facebook separates scopes by commas, the others by spaces.
fn scopes(provider: &Provider, sent: Option<&str>) -> Result<Vec<String>, Mistake> {
    let scopes: Vec<String> = sent
        .unwrap_or_default()
        .split([' ', ','])
        .filter(|scope| !scope.is_empty())
        .map(str::to_owned)
        .collect();
    let openid = matches!(
        provider.shape(),
        Shape::Oidc | Shape::EnterpriseOidc | Shape::Google | Shape::Microsoft
    );
    if openid && !scopes.iter().any(|scope| scope == "openid") {
        return mistake(
            "scope",
            "It lacks `openid`, without which there is no ID token (OpenID Connect Core 3.1.2.1).",
        );
    }
    Ok(scopes)
}

fn challenge(provider: &Provider, sent: Option<&str>, method: Option<&str>) -> Result<Option<Challenge>, Mistake> {
    let Some(text) = sent else {
        if method.is_some() {
            return mistake("code_challenge", "It is missing, but `code_challenge_method` was sent.");
        }
        if provider.shape() == Shape::X {
            return mistake("code_challenge", "It is missing. X takes no code without one.");
        }
        return Ok(None);
    };
    let unreserved = text
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~'));
    if !unreserved || !(43..=128).contains(&text.len()) {
        return mistake(
            "code_challenge",
            "It has 43 to 128 characters: letters, digits, `-`, `.`, `_` and `~` (RFC 7636 4.2).",
        );
    }
    match method {
        Some("S256") => Ok(Some(Challenge::S256(text.to_owned()))),
        None | Some("plain") => Ok(Some(Challenge::Plain(text.to_owned()))),
        Some(other) => mistake("code_challenge_method", format!("`{other}` is none. It is `S256` or `plain`.")),
    }
}

fn response_mode(provider: &Provider, sent: Option<&str>, scopes: &[String]) -> Result<ResponseMode, Mistake> {
    match sent {
        Some("form_post") => Ok(ResponseMode::FormPost),
        None | Some("query") if provider.shape() == Shape::Apple && !scopes.is_empty() => {
            mistake("response_mode", "Apple answers with `form_post` alone when scopes are asked for.")
        }
        None | Some("query") => Ok(ResponseMode::Query),
        Some(other) => mistake(
            "response_mode",
            format!("`{other}` is not served here. It is `query` or `form_post`."),
        ),
    }
}

#[cfg(test)]
mod tests;
