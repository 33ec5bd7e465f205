//! Carries messages to people: into the window's Inbox at once, and from there to wherever else they are sent.

mod file;
#[cfg(test)]
mod tests;

use crate::engine::Engine;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::Semaphore;
use vestibule_core::console::InboxMessage;
use vestibule_core::experience::open_message;
use vestibule_core::model::{Application, Channel, Delivery, Message, MessageSettings, Smtp};
use vestibule_core::{Cx, Secret, StoreError};
use vestibule_upstream::mail;

/// Messages that are carried on at the same time.
const AT_ONCE: usize = 8;
/// Messages that are carried on or wait for it; a further one stays where it is.
const ON_THE_WAY: usize = 256;

/// What carries messages on.
pub(crate) struct Messenger {
    mailer: mail::Mailer,
    /// One permit for each message on the way.
    places: Arc<Semaphore>,
    /// One permit for each that is carried just now.
    turns: Semaphore,
}

impl Default for Messenger {
    fn default() -> Self {
        Self {
            mailer: mail::Mailer::default(),
            places: Arc::new(Semaphore::new(ON_THE_WAY)),
            turns: Semaphore::new(AT_ONCE),
        }
    }
}

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
        let place = self.messenger.places.clone().try_acquire_owned();
        tokio::spawn(async move {
            let deliveries = match place {
                Ok(_place) => engine.carry(&settings, password, &shown).await,
                Err(_) => not_carried(&settings, shown.channel),
            };
            engine.note(&message.id, deliveries).await;
        });
    }

    async fn carry(&self, settings: &MessageSettings, password: Option<Secret>, message: &InboxMessage) -> Vec<Delivery> {
        // Nobody closes it.
        let _turn = self.messenger.turns.acquire().await;
        let mut deliveries = Vec::new();
        for place in places(settings, message.channel) {
            let outcome = match place {
                Place::MailServer(smtp) => {
                    let server = mail::Server {
                        host: &smtp.host,
                        port: smtp.port,
                        security: smtp.security,
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
                    self.messenger.mailer.send(&server, &letter).await
                }
                Place::File(path) => append(path.into(), message).await,
                Place::Webhook(address) => {
                    let body = serde_json::to_value(message).unwrap_or_default();
                    self.outgoing.json(address, &body).await
                }
            };
            let to = place.name();
            if let Err(problem) = &outcome {
                tracing::warn!(%to, %problem, "a message was not taken");
            }
            deliveries.push(Delivery {
                to,
                problem: outcome.err(),
            });
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

/// A place besides the Inbox.
#[derive(Clone, Copy)]
enum Place<'a> {
    MailServer(&'a Smtp),
    File(&'a str),
    Webhook(&'a str),
}

impl Place<'_> {
    /// What it is called in the log and in the Inbox: of an address only the origin, for the rest may hold a secret.
    fn name(self) -> String {
        match self {
            Self::MailServer(smtp) => format!("{}:{}", smtp.host, smtp.port),
            Self::File(path) => path.to_owned(),
            Self::Webhook(address) => {
                url::Url::parse(address).map_or_else(|_| "webhook".to_owned(), |url| url.origin().ascii_serialization())
            }
        }
    }
}

/// The places that messages of a channel go to. A mail server carries no texts.
fn places(settings: &MessageSettings, channel: Channel) -> impl Iterator<Item = Place<'_>> {
    let smtp = settings.smtp.as_ref().filter(|_| channel == Channel::Email).map(Place::MailServer);
    let file = settings.file.as_deref().map(Place::File);
    let webhook = settings.webhook.as_deref().map(Place::Webhook);
    smtp.into_iter().chain(file).chain(webhook)
}

/// What is said of a message when too many are on the way already.
fn not_carried(settings: &MessageSettings, channel: Channel) -> Vec<Delivery> {
    tracing::warn!("a message was not carried on, because {ON_THE_WAY} others are on the way");
    places(settings, channel)
        .map(|place| Delivery {
            to: place.name(),
            problem: Some(format!(
                "{ON_THE_WAY} messages are on the way already, so this one was not carried there."
            )),
        })
        .collect()
}

/// Appends a message to a file, as one line of JSON.
async fn append(path: PathBuf, message: &InboxMessage) -> Result<(), String> {
    let mut line = serde_json::to_string(message).map_err(|error| format!("It could not be written: {error}."))?;
    line.push('\n');
    tokio::task::spawn_blocking(move || file::append(&path, line.as_bytes()))
        .await
        .unwrap_or_else(|_| Err("The program was stopping.".to_owned()))
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
