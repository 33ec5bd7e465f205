//! `/verification/social/*` and `/verification/sso/*` (sheet 4.2): off to a provider, and what comes back.
//!
//! Reading a discovery document and asking a provider are slow, so each route is several decisions: [`connector_plan`] says
//! which provider it is, [`start_connector`] writes the record and answers the address. Coming back, [`connector_question`]
//! takes the callback, once, and [`record_connector_answer`] keeps who came back.

mod callback;

pub use callback::{connector_question, record_connector_answer};

use super::availability::connectors_of_domain;
use super::error::ApiError;
use super::identifier::{email_domain, is_email};
use super::interaction::keep_record;
use super::ruling::{Ruling, Stop, begun, decide, refuse, save, sign_in_experience, waiting};
use crate::because::{Because, Outcome};
use crate::connectors::{
    ConfigProblem, Departure, DocumentSource, FailureKind, MAX_RELAY_STATE, Places, ProviderDocument, SamlRequest, Upstream,
    UpstreamFailure, UpstreamQuestion, authorization_uri, document_source, resolve, state_digest,
};
use crate::entropy::{id21, opaque43};
use crate::ids::{ConnectorId, InteractionId, VerificationId};
use crate::live::Lane;
use crate::model::{Connector, ConnectorConfig};
use crate::port::{Cx, StoreError};
use crate::record::{ConnectorRecord, VerificationRecord};
use crate::secret::Secret;
use std::sync::Arc;

/// Longest `state` and redirect address a page may send, in bytes.
const MAX_TEXT: usize = 2048;

/// By which of the two families of routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectorFamily {
    /// `/verification/social`.
    Social,
    /// `/verification/sso`.
    EnterpriseSso,
}

impl ConnectorFamily {
    const fn source(self) -> &'static str {
        match self {
            Self::Social => "Logto 6.3",
            Self::EnterpriseSso => "Logto 6.5",
        }
    }
    fn record(self, record: ConnectorRecord) -> VerificationRecord {
        match self {
            Self::Social => VerificationRecord::Social(record),
            Self::EnterpriseSso => VerificationRecord::EnterpriseSso(record),
        }
    }
    const fn of(self, record: &VerificationRecord) -> Option<&ConnectorRecord> {
        match (self, record) {
            (Self::Social, VerificationRecord::Social(record)) | (Self::EnterpriseSso, VerificationRecord::EnterpriseSso(record)) => {
                Some(record)
            }
            _ => None,
        }
    }
}

/// A connector with its configuration, opened.
pub struct ConnectorPlan {
    /// The connector.
    pub connector: Arc<Connector>,
    /// Its configuration.
    pub config: ConnectorConfig,
}

impl ConnectorPlan {
    /// What has to be read of the provider before anything else; `None` where nothing has to.
    #[must_use]
    pub fn document_source(&self, places: &Places) -> Option<DocumentSource> {
        document_source(&self.connector, &self.config, places)
    }
}

/// The address of a provider, and the record that waits for its callback.
#[derive(Clone, Debug)]
pub struct StartedConnector {
    /// Where the browser goes.
    pub departure: Departure,
    /// The record.
    pub verification_id: VerificationId,
}

/// A callback that was taken: what to ask the provider now.
pub struct TakenCallback {
    /// The record that waits for the answer.
    pub verification_id: VerificationId,
    /// What to ask.
    pub question: UpstreamQuestion,
}

/// A connector's configuration, opened.
///
/// # Errors
/// When it can't be opened or read.
pub fn open_config(cx: &Cx<'_>, connector: &Connector) -> Result<ConnectorConfig, StoreError> {
    if connector.config.is_empty() {
        return Ok(ConnectorConfig::default());
    }
    let opened = cx.vault.open(&connector.config)?;
    serde_json::from_str(opened.expose()).map_err(|e| StoreError::Corrupt(format!("configuration of connector {}: {e}", connector.id)))
}

