//! From scopes to claims (sheet 1.19), each with the note that the Tokens tab shows.

use super::organizations;
use super::scopes::{self, Holder};
use crate::because::Words;
use crate::live::ClaimNote;
use crate::model::{Dialect, ProviderSettings, User};
use crate::port::{Cx, StoreError};
use serde::ser::{Serialize, Serializer};
use serde_json::{Map, Value, json};

/// Where claims are going: ID token and userinfo differ in the extended ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The ID token.
    IdToken,
    /// The userinfo response.
    Userinfo,
}

/// Claims by name, in the order of their names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClaimSet(Vec<(&'static str, Value)>);

impl ClaimSet {
    /// Adds a claim, in place of one of that name.
    pub fn insert(&mut self, claim: &'static str, value: Value) {
        match self.0.binary_search_by_key(&claim, |(name, _)| name) {
            Ok(at) => self.0[at].1 = value,
            Err(at) => {
                if self.0.is_empty() {
                    self.0.reserve(USUAL);
                }
                self.0.insert(at, (claim, value));
            }
        }
    }

    /// As they are signed: JSON.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Serialize for ClaimSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl From<ClaimSet> for Value {
    fn from(claims: ClaimSet) -> Self {
        Self::Object(
            claims
                .0
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect::<Map<_, _>>(),
        )
    }
}

/// Claims of an ordinary ID token.
const USUAL: usize = 16;

/// Claims with their notes.
#[derive(Clone, Debug, Default)]
pub struct Claims {
    /// The claims.
    pub values: ClaimSet,
    /// Why each is there.
    pub notes: Vec<ClaimNote>,
    /// Why others are not.
    pub absent: Vec<ClaimNote>,
    /// No notes are taken: nobody will read them ([`Cx::spare_words`]).
    spared: bool,
}

impl Claims {
    /// Adds a claim with its reason.
    pub fn set(&mut self, claim: &'static str, value: Value, note: impl Into<Words>) {
        self.values.insert(claim, value);
        if self.spared {
            return;
        }
        self.notes.push(ClaimNote {
            claim: claim.into(),
            note: note.into(),
        });
    }
    fn without(&mut self, claim: &'static str, note: impl Into<Words>) {
        if self.spared {
            return;
        }
        self.absent.push(ClaimNote {
            claim: claim.into(),
            note: note.into(),
        });
    }
}

/// The person's claims for the granted scopes.
///
/// # Errors
/// When the store can't be read.
pub fn of_person(
    cx: &Cx<'_>,
    user: &User,
    granted: &[String],
    place: Place,
    settings: &ProviderSettings,
    dialect: Dialect,
) -> Result<Claims, StoreError> {
    let mut out = Claims {
        spared: cx.trail.spared,
        ..Claims::default()
    };
    let has = |name: &str| granted.iter().any(|s| s == name);
    out.set("sub", json!(user.id), "the person's id; always there");
    if has("profile") {
        profile(&mut out, user, dialect);
    } else {
        out.without("name, picture, username, …", "scope `profile` was not granted");
    }
    if has("email") {
        set_or_null(&mut out, "email", user.primary_email.as_deref(), "scope `email`", dialect);
        out.set(
            "email_verified",
            json!(user.primary_email.is_some()),
            "scope `email`; true whenever an email address is there, as Logto does",
        );
    } else {
        out.without("email", "scope `email` was not granted");
    }
    if has("phone") {
        set_or_null(&mut out, "phone_number", user.primary_phone.as_deref(), "scope `phone`", dialect);
        out.set(
            "phone_number_verified",
            json!(user.primary_phone.is_some()),
            "scope `phone`; true whenever a phone number is there",
        );
    } else {
        out.without("phone_number", "scope `phone` was not granted");
    }
    if has("address") {
        if let Some(address) = &user.profile.address {
            out.set(
                "address",
                address_claim(address, dialect),
                if dialect.follows_specifications() {
                    "scope `address`"
                } else {
                    "scope `address`; camelCase members, as Logto sends them"
                },
            );
        } else {
            out.without("address", "the person has none");
        }
    }
    extended(cx, &mut out, user, granted, place, settings)?;
    Ok(out)
}

fn set_or_null(out: &mut Claims, claim: &'static str, value: Option<&str>, scope: &'static str, dialect: Dialect) {
    match value {
        Some(value) => out.set(claim, json!(value), scope),
        None if dialect.follows_specifications() => out.without(claim, "the person has none"),
        None => out.set(claim, Value::Null, format!("{scope}; the person has none, and Logto sends null")),
    }
}

