//! Says on the desktop, while nobody looks at the window, that a message was written, whose code a tester waits for, or that a
//! sign-in goes on waiting for a person.

use crate::waiting::Waiting;
use crate::window;
use notify_rust::Notification;
use std::collections::VecDeque;
use std::thread;
use tauri::AppHandle;
use tauri::async_runtime::block_on;
use vestibule_core::Timestamp;
use vestibule_core::console::{DesktopEvent, InboxMessage};
use vestibule_core::model::Channel;
use vestibule_server::Engine;

/// A message comes a second time once it is known how carrying it on went. That many are remembered, to be told once.
const REMEMBERED: usize = 64;
/// Most messages that are shown within [`WINDOW`]; of further ones it is said once that they are there.
const MOST: usize = 5;
/// In **milliseconds**.
const WINDOW: u64 = 10_000;

/// Follows the messages until the engine is gone.
///
/// On a thread of its own, because asking the window and the desktop blocks, and the shared runtime waits for its blocking
/// tasks when the program ends.
pub(crate) fn follow(app: &AppHandle, engine: &Engine) {
    #[cfg(target_os = "macos")]
    if let Err(error) = notify_rust::set_application(&app.config().identifier) {
        tracing::debug!(%error, "notifications will not carry the program's own name");
    }
    let app = app.clone();
    let mut messages = engine.watch_messages();
    let spawned = thread::Builder::new().name("notification".into()).spawn(move || {
        let (mut told, mut pace) = (Told::default(), Pace::default());
        while let Some(message) = block_on(messages.next()) {
            if !told.first_time(&message.id) || window::is_looked_at(&app) {
                continue;
            }
            match pace.step(message.created_at) {
                Step::Show => show(&app, words(&message), DesktopEvent::ShowInbox),
                Step::SayMore => {
                    let more = ("More messages".into(), "They are in Vestibule's Inbox.".into());
                    show(&app, more, DesktopEvent::ShowInbox);
                }
                Step::Skip => {}
            }
        }
    });
    if let Err(error) = spawned {
        tracing::warn!(%error, "messages are not announced on the desktop");
    }
}

/// Says that sign-ins wait, unless somebody looks at the window, which says so itself. Asks window and desktop, and blocks.
pub(crate) fn announce(app: &AppHandle, pace: &mut Pace, waiting: &[Waiting]) {
    if waiting.is_empty() || window::is_looked_at(app) {
        return;
    }
    for one in waiting {
        let target = DesktopEvent::ShowSession { id: one.id.clone() };
        match pace.step(one.since) {
            Step::Show => show(
                app,
                ("A sign-in waits".into(), format!("{}.\nOpen Vestibule to see it.", one.label)),
                target,
            ),
            Step::SayMore => show(
                app,
                ("More sign-ins wait".into(), "They are in Vestibule's list of sessions.".into()),
                target,
            ),
            Step::Skip => {}
        }
    }
}

/// The ids of the newest messages.
#[derive(Default)]
struct Told(VecDeque<String>);

impl Told {
    fn first_time(&mut self, id: &str) -> bool {
        if self.0.iter().any(|known| known == id) {
            return false;
        }
        if self.0.len() == REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back(id.to_owned());
        true
    }
}

/// What is done about something worth saying.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Show,
    SayMore,
    Skip,
}

/// How fast things are said: a program that asks for many must not fill the desktop.
#[derive(Default)]
pub(crate) struct Pace {
    /// When those were written that were shown within the window.
    shown: VecDeque<Timestamp>,
    said_more: bool,
}

impl Pace {
    fn step(&mut self, written: Timestamp) -> Step {
        // A clock that was set back counts as time gone by.
        while self.shown.front().is_some_and(|first| first.0.abs_diff(written.0) >= WINDOW) {
            self.shown.pop_front();
        }
        if self.shown.len() < MOST {
            self.shown.push_back(written);
            self.said_more = false;
            Step::Show
        } else if std::mem::replace(&mut self.said_more, true) {
            Step::Skip
        } else {
            Step::SayMore
        }
    }
}

/// Shows a notification; a click on it brings the window to the front with what it is about.
fn show(app: &AppHandle, (title, body): (String, String), about: DesktopEvent) {
    let mut notification = Notification::new();
    notification.appname("Vestibule").summary(&title).body(&as_body(&body));
    #[cfg(target_os = "linux")]
    notification
        .icon("vestibule")
        // It goes by itself and is kept in no list: the Inbox keeps the message.
        .hint(notify_rust::Hint::Transient(true))
        // The spec's name for a click on the notification itself.
        .action("default", "Open Vestibule");
    match notification.show() {
        #[cfg(target_os = "linux")]
        Ok(shown) => click::wait(app, shown, about),
        // macOS brings the program to the front by itself.
        #[cfg(not(target_os = "linux"))]
        Ok(_) => {
            let _ = (app, about);
        }
        Err(error) => tracing::debug!(%error, "this desktop shows no notifications"),
    }
}

