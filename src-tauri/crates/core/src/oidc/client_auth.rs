//! Client authentication (RFC 6749 2.3, RFC 7523, OIDC Core 9; sheet 1.13).

use super::OidcError;
use super::error::Challenge;
use crate::because::{Because, Outcome};
use crate::model::Application;
use crate::port::{Cx, StoreError};
use crate::record::UsedAssertion;
use crate::time::Timestamp;
use base64::Engine as _;
use std::sync::Arc;

/// `client_assertion_type` of RFC 7523.
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Who the caller says it is, and how it wants to prove it.
#[derive(Clone)]
pub struct Claimed {
    /// `client_id`.
    pub id: String,
    /// The proof.
    pub proof: Proof,
}

/// The proof offered.
#[derive(Clone)]
pub enum Proof {
    /// Only a `client_id` in the body.
    None,
    /// `client_secret_basic`.
    Basic(crate::Secret),
    /// `client_secret_post`.
    Post(crate::Secret),
    /// `client_secret_jwt` or `private_key_jwt`.
    Assertion(String),
}

impl Proof {
    /// The registered name of the method (OIDC Core 9).
    #[must_use]
    pub const fn method(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Basic(_) => "client_secret_basic",
            Self::Post(_) => "client_secret_post",
            Self::Assertion(_) => "client assertion",
        }
    }
}

/// What the server found out about an assertion before the decision.
#[derive(Clone, Debug)]
pub enum Assertion {
    /// Signature, issuer, subject, audience and times are right.
    Valid {
        /// `private_key_jwt` or `client_secret_jwt`.
        method: &'static str,
        /// `jti`.
        jti: Option<String>,
        /// `exp`.
        expires_at: Timestamp,
    },
    /// Why not; hidden detail.
    Invalid(String),
}

