//! From a connector to its provider: preset, configuration, discovery and simulation put together.

use super::edit::announces_pkce;
use super::{ClientAuthentication, DocumentSource, MetadataSource, Places, ProviderDocument, SamlPartners, ServiceProvider, Upstream};
use crate::model::{
    AuthRequestOptions, Connector, ConnectorConfig, Factory, FieldKind, IdTokenVerification, OneOrMany, Shape, TokenResponseType,
    UpstreamAuthMethod,
};
use crate::secret::Secret;

/// What is wrong with a connector's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigProblem {
    /// Dotted path under `config`; empty for the configuration as a whole.
    pub key: String,
    /// What is wrong and what would be right.
    pub message: String,
}

fn problem(key: &str, message: impl Into<String>) -> ConfigProblem {
    ConfigProblem {
        key: key.to_owned(),
        message: message.into(),
    }
}

/// The value at a dotted path.
fn at<'a>(config: &'a serde_json::Value, key: &str) -> Option<&'a serde_json::Value> {
    let found = key.split('.').try_fold(config, |value, member| value.get(member))?;
    let empty = found.is_null() || found.as_str().is_some_and(str::is_empty);
    (!empty).then_some(found)
}

/// Whether a text is an address that can be called.
fn is_address(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// Everything that is wrong with a configuration, for a real provider or a simulated one. A simulated one needs nothing, but
/// what is there has to make sense.
#[must_use]
pub fn check_config(factory: &Factory, config: &ConnectorConfig, simulated: bool) -> Vec<ConfigProblem> {
    let mut problems = Vec::new();
    let Ok(json) = serde_json::to_value(config) else {
        return vec![problem("", "This configuration can't be written as JSON.")];
    };
    for field in factory.fields {
        match at(&json, field.key) {
            None if field.required && !simulated => problems.push(problem(field.key, format!("Is missing: {}.", field.label))),
            Some(value) if field.kind == FieldKind::Url && !value.as_str().is_some_and(is_address) => {
                problems.push(problem(field.key, "Is not an address. It starts with https:// or http://."));
            }
            Some(value) if field.kind == FieldKind::Choice && !value.as_str().is_some_and(|v| field.options.contains(&v)) => {
                problems.push(problem(field.key, format!("Is one of: {}.", field.options.join(", "))));
            }
            Some(value) if field.kind == FieldKind::Choices => {
                let known = |v: &serde_json::Value| v.as_str().is_some_and(|v| field.options.contains(&v));
                if !value.as_array().is_some_and(|values| values.iter().all(known)) {
                    problems.push(problem(field.key, format!("Are any of: {}.", field.options.join(", "))));
                }
            }
            _ => {}
        }
    }
    if factory.shape == Shape::Saml && !simulated && MetadataSource::of(config).is_none() {
        problems.push(problem(
            "metadataUrl",
            "Say who the provider is: give the address of its metadata, or the metadata themselves, or its entity ID, sign-in address and certificate.",
        ));
    }
    if let Some(members) = json.as_object() {
        for member in members.keys() {
            let understood = factory.fields.iter().any(|field| field.key.split('.').next() == Some(member));
            // `clientId` is always written, be it empty.
            if !understood && at(&json, member).is_some() {
                problems.push(problem(member, format!("Means nothing to {}.", factory.name)));
            }
        }
    }
    problems
}

/// What has to be read of a connector's provider before it is resolved; `None` where nothing has to. A simulated SAML provider
/// is read like a real one: it has a key of its own.
#[must_use]
pub fn document_source(connector: &Connector, config: &ConnectorConfig, places: &Places) -> Option<DocumentSource> {
    let factory = connector.factory()?;
    match (factory.shape, connector.simulation.is_some()) {
        (Shape::EnterpriseOidc, false) => {
            let preset = Some(factory.endpoints.issuer.to_owned()).filter(|issuer| !issuer.is_empty());
            config.issuer.clone().or(preset).map(DocumentSource::Issuer)
        }
        (Shape::Saml, true) => {
            let at = format!("{}/metadata", places.simulated_loopback(&connector.id));
            Some(DocumentSource::Metadata(MetadataSource::Url(at)))
        }
        (Shape::Saml, false) => MetadataSource::of(config).map(DocumentSource::Metadata),
        _ => None,
    }
}

/// The provider behind a connector. `document` is what [`document_source`] asked for.
///
/// # Errors
/// The first thing that is wrong with the configuration.
pub fn resolve(
    connector: &Connector,
    config: &ConnectorConfig,
    places: &Places,
    document: Option<&ProviderDocument>,
) -> Result<Upstream, ConfigProblem> {
    let Some(factory) = connector.factory() else {
        return Err(problem(
            "",
            format!("`{}` is no connector that this release knows.", connector.connector_id),
        ));
    };
    let simulated = connector.simulation.is_some();
    if let Some(first) = check_config(factory, config, simulated).into_iter().next() {
        return Err(first);
    }
    let options = config.auth_request_optional_config.clone().unwrap_or_default();
    let mut upstream = Upstream {
        connector: connector.id.clone(),
        name: connector.label().to_owned(),
        shape: factory.shape,
        authorization_endpoint: factory.endpoints.authorization.to_owned(),
        token_endpoint: factory.endpoints.token.to_owned(),
        user_info_endpoint: Some(factory.endpoints.user_info.to_owned()).filter(|at| !at.is_empty()),
        jwks_uri: Some(factory.endpoints.jwks.to_owned()).filter(|at| !at.is_empty()),
        issuers: Some(factory.endpoints.issuer.to_owned())
            .filter(|at| !at.is_empty())
            .into_iter()
            .collect(),
        client_id: config.client_id.clone(),
        authentication: authentication(factory, config),
        scope: scope(factory, config),
        authorization_params: Vec::new(),
        token_params: Vec::new(),
        id_token: config.id_token_verification_config.clone().unwrap_or_default(),
        token_response: config.token_endpoint_response_type.unwrap_or(TokenResponseType::Json),
        profile_map: config.profile_map.clone().unwrap_or_default(),
        string_booleans: config.accept_string_typed_boolean_claims == Some(true),
        trust_unverified_email: config.trust_unverified_email == Some(true),
        pkce: config.pkce == Some(true),
        saml: None,
        simulated,
    };
    match factory.shape {
        Shape::Oidc | Shape::OAuth2 => {
            upstream.authorization_endpoint = config.authorization_endpoint.clone().unwrap_or_default();
            upstream.token_endpoint = config.token_endpoint.clone().unwrap_or_default();
            upstream.user_info_endpoint.clone_from(&config.user_info_endpoint);
            upstream.jwks_uri.clone_from(&upstream.id_token.jwks_uri);
            upstream.issuers = upstream
                .id_token
                .issuer
                .as_ref()
                .map(OneOrMany::as_slice)
                .unwrap_or_default()
                .to_vec();
            if factory.shape == Shape::OAuth2 {
                upstream.token_response = config.token_endpoint_response_type.unwrap_or_default();
            }
        }
        Shape::EnterpriseOidc => {}
        Shape::Saml => return partners(upstream, connector, config, places, document),
        Shape::Microsoft => {
            let cloud = config.cloud_instance.as_deref().unwrap_or("https://login.microsoftonline.com");
            let tenant = config.tenant_id.as_deref().unwrap_or("common");
            let base = format!("{}/{tenant}", cloud.trim_end_matches('/'));
            upstream.authorization_endpoint = format!("{base}{}", factory.endpoints.authorization);
            upstream.token_endpoint = format!("{base}{}", factory.endpoints.token);
            upstream.jwks_uri = Some(format!("{base}{}", factory.endpoints.jwks));
            // These three stand for any tenant, and the issuer names the person's own.
            let any_tenant = ["common", "organizations", "consumers"].contains(&tenant);
            upstream.issuers = if any_tenant {
                Vec::new()
            } else {
                vec![format!("{base}{}", factory.endpoints.issuer)]
            };
        }
        Shape::Apple => upstream.authorization_params.push(("response_mode".into(), "form_post".into())),
        // X takes no code without a challenge.
        Shape::X => upstream.pkce = true,
        _ => {}
    }
    if simulated {
        simulate(&mut upstream, factory, connector, places);
        // What the simulated provider announces in its own discovery document.
        upstream.pkce |= config.pkce.unwrap_or(factory.shape == Shape::EnterpriseOidc);
    } else if factory.shape == Shape::EnterpriseOidc {
        discovered(&mut upstream, config, document)?;
    }
    upstream.authorization_params.extend(request_options(&options));
    if let Some(prompts) = config.prompts.as_ref().filter(|prompts| !prompts.is_empty()) {
        upstream.authorization_params.push(("prompt".into(), prompts.join(" ")));
    }
    for (name, value) in config.custom_config.iter().flatten() {
        upstream.authorization_params.push((name.clone(), value.clone()));
        upstream.token_params.push((name.clone(), value.clone()));
    }
    Ok(upstream)
}

/// Puts the simulated provider in the real one's place: its endpoints, and a client it knows.
fn simulate(upstream: &mut Upstream, factory: &Factory, connector: &Connector, places: &Places) {
    let (front, back) = (places.simulated(&connector.id), places.simulated_loopback(&connector.id));
    upstream.authorization_endpoint = format!("{front}/authorize");
    upstream.token_endpoint = format!("{back}/token");
    upstream.user_info_endpoint = factory.has_user_endpoint().then(|| format!("{back}/userinfo"));
    upstream.jwks_uri = factory.issues_id_tokens().then(|| format!("{back}/jwks"));
    upstream.issuers = if factory.issues_id_tokens() { vec![front] } else { Vec::new() };
    upstream.id_token = IdTokenVerification::default();
    upstream.token_response = TokenResponseType::Json;
    if upstream.client_id.is_empty() {
        upstream.client_id = "vestibule".into();
    }
    if factory.shape == Shape::Apple {
        upstream.authentication = ClientAuthentication::None;
    }
}

/// Takes the endpoints from the provider's discovery document.
fn discovered(upstream: &mut Upstream, config: &ConnectorConfig, document: Option<&ProviderDocument>) -> Result<(), ConfigProblem> {
    let Some(ProviderDocument::Discovery(discovery)) = document else {
        return Err(problem("issuer", "The issuer's discovery document could not be read."));
    };
    upstream.authorization_endpoint.clone_from(&discovery.authorization_endpoint);
    upstream.token_endpoint.clone_from(&discovery.token_endpoint);
    upstream.jwks_uri = Some(discovery.jwks_uri.clone());
    upstream.user_info_endpoint.clone_from(&discovery.userinfo_endpoint);
    upstream.issuers = vec![discovery.issuer.clone()];
    upstream.pkce = config.pkce.unwrap_or_else(|| announces_pkce(discovery));
    // Logto's tolerance for an enterprise provider's clock (sheet 6.5).
    upstream.id_token.clock_tolerance = Some(600);
    Ok(())
}

/// Takes what a SAML provider's metadata say.
fn partners(
    mut upstream: Upstream,
    connector: &Connector,
    config: &ConnectorConfig,
    places: &Places,
    document: Option<&ProviderDocument>,
) -> Result<Upstream, ConfigProblem> {
    let Some(ProviderDocument::Metadata(provider)) = document else {
        return Err(problem("metadataUrl", "The provider's metadata could not be read."));
    };
    if provider.wants_signed_requests {
        return Err(problem(
            "metadataUrl",
            "The provider asks for signed requests, and requests are not signed here. Switch that off at the provider.",
        ));
    }
    let own = ServiceProvider::enterprise(places, &connector.id);
    upstream.authorization_endpoint.clone_from(&provider.sign_in_endpoint);
    upstream.issuers = vec![provider.entity_id.clone()];
    upstream.client_id.clone_from(&own.entity_id);
    upstream.authentication = ClientAuthentication::None;
    upstream.saml = Some(SamlPartners {
        provider: provider.clone(),
        own,
        mapping: config.attribute_mapping.clone().unwrap_or_default(),
    });
    Ok(upstream)
}

fn authentication(factory: &Factory, config: &ConnectorConfig) -> ClientAuthentication {
    let secret = Secret::new(config.client_secret.clone());
    match factory.shape {
        Shape::EnterpriseOidc | Shape::X => ClientAuthentication::Basic(secret),
        Shape::Apple => ClientAuthentication::Apple {
            team_id: config.team_id.clone().unwrap_or_default(),
            key_id: config.key_id.clone().unwrap_or_default(),
            private_key: Secret::new(config.private_key.clone().unwrap_or_default()),
        },
        _ => match config.token_endpoint_auth_method.unwrap_or_default() {
            UpstreamAuthMethod::ClientSecretPost => ClientAuthentication::Post(secret),
            UpstreamAuthMethod::ClientSecretBasic => ClientAuthentication::Basic(secret),
            UpstreamAuthMethod::ClientSecretJwt => {
                ClientAuthentication::SecretJwt(secret, config.client_secret_jwt_signing_algorithm.unwrap_or_default())
            }
        },
    }
}

/// The scopes: as configured, else the preset's; OpenID Connect always asks for `openid` (sheet 6.3).
fn scope(factory: &Factory, config: &ConnectorConfig) -> String {
    let configured = config.scope.as_deref().map(str::trim).filter(|scope| !scope.is_empty());
    let text = configured.unwrap_or(factory.scope);
    if factory.shape == Shape::Facebook {
        return text.to_owned();
    }
    let mut scopes: Vec<&str> = text.split([' ', '+']).filter(|scope| !scope.is_empty()).collect();
    let wanted: &[&str] = match factory.shape {
        Shape::EnterpriseOidc => &["openid", "profile", "email"],
        Shape::Oidc | Shape::Google | Shape::Microsoft => &["openid"],
        _ => &[],
    };
    for scope in wanted {
        if !scopes.contains(scope) {
            scopes.push(scope);
        }
    }
    scopes.join(" ")
}

fn request_options(options: &AuthRequestOptions) -> impl Iterator<Item = (String, String)> {
    [
        ("response_mode", &options.response_mode),
        ("display", &options.display),
        ("prompt", &options.prompt),
        ("max_age", &options.max_age),
        ("ui_locales", &options.ui_locales),
        ("id_token_hint", &options.id_token_hint),
        ("login_hint", &options.login_hint),
        ("acr_values", &options.acr_values),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)))
    .collect::<Vec<_>>()
    .into_iter()
}
