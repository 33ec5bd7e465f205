//! Discovery documents of enterprise providers (OpenID Connect Discovery section 4).

use super::cache::Turn;
use super::http::Ask;
use super::{Providers, failure, place, refused, shown};
use serde_json::Value;
use vestibule_core::connectors::{Discovery, DocumentSource, FailureKind, ProviderDocument, UpstreamFailure};
use vestibule_core::time::Timestamp;

/// How long a document is used, in **seconds**.
pub(super) const LIFETIME: i64 = 300;
/// Most texts of a list of the document that are kept.
const MOST: usize = 64;

impl Providers {
    /// What has to be read of a provider before it can be asked: at most five minutes old.
    ///
    /// # Errors
    /// As [`Providers::discover_afresh`] and [`Providers::metadata_afresh`].
    pub async fn document(&self, source: &DocumentSource, now: Timestamp) -> Result<ProviderDocument, UpstreamFailure> {
        match source {
            DocumentSource::Issuer(issuer) => self.discover(issuer, now).await.map(ProviderDocument::Discovery),
            DocumentSource::Metadata(source) => self.metadata(source, now).await.map(ProviderDocument::Metadata),
        }
    }

    /// As [`Providers::document`], as it is now, for saving a connector.
    ///
    /// # Errors
    /// As [`Providers::document`].
    pub async fn document_afresh(&self, source: &DocumentSource) -> Result<ProviderDocument, UpstreamFailure> {
        match source {
            DocumentSource::Issuer(issuer) => self.discover_afresh(issuer).await.map(ProviderDocument::Discovery),
            DocumentSource::Metadata(source) => self.metadata_afresh(source).await.map(ProviderDocument::Metadata),
        }
    }

    /// The discovery document of an issuer, at most five minutes old. Many who ask at once make one call.
    ///
    /// # Errors
    /// As [`Providers::discover_afresh`].
    pub async fn discover(&self, issuer: &str, now: Timestamp) -> Result<Discovery, UpstreamFailure> {
        let issuer = issuer.trim_end_matches('/');
        let document = match self.discoveries.turn(issuer, LIFETIME, now).await {
            Turn::Known(known) => known,
            Turn::Fetch(flight) => {
                let fetched = self.discover_afresh(issuer).await;
                flight.landed(fetched, now)
            }
        }?;
        Ok((*document).clone())
    }

    /// The discovery document of an issuer as it is now, for saving a connector or filling its form.
    ///
    /// # Errors
    /// [`FailureKind::InvalidConfig`] when `issuer` is no address or has no document of its own there,
    /// [`FailureKind::InvalidResponse`] when what is there lacks something, [`FailureKind::General`] when nobody answers.
    pub async fn discover_afresh(&self, issuer: &str) -> Result<Discovery, UpstreamFailure> {
        let issuer = issuer.trim_end_matches('/');
        let name = host(issuer);
        let fail = |kind, title: String, detail: String| {
            failure(
                &name,
                kind,
                refused("connector.discovery", title, detail, "OIDC Discovery 4").input(place(issuer)),
            )
        };
        if !is_address(issuer) {
            return Err(fail(
                FailureKind::InvalidConfig,
                "The issuer is not an address".to_owned(),
                "An issuer starts with https:// or http:// and has neither query nor fragment.".to_owned(),
            ));
        }
        let url = format!("{issuer}/.well-known/openid-configuration");
        let (outcome, _) = self.http.call(issuer, &url, Ask::Get(None)).await;
        let reply = outcome.map_err(|unanswered| {
            fail(
                FailureKind::General,
                format!("{name} did not answer for its discovery document"),
                unanswered.detail(),
            )
        })?;
        if !reply.is_success() {
            let kind = if reply.status >= 500 || reply.status == 429 {
                FailureKind::General
            } else {
                FailureKind::InvalidConfig
            };
            return Err(fail(
                kind,
                format!("There is no discovery document at {name}"),
                format!("`{}` answered {}. Redirects are not followed.", shown(&url), reply.status),
            ));
        }
        read(issuer, reply.json().as_ref())
            .map_err(|(kind, detail)| fail(kind, format!("The discovery document of {name} can't be used"), detail))
    }
}

/// Reads a document that `asked` was asked for.
fn read(asked: &str, document: Option<&Value>) -> Result<Discovery, (FailureKind, String)> {
    let Some(document) = document.and_then(Value::as_object) else {
        return Err((FailureKind::InvalidResponse, "It is not a JSON object.".to_owned()));
    };
    let text = |member: &str| document.get(member).and_then(Value::as_str);
    let issuer = text("issuer").ok_or_else(|| (FailureKind::InvalidResponse, "It has no `issuer`.".to_owned()))?;
    // OpenID Connect Discovery 4.3 wants them equal; a slash at the end is forgiven, as in Logto.
    if issuer.trim_end_matches('/') != asked {
        return Err((
            FailureKind::InvalidConfig,
            format!(
                "Its `issuer` is `{}`, and `{}` was asked for. They must be the same.",
                shown(issuer),
                shown(asked)
            ),
        ));
    }
    let endpoint = |member: &'static str| match text(member) {
        Some(url) if is_endpoint(url) => Ok(url.to_owned()),
        Some(_) => Err((FailureKind::InvalidResponse, format!("Its `{member}` is not an address."))),
        None => Err((FailureKind::InvalidResponse, format!("It has no `{member}`."))),
    };
    let list = |member: &str| -> Vec<String> {
        let values = document.get(member).and_then(Value::as_array).into_iter().flatten();
        let texts = values.filter_map(Value::as_str).filter(|text| text.len() <= 128);
        texts.take(MOST).map(str::to_owned).collect()
    };
    Ok(Discovery {
        issuer: issuer.to_owned(),
        authorization_endpoint: endpoint("authorization_endpoint")?,
        token_endpoint: endpoint("token_endpoint")?,
        jwks_uri: endpoint("jwks_uri")?,
        userinfo_endpoint: match text("userinfo_endpoint") {
            Some(_) => Some(endpoint("userinfo_endpoint")?),
            None => None,
        },
        code_challenge_methods_supported: list("code_challenge_methods_supported"),
        id_token_signing_alg_values_supported: list("id_token_signing_alg_values_supported"),
        token_endpoint_auth_methods_supported: list("token_endpoint_auth_methods_supported"),
        scopes_supported: list("scopes_supported"),
    })
}

pub(super) fn is_endpoint(text: &str) -> bool {
    text.len() <= 2048 && url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

fn is_address(text: &str) -> bool {
    is_endpoint(text) && !text.contains(['?', '#'])
}

/// What a sentence calls an issuer whose connector is not there yet.
pub(super) fn host(issuer: &str) -> String {
    let host = url::Url::parse(issuer).ok().and_then(|url| url.host_str().map(str::to_owned));
    host.map_or_else(|| "The issuer".to_owned(), |host| shown(&host))
}
