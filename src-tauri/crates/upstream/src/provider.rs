//! The client of the providers that people sign in with (sheet chapter 6): redeems the code of a callback, checks the ID
//! token, asks who it is. Real and simulated providers are asked alike.

#![expect(
    clippy::result_large_err,
    clippy::large_enum_variant,
    reason = "a failure ends a sign-in: it is made once, and core takes it by value"
)]

mod cache;
mod claims;
mod discovery;
mod http;
mod id_token;
mod keys;
mod people;
mod profile;
mod saml;
mod token;

pub use http::Limits;

use cache::Cache;
use http::{Ask, Http, Reply};
use keys::KeySet;
use std::sync::Arc;
use vestibule_core::because::{Because, Outcome, Words};
use vestibule_core::connectors::{
    Discovery, FailureKind, IdentityProvider, Upstream, UpstreamAnswer, UpstreamCall, UpstreamFailure, UpstreamQuestion, UpstreamTokens,
    UpstreamUser,
};
use vestibule_core::entropy::Entropy;
use vestibule_core::time::Timestamp;

/// Most characters of a value of the provider's in a card.
const SHOWN: usize = 200;

/// All providers. Shared by everybody who signs in; what one of them does not answer holds up nobody at another.
pub struct Providers {
    http: Http,
    entropy: Arc<dyn Entropy>,
    discoveries: Cache<Discovery>,
    metadata: Cache<IdentityProvider>,
    keys: Cache<KeySet>,
}

impl Providers {
    /// With the usual limits. Randomness is for the `jti` of client assertions.
    #[must_use]
    pub fn new(entropy: Arc<dyn Entropy>) -> Self {
        Self::with_limits(entropy, Limits::default())
    }

    /// With limits of one's own.
    #[must_use]
    pub fn with_limits(entropy: Arc<dyn Entropy>, limits: Limits) -> Self {
        Self {
            http: Http::new(limits),
            entropy,
            discoveries: Cache::default(),
            metadata: Cache::default(),
            keys: Cache::default(),
        }
    }

    /// Asks a provider who came back. At most four calls, each within [`Limits::time`].
    pub async fn answer(&self, question: UpstreamQuestion, now: Timestamp) -> UpstreamAnswer {
        let mut visit = Visit {
            providers: self,
            upstream: &question.upstream,
            now,
            calls: Vec::new(),
            because: Vec::new(),
        };
        let result = visit.sign_in(&question).await;
        let Visit { calls, because, .. } = visit;
        UpstreamAnswer { calls, because, result }
    }
}

/// One person's way through a provider: what was called and what was found so far.
struct Visit<'a> {
    providers: &'a Providers,
    upstream: &'a Upstream,
    now: Timestamp,
    calls: Vec<UpstreamCall>,
    because: Vec<Because>,
}

