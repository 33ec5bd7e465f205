//! Example sessions: what a newcomer finds in the window before their own first sign-in.
//!
//! Nothing of them is made up. The engine plays a browser and an application against its own route table, so that every
//! step was decided by the rules and recorded like any other: one sign-in that ends with tokens, and one request that is
//! refused for a redirect URI with a character too many.

use super::DEMO_PASSWORD;
use crate::engine::Engine;
use crate::http::{Request, Response};
use crate::routes;
use base64::Engine as _;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use vestibule_core::console::{ConsoleProblem, ConsoleReply};
use vestibule_core::entropy::opaque43;
use vestibule_core::ids::{GrantId, LiveId, SessionUid};
use vestibule_core::oidc::pkce;
use vestibule_core::record::{AccessToken, Grant, Index, Record, Session, Table, token_key};
use vestibule_core::{Cx, StoreError};

/// What the examples say they are, as `User-Agent`.
const AGENT: &str = "Vestibule-example";
/// The demo application that signs in, with its secret and one of its redirect URIs.
const APP: (&str, &str, &str) = (
    "bookstore",
    "bookstore-demo-secret-not-for-production",
    "http://localhost:3000/callback",
);
/// The demo application whose request is refused; the redirect URI that it registered has no slash at its end.
const REFUSED: (&str, &str) = ("admin-spa", "http://localhost:5173/callback/");
/// Whoever signs in.
const PERSON: &str = "alice";
const HTML: &str = "text/html,application/xhtml+xml,*/*;q=0.8";
const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
/// Redirects before an application is reached.
const HOPS: usize = 6;

/// The examples that were made. It stays when they are removed, so that they don't come back.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Examples {
    id: String,
    sessions: Vec<LiveId>,
    /// What the finished one left behind: it ends when the examples are removed.
    left: Option<Left>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Left {
    grant: GrantId,
    session: SessionUid,
}

impl Examples {
    const ID: &'static str = "examples";

    fn new(sessions: Vec<LiveId>, left: Option<Left>) -> Self {
        let id = Self::ID.to_owned();
        Self { id, sessions, left }
    }
}

impl Record for Examples {
    const TABLE: Table = Table::Settings;
    fn id(&self) -> &str {
        &self.id
    }
}

/// The example sessions, kept or not.
///
/// # Errors
/// When the store fails.
pub(crate) fn sessions(cx: &Cx<'_>) -> Result<Vec<LiveId>, StoreError> {
    Ok(cx
        .get::<Examples>(Examples::ID)?
        .map(|examples| examples.sessions.clone())
        .unwrap_or_default())
}

impl Engine {
    /// Makes the example sessions, once for this data. A trait object: their requests may reach any route, this one's
    /// caller among them, and a future can't contain itself.
    pub(crate) fn make_examples(self: &Arc<Self>) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let engine = self.clone();
        Box::pin(async move {
            if !matches!(engine.look(|cx| cx.get::<Examples>(Examples::ID)), Ok(None)) {
                return;
            }
            // A missing example is no reason to trouble anybody: the sessions to come are the real ones.
            let refused = refused(&engine).await;
            let finished = finished(&engine).await;
            for why in [refused.as_ref().err(), finished.as_ref().err()].into_iter().flatten() {
                tracing::debug!(%why, "an example session could not be made");
            }
            let (finished, left) = finished.ok().unzip();
            let made: Vec<LiveId> = [refused.ok(), finished].into_iter().flatten().collect();
            match engine.change(move |cx| cx.put(&Examples::new(made, left))).await {
                Ok(()) => engine.recorder.configuration_changed(),
                Err(error) => tracing::debug!(%error, "the example sessions are not known as such"),
            }
        })
    }

    /// Forgets the example sessions, and ends what they left behind.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn remove_examples(self: &Arc<Self>) -> Result<ConsoleReply, ConsoleProblem> {
        let sessions = self
            .change(|cx| {
                let Some(examples) = cx.get::<Examples>(Examples::ID)? else {
                    return Ok(Vec::new());
                };
                if let Some(left) = &examples.left {
                    end(cx, left)?;
                }
                cx.put(&Examples::new(Vec::new(), None))?;
                Ok(examples.sessions.clone())
            })
            .await
            .map_err(|error| ConsoleProblem {
                code: "storage".into(),
                message: format!("The examples could not be removed: {error}."),
                field: None,
            })?;
        self.recorder.forget(&sessions, &self.store);
        Ok(ConsoleReply::Done(
            "Removed the examples. Your own sessions will appear here.".into(),
        ))
    }
}

