//! sled and the map in memory answer alike, whatever is asked of them.
#![allow(clippy::unwrap_used)]

mod common;

use proptest::prelude::*;
use std::collections::BTreeMap;
use vestibule_core::port::Batch;
use vestibule_store::Store;

#[derive(Clone, Debug)]
enum Op {
    Write(BTreeMap<Vec<u8>, Option<Vec<u8>>>),
    Lazy(BTreeMap<Vec<u8>, Option<Vec<u8>>>),
    Get(Vec<u8>),
    Scan {
        prefix: Vec<u8>,
        after: Option<Vec<u8>>,
        limit: usize,
    },
    Reopen,
}

/// Few different bytes, so that keys meet.
fn key() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(vec![0x01, 0x02, b'a', b'b', 0xff]), 1..5)
}

fn batch() -> impl Strategy<Value = BTreeMap<Vec<u8>, Option<Vec<u8>>>> {
    let value = prop::option::weighted(0.7, prop::collection::vec(any::<u8>(), 0..200));
    prop::collection::btree_map(key(), value, 0..6)
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => batch().prop_map(Op::Write),
        2 => batch().prop_map(Op::Lazy),
        3 => key().prop_map(Op::Get),
        6 => (prop::collection::vec(prop::sample::select(vec![0x01, 0x02, b'a', 0xff]), 1..3), prop::option::of(key()), 0..10_usize)
            .prop_map(|(prefix, after, limit)| Op::Scan { prefix, after, limit }),
        1 => Just(Op::Reopen),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn they_agree(ops in prop::collection::vec(op(), 1..40)) {
        let dir = tempfile::tempdir().unwrap();
        let mut disk = Store::open(dir.path()).unwrap();
        let memory = Store::ephemeral();
        for op in ops {
            match op {
                Op::Write(ops) => for store in [&disk, &memory] {
                    let batch = Batch { ops: ops.clone() };
                    store.write_blocking(move |_| ((), batch)).unwrap();
                },
                Op::Lazy(ops) => for store in [&disk, &memory] {
                    store.write_lazily(Batch { ops: ops.clone() });
                    // An empty job makes the lazy write visible in both.
                    store.write_blocking(|_| ((), Batch::default())).unwrap();
                },
                Op::Get(key) => prop_assert_eq!(common::get(&disk, &key), common::get(&memory, &key)),
                Op::Scan { prefix, after, limit } => {
                    let scan = |store: &Store| store.read(|view| view.scan(&prefix, after.as_deref(), limit)).unwrap();
                    prop_assert_eq!(scan(&disk), scan(&memory));
                }
                Op::Reopen => {
                    drop(disk);
                    disk = Store::open(dir.path()).unwrap();
                }
            }
        }
        let all = |store: &Store| store.read(|view| (1..=255_u8).flat_map(|byte| view.scan(&[byte], None, usize::MAX).unwrap()).collect::<Vec<_>>());
        prop_assert_eq!(all(&disk), all(&memory));
    }
}
