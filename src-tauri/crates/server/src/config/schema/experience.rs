//! The keys of `[signInExperience]` (sheet 5.1).

use super::{IDENTIFIER, Shape, Spec, TEXTS, field, required};

spec!(
    SIGN_IN_EXPERIENCE,
    "signInExperience",
    "[signInExperience]",
    [
        field("color", Shape::Table(&COLOR)),
        field("branding", Shape::Table(&BRANDING)),
        field("languageInfo", Shape::Table(&LANGUAGE_INFO)),
        field("termsOfUseUrl", Shape::Text),
        field("privacyPolicyUrl", Shape::Text),
        field(
            "agreeToTermsPolicy",
            Shape::OneOf(&["Automatic", "ManualRegistrationOnly", "Manual"])
        ),
        field("signIn", Shape::Table(&SIGN_IN)),
        field("signUp", Shape::Table(&SIGN_UP)),
        field("signInMode", Shape::OneOf(&["SignIn", "Register", "SignInAndRegister"])),
        field("socialSignIn", Shape::Table(&SOCIAL_SIGN_IN)),
        field("socialSignInConnectorTargets", TEXTS),
        field("singleSignOnEnabled", Shape::Bool),
        field("mfa", Shape::Table(&MFA)),
        field("adaptiveMfa", Shape::Table(&ADAPTIVE_MFA)),
        field("passkeySignIn", Shape::Table(&PASSKEY_SIGN_IN)),
        field("trustedDevice", Shape::Table(&TRUSTED_DEVICE)),
        field("passwordPolicy", Shape::Table(&PASSWORD_POLICY)),
        field("passwordExpiration", Shape::Table(&PASSWORD_EXPIRATION)),
        field("usernamePolicy", Shape::Table(&USERNAME_POLICY)),
        field("verificationCodePolicy", Shape::Table(&VERIFICATION_CODE_POLICY)),
        field(
            "forgotPasswordMethods",
            Shape::List(&Shape::OneOf(&["EmailVerificationCode", "PhoneVerificationCode"]))
        ),
        field("captchaPolicy", Shape::Table(&CAPTCHA_POLICY)),
        field("sentinelPolicy", Shape::Table(&SENTINEL_POLICY)),
        field("emailBlocklistPolicy", Shape::Table(&EMAIL_BLOCKLIST_POLICY)),
        field("signUpProfileFields", Shape::List(&Shape::Table(&SIGN_UP_PROFILE_FIELD))),
        field("customContent", Shape::Texts),
        field("customCss", Shape::Text),
        field("supportEmail", Shape::Text),
        field("supportWebsiteUrl", Shape::Text),
        field("unknownSessionRedirectUrl", Shape::Text),
    ]
);

spec!(
    COLOR,
    "color",
    "{ primaryColor = \"#3b3fce\" }",
    [
        field("primaryColor", Shape::Text),
        field("darkPrimaryColor", Shape::Text),
        field("isDarkModeEnabled", Shape::Bool),
    ]
);

spec!(
    BRANDING,
    "branding",
    "{ logoUrl = \"https://example.test/logo.svg\" }",
    [
        field("logoUrl", Shape::Text),
        field("darkLogoUrl", Shape::Text),
        field("favicon", Shape::Text),
        field("darkFavicon", Shape::Text),
    ]
);

spec!(
    LANGUAGE_INFO,
    "languageInfo",
    "{ autoDetect = true, fallbackLanguage = \"en\" }",
    [field("autoDetect", Shape::Bool), field("fallbackLanguage", Shape::Text),]
);

spec!(
    SIGN_IN,
    "signIn",
    "{ methods = [{ identifier = \"email\", password = true }] }",
    [required("methods", Shape::List(&Shape::Table(&SIGN_IN_METHOD))),]
);

spec!(
    SIGN_IN_METHOD,
    "a sign-in method",
    "{ identifier = \"email\", password = true }",
    [
        required("identifier", IDENTIFIER),
        required("password", Shape::Bool),
        field("verificationCode", Shape::Bool),
        field("isPasswordPrimary", Shape::Bool),
    ]
);

