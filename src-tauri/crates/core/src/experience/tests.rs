//! Tests of the Experience API rules, driven the way a sign-in page drives them.

mod codes;
mod connectors;
mod development;
mod document;
mod extra_profile;
mod identification;
mod journeys;
mod messages;
mod mfa_policy;
mod one_time_token;
mod organizations;
mod password_policy;
mod policies;
mod properties;
mod registration;
mod saml;
mod second_factor;
mod sentinel;
mod single_sign_on;
mod submission;
mod window;

use super::*;
use crate::because::Outcome;
use crate::ids::{AppId, InteractionId, LiveId, UserId, VerificationId};
use crate::live::{StepKind, Trail};
use crate::model::{Message, ProviderSettings, SignInExperience, User};
use crate::port::Cx;
use crate::record::{Identifier, IdentifierKind, Interaction, InteractionEvent, InteractionResult, PromptName};
use crate::secret::Secret;
use crate::testing::{START, World};

const ISSUER: &str = "http://localhost:3001/oidc";
const ALICE: &str = "alice0000001";
const BOB: &str = "bob000000002";
const CAROL: &str = "carol0000003";

/// What the tests' server makes of a password: no real hash, but the same round trip.
fn hash(password: &str) -> String {
    format!("phc:{password}")
}

fn identifier(kind: IdentifierKind, value: &str) -> Identifier {
    Identifier {
        kind,
        value: value.to_owned(),
    }
}

fn phone(value: &str) -> Identifier {
    identifier(IdentifierKind::Phone, value)
}

fn username(value: &str) -> Identifier {
    identifier(IdentifierKind::Username, value)
}

fn email(value: &str) -> Identifier {
    identifier(IdentifierKind::Email, value)
}

fn person(id: &str, name: &str) -> User {
    let json = serde_json::json!({ "id": id, "name": name, "createdAt": START, "updatedAt": START });
    serde_json::from_value(json).unwrap()
}

fn interaction(id: &str) -> Interaction {
    Interaction {
        device: None,
        id: id.into(),
        live: LiveId::from("live1"),
        client_id: AppId::from("app1"),
        prompt: PromptName::Login,
        reasons: vec!["no_session".into()],
        params: [("scope".to_owned(), "openid".to_owned())].into(),
        sealed_params: Default::default(),
        resources: Vec::new(),
        session_uid: None,
        account_id: None,
        result: InteractionResult::default(),
        created_at: START,
        expires_at: START.plus_seconds(3600),
    }
}

/// A sign-in page and the server behind it: one interaction, three people.
struct Page {
    world: World,
    id: InteractionId,
    /// What the last call left.
    trail: Trail,
    /// The last message that was written.
    newest: Option<Message>,
}

impl Page {
    fn new() -> Self {
        let alice = User {
            username: Some("alice".into()),
            primary_email: Some("Alice@Example.test".into()),
            primary_phone: Some("15550100".into()),
            password_encrypted: Some(hash("correct horse")),
            ..person(ALICE, "Alice Archer")
        };
        let bob = User {
            username: Some("bob".into()),
            password_encrypted: Some(hash("builder")),
            is_suspended: true,
            ..person(BOB, "Bob Brown")
        };
        let carol = User {
            username: Some("carol".into()),
            ..person(CAROL, "Carol Clark")
        };
        let world = World::new().with(&alice).with(&bob).with(&carol).with(&interaction("int1"));
        Self {
            world,
            id: "int1".into(),
            trail: Trail::default(),
            newest: None,
        }
    }

    /// A page whose interaction has begun.
    fn begun(event: InteractionEvent) -> Self {
        let mut page = Self::new();
        page.put(event).unwrap();
        page
    }

    /// Changes the sign-in experience.
    fn configure(&mut self, change: impl FnOnce(&mut SignInExperience)) {
        let mut row = self
            .world
            .get::<SignInExperience>(SignInExperience::ID)
            .map_or_else(SignInExperience::default, |row| row.as_ref().clone());
        change(&mut row);
        self.world.put(&row);
    }

    /// Switches development sign-in.
    fn development(&mut self, on: bool) {
        self.world.put(&ProviderSettings {
            development_sign_in: on,
            ..ProviderSettings::default()
        });
    }

    fn change_user(&mut self, id: &str, change: impl FnOnce(&mut User)) {
        let mut user = self.user(id);
        change(&mut user);
        self.world.put(&user);
    }

    fn user(&self, id: &str) -> User {
        self.world.get::<User>(id).unwrap().as_ref().clone()
    }

    fn user_if_there(&self, id: &UserId) -> Option<User> {
        self.world.get::<User>(id.as_str()).map(|user| user.as_ref().clone())
    }

    /// The event, while the interaction lives.
    fn state_event(&self) -> Option<InteractionEvent> {
        self.world.get::<Interaction>(self.id.as_str())?.result.interaction_event
    }

    fn state(&self) -> Interaction {
        self.world.get::<Interaction>(self.id.as_str()).unwrap().as_ref().clone()
    }

