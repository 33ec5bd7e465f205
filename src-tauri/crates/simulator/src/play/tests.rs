use super::*;
use crate::testing::{house, pairs, request};
use vestibule_core::ids::UserId;
use vestibule_core::live::Trail;
use vestibule_core::model::Simulation;
use vestibule_core::testing::{START, World};

fn person(id: &str, email: &str) -> User {
    serde_json::from_value(serde_json::json!({
        "id": UserId::from(id), "name": id, "primaryEmail": email, "createdAt": START, "updatedAt": START
    }))
    .unwrap()
}

fn made_up(world: &mut World, provider: &Provider) -> SimulatedAccount {
    let connector = provider.connector.clone();
    world.write(|cx| accounts::make_up(cx, &connector).unwrap()).0
}

fn simulate(world: &mut World, simulation: Simulation) {
    let mut connector = (*world.get::<Connector>("c1").unwrap()).clone();
    connector.simulation = Some(simulation);
    world.put(&connector);
}

fn pick(world: &mut World, provider: &Provider, id: &str) -> (Reply, Trail) {
    let asked = request(provider);
    let (reply, trail) = world.write(|cx| choose(cx, provider, &asked, Choice::Account(id.to_owned())).unwrap());
    (reply.unwrap(), trail)
}

fn value<'a>(reply: &'a Reply, name: &str) -> Option<&'a str> {
    reply.params.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
}

fn persona(world: &mut World, account: &SimulatedAccount, failure: Failure) {
    world.put(&SimulatedAccount {
        failure: Some(failure),
        ..account.clone()
    });
}

#[test]
fn a_choice_comes_back_with_a_code_and_the_state() {
    let (mut world, provider) = house("google-universal");
    let account = made_up(&mut world, &provider);
    let (reply, trail) = pick(&mut world, &provider, &account.id);
    let (code, grant) = reply.issued.clone().unwrap();
    assert_eq!((value(&reply, "code"), value(&reply, "state")), (Some(code.as_str()), Some("s 1")));
    assert_eq!((&grant.account.sub, grant.failure), (&account.sub, None));
    assert!(world.get::<SimulatedAccount>(&account.id).unwrap().known);
    assert!(
        trail
            .because
            .iter()
            .any(|b| b.title.contains("was chosen at the simulated Acme & Co"))
    );
    assert!(trail.arrows.iter().any(|a| a.from == Lane::Upstream && a.to == Lane::Experience));
}

#[test]
fn failures_come_in_their_order_and_the_armed_one_once() {
    let (mut world, provider) = house("google-universal");
    let account = made_up(&mut world, &provider);
    simulate(
        &mut world,
        Simulation {
            failure: Some(Failure::Slow),
            next: Some(Failure::WrongNonce),
        },
    );
    persona(&mut world, &account, Failure::WrongIssuer);
    let played = |world: &mut World| pick(world, &provider, &account.id).0.issued.unwrap().1.failure;
    assert_eq!(played(&mut world), Some(Failure::WrongNonce));
    assert_eq!(played(&mut world), Some(Failure::WrongIssuer));
    world.put(&account);
    assert_eq!(played(&mut world), Some(Failure::Slow));
    assert_eq!(world.get::<Connector>("c1").unwrap().simulation.as_ref().unwrap().next, None);
}

#[test]
fn cancel_leaves_the_armed_failure_armed() {
    let (mut world, provider) = house("google-universal");
    simulate(
        &mut world,
        Simulation {
            failure: None,
            next: Some(Failure::Slow),
        },
    );
    let asked = request(&provider);
    let (reply, trail) = world.write(|cx| choose(cx, &provider, &asked, Choice::Cancel).unwrap().unwrap());
    assert_eq!(
        (value(&reply, "error"), value(&reply, "state")),
        (Some("access_denied"), Some("s 1"))
    );
    assert!(reply.issued.is_none());
    assert!(trail.because.iter().any(|b| b.outcome == Outcome::Refused));
    let next = world.get::<Connector>("c1").unwrap().simulation.as_ref().unwrap().next;
    assert_eq!(next, Some(Failure::Slow));
}

