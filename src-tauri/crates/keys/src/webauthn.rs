//! WebAuthn's two ceremonies as the relying party checks them (Web Authentication Level 3, sections 7.1 and 7.2).
//!
//! Parsing CBOR is ciborium's, COSE keys are coset's, signatures are aws-lc-rs's. What is left here is the list of
//! comparisons that the specification asks for. No attestation is asked for (`none`), so no attestation statement is
//! judged: it would say who made the authenticator, which nobody here wants to know.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use ciborium::Value;
use coset::iana::{self, EnumI64 as _};
use coset::{Algorithm, CborSerializable as _, CoseKey, KeyType, Label};
use serde::Deserialize;

/// Longest credential id (section 7.1, step 25).
const MAX_CREDENTIAL_ID: usize = 1023;

/// What a ceremony must answer to.
#[derive(Clone, Debug)]
pub struct Ceremony {
    /// The challenge that was sent, base64url.
    pub challenge: String,
    /// The relying party's id: the host name of the sign-in pages.
    pub rp_id: String,
    /// Origins that the pages may have.
    pub origins: Vec<String>,
}

/// What `navigator.credentials.create()` answered, as JSON (section 5.1, `RegistrationResponseJSON`).
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegistrationPayload {
    /// The credential's id, base64url.
    pub id: String,
    /// The same.
    #[serde(default)]
    pub raw_id: Option<String>,
    /// The authenticator's answer.
    pub response: AttestationResponse,
}

/// The authenticator's answer to a registration.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AttestationResponse {
    /// What the browser collected, base64url of JSON.
    #[serde(rename = "clientDataJSON")]
    pub client_data_json: String,
    /// The new key, base64url of CBOR.
    pub attestation_object: String,
    /// How the authenticator can be reached.
    #[serde(default)]
    pub transports: Option<Vec<String>>,
}

/// What `navigator.credentials.get()` answered, as JSON (section 5.1, `AuthenticationResponseJSON`).
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthenticationPayload {
    /// The credential's id, base64url.
    pub id: String,
    /// The same.
    #[serde(default)]
    pub raw_id: Option<String>,
    /// The authenticator's answer.
    pub response: AssertionResponse,
}

/// The authenticator's answer to an authentication.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssertionResponse {
    /// What the browser collected, base64url of JSON.
    #[serde(rename = "clientDataJSON")]
    pub client_data_json: String,
    /// What the authenticator says of itself, base64url.
    pub authenticator_data: String,
    /// The signature over both, base64url.
    pub signature: String,
    /// Whose credential it is, base64url.
    #[serde(default)]
    pub user_handle: Option<String>,
}

/// A credential that a registration made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCredential {
    /// Its id, base64url.
    pub id: String,
    /// Its public key, base64url of COSE.
    pub public_key: String,
    /// How often it has signed, as it says.
    pub counter: u32,
    /// Whether it may be copied to other devices (the flag BE), which never changes.
    pub backup_eligible: bool,
    /// How the authenticator can be reached.
    pub transports: Vec<String>,
}

/// What is stored of a credential, as an authentication is compared with it.
#[derive(Clone, Copy, Debug)]
pub struct KnownCredential<'a> {
    /// Its public key, base64url of COSE.
    pub public_key: &'a str,
    /// Whether it was eligible for backup when it was made; `None` when that was not noted.
    pub backup_eligible: Option<bool>,
}

/// Why a ceremony failed, in words for whoever looks at the sign-in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CeremonyError(String);

type Checked<T> = Result<T, CeremonyError>;

fn no<T>(why: impl Into<String>) -> Checked<T> {
    Err(CeremonyError(why.into()))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
}

/// Section 6.1.
struct AuthenticatorData<'a> {
    flags: u8,
    counter: u32,
    /// What follows the counter: the new credential, then extensions.
    rest: &'a [u8],
}

const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const ATTESTED: u8 = 0x40;
const EXTENSIONS: u8 = 0x80;

