//! The endpoints that the connector's side calls: token endpoint, user endpoint, key set, discovery document.

mod client;

use crate::claims::{self, LIFETIME};
use crate::memory::{NoCode, Simulator};
use crate::play::Grant;
use crate::provider::Provider;
use crate::request::Challenge;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use client::authenticate;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use std::time::Duration;
use vestibule_core::entropy::{Entropy, opaque43};
use vestibule_core::model::{Failure, Shape, SigningAlg};
use vestibule_core::port::Vault;
use vestibule_core::{Secret, Timestamp};
use vestibule_keys::KeyError;

/// How long an answer takes when the persona is [`Failure::Slow`].
const SLOW: Duration = Duration::from_secs(3);
/// How long a call is kept without an answer at most.
const SILENCE: Duration = Duration::from_secs(60);

/// An answer on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// JSON, or what a persona makes of it.
    pub body: String,
    /// `WWW-Authenticate`, where the status asks for one.
    pub challenge: Option<&'static str>,
}

impl Answer {
    fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            body: body.to_string(),
            challenge: None,
        }
    }

    fn error(status: u16, error: &str, description: &str) -> Self {
        Self::json(status, &json!({ "error": error, "error_description": description }))
    }

    fn bearer(challenge: &'static str, description: &str) -> Self {
        Self {
            challenge: Some(challenge),
            ..Self::error(401, "invalid_token", description)
        }
    }
}

/// What an endpoint works with beside the request.
pub struct Surroundings<V> {
    /// The present moment.
    pub now: Timestamp,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Sealing, for keys in the making.
    pub vault: Arc<V>,
}

impl Simulator {
    /// The token endpoint (RFC 6749 3.2). `pairs` is the form, `authorization` the header; `stopping` resolves when the
    /// program ends, and then nobody is kept waiting.
    pub async fn token<V: Vault + 'static>(
        &self,
        provider: &Provider,
        pairs: &[(String, String)],
        authorization: Option<&str>,
        around: &Surroundings<V>,
        stopping: impl Future<Output = ()>,
    ) -> Answer {
        let value = |name: &str| pairs.iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.as_str());
        if let Some((name, _)) = pairs.iter().enumerate().find_map(|(at, (name, value))| {
            let again = pairs[..at].iter().any(|(earlier, _)| earlier == name);
            again.then_some((name, value))
        }) {
            return Answer::error(400, "invalid_request", &format!("{name} was sent more than once."));
        }
        let authenticated = authenticate(provider, &value, authorization, around.now);
        if let Err(why) = authenticated {
            return Answer {
                challenge: authorization.map(|_| "Basic realm=\"simulated\""),
                ..Answer::error(401, "invalid_client", &why)
            };
        }
        match value("grant_type") {
            Some("authorization_code") => {}
            Some(other) => return Answer::error(400, "unsupported_grant_type", &format!("{other} is not served here.")),
            None => return Answer::error(400, "invalid_request", "grant_type is missing."),
        }
        let Some(code) = value("code") else {
            return Answer::error(400, "invalid_request", "code is missing.");
        };
        let grant = match self.look_at_code(&provider.connector.id, code, around.now) {
            Ok(grant) => grant,
            Err(NoCode::Unknown) => return Answer::error(400, "invalid_grant", "This code was not issued here."),
            Err(NoCode::Used) => return Answer::error(400, "invalid_grant", "This code was redeemed before. Its tokens no longer work."),
            Err(NoCode::Expired) => return Answer::error(400, "invalid_grant", "This code has expired."),
        };
        if value("redirect_uri") != Some(provider.callback.as_str()) {
            return Answer::error(400, "invalid_grant", "redirect_uri is not that of the authorization request.");
        }
        if let Err(why) = proven(grant.request.challenge.as_ref(), value("code_verifier")) {
            return Answer::error(400, "invalid_grant", why);
        }
        match grant.failure {
            Some(Failure::NoAnswer) => return self.say_nothing(stopping).await,
            Some(Failure::Slow) => tokio::time::sleep(SLOW).await,
            Some(Failure::TokenEndpoint500) => return Answer::error(500, "server_error", "The provider met an unexpected condition."),
            Some(Failure::MalformedJson) => {
                return Answer {
                    status: 200,
                    body: "{\"access_token\": \"cut sh".into(),
                    challenge: None,
                };
            }
            _ => {}
        }
        let access_token = opaque43(around.entropy.as_ref());
        let expires = around.now.plus_seconds(LIFETIME);
        let mut tokens = json!({
            "access_token": access_token,
            "token_type": "Bearer",
            "scope": grant.request.scopes.join(if provider.shape() == Shape::GitHub { "," } else { " " }),
        });
        // GitHub's OAuth apps get tokens that don't end, and the type in small letters.
        if provider.shape() == Shape::GitHub {
            tokens["token_type"] = "bearer".into();
        } else {
            tokens["expires_in"] = LIFETIME.into();
        }
        if provider.shape() == Shape::Slack {
            tokens["ok"] = true.into();
        }
        if provider.factory.issues_id_tokens() {
            match self.id_token(provider, &grant, &access_token, around).await {
                Ok(token) => tokens["id_token"] = token.into(),
                Err(error) => return Answer::error(500, "server_error", &format!("No ID token could be signed: {error}.")),
            }
        }
        if !self.spend(code, &access_token, expires) {
            return Answer::error(400, "invalid_grant", "This code was redeemed before.");
        }
        Answer::json(200, &tokens)
    }

    /// Keeps a caller waiting until it gives up; for a minute at most, and not too many at once.
    async fn say_nothing(&self, stopping: impl Future<Output = ()>) -> Answer {
        let Ok(_kept) = self.silent.clone().try_acquire_owned() else {
            return Answer::error(503, "temporarily_unavailable", "Too many calls are kept without an answer already.");
        };
        tokio::select! {
            () = tokio::time::sleep(SILENCE) => {}
            () = stopping => {}
        }
        Answer::error(504, "server_error", "Nobody answered.")
    }

    async fn id_token<V: Vault + 'static>(
        &self,
        provider: &Provider,
        grant: &Grant,
        access_token: &str,
        around: &Surroundings<V>,
    ) -> Result<String, KeyError> {
        let keys = self.keys(&provider.connector.id, &around.vault, around.now).await?;
        let claims = claims::id_token(provider, grant, access_token, around.now);
        let ring = match grant.failure {
            Some(Failure::UnknownKeyId) => &keys.unknown,
            _ => &keys.ring,
        };
        let token = ring.sign(SigningAlg::RS256, Some("JWT"), &claims)?;
        Ok(match grant.failure {
            Some(Failure::BadSignature) => spoiled(&token),
            _ => token,
        })
    }

    /// The user endpoint (OpenID Connect Core 5.3, and each provider's own); `emails` is GitHub's second one.
    pub async fn user_info(&self, provider: &Provider, token: Option<&str>, emails: bool, fields: Option<&str>, now: Timestamp) -> Answer {
        let Some(token) = token else {
            return Answer::bearer("Bearer", "Send the access token in the Authorization header.");
        };
        let refused = "Bearer error=\"invalid_token\"";
        let Some(grant) = self.bearer(&provider.connector.id, token, now) else {
            return Answer::bearer(refused, "This access token is unknown or has expired.");
        };
        match grant.failure {
            Some(Failure::Slow) => tokio::time::sleep(SLOW).await,
            Some(Failure::UserEndpoint401) => return Answer::bearer(refused, "This access token was revoked."),
            _ => {}
        }
        if emails {
            return match claims::github_emails(&grant) {
                Some(list) if provider.shape() == Shape::GitHub => Answer::json(200, &list),
                _ => Answer::json(404, &json!({ "message": "Not Found" })),
            };
        }
        Answer::json(200, &claims::user_info(provider, &grant, fields))
    }

    /// The key set (RFC 7517); a provider that issues no ID tokens has none.
    pub async fn jwks<V: Vault + 'static>(&self, provider: &Provider, around: &Surroundings<V>) -> Answer {
        if !provider.factory.issues_id_tokens() {
            return Answer::error(404, "not_found", "This provider issues no ID tokens, and so has no keys.");
        }
        let always = provider.connector.simulation.as_ref().and_then(|simulation| simulation.failure);
        if always == Some(Failure::Slow) || self.is_slow(&provider.connector.id, around.now) {
            tokio::time::sleep(SLOW).await;
        }
        match self.keys(&provider.connector.id, &around.vault, around.now).await {
            Ok(keys) => Answer::json(200, &keys.ring.jwks()),
            Err(error) => Answer::error(500, "server_error", &format!("No keys could be made: {error}.")),
        }
    }
}

