//! Putting tokens together: which access token, which claims, and whether a refresh token (sheet 1.5, 1.15, 1.16).

use super::{Standing, TokenForm};
use crate::because::{Because, Outcome, Words};
use crate::entropy::{id21, timed43};
use crate::live::{ClaimNote, Lane, LiveStatus, StepKind, TokenView};
use crate::model::{Application, Dialect, ProviderSettings, Resource, SigningAlg};
use crate::oidc::OidcError;
use crate::oidc::claims::{self, ClaimSet, Place};
use crate::oidc::organizations::{self, Membership};
use crate::oidc::request::unknown_resource;
use crate::oidc::scopes;
use crate::port::{Cx, StoreError};
use crate::record::{AccessToken, Authorized, Index, token_key};
use crate::time::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;

/// Lifetime of an opaque access token in **seconds** (sheet 1.6).
pub(super) const OPAQUE_TTL: i64 = 3600;

/// The access token to answer.
#[derive(Clone, Debug, PartialEq)]
pub enum AccessTokenOut {
    /// As stored, by hash.
    Opaque(String),
    /// Claims to sign with `typ: at+jwt`, as JSON.
    Jwt(String),
}

/// Everything the token response needs, unsigned.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenReply {
    /// The access token.
    pub access_token: AccessTokenOut,
    /// ID token claims to sign, without `typ` in the header, as JSON.
    pub id_token: Option<String>,
    /// A refresh token.
    pub refresh_token: Option<String>,
    /// Always present on the wire in Logto, even empty.
    pub scope: String,
    /// **Seconds**.
    pub expires_in: i64,
    /// The algorithm to sign with.
    pub alg: SigningAlg,
}

/// Settings that token rules look at, read once.
pub(super) struct Policy {
    pub settings: Arc<ProviderSettings>,
    pub dialect: Dialect,
    pub alg: SigningAlg,
}

impl Policy {
    pub(super) fn read(cx: &Cx<'_>, app: &Application) -> Result<Self, StoreError> {
        let settings = cx.settings()?;
        Ok(Self {
            dialect: app.custom_client_metadata.dialect.unwrap_or(settings.dialect),
            alg: app.custom_client_metadata.signing_alg.unwrap_or(settings.signing_alg),
            settings,
        })
    }
}

/// Which audience the access token is for.
pub(super) enum Target {
    Opaque,
    /// An API resource; within an organization if one was named.
    Resource(Arc<Resource>, Option<Membership>),
    Organization(Membership),
}

/// Picks the target (sheet 1.15 "No implicit reuse", 1.16).
pub(super) fn target(
    cx: &mut Cx<'_>,
    app: &Application,
    form: &TokenForm,
    authorized: &Authorized,
    standing: &Standing,
) -> Result<Result<Target, OidcError>, StoreError> {
    let asked = match form.resource() {
        Ok(asked) => asked.map(str::to_owned),
        Err(error) => return Ok(Err(error)),
    };
    let within = match form.get("organization_id") {
        None => None,
        Some(id) => match organizations::enter(cx, app, &standing.user, &standing.grant, &authorized.scopes, id)? {
            Ok(membership) => Some(membership),
            Err(error) => return Ok(Err(error)),
        },
    };
    let reserved = asked.as_deref() == Some(scopes::ORGANIZATION_RESOURCE);
    let within = match within {
        Some(membership) if asked.is_none() || reserved => return Ok(Ok(Target::Organization(membership))),
        other => other,
    };
    let indicator = match asked {
        Some(_) if reserved => {
            return Ok(Err(OidcError::invalid_target("resource indicator is missing, or unknown")
                .detail("the reserved organization resource needs organization_id")));
        }
        Some(indicator) => {
            if !authorized.resources.contains(&indicator) {
                cx.because(
                    Because::new(
                        "token.resource",
                        Outcome::Refused,
                        "The resource was not asked for at sign-in.",
                        format!(
                            "The authorization request named {}. Add `resource={indicator}` to it.",
                            if authorized.resources.is_empty() {
                                "no resource".to_owned()
                            } else {
                                format!("`{}`", authorized.resources.join("`, `"))
                            }
                        ),
                        "RFC 8707 2.2, Logto 1.15",
                    )
                    .input(indicator),
                );
                return Ok(Err(OidcError::invalid_target("resource indicator is missing, or unknown")));
            }
            indicator
        }
        None if authorized.scopes.iter().any(|s| s == "openid") => return Ok(Ok(Target::Opaque)),
        None => match authorized.resources.as_slice() {
            [] => return Ok(Ok(Target::Opaque)),
            [only] => only.clone(),
            _ => {
                return Ok(Err(OidcError::invalid_target(
                    "only a single resource indicator value must be requested/resolved during Access Token Request",
                )));
            }
        },
    };
    match cx.find::<Resource>(&Index::Indicator.entry(indicator.clone()))? {
        Some(resource) => Ok(Ok(Target::Resource(resource, within))),
        None => {
            let card = unknown_resource(cx, &indicator)?;
            cx.because(card);
            Ok(Err(OidcError::invalid_target("resource indicator is missing, or unknown")))
        }
    }
}

