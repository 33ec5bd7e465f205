//! The built-in client's calls to the provider, each remembered as it was.

use super::Playground;
use crate::engine::{Engine, PLAYGROUND_APP};
use serde_json::Value;
use vestibule_core::console::{PlaygroundAction, PlaygroundCall, PlaygroundRun};
use vestibule_upstream::{Answer, NoAnswer};

/// Most calls remembered of a run.
const CALLS: usize = 40;
/// Most characters of a body that are remembered.
const BODY: usize = 20_000;

/// A call to make.
pub(super) enum Call<'a> {
    /// A form.
    Post(Vec<(String, String)>),
    /// With a bearer token.
    Get(&'a str),
}

pub(super) fn pair(name: &str, value: impl Into<String>) -> (String, String) {
    (name.to_owned(), value.into())
}

impl Playground {
    fn note(&self, id: &str, call: PlaygroundCall) {
        let _ = self.update(id, |run| {
            if run.calls.len() >= CALLS {
                run.calls.remove(0);
            }
            run.calls.push(call);
        });
    }
}

/// The text member of a token answer.
pub(super) fn token(run: &PlaygroundRun, name: &str) -> Option<String> {
    run.tokens.as_ref()?.get(name)?.as_str().map(str::to_owned)
}

impl Engine {
    /// The address to call ourselves by: the listener, whatever name the outside uses.
    fn local(&self, address: &str) -> String {
        let site = self.site();
        address.replacen(&site.endpoint, &format!("http://localhost:{}", site.port), 1)
    }

    /// Calls an endpoint of the provider for a run, and remembers request and answer with it.
    ///
    /// # Errors
    /// A sentence with status, `error` and `error_description`, or what went wrong on the way.
    pub(super) async fn playground_call(&self, id: &str, action: &str, path: &str, call: Call<'_>) -> Result<Value, String> {
        let url = format!("{}{path}", self.site().issuer);
        let (at, local) = (self.now(), self.local(&url));
        let (answered, method, form, bearer) = match call {
            Call::Post(form) => (self.outgoing.post(&local, &form).await, "POST", form, None),
            Call::Get(token) => (self.outgoing.get(&local, token).await, "GET", Vec::new(), Some(token.to_owned())),
        };
        self.playground.note(
            id,
            PlaygroundCall {
                at,
                millis: self.now().0.saturating_sub(at.0),
                action: action.to_owned(),
                method: method.to_owned(),
                url,
                form,
                bearer,
                status: answered.as_ref().ok().map(|answer| answer.status),
                body: match &answered {
                    Ok(answer) => answer.body.chars().take(BODY).collect(),
                    Err(why) => why.to_string(),
                },
            },
        );
        answered
            .map_err(|why: NoAnswer| why.to_string())
            .and_then(|answer: Answer| answer.success())
    }

    /// The built-in client's next step.
    pub(crate) async fn playground_use(&self, id: &str, action: PlaygroundAction, resource: Option<String>) -> Option<Box<PlaygroundRun>> {
        match action {
            PlaygroundAction::Exchange => self.exchange_waiting_code(id, resource).await,
            PlaygroundAction::Userinfo => self.ask_userinfo(id).await,
            PlaygroundAction::Introspect => self.introspect(id).await,
            PlaygroundAction::Refresh => self.refresh(id, resource).await,
            PlaygroundAction::Revoke => self.revoke(id).await,
        }
    }

    pub(super) fn complain(&self, id: &str, problem: &str) -> Option<Box<PlaygroundRun>> {
        self.playground.update(id, |run| run.problem = Some(problem.to_owned()))
    }

    /// OIDC Core 5.3: the answer counts only for the subject of the ID token (5.3.2).
    pub(super) async fn ask_userinfo(&self, id: &str) -> Option<Box<PlaygroundRun>> {
        let run = self.playground.run(id)?;
        let Some(access) = token(&run, "access_token") else {
            return self.complain(id, "There is no access token yet.");
        };
        match self.playground_call(id, "Userinfo", "/me", Call::Get(&access)).await {
            Ok(body) => {
                let same = super::answer::same_subject(&run, body.get("sub").and_then(Value::as_str), "userinfo", "OIDC Core 5.3.2");
                self.playground.update(id, |run| {
                    run.problem = same.as_ref().filter(|check| !check.passed).map(|check| check.detail.clone());
                    run.checks.retain(|check| check.name != "sub of userinfo");
                    run.checks.extend(same);
                    run.userinfo = Some(body);
                })
            }
            Err(why) => self.complain(id, &format!("Userinfo refused. {why}")),
        }
    }

    /// RFC 7662; a public client may ask about its own tokens.
    async fn introspect(&self, id: &str) -> Option<Box<PlaygroundRun>> {
        let run = self.playground.run(id)?;
        let Some(access) = token(&run, "access_token") else {
            return self.complain(id, "There is no access token yet.");
        };
        let form = vec![pair("client_id", PLAYGROUND_APP), pair("token", access)];
        match self
            .playground_call(id, "Introspection", "/token/introspection", Call::Post(form))
            .await
        {
            Ok(body) => self.playground.update(id, |run| {
                run.introspection = Some(body);
                run.problem = None;
            }),
            Err(why) => self.complain(id, &format!("Introspection was refused. {why}")),
        }
    }

    async fn refresh(&self, id: &str, resource: Option<String>) -> Option<Box<PlaygroundRun>> {
        let run = self.playground.run(id)?;
        let Some(refresh) = token(&run, "refresh_token") else {
            return self.complain(
                id,
                "There is no refresh token: it needs the scope offline_access together with prompt=consent.",
            );
        };
        let mut form = vec![
            pair("grant_type", "refresh_token"),
            pair("client_id", PLAYGROUND_APP),
            pair("refresh_token", refresh),
        ];
        form.extend(resource.map(|resource| pair("resource", resource)));
        match self.playground_call(id, "Refresh", "/token", Call::Post(form)).await {
            Ok(tokens) => self.take_tokens(id, tokens, None),
            Err(why) => self.complain(id, &format!("The refresh was refused. {why}")),
        }
    }

    async fn revoke(&self, id: &str) -> Option<Box<PlaygroundRun>> {
        let run = self.playground.run(id)?;
        let Some(any) = token(&run, "refresh_token").or_else(|| token(&run, "access_token")) else {
            return self.complain(id, "There is no token to revoke.");
        };
        let form = vec![pair("client_id", PLAYGROUND_APP), pair("token", any)];
        match self.playground_call(id, "Revocation", "/token/revocation", Call::Post(form)).await {
            Ok(_) => self.playground.update(id, |run| {
                run.revoked = true;
                run.problem = None;
            }),
            Err(why) => self.complain(id, &format!("The revocation was refused. {why}")),
        }
    }
}
