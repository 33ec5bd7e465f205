//! Bodies and queries that are too large, broken, or not what they say.

use crate::{GETS, POSTS, alive, blamed};
use acceptance::{Provider, Request};
use serde_json::json;

const FORM: &str = "application/x-www-form-urlencoded";

#[test]
fn bodies_over_56_kilobytes_are_refused() {
    let provider = Provider::start();
    for path in POSTS {
        for media in [FORM, "application/json"] {
            let large = Request::new("POST", path).body(media, vec![b'a'; 60_000]);
            let response = provider.send(&large);
            assert_eq!(response.status, 413, "{path}");
            blamed(path, &response);
        }
    }
    // Without an announced length it is counted on the way.
    let mut chunked = format!(
        "POST /oidc/token HTTP/1.1\r\nhost: localhost:{}\r\nconnection: close\r\n",
        provider.origin().port
    );
    chunked.push_str("content-type: application/x-www-form-urlencoded\r\ntransfer-encoding: chunked\r\n\r\n");
    for _ in 0..60 {
        chunked.push_str("400\r\n");
        chunked.push_str(&"a".repeat(1024));
        chunked.push_str("\r\n");
    }
    chunked.push_str("0\r\n\r\n");
    assert_eq!(provider.origin().raw(chunked.as_bytes()).unwrap().unwrap().status, 413);
    // Just below it is read: the form is nonsense, not too large.
    let fits = Request::new("POST", "/oidc/token").body(FORM, vec![b'a'; 57_000]);
    assert_eq!(
        provider.send(&fits).json()["error_description"],
        "no client authentication mechanism provided"
    );
    alive(&provider);
}

#[test]
fn nul_bytes_are_refused_raw_and_encoded() {
    let provider = Provider::start();
    for path in POSTS {
        for (media, body) in [
            (FORM, "client_id=spa&token=a\0b"),
            (FORM, "client_id=spa&token=a%00b"),
            ("application/json", "{\"client_id\":\"spa\",\"token\":\"a\0b\"}"),
            ("application/json", "{\"client_id\":\"spa\",\"token\":\"a\\u0000b\"}"),
        ] {
            let response = provider.send(&Request::new("POST", path).body(media, body));
            blamed(&format!("{path} {body:?}"), &response);
        }
    }
    for path in GETS {
        let response = provider.send(&Request::get(&format!("{path}?client_id=spa&state=a%00b")));
        assert!(response.status < 500, "{path}: {}", response.text());
    }
    let refused = provider.send(&Request::get("/oidc/auth?client_id=spa&state=a%00b"));
    assert_eq!(
        refused.expect(400).json()["error_description"],
        "parameter 'state' must not contain a NUL byte"
    );
    alive(&provider);
}

#[test]
fn broken_percent_encoding_is_refused_and_never_guessed() {
    let provider = Provider::start();
    for broken in [
        "%",
        "%2",
        "%zz",
        "%G0",
        "a=%",
        "client_id=spa&state=%E0%A4%A",
        "state=%ff",
        "%c0%80=x",
        "a%=b",
        "state=%u0041",
    ] {
        for path in [
            "/oidc/token",
            "/oidc/token/introspection",
            "/oidc/session/end",
            "/oidc/auth",
            "/oidc/request",
        ] {
            blamed(
                &format!("{path} {broken}"),
                &provider.send(&Request::new("POST", path).body(FORM, broken)),
            );
        }
        for path in ["/oidc/auth", "/oidc/session/end", "/oidc/me"] {
            blamed(
                &format!("{path}?{broken}"),
                &provider.send(&Request::get(&format!("{path}?{broken}"))),
            );
        }
        for path in GETS {
            let response = provider.send(&Request::get(&format!("{path}?{broken}")));
            assert!(response.status < 500, "{path}?{broken}: {}", response.text());
        }
    }
    alive(&provider);
}

#[test]
fn text_that_is_not_utf8_is_refused() {
    let provider = Provider::start();
    for path in POSTS {
        for media in [FORM, "application/json", "text/plain"] {
            let response = provider.send(&Request::new("POST", path).body(media, &b"client_id=\xff\xfe&a=\x80"[..]));
            blamed(path, &response);
        }
    }
    let latin =
        Request::new("POST", "/oidc/token").body("application/x-www-form-urlencoded; charset=iso-8859-1", &b"client_id=gr\xfcn"[..]);
    blamed("latin-1", &provider.send(&latin));
    alive(&provider);
}

