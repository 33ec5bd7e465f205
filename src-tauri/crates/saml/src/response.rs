//! What a provider answered (SAML Core 3.3.3, SAML Profiles 4.1.4): is it the provider's word, for us, now, and about the
//! request that was made? Only what a signature covers is read for the person.

use super::failure::{mismatch, refused, shown, unreadable};
use super::signature::signed_elements;
use super::xml::{self, ASSERTION, PROTOCOL};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value, json};
use uppsala::{Document, NodeId};
use vestibule_core::because::{Because, Outcome};
use vestibule_core::connectors::{IdentityProvider, ServiceProvider, UpstreamFailure, UpstreamUser};
use vestibule_core::model::AttributeMapping;
use vestibule_core::time::Timestamp;

/// The confirmation by whoever bears the assertion (SAML Profiles 3.3).
pub(super) const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";

/// How far a provider's clock may be from ours, in **seconds**.
pub const CLOCK_TOLERANCE: i64 = 60;

/// What a response has to fit.
pub struct Expected<'a> {
    /// Who has to have said it.
    pub provider: &'a IdentityProvider,
    /// Whom it has to be for.
    pub own: &'a ServiceProvider,
    /// The id of the request that was made in this browser, and not answered yet.
    pub request_id: &'a str,
    /// Where to find the person in it.
    pub mapping: &'a AttributeMapping,
    /// Now.
    pub now: Timestamp,
}

/// A response that was accepted.
#[derive(Debug)]
pub struct Accepted {
    /// The person.
    pub user: UpstreamUser,
    /// Who vouches for them.
    pub issuer: String,
    /// What was checked and passed, for the window.
    pub because: Vec<Because>,
}

/// Checks the value of `SAMLResponse` and reads the person in it.
///
/// # Errors
/// The first rule that it does not fit, with its card.
pub fn verify_response(saml_response: &str, expected: &Expected<'_>) -> Result<Accepted, Box<UpstreamFailure>> {
    let compact: String = saml_response.chars().filter(|c| !c.is_whitespace()).collect();
    let bytes = BASE64
        .decode(compact)
        .map_err(|e| unreadable(format!("`SAMLResponse` is not Base64: {e}.")))?;
    let text = String::from_utf8(bytes).map_err(|_| unreadable("`SAMLResponse` is not UTF-8."))?;
    let doc = xml::parse(&text).map_err(unreadable)?;
    Reader {
        doc: &doc,
        expected,
        because: Vec::new(),
    }
    .read()
}

struct Reader<'a> {
    doc: &'a Document<'a>,
    expected: &'a Expected<'a>,
    because: Vec<Because>,
}

type Checked<T> = Result<T, Box<UpstreamFailure>>;

