//! Connectors through the console contract.

use crate::engine::{DataPlace, Engine, Options, Ports};
use serde_json::{Value, json};
use std::sync::Arc;
use vestibule_core::console::{ConnectorList, ConnectorView, ConsoleProblem, ConsoleReply, ConsoleRequest, Obstacle};
use vestibule_core::model::{Application, Connector, SignInExperience, SimulatedAccount, SocialIdentity, SsoIdentity, User};

/// An empty provider: no demo people, no connectors.
async fn open() -> Arc<Engine> {
    let options = Options {
        data: DataPlace::Ephemeral,
        ..Options::default()
    };
    let engine = Engine::open_with(options, Ports::default()).await.unwrap();
    engine
        .change(|cx| {
            for connector in cx.list::<Connector>(100)? {
                cx.delete::<Connector>(connector.id.as_str())?;
            }
            cx.put(&SignInExperience::default())
        })
        .await
        .unwrap();
    engine
}

async fn list(engine: &Arc<Engine>) -> ConnectorList {
    match engine.console(ConsoleRequest::Connectors).await.unwrap() {
        ConsoleReply::Connectors(list) => list,
        other => panic!("{other:?}"),
    }
}

async fn one(engine: &Arc<Engine>, request: ConsoleRequest) -> Result<ConnectorView, ConsoleProblem> {
    engine.console(request).await.map(|reply| match reply {
        ConsoleReply::Connector(view) => *view,
        other => panic!("{other:?}"),
    })
}

fn create(id: &str, offer: bool, connector: Value) -> ConsoleRequest {
    ConsoleRequest::CreateConnector {
        id: Some(id.into()),
        connector: Box::new(serde_json::from_value(connector).unwrap()),
        offer,
    }
}

fn update(id: &str, connector: Value) -> ConsoleRequest {
    ConsoleRequest::UpdateConnector {
        id: id.into(),
        connector: Box::new(serde_json::from_value(connector).unwrap()),
    }
}

fn google() -> Value {
    json!({ "connectorId": "google-universal", "simulation": {} })
}

fn github(config: Value) -> Value {
    json!({ "connectorId": "github-universal", "config": config })
}

