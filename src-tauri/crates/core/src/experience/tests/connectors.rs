//! Signing in with other providers (sheet 2.6, 4.3, 6.4 and 6.5).

use super::{ALICE, Page, code, username};
use crate::connectors::{Departure, FailureKind, Places, UpstreamAnswer, UpstreamFailure, UpstreamUser};
use crate::experience::{
    ConnectorFamily, Identified, ProfileUpdate, StartedConnector, connector_question, identify, record_connector_answer, start_connector,
};
use crate::ids::VerificationId;
use crate::model::{Connector, SignInMode, Simulation, SocialIdentity};
use crate::record::InteractionEvent;
use crate::testing::START;
use crate::{Because, Outcome};
use serde_json::{Value, json};

const STATE: &str = "the page's own state";

fn places() -> Places {
    Places {
        endpoint: "http://localhost:3001".into(),
        loopback: "http://127.0.0.1:3001".into(),
    }
}

/// A provider that is played by Vestibule, so that it needs no configuration.
pub(super) fn simulated(id: &str, factory: &str, target: Option<&str>) -> Connector {
    let mut connector = Connector::new(id.into(), factory, target.map(str::to_owned), id.to_uppercase(), START);
    connector.simulation = Some(Simulation::default());
    if target.is_none() {
        connector.domains = vec!["acme.test".into()];
    }
    connector
}

/// A page with three connectors: two social ones and one of a company.
pub(super) fn page(event: InteractionEvent) -> Page {
    let mut page = Page::begun(event);
    page.world.put(&simulated("google", "google-universal", Some("google")));
    page.world.put(&simulated("github", "github-universal", Some("github")));
    page.world.put(&simulated("acme", "OIDC", None));
    page.configure(|e| {
        e.single_sign_on_enabled = true;
        e.social_sign_in_connector_targets = vec!["google".into()];
    });
    page
}

pub(super) fn somebody(id: &str, email: Option<&str>) -> UpstreamUser {
    UpstreamUser {
        id: id.into(),
        name: Some("Nora Example".into()),
        avatar: Some("https://pictures.test/nora.png".into()),
        email: email.map(str::to_owned),
        phone: None,
        raw_data: json!({ "sub": id }),
    }
}

fn family(id: &str) -> ConnectorFamily {
    if id == "acme" {
        ConnectorFamily::EnterpriseSso
    } else {
        ConnectorFamily::Social
    }
}

fn address_of(started: &StartedConnector) -> &str {
    match &started.departure {
        Departure::Address(address) => address,
        Departure::Saml(_) => panic!("a SAML request"),
    }
}

impl Page {
    fn leave(&mut self, id: &str) -> VerificationId {
        let started = self
            .call(|cx, interaction| {
                start_connector(
                    cx,
                    interaction,
                    family(id),
                    id,
                    &places(),
                    None,
                    STATE,
                    "http://localhost:3001/callback/x",
                )
            })
            .unwrap();
        started.verification_id
    }

    fn question(&mut self, id: &str, callback: Value) -> Result<VerificationId, crate::experience::ApiError> {
        let Value::Object(callback) = callback else {
            panic!("a callback is an object")
        };
        let taken = self.call(|cx, interaction| connector_question(cx, interaction, family(id), id, None, &places(), None, callback))?;
        Ok(taken.verification_id)
    }

    /// Off to the provider and back as somebody.
    pub(super) fn back_as(&mut self, id: &str, user: UpstreamUser) -> VerificationId {
        self.leave(id);
        let record = self.question(id, json!({ "code": "c", "state": STATE })).unwrap();
        let answer = UpstreamAnswer {
            calls: Vec::new(),
            because: Vec::new(),
            result: Ok((user, None)),
        };
        self.call(|cx, interaction| record_connector_answer(cx, interaction, family(id), &id.into(), &record, answer))
            .unwrap()
    }

    fn link(&mut self, record: &VerificationId) -> Result<Identified, crate::experience::ApiError> {
        self.call(|cx, id| identify(cx, id, Some(record.as_str()), true))
    }
}

pub(super) fn google_of(page: &mut Page, user: &str, id: &str) {
    page.change_user(user, |user| {
        let identity = SocialIdentity {
            user_id: id.into(),
            details: Value::Null,
        };
        user.identities.insert("google".into(), identity);
    });
}

