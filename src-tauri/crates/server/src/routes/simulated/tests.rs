//! Simulated providers through the whole of the server: chooser, choice, tokens, live steps.

use super::*;
use crate::engine::{DataPlace, Options};
use crate::http::form_pairs;
use crate::routes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use std::collections::BTreeMap;
use vestibule_core::ids::LiveId;
use vestibule_core::model::{Connector, Simulation};

mod round;

const HERE: &str = "http://localhost:3001";

/// A provider whose connector `c1` is simulated, made from this factory.
async fn open(factory: &str) -> Arc<Engine> {
    let options = Options {
        data: DataPlace::Ephemeral,
        ..Options::default()
    };
    let engine = Engine::open(options).await.unwrap();
    let target = (factory != "Okta").then(|| "acme".to_owned());
    let mut simulated = Connector::new("c1".into(), factory, target, "Acme", engine.now());
    simulated.simulation = Some(Simulation::default());
    let real = Connector::new("c2".into(), "github-universal", Some("github".into()), "GitHub", engine.now());
    engine
        .change(move |cx| {
            cx.put(&simulated)?;
            cx.put(&real)
        })
        .await
        .unwrap();
    engine
}

fn authorize_path(more: &str) -> String {
    format!(
        "/simulated/c1/authorize?response_type=code&client_id=vestibule&scope=openid+profile+email&state=s1&nonce=n1&redirect_uri={HERE}/callback/c1{more}"
    )
}

async fn send(engine: &Arc<Engine>, method: Method, target: &str, body: &str, more: &[(&'static str, &str)]) -> Response {
    let (path, query) = target.split_once('?').map_or((target, None), |(p, q)| (p, Some(q.to_owned())));
    let mut headers = HeaderMap::new();
    headers.insert(header::HOST, HeaderValue::from_static("localhost:3001"));
    if !body.is_empty() {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    }
    for (name, value) in more {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    }
    let request = Request {
        method,
        path: path.to_owned(),
        query,
        headers,
        body: body.to_owned().into(),
    };
    routes::answer(engine, request, None).await
}

async fn get(engine: &Arc<Engine>, target: &str) -> Response {
    send(engine, Method::GET, target, "", &[]).await
}

async fn post(engine: &Arc<Engine>, target: &str, body: &str) -> Response {
    send(engine, Method::POST, target, body, &[]).await
}

#[track_caller]
fn text(response: &Response, status: u16) -> String {
    let text = String::from_utf8_lossy(&response.body).into_owned();
    assert_eq!(response.status.as_u16(), status, "{text}");
    text
}

fn json(response: &Response) -> serde_json::Value {
    serde_json::from_str(&text(response, 200)).unwrap()
}

/// The value of an attribute that follows a text of the page.
fn after<'p>(page: &'p str, text: &str) -> &'p str {
    page.split(text).nth(1).unwrap().split('"').next().unwrap()
}

/// Chooses the first account; the parameters that come back.
async fn sign_in(engine: &Arc<Engine>, target: &str) -> BTreeMap<String, String> {
    let page = text(&get(engine, target).await, 200);
    let (token, account) = (after(&page, "name=\"token\" value=\""), after(&page, "name=\"account\" value=\""));
    let back = post(engine, target, &format!("token={token}&account={account}")).await;
    text(&back, 303);
    let location = back.headers[header::LOCATION].to_str().unwrap();
    let query = location.strip_prefix(&format!("{HERE}/callback/c1?")).unwrap();
    form_pairs(query).unwrap().into_iter().collect()
}

#[tokio::test]
async fn a_browser_chooses_and_the_connector_gets_a_person() {
    let engine = open("Okta").await;
    engine.simulator.expect("s1", &LiveId::from("live1"));
    let answer = sign_in(&engine, &authorize_path("")).await;
    assert_eq!(answer["state"], "s1");
    let form = format!(
        "grant_type=authorization_code&client_id=vestibule&code={}&redirect_uri={HERE}/callback/c1",
        answer["code"]
    );
    let tokens = json(&post(&engine, "/simulated/c1/token", &form).await);
    assert_eq!(tokens["id_token"].as_str().unwrap().split('.').count(), 3);
    let again = post(&engine, "/simulated/c1/token", &form).await;
    assert!(text(&again, 400).contains("invalid_grant"));

    let answer = sign_in(&engine, &authorize_path("")).await;
    let form = form.replace(form.split("code=").nth(1).unwrap().split('&').next().unwrap(), &answer["code"]);
    let tokens = json(&post(&engine, "/simulated/c1/token", &form).await);
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let person = send(&engine, Method::GET, "/simulated/c1/userinfo", "", &[("authorization", &bearer)]).await;
    assert!(json(&person)["email"].as_str().unwrap().ends_with("@acme.example"));
    let document = json(&get(&engine, "/simulated/c1/.well-known/openid-configuration").await);
    assert_eq!(document["issuer"], format!("{HERE}/simulated/c1"));
    assert_eq!(json(&get(&engine, "/simulated/c1/jwks").await)["keys"].as_array().unwrap().len(), 1);

    // The browser's side alone is in the live session: two visits, two choices.
    let steps = engine.steps("live1");
    let shown: Vec<(&str, u16)> = steps.iter().map(|step| (step.method.as_str(), step.status)).collect();
    assert_eq!(shown, [("GET", 200), ("POST", 303), ("GET", 200), ("POST", 303)]);
    for step in &steps {
        assert!(!step.because.is_empty() && step.arrows.iter().any(|arrow| arrow.to == Lane::Upstream));
    }
}

