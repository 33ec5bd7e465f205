//! The sign-in experience, phrases and profile fields (sheet chapter 5 and 7.3).

use super::Shape::{List, One};
use super::table::run;
use super::{Answer, Body, Call, Operation, Outcome, Refusal, ask};
use crate::engine::Engine;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use vestibule_core::console::{ConsoleRequest, CustomPhrasesObject, ProfileFieldOrder};
use vestibule_core::model::{CustomPhrases, CustomProfileField, flat_phrases};

/// The rows of the table about these.
pub(super) const ROWS: &[Operation] = &[
    Operation::get("/sign-in-exp", "The sign-in experience.", One("SignInExperience"), run!(get)),
    Operation::patch(
        "/sign-in-exp",
        "Change the sign-in experience; nested objects are replaced as a whole.",
        One("SignInExperience"),
        run!(patch),
    )
    .with(Body::Partial("SignInExperience")),
    Operation::get(
        "/custom-phrases",
        "Phrases in the operator's words.",
        List("CustomPhrasesObject"),
        run!(list_phrases),
    ),
    Operation::get(
        "/custom-phrases/{languageTag}",
        "Those of a language.",
        One("CustomPhrasesObject"),
        run!(get_phrases),
    ),
    Operation::put(
        "/custom-phrases/{languageTag}",
        "Replace those of a language: texts by key, nested or flat.",
        One("CustomPhrasesObject"),
        run!(put_phrases),
    )
    .with(Body::Object),
    Operation::delete("/custom-phrases/{languageTag}", "Remove those of a language.", run!(delete_phrases)),
    Operation::get(
        "/custom-profile-fields",
        "Custom profile fields, in their order.",
        List("CustomProfileField"),
        run!(list_fields),
    ),
    Operation::post(
        "/custom-profile-fields",
        "Create a custom profile field; it comes last.",
        One("CustomProfileField"),
        run!(create_field),
    )
    .with(Body::Whole("CustomProfileField"))
    .created(),
    Operation::post(
        "/custom-profile-fields/properties/sie-order",
        "Put custom profile fields in an order.",
        List("CustomProfileField"),
        run!(order_fields),
    )
    .with(Body::Whole("ProfileFieldOrder")),
    Operation::get(
        "/custom-profile-fields/{name}",
        "One custom profile field.",
        One("CustomProfileField"),
        run!(get_field),
    ),
    Operation::put(
        "/custom-profile-fields/{name}",
        "Replace a custom profile field.",
        One("CustomProfileField"),
        run!(put_field),
    )
    .with(Body::Partial("CustomProfileField")),
    Operation::delete(
        "/custom-profile-fields/{name}",
        "Delete a custom profile field. What people filled in stays.",
        run!(delete_field),
    ),
    Operation::get(
        "/phrases",
        "What the hosted pages say, in English and in the operator's words.",
        One("PhrasesView"),
        run!(phrases),
    )
    .ours(),
];

async fn get(engine: Arc<Engine>, _: Call) -> Outcome {
    let row = ask!(engine, ConsoleRequest::SignInExperience, SignInExperience);
    Ok(Answer::One(json!(row)))
}

async fn patch(engine: Arc<Engine>, mut call: Call) -> Outcome {
    let row = ask!(engine, ConsoleRequest::SignInExperience, SignInExperience);
    let sign_in_experience = call.over(&row)?;
    let row = ask!(
        engine,
        ConsoleRequest::UpdateSignInExperience { sign_in_experience },
        SignInExperience
    );
    Ok(Answer::One(json!(row)))
}

async fn custom(engine: &Arc<Engine>) -> Result<Vec<CustomPhrases>, Refusal> {
    Ok(ask!(engine, ConsoleRequest::Phrases, Phrases).custom)
}

