//! Whole requests without a socket: what a route answers to whom.

mod live_actions;

use super::answer;
use crate::engine::{DataPlace, Engine, Options, Ports};
use crate::http::{Request, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use std::collections::BTreeMap;
use std::sync::Arc;
use vestibule_core::ids::UserId;
use vestibule_core::record::{Grant, Interaction};

const CONFIG: &str = r#"
[[applications]]
id = "shop"
name = "Shop & Co"
type = "SPA"
oidcClientMetadata.redirectUris = ["https://shop.example.test/cb"]
oidcClientMetadata.postLogoutRedirectUris = ["https://shop.example.test/bye"]

[[users]]
id = "alicearcher1"
username = "alice"
name = "Alice Archer"
"#;
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const AUTH: &str = "client_id=shop&redirect_uri=https://shop.example.test/cb&response_type=code&scope=openid%20profile&state=s%201\
                    &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";

/// A provider and a browser with its cookies.
struct House {
    engine: Arc<Engine>,
    cookies: BTreeMap<String, String>,
    /// What every request says besides.
    headers: Vec<(&'static str, String)>,
}

impl House {
    async fn open() -> Self {
        Self::furnished("").await
    }

    async fn furnished(more: &str) -> Self {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), format!("{CONFIG}{more}")).unwrap();
        let options = Options {
            data: DataPlace::Ephemeral,
            config: Some(file.path().to_owned()),
            ..Options::default()
        };
        let engine = Engine::open_with(options, Ports::default()).await.unwrap();
        Self {
            engine,
            cookies: BTreeMap::new(),
            headers: vec![("accept", BROWSER.into())],
        }
    }

    async fn send(&mut self, method: Method, target: &str, media: &str, body: &str) -> Response {
        let mut headers = HeaderMap::new();
        let mut put = |name: &'static str, value: &str| {
            headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        };
        put("host", "localhost:3001");
        for (name, value) in &self.headers {
            put(name, value);
        }
        let jar: Vec<String> = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
        put("cookie", &jar.join("; "));
        if !media.is_empty() {
            put("content-type", media);
        }
        let (path, query) = target.split_once('?').map_or((target, None), |(p, q)| (p, Some(q.to_owned())));
        let request = Request {
            method,
            path: path.into(),
            query,
            headers,
            body: body.to_owned().into(),
        };
        let response = answer(&self.engine, request, None).await;
        for line in response.headers.get_all("set-cookie") {
            let (name, rest) = line.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if rest.contains("max-age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        response
    }

    async fn get(&mut self, target: &str) -> Response {
        self.send(Method::GET, target, "", "").await
    }

    async fn post(&mut self, target: &str, body: &str) -> Response {
        self.send(Method::POST, target, "application/json", body).await
    }

    fn uid(&self) -> String {
        self.cookies["_interaction"].rsplit('~').next().unwrap().to_owned()
    }

    /// Signs alice in, as the development sign-in does, and goes on to the code.
    async fn sign_in(&mut self) {
        expect(&self.get(&format!("/oidc/auth?{AUTH}")).await, 303);
        let uid = self.uid();
        let id = uid.clone();
        self.engine
            .change(move |cx| {
                let mut record = (*cx.get::<Interaction>(&id)?.unwrap()).clone();
                record.result.login = Some(UserId::from("alicearcher1"));
                cx.put(&record)
            })
            .await
            .unwrap();
        expect(&self.get(&format!("/oidc/auth/{uid}")).await, 303);
        let consent = self.get("/consent").await;
        let back = location(&consent).to_owned();
        assert!(location(&self.get(back.trim_start_matches("http://localhost:3001")).await).contains("code="));
    }
}

#[track_caller]
fn expect(response: &Response, status: u16) {
    assert_eq!(response.status.as_u16(), status, "{}", text(response));
}

fn text(response: &Response) -> String {
    String::from_utf8_lossy(&response.body).into_owned()
}

fn json(response: &Response) -> serde_json::Value {
    serde_json::from_slice(&response.body).unwrap_or_else(|_| panic!("no JSON: {}", text(response)))
}

fn location(response: &Response) -> &str {
    response.headers.get("location").map_or("", |v| v.to_str().unwrap())
}

fn media(response: &Response) -> &str {
    response.headers.get("content-type").map_or("", |v| v.to_str().unwrap())
}

/// The request id on an error page.
fn request_id(response: &Response) -> String {
    let page = text(response);
    let rest = page.split("Request id</dt><dd><code>").nth(1).unwrap();
    rest.split('<').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_browser_gets_a_page_whose_request_id_opens_the_session() {
    let mut house = House::open().await;
    let wrong = format!("/oidc/auth?{}", AUTH.replace("test/cb", "test/%3Cscript%3E"));
    let page = house.get(&wrong).await;
    expect(&page, 400);
    assert_eq!(media(&page), "text/html; charset=utf-8");
    assert!(page.headers.contains_key("content-security-policy"));
    let body = text(&page);
    for part in [
        "<code>invalid_redirect_uri</code>",
        "redirect_uri did not match any of the client&#39;s registered redirect_uris",
        "<code>shop (Shop &amp; Co)</code>",
        "https://shop.example.test/&lt;script&gt;",
    ] {
        assert!(body.contains(part), "{part}: {body}");
    }
    assert!(!body.contains("<script"));
    let steps = house.engine.steps(&request_id(&page));
    assert_eq!(steps.len(), 1);
    assert!(steps[0].because.iter().any(|b| b.rule == "authorize.redirect_uri"));

    // Refused before any rule: a lost interaction, broken encoding, an unknown client at sign-out.
    for target in [
        "/oidc/auth/nothing",
        "/oidc/auth?client_id=%zz",
        "/oidc/auth?client_id=nobody",
        "/oidc/session/end?client_id=nobody",
    ] {
        let page = house.get(target).await;
        expect(&page, 400);
        assert!(media(&page).starts_with("text/html"), "{target}");
        assert_eq!(house.engine.steps(&request_id(&page)).len(), 1, "{target}");
    }
}

#[tokio::test]
async fn everybody_else_gets_logtos_json() {
    let mut house = House::open().await;
    let wrong = format!("/oidc/auth?{}", AUTH.replace("test/cb", "test/other"));
    for accept in ["*/*", "application/json", "text/html, application/json"] {
        house.headers = vec![("accept", accept.into())];
        let answer = house.get(&wrong).await;
        expect(&answer, 400);
        let body = json(&answer);
        assert_eq!(
            (body["code"].as_str(), body["error"].as_str(), body["state"].as_str()),
            (Some("oidc.invalid_redirect_uri"), Some("invalid_redirect_uri"), Some("s 1")),
            "{accept}"
        );
    }
    house.headers.clear();
    assert_eq!(json(&house.get("/oidc/auth/nothing").await)["code"], "session.not_found");
}

#[tokio::test]
async fn a_page_can_end_the_sign_in_with_an_error() {
    let mut house = House::open().await;
    expect(&house.get(&format!("/oidc/auth?{AUTH}")).await, 303);
    let uid = house.uid();
    for (site, origin) in [("cross-site", ""), ("same-origin", "https://evil.example.test")] {
        house.headers = vec![("sec-fetch-site", site.into())];
        if !origin.is_empty() {
            house.headers.push(("origin", origin.into()));
        }
        let refused = house.post("/api/interaction/abort", "{}").await;
        expect(&refused, 403);
        assert_eq!(json(&refused)["code"], "auth.forbidden");
    }
    house.headers = vec![("origin", "http://localhost:3001".into())];
    for (body, named) in [
        ("{\"error\":\"nope\"}", "`error` must be one of access_denied"),
        ("{", "the body is not JSON"),
    ] {
        let refused = house.post("/api/interaction/abort", body).await;
        expect(&refused, 400);
        assert_eq!(json(&refused)["code"], "guard.invalid_input");
        assert!(json(&refused)["details"].as_str().unwrap().contains(named), "{}", text(&refused));
    }
    let form = house.send(Method::POST, "/api/interaction/abort", "text/plain", "{}").await;
    expect(&form, 400);
    expect(&house.get("/api/interaction/abort").await, 404);

    let done = house.post("/api/interaction/abort", "").await;
    expect(&done, 200);
    assert_eq!(json(&done)["redirectTo"], format!("http://localhost:3001/oidc/auth/{uid}"));
    let back = house.get(&format!("/oidc/auth/{uid}")).await;
    expect(&back, 303);
    assert_eq!(
        location(&back),
        "https://shop.example.test/cb?error=access_denied&state=s+1&iss=http%3A%2F%2Flocalhost%3A3001%2Foidc"
    );
    expect(&house.post("/api/interaction/abort", "{}").await, 400);
}

#[tokio::test]
async fn the_person_of_the_session_sees_and_revokes_grants() {
    let mut house = House::open().await;
    let nobody = house.get("/api/grants").await;
    expect(&nobody, 401);
    assert_eq!(json(&nobody)["code"], "auth.unauthorized");
    house.sign_in().await;
    let page = house.get("/grants?app_id=shop").await;
    expect(&page, 200);
    assert!(media(&page).starts_with("text/html"));

    let body = json(&house.get("/api/grants").await);
    assert_eq!(body["user"]["name"], "Alice Archer");
    assert_eq!(body["grants"][0]["application"]["name"], "Shop & Co");
    assert_eq!(body["grants"][0]["openidScopes"], serde_json::json!(["profile"]));
    let id = body["grants"][0]["id"].as_str().unwrap().to_owned();
    let revoke = format!("/api/grants/{id}/revoke");
    let kept = |house: &House| house.engine.look(|cx| cx.get::<Grant>(&id)).unwrap().is_some();

    house.headers = vec![("sec-fetch-site", "cross-site".into())];
    expect(&house.post(&revoke, "{}").await, 403);
    house.headers.clear();
    expect(&house.get(&revoke).await, 404);
    let cookie = house.cookies.remove("_session").unwrap();
    expect(&house.post(&revoke, "{}").await, 401);
    assert!(kept(&house));
    house.cookies.insert("_session".into(), cookie);
    expect(&house.post(&revoke, "{}").await, 204);
    assert!(!kept(&house));
    expect(&house.post(&revoke, "{}").await, 404);
    assert_eq!(json(&house.get("/api/grants").await)["grants"], serde_json::json!([]));
}

/// Signs out through the page's form.
async fn sign_out(house: &mut House, query: &str) -> Response {
    let page = house.get(&format!("/oidc/session/end?{query}")).await;
    expect(&page, 200);
    let html = text(&page);
    let xsrf = html.split("name=\"xsrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let form = format!("xsrf={xsrf}&logout=yes");
    house
        .send(
            Method::POST,
            "/oidc/session/end/confirm",
            "application/x-www-form-urlencoded",
            &form,
        )
        .await
}

#[tokio::test]
async fn the_signed_out_page_offers_the_way_back() {
    let mut house = House::open().await;
    house.sign_in().await;
    let plain = sign_out(&mut house, "").await;
    assert_eq!(
        (plain.status, location(&plain)),
        (StatusCode::SEE_OTHER, "/oidc/session/end/success")
    );
    assert!(!text(&house.get("/oidc/session/end/success").await).contains("href=\"http"));

    let known = sign_out(&mut house, "client_id=shop").await;
    assert_eq!(location(&known), "/oidc/session/end/success");
    let page = text(&house.get("/oidc/session/end/success").await);
    assert!(
        page.contains("<a class=\"button\" href=\"https://shop.example.test/bye\">Return to Shop &amp; Co</a>"),
        "{page}"
    );

    // A later sign-out without a way back offers none.
    sign_out(&mut house, "").await;
    assert!(!text(&house.get("/oidc/session/end/success").await).contains("Return to"));

    let asked = "client_id=shop&post_logout_redirect_uri=https://shop.example.test/bye&state=a%26b";
    let redirected = sign_out(&mut house, asked).await;
    assert_eq!(location(&redirected), "https://shop.example.test/bye?state=a%26b");
    let mut duende = House::furnished("[provider]\ndialect = \"duende\"\n").await;
    let stays = sign_out(&mut duende, asked).await;
    assert_eq!(location(&stays), "/oidc/session/end/success");
    let page = text(&duende.get("/oidc/session/end/success").await);
    assert!(page.contains("href=\"https://shop.example.test/bye?state=a%26b\""), "{page}");
}

#[tokio::test]
async fn discovery_follows_the_dialect_and_the_sign_in_mode() {
    let prompts = |house: &House| {
        let document: serde_json::Value = serde_json::from_slice(&house.engine.documents().discovery).unwrap();
        document["prompt_values_supported"].clone()
    };
    assert!(prompts(&House::open().await).is_null());
    let house = House::furnished("[provider]\ndialect = \"duende\"\n").await;
    assert_eq!(
        prompts(&house),
        serde_json::json!(["none", "login", "consent", "select_account", "create"])
    );
    let house = House::furnished("[provider]\ndialect = \"strict\"\n[signInExperience]\nsignInMode = \"SignIn\"\n").await;
    assert_eq!(prompts(&house), serde_json::json!(["none", "login", "consent"]));
}

#[tokio::test]
async fn a_route_is_written_in_one_way_only() {
    let mut house = House::open().await;
    expect(&house.get(&format!("/oidc/auth?{AUTH}")).await, 303);
    let steps = |house: &House| {
        let sessions = house.engine.recorder.sessions(10, house.engine.now());
        sessions.iter().map(|session| session.steps).sum::<u32>()
    };
    let before = steps(&house);
    for path in [
        "/api/experience/verification/totp/secret/",
        "//api/experience/verification/totp/secret",
        "/api//experience/verification/backup-code/generate",
        "/api/experience/verification/backup-code/verify/",
        "/oidc/token/",
        "/oidc//token",
        "//control",
        "/control/",
    ] {
        let answer = house.post(path, r#"{"code":"1a2b3c4d"}"#).await;
        expect(&answer, 404);
        assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{path}");
    }
    assert_eq!(steps(&house), before, "nothing of them is kept");
    expect(&house.post("/api/experience/verification/backup-code/verify", "{}").await, 400);
    expect(&house.get("/sign-in/").await, 200);
}

#[tokio::test]
async fn the_pages_say_where_codes_are_found() {
    let said = async |more: &str| {
        let mut house = House::furnished(more).await;
        house.get(&format!("/oidc/auth?{AUTH}")).await;
        let page = text(&house.get("/sign-in").await);
        let at = page.find("\"messages\":").unwrap();
        page[at..].split("}}").next().unwrap().replace(' ', "")
    };
    assert_eq!(said("").await, r#""messages":{"inbox":{"email":true,"phone":true"#);
    let smtp = "[messages.smtp]\nhost = \"localhost\"\nport = 1025\nfrom = \"a@b.test\"\n";
    assert_eq!(said(smtp).await, r#""messages":{"inbox":{"email":false,"phone":true"#);
    assert_eq!(
        said("[messages]\nfile = \"/home/you/messages.jsonl\"\n").await,
        r#""messages":{"inbox":{"email":false,"phone":false"#
    );
    assert_eq!(
        said("[provider]\ndevelopmentSignIn = false\n").await,
        r#""messages":{"inbox":{"email":false,"phone":false"#
    );
}
