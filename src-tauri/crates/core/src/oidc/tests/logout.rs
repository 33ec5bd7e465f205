//! Sheet 1.21: who is signed out, what survives, and where the browser goes.

use super::super::logout::{Logout, confirm, end_session, way_back};
use super::super::request::Hint;
use super::{ISSUER, Provider, spa};
use crate::because::Repair;
use crate::model::{Dialect, SigningAlg};
use crate::record::{Grant, Session, token_key};

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

fn end(p: &mut Provider, list: &[(&str, &str)], hint: Option<&Hint>) -> Result<Logout, (String, Option<Repair>)> {
    let cookie = p.cookie.clone();
    let (outcome, trail) = p.world.write(|cx| end_session(cx, &pairs(list), hint, cookie.as_deref()));
    outcome
        .unwrap()
        .map_err(|e| (e.description.unwrap_or_default(), trail.because.into_iter().find_map(|b| b.repair)))
}

#[test]
fn requests_are_checked() {
    let mut p = Provider::new();
    let to = "https://app.test/bye";
    let hint = Hint::Valid {
        sub: "alice0000001".into(),
        audiences: vec!["spa".into()],
    };
    assert_eq!(end(&mut p, &[], None).unwrap().post_logout_redirect_uri, None);
    assert_eq!(
        end(&mut p, &[("post_logout_redirect_uri", to)], None)
            .unwrap()
            .post_logout_redirect_uri,
        None,
        "nobody vouches for it"
    );
    let known = end(
        &mut p,
        &[("client_id", "spa"), ("post_logout_redirect_uri", to), ("state", "x")],
        None,
    )
    .unwrap();
    assert_eq!(
        (known.post_logout_redirect_uri.as_deref(), known.state.as_deref()),
        (Some(to), Some("x"))
    );
    assert_eq!(
        end(&mut p, &[("post_logout_redirect_uri", to)], Some(&hint))
            .unwrap()
            .client_id
            .unwrap()
            .as_str(),
        "spa"
    );
    let (text, repair) = end(
        &mut p,
        &[("client_id", "spa"), ("post_logout_redirect_uri", "https://app.test/by")],
        None,
    )
    .unwrap_err();
    assert_eq!(text, "post_logout_redirect_uri not registered");
    assert!(matches!(repair, Some(Repair::RegisterPostLogoutRedirectUri { .. })));
    assert_eq!(
        end(&mut p, &[("client_id", "web")], Some(&hint)).unwrap_err().0,
        "client_id does not match the provided id_token_hint"
    );
    assert_eq!(
        end(&mut p, &[("state", "1")], Some(&Hint::Invalid("bad".into()))).unwrap_err().0,
        "could not validate id_token_hint"
    );
}

#[test]
fn grants_without_offline_access_end_with_the_session() {
    let mut p = Provider::new();
    let web = "client_id=web&redirect_uri=https://app.test/cb&response_type=code&scope=openid";
    p.sign_in(&spa("&prompt=consent"));
    p.sign_in(web);
    p.change_app("web", |app| {
        app.oidc_client_metadata.backchannel_logout_uri = Some("https://app.test/logout".into());
        app.oidc_client_metadata.backchannel_logout_session_required = Some(true);
        app.custom_client_metadata.signing_alg = Some(SigningAlg::RS256);
    });
    let cookie = p.cookie.clone().unwrap();
    let session = p.world.get::<Session>(&token_key(&cookie)).unwrap();
    let grant_of = |app: &str| session.authorizations[&app.into()].grant_id.clone();
    let logout = end(
        &mut p,
        &[
            ("client_id", "spa"),
            ("post_logout_redirect_uri", "https://app.test/bye"),
            ("state", "x y"),
        ],
        None,
    )
    .unwrap();
    let wrong = p.world.write(|cx| confirm(cx, &logout, "nope", Some(&cookie), ISSUER)).0.unwrap();
    assert!(wrong.is_err(), "the form must come from our page");
    let done = p
        .world
        .write(|cx| confirm(cx, &logout, &logout.xsrf, Some(&cookie), ISSUER))
        .0
        .unwrap()
        .unwrap();
    assert_eq!(done.redirect.as_deref(), Some("https://app.test/bye?state=x+y"));
    assert_eq!(done.backchannel.len(), 1);
    assert_eq!(done.backchannel[0].claims["aud"], "web");
    assert!(done.backchannel[0].claims.get("sid").is_some());
    assert_eq!(done.backchannel[0].alg, Some(SigningAlg::RS256), "as its ID tokens are");
    assert!(p.world.get::<Session>(&token_key(&cookie)).is_none());
    assert!(
        p.world.get::<Grant>(grant_of("spa").as_str()).is_some(),
        "offline_access outlives sign-out"
    );
    assert!(p.world.get::<Grant>(grant_of("web").as_str()).is_none());
}

