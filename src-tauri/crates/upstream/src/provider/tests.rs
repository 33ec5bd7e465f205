//! A provider of a few lines, and what the client makes of it.

mod anything;
mod bounds;
mod discovery;
mod id_tokens;
mod people;
mod tokens;

use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use std::sync::Mutex;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use vestibule_core::connectors::ClientAuthentication;
use vestibule_core::ids::ConnectorId;
use vestibule_core::model::{IdTokenVerification, ProfileMap, Shape, TokenResponseType};
use vestibule_core::secret::Secret;
use vestibule_core::testing::{START, SeededEntropy};

const NOW: Timestamp = START;
const CLIENT: &str = "our-client";
const SECRET: &str = "s3cret/with+odd chars";
const CODE: &str = "the-code-of-this-sign-in";

/// A request as the provider saw it.
#[derive(Clone, Debug)]
struct Asked {
    /// `POST /token`.
    line: String,
    /// Headers, one a line, as they were sent.
    headers: String,
    body: String,
}

impl Asked {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.lines().find_map(|line| {
            let (own, value) = line.split_once(':')?;
            own.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
    fn form(&self, name: &str) -> Option<String> {
        let mut pairs = url::form_urlencoded::parse(self.body.as_bytes());
        pairs.find(|(own, _)| own == name).map(|(_, value)| value.into_owned())
    }
}

/// What the provider says.
enum Say {
    Json(u16, Value),
    Raw(u16, &'static str, Vec<u8>),
    /// Nothing, ever.
    Nothing,
}

/// A provider.
struct Fake {
    origin: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Fake {
    async fn new(answer: impl Fn(&Asked) -> Say + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (answer, seen) = (Arc::new(answer), Arc::clone(&asked));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, seen) = (Arc::clone(&answer), Arc::clone(&seen));
                tokio::spawn(async move { serve(stream, answer.as_ref(), &seen).await });
            }
        });
        Self { origin, asked }
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
    /// How often something was asked.
    fn count(&self, line: &str) -> usize {
        self.asked().iter().filter(|asked| asked.line == line).count()
    }
}

async fn serve(mut stream: TcpStream, answer: &(impl Fn(&Asked) -> Say + Send + Sync), seen: &Mutex<Vec<Asked>>) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let (line, headers) = head.split_once("\r\n").unwrap();
    let mut asked = Asked {
        line: line.rsplit_once(' ').unwrap().0.to_owned(),
        headers: headers.to_owned(),
        body: String::new(),
    };
    let length = asked.header("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    asked.body = String::from_utf8(body).unwrap();
    seen.lock().unwrap().push(asked.clone());
    let (status, kind, body) = match answer(&asked) {
        Say::Json(status, value) => (status, "application/json; charset=utf-8", value.to_string().into_bytes()),
        Say::Raw(status, kind, body) => (status, kind, body),
        Say::Nothing => std::future::pending().await,
    };
    let location = if kind == "text/plain" {
        String::from_utf8_lossy(&body).into_owned()
    } else {
        "/".to_owned()
    };
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\nlocation: {location}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.ok()?;
    stream.write_all(&body).await.ok()
}

/// A signing key of the provider's.
struct Key {
    kid: &'static str,
    alg: &'static str,
    pair: Pair,
}

enum Pair {
    Rsa(Box<aws_lc_rs::rsa::KeyPair>),
    Ec(aws_lc_rs::signature::EcdsaKeyPair),
    Ed(aws_lc_rs::signature::Ed25519KeyPair),
}

impl Key {
    fn new(kid: &'static str, alg: &'static str) -> Self {
        use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
        let pair = match alg {
            "ES256" => Pair::Ec(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()),
            "ES384" => Pair::Ec(EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap()),
            "EdDSA" => Pair::Ed(Ed25519KeyPair::generate().unwrap()),
            _ => Pair::Rsa(Box::new(
                aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap(),
            )),
        };
        Self { kid, alg, pair }
    }

    fn jwk(&self) -> Value {
        use aws_lc_rs::signature::KeyPair as _;
        let b64 = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match &self.pair {
            Pair::Rsa(pair) => {
                let key = pair.public_key();
                json!({ "kty": "RSA", "kid": self.kid, "use": "sig",
                    "n": b64(key.modulus().big_endian_without_leading_zero()), "e": b64(key.exponent().big_endian_without_leading_zero()) })
            }
            Pair::Ec(pair) => {
                let point = &pair.public_key().as_ref()[1..];
                let (x, y) = point.split_at(point.len() / 2);
                let crv = if self.alg == "ES256" { "P-256" } else { "P-384" };
                json!({ "kty": "EC", "crv": crv, "kid": self.kid, "use": "sig", "alg": self.alg, "x": b64(x), "y": b64(y) })
            }
            Pair::Ed(pair) => json!({ "kty": "OKP", "crv": "Ed25519", "kid": self.kid, "x": b64(pair.public_key().as_ref()) }),
        }
    }

