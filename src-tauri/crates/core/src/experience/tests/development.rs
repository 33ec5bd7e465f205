//! Development sign-in: as somebody, as somebody new, and not at all.

use super::*;
use crate::model::{Role, RoleType, SignInMode};

fn as_person(id: &str) -> DevelopmentChoice {
    DevelopmentChoice::Person(id.into())
}

#[test]
fn continue_as_alice_whatever_the_methods_are() {
    let mut page = Page::begun(InteractionEvent::SignIn);
    page.configure(|e| e.sign_in.methods.clear());
    let record = page.develop(&as_person(ALICE)).unwrap();
    assert_eq!(page.identify(Some(&record)).unwrap(), Identified::Existing(ALICE.into()));
    page.submit().unwrap();
    assert_eq!(page.state().result.login, Some(ALICE.into()));
}

#[test]
fn a_mandatory_profile_is_not_asked_for_and_the_reason_says_so() {
    let mut page = Page::begun(InteractionEvent::SignIn);
    let record = page.develop(&as_person(CAROL)).unwrap();
    page.identify(Some(&record)).unwrap();
    page.submit().unwrap();
    let reason = page
        .trail
        .because
        .iter()
        .find(|b| b.rule == "experience.mandatory_profile")
        .unwrap();
    assert!(reason.detail.contains("/continue/password"), "{}", reason.detail);
}

#[test]
fn somebody_new_is_made_up() {
    let mut page = Page::begun(InteractionEvent::SignIn);
    page.world.put(&Role {
        id: "r1".into(),
        name: "reader".into(),
        description: String::new(),
        kind: RoleType::User,
        is_default: true,
        scopes: Vec::new(),
        user_ids: Vec::new(),
        application_ids: Vec::new(),
    });
    let record = page.develop(&DevelopmentChoice::NewPerson).unwrap();
    assert_eq!(page.state().result.interaction_event, Some(InteractionEvent::Register));
    let identified = page.identify(Some(&record)).unwrap();
    assert_eq!(identified.status(), 201);
    let user = page.user(identified.user_id().as_str());
    let email = user.primary_email.clone().unwrap();
    assert!(email.ends_with("@example.test") && identifier::is_email(&email), "{email}");
    assert_eq!(identifier::username_problem(user.username.as_deref().unwrap()), None);
    assert_eq!(user.name.as_deref().unwrap().split(' ').count(), 2);
    assert_eq!(page.world.get::<Role>("r1").unwrap().user_ids, std::slice::from_ref(&user.id));
    page.submit().unwrap();
    assert_eq!(page.state().result.login, Some(user.id));
}

#[test]
fn the_same_entropy_makes_up_the_same_person_and_namesakes_differ() {
    let make = |page: &mut Page| {
        page.put(InteractionEvent::SignIn).unwrap();
        let record = page.develop(&DevelopmentChoice::NewPerson).unwrap();
        let who = page.identify(Some(&record)).unwrap();
        page.user(who.user_id().as_str())
    };
    let (mut one, mut two) = (Page::new(), Page::new());
    let (first, same) = (make(&mut one), make(&mut two));
    assert_eq!((first.name, first.username, first.id), (same.name, same.username, same.id));
    let mut usernames = std::collections::BTreeSet::new();
    for _ in 0..700 {
        assert!(usernames.insert(make(&mut one).username));
    }
}

#[test]
fn it_is_refused_while_it_is_off() {
    let mut page = Page::begun(InteractionEvent::SignIn);
    let record = page.develop(&as_person(ALICE)).unwrap();
    page.development(false);
    for choice in [as_person(ALICE), DevelopmentChoice::NewPerson] {
        assert_eq!(code(page.develop(&choice)), (403, "auth.forbidden"));
    }
    assert_eq!(code(page.call(development_people)), (403, "auth.forbidden"));
    // A record made while it was on is worth nothing now.
    assert_eq!(code(page.identify(Some(&record))), (403, "auth.forbidden"));
}

#[test]
fn the_person_must_be_there_and_not_suspended() {
    let mut page = Page::begun(InteractionEvent::SignIn);
    assert_eq!(code(page.develop(&as_person("nobody"))), (404, "user.user_not_exist"));
    assert_eq!(code(page.develop(&as_person(BOB))), (401, "user.suspended"));
    let record = page.develop(&as_person(ALICE)).unwrap();
    page.change_user(ALICE, |u| u.is_suspended = true);
    assert_eq!(code(page.identify(Some(&record))), (401, "user.suspended"));
    page.world.write(|cx| cx.delete::<User>(ALICE).unwrap());
    assert_eq!(code(page.identify(Some(&record))), (404, "user.user_not_exist"));
}

#[test]
fn the_mode_holds_here_too() {
    let mut page = Page::begun(InteractionEvent::SignIn);
    page.configure(|e| e.sign_in_mode = SignInMode::SignIn);
    assert_eq!(code(page.develop(&DevelopmentChoice::NewPerson)), (403, "auth.forbidden"));
    assert_eq!(page.world.read(|cx| cx.list::<User>(10).unwrap()).0.len(), 3);
    page.configure(|e| e.sign_in_mode = SignInMode::Register);
    assert_eq!(code(page.develop(&as_person(ALICE))), (403, "auth.forbidden"));
}

#[test]
fn it_does_not_take_over_a_sign_in_that_is_somebodys() {
    let mut page = Page::alice_identified();
    assert_eq!(
        code(page.develop(&DevelopmentChoice::NewPerson)),
        (409, "session.identity_conflict")
    );
    let record = page.develop(&as_person(CAROL)).unwrap();
    assert_eq!(code(page.identify(Some(&record))), (409, "session.identity_conflict"));
}

#[test]
fn the_people_on_offer() {
    let mut page = Page::new();
    let people = page.call(development_people).unwrap();
    let names: Vec<_> = people
        .iter()
        .map(|p| (p.name.as_str(), p.identifier.as_deref(), p.is_suspended))
        .collect();
    assert_eq!(
        names,
        [
            ("Alice Archer", Some("alice"), false),
            ("Bob Brown", Some("bob"), true),
            ("Carol Clark", Some("carol"), false)
        ]
    );
    assert!(!serde_json::to_string(&people).unwrap().contains("phc:"));
}

#[test]
fn the_choice_exempts_only_while_development_sign_in_is_on() {
    let mut page = Page::begun(InteractionEvent::SignIn);
    page.development(true);
    page.change_user(CAROL, |u| u.username = None);
    let record = page.develop(&as_person(CAROL)).unwrap();
    page.identify(Some(&record)).unwrap();
    page.development(false);
    assert_eq!(code(page.submit()), (422, "user.missing_profile"));
    page.configure(|e| {
        e.sign_up.identifiers.clear();
        e.sign_up.password = false;
        e.mfa.factors = vec![crate::model::MfaFactor::Totp];
        e.mfa.policy = crate::model::MfaPolicy::Mandatory;
    });
    assert_eq!(code(page.submit()), (422, "user.missing_mfa"));
    page.development(true);
    page.submit().unwrap();
}
