//! Intents over a real tree, and what a start finds of them.

use super::*;
use crate::migrate::SEQUENCE_KEY;
use std::path::Path;

fn open(dir: &Path) -> sled::Db {
    let db = crate::directory::config(dir).open().unwrap();
    if !db.was_recovered() {
        db.insert(SEQUENCE_KEY, &0_u64.to_be_bytes()).unwrap();
    }
    db
}

fn batch(pairs: &[(&str, Option<&str>)]) -> Batch {
    let ops = pairs
        .iter()
        .map(|(key, value)| (key.as_bytes().to_vec(), value.map(|v| v.as_bytes().to_vec())));
    Batch { ops: ops.collect() }
}

fn text(value: Option<impl AsRef<[u8]>>) -> Option<String> {
    value.map(|value| String::from_utf8(value.as_ref().to_vec()).unwrap())
}

fn keys(entries: &[Entry]) -> Vec<&str> {
    entries.iter().map(|(key, _)| std::str::from_utf8(key).unwrap()).collect()
}

#[test]
fn what_is_pending_is_read_in_place_of_what_is_settled() {
    let dir = tempfile::tempdir().unwrap();
    let ahead = Ahead::new(open(dir.path())).unwrap();
    ahead.apply(batch(&[("a1", Some("x")), ("a2", Some("x")), ("a3", Some("x")), ("b", Some("x"))]));
    assert!(ahead.confirm(1).unwrap());
    ahead.settle(1).unwrap();
    assert!(!ahead.is_pending());
    ahead.apply(batch(&[("a2", None), ("a4", Some("y")), ("a1", Some("y"))]));
    assert_eq!(text(ahead.get(b"a1").unwrap()).unwrap(), "y");
    assert_eq!(ahead.get(b"a2").unwrap(), None);
    assert_eq!(text(ahead.get(b"a3").unwrap()).unwrap(), "x");
    assert_eq!(keys(&ahead.scan(b"a", None, 9).unwrap()), ["a1", "a3", "a4"]);
    assert_eq!(keys(&ahead.scan(b"a", Some(b"a1"), 1).unwrap()), ["a3"]);
    assert_eq!(keys(&ahead.scan(b"a", None, 2).unwrap()), ["a1", "a3"]);
    assert_eq!(keys(&ahead.scan(b"b", None, 9).unwrap()), ["b"]);
    assert!(ahead.confirm(2).unwrap());
    assert!(!ahead.confirm(3).unwrap(), "there is no third group");
}

#[test]
fn a_start_puts_confirmed_groups_in_their_place() {
    let dir = tempfile::tempdir().unwrap();
    {
        let ahead = Ahead::new(open(dir.path())).unwrap();
        let large = "l".repeat(3 * SLOT_BYTES);
        ahead.apply(batch(&[("a", Some("1")), ("large", Some(&large))]));
        assert!(ahead.confirm(1).unwrap());
        ahead.apply(batch(&[("a", Some("2")), ("b", Some("2"))]));
        ahead.apply(batch(&[("b", None), ("c", Some(""))]));
        assert!(ahead.confirm(2).unwrap());
        ahead.apply(batch(&[("never", Some("confirmed"))]));
    }
    let db = open(dir.path());
    assert_eq!(text(db.get(b"a").unwrap()), None, "it was only pending");
    assert_eq!(replay(&db).unwrap(), Some(2));
    assert_eq!(text(db.get(b"a").unwrap()).unwrap(), "2");
    assert_eq!(text(db.get(b"b").unwrap()), None);
    assert_eq!(text(db.get(b"c").unwrap()).unwrap(), "");
    assert_eq!(db.get(b"large").unwrap().unwrap().len(), 3 * SLOT_BYTES);
    assert_eq!(text(db.get(b"never").unwrap()), None);
    assert_eq!(replay(&db).unwrap(), Some(2), "a second time changes nothing");
}

