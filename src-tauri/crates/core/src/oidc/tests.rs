//! The protocol rules as a table of requests and answers, without a socket.

mod authorize;
mod denials;
mod device;
mod dialects;
mod grants;
mod logout;
mod one_time_token;
mod organizations;
mod third_party_login;
mod tokens;

use super::authorize::{Reply, authorize, resume};
use super::request::RawRequest;
use super::token::{self, TokenForm, TokenReply};
use super::{OidcError, consent};
use crate::ids::{AppId, UserId};
use crate::live::{ParamOrigin, Trail};
use crate::model::{Application, ApplicationSecret, ApplicationType, Resource, Role, RoleScope, RoleType, Scope, User};
use crate::record::{Interaction, InteractionEvent};
use crate::testing::World;
use std::collections::BTreeMap;

pub(super) const ISSUER: &str = "http://localhost:3001/oidc";
pub(super) const API: &str = "https://api.example.test";
pub(super) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(super) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A world with one application of each type, one person, one resource.
pub(super) struct Provider {
    pub world: World,
    /// The browser's session cookie.
    pub cookie: Option<String>,
}

pub(super) fn app(id: &str, kind: ApplicationType, redirect: &str) -> Application {
    let secrets = if kind.has_secret() {
        vec![ApplicationSecret {
            name: "Default secret".into(),
            value: "sealed:hush".into(),
            created_at: Default::default(),
            expires_at: None,
        }]
    } else {
        Vec::new()
    };
    Application {
        id: AppId::from(id),
        name: id.to_uppercase(),
        description: None,
        kind,
        oidc_client_metadata: crate::model::OidcClientMetadata {
            redirect_uris: vec![redirect.to_owned()],
            post_logout_redirect_uris: vec!["https://app.test/bye".into()],
            ..Default::default()
        },
        custom_client_metadata: Default::default(),
        secrets,
        is_third_party: false,
        user_consent_scopes: Vec::new(),
        custom_data: Default::default(),
        sign_in_experience: Default::default(),
        created_at: Default::default(),
    }
}

pub(super) fn person(id: &str) -> User {
    User {
        id: UserId::from(id),
        username: Some(id.to_owned()),
        primary_email: None,
        primary_phone: None,
        password_encrypted: None,
        password_updated_at: None,
        is_password_expired: false,
        name: Some("Alice Archer".into()),
        avatar: None,
        profile: Default::default(),
        identities: BTreeMap::new(),
        sso_identities: Vec::new(),
        connector_tokens: BTreeMap::new(),
        mfa_verifications: Vec::new(),
        logto_config: Default::default(),
        custom_data: Default::default(),
        application_id: None,
        is_suspended: false,
        last_sign_in_at: None,
        created_at: crate::Timestamp(1_000),
        updated_at: crate::Timestamp(2_000),
        demo_note: None,
    }
}

impl Provider {
    pub(super) fn new() -> Self {
        let role = |name: &str, kind, user_ids: Vec<UserId>, application_ids: Vec<AppId>| Role {
            id: name.into(),
            name: name.into(),
            description: String::new(),
            kind,
            is_default: false,
            scopes: vec![RoleScope {
                resource: API.into(),
                scope: "read".into(),
            }],
            user_ids,
            application_ids,
        };
        let world = World::new()
            .with(&app("web", ApplicationType::Traditional, "https://app.test/cb"))
            .with(&app("spa", ApplicationType::Spa, "https://app.test/cb"))
            .with(&app("native", ApplicationType::Native, "http://127.0.0.1/cb"))
            .with(&app("m2m", ApplicationType::MachineToMachine, "https://unused.test/"))
            .with(&person("alice0000001"))
            .with(&Resource {
                id: "r1".into(),
                name: "API".into(),
                indicator: API.into(),
                is_default: false,
                access_token_ttl: 600,
                scopes: ["read", "write"]
                    .map(|name| Scope {
                        name: name.into(),
                        description: None,
                    })
                    .to_vec(),
            })
            .with(&role("reader", RoleType::User, vec![UserId::from("alice0000001")], Vec::new()))
            .with(&role("machine", RoleType::MachineToMachine, Vec::new(), vec![AppId::from("m2m")]));
        Self { world, cookie: None }
    }

