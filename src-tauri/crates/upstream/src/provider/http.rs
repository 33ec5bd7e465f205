//! Calls to providers, each bounded in time and size, and so many at once for a provider that one which hangs holds up
//! nobody else's.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use vestibule_core::secret::Secret;

/// Most bytes of an answer.
const SIZE_LIMIT: usize = 1024 * 1024;
/// Most providers whose lines are remembered while nobody waits in them.
const MOST_LINES: usize = 256;

/// What a call to a provider may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long a call may take in all: waiting in line and connecting, each at most half of it, and the answer to its last
    /// byte.
    pub time: Duration,
    /// Most calls that are under way to one provider.
    pub at_once: usize,
    /// Most calls that wait for one of those to end; a further one fails at once.
    pub waiting: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(10),
            at_once: 64,
            waiting: 256,
        }
    }
}

/// What to ask.
pub(super) enum Ask<'a> {
    /// `GET`, with a bearer token where one is given (RFC 6750 section 2.1).
    Get(Option<&'a Secret>),
    /// `GET` of an XML document.
    Xml,
    /// `POST` of a form, with an `Authorization` header where one is given.
    Form(&'a [(String, String)], Option<Secret>),
}

/// What came back.
pub(super) struct Reply {
    pub(super) status: u16,
    /// In lower case, without parameters.
    pub(super) content_type: String,
    pub(super) body: Vec<u8>,
}

impl Reply {
    pub(super) const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }
    /// The body as JSON; `None` when it is none.
    pub(super) fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// Why nothing came back.
pub(super) enum Unanswered {
    /// The time was up.
    Late(Duration),
    /// The line was full, or its turn did not come, because so many earlier calls have no answer yet.
    Crowded(usize),
    /// Nobody listens there.
    Nobody,
    /// More bytes than are read.
    Large,
    /// The connection or the answer broke.
    Broken(String),
}

impl Unanswered {
    /// What the arrow says.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Late(limit) => format!("no answer within {} s", limit.as_secs_f64()),
            Self::Crowded(_) => "not sent".to_owned(),
            Self::Nobody => "nobody there".to_owned(),
            Self::Large => "too large".to_owned(),
            Self::Broken(_) => "broke off".to_owned(),
        }
    }
    /// What the card says.
    pub(super) fn detail(&self) -> String {
        match self {
            Self::Late(limit) => format!("The call was given up after {} s.", limit.as_secs_f64()),
            Self::Crowded(many) => format!(
                "{many} calls to this provider have no answer yet, so this one was not sent. Calls to other providers are not held up."
            ),
            Self::Nobody => "Nothing answers at that address, or its certificate is not accepted.".to_owned(),
            Self::Large => format!("Its answer is larger than {} MB.", SIZE_LIMIT / 1024 / 1024),
            Self::Broken(why) => why.clone(),
        }
    }
}

/// The calls to one provider.
struct Line {
    /// For those under way and those that wait.
    places: Semaphore,
    /// For those under way.
    turns: Semaphore,
}

/// The one way out.
pub(super) struct Http {
    limits: Limits,
    client: OnceLock<Result<reqwest::Client, String>>,
    lines: Mutex<HashMap<String, Arc<Line>>>,
}

impl Http {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            client: OnceLock::new(),
            lines: Mutex::default(),
        }
    }

    /// Makes a call; `provider` names the line it waits in. Answers also how long it took, in **microseconds**.
    #[expect(
        clippy::disallowed_methods,
        reason = "a duration shown to people, not a time that decides anything"
    )]
    pub(super) async fn call(&self, provider: &str, url: &str, ask: Ask<'_>) -> (Result<Reply, Unanswered>, u64) {
        let started = std::time::Instant::now();
        let attempt = tokio::time::timeout(self.limits.time, self.attempt(provider, url, ask));
        let outcome = attempt.await.unwrap_or(Err(Unanswered::Late(self.limits.time)));
        (outcome, u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX))
    }

    async fn attempt(&self, provider: &str, url: &str, ask: Ask<'_>) -> Result<Reply, Unanswered> {
        let line = self.line(provider);
        let crowded = || Unanswered::Crowded(self.limits.at_once);
        let _place = line.places.try_acquire().map_err(|_| crowded())?;
        // Half of the time is for waiting, so that whoever has a turn has time for an answer too.
        let turn = tokio::time::timeout(self.limits.time / 2, line.turns.acquire()).await;
        let _turn = turn.map_err(|_| crowded())?.map_err(|_| crowded())?;
        let client = self
            .client
            .get_or_init(|| crate::http_client(self.limits.time, self.limits.time / 2))
            .as_ref();
        let client = client.map_err(|e| Unanswered::Broken(e.clone()))?;
        // GitHub answers a form unless JSON is asked for.
        let accept = match ask {
            Ask::Xml => "application/samlmetadata+xml, application/xml, text/xml, */*;q=0.1",
            Ask::Get(_) | Ask::Form(..) => "application/json",
        };
        let request = match ask {
            Ask::Xml => client.get(url),
            Ask::Get(bearer) => {
                let request = client.get(url);
                match bearer {
                    Some(token) => request.bearer_auth(token.expose()),
                    None => request,
                }
            }
            Ask::Form(form, authorization) => {
                let request = client.post(url).form(form);
                match authorization {
                    Some(value) => request.header(http::header::AUTHORIZATION, value.expose()),
                    None => request,
                }
            }
        };
        let sending = request.header(http::header::ACCEPT, accept).send();
        let mut response = sending.await.map_err(|e| self.unanswered(&e))?;
        let content_type = response.headers().get(http::header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
        let content_type = content_type.unwrap_or_default().split(';').next().unwrap_or_default();
        let mut reply = Reply {
            status: response.status().as_u16(),
            content_type: content_type.trim().to_ascii_lowercase(),
            body: Vec::new(),
        };
        while let Some(chunk) = response.chunk().await.map_err(|e| self.unanswered(&e))? {
            if reply.body.len() + chunk.len() > SIZE_LIMIT {
                return Err(Unanswered::Large);
            }
            reply.body.extend_from_slice(&chunk);
        }
        Ok(reply)
    }

    fn unanswered(&self, error: &reqwest::Error) -> Unanswered {
        if error.is_connect() {
            Unanswered::Nobody
        } else if error.is_timeout() {
            Unanswered::Late(self.limits.time)
        } else {
            Unanswered::Broken(crate::reason(error))
        }
    }

    fn line(&self, provider: &str) -> Arc<Line> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() >= MOST_LINES {
            lines.retain(|_, line| Arc::strong_count(line) > 1);
        }
        let line = lines.entry(provider.to_owned()).or_insert_with(|| {
            Arc::new(Line {
                places: Semaphore::new(self.limits.at_once.saturating_add(self.limits.waiting).min(Semaphore::MAX_PERMITS)),
                turns: Semaphore::new(self.limits.at_once.min(Semaphore::MAX_PERMITS)),
            })
        });
        Arc::clone(line)
    }
}
