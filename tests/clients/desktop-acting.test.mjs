// Acting on a live sign-in from the real window, while a browser elsewhere waits for it.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { scope } from './support.mjs';
import { makeHome, openBrowser, skip } from './window.mjs';

describe('acting in the window', { skip }, () => {
  const until = scope();
  /** @type {import('./window.mjs').Window} */
  let window;
  let browser;

  before(async () => {
    const home = await makeHome(until);
    window = await home.openWindow('--data-dir', `${home.folder}/elsewhere`);
    browser = await openBrowser(until);
    await window.shows('Remove examples');
    await window.press('Remove examples');
    await window.shows('No sign-in yet');
  });

  /** A sign-in waits in a browser of its own, and the window shows it. */
  const waiting = async () => {
    const page = await (await browser.newContext()).newPage();
    await page.goto(`${window.endpoint}/demo-app?start=1`);
    await page.locator('input[autocomplete~=username]').waitFor();
    // While a session is chosen the list holds still, and says that there is a new one.
    await window.when(`/1 new|signing in/.test(document.body.innerText)`, 'the sign-in does not appear');
    if ((await window.text()).includes('1 new')) await window.press('Follow live');
    await window.shows('signing in');
    await window.press('signing in');
    await window.shows('Continue as…');
    return page;
  };
  const dialog = (condition) => `[...document.querySelectorAll('dialog[open]')].some((dialog) => ${condition})`;

  test('continue as: the browser goes on as the person who was chosen, without a password', async () => {
    const page = await waiting();
    await window.press('Continue as…');
    await window.when(dialog(`dialog.querySelectorAll('[role=option]').length > 3`), 'nobody to choose');
    await window.run(
      `[...document.querySelectorAll('dialog[open] [role=option]')].find((o) => o.innerText.includes('Bob Banner')).click()`,
    );
    await page.waitForURL(/demo-app\?code=/);
    await window.shows('tokens issued');
    await window.shows('Bob Banner');
    assert.match(await window.text(), /You continued/);
  });

  test('fail as: the application gets the error that was chosen', async () => {
    const page = await waiting();
    await window.press('Fail as…');
    await window.when(dialog(`dialog.querySelector('[value=temporarily_unavailable]')`), 'no errors to choose');
    await window.run(`document.querySelector('dialog[open] [value=temporarily_unavailable]').click()`);
    await window.shows('Fail as temporarily_unavailable');
    await window.run(`document.querySelector('dialog[open] form').requestSubmit()`);
    await page.waitForURL(/demo-app\?.*error=temporarily_unavailable/);
  });

  test('replay with changes: what is to be sent is shown, and works', async () => {
    const page = await waiting();
    await window.press('Actions');
    await window.press('Replay with changes…');
    await window.when(
      dialog(`dialog.querySelector('.url')?.innerText.includes('/oidc/auth?')`),
      'no request to replay',
    );
    const url = await window.run(`return document.querySelector('dialog[open] .url').innerText`);
    assert.match(url, /client_id=demo-app/);
    await window.run(`document.querySelector('dialog[open] [aria-label=Close]').click()`);
    await page.goto(url);
    assert.match(page.url(), /\/sign-in\?app_id=demo-app/);
  });
});
