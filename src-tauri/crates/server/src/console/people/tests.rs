//! People through the console contract.

use crate::engine::{DataPlace, Engine, Options, Ports};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use vestibule_core::Secret;
use vestibule_core::console::{
    BackupCodeView, ConsoleProblem, ConsoleReply, ConsoleRequest, MadeUp, PasswordSet, PersonAccess, PersonRows, PersonaView, TotpView,
    TypedPassword, UserView,
};
use vestibule_core::ids::{AppId, GrantId, LiveId, SessionUid, UserId};
use vestibule_core::model::{MfaFactor, Role, SignInExperience, User};
use vestibule_core::record::{AccessToken, Grant, Session, SessionAuthorization};
use vestibule_keys::{OsEntropy, PasswordHasher};

const ALICE: &str = "alicearcher1";

/// A provider with the demo people.
async fn open() -> Arc<Engine> {
    let options = Options {
        data: DataPlace::Ephemeral,
        ..Options::default()
    };
    let ports = Ports {
        hasher: PasswordHasher::cheap(Arc::new(OsEntropy)),
        ..Ports::default()
    };
    Engine::open_with(options, ports).await.unwrap()
}

macro_rules! asked {
    ($engine:expr, $kind:ident, $request:expr) => {
        match $engine.console($request).await {
            Ok(ConsoleReply::$kind(value)) => value,
            other => panic!("{other:?}"),
        }
    };
}

async fn refused(engine: &Arc<Engine>, request: ConsoleRequest) -> ConsoleProblem {
    engine.console(request).await.unwrap_err()
}

async fn person(engine: &Arc<Engine>, id: &str) -> Option<UserView> {
    asked!(engine, Person, ConsoleRequest::Person { id: id.into() }).map(|view| *view)
}

async fn rows(engine: &Arc<Engine>, search: &str) -> PersonRows {
    let search = search.to_owned();
    asked!(engine, People, ConsoleRequest::People { search, limit: 5_000 })
}

fn typed(text: &str) -> Option<TypedPassword> {
    Some(TypedPassword(text.into()))
}

/// Alice in a browser of her own, with a grant and a token for an application.
async fn sign_in(engine: &Arc<Engine>, key: &str, app: &str, outlives: bool) {
    let (key, app) = (key.to_owned(), app.to_owned());
    engine
        .change(move |cx| {
            let grant_id = GrantId(format!("grant-{key}-{app}"));
            let later = cx.now.plus_seconds(3_600);
            cx.put(&Grant {
                id: grant_id.clone(),
                live: LiveId::default(),
                account_id: UserId::from(ALICE),
                client_id: AppId(app.clone()),
                openid_scopes: vec!["openid".into(), "email".into()],
                resources: BTreeMap::new(),
                organizations: Vec::new(),
                created_at: cx.now,
                expires_at: later,
            })?;
            cx.put(&AccessToken {
                key: format!("token-{key}-{app}"),
                live: LiveId::default(),
                client_id: AppId(app.clone()),
                account_id: UserId::from(ALICE),
                grant_id: grant_id.clone(),
                session_uid: SessionUid(format!("uid-{key}")),
                offline: outlives,
                scopes: vec!["openid".into()],
                issued_at: cx.now.plus_seconds(5),
                expires_at: later,
            })?;
            let mut session = cx.get::<Session>(&key)?.map_or_else(
                || Session {
                    key: key.clone(),
                    uid: SessionUid(format!("uid-{key}")),
                    account_id: UserId::from(ALICE),
                    login_at: cx.now,
                    authorizations: BTreeMap::new(),
                    expires_at: later,
                },
                |there| (*there).clone(),
            );
            session.authorizations.insert(
                AppId(app.clone()),
                SessionAuthorization {
                    sid: "sid".into(),
                    grant_id,
                    persists_logout: outlives,
                },
            );
            cx.put(&session)
        })
        .await
        .unwrap();
}

