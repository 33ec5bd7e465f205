//! Rules of where messages go.

use super::{Problem, Report, check_http_url};
use crate::model::MessageSettings;

/// Checks where messages go.
#[must_use]
pub fn check_message_settings(settings: &MessageSettings) -> Vec<Problem> {
    let mut report = Report::default();
    if let Some(smtp) = &settings.smtp {
        if smtp.host.is_empty() || smtp.host.contains(|c: char| c.is_whitespace() || c.is_control() || c == '/') {
            report.add(
                "smtp.host",
                "Is not the name of a mail server. Write one such as localhost or smtp.example.test.",
            );
        }
        if smtp.port == 0 {
            report.add("smtp.port", "Must be 1 to 65535; 25, 465, 587 and 1025 are common.");
        }
        // The mail library reads the whole grammar; here only what would never do.
        if !smtp.from.contains('@') || smtp.from.contains(['\r', '\n']) {
            report.add("smtp.from", "Is not a sender. Write one such as Vestibule <no-reply@example.test>.");
        }
        if smtp.password.is_some() && smtp.username.is_none() {
            report.add("smtp.username", "A password needs a user name. Give one, or remove the password.");
        }
    }
    if settings.file.as_ref().is_some_and(|path| !std::path::Path::new(path).is_absolute()) {
        report.add("file", "Must be a whole path, such as /home/you/messages.jsonl.");
    }
    report.optional("webhook", settings.webhook.as_ref(), check_http_url);
    report.0
}
