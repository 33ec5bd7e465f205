// The console in an ordinary browser: let in by an address that works once, live, and nobody else gets in with it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { house } from './house.mjs';
import { BINARY, typeSignIn } from './support.mjs';

const run = promisify(execFile);

describe('the console in a browser', () => {
  const at = house();
  const ctl = async (...args) => {
    const { stdout } = await run(BINARY, ['ctl', '--token-file', at.provider.tokenFile, ...args]);
    return stdout.trim();
  };
  /** A tab with the console in it. */
  const opened = async (options) => {
    const tab = await at.browser.open(options);
    await tab.page.goto(await ctl('open'));
    await tab.page.getByRole('navigation').first().waitFor();
    return tab;
  };
  before(() => at.open());

  test('it opens with an address of ctl, stays after a reload, and breaks no rule of its policy', async () => {
    const { page, watch } = await opened();
    assert.equal(new URL(page.url()).hash.includes('code'), false, 'the code is gone from the address');
    await page.getByText(at.provider.issuer).first().waitFor();
    await page.reload();
    await page.getByText(at.provider.issuer).first().waitFor();
    for (const name of ['Applications', 'People', 'Playground', 'Settings', 'Sessions']) {
      await page.getByRole('navigation').first().getByRole('link', { name }).click();
      await page.getByRole('main').waitFor();
    }
    assert.deepEqual(watch.violations, []);
    assert.deepEqual(watch.errors, []);
    const elsewhere = watch.requests.filter(
      ({ url }) => !url.startsWith(at.provider.endpoint) && !url.startsWith('data:'),
    );
    assert.deepEqual(elsewhere, []);
  });

  test('it shows a sign-in as it happens', async () => {
    const { page } = await opened();
    const person = await at.browser.open();
    await person.page.goto(at.start());
    await page.getByText('signing in').first().waitFor();
    await typeSignIn(person.page, 'alice');
    await at.whoCame(person.page);
    await page.getByText('Alice Archer').first().waitFor();
  });

  test('it creates an application', async () => {
    const { page } = await opened();
    await page.goto(`${at.provider.endpoint}/console/#/applications`);
    await page
      .getByRole('button', { name: /(Create|New) application/ })
      .first()
      .click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name', { exact: true }).fill('Made in a browser');
    await dialog.getByRole('button', { name: /^Create/ }).click();
    await page.getByText('Created Made in a browser.').first().waitFor();
    const list = JSON.parse(await ctl('applications', 'list', '--search', 'made in'));
    assert.deepEqual(
      list.map(({ name }) => name),
      ['Made in a browser'],
    );
  });

  test('it repairs a refused redirect URI', async () => {
    const { page } = await opened();
    const person = await at.browser.open();
    const wrong = at.start({ redirect_uri: `${at.app.origin}/other` });
    await person.page.goto(wrong);
    await page
      .getByText(/redirect_uri/)
      .first()
      .waitFor();
    const [failed] = JSON.parse(await ctl('sessions', '--filter', 'status:failed app:bookstore'));
    await page.goto(`${at.provider.endpoint}/console/#/sessions/${failed.id}`);
    await page.getByRole('button', { name: 'Register this redirect URI' }).click();
    await page
      .getByText(/Registered/)
      .first()
      .waitFor();
    await person.page.goto(wrong);
    await person.page.getByRole('heading', { level: 1, name: /Sign in to Bookstore/ }).waitFor();
  });

  test('without an address of its own it says how to get one', async () => {
    const { page } = await at.browser.open();
    await page.goto(`${at.provider.endpoint}/console`);
    await page.getByRole('heading', { name: 'Open the console from a terminal' }).waitFor();
    const address = await ctl('open');
    const first = await at.browser.open();
    await first.page.goto(address);
    await first.page.getByRole('navigation').first().waitFor();
    const second = await at.browser.open();
    await second.page.goto(address);
    await second.page.getByText(/used already/).waitFor();
  });

  test('another page of the same browser has the cookie, and gets nothing with it', async () => {
    const { context } = await opened();
    const names = (await context.cookies(`${at.provider.endpoint}/control`)).map(({ name }) => name);
    assert.deepEqual(names, [`vestibule_console_${at.provider.port}`]);
    const statusOf = (page, mode) =>
      page.evaluate(
        ([url, mode]) =>
          fetch(url, { credentials: 'include', mode }).then(
            ({ status, type }) => `${type} ${status}`,
            () => 'refused',
          ),
        [`${at.provider.endpoint}/control/api/status`, mode],
      );
    // One of our own origin, as a developer's own sign-in page is.
    const ours = await context.newPage();
    await ours.goto(`${at.provider.endpoint}/demo-app`);
    assert.equal(await statusOf(ours, 'cors'), 'basic 403');
    assert.equal(await ours.evaluate(() => document.cookie.includes('console')), false);
    assert.equal(await ours.evaluate(() => window.sessionStorage.getItem('vestibule.console.key')), null);
    // One of another port of this host: another local server.
    const other = await context.newPage();
    await other.goto(at.app.origin);
    assert.equal(await statusOf(other, 'cors'), 'refused');
    const framed = await other.evaluate(
      (url) =>
        new Promise((resolve) => {
          const frame = document.createElement('iframe');
          frame.src = url;
          frame.onload = () => resolve(frame.contentDocument === null ? 'nothing to see' : 'readable');
          document.body.append(frame);
        }),
      `${at.provider.endpoint}/console/`,
    );
    assert.equal(framed, 'nothing to see');
  });
});
