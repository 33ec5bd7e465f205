//! The Experience API (sheet 4): bodies in, rules, answers out. Hashing happens between two decisions.

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
use vestibule_core::experience::{self, ApiError, DevelopmentChoice, Identified, Later, ProfileUpdate, Ruling, Submitted};
use vestibule_core::ids::{InteractionId, UserId};
use vestibule_core::model::Message;
use vestibule_core::record::{Identifier, InteractionEvent};
use vestibule_core::{Cx, Secret, StoreError};

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
        ("PUT", ["profile", "password"]) => call.reset_password().await,
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
        ("POST", ["verification", "social", _, "authorization-uri" | "verify"]) => Later::Social,
        ("POST", ["verification", "sso", _, "authorization-uri" | "verify"]) | ("GET", ["sso-connectors"]) => Later::EnterpriseSso,
        (
            "POST",
            ["verification", "mfa-verification-code" | "totp", ..]
            | ["profile", "mfa"]
            | [
                "profile",
                "mfa",
                "mfa-enabled" | "mfa-skipped" | "mfa-suggestion-skipped" | "trusted-device",
            ],
        ) => Later::SecondFactor,
        (
            "POST",
            ["verification", "web-authn" | "sign-in-passkey", ..] | ["preflight", ..] | ["profile", "mfa", "passkey" | "passkey-skipped"],
        ) => Later::WebAuthn,
        ("POST", ["verification", "backup-code", "generate" | "verify"]) => Later::BackupCode,
        ("POST", ["user-assets", "avatar"]) => Later::ExtraProfile,
        _ => return None,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EventBody {
    interaction_event: InteractionEvent,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct IdentificationBody {
    verification_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SendCodeBody {
    identifier: Identifier,
    interaction_event: InteractionEvent,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VerifyCodeBody {
    identifier: Identifier,
    verification_id: String,
    code: String,
}

#[derive(Deserialize)]
struct OneTimeTokenBody {
    identifier: Identifier,
    token: String,
}

#[derive(Deserialize)]
struct NewPasswordBody {
    password: String,
}

#[derive(Deserialize)]
struct PasswordBody {
    identifier: Identifier,
    password: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct DevelopmentBody {
    user_id: Option<UserId>,
    new_person: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", tag = "type")]
enum ProfileBody {
    Username {
        value: String,
    },
    Password {
        value: String,
    },
    #[serde(rename_all = "camelCase")]
    Email {
        verification_id: String,
    },
    #[serde(rename_all = "camelCase")]
    Phone {
        verification_id: String,
    },
    #[serde(rename_all = "camelCase")]
    Social {
        verification_id: String,
    },
    ExtraProfile {
        values: serde_json::Map<String, Value>,
    },
}

fn no_content() -> Response {
    Response::new(StatusCode::NO_CONTENT)
}

fn verified(id: impl serde::Serialize) -> Response {
    Response::json(StatusCode::OK, &json!({ "verificationId": id }))
}

impl Call<'_> {
    /// The body, or 400 `guard.invalid_input` saying what is wrong with it.
    fn body<T: DeserializeOwned>(&self) -> Result<T, Stop> {
        let bytes: &[u8] = if self.request.body.is_empty() { b"{}" } else { &self.request.body };
        if !self.request.body.is_empty() && !self.request.is("application/json") {
            return Err(ApiError::invalid_input("the body must be JSON, with Content-Type: application/json").into());
        }
        if bytes.contains(&0) {
            return Err(ApiError::invalid_input("the body must not contain a NUL byte").into());
        }
        let value: T = serde_json::from_slice(bytes).map_err(|e| ApiError::invalid_input(e.to_string()))?;
        Ok(value)
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
            .write(move |cx, id| experience::identify(cx, id, body.verification_id.as_deref()))
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

    async fn send_code(&mut self) -> Result<Response, Stop> {
        let SendCodeBody {
            identifier,
            interaction_event,
        } = self.body()?;
        let sent = self
            .write(move |cx, id| experience::send_verification_code(cx, id, &identifier, interaction_event))
            .await?;
        self.deliver(sent.message);
        Ok(verified(sent.verification_id))
    }

    /// Tells the window of a message, and carries it to where else messages go.
    fn deliver(&self, message: Option<Message>) {
        if let Some(message) = message {
            self.engine.deliver(message);
        }
    }

    async fn verify_code(&mut self) -> Result<Response, Stop> {
        let VerifyCodeBody {
            identifier,
            verification_id,
            code,
        } = self.body()?;
        let id = self
            .write(move |cx, id| experience::verify_verification_code(cx, id, &identifier, &verification_id, &code))
            .await?;
        Ok(verified(id))
    }

    async fn one_time_token(&mut self) -> Result<Response, Stop> {
        let OneTimeTokenBody { identifier, token } = self.body()?;
        let id = self
            .write(move |cx, id| experience::verify_one_time_token(cx, id, &identifier, &token))
            .await?;
        Ok(verified(id))
    }

    async fn reset_password(&mut self) -> Result<Response, Stop> {
        let NewPasswordBody { password } = self.body()?;
        let password = Secret::new(password);
        let old = self.read(|cx, id| experience::reset_password_check(cx, id, &password))?;
        let same = match old {
            Some(old) => self.compare(password.clone(), Some(old.expose().to_owned())).await?,
            None => false,
        };
        let phc = self.hash(password).await?;
        self.write(move |cx, id| experience::record_reset_password(cx, id, same, phc))
            .await?;
        Ok(no_content())
    }

    async fn hash(&self, password: Secret) -> Result<String, Stop> {
        Ok(self.engine.hasher.hash(password).await.map_err(|e| StoreError::Io(e.to_string()))?)
    }

    async fn compare(&self, password: Secret, hash: Option<String>) -> Result<bool, Stop> {
        let matched = self.engine.hasher.verify(password, hash).await;
        Ok(matched.map_err(|e| StoreError::Io(e.to_string()))?)
    }

    async fn password(&mut self) -> Result<Response, Stop> {
        let PasswordBody { identifier, password } = self.body()?;
        let question = self.read(|cx, id| experience::password_candidate(cx, id, &identifier))?;
        let hash = question.hash.as_ref().map(|h| h.expose().to_owned());
        let matched = self.compare(Secret::new(password), hash).await?;
        let id = self
            .write(move |cx, id| experience::record_password_result(cx, id, &question, matched))
            .await?;
        Ok(verified(id))
    }

    async fn new_password_identity(&mut self) -> Result<Response, Stop> {
        let PasswordBody { identifier, password } = self.body()?;
        let password = Secret::new(password);
        self.read(|cx, id| experience::new_password_identity_check(cx, id, &identifier, &password))?;
        let phc = self.hash(password).await?;
        let id = self
            .write(move |cx, id| experience::record_new_password_identity(cx, id, &identifier, phc))
            .await?;
        Ok(verified(id))
    }

    async fn profile(&mut self) -> Result<Response, Stop> {
        let update = match self.body::<ProfileBody>()? {
            ProfileBody::Username { value } => ProfileUpdate::Username(value),
            ProfileBody::Password { value } => {
                let password = Secret::new(value);
                self.read(|cx, id| experience::profile_password_check(cx, id, &password))?;
                ProfileUpdate::Password {
                    phc: self.hash(password).await?,
                }
            }
            ProfileBody::Email { verification_id } => ProfileUpdate::Email { verification_id },
            ProfileBody::Phone { verification_id } => ProfileUpdate::Phone { verification_id },
            ProfileBody::Social { verification_id } => ProfileUpdate::Social { verification_id },
            ProfileBody::ExtraProfile { values } => ProfileUpdate::ExtraProfile { values },
        };
        self.write(move |cx, id| experience::add_profile(cx, id, update)).await?;
        Ok(no_content())
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
