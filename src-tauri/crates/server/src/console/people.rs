//! People, as the window edits them.

mod access;
mod deleted;
mod made_up;
mod names;
mod personas;
mod security;

pub(crate) use deleted::DeletedPeople;
pub(super) use deleted::delete;

use super::{Answer, ROWS, first, problem, storage};
use crate::engine::Engine;
use std::sync::Arc;
use vestibule_core::console::{ConsoleProblem, ConsoleReply, PersonRow, PersonRows, UserDraft, UserList, UserView};
use vestibule_core::entropy::id12;
use vestibule_core::experience::grant_default_roles;
use vestibule_core::experience::identifier::username_holders;
use vestibule_core::ids::UserId;
use vestibule_core::model::{User, check_user, normalize_phone};
use vestibule_core::oidc::scopes::{Holder, roles_of};
use vestibule_core::record::{Grant, Index, IndexEntry, Session};
use vestibule_core::{Cx, Secret, StoreError};

/// Most sessions or grants of one person.
const MANY: usize = 10_000;

pub(super) fn unknown(id: &str) -> ConsoleProblem {
    problem("entity.not_found", format!("There is no person {id} any more."))
}

pub(super) fn view(cx: &Cx<'_>, user: &User) -> Result<UserView, StoreError> {
    Ok(UserView {
        id: user.id.0.clone(),
        username: user.username.clone(),
        primary_email: user.primary_email.clone(),
        primary_phone: user.primary_phone.clone(),
        name: user.name.clone(),
        avatar: user.avatar.clone(),
        profile: user.profile.clone(),
        custom_data: user.custom_data.clone(),
        has_password: user.password_encrypted.is_some(),
        password_expired: user.is_password_expired,
        is_suspended: user.is_suspended,
        identities: super::identities::social(user),
        sso_identities: super::identities::enterprise(cx, user)?,
        mfa_verifications: user
            .mfa_verifications
            .iter()
            .map(vestibule_core::model::MfaVerification::view)
            .collect(),
        roles: roles_of(cx, Holder::User(user.id.as_str()))?
            .iter()
            .map(|r| r.name.clone())
            .collect(),
        last_sign_in_at: user.last_sign_in_at,
        created_at: user.created_at,
        updated_at: user.updated_at,
        demo_note: user.demo_note.clone(),
    })
}

/// Empty texts count as absent, as a form sends them.
fn tidy(mut draft: UserDraft) -> UserDraft {
    for text in [
        &mut draft.username,
        &mut draft.primary_email,
        &mut draft.primary_phone,
        &mut draft.name,
        &mut draft.avatar,
    ] {
        *text = text.take().map(|t| t.trim().to_owned()).filter(|t| !t.is_empty());
    }
    draft
}

/// Who else has one of a person's identifiers, as a problem at its field.
fn taken(
    cx: &Cx<'_>,
    id: &UserId,
    username: Option<&str>,
    email: Option<&str>,
    phone: Option<&str>,
) -> Result<Option<ConsoleProblem>, StoreError> {
    let at = |field: &str, code: &str, what: &str| {
        Some(ConsoleProblem {
            code: code.into(),
            message: format!("Another person has this {what}. Choose a different one."),
            field: Some(field.into()),
        })
    };
    if let Some(username) = username
        && username_holders(cx, username)?.iter().any(|holder| holder.id != *id)
    {
        return Ok(at("username", "user.username_already_in_use", "username"));
    }
    let others = |entry: &IndexEntry| Ok::<_, StoreError>(cx.find_ids(entry, 2)?.iter().any(|other| other != id.as_str()));
    if let Some(email) = email
        && others(&Index::Email.entry(email.to_lowercase()))?
    {
        return Ok(at("primaryEmail", "user.email_already_in_use", "email address"));
    }
    if let Some(phone) = phone
        && others(&Index::Phone.entry(phone))?
    {
        return Ok(at("primaryPhone", "user.phone_already_in_use", "phone number"));
    }
    Ok(None)
}

/// Puts a draft's members on a person and stores them, if no identifier belongs to somebody else.
fn store(cx: &mut Cx<'_>, user: &mut User, draft: UserDraft, hash: Option<String>) -> Result<Result<UserView, ConsoleProblem>, StoreError> {
    let phone = draft.primary_phone.as_deref().and_then(|p| normalize_phone(p).ok());
    let (username, email) = (draft.username.as_deref(), draft.primary_email.as_deref());
    if let Some(problem) = taken(cx, &user.id, username, email, phone.as_deref())? {
        return Ok(Err(problem));
    }
    user.username = draft.username;
    user.primary_email = draft.primary_email;
    user.primary_phone = phone;
    user.name = draft.name;
    user.avatar = draft.avatar;
    user.profile = draft.profile;
    user.custom_data = draft.custom_data;
    user.updated_at = cx.now;
    match draft.password.as_deref() {
        None => {}
        Some("") => user.set_password(None, cx.now),
        Some(_) => user.set_password(hash, cx.now),
    }
    cx.put(user)?;
    Ok(Ok(view(cx, user)?))
}

impl Engine {
    async fn hash(&self, text: &str) -> Result<String, ConsoleProblem> {
        self.hasher
            .hash(Secret::new(text))
            .await
            .map_err(|e| problem("password", format!("The password could not be hashed: {e}.")))
    }

    async fn hash_of(&self, draft: &UserDraft) -> Result<Option<String>, ConsoleProblem> {
        match draft.password.as_deref() {
            Some(text) if !text.is_empty() => self.hash(text).await.map(Some),
            _ => Ok(None),
        }
    }

