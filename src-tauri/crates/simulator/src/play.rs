//! What comes of a choice at the account chooser: which failure is played, and the answer that goes back to the connector.

use crate::accounts::{self, Refusal, meaningless, new_subject, shape};
use crate::provider::Provider;
use crate::request::{AuthorizationRequest, ResponseMode};
use crate::saml::{self, Response};
use std::sync::Arc;
use vestibule_core::because::{Because, Outcome};
use vestibule_core::console::SimulatedAccountDraft;
use vestibule_core::entropy::opaque43;
use vestibule_core::live::Lane;
use vestibule_core::model::{Connector, Failure, Problem, Shape, SimulatedAccount, User};
use vestibule_core::{Cx, StoreError, Timestamp};

/// Most people looked through for somebody else's address.
const PEOPLE: usize = 1000;
const SOURCE: &str = "Simulated provider";

/// What somebody pressed.
#[derive(Clone, Debug)]
pub enum Choice {
    /// This account, by its id.
    Account(String),
    /// An account that is added first.
    New(Box<SimulatedAccountDraft>),
    /// An account that is made up first.
    MadeUp,
    /// Cancel.
    Cancel,
}

/// What a code stands for.
#[derive(Clone, Debug)]
pub struct Grant {
    /// Who signed in, as the provider will tell of them: what a failure changes is changed.
    pub account: SimulatedAccount,
    /// How the rest goes wrong.
    pub failure: Option<Failure>,
    /// What was asked.
    pub request: AuthorizationRequest,
    /// When the person chose.
    pub auth_time: Timestamp,
}

/// The answer to the authorization request.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Its parameters, in order.
    pub params: Vec<(String, String)>,
    /// How they travel.
    pub mode: ResponseMode,
    /// The code that is among them, and what it stands for.
    pub issued: Option<(String, Grant)>,
    /// A SAML response that is not among them yet, because it is not signed.
    pub response: Option<Response>,
}

/// Why a choice can't be taken: the chooser says so, and is shown again.
#[derive(Debug)]
pub enum NoChoice {
    /// The connector is gone, or speaks to a real provider by now.
    Gone,
    /// Nobody of this id is known any more.
    NoAccount,
    /// The provider knows as many as it can.
    Full,
    /// The form has a mistake.
    Wrong(Problem),
}

/// Takes a choice: one writing decision, so that an armed failure happens once.
///
/// # Errors
/// When the store fails; inside, why the choice can't be taken.
pub fn choose(
    cx: &mut Cx<'_>,
    provider: &Provider,
    request: &AuthorizationRequest,
    choice: Choice,
) -> Result<Result<Reply, NoChoice>, StoreError> {
    let name = provider.name().to_owned();
    cx.arrow(Lane::Experience, Lane::Upstream, "POST authorize");
    let Some(connector) = cx
        .get::<Connector>(provider.connector.id.as_str())?
        .filter(|c| c.simulation.is_some())
    else {
        return Ok(Err(NoChoice::Gone));
    };
    let account = match choice {
        Choice::Cancel => {
            cx.because(Because::new(
                "upstream.choice",
                Outcome::Refused,
                format!("Cancel was pressed at the simulated {name}"),
                if request.saml.is_some() {
                    "The browser goes back with a status in place of an assertion. A failure that is armed for the next sign-in stays armed."
                } else {
                    "The browser goes back with `error=access_denied` and no code. A failure that is armed for the next sign-in stays armed."
                },
                SOURCE,
            ));
            return Ok(Ok(refuse(cx, provider, request, "access_denied", "The person cancelled.")));
        }
        Choice::Account(id) => match known(cx, &connector, &id)? {
            Some(account) => account,
            None => return Ok(Err(NoChoice::NoAccount)),
        },
        Choice::New(draft) => match accounts::save(cx, &connector, *draft)? {
            Ok(account) => account,
            Err(Refusal::NoAccount) => return Ok(Err(NoChoice::NoAccount)),
            Err(Refusal::Full) => return Ok(Err(NoChoice::Full)),
            Err(Refusal::Wrong(problem)) => return Ok(Err(NoChoice::Wrong(problem))),
        },
        Choice::MadeUp if accounts::accounts(cx, &connector.id)?.len() >= accounts::MAX_ACCOUNTS => return Ok(Err(NoChoice::Full)),
        Choice::MadeUp => accounts::make_up(cx, &connector)?,
    };
    let failure = failure(cx, &connector, &account)?;
    play(cx, provider, request, account, failure).map(Ok)
}

