// Auth.js and NextAuth v4 as published sign in at the provider, which signs the person in at a provider nobody here wrote: two
// hops, one session.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { ExpressAuth, getSession } from '@auth/express';
import express from 'express';
import { nextAuthApp, nextAuthProvider } from './next-auth.mjs';
import { scope, startApp, startBrowser, startProvider } from './support.mjs';
import { SECRET, startUpstream } from './upstream.mjs';

const config = (origin, older, upstream) => `
[signInExperience]
signUp = { identifiers = [], password = false, verify = false }
socialSignInConnectorTargets = ["upstream"]
agreeToTermsPolicy = "Automatic"

[[applications]]
id = "bookstore"
name = "Bookstore"
type = "Traditional"
secret = "bookstore-secret"
oidcClientMetadata.redirectUris = ["${origin}/auth/callback/button", "${origin}/auth/callback/direct"]

[[applications]]
id = "older"
name = "Older bookstore"
type = "Traditional"
secret = "older-secret"
oidcClientMetadata.redirectUris = ["${older}/api/auth/callback/older"]

[[connectors]]
id = "upstream"
connectorId = "oidc"
target = "upstream"
name = "Upstream"
[connectors.config]
authorizationEndpoint = "${upstream}/auth"
tokenEndpoint = "${upstream}/token"
clientId = "basic-es256"
clientSecret = "${SECRET}"
tokenEndpointAuthMethod = "client_secret_basic"
scope = "openid profile email"
pkce = true
idTokenVerificationConfig = { jwksUri = "${upstream}/jwks", issuer = "${upstream}" }
`;

describe('Auth.js or NextAuth in front, another provider behind', () => {
  const until = scope();
  let app, older, provider, upstream, browser;
  const log = [];
  before(async () => {
    app = await startApp(until);
    older = await startApp(until);
    upstream = await startUpstream(until);
    provider = await startProvider(until, config(app.origin, older.origin, upstream.issuer));
    await upstream.open([`${provider.endpoint}/callback/upstream`]);
    const own = {
      type: 'oidc',
      name: 'Vestibule',
      issuer: provider.issuer,
      clientId: 'bookstore',
      clientSecret: 'bookstore-secret',
    };
    const settings = {
      secret: 'a secret of the test application',
      trustHost: true,
      logger: { error: (error) => log.push(error), warn: () => {}, debug: () => {} },
      providers: [
        { ...own, id: 'button' },
        { ...own, id: 'direct', authorization: { params: { direct_sign_in: 'social:upstream' } } },
      ],
    };
    const server = express();
    server.set('trust proxy', true);
    server.use('/auth/*', ExpressAuth(settings));
    server.get('/', async (request, response) => {
      response.send(`<!doctype html><pre id="session">${JSON.stringify(await getSession(request, settings))}</pre>`);
    });
    app.handle = server;
    const direct = {
      authorization: { params: { scope: 'openid profile email', direct_sign_in: 'social:upstream' } },
      client: { id_token_signed_response_alg: 'ES384' },
    };
    older.handle = nextAuthApp(older.origin, [nextAuthProvider(provider.issuer, 'older', direct)], log);
    browser = await startBrowser(until);
  });

  const press = async (page, id, { origin } = app, below = '/auth') => {
    await page.goto(`${origin}${below}/signin?callbackUrl=${encodeURIComponent(origin)}`);
    await page.locator(`form[action$="/signin/${id}"] button`).click();
  };
  const session = async (page, { origin } = app) => {
    await page.waitForURL(`${origin}/`);
    return JSON.parse(await page.locator('#session').textContent());
  };

  for (const [what, where, id, below] of [
    ['Auth.js', () => app, 'direct', '/auth'],
    ['NextAuth v4', () => older, 'older', '/api/auth'],
  ]) {
    test(`${what}, direct sign-in: the only page on the way is that of the other provider`, async () => {
      const { page, watch } = await browser.open();
      await press(page, id, where(), below);
      await page.getByRole('link', { name: 'nora' }).click();
      const { user } = await session(page, where());
      assert.deepEqual([user.name, user.email], ['Nora Upstream', 'nora@corp.test']);
      assert.deepEqual(log, []);
      assert.deepEqual(watch.violations, []);
      const [newest] = (await provider.control({ op: 'sessions', limit: 5 })).filter(({ interaction }) => interaction);
      const { steps } = await provider.control({ op: 'session', id: newest.id });
      const lanes = new Set(steps.flatMap(({ arrows }) => arrows.flatMap(({ from, to }) => [from, to])));
      assert.deepEqual([...lanes].sort(), ['client', 'experience', 'interaction', 'provider', 'upstream']);
      assert.deepEqual([newest.status, newest.userName], ['done', 'Nora Upstream']);
      const labels = steps.flatMap(({ arrows }) => arrows.map(({ label }) => label));
      assert.ok(
        labels.some((label) => label.includes('POST /token')),
        labels.join('\n'),
      );
    });
  }

  test('by the button on the sign-in page; back at the provider, the second sign-in shows nothing at all', async () => {
    const { page, watch } = await browser.open();
    await press(page, 'button');
    await page.getByRole('button', { name: 'Continue with Upstream' }).click();
    await page.getByRole('link', { name: 'nora' }).click();
    assert.equal((await session(page)).user.name, 'Nora Upstream');
    await page.context().clearCookies({ name: /^authjs/ });
    watch.requests.length = 0;
    await press(page, 'button');
    assert.equal((await session(page)).user.name, 'Nora Upstream');
    const shown = watch.requests.filter(({ url, type }) => type === 'document' && !url.startsWith(app.origin));
    assert.deepEqual(
      shown.map(({ url }) => new URL(url).pathname),
      ['/oidc/auth'],
    );
  });

  test('whoever cancels there is back on the sign-in page, which says so', async () => {
    const { page } = await browser.open();
    await press(page, 'direct');
    await page.getByRole('link', { name: 'cancel' }).click();
    await page.waitForURL((url) => url.pathname === '/sign-in');
    await page.getByRole('alert').filter({ hasText: 'cancelled or refused' }).waitFor();
  });
});
