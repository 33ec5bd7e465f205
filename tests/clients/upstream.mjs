// A provider that nobody here wrote, to sign in at: `oidc-provider` from npm, with keys that can be changed while it runs.
import { generateKeyPair, exportJWK } from 'jose';
import { Provider } from 'oidc-provider';
import { startApp } from './support.mjs';

/** How a client may tell the token endpoint who it is, and how its ID tokens may be signed. */
export const METHODS = ['client_secret_post', 'client_secret_basic', 'client_secret_jwt'];
export const ALGS = ['RS256', 'ES256', 'EdDSA'];
// Reserved characters, so that HTTP Basic has to encode them (RFC 6749 2.3.1); long enough for HS512.
export const SECRET = 'an upstream secret: with + and % and / and & and = in it, and long enough for HS512';

/** Everybody it knows, by the login that is typed. */
export const ACCOUNTS = {
  nora: {
    sub: 'up-nora',
    name: 'Nora Upstream',
    email: 'nora@corp.test',
    email_verified: true,
    picture: 'https://pictures.example.test/nora.png',
  },
  otto: { sub: 'up-otto', name: 'Otto Upstream', email: 'alice@example.test', email_verified: false },
  olga: { sub: 'up-olga', name: 'Olga Upstream', email: 'alice@example.test', email_verified: true },
};

const clientId = (method, alg) => `${method.replace('client_secret_', '')}-${alg}`.toLowerCase();

/** Keys of every algorithm, under fresh ids. */
async function keys(round) {
  const made = ALGS.map(async (alg) => {
    const { privateKey } = await generateKeyPair(alg, { extractable: true });
    return { ...(await exportJWK(privateKey)), alg, use: 'sig', kid: `${alg}-${round}` };
  });
  return { keys: await Promise.all(made) };
}

/**
 * Starts it.
 * @param {ReturnType<import('./support.mjs').scope>} until
 */
export async function startUpstream(until) {
  const app = await startApp(until);
  const issuer = app.origin;
  const callbacks = [];
  let round = 0;
  let provider;
  const seen = [];

  async function build() {
    round += 1;
    provider = new Provider(issuer, {
      clients: METHODS.flatMap((method) =>
        ALGS.map((alg) => ({
          client_id: clientId(method, alg),
          client_secret: SECRET,
          token_endpoint_auth_method: method,
          id_token_signed_response_alg: alg,
          redirect_uris: callbacks,
        })),
      ),
      jwks: await keys(round),
      enabledJWA: { idTokenSigningAlgValues: ALGS },
      cookies: { keys: ['not a secret in a test'] },
      claims: { openid: ['sub'], profile: ['name', 'picture'], email: ['email', 'email_verified'] },
      conformIdTokenClaims: false,
      pkce: { required: () => false },
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
      findAccount: (_context, id) => ({
        accountId: id,
        claims: () => Object.values(ACCOUNTS).find(({ sub }) => sub === id),
      }),
      ttl: { AccessToken: 600, AuthorizationCode: 60, IdToken: 600, Interaction: 600, Session: 600, Grant: 600 },
    });
    const serve = provider.callback();
    app.handle = async (request, response) => {
      const url = new URL(request.url, issuer);
      seen.push({ method: request.method, path: url.pathname, authorization: request.headers.authorization });
      if (!url.pathname.startsWith('/interaction/')) return serve(request, response);
      // Its sign-in page: signs in whoever the query names, and consents to everything.
      const login = url.searchParams.get('login');
      if (!login) {
        response.writeHead(200, { 'content-type': 'text/html' });
        const links = Object.keys(ACCOUNTS).map((name) => `<a href="?login=${name}">${name}</a> `);
        return response.end(
          `<!doctype html><html lang="en"><title>Upstream</title>${links.join('')}<a href="?login=nobody">cancel</a></html>`,
        );
      }
      const { prompt, params, session, grantId } = await provider.interactionDetails(request, response);
      if (login === 'nobody')
        return provider.interactionFinished(request, response, {
          error: 'access_denied',
          error_description: 'The person said no.',
        });
      const accountId = session?.accountId ?? ACCOUNTS[login].sub;
      const grant = grantId
        ? await provider.Grant.find(grantId)
        : new provider.Grant({ accountId, clientId: params.client_id });
      grant.addOIDCScope(params.scope);
      return provider.interactionFinished(
        request,
        response,
        { ...(prompt.name === 'login' ? { login: { accountId } } : {}), consent: { grantId: await grant.save() } },
        { mergeWithLastSubmission: true },
      );
    };
  }

  return {
    issuer,
    seen,
    clientId,
    /** Serves, once the addresses that it sends browsers back to are known. */
    async open(addresses) {
      callbacks.push(...addresses);
      await build();
    },
    /** Signs with other keys from now on, and publishes only those. */
    rotate: build,
  };
}

/** Walks through the provider's pages as somebody, and answers the callback's address. */
export async function walk(address, login) {
  const jar = new Map();
  let url = new URL(address);
  const { origin } = url;
  for (let i = 0; i < 12; i += 1) {
    if (url.pathname.startsWith('/interaction/')) url.searchParams.set('login', login);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [name, ...value] = line.split(';')[0].split('=');
      jar.set(name, value.join('='));
    }
    const location = response.headers.get('location');
    if (!location) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
    url = new URL(location, url);
    if (url.origin !== origin) return url;
  }
  throw new Error(`no way through ${origin}`);
}
