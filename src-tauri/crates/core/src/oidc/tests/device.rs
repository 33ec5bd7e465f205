//! RFC 8628 and sheet 1.22: what each party may do in which state of a device code, and that nothing else brings tokens.

mod house;

use super::super::authorize::Reply;
use super::super::device::{self, Form, Problem, Verification};
use super::super::request::Hint;
use super::super::token::AccessTokenOut;
use super::{API, ISSUER};
use crate::Secret;
use crate::ids::UserId;
use crate::live::{LiveStatus, ParamFate, StepKind};
use crate::model::{SentinelPolicy, SignInExperience};
use crate::record::{DeviceState, Grant, Interaction};
use house::{House, SCOPE, said, walk};
use proptest::prelude::*;
use serde_json::json;

#[test]
fn from_the_code_to_the_tokens() {
    let mut house = House::new();
    let (begun, trail) = house.begin(
        "tv",
        &[
            ("client_id", "tv"),
            ("scope", SCOPE),
            ("redirect_uri", "https://x.test"),
            ("prompt", "none"),
        ],
    );
    let begun = begun.ok().unwrap();
    let letters: Vec<char> = begun.user_code.chars().collect();
    assert_eq!((letters.len(), letters[4], begun.device_code.expose().len()), (9, '-', 43));
    assert!(
        letters.iter().all(|c| *c == '-' || "BCDFGHJKLMNPQRSTVWXZ".contains(*c)),
        "{letters:?}"
    );
    assert_eq!(
        (trail.kind, trail.patch.status),
        (StepKind::DeviceAuthorization, Some(LiveStatus::Waiting))
    );
    let fate = |name: &str| trail.params.iter().find(|row| row.name == name).unwrap().fate;
    assert_eq!(
        (fate("redirect_uri"), fate("prompt"), fate("scope")),
        (ParamFate::Ignored, ParamFate::Ignored, ParamFate::Used)
    );
    let live = trail.live.unwrap();

    let code = begun.device_code.expose().to_owned();
    assert_eq!(house.poll(&code).unwrap_err(), "authorization_pending");
    // Any case, with or without the dash.
    let typed = begun.user_code.replace('-', " ").to_lowercase();
    let (asked, trail) = house.send(&typed, "");
    assert_eq!(
        (said(&asked), trail.live.as_ref()),
        (format!("ask {}", begun.user_code), Some(&live))
    );
    let (on, trail) = house.send(&typed, "confirm");
    assert_eq!(
        (said(&on), trail.live.as_ref()),
        ("device page /sign-in?app_id=tv".to_owned(), Some(&live))
    );
    let Verification::On(reply) = on else { panic!() };
    let Reply::Page { interaction, .. } = &reply else { panic!() };
    let record = house.p.world.get::<Interaction>(interaction.as_str()).unwrap();
    assert_eq!(record.return_to(ISSUER), format!("{ISSUER}/device/{interaction}"));
    assert_eq!(house.p.go_on(reply)["location"], "/device/success");

    let (reply, trail) = house.poll_with("tv", &code, &[]);
    let reply = reply.unwrap();
    assert_eq!(
        (reply.scope.as_str(), reply.refresh_token.is_some()),
        (SCOPE, true),
        "no prompt is needed for offline_access"
    );
    let id: serde_json::Value = serde_json::from_str(&reply.id_token.unwrap()).unwrap();
    assert_eq!((&id["aud"], &id["sub"]), (&json!("tv"), &json!("alice0000001")));
    assert_eq!(
        (trail.kind, trail.patch.status, trail.live),
        (StepKind::Token, Some(LiveStatus::Done), Some(live))
    );

    // Once only: a replay ends what the first use led to.
    let DeviceState::Used { grant_id: Some(grant) } = house.state(&begun) else {
        panic!()
    };
    assert!(house.p.world.get::<Grant>(grant.as_str()).is_some());
    assert_eq!(house.poll(&code).unwrap_err(), "invalid_grant");
    assert!(house.p.world.get::<Grant>(grant.as_str()).is_none());
}

#[test]
fn a_session_is_used_again_and_resources_are_granted() {
    let mut house = House::new();
    let first = house.shown();
    house.approve(&first.user_code);
    let pairs = [("client_id", "tv"), ("scope", "read write"), ("resource", API)];
    let second = house.begin("tv", &pairs).0.ok().unwrap();
    let (on, _) = house.send(&second.user_code, "confirm");
    assert_eq!(said(&on), "device page /consent?app_id=tv", "nobody signs in twice");
    let Verification::On(reply) = on else { panic!() };
    assert_eq!(house.p.go_on(reply)["location"], "/device/success");
    let reply = house.poll(second.device_code.expose()).unwrap();
    let AccessTokenOut::Jwt(claims) = reply.access_token else {
        panic!("a JWT was wanted")
    };
    let claims: serde_json::Value = serde_json::from_str(&claims).unwrap();
    assert_eq!((&claims["aud"], &claims["scope"]), (&json!(API), &json!("read")));
    assert_eq!((reply.id_token, reply.refresh_token), (None, None));

    // A hint that names somebody else asks for a sign-in all the same, though only its subject is kept.
    house.hint = Some(Hint::Valid {
        sub: "somebody else".into(),
        audiences: vec!["tv".into()],
    });
    let hinted = house.begin("tv", &[("client_id", "tv"), ("scope", "openid"), ("id_token_hint", "jwt")]);
    let hinted = hinted.0.ok().unwrap();
    assert_eq!(said(&house.send(&hinted.user_code, "confirm").0), "device page /sign-in?app_id=tv");
}

