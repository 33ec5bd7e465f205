//! The test of back-channel logout (OIDC Back-Channel Logout 1.0): a real logout token that ends nothing here.

use super::{Answer, ROWS, problem, storage};
use crate::engine::Engine;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::sync::Arc;
use vestibule_core::console::{ApplicationSession, BackchannelTest, ConsoleProblem, ConsoleReply, LogoutSubject};
use vestibule_core::ids::AppId;
use vestibule_core::model::{Application, User};
use vestibule_core::oidc::logout::logout_claims;
use vestibule_core::record::Session;
use vestibule_upstream::{Answer as HttpAnswer, NoAnswer};

/// Most sessions offered.
const SESSIONS: usize = 50;
/// Most characters of an answer's body that are shown.
const BODY: usize = 4_000;

impl Engine {
    pub(super) fn application_sessions(&self, id: &str) -> Answer {
        let app = AppId::from(id);
        let sessions = self.look(|cx| {
            let mut found = Vec::new();
            for session in cx.list::<Session>(ROWS)? {
                let Some(part) = session.authorizations.get(&app) else { continue };
                let user = cx.get::<User>(session.account_id.as_str())?;
                found.push(ApplicationSession {
                    sid: part.sid.clone(),
                    sub: session.account_id.0.clone(),
                    name: user.map_or_else(|| session.account_id.0.clone(), |user| user.display_name()),
                    login_at: session.login_at,
                });
            }
            found.sort_by_key(|session| std::cmp::Reverse(session.login_at));
            found.truncate(SESSIONS);
            Ok(found)
        });
        sessions.map(ConsoleReply::ApplicationSessions).map_err(|e| storage(&e))
    }

    pub(super) async fn test_backchannel_logout(self: &Arc<Self>, id: &str, subject: LogoutSubject) -> Answer {
        let issuer = self.site().issuer.clone();
        let or = |given: String, made_up: &str| if given.trim().is_empty() { made_up.to_owned() } else { given };
        let (sub, sid) = (or(subject.sub, "made-up-person"), or(subject.sid, "made-up-session"));
        let found = self
            .look(|cx| {
                let Some(app) = cx.get::<Application>(id)? else { return Ok(None) };
                let claims = logout_claims(cx, &app, &sub, &sid, &issuer);
                Ok(Some((app, claims)))
            })
            .map_err(|e| storage(&e))?;
        let Some((app, claims)) = found else {
            return Err(problem("entity.not_found", format!("There is no application {id} any more.")));
        };
        let Some(uri) = app.oidc_client_metadata.backchannel_logout_uri.clone() else {
            return Err(ConsoleProblem {
                code: "application.no_backchannel_logout_uri".into(),
                message: "The application has no back-channel logout URI. Give it one and save.".into(),
                field: Some("oidcClientMetadata.backchannelLogoutUri".into()),
            });
        };
        let token = self
            .sign_logout(app.custom_client_metadata.signing_alg, &claims)
            .map_err(|e| problem("keys", e.to_string()))?;
        let begun = self.now();
        let outcome = self.outgoing.logout_token(&uri, &token).await;
        let millis = self.now().0.saturating_sub(begun.0);
        let Verdict { accepted, summary, advice } = judge(&outcome);
        let answered = outcome.ok();
        Ok(ConsoleReply::BackchannelTest(Box::new(BackchannelTest {
            uri,
            header: header(&token),
            token,
            claims,
            status: answered.as_ref().map(|answer| answer.status),
            body: answered
                .as_ref()
                .map(|answer| answer.body.chars().take(BODY).collect())
                .unwrap_or_default(),
            headers: answered.map(|answer| answer.headers).unwrap_or_default(),
            millis,
            accepted,
            summary,
            advice,
        })))
    }
}

/// The JOSE header of a token that was just signed.
fn header(token: &str) -> serde_json::Value {
    token
        .split('.')
        .next()
        .and_then(|part| URL_SAFE_NO_PAD.decode(part).ok())
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default()
}

struct Verdict {
    accepted: bool,
    summary: String,
    advice: Vec<String>,
}

const REDIRECTED: &str = "A sign-in guard or middleware stands in front of the route. Let this one path through: the provider has no session with the application.";
const FORBIDDEN: &str = "A CSRF protection or a sign-in guard stands in front of the route. Leave this one path out of both: what proves the request is the signed token.";
const NO_ROUTE: &str = "The application has no such route. Look at path and port of the URI, and whether the server was restarted since the route was written.";
const NOT_POST: &str = "The route is there, but not for POST. The logout token comes as a POST with a form.";
const REFUSED: &str = "The application did not believe the token. What it has to check: the signature by the provider's JWKS with the announced algorithm, `iss`, `aud` (the client id), `iat`, the `events` member, and that there is no `nonce`.";
const CLOCK: &str =
    "If it says that the token is too old or from the future, compare the clocks of both machines: the token lives for 120 seconds.";
const CONTENT_TYPE: &str =
    "The route does not take forms. It has to read `application/x-www-form-urlencoded`, with the member `logout_token`.";
