//! The signing keys in use: parsed once, signing at the price of the bare signature.

use crate::error::{KeyError, VerifyError};
use crate::signing::{KeyStatus, SigningKeyRecord, SigningKeys};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair as _, RSA_PKCS1_SHA256,
    RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header};
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use vestibule_core::model::SigningAlg;
use vestibule_core::port::Vault as VaultPort;
use vestibule_core::time::Timestamp;
use zeroize::Zeroizing;

/// The signing keys, ready for use.
pub struct KeyRing {
    keys: Vec<Loaded>,
}

struct Loaded {
    id: String,
    alg: SigningAlg,
    status: KeyStatus,
    created_at: Timestamp,
    since: Timestamp,
    signed: Arc<AtomicU64>,
    pair: Pair,
    jwk: Value,
    verifier: DecodingKey,
}

/// What may be shown of a signing key: nothing of its private half.
#[derive(Clone, Debug, PartialEq)]
pub struct PublishedKey {
    /// `kid`.
    pub id: String,
    /// What it signs with.
    pub alg: SigningAlg,
    /// Where it stands.
    pub status: KeyStatus,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when it stands there.
    pub since: Timestamp,
    /// Tokens it signed since it was first loaded.
    pub signed: u64,
    /// As in the JWK set.
    pub jwk: Value,
    /// The same as PEM (RFC 7468 section 13).
    pub pem: String,
}

/// A key pair of any algorithm.
pub(crate) enum Pair {
    Ec(SigningAlg, EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

/// What a token of ours must say (`id_token_hint`, OpenID Connect RP-Initiated Logout section 2).
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// `iss`.
    pub issuer: &'a str,
    /// A member of `aud`; any when `None`.
    pub audience: Option<&'a str>,
    /// The header's `typ`; `None` for ID tokens, which have none.
    pub typ: Option<&'a str>,
    /// The present moment.
    pub now: Timestamp,
    /// Whether a token past its `exp` still counts: a hint does.
    pub accept_expired: bool,
}

/// The header of a token, in the order of its members on the wire.
#[derive(Serialize)]
struct Head<'a> {
    alg: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    typ: Option<&'a str>,
    kid: &'a str,
}

impl Loaded {
    fn head<'a>(&'a self, typ: Option<&'a str>) -> Head<'a> {
        Head {
            alg: self.alg.name(),
            typ,
            kid: &self.id,
        }
    }
}

impl KeyRing {
    /// Makes a key that becomes the current one of its algorithm ([`SigningKeys::install`]). ES384 and ES256 take a
    /// millisecond, RS256 some 75: make only what is used.
    ///
    /// # Errors
    /// When the cryptographic library refuses.
    pub fn generate(alg: SigningAlg, vault: &dyn VaultPort, now: Timestamp) -> Result<SigningKeyRecord, KeyError> {
        SigningKeyRecord::generate(alg, vault, now, KeyStatus::Current)
    }

    /// Unseals and parses the stored keys.
    ///
    /// # Errors
    /// When a key was sealed with another data key or is damaged.
    pub fn load(stored: &SigningKeys, vault: &dyn VaultPort) -> Result<Self, KeyError> {
        Self::load_after(stored, vault, &Self { keys: Vec::new() })
    }

    /// As [`KeyRing::load`], for keys that were in use before: what they signed goes on being counted.
    ///
    /// # Errors
    /// As [`KeyRing::load`].
    pub fn load_after(stored: &SigningKeys, vault: &dyn VaultPort, before: &Self) -> Result<Self, KeyError> {
        let counted = |id: &str| before.keys.iter().find(|key| key.id == id).map(|key| key.signed.clone());
        let keys = stored
            .keys
            .iter()
            .map(|record| {
                let pair = record.unseal(vault)?;
                Ok(Loaded {
                    id: record.id.clone(),
                    alg: record.alg,
                    status: record.status,
                    created_at: record.created_at,
                    since: record.since.unwrap_or(record.created_at),
                    signed: counted(&record.id).unwrap_or_default(),
                    jwk: published(&record.id, record.alg, &pair),
                    verifier: verifier(&pair),
                    pair,
                })
            })
            .collect::<Result<_, KeyError>>()?;
        Ok(Self { keys })
    }

