//! An application: what it sends to the provider, and what it reads from the answers.

use crate::wire::{Origin, Request, Response, encode};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// An application of the test configuration.
#[derive(Clone, Debug)]
pub struct App {
    /// Where its provider is.
    pub origin: Origin,
    /// `client_id`.
    pub id: String,
    /// The redirect URI it uses.
    pub redirect_uri: String,
    /// Its secret, sent as HTTP Basic.
    pub secret: Option<String>,
}

impl App {
    /// The PKCE verifier of every test: only the provider's side is on trial.
    pub const VERIFIER: &'static str = "a-verifier-of-at-least-43-characters-0123456789";

    /// An application, as it is registered.
    #[must_use]
    pub fn new(origin: Origin, id: &str, redirect_uri: &str, secret: Option<&str>) -> Self {
        Self {
            origin,
            id: id.to_owned(),
            redirect_uri: redirect_uri.to_owned(),
            secret: secret.map(str::to_owned),
        }
    }

    /// The authorization request as pairs: PKCE, `state` and `scope=openid`, unless `extra` says otherwise. An extra
    /// pair with the value `-` leaves the parameter out.
    #[must_use]
    pub fn pairs(&self, extra: &[(&str, &str)]) -> Vec<(String, String)> {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(Self::VERIFIER));
        let basis = [
            ("client_id", self.id.as_str()),
            ("redirect_uri", &self.redirect_uri),
            ("response_type", "code"),
            ("scope", "openid"),
            ("state", "st&te"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        basis
            .into_iter()
            .filter(|(name, _)| !extra.iter().any(|(n, _)| n == name))
            .chain(extra.iter().copied().filter(|(_, value)| *value != "-"))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    /// Path and query of an authorization request.
    #[must_use]
    pub fn target(&self, extra: &[(&str, &str)]) -> String {
        let pairs = self.pairs(extra);
        let borrowed: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        format!("/oidc/auth?{}", encode(&borrowed))
    }

    /// A form for an endpoint that knows the application.
    #[must_use]
    pub fn form(&self, path: &str, pairs: &[(&str, &str)]) -> Request {
        let mut pairs = pairs.to_vec();
        match &self.secret {
            None => {
                pairs.push(("client_id", &self.id));
                Request::form(path, &pairs)
            }
            Some(secret) => {
                let credentials = STANDARD.encode(format!("{}:{secret}", self.id));
                Request::form(path, &pairs).header("authorization", format!("Basic {credentials}"))
            }
        }
    }

    /// Redeems a code.
    #[must_use]
    pub fn redeem(&self, code: &str) -> Response {
        let pairs = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", Self::VERIFIER),
        ];
        self.origin.send(&self.form("/oidc/token", &pairs))
    }

    /// Uses a refresh token.
    #[must_use]
    pub fn refresh(&self, token: &str) -> Response {
        let pairs = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.origin.send(&self.form("/oidc/token", &pairs))
    }

    /// Asks for claims.
    #[must_use]
    pub fn userinfo(&self, token: &str) -> Response {
        self.origin
            .send(&Request::get("/oidc/me").header("authorization", format!("Bearer {token}")))
    }

    /// Asks about a token.
    #[must_use]
    pub fn introspect(&self, token: &str) -> Response {
        self.origin.send(&self.form("/oidc/token/introspection", &[("token", token)]))
    }

    /// Ends a token.
    #[must_use]
    pub fn revoke(&self, token: &str) -> Response {
        self.origin.send(&self.form("/oidc/token/revocation", &[("token", token)]))
    }

    /// Reads the answer that a redirect carries to this application.
    ///
    /// # Panics
    /// When it leads elsewhere.
    #[must_use]
    #[track_caller]
    pub fn callback(&self, response: &Response) -> Callback {
        assert_eq!(response.status, 303, "{}", response.text());
        let location = response.location();
        assert!(
            location.starts_with(&self.redirect_uri),
            "{location} does not lead to {}",
            self.redirect_uri
        );
        let url = url::Url::parse(location).expect("a redirect is an address");
        let text = url.query().or(url.fragment()).unwrap_or_default();
        let pairs = url::form_urlencoded::parse(text.as_bytes()).into_owned().collect();
        Callback { app: self.clone(), pairs }
    }
}

/// What came back to the application.
#[derive(Clone, Debug)]
pub struct Callback {
    app: App,
    /// The parameters in order.
    pub pairs: Vec<(String, String)>,
}

impl Callback {
    /// A parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The code.
    ///
    /// # Panics
    /// When an error came instead.
    #[must_use]
    pub fn code(&self) -> &str {
        self.get("code").unwrap_or_else(|| panic!("no code in {:?}", self.pairs))
    }

    /// Redeems the code; the token endpoint's answer.
    ///
    /// # Panics
    /// When it is refused.
    #[must_use]
    pub fn tokens(&self) -> Value {
        self.app.redeem(self.code()).expect(200).json()
    }
}