fn profile(out: &mut Claims, user: &User, dialect: Dialect) {
    set_or_null(out, "name", user.name.as_deref(), "scope `profile`", dialect);
    set_or_null(out, "picture", user.avatar.as_deref(), "scope `profile`", dialect);
    set_or_null(out, "username", user.username.as_deref(), "scope `profile`", dialect);
    let p = &user.profile;
    for (claim, value) in [
        ("family_name", &p.family_name),
        ("given_name", &p.given_name),
        ("middle_name", &p.middle_name),
        ("nickname", &p.nickname),
        ("profile", &p.profile),
        ("website", &p.website),
        ("gender", &p.gender),
        ("birthdate", &p.birthdate),
        ("zoneinfo", &p.zoneinfo),
        ("locale", &p.locale),
    ] {
        if let Some(value) = value {
            out.set(claim, json!(value), "scope `profile`");
        }
    }
    match (&p.preferred_username, &user.username) {
        (Some(value), _) => out.set("preferred_username", json!(value), "scope `profile`"),
        (None, Some(username)) => out.set("preferred_username", json!(username), "scope `profile`; falls back to the username"),
        (None, None) => {}
    }
    let (divisor, note) = if dialect.follows_specifications() {
        (1000, "scope `profile`; seconds")
    } else {
        (1, "scope `profile`; milliseconds, as Logto sends it")
    };
    out.set("created_at", json!(user.created_at.0 / divisor), note);
    out.set("updated_at", json!(user.updated_at.0 / divisor), note);
}

fn address_claim(address: &crate::model::Address, dialect: Dialect) -> Value {
    let value = serde_json::to_value(address).unwrap_or_default();
    if !dialect.follows_specifications() {
        return value;
    }
    let Value::Object(members) = value else { return value };
    let renamed = members.into_iter().map(|(name, value)| {
        let name = match name.as_str() {
            "streetAddress" => "street_address".to_owned(),
            "postalCode" => "postal_code".to_owned(),
            _ => name,
        };
        (name, value)
    });
    Value::Object(renamed.collect())
}

/// Claims whose presence in the ID token is a setting (sheet 1.19).
fn extended(
    cx: &Cx<'_>,
    out: &mut Claims,
    user: &User,
    granted: &[String],
    place: Place,
    settings: &ProviderSettings,
) -> Result<(), StoreError> {
    let has = |name: &str| granted.iter().any(|s| s == name);
    let allowed = |claim: &str| place == Place::Userinfo || settings.id_token_claims.iter().any(|c| c == claim);
    let off = "ID tokens carry it only when it is enabled in the settings; userinfo has it";
    if has("custom_data") {
        if allowed("custom_data") {
            out.set("custom_data", Value::Object(user.custom_data.clone()), "scope `custom_data`");
        } else {
            out.without("custom_data", off);
        }
    }
    if has("identities") {
        if allowed("identities") {
            out.set(
                "identities",
                serde_json::to_value(&user.identities).unwrap_or_default(),
                "scope `identities`",
            );
            let held: Vec<Value> = user
                .sso_identities
                .iter()
                .map(|held| json!({ "issuer": held.issuer, "identityId": held.identity_id, "detail": held.detail }))
                .collect();
            out.set("sso_identities", json!(held), "scope `identities`");
        } else {
            out.without("identities", off);
        }
    }
    if has("roles") {
        if allowed("roles") {
            let names: Vec<String> = scopes::roles_of(cx, Holder::User(user.id.as_str()))?
                .iter()
                .map(|r| r.name.clone())
                .collect();
            out.set("roles", json!(names), "scope `roles`");
        } else {
            out.without("roles", off);
        }
    }
    of_organizations(cx, out, user, &has, &allowed, off)
}

/// Claims about organizations (sheet 1.16 "ID token claims").
fn of_organizations(
    cx: &Cx<'_>,
    out: &mut Claims,
    user: &User,
    has: &dyn Fn(&str) -> bool,
    allowed: &dyn Fn(&str) -> bool,
    off: &'static str,
) -> Result<(), StoreError> {
    if !has(scopes::ORGANIZATIONS) && !has(scopes::ORGANIZATION_ROLES) {
        return Ok(());
    }
    let memberships = organizations::memberships(cx, Holder::User(user.id.as_str()))?;
    let organizations = memberships.iter().map(|m| &m.organization);
    let roles = memberships.iter().flat_map(|m| {
        let id = &m.organization.id;
        m.roles.iter().map(move |role| format!("{id}:{}", role.name))
    });
    for (scope, claim, value) in [
        (
            scopes::ORGANIZATIONS,
            "organizations",
            organizations.clone().map(|o| json!(o.id)).collect::<Vec<_>>(),
        ),
        (
            scopes::ORGANIZATIONS,
            "organization_data",
            organizations
                .map(|o| json!({ "id": o.id, "name": o.name, "description": (!o.description.is_empty()).then_some(&o.description) }))
                .collect(),
        ),
        (scopes::ORGANIZATION_ROLES, "organization_roles", roles.map(Value::String).collect()),
    ] {
        if !has(scope) {
            continue;
        }
        if allowed(claim) {
            out.set(claim, Value::Array(value), format!("scope `{scope}`"));
        } else {
            out.without(claim, off);
        }
    }
    Ok(())
}
