//! The side of a simulated SAML 2.0 identity provider: requests by redirect, responses by form (SAML Profiles 4.1).

use crate::endpoints::Surroundings;
use crate::memory::Simulator;
use crate::play::{Reply, goes_back};
use crate::provider::Provider;
use crate::request::{AuthorizationRequest, Mistake, ResponseMode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use vestibule_core::because::{Because, Outcome};
use vestibule_core::connectors::MAX_RELAY_STATE;
use vestibule_core::entropy::id21;
use vestibule_core::ids::ConnectorId;
use vestibule_core::model::{Failure, SigningAlg, SimulatedAccount};
use vestibule_core::port::Vault;
use vestibule_core::{Cx, StoreError, Timestamp};
use vestibule_keys::KeyRing;
use vestibule_saml::{Answer, KeyPair, ReceivedRequest, Signs, Subject, VALID_FOR, provider_metadata, receive_request};

/// Where the browser goes with a request, under the provider's address.
pub const ENDPOINT: &str = "sso";
/// How long before now a word ended that has expired, in **seconds**: more than any clock is forgiven.
const LONG_AGO: i64 = 3600;

/// The keys of one provider.
pub struct SamlKeys {
    /// The one that its metadata name.
    own: KeyPair,
    /// One that they don't.
    unknown: KeyPair,
    /// What claims to be signed by the first, and is not.
    forged: KeyPair,
}

impl SamlKeys {
    /// Makes them, which takes a while.
    pub(crate) fn make(vault: &dyn Vault, name: &str, now: Timestamp) -> Result<Self, String> {
        let rsa = || {
            let key = KeyRing::generate(SigningAlg::RS256, vault, now).map_err(|e| e.to_string())?;
            let text = vault.open(&key.sealed).map_err(|e| e.to_string())?;
            STANDARD.decode(text.expose()).map_err(|e| e.to_string())
        };
        let (first, second) = (rsa()?, rsa()?);
        let own = KeyPair::self_signed(&first, name)?;
        Ok(Self {
            forged: KeyPair::new(&second, own.certificate().to_vec())?,
            unknown: KeyPair::self_signed(&second, name)?,
            own,
        })
    }
}

/// A response that a decision made. Signing it is not a decision.
#[derive(Clone, Debug)]
pub struct Response {
    /// What it says.
    answer: Answer,
    /// What is wrong with its signature.
    failure: Option<Failure>,
}

impl Simulator {
    /// The metadata of a SAML provider (SAML Metadata 2.4.3).
    ///
    /// # Errors
    /// A sentence: no keys could be made.
    pub async fn metadata<V: Vault + 'static>(&self, provider: &Provider, around: &Surroundings<V>) -> Result<String, String> {
        let keys = self.saml_keys(&provider.connector.id, &around.vault, around.now).await?;
        Ok(provider_metadata(&provider.issuer, &endpoint(provider), &keys.own))
    }

    /// The value of `SAMLResponse`.
    ///
    /// # Errors
    /// A sentence: no keys could be made, or they can't sign.
    pub async fn sign<V: Vault + 'static>(
        &self,
        connector: &ConnectorId,
        response: &Response,
        around: &Surroundings<V>,
    ) -> Result<String, String> {
        let keys = self.saml_keys(connector, &around.vault, around.now).await?;
        response.answer.encode(match response.failure {
            Some(Failure::BadSignature) => &keys.forged,
            Some(Failure::UnknownKeyId) => &keys.unknown,
            _ => &keys.own,
        })
    }
}

fn endpoint(provider: &Provider) -> String {
    format!("{}/{ENDPOINT}", provider.issuer)
}

/// Reads a SAML request from the query of an address.
///
/// # Errors
/// What is wrong with it. Above all, an answer goes to the registered address alone.
pub fn read(provider: &Provider, query: &str) -> Result<AuthorizationRequest, Mistake> {
    let mistake = |parameter, message: String| Err(Mistake { parameter, message });
    let request = match receive_request(query, &endpoint(provider), None) {
        Ok(request) => request,
        Err(why) => return mistake("SAMLRequest", why),
    };
    if request.issuer != provider.client_id {
        return mistake(
            "Issuer",
            format!(
                "There is no service provider `{}` here. The connector's entity id is `{}`.",
                request.issuer, provider.client_id
            ),
        );
    }
    if let Some(other) = request.acs.as_ref().filter(|acs| **acs != provider.callback) {
        return mistake(
            "AssertionConsumerServiceURL",
            format!("`{other}` is not registered here. The connector's is `{}`.", provider.callback),
        );
    }
    if request.relay_state.as_ref().is_some_and(|state| state.len() > MAX_RELAY_STATE) {
        return mistake(
            "RelayState",
            format!("It is longer than {MAX_RELAY_STATE} bytes (SAML Bindings 3.4.3)."),
        );
    }
    Ok(AuthorizationRequest {
        state: request.relay_state,
        scopes: Vec::new(),
        nonce: None,
        challenge: None,
        silent: false,
        login_hint: None,
        response_mode: ResponseMode::FormPost,
        saml: Some(request.id),
    })
}