/// Reads the caller's credentials.
///
/// # Errors
/// The refusals of sheet 1.13 that need no look-up.
pub fn claimed(authorization: Option<&str>, body: &[(String, String)]) -> Result<Claimed, OidcError> {
    let value = |name: &str| body.iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.as_str());
    for name in ["client_id", "client_secret", "client_assertion", "client_assertion_type"] {
        if body.iter().filter(|(n, _)| n == name).count() > 1 {
            return Err(OidcError::invalid_request(format!("'{name}' parameter must not be provided twice")));
        }
    }
    let basic = match authorization {
        Some(header) if header.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("basic ")) => {
            Some(read_basic(header[6..].trim())?)
        }
        _ => None,
    };
    if let Some((id, secret)) = basic {
        if value("client_secret").is_some() || value("client_assertion").is_some() {
            return Err(OidcError::invalid_request(
                "client authentication must only be provided using one mechanism",
            ));
        }
        if value("client_id").is_some_and(|body_id| body_id != id) {
            return Err(OidcError::invalid_request("client_id mismatch"));
        }
        return Ok(Claimed {
            id,
            proof: Proof::Basic(secret),
        });
    }
    if let Some(assertion) = value("client_assertion") {
        if value("client_secret").is_some() {
            return Err(OidcError::invalid_request(
                "client authentication must only be provided using one mechanism",
            ));
        }
        if value("client_assertion_type") != Some(JWT_BEARER) {
            return Err(OidcError::invalid_request(
                "client_assertion_type must have value urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ));
        }
        let subject = unverified_subject(assertion).ok_or_else(|| {
            OidcError::invalid_client("client authentication failed").detail("the client assertion is not a JWT with a sub")
        })?;
        if value("client_id").is_some_and(|body_id| body_id != subject) {
            return Err(OidcError::invalid_request("client_id mismatch"));
        }
        return Ok(Claimed {
            id: subject,
            proof: Proof::Assertion(assertion.to_owned()),
        });
    }
    let Some(id) = value("client_id") else {
        return Err(OidcError::invalid_request("no client authentication mechanism provided"));
    };
    let proof = value("client_secret").map_or(Proof::None, |secret| Proof::Post(crate::Secret::new(secret)));
    Ok(Claimed { id: id.to_owned(), proof })
}

/// RFC 6749 2.3.1: both halves are form-url-encoded before base64.
fn read_basic(text: &str) -> Result<(String, crate::Secret), OidcError> {
    let malformed = || OidcError::invalid_request("invalid authorization header value format");
    let bytes = base64::engine::general_purpose::STANDARD.decode(text).map_err(|_| malformed())?;
    let text = String::from_utf8(bytes).map_err(|_| malformed())?;
    let (id, secret) = text.split_once(':').ok_or_else(malformed)?;
    let decode = |half: &str| {
        let spaced = half.replace('+', " ");
        percent_decode(&spaced)
    };
    Ok((
        decode(id).ok_or_else(malformed)?,
        crate::Secret::new(decode(secret).ok_or_else(malformed)?),
    ))
}

fn percent_decode(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let hex = [bytes.next()?, bytes.next()?];
            out.push(u8::from_str_radix(std::str::from_utf8(&hex).ok()?, 16).ok()?);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

fn unverified_subject(jwt: &str) -> Option<String> {
    let payload = jwt.split('.').nth(1)?;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&bytes).ok()?;
    claims.get("sub").or_else(|| claims.get("iss"))?.as_str().map(str::to_owned)
}

/// Authenticates the caller.
///
/// # Errors
/// The store failed; or, inside, the refusals of sheet 1.13.
pub fn authenticate(
    cx: &mut Cx<'_>,
    claimed: &Claimed,
    assertion: Option<&Assertion>,
) -> Result<Result<Arc<Application>, OidcError>, StoreError> {
    let Some(app) = cx.get::<Application>(&claimed.id)? else {
        cx.because(
            Because::new(
                "client.unknown",
                Outcome::Refused,
                "No application has this client_id.",
                "Logto answers 400 here, not 401. Check the id, or create the application.",
                "Logto 1.13",
            )
            .input(claimed.id.clone()),
        );
        return Ok(Err(OidcError::unknown_client(format!("invalid client {}", claimed.id))));
    };
    cx.trail.patch.app = Some((app.id.clone(), app.name.clone()));
    let checked = match &claimed.proof {
        Proof::None if app.kind.has_secret() => Err("it has a secret, and none was sent".to_owned()),
        Proof::None => Ok("none"),
        Proof::Basic(_) | Proof::Post(_) if !app.kind.has_secret() => {
            Err("it is a public client and has no secret, but one was sent".to_owned())
        }
        Proof::Basic(secret) | Proof::Post(secret) => match check_secret(cx, &app, secret)? {
            SecretCheck::Right => Ok(claimed.proof.method()),
            SecretCheck::Expired(name) => {
                cx.because(Because::new(
                    "client.secret_expired",
                    Outcome::Refused,
                    "The client secret has expired.",
                    format!("It is the one named `{name}`. Add a new one under Applications and give it to the client."),
                    "Logto 1.8",
                ));
                return Ok(Err(OidcError::invalid_request("client secret has expired")));
            }
            SecretCheck::Wrong => Err("the secret matches none of its secrets".to_owned()),
        },
        Proof::Assertion(_) => match assertion {
            Some(Assertion::Valid { method, jti, expires_at }) => replayed(cx, &app, jti.as_deref(), *expires_at)?.map_or(Ok(*method), Err),
            Some(Assertion::Invalid(why)) => Err(why.clone()),
            None => Err("the assertion was not checked".to_owned()),
        },
    };
    Ok(match checked {
        Ok(method) => {
            cx.because(Because::new(
                "client.authenticated",
                Outcome::Passed,
                if method == "none" {
                    "A public client: its id was enough.".to_owned()
                } else {
                    format!("Authenticated the client with `{method}`.")
                },
                [
                    "`",
                    &app.name,
                    "` is ",
                    if app.kind.has_secret() {
                        "a client with a secret."
                    } else {
                        "a public client; PKCE protects it instead."
                    },
                ]
                .concat(),
                "OIDC Core 9, Logto 1.13",
            ));
            Ok(app)
        }
        Err(why) => {
            cx.because(Because::new(
                "client.refused",
                Outcome::Refused,
                "Client authentication failed.",
                format!(
                    "`{}` used `{}`: {why}. The wire only says that it failed.",
                    app.name,
                    claimed.proof.method()
                ),
                "RFC 6749 5.2, Logto 1.13",
            ));
            let error = OidcError::invalid_client("client authentication failed").detail(why);
            Err(if matches!(claimed.proof, Proof::Basic(_)) {
                error.challenge(Challenge::Basic)
            } else {
                error
            })
        }
    })
}

enum SecretCheck {
    Right,
    Expired(String),
    Wrong,
}

/// Any named secret that has not expired authenticates (sheet 1.8). Every one is compared, so timing says nothing.
fn check_secret(cx: &Cx<'_>, app: &Application, sent: &crate::Secret) -> Result<SecretCheck, StoreError> {
    let mut outcome = SecretCheck::Wrong;
    for secret in &app.secrets {
        if cx.vault.open(&secret.value)?.matches(sent.expose()) {
            outcome = match secret.expires_at {
                Some(end) if end <= cx.now => SecretCheck::Expired(secret.name.clone()),
                _ => SecretCheck::Right,
            };
        }
    }
    Ok(outcome)
}

/// RFC 7523 section 3: an assertion works once. Answers why not.
fn replayed(cx: &mut Cx<'_>, app: &Application, jti: Option<&str>, expires_at: Timestamp) -> Result<Option<String>, StoreError> {
    let Some(jti) = jti else {
        return Ok(Some("the client assertion has no jti".into()));
    };
    let id = format!("{}/{}", app.id, crate::record::digest(jti));
    if cx.get::<UsedAssertion>(&id)?.is_some() {
        return Ok(Some("the client assertion was used before".into()));
    }
    // Kept past its end by the clock tolerance, so that tolerance can't be used to replay it.
    cx.put(&UsedAssertion {
        id,
        expires_at: expires_at.plus_seconds(60),
    })?;
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }
    fn basic(text: &str) -> String {
        format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(text))
    }

    #[test]
    fn refusals_that_need_no_look_up() {
        for (header, pairs, wanted) in [
            (None, body(&[]), "no client authentication mechanism provided"),
            (
                Some(basic("a:b")),
                body(&[("client_secret", "x")]),
                "only be provided using one mechanism",
            ),
            (Some(basic("a:b")), body(&[("client_id", "c")]), "client_id mismatch"),
            (Some("Basic !!!".to_owned()), body(&[]), "invalid authorization header value format"),
            (Some(basic("nocolon")), body(&[]), "invalid authorization header value format"),
            (Some(basic("a:%zz")), body(&[]), "invalid authorization header value format"),
            (None, body(&[("client_id", "a"), ("client_id", "b")]), "must not be provided twice"),
        ] {
            let error = claimed(header.as_deref(), &pairs).err().unwrap();
            assert!(error.description.as_deref().unwrap().contains(wanted), "{wanted}: {error:?}");
        }
    }

    #[test]
    fn basic_credentials_are_form_decoded() {
        let claimed = claimed(Some(&basic("my%20app:a%2Bb+c")), &body(&[("client_id", "my app")]))
            .ok()
            .unwrap();
        assert_eq!(claimed.id, "my app");
        assert!(matches!(claimed.proof, Proof::Basic(secret) if secret.matches("a+b c")));
    }
}
