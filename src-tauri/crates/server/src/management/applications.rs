//! Applications and their secrets (sheet 7.3).

use super::Shape::{List, Object, One};
use super::table::{SEARCH, members, run};
use super::{Answer, Body, Call, Operation, Outcome, Pages, Refusal, ask, order};
use crate::engine::Engine;
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;
use vestibule_core::Timestamp;
use vestibule_core::console::{
    ApplicationDraft, ApplicationObject, ApplicationView, ConsoleRequest, SecretObject, SecretView, UserConsentScopes,
};
use vestibule_core::model::Application;

/// The rows of the table about these.
pub(super) const ROWS: &[Operation] = &[
    Operation::get("/applications", "All applications.", List("ApplicationObject"), run!(list))
        .paged(Pages::Asked)
        .asked(&[
            SEARCH,
            ("types", "Only these types; may be repeated."),
            ("isThirdParty", "Only third-party applications, or only others."),
        ]),
    Operation::post("/applications", "Create an application.", One("ApplicationObject"), run!(create)).with(members(
        "ApplicationObject",
        &[
            "name",
            "type",
            "description",
            "oidcClientMetadata",
            "customClientMetadata",
            "isThirdParty",
            "customData",
        ],
        &["name", "type"],
    )),
    Operation::get("/applications/{id}", "One application.", One("ApplicationObject"), run!(get)),
    Operation::patch(
        "/applications/{id}",
        "Change an application; nested objects are replaced as a whole.",
        One("ApplicationObject"),
        run!(patch),
    )
    .with(members(
        "ApplicationObject",
        &[
            "name",
            "description",
            "oidcClientMetadata",
            "customClientMetadata",
            "isThirdParty",
            "customData",
        ],
        &[],
    )),
    Operation::delete("/applications/{id}", "Delete an application, its grants and tokens.", run!(delete)),
    Operation::patch(
        "/applications/{id}/custom-data",
        "Change members of an application's free data.",
        Object,
        run!(patch_custom_data),
    )
    .with(Body::Object),
    Operation::get(
        "/applications/{id}/secrets",
        "The secrets of an application, with their values.",
        List("SecretObject"),
        run!(list_secrets),
    ),
    Operation::post(
        "/applications/{id}/secrets",
        "Add a named secret.",
        One("SecretObject"),
        run!(add_secret),
    )
    .with(members("SecretObject", &["name", "expiresAt"], &["name"]))
    .created(),
    Operation::delete("/applications/{id}/secrets/{name}", "Remove a named secret.", run!(delete_secret)),
    Operation::get(
        "/applications/{id}/sign-in-experience",
        "Branding of an application's sign-in pages.",
        One("ApplicationSignInExperience"),
        run!(branding),
    ),
    Operation::put(
        "/applications/{id}/sign-in-experience",
        "Replace the branding of an application's sign-in pages.",
        One("ApplicationSignInExperience"),
        run!(put_branding),
    )
    .with(Body::Partial("ApplicationSignInExperience")),
    Operation::get(
        "/applications/{id}/user-consent-scopes",
        "What a third-party application may ask for.",
        One("UserConsentScopes"),
        run!(list_consent_scopes),
    ),
    Operation::post(
        "/applications/{id}/user-consent-scopes",
        "Let a third-party application ask for more.",
        One("UserConsentScopes"),
        run!(add_consent_scopes),
    )
    .with(members("UserConsentScopes", &["userScopes"], &["userScopes"]))
    .created(),
    Operation::delete(
        "/applications/{id}/user-consent-scopes/user-scopes/{scope}",
        "No longer let a third-party application ask for a scope.",
        run!(delete_consent_scope),
    ),
];

/// As it is stored.
fn stored(engine: &Engine, id: &str) -> Result<Arc<Application>, Refusal> {
    engine
        .look(|cx| cx.get::<Application>(id))?
        .ok_or_else(|| Refusal::not_found("application", id))
}

fn shown(engine: &Engine, id: &str) -> Outcome {
    Ok(Answer::One(json!(ApplicationObject::from(stored(engine, id)?.as_ref()))))
}

/// As the window edits it.
async fn view(engine: &Arc<Engine>, id: &str) -> Result<ApplicationView, Refusal> {
    let views = ask!(engine, ConsoleRequest::Applications, Applications);
    let found = views.into_iter().find(|view| view.id == id);
    found.ok_or_else(|| Refusal::not_found("application", id))
}

async fn update(engine: &Arc<Engine>, id: &str, application: ApplicationDraft) -> Result<ApplicationView, Refusal> {
    let request = ConsoleRequest::UpdateApplication {
        id: id.to_owned(),
        application,
    };
    Ok(*ask!(engine, request, Application))
}

async fn list(engine: Arc<Engine>, call: Call) -> Outcome {
    let kinds: Vec<&str> = call
        .query
        .iter()
        .filter(|(name, _)| name == "types")
        .map(|(_, kind)| kind.as_str())
        .collect();
    let third_party = call.flag("isThirdParty")?;
    let wanted = search(&call);
    let views = ask!(engine, ConsoleRequest::Applications, Applications);
    let matching = views.iter().filter(|view| {
        let draft = &view.draft;
        let kind = json!(draft.kind);
        (kinds.is_empty() || kinds.iter().any(|wanted| kind == **wanted))
            && third_party.is_none_or(|wanted| draft.is_third_party == wanted)
            && (wanted.is_empty() || [&view.id, &draft.name].iter().any(|text| text.to_lowercase().contains(&wanted)))
    });
    let apps: Vec<Value> = engine.look(|cx| {
        matching
            .filter_map(|view| cx.get::<Application>(&view.id).transpose())
            .map(|app| app.map(|app| json!(ApplicationObject::from(app.as_ref()))))
            .collect()
    })?;
    Ok(Answer::List(apps))
}

