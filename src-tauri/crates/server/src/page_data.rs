//! What a hosted page is given: its `vestibule-data` block.

use crate::languages;
use serde_json::{Value, json};
use vestibule_core::experience;
use vestibule_core::model::{Application, Channel, MessageSettings, Organization, ProviderSettings, SignInExperience, User};
use vestibule_core::{Cx, StoreError};

/// People offered in the development strip.
const PEOPLE: usize = 8;

/// Which page is shown, and for whom.
pub(crate) struct Shown<'a> {
    /// The pages' own name for it: `experience`, `grants`.
    pub page: &'a str,
    pub issuer: &'a str,
    pub app: Option<&'a Application>,
    /// The organization that the authorization request names.
    pub organization: Option<&'a Organization>,
    /// Where the sign-in leads; its host is named beside the application.
    pub redirect_uri: Option<&'a str>,
    /// Whether what only helps whoever develops is on the page, where the settings allow it: the strip with people, and where
    /// codes are to be found.
    pub development: bool,
}

/// The data of a page in the first of the `wanted` languages that is spoken.
pub(crate) fn page_data(cx: &Cx<'_>, shown: &Shown<'_>, wanted: Vec<String>) -> Result<Value, StoreError> {
    let settings = cx.get::<ProviderSettings>(ProviderSettings::ID)?.unwrap_or_default();
    let row = cx.get::<SignInExperience>(SignInExperience::ID)?.unwrap_or_default();
    let development = shown.development && settings.development_sign_in;
    let strip = if development && shown.page == "experience" {
        development_strip(cx)?
    } else {
        Value::Null
    };
    let spoken = languages::speak(cx, &row, wanted)?;
    Ok(json!({
        "page": shown.page,
        "issuer": shown.issuer,
        "demoUrl": "/demo-app?start=1",
        "application": shown.app.map_or(Value::Null, |app| application(app, shown.redirect_uri)),
        "signInExperience": experience::public_sign_in_experience(cx, shown.app, shown.organization)?,
        "developmentSignIn": strip,
        "organization": shown.organization.map(|o| json!({ "id": o.id, "name": o.name })),
        "customCss": experience::custom_css(cx, shown.app, shown.organization)?.is_some_and(|css| !css.is_empty()),
        "messages": { "inbox": only_in_the_inbox(cx, development)? },
        "language": { "tag": spoken.tag, "dir": if spoken.right_to_left { "rtl" } else { "ltr" }, "phrases": spoken.phrases },
    }))
}

fn application(app: &Application, redirect_uri: Option<&str>) -> Value {
    let brand = &app.sign_in_experience;
    let host = redirect_uri.and_then(|uri| url::Url::parse(uri).ok()).and_then(|uri| {
        uri.host_str()
            .map(|host| uri.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
    });
    let mut value = json!({ "id": app.id, "name": app.name, "isThirdParty": app.is_third_party });
    for (name, member) in [
        ("displayName", brand.display_name.clone()),
        (
            "logoUrl",
            brand.logo_url.clone().or_else(|| app.oidc_client_metadata.logo_uri.clone()),
        ),
        ("primaryColor", brand.primary_color.clone()),
        ("darkPrimaryColor", brand.dark_primary_color.clone()),
        ("termsOfUseUrl", brand.terms_of_use_url.clone()),
        ("privacyPolicyUrl", brand.privacy_policy_url.clone()),
        ("host", host),
    ] {
        if let Some(member) = member {
            value[name] = json!(member);
        }
    }
    value
}

fn development_strip(cx: &Cx<'_>) -> Result<Value, StoreError> {
    let mut people = cx.list::<User>(200)?;
    people.sort_by_key(|u| (u.demo_note.is_none(), u.created_at, u.display_name()));
    let demo = people.iter().any(|u| u.demo_note.is_some());
    let shown: Vec<Value> = people
        .iter()
        .take(PEOPLE)
        .map(|user| {
            let name = user.display_name();
            let initials: String = name
                .split_whitespace()
                .filter_map(|w| w.chars().next())
                .take(2)
                .collect::<String>()
                .to_uppercase();
            let mut person = json!({ "id": user.id, "name": name, "initials": initials, "suspended": user.is_suspended });
            // Only what changes how the sign-in goes; why a demo person exists is the window's business.
            if user.is_suspended {
                person["note"] = json!("suspended");
            } else if user.password_encrypted.is_none() {
                person["note"] = json!("no password");
            }
            person
        })
        .collect();
    let mut strip = json!({ "people": shown });
    if demo {
        strip["password"] = json!(crate::seed::DEMO_PASSWORD);
    }
    Ok(strip)
}

/// Whether codes of either kind are to be found in the window and nowhere else, which pages say to whoever develops with
/// them.
fn only_in_the_inbox(cx: &Cx<'_>, development: bool) -> Result<Value, StoreError> {
    let settings = cx.get::<MessageSettings>(MessageSettings::ID)?.unwrap_or_default();
    let said = |channel| development && settings.keeps_in_inbox(channel);
    Ok(json!({ "email": said(Channel::Email), "phone": said(Channel::Sms) }))
}
