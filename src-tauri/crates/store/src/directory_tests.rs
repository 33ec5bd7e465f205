//! Migrations, which need steps of their own.

use super::*;
use crate::migrate::Step;
use vestibule_core::port::{Batch, View};

fn put(key: &[u8], value: &[u8]) -> Batch {
    let mut batch = Batch::default();
    batch.ops.insert(key.to_vec(), Some(value.to_vec()));
    batch
}

fn open_as(dir: &Path, format: u32, steps: &[Step]) -> Result<SledMedium, OpenError> {
    open(dir, format, steps, mpsc::channel().0)
}

fn double(view: &dyn View) -> Result<Batch, StoreError> {
    let old = view.get(b"\x02n")?.unwrap_or_default();
    Ok(put(b"\x02n", &[old.as_slice(), b"+"].concat()))
}

fn fail(_: &dyn View) -> Result<Batch, StoreError> {
    Err(StoreError::Corrupt("on purpose".into()))
}

const STEPS: &[Step] = &[
    Step {
        from: 1,
        to: 2,
        run: double,
    },
    Step {
        from: 2,
        to: 3,
        run: double,
    },
];

fn stored(dir: &Path) -> u32 {
    serde_json::from_slice::<Marker>(&fs::read(dir.join(MARKER)).unwrap())
        .unwrap()
        .format
}

fn used(dir: &Path) {
    let medium = open_as(dir, 1, &[]).unwrap();
    medium.ahead().apply(put(b"\x02n", b"1"));
    medium.flush().unwrap();
}

#[test]
fn steps_run_once_each_in_order() {
    let dir = tempfile::tempdir().unwrap();
    used(dir.path());
    for _ in 0..2 {
        let medium = open_as(dir.path(), 3, STEPS).unwrap();
        assert_eq!(medium.ahead().get(b"\x02n").unwrap().unwrap(), b"1++");
        drop(medium);
        assert_eq!(stored(dir.path()), 3);
    }
    assert!(matches!(
        open_as(dir.path(), 1, &[]).err(),
        Some(OpenError::Newer {
            found: 3,
            supported: 1,
            ..
        })
    ));
}

#[test]
fn format_2_forgets_the_live_sessions_of_format_1_and_nothing_else() {
    use crate::migrate::{FORMAT, STEPS};
    let dir = tempfile::tempdir().unwrap();
    {
        let medium = open_as(dir.path(), 1, &[]).unwrap();
        for key in [
            &b"\x03someone"[..],
            b"\x20live",
            b"\x21live/0000000000000001",
            b"\x21live/0000000000000002",
        ] {
            medium.ahead().apply(put(key, b"v"));
        }
        medium.flush().unwrap();
    }
    let medium = open_as(dir.path(), FORMAT, STEPS).unwrap();
    assert_eq!(medium.ahead().get(b"\x03someone").unwrap().unwrap(), b"v");
    for table in [b"\x20", b"\x21"] {
        assert!(medium.ahead().scan(table, None, 9).unwrap().is_empty());
    }
}

#[test]
fn format_3_finds_people_by_their_lower_cased_username() {
    use crate::migrate::{FORMAT, STEPS};
    let dir = tempfile::tempdir().unwrap();
    {
        let medium = open_as(dir.path(), 2, STEPS).unwrap();
        for key in [
            &b"\x81Alice\0Zoe000000001"[..],
            b"\x81bob_B\0b",
            b"\x81carol\0c",
            b"\x82A@b.test\0x",
        ] {
            medium.ahead().apply(put(key, b""));
        }
        medium.flush().unwrap();
    }
    let medium = open_as(dir.path(), FORMAT, STEPS).unwrap();
    let keys = |prefix: &[u8]| -> Vec<Vec<u8>> {
        medium
            .ahead()
            .scan(prefix, None, 9)
            .unwrap()
            .into_iter()
            .map(|(key, _)| key)
            .collect()
    };
    assert_eq!(keys(b"\x81"), [&b"\x81alice\0Zoe000000001"[..], b"\x81bob_b\0b", b"\x81carol\0c"]);
    assert_eq!(keys(b"\x82"), [b"\x82A@b.test\0x"]);
}

#[test]
fn format_4_finds_one_time_tokens_by_their_id() {
    use crate::migrate::{FORMAT, STEPS};
    use vestibule_core::Timestamp;
    use vestibule_core::port::encode;
    use vestibule_core::record::{OneTimeToken, Table, TokenStatus, record_key};
    let dir = tempfile::tempdir().unwrap();
    let token = |key: &str, token_id: &str| OneTimeToken {
        key: key.into(),
        token_id: token_id.into(),
        email: "a@b.test".into(),
        context: Default::default(),
        status: TokenStatus::Active,
        created_at: Timestamp(1),
        valid_until: Timestamp(2),
        expires_at: Timestamp(3),
    };
    {
        let medium = open_as(dir.path(), 3, STEPS).unwrap();
        for token in [token("hash1", "id1"), token("hash2", "id2")] {
            medium
                .ahead()
                .apply(put(&record_key(Table::OneTimeToken, &token.key), &encode(&token).unwrap()));
        }
        medium.flush().unwrap();
    }
    let medium = open_as(dir.path(), FORMAT, STEPS).unwrap();
    let keys: Vec<Vec<u8>> = medium
        .ahead()
        .scan(b"\x91", None, 9)
        .unwrap()
        .into_iter()
        .map(|(key, _)| key)
        .collect();
    assert_eq!(keys, [&b"\x91id1\0hash1"[..], b"\x91id2\0hash2"]);
}

#[test]
fn an_interruption_between_tree_and_marker_runs_no_step_twice() {
    let dir = tempfile::tempdir().unwrap();
    used(dir.path());
    drop(open_as(dir.path(), 3, STEPS).unwrap());
    write_marker(dir.path(), 1, true).unwrap();
    let medium = open_as(dir.path(), 3, STEPS).unwrap();
    assert_eq!(medium.ahead().get(b"\x02n").unwrap().unwrap(), b"1++");
}

#[test]
fn a_failing_or_missing_step_is_an_error_and_the_data_stays_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    used(dir.path());
    let failing = [Step { from: 1, to: 2, run: fail }];
    for steps in [&failing[..], &[]] {
        let error = open_as(dir.path(), 2, steps).err().unwrap();
        assert!(matches!(error, OpenError::Corrupt { .. }), "{error:?}");
    }
    assert_eq!(stored(dir.path()), 1);
    let medium = open_as(dir.path(), 1, &[]).unwrap();
    assert_eq!(medium.ahead().get(b"\x02n").unwrap().unwrap(), b"1");
}

#[test]
fn a_store_behind_its_seal_after_the_machine_went_down_is_opened() {
    let dir = tempfile::tempdir().unwrap();
    used(dir.path());
    let behind = |boot| {
        SealFile::create(
            &dir.path().join(SEAL),
            Seal {
                closed: None,
                sequence: 99,
                boot,
            },
        )
        .unwrap();
    };
    behind(boot());
    let error = open_as(dir.path(), 1, &[]).err().unwrap();
    assert!(error.to_string().contains("the last 98 confirmed writes are missing"), "{error}");
    behind(boot().wrapping_add(1));
    assert!(open_as(dir.path(), 1, &[]).is_ok());
}
