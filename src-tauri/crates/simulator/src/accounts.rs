//! Whom a simulated provider knows: listing, making up, saving, deleting. Rules over what is stored, as in core.

mod made_up;
mod subject;

pub use subject::new_subject;

use made_up::{address, person};
use vestibule_core::console::SimulatedAccountDraft;
use vestibule_core::entropy::timed21;
use vestibule_core::ids::ConnectorId;
use vestibule_core::model::{
    Connector, Failure, Problem, Shape, SimulatedAccount, Simulation, check_email, check_http_url, normalize_phone,
};
use vestibule_core::{Cx, StoreError, Timestamp};

/// Most accounts of one provider.
pub const MAX_ACCOUNTS: usize = 200;
/// How many people a provider that knew nobody makes up.
const FIRST_PEOPLE: usize = 3;
/// Most accounts of all providers that are looked through.
const ALL_ACCOUNTS: usize = 20_000;
/// Longest text of an account, in characters.
const MAX_TEXT: usize = 256;
/// Longest name, in characters, as a person's here.
const MAX_NAME: usize = 128;
/// Most bytes of further claims, as JSON.
const MAX_CLAIMS: usize = 8 * 1024;
/// Claims that say which token it is. Personas change them, accounts don't.
const PROTOCOL_CLAIMS: [&str; 10] = ["iss", "aud", "azp", "exp", "iat", "nbf", "nonce", "sub", "at_hash", "jti"];

/// Everybody whom a connector's provider knows, oldest first; those of one moment by name.
///
/// # Errors
/// When the store fails.
pub fn accounts(cx: &Cx<'_>, connector: &ConnectorId) -> Result<Vec<SimulatedAccount>, StoreError> {
    let mut found: Vec<SimulatedAccount> = cx
        .list::<SimulatedAccount>(ALL_ACCOUNTS)?
        .iter()
        .filter(|account| account.connector_id == *connector)
        .map(|account| (**account).clone())
        .collect();
    found.sort_by(|a, b| (a.created_at, &a.name, &a.id).cmp(&(b.created_at, &b.name, &b.id)));
    Ok(found)
}

/// As [`accounts`]; a provider that knows nobody makes some people up, so that there is somebody to choose.
///
/// # Errors
/// When the store fails.
pub fn furnished_accounts(cx: &mut Cx<'_>, connector: &Connector) -> Result<Vec<SimulatedAccount>, StoreError> {
    if accounts(cx, &connector.id)?.is_empty() {
        for _ in 0..FIRST_PEOPLE {
            make_up(cx, connector)?;
        }
    }
    accounts(cx, &connector.id)
}

/// One more person, made up, whom nobody else at this provider is called like.
///
/// # Errors
/// When the store fails.
pub fn make_up(cx: &mut Cx<'_>, connector: &Connector) -> Result<SimulatedAccount, StoreError> {
    let known = accounts(cx, &connector.id)?;
    let name = person(cx.entropy, &known);
    let email = address(&name, connector, &known);
    // What is made in one moment keeps its order.
    let made_now = i64::try_from(known.iter().filter(|account| account.created_at >= cx.now).count()).unwrap_or_default();
    let created_at = Timestamp(cx.now.0.saturating_add(made_now));
    let account = SimulatedAccount {
        id: timed21(created_at, cx.entropy),
        connector_id: connector.id.clone(),
        sub: new_subject(shape(connector), cx.entropy),
        email: Some(email),
        email_verified: true,
        phone: None,
        avatar: None,
        claims: serde_json::Map::new(),
        failure: None,
        known: false,
        created_at,
        name,
    };
    cx.put(&account)?;
    Ok(account)
}

/// How the provider behind a connector answers.
#[must_use]
pub fn shape(connector: &Connector) -> Shape {
    connector.factory().map_or(Shape::Oidc, |factory| factory.shape)
}

/// Why an account can't be saved.
#[derive(Debug)]
pub enum Refusal {
    /// There is no such account.
    NoAccount,
    /// The provider knows as many as it can.
    Full,
    /// A member is wrong.
    Wrong(Problem),
}

