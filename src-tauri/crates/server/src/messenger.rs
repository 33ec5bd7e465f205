//! Carries messages to people: into the window's Inbox at once, and from there to wherever else they are sent.

use crate::engine::Engine;
use std::sync::Arc;
use vestibule_core::console::InboxMessage;
use vestibule_core::experience::open_message;
use vestibule_core::model::{Application, Message};
use vestibule_core::{Cx, StoreError};

impl Engine {
    /// Tells the window of a message that a decision has stored, and carries it to the other places that are set.
    pub(crate) fn deliver(self: &Arc<Self>, message: Message) {
        match self.look(|cx| shown(cx, &message)) {
            Ok(shown) => self.recorder.message(shown),
            Err(error) => tracing::warn!(%error, "a message could not be shown"),
        }
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
