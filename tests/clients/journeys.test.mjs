// Journeys that leave the straight path: several tabs, other accounts, the back button, and an application that lives in the browser.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get } from 'node:http';
import { before, describe, test } from 'node:test';
import { challengeOf, verifierOf } from './agent.mjs';
import { house } from './house.mjs';
import { arrivedIn, typeSignIn } from './support.mjs';

describe('journeys', () => {
  const at = house();
  before(() =>
    at.open(
      (origin) => `
[[applications]]
id = "library"
name = "Library"
type = "SPA"
oidcClientMetadata.redirectUris = ["${origin}/library"]
`,
    ),
  );
  const startLibrary = (more) => at.start({ client_id: 'library', redirect_uri: `${at.app.origin}/library`, ...more });
  const heading = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor();

  test('two applications in two tabs keep apart', async () => {
    const { context, page: bookstore } = await at.browser.open();
    const library = await context.newPage();
    await bookstore.goto(at.start({ state: 'of the bookstore' }));
    await library.goto(startLibrary({ state: 'of the library' }));
    await heading(bookstore, 'Sign in to Bookstore');
    await heading(library, 'Sign in to Library');
    await typeSignIn(bookstore, 'alice');
    assert.equal((await arrivedIn(bookstore, at.app, '/callback')).url.searchParams.get('state'), 'of the bookstore');
    await typeSignIn(library, 'alice');
    assert.equal((await arrivedIn(library, at.app, '/library')).url.searchParams.get('state'), 'of the library');
  });

  test('two tabs of one application: the older goes on with the newer request', async () => {
    const { context, page: older } = await at.browser.open();
    const newer = await context.newPage();
    await older.goto(at.start({ state: 'older' }));
    await newer.goto(at.start({ state: 'newer' }));
    await typeSignIn(older, 'alice');
    assert.equal((await arrivedIn(older, at.app, '/callback')).url.searchParams.get('state'), 'newer');
  });

  test('a page that is loaded again goes on', async () => {
    const { page } = await at.browser.open();
    await page.goto(at.start());
    await page.reload();
    await typeSignIn(page, 'alice');
    assert.equal((await at.whoCame(page)).sub, 'alicearcher1');
  });

  test('back to the sign-in page after it is done: it says so instead of failing', async () => {
    const { page } = await at.browser.open();
    await page.goto(at.start());
    await typeSignIn(page, 'alice');
    await at.whoCame(page);
    await page.goto(`${at.provider.endpoint}/sign-in?app_id=bookstore`);
    await page.getByRole('link', { name: 'Start a test sign-in' }).waitFor();
    assert.equal(await page.locator('#password').count(), 0);
  });

  test('prompt=login as somebody else: the new person is the one signed in', async () => {
    const { page } = await at.browser.open();
    await page.goto(at.start());
    await typeSignIn(page, 'alice');
    assert.equal((await at.whoCame(page)).sub, 'alicearcher1');
    await page.goto(at.start({ prompt: 'login' }));
    await typeSignIn(page, 'alice@example.test');
    assert.equal((await at.whoCame(page)).sub, 'alicearcher1');
    await page.goto(at.start({ prompt: 'login' }));
    await typeSignIn(page, 'bob');
    assert.equal((await at.whoCame(page)).sub, 'bobbanner001');
    await page.goto(at.start({ prompt: 'none' }));
    assert.equal((await at.whoCame(page)).sub, 'bobbanner001');
  });

  test('“Not you?” on the consent page: the other person is the one asked, and the one signed in', async () => {
    const { page } = await at.browser.open();
    await page.goto(at.startPartner());
    await typeSignIn(page, 'alice');
    await page.getByRole('link', { name: 'Not you?' }).click();
    await page.getByRole('link', { name: 'Sign in with another account' }).click();
    await typeSignIn(page, 'bob');
    await heading(page, 'Partner Prints asks for access');
    await page.getByText('Signed in as bob').waitFor();
    await page.getByRole('button', { name: 'Allow' }).click();
    assert.equal((await at.whoCame(page, '/partner', 'partner')).sub, 'bobbanner001');
  });

  test('an id_token_hint of somebody else asks who is there', async () => {
    const { page } = await at.browser.open();
    const verifier = verifierOf();
    await page.goto(at.start({ code_challenge: challengeOf(verifier) }));
    await typeSignIn(page, 'alice');
    const { url } = await arrivedIn(page, at.app, '/callback');
    const body = new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: 'bookstore',
      redirect_uri: `${at.app.origin}/callback`,
      code: url.searchParams.get('code'),
      code_verifier: verifier,
    });
    const { id_token } = await (await fetch(`${at.provider.issuer}/token`, { method: 'POST', body })).json();
    await page.goto(at.start({ id_token_hint: id_token, prompt: 'none' }));
    assert.equal((await at.whoCame(page)).sub, 'alicearcher1');
    const other = await at.browser.open();
    await other.page.goto(at.start());
    await typeSignIn(other.page, 'bob');
    await at.whoCame(other.page);
    await other.page.goto(at.start({ id_token_hint: id_token }));
    await heading(other.page, 'Sign in to Bookstore');
  });

  test('an application in the browser may read what it is answered; another origin may not', async () => {
    const { page } = await at.browser.open();
    const verifier = verifierOf();
    await page.goto(
      at.start({ code_challenge: challengeOf(verifier), scope: 'openid profile offline_access', prompt: 'consent' }),
    );
    await typeSignIn(page, 'alice');
    const { url } = await arrivedIn(page, at.app, '/callback');
    const seen = await page.evaluate(
      async ({ issuer, form }) => {
        const document = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
        const keys = await (await fetch(document.jwks_uri)).json();
        const tokens = await (
          await fetch(document.token_endpoint, { method: 'POST', body: new URLSearchParams(form) })
        ).json();
        const headers = { authorization: `Bearer ${tokens.access_token}` };
        const me = await (await fetch(document.userinfo_endpoint, { headers })).json();
        const refused = await fetch(document.token_endpoint, {
          method: 'POST',
          body: new URLSearchParams({ ...form, code: 'x' }),
        });
        const revoked = await fetch(document.revocation_endpoint, {
          method: 'POST',
          body: new URLSearchParams({ client_id: form.client_id, token: tokens.refresh_token }),
        });
        const dead = await fetch(document.userinfo_endpoint, { headers });
        return {
          keys: keys.keys.length,
          me,
          refused: await refused.json(),
          revoked: revoked.status,
          dead: dead.status,
          challenge: dead.headers.get('www-authenticate'),
        };
      },
      {
        issuer: at.provider.issuer,
        form: {
          grant_type: 'authorization_code',
          client_id: 'bookstore',
          redirect_uri: `${at.app.origin}/callback`,
          code: url.searchParams.get('code'),
          code_verifier: verifier,
        },
      },
    );
    assert.ok(seen.keys > 0);
    assert.deepEqual(
      [seen.me.sub, seen.refused.error, seen.revoked, seen.dead],
      ['alicearcher1', 'invalid_grant', 200, 401],
    );
    assert.match(seen.challenge, /invalid_token/);

    // The same page under another name is another origin.
    const stranger = at.app.origin.replace('localhost', '127.0.0.1');
    await page.goto(stranger);
    const read = await page.evaluate(
      (address) =>
        fetch(address, {
          method: 'POST',
          body: new URLSearchParams({ client_id: 'bookstore', grant_type: 'refresh_token', refresh_token: 'x' }),
        }).then(
          () => 'read',
          (error) => error.name,
        ),
      `${at.provider.issuer}/token`,
    );
    assert.equal(read, 'TypeError');
  });

  test('the Experience API does not listen to other sites', async () => {
    const { context, page } = await at.browser.open();
    await page.goto(at.start());
    await page.locator('#password').waitFor();
    const stranger = await context.newPage();
    await stranger.goto(`${at.app.origin}/elsewhere`);
    const answer = await stranger.evaluate(async (address) => {
      const response = await fetch(address, {
        method: 'PUT',
        credentials: 'include',
        headers: { 'content-type': 'application/json' },
        body: '{"interactionEvent":"SignIn"}',
      }).catch((error) => error);
      return response instanceof Error ? response.name : response.status;
    }, `${at.provider.endpoint}/api/experience`);
    assert.equal(answer, 'TypeError');
    const response = await fetch(`${at.provider.endpoint}/api/experience/submit`, {
      method: 'POST',
      headers: { origin: 'https://evil.example.test' },
    });
    assert.equal(response.status, 403);
  });

  test('another host name is not answered', async () => {
    const asked = get({
      host: '127.0.0.1',
      port: at.provider.port,
      path: '/oidc/.well-known/openid-configuration',
      headers: { host: 'evil.example.test' },
    });
    const [response] = await once(asked, 'response');
    response.resume();
    assert.equal(response.statusCode, 421);
  });
});