/// Checks a registration (section 7.1).
///
/// # Errors
/// The first comparison that failed.
pub fn verify_registration(ceremony: &Ceremony, payload: &RegistrationPayload) -> Checked<NewCredential> {
    same_id(&payload.id, payload.raw_id.as_deref())?;
    let client_data = decode("clientDataJSON", &payload.response.client_data_json)?;
    check_client_data(ceremony, "webauthn.create", &client_data)?;
    let object = decode("attestationObject", &payload.response.attestation_object)?;
    let mut rest = object.as_slice();
    let map = cbor(&mut rest, "attestationObject")?;
    if !rest.is_empty() {
        return no("attestationObject has bytes after its end");
    }
    let Value::Map(members) = map else {
        return no("attestationObject is no CBOR map");
    };
    let data = members.iter().find(|(name, _)| name.as_text() == Some("authData"));
    let Some(data) = data.and_then(|(_, value)| value.as_bytes()) else {
        return no("attestationObject has no authData");
    };
    let data = check_authenticator_data(ceremony, data)?;
    if data.flags & ATTESTED == 0 {
        return no("the authenticator sent no new credential");
    }
    let (id, key) = attested_credential(&data)?;
    if URL_SAFE_NO_PAD.encode(id) != payload.id.trim_end_matches('=') {
        return no("the new credential has another id than the answer says");
    }
    PublicKey::from_cose(key)?;
    Ok(NewCredential {
        id: URL_SAFE_NO_PAD.encode(id),
        public_key: URL_SAFE_NO_PAD.encode(key),
        counter: data.counter,
        backup_eligible: data.flags & BACKUP_ELIGIBLE != 0,
        transports: payload.response.transports.clone().unwrap_or_default(),
    })
}

/// Checks an authentication with a known credential (section 7.2), all but the counter, which it answers: whether it
/// went on is for whoever has the last one.
///
/// # Errors
/// The first comparison that failed.
pub fn verify_authentication(ceremony: &Ceremony, known: KnownCredential<'_>, payload: &AuthenticationPayload) -> Checked<u32> {
    same_id(&payload.id, payload.raw_id.as_deref())?;
    let client_data = decode("clientDataJSON", &payload.response.client_data_json)?;
    check_client_data(ceremony, "webauthn.get", &client_data)?;
    let mut signed = decode("authenticatorData", &payload.response.authenticator_data)?;
    let data = check_authenticator_data(ceremony, &signed)?;
    let eligible = data.flags & BACKUP_ELIGIBLE != 0;
    if known.backup_eligible.is_some_and(|made| made != eligible) {
        return no("the authenticator says otherwise than at registration whether the credential can be backed up");
    }
    let counter = data.counter;
    let signature = decode("signature", &payload.response.signature)?;
    let key = PublicKey::from_cose(&decode("the stored public key", known.public_key)?)?;
    signed.extend_from_slice(digest(&SHA256, &client_data).as_ref());
    key.verify(&signed, &signature)?;
    Ok(counter)
}

fn same_id(id: &str, raw_id: Option<&str>) -> Checked<()> {
    match raw_id {
        Some(raw) if raw.trim_end_matches('=') != id.trim_end_matches('=') => no("id and rawId differ"),
        _ => Ok(()),
    }
}

fn decode(what: &str, text: &str) -> Checked<Vec<u8>> {
    let engine = if text.ends_with('=') { URL_SAFE } else { URL_SAFE_NO_PAD };
    engine.decode(text).map_err(|_| CeremonyError(format!("{what} is not base64url")))
}

/// Type, challenge, origin and framing (sections 7.1 and 7.2).
fn check_client_data(ceremony: &Ceremony, kind: &str, bytes: &[u8]) -> Checked<()> {
    let data: ClientData = serde_json::from_slice(bytes).map_err(|e| CeremonyError(format!("clientDataJSON can't be read: {e}")))?;
    if data.kind != kind {
        return no(format!("the answer is of type {}, not {kind}", data.kind));
    }
    let sent = ceremony.challenge.as_bytes();
    let got = data.challenge.trim_end_matches('=').as_bytes();
    if aws_lc_rs::constant_time::verify_slices_are_equal(sent, got).is_err() {
        return no("the answer is to another challenge");
    }
    if !ceremony.origins.contains(&data.origin) {
        return no(format!(
            "the page's origin was {}, expected {}",
            data.origin,
            ceremony.origins.join(" or ")
        ));
    }
    if data.cross_origin {
        return no("the page was inside another site's page");
    }
    Ok(())
}

/// The relying party's hash and the flags (sections 7.1 and 7.2): present, verified, and backed up only if eligible. That
/// eligibility is what it was at registration is compared in [`verify_authentication`]; whether a credential is backed up
/// now decides nothing here.
fn check_authenticator_data<'a>(ceremony: &Ceremony, bytes: &'a [u8]) -> Checked<AuthenticatorData<'a>> {
    let Some((hash, tail)) = bytes.split_first_chunk::<32>() else {
        return no("authenticatorData is too short");
    };
    let Some((&[flags, a, b, c, d], rest)) = tail.split_first_chunk::<5>() else {
        return no("authenticatorData is too short");
    };
    if hash != digest(&SHA256, ceremony.rp_id.as_bytes()).as_ref() {
        return no(format!("the credential is not for the relying party {}", ceremony.rp_id));
    }
    if flags & PRESENT == 0 {
        return no("nobody was present at the authenticator");
    }
    if flags & VERIFIED == 0 {
        return no("the authenticator did not verify the person (PIN, fingerprint, face)");
    }
    if flags & BACKED_UP != 0 && flags & BACKUP_ELIGIBLE == 0 {
        return no("the authenticator says the credential is backed up but can't be");
    }
    Ok(AuthenticatorData {
        flags,
        counter: u32::from_be_bytes([a, b, c, d]),
        rest,
    })
}

