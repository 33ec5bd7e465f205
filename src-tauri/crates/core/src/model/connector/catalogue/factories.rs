//! The factories, in the order of the catalogue.

use super::fields::{APPLE, ENTERPRISE, GOOGLE, MICROSOFT, OAUTH2, OIDC, PRESET, WORKSPACE};
use super::saml;
use super::{ConfigField, Endpoints, Factory, Shape};

pub(super) const fn preset(id: &'static str, target: &'static str, name: &'static str, shape: Shape, scope: &'static str) -> Factory {
    Factory {
        id,
        target,
        name,
        description: "",
        shape,
        enterprise: false,
        endpoints: Endpoints {
            authorization: "",
            token: "",
            user_info: "",
            jwks: "",
            issuer: "",
        },
        scope,
        fields: PRESET,
        guide: &[],
    }
}

impl Factory {
    pub(super) const fn at(mut self, authorization: &'static str, token: &'static str, user_info: &'static str) -> Self {
        self.endpoints.authorization = authorization;
        self.endpoints.token = token;
        self.endpoints.user_info = user_info;
        self
    }
    pub(super) const fn signed(mut self, issuer: &'static str, jwks: &'static str) -> Self {
        self.endpoints.issuer = issuer;
        self.endpoints.jwks = jwks;
        self
    }
    pub(super) const fn fields(mut self, fields: &'static [ConfigField]) -> Self {
        self.fields = fields;
        self
    }
    pub(super) const fn about(mut self, description: &'static str, guide: &'static [&'static str]) -> Self {
        self.description = description;
        self.guide = guide;
        self
    }
    pub(super) const fn for_enterprise(mut self) -> Self {
        self.enterprise = true;
        self
    }
}

pub(super) const FACTORIES: &[Factory] = &[
    preset("google-universal", "google", "Google", Shape::Google, "openid profile email")
        .at(
            "https://accounts.google.com/o/oauth2/v2/auth",
            "https://oauth2.googleapis.com/token",
            "https://openidconnect.googleapis.com/v1/userinfo",
        )
        .signed("https://accounts.google.com", "https://www.googleapis.com/oauth2/v3/certs")
        .fields(GOOGLE)
        .about(
            "Google accounts, by OpenID Connect.",
            &[
                "In the Google Cloud console, open APIs & Services, then Credentials, and create an OAuth client ID of the type Web application.",
                "Add {callback} to its authorized redirect URIs.",
                "Copy the client ID and the client secret into the form.",
            ],
        ),
    preset("github-universal", "github", "GitHub", Shape::GitHub, "read:user user:email")
        .at(
            "https://github.com/login/oauth/authorize",
            "https://github.com/login/oauth/access_token",
            "https://api.github.com/user",
        )
        .about(
            "GitHub accounts, by OAuth 2.0 and GitHub's user endpoint.",
            &[
                "On GitHub, open Settings, Developer settings, OAuth Apps, and register a new application.",
                "Set its authorization callback URL to {callback}.",
                "Generate a client secret and copy it with the client ID into the form.",
            ],
        ),
    preset("apple-universal", "apple", "Apple", Shape::Apple, "name email")
        .at("https://appleid.apple.com/auth/authorize", "https://appleid.apple.com/auth/token", "")
        .signed("https://appleid.apple.com", "https://appleid.apple.com/auth/keys")
        .fields(APPLE)
        .about(
            "Apple accounts. Apple posts its answer as a form, and tells a name only at the first sign-in.",
            &[
                "In Apple's developer account, create a Services ID with Sign in with Apple, and register {callback} as its return URL.",
                "Create a key with Sign in with Apple and download it.",
                "Copy the Services ID, the team ID, the key ID and the content of the key file into the form.",
            ],
        ),
    preset("facebook-universal", "facebook", "Facebook", Shape::Facebook, "email,public_profile")
        .at(
            "https://www.facebook.com/v21.0/dialog/oauth",
            "https://graph.facebook.com/v21.0/oauth/access_token",
            "https://graph.facebook.com/v21.0/me",
        )
        .about(
            "Facebook accounts, by OAuth 2.0 and the Graph API.",
            &[
                "In Meta's developer console, create an application and add Facebook Login to it.",
                "Add {callback} to the valid OAuth redirect URIs.",
                "Copy the app ID and the app secret into the form.",
            ],
        ),
    preset("azuread-universal", "azuread", "Microsoft", Shape::Microsoft, "openid profile email")
        .at("/oauth2/v2.0/authorize", "/oauth2/v2.0/token", "")
        .signed("/v2.0", "/discovery/v2.0/keys")
        .fields(MICROSOFT)
        .about(
            "Microsoft Entra and personal Microsoft accounts, by OpenID Connect.",
            &[
                "In the Microsoft Entra admin centre, open App registrations and register an application.",
                "Add a platform of the type Web with the redirect URI {callback}.",
                "Create a client secret under Certificates & secrets and copy it with the application ID and the tenant into the form.",
            ],
        ),
    preset("discord-universal", "discord", "Discord", Shape::Discord, "identify email")
        .at(
            "https://discord.com/oauth2/authorize",
            "https://discord.com/api/oauth2/token",
            "https://discord.com/api/users/@me",
        )
        .about(
            "Discord accounts.",
            &[
                "In Discord's developer portal, create an application and open OAuth2.",
                "Add {callback} to its redirects, and copy the client ID and the client secret into the form.",
            ],
        ),
    preset("gitlab-universal", "gitlab", "GitLab", Shape::GitLab, "openid profile email")
        .at(
            "https://gitlab.com/oauth/authorize",
            "https://gitlab.com/oauth/token",
            "https://gitlab.com/oauth/userinfo",
        )
        .about(
            "GitLab accounts.",
            &[
                "On GitLab, open your preferences, Applications, and add one with the scopes openid, profile and email.",
                "Set its redirect URI to {callback}, and copy the application ID and the secret into the form.",
            ],
        ),
    preset("linkedin-universal", "linkedin", "LinkedIn", Shape::LinkedIn, "openid profile email")
        .at(
            "https://www.linkedin.com/oauth/v2/authorization",
            "https://www.linkedin.com/oauth/v2/accessToken",
            "https://api.linkedin.com/v2/userinfo",
        )
        .about(
            "LinkedIn accounts.",
            &[
                "In LinkedIn's developer portal, create an application and request Sign In with LinkedIn using OpenID Connect.",
                "Add {callback} to the authorized redirect URLs, and copy the client ID and the client secret into the form.",
            ],
        ),
    preset("slack-universal", "slack", "Slack", Shape::Slack, "openid profile email")
        .at(
            "https://slack.com/openid/connect/authorize",
            "https://slack.com/api/openid.connect.token",
            "https://slack.com/api/openid.connect.userInfo",
        )
        .about(
            "Slack accounts.",
            &[
                "On Slack's API site, create an app and open OAuth & Permissions.",
                "Add {callback} to the redirect URLs, and copy the client ID and the client secret into the form.",
            ],
        ),
    preset("x-universal", "x", "X", Shape::X, "tweet.read users.read")
        .at("https://x.com/i/oauth2/authorize", "https://api.x.com/2/oauth2/token", "https://api.x.com/2/users/me")
        .about(
            "X accounts. X asks for a code challenge and tells no e-mail address.",
            &[
                "In X's developer portal, set up user authentication for your app as a confidential client.",
                "Set its callback URI to {callback}, and copy the client ID and the client secret into the form.",
            ],
        ),
    preset("oidc", "", "OpenID Connect", Shape::Oidc, "openid profile email").fields(OIDC).about(
        "Any OpenID Connect provider, under a target of your own.",
        &[
            "Register a client at the provider, with the redirect URI {callback}.",
            "Fill the form from the provider's issuer, then add the client ID and the client secret.",
        ],
    ),
    preset("oauth2", "", "OAuth 2.0", Shape::OAuth2, "").fields(OAUTH2).about(
        "Any OAuth 2.0 provider with a user endpoint, under a target of your own.",
        &[
            "Register a client at the provider, with the redirect URI {callback}.",
            "Copy the three endpoints, the client ID and the client secret into the form, and say under which names the user endpoint answers.",
        ],
    ),
    preset("OIDC", "", "OpenID Connect", Shape::EnterpriseOidc, "openid profile email")
        .for_enterprise()
        .fields(ENTERPRISE)
        .about(
            "Any company's OpenID Connect provider.",
            &[
                "Register a client at the company's provider, with the redirect URI {callback}.",
                "Copy its issuer, the client ID and the client secret into the form, and add the company's mail domains.",
            ],
        ),
    preset("AzureAdOidc", "", "Microsoft Entra", Shape::EnterpriseOidc, "openid profile email")
        .for_enterprise()
        .fields(ENTERPRISE)
        .about(
            "A company's Microsoft Entra, by OpenID Connect.",
            &[
                "In the Microsoft Entra admin centre, register an application with the redirect URI {callback}.",
                "Its issuer is https://login.microsoftonline.com/ followed by the tenant ID and /v2.0.",
                "Copy the issuer, the application ID and a client secret into the form, and add the company's mail domains.",
            ],
        ),
    saml::SAML,
    saml::AZURE_AD,
    preset("GoogleWorkspace", "", "Google Workspace", Shape::EnterpriseOidc, "openid profile email")
        .signed("https://accounts.google.com", "")
        .for_enterprise()
        .fields(WORKSPACE)
        .about(
            "A company's Google Workspace.",
            &[
                "In the Google Cloud console, create an OAuth client ID of the type Web application with the redirect URI {callback}.",
                "Copy the client ID and the client secret into the form, and add the company's mail domains.",
            ],
        ),
    preset("Okta", "", "Okta", Shape::EnterpriseOidc, "openid profile email")
        .for_enterprise()
        .fields(ENTERPRISE)
        .about(
            "A company's Okta.",
            &[
                "In Okta's admin console, create an app integration of the type OIDC, Web application, with the sign-in redirect URI {callback}.",
                "Its issuer is the address of your Okta, such as https://example.okta.com.",
                "Copy the issuer, the client ID and the client secret into the form, and add the company's mail domains.",
            ],
        ),
];
