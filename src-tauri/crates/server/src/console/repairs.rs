//! The repairs that cards offer: one click, one change, one sentence.

use super::{Answer, first, problem};
use crate::engine::Engine;
use std::sync::Arc;
use vestibule_core::Repair;
use vestibule_core::console::{ApplicationDraft, ConsoleReply};
use vestibule_core::model::{Application, check_application};

impl Engine {
    pub(super) async fn repair(self: &Arc<Self>, repair: Repair) -> Answer {
        let (id, what) = match &repair {
            Repair::RegisterRedirectUri { app_id, uri, .. } => (app_id.clone(), format!("Registered {uri}. Start the sign-in again.")),
            Repair::RegisterPostLogoutRedirectUri { app_id, uri, .. } => (app_id.clone(), format!("Registered {uri}. Sign out again.")),
            Repair::AllowOrigin { app_id, origin } => (app_id.clone(), format!("Allowed {origin}. Send the request again.")),
            Repair::AlwaysIssueRefreshToken { app_id } => (
                app_id.clone(),
                "The application now always gets a refresh token. Start the sign-in again.".to_owned(),
            ),
        };
        self.commit(move |cx| {
            let Some(old) = cx.get::<Application>(&id)? else {
                return Ok(Err(problem("entity.not_found", format!("There is no application {id} any more."))));
            };
            let mut app = (*old).clone();
            let add = |list: &mut Vec<String>, value: String| {
                if !list.contains(&value) {
                    list.push(value);
                }
            };
            match repair {
                Repair::RegisterRedirectUri { uri, .. } => add(&mut app.oidc_client_metadata.redirect_uris, uri),
                Repair::RegisterPostLogoutRedirectUri { uri, .. } => add(&mut app.oidc_client_metadata.post_logout_redirect_uris, uri),
                Repair::AllowOrigin { origin, .. } => add(&mut app.custom_client_metadata.cors_allowed_origins, origin),
                Repair::AlwaysIssueRefreshToken { .. } => app.custom_client_metadata.always_issue_refresh_token = Some(true),
            }
            // The same rules as in the form: a card must not register what the form would refuse.
            let draft = ApplicationDraft {
                name: app.name.clone(),
                description: app.description.clone(),
                kind: app.kind,
                oidc_client_metadata: app.oidc_client_metadata.clone(),
                custom_client_metadata: app.custom_client_metadata.clone(),
                is_third_party: app.is_third_party,
                user_consent_scopes: app.user_consent_scopes.clone(),
                sign_in_experience: app.sign_in_experience.clone(),
            };
            if let Err(refused) = first(check_application(&draft)) {
                return Ok(Err(refused));
            }
            Ok(Ok(cx.put(&app)?))
        })
        .await?;
        Ok(ConsoleReply::Done(what))
    }
}
