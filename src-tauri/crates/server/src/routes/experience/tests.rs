//! Second factors over the routes: bodies, ceremonies with a software authenticator, and what is kept of them.

use crate::engine::{Engine, Options};
use crate::http::{Request, Response};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ciborium::Value as Cbor;
use http::{HeaderMap, HeaderValue, Method, header};
use serde_json::{Value, json};
use std::sync::Arc;
use vestibule_core::experience::totp_for;
use vestibule_core::ids::{AppId, InteractionId, LiveId, UserId};
use vestibule_core::model::{MfaFactor, MfaPolicy, MfaVerification, SignInExperience, User};
use vestibule_core::record::{Interaction, InteractionEvent, InteractionResult, PromptName};
use vestibule_core::{Secret, Timestamp};

const HOST: &str = "localhost:3001";
const PERSON: &str = "ruth00000001";

/// A page that has identified one person, and the provider behind it.
struct Page {
    engine: Arc<Engine>,
    id: String,
    host: &'static str,
}

impl Page {
    async fn new(factors: &[MfaFactor], policy: MfaPolicy) -> Self {
        let options = Options {
            config: None,
            ..Options::default()
        };
        let engine = Engine::open(options).await.unwrap();
        let factors = factors.to_vec();
        let page = Self {
            engine,
            id: "interaction".into(),
            host: HOST,
        };
        page.change(move |cx| {
            let mut row = cx
                .get::<SignInExperience>(SignInExperience::ID)?
                .map_or_else(SignInExperience::default, |r| (*r).clone());
            row.mfa.factors = factors;
            row.mfa.policy = policy;
            row.sign_up.identifiers.clear();
            row.sign_up.password = false;
            row.passkey_sign_in.enabled = Some(true);
            cx.put(&row)?;
            let user =
                json!({ "id": PERSON, "username": "ruth", "primaryEmail": "ruth@example.test", "createdAt": cx.now, "updatedAt": cx.now });
            let user: User = serde_json::from_value(user).unwrap();
            cx.put(&user)
        })
        .await;
        page.again(Some(PERSON)).await;
        page
    }

    async fn change(&self, rule: impl FnOnce(&mut vestibule_core::Cx<'_>) -> Result<(), vestibule_core::StoreError> + Send + 'static) {
        self.engine.change(rule).await.unwrap();
    }

    /// A new interaction, with this person identified by a first factor or nobody.
    async fn again(&self, user: Option<&str>) {
        let (id, user) = (self.id.clone(), user.map(UserId::from));
        self.change(move |cx| {
            cx.put(&Interaction {
                device: None,
                id: InteractionId(id),
                live: LiveId::from("live"),
                client_id: AppId::from("app"),
                prompt: PromptName::Login,
                reasons: Vec::new(),
                params: Default::default(),
                sealed_params: Default::default(),
                resources: Vec::new(),
                session_uid: None,
                account_id: None,
                result: InteractionResult {
                    interaction_event: Some(InteractionEvent::SignIn),
                    user_id: user,
                    ..InteractionResult::default()
                },
                created_at: cx.now,
                expires_at: Timestamp(i64::MAX),
            })
        })
        .await;
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let cookie = format!("_legacy~{}", self.id);
        let signature = self.engine.vault.sign_cookie("_interaction", &cookie);
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static(self.host));
        headers.insert(header::USER_AGENT, HeaderValue::from_static("a test"));
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let line = format!("_interaction={cookie}; _interaction.sig={signature}");
        headers.insert(header::COOKIE, HeaderValue::from_str(&line).unwrap());
        let request = Request {
            method,
            path: format!("/api/experience/{path}"),
            query: None,
            headers,
            body: body.map(|b| b.to_string()).unwrap_or_default().into(),
        };
        let Response { status, body, .. } = crate::routes::answer(&self.engine, request, None).await;
        (status.as_u16(), serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.send(Method::POST, path, Some(body)).await
    }

    /// A call that must succeed.
    async fn ok(&self, path: &str, body: Value) -> Value {
        let (status, reply) = self.post(path, body).await;
        assert!(status < 300, "{path}: {status} {reply}");
        reply
    }

    /// Status and code of a call that must be refused.
    async fn refused(&self, path: &str, body: Value) -> (u16, String) {
        let (status, reply) = self.post(path, body).await;
        assert!(status >= 400 && status != 500, "{path}: {status} {reply}");
        (status, reply["code"].as_str().unwrap_or_default().to_owned())
    }

    fn user(&self) -> User {
        self.engine.look(|cx| cx.get::<User>(PERSON)).unwrap().unwrap().as_ref().clone()
    }

    fn code(&self, secret: &str, steps: i64) -> String {
        let at = u64::try_from(self.engine.now().seconds() + steps * 30).unwrap();
        totp_for(&Secret::new(secret), "", "").unwrap().generate(at).to_string()
    }
}

/// An authenticator in software (Web Authentication section 6): one resident key.
struct Authenticator {
    keys: EcdsaKeyPair,
    id: Vec<u8>,
    counter: u32,
    handle: Option<String>,
    origin: String,
}

impl Authenticator {
    fn new() -> Self {
        Self {
            keys: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap(),
            id: b"a credential".to_vec(),
            counter: 0,
            handle: None,
            origin: format!("http://{HOST}"),
        }
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        json!({ "type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": false })
            .to_string()
            .into_bytes()
    }

