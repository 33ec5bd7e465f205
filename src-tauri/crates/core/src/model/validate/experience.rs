//! Rules of the sign-in experience (sheet 5.2) and of the provider's settings.
//!
//! Whether a fallback language has phrases, and whether custom profile fields are there, needs the store and is judged
//! where it is at hand.

mod methods;
mod policies;
mod texts;

pub use texts::{MAX_CUSTOM_CONTENT, MAX_CUSTOM_CSS, MAX_CUSTOM_PAGES, check_language_tag};

use super::{Problem, Report, check_color, check_email, check_http_url, check_picture};
use crate::model::{CustomUi, ProviderSettings, SignInExperience, parse_dev_server};

/// Longest browser session, in **seconds**: 365 days (sheet 1.6).
const MAX_SESSION_TTL: i64 = 31_536_000;

/// What can be sent to people. Logto asks for an e-mail and an SMS connector; Vestibule's inbox delivers both without
/// any, so that `enabled_connector_not_found` and `forgot_password_method_requires_connector` never apply as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deliverable {
    /// Whether e-mail is delivered.
    pub email: bool,
    /// Whether text messages are delivered.
    pub sms: bool,
}

impl Deliverable {
    /// The built-in inbox: both.
    pub const INBOX: Self = Self { email: true, sms: true };
}

/// Checks the sign-in experience row, with the built-in inbox delivering codes.
#[must_use]
pub fn check_sign_in_experience(row: &SignInExperience) -> Vec<Problem> {
    check_sign_in_experience_with(row, Deliverable::INBOX)
}

/// Checks the sign-in experience row (sheet 5.2). `delivery` says which messages reach people.
#[must_use]
pub fn check_sign_in_experience_with(row: &SignInExperience, delivery: Deliverable) -> Vec<Problem> {
    let mut report = Report::default();
    check_branding(&mut report, row);
    texts::check(&mut report, row);
    methods::check_sign_in(&mut report, &row.sign_in, delivery);
    methods::check_sign_up(&mut report, &row.sign_up, &row.sign_in, delivery);
    policies::check_passwords(&mut report, row, delivery);
    policies::check_usernames(&mut report, &row.username_policy);
    policies::check_codes(&mut report, row);
    policies::check_second_factors(&mut report, row, delivery);
    policies::check_block_list(&mut report, &row.email_blocklist_policy);
    policies::check_profile_fields(&mut report, row.sign_up_profile_fields.as_deref());
    report.0
}

fn check_branding(report: &mut Report, row: &SignInExperience) {
    report.check("color.primaryColor", check_color(&row.color.primary_color));
    report.check("color.darkPrimaryColor", check_color(&row.color.dark_primary_color));
    report.optional("branding.logoUrl", row.branding.logo_url.as_ref(), check_picture);
    report.optional("branding.darkLogoUrl", row.branding.dark_logo_url.as_ref(), check_picture);
    report.optional("branding.favicon", row.branding.favicon.as_ref(), check_picture);
    report.optional("branding.darkFavicon", row.branding.dark_favicon.as_ref(), check_picture);
    report.optional("termsOfUseUrl", filled(&row.terms_of_use_url), check_http_url);
    report.optional("privacyPolicyUrl", filled(&row.privacy_policy_url), check_http_url);
    report.optional("supportEmail", filled(&row.support_email), check_email);
    report.optional("supportWebsiteUrl", filled(&row.support_website_url), check_http_url);
    report.optional(
        "unknownSessionRedirectUrl",
        filled(&row.unknown_session_redirect_url),
        check_http_url,
    );
}

/// Logto allows the empty text where an address may be missing (sheet 5.1).
fn filled(text: &Option<String>) -> Option<&String> {
    text.as_ref().filter(|text| !text.is_empty())
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