/// Ends the browser session and the grant of the finished example; its tokens die with the grant.
fn end(cx: &mut Cx<'_>, left: &Left) -> Result<(), StoreError> {
    cx.delete::<Grant>(left.grant.as_str())?;
    for key in cx.find_ids(&Index::SessionUid.entry(left.session.as_str()), 1)? {
        cx.delete::<Session>(&key)?;
    }
    Ok(())
}

/// A request that is refused before anybody is asked anything.
async fn refused(engine: &Arc<Engine>) -> Result<LiveId, String> {
    let mut browser = Browser::new(engine);
    let (target, _) = authorization(engine, REFUSED.0, REFUSED.1, &[("scope", "openid profile")]);
    let (response, live) = browser.get(&target).await;
    expect(&response, StatusCode::BAD_REQUEST).map(|()| live)
}

/// A sign-in with a password, from the authorization request to userinfo.
async fn finished(engine: &Arc<Engine>) -> Result<(LiveId, Left), String> {
    let mut browser = Browser::new(engine);
    let more = [
        ("scope", "openid offline_access profile email"),
        ("first_screen", "identifier:sign_in"),
        ("login_hint", PERSON),
    ];
    let (target, verifier) = authorization(engine, APP.0, APP.2, &more);
    let (response, live) = browser.get(&target).await;
    let (page, _) = browser.get(&redirect(engine, &response)?).await;
    expect(&page, StatusCode::OK)?;

    let api = "/api/experience";
    browser
        .call(Method::PUT, api, &serde_json::json!({ "interactionEvent": "SignIn" }))
        .await?;
    let password = serde_json::json!({ "identifier": { "type": "username", "value": PERSON }, "password": DEMO_PASSWORD });
    let verified = browser
        .call(Method::POST, &format!("{api}/verification/password"), &password)
        .await?;
    let identify = serde_json::json!({ "verificationId": verified["verificationId"] });
    browser.call(Method::POST, &format!("{api}/identification"), &identify).await?;
    let submitted = browser.call(Method::POST, &format!("{api}/submit"), &serde_json::json!({})).await?;
    let next = submitted["redirectTo"].as_str().ok_or("the submit answered no address")?;
    let back = browser.follow(next).await?;
    let code = back
        .query_pairs()
        .find_map(|(name, value)| (name == "code").then(|| value.into_owned()))
        .ok_or_else(|| format!("no code came back: {back}"))?;

    // From here on it is the application's server that asks.
    let mut server = Browser::new(engine);
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "authorization_code")
        .append_pair("code", &code)
        .append_pair("redirect_uri", APP.2)
        .append_pair("code_verifier", &verifier)
        .finish();
    let secret = base64::engine::general_purpose::STANDARD.encode(format!("{}:{}", APP.0, APP.1));
    server.say(header::AUTHORIZATION, &format!("Basic {secret}"));
    let (response, _) = server.send(Method::POST, "/oidc/token", FORM, form).await;
    expect(&response, StatusCode::OK)?;
    let tokens: serde_json::Value = serde_json::from_slice(&response.body).map_err(|e| e.to_string())?;
    let token = tokens["access_token"].as_str().ok_or("no access token was issued")?;
    server.say(header::AUTHORIZATION, &format!("Bearer {token}"));
    let (person, _) = server.get("/oidc/me").await;
    expect(&person, StatusCode::OK)?;
    let issued = engine
        .look(|cx| cx.get::<AccessToken>(&token_key(token)))
        .map_err(|e| e.to_string())?
        .ok_or("the access token is not stored")?;
    let left = Left {
        grant: issued.grant_id.clone(),
        session: issued.session_uid.clone(),
    };
    Ok((live, left))
}