/// What a list is searched for. Logto's clients write it as a pattern, with `%` at both ends.
pub(super) fn search(call: &Call) -> String {
    call.query("search").unwrap_or_default().trim_matches('%').trim().to_lowercase()
}

async fn create(engine: Arc<Engine>, mut call: Call) -> Outcome {
    let application = call.read()?;
    let view = ask!(engine, ConsoleRequest::CreateApplication { application }, Application);
    shown(&engine, &view.id)
}

async fn get(engine: Arc<Engine>, call: Call) -> Outcome {
    let mut app = json!(ApplicationObject::from(stored(&engine, call.param(0))?.as_ref()));
    app["isAdmin"] = json!(false);
    Ok(Answer::One(app))
}

async fn patch(engine: Arc<Engine>, mut call: Call) -> Outcome {
    let view = view(&engine, call.param(0)).await?;
    let draft = call.over(&view.draft)?;
    update(&engine, &view.id, draft).await?;
    shown(&engine, &view.id)
}

async fn delete(engine: Arc<Engine>, call: Call) -> Outcome {
    order(&engine, ConsoleRequest::DeleteApplication { id: call.owned(0) }).await
}

/// Members that are named are replaced, the others stay.
async fn patch_custom_data(engine: Arc<Engine>, call: Call) -> Outcome {
    let ApplicationView { id, mut draft, .. } = view(&engine, call.param(0)).await?;
    draft.custom_data.get_or_insert_default().extend(call.body);
    update(&engine, &id, draft).await?;
    Ok(Answer::One(Value::Object(stored(&engine, &id)?.custom_data.clone())))
}

async fn branding(engine: Arc<Engine>, call: Call) -> Outcome {
    let view = view(&engine, call.param(0)).await?;
    Ok(Answer::One(json!(view.draft.sign_in_experience)))
}

async fn put_branding(engine: Arc<Engine>, mut call: Call) -> Outcome {
    let ApplicationView { id, mut draft, .. } = view(&engine, call.param(0)).await?;
    draft.sign_in_experience = call.read()?;
    let view = update(&engine, &id, draft).await?;
    Ok(Answer::One(json!(view.draft.sign_in_experience)))
}

fn secrets(id: &str, secrets: Vec<SecretView>) -> Vec<Value> {
    secrets.into_iter().map(|secret| json!(SecretObject::of(id, secret))).collect()
}

async fn list_secrets(engine: Arc<Engine>, call: Call) -> Outcome {
    let views = ask!(engine, ConsoleRequest::RevealSecrets { id: call.owned(0) }, Secrets);
    Ok(Answer::List(secrets(call.param(0), views)))
}

async fn add_secret(engine: Arc<Engine>, mut call: Call) -> Outcome {
    let name: String = call.member("name")?;
    let expires_at: Option<Timestamp> = call.member("expiresAt")?;
    let request = ConsoleRequest::AddSecret {
        id: call.owned(0),
        name: name.clone(),
        expires_at,
    };
    let views = ask!(engine, request, Secrets);
    let made = views.into_iter().find(|secret| secret.name == name.trim());
    let made = made.ok_or_else(|| Refusal::not_found("secret", &name))?;
    Ok(Answer::One(json!(SecretObject::of(call.param(0), made))))
}

async fn delete_secret(engine: Arc<Engine>, call: Call) -> Outcome {
    let (id, name) = (call.owned(0), call.owned(1));
    ask!(engine, ConsoleRequest::DeleteSecret { id, name }, Secrets);
    Ok(Answer::Nothing)
}

fn consent_scopes(user_scopes: Vec<String>) -> Answer {
    Answer::One(json!(UserConsentScopes {
        user_scopes,
        ..UserConsentScopes::default()
    }))
}

async fn list_consent_scopes(engine: Arc<Engine>, call: Call) -> Outcome {
    let view = view(&engine, call.param(0)).await?;
    Ok(consent_scopes(view.draft.user_consent_scopes))
}

async fn add_consent_scopes(engine: Arc<Engine>, mut call: Call) -> Outcome {
    let ApplicationView { id, mut draft, .. } = view(&engine, call.param(0)).await?;
    for scope in call.member::<Vec<String>>("userScopes")? {
        if !draft.user_consent_scopes.contains(&scope) {
            draft.user_consent_scopes.push(scope);
        }
    }
    let view = update(&engine, &id, draft).await?;
    Ok(consent_scopes(view.draft.user_consent_scopes))
}

async fn delete_consent_scope(engine: Arc<Engine>, call: Call) -> Outcome {
    let ApplicationView { id, mut draft, .. } = view(&engine, call.param(0)).await?;
    let before = draft.user_consent_scopes.len();
    draft.user_consent_scopes.retain(|scope| scope != call.param(1));
    if draft.user_consent_scopes.len() == before {
        return Err(Refusal::new(
            StatusCode::NOT_FOUND,
            "entity.not_found",
            format!("The application may not ask for {}.", call.param(1)),
        ));
    }
    update(&engine, &id, draft).await?;
    Ok(Answer::Nothing)
}