/// First step of both routes: which connector, and how it is configured. Reads only.
///
/// # Errors
/// [`StoreError`]. Refuses with 404 `entity.not_found` (social) or `connector.not_found` (single sign-on), and before
/// `PUT /api/experience`.
pub fn connector_plan(cx: &mut Cx<'_>, interaction_id: &InteractionId, family: ConnectorFamily, id: &str) -> Ruling<ConnectorPlan> {
    decide(cx, None, |cx| {
        begun(cx, interaction_id)?;
        plan(cx, family, id)
    })
}

fn plan(cx: &mut Cx<'_>, family: ConnectorFamily, id: &str) -> Result<ConnectorPlan, Stop> {
    let found = cx.get::<Connector>(id)?;
    let connector = found.filter(|connector| connector.is_enterprise() == (family == ConnectorFamily::EnterpriseSso));
    let shown: String = id.chars().take(64).collect();
    let Some(connector) = connector else {
        let (error, what) = match family {
            ConnectorFamily::Social => (ApiError::social_connector_not_found(), "social"),
            ConnectorFamily::EnterpriseSso => (ApiError::sso_connector_not_found(), "enterprise"),
        };
        return refuse(
            error.hidden(format!("no {what} connector has the id {shown}")),
            Because::new(
                "experience.connector",
                Outcome::Refused,
                format!("There is no such {what} connector"),
                format!("The page named the {what} connector `{shown}`, which is not there."),
                family.source(),
            )
            .input(shown),
        );
    };
    if family == ConnectorFamily::EnterpriseSso && !sign_in_experience(cx)?.single_sign_on_enabled {
        return refuse(
            ApiError::sso_connector_not_found().hidden("singleSignOnEnabled is false"),
            Because::new(
                "experience.connector",
                Outcome::Refused,
                "Single sign-on is switched off",
                "The connector is there, but single sign-on is switched off for everybody. Change it under Sign-in experience.",
                family.source(),
            )
            .input(shown),
        );
    }
    let config = open_config(cx, &connector)?;
    Ok(ConnectorPlan { connector, config })
}

/// A refusal because of what the connector is configured with.
fn misconfigured<T>(connector: &Connector, problem: &ConfigProblem, family: ConnectorFamily) -> Result<T, Stop> {
    let name = connector.label();
    let at = if problem.key.is_empty() {
        "the configuration"
    } else {
        problem.key.as_str()
    };
    refuse(
        ApiError::connector_failure(FailureKind::InvalidConfig, format!("{name} can't be used: it is not set up right."))
            .hidden(format!("{at}: {}", problem.message)),
        Because::new(
            "experience.connector_config",
            Outcome::Refused,
            format!("{name} is not set up right"),
            format!("`{at}`: {} Change it under Connectors.", problem.message),
            family.source(),
        )
        .input(connector.id.0.clone()),
    )
}

fn failed<T>(name: &str, failure: UpstreamFailure) -> Result<T, Stop> {
    let UpstreamFailure { kind, message, because } = failure;
    refuse(
        ApiError::connector_failure(kind, message).hidden(format!("{name}: {}", because.title)),
        because,
    )
}

