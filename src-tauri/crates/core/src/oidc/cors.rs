//! Which browser origins may use an application's tokens (sheet 1.9, CORS).

use crate::model::Application;
use url::Url;

/// Whether `origin` is in `corsAllowedOrigins`, or is the origin of (or matches the wildcard host of) a redirect URI.
#[must_use]
pub fn allowed(app: &Application, origin: &str) -> bool {
    let Ok(url) = Url::parse(origin) else { return false };
    let same = |text: &str| Url::parse(text).is_ok_and(|u| u.origin().is_tuple() && u.origin() == url.origin());
    app.custom_client_metadata.cors_allowed_origins.iter().any(|o| same(o))
        || app.oidc_client_metadata.redirect_uris.iter().any(|uri| {
            if uri.contains('*') {
                super::redirect::wildcard_origin_matches(uri, &url)
            } else {
                same(uri)
            }
        })
}
