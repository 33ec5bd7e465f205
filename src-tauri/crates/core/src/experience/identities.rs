//! Whose account a provider's word is about (sheet 4.4, 6.4 and 6.5): found, linked, or made.

mod held;

pub(super) use held::{Spared, is_of, keep_tokens, spared};

use super::availability::guard_sso_domain;
use super::error::ApiError;
use super::identifier::{email_domain, find_user};
use super::ruling::{Stop, identified, refuse, save, sign_in_experience};
use crate::because::{Because, Outcome};
use crate::connectors::UpstreamUser;
use crate::model::{Connector, SocialIdentity, SsoIdentity, User};
use crate::port::{Cx, StoreError};
use crate::record::{ConnectorRecord, Identifier, IdentifierKind, Index, IndexEntry, Interaction};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The pending profile's member with a social identity: `{target, userInfo}`.
pub(super) const SOCIAL: &str = "socialIdentity";
/// The pending profile's member with an enterprise identity.
pub(super) const ENTERPRISE: &str = "enterpriseSsoIdentity";

/// What a sign-in with a provider came to.
pub(super) struct Found {
    /// Whose account it is.
    pub(super) user: Arc<User>,
    /// What the account takes over at submission.
    pub(super) profile: Map<String, Value>,
    /// The sentence for the window.
    pub(super) title: String,
}

/// Where the person with a social identity is found.
fn social_index(target: &str, id: &str) -> IndexEntry {
    Index::Identity.entry(format!("{target}/{id}"))
}

/// The record's connector with its target, and who came back; 400 `session.verification_failed` before that.
fn proven<'r>(cx: &Cx<'_>, record: &'r ConnectorRecord) -> Result<(Arc<Connector>, &'r UpstreamUser), Stop> {
    let Some(user) = &record.user_info else {
        return refuse(
            ApiError::verification_failed(),
            Because::new(
                "experience.identification",
                Outcome::Refused,
                "The provider has not said who it is",
                "The browser was sent to the provider, and its callback has not been verified. The page calls `verify` first.",
                "Logto 4.3",
            ),
        );
    };
    match cx.get::<Connector>(record.connector_id.as_str())? {
        Some(connector) => Ok((connector, user)),
        None => refuse(
            ApiError::social_connector_not_found().hidden("the connector was deleted meanwhile"),
            Because::new(
                "experience.connector",
                Outcome::Refused,
                "The connector is not there any more",
                "It was deleted after the provider had answered.",
                "Logto 4.4",
            )
            .input(record.connector_id.0.clone()),
        ),
    }
}

pub(super) fn email_of(user: &UpstreamUser) -> Option<Identifier> {
    let value = user.email.clone()?;
    Some(Identifier {
        kind: IdentifierKind::Email,
        value,
    })
}

fn phone_of(user: &UpstreamUser) -> Option<Identifier> {
    let value = user.phone.clone()?;
    Some(Identifier {
        kind: IdentifierKind::Phone,
        value,
    })
}

/// The person with the phone number, then the e-mail address, that the provider vouches for (sheet 6.4).
fn related(cx: &Cx<'_>, user: &UpstreamUser) -> Result<Option<(Arc<User>, Identifier)>, StoreError> {
    for identifier in [phone_of(user), email_of(user)].into_iter().flatten() {
        if let Some(holder) = find_user(cx, &identifier)? {
            return Ok(Some((holder, identifier)));
        }
    }
    Ok(None)
}

fn put_identity(profile: &mut Map<String, Value>, target: &str, user: &UpstreamUser) {
    profile.insert(SOCIAL.into(), json!({ "target": target, "userInfo": user }));
}

fn put_sso_identity(profile: &mut Map<String, Value>, connector: &Connector, issuer: &str, user: &UpstreamUser) {
    profile.insert(
        ENTERPRISE.into(),
        json!({ "issuer": issuer, "identityId": user.id, "ssoConnectorId": connector.id, "detail": user }),
    );
}

/// Name and picture, where the account has none or the connector keeps them the same.
fn sync(profile: &mut Map<String, Value>, connector: &Connector, own: &User, user: &UpstreamUser) {
    for (member, theirs, ours) in [("name", &user.name, &own.name), ("avatar", &user.avatar, &own.avatar)] {
        if let Some(value) = theirs
            && connector.sync_profile
            && ours.as_ref() != Some(value)
        {
            profile.insert(member.into(), Value::String(value.clone()));
        }
    }
}

