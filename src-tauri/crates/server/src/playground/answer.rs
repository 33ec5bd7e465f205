//! The answer of a run: what a careful client checks before it believes anything.

use super::Secrets;
use super::calls::{Call, pair, token};
use crate::engine::{Engine, PLAYGROUND_APP};
use serde_json::Value;
use std::sync::Arc;
use vestibule_core::console::{PlaygroundCheck, PlaygroundRun};

fn check(name: &str, passed: bool, detail: impl Into<String>, source: &str) -> PlaygroundCheck {
    PlaygroundCheck {
        name: name.to_owned(),
        passed,
        detail: detail.into(),
        source: source.to_owned(),
    }
}

/// Whether an answer is about the person of the ID token; nothing to compare says nothing.
pub(super) fn same_subject(run: &PlaygroundRun, sub: Option<&str>, of: &str, source: &str) -> Option<PlaygroundCheck> {
    let known = run.id_token_claims.as_ref()?.get("sub")?.as_str()?;
    Some(if sub == Some(known) {
        check(&format!("sub of {of}"), true, "The same person as in the ID token.", source)
    } else {
        let other = sub.unwrap_or("nobody");
        check(
            &format!("sub of {of}"),
            false,
            format!("It is about {other}, not about {known}."),
            source,
        )
    })
}

impl Engine {
    /// The browser came back: check the answer, and redeem the code unless the run goes step by step.
    pub(crate) async fn playground_callback(self: &Arc<Self>, pairs: Vec<(String, String)>) -> Option<Box<PlaygroundRun>> {
        let value = |name: &str| pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
        let state = value("state")?;
        let secrets = self.playground.find(|r| r.state == state)?;
        if secrets.run.callback.is_some() {
            return Some(Box::new(secrets.run));
        }
        let id = secrets.run.id.clone();
        let mut checks = vec![check(
            "state",
            true,
            "It is the one that this run sent, so the answer belongs to it.",
            "RFC 6749 10.12",
        )];
        let (issuer, iss) = (self.site().issuer.clone(), value("iss"));
        let is_ours = iss.as_deref() == Some(issuer.as_str());
        let found = iss.unwrap_or_else(|| "missing".into());
        checks.push(if is_ours {
            check("iss", true, format!("It is {issuer}."), "RFC 9207 2.4")
        } else {
            check("iss", false, format!("It is {found}, not {issuer}."), "RFC 9207 2.4")
        });
        let problem = if let Some(error) = value("error") {
            let description = value("error_description").map(|d| format!(": {d}")).unwrap_or_default();
            Some(format!("The provider answered `{error}`{description}."))
        } else if is_ours {
            None
        } else {
            Some(format!("The answer's `iss` is {found}, not {issuer} (RFC 9207)."))
        };
        let waits = problem.is_none() && !secrets.run.step_by_step;
        let run = self.playground.update(&id, |run| {
            run.callback = Some(pairs);
            run.checks = checks;
            run.problem = problem;
        });
        if waits { self.redeem(&secrets, None).await } else { run }
    }

    /// Redeems the code of a run that goes step by step.
    pub(super) async fn exchange_waiting_code(&self, id: &str, resource: Option<String>) -> Option<Box<PlaygroundRun>> {
        let secrets = self.playground.find(|r| r.run.id == id)?;
        if secrets.run.callback.is_none() {
            return self.complain(id, "There is no code yet. It comes back with the browser.");
        }
        self.redeem(&secrets, resource).await
    }

    /// The code for tokens (RFC 6749 4.1.3), then userinfo unless the run goes step by step.
    async fn redeem(&self, secrets: &Secrets, resource: Option<String>) -> Option<Box<PlaygroundRun>> {
        let run = self.playground.run(&secrets.run.id)?;
        let mut callback = run.callback.iter().flatten();
        let code = callback.find(|(name, _)| name == "code").map(|(_, value)| value.clone());
        let mut form = vec![
            pair("grant_type", "authorization_code"),
            pair("client_id", PLAYGROUND_APP),
            pair("redirect_uri", run.redirect_uri.clone().unwrap_or_default()),
            pair("code", code.unwrap_or_default()),
        ];
        form.extend(secrets.verifier.clone().map(|verifier| pair("code_verifier", verifier)));
        form.extend(resource.map(|resource| pair("resource", resource)));
        let run = match self.playground_call(&run.id, "Token exchange", "/token", Call::Post(form)).await {
            Ok(tokens) => self.take_tokens(&run.id, tokens, secrets.nonce.as_deref())?,
            Err(why) => return self.complain(&run.id, &format!("The code was not redeemed. {why}")),
        };
        if !run.step_by_step && run.problem.is_none() && run.id_token_claims.is_some() {
            return self.ask_userinfo(&run.id).await.or(Some(run));
        }
        Some(run)
    }

