//! Custom pages through the whole of the server: guard, files, dev server, WebSocket, live step.

use super::*;
use crate::engine::{DataPlace, Options};
use crate::routes;
use http::{HeaderMap, Method};
use std::path::Path;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use vestibule_core::console::{ConsoleReply, ConsoleRequest};
use vestibule_core::live::{Step, StepKind};

const SHOP: &str =
    "[[applications]]\nid = \"shop\"\nname = \"Shop\"\ntype = \"SPA\"\noidcClientMetadata.redirectUris = [\"http://localhost:9/cb\"]\n";
const START: &str = "/oidc/auth?client_id=shop&redirect_uri=http://localhost:9/cb&response_type=code&scope=openid\
                     &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";

/// A provider in memory whose configuration says `custom_ui`, beside files in `dir`.
async fn engine(dir: &Path, custom_ui: &str) -> Arc<Engine> {
    let config = dir.join("config.toml");
    std::fs::write(&config, format!("{SHOP}[provider]\ncustomUi = {custom_ui}\n")).unwrap();
    let options = Options {
        port: 0,
        data: DataPlace::Ephemeral,
        config: Some(config),
        hosts: vec![[127, 0, 0, 1].into()],
        ..Options::default()
    };
    Engine::open(options).await.unwrap()
}

