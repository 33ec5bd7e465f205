//! Logto's authentication parameters (sheet chapter 2): parsed once, mapped, and every drop explained.

use crate::because::{Because, Outcome};
use crate::live::ParamFate;
use std::collections::BTreeMap;

/// The names this chapter owns.
pub const NAMES: [&str; 9] = [
    "first_screen",
    "interaction_mode",
    "identifier",
    "direct_sign_in",
    "login_hint",
    "one_time_token",
    "organization_id",
    "ui_locales",
    "google_one_tap_credential",
];

/// The first page a person sees (sheet 2.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FirstScreen {
    /// `/sign-in`.
    #[default]
    SignIn,
    /// `/register`.
    Register,
    /// `/reset-password`.
    ResetPassword,
    /// `/identifier-sign-in`.
    IdentifierSignIn,
    /// `/identifier-register`.
    IdentifierRegister,
    /// `/single-sign-on`.
    SingleSignOn,
}

impl FirstScreen {
    /// All six.
    pub const ALL: [Self; 6] = [
        Self::SignIn,
        Self::Register,
        Self::ResetPassword,
        Self::IdentifierSignIn,
        Self::IdentifierRegister,
        Self::SingleSignOn,
    ];

    /// A `first_screen` value; `signIn` is the deprecated spelling.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        Some(match value {
            "sign_in" | "signIn" => Self::SignIn,
            "register" => Self::Register,
            "reset_password" => Self::ResetPassword,
            "identifier:sign_in" => Self::IdentifierSignIn,
            "identifier:register" => Self::IdentifierRegister,
            "single_sign_on" => Self::SingleSignOn,
            _ => return None,
        })
    }

    /// Its route, without the leading slash; also the value of `fallback`.
    #[must_use]
    pub const fn route(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Register => "register",
            Self::ResetPassword => "reset-password",
            Self::IdentifierSignIn => "identifier-sign-in",
            Self::IdentifierRegister => "identifier-register",
            Self::SingleSignOn => "single-sign-on",
        }
    }

    /// Its wire value.
    #[must_use]
    pub const fn wire(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::Register => "register",
            Self::ResetPassword => "reset_password",
            Self::IdentifierSignIn => "identifier:sign_in",
            Self::IdentifierRegister => "identifier:register",
            Self::SingleSignOn => "single_sign_on",
        }
    }
}

/// `direct_sign_in`, split on `:`, first two parts only (sheet 2.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectSignIn {
    /// `social`, `sso`, or whatever was sent.
    pub method: String,
    /// Target or connector id.
    pub target: Option<String>,
}

/// The parameters in effect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthenticationParams {
    /// First screen, after `first_screen`, then `interaction_mode`.
    pub first_screen: FirstScreen,
    /// Raw `identifier`; the page filters it (sheet 2.4).
    pub identifier: Option<String>,
    /// Where to go without showing the first screen.
    pub direct_sign_in: Option<DirectSignIn>,
    /// Prefill.
    pub login_hint: Option<String>,
    /// Magic link token.
    pub one_time_token: Option<String>,
    /// Organization.
    pub organization_id: Option<String>,
    /// Languages.
    pub ui_locales: Option<String>,
    /// One Tap credential.
    pub google_one_tap_credential: Option<String>,
}

/// What parsing found: the parameters in effect, what became of each, and why.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    /// In effect.
    pub params: AuthenticationParams,
    /// Reasons, told when a page opens.
    pub because: Vec<Because>,
    /// Reasons that hold whether or not a page opens.
    pub at_once: Vec<Because>,
    /// Parameters that did not take effect as sent: name, fate, effective value, note.
    pub fates: Vec<(&'static str, ParamFate, Option<String>, String)>,
}