/// Creates or changes an account, and answers it.
///
/// # Errors
/// When the store fails; inside, why it was refused.
pub fn save(cx: &mut Cx<'_>, connector: &Connector, draft: SimulatedAccountDraft) -> Result<Result<SimulatedAccount, Refusal>, StoreError> {
    let draft = tidied(draft);
    if let Some(problem) = check(connector, &draft).into_iter().next() {
        return Ok(Err(Refusal::Wrong(problem)));
    }
    let known = accounts(cx, &connector.id)?;
    let old = match &draft.id {
        Some(id) => match known.iter().find(|account| account.id == *id) {
            Some(account) => Some(account.clone()),
            None => return Ok(Err(Refusal::NoAccount)),
        },
        None if known.len() >= MAX_ACCOUNTS => return Ok(Err(Refusal::Full)),
        None => None,
    };
    let kept = || old.as_ref().map(|old| old.sub.clone());
    let sub = draft.sub.or_else(kept).unwrap_or_else(|| new_subject(shape(connector), cx.entropy));
    if let Some(other) = known.iter().find(|other| other.sub == sub && Some(&other.id) != draft.id.as_ref()) {
        return Ok(Err(Refusal::Wrong(Problem::new(
            "sub",
            format!("{} has this subject already. Choose another one, or leave it out.", other.name),
        ))));
    }
    let account = SimulatedAccount {
        id: draft.id.unwrap_or_else(|| timed21(cx.now, cx.entropy)),
        connector_id: connector.id.clone(),
        // Under another subject the provider meets somebody new.
        known: old.as_ref().is_some_and(|old| old.known && old.sub == sub),
        sub,
        name: draft.name,
        email: draft.email,
        email_verified: draft.email_verified,
        phone: draft.phone,
        avatar: draft.avatar,
        claims: draft.claims,
        failure: draft.failure,
        created_at: old.map_or(cx.now, |old| old.created_at),
    };
    cx.put(&account)?;
    Ok(Ok(account))
}

/// Deletes an account, and answers whose it was.
///
/// # Errors
/// When the store fails.
pub fn delete(cx: &mut Cx<'_>, id: &str) -> Result<Option<ConnectorId>, StoreError> {
    let Some(account) = cx.get::<SimulatedAccount>(id)? else {
        return Ok(None);
    };
    cx.delete::<SimulatedAccount>(id)?;
    Ok(Some(account.connector_id.clone()))
}

/// Without the blanks that a form leaves, and without empty texts.
fn tidied(mut draft: SimulatedAccountDraft) -> SimulatedAccountDraft {
    draft.name = draft.name.trim().to_owned();
    for text in [&mut draft.sub, &mut draft.email, &mut draft.phone, &mut draft.avatar] {
        *text = text.take().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    }
    draft
}

/// Everything that is wrong with an account.
fn check(connector: &Connector, draft: &SimulatedAccountDraft) -> Vec<Problem> {
    let mut problems = Vec::new();
    if draft.name.is_empty() || draft.name.chars().count() > MAX_NAME || draft.name.chars().any(char::is_control) {
        problems.push(Problem::new(
            "name",
            format!("Give a name of 1 to {MAX_NAME} characters, such as Maya Chen."),
        ));
    }
    if let Some(sub) = &draft.sub {
        if sub.chars().count() > MAX_TEXT || sub.chars().any(char::is_control) {
            problems.push(Problem::new("sub", format!("A subject has at most {MAX_TEXT} characters.")));
        } else if shape(connector) == Shape::GitHub && sub.parse::<u64>().is_err() {
            problems.push(Problem::new("sub", "GitHub's ids are whole numbers, such as 583231."));
        }
    }
    if let Some(Err(message)) = draft.email.as_deref().map(check_email) {
        problems.push(Problem::new("email", message));
    }
    if let Some(Err(message)) = draft.phone.as_deref().map(normalize_phone) {
        problems.push(Problem::new("phone", message));
    }
    if let Some(Err(message)) = draft.avatar.as_deref().map(check_http_url) {
        problems.push(Problem::new("avatar", message));
    }
    if let Some(claim) = PROTOCOL_CLAIMS.into_iter().find(|claim| draft.claims.contains_key(*claim)) {
        problems.push(Problem::new(
            format!("claims.{claim}"),
            format!("`{claim}` is the provider's own to write. A failure persona can make it wrong."),
        ));
    }
    if serde_json::to_string(&draft.claims).is_ok_and(|json| json.len() > MAX_CLAIMS) {
        problems.push(Problem::new("claims", format!("Further claims have at most {MAX_CLAIMS} bytes.")));
    }
    if let Some(message) = draft.failure.and_then(|failure| meaningless(connector, failure)) {
        problems.push(Problem::new("failure", message));
    }
    problems
}

/// Everything that is wrong with how a provider is to behave.
#[must_use]
pub fn check_simulation(connector: &Connector, simulation: &Simulation) -> Vec<Problem> {
    [("failure", simulation.failure), ("next", simulation.next)]
        .into_iter()
        .filter_map(|(field, failure)| Some(Problem::new(field, meaningless(connector, failure?)?)))
        .collect()
}

/// Why a persona can't be played by this connector's provider; `None` when it can.
#[must_use]
pub fn meaningless(connector: &Connector, failure: Failure) -> Option<String> {
    let factory = connector.factory()?;
    if factory.shape == Shape::Saml {
        let why = || {
            format!(
                "{} answers through the browser alone, and vouches for every address it tells.",
                factory.name
            )
        };
        return (!failure.happens_in_saml()).then(why);
    }
    if failure.needs_id_token() && !factory.issues_id_tokens() {
        return Some(format!("{} issues no ID token that could be wrong.", factory.name));
    }
    if failure.needs_user_endpoint() && !factory.has_user_endpoint() {
        return Some(format!("{}'s people are in the ID token; no user endpoint is asked.", factory.name));
    }
    None
}

#[cfg(test)]
mod tests;
