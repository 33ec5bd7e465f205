//! Requests, metadata, and answers that are accepted.

use super::*;
use serde_json::json;
use url::Url;

fn ask(signing: Option<&KeyPair>) -> String {
    let (provider, own) = (provider(), own());
    let request = AuthnRequest {
        id: "_request",
        issued_at: NOW,
        from: &own,
        to: &provider,
        force_authn: true,
    };
    request.redirect_uri("state & more", signing).unwrap()
}

#[test]
fn a_request_arrives_as_it_was_sent() {
    let address = Url::parse(&ask(None)).unwrap();
    assert!(
        address.as_str().starts_with("https://idp.example.test/sso?tenant=7&SAMLRequest="),
        "{address}"
    );
    let received = receive_request(address.query().unwrap(), SSO, None).unwrap();
    let sent = ReceivedRequest {
        force_authn: true,
        relay_state: Some("state & more".to_owned()),
        ..request()
    };
    assert_eq!(received, sent);
    let wrong_place = receive_request(address.query().unwrap(), "https://other.test", None).unwrap_err();
    assert!(wrong_place.contains("https://other.test"), "{wrong_place}");
}

#[test]
fn a_signed_request_holds_until_a_letter_changes() {
    let address = Url::parse(&ask(Some(pair()))).unwrap();
    let query = address.query().unwrap();
    let certificate = pair().certificate();
    receive_request(query, SSO, Some(certificate)).unwrap();
    let why = |query: &str, certificate| receive_request(query, SSO, Some(certificate)).unwrap_err();
    assert!(why(&query.replace("state", "stale"), certificate).contains("does not hold"));
    assert!(why(query, strange_pair().certificate()).contains("does not hold"));
    let unsigned = Url::parse(&ask(None)).unwrap();
    assert!(why(unsigned.query().unwrap(), certificate).contains("not signed"));
    let twice = format!("RelayState=other&{query}");
    assert!(why(&twice, certificate).contains("more than once"));
}

#[test]
fn a_request_that_unpacks_to_more_than_is_read_is_refused() {
    use std::io::Read as _;
    let mut packed = Vec::new();
    flate2::read::DeflateEncoder::new(std::io::repeat(b' ').take(4 * 1024 * 1024), flate2::Compression::best())
        .read_to_end(&mut packed)
        .unwrap();
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("SAMLRequest", &BASE64.encode(packed))
        .finish();
    let why = receive_request(&query, SSO, None).unwrap_err();
    assert!(why.contains("At most"), "{why}");
}

#[test]
fn a_good_answer_tells_of_the_person() {
    for signs in [Signs::Assertion, Signs::Response, Signs::Both] {
        let accepted = verify(&changed(|answer| answer.signs = signs)).unwrap();
        assert_eq!(accepted.issuer, IDP);
        assert_eq!(accepted.user.id, "alice");
        assert_eq!(accepted.user.email.as_deref(), Some("alice@acme.test"));
        assert_eq!(accepted.user.name.as_deref(), Some("Alice <& Sons> \"Ltd\""));
        assert_eq!(accepted.user.raw_data["groups"], json!(["one", "two"]));
        let rules: Vec<&str> = accepted.because.iter().map(|because| &*because.rule).collect();
        assert_eq!(rules, ["saml.signature", "saml.issuer", "saml.subject", "saml.conditions"]);
    }
}

#[test]
fn the_mapping_says_where_the_person_is() {
    let mapping = AttributeMapping {
        id: "email".to_owned(),
        email: "groups".to_owned(),
        name: "absent".to_owned(),
    };
    let expected = |mapping| {
        verify_response(
            &answer().encode(pair()).unwrap(),
            &Expected {
                provider: &provider(),
                own: &own(),
                request_id: "_request",
                mapping,
                now: NOW,
            },
        )
    };
    let user = expected(&mapping).unwrap().user;
    assert_eq!(
        (user.id.as_str(), user.email.as_deref(), user.name),
        ("alice@acme.test", Some("one"), None)
    );
    let no_id = AttributeMapping {
        id: "absent".to_owned(),
        ..mapping.clone()
    };
    let failure = expected(&no_id).map(|accepted| accepted.user).unwrap_err();
    assert_eq!(failure.because.rule, "saml.attributes");
}