/// What is being issued, and on which grounds.
pub(super) struct Issue<'a> {
    pub app: &'a Application,
    pub policy: &'a Policy,
    pub issuer: &'a str,
    pub authorized: &'a Authorized,
    /// Scopes in effect for this call.
    pub scopes: &'a [String],
    pub target: Target,
}

impl Issue<'_> {
    /// Access and ID token. The refresh token is the caller's business.
    pub(super) fn tokens(&self, cx: &mut Cx<'_>, standing: &Standing) -> Result<TokenReply, StoreError> {
        let (access_token, scope, expires_in) = match &self.target {
            Target::Opaque => self.opaque(cx)?,
            Target::Resource(resource, within) => self.jwt(cx, standing, resource, within.as_ref())?,
            Target::Organization(membership) => self.organization(cx, standing, membership)?,
        };
        let id_token = if self.scopes.iter().any(|s| s == "openid") {
            Some(self.id_token(cx, standing)?)
        } else {
            None
        };
        if id_token.is_none() {
            cx.because(Because::new(
                "token.id_token",
                Outcome::Decided,
                "No ID token.",
                "The scope `openid` is not there.",
                "OIDC Core 3.1.2.1",
            ));
        }
        Ok(TokenReply {
            access_token,
            id_token,
            refresh_token: None,
            scope,
            expires_in,
            alg: self.policy.alg,
        })
    }

    fn opaque(&self, cx: &mut Cx<'_>) -> Result<(AccessTokenOut, String, i64), StoreError> {
        let granted: Vec<String> = self.scopes.iter().filter(|s| scopes::is_oidc(s)).cloned().collect();
        let text = timed43(cx.now, cx.entropy);
        let token = AccessToken {
            key: token_key(&text),
            live: self.authorized.live.clone(),
            client_id: self.app.id.clone(),
            account_id: self.authorized.account_id.clone(),
            grant_id: self.authorized.grant_id.clone(),
            session_uid: self.authorized.session_uid.clone(),
            offline: self.authorized.offline,
            scopes: granted,
            issued_at: cx.now,
            expires_at: cx.now.plus_seconds(OPAQUE_TTL),
        };
        cx.put(&token)?;
        let scope = token.scopes.join(" ");
        cx.trail.tokens.push(TokenView {
            name: "access_token".into(),
            format: "opaque".into(),
            header: None,
            claims: json!({ "client_id": token.client_id, "sub": token.account_id, "scope": scope, "iat": token.issued_at.seconds(), "exp": token.expires_at.seconds() }),
            provenance: vec![note("format", "no resource was asked for, so it is opaque and good for userinfo"), note("scope", "granted OIDC scopes")],
            absent: Vec::new(),
            expires_at: token.expires_at,
        });
        Ok((AccessTokenOut::Opaque(text), scope, OPAQUE_TTL))
    }

    fn jwt(
        &self,
        cx: &mut Cx<'_>,
        standing: &Standing,
        resource: &Resource,
        within: Option<&Membership>,
    ) -> Result<(AccessTokenOut, String, i64), StoreError> {
        let organization = within.map(|membership| membership.organization.id.as_str());
        let narrowed = organization.or(self.authorized.organization_id.as_deref());
        let held = organizations::resource_scopes_of_person(cx, &standing.user, resource, narrowed)?;
        let granted = standing.grant.resources.get(&resource.indicator);
        let (kept, dropped): (Vec<String>, Vec<String>) = self
            .scopes
            .iter()
            .filter(|s| !scopes::is_oidc(s))
            .cloned()
            .partition(|s| held.contains(s) && granted.is_some_and(|g| g.contains(s)));
        if !dropped.is_empty() {
            cx.because(
                Because::new(
                    "token.resource_scopes",
                    Outcome::Dropped,
                    format!("Dropped `{}` from the access token.", dropped.join(" ")),
                    format!("{} holds no role that gives it for `{}`, or it is no scope of that resource. Scopes that aren't held are left out without an error.", standing.user.display_name(), resource.indicator),
                    "Logto 1.15",
                )
                .input(self.scopes.join(" ")),
            );
        }
        let scope = kept.join(" ");
        let mut claims = access_claims(
            cx,
            self.issuer,
            &standing.user.id.0,
            self.app,
            &resource.indicator,
            &scope,
            resource.access_token_ttl,
        );
        let mut notes = resource_notes(resource, "scopes the person's roles give");
        if let Some(organization) = organization {
            claims.insert("organization_id", json!(organization));
            notes.push(note("organization_id", "`organization_id` of the token request"));
        }
        let payload = push_jwt_view(cx, claims, notes);
        Ok((AccessTokenOut::Jwt(payload), scope, resource.access_token_ttl))
    }

    /// An organization token (sheet 1.16): permissions of the person's roles there that were asked for at sign-in. A
    /// third-party application gets those that were consented to.
    fn organization(
        &self,
        cx: &mut Cx<'_>,
        standing: &Standing,
        membership: &Membership,
    ) -> Result<(AccessTokenOut, String, i64), StoreError> {
        let held = membership.scopes(cx)?;
        let granted = standing.grant.resources.get(scopes::ORGANIZATION_RESOURCE);
        let allowed = |name: &String| !self.app.is_third_party || granted.is_some_and(|names| names.contains(name));
        let asked = || self.scopes.iter().filter(|s| !scopes::is_oidc(s));
        let (kept, dropped): (Vec<String>, Vec<String>) = asked().cloned().partition(|s| held.contains(s) && allowed(s));
        let unasked: Vec<&str> = held.iter().filter(|s| !self.scopes.contains(s)).map(String::as_str).collect();
        for (names, title, why) in [
            (
                dropped.join(" "),
                "left out of the organization token",
                "No role of the person in this organization gives it, or they did not consent to it.",
            ),
            (
                unasked.join(" "),
                "held, and not in the organization token",
                "The authorization request did not ask for it. Add it to `scope` there.",
            ),
        ] {
            if !names.is_empty() {
                cx.because(Because::new(
                    "token.organization_scopes",
                    Outcome::Dropped,
                    format!("`{names}` {title}."),
                    why,
                    "Logto 1.16",
                ));
            }
        }
        let scope = kept.join(" ");
        let audience = organizations::audience(&membership.organization);
        let claims = access_claims(
            cx,
            self.issuer,
            &standing.user.id.0,
            self.app,
            &audience,
            &scope,
            organizations::TOKEN_TTL,
        );
        let payload = push_jwt_view(cx, claims, organization_notes("permissions of the person's roles there"));
        Ok((AccessTokenOut::Jwt(payload), scope, organizations::TOKEN_TTL))
    }

    fn id_token(&self, cx: &mut Cx<'_>, standing: &Standing) -> Result<String, StoreError> {
        let mut out = claims::of_person(
            cx,
            &standing.user,
            self.scopes,
            Place::IdToken,
            &self.policy.settings,
            self.policy.dialect,
        )?;
        let ttl = self.app.id_token_ttl();
        let expires_at = cx.now.plus_seconds(ttl);
        out.set(
            "iss",
            json!(self.issuer),
            "this provider; the client compares it character by character",
        );
        out.set("aud", json!(self.app.id), "the application; a string, never a list");
        out.set("iat", json!(cx.now.seconds()), "now");
        out.set("exp", json!(expires_at.seconds()), format!("{ttl} s after iat"));
        match &self.authorized.nonce {
            Some(nonce) => out.set("nonce", json!(nonce), "echoed from the authorization request"),
            None => out.absent.push(note("nonce", "the authorization request sent none")),
        }
        if self.authorized.wants_auth_time {
            out.set(
                "auth_time",
                json!(self.authorized.auth_at.seconds()),
                "`max_age` or `prompt=login` was in the request",
            );
        } else {
            out.absent
                .push(note("auth_time", "only with `max_age` or `prompt=login` in the request"));
        }
        let meta = &self.app.oidc_client_metadata;
        if meta.backchannel_logout_uri.is_some() && meta.backchannel_logout_session_required == Some(true) {
            out.set(
                "sid",
                json!(self.authorized.sid),
                "back-channel logout of this application needs it",
            );
        } else {
            out.absent.push(note(
                "sid",
                "only for applications with a back-channel logout address that requires it",
            ));
        }
        out.absent.push(note("at_hash, acr, amr, azp", "Logto does not send them"));
        let payload = out.values.json();
        cx.trail.tokens.push(TokenView {
            name: "id_token".into(),
            format: "JWT".into(),
            header: None,
            claims: out.values.into(),
            provenance: out.notes,
            absent: out.absent,
            expires_at,
        });
        Ok(payload)
    }
}