async fn access(engine: &Arc<Engine>) -> PersonAccess {
    asked!(engine, PersonAccess, ConsoleRequest::PersonAccess { user_id: ALICE.into() })
}

#[tokio::test]
async fn rows_are_found_by_every_identifier() {
    let engine = open().await;
    assert_eq!(rows(&engine, "").await.total, 6);
    for search in ["ALICE", "alicearcher1", "alice@example", "Archer"] {
        let found = rows(&engine, search).await;
        assert_eq!((found.total, found.rows[0].id.as_str()), (1, ALICE), "{search}");
    }
    assert_eq!(rows(&engine, "15550100123").await.rows[0].name, "Bob Banner");
    assert!(rows(&engine, "carol").await.rows[0].is_suspended);
    assert_eq!(person(&engine, "nobody").await, None);
}

#[tokio::test]
async fn a_password_is_set_drawn_expired_and_removed() {
    let engine = open().await;
    let set = |password, expired| ConsoleRequest::SetPassword {
        id: ALICE.into(),
        password,
        expired,
    };
    let hash = || {
        let user = engine.look(|cx| cx.get::<User>(ALICE)).unwrap().unwrap();
        user.password_encrypted.clone()
    };
    let PasswordSet { user, drawn } = *asked!(engine, PasswordSet, set(typed("open sesame"), true));
    assert!(drawn.is_none() && user.password_expired && user.has_password);
    assert!(engine.hasher.verify(Secret::new("open sesame"), hash()).await.unwrap());

    let PasswordSet { user, drawn } = *asked!(engine, PasswordSet, set(None, false));
    let drawn = drawn.unwrap();
    assert!(drawn.len() == 20 && !user.password_expired);
    assert!(engine.hasher.verify(Secret::new(drawn.as_str()), hash()).await.unwrap());
    let PasswordSet { drawn: another, .. } = *asked!(engine, PasswordSet, set(None, false));
    assert_ne!(another.unwrap(), drawn);

    let PasswordSet { user, .. } = *asked!(engine, PasswordSet, set(typed(""), true));
    assert!(!user.has_password && !user.password_expired && hash().is_none());
    let request = ConsoleRequest::SetPassword {
        id: "nobody".into(),
        password: None,
        expired: false,
    };
    assert_eq!(refused(&engine, request).await.code, "entity.not_found");
}

