// A configuration for the tests of the pages, and an application that knows who came back to it.
import { challengeOf, decodeJwt, verifierOf } from './agent.mjs';
import { arrivedIn, PEOPLE, scope, startApp, startBrowser, startProvider } from './support.mjs';

const config = (origin, more) => `
[signInExperience]
termsOfUseUrl = "https://bookstore.example.test/terms"
agreeToTermsPolicy = "ManualRegistrationOnly"
singleSignOnEnabled = true
supportEmail = "help@example.test"
signUp = { identifiers = ["username"], password = true, verify = false }
passwordPolicy = { rejects = { pwned = false } }

[signInExperience.signIn]
methods = [
  { identifier = "username", password = true },
  { identifier = "email", password = true },
]

[[applications]]
id = "bookstore"
name = "Bookstore"
type = "SPA"
oidcClientMetadata.redirectUris = ["${origin}/callback"]

[[applications]]
id = "partner"
name = "Partner Prints"
type = "SPA"
isThirdParty = true
userConsentScopes = ["profile", "email"]
oidcClientMetadata.redirectUris = ["${origin}/partner"]
[applications.signInExperience]
termsOfUseUrl = "https://partner.example.test/terms"
privacyPolicyUrl = "https://partner.example.test/privacy"
${PEOPLE}${more}`;

/** Provider, application and browser for a suite; call it in the body of `describe`, and `open` in `before`. */
export function house() {
  const until = scope();
  const verifier = verifierOf();
  return {
    /**
     * @param {(origin: string) => string} [more] what to add to the configuration
     * @param {(config: string) => string} [change] what to change in it
     */
    async open(more = () => '', change = (text) => text) {
      this.app = await startApp(until);
      this.provider = await startProvider(until, change(config(this.app.origin, more(this.app.origin))));
      this.browser = await startBrowser(until);
    },
    /** The address that starts a sign-in. */
    start(more = {}) {
      const url = new URL(`${this.provider.issuer}/auth`);
      url.search = String(
        new URLSearchParams({
          client_id: 'bookstore',
          redirect_uri: `${this.app.origin}/callback`,
          response_type: 'code',
          scope: 'openid profile email',
          state: 'kept',
          code_challenge: challengeOf(verifier),
          code_challenge_method: 'S256',
          ...more,
        }),
      );
      return url.href;
    },
    startPartner(more = {}) {
      return this.start({ client_id: 'partner', redirect_uri: `${this.app.origin}/partner`, ...more });
    },
    /** Waits until a page is back at the application, redeems the code it brought and answers who it is about. */
    async whoCame(page, path = '/callback', client_id = 'bookstore') {
      const { url } = await arrivedIn(page, this.app, path);
      const body = new URLSearchParams({
        grant_type: 'authorization_code',
        client_id,
        redirect_uri: this.app.origin + path,
        code: url.searchParams.get('code') ?? '',
        code_verifier: verifier,
      });
      const tokens = await (await fetch(`${this.provider.issuer}/token`, { method: 'POST', body })).json();
      if (!tokens.id_token) throw new Error(`${url} brought no one: ${JSON.stringify(tokens)}`);
      return decodeJwt(tokens.id_token).payload;
    },
  };
}