    #[allow(clippy::disallowed_types)]
    fn sign(&self, message: &[u8]) -> Vec<u8> {
        use aws_lc_rs::signature::{
            RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding,
        };
        let random = aws_lc_rs::rand::SystemRandom::new();
        match &self.pair {
            Pair::Ec(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Pair::Ed(pair) => pair.sign(message).as_ref().to_vec(),
            Pair::Rsa(pair) => {
                let how: &'static dyn RsaEncoding = match self.alg {
                    "RS384" => &RSA_PKCS1_SHA384,
                    "RS512" => &RSA_PKCS1_SHA512,
                    "PS256" => &RSA_PSS_SHA256,
                    "PS384" => &RSA_PSS_SHA384,
                    "PS512" => &RSA_PSS_SHA512,
                    _ => &RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(how, &random, message, &mut signature).unwrap();
                signature
            }
        }
    }

    fn token(&self, claims: &Value) -> String {
        self.token_with(json!({ "alg": self.alg, "kid": self.kid, "typ": "JWT" }), claims)
    }

    fn token_with(&self, header: Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(claims));
        let signature = URL_SAFE_NO_PAD.encode(self.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }
}

/// A value with other members put over its own; `null` takes one away.
fn with(base: &Value, over: Value) -> Value {
    let mut out = base.as_object().unwrap().clone();
    for (name, value) in over.as_object().unwrap().clone() {
        if value.is_null() {
            out.remove(&name)
        } else {
            out.insert(name, value)
        };
    }
    Value::Object(out)
}

/// The claims of a good ID token.
fn claims(issuer: &str) -> Value {
    json!({ "iss": issuer, "aud": CLIENT, "sub": "248289761001", "iat": NOW.seconds(), "exp": NOW.seconds() + 600, "nonce": "n-1",
        "name": "Ada Lovelace", "picture": "https://example.test/ada.png", "email": "ada@example.test", "email_verified": true })
}

fn upstream(shape: Shape, origin: &str) -> Upstream {
    Upstream {
        connector: ConnectorId("c1".into()),
        name: "Acme".into(),
        shape,
        authorization_endpoint: format!("{origin}/authorize"),
        token_endpoint: format!("{origin}/token"),
        user_info_endpoint: (!matches!(shape, Shape::Oidc | Shape::Google | Shape::Microsoft | Shape::Apple))
            .then(|| format!("{origin}/userinfo")),
        jwks_uri: Some(format!("{origin}/jwks")),
        issuers: vec![origin.to_owned()],
        client_id: CLIENT.into(),
        authentication: ClientAuthentication::Post(Secret::new(SECRET)),
        scope: "openid".into(),
        authorization_params: Vec::new(),
        token_params: Vec::new(),
        id_token: IdTokenVerification::default(),
        token_response: TokenResponseType::Json,
        profile_map: ProfileMap::default(),
        string_booleans: false,
        trust_unverified_email: false,
        pkce: true,
        saml: None,
        simulated: false,
    }
}

fn question(upstream: Upstream) -> UpstreamQuestion {
    let callback = json!({ "code": CODE, "state": "s" });
    UpstreamQuestion {
        upstream,
        callback: callback.as_object().unwrap().clone(),
        redirect_uri: "http://localhost:3001/callback/c1".into(),
        nonce: Some("n-1".into()),
        code_verifier: Some(Secret::new("the-code-verifier")),
        saml_request: None,
    }
}

fn providers() -> Providers {
    Providers::new(Arc::new(SeededEntropy::new(1)))
}

/// What came of it, for a comparison: the person, or the failure.
fn outcome(answer: &UpstreamAnswer) -> Result<&UpstreamUser, (FailureKind, String)> {
    match &answer.result {
        Ok((user, _)) => Ok(user),
        Err(failure) => Err((failure.kind, failure.because.title.to_string())),
    }
}

#[track_caller]
fn user(answer: &UpstreamAnswer) -> UpstreamUser {
    outcome(answer).unwrap().clone()
}

#[track_caller]
fn failed(answer: &UpstreamAnswer) -> UpstreamFailure {
    answer.result.as_ref().err().unwrap().clone()
}

fn titles(answer: &UpstreamAnswer) -> Vec<String> {
    answer.because.iter().map(|because| because.title.to_string()).collect()
}

fn calls(answer: &UpstreamAnswer) -> Vec<(String, String)> {
    let words = answer.calls.iter().map(|call| (call.asked.to_string(), call.answered.to_string()));
    words.collect()
}

/// No card, message or arrow holds a secret of the sign-in.
#[track_caller]
fn tells_no_secret(answer: &UpstreamAnswer, further: &[&str]) {
    let mut said = format!("{:?} {:?}", answer.calls, answer.because);
    if let Err(failure) = &answer.result {
        said.push_str(&format!("{failure:?}"));
    }
    for secret in [CODE, SECRET, "the-code-verifier", "the-access-token"].iter().chain(further) {
        assert!(!said.contains(secret), "{secret} in {said}");
    }
}

/// The answer of a token endpoint.
fn tokens(id_token: Option<String>) -> Say {
    Say::Json(
        200,
        with(
            &json!({ "access_token": "the-access-token", "token_type": "Bearer", "expires_in": 3600, "scope": "openid" }),
            json!({ "id_token": id_token }),
        ),
    )
}

#[test]
fn an_answer_can_be_waited_for_by_any_thread() {
    fn is_send<T: Send>(_: &T) {}
    let providers = providers();
    is_send(&providers.answer(question(upstream(Shape::Oidc, "http://127.0.0.1:1")), NOW));
    is_send(&providers.discover("http://127.0.0.1:1", NOW));
}
