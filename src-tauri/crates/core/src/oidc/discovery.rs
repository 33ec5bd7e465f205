//! The discovery document (OIDC Discovery 3, RFC 8414; sheet 1.3).

use super::scopes;
use serde_json::{Value, json};

/// The document for an issuer. `algs` are the algorithms ID tokens may be signed with; `prompts` go into
/// `prompt_values_supported` (Prompt Create 1.0 section 4), which Logto's document does not have.
#[must_use]
pub fn document(issuer: &str, algs: &[&str], prompts: Option<&[&str]>) -> Value {
    let mut document = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/auth"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/me"),
        "jwks_uri": format!("{issuer}/jwks"),
        "end_session_endpoint": format!("{issuer}/session/end"),
        "revocation_endpoint": format!("{issuer}/token/revocation"),
        "introspection_endpoint": format!("{issuer}/token/introspection"),
        "device_authorization_endpoint": format!("{issuer}/device/auth"),
        "pushed_authorization_request_endpoint": format!("{issuer}/request"),
        "response_types_supported": ["code id_token", "code", "id_token", "none"],
        "response_modes_supported": ["form_post", "fragment", "query"],
        "grant_types_supported": [
            "implicit", "authorization_code", "refresh_token", "client_credentials",
            "urn:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:grant-type:token-exchange",
        ],
        "scopes_supported": scopes::OIDC,
        "claims_supported": [
            "sub", "name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile", "picture", "website",
            "gender", "birthdate", "zoneinfo", "locale", "updated_at", "username", "created_at", "email", "email_verified", "phone_number",
            "phone_number_verified", "address", "custom_data", "identities", "sso_identities", "roles", "organizations",
            "organization_data", "organization_roles", "sid", "auth_time", "iss",
        ],
        "claim_types_supported": ["normal"],
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "authorization_response_iss_parameter_supported": true,
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "code_challenge_methods_supported": ["S256"],
        "id_token_signing_alg_values_supported": algs,
        "subject_types_supported": ["public"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_jwt", "client_secret_post", "private_key_jwt", "none"],
        "token_endpoint_auth_signing_alg_values_supported": ["HS256", "RS256", "PS256", "ES256", "Ed25519", "EdDSA"],
    });
    if let Some(prompts) = prompts {
        document["prompt_values_supported"] = json!(prompts);
    }
    document
}
