//! The sign-in experience as it would look, before it is saved.

use super::ConsoleProblem;
use crate::ids::AppId;
use crate::model::{CustomPhrases, SignInExperience};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What is being edited, and for whom it is shown.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "bindings", derive(Serialize, ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExperienceDraft {
    /// The row as it would be saved.
    pub sign_in_experience: SignInExperience,
    /// The application whose branding is put over it.
    #[serde(default)]
    pub application: Option<AppId>,
    /// The language that is asked for, as `ui_locales` would; the fallback language unless given.
    #[serde(default)]
    pub language: Option<String>,
    /// The words of one language as they would be saved.
    #[serde(default)]
    pub phrases: Option<CustomPhrases>,
}

/// What the hosted pages would be given if the draft were saved. Nothing is.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct ExperiencePreview {
    /// The data block of a page (`PageData` of the hosted pages), without the development strip.
    #[cfg_attr(feature = "bindings", ts(type = "Record<string, unknown>"))]
    pub data: Value,
    /// The style sheet that the pages load beside their own.
    pub css: String,
    /// Why the draft can't be saved as it is.
    pub problem: Option<ConsoleProblem>,
}