#[test]
fn errors_of_the_provider_carry_no_code() {
    for (failure, error) in [
        (Failure::AccessDenied, "access_denied"),
        (Failure::ServerError, "server_error"),
        (Failure::TemporarilyUnavailable, "temporarily_unavailable"),
    ] {
        let (mut world, provider) = house("github-universal");
        let account = made_up(&mut world, &provider);
        persona(&mut world, &account, failure);
        let (reply, trail) = pick(&mut world, &provider, &account.id);
        assert_eq!((value(&reply, "error"), value(&reply, "code")), (Some(error), None));
        assert!(reply.issued.is_none() && value(&reply, "state") == Some("s 1"));
        assert!(
            trail
                .because
                .iter()
                .any(|b| b.rule == "upstream.persona" && b.input.as_deref() == Some(failure.name()))
        );
        assert!(!world.get::<SimulatedAccount>(&account.id).unwrap().known, "nobody signed in");
    }
}

#[test]
fn personas_about_the_person_and_the_redirect() {
    let told = |failure| {
        let (mut world, provider) = house("google-universal");
        world.put(&person("alice", "alice@example.test"));
        let account = made_up(&mut world, &provider);
        persona(&mut world, &account, failure);
        let (reply, _) = pick(&mut world, &provider, &account.id);
        (account, reply)
    };
    let (_, reply) = told(Failure::WrongState);
    assert!(value(&reply, "state").is_some_and(|state| state != "s 1") && value(&reply, "code").is_some());

    let (_, reply) = told(Failure::NoEmail);
    assert_eq!(reply.issued.unwrap().1.account.email, None);
    let (account, reply) = told(Failure::UnverifiedEmail);
    let grant = reply.issued.unwrap().1;
    assert_eq!((grant.account.email, grant.account.email_verified), (account.email, false));
    let (account, reply) = told(Failure::ChangedSubject);
    let grant = reply.issued.unwrap().1;
    assert!(grant.account.sub != account.sub && grant.account.sub.len() == 21);
    let (_, reply) = told(Failure::EmailOfAnother);
    let grant = reply.issued.unwrap().1;
    assert_eq!(
        (grant.account.email.as_deref(), grant.account.email_verified),
        (Some("alice@example.test"), true)
    );
}

#[test]
fn the_address_of_another_is_never_the_persons_own() {
    let (mut world, provider) = house("google-universal");
    let account = made_up(&mut world, &provider);
    persona(&mut world, &account, Failure::EmailOfAnother);
    let mut own = person("own", "own@example.test");
    own.identities.insert(
        "acme".into(),
        vestibule_core::model::SocialIdentity {
            user_id: account.sub.clone(),
            details: serde_json::Value::Null,
        },
    );
    world.put(&own);
    world.put(&person("same", account.email.as_deref().unwrap()));
    let (reply, trail) = pick(&mut world, &provider, &account.id);
    assert_eq!(reply.issued.unwrap().1.account.email, account.email, "there is nobody else");
    assert!(trail.because.iter().any(|b| b.title == "Nobody else here has an e-mail address"));
    world.put(&person("bob", "bob@example.test"));
    let (reply, _) = pick(&mut world, &provider, &account.id);
    assert_eq!(reply.issued.unwrap().1.account.email.as_deref(), Some("bob@example.test"));
}

#[test]
fn a_persona_that_means_nothing_here_is_dropped() {
    let (mut world, provider) = house("github-universal");
    let account = made_up(&mut world, &provider);
    simulate(
        &mut world,
        Simulation {
            failure: Some(Failure::BadSignature),
            next: None,
        },
    );
    let (reply, trail) = pick(&mut world, &provider, &account.id);
    assert_eq!(reply.issued.unwrap().1.failure, None);
    assert!(
        trail
            .because
            .iter()
            .any(|b| b.outcome == Outcome::Dropped && b.detail.contains("issues no ID token"))
    );
}

