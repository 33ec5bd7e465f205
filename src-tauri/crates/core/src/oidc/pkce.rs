//! Proof Key for Code Exchange (RFC 7636), S256 only (sheet 1.12).

use super::OidcError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// Checks length and alphabet of a challenge or verifier (RFC 7636 section 4.1).
///
/// # Errors
/// `invalid_request` naming `parameter`.
pub fn check_format(parameter: &str, value: &str) -> Result<(), OidcError> {
    if value.len() < 43 {
        return Err(OidcError::invalid_request(format!(
            "{parameter} must be a string with a minimum length of 43 characters"
        )));
    }
    if value.len() > 128 {
        return Err(OidcError::invalid_request(format!(
            "{parameter} must be a string with a maximum length of 128 characters"
        )));
    }
    if !value
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~'))
    {
        return Err(OidcError::invalid_request(format!("{parameter} contains invalid characters")));
    }
    Ok(())
}

/// Whether `verifier` hashes to `challenge` (RFC 7636 section 4.6).
#[must_use]
pub fn verify(challenge: &str, verifier: &str) -> bool {
    let computed = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    computed.as_bytes().ct_eq(challenge.as_bytes()).into()
}

/// The challenge of a verifier.
#[must_use]
pub fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rfc_example_verifies() {
        // RFC 7636 appendix B.
        assert!(verify(
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        ));
        assert!(!verify(
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXX"
        ));
    }

    #[test]
    fn format_rules_name_the_parameter() {
        for (value, wanted) in [
            ("short".to_owned(), "minimum length of 43"),
            ("a".repeat(129), "maximum length of 128"),
            ("a".repeat(42) + "!", "contains invalid characters"),
        ] {
            let error = check_format("code_challenge", &value).unwrap_err();
            let text = error.description.unwrap();
            assert!(text.starts_with("code_challenge") && text.contains(wanted), "{text}");
        }
        assert!(check_format("code_verifier", &"a".repeat(43)).is_ok());
    }
}
