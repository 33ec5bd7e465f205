//! What goes over the wire, and what the window is told of it: the production composition in this process, real HTTP on
//! loopback, a clock set by hand. Numbers in comments are chapters of the Logto behaviour sheet.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod cookies;
mod cors;
mod drops;
mod expiry;
mod locations;
mod logout;
mod metadata;
mod prompts;
mod record;
mod refusals;
mod refusals_authorize;
mod refusals_resources;
mod register;
mod repairs;
mod secrecy;
mod tabs;
mod tokens;

use acceptance::Response;
use vestibule_core::Because;
use vestibule_core::live::{LiveDetail, ParamFate, Step};

/// The names of the rules that spoke, in order.
fn rules(step: &Step) -> Vec<&str> {
    step.because.iter().map(|b| &*b.rule).collect()
}

/// The card of a rule.
#[track_caller]
fn card<'a>(step: &'a Step, rule: &str) -> &'a Because {
    step.because
        .iter()
        .find(|b| b.rule == rule)
        .unwrap_or_else(|| panic!("{rule} is not among {:?}", rules(step)))
}

/// What became of a parameter, for every time it was sent.
fn fates(step: &Step, name: &str) -> Vec<ParamFate> {
    step.params.iter().filter(|p| p.name == name).map(|p| p.fate).collect()
}

/// Method, path and status of every step.
fn exchanges(session: &LiveDetail) -> Vec<(&str, &str, u16)> {
    session
        .steps
        .iter()
        .map(|s| (s.method.as_str(), s.path.as_str(), s.status))
        .collect()
}

/// A refusal: status, `error` and `error_description`, with Logto's members, never cached.
#[track_caller]
fn refused(response: &Response, status: u16, error: &str, description: &str) {
    let body = response.json();
    assert_eq!((response.status, body["error"].as_str()), (status, Some(error)), "{body}");
    assert_eq!(body["error_description"], description);
    assert_eq!(body["code"], format!("oidc.{error}"));
    assert!(body["message"].as_str().is_some_and(|m| m.ends_with('.')), "{body}");
    assert_eq!(response.header("cache-control"), Some("no-store"));
    assert_eq!(body.get("iss"), None);
}
