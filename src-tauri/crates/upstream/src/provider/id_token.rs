//! ID tokens of providers (OpenID Connect Core section 3.1.3.7): their form, their header, and who signed them.

use super::keys::KeySet;
use super::{Visit, claims, failure, passed, refused, shown};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, AlgorithmFamily};
use serde_json::{Map, Value};
use std::str::FromStr as _;
use std::sync::Arc;
use vestibule_core::connectors::{FailureKind, Upstream, UpstreamFailure};
use vestibule_core::secret::Secret;

/// Most bytes of an ID token.
const LONGEST: usize = 64 * 1024;
/// The algorithm of a name; RFC 9864 calls EdDSA with Ed25519 by its curve.
pub(super) fn algorithm(name: &str) -> Option<Algorithm> {
    match name {
        "Ed25519" => Some(Algorithm::EdDSA),
        name => Algorithm::from_str(name).ok(),
    }
}

/// What is wrong with an ID token: rule, title, detail, source, and the value that was looked at.
pub(super) struct Fault {
    rule: &'static str,
    title: &'static str,
    detail: String,
    source: &'static str,
    input: Option<String>,
}

pub(super) type Checked<T> = Result<T, Fault>;

pub(super) fn fault<T>(
    rule: &'static str,
    title: &'static str,
    detail: impl Into<String>,
    source: &'static str,
    input: Option<&str>,
) -> Checked<T> {
    Err(Fault {
        rule,
        title,
        detail: detail.into(),
        source,
        input: input.map(shown),
    })
}

impl Fault {
    fn failure(self, name: &str) -> UpstreamFailure {
        let mut because = refused(self.rule, self.title, self.detail, self.source);
        because.input = self.input;
        failure(name, FailureKind::IdTokenInvalid, because)
    }
}

/// A token taken apart, of which nothing is believed yet.
pub(super) struct Parts<'t> {
    header: Map<String, Value>,
    pub(super) claims: Map<String, Value>,
    /// Header and payload as they were signed.
    signed: &'t str,
    signature: &'t str,
}

impl<'t> Parts<'t> {
    fn read(token: &'t str) -> Checked<Self> {
        let broken = |detail: &str| fault("connector.id_token", "The ID token can't be read", detail, "RFC 7519 7.2", None);
        if token.len() > LONGEST {
            return broken("It is longer than 64 kB.");
        }
        let Some((signed, signature)) = token.rsplit_once('.') else {
            return broken("It is not three parts with dots between them.");
        };
        let Some((header, payload)) = signed.split_once('.').filter(|(_, payload)| !payload.contains('.')) else {
            return broken("It is not three parts with dots between them. An encrypted one can't be read here.");
        };
        let object = |part: &str| -> Option<Map<String, Value>> { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok() };
        let Some(header) = object(header) else {
            return broken("Its header is not a JSON object in base64url.");
        };
        let Some(claims) = object(payload) else {
            return broken("Its payload is not a JSON object in base64url.");
        };
        Ok(Self {
            header,
            claims,
            signed,
            signature,
        })
    }

    fn header(&self, member: &str) -> Option<&str> {
        self.header.get(member).and_then(Value::as_str)
    }
    pub(super) fn claim(&self, member: &str) -> Option<&str> {
        self.claims.get(member).and_then(Value::as_str)
    }

    /// A `NumericDate` in whole **seconds** (RFC 7519 section 2).
    pub(super) fn date(&self, member: &'static str) -> Checked<Option<i64>> {
        match self.claims.get(member) {
            None => Ok(None),
            Some(value) => match (value.as_i64(), value.as_f64()) {
                (Some(whole), _) => Ok(Some(whole)),
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "the cast saturates, and a fraction of a second counts for nothing"
                )]
                (None, Some(fraction)) => Ok(Some(fraction as i64)),
                (None, None) => fault(
                    "connector.id_token.times",
                    "A time of the ID token is no number",
                    format!("`{member}` must be a number of seconds since 1970."),
                    "RFC 7519 2",
                    None,
                ),
            },
        }
    }

    /// Whether any of the keys made the signature; if so, under which id.
    fn signer<'k>(&self, keys: &'k KeySet, alg: Algorithm, kid: Option<&'k str>) -> Option<Option<&'k str>> {
        let made = |key: &jsonwebtoken::DecodingKey| jsonwebtoken::crypto::verify(self.signature, self.signed.as_bytes(), key, alg);
        let mut candidates = keys.candidates(alg, kid);
        candidates.find(|key| made(&key.key).unwrap_or(false)).map(|key| key.kid.as_deref())
    }
}