spec!(
    SIGN_UP,
    "signUp",
    "{ identifiers = [\"username\"], password = true }",
    [
        field("identifiers", Shape::List(&IDENTIFIER)),
        field("password", Shape::Bool),
        field("verify", Shape::Bool),
        field("secondaryIdentifiers", Shape::List(&Shape::Table(&SECONDARY_IDENTIFIER))),
    ]
);

spec!(
    SECONDARY_IDENTIFIER,
    "a secondary identifier",
    "{ identifier = \"emailOrPhone\", verify = true }",
    [
        required("identifier", Shape::OneOf(&["username", "email", "phone", "emailOrPhone"])),
        field("verify", Shape::Bool),
    ]
);

spec!(
    MFA,
    "mfa",
    "{ factors = [\"Totp\", \"BackupCode\"], policy = \"Mandatory\" }",
    [
        field(
            "factors",
            Shape::List(&Shape::OneOf(&[
                "WebAuthn",
                "Totp",
                "PhoneVerificationCode",
                "EmailVerificationCode",
                "BackupCode"
            ]))
        ),
        field(
            "policy",
            Shape::OneOf(&[
                "UserControlled",
                "PromptAtSignInAndSignUp",
                "PromptOnlyAtSignIn",
                "NoPrompt",
                "Mandatory",
                "PromptAtSignInAndSignUpMandatory",
                "PromptOnlyAtSignInMandatory",
            ])
        ),
        field("organizationRequiredMfaPolicy", Shape::OneOf(&["NoPrompt", "Mandatory"])),
    ]
);

spec!(ADAPTIVE_MFA, "adaptiveMfa", "{ enabled = true }", [field("enabled", Shape::Bool)]);

spec!(
    CAPTCHA_POLICY,
    "captchaPolicy",
    "{ enabled = true }",
    [field("enabled", Shape::Bool)]
);

spec!(
    PASSKEY_SIGN_IN,
    "passkeySignIn",
    "{ enabled = true }",
    [
        field("enabled", Shape::Bool),
        field("showPasskeyButton", Shape::Bool),
        field("allowAutofill", Shape::Bool),
    ]
);

spec!(
    TRUSTED_DEVICE,
    "trustedDevice",
    "{ enabled = true, durationDays = 30 }",
    [field("enabled", Shape::Bool), field("durationDays", Shape::Count),]
);

spec!(
    PASSWORD_EXPIRATION,
    "passwordExpiration",
    "{ enabled = true, validPeriodDays = 90 }",
    [
        field("enabled", Shape::Bool),
        field("validPeriodDays", Shape::Count),
        field("enabledAt", Shape::Moment),
    ]
);

spec!(
    USERNAME_POLICY,
    "usernamePolicy",
    "{ caseSensitive = false, minLength = 3 }",
    [
        field("caseSensitive", Shape::Bool),
        field("minLength", Shape::Count),
        field("maxLength", Shape::Count),
        field("allowedChars", Shape::Table(&ALLOWED_CHARS)),
    ]
);

spec!(
    ALLOWED_CHARS,
    "allowedChars",
    "{ uppercase = false }",
    [
        field("lowercase", Shape::Bool),
        field("uppercase", Shape::Bool),
        field("numbers", Shape::Bool),
        field("underscore", Shape::Bool),
    ]
);

spec!(
    VERIFICATION_CODE_POLICY,
    "verificationCodePolicy",
    "{ expirationDuration = 600, maxRetryAttempts = 10 }",
    [field("expirationDuration", Shape::Count), field("maxRetryAttempts", Shape::Count),]
);

spec!(
    EMAIL_BLOCKLIST_POLICY,
    "emailBlocklistPolicy",
    "{ customBlocklist = [\"@example.test\"] }",
    [
        field("blockDisposableAddresses", Shape::Bool),
        field("blockSubaddressing", Shape::Bool),
        field("customAllowlist", TEXTS),
        field("customBlocklist", TEXTS),
    ]
);

