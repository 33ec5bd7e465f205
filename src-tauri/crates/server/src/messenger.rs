//! Carries messages to people: into the window's Inbox at once, and from there to wherever else they are sent.

use crate::engine::Engine;
use std::sync::Arc;
use vestibule_core::console::InboxMessage;
use vestibule_core::experience::open_message;
use vestibule_core::model::{Application, Channel, Delivery, Message, MessageSettings, SmtpSecurity};
use vestibule_core::{Cx, Secret, StoreError};
use vestibule_upstream::mail;

impl Engine {
    /// Tells the window of a message that a decision has stored, and carries it to the other places that are set. Nobody
    /// waits for those: the person's page has its answer.
    pub(crate) fn deliver(self: &Arc<Self>, message: Message) {
        let look = self.look(|cx| {
            let shown = shown(cx, &message)?;
            let settings = cx.get::<MessageSettings>(MessageSettings::ID)?;
            let smtp = match settings.as_ref().and_then(|s| s.smtp.as_ref()) {
                Some(smtp) => smtp.password.as_deref().map(|sealed| cx.vault.open(sealed)).transpose()?,
                None => None,
            };
            Ok((shown, settings, smtp))
        });
        let (shown, settings, password) = match look {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(%error, "a message could not be shown");
                return;
            }
        };
        if settings.as_ref().is_none_or(|settings| settings.inbox) {
            self.recorder.message(shown.clone());
        }
        let Some(settings) = settings.filter(|s| s.smtp.is_some() || s.file.is_some() || s.webhook.is_some()) else {
            return;
        };
        let engine = self.clone();
        tokio::spawn(async move {
            let deliveries = engine.carry(&settings, password, &shown).await;
            engine.note(&message.id, deliveries).await;
        });
    }

    async fn carry(&self, settings: &MessageSettings, password: Option<Secret>, message: &InboxMessage) -> Vec<Delivery> {
        let mut deliveries = Vec::new();
        let mut done = |to: String, outcome: Result<(), String>| {
            if let Err(problem) = &outcome {
                tracing::warn!(%to, %problem, "a message was not taken");
            }
            deliveries.push(Delivery {
                to,
                problem: outcome.err(),
            });
        };
        if let Some(smtp) = settings.smtp.as_ref().filter(|_| message.channel == Channel::Email) {
            let server = mail::Server {
                host: &smtp.host,
                port: smtp.port,
                security: match smtp.security {
                    SmtpSecurity::None => mail::Security::None,
                    SmtpSecurity::StartTls => mail::Security::StartTls,
                    SmtpSecurity::Tls => mail::Security::Tls,
                },
                login: smtp
                    .username
                    .as_deref()
                    .map(|name| (name, password.as_ref().map_or("", Secret::expose))),
            };
            let letter = mail::Mail {
                from: &smtp.from,
                to: &message.to,
                subject: &message.subject,
                text: &message.text,
            };
            done(format!("{}:{}", smtp.host, smtp.port), mail::send(&server, &letter).await);
        }
        if let Some(path) = &settings.file {
            done(path.clone(), append(path.clone(), message).await);
        }
        if let Some(address) = &settings.webhook {
            let body = serde_json::to_value(message).unwrap_or_default();
            done(address.clone(), self.outgoing.json(address, &body).await);
        }
        deliveries
    }

    /// Keeps how it went beside the message, and tells the window.
    async fn note(self: &Arc<Self>, id: &str, deliveries: Vec<Delivery>) {
        let id = id.to_owned();
        let outcome = self
            .change(move |cx| {
                // It may have been thrown away meanwhile.
                let Some(message) = cx.get::<Message>(&id)? else { return Ok(None) };
                let mut message = message.as_ref().clone();
                message.deliveries = deliveries;
                cx.put(&message)?;
                shown(cx, &message).map(Some)
            })
            .await;
        match outcome {
            Ok(Some(shown)) => self.recorder.message(shown),
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "how a message was taken could not be kept"),
        }
    }
}

/// Appends a message to a file, as one line of JSON that only the owner may read.
async fn append(path: String, message: &InboxMessage) -> Result<(), String> {
    let mut line = serde_json::to_string(message).map_err(|error| format!("It could not be written: {error}."))?;
    line.push('\n');
    let written = tokio::task::spawn_blocking(move || {
        let mut options = std::fs::OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        std::io::Write::write_all(&mut options.open(path)?, line.as_bytes())
    });
    match written.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(format!("It could not be written: {error}.")),
        Err(_) => Err("The program was stopping.".to_owned()),
    }
}

/// A message as the Inbox shows it.
pub(crate) fn shown(cx: &Cx<'_>, message: &Message) -> Result<InboxMessage, StoreError> {
    let body = open_message(cx, message)?;
    let application = match &message.client_id {
        Some(id) => cx.get::<Application>(id.as_str())?.map(|app| app.name.clone()),
        None => None,
    };
    Ok(InboxMessage {
        id: message.id.clone(),
        channel: message.channel,
        to: message.to.clone(),
        template: message.template,
        subject: message.subject.clone(),
        text: body.text,
        code: body.code,
        link: body.link,
        live: message.live.as_ref().map(ToString::to_string),
        application,
        deliveries: message.deliveries.clone(),
        created_at: message.created_at,
        valid_until: message.valid_until,
    })
}
