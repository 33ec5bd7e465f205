//! SAML providers (sheet 6.5): their metadata, and what they posted.

use super::cache::Turn;
use super::discovery::{LIFETIME, host, is_endpoint};
use super::http::Ask;
use super::profile::of_assertion;
use super::{Providers, Visit, failure, place, refused, shown};
use vestibule_core::because::Because;
use vestibule_core::connectors::{
    FailureKind, IdentityProvider, MetadataSource, SamlPartners, UpstreamFailure, UpstreamQuestion, UpstreamUser,
};
use vestibule_core::time::Timestamp;
use vestibule_saml::{Expected, read_metadata, read_parts, verify_response};

impl Providers {
    /// A SAML provider as its metadata tell of it, at most five minutes old. Many who ask at once make one call.
    ///
    /// # Errors
    /// As [`Providers::metadata_afresh`].
    pub(super) async fn metadata(&self, source: &MetadataSource, now: Timestamp) -> Result<IdentityProvider, UpstreamFailure> {
        let MetadataSource::Url(url) = source else {
            return self.metadata_afresh(source).await;
        };
        let provider = match self.metadata.turn(url, LIFETIME, now).await {
            Turn::Known(known) => known,
            Turn::Fetch(flight) => {
                let fetched = self.metadata_afresh(source).await;
                flight.landed(fetched, now)
            }
        }?;
        Ok((*provider).clone())
    }

    /// A SAML provider as its metadata tell of it now.
    ///
    /// # Errors
    /// [`FailureKind::InvalidConfig`] when there are no metadata or they can't be used, [`FailureKind::General`] when nobody
    /// answers.
    pub async fn metadata_afresh(&self, source: &MetadataSource) -> Result<IdentityProvider, UpstreamFailure> {
        let fail = |kind, name: &str, because: Because| failure(name, kind, because);
        let unusable = |name: &str, why: String| {
            let title = format!("The SAML metadata of {name} can't be used");
            fail(
                FailureKind::InvalidConfig,
                name,
                refused("connector.metadata", title, why, "SAML Metadata 2"),
            )
        };
        let url = match source {
            MetadataSource::Url(url) => url.trim(),
            MetadataSource::Text(text) => return read_metadata(text).map_err(|why| unusable("The provider", why)),
            MetadataSource::Parts {
                entity_id,
                sign_in_endpoint,
                certificate,
            } => return read_parts(entity_id, sign_in_endpoint, certificate).map_err(|why| unusable("The provider", why)),
        };
        let name = host(url);
        if !is_endpoint(url) {
            return Err(unusable(&name, "Their address starts with https:// or http://.".to_owned()));
        }
        let (outcome, _) = self.http.call(url, url, Ask::Xml).await;
        let reply = outcome.map_err(|unanswered| {
            let title = format!("{name} did not answer for its SAML metadata");
            let because = refused("connector.metadata", title, unanswered.detail(), "SAML Metadata 4");
            fail(FailureKind::General, &name, because.input(place(url)))
        })?;
        if !reply.is_success() {
            let kind = if reply.status >= 500 || reply.status == 429 {
                FailureKind::General
            } else {
                FailureKind::InvalidConfig
            };
            let title = format!("There are no SAML metadata at {name}");
            let detail = format!("`{}` answered {}. Redirects are not followed.", shown(url), reply.status);
            let because = refused("connector.metadata", title, detail, "SAML Metadata 4");
            return Err(fail(kind, &name, because.input(place(url))));
        }
        let text = String::from_utf8(reply.body).map_err(|_| unusable(&name, "They are not UTF-8.".to_owned()))?;
        read_metadata(&text).map_err(|why| unusable(&name, why))
    }
}

impl Visit<'_> {
    /// Checks what a SAML provider posted (SAML Profiles 4.1.4): nobody is called for it.
    pub(super) fn response(&mut self, question: &UpstreamQuestion, partners: &SamlPartners) -> Result<UpstreamUser, UpstreamFailure> {
        let sent = question.callback.get("SAMLResponse").and_then(serde_json::Value::as_str);
        let (Some(response), Some(request_id)) = (sent, question.saml_request.as_deref()) else {
            return Err(self.failure(
                FailureKind::InsufficientParameters,
                refused(
                    "connector.callback",
                    "There is no SAML response",
                    "A response is kept for one minute and counts once. It came too late, it was taken before, or there was none.",
                    "SAML Bindings 3.5.4",
                ),
            ));
        };
        let expected = Expected {
            provider: &partners.provider,
            own: &partners.own,
            request_id,
            mapping: &partners.mapping,
            now: self.now,
        };
        match verify_response(response, &expected) {
            Ok(accepted) => {
                self.because.extend(accepted.because);
                let (user, cards) =
                    of_assertion(self.upstream, accepted.user).map_err(|because| self.failure(FailureKind::InvalidResponse, *because))?;
                self.because.extend(cards);
                Ok(user)
            }
            Err(refusal) => Err(self.failure(refusal.kind, refusal.because)),
        }
    }
}
