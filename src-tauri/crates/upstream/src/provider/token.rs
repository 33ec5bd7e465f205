//! The token endpoint (RFC 6749 section 4.1.3): who asks, and what it answers.

use super::http::{Ask, Reply};
use super::{Visit, passed, path, place, refused, shown};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Map, Value, json};
use vestibule_core::connectors::{ClientAuthentication, FailureKind, UpstreamFailure, UpstreamQuestion, UpstreamTokens};
use vestibule_core::entropy::id21;
use vestibule_core::model::{SecretJwtAlg, TokenResponseType};
use vestibule_core::secret::Secret;

/// How long a client assertion is valid, in **seconds**.
const ASSERTION_LIFETIME: i64 = 300;
/// Whom Apple's client secret is for.
const APPLE: &str = "https://appleid.apple.com";
/// `client_assertion_type` (RFC 7523 section 2.2).
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What the token endpoint gave.
pub(super) struct Tokens {
    pub(super) access_token: Option<Secret>,
    pub(super) id_token: Option<Secret>,
    /// `None` where it is not said.
    pub(super) token_type: Option<String>,
    refresh_token: Option<Secret>,
    expires_in: Option<i64>,
    scope: Option<String>,
}

impl Tokens {
    fn read(answer: &Map<String, Value>) -> Self {
        let text = |member: &str| answer.get(member).and_then(Value::as_str).filter(|text| !text.is_empty());
        Self {
            access_token: text("access_token").map(Secret::new),
            id_token: text("id_token").map(Secret::new),
            refresh_token: text("refresh_token").map(Secret::new),
            token_type: text("token_type").map(str::to_owned),
            expires_in: answer
                .get("expires_in")
                .and_then(|value| value.as_i64().or_else(|| value.as_str()?.parse().ok())),
            scope: text("scope").map(str::to_owned),
        }
    }

    /// What may be kept; nothing without an access token.
    pub(super) fn kept(self) -> Option<UpstreamTokens> {
        Some(UpstreamTokens {
            access_token: self.access_token?,
            refresh_token: self.refresh_token,
            id_token: self.id_token,
            expires_in: self.expires_in,
            scope: self.scope,
        })
    }
}

