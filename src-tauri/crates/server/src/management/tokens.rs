//! One-time tokens (sheet 7.3).

use super::Shape::{List, One};
use super::table::{members, run};
use super::{Answer, Call, Operation, Outcome, Pages, Refusal};
use crate::engine::Engine;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use vestibule_core::console::{NewOneTimeToken, OneTimeTokenObject};
use vestibule_core::experience::{
    ApiError, ONE_TIME_TOKEN_TTL, check_one_time_token, find_one_time_token, issue_one_time_token, set_one_time_token_status,
};
use vestibule_core::model::check_email;
use vestibule_core::record::{Identifier, IdentifierKind, OneTimeToken, TokenStatus};

/// The rows of the table about these.
pub(super) const ROWS: &[Operation] = &[
    Operation::get("/one-time-tokens", "One-time tokens.", List("OneTimeTokenObject"), run!(list)).paged(Pages::Asked),
    Operation::post(
        "/one-time-tokens",
        "Make a one-time token for an address; it is shown this once.",
        One("OneTimeTokenObject"),
        run!(create),
    )
    .with(members("NewOneTimeToken", &["email", "expiresIn", "context"], &["email"]))
    .created(),
    Operation::post(
        "/one-time-tokens/verify",
        "Use a one-time token up.",
        One("OneTimeTokenObject"),
        run!(verify),
    )
    .with(members("OneTimeTokenObject", &["email", "token"], &["email", "token"])),
    Operation::put(
        "/one-time-tokens/{id}/status",
        "Withdraw a one-time token.",
        One("OneTimeTokenObject"),
        run!(set_status),
    )
    .with(members("OneTimeTokenObject", &["status"], &["status"])),
    Operation::delete("/one-time-tokens/{id}", "Delete a one-time token.", run!(delete)),
];

/// Most tokens listed.
const TOKENS: usize = 1_000;

fn shown(engine: &Engine, record: &OneTimeToken, token: Option<String>) -> Answer {
    Answer::One(json!(OneTimeTokenObject::of(record, token, engine.now())))
}

async fn list(engine: Arc<Engine>, _: Call) -> Outcome {
    let now = engine.now();
    let tokens = engine.look(|cx| cx.list::<OneTimeToken>(TOKENS))?;
    let shown = tokens.iter().map(|record| json!(OneTimeTokenObject::of(record, None, now)));
    Ok(Answer::List(shown.collect()))
}

async fn create(engine: Arc<Engine>, mut call: Call) -> Outcome {
    let NewOneTimeToken {
        email,
        expires_in,
        context,
    } = call.read()?;
    check_email(&email).map_err(|why| Refusal::input("email", format!("email: {why}")))?;
    if expires_in == Some(0) {
        return Err(Refusal::input("expiresIn", "expiresIn must be at least 1 second."));
    }
    let (record, token) = engine
        .change(move |cx| issue_one_time_token(cx, &email, expires_in.unwrap_or(ONE_TIME_TOKEN_TTL), context))
        .await?;
    Ok(shown(&engine, &record, Some(token)))
}

#[derive(Deserialize)]
struct Check {
    email: String,
    token: String,
}

/// Uses a token up on behalf of an application.
async fn verify(engine: Arc<Engine>, mut call: Call) -> Outcome {
    let Check { email, token } = call.read()?;
    let used = engine
        .change(move |cx| {
            let identifier = Identifier {
                kind: IdentifierKind::Email,
                value: email,
            };
            Ok(match check_one_time_token(cx, &identifier, &token)? {
                Ok(mut record) => {
                    record.status = TokenStatus::Consumed;
                    cx.put(&record)?;
                    Ok(record)
                }
                Err(error) => Err(error),
            })
        })
        .await??;
    Ok(shown(&engine, &used, None))
}

#[derive(Deserialize)]
struct NewStatus {
    status: TokenStatus,
}

async fn set_status(engine: Arc<Engine>, mut call: Call) -> Outcome {
    let NewStatus { status } = call.read()?;
    let id = call.owned(0);
    let changed = engine.change(move |cx| set_one_time_token_status(cx, &id, status)).await??;
    Ok(shown(&engine, &changed, None))
}

async fn delete(engine: Arc<Engine>, call: Call) -> Outcome {
    let id = call.owned(0);
    engine
        .change(move |cx| match find_one_time_token(cx, &id)? {
            Some(record) => cx.delete::<OneTimeToken>(&record.key).map(Ok),
            None => Ok(Err(ApiError::no_one_time_token())),
        })
        .await??;
    Ok(Answer::Nothing)
}
