//! What can go wrong with keys and with tokens.

/// What can go wrong with keys.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The sealed key was sealed with another data key, or is damaged.
    #[error("a signing key can't be unsealed: {0}")]
    Sealed(String),
    /// The unsealed key is not a key of its algorithm.
    #[error("the signing key {0} is damaged")]
    Damaged(String),
    /// There is no current key for the algorithm.
    #[error("there is no current signing key for {0}")]
    Missing(&'static str),
    /// The claims can't be written as JSON.
    #[error("the claims can't be written as JSON: {0}")]
    Claims(String),
    /// The cryptographic library refused.
    #[error("the cryptographic library refused to {0}")]
    Refused(&'static str),
    /// No key has this id (Logto: `oidc.key_not_found`).
    #[error("there is no signing key {0}")]
    NotFound(String),
    /// Only a previous key can be deleted (Logto: `oidc.only_previous_key_can_be_deleted`).
    #[error("only a previous signing key can be deleted; {0} is in use")]
    InUse(String),
}

/// Why a token was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// It is not a compact JWS with a JSON header and JSON claims.
    #[error("it is not a JWT")]
    Malformed,
    /// Its `alg` is not accepted here.
    #[error("its algorithm {0} is not accepted here")]
    Algorithm(String),
    /// Its header demands extensions (`crit`) that are not understood (RFC 7515 section 4.1.11).
    #[error("its header has critical extensions")]
    Critical,
    /// Its `typ` says it is another kind of token.
    #[error("it is another kind of token ({0})")]
    Type(String),
    /// No key fits its `kid` and `alg`.
    #[error("no key fits it")]
    UnknownKey,
    /// The signature does not fit.
    #[error("its signature does not fit")]
    Signature,
    /// A required claim is absent or of the wrong type.
    #[error("its claim {0} is missing or of the wrong type")]
    Claim(&'static str),
    /// `iss` is another one.
    #[error("it was issued by {0}")]
    Issuer(String),
    /// `sub` is another one.
    #[error("its subject is {0}")]
    Subject(String),
    /// `aud` names others.
    #[error("it is meant for someone else")]
    Audience,
    /// `exp` has passed.
    #[error("it has expired")]
    Expired,
    /// `nbf` or `iat` lies in the future.
    #[error("it is not valid yet")]
    Early,
}
