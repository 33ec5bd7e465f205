// The hosted pages in a browser: what a person does there, and what comes of it.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { house } from './house.mjs';
import { arrivedIn, typeSignIn } from './support.mjs';

describe('the pages', () => {
  const at = house();
  before(() => at.open());
  const heading = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor();

  test('a new person registers', async () => {
    const { page } = await at.browser.open();
    await page.goto(at.start());
    await page.getByRole('link', { name: 'Create account' }).click();
    await heading(page, 'Create an account for Bookstore');
    assert.equal(new URL(page.url()).pathname, '/register');
    await page.getByLabel('Username').fill('new_person');
    await page.getByLabel('Password', { exact: true }).fill('abc');
    await page.getByRole('checkbox').check();
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.locator('#password-error').waitFor();
    assert.match(await page.locator('#password-error').innerText(), /at least 8 characters/);
    assert.equal(await page.getByLabel('Username').inputValue(), 'new_person');
    await page.getByLabel('Password', { exact: true }).fill('quiet-Lantern-42');
    await page.getByRole('button', { name: 'Create account' }).click();
    const claims = await at.whoCame(page);
    assert.match(claims.sub, /^[0-9a-z]{12}$/);
    assert.equal(claims.username, 'new_person');

    // Somebody else can't have the same name; the first can come back.
    const second = await at.browser.open();
    await second.page.goto(at.start({ first_screen: 'register' }));
    await second.page.getByLabel('Username').fill('new_person');
    await second.page.getByLabel('Password', { exact: true }).fill('another-Lantern-42');
    await second.page.getByRole('checkbox').check();
    await second.page.getByRole('button', { name: 'Create account' }).click();
    await second.page.locator('#identifier-error').waitFor();
    assert.match(await second.page.locator('#identifier-error').innerText(), /taken/);
    await second.page.getByRole('link', { name: 'Sign in', exact: true }).click();
    await heading(second.page, 'Sign in to Bookstore');
    assert.equal(await second.page.locator('#identifier').inputValue(), 'new_person');
    await typeSignIn(second.page, 'new_person', 'quiet-Lantern-42');
    assert.equal((await at.whoCame(second.page)).sub, claims.sub);
  });

  test('a wrong password says so, keeps what was typed, and can be put right', async () => {
    const { page } = await at.browser.open();
    await page.goto(at.start());
    await typeSignIn(page, 'alice', 'knock-knock-stay-out');
    const problem = page.locator('#sign-in-error');
    await problem.waitFor();
    assert.equal(await problem.getAttribute('role'), 'alert');
    assert.match(await problem.innerText(), /doesn't match an account/);
    assert.equal(await page.locator('#identifier').inputValue(), 'alice');
    assert.equal(await page.locator('#password').inputValue(), 'knock-knock-stay-out');
    assert.equal(new URL(page.url()).pathname, '/sign-in');
    const words = await problem.innerText();

    const unknown = await at.browser.open();
    await unknown.page.goto(at.start());
    await typeSignIn(unknown.page, 'nobody_at_all');
    await unknown.page.locator('#sign-in-error').waitFor();
    assert.equal(
      await unknown.page.locator('#sign-in-error').innerText(),
      words,
      'an unknown person looks like a wrong password',
    );

    await typeSignIn(page, 'alice@example.test');
    assert.equal((await at.whoCame(page)).sub, 'alicearcher1');
  });

  test('empty fields are named before anything is sent', async () => {
    const { page, watch } = await at.browser.open();
    await page.goto(at.start());
    const sent = watch.requests.length;
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.locator('#identifier-error').waitFor();
    assert.match(await page.locator('#password-error').innerText(), /Enter your password/);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'identifier');
    assert.deepEqual(
      watch.requests.slice(sent).filter(({ type }) => type === 'fetch'),
      [],
    );
  });

  test('development sign-in continues at once', async () => {
    const { page } = await at.browser.open();
    await page.goto(at.start());
    await page.getByRole('button', { name: 'Alice Archer' }).click();
    assert.equal((await at.whoCame(page)).sub, 'alicearcher1');
    const made = await at.browser.open();
    await made.page.goto(at.start());
    await made.page.getByRole('button', { name: 'New person' }).click();
    const claims = await at.whoCame(made.page);
    assert.match(claims.sub, /^[0-9a-z]{12}$/);
    assert.notEqual(claims.sub, 'alicearcher1');
    assert.ok(claims.name || claims.username);
  });

  test('a suspended person is told so, and may use another account', async () => {
    for (const how of ['password', 'development sign-in']) {
      const { page } = await at.browser.open();
      await page.goto(at.start());
      if (how === 'password') await typeSignIn(page, 'carol');
      else await page.getByRole('button', { name: /Carol Lindgren/ }).click();
      await heading(page, 'This account is suspended');
      assert.equal(new URL(page.url()).pathname, '/account-suspended');
      assert.match(await page.locator('main').innerText(), /help@example\.test/);
      await page.getByRole('link', { name: 'Use another account' }).click();
      await heading(page, 'Sign in to Bookstore');
      await typeSignIn(page, 'alice');
      assert.equal((await at.whoCame(page)).sub, 'alicearcher1', how);
    }
  });

  test('consent of a third-party application: allow, and it is remembered', async () => {
    const { page } = await at.browser.open();
    await page.goto(at.startPartner());
    await typeSignIn(page, 'alice');
    await heading(page, 'Partner Prints asks for access');
    assert.equal(new URL(page.url()).pathname, '/consent');
    // The title is there at once; what is asked for comes with the answer of the API.
    await page.getByRole('button', { name: 'Allow' }).waitFor();
    const text = await page.locator('main').innerText();
    for (const part of [
      /Signed in as Alice Archer/,
      /Your profile/,
      /Your email address/,
      new RegExp(new URL(at.app.origin).host),
    ])
      assert.match(text, part);
    assert.equal(
      await page.getByRole('link', { name: 'Terms of use' }).getAttribute('href'),
      'https://partner.example.test/terms',
    );
    await page.getByRole('button', { name: 'Allow' }).click();
    assert.deepEqual((({ sub, email }) => ({ sub, email }))(await at.whoCame(page, '/partner', 'partner')), {
      sub: 'alicearcher1',
      email: 'alice@example.test',
    });
    await page.goto(at.startPartner());
    assert.equal((await at.whoCame(page, '/partner', 'partner')).sub, 'alicearcher1');
    assert.equal(new URL(page.url()).origin, at.app.origin);
  });

  test('consent of a third-party application: cancel goes to the bare redirect URI', async () => {
    const { page } = await at.browser.open();
    await page.goto(at.startPartner());
    await typeSignIn(page, 'alice');
    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    const { url } = await arrivedIn(page, at.app, '/partner');
    assert.equal(url.search, '');
    // Nothing was granted.
    await page.goto(at.startPartner());
    await heading(page, 'Partner Prints asks for access');
  });

  test('35: a page opened by hand says how a sign-in starts, and its link starts one', async () => {
    for (const path of ['/', '/sign-in', '/register', '/consent']) {
      const { page } = await at.browser.open();
      await page.goto(at.provider.endpoint + path);
      await page.locator('h1').waitFor();
      assert.match(await page.locator('h1').innerText(), /A sign-in starts in an app|no longer active/, path);
      assert.equal(await page.getByLabel('Issuer', { exact: true }).inputValue(), at.provider.issuer);
      assert.equal(await page.locator('#password').count(), 0);
      if (path !== '/sign-in') continue;
      await page.getByRole('link', { name: 'Start a test sign-in' }).click();
      await page.locator('#password').waitFor();
      await typeSignIn(page, 'alice');
      await heading(page, 'Signed in as Alice Archer');
    }
  });

  test('the built-in client: there and back', async () => {
    const { page, watch } = await at.browser.open();
    await page.goto(`${at.provider.endpoint}/demo-app`);
    await page.locator('#password').waitFor();
    assert.equal(new URL(page.url()).pathname, '/sign-in', 'it starts at once');
    await typeSignIn(page, 'alice');
    await heading(page, 'Signed in as Alice Archer');
    assert.equal(new URL(page.url()).pathname, '/demo-app');
    const rows = page.getByRole('table', { name: 'ID token claims' }).getByRole('row');
    assert.match(await rows.filter({ hasText: 'who signed in' }).innerText(), /alicearcher1/);
    assert.match(await page.getByRole('table', { name: 'Userinfo' }).innerText(), /alice@example\.test/);
    assert.match(await page.getByRole('table', { name: 'Token answer' }).innerText(), /Bearer/);
    // Again: the session is there, so no page.
    await page.getByRole('link', { name: 'Sign in again' }).click();
    await page.waitForURL((url) => url.pathname === '/demo-app' && url.searchParams.has('code'));
    await heading(page, 'Signed in as Alice Archer');
    await page.getByRole('link', { name: 'Sign out' }).click();
    await heading(page, 'You are signed out');
    await page.goto(`${at.provider.endpoint}/demo-app`);
    await page.locator('#password').waitFor();
    assert.equal(new URL(page.url()).pathname, '/sign-in', 'the session is over');
    assert.deepEqual(watch.violations, []);
    assert.deepEqual(watch.errors, []);
  });

  test('an answer of the built-in client that belongs to nobody', async () => {
    const { page } = await at.browser.open();
    await page.goto(`${at.provider.endpoint}/demo-app?code=x&state=y`);
    await heading(page, 'The test sign-in did not finish');
    await page.getByRole('link', { name: 'Sign in again' }).click();
    await page.locator('#password').waitFor();
  });

  test('a sign-in that is over: the page of its tab says so', async () => {
    const { page } = await at.browser.open();
    await page.goto(at.start());
    await page.context().clearCookies();
    await typeSignIn(page, 'alice');
    await heading(page, 'This sign-in is no longer active');
    assert.equal(new URL(page.url()).pathname, '/unknown-session');
  });
});
