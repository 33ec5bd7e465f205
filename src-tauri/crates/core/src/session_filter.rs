//! The filter of live sessions for scripts: the words that the window's filter has (`app:shop status:failed !user:alice`).

use crate::live::{LiveStatus, LiveSummary};
use crate::time::Timestamp;

/// The keys, in the order in which they are explained.
const KEYS: &str = "app:, user:, param:, error:, status: and since:";

/// What sessions have to be like. Every term has to fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionFilter(Vec<Term>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    is: Is,
    /// `!app:shop` or `-app:shop`.
    negated: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Is {
    Anywhere(String),
    App(String),
    User(String),
    Param(String),
    Error(String),
    Status(LiveStatus),
    Since(Timestamp),
}

impl SessionFilter {
    /// Reads `app:bookstore "free text" !status:done since:10m`; `now` anchors `since`.
    ///
    /// # Errors
    /// One sentence saying which word can't be used, and what would be right.
    pub fn parse(text: &str, now: Timestamp) -> Result<Self, String> {
        words(text)
            .into_iter()
            .map(|word| term(&word, now))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether a session fits.
    #[must_use]
    pub fn matches(&self, summary: &LiveSummary) -> bool {
        self.0.iter().all(|term| term.is.matches(summary) != term.negated)
    }
}

/// Words are parted by spaces; quotes hold some together.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => words.push(std::mem::take(&mut word)),
            c => word.push(c),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

fn term(word: &str, now: Timestamp) -> Result<Term, String> {
    let bare = word.strip_prefix(['!', '-']).filter(|rest| !rest.is_empty());
    let (text, negated) = (bare.unwrap_or(word), bare.is_some());
    let is = match text.split_once(':') {
        Some((key, value)) if is_key(key) => keyed(&key.to_ascii_lowercase(), value, now)?,
        // `http://…` and `identifier:register` are text, not keys.
        _ => Is::Anywhere(text.to_lowercase()),
    };
    Ok(Term { is, negated })
}

fn is_key(key: &str) -> bool {
    ["app", "user", "param", "error", "status", "since"]
        .iter()
        .any(|known| key.eq_ignore_ascii_case(known))
}

fn keyed(key: &str, value: &str, now: Timestamp) -> Result<Is, String> {
    if value.is_empty() {
        return Err(format!(
            "{key}: has no value. The keys are {KEYS}; each takes a value, such as app:shop."
        ));
    }
    let text = value.to_lowercase();
    Ok(match key {
        "app" => Is::App(text),
        "user" => Is::User(text),
        "param" => Is::Param(text),
        "error" => Is::Error(text),
        "status" => Is::Status(status(&text).ok_or("status: is one of waiting, done, attention, failed, expired.")?),
        _ => Is::Since(since(&text, now).ok_or_else(|| format!("since: takes 30s, 10m, 2h or 1d, not {value}."))?),
    })
}

fn status(text: &str) -> Option<LiveStatus> {
    let all = [
        ("waiting", LiveStatus::Waiting),
        ("done", LiveStatus::Done),
        ("attention", LiveStatus::Attention),
        ("failed", LiveStatus::Failed),
        ("expired", LiveStatus::Expired),
    ];
    all.into_iter().find(|(name, _)| name.starts_with(text)).map(|(_, status)| status)
}

fn since(text: &str, now: Timestamp) -> Option<Timestamp> {
    let unit = match text.chars().next_back()? {
        's' => 1_000,
        'm' => 60_000,
        'h' => 3_600_000,
        'd' => 86_400_000,
        _ => return None,
    };
    let count: i64 = text[..text.len() - 1].parse().ok().filter(|count| *count >= 0)?;
    Some(Timestamp(now.0.saturating_sub(count.checked_mul(unit)?)))
}

impl Is {
    fn matches(&self, summary: &LiveSummary) -> bool {
        let chips = || summary.chips.iter().map(|chip| chip.text.as_str());
        let any = |wanted: &str, texts: &[Option<&str>]| texts.iter().flatten().any(|text| text.to_lowercase().contains(wanted));
        let app = Some(summary.app_name.as_str());
        let user = summary.user_name.as_deref();
        let said = [Some(&*summary.outcome), Some(&*summary.headline)];
        match self {
            Self::App(wanted) => any(wanted, &[app, summary.app_id.as_ref().map(AsRef::as_ref)]),
            Self::User(wanted) => any(wanted, &[user, summary.user_id.as_ref().map(AsRef::as_ref)]),
            Self::Param(wanted) => chips().any(|chip| chip.to_lowercase().contains(wanted)),
            Self::Error(wanted) => {
                let wrong = matches!(summary.status, LiveStatus::Failed | LiveStatus::Attention | LiveStatus::Expired);
                wrong && any(wanted, &said)
            }
            Self::Status(wanted) => summary.status == *wanted,
            Self::Since(from) => summary.started_at >= *from,
            Self::Anywhere(wanted) => {
                let interaction = summary.interaction.as_ref().map(AsRef::as_ref);
                let more = [app, user, interaction, Some(summary.id.as_str()), summary.agent.as_deref()];
                any(wanted, &said) || any(wanted, &more) || chips().any(|chip| chip.to_lowercase().contains(wanted))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{AppId, LiveId, UserId};
    use crate::live::Chip;

    const NOW: Timestamp = Timestamp(10_000_000);

    fn session() -> LiveSummary {
        let mut session = LiveSummary::open(LiveId::from("lv1"), Timestamp(9_000_000));
        session.app_id = Some(AppId::from("bookstore0000"));
        session.app_name = "Book Store".into();
        session.user_id = Some(UserId::from("alice0000000"));
        session.user_name = Some("Alice Archer".into());
        session.status = LiveStatus::Failed;
        session.outcome = "redirect_uri rejected".into();
        session.headline = "The redirect URI is not registered".into();
        session.chips = vec![Chip {
            text: "direct_sign_in=social:google".into(),
            logto: true,
        }];
        session
    }

    #[test]
    fn every_term_has_to_fit() {
        for (text, fits) in [
            ("", true),
            ("app:book", true),
            ("app:BOOKSTORE0", true),
            ("app:\"book store\"", true),
            ("app:shop", false),
            ("!app:shop", true),
            ("-app:book", false),
            ("user:archer status:failed", true),
            ("user:archer status:done", false),
            ("status:fail", true),
            ("param:social:google", true),
            ("param:github", false),
            ("error:redirect_uri", true),
            ("!error:redirect_uri", false),
            ("since:20m", true),
            ("since:10m", false),
            ("!since:10m", true),
            ("\"not registered\"", true),
            ("social:google", true),
            ("http://elsewhere", false),
            ("lv1 alice", true),
            ("!", false),
        ] {
            let filter = SessionFilter::parse(text, NOW).unwrap();
            assert_eq!(filter.matches(&session()), fits, "{text}");
        }
        let mut fine = session();
        fine.status = LiveStatus::Done;
        assert!(!SessionFilter::parse("error:redirect_uri", NOW).unwrap().matches(&fine));
    }

    #[test]
    fn what_can_not_be_read_is_said() {
        for (text, part) in [
            ("status:broken", "status: is one of"),
            ("since:yesterday", "since: takes 30s"),
            ("since:-5m", "since: takes"),
            ("since:ü", "since: takes"),
            ("since:99999999999999999d", "since: takes"),
            ("app:", "app: has no value"),
        ] {
            let why = SessionFilter::parse(text, NOW).unwrap_err();
            assert!(why.contains(part), "{text}: {why}");
        }
    }
}
