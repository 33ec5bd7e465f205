//! Parameters of a request that are secrets: whoever has a one-time token signs in with it. They wait in the store sealed and
//! apart from the others, for an interaction that lives an hour and a pushed request that lives a minute.

use crate::port::{Cx, StoreError};
use crate::record::Interaction;
use crate::secret::Secret;
use std::collections::BTreeMap;

/// The secret ones (sheet 2.1).
const NAMES: [&str; 2] = ["one_time_token", "google_one_tap_credential"];

/// The parameters that may be stored as they are, and the secret ones, sealed.
#[must_use]
pub fn split<C>(cx: &Cx<'_>, parameters: C) -> (C, C)
where
    C: IntoIterator<Item = (String, String)> + FromIterator<(String, String)> + Extend<(String, String)> + Default,
{
    let (secret, plain): (C, C) = parameters.into_iter().partition(|(name, _)| NAMES.contains(&name.as_str()));
    let sealed = secret.into_iter().map(|(name, value)| (name, cx.vault.seal(&Secret::new(value))));
    (plain, sealed.collect())
}

/// All parameters again.
///
/// # Errors
/// When a secret was sealed with another key.
pub fn join<C>(cx: &Cx<'_>, mut plain: C, sealed: C) -> Result<C, StoreError>
where
    C: IntoIterator<Item = (String, String)> + Extend<(String, String)>,
{
    for (name, value) in sealed {
        let secret = cx.vault.open(&value)?;
        plain.extend([(name, secret.expose().to_owned())]);
    }
    Ok(plain)
}

/// The parameters of an interaction's request as they were sent.
///
/// # Errors
/// As [`join`].
pub fn of_interaction(cx: &Cx<'_>, interaction: &Interaction) -> Result<BTreeMap<String, String>, StoreError> {
    join(cx, interaction.params.clone(), interaction.sealed_params.clone())
}
