//! A dev server of a few lines, and what passes between it and the browser.

use super::*;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use vestibule_core::model::parse_dev_server;

/// Answers one connection with `answer` and hands back what was asked; what follows is echoed.
async fn server(answer: &'static [u8]) -> (DevServerAddress, JoinHandle<String>) {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let address = parse_dev_server(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = Vec::new();
        while !asked.ends_with(b"\r\n\r\n") {
            asked.push(stream.read_u8().await.unwrap());
        }
        stream.write_all(answer).await.unwrap();
        if answer.starts_with(b"HTTP/1.1 101") {
            let mut word = [0; 4];
            while stream.read_exact(&mut word).await.is_ok() {
                word.reverse();
                stream.write_all(&word).await.unwrap();
            }
        }
        String::from_utf8(asked).unwrap().to_ascii_lowercase()
    });
    (address, asked)
}

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    let pairs = pairs
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
    pairs.collect()
}

#[tokio::test]
async fn what_is_the_providers_stays_with_it_both_ways() {
    let (address, asked) = server(
        b"HTTP/1.1 200 OK\r\ncontent-type: text/javascript\r\nset-cookie: _session=evil\r\ncontent-security-policy: default-src *\r\n\
          access-control-allow-origin: *\r\nstrict-transport-security: max-age=1\r\nclear-site-data: \"*\"\r\nconnection: close, x-hop\r\nx-hop: 1\r\n\
          keep-alive: timeout=5\r\nx-kept: yes\r\ncontent-length: 5\r\n\r\nhello",
    )
    .await;
    let sent = headers(&[
        ("host", "localhost:3001"),
        ("cookie", "_session=secret; _session.sig=x"),
        ("authorization", "Bearer t"),
        ("origin", "http://localhost:3001"),
        ("referer", "http://localhost:3001/sign-in?app_id=x"),
        ("logto-app-id", "x"),
        ("connection", "keep-alive, x-mine"),
        ("x-mine", "1"),
        ("x-forwarded-for", "10.0.0.1"),
        ("te", "trailers"),
        ("accept", "text/html"),
    ]);
    let answer = fetch(&address, "/src/main.ts?t=1", &sent).await.unwrap();
    let Body::Whole(body) = answer.body else { panic!("a whole body") };
    assert_eq!((answer.status, body.as_ref()), (StatusCode::OK, b"hello".as_slice()));
    let names: Vec<&str> = answer.headers.keys().map(HeaderName::as_str).collect();
    assert_eq!(names, ["content-type", "x-kept"]);
    let asked = asked.await.unwrap();
    assert!(asked.starts_with("get /src/main.ts?t=1 http/1.1\r\n"), "{asked}");
    assert!(asked.contains(&format!("host: {}\r\n", address.authority)), "{asked}");
    assert!(asked.contains("accept: text/html\r\n"), "{asked}");
    for kept in [
        "cookie",
        "secret",
        "bearer",
        "origin",
        "referer",
        "x-mine",
        "x-forwarded",
        "trailers",
        "app-id",
    ] {
        assert!(!asked.contains(kept), "{kept} in {asked}");
    }
}

#[tokio::test]
async fn redirects_are_not_followed_and_stay_under_the_providers_origin() {
    let (address, _) = server(b"HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n").await;
    let answer = fetch(&address, "/", &HeaderMap::new()).await.unwrap();
    assert_eq!(answer.status, StatusCode::FOUND);
    assert_eq!(answer.headers[header::LOCATION], "/elsewhere");
    for (from, to) in [
        (format!("{}/x?y", address.origin()), "/x?y"),
        (address.origin(), "/"),
        (format!("{}//evil.test", address.origin()), ""),
        (format!("{}0/x", address.origin()), ""),
        ("https://example.test/".to_owned(), ""),
    ] {
        let mut answered = HeaderMap::new();
        answered.insert(header::LOCATION, HeaderValue::from_str(&from).unwrap());
        let expected = if to.is_empty() { from.as_str() } else { to };
        assert_eq!(returned(&address, &answered)[header::LOCATION], expected, "{from}");
    }
}

#[tokio::test]
async fn nobody_there_and_no_http_are_said_plainly() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let address = parse_dev_server(&format!("http://{free}")).unwrap();
    assert_eq!(reach(&address).await, Err(DevServerError::Down(address.origin())));
    let error = fetch(&address, "/", &HeaderMap::new()).await.err().unwrap();
    assert_eq!(error.to_string(), format!("Nothing answers at http://{free}."));
    let (address, _) = server(b"SSH-2.0-nothing\r\n\r\n").await;
    let error = fetch(&address, "/", &HeaderMap::new()).await.err().unwrap();
    assert!(matches!(error, DevServerError::Broken(..)), "{error}");
    let (address, _) = server(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf").await;
    let error = fetch(&address, "/", &HeaderMap::new()).await.err().unwrap();
    assert!(matches!(error, DevServerError::Broken(..)), "{error}");
}

#[tokio::test]
async fn an_address_that_is_not_loopback_is_never_dialled() {
    let address = DevServerAddress {
        authority: "192.0.2.1:80".into(),
        addresses: vec![[192, 0, 2, 1].into()],
        port: 80,
    };
    assert_eq!(reach(&address).await, Err(DevServerError::Down(address.origin())));
}

#[tokio::test]
async fn events_are_passed_on_as_they_come() {
    let (address, _) = server(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: reload\n\n").await;
    let answer = fetch(&address, "/esbuild", &HeaderMap::new()).await.unwrap();
    let Body::Events(mut events) = answer.body else { panic!("events") };
    assert_eq!(events.next().await.unwrap().unwrap(), "data: reload\n\n");
}

#[tokio::test]
async fn a_switch_carries_the_websocket_headers_and_the_dev_servers_own_origin() {
    let (address, asked) = server(
        b"HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: abc\r\nsec-websocket-protocol: vite-hmr\r\n\r\n",
    )
    .await;
    let sent = headers(&[
        ("cookie", "_session=secret"),
        ("origin", "http://localhost:3001"),
        ("connection", "Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-key", "a2V5"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-protocol", "vite-hmr"),
    ]);
    let switched = switch(&address, "/?token=t", &sent).await.unwrap();
    assert_eq!(switched.status, StatusCode::SWITCHING_PROTOCOLS);
    assert_eq!(switched.headers["sec-websocket-accept"], "abc");
    assert_eq!(switched.headers["sec-websocket-protocol"], "vite-hmr");
    assert_eq!(switched.headers[header::UPGRADE], "websocket");
    let mut io = TokioIo::new(switched.connection.unwrap().await.unwrap());
    io.write_all(b"ping").await.unwrap();
    let mut back = [0; 4];
    io.read_exact(&mut back).await.unwrap();
    assert_eq!(&back, b"gnip");
    drop(io);
    let asked = asked.await.unwrap();
    for part in [
        "get /?token=t http/1.1",
        "connection: upgrade",
        "upgrade: websocket",
        "sec-websocket-key: a2v5",
    ] {
        assert!(asked.contains(part), "{part} in {asked}");
    }
    assert!(asked.contains(&format!("origin: {}\r\n", address.origin())), "{asked}");
    assert!(!asked.contains("secret"), "{asked}");
}

#[tokio::test]
async fn a_refused_switch_is_an_answer() {
    let (address, _) = server(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").await;
    let switched = switch(&address, "/", &HeaderMap::new()).await.unwrap();
    assert_eq!((switched.status, switched.connection.is_none()), (StatusCode::FORBIDDEN, true));
}