    /// The JWK set as published (sheet 1.4): Current, Previous and Next keys, public members only.
    #[must_use]
    pub fn jwks(&self) -> Value {
        json!({ "keys": self.keys.iter().map(|key| &key.jwk).collect::<Vec<_>>() })
    }

    /// What may be shown of each key, in the order of the JWK set.
    #[must_use]
    pub fn published(&self) -> Vec<PublishedKey> {
        let shown = self.keys.iter().map(|key| PublishedKey {
            id: key.id.clone(),
            alg: key.alg,
            status: key.status,
            created_at: key.created_at,
            since: key.since,
            signed: key.signed.load(Ordering::Relaxed),
            jwk: key.jwk.clone(),
            pem: public_pem(&key.pair),
        });
        shown.collect()
    }

    /// Whether tokens can be signed with an algorithm.
    #[must_use]
    pub fn has(&self, alg: SigningAlg) -> bool {
        self.current(alg).is_some()
    }

    fn current(&self, alg: SigningAlg) -> Option<&Loaded> {
        self.keys.iter().find(|key| key.alg == alg && key.status == KeyStatus::Current)
    }

    /// Signs claims as a compact JWS (RFC 7515). The header has `alg`, `typ` if given, and `kid` (sheet 1.5).
    ///
    /// # Errors
    /// When there is no current key for the algorithm or the claims aren't JSON.
    pub fn sign(&self, alg: SigningAlg, typ: Option<&str>, claims: &impl Serialize) -> Result<String, KeyError> {
        let claims = serde_json::to_vec(claims).map_err(|error| KeyError::Claims(error.to_string()))?;
        self.sign_json(alg, typ, &claims)
    }

    /// As [`KeyRing::sign`], for claims that are JSON already.
    ///
    /// # Errors
    /// When there is no current key for the algorithm.
    pub fn sign_json(&self, alg: SigningAlg, typ: Option<&str>, claims: &[u8]) -> Result<String, KeyError> {
        let key = self.current(alg).ok_or(KeyError::Missing(alg.name()))?;
        let head = key.head(typ);
        let head = serde_json::to_vec(&head).map_err(|error| KeyError::Claims(error.to_string()))?;
        // Both in base64, and room for a signature of 96 bytes, the longest but RSA's.
        let mut token = String::with_capacity((head.len() + claims.len() + 96) * 4 / 3 + 8);
        URL_SAFE_NO_PAD.encode_string(head, &mut token);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        let signature = key.pair.sign(token.as_bytes())?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        key.signed.fetch_add(1, Ordering::Relaxed);
        Ok(token)
    }

    /// The JOSE header that [`KeyRing::sign`] gives a token; `None` when there is no current key for the algorithm.
    #[must_use]
    pub fn header(&self, alg: SigningAlg, typ: Option<&str>) -> Option<Value> {
        serde_json::to_value(self.current(alg)?.head(typ)).ok()
    }

    /// Checks a token that this provider issued; its claims.
    ///
    /// # Errors
    /// [`VerifyError`], the first thing that does not hold.
    pub fn verify(&self, token: &str, expected: &Expected<'_>) -> Result<Value, VerifyError> {
        let header = header_of(token)?;
        let key = self
            .keys
            .iter()
            .find(|key| Some(&key.id) == header.kid.as_ref())
            .ok_or(VerifyError::UnknownKey)?;
        if header.alg != jose(key.alg) {
            return Err(VerifyError::Algorithm(format!("{:?}", header.alg)));
        }
        if header.typ.as_deref() != expected.typ {
            return Err(VerifyError::Type(header.typ.unwrap_or_else(|| "none".into())));
        }
        let claims = signed_claims(token, &key.verifier, header.alg)?;
        match claims["iss"].as_str() {
            Some(issuer) if issuer == expected.issuer => {}
            Some(issuer) => return Err(VerifyError::Issuer(issuer.into())),
            None => return Err(VerifyError::Claim("iss")),
        }
        if expected.audience.is_some_and(|audience| !names(&claims["aud"], audience)) {
            return Err(VerifyError::Audience);
        }
        let expiry = claims["exp"].as_i64().ok_or(VerifyError::Claim("exp"))?;
        if !expected.accept_expired && expiry <= expected.now.seconds() {
            return Err(VerifyError::Expired);
        }
        Ok(claims)
    }
}

