// The real window: first run, an application, a sign-in in a browser appears in it, and its repair button repairs.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { PASSWORD, scope } from './support.mjs';
import { makeHome, openBrowser, skip } from './window.mjs';

describe('the window', { skip }, () => {
  const until = scope();
  /** @type {import('./window.mjs').Window} */
  let window;
  let browser;

  before(async () => {
    const home = await makeHome(until);
    window = await home.openWindow('--data-dir', `${home.folder}/elsewhere`);
    browser = await openBrowser(until);
  });

  const newPage = async () => (await browser.newContext()).newPage();

  test('a first run serves, says where, and has demo data', async () => {
    await window.shows('Serving');
    assert.ok((await window.text()).includes(`${new URL(window.endpoint).host}/oidc`), await window.text());
    await window.go('applications');
    await window.shows('Bookstore');
    await window.shows('Admin SPA');
    await window.go('people');
    await window.shows('Alice Archer');
    await window.go('sessions');
  });

  test('a first run has one finished and one failed session to look at, gone with one click', async () => {
    await window.shows('Remove examples');
    const text = await window.text();
    for (const wanted of [
      '2 sessions are examples',
      'tokens issued',
      'redirect_uri rejected',
      'Start a real sign-in',
    ]) {
      assert.ok(text.includes(wanted), `${wanted} in\n${text}`);
    }
    await window.press('Remove examples');
    await window.shows('No sign-in yet');
  });

  test('an application is created, and its secret and addresses are there to copy', async () => {
    await window.go('applications');
    await window.shows('Create application');
    await window.press('Create application');
    await window.when(`document.querySelector('dialog[open] form')`, 'no form');
    await window.type('Name', 'Ticket Shop');
    await window.run(
      `const field = document.querySelector('dialog[open] [placeholder^="http://localhost:3000"]');
       field.value = 'http://localhost:4321/callback';
       field.dispatchEvent(new Event('input', { bubbles: true }));
       field.closest('form').requestSubmit();`,
    );
    await window.shows('Created Ticket Shop');
    await window.when(`location.hash.startsWith('#/applications/')`, 'the application does not open');
    const id = await window.run(`return location.hash.split('/')[2]`);
    const page = await newPage();
    const query = new URLSearchParams({
      client_id: id,
      redirect_uri: 'http://localhost:4321/callback',
      response_type: 'code',
      scope: 'openid',
    });
    const accepted = await page.goto(`${window.endpoint}/oidc/auth?${query}`);
    assert.equal(accepted.status(), 200);
    assert.match(page.url(), new RegExp(`/sign-in\\?app_id=${id}`));
    await window.go('sessions');
    await window.shows('Ticket Shop');
  });

  test('a sign-in in a browser appears in the window as it happens', async () => {
    const page = await newPage();
    await page.goto(`${window.endpoint}/demo-app?start=1`);
    await window.shows('signing in');
    await page.fill('input[autocomplete~=username]', 'alice');
    await page.fill('input[type=password]', PASSWORD);
    await page.click('button[type=submit]');
    await page.waitForURL(/demo-app\?code=/);
    await window.shows('tokens issued');
    await window.press('tokens issued');
    await window.shows('POST /oidc/token');
    const text = await window.text();
    for (const wanted of [
      'GET /oidc/auth',
      'create interaction',
      'verify password',
      'Why this happened',
      'Alice Archer',
    ]) {
      assert.ok(text.includes(wanted), `${wanted} in\n${text}`);
    }
    assert.ok(!text.includes(PASSWORD));
  });

  test('a refused redirect URI is repaired by its button and then accepted', async () => {
    const page = await newPage();
    const query = new URLSearchParams({
      client_id: 'bookstore',
      redirect_uri: 'http://localhost:3000/callbackx',
      response_type: 'code',
      scope: 'openid',
    });
    const refused = await page.goto(`${window.endpoint}/oidc/auth?${query}`);
    assert.equal(refused.status(), 400);
    // A person is reading another session, so the list holds still and says that there is a new one.
    await window.shows('1 new');
    await window.press('1 new');
    await window.shows('redirect_uri rejected');
    await window.press('redirect_uri rejected');
    await window.shows('Register this redirect URI');
    await window.press('Register this redirect URI');
    await window.shows('Registered http://localhost:3000/callbackx');
    const accepted = await page.goto(`${window.endpoint}/oidc/auth?${query}`);
    assert.equal(accepted.status(), 200);
    assert.match(page.url(), /\/sign-in\?app_id=bookstore/);
  });

  test('nothing runs or styles the page but what is built in', async () => {
    const outcome = await window.run(`
      const seen = {};
      try { seen.evaluated = new Function('return 1')(); } catch (error) { seen.evaluated = error.name; }
      const script = document.createElement('script');
      script.textContent = 'window.ranInline = true';
      document.head.append(script);
      seen.inlineScript = window.ranInline === true;
      const style = document.createElement('style');
      style.textContent = 'body { outline: 7px solid red }';
      document.head.append(style);
      seen.inlineStyle = getComputedStyle(document.body).outlineWidth === '7px';
      script.remove();
      style.remove();
      seen.tauri = '__TAURI__' in window;
      return seen;`);
    assert.deepEqual(outcome, { evaluated: 'EvalError', inlineScript: false, inlineStyle: false, tauri: false });
  });
});