    pub(super) fn users(&self, search: &str, limit: usize) -> Answer {
        let list = self.look(|cx| {
            let users = matching(cx, search)?;
            let total = u32::try_from(users.len()).unwrap_or(u32::MAX);
            let users = users.iter().take(limit).map(|u| view(cx, u)).collect::<Result<Vec<_>, _>>()?;
            Ok(UserList { users, total })
        });
        list.map(ConsoleReply::Users).map_err(|e| storage(&e))
    }

    pub(super) fn people(&self, search: &str, limit: usize) -> Answer {
        let users = self.look(|cx| matching(cx, search)).map_err(|e| storage(&e))?;
        Ok(ConsoleReply::People(PersonRows {
            rows: users.iter().take(limit).map(|user| row(user)).collect(),
            total: u32::try_from(users.len()).unwrap_or(u32::MAX),
        }))
    }

    pub(super) fn person(&self, id: &str) -> Answer {
        let found = self.look(|cx| cx.get::<User>(id)?.map(|user| view(cx, &user)).transpose());
        found.map(|view| ConsoleReply::Person(view.map(Box::new))).map_err(|e| storage(&e))
    }

    /// A change of one person, answered with how they are then.
    async fn change_person(
        self: &Arc<Self>,
        id: String,
        rule: impl FnOnce(&mut Cx<'_>, &mut User) -> Result<Result<(), ConsoleProblem>, StoreError> + Send + 'static,
    ) -> Result<UserView, ConsoleProblem> {
        self.commit(move |cx| {
            let Some(stored) = cx.get::<User>(&id)? else {
                return Ok(Err(unknown(&id)));
            };
            let mut user = stored.as_ref().clone();
            if let Err(problem) = rule(cx, &mut user)? {
                return Ok(Err(problem));
            }
            user.updated_at = cx.now;
            cx.put(&user)?;
            Ok(Ok(view(cx, &user)?))
        })
        .await
    }

    pub(super) async fn create_user(self: &Arc<Self>, draft: UserDraft) -> Answer {
        let draft = tidy(draft);
        first(check_user(&draft))?;
        let hash = self.hash_of(&draft).await?;
        let reply = self
            .commit(move |cx| {
                let mut user = User::new(UserId(id12(cx.entropy)), cx.now);
                grant_default_roles(cx, &user.id)?;
                store(cx, &mut user, draft, hash)
            })
            .await?;
        Ok(ConsoleReply::User(Box::new(reply)))
    }

    pub(super) async fn update_user(self: &Arc<Self>, id: String, draft: UserDraft) -> Answer {
        let draft = tidy(draft);
        first(check_user(&draft))?;
        let hash = self.hash_of(&draft).await?;
        let reply = self
            .commit(move |cx| {
                let Some(old) = cx.get::<User>(&id)? else {
                    return Ok(Err(unknown(&id)));
                };
                store(cx, &mut (*old).clone(), draft, hash)
            })
            .await?;
        Ok(ConsoleReply::User(Box::new(reply)))
    }

    pub(super) async fn set_suspended(self: &Arc<Self>, id: String, suspended: bool) -> Answer {
        let user = self
            .change_person(id, move |cx, user| {
                user.is_suspended = suspended;
                if suspended {
                    for session in sessions_of(cx, user.id.as_str())? {
                        cx.delete::<Session>(&session.key)?;
                    }
                    for grant in grants_of(cx, user.id.as_str())? {
                        cx.delete::<Grant>(grant.id.as_str())?;
                    }
                }
                Ok(Ok(()))
            })
            .await?;
        Ok(ConsoleReply::User(Box::new(user)))
    }
}

/// People whose name or an identifier contains a text, oldest first.
fn matching(cx: &Cx<'_>, search: &str) -> Result<Vec<Arc<User>>, StoreError> {
    let wanted = search.trim().to_lowercase();
    let mut users = cx.list::<User>(ROWS)?;
    users.retain(|u| {
        let fields = [
            Some(&u.id.0),
            u.username.as_ref(),
            u.primary_email.as_ref(),
            u.primary_phone.as_ref(),
            u.name.as_ref(),
        ];
        wanted.is_empty() || fields.into_iter().flatten().any(|f| f.to_lowercase().contains(&wanted))
    });
    users.sort_by_cached_key(|u| (u.created_at, u.display_name().to_lowercase()));
    Ok(users)
}

fn row(user: &User) -> PersonRow {
    let identifiers = [&user.username, &user.primary_email, &user.primary_phone];
    PersonRow {
        id: user.id.0.clone(),
        name: user.display_name(),
        identifiers: identifiers.into_iter().flatten().cloned().collect(),
        is_suspended: user.is_suspended,
        note: user.demo_note.clone(),
        last_sign_in_at: user.last_sign_in_at,
    }
}

/// A person's signed-in browsers.
fn sessions_of(cx: &Cx<'_>, id: &str) -> Result<Vec<Arc<Session>>, StoreError> {
    let ids = cx.find_ids(&Index::SessionUser.entry(id), MANY)?;
    ids.iter().filter_map(|key| cx.get::<Session>(key).transpose()).collect()
}

/// What a person let applications have.
fn grants_of(cx: &Cx<'_>, id: &str) -> Result<Vec<Arc<Grant>>, StoreError> {
    let ids = cx.find_ids(&Index::GrantUser.entry(id), MANY)?;
    ids.iter().filter_map(|key| cx.get::<Grant>(key).transpose()).collect()
}

#[cfg(test)]
mod tests;