/// The header, refused when it demands something that is not understood.
pub(crate) fn header_of(token: &str) -> Result<Header, VerifyError> {
    let header = decode_header(token).map_err(|_| VerifyError::Malformed)?;
    if header.crit.is_some() {
        return Err(VerifyError::Critical);
    }
    Ok(header)
}

/// The claims of a token whose signature fits. Nothing else is checked: the library would read the wall clock.
pub(crate) fn signed_claims(token: &str, key: &DecodingKey, alg: Algorithm) -> Result<Value, VerifyError> {
    let mut validation = Validation::new(alg);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let claims = decode::<Value>(token, key, &validation)
        .map_err(|error| match error.kind() {
            jsonwebtoken::errors::ErrorKind::Json(_) | jsonwebtoken::errors::ErrorKind::Base64(_) => VerifyError::Malformed,
            _ => VerifyError::Signature,
        })?
        .claims;
    if claims.is_object() {
        Ok(claims)
    } else {
        Err(VerifyError::Malformed)
    }
}

/// Whether `aud`, a text or a list, names an audience (RFC 7519 section 4.1.3).
pub(crate) fn names(aud: &Value, audience: &str) -> bool {
    match aud {
        Value::String(one) => one == audience,
        Value::Array(many) => many.iter().any(|one| one == audience),
        _ => false,
    }
}

const fn jose(alg: SigningAlg) -> Algorithm {
    match alg {
        SigningAlg::ES384 => Algorithm::ES384,
        SigningAlg::ES256 => Algorithm::ES256,
        SigningAlg::RS256 => Algorithm::RS256,
    }
}

const fn curve(alg: SigningAlg) -> &'static EcdsaSigningAlgorithm {
    match alg {
        SigningAlg::ES256 => &ECDSA_P256_SHA256_FIXED_SIGNING,
        SigningAlg::ES384 | SigningAlg::RS256 => &ECDSA_P384_SHA384_FIXED_SIGNING,
    }
}

impl Pair {
    pub(crate) fn generate(alg: SigningAlg) -> Result<(Self, Zeroizing<Vec<u8>>), KeyError> {
        let refused = |_| KeyError::Refused("make a signing key");
        Ok(match alg {
            SigningAlg::RS256 => {
                let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(refused)?;
                let pkcs8 = Zeroizing::new(pair.as_der().map_err(refused)?.as_ref().to_vec());
                (Self::Rsa(pair), pkcs8)
            }
            SigningAlg::ES384 | SigningAlg::ES256 => {
                let pair = EcdsaKeyPair::generate(curve(alg)).map_err(refused)?;
                let pkcs8 = Zeroizing::new(pair.to_pkcs8v1().map_err(refused)?.as_ref().to_vec());
                (Self::Ec(alg, pair), pkcs8)
            }
        })
    }

    pub(crate) fn from_pkcs8(alg: SigningAlg, pkcs8: &[u8]) -> Result<Self, aws_lc_rs::error::KeyRejected> {
        match alg {
            SigningAlg::RS256 => RsaKeyPair::from_pkcs8(pkcs8).map(Self::Rsa),
            SigningAlg::ES384 | SigningAlg::ES256 => EcdsaKeyPair::from_pkcs8(curve(alg), pkcs8).map(|pair| Self::Ec(alg, pair)),
        }
    }

