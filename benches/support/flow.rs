//! The operations, each done on all connections of a client at once.

use crate::client::{Client, Request, Response};
use crate::clock::Stopwatch;
use crate::floor::Needs;
use crate::world::{M2M, M2M_SECRET, REDIRECT, RESOURCE, SPA, WEB, WEB_SECRET, person};
use crate::{Failure, Outcome};
use serde_json::json;
use std::time::Duration;

/// The verifier and challenge of RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// What a browser says it is.
const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";

/// A whole code flow: authorize, four calls of the Experience API, resume, consent hop, resume, token.
pub const CODE_FLOW: Needs = Needs::of(9, 1, 9);
/// `prompt=none` and the token request that follows.
pub const SILENT: Needs = Needs::of(2, 1, 2);
/// A refresh with rotation.
pub const REFRESH: Needs = Needs::of(1, 1, 1);

/// A browser with the application in it.
#[derive(Clone, Debug, Default)]
pub struct Browser {
    cookies: Vec<Cookie>,
    /// The access token, once signed in.
    pub access_token: String,
    /// The refresh token, once signed in.
    pub refresh_token: String,
    /// Where to go next.
    next: String,
}

#[derive(Clone, Debug)]
struct Cookie {
    name: String,
    value: String,
    path: String,
}

impl Browser {
    /// A request with the browser's cookies.
    #[must_use]
    pub fn request(&self, request: Request) -> Request {
        let path = request.target.split('?').next().unwrap_or_default().to_owned();
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .filter(|cookie| path.starts_with(&cookie.path))
            .map(|cookie| format!("{}={}", cookie.name, cookie.value))
            .collect();
        let request = request.with("user-agent", AGENT).with("accept", "*/*");
        if cookies.is_empty() {
            request
        } else {
            request.with("cookie", cookies.join("; "))
        }
    }

    fn absorb(&mut self, response: &Response) {
        for (_, line) in response.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let mut parts = line.split("; ");
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else {
                continue;
            };
            let attributes: Vec<&str> = parts.collect();
            let path = attributes.iter().find_map(|a| a.strip_prefix("path=")).unwrap_or("/");
            self.cookies.retain(|cookie| cookie.name != name || cookie.path != path);
            if !attributes.contains(&"max-age=0") {
                self.cookies.push(Cookie {
                    name: name.to_owned(),
                    value: value.to_owned(),
                    path: path.to_owned(),
                });
            }
        }
    }

    fn code(&self) -> Outcome<&str> {
        let query = self.next.strip_prefix(REDIRECT).and_then(|rest| rest.strip_prefix('?'));
        query
            .and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("code=")))
            .ok_or_else(|| Failure::from(format!("no code in {}", self.next)))
    }
}

/// One step of all browsers: a request each, and its answer.
///
/// # Errors
/// When the provider answers otherwise.
pub fn step(client: &mut Client, browsers: &mut [Browser], status: u16, make: impl Fn(&Browser) -> Outcome<Request>) -> Outcome<Vec<Response>> {
    let requests = browsers
        .iter()
        .map(|browser| Ok(browser.request(make(browser)?)))
        .collect::<Outcome<Vec<_>>>()?;
    let answers = client.round(&requests)?;
    browsers
        .iter_mut()
        .zip(answers)
        .map(|(browser, answer)| {
            let answer = answer.expect(status)?;
            browser.absorb(&answer);
            if let Some(location) = answer.header("location") {
                let local = location.split_once("/oidc/auth/").filter(|_| !location.starts_with(REDIRECT));
                browser.next = local.map_or_else(|| location.to_owned(), |(_, id)| format!("/oidc/auth/{id}"));
            }
            Ok(answer)
        })
        .collect()
}

fn authorize_target(prompt: &str) -> String {
    format!(
        "/oidc/auth?client_id={SPA}&redirect_uri=http%3A%2F%2Flocalhost%3A5173%2Fcallback&response_type=code\
         &scope=openid%20profile%20email&state=af0ifjsldkj&nonce=n-0S6_WzA2Mj&code_challenge={CHALLENGE}&code_challenge_method=S256{prompt}"
    )
}

fn redeem(client: &mut Client, browsers: &mut [Browser]) -> Outcome<()> {
    let answers = step(client, browsers, 200, |browser| {
        let code = browser.code()?;
        Ok(Request::form(
            "/oidc/token",
            format!(
                "grant_type=authorization_code&client_id={SPA}&code={code}&redirect_uri=http%3A%2F%2Flocalhost%3A5173%2Fcallback&code_verifier={VERIFIER}"
            ),
        ))
    })?;
    keep_tokens(browsers, &answers)
}