/// Parses the whole set together, as Logto does: one bad enum value empties all of it (sheet 2.2).
#[must_use]
pub fn parse(given: &BTreeMap<String, String>) -> Parsed {
    let value = |name: &str| given.get(name).filter(|v| !v.is_empty()).cloned();
    let mut out = Parsed::default();

    let bad: Vec<(&'static str, String, String)> = [
        (
            "first_screen",
            value("first_screen"),
            closest(value("first_screen").as_deref(), &FIRST_SCREENS),
        ),
        (
            "interaction_mode",
            value("interaction_mode"),
            closest(value("interaction_mode").as_deref(), &INTERACTION_MODES),
        ),
    ]
    .into_iter()
    .filter_map(|(name, sent, hint)| {
        let sent = sent?;
        let known = if name == "first_screen" {
            FIRST_SCREENS.contains(&sent.as_str())
        } else {
            INTERACTION_MODES.contains(&sent.as_str())
        };
        (!known).then_some((name, sent, hint))
    })
    .collect();
    if let Some((name, sent, hint)) = bad.first() {
        let lost: Vec<&'static str> = NAMES.into_iter().filter(|n| value(n).is_some()).collect();
        let others: Vec<String> = lost.iter().filter(|n| *n != name).map(|n| format!("`{n}`")).collect();
        let also = if others.is_empty() {
            String::new()
        } else {
            format!(" The rest of the set went with it: {}.", others.join(", "))
        };
        out.because.push(
            Because::new(
                "params.all_or_nothing",
                Outcome::Dropped,
                format!("Dropped every sign-in parameter because `{name}` is unknown."),
                format!("`{sent}` is not a value of `{name}`; {hint}. Logto checks these parameters as one set, so one bad value silently empties all of it and `/sign-in` opens.{also}"),
                "Logto 2.2",
            )
            .input(format!("{name}={sent}")),
        );
        for n in lost {
            let note = if n == *name {
                format!("Not a value of {n}; {hint}.")
            } else {
                format!("Dropped together with {name}={sent}.")
            };
            out.fates.push((n, ParamFate::Dropped, None, note));
        }
        return out;
    }

    let first_screen = value("first_screen");
    let mode = value("interaction_mode");
    out.params.first_screen = match (first_screen.as_deref(), mode.as_deref()) {
        (Some(sent), mode) => {
            if mode.is_some() {
                out.fates.push((
                    "interaction_mode",
                    ParamFate::Dropped,
                    None,
                    "first_screen takes precedence.".into(),
                ));
                out.because.push(Because::new(
                    "params.interaction_mode",
                    Outcome::Dropped,
                    "Ignored `interaction_mode`.",
                    "`first_screen` is present and takes precedence; `interaction_mode` is deprecated.",
                    "Logto 2.1",
                ));
            }
            FirstScreen::parse(sent).unwrap_or_default()
        }
        (None, Some("signUp")) => FirstScreen::Register,
        (None, _) => FirstScreen::SignIn,
    };
    out.params.identifier = value("identifier");
    out.params.login_hint = value("login_hint");
    out.params.one_time_token = value("one_time_token");
    out.params.organization_id = value("organization_id");
    out.params.ui_locales = value("ui_locales");
    out.params.google_one_tap_credential = value("google_one_tap_credential");
    out.params.direct_sign_in = value("direct_sign_in").map(|sent| {
        let mut parts = sent.split(':');
        let direct = DirectSignIn {
            method: parts.next().unwrap_or_default().to_owned(),
            target: parts.next().filter(|t| !t.is_empty()).map(str::to_owned),
        };
        if parts.next().is_some() {
            let effective = format!("{}:{}", direct.method, direct.target.as_deref().unwrap_or_default());
            out.fates.push((
                "direct_sign_in",
                ParamFate::Narrowed,
                Some(effective),
                "Split on colons; only the first two parts count.".into(),
            ));
        }
        direct
    });
    narrow_identifier(&mut out);
    explain(&mut out);
    out
}

const FIRST_SCREENS: [&str; 7] = [
    "sign_in",
    "register",
    "reset_password",
    "identifier:sign_in",
    "identifier:register",
    "single_sign_on",
    "signIn",
];
const INTERACTION_MODES: [&str; 2] = ["signIn", "signUp"];

fn closest(sent: Option<&str>, known: &[&str]) -> String {
    let Some(sent) = sent else { return String::new() };
    known
        .iter()
        .map(|k| (strsim::damerau_levenshtein(&sent.to_lowercase(), &k.to_lowercase()), k))
        .filter(|(distance, _)| *distance <= 4)
        .min_by_key(|(distance, _)| *distance)
        .map_or_else(
            || format!("known are `{}`", known.join("`, `")),
            |(_, k)| format!("`{k}` would have worked"),
        )
}

