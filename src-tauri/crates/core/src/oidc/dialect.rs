//! What a dialect changes at the authorization endpoint: `prompt=create` and Duende's `acr_values` beside Logto's
//! parameters (sheet 2).
//!
//! Duende IdentityServer has no `direct_sign_in`: `acr_values=idp:<scheme>` skips the choice of a provider and
//! `tenant:<name>` is handed to the page. In the `duende` dialect they act as `direct_sign_in` and `organization_id`;
//! in the others they are ordinary acr values, which is said.

use super::params::{self, DirectSignIn, FirstScreen, Parsed};
use super::redirect::nearest;
use super::scopes;
use crate::because::{Because, Outcome};
use crate::live::ParamFate;
use crate::model::{Application, Connector, Dialect, ProviderSettings, SignInExperience, SignInMode};
use crate::port::{Cx, StoreError};
use std::collections::BTreeMap;

/// Most connectors looked through.
const CONNECTORS: usize = 500;
/// Where the two values of `acr_values` are written.
const ACR: &str = "OIDC Core 3.1.2.1, Duende IdentityServer acr_values";

/// The dialect for an application: its own, or the provider's.
///
/// # Errors
/// When the store can't be read.
pub fn in_effect(cx: &Cx<'_>, app: Option<&Application>) -> Result<Dialect, StoreError> {
    match app.and_then(|app| app.custom_client_metadata.dialect) {
        Some(dialect) => Ok(dialect),
        None => Ok(cx.get::<ProviderSettings>(ProviderSettings::ID)?.unwrap_or_default().dialect),
    }
}

/// Whether people may create accounts (sheet 5.1, `signInMode`).
///
/// # Errors
/// When the store can't be read.
pub fn registers(cx: &Cx<'_>) -> Result<bool, StoreError> {
    let row = cx.get::<SignInExperience>(SignInExperience::ID)?.unwrap_or_default();
    Ok(row.sign_in_mode != SignInMode::SignIn)
}

/// `prompt` values for discovery (Prompt Create 1.0, section 4). Logto's document has no such member (sheet 1.3).
#[must_use]
pub fn prompt_values(dialect: Dialect, registers: bool) -> Option<Vec<&'static str>> {
    if !dialect.follows_specifications() {
        return None;
    }
    let mut values = vec!["none", "login", "consent"];
    if dialect == Dialect::Duende {
        values.push("select_account");
    }
    if registers {
        values.push("create");
    }
    Some(values)
}

/// The parameters of a request in effect: Logto's set, then `prompt=create`, then what the dialect reads from `acr_values`.
///
/// # Errors
/// When the store can't be read.
pub fn parameters(cx: &Cx<'_>, app: &Application, given: &BTreeMap<String, String>) -> Result<Parsed, StoreError> {
    let mut parsed = params::parse(given);
    let creates = creates(given);
    let special = given
        .get("acr_values")
        .is_some_and(|acr| scopes::words(acr).iter().any(|w| AcrValue::read(w).is_some()));
    if !creates && !special {
        return Ok(parsed);
    }
    let dialect = in_effect(cx, Some(app))?;
    // Elsewhere the prompt is refused when the prompts are checked.
    if creates && dialect.follows_specifications() {
        open_registration(&mut parsed);
    }
    if special {
        read_acr(cx, dialect, given, &mut parsed)?;
    }
    Ok(parsed)
}

fn creates(given: &BTreeMap<String, String>) -> bool {
    given.get("prompt").is_some_and(|p| scopes::words(p).iter().any(|w| w == "create"))
}

/// `prompt=create` chooses the first screen (Prompt Create 1.0, section 4.1).
fn open_registration(parsed: &mut Parsed) {
    let before = parsed.params.first_screen;
    if !matches!(before, FirstScreen::Register | FirstScreen::IdentifierRegister) {
        parsed.params.first_screen = FirstScreen::Register;
        if before != FirstScreen::SignIn {
            let note = "prompt=create opens registration.".to_owned();
            parsed.fates.push(("first_screen", ParamFate::Dropped, None, note));
        }
    }
    if parsed.params.direct_sign_in.take().is_some() {
        let note = "prompt=create opens registration, not a provider.".to_owned();
        parsed.fates.push(("direct_sign_in", ParamFate::Dropped, None, note));
    }
    parsed
        .because
        .retain(|b| !matches!(&*b.rule, "params.first_screen" | "params.direct_sign_in"));
    parsed.because.push(
        Because::new(
            "params.prompt_create",
            Outcome::Decided,
            format!("Opens `/{}` first.", parsed.params.first_screen.route()),
            "The request says `prompt=create`, which asks for a new account even with a live session. Whoever has an account already can go on to the sign-in page from there.",
            "Prompt Create 1.0 4.1",
        )
        .input("prompt=create"),
    );
}

