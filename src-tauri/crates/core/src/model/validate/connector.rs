//! Rules of connectors (sheet 6.1, 6.3 and 6.5).

use super::{MAX_NAME, Problem, Report, check_language_tag, check_picture, quoted};
use crate::connectors::check_config;
use crate::model::{Connector, ConnectorConfig, Factory, Failure, Shape, Simulation};
use std::sync::Arc;

/// Longest id and target of a connector, in **characters**.
const MAX_KEY: usize = 128;

/// Mail domains that anybody can have an address of: no company's (sheet 6.5).
pub const PUBLIC_MAIL_DOMAINS: [&str; 18] = [
    "gmail.com",
    "yahoo.com",
    "hotmail.com",
    "outlook.com",
    "live.com",
    "icloud.com",
    "aol.com",
    "yandex.com",
    "mail.com",
    "protonmail.com",
    "gmx.com",
    "mail.ru",
    "zoho.com",
    "qq.com",
    "163.com",
    "126.com",
    "sina.com",
    "sohu.com",
];

/// Checks a connector with its configuration, opened. What others have to do with it is [`check_connector_among`]'s.
#[must_use]
pub fn check_connector(connector: &Connector, config: &ConnectorConfig) -> Vec<Problem> {
    let mut report = Report::default();
    report.check("id", check_key(connector.id.as_str(), "id"));
    let Some(factory) = connector.factory() else {
        unknown_factory(&mut report, connector);
        return report.0;
    };
    if factory.enterprise {
        check_enterprise(&mut report, connector);
    } else {
        check_social(&mut report, connector, factory);
    }
    report.optional("logo", connector.logo.as_ref(), check_picture);
    report.optional("logoDark", connector.logo_dark.as_ref(), check_picture);
    if connector.enable_token_storage && !factory.stores_tokens() {
        report.add(
            "enableTokenStorage",
            format!("The tokens of {} can't be kept. Switch token storage off.", factory.name),
        );
    }
    if connector.idp_initiated_auth.is_some() && (!factory.enterprise || factory.shape == Shape::Saml) {
        report.add(
            "idpInitiatedAuth",
            "Only an enterprise provider of OpenID Connect can begin a sign-in here. Leave this out.",
        );
    }
    if let Some(simulation) = &connector.simulation {
        report.0.extend(check_simulation(factory, simulation));
    }
    for problem in check_config(factory, config, connector.simulation.is_some()) {
        let field = if problem.key.is_empty() {
            "config".to_owned()
        } else {
            format!("config.{}", problem.key)
        };
        report.coded("connector.invalid_config", field, problem.message);
    }
    report.0
}

/// Checks how a simulated provider is to fail: some failures need an ID token, or a user endpoint.
#[must_use]
pub fn check_simulation(factory: &Factory, simulation: &Simulation) -> Vec<Problem> {
    let failures = [("simulation.failure", simulation.failure), ("simulation.next", simulation.next)];
    failures
        .into_iter()
        .filter_map(|(field, failure)| Some(Problem::new(field, check_failure(factory, failure?).err()?)))
        .collect()
}

/// Checks that a failure can happen at a provider of this factory.
///
/// # Errors
/// A sentence for people.
pub fn check_failure(factory: &Factory, failure: Failure) -> Result<(), String> {
    if factory.shape == Shape::Saml {
        if failure.happens_in_saml() {
            return Ok(());
        }
        return Err(format!(
            "{} answers through the browser alone, so this can't happen: {}. Choose another failure.",
            factory.name,
            failure.words()
        ));
    }
    if failure.needs_id_token() && !factory.issues_id_tokens() {
        return Err(format!(
            "{} issues no ID token, so this can't happen: {}. Choose another failure.",
            factory.name,
            failure.words()
        ));
    }
    if failure.needs_user_endpoint() && !factory.has_user_endpoint() {
        return Err(format!(
            "{} is not asked at a user endpoint, so this can't happen: {}. Choose another failure.",
            factory.name,
            failure.words()
        ));
    }
    Ok(())
}

fn unknown_factory(report: &mut Report, connector: &Connector) {
    let known = Factory::ALL
        .iter()
        .filter(|factory| factory.enterprise == connector.is_enterprise());
    let known: Vec<&str> = known.map(|factory| factory.id).collect();
    report.coded(
        "connector.not_found_with_connector_id",
        "connectorId",
        format!(
            "{} is no connector that this release knows. It is one of: {}.",
            quoted(&connector.connector_id),
            known.join(", ")
        ),
    );
}

/// Ids and targets stand in addresses and in `direct_sign_in`.
fn check_key(text: &str, what: &str) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !text.is_empty() && text.chars().count() <= MAX_KEY && text.chars().all(plain) {
        return Ok(());
    }
    Err(format!(
        "{} can't be the {what}. Use 1 to {MAX_KEY} letters, digits, dots, hyphens and underscores.",
        quoted(text)
    ))
}

