// The configuration of the wire table, and its applications as the tests name them.
import { PEOPLE } from './support.mjs';

export const API = 'https://stock.example.test';

export const apps = {
  web: { id: 'web', secret: 'web-secret', redirectUri: 'https://web.example.test/callback' },
  spa: { id: 'spa', redirectUri: 'https://spa.example.test/callback' },
  spaKeeps: { id: 'spa-keeps', redirectUri: 'https://keeps.example.test/callback' },
  native: { id: 'native', redirectUri: 'http://127.0.0.1:3000/cb' },
  other: { id: 'other', secret: 'other-secret', redirectUri: 'https://other.example.test/callback' },
  third: { id: 'third', redirectUri: 'https://third.example.test/callback' },
  job: { id: 'job', secret: 'job-secret' },
};

export const CONFIG = `
[signInExperience]
singleSignOnEnabled = true
socialSignInConnectorTargets = ["google"]
signUp = { identifiers = ["username"], password = true, verify = false }
passwordPolicy = { rejects = { pwned = false } }

[[applications]]
id = "web"
name = "Web"
type = "Traditional"
secret = "web-secret"
oidcClientMetadata.redirectUris = ["${apps.web.redirectUri}", "https://*.example.com/cb"]
oidcClientMetadata.postLogoutRedirectUris = ["https://web.example.test/bye"]
customClientMetadata.corsAllowedOrigins = ["https://extra.example.test"]

[[applications]]
id = "spa"
name = "Single page"
type = "SPA"
oidcClientMetadata.redirectUris = ["${apps.spa.redirectUri}", "http://127.0.0.1:3000/spa"]
oidcClientMetadata.postLogoutRedirectUris = ["https://spa.example.test/bye"]

[[applications]]
id = "spa-keeps"
name = "Single page that always gets a refresh token"
type = "SPA"
oidcClientMetadata.redirectUris = ["${apps.spaKeeps.redirectUri}"]
customClientMetadata.alwaysIssueRefreshToken = true

[[applications]]
id = "native"
name = "Native"
type = "Native"
oidcClientMetadata.redirectUris = ["${apps.native.redirectUri}"]

[[applications]]
id = "other"
name = "Other"
type = "Traditional"
secret = "other-secret"
oidcClientMetadata.redirectUris = ["${apps.other.redirectUri}"]

[[applications]]
id = "third"
name = "Third party"
type = "SPA"
isThirdParty = true
userConsentScopes = ["profile", "email"]
oidcClientMetadata.redirectUris = ["${apps.third.redirectUri}"]

[[applications]]
id = "job"
name = "Job"
type = "MachineToMachine"
secret = "job-secret"

[[resources]]
indicator = "${API}"
name = "Stock"
scopes = [{ name = "read:stock" }, { name = "write:stock" }]

[[resources]]
indicator = "https://billing.example.test"
name = "Billing"

[[roles]]
name = "keeper"
type = "User"
scopes = [{ resource = "${API}", scope = "read:stock" }]
users = ["alice"]

[[roles]]
name = "sync"
type = "MachineToMachine"
scopes = [{ resource = "${API}", scope = "read:stock" }]
applications = ["job"]
${PEOPLE}
[[users]]
id = "farahhaddad1"
username = "farah"
primaryEmail = "farah@example.test"
primaryPhone = "46701740605"
password = "knock-knock-come-in"
name = "Farah Haddad"
customData = { plan = "gold" }

[users.profile]
preferredUsername = "fa"
familyName = "Haddad"

[users.profile.address]
streetAddress = "Storgatan 1"
locality = "Lund"
postalCode = "223 50"
`;

/** An authorization request of an application that is right in every way; change one thing to see what happens. */
export const request = (app, more = {}) => ({
  client_id: app.id,
  redirect_uri: app.redirectUri,
  response_type: 'code',
  scope: 'openid',
  state: 'some-state',
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  code_challenge_method: 'S256',
  ...more,
});

/** Where a response redirects to: path and raw query of the provider's pages. */
export const whereTo = (response) => {
  const location = response.headers.get('location');
  if (location === null) return null;
  const url = new URL(location, response.url);
  return url.pathname + url.search;
};

/** The parameters an answer brings to the application, and the redirect URI they were brought to. */
export const brought = (response) => {
  const url = new URL(response.headers.get('location'));
  return { to: url.origin + url.pathname, ...Object.fromEntries(url.searchParams) };
};
