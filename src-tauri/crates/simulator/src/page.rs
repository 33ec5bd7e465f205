//! The pages of a simulated provider: the account chooser, what is wrong with a request, and the form that carries an answer.
//! Plain forms without script; only the form that carries an answer submits itself where scripts run.

use crate::accounts::meaningless;
use crate::claims::halves;
use crate::play::{Reply, is_hinted};
use crate::provider::Provider;
use crate::request::{AuthorizationRequest, Mistake};
use vestibule_core::console::SimulatedAccountDraft;
use vestibule_core::model::{Failure, Problem, Shape, SimulatedAccount};

/// The pages' style, to be served as `/assets/simulated.css`.
pub const STYLE: &str = include_str!("page/style.css");

/// Content-Security-Policy of the chooser: no script, nothing from elsewhere.
pub const CSP: &str = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Longest quotation of what was sent, in characters.
const SHOWN: usize = 300;

/// What the chooser shows.
pub struct Chooser<'a> {
    /// The provider.
    pub provider: &'a Provider,
    /// What was asked.
    pub request: &'a AuthorizationRequest,
    /// Whom it knows.
    pub accounts: &'a [SimulatedAccount],
    /// Comes back with the choice: it proves that this page was asked with this very request.
    pub token: &'a str,
    /// A form that came back with a mistake.
    pub again: Option<(&'a SimulatedAccountDraft, &'a Problem)>,
    /// Why another choice was not taken.
    pub notice: Option<&'a str>,
}

/// Escapes text for HTML content and attribute values.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

fn cut(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn document(title: &str, head: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{}</title><link rel=\"stylesheet\" href=\"/assets/simulated.css\">{head}</head>\
         <body><main>{body}</main></body></html>",
        escape(title)
    )
}

/// The account chooser.
#[must_use]
pub fn chooser(page: &Chooser<'_>) -> String {
    let name = escape(page.provider.name());
    let simulation = page.provider.connector.simulation.clone().unwrap_or_default();
    let shape = page.provider.shape();
    let armed = match (simulation.next, simulation.failure) {
        (Some(next), _) => warning("The next sign-in fails", next, shape),
        (None, Some(always)) => warning("Every sign-in here fails", always, shape),
        (None, None) => String::new(),
    };
    let notice = page
        .notice
        .map(|notice| format!("<p class=\"notice\" role=\"alert\">{}</p>", escape(notice)))
        .unwrap_or_default();
    let hidden = format!("<input type=\"hidden\" name=\"token\" value=\"{}\">", escape(page.token));
    let mut accounts: Vec<&SimulatedAccount> = page.accounts.iter().collect();
    // A stable sort: whom the connector expects comes first.
    accounts.sort_by_key(|account| !is_hinted(account, page.request));
    let rows: String = accounts.iter().map(|account| row(account, page.request, shape)).collect();
    let body = format!(
        "<p class=\"badge\">Simulated provider</p><h1>Sign in with {name}</h1>\
         <p class=\"lead\">Vestibule plays {name} here. Nothing leaves this computer, and no password is asked for.</p>{armed}{notice}\
         <form method=\"post\" class=\"accounts\">{hidden}<h2 id=\"who\">Choose an account</h2><ul aria-labelledby=\"who\">{rows}</ul></form>\
         <form method=\"post\" class=\"quick\">{hidden}<button class=\"plain\" name=\"action\" value=\"make-up\">Make one up</button>\
         <span>A new person, signed in at once</span></form>{}\
         <form method=\"post\" class=\"cancel\">{hidden}<button class=\"plain\" name=\"action\" value=\"cancel\">Cancel</button>\
         <span>Goes back with <code>{}</code></span></form>{}",
        add_form(page, &hidden),
        if page.request.saml.is_some() {
            "RequestDenied"
        } else {
            "access_denied"
        },
        asked(page),
    );
    document(&format!("Simulated {}", page.provider.name()), "", &body)
}

fn warning(when: &str, failure: Failure, shape: Shape) -> String {
    format!(
        "<p class=\"armed\"><strong>{when}:</strong> {}. Change it in Vestibule's window, under Connectors.</p>",
        failure.words_at(shape)
    )
}

