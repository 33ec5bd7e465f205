//! Time, size and number of calls: what one provider does not answer holds up nobody at another.

use super::*;

fn limited(limits: Limits) -> Providers {
    Providers::with_limits(Arc::new(SeededEntropy::new(1)), limits)
}

fn short() -> Limits {
    Limits {
        time: Duration::from_millis(200),
        ..Limits::default()
    }
}

async fn github() -> Fake {
    Fake::new(|asked| match asked.line.as_str() {
        "POST /token" => tokens(None),
        "GET /userinfo" => Say::Json(200, json!({ "id": 7 })),
        _ => Say::Json(200, json!([])),
    })
    .await
}

#[tokio::test]
async fn a_provider_that_never_answers_is_given_up() {
    let fake = Fake::new(|_| Say::Nothing).await;
    let answer = limited(short()).answer(question(upstream(Shape::Oidc, &fake.origin)), NOW).await;
    let failure = failed(&answer);
    assert_eq!(failure.kind, FailureKind::General);
    assert_eq!(calls(&answer), [("POST /token".to_owned(), "no answer within 0.2 s".to_owned())]);
    assert!(answer.calls[0].micros >= 200_000, "{}", answer.calls[0].micros);
    assert!(failure.because.detail.contains("0.2 s"), "{}", failure.because.detail);
}

#[tokio::test]
async fn nobody_there_a_bad_address_and_a_flood_are_said_plainly() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let flood = Fake::new(|_| Say::Raw(200, "application/json", vec![b' '; 1024 * 1024 + 1])).await;
    for (origin, arrow) in [
        (format!("http://{free}"), "nobody there"),
        (flood.origin.clone(), "too large"),
        ("no address".to_owned(), "broke off"),
    ] {
        let answer = providers().answer(question(upstream(Shape::Oidc, &origin)), NOW).await;
        assert_eq!(
            (failed(&answer).kind, calls(&answer)[0].1.as_str()),
            (FailureKind::General, arrow),
            "{origin}"
        );
        tells_no_secret(&answer, &[]);
    }
}

#[tokio::test]
async fn redirects_are_never_followed() {
    let elsewhere = github().await;
    let target = format!("{}/token", elsewhere.origin);
    let fake = Fake::new(move |_| Say::Raw(307, "text/plain", target.clone().into_bytes())).await;
    let answer = providers().answer(question(upstream(Shape::GitHub, &fake.origin)), NOW).await;
    assert_eq!(failed(&answer).kind, FailureKind::InvalidResponse);
    assert_eq!((fake.asked().len(), elsewhere.asked().len()), (1, 0));
}

#[tokio::test]
async fn two_hundred_hanging_sign_ins_hold_up_nobody_at_another_provider() {
    let hanging = Fake::new(|_| Say::Nothing).await;
    let well = github().await;
    let providers = Arc::new(limited(Limits {
        time: Duration::from_secs(60),
        at_once: 8,
        waiting: 300,
    }));
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let (providers, question) = (Arc::clone(&providers), question(upstream(Shape::Oidc, &hanging.origin)));
        waiting.spawn(async move { providers.answer(question, NOW).await });
    }
    while hanging.asked().len() < 8 {
        tokio::task::yield_now().await;
    }
    let mut other = upstream(Shape::GitHub, &well.origin);
    other.connector = ConnectorId("c2".into());
    assert_eq!(user(&providers.answer(question(other), NOW).await).id, "7");
    assert_eq!(hanging.asked().len(), 8, "no more than the limit are under way");
    waiting.abort_all();
}

#[tokio::test]
async fn who_finds_the_line_full_fails_at_once_and_who_waits_in_vain_is_told_why() {
    let hanging = Fake::new(|_| Say::Nothing).await;
    let providers = Arc::new(limited(Limits {
        time: Duration::from_millis(300),
        at_once: 1,
        waiting: 1,
    }));
    let ask = || {
        let (providers, question) = (Arc::clone(&providers), question(upstream(Shape::Oidc, &hanging.origin)));
        async move { providers.answer(question, NOW).await }
    };
    let (a, b, c) = tokio::join!(ask(), ask(), ask());
    let mut arrows: Vec<String> = [&a, &b, &c].map(|answer| calls(answer)[0].1.clone()).to_vec();
    arrows.sort();
    assert_eq!(arrows, ["no answer within 0.3 s", "not sent", "not sent"]);
    let mut micros: Vec<u64> = [&a, &b, &c].map(|answer| answer.calls[0].micros).to_vec();
    micros.sort_unstable();
    assert!(micros[0] < micros[1] && micros[1] >= 150_000 && micros[2] >= 300_000, "{micros:?}");
    assert!([a, b, c].iter().all(|answer| failed(answer).kind == FailureKind::General));
}
