//! The schema table, the types and the example file say the same.

use super::*;
use crate::config::document::{
    AccountEntry, JitEntry, MachineEntry, MemberEntry, OrganizationEntry, OrganizationRoleEntry, OrganizationScopeEntry,
};
use crate::config::schema::{self, Shape, Spec};
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use vestibule_core::model::{
    Address, AllowedChars, ApplicationSignInExperience, Branding, Color, CustomClientMetadata, CustomProfileField, EmailBlocklistPolicy,
    IdpInitiatedAuth, LanguageInfo, LengthRange, MessageSettings, Mfa, MinCount, OidcClientMetadata, PartialColor, PasskeySignIn,
    PasswordExpiration, PasswordPolicy, PasswordRejects, Profile, ProfileFieldConfig, ProfileFieldOption, ProfileFieldPart,
    ProfileFieldRules, ProviderSettings, RoleScope, Scope, SecondaryIdentifier, SentinelPolicy, SignIn, SignInExperience, SignInMethod,
    SignUp, SignUpProfileField, Smtp, SocialSignIn, Switch, TrustedDevice, UsernamePolicy, VerificationCodePolicy,
};

/// The keys serde knows for a type that denies unknown ones.
fn keys_of<T: DeserializeOwned>() -> BTreeSet<String> {
    let message = serde_json::from_str::<T>(r#"{"?": 1}"#).err().unwrap().to_string();
    let (_, known) = message.split_once("expected ").unwrap();
    known.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn same_keys<T: DeserializeOwned>(spec: &Spec) {
    let known: BTreeSet<String> = spec.fields.iter().map(|field| field.key.to_owned()).collect();
    assert_eq!(known, keys_of::<T>(), "{}", spec.name);
}

#[test]
fn schema_and_types_have_the_same_keys() {
    same_keys::<ApplicationEntry>(&schema::APPLICATION);
    same_keys::<SecretEntry>(&schema::SECRET);
    same_keys::<OidcClientMetadata>(&schema::OIDC_CLIENT_METADATA);
    same_keys::<CustomClientMetadata>(&schema::CUSTOM_CLIENT_METADATA);
    same_keys::<ApplicationSignInExperience>(&schema::BRANDING_OF_APPLICATION);
    same_keys::<UserEntry>(&schema::USER);
    same_keys::<MfaEntry>(&schema::MFA_VERIFICATION);
    same_keys::<Profile>(&schema::PROFILE);
    same_keys::<Address>(&schema::ADDRESS);
    same_keys::<ResourceEntry>(&schema::RESOURCE);
    same_keys::<Scope>(&schema::SCOPE);
    same_keys::<RoleEntry>(&schema::ROLE);
    same_keys::<RoleScope>(&schema::ROLE_SCOPE);
    same_keys::<OrganizationEntry>(&schema::ORGANIZATION);
    same_keys::<MemberEntry>(&schema::MEMBER);
    same_keys::<MachineEntry>(&schema::MACHINE);
    same_keys::<JitEntry>(&schema::JIT);
    same_keys::<PartialColor>(&schema::COLOR);
    same_keys::<OrganizationRoleEntry>(&schema::ORGANIZATION_ROLE);
    same_keys::<OrganizationScopeEntry>(&schema::ORGANIZATION_SCOPE);
    same_keys::<ConnectorEntry>(&schema::CONNECTOR);
    same_keys::<AccountEntry>(&schema::SIMULATED_ACCOUNT);
    same_keys::<IdpInitiatedAuth>(&schema::IDP_INITIATED_AUTH);
    same_keys::<ProviderSettings>(&schema::PROVIDER);
    same_keys::<MessageSettings>(&schema::MESSAGES);
    same_keys::<Smtp>(&schema::SMTP);
    same_keys::<SignInExperience>(&schema::SIGN_IN_EXPERIENCE);
    same_keys::<Color>(&schema::COLOR);
    same_keys::<Branding>(&schema::BRANDING);
    same_keys::<LanguageInfo>(&schema::LANGUAGE_INFO);
    same_keys::<SignIn>(&schema::SIGN_IN);
    same_keys::<SignInMethod>(&schema::SIGN_IN_METHOD);
    same_keys::<SignUp>(&schema::SIGN_UP);
    same_keys::<SocialSignIn>(&schema::SOCIAL_SIGN_IN);
    same_keys::<PasswordPolicy>(&schema::PASSWORD_POLICY);
    same_keys::<LengthRange>(&schema::LENGTH);
    same_keys::<MinCount>(&schema::CHARACTER_TYPES);
    same_keys::<PasswordRejects>(&schema::REJECTS);
    same_keys::<SentinelPolicy>(&schema::SENTINEL_POLICY);
    same_keys::<SecondaryIdentifier>(&schema::SECONDARY_IDENTIFIER);
    same_keys::<Mfa>(&schema::MFA);
    same_keys::<Switch>(&schema::ADAPTIVE_MFA);
    same_keys::<Switch>(&schema::CAPTCHA_POLICY);
    same_keys::<PasskeySignIn>(&schema::PASSKEY_SIGN_IN);
    same_keys::<TrustedDevice>(&schema::TRUSTED_DEVICE);
    same_keys::<PasswordExpiration>(&schema::PASSWORD_EXPIRATION);
    same_keys::<UsernamePolicy>(&schema::USERNAME_POLICY);
    same_keys::<AllowedChars>(&schema::ALLOWED_CHARS);
    same_keys::<VerificationCodePolicy>(&schema::VERIFICATION_CODE_POLICY);
    same_keys::<EmailBlocklistPolicy>(&schema::EMAIL_BLOCKLIST_POLICY);
    same_keys::<SignUpProfileField>(&schema::SIGN_UP_PROFILE_FIELD);
    same_keys::<ProfileFieldEntry>(&schema::CUSTOM_PROFILE_FIELD);
    same_keys::<CustomProfileField>(&schema::CUSTOM_PROFILE_FIELD);
    same_keys::<ProfileFieldConfig>(&schema::PROFILE_FIELD_CONFIG);
    same_keys::<ProfileFieldOption>(&schema::PROFILE_FIELD_OPTION);
    same_keys::<ProfileFieldPart>(&schema::PROFILE_FIELD_PART);
    same_keys::<ProfileFieldRules>(&schema::PROFILE_FIELD_RULES);
}

/// Notes every key of the schema that `value` uses.
fn uses(value: &toml::Value, shape: &Shape, path: &str, used: &mut BTreeSet<String>) {
    match (shape, value) {
        (Shape::Table(spec), toml::Value::Table(table)) => {
            for field in spec.fields {
                if let Some(value) = table.get(field.key) {
                    let path = format!("{path}.{}", field.key);
                    uses(value, &field.shape, &path, used);
                    used.insert(path);
                }
            }
        }
        (Shape::MapOf(spec), toml::Value::Table(table)) => table.values().for_each(|v| uses(v, &Shape::Table(spec), path, used)),
        (Shape::List(of), toml::Value::Array(list)) => list.iter().for_each(|item| uses(item, of, path, used)),
        _ => {}
    }
}

/// Every key that there is.
fn all(shape: &Shape, path: &str, out: &mut BTreeSet<String>) {
    match shape {
        Shape::Table(spec) | Shape::MapOf(spec) => {
            for field in spec.fields {
                let path = format!("{path}.{}", field.key);
                all(&field.shape, &path, out);
                out.insert(path);
            }
        }
        Shape::List(of) => all(of, path, out),
        _ => {}
    }
}

#[test]
fn the_example_uses_every_key_and_is_in_order() {
    let (mut used, mut known) = (BTreeSet::new(), BTreeSet::new());
    uses(
        &toml::Value::Table(FULL.parse().unwrap()),
        &Shape::Table(&schema::ROOT),
        "",
        &mut used,
    );
    all(&Shape::Table(&schema::ROOT), "", &mut known);
    assert_eq!(used, known);
    if let Err(errors) = parse_alone("full.toml", FULL) {
        panic!("{}", listed(&errors));
    }
}

#[test]
fn values_arrive_in_the_types() {
    let document = good(FULL);
    let shop = &document.applications[0];
    assert_eq!(shop.oidc_client_metadata.over(&Default::default()).unwrap().redirect_uris.len(), 2);
    let expiries: Vec<_> = shop.secrets.iter().flatten().map(|s| s.expires_at.unwrap().0).collect();
    assert_eq!(expiries, [4_102_444_799_000, 1_767_225_600_000]);
    assert_eq!(shop.custom_data.as_ref().unwrap()["launched"], "2024-05-01");
    assert_eq!(document.users[0].primary_phone.as_deref(), Some("442079460000"));
    assert!(document.users[0].password.as_ref().unwrap().matches("difference-engine-1843"));
    let row = document
        .sign_in_experience
        .as_ref()
        .unwrap()
        .over(&SignInExperience::default())
        .unwrap();
    assert_eq!(row.password_policy.rejects.words, ["vestibule"]);
    assert_eq!(row.mfa.factors.len(), 3);
    assert_eq!(row.password_expiration.enabled_at, Some(1_767_225_600_000));
    assert_eq!(row.custom_content["/sign-in"], "<p>Ask at the desk.</p>");
    assert_eq!(row.sign_up.secondary_identifiers.len(), 1);
    assert_eq!(document.custom_phrases["de"]["signIn.submit"], "Anmelden");
    assert_eq!(document.custom_phrases["de"]["signIn.next"], "Weiter");
    assert_eq!(
        document.contents(),
        "It names 4 applications, 3 people, 2 resources, 3 roles, 1 organization, 3 connectors, 3 profile fields, custom phrases, the sign-in experience, provider settings, where messages go."
    );
    assert_eq!(good("").contents(), "It names nothing.");
}