#[test]
fn the_address_has_logtos_members_and_no_challenge() {
    let mut page = page(InteractionEvent::SignIn);
    let started = page
        .call(|cx, id| {
            start_connector(
                cx,
                id,
                ConnectorFamily::Social,
                "google",
                &places(),
                None,
                STATE,
                "http://localhost:3001/callback/google",
            )
        })
        .unwrap();
    let address = url::Url::parse(address_of(&started)).unwrap();
    let names: Vec<String> = address.query_pairs().map(|(name, _)| name.into_owned()).collect();
    assert_eq!(names, ["response_type", "client_id", "scope", "redirect_uri", "state", "nonce"]);
    assert!(address.as_str().starts_with("http://localhost:3001/simulated/google/authorize?"));
    // A company's provider announces S256, and gets a challenge.
    let started = page
        .call(|cx, id| start_connector(cx, id, ConnectorFamily::EnterpriseSso, "acme", &places(), None, STATE, "http://x/"))
        .unwrap();
    assert!(address_of(&started).contains("code_challenge_method=S256"));
    assert!(!address_of(&started).contains("login_hint"));
    // Whom the application expects is told to a company's provider, and to no other.
    let mut interaction = page.state();
    interaction.params.insert("login_hint".into(), "nora@acme.test".into());
    page.world.put(&interaction);
    for (id, told) in [("acme", true), ("google", false)] {
        let started = page
            .call(|cx, interaction| start_connector(cx, interaction, family(id), id, &places(), None, STATE, "http://x/"))
            .unwrap();
        assert_eq!(address_of(&started).contains("login_hint=nora%40acme.test"), told, "{id}");
    }
}

#[test]
fn unknown_connectors_and_bad_texts_are_refused() {
    let mut page = page(InteractionEvent::SignIn);
    let start = |family, id: &'static str, state: &'static str| {
        move |cx: &mut crate::Cx<'_>, interaction: &crate::ids::InteractionId| {
            start_connector(cx, interaction, family, id, &places(), None, state, "http://x/")
        }
    };
    assert_eq!(
        code(page.call(start(ConnectorFamily::Social, "nobody", STATE))),
        (404, "entity.not_found")
    );
    // Each family has its own connectors.
    assert_eq!(
        code(page.call(start(ConnectorFamily::Social, "acme", STATE))),
        (404, "entity.not_found")
    );
    assert_eq!(
        code(page.call(start(ConnectorFamily::EnterpriseSso, "google", STATE))),
        (404, "connector.not_found")
    );
    assert_eq!(
        code(page.call(start(ConnectorFamily::Social, "google", ""))),
        (400, "guard.invalid_input")
    );
    page.configure(|e| e.single_sign_on_enabled = false);
    assert_eq!(
        code(page.call(start(ConnectorFamily::EnterpriseSso, "acme", STATE))),
        (404, "connector.not_found")
    );
    // A real one without configuration.
    page.world
        .put(&Connector::new("real".into(), "oidc", Some("real".into()), "Real", START));
    assert_eq!(
        code(page.call(start(ConnectorFamily::Social, "real", STATE))),
        (400, "connector.invalid_config")
    );
}

#[test]
fn a_callback_counts_once_here_and_for_its_own_connector() {
    let mut page = page(InteractionEvent::SignIn);
    let nothing = json!({ "code": "c" });
    assert_eq!(
        code(page.question("google", nothing.clone())),
        (404, "session.verification_session_not_found"),
        "nobody left"
    );
    page.leave("google");
    assert_eq!(
        code(page.question("github", nothing.clone())),
        (404, "session.verification_session_not_found"),
        "mix-up"
    );
    assert_eq!(
        code(page.question("google", json!({ "code": "c", "state": "of another sign-in" }))),
        (400, "session.connector_validation_session_not_found"),
        "another state"
    );
    page.question("google", json!({ "code": "c", "state": STATE })).unwrap();
    assert_eq!(
        code(page.question("google", json!({ "code": "c", "state": STATE }))),
        (400, "session.connector_validation_session_not_found"),
        "replayed"
    );
}

