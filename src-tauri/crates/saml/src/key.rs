//! The key with which a side signs, and the certificate that tells of it.

use bergshamra_keys::Key;

/// An RSA key and its certificate. Its private half is never shown.
#[derive(Clone)]
pub struct KeyPair {
    key: Key,
    certificate: Vec<u8>,
}

impl KeyPair {
    //// From a private RSA key (PKCS#8, DER), whose certificate is made here: signed by itself, valid for all time, the same
    /// one whenever it is made again.
    ///
    /// # Errors
    /// A sentence that says why the key can't be used.
    pub fn self_signed(pkcs8: &[u8], common_name: &str) -> Result<Self, String> {
        let unusable = |e: rcgen::Error| format!("No certificate can be made: {e}.");
        let signer = rcgen::KeyPair::from_pkcs8_der_and_sign_algo(&pkcs8.into(), &rcgen::PKCS_RSA_SHA256).map_err(unusable)?;
        let mut params = rcgen::CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(rcgen::DnType::CommonName, common_name);
        let certificate = params.self_signed(&signer).map_err(unusable)?;
        Self::new(pkcs8, certificate.der().to_vec())
    }

    //// From a private RSA key (PKCS#8, DER) and its certificate (DER).
    ///
    /// # Errors
    /// A sentence that says why the key can't be used.
    pub fn new(pkcs8: &[u8], certificate: Vec<u8>) -> Result<Self, String> {
        let unusable = |e: &dyn std::fmt::Display| format!("The key can't be used: {e}.");
        let data = bergshamra_keys::KeyData::from_pkcs8_der(kryptering::KeyAlgorithm::Rsa, pkcs8).map_err(|e| unusable(&e))?;
        let mut key = Key::new(data, bergshamra_keys::KeyUsage::Any);
        key.x509_chain.push(certificate.clone());
        Ok(Self { key, certificate })
    }

    /// The certificate, in DER.
    #[must_use]
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    pub(super) fn key(&self) -> Key {
        self.key.clone()
    }
}
