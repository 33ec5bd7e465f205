//! A process that is killed at any moment has lost nothing it confirmed.
#![allow(clippy::unwrap_used)]

mod common;

use common::{get, put};
use std::env;
use std::io::{BufRead as _, BufReader, Write as _, stdout};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use vestibule_core::port::Batch;
use vestibule_store::Store;

const CHILD: &str = "VESTIBULE_TEST_STORE";
const WRITERS: usize = 4;

/// Not a test of its own: the process that is killed. Each thread writes pairs of records and says so once they are
/// confirmed.
#[test]
fn child() {
    let Some(dir) = env::var_os(CHILD).map(PathBuf::from) else { return };
    let round = env::var("VESTIBULE_TEST_ROUND").unwrap();
    let store = Store::open(&dir).unwrap();
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (store, round) = (store.clone(), round.clone());
            scope.spawn(move || {
                for n in 0.. {
                    let id = format!("{round}/{writer}/{n}");
                    let key = id.clone();
                    store
                        .write_blocking(move |_| {
                            let mut batch: Batch = put(format!("\u{10}{key}"), key.repeat(30));
                            batch.ops.extend(put(format!("\u{11}{key}"), &key).ops);
                            ((), batch)
                        })
                        .unwrap();
                    store.write_lazily(put(format!("\u{21}{id}"), "step"));
                    writeln!(stdout(), "confirmed {id}").unwrap();
                }
            });
        }
    });
}

#[test]
fn ten_kills_lose_nothing_confirmed_and_tear_no_batch() {
    let dir = tempfile::tempdir().unwrap();
    let mut confirmed = Vec::new();
    for round in 0..10 {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "child", "--nocapture", "--test-threads=1"])
            .env(CHILD, dir.path())
            .env("VESTIBULE_TEST_ROUND", round.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ids = lines.by_ref().map_while(Result::ok).filter_map(|line| {
            // The harness may have begun the line.
            line.split_once("confirmed ").map(|(_, id)| id.to_owned())
        });
        let enough = 20 + round * 37;
        let mut seen: Vec<String> = ids.take(enough).collect();
        assert_eq!(seen.len(), enough, "round {round}: the child ended by itself");
        child.kill().unwrap();
        child.wait().unwrap();
        // What it still managed to say counts, too. A line this short enters a pipe whole or not at all.
        for line in lines.map_while(Result::ok) {
            if let Some((_, id)) = line.split_once("confirmed ") {
                seen.push(id.to_owned());
            }
        }
        confirmed.append(&mut seen);

        let store = Store::open(dir.path()).unwrap();
        for id in &confirmed {
            assert_eq!(
                get(&store, format!("\u{10}{id}")).unwrap(),
                id.repeat(30).into_bytes(),
                "round {round}: {id}"
            );
            assert_eq!(get(&store, format!("\u{11}{id}")).unwrap(), id.as_bytes(), "round {round}: {id}");
        }
        let halves = |byte: u8| store.read(|view| view.scan(&[byte], None, usize::MAX)).unwrap().len();
        assert_eq!(halves(0x10), halves(0x11), "round {round}: a batch was torn");
    }
}
