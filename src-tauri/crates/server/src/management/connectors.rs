//! Connectors, social and enterprise (sheet chapter 6 and 7.3).

use super::Shape::{List, One};
use super::table::{members, run};
use super::{Answer, Body, Call, Operation, Outcome, Pages, Refusal, ask, order};
use crate::engine::Engine;
use serde_json::{Value, json};
use std::sync::Arc;
use vestibule_core::console::{
    ConnectorDraft, ConnectorMetadata, ConnectorObject, ConnectorView, ConsoleRequest, FactoryView, SimulatedAccountDraft, SsoBranding,
    SsoConnectorObject,
};
use vestibule_core::ids::ConnectorId;

const CONNECTOR: &[&str] = &["config", "metadata", "syncProfile", "enableTokenStorage", "simulation"];
const NEW_CONNECTOR: &[&str] = &[
    "connectorId",
    "id",
    "config",
    "metadata",
    "syncProfile",
    "enableTokenStorage",
    "simulation",
];
const ENTERPRISE: &[&str] = &[
    "connectorName",
    "config",
    "domains",
    "branding",
    "syncProfile",
    "enableTokenStorage",
    "simulation",
];
const NEW_ENTERPRISE: &[&str] = &[
    "providerName",
    "connectorName",
    "config",
    "domains",
    "branding",
    "syncProfile",
    "enableTokenStorage",
    "simulation",
];

/// The rows of the table about these.
pub(super) const ROWS: &[Operation] = &[
    Operation::get("/connectors", "Social connectors.", List("ConnectorObject"), run!(list_social))
        .asked(&[("target", "Only those of this target.")]),
    Operation::post(
        "/connectors",
        "Create a social connector.",
        One("ConnectorObject"),
        run!(create_social),
    )
    .with(members("ConnectorObject", NEW_CONNECTOR, &["connectorId"]))
    .asked(&[("offer", "Whether the sign-in page shows it at once; Vestibule's addition.")]),
    Operation::get(
        "/connectors/{id}",
        "One social connector.",
        One("ConnectorObject"),
        run!(get_social),
    ),
    Operation::patch(
        "/connectors/{id}",
        "Change a social connector; a secret that is left out of its configuration stays.",
        One("ConnectorObject"),
        run!(patch_social),
    )
    .with(members("ConnectorObject", CONNECTOR, &[])),
    Operation::delete(
        "/connectors/{id}",
        "Delete a social connector. People keep their identities.",
        run!(delete_social),
    ),
    Operation::get(
        "/connector-factories",
        "What a social connector can be made from.",
        List("FactoryView"),
        run!(list_factories),
    ),
    Operation::get("/connector-factories/{id}", "One of them.", One("FactoryView"), run!(get_factory)),
    // Enterprise connectors (sheet 6.5).
    Operation::get(
        "/sso-connectors",
        "Enterprise connectors.",
        List("SsoConnectorObject"),
        run!(list_enterprise),
    )
    .paged(Pages::Asked),
    Operation::post(
        "/sso-connectors",
        "Create an enterprise connector.",
        One("SsoConnectorObject"),
        run!(create_enterprise),
    )
    .with(members("SsoConnectorObject", NEW_ENTERPRISE, &["providerName", "connectorName"]))
    .asked(&[("offer", "Whether single sign-on is switched on at once; Vestibule's addition.")]),
    Operation::get(
        "/sso-connectors/{id}",
        "One enterprise connector.",
        One("SsoConnectorObject"),
        run!(get_enterprise),
    ),
    Operation::patch(
        "/sso-connectors/{id}",
        "Change an enterprise connector; a secret that is left out of its configuration stays.",
        One("SsoConnectorObject"),
        run!(patch_enterprise),
    )
    .with(members("SsoConnectorObject", ENTERPRISE, &[])),
    Operation::delete(
        "/sso-connectors/{id}",
        "Delete an enterprise connector. People keep their identities.",
        run!(delete_enterprise),
    ),
    Operation::get(
        "/sso-connector-providers",
        "What an enterprise connector can be made from.",
        List("FactoryView"),
        run!(list_providers),
    ),
    Operation::get(
        "/connectors/{id}/secrets",
        "The secret members of a connector's configuration.",
        One("ConnectorSecrets"),
        run!(secrets),
    )
    .ours(),
    Operation::post(
        "/connectors/{id}/sign-in",
        "Start a sign-in of the built-in client that goes straight to this connector.",
        One("PlaygroundRun"),
        run!(test),
    )
    .ours(),
    Operation::put(
        "/connectors/{id}/simulation",
        "Say how a simulated provider fails: always, and at the next sign-in alone.",
        One("DoneObject"),
        run!(simulate),
    )
    .with(Body::Partial("Simulation"))
    .ours(),
    Operation::get(
        "/connectors/{id}/simulated-accounts",
        "Whom a simulated provider knows.",
        List("SimulatedAccount"),
        run!(list_accounts),
    )
    .ours(),
    Operation::post(
        "/connectors/{id}/simulated-accounts",
        "Create a simulated account, or change the one with this id.",
        List("SimulatedAccount"),
        run!(save_account),
    )
    .with(Body::Partial("SimulatedAccountDraft"))
    .ours(),
    Operation::delete(
        "/connectors/{id}/simulated-accounts/{account}",
        "Delete a simulated account. Who signed in with it stays linked.",
        run!(delete_account),
    )
    .ours(),
];

