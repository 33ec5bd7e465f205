//! What is said of files that are wrong, and where.

use super::*;

/// Line, column, path, and a part of the message.
type Expected<'a> = (u32, u32, &'a str, &'a str);

pub(super) fn says(text: &str, expected: &[Expected<'_>]) {
    compare(parse("f.toml", text), text, expected);
}

fn says_alone(text: &str, expected: &[Expected<'_>]) {
    compare(parse_alone("f.toml", text), text, expected);
}

fn compare(outcome: Result<Document, Vec<ConfigError>>, text: &str, expected: &[Expected<'_>]) {
    let errors = outcome.err().unwrap_or_default();
    let places: Vec<_> = errors.iter().map(|e| (e.line, e.column, e.path.as_str())).collect();
    let wanted: Vec<_> = expected.iter().map(|(line, column, path, _)| (*line, *column, *path)).collect();
    assert_eq!(places, wanted, "{text}\n{}", listed(&errors));
    for (error, (.., part)) in errors.iter().zip(expected) {
        assert!(error.message.contains(part), "{text}\nexpected {part:?} in: {error}");
        assert!(error.message.ends_with(['.', '?']), "{error}");
    }
}

const APP: &str = "[[applications]]\nid = \"a\"\nname = \"A\"\ntype = \"SPA\"\n";
const MACHINE: &str = "[[applications]]\nid = \"m\"\nname = \"M\"\ntype = \"MachineToMachine\"\n";

#[test]
fn display_names_file_line_column_and_key() {
    let errors = parse("dir/vestibule.toml", "\n  users = 5\n").err().unwrap();
    assert_eq!(
        listed(&errors),
        "dir/vestibule.toml:2:11: users: Must be a list of tables, each begun with [[users]]; found a whole number."
    );
}

#[test]
fn syntax() {
    says("a = \n", &[(1, 5, "", "a value is missing or text lacks its quotes")]);
    says("[provider]\ndialect = strict\n", &[(2, 11, "", "lacks its quotes")]);
    says("[provider\n", &[(1, 10, "", "Not valid TOML: ")]);
    says("x = \"é\nb = 1", &[(1, 7, "", "Not valid TOML: ")]);
    says(
        "[provider]\ndialect = \"logto\"\ndialect = \"logto\"\n[provider]\n",
        &[
            (3, 1, "", "The key dialect is given twice"),
            (4, 2, "", "The key provider is given twice"),
        ],
    );
}

#[test]
fn unknown_keys_name_the_nearest() {
    says(
        "[[application]]\nid = \"a\"\n",
        &[(1, 3, "application", "Unknown key in the file. Did you mean applications?")],
    );
    says(
        "[[tenants]]\n",
        &[(
            1,
            3,
            "tenants",
            "Known here: applications, users, resources, roles, organizations, organizationRoles, organizationScopes, connectors, signInExperience, customProfileFields, customPhrases, provider, messages.",
        )],
    );
    says(
        &format!("{APP}oidcClientMetadata.redirectUrls = []\ndescripton = \"x\"\nredirectUris = []\nquux = 1\n"),
        &[
            (
                5,
                20,
                "applications.0.oidcClientMetadata.redirectUrls",
                "Did you mean redirectUris?",
            ),
            (6, 1, "applications.0.descripton", "Did you mean description?"),
            (
                7,
                1,
                "applications.0.redirectUris",
                "It belongs to oidcClientMetadata: write oidcClientMetadata.redirectUris.",
            ),
            (8, 1, "applications.0.quux", "Known here: id, name, type"),
        ],
    );
    says(
        "[[users]]\nusername = \"a\"\nprimary_email = \"a@b.c\"\n",
        &[(3, 1, "users.0.primary_email", "Did you mean primaryEmail?")],
    );
    says(
        "provider = { Dialect = \"strict\" }",
        &[(1, 14, "provider.Dialect", "Did you mean dialect?")],
    );
    says(
        "[[users]]\nusername = \"a\"\nidentities.google = { userID = \"1\" }\n",
        &[
            (
                3,
                21,
                "users.0.identities.google.userId",
                "Missing: an identity needs the key userId.",
            ),
            (3, 23, "users.0.identities.google.userID", "Did you mean userId?"),
        ],
    );
    says(
        "[signInExperience.signIn]\nmethods = [{ identifier = \"email\", pasword = true, password = true }]\n",
        &[(2, 36, "signInExperience.signIn.methods.0.pasword", "Did you mean password?")],
    );
}

#[test]
fn wrong_types_and_missing_keys() {
    says(
        "[[applications]]\nid = 5\nname = true\ntype = \"spa\"\nisThirdParty = \"no\"\n[[applications]]\n",
        &[
            (2, 6, "applications.0.id", "Must be text in quotes; found a whole number."),
            (3, 8, "applications.0.name", "found true"),
            (
                4,
                8,
                "applications.0.type",
                "“spa” is not one of Native, SPA, Traditional, MachineToMachine. Did you mean SPA?",
            ),
            (5, 16, "applications.0.isThirdParty", "Must be true or false; found text."),
            (6, 1, "applications.1.id", "an application needs the key id"),
            (6, 1, "applications.1.name", "needs the key name"),
            (6, 1, "applications.1.type", "needs the key type"),
        ],
    );
    says(
        &format!(
            "{APP}oidcClientMetadata.redirectUris = [\"nope\", 5]\ncustomClientMetadata = {{ idTokenTtl = 1.5, maxAllowedGrants = -1, refreshTokenTtl = 99999999999999999999, dialect = \"other\" }}\n"
        ),
        &[
            (5, 44, "applications.0.oidcClientMetadata.redirectUris.1", "found a whole number"),
            (
                6,
                39,
                "applications.0.customClientMetadata.idTokenTtl",
                "Must be a whole number; found a number with a fraction.",
            ),
            (
                6,
                63,
                "applications.0.customClientMetadata.maxAllowedGrants",
                "write 0 to 4294967295",
            ),
            (6, 85, "applications.0.customClientMetadata.refreshTokenTtl", "too large"),
            (
                6,
                117,
                "applications.0.customClientMetadata.dialect",
                "“other” is not one of logto, strict, duende.",
            ),
        ],
    );
    says(
        "applications = { id = \"a\" }",
        &[(1, 16, "applications", "each begun with [[applications]]; found a table")],
    );
    says(
        "provider = []",
        &[(1, 12, "provider", "Must be a table such as [provider]; found a list.")],
    );
    says(
        "[[resources]]\nindicator = \"https://a.test\"\nscopes = [\"read\"]\n",
        &[(
            3,
            11,
            "resources.0.scopes.0",
            "Must be a table such as { name = \"read:stock\" }; found text.",
        )],
    );
    says(
        &format!("{MACHINE}secrets = [{{ name = \"x\", value = \"y\", expiresAt = 2026-01-01 }}]\n[[applications.x]]\n"),
        &[
            (5, 51, "applications.0.secrets.0.expiresAt", "such as 2027-01-31T12:00:00Z"),
            (6, 16, "applications.0.x", "Unknown key"),
        ],
    );
    says(
        "[[users]]\nusername = \"a\"\ncustomData = { x = [nan] }\n",
        &[(3, 21, "users.0.customData.x.0", "finite")],
    );
    // A username of the wrong type is one error, not also a person without anything to be known by.
    says(
        "[[users]]\nusername = 1979-05-27\n",
        &[(2, 12, "users.0.username", "found a date or time")],
    );
}

#[test]
fn values_are_judged_with_their_places() {
    says(
        "[[applications]]\nid = \"a b\"\nname = \"é\"\ntype = \"SPA\"\nsecret = \"s\"\n[applications.oidcClientMetadata]\nredirectUris = [\n  \"http://localhost:3000/cb\",\n  \"localhost:3000\",\n]\n[applications.customClientMetadata]\nrefreshTokenTtlInDays = 181\n",
        &[
            (2, 6, "applications.0.id", "can't contain a space"),
            (5, 10, "applications.0.secret", "a public client"),
            (
                9,
                3,
                "applications.0.oidcClientMetadata.redirectUris.1",
                "Write http://localhost:3000.",
            ),
            (12, 25, "applications.0.customClientMetadata.refreshTokenTtlInDays", "1 to 180"),
        ],
    );
    says(
        &format!(
            "{MACHINE}oidcClientMetadata.redirectUris = [\"http://a.test/cb\"]\nisThirdParty = true\nsecret = \"a b\"\nsecrets = [{{ name = \"Default secret\", value = \"{}\" }}]\n",
            "x".repeat(65)
        ),
        &[
            (5, 35, "applications.0.oidcClientMetadata.redirectUris", "signs nobody in"),
            (6, 16, "applications.0.isThirdParty", "third-party"),
            (7, 10, "applications.0.secret", "no spaces"),
            (8, 21, "applications.0.secrets.0.name", "taken by applications.0.secret already"),
            (8, 47, "applications.0.secrets.0.value", "64 characters"),
        ],
    );
    says(
        "[[users]]\nusername = \"9\"\nprimaryEmail = \"é b\"\nprimaryPhone = \"x\"\npassword = \"\"\npasswordHash = \"$2b$10$abc\"\nidentities.\"a/b\".userId = \"1\"\n[[users]]\nname = \"Nobody\"\n",
        &[
            (2, 12, "users.0.username", "begin with a digit"),
            (3, 16, "users.0.primaryEmail", "not an e-mail address"),
            (4, 16, "users.0.primaryPhone", "“x”"),
            (5, 12, "users.0.password", "Is empty"),
            (6, 16, "users.0.passwordHash", "Is not an Argon2 hash"),
            (6, 16, "users.0.passwordHash", "Keep one of the two"),
            (7, 12, "users.0.identities.a/b", "no slash"),
            (8, 1, "users.1", "at least one of id, username, primaryEmail, primaryPhone"),
        ],
    );
    says(
        "[signInExperience]\ncolor.primaryColor = \"red\"\n[provider]\nsessionTtl = 0\n[[connectors]]\nid = \"c\"\nconnectorId = \"OIDC\"\ndomains = [\"@acme.test\"]\n",
        &[
            (2, 22, "signInExperience.color.primaryColor", "#3b3fce"),
            (4, 14, "provider.sessionTtl", "1 to 31536000 seconds"),
            (8, 12, "connectors.0.domains.0", "lower case"),
        ],
    );
    says("\u{feff}provider.sessionTtl = 0", &[(1, 23, "provider.sessionTtl", "seconds")]);
}

#[test]
fn things_are_unique_in_a_file() {
    says(
        &format!("{APP}{APP}"),
        &[(6, 6, "applications.1.id", "The id “a” is taken by applications.0.id already")],
    );
    let person =
        "[[users]]\nid = \"p\"\nusername = \"u\"\nprimaryEmail = \"E@x.y\"\nprimaryPhone = \"+1 2\"\nidentities.g.userId = \"1\"\n";
    says(
        &format!("{person}{}", person.replace("E@", "e@").replace("+1 2", "12")),
        &[
            (8, 6, "users.1.id", "The id “p”"),
            (9, 12, "users.1.username", "The username “u”"),
            (10, 16, "users.1.primaryEmail", "The e-mail address “e@x.y”"),
            (11, 16, "users.1.primaryPhone", "The phone number “12”"),
            (12, 12, "users.1.identities.g", "The identity “g/1”"),
        ],
    );
    let resource =
        "[[resources]]\nindicator = \"https://a.test\"\nid = \"r\"\nisDefault = true\nscopes = [{ name = \"s\" }, { name = \"s\" }]\n";
    says(
        &format!("{resource}{resource}"),
        &[
            (5, 36, "resources.0.scopes.1.name", "listed twice"),
            (7, 13, "resources.1.indicator", "taken by resources.0.indicator"),
            (8, 6, "resources.1.id", "taken by resources.0.id"),
            (9, 13, "resources.1.isDefault", "resources.0 is the default one already"),
            (10, 36, "resources.1.scopes.1.name", "listed twice"),
        ],
    );
    let role = "[[roles]]\nname = \"n\"\nid = \"r\"\n";
    says(
        &format!("{role}{role}"),
        &[
            (5, 8, "roles.1.name", "taken by roles.0.name"),
            (6, 6, "roles.1.id", "taken by roles.0.id"),
        ],
    );
    let connector = "[[connectors]]\nid = \"c\"\nconnectorId = \"OIDC\"\n";
    says(
        &format!("{connector}{connector}"),
        &[(5, 6, "connectors.1.id", "taken by connectors.0.id")],
    );
}

#[test]
fn roles_must_fit() {
    let resource = "[[resources]]\nindicator = \"https://a.test\"\nscopes = [{ name = \"read:stock\" }]\n";
    says(
        &format!(
            "{APP}{resource}[[roles]]\nname = \"r\"\nscopes = [{{ resource = \"https://a.test\", scope = \"read:stok\" }}, {{ resource = \"https://a.test\", scope = \"x\" }}]\napplications = [\"a\"]\n"
        ),
        &[
            (10, 50, "roles.0.scopes.0.scope", "no scope “read:stok”. Did you mean read:stock?"),
            (10, 104, "roles.0.scopes.1.scope", "It has: read:stock."),
            (11, 16, "roles.0.applications", "Set type = \"MachineToMachine\""),
            (
                11,
                17,
                "roles.0.applications.0",
                "a (applications.0) is not a machine-to-machine application",
            ),
        ],
    );
    says(
        "[[roles]]\nname = \"r\"\ntype = \"MachineToMachine\"\nisDefault = true\nusers = [\"u\"]\n[[users]]\nusername = \"u\"\nroles = [\"r\"]\n",
        &[
            (4, 13, "roles.0.isDefault", "every new person"),
            (5, 9, "roles.0.users", "make the type User"),
            (8, 10, "users.0.roles.0", "no person can hold it"),
        ],
    );
}

#[test]
fn references_must_be_met_when_the_file_stands_alone() {
    let text = "[[roles]]\nname = \"r\"\nusers = [\"nobody\", \"U@X.y\", \"+12\"]\nscopes = [{ resource = \"https://a.test\", scope = \"s\" }, { resource = \"https://b.test\", scope = \"s\" }]\n[[roles]]\nname = \"m\"\ntype = \"MachineToMachine\"\napplications = [\"job\"]\n[[users]]\nprimaryEmail = \"u@x.y\"\nprimaryPhone = \"12\"\nroles = [\"r\", \"x\"]\n[[resources]]\nindicator = \"https://b.test\"\n";
    says(text, &[]);
    says_alone(
        text,
        &[
            (3, 10, "roles.0.users.0", "The person “nobody” isn't in this file"),
            (
                4,
                24,
                "roles.0.scopes.0.resource",
                "The resource “https://a.test” isn't in this file",
            ),
            (4, 96, "roles.0.scopes.1.scope", "The scope “s” isn't in this file"),
            (8, 17, "roles.1.applications.0", "The application “job” isn't in this file"),
            (12, 15, "users.0.roles.1", "The role “x” isn't in this file"),
        ],
    );
    // A file with other errors isn't accused of references that the errors may explain.
    says_alone(
        "[[users]]\nusername = 5\n[[roles]]\nname = \"r\"\nusers = [\"u\"]\n",
        &[(2, 12, "users.0.username", "found a whole number")],
    );
    // Registration by e-mail alone doesn't fit the default sign-in methods' lack of codes; a stored row may have them.
    let sign_up = "[signInExperience.signUp]\nidentifiers = [\"email\"]\npassword = false\nverify = true\n";
    says(sign_up, &[]);
    says_alone(
        sign_up,
        &[(2, 16, "signInExperience.signUp.identifiers.0", "Set verificationCode to true")],
    );
}

#[test]
fn sign_in_experience_is_judged_with_what_may_be_stored() {
    // The other half of each may be stored: nothing is said before that is known.
    for (half, field, part) in [
        (
            "mfa.policy = \"PromptOnlyAtSignInMandatory\"",
            "mfa.policy",
            "works with adaptive MFA only",
        ),
        ("adaptiveMfa.enabled = true", "adaptiveMfa.enabled", "no second factor"),
        (
            "passwordExpiration = { enabled = true, validPeriodDays = 9 }",
            "passwordExpiration.enabled",
            "forgotPasswordMethods",
        ),
    ] {
        let text = format!("[signInExperience]\n{half}\n");
        says(&text, &[]);
        let errors = parse_alone("f.toml", &text).err().unwrap();
        assert_eq!(errors.len(), 1, "{}", listed(&errors));
        assert_eq!(errors[0].path, format!("signInExperience.{field}"));
        assert!(errors[0].message.contains(part), "{}", errors[0]);
        assert!(
            errors[0]
                .code
                .is_some_and(|code| errors[0].to_string().ends_with(&format!(" ({code})")))
        );
    }
    says(
        "[signInExperience]\nmfa = { factors = [\"TOTP\"] }\nusernamePolicy.caseSensitiv = false\ncustomContent = { \"/sign-in\" = 5 }\nemailBlocklistPolicy.customBlocklist = [\"nowhere\"]\nverificationCodePolicy.expirationDuration = 5\n",
        &[
            (2, 20, "signInExperience.mfa.factors.0", "Did you mean Totp?"),
            (3, 16, "signInExperience.usernamePolicy.caseSensitiv", "Did you mean caseSensitive?"),
            (
                4,
                32,
                "signInExperience.customContent./sign-in",
                "Must be text in quotes; found a whole number.",
            ),
            (
                5,
                41,
                "signInExperience.emailBlocklistPolicy.customBlocklist.0",
                "neither an address nor a domain",
            ),
            (6, 45, "signInExperience.verificationCodePolicy.expirationDuration", "60 to 3600"),
        ],
    );
    says(
        "[signInExperience]\nforgotPasswordMethods = [\"Email\"]\n[signInExperience.signUp]\nidentifiers = [\"username\"]\nsecondaryIdentifiers = [{ verify = true }]\n",
        &[
            (
                2,
                26,
                "signInExperience.forgotPasswordMethods.0",
                "is not one of EmailVerificationCode, PhoneVerificationCode",
            ),
            (
                5,
                25,
                "signInExperience.signUp.secondaryIdentifiers.0.identifier",
                "Missing: a secondary identifier needs the key identifier.",
            ),
        ],
    );
}

#[test]
fn custom_profile_fields() {
    says(
        "[[customProfileFields]]\nname = \"x\"\ntype = \"text\"\n[[customProfileFields]]\nname = \"email\"\ntype = \"Text\"\n[[customProfileFields]]\nname = \"email\"\ntype = \"Select\"\nconfig = { option = [] }\n",
        &[
            (3, 8, "customProfileFields.0.type", "Did you mean Text?"),
            (5, 8, "customProfileFields.1.name", "is an identifier"),
            (8, 8, "customProfileFields.2.name", "is taken by"),
            (8, 8, "customProfileFields.2.name", "is an identifier"),
            (10, 10, "customProfileFields.2.config.options", "nothing to choose from"),
            (10, 12, "customProfileFields.2.config.option", "Did you mean options?"),
        ],
    );
    says_alone(
        "[signInExperience]\nsignUpProfileFields = [{ name = \"shirt\" }]\n",
        &[(2, 33, "signInExperience.signUpProfileFields.0.name", "isn't in this file")],
    );
}

#[test]
fn custom_phrases() {
    says(
        "[customPhrases.de]\nsignIn = { submit = 5 }\nsignIn2.submit = \"x\"\n[customPhrases]\nx = { }\nfr = \"oui\"\n",
        &[
            (2, 21, "customPhrases.de.signIn.submit", "Must be text in quotes"),
            (3, 18, "customPhrases.de.signIn2.submit", "no such phrase"),
            (5, 5, "customPhrases.x", "not a language tag"),
            (6, 6, "customPhrases.fr", "[customPhrases.de]"),
        ],
    );
}

#[test]
fn messages_never_repeat_secrets() {
    let text = "[[users]]\nusername = \"u\"\npassword = [\"hunter2hunter2\"]\n[[users]]\nusername = \"v\"\npasswordHash = \"hunter2hunter2\"\n[[applications]]\nid = \"a\"\nname = \"A\"\ntype = \"SPA\"\nsecret = \"hunter2hunter2\"\n";
    let errors = parse("f.toml", text).err().unwrap();
    assert_eq!(errors.len(), 3);
    assert!(!listed(&errors).contains("hunter2"), "{}", listed(&errors));
    assert!(!format!("{errors:?}").contains("hunter2"));
}

#[test]
fn files_that_cant_be_read() {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("missing.toml");
    let error = read_file(&missing).err().unwrap();
    assert!(
        error
            .to_string()
            .starts_with(&format!("{}:1:1: Can't be opened", missing.display())),
        "{error}"
    );
    let odd = dir.path().join("odd.toml");
    std::fs::write(&odd, b"a = 1\nb = \"\xff\"\n").unwrap();
    let error = read_file(&odd).err().unwrap();
    assert_eq!((error.line, error.column), (2, 6));
    assert!(error.message.contains("UTF-8"));
    let large = dir.path().join("large.toml");
    std::fs::File::create(&large).unwrap().set_len(MAX_FILE + 1).unwrap();
    assert!(read_file(&large).err().unwrap().message.contains("16 MiB"));
    std::fs::write(&odd, "provider.dialect = \"strict\"").unwrap();
    assert!(load(&odd).is_ok());
    assert!(read_file(dir.path()).is_err());
}
