// Logto's own clients as published: @logto/express in an express app, and @logto/node by hand.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { handleAuthRoutes, withLogto } from '@logto/express';
import LogtoClient, { LogtoRequestError, Prompt } from '@logto/node';
import express from 'express';
import expressSession from 'express-session';
import { decodeJwt } from './agent.mjs';
import { arrivedIn, PEOPLE, scope, startApp, startBrowser, startProvider, typeSignIn } from './support.mjs';

const API = 'https://stock.example.test';

const config = (origin) => `
[[applications]]
id = "bookstore"
name = "Bookstore"
type = "Traditional"
secret = "bookstore-secret"
oidcClientMetadata.redirectUris = ["${origin}/logto/sign-in-callback", "${origin}/by-hand"]
oidcClientMetadata.postLogoutRedirectUris = ["${origin}"]

[[resources]]
indicator = "${API}"
name = "Stock"
scopes = [{ name = "read:stock" }, { name = "write:stock" }, { name = "audit:stock" }]

[[roles]]
name = "keeper"
type = "User"
scopes = [{ resource = "${API}", scope = "read:stock" }]
users = ["alice"]

[[organizationScopes]]
name = "read:members"

[[organizationScopes]]
name = "manage:members"

[[organizationRoles]]
name = "admin"
scopes = ["read:members", "manage:members"]
resourceScopes = [{ resource = "${API}", scope = "audit:stock" }]

[[organizations]]
id = "acme"
name = "Acme"
customCss = ".acme-look { color: rgb(1, 2, 3) }"
color = { primaryColor = "#b3261e" }
members = [{ user = "alice", roles = ["admin"] }]

[[organizations]]
id = "globex"
name = "Globex"
${PEOPLE}`;

function bookstore(endpoint, baseUrl) {
  const settings = {
    endpoint,
    baseUrl,
    appId: 'bookstore',
    appSecret: 'bookstore-secret',
    scopes: ['email', 'roles', 'custom_data', 'read:stock', 'write:stock'],
    resources: [API],
  };
  const app = express();
  app.use(expressSession({ secret: 'a secret of the test application', resave: false, saveUninitialized: true }));
  app.use(handleAuthRoutes(settings));
  const show = (request, response) =>
    response.send(`<!doctype html><title>Bookstore</title><pre id="context">${JSON.stringify(request.user)}</pre>`);
  app.get('/', withLogto(settings), show);
  app.get('/userinfo', withLogto({ ...settings, fetchUserInfo: true }), show);
  app.get('/token', withLogto({ ...settings, getAccessToken: true, resource: API }), show);
  return app;
}