#[test]
fn who_may_begin_and_with_what() {
    let mut house = House::new();
    house.p.change_app("radio", |radio| radio.is_third_party = true);
    for (app, pairs, error, description) in [
        (
            "native",
            &[][..],
            "unauthorized_client",
            "urn:ietf:params:oauth:grant-type:device_code is not allowed for this client",
        ),
        (
            "tv",
            &[("resource", "https://nowhere.test")],
            "invalid_target",
            "resource indicator is missing, or unknown",
        ),
        (
            "tv",
            &[("max_age", "-1"), ("scope", "openid")],
            "invalid_request",
            "invalid max_age parameter value",
        ),
        (
            "tv",
            &[("nonce", "n")],
            "invalid_request",
            "openid scope must be requested when using the nonce parameter",
        ),
        (
            "tv",
            &[("scope", "openid"), ("scope", "email")],
            "invalid_request",
            "'scope' parameter must not be provided twice",
        ),
        (
            "tv",
            &[("request", "jwt")],
            "request_not_supported",
            "request parameter provided but not supported",
        ),
        (
            "radio",
            &[("scope", "openid email")],
            "invalid_scope",
            "requested scope is not allowed",
        ),
    ] {
        let (outcome, trail) = house.begin(app, pairs);
        let refused = outcome.err().unwrap();
        assert_eq!(
            (refused.error, refused.description.as_deref()),
            (error, Some(description)),
            "{pairs:?}"
        );
        assert!(trail.because.iter().any(|b| b.outcome == crate::Outcome::Refused), "{pairs:?}");
        assert_eq!(trail.patch.status, Some(LiveStatus::Failed));
    }
    // A device-flow application is never redirected to, and has no codes to redeem.
    let query = "client_id=tv&redirect_uri=http://127.0.0.1/cb&response_type=code&scope=openid";
    let parameters = house.p.sign_in(query);
    assert_eq!(
        parameters["error_description"],
        "requested response_type is not allowed for this client"
    );
    let refused = house
        .p
        .token("tv", &[("grant_type", "authorization_code"), ("code", "x")])
        .0
        .unwrap_err();
    assert_eq!(refused.error, "invalid_request");
}

#[test]
fn what_a_page_is_told() {
    let mut house = House::new();
    let begun = house.shown();
    let own = Secret::new("mine");
    let right = |user_code: &str| Form {
        user_code: user_code.into(),
        xsrf: "mine".into(),
        ..Form::default()
    };
    for (form, browser, wanted) in [
        (right(&begun.user_code), None, Problem::InvalidRequest),
        (
            Form {
                xsrf: "another".into(),
                ..right(&begun.user_code)
            },
            Some(&own),
            Problem::InvalidRequest,
        ),
        (right(""), Some(&own), Problem::NoCode),
        (right(" - "), Some(&own), Problem::NoCode),
        (right("BCDF-GHJ"), Some(&own), Problem::NotFound),
        (right("AAAA-AAAA"), Some(&own), Problem::NotFound),
    ] {
        let (outcome, trail) = house.p.world.write(|cx| device::verify(cx, &form, browser, None, ISSUER));
        let Verification::Again { problem, typed } = outcome.unwrap() else {
            panic!("{}", form.user_code)
        };
        assert_eq!((problem, &typed), (wanted, &form.user_code));
        assert_eq!(trail.error.unwrap().error, wanted.name());
        assert!(trail.because.iter().any(|b| b.outcome == crate::Outcome::Refused));
    }
    assert_eq!(
        Problem::NotFound.page(Some("ab&c")),
        "/device?input_code=ab%26c&error=NotFoundError"
    );
    assert_eq!(Problem::Aborted.page(None), "/device?error=AbortedError");
    assert_eq!(house.poll(begun.device_code.expose()).unwrap_err(), "authorization_pending");
}

/// What somebody does with a code, one letter each, and what a browser and the device see then.
#[test]
fn the_states_of_a_code() {
    // c confirms, C confirms in another browser, s signs in, d declines, x aborts at the sign-in, l is ten minutes later,
    // p polls, w waits until the next poll is due, o polls with another client's id.
    for (steps, wanted) in [
        ("p", "authorization_pending"),
        ("pp", "slow_down"),
        ("pwp", "authorization_pending"),
        ("cp", "authorization_pending"),
        ("csp", "tokens"),
        ("cspp", "invalid_grant"),
        ("pcsp", "tokens"),
        ("ccsp", "tokens"),
        ("cC", "AlreadyUsedError"),
        ("csc", "AlreadyUsedError"),
        ("cspc", "AlreadyUsedError"),
        ("dp", "access_denied"),
        ("dpp", "invalid_grant"),
        ("dc", "AlreadyUsedError"),
        ("d", "/device?error=AbortedError"),
        ("cx", "/device?error=AbortedError"),
        ("cxp", "access_denied"),
        ("lp", "expired_token"),
        ("lc", "ExpiredError"),
        ("cls", "/device?error=ExpiredError"),
        ("clsp", "expired_token"),
        ("cslp", "expired_token"),
        ("csplp", "invalid_grant"),
        ("o", "invalid_grant"),
        ("cso", "invalid_grant"),
        ("csop", "tokens"),
    ] {
        let mut house = House::new();
        let begun = house.shown();
        assert_eq!(walk(&mut house, &begun, steps), wanted, "{steps}");
    }
}

