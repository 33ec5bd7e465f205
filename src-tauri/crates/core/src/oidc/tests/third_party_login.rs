//! Sign-ins that begin at an enterprise provider (OpenID Connect Core 4).

use super::{ISSUER, Provider, app};
use crate::connectors::Places;
use crate::model::{ApplicationType, Connector, IdpInitiatedAuth, Simulation};
use crate::oidc::third_party_login::{InitiateLogin, initiate_login};
use crate::testing::START;

const OWN: &str = "http://localhost:3001/simulated/acme";

fn provider(auth: Option<IdpInitiatedAuth>) -> Provider {
    let mut p = Provider::new();
    let mut connector = Connector::new("acme".into(), "OIDC", None, "Acme", START);
    connector.simulation = Some(Simulation::default());
    connector.domains = vec!["acme.test".into()];
    connector.idp_initiated_auth = auth;
    p.world.put(&connector);
    p
}

fn begin(p: &mut Provider, asked: InitiateLogin) -> Result<String, (u16, String)> {
    let places = Places {
        endpoint: "http://localhost:3001".into(),
        loopback: "http://127.0.0.1:3001".into(),
    };
    let (outcome, trail) = p.world.write(|cx| initiate_login(cx, "acme", &asked, &places, ISSUER));
    assert_eq!(trail.because.len(), 1, "one card says why");
    outcome.unwrap().map_err(|refused| (refused.status, refused.message))
}

fn asked() -> InitiateLogin {
    InitiateLogin {
        iss: Some(OWN.into()),
        login_hint: Some("nora@acme.test".into()),
        target_link_uri: None,
    }
}

fn at(address: &str) -> IdpInitiatedAuth {
    IdpInitiatedAuth {
        default_application_id: "spa".into(),
        client_idp_initiated_auth_callback_uri: Some(address.into()),
        ..IdpInitiatedAuth::default()
    }
}

/// The origin of the application's redirect URI.
const ORIGIN: &str = "https://app.test";

#[test]
fn the_application_begins_its_own_sign_in() {
    let mut p = provider(Some(at(&format!("{}/start?kept=1", ORIGIN))));
    let next = begin(
        &mut p,
        InitiateLogin {
            target_link_uri: Some(format!("{}/orders", ORIGIN)),
            ..asked()
        },
    )
    .unwrap();
    let next = url::Url::parse(&next).unwrap();
    let pairs: Vec<(String, String)> = next.query_pairs().into_owned().collect();
    let value = |name: &str| pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    assert_eq!(value("kept"), Some("1"));
    assert_eq!(value("iss"), Some(ISSUER));
    assert_eq!(value("direct_sign_in"), Some("sso:acme"));
    assert_eq!(value("login_hint"), Some("nora@acme.test"));
    assert_eq!(value("target_link_uri"), Some(format!("{}/orders", ORIGIN).as_str()));
}

#[test]
fn nobody_is_sent_to_a_place_the_application_has_not_named() {
    let mut p = provider(Some(at("https://elsewhere.example.test/start")));
    assert_eq!(begin(&mut p, asked()).unwrap_err().0, 403);
    let mut p = provider(Some(at(&format!("{}/start", ORIGIN))));
    let next = begin(
        &mut p,
        InitiateLogin {
            target_link_uri: Some("https://elsewhere.example.test/".into()),
            ..asked()
        },
    )
    .unwrap();
    assert!(!next.contains("target_link_uri"), "{next}");
}

#[test]
fn it_takes_the_right_issuer_and_a_default_application() {
    let mut p = provider(Some(at(&format!("{}/start", ORIGIN))));
    for iss in [None, Some("https://elsewhere.example.test".to_owned())] {
        assert_eq!(begin(&mut p, InitiateLogin { iss, ..asked() }).unwrap_err().0, 400);
    }
    assert_eq!(begin(&mut provider(None), asked()).unwrap_err().0, 403);
    let mut gone = at("http://x/");
    gone.default_application_id = "gone".into();
    assert_eq!(begin(&mut provider(Some(gone)), asked()).unwrap_err().0, 403);
}

#[test]
fn a_request_is_made_for_applications_with_a_secret_only() {
    let auto = |id: &crate::ids::AppId| IdpInitiatedAuth {
        default_application_id: id.clone(),
        auto_send_authorization_request: true,
        ..IdpInitiatedAuth::default()
    };
    assert_eq!(begin(&mut provider(Some(auto(&"spa".into()))), asked()).unwrap_err().0, 403);
    let traditional = app("trad", ApplicationType::Traditional, "https://web.example.test/callback");
    let mut p = provider(Some(auto(&traditional.id)));
    p.world.put(&traditional);
    let next = begin(&mut p, asked()).unwrap();
    assert!(next.starts_with(&format!("{ISSUER}/auth?client_id=trad&")), "{next}");
    assert!(next.contains("direct_sign_in=sso%3Aacme") && next.contains("login_hint=nora%40acme.test"));
}
