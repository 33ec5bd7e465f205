//! Where a person is signed in and what they let applications have, and ending it.

use super::{grants_of, sessions_of, unknown};
use crate::console::{Answer, ROWS, problem, storage};
use crate::engine::Engine;
use crate::routes::deliver_logout;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;
use vestibule_core::console::{BrowserSessionView, ConsoleReply, GrantView, PersonAccess, SessionApplicationView};
use vestibule_core::ids::{AppId, GrantId};
use vestibule_core::model::{Application, User};
use vestibule_core::oidc::logout;
use vestibule_core::record::{AccessToken, Grant, RefreshToken, Session};
use vestibule_core::{Cx, StoreError, Timestamp};

/// What is counted of the tokens under a grant.
#[derive(Default)]
struct Tokens {
    access: u32,
    refresh: u32,
    last: Option<Timestamp>,
}

/// Tokens by grant. They are not indexed by it, because nothing on the way of a request looks for them so.
fn tokens(cx: &Cx<'_>) -> Result<HashMap<GrantId, Tokens>, StoreError> {
    let mut found: HashMap<GrantId, Tokens> = HashMap::new();
    for token in cx.list::<AccessToken>(ROWS)? {
        let of = found.entry(token.grant_id.clone()).or_default();
        of.access += 1;
        of.last = of.last.max(Some(token.issued_at));
    }
    for token in cx.list::<RefreshToken>(ROWS)? {
        let of = found.entry(token.authorized.grant_id.clone()).or_default();
        of.refresh += u32::from(token.consumed_at.is_none());
        of.last = of.last.max(Some(token.issued_at));
    }
    Ok(found)
}

fn application(cx: &Cx<'_>, id: &AppId) -> Result<Option<Arc<Application>>, StoreError> {
    cx.get::<Application>(id.as_str())
}

fn session_view(
    cx: &Cx<'_>,
    session: &Session,
    grants: &[Arc<Grant>],
    tokens: &HashMap<GrantId, Tokens>,
) -> Result<BrowserSessionView, StoreError> {
    let mut last_used_at = session.login_at;
    let mut applications = Vec::new();
    for (client_id, authorization) in &session.authorizations {
        if let Some(grant) = grants.iter().find(|grant| grant.id == authorization.grant_id) {
            last_used_at = last_used_at.max(grant.created_at);
        }
        let token = tokens.get(&authorization.grant_id).and_then(|tokens| tokens.last);
        last_used_at = token.map_or(last_used_at, |at| at.max(last_used_at));
        let app = application(cx, client_id)?;
        applications.push(SessionApplicationView {
            client_id: client_id.0.clone(),
            is_told: app
                .as_ref()
                .is_some_and(|app| app.oidc_client_metadata.backchannel_logout_uri.is_some()),
            name: app.map(|app| app.name.clone()),
            outlives: authorization.persists_logout,
        });
    }
    Ok(BrowserSessionView {
        uid: session.uid.0.clone(),
        signed_in_at: session.login_at,
        last_used_at,
        expires_at: session.expires_at,
        applications,
    })
}

fn access(cx: &Cx<'_>, user_id: &str) -> Result<PersonAccess, StoreError> {
    let grants = grants_of(cx, user_id)?;
    let tokens = tokens(cx)?;
    let mut sessions = sessions_of(cx, user_id)?
        .iter()
        .map(|session| session_view(cx, session, &grants, &tokens))
        .collect::<Result<Vec<_>, _>>()?;
    sessions.sort_by_key(|session| Reverse(session.signed_in_at));
    let mut views = Vec::new();
    for grant in &grants {
        let under = tokens.get(&grant.id);
        views.push(GrantView {
            id: grant.id.0.clone(),
            client_id: grant.client_id.0.clone(),
            application: application(cx, &grant.client_id)?.map(|app| app.name.clone()),
            openid_scopes: grant.openid_scopes.clone(),
            resources: grant.resources.clone(),
            created_at: grant.created_at,
            expires_at: grant.expires_at,
            access_tokens: under.map_or(0, |tokens| tokens.access),
            refresh_tokens: under.map_or(0, |tokens| tokens.refresh),
            last_token_at: under.and_then(|tokens| tokens.last),
        });
    }
    views.sort_by_key(|grant| Reverse(grant.created_at));
    Ok(PersonAccess { sessions, grants: views })
}

impl Engine {
    pub(in crate::console) fn person_access(&self, user_id: &str) -> Answer {
        let found = self.look(|cx| match cx.get::<User>(user_id)? {
            Some(_) => access(cx, user_id).map(Some),
            None => Ok(None),
        });
        found
            .map_err(|e| storage(&e))?
            .map(ConsoleReply::PersonAccess)
            .ok_or_else(|| unknown(user_id))
    }

    /// Ends one browser session or all, as a sign-out in that browser would.
    pub(in crate::console) async fn end_browser_session(self: &Arc<Self>, user_id: String, uid: Option<String>) -> Answer {
        let issuer = self.site().issuer.clone();
        let (access, backchannel) = self
            .commit(move |cx| {
                let mut ending = sessions_of(cx, &user_id)?;
                if let Some(uid) = &uid {
                    ending.retain(|session| session.uid.as_str() == uid);
                    if ending.is_empty() {
                        return Ok(Err(problem("entity.not_found", "This session has ended already.")));
                    }
                }
                let mut backchannel = Vec::new();
                for session in &ending {
                    backchannel.extend(logout::end(cx, session, &issuer)?.backchannel);
                }
                Ok(Ok((access(cx, &user_id)?, backchannel)))
            })
            .await?;
        deliver_logout(self, backchannel);
        Ok(ConsoleReply::PersonAccess(access))
    }

    /// Takes back one grant or all, and with them every token under them that is looked up here.
    pub(in crate::console) async fn revoke_grant(self: &Arc<Self>, user_id: String, grant_id: Option<String>) -> Answer {
        let access = self
            .commit(move |cx| {
                let mut gone = grants_of(cx, &user_id)?;
                if let Some(id) = &grant_id {
                    gone.retain(|grant| grant.id.as_str() == id);
                    if gone.is_empty() {
                        return Ok(Err(problem("entity.not_found", "This grant was taken back already, or has ended.")));
                    }
                }
                for grant in &gone {
                    cx.delete::<Grant>(grant.id.as_str())?;
                }
                Ok(Ok(access(cx, &user_id)?))
            })
            .await?;
        Ok(ConsoleReply::PersonAccess(access))
    }
}