#[tokio::test]
async fn a_drawn_password_meets_the_policy_or_says_that_none_does() {
    let engine = open().await;
    let policy = |min: u32, max: u32, types: u8| {
        let engine = engine.clone();
        async move {
            let policy = json!({ "length": { "min": min, "max": max }, "characterTypes": { "min": types } });
            engine
                .change(move |cx| {
                    let mut row = cx.get::<SignInExperience>(SignInExperience::ID)?.unwrap().as_ref().clone();
                    row.password_policy = serde_json::from_value(policy).unwrap();
                    cx.put(&row)
                })
                .await
                .unwrap();
            let request = ConsoleRequest::SetPassword {
                id: ALICE.into(),
                password: None,
                expired: false,
            };
            engine.console(request).await
        }
    };
    for (min, max, types) in [(8, 10, 3), (40, 256, 4)] {
        match policy(min, max, types).await.unwrap() {
            ConsoleReply::PasswordSet(set) => {
                let drawn = set.drawn.unwrap();
                assert!((min as usize..=max as usize).contains(&drawn.len()), "{}", drawn.len());
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(policy(2, 3, 4).await.unwrap_err().code, "password.policy");
}

#[tokio::test]
async fn an_authenticator_app_shows_the_codes_that_are_accepted() {
    let engine = open().await;
    let ask = || ConsoleRequest::TotpCode { user_id: ALICE.into() };
    assert_eq!(refused(&engine, ask()).await.code, "user.no_totp");
    let made: TotpView = asked!(engine, Totp, ConsoleRequest::AddTotp { user_id: ALICE.into() });
    let shown: TotpView = asked!(engine, Totp, ask());
    assert_eq!((&shown.id, &shown.secret), (&made.id, &made.secret));
    assert!(shown.valid_until > engine.now() && shown.valid_until <= engine.now().plus_seconds(30));
    assert!(shown.code.len() == 6 && shown.next.len() == 6 && !shown.used);
    assert!(shown.uri.starts_with("otpauth://totp/") && shown.uri.contains(&shown.secret));
    let totp = vestibule_core::experience::totp_for(&Secret::new(shown.secret.as_str()), "", "").unwrap();
    let end = u64::try_from(shown.valid_until.seconds()).unwrap();
    assert_eq!(totp.generate(end - 1).to_string(), shown.code);
    let twice = refused(&engine, ConsoleRequest::AddTotp { user_id: ALICE.into() }).await;
    assert_eq!(twice.code, "user.totp_already_in_use");

    let remove = |factor_id: &str| ConsoleRequest::RemoveFactor {
        user_id: ALICE.into(),
        factor_id: factor_id.into(),
    };
    assert_eq!(refused(&engine, remove("other")).await.code, "entity.not_found");
    let user = asked!(engine, User, remove(&shown.id));
    assert!(user.mfa_verifications.is_empty());
}

#[tokio::test]
async fn backup_codes_are_ten_and_new_ones_replace_them() {
    let engine = open().await;
    let none: Vec<BackupCodeView> = asked!(engine, BackupCodes, ConsoleRequest::BackupCodes { user_id: ALICE.into() });
    assert!(none.is_empty());
    let first = asked!(engine, BackupCodes, ConsoleRequest::NewBackupCodes { user_id: ALICE.into() });
    let second = asked!(engine, BackupCodes, ConsoleRequest::NewBackupCodes { user_id: ALICE.into() });
    assert!(first.len() == 10 && second.len() == 10 && first != second);
    assert_eq!(
        second,
        asked!(engine, BackupCodes, ConsoleRequest::BackupCodes { user_id: ALICE.into() })
    );
    let factors = person(&engine, ALICE).await.unwrap().mfa_verifications;
    assert_eq!((factors.len(), factors[0].factor), (1, MfaFactor::BackupCode));
}

#[tokio::test]
async fn sessions_and_grants_are_shown_ended_and_taken_back() {
    let engine = open().await;
    sign_in(&engine, "laptop", "bookstore", false).await;
    sign_in(&engine, "laptop", "mobile-demo", true).await;
    sign_in(&engine, "phone", "admin-spa", false).await;
    let there = access(&engine).await;
    assert_eq!((there.sessions.len(), there.grants.len()), (2, 3));
    let laptop = there.sessions.iter().find(|session| session.uid == "uid-laptop").unwrap();
    assert!(
        laptop.last_used_at >= laptop.signed_in_at.plus_seconds(5),
        "a token was issued after the sign-in"
    );
    let names: Vec<_> = laptop.applications.iter().map(|app| (app.name.as_deref(), app.outlives)).collect();
    assert_eq!(names, [(Some("Bookstore"), false), (Some("Mobile demo"), true)]);
    assert!(
        there
            .grants
            .iter()
            .all(|grant| grant.access_tokens == 1 && grant.refresh_tokens == 0)
    );

    let end = |uid: Option<&str>| ConsoleRequest::EndBrowserSession {
        user_id: ALICE.into(),
        uid: uid.map(str::to_owned),
    };
    let left = asked!(engine, PersonAccess, end(Some("uid-laptop")));
    assert_eq!(left.sessions.len(), 1);
    let grants: Vec<_> = left.grants.iter().map(|grant| grant.client_id.as_str()).collect();
    assert!(
        !grants.contains(&"bookstore") && grants.contains(&"mobile-demo"),
        "offline access outlives: {grants:?}"
    );
    assert_eq!(refused(&engine, end(Some("uid-laptop"))).await.code, "entity.not_found");

    let revoke = |grant: Option<String>| ConsoleRequest::RevokeGrant {
        user_id: ALICE.into(),
        grant_id: grant,
    };
    let left = asked!(engine, PersonAccess, revoke(Some("grant-laptop-mobile-demo".into())));
    assert_eq!(left.grants.len(), 1);
    assert_eq!(
        refused(&engine, revoke(Some("grant-laptop-mobile-demo".into()))).await.code,
        "entity.not_found"
    );
    assert!(asked!(engine, PersonAccess, revoke(None)).grants.is_empty());
    assert!(asked!(engine, PersonAccess, end(None)).sessions.is_empty());
    let nobody = ConsoleRequest::PersonAccess { user_id: "nobody".into() };
    assert_eq!(refused(&engine, nobody).await.code, "entity.not_found");
}

#[tokio::test]
async fn whoever_was_deleted_comes_back_with_everything() {
    let engine = open().await;
    sign_in(&engine, "laptop", "bookstore", false).await;
    let before = person(&engine, ALICE).await.unwrap();
    assert_eq!(before.roles, ["shopkeeper"]);
    let delete = || ConsoleRequest::DeleteUser { id: ALICE.into() };
    let restore = || ConsoleRequest::RestoreUser { id: ALICE.into() };
    asked!(engine, Done, delete());
    assert_eq!(person(&engine, ALICE).await, None);
    let holders = engine.look(|cx| cx.list::<Role>(10)).unwrap();
    assert!(holders.iter().all(|role| !role.user_ids.contains(&UserId::from(ALICE))));
    let back = asked!(engine, User, restore());
    assert_eq!(*back, before);
    let access = access(&engine).await;
    assert_eq!((access.sessions.len(), access.grants.len()), (1, 1));
    assert_eq!(refused(&engine, restore()).await.code, "entity.not_found");

    // Somebody else took the username meanwhile; once they gave it back, it works.
    asked!(engine, Done, delete());
    let other = json!({ "op": "createUser", "user": { "username": "alice" } });
    let other = asked!(engine, User, serde_json::from_value(other).unwrap());
    let taken = refused(&engine, restore()).await;
    assert_eq!(taken.code, "user.username_already_in_use");
    assert!(taken.message.starts_with("Alice Archer can’t be brought back"), "{}", taken.message);
    asked!(engine, Done, ConsoleRequest::DeleteUser { id: other.id.clone() });
    asked!(engine, User, restore());
}

#[tokio::test]
async fn suspension_ends_sessions_and_grants() {
    let engine = open().await;
    sign_in(&engine, "laptop", "bookstore", true).await;
    let suspend = |suspended| ConsoleRequest::SetSuspended {
        id: ALICE.into(),
        suspended,
    };
    assert!(asked!(engine, User, suspend(true)).is_suspended);
    let access = access(&engine).await;
    assert!(access.sessions.is_empty() && access.grants.is_empty());
    assert!(!asked!(engine, User, suspend(false)).is_suspended);
}

#[tokio::test]
async fn made_up_people_are_the_same_each_time_and_go_together() {
    let engine = open().await;
    let make = |count, seed| ConsoleRequest::MakeUpPeople {
        count,
        seed,
        password: typed("knock-knock-come-in"),
    };
    assert_eq!(asked!(engine, MadeUp, make(30, 7)), MadeUp { made: 30, kept: 0 });
    assert_eq!(asked!(engine, MadeUp, make(40, 7)), MadeUp { made: 10, kept: 30 });
    let names = |rows: PersonRows| {
        rows.rows
            .into_iter()
            .map(|row| (row.id, row.name, row.identifiers))
            .collect::<Vec<_>>()
    };
    let first = names(rows(&engine, "").await);
    assert_eq!(first.len(), 46);
    assert_eq!(
        asked!(engine, Done, ConsoleRequest::DeleteMadeUpPeople),
        "Deleted the 40 people who were made up."
    );
    assert_eq!(rows(&engine, "").await.total, 6, "the demo people stay");
    assert_eq!(asked!(engine, MadeUp, make(40, 7)), MadeUp { made: 40, kept: 0 });
    let mut again = names(rows(&engine, "").await);
    let mut first = first;
    first.sort();
    again.sort();
    assert_eq!(again, first);
    // Another seed makes others, and gives way where a name is taken.
    assert_eq!(asked!(engine, MadeUp, make(1_000, 8)), MadeUp { made: 1_000, kept: 0 });
    for count in [0, 1_001] {
        assert_eq!(refused(&engine, make(count, 1)).await.field.as_deref(), Some("count"));
    }
    let user = engine
        .look(|cx| cx.list::<User>(5_000))
        .unwrap()
        .into_iter()
        .find(|user| user.demo_note.as_deref() == Some("made up, seed 8"))
        .unwrap();
    let stored = user.password_encrypted.clone();
    assert!(engine.hasher.verify(Secret::new("knock-knock-come-in"), stored).await.unwrap());
}

#[tokio::test]
async fn personas_are_made_and_put_back() {
    let engine = open().await;
    let all: Vec<PersonaView> = asked!(engine, Personas, ConsoleRequest::Personas);
    assert!(all.len() > 10 && all.iter().all(|persona| persona.user_id.is_none() && persona.tests.ends_with('.')));
    let ids: Vec<String> = all.iter().map(|persona| persona.id.clone()).collect();
    let create = |ids: Vec<String>, password: &str| ConsoleRequest::CreatePersonas {
        ids,
        password: TypedPassword(password.into()),
    };
    let made = asked!(engine, Personas, create(ids.clone(), "knock-knock-come-in"));
    assert!(made.iter().all(|persona| persona.user_id.is_some()));
    let id = |name: &str| {
        let persona = made.iter().find(|persona| persona.id == name).unwrap();
        persona.user_id.clone().unwrap()
    };
    let totp = person(&engine, &id("totp")).await.unwrap();
    assert_eq!(totp.mfa_verifications[0].factor, MfaFactor::Totp);
    let codes = asked!(
        engine,
        BackupCodes,
        ConsoleRequest::BackupCodes {
            user_id: id("last_backup_code")
        }
    );
    assert_eq!(codes.iter().filter(|code| code.used_at.is_none()).count(), 1);
    assert!(person(&engine, &id("expired_password")).await.unwrap().password_expired);
    let bare = person(&engine, &id("bare")).await.unwrap();
    assert!(bare.name.is_none() && bare.primary_email.is_none() && bare.has_password);
    let unlink = ConsoleRequest::UnlinkIdentity {
        user_id: id("social_only"),
        target: "google".into(),
    };
    assert_eq!(refused(&engine, unlink).await.code, "user.last_sign_in_method_required");

    // Put back as they were.
    let restore = ConsoleRequest::SetSuspended {
        id: id("suspended"),
        suspended: false,
    };
    asked!(engine, User, restore);
    asked!(engine, Personas, create(vec!["suspended".into()], "another password"));
    assert!(person(&engine, &id("suspended")).await.unwrap().is_suspended);
    assert_eq!(rows(&engine, "").await.total as usize, 6 + made.len());
    assert_eq!(refused(&engine, create(vec!["nope".into()], "x")).await.code, "entity.not_found");
    assert_eq!(refused(&engine, create(ids, "")).await.field.as_deref(), Some("password"));
}

#[test]
fn nothing_of_a_typed_password_is_printed() {
    let request = ConsoleRequest::SetPassword {
        id: ALICE.into(),
        password: typed("open sesame"),
        expired: false,
    };
    assert!(!format!("{request:?}").contains("sesame"));
}
