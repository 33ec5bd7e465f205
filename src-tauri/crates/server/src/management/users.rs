//! People (sheet 7.1 and 7.3).

use super::Shape::{List, Nothing, Object, One};
use super::applications::search;
use super::table::{SEARCH, members, run};
use super::{Answer, Body, Call, Operation, Outcome, Pages, Refusal, ask, object, order};
use crate::engine::Engine;
use http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use vestibule_core::Secret;
use vestibule_core::console::{ConsoleRequest, HasPassword, UserDraft, UserObject};
use vestibule_core::model::{MfaVerification, User};

const PERSON: &[&str] = &[
    "username",
    "primaryEmail",
    "primaryPhone",
    "name",
    "avatar",
    "profile",
    "customData",
];
const NEW_PERSON: &[&str] = &[
    "username",
    "primaryEmail",
    "primaryPhone",
    "name",
    "avatar",
    "profile",
    "customData",
    "password",
];

/// The rows of the table about these.
pub(super) const ROWS: &[Operation] = &[
    Operation::get("/users", "People.", List("UserObject"), run!(list))
        .paged(Pages::Always)
        .asked(&[SEARCH]),
    Operation::post("/users", "Create a person.", One("UserObject"), run!(create)).with(members("UserDraft", NEW_PERSON, &[])),
    Operation::get("/users/{id}", "One person.", One("UserObject"), run!(get)),
    Operation::patch(
        "/users/{id}",
        "Change a person; nested objects are replaced as a whole.",
        One("UserObject"),
        run!(patch),
    )
    .with(members("UserObject", PERSON, &[])),
    Operation::delete("/users/{id}", "Delete a person with their sessions and grants.", run!(delete)),
    Operation::get("/users/{id}/custom-data", "A person's free data.", Object, run!(custom_data)),
    Operation::patch(
        "/users/{id}/custom-data",
        "Change members of a person's free data.",
        Object,
        run!(patch_custom_data),
    )
    .with(Body::Object),
    Operation::patch(
        "/users/{id}/profile",
        "Change members of a person's profile.",
        One("Profile"),
        run!(patch_profile),
    )
    .with(Body::Partial("Profile")),
    Operation::patch(
        "/users/{id}/password",
        "Set a person's password.",
        One("UserObject"),
        run!(set_password),
    )
    .with(members("UserDraft", &["password"], &["password"])),
    Operation::post(
        "/users/{id}/password/verify",
        "Check a password: 204 when it is theirs, 422 when it is not.",
        Nothing,
        run!(verify_password),
    )
    .with(members("UserDraft", &["password"], &["password"])),
    Operation::get(
        "/users/{id}/has-password",
        "Whether a person has a password.",
        One("HasPassword"),
        run!(has_password),
    ),
    Operation::patch(
        "/users/{id}/is-suspended",
        "Suspend a person, which signs them out everywhere, or restore them.",
        One("UserObject"),
        run!(set_suspended),
    )
    .with(members("UserObject", &["isSuspended"], &["isSuspended"])),
    Operation::new(
        "DELETE",
        "/users/{id}/identities/{target}",
        "Take a social identity from a person.",
        One("UserObject"),
        run!(unlink_identity),
    ),
    Operation::get(
        "/users/{id}/mfa-verifications",
        "A person's second factors, without keys.",
        List("MfaVerificationView"),
        run!(second_factors),
    ),
];

/// What [`UserDraft`] takes of a [`UserObject`].
const EDITED: [&str; 7] = [
    "username",
    "primaryEmail",
    "primaryPhone",
    "name",
    "avatar",
    "profile",
    "customData",
];

/// As stored.
fn stored(engine: &Engine, id: &str) -> Result<Arc<User>, Refusal> {
    engine
        .look(|cx| cx.get::<User>(id))?
        .ok_or_else(|| Refusal::not_found("person", id))
}

fn shown(engine: &Engine, id: &str) -> Outcome {
    Ok(Answer::One(json!(UserObject::from(stored(engine, id)?.as_ref()))))
}

/// A person as the window would send them back unchanged.
fn draft(user: &User) -> Map<String, Value> {
    let mut draft = object(&UserObject::from(user));
    draft.retain(|name, _| EDITED.contains(&name.as_str()));
    draft
}

async fn update(engine: &Arc<Engine>, id: &str, user: UserDraft) -> Outcome {
    let id = id.to_owned();
    let view = ask!(engine, ConsoleRequest::UpdateUser { id, user }, User);
    shown(engine, &view.id)
}