/// Whose social account it is. `link` adds it to the person with the same verified phone or e-mail.
pub(super) fn by_social(cx: &mut Cx<'_>, record: &ConnectorRecord, link: bool) -> Result<Found, Stop> {
    let (connector, user) = proven(cx, record)?;
    let target = connector.target.clone().unwrap_or_default();
    if let Some(email) = email_of(user) {
        guard_sso_domain(cx, &email)?;
    }
    let mut profile = Map::new();
    if let Some(own) = cx.find::<User>(&social_index(&target, &user.id))? {
        sync(&mut profile, &connector, &own, user);
        if connector.sync_profile {
            put_identity(&mut profile, &target, user);
        }
        return Ok(Found {
            user: own,
            profile,
            title: format!("The account is linked to this {} account", connector.label()),
        });
    }
    let related = related(cx, user)?;
    let automatic = sign_in_experience(cx)?.social_sign_in.automatic_account_linking;
    let name = connector.label().to_owned();
    match related {
        Some((own, by)) if link || automatic => {
            guard_target_free(&own, &target, &user.id, &name)?;
            put_identity(&mut profile, &target, user);
            sync(&mut profile, &connector, &own, user);
            cx.because(
                Because::new(
                    "experience.linking",
                    Outcome::Decided,
                    format!("The {name} account is linked to {}", own.display_name()),
                    if link {
                        format!("The page asked for it, and {name} vouches for `{}`, which is theirs.", by.value)
                    } else {
                        format!(
                            "Automatic account linking is on, and {name} vouches for `{}`, which is theirs.",
                            by.value
                        )
                    },
                    "Logto 6.4",
                )
                .input(by.value),
            );
            Ok(Found {
                user: own,
                profile,
                title: format!("The {name} account was linked just now"),
            })
        }
        related => {
            let data = related.as_ref().map(|(_, by)| json!({ "type": by.kind, "value": by.value }));
            let detail = match &related {
                Some((own, by)) => format!(
                    "No account is linked to it, but `{}` belongs to {}. Automatic account linking is off, so the page goes to `/social/link/{}` and asks.",
                    by.value,
                    own.display_name(),
                    connector.id
                ),
                None => "No account is linked to it. Where registration is on, the page creates one: it changes the event to `Register` and identifies again with the same verification.".to_owned(),
            };
            cx.trail.patch.headline = Some(format!("{name} account · no account yet").into());
            refuse(
                ApiError::identity_not_exist(data).hidden(format!("nobody has the identity {target}/{}", user.id)),
                Because::new(
                    "experience.identification",
                    Outcome::Refused,
                    format!("Nobody has this {name} account yet"),
                    detail,
                    "Logto 4.4",
                )
                .input(format!("{target}/{}", user.id)),
            )
        }
    }
}

/// 422 `user.social_account_exists_in_profile` when the person has another account of this provider.
fn guard_target_free(own: &User, target: &str, id: &str, name: &str) -> Result<(), Stop> {
    let Some(other) = own.identities.get(target).filter(|identity| identity.user_id != id) else {
        return Ok(());
    };
    refuse(
        ApiError::social_account_exists_in_profile().hidden(format!("{} has {target}/{}", own.id, other.user_id)),
        Because::new(
            "experience.linking",
            Outcome::Refused,
            format!("{} has another {name} account", own.display_name()),
            format!("An account holds one identity of each provider. Unlink the {name} account that is there first."),
            "Logto 6.4",
        )
        .input(format!("{target}/{}", other.user_id)),
    )
}

/// Whose enterprise account it is (sheet 6.5): the person with the identity, else the one with the same verified e-mail
/// address, provided that the connector speaks for its domain.
pub(super) fn by_enterprise(cx: &mut Cx<'_>, record: &ConnectorRecord) -> Result<Found, Stop> {
    let (connector, user) = proven(cx, record)?;
    let issuer = record.issuer.clone().unwrap_or_default();
    let name = connector.label().to_owned();
    let mut profile = Map::new();
    let held = cx.find::<User>(&SsoIdentity::index(&issuer, &user.id))?;
    if let Some(own) = held
        && let Some(identity) = held_by_connector(cx, &own, &connector, &issuer, &user.id)?
    {
        sync(&mut profile, &connector, &own, user);
        if connector.sync_profile || identity.sso_connector_id != connector.id {
            put_sso_identity(&mut profile, &connector, &issuer, user);
        }
        return Ok(Found {
            user: own,
            profile,
            title: format!("The account belongs to this {name} account"),
        });
    }
    if let Some(own) = enterprise_relative(cx, &connector, user)? {
        put_sso_identity(&mut profile, &connector, &issuer, user);
        sync(&mut profile, &connector, &own, user);
        cx.because(
            Because::new(
                "experience.linking",
                Outcome::Decided,
                format!("The {name} account is linked to {}", own.display_name()),
                format!(
                    "{name} speaks for the domain of `{}`, which is their address.",
                    user.email.as_deref().unwrap_or_default()
                ),
                "Logto 6.5",
            )
            .input(user.email.clone().unwrap_or_default()),
        );
        return Ok(Found {
            user: own,
            profile,
            title: format!("The {name} account was linked just now"),
        });
    }
    cx.trail.patch.headline = Some(format!("{name} account · no account yet").into());
    refuse(
        ApiError::sso_identity_not_exist().hidden(format!("nobody has the identity {} of {issuer}", user.id)),
        Because::new(
            "experience.identification",
            Outcome::Refused,
            format!("Nobody has this {name} account yet"),
            "Neither the account's subject nor its e-mail address belongs to anybody. Where registration is on, the page creates an account: it changes the event to `Register` and identifies again with the same verification.",
            "Logto 4.4",
        )
        .input(user.id.clone()),
    )
}