impl Visit<'_> {
    /// Redeems the code.
    pub(super) async fn redeem(&mut self, question: &UpstreamQuestion, code: &str) -> Result<Tokens, UpstreamFailure> {
        let upstream = self.upstream;
        let mut form: Vec<(String, String)> = vec![
            ("grant_type".into(), "authorization_code".into()),
            ("code".into(), code.to_owned()),
            ("redirect_uri".into(), question.redirect_uri.clone()),
        ];
        if let Some(verifier) = &question.code_verifier {
            form.push(("code_verifier".into(), verifier.expose().to_owned()));
        }
        let (authorization, how) = self.authenticate(&mut form)?;
        for (name, value) in &upstream.token_params {
            // Each member once (RFC 6749 section 3.2); the operator's own come last, as in Logto.
            form.retain(|(own, _)| own != name);
            form.push((name.clone(), value.clone()));
        }
        let url = upstream.token_endpoint.as_str();
        let reply = self.call("POST", url, Ask::Form(&form, authorization)).await?;
        let answer = read_answer(&reply, upstream.token_response);
        let error = answer.as_ref().and_then(Refusal::read);
        if let Some(refusal) = error.filter(|_| !reply.is_success() || !has_token(answer.as_ref())) {
            self.answered(format!("{} {}", reply.status, refusal.error));
            return Err(self.not_redeemed(&reply, &refusal, &form));
        }
        if reply.status >= 500 || reply.status == 429 {
            return Err(self.troubled("token endpoint", url, reply.status));
        }
        let Some(answer) = answer.filter(|_| reply.is_success()) else {
            self.answered(format!("{} unreadable", reply.status));
            let expected = match upstream.token_response {
                TokenResponseType::Json => "JSON",
                TokenResponseType::QueryString => "a query string or JSON",
            };
            let because = refused(
                "connector.token",
                format!("The token endpoint of {} gave an answer that can't be read", upstream.name),
                format!(
                    "`{}` answered {} with `{}`; expected is {expected} with status 200. Redirects are not followed.",
                    path(url),
                    reply.status,
                    shown(if reply.content_type.is_empty() {
                        "no content type"
                    } else {
                        &reply.content_type
                    })
                ),
                "RFC 6749 5.1",
            );
            return Err(self.failure(FailureKind::InvalidResponse, because.input(place(url))));
        };
        let tokens = Tokens::read(&answer);
        self.answered(format!("{} tokens", reply.status));
        if tokens.access_token.is_none() && tokens.id_token.is_none() {
            let because = refused(
                "connector.token",
                "The token endpoint gave no token",
                format!(
                    "The answer of {} has no `access_token`, so the code was not redeemed.",
                    upstream.name
                ),
                "RFC 6749 5.1",
            );
            return Err(self.failure(FailureKind::AuthCodeInvalid, because));
        }
        let proof = if question.code_verifier.is_some() {
            " The code verifier (PKCE) went along."
        } else {
            ""
        };
        self.passed(
            passed(
                "connector.token",
                format!("{} redeemed the code", upstream.name),
                format!("This program authenticated at its token endpoint {how}.{proof}"),
                "RFC 6749 4.1.3",
            )
            .input(place(url)),
        );
        Ok(tokens)
    }

    /// Says who asks: in the form, or in the header that is answered. With the words for the card.
    fn authenticate(&self, form: &mut Vec<(String, String)>) -> Result<(Option<Secret>, &'static str), UpstreamFailure> {
        let upstream = self.upstream;
        let id = upstream.client_id.as_str();
        let mut put = |name: &str, value: &str| form.push((name.to_owned(), value.to_owned()));
        match &upstream.authentication {
            ClientAuthentication::Post(secret) => {
                put("client_id", id);
                put("client_secret", secret.expose());
                Ok((None, "with its secret in the form (`client_secret_post`)"))
            }
            ClientAuthentication::Basic(secret) => Ok((Some(basic(id, secret)), "with its secret in the header (`client_secret_basic`)")),
            ClientAuthentication::SecretJwt(secret, alg) => {
                put("client_id", id);
                put("client_assertion_type", JWT_BEARER);
                put("client_assertion", &self.assertion(secret, *alg)?);
                Ok((None, "with a JWT signed with its secret (`client_secret_jwt`)"))
            }
            ClientAuthentication::Apple {
                team_id,
                key_id,
                private_key,
            } => {
                put("client_id", id);
                put("client_secret", &self.apple_secret(team_id, key_id, private_key)?);
                Ok((None, "with a JWT signed with its private key, as Apple asks"))
            }
            ClientAuthentication::None => {
                put("client_id", id);
                Ok((None, "with its client ID alone"))
            }
        }
    }

    /// The assertion of `client_secret_jwt` (OpenID Connect Core section 9).
    fn assertion(&self, secret: &Secret, alg: SecretJwtAlg) -> Result<String, UpstreamFailure> {
        let header = Header::new(match alg {
            SecretJwtAlg::HS256 => Algorithm::HS256,
            SecretJwtAlg::HS384 => Algorithm::HS384,
            SecretJwtAlg::HS512 => Algorithm::HS512,
        });
        let (id, now) = (&self.upstream.client_id, self.now.seconds());
        let claims = json!({
            "iss": id,
            "sub": id,
            "aud": self.upstream.token_endpoint,
            "jti": id21(self.providers.entropy.as_ref()),
            "iat": now,
            "exp": now + ASSERTION_LIFETIME,
        });
        let key = EncodingKey::from_secret(secret.expose().as_bytes());
        jsonwebtoken::encode(&header, &claims, &key).map_err(|_| self.unsigned("The client secret can't sign a JWT. Is it empty?"))
    }

    /// Apple's client secret: an ES256 JWT of the team about the client.
    fn apple_secret(&self, team: &str, key_id: &str, private_key: &Secret) -> Result<String, UpstreamFailure> {
        // Copied from an environment variable, line ends are often written out.
        let pem = Secret::new(private_key.expose().replace("\\n", "\n"));
        let wrong = || self.unsigned("The private key is not what Apple's .p8 file holds: PEM of a P-256 key (PKCS#8).");
        let key = EncodingKey::from_ec_pem(pem.expose().trim().as_bytes()).map_err(|_| wrong())?;
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(key_id.to_owned());
        let now = self.now.seconds();
        let claims = json!({
            "iss": team,
            "sub": self.upstream.client_id,
            "aud": APPLE,
            "iat": now,
            "exp": now + ASSERTION_LIFETIME,
        });
        jsonwebtoken::encode(&header, &claims, &key).map_err(|_| wrong())
    }

    fn unsigned(&self, detail: &'static str) -> UpstreamFailure {
        let because = refused(
            "connector.client_authentication",
            "This program can't say who it is",
            detail,
            "OIDC Core 9",
        );
        self.failure(FailureKind::InvalidConfig, because)
    }

    /// The provider refused the code, or the client.
    fn not_redeemed(&self, reply: &Reply, refusal: &Refusal, form: &[(String, String)]) -> UpstreamFailure {
        let name = &self.upstream.name;
        let (kind, title) = match refusal.about() {
            About::Client => (FailureKind::InvalidConfig, format!("{name} does not accept this client")),
            About::Provider => (FailureKind::General, format!("{name} has a problem of its own")),
            About::Code if reply.status >= 500 => (FailureKind::General, format!("{name} has a problem of its own")),
            About::Code => (FailureKind::AuthCodeInvalid, format!("{name} did not redeem the code")),
        };
        let said = refusal
            .description
            .as_deref()
            .map(|text| format!(" It says: {}", shown(&without_secrets(text, form, self.upstream))));
        let detail = format!(
            "`{}` answered {} with `{}`.{}",
            path(&self.upstream.token_endpoint),
            reply.status,
            refusal.error,
            said.unwrap_or_default()
        );
        self.failure(
            kind,
            refused("connector.token", title, detail, "RFC 6749 5.2").input(refusal.error.clone()),
        )
    }
}