/// The discovery document (OpenID Connect Discovery 3).
#[must_use]
pub fn discovery(provider: &Provider) -> Answer {
    let at = &provider.issuer;
    if !provider.factory.issues_id_tokens() {
        return Answer::error(
            404,
            "not_found",
            "This provider speaks OAuth 2.0 alone, and has no discovery document.",
        );
    }
    let mut document = json!({
        "issuer": at,
        "authorization_endpoint": format!("{at}/authorize"),
        "token_endpoint": format!("{at}/token"),
        "jwks_uri": format!("{at}/jwks"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": [if provider.is_entra() { "pairwise" } else { "public" }],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "profile", "email", "phone"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "client_secret_jwt", "none"],
        "token_endpoint_auth_signing_alg_values_supported": ["HS256", "HS384", "HS512"],
        "code_challenge_methods_supported": ["S256", "plain"],
        "claims_supported": ["sub", "name", "given_name", "family_name", "picture", "email", "email_verified"],
    });
    if provider.shape() != Shape::Apple {
        document["userinfo_endpoint"] = format!("{at}/userinfo").into();
    }
    Answer::json(200, &document)
}

/// Whether the verifier fits the challenge of the authorization request (RFC 7636 4.6).
fn proven(challenge: Option<&Challenge>, verifier: Option<&str>) -> Result<(), &'static str> {
    match (challenge, verifier) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err("code_verifier was sent, but no code_challenge was before (RFC 9700 4.8.2)."),
        (Some(_), None) => Err("code_verifier is missing."),
        (Some(challenge), Some(verifier)) => {
            let (expected, seen) = match challenge {
                Challenge::Plain(text) => (text, verifier.to_owned()),
                Challenge::S256(text) => (text, URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))),
            };
            if Secret::new(expected.as_str()).matches(&seen) {
                Ok(())
            } else {
                Err("code_verifier does not fit the code_challenge.")
            }
        }
    }
}

/// A token whose signature no longer fits: one character in the middle of it is another.
fn spoiled(token: &str) -> String {
    let Some((signed, signature)) = token.rsplit_once('.') else {
        return token.to_owned();
    };
    let middle = signature.len() / 2;
    let other: String = signature
        .char_indices()
        .map(|(at, c)| match c {
            'A' if at == middle => 'B',
            _ if at == middle => 'A',
            c => c,
        })
        .collect();
    format!("{signed}.{other}")
}

#[cfg(test)]
mod tests;
