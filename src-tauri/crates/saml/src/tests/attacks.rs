//! Answers that must not be believed.

use super::*;
use vestibule_core::connectors::FailureKind;

/// The assertion of a response, as XML.
fn assertion_of(response: &str) -> &str {
    cut(response, "<saml:Assertion", "</saml:Assertion>")
}

/// An assertion about mallory that nobody signed, with another id.
fn forged() -> String {
    let unsigned = changed(|answer| {
        answer.signs = Signs::Nothing;
        answer.id = "_forged".to_owned();
    });
    assertion_of(&unsigned).replace("alice", "mallory")
}

#[test]
fn nothing_signed() {
    let (rule, why) = refusal(&changed(|answer| answer.signs = Signs::Nothing));
    assert_eq!(rule, "saml.signature");
    assert!(why.contains("Nothing in it is signed"), "{why}");
}

#[test]
fn signed_by_somebody_else() {
    // The message brings the certificate that fits; it has to be the configured one.
    let (rule, why) = refusal(&answer().to_xml(strange_pair()).unwrap());
    assert_eq!(rule, "saml.signature");
    assert!(why.contains("does not hold"), "{why}");
}

#[test]
fn any_letter_changed() {
    for signs in [Signs::Assertion, Signs::Response, Signs::Both] {
        let good = changed(|answer| answer.signs = signs);
        for (from, to) in [(">alice<", ">admin<"), ("alice@acme.test", "root@acme.test"), ("groups", "grouqs")] {
            assert!(good.contains(from), "{good}");
            let (rule, why) = refusal(&good.replace(from, to));
            assert_eq!(rule, "saml.signature");
            assert!(why.contains("does not hold"), "{why}");
        }
    }
}

#[test]
fn one_signature_good_and_the_other_broken() {
    let good = changed(|answer| answer.signs = Signs::Both);
    // Outside the assertion, whose own signature still holds.
    assert_eq!(
        refusal(&good.replacen("IssueInstant=\"2026", "IssueInstant=\"2025", 1)).0,
        "saml.signature"
    );
}

#[test]
fn signature_wrapping() {
    let good = changed(|_| {});
    let signed = assertion_of(&good).to_owned();
    let forged = forged();
    let signature = cut(&good, "<ds:Signature", "</ds:Signature>").to_owned();
    let bare = signed.replace(&signature, "");
    let end = "</samlp:Response>";
    let wrapped_in = |name: &str| format!("<{name}>{signed}</{name}>");
    let open = signature.strip_suffix("</ds:Signature>").unwrap();
    let inside_object = |content: &str| format!("{open}<ds:Object>{content}</ds:Object></ds:Signature>");
    let forged_with = |signature: &str| forged.replace("<saml:Subject>", &format!("{signature}<saml:Subject>"));
    let cases = [
        ("forged one first", good.replace(&signed, &format!("{forged}{signed}"))),
        ("forged one last", good.replace(&signed, &format!("{signed}{forged}"))),
        (
            "signed one in an extension",
            good.replace(&signed, &format!("{}{forged}", wrapped_in("samlp:Extensions"))),
        ),
        (
            "signed one after the forged, elsewhere",
            good.replace(end, &format!("<x>{}</x>{end}", signed)).replacen(&signed, &forged, 1),
        ),
        (
            "signed one inside the forged",
            good.replace(&signed, &forged.replace("</saml:Assertion>", &format!("{signed}</saml:Assertion>"))),
        ),
        (
            "signed one in the advice of the forged",
            good.replace(
                &signed,
                &forged.replace("<saml:Subject>", &format!("<saml:Advice>{signed}</saml:Advice><saml:Subject>")),
            ),
        ),
        (
            "signed one in an object of the forged one's signature",
            good.replace(&signed, &forged_with(&inside_object(&bare))),
        ),
        (
            "signature moved to the forged one",
            good.replace(&signed, &format!("{}{bare}", forged_with(&signature))),
        ),
        (
            "signature moved to the response",
            good.replace(&signed, &forged)
                .replace("<samlp:Status>", &format!("{signature}<samlp:Status>")),
        ),
        (
            "same id twice",
            good.replace(&signed, &format!("{}{signed}", forged.replace("_forged-a", "_response-a"))),
        ),
        (
            "two in one place, one unsigned and one with a broken signature",
            good.replace(&signed, &format!("{}{bare}", signed.replace("alice", "mallory"))),
        ),
        (
            "another namespace for the signed one",
            good.replace(
                &signed,
                &format!(
                    "{forged}<o:Object xmlns:o=\"{}\">{bare}{signature}</o:Object>",
                    super::xml::SIGNATURE
                ),
            ),
        ),
    ];
    for (attack, xml) in cases {
        assert!(xml.contains("mallory"), "{attack} is no attack");
        let (rule, why) = refusal(&xml);
        assert!(
            ["saml.assertion", "saml.signature"].contains(&rule.as_str()),
            "{attack}: {rule} {why}"
        );
    }
}

