//! Below HTTP: request lines, headers and hosts that are broken, huge or foreign.

use crate::{GETS, alive};
use acceptance::{Provider, Request};

/// Sends bytes; whatever is answered, it is no fault of the provider.
#[track_caller]
fn answered(provider: &Provider, bytes: &[u8]) {
    // Closing the connection without a word is an answer too.
    if let Ok(Some(response)) = provider.origin().raw(bytes) {
        assert!(
            (400..500).contains(&response.status),
            "{}: {}",
            String::from_utf8_lossy(&bytes[..bytes.len().min(80)]),
            response.status
        );
    }
}

#[test]
fn request_lines_that_are_none() {
    let provider = Provider::start();
    let tail = format!(
        " HTTP/1.1\r\nhost: localhost:{}\r\nconnection: close\r\n\r\n",
        provider.origin().port
    );
    for line in [
        &b"GET /oidc/auth?state=\xff\xfe&client_id=spa"[..],
        b"GET /oidc/auth?state=a\0b",
        b"GET /sign-in\0",
        b"GET relative",
        b"GET  /two-spaces",
        b"get /oidc/nothing",
        b"G\xffT /oidc/auth",
        b"",
        b"\0\0\0\0",
    ] {
        let mut bytes = line.to_vec();
        bytes.extend_from_slice(tail.as_bytes());
        answered(&provider, &bytes);
    }
    // Greetings of TLS and HTTP/2, and the beginning of a request: nobody is kept waiting.
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc"[..],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /oid",
        b"",
    ] {
        assert!(provider.origin().hang_up(bytes).is_ok(), "{bytes:?}");
    }
    alive(&provider);
}

#[test]
fn bytes_beyond_ascii_in_a_query_are_refused_or_kept_as_they_are() {
    let provider = Provider::start();
    for query in [
        &b"client_id=sp\xc3\xa4"[..],
        b"client_id=spa&state=\xe2\x82\xac",
        b"first_screen=\xf0\x9f\x92\xa5",
    ] {
        let mut bytes = b"GET /oidc/auth?".to_vec();
        bytes.extend_from_slice(query);
        bytes.extend_from_slice(
            format!(
                " HTTP/1.1\r\nhost: localhost:{}\r\nconnection: close\r\n\r\n",
                provider.origin().port
            )
            .as_bytes(),
        );
        answered_or_fine(&provider, &bytes);
    }
    // What a redirect repeats of it is encoded: a header is ASCII.
    let target = "/oidc/auth?client_id=spa&state=\u{20ac}";
    let location = provider.send(&Request::get(target)).expect(303).location().to_owned();
    assert!(location.is_ascii() && location.contains("state=%E2%82%AC"), "{location}");
}

#[test]
fn headers_that_are_huge_or_broken() {
    let provider = Provider::start();
    let large = "x".repeat(60_000);
    for path in GETS {
        for (name, value) in [
            ("cookie", format!("_interaction={large}; _session={large}")),
            ("authorization", format!("Bearer {large}")),
            ("logto-app-id", large.clone()),
            ("user-agent", large.clone()),
            ("accept-language", "de-DE,,;;q=abc,*".to_owned()),
            ("if-none-match", "\"".to_owned()),
            ("cookie", "=;=;;; ;a;_session".to_owned()),
            (
                "cookie",
                "_interaction=%7B; _interaction.sig=%; _logout=!; _logout.sig=!".to_owned(),
            ),
        ] {
            let response = provider.send(&Request::get(path).header(name, &value));
            assert!(response.status < 500, "{path} {name}: {}", response.text());
        }
        let bytes = Request::get(path)
            .header("cookie", b"_session=\xff\xfe; \x80=\x81")
            .header("logto-app-id", b"\xe9")
            .bytes(provider.origin());
        answered_or_fine(&provider, &bytes);
    }
    let many = (0..2_000).fold(Request::get("/oidc/jwks"), |request, n| request.header(&format!("x-{n}"), "v"));
    answered(&provider, &many.bytes(provider.origin()));
    alive(&provider);
}