/// The identity of this very subject that came by this connector, or by one that is gone. Another connector's provider may
/// claim the same issuer, and is not believed.
fn held_by_connector(cx: &Cx<'_>, own: &User, connector: &Connector, issuer: &str, id: &str) -> Result<Option<SsoIdentity>, StoreError> {
    let Some(held) = own
        .sso_identities
        .iter()
        .find(|held| held.issuer == issuer && held.identity_id == id)
    else {
        return Ok(None);
    };
    let mine = held.sso_connector_id == connector.id || cx.get::<Connector>(held.sso_connector_id.as_str())?.is_none();
    Ok(mine.then(|| held.clone()))
}

/// The person with the enterprise account's e-mail address. A provider is only believed about its own domains: otherwise
/// whoever runs one company's provider could sign in as anybody.
fn enterprise_relative(cx: &mut Cx<'_>, connector: &Connector, user: &UpstreamUser) -> Result<Option<Arc<User>>, Stop> {
    let Some(email) = email_of(user) else {
        return Ok(None);
    };
    let Some(holder) = find_user(cx, &email)? else {
        return Ok(None);
    };
    if speaks_for(connector, &email) {
        return Ok(Some(holder));
    }
    cx.because(
        Because::new(
            "experience.linking",
            Outcome::Dropped,
            "The e-mail address was not used for linking",
            format!(
                "`{}` belongs to {}, but its domain is none of {}'s. A company's provider is believed about its own domains only; Logto would link the two.",
                email.value,
                holder.display_name(),
                connector.label()
            ),
            "Vestibule",
        )
        .input(email.value),
    );
    Ok(None)
}

/// Whether a company's provider is believed about an address or number.
pub(super) fn speaks_for(connector: &Connector, identifier: &Identifier) -> bool {
    match identifier.kind {
        IdentifierKind::Email => email_domain(&identifier.value).is_some_and(|domain| connector.serves_domain(&domain)),
        IdentifierKind::Phone | IdentifierKind::Username => true,
    }
}

/// 400 while somebody is identified: what a provider says of a new account must not reach theirs.
fn guard_nobody_yet(interaction: &Interaction) -> Result<(), Stop> {
    let Some(id) = &interaction.result.user_id else {
        return Ok(());
    };
    refuse(
        ApiError::invalid_interaction_type().hidden(format!("already identified as {id}")),
        Because::new(
            "experience.conflict",
            Outcome::Refused,
            "This sign-in already is somebody's",
            "A new account begins with nobody identified. The page must begin again with `PUT /api/experience`.",
            "Logto 4.4",
        ),
    )
}