async fn views(engine: &Arc<Engine>) -> Result<Vec<ConnectorView>, Refusal> {
    Ok(ask!(engine, ConsoleRequest::Connectors, Connectors).connectors)
}

async fn view(engine: &Arc<Engine>, id: &str, enterprise: bool) -> Result<ConnectorView, Refusal> {
    let mut views = views(engine).await?.into_iter();
    let found = views.find(|view| view.id == id && view.enterprise == enterprise);
    found.ok_or_else(|| Refusal::not_found("connector", id))
}

/// As Logto shows a connector of its kind.
fn shown(view: ConnectorView) -> Value {
    if view.enterprise {
        json!(SsoConnectorObject::of(view))
    } else {
        json!(ConnectorObject::of(view))
    }
}

/// A connector as the window would send it back unchanged; secrets are left out, so they stay.
fn draft(view: ConnectorView) -> ConnectorDraft {
    ConnectorDraft {
        connector_id: view.connector_id,
        enterprise: view.enterprise,
        target: view.target,
        name: view.name,
        names: view.names,
        logo: view.logo,
        logo_dark: view.logo_dark,
        display_name: view.display_name,
        domains: view.domains,
        sync_profile: view.sync_profile,
        enable_token_storage: view.enable_token_storage,
        idp_initiated_auth: view.idp_initiated_auth,
        simulation: view.simulation,
        config: view.config,
    }
}

/// Puts the members that are sent on a draft, whichever kind of connector it is.
fn put(call: &mut Call, draft: &mut ConnectorDraft) -> Result<(), Refusal> {
    if call.body.contains_key("metadata") {
        let ConnectorMetadata {
            target,
            mut name,
            logo,
            logo_dark,
        } = call.member("metadata")?;
        draft.name = name.remove("en").unwrap_or_default();
        draft.names = name;
        draft.target = target.or(draft.target.take());
        draft.logo = logo;
        draft.logo_dark = logo_dark;
    }
    if call.body.contains_key("branding") {
        let SsoBranding {
            display_name,
            logo,
            dark_logo,
        } = call.member("branding")?;
        draft.display_name = display_name;
        draft.logo = logo;
        draft.logo_dark = dark_logo;
    }
    if call.body.contains_key("connectorName") {
        draft.name = call.member("connectorName")?;
    }
    for member in ["connectorId", "providerName"] {
        if call.body.contains_key(member) {
            draft.connector_id = call.member(member)?;
        }
    }
    for (member, on) in [
        ("syncProfile", &mut draft.sync_profile),
        ("enableTokenStorage", &mut draft.enable_token_storage),
    ] {
        if call.body.contains_key(member) {
            *on = call.member(member)?;
        }
    }
    if call.body.contains_key("domains") {
        draft.domains = call.member("domains")?;
    }
    if call.body.contains_key("config") {
        draft.config = call.member("config")?;
    }
    if call.body.contains_key("simulation") {
        draft.simulation = call.member("simulation")?;
    }
    Ok(())
}

async fn create(engine: &Arc<Engine>, mut call: Call, enterprise: bool) -> Outcome {
    let id = call.member("id")?;
    let mut connector = ConnectorDraft {
        connector_id: String::new(),
        enterprise,
        target: None,
        name: String::new(),
        names: Default::default(),
        logo: None,
        logo_dark: None,
        display_name: None,
        domains: Vec::new(),
        sync_profile: false,
        enable_token_storage: false,
        idp_initiated_auth: None,
        simulation: None,
        config: Default::default(),
    };
    put(&mut call, &mut connector)?;
    let request = ConsoleRequest::CreateConnector {
        id,
        connector: Box::new(connector),
        offer: call.flag("offer")?.unwrap_or_default(),
    };
    Ok(Answer::One(shown(*ask!(engine, request, Connector))))
}

async fn patch(engine: &Arc<Engine>, mut call: Call, enterprise: bool) -> Outcome {
    let mut connector = draft(view(engine, call.param(0), enterprise).await?);
    put(&mut call, &mut connector)?;
    let request = ConsoleRequest::UpdateConnector {
        id: call.owned(0),
        connector: Box::new(connector),
    };
    Ok(Answer::One(shown(*ask!(engine, request, Connector))))
}

async fn delete(engine: &Arc<Engine>, call: &Call, enterprise: bool) -> Outcome {
    view(engine, call.param(0), enterprise).await?;
    order(engine, ConsoleRequest::DeleteConnector { id: call.owned(0) }).await
}