#[test]
fn wrapping_of_a_signed_response() {
    let good = changed(|answer| answer.signs = Signs::Response);
    let forged = changed(|answer| {
        answer.signs = Signs::Nothing;
        answer.id = "_outer".to_owned();
    })
    .replace("alice", "mallory");
    let signature = cut(&good, "<ds:Signature", "</ds:Signature>").to_owned();
    let inner = good.replace(&signature, "");
    let open = signature.strip_suffix("</ds:Signature>").unwrap();
    let object = format!("{open}<ds:Object>{inner}</ds:Object></ds:Signature>");
    for placed in [good.clone(), object] {
        let (rule, why) = refusal(&forged.replace("<samlp:Status>", &format!("{placed}<samlp:Status>")));
        assert!(["saml.assertion", "saml.signature"].contains(&rule.as_str()), "{rule} {why}");
    }
    let second = good.replace("</samlp:Response>", &format!("{}</samlp:Response>", self::forged()));
    assert_eq!(refusal(&second).0, "saml.assertion");
}

#[test]
fn a_comment_in_a_name_hides_nothing() {
    // Canonicalised without comments, so the signature still holds: what is read has to be the whole of what was signed.
    let good = changed(|answer| {
        answer.subject = Ok(Subject {
            name_id: "alice@acme.test.evil.test".to_owned(),
            ..Subject::default()
        })
    });
    let split = good.replace("alice@acme.test.evil.test", "alice@acme.test<!-- -->.evil.test");
    assert_ne!(good, split);
    assert_eq!(verify(&split).unwrap().user.id, "alice@acme.test.evil.test");
    let section = good.replace("alice@acme.test.evil.test", "alice@acme.test<![CDATA[.evil.test]]>");
    assert_eq!(verify(&section).unwrap().user.id, "alice@acme.test.evil.test");
    // A processing instruction is signed.
    let instruction = good.replace("alice@acme.test.evil.test", "alice@acme.test<?x?>.evil.test");
    assert_eq!(refusal(&instruction).0, "saml.signature");
}

#[test]
fn remarks_in_a_signature() {
    let good = changed(|_| {});
    for place in ["<ds:DigestValue>", "<ds:SignatureValue>", "<ds:SignedInfo>"] {
        let (rule, why) = refusal(&good.replace(place, &format!("{place}<!--AAAA-->")));
        assert!(rule == "saml.signature" && why.contains("comment"), "{why}");
    }
}