/// `POST /verification/{social|sso}/:connectorId/authorization-uri` → 200 `{authorizationUri, verificationId}`. `document`
/// is what [`ConnectorPlan::document_source`] asked for, or why it could not be read.
///
/// # Errors
/// [`StoreError`]. Refuses as [`connector_plan`], with 400 `guard.invalid_input` (`state`, `redirectUri`), 400
/// `connector.invalid_config`, and as reading the document failed.
#[allow(clippy::too_many_arguments)]
pub fn start_connector(
    cx: &mut Cx<'_>,
    interaction_id: &InteractionId,
    family: ConnectorFamily,
    id: &str,
    places: &Places,
    document: Option<Result<ProviderDocument, UpstreamFailure>>,
    state: &str,
    redirect_uri: &str,
) -> Ruling<StartedConnector> {
    decide(cx, Some("sign in with a provider".into()), |cx| {
        let (mut interaction, _) = begun(cx, interaction_id)?;
        let ConnectorPlan { connector, config } = plan(cx, family, id)?;
        guard_text("state", state)?;
        guard_text("redirectUri", redirect_uri)?;
        let name = connector.label().to_owned();
        let document = match document {
            Some(Ok(document)) => Some(document),
            Some(Err(failure)) => return failed(&name, failure),
            None => None,
        };
        let mut upstream = match resolve(&connector, &config, places, document.as_ref()) {
            Ok(upstream) => upstream,
            Err(problem) => return misconfigured(&connector, &problem, family),
        };
        // Whom the application expects, a company's provider may know.
        if let Some(hint) = interaction.params.get("login_hint")
            && family == ConnectorFamily::EnterpriseSso
            && !upstream.authorization_params.iter().any(|(name, _)| name == "login_hint")
        {
            upstream.authorization_params.push(("login_hint".into(), hint.clone()));
        }
        let nonce = id21(cx.entropy);
        let verifier = upstream.pkce.then(|| Secret::new(opaque43(cx.entropy)));
        let departure = match &upstream.saml {
            Some(partners) => {
                guard_relay_state(state)?;
                Departure::Saml(Box::new(SamlRequest {
                    // An id begins with no digit (XML Schema 2, NCName).
                    id: format!("_{}", id21(cx.entropy)),
                    issued_at: cx.now,
                    relay_state: state.to_owned(),
                    partners: partners.clone(),
                }))
            }
            None => {
                let verifier = verifier.as_ref().map(Secret::expose);
                Departure::Address(authorization_uri(&upstream, redirect_uri, state, &nonce, verifier))
            }
        };
        let verification_id = VerificationId(id21(cx.entropy));
        keep_record(
            &mut interaction,
            family.record(ConnectorRecord {
                id: verification_id.clone(),
                connector_id: connector.id.clone(),
                state: state_digest(state),
                redirect_uri: redirect_uri.to_owned(),
                nonce,
                code_verifier: verifier.as_ref().map(|verifier| cx.vault.seal(verifier)),
                saml_request: match &departure {
                    Departure::Saml(request) => Some(request.id.clone()),
                    Departure::Address(_) => None,
                },
                used: false,
                user_info: None,
                issuer: (family == ConnectorFamily::EnterpriseSso)
                    .then(|| upstream.issuers.first().cloned())
                    .flatten(),
                tokens: None,
            }),
        );
        save(cx, &interaction)?;
        cx.because(off_to(&upstream, redirect_uri, family));
        cx.arrow(Lane::Interaction, Lane::Experience, "200 authorizationUri");
        cx.arrow(Lane::Experience, Lane::Upstream, format!("go to {name}"));
        let patch = &mut cx.trail.patch;
        patch.outcome = Some(format!("at {name}").into());
        patch.headline = Some(format!("Gone to {name}").into());
        waiting(cx, Lane::Upstream, format!("waiting for {name}"));
        Ok(StartedConnector {
            departure,
            verification_id,
        })
    })
}

