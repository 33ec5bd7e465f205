//! Social and enterprise providers: asking them happens between decisions.

use super::super::saml;
use super::{Call, Stop, verified};
use crate::http::Response;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use vestibule_core::connectors::{Departure, ProviderDocument, UpstreamFailure};
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
    /// What has to be read of this connector's provider, or why it can't be; `None` where nothing has to.
    async fn document(&mut self, family: ConnectorFamily, id: &str) -> Result<Option<Result<ProviderDocument, UpstreamFailure>>, Stop> {
        let plan = self.read(|cx, interaction| experience::connector_plan(cx, interaction, family, id))?;
        Ok(match plan.document_source(&self.engine.places()) {
            Some(source) => Some(self.engine.providers.document(&source, self.engine.now()).await),
            None => None,
        })
    }

    pub(super) async fn authorization_uri(&mut self, family: ConnectorFamily, id: &str) -> Result<Response, Stop> {
        let AuthorizationUriBody { state, redirect_uri } = self.body()?;
        let document = self.document(family, id).await?;
        let places = self.engine.places();
        let (id, drawn) = (id.to_owned(), state.clone());
        let started = self
            .write(move |cx, interaction| {
                experience::start_connector(cx, interaction, family, &id, &places, document, &state, &redirect_uri)
            })
            .await?;
        if let Some(live) = &self.exchange.trail.live {
            self.engine.simulator.expect(&drawn, live);
        }
        let authorization_uri = match started.departure {
            Departure::Address(address) => address,
            Departure::Saml(request) => saml::sign_in_address(&request)?,
        };
        Ok(Response::json(
            StatusCode::OK,
            &json!({ "authorizationUri": authorization_uri, "verificationId": started.verification_id }),
        ))
    }

    pub(super) async fn verify_connector(&mut self, family: ConnectorFamily, id: &str) -> Result<Response, Stop> {
        let VerifyBody {
            mut connector_data,
            verification_id,
        } = self.body()?;
        let document = self.document(family, id).await?;
        let places = self.engine.places();
        let connector = ConnectorId::from(id);
        if let Some(Ok(ProviderDocument::Metadata(_))) = &document {
            saml::put_response(self.engine, &connector, &mut connector_data);
        }
        let asked = connector.clone();
        let taken = self
            .write(move |cx, interaction| {
                let record = verification_id.as_deref();
                experience::connector_question(cx, interaction, family, asked.as_str(), record, &places, document, connector_data)
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
