use super::*;
use crate::request::{ResponseMode, read};
use crate::testing::{house, pairs, provider};
use proptest::prelude::*;
use vestibule_core::model::Simulation;

fn account(name: &str, email: Option<&str>) -> SimulatedAccount {
    SimulatedAccount {
        id: format!("id-{name}"),
        connector_id: "c1".into(),
        sub: format!("sub-{name}"),
        name: name.to_owned(),
        email: email.map(str::to_owned),
        email_verified: true,
        phone: None,
        avatar: Some("https://pictures.test/x.png".into()),
        claims: serde_json::Map::new(),
        failure: None,
        known: false,
        created_at: vestibule_core::Timestamp(1),
    }
}

fn shown(provider: &Provider, accounts: &[SimulatedAccount], hint: &str) -> String {
    let request = read(provider, &pairs(provider, &[("login_hint", hint)])).unwrap();
    chooser(&Chooser {
        provider,
        request: &request,
        accounts,
        token: "t\"k",
        again: None,
        notice: None,
    })
}

#[test]
fn the_chooser_says_that_it_is_simulated_and_lists_everybody() {
    let (_, google) = house("google-universal");
    let mut fails = account("Noah Berg", Some("noah@acme.example"));
    fails.failure = Some(Failure::WrongNonce);
    fails.email_verified = false;
    let page = shown(
        &google,
        &[account("Maya Chen", Some("maya@acme.example")), fails, account("Nobody", None)],
        "",
    );
    for part in [
        "Simulated provider",
        "Sign in with Acme &amp; Co",
        "Nothing leaves this computer",
        ">MC</span>",
        ">Maya Chen<",
        "the ID token carries another nonce",
        "address not verified",
        "no e-mail address",
        "value=\"t&quot;k\"",
        "Make one up",
        "value=\"cancel\"",
        "<details class=\"add\"><summary>",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("<script") && !page.contains("pictures.test") && !page.contains("class=\"armed\""));
    assert!(page.contains("value=\"badSignature\"") && !page.contains("value=\"userEndpoint401\""));
}

#[test]
fn whoever_is_expected_comes_first_and_a_stranger_is_filled_in() {
    let (_, google) = house("google-universal");
    let accounts = [
        account("Maya", Some("maya@acme.example")),
        account("Noah", Some("noah@acme.example")),
    ];
    let page = shown(&google, &accounts, "NOAH@acme.example");
    assert!(page.find("id-Noah").unwrap() < page.find("id-Maya").unwrap());
    assert!(page.contains("id-Noah\" autofocus") && !page.contains("id-Maya\" autofocus"));
    let page = shown(&google, &accounts, "zara@acme.example");
    assert!(page.contains("<details class=\"add\" open>") && page.contains("value=\"zara@acme.example\""));
}

#[test]
fn what_the_next_sign_in_will_do_is_said_before() {
    let (_, google) = house("google-universal");
    let with = |failure, next| {
        let mut connector = (*google.connector).clone();
        connector.simulation = Some(Simulation { failure, next });
        shown(&provider(&connector), &[], "")
    };
    let armed = with(Some(Failure::Slow), Some(Failure::NoAnswer));
    assert!(
        armed.contains("The next sign-in fails:</strong> the token endpoint never answers."),
        "{armed}"
    );
    let always = with(Some(Failure::Slow), None);
    assert!(always.contains("Every sign-in here fails:</strong> every answer takes three seconds."));
}

#[test]
fn a_form_comes_back_with_its_mistake() {
    let (_, google) = house("google-universal");
    let request = read(&google, &pairs(&google, &[])).unwrap();
    let draft = SimulatedAccountDraft {
        name: "<b>".into(),
        email: Some("nobody".into()),
        failure: Some(Failure::Slow),
        ..SimulatedAccountDraft::default()
    };
    let problem = Problem::new("email", "Is no address.");
    let page = chooser(&Chooser {
        provider: &google,
        request: &request,
        accounts: &[],
        token: "t",
        again: Some((&draft, &problem)),
        notice: Some("Look <again>"),
    });
    for part in [
        "aria-describedby=\"email-error\"",
        "Is no address.",
        "value=\"&lt;b&gt;\"",
        "value=\"slow\" selected",
        "Look &lt;again&gt;",
        "<details class=\"add\" open>",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("value=\"true\" checked"));
}

#[test]
fn answers_go_back_as_a_query_or_as_a_form() {
    let (_, google) = house("google-universal");
    let reply = Reply {
        params: vec![("code".into(), "a b".into()), ("state".into(), "\"><script>".into())],
        mode: ResponseMode::Query,
        issued: None,
        response: None,
    };
    assert_eq!(
        redirect(&google, &reply),
        "http://localhost:3001/callback/c1?code=a+b&state=%22%3E%3Cscript%3E"
    );
    let form = form_post(&google, &reply);
    assert!(form.contains("action=\"http://localhost:3001/callback/c1\"") && form.contains("value=\"&quot;&gt;&lt;script&gt;\""));
}

proptest! {
    #[test]
    fn nothing_that_is_shown_becomes_markup(name in "\\PC{1,80}", hint in "\\PC{0,80}", sent in "\\PC{0,400}") {
        let (_, google) = house("google-universal");
        let marked = format!("<i>{name}'\"");
        let page = shown(&google, &[account(&marked, Some(&marked))], &format!("<i>{hint}@"));
        prop_assert!(!page.contains("<i>"));
        let mistake = Mistake { parameter: "client_id", message: format!("`<i>{sent}` {sent}") };
        prop_assert!(!wrong("<i>", &mistake).contains("<i>"));
        let why = format!("<i>{sent}");
        prop_assert!(!stopped("<i>", &why).contains("<i>"));
    }
}
