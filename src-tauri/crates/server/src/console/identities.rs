//! A person's identities at other providers, as the window shows them and takes them away (sheet 6.4 and 6.5).

use super::connectors::MAX_CONNECTORS;
use super::people::{unknown, view};
use super::{Answer, problem};
use crate::engine::Engine;
use serde_json::Value;
use std::sync::Arc;
use vestibule_core::console::{ConsoleProblem, ConsoleReply, IdentityView, SsoIdentityView};
use vestibule_core::model::{Connector, SsoIdentity, User};
use vestibule_core::{Cx, StoreError};

fn text(details: &Value, member: &str) -> Option<String> {
    details.get(member).and_then(Value::as_str).map(str::to_owned)
}

/// A person's social identities.
pub(super) fn social(user: &User) -> Vec<IdentityView> {
    let views = user.identities.iter().map(|(target, identity)| IdentityView {
        target: target.clone(),
        user_id: identity.user_id.clone(),
        name: text(&identity.details, "name"),
        email: text(&identity.details, "email"),
    });
    views.collect()
}

/// A person's identities at enterprise providers.
pub(super) fn enterprise(cx: &Cx<'_>, user: &User) -> Result<Vec<SsoIdentityView>, StoreError> {
    let views = user.sso_identities.iter().map(|identity| {
        Ok(SsoIdentityView {
            issuer: identity.issuer.clone(),
            identity_id: identity.identity_id.clone(),
            connector_id: identity.sso_connector_id.0.clone(),
            connector: cx
                .get::<Connector>(identity.sso_connector_id.as_str())?
                .map(|connector| connector.label().to_owned()),
            name: text(&identity.detail, "name"),
            email: text(&identity.detail, "email"),
        })
    });
    views.collect()
}

impl Engine {
    /// Takes an identity away with `remove`, which says whether there was one; one way to sign in must stay (sheet 6.4).
    async fn unlink(
        self: &Arc<Self>,
        id: String,
        remove: impl FnOnce(&Cx<'_>, &mut User) -> Result<bool, StoreError> + Send + 'static,
    ) -> Answer {
        let reply = self
            .commit(move |cx| {
                let Some(stored) = cx.get::<User>(&id)? else {
                    return Ok(Err(unknown(&id)));
                };
                let mut user = stored.as_ref().clone();
                if !remove(cx, &mut user)? {
                    return Ok(Err(problem("user.identity_not_exist", "This identity is not linked any more.")));
                }
                if !user.has_way_to_sign_in() {
                    return Ok(Err(last_one(&user)));
                }
                user.updated_at = cx.now;
                cx.put(&user)?;
                Ok(Ok(view(cx, &user)?))
            })
            .await?;
        Ok(ConsoleReply::User(Box::new(reply)))
    }

    /// What the provider gave to act for the person goes with the identity.
    pub(super) async fn unlink_identity(self: &Arc<Self>, id: String, target: String) -> Answer {
        self.unlink(id, move |cx, user| {
            for connector in cx.list::<Connector>(MAX_CONNECTORS)? {
                if connector.target.as_ref() == Some(&target) {
                    user.connector_tokens.remove(connector.id.as_str());
                }
            }
            Ok(user.identities.remove(&target).is_some())
        })
        .await
    }

    pub(super) async fn unlink_sso_identity(self: &Arc<Self>, id: String, issuer: String, identity_id: String) -> Answer {
        self.unlink(id, move |_, user| {
            let same = |own: &SsoIdentity| own.issuer == issuer && own.identity_id == identity_id;
            let Some(place) = user.sso_identities.iter().position(same) else {
                return Ok(false);
            };
            let gone = user.sso_identities.remove(place);
            user.connector_tokens.remove(gone.sso_connector_id.as_str());
            Ok(true)
        })
        .await
    }
}

fn last_one(user: &User) -> ConsoleProblem {
    problem(
        "user.last_sign_in_method_required",
        format!(
            "Nothing else could sign {} in. Give them an e-mail address, a phone number, or a username and a password first.",
            user.display_name()
        ),
    )
}
