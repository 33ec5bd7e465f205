//! Verification codes and one-time tokens.

use super::{Call, Stop, verified};
use crate::http::Response;
use serde::Deserialize;
use vestibule_core::experience;
use vestibule_core::model::Message;
use vestibule_core::record::{Identifier, InteractionEvent};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
struct SendCodeBody {
    identifier: Identifier,
    interaction_event: InteractionEvent,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
struct VerifyCodeBody {
    identifier: Identifier,
    verification_id: String,
    code: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OneTimeTokenBody {
    identifier: Identifier,
    token: String,
}

impl Call<'_> {
    pub(super) async fn send_code(&mut self) -> Result<Response, Stop> {
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
    pub(super) fn deliver(&self, message: Option<Message>) {
        if let Some(message) = message {
            self.engine.deliver(message);
        }
    }

    pub(super) async fn verify_code(&mut self) -> Result<Response, Stop> {
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

    pub(super) async fn one_time_token(&mut self) -> Result<Response, Stop> {
        let OneTimeTokenBody { identifier, token } = self.body()?;
        let id = self
            .write(move |cx, id| experience::verify_one_time_token(cx, id, &identifier, &token))
            .await?;
        Ok(verified(id))
    }
}
