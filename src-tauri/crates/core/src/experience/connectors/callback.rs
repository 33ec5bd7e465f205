//! Coming back from a provider: the callback is taken, once, and whoever came back is kept.

use super::super::error::ApiError;
use super::super::interaction::keep_record;
use super::super::ruling::{Ruling, Stop, answer, begun, decide, refuse, save, waiting};
use super::{ConnectorFamily, ConnectorPlan, TakenCallback, failed, misconfigured, plan};
use crate::because::{Because, Outcome, Words};
use crate::connectors::{
    FailureKind, Places, ProviderDocument, UpstreamAnswer, UpstreamFailure, UpstreamQuestion, UpstreamTokens, resolve, state_digest,
};
use crate::ids::{ConnectorId, InteractionId, VerificationId};
use crate::live::Lane;
use crate::model::Connector;
use crate::port::Cx;
use crate::record::{ConnectorRecord, Interaction, VerificationRecord};
use crate::secret::Secret;
use serde_json::{Map, Value};

/// Carries what the provider did into the trail: arrows and cards.
fn told(cx: &mut Cx<'_>, answer: &UpstreamAnswer) {
    for call in &answer.calls {
        cx.arrow(Lane::Interaction, Lane::Upstream, call.asked.clone());
        let millis = call.micros / 1000;
        let answered: Words = if millis >= 1000 {
            format!("{} · {millis} ms", call.answered).into()
        } else {
            call.answered.clone()
        };
        cx.arrow(Lane::Upstream, Lane::Interaction, answered);
    }
    for because in &answer.because {
        cx.because(because.clone());
    }
}

/// The callback is not the answer to what was asked.
fn foreign<T>(hidden: &'static str, detail: &'static str, family: ConnectorFamily) -> Result<T, Stop> {
    refuse(
        ApiError::connector_session_not_found().hidden(hidden),
        Because::new(
            "experience.connector_callback",
            Outcome::Refused,
            "This callback is not the answer to what this sign-in asked",
            detail,
            family.source(),
        ),
    )
}

/// First half of `POST /verification/{social|sso}/:connectorId/verify`: takes the callback, once, and says what to ask the
/// provider. The record must be of this interaction and of this connector; a `state` that comes along must be the page's.
///
/// # Errors
/// [`StoreError`]. Refuses as [`start_connector`], with 404 `session.verification_session_not_found`, 400
/// `session.connector_validation_session_not_found`, and 401 `connector.authorization_failed` when the provider sent an error.
#[allow(clippy::too_many_arguments)]
pub fn connector_question(
    cx: &mut Cx<'_>,
    interaction_id: &InteractionId,
    family: ConnectorFamily,
    id: &str,
    verification_id: Option<&str>,
    places: &Places,
    document: Option<Result<ProviderDocument, UpstreamFailure>>,
    callback: Map<String, Value>,
) -> Ruling<TakenCallback> {
    decide(cx, Some("back from the provider".into()), |cx| {
        let (mut interaction, _) = begun(cx, interaction_id)?;
        let ConnectorPlan { connector, config } = plan(cx, family, id)?;
        let record = pending(&interaction, family, &connector, verification_id)?;
        let text = |member: &str| callback.get(member).and_then(Value::as_str);
        if record.used {
            return foreign(
                "the callback was taken before",
                "It was taken before. A callback counts once, so that nobody can use a copy of its address.",
                family,
            );
        }
        if text("state").is_some_and(|state| state_digest(state) != record.state) {
            return foreign(
                "another state",
                "It carries another `state` than the page drew before the browser left. It belongs to another tab or another sign-in, or somebody made it up.",
                family,
            );
        }
        mark_used(&mut interaction, &record.id);
        save(cx, &interaction)?;
        if let Some(error) = text("error") {
            return refused_there(&connector, error, text("error_description"), family);
        }
        let document = match document {
            Some(Ok(document)) => Some(document),
            Some(Err(failure)) => return failed(connector.label(), failure),
            None => None,
        };
        let upstream = match resolve(&connector, &config, places, document.as_ref()) {
            Ok(upstream) => upstream,
            Err(problem) => return misconfigured(&connector, &problem, family),
        };
        let code_verifier = match &record.code_verifier {
            Some(sealed) => Some(cx.vault.open(sealed)?),
            None => None,
        };
        Ok(TakenCallback {
            verification_id: record.id,
            question: UpstreamQuestion {
                upstream,
                callback,
                redirect_uri: record.redirect_uri,
                nonce: Some(record.nonce),
                code_verifier,
                saml_request: record.saml_request,
            },
        })
    })
}

