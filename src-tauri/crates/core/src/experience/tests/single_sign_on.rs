//! Companies' own sign-ins, and direct sign-in (sheet 2.5 and 6.5).

use super::connectors::{google_of, page, simulated, somebody};
use super::{ALICE, Page, code};
use crate::experience::{Identified, note_direct_sign_in, sso_connectors_of};
use crate::model::{Connector, MfaPolicy, SsoIdentity};
use crate::oidc::params::{DirectSignIn, FirstScreen};
use crate::record::InteractionEvent;
use crate::testing::START;
use crate::{Because, Outcome, Repair};
use serde_json::Value;

#[test]
fn a_company_account_is_found_linked_by_its_domain_or_made() {
    let mut page = page(InteractionEvent::SignIn);
    let record = page.back_as("acme", somebody("a-1", Some("nora@acme.test")));
    assert_eq!(code(page.identify(Some(&record))), (404, "user.sso_identity_not_exist"));
    page.change(InteractionEvent::Register).unwrap();
    // Whatever sign-up asks for is not asked for.
    let Identified::Registered(nora) = page.identify(Some(&record)).unwrap() else {
        panic!("a new person");
    };
    page.submit().unwrap();
    let held = &page.user(nora.as_str()).sso_identities;
    assert_eq!(
        (held.len(), held[0].identity_id.as_str(), held[0].sso_connector_id.as_str()),
        (1, "a-1", "acme")
    );
    assert_eq!(held[0].issuer, "http://localhost:3001/simulated/acme");

    page.put(InteractionEvent::SignIn).unwrap();
    let record = page.back_as("acme", somebody("a-1", None));
    assert_eq!(page.identify(Some(&record)).unwrap(), Identified::Existing(nora.clone()));

    // Another subject with the address of the company's domain is the same person.
    page.put(InteractionEvent::SignIn).unwrap();
    let record = page.back_as("acme", somebody("a-2", Some("nora@acme.test")));
    assert_eq!(page.identify(Some(&record)).unwrap(), Identified::Existing(nora));
}

#[test]
fn a_company_is_not_believed_about_other_domains() {
    let mut page = page(InteractionEvent::SignIn);
    let record = page.back_as("acme", somebody("a-1", Some("alice@example.test")));
    assert_eq!(code(page.identify(Some(&record))), (404, "user.sso_identity_not_exist"));
    page.change(InteractionEvent::Register).unwrap();
    let Identified::Registered(id) = page.identify(Some(&record)).unwrap() else {
        panic!("a new person, without the address");
    };
    assert_ne!(id.as_str(), ALICE);
    assert_eq!(page.user(id.as_str()).primary_email, None);
}

#[test]
fn single_sign_on_is_asked_for_no_second_factor_and_social_sign_in_is() {
    for (connector, refused) in [("google", true), ("acme", false)] {
        let mut page = page(InteractionEvent::SignIn);
        page.configure(|e| {
            e.mfa.policy = MfaPolicy::Mandatory;
            e.mfa.factors = vec![crate::model::MfaFactor::Totp];
        });
        google_of(&mut page, ALICE, "id-1");
        page.change_user(ALICE, |user| {
            user.sso_identities.push(SsoIdentity {
                issuer: "http://localhost:3001/simulated/acme".into(),
                identity_id: "id-1".into(),
                sso_connector_id: "acme".into(),
                detail: Value::Null,
            });
        });
        let record = page.back_as(connector, somebody("id-1", None));
        page.identify(Some(&record)).unwrap();
        let outcome = page.submit();
        assert_eq!(outcome.is_err(), refused, "{connector}");
        if refused {
            assert_eq!(code(outcome), (422, "user.missing_mfa"));
        }
    }
}

#[test]
fn companies_are_found_by_address() {
    let mut page = page(InteractionEvent::SignIn);
    let ids = |page: &mut Page, email: &'static str| page.call(|cx, id| sso_connectors_of(cx, id, email));
    assert_eq!(ids(&mut page, "nora@ACME.test").unwrap(), ["acme".into()]);
    assert_eq!(ids(&mut page, "nora@example.test").unwrap(), []);
    assert_eq!(code(ids(&mut page, "nora")), (400, "guard.invalid_input"));
    page.configure(|e| e.single_sign_on_enabled = false);
    assert_eq!(ids(&mut page, "nora@acme.test").unwrap(), []);
}