#[test]
fn apple_tells_a_name_once() {
    let (mut world, provider) = house("apple-universal");
    let account = made_up(&mut world, &provider);
    let asked = crate::request::read(&provider, &pairs(&provider, &[("scope", "name email")])).unwrap();
    let mut sign_in = || {
        let choice = Choice::Account(account.id.clone());
        world.write(|cx| choose(cx, &provider, &asked, choice).unwrap().unwrap()).0
    };
    let first = sign_in();
    let user: serde_json::Value = serde_json::from_str(value(&first, "user").unwrap()).unwrap();
    let (given, family) = crate::claims::halves(&account.name);
    assert_eq!(user["name"], serde_json::json!({ "firstName": given, "lastName": family }));
    assert_eq!(user["email"].as_str(), account.email.as_deref());
    assert_eq!(first.mode, ResponseMode::FormPost);
    assert_eq!(value(&sign_in(), "user"), None);
}

#[test]
fn somebody_is_added_or_made_up_on_the_way() {
    let (mut world, provider) = house("google-universal");
    let asked = request(&provider);
    let draft = |name: &str| {
        Choice::New(Box::new(SimulatedAccountDraft {
            connector_id: "c1".into(),
            name: name.into(),
            ..SimulatedAccountDraft::default()
        }))
    };
    let (reply, _) = world.write(|cx| choose(cx, &provider, &asked, draft("Ada Byron")).unwrap());
    assert_eq!(reply.unwrap().issued.unwrap().1.account.name, "Ada Byron");
    let (reply, _) = world.write(|cx| choose(cx, &provider, &asked, Choice::MadeUp).unwrap());
    assert!(reply.unwrap().issued.is_some());
    let (all, _) = world.read(|cx| accounts::accounts(cx, &provider.connector.id).unwrap());
    assert_eq!(all.len(), 2);
    let (reply, _) = world.read(|cx| choose(cx, &provider, &asked, draft("")).unwrap());
    assert!(matches!(reply, Err(NoChoice::Wrong(problem)) if problem.field == "name"));
    let (reply, _) = world.read(|cx| choose(cx, &provider, &asked, Choice::Account("x".into())).unwrap());
    assert!(matches!(reply, Err(NoChoice::NoAccount)));
    let mut real = (*provider.connector).clone();
    real.simulation = None;
    world.put(&real);
    let (reply, _) = world.read(|cx| choose(cx, &provider, &asked, Choice::MadeUp).unwrap());
    assert!(matches!(reply, Err(NoChoice::Gone)));
}

#[test]
fn nobody_else_s_account_can_be_chosen() {
    let (mut world, provider) = house("google-universal");
    let account = made_up(&mut world, &provider);
    world.put(&SimulatedAccount {
        connector_id: "c2".into(),
        ..account.clone()
    });
    let asked = request(&provider);
    let (reply, _) = world.read(|cx| choose(cx, &provider, &asked, Choice::Account(account.id)).unwrap());
    assert!(matches!(reply, Err(NoChoice::NoAccount)));
}

#[test]
fn silence_needs_somebody_who_is_named() {
    let (mut world, provider) = house("google-universal");
    let account = made_up(&mut world, &provider);
    let hinted = |hint: &str| crate::request::read(&provider, &pairs(&provider, &[("prompt", "none"), ("login_hint", hint)])).unwrap();
    let (email, sub) = (account.email.unwrap().to_uppercase(), account.sub);
    for hint in [email.as_str(), sub.as_str()] {
        let (reply, _) = world.write(|cx| silently(cx, &provider, &hinted(hint)).unwrap().unwrap());
        assert!(reply.issued.is_some(), "{hint}");
    }
    let (reply, _) = world.read(|cx| silently(cx, &provider, &hinted("nobody@acme.example")).unwrap().unwrap());
    assert_eq!(value(&reply, "error"), Some("login_required"));
}