async fn factories(engine: &Arc<Engine>, enterprise: bool) -> Result<Vec<FactoryView>, Refusal> {
    let catalogue = ask!(engine, ConsoleRequest::ConnectorFactories, ConnectorFactories);
    let of_kind = catalogue.factories.into_iter().filter(|factory| factory.enterprise == enterprise);
    Ok(of_kind.collect())
}

async fn list_social(engine: Arc<Engine>, call: Call) -> Outcome {
    let target = call.query("target");
    let views = views(&engine).await?.into_iter().filter(|view| !view.enterprise);
    let wanted = views.filter(|view| target.is_none() || view.target.as_deref() == target);
    Ok(Answer::List(wanted.map(shown).collect()))
}

async fn create_social(engine: Arc<Engine>, call: Call) -> Outcome {
    create(&engine, call, false).await
}

async fn get_social(engine: Arc<Engine>, call: Call) -> Outcome {
    Ok(Answer::One(shown(view(&engine, call.param(0), false).await?)))
}

async fn patch_social(engine: Arc<Engine>, call: Call) -> Outcome {
    patch(&engine, call, false).await
}

async fn delete_social(engine: Arc<Engine>, call: Call) -> Outcome {
    delete(&engine, &call, false).await
}

async fn list_factories(engine: Arc<Engine>, _: Call) -> Outcome {
    let factories = factories(&engine, false).await?;
    Ok(Answer::List(factories.iter().map(|factory| json!(factory)).collect()))
}

async fn get_factory(engine: Arc<Engine>, call: Call) -> Outcome {
    let factories = factories(&engine, false).await?;
    let found = factories.iter().find(|factory| factory.id == call.param(0));
    let found = found.ok_or_else(|| Refusal::not_found("connector factory", call.param(0)))?;
    Ok(Answer::One(json!(found)))
}

async fn list_enterprise(engine: Arc<Engine>, _: Call) -> Outcome {
    let views = views(&engine).await?.into_iter().filter(|view| view.enterprise);
    Ok(Answer::List(views.map(shown).collect()))
}

async fn create_enterprise(engine: Arc<Engine>, call: Call) -> Outcome {
    create(&engine, call, true).await
}

async fn get_enterprise(engine: Arc<Engine>, call: Call) -> Outcome {
    Ok(Answer::One(shown(view(&engine, call.param(0), true).await?)))
}

async fn patch_enterprise(engine: Arc<Engine>, call: Call) -> Outcome {
    patch(&engine, call, true).await
}

async fn delete_enterprise(engine: Arc<Engine>, call: Call) -> Outcome {
    delete(&engine, &call, true).await
}

async fn list_providers(engine: Arc<Engine>, _: Call) -> Outcome {
    let factories = factories(&engine, true).await?;
    Ok(Answer::List(factories.iter().map(|factory| json!(factory)).collect()))
}

async fn secrets(engine: Arc<Engine>, call: Call) -> Outcome {
    let secrets = ask!(
        engine,
        ConsoleRequest::RevealConnectorSecrets { id: call.owned(0) },
        ConnectorSecrets
    );
    Ok(Answer::One(json!(secrets)))
}

async fn test(engine: Arc<Engine>, call: Call) -> Outcome {
    let run = ask!(engine, ConsoleRequest::TestConnector { id: call.owned(0) }, Playground);
    Ok(run.map_or(Answer::Nothing, |run| Answer::One(json!(run))))
}

/// Asks about a connector's simulated accounts; all of them are the answer.
async fn accounts(engine: &Arc<Engine>, request: ConsoleRequest) -> Outcome {
    let accounts = ask!(engine, request, SimulatedAccounts);
    Ok(Answer::List(accounts.iter().map(|account| json!(account)).collect()))
}

async fn list_accounts(engine: Arc<Engine>, call: Call) -> Outcome {
    let connector_id = ConnectorId(call.owned(0));
    accounts(&engine, ConsoleRequest::SimulatedAccounts { connector_id }).await
}

async fn save_account(engine: Arc<Engine>, mut call: Call) -> Outcome {
    call.body.insert("connectorId".to_owned(), json!(call.param(0)));
    let account: SimulatedAccountDraft = call.read()?;
    accounts(&engine, ConsoleRequest::SaveSimulatedAccount { account }).await
}

async fn delete_account(engine: Arc<Engine>, call: Call) -> Outcome {
    accounts(&engine, ConsoleRequest::DeleteSimulatedAccount { id: call.owned(1) }).await?;
    Ok(Answer::Nothing)
}

async fn simulate(engine: Arc<Engine>, mut call: Call) -> Outcome {
    let request = ConsoleRequest::SetSimulation {
        connector_id: ConnectorId(call.owned(0)),
        simulation: call.read()?,
    };
    order(&engine, request).await
}
