//! Own pages through the console contract, on disk and in memory.

use super::*;
use crate::engine::{DataPlace, Options, StartError};
use std::io::Write as _;
use std::path::Path;
use tempfile::TempDir;
use vestibule_core::console::{ConsoleRequest, CustomUiView};
use vestibule_core::model::{CustomUi, ImportedZip};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const NO_PEOPLE: &str = "[[applications]]\nid = \"shop\"\nname = \"Shop\"\ntype = \"SPA\"\n";

fn zip(at: &Path, files: &[(&str, &str)]) -> String {
    let mut writer = ZipWriter::new(std::fs::File::create(at).unwrap());
    for (name, content) in files {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    writer.finish().unwrap();
    at.to_str().unwrap().to_owned()
}

async fn open(dir: &Path, data: DataPlace, provider: &str) -> Result<Arc<Engine>, StartError> {
    let config = dir.join("config.toml");
    std::fs::write(&config, format!("{NO_PEOPLE}{provider}")).unwrap();
    let options = Options {
        data,
        config: Some(config),
        ..Options::default()
    };
    Engine::open(options).await
}

async fn ask(engine: &Arc<Engine>, request: ConsoleRequest) -> Result<Option<CustomUiView>, ConsoleProblem> {
    match engine.console(request).await? {
        ConsoleReply::CustomUi(view) => Ok(view),
        other => panic!("{other:?}"),
    }
}

fn import(path: &str) -> ConsoleRequest {
    ConsoleRequest::ImportCustomUi { path: path.to_owned() }
}

async fn index(engine: &Arc<Engine>) -> String {
    let pages = engine.custom_pages().unwrap();
    String::from_utf8(pages.read(vec!["index.html".into()]).await.unwrap().to_vec()).unwrap()
}

/// Names of what lies in `custom-ui`.
fn unpacked(data: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(data.join("custom-ui")).into_iter().flatten();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test]
async fn a_zip_is_unpacked_kept_replaced_and_removed() {
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("data");
    let place = || DataPlace::Directory(data.clone());
    let first = zip(
        &dir.path().join("first.zip"),
        &[("dist/index.html", "first"), ("dist/app.js", "12345")],
    );
    let second = zip(&dir.path().join("second.zip"), &[("index.html", "second")]);
    let bad = zip(&dir.path().join("bad.zip"), &[("app.js", "")]);

    let engine = open(dir.path(), place(), "").await.unwrap();
    assert_eq!(ask(&engine, ConsoleRequest::CustomUi).await, Ok(None));
    let view = ask(&engine, import(&first)).await.unwrap().unwrap();
    assert_eq!((view.files, view.bytes, &view.problem), (Some(2), Some(10), &None));
    let CustomUi::Zip(ImportedZip { id, source }) = view.custom_ui else {
        panic!("a zip")
    };
    assert_eq!((source.as_str(), unpacked(&data)), (first.as_str(), vec![id.clone()]));
    assert_eq!(index(&engine).await, "first");

    // Refused: what was served still is, here and after a restart, even without the file it came from.
    for (wrong, said) in [
        (bad.as_str(), "no index.html"),
        ("/nowhere/ui.zip", "can't be read"),
        ("ui.zip", "the whole path"),
        ("", "the whole path"),
    ] {
        let problem = ask(&engine, import(wrong)).await.unwrap_err();
        assert_eq!(
            (problem.code.as_str(), problem.field.as_deref()),
            ("guard.invalid_input", Some("zip")),
            "{wrong}"
        );
        assert!(problem.message.contains(said), "{}", problem.message);
    }
    assert_eq!((index(&engine).await.as_str(), unpacked(&data)), ("first", vec![id.clone()]));
    engine.shutdown().await;
    drop(engine);
    std::fs::remove_file(&first).unwrap();
    let engine = open(dir.path(), place(), "").await.unwrap();
    assert_eq!(index(&engine).await, "first");

    ask(&engine, import(&second)).await.unwrap();
    assert_eq!(index(&engine).await, "second");
    let now = unpacked(&data);
    assert!(now.len() == 1 && now[0] != id, "{now:?}");
    assert_eq!(ask(&engine, ConsoleRequest::RemoveCustomUi).await, Ok(None));
    assert!(engine.custom_pages().is_none() && unpacked(&data).is_empty());
    engine.shutdown().await;
}

#[tokio::test]
async fn files_that_went_away_are_a_problem_of_the_view_not_of_the_start() {
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("data");
    let path = zip(&dir.path().join("ui.zip"), &[("index.html", "hello")]);
    let engine = open(dir.path(), DataPlace::Directory(data.clone()), "").await.unwrap();
    ask(&engine, import(&path)).await.unwrap();
    engine.shutdown().await;
    drop(engine);
    std::fs::remove_dir_all(data.join("custom-ui")).unwrap();
    let engine = open(dir.path(), DataPlace::Directory(data.clone()), "").await.unwrap();
    let view = ask(&engine, ConsoleRequest::CustomUi).await.unwrap().unwrap();
    assert!(view.problem.unwrap().contains("can't be read"));
    // Importing it again heals it.
    assert_eq!(ask(&engine, import(&path)).await.unwrap().unwrap().problem, None);
    engine.shutdown().await;
}

#[tokio::test]
async fn in_memory_a_zip_leaves_no_files() {
    let dir = TempDir::new().unwrap();
    let path = zip(&dir.path().join("ui.zip"), &[("index.html", "hello"), ("a/b.js", "1")]);
    let engine = open(dir.path(), DataPlace::Ephemeral, "").await.unwrap();
    let view = ask(&engine, import(&format!(" \"{path}\" "))).await.unwrap().unwrap();
    assert_eq!((view.files, view.bytes, view.index.as_str()), (Some(2), Some(6), "index.html"));
    assert_eq!(index(&engine).await, "hello");
    // Other settings are saved without them, and importing the same again changes nothing.
    let Ok(ConsoleReply::Settings(mut settings)) = engine.console(ConsoleRequest::Settings).await else {
        panic!("settings")
    };
    settings.session_ttl = 60;
    settings.custom_ui = Some(CustomUi::Zip(ImportedZip {
        id: "../../etc".into(),
        source: String::new(),
    }));
    let Ok(ConsoleReply::Settings(saved)) = engine.console(ConsoleRequest::UpdateSettings { settings }).await else {
        panic!("settings")
    };
    assert_eq!((saved.session_ttl, saved.custom_ui), (60, Some(view.custom_ui)));
    ask(&engine, import(&path)).await.unwrap();
    assert_eq!(index(&engine).await, "hello");
}

#[tokio::test]
async fn folders_and_dev_servers_are_checked() {
    let dir = TempDir::new().unwrap();
    let dist = dir.path().join("my dist");
    std::fs::create_dir(&dist).unwrap();
    let engine = open(dir.path(), DataPlace::Ephemeral, "").await.unwrap();
    let folder = |path: &str| ConsoleRequest::SetCustomUiFolder { path: path.to_owned() };
    let problem = ask(&engine, folder(dist.to_str().unwrap())).await.unwrap_err();
    assert_eq!(problem.field.as_deref(), Some("folder"));
    assert!(problem.message.contains("no index.html"), "{}", problem.message);
    std::fs::write(dist.join("index.html"), "mine").unwrap();
    let address = url::Url::from_file_path(&dist).unwrap();
    let view = ask(&engine, folder(address.as_str())).await.unwrap().unwrap();
    assert_eq!(view.custom_ui, CustomUi::Folder(dist.to_str().unwrap().to_owned()));
    assert_eq!((view.files, view.bytes), (Some(1), Some(4)));

    let server = |url: &str| ConsoleRequest::SetCustomUiDevServer { url: url.to_owned() };
    let problem = ask(&engine, server("http://example.test")).await.unwrap_err();
    assert_eq!(problem.field.as_deref(), Some("devServer"));
    assert_eq!(index(&engine).await, "mine");
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let view = ask(&engine, server(&format!(" http://{free}/ "))).await.unwrap().unwrap();
    assert_eq!(view.custom_ui, CustomUi::DevServer(format!("http://{free}")));
    assert!(view.problem.unwrap().contains("Nothing answers"), "it may be started later");
}

#[tokio::test]
async fn a_configuration_names_files_from_where_it_is() {
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("data");
    std::fs::create_dir(dir.path().join("dist")).unwrap();
    std::fs::write(dir.path().join("dist/index.html"), "folder").unwrap();
    zip(&dir.path().join("ui.zip"), &[("index.html", "zip")]);
    zip(&dir.path().join("bad.zip"), &[("dist/app.js", "")]);
    for (value, place, said) in [
        ("{ zip = \"bad.zip\" }", "6:20: provider.customUi.zip: ", "no index.html"),
        ("{ zip = \"no.zip\" }", "6:20: provider.customUi.zip: ", "can't be read"),
        ("{ folder = \"other\" }", "6:23: provider.customUi.folder: ", "can't be read"),
        ("{ folder = \"\" }", "6:23: provider.customUi.folder: ", "Is empty"),
        (
            "{ devServer = \"http://example.test\" }",
            "6:26: provider.customUi.devServer: ",
            "not on this computer",
        ),
        (
            "{ folder = \"dist\", zip = \"ui.zip\" }",
            "6:12: provider.customUi: ",
            "Only one of",
        ),
        ("{ foldr = \"dist\" }", "6:14: provider.customUi.foldr: ", "Did you mean folder?"),
        ("\"dist\"", "6:12: provider.customUi: ", "Must be a table"),
    ] {
        let provider = format!("[provider]\ncustomUi = {value}\n");
        let error = open(dir.path(), DataPlace::Directory(data.clone()), &provider)
            .await
            .err()
            .unwrap()
            .to_string();
        assert!(error.contains(place) && error.contains(said), "{value}: {error}");
        assert!(!data.exists(), "a wrong file must not create data");
        let (mut out, mut err) = (Vec::new(), Vec::new());
        assert_eq!(crate::cli::check_into(&dir.path().join("config.toml"), &mut out, &mut err), 2);
        assert!(String::from_utf8(err).unwrap().contains(said), "{value}");
    }
    for (value, expected) in [
        ("{ folder = \"dist\" }", "folder"),
        ("{ zip = \"./ui.zip\" }", "zip"),
        ("{ zip = \"ui.zip\" }", "zip"),
    ] {
        let provider = format!("[provider]\ncustomUi = {value}\n");
        let engine = open(dir.path(), DataPlace::Directory(data.clone()), &provider).await.unwrap();
        assert_eq!(index(&engine).await, expected);
        engine.shutdown().await;
        drop(engine);
        // A file that doesn't mention it leaves it.
        let engine = open(dir.path(), DataPlace::Directory(data.clone()), "[provider]\nsessionTtl = 60\n")
            .await
            .unwrap();
        assert_eq!(index(&engine).await, expected);
        engine.shutdown().await;
    }
    assert_eq!(unpacked(&data).len(), 1);
    let engine = open(dir.path(), DataPlace::Directory(data.clone()), "[provider]\ncustomUi = {}\n")
        .await
        .unwrap();
    assert!(engine.custom_pages().is_none() && unpacked(&data).is_empty());
    engine.shutdown().await;
}

#[tokio::test]
async fn a_zip_whose_settings_are_not_kept_does_not_stay_in_memory() {
    let dir = TempDir::new().unwrap();
    let path = zip(&dir.path().join("dist.zip"), &[("index.html", "mine")]);
    let engine = open(dir.path(), DataPlace::Ephemeral, "").await.unwrap();
    engine.store.close().await;
    ask(&engine, import(&path)).await.unwrap_err();
    assert!(engine.custom_pages().is_none());
    assert!(!engine.custom_ui.is_holding());
}

#[tokio::test]
async fn at_a_start_a_zip_is_unpacked_once() {
    let dir = TempDir::new().unwrap();
    zip(&dir.path().join("dist.zip"), &[("index.html", "mine")]);
    let file = dir.path().join("config.toml");
    std::fs::write(&file, format!("{NO_PEOPLE}[provider]\ncustomUi = {{ zip = \"dist.zip\" }}\n")).unwrap();
    let mut document = crate::config::load(&file).unwrap();
    // What was looked at is what is served: the zip is not opened again.
    std::fs::remove_file(dir.path().join("dist.zip")).unwrap();
    let engine = Engine::open(Options::default()).await.unwrap();
    let wanted = document.custom_ui.take().unwrap();
    let ui = engine.prepare_custom_ui(wanted, document.unpacked.take()).await.unwrap();
    assert!(matches!(ui, Some(CustomUi::Zip(_))));
    assert!(engine.custom_ui.is_holding());
}
