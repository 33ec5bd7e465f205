//! Messages to people: e-mails and texts (sheet 4.7). On a laptop they land in the Inbox of the window.

use crate::entropy::Entropy;
use crate::ids::{AppId, InteractionId, LiveId};
use crate::record::{IdentifierKind, Record, Table};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// How long a message is kept in the Inbox, in **seconds**: seven days.
pub const MESSAGE_TTL: i64 = 604_800;

/// Most messages that are kept in the Inbox; the oldest go.
pub const MAX_MESSAGES: usize = 1_000;

/// What a message is for (sheet 4.7, template types).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub enum TemplateType {
    /// Signing in with a code.
    SignIn,
    /// Creating an account.
    Register,
    /// A new password.
    ForgotPassword,
    /// Anything else.
    Generic,
    /// Somebody was invited to an organization.
    OrganizationInvitation,
    /// Proving it is still the same person.
    UserPermissionValidation,
    /// A new address or number of an account.
    BindNewIdentifier,
    /// A second factor.
    MfaVerification,
    /// A new second factor.
    BindMfa,
}

/// How a message travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// An e-mail.
    Email,
    /// A text message.
    Sms,
}

impl Channel {
    /// The channel that reaches an identifier; nothing reaches a username.
    #[must_use]
    pub const fn of(kind: IdentifierKind) -> Option<Self> {
        match kind {
            IdentifierKind::Email => Some(Self::Email),
            IdentifierKind::Phone => Some(Self::Sms),
            IdentifierKind::Username => None,
        }
    }
}

/// A message in the Inbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Its id; newer ones sort first.
    pub id: String,
    /// The live session that asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live: Option<LiveId>,
    /// The interaction that asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interaction: Option<InteractionId>,
    /// The application it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<AppId>,
    /// E-mail or text.
    pub channel: Channel,
    /// The address or number.
    pub to: String,
    /// What it is for.
    pub template: TemplateType,
    /// The subject of an e-mail.
    pub subject: String,
    /// [`MessageBody`] as JSON, sealed: a code opens an account while it lives.
    pub sealed: String,
    /// What became of it outside the Inbox, one line per place it was sent to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deliveries: Vec<Delivery>,
    /// When it was written.
    pub created_at: Timestamp,
    /// Until when its code or link works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Timestamp>,
    /// When it leaves the Inbox.
    pub expires_at: Timestamp,
}

impl Record for Message {
    const TABLE: Table = Table::Message;
    fn id(&self) -> &str {
        &self.id
    }
    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

/// What stands in a message.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageBody {
    /// The text as the person reads it.
    pub text: String,
    /// The code in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The link in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

impl std::fmt::Debug for MessageBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MessageBody(..)")
    }
}

/// How sending a message to a place outside the Inbox went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// Where it went: "smtp.example.test:587".
    pub to: String,
    /// What went wrong; `None` when it was accepted.
    pub problem: Option<String>,
}

/// An id for a message written now, such that newer ones sort first.
#[must_use]
pub fn message_id(now: Timestamp, entropy: &dyn Entropy) -> String {
    // 36^9 milliseconds are reached in the year 5188.
    const END: i64 = 101_559_956_668_415;
    crate::entropy::timed21(Timestamp(END.saturating_sub(now.0)), entropy)
}

/// Where the places are that messages go to besides the window: one record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct MessageSettings {
    /// Whether messages land in the Inbox of the window.
    pub inbox: bool,
    /// A mail server.
    pub smtp: Option<Smtp>,
    /// A file that every message is appended to, as a line of JSON.
    pub file: Option<String>,
    /// An address that every message is posted to, as JSON.
    pub webhook: Option<String>,
}

impl Default for MessageSettings {
    fn default() -> Self {
        Self {
            inbox: true,
            smtp: None,
            file: None,
            webhook: None,
        }
    }
}

impl Record for MessageSettings {
    const TABLE: Table = Table::Settings;
    fn id(&self) -> &'static str {
        Self::ID
    }
}

impl MessageSettings {
    /// The id of the one record.
    pub const ID: &'static str = "messages";

    /// Whether a message can get anywhere: SMTP carries no texts.
    #[must_use]
    pub const fn carries(&self, channel: Channel) -> bool {
        self.inbox || self.carries_elsewhere(channel)
    }

    /// Whether a message is found in the Inbox and nowhere else.
    #[must_use]
    pub const fn keeps_in_inbox(&self, channel: Channel) -> bool {
        self.inbox && !self.carries_elsewhere(channel)
    }

    const fn carries_elsewhere(&self, channel: Channel) -> bool {
        self.file.is_some() || self.webhook.is_some() || (self.smtp.is_some() && matches!(channel, Channel::Email))
    }
}

/// A mail server (RFC 5321) as messages are handed to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Smtp {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    #[serde(default)]
    pub security: SmtpSecurity,
    /// Who we are to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// With which password, sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// The sender: `Vestibule <no-reply@example.test>`.
    pub from: String,
}

/// How a connection to a mail server is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "lowercase")]
pub enum SmtpSecurity {
    /// Not at all: a catch-all server on this computer.
    #[default]
    None,
    /// It begins in the clear and is protected before anything is said (RFC 3207).
    StartTls,
    /// From the beginning (RFC 8314).
    Tls,
}