fn dist(dir: &Path) {
    for (path, content) in [
        ("index.html", "<title>mine</title>"),
        ("app.js", "1"),
        ("module.mjs", "1"),
        ("style.css", "a{}"),
        ("logo.svg", "<svg/>"),
        ("data.json", "{}"),
        ("site.webmanifest", "{}"),
        ("engine.wasm", "w"),
        ("a b.txt", "text"),
        ("sign-in.js", "2"),
        ("sign-in/part.css", "b{}"),
        ("assets/own.js", "3"),
        ("assets/plain.css", "stolen"),
        (".env", "SECRET"),
    ] {
        let path = dir.join("dist").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
}

async fn get(engine: &Arc<Engine>, target: &str, more: &[(&'static str, &str)]) -> Response {
    let (path, query) = target
        .split_once('?')
        .map_or((target, None), |(path, query)| (path, Some(query.to_owned())));
    let mut headers = HeaderMap::new();
    headers.insert(header::HOST, HeaderValue::from_str(&engine.site().hosts[0]).unwrap());
    for (name, value) in more {
        headers.insert(*name, HeaderValue::from_str(value).unwrap());
    }
    let request = Request {
        method: Method::GET,
        path: path.to_owned(),
        query,
        headers,
        body: Bytes::new(),
    };
    routes::answer(engine, request, None).await
}

/// The cookies of a browser that is in the middle of a sign-in.
async fn signing_in(engine: &Arc<Engine>) -> String {
    let response = get(engine, START, &[]).await;
    assert_eq!(response.status, StatusCode::SEE_OTHER);
    let lines = response.headers.get_all(header::SET_COOKIE).iter();
    let pairs = lines.map(|line| line.to_str().unwrap().split(';').next().unwrap().to_owned());
    pairs.collect::<Vec<_>>().join("; ")
}

fn text(response: &Response) -> String {
    String::from_utf8_lossy(&response.body).into_owned()
}

fn header_of<'r>(response: &'r Response, name: &str) -> &'r str {
    response.headers.get(name).map_or("", |v| v.to_str().unwrap())
}

/// The steps of page loads so far, newest session first.
async fn page_steps(engine: &Arc<Engine>) -> Vec<Step> {
    let Ok(ConsoleReply::Sessions(sessions)) = engine.console(ConsoleRequest::Sessions { limit: 10 }).await else {
        panic!("sessions")
    };
    let steps = sessions.iter().flat_map(|session| engine.steps(&session.id.0));
    steps.filter(|step| step.kind == StepKind::Page).collect()
}

#[tokio::test]
async fn a_folder_answers_every_page_and_says_so() {
    let dir = TempDir::new().unwrap();
    dist(dir.path());
    let engine = engine(dir.path(), "{ folder = \"dist\" }").await;
    let cookies = signing_in(&engine).await;
    for page in [
        "/",
        "/sign-in",
        "/sign-in/password",
        "/register",
        "/continue/email",
        "/callback/google",
        "/direct/social/google",
    ] {
        let response = get(&engine, page, &[("cookie", &cookies)]).await;
        assert_eq!(
            (response.status, text(&response).as_str()),
            (StatusCode::OK, "<title>mine</title>"),
            "{page}"
        );
        assert_eq!(header_of(&response, "content-type"), "text/html; charset=utf-8");
        assert_eq!(header_of(&response, "cache-control"), "no-store");
        let csp = header_of(&response, "content-security-policy");
        assert!(
            csp.contains("frame-ancestors 'none'") && csp.contains("script-src 'self' 'unsafe-inline'"),
            "{csp}"
        );
        assert_eq!(header_of(&response, "x-content-type-options"), "nosniff");
    }
    // Read anew each time.
    std::fs::write(dir.path().join("dist/index.html"), "<title>newer</title>").unwrap();
    assert_eq!(
        text(&get(&engine, "/sign-in", &[("cookie", &cookies)]).await),
        "<title>newer</title>"
    );
    let steps = page_steps(&engine).await;
    assert_eq!(steps.len(), 8);
    for step in steps {
        let card = step.because.iter().find(|because| because.rule == "pages.custom_ui").unwrap();
        assert_eq!((card.outcome, card.title.as_ref()), (Outcome::Decided, "Your own page was served."));
        assert!(
            card.detail.contains("dist`") && card.detail.contains("`index.html`"),
            "{}",
            card.detail
        );
    }
}

#[tokio::test]
async fn the_guard_and_the_providers_own_pages_stay() {
    let dir = TempDir::new().unwrap();
    dist(dir.path());
    let engine = engine(dir.path(), "{ folder = \"dist\" }").await;
    for page in [
        "/",
        "/sign-in",
        "/consent",
        "/register",
        "/forgot-password",
        "/sign-in/part.css",
        "/unknown-session",
        "/help/invalid-grant",
    ] {
        let response = get(&engine, page, &[]).await;
        assert!(!text(&response).contains("mine") && !text(&response).contains("b{}"), "{page}");
    }
    assert_eq!(text(&get(&engine, "/sign-in?preview=true", &[]).await), "<title>mine</title>");
    let cookies = signing_in(&engine).await;
    assert_eq!(text(&get(&engine, "/sign-in/part.css", &[("cookie", &cookies)]).await), "b{}");
    assert!(!text(&get(&engine, "/unknown-session", &[("cookie", &cookies)]).await).contains("mine"));
    assert!(get(&engine, "/assets/plain.css", &[]).await.body != "stolen");
    assert_eq!(
        get(&engine, "/oidc/.well-known/openid-configuration", &[]).await.status,
        StatusCode::OK
    );
    assert_eq!(get(&engine, "/api/status", &[]).await.status, StatusCode::NO_CONTENT);
    assert_eq!(
        header_of(&get(&engine, "/api/.well-known/sign-in-exp", &[]).await, "content-type"),
        "application/json; charset=utf-8"
    );
}

#[tokio::test]
async fn files_have_their_types_and_nothing_else_is_there() {
    let dir = TempDir::new().unwrap();
    dist(dir.path());
    std::fs::write(dir.path().join("secret"), "SECRET").unwrap();
    let engine = engine(dir.path(), "{ folder = \"dist\" }").await;
    for (path, media) in [
        ("/app.js", "text/javascript; charset=utf-8"),
        ("/module.mjs", "text/javascript; charset=utf-8"),
        ("/style.css", "text/css; charset=utf-8"),
        ("/sign-in.js", "text/javascript; charset=utf-8"),
        ("/assets/own.js", "text/javascript; charset=utf-8"),
        ("/logo.svg", "image/svg+xml"),
        ("/data.json", "application/json"),
        ("/site.webmanifest", "application/manifest+json"),
        ("/engine.wasm", "application/wasm"),
        ("/a%20b.txt", "text/plain; charset=utf-8"),
    ] {
        let response = get(&engine, path, &[]).await;
        assert_eq!(
            (response.status, header_of(&response, "content-type")),
            (StatusCode::OK, media),
            "{path}"
        );
        assert_eq!(header_of(&response, "cache-control"), "no-store", "{path}");
        assert_eq!(header_of(&response, "cross-origin-resource-policy"), "same-origin", "{path}");
    }
    for path in [
        "/.env",
        "/%2eenv",
        "/../secret",
        "/..%2fsecret",
        "/%2e%2e/secret",
        "/..%5csecret",
        "/app.js%00",
        "/assets",
        "/assets/",
        "/nothing.js",
        "/app.js/",
    ] {
        let response = get(&engine, path, &[]).await;
        assert_eq!(response.status, StatusCode::NOT_FOUND, "{path}");
        assert!(!text(&response).contains("SECRET"), "{path}");
    }
    // A script that is looked for beside a page is not the page.
    let cookies = signing_in(&engine).await;
    let response = get(&engine, "/sign-in/app.js", &[("cookie", &cookies), ("sec-fetch-dest", "script")]).await;
    assert_eq!(response.status, StatusCode::NOT_FOUND);
    assert!(text(&response).contains("refer to files from the root"));
}

#[tokio::test]
async fn a_folder_that_went_away_is_explained() {
    let dir = TempDir::new().unwrap();
    dist(dir.path());
    let engine = engine(dir.path(), "{ folder = \"dist\" }").await;
    let cookies = signing_in(&engine).await;
    std::fs::remove_dir_all(dir.path().join("dist")).unwrap();
    let response = get(&engine, "/sign-in", &[("cookie", &cookies)]).await;
    assert_eq!(response.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(text(&response).contains("Your own pages can't be served"));
    let step = page_steps(&engine).await.remove(0);
    assert_eq!(step.because.iter().map(|b| b.outcome).collect::<Vec<_>>(), [Outcome::Refused]);
}

/// A dev server: answers each path with its name, `/missing...` with 404, `/events` with an endless stream, and echoes
/// WebSockets backwards. Every request's head goes into the channel.
async fn dev_server() -> (String, tokio::sync::mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (tell, told) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, tell.clone()));
        }
    });
    (address, told)
}