/// Claims of a JWT access token (RFC 9068 shape as Logto sends it, sheet 1.5).
pub(super) fn access_claims(cx: &Cx<'_>, issuer: &str, sub: &str, app: &Application, audience: &str, scope: &str, ttl: i64) -> ClaimSet {
    let mut claims = ClaimSet::default();
    claims.insert("jti", json!(id21(cx.entropy)));
    claims.insert("sub", json!(sub));
    claims.insert("iat", json!(cx.now.seconds()));
    claims.insert("exp", json!(cx.now.plus_seconds(ttl).seconds()));
    if !scope.is_empty() {
        claims.insert("scope", json!(scope));
    }
    claims.insert("client_id", json!(app.id));
    claims.insert("iss", json!(issuer));
    claims.insert("aud", json!(audience));
    claims
}

/// Shows an access token in the Tokens tab; its claims as they are signed.
pub(super) fn push_jwt_view(cx: &mut Cx<'_>, claims: ClaimSet, provenance: Vec<ClaimNote>) -> String {
    let payload = claims.json();
    let claims = Value::from(claims);
    let absent = if claims.get("scope").is_none() {
        vec![note("scope", "nothing of what was asked for is held, and an empty one is left out")]
    } else {
        Vec::new()
    };
    let expires_at = Timestamp::from_seconds(claims.get("exp").and_then(Value::as_i64).unwrap_or_default());
    cx.trail.tokens.push(TokenView {
        name: "access_token".into(),
        format: "JWT".into(),
        header: None,
        claims,
        provenance,
        absent,
        expires_at,
    });
    payload
}