proptest! {
    /// Whatever is called in whatever order: tokens come once, to the device that asked, and only after its person confirmed
    /// the code and signed in within ten minutes.
    #[test]
    fn no_order_of_calls_brings_tokens_without_a_yes(steps in "[cCsdxlpwo]{1,14}") {
        let (mut approved, mut tokens) = (false, 0);
        for (at, step) in steps.char_indices() {
            // Each walk begins anew, so that the outcome of every prefix is looked at.
            let mut house = House::new();
            let again = house.shown();
            let outcome = walk(&mut house, &again, &steps[..=at]);
            if outcome == "/device/success" && matches!(step, 's') {
                approved = true;
            }
            if outcome == "tokens" && step == 'p' {
                prop_assert!(approved, "{}", &steps[..=at]);
                prop_assert!(steps[..at].contains(['c', 'C']) && steps[..at].contains('s'));
                tokens += 1;
            }
            prop_assert!(!(step == 'o' && outcome == "tokens"));
        }
        prop_assert!(tokens <= 1, "{steps}");
    }
}

#[test]
fn slow_down_lengthens_the_interval_and_an_approved_device_need_not_wait() {
    let mut house = House::new();
    let begun = house.shown();
    let code = begun.device_code.expose().to_owned();
    assert_eq!(house.poll(&code).unwrap_err(), "authorization_pending");
    let (refused, trail) = house.poll_with("tv", &code, &[]);
    assert_eq!(refused.unwrap_err().error, "slow_down");
    assert_eq!(trail.kind, StepKind::DevicePoll);
    assert!(
        trail
            .because
            .iter()
            .any(|b| b.rule == "token.slow_down" && b.detail.contains("10 s"))
    );
    assert!(trail.patch.status.is_none(), "the session goes on waiting");
    for (seconds, wanted) in [
        (5, "slow_down"),
        (10, "slow_down"),
        (20, "authorization_pending"),
        (19, "slow_down"),
    ] {
        house.p.world.clock.advance(seconds);
        assert_eq!(house.poll(&code).unwrap_err(), wanted, "after {seconds} s");
    }
    house.approve(&begun.user_code);
    assert!(house.poll(&code).is_ok());
}

#[test]
fn guessing_user_codes_is_stopped_and_the_answers_stay_the_same() {
    let mut house = House::new();
    house.p.world.put(&SignInExperience {
        sentinel_policy: SentinelPolicy {
            max_attempts: 3,
            lockout_duration: 10,
        },
        ..SignInExperience::default()
    });
    let begun = house.shown();
    let wrong = if begun.user_code == "BBBB-BBBB" { "CCCC-CCCC" } else { "BBBB-BBBB" };
    // Another browser with each guess: cookies don't help.
    for (n, wanted) in ["NotFoundError", "NotFoundError", "TooManyAttemptsError", "TooManyAttemptsError"]
        .into_iter()
        .enumerate()
    {
        house.browser = format!("browser {n}");
        assert_eq!(said(&house.send(wrong, "").0), wanted);
    }
    for answer in ["", "confirm", "abort"] {
        assert_eq!(
            said(&house.send(&begun.user_code, answer).0),
            "TooManyAttemptsError",
            "right or wrong"
        );
    }
    house.p.world.clock.advance(600);
    let begun = house.shown();
    assert_eq!(said(&house.send(&begun.user_code, "").0), format!("ask {}", begun.user_code));
}

#[test]
fn what_the_person_may_no_longer_have_ends_the_request() {
    // The application lost the device flow while its person was signing in.
    let mut house = House::new();
    let begun = house.shown();
    let Verification::On(reply) = house.send(&begun.user_code, "confirm").0 else {
        panic!()
    };
    house.p.change_app("tv", |tv| tv.custom_client_metadata.is_device_flow = None);
    assert_eq!(house.p.go_on(reply)["location"], "/device?error=AbortedError");
    assert!(matches!(house.state(&begun), DeviceState::Denied { .. }));
    // The person was suspended after saying yes.
    let mut house = House::new();
    let begun = house.shown();
    house.approve(&begun.user_code);
    let mut alice = (*house.p.world.get::<crate::model::User>("alice0000001").unwrap()).clone();
    assert_eq!(alice.id, UserId::from("alice0000001"));
    alice.is_suspended = true;
    house.p.world.put(&alice);
    assert_eq!(house.poll(begun.device_code.expose()).unwrap_err(), "invalid_grant");
}
