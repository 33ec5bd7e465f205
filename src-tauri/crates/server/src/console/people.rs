//! People, as the window edits them.

use super::{Answer, ROWS, first, problem, storage};
use crate::engine::Engine;
use std::sync::Arc;
use vestibule_core::console::{ConsoleProblem, ConsoleReply, UserDraft, UserList, UserView};
use vestibule_core::entropy::id12;
use vestibule_core::experience::identifier::username_holders;
use vestibule_core::ids::UserId;
use vestibule_core::model::{Role, RoleType, User, check_user, normalize_phone};
use vestibule_core::oidc::organizations::leave;
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

/// Puts a draft's members on a person and stores them, if no identifier belongs to somebody else.
fn store(cx: &mut Cx<'_>, user: &mut User, draft: UserDraft, hash: Option<String>) -> Result<Result<UserView, ConsoleProblem>, StoreError> {
    let phone = draft.primary_phone.as_deref().and_then(|p| normalize_phone(p).ok());
    if let Some(username) = &draft.username
        && username_holders(cx, username)?.iter().any(|holder| holder.id != user.id)
    {
        return Ok(Err(ConsoleProblem {
            code: "user.username_already_in_use".into(),
            message: "Another person has this username. Choose a different one.".into(),
            field: Some("username".into()),
        }));
    }
    let taken: [(Option<IndexEntry>, &str, &str, &str); 2] = [
        (
            draft.primary_email.as_ref().map(|e| Index::Email.entry(e.to_lowercase())),
            "primaryEmail",
            "user.email_already_in_use",
            "Another person has this email address.",
        ),
        (
            phone.as_ref().map(|p| Index::Phone.entry(p.clone())),
            "primaryPhone",
            "user.phone_already_in_use",
            "Another person has this phone number.",
        ),
    ];
    for (entry, field, code, message) in taken {
        let Some(entry) = entry else { continue };
        if cx.find_ids(&entry, 2)?.iter().any(|id| id != user.id.as_str()) {
            return Ok(Err(ConsoleProblem {
                code: code.into(),
                message: format!("{message} Choose a different one."),
                field: Some(field.into()),
            }));
        }
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
    async fn hash_of(&self, draft: &UserDraft) -> Result<Option<String>, ConsoleProblem> {
        match draft.password.as_deref() {
            Some(text) if !text.is_empty() => self
                .hasher
                .hash(Secret::new(text))
                .await
                .map(Some)
                .map_err(|e| problem("password", format!("The password could not be hashed: {e}."))),
            _ => Ok(None),
        }
    }

    pub(super) fn users(&self, search: &str, limit: usize) -> Answer {
        let wanted = search.trim().to_lowercase();
        let list = self.look(|cx| {
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
            users.sort_by_key(|u| (u.created_at, u.display_name().to_lowercase()));
            let total = u32::try_from(users.len()).unwrap_or(u32::MAX);
            let users = users.iter().take(limit).map(|u| view(cx, u)).collect::<Result<Vec<_>, _>>()?;
            Ok(UserList { users, total })
        });
        list.map(ConsoleReply::Users).map_err(|e| storage(&e))
    }

    pub(super) async fn create_user(self: &Arc<Self>, draft: UserDraft) -> Answer {
        let draft = tidy(draft);
        first(check_user(&draft))?;
        let hash = self.hash_of(&draft).await?;
        let reply = self
            .commit(move |cx| {
                let mut user = User {
                    id: UserId(id12(cx.entropy)),
                    username: None,
                    primary_email: None,
                    primary_phone: None,
                    password_encrypted: None,
                    password_updated_at: None,
                    is_password_expired: false,
                    name: None,
                    avatar: None,
                    profile: Default::default(),
                    identities: Default::default(),
                    sso_identities: Vec::new(),
                    connector_tokens: Default::default(),
                    mfa_verifications: Vec::new(),
                    logto_config: Default::default(),
                    custom_data: serde_json::Map::new(),
                    application_id: None,
                    is_suspended: false,
                    last_sign_in_at: None,
                    created_at: cx.now,
                    updated_at: cx.now,
                    demo_note: None,
                };
                for role in cx.list::<Role>(MANY)?.iter().filter(|r| r.is_default && r.kind == RoleType::User) {
                    let mut role = (**role).clone();
                    role.user_ids.push(user.id.clone());
                    cx.put(&role)?;
                }
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

    pub(super) async fn delete_user(self: &Arc<Self>, id: String) -> Answer {
        let name = self
            .commit(move |cx| {
                let Some(user) = cx.get::<User>(&id)? else {
                    return Ok(Err(unknown(&id)));
                };
                sign_out_everywhere(cx, &id)?;
                for role in roles_of(cx, Holder::User(&id))? {
                    let mut role = (*role).clone();
                    role.user_ids.retain(|u| u.as_str() != id);
                    cx.put(&role)?;
                }
                leave(cx, Holder::User(&id))?;
                cx.delete::<User>(&id)?;
                Ok(Ok(user.display_name()))
            })
            .await?;
        Ok(ConsoleReply::Done(format!("Deleted {name}. Their sessions and tokens have ended.")))
    }

    pub(super) async fn set_suspended(self: &Arc<Self>, id: String, suspended: bool) -> Answer {
        let reply = self
            .commit(move |cx| {
                let Some(old) = cx.get::<User>(&id)? else {
                    return Ok(Err(unknown(&id)));
                };
                let mut user = (*old).clone();
                user.is_suspended = suspended;
                user.updated_at = cx.now;
                if suspended {
                    sign_out_everywhere(cx, &id)?;
                }
                cx.put(&user)?;
                Ok(Ok(view(cx, &user)?))
            })
            .await?;
        Ok(ConsoleReply::User(Box::new(reply)))
    }
}

/// Ends every session and grant of a person (sheet 7.3, suspension).
fn sign_out_everywhere(cx: &mut Cx<'_>, id: &str) -> Result<(), StoreError> {
    for session in cx.find_ids(&Index::SessionUser.entry(id), MANY)? {
        cx.delete::<Session>(&session)?;
    }
    for grant in cx.find_ids(&Index::GrantUser.entry(id), MANY)? {
        cx.delete::<Grant>(&grant)?;
    }
    Ok(())
}
