//! Which elements of a message the identity provider's keys vouch for (SAML Core 5.4). The signatures themselves are checked
//! by bergshamra. This asks beforehand that they look as SAML says, and afterwards that what was signed is what gets read.

use super::xml;
use bergshamra_dsig::{DsigContext, VerifyResult};
use bergshamra_keys::{Key, KeysManager};
use uppsala::{Document, NodeId};

/// Exclusive canonicalisation without comments (SAML Core 5.4.3).
pub(super) const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
/// The enveloped-signature transform (SAML Core 5.4.4).
pub(super) const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
/// RSA with SHA-256, PKCS#1 v1.5: what every SAML provider knows.
pub(super) const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
/// SHA-256.
pub(super) const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";

const SIGNATURES: &[&str] = &[
    RSA_SHA256,
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512",
];
const DIGESTS: &[&str] = &[
    SHA256,
    "http://www.w3.org/2001/04/xmldsig-more#sha384",
    "http://www.w3.org/2001/04/xmlenc#sha512",
];

/// The key of a certificate in DER. Chain and dates are not looked at: in SAML a certificate is a wrapping for the key that
/// the administrator put there (SAML Metadata Interoperability 2.6.1).
pub(super) fn key_of(certificate: &[u8]) -> Result<Key, String> {
    bergshamra_keys::loader::load_x509_cert_der(certificate).map_err(|e| format!("The certificate can't be used: {e}."))
}

/// The elements that a valid signature covers. `may_be_signed` are the response and its assertion; a signature anywhere else,
/// or a second one, is refused, and so is the message if any of its signatures does not hold.
pub(super) fn signed_elements(doc: &Document<'_>, may_be_signed: &[NodeId], certificates: &[Vec<u8>]) -> Result<Vec<NodeId>, String> {
    let signatures = doc.get_elements_by_tag_name_ns(xml::SIGNATURE, "Signature");
    if signatures.is_empty() {
        return Err("Nothing in it is signed. Neither the response nor the assertion has a signature.".to_owned());
    }
    let mut signed = Vec::new();
    for signature in &signatures {
        let parent = doc
            .parent(*signature)
            .filter(|parent| may_be_signed.contains(parent))
            .ok_or("It has a signature where none belongs: only a response and its assertion are signed, each by a child of its own.")?;
        if signed.contains(&parent) {
            return Err("One element has two signatures.".to_owned());
        }
        looks_as_saml_says(doc, *signature, parent)?;
        signed.push(parent);
    }
    let mut keys = KeysManager::new();
    for certificate in certificates {
        keys.add_key(key_of(certificate)?);
    }
    // These defaults take no key from the message itself.
    let context = DsigContext::new(keys);
    let results =
        bergshamra_dsig::verify::verify_all_document(&context, doc).map_err(|e| format!("The signature can't be checked: {e}."))?;
    if results.len() != signatures.len() {
        return Err("Not every signature was checked.".to_owned());
    }
    for result in results {
        match result {
            VerifyResult::Valid {
                signature_node,
                references,
                ..
            } => {
                let parent = doc.parent(signature_node);
                let exactly = matches!(references.as_slice(), [only] if only.digest_verified && only.resolved_node == parent);
                if !exactly || !parent.is_some_and(|parent| signed.contains(&parent)) {
                    return Err("A signature vouches for something else than the element that it is in.".to_owned());
                }
            }
            VerifyResult::Invalid { reason } => return Err(format!("A signature does not hold: {reason}.")),
        }
    }
    Ok(signed)
}

/// SAML Core 5.4.1 to 5.4.4: one reference, to the element that the signature is in, by its ID; two transforms at most.
fn looks_as_saml_says(doc: &Document<'_>, signature: NodeId, parent: NodeId) -> Result<(), String> {
    let algorithm = |node| xml::attribute(doc, node, "Algorithm").unwrap_or_default();
    let child = |node, name| xml::only_child(doc, node, xml::SIGNATURE, name).ok_or(format!("A signature needs exactly one `{name}`."));
    if xml::has_remarks(doc, signature) {
        return Err("A signature has a comment or a processing instruction in it.".to_owned());
    }
    if !xml::children(doc, signature, xml::SIGNATURE, "Object").is_empty() {
        return Err("A signature has an `Object` in it, which SAML forbids.".to_owned());
    }
    let info = child(signature, "SignedInfo")?;
    child(signature, "SignatureValue")?;
    if algorithm(child(info, "CanonicalizationMethod")?) != EXCLUSIVE {
        return Err(format!("A signature is canonicalised in another way than `{EXCLUSIVE}`."));
    }
    let method = algorithm(child(info, "SignatureMethod")?);
    if !SIGNATURES.contains(&method) {
        return Err(format!(
            "The algorithm `{method}` is not accepted. Let the provider sign with RSA or ECDSA and SHA-256 or more."
        ));
    }
    let reference = child(info, "Reference")?;
    let id = xml::attribute(doc, parent, "ID")
        .filter(|id| !id.is_empty())
        .ok_or("The signed element has no `ID`.")?;
    if xml::attribute(doc, reference, "URI").and_then(|uri| uri.strip_prefix('#')) != Some(id) {
        return Err("A signature refers to something else than the element that it is in.".to_owned());
    }
    let digest = algorithm(child(reference, "DigestMethod")?);
    if !DIGESTS.contains(&digest) {
        return Err(format!(
            "The digest `{digest}` is not accepted. Let the provider use SHA-256 or more."
        ));
    }
    child(reference, "DigestValue")?;
    let transforms = child(reference, "Transforms")?;
    let names: Vec<&str> = xml::elements(doc, transforms).into_iter().map(algorithm).collect();
    if names != [ENVELOPED, EXCLUSIVE] {
        return Err(
            "A signature transforms in another way than SAML allows: enveloped signature, then exclusive canonicalisation.".to_owned(),
        );
    }
    Ok(())
}

/// The empty signature of an element, to be filled by [`sign`]. It stands after the element's `Issuer`.
pub(super) fn template(id: &str, certificate: &[u8]) -> String {
    let key_info = bergshamra_keys::build_x509_key_info_from_der(&[certificate]);
    format!(
        r##"<ds:Signature xmlns:ds="{ns}"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}"/><ds:SignatureMethod Algorithm="{RSA_SHA256}"/><ds:Reference URI="#{id}"><ds:Transforms><ds:Transform Algorithm="{ENVELOPED}"/><ds:Transform Algorithm="{EXCLUSIVE}"/></ds:Transforms><ds:DigestMethod Algorithm="{SHA256}"/><ds:DigestValue></ds:DigestValue></ds:Reference></ds:SignedInfo><ds:SignatureValue></ds:SignatureValue>{key_info}</ds:Signature>"##,
        ns = xml::SIGNATURE,
        id = xml::escape(id),
    )
}

/// Fills the document's only [`template`].
pub(super) fn sign(unsigned: &str, key: Key) -> Result<String, String> {
    let mut keys = KeysManager::new();
    keys.add_key(key);
    bergshamra_dsig::sign::sign(&DsigContext::new(keys), unsigned).map_err(|e| format!("The message can't be signed: {e}."))
}
