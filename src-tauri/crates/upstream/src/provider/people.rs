//! Who it is: asks the user endpoint where a provider has one, and has the answer read.

use super::http::Ask;
use super::profile::{self, Told};
use super::token::Tokens;
use super::{Visit, dropped, passed, path, place, refused, shown};
use serde_json::{Map, Value};
use vestibule_core::connectors::{FailureKind, UpstreamFailure, UpstreamQuestion, UpstreamUser};
use vestibule_core::model::Shape;
use vestibule_core::secret::Secret;

impl Visit<'_> {
    /// The person, from the ID token's claims or the user endpoint.
    pub(super) async fn person(
        &mut self,
        question: &UpstreamQuestion,
        tokens: &Tokens,
        claims: Option<Map<String, Value>>,
    ) -> Result<UpstreamUser, UpstreamFailure> {
        let upstream = self.upstream;
        let told = match (upstream.shape, claims) {
            (Shape::EnterpriseOidc, Some(claims)) if upstream.user_info_endpoint.is_some() => {
                let info = self.user_info(tokens).await?;
                self.same_subject(&claims, &info)?;
                Told::UserInfo(info, Some(claims))
            }
            (Shape::Apple, Some(claims)) => Told::Apple(claims, profile::apple_user(&question.callback)),
            (_, Some(claims)) => Told::Claims(claims),
            (Shape::GitHub, None) => {
                let info = self.user_info(tokens).await?;
                let emails = self.github_emails(tokens).await?;
                Told::GitHub(info, emails)
            }
            (_, None) => Told::UserInfo(self.user_info(tokens).await?, None),
        };
        match profile::read(upstream, told) {
            Ok((user, cards)) => {
                self.because.extend(cards);
                Ok(user)
            }
            Err(because) => Err(self.failure(FailureKind::InvalidResponse, *because)),
        }
    }

    /// The user endpoint's answer.
    async fn user_info(&mut self, tokens: &Tokens) -> Result<Map<String, Value>, UpstreamFailure> {
        let upstream = self.upstream;
        let Some(endpoint) = upstream.user_info_endpoint.as_deref().filter(|url| !url.is_empty()) else {
            let because = refused(
                "connector.user_endpoint",
                "No user endpoint is configured",
                "It is where the person is asked for.",
                "Logto 6.3",
            );
            return Err(self.failure(FailureKind::InvalidConfig, because));
        };
        let token = self.bearer(tokens)?;
        let url = with_fields(upstream.shape, endpoint);
        match self.get_json(&url, token).await? {
            Ok(Value::Object(info)) => {
                self.answered("200 profile");
                if let Some(error) = info
                    .get("ok")
                    .filter(|ok| **ok == Value::Bool(false))
                    .and_then(|_| info.get("error"))
                {
                    // Slack's way to refuse a token.
                    return Err(self.token_refused(endpoint, &format!("`{}`", shown(error.as_str().unwrap_or_default()))));
                }
                self.passed(
                    passed(
                        "connector.user_endpoint",
                        format!("{} told who it is", upstream.name),
                        "Its user endpoint accepted the access token.",
                        "OIDC Core 5.3",
                    )
                    .input(place(endpoint)),
                );
                Ok(info)
            }
            Ok(_) => Err(self.unreadable(endpoint, 200)),
            Err(status) => Err(self.refused_there(endpoint, status)),
        }
    }

    /// GitHub's e-mail addresses; `None` where the scope does not reach that far.
    async fn github_emails(&mut self, tokens: &Tokens) -> Result<Option<Value>, UpstreamFailure> {
        let endpoint = format!("{}/emails", self.upstream.user_info_endpoint.as_deref().unwrap_or_default());
        let token = self.bearer(tokens)?;
        match self.get_json(&endpoint, token).await? {
            Ok(emails) => {
                self.answered("200 e-mail addresses");
                Ok(Some(emails))
            }
            Err(status @ (403 | 404)) => {
                self.passed(dropped(
                    "connector.profile",
                    "GitHub did not tell e-mail addresses",
                    format!("`{}` answered {status}. The scope must contain `user:email`.", path(&endpoint)),
                    "Logto 6.3",
                ));
                Ok(None)
            }
            Err(status) => Err(self.refused_there(&endpoint, status)),
        }
    }

    /// The access token, which must be a bearer token (RFC 6749 section 7.1).
    fn bearer<'t>(&self, tokens: &'t Tokens) -> Result<&'t Secret, UpstreamFailure> {
        let Some(token) = &tokens.access_token else {
            let because = refused(
                "connector.token",
                "The token endpoint gave no access token",
                "The user endpoint asks for one.",
                "RFC 6749 5.1",
            );
            return Err(self.failure(FailureKind::AuthCodeInvalid, because));
        };
        match tokens.token_type.as_deref() {
            Some(other) if !other.eq_ignore_ascii_case("bearer") => {
                let detail = format!("It is `{}`; only `Bearer` can be used here.", shown(other));
                let because = refused("connector.token", "The access token is of an unknown type", detail, "RFC 6749 7.1");
                Err(self.failure(FailureKind::InvalidResponse, because.input(shown(other))))
            }
            _ => Ok(token),
        }
    }

    /// A JSON answer, or the status of a refusal.
    async fn get_json(&mut self, url: &str, token: &Secret) -> Result<Result<Value, u16>, UpstreamFailure> {
        let reply = self.call("GET", url, Ask::Get(Some(token))).await?;
        if !reply.is_success() {
            return Ok(Err(reply.status));
        }
        match reply.json() {
            Some(value) => Ok(Ok(value)),
            None => Err(self.unreadable(url, reply.status)),
        }
    }

    fn refused_there(&self, url: &str, status: u16) -> UpstreamFailure {
        match status {
            401 | 403 => self.token_refused(url, &status.to_string()),
            429 | 500.. => self.troubled("user endpoint", url, status),
            _ => self.unreadable(url, status),
        }
    }

    fn token_refused(&self, url: &str, answer: &str) -> UpstreamFailure {
        let because = refused(
            "connector.user_endpoint",
            format!("{} refused the access token", self.upstream.name),
            format!(
                "`{}` answered {answer} to the token that its token endpoint had just given.",
                path(url)
            ),
            "RFC 6750 3.1",
        );
        self.failure(FailureKind::AccessTokenInvalid, because.input(place(url)))
    }

    fn unreadable(&self, url: &str, status: u16) -> UpstreamFailure {
        let because = refused(
            "connector.user_endpoint",
            format!("The user endpoint of {} gave an answer that can't be read", self.upstream.name),
            format!(
                "`{}` answered {status}; expected is a JSON object with status 200. Redirects are not followed.",
                path(url)
            ),
            "OIDC Core 5.3.2",
        );
        self.failure(FailureKind::InvalidResponse, because.input(place(url)))
    }

    /// The user endpoint must speak of whom the ID token speaks of (OpenID Connect Core section 5.3.2).
    fn same_subject(&self, claims: &Map<String, Value>, info: &Map<String, Value>) -> Result<(), UpstreamFailure> {
        let sub = |from: &Map<String, Value>| from.get("sub").and_then(Value::as_str).unwrap_or("(absent)").to_owned();
        let (in_token, in_info) = (sub(claims), sub(info));
        if in_token == in_info {
            return Ok(());
        }
        let because = refused(
            "connector.user_endpoint",
            "The user endpoint speaks of somebody else",
            format!("Its `sub` is `{}`, the ID token's is `{}`.", shown(&in_info), shown(&in_token)),
            "OIDC Core 5.3.2",
        );
        Err(self.failure(FailureKind::InvalidResponse, because.input(shown(&in_info))))
    }
}

/// Facebook and X tell little unless asked for it by name.
fn with_fields(shape: Shape, endpoint: &str) -> String {
    let fields = match shape {
        Shape::Facebook => ("fields", "id,name,email,picture.type(large)"),
        Shape::X => ("user.fields", "profile_image_url"),
        _ => return endpoint.to_owned(),
    };
    url::Url::parse(endpoint).map_or_else(
        |_| endpoint.to_owned(),
        |mut url| {
            url.query_pairs_mut().append_pair(fields.0, fields.1);
            url.into()
        },
    )
}
