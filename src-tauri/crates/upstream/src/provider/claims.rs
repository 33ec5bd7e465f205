//! The claims of ID tokens (OpenID Connect Core section 3.1.3.7): by whom, for whom, when, and in answer to what.

use super::id_token::{Checked, Parts, fault};
use super::{passed, shown};
use serde_json::Value;
use vestibule_core::because::Because;
use vestibule_core::connectors::Upstream;
use vestibule_core::model::Shape;
use vestibule_core::time::Timestamp;

/// Tolerated clock difference in **seconds**, where the configuration has none: a laptop's clock is rarely right.
const TOLERANCE: i64 = 10;
/// How far `iat` of an enterprise provider may be from now, either way, in **seconds** (sheet 6.5).
const ENTERPRISE_WINDOW: i64 = 600;
/// The issuer that Google's documentation allows beside the one with a scheme.
const GOOGLE_WITHOUT_SCHEME: &str = "accounts.google.com";

/// Whether a provider is known by this issuer. A slash at the end counts for nothing.
pub(super) fn is_accepted_issuer(upstream: &Upstream, issuer: &str) -> bool {
    let bare = issuer.trim_end_matches('/');
    let google = upstream.issuers.iter().any(|own| own == "https://accounts.google.com");
    upstream.issuers.iter().any(|own| own.trim_end_matches('/') == bare) || (google && issuer == GOOGLE_WITHOUT_SCHEME)
}

/// Everything the payload must say. Answers the cards of what passed.
pub(super) fn check(upstream: &Upstream, parts: &Parts<'_>, nonce: Option<&str>, now: Timestamp) -> Checked<Vec<Because>> {
    Ok(vec![
        check_issuer(upstream, parts)?,
        check_audience(upstream, parts)?,
        check_times(upstream, parts, now)?,
        check_subject(upstream, parts)?,
        check_nonce(parts, nonce)?,
    ])
}

fn check_issuer(upstream: &Upstream, parts: &Parts<'_>) -> Checked<Because> {
    const RULE: &str = "connector.id_token.issuer";
    const SOURCE: &str = "OIDC Core 3.1.3.7";
    let issuer = parts.claim("iss").unwrap_or_default();
    let wrong = |wanted: &str| {
        let detail = format!("Its `iss` is `{}`; {wanted}.", shown(issuer));
        fault(RULE, "The ID token is another issuer's", detail, SOURCE, Some(issuer))
    };
    if !upstream.issuers.is_empty() {
        if !is_accepted_issuer(upstream, issuer) {
            return wrong(&format!("expected is `{}`", shown(&upstream.issuers.join("` or `"))));
        }
        return Ok(passed(RULE, "The issuer is right", format!("`iss` is `{}`.", shown(issuer)), SOURCE).input(shown(issuer)));
    }
    if upstream.shape == Shape::Microsoft {
        // Any tenant may sign in, and each has an issuer of its own, which names it.
        let tenant = parts.claim("tid").unwrap_or_default();
        if tenant.is_empty() || !issuer.ends_with(&format!("/{tenant}/v2.0")) {
            return wrong(&format!("it must end with the tenant of the token, `/{}/v2.0`", shown(tenant)));
        }
        let detail = format!("`iss` names the tenant `{}`. The connector is open to any tenant.", shown(tenant));
        return Ok(passed(RULE, "The issuer is a tenant of Microsoft", detail, SOURCE).input(shown(issuer)));
    }
    let detail = format!(
        "The connector names no issuer, so any is accepted, as in Logto. It is `{}`.",
        shown(issuer)
    );
    Ok(passed(RULE, "The issuer was not compared", detail, "Logto 6.3").input(shown(issuer)))
}

fn check_audience(upstream: &Upstream, parts: &Parts<'_>) -> Checked<Because> {
    const RULE: &str = "connector.id_token.audience";
    const SOURCE: &str = "OIDC Core 3.1.3.7";
    let audiences: Vec<&str> = match parts.claims.get("aud") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let all = shown(&audiences.join("`, `"));
    let own = upstream.client_id.as_str();
    if !audiences.contains(&own) {
        let detail = format!("Its `aud` is `{all}`; expected is this connector's client ID, `{}`.", shown(own));
        return fault(RULE, "The ID token is for another client", detail, SOURCE, Some(&all));
    }
    if audiences.len() > 1 && parts.claim("azp") != Some(own) {
        let detail = format!(
            "It is for several: `{all}`. Then `azp` says who asked for it, and that is `{}`, not `{}`.",
            shown(parts.claim("azp").unwrap_or("(absent)")),
            shown(own)
        );
        return fault(RULE, "Another client asked for the ID token", detail, SOURCE, Some(&all));
    }
    Ok(passed(RULE, "The ID token is for this client", format!("`aud` is `{all}`."), SOURCE).input(all))
}