/// Title and text: whom it is for, the code, and the application it is about.
fn words(message: &InboxMessage) -> (String, String) {
    let kind = match (message.code.is_some(), message.link.is_some(), message.channel) {
        (true, _, _) => "Code for",
        (false, true, _) => "Link for",
        (false, false, Channel::Email) => "E-mail to",
        (false, false, Channel::Sms) => "Text to",
    };
    let about = message.application.as_deref().unwrap_or(&message.subject);
    let body = match &message.code {
        Some(code) => format!("{code} · {about}\nOpen Vestibule to copy it."),
        None => format!("{about}\nOpen Vestibule to see it."),
    };
    (format!("{kind} {}", message.to), body)
}

/// The text as the desktop wants it: a Linux desktop may read it as markup (Desktop Notifications Specification, Markup).
fn as_body(text: &str) -> String {
    if !cfg!(target_os = "linux") {
        return text.to_owned();
    }
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Waiting for a click, which brings the window to the front.
#[cfg(target_os = "linux")]
mod click {
    use crate::window;
    use notify_rust::{NotificationHandle, NotificationResponse};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use tauri::AppHandle;
    use vestibule_core::console::DesktopEvent;

    /// Each waits on a thread of its own until its notification goes. Some desktops leave them up until somebody acts;
    /// further ones are shown as well, and a click on them only closes them.
    const MOST: usize = 8;
    static WAITING: AtomicUsize = AtomicUsize::new(0);

    /// A place among those that wait; gives itself back, also when the library panics.
    struct Place;

    impl Place {
        fn take() -> Option<Self> {
            WAITING
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| (count < MOST).then_some(count + 1))
                .ok()
                // Not made ahead of the answer: dropping it gives a place back.
                .map(|_| Self)
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            WAITING.fetch_sub(1, Ordering::Relaxed);
        }
    }

    pub(super) fn wait(app: &AppHandle, shown: NotificationHandle, about: DesktopEvent) {
        let Some(place) = Place::take() else { return };
        let app = app.clone();
        let spawned = thread::Builder::new().name("notification-click".into()).spawn(move || {
            let _place = place;
            let waited = shown.wait_for_response(|response: &NotificationResponse| {
                if matches!(response, NotificationResponse::Default | NotificationResponse::Action(_)) {
                    window::show_at(&app, about.clone());
                }
            });
            if let Err(error) = waited {
                tracing::debug!(%error, "a click on the notification would not be noticed");
            }
        });
        if let Err(error) = spawned {
            tracing::debug!(%error, "a click on the notification would not be noticed");
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn no_more_wait_than_there_are_places() {
            let places: Vec<_> = std::iter::from_fn(Place::take).collect();
            assert_eq!(places.len(), MOST);
            drop(places);
            assert!(Place::take().is_some());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vestibule_core::model::TemplateType;

    fn message() -> InboxMessage {
        InboxMessage {
            id: "m1".into(),
            channel: Channel::Email,
            to: "alice@example.test".into(),
            template: TemplateType::SignIn,
            subject: "Your Bookstore code".into(),
            text: "Your code to sign in to Bookstore is 482913.".into(),
            code: Some("482913".into()),
            link: None,
            live: None,
            application: Some("Bookstore".into()),
            deliveries: Vec::new(),
            created_at: Timestamp(0),
            valid_until: None,
        }
    }

    #[test]
    fn a_code_is_in_the_text_and_its_recipient_in_the_title() {
        assert_eq!(
            words(&message()),
            (
                "Code for alice@example.test".into(),
                "482913 · Bookstore\nOpen Vestibule to copy it.".into()
            )
        );
        let link = InboxMessage {
            code: None,
            link: Some("https://example.test/".into()),
            application: None,
            ..message()
        };
        assert_eq!(
            words(&link),
            (
                "Link for alice@example.test".into(),
                "Your Bookstore code\nOpen Vestibule to see it.".into()
            )
        );
        let text = InboxMessage {
            code: None,
            channel: Channel::Sms,
            to: "4915112345678".into(),
            ..message()
        };
        assert_eq!(words(&text).0, "Text to 4915112345678");
    }

    #[test]
    fn a_message_is_told_once_also_when_it_comes_again_with_its_deliveries() {
        let mut told = Told::default();
        assert!(told.first_time("a"));
        assert!(!told.first_time("a"));
        for other in 0..REMEMBERED {
            assert!(told.first_time(&other.to_string()));
        }
        assert_eq!(told.0.len(), REMEMBERED);
        assert!(told.first_time("a"), "what is long gone is forgotten");
    }

    #[test]
    fn a_flood_of_messages_is_not_one_of_notifications() {
        let mut pace = Pace::default();
        let mut at = |moment| pace.step(Timestamp(moment));
        for n in 0..5 {
            assert_eq!(at(n), Step::Show);
        }
        assert_eq!(at(100), Step::SayMore);
        assert_eq!(at(9_999), Step::Skip);
        assert_eq!(at(10_000), Step::Show, "the first is long ago");
        assert_eq!(at(10_000), Step::SayMore);
        assert_eq!(at(25_000), Step::Show);
        for n in 0..4 {
            assert_eq!(at(n), Step::Show, "a clock that was set back");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_name_is_not_markup() {
        assert_eq!(as_body("1 · Fish & <b>Chips</b>"), "1 · Fish &amp; &lt;b&gt;Chips&lt;/b&gt;");
    }
}