#[test]
fn signatures_of_another_kind() {
    let good = changed(|_| {});
    let cases = [
        (
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
            "not accepted",
        ),
        (
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
            "not accepted",
        ),
        (
            "http://www.w3.org/2001/04/xmlenc#sha256",
            "http://www.w3.org/2000/09/xmldsig#sha1",
            "not accepted",
        ),
        ("URI=\"#_response-a\"", "URI=\"\"", "something else"),
        ("URI=\"#_response-a\"", "URI=\"#_response\"", "something else"),
        ("URI=\"#_response-a\"", "URI=\"Cargo.toml\"", "something else"),
        (
            "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>",
            "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"/>",
            "transforms",
        ),
        (
            "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>",
            "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#WithComments\"/>",
            "another way",
        ),
        ("</ds:SignedInfo>", "</ds:SignedInfo><ds:Object/>", "SAML forbids"),
    ];
    for (from, to, reason) in cases {
        assert!(good.contains(from), "{from}");
        let (rule, why) = refusal(&good.replace(from, to));
        assert!(rule == "saml.signature" && why.contains(reason), "{to}: {why}");
    }
    let reference = cut(&good, "<ds:Reference", "</ds:Reference>").to_owned();
    let (rule, why) = refusal(&good.replace(&reference, &reference.repeat(2)));
    assert!(rule == "saml.signature" && why.contains("exactly one `Reference`"), "{why}");
    let signature = cut(&good, "<ds:Signature", "</ds:Signature>").to_owned();
    assert!(
        refusal(&good.replace(&signature, &signature.repeat(2)))
            .1
            .contains("two signatures")
    );
}

#[test]
fn an_hmac_with_the_public_certificate_as_its_key() {
    let good = changed(|_| {});
    let xml = good.replace("xmldsig-more#rsa-sha256", "xmldsig-more#hmac-sha512");
    assert_eq!(refusal(&xml).0, "saml.signature");
}

#[test]
fn for_another_place_or_another_time() {
    type Change = fn(&mut Answer);
    let cases: [(&str, Change); 6] = [
        ("saml.conditions saml.audience", |answer| {
            answer.audience = "https://other.test".to_owned()
        }),
        ("saml.destination", |answer| answer.recipient = "https://other.test/acs".to_owned()),
        ("saml.issuer", |answer| answer.issuer = "https://other.test".to_owned()),
        ("saml.in_response_to", |answer| answer.in_response_to = Some("_other".to_owned())),
        ("saml.in_response_to", |answer| answer.in_response_to = None),
        ("saml.time", |answer| answer.expires_at = NOW.plus_seconds(-61)),
    ];
    for (rule, change) in cases {
        let (refused, why) = refusal(&changed(change));
        assert!(rule.split(' ').any(|rule| rule == refused), "{refused} {why}");
    }
}

#[test]
fn parts_of_an_assertion_that_are_missing_or_strange() {
    // Only the assertion's own words count here, so they are signed after the change.
    let unsigned = changed(|answer| answer.signs = Signs::Nothing);
    let signed = |from: &str, to: &str| {
        assert!(unsigned.contains(from), "{from}");
        let template = format!(
            "</saml:Issuer>{}<samlp:Status>",
            super::signature::template("_response", pair().certificate())
        );
        let changed = unsigned.replace(from, to).replace("</saml:Issuer><samlp:Status>", &template);
        super::signature::sign(&changed, pair().key()).unwrap()
    };
    verify(&signed("alice", "bob")).unwrap();
    let until = format!(
        " NotOnOrAfter=\"{}\" Recipient",
        super::xml::write_moment(NOW.plus_seconds(VALID_FOR))
    );
    let audience = cut(&unsigned, "<saml:AudienceRestriction>", "</saml:AudienceRestriction>");
    let statement = cut(&unsigned, "<saml:AuthnStatement", "</saml:AuthnStatement>");
    let conditions = cut(&unsigned, "<saml:Conditions", "</saml:Conditions>");
    let recipient = format!(" Recipient=\"{ACS}\"");
    let cases = [
        (recipient.as_str(), "", "saml.recipient"),
        (recipient.as_str(), " Recipient=\"https://other.test\"", "saml.recipient"),
        (until.as_str(), " Recipient", "saml.time"),
        (audience, "", "saml.conditions"),
        (audience, "<saml:AudienceRestriction/>", "saml.audience"),
        (audience, "<x:Mystery xmlns:x=\"urn:x\"/>", "saml.conditions"),
        (conditions, "", "saml.conditions"),
        (statement, "", "saml.authentication"),
        ("<saml:NameID>alice</saml:NameID>", "", "saml.subject"),
        (
            "<saml:NameID>alice</saml:NameID>",
            "<saml:NameID>a</saml:NameID><saml:NameID>b</saml:NameID>",
            "saml.subject",
        ),
        (
            "<saml:NameID>alice</saml:NameID>",
            "<saml:NameID><b>al</b>ice</saml:NameID>",
            "saml.subject",
        ),
        ("cm:bearer", "cm:sender-vouches", "saml.subject"),
        (
            "AuthnInstant=",
            "SessionNotOnOrAfter=\"2020-01-01T00:00:00Z\" AuthnInstant=",
            "saml.time",
        ),
        (
            "<saml:Conditions NotBefore=\"2026",
            "<saml:Conditions NotBefore=\"2036",
            "saml.time",
        ),
        (
            "<saml:Conditions NotBefore=\"2026",
            "<saml:Conditions NotBefore=\"soon 2026",
            "saml.response",
        ),
    ];
    for (from, to, rule) in cases {
        let (refused, why) = refusal(&signed(from, to));
        assert_eq!(refused, rule, "{from} -> {to}: {why}");
    }
}

