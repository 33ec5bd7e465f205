//! Whether a provider's account is the person's, and what that spares them.

use super::super::ruling::{identified, sign_in_experience};
use super::{ENTERPRISE, SOCIAL};
use crate::model::{Connector, SsoIdentity, User};
use crate::port::{Cx, StoreError};
use crate::record::{ConnectorRecord, Interaction, InteractionEvent, VerificationRecord};
use serde_json::{Map, Value};

/// Keeps what the provider gave, sealed as it is, where its connector says so.
pub(in crate::experience) fn keep_tokens(cx: &Cx<'_>, interaction: &Interaction, account: &mut User) -> Result<(), StoreError> {
    for record in &interaction.result.verification_records {
        let (record, held) = match record {
            VerificationRecord::Social(record) => (record, holds_social(cx, record, &Map::new(), Some(account))?),
            VerificationRecord::EnterpriseSso(record) => (record, holds_enterprise(record, &Map::new(), Some(account))),
            _ => continue,
        };
        if let Some(tokens) = record.tokens.clone().filter(|_| held) {
            account.connector_tokens.insert(record.connector_id.0.clone(), tokens);
        }
    }
    Ok(())
}

/// What a provider's sign-in spares its person at sign-up (sheet 4.4).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::experience) enum Spared {
    /// Everything: an enterprise account.
    Everything,
    /// Identifiers and password: a social account, where `skipRequiredIdentifiers` is on.
    Identifiers,
}

/// Whether this interaction was identified through a provider, and what that spares.
pub(in crate::experience) fn spared(cx: &Cx<'_>, interaction: &Interaction) -> Result<Option<Spared>, StoreError> {
    let own = identified(cx, interaction)?;
    let profile = &interaction.result.profile;
    let records = &interaction.result.verification_records;
    let enterprise = |record: &VerificationRecord| match record {
        VerificationRecord::EnterpriseSso(record) => holds_enterprise(record, profile, own.as_deref()),
        _ => false,
    };
    if records.iter().any(enterprise) {
        return Ok(Some(Spared::Everything));
    }
    if !sign_in_experience(cx)?.social_sign_in.skip_required_identifiers {
        return Ok(None);
    }
    for record in records {
        if let VerificationRecord::Social(record) = record
            && holds_social(cx, record, profile, own.as_deref())?
        {
            return Ok(Some(Spared::Identifiers));
        }
    }
    Ok(None)
}

/// Whether an enterprise account that was verified here is this person's, or is about to be: while signing in, only
/// [`by_enterprise`] makes it so.
pub(in crate::experience) fn is_of(record: &ConnectorRecord, interaction: &Interaction, user: &User) -> bool {
    let signing_in = interaction.result.interaction_event == Some(InteractionEvent::SignIn);
    let none = Map::new();
    let pending = if signing_in { &interaction.result.profile } else { &none };
    holds_enterprise(record, pending, Some(user))
}

fn holds_enterprise(record: &ConnectorRecord, pending: &Map<String, Value>, own: Option<&User>) -> bool {
    let Some(theirs) = &record.user_info else { return false };
    let issuer = record.issuer.as_deref().unwrap_or_default();
    let same = |held: &SsoIdentity| held.issuer == issuer && held.identity_id == theirs.id && held.sso_connector_id == record.connector_id;
    let waiting = pending
        .get(ENTERPRISE)
        .and_then(|sso| serde_json::from_value::<SsoIdentity>(sso.clone()).ok());
    waiting.is_some_and(|waiting| same(&waiting)) || own.is_some_and(|own| own.sso_identities.iter().any(same))
}

fn holds_social(cx: &Cx<'_>, record: &ConnectorRecord, pending: &Map<String, Value>, own: Option<&User>) -> Result<bool, StoreError> {
    let Some(theirs) = &record.user_info else { return Ok(false) };
    let connector = cx.get::<Connector>(record.connector_id.as_str())?;
    let Some(target) = connector.as_ref().and_then(|connector| connector.target.as_deref()) else {
        return Ok(false);
    };
    let waiting = pending.get(SOCIAL).is_some_and(|social| {
        let text = |at: &str| social.pointer(at).and_then(Value::as_str);
        text("/target") == Some(target) && text("/userInfo/id") == Some(theirs.id.as_str())
    });
    let held = own
        .and_then(|own| own.identities.get(target))
        .is_some_and(|held| held.user_id == theirs.id);
    Ok(waiting || held)
}