#[track_caller]
fn answered_or_fine(provider: &Provider, bytes: &[u8]) {
    if let Ok(Some(response)) = provider.origin().raw(bytes) {
        assert!(response.status < 500, "{}", response.text());
    }
}

#[test]
fn hosts_that_are_not_ours() {
    let provider = Provider::start();
    for host in [
        "evil.test",
        "localhost.evil.test",
        "",
        "localhost:99999",
        "[::1",
        "127.0.0.1",
        "localhost:0x50",
        "\u{e9}",
    ] {
        for path in GETS {
            let response = provider.send(&Request::get(path).header("host", host));
            assert!(matches!(response.status, 400 | 421), "{host} {path}: {}", response.status);
            assert_eq!(response.header("set-cookie"), None);
        }
    }
    let without = b"GET /oidc/jwks HTTP/1.1\r\nconnection: close\r\n\r\n";
    answered(&provider, without);
    let twice = Request::get("/oidc/jwks")
        .header("host", format!("localhost:{}", provider.origin().port))
        .header("host", "evil.test");
    answered_or_fine(&provider, &twice.bytes(provider.origin()));
    // An absolute target names its own host, which is then the one that counts (RFC 9112 3.2.2).
    let absolute = Request::get("http://evil.test/oidc/jwks");
    let response = provider.send(&absolute);
    assert!(
        response.status < 500 && response.header("set-cookie").is_none(),
        "{}",
        response.status
    );
}

#[test]
fn methods_that_are_none() {
    let provider = Provider::start();
    for method in ["DELETE", "PATCH", "PUT", "TRACE", "PROPFIND", "FOO", "M-SEARCH", "CONNECT"] {
        for path in [
            "/oidc/auth",
            "/oidc/token",
            "/sign-in",
            "/api/experience",
            "/api/status",
            "/assets/submit.js",
            "/demo-app",
        ] {
            let bytes = Request::new(method, path).bytes(provider.origin());
            answered(&provider, &bytes);
        }
    }
    alive(&provider);
}

#[test]
fn lengths_that_lie() {
    let provider = Provider::start();
    for (name, value) in [
        ("content-length", "-1"),
        ("content-length", "1e3"),
        ("content-length", "99999999999999999999"),
        ("transfer-encoding", "gzip"),
    ] {
        let request = Request::new("POST", "/oidc/token")
            .header("content-type", "application/x-www-form-urlencoded")
            .header(name, value);
        answered(&provider, &request.bytes(provider.origin()));
    }
    let both = Request::form("/oidc/token", &[("client_id", "spa")])
        .header("transfer-encoding", "chunked")
        .header("content-length", "3");
    answered(&provider, &both.bytes(provider.origin()));
    alive(&provider);
}

#[test]
fn paths_that_leave_their_place() {
    let provider = Provider::start();
    for path in [
        "/assets/../Cargo.toml",
        "/assets/%2e%2e/%2e%2e/Cargo.toml",
        "/assets/..%2f..%2fetc/passwd",
        "/assets//etc/passwd",
        "/assets/\\..\\..\\x",
        "//evil.test/sign-in",
        "/oidc/../api/status",
        "/oidc//auth",
        "/./oidc/auth",
        "/%",
        "/%00",
        "/%ff",
        "/sign-in/%2e%2e/",
        "/oidc/auth/%2e%2e",
        "/favicon.ico/x",
        "/custom.css?%",
    ] {
        let response = provider.send(&Request::get(path));
        assert!(response.status < 500, "{path}: {}", response.text());
        assert!(
            !response.text().contains("[package]") && !response.text().contains("root:"),
            "{path}"
        );
        if let Some(location) = response.header("location") {
            assert!(!location.starts_with("//") && !location.contains("evil"), "{path}: {location}");
        }
    }
    alive(&provider);
}
