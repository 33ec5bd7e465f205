use super::*;
use crate::config::tests::{Stored, fake_hash, listed};
use crate::config::{hash_passwords, parse_alone, passwords_to_hash};
use crate::engine::{Engine, Options};
use std::sync::Arc;
use vestibule_core::console::{ConsoleReply, ConsoleRequest, Status};
use vestibule_core::live::LiveStatus;
use vestibule_core::model::{ApplicationType, Connector, Role, SignInExperience};
use vestibule_core::record::Index;

async fn seeded() -> Stored {
    let mut stored = Stored::default();
    let document = document().unwrap_or_else(|errors| panic!("{}", listed(&errors)));
    let batch = {
        let mut cx = stored.cx(1);
        assert!(wanted(&cx).unwrap());
        let hashes = hash_passwords(passwords_to_hash(&document, &cx).unwrap(), fake_hash).await.unwrap();
        apply(&document, &mut cx, &hashes).unwrap();
        cx.finish().0
    };
    stored.commit(batch);
    stored
}

#[test]
fn the_demo_file_stands_alone() {
    if let Err(errors) = parse_alone("demo.toml", DEMO_TOML) {
        panic!("{}", listed(&errors));
    }
}

#[tokio::test]
async fn a_first_start_brings_four_applications_and_six_people() {
    let stored = seeded().await;
    let apps = stored.all::<Application>();
    let mut kinds: Vec<_> = apps.iter().map(|app| (app.id.as_str(), app.kind)).collect();
    kinds.sort_by_key(|(id, _)| *id);
    assert_eq!(
        kinds,
        [
            ("admin-spa", ApplicationType::Spa),
            ("bookstore", ApplicationType::Traditional),
            ("mobile-demo", ApplicationType::Native),
            ("warehouse-job", ApplicationType::MachineToMachine),
        ]
    );
    let people = stored.all::<User>();
    assert_eq!(people.len(), 6);
    for person in &DEMO_PEOPLE {
        let user = people.iter().find(|user| user.id.as_str() == person.id).unwrap();
        assert!(person.id.len() == 12 && person.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
        assert_eq!(user.demo_note.as_deref(), Some(person.note));
        let known = [&user.username, &user.primary_email]
            .into_iter()
            .flatten()
            .any(|text| text == person.signs_in_as);
        let phone = vestibule_core::model::normalize_phone(person.signs_in_as).ok();
        assert!(known || (phone.is_some() && phone == user.primary_phone), "{}", person.id);
        if let Some(hash) = &user.password_encrypted {
            assert!(hash.ends_with(DEMO_PASSWORD), "{}", person.id);
        }
    }
    assert_eq!(people.iter().filter(|user| user.is_suspended).count(), 1);
    assert_eq!(people.iter().filter(|user| user.password_encrypted.is_none()).count(), 1);
    let domains: Vec<_> = stored.all::<Connector>().into_iter().flat_map(|c| c.domains).collect();
    assert!(
        people
            .iter()
            .filter_map(|u| u.primary_email.as_deref())
            .any(|mail| domains.iter().any(|d| mail.ends_with(d.as_str())))
    );
    let full = &stored.one::<User>("farahhaddad1");
    let profile = serde_json::to_value(&full.profile).unwrap();
    assert_eq!(profile.as_object().unwrap().len(), 12, "every profile member");
    assert!(!full.custom_data.is_empty());
    let roles = stored.all::<Role>();
    assert!(
        roles
            .iter()
            .any(|r| r.application_ids == ["warehouse-job".into()] && r.scopes[0].scope == "read:stock")
    );
    assert!(roles.iter().any(|r| r.user_ids == ["alicearcher1".into()] && r.scopes.len() == 2));
}

#[tokio::test]
async fn it_happens_once() {
    let stored = seeded().await;
    let mut cx = stored.cx(2);
    assert!(!wanted(&cx).unwrap());
    assert!(password_in_use(&cx).unwrap());
    for app in stored.all::<Application>() {
        cx.delete::<Application>(app.id.as_str()).unwrap();
    }
    for user in stored.all::<User>() {
        cx.delete::<User>(user.id.as_str()).unwrap();
    }
    assert!(!wanted(&cx).unwrap(), "deleting everything doesn't bring it back");
    assert!(!password_in_use(&cx).unwrap());
}

#[test]
fn the_demo_password_meets_the_default_policy() {
    let policy = SignInExperience::default().password_policy;
    let length = DEMO_PASSWORD.chars().count() as u32;
    assert!((policy.length.min..=policy.length.max).contains(&length) && length >= 12);
    let bytes = DEMO_PASSWORD.as_bytes();
    let runs = bytes
        .windows(3)
        .any(|w| (w[0] == w[1] && w[1] == w[2]) || (w[1] == w[0] + 1 && w[2] == w[1] + 1));
    assert!(!runs);
    for word in [
        "alice", "bob", "carol", "dave", "erin", "farah", "archer", "banner", "haddad", "example", "acme",
    ] {
        assert!(!DEMO_PASSWORD.contains(word));
    }
}

#[test]
fn the_welcome_names_password_and_people() {
    let text = welcome();
    assert!(text.contains(DEMO_PASSWORD));
    assert!(
        DEMO_PEOPLE
            .iter()
            .all(|person| text.contains(person.signs_in_as) && text.contains(person.note))
    );
}

/// A provider with demo data, and with the examples that it makes once it listens.
async fn with_examples() -> Arc<Engine> {
    let engine = Engine::open(Options::default()).await.unwrap();
    assert!(engine.has_just_seeded());
    engine.make_examples().await;
    engine
}

async fn status(engine: &Arc<Engine>) -> Status {
    match engine.console(ConsoleRequest::Status).await.unwrap() {
        ConsoleReply::Status(status) => status,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn one_session_finishes_and_one_is_refused_by_the_real_rules() {
    let engine = with_examples().await;
    let sessions = engine.recorder.sessions(10, engine.now());
    let shown: Vec<_> = sessions
        .iter()
        .map(|s| (s.app_name.as_str(), s.status, &*s.outcome, s.user_name.as_deref()))
        .collect();
    assert_eq!(
        shown,
        [
            ("Bookstore", LiveStatus::Done, "tokens issued", Some("Alice Archer")),
            ("Admin SPA", LiveStatus::Failed, "redirect_uri rejected", None),
        ]
    );
    assert!(sessions.iter().all(|s| s.agent.as_deref() == Some("Vestibule-example")));
    let steps = engine.steps(&sessions[0].id.0);
    for path in [
        "/oidc/auth",
        "/api/experience/verification/password",
        "/consent",
        "/oidc/token",
        "/oidc/me",
    ] {
        assert!(steps.iter().any(|step| step.path == path && step.status < 400), "{path}");
    }
    assert!(steps.iter().any(|step| step.tokens.len() > 1), "tokens to look at");
    let refused = engine.steps(&sessions[1].id.0);
    assert!(refused[0].because.iter().any(|because| because.repair.is_some()), "a repair to try");

    let ids: Vec<_> = sessions.iter().rev().map(|s| s.id.clone()).collect();
    assert_eq!(status(&engine).await.examples, ids);
}

#[tokio::test]
async fn the_examples_go_at_once_with_what_they_left_behind_and_stay_away() {
    let engine = with_examples().await;
    let left = |engine: &Arc<Engine>| {
        engine
            .look(|cx| {
                let of = |index: Index| cx.find_ids(&index.entry("alicearcher1"), 10).map(|ids| ids.len());
                Ok((of(Index::SessionUser)?, of(Index::GrantUser)?))
            })
            .unwrap()
    };
    assert_eq!(left(&engine), (1, 1));
    let removed = engine.console(ConsoleRequest::RemoveExamples).await.unwrap();
    assert!(matches!(removed, ConsoleReply::Done(said) if said.starts_with("Removed the examples.")));
    assert_eq!(left(&engine), (0, 0));
    assert!(engine.recorder.sessions(10, engine.now()).is_empty());
    assert!(status(&engine).await.examples.is_empty());

    engine.make_examples().await;
    assert!(engine.recorder.sessions(10, engine.now()).is_empty(), "they don't come back");
    assert!(matches!(
        engine.console(ConsoleRequest::RemoveExamples).await.unwrap(),
        ConsoleReply::Done(_)
    ));
}

#[tokio::test]
async fn only_the_examples_go() {
    let engine = with_examples().await;
    let mut headers = http::HeaderMap::new();
    headers.insert("host", http::HeaderValue::from_static("localhost:3001"));
    let request = crate::http::Request {
        method: http::Method::GET,
        path: "/oidc/auth".into(),
        query: Some("client_id=bookstore".into()),
        headers,
        body: bytes::Bytes::new(),
    };
    let (_, live) = crate::routes::answer_inside(&engine, &request).await;
    engine.console(ConsoleRequest::RemoveExamples).await.unwrap();
    let kept: Vec<_> = engine.recorder.sessions(10, engine.now()).into_iter().map(|s| s.id).collect();
    assert_eq!(kept, [live]);
}