#[test]
fn settled_and_cut_off_groups_are_not_replayed() {
    let dir = tempfile::tempdir().unwrap();
    let db = open(dir.path());
    let ahead = Ahead::new(db.clone()).unwrap();
    for n in 1..=3 {
        ahead.apply(batch(&[("n", Some(&n.to_string()))]));
        assert!(ahead.confirm(n).unwrap());
    }
    ahead.settle(3).unwrap();
    ahead.apply(batch(&[("n", Some("4"))]));
    assert!(ahead.confirm(4).unwrap());
    // The first half of a group that needs two slots.
    let mut bytes = Vec::new();
    encode(&mut bytes, &batch(&[("n", Some("5"))]));
    db.insert(slot_key(1), slot_value(5, 0, 2, &bytes)).unwrap();
    assert_eq!(replay(&db).unwrap(), Some(4));
    assert_eq!(text(db.get(b"n").unwrap()).unwrap(), "4");
    // What can't be read is said, not skipped.
    db.insert(slot_key(2), slot_value(5, 0, 1, b"\0\0\0\x09short")).unwrap();
    db.remove(slot_key(1)).unwrap();
    assert!(matches!(replay(&db), Err(StoreError::Corrupt(_))));
    db.insert(slot_key(2), b"short").unwrap();
    assert!(matches!(replay(&db), Err(StoreError::Corrupt(_))));
}

#[test]
fn slots_run_out_and_large_groups_settle_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let ahead = Ahead::new(open(dir.path())).unwrap();
    let rounds = u64::from(SLOTS) * 2 + 7;
    for n in 1..=rounds {
        ahead.apply(batch(&[("n", Some(&n.to_string())), (&format!("k{:03}", n % 10), Some("v"))]));
        assert!(ahead.confirm(n).unwrap());
    }
    let huge = "h".repeat(SLOT_BYTES * usize::from(SLOTS) + 1);
    ahead.apply(batch(&[("huge", Some(&huge))]));
    assert!(ahead.is_pending());
    assert!(ahead.confirm(rounds + 1).unwrap());
    assert!(!ahead.is_pending(), "too large for the slots");
    ahead.apply(batch(&[("n", Some("last"))]));
    assert!(ahead.confirm(rounds + 2).unwrap());
    drop(ahead);
    let db = open(dir.path());
    assert_eq!(replay(&db).unwrap(), Some(rounds + 2));
    assert_eq!(text(db.get(b"n").unwrap()).unwrap(), "last");
    assert_eq!(db.get(b"huge").unwrap().unwrap().len(), huge.len());
    assert_eq!(db.scan_prefix(b"k").count(), 10);
    let ahead = Ahead::new(db).unwrap();
    ahead.clear_slots().unwrap();
    assert_eq!(ahead.db.scan_prefix(SLOT).count(), 0);
}

#[test]
fn what_is_gone_in_a_moment_never_has_a_place() {
    let dir = tempfile::tempdir().unwrap();
    let tail = |n: u8| String::from_utf8(vec![Table::JournalTail as u8, b'0' + n]).unwrap();
    let stored = |ahead: &Ahead| ahead.db.scan_prefix([Table::JournalTail as u8]).count();
    let ahead = Ahead::new(open(dir.path())).unwrap();
    ahead.apply(batch(&[(&tail(1), Some("x")), (&tail(2), Some("x"))]));
    ahead.apply(batch(&[(&tail(1), None)]));
    assert_eq!(ahead.get(tail(1).as_bytes()).unwrap(), None);
    assert!(ahead.confirm(1).unwrap());
    ahead.settle(1).unwrap();
    assert_eq!(stored(&ahead), 1);
    // One that has a place is removed from it, also by the next process.
    drop(ahead);
    let ahead = Ahead::new(open(dir.path())).unwrap();
    ahead.apply(batch(&[(&tail(2), None), (&tail(3), None)]));
    assert_eq!(ahead.get(tail(2).as_bytes()).unwrap(), None);
    assert!(ahead.confirm(2).unwrap());
    ahead.settle(2).unwrap();
    assert_eq!(stored(&ahead), 0);
    assert!(ahead.placed().is_empty());
}

#[test]
fn a_group_that_left_nothing_counts() {
    let dir = tempfile::tempdir().unwrap();
    let tail = String::from_utf8(vec![Table::JournalTail as u8, b'0']).unwrap();
    {
        let ahead = Ahead::new(open(dir.path())).unwrap();
        ahead.apply(batch(&[(&tail, Some("x"))]));
        ahead.apply(batch(&[(&tail, None)]));
        assert!(ahead.confirm(1).unwrap());
        assert!(!ahead.is_pending());
        ahead.settle(1).unwrap();
        ahead.clear_slots().unwrap();
    }
    assert_eq!(replay(&open(dir.path())).unwrap(), Some(1));
}
