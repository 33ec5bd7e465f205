//! The console contract, answered: one exhaustive match over [`ConsoleRequest`].

mod actions;
mod applications;
mod backchannel;
mod connectors;
mod custom_ui;
mod demo;
mod experience;
mod identities;
mod inbox;
mod keys;
mod organizations;
mod people;
mod preview;
mod profile_fields;
mod repairs;
mod settings;
mod simulated;

pub(crate) use people::DeletedPeople;

use crate::custom_ui::Wanted;
use crate::engine::{Engine, ListenError};
use std::sync::Arc;
use vestibule_core::console::{ConsoleProblem, ConsoleReply, ConsoleRequest, Serving, Status};
use vestibule_core::model::{Application, Problem, User};
use vestibule_core::{Cx, StoreError};

/// Most live sessions answered at once.
const SESSIONS: usize = 10_000;
/// Most rows counted or listed.
const ROWS: usize = 100_000;

type Answer = Result<ConsoleReply, ConsoleProblem>;

pub(crate) fn problem(code: &str, message: impl Into<String>) -> ConsoleProblem {
    ConsoleProblem {
        code: code.to_owned(),
        message: message.into(),
        field: None,
    }
}

/// A problem at its field, with Logto's code.
fn at_field(problem: Problem) -> ConsoleProblem {
    ConsoleProblem {
        code: problem.code.into(),
        message: problem.message,
        field: Some(problem.field),
    }
}

/// The first of a list of problems.
fn first(problems: Vec<Problem>) -> Result<(), ConsoleProblem> {
    problems.into_iter().next().map_or(Ok(()), |problem| Err(at_field(problem)))
}

fn storage(error: &StoreError) -> ConsoleProblem {
    problem("storage", format!("The data could not be read or written: {error}."))
}