async fn serve(mut stream: TcpStream, tell: tokio::sync::mpsc::UnboundedSender<String>) {
    let head = head(&mut stream).await;
    let path = head.split(' ').nth(1).unwrap().to_owned();
    let websocket = head.to_ascii_lowercase().contains("upgrade: websocket");
    tell.send(head).unwrap();
    let page = |status: &str| {
        format!(
            "HTTP/1.1 {status}\r\ncontent-type: text/html\r\nset-cookie: _session=theirs\r\ncache-control: max-age=60\r\ncontent-length: {}\r\n\r\n{path}",
            path.len()
        )
    };
    let answer = match path.as_str() {
        _ if websocket => "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n".to_owned(),
        "/events" => "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: reload\n\n".to_owned(),
        path if path.starts_with("/register") => page("404 Not Found"),
        _ => page("200 OK"),
    };
    stream.write_all(answer.as_bytes()).await.unwrap();
    let mut word = [0; 4];
    while (websocket || path == "/events") && stream.read_exact(&mut word).await.is_ok() {
        word.reverse();
        stream.write_all(&word).await.unwrap();
    }
}

/// Reads up to the empty line.
async fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

#[tokio::test]
async fn a_dev_server_gets_pages_and_files_but_nothing_of_the_providers() {
    let dir = TempDir::new().unwrap();
    let (address, mut told) = dev_server().await;
    let engine = engine(dir.path(), &format!("{{ devServer = \"{address}\" }}")).await;
    let cookies = signing_in(&engine).await;
    let response = get(&engine, "/sign-in?app_id=shop", &[("cookie", &cookies), ("accept", "text/html")]).await;
    assert_eq!(
        (response.status, text(&response).as_str()),
        (StatusCode::OK, "/sign-in?app_id=shop")
    );
    assert_eq!(header_of(&response, "cache-control"), "no-store");
    assert_eq!(header_of(&response, "set-cookie"), "");
    let csp = header_of(&response, "content-security-policy");
    assert!(
        csp.contains(&format!(" {address} ")) && csp.contains("frame-ancestors 'none'"),
        "{csp}"
    );
    let asked = told.recv().await.unwrap().to_ascii_lowercase();
    assert!(asked.contains("accept: text/html") && !asked.contains("cookie"), "{asked}");

    let module = get(&engine, "/@vite/client?v=1", &[]).await;
    assert_eq!(
        (text(&module).as_str(), header_of(&module, "cache-control")),
        ("/@vite/client?v=1", "max-age=60")
    );
    // A path of the app that a plain file server doesn't know.
    assert_eq!(text(&get(&engine, "/register/password", &[("cookie", &cookies)]).await), "/");
    // The guard stands before it, and the provider's own never gets there.
    assert!(text(&get(&engine, "/sign-in", &[]).await).contains("html"));
    assert_eq!(get(&engine, "/oidc/nothing", &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(get(&engine, "/api/nothing", &[]).await.status, StatusCode::NOT_FOUND);
    told.close();
    let mut later = Vec::new();
    while let Some(head) = told.recv().await {
        later.push(head.split(' ').nth(1).unwrap().to_owned());
    }
    assert_eq!(later, ["/@vite/client?v=1", "/register/password", "/"]);
    let details: Vec<String> = page_steps(&engine)
        .await
        .iter()
        .map(|step| step.because[0].detail.to_string())
        .collect();
    assert!(details.iter().all(|detail| detail.contains(&address)), "{details:?}");
}

#[tokio::test]
async fn a_dev_server_that_is_down_is_explained() {
    let dir = TempDir::new().unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let engine = engine(dir.path(), &format!("{{ devServer = \"http://{free}\" }}")).await;
    let cookies = signing_in(&engine).await;
    let response = get(&engine, "/sign-in", &[("cookie", &cookies)]).await;
    assert_eq!(response.status, StatusCode::BAD_GATEWAY);
    for part in [
        format!("Nothing answers at http://{free}"),
        "npm run dev".into(),
        "customUi = {}".into(),
    ] {
        assert!(text(&response).contains(&part), "{part}");
    }
    let step = page_steps(&engine).await.remove(0);
    assert_eq!(
        (step.because[0].outcome, step.because[0].input.clone()),
        (Outcome::Refused, Some(format!("http://{free}")))
    );
    assert_eq!(get(&engine, "/src/main.ts", &[]).await.status, StatusCode::BAD_GATEWAY);
}

#[tokio::test]
async fn few_files_are_fetched_from_a_dev_server_at_once() {
    let dir = TempDir::new().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = format!("{{ devServer = \"http://{}\" }}", listener.local_addr().unwrap());
    let engine = engine(dir.path(), &server).await;
    let all = engine.custom_ui.fetches.available_permits();
    let asked = tokio::spawn({
        let engine = engine.clone();
        async move { get(&engine, "/app.js", &[]).await }
    });
    let (mut stream, _) = listener.accept().await.unwrap();
    head(&mut stream).await;
    assert_eq!(engine.custom_ui.fetches.available_permits(), all - 1);
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n1").await.unwrap();
    assert_eq!(text(&asked.await.unwrap()), "1");
    assert_eq!(engine.custom_ui.fetches.available_permits(), all);
}

#[tokio::test]
async fn the_icon_of_own_pages_is_asked_for_again() {
    let dir = TempDir::new().unwrap();
    dist(dir.path());
    let mut zip = zip::ZipWriter::new(std::fs::File::create(dir.path().join("dist.zip")).unwrap());
    for name in ["index.html", "favicon.ico"] {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut zip, b"mine").unwrap();
    }
    zip.finish().unwrap();
    let zipped = engine(dir.path(), "{ zip = \"dist.zip\" }").await;
    let first = get(&zipped, "/favicon.ico", &[]).await;
    assert_eq!((first.status, text(&first).as_str()), (StatusCode::OK, "mine"));
    let again = get(&zipped, "/favicon.ico", &[("if-none-match", header_of(&first, "etag"))]).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    assert!(again.body.is_empty());
    // Without one of its own ours is shown, and not kept: there may be one soon.
    let without = engine(dir.path(), "{ folder = \"dist\" }").await;
    let ours = get(&without, "/favicon.ico", &[]).await;
    assert_eq!((ours.status, header_of(&ours, "cache-control")), (StatusCode::OK, "no-cache"));
    let hosted = engine(dir.path(), "{}").await;
    let ours = get(&hosted, "/favicon.ico", &[]).await;
    assert!(header_of(&ours, "cache-control").contains("max-age=86400"));
}

/// Asks the listening provider for a WebSocket; answers the connection and the head of the answer.
async fn open_socket(engine: &Engine, path: &str, origin: &str) -> (TcpStream, String) {
    let port = engine.site().port;
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: localhost:{port}\r\nconnection: keep-alive, Upgrade\r\nupgrade: websocket\r\norigin: {origin}\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: vite-hmr\r\ncookie: _session=secret\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let head = head(&mut stream).await;
    (stream, head)
}

#[tokio::test]
async fn websockets_and_events_pass_through_until_the_provider_stops() {
    let dir = TempDir::new().unwrap();
    let (address, mut told) = dev_server().await;
    let engine = engine(dir.path(), &format!("{{ devServer = \"{address}\" }}")).await;
    engine.listen(0).await.unwrap();
    let site = engine.site();

    let (mut socket, head_of_socket) = open_socket(&engine, "/?token=t", &site.endpoint).await;
    assert!(head_of_socket.starts_with("HTTP/1.1 101 "), "{head_of_socket}");
    socket.write_all(b"ping").await.unwrap();
    let mut back = [0; 4];
    socket.read_exact(&mut back).await.unwrap();
    assert_eq!(&back, b"gnip");
    let asked = told.recv().await.unwrap().to_ascii_lowercase();
    assert!(
        asked.contains("get /?token=t") && asked.contains("sec-websocket-protocol: vite-hmr"),
        "{asked}"
    );
    assert!(
        asked.contains(&format!("origin: {address}")) && !asked.contains("secret"),
        "{asked}"
    );

    for (path, origin, status) in [
        ("/", "http://evil.test", "403"),
        ("/", "null", "403"),
        ("/api/status", site.endpoint.as_str(), "204"),
        ("/oidc/nothing", site.endpoint.as_str(), "404"),
    ] {
        let (_, head) = open_socket(&engine, path, origin).await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{path} {origin}: {head}");
    }

    let mut events = TcpStream::connect(("127.0.0.1", site.port)).await.unwrap();
    let request = format!("GET /events HTTP/1.1\r\nhost: localhost:{}\r\n\r\n", site.port);
    events.write_all(request.as_bytes()).await.unwrap();
    assert!(head(&mut events).await.contains("text/event-stream"));
    let mut chunk = [0; 19];
    events.read_exact(&mut chunk).await.unwrap();
    assert!(String::from_utf8_lossy(&chunk).contains("data: reload"));

    engine.shutdown().await;
    // Both end: nothing is left open.
    let mut rest = Vec::new();
    socket.read_to_end(&mut rest).await.unwrap_or_default();
    events.read_to_end(&mut rest).await.unwrap_or_default();
    drop(engine.custom_ui.streams.acquire_many(64).await.unwrap());
}

#[tokio::test]
async fn without_a_dev_server_nothing_is_switched() {
    let dir = TempDir::new().unwrap();
    let engine = engine(dir.path(), "{}").await;
    engine.listen(0).await.unwrap();
    let (_, head) = open_socket(&engine, "/", &engine.site().endpoint).await;
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    assert_eq!(engine.settings().custom_ui, None);
    engine.shutdown().await;
}