/// An account, as a button.
fn row(account: &SimulatedAccount, request: &AuthorizationRequest, shape: Shape) -> String {
    let hinted = is_hinted(account, request);
    let chip = |class: &str, text: &str| format!("<span class=\"chip {class}\">{text}</span>");
    let email = match &account.email {
        Some(email) => escape(email),
        None => "no e-mail address".to_owned(),
    };
    let mut chips = String::new();
    if hinted {
        chips.push_str(&chip("hint", "expected"));
    }
    if account.email.is_some() && !account.email_verified {
        chips.push_str(&chip("mute", "address not verified"));
    }
    if let Some(failure) = account.failure {
        chips.push_str(&chip("fails", failure.words_at(shape)));
    }
    if !chips.is_empty() {
        chips = format!("<span class=\"chips\">{chips}</span>");
    }
    let focus = if hinted { " autofocus" } else { "" };
    format!(
        "<li><button name=\"account\" value=\"{}\"{focus}><span class=\"avatar tint{}\" aria-hidden=\"true\">{}</span>\
         <span class=\"who\"><span class=\"name\">{}</span><span class=\"email\">{email}</span>{chips}</span></button></li>",
        escape(&account.id),
        account.id.bytes().map(usize::from).sum::<usize>() % 6,
        escape(&initials(&account.name)),
        escape(&account.name),
    )
}

fn initials(name: &str) -> String {
    let (first, last) = halves(name);
    [first, last.rsplit(' ').next().unwrap_or_default()]
        .iter()
        .filter_map(|part| part.chars().next())
        .flat_map(char::to_uppercase)
        .collect()
}

/// The form for one more account; open when it came back with a mistake, or when somebody unknown is expected.
fn add_form(page: &Chooser<'_>, hidden: &str) -> String {
    let unknown = page
        .request
        .login_hint
        .as_deref()
        .filter(|hint| hint.contains('@') && !page.accounts.iter().any(|account| is_hinted(account, page.request)));
    let filled = page.again.map(|(draft, _)| draft.clone()).unwrap_or_else(|| SimulatedAccountDraft {
        email: unknown.map(str::to_owned),
        email_verified: true,
        ..SimulatedAccountDraft::default()
    });
    let problem = page.again.map(|(_, problem)| problem);
    let open = if problem.is_some() || unknown.is_some() { " open" } else { "" };
    let field = |name: &str, label: &str, kind: &str, value: &str, more: &str| {
        let wrong = problem.filter(|problem| problem.field == name);
        let (described, message) = wrong.map_or_else(Default::default, |problem| {
            (
                format!(" aria-invalid=\"true\" aria-describedby=\"{name}-error\" autofocus"),
                format!("<span class=\"error\" id=\"{name}-error\">{}</span>", escape(&problem.message)),
            )
        });
        format!(
            "<div class=\"field\"><label for=\"{name}\">{label}</label><input id=\"{name}\" name=\"{name}\" type=\"{kind}\" value=\"{}\" \
             autocomplete=\"off\"{more}{described}>{message}</div>",
            escape(value)
        )
    };
    let other = problem
        .filter(|problem| !["name", "email"].contains(&problem.field.as_str()))
        .map(|problem| format!("<p class=\"error\" role=\"alert\">{}</p>", escape(&problem.message)))
        .unwrap_or_default();
    let personas: String = Failure::ALL
        .into_iter()
        .filter(|failure| meaningless(&page.provider.connector, *failure).is_none())
        .map(|failure| {
            let selected = if filled.failure == Some(failure) { " selected" } else { "" };
            format!(
                "<option value=\"{}\"{selected}>{}</option>",
                failure.name(),
                capitalized(failure.words_at(page.provider.shape()))
            )
        })
        .collect();
    let checked = if filled.email_verified { " checked" } else { "" };
    format!(
        "<details class=\"add\"{open}><summary>Add an account</summary><form method=\"post\">{hidden}{other}{}{}\
         <label class=\"check\"><input type=\"checkbox\" name=\"email_verified\" value=\"true\"{checked}> The address is verified</label>\
         <div class=\"field\"><label for=\"failure\">When it signs in</label><select id=\"failure\" name=\"failure\">\
         <option value=\"\">It works</option>{personas}</select></div>\
         <button class=\"primary\" name=\"action\" value=\"add\">Add and sign in</button></form></details>",
        field("name", "Name", "text", &filled.name, " required maxlength=\"128\""),
        field(
            "email",
            "E-mail address (may be left out)",
            "email",
            filled.email.as_deref().unwrap_or_default(),
            ""
        ),
    )
}

