//! Simulated providers: `/simulated/<connector id>/…`. The browser's side is shown in the live session that sent it there; the
//! calls of the connector's side are drawn where they are made.

use super::common::{FORM_CSP, check_same_origin, cors_any, failed, no_nul};
use crate::engine::Engine;
use crate::http::{Request, Response, form_pairs};
use crate::recorder::Exchange;
use http::{StatusCode, header};
use serde_json::json;
use std::sync::Arc;
use vestibule_core::console::SimulatedAccountDraft;
use vestibule_core::live::{Lane, StepError, StepKind};
use vestibule_core::model::{Failure, Problem, Shape, SimulatedAccount};
use vestibule_core::{Because, Outcome, StoreError};
use vestibule_keys::Vault;
use vestibule_simulator::accounts::{accounts, furnished_accounts};
use vestibule_simulator::page::{self, Chooser};
use vestibule_simulator::play::{Choice, NoChoice, Reply, choose, silently};
use vestibule_simulator::request::{AuthorizationRequest, Mistake, ResponseMode, read};
use vestibule_simulator::saml;
use vestibule_simulator::{Answer, Provider, Surroundings, discovery};

type Pairs = Vec<(String, String)>;

fn value<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
}

/// Everything under `/simulated`.
pub(super) async fn answer(engine: &Arc<Engine>, request: &Request, exchange: &mut Exchange, rest: &[&str]) -> Response {
    let [id, endpoint @ ..] = rest else {
        return missing(request, "");
    };
    let places = engine.places();
    let provider = match engine.look(|cx| Provider::find(cx, &places, id)) {
        Ok(Some(provider)) => provider,
        Ok(None) => return missing(request, id),
        Err(error) => return failed(&error),
    };
    if provider.shape() == Shape::Saml {
        return match (request.method.as_str(), endpoint) {
            ("GET" | "POST", [saml::ENDPOINT]) => authorize(engine, request, exchange, provider).await,
            ("GET", ["metadata"]) => match engine.simulator.metadata(&provider, &around(engine)).await {
                Ok(metadata) => super::saml::xml(metadata),
                Err(why) => told_unable(&why),
            },
            _ => told_missing("There is no such endpoint at this simulated SAML provider. It has metadata and sso."),
        };
    }
    match (request.method.as_str(), endpoint) {
        ("GET" | "POST", ["authorize"]) => authorize(engine, request, exchange, provider).await,
        ("POST", ["token"]) => token(engine, request, &provider).await,
        ("GET" | "POST", ["userinfo"]) => user_info(engine, request, &provider, false).await,
        ("GET", ["userinfo", "emails"]) => user_info(engine, request, &provider, true).await,
        ("GET", ["jwks"]) => cors_any(request, told(&engine.simulator.jwks(&provider, &around(engine)).await)),
        ("GET", [".well-known", "openid-configuration"]) => cors_any(request, told(&discovery(&provider))),
        _ => told_missing("There is no such endpoint at this simulated provider."),
    }
}

/// No such provider: a page for a browser that goes to it, JSON for everybody else.
fn missing(request: &Request, id: &str) -> Response {
    let shown: String = id.chars().take(64).collect();
    let why = format!(
        "No connector with the id {shown} has a simulated provider. It may have been deleted, or speaks to a real provider by now."
    );
    if request.path.ends_with("/authorize") || request.path.ends_with("/sso") {
        return html(StatusCode::NOT_FOUND, page::stopped("", &why));
    }
    told_missing(&why)
}

fn told_missing(why: &str) -> Response {
    Response::json(StatusCode::NOT_FOUND, &json!({ "error": "not_found", "error_description": why }))
}

fn told_unable(why: &str) -> Response {
    Response::json(
        StatusCode::INTERNAL_SERVER_ERROR,
        &json!({ "error": "server_error", "error_description": why }),
    )
}

fn html(status: StatusCode, page: String) -> Response {
    Response::html(status, page).with_static(header::CONTENT_SECURITY_POLICY, page::CSP)
}

