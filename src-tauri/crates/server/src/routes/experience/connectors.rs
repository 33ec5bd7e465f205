//! Social and enterprise providers: asking them happens between decisions.

use super::{Call, Stop, verified};
use crate::http::Response;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use vestibule_core::connectors::{Discovery, UpstreamFailure};
use vestibule_core::experience::{self, ApiError, ConnectorFamily};
use vestibule_core::ids::ConnectorId;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AuthorizationUriBody {
    state: String,
    redirect_uri: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct VerifyBody {
    connector_data: Map<String, Value>,
    #[serde(default)]
    verification_id: Option<String>,
}

impl Call<'_> {
    /// The discovery document that this connector asks for, or why it can't be read; `None` where none is needed.
    async fn discovery(&mut self, family: ConnectorFamily, id: &str) -> Result<Option<Result<Discovery, UpstreamFailure>>, Stop> {
        let plan = self.read(|cx, interaction| experience::connector_plan(cx, interaction, family, id))?;
        Ok(match plan.needs_discovery() {
            Some(issuer) => Some(self.engine.providers.discover(&issuer, self.engine.now()).await),
            None => None,
        })
    }

    pub(super) async fn authorization_uri(&mut self, family: ConnectorFamily, id: &str) -> Result<Response, Stop> {
        let AuthorizationUriBody { state, redirect_uri } = self.body()?;
        let discovery = self.discovery(family, id).await?;
        let places = self.engine.places();
        let (id, drawn) = (id.to_owned(), state.clone());
        let started = self
            .write(move |cx, interaction| {
                experience::start_connector(cx, interaction, family, &id, &places, discovery, &state, &redirect_uri)
            })
            .await?;
        if let Some(live) = &self.exchange.trail.live {
            self.engine.simulator.expect(&drawn, live);
        }
        Ok(Response::json(
            StatusCode::OK,
            &json!({ "authorizationUri": started.authorization_uri, "verificationId": started.verification_id }),
        ))
    }

    pub(super) async fn verify_connector(&mut self, family: ConnectorFamily, id: &str) -> Result<Response, Stop> {
        let VerifyBody {
            connector_data,
            verification_id,
        } = self.body()?;
        let discovery = self.discovery(family, id).await?;
        let places = self.engine.places();
        let connector = ConnectorId::from(id);
        let asked = connector.clone();
        let taken = self
            .write(move |cx, interaction| {
                let record = verification_id.as_deref();
                experience::connector_question(cx, interaction, family, asked.as_str(), record, &places, discovery, connector_data)
            })
            .await?;
        let answer = self.engine.providers.answer(taken.question, self.engine.now()).await;
        let record = taken.verification_id;
        let id = self
            .write(move |cx, interaction| experience::record_connector_answer(cx, interaction, family, &connector, &record, answer))
            .await?;
        Ok(verified(id))
    }

    pub(super) fn sso_connectors(&mut self) -> Result<Response, Stop> {
        let pairs = self.request.query_pairs().map_err(ApiError::invalid_input)?;
        let email = pairs.into_iter().find(|(name, _)| name == "email").map(|(_, value)| value);
        let email = email.ok_or_else(|| ApiError::invalid_input("email is missing in the query"))?;
        let ids = self.read(|cx, interaction| experience::sso_connectors_of(cx, interaction, &email))?;
        Ok(Response::json(StatusCode::OK, &json!({ "connectorIds": ids })))
    }
}
