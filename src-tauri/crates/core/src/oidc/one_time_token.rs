//! A one-time token beside a live session (sheet 2.6): whose it is decides where the browser goes from the consent hop.

use super::params::{self, AuthenticationParams};
use super::secrets;
use crate::because::{Because, Outcome};
use crate::experience::check_one_time_token;
use crate::model::User;
use crate::port::{Cx, StoreError};
use crate::record::{Identifier, IdentifierKind, Interaction};

/// The token of a request and the address it should be for.
#[must_use]
pub(super) fn given(params: &AuthenticationParams) -> Option<(&str, &str)> {
    params.one_time_token.as_deref().zip(params.login_hint.as_deref())
}

/// Where the browser goes because of the token; `None` goes on to consent.
///
/// # Errors
/// When the store fails.
pub(super) fn detour(cx: &mut Cx<'_>, interaction: &Interaction, user: &User) -> Result<Option<String>, StoreError> {
    // Whoever signed in for this very request has used the token, or chose another way in.
    if interaction.result.interaction_event.is_some() {
        return Ok(None);
    }
    let params = params::parse(&secrets::of_interaction(cx, interaction)?).params;
    let Some((token, email)) = given(&params) else { return Ok(None) };
    let name = user.display_name();
    let own = user
        .primary_email
        .as_ref()
        .is_some_and(|own| own.to_lowercase() == email.to_lowercase());
    let identifier = Identifier {
        kind: IdentifierKind::Email,
        value: email.to_owned(),
    };
    let checked = check_one_time_token(cx, &identifier, token)?;
    let fresh_login = interaction
        .params
        .get("prompt")
        .is_some_and(|prompt| prompt.split(' ').any(|p| p == "login"));
    let (path, error, title, detail) = match &checked {
        Ok(_) if own => (
            Some("/one-time-token"),
            None,
            "The one-time token is used for the person who is signed in.",
            format!("It was made for `{email}`, which is {name}'s address."),
        ),
        Ok(_) if fresh_login => (
            None,
            None,
            "The one-time token is left alone.",
            format!("It was made for `{email}`, and the request says `prompt=login`."),
        ),
        Ok(_) => (
            Some("/switch-account"),
            None,
            "The one-time token is for somebody else.",
            format!("It was made for `{email}`, and {name} is signed in. The page asks whether to switch."),
        ),
        Err(error) if error.code == "one_time_token.token_consumed" && own => (
            None,
            None,
            "The one-time token was used by this person before.",
            format!("It was made for `{email}`, which is {name}'s address, so the sign-in goes on."),
        ),
        Err(error) => (
            Some("/one-time-token"),
            Some(error.message.as_str()),
            "The one-time token can't be used.",
            format!("{} ({}). The page says so.", error.message.trim_end_matches('.'), error.code),
        ),
    };
    let outcome = if error.is_some() { Outcome::Refused } else { Outcome::Decided };
    cx.because(Because::new("consent.one_time_token", outcome, title, detail, "Logto 2.6").input(email));
    Ok(path.map(|path| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("app_id", interaction.client_id.as_str());
        query.append_pair("one_time_token", token).append_pair("login_hint", email);
        if let Some(message) = error {
            query.append_pair("errorMessage", message);
        }
        format!("{path}?{}", query.finish())
    }))
}
