//! Deleting people, and bringing back who was deleted by mistake while the program runs.

use super::{grants_of, roles_of, sessions_of, taken, unknown, view};
use crate::console::{Answer, ROWS, problem};
use crate::engine::Engine;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use vestibule_core::console::{ConsoleProblem, ConsoleReply};
use vestibule_core::ids::{OrganizationId, RoleId};
use vestibule_core::model::{Organization, OrganizationMember, Role, User};
use vestibule_core::oidc::organizations::{leave, memberships};
use vestibule_core::oidc::scopes::Holder;
use vestibule_core::record::{Grant, Session};
use vestibule_core::{Cx, StoreError};

/// Most people who can be brought back.
const KEPT: usize = 50;

/// A person as they were, with what went with them.
#[derive(Clone)]
pub(crate) struct Deleted {
    user: Arc<User>,
    sessions: Vec<Arc<Session>>,
    grants: Vec<Arc<Grant>>,
    /// The roles held.
    roles: Vec<RoleId>,
    /// The organizations belonged to, and as what.
    memberships: Vec<(OrganizationId, OrganizationMember)>,
}

/// Who was deleted last, newest at the end.
#[derive(Default)]
pub(crate) struct DeletedPeople(Mutex<VecDeque<Deleted>>);

impl DeletedPeople {
    fn with<R>(&self, change: impl FnOnce(&mut VecDeque<Deleted>) -> R) -> R {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Forgets everybody: what they belonged to is gone.
    pub(crate) fn forget(&self) {
        self.with(VecDeque::clear);
    }
}

/// Deletes a person with their sessions, grants, places in roles and organizations; what is needed to undo that.
pub(in crate::console) fn delete(cx: &mut Cx<'_>, user: Arc<User>) -> Result<Deleted, StoreError> {
    let id = user.id.as_str();
    let deleted = Deleted {
        sessions: sessions_of(cx, id)?,
        grants: grants_of(cx, id)?,
        roles: roles_of(cx, Holder::User(id))?.iter().map(|role| role.id.clone()).collect(),
        memberships: memberships(cx, Holder::User(id))?
            .into_iter()
            .map(|membership| {
                let member = OrganizationMember {
                    user_id: user.id.clone(),
                    role_ids: membership.roles.iter().map(|role| role.id.clone()).collect(),
                };
                (membership.organization.id.clone(), member)
            })
            .collect(),
        user: user.clone(),
    };
    leave(cx, Holder::User(id))?;
    for session in &deleted.sessions {
        cx.delete::<Session>(&session.key)?;
    }
    for grant in &deleted.grants {
        cx.delete::<Grant>(grant.id.as_str())?;
    }
    for role in &deleted.roles {
        if let Some(role) = cx.get::<Role>(role.as_str())? {
            let mut role = role.as_ref().clone();
            role.user_ids.retain(|holder| holder.as_str() != id);
            cx.put(&role)?;
        }
    }
    cx.delete::<User>(id)?;
    Ok(deleted)
}

/// Puts a person back, unless somebody has taken their place.
fn put_back(cx: &mut Cx<'_>, deleted: &Deleted) -> Result<Result<(), ConsoleProblem>, StoreError> {
    let user = &deleted.user;
    let texts = [&user.username, &user.primary_email, &user.primary_phone].map(|text| text.as_deref());
    if let Some(taken) = taken(cx, &user.id, texts[0], texts[1], texts[2])? {
        let message = format!("{} can’t be brought back: {}", user.display_name(), taken.message);
        return Ok(Err(ConsoleProblem { message, ..taken }));
    }
    if cx.get::<User>(user.id.as_str())?.is_some() {
        return Ok(Err(problem("user.exists", format!("{} is there already.", user.display_name()))));
    }
    cx.put(user.as_ref())?;
    for session in &deleted.sessions {
        cx.put(session.as_ref())?;
    }
    for grant in &deleted.grants {
        cx.put(grant.as_ref())?;
    }
    for role in &deleted.roles {
        if let Some(role) = cx.get::<Role>(role.as_str())? {
            let mut role = role.as_ref().clone();
            role.user_ids.push(user.id.clone());
            cx.put(&role)?;
        }
    }
    for (id, member) in &deleted.memberships {
        if let Some(organization) = cx.get::<Organization>(id.as_str())? {
            let mut organization = organization.as_ref().clone();
            organization.members.push(member.clone());
            cx.put(&organization)?;
        }
    }
    Ok(Ok(()))
}

impl Engine {
    pub(in crate::console) async fn delete_user(self: &Arc<Self>, id: String) -> Answer {
        let deleted = self
            .commit(move |cx| match cx.get::<User>(&id)? {
                Some(user) => Ok(Ok(delete(cx, user)?)),
                None => Ok(Err(unknown(&id))),
            })
            .await?;
        let name = deleted.user.display_name();
        self.deleted_people.with(|kept| {
            kept.retain(|other| other.user.id != deleted.user.id);
            kept.push_back(deleted);
            if kept.len() > KEPT {
                kept.pop_front();
            }
        });
        Ok(ConsoleReply::Done(format!("Deleted {name}. Their sessions and tokens have ended.")))
    }

    pub(in crate::console) async fn restore_user(self: &Arc<Self>, id: String) -> Answer {
        let found = self.deleted_people.with(|kept| {
            let place = kept.iter().position(|deleted| deleted.user.id.as_str() == id)?;
            kept.remove(place)
        });
        let Some(deleted) = found else {
            return Err(problem(
                "entity.not_found",
                "This person can’t be brought back any more. It is possible while the program runs, for the last 50 people deleted.",
            ));
        };
        let again = deleted.clone();
        let outcome = self
            .commit(move |cx| match put_back(cx, &deleted)? {
                Ok(()) => Ok(Ok(view(cx, &deleted.user)?)),
                Err(problem) => Ok(Err(problem)),
            })
            .await;
        if outcome.is_err() {
            // It may work later, when the name is free again.
            self.deleted_people.with(|kept| kept.push_back(again));
        }
        outcome.map(|user| ConsoleReply::User(Box::new(user)))
    }

    pub(in crate::console) async fn delete_made_up_people(self: &Arc<Self>) -> Answer {
        let gone = self
            .commit(|cx| {
                let mut gone = 0;
                for user in cx.list::<User>(ROWS)? {
                    if user.demo_note.as_deref().is_some_and(super::made_up::is_note) {
                        delete(cx, user)?;
                        gone += 1;
                    }
                }
                Ok(Ok(gone))
            })
            .await?;
        Ok(ConsoleReply::Done(match gone {
            0 => "Nobody was made up.".into(),
            1 => "Deleted the one person who was made up.".into(),
            n => format!("Deleted the {n} people who were made up."),
        }))
    }
}