/// An authorization request with PKCE, and its verifier.
fn authorization(engine: &Engine, app: &str, redirect_uri: &str, more: &[(&str, &str)]) -> (String, String) {
    let [state, nonce, verifier] = [(); 3].map(|()| opaque43(engine.entropy.as_ref()));
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", app)
        .append_pair("redirect_uri", redirect_uri)
        .append_pair("response_type", "code")
        .extend_pairs(more)
        .append_pair("state", &state)
        .append_pair("nonce", &nonce)
        .append_pair("code_challenge", &pkce::challenge(&verifier))
        .append_pair("code_challenge_method", "S256")
        .finish();
    (format!("/oidc/auth?{query}"), verifier)
}

/// Where a redirect goes on this provider: path and query.
fn redirect(engine: &Engine, response: &Response) -> Result<String, String> {
    expect(response, StatusCode::SEE_OTHER)?;
    let location = location(response);
    Ok(location.strip_prefix(&engine.site().endpoint).unwrap_or(location).to_owned())
}

fn location(response: &Response) -> &str {
    response
        .headers
        .get(header::LOCATION)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default()
}

fn expect(response: &Response, status: StatusCode) -> Result<(), String> {
    if response.status == status {
        return Ok(());
    }
    Err(format!("{} came where {status} was expected", response.status))
}

/// Whoever sends the requests: keeps cookies, and says who it is.
struct Browser<'a> {
    engine: &'a Arc<Engine>,
    cookies: BTreeMap<String, String>,
    headers: HeaderMap,
}

impl<'a> Browser<'a> {
    fn new(engine: &'a Arc<Engine>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(header::USER_AGENT, HeaderValue::from_static(AGENT));
        headers.insert(header::ACCEPT, HeaderValue::from_static(HTML));
        Self {
            engine,
            cookies: BTreeMap::new(),
            headers,
        }
    }

    fn say(&mut self, name: HeaderName, value: &str) {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
    }

    async fn get(&mut self, target: &str) -> (Response, LiveId) {
        self.send(Method::GET, target, "", String::new()).await
    }

    /// A call of the hosted pages' kind; its answer, which may be empty.
    async fn call(&mut self, method: Method, target: &str, body: &serde_json::Value) -> Result<serde_json::Value, String> {
        let (response, _) = self.send(method, target, JSON, body.to_string()).await;
        if !response.status.is_success() {
            return Err(format!("{target} answered {}", response.status));
        }
        if response.body.is_empty() {
            return Ok(serde_json::Value::Null);
        }
        serde_json::from_slice(&response.body).map_err(|e| e.to_string())
    }

    /// Follows redirects until one leaves the provider.
    async fn follow(&mut self, address: &str) -> Result<url::Url, String> {
        let endpoint = self.engine.site().endpoint.clone();
        let mut next = address.to_owned();
        for _ in 0..HOPS {
            let Some(target) = next
                .strip_prefix(&endpoint)
                .or_else(|| next.starts_with('/').then_some(next.as_str()))
            else {
                return url::Url::parse(&next).map_err(|e| e.to_string());
            };
            let (response, _) = self.get(target).await;
            if !response.status.is_redirection() {
                return Err(format!("{target} answered {} where a redirect was expected", response.status));
            }
            location(&response).clone_into(&mut next);
        }
        Err("the redirects go round in circles".into())
    }

    async fn send(&mut self, method: Method, target: &str, media: &'static str, body: String) -> (Response, LiveId) {
        let site = self.engine.site();
        let mut headers = self.headers.clone();
        let host = format!("localhost:{}", site.port);
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = cookies.join("; ");
        for (name, value) in [
            (header::HOST, host.as_str()),
            (header::COOKIE, cookies.as_str()),
            (header::CONTENT_TYPE, media),
        ] {
            if !value.is_empty()
                && let Ok(value) = HeaderValue::from_str(value)
            {
                headers.insert(name, value);
            }
        }
        let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        let request = Request {
            method,
            path: path.to_owned(),
            query: query.map(str::to_owned),
            headers,
            body: Bytes::from(body),
        };
        let (response, live) = routes::answer_inside(self.engine, &request).await;
        for line in response
            .headers
            .get_all(header::SET_COOKIE)
            .iter()
            .filter_map(|line| line.to_str().ok())
        {
            let Some((name, rest)) = line.split_once('=') else { continue };
            if rest.contains("max-age=0") {
                self.cookies.remove(name);
            } else if let Some(value) = rest.split(';').next() {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        (response, live)
    }
}
