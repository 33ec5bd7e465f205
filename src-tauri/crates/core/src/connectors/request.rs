//! The authorization request to a provider (sheet 6.3).

use super::Upstream;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// The address the browser goes to: Logto's members in Logto's order, then PKCE where it is on.
#[must_use]
pub fn authorization_uri(upstream: &Upstream, redirect_uri: &str, state: &str, nonce: &str, code_verifier: Option<&str>) -> String {
    let mut params: Vec<(&str, String)> = vec![
        ("response_type", "code".into()),
        ("client_id", upstream.client_id.clone()),
        ("scope", upstream.scope.clone()),
        ("redirect_uri", redirect_uri.to_owned()),
        ("state", state.to_owned()),
    ];
    if upstream.shape.issues_id_tokens() {
        params.push(("nonce", nonce.to_owned()));
    }
    for (name, value) in &upstream.authorization_params {
        params.push((name, value.clone()));
    }
    if let Some(verifier) = code_verifier {
        params.push(("code_challenge", URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))));
        params.push(("code_challenge_method", "S256".into()));
    }
    let endpoint = &upstream.authorization_endpoint;
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(params);
    let joint = if endpoint.contains('?') { '&' } else { '?' };
    format!("{endpoint}{joint}{}", query.finish())
}

/// What is kept of a page's `state`: enough to know it again.
#[must_use]
pub fn state_digest(state: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(state.as_bytes()))
}
