// Auth.js as published, in an express app: its generic OpenID Connect provider and the Logto provider it ships.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { ExpressAuth, getSession } from '@auth/express';
import Logto from '@auth/express/providers/logto';
import express from 'express';
import { PASSWORD, PEOPLE, scope, startApp, startBrowser, startProvider, typeSignIn } from './support.mjs';

const config = (origin) => `
[[applications]]
id = "bookstore"
name = "Bookstore"
type = "Traditional"
secret = "bookstore-secret"
oidcClientMetadata.redirectUris = [
  "${origin}/auth/callback/vestibule",
  "${origin}/auth/callback/logto",
  "${origin}/auth/callback/register",
  "${origin}/auth/callback/direct",
]
customClientMetadata.alwaysIssueRefreshToken = true

[[applications]]
id = "forgetful"
name = "Without its redirect URI"
type = "Traditional"
secret = "forgetful-secret"
oidcClientMetadata.redirectUris = ["${origin}/somewhere/else"]
${PEOPLE}`;

/** The app: a page that says who is signed in, and Auth.js below /auth. */
function bookstore(issuer) {
  const own = { type: 'oidc', name: 'Vestibule', issuer, clientId: 'bookstore', clientSecret: 'bookstore-secret' };
  const shipped = Logto({ issuer, clientId: 'bookstore', clientSecret: 'bookstore-secret' });
  const log = [];
  const settings = {
    secret: 'a secret of the test application',
    trustHost: true,
    logger: { error: (error) => log.push(error), warn: () => {}, debug: () => {} },
    providers: [
      { ...own, id: 'vestibule' },
      shipped,
      { ...own, id: 'register', authorization: { params: { first_screen: 'register' } } },
      {
        ...own,
        id: 'direct',
        authorization: { params: { direct_sign_in: 'social:nowhere', first_screen: 'identifier:sign_in' } },
      },
      { ...own, id: 'forgetful', clientId: 'forgetful', clientSecret: 'forgetful-secret' },
    ],
    callbacks: {
      jwt: ({ token, account, profile }) =>
        account ? { ...token, subject: profile.sub, refreshes: typeof account.refresh_token === 'string' } : token,
      session: ({ session, token }) => ({ ...session, subject: token.subject, refreshes: token.refreshes }),
    },
  };
  const app = express();
  app.set('trust proxy', true);
  app.use('/auth/*', ExpressAuth(settings));
  app.get('/', async (request, response) => {
    response.send(
      `<!doctype html><title>Bookstore</title><pre id="session">${JSON.stringify(await getSession(request, settings))}</pre>`,
    );
  });
  return { app, log };
}

describe('Auth.js', () => {
  const until = scope();
  let provider, app, browser, log;
  before(async () => {
    app = await startApp(until);
    provider = await startProvider(until, config(app.origin));
    const store = bookstore(provider.issuer);
    app.handle = store.app;
    log = store.log;
    browser = await startBrowser(until);
  });

  /** Presses Auth.js's own button for one of its providers. */
  const press = async (page, id) => {
    await page.goto(`${app.origin}/auth/signin?callbackUrl=${encodeURIComponent(app.origin)}`);
    await page.locator(`form[action$="/signin/${id}"] button`).click();
  };
  const session = async (page) => {
    await page.waitForURL(`${app.origin}/`);
    return JSON.parse(await page.locator('#session').textContent());
  };

  for (const id of ['vestibule', 'logto']) {
    test(`${id === 'logto' ? 'its Logto provider' : 'type oidc'}: from its button through the pages to a session`, async () => {
      const { page, watch } = await browser.open();
      await press(page, id);
      await page.waitForURL(`${provider.endpoint}/sign-in?app_id=bookstore`);
      await typeSignIn(page, 'alice');
      const { user, subject, refreshes } = await session(page);
      assert.deepEqual([user.name, user.email, subject], ['Alice Archer', 'alice@example.test', 'alicearcher1']);
      assert.equal(refreshes, true);
      assert.deepEqual(log, []);
      assert.deepEqual(watch.violations, []);
    });
  }

  test('a second sign-in shows no page', async () => {
    const { page, watch } = await browser.open();
    await press(page, 'vestibule');
    await typeSignIn(page, 'alice');
    await session(page);
    await page.context().clearCookies({ name: /^authjs/ });
    await page.goto(app.origin);
    assert.equal(await session(page), null);
    watch.requests.length = 0;
    await press(page, 'vestibule');
    assert.equal((await session(page)).subject, 'alicearcher1');
    const shown = watch.requests
      .filter(({ url, type }) => type === 'document' && new URL(url).origin === provider.endpoint)
      .map(({ url }) => new URL(url).pathname);
    assert.deepEqual(shown, ['/oidc/auth']);
  });

  test('first_screen as an authorization parameter: a new account', async () => {
    const { page } = await browser.open();
    await press(page, 'register');
    await page.waitForURL(`${provider.endpoint}/register?app_id=bookstore`);
    await page.locator('#identifier').fill('first_screen_person');
    await page.locator('#password').fill('quiet-Lantern-42');
    await page.locator('form button[type=submit]').click();
    const { subject } = await session(page);
    assert.match(subject, /^[0-9a-z]{12}$/);
    assert.notEqual(subject, 'alicearcher1');
  });

  test('direct_sign_in as an authorization parameter: falls back to the first screen asked for', async () => {
    const { page } = await browser.open();
    await press(page, 'direct');
    await page.waitForURL(`${provider.endpoint}/identifier-sign-in?app_id=bookstore`);
    await page.locator('#identifier').fill('alice');
    await page.locator('form button[type=submit]').click();
    await page.locator('#password').fill(PASSWORD);
    await page.locator('form button[type=submit]').click();
    assert.equal((await session(page)).subject, 'alicearcher1');
  });

  test('a redirect URI that is not registered: the provider says which, and the app hears nothing', async () => {
    const { page } = await browser.open();
    const answer = page.waitForResponse((response) => new URL(response.url()).pathname === '/oidc/auth');
    await press(page, 'forgetful');
    const response = await answer;
    assert.equal(response.status(), 400);
    // A person sees a page; whoever fetches the same address gets Logto's JSON.
    const body = await (await fetch(response.url())).json();
    assert.deepEqual([body.error, body.code], ['invalid_redirect_uri', 'oidc.invalid_redirect_uri']);
    assert.match(await page.locator('body').innerText(), /invalid_redirect_uri/);
    assert.equal(new URL(page.url()).origin, provider.endpoint);
    assert.match(
      await page.locator('body').innerText(),
      /redirect_uri did not match any of the client's registered redirect_uris/,
    );
  });
});
