//! What the providers say of a person: the claims of their ID tokens, and the answers of their user endpoints.

use crate::play::Grant;
use crate::provider::Provider;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use vestibule_core::Timestamp;
use vestibule_core::model::{Failure, Shape, SimulatedAccount};

/// Lifetime of ID tokens and access tokens, in **seconds**.
pub const LIFETIME: i64 = 3600;

/// First and last name, as far as a full name tells.
#[must_use]
pub fn halves(name: &str) -> (&str, &str) {
    name.split_once(' ').unwrap_or((name, ""))
}

/// An account's name in the form of a user name: `maya.chen`.
fn handle(account: &SimulatedAccount) -> String {
    let from = account
        .email
        .as_deref()
        .and_then(|email| email.split('@').next())
        .unwrap_or(&account.name);
    from.chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '.' })
        .collect()
}

/// As [`handle`], for providers that allow letters, digits and one more character.
fn plain_handle(account: &SimulatedAccount, joint: &str) -> String {
    let handle = handle(account);
    let parts: Vec<&str> = handle.split('.').filter(|part| !part.is_empty()).collect();
    parts.join(joint)
}

/// The subject of an ID token. The social Microsoft connector knows people by `oid`, so there `sub` is the pairwise one that
/// Entra derives for a client.
fn subject(provider: &Provider, grant: &Grant) -> String {
    if provider.shape() == Shape::Microsoft {
        URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{} {}", provider.client_id, grant.account.sub)))
    } else {
        grant.account.sub.clone()
    }
}

/// Entra's own id of a person. The enterprise connector knows people by `sub`, so there it is `oid` that is derived.
fn object_id(provider: &Provider, grant: &Grant) -> String {
    if provider.shape() == Shape::Microsoft {
        grant.account.sub.clone()
    } else {
        uuid_of(&grant.account.sub)
    }
}

/// A UUID that stays the same for a text: tenants, teams.
fn uuid_of(text: &str) -> String {
    let hex: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
}

fn asked(grant: &Grant, scope: &str) -> bool {
    grant.request.scopes.iter().any(|asked| asked == scope)
}

/// The claims of an ID token (OpenID Connect Core 2), with what the persona makes wrong. The signature is not their matter.
#[must_use]
pub fn id_token(provider: &Provider, grant: &Grant, access_token: &str, now: Timestamp) -> Map<String, Value> {
    let failure = grant.failure;
    let (issued, expires) = if failure == Some(Failure::ExpiredIdToken) {
        (now.seconds() - 2 * LIFETIME, now.seconds() - LIFETIME)
    } else {
        (now.seconds(), now.seconds() + LIFETIME)
    };
    let issuer = match failure {
        Some(Failure::WrongIssuer) => format!("{}/another", provider.issuer),
        _ => provider.issuer.clone(),
    };
    let audience = match failure {
        Some(Failure::WrongAudience) => "another-client".to_owned(),
        _ => provider.client_id.clone(),
    };
    let half = &Sha256::digest(access_token)[..16];
    let mut claims = members(json!({
        "iss": issuer,
        "sub": subject(provider, grant),
        "aud": audience,
        "iat": issued,
        "exp": expires,
        "at_hash": URL_SAFE_NO_PAD.encode(half),
    }));
    if let Some(nonce) = &grant.request.nonce {
        let nonce = match failure {
            Some(Failure::WrongNonce) => format!("{nonce}-another"),
            _ => nonce.clone(),
        };
        claims.insert("nonce".into(), nonce.into());
    }
    let auth_time = grant.auth_time.seconds();
    if provider.is_google() {
        claims.insert("azp".into(), audience.into());
        if provider.shape() == Shape::EnterpriseOidc
            && let Some(domain) = domain(&grant.account)
        {
            claims.insert("hd".into(), domain.into());
        }
    } else if provider.is_entra() {
        claims.extend(members(json!({
            "nbf": issued,
            "oid": object_id(provider, grant),
            "tid": uuid_of(provider.connector.id.as_str()),
            "ver": "2.0",
        })));
    } else if provider.shape() == Shape::Apple {
        claims.extend(members(json!({ "auth_time": auth_time, "nonce_supported": true })));
    } else {
        claims.insert("auth_time".into(), auth_time.into());
        if provider.connector.connector_id == "Okta" {
            claims.extend(members(json!({
                "ver": 1,
                "amr": ["pwd"],
                "idp": "00oSimulatedByVestib",
                "jti": format!("ID.{}", URL_SAFE_NO_PAD.encode(Sha256::digest(access_token))),
            })));
        }
    }
    claims.extend(person(provider, grant));
    claims
}

fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn domain(account: &SimulatedAccount) -> Option<String> {
    account.email.as_deref()?.split_once('@').map(|(_, domain)| domain.to_owned())
}

/// Standard claims about the person, as far as scopes ask for them (OpenID Connect Core 5.4), then the account's further ones.
fn person(provider: &Provider, grant: &Grant) -> Map<String, Value> {
    let account = &grant.account;
    let apple = provider.shape() == Shape::Apple;
    let mut claims = Map::new();
    // Apple tells names beside the code alone.
    if asked(grant, "profile") && !apple {
        let (given, family) = halves(&account.name);
        claims.insert("name".into(), account.name.clone().into());
        claims.insert("given_name".into(), given.into());
        if !family.is_empty() {
            claims.insert("family_name".into(), family.into());
        }
        if let Some(picture) = &account.avatar {
            claims.insert("picture".into(), picture.clone().into());
        }
        if !provider.is_google() {
            let login = account.email.clone().unwrap_or_else(|| handle(account));
            claims.insert("preferred_username".into(), login.into());
        }
    }
    if let Some(email) = account.email.as_ref().filter(|_| asked(grant, "email")) {
        claims.insert("email".into(), email.clone().into());
        claims.insert("email_verified".into(), account.email_verified.into());
        if apple {
            claims.insert("is_private_email".into(), false.into());
        }
        if provider.is_entra() {
            // Entra's own word for a verified domain.
            claims.insert("xms_edov".into(), account.email_verified.into());
        }
    }
    if let Some(phone) = account.phone.as_ref().filter(|_| asked(grant, "phone")) {
        claims.insert("phone_number".into(), phone.clone().into());
        claims.insert("phone_number_verified".into(), true.into());
    }
    claims.extend(account.claims.clone());
    claims
}

/// What the user endpoint answers. `fields` are those that a Facebook request names.
#[must_use]
pub fn user_info(provider: &Provider, grant: &Grant, fields: Option<&str>) -> Value {
    let account = &grant.account;
    let (given, family) = halves(&account.name);
    let mut answer = match provider.shape() {
        Shape::Oidc | Shape::EnterpriseOidc | Shape::Saml | Shape::Google | Shape::Microsoft | Shape::Apple => {
            let mut claims = person(provider, grant);
            claims.insert("sub".into(), subject(provider, grant).into());
            return Value::Object(claims);
        }
        Shape::GitHub => {
            let login = plain_handle(account, "-");
            json!({
                "login": login,
                "id": account.sub.parse::<u64>().map_or_else(|_| json!(account.sub), |id| json!(id)),
                "node_id": format!("U_{}", URL_SAFE_NO_PAD.encode(&account.sub)),
                "avatar_url": account.avatar,
                "type": "User",
                "site_admin": false,
                "name": account.name,
                "company": null,
                // The public address, which hardly anybody sets.
                "email": null,
                "created_at": iso_day(account.created_at),
            })
        }
        Shape::Facebook => facebook(grant, fields.unwrap_or("id,name")),
        Shape::Discord => {
            let mut user = members(json!({
                "id": account.sub,
                "username": handle(account),
                "discriminator": "0",
                "global_name": account.name,
                // A hash of a picture at Discord, never an address.
                "avatar": null,
                "mfa_enabled": false,
                "locale": "en-US",
            }));
            if asked(grant, "email") {
                user.insert("email".into(), json!(account.email));
                user.insert("verified".into(), (account.email_verified && account.email.is_some()).into());
            }
            Value::Object(user)
        }
        Shape::GitLab => {
            let mut claims = openid_user(grant);
            let nickname = plain_handle(account, ".");
            claims.insert("nickname".into(), nickname.clone().into());
            claims.insert("preferred_username".into(), nickname.into());
            claims.insert("groups".into(), json!([]));
            Value::Object(claims)
        }
        Shape::LinkedIn => {
            let mut claims = openid_user(grant);
            claims.insert("given_name".into(), given.into());
            claims.insert("family_name".into(), family.into());
            claims.insert("locale".into(), json!({ "country": "US", "language": "en" }));
            Value::Object(claims)
        }
        Shape::Slack => {
            let mut claims = openid_user(grant);
            claims.extend(members(json!({
                "ok": true,
                "given_name": given,
                "family_name": family,
                "locale": "en-US",
                "https://slack.com/user_id": account.sub,
                "https://slack.com/team_id": "T0VESTIBULE",
            })));
            Value::Object(claims)
        }
        Shape::X => {
            let mut data = members(json!({ "id": account.sub, "name": account.name, "username": plain_handle(account, "_") }));
            if let Some(picture) = &account.avatar {
                data.insert("profile_image_url".into(), picture.clone().into());
            }
            data.extend(account.claims.clone());
            return json!({ "data": data });
        }
        Shape::OAuth2 => mapped(provider, account),
    };
    if let Value::Object(members) = &mut answer {
        members.extend(account.claims.clone());
    }
    answer
}

