//! The provider's data: a configuration, people, and sign-ins that are written without being done one by one.

use crate::Outcome;
use std::fmt::Write as _;
use std::path::Path;
use vestibule_core::ids::{GrantId, LiveId, SessionUid, UserId};
use vestibule_core::model::User;
use vestibule_core::record::{AccessToken, Grant, RefreshToken, Session, token_key};
use vestibule_core::time::Clock as _;
use vestibule_core::{Batch, Cx, Secret, StoreError};
use vestibule_keys::{OsEntropy, SystemClock};
use vestibule_store::Store;

/// The single-page application.
pub const SPA: &str = "bench-spa";
/// Its redirect URI.
pub const REDIRECT: &str = "http://localhost:5173/callback";
/// The server-side application.
pub const WEB: &str = "bench-web";
/// Its secret.
pub const WEB_SECRET: &str = "bench-web-secret-for-measuring-only";
/// The machine.
pub const M2M: &str = "bench-job";
/// Its secret.
pub const M2M_SECRET: &str = "bench-job-secret-for-measuring-only";
/// The API resource.
pub const RESOURCE: &str = "https://api.example.test";
/// People in every world.
pub const PEOPLE: usize = 1_000;
/// Sign-ins that are really made: as many as live sessions are kept.
pub const REAL: usize = 2_000;
/// Sign-ins written in one decision.
const PORTION: usize = 1_000;

/// The id of the `n`th person.
#[must_use]
pub fn person(n: usize) -> String {
    format!("person{:06}", n % PEOPLE)
}

/// The configuration, a file.
#[must_use]
pub fn configuration() -> String {
    format!(
        r#"
[[applications]]
id = "{SPA}"
name = "Single-page application"
type = "SPA"
oidcClientMetadata.redirectUris = ["{REDIRECT}"]
customClientMetadata.alwaysIssueRefreshToken = true

[[applications]]
id = "{WEB}"
name = "Server-side application"
type = "Traditional"
secret = "{WEB_SECRET}"
oidcClientMetadata.redirectUris = ["{REDIRECT}"]

[[applications]]
id = "{M2M}"
name = "Machine"
type = "MachineToMachine"
secret = "{M2M_SECRET}"

[[resources]]
indicator = "{RESOURCE}"
name = "Stock"
scopes = [{{ name = "read:stock" }}, {{ name = "write:stock" }}]

[[roles]]
name = "stock-keeper"
type = "MachineToMachine"
scopes = [{{ resource = "{RESOURCE}", scope = "read:stock" }}, {{ resource = "{RESOURCE}", scope = "write:stock" }}]
applications = ["{M2M}"]
"#
    )
}

/// Nothing that is written here is sealed.
struct NoVault;

impl vestibule_core::port::Vault for NoVault {
    fn seal(&self, _: &Secret) -> String {
        String::new()
    }

    fn open(&self, _: &str) -> Result<Secret, StoreError> {
        Err(StoreError::Corrupt("nothing is sealed in a benchmark's world".into()))
    }
}

/// Runs a rule on an open store.
fn write<R: Send + 'static>(store: &Store, rule: impl FnOnce(&mut Cx<'_>) -> Result<R, StoreError> + Send + 'static) -> Outcome<R> {
    let now = SystemClock.now();
    Ok(store.write_blocking(move |view| {
        let mut cx = Cx::new(view, now, &OsEntropy, &NoVault);
        match rule(&mut cx) {
            Ok(value) => (Ok(value), cx.finish().0),
            Err(error) => (Err(error), Batch::default()),
        }
    })??)
}

/// Puts [`PEOPLE`] people into a data directory that the provider has created and closed.
///
/// # Errors
/// When the store can't be written.
pub fn people(dir: &Path) -> Outcome<()> {
    let store = Store::open(dir)?;
    let now = SystemClock.now();
    let users = (0..PEOPLE)
        .map(|n| {
            serde_json::from_value(serde_json::json!({
                "id": person(n), "username": format!("user{n}"), "primaryEmail": format!("user{n}@example.test"),
                "name": format!("Person {n}"), "createdAt": now, "updatedAt": now,
                "profile": { "givenName": "Person", "familyName": format!("Number {n}"), "locale": "en-GB" },
            }))
        })
        .collect::<Result<Vec<User>, _>>()?;
    write(&store, move |cx| users.iter().try_for_each(|user| cx.put(user)))?;
    close(&store)
}

fn close(store: &Store) -> Outcome<()> {
    tokio::runtime::Builder::new_current_thread().build()?.block_on(store.close());
    Ok(())
}

/// A real sign-in, taken apart to be copied.
#[derive(Clone)]
struct Pattern {
    session: Session,
    grant: Grant,
    access: AccessToken,
    refresh: RefreshToken,
}

/// Copies a sign-in of a closed data directory until there are `count` more, with ids, people and tokens of their own.
/// Their live sessions are long forgotten.
///
/// # Errors
/// When the store can't be written, or holds no sign-in.
pub fn sign_ins(dir: &Path, count: usize) -> Outcome<()> {
    let store = Store::open(dir)?;
    let pattern = write(&store, |cx| {
        let found = (
            cx.list::<Session>(1)?.into_iter().next(),
            cx.list::<Grant>(1)?.into_iter().next(),
            cx.list::<AccessToken>(1)?.into_iter().next(),
            cx.list::<RefreshToken>(1)?.into_iter().next(),
        );
        let (Some(session), Some(grant), Some(access), Some(refresh)) = found else {
            return Ok(None);
        };
        Ok(Some(Pattern {
            session: (*session).clone(),
            grant: (*grant).clone(),
            access: (*access).clone(),
            refresh: (*refresh).clone(),
        }))
    })?
    .ok_or("the data directory holds no sign-in to copy")?;
    for first in (0..count).step_by(PORTION) {
        let pattern = pattern.clone();
        let last = (first + PORTION).min(count);
        write(&store, move |cx| (first..last).try_for_each(|n| copy(cx, &pattern, n)))?;
    }
    close(&store)
}

/// One copy.
fn copy(cx: &mut Cx<'_>, pattern: &Pattern, n: usize) -> Result<(), StoreError> {
    let Pattern {
        mut session,
        mut grant,
        mut access,
        mut refresh,
    } = pattern.clone();
    // Writing to a String can't fail.
    let mut tag = String::new();
    let _ = write!(tag, "0{n:08}{}", &token_key(&format!("copy {n}"))[..12]);
    let user = UserId(person(n));
    let live = LiveId(tag.clone());
    session.key = token_key(&format!("cookie {n}"));
    session.uid = SessionUid(tag.clone());
    session.account_id = user.clone();
    grant.id = GrantId(tag);
    grant.live = live.clone();
    grant.account_id = user.clone();
    for authorization in session.authorizations.values_mut() {
        authorization.grant_id = grant.id.clone();
    }
    access.key = token_key(&format!("access {n}"));
    refresh.key = token_key(&format!("refresh {n}"));
    for (owner, session_uid, grant_id, of) in [
        (
            &mut access.account_id,
            &mut access.session_uid,
            &mut access.grant_id,
            &mut access.live,
        ),
        (
            &mut refresh.authorized.account_id,
            &mut refresh.authorized.session_uid,
            &mut refresh.authorized.grant_id,
            &mut refresh.authorized.live,
        ),
    ] {
        owner.clone_from(&user);
        session_uid.clone_from(&session.uid);
        grant_id.clone_from(&grant.id);
        of.clone_from(&live);
    }
    cx.put(&session)?;
    cx.put(&grant)?;
    cx.put(&access)?;
    cx.put(&refresh)?;
    Ok(())
}
