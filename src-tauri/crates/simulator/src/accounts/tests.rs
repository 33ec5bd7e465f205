use super::*;
use serde_json::json;
use vestibule_core::testing::World;

fn connector(factory: &str, target: Option<&str>) -> Connector {
    let mut connector = Connector::new("c1".into(), factory, target.map(str::to_owned), "Acme & Co", Timestamp(1));
    connector.simulation = Some(Simulation::default());
    connector
}

fn draft() -> SimulatedAccountDraft {
    SimulatedAccountDraft {
        connector_id: "c1".into(),
        name: " Maya Chen ".into(),
        email: Some("maya@google.example".into()),
        email_verified: true,
        phone: Some(String::new()),
        ..SimulatedAccountDraft::default()
    }
}

#[test]
fn a_provider_that_knows_nobody_makes_three_people_up_once() {
    let mut world = World::new();
    let google = connector("google-universal", Some("google"));
    let (first, _) = world.write(|cx| furnished_accounts(cx, &google).unwrap());
    assert_eq!(first.len(), 3);
    for account in &first {
        assert!(account.email.as_ref().unwrap().ends_with("@google.example"), "{account:?}");
        assert_eq!((account.sub.len(), account.email_verified, account.id.len()), (21, true, 21));
    }
    assert_ne!(first[0].name, first[1].name);
    let (again, _) = world.write(|cx| furnished_accounts(cx, &google).unwrap());
    assert_eq!(again, first);
}

#[test]
fn a_company_has_its_own_mail_domain() {
    let mut world = World::new();
    let mut company = connector("Okta", None);
    company.domains = vec!["acme.test".into()];
    let (account, _) = world.write(|cx| make_up(cx, &company).unwrap());
    assert!(account.email.unwrap().ends_with("@acme.test"));
    company.domains.clear();
    let (account, _) = world.write(|cx| make_up(cx, &company).unwrap());
    assert!(account.email.unwrap().ends_with("@acme---co.example"));
}

#[test]
fn names_and_addresses_are_never_given_twice() {
    let mut world = World::new();
    let google = connector("google-universal", Some("google"));
    for _ in 0..40 {
        world.write(|cx| make_up(cx, &google).unwrap());
    }
    let (all, _) = world.read(|cx| accounts(cx, &google.id).unwrap());
    let names: std::collections::BTreeSet<_> = all.iter().map(|a| &a.name).collect();
    let emails: std::collections::BTreeSet<_> = all.iter().map(|a| &a.email).collect();
    assert_eq!((names.len(), emails.len()), (40, 40));
}

#[test]
fn subjects_look_like_the_providers_own() {
    let world = World::new();
    let is_uuid = |text: &str| text.len() == 36 && text.matches('-').count() == 4;
    for (shape, fits) in [
        (
            Shape::Google,
            &(|s: &str| s.len() == 21 && s.bytes().all(|b| b.is_ascii_digit())) as &dyn Fn(&str) -> bool,
        ),
        (Shape::GitHub, &|s: &str| s.parse::<u64>().is_ok()),
        (Shape::Microsoft, &is_uuid),
        (Shape::Apple, &|s: &str| {
            s.split('.').map(str::len).collect::<Vec<_>>() == [6, 32, 4]
        }),
        (Shape::Discord, &|s: &str| s.len() == 18),
        (Shape::X, &|s: &str| s.len() == 19),
        (Shape::Slack, &|s: &str| s.starts_with("U0") && s.len() == 11),
        (Shape::EnterpriseOidc, &|s: &str| s.len() == 21),
    ] {
        let subject = new_subject(shape, &world.entropy);
        assert!(fits(&subject), "{shape:?}: {subject}");
        assert_ne!(subject, new_subject(shape, &world.entropy));
    }
}

#[test]
fn an_account_is_saved_and_changed_and_deleted() {
    let mut world = World::new();
    let google = connector("google-universal", Some("google"));
    let (made, _) = world.write(|cx| save(cx, &google, draft()).unwrap().unwrap());
    assert_eq!((made.name.as_str(), made.phone.as_deref()), ("Maya Chen", None));
    assert_eq!(made.sub.len(), 21);

    let change = |sub: Option<&str>| SimulatedAccountDraft {
        id: Some(made.id.clone()),
        sub: sub.map(str::to_owned),
        failure: Some(Failure::WrongNonce),
        ..draft()
    };
    world.put(&SimulatedAccount {
        known: true,
        ..made.clone()
    });
    let (changed, _) = world.write(|cx| save(cx, &google, change(None)).unwrap().unwrap());
    assert_eq!(
        (&changed.sub, changed.known, changed.failure),
        (&made.sub, true, Some(Failure::WrongNonce))
    );
    let (renamed, _) = world.write(|cx| save(cx, &google, change(Some("1"))).unwrap().unwrap());
    assert_eq!((renamed.sub.as_str(), renamed.known), ("1", false));
    let twice = SimulatedAccountDraft {
        sub: Some("1".into()),
        ..draft()
    };
    let (refused, _) = world.write(|cx| save(cx, &google, twice).unwrap());
    assert!(matches!(refused, Err(Refusal::Wrong(problem)) if problem.field == "sub"));

    let (whose, _) = world.write(|cx| delete(cx, &made.id).unwrap());
    assert_eq!(whose, Some(google.id.clone()));
    let (nobody, _) = world.write(|cx| delete(cx, &made.id).unwrap());
    assert_eq!(nobody, None);
    let (gone, _) = world.write(|cx| save(cx, &google, change(None)).unwrap());
    assert!(matches!(gone, Err(Refusal::NoAccount)));
}

#[test]
fn what_is_wrong_is_named_by_its_member() {
    let google = connector("google-universal", Some("google"));
    let github = connector("github-universal", Some("github"));
    let wrong = |connector: &Connector, change: &dyn Fn(&mut SimulatedAccountDraft)| {
        let mut draft = draft();
        change(&mut draft);
        check(connector, &tidied(draft)).into_iter().map(|p| p.field).collect::<Vec<_>>()
    };
    assert!(wrong(&google, &|_| {}).is_empty());
    assert_eq!(wrong(&google, &|d| d.name = "  ".into()), ["name"]);
    assert_eq!(wrong(&google, &|d| d.name = "x".repeat(129)), ["name"]);
    assert_eq!(wrong(&google, &|d| d.email = Some("maya".into())), ["email"]);
    assert_eq!(wrong(&google, &|d| d.phone = Some("call me".into())), ["phone"]);
    assert_eq!(wrong(&google, &|d| d.avatar = Some("javascript:alert(1)".into())), ["avatar"]);
    assert_eq!(wrong(&google, &|d| d.sub = Some("x".repeat(257))), ["sub"]);
    assert_eq!(wrong(&github, &|d| d.sub = Some("octocat".into())), ["sub"]);
    assert_eq!(
        wrong(&google, &|d| d.claims = json!({"aud": "x"}).as_object().unwrap().clone()),
        ["claims.aud"]
    );
    assert_eq!(
        wrong(&google, &|d| d.claims = json!({"x": "y".repeat(9000)}).as_object().unwrap().clone()),
        ["claims"]
    );
    assert_eq!(wrong(&github, &|d| d.failure = Some(Failure::BadSignature)), ["failure"]);
    assert_eq!(wrong(&google, &|d| d.failure = Some(Failure::UserEndpoint401)), ["failure"]);
    let both = Simulation {
        failure: Some(Failure::Slow),
        next: Some(Failure::WrongNonce),
    };
    assert_eq!(check_simulation(&github, &both).len(), 1);
    assert!(check_simulation(&google, &both).is_empty());
}