fn keep_tokens(browsers: &mut [Browser], answers: &[Response]) -> Outcome<()> {
    for (browser, answer) in browsers.iter_mut().zip(answers) {
        let tokens = answer.json()?;
        let text = |name: &str| tokens[name].as_str().map(str::to_owned);
        if text("id_token").is_none() {
            return Err("the token response has no ID token".into());
        }
        browser.access_token = text("access_token").ok_or("the token response has no access token")?;
        browser.refresh_token = text("refresh_token").ok_or("the token response has no refresh token")?;
    }
    Ok(())
}

/// Opens an interaction in each browser and begins to sign in.
///
/// # Errors
/// When the provider answers otherwise.
pub fn begin(client: &mut Client, browsers: &mut [Browser]) -> Outcome<()> {
    step(client, browsers, 303, |_| Ok(Request::get(authorize_target(""))))?;
    step(client, browsers, 204, |_| {
        Ok(Request::json("PUT", "/api/experience", &json!({ "interactionEvent": "SignIn" })))
    })?;
    Ok(())
}

/// Signs one person in on each connection, from the authorization request to the tokens; `first` numbers them.
///
/// # Errors
/// When the provider answers otherwise.
pub fn sign_in(client: &mut Client, first: usize) -> Outcome<Vec<Browser>> {
    let mut browsers = vec![Browser::default(); client.width()];
    let all = &mut browsers;
    begin(client, all)?;
    // The only step in which the browsers differ.
    let requests: Vec<Request> = all
        .iter()
        .enumerate()
        .map(|(n, browser)| {
            let body = json!({ "userId": person(first + n) });
            browser.request(Request::json("POST", "/api/experience/verification/development-sign-in", &body))
        })
        .collect();
    for (browser, answer) in all.iter_mut().zip(client.round(&requests)?) {
        let id = answer.expect(200)?.json()?;
        browser.next = id["verificationId"].as_str().unwrap_or_default().to_owned();
    }
    step(client, all, 204, |browser| {
        let body = json!({ "verificationId": browser.next });
        Ok(Request::json("POST", "/api/experience/identification", &body))
    })?;
    let answers = step(client, all, 200, |_| {
        Ok(Request::json("POST", "/api/experience/submit", &json!({})))
    })?;
    for (browser, answer) in all.iter_mut().zip(answers) {
        let to = answer.json()?;
        let id = to["redirectTo"].as_str().and_then(|to| to.split_once("/oidc/auth/"));
        browser.next = format!("/oidc/auth/{}", id.ok_or("submit said no address")?.1);
    }
    step(client, all, 303, |browser| Ok(Request::get(browser.next.clone())))?;
    step(client, all, 302, |browser| Ok(Request::get(browser.next.clone())))?;
    step(client, all, 303, |browser| Ok(Request::get(browser.next.clone())))?;
    redeem(client, all)?;
    Ok(browsers)
}

/// How long each call of the Experience API takes as its page sees it, in `times` sign-ins one after the other: begin,
/// choose a person, identify, look, submit. Hashing a password, which is slow on purpose, is not among them.
///
/// # Errors
/// When the provider answers otherwise.
pub fn experience_calls(client: &mut Client, times: usize) -> Outcome<Vec<Duration>> {
    let mut calls = Vec::new();
    for n in 0..times {
        let mut browser = [Browser::default()];
        step(client, &mut browser, 303, |_| Ok(Request::get(authorize_target(""))))?;
        let mut call = |status: u16, method: &'static str, path: &str, body: serde_json::Value| -> Outcome<Response> {
            let watch = Stopwatch::start();
            let request = Request::json(method, &format!("/api/experience{path}"), &body);
            let answers = step(client, &mut browser, status, |_| Ok(request.clone()))?;
            calls.push(watch.elapsed());
            answers.into_iter().next().ok_or_else(|| "no answer".into())
        };
        call(204, "PUT", "", json!({ "interactionEvent": "SignIn" }))?;
        let chosen = call(200, "POST", "/verification/development-sign-in", json!({ "userId": person(n) }))?;
        let id = chosen.json()?["verificationId"].clone();
        call(204, "POST", "/identification", json!({ "verificationId": id }))?;
        call(200, "POST", "/submit", json!({}))?;
    }
    Ok(calls)
}

