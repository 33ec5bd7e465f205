//! The provider's side: what a simulated identity provider says (SAML Core 3.3.3). It signs exactly what it is told to, so
//! that a failure persona is a response with one member changed.

use super::metadata::{REDIRECT_BINDING, key_descriptor};
use super::request::ReceivedRequest;
use super::signature::{sign, template};
use super::{KeyPair, xml};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::fmt::Write as _;
use vestibule_core::time::Timestamp;

/// How long a simulated provider's word holds, in **seconds**.
pub const VALID_FOR: i64 = 300;

/// A simulated provider's metadata (SAML Metadata 2.4.3).
#[must_use]
pub fn provider_metadata(entity_id: &str, sign_in_endpoint: &str, pair: &KeyPair) -> String {
    format!(
        r#"<md:EntityDescriptor xmlns:md="{md}" entityID="{id}"><md:IDPSSODescriptor WantAuthnRequestsSigned="false" protocolSupportEnumeration="{protocol}">{key}<md:SingleSignOnService Binding="{REDIRECT_BINDING}" Location="{at}"/></md:IDPSSODescriptor></md:EntityDescriptor>"#,
        md = xml::METADATA,
        id = xml::escape(entity_id),
        protocol = xml::PROTOCOL,
        key = key_descriptor(pair),
        at = xml::escape(sign_in_endpoint),
    )
}

/// What is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signs {
    /// The assertion: what most providers do.
    Assertion,
    /// The response around it.
    Response,
    /// Both.
    Both,
    /// Neither.
    Nothing,
}

/// Whom the provider tells of.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    /// `NameID`.
    pub name_id: String,
    /// Attributes by name, each with its values.
    pub attributes: Vec<(String, Vec<String>)>,
}

/// A response to be signed. [`Answer::to`] makes a good one.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Fresh id of the response; the assertion's is derived from it.
    pub id: String,
    /// The provider's entity id.
    pub issuer: String,
    /// The request's id.
    pub in_response_to: Option<String>,
    /// Where the response is posted.
    pub recipient: String,
    /// Whom it is for: the service provider's entity id.
    pub audience: String,
    /// Now.
    pub issued_at: Timestamp,
    /// Until when it holds.
    pub expires_at: Timestamp,
    /// The person; or the status under which nobody is told of, such as
    /// `urn:oasis:names:tc:SAML:2.0:status:AuthnFailed`, and a sentence about it.
    pub subject: Result<Subject, (String, String)>,
    /// What is signed.
    pub signs: Signs,
}

impl Answer {
    /// The answer to a request.
    #[must_use]
    pub fn to(request: &ReceivedRequest, id: String, issuer: String, acs: String, subject: Subject, now: Timestamp) -> Self {
        Self {
            id,
            issuer,
            in_response_to: Some(request.id.clone()),
            recipient: acs,
            audience: request.issuer.clone(),
            issued_at: now,
            expires_at: now.plus_seconds(VALID_FOR),
            subject: Ok(subject),
            signs: Signs::Assertion,
        }
    }

    /// The value of `SAMLResponse`: signed, then Base64 (HTTP-POST binding, SAML Bindings 3.5.4).
    ///
    /// # Errors
    /// A sentence: the key can't sign.
    pub fn encode(&self, pair: &KeyPair) -> Result<String, String> {
        Ok(BASE64.encode(self.to_xml(pair)?))
    }

    /// The signed response as XML.
    ///
    /// # Errors
    /// As [`Answer::encode`].
    pub fn to_xml(&self, pair: &KeyPair) -> Result<String, String> {
        let assertion = match &self.subject {
            Err(_) => String::new(),
            Ok(subject) => {
                // The assertion is signed as a document of its own, and put into the response as it is: exclusive
                // canonicalisation makes the signature hold there too (XML Exclusive C14N 1).
                let unsigned = self.assertion(subject, pair);
                if matches!(self.signs, Signs::Assertion | Signs::Both) {
                    sign(&unsigned, pair.key())?
                } else {
                    unsigned
                }
            }
        };
        let (status, around) = match &self.subject {
            Ok(_) => (
                r#"<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/>"#.to_owned(),
                matches!(self.signs, Signs::Response | Signs::Both),
            ),
            Err((code, message)) => (
                format!(
                    r#"<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder"><samlp:StatusCode Value="{}"/></samlp:StatusCode><samlp:StatusMessage>{}</samlp:StatusMessage>"#,
                    xml::escape(code),
                    xml::escape(message)
                ),
                self.signs != Signs::Nothing,
            ),
        };
        let response = |signature: &str, assertion: &str| {
            format!(
                r#"<samlp:Response xmlns:samlp="{protocol}" xmlns:saml="{ns}" ID="{id}" Version="2.0" IssueInstant="{at}" Destination="{to}"{reply}><saml:Issuer>{issuer}</saml:Issuer>{signature}<samlp:Status>{status}</samlp:Status>{assertion}</samlp:Response>"#,
                protocol = xml::PROTOCOL,
                ns = xml::ASSERTION,
                id = xml::escape(&self.id),
                at = xml::write_moment(self.issued_at),
                to = xml::escape(&self.recipient),
                reply = self.reply(),
                issuer = xml::escape(&self.issuer),
            )
        };
        if !around {
            return Ok(response("", &assertion));
        }
        sign(&response(&template(&self.id, pair.certificate()), &assertion), pair.key())
    }

    fn reply(&self) -> String {
        let reply = |id: &String| format!(r#" InResponseTo="{}""#, xml::escape(id));
        self.in_response_to.as_ref().map(reply).unwrap_or_default()
    }

    fn assertion(&self, subject: &Subject, pair: &KeyPair) -> String {
        let id = format!("{}-a", self.id);
        let signature = match self.signs {
            Signs::Assertion | Signs::Both => template(&id, pair.certificate()),
            Signs::Response | Signs::Nothing => String::new(),
        };
        let mut attributes = String::new();
        for (name, values) in &subject.attributes {
            let _ = write!(attributes, r#"<saml:Attribute Name="{}">"#, xml::escape(name));
            for value in values {
                let _ = write!(attributes, "<saml:AttributeValue>{}</saml:AttributeValue>", xml::escape(value));
            }
            attributes.push_str("</saml:Attribute>");
        }
        if !attributes.is_empty() {
            attributes = format!("<saml:AttributeStatement>{attributes}</saml:AttributeStatement>");
        }
        format!(
            r#"<saml:Assertion xmlns:saml="{ns}" ID="{id}" Version="2.0" IssueInstant="{at}"><saml:Issuer>{issuer}</saml:Issuer>{signature}<saml:Subject><saml:NameID>{name_id}</saml:NameID><saml:SubjectConfirmation Method="{BEARER}"><saml:SubjectConfirmationData NotOnOrAfter="{until}" Recipient="{to}"{reply}/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="{at}" NotOnOrAfter="{until}"><saml:AudienceRestriction><saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="{at}" SessionIndex="{id}"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>{attributes}</saml:Assertion>"#,
            ns = xml::ASSERTION,
            id = xml::escape(&id),
            at = xml::write_moment(self.issued_at),
            until = xml::write_moment(self.expires_at),
            issuer = xml::escape(&self.issuer),
            name_id = xml::escape(&subject.name_id),
            to = xml::escape(&self.recipient),
            reply = self.reply(),
            audience = xml::escape(&self.audience),
            BEARER = super::response::BEARER,
        )
    }
}
