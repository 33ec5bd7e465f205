//! A one-time token beside a live session (sheet 2.6).

use super::super::authorize::{Reply, push};
use super::super::consent::{ConsentPage, open_page};
use super::super::request::RawRequest;
use super::{ISSUER, Provider, person, spa};
use crate::experience::{issue_one_time_token, set_one_time_token_status};
use crate::live::ParamOrigin;
use crate::model::{Application, User};
use crate::record::{OneTimeTokenContext, TokenStatus};

const ALICE: &str = "alice@example.test";

/// Alice, who has an address, is signed in and has given the application what it asks for.
fn signed_in() -> Provider {
    let mut p = Provider::new();
    p.world.put(&User {
        primary_email: Some(ALICE.into()),
        ..person("alice0000001")
    });
    p.sign_in(&spa(""));
    p
}

fn token(p: &mut Provider, email: &str) -> (String, String) {
    let (record, token) = p
        .world
        .write(|cx| issue_one_time_token(cx, email, 600, OneTimeTokenContext::default()).unwrap())
        .0;
    (record.key, token)
}

/// Where the browser goes from the consent hop.
fn hop(p: &mut Provider, query: &str) -> String {
    let (reply, _) = p.ask(&spa(query));
    let Reply::Page { location, interaction, .. } = &reply else {
        panic!("no hop: {reply:?}")
    };
    assert_eq!(location, "/consent?app_id=spa");
    match p.world.write(|cx| open_page(cx, interaction.as_str(), ISSUER).unwrap().unwrap()).0 {
        ConsentPage::Elsewhere(location) => location,
        ConsentPage::Granted(location) => {
            assert_eq!(location, format!("{ISSUER}/auth/{interaction}"));
            "goes on".to_owned()
        }
        ConsentPage::Ask => "asks".to_owned(),
    }
}

#[test]
fn whose_token_it_is_decides_where_the_browser_goes() {
    let mut p = signed_in();
    let (_, own) = token(&mut p, "Alice@example.test");
    let query = format!("&one_time_token={own}&login_hint={ALICE}");
    let taken = hop(&mut p, &query);
    assert_eq!(
        taken,
        format!("/one-time-token?app_id=spa&one_time_token={own}&login_hint=alice%40example.test")
    );
    let (_, other) = token(&mut p, "dora@example.test");
    let switch = hop(&mut p, &format!("&one_time_token={other}&login_hint=dora@example.test"));
    assert_eq!(
        switch,
        format!("/switch-account?app_id=spa&one_time_token={other}&login_hint=dora%40example.test")
    );
    let invalid = hop(&mut p, "&one_time_token=cut&login_hint=dora@example.test");
    assert!(
        invalid.starts_with("/one-time-token?app_id=spa&one_time_token=cut") && invalid.contains("errorMessage=This+link+does+not+work"),
        "{invalid}"
    );
    let (key, revoked) = token(&mut p, ALICE);
    let id = p.world.get::<crate::record::OneTimeToken>(&key).unwrap().token_id.clone();
    p.world
        .write(|cx| set_one_time_token_status(cx, &id, TokenStatus::Revoked).unwrap())
        .0
        .unwrap();
    assert!(hop(&mut p, &format!("&one_time_token={revoked}&login_hint={ALICE}")).contains("errorMessage="));
}

#[test]
fn a_token_that_was_used_by_the_same_person_goes_on() {
    let mut p = signed_in();
    let (key, used) = token(&mut p, ALICE);
    p.world.write(|cx| {
        let mut record = cx.get::<crate::record::OneTimeToken>(&key).unwrap().unwrap().as_ref().clone();
        record.status = TokenStatus::Consumed;
        cx.put(&record).unwrap();
    });
    assert_eq!(hop(&mut p, &format!("&one_time_token={used}&login_hint={ALICE}")), "goes on");
}

#[test]
fn without_a_session_or_without_an_address_or_silently_there_is_no_hop() {
    let mut p = signed_in();
    let (_, own) = token(&mut p, ALICE);
    // The parameter needs the address beside it; `prompt=none` shows no page.
    for query in [
        format!("&one_time_token={own}"),
        format!("&one_time_token={own}&login_hint={ALICE}&prompt=none"),
    ] {
        let (reply, _) = p.ask(&spa(&query));
        let Reply::Client { parameters, .. } = &reply else {
            panic!("{reply:?}")
        };
        assert!(parameters.iter().any(|(name, _)| name == "code"), "{parameters:?}");
    }
    p.cookie = None;
    let (reply, _) = p.ask(&spa(&format!("&one_time_token={own}&login_hint={ALICE}")));
    let Reply::Page { location, .. } = &reply else {
        panic!("{reply:?}")
    };
    assert_eq!(
        location,
        &format!("/sign-in?app_id=spa&one_time_token={own}&login_hint=alice%40example.test")
    );
    // Whoever signs in for this request passes the hop without another look at the token.
    assert!(
        p.sign_in(&spa(&format!("&one_time_token={own}&login_hint={ALICE}")))
            .contains_key("code")
    );
}

/// Whether the store shows a token, and whether it has it sealed.
fn stored(p: &Provider, token: &str) -> (bool, bool) {
    let sealed = format!("sealed:{token}");
    let values = || p.world.view.entries.values().map(|value| String::from_utf8_lossy(value));
    (
        values().any(|value| value.replace(&sealed, "").contains(token)),
        values().any(|value| value.contains(&sealed)),
    )
}

#[test]
fn the_token_is_not_stored_in_the_clear() {
    let mut p = signed_in();
    let (_, own) = token(&mut p, ALICE);
    let query = format!("&one_time_token={own}&login_hint={ALICE}");
    // The hop beside a session keeps the request, and gives the token to the page.
    assert!(hop(&mut p, &query).contains(&own));
    assert_eq!(stored(&p, &own), (false, true));
    // So does a sign-in page.
    let mut p = Provider::new();
    let (reply, _) = p.ask(&spa(&query));
    let Reply::Page { location, .. } = &reply else {
        panic!("{reply:?}")
    };
    assert!(location.contains(&own));
    assert_eq!(stored(&p, &own), (false, true));
    // And a pushed request waits in the store until the browser brings its URI.
    let mut p = Provider::new();
    let app = p.world.get::<Application>("spa").unwrap();
    let raw = RawRequest {
        pairs: url::form_urlencoded::parse(spa(&query).as_bytes()).into_owned().collect(),
        origin: ParamOrigin::Query,
        hint: None,
    };
    let uri = p.world.write(|cx| push(cx, &app, raw)).0.unwrap().unwrap();
    assert_eq!(stored(&p, &own), (false, true));
    let (reply, _) = p.ask(&format!("client_id=spa&request_uri={uri}"));
    let Reply::Page { location, .. } = &reply else {
        panic!("{reply:?}")
    };
    assert!(location.contains(&own));
    assert_eq!(stored(&p, &own), (false, true));
}