async fn secrets(engine: &Arc<Engine>, id: &str) -> Value {
    match engine
        .console(ConsoleRequest::RevealConnectorSecrets { id: id.into() })
        .await
        .unwrap()
    {
        ConsoleReply::ConnectorSecrets(secrets) => json!(secrets),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_simulated_one_works_at_once() {
    let engine = open().await;
    let view = one(&engine, create("g1", true, google())).await.unwrap();
    assert_eq!(view.obstacles, []);
    assert_eq!((view.target.as_deref(), view.name.as_str()), (Some("google"), "Google"));
    assert!(view.callback.ends_with("/callback/g1"));
    assert!(view.guide.iter().any(|step| step.contains(&view.callback)));
    assert_eq!(list(&engine).await.targets, ["google"]);
    let twice = one(&engine, create("g2", true, google())).await.unwrap_err();
    assert_eq!(
        (twice.code.as_str(), twice.field.as_deref()),
        ("connector.multiple_target_with_same_platform", Some("target"))
    );
    let other = json!({ "connectorId": "oidc", "target": "acme", "name": "Acme", "simulation": {} });
    let same_id = one(&engine, create("g1", true, other)).await.unwrap_err();
    assert_eq!(same_id.field.as_deref(), Some("id"));
    assert_eq!(list(&engine).await.connectors.len(), 1, "a refusal writes nothing");
    let run = engine.console(ConsoleRequest::TestConnector { id: "g1".into() }).await.unwrap();
    let ConsoleReply::Playground(Some(run)) = run else {
        panic!("{run:?}")
    };
    assert!(run.url.contains("direct_sign_in=social%3Agoogle") && run.url.contains("prompt=login"));
}

#[tokio::test]
async fn secrets_are_kept_sealed_and_shown_on_request() {
    let engine = open().await;
    let config = json!({ "clientId": "c", "clientSecret": "hush" });
    let view = one(&engine, create("h1", false, github(config))).await.unwrap();
    assert_eq!(
        (&view.secrets, view.config.get("clientSecret")),
        (&vec!["clientSecret".to_owned()], None)
    );
    assert!(!format!("{:?}", list(&engine).await).contains("hush"));
    let sealed = engine.look(|cx| cx.get::<Connector>("h1")).unwrap().unwrap().config.clone();
    assert!(!sealed.contains("hush"));

    one(&engine, update("h1", github(json!({ "clientId": "d" })))).await.unwrap();
    assert_eq!(secrets(&engine, "h1").await, json!({ "clientSecret": "hush" }));
    let removed = github(json!({ "clientId": "d", "clientSecret": "" }));
    let refused = one(&engine, update("h1", removed)).await.unwrap_err();
    assert_eq!(refused.field.as_deref(), Some("config.clientSecret"));
    let wrong = github(json!({ "clientId": 7 }));
    let refused = one(&engine, update("h1", wrong)).await.unwrap_err();
    assert_eq!(
        (refused.code.as_str(), refused.field.as_deref()),
        ("connector.invalid_config", Some("config.clientId"))
    );
    one(&engine, update("h1", github(json!({ "clientId": "d", "clientSecret": "new" }))))
        .await
        .unwrap();
    assert_eq!(secrets(&engine, "h1").await, json!({ "clientSecret": "new" }));
}

#[tokio::test]
async fn what_the_page_offers_is_ordered_and_what_is_in_the_way_is_said() {
    let engine = open().await;
    one(&engine, create("g1", true, google())).await.unwrap();
    one(
        &engine,
        create("h1", false, json!({ "connectorId": "github-universal", "simulation": {} })),
    )
    .await
    .unwrap();
    let acme = json!({ "connectorId": "Okta", "enterprise": true, "name": "Acme", "simulation": {} });
    let view = one(&engine, create("a1", false, acme.clone())).await.unwrap();
    assert_eq!(view.obstacles, [Obstacle::SingleSignOnOff, Obstacle::NoDomain]);
    for id in ["h1", "a1"] {
        let refused = engine.console(ConsoleRequest::TestConnector { id: id.into() }).await.unwrap_err();
        assert_eq!(refused.code, "connector.invalid_config", "{id}");
    }
    let targets = |targets: &[&str]| ConsoleRequest::OfferTargets {
        targets: targets.iter().map(|target| (*target).to_owned()).collect(),
    };
    for (wrong, field) in [(targets(&["google", "google"]), "targets.1"), (targets(&["nobody"]), "targets.0")] {
        assert_eq!(engine.console(wrong).await.unwrap_err().field.as_deref(), Some(field));
    }
    let reply = engine.console(targets(&["github", "google"])).await.unwrap();
    let ConsoleReply::Connectors(list) = reply else {
        panic!("{reply:?}")
    };
    let ids: Vec<_> = list.connectors.iter().map(|view| view.id.as_str()).collect();
    assert_eq!(ids, ["h1", "g1", "a1"]);
    let mut named = acme;
    named["domains"] = json!(["Acme.Test"]);
    one(&engine, update("a1", named)).await.unwrap();
    engine.console(ConsoleRequest::SetSingleSignOn { enabled: true }).await.unwrap();
    let run = engine.console(ConsoleRequest::TestConnector { id: "a1".into() }).await.unwrap();
    let ConsoleReply::Playground(Some(run)) = run else {
        panic!("{run:?}")
    };
    assert!(run.url.contains("direct_sign_in=sso%3Aa1"));
}

#[tokio::test]
async fn an_issuer_that_can_t_be_read_is_refused_at_its_field() {
    let engine = open().await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let issuer = format!("http://{free}");
    let acme = json!({
        "connectorId": "OIDC", "enterprise": true, "name": "Acme",
        "config": { "clientId": "c", "clientSecret": "s", "issuer": issuer },
    });
    let refused = one(&engine, create("a1", true, acme)).await.unwrap_err();
    assert_eq!(
        (refused.code.as_str(), refused.field.as_deref()),
        ("connector.invalid_config", Some("config.issuer"))
    );
    assert!(list(&engine).await.connectors.is_empty());
    for wrong in [issuer.as_str(), "login.example.com"] {
        let refused = engine
            .console(ConsoleRequest::DiscoverIssuer { issuer: wrong.into() })
            .await
            .unwrap_err();
        assert_eq!(refused.field.as_deref(), Some("issuer"), "{wrong}");
    }
}

#[tokio::test]
async fn what_goes_with_a_connector_and_what_stays() {
    let engine = open().await;
    one(&engine, create("g1", true, google())).await.unwrap();
    let reply = engine
        .console(ConsoleRequest::SimulatedAccounts { connector_id: "g1".into() })
        .await
        .unwrap();
    assert!(
        matches!(&reply, ConsoleReply::SimulatedAccounts(accounts) if !accounts.is_empty()),
        "{reply:?}"
    );
    let id = engine
        .change(|cx| {
            let mut user = cx.list::<User>(1)?.remove(0).as_ref().clone();
            user.identities.insert(
                "google".into(),
                SocialIdentity {
                    user_id: "77".into(),
                    details: json!({ "name": "Ada" }),
                },
            );
            user.connector_tokens.insert("g1".into(), "sealed".into());
            cx.put(&user)?;
            Ok(user.id.0)
        })
        .await
        .unwrap();
    engine.console(ConsoleRequest::DeleteConnector { id: "g1".into() }).await.unwrap();
    let (user, accounts, row) = engine
        .look(|cx| {
            Ok((
                cx.get::<User>(&id)?,
                cx.list::<SimulatedAccount>(100)?,
                cx.get::<SignInExperience>(SignInExperience::ID)?,
            ))
        })
        .unwrap();
    let user = user.unwrap();
    assert!(user.identities.contains_key("google") && user.connector_tokens.is_empty());
    assert!(accounts.iter().all(|account| account.connector_id.as_str() != "g1"));
    assert!(row.unwrap().social_sign_in_connector_targets.is_empty());
    let gone = engine
        .console(ConsoleRequest::DeleteConnector { id: "g1".into() })
        .await
        .unwrap_err();
    assert_eq!(gone.code, "entity.not_found");
}

#[tokio::test]
async fn the_last_way_to_sign_in_is_not_unlinked() {
    let engine = open().await;
    let id = engine
        .change(|cx| {
            let mut user = cx.list::<User>(1)?.remove(0).as_ref().clone();
            (user.username, user.primary_email, user.primary_phone) = (None, None, None);
            user.mfa_verifications.clear();
            user.identities = [(
                "google".to_owned(),
                SocialIdentity {
                    user_id: "77".into(),
                    details: json!({ "name": "Ada", "email": "ada@gmail.test" }),
                },
            )]
            .into();
            user.sso_identities = vec![SsoIdentity {
                issuer: "https://a.test".into(),
                identity_id: "1".into(),
                sso_connector_id: "gone".into(),
                detail: Value::Null,
            }];
            cx.put(&user)?;
            Ok(user.id.0)
        })
        .await
        .unwrap();
    let social = ConsoleRequest::UnlinkIdentity {
        user_id: id.clone(),
        target: "google".into(),
    };
    let sso = |identity: &str| ConsoleRequest::UnlinkSsoIdentity {
        user_id: id.clone(),
        issuer: "https://a.test".into(),
        identity_id: identity.into(),
    };
    assert_eq!(engine.console(sso("2")).await.unwrap_err().code, "user.identity_not_exist");
    let reply = engine.console(sso("1")).await.unwrap();
    let ConsoleReply::User(view) = reply else { panic!("{reply:?}") };
    assert!(view.sso_identities.is_empty());
    assert_eq!(view.identities[0].email.as_deref(), Some("ada@gmail.test"));
    assert_eq!(engine.console(social).await.unwrap_err().code, "user.last_sign_in_method_required");
    let kept = engine.look(|cx| cx.get::<User>(&id)).unwrap().unwrap();
    assert!(kept.identities.contains_key("google"));
}

#[tokio::test]
async fn a_sign_in_may_begin_at_an_enterprise_provider() {
    let engine = open().await;
    let app = json!({
        "id": "shop", "name": "Shop", "type": "Traditional", "createdAt": 0,
        "oidcClientMetadata": { "redirectUris": ["http://localhost:3000/callback"] },
    });
    let app: Application = serde_json::from_value(app).unwrap();
    engine.change(move |cx| cx.put(&app)).await.unwrap();
    let acme = |auth: Value| {
        json!({
            "connectorId": "OIDC", "enterprise": true, "name": "Acme", "domains": ["acme.test"], "simulation": {},
            "idpInitiatedAuth": auth,
        })
    };
    let view = one(&engine, create("e1", true, acme(Value::Null))).await.unwrap();
    assert_eq!(view.idp_initiated_auth, None);
    let start = view.initiate_login_uri.unwrap();
    assert!(
        start.contains("/api/authn/single-sign-on/oidc/e1?iss=") && start.ends_with("%2Fsimulated%2Fe1"),
        "{start}"
    );

    let elsewhere = json!({ "defaultApplicationId": "shop", "clientIdpInitiatedAuthCallbackUri": "http://elsewhere.test/start" });
    let refused = one(&engine, update("e1", acme(elsewhere))).await.unwrap_err();
    assert_eq!(refused.field.as_deref(), Some("idpInitiatedAuth.clientIdpInitiatedAuthCallbackUri"));
    let right = json!({ "defaultApplicationId": "shop", "clientIdpInitiatedAuthCallbackUri": " http://localhost:3000/start " });
    let view = one(&engine, update("e1", acme(right))).await.unwrap();
    let kept = view.idp_initiated_auth.unwrap();
    assert_eq!(
        kept.client_idp_initiated_auth_callback_uri.as_deref(),
        Some("http://localhost:3000/start")
    );

    let saml = json!({ "connectorId": "SAML", "enterprise": true, "name": "Birch", "simulation": {}, "idpInitiatedAuth": kept });
    let refused = one(&engine, create("e2", true, saml)).await.unwrap_err();
    assert_eq!(refused.field.as_deref(), Some("idpInitiatedAuth"));
}