#[tokio::test]
async fn an_armed_failure_happens_once_and_says_so() {
    let engine = open("google-universal").await;
    engine.simulator.expect("s1", &LiveId::from("live1"));
    engine
        .change(|cx| {
            let mut connector = (*cx.get::<Connector>("c1")?.unwrap()).clone();
            connector.simulation = Some(Simulation {
                failure: None,
                next: Some(Failure::ServerError),
            });
            cx.put(&connector)
        })
        .await
        .unwrap();
    let page = text(&get(&engine, &authorize_path("")).await, 200);
    assert!(page.contains("The next sign-in fails"));
    let failed = sign_in(&engine, &authorize_path("")).await;
    assert_eq!((failed["error"].as_str(), failed["state"].as_str()), ("server_error", "s1"));
    let cards: Vec<String> = engine
        .steps("live1")
        .into_iter()
        .flat_map(|s| s.because)
        .map(|b| b.title.into())
        .collect();
    assert!(
        cards.contains(&"The simulated Acme plays a failure: the provider answers server_error".to_owned()),
        "{cards:?}"
    );
    assert!(sign_in(&engine, &authorize_path("")).await.contains_key("code"));
}

#[tokio::test]
async fn a_choice_from_elsewhere_is_refused_and_changes_nothing() {
    let engine = open("google-universal").await;
    let page = text(&get(&engine, &authorize_path("")).await, 200);
    let token = after(&page, "name=\"token\" value=\"").to_owned();
    let form = format!("token={token}&action=make-up");
    for more in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.test")] {
        let refused = send(&engine, Method::POST, &authorize_path(""), &form, &[more]).await;
        assert!(text(&refused, 403).contains("can't go on"));
    }
    for (target, form) in [
        (authorize_path(""), "action=make-up".to_owned()),
        (authorize_path(""), "token=guessed&action=make-up".to_owned()),
        (authorize_path("&login_hint=other"), form.clone()),
    ] {
        text(&post(&engine, &target, &form).await, 403);
    }
    let known = engine.look(|cx| accounts(cx, &"c1".into())).unwrap();
    assert_eq!(known.len(), 3, "those of the first visit");
    for form in [format!("token={token}"), format!("token={token}&account=nobody")] {
        let again = text(&post(&engine, &authorize_path(""), &form).await, 400);
        assert!(again.contains("role=\"alert\"") && again.contains("Make one up"), "{again}");
    }
    let wrong = format!("token={token}&action=add&name=Ada&email=nowhere");
    let again = text(&post(&engine, &authorize_path(""), &wrong).await, 400);
    assert!(again.contains("email-error") && again.contains("value=\"Ada\""));
    let added = format!("token={token}&action=add&name=Ada+Byron&email=ada@acme.example&email_verified=true&failure=noEmail");
    text(&post(&engine, &authorize_path(""), &added).await, 303);
    let known = engine.look(|cx| accounts(cx, &"c1".into())).unwrap();
    let ada = known.iter().find(|account| account.name == "Ada Byron").unwrap();
    assert_eq!((ada.email_verified, ada.failure), (true, Some(Failure::NoEmail)));
}

#[tokio::test]
async fn apple_posts_its_answer() {
    let engine = open("apple-universal").await;
    let target = authorize_path("&response_mode=form_post").replace("openid+profile+email", "name+email");
    let page = text(&get(&engine, &target).await, 200);
    let (token, account) = (after(&page, "name=\"token\" value=\""), after(&page, "name=\"account\" value=\""));
    let back = post(&engine, &target, &format!("token={token}&account={account}")).await;
    let form = text(&back, 200);
    assert!(form.contains("action=\"http://localhost:3001/callback/c1\"") && form.contains("name=\"user\""));
    let policy = back.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"));
}

#[tokio::test]
async fn nothing_may_be_shown_when_prompt_says_so() {
    let engine = open("google-universal").await;
    let back = get(&engine, &authorize_path("&prompt=none")).await;
    assert!(back.headers[header::LOCATION].to_str().unwrap().contains("error=login_required"));
}

#[tokio::test]
async fn mistakes_stay_on_a_page_without_script() {
    let engine = open("google-universal").await;
    for (target, words) in [
        (
            authorize_path("").replace("client_id=vestibule", "client_id=other"),
            "There is no client <code>other</code>",
        ),
        (
            authorize_path("").replace("callback/c1", "callback/%3Cscript%3E"),
            "callback/&lt;script&gt;",
        ),
        (authorize_path("&login_hint=%00"), "NUL byte"),
        (authorize_path("&login_hint=%zz"), "broken percent-encoding"),
    ] {
        let page = get(&engine, &target).await;
        let body = text(&page, 400);
        assert!(body.contains(words), "{words}: {body}");
        assert!(!body.contains("<script") && !page.headers.contains_key(header::LOCATION));
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'self'") && !policy.contains("script"));
    }
    for target in [
        "/simulated",
        "/simulated/nobody/authorize",
        "/simulated/c2/authorize",
        "/simulated/c1/elsewhere",
        "/simulated/c2/jwks",
    ] {
        text(&get(&engine, target).await, 404);
    }
    let json_body = send(
        &engine,
        Method::POST,
        "/simulated/c1/token",
        "{}",
        &[("content-type", "application/json")],
    )
    .await;
    assert!(text(&json_body, 400).contains("must be a form"));
    text(&get(&engine, "/simulated/c1/userinfo").await, 401);
    assert!(text(&get(&engine, "/assets/simulated.css").await, 200).contains(".avatar"));
}
