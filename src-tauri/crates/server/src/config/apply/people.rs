//! People.

use super::{Applier, derived_id, merged};
use crate::config::document::UserEntry;
use crate::config::passwords::{Fingerprints, PreparedHashes};
use std::collections::BTreeMap;
use std::sync::Arc;
use vestibule_core::experience::identifier::username_holders;
use vestibule_core::ids::UserId;
use vestibule_core::model::User;
use vestibule_core::record::{Index, IndexEntry};
use vestibule_core::{Cx, StoreError, Timestamp};

/// Who each entry of the file turned out to be, by its path, and which of them are new.
#[derive(Default)]
pub(in crate::config) struct ApplyPeople {
    ids: BTreeMap<String, UserId>,
    pub(super) new: Vec<UserId>,
}

impl ApplyPeople {
    pub(in crate::config) fn get(&self, at: &str) -> Option<&UserId> {
        self.ids.get(at)
    }
}

/// The stored person an entry means: by id, else username, else e-mail, else phone, else the id derived from those.
pub(in crate::config) fn find_person(cx: &Cx<'_>, entry: &UserEntry) -> Result<Option<Arc<User>>, StoreError> {
    if let Some(id) = &entry.id {
        return cx.get::<User>(id);
    }
    if let Some(username) = &entry.username
        && let Some(user) = username_holders(cx, username)?.into_iter().next()
    {
        return Ok(Some(user));
    }
    for index in indexes(entry).into_iter().flatten() {
        if let Some(user) = cx.find::<User>(&index)? {
            return Ok(Some(user));
        }
    }
    cx.get::<User>(&new_id(entry))
}

/// The entry's e-mail and phone as the store's indexes hold them.
fn indexes(entry: &UserEntry) -> [Option<IndexEntry>; 2] {
    [
        entry.primary_email.as_ref().map(|mail| Index::Email.entry(mail.to_lowercase())),
        entry.primary_phone.as_ref().map(|phone| Index::Phone.entry(phone.as_str())),
    ]
}

/// The id given, else one derived from what the person is known by.
fn new_id(entry: &UserEntry) -> String {
    if let Some(id) = &entry.id {
        return id.clone();
    }
    let known_by = match (&entry.username, &entry.primary_email, &entry.primary_phone) {
        (Some(username), _, _) => format!("username {username}"),
        (None, Some(email), _) => format!("email {}", email.to_lowercase()),
        (None, None, phone) => format!("phone {}", phone.as_deref().unwrap_or_default()),
    };
    derived_id("user", &known_by, 12)
}

impl Applier<'_, '_, '_> {
    pub(super) fn people(&mut self, hashes: &PreparedHashes, known: &Fingerprints) -> Result<ApplyPeople, StoreError> {
        // Who is who is settled before anything is written, so that two people may swap usernames.
        let mut meant = Vec::with_capacity(self.document.users.len());
        for entry in &self.document.users {
            meant.push((entry, find_person(self.cx, entry)?));
        }
        let mut people = ApplyPeople::default();
        let mut taken: BTreeMap<UserId, &str> = BTreeMap::new();
        for (entry, stored) in meant {
            let id = stored.as_ref().map_or_else(|| UserId(new_id(entry)), |user| user.id.clone());
            if let Some(first) = taken.insert(id.clone(), &entry.at) {
                let message = format!("This is the person {id}, whom {first} describes already. Join the two entries.");
                self.error(&entry.at, message);
                continue;
            }
            let hash = self.password(entry, stored.as_deref(), hashes, known);
            let mut new = person(entry, id.clone(), stored.as_deref(), hash, self.cx.now)?;
            new.mfa_verifications = self.factors(entry, stored.as_deref())?;
            if stored.is_none() {
                people.new.push(id.clone());
            }
            people.ids.insert(entry.at.clone(), id);
            self.put_person(stored.as_deref(), new)?;
        }
        self.identifiers_in_use(&people)?;
        Ok(people)
    }

    /// The password hash the person should have, where the entry says anything about it.
    fn password(&mut self, entry: &UserEntry, stored: Option<&User>, hashes: &PreparedHashes, known: &Fingerprints) -> Option<String> {
        if let Some(hash) = &entry.password_hash {
            return Some(hash.clone());
        }
        let password = entry.password.as_ref()?;
        if known.fits(stored, password) {
            return None;
        }
        let prepared = hashes.get(&entry.at).cloned();
        if prepared.is_none() {
            let message = "The stored password changed while the configuration was being applied. Start again.";
            self.error(format!("{}.password", entry.at), message);
        }
        prepared
    }

    fn put_person(&mut self, stored: Option<&User>, mut new: User) -> Result<(), StoreError> {
        if let Some(stored) = stored {
            new.updated_at = stored.updated_at;
            if !super::same(stored, &new)? {
                new.updated_at = self.cx.now;
            }
        }
        self.put(stored, &new)
    }

    /// Looks for people outside the file who hold a username, e-mail, phone or identity that the file gives away.
    fn identifiers_in_use(&mut self, people: &ApplyPeople) -> Result<(), StoreError> {
        for entry in &self.document.users {
            let Some(id) = people.get(&entry.at) else {
                continue;
            };
            if let Some(username) = &entry.username
                && let Some(other) = username_holders(self.cx, username)?.into_iter().find(|other| other.id != *id)
            {
                self.in_use(&format!("{}.username", entry.at), other.id.as_str());
            }
            let keys = ["primaryEmail", "primaryPhone"].map(str::to_owned);
            let named = keys.into_iter().zip(indexes(entry)).filter_map(|(key, index)| Some((key, index?)));
            let linked = entry.identities.iter().flatten().map(|(target, identity)| {
                let index = Index::Identity.entry(format!("{target}/{}", identity.user_id));
                (format!("identities.{target}"), index)
            });
            for (key, index) in named.chain(linked) {
                let holders = self.cx.find_ids(&index, 2)?;
                if let Some(other) = holders.iter().find(|holder| *holder != id.as_str()) {
                    self.in_use(&format!("{}.{key}", entry.at), other);
                }
            }
        }
        Ok(())
    }

    fn in_use(&mut self, path: &str, other: &str) {
        let message = format!("Belongs to the stored person {other} already. Give another, or write id = \"{other}\" to mean that person.");
        self.error(path, message);
    }
}

/// The person as the entry wants them.
fn person(entry: &UserEntry, id: UserId, stored: Option<&User>, hash: Option<String>, now: Timestamp) -> Result<User, StoreError> {
    let mut user = stored.cloned().unwrap_or_else(|| User::new(id, now));
    let texts = [
        (&mut user.username, &entry.username),
        (&mut user.primary_email, &entry.primary_email),
        (&mut user.primary_phone, &entry.primary_phone),
        (&mut user.name, &entry.name),
        (&mut user.avatar, &entry.avatar),
        (&mut user.demo_note, &entry.demo_note),
    ];
    for (member, mentioned) in texts {
        if mentioned.is_some() {
            member.clone_from(mentioned);
        }
    }
    if hash.is_some() && hash != user.password_encrypted {
        user.set_password(hash, now);
    }
    user.profile = merged(entry.profile.over(&user.profile))?;
    if let Some(identities) = &entry.identities {
        user.identities.clone_from(identities);
    }
    if let Some(data) = &entry.custom_data {
        user.custom_data.clone_from(data);
    }
    user.is_suspended = entry.is_suspended.unwrap_or(user.is_suspended);
    Ok(user)
}
