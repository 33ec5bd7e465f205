//! The Experience API (sheet 4): bodies in, rules, answers out. Slow work happens between two decisions.

mod body;
mod codes;
mod connectors;
mod profile;
mod second_factor;
#[cfg(test)]
mod tests;

use super::common::{api_error, api_not_found, check_same_origin, failed};
use super::oidc::current_interaction;
use crate::engine::Engine;
use crate::http::{Request, Response};
use crate::recorder::Exchange;
use http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;
use vestibule_core::experience::{self, ApiError, ConnectorFamily, DevelopmentChoice, Identified, Later, Ruling, Submitted};
use vestibule_core::ids::{InteractionId, UserId};
use vestibule_core::record::InteractionEvent;
use vestibule_core::{Cx, StoreError};

pub(super) use body::read as read_body;

/// What a route answers before it becomes a response.
enum Stop {
    Api(Box<ApiError>),
    Store(StoreError),
}

impl From<ApiError> for Stop {
    fn from(error: ApiError) -> Self {
        Self::Api(Box::new(error))
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// One call of the API.
struct Call<'a> {
    engine: &'a Arc<Engine>,
    request: &'a Request,
    exchange: &'a mut Exchange,
    interaction: InteractionId,
}

/// Everything under `/api/experience`.
pub(super) async fn answer(engine: &Arc<Engine>, request: &Request, exchange: &mut Exchange, rest: &[&str]) -> Response {
    if let Err(error) = check_same_origin(engine, request) {
        return api_error(&error);
    }
    let Some(id) = current_interaction(engine, request) else {
        return api_error(&ApiError::session_not_found());
    };
    let mut call = Call {
        engine,
        request,
        exchange,
        interaction: InteractionId(id),
    };
    let outcome = match (request.method.as_str(), rest) {
        ("PUT", []) => call.begin().await,
        ("PUT", ["interaction-event"]) => call.change_event().await,
        ("GET", ["interaction"]) => call.state(),
        ("POST", ["identification"]) => call.identification().await,
        ("POST", ["submit"]) => call.submit().await,
        ("POST", ["profile"]) => call.profile().await,
        ("POST", ["verification", "password"]) => call.password().await,
        ("POST", ["verification", "new-password-identity"]) => call.new_password_identity().await,
        ("POST", ["verification", "verification-code"]) => call.send_code().await,
        ("POST", ["verification", "verification-code", "verify"]) => call.verify_code().await,
        ("POST", ["verification", "one-time-token", "verify"]) => call.one_time_token().await,
        (
            "POST",
            [
                "verification",
                family @ ("social" | "sso"),
                id,
                step @ ("authorization-uri" | "verify"),
            ],
        ) => {
            let family = match *family {
                "social" => ConnectorFamily::Social,
                _ => ConnectorFamily::EnterpriseSso,
            };
            match *step {
                "verify" => Box::pin(call.verify_connector(family, id)).await,
                _ => Box::pin(call.authorization_uri(family, id)).await,
            }
        }
        ("GET", ["sso-connectors"]) => call.sso_connectors(),
        ("PUT", ["profile", "password"]) => call.reset_password().await,
        (
            "POST",
            [
                "verification",
                route @ ("totp" | "web-authn" | "sign-in-passkey" | "backup-code" | "mfa-verification-code"),
                rest @ ..,
            ],
        ) => match call.second_factor(route, rest).await {
            Some(outcome) => outcome,
            None => return api_not_found(request),
        },
        ("POST", ["preflight", "sign-in-passkey", "authentication"]) => call.preflight_passkey().await,
        ("POST", ["profile", "mfa"]) => call.add_mfa_factor().await,
        ("POST", ["profile", "mfa", "mfa-enabled"]) => call.note(experience::enable_mfa).await,
        ("POST", ["profile", "mfa", "mfa-skipped"]) => call.note(experience::skip_mfa).await,
        ("POST", ["profile", "mfa", "mfa-suggestion-skipped"]) => call.note(experience::skip_additional_mfa).await,
        ("POST", ["profile", "mfa", "passkey-skipped"]) => call.note(experience::skip_passkey).await,
        ("POST", ["profile", "mfa", "passkey"]) => call.add_passkey().await,
        ("GET", ["development-people"]) => call.development_people(),
        ("POST", ["verification", "development-sign-in"]) => call.development_sign_in().await,
        (method, rest) => match later(method, rest) {
            Some(family) => call.not_served(family),
            None => return api_not_found(request),
        },
    };
    match outcome {
        Ok(response) => response,
        Err(Stop::Api(error)) => api_error(&error),
        Err(Stop::Store(error)) => failed(&error),
    }
}

/// Routes of sheet 4.1, 4.2 and 4.5 that a later release serves.
fn later(method: &str, rest: &[&str]) -> Option<Later> {
    Some(match (method, rest) {
        ("POST", ["profile", "mfa", "trusted-device"]) => Later::TrustedDevice,
        ("POST", ["user-assets", "avatar"]) => Later::AvatarUpload,
        _ => return None,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
struct EventBody {
    interaction_event: InteractionEvent,
    /// Logto's pages send one where a captcha is on; here none is.
    #[serde(default, rename = "captchaToken")]
    _captcha_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
#[serde(deny_unknown_fields)]
struct IdentificationBody {
    verification_id: Option<String>,
    /// Links a social identity to the person with the same verified phone or e-mail.
    link_social_identity: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
#[serde(deny_unknown_fields)]
struct DevelopmentBody {
    user_id: Option<UserId>,
    new_person: bool,
}

fn no_content() -> Response {
    Response::new(StatusCode::NO_CONTENT)
}

fn verified(id: impl serde::Serialize) -> Response {
    Response::json(StatusCode::OK, &json!({ "verificationId": id }))
}

impl Call<'_> {
    /// The body, or 400 `guard.invalid_input` saying what is wrong with it, and where.
    fn body<T: DeserializeOwned>(&self) -> Result<T, Stop> {
        body::read(self.request).map_err(|why| ApiError::invalid_input(why).into())
    }

    async fn write<T: Send + 'static>(
        &mut self,
        rule: impl FnOnce(&mut Cx<'_>, &InteractionId) -> Ruling<T> + Send + 'static,
    ) -> Result<T, Stop> {
        let id = self.interaction.clone();
        Ok(self.engine.write(self.exchange, move |cx| rule(cx, &id)).await??)
    }

    fn read<T>(&mut self, rule: impl FnOnce(&mut Cx<'_>, &InteractionId) -> Ruling<T>) -> Result<T, Stop> {
        Ok(self.engine.read(&mut self.exchange.trail, |cx| rule(cx, &self.interaction))??)
    }

    async fn begin(&mut self) -> Result<Response, Stop> {
        let body: EventBody = self.body()?;
        self.write(move |cx, id| experience::put_interaction(cx, id, body.interaction_event))
            .await?;
        Ok(no_content())
    }

    async fn change_event(&mut self) -> Result<Response, Stop> {
        let body: EventBody = self.body()?;
        self.write(move |cx, id| experience::put_interaction_event(cx, id, body.interaction_event))
            .await?;
        Ok(no_content())
    }

    fn state(&mut self) -> Result<Response, Stop> {
        let state: Value = self.read(experience::get_interaction)?;
        Ok(Response::json(StatusCode::OK, &state))
    }

    async fn identification(&mut self) -> Result<Response, Stop> {
        let body: IdentificationBody = self.body()?;
        let who = self
            .write(move |cx, id| {
                let link = body.link_social_identity == Some(true);
                experience::identify(cx, id, body.verification_id.as_deref(), link)
            })
            .await?;
        Ok(match who {
            Identified::Existing(_) => no_content(),
            Identified::Registered(_) => {
                self.engine.recorder.configuration_changed();
                Response::new(StatusCode::CREATED)
            }
        })
    }

    async fn submit(&mut self) -> Result<Response, Stop> {
        let issuer = self.engine.site().issuer.clone();
        Ok(match self.write(move |cx, id| experience::submit(cx, id, &issuer)).await? {
            Submitted::SignedIn { redirect_to } => Response::json(StatusCode::OK, &json!({ "redirectTo": redirect_to })),
            Submitted::PasswordReset => {
                self.engine.recorder.configuration_changed();
                Response::new(StatusCode::OK)
            }
        })
    }

    fn development_people(&mut self) -> Result<Response, Stop> {
        let people = self.read(experience::development_people)?;
        Ok(Response::json(StatusCode::OK, &json!(people)))
    }

    async fn development_sign_in(&mut self) -> Result<Response, Stop> {
        let body: DevelopmentBody = self.body()?;
        let choice = match (body.user_id, body.new_person) {
            (Some(id), false) => DevelopmentChoice::Person(id),
            (None, true) => DevelopmentChoice::NewPerson,
            _ => return Err(ApiError::invalid_input("give either userId or newPerson: true").into()),
        };
        let fresh = choice == DevelopmentChoice::NewPerson;
        let id = self.write(move |cx, id| experience::development_sign_in(cx, id, &choice)).await?;
        if fresh {
            self.engine.recorder.configuration_changed();
        }
        Ok(verified(id))
    }

    fn not_served(&mut self, family: Later) -> Result<Response, Stop> {
        match self.read(|cx, id| experience::not_served(cx, id, family))? {}
    }
}