describe('Logto clients', () => {
  const until = scope();
  let provider, app, browser;
  before(async () => {
    app = await startApp(until);
    provider = await startProvider(until, config(app.origin));
    app.handle = bookstore(provider.endpoint, app.origin);
    browser = await startBrowser(until);
  });
  const context = async (page, path) => {
    if (path !== undefined) await page.goto(app.origin + path);
    return JSON.parse(await page.locator('#context').textContent());
  };
  const signedIn = async (page) => {
    await page.goto(`${app.origin}/logto/sign-in`);
    await page.waitForURL(`${provider.endpoint}/sign-in?app_id=bookstore`);
    await typeSignIn(page, 'alice');
    await page.waitForURL(`${app.origin}/`);
  };

  test('@logto/express: sign-in, claims, userinfo, a token for the API, sign-out', async () => {
    const { page, watch } = await browser.open();
    assert.deepEqual(await context(page, '/'), { isAuthenticated: false });
    await signedIn(page);

    const { isAuthenticated, claims } = await context(page);
    assert.equal(isAuthenticated, true);
    assert.deepEqual(
      [claims.sub, claims.aud, claims.iss, claims.email],
      ['alicearcher1', 'bookstore', provider.issuer, 'alice@example.test'],
    );
    assert.deepEqual(claims.roles, ['keeper']);

    const { userInfo } = await context(page, '/userinfo');
    assert.deepEqual([userInfo.sub, userInfo.name, userInfo.custom_data], ['alicearcher1', 'Alice Archer', {}]);

    const { accessToken, scopes } = await context(page, '/token');
    assert.deepEqual(scopes, ['read:stock']);
    const { header, payload } = decodeJwt(accessToken);
    assert.deepEqual([header.typ, payload.aud, payload.client_id], ['at+jwt', API, 'bookstore']);
    assert.equal((await context(page, '/token')).accessToken, accessToken);

    await page.goto(`${app.origin}/logto/sign-out`);
    await page.waitForURL(`${app.origin}/`);
    assert.deepEqual(await context(page), { isAuthenticated: false });
    await page.goto(`${app.origin}/logto/sign-in`);
    assert.equal(page.url(), `${provider.endpoint}/sign-in?app_id=bookstore`);
    assert.deepEqual(watch.violations, []);
  });

  test('@logto/express: sign-up opens the registration page and ends signed in', async () => {
    const { page } = await browser.open();
    await page.goto(`${app.origin}/logto/sign-up`);
    await page.waitForURL(`${provider.endpoint}/register?app_id=bookstore`);
    await page.locator('#identifier').fill('signed_up');
    await page.locator('#password').fill('quiet-Lantern-42');
    await page.locator('form button[type=submit]').click();
    await page.waitForURL(`${app.origin}/`);
    assert.equal((await context(page)).claims.username, 'signed_up');
  });

  /** @logto/node with everything kept in a map. */
  const byHand = (more = {}) => {
    const kept = new Map();
    const storage = {
      getItem: async (key) => kept.get(key) ?? null,
      setItem: async (key, value) => void kept.set(key, value),
      removeItem: async (key) => void kept.delete(key),
    };
    const went = [];
    const settings = {
      endpoint: provider.endpoint,
      appId: 'bookstore',
      appSecret: 'bookstore-secret',
      resources: [API],
      scopes: ['read:stock'],
      ...more,
    };
    return { client: new LogtoClient(settings, { storage, navigate: (url) => void went.push(url) }), kept, went };
  };
  const signInByHand = async ({ client, went }, page, options = {}) => {
    await client.signIn({ redirectUri: `${app.origin}/by-hand`, ...options });
    await page.goto(went.at(-1));
    await typeSignIn(page, 'alice');
    await client.handleSignInCallback((await arrivedIn(page, app, '/by-hand')).url.href);
  };

  test('@logto/node: tokens of an organization, an API within it, and where one does not belong', async () => {
    const { page } = await browser.open();
    const own = byHand({ scopes: ['urn:logto:scope:organizations', 'read:members', 'audit:stock'] });
    await signInByHand(own, page);
    const { client } = own;
    assert.deepEqual((await client.getIdTokenClaims()).organizations, ['acme']);
    const claims = await client.getOrganizationTokenClaims('acme');
    assert.deepEqual([claims.aud, claims.scope], ['urn:logto:organization:acme', 'read:members']);
    const { payload } = decodeJwt(await client.getAccessToken(API, 'acme'));
    assert.deepEqual([payload.aud, payload.organization_id, payload.scope], [API, 'acme', 'audit:stock']);
    await assert.rejects(client.getOrganizationToken('globex'), (error) => {
      assert.ok(error instanceof LogtoRequestError);
      assert.equal(error.code, 'oidc.access_denied');
      return true;
    });
  });

  test('organization_id of the sign-in gives the page its look', async () => {
    const { page, watch } = await browser.open();
    const { client, went } = byHand();
    await client.signIn({ redirectUri: `${app.origin}/by-hand`, extraParams: { organization_id: 'acme' } });
    await page.goto(went.at(-1));
    await page.locator('#identifier').waitFor();
    const sheets = watch.requests.map(({ url }) => url).filter((url) => new URL(url).pathname === '/custom.css');
    assert.deepEqual(
      sheets.map((url) => new URL(url).searchParams.get('organization_id')),
      ['acme'],
    );
    assert.match(await (await fetch(sheets[0])).text(), /acme-look/);
    const document = await (
      await fetch(`${provider.endpoint}/api/.well-known/sign-in-exp?organizationId=acme&appId=bookstore`)
    ).json();
    assert.equal(document.color.primaryColor, '#b3261e');
    assert.deepEqual(watch.violations, []);
  });

  test('@logto/node: tokens are refreshed, one for each resource', async () => {
    const { page } = await browser.open();
    const { client, kept, went } = byHand();
    await signInByHand({ client, went }, page);
    assert.equal(await client.isAuthenticated(), true);
    const refreshToken = await client.getRefreshToken();
    assert.match(refreshToken, /^[\w-]{43}$/);
    const opaque = await client.getAccessToken();
    assert.doesNotMatch(opaque, /\./);
    const claims = await client.getAccessTokenClaims(API);
    assert.deepEqual([claims.aud, claims.scope, claims.sub], [API, 'read:stock', 'alicearcher1']);
    assert.equal((await client.fetchUserInfo()).username, 'alice');
    // The tokens are forgotten, so the next ones come from the refresh token.
    await client.clearAccessToken();
    const renewed = await client.getAccessToken();
    assert.notEqual(renewed, opaque);
    assert.equal((await client.fetchUserInfo()).sub, 'alicearcher1');
    assert.ok([...kept.keys()].length > 0);

    await client.signOut(app.origin);
    assert.equal(await client.isAuthenticated(), false);
    const end = new URL(went.at(-1));
    assert.deepEqual([...end.searchParams.keys()].sort(), ['client_id', 'post_logout_redirect_uri']);
    const home = page.waitForURL(`${app.origin}/`);
    await page.goto(end.href);
    await home;
    // Signing out revoked the refresh token on the way.
    const body = new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
      client_id: 'bookstore',
      client_secret: 'bookstore-secret',
    });
    const dead = await fetch(`${provider.issuer}/token`, { method: 'POST', body });
    assert.deepEqual([dead.status, (await dead.json()).error], [400, 'invalid_grant']);
  });

  test('@logto/node: what the provider refuses reaches the app as its own error', async () => {
    const { page } = await browser.open();
    const hand = byHand();
    await signInByHand(hand, page);
    await assert.rejects(
      hand.client.getAccessToken('https://unknown.example.test'),
      (error) => error instanceof LogtoRequestError && error.code === 'oidc.invalid_target',
    );
    const refreshToken = await hand.client.getRefreshToken();
    const body = new URLSearchParams({
      token: refreshToken,
      client_id: 'bookstore',
      client_secret: 'bookstore-secret',
    });
    assert.equal((await fetch(`${provider.issuer}/token/revocation`, { method: 'POST', body })).status, 200);
    await hand.client.clearAccessToken();
    await assert.rejects(
      hand.client.getAccessToken(API),
      (error) => error instanceof LogtoRequestError && error.code === 'oidc.invalid_grant',
    );
  });

  test('@logto/node: firstScreen, identifiers, directSignIn, loginHint and prompt reach the page', async () => {
    const { page } = await browser.open();
    const { client, went } = byHand();
    await client.signIn({
      redirectUri: `${app.origin}/by-hand`,
      firstScreen: 'identifier:sign_in',
      identifiers: ['username', 'email'],
      loginHint: 'alice',
      prompt: Prompt.Login,
    });
    await page.goto(went.at(-1));
    assert.equal(
      page.url(),
      `${provider.endpoint}/identifier-sign-in?app_id=bookstore&login_hint=alice&identifier=username+email`,
    );
    assert.equal(await page.locator('#identifier').inputValue(), 'alice');
    await client.signIn({
      redirectUri: `${app.origin}/by-hand`,
      firstScreen: 'register',
      directSignIn: { method: 'social', target: 'nowhere' },
    });
    await page.goto(went.at(-1));
    await page.waitForURL(`${provider.endpoint}/register?app_id=bookstore`);
    await page.locator('h1').waitFor();
  });
});
