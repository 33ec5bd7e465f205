//! The playground: Vestibule's own client. It talks to the provider over HTTP like any other.

use crate::engine::{Engine, PLAYGROUND_APP};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use vestibule_core::console::{ConsoleProblem, PlaygroundAction, PlaygroundRun};
use vestibule_core::entropy::{id21, opaque43};
use vestibule_core::oidc::pkce;

/// Most runs remembered.
const RUNS: usize = 50;

/// Runs in memory; they hold tokens, so they are never stored.
#[derive(Default)]
pub(crate) struct Playground {
    runs: Mutex<VecDeque<Secrets>>,
}

/// A run with what the window is not shown.
#[derive(Clone)]
struct Secrets {
    run: PlaygroundRun,
    state: String,
    nonce: Option<String>,
    verifier: Option<String>,
}

impl Playground {
    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Secrets>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, run: Secrets) {
        let mut runs = self.lock();
        if runs.len() >= RUNS {
            runs.pop_front();
        }
        runs.push_back(run);
    }

    fn find(&self, matches: impl Fn(&Secrets) -> bool) -> Option<Secrets> {
        self.lock().iter().rev().find(|run| matches(run)).cloned()
    }

    fn update(&self, id: &str, change: impl FnOnce(&mut PlaygroundRun)) -> Option<PlaygroundRun> {
        let mut runs = self.lock();
        let found = runs.iter_mut().find(|r| r.run.id == id)?;
        change(&mut found.run);
        Some(found.run.clone())
    }

    /// A run by id.
    #[must_use]
    pub(crate) fn run(&self, id: &str) -> Option<PlaygroundRun> {
        self.find(|r| r.run.id == id).map(|r| r.run)
    }
}