#[test]
fn an_error_of_the_provider_and_a_failed_exchange_leave_nothing() {
    let mut page = page(InteractionEvent::SignIn);
    page.leave("google");
    let refused = page.question("google", json!({ "error": "access_denied", "state": STATE }));
    assert_eq!(code(refused), (401, "connector.authorization_failed"));
    let record = page.leave("google");
    page.question("google", json!({ "code": "c", "state": STATE })).unwrap();
    for (kind, status, name) in [
        (FailureKind::AuthCodeInvalid, 401, "connector.social_auth_code_invalid"),
        (FailureKind::AccessTokenInvalid, 401, "connector.social_invalid_access_token"),
        (FailureKind::IdTokenInvalid, 401, "connector.social_invalid_id_token"),
        (FailureKind::InvalidResponse, 400, "connector.invalid_response"),
        (
            FailureKind::InsufficientParameters,
            400,
            "connector.insufficient_request_parameters",
        ),
        (FailureKind::General, 500, "connector.general"),
    ] {
        let answer = UpstreamAnswer {
            calls: Vec::new(),
            because: Vec::new(),
            result: Err(UpstreamFailure {
                kind,
                message: "It failed.".into(),
                because: Because::new("upstream", Outcome::Refused, "It failed", "Why.", "Logto 6.3"),
            }),
        };
        let outcome = page.call(|cx, id| record_connector_answer(cx, id, ConnectorFamily::Social, &"google".into(), &record, answer));
        assert_eq!(code(outcome), (status, name));
    }
    assert_eq!(code(page.identify(Some(&record))), (400, "session.verification_failed"));
    assert!(page.state().result.profile.is_empty());
}

#[test]
fn a_linked_account_signs_its_person_in() {
    let mut page = page(InteractionEvent::SignIn);
    google_of(&mut page, ALICE, "g-1");
    let record = page.back_as("google", somebody("g-1", None));
    assert_eq!(page.identify(Some(&record)).unwrap(), Identified::Existing(ALICE.into()));
    page.submit().unwrap();
    assert_eq!(
        page.user(ALICE).name.as_deref(),
        Some("Alice Archer"),
        "the profile is not kept the same unless asked"
    );
}

#[test]
fn sync_profile_refreshes_name_and_picture_and_never_the_address() {
    let mut page = page(InteractionEvent::SignIn);
    google_of(&mut page, ALICE, "g-1");
    let mut connector = simulated("google", "google-universal", Some("google"));
    connector.sync_profile = true;
    page.world.put(&connector);
    let record = page.back_as("google", somebody("g-1", Some("new@example.test")));
    page.identify(Some(&record)).unwrap();
    page.submit().unwrap();
    let alice = page.user(ALICE);
    assert_eq!(alice.name.as_deref(), Some("Nora Example"));
    assert_eq!(alice.avatar.as_deref(), Some("https://pictures.test/nora.png"));
    assert_eq!(alice.primary_email.as_deref(), Some("Alice@Example.test"));
}

#[test]
fn an_unknown_account_with_a_known_address_asks_links_or_is_linked() {
    let mut page = page(InteractionEvent::SignIn);
    let record = page.back_as("google", somebody("g-9", Some("alice@example.test")));
    let error = page.identify(Some(&record)).unwrap_err();
    assert_eq!((error.status, error.code), (404, "user.identity_not_exist"));
    assert_eq!(
        error.body()["data"],
        json!({ "relatedUser": { "type": "email", "value": "alice@example.test" } })
    );
    assert!(page.user(ALICE).identities.is_empty(), "nothing is linked unasked");
    assert_eq!(page.link(&record).unwrap(), Identified::Existing(ALICE.into()));
    page.submit().unwrap();
    assert_eq!(page.user(ALICE).identities["google"].user_id, "g-9");

    let mut page = self::page(InteractionEvent::SignIn);
    page.configure(|e| e.social_sign_in.automatic_account_linking = true);
    let record = page.back_as("google", somebody("g-9", Some("alice@example.test")));
    assert_eq!(page.identify(Some(&record)).unwrap(), Identified::Existing(ALICE.into()));
}

#[test]
fn an_address_that_nobody_vouches_for_never_links() {
    let mut page = page(InteractionEvent::SignIn);
    page.configure(|e| e.social_sign_in.automatic_account_linking = true);
    let record = page.back_as("google", somebody("g-9", None));
    let error = page.link(&record).unwrap_err();
    assert_eq!((error.status, error.code), (404, "user.identity_not_exist"));
    assert!(error.data.is_none());
}

#[test]
fn a_second_account_of_a_provider_is_not_linked_over_the_first() {
    let mut page = page(InteractionEvent::SignIn);
    google_of(&mut page, ALICE, "g-1");
    let record = page.back_as("google", somebody("g-2", Some("alice@example.test")));
    assert_eq!(code(page.link(&record)), (422, "user.social_account_exists_in_profile"));
    assert_eq!(page.user(ALICE).identities["google"].user_id, "g-1");
}