/// Section 6.5.1: AAGUID, length, id, COSE key; then extensions if the flags say so, and nothing else.
fn attested_credential<'a>(data: &AuthenticatorData<'a>) -> Checked<(&'a [u8], &'a [u8])> {
    let short = || CeremonyError("the new credential is cut short".to_owned());
    let tail = data.rest.get(16..).ok_or_else(short)?;
    let (length, tail) = tail.split_first_chunk::<2>().ok_or_else(short)?;
    let length = usize::from(u16::from_be_bytes(*length));
    if length == 0 || length > MAX_CREDENTIAL_ID {
        return no(format!("the credential's id has {length} bytes"));
    }
    let (id, tail) = tail.split_at_checked(length).ok_or_else(short)?;
    let mut rest = tail;
    cbor(&mut rest, "the public key")?;
    let key = &tail[..tail.len() - rest.len()];
    if data.flags & EXTENSIONS != 0 {
        cbor(&mut rest, "the extensions")?;
    }
    if !rest.is_empty() {
        return no("authenticatorData has bytes after its end");
    }
    Ok((id, key))
}

/// One CBOR value; `rest` is left at what follows.
fn cbor(rest: &mut &[u8], what: &str) -> Checked<Value> {
    ciborium::de::from_reader_with_recursion_limit(rest, 16).map_err(|e| CeremonyError(format!("{what} can't be read: {e}")))
}

/// The two kinds of key that are asked for: ES256 (-7) and RS256 (-257), RFC 9053 and RFC 8812.
enum PublicKey {
    Es256(ParsedPublicKey),
    Rs256 { n: Vec<u8>, e: Vec<u8> },
}

impl PublicKey {
    fn from_cose(bytes: &[u8]) -> Checked<Self> {
        let key = CoseKey::from_slice(bytes).map_err(|e| CeremonyError(format!("the public key can't be read: {e}")))?;
        let member = |label: i64| {
            let found = key.params.iter().find(|(name, _)| *name == Label::Int(label));
            found.map(|(_, value)| value)
        };
        let bytes_of = |label: i64| {
            let bytes = member(label).and_then(Value::as_bytes);
            bytes.ok_or_else(|| CeremonyError(format!("the public key has no member {label}")))
        };
        match (&key.kty, &key.alg) {
            (KeyType::Assigned(iana::KeyType::EC2), Some(Algorithm::Assigned(iana::Algorithm::ES256))) => {
                let p256 = iana::EllipticCurve::P_256.to_i64();
                let curve = member(iana::Ec2KeyParameter::Crv.to_i64())
                    .and_then(Value::as_integer)
                    .map(i128::from);
                if curve != Some(i128::from(p256)) {
                    return no("the public key is not on the curve P-256");
                }
                let x = bytes_of(iana::Ec2KeyParameter::X.to_i64())?;
                let y = bytes_of(iana::Ec2KeyParameter::Y.to_i64())?;
                if x.len() != 32 || y.len() != 32 {
                    return no("the public key's coordinates are not of 32 bytes");
                }
                let point = [&[4], x.as_slice(), y.as_slice()].concat();
                let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point);
                key.map(Self::Es256)
                    .map_err(|_| CeremonyError("the public key is no point of P-256".to_owned()))
            }
            (KeyType::Assigned(iana::KeyType::RSA), Some(Algorithm::Assigned(iana::Algorithm::RS256))) => {
                let n = bytes_of(iana::RsaKeyParameter::N.to_i64())?.clone();
                let e = bytes_of(iana::RsaKeyParameter::E.to_i64())?.clone();
                if !(256..=1024).contains(&n.len()) || e.is_empty() || e.len() > 8 {
                    return no("the RSA key is not of 2048 to 8192 bits");
                }
                Ok(Self::Rs256 { n, e })
            }
            _ => no("the public key is neither ES256 nor RS256, which were asked for"),
        }
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> Checked<()> {
        let outcome = match self {
            Self::Es256(key) => key.verify_sig(message, signature),
            Self::Rs256 { n, e } => RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature),
        };
        outcome.map_err(|_| CeremonyError("the signature is not this credential's".to_owned()))
    }
}

#[cfg(test)]
#[path = "webauthn_tests.rs"]
mod tests;
