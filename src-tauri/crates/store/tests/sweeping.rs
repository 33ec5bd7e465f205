//! Expired records go, with their index entries; nothing else does.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use vestibule_core::entropy::Entropy;
use vestibule_core::port::{Batch, Cx, StoreError, Vault, encode};
use vestibule_core::record::{DeviceCode, DeviceState, Grant, Index, IndexEntry, Session, Table, UsedAssertion, index_prefix, record_key};
use vestibule_core::secret::Secret;
use vestibule_core::time::Timestamp;
use vestibule_store::{Store, Swept};

struct Nothing;

impl Entropy for Nothing {
    fn fill(&self, out: &mut [u8]) {
        out.fill(0);
    }
}

impl Vault for Nothing {
    fn seal(&self, secret: &Secret) -> String {
        secret.expose().into()
    }
    fn open(&self, sealed: &str) -> Result<Secret, StoreError> {
        Ok(Secret::new(sealed))
    }
}

const NOW: Timestamp = Timestamp(1_000_000);

async fn decide(store: &Store, rule: impl FnOnce(&mut Cx<'_>) + Send + 'static) {
    store
        .write(|view| {
            let mut cx = Cx::new(view, NOW, &Nothing, &Nothing);
            rule(&mut cx);
            ((), cx.finish().0)
        })
        .await
        .unwrap();
}

fn session(n: i64, expires_at: Timestamp) -> Session {
    Session {
        key: format!("key-{n}"),
        uid: format!("uid-{n}").into(),
        account_id: "ada".into(),
        login_at: Timestamp(1),
        authorizations: BTreeMap::new(),
        expires_at,
    }
}

fn grant(n: i64, expires_at: Timestamp) -> Grant {
    Grant {
        id: format!("grant-{n}").into(),
        live: "live".into(),
        account_id: "ada".into(),
        client_id: "app".into(),
        openid_scopes: vec!["openid".into()],
        resources: BTreeMap::new(),
        organizations: Vec::new(),
        created_at: Timestamp(1),
        expires_at,
    }
}

fn device_code(n: i64, expires_at: Timestamp) -> DeviceCode {
    DeviceCode {
        key: format!("device-{n}"),
        user_code: format!("CODE{n:04}"),
        live: "live".into(),
        client_id: "tv".into(),
        params: BTreeMap::new(),
        sealed_params: BTreeMap::new(),
        resources: Vec::new(),
        hint_sub: None,
        state: DeviceState::Waiting,
        interval: 5,
        polled_at: None,
        valid_until: Timestamp(1),
        expires_at,
    }
}

fn count(store: &Store, prefix: &[u8]) -> usize {
    store.read(|view| view.scan(prefix, None, usize::MAX)).unwrap().len()
}

fn entries(store: &Store, entry: &IndexEntry) -> usize {
    count(store, &index_prefix(entry))
}

/// Half of everything is expired at [`NOW`]; the boundary itself counts as expired, as in `Cx::get`.
async fn filled() -> Store {
    let store = Store::ephemeral();
    decide(&store, |cx| {
        for n in 0..100 {
            let expires_at = if n % 2 == 0 { NOW } else { Timestamp(NOW.0 + 1) };
            cx.put(&session(n, expires_at)).unwrap();
            cx.put(&grant(n, expires_at)).unwrap();
            cx.put(&device_code(n, expires_at)).unwrap();
            cx.put(&UsedAssertion {
                id: format!("app/{n}"),
                expires_at,
            })
            .unwrap();
        }
    })
    .await;
    store
}

#[tokio::test]
async fn expired_records_and_their_indexes_go() {
    let store = filled().await;
    let swept = store.sweep(NOW, 10_000).await.unwrap();
    assert_eq!(
        swept,
        Swept {
            examined: 400,
            deleted: 200,
            finished: true
        }
    );
    for table in [Table::Session, Table::Grant, Table::UsedAssertion, Table::DeviceCode] {
        assert_eq!(count(&store, &[table as u8]), 50, "{table:?}");
    }
    assert_eq!(entries(&store, &Index::SessionUser.entry("ada")), 50);
    assert_eq!(entries(&store, &Index::GrantUser.entry("ada")), 50);
    assert_eq!(entries(&store, &Index::SessionUid.entry("uid-0")), 0);
    assert_eq!(entries(&store, &Index::SessionUid.entry("uid-1")), 1);
    assert_eq!(entries(&store, &Index::UserCode.entry("CODE0000")), 0);
    assert_eq!(entries(&store, &Index::UserCode.entry("CODE0001")), 1);
    assert_eq!(
        store.sweep(NOW, 10_000).await.unwrap(),
        Swept {
            examined: 200,
            deleted: 0,
            finished: true
        }
    );
}

#[tokio::test]
async fn a_small_budget_goes_on_where_it_stopped() {
    let store = filled().await;
    let (mut calls, mut examined, mut deleted) = (0, 0, 0);
    loop {
        let swept = store.sweep(NOW, 7).await.unwrap();
        assert!(swept.examined <= 7);
        calls += 1;
        examined += swept.examined;
        deleted += swept.deleted;
        if swept.finished {
            break;
        }
    }
    assert_eq!((examined, deleted), (400, 200));
    assert_eq!(calls, 400 / 7 + 1);
}

#[tokio::test]
async fn other_tables_and_unreadable_records_stay() {
    let store = Store::ephemeral();
    let mut batch = Batch::default();
    let expired = UsedAssertion {
        id: "x".into(),
        expires_at: Timestamp(1),
    };
    // The bytes of an expired record in a table that never expires.
    for table in [Table::User, Table::JournalTail] {
        batch.ops.insert(record_key(table, "x"), Some(encode(&expired).unwrap()));
    }
    batch.ops.insert(record_key(Table::AccessToken, "short"), Some(vec![1, 2]));
    batch
        .ops
        .insert(record_key(Table::Session, "damaged"), Some(encode(&expired).unwrap()));
    batch
        .ops
        .insert(record_key(Table::UsedAssertion, "x"), Some(encode(&expired).unwrap()));
    store.write(|_| ((), batch)).await.unwrap();
    let swept = store.sweep(NOW, 100).await.unwrap();
    assert_eq!(
        swept,
        Swept {
            examined: 3,
            deleted: 1,
            finished: true
        }
    );
    for (table, id) in [
        (Table::User, "x"),
        (Table::JournalTail, "x"),
        (Table::AccessToken, "short"),
        (Table::Session, "damaged"),
    ] {
        assert!(common::get(&store, record_key(table, id)).is_some(), "{table:?}");
    }
}
