//! Enterprise SSO by SAML 2.0 (sheet 6.5): Logto's `SAML` and `AzureAD`.

use super::factories::preset;
use super::fields::field;
use super::{ConfigField, Factory, FieldKind, Shape};

const METADATA_URL: ConfigField = field("metadataUrl", "Metadata address", FieldKind::Url)
    .help("The provider's metadata are read there when you save and at each sign-in. They tell all that is asked for below.");

/// One of the three ways to name the provider is needed, so that no field is on its own.
const FIELDS: &[ConfigField] = &[
    METADATA_URL,
    field("metadata", "Metadata", FieldKind::Lines)
        .help("The metadata themselves, where they have no address: XML that starts with EntityDescriptor."),
    field("entityId", "Entity ID of the provider", FieldKind::Text)
        .help("Where there are no metadata: entity ID, sign-in address and certificate."),
    field("signInEndpoint", "Sign-in address", FieldKind::Url).help("The one for the HTTP-Redirect binding."),
    field("x509Certificate", "Certificate", FieldKind::Lines).help("With which the provider's signatures are checked, as PEM."),
    field("attributeMapping.id", "Attribute with the id", FieldKind::Text)
        .hint("nameID")
        .help("Whatever identifies a person for good. nameID is the subject of the assertion."),
    field("attributeMapping.email", "Attribute with the e-mail address", FieldKind::Text).hint("email"),
    field("attributeMapping.name", "Attribute with the name", FieldKind::Text).hint("name"),
];

pub(super) const SAML: Factory = preset("SAML", "", "SAML", Shape::Saml, "")
    .for_enterprise()
    .fields(FIELDS)
    .about(
        "Any company's SAML 2.0 identity provider.",
        &[
            "At the company's provider, add an application for SAML 2.0, with the assertion consumer service (reply address) {callback} and the entity ID (audience) {entityId}.",
            "Let it sign the assertion or the response, without encryption, and send the attributes email and name.",
            "Copy the address of its metadata into the form, and add the company's mail domains.",
        ],
    );

pub(super) const AZURE_AD: Factory = preset("AzureAD", "", "Microsoft Entra (SAML)", Shape::Saml, "")
    .for_enterprise()
    .fields(FIELDS)
    .about(
        "A company's Microsoft Entra, by SAML 2.0.",
        &[
            "In the Microsoft Entra admin centre, create an enterprise application of your own and choose SAML under Single sign-on.",
            "Set the identifier (entity ID) to {entityId} and the reply URL to {callback}.",
            "Copy the App Federation Metadata Url into the form, and add the company's mail domains.",
            "Entra names attributes by addresses: set the attribute of the e-mail address to http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress and that of the name to http://schemas.microsoft.com/identity/claims/displayname.",
        ],
    );