#[test]
fn json_of_another_shape_is_refused() {
    let provider = Provider::start();
    let shapes = [
        "",
        "null",
        "[]",
        "\"text\"",
        "1",
        "{",
        "{\"a\":",
        "{}{}",
        "{\"client_id\":{}}",
        "{\"client_id\":[[1]]}",
        "{\"token\":{\"a\":1}}",
    ];
    for path in POSTS.into_iter().filter(|p| p.starts_with("/oidc")) {
        for shape in shapes {
            let response = provider.send(&Request::new("POST", path).body("application/json", shape));
            assert!(response.status < 500, "{path} {shape}: {}", response.text());
        }
    }
    // Deeper than any parser should follow.
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    for path in POSTS {
        blamed(
            path,
            &provider.send(&Request::new("POST", path).body("application/json", deep.as_str())),
        );
    }
    alive(&provider);
}

#[test]
fn content_types_that_are_none_of_ours_are_refused() {
    let provider = Provider::start();
    for media in [
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/xml",
        "",
        ";",
        "application/x-www-form-urlencodedx",
        "\"\"",
    ] {
        for path in ["/oidc/token", "/oidc/auth", "/oidc/token/revocation", "/oidc/session/end"] {
            blamed(
                &format!("{path} {media}"),
                &provider.send(&Request::new("POST", path).body(media, "client_id=spa")),
            );
        }
    }
    let odd = Request::new("POST", "/oidc/token").body(
        "Application/X-WWW-Form-UrlEncoded ; charset=utf-8",
        "client_id=spa&grant_type=magic",
    );
    assert_eq!(provider.send(&odd).json()["error"], "unsupported_grant_type");
    let twice = Request::form("/oidc/token", &[("client_id", "spa")]).header("content-type", "text/plain");
    assert!(provider.send(&twice).status < 500);
}

#[test]
fn parameters_given_twice_are_refused_where_they_would_be_guessed() {
    let provider = Provider::start();
    for (path, name) in [
        ("/oidc/token", "grant_type"),
        ("/oidc/token", "code"),
        ("/oidc/token", "refresh_token"),
        ("/oidc/token", "client_id"),
        ("/oidc/token", "client_secret"),
        ("/oidc/token", "redirect_uri"),
        ("/oidc/token", "code_verifier"),
        ("/oidc/session/end", "state"),
        ("/oidc/session/end", "post_logout_redirect_uri"),
    ] {
        let body = format!("client_id=spa&grant_type=authorization_code&{name}=a&{name}=b");
        let response = provider.send(&Request::new("POST", path).body(FORM, body));
        blamed(name, &response);
        let words = format!("'{name}' parameter must not be provided twice");
        assert_eq!(response.json()["error_description"], words, "{path}");
    }
    for path in ["/oidc/token/introspection", "/oidc/token/revocation"] {
        let response = provider.send(&Request::new("POST", path).body(FORM, "client_id=spa&token=a&token=b"));
        blamed(path, &response);
        assert_eq!(response.json()["error_description"], "'token' parameter must not be provided twice");
    }
    // `resource` may come several times at the authorization endpoint.
    let extra = [
        ("resource", "https://stock.example.test"),
        ("resource", "https://orders.example.test"),
    ];
    assert_eq!(
        provider.browser().open(&provider.app("spa"), &extra).location(),
        "/sign-in?app_id=spa"
    );
    let listed = json!({ "client_id": "spa", "grant_type": ["a", "b"] });
    blamed("a list", &provider.send(&Request::json("POST", "/oidc/token", &listed)));
}

#[test]
fn hundreds_of_parameters_are_no_trouble() {
    let provider = Provider::start();
    let many: String = (0..4_000).map(|n| format!("p{n}=v&")).collect();
    assert!(provider.send(&Request::new("POST", "/oidc/token").body(FORM, many.as_str())).status < 500);
    let target = format!("{}&{}", provider.app("spa").target(&[]), &many[..20_000]);
    let response = provider.browser().get(&target);
    assert!(response.status < 500, "{}", response.status);
    assert!(
        provider
            .send(&Request::new("POST", "/oidc/auth").body(FORM, "&&&&====&=&".repeat(1_000)))
            .status
            < 500
    );
    alive(&provider);
}