impl Visit<'_> {
    /// Checks the ID token and answers its claims.
    pub(super) async fn id_token(&mut self, token: Option<&Secret>, nonce: Option<&str>) -> Result<Map<String, Value>, UpstreamFailure> {
        let upstream = self.upstream;
        let name = upstream.name.as_str();
        let absent = || Fault {
            rule: "connector.id_token",
            title: "The provider sent no ID token",
            detail: "The token endpoint's answer has no `id_token`. The scope must contain `openid`.".to_owned(),
            source: "OIDC Core 3.1.3.3",
            input: None,
        };
        let token = token.ok_or_else(|| absent().failure(name))?;
        let parts = Parts::read(token.expose()).map_err(|f| f.failure(name))?;
        let alg = check_header(upstream, &parts).map_err(|f| f.failure(name))?;
        self.signature(&parts, alg).await?;
        let cards = claims::check(upstream, &parts, nonce, self.now).map_err(|f| f.failure(name))?;
        self.because.extend(cards);
        Ok(parts.claims)
    }

    /// Looks for the key that signed; reads the key set again if it is not there.
    async fn signature(&mut self, parts: &Parts<'_>, alg: Algorithm) -> Result<(), UpstreamFailure> {
        const RULE: &str = "connector.id_token.signature";
        let Some(url) = self.upstream.jwks_uri.as_deref().filter(|url| !url.is_empty()) else {
            let because = refused(
                RULE,
                "No key set is configured",
                "Without the provider's keys no ID token can be checked.",
                "Logto 6.3",
            );
            return Err(self.failure(FailureKind::InvalidConfig, because));
        };
        let kid = parts.header("kid");
        let mut keys = self.keys(url).await?;
        let mut signer = parts.signer(&keys, alg, kid).map(|found| found.map(str::to_owned));
        if signer.is_none()
            && let Some(newer) = self.newer_keys(url, &keys).await?
        {
            keys = newer;
            signer = parts.signer(&keys, alg, kid).map(|found| found.map(str::to_owned));
        }
        if let Some(found) = signer {
            let which = found.map_or_else(|| "a key without an id".to_owned(), |kid| format!("the key `{}`", shown(&kid)));
            self.passed(
                passed(
                    RULE,
                    "The ID token's signature is right",
                    format!("It was made with {which}, by {}.", alg_name(parts)),
                    "OIDC Core 3.1.3.7",
                )
                .input(alg_name(parts)),
            );
            return Ok(());
        }
        let unchecked = no_signer(&keys, alg, kid, alg_name(parts));
        Err(unchecked.failure(&self.upstream.name))
    }
}

fn alg_name(parts: &Parts<'_>) -> String {
    shown(parts.header("alg").unwrap_or_default())
}

/// Why no key fits: none by that id, or one whose signature it is not.
fn no_signer(keys: &Arc<KeySet>, alg: Algorithm, kid: Option<&str>, alg_name: String) -> Fault {
    let known = keys.ids();
    let (title, detail) = if keys.candidates(alg, kid).next().is_some() {
        (
            "The ID token's signature is wrong",
            "The provider's key did not make it: somebody changed the token, or made it up.".to_owned(),
        )
    } else if let Some(kid) = kid {
        (
            "The ID token names an unknown key",
            format!(
                "It says it was signed with the key `{}` by {alg_name}. The provider's key set has no such key for that: {known}.",
                shown(kid)
            ),
        )
    } else {
        (
            "No key fits the ID token",
            format!("It names no key, and the provider has none for {alg_name}: {known}."),
        )
    };
    Fault {
        rule: "connector.id_token.signature",
        title,
        detail,
        source: "OIDC Core 3.1.3.7",
        input: kid.map(shown).or(Some(alg_name)),
    }
}

