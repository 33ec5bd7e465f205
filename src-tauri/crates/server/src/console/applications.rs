//! Applications and their secrets, as the window edits them.

use super::{Answer, ROWS, first, problem, storage};
use crate::engine::{Engine, PLAYGROUND_APP};
use std::sync::Arc;
use vestibule_core::Timestamp;
use vestibule_core::console::{ApplicationDraft, ApplicationView, ConsoleProblem, ConsoleReply, SecretView};
use vestibule_core::entropy::{id21, secret32};
use vestibule_core::ids::AppId;
use vestibule_core::model::{Application, ApplicationSecret, check_application};
use vestibule_core::oidc::organizations::leave;
use vestibule_core::oidc::scopes::Holder;
use vestibule_core::record::Grant;
use vestibule_core::{Secret, StoreError};

fn unknown(id: &str) -> ConsoleProblem {
    problem("entity.not_found", format!("There is no application {id} any more."))
}

fn view(app: &Application) -> ApplicationView {
    ApplicationView {
        id: app.id.0.clone(),
        draft: ApplicationDraft {
            name: app.name.clone(),
            description: app.description.clone(),
            kind: app.kind,
            oidc_client_metadata: app.oidc_client_metadata.clone(),
            custom_client_metadata: app.custom_client_metadata.clone(),
            is_third_party: app.is_third_party,
            user_consent_scopes: app.user_consent_scopes.clone(),
            sign_in_experience: app.sign_in_experience.clone(),
            custom_data: Some(app.custom_data.clone()),
        },
        secrets: app
            .secrets
            .iter()
            .map(|s| SecretView {
                name: s.name.clone(),
                value: None,
                created_at: s.created_at,
                expires_at: s.expires_at,
            })
            .collect(),
        built_in: app.id.as_str() == PLAYGROUND_APP,
        created_at: app.created_at,
    }
}

impl Engine {
    pub(super) fn applications(&self) -> Answer {
        let mut apps = self.look(|cx| cx.list::<Application>(ROWS)).map_err(|e| storage(&e))?;
        apps.sort_by_key(|a| (a.id.as_str() == PLAYGROUND_APP, a.created_at, a.name.clone()));
        Ok(ConsoleReply::Applications(apps.iter().map(|a| view(a)).collect()))
    }

    pub(super) async fn create_application(self: &Arc<Self>, draft: ApplicationDraft) -> Answer {
        first(check_application(&draft))?;
        let reply = self
            .commit(move |cx| {
                let secrets = if draft.kind.has_secret() {
                    let value = cx.vault.seal(&Secret::new(secret32(cx.entropy)));
                    vec![ApplicationSecret {
                        name: "Default secret".into(),
                        value,
                        created_at: cx.now,
                        expires_at: None,
                    }]
                } else {
                    Vec::new()
                };
                let app = Application {
                    id: AppId(id21(cx.entropy)),
                    name: draft.name,
                    description: draft.description,
                    kind: draft.kind,
                    oidc_client_metadata: draft.oidc_client_metadata,
                    custom_client_metadata: draft.custom_client_metadata,
                    secrets,
                    is_third_party: draft.is_third_party,
                    user_consent_scopes: draft.user_consent_scopes,
                    custom_data: draft.custom_data.unwrap_or_default(),
                    sign_in_experience: draft.sign_in_experience,
                    created_at: cx.now,
                };
                cx.put(&app)?;
                Ok(Ok(view(&app)))
            })
            .await?;
        self.refresh_keys().await?;
        Ok(ConsoleReply::Application(Box::new(reply)))
    }

    pub(super) async fn update_application(self: &Arc<Self>, id: String, draft: ApplicationDraft) -> Answer {
        first(check_application(&draft))?;
        let reply = self
            .commit(move |cx| {
                let Some(old) = cx.get::<Application>(&id)? else {
                    return Ok(Err(unknown(&id)));
                };
                if old.kind != draft.kind {
                    return Ok(Err(ConsoleProblem {
                        code: "application.type_not_changeable".into(),
                        message: "The type can't be changed: clients already rely on it. Create another application.".into(),
                        field: Some("type".into()),
                    }));
                }
                if old.custom_client_metadata.uses_device_flow() != draft.custom_client_metadata.uses_device_flow() {
                    return Ok(Err(ConsoleProblem {
                        code: "application.device_flow_not_changeable".into(),
                        message: "Whether an application uses the device flow can't be changed: its devices already rely on it. Create another application.".into(),
                        field: Some("customClientMetadata.isDeviceFlow".into()),
                    }));
                }
                let mut app = (*old).clone();
                app.name = draft.name;
                app.description = draft.description;
                app.custom_client_metadata = draft.custom_client_metadata;
                app.sign_in_experience = draft.sign_in_experience;
                app.is_third_party = draft.is_third_party;
                app.user_consent_scopes = draft.user_consent_scopes;
                if let Some(data) = draft.custom_data {
                    app.custom_data = data;
                }
                // The playground's addresses follow the provider's own.
                if id != PLAYGROUND_APP {
                    app.oidc_client_metadata = draft.oidc_client_metadata;
                }
                cx.put(&app)?;
                Ok(Ok(view(&app)))
            })
            .await?;
        self.refresh_keys().await?;
        Ok(ConsoleReply::Application(Box::new(reply)))
    }

