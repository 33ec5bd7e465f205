//! Second factors and passkeys (sheet 4.2 and 4.5). Signatures are checked between two decisions, and pictures are drawn
//! after one.

use super::{Call, Stop, no_content, verified};
use crate::http::Response;
use http::{StatusCode, header};
use serde::Deserialize;
use serde_json::json;
use vestibule_core::Cx;
use vestibule_core::StoreError;
use vestibule_core::experience::{self, MfaBinding, Ruling};
use vestibule_core::ids::InteractionId;
use vestibule_core::model::{MfaFactor, Passkey};
use vestibule_core::record::{Challenge, Identifier, IdentifierKind};
use vestibule_keys::{AuthenticationPayload, Ceremony, KnownCredential, RegistrationPayload, verify_authentication, verify_registration};

/// Longest name of a browser that is kept, in characters.
const MAX_AGENT: usize = 500;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
struct TotpBody {
    code: String,
    #[serde(default)]
    verification_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BackupCodeBody {
    code: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
struct SendCodeBody {
    identifier_type: IdentifierKind,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
struct VerifyCodeBody {
    verification_id: String,
    code: String,
    identifier_type: IdentifierKind,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
struct RegistrationBody {
    verification_id: String,
    payload: RegistrationPayload,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
struct AuthenticationBody {
    verification_id: String,
    payload: AuthenticationPayload,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PasskeyBody {
    identifier: Identifier,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
struct PasskeyVerifyBody {
    #[serde(default)]
    verification_id: Option<String>,
    payload: AuthenticationPayload,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
struct BindingBody {
    #[serde(rename = "type")]
    factor: MfaFactor,
    verification_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
struct AddPasskeyBody {
    verification_id: String,
}

impl Call<'_> {
    /// The routes under `verification/` that are about second factors and passkeys; `None` when there is no such route.
    pub(super) async fn second_factor(&mut self, route: &str, rest: &[&str]) -> Option<Result<Response, Stop>> {
        Some(match (route, rest) {
            ("totp", ["secret"]) => self.totp_secret().await,
            ("totp", ["verify"]) => self.verify_totp().await,
            ("web-authn", ["registration"]) => self.start_registration().await,
            ("web-authn", ["registration", "verify"]) => self.verify_registration().await,
            ("web-authn", ["authentication"]) => self.start_authentication().await,
            ("web-authn", ["authentication", "verify"]) => self.verify_authentication().await,
            ("sign-in-passkey", ["authentication"]) => self.start_passkey().await,
            ("sign-in-passkey", ["authentication", "verify"]) => self.verify_passkey().await,
            ("backup-code", ["generate"]) => self.generate_backup_codes().await,
            ("backup-code", ["verify"]) => self.verify_backup_code().await,
            ("mfa-verification-code", []) => self.send_mfa_code().await,
            ("mfa-verification-code", ["verify"]) => self.verify_mfa_code().await,
            _ => return None,
        })
    }

    /// A call without a body that a rule only notes.
    pub(super) async fn note(
        &mut self,
        rule: impl FnOnce(&mut Cx<'_>, &InteractionId) -> Ruling<()> + Send + 'static,
    ) -> Result<Response, Stop> {
        self.write(rule).await?;
        Ok(no_content())
    }

    async fn totp_secret(&mut self) -> Result<Response, Stop> {
        let issuer = self.rp_id();
        let new = self.write(move |cx, id| experience::start_totp(cx, id, &issuer)).await?;
        let picture = experience::totp_for(&new.secret, &new.account, &new.issuer)?
            .to_qr_base64()
            .map_err(|e| StoreError::Corrupt(format!("the QR code: {e}")))?;
        Ok(Response::json(
            StatusCode::OK,
            &json!({
                "verificationId": new.verification_id,
                "secret": new.secret.expose(),
                "secretQrCode": format!("data:image/png;base64,{picture}"),
            }),
        ))
    }

    async fn verify_totp(&mut self) -> Result<Response, Stop> {
        let TotpBody { code, verification_id } = self.body()?;
        let id = self
            .write(move |cx, id| experience::verify_totp(cx, id, &code, verification_id.as_deref()))
            .await?;
        Ok(verified(id))
    }

    async fn generate_backup_codes(&mut self) -> Result<Response, Stop> {
        let (id, codes) = self.write(experience::generate_backup_codes).await?;
        Ok(Response::json(StatusCode::OK, &json!({ "verificationId": id, "codes": codes })))
    }

    async fn verify_backup_code(&mut self) -> Result<Response, Stop> {
        let BackupCodeBody { code } = self.body()?;
        let id = self.write(move |cx, id| experience::verify_backup_code(cx, id, &code)).await?;
        self.engine.recorder.configuration_changed();
        Ok(verified(id))
    }

    async fn send_mfa_code(&mut self) -> Result<Response, Stop> {
        let SendCodeBody { identifier_type } = self.body()?;
        let sent = self
            .write(move |cx, id| experience::send_mfa_verification_code(cx, id, identifier_type))
            .await?;
        self.deliver(sent.message);
        Ok(verified(sent.verification_id))
    }

    async fn verify_mfa_code(&mut self) -> Result<Response, Stop> {
        let VerifyCodeBody {
            verification_id,
            code,
            identifier_type,
        } = self.body()?;
        let id = self
            .write(move |cx, id| experience::verify_mfa_verification_code(cx, id, identifier_type, &verification_id, &code))
            .await?;
        Ok(verified(id))
    }

    /// The host name of the page: the relying party's id (sheet 4.7). The host guard has checked it.
    fn rp_id(&self) -> String {
        let host = self.request.header(header::HOST).unwrap_or_default();
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
            _ => host,
        };
        name.to_ascii_lowercase()
    }

    /// The ceremony of a page of ours under this host: over the endpoint's scheme where it is the endpoint's host, else
    /// over plain HTTP, which is what listens.
    fn ceremony(&self, challenge: &Challenge) -> Ceremony {
        let host = self.request.header(header::HOST).unwrap_or_default().to_ascii_lowercase();
        let endpoint = self.engine.site().endpoint.clone();
        let own = endpoint.split_once("://").is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(&host));
        Ceremony {
            challenge: challenge.challenge.clone(),
            rp_id: challenge.rp_id.clone(),
            origins: vec![if own { endpoint } else { format!("http://{host}") }],
        }
    }

    async fn start_registration(&mut self) -> Result<Response, Stop> {
        let rp_id = self.rp_id();
        let (id, options) = self.write(move |cx, id| experience::start_registration(cx, id, &rp_id)).await?;
        Ok(Response::json(
            StatusCode::OK,
            &json!({ "verificationId": id, "registrationOptions": options }),
        ))
    }

    async fn verify_registration(&mut self) -> Result<Response, Stop> {
        let RegistrationBody { verification_id, payload } = self.body()?;
        let asked = self.read(|cx, id| experience::registration_question(cx, id, &verification_id))?;
        let agent = self.request.header(header::USER_AGENT).unwrap_or_default();
        let agent: String = agent.chars().take(MAX_AGENT).collect();
        let outcome = match verify_registration(&self.ceremony(&asked), &payload) {
            Ok(made) => Ok(Passkey {
                rp_id: asked.rp_id.clone(),
                credential_id: made.id,
                public_key: made.public_key,
                counter: made.counter,
                backup_eligible: Some(made.backup_eligible),
                agent,
                transports: made.transports.into_iter().filter(|t| t.len() <= 32).take(8).collect(),
                name: None,
            }),
            Err(why) => Err(why.to_string()),
        };
        let id = self
            .write(move |cx, id| experience::record_registration(cx, id, &verification_id, &asked, outcome))
            .await?;
        Ok(verified(id))
    }

    async fn start_authentication(&mut self) -> Result<Response, Stop> {
        let rp_id = self.rp_id();
        let (id, options) = self.write(move |cx, id| experience::start_authentication(cx, id, &rp_id)).await?;
        Ok(Response::json(
            StatusCode::OK,
            &json!({ "verificationId": id, "authenticationOptions": options }),
        ))
    }

    async fn verify_authentication(&mut self) -> Result<Response, Stop> {
        let AuthenticationBody { verification_id, payload } = self.body()?;
        let question = self.read(|cx, id| experience::authentication_question(cx, id, &verification_id, &payload.id))?;
        let outcome = self.check(&question, &payload);
        let id = self
            .write(move |cx, id| experience::record_authentication(cx, id, &verification_id, &question, outcome))
            .await?;
        Ok(verified(id))
    }

    /// The counter in a good answer, or why it is none.
    fn check(&self, question: &experience::AuthenticationQuestion, payload: &AuthenticationPayload) -> Result<u32, String> {
        let Some(passkey) = &question.passkey else {
            return Err("the credential is unknown".to_owned());
        };
        let known = KnownCredential {
            public_key: &passkey.public_key,
            backup_eligible: passkey.backup_eligible,
        };
        verify_authentication(&self.ceremony(&question.challenge), known, payload).map_err(|why| why.to_string())
    }

    pub(super) async fn preflight_passkey(&mut self) -> Result<Response, Stop> {
        let rp_id = self.rp_id();
        let options = self
            .write(move |cx, id| experience::preflight_passkey_sign_in(cx, id, &rp_id))
            .await?;
        Ok(Response::json(StatusCode::OK, &json!({ "authenticationOptions": options })))
    }

    async fn start_passkey(&mut self) -> Result<Response, Stop> {
        let PasskeyBody { identifier } = self.body()?;
        let rp_id = self.rp_id();
        let (id, options) = self
            .write(move |cx, id| experience::start_passkey_sign_in(cx, id, &identifier, &rp_id))
            .await?;
        Ok(Response::json(
            StatusCode::OK,
            &json!({ "verificationId": id, "authenticationOptions": options }),
        ))
    }

    async fn verify_passkey(&mut self) -> Result<Response, Stop> {
        let PasskeyVerifyBody { verification_id, payload } = self.body()?;
        let rp_id = self.rp_id();
        let question = self.read(|cx, id| {
            let handle = payload.response.user_handle.as_deref().filter(|handle| !handle.is_empty());
            experience::passkey_question(cx, id, verification_id.as_deref(), &rp_id, &payload.id, handle)
        })?;
        let outcome = self.check(&question.asked, &payload);
        let id = self
            .write(move |cx, id| experience::record_passkey_result(cx, id, verification_id.as_deref(), &question, outcome))
            .await?;
        Ok(verified(id))
    }

    pub(super) async fn add_mfa_factor(&mut self) -> Result<Response, Stop> {
        let BindingBody { factor, verification_id } = self.body()?;
        let binding = MfaBinding { factor, verification_id };
        self.note(move |cx, id| experience::add_mfa_factor(cx, id, &binding)).await
    }

    pub(super) async fn add_passkey(&mut self) -> Result<Response, Stop> {
        let AddPasskeyBody { verification_id } = self.body()?;
        self.note(move |cx, id| experience::add_passkey(cx, id, &verification_id)).await
    }
}