/// The answer of the providers whose user endpoint speaks OpenID Connect.
fn openid_user(grant: &Grant) -> Map<String, Value> {
    let account = &grant.account;
    let mut claims = members(json!({ "sub": account.sub }));
    if asked(grant, "profile") {
        claims.insert("name".into(), account.name.clone().into());
        if let Some(picture) = &account.avatar {
            claims.insert("picture".into(), picture.clone().into());
        }
    }
    if let Some(email) = account.email.as_ref().filter(|_| asked(grant, "email")) {
        claims.insert("email".into(), email.clone().into());
        claims.insert("email_verified".into(), account.email_verified.into());
    }
    claims
}

/// The Graph API answers the fields that are asked for, and an address only once it is confirmed.
fn facebook(grant: &Grant, fields: &str) -> Value {
    let account = &grant.account;
    let mut user = members(json!({ "id": account.sub }));
    for field in fields
        .split(',')
        .map(|field| field.trim().split(['{', '.']).next().unwrap_or_default())
    {
        let value = match field {
            "name" => json!(account.name),
            "first_name" => json!(halves(&account.name).0),
            "last_name" => json!(halves(&account.name).1),
            "email" => match account.email.as_ref().filter(|_| account.email_verified && asked(grant, "email")) {
                Some(email) => json!(email),
                None => continue,
            },
            "picture" => json!({ "data": {
                "height": 50,
                "width": 50,
                "is_silhouette": account.avatar.is_none(),
                "url": account.avatar.clone().unwrap_or_default(),
            } }),
            _ => continue,
        };
        user.insert(field.to_owned(), value);
    }
    Value::Object(user)
}

/// A plain OAuth 2.0 user endpoint answers under the names that the connector's `profileMap` expects; dots nest.
fn mapped(provider: &Provider, account: &SimulatedAccount) -> Value {
    let map = &provider.profile_map;
    let mut answer = json!({});
    for (name, usual, value) in [
        (&map.id, "id", Some(account.sub.clone())),
        (&map.email, "email", account.email.clone()),
        (&map.phone, "phone", account.phone.clone()),
        (&map.name, "name", Some(account.name.clone())),
        (&map.avatar, "avatar", account.avatar.clone()),
    ] {
        let Some(value) = value else { continue };
        let path = name.as_deref().filter(|name| !name.is_empty()).unwrap_or(usual);
        put(&mut answer, path, value.into());
        if usual == "email" {
            put(&mut answer, &format!("{path}_verified"), account.email_verified.into());
        }
    }
    answer
}

/// Puts a value at a dotted path; what stands in the way gives way.
fn put(into: &mut Value, path: &str, value: Value) {
    let mut place = into;
    for name in path.split('.') {
        if !place.is_object() {
            *place = json!({});
        }
        let Value::Object(members) = place else { return };
        place = members.entry(name).or_insert(Value::Null);
    }
    *place = value;
}

/// GitHub's list of addresses; `None` without a scope that shows it.
#[must_use]
pub fn github_emails(grant: &Grant) -> Option<Value> {
    if !["user:email", "user"].iter().any(|scope| asked(grant, scope)) {
        return None;
    }
    let account = &grant.account;
    Some(account.email.as_ref().map_or_else(
        || json!([]),
        |email| {
            let own = format!("{}+{}@users.noreply.github.com", account.sub, plain_handle(account, "-"));
            json!([
                { "email": email, "primary": true, "verified": account.email_verified, "visibility": "private" },
                { "email": own, "primary": false, "verified": true, "visibility": null },
            ])
        },
    ))
}

/// A moment as GitHub writes it; the day is enough.
fn iso_day(at: Timestamp) -> String {
    // Civil date from days since 1970 (proleptic Gregorian calendar, years of 400).
    let days = at.seconds().div_euclid(86_400) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T00:00:00Z")
}

#[cfg(test)]
mod tests;
