use crate::engine::{DataPlace, Engine, Options, Ports};
use std::sync::Arc;
use vestibule_core::console::{ConsoleProblem, ConsoleReply, ConsoleRequest, SimulatedAccountDraft};
use vestibule_core::model::{Connector, Failure, SimulatedAccount, Simulation};

/// A provider with a simulated Google and a real GitHub.
async fn open() -> Arc<Engine> {
    let options = Options {
        data: DataPlace::Ephemeral,
        ..Options::default()
    };
    let engine = Engine::open_with(options, Ports::default()).await.unwrap();
    let now = engine.now();
    let mut google = Connector::new("g1".into(), "google-universal", Some("google".into()), "Google", now);
    google.simulation = Some(Simulation::default());
    let github = Connector::new("h1".into(), "github-universal", Some("github".into()), "GitHub", now);
    engine
        .change(move |cx| {
            cx.put(&google)?;
            cx.put(&github)
        })
        .await
        .unwrap();
    engine
}

async fn ask(engine: &Arc<Engine>, request: ConsoleRequest) -> Result<Vec<SimulatedAccount>, ConsoleProblem> {
    engine.console(request).await.map(|reply| match reply {
        ConsoleReply::SimulatedAccounts(accounts) => accounts,
        other => panic!("{other:?}"),
    })
}

fn list(connector: &str) -> ConsoleRequest {
    ConsoleRequest::SimulatedAccounts {
        connector_id: connector.into(),
    }
}

#[tokio::test]
async fn the_window_lists_adds_changes_and_deletes() {
    let engine = open().await;
    let first = ask(&engine, list("g1")).await.unwrap();
    assert_eq!(first.len(), 3);
    assert_eq!(ask(&engine, list("g1")).await.unwrap(), first);
    assert!(
        ask(&engine, list("h1")).await.unwrap().is_empty(),
        "a real provider's people are not ours"
    );
    assert_eq!(ask(&engine, list("x")).await.unwrap_err().code, "entity.not_found");

    let made_up = ConsoleRequest::MakeUpSimulatedAccount { connector_id: "g1".into() };
    assert_eq!(ask(&engine, made_up).await.unwrap().len(), 4);
    let draft = SimulatedAccountDraft {
        id: Some(first[0].id.clone()),
        connector_id: "g1".into(),
        name: "Ada Byron".into(),
        failure: Some(Failure::NoEmail),
        ..SimulatedAccountDraft::default()
    };
    let changed = ask(&engine, ConsoleRequest::SaveSimulatedAccount { account: draft.clone() })
        .await
        .unwrap();
    assert_eq!(
        (changed[0].name.as_str(), &changed[0].sub, &changed[0].email),
        ("Ada Byron", &first[0].sub, &None)
    );
    let wrong = SimulatedAccountDraft {
        email: Some("nobody".into()),
        ..draft.clone()
    };
    let refused = ask(&engine, ConsoleRequest::SaveSimulatedAccount { account: wrong })
        .await
        .unwrap_err();
    assert_eq!(refused.field.as_deref(), Some("email"));

    let delete = || ConsoleRequest::DeleteSimulatedAccount { id: first[0].id.clone() };
    assert_eq!(ask(&engine, delete()).await.unwrap().len(), 3);
    assert_eq!(ask(&engine, delete()).await.unwrap_err().code, "entity.not_found");
    let gone = ask(&engine, ConsoleRequest::SaveSimulatedAccount { account: draft }).await;
    assert_eq!(gone.unwrap_err().code, "entity.not_found");
}

#[tokio::test]
async fn a_provider_learns_how_to_fail() {
    let engine = open().await;
    let set = |connector: &str, failure, next| ConsoleRequest::SetSimulation {
        connector_id: connector.into(),
        simulation: Simulation { failure, next },
    };
    let done = engine.console(set("g1", None, Some(Failure::Slow))).await.unwrap();
    assert!(matches!(done, ConsoleReply::Done(said) if said == "At the next sign-in with Google, every answer takes three seconds."));
    let stored = engine.look(|cx| cx.get::<Connector>("g1")).unwrap().unwrap();
    assert_eq!(stored.simulation.as_ref().unwrap().next, Some(Failure::Slow));

    let meaningless = engine.console(set("g1", Some(Failure::UserEndpoint401), None)).await.unwrap_err();
    assert_eq!(meaningless.field.as_deref(), Some("failure"));
    let real = engine.console(set("h1", None, None)).await.unwrap_err();
    assert!(real.message.contains("real provider"), "{}", real.message);
    assert_eq!(engine.console(set("x", None, None)).await.unwrap_err().code, "entity.not_found");
}