    /// Signs with aws-lc-rs itself, because jsonwebtoken's `encode` parses the PKCS#8 again at every call: 117 µs of CPU
    /// for an ES384 token, against 70 here, which is the bare signature (ES256: 40 against 23).
    #[expect(
        clippy::disallowed_types,
        reason = "the signature's own nonce; the library asks for its own source"
    )]
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let refused = |_| KeyError::Refused("sign");
        let random = aws_lc_rs::rand::SystemRandom::new();
        match self {
            Self::Ec(_, pair) => Ok(pair.sign(&random, message).map_err(refused)?.as_ref().to_vec()),
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).map_err(refused)?;
                Ok(signature)
            }
        }
    }
}

fn verifier(pair: &Pair) -> DecodingKey {
    match pair {
        Pair::Ec(_, pair) => DecodingKey::from_ec_der(pair.public_key().as_ref()),
        Pair::Rsa(pair) => {
            let key = pair.public_key();
            DecodingKey::from_rsa_raw_components(
                key.modulus().big_endian_without_leading_zero(),
                key.exponent().big_endian_without_leading_zero(),
            )
        }
    }
}

/// The members of a public key that its thumbprint covers (RFC 7638 section 3.2).
pub(crate) fn public_jwk(pair: &Pair) -> Vec<(&'static str, String)> {
    match pair {
        Pair::Ec(alg, pair) => {
            // 0x04, then x and y of equal length (SEC 1 section 2.3.3).
            let point = &pair.public_key().as_ref()[1..];
            let (x, y) = point.split_at(point.len() / 2);
            let crv = if *alg == SigningAlg::ES256 { "P-256" } else { "P-384" };
            vec![
                ("crv", crv.to_owned()),
                ("kty", "EC".to_owned()),
                ("x", URL_SAFE_NO_PAD.encode(x)),
                ("y", URL_SAFE_NO_PAD.encode(y)),
            ]
        }
        Pair::Rsa(pair) => {
            let key = pair.public_key();
            vec![
                ("e", URL_SAFE_NO_PAD.encode(key.exponent().big_endian_without_leading_zero())),
                ("kty", "RSA".to_owned()),
                ("n", URL_SAFE_NO_PAD.encode(key.modulus().big_endian_without_leading_zero())),
            ]
        }
    }
}

/// The public key as SubjectPublicKeyInfo between its lines (RFC 7468 sections 2 and 13).
fn public_pem(pair: &Pair) -> String {
    let der: Result<PublicKeyX509Der<'_>, _> = match pair {
        Pair::Ec(_, pair) => pair.public_key().as_der(),
        Pair::Rsa(pair) => pair.public_key().as_der(),
    };
    // Encoding a key that was parsed can't fail.
    let body = der.map(|der| STANDARD.encode(der.as_ref())).unwrap_or_default();
    let mut pem = String::from("-----BEGIN PUBLIC KEY-----\n");
    for (place, character) in body.chars().enumerate() {
        if place > 0 && place % 64 == 0 {
            pem.push('\n');
        }
        pem.push(character);
    }
    pem.push_str("\n-----END PUBLIC KEY-----\n");
    pem
}

/// RFC 7638: the required members in lexicographic order, no white space; none of our values needs escaping.
pub(crate) fn thumbprint(members: &[(&'static str, String)]) -> String {
    let body: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\":\"{value}\"")).collect();
    URL_SAFE_NO_PAD.encode(digest(&SHA256, format!("{{{}}}", body.join(",")).as_bytes()))
}

/// The JWK as published. `alg` is absent for RSA, where several would fit (sheet 1.4).
fn published(id: &str, alg: SigningAlg, pair: &Pair) -> Value {
    let mut jwk = json!({ "use": "sig", "kid": id });
    for (name, value) in public_jwk(pair) {
        jwk[name] = value.into();
    }
    if matches!(pair, Pair::Ec(..)) {
        jwk["alg"] = alg.name().into();
    }
    jwk
}

#[cfg(test)]
#[path = "ring_tests.rs"]
mod tests;
