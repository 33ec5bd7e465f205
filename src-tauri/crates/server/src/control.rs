//! The way in for programs that are not the window: a token in a file, and what a browser gets in exchange for a code.

use crate::engine::Engine;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use vestibule_core::console::ConsoleAddress;
use vestibule_core::entropy::{Entropy, id12, opaque43};
use vestibule_core::{Secret, Timestamp};

/// How long a code for a browser is accepted, in **milliseconds**.
const CODE_TTL: i64 = 10 * 60 * 1000;
/// Most codes that wait to be used; a further one drops the oldest.
const CODES: usize = 8;
/// Most browsers that are let in; a further one drops the one that was let in first.
const BROWSERS: usize = 16;
/// Most that follow the live stream at once.
const FOLLOWERS: usize = 32;

/// The way in: whoever can read the file may do what the window does.
pub(crate) struct Control {
    /// The token.
    pub token: Secret,
    /// Where it is written.
    pub file: PathBuf,
    /// Names this run in the ids of events: numbers of another run mean nothing.
    pub run: String,
    browsers: Mutex<Browsers>,
    followers: Arc<Semaphore>,
}

#[derive(Default)]
struct Browsers {
    codes: Vec<(Secret, Timestamp)>,
    let_in: Vec<LetIn>,
}

/// A browser that is let in shows both halves with every call.
///
/// A cookie goes to every port of a host, so that another local server may see it; script can't read it. What a page keeps
/// for itself stays with its origin and its tab; script can read it. Either alone opens nothing.
struct LetIn {
    cookie: Secret,
    key: Secret,
}

/// What a browser is given in exchange for a code.
pub(crate) struct Halves {
    pub cookie: String,
    pub key: String,
}

impl Control {
    /// With a fresh token.
    pub(crate) fn new(file: PathBuf, entropy: &dyn Entropy) -> Self {
        Self {
            token: Secret::new(opaque43(entropy)),
            file,
            run: id12(entropy),
            browsers: Mutex::default(),
            followers: Arc::new(Semaphore::new(FOLLOWERS)),
        }
    }

    /// The file beside the token that says where the provider answers.
    pub(crate) fn address_file(&self) -> PathBuf {
        address_file(&self.file)
    }

    fn browsers(&self) -> std::sync::MutexGuard<'_, Browsers> {
        // Two lists of texts: nothing in them can be half done.
        self.browsers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A code that lets one browser in, and until when.
    fn code(&self, entropy: &dyn Entropy, now: Timestamp) -> (String, Timestamp) {
        let code = opaque43(entropy);
        let until = Timestamp(now.0.saturating_add(CODE_TTL));
        let mut browsers = self.browsers();
        browsers.codes.retain(|(_, until)| *until > now);
        if browsers.codes.len() >= CODES {
            browsers.codes.remove(0);
        }
        browsers.codes.push((Secret::new(code.clone()), until));
        (code, until)
    }

    /// An address for one browser. What is behind the `#` is sent to nobody and kept in no log.
    pub(crate) fn address(&self, engine: &Engine) -> ConsoleAddress {
        let (code, expires_at) = self.code(engine.entropy.as_ref(), engine.now());
        ConsoleAddress {
            url: format!("{}/console/#code={code}", engine.site().endpoint),
            expires_at,
        }
    }

    /// Lets a browser in that has a code, which is used up by that. One that was let in already keeps its cookie, so that its
    /// other tabs stay in.
    pub(crate) fn let_in(&self, code: &str, cookie: Option<&str>, entropy: &dyn Entropy, now: Timestamp) -> Option<Halves> {
        let mut browsers = self.browsers();
        let at = browsers
            .codes
            .iter()
            .position(|(known, until)| *until > now && known.matches(code))?;
        browsers.codes.remove(at);
        if browsers.let_in.len() >= BROWSERS {
            browsers.let_in.remove(0);
        }
        let known = cookie.filter(|cookie| browsers.let_in.iter().any(|known| known.cookie.matches(cookie)));
        let halves = Halves {
            cookie: known.map_or_else(|| opaque43(entropy), str::to_owned),
            key: opaque43(entropy),
        };
        browsers.let_in.push(LetIn {
            cookie: Secret::new(halves.cookie.clone()),
            key: Secret::new(halves.key.clone()),
        });
        Some(halves)
    }

    fn place(browsers: &Browsers, cookie: &str, key: &str) -> Option<usize> {
        let both = |known: &LetIn| known.cookie.matches(cookie) & known.key.matches(key);
        browsers.let_in.iter().position(both)
    }

