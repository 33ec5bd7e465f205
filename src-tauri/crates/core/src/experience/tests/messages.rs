//! Where messages go, and how many are kept (sheet 4.7).

use super::codes::{DORA, code_of, with_codes};
use super::*;
use crate::model::{Channel, MAX_MESSAGES, MessageSettings, SignInMode, Smtp, SmtpSecurity};

#[test]
fn a_full_inbox_forgets_its_oldest_messages() {
    let mut page = with_codes(InteractionEvent::SignIn);
    let to = email("alice@example.test");
    let first = page.send(&to, InteractionEvent::SignIn).unwrap().message.unwrap();
    for n in 1..MAX_MESSAGES {
        page.world.put(&Message {
            // Older ones sort last.
            id: format!("~{n:04}"),
            ..first.clone()
        });
    }
    let count = |page: &Page| page.world.read(|cx| cx.list::<Message>(2 * MAX_MESSAGES).unwrap().len()).0;
    assert_eq!(count(&page), MAX_MESSAGES);
    let last = page.send(&to, InteractionEvent::SignIn).unwrap().message.unwrap();
    assert_eq!(count(&page), MAX_MESSAGES - MAX_MESSAGES / 10);
    for (id, kept) in [(last.id.as_str(), true), (&first.id, true), ("~0001", true), ("~0999", false)] {
        assert_eq!(page.world.get::<Message>(id).is_some(), kept, "{id}");
    }
}

#[test]
fn what_a_mail_server_gets_is_not_in_the_inbox_alone() {
    let with = |change: fn(&mut MessageSettings)| {
        let mut settings = MessageSettings::default();
        change(&mut settings);
        (settings.keeps_in_inbox(Channel::Email), settings.keeps_in_inbox(Channel::Sms))
    };
    let smtp = || Smtp {
        host: "localhost".into(),
        port: 1025,
        security: SmtpSecurity::None,
        username: None,
        password: None,
        from: "a@b.test".into(),
    };
    assert_eq!(with(|_| {}), (true, true));
    assert_eq!(with(|s| s.inbox = false), (false, false));
    assert_eq!(with(|s| s.file = Some("/f".into())), (false, false));
    assert_eq!(with(|s| s.webhook = Some("http://localhost/".into())), (false, false));
    let mail = MessageSettings {
        smtp: Some(smtp()),
        ..MessageSettings::default()
    };
    assert_eq!(
        (mail.keeps_in_inbox(Channel::Email), mail.keeps_in_inbox(Channel::Sms)),
        (false, true)
    );
}

#[test]
fn without_an_inbox_nothing_is_sent() {
    let mut page = with_codes(InteractionEvent::SignIn);
    page.world.put(&MessageSettings {
        inbox: false,
        ..MessageSettings::default()
    });
    assert_eq!(
        code_of(page.send(&email("alice@example.test"), InteractionEvent::SignIn)),
        (501, "connector.not_found")
    );
    assert!(page.state().result.verification_records.is_empty());
    // Whoever is asked about, and however often: that nothing can be delivered says nothing about accounts.
    page.configure(|e| e.sign_in_mode = SignInMode::SignIn);
    for to in [email("alice@example.test"), email(DORA)] {
        for _ in 0..11 {
            assert_eq!(
                code_of(page.send(&to, InteractionEvent::SignIn)),
                (501, "connector.not_found"),
                "{to:?}"
            );
        }
    }
}
