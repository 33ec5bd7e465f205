//! What goes to people by e-mail and text (sheet 4.7): how often, where, and in which words.

use super::error::ApiError;
use super::ruling::{Stop, refuse};
use super::sentinel::sendings;
use crate::because::{Because, Outcome};
use crate::live::Lane;
use crate::model::{Application, Channel, MAX_MESSAGES, MESSAGE_TTL, Message, MessageBody, MessageSettings, TemplateType, message_id};
use crate::port::{Cx, StoreError};
use crate::record::{Identifier, Interaction};
use crate::secret::Secret;

/// Most messages to one recipient within [`WINDOW`].
const MOST: usize = 10;
/// In **seconds**.
const WINDOW: i64 = 600;

/// The settings in effect.
pub(super) fn message_settings(cx: &Cx<'_>) -> Result<MessageSettings, StoreError> {
    Ok(cx
        .get::<MessageSettings>(MessageSettings::ID)?
        .map_or_else(MessageSettings::default, |row| row.as_ref().clone()))
}

/// Whether anything carries messages of this channel.
///
/// # Errors
/// When the store fails.
pub fn is_deliverable(cx: &Cx<'_>, channel: Channel) -> Result<bool, StoreError> {
    Ok(message_settings(cx)?.carries(channel))
}

/// 429 `request.message_rate_limited` when this recipient got ten messages within ten minutes; counts this one.
pub(super) fn guard_rate(cx: &mut Cx<'_>, identifier: &Identifier) -> Result<(), Stop> {
    if sendings(cx, identifier, WINDOW, MOST)? {
        return Ok(());
    }
    refuse(
        ApiError::message_rate_limited().hidden(format!("{MOST} messages went there within {} minutes", WINDOW / 60)),
        Because::new(
            "experience.message_rate",
            Outcome::Refused,
            "Too many messages went there",
            format!(
                "`{}` was sent {MOST} messages within {} minutes; no more are sent until the first of them is older than that.",
                identifier.value,
                WINDOW / 60
            ),
            "Logto 4.7",
        )
        .input(identifier.value.clone()),
    )
}

/// The channel to an identifier and the settings that carry it, or 501 `connector.not_found` when nothing does.
pub(super) fn deliverable(cx: &Cx<'_>, identifier: &Identifier) -> Result<(Channel, MessageSettings), Stop> {
    let Some(channel) = Channel::of(identifier.kind) else {
        return Err(StoreError::Corrupt("a message to a username".into()).into());
    };
    let settings = message_settings(cx)?;
    if settings.carries(channel) {
        return Ok((channel, settings));
    }
    let words = match channel {
        Channel::Email => "e-mails",
        Channel::Sms => "text messages",
    };
    refuse(
        ApiError::connector_not_found(format!("Nothing is set up that could send {words}. Use another way to sign in.")),
        Because::new(
            "experience.deliverable",
            Outcome::Refused,
            format!("Nothing carries {words}"),
            format!(
                "The Inbox is switched off, and no other place for {words} is set. Logto answers the same without a connector. Switch on the Inbox under Settings."
            ),
            "Logto 4.2",
        ),
    )
}

/// Writes the message that carries a code, which is accepted for `lifetime` **seconds**; it is stored in the Inbox, where
/// that is on, and the server carries it on.
pub(super) fn code_message(
    cx: &mut Cx<'_>,
    interaction: &Interaction,
    identifier: &Identifier,
    template: TemplateType,
    code: String,
    lifetime: i64,
) -> Result<Message, Stop> {
    let (channel, settings) = deliverable(cx, identifier)?;
    let minutes = lifetime.max(60) / 60;
    let app = cx
        .get::<Application>(interaction.client_id.as_str())?
        .map_or_else(|| "the application".to_owned(), |app| app.name.clone());
    let what = match template {
        TemplateType::SignIn => "sign in to",
        TemplateType::Register => "create your account for",
        TemplateType::ForgotPassword => "set a new password for",
        TemplateType::MfaVerification => "confirm that it is you at",
        TemplateType::BindMfa | TemplateType::BindNewIdentifier => "add this to your account at",
        TemplateType::Generic | TemplateType::OrganizationInvitation | TemplateType::UserPermissionValidation => "continue with",
    };
    let body = MessageBody {
        text: format!(
            "Your code to {what} {app} is {code}. It works for {minutes} {}. If you did not ask for it, ignore this message.",
            if minutes == 1 { "minute" } else { "minutes" }
        ),
        code: Some(code),
        link: None,
    };
    let plain = serde_json::to_string(&body).map_err(|e| StoreError::Corrupt(e.to_string()))?;
    let message = Message {
        id: message_id(cx.now, cx.entropy),
        live: Some(interaction.live.clone()),
        interaction: Some(interaction.id.clone()),
        client_id: Some(interaction.client_id.clone()),
        channel,
        to: identifier.value.clone(),
        template,
        subject: format!("Your {app} code"),
        sealed: cx.vault.seal(&Secret::new(plain)),
        deliveries: Vec::new(),
        created_at: cx.now,
        valid_until: Some(cx.now.plus_seconds(lifetime)),
        expires_at: cx.now.plus_seconds(MESSAGE_TTL),
    };
    if settings.inbox {
        cx.put(&message)?;
        forget_oldest(cx)?;
    }
    cx.arrow(
        Lane::Interaction,
        Lane::Interaction,
        match channel {
            Channel::Email => format!("e-mail to {}", message.to),
            Channel::Sms => format!("text to {}", message.to),
        },
    );
    Ok(message)
}

/// Throws away the oldest messages of a full Inbox, a tenth at once: reading all of them for each new one would be dear.
fn forget_oldest(cx: &mut Cx<'_>) -> Result<(), StoreError> {
    if cx.count::<Message>(MAX_MESSAGES + 1)? <= MAX_MESSAGES {
        return Ok(());
    }
    // Newest first. An Inbox of an earlier release may hold more than are looked at: the rest goes with the next messages.
    for message in cx.list::<Message>(2 * MAX_MESSAGES)?.iter().skip(MAX_MESSAGES - MAX_MESSAGES / 10) {
        cx.delete::<Message>(&message.id)?;
    }
    Ok(())
}

/// What stands in a message.
///
/// # Errors
/// When it was sealed with another key.
pub fn open_message(cx: &Cx<'_>, message: &Message) -> Result<MessageBody, StoreError> {
    let plain = cx.vault.open(&message.sealed)?;
    serde_json::from_str(plain.expose()).map_err(|e| StoreError::Corrupt(e.to_string()))
}
