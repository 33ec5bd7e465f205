//! Starting over and taking it back, in a directory and in memory, with a process that dies in between.

use super::*;
use crate::engine::{Options, Ports};
use std::path::Path;
use vestibule_core::model::{Application, User};
use vestibule_core::record::{Interaction, Session};
use vestibule_keys::{OsEntropy, PasswordHasher};

async fn open(data: DataPlace, config: Option<PathBuf>) -> Result<Arc<Engine>, StartError> {
    let options = Options {
        data,
        config,
        ..Options::default()
    };
    let ports = Ports {
        hasher: PasswordHasher::cheap(Arc::new(OsEntropy)),
        ..Ports::default()
    };
    Engine::open_with(options, ports).await
}

fn place(dir: &Path) -> DataPlace {
    DataPlace::Directory(dir.to_owned())
}

async fn add(engine: &Arc<Engine>, username: &str) {
    let request = serde_json::json!({ "op": "createUser", "user": { "username": username } });
    engine.console(serde_json::from_value(request).unwrap()).await.unwrap();
}

fn usernames(engine: &Engine) -> Vec<String> {
    let users = engine.look(|cx| cx.list::<User>(100)).unwrap();
    let mut names: Vec<String> = users.iter().filter_map(|user| user.username.clone()).collect();
    names.sort();
    names
}

fn stored(engine: &Engine) -> Vec<Entry> {
    engine.store.read(everything).unwrap()
}

fn kid(engine: &Engine) -> String {
    engine.keys().published()[0].id.clone()
}

fn undo_files(dir: &Path) -> usize {
    let names = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_str().unwrap().starts_with("start-over-")).count()
}

#[tokio::test]
async fn everything_goes_and_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    for data in [place(dir.path()), DataPlace::Ephemeral] {
        let engine = open(data, None).await.unwrap();
        add(&engine, "mine").await;
        assert!(matches!(engine.undo_start_over().await, Err(StartOverError::Nothing)));
        let (before, key) = (stored(&engine), kid(&engine));

        engine.start_over(false).await.unwrap();
        assert_eq!(usernames(&engine), ["alice", "bob", "carol", "dave", "erin", "farah"]);
        assert_ne!(kid(&engine), key, "the signing keys are new");
        let last = engine.started_over().unwrap().unwrap();
        assert_eq!((last.users, last.applications), (7, 5));
        add(&engine, "since").await;

        engine.undo_start_over().await.unwrap();
        assert_eq!(usernames(&engine), ["alice", "bob", "carol", "dave", "erin", "farah", "mine"]);
        assert_eq!(kid(&engine), key);
        assert!(stored(&engine) == before, "to the byte");
        assert!(engine.started_over().unwrap().is_none());
        assert!(matches!(engine.undo_start_over().await, Err(StartOverError::Nothing)));

        engine.start_over(true).await.unwrap();
        assert_eq!(kid(&engine), key, "the signing keys stayed");
        engine.shutdown().await;
    }
    assert_eq!(undo_files(dir.path()), 1);
}

#[tokio::test]
async fn it_can_be_taken_back_after_a_restart_and_the_older_one_goes() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(place(dir.path()), None).await.unwrap();
    add(&engine, "first").await;
    engine.start_over(true).await.unwrap();
    add(&engine, "second").await;
    engine.start_over(true).await.unwrap();
    engine.shutdown().await;

    let engine = open(place(dir.path()), None).await.unwrap();
    assert_eq!(undo_files(dir.path()), 1, "only the last one is kept");
    engine.undo_start_over().await.unwrap();
    assert!(usernames(&engine).contains(&"second".to_owned()));
    assert!(!usernames(&engine).contains(&"first".to_owned()));
    assert_eq!(undo_files(dir.path()), 0);
    engine.shutdown().await;
}

#[tokio::test]
async fn a_process_that_dies_leaves_either_state() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(place(dir.path()), None).await.unwrap();
    add(&engine, "mine").await;
    let before = stored(&engine);
    // Dead after the file was written and before anything was deleted.
    let orphan = undo::file(dir.path(), "orphan");
    std::fs::write(&orphan, "half").unwrap();
    engine.shutdown().await;
    let engine = open(place(dir.path()), None).await.unwrap();
    assert!(!orphan.exists() && stored(&engine) == before);

    // Dead after everything was deleted and before it was furnished.
    let mark = StartedOver {
        snapshot: "s1".into(),
        at: engine.now(),
        until: engine.now().plus_seconds(KEPT),
        applications: 0,
        users: 0,
        custom_ui: None,
    };
    let target = Place::File(undo::file(dir.path(), "s1"), engine.vault.clone());
    engine
        .store
        .write(move |view| ((), empty(view, &target, mark, false).unwrap().batch))
        .await
        .unwrap();
    engine.shutdown().await;
    let engine = open(place(dir.path()), None).await.unwrap();
    assert_eq!(usernames(&engine).len(), 6, "the next start furnishes it");
    engine.undo_start_over().await.unwrap();
    assert!(stored(&engine) == before);
    engine.shutdown().await;
}

#[tokio::test]
async fn a_configuration_that_fails_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("vestibule.toml");
    // It fits the stored person, and nobody else.
    std::fs::write(&config, "[[users]]\nusername = \"ada\"\n").unwrap();
    let engine = open(place(&dir.path().join("data")), Some(config.clone())).await.unwrap();
    add(&engine, "mine").await;
    let before = stored(&engine);
    std::fs::write(&config, "not toml").unwrap();
    assert!(matches!(engine.start_over(true).await, Err(StartOverError::Fresh(_))));
    assert!(stored(&engine) == before);
    // Valid by itself, but it names a person who is there only now.
    std::fs::write(&config, "[[roles]]\nname = \"clerk\"\nusers = [\"mine\"]\n").unwrap();
    let error = engine.start_over(true).await.unwrap_err();
    assert!(matches!(error, StartOverError::Fresh(_)), "{error}");
    assert!(stored(&engine) == before, "what was emptied came back");
    std::fs::write(&config, "[[users]]\nusername = \"ada\"\n").unwrap();
    engine.start_over(true).await.unwrap();
    assert_eq!(usernames(&engine), ["ada"], "no demo data beside a configuration");
    engine.shutdown().await;
}

#[tokio::test]
async fn what_was_kept_is_sealed_and_damage_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(place(dir.path()), None).await.unwrap();
    engine.start_over(true).await.unwrap();
    let last = engine.started_over().unwrap().unwrap();
    let file = undo::file(dir.path(), &last.snapshot);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains("alice@") && text.starts_with("v1."));
    std::fs::write(&file, &text[..text.len() / 2]).unwrap();
    let before = stored(&engine);
    let error = engine.undo_start_over().await.unwrap_err();
    assert!(matches!(error, StartOverError::Store(_)), "{error}");
    assert!(stored(&engine) == before);
    assert!(engine.data_size().await.unwrap() > 0);
    let records = engine.look(|cx| Ok((cx.list::<Interaction>(1)?.len(), cx.list::<Session>(1)?.len())));
    assert_eq!(records.unwrap(), (0, 0));
    assert!(engine.look(|cx| cx.get::<Application>("demo-app")).unwrap().is_some());
    engine.shutdown().await;
}
