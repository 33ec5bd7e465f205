//! What Logto has not: live sessions, repairs, the Inbox, settings, own pages from this computer.

use super::Shape::{List, Object, One};
use super::table::run;
use super::{Answer, Body, Call, Operation, Outcome, Pages, Refusal, ask, order};
use crate::engine::Engine;
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;
use vestibule_core::console::{ConsoleRequest, MessageSettingsDraft};
use vestibule_core::model::ProviderSettings;
use vestibule_core::session_filter::SessionFilter;

/// The rows of the table about these.
pub(super) const ROWS: &[Operation] = &[
    Operation::get("/status", "How the provider is doing.", One("Status"), run!(status)).ours(),
    Operation::get("/sessions", "Live sessions, newest first.", List("LiveSummary"), run!(sessions))
        .paged(Pages::Always)
        .asked(&[(
            "filter",
            "Terms as in the window: app:shop user:alice param:… error:… status:failed since:10m !status:done text.",
        )])
        .ours(),
    Operation::delete(
        "/sessions",
        "Forget all live sessions. People stay signed in.",
        run!(clear_sessions),
    )
    .ours(),
    Operation::get(
        "/sessions/{id}",
        "One live session with its steps and their reasons.",
        One("LiveDetail"),
        run!(session),
    )
    .ours(),
    Operation::get(
        "/sessions/{id}/steps/{seq}/wire",
        "Request and response of a step, while they are in memory.",
        One("Wire"),
        run!(wire),
    )
    .asked(&[("reveal", "Whether secrets are shown too; passwords never are.")])
    .ours(),
    Operation::post(
        "/repairs",
        "Carry out a repair that a reason offers.",
        One("DoneObject"),
        run!(repair),
    )
    .with(Body::Whole("Repair"))
    .ours(),
    Operation::get("/inbox", "Messages to people, newest first.", List("InboxMessage"), run!(inbox))
        .asked(&[("limit", "At most this many; 100 unless given.")])
        .ours(),
    Operation::delete("/inbox", "Throw away every message.", run!(clear_inbox)).ours(),
    Operation::get("/settings", "The provider's settings.", One("ProviderSettings"), run!(settings)).ours(),
    Operation::patch(
        "/settings",
        "Change the provider's settings.",
        One("ProviderSettings"),
        run!(patch_settings),
    )
    .with(Body::Partial("ProviderSettings"))
    .ours(),
    Operation::get(
        "/message-settings",
        "Where messages go.",
        One("MessageSettingsDraft"),
        run!(message_settings),
    )
    .ours(),
    Operation::patch(
        "/message-settings",
        "Change where messages go.",
        One("MessageSettingsDraft"),
        run!(patch_message_settings),
    )
    .with(Body::Partial("MessageSettingsDraft"))
    .ours(),
    Operation::get(
        "/custom-ui",
        "The developer's own pages: what is served, and whether it can be.",
        Object,
        run!(custom_ui),
    )
    .ours(),
    Operation::put(
        "/custom-ui",
        "Serve own pages: from a folder, a zip (a path on this computer) or a devServer.",
        Object,
        run!(put_custom_ui),
    )
    .with(Body::Object)
    .ours(),
    Operation::delete("/custom-ui", "Serve the hosted pages again.", run!(remove_custom_ui)).ours(),
];

/// Most live sessions that are looked through.
const SESSIONS: u32 = 10_000;
/// Messages shown when nobody says how many.
const MESSAGES: u32 = 100;

fn list<T: Serialize>(items: &[T]) -> Answer {
    Answer::List(items.iter().map(|item| json!(item)).collect())
}

fn number(call: &Call, name: &str, usual: u32) -> Result<u32, Refusal> {
    match call.query(name) {
        None => Ok(usual),
        Some(text) => text
            .parse()
            .map_err(|_| Refusal::input(name, format!("{name} must be a whole number."))),
    }
}

async fn status(engine: Arc<Engine>, _: Call) -> Outcome {
    Ok(Answer::One(json!(ask!(engine, ConsoleRequest::Status, Status))))
}

async fn sessions(engine: Arc<Engine>, call: Call) -> Outcome {
    let filter =
        SessionFilter::parse(call.query("filter").unwrap_or_default(), engine.now()).map_err(|why| Refusal::input("filter", why))?;
    let mut found = ask!(engine, ConsoleRequest::Sessions { limit: SESSIONS }, Sessions);
    found.retain(|summary| filter.matches(summary));
    Ok(list(&found))
}