    /// Takes a token answer in: the ID token is checked before its claims are believed.
    pub(super) fn take_tokens(&self, id: &str, mut tokens: Value, nonce: Option<&str>) -> Option<Box<PlaygroundRun>> {
        let before = self.playground.run(id)?;
        let claims = tokens
            .get("id_token")
            .and_then(Value::as_str)
            .map(|token| self.verify_id_token(token).map_err(|why| why.to_string()));
        let mut checks = claims.as_ref().map(|claims| self.look_at_claims(claims, nonce)).unwrap_or_default();
        let claims = claims.and_then(Result::ok);
        // A refreshed ID token is about the same person (OIDC Core 12.2).
        let sub = claims.as_ref().and_then(|claims| claims.get("sub")).and_then(Value::as_str);
        if claims.is_some() {
            checks.extend(same_subject(&before, sub, "the refreshed token", "OIDC Core 12.2"));
        }
        let wrong = checks.iter().find(|check| !check.passed);
        let problem = wrong.map(|check| format!("The ID token is not valid. {}", check.detail));
        if let (Some(members), None, Some(kept)) = (tokens.as_object(), tokens.get("refresh_token"), token(&before, "refresh_token")) {
            let mut members = members.clone();
            members.insert("refresh_token".into(), Value::String(kept));
            tokens = Value::Object(members);
        }
        let sign_out = tokens
            .get("id_token")
            .and_then(Value::as_str)
            .map(|token| self.sign_out_address(id, token));
        self.playground.update(id, |run| {
            run.tokens = Some(tokens);
            if !checks.is_empty() {
                run.checks.retain(|check| matches!(check.name.as_str(), "state" | "iss"));
                run.checks.extend(checks);
            }
            if problem.is_none() && claims.is_some() {
                run.id_token_claims = claims;
            }
            run.sign_out_url = sign_out.or(run.sign_out_url.take());
            run.problem = problem;
        })
    }

    /// OIDC RP-Initiated Logout 2; the run's id comes back as `state`.
    fn sign_out_address(&self, id: &str, id_token: &str) -> String {
        let site = self.site();
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("id_token_hint", id_token)
            .append_pair("post_logout_redirect_uri", &format!("{}/demo-app", site.endpoint))
            .append_pair("state", id)
            .finish();
        format!("{}/session/end?{query}", site.issuer)
    }

    /// An ID token as a careful client sees it (OIDC Core 3.1.3.7): its claims after signature and issuer were looked at,
    /// or what is wrong with those.
    fn look_at_claims(&self, claims: &Result<Value, String>, nonce: Option<&str>) -> Vec<PlaygroundCheck> {
        const SOURCE: &str = "OIDC Core 3.1.3.7";
        let claims = match claims {
            Ok(claims) => claims,
            Err(why) => return vec![check("signature", false, format!("The ID token: {why}."), SOURCE)],
        };
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let mut checks = vec![check(
            "signature",
            true,
            "Signed with a key of this provider, and issued by it.",
            SOURCE,
        )];
        checks.push(match text("aud") {
            Some(PLAYGROUND_APP) => check("aud", true, "It is meant for this client.", SOURCE),
            other => check(
                "aud",
                false,
                format!("It is meant for {}, not for this client.", other.unwrap_or("others")),
                SOURCE,
            ),
        });
        let left = claims.get("exp").and_then(Value::as_i64).map(|exp| exp - self.now().seconds());
        checks.push(match left {
            Some(left) if left > 0 => check("exp", true, format!("It lives for another {left} s."), SOURCE),
            _ => check("exp", false, "It has expired.", SOURCE),
        });
        if nonce.is_some() {
            let same = text("nonce") == nonce;
            let detail = if same {
                "It is the one that was sent."
            } else {
                "It is not the one that was sent."
            };
            checks.push(check("nonce", same, detail, SOURCE));
        }
        checks
    }
}