    pub(super) fn change_app(&mut self, id: &str, change: impl FnOnce(&mut Application)) {
        let mut app = (*self.world.get::<Application>(id).unwrap()).clone();
        change(&mut app);
        self.world.put(&app);
    }

    /// An authorization request from a query string.
    pub(super) fn ask(&mut self, query: &str) -> (Reply, Trail) {
        let pairs = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let raw = RawRequest {
            pairs,
            origin: ParamOrigin::Query,
            hint: None,
        };
        let cookie = self.cookie.clone();
        let (reply, trail) = self.world.write(|cx| authorize(cx, raw, cookie.as_deref(), ISSUER));
        (reply.unwrap(), trail)
    }

    pub(super) fn resume(&mut self, id: &str) -> Reply {
        let cookie = self.cookie.clone();
        let reply = self.world.write(|cx| resume(cx, id, cookie.as_deref(), ISSUER)).0.unwrap();
        if let Reply::Page { session: Some(new), .. }
        | Reply::Client { session: Some(new), .. }
        | Reply::Device { session: Some(new), .. } = &reply
        {
            self.cookie = Some(new.cookie.clone());
        }
        reply
    }

    /// Signs alice in and goes through first-party consent; answers the parameters at the client.
    pub(super) fn sign_in(&mut self, query: &str) -> BTreeMap<String, String> {
        let (reply, _) = self.ask(query);
        self.go_on(reply)
    }

    /// The same from the middle of it.
    pub(super) fn go_on(&mut self, mut reply: Reply) -> BTreeMap<String, String> {
        loop {
            match reply {
                Reply::Client { parameters, .. } => return parameters.into_iter().collect(),
                Reply::Json { error, .. } => panic!("refused: {error:?}"),
                Reply::Device { location, .. } => return [("location".to_owned(), location)].into(),
                Reply::Page { interaction, location, .. } => {
                    if location.starts_with("/consent") {
                        self.world
                            .write(|cx| consent::open_page(cx, interaction.as_str(), ISSUER))
                            .0
                            .unwrap()
                            .unwrap();
                    } else {
                        let mut record = (*self.world.get::<Interaction>(interaction.as_str()).unwrap()).clone();
                        record.result.interaction_event = Some(InteractionEvent::SignIn);
                        record.result.login = Some(UserId::from("alice0000001"));
                        self.world.put(&record);
                    }
                    reply = self.resume(interaction.as_str());
                }
            }
        }
    }

    pub(super) fn form(pairs: &[(&str, &str)]) -> TokenForm {
        TokenForm {
            pairs: pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        }
    }

    /// A token request of an authenticated client.
    pub(super) fn token(&mut self, app: &str, pairs: &[(&str, &str)]) -> (Result<TokenReply, OidcError>, Trail) {
        let app = self.world.get::<Application>(app).unwrap();
        let form = Self::form(pairs);
        let (outcome, trail) = self.world.write(|cx| match token::grant_type(&form, &app) {
            Ok(token::GrantType::AuthorizationCode) => token::redeem_code(cx, &app, &form, ISSUER),
            Ok(token::GrantType::RefreshToken) => token::refresh(cx, &app, &form, ISSUER),
            Ok(token::GrantType::ClientCredentials) => token::client_credentials(cx, &app, &form, ISSUER),
            Ok(token::GrantType::DeviceCode) => token::redeem_device_code(cx, &app, &form, ISSUER),
            Err(error) => Ok(Err(error)),
        });
        (outcome.unwrap(), trail)
    }

    pub(super) fn redeem(&mut self, app: &str, code: &str) -> TokenReply {
        self.token(
            app,
            &[
                ("grant_type", "authorization_code"),
                ("code", code),
                ("redirect_uri", "https://app.test/cb"),
                ("code_verifier", VERIFIER),
            ],
        )
        .0
        .unwrap()
    }
}

/// The usual request of the single-page application.
pub(super) fn spa(extra: &str) -> String {
    format!(
        "client_id=spa&redirect_uri=https://app.test/cb&response_type=code&scope=openid offline_access profile&state=s1&code_challenge={CHALLENGE}&code_challenge_method=S256{extra}"
    )
}
