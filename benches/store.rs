//! The store: what a decision pays for being on disk, beside a bare sled that flushes one value.

use benches::world::person;
use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use vestibule_core::port::Batch;
use vestibule_core::record::{Table, record_key};
use vestibule_store::Store;

/// Bytes of a value.
const VALUE: usize = 600;

fn batch(number: u64, entries: u64) -> Batch {
    let key = |n: u64| {
        let id = (number * entries + n).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        record_key(Table::AccessToken, &format!("{id:016x}"))
    };
    Batch {
        ops: (0..entries).map(|n| (key(n), Some(vec![b'v'; VALUE]))).collect(),
    }
}

fn store(c: &mut Criterion) {
    let Ok(dir) = tempfile::tempdir() else { return };
    let mut group = c.benchmark_group("store");

    if let Ok(db) = sled::Config::new().path(dir.path().join("bare")).flush_every_ms(None).open() {
        let mut number = 0_u64;
        group.bench_function("floor: insert and flush in sled", |b| {
            b.iter(|| {
                number += 1;
                let key = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
                let _ = black_box(db.insert(key, vec![b'v'; VALUE]));
                let _ = black_box(db.flush());
            });
        });
    }

    let Ok(disk) = Store::open(&dir.path().join("store")) else { return };
    for (place, store) in [("on disk", &disk), ("in memory", &Store::ephemeral())] {
        let mut number = 0;
        for entries in [1, 5] {
            group.bench_function(format!("decision with {entries} writes, {place}"), |b| {
                b.iter(|| {
                    number += 1;
                    store.write_blocking(move |_| ((), batch(number, entries)))
                });
            });
        }
        group.bench_function(format!("decision without writes, {place}"), |b| {
            b.iter(|| store.write_blocking(|_| ((), Batch::default())));
        });
        let key = record_key(Table::User, &person(1));
        let entry = Batch {
            ops: [(key.clone(), Some(vec![b'u'; VALUE]))].into(),
        };
        if store.write_blocking(move |_| ((), entry)).is_ok() {
            group.bench_function(format!("read one value, {place}"), |b| {
                b.iter(|| store.read(|view| view.get(black_box(&key))));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, store);
criterion_main!(benches);
