// The account chooser of simulated providers: accessible in both themes and on a narrow screen, usable with the keyboard alone and
// without scripts, within its policy, and alone on the network.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { audit } from './axe.mjs';
import { scope, startBrowser, startProvider } from './support.mjs';

const CONFIG = `
[[connectors]]
id = "google1"
connectorId = "google-universal"
simulated = true

[[connectors.accounts]]
name = "Maya Chen"
sub = "100000000000000000001"
email = "maya@google.example"

[[connectors.accounts]]
name = "Noah Bartholomew Featherstonehaugh-Okonkwo"
sub = "100000000000000000002"
email = "noah.bartholomew.featherstonehaugh-okonkwo@a-very-long-domain-name.example"
emailVerified = false
failure = "wrongNonce"

[[connectors]]
id = "apple1"
connectorId = "apple-universal"
simulated = true
`;

describe('simulated providers', () => {
  const until = scope();
  let provider;
  let browser;
  before(async () => {
    provider = await startProvider(until, CONFIG);
    browser = await startBrowser(until);
  });

  /** The address that a connector sends the browser to. */
  const authorize = (connector = 'google1', more = {}) => {
    const url = new URL(`${provider.endpoint}/simulated/${connector}/authorize`);
    url.search = String(
      new URLSearchParams({
        response_type: 'code',
        client_id: 'vestibule',
        scope: 'openid profile email',
        redirect_uri: `${provider.endpoint}/callback/${connector}`,
        state: 'state-1',
        nonce: 'nonce-1',
        ...more,
      }),
    );
    return String(url);
  };
  const arm = (next, failure = null) =>
    provider.control({ op: 'setSimulation', connectorId: 'google1', simulation: { failure, next } });
  /** What came back at the callback address. */
  const cameBack = async (page, connector = 'google1') => {
    const request = await page.waitForRequest((sent) => new URL(sent.url()).pathname === `/callback/${connector}`);
    return new URL(request.url()).searchParams;
  };

  const PAGES = {
    'the chooser': (page) => page.goto(authorize()),
    'the chooser, with somebody expected and a failure armed': async (page) => {
      await arm('noAnswer');
      await page.goto(authorize('google1', { login_hint: 'maya@google.example' }));
      await page.locator('.armed').waitFor();
      await arm(null);
    },
    'the form for another account, with a mistake': async (page) => {
      await page.goto(authorize('google1', { login_hint: 'zara@google.example' }));
      await page.locator('#name').fill('Zara');
      await page.locator('#email').evaluate((field) => (field.type = 'text'));
      await page.locator('#email').fill('nowhere');
      await page.getByRole('button', { name: 'Add and sign in' }).click();
      await page.locator('#email-error').waitFor();
    },
    'what was asked': async (page) => {
      await page.goto(authorize());
      await page.getByText('What was asked').click();
    },
    'a request that can not be answered': (page) => page.goto(authorize('google1', { client_id: 'other' })),
    'no such provider': (page) => page.goto(authorize('nobody')),
  };

  for (const [name, open] of Object.entries(PAGES)) {
    test(`${name}: accessible in light and dark, narrow and wide`, async () => {
      const inks = [];
      for (const [colorScheme, width] of [
        ['light', 360],
        ['dark', 1280],
      ]) {
        const { context, page, watch } = await browser.open({ colorScheme, viewport: { width, height: 800 } });
        await open(page);
        const { violations, passes } = await audit(page);
        assert.deepEqual(violations, [], colorScheme);
        for (const rule of ['color-contrast', 'document-title', 'html-has-lang', 'page-has-heading-one', 'region'])
          assert.ok(passes.includes(rule), `axe judged ${rule}`);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), `${width} px`);
        inks.push(await page.evaluate(() => getComputedStyle(document.body).color));
        const strangers = watch.requests.filter(({ url }) => new URL(url).origin !== provider.endpoint);
        assert.deepEqual(strangers, []);
        assert.deepEqual(watch.violations, []);
        await context.close();
      }
      assert.notEqual(inks[0], inks[1], 'dark looks like light');
    });
  }

  test('whoever is expected has the focus, and Enter chooses', async () => {
    const { page } = await browser.open();
    await page.goto(authorize('google1', { login_hint: 'maya@google.example' }));
    assert.match(await page.evaluate(() => document.activeElement.textContent), /Maya Chen/);
    const [answer] = await Promise.all([cameBack(page), page.keyboard.press('Enter')]);
    assert.equal(answer.get('state'), 'state-1');
    assert.match(answer.get('code'), /^[\w-]{43}$/);
  });

  test('without scripts: choose, make one up, add one, cancel', async () => {
    const { page } = await browser.open({ javaScriptEnabled: false });
    const press = async (button, prepare = async () => {}) => {
      await page.goto(authorize());
      await prepare();
      const [answer] = await Promise.all([cameBack(page), page.getByRole('button', { name: button }).click()]);
      return answer;
    };
    assert.ok((await press(/Maya Chen/)).get('code'));
    assert.ok((await press('Make one up')).get('code'));
    const added = await press('Add and sign in', async () => {
      await page.getByText('Add an account').click();
      await page.getByLabel('Name', { exact: true }).fill('Ada Byron');
      await page.getByLabel('When it signs in').selectOption({ label: 'The redirect carries another state' });
    });
    assert.ok(added.get('code'));
    assert.notEqual(added.get('state'), 'state-1');
    assert.equal((await press('Cancel')).get('error'), 'access_denied');
    const known = await provider.control({ op: 'simulatedAccounts', connectorId: 'google1' });
    assert.equal(known.length, 4);
    assert.deepEqual([known[3].name, known[3].email, known[3].failure], ['Ada Byron', null, 'wrongState']);
  });

  test("Apple's answer is posted, by script or by hand", async () => {
    for (const javaScriptEnabled of [true, false]) {
      const { page, watch } = await browser.open({ javaScriptEnabled });
      await page.goto(authorize('apple1', { scope: 'name email', response_mode: 'form_post' }));
      const posted = page.waitForRequest((sent) => sent.method() === 'POST' && sent.url().endsWith('/callback/apple1'));
      await page.locator('.accounts button').first().click();
      if (!javaScriptEnabled) await page.getByRole('button', { name: 'Continue' }).click();
      const form = new URLSearchParams((await posted).postData());
      assert.equal(form.get('state'), 'state-1');
      assert.equal(JSON.parse(form.get('user') ?? '{}').name !== undefined, javaScriptEnabled, 'a name comes once');
      assert.deepEqual(watch.violations, []);
    }
  });
});