#[test]
fn a_social_address_of_a_company_goes_to_the_company() {
    for event in [InteractionEvent::SignIn, InteractionEvent::Register] {
        let mut page = page(event);
        let record = page.back_as("google", somebody("g-1", Some("nora@acme.test")));
        let error = page.identify(Some(&record)).unwrap_err();
        assert_eq!((error.status, error.code), (422, "session.sso_enabled"));
        assert_eq!(error.body()["data"]["ssoConnectors"][0]["id"], "acme");
    }
}

#[test]
fn a_first_social_sign_in_registers() {
    let mut page = page(InteractionEvent::SignIn);
    page.configure(|e| e.social_sign_in.skip_required_identifiers = true);
    let record = page.back_as("google", somebody("g-1", Some("nora@example.test")));
    assert_eq!(code(page.identify(Some(&record))), (404, "user.identity_not_exist"));
    page.change(InteractionEvent::Register).unwrap();
    let Identified::Registered(id) = page.identify(Some(&record)).unwrap() else {
        panic!("a new person");
    };
    page.submit().unwrap();
    let nora = page.user(id.as_str());
    assert_eq!(nora.primary_email.as_deref(), Some("nora@example.test"));
    assert_eq!(nora.name.as_deref(), Some("Nora Example"));
    assert_eq!(nora.identities["google"].user_id, "g-1");
    // The account is theirs now: nobody registers with it again.
    let mut again = page;
    again.put(InteractionEvent::Register).unwrap();
    let record = again.back_as("google", somebody("g-1", None));
    assert_eq!(code(again.identify(Some(&record))), (422, "user.identity_already_in_use"));
}

#[test]
fn the_mode_and_the_mandatory_profile_hold_for_social_accounts_too() {
    let mut page = page(InteractionEvent::Register);
    page.configure(|e| e.sign_in_mode = SignInMode::SignIn);
    let record = page.back_as("google", somebody("g-1", None));
    assert_eq!(code(page.identify(Some(&record))), (403, "auth.forbidden"));
    page.configure(|e| e.sign_in_mode = SignInMode::SignInAndRegister);
    // Sign-up asks for a username; a social account stands in for the password.
    let error = page.identify(Some(&record)).unwrap_err();
    assert_eq!((error.status, error.code), (422, "user.missing_profile"));
    assert_eq!(error.body()["data"]["missingProfile"], json!(["username"]));
    page.add(ProfileUpdate::Username("nora".into())).unwrap();
    assert_eq!(page.identify(None).unwrap().status(), 201);
}

#[test]
fn a_taken_address_stays_with_its_holder() {
    let mut page = page(InteractionEvent::Register);
    page.configure(|e| e.social_sign_in.skip_required_identifiers = true);
    let record = page.back_as("google", somebody("g-1", Some("alice@example.test")));
    let Identified::Registered(id) = page.identify(Some(&record)).unwrap() else {
        panic!("a new person");
    };
    assert_eq!(page.user(id.as_str()).primary_email, None);
    assert_eq!(page.user(ALICE).primary_email.as_deref(), Some("Alice@Example.test"));
}

#[test]
fn a_social_account_is_added_to_whoever_is_signing_in() {
    let mut page = page(InteractionEvent::SignIn);
    let record = page.back_as("google", somebody("g-1", None));
    let password = page.password(&username("alice"), "correct horse").unwrap();
    page.identify(Some(&password)).unwrap();
    page.add(ProfileUpdate::Social {
        verification_id: record.0.clone(),
    })
    .unwrap();
    page.submit().unwrap();
    assert_eq!(page.user(ALICE).identities["google"].user_id, "g-1");
}

#[test]
fn the_state_shows_who_came_back_and_no_secret() {
    let mut page = page(InteractionEvent::SignIn);
    page.back_as("acme", somebody("a-1", None));
    let shown = page.call(crate::experience::get_interaction).unwrap();
    let record = &shown["verificationRecords"][0];
    assert_eq!(record["type"], "EnterpriseSso");
    assert_eq!(record["connectorId"], "acme");
    assert_eq!(record["enterpriseSsoUserInfo"]["id"], "a-1");
    let text = shown.to_string();
    assert!(!text.contains("codeVerifier") && !text.contains("nonce"), "{text}");
}