/// A value of `acr_values` that Duende gives a meaning of its own.
#[derive(Clone, Copy)]
enum AcrValue<'a> {
    Idp(&'a str),
    Tenant(&'a str),
}

impl<'a> AcrValue<'a> {
    fn read(word: &'a str) -> Option<Self> {
        word.strip_prefix("idp:")
            .map(Self::Idp)
            .or_else(|| word.strip_prefix("tenant:").map(Self::Tenant))
    }
    /// The parameter of Logto's that says the same.
    const fn parameter(self) -> &'static str {
        match self {
            Self::Idp(_) => "direct_sign_in",
            Self::Tenant(_) => "organization_id",
        }
    }
}

/// A connector as `direct_sign_in` names it: `social:<target>` or `sso:<connector id>` (sheet 2.5).
fn direct(connector: &Connector) -> DirectSignIn {
    let (method, target) = match &connector.target {
        Some(target) => ("social", target.clone()),
        None => ("sso", connector.id.0.clone()),
    };
    DirectSignIn {
        method: method.to_owned(),
        target: Some(target),
    }
}

fn written(direct: &DirectSignIn) -> String {
    format!("{}:{}", direct.method, direct.target.as_deref().unwrap_or_default())
}

/// The connector an `idp:` value names: a social target first, then an enterprise connector's id.
fn named(connectors: &[std::sync::Arc<Connector>], name: &str) -> Option<DirectSignIn> {
    let social = connectors.iter().find(|c| c.target.as_deref() == Some(name));
    let enterprise = || connectors.iter().find(|c| c.target.is_none() && c.id.as_str() == name);
    social.or_else(enterprise).map(|c| direct(c))
}

fn read_acr(cx: &Cx<'_>, dialect: Dialect, given: &BTreeMap<String, String>, parsed: &mut Parsed) -> Result<(), StoreError> {
    let words = given.get("acr_values").map(|acr| scopes::words(acr)).unwrap_or_default();
    let connectors = cx.list::<Connector>(CONNECTORS)?;
    if dialect != Dialect::Duende {
        ignore(dialect, &words, &connectors, parsed);
        return Ok(());
    }
    let creates = creates(given);
    let mut seen: Vec<&'static str> = Vec::new();
    let mut kept: Vec<&str> = Vec::new();
    let mut became: Vec<String> = Vec::new();
    let mut lost: Vec<String> = Vec::new();
    for word in &words {
        let Some(value) = AcrValue::read(word) else {
            kept.push(word);
            continue;
        };
        let parameter = value.parameter();
        let explicit = given.get(parameter).is_some_and(|v| !v.is_empty());
        let outcome = if seen.contains(&parameter) {
            Err("Only the first value of its kind counts.".to_owned())
        } else if explicit {
            Err(format!("`{parameter}` is in the request too, and what is said outright wins."))
        } else {
            match value {
                AcrValue::Idp("") | AcrValue::Tenant("") => Err("Nothing stands after the colon.".to_owned()),
                AcrValue::Idp(_) if creates => Err("`prompt=create` opens registration, not a provider.".to_owned()),
                AcrValue::Idp(name) => provider(&connectors, name),
                AcrValue::Tenant(id) => Ok(Some(id.to_owned())),
            }
        };
        seen.push(parameter);
        match (outcome, value) {
            (Err(why), _) => {
                parsed.at_once.push(
                    Because::new(
                        "params.acr_values",
                        Outcome::Dropped,
                        format!("Ignored `{word}` in `acr_values`."),
                        why.clone(),
                        ACR,
                    )
                    .input(word.clone()),
                );
                lost.push(format!("{word}: {}", why.replace('`', "")));
            }
            (Ok(target), AcrValue::Idp(name)) => {
                kept.push(word);
                parsed.because.push(chosen_provider(parsed, word, name, target.is_some()));
                if target.is_some() {
                    parsed.params.direct_sign_in = named(&connectors, name);
                    became.extend(target.map(|t| format!("direct_sign_in={t}")));
                }
            }
            (Ok(id), AcrValue::Tenant(name)) => {
                kept.push(word);
                became.extend(id.as_ref().map(|id| format!("organization_id={id}")));
                parsed.params.organization_id = id;
                parsed.at_once.push(
                    Because::new(
                        "params.acr_values.tenant",
                        Outcome::Decided,
                        format!("Took `{name}` as the organization."),
                        format!(
                            "In the duende dialect `{word}` acts as `organization_id={name}`: the page is told, and the code carries it."
                        ),
                        ACR,
                    )
                    .input(word.clone()),
                );
            }
        }
    }
    let (fate, effective) = match (kept.is_empty(), lost.is_empty()) {
        (true, _) => (ParamFate::Dropped, None),
        (false, true) => (ParamFate::Used, (!became.is_empty()).then(|| became.join(" "))),
        (false, false) => (ParamFate::Narrowed, Some(kept.join(" "))),
    };
    let note = if lost.is_empty() {
        "Read as Duende IdentityServer reads it.".to_owned()
    } else {
        lost.join(" ")
    };
    parsed.fates.push(("acr_values", fate, effective, note));
    Ok(())
}

