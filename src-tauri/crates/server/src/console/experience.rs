//! The sign-in experience, as the window edits it.

use super::{Answer, at_field, first, storage};
use crate::config::{no_case_conflicts, unknown_profile_field};
use crate::engine::Engine;
use crate::languages;
use std::sync::Arc;
use vestibule_core::console::{ConsoleProblem, ConsoleReply, PhrasesView};
use vestibule_core::model::{CustomPhrases, SignInExperience, check_custom_phrases, check_sign_in_experience};
use vestibule_core::{Cx, StoreError};

impl Engine {
    pub(super) fn sign_in_experience(&self) -> Answer {
        let row = self
            .look(|cx| cx.get::<SignInExperience>(SignInExperience::ID))
            .map_err(|e| storage(&e))?
            .unwrap_or_default();
        Ok(ConsoleReply::SignInExperience(Box::new((*row).clone())))
    }

    pub(super) fn phrases(&self) -> Answer {
        self.look(|cx| phrases_view(cx)).map(ConsoleReply::Phrases).map_err(|e| storage(&e))
    }

    /// Replaces the phrases of one language; the last one gone, the language goes too.
    pub(super) async fn update_custom_phrases(self: &Arc<Self>, custom: CustomPhrases) -> Answer {
        first(check_custom_phrases(&custom, &languages::is_key))?;
        let view = self
            .commit(move |cx| {
                if custom.phrases.is_empty() {
                    cx.delete::<CustomPhrases>(&custom.language_tag)?;
                    let row = cx.get::<SignInExperience>(SignInExperience::ID)?.unwrap_or_default();
                    if let Some(problem) = languages::unsupported_fallback(cx, &row)? {
                        return Ok(Err(at_field(problem)));
                    }
                } else {
                    cx.put(&custom)?;
                    if let Some(problem) = languages::too_many(cx)? {
                        return Ok(Err(at_field(problem)));
                    }
                }
                Ok(Ok(phrases_view(cx)?))
            })
            .await?;
        Ok(ConsoleReply::Phrases(view))
    }

    /// Replaces the row. What else is stored has a say too: usernames can't lose their case while some differ by it.
    pub(super) async fn update_sign_in_experience(self: &Arc<Self>, row: SignInExperience) -> Answer {
        let row = self
            .commit(move |cx| {
                let mut row = row;
                let stored = cx.get::<SignInExperience>(SignInExperience::ID)?;
                let before = stored.as_deref().cloned().unwrap_or_default();
                if let Err(problem) = check_row(cx, &row, &before)? {
                    return Ok(Err(problem));
                }
                row.password_expiration = row.password_expiration.begun(Some(before.password_expiration), cx.now);
                cx.put(&row)?;
                Ok(Ok(row))
            })
            .await?;
        // The prompts that discovery names depend on whether anybody may register.
        self.publish_documents();
        Ok(ConsoleReply::SignInExperience(Box::new(row)))
    }
}

/// Whether a row can be saved in place of the one before. What else is stored has a say too.
pub(super) fn check_row(cx: &Cx<'_>, row: &SignInExperience, before: &SignInExperience) -> Result<Result<(), ConsoleProblem>, StoreError> {
    if let Err(problem) = first(check_sign_in_experience(row)) {
        return Ok(Err(problem));
    }
    if before.username_policy.case_sensitive
        && !row.username_policy.case_sensitive
        && let Err(problem) = no_case_conflicts(cx)?
    {
        return Ok(Err(at_field(problem)));
    }
    let problem = match unknown_profile_field(cx, row)? {
        Some(problem) => Some(problem),
        None => languages::unsupported_fallback(cx, row)?,
    };
    Ok(problem.map_or(Ok(()), |problem| Err(at_field(problem))))
}

fn phrases_view(cx: &Cx<'_>) -> Result<PhrasesView, StoreError> {
    Ok(PhrasesView {
        built_in: languages::built_in().keys().cloned().collect(),
        english: languages::english(),
        custom: languages::custom(cx)?,
    })
}
