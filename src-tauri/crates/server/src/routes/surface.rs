//! Nothing that a page of the internet, or a program without the token, can call: Host, Origin and DNS rebinding at every
//! route. The routes are read from the table itself, so that a new one is tested without being named here.

use crate::http::Response;
use crate::management::operations;
use crate::testing::{Desk, json};
use http::header;
use std::collections::BTreeSet;

const OURS: (&str, &str) = ("host", "localhost:3001");

/// Method and path of every arm of the route table. A part that is taken from the request is `x`.
fn arms() -> Vec<(String, String)> {
    let table = include_str!("../routes.rs");
    let table = table.split("match (method.as_str(), segments.as_slice())").nth(1).unwrap();
    let mut found = BTreeSet::new();
    for line in table.lines().map(str::trim) {
        let Some((pattern, _)) = line.strip_prefix('(').and_then(|line| line.split_once(" => ")) else {
            continue;
        };
        let Some((methods, paths)) = pattern.split_once(", [") else {
            continue;
        };
        // `["a"] | ["b", "c"]` are two paths, `["a", "b" | "c"]` as well.
        for path in paths.split("] | [") {
            let inside = path.split(']').next().unwrap();
            let mut ways = vec![String::new()];
            for part in inside.split(", ") {
                let options: Vec<&str> = part.split(" | ").map(|option| option.trim_matches('"')).collect();
                let is_text = part.starts_with('"');
                let names: Vec<&str> = if is_text { options } else { vec!["x"] };
                ways = ways
                    .iter()
                    .flat_map(|way| names.iter().map(move |name| format!("{way}/{name}")))
                    .collect();
            }
            for method in methods.split(" | ").map(|method| method.trim_matches('"')) {
                let method = if method == "_" { "POST" } else { method };
                found.extend(ways.iter().map(|way| (method.to_owned(), way.clone())));
            }
        }
    }
    found.into_iter().collect()
}

/// Every route that there is: those of the table, and what the control interface and the Management API have below theirs.
fn surface() -> Vec<(String, String)> {
    let mut all = arms();
    assert!(all.len() > 40, "{all:?}");
    for path in [
        "/oidc/token",
        "/oidc/auth",
        "/api/experience/x",
        "/control/x",
        "/console/x",
        "/simulated/x",
        "/demo-app",
    ] {
        assert!(all.iter().any(|(_, known)| known == path), "{path} is read from the table");
    }
    for row in operations() {
        let path: Vec<&str> = row
            .path
            .split('/')
            .map(|part| if part.starts_with('{') { "x" } else { part })
            .collect();
        let path = path.join("/");
        all.push((row.method.to_owned(), format!("/control/api{path}")));
        if row.logto {
            all.push((row.method.to_owned(), format!("/api{path}")));
        }
    }
    for (method, path) in [
        ("POST", "/control"),
        ("GET", "/control/inbox"),
        ("DELETE", "/control/inbox"),
        ("GET", "/control/events"),
        ("GET", "/control/openapi.json"),
        ("POST", "/control/codes"),
        ("DELETE", "/control/session"),
        ("GET", "/"),
        ("GET", "/sign-in"),
    ] {
        all.push((method.to_owned(), path.to_owned()));
    }
    all
}

#[tokio::test]
async fn foreign_hosts_are_answered_nowhere() {
    let desk = Desk::open().await;
    let bearer = desk.bearer();
    let token = ("authorization", bearer.as_str());
    for (method, path) in surface() {
        for host in [
            "evil.example",
            "evil.example:3001",
            "localhost.evil.example:3001",
            "127.0.0.1.nip.io:3001",
            "localhost:3002",
            "localhost",
            "127.0.0.2:3001",
            "0.0.0.0:3001",
            "localhost:3001.",
            "localhost:3001@evil.example",
            " localhost:3001",
            "",
        ] {
            let response = desk.raw(&method, &path, &[("host", host), token], "{}").await;
            assert_eq!(response.status, 421, "{method} {path} for {host:?}");
        }
        for hosts in [&[token][..], &[OURS, ("host", "evil.example"), token], &[OURS, OURS, token]] {
            let response = desk.raw(&method, &path, hosts, "{}").await;
            assert_eq!(response.status, 421, "{method} {path} {hosts:?}");
        }
        let forwarded = [
            ("host", "evil.example"),
            ("x-forwarded-host", "localhost:3001"),
            ("forwarded", "host=localhost:3001"),
        ];
        assert_eq!(desk.raw(&method, &path, &forwarded, "{}").await.status, 421, "{method} {path}");
    }
}

#[tokio::test]
async fn every_name_of_this_computer_is_answered() {
    let desk = Desk::open().await;
    for host in ["localhost:3001", "127.0.0.1:3001", "[::1]:3001", "LOCALHOST:3001"] {
        let response = desk.raw("GET", "/api/status", &[("host", host)], "").await;
        assert_eq!(response.status, 204, "{host}");
    }
}

/// Signs of a page that is not ours.
const PAGES: [&[(&str, &str)]; 6] = [
    &[("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")],
    &[("origin", "http://localhost:5173"), ("sec-fetch-site", "same-site")],
    &[("origin", "https://evil.example")],
    &[("origin", "null")],
    &[("sec-fetch-site", "cross-site")],
    &[("sec-fetch-site", "none")],
];

