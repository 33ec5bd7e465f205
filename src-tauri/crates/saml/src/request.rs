//! Asking a provider to sign somebody in (SAML Core 3.4.1), carried in an address (SAML Bindings 3.4).

use super::metadata::POST_BINDING;
use super::signature::{RSA_SHA256, key_of};
use super::{KeyPair, xml};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::Compression;
use flate2::read::{DeflateDecoder, DeflateEncoder};
use kryptering::{HashAlgorithm, SignatureAlgorithm, Signer as _, SoftwareSigner, SoftwareVerifier, Verifier as _};
use std::io::Read as _;
use url::Url;
use url::form_urlencoded::{Serializer, parse};
use vestibule_core::connectors::{IdentityProvider, ServiceProvider};
use vestibule_core::time::Timestamp;

const RSA: SignatureAlgorithm = SignatureAlgorithm::RsaPkcs1v15(HashAlgorithm::Sha256);

/// A request to sign somebody in.
pub struct AuthnRequest<'a> {
    /// A fresh id that nobody can guess: a letter or `_`, then letters and digits. The response has to name it.
    pub id: &'a str,
    /// Now.
    pub issued_at: Timestamp,
    /// Who asks.
    pub from: &'a ServiceProvider,
    /// Who is asked.
    pub to: &'a IdentityProvider,
    /// Whether the person has to prove who they are although the provider knows them.
    pub force_authn: bool,
}

impl AuthnRequest<'_> {
    /// The request as XML.
    #[must_use]
    pub fn to_xml(&self) -> String {
        format!(
            r#"<samlp:AuthnRequest xmlns:samlp="{protocol}" xmlns:saml="{assertion}" ID="{id}" Version="2.0" IssueInstant="{at}" Destination="{to}"{force} ProtocolBinding="{POST_BINDING}" AssertionConsumerServiceURL="{acs}"><saml:Issuer>{from}</saml:Issuer><samlp:NameIDPolicy AllowCreate="true"/></samlp:AuthnRequest>"#,
            protocol = xml::PROTOCOL,
            assertion = xml::ASSERTION,
            id = xml::escape(self.id),
            at = xml::write_moment(self.issued_at),
            to = xml::escape(&self.to.sign_in_endpoint),
            force = if self.force_authn { r#" ForceAuthn="true""# } else { "" },
            acs = xml::escape(&self.from.acs),
            from = xml::escape(&self.from.entity_id),
        )
    }

    /// Where the browser goes with it (HTTP-Redirect binding, SAML Bindings 3.4.4.1). With a key, the request is signed.
    ///
    /// # Errors
    /// A sentence: the provider's address is none, or the key can't sign.
    pub fn redirect_uri(&self, relay_state: &str, signing: Option<&KeyPair>) -> Result<String, String> {
        let mut target =
            Url::parse(&self.to.sign_in_endpoint).map_err(|e| format!("The provider's sign-in address can't be used: {e}."))?;
        let mut deflated = Vec::new();
        DeflateEncoder::new(self.to_xml().as_bytes(), Compression::default())
            .read_to_end(&mut deflated)
            .map_err(|e| format!("The request can't be packed: {e}."))?;
        let mut signed = Serializer::new(String::new());
        signed
            .append_pair("SAMLRequest", &BASE64.encode(deflated))
            .append_pair("RelayState", relay_state);
        let mut query = match signing {
            None => signed.finish(),
            Some(pair) => {
                let signed = signed.append_pair("SigAlg", RSA_SHA256).finish();
                let signature = pair.sign(signed.as_bytes())?;
                Serializer::new(signed).append_pair("Signature", &BASE64.encode(signature)).finish()
            }
        };
        // What the address has already stays in front; the signature is over the rest alone.
        if let Some(own) = target.query().filter(|own| !own.is_empty()) {
            query = format!("{own}&{query}");
        }
        target.set_query(Some(&query));
        Ok(target.into())
    }
}

impl KeyPair {
    /// The signature of an address (SAML Bindings 3.4.4.1).
    fn sign(&self, signed: &[u8]) -> Result<Vec<u8>, String> {
        let refused = |e: &dyn std::fmt::Display| format!("The request can't be signed: {e}.");
        let key = self
            .key()
            .software_key()
            .map_err(|e| refused(&e))?
            .ok_or_else(|| refused(&"there is no key"))?;
        let signer = SoftwareSigner::new(RSA, key).map_err(|e| refused(&e))?;
        signer.sign(signed).map_err(|e| refused(&e))
    }
}

