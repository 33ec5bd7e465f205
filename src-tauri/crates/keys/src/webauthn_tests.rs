//! The ceremonies, answered by an authenticator written for the tests from the specification's byte layouts.

use super::*;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};

/// What a test spoils.
#[derive(Clone)]
struct Device {
    kind: &'static str,
    challenge: String,
    origin: &'static str,
    cross_origin: bool,
    rp_id: &'static str,
    flags: u8,
    counter: u32,
    tail: Vec<u8>,
}

enum Keys {
    P256(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

fn p256() -> Keys {
    Keys::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap())
}

fn ceremony() -> Ceremony {
    Ceremony {
        challenge: "c2VudA".into(),
        rp_id: "localhost".into(),
        origins: vec!["http://localhost:3001".into()],
    }
}

fn device(kind: &'static str) -> Device {
    Device {
        kind,
        challenge: "c2VudA".into(),
        origin: "http://localhost:3001",
        cross_origin: false,
        rp_id: "localhost",
        flags: PRESENT | VERIFIED,
        counter: 7,
        tail: Vec::new(),
    }
}

fn int(n: i64) -> Value {
    Value::Integer(n.into())
}

fn cose(keys: &Keys) -> Vec<u8> {
    let members = match keys {
        Keys::P256(pair) => {
            let point = pair.public_key().as_ref().to_vec();
            vec![
                (int(1), int(2)),
                (int(3), int(-7)),
                (int(-1), int(1)),
                (int(-2), Value::Bytes(point[1..33].to_vec())),
                (int(-3), Value::Bytes(point[33..].to_vec())),
            ]
        }
        Keys::Rsa(pair) => {
            let public = pair.public_key();
            vec![
                (int(1), int(3)),
                (int(3), int(-257)),
                (int(-1), Value::Bytes(public.modulus().big_endian_without_leading_zero().to_vec())),
                (int(-2), Value::Bytes(public.exponent().big_endian_without_leading_zero().to_vec())),
            ]
        }
    };
    bytes(&Value::Map(members))
}

fn bytes(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    ciborium::into_writer(value, &mut out).unwrap();
    out
}

fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Device {
    fn client_data(&self) -> Vec<u8> {
        serde_json::to_vec(&serde_json::json!({
            "type": self.kind, "challenge": self.challenge, "origin": self.origin, "crossOrigin": self.cross_origin
        }))
        .unwrap()
    }

    fn data(&self) -> Vec<u8> {
        let mut data = digest(&SHA256, self.rp_id.as_bytes()).as_ref().to_vec();
        data.push(self.flags);
        data.extend_from_slice(&self.counter.to_be_bytes());
        data.extend_from_slice(&self.tail);
        data
    }

    fn create(mut self, id: &[u8], key: &[u8]) -> RegistrationPayload {
        self.flags |= ATTESTED;
        let mut tail = vec![0; 16];
        tail.extend_from_slice(&u16::try_from(id.len()).unwrap().to_be_bytes());
        tail.extend_from_slice(id);
        tail.extend_from_slice(key);
        tail.append(&mut self.tail);
        self.tail = tail;
        let object = Value::Map(vec![
            (Value::Text("fmt".into()), Value::Text("none".into())),
            (Value::Text("attStmt".into()), Value::Map(Vec::new())),
            (Value::Text("authData".into()), Value::Bytes(self.data())),
        ]);
        RegistrationPayload {
            id: b64(id),
            raw_id: Some(b64(id)),
            response: AttestationResponse {
                client_data_json: b64(self.client_data()),
                attestation_object: b64(bytes(&object)),
                transports: Some(vec!["internal".into()]),
            },
        }
    }

    #[expect(clippy::disallowed_types, reason = "a test's own signature")]
    fn get(&self, id: &[u8], keys: &Keys) -> AuthenticationPayload {
        let client_data = self.client_data();
        let mut signed = self.data();
        signed.extend_from_slice(digest(&SHA256, &client_data).as_ref());
        let rng = aws_lc_rs::rand::SystemRandom::new();
        let signature = match keys {
            Keys::P256(pair) => pair.sign(&rng, &signed).unwrap().as_ref().to_vec(),
            Keys::Rsa(pair) => {
                let mut out = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &rng, &signed, &mut out).unwrap();
                out
            }
        };
        AuthenticationPayload {
            id: b64(id),
            raw_id: None,
            response: AssertionResponse {
                client_data_json: b64(client_data),
                authenticator_data: b64(self.data()),
                signature: b64(signature),
                user_handle: None,
            },
        }
    }
}

/// A stored key, of which nothing else was noted.
fn known(public_key: &str) -> KnownCredential<'_> {
    KnownCredential {
        public_key,
        backup_eligible: None,
    }
}

