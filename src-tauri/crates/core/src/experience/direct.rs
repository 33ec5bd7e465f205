//! Direct sign-in (sheet 2.5 and 2.6): which connector a request names, or why none is used.

use super::connectors::open_config;
use super::ruling::sign_in_experience;
use crate::because::{Because, Outcome, Repair};
use crate::connectors::check_config;
use crate::live::Lane;
use crate::model::{AgreeToTermsPolicy, Connector};
use crate::oidc::params::{DirectSignIn, FirstScreen};
use crate::port::{Cx, StoreError};
use std::sync::Arc;

/// Most connectors looked through.
const MAX_CONNECTORS: usize = 500;

/// Why a direct sign-in is not used.
struct Unusable {
    why: String,
    repair: Option<Repair>,
}

impl From<String> for Unusable {
    fn from(why: String) -> Self {
        Self { why, repair: None }
    }
}

/// The connector that a request names, as the page finds it in the public document.
fn named(cx: &Cx<'_>, direct: &DirectSignIn) -> Result<Result<Arc<Connector>, Unusable>, StoreError> {
    let experience = sign_in_experience(cx)?;
    let connectors = cx.list::<Connector>(MAX_CONNECTORS)?;
    let target = direct.target.as_deref().unwrap_or_default();
    if target.is_empty() {
        return Ok(Err("The value names no target after the colon.".to_owned().into()));
    }
    let found = match direct.method.as_str() {
        "social" => match connectors.into_iter().find(|c| c.target.as_deref() == Some(target)) {
            None => return Ok(Err(format!("No social connector has the target `{target}`.").into())),
            Some(_) if !experience.social_sign_in_connector_targets.iter().any(|own| own == target) => {
                return Ok(Err(Unusable {
                    why: format!("The connector with the target `{target}` is there, but not shown on the sign-in pages."),
                    repair: Some(Repair::OfferConnector { target: target.to_owned() }),
                }));
            }
            Some(connector) => connector,
        },
        "sso" => match connectors.into_iter().find(|c| c.is_enterprise() && c.id.as_str() == target) {
            None => return Ok(Err(format!("No enterprise connector has the id `{target}`.").into())),
            Some(_) if !experience.single_sign_on_enabled => {
                return Ok(Err("Single sign-on is switched off under Sign-in experience.".to_owned().into()));
            }
            Some(connector) if connector.domains.is_empty() => {
                return Ok(Err(format!(
                    "The enterprise connector {} has no mail domain, and one without is invisible, as in Logto.",
                    connector.label()
                )
                .into()));
            }
            Some(connector) => connector,
        },
        other => {
            return Ok(Err(format!(
                "`{other}` is not a direct sign-in method; `social:<target>` and `sso:<connector id>` are."
            )
            .into()));
        }
    };
    let config = open_config(cx, &found)?;
    let problems = found
        .factory()
        .map(|factory| check_config(factory, &config, found.simulation.is_some()));
    Ok(match problems {
        None => Err(format!("`{}` is no connector that this release knows.", found.connector_id).into()),
        Some(problems) => match problems.into_iter().next() {
            Some(problem) => Err(format!("{} is not set up right: `{}`: {}", found.label(), problem.key, problem.message).into()),
            None => Ok(found),
        },
    })
}

/// Tells the session where the page of a direct sign-in goes, or why it falls back to the first screen.
///
/// # Errors
/// When the store fails.
pub fn note_direct_sign_in(cx: &mut Cx<'_>, direct: &DirectSignIn, first_screen: FirstScreen) -> Result<(), StoreError> {
    let target = direct.target.clone().unwrap_or_default();
    let asked = format!("{}:{target}", direct.method);
    let Unusable { why, repair } = match named(cx, direct)? {
        Ok(connector) => {
            let terms = sign_in_experience(cx)?.agree_to_terms_policy == AgreeToTermsPolicy::Manual && direct.method == "social";
            let first = if terms { " The terms are agreed to first." } else { "" };
            cx.because(
                Because::new(
                    "direct_sign_in.connector",
                    Outcome::Decided,
                    format!("Direct sign-in goes to {}", connector.label()),
                    format!(
                        "The request names `{asked}`, which is the connector `{}`. No form is shown on the way.{first}",
                        connector.id
                    ),
                    "Logto 2.5",
                )
                .input(asked),
            );
            return Ok(());
        }
        Err(unusable) => unusable,
    };
    let fallback = first_screen.route();
    let quirk = match first_screen {
        FirstScreen::SignIn | FirstScreen::Register => "",
        _ => " Logto's documentation says so; its released page goes to `/sign-in` here.",
    };
    let mut because = Because::new(
        "direct_sign_in.fallback",
        Outcome::Dropped,
        format!("Direct sign-in fell back to `/{fallback}`."),
        format!("{why} The first screen of the request is what a person gets instead.{quirk}"),
        "Logto 2.5 and 2.6",
    )
    .input(asked.clone());
    if let Some(repair) = repair {
        because = because.repair(repair);
    }
    cx.because(because);
    cx.arrow(Lane::Experience, Lane::Experience, format!("fall back to /{fallback}"));
    cx.trail.patch.outcome = Some("direct sign-in fell back".into());
    cx.trail.patch.headline = Some(format!("{asked} is not available → {fallback}").into());
    Ok(())
}