fn check_social(report: &mut Report, connector: &Connector, factory: &Factory) {
    let target = connector.target.as_deref().unwrap_or_default();
    report.name("name", &connector.name, MAX_NAME);
    if !connector.domains.is_empty() {
        report.add("domains", "Mail domains are for enterprise connectors. Leave them out.");
    }
    if connector.display_name.is_some() {
        report.add("displayName", "Is for enterprise connectors. Leave it out.");
    }
    if factory.is_standard() {
        if target.is_empty() {
            report.coded(
                "connector.should_specify_target",
                "target",
                "Is missing. Give the key under which identities of this provider are kept, such as acme. It can't be changed later.",
            );
        } else {
            report.check("target", check_key(target, "target"));
        }
        for (language, name) in &connector.names {
            let field = format!("names.{language}");
            report.check(&field, check_language_tag(language));
            report.name(&field, name, MAX_NAME);
        }
        return;
    }
    let mut own = |field: &str, message: String| {
        report.coded("connector.cannot_overwrite_metadata_for_non_standard_connector", field, message);
    };
    if target != factory.target {
        own(
            "target",
            format!(
                "The target of {} is {}. For another target, add an OpenID Connect or OAuth 2.0 connector.",
                factory.name, factory.target
            ),
        );
    }
    let given = [
        ("names", !connector.names.is_empty()),
        ("logo", connector.logo.is_some()),
        ("logoDark", connector.logo_dark.is_some()),
    ];
    for (field, _) in given.into_iter().filter(|(_, given)| *given) {
        own(field, format!("{} has a name and a logo of its own. Leave this out.", factory.name));
    }
}

fn check_enterprise(report: &mut Report, connector: &Connector) {
    report.name("name", &connector.name, MAX_NAME);
    if let Some(name) = &connector.display_name {
        report.name("displayName", name, MAX_NAME);
    }
    if !connector.names.is_empty() {
        report.add("names", "An enterprise connector has one display name. Leave this out.");
    }
    for (index, domain) in connector.domains.iter().enumerate() {
        let field = format!("domains.{index}");
        if connector.domains[..index].contains(domain) {
            report.coded(
                "single_sign_on.duplicated_domains",
                field,
                format!("{} is listed twice. Remove one.", quoted(domain)),
            );
        } else if PUBLIC_MAIL_DOMAINS.contains(&domain.as_str()) {
            report.coded(
                "single_sign_on.forbidden_domains",
                field,
                format!(
                    "Anybody can have an address at {domain}, so it is no company's domain. These are refused: {}.",
                    PUBLIC_MAIL_DOMAINS.join(", ")
                ),
            );
        } else if let Err(message) = check_domain(domain) {
            report.coded("single_sign_on.invalid_domain_format", field, message);
        }
    }
}

pub(super) fn check_domain(domain: &str) -> Result<(), String> {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c == '-' || (c.is_alphanumeric() && !c.is_uppercase()))
    };
    if domain.len() <= 253 && domain.contains('.') && domain.split('.').all(label) {
        return Ok(());
    }
    Err(format!(
        "{} is not a mail domain. Write what stands behind the @, in lower case, such as example.com.",
        quoted(domain)
    ))
}

/// Checks a connector against what is stored: `stored` is the same one as it was, `others` may contain it.
#[must_use]
pub fn check_connector_among(connector: &Connector, stored: Option<&Connector>, others: &[Arc<Connector>]) -> Vec<Problem> {
    let mut report = Report::default();
    if let Some(stored) = stored {
        if stored.connector_id != connector.connector_id || stored.is_enterprise() != connector.is_enterprise() {
            report.add(
                "connectorId",
                format!(
                    "A connector stays what it was made from, here {}. Delete it and add another one.",
                    quoted(&stored.connector_id)
                ),
            );
        } else if stored.target != connector.target {
            report.coded(
                "connector.can_not_modify_target",
                "target",
                format!(
                    "The target {} can't be changed: identities of people are kept under it.",
                    quoted(stored.target.as_deref().unwrap_or_default())
                ),
            );
        }
    }
    let mut others = others.iter().filter(|other| other.id != connector.id);
    if connector.is_enterprise() {
        if others.any(|other| other.is_enterprise() && other.name == connector.name) {
            report.coded(
                "single_sign_on.duplicate_connector_name",
                "name",
                "Another enterprise connector has this name. Choose a different one.",
            );
        }
    } else if let Some(other) = others.find(|other| other.target == connector.target) {
        report.coded(
            "connector.multiple_target_with_same_platform",
            "target",
            format!(
                "{} has the target {} already. A target has one connector.",
                other.label(),
                quoted(connector.target.as_deref().unwrap_or_default())
            ),
        );
    }
    report.0
}

#[cfg(test)]
mod tests;
