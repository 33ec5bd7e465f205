//! What becomes of messages on their way elsewhere.

use super::*;
use crate::engine::{Options, Ports};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use vestibule_core::Timestamp;
use vestibule_core::console::{ConsoleReply, ConsoleRequest};
use vestibule_core::model::{MAX_MESSAGES, MessageBody, TemplateType};

const WEBHOOK_SECRET: &str = "T0K3N";

async fn engine(settings: MessageSettings) -> Arc<Engine> {
    let engine = Engine::open_with(Options::default(), Ports::default()).await.unwrap();
    engine.change(move |cx| cx.put(&settings)).await.unwrap();
    engine
}

/// A stored message.
async fn message(engine: &Arc<Engine>, id: &str) -> Message {
    let id = id.to_owned();
    let write = move |cx: &mut Cx<'_>| {
        let body = MessageBody {
            text: "Your code is 123456.".into(),
            code: Some("123456".into()),
            link: None,
        };
        let message = Message {
            id,
            live: None,
            interaction: None,
            client_id: None,
            channel: Channel::Sms,
            to: "15550100".into(),
            template: TemplateType::SignIn,
            subject: "Your code".into(),
            sealed: cx.vault.seal(&Secret::new(serde_json::to_string(&body).unwrap())),
            deliveries: Vec::new(),
            created_at: cx.now,
            valid_until: None,
            expires_at: Timestamp(i64::MAX),
        };
        cx.put(&message)?;
        Ok(message)
    };
    engine.change(write).await.unwrap()
}

/// The deliveries of the first message that has some.
async fn first_noted(watch: &mut crate::MessageWatch) -> (String, Vec<Delivery>) {
    loop {
        let message = watch.next().await.unwrap();
        if !message.deliveries.is_empty() {
            return (message.id.clone(), message.deliveries.clone());
        }
    }
}

#[tokio::test]
async fn of_a_webhook_only_the_origin_is_said() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let engine = engine(MessageSettings {
        webhook: Some(format!("http://{free}/hook/{WEBHOOK_SECRET}?key={WEBHOOK_SECRET}")),
        ..MessageSettings::default()
    })
    .await;
    let mut watch = engine.watch_messages();
    engine.deliver(message(&engine, "m1").await);
    let (_, deliveries) = first_noted(&mut watch).await;
    assert_eq!(deliveries.len(), 1);
    assert_eq!(deliveries[0].to, format!("http://{free}"));
    assert!(deliveries[0].problem.as_ref().is_some_and(|why| !why.contains(WEBHOOK_SECRET)));
    let stored = engine.look(|cx| cx.get::<Message>("m1")).unwrap().unwrap();
    assert_eq!(stored.deliveries, deliveries);
}

#[tokio::test]
async fn few_messages_are_carried_at_once_and_many_wait() {
    // Takes calls and answers none.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let engine = engine(MessageSettings {
        webhook: Some(format!("http://{}/", listener.local_addr().unwrap())),
        ..MessageSettings::default()
    })
    .await;
    let mut watch = engine.watch_messages();
    let message = message(&engine, "m1").await;
    for _ in 0..ON_THE_WAY {
        engine.deliver(message.clone());
    }
    assert_eq!(engine.messenger.places.available_permits(), 0);
    let mut calls = Vec::new();
    for _ in 0..AT_ONCE {
        let (mut call, _) = listener.accept().await.unwrap();
        call.read_u8().await.unwrap();
        calls.push(call);
    }
    assert_eq!(engine.messenger.turns.available_permits(), 0);
    engine.deliver(message);
    let (_, deliveries) = first_noted(&mut watch).await;
    let why = deliveries[0].problem.clone().unwrap();
    assert!(why.starts_with("256 messages are on the way already"), "{why}");
    // One call that ends makes room for the next.
    drop(calls.pop());
    let (mut next, _) = listener.accept().await.unwrap();
    next.read_u8().await.unwrap();
}

#[tokio::test]
async fn an_inbox_is_emptied_however_much_it_holds() {
    let engine = engine(MessageSettings::default()).await;
    let template = message(&engine, "m0").await;
    let many = MAX_MESSAGES + 1;
    let fill = move |cx: &mut Cx<'_>| {
        (1..many).try_for_each(|n| {
            cx.put(&Message {
                id: format!("m{n}"),
                ..template.clone()
            })
        })
    };
    engine.change(fill).await.unwrap();
    let reply = engine.console(ConsoleRequest::ClearInbox).await;
    assert!(
        matches!(&reply, Ok(ConsoleReply::Done(said)) if *said == format!("Threw away {many} messages.")),
        "{reply:?}"
    );
    assert_eq!(engine.look(|cx| cx.count::<Message>(many)).unwrap(), 0);
}