fn answer(cx: &Cx<'_>, provider: &Provider, id: &str, subject: Subject) -> Answer {
    let request = ReceivedRequest {
        id: id.to_owned(),
        issuer: provider.client_id.clone(),
        acs: None,
        force_authn: false,
        relay_state: None,
    };
    let own = format!("_{}", id21(cx.entropy));
    Answer::to(&request, own, provider.issuer.clone(), provider.callback.clone(), subject, cx.now)
}

fn reply(cx: &Cx<'_>, request: &AuthorizationRequest, answer: Answer, failure: Option<Failure>) -> Reply {
    let state = match failure {
        Some(Failure::WrongState) => Some(id21(cx.entropy)),
        _ => request.state.clone(),
    };
    Reply {
        params: state.map(|state| ("RelayState".to_owned(), state)).into_iter().collect(),
        mode: request.response_mode,
        issued: None,
        response: Some(Response { answer, failure }),
    }
}

/// The response about somebody who was chosen; `told` is the account as the persona has it.
pub(crate) fn respond(
    cx: &mut Cx<'_>,
    provider: &Provider,
    request: &AuthorizationRequest,
    id: &str,
    account: &SimulatedAccount,
    told: &SimulatedAccount,
    failure: Option<Failure>,
) -> Result<Reply, StoreError> {
    if !account.known {
        cx.put(&SimulatedAccount {
            known: true,
            ..account.clone()
        })?;
    }
    let mut answer = answer(cx, provider, id, subject(provider, told));
    match failure {
        Some(Failure::WrongIssuer) => answer.issuer.push_str("/another"),
        Some(Failure::WrongAudience) => answer.audience.push_str("/another"),
        Some(Failure::WrongNonce) => answer.in_response_to = Some(format!("_{}", id21(cx.entropy))),
        Some(Failure::ExpiredIdToken) => {
            answer.issued_at = cx.now.plus_seconds(-LONG_AGO - VALID_FOR);
            answer.expires_at = cx.now.plus_seconds(-LONG_AGO);
        }
        _ => {}
    }
    cx.because(
        Because::new(
            "upstream.choice",
            Outcome::Decided,
            format!("{} was chosen at the simulated {}", account.name, provider.name()),
            "The browser posts a response with a signed assertion to the registered address. It holds for five minutes, for this service provider and this request.",
            "SAML Profiles 4.1.4",
        )
        .input(told.email.clone().unwrap_or_else(|| told.sub.clone())),
    );
    goes_back(cx, request, "SAMLResponse");
    Ok(reply(cx, request, answer, failure))
}

/// A response that tells of nobody, with a status for the reason.
pub(crate) fn refuse(
    cx: &mut Cx<'_>,
    provider: &Provider,
    request: &AuthorizationRequest,
    id: &str,
    error: &str,
    description: &str,
) -> Reply {
    let status = match error {
        "access_denied" => "RequestDenied",
        "temporarily_unavailable" => "NoAvailableIDP",
        _ => "AuthnFailed",
    };
    goes_back(cx, request, status);
    let mut answer = answer(cx, provider, id, Subject::default());
    answer.subject = Err((format!("urn:oasis:names:tc:SAML:2.0:status:{status}"), description.to_owned()));
    answer.signs = Signs::Response;
    reply(cx, request, answer, None)
}

/// The person under the names that the connector reads.
fn subject(provider: &Provider, account: &SimulatedAccount) -> Subject {
    let mapping = &provider.attribute_mapping;
    let mut attributes: Vec<(String, Vec<String>)> = Vec::new();
    let mut tell = |name: &str, value: Option<&String>| {
        if let Some(value) = value.filter(|_| name != "nameID" && !attributes.iter().any(|(other, _)| other == name)) {
            attributes.push((name.to_owned(), vec![value.clone()]));
        }
    };
    tell(&mapping.id, Some(&account.sub));
    tell(&mapping.email, account.email.as_ref());
    tell(&mapping.name, Some(&account.name));
    for (name, value) in &account.claims {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        tell(name, Some(&text));
    }
    Subject {
        name_id: account.sub.clone(),
        attributes,
    }
}

#[cfg(test)]
mod tests;