impl Engine {
    /// Builds an authorization request of the playground client. `extra` adds parameters or replaces the client's own;
    /// without any, scope and prompt are what a sign-in usually has.
    ///
    /// # Errors
    /// When a parameter that ties the answer to the run was replaced.
    pub async fn playground_start(
        self: &Arc<Self>,
        extra: Vec<(String, String)>,
        with_pkce: bool,
    ) -> Result<PlaygroundRun, ConsoleProblem> {
        if let Some((name, _)) = extra.iter().find(|(name, _)| {
            matches!(
                name.as_str(),
                "client_id" | "state" | "nonce" | "code_challenge" | "code_challenge_method"
            )
        }) {
            return Err(ConsoleProblem {
                code: "playground.reserved".into(),
                message: format!("`{name}` is set by the playground, so that it recognises the answer. Leave it out."),
                field: Some(format!("params.{name}")),
            });
        }
        let site = self.site();
        let (id, state, nonce) = (
            id21(self.entropy.as_ref()),
            opaque43(self.entropy.as_ref()),
            opaque43(self.entropy.as_ref()),
        );
        let verifier = with_pkce.then(|| opaque43(self.entropy.as_ref()));
        let mut params: Vec<(String, String)> = [
            ("client_id", PLAYGROUND_APP.to_owned()),
            ("redirect_uri", format!("{}/demo-app", site.endpoint)),
            ("response_type", "code".to_owned()),
            ("state", state.clone()),
            ("nonce", nonce.clone()),
        ]
        .into_iter()
        .map(|(k, v)| (k.to_owned(), v))
        .collect();
        if let Some(verifier) = &verifier {
            params.push(("code_challenge".into(), pkce::challenge(verifier)));
            params.push(("code_challenge_method".into(), "S256".into()));
        }
        if extra.is_empty() {
            let scope = "openid offline_access profile email phone address custom_data identities roles";
            params.extend([("scope", scope), ("prompt", "consent")].map(|(k, v)| (k.to_owned(), v.to_owned())));
        }
        // A parameter given twice is sent twice, as a client would: how the provider takes it is worth seeing.
        params.retain(|(own, _)| !extra.iter().any(|(name, _)| name == own));
        params.extend(extra.into_iter().filter(|(_, value)| !value.is_empty()));
        let has_openid = params.iter().any(|(n, v)| n == "scope" && v.split(' ').any(|s| s == "openid"));
        if !has_openid {
            params.retain(|(n, _)| n != "nonce");
        }
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&params).finish();
        let run = PlaygroundRun {
            id,
            url: format!("{}/auth?{query}", site.issuer),
            started_at: self.now(),
            callback: None,
            tokens: None,
            id_token_claims: None,
            userinfo: None,
            problem: None,
            live: None,
        };
        self.playground.remember(Secrets {
            run: run.clone(),
            state,
            nonce: has_openid.then_some(nonce),
            verifier,
        });
        Ok(run)
    }

    /// The browser came back: redeem the code, check the ID token, ask userinfo.
    pub(crate) async fn playground_callback(self: &Arc<Self>, pairs: Vec<(String, String)>) -> Option<PlaygroundRun> {
        let value = |name: &str| pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
        let state = value("state")?;
        let secrets = self.playground.find(|r| r.state == state)?;
        if secrets.run.callback.is_some() {
            return Some(secrets.run);
        }
        let id = secrets.run.id.clone();
        let live = value("code").and_then(|code| self.live_of_code(&code));
        self.playground.update(&id, |run| {
            run.callback = Some(pairs.clone());
            run.live = live;
        });
        let outcome = self
            .redeem(&secrets, value("code"), value("error"), value("error_description"), value("iss"))
            .await;
        let run = self.playground.update(&id, |run| match outcome {
            Ok((tokens, claims)) => {
                run.tokens = Some(tokens);
                run.id_token_claims = claims;
            }
            Err(problem) => run.problem = Some(problem),
        })?;
        if run.problem.is_none() && run.id_token_claims.is_some() {
            return self.playground_use(&id, PlaygroundAction::Userinfo).await.or(Some(run));
        }
        Some(run)
    }

    fn live_of_code(&self, code: &str) -> Option<String> {
        use vestibule_core::record::{AuthorizationCode, token_key};
        self.look(|cx| cx.get::<AuthorizationCode>(&token_key(code)))
            .ok()
            .flatten()
            .map(|c| c.authorized.live.0.clone())
    }

    async fn redeem(
        &self,
        secrets: &Secrets,
        code: Option<String>,
        error: Option<String>,
        description: Option<String>,
        iss: Option<String>,
    ) -> Result<(serde_json::Value, Option<serde_json::Value>), String> {
        if let Some(error) = error {
            return Err(format!(
                "The provider answered `{error}`{}.",
                description.map(|d| format!(": {d}")).unwrap_or_default()
            ));
        }
        let site = self.site();
        if iss.as_deref() != Some(site.issuer.as_str()) {
            return Err(format!(
                "The answer's `iss` is {}, not {} (RFC 9207).",
                iss.unwrap_or_else(|| "missing".into()),
                site.issuer
            ));
        }
        let mut form = vec![
            ("grant_type".to_owned(), "authorization_code".to_owned()),
            ("client_id".to_owned(), PLAYGROUND_APP.to_owned()),
            ("redirect_uri".to_owned(), format!("{}/demo-app", site.endpoint)),
            ("code".to_owned(), code.unwrap_or_default()),
        ];
        form.extend(secrets.verifier.clone().map(|v| ("code_verifier".to_owned(), v)));
        let tokens = self.outgoing.form(&self.local(&format!("{}/token", site.issuer)), &form).await?;
        let claims = self.checked_claims(&tokens, secrets.nonce.as_deref())?;
        Ok((tokens, claims))
    }

    /// The address to call ourselves by: the listener, whatever name the outside uses.
    fn local(&self, address: &str) -> String {
        let site = self.site();
        address.replacen(&site.endpoint, &format!("http://localhost:{}", site.port), 1)
    }

    /// Verifies an ID token as a careful client does (OIDC Core 3.1.3.7).
    fn checked_claims(&self, tokens: &serde_json::Value, nonce: Option<&str>) -> Result<Option<serde_json::Value>, String> {
        let Some(token) = tokens.get("id_token").and_then(serde_json::Value::as_str) else {
            return Ok(None);
        };
        let claims = self
            .verify_id_token(token)
            .map_err(|e| format!("The ID token is not valid: {e}."))?;
        if claims.get("aud").and_then(serde_json::Value::as_str) != Some(PLAYGROUND_APP) {
            return Err("The ID token is for another application.".into());
        }
        if claims
            .get("exp")
            .and_then(serde_json::Value::as_i64)
            .is_none_or(|exp| exp <= self.now().seconds())
        {
            return Err("The ID token has expired.".into());
        }
        if nonce.is_some() && claims.get("nonce").and_then(serde_json::Value::as_str) != nonce {
            return Err("The ID token's nonce is not the one that was sent.".into());
        }
        Ok(Some(claims))
    }

    /// Uses a run's tokens.
    pub async fn playground_use(&self, id: &str, action: PlaygroundAction) -> Option<PlaygroundRun> {
        let run = self.playground.run(id)?;
        let token = |name: &str| {
            run.tokens
                .as_ref()
                .and_then(|t| t.get(name))
                .and_then(serde_json::Value::as_str)
                .map(str::to_owned)
        };
        let issuer = self.site().issuer.clone();
        let client = ("client_id".to_owned(), PLAYGROUND_APP.to_owned());
        match action {
            PlaygroundAction::Userinfo => {
                let Some(access) = token("access_token") else {
                    return self.complain(id, "There is no access token yet.");
                };
                match self.outgoing.bearer(&self.local(&format!("{issuer}/me")), &access).await {
                    Ok(body) => self.playground.update(id, |run| {
                        run.userinfo = Some(body);
                        run.problem = None;
                    }),
                    Err(why) => self.complain(id, &format!("Userinfo refused. {why}")),
                }
            }
            PlaygroundAction::Refresh => {
                let Some(refresh) = token("refresh_token") else {
                    return self.complain(
                        id,
                        "There is no refresh token: it needs the scope offline_access together with prompt=consent.",
                    );
                };
                let form = vec![
                    ("grant_type".to_owned(), "refresh_token".to_owned()),
                    client,
                    ("refresh_token".to_owned(), refresh),
                ];
                let outcome = self.outgoing.form(&self.local(&format!("{issuer}/token")), &form).await;
                match outcome.and_then(|tokens| self.checked_claims(&tokens, None).map(|claims| (tokens, claims))) {
                    Ok((tokens, claims)) => self.playground.update(id, |run| {
                        run.tokens = Some(tokens);
                        run.id_token_claims = claims;
                        run.problem = None;
                    }),
                    Err(why) => self.complain(id, &format!("The refresh was refused. {why}")),
                }
            }
            PlaygroundAction::Revoke => {
                let Some(any) = token("refresh_token").or_else(|| token("access_token")) else {
                    return self.complain(id, "There is no token to revoke.");
                };
                let form = vec![client, ("token".to_owned(), any)];
                match self.outgoing.form(&self.local(&format!("{issuer}/token/revocation")), &form).await {
                    Ok(_) => self.playground.update(id, |run| {
                        run.problem = Some("Revoked: the grant and all its tokens have ended.".into())
                    }),
                    Err(why) => self.complain(id, &format!("The revocation was refused. {why}")),
                }
            }
        }
    }

    fn complain(&self, id: &str, problem: &str) -> Option<PlaygroundRun> {
        self.playground.update(id, |run| run.problem = Some(problem.to_owned()))
    }
}
