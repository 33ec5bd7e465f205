//! Who gets in, how the live stream is followed, and what the console's browser is given.

use crate::http::Response;
use crate::testing::{Desk, json};
use futures_util::StreamExt as _;
use http::header;
use serde_json::Value;

const HOST: (&str, &str) = ("host", "localhost:3001");

/// The events of a stream that were sent so far, up to one that holds a text.
async fn until(response: &mut Response, text: &str) -> String {
    let stream = &mut response.stream.as_mut().expect("a stream").0;
    let mut read = String::new();
    while !read.contains(text) {
        let chunk = stream.next().await.expect("the stream goes on").unwrap();
        read.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    read
}

/// The batches in what was read.
fn batches(read: &str) -> Vec<Value> {
    let data = read.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(|data| serde_json::from_str(data).unwrap()).collect()
}

fn last_id(read: &str) -> &str {
    read.lines().filter_map(|line| line.strip_prefix("id: ")).next_back().unwrap()
}

async fn change_something(desk: &Desk) {
    Desk::done(desk.ask("PATCH", "/settings", serde_json::json!({ "sessionTtl": 3600 })).await);
}

#[tokio::test]
async fn whoever_follows_is_told_what_happens() {
    let desk = Desk::open().await;
    let mut events = desk.send("GET", "/control/events", "").await;
    assert_eq!(events.headers[header::CONTENT_TYPE], "text/event-stream");
    assert_eq!(events.headers[header::CACHE_CONTROL], "no-store");
    let opened = until(&mut events, "id: ").await;
    assert_eq!(batches(&opened), [] as [Value; 0]);
    change_something(&desk).await;
    let told = until(&mut events, "data: ").await;
    assert_eq!(batches(&told)[0]["configurationChanged"], true);
    desk.raw("GET", "/oidc/auth?client_id=nobody", &[HOST], "").await;
    let told = until(&mut events, "nobody").await;
    assert_eq!(batches(&told)[0]["events"][0]["summary"]["status"], "failed");
}

#[tokio::test]
async fn whoever_comes_back_is_told_how_much_was_missed() {
    let desk = Desk::open().await;
    let mut events = desk.send("GET", "/control/events", "").await;
    until(&mut events, "id: ").await;
    change_something(&desk).await;
    let last = last_id(&until(&mut events, "data: ").await).to_owned();
    drop(events);
    let bearer = desk.bearer();
    let again = async |last: &str| {
        let headers = [HOST, ("authorization", bearer.as_str()), ("last-event-id", last)];
        let mut events = desk.raw("GET", "/control/events", &headers, "").await;
        batches(&until(&mut events, "id: ").await)
    };
    assert_eq!(again(&last).await, [] as [Value; 0], "nothing happened in between");
    let before = desk.engine.recorder.told();
    change_something(&desk).await;
    change_something(&desk).await;
    let told = desk.engine.recorder.told();
    assert!(told - before >= 2);
    assert_eq!(again(&last).await[0]["missed"], told - before);
    assert_eq!(again("another-run-7").await[0]["missed"], told, "of another run everything counts");
}

#[tokio::test]
async fn following_ends_with_the_engine_and_is_bounded() {
    let desk = Desk::open().await;
    let mut following = Vec::new();
    let refused = loop {
        let response = desk.send("GET", "/control/events", "").await;
        if response.stream.is_none() {
            break response;
        }
        following.push(response);
    };
    assert!(following.len() > 8, "{}", following.len());
    assert_eq!(
        (refused.status.as_u16(), &json(&refused)["code"]),
        (503, &Value::from("control.too_many_followers"))
    );
    following.pop();
    assert!(desk.send("GET", "/control/events", "").await.stream.is_some());
    let mut first = following.swap_remove(0);
    until(&mut first, "id: ").await;
    desk.engine.shutdown().await;
    assert!(first.stream.as_mut().unwrap().0.next().await.is_none());
}

/// What a browser gets for a code: cookie and key.
async fn enter(desk: &Desk) -> (String, String) {
    let address = json(&desk.send("POST", "/control/codes", "").await);
    let url = address["url"].as_str().unwrap();
    let code = url.strip_prefix("http://localhost:3001/console/#code=").unwrap();
    let headers = [
        HOST,
        ("origin", "http://localhost:3001"),
        ("sec-fetch-site", "same-origin"),
        ("content-type", "application/json"),
    ];
    let body = serde_json::json!({ "code": code }).to_string();
    let response = desk.raw("POST", "/control/session", &headers, &body).await;
    let line = response.headers[header::SET_COOKIE].to_str().unwrap();
    for part in ["vestibule_console_3001=", "path=/control;", "samesite=strict", "httponly"] {
        assert!(line.contains(part), "{line}");
    }
    let cookie = line.split(';').next().unwrap().to_owned();
    assert_eq!(
        desk.raw("POST", "/control/session", &headers, &body).await.status,
        401,
        "a code counts once"
    );
    (cookie, json(&response)["key"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_browser_needs_both_halves_and_to_be_on_our_page() {
    let desk = Desk::open().await;
    let (cookie, key) = enter(&desk).await;
    let same = ("sec-fetch-site", "same-origin");
    let ours = ("origin", "http://localhost:3001");
    let (cookie, key) = (("cookie", cookie.as_str()), ("vestibule-console", key.as_str()));
    for (headers, status) in [
        (&[HOST, same, cookie, key][..], 200),
        (&[HOST, same, ours, cookie, key], 200),
        // An address that browsers take for no trustworthy one has no Fetch Metadata.
        (&[HOST, cookie, key], 200),
        (&[HOST, same, key], 401),
        (&[HOST, same, cookie, ("vestibule-console", "guess")], 401),
        (&[HOST, same, cookie], 403),
        (&[HOST, cookie], 401),
        (&[HOST, ("sec-fetch-site", "cross-site"), cookie, key], 403),
        (&[HOST, ("sec-fetch-site", "same-site"), cookie, key], 403),
        (&[HOST, ("origin", "http://localhost:5173"), cookie, key], 403),
        (&[HOST, ("origin", "null"), cookie, key], 403),
    ] {
        for path in ["/control/api/status", "/control/inbox"] {
            let response = desk.raw("GET", path, headers, "").await;
            assert_eq!(response.status, status, "{path} {headers:?}");
        }
    }
    let out = desk.raw("DELETE", "/control/session", &[HOST, same, ours, cookie, key], "").await;
    assert_eq!(out.status, 200);
    let refused = desk.raw("GET", "/control/api/status", &[HOST, same, cookie, key], "").await;
    assert_eq!(
        (refused.status.as_u16(), &json(&refused)["code"]),
        (401, &Value::from("control.signed_out"))
    );
}

#[tokio::test]
async fn a_browser_makes_no_codes_and_pages_of_others_get_nothing_for_one() {
    let desk = Desk::open().await;
    let (cookie, key) = enter(&desk).await;
    let browser = [HOST, ("cookie", cookie.as_str()), ("vestibule-console", key.as_str())];
    assert_eq!(desk.raw("POST", "/control/codes", &browser, "").await.status, 404);
    let address = json(&desk.send("POST", "/control/codes", "").await);
    let code = address["url"].as_str().unwrap().split('=').nth(1).unwrap();
    let body = serde_json::json!({ "code": code }).to_string();
    for (headers, status) in [
        (&[("origin", "https://evil.example"), ("content-type", "application/json")][..], 403),
        (&[("origin", "null"), ("content-type", "application/json")], 403),
        (&[("sec-fetch-site", "cross-site"), ("content-type", "application/json")], 403),
        // What a form of any page could send.
        (&[("content-type", "text/plain")], 415),
        (&[("content-type", "application/json")], 200),
    ] {
        let all: Vec<_> = [HOST].iter().chain(headers).copied().collect();
        assert_eq!(
            desk.raw("POST", "/control/session", &all, &body).await.status,
            status,
            "{headers:?}"
        );
    }
}

#[tokio::test]
async fn the_console_has_its_own_policy() {
    let desk = Desk::open().await;
    let moved = desk.raw("GET", "/console", &[HOST], "").await;
    assert_eq!(
        (moved.status.as_u16(), moved.headers[header::LOCATION].to_str().unwrap()),
        (308, "/console/")
    );
    assert_eq!(desk.raw("GET", "/console/assets/none.js", &[HOST], "").await.status, 404);
    assert_eq!(desk.raw("GET", "/console/../../Cargo.toml", &[HOST], "").await.status, 404);
    let page = desk.raw("GET", "/console/", &[HOST], "").await;
    if page.status == 200 {
        let policy = page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"), "{policy}");
    } else {
        assert!(
            json(&page)["message"].as_str().unwrap().contains("compiled without"),
            "{:?}",
            json(&page)
        );
    }
}
