//! What a start leaves behind when it fails, and what it does not.

use super::*;
use std::path::Path;
use tempfile::TempDir;

fn options(dir: &Path, config: Option<&str>) -> Options {
    let config = config.map(|text| {
        let file = dir.join("config.toml");
        std::fs::write(&file, text).unwrap();
        file
    });
    Options {
        data: DataPlace::Directory(dir.join("data")),
        config,
        control: Some(dir.join("control.token")),
        ..Options::default()
    }
}

#[tokio::test]
async fn the_control_token_is_there_while_the_provider_is() {
    let dir = TempDir::new().unwrap();
    let token = dir.path().join("control.token");
    let engine = Engine::open(options(dir.path(), None)).await.unwrap();
    let written = std::fs::read_to_string(&token).unwrap();
    assert!(engine.control.as_ref().is_some_and(|control| control.token.matches(&written)));
    engine.shutdown().await;
    assert!(!token.exists());
}

#[tokio::test]
async fn a_start_that_fails_leaves_no_token_and_the_data_free() {
    let dir = TempDir::new().unwrap();
    let token = dir.path().join("control.token");
    // Only what is stored could have this scope.
    let unmet = "[[roles]]\nname = \"clerk\"\nusers = [\"nobody\"]\n";
    let error = Engine::open(options(dir.path(), Some(unmet))).await.err().unwrap();
    assert!(matches!(error, StartError::Config(_)), "{error}");
    assert!(!token.exists());

    std::fs::create_dir(&token).unwrap();
    let error = Engine::open(options(dir.path(), None)).await.err().unwrap();
    assert!(matches!(error, StartError::Control { .. }), "{error}");
    std::fs::remove_dir(&token).unwrap();

    let data_key = dir.path().join("data/data.key");
    let kept = std::fs::read(&data_key).unwrap();
    std::fs::remove_file(&data_key).unwrap();
    let error = Engine::open(options(dir.path(), None)).await.err().unwrap();
    assert!(matches!(error, StartError::Custody(_)), "{error}");
    vestibule_keys::write_private(&data_key, &kept).unwrap();

    let engine = Engine::open(options(dir.path(), None)).await.unwrap();
    assert!(token.exists());
    engine.shutdown().await;
}