/// A request as a provider reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedRequest {
    /// Its id, for `InResponseTo`.
    pub id: String,
    /// The service provider's entity id.
    pub issuer: String,
    /// Where it wants the response. To be compared with what is registered before anything is sent there.
    pub acs: Option<String>,
    /// Whether the person has to prove who they are again.
    pub force_authn: bool,
    /// To be given back as it came.
    pub relay_state: Option<String>,
}

/// Reads a request from the query of an address, as the provider does. With the service provider's certificate (DER) it has to be
/// signed.
///
/// # Errors
/// A sentence that says what is wrong with the request.
pub fn receive_request(query: &str, destination: &str, certificate: Option<&[u8]>) -> Result<ReceivedRequest, String> {
    let packed = one(query, "SAMLRequest")?.ok_or("The address has no `SAMLRequest`.")?;
    let relay_state = one(query, "RelayState")?;
    if let Some(certificate) = certificate {
        check_signature(query, certificate)?;
    }
    let packed = BASE64
        .decode(packed.trim())
        .map_err(|e| format!("`SAMLRequest` is not Base64: {e}."))?;
    let mut text = String::new();
    DeflateDecoder::new(packed.as_slice())
        .take(xml::MAX_BYTES as u64 + 1)
        .read_to_string(&mut text)
        .map_err(|e| format!("`SAMLRequest` can't be unpacked: {e}."))?;
    let doc = xml::parse(&text)?;
    let root = xml::root(&doc, xml::PROTOCOL, "AuthnRequest").ok_or("This is not an `AuthnRequest`.")?;
    let attribute = |name| xml::attribute(&doc, root, name).map(str::to_owned);
    if attribute("Version").as_deref() != Some("2.0") {
        return Err("This is not a request of SAML 2.0.".to_owned());
    }
    if let Some(other) = attribute("Destination").filter(|at| at != destination) {
        return Err(format!("The request was made for `{other}`, not for `{destination}`."));
    }
    Ok(ReceivedRequest {
        id: attribute("ID").filter(|id| !id.is_empty()).ok_or("The request has no `ID`.")?,
        issuer: xml::only_child(&doc, root, xml::ASSERTION, "Issuer")
            .and_then(|issuer| xml::text(&doc, issuer))
            .filter(|issuer| !issuer.is_empty())
            .ok_or("The request has no `Issuer`.")?,
        acs: attribute("AssertionConsumerServiceURL"),
        force_authn: matches!(attribute("ForceAuthn").as_deref(), Some("true" | "1")),
        relay_state,
    })
}

/// A parameter that may be there once.
fn one(query: &str, name: &str) -> Result<Option<String>, String> {
    let mut found = parse(query.as_bytes())
        .filter(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned());
    let first = found.next();
    if found.next().is_some() {
        return Err(format!("`{name}` is in the address more than once."));
    }
    Ok(first)
}

/// SAML Bindings 3.4.4.1: the signature is over the parameters as they were written, in this order.
fn check_signature(query: &str, certificate: &[u8]) -> Result<(), String> {
    let raw = |name: &str| query.split('&').find(|pair| pair.split('=').next() == Some(name));
    let algorithm = one(query, "SigAlg")?.ok_or("The request is not signed, and it has to be.")?;
    if algorithm != RSA_SHA256 {
        return Err(format!("The request is signed with `{algorithm}`. It has to be `{RSA_SHA256}`."));
    }
    let signature = one(query, "Signature")?.ok_or("The request is not signed, and it has to be.")?;
    let signature = BASE64.decode(signature).map_err(|e| format!("`Signature` is not Base64: {e}."))?;
    let parts: Vec<&str> = ["SAMLRequest", "RelayState", "SigAlg"].into_iter().filter_map(raw).collect();
    let refused = |e: &dyn std::fmt::Display| format!("The request's signature can't be checked: {e}.");
    let key = key_of(certificate)?
        .software_key()
        .map_err(|e| refused(&e))?
        .ok_or_else(|| refused(&"there is no key"))?;
    let verifier = SoftwareVerifier::new(RSA, key).map_err(|e| refused(&e))?;
    if verifier.verify(parts.join("&").as_bytes(), &signature).map_err(|e| refused(&e))? {
        Ok(())
    } else {
        Err("The request's signature does not hold.".to_owned())
    }
}