/// The card of a departure.
fn off_to(upstream: &Upstream, redirect_uri: &str, family: ConnectorFamily) -> Because {
    let whose = if upstream.simulated { ", which Vestibule plays itself" } else { "" };
    if let Some(partners) = &upstream.saml {
        let detail = format!(
            "The connector `{}` stands for {}{whose}. A SAML request goes along, and the response is posted to `{}`; then the browser goes on to the page. \
             `RelayState` is the page's state, and the response has to name the request's id.",
            upstream.connector, upstream.name, partners.own.acs
        );
        let title = format!("The browser goes to {}", upstream.name);
        return Because::new("experience.connector", Outcome::Decided, title, detail, family.source())
            .input(upstream.authorization_endpoint.clone());
    }
    let proof = if upstream.pkce {
        "A code challenge (PKCE) goes along."
    } else {
        "No code challenge goes along, as in Logto; `pkce` in the connector's configuration changes that."
    };
    Because::new(
        "experience.connector",
        Outcome::Decided,
        format!("The browser goes to {}", upstream.name),
        format!(
            "The connector `{}` stands for {}{whose}. It is asked for `{}` and sends the browser back to `{redirect_uri}`. {proof}",
            upstream.connector, upstream.name, upstream.scope
        ),
        family.source(),
    )
    .input(upstream.authorization_endpoint.clone())
}

fn guard_text(member: &str, text: &str) -> Result<(), Stop> {
    if !text.is_empty() && text.len() <= MAX_TEXT {
        return Ok(());
    }
    refuse(
        ApiError::invalid_input(format!("{member} must be a text of 1 to {MAX_TEXT} bytes")),
        Because::new(
            "experience.connector",
            Outcome::Refused,
            format!("`{member}` is missing or too long"),
            "The page draws a random `state` of its own, and says where the provider sends the browser back to.",
            "Logto 4.2",
        ),
    )
}

/// SAML Bindings 3.4.3: what a provider has to carry is bounded.
fn guard_relay_state(state: &str) -> Result<(), Stop> {
    if state.len() <= MAX_RELAY_STATE {
        return Ok(());
    }
    refuse(
        ApiError::invalid_input(format!("state must have at most {MAX_RELAY_STATE} bytes for a SAML provider")),
        Because::new(
            "experience.connector",
            Outcome::Refused,
            "`state` is too long for a SAML provider",
            "The page's state travels as `RelayState`, which has at most 80 bytes. 22 characters are random enough.",
            "SAML Bindings 3.4.3",
        ),
    )
}

/// `GET /sso-connectors?email=` → 200 `{connectorIds}`: the enterprise connectors that an address signs in through.
///
/// # Errors
/// [`StoreError`]. Refuses with 400 `guard.invalid_input` for what is no e-mail address, and before `PUT /api/experience`.
pub fn sso_connectors_of(cx: &mut Cx<'_>, interaction_id: &InteractionId, email: &str) -> Ruling<Vec<ConnectorId>> {
    decide(cx, Some("single sign-on for an address".into()), |cx| {
        begun(cx, interaction_id)?;
        let shown: String = email.chars().take(200).collect();
        let Some(domain) = email_domain(email).filter(|_| is_email(email)) else {
            return refuse(
                ApiError::invalid_input("email must be an e-mail address"),
                Because::new(
                    "experience.sso_domain",
                    Outcome::Refused,
                    "This is no e-mail address",
                    "The enterprise connectors of an address are found by what follows its @.",
                    "Logto 4.1",
                )
                .input(shown),
            );
        };
        let on = sign_in_experience(cx)?.single_sign_on_enabled;
        let found = if on { connectors_of_domain(cx, &domain)? } else { Vec::new() };
        let ids: Vec<ConnectorId> = found.iter().map(|connector| connector.id.clone()).collect();
        let detail = match (on, found.as_slice()) {
            (false, _) => "Single sign-on is switched off.".to_owned(),
            (true, []) => format!("No enterprise connector serves `{domain}`."),
            (true, found) => {
                let names: Vec<&str> = found.iter().map(|connector| connector.label()).collect();
                format!("`{domain}` is served by {}.", names.join(" and "))
            }
        };
        cx.because(
            Because::new(
                "experience.sso_domain",
                Outcome::Decided,
                "Enterprise connectors were looked up by e-mail domain",
                detail,
                "Logto 6.5",
            )
            .input(shown),
        );
        cx.arrow(Lane::Interaction, Lane::Experience, "200 connectorIds");
        Ok(ids)
    })
}