impl Reader<'_> {
    fn read(mut self) -> Checked<Accepted> {
        let response = xml::root(self.doc, PROTOCOL, "Response").ok_or_else(|| unreadable("It is not a `Response` of SAML 2.0."))?;
        if xml::attribute(self.doc, response, "Version") != Some("2.0") {
            return Err(unreadable("It is not a `Response` of SAML 2.0: its `Version` is another."));
        }
        self.status(response)?;
        let assertion = self.only_assertion(response)?;
        let signed = signed_elements(self.doc, &[response, assertion], &self.expected.provider.certificates)
            .map_err(|why| refused("saml.signature", "The signature was refused", why, "SAML Core 5"))?;
        let what = if signed.contains(&assertion) {
            "assertion"
        } else {
            "response with its assertion"
        };
        self.pass(
            "saml.signature",
            "The signature holds",
            format!("The provider's key signed the {what}, and only that is read."),
            None,
            "SAML Core 5",
        );
        self.response(response)?;
        self.issuer(assertion)?;
        let name_id = self.subject(assertion)?;
        self.conditions(assertion)?;
        let session = self.authentication(assertion)?;
        self.person(assertion, name_id, session)
    }

    /// Whether the provider signed somebody in at all. A refusal needs no signature: it lets nobody in.
    fn status(&self, response: NodeId) -> Checked<()> {
        let status = xml::only_child(self.doc, response, PROTOCOL, "Status").ok_or_else(|| unreadable("It has no `Status`."))?;
        let code = |parent| {
            let node = xml::only_child(self.doc, parent, PROTOCOL, "StatusCode")?;
            Some((node, xml::attribute(self.doc, node, "Value")?))
        };
        let (node, value) = code(status).ok_or_else(|| unreadable("Its `Status` has no `StatusCode`."))?;
        if value == SUCCESS {
            return Ok(());
        }
        let value = code(node).map_or(value, |(_, inner)| inner);
        let message = xml::only_child(self.doc, status, PROTOCOL, "StatusMessage").and_then(|node| xml::text(self.doc, node));
        let why = match message.filter(|message| !message.is_empty()) {
            Some(message) => format!("The provider answered `{}`: {}", shown(value), shown(&message)),
            None => format!("The provider answered `{}`.", shown(value)),
        };
        Err(refused("saml.status", "The provider refused", why, "SAML Core 3.2.2.2"))
    }

    /// One assertion, a child of the response, and no other anywhere: a signed one hidden beside one that is read is how
    /// signatures are wrapped.
    fn only_assertion(&self, response: NodeId) -> Checked<NodeId> {
        let refuse = |why: &str| refused("saml.assertion", "There is not one assertion", why, "SAML Profiles 4.1.4.2");
        if !xml::children(self.doc, response, ASSERTION, "EncryptedAssertion").is_empty() {
            return Err(refuse(
                "The assertion is encrypted, which is not supported. Switch encryption off at the provider.",
            ));
        }
        let all = self.doc.get_elements_by_tag_name_ns(ASSERTION, "Assertion");
        match (all.as_slice(), xml::children(self.doc, response, ASSERTION, "Assertion").as_slice()) {
            ([one], [child]) if one == child => Ok(*one),
            ([], _) => Err(refuse("The response has no assertion: it says nothing about anybody.")),
            ([_], _) => Err(refuse("The assertion is not where it belongs, directly in the response.")),
            _ => Err(refuse("The response has several assertions. Nobody can say which one counts.")),
        }
    }

    fn response(&mut self, response: NodeId) -> Checked<()> {
        let own = self.expected.own;
        if let Some(other) = xml::attribute(self.doc, response, "Destination").filter(|at| *at != own.acs) {
            return Err(mismatch(
                "saml.destination",
                "The response is for another address",
                "Destination",
                Some(other),
                &own.acs,
                "SAML Core 3.2.2",
            ));
        }
        self.in_response_to(xml::attribute(self.doc, response, "InResponseTo"))?;
        if let Some(node) = xml::children(self.doc, response, ASSERTION, "Issuer").first() {
            let issuer = xml::text(self.doc, *node);
            self.same_issuer(issuer.as_deref())?;
        }
        Ok(())
    }

    fn in_response_to(&self, given: Option<&str>) -> Checked<()> {
        if given == Some(self.expected.request_id) {
            return Ok(());
        }
        let why = match given {
            None => "Nobody here asked for this response: it has no `InResponseTo`. Start the sign-in at the application.".to_owned(),
            Some(other) => format!("The response is to the request `{other}`, which is not the one that this browser made."),
        };
        Err(refused(
            "saml.in_response_to",
            "The response is to another request",
            why,
            "SAML Profiles 4.1.4.3",
        ))
    }

    fn same_issuer(&self, given: Option<&str>) -> Checked<()> {
        let wanted = &self.expected.provider.entity_id;
        if given == Some(wanted) {
            return Ok(());
        }
        Err(mismatch(
            "saml.issuer",
            "The issuer is another",
            "Issuer",
            given,
            wanted,
            "SAML Profiles 4.1.4.2",
        ))
    }

    fn issuer(&mut self, assertion: NodeId) -> Checked<()> {
        if xml::attribute(self.doc, assertion, "Version") != Some("2.0") {
            return Err(unreadable("Its assertion is not one of SAML 2.0: its `Version` is another."));
        }
        let issuer = xml::only_child(self.doc, assertion, ASSERTION, "Issuer").and_then(|node| xml::text(self.doc, node));
        self.same_issuer(issuer.as_deref())?;
        self.pass(
            "saml.issuer",
            "The issuer is the provider",
            "The assertion names the provider of this connector.",
            issuer,
            "SAML Profiles 4.1.4.2",
        );
        Ok(())
    }

    /// Who it is about, confirmed by a bearer confirmation that fits. The reason of the last one that did not is given.
    fn subject(&mut self, assertion: NodeId) -> Checked<String> {
        let refuse = |why: &str| refused("saml.subject", "The subject was refused", why, "SAML Profiles 4.1.4.2");
        let subject =
            xml::only_child(self.doc, assertion, ASSERTION, "Subject").ok_or_else(|| refuse("The assertion has no `Subject`."))?;
        let name_id = xml::only_child(self.doc, subject, ASSERTION, "NameID")
            .and_then(|node| xml::text(self.doc, node))
            .filter(|name_id| !name_id.is_empty())
            .ok_or_else(|| refuse("The assertion has no readable `NameID`."))?;
        let mut last = refuse("The assertion has no bearer confirmation.");
        for confirmation in xml::children(self.doc, subject, ASSERTION, "SubjectConfirmation") {
            if xml::attribute(self.doc, confirmation, "Method") != Some(BEARER) {
                continue;
            }
            match self.confirmation(confirmation) {
                Ok(()) => {
                    self.pass(
                        "saml.subject",
                        "The subject is confirmed",
                        "The assertion is for this address, in time, and the answer to the request that this browser made.",
                        Some(name_id.clone()),
                        "SAML Profiles 4.1.4.3",
                    );
                    return Ok(name_id);
                }
                Err(why) => last = why,
            }
        }
        Err(last)
    }

    fn confirmation(&self, confirmation: NodeId) -> Checked<()> {
        let data = xml::only_child(self.doc, confirmation, ASSERTION, "SubjectConfirmationData");
        let data = data.ok_or_else(|| {
            refused(
                "saml.subject",
                "The subject was refused",
                "The bearer confirmation has no data.",
                "SAML Profiles 4.1.4.2",
            )
        })?;
        let recipient = xml::attribute(self.doc, data, "Recipient");
        if recipient != Some(&self.expected.own.acs) {
            let wanted = &self.expected.own.acs;
            return Err(mismatch(
                "saml.recipient",
                "The recipient is another",
                "Recipient",
                recipient,
                wanted,
                "SAML Profiles 4.1.4.3",
            ));
        }
        if xml::attribute(self.doc, data, "NotOnOrAfter").is_none() {
            return Err(refused(
                "saml.time",
                "The confirmation has no end",
                "The bearer confirmation has no `NotOnOrAfter`.",
                "SAML Profiles 4.1.4.2",
            ));
        }
        self.in_time(data, "NotBefore", "NotOnOrAfter")?;
        self.in_response_to(xml::attribute(self.doc, data, "InResponseTo"))
    }

    /// SAML Core 2.5.1: every condition has to be understood and fulfilled.
    fn conditions(&mut self, assertion: NodeId) -> Checked<()> {
        let refuse = |why: String| refused("saml.conditions", "The conditions were refused", why, "SAML Core 2.5");
        let conditions = xml::only_child(self.doc, assertion, ASSERTION, "Conditions")
            .ok_or_else(|| refuse("The assertion has no `Conditions`: it does not say for whom it is.".to_owned()))?;
        self.in_time(conditions, "NotBefore", "NotOnOrAfter")?;
        let mut restricted = false;
        for condition in xml::elements(self.doc, conditions) {
            let name = self
                .doc
                .element(condition)
                .map(|element| element.name.local_name.to_string())
                .unwrap_or_default();
            let known = xml::is(self.doc, condition, ASSERTION, &name);
            match name.as_str() {
                "AudienceRestriction" if known => {
                    self.audience(condition)?;
                    restricted = true;
                }
                // Used once, and passed on to nobody: both are so.
                "OneTimeUse" | "ProxyRestriction" if known => {}
                _ => {
                    return Err(refuse(format!(
                        "The assertion has the condition `{name}`, which is not understood."
                    )));
                }
            }
        }
        if !restricted {
            return Err(refuse(
                "The assertion has no `AudienceRestriction`: it does not say for whom it is.".to_owned(),
            ));
        }
        let audience = Some(self.expected.own.entity_id.clone());
        self.pass(
            "saml.conditions",
            "The conditions are fulfilled",
            "The assertion is for this service provider, and in time.",
            audience,
            "SAML Core 2.5.1",
        );
        Ok(())
    }

    fn audience(&self, restriction: NodeId) -> Checked<()> {
        let audiences: Vec<String> = xml::children(self.doc, restriction, ASSERTION, "Audience")
            .into_iter()
            .filter_map(|node| xml::text(self.doc, node))
            .collect();
        let wanted = &self.expected.own.entity_id;
        if audiences.contains(wanted) {
            return Ok(());
        }
        Err(mismatch(
            "saml.audience",
            "The audience is another",
            "Audience",
            Some(&audiences.join(" ")),
            wanted,
            "SAML Core 2.5.1.4",
        ))
    }

    /// How the person signed in there: at least one statement, whose session is not over. Gives the session's name.
    fn authentication(&self, assertion: NodeId) -> Checked<Option<String>> {
        let statements = xml::children(self.doc, assertion, ASSERTION, "AuthnStatement");
        let Some(first) = statements.first() else {
            let why = "The assertion has no `AuthnStatement`: it does not say that anybody signed in.";
            return Err(refused("saml.authentication", "Nobody signed in", why, "SAML Profiles 4.1.4.2"));
        };
        for statement in &statements {
            self.in_time(*statement, "", "SessionNotOnOrAfter")?;
        }
        Ok(xml::attribute(self.doc, *first, "SessionIndex").map(str::to_owned))
    }

    /// Two moments of an element, if it has them.
    fn in_time(&self, node: NodeId, from: &str, until: &str) -> Checked<()> {
        let now = self.expected.now;
        let read = |name: &str| match xml::attribute(self.doc, node, name) {
            None => Ok(None),
            Some(text) => match xml::read_moment(text) {
                Some(moment) => Ok(Some((moment, text))),
                None => Err(unreadable(format!("`{name}` is not a moment: `{text}`."))),
            },
        };
        if let Some((_, text)) = read(from)?.filter(|(moment, _)| now.plus_seconds(CLOCK_TOLERANCE) < *moment) {
            let why = format!(
                "It holds from {text} on, and here it is {}. Compare the clocks.",
                xml::write_moment(now)
            );
            return Err(refused("saml.time", "The assertion is not valid yet", why, "SAML Core 2.5.1.2"));
        }
        if let Some((_, text)) = read(until)?.filter(|(moment, _)| now >= moment.plus_seconds(CLOCK_TOLERANCE)) {
            let why = format!(
                "It held until {text}, and here it is {}. Compare the clocks.",
                xml::write_moment(now)
            );
            return Err(refused("saml.time", "The assertion has expired", why, "SAML Core 2.5.1.2"));
        }
        Ok(())
    }

    fn person(self, assertion: NodeId, name_id: String, session: Option<String>) -> Checked<Accepted> {
        let mut raw = Map::new();
        for statement in xml::children(self.doc, assertion, ASSERTION, "AttributeStatement") {
            for attribute in xml::children(self.doc, statement, ASSERTION, "Attribute") {
                let Some(name) = xml::attribute(self.doc, attribute, "Name").filter(|name| !name.is_empty()) else {
                    continue;
                };
                let values = xml::children(self.doc, attribute, ASSERTION, "AttributeValue");
                let values = values.into_iter().filter_map(|node| xml::text(self.doc, node)).map(Value::String);
                let all = raw.entry(name.to_owned()).or_insert_with(|| json!([]));
                if let Some(all) = all.as_array_mut() {
                    all.extend(values);
                }
            }
        }
        // One value stands for itself, as in the claims of an ID token.
        for value in raw.values_mut() {
            if let Some([one]) = value.as_array().map(Vec::as_slice) {
                *value = one.clone();
            }
        }
        raw.insert("nameID".to_owned(), json!(name_id));
        if let Some(session) = session {
            raw.insert("sessionIndex".to_owned(), json!(session));
        }
        let said = |name: &str| {
            let value = raw.get(name)?;
            let text = value.as_str().or_else(|| value.get(0)?.as_str())?;
            Some(text.to_owned()).filter(|text| !text.is_empty())
        };
        let mapping = self.expected.mapping;
        let id = said(&mapping.id).ok_or_else(|| {
            let why = format!(
                "The provider does not say who it is: the assertion has no `{}`. Change the attribute mapping.",
                mapping.id
            );
            refused("saml.attributes", "The person has no id", why, "Logto 6.5")
        })?;
        Ok(Accepted {
            user: UpstreamUser {
                id,
                name: said(&mapping.name),
                avatar: None,
                email: said(&mapping.email),
                phone: None,
                raw_data: Value::Object(raw),
            },
            issuer: self.expected.provider.entity_id.clone(),
            because: self.because,
        })
    }

    fn pass(&mut self, rule: &'static str, title: &'static str, detail: impl Into<String>, input: Option<String>, source: &'static str) {
        let because = Because::new(rule, Outcome::Passed, title, detail.into(), source);
        self.because.push(match input {
            Some(input) => because.input(input),
            None => because,
        });
    }
}