const FAILED: &str = "The application failed while it dealt with the token. Its own log knows why.";
const RUNNING: &str = "Start the application, or look whether it listens on this host and port.";
const CONTAINER: &str =
    "From a container, `localhost` is the container itself. Register the name under which this computer reaches the application.";
const SLOW: &str = "Answer first, then clean up: the provider waits for 10 seconds only and does not try again.";
const NO_STORE: &str = "It should answer with `Cache-Control: no-store`, so that nothing in between keeps the answer (2.8).";
const NO_CONTENT: &str = "Some frameworks make an empty 200 a 204. That is accepted, too (2.8).";

/// What an answer to a logout token means (OIDC Back-Channel Logout 2.8).
fn judge(outcome: &Result<HttpAnswer, NoAnswer>) -> Verdict {
    let verdict = |accepted, summary: String, advice: &[&str]| Verdict {
        accepted,
        summary,
        advice: advice.iter().map(|&line| line.to_owned()).collect(),
    };
    let answer = match outcome {
        Ok(answer) => answer,
        Err(NoAnswer::TimedOut) => return verdict(false, "It did not answer within 10 seconds.".into(), &[SLOW]),
        Err(NoAnswer::Unreachable(why)) => {
            return verdict(false, format!("Nothing answered at that address: {why}."), &[RUNNING, CONTAINER]);
        }
        Err(NoAnswer::TooLarge) => return verdict(false, "It answered with more than 1 MB.".into(), &[FAILED]),
        Err(NoAnswer::Failed(why)) => return verdict(false, why.clone(), &[RUNNING]),
    };
    let status = answer.status;
    match status {
        200 | 204 => {
            let uncached = answer
                .header("cache-control")
                .is_some_and(|value| value.to_ascii_lowercase().contains("no-store"));
            let hints: Vec<&str> = [(status == 204, NO_CONTENT), (!uncached, NO_STORE)]
                .into_iter()
                .filter_map(|(said, line)| said.then_some(line))
                .collect();
            verdict(true, format!("It accepted the token with {status}."), &hints)
        }
        300..=399 => {
            let to = answer.header("location").map(|place| format!(" to {place}")).unwrap_or_default();
            verdict(
                false,
                format!("It redirected{to} ({status}). Logout tokens are not sent on."),
                &[REDIRECTED],
            )
        }
        400 => verdict(false, "It refused the token (400).".into(), &[REFUSED, CLOCK]),
        401 | 403 | 419 => verdict(false, format!("It did not let the provider in ({status})."), &[FORBIDDEN, REFUSED]),
        404 | 410 => verdict(false, format!("It has nothing there ({status})."), &[NO_ROUTE]),
        405 => verdict(false, "It takes no POST there (405).".into(), &[NOT_POST]),
        415 => verdict(false, "It takes no form there (415).".into(), &[CONTENT_TYPE]),
        500..=599 => verdict(false, format!("It failed ({status})."), &[FAILED]),
        _ => verdict(
            false,
            format!("It answered {status}; 200 says that the person is signed out."),
            &[REFUSED],
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, headers: &[(&str, &str)]) -> Result<HttpAnswer, NoAnswer> {
        Ok(HttpAnswer {
            status,
            headers: headers.iter().map(|&(n, v)| (n.to_owned(), v.to_owned())).collect(),
            body: String::new(),
        })
    }

    #[test]
    fn every_answer_has_its_advice() {
        for (outcome, accepted, said, advice) in [
            (
                answered(200, &[("cache-control", "no-cache, no-store")]),
                true,
                "accepted the token with 200",
                vec![],
            ),
            (answered(200, &[]), true, "with 200", vec![NO_STORE]),
            (answered(204, &[("cache-control", "No-Store")]), true, "with 204", vec![NO_CONTENT]),
            (
                answered(302, &[("location", "/login")]),
                false,
                "redirected to /login (302)",
                vec![REDIRECTED],
            ),
            (answered(400, &[]), false, "refused the token (400)", vec![REFUSED, CLOCK]),
            (answered(403, &[]), false, "(403)", vec![FORBIDDEN, REFUSED]),
            (answered(404, &[]), false, "(404)", vec![NO_ROUTE]),
            (answered(405, &[]), false, "(405)", vec![NOT_POST]),
            (answered(415, &[]), false, "(415)", vec![CONTENT_TYPE]),
            (answered(503, &[]), false, "(503)", vec![FAILED]),
            (answered(201, &[]), false, "answered 201", vec![REFUSED]),
            (Err(NoAnswer::TimedOut), false, "10 seconds", vec![SLOW]),
            (
                Err(NoAnswer::Unreachable("Connection refused".into())),
                false,
                "Connection refused",
                vec![RUNNING, CONTAINER],
            ),
        ] {
            let verdict = judge(&outcome);
            assert_eq!(verdict.accepted, accepted, "{said}");
            assert!(verdict.summary.contains(said), "{} should say {said}", verdict.summary);
            assert_eq!(verdict.advice, advice, "{said}");
        }
    }
}
