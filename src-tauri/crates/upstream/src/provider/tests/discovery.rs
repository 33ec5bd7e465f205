//! Discovery documents: whose they must be, what they must have, and how often they are read.

use super::*;
use vestibule_core::time::Timestamp;

fn document(origin: &str) -> Value {
    json!({ "issuer": origin, "authorization_endpoint": format!("{origin}/authorize"), "token_endpoint": format!("{origin}/token"),
        "jwks_uri": format!("{origin}/jwks"), "userinfo_endpoint": format!("{origin}/me"),
        "code_challenge_methods_supported": ["plain", "S256", 7], "scopes_supported": ["openid"] })
}

/// An issuer whose document is changed before it is served.
async fn issuer(change: impl Fn(Value) -> Say + Send + Sync + 'static) -> Fake {
    Fake::new(move |asked| {
        let host = asked.header("host").unwrap();
        match asked.line.as_str() {
            "GET /.well-known/openid-configuration" => change(document(&format!("http://{host}"))),
            _ => Say::Json(404, json!({})),
        }
    })
    .await
}

#[tokio::test]
async fn a_document_is_read_and_kept_for_five_minutes() {
    let fake = issuer(|document| Say::Json(200, document)).await;
    let providers = providers();
    let found = providers.discover(&format!("{}/", fake.origin), NOW).await.unwrap();
    assert_eq!(found.issuer, fake.origin);
    assert_eq!(found.userinfo_endpoint, Some(format!("{}/me", fake.origin)));
    assert_eq!(found.code_challenge_methods_supported, ["plain", "S256"]);
    assert_eq!(providers.discover(&fake.origin, NOW.plus_seconds(299)).await.unwrap(), found);
    assert_eq!(fake.asked().len(), 1);
    providers.discover(&fake.origin, NOW.plus_seconds(300)).await.unwrap();
    assert_eq!(fake.asked().len(), 2);
    // A clock that was set back makes nothing last for ever.
    providers.discover(&fake.origin, Timestamp(0)).await.unwrap();
    providers.discover_afresh(&fake.origin).await.unwrap();
    assert_eq!(fake.asked().len(), 4);
}

#[tokio::test]
async fn many_who_ask_at_once_make_one_call_and_share_a_failure_too() {
    let fake = issuer(|document| Say::Json(200, document)).await;
    let providers = providers();
    let all = futures_util::future::join_all((0..50).map(|_| providers.discover(&fake.origin, NOW))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(fake.asked().len(), 1);
    let broken = issuer(|_| Say::Json(500, json!({}))).await;
    let all = futures_util::future::join_all((0..50).map(|_| providers.discover(&broken.origin, NOW))).await;
    assert!(all.iter().all(Result::is_err));
    assert_eq!(broken.asked().len(), 1);
    assert!(providers.discover(&broken.origin, NOW).await.is_err());
    assert_eq!(broken.asked().len(), 2, "a failure is not kept");
}

#[tokio::test]
async fn a_document_of_another_issuer_or_without_its_members_is_refused() {
    use FailureKind::{General, InvalidConfig, InvalidResponse};
    type Change = fn(Value) -> Say;
    let table: [(&str, Change, FailureKind, &str); 9] = [
        (
            "slash",
            |d| {
                let i = format!("{}/", d["issuer"].as_str().unwrap());
                Say::Json(200, with(&d, json!({ "issuer": i, "token_endpoint": null })))
            },
            InvalidResponse,
            "It has no `token_endpoint`.",
        ),
        (
            "other",
            |d| Say::Json(200, with(&d, json!({ "issuer": "https://attacker.test" }))),
            InvalidConfig,
            "`https://attacker.test`",
        ),
        (
            "none",
            |d| Say::Json(200, with(&d, json!({ "issuer": null }))),
            InvalidResponse,
            "It has no `issuer`.",
        ),
        (
            "keys",
            |d| Say::Json(200, with(&d, json!({ "jwks_uri": null }))),
            InvalidResponse,
            "It has no `jwks_uri`.",
        ),
        (
            "script",
            |d| Say::Json(200, with(&d, json!({ "authorization_endpoint": "javascript:1" }))),
            InvalidResponse,
            "is not an address",
        ),
        (
            "page",
            |_| Say::Raw(200, "text/html", b"<h1>".to_vec()),
            InvalidResponse,
            "not a JSON object",
        ),
        ("absent", |_| Say::Json(404, json!({})), InvalidConfig, "answered 404"),
        ("moved", |_| Say::Json(301, json!({})), InvalidConfig, "Redirects are not followed"),
        ("broken", |_| Say::Json(503, json!({})), General, "answered 503"),
    ];
    for (what, change, kind, detail) in table {
        let fake = issuer(change).await;
        let failure = providers().discover(&fake.origin, NOW).await.unwrap_err();
        assert_eq!(failure.kind, kind, "{what}: {failure:?}");
        assert!(failure.because.detail.contains(detail), "{what}: {}", failure.because.detail);
    }
    for address in ["", "nonsense", "ftp://example.test", "https://example.test/?tenant=1", "https://"] {
        let failure = providers().discover(address, NOW).await.unwrap_err();
        assert_eq!(failure.kind, InvalidConfig, "{address}");
    }
}