/// Unknown words of `identifier` are dropped by the page; said here so that nobody has to guess.
fn narrow_identifier(out: &mut Parsed) {
    let Some(sent) = &out.params.identifier else { return };
    let words: Vec<&str> = sent.split(' ').filter(|w| !w.is_empty()).collect();
    let (known, unknown): (Vec<&str>, Vec<&str>) = words.into_iter().partition(|w| matches!(*w, "username" | "email" | "phone"));
    if unknown.is_empty() {
        return;
    }
    let effective = known.join(" ");
    let result = if known.is_empty() {
        "Nothing is left, so all enabled identifiers are offered.".to_owned()
    } else {
        format!("`{effective}` stays.")
    };
    out.because.push(
        Because::new(
            "params.identifier",
            Outcome::Dropped,
            format!("Dropped `{}` from `identifier`.", unknown.join(" ")),
            format!("Known are `username`, `email` and `phone`, separated by spaces. {result}"),
            "Logto 2.4",
        )
        .input(sent.clone()),
    );
    let fate = if known.is_empty() {
        ParamFate::Dropped
    } else {
        ParamFate::Narrowed
    };
    out.fates
        .push(("identifier", fate, Some(effective), format!("Unknown: {}.", unknown.join(", "))));
}

fn explain(out: &mut Parsed) {
    let p = &out.params;
    let screen = p.first_screen;
    if let Some(direct) = &p.direct_sign_in {
        let target = direct.target.as_deref().unwrap_or("(none)");
        let known = matches!(direct.method.as_str(), "social" | "sso");
        out.because.push(
            Because::new(
                "params.direct_sign_in",
                Outcome::Decided,
                if known {
                    format!("Asked to go straight to {} `{target}`.", direct.method)
                } else {
                    format!("`{}` is not a direct sign-in method.", direct.method)
                },
                format!(
                    "{}If that can't be done, the person lands on `/{}`, because {}.",
                    if known {
                        ""
                    } else {
                        "Only `social:<target>` and `sso:<connector id>` are. "
                    },
                    screen.route(),
                    if screen == FirstScreen::SignIn {
                        "no other first screen was asked for".to_owned()
                    } else {
                        format!("the request says first_screen={}", screen.wire())
                    }
                ),
                "Logto 2.5",
            )
            .input(format!("{}:{target}", direct.method)),
        );
    } else if screen != FirstScreen::SignIn {
        out.because.push(Because::new(
            "params.first_screen",
            Outcome::Decided,
            format!("Opens `/{}` first.", screen.route()),
            "The request chose this first screen.",
            "Logto 2.3",
        ));
    }
    if p.identifier.is_some()
        && !matches!(
            screen,
            FirstScreen::IdentifierSignIn | FirstScreen::IdentifierRegister | FirstScreen::ResetPassword
        )
    {
        out.because.push(Because::new(
            "params.identifier",
            Outcome::Dropped,
            "`identifier` has no effect on this first screen.",
            "It narrows the inputs of `identifier:sign_in`, `identifier:register` and `reset_password` only.",
            "Logto 2.1",
        ));
        out.fates.retain(|(name, ..)| *name != "identifier");
        let note = "It has no effect on this first screen.".to_owned();
        out.fates.push(("identifier", ParamFate::Dropped, None, note));
    }
    if p.one_time_token.is_some() && p.login_hint.is_none() {
        out.because.push(Because::new(
            "params.one_time_token",
            Outcome::Dropped,
            "`one_time_token` came without `login_hint`.",
            "A one-time token is checked together with the e-mail address in `login_hint`.",
            "Logto 2.1",
        ));
        let note = "It counts only together with login_hint.".to_owned();
        out.fates.push(("one_time_token", ParamFate::Dropped, None, note));
    }
}