#[test]
fn direct_sign_in_says_where_it_goes_or_why_not() {
    let mut page = page(InteractionEvent::SignIn);
    let told = |page: &mut Page, method: &str, target: Option<&str>| -> Because {
        let direct = DirectSignIn {
            method: method.into(),
            target: target.map(str::to_owned),
        };
        let (outcome, trail) = page.world.write(|cx| note_direct_sign_in(cx, &direct, FirstScreen::SignIn));
        outcome.unwrap();
        trail.because.into_iter().next().unwrap()
    };
    assert_eq!(told(&mut page, "social", Some("google")).outcome, Outcome::Decided);
    assert_eq!(told(&mut page, "sso", Some("acme")).outcome, Outcome::Decided);
    let hidden = told(&mut page, "social", Some("github"));
    assert_eq!(hidden.outcome, Outcome::Dropped);
    assert_eq!(hidden.repair, Some(Repair::OfferConnector { target: "github".into() }));
    page.world
        .put(&Connector::new("bare".into(), "oidc", Some("bare".into()), "Bare", START));
    let mut nameless = simulated("empty", "OIDC", None);
    nameless.domains.clear();
    page.world.put(&nameless);
    page.configure(|e| e.social_sign_in_connector_targets.push("bare".into()));
    for (method, target, words) in [
        ("social", Some("nobody"), "No social connector"),
        ("social", Some("bare"), "not set up right"),
        ("social", None, "names no target"),
        ("sso", Some("nobody"), "No enterprise connector"),
        ("sso", Some("empty"), "no mail domain"),
        ("password", Some("x"), "not a direct sign-in method"),
    ] {
        let because = told(&mut page, method, target);
        assert_eq!(because.outcome, Outcome::Dropped);
        assert!(because.detail.contains(words), "{method}: {}", because.detail);
    }
    page.configure(|e| e.single_sign_on_enabled = false);
    assert!(told(&mut page, "sso", Some("acme")).detail.contains("switched off"));
}

#[test]
fn what_a_company_says_never_reaches_somebody_who_was_identified_otherwise() {
    let mut page = page(InteractionEvent::SignIn);
    page.configure(|e| {
        e.mfa.policy = MfaPolicy::Mandatory;
        e.mfa.factors = vec![crate::model::MfaFactor::Totp];
    });
    // Whoever knows Alice's password, and nothing else, has an account at the company, too.
    let password = page.password(&super::username("alice"), "correct horse").unwrap();
    page.identify(Some(&password)).unwrap();
    page.change(InteractionEvent::Register).unwrap();
    let record = page.back_as("acme", somebody("a-evil", None));
    assert_eq!(code(page.identify(Some(&record))), (400, "session.invalid_interaction_type"));
    assert!(page.state().result.profile.is_empty());
    assert!(page.submit().is_err());
    assert!(page.user(ALICE).sso_identities.is_empty());
}

#[test]
fn another_company_that_claims_the_same_issuer_is_not_believed() {
    let mut page = page(InteractionEvent::SignIn);
    let identity = |connector: &str| SsoIdentity {
        issuer: "http://localhost:3001/simulated/acme".into(),
        identity_id: "a-1".into(),
        sso_connector_id: connector.into(),
        detail: Value::Null,
    };
    let mut other = simulated("other", "OIDC", None);
    other.domains = vec!["other.test".into()];
    page.world.put(&other);
    page.change_user(ALICE, |user| user.sso_identities.push(identity("other")));
    let record = page.back_as("acme", somebody("a-1", None));
    assert_eq!(code(page.identify(Some(&record))), (404, "user.sso_identity_not_exist"));
    // A connector that is gone has left its people to whoever came after it.
    page.change_user(ALICE, |user| user.sso_identities = vec![identity("gone")]);
    assert_eq!(page.identify(Some(&record)).unwrap(), Identified::Existing(ALICE.into()));
    page.submit().unwrap();
    assert_eq!(page.user(ALICE).sso_identities[0].sso_connector_id.as_str(), "acme");
}

#[test]
fn a_company_reserves_no_foreign_address() {
    let mut page = page(InteractionEvent::Register);
    let record = page.back_as("acme", somebody("a-1", Some("later@elsewhere.test")));
    let Identified::Registered(id) = page.identify(Some(&record)).unwrap() else {
        panic!("a new person, without the address");
    };
    assert_eq!(page.user(id.as_str()).primary_email, None);
}