/// What `idp:` names: a connector as `direct_sign_in` writes it, nothing for `idp:local`, or why it names none.
fn provider(connectors: &[std::sync::Arc<Connector>], name: &str) -> Result<Option<String>, String> {
    if let Some(found) = named(connectors, name) {
        return Ok(Some(written(&found)));
    }
    if name == "local" {
        return Ok(None);
    }
    let known: Vec<String> = connectors.iter().filter_map(|c| direct(c).target).collect();
    Err(match nearest(&known, name) {
        Some(near) => format!(
            "No connector has the target or id `{name}`; `idp:{near}` would have worked. Duende removes such a value without a word and shows its login page."
        ),
        None if known.is_empty() => format!("No connector has the target or id `{name}`: there are no connectors at all. Add one first."),
        None => format!(
            "No connector has the target or id `{name}`; known are `{}`. Duende removes such a value without a word and shows its login page.",
            known.join("`, `")
        ),
    })
}

fn chosen_provider(parsed: &Parsed, word: &str, name: &str, upstream: bool) -> Because {
    let fallback = parsed.params.first_screen.route();
    let (title, detail) = if upstream {
        (
            format!("Asked to go straight to `{name}`."),
            format!(
                "In the duende dialect `{word}` acts as `direct_sign_in`. If that can't be done, the person lands on `/{fallback}`. \
                 With a live session no page opens; Duende would compare that session's provider first."
            ),
        )
    } else {
        (
            "Asked for the provider's own sign-in.".to_owned(),
            format!("`{word}` names no connector but the forms here, so `/{fallback}` opens."),
        )
    };
    Because::new("params.acr_values.idp", Outcome::Decided, title, detail, ACR).input(word.to_owned())
}

/// `idp:` and `tenant:` in a dialect that does not know them.
fn ignore(dialect: Dialect, words: &[String], connectors: &[std::sync::Arc<Connector>], parsed: &mut Parsed) {
    let (special, others): (Vec<&String>, Vec<&String>) = words.iter().partition(|w| AcrValue::read(w).is_some());
    let instead: Vec<String> = special
        .iter()
        .filter_map(|w| AcrValue::read(w))
        .map(|value| match value {
            AcrValue::Idp(name) => named(connectors, name).map_or_else(
                || "`direct_sign_in=social:<target>` of a connector that is there".to_owned(),
                |found| format!("`direct_sign_in={}`", written(&found)),
            ),
            AcrValue::Tenant(id) => format!("`organization_id={id}`"),
        })
        .collect();
    let list = special.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(" and ");
    parsed.at_once.push(
        Because::new(
            "params.acr_values",
            Outcome::Dropped,
            format!("Ignored {list} in `acr_values`."),
            format!(
                "In the {} dialect these are ordinary acr values, which choose no provider and no organization. What would have worked: {}; \
                 or the duende dialect, for this application or for the provider.",
                dialect.name(),
                instead.join(" and ")
            ),
            ACR,
        )
        .input(words.join(" ")),
    );
    let (fate, effective) = if others.is_empty() {
        (ParamFate::Dropped, None)
    } else {
        let rest: Vec<&str> = others.iter().map(|w| w.as_str()).collect();
        (ParamFate::Narrowed, Some(rest.join(" ")))
    };
    let note = format!(
        "idp: and tenant: have a meaning only in the duende dialect; this one is {}.",
        dialect.name()
    );
    parsed.fates.push(("acr_values", fate, effective, note));
}