    /// Whether a browser with these two halves was let in.
    pub(crate) fn knows(&self, cookie: &str, key: &str) -> bool {
        Self::place(&self.browsers(), cookie, key).is_some()
    }

    /// Shows a browser out.
    pub(crate) fn show_out(&self, cookie: &str, key: &str) {
        let mut browsers = self.browsers();
        if let Some(at) = Self::place(&browsers, cookie, key) {
            browsers.let_in.remove(at);
        }
    }

    /// A place among those that follow the live stream; `None` while all are taken.
    pub(crate) fn follow(&self) -> Option<OwnedSemaphorePermit> {
        self.followers.clone().try_acquire_owned().ok()
    }
}

/// The file beside a token's file that says where the provider answers.
pub(crate) fn address_file(token: &std::path::Path) -> PathBuf {
    let mut name = token.as_os_str().to_owned();
    name.push(".address");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use vestibule_keys::OsEntropy;

    fn control() -> Control {
        Control::new(PathBuf::from("control.token"), &OsEntropy)
    }

    const NOW: Timestamp = Timestamp(1_000);

    #[test]
    fn a_code_lets_one_browser_in_once() {
        let control = control();
        let (code, until) = control.code(&OsEntropy, NOW);
        assert_eq!(until.0 - NOW.0, CODE_TTL);
        assert!(control.let_in("guess", None, &OsEntropy, NOW).is_none());
        let halves = control.let_in(&code, None, &OsEntropy, NOW).unwrap();
        assert!(control.let_in(&code, None, &OsEntropy, NOW).is_none(), "it is used up");
        assert!(control.knows(&halves.cookie, &halves.key));
        for (cookie, key) in [
            (halves.key.as_str(), halves.cookie.as_str()),
            (&halves.cookie, ""),
            ("", &halves.key),
        ] {
            assert!(!control.knows(cookie, key), "half of it opens nothing");
        }
        control.show_out(&halves.cookie, &halves.key);
        assert!(!control.knows(&halves.cookie, &halves.key));
    }

    #[test]
    fn halves_of_two_browsers_do_not_go_together() {
        let control = control();
        let browser = || {
            let (code, _) = control.code(&OsEntropy, NOW);
            control.let_in(&code, None, &OsEntropy, NOW).unwrap()
        };
        let (one, other) = (browser(), browser());
        assert!(!control.knows(&one.cookie, &other.key));
        assert!(control.knows(&other.cookie, &other.key));
    }

    #[test]
    fn another_tab_of_a_browser_leaves_the_first_one_in() {
        let control = control();
        let tab = |cookie: Option<&str>| {
            let (code, _) = control.code(&OsEntropy, NOW);
            control.let_in(&code, cookie, &OsEntropy, NOW).unwrap()
        };
        let first = tab(None);
        let second = tab(Some(&first.cookie));
        assert_eq!(first.cookie, second.cookie);
        assert!(control.knows(&first.cookie, &first.key) && control.knows(&first.cookie, &second.key));
        assert_ne!(tab(Some("invented")).cookie, "invented");
    }

    #[test]
    fn codes_and_browsers_are_bounded_and_codes_end() {
        let control = control();
        let (first, until) = control.code(&OsEntropy, NOW);
        assert!(control.let_in(&first, None, &OsEntropy, until).is_none(), "too late");
        let (oldest, _) = control.code(&OsEntropy, NOW);
        let codes: Vec<String> = (0..CODES).map(|_| control.code(&OsEntropy, NOW).0).collect();
        assert!(control.let_in(&oldest, None, &OsEntropy, NOW).is_none());
        assert!(codes.iter().all(|code| control.let_in(code, None, &OsEntropy, NOW).is_some()));
        let halves: Vec<Halves> = (0..=BROWSERS)
            .map(|_| {
                let (code, _) = control.code(&OsEntropy, NOW);
                control.let_in(&code, None, &OsEntropy, NOW).unwrap()
            })
            .collect();
        assert!(!control.knows(&halves[0].cookie, &halves[0].key));
        assert!(halves[1..].iter().all(|known| control.knows(&known.cookie, &known.key)));
    }

    #[test]
    fn followers_are_bounded() {
        let control = control();
        let mut places: Vec<_> = (0..FOLLOWERS).map(|_| control.follow().unwrap()).collect();
        assert!(control.follow().is_none());
        places.pop();
        assert!(control.follow().is_some());
    }
}