impl Visit<'_> {
    async fn sign_in(&mut self, question: &UpstreamQuestion) -> Result<(UpstreamUser, Option<UpstreamTokens>), UpstreamFailure> {
        if let Some(partners) = &question.upstream.saml {
            return Ok((self.response(question, partners)?, None));
        }
        let code = self.code(question)?;
        let tokens = self.redeem(question, code).await?;
        let claims = if self.upstream.shape.issues_id_tokens() {
            Some(self.id_token(tokens.id_token.as_ref(), question.nonce.as_deref()).await?)
        } else {
            None
        };
        let user = self.person(question, &tokens, claims).await?;
        Ok((user, tokens.kept()))
    }

    /// The code of the callback (RFC 6749 section 4.1.2), which must be this provider's (RFC 9207).
    fn code<'q>(&self, question: &'q UpstreamQuestion) -> Result<&'q str, UpstreamFailure> {
        let text = |member: &str| question.callback.get(member).and_then(serde_json::Value::as_str);
        if let Some(issuer) = text("iss")
            && !self.upstream.issuers.is_empty()
            && !claims::is_accepted_issuer(self.upstream, issuer)
        {
            return Err(self.failure(
                FailureKind::AuthorizationFailed,
                refused(
                    "connector.callback_issuer",
                    "The callback is another provider's",
                    format!(
                        "Its `iss` is `{}`, and {} is `{}`. Somebody may be mixing up two providers, so the code was not redeemed.",
                        shown(issuer),
                        self.upstream.name,
                        shown(&self.upstream.issuers.join("`, `"))
                    ),
                    "RFC 9207 2.4",
                )
                .input(shown(issuer)),
            ));
        }
        text("code").filter(|code| !code.is_empty()).ok_or_else(|| {
            self.failure(
                FailureKind::InsufficientParameters,
                refused(
                    "connector.callback",
                    "The callback carries no code",
                    "A provider sends the browser back with `code` and `state`, or with `error`.",
                    "RFC 6749 4.1.2",
                ),
            )
        })
    }

    /// Makes a call and notes it. What the arrow says of a good answer is set by [`Visit::answered`].
    async fn call(&mut self, asked: &'static str, url: &str, ask: Ask<'_>) -> Result<Reply, UpstreamFailure> {
        let (outcome, micros) = self.providers.http.call(self.upstream.connector.as_str(), url, ask).await;
        let answered = match &outcome {
            Ok(reply) => reply.status.to_string(),
            Err(unanswered) => unanswered.words(),
        };
        self.calls.push(UpstreamCall {
            asked: format!("{asked} {}", path(url)).into(),
            answered: answered.into(),
            micros,
        });
        outcome.map_err(|unanswered| {
            self.failure(
                FailureKind::General,
                refused(
                    "connector.call",
                    format!("{} did not answer `{asked} {}`", self.upstream.name, path(url)),
                    unanswered.detail(),
                    "Logto 6.3",
                )
                .input(place(url)),
            )
        })
    }

    /// What the last call's arrow says.
    fn answered(&mut self, words: impl Into<Words>) {
        if let Some(call) = self.calls.last_mut() {
            call.answered = words.into();
        }
    }

    fn passed(&mut self, because: Because) {
        self.because.push(because);
    }

    fn failure(&self, kind: FailureKind, because: Because) -> UpstreamFailure {
        failure(&self.upstream.name, kind, because)
    }

    /// The provider's own failure: a 5xx, a 429.
    fn troubled(&self, what: &str, url: &str, status: u16) -> UpstreamFailure {
        self.failure(
            FailureKind::General,
            refused(
                "connector.call",
                format!("{} has a problem of its own", self.upstream.name),
                format!("Its {what} answered {status}."),
                "RFC 9110 15.6",
            )
            .input(place(url)),
        )
    }
}

/// A failure with what the person reads.
fn failure(name: &str, kind: FailureKind, because: Because) -> UpstreamFailure {
    let message = match kind {
        FailureKind::AuthorizationFailed => format!("{name} did not confirm this sign-in. Start again, or choose another way."),
        FailureKind::AuthCodeInvalid => format!("{name} did not accept this sign-in any more. Start again."),
        FailureKind::AccessTokenInvalid => format!("{name} would not say who you are. Start again, or choose another way."),
        FailureKind::IdTokenInvalid => format!("What {name} said about you can't be trusted. Start again, or choose another way."),
        FailureKind::InvalidResponse => format!("{name} gave an answer that can't be read. Try again later, or choose another way."),
        FailureKind::InvalidConfig => format!("{name} can't be used: it is not set up right."),
        FailureKind::InsufficientParameters => format!("{name} sent you back without what is needed. Start again."),
        FailureKind::General => format!("{name} can't be reached, or has a problem. Try again later, or choose another way."),
    };
    UpstreamFailure { kind, message, because }
}

fn refused(rule: &'static str, title: impl Into<Words>, detail: impl Into<Words>, source: &'static str) -> Because {
    Because::new(rule, Outcome::Refused, title, detail, source)
}

fn passed(rule: &'static str, title: impl Into<Words>, detail: impl Into<Words>, source: &'static str) -> Because {
    Because::new(rule, Outcome::Passed, title, detail, source)
}

fn dropped(rule: &'static str, title: impl Into<Words>, detail: impl Into<Words>, source: &'static str) -> Because {
    Because::new(rule, Outcome::Dropped, title, detail, source)
}

/// A value of the provider's for a sentence: bounded, on one line, and unable to end the back-ticks around it.
fn shown(text: &str) -> String {
    let clean = |c: char| if c.is_control() || c == '`' { ' ' } else { c };
    let mut out: String = text.chars().take(SHOWN).map(clean).collect();
    if text.chars().nth(SHOWN).is_some() {
        out.push('…');
    }
    out
}

/// The path of an address, for an arrow.
fn path(url: &str) -> String {
    let path = url::Url::parse(url).map(|url| url.path().to_owned()).unwrap_or_default();
    shown(&path)
}

/// An address without its query, which may hold secrets.
fn place(url: &str) -> String {
    shown(url.split(['?', '#']).next().unwrap_or_default())
}

#[cfg(test)]
mod tests;