#[test]
fn clocks_may_differ_by_a_minute() {
    let good = changed(|_| {});
    let end = NOW.plus_seconds(VALID_FOR);
    verify_at(&good, end.plus_seconds(CLOCK_TOLERANCE - 1)).unwrap();
    let late = verify_at(&good, end.plus_seconds(CLOCK_TOLERANCE))
        .map(|accepted| accepted.user)
        .unwrap_err();
    assert_eq!(late.because.rule, "saml.time");
    verify_at(&good, NOW.plus_seconds(-CLOCK_TOLERANCE)).unwrap();
    let early = verify_at(&good, NOW.plus_seconds(-CLOCK_TOLERANCE - 1))
        .map(|accepted| accepted.user)
        .unwrap_err();
    assert_eq!(early.because.rule, "saml.time");
}

#[test]
fn a_refusal_of_the_provider_is_told() {
    let denied = changed(|answer| {
        answer.subject = Err((
            "urn:oasis:names:tc:SAML:2.0:status:AuthnFailed".to_owned(),
            "The person said no.".to_owned(),
        ));
    });
    let (rule, why) = refusal(&denied);
    assert_eq!(rule, "saml.status");
    assert!(why.contains("AuthnFailed") && why.contains("The person said no."), "{why}");
}

#[test]
fn what_is_no_response() {
    let good = changed(|_| {});
    let encrypted = good.replace(assertion_of(&good), "<saml:EncryptedAssertion/>");
    assert!(refusal(&encrypted).1.contains("encrypted"));
    assert!(refusal(&good.replace(assertion_of(&good), "")).1.contains("no assertion"));
    let depth = 5_000;
    let cases = [
        String::new(),
        "{}".to_owned(),
        "<samlp:Response/>".to_owned(),
        good.replace("Version=\"2.0\"", "Version=\"1.1\""),
        format!("<!DOCTYPE r [<!ENTITY a \"{}\">]>{good}", "b".repeat(100)),
        format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth)),
        format!("{good}{}", " ".repeat(300_000)),
    ];
    for xml in cases {
        let failure = verify(&xml).map(|accepted| accepted.user).unwrap_err();
        assert_eq!(
            (&*failure.because.rule, failure.kind),
            ("saml.response", FailureKind::InvalidResponse),
            "{}",
            failure.message
        );
    }
    let expected = Expected {
        provider: &provider(),
        own: &own(),
        request_id: "_request",
        mapping: &AttributeMapping::default(),
        now: NOW,
    };
    for text in ["%%%", "/////w=="] {
        let failure = verify_response(text, &expected).map(|accepted| accepted.user).unwrap_err();
        assert_eq!(failure.because.rule, "saml.response");
    }
}
