//! Sign-ins that wait for a person: the tray lists them, and one that goes on waiting unseen is announced.

use crate::desktop::Choices;
use crate::{notification, tray};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;
use tauri::async_runtime::block_on;
use tauri::{AppHandle, Manager as _};
use tokio::sync::Notify;
use vestibule_core::Timestamp;
use vestibule_core::live::{Lane, LiveBatch, LiveStatus, LiveSummary};

/// So many are remembered, the newest first; a load test leaves thousands behind.
const MOST: usize = 64;
/// So many are listed in the tray.
pub(crate) const LISTED: usize = 5;
/// The tray changes, and waiting is counted, once in this time.
const BEAT: Duration = Duration::from_secs(1);
/// Announced after so many beats: who signs in at once, as people and tests do, is not disturbed.
const PATIENCE: u8 = 5;

/// A sign-in that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Waiting {
    /// Its live session.
    pub(crate) id: String,
    /// The application and what is waited for.
    pub(crate) label: String,
    /// When it began to.
    pub(crate) since: Timestamp,
}

/// The sign-ins that wait, as the program's state.
#[derive(Default)]
pub(crate) struct Board {
    list: Mutex<List>,
    changed: Notify,
}

#[derive(Default)]
struct List {
    /// With the beats they have waited, newest first.
    entries: VecDeque<(Waiting, u8)>,
    changed: bool,
}

impl List {
    fn note(&mut self, summary: &LiveSummary) {
        let id: &str = summary.id.as_ref();
        let known = self.entries.iter().position(|(entry, _)| entry.id == id);
        match (waits(summary), known) {
            (Some(label), Some(at)) => {
                if let Some((entry, _)) = self.entries.get_mut(at)
                    && entry.label != label
                {
                    entry.label = label;
                    self.changed = true;
                }
            }
            (Some(label), None) => {
                self.entries.truncate(MOST - 1);
                self.entries.push_front((
                    Waiting {
                        id: id.to_owned(),
                        label,
                        since: summary.updated_at,
                    },
                    0,
                ));
                self.changed = true;
            }
            (None, Some(at)) => {
                self.entries.remove(at);
                self.changed = true;
            }
            (None, None) => {}
        }
    }

    /// A beat has gone by: what is to be listed, if that changed, and what is to be announced.
    fn beat(&mut self) -> (Option<Vec<Waiting>>, Vec<Waiting>) {
        let mut announced = Vec::new();
        for (entry, beats) in &mut self.entries {
            *beats = beats.saturating_add(1);
            if *beats == PATIENCE {
                announced.push(entry.clone());
            }
        }
        let listed = std::mem::take(&mut self.changed).then(|| self.entries.iter().map(|(entry, _)| entry.clone()).collect());
        (listed, announced)
    }
}

/// What a session waits for, if it waits for a person.
fn waits(summary: &LiveSummary) -> Option<String> {
    let person = summary.status == LiveStatus::Waiting && matches!(summary.waiting_on, Some(Lane::Experience | Lane::Upstream));
    person.then(|| {
        let name = if summary.app_name.is_empty() {
            "Unknown app"
        } else {
            &summary.app_name
        };
        let what = summary.waiting_for.as_deref().unwrap_or("waiting for the person");
        format!("{name}: {what}")
    })
}

/// Takes in what happened.
pub(crate) fn note(app: &AppHandle, batch: &LiveBatch) {
    let Some(board) = app.try_state::<Board>() else { return };
    let mut list = board.list.lock().unwrap_or_else(PoisonError::into_inner);
    for event in &batch.events {
        list.note(&event.summary);
    }
    if list.changed {
        board.changed.notify_one();
    }
}

/// Keeps tray and notifications up to date while the program runs.
///
/// On a thread of its own, because asking the window and the desktop blocks, and the shared runtime waits for its blocking
/// tasks when the program ends.
pub(crate) fn follow(app: &AppHandle) {
    let app = app.clone();
    let spawned = thread::Builder::new().name("waiting".into()).spawn(move || {
        let board = app.state::<Board>();
        let mut pace = notification::Pace::default();
        loop {
            let waiting = !board.list.lock().unwrap_or_else(PoisonError::into_inner).entries.is_empty();
            block_on(async {
                if !waiting {
                    board.changed.notified().await;
                }
                tokio::time::sleep(BEAT).await;
            });
            let (listed, announced) = board.list.lock().unwrap_or_else(PoisonError::into_inner).beat();
            if let Some(listed) = listed {
                tray::list(&app, listed);
            }
            if app.state::<Choices>().announce_waiting() {
                notification::announce(&app, &mut pace, &announced);
            }
        }
    });
    if let Err(error) = spawned {
        tracing::warn!(%error, "waiting sign-ins are neither listed in the tray nor announced");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vestibule_core::ids::LiveId;

    fn session(id: &str, on: Option<Lane>) -> LiveSummary {
        let mut summary = LiveSummary::open(LiveId::from(id), Timestamp(0));
        summary.app_name = "Bookstore".into();
        summary.waiting_on = on;
        summary.waiting_for = on.map(|_| "waiting for the person to sign in".into());
        summary
    }

    #[test]
    fn only_sign_ins_that_wait_for_a_person_are_listed() {
        let mut list = List::default();
        list.note(&session("a", Some(Lane::Experience)));
        list.note(&session("b", Some(Lane::Client)));
        list.note(&session("c", Some(Lane::Upstream)));
        let (listed, _) = list.beat();
        let ids: Vec<_> = listed.unwrap().into_iter().map(|entry| entry.id).collect();
        assert_eq!(ids, ["c", "a"]);
        assert_eq!(list.beat().0, None, "nothing changed");

        let mut done = session("c", Some(Lane::Upstream));
        done.status = LiveStatus::Done;
        list.note(&done);
        list.note(&session("a", Some(Lane::Client)));
        assert_eq!(list.beat().0, Some(Vec::new()));
    }

    #[test]
    fn one_that_goes_on_waiting_is_announced_once() {
        let mut list = List::default();
        list.note(&session("a", Some(Lane::Experience)));
        for _ in 1..PATIENCE {
            assert_eq!(list.beat().1, Vec::new());
        }
        list.note(&session("a", Some(Lane::Experience)));
        let announced = list.beat().1;
        assert_eq!(announced[0].label, "Bookstore: waiting for the person to sign in");
        for _ in 0..300 {
            assert_eq!(list.beat().1, Vec::new());
        }
    }

    #[test]
    fn a_load_test_does_not_fill_the_memory() {
        let mut list = List::default();
        for number in 0..10_000 {
            list.note(&session(&number.to_string(), Some(Lane::Experience)));
        }
        assert_eq!(list.entries.len(), MOST);
        assert_eq!(list.entries[0].0.id, "9999");
    }
}
