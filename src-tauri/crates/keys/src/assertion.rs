//! What clients sign: assertions at the token endpoint (RFC 7523; OpenID Connect Core section 9).

use crate::error::VerifyError;
use crate::ring::{header_of, names, signed_claims};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::Value;
use vestibule_core::secret::Secret;
use vestibule_core::time::Timestamp;

/// How far a client's clock may be off, in **seconds**.
pub const CLOCK_TOLERANCE: i64 = 15;

/// What an assertion is signed with.
#[derive(Clone, Copy)]
pub enum AssertionKey<'a> {
    /// The client's secret, HS256 only (`client_secret_jwt`).
    Secret(&'a Secret),
    /// The client's secret, HS256, HS384 or HS512: what a simulated provider accepts (sheet 6.3).
    AnyHmac(&'a Secret),
    /// The client's JWK set; RS256, PS256, ES256, ES384 and EdDSA (`private_key_jwt`).
    Jwks(&'a Value),
}

/// What an assertion must say (RFC 7523 section 3).
#[derive(Clone, Copy, Debug)]
pub struct ExpectedAssertion<'a> {
    /// `iss` and `sub`: the client.
    pub client_id: &'a str,
    /// The provider by the names it answers to: its issuer and its token endpoint. One must be in `aud`.
    pub audiences: &'a [&'a str],
    /// The present moment.
    pub now: Timestamp,
}

/// An accepted assertion. Whether it was used before is for the caller to find out.
#[derive(Clone, Debug, PartialEq)]
pub struct Assertion {
    /// `jti`, unique per client.
    pub jti: String,
    /// `exp`: until then (and [`CLOCK_TOLERANCE`] longer) the `jti` must be remembered.
    pub expires_at: Timestamp,
    /// All claims.
    pub claims: Value,
}

/// Checks a client assertion against the client's key and the argument's clock.
///
/// # Errors
/// [`VerifyError`], the first thing that does not hold.
pub fn verify_client_assertion(token: &str, how: AssertionKey<'_>, expected: &ExpectedAssertion<'_>) -> Result<Assertion, VerifyError> {
    let header = header_of(token)?;
    let alg = header.alg;
    let claims = match how {
        AssertionKey::Secret(secret) | AssertionKey::AnyHmac(secret) => {
            let wide = matches!(how, AssertionKey::AnyHmac(_)) && matches!(alg, Algorithm::HS384 | Algorithm::HS512);
            if alg != Algorithm::HS256 && !wide {
                return Err(VerifyError::Algorithm(format!("{alg:?}")));
            }
            signed_claims(token, &DecodingKey::from_secret(secret.expose().as_bytes()), alg)?
        }
        AssertionKey::Jwks(jwks) => {
            let Some(shape) = Shape::of(alg) else {
                return Err(VerifyError::Algorithm(format!("{alg:?}")));
            };
            let mut outcome = Err(VerifyError::UnknownKey);
            for jwk in jwks["keys"].as_array().into_iter().flatten() {
                if let Some(key) = shape.key(jwk, header.kid.as_deref()) {
                    outcome = signed_claims(token, &key, alg);
                    if outcome.is_ok() {
                        break;
                    }
                }
            }
            outcome?
        }
    };
    check(claims, expected)
}

fn check(claims: Value, expected: &ExpectedAssertion<'_>) -> Result<Assertion, VerifyError> {
    let text = |name: &'static str| claims[name].as_str().ok_or(VerifyError::Claim(name));
    let issuer = text("iss")?;
    if issuer != expected.client_id {
        return Err(VerifyError::Issuer(issuer.into()));
    }
    let subject = text("sub")?;
    if subject != expected.client_id {
        return Err(VerifyError::Subject(subject.into()));
    }
    if claims["aud"].is_null() {
        return Err(VerifyError::Claim("aud"));
    }
    if !expected.audiences.iter().any(|audience| names(&claims["aud"], audience)) {
        return Err(VerifyError::Audience);
    }
    let now = expected.now.seconds();
    let expiry = seconds(&claims, "exp")?.ok_or(VerifyError::Claim("exp"))?;
    if expiry.saturating_add(CLOCK_TOLERANCE) <= now {
        return Err(VerifyError::Expired);
    }
    for name in ["nbf", "iat"] {
        if seconds(&claims, name)?.is_some_and(|at| at > now.saturating_add(CLOCK_TOLERANCE)) {
            return Err(VerifyError::Early);
        }
    }
    let jti = text("jti").and_then(|jti| {
        if jti.is_empty() {
            Err(VerifyError::Claim("jti"))
        } else {
            Ok(jti.to_owned())
        }
    })?;
    Ok(Assertion {
        jti,
        expires_at: Timestamp::from_seconds(expiry),
        claims,
    })
}

/// A `NumericDate` (RFC 7519 section 2), which may have a fraction.
fn seconds(claims: &Value, name: &'static str) -> Result<Option<i64>, VerifyError> {
    match &claims[name] {
        Value::Null => Ok(None),
        value => match (value.as_i64(), value.as_f64()) {
            (Some(whole), _) => Ok(Some(whole)),
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the cast saturates, and a fraction of a second is below the tolerance"
            )]
            (None, Some(fraction)) => Ok(Some(fraction as i64)),
            (None, None) => Err(VerifyError::Claim(name)),
        },
    }
}

/// The shape a JWK must have for an algorithm (RFC 7518 section 6, RFC 8037).
struct Shape {
    alg: &'static str,
    kty: &'static str,
    crv: Option<&'static str>,
}

impl Shape {
    fn of(alg: Algorithm) -> Option<Self> {
        let (alg, kty, crv) = match alg {
            Algorithm::RS256 => ("RS256", "RSA", None),
            Algorithm::PS256 => ("PS256", "RSA", None),
            Algorithm::ES256 => ("ES256", "EC", Some("P-256")),
            Algorithm::ES384 => ("ES384", "EC", Some("P-384")),
            Algorithm::EdDSA => ("EdDSA", "OKP", Some("Ed25519")),
            _ => return None,
        };
        Some(Self { alg, kty, crv })
    }

    /// The key of a JWK when it fits; a set may hold keys of other kinds and uses.
    fn key(&self, jwk: &Value, kid: Option<&str>) -> Option<DecodingKey> {
        let text = |name: &str| jwk[name].as_str();
        let fits = text("kty") == Some(self.kty)
            && self.crv.is_none_or(|crv| text("crv") == Some(crv))
            && text("alg").is_none_or(|alg| alg == self.alg)
            && text("use").is_none_or(|usage| usage == "sig")
            && kid.is_none_or(|kid| text("kid") == Some(kid));
        if !fits {
            return None;
        }
        match self.kty {
            "RSA" => DecodingKey::from_rsa_components(text("n")?, text("e")?),
            "EC" => DecodingKey::from_ec_components(text("x")?, text("y")?),
            _ => DecodingKey::from_ed_components(text("x")?),
        }
        .ok()
    }
}

#[cfg(test)]
#[path = "assertion_tests.rs"]
mod tests;
