//! Port, live sessions and demo data through the console contract.

use crate::engine::{DataPlace, Engine, Options, Ports};
use std::sync::Arc;
use vestibule_core::console::{ConsoleProblem, ConsoleReply, ConsoleRequest, DataView, RetentionView, Serving};
use vestibule_core::model::{Application, Connector, LiveRetention, User};
use vestibule_keys::{OsEntropy, PasswordHasher};

async fn open() -> Arc<Engine> {
    let options = Options {
        port: 0,
        hosts: vec![[127, 0, 0, 1].into()],
        data: DataPlace::Ephemeral,
        ..Options::default()
    };
    let ports = Ports {
        hasher: PasswordHasher::cheap(Arc::new(OsEntropy)),
        ..Ports::default()
    };
    Engine::open_with(options, ports).await.unwrap()
}

async fn data(engine: &Arc<Engine>, request: ConsoleRequest) -> DataView {
    match engine.console(request).await {
        Ok(ConsoleReply::Data(view)) => view,
        other => panic!("{other:?}"),
    }
}

async fn use_port(engine: &Arc<Engine>, port: u16) -> Result<u16, ConsoleProblem> {
    match engine.console(ConsoleRequest::UsePort { port }).await? {
        ConsoleReply::Status(status) => match status.serving {
            Serving::Serving { port, .. } => Ok(port),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

fn discovery(port: u16) -> String {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    let request = format!("GET /oidc/.well-known/openid-configuration HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn the_port_moves_while_it_serves() {
    let engine = open().await;
    engine.listen(0).await.unwrap();
    let first = engine.site().port;
    let second = use_port(&engine, 0).await.unwrap();
    assert_ne!(first, second);
    let text = tokio::task::spawn_blocking(move || discovery(second)).await.unwrap();
    assert!(text.contains(&format!("http://localhost:{second}/oidc")), "{text}");
    let app = engine.look(|cx| cx.get::<Application>("demo-app")).unwrap().unwrap();
    assert_eq!(
        app.oidc_client_metadata.redirect_uris,
        [format!("http://localhost:{second}/demo-app")]
    );
    // The same port again changes nothing.
    assert_eq!(use_port(&engine, second).await.unwrap(), second);

    let other = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let taken = use_port(&engine, other.local_addr().unwrap().port()).await.unwrap_err();
    assert_eq!((taken.code.as_str(), taken.field.as_deref()), ("port.taken", Some("port")));
    assert_eq!(engine.site().port, second);
    assert!(engine.listen_problem().is_none(), "it still serves");
    engine.shutdown().await;
    assert!(std::net::TcpStream::connect(("127.0.0.1", second)).is_err());
    assert!(std::net::TcpStream::connect(("127.0.0.1", first)).is_err());
}

#[tokio::test]
async fn retention_is_kept_within_bounds() {
    let engine = open().await;
    let ask = |retention| ConsoleRequest::SetRetention { retention };
    let wanted = LiveRetention {
        sessions: 10_000,
        steps: 1_000,
        hours: Some(24),
    };
    match engine.console(ask(wanted)).await.unwrap() {
        ConsoleReply::Retention(RetentionView { retention, sessions }) => assert_eq!((retention, sessions), (wanted, 0)),
        other => panic!("{other:?}"),
    }
    assert_eq!(engine.live_retention().unwrap(), wanted);
    for (retention, field) in [
        (LiveRetention { sessions: 99, ..wanted }, "sessions"),
        (
            LiveRetention {
                sessions: 10_001,
                ..wanted
            },
            "sessions",
        ),
        (LiveRetention { steps: 0, ..wanted }, "steps"),
        (LiveRetention { hours: Some(0), ..wanted }, "hours"),
    ] {
        let problem = engine.console(ask(retention)).await.unwrap_err();
        assert_eq!(problem.field.as_deref(), Some(field));
    }
    assert_eq!(engine.live_retention().unwrap(), wanted);
}

#[tokio::test]
async fn demo_data_goes_and_comes_back() {
    let engine = open().await;
    let there = data(&engine, ConsoleRequest::Data).await;
    assert_eq!((there.demo.present, there.dir, there.bytes), (there.demo.total, None, None));
    assert!(there.demo.total > 15 && there.undo.is_none());
    let own = serde_json::json!({ "op": "createUser", "user": { "username": "mine" } });
    engine.console(serde_json::from_value(own).unwrap()).await.unwrap();

    assert_eq!(data(&engine, ConsoleRequest::RemoveDemoData).await.demo.present, 0);
    let people = engine.look(|cx| cx.list::<User>(10)).unwrap();
    assert_eq!(
        people.iter().filter_map(|user| user.username.as_deref()).collect::<Vec<_>>(),
        ["mine"]
    );
    assert!(engine.look(|cx| cx.list::<Connector>(10)).unwrap().is_empty());
    let apps = engine.look(|cx| cx.list::<Application>(10)).unwrap();
    assert_eq!(apps.len(), 1, "the program's own client stays");

    let back = data(&engine, ConsoleRequest::PlantDemoData).await;
    assert_eq!(back.demo.present, back.demo.total);
    let alice = engine.look(|cx| cx.get::<User>("alicearcher1")).unwrap().unwrap();
    assert!(alice.password_encrypted.is_some() && alice.demo_note.is_some());
}

#[tokio::test]
async fn demo_data_that_does_not_fit_changes_nothing() {
    let engine = open().await;
    data(&engine, ConsoleRequest::RemoveDemoData).await;
    let own = serde_json::json!({ "op": "createUser", "user": { "username": "alice" } });
    engine.console(serde_json::from_value(own).unwrap()).await.unwrap();
    let problem = engine.console(ConsoleRequest::PlantDemoData).await.unwrap_err();
    assert!(
        problem.message.contains("alice") || problem.message.contains("person"),
        "{}",
        problem.message
    );
    assert_eq!(data(&engine, ConsoleRequest::Data).await.demo.present, 0);
}