async fn of_language(engine: &Arc<Engine>, tag: &str) -> Result<CustomPhrases, Refusal> {
    let mut all = custom(engine).await?.into_iter();
    let found = all.find(|custom| custom.language_tag == tag);
    found.ok_or_else(|| Refusal::not_found("custom phrase", tag))
}

async fn phrases(engine: Arc<Engine>, _: Call) -> Outcome {
    let view = ask!(engine, ConsoleRequest::Phrases, Phrases);
    Ok(Answer::One(json!(view)))
}

async fn list_phrases(engine: Arc<Engine>, _: Call) -> Outcome {
    let all = custom(&engine).await?.into_iter();
    Ok(Answer::List(all.map(|custom| json!(CustomPhrasesObject::from(custom))).collect()))
}

async fn get_phrases(engine: Arc<Engine>, call: Call) -> Outcome {
    let custom = of_language(&engine, call.param(0)).await?;
    Ok(Answer::One(json!(CustomPhrasesObject::from(custom))))
}

async fn put_phrases(engine: Arc<Engine>, call: Call) -> Outcome {
    let phrases = flat_phrases(&call.body).map_err(|key| Refusal::input(&key, format!("{key} must be text, or an object of texts.")))?;
    let custom = CustomPhrases {
        language_tag: call.owned(0),
        phrases,
    };
    ask!(engine, ConsoleRequest::UpdateCustomPhrases { custom }, Phrases);
    get_phrases(engine, call).await
}

async fn delete_phrases(engine: Arc<Engine>, call: Call) -> Outcome {
    let mut custom = of_language(&engine, call.param(0)).await?;
    custom.phrases = BTreeMap::new();
    ask!(engine, ConsoleRequest::UpdateCustomPhrases { custom }, Phrases);
    Ok(Answer::Nothing)
}

fn field(fields: &[CustomProfileField], name: &str) -> Outcome {
    let found = fields.iter().find(|field| field.name == name);
    let found = found.ok_or_else(|| Refusal::not_found("profile field", name))?;
    Ok(Answer::One(json!(found)))
}

async fn list_fields(engine: Arc<Engine>, _: Call) -> Outcome {
    let fields = ask!(engine, ConsoleRequest::CustomProfileFields, CustomProfileFields);
    Ok(Answer::List(fields.iter().map(|field| json!(field)).collect()))
}

async fn get_field(engine: Arc<Engine>, call: Call) -> Outcome {
    let fields = ask!(engine, ConsoleRequest::CustomProfileFields, CustomProfileFields);
    field(&fields, call.param(0))
}

async fn create_field(engine: Arc<Engine>, mut call: Call) -> Outcome {
    let new: CustomProfileField = call.read()?;
    let name = new.name.clone();
    let fields = ask!(engine, ConsoleRequest::CreateCustomProfileField { field: new }, CustomProfileFields);
    field(&fields, &name)
}

async fn put_field(engine: Arc<Engine>, mut call: Call) -> Outcome {
    call.body.insert("name".to_owned(), json!(call.param(0)));
    let request = ConsoleRequest::UpdateCustomProfileField {
        name: call.owned(0),
        field: call.read()?,
    };
    let fields = ask!(engine, request, CustomProfileFields);
    field(&fields, call.param(0))
}

async fn delete_field(engine: Arc<Engine>, call: Call) -> Outcome {
    let name = call.owned(0);
    ask!(engine, ConsoleRequest::DeleteCustomProfileField { name }, CustomProfileFields);
    Ok(Answer::Nothing)
}

async fn order_fields(engine: Arc<Engine>, mut call: Call) -> Outcome {
    let ProfileFieldOrder { mut order } = call.read()?;
    order.sort_by_key(|place| place.sie_order);
    let names = order.into_iter().map(|place| place.name).collect();
    let fields = ask!(engine, ConsoleRequest::OrderCustomProfileFields { names }, CustomProfileFields);
    Ok(Answer::List(fields.iter().map(|field| json!(field)).collect()))
}
