//! The program around the provider: its port, live sessions, the data, and starting over.

use super::demo::{self, DemoData};
use super::{Answer, first, problem, storage};
use crate::engine::{DataPlace, Engine, StartOverError};
use std::sync::Arc;
use vestibule_core::console::{ConsoleProblem, ConsoleReply, DataView, RetentionView, UndoView};
use vestibule_core::model::LiveRetention;

fn refused(error: &StartOverError) -> ConsoleProblem {
    let code = match error {
        StartOverError::Nothing => "start_over.nothing",
        StartOverError::Fresh(_) => "start_over.fresh",
        StartOverError::Store(_) | StartOverError::File { .. } => "storage",
    };
    let text = error.to_string();
    let mut letters = text.chars();
    let sentence = letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>());
    problem(code, format!("{}.", sentence.unwrap_or_default().trim_end_matches('.')))
}

impl Engine {
    /// Serves on another port: after the configured one was taken, or instead of the present one.
    pub(super) async fn use_port(self: &Arc<Self>, port: u16) -> Answer {
        if !self.is_serving() {
            // A port that is still taken shows in the status, with its owner; that is the answer, not a problem.
            let _ = self.listen(port).await;
        } else if port != self.site().port {
            self.move_to(port).await.map_err(|error| ConsoleProblem {
                field: Some("port".into()),
                ..problem("port.taken", format!("The provider stays where it is: {error}."))
            })?;
            self.recorder.configuration_changed();
        }
        self.status().map(ConsoleReply::Status)
    }

    pub(super) fn retention(&self) -> Answer {
        Ok(ConsoleReply::Retention(RetentionView {
            retention: self.live_retention().map_err(|e| storage(&e))?,
            sessions: u32::try_from(self.recorder.kept()).unwrap_or(u32::MAX),
        }))
    }

    pub(super) async fn set_retention(self: &Arc<Self>, retention: LiveRetention) -> Answer {
        first(retention.check())?;
        self.commit(move |cx| Ok(Ok(cx.put(&retention)?))).await?;
        self.recorder.retain(retention, self.now());
        self.recorder.configuration_changed();
        self.retention()
    }

    pub(super) async fn data(self: &Arc<Self>) -> Answer {
        let demo = DemoData::read()?;
        let (demo, last) = (
            self.look(|cx| demo::present(cx, &demo)).map_err(|e| storage(&e))?,
            self.started_over().map_err(|e| storage(&e))?,
        );
        let dir = match &self.options.data {
            DataPlace::Directory(dir) => Some(dir.display().to_string()),
            DataPlace::Ephemeral => None,
        };
        Ok(ConsoleReply::Data(DataView {
            dir,
            bytes: self.data_size().await,
            key_custody: self.custody.sentence.clone(),
            demo,
            undo: last.map(|last| UndoView {
                at: last.at,
                until: last.until,
                applications: last.applications,
                users: last.users,
            }),
            config: self.config_file(),
        }))
    }

    pub(super) async fn reset(self: &Arc<Self>, keep_keys: bool) -> Answer {
        self.start_over(keep_keys).await.map_err(|error| refused(&error))?;
        self.data().await
    }

    pub(super) async fn undo_reset(self: &Arc<Self>) -> Answer {
        self.undo_start_over().await.map_err(|error| refused(&error))?;
        self.data().await
    }
}

#[cfg(test)]
mod tests;
