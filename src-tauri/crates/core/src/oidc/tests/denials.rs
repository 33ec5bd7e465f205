//! What a page may answer to the application, and how it gets there.

use super::super::authorize::Reply;
use super::super::request::ResponseMode;
use super::{ISSUER, Provider, spa};
use crate::because::Outcome;
use crate::experience::{ApiError, DENIALS, abort};
use crate::ids::InteractionId;
use crate::live::{LiveStatus, Trail};
use crate::record::Interaction;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn opened(p: &mut Provider, query: &str) -> InteractionId {
    match p.ask(query).0 {
        Reply::Page { interaction, .. } => interaction,
        other => panic!("no page: {other:?}"),
    }
}

fn end(p: &mut Provider, id: &InteractionId, body: &Value) -> (Result<String, ApiError>, Trail) {
    let (outcome, trail) = p.world.write(|cx| abort(cx, id, body, ISSUER));
    (outcome.unwrap(), trail)
}

#[test]
fn every_denial_reaches_the_client_with_state_and_iss_in_its_response_mode() {
    for (n, error) in DENIALS.into_iter().enumerate() {
        let (name, mode) = [
            ("query", ResponseMode::Query),
            ("fragment", ResponseMode::Fragment),
            ("form_post", ResponseMode::FormPost),
        ][n % 3];
        let mut p = Provider::new();
        let id = opened(&mut p, &spa(&format!("&response_mode={name}")));
        let body = json!({ "error": error, "errorDescription": "not today" });
        let (outcome, trail) = end(&mut p, &id, &body);
        assert_eq!(outcome.unwrap(), format!("{ISSUER}/auth/{id}"));
        assert_eq!(trail.patch.status, Some(LiveStatus::Waiting), "not over before the browser is back");
        assert!(
            trail
                .because
                .iter()
                .any(|b| b.rule == "experience.abort" && b.outcome == Outcome::Decided)
        );
        let Reply::Client {
            to,
            mode: used,
            parameters,
            finished,
            ..
        } = p.resume(id.as_str())
        else {
            panic!("{error} does not reach the client")
        };
        let got: BTreeMap<&str, &str> = parameters.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(
            got,
            [
                ("error", error),
                ("error_description", "not today"),
                ("iss", ISSUER),
                ("state", "s1")
            ]
            .into()
        );
        assert_eq!((to.as_str(), used, finished), ("https://app.test/cb", mode, Some(id.clone())));
        assert!(p.world.get::<Interaction>(id.as_str()).is_none());
    }
}

#[test]
fn without_a_word_it_is_access_denied() {
    for body in [json!({}), json!({ "error": null, "errorDescription": "" })] {
        let mut p = Provider::new();
        let id = opened(&mut p, &spa(""));
        end(&mut p, &id, &body).0.unwrap();
        let Reply::Client { parameters, .. } = p.resume(id.as_str()) else {
            panic!()
        };
        let names: Vec<&str> = parameters.iter().map(|(n, _)| n.as_str()).collect();
        assert_eq!((names, parameters[0].1.as_str()), (vec!["error", "state", "iss"], "access_denied"));
    }
}

#[test]
fn what_is_no_denial_is_named_and_changes_nothing() {
    for (body, named) in [
        (json!({ "error": "nope" }), "`error` must be one of access_denied, login_required"),
        (json!({ "error": 5 }), "`error` must be text"),
        (json!({ "errorDescription": ["x"] }), "`errorDescription` must be text"),
        (json!({ "errorDescription": "a \"b\"" }), "`errorDescription` must be at most"),
        (json!({ "errorDescription": "x".repeat(513) }), "`errorDescription` must be at most"),
        (json!({ "error_description": "x" }), "`error_description` is not a member"),
        (json!([]), "the body must be a JSON object"),
    ] {
        let mut p = Provider::new();
        let id = opened(&mut p, &spa(""));
        let (outcome, trail) = end(&mut p, &id, &body);
        let error = outcome.unwrap_err();
        assert_eq!((error.status, error.code), (400, "guard.invalid_input"));
        assert!(error.details.as_deref().unwrap_or_default().starts_with(named), "{error:?}");
        assert!(trail.because.iter().any(|b| b.outcome == Outcome::Refused), "{body}");
        assert_eq!(p.world.get::<Interaction>(id.as_str()).unwrap().result.error, None);
        assert!(matches!(p.resume(id.as_str()), Reply::Page { .. }), "the sign-in goes on");
    }
}

#[test]
fn no_interaction_no_denial() {
    let mut p = Provider::new();
    let error = end(&mut p, &InteractionId::from("gone"), &json!({})).0.unwrap_err();
    assert_eq!((error.status, error.code), (400, "session.not_found"));
}

#[test]
fn consent_takes_back_what_the_page_ended_with() {
    use super::super::consent::{allow, open_page};
    // Given at once, or by the person.
    for asks in [false, true] {
        let mut p = Provider::new();
        let mut reply = p.ask(&spa("")).0;
        if let Reply::Page { interaction, .. } = &reply {
            let mut record = (*p.world.get::<Interaction>(interaction.as_str()).unwrap()).clone();
            record.result.login = Some("alice0000001".into());
            p.world.put(&record);
            reply = p.resume(interaction.as_str());
        }
        let Reply::Page { interaction, location, .. } = reply else {
            panic!("no consent page")
        };
        assert!(location.starts_with("/consent"), "{location}");
        end(&mut p, &interaction, &json!({})).0.unwrap();
        if asks {
            p.world.write(|cx| allow(cx, interaction.as_str(), &[], ISSUER)).0.unwrap().unwrap();
        } else {
            p.world.write(|cx| open_page(cx, interaction.as_str(), ISSUER)).0.unwrap().unwrap();
        }
        let Reply::Client { parameters, .. } = p.resume(interaction.as_str()) else {
            panic!("the consent does not reach the client")
        };
        assert!(parameters.iter().any(|(name, _)| name == "code"), "{parameters:?}");
    }
}