/// The pending profile of a new account (sheet 6.4 and 6.5): the identity, name, picture, and the verified address and number
/// where nobody has them.
pub(super) fn take(cx: &mut Cx<'_>, interaction: &mut Interaction, record: &ConnectorRecord, enterprise: bool) -> Result<(), Stop> {
    let (connector, user) = proven(cx, record)?;
    guard_nobody_yet(interaction)?;
    let mut profile = interaction.result.profile.clone();
    if enterprise {
        put_sso_identity(&mut profile, &connector, &record.issuer.clone().unwrap_or_default(), user);
    } else {
        if let Some(email) = email_of(user) {
            guard_sso_domain(cx, &email)?;
        }
        put_identity(&mut profile, connector.target.as_deref().unwrap_or_default(), user);
    }
    let own = identified(cx, interaction)?;
    guard_free(cx, &profile, own.as_deref())?;
    for (member, value) in [("name", &user.name), ("avatar", &user.avatar)] {
        if let Some(value) = value {
            profile.insert(member.into(), Value::String(value.clone()));
        }
    }
    for (member, identifier) in [("primaryEmail", email_of(user)), ("primaryPhone", phone_of(user))] {
        let Some(identifier) = identifier else { continue };
        let why = match find_user(cx, &identifier)? {
            Some(holder) => format!("It belongs to {}, and an address or number has one holder.", holder.display_name()),
            // Otherwise its real owner would later be linked to an account that somebody else made.
            None if enterprise && !speaks_for(&connector, &identifier) => {
                format!(
                    "Its domain is none of {}'s, and a company's provider is believed about its own domains only.",
                    connector.label()
                )
            }
            None => {
                profile.insert(member.into(), Value::String(identifier.value));
                continue;
            }
        };
        cx.because(
            Because::new(
                "experience.linking",
                Outcome::Dropped,
                format!("`{}` was not taken over", identifier.value),
                format!("{why} The new account goes without it."),
                "Logto 6.4",
            )
            .input(identifier.value),
        );
    }
    interaction.result.profile = profile;
    // Kept even when a later guard refuses: the page comes back with what is missing.
    Ok(save(cx, interaction)?)
}

/// The pending profile with the social identity of a record, for an account that is there (`POST /profile`, sheet 4.5).
pub(super) fn add(cx: &mut Cx<'_>, interaction: &mut Interaction, record: &ConnectorRecord, own: Option<&User>) -> Result<(), Stop> {
    let (connector, user) = proven(cx, record)?;
    let target = connector.target.clone().unwrap_or_default();
    if let Some(own) = own {
        guard_target_free(own, &target, &user.id, connector.label())?;
    }
    let mut profile = interaction.result.profile.clone();
    put_identity(&mut profile, &target, user);
    guard_free(cx, &profile, own)?;
    interaction.result.profile = profile;
    Ok(())
}

/// 422 `user.identity_already_in_use` when a pending identity is somebody else's.
pub(super) fn guard_free(cx: &mut Cx<'_>, profile: &Map<String, Value>, own: Option<&User>) -> Result<(), Stop> {
    for (index, shown) in pending_indexes(profile) {
        let Some(holder) = cx.find::<User>(&index)? else { continue };
        if own.is_some_and(|own| own.id == holder.id) {
            continue;
        }
        return refuse(
            ApiError::identity_already_in_use().hidden(format!("{shown} belongs to {} ({})", holder.display_name(), holder.id)),
            Because::new(
                "experience.unique",
                Outcome::Refused,
                "This account of the provider is linked already",
                format!(
                    "`{shown}` belongs to {}. To sign in as them, the page changes the event to `SignIn`.",
                    holder.display_name()
                ),
                "Logto 4.4",
            )
            .input(shown),
        );
    }
    Ok(())
}

fn pending_indexes(profile: &Map<String, Value>) -> Vec<(IndexEntry, String)> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let mut found = Vec::new();
    if let Some(social) = profile.get(SOCIAL)
        && let (Some(target), Some(id)) = (text(social.get("target")), text(social.pointer("/userInfo/id")))
    {
        found.push((social_index(&target, &id), format!("{target}/{id}")));
    }
    if let Some(sso) = profile.get(ENTERPRISE)
        && let (Some(issuer), Some(id)) = (text(sso.get("issuer")), text(sso.get("identityId")))
    {
        found.push((SsoIdentity::index(&issuer, &id), format!("{id} of {issuer}")));
    }
    found
}

/// Puts pending identities into the account.
pub(super) fn fill_in(user: &mut User, profile: &Map<String, Value>) {
    if let Some(social) = profile.get(SOCIAL)
        && let Some(target) = social.get("target").and_then(Value::as_str)
        && let Some(details) = social.get("userInfo")
        && let Some(id) = details.get("id").and_then(Value::as_str)
    {
        let identity = SocialIdentity {
            user_id: id.to_owned(),
            details: details.clone(),
        };
        user.identities.insert(target.to_owned(), identity);
    }
    if let Some(sso) = profile.get(ENTERPRISE)
        && let Ok(identity) = serde_json::from_value::<SsoIdentity>(sso.clone())
    {
        let same = |own: &SsoIdentity| own.issuer == identity.issuer && own.identity_id == identity.identity_id;
        user.sso_identities.retain(|own| !same(own));
        user.sso_identities.push(identity);
    }
}
