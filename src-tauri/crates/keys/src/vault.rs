//! Sealing of secrets and signatures of cookies, with keys derived from the data key.

use crate::custody::DataKey;
use crate::error::KeyError;
use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::{hkdf, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use vestibule_core::port::{StoreError, Vault as VaultPort};
use vestibule_core::secret::Secret;
use zeroize::{Zeroize as _, Zeroizing};

const VERSION: &str = "v1";

/// Seals secrets and signs cookies.
///
/// A box is text: `v1.<key id>.<base64url(nonce | ciphertext | tag)>`, AES-256-GCM. Version and key id are authenticated
/// with it. The data key itself is never used for anything but deriving (HKDF-SHA256, RFC 5869).
pub struct Vault {
    prefix: String,
    sealing: RandomizedNonceKey,
    cookies: hmac::Key,
}

impl Vault {
    /// Derives the keys.
    ///
    /// # Errors
    /// When the cryptographic library refuses.
    pub fn new(key: &DataKey) -> Result<Self, KeyError> {
        let refused = |_| KeyError::Refused("prepare the data key");
        let sealing = derive(key, b"vestibule sealing v1")?;
        let cookies = derive(key, b"vestibule cookies v1")?;
        Ok(Self {
            prefix: format!("{VERSION}.{}.", key.id()),
            sealing: RandomizedNonceKey::new(&AES_256_GCM, &*sealing).map_err(refused)?,
            cookies: hmac::Key::new(hmac::HMAC_SHA256, &*cookies),
        })
    }

    /// The signature of a cookie: base64url of HMAC-SHA256 over `name=value`. It goes into the cookie `<name>.sig`
    /// (sheet 3.1).
    #[must_use]
    pub fn sign_cookie(&self, name: &str, value: &str) -> String {
        let mut context = hmac::Context::with_key(&self.cookies);
        for part in [name, "=", value] {
            context.update(part.as_bytes());
        }
        URL_SAFE_NO_PAD.encode(context.sign())
    }

    /// Whether a signature belongs to a cookie; in constant time.
    #[must_use]
    pub fn verify_cookie(&self, name: &str, value: &str, signature: &str) -> bool {
        let message = [name, "=", value].concat();
        URL_SAFE_NO_PAD
            .decode(signature)
            .is_ok_and(|tag| hmac::verify(&self.cookies, message.as_bytes(), &tag).is_ok())
    }

    fn unseal(&self, sealed: &str) -> Result<Secret, StoreError> {
        let damaged = || StoreError::Corrupt("a sealed secret is damaged".into());
        let mut parts = sealed.splitn(3, '.');
        let (Some(version), Some(id), Some(body)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(damaged());
        };
        if version != VERSION {
            return Err(StoreError::Corrupt(format!("a secret was sealed by a later release ({version})")));
        }
        let own = self.prefix.trim_start_matches("v1.").trim_end_matches('.');
        if id != own {
            return Err(StoreError::Corrupt(format!(
                "a secret was sealed with the data key {id}; the one in use is {own}"
            )));
        }
        let mut bytes = URL_SAFE_NO_PAD.decode(body).map_err(|_| damaged())?;
        let (nonce, sealed) = bytes.split_at_mut_checked(NONCE_LEN).ok_or_else(damaged)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| damaged())?;
        let text = self
            .sealing
            .open_in_place(nonce, Aad::from(self.prefix.as_bytes()), sealed)
            .ok()
            .and_then(|plain| std::str::from_utf8(plain).ok())
            .map(Secret::new);
        bytes.zeroize();
        text.ok_or_else(damaged)
    }
}

impl VaultPort for Vault {
    fn seal(&self, secret: &Secret) -> String {
        let mut bytes = Zeroizing::new(secret.expose().as_bytes().to_vec());
        let nonce = self
            .sealing
            .seal_in_place_append_tag(Aad::from(self.prefix.as_bytes()), &mut *bytes);
        let Ok(nonce) = nonce else {
            unreachable!("AES-GCM takes any text below 64 GiB")
        };
        let sealed = [nonce.as_ref().as_slice(), &bytes].concat();
        format!("{}{}", self.prefix, URL_SAFE_NO_PAD.encode(sealed))
    }

    fn open(&self, sealed: &str) -> Result<Secret, StoreError> {
        self.unseal(sealed)
    }
}

fn derive(key: &DataKey, label: &[u8]) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let mut out = Zeroizing::new([0; 32]);
    hkdf::Salt::new(hkdf::HKDF_SHA256, b"vestibule")
        .extract(key.bytes())
        .expand(&[label], hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(&mut *out))
        .map_err(|_| KeyError::Refused("derive a key"))?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(byte: u8) -> Vault {
        Vault::new(&DataKey::from_bytes([byte; 32])).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_again_and_looks_different_each_time() {
        let vault = vault(1);
        for text in ["", "x", "a secret with ünïcode", &"long ".repeat(10_000)] {
            let (a, b) = (vault.seal(&Secret::new(text)), vault.seal(&Secret::new(text)));
            assert_ne!(a, b);
            assert!(a.starts_with("v1.") && a.split('.').nth(1).unwrap().len() == 16, "{a}");
            assert_eq!(vault.open(&a).unwrap().expose(), text);
            assert_eq!(vault.open(&b).unwrap().expose(), text);
        }
    }

    #[test]
    fn every_changed_character_is_noticed() {
        let vault = vault(2);
        let sealed = vault.seal(&Secret::new("hunter2"));
        for at in 0..sealed.len() {
            let mut other = sealed.clone().into_bytes();
            other[at] = if other[at] == b'A' { b'B' } else { b'A' };
            let other = String::from_utf8(other).unwrap();
            // The last character of base64 without padding may carry bits that mean nothing: then it is refused, too.
            assert!(vault.open(&other).is_err(), "position {at}");
        }
        for short in ["", "v1", "v1..", "v1.0000000000000000.", "v2.a.b", &sealed[..sealed.len() - 4]] {
            assert!(vault.open(short).is_err(), "{short}");
        }
    }

    #[test]
    fn another_data_key_is_named() {
        let sealed = vault(3).seal(&Secret::new("x"));
        let error = vault(4).open(&sealed).err().unwrap().to_string();
        assert!(
            error.contains(&DataKey::from_bytes([3; 32]).id()) && error.contains(&DataKey::from_bytes([4; 32]).id()),
            "{error}"
        );
    }

    #[test]
    fn cookies_are_bound_to_name_and_value_and_key() {
        let (a, b) = (vault(5), vault(6));
        let signature = a.sign_cookie("_session", "abc");
        assert_eq!(signature.len(), 43);
        assert!(a.verify_cookie("_session", "abc", &signature));
        assert!(!a.verify_cookie("_session", "abd", &signature));
        assert!(!a.verify_cookie("_interaction", "abc", &signature));
        assert!(!b.verify_cookie("_session", "abc", &signature));
        assert!(!a.verify_cookie("_session", "abc", ""));
        assert!(!a.verify_cookie("_session", "abc", "not base64 !"));
        assert_eq!(signature, a.sign_cookie("_session", "abc"), "stable");
    }

    #[test]
    fn derived_keys_differ_by_label() {
        let key = DataKey::from_bytes([7; 32]);
        assert_ne!(*derive(&key, b"a").unwrap(), *derive(&key, b"b").unwrap());
    }
}