fn check_times(upstream: &Upstream, parts: &Parts<'_>, now: Timestamp) -> Checked<Because> {
    const RULE: &str = "connector.id_token.times";
    const SOURCE: &str = "OIDC Core 3.1.3.7";
    let now = now.seconds();
    let enterprise = upstream.shape == Shape::EnterpriseOidc;
    let configured = upstream.id_token.clock_tolerance.map(i64::from);
    // An enterprise connector's tolerance is about `iat` alone (sheet 6.5).
    let tolerance = if enterprise { TOLERANCE } else { configured.unwrap_or(TOLERANCE) };
    let Some(expires) = parts.date("exp")? else {
        return fault(
            RULE,
            "The ID token does not say when it ends",
            "`exp` is missing.",
            "OIDC Core 2",
            None,
        );
    };
    if expires.saturating_add(tolerance) <= now {
        let ago = now.saturating_sub(expires);
        let detail = format!("It ended {ago} s ago. The tolerance for clocks that differ is {tolerance} s.");
        return fault(RULE, "The ID token has expired", detail, SOURCE, Some(&expires.to_string()));
    }
    if let Some(begins) = parts.date("nbf")?
        && begins > now.saturating_add(tolerance)
    {
        let detail = format!("It begins in {} s. Is this computer's clock right?", begins.saturating_sub(now));
        return fault(RULE, "The ID token is not valid yet", detail, SOURCE, Some(&begins.to_string()));
    }
    let issued = parts.date("iat")?;
    if let Some(issued) = issued {
        let ahead = issued.saturating_sub(now);
        if ahead > if enterprise { ENTERPRISE_WINDOW } else { tolerance } {
            let detail = format!("It was issued {ahead} s from now. Is this computer's clock right?");
            return fault(RULE, "The ID token is from the future", detail, SOURCE, Some(&issued.to_string()));
        }
    }
    let most = match upstream.id_token.max_token_age {
        Some(most) => Some(i64::from(most).saturating_add(tolerance)),
        None if enterprise => Some(ENTERPRISE_WINDOW),
        None => None,
    };
    if let Some(most) = most {
        let Some(issued) = issued else {
            return fault(
                RULE,
                "The ID token does not say how old it is",
                "`iat` is missing.",
                "Logto 6.3",
                None,
            );
        };
        let age = now.saturating_sub(issued);
        if age > most {
            let detail = format!("It was issued {age} s ago; the most is {most} s.");
            return fault(RULE, "The ID token is too old", detail, "Logto 6.3", Some(&issued.to_string()));
        }
    }
    let detail = format!("It ends in {} s.", expires.saturating_sub(now));
    Ok(passed(RULE, "The ID token is of now", detail, SOURCE))
}

fn check_subject(upstream: &Upstream, parts: &Parts<'_>) -> Checked<Because> {
    const RULE: &str = "connector.id_token.subject";
    let Some(subject) = parts.claim("sub").filter(|sub| !sub.is_empty()) else {
        return fault(
            RULE,
            "The ID token is about nobody",
            "`sub` is missing or empty.",
            "OIDC Core 2",
            None,
        );
    };
    if let Some(only) = &upstream.id_token.subject
        && only != subject
    {
        let detail = format!("Its `sub` is `{}`; the connector accepts `{}` alone.", shown(subject), shown(only));
        return fault(RULE, "The ID token is about somebody else", detail, "Logto 6.3", Some(subject));
    }
    Ok(passed(
        RULE,
        "The ID token is about somebody",
        format!("`sub` is `{}`.", shown(subject)),
        "OIDC Core 2",
    )
    .input(shown(subject)))
}

fn check_nonce(parts: &Parts<'_>, expected: Option<&str>) -> Checked<Because> {
    const RULE: &str = "connector.id_token.nonce";
    let seen = match parts.claims.get("nonce") {
        None | Some(Value::Null) => {
            let detail = "Logto compares it only where the token has one. State and code belong to this sign-in all the same.";
            return Ok(passed(RULE, "The ID token has no nonce", detail, "Logto 6.3"));
        }
        Some(nonce) => nonce.as_str().unwrap_or_default(),
    };
    if expected != Some(seen) {
        let detail = format!(
            "Its `nonce` is `{}`; this sign-in asked with `{}`. The token may have been taken from another sign-in.",
            shown(seen),
            shown(expected.unwrap_or("(none)"))
        );
        return fault(
            RULE,
            "The ID token answers another sign-in",
            detail,
            "OIDC Core 3.1.3.7",
            Some(seen),
        );
    }
    Ok(passed(
        RULE,
        "The nonce is this sign-in's",
        format!("`nonce` is `{}`.", shown(seen)),
        "OIDC Core 3.1.3.7",
    ))
}
