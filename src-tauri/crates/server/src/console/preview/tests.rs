use crate::engine::{DataPlace, Engine, Options, Ports};
use serde_json::{Value, json};
use std::sync::Arc;
use vestibule_core::console::{ConsoleReply, ConsoleRequest, ExperiencePreview};
use vestibule_core::model::{Application, CustomPhrases, SignInExperience};

async fn open() -> Arc<Engine> {
    let options = Options {
        data: DataPlace::Ephemeral,
        ..Options::default()
    };
    let engine = Engine::open_with(options, Ports::default()).await.unwrap();
    engine.change(|cx| cx.put(&SignInExperience::default())).await.unwrap();
    engine
}

async fn preview(engine: &Arc<Engine>, more: Value, change: impl FnOnce(&mut Value)) -> ExperiencePreview {
    let mut row = serde_json::to_value(SignInExperience::default()).unwrap();
    change(&mut row);
    let mut draft = json!({ "signInExperience": row });
    draft.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let draft = serde_json::from_value(draft).unwrap();
    match engine.console(ConsoleRequest::PreviewSignInExperience { draft }).await.unwrap() {
        ConsoleReply::ExperiencePreview(preview) => *preview,
        other => panic!("{other:?}"),
    }
}

fn stored(engine: &Engine) -> SignInExperience {
    let row = engine.look(|cx| cx.get::<SignInExperience>(SignInExperience::ID)).unwrap();
    row.unwrap().as_ref().clone()
}

#[tokio::test]
async fn shows_what_is_not_saved_and_saves_nothing() {
    let engine = open().await;
    let phrases = json!({ "phrases": { "languageTag": "de", "phrases": { "signIn.submit": "Rein da" } }, "language": "de" });
    let shown = preview(&engine, phrases, |row| {
        row["color"]["primaryColor"] = json!("#123456");
        row["customCss"] = json!("h1 { color: red }");
    })
    .await;
    assert_eq!(shown.problem, None);
    assert_eq!(shown.css, "h1 { color: red }");
    assert_eq!(shown.data["signInExperience"]["color"]["primaryColor"], "#123456");
    assert_eq!(shown.data["language"]["tag"], "de");
    assert_eq!(shown.data["language"]["phrases"]["signIn.submit"], "Rein da");
    assert_eq!(shown.data["developmentSignIn"], Value::Null);
    assert_eq!(stored(&engine), SignInExperience::default());
    let words = engine.look(|cx| cx.get::<CustomPhrases>("de")).unwrap();
    assert_eq!(words, None, "words of a draft are not kept");
}

#[tokio::test]
async fn says_why_it_could_not_be_saved_and_shows_it_all_the_same() {
    let engine = open().await;
    let shown = preview(&engine, json!({}), |row| row["color"]["primaryColor"] = json!("blu")).await;
    assert_eq!(shown.data["signInExperience"]["color"]["primaryColor"], "blu");
    let problem = shown.problem.unwrap();
    assert_eq!(problem.field.as_deref(), Some("color.primaryColor"));
}

#[tokio::test]
async fn wears_the_branding_of_an_application() {
    let engine = open().await;
    let app: Application = serde_json::from_value(json!({
        "id": "shop", "name": "Shop", "type": "Traditional", "createdAt": 0,
        "oidcClientMetadata": { "redirectUris": ["http://localhost:3000/callback"] },
        "signInExperience": { "primaryColor": "#0f766e" },
    }))
    .unwrap();
    engine.change(move |cx| cx.put(&app)).await.unwrap();
    let shown = preview(&engine, json!({ "application": "shop" }), |_| ()).await;
    assert_eq!(shown.data["application"]["host"], "localhost:3000");
    assert_eq!(shown.data["signInExperience"]["color"]["primaryColor"], "#0f766e");
    let gone = preview(&engine, json!({ "application": "gone" }), |_| ()).await;
    assert_eq!(gone.data["application"], Value::Null);
}
