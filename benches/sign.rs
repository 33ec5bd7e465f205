//! Signing: the key ring beside the bare signature of the library it uses.

use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair};
use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::json;
use std::hint::black_box;
use vestibule_core::model::SigningAlg;
use vestibule_core::time::Clock as _;
use vestibule_keys::{Expected, KeyRing, Preference, SigningKeys, SystemClock, Vault, open_data_key};

const ISSUER: &str = "http://localhost:3001/oidc";

/// A ring with a key of each algorithm.
fn ring() -> Option<KeyRing> {
    let (data_key, _) = open_data_key(None, Preference::FileOnly, true).ok()?;
    let vault = Vault::new(&data_key).ok()?;
    let mut keys = SigningKeys::default();
    for alg in SigningAlg::ALL {
        keys.install(KeyRing::generate(alg, &vault, SystemClock.now()).ok()?);
    }
    KeyRing::load(&keys, &vault).ok()
}

#[expect(
    clippy::disallowed_types,
    reason = "the signature's own nonce; the library asks for its own source"
)]
fn sign(c: &mut Criterion) {
    let mut group = c.benchmark_group("sign");
    let random = aws_lc_rs::rand::SystemRandom::new();
    if let Ok(pair) = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING) {
        group.bench_function("floor: ES384 signature", |b| b.iter(|| pair.sign(&random, black_box(&[b'x'; 420]))));
    }
    let Some(ring) = ring() else { return };
    let now = SystemClock.now().seconds();
    let claims = json!({
        "iss": ISSUER, "sub": "person000001", "aud": "https://api.example.test", "client_id": "bench-job",
        "iat": now, "exp": now + 3_600, "jti": "n4Xq0yQj1FzL2bQm6uV8s", "scope": "read:stock write:stock",
    });
    for alg in SigningAlg::ALL {
        group.bench_function(format!("token, {}", alg.name()), |b| {
            b.iter(|| ring.sign(alg, Some("at+jwt"), black_box(&claims)));
        });
        let Ok(token) = ring.sign(alg, Some("at+jwt"), &claims) else {
            continue;
        };
        let expected = Expected {
            issuer: ISSUER,
            audience: None,
            typ: Some("at+jwt"),
            now: SystemClock.now(),
            accept_expired: false,
        };
        group.bench_function(format!("verify, {}", alg.name()), |b| {
            b.iter(|| ring.verify(black_box(&token), &expected))
        });
    }
    group.finish();
}

criterion_group!(benches, sign);
criterion_main!(benches);