spec!(
    SIGN_UP_PROFILE_FIELD,
    "a profile field of the sign-up",
    "{ name = \"nickname\" }",
    [required("name", Shape::Text)]
);

spec!(
    SOCIAL_SIGN_IN,
    "socialSignIn",
    "{ automaticAccountLinking = true }",
    [
        field("automaticAccountLinking", Shape::Bool),
        field("skipRequiredIdentifiers", Shape::Bool),
    ]
);

spec!(
    PASSWORD_POLICY,
    "passwordPolicy",
    "{ length = { min = 8, max = 256 } }",
    [
        field("length", Shape::Table(&LENGTH)),
        field("characterTypes", Shape::Table(&CHARACTER_TYPES)),
        field("rejects", Shape::Table(&REJECTS)),
    ]
);

spec!(
    LENGTH,
    "length",
    "{ min = 8, max = 256 }",
    [field("min", Shape::Count), field("max", Shape::Count),]
);

spec!(CHARACTER_TYPES, "characterTypes", "{ min = 1 }", [field("min", Shape::Count),]);

spec!(
    REJECTS,
    "rejects",
    "{ pwned = false }",
    [
        field("pwned", Shape::Bool),
        field("repetitionAndSequence", Shape::Bool),
        field("userInfo", Shape::Bool),
        field("words", TEXTS),
    ]
);

spec!(
    SENTINEL_POLICY,
    "sentinelPolicy",
    "{ maxAttempts = 100, lockoutDuration = 60 }",
    [field("maxAttempts", Shape::Count), field("lockoutDuration", Shape::Count),]
);

const FIELD_TYPE: Shape = Shape::OneOf(&[
    "Text", "Number", "Date", "Checkbox", "Select", "Url", "Regex", "Address", "Fullname",
]);

spec!(
    CUSTOM_PROFILE_FIELD,
    "a custom profile field",
    "[[customProfileFields]]",
    [
        required("name", Shape::Text),
        required("type", FIELD_TYPE),
        field("label", Shape::Text),
        field("description", Shape::Text),
        field("required", Shape::Bool),
        field("config", Shape::Table(&PROFILE_FIELD_CONFIG)),
        field("sieOrder", Shape::Count),
    ]
);

spec!(
    PROFILE_FIELD_CONFIG,
    "config",
    "{ maxLength = 80 }",
    [
        field("placeholder", Shape::Text),
        field("minLength", Shape::Count),
        field("maxLength", Shape::Count),
        field("minValue", Shape::Integer),
        field("maxValue", Shape::Integer),
        field("format", Shape::Text),
        field("customFormat", Shape::Text),
        field("options", Shape::List(&Shape::Table(&PROFILE_FIELD_OPTION))),
        field("defaultValue", Shape::Text),
        field("parts", Shape::List(&Shape::Table(&PROFILE_FIELD_PART))),
    ]
);

spec!(
    PROFILE_FIELD_OPTION,
    "an option",
    "{ value = \"s\", label = \"Small\" }",
    [required("value", Shape::Text), field("label", Shape::Text)]
);

spec!(
    PROFILE_FIELD_PART,
    "a part",
    "{ name = \"givenName\", type = \"Text\", required = true }",
    [
        required("name", Shape::Text),
        required("type", FIELD_TYPE),
        field("enabled", Shape::Bool),
        field("label", Shape::Text),
        field("description", Shape::Text),
        field("required", Shape::Bool),
        field("config", Shape::Table(&PROFILE_FIELD_RULES)),
    ]
);

spec!(
    PROFILE_FIELD_RULES,
    "config of a part",
    "{ maxLength = 80 }",
    [
        field("placeholder", Shape::Text),
        field("minLength", Shape::Count),
        field("maxLength", Shape::Count),
        field("minValue", Shape::Integer),
        field("maxValue", Shape::Integer),
        field("format", Shape::Text),
        field("customFormat", Shape::Text),
        field("options", Shape::List(&Shape::Table(&PROFILE_FIELD_OPTION))),
        field("defaultValue", Shape::Text),
    ]
);