/// The `Authorization` header of RFC 6749 section 2.3.1: both halves form-encoded.
fn basic(id: &str, secret: &Secret) -> Secret {
    let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = Secret::new(format!("{}:{}", encoded(id), encoded(secret.expose())));
    Secret::new(format!("Basic {}", STANDARD.encode(pair.expose())))
}

/// A provider may repeat what it was sent; secrets of the request are taken out of its words.
fn without_secrets(text: &str, form: &[(String, String)], upstream: &vestibule_core::connectors::Upstream) -> String {
    let sent = form
        .iter()
        .filter(|(name, _)| matches!(name.as_str(), "code" | "code_verifier" | "client_secret" | "client_assertion"));
    let secret = match &upstream.authentication {
        ClientAuthentication::Post(secret) | ClientAuthentication::Basic(secret) | ClientAuthentication::SecretJwt(secret, _) => {
            secret.expose()
        }
        ClientAuthentication::Apple { private_key, .. } => private_key.expose(),
        ClientAuthentication::None => "",
    };
    let all = sent.map(|(_, value)| value.as_str()).chain([secret]);
    all.filter(|value| !value.is_empty())
        .fold(text.to_owned(), |text, value| text.replace(value, "…"))
}

/// Why a token endpoint refused.
struct Refusal {
    error: String,
    description: Option<String>,
}

/// Whose fault that is.
enum About {
    Code,
    Client,
    Provider,
}

impl Refusal {
    /// RFC 6749 section 5.2; Facebook has an object in `error`, and Slack an error beside `ok: false`.
    fn read(answer: &Map<String, Value>) -> Option<Self> {
        match answer.get("error")? {
            Value::String(error) => Some(Self {
                error: shown(error),
                description: answer.get("error_description").and_then(Value::as_str).map(str::to_owned),
            }),
            Value::Object(error) => {
                let kind = error.get("type").and_then(Value::as_str).unwrap_or("error");
                let code = error.get("code").and_then(Value::as_i64);
                Some(Self {
                    error: shown(&code.map_or_else(|| kind.to_owned(), |code| format!("{kind} {code}"))),
                    description: error.get("message").and_then(Value::as_str).map(str::to_owned),
                })
            }
            _ => None,
        }
    }

    fn about(&self) -> About {
        match self.error.as_str() {
            // The names of RFC 6749, then those of GitHub and Slack; Facebook's 1 and 101 are about the application.
            "invalid_client"
            | "unauthorized_client"
            | "unsupported_grant_type"
            | "invalid_scope"
            | "redirect_uri_mismatch"
            | "incorrect_client_credentials"
            | "bad_client_secret"
            | "invalid_client_id"
            | "bad_redirect_uri"
            | "OAuthException 1"
            | "OAuthException 101" => About::Client,
            "server_error" | "temporarily_unavailable" | "internal_error" | "fatal_error" | "ratelimited" | "OAuthException 2" => {
                About::Provider
            }
            _ => About::Code,
        }
    }
}

fn has_token(answer: Option<&Map<String, Value>>) -> bool {
    answer.is_some_and(|answer| answer.contains_key("access_token") || answer.contains_key("id_token"))
}

/// The answer's members. What is labelled or looks like JSON is read as JSON, whatever the connector says.
fn read_answer(reply: &Reply, expected: TokenResponseType) -> Option<Map<String, Value>> {
    let looks_like_json = reply.content_type.ends_with("json") || reply.body.trim_ascii_start().starts_with(b"{");
    if looks_like_json {
        return match reply.json()? {
            Value::Object(answer) => Some(answer),
            _ => None,
        };
    }
    let form = reply.content_type == "application/x-www-form-urlencoded";
    if !form && (expected == TokenResponseType::Json || reply.content_type == "text/html") {
        return None;
    }
    let pairs = url::form_urlencoded::parse(reply.body.trim_ascii());
    let answer: Map<String, Value> = pairs
        .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
        .collect();
    let told = ["access_token", "id_token", "error"]
        .iter()
        .any(|member| answer.contains_key(*member));
    told.then_some(answer)
}