    fn data(&self, rp_id: &str, flags: u8) -> Vec<u8> {
        let mut data = digest(&SHA256, rp_id.as_bytes()).as_ref().to_vec();
        data.push(flags);
        data.extend_from_slice(&self.counter.to_be_bytes());
        data
    }

    fn create(&mut self, options: &Value) -> Value {
        assert_eq!(options["authenticatorSelection"]["residentKey"], "required");
        assert_eq!(options["pubKeyCredParams"][0]["alg"], -7);
        self.handle = options["user"]["id"].as_str().map(str::to_owned);
        let point = self.keys.public_key().as_ref().to_vec();
        let int = |n: i64| Cbor::Integer(n.into());
        let key = Cbor::Map(vec![
            (int(1), int(2)),
            (int(3), int(-7)),
            (int(-1), int(1)),
            (int(-2), Cbor::Bytes(point[1..33].to_vec())),
            (int(-3), Cbor::Bytes(point[33..].to_vec())),
        ]);
        let mut data = self.data(options["rp"]["id"].as_str().unwrap(), 0x45);
        data.extend_from_slice(&[0; 16]);
        data.extend_from_slice(&u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend_from_slice(&self.id);
        ciborium::into_writer(&key, &mut data).unwrap();
        let mut object = Vec::new();
        let members = Cbor::Map(vec![
            (Cbor::Text("fmt".into()), Cbor::Text("none".into())),
            (Cbor::Text("attStmt".into()), Cbor::Map(Vec::new())),
            (Cbor::Text("authData".into()), Cbor::Bytes(data)),
        ]);
        ciborium::into_writer(&members, &mut object).unwrap();
        let id = URL_SAFE_NO_PAD.encode(&self.id);
        json!({
            "type": "WebAuthn", "id": id, "rawId": id, "clientExtensionResults": {},
            "response": {
                "clientDataJSON": URL_SAFE_NO_PAD.encode(self.client_data("webauthn.create", options)),
                "attestationObject": URL_SAFE_NO_PAD.encode(object),
                "transports": ["internal"],
            },
        })
    }

    #[expect(clippy::disallowed_types, reason = "a test's own signature")]
    fn get(&mut self, options: &Value) -> Value {
        self.counter += 1;
        let client_data = self.client_data("webauthn.get", options);
        let data = self.data(options["rpId"].as_str().unwrap(), 0x05);
        let mut signed = data.clone();
        signed.extend_from_slice(digest(&SHA256, &client_data).as_ref());
        let signature = self.keys.sign(&aws_lc_rs::rand::SystemRandom::new(), &signed).unwrap();
        let id = URL_SAFE_NO_PAD.encode(&self.id);
        json!({
            "type": "WebAuthn", "id": id, "rawId": id, "clientExtensionResults": {},
            "response": {
                "clientDataJSON": URL_SAFE_NO_PAD.encode(client_data),
                "authenticatorData": URL_SAFE_NO_PAD.encode(data),
                "signature": URL_SAFE_NO_PAD.encode(signature.as_ref()),
                "userHandle": self.handle,
            },
        })
    }
}

/// Binds a passkey and submits.
async fn with_passkey(page: &Page) -> Authenticator {
    let mut device = Authenticator::new();
    let begun = page.ok("verification/web-authn/registration", json!({})).await;
    let answer = device.create(&begun["registrationOptions"]);
    let verify = json!({ "verificationId": begun["verificationId"], "payload": answer });
    page.ok("verification/web-authn/registration/verify", verify).await;
    page.ok(
        "profile/mfa",
        json!({ "type": "WebAuthn", "verificationId": begun["verificationId"] }),
    )
    .await;
    page.ok("profile/mfa/mfa-suggestion-skipped", json!({})).await;
    page.ok("submit", json!({})).await;
    device
}

#[tokio::test]
async fn an_app_is_bound_and_asked_for_at_the_next_sign_in() {
    let page = Page::new(&[MfaFactor::Totp], MfaPolicy::Mandatory).await;
    page.ok("profile/mfa/passkey-skipped", json!({})).await;
    let (status, missing) = page.post("submit", json!({})).await;
    assert_eq!((status, &missing["code"]), (422, &json!("user.missing_mfa")));
    assert_eq!(missing["data"], json!({ "availableFactors": ["Totp"] }));

    let new = page.ok("verification/totp/secret", json!({})).await;
    let secret = new["secret"].as_str().unwrap();
    assert_eq!(secret.len(), 32, "20 bytes in Base32");
    let picture = new["secretQrCode"]
        .as_str()
        .unwrap()
        .strip_prefix("data:image/png;base64,")
        .unwrap();
    assert!(STANDARD.decode(picture).unwrap().starts_with(b"\x89PNG"));
    let verify = |code: String| json!({ "code": code, "verificationId": new["verificationId"] });
    let wrong = page.refused("verification/totp/verify", verify("000000".into())).await;
    assert_eq!(wrong, (400, "session.mfa.invalid_totp_code".into()));
    page.ok("verification/totp/verify", verify(page.code(secret, 0))).await;
    page.ok("profile/mfa", json!({ "type": "Totp", "verificationId": new["verificationId"] }))
        .await;
    let (_, state) = page.send(Method::GET, "interaction", None).await;
    assert_eq!(
        state["mfa"],
        json!({ "mfaEnabled": true, "passkeySkipped": true, "totp": { "type": "Totp" } })
    );
    assert!(!state.to_string().contains(secret));
    let redirect = page.ok("submit", json!({})).await;
    assert!(redirect["redirectTo"].as_str().unwrap().contains("/oidc/auth/"));

    page.again(Some(PERSON)).await;
    let (status, asked) = page.post("submit", json!({})).await;
    assert_eq!((status, &asked["code"]), (403, &json!("session.mfa.require_mfa_verification")));
    assert_eq!(asked["data"], json!({ "availableFactors": ["Totp"], "maskedIdentifiers": {} }));
    // The code that bound the app is not accepted again; the next one is, once.
    for (code, accepted) in [
        (page.code(secret, 0), false),
        (page.code(secret, 1), true),
        (page.code(secret, 1), false),
    ] {
        let (status, _) = page.post("verification/totp/verify", json!({ "code": code })).await;
        assert_eq!(status == 200, accepted);
    }
    page.ok("submit", json!({})).await;
    let everything = format!("{:?}", page.engine.steps("live"));
    assert!(!everything.contains(secret), "the secret is in the window");
}

#[tokio::test]
async fn a_passkey_is_made_and_proves_its_owner() {
    let page = Page::new(&[MfaFactor::WebAuthn, MfaFactor::Totp], MfaPolicy::Mandatory).await;
    let mut device = with_passkey(&page).await;
    let bound = page.user().mfa_verifications;
    let passkey = bound[0].passkey().unwrap();
    assert_eq!((passkey.rp_id.as_str(), passkey.agent.as_str()), ("localhost", "a test"));

    page.again(Some(PERSON)).await;
    assert_eq!(page.refused("submit", json!({})).await.1, "session.mfa.require_mfa_verification");
    let begun = page.ok("verification/web-authn/authentication", json!({})).await;
    let options = &begun["authenticationOptions"];
    assert_eq!(options["allowCredentials"][0]["id"], json!(passkey.credential_id));
    assert_eq!(
        (&options["rpId"], &options["userVerification"]),
        (&json!("localhost"), &json!("required"))
    );
    let verify = |payload: Value| json!({ "verificationId": begun["verificationId"], "payload": payload });
    let failed = (400, "session.mfa.webauthn_verification_failed".to_owned());
    // Another site, another key, a stranger's credential: the same refusal.
    device.origin = "http://evil.test".into();
    let path = "verification/web-authn/authentication/verify";
    assert_eq!(page.refused(path, verify(device.get(options))).await, failed);
    device.origin = format!("http://{HOST}");
    let mut other = Authenticator::new();
    assert_eq!(page.refused(path, verify(other.get(options))).await, failed);
    other.id = b"unknown".to_vec();
    assert_eq!(page.refused(path, verify(other.get(options))).await, failed);
    assert_eq!(page.refused("submit", json!({})).await.0, 403);
    // A counter that does not go on.
    device.counter = 5;
    page.ok(path, verify(device.get(options))).await;
    page.ok("submit", json!({})).await;
    page.again(Some(PERSON)).await;
    let begun = page.ok("verification/web-authn/authentication", json!({})).await;
    device.counter = 2;
    let copied = json!({ "verificationId": begun["verificationId"], "payload": device.get(&begun["authenticationOptions"]) });
    assert_eq!(page.refused(path, copied).await, failed);
}

#[tokio::test]
async fn a_passkey_signs_in_alone_and_skips_the_second_factor() {
    let mut page = Page::new(&[MfaFactor::WebAuthn, MfaFactor::Totp], MfaPolicy::Mandatory).await;
    let mut device = with_passkey(&page).await;
    for preflight in [false, true] {
        page.again(None).await;
        let (begun, verification_id) = if preflight {
            let begun = page.ok("preflight/sign-in-passkey/authentication", json!({})).await;
            assert_eq!(begun["authenticationOptions"]["allowCredentials"], json!([]));
            // The page begins after the autofill was offered.
            page.send(Method::PUT, "", Some(json!({ "interactionEvent": "SignIn" }))).await;
            (begun, Value::Null)
        } else {
            let identifier = json!({ "identifier": { "type": "username", "value": "ruth" } });
            let begun = page.ok("verification/sign-in-passkey/authentication", identifier).await;
            let id = begun["verificationId"].clone();
            (begun, id)
        };
        let answer = json!({ "verificationId": verification_id, "payload": device.get(&begun["authenticationOptions"]) });
        let verified = page.ok("verification/sign-in-passkey/authentication/verify", answer.clone()).await;
        let again = page.refused("verification/sign-in-passkey/authentication/verify", answer).await;
        assert_eq!(again, (400, "session.passkey_sign_in.pending_info_not_found".into()));
        page.ok("identification", verified).await;
        page.ok("submit", json!({})).await;
    }
    // An unknown person and one without a passkey under this name look the same.
    page.again(None).await;
    let ask = |value: &str| json!({ "identifier": { "type": "username", "value": value } });
    let nobody = page.post("verification/sign-in-passkey/authentication", ask("nobody")).await;
    page.host = "127.0.0.1:3001";
    let elsewhere = page.post("verification/sign-in-passkey/authentication", ask("ruth")).await;
    assert_eq!(nobody, elsewhere);
    assert_eq!(nobody.0, 404);
    // A challenge of one host name is not answered under another.
    page.host = HOST;
    let begun = page.ok("verification/sign-in-passkey/authentication", ask("ruth")).await;
    let answer = json!({ "verificationId": begun["verificationId"], "payload": device.get(&begun["authenticationOptions"]) });
    page.host = "127.0.0.1:3001";
    let moved = page
        .refused("verification/sign-in-passkey/authentication/verify", answer.clone())
        .await;
    assert_eq!(moved, (400, "session.passkey_sign_in.conflict_rp_id".into()));
    // Somebody else's name on the answer.
    page.host = HOST;
    let mut lying = answer;
    lying["payload"]["response"]["userHandle"] = json!(URL_SAFE_NO_PAD.encode("nobody000001"));
    let lied = page.refused("verification/sign-in-passkey/authentication/verify", lying).await;
    assert_eq!(lied, (400, "session.mfa.webauthn_verification_failed".into()));
}

#[tokio::test]
async fn backup_codes_stand_in_once_each() {
    let page = Page::new(&[MfaFactor::WebAuthn, MfaFactor::BackupCode], MfaPolicy::Mandatory).await;
    let generated = page.ok("verification/backup-code/generate", json!({})).await;
    let codes: Vec<String> = serde_json::from_value(generated["codes"].clone()).unwrap();
    assert!(codes.len() == 10 && codes.iter().all(|c| c.len() == 10 && c.bytes().all(|b| b.is_ascii_hexdigit())));
    let bind = json!({ "type": "BackupCode", "verificationId": generated["verificationId"] });
    let alone = page.refused("profile/mfa", bind.clone()).await;
    assert_eq!(alone, (422, "session.mfa.backup_code_can_not_be_alone".into()));
    let begun = page.ok("verification/web-authn/registration", json!({})).await;
    let answer = Authenticator::new().create(&begun["registrationOptions"]);
    let verify = json!({ "verificationId": begun["verificationId"], "payload": answer });
    page.ok("verification/web-authn/registration/verify", verify).await;
    let passkey = json!({ "type": "WebAuthn", "verificationId": begun["verificationId"] });
    page.ok("profile/mfa", passkey).await;
    assert_eq!(
        page.refused("submit", json!({})).await,
        (422, "session.mfa.backup_code_required".into())
    );
    page.ok("profile/mfa", bind).await;
    page.ok("submit", json!({})).await;
    let stored = serde_json::to_string(&page.user()).unwrap();
    assert!(codes.iter().all(|code| !stored.contains(code)), "codes are stored sealed");

    page.again(Some(PERSON)).await;
    let path = "verification/backup-code/verify";
    page.ok(path, json!({ "code": codes[3] })).await;
    let again = page.refused(path, json!({ "code": codes[3] })).await;
    assert_eq!(again, (400, "session.mfa.invalid_backup_code".into()));
    page.ok("submit", json!({})).await;
    let views: Vec<_> = page.user().mfa_verifications.iter().map(MfaVerification::view).collect();
    assert_eq!(views[1].remaining_codes, Some(9));
}

#[tokio::test]
async fn odd_bodies_are_told_what_is_wrong_and_write_nothing() {
    let page = Page::new(&[MfaFactor::Totp, MfaFactor::WebAuthn], MfaPolicy::Mandatory).await;
    let before = page.user();
    for path in [
        "verification/totp/verify",
        "verification/web-authn/registration/verify",
        "verification/web-authn/authentication/verify",
        "verification/sign-in-passkey/authentication",
        "verification/sign-in-passkey/authentication/verify",
        "verification/backup-code/verify",
        "verification/mfa-verification-code",
        "verification/mfa-verification-code/verify",
        "profile/mfa",
        "profile/mfa/passkey",
    ] {
        for body in [json!({}), json!([]), json!({ "code": 1, "type": "Sms", "payload": { "id": {} } })] {
            let (status, code) = page.refused(path, body).await;
            assert_eq!((status, code.as_str()), (400, "guard.invalid_input"), "{path}");
        }
    }
    for path in ["verification/totp", "verification/totp/secret/more", "verification/web-authn"] {
        assert_eq!(page.refused(path, json!({})).await.0, 404, "{path}");
    }
    assert_eq!(page.refused("profile/mfa/trusted-device", json!({})).await.0, 501);
    assert_eq!(page.user().mfa_verifications, before.mfa_verifications);
    // Before anybody is identified nothing of a second factor is there.
    page.again(None).await;
    for path in [
        "verification/totp/secret",
        "verification/web-authn/registration",
        "verification/backup-code/generate",
    ] {
        assert_eq!(
            page.refused(path, json!({})).await,
            (404, "session.identifier_not_found".into()),
            "{path}"
        );
    }
}
