// What holds for every page: accessible in light and dark, usable with the keyboard alone, no breach of its own content security
// policy, no request to anybody else, and few requests before it can be used.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { audit } from './axe.mjs';
import { house } from './house.mjs';
import { arrivedIn, PASSWORD, typeSignIn } from './support.mjs';

describe('every page', () => {
  const at = house();
  before(() => at.open());
  const title = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor();

  /** Every page of this release: how to come there in a fresh profile. */
  const PAGES = {
    'sign-in': async (page) => {
      await page.goto(at.start());
      await page.locator('#password').waitFor();
    },
    'sign-in with a wrong password': async (page) => {
      await page.goto(at.start());
      await typeSignIn(page, 'alice', 'knock-knock-stay-out');
      await page.locator('#sign-in-error').waitFor();
    },
    'sign-in with empty fields': async (page) => {
      await page.goto(at.start());
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.locator('#identifier-error').waitFor();
    },
    'identifier first': async (page) => {
      await page.goto(at.start({ first_screen: 'identifier:sign_in' }));
      await page.locator('#identifier').waitFor();
    },
    'password after the identifier': async (page) => {
      await page.goto(at.start({ first_screen: 'identifier:sign_in', login_hint: 'alice' }));
      await page.getByRole('button', { name: 'Continue' }).click();
      await page.locator('#password').waitFor();
    },
    register: async (page) => {
      await page.goto(at.start({ first_screen: 'register' }));
      await page.locator('#password').waitFor();
    },
    'register with a bad password': async (page) => {
      await page.goto(at.start({ first_screen: 'register' }));
      await page.locator('#identifier').fill('somebody_new');
      await page.locator('#password').fill('abc');
      await page.getByRole('checkbox').check();
      await page.locator('form button[type=submit]').click();
      await page.locator('#password-error').waitFor();
    },
    'register, identifier first': async (page) => {
      await page.goto(at.start({ first_screen: 'identifier:register' }));
      await page.locator('#identifier').waitFor();
    },
    'single sign-on': async (page) => {
      await page.goto(at.start({ first_screen: 'single_sign_on' }));
      await title(page, 'Single sign-on');
    },
    'a page that does not exist': async (page) => {
      await page.goto(at.start());
      await page.goto(`${at.provider.endpoint}/social/register/x?app_id=bookstore`);
      await page.locator('h1').waitFor();
    },
    'suspended account': async (page) => {
      await page.goto(at.start());
      await typeSignIn(page, 'carol');
      await title(page, 'This account is suspended');
    },
    consent: async (page) => {
      await page.goto(at.startPartner());
      await typeSignIn(page, 'alice');
      await page.getByRole('button', { name: 'Allow' }).waitFor();
    },
    'switch account': async (page) => {
      await page.goto(at.startPartner());
      await typeSignIn(page, 'alice');
      await page.getByRole('link', { name: 'Not you?' }).click();
      await title(page, 'Switch account?');
    },
    'opened by hand': async (page) => {
      await page.goto(`${at.provider.endpoint}/sign-in`);
      await page.getByRole('link', { name: 'Start a test sign-in' }).waitFor();
    },
    'no longer active': async (page) => {
      await page.goto(`${at.provider.endpoint}/unknown-session`);
      await title(page, 'This sign-in is no longer active');
    },
    'the built-in client': async (page) => {
      await page.goto(`${at.provider.endpoint}/demo-app?start=1`);
      await typeSignIn(page, 'alice');
      await title(page, 'Signed in as Alice Archer');
    },
    'signed out': async (page) => {
      await page.goto(`${at.provider.issuer}/session/end`);
      await title(page, 'You are signed out');
    },
    'grants, with nobody signed in': async (page) => {
      await page.goto(`${at.provider.endpoint}/grants`);
      await title(page, 'Nobody is signed in here');
    },
    grants: async (page) => {
      await page.goto(at.start());
      await typeSignIn(page, 'alice');
      await arrivedIn(page, at.app, '/callback');
      await page.goto(`${at.provider.endpoint}/grants`);
      await page.getByRole('button', { name: 'Revoke what Bookstore has' }).waitFor();
    },
    'an error that stays here': async (page) => {
      await page.goto(`${at.provider.issuer}/auth?client_id=nobody`);
      await title(page, 'The request was refused');
    },
    'not found': async (page) => {
      await page.goto(`${at.provider.endpoint}/no/such/page`);
      await page.locator('h1').waitFor();
    },
  };

  for (const [name, open] of Object.entries(PAGES)) {
    test(`${name}: accessible in light and dark, alone on the network, within its policy`, async () => {
      const inks = [];
      for (const colorScheme of ['light', 'dark']) {
        const { context, page, watch } = await at.browser.open({ colorScheme, reducedMotion: 'reduce' });
        await open(page);
        const { violations, passes } = await audit(page);
        assert.deepEqual(violations, [], colorScheme);
        for (const rule of ['color-contrast', 'document-title', 'html-has-lang', 'page-has-heading-one', 'region'])
          assert.ok(passes.includes(rule), `axe judged ${rule}`);
        inks.push(
          await page.evaluate(() => getComputedStyle(document.querySelector('.card, main') ?? document.body).color),
        );
        const strangers = watch.requests.filter(
          ({ url }) => !url.startsWith('data:') && ![at.provider.endpoint, at.app.origin].includes(new URL(url).origin),
        );
        assert.deepEqual(strangers, []);
        assert.deepEqual(watch.violations, []);
        await context.close();
      }
      assert.notEqual(inks[0], inks[1], 'dark looks like light');
    });
  }

  test('a breach of the policy would be seen', async () => {
    const { page, watch } = await at.browser.open();
    await page.goto(at.start());
    await page.evaluate(() => {
      const stopped = (add) =>
        new Promise((resolve) => {
          document.addEventListener('securitypolicyviolation', resolve, { once: true });
          document.body.append(add);
        });
      const script = Object.assign(document.createElement('script'), { textContent: 'window.breached = true' });
      const style = Object.assign(document.createElement('style'), { textContent: 'body { opacity: 0.5 }' });
      return stopped(script)
        .then(() => stopped(style))
        .then(() => undefined);
    });
    assert.equal(await page.evaluate(() => window.breached), undefined);
    assert.ok(watch.violations.some((text) => /script-src/.test(text)));
    assert.ok(watch.violations.some((text) => /style-src/.test(text)));
  });

  test('a page can be used after three requests; by itself it asks only what the window decided', async () => {
    for (const [path, address] of [
      ['/sign-in', at.start()],
      ['/register', at.start({ first_screen: 'register' })],
      ['/sign-in', `${at.provider.endpoint}/sign-in`],
    ]) {
      const { page, watch } = await at.browser.open();
      await page.goto(address);
      await page.locator('form button[type=submit], a.primary').waitFor();
      const made = watch.requests.filter(
        ({ url, type }) =>
          type !== 'font' && !/^\/oidc\/auth(\/[^/]+\/wait)?$/.test(new URL(url).pathname) && !url.startsWith('data:'),
      );
      assert.deepEqual(made.map(({ type }) => type).sort(), ['document', 'script', 'stylesheet']);
      assert.equal(new URL(made.find(({ type }) => type === 'document').url).pathname, path);
      assert.ok(watch.requests.filter(({ type }) => type === 'font').length <= 1);
      assert.deepEqual(watch.errors, []);
    }
  });

  /** Presses Tab until the focus is where it should be, and sees that it shows. */
  const tabTo = async (page, target, most = 25) => {
    for (let i = 0; i < most; i += 1) {
      await page.keyboard.press('Tab');
      if (await target.evaluate((element) => element === document.activeElement)) {
        assert.ok(await target.evaluate((element) => element.matches(':focus-visible')));
        return;
      }
    }
    assert.fail(`${target} was not reached with ${most} tabs`);
  };

  test('keyboard alone: sign in with a password, after a mistake', async () => {
    const { page } = await at.browser.open();
    await page.goto(at.start());
    await page.locator('#password').waitFor();
    await tabTo(page, page.locator('#identifier'), 1);
    await page.keyboard.type('alice');
    await tabTo(page, page.locator('#password'), 2);
    await page.keyboard.type('wrong-password');
    await page.keyboard.press('Enter');
    await page.locator('#sign-in-error').waitFor();
    await page.waitForFunction(() => ['identifier', 'password'].includes(document.activeElement?.id));
    const focused = await page.evaluate(() => document.activeElement.id);
    if (focused !== 'password') await tabTo(page, page.locator('#password'), 2);
    await page.keyboard.press('Control+A');
    await page.keyboard.type(PASSWORD);
    await tabTo(page, page.getByRole('button', { name: 'Sign in', exact: true }), 3);
    await page.keyboard.press('Enter');
    assert.equal((await at.whoCame(page)).sub, 'alicearcher1');
  });

  test('keyboard alone: register, consent, development sign-in', async () => {
    const { page } = await at.browser.open();
    await page.goto(at.startPartner({ scope: 'openid profile' }));
    await page.locator('#password').waitFor();
    await tabTo(page, page.getByRole('link', { name: 'Create account' }));
    await page.keyboard.press('Enter');
    await title(page, 'Create an account for Partner Prints');
    await tabTo(page, page.locator('#identifier'), 1);
    await page.keyboard.type('by_keyboard');
    await tabTo(page, page.locator('#password'), 1);
    await page.keyboard.type('quiet-Lantern-42');
    await tabTo(page, page.getByRole('checkbox'), 3);
    await page.keyboard.press('Space');
    await tabTo(page, page.getByRole('button', { name: 'Create account' }), 4);
    await page.keyboard.press('Enter');
    await title(page, 'Partner Prints asks for access');
    await tabTo(page, page.getByRole('button', { name: 'Allow' }));
    await page.keyboard.press('Enter');
    assert.equal((await at.whoCame(page, '/partner', 'partner')).username, 'by_keyboard');

    const other = await at.browser.open();
    await other.page.goto(at.start());
    await other.page.locator('#password').waitFor();
    await tabTo(other.page, other.page.getByRole('button', { name: 'Alice Archer' }));
    await other.page.keyboard.press('Enter');
    assert.equal((await at.whoCame(other.page)).sub, 'alicearcher1');
  });

  test('the sign-in form is one that password managers know', async () => {
    const { page } = await at.browser.open();
    await page.goto(at.start());
    await page.locator('#password').waitFor();
    const fields = await page
      .locator('form input')
      .evaluateAll((inputs) => inputs.map(({ type, autocomplete }) => [type, autocomplete]));
    assert.deepEqual(fields, [
      ['text', 'username'],
      ['password', 'current-password'],
    ]);
  });

  test('the policy itself: no inline script, no framing, nothing from elsewhere', async () => {
    for (const address of [
      `${at.provider.endpoint}/sign-in`,
      `${at.provider.endpoint}/demo-app`,
      `${at.provider.issuer}/session/end`,
      `${at.provider.endpoint}/no/such/page`,
    ]) {
      const response = await fetch(address);
      const policy = new Map(
        response.headers
          .get('content-security-policy')
          .split(';')
          .map((part) => part.trim().split(/\s+(.*)/s)),
      );
      assert.equal(policy.get('default-src'), "'none'", address);
      assert.equal(policy.get('script-src'), "'self'", address);
      assert.equal(policy.get('style-src'), "'self'", address);
      assert.equal(policy.get('frame-ancestors'), "'none'", address);
      assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
    }
  });
});
