//! The repairs that cards offer: one click, one change, one sentence.

use super::{Answer, ROWS, first, problem};
use crate::engine::Engine;
use std::sync::Arc;
use vestibule_core::Repair;
use vestibule_core::console::{ApplicationDraft, ConsoleReply};
use vestibule_core::model::{Application, Connector, SignInExperience, check_application};

impl Engine {
    pub(super) async fn repair(self: &Arc<Self>, repair: Repair) -> Answer {
        let (id, what) = match &repair {
            Repair::OfferConnector { target } => return self.offer_connector(target.clone()).await,
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
                // Answered above.
                Repair::OfferConnector { .. } => {}
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
                custom_data: None,
            };
            if let Err(refused) = first(check_application(&draft)) {
                return Ok(Err(refused));
            }
            Ok(Ok(cx.put(&app)?))
        })
        .await?;
        Ok(ConsoleReply::Done(what))
    }

    /// Shows the social connectors of a target on the sign-in pages.
    async fn offer_connector(self: &Arc<Self>, target: String) -> Answer {
        let shown = target.clone();
        self.commit(move |cx| {
            let there = cx.list::<Connector>(ROWS)?.iter().any(|c| c.target.as_ref() == Some(&target));
            if !there {
                return Ok(Err(problem(
                    "entity.not_found",
                    format!("No connector has the target {target} any more."),
                )));
            }
            let stored = cx.get::<SignInExperience>(SignInExperience::ID)?;
            let mut row = stored.as_deref().cloned().unwrap_or_default();
            if !row.social_sign_in_connector_targets.contains(&target) {
                row.social_sign_in_connector_targets.push(target);
                cx.put(&row)?;
            }
            Ok(Ok(()))
        })
        .await?;
        Ok(ConsoleReply::Done(format!(
            "{shown} is shown on the sign-in pages. Start the sign-in again."
        )))
    }
}
