//! A provider with its control interface on, and whole requests to it without a socket.

use crate::engine::{DataPlace, Engine, Options, Ports};
use crate::http::{Request, Response};
use crate::routes::answer;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::Value;
use std::sync::Arc;
use tempfile::TempDir;

/// Two applications, a person, and the Management API with an application that may use it.
const CONFIG: &str = r#"
[[applications]]
id = "shop"
name = "Shop & Co"
type = "SPA"
oidcClientMetadata.redirectUris = ["https://shop.example.test/cb"]

[[applications]]
id = "robot"
name = "Robot"
type = "MachineToMachine"
secret = "robots-secret-0123456789"

[[resources]]
indicator = "https://default.logto.app/api"
name = "Management API"
scopes = [{ name = "all" }]

[[roles]]
name = "manager"
type = "MachineToMachine"
scopes = [{ resource = "https://default.logto.app/api", scope = "all" }]
applications = ["robot"]

[[users]]
id = "alicearcher1"
username = "alice"
name = "Alice Archer"
"#;

/// A provider that programs may steer.
pub(crate) struct Desk {
    pub engine: Arc<Engine>,
    _dir: TempDir,
}

impl Desk {
    pub(crate) async fn open() -> Self {
        let dir = TempDir::new().unwrap();
        let config = dir.path().join("config.toml");
        std::fs::write(&config, CONFIG).unwrap();
        let options = Options {
            data: DataPlace::Ephemeral,
            config: Some(config),
            control: Some(dir.path().join("control.token")),
            ..Options::default()
        };
        let engine = Engine::open_with(options, Ports::default()).await.unwrap();
        Self { engine, _dir: dir }
    }

    pub(crate) fn bearer(&self) -> String {
        let control = self.engine.control.as_ref().unwrap();
        format!("Bearer {}", control.token.expose())
    }

    /// Sends exactly these headers.
    pub(crate) async fn raw(&self, method: &str, target: &str, headers: &[(&'static str, &str)], body: &str) -> Response {
        let (path, query) = target.split_once('?').map_or((target, None), |(p, q)| (p, Some(q.to_owned())));
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        let request = Request {
            method: Method::from_bytes(method.as_bytes()).unwrap(),
            path: path.to_owned(),
            query,
            headers: map,
            body: body.to_owned().into(),
        };
        answer(&self.engine, request, None).await
    }

    /// Sends as a program with the token does.
    pub(crate) async fn send(&self, method: &str, target: &str, body: &str) -> Response {
        let bearer = self.bearer();
        let mut headers = vec![("host", "localhost:3001"), ("authorization", bearer.as_str())];
        if !body.is_empty() {
            headers.push(("content-type", "application/json"));
        }
        self.raw(method, target, &headers, body).await
    }

    /// An operation of the table: its status and body.
    pub(crate) async fn ask(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let response = self.send(method, &format!("/control/api{path}"), &body).await;
        (response.status.as_u16(), json(&response))
    }

    /// As [`Desk::ask`], where only success will do.
    #[track_caller]
    pub(crate) fn done(answered: (u16, Value)) -> Value {
        assert!((200..300).contains(&answered.0), "{} {}", answered.0, answered.1);
        answered.1
    }
}

/// The body of a response; `null` when there is none.
pub(crate) fn json(response: &Response) -> Value {
    if response.body.is_empty() || response.status == StatusCode::NO_CONTENT {
        return Value::Null;
    }
    serde_json::from_slice(&response.body).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&response.body).into_owned()))
}