    pub(super) async fn delete_application(self: &Arc<Self>, id: String) -> Answer {
        if id == PLAYGROUND_APP {
            return Err(problem(
                "application.built_in",
                "The playground is part of the program and can't be deleted.",
            ));
        }
        let name = self
            .commit(move |cx| {
                let Some(app) = cx.get::<Application>(&id)? else {
                    return Ok(Err(unknown(&id)));
                };
                for grant in cx.list::<Grant>(ROWS)?.iter().filter(|g| g.client_id == app.id) {
                    cx.delete::<Grant>(grant.id.as_str())?;
                }
                leave(cx, Holder::Application(&id))?;
                cx.delete::<Application>(&id)?;
                Ok(Ok(app.name.clone()))
            })
            .await?;
        Ok(ConsoleReply::Done(format!("Deleted {name}. Its tokens no longer work.")))
    }

    fn opened(&self, app: &Application) -> Result<Vec<SecretView>, StoreError> {
        app.secrets
            .iter()
            .map(|s| {
                Ok(SecretView {
                    name: s.name.clone(),
                    value: Some(self.unseal(&s.value)?.expose().to_owned()),
                    created_at: s.created_at,
                    expires_at: s.expires_at,
                })
            })
            .collect()
    }

    pub(super) fn secrets(&self, id: &str) -> Answer {
        let app = self
            .look(|cx| cx.get::<Application>(id))
            .map_err(|e| storage(&e))?
            .ok_or_else(|| unknown(id))?;
        self.opened(&app).map(ConsoleReply::Secrets).map_err(|e| storage(&e))
    }

    pub(super) async fn add_secret(self: &Arc<Self>, id: String, name: String, expires_at: Option<Timestamp>) -> Answer {
        let name = name.trim().to_owned();
        let at = |message: &str, field: &str| ConsoleProblem {
            code: "guard.invalid_input".into(),
            message: message.into(),
            field: Some(field.into()),
        };
        if name.is_empty() || name.chars().count() > 256 {
            return Err(at(
                "Give the secret a name of at most 256 characters, so that you recognise it later.",
                "name",
            ));
        }
        if expires_at.is_some_and(|end| end <= self.now()) {
            return Err(at("That moment has passed. Choose a later one, or none.", "expiresAt"));
        }
        let key = id.clone();
        self.commit(move |cx| {
            let Some(old) = cx.get::<Application>(&id)? else {
                return Ok(Err(unknown(&id)));
            };
            if !old.kind.has_secret() {
                return Ok(Err(problem(
                    "application.no_secret",
                    "Public applications have no secret; PKCE protects them instead.",
                )));
            }
            if old.secrets.iter().any(|s| s.name == name) {
                return Ok(Err(ConsoleProblem {
                    code: "application.secret_name_exists".into(),
                    message: "Another secret has this name. Choose a different one.".into(),
                    field: Some("name".into()),
                }));
            }
            let mut app = (*old).clone();
            let value = cx.vault.seal(&Secret::new(secret32(cx.entropy)));
            app.secrets.push(ApplicationSecret {
                name,
                value,
                created_at: cx.now,
                expires_at,
            });
            Ok(Ok(cx.put(&app)?))
        })
        .await?;
        self.secrets(&key)
    }

    pub(super) async fn delete_secret(self: &Arc<Self>, id: String, name: String) -> Answer {
        let key = id.clone();
        self.commit(move |cx| {
            let Some(old) = cx.get::<Application>(&id)? else {
                return Ok(Err(unknown(&id)));
            };
            let mut app = (*old).clone();
            app.secrets.retain(|s| s.name != name);
            if app.secrets.len() == old.secrets.len() {
                return Ok(Err(problem(
                    "entity.not_found",
                    format!("There is no secret named {name} any more."),
                )));
            }
            Ok(Ok(cx.put(&app)?))
        })
        .await?;
        self.secrets(&key)
    }
}
