// The authentication parameters in a browser: first screens, direct sign-in and its fall-backs, hints. Numbers in names are
// those of the must-match list.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { house } from './house.mjs';
import { PASSWORD } from './support.mjs';

/** What each first screen shows in this release: reset-password falls back, because there is no way to send a code (sheet 2.4). */
const SCREENS = {
  sign_in: { path: '/sign-in', heading: 'Sign in to Bookstore', fields: ['identifier', 'password'] },
  register: {
    path: '/register',
    heading: 'Create an account for Bookstore',
    fields: ['identifier', 'password', 'terms'],
  },
  reset_password: { path: '/sign-in', heading: 'Sign in to Bookstore', fields: ['identifier', 'password'] },
  'identifier:sign_in': { path: '/identifier-sign-in', heading: 'Sign in to Bookstore', fields: ['identifier'] },
  'identifier:register': {
    path: '/identifier-register',
    heading: 'Create an account for Bookstore',
    fields: ['identifier', 'terms'],
  },
  single_sign_on: { path: '/single-sign-on', heading: 'Single sign-on', fields: ['identifier'] },
};

describe('authentication parameters', () => {
  const at = house();
  before(() =>
    at.open(
      () => `
[[connectors]]
id = "acmesso00001"
connectorId = "OIDC"
name = "Acme"
config = { issuer = "https://sso.acme.test", clientId = "vestibule", clientSecret = "acme" }
`,
    ),
  );

  const shows = async (page, { path, heading, fields }) => {
    await page.waitForURL((url) => url.pathname === path);
    await page.getByRole('heading', { level: 1, name: heading }).waitFor();
    const names = await page.locator('form input').evaluateAll((inputs) => inputs.map(({ name }) => name));
    assert.deepEqual(names, fields);
    assert.equal(new URL(page.url()).searchParams.get('app_id'), 'bookstore');
  };

  for (const [first_screen, screen] of Object.entries(SCREENS)) {
    test(`9: first_screen=${first_screen} shows ${screen.path}`, async () => {
      const { page } = await at.browser.open();
      await page.goto(at.start({ first_screen }));
      await shows(page, screen);
    });

    test(`15: an unknown direct_sign_in falls back to first_screen=${first_screen}`, async () => {
      const { page } = await at.browser.open();
      await page.goto(at.start({ first_screen, direct_sign_in: 'social:nowhere' }));
      await shows(page, screen);
      // The fall-back replaces the direct page: going back leaves the provider.
      assert.equal(await page.evaluate(() => history.length), 2);
    });
  }

  test('15: without a first screen it is sign-in', async () => {
    const { page } = await at.browser.open();
    for (const direct_sign_in of ['social:nowhere', 'social', 'sso:', 'magic:carpet', 'sso:unknown']) {
      await page.goto(at.start({ direct_sign_in }));
      await shows(page, SCREENS.sign_in);
    }
  });

  test('16: an enterprise connector without a domain falls back', async () => {
    const { page } = await at.browser.open();
    await page.goto(at.start({ direct_sign_in: 'sso:acmesso00001', first_screen: 'register' }));
    await shows(page, SCREENS.register);
  });

  test('the sign-in still works after a fall-back', async () => {
    const { page } = await at.browser.open();
    await page.goto(at.start({ first_screen: 'identifier:sign_in', direct_sign_in: 'social:nowhere' }));
    await shows(page, SCREENS['identifier:sign_in']);
    await page.locator('#identifier').fill('alice');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('heading', { level: 1, name: 'Enter your password' }).waitFor();
    assert.match(await page.locator('main').innerText(), /Signing in as alice/);
    await page.locator('#password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    assert.equal((await at.whoCame(page)).sub, 'alicearcher1');
  });

  test('identifier:register ends in a new account', async () => {
    const { page } = await at.browser.open();
    await page.goto(at.start({ first_screen: 'identifier:register' }));
    await page.locator('#identifier').fill('two_steps');
    await page.getByRole('checkbox').check();
    await page.locator('form button[type=submit]').click();
    await page.locator('#password').fill('quiet-Lantern-42');
    await page.locator('form button[type=submit]').click();
    assert.equal((await at.whoCame(page)).username, 'two_steps');
  });

  test('18: login_hint is filled in', async () => {
    const { page } = await at.browser.open();
    for (const first_screen of ['sign_in', 'identifier:sign_in', 'register']) {
      await page.goto(at.start({ first_screen, login_hint: 'alice' }));
      await page.locator('#identifier').waitFor();
      assert.equal(await page.locator('#identifier').inputValue(), 'alice', first_screen);
    }
  });

  test('identifiers narrow what is asked for; nonsense leaves them all', async () => {
    const { page } = await at.browser.open();
    for (const [identifier, label] of [
      ['email', /^email/i],
      ['username', /^username/i],
      ['carrier-pigeon', /email.*username|username.*email/i],
      ['email carrier-pigeon', /^email\S*( address)?$/i],
    ]) {
      await page.goto(at.start({ first_screen: 'identifier:sign_in', identifier }));
      await page.locator('#identifier').waitFor();
      assert.match(await page.locator('label[for=identifier]').innerText(), label, identifier);
    }
  });

  test('ui_locales leaves the visible address, app_id stays', async () => {
    const { page } = await at.browser.open();
    await page.goto(at.start({ ui_locales: 'en fr', login_hint: 'alice' }));
    await page.locator('#identifier').waitFor();
    assert.equal(new URL(page.url()).search, '?app_id=bookstore&login_hint=alice');
  });

  test('19: with a session, no page, whatever the first screen', async () => {
    const { page, watch } = await at.browser.open();
    await page.goto(at.start());
    await page.getByRole('button', { name: 'Alice Archer' }).click();
    await at.whoCame(page);
    watch.requests.length = 0;
    await page.goto(at.start({ first_screen: 'register', direct_sign_in: 'social:nowhere' }));
    assert.equal((await at.whoCame(page)).sub, 'alicearcher1');
    assert.deepEqual(
      watch.requests.map(({ url }) => new URL(url).pathname),
      ['/oidc/auth', '/callback'],
    );
  });
});