fn is_control(path: &str) -> bool {
    path == "/control" || path.starts_with("/control/")
}

#[tokio::test]
async fn pages_get_nothing_of_the_control_interface_even_with_the_token() {
    let desk = Desk::open().await;
    let bearer = desk.bearer();
    let before = desk.engine.recorder.told();
    for (method, path) in surface().into_iter().filter(|(_, path)| is_control(path)) {
        let ours: &[(&str, &str)] = &[("origin", "http://localhost:3001"), ("sec-fetch-site", "same-origin")];
        for page in PAGES.iter().chain([&ours]) {
            let headers: Vec<_> = [OURS, ("authorization", bearer.as_str())].iter().chain(*page).copied().collect();
            let response = desk.raw(&method, &path, &headers, "{}").await;
            assert_eq!(response.status, 403, "{method} {path} {page:?}");
            assert!(!response.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
        }
        let preflight = [OURS, ("origin", "https://evil.example"), ("access-control-request-method", "POST")];
        let response = desk.raw("OPTIONS", &path, &preflight, "").await;
        assert_eq!(response.status, 403, "{path}");
        assert!(!response.headers.contains_key(header::ACCESS_CONTROL_ALLOW_HEADERS));
    }
    assert_eq!(desk.engine.recorder.told(), before, "nothing was changed or deleted");
}

#[tokio::test]
async fn programs_without_the_token_get_nothing_either() {
    let desk = Desk::open().await;
    let bearer = desk.bearer();
    let token = bearer.trim_start_matches("Bearer ");
    let before = desk.engine.recorder.told();
    for (method, path) in surface().into_iter().filter(|(_, path)| is_control(path)) {
        let shorter = format!("Bearer {}", &token[1..]);
        let longer = format!("{bearer}x");
        for authorization in [
            "",
            "Bearer",
            "Bearer ",
            "Bearer guess",
            &shorter,
            &longer,
            &format!("Basic {token}"),
            token,
        ] {
            let response = desk.raw(&method, &path, &[OURS, ("authorization", authorization)], "{}").await;
            assert_eq!(response.status, 401, "{method} {path} {authorization:?}");
        }
        for query in [format!("access_token={token}"), format!("token={token}")] {
            let response = desk.raw(&method, &format!("{path}?{query}"), &[OURS], "{}").await;
            assert_eq!(response.status, 401, "{method} {path} with the token in its query");
        }
        let cookie = format!("vestibule_console_3001={token}");
        let response = desk.raw(&method, &path, &[OURS, ("cookie", &cookie)], "{}").await;
        assert_eq!(response.status, 401, "{method} {path}");
    }
    for row in operations().filter(|row| row.logto) {
        let path = format!("/api{}", row.path.replace(['{', '}'], ""));
        for headers in [
            &[OURS][..],
            &[OURS, ("authorization", bearer.as_str())],
            &[OURS, ("authorization", "Bearer guess")],
        ] {
            let response = desk.raw(row.method, &path, headers, "{}").await;
            assert_eq!(
                response.status, 401,
                "{} {path}: the control interface's token is no access token",
                row.method
            );
        }
    }
    assert_eq!(desk.engine.recorder.told(), before, "nothing was changed or deleted");
}

/// Only the protocol's endpoints may be read by pages of other origins (sheet 1.9).
#[tokio::test]
async fn only_the_protocol_is_open_to_other_origins() {
    let desk = Desk::open().await;
    let opened = |response: &Response| response.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN);
    let mut open = 0;
    for (method, path) in surface() {
        for page in PAGES {
            let headers: Vec<_> = [OURS, ("content-type", "application/json")].iter().chain(page).copied().collect();
            let response = desk.raw(&method, &path, &headers, "{}").await;
            open += usize::from(opened(&response));
            assert!(!opened(&response) || path.starts_with("/oidc/"), "{method} {path} {page:?}");
            assert!(
                !response.headers.contains_key(header::ACCESS_CONTROL_ALLOW_CREDENTIALS),
                "{method} {path}"
            );
        }
    }
    assert!(open > 0, "discovery is read by every page");
}

#[tokio::test]
async fn writes_of_other_pages_are_refused_by_the_experience_api() {
    let desk = Desk::open().await;
    for (method, path) in [
        ("PUT", "/api/experience"),
        ("POST", "/api/experience/identification"),
        ("POST", "/api/experience/submit"),
        ("POST", "/api/interaction/consent"),
        ("POST", "/api/interaction/abort"),
        ("POST", "/api/grants/x/revoke"),
    ] {
        for page in [PAGES[0], PAGES[1], PAGES[2], PAGES[3], PAGES[4]] {
            let headers: Vec<_> = [OURS, ("content-type", "application/json")].iter().chain(page).copied().collect();
            let response = desk.raw(method, path, &headers, "{}").await;
            assert_eq!(response.status, 403, "{method} {path} {page:?}");
            assert_eq!(json(&response)["code"], "auth.forbidden");
        }
    }
}

#[tokio::test]
async fn no_service_worker_stands_before_the_console() {
    let desk = Desk::open().await;
    for path in ["/sw.js", "/console/sw.js", "/demo-app"] {
        let response = desk.raw("GET", path, &[OURS, ("service-worker", "script")], "").await;
        assert_eq!(response.status, 403, "{path}");
    }
}
