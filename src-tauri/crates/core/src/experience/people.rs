//! Creating people at registration (sheet 4.4 and 7.1).

use super::extra_profile::merge;
use super::identities;
use crate::entropy::id12;
use crate::ids::UserId;
use crate::model::User;
use crate::port::{Cx, StoreError};
use crate::time::Timestamp;
use serde_json::{Map, Value};

/// A person who has nothing yet but an id of their own.
pub(super) fn fresh_user(cx: &Cx<'_>) -> Result<User, StoreError> {
    let mut id = id12(cx.entropy);
    while cx.get::<User>(&id)?.is_some() {
        id = id12(cx.entropy);
    }
    Ok(User::new(UserId(id), cx.now))
}

/// Sets what a pending profile holds. Whether it may is the caller's to check.
pub(super) fn fill_in(user: &mut User, profile: &Map<String, Value>, now: Timestamp) {
    let text = |member: &str| profile.get(member).and_then(Value::as_str).map(str::to_owned);
    user.username = text("username").or_else(|| user.username.take());
    user.primary_email = text("primaryEmail").or_else(|| user.primary_email.take());
    user.primary_phone = text("primaryPhone").or_else(|| user.primary_phone.take());
    if let Some(phc) = text("passwordEncrypted") {
        user.set_password(Some(phc), now);
    }
    user.name = text("name").or_else(|| user.name.take());
    user.avatar = text("avatar").or_else(|| user.avatar.take());
    if let Some(Value::Object(members)) = profile.get("profile")
        && let Ok(Value::Object(mut own)) = serde_json::to_value(&user.profile)
    {
        merge(&mut own, members.clone());
        if let Ok(merged) = serde_json::from_value(Value::Object(own)) {
            user.profile = merged;
        }
    }
    identities::fill_in(user, profile);
    if let Some(Value::Object(members)) = profile.get("customData") {
        user.custom_data.extend(members.clone());
    }
}
