//! Rules of the sign-in experience (sheet 5.2) and of the provider's settings.
//! Rules about connectors, MFA and forgotten passwords come with those parts of the product.

use super::{Problem, Report, check_color, check_email, check_http_url, check_picture};
use crate::model::{CustomUi, ProviderSettings, SignIn, SignInExperience, SignUp, parse_dev_server};
use crate::record::IdentifierKind;

/// Longest browser session, in **seconds**: 365 days (sheet 1.6).
const MAX_SESSION_TTL: i64 = 31_536_000;

/// Checks the sign-in experience row.
#[must_use]
pub fn check_sign_in_experience(row: &SignInExperience) -> Vec<Problem> {
    let mut report = Report::default();
    report.check("color.primaryColor", check_color(&row.color.primary_color));
    report.check("color.darkPrimaryColor", check_color(&row.color.dark_primary_color));
    report.optional("branding.logoUrl", row.branding.logo_url.as_ref(), check_picture);
    report.optional("branding.darkLogoUrl", row.branding.dark_logo_url.as_ref(), check_picture);
    report.optional("branding.favicon", row.branding.favicon.as_ref(), check_picture);
    report.optional("branding.darkFavicon", row.branding.dark_favicon.as_ref(), check_picture);
    report.check(
        "languageInfo.fallbackLanguage",
        check_language(&row.language_info.fallback_language),
    );
    report.optional("termsOfUseUrl", filled(&row.terms_of_use_url), check_http_url);
    report.optional("privacyPolicyUrl", filled(&row.privacy_policy_url), check_http_url);
    report.optional("supportEmail", filled(&row.support_email), check_email);
    report.optional("supportWebsiteUrl", filled(&row.support_website_url), check_http_url);
    report.optional(
        "unknownSessionRedirectUrl",
        filled(&row.unknown_session_redirect_url),
        check_http_url,
    );
    check_sign_in(&mut report, &row.sign_in);
    check_sign_up(&mut report, &row.sign_up, &row.sign_in);
    let policy = &row.password_policy;
    if policy.length.min < 1 || policy.length.min > policy.length.max {
        report.add(
            "passwordPolicy.length",
            "The shortest password must have at least 1 character and not more than the longest.",
        );
    }
    if !(1..=4).contains(&policy.character_types.min) {
        report.add(
            "passwordPolicy.characterTypes.min",
            "Must be 1 to 4: lowercase, uppercase, digits and symbols.",
        );
    }
    if row.sentinel_policy.max_attempts == 0 {
        report.add("sentinelPolicy.maxAttempts", "Must be at least 1, or nobody could ever sign in.");
    }
    if row.sentinel_policy.lockout_duration == 0 {
        report.add("sentinelPolicy.lockoutDuration", "Must be at least 1 minute.");
    }
    report.0
}

/// Logto allows the empty text where an address may be missing (sheet 5.1).
fn filled(text: &Option<String>) -> Option<&String> {
    text.as_ref().filter(|text| !text.is_empty())
}

fn check_language(tag: &str) -> Result<(), String> {
    let well_formed = tag.len() <= 35
        && tag.split('-').enumerate().all(|(index, part)| {
            (1..=8).contains(&part.len())
                && part.bytes().all(|b| b.is_ascii_alphanumeric())
                && (index > 0 || (part.len() >= 2 && part.bytes().all(|b| b.is_ascii_alphabetic())))
        });
    if well_formed {
        return Ok(());
    }
    Err("Is not a language tag. Write one such as en or pt-BR.".into())
}

/// The name of an identifier as the configuration writes it.
const fn name(kind: IdentifierKind) -> &'static str {
    match kind {
        IdentifierKind::Username => "username",
        IdentifierKind::Email => "email",
        IdentifierKind::Phone => "phone",
    }
}

fn check_sign_in(report: &mut Report, sign_in: &SignIn) {
    for (index, method) in sign_in.methods.iter().enumerate() {
        let field = format!("signIn.methods.{index}");
        let kind = name(method.identifier);
        if !method.password && !method.verification_code {
            report.add(
                &field,
                format!("Signing in by {kind} needs a password or a verification code. Set one of them to true."),
            );
        }
        if sign_in.methods[..index].iter().any(|other| other.identifier == method.identifier) {
            report.add(&field, format!("Signing in by {kind} is listed twice. Remove one."));
        }
    }
}

fn check_sign_up(report: &mut Report, sign_up: &SignUp, sign_in: &SignIn) {
    for (index, &identifier) in sign_up.identifiers.iter().enumerate() {
        let field = format!("signUp.identifiers.{index}");
        let kind = name(identifier);
        if sign_up.identifiers[..index].contains(&identifier) {
            report.add(&field, format!("{kind} is listed twice. Remove one."));
            continue;
        }
        match sign_in.methods.iter().find(|method| method.identifier == identifier) {
            None => report.add(
                &field,
                format!("People who register with {kind} couldn't sign in with it. Add {kind} to signIn.methods."),
            ),
            Some(method) if sign_up.password && !method.password => report.add(
                &field,
                format!("Registration sets a password, but signing in by {kind} takes none. Set password to true in that method."),
            ),
            Some(method) if !sign_up.password && !method.verification_code && identifier != IdentifierKind::Username => report.add(
                &field,
                format!(
                    "Registration sets no password, so signing in by {kind} needs a code. Set verificationCode to true in that method."
                ),
            ),
            Some(_) => {}
        }
        match identifier {
            IdentifierKind::Username if !sign_up.password => {
                report.add("signUp.password", "A username alone can't be signed in with. Set password to true.")
            }
            IdentifierKind::Email | IdentifierKind::Phone if !sign_up.verify => report.add(
                "signUp.verify",
                format!("Registration by {kind} must verify it. Set verify to true."),
            ),
            _ => {}
        }
    }
}

/// Checks the provider's settings.
#[must_use]
pub fn check_provider_settings(settings: &ProviderSettings) -> Vec<Problem> {
    let mut report = Report::default();
    if !(1..=MAX_SESSION_TTL).contains(&settings.session_ttl) {
        report.add("sessionTtl", format!("Must be 1 to {MAX_SESSION_TTL} seconds."));
    }
    match &settings.custom_ui {
        Some(CustomUi::DevServer(address)) => report.check("customUi.devServer", parse_dev_server(address).map(drop)),
        Some(CustomUi::Zip(zip)) if !zip.has_sound_id() => {
            report.add("customUi.zip", "Was not unpacked by this program. Import the zip again.");
        }
        Some(CustomUi::Folder(path)) if path.trim().is_empty() => {
            report.add(
                "customUi.folder",
                "Is empty. Give the folder that holds the index.html of your pages.",
            );
        }
        _ => {}
    }
    report.0
}