/// Algorithm, type and critical members of the header (RFC 7515 sections 4.1.1, 4.1.9, 4.1.11), as `jose` reads them.
fn check_header(upstream: &Upstream, parts: &Parts<'_>) -> Checked<Algorithm> {
    let rules = &upstream.id_token;
    let name = parts.header("alg").unwrap_or_default();
    let asymmetric = algorithm(name).filter(|alg| alg.family() != AlgorithmFamily::Hmac);
    let Some(alg) = asymmetric else {
        return fault(
            "connector.id_token.algorithm",
            "The ID token's algorithm is not accepted",
            "Accepted are RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384 and EdDSA. Neither `none` nor a shared secret proves who signed.",
            "RFC 8725 3.1",
            Some(name),
        );
    };
    if let Some(allowed) = rules.algorithms.as_ref().filter(|list| !list.is_empty())
        && !allowed.iter().any(|own| algorithm(own) == Some(alg))
    {
        return fault(
            "connector.id_token.algorithm",
            "The ID token's algorithm is not accepted",
            format!("It is `{}`; the connector accepts {}.", shown(name), shown(&allowed.join(", "))),
            "Logto 6.3",
            Some(name),
        );
    }
    if let Some(wanted) = &rules.typ
        && parts.header("typ").map(media_type) != Some(media_type(wanted))
    {
        return fault(
            "connector.id_token.type",
            "The ID token is of another type",
            format!(
                "Its `typ` header is `{}`; the connector asks for `{}`.",
                shown(parts.header("typ").unwrap_or("(absent)")),
                shown(wanted)
            ),
            "Logto 6.3",
            parts.header("typ"),
        );
    }
    if let Some(critical) = parts.header.get("crit") {
        check_critical(upstream, &parts.header, critical)?;
    }
    Ok(alg)
}

/// A media type for comparison: `application/` is understood (RFC 7515 section 4.1.9).
fn media_type(text: &str) -> String {
    let text = text.to_ascii_lowercase();
    text.strip_prefix("application/").map_or_else(|| text.clone(), str::to_owned)
}

fn check_critical(upstream: &Upstream, header: &Map<String, Value>, critical: &Value) -> Checked<()> {
    const RULE: &str = "connector.id_token.critical";
    const TITLE: &str = "The ID token has a critical header that is not understood";
    const SOURCE: &str = "RFC 7515 4.1.11";
    let names: Option<Vec<&str>> = critical.as_array().map(|all| all.iter().filter_map(Value::as_str).collect());
    let Some(names) = names.filter(|names| !names.is_empty() && Some(names.len()) == critical.as_array().map(Vec::len)) else {
        return fault(RULE, TITLE, "`crit` must be a list of names, and not an empty one.", SOURCE, None);
    };
    for name in names {
        let understood = name == "b64" || upstream.id_token.crit.as_ref().is_some_and(|own| own.contains_key(name));
        if !understood {
            let detail = format!("`{}` is critical and not among the connector's critical headers.", shown(name));
            return fault(RULE, TITLE, detail, SOURCE, Some(name));
        }
        match header.get(name) {
            None => {
                return fault(
                    RULE,
                    TITLE,
                    format!("`{}` is critical and not there.", shown(name)),
                    SOURCE,
                    Some(name),
                );
            }
            Some(value) if name == "b64" && value != &Value::Bool(true) => {
                return fault(
                    RULE,
                    TITLE,
                    "A JWT's payload is always encoded (RFC 7797 section 7).",
                    SOURCE,
                    Some(name),
                );
            }
            Some(_) => {}
        }
    }
    Ok(())
}