/// The record that waits for this connector's callback.
fn pending(
    interaction: &Interaction,
    family: ConnectorFamily,
    connector: &Connector,
    verification_id: Option<&str>,
) -> Result<ConnectorRecord, Stop> {
    let mut records = interaction
        .result
        .verification_records
        .iter()
        .filter_map(|record| family.of(record));
    let found = records.find(|record| verification_id.is_none_or(|id| record.id.as_str() == id));
    match found {
        Some(record) if record.connector_id == connector.id => Ok(record.clone()),
        Some(record) => foreign_connector(record, connector, family),
        None => refuse(
            ApiError::verification_session_not_found().hidden("this interaction sent nobody to this provider"),
            Because::new(
                "experience.connector_callback",
                Outcome::Refused,
                "This sign-in sent nobody to a provider",
                "A callback counts in the browser and in the sign-in that left for the provider, nowhere else. A newer attempt replaces an older one.",
                "Logto 4.3",
            ),
        ),
    }
}

fn foreign_connector<T>(record: &ConnectorRecord, connector: &Connector, family: ConnectorFamily) -> Result<T, Stop> {
    refuse(
        ApiError::verification_session_not_found().hidden(format!("the record is of connector {}", record.connector_id)),
        Because::new(
            "experience.connector_callback",
            Outcome::Refused,
            "The answer of one provider was handed in for another",
            format!(
                "The browser left for the connector `{}`, and its callback came for `{}` ({}).",
                record.connector_id,
                connector.id,
                connector.label()
            ),
            family.source(),
        ),
    )
}

fn mark_used(interaction: &mut Interaction, id: &VerificationId) {
    for record in &mut interaction.result.verification_records {
        if let VerificationRecord::Social(record) | VerificationRecord::EnterpriseSso(record) = record
            && record.id == *id
        {
            record.used = true;
        }
    }
}

/// The provider sent an error instead of a code (RFC 6749 4.1.2.1).
fn refused_there<T>(connector: &Connector, error: &str, description: Option<&str>, family: ConnectorFamily) -> Result<T, Stop> {
    let name = connector.label();
    let error: String = error.chars().take(200).collect();
    let said = description
        .map(|text| format!(" It says: {}", text.chars().take(500).collect::<String>()))
        .unwrap_or_default();
    let (message, title) = if error == "access_denied" {
        (
            format!("The sign-in with {name} was cancelled."),
            format!("The sign-in at {name} was cancelled"),
        )
    } else {
        (
            format!("{name} could not sign you in. Try again, or choose another way."),
            format!("{name} answered with an error"),
        )
    };
    refuse(
        ApiError::connector_failure(FailureKind::AuthorizationFailed, message).hidden(error.clone()),
        Because::new(
            "experience.connector_callback",
            Outcome::Refused,
            title,
            format!("The callback carries `error={error}` and no code.{said} Nobody is signed in, and nothing was created or linked."),
            family.source(),
        )
        .input(error),
    )
}

/// Second half of `POST /verification/{social|sso}/:connectorId/verify` → 200 `{verificationId}`: keeps who came back.
///
/// # Errors
/// [`StoreError`]. Refuses as the provider's answer failed.
pub fn record_connector_answer(
    cx: &mut Cx<'_>,
    interaction_id: &InteractionId,
    family: ConnectorFamily,
    id: &ConnectorId,
    verification_id: &VerificationId,
    reply: UpstreamAnswer,
) -> Ruling<VerificationId> {
    decide(cx, None, |cx| {
        let (mut interaction, _) = begun(cx, interaction_id)?;
        let ConnectorPlan { connector, .. } = plan(cx, family, id.as_str())?;
        told(cx, &reply);
        let name = connector.label().to_owned();
        let (user, tokens) = match reply.result {
            Ok(found) => found,
            Err(failure) => return failed(&name, failure),
        };
        let mut record = pending(&interaction, family, &connector, Some(verification_id.as_str()))?;
        let who = user.name.clone().or_else(|| user.email.clone()).unwrap_or_else(|| user.id.clone());
        let subject = user.id.clone();
        let kept = tokens.filter(|_| connector.enable_token_storage);
        record.tokens = kept.map(|tokens| seal_tokens(cx, &tokens));
        record.user_info = Some(user);
        keep_record(&mut interaction, family.record(record));
        save(cx, &interaction)?;
        cx.because(
            Because::new(
                "experience.connector_callback",
                Outcome::Passed,
                format!("{name} says who it is: {who}"),
                "The provider's word is kept in this sign-in. Whose account that is, or whether one is created, is decided at identification.",
                family.source(),
            )
            .input(subject),
        );
        answer(
            cx,
            "200 verificationId",
            "back from a provider",
            format!("{who} · back from {name}"),
        );
        waiting(cx, Lane::Experience, "waiting for the page to identify");
        Ok(verification_id.clone())
    })
}

fn seal_tokens(cx: &Cx<'_>, tokens: &UpstreamTokens) -> String {
    let expires_at = tokens.expires_in.map(|seconds| cx.now.plus_seconds(seconds));
    let set = serde_json::json!({
        "accessToken": tokens.access_token.expose(),
        "refreshToken": tokens.refresh_token.as_ref().map(Secret::expose),
        "idToken": tokens.id_token.as_ref().map(Secret::expose),
        "scope": tokens.scope,
        "expiresAt": expires_at,
    });
    cx.vault.seal(&Secret::new(set.to_string()))
}