/// `prompt=none`: nothing may be shown, so only somebody who is named can sign in (OpenID Connect Core 3.1.2.6).
///
/// # Errors
/// When the store fails.
pub fn silently(cx: &mut Cx<'_>, provider: &Provider, request: &AuthorizationRequest) -> Result<Result<Reply, NoChoice>, StoreError> {
    let hinted = accounts::accounts(cx, &provider.connector.id)?
        .into_iter()
        .find(|account| is_hinted(account, request));
    if let Some(account) = hinted {
        return choose(cx, provider, request, Choice::Account(account.id));
    }
    cx.because(
        Because::new(
            "upstream.choice",
            Outcome::Refused,
            format!("The simulated {} may show nothing, and knows not who it is", provider.name()),
            "`prompt=none` forbids the account chooser, and `login_hint` names none of its accounts.",
            "OIDC Core 3.1.2.6",
        )
        .input(request.login_hint.clone().unwrap_or_default()),
    );
    Ok(Ok(refuse(
        cx,
        provider,
        request,
        "login_required",
        "Nobody is signed in here, and nothing may be shown.",
    )))
}

/// Whether an account is whom `login_hint` names.
#[must_use]
pub fn is_hinted(account: &SimulatedAccount, request: &AuthorizationRequest) -> bool {
    request
        .login_hint
        .as_deref()
        .is_some_and(|hint| account.sub == hint || account.email.as_deref().is_some_and(|email| email.eq_ignore_ascii_case(hint)))
}

fn known(cx: &Cx<'_>, connector: &Connector, id: &str) -> Result<Option<SimulatedAccount>, StoreError> {
    let found = cx.get::<SimulatedAccount>(id)?;
    Ok(found
        .filter(|account| account.connector_id == connector.id)
        .map(|account| (*account).clone()))
}

/// Which failure this sign-in plays: the armed one, which is then spent, before the account's, before the connector's.
fn failure(cx: &mut Cx<'_>, connector: &Connector, account: &SimulatedAccount) -> Result<Option<Failure>, StoreError> {
    let simulation = connector.simulation.clone().unwrap_or_default();
    if simulation.next.is_some() {
        let mut spent = connector.clone();
        if let Some(simulation) = &mut spent.simulation {
            simulation.next = None;
        }
        cx.put(&spent)?;
    }
    let name = connector.label();
    let found = [
        (simulation.next, "It was armed for the next sign-in, and is spent now.".to_owned()),
        (account.failure, format!("It is the persona of {}.", account.name)),
        (
            simulation.failure,
            format!("Every sign-in at {name} fails like this, as set under its simulated provider."),
        ),
    ]
    .into_iter()
    .find_map(|(failure, whence)| Some((failure?, whence)));
    let Some((failure, whence)) = found else { return Ok(None) };
    if let Some(why) = meaningless(connector, failure) {
        cx.because(
            Because::new(
                "upstream.persona",
                Outcome::Dropped,
                format!("The simulated {name} can't fail like this"),
                format!("{whence} {why} The sign-in works."),
                SOURCE,
            )
            .input(failure.name()),
        );
        return Ok(None);
    }
    cx.because(
        Because::new(
            "upstream.persona",
            Outcome::Decided,
            format!("The simulated {name} plays a failure: {}", failure.words_at(shape(connector))),
            whence,
            SOURCE,
        )
        .input(failure.name()),
    );
    Ok(Some(failure))
}

/// Plays a sign-in to the point where the browser goes back.
fn play(
    cx: &mut Cx<'_>,
    provider: &Provider,
    request: &AuthorizationRequest,
    account: SimulatedAccount,
    failure: Option<Failure>,
) -> Result<Reply, StoreError> {
    let name = provider.name();
    let refused = match failure {
        Some(Failure::AccessDenied) => Some(("access_denied", "The person cancelled.")),
        Some(Failure::ServerError) => Some(("server_error", "The provider met an unexpected condition.")),
        Some(Failure::TemporarilyUnavailable) => Some(("temporarily_unavailable", "The provider is overloaded. Try again later.")),
        _ => None,
    };
    if let Some((error, description)) = refused {
        return Ok(refuse(cx, provider, request, error, description));
    }
    let told = as_told(cx, provider, &account, failure)?;
    if let Some(id) = &request.saml {
        return saml::respond(cx, provider, request, id, &account, &told, failure);
    }
    let code = opaque43(cx.entropy);
    let mut params = vec![("code".to_owned(), code.clone())];
    if let Some(user) = apple_user(provider, request, &told) {
        params.push(("user".to_owned(), user));
    }
    if failure == Some(Failure::WrongState) {
        params.push(("state".to_owned(), opaque43(cx.entropy)));
    } else {
        params.extend(request.state.clone().map(|state| ("state".to_owned(), state)));
    }
    if !account.known {
        cx.put(&SimulatedAccount {
            known: true,
            ..account.clone()
        })?;
    }
    cx.because(
        Because::new(
            "upstream.choice",
            Outcome::Decided,
            format!("{} was chosen at the simulated {name}", account.name),
            "The browser goes back with a code. It works once, for a minute, for this client and this callback address.",
            "RFC 6749 4.1.2",
        )
        .input(told.email.clone().unwrap_or_else(|| told.sub.clone())),
    );
    goes_back(cx, request, "code");
    let grant = Grant {
        account: told,
        failure,
        request: request.clone(),
        auth_time: cx.now,
    };
    Ok(Reply {
        params,
        mode: request.response_mode,
        issued: Some((code, grant)),
        response: None,
    })
}