/// Changes some members of a person.
async fn change(engine: &Arc<Engine>, call: &mut Call) -> Outcome {
    let user = stored(engine, call.param(0))?;
    let user_draft = call.over(&draft(&user))?;
    update(engine, user.id.as_str(), user_draft).await
}

async fn list(engine: Arc<Engine>, call: Call) -> Outcome {
    let request = ConsoleRequest::Users {
        search: search(&call),
        limit: u32::try_from(call.page.until()).unwrap_or(u32::MAX),
    };
    let found = ask!(engine, request, Users);
    let users: Vec<Value> = engine.look(|cx| {
        let page = found.users.iter().skip(call.page.before());
        page.filter_map(|view| cx.get::<User>(&view.id).transpose())
            .map(|user| user.map(|user| json!(UserObject::from(user.as_ref()))))
            .collect()
    })?;
    Ok(Answer::Page(users, found.total as usize))
}

async fn create(engine: Arc<Engine>, mut call: Call) -> Outcome {
    let user = call.read()?;
    let view = ask!(engine, ConsoleRequest::CreateUser { user }, User);
    shown(&engine, &view.id)
}

async fn get(engine: Arc<Engine>, call: Call) -> Outcome {
    shown(&engine, call.param(0))
}

async fn patch(engine: Arc<Engine>, mut call: Call) -> Outcome {
    change(&engine, &mut call).await
}

async fn delete(engine: Arc<Engine>, call: Call) -> Outcome {
    order(&engine, ConsoleRequest::DeleteUser { id: call.owned(0) }).await
}

/// An object of a person, with the members of the body in their places.
async fn merge(engine: &Arc<Engine>, mut call: Call, name: &str, current: impl Serialize) -> Outcome {
    let mut merged = object(&current);
    merged.append(&mut call.body);
    call.body.insert(name.to_owned(), Value::Object(merged));
    match change(engine, &mut call).await? {
        Answer::One(mut user) => Ok(Answer::One(user[name].take())),
        other => Ok(other),
    }
}

async fn custom_data(engine: Arc<Engine>, call: Call) -> Outcome {
    let user = stored(&engine, call.param(0))?;
    Ok(Answer::One(Value::Object(user.custom_data.clone())))
}

async fn patch_custom_data(engine: Arc<Engine>, call: Call) -> Outcome {
    let user = stored(&engine, call.param(0))?;
    merge(&engine, call, "customData", &user.custom_data).await
}

async fn patch_profile(engine: Arc<Engine>, call: Call) -> Outcome {
    let user = stored(&engine, call.param(0))?;
    merge(&engine, call, "profile", &user.profile).await
}

async fn set_password(engine: Arc<Engine>, mut call: Call) -> Outcome {
    let password: String = call.member("password")?;
    if password.is_empty() {
        return Err(Refusal::input("password", "The password is empty."));
    }
    call.body.insert("password".to_owned(), Value::String(password));
    change(&engine, &mut call).await
}

/// 204 when it is theirs, 422 when it is not.
async fn verify_password(engine: Arc<Engine>, mut call: Call) -> Outcome {
    let user = stored(&engine, call.param(0))?;
    let password = Secret::new(call.member::<String>("password")?);
    let is_theirs = engine
        .hasher
        .verify(password, user.password_encrypted.clone())
        .await
        .map_err(|error| {
            Refusal::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "password",
                format!("It could not be checked: {error}."),
            )
        })?;
    if is_theirs {
        return Ok(Answer::Nothing);
    }
    Err(Refusal::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "session.invalid_credentials",
        "That is not this person's password.",
    ))
}

async fn has_password(engine: Arc<Engine>, call: Call) -> Outcome {
    let has_password = stored(&engine, call.param(0))?.password_encrypted.is_some();
    Ok(Answer::One(json!(HasPassword { has_password })))
}

async fn set_suspended(engine: Arc<Engine>, mut call: Call) -> Outcome {
    let request = ConsoleRequest::SetSuspended {
        id: call.owned(0),
        suspended: call.member("isSuspended")?,
    };
    let view = ask!(engine, request, User);
    shown(&engine, &view.id)
}

async fn unlink_identity(engine: Arc<Engine>, call: Call) -> Outcome {
    let request = ConsoleRequest::UnlinkIdentity {
        user_id: call.owned(0),
        target: call.owned(1),
    };
    let view = ask!(engine, request, User);
    shown(&engine, &view.id)
}

async fn second_factors(engine: Arc<Engine>, call: Call) -> Outcome {
    let user = stored(&engine, call.param(0))?;
    let views = user.mfa_verifications.iter().map(MfaVerification::view);
    Ok(Answer::List(views.map(|view| json!(view)).collect()))
}