#[test]
fn both_kinds_of_key_register_and_authenticate() {
    for keys in [p256(), Keys::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap())] {
        let key = cose(&keys);
        let made = verify_registration(&ceremony(), &device("webauthn.create").create(b"credential", &key)).unwrap();
        assert_eq!((made.id.as_str(), made.counter), (b64("credential").as_str(), 7));
        assert_eq!(made.public_key, b64(&key));
        assert_eq!(made.transports, ["internal"]);
        let answer = device("webauthn.get").get(b"credential", &keys);
        assert_eq!(verify_authentication(&ceremony(), known(&made.public_key), &answer), Ok(7));
        // Extensions may follow the key, and only where the flags say so.
        let mut extended = device("webauthn.create");
        extended.flags |= EXTENSIONS;
        extended.tail = bytes(&Value::Map(vec![(Value::Text("credProtect".into()), int(2))]));
        assert!(verify_registration(&ceremony(), &extended.clone().create(b"credential", &key)).is_ok());
        extended.flags &= !EXTENSIONS;
        assert!(verify_registration(&ceremony(), &extended.create(b"credential", &key)).is_err());
    }
}

#[test]
fn every_comparison_is_made_in_both_ceremonies() {
    let keys = p256();
    let key = cose(&keys);
    type Spoiled = (&'static str, fn(&mut Device));
    let spoil: [Spoiled; 8] = [
        ("type", |d| d.kind = "payment.get"),
        ("another challenge", |d| d.challenge = "b3RoZXI".into()),
        ("origin", |d| d.origin = "http://localhost:3002"),
        ("inside another", |d| d.cross_origin = true),
        ("relying party", |d| d.rp_id = "127.0.0.1"),
        ("present", |d| d.flags &= !PRESENT),
        ("did not verify", |d| d.flags &= !VERIFIED),
        ("backed up", |d| d.flags |= BACKED_UP),
    ];
    for (words, spoil) in spoil {
        let mut made = device("webauthn.create");
        spoil(&mut made);
        let refused = verify_registration(&ceremony(), &made.create(b"credential", &key))
            .unwrap_err()
            .to_string();
        assert!(refused.contains(words), "{words}: {refused}");
        let mut used = device("webauthn.get");
        spoil(&mut used);
        let refused = verify_authentication(&ceremony(), known(&b64(&key)), &used.get(b"credential", &keys))
            .unwrap_err()
            .to_string();
        assert!(refused.contains(words), "{words}: {refused}");
    }
}

#[test]
fn a_credential_stays_eligible_for_backup_or_not() {
    let keys = p256();
    let key = cose(&keys);
    for made_eligible in [false, true] {
        let mut maker = device("webauthn.create");
        maker.flags |= if made_eligible { BACKUP_ELIGIBLE | BACKED_UP } else { 0 };
        let made = verify_registration(&ceremony(), &maker.create(b"credential", &key)).unwrap();
        assert_eq!(made.backup_eligible, made_eligible);
        for (eligible, noted) in [(false, true), (true, true), (false, false), (true, false)] {
            let mut used = device("webauthn.get");
            used.flags |= if eligible { BACKUP_ELIGIBLE } else { 0 };
            let stored = KnownCredential {
                public_key: &made.public_key,
                backup_eligible: noted.then_some(made_eligible),
            };
            let outcome = verify_authentication(&ceremony(), stored, &used.get(b"credential", &keys));
            assert_eq!(
                outcome.is_ok(),
                !noted || eligible == made_eligible,
                "{made_eligible} {eligible} {noted}"
            );
        }
    }
}

#[test]
fn a_registration_is_no_authentication_and_the_other_way_round() {
    let keys = p256();
    let key = cose(&keys);
    assert!(verify_registration(&ceremony(), &device("webauthn.get").create(b"c", &key)).is_err());
    assert!(verify_authentication(&ceremony(), known(&b64(&key)), &device("webauthn.create").get(b"c", &keys)).is_err());
}

#[test]
fn another_key_or_a_changed_answer_does_not_verify() {
    let (keys, other) = (p256(), p256());
    let answer = device("webauthn.get").get(b"credential", &keys);
    let refused = verify_authentication(&ceremony(), known(&b64(cose(&other))), &answer).unwrap_err();
    assert!(refused.to_string().contains("signature"));
    let mut changed = answer.clone();
    let mut counted = device("webauthn.get");
    counted.counter = 8;
    changed.response.authenticator_data = b64(counted.data());
    assert!(verify_authentication(&ceremony(), known(&b64(cose(&keys))), &changed).is_err());
    let mut renamed = answer;
    renamed.raw_id = Some(b64("another"));
    assert!(verify_authentication(&ceremony(), known(&b64(cose(&keys))), &renamed).is_err());
}

#[test]
fn odd_keys_and_broken_bytes_are_refused_with_words() {
    let keys = p256();
    let key = cose(&keys);
    let Value::Map(members) = ciborium::from_reader(key.as_slice()).unwrap() else {
        panic!("no map");
    };
    let with = |label: i64, value: Value| {
        let mut members = members.clone();
        members.retain(|(name, _)| *name != int(label));
        members.push((int(label), value));
        bytes(&Value::Map(members))
    };
    let odd = [
        with(3, int(-8)),
        with(-1, int(2)),
        with(-2, Value::Bytes(vec![1; 32])),
        with(-2, Value::Bytes(vec![1; 31])),
        with(-3, int(1)),
        bytes(&Value::Map(vec![
            (int(1), int(3)),
            (int(3), int(-257)),
            (int(-1), Value::Bytes(vec![1; 64])),
            (int(-2), Value::Bytes(vec![3])),
        ])),
        Vec::new(),
    ];
    for key in odd {
        let refused = verify_registration(&ceremony(), &device("webauthn.create").create(b"credential", &key)).unwrap_err();
        assert!(!refused.to_string().is_empty());
    }
    let good = device("webauthn.create").create(b"credential", &key);
    let object = URL_SAFE_NO_PAD.decode(&good.response.attestation_object).unwrap();
    for length in 0..object.len() {
        let mut cut = good.clone();
        cut.response.attestation_object = b64(&object[..length]);
        assert!(verify_registration(&ceremony(), &cut).is_err(), "cut at {length}");
    }
    let mut longer = good.clone();
    longer.response.attestation_object = b64([object.as_slice(), &[0]].concat());
    assert!(verify_registration(&ceremony(), &longer).is_err());
    assert!(verify_registration(&ceremony(), &device("webauthn.create").create(&[], &key)).is_err());
    assert!(verify_registration(&ceremony(), &device("webauthn.create").create(&[1; 1024], &key)).is_err());
    let mut text = good;
    text.response.client_data_json = "no base64url!".into();
    assert!(verify_registration(&ceremony(), &text).is_err());
    // Deeply nested CBOR must not exhaust the stack.
    let mut deep = vec![0x81; 60_000];
    deep.push(0);
    text.response.client_data_json = b64(device("webauthn.create").client_data());
    text.response.attestation_object = b64(deep);
    assert!(verify_registration(&ceremony(), &text).is_err());
}

/// What Chromium 156 answered to the options that the provider sends, with its virtual authenticator: an implementation
/// that is not ours.
#[test]
fn a_browsers_own_answers_verify() {
    let made: RegistrationPayload = serde_json::from_value(serde_json::json!({
        "authenticatorAttachment": "platform",
        "clientExtensionResults": { "credProps": { "rk": true } },
        "id": "1HhIueQeMakEJOiUZPhdLwCd37tox5xB5vcandGYGJc",
        "rawId": "1HhIueQeMakEJOiUZPhdLwCd37tox5xB5vcandGYGJc",
        "response": {
            "attestationObject": "o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YVikSZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2NFAAAAAQECAwQFBgcIAQIDBAUGBwgAINR4SLnkHjGpBCTolGT4XS8And-7aMecQeb3Gp3RmBiXpQECAyYgASFYIC9mB8IvIYSvOSI12GCtWEQTZpjXTjEVAV0uOtHbADRbIlggPjHgMioOmK7L_lr5nacojWT16Qhc63wrf4_G7HP72hc",
            "clientDataJSON": "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiWVdKalpHVm1aMmhwYW10c2JXNXZjSEZ5YzNSMWRuZDRlWG94TWpNME5UWSIsIm9yaWdpbiI6Imh0dHA6Ly9sb2NhbGhvc3Q6MzAwMSIsImNyb3NzT3JpZ2luIjpmYWxzZX0",
            "transports": ["internal"],
        },
        "type": "public-key",
    }))
    .unwrap();
    let asked = |challenge: &str| Ceremony {
        challenge: challenge.into(),
        ..ceremony()
    };
    let first = asked("YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoxMjM0NTY");
    let key = verify_registration(&first, &made).unwrap();
    assert_eq!((key.id.as_str(), key.counter), ("1HhIueQeMakEJOiUZPhdLwCd37tox5xB5vcandGYGJc", 1));
    let used: AuthenticationPayload = serde_json::from_value(serde_json::json!({
        "id": "1HhIueQeMakEJOiUZPhdLwCd37tox5xB5vcandGYGJc",
        "rawId": "1HhIueQeMakEJOiUZPhdLwCd37tox5xB5vcandGYGJc",
        "response": {
            "authenticatorData": "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAAAg",
            "clientDataJSON": "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiTVRJek5EVTJZV0pqWkdWbVoyaHBhbXRzYlc1dmNIRnljM1IxZG5kNGVYbyIsIm9yaWdpbiI6Imh0dHA6Ly9sb2NhbGhvc3Q6MzAwMSIsImNyb3NzT3JpZ2luIjpmYWxzZX0",
            "signature": "MEUCIGLvWVc8QD18wTiPeTAb8v3btE9Hsd4YqrgPTqvAefvOAiEA3hWJrOU5khShGDz0_ePUrPTvjBkHVerva2jf5FFgvEk",
            "userHandle": "cnV0aDAwMDAwMDAx",
        },
    }))
    .unwrap();
    let second = asked("MTIzNDU2YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXo");
    assert_eq!(verify_authentication(&second, known(&key.public_key), &used), Ok(2));
    assert!(verify_authentication(&first, known(&key.public_key), &used).is_err());
}
