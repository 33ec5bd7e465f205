//! The hosted pages of a sign-in experience that is not saved yet.

use super::experience::check_row;
use super::{Answer, storage};
use crate::engine::Engine;
use crate::page_data::{Shown, page_data};
use vestibule_core::console::{ConsoleReply, ExperienceDraft, ExperiencePreview};
use vestibule_core::model::{Application, CustomPhrases, SignInExperience};

impl Engine {
    /// The draft is put into a look at the store, which keeps nothing: the pages are given what they would be given by the
    /// same rules that serve them.
    pub(super) fn preview_sign_in_experience(&self, draft: ExperienceDraft) -> Answer {
        let ExperienceDraft {
            sign_in_experience: row,
            application,
            language,
            phrases,
        } = draft;
        let site = self.site();
        let preview = self.look(|cx| {
            match &phrases {
                Some(custom) if custom.phrases.is_empty() => cx.delete::<CustomPhrases>(&custom.language_tag)?,
                Some(custom) => cx.put(custom)?,
                None => {}
            }
            let before = cx.get::<SignInExperience>(SignInExperience::ID)?.unwrap_or_default();
            let problem = check_row(cx, &row, &before)?.err();
            cx.put(&row)?;
            let app = match &application {
                Some(id) => cx.get::<Application>(id.as_str())?,
                None => None,
            };
            let shown = Shown {
                organization: None,
                page: "experience",
                issuer: &site.issuer,
                app: app.as_deref(),
                redirect_uri: app
                    .as_ref()
                    .and_then(|app| app.oidc_client_metadata.redirect_uris.first())
                    .map(String::as_str),
                development: false,
            };
            Ok(ExperiencePreview {
                data: page_data(cx, &shown, language.into_iter().collect())?,
                css: row.custom_css.clone().unwrap_or_default(),
                problem,
            })
        });
        preview
            .map(|preview| ConsoleReply::ExperiencePreview(Box::new(preview)))
            .map_err(|e| storage(&e))
    }
}

#[cfg(test)]
mod tests;