async fn clear_sessions(engine: Arc<Engine>, _: Call) -> Outcome {
    order(&engine, ConsoleRequest::ClearSessions).await
}

async fn session(engine: Arc<Engine>, call: Call) -> Outcome {
    let found = ask!(engine, ConsoleRequest::Session { id: call.owned(0) }, Session);
    let found = found.ok_or_else(|| Refusal::not_found("live session", call.param(0)))?;
    Ok(Answer::One(json!(found)))
}

async fn wire(engine: Arc<Engine>, call: Call) -> Outcome {
    let missing = || Refusal::not_found("request and response in memory of step", call.param(1));
    let seq = call.param(1).parse().map_err(|_| missing())?;
    let id = call.owned(0);
    let detail = ask!(engine, ConsoleRequest::Session { id: id.clone() }, Session);
    let is_its_own = detail.is_some_and(|detail| detail.steps.iter().any(|step| step.seq == seq));
    let reveal = call.flag("reveal")?.unwrap_or_default();
    let found = ask!(engine, ConsoleRequest::Wire { id, seq, reveal }, Wire);
    let found = found.filter(|_| is_its_own).ok_or_else(missing)?;
    Ok(Answer::One(json!(found)))
}

async fn repair(engine: Arc<Engine>, mut call: Call) -> Outcome {
    let repair = call.read()?;
    order(&engine, ConsoleRequest::Repair { repair }).await
}

async fn inbox(engine: Arc<Engine>, call: Call) -> Outcome {
    let limit = number(&call, "limit", MESSAGES)?;
    Ok(list(&ask!(engine, ConsoleRequest::Inbox { limit }, Inbox)))
}

async fn clear_inbox(engine: Arc<Engine>, _: Call) -> Outcome {
    order(&engine, ConsoleRequest::ClearInbox).await
}

async fn settings(engine: Arc<Engine>, _: Call) -> Outcome {
    Ok(Answer::One(json!(ask!(engine, ConsoleRequest::Settings, Settings))))
}

async fn patch_settings(engine: Arc<Engine>, mut call: Call) -> Outcome {
    let current = ask!(engine, ConsoleRequest::Settings, Settings);
    let settings: ProviderSettings = call.over(&current)?;
    Ok(Answer::One(json!(ask!(
        engine,
        ConsoleRequest::UpdateSettings { settings },
        Settings
    ))))
}

async fn message_settings(engine: Arc<Engine>, _: Call) -> Outcome {
    Ok(Answer::One(json!(ask!(engine, ConsoleRequest::MessageSettings, MessageSettings))))
}

async fn patch_message_settings(engine: Arc<Engine>, mut call: Call) -> Outcome {
    let current = ask!(engine, ConsoleRequest::MessageSettings, MessageSettings);
    let settings: MessageSettingsDraft = call.over(&current)?;
    let request = ConsoleRequest::UpdateMessageSettings { settings };
    Ok(Answer::One(json!(ask!(engine, request, MessageSettings))))
}

async fn custom_ui(engine: Arc<Engine>, _: Call) -> Outcome {
    Ok(Answer::One(json!({ "customUi": ask!(engine, ConsoleRequest::CustomUi, CustomUi) })))
}

/// One of `folder`, `zip` (a path on this computer) and `devServer`.
async fn put_custom_ui(engine: Arc<Engine>, call: Call) -> Outcome {
    let wanted: Vec<(&str, &str)> = call
        .body
        .iter()
        .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
        .collect();
    let request = match wanted.as_slice() {
        [("folder", path)] => ConsoleRequest::SetCustomUiFolder { path: (*path).to_owned() },
        [("zip", path)] => ConsoleRequest::ImportCustomUi { path: (*path).to_owned() },
        [("devServer", url)] => ConsoleRequest::SetCustomUiDevServer { url: (*url).to_owned() },
        _ => {
            return Err(Refusal::input(
                "",
                "Send one of folder, zip (the path of a file on this computer) and devServer, as text.",
            ));
        }
    };
    Ok(Answer::One(json!({ "customUi": ask!(engine, request, CustomUi) })))
}

async fn remove_custom_ui(engine: Arc<Engine>, _: Call) -> Outcome {
    ask!(engine, ConsoleRequest::RemoveCustomUi, CustomUi);
    Ok(Answer::Nothing)
}
