//! The Inbox, as the window asks for it.

use super::{Answer, problem, storage};
use crate::engine::Engine;
use crate::messenger::shown;
use std::sync::Arc;
use vestibule_core::Secret;
use vestibule_core::console::{ConsoleProblem, ConsoleReply, IssuedToken, MessageSettingsDraft, SmtpDraft};
use vestibule_core::experience::{ONE_TIME_TOKEN_TTL, issue_one_time_token};
use vestibule_core::model::{MAX_MESSAGES, Message, MessageSettings, Smtp, check_email};
use vestibule_core::port::Vault as _;
use vestibule_core::record::OneTimeTokenContext;

impl Engine {
    pub(super) fn inbox(&self, limit: u32) -> Answer {
        let limit = (limit as usize).min(MAX_MESSAGES);
        let messages = self
            .look(|cx| cx.list::<Message>(limit)?.iter().map(|message| shown(cx, message)).collect())
            .map_err(|e| storage(&e))?;
        Ok(ConsoleReply::Inbox(messages))
    }

    pub(super) async fn clear_inbox(self: &Arc<Self>) -> Answer {
        let mut count = 0;
        // An Inbox of an earlier release may hold more than are thrown away at once.
        loop {
            let gone = self
                .commit(|cx| {
                    let messages = cx.list::<Message>(MAX_MESSAGES)?;
                    for message in &messages {
                        cx.delete::<Message>(&message.id)?;
                    }
                    Ok(Ok(messages.len()))
                })
                .await?;
            count += gone;
            if gone < MAX_MESSAGES {
                break;
            }
        }
        Ok(ConsoleReply::Done(match count {
            1 => "Threw away 1 message.".to_owned(),
            n => format!("Threw away {n} messages."),
        }))
    }

    pub(crate) fn message_settings(&self) -> Result<MessageSettings, vestibule_core::StoreError> {
        self.look(|cx| {
            Ok(cx
                .get::<MessageSettings>(MessageSettings::ID)?
                .map_or_else(MessageSettings::default, |row| (*row).clone()))
        })
    }

    pub(super) fn message_settings_draft(&self) -> Answer {
        let settings = self.message_settings().map_err(|e| storage(&e))?;
        Ok(ConsoleReply::MessageSettings(draft(&settings)))
    }

    pub(super) async fn create_one_time_token(self: &Arc<Self>, email: String, expires_in: Option<u32>) -> Answer {
        if let Err(message) = check_email(&email) {
            return Err(ConsoleProblem {
                field: Some("email".into()),
                ..problem("guard.invalid_input", message)
            });
        }
        let expires_in = expires_in.unwrap_or(ONE_TIME_TOKEN_TTL).max(1);
        let to = email.clone();
        let (record, token) = self
            .change(move |cx| issue_one_time_token(cx, &to, expires_in, OneTimeTokenContext::default()))
            .await
            .map_err(|e| storage(&e))?;
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("one_time_token", &token)
            .append_pair("login_hint", &email)
            .finish();
        Ok(ConsoleReply::OneTimeToken(IssuedToken {
            id: record.token_id,
            link: format!("{}/demo-app?{query}", self.site().endpoint),
            token,
            email,
            expires_at: record.valid_until,
        }))
    }

    pub(super) async fn update_message_settings(self: &Arc<Self>, new: MessageSettingsDraft) -> Answer {
        let kept = self
            .message_settings()
            .map_err(|e| storage(&e))?
            .smtp
            .and_then(|smtp| smtp.password);
        let smtp = new.smtp.map(|smtp| Smtp {
            host: smtp.host.trim().to_owned(),
            port: smtp.port,
            security: smtp.security,
            username: smtp.username.filter(|name| !name.is_empty()),
            password: match smtp.password {
                None => kept,
                Some(password) if password.is_empty() => None,
                Some(password) => Some(self.vault.seal(&Secret::new(password))),
            },
            from: smtp.from.trim().to_owned(),
        });
        let settings = MessageSettings {
            inbox: new.inbox,
            smtp,
            file: new.file.filter(|path| !path.trim().is_empty()),
            webhook: new.webhook.filter(|address| !address.trim().is_empty()),
        };
        if let Some(first) = vestibule_core::model::check_message_settings(&settings).into_iter().next() {
            let mut problem = problem("guard.invalid_input", first.message);
            problem.field = Some(first.field);
            return Err(problem);
        }
        let row = settings.clone();
        self.commit(move |cx| Ok(Ok(cx.put(&row)?))).await?;
        Ok(ConsoleReply::MessageSettings(draft(&settings)))
    }
}

/// The settings without the mail server's password.
fn draft(settings: &MessageSettings) -> MessageSettingsDraft {
    MessageSettingsDraft {
        inbox: settings.inbox,
        smtp: settings.smtp.as_ref().map(|smtp| SmtpDraft {
            host: smtp.host.clone(),
            port: smtp.port,
            security: smtp.security,
            username: smtp.username.clone(),
            password: None,
            has_password: smtp.password.is_some(),
            from: smtp.from.clone(),
        }),
        file: settings.file.clone(),
        webhook: settings.webhook.clone(),
    }
}