fn signed_out(p: &mut Provider, list: &[(&str, &str)]) -> super::super::logout::LoggedOut {
    let logout = end(p, list, None).unwrap();
    let xsrf = logout.xsrf.clone();
    let cookie = p.cookie.clone();
    let (outcome, _) = p.world.write(|cx| confirm(cx, &logout, &xsrf, cookie.as_deref(), ISSUER));
    outcome.unwrap().unwrap()
}

#[test]
fn the_signed_out_page_links_to_the_application() {
    let asked = [
        ("client_id", "spa"),
        ("post_logout_redirect_uri", "https://app.test/bye"),
        ("state", "x y"),
    ];
    let mut p = Provider::new();
    let done = signed_out(&mut p, &asked);
    assert_eq!(done.redirect.as_deref(), Some("https://app.test/bye?state=x+y"));
    assert_eq!(done.farewell, None, "who is redirected needs no link");
    assert_eq!(signed_out(&mut p, &[]).farewell, None, "nobody knows where to");

    // The application is known but named no address: its own.
    let done = signed_out(&mut p, &asked[..1]);
    assert_eq!(done.redirect, None);
    let (link, trail) = p.world.read(|cx| way_back(cx, &done.farewell.clone().unwrap()).unwrap());
    let link = link.unwrap();
    assert_eq!((link.app_name.as_str(), link.address.as_str()), ("SPA", "https://app.test/bye"));
    assert!(trail.because.iter().any(|b| b.rule == "logout.way_back"));

    p.change_app("spa", |app| app.custom_client_metadata.dialect = Some(Dialect::Duende));
    let done = signed_out(&mut p, &asked);
    assert_eq!(done.redirect, None, "Duende's page waits for a click");
    let farewell = done.farewell.unwrap();
    let address = |p: &Provider| p.world.read(|cx| way_back(cx, &farewell).unwrap()).0.map(|l| l.address);
    assert_eq!(address(&p).as_deref(), Some("https://app.test/bye?state=x+y"));

    // Looked at again when the page opens.
    p.change_app("spa", |app| app.oidc_client_metadata.post_logout_redirect_uris.clear());
    assert_eq!(address(&p), None);
}

#[test]
fn a_link_never_runs_a_script_and_a_pattern_is_no_address() {
    let mut p = Provider::new();
    p.change_app("spa", |app| {
        app.oidc_client_metadata.post_logout_redirect_uris = vec!["https://*.app.test/bye".into()];
    });
    assert_eq!(signed_out(&mut p, &[("client_id", "spa")]).farewell, None);
    let script = "javascript:alert(1)";
    p.change_app("spa", |app| {
        app.oidc_client_metadata.post_logout_redirect_uris = vec![script.into()]
    });
    let farewell = signed_out(&mut p, &[("client_id", "spa")]).farewell.unwrap();
    assert_eq!(farewell.uri, script);
    assert_eq!(p.world.read(|cx| way_back(cx, &farewell).unwrap()).0, None);
}
