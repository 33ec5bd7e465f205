//! The developer's own pages: chosen, imported and removed by the window.

use super::{Answer, problem, storage};
use crate::custom_ui::Wanted;
use crate::engine::Engine;
use std::path::PathBuf;
use std::sync::Arc;
use vestibule_core::console::{ConsoleProblem, ConsoleReply};
use vestibule_core::model::ProviderSettings;

/// A path as people paste it: with quotes or spaces around it, or as a `file:` address.
fn absolute(written: &str, field: &'static str) -> Result<PathBuf, ConsoleProblem> {
    let plain = written.trim();
    let plain = ['"', '\'']
        .iter()
        .find_map(|quote| plain.strip_prefix(*quote)?.strip_suffix(*quote))
        .unwrap_or(plain);
    let path = match url::Url::parse(plain) {
        Ok(url) if url.scheme() == "file" => url.to_file_path().unwrap_or_default(),
        _ => PathBuf::from(plain),
    };
    if path.is_absolute() {
        return Ok(path);
    }
    let example = if cfg!(windows) { r"C:\Users\you\app" } else { "/home/you/app" };
    Err(invalid(
        field,
        format!(
            "Give the whole path, such as {example}{}.",
            if field == "zip" { "/dist.zip" } else { "/dist" }
        ),
    ))
}

fn invalid(field: &str, message: String) -> ConsoleProblem {
    ConsoleProblem {
        field: Some(field.to_owned()),
        ..problem("guard.invalid_input", message)
    }
}

impl Engine {
    pub(super) async fn custom_ui_reply(&self) -> Answer {
        Ok(ConsoleReply::CustomUi(self.custom_ui_view().await))
    }

    pub(super) async fn set_custom_ui_folder(self: &Arc<Self>, path: &str) -> Answer {
        self.set_custom_ui(Wanted::Folder(absolute(path, "folder")?)).await
    }

    pub(super) async fn import_custom_ui(self: &Arc<Self>, path: &str) -> Answer {
        self.set_custom_ui(Wanted::Zip(absolute(path, "zip")?)).await
    }

    /// Files first, then the settings: when either fails, what was served before still is.
    pub(super) async fn set_custom_ui(self: &Arc<Self>, wanted: Wanted) -> Answer {
        let _alone = self.custom_ui.changing.lock().await;
        let key = wanted.key();
        let ui = self.prepare_custom_ui(wanted, None).await.map_err(|why| invalid(key, why))?;
        self.commit(move |cx| {
            let stored = cx.get::<ProviderSettings>(ProviderSettings::ID)?;
            let mut row = stored.map(|row| (*row).clone()).unwrap_or_default();
            row.custom_ui = ui;
            Ok(Ok(cx.put(&row)?))
        })
        .await
        .inspect_err(|_| self.custom_ui.let_go())?;
        self.adopt_custom_ui().await;
        self.custom_ui_reply().await
    }

    /// The other settings. The pages stay as they are: files belong to them.
    pub(super) async fn update_settings(self: &Arc<Self>, mut settings: ProviderSettings) -> Answer {
        let _alone = self.custom_ui.changing.lock().await;
        settings.custom_ui = self
            .look(|cx| cx.get::<ProviderSettings>(ProviderSettings::ID))
            .map_err(|e| storage(&e))?
            .and_then(|row| row.custom_ui.clone());
        super::first(vestibule_core::model::check_provider_settings(&settings))?;
        let row = settings.clone();
        self.commit(move |cx| Ok(Ok(cx.put(&row)?))).await?;
        self.refresh_keys().await?;
        Ok(ConsoleReply::Settings(settings))
    }
}

#[cfg(test)]
mod tests;