/// What the connector asked, for whoever develops with it.
fn asked(page: &Chooser<'_>) -> String {
    let request = page.request;
    let mut rows = vec![
        (
            if request.saml.is_some() { "Service provider" } else { "Client" },
            page.provider.client_id.clone(),
        ),
        ("Goes back to", page.provider.callback.clone()),
    ];
    let oauth = [
        (
            "Scope",
            if request.scopes.is_empty() {
                "none".to_owned()
            } else {
                request.scopes.join(" ")
            },
        ),
        (
            "Code challenge",
            if request.challenge.is_some() { "sent (PKCE)" } else { "not sent" }.to_owned(),
        ),
    ];
    match &request.saml {
        Some(id) => rows.push(("Request", cut(id))),
        None => rows.extend(oauth),
    }
    rows.extend(request.login_hint.clone().map(|hint| ("Expected", cut(&hint))));
    let rows: String = rows
        .iter()
        .map(|(name, value)| format!("<dt>{name}</dt><dd><code>{}</code></dd>", escape(value)))
        .collect();
    format!("<details class=\"asked\"><summary>What was asked</summary><dl>{rows}</dl></details>")
}

/// A page that says what is wrong with a request.
#[must_use]
pub fn wrong(name: &str, mistake: &Mistake) -> String {
    let message = cut(&mistake.message);
    // Back-ticks mark what is code.
    let parts: String = message
        .split('`')
        .enumerate()
        .map(|(at, part)| {
            if at % 2 == 1 {
                format!("<code>{}</code>", escape(part))
            } else {
                escape(part)
            }
        })
        .collect();
    refusal(
        name,
        "The request can't be answered",
        &format!("<p><code>{}</code>: {parts}</p>", escape(mistake.parameter)),
    )
}

/// A page that says why nothing goes on here.
#[must_use]
pub fn stopped(name: &str, why: &str) -> String {
    refusal(name, "This sign-in can't go on", &format!("<p>{}</p>", escape(why)))
}

fn refusal(name: &str, title: &str, body: &str) -> String {
    let what = if name.is_empty() {
        "a simulated provider".to_owned()
    } else {
        format!("the simulated {}", escape(name))
    };
    document(
        title,
        "",
        &format!(
            "<p class=\"badge\">Simulated provider</p><h1>{title}</h1>{body}\
             <p class=\"lead\">This is {what}, played by Vestibule. Nobody was told, because nothing says that the way back can be trusted. \
             Go back to the application and start again.</p>"
        ),
    )
}

/// The form that carries an answer in the response mode `form_post`; it submits itself where scripts run.
#[must_use]
pub fn form_post(provider: &Provider, reply: &Reply) -> String {
    let fields: String = reply
        .params
        .iter()
        .map(|(name, value)| format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", escape(name), escape(value)))
        .collect();
    document(
        "Going back",
        "<script src=\"/assets/submit.js\" defer></script>",
        &format!(
            "<p class=\"badge\">Simulated provider</p><h1>Going back</h1><p class=\"lead\">The answer goes back as a form. If nothing happens, press the button.</p>\
             <form method=\"post\" action=\"{}\">{fields}<button class=\"primary\">Continue</button></form>",
            escape(&provider.callback)
        ),
    )
}

/// The address that carries an answer in the response mode `query`.
#[must_use]
pub fn redirect(provider: &Provider, reply: &Reply) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(&reply.params);
    format!("{}?{}", provider.callback, query.finish())
}

#[cfg(test)]
mod tests;