/// What a browser loads before the first page can be used: requests, and bytes of script once compressed.
///
/// # Errors
/// When the provider answers otherwise.
pub fn first_page(client: &mut Client) -> Outcome<(usize, usize)> {
    let mut browser = [Browser::default()];
    step(client, &mut browser, 303, |_| Ok(Request::get(authorize_target(""))))?;
    let page = browser[0].next.clone();
    let answer = step(client, &mut browser, 200, |_| Ok(Request::get(page.clone())))?;
    let html = answer.into_iter().next().ok_or("no page")?.body;
    let html = String::from_utf8(html)?;
    let assets: Vec<String> = ["src=\"", "href=\""]
        .iter()
        .flat_map(|name| html.split(name).skip(1).filter_map(|rest| rest.split('"').next()))
        .filter(|address| address.starts_with("/assets/") && !address.ends_with(".svg"))
        .map(str::to_owned)
        .collect();
    let mut script = 0;
    for asset in &assets {
        let answer = step(client, &mut browser, 200, |_| Ok(Request::get(asset.clone())))?;
        if asset.ends_with(".js") {
            let body = answer.into_iter().next().ok_or("no asset")?.body;
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            std::io::Write::write_all(&mut packed, &body)?;
            script += packed.finish()?.len();
        }
    }
    Ok((1 + assets.len(), script))
}

/// The authorization request alone, by browsers that are signed in: `prompt=none`, answered with a code.
///
/// # Errors
/// When the provider answers otherwise.
pub fn authorize(client: &mut Client, browsers: &mut [Browser]) -> Outcome<()> {
    step(client, browsers, 303, |_| Ok(Request::get(authorize_target("&prompt=none"))))?;
    browsers.iter().try_for_each(|browser| browser.code().map(|_| ()))
}

/// `prompt=none` and the token request that follows, by browsers that are signed in.
///
/// # Errors
/// When the provider answers otherwise.
pub fn silent(client: &mut Client, browsers: &mut [Browser]) -> Outcome<()> {
    authorize(client, browsers)?;
    redeem(client, browsers)
}

/// Uses and rotates each browser's refresh token.
///
/// # Errors
/// When the provider answers otherwise, or the token is the same.
pub fn refresh(client: &mut Client, browsers: &mut [Browser]) -> Outcome<()> {
    let before: Vec<String> = browsers.iter().map(|browser| browser.refresh_token.clone()).collect();
    let answers = step(client, browsers, 200, |browser| {
        let token = &browser.refresh_token;
        Ok(Request::form(
            "/oidc/token",
            format!("grant_type=refresh_token&client_id={SPA}&refresh_token={token}"),
        ))
    })?;
    keep_tokens(browsers, &answers)?;
    if browsers
        .iter()
        .zip(&before)
        .any(|(browser, before)| browser.refresh_token == *before)
    {
        return Err("a refresh token was not rotated".into());
    }
    Ok(())
}

/// A machine's token request.
#[must_use]
pub fn client_credentials() -> Request {
    let resource = RESOURCE.replace(':', "%3A").replace('/', "%2F");
    Request::form(
        "/oidc/token",
        format!(
            "grant_type=client_credentials&client_id={M2M}&client_secret={M2M_SECRET}&resource={resource}&scope=read%3Astock%20write%3Astock"
        ),
    )
}

/// Who is it?
#[must_use]
pub fn userinfo(browser: &Browser) -> Request {
    Request::get("/oidc/me").with("authorization", format!("Bearer {}", browser.access_token))
}

/// Is the token good? Asked by a server-side application.
#[must_use]
pub fn introspection(browser: &Browser) -> Request {
    let token = &browser.access_token;
    Request::form(
        "/oidc/token/introspection",
        format!("client_id={WEB}&client_secret={WEB_SECRET}&token={token}"),
    )
}

/// Sends the same requests `times` times and checks each answer's status; how many were answered.
///
/// # Errors
/// When the provider answers otherwise.
pub fn repeat(client: &mut Client, requests: &[Request], times: u32) -> Outcome<u32> {
    let raw: Vec<Vec<u8>> = requests.iter().map(|request| client.raw(request)).collect();
    let mut done = 0;
    for _ in 0..times {
        for group in raw.chunks(client.width()) {
            for answer in client.send(group)? {
                answer.expect(200)?;
                done += 1;
            }
        }
    }
    Ok(done)
}