impl AuthenticationParams {
    /// The page a login prompt opens (sheet 2.3): path and query, members in Logto's order.
    #[must_use]
    pub fn location(&self, app_id: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("app_id", app_id);
        for (name, value) in [
            ("organization_id", &self.organization_id),
            ("ui_locales", &self.ui_locales),
            ("one_time_token", &self.one_time_token),
            ("login_hint", &self.login_hint),
            ("identifier", &self.identifier),
        ] {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        match &self.direct_sign_in {
            Some(direct) => {
                query.append_pair("fallback", self.first_screen.route());
                let target = direct.target.as_deref().map(|t| format!("/{}", segment(t))).unwrap_or_default();
                format!("/direct/{}{target}?{}", segment(&direct.method), query.finish())
            }
            None => format!("/{}?{}", self.first_screen.route(), query.finish()),
        }
    }
}

/// One path segment: everything but unreserved characters is percent-encoded, so a value can't leave its place.
fn segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~') || (byte == b'.' && text != "." && text != "..") {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(query: &str) -> String {
        let given = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        parse(&given).params.location("app")
    }

    #[test]
    fn sheet_2_3_mapping() {
        for (query, wanted) in [
            ("", "/sign-in?app_id=app"),
            ("first_screen=sign_in", "/sign-in?app_id=app"),
            ("first_screen=signIn", "/sign-in?app_id=app"),
            ("first_screen=register", "/register?app_id=app"),
            ("first_screen=reset_password", "/reset-password?app_id=app"),
            ("first_screen=identifier:sign_in", "/identifier-sign-in?app_id=app"),
            ("first_screen=identifier:register", "/identifier-register?app_id=app"),
            ("first_screen=single_sign_on", "/single-sign-on?app_id=app"),
            ("interaction_mode=signUp", "/register?app_id=app"),
            ("interaction_mode=signIn", "/sign-in?app_id=app"),
            ("interaction_mode=signUp&first_screen=sign_in", "/sign-in?app_id=app"),
            (
                "first_screen=identifier:sign_in&identifier=email phone&login_hint=a@b.c",
                "/identifier-sign-in?app_id=app&login_hint=a%40b.c&identifier=email+phone",
            ),
            ("direct_sign_in=social:google", "/direct/social/google?app_id=app&fallback=sign-in"),
            (
                "direct_sign_in=sso:abc&first_screen=register",
                "/direct/sso/abc?app_id=app&fallback=register",
            ),
            ("direct_sign_in=social", "/direct/social?app_id=app&fallback=sign-in"),
            ("direct_sign_in=a:b:c", "/direct/a/b?app_id=app&fallback=sign-in"),
            ("direct_sign_in=social:../x", "/direct/social/..%2Fx?app_id=app&fallback=sign-in"),
            ("direct_sign_in=social:..", "/direct/social/%2E%2E?app_id=app&fallback=sign-in"),
            (
                "first_screen=bogus&login_hint=a@b.c&direct_sign_in=social:google",
                "/sign-in?app_id=app",
            ),
            ("interaction_mode=bogus&login_hint=a@b.c", "/sign-in?app_id=app"),
            ("first_screen=&login_hint=x", "/sign-in?app_id=app&login_hint=x"),
            (
                "login_hint=h&one_time_token=t&ui_locales=de fr&organization_id=o&identifier=email",
                "/sign-in?app_id=app&organization_id=o&ui_locales=de+fr&one_time_token=t&login_hint=h&identifier=email",
            ),
        ] {
            assert_eq!(location(query), wanted, "{query}");
        }
    }

    #[test]
    fn a_drop_says_what_would_have_worked() {
        let given = [
            ("first_screen".to_owned(), "registr".to_owned()),
            ("login_hint".to_owned(), "x".to_owned()),
        ]
        .into();
        let parsed = parse(&given);
        let card = &parsed.because[0];
        assert!(
            card.detail.contains("`register` would have worked") && card.detail.contains("`login_hint`"),
            "{}",
            card.detail
        );
        assert_eq!(parsed.fates.len(), 2);
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics_and_every_path_stays_on_this_origin(
            first in ".{0,12}", direct in ".{0,20}", hint in ".{0,20}", identifier in ".{0,20}"
        ) {
            let given = [("first_screen", first), ("direct_sign_in", direct), ("login_hint", hint), ("identifier", identifier)]
                .into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
            let location = parse(&given).params.location("app");
            proptest::prop_assert!(location.starts_with('/') && !location.starts_with("//"), "{}", location);
        }
    }
}