fn around(engine: &Engine) -> Surroundings<Vault> {
    Surroundings {
        now: engine.now(),
        entropy: engine.entropy.clone(),
        vault: engine.vault.clone(),
    }
}

fn told(answer: &Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = Response::new(status).body("application/json; charset=utf-8", answer.body.clone().into_bytes());
    if let Some(challenge) = answer.challenge {
        response = response.with_static(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

/// The token endpoint.
async fn token(engine: &Arc<Engine>, request: &Request, provider: &Provider) -> Response {
    let pairs = match body(request) {
        Ok(pairs) => pairs,
        Err(why) => {
            return Response::json(
                StatusCode::BAD_REQUEST,
                &json!({ "error": "invalid_request", "error_description": why }),
            );
        }
    };
    let authorization = request.header(header::AUTHORIZATION);
    let answer = engine
        .simulator
        .token(provider, &pairs, authorization, &around(engine), engine.stopping())
        .await;
    told(&answer)
}

fn without_nul(pairs: Pairs) -> Result<Pairs, String> {
    match no_nul(&pairs) {
        Ok(()) => Ok(pairs),
        Err(error) => Err(error.description.unwrap_or_default()),
    }
}

/// The body as a form, without NUL bytes.
fn body(request: &Request) -> Result<Pairs, String> {
    if !request.is("application/x-www-form-urlencoded") {
        return Err("The body must be a form: application/x-www-form-urlencoded.".into());
    }
    let text = std::str::from_utf8(&request.body).map_err(|_| "The body is not UTF-8.".to_owned())?;
    let pairs = form_pairs(text)?;
    without_nul(pairs)
}

/// The user endpoint, and GitHub's second one.
async fn user_info(engine: &Arc<Engine>, request: &Request, provider: &Provider, emails: bool) -> Response {
    let query = request.query_pairs().unwrap_or_default();
    // Facebook takes the token in the query, too.
    let token = request.bearer().or_else(|| value(&query, "access_token"));
    let fields = value(&query, "fields");
    told(&engine.simulator.user_info(provider, token, emails, fields, engine.now()).await)
}

/// The authorization endpoint: GET shows the account chooser, POST takes the choice.
async fn authorize(engine: &Arc<Engine>, request: &Request, exchange: &mut Exchange, provider: Provider) -> Response {
    let pairs = request.query_pairs().and_then(without_nul);
    let pairs = match pairs {
        Ok(pairs) => pairs,
        Err(message) => {
            return refuse(
                exchange,
                &provider,
                &Mistake {
                    parameter: "query",
                    message,
                },
            );
        }
    };
    exchange.trail.kind = StepKind::Page;
    let state = value(&pairs, "state").or_else(|| value(&pairs, "RelayState"));
    exchange.trail.live = state.and_then(|state| engine.simulator.expected(state));
    let asked = if provider.shape() == Shape::Saml {
        saml::read(&provider, request.query.as_deref().unwrap_or_default())
    } else {
        read(&provider, &pairs)
    };
    let asked = match asked {
        Ok(asked) => asked,
        Err(mistake) => return refuse(exchange, &provider, &mistake),
    };
    let visit = Visit {
        engine,
        token: engine.vault.sign_cookie(
            "simulated",
            &format!("{}?{}", request.path, request.query.as_deref().unwrap_or_default()),
        ),
        provider,
        asked,
    };
    if request.method == http::Method::POST {
        visit.take(request, exchange).await
    } else {
        visit.show(exchange).await
    }
}

/// What is wrong with a request: a page, and a step, in a session of its own if need be.
fn refuse(exchange: &mut Exchange, provider: &Provider, mistake: &Mistake) -> Response {
    exchange.always = true;
    exchange.trail.error = Some(StepError {
        error: "invalid_request".into(),
        description: format!("{}: {}", mistake.parameter, mistake.message),
        detail: None,
    });
    exchange.trail.because(
        Because::new(
            "upstream.request",
            Outcome::Refused,
            format!("The simulated {} can't answer this request", provider.name()),
            format!(
                "`{}`: {} The browser stays there, on a page that says so.",
                mistake.parameter, mistake.message
            ),
            "RFC 6749 4.1.2.1",
        )
        .input(mistake.parameter),
    );
    exchange.trail.arrow(Lane::Experience, Lane::Upstream, "authorize");
    exchange.trail.arrow(Lane::Upstream, Lane::Experience, "400 page");
    html(StatusCode::BAD_REQUEST, page::wrong(provider.name(), mistake))
}

/// A browser with an authorization request that may be answered.
struct Visit<'a> {
    engine: &'a Arc<Engine>,
    provider: Provider,
    asked: AuthorizationRequest,
    /// Proves that a choice comes from a chooser that was shown for this very request.
    token: String,
}

impl Visit<'_> {
    async fn show(self, exchange: &mut Exchange) -> Response {
        let name = self.provider.name().to_owned();
        if self.asked.silent {
            exchange.trail.arrow(Lane::Experience, Lane::Upstream, "GET authorize");
            let (provider, asked) = (self.provider.clone(), self.asked.clone());
            let outcome = self.engine.write(exchange, move |cx| silently(cx, &provider, &asked)).await;
            return self.settle(outcome).await;
        }
        let known = match self.known().await {
            Ok(known) => known,
            Err(error) => return failed(&error),
        };
        let (said, source, input) = match &self.asked.saml {
            Some(id) => (
                "Service provider and reply address are in order. Vestibule plays this provider: nothing leaves this computer.",
                "SAML Profiles 4.1.4.1",
                id.clone(),
            ),
            None => (
                "Client, callback address, response type and scope are in order. Vestibule plays this provider: nothing leaves this computer.",
                "OIDC Core 3.1.2.3",
                self.asked.scopes.join(" "),
            ),
        };
        let trail = &mut exchange.trail;
        trail.arrow(Lane::Experience, Lane::Upstream, "GET authorize");
        trail.arrow(Lane::Upstream, Lane::Experience, "200 account chooser");
        trail.because(
            Because::new(
                "upstream.request",
                Outcome::Passed,
                format!("The simulated {name} asks which account it should be"),
                said,
                source,
            )
            .input(input),
        );
        trail.patch.waiting_for = Some(format!("waiting for a choice at the simulated {name}").into());
        trail.patch.waiting_on = Some(Lane::Upstream);
        self.chooser(StatusCode::OK, &known, None, None)
    }

    /// Whom the provider knows; some people are made up at the first visit.
    async fn known(&self) -> Result<Vec<SimulatedAccount>, StoreError> {
        let connector = self.provider.connector.clone();
        let known = self.engine.look(|cx| accounts(cx, &connector.id))?;
        if known.is_empty() {
            return self.engine.change(move |cx| furnished_accounts(cx, &connector)).await;
        }
        Ok(known)
    }

    fn chooser(
        &self,
        status: StatusCode,
        known: &[SimulatedAccount],
        again: Option<(&SimulatedAccountDraft, &Problem)>,
        notice: Option<&str>,
    ) -> Response {
        let chooser = Chooser {
            provider: &self.provider,
            request: &self.asked,
            accounts: known,
            token: &self.token,
            again,
            notice,
        };
        html(status, page::chooser(&chooser))
    }

    /// A choice that was sent by the chooser's forms.
    async fn take(self, request: &Request, exchange: &mut Exchange) -> Response {
        if let Err(error) = check_same_origin(self.engine, request) {
            return html(StatusCode::FORBIDDEN, page::stopped(self.provider.name(), &error.message));
        }
        let pairs = match body(request) {
            Ok(pairs) => pairs,
            Err(why) => return html(StatusCode::BAD_REQUEST, page::stopped(self.provider.name(), &why)),
        };
        let sent = value(&pairs, "token").unwrap_or_default();
        let signed = format!("{}?{}", request.path, request.query.as_deref().unwrap_or_default());
        if !self.engine.vault.verify_cookie("simulated", &signed, sent) {
            let why = "This choice belongs to another request. Go back to the application and start the sign-in again.";
            return html(StatusCode::FORBIDDEN, page::stopped(self.provider.name(), why));
        }
        let Some(choice) = self.choice(&pairs) else {
            return self.unchosen(exchange, None, "Choose an account, add one, or cancel.").await;
        };
        let draft = match &choice {
            Choice::New(draft) => Some((**draft).clone()),
            _ => None,
        };
        let (provider, asked) = (self.provider.clone(), self.asked.clone());
        let outcome = self
            .engine
            .write(exchange, move |cx| {
                let outcome = choose(cx, &provider, &asked, choice)?;
                if outcome.is_err() {
                    cx.forget();
                }
                Ok(outcome)
            })
            .await;
        match outcome {
            Ok(Err(NoChoice::Wrong(problem))) => self.unchosen(exchange, draft.as_ref().map(|draft| (draft, &problem)), "").await,
            Ok(Err(NoChoice::NoAccount)) => {
                let why = "This account is not there any more. Choose another one.";
                self.unchosen(exchange, None, why).await
            }
            Ok(Err(NoChoice::Full)) => {
                let why = "This provider knows as many people as it can. Choose one of them, or delete somebody in Vestibule's window.";
                self.unchosen(exchange, None, why).await
            }
            outcome => self.settle(outcome).await,
        }
    }

    /// What a form asks for.
    fn choice(&self, pairs: &Pairs) -> Option<Choice> {
        let text = |name: &str| value(pairs, name).unwrap_or_default().to_owned();
        if let Some(account) = value(pairs, "account") {
            return Some(Choice::Account(account.to_owned()));
        }
        match value(pairs, "action")? {
            "cancel" => Some(Choice::Cancel),
            "make-up" => Some(Choice::MadeUp),
            "add" => Some(Choice::New(Box::new(SimulatedAccountDraft {
                connector_id: self.provider.connector.id.clone(),
                name: text("name"),
                email: Some(text("email")),
                email_verified: value(pairs, "email_verified") == Some("true"),
                failure: Failure::ALL.into_iter().find(|failure| failure.name() == text("failure")),
                ..SimulatedAccountDraft::default()
            }))),
            _ => None,
        }
    }

    /// The chooser again, with what was wrong.
    async fn unchosen(&self, exchange: &mut Exchange, again: Option<(&SimulatedAccountDraft, &Problem)>, notice: &str) -> Response {
        exchange.trail.arrow(Lane::Upstream, Lane::Experience, "400 account chooser");
        match self.known().await {
            Ok(known) => self.chooser(
                StatusCode::BAD_REQUEST,
                &known,
                again,
                Some(notice).filter(|notice| !notice.is_empty()),
            ),
            Err(error) => failed(&error),
        }
    }

    /// Carries an answer back to the connector.
    async fn settle(&self, outcome: Result<Result<Reply, NoChoice>, StoreError>) -> Response {
        let mut reply = match outcome {
            Ok(Ok(reply)) => reply,
            Ok(Err(_)) => {
                let why = "The connector is gone, or speaks to a real provider by now.";
                return html(StatusCode::NOT_FOUND, page::stopped(self.provider.name(), why));
            }
            Err(error) => return failed(&error),
        };
        if let Some((code, grant)) = reply.issued.take() {
            let simulator = &self.engine.simulator;
            simulator.keep_code(&self.provider.connector.id, &code, grant, self.engine.now());
        }
        if let Some(response) = reply.response.take() {
            let simulator = &self.engine.simulator;
            match simulator.sign(&self.provider.connector.id, &response, &around(self.engine)).await {
                Ok(signed) => reply.params.insert(0, ("SAMLResponse".to_owned(), signed)),
                Err(why) => return html(StatusCode::INTERNAL_SERVER_ERROR, page::stopped(self.provider.name(), &why)),
            }
        }
        match reply.mode {
            ResponseMode::Query => Response::redirect(StatusCode::SEE_OTHER, &page::redirect(&self.provider, &reply)),
            ResponseMode::FormPost => Response::html(StatusCode::OK, page::form_post(&self.provider, &reply))
                .with_static(header::CONTENT_SECURITY_POLICY, FORM_CSP),
        }
    }
}

#[cfg(test)]
mod tests;