/// Why the claims of a token for an API resource are there.
pub(super) fn resource_notes(resource: &Resource, scope_note: &'static str) -> Vec<ClaimNote> {
    vec![
        note("aud", "the resource that was asked for"),
        note("scope", scope_note),
        note("exp", format!("accessTokenTtl of the resource: {} s", resource.access_token_ttl)),
        note("client_id", "the application"),
    ]
}

/// Why the claims of an organization token are there.
pub(super) fn organization_notes(scope_note: &'static str) -> Vec<ClaimNote> {
    vec![
        note("aud", "the organization, as `urn:logto:organization:` and its id"),
        note("scope", scope_note),
        note("exp", format!("organization tokens live {} s", organizations::TOKEN_TTL)),
        note("client_id", "the application"),
    ]
}

pub(super) fn note(claim: &'static str, text: impl Into<Words>) -> ClaimNote {
    ClaimNote {
        claim: claim.into(),
        note: text.into(),
    }
}

/// What the summary says after tokens went out.
pub(super) fn settled(cx: &mut Cx<'_>, live: &crate::ids::LiveId, outcome: &'static str) {
    cx.trail.kind = StepKind::Token;
    cx.trail.live = Some(live.clone());
    cx.arrow(Lane::Provider, Lane::Client, "200 tokens");
    cx.trail.patch.status = Some(LiveStatus::Done);
    cx.trail.patch.outcome = Some(outcome.into());
}
