// NextAuth v4 as published, in an express app. Its API route handler takes Node's request and response, which express hands it
// as Next.js would.
import express from 'express';
import nextAuth from 'next-auth';

const NextAuth = nextAuth.default ?? nextAuth;
const { getServerSession } = nextAuth;

/** A provider as NextAuth's documentation writes one down; the checks are all that it has. */
export const nextAuthProvider = (issuer, clientId, more = {}) => ({
  id: clientId,
  name: clientId,
  type: 'oauth',
  wellKnown: `${issuer}/.well-known/openid-configuration`,
  authorization: { params: { scope: 'openid profile email' } },
  idToken: true,
  checks: ['pkce', 'state', 'nonce'],
  clientId,
  clientSecret: `${clientId}-secret`,
  profile: ({ sub, name, email }) => ({ id: sub, name, email }),
  ...more,
});

/**
 * An app with NextAuth below /api/auth and a page at / that says who is signed in. What NextAuth reports goes to `log`.
 * It learns its own address from the environment, as in every deployment.
 */
export function nextAuthApp(origin, providers, log) {
  process.env.NEXTAUTH_URL = origin;
  const settings = {
    secret: 'a secret of the test application',
    logger: { error: (code, told) => log.push(`${code}: ${told?.error?.message ?? told?.message}`), warn: () => {} },
    providers,
    callbacks: {
      jwt: ({ token, profile, account }) => (account ? { ...token, subject: profile.sub } : token),
      session: ({ session, token }) => ({ ...session, subject: token.subject }),
    },
  };
  const app = express();
  app.use(express.urlencoded({ extended: false }));
  app.use((request, _, next) => {
    const pairs = (request.headers.cookie ?? '').split('; ').filter(Boolean);
    request.cookies = Object.fromEntries(
      pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), decodeURIComponent(pair.slice(pair.indexOf('=') + 1))]),
    );
    next();
  });
  app.all('/api/auth/*', (request, response) => {
    request.query = { ...request.query, nextauth: request.params[0].split('/') };
    return NextAuth(request, response, settings);
  });
  app.get('/', async (request, response) => {
    const session = await getServerSession(request, response, settings);
    response.send(`<!doctype html><title>Bookstore</title><pre id="session">${JSON.stringify(session)}</pre>`);
  });
  return app;
}