impl Engine {
    /// Carries out what the window asks.
    ///
    /// # Errors
    /// [`ConsoleProblem`] in plain words; nothing was changed then.
    pub async fn console(self: &Arc<Self>, request: ConsoleRequest) -> Answer {
        match request {
            ConsoleRequest::Status => self.status().map(ConsoleReply::Status),
            ConsoleRequest::UsePort { port } => self.use_port(port).await,
            ConsoleRequest::Sessions { limit } => Ok(ConsoleReply::Sessions(
                self.recorder.sessions((limit as usize).min(SESSIONS), self.now()),
            )),
            ConsoleRequest::Session { id } => Ok(ConsoleReply::Session(self.recorder.session(&id, &self.store))),
            ConsoleRequest::Wire { id: _, seq, reveal } => Ok(ConsoleReply::Wire(self.recorder.wire(seq, reveal, &self.site().endpoint))),
            ConsoleRequest::Jwks => Ok(ConsoleReply::Jwks(self.published_keys())),
            ConsoleRequest::ClearSessions => {
                self.release_all();
                self.recorder.clear(&self.store);
                Ok(ConsoleReply::Done("Forgot all live sessions. People stay signed in.".into()))
            }
            ConsoleRequest::RemoveExamples => self.remove_examples().await,
            ConsoleRequest::SessionActions { id } => self.session_actions(&id),
            ConsoleRequest::ContinueAs { id, user_id } => self.continue_as(&id, user_id).await,
            ConsoleRequest::AllowConsent { id } => self.allow_consent(&id).await,
            ConsoleRequest::FailAs { id, error, description } => self.fail_as(&id, error, description).await,
            ConsoleRequest::ExpireSession { id } => self.expire_session(&id).await,
            ConsoleRequest::PauseSession { id } => self.pause_session(&id),
            ConsoleRequest::ReleaseSession { id, again } => self.release_session(&id, again),
            ConsoleRequest::Repair { repair } => self.repair(repair).await,
            ConsoleRequest::Applications => self.applications(),
            ConsoleRequest::CreateApplication { application } => self.create_application(application).await,
            ConsoleRequest::UpdateApplication { id, application } => self.update_application(id, application).await,
            ConsoleRequest::DeleteApplication { id } => self.delete_application(id).await,
            ConsoleRequest::RevealSecrets { id } => self.secrets(&id),
            ConsoleRequest::AddSecret { id, name, expires_at } => self.add_secret(id, name, expires_at).await,
            ConsoleRequest::DeleteSecret { id, name } => self.delete_secret(id, name).await,
            ConsoleRequest::ApplicationSessions { id } => self.application_sessions(&id),
            ConsoleRequest::TestBackchannelLogout { id, subject } => self.test_backchannel_logout(&id, subject).await,
            ConsoleRequest::Users { search, limit } => self.users(&search, limit as usize),
            ConsoleRequest::CreateUser { user } => self.create_user(user).await,
            ConsoleRequest::UpdateUser { id, user } => self.update_user(id, user).await,
            ConsoleRequest::DeleteUser { id } => self.delete_user(id).await,
            ConsoleRequest::SetSuspended { id, suspended } => self.set_suspended(id, suspended).await,
            ConsoleRequest::People { search, limit } => self.people(&search, limit as usize),
            ConsoleRequest::Person { id } => self.person(&id),
            ConsoleRequest::SetPassword { id, password, expired } => self.set_password(id, password, expired).await,
            ConsoleRequest::RemoveFactor { user_id, factor_id } => self.remove_factor(user_id, factor_id).await,
            ConsoleRequest::AddTotp { user_id } => self.add_totp(user_id).await,
            ConsoleRequest::TotpCode { user_id } => self.totp_code(&user_id),
            ConsoleRequest::BackupCodes { user_id } => self.backup_codes(&user_id),
            ConsoleRequest::NewBackupCodes { user_id } => self.new_backup_codes(user_id).await,
            ConsoleRequest::PersonAccess { user_id } => self.person_access(&user_id),
            ConsoleRequest::EndBrowserSession { user_id, uid } => self.end_browser_session(user_id, uid).await,
            ConsoleRequest::RevokeGrant { user_id, grant_id } => self.revoke_grant(user_id, grant_id).await,
            ConsoleRequest::RestoreUser { id } => self.restore_user(id).await,
            ConsoleRequest::MakeUpPeople { count, seed, password } => self.make_up_people(count, seed, password).await,
            ConsoleRequest::DeleteMadeUpPeople => self.delete_made_up_people().await,
            ConsoleRequest::Personas => self.personas(),
            ConsoleRequest::CreatePersonas { ids, password } => self.create_personas(ids, password).await,
            ConsoleRequest::SigningKeys => self.signing_keys(),
            ConsoleRequest::AnnounceKey { alg } => self.announce_key(alg).await,
            ConsoleRequest::RotateKey { alg } => self.rotate_key(alg).await,
            ConsoleRequest::RetireKey { id } => self.retire_key(id).await,
            ConsoleRequest::Retention => self.retention(),
            ConsoleRequest::SetRetention { retention } => self.set_retention(retention).await,
            ConsoleRequest::Data => self.data().await,
            ConsoleRequest::PlantDemoData => self.plant_demo_data().await,
            ConsoleRequest::RemoveDemoData => self.remove_demo_data().await,
            ConsoleRequest::StartOver { keep_keys } => self.reset(keep_keys).await,
            ConsoleRequest::UndoStartOver => self.undo_reset().await,
            ConsoleRequest::PlaygroundStart {
                params,
                pkce,
                step_by_step,
            } => self
                .playground_start(params, pkce, step_by_step.unwrap_or_default())
                .await
                .map(|run| ConsoleReply::Playground(Some(run))),
            ConsoleRequest::PlaygroundPreview { params, pkce } => self
                .playground_preview(params, pkce)
                .map(|preview| ConsoleReply::RequestPreview(Box::new(preview))),
            ConsoleRequest::PlaygroundRun { id } => Ok(ConsoleReply::Playground(self.playground.run(&id))),
            ConsoleRequest::PlaygroundUse { id, action, resource } => {
                Ok(ConsoleReply::Playground(self.playground_use(&id, action, resource).await))
            }
            ConsoleRequest::Settings => Ok(ConsoleReply::Settings(self.settings())),
            ConsoleRequest::UpdateSettings { settings } => self.update_settings(settings).await,
            ConsoleRequest::Inbox { limit } => self.inbox(limit),
            ConsoleRequest::ClearInbox => self.clear_inbox().await,
            ConsoleRequest::MessageSettings => self.message_settings_draft(),
            ConsoleRequest::UpdateMessageSettings { settings } => self.update_message_settings(settings).await,
            ConsoleRequest::CreateOneTimeToken { email, expires_in } => self.create_one_time_token(email, expires_in).await,
            ConsoleRequest::CustomProfileFields => self.profile_fields(),
            ConsoleRequest::CreateCustomProfileField { field } => self.create_profile_field(field).await,
            ConsoleRequest::UpdateCustomProfileField { name, field } => self.update_profile_field(name, field).await,
            ConsoleRequest::DeleteCustomProfileField { name } => self.delete_profile_field(name).await,
            ConsoleRequest::OrderCustomProfileFields { names } => self.order_profile_fields(names).await,
            ConsoleRequest::Phrases => self.phrases(),
            ConsoleRequest::UpdateCustomPhrases { custom } => self.update_custom_phrases(custom).await,
            ConsoleRequest::SignInExperience => self.sign_in_experience(),
            ConsoleRequest::UpdateSignInExperience { sign_in_experience } => self.update_sign_in_experience(*sign_in_experience).await,
            ConsoleRequest::PreviewSignInExperience { draft } => self.preview_sign_in_experience(*draft),
            ConsoleRequest::Connectors => self.connectors(),
            ConsoleRequest::ConnectorFactories => self.connector_factories(),
            ConsoleRequest::CreateConnector { id, connector, offer } => self.create_connector(id, *connector, offer).await,
            ConsoleRequest::UpdateConnector { id, connector } => self.update_connector(id, *connector).await,
            ConsoleRequest::DeleteConnector { id } => self.delete_connector(id).await,
            ConsoleRequest::RevealConnectorSecrets { id } => self.connector_secrets(&id),
            ConsoleRequest::OfferTargets { targets } => self.offer_targets(targets).await,
            ConsoleRequest::SetSingleSignOn { enabled } => self.set_single_sign_on(enabled).await,
            ConsoleRequest::DiscoverIssuer { issuer } => self.discover_issuer(&issuer).await,
            ConsoleRequest::TestConnector { id } => self.test_connector(&id).await,
            ConsoleRequest::UnlinkIdentity { user_id, target } => self.unlink_identity(user_id, target).await,
            ConsoleRequest::UnlinkSsoIdentity {
                user_id,
                issuer,
                identity_id,
            } => self.unlink_sso_identity(user_id, issuer, identity_id).await,
            ConsoleRequest::CustomUi => self.custom_ui_reply().await,
            ConsoleRequest::SetCustomUiFolder { path } => self.set_custom_ui_folder(&path).await,
            ConsoleRequest::ImportCustomUi { path } => self.import_custom_ui(&path).await,
            ConsoleRequest::SetCustomUiDevServer { url } => self.set_custom_ui(Wanted::DevServer(url.trim().to_owned())).await,
            ConsoleRequest::SimulatedAccounts { connector_id } => self.simulated_accounts(connector_id).await,
            ConsoleRequest::SaveSimulatedAccount { account } => self.save_simulated_account(account).await,
            ConsoleRequest::DeleteSimulatedAccount { id } => self.delete_simulated_account(id).await,
            ConsoleRequest::MakeUpSimulatedAccount { connector_id } => self.make_up_simulated_account(connector_id).await,
            ConsoleRequest::SetSimulation { connector_id, simulation } => self.set_simulation(connector_id, simulation).await,
            ConsoleRequest::Organizations => self.organizations(),
            ConsoleRequest::SaveOrganization { organization } => self.save_organization(*organization).await,
            ConsoleRequest::DeleteOrganization { id } => self.delete_organization(id).await,
            ConsoleRequest::SaveOrganizationRole { role } => self.save_organization_role(role).await,
            ConsoleRequest::DeleteOrganizationRole { id } => self.delete_organization_role(id).await,
            ConsoleRequest::SaveOrganizationScope { scope } => self.save_organization_scope(scope).await,
            ConsoleRequest::DeleteOrganizationScope { id } => self.delete_organization_scope(id).await,
            ConsoleRequest::RemoveCustomUi => self.set_custom_ui(Wanted::Hosted).await,
        }
    }

