//! What two SAML partners know of each other (SAML Metadata 2).

use super::signature::key_of;
use super::{KeyPair, xml};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use uppsala::{Document, NodeId};
use vestibule_core::connectors::{IdentityProvider, ServiceProvider};

/// The binding in which requests go out.
pub(super) const REDIRECT_BINDING: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
/// The binding in which responses come in.
pub(super) const POST_BINDING: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";

/// Reads a provider's metadata. Their own signature is not looked at: whoever configures the connector vouches for them,
/// as for a certificate that is pasted.
///
/// # Errors
/// A sentence that says what is missing or wrong.
pub fn read_metadata(metadata: &str) -> Result<IdentityProvider, String> {
    let doc = xml::parse(metadata)?;
    let entity = entity(&doc)?;
    let entity_id = xml::attribute(&doc, entity, "entityID").filter(|id| !id.is_empty());
    let entity_id = entity_id.ok_or("The metadata have no `entityID`.")?.to_owned();
    let role = xml::children(&doc, entity, xml::METADATA, "IDPSSODescriptor")
        .into_iter()
        .find(|role| {
            let protocols = xml::attribute(&doc, *role, "protocolSupportEnumeration").unwrap_or_default();
            protocols.split_whitespace().any(|protocol| protocol == xml::PROTOCOL)
        })
        .ok_or("The metadata are not an identity provider's: they have no `IDPSSODescriptor` for SAML 2.0.")?;
    let sign_in_endpoint = xml::children(&doc, role, xml::METADATA, "SingleSignOnService")
        .into_iter()
        .find(|service| xml::attribute(&doc, *service, "Binding") == Some(REDIRECT_BINDING))
        .and_then(|service| xml::attribute(&doc, service, "Location"))
        .ok_or("The metadata have no `SingleSignOnService` with the HTTP-Redirect binding.")?;
    let mut certificates = Vec::new();
    for key in xml::children(&doc, role, xml::METADATA, "KeyDescriptor") {
        if xml::attribute(&doc, key, "use").is_some_and(|purpose| purpose != "signing") {
            continue;
        }
        for certificate in descendants(&doc, key, "X509Certificate") {
            certificates.push(read_certificate(&doc.text_content_deep(certificate))?);
        }
    }
    let wants_signed_requests = matches!(xml::attribute(&doc, role, "WantAuthnRequestsSigned"), Some("true" | "1"));
    checked(IdentityProvider {
        entity_id,
        sign_in_endpoint: sign_in_endpoint.to_owned(),
        certificates,
        wants_signed_requests,
    })
}

/// A provider as an administrator typed it: `entityId`, `signInEndpoint`, `x509Certificate` (PEM, or only what stands
/// between its first and last line).
///
/// # Errors
/// A sentence that says what is missing or wrong.
pub fn read_parts(entity_id: &str, sign_in_endpoint: &str, x509_certificate: &str) -> Result<IdentityProvider, String> {
    if entity_id.trim().is_empty() {
        return Err("The provider's entity id is missing.".to_owned());
    }
    checked(IdentityProvider {
        entity_id: entity_id.trim().to_owned(),
        sign_in_endpoint: sign_in_endpoint.trim().to_owned(),
        certificates: vec![read_certificate(x509_certificate)?],
        wants_signed_requests: false,
    })
}

fn checked(provider: IdentityProvider) -> Result<IdentityProvider, String> {
    if !url::Url::parse(&provider.sign_in_endpoint).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host()) {
        return Err(format!(
            "The sign-in address `{}` is not an address. It starts with https:// or http://.",
            provider.sign_in_endpoint
        ));
    }
    if provider.certificates.is_empty() {
        return Err("The metadata have no certificate to check signatures with.".to_owned());
    }
    for certificate in &provider.certificates {
        key_of(certificate)?;
    }
    Ok(provider)
}

/// The provider's own element. A list of providers is taken if there is only one in it.
fn entity(doc: &Document<'_>) -> Result<NodeId, String> {
    if let Some(entity) = xml::root(doc, xml::METADATA, "EntityDescriptor") {
        return Ok(entity);
    }
    let list =
        xml::root(doc, xml::METADATA, "EntitiesDescriptor").ok_or("This is not SAML metadata: they start with `EntityDescriptor`.")?;
    xml::only_child(doc, list, xml::METADATA, "EntityDescriptor")
        .ok_or_else(|| "The metadata tell of several providers. Give those of one: its `EntityDescriptor`.".to_owned())
}

fn descendants(doc: &Document<'_>, node: NodeId, name: &str) -> Vec<NodeId> {
    doc.descendants(node)
        .into_iter()
        .filter(|node| xml::is(doc, *node, xml::SIGNATURE, name))
        .collect()
}

/// A certificate from PEM or bare Base64, as DER.
fn read_certificate(text: &str) -> Result<Vec<u8>, String> {
    let bare: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("-----"))
        .flat_map(str::chars)
        .filter(|c| !c.is_whitespace())
        .collect();
    if bare.is_empty() {
        return Err("The certificate is missing.".to_owned());
    }
    BASE64.decode(bare).map_err(|e| format!("The certificate is not Base64: {e}."))
}

/// A service provider's metadata, to be given to the provider. `signing` is there if requests are signed.
#[must_use]
pub fn service_metadata(own: &ServiceProvider, signing: Option<&KeyPair>) -> String {
    format!(
        r#"<md:EntityDescriptor xmlns:md="{md}" entityID="{id}"><md:SPSSODescriptor AuthnRequestsSigned="{signed}" WantAssertionsSigned="true" protocolSupportEnumeration="{protocol}">{key}<md:AssertionConsumerService Binding="{POST_BINDING}" Location="{acs}" index="0" isDefault="true"/></md:SPSSODescriptor></md:EntityDescriptor>"#,
        md = xml::METADATA,
        id = xml::escape(&own.entity_id),
        signed = signing.is_some(),
        protocol = xml::PROTOCOL,
        key = signing.map(key_descriptor).unwrap_or_default(),
        acs = xml::escape(&own.acs),
    )
}

/// What metadata say of a signing key.
pub(super) fn key_descriptor(pair: &KeyPair) -> String {
    let key_info = bergshamra_keys::build_x509_key_info_from_der(&[pair.certificate()]);
    format!(r#"<md:KeyDescriptor use="signing">{key_info}</md:KeyDescriptor>"#)
}