    /// One decision, committed; what it must always leave is checked here for every call of every test.
    fn call<T>(&mut self, rule: impl FnOnce(&mut Cx<'_>, &InteractionId) -> Ruling<T>) -> Result<T, ApiError> {
        let id = self.id.clone();
        let (ruling, trail) = self.world.write(|cx| rule(cx, &id));
        let outcome = ruling.unwrap();
        self.trail = trail;
        check_trail(&self.trail, outcome.as_ref().err());
        outcome
    }

    fn put(&mut self, event: InteractionEvent) -> Result<(), ApiError> {
        self.call(|cx, id| put_interaction(cx, id, event))
    }

    fn change(&mut self, event: InteractionEvent) -> Result<(), ApiError> {
        self.call(|cx, id| put_interaction_event(cx, id, event))
    }

    /// `POST /verification/password`, both decisions and the comparison between them.
    fn password(&mut self, identifier: &Identifier, password: &str) -> Result<VerificationId, ApiError> {
        let question = self.call(|cx, id| password_candidate(cx, id, identifier))?;
        let matched = question.hash.as_ref().is_some_and(|h| h.matches(&hash(password)));
        self.call(|cx, id| record_password_result(cx, id, &question, matched))
    }

    /// `POST /verification/new-password-identity`, both decisions and the hash between them.
    fn new_identity(&mut self, name: &str, password: &str) -> Result<VerificationId, ApiError> {
        let identifier = username(name);
        self.call(|cx, id| new_password_identity_check(cx, id, &identifier, &Secret::new(password)))?;
        self.call(|cx, id| record_new_password_identity(cx, id, &identifier, hash(password)))
    }

    fn develop(&mut self, choice: &DevelopmentChoice) -> Result<VerificationId, ApiError> {
        self.call(|cx, id| development_sign_in(cx, id, choice))
    }

    fn identify(&mut self, record: Option<&VerificationId>) -> Result<Identified, ApiError> {
        self.call(|cx, id| identify(cx, id, record.map(VerificationId::as_str), false))
    }

    fn add(&mut self, update: ProfileUpdate) -> Result<(), ApiError> {
        self.call(|cx, id| add_profile(cx, id, update))
    }

    fn submit(&mut self) -> Result<String, ApiError> {
        match self.call(|cx, id| submit(cx, id, ISSUER))? {
            Submitted::SignedIn { redirect_to } => Ok(redirect_to),
            Submitted::PasswordReset => Ok(String::new()),
        }
    }

    /// `POST /verification/verification-code`.
    fn send(&mut self, identifier: &Identifier, event: InteractionEvent) -> Result<Sent, ApiError> {
        let sent = self.call(|cx, id| send_verification_code(cx, id, identifier, event))?;
        if let Some(message) = &sent.message {
            self.newest = Some(message.clone());
        }
        Ok(sent)
    }

    /// `POST /verification/verification-code/verify`.
    fn verify(&mut self, identifier: &Identifier, record: &VerificationId, code: &str) -> Result<VerificationId, ApiError> {
        self.call(|cx, id| verify_verification_code(cx, id, identifier, record.as_str(), code))
    }

    /// The code in the newest message, read in the Inbox.
    fn code_in_inbox(&self) -> String {
        let newest = self.newest.as_ref().unwrap();
        let (body, _) = self.world.read(|cx| {
            let stored = cx.get::<Message>(&newest.id).unwrap().unwrap();
            open_message(cx, &stored).unwrap()
        });
        body.code.unwrap()
    }

    /// A verified code.
    fn prove(&mut self, identifier: &Identifier, event: InteractionEvent) -> VerificationId {
        let sent = self.send(identifier, event).unwrap();
        let code = self.code_in_inbox();
        self.verify(identifier, &sent.verification_id, &code).unwrap()
    }

    /// `PUT /profile/password`, both decisions and the comparison between them.
    fn reset(&mut self, password: &str) -> Result<(), ApiError> {
        let old = self.call(|cx, id| reset_password_check(cx, id, &Secret::new(password)))?;
        let same = old.is_some_and(|old| old.matches(&hash(password)));
        self.call(|cx, id| record_reset_password(cx, id, same, hash(password)))
    }

    /// Alice, up to identification.
    fn alice_identified() -> Self {
        let mut page = Self::begun(InteractionEvent::SignIn);
        let record = page.password(&username("alice"), "correct horse").unwrap();
        page.identify(Some(&record)).unwrap();
        page
    }
}

/// What every call must leave: its kind, both arrows, and for a refusal the error, a reason and words for the list.
/// No call may leave a password's hash anywhere.
fn check_trail(trail: &Trail, refusal: Option<&ApiError>) {
    assert_eq!(trail.kind, StepKind::Experience);
    let refused = trail.because.iter().filter(|b| b.outcome == Outcome::Refused).count();
    match refusal {
        None => {
            assert_eq!(trail.error, None);
            assert_eq!(refused, 0, "a success has no refused reason: {:?}", trail.because);
        }
        Some(error) => {
            assert_eq!(refused, 1, "a refusal has one refused reason: {:?}", trail.because);
            let shown = trail.error.as_ref().unwrap();
            assert_eq!((shown.error.as_str(), &shown.description), (error.code, &error.message));
            assert_eq!(shown.detail, error.hidden);
            assert!(
                trail
                    .arrows
                    .last()
                    .unwrap()
                    .label
                    .starts_with(&format!("{} {}", error.status, error.code))
            );
            assert!(trail.patch.outcome.as_ref().is_some_and(|o| !o.is_empty()));
            assert!(trail.patch.headline.as_ref().is_some_and(|h| !h.is_empty()));
            let body = error.body();
            assert_eq!(body["code"], error.code);
            if let Some(hidden) = &error.hidden {
                assert!(!error.message.contains(hidden), "the hidden reason is in the message");
                assert_ne!(body["details"], serde_json::json!(hidden));
            }
            assert!(
                !error.message.ends_with('!') && error.message.ends_with(['.', '?']),
                "{}",
                error.message
            );
        }
    }
    let everything = format!("{trail:?}{:?}", trail.snapshot.as_ref().map(ToString::to_string));
    assert!(!everything.contains("phc:"), "a hash leaked: {everything}");
    assert!(!everything.contains("sealed:"), "a sealed secret leaked: {everything}");
}

/// Status and code of a refusal.
fn code<T: std::fmt::Debug>(outcome: Result<T, ApiError>) -> (u16, &'static str) {
    let error = outcome.unwrap_err();
    (error.status, error.code)
}