    /// A change by the window: all or nothing, and every watcher is told.
    async fn commit<R: Send + 'static>(
        self: &Arc<Self>,
        rule: impl FnOnce(&mut Cx<'_>) -> Result<Result<R, ConsoleProblem>, StoreError> + Send + 'static,
    ) -> Result<R, ConsoleProblem> {
        let outcome = self
            .change(move |cx| {
                let outcome = rule(cx)?;
                if outcome.is_err() {
                    cx.forget();
                }
                Ok(outcome)
            })
            .await
            .map_err(|e| storage(&e))?;
        if outcome.is_ok() {
            self.recorder.configuration_changed();
        }
        outcome
    }

    /// The public keys of the JWKS document as it is served.
    fn published_keys(&self) -> Vec<serde_json::Value> {
        match serde_json::from_slice::<serde_json::Value>(&self.documents().jwks).map(|mut document| document["keys"].take()) {
            Ok(serde_json::Value::Array(keys)) => keys,
            _ => Vec::new(),
        }
    }

    fn status(self: &Arc<Self>) -> Result<Status, ConsoleProblem> {
        let (applications, users, demo, examples) = self
            .look(|cx| {
                Ok((
                    cx.count::<Application>(ROWS)?,
                    cx.count::<User>(ROWS)?,
                    crate::seed::password_in_use(cx)?,
                    crate::seed::examples::sessions(cx)?,
                ))
            })
            .map_err(|e| storage(&e))?;
        let site = self.site();
        let serving = match self.listen_problem() {
            Some(ListenError::PortTaken { port, owner, suggestion }) => Serving::PortTaken { port, owner, suggestion },
            Some(ListenError::Address { why, .. }) => Serving::PortTaken {
                port: site.port,
                owner: Some(why),
                suggestion: None,
            },
            None => Serving::Serving {
                endpoint: site.endpoint.clone(),
                issuer: site.issuer.clone(),
                port: site.port,
            },
        };
        let data_dir = match &self.options.data {
            crate::engine::DataPlace::Directory(dir) => Some(dir.display().to_string()),
            crate::engine::DataPlace::Ephemeral => None,
        };
        Ok(Status {
            serving,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            data_dir,
            key_custody: self.custody.sentence.clone(),
            notice: self.custody_notice(),
            examples: examples.into_iter().filter(|live| self.recorder.keeps(live)).collect(),
            applications: u32::try_from(applications).unwrap_or(u32::MAX),
            users: u32::try_from(users).unwrap_or(u32::MAX),
            demo_password: demo.then(|| crate::seed::DEMO_PASSWORD.to_owned()),
        })
    }

    /// A new algorithm needs a key.
    async fn refresh_keys(self: &Arc<Self>) -> Result<(), ConsoleProblem> {
        self.ensure_keys().await.map_err(|e| problem("keys", e.to_string()))
    }
}