/// The account as the provider tells of it: personas about the person change it.
fn as_told(
    cx: &mut Cx<'_>,
    provider: &Provider,
    account: &SimulatedAccount,
    failure: Option<Failure>,
) -> Result<SimulatedAccount, StoreError> {
    let mut told = account.clone();
    match failure {
        Some(Failure::NoEmail) => {
            told.email = None;
            told.email_verified = false;
        }
        Some(Failure::UnverifiedEmail) => told.email_verified = false,
        Some(Failure::ChangedSubject) => told.sub = new_subject(provider.shape(), cx.entropy),
        Some(Failure::EmailOfAnother) => match another(cx, provider, account)? {
            Some(person) => {
                cx.because(
                    Because::new(
                        "upstream.persona",
                        Outcome::Decided,
                        format!("{} comes with the e-mail address of {}", account.name, person.display_name()),
                        "The provider says that the address is verified, and it belongs to a person here.",
                        SOURCE,
                    )
                    .input(person.primary_email.clone().unwrap_or_default()),
                );
                told.email.clone_from(&person.primary_email);
                told.email_verified = true;
            }
            None => cx.because(Because::new(
                "upstream.persona",
                Outcome::Dropped,
                "Nobody else here has an e-mail address",
                "The account keeps its own. Add a person with an address under People, and try again.",
                SOURCE,
            )),
        },
        _ => {}
    }
    Ok(told)
}

/// Somebody here who has an e-mail address and is not the account's own person.
fn another(cx: &Cx<'_>, provider: &Provider, account: &SimulatedAccount) -> Result<Option<Arc<User>>, StoreError> {
    let is_own = |user: &User| {
        let social = provider.connector.target.as_ref().and_then(|target| user.identities.get(target));
        social.is_some_and(|identity| identity.user_id == account.sub)
            || user
                .sso_identities
                .iter()
                .any(|identity| identity.issuer == provider.issuer && identity.identity_id == account.sub)
    };
    let same = |user: &User| match (&user.primary_email, &account.email) {
        (Some(theirs), Some(own)) => theirs.eq_ignore_ascii_case(own),
        _ => false,
    };
    let mut people = cx.list::<User>(PEOPLE)?;
    people.sort_by(|a, b| (a.is_suspended, a.created_at, &a.id).cmp(&(b.is_suspended, b.created_at, &b.id)));
    Ok(people
        .into_iter()
        .find(|user| user.primary_email.is_some() && !is_own(user) && !same(user)))
}

/// What Apple posts beside the code at the first sign-in, and never again.
fn apple_user(provider: &Provider, request: &AuthorizationRequest, account: &SimulatedAccount) -> Option<String> {
    let asked = |scope: &str| request.scopes.iter().any(|asked| asked == scope);
    if provider.shape() != Shape::Apple || account.known || !(asked("name") || asked("email")) {
        return None;
    }
    let mut user = serde_json::Map::new();
    if asked("name") {
        let (first, last) = crate::claims::halves(&account.name);
        user.insert("name".into(), serde_json::json!({ "firstName": first, "lastName": last }));
    }
    if let Some(email) = account.email.as_ref().filter(|_| asked("email")) {
        user.insert("email".into(), email.clone().into());
    }
    Some(serde_json::Value::Object(user).to_string())
}

/// An error for the connector (RFC 6749 4.1.2.1).
fn refuse(cx: &mut Cx<'_>, provider: &Provider, request: &AuthorizationRequest, error: &'static str, description: &'static str) -> Reply {
    if let Some(id) = &request.saml {
        return saml::refuse(cx, provider, request, id, error, description);
    }
    goes_back(cx, request, &format!("error={error}"));
    let mut params = vec![
        ("error".to_owned(), error.to_owned()),
        ("error_description".to_owned(), description.to_owned()),
    ];
    params.extend(request.state.clone().map(|state| ("state".to_owned(), state)));
    Reply {
        params,
        mode: request.response_mode,
        issued: None,
        response: None,
    }
}

pub(crate) fn goes_back(cx: &mut Cx<'_>, request: &AuthorizationRequest, what: &str) {
    let how = match request.response_mode {
        ResponseMode::Query => "303",
        ResponseMode::FormPost => "form_post",
    };
    cx.arrow(Lane::Upstream, Lane::Experience, format!("{how} {what}"));
    cx.trail.patch.waiting_for = Some("waiting for the page to take the answer".into());
    cx.trail.patch.waiting_on = Some(Lane::Experience);
}

#[cfg(test)]
mod tests;