#[test]
fn either_key_is_good_while_a_provider_changes_its_key() {
    let mut provider = provider();
    provider.certificates.insert(0, strange_pair().certificate().to_vec());
    let expected = Expected {
        provider: &provider,
        own: &own(),
        request_id: "_request",
        mapping: &AttributeMapping::default(),
        now: NOW,
    };
    for signer in [pair(), strange_pair()] {
        verify_response(&answer().encode(signer).unwrap(), &expected).unwrap();
    }
}

#[test]
fn metadata_are_read_back() {
    let provider = provider();
    assert_eq!((provider.entity_id.as_str(), provider.sign_in_endpoint.as_str()), (IDP, SSO));
    assert_eq!(provider.certificates, [pair().certificate()]);
    let typed = BASE64.encode(pair().certificate());
    let pem = format!("-----BEGIN CERTIFICATE-----\n{typed}\n-----END CERTIFICATE-----\n");
    for certificate in [typed, pem] {
        assert_eq!(read_parts(IDP, SSO, &certificate).unwrap(), provider);
    }
    let own = service_metadata(&own(), Some(pair()));
    let why = read_metadata(&own).unwrap_err();
    assert!(own.contains(ACS) && why.contains("not an identity provider"), "{why}");
}

#[test]
fn metadata_that_cannot_work_are_refused_with_a_reason() {
    let good = provider_metadata(IDP, SSO, pair());
    let certificate = cut(&good, "<ds:X509Certificate>", "</ds:X509Certificate>").to_owned();
    let cases = [
        ("<html></html>".to_owned(), "not SAML metadata"),
        ("no xml".to_owned(), "not XML"),
        (good.replace("HTTP-Redirect", "HTTP-Artifact"), "HTTP-Redirect"),
        (
            good.replace("https://idp.example.test/sso", "javascript:alert(1)"),
            "not an address",
        ),
        (good.replace(&certificate, ""), "no certificate"),
        (
            good.replace(&certificate, "<ds:X509Certificate>AAAA</ds:X509Certificate>"),
            "can't be used",
        ),
        (good.replace("entityID", "entity"), "entityID"),
        (format!("<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>{good}"), "not XML"),
    ];
    for (metadata, reason) in cases {
        let why = read_metadata(&metadata).unwrap_err();
        assert!(why.contains(reason), "{why} should say {reason}");
    }
    assert!(read_parts(IDP, SSO, "not base 64!").unwrap_err().contains("Base64"));
}

#[test]
fn a_certificate_is_the_same_whenever_it_is_made() {
    let key = pkcs8();
    let made = || KeyPair::self_signed(&key, "simulated").unwrap().certificate().to_vec();
    assert_eq!(made(), made());
}

/// Responses made elsewhere: laid out by hand, with prefixes, white space, comments, CDATA and an offset of their own, and
/// signed by npm's xml-crypto 6.1 with an inclusive prefix list, as Logto's library and most of Node's do.
#[test]
fn answers_signed_by_another_library_are_read() {
    let vectors = [
        (include_str!("vectors/rsa.crt"), include_str!("vectors/rsa-assertion.xml")),
        (include_str!("vectors/rsa.crt"), include_str!("vectors/rsa-both.xml")),
        (include_str!("vectors/ec.crt"), include_str!("vectors/ec-assertion.xml")),
        (include_str!("vectors/ec.crt"), include_str!("vectors/ec-both.xml")),
    ];
    for (certificate, xml) in vectors {
        let expected = Expected {
            provider: &read_parts(IDP, SSO, certificate).unwrap(),
            own: &own(),
            request_id: "_request",
            mapping: &AttributeMapping::default(),
            now: NOW,
        };
        let user = verify_response(&BASE64.encode(xml), &expected).unwrap().user;
        assert_eq!(user.id, "zoë@acme.test");
        assert_eq!(user.email.as_deref(), Some("zoe@acme.test"));
        assert_eq!(user.name.as_deref(), Some("Zoë & \"Co\" >"));
        let changed = xml.replace("zoë", "eve");
        assert_ne!(changed, xml);
        let failure = verify_response(&BASE64.encode(changed), &expected)
            .map(|accepted| accepted.user)
            .unwrap_err();
        assert_eq!(failure.because.rule, "saml.signature");
    }
}
