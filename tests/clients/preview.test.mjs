// The frame with the hosted pages in the provider's window, as it is built: served as the desktop window serves it, with that
// window's content security policy. Every page is shown, and the frame stays where it is and talks to nobody.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { before, describe, test } from 'node:test';
import { scope, startBrowser } from './support.mjs';

const file = (path) => readFile(new URL(`../../${path}`, import.meta.url));
const TYPES = { html: 'text/html', js: 'text/javascript', css: 'text/css', woff2: 'font/woff2' };

/** What the window would say of a draft; generous, so that every page can be reached. */
const DATA = {
  page: 'experience',
  issuer: 'http://localhost:3001/oidc',
  demoUrl: '/demo-app?start=1',
  application: { id: 'shop', name: 'Bookstore', isThirdParty: false },
  developmentSignIn: null,
  customCss: true,
  language: { tag: 'en', dir: 'ltr', phrases: { 'signIn.title': 'Welcome in' } },
  signInExperience: {
    color: { primaryColor: '#0f766e', darkPrimaryColor: '#2dd4bf', isDarkModeEnabled: true },
    branding: {},
    languageInfo: { autoDetect: true, fallbackLanguage: 'en' },
    agreeToTermsPolicy: 'Automatic',
    termsOfUseUrl: 'https://shop.test/terms',
    signIn: {
      methods: [
        { identifier: 'username', password: true, verificationCode: false, isPasswordPrimary: true },
        { identifier: 'email', password: true, verificationCode: true, isPasswordPrimary: true },
      ],
    },
    signUp: { identifiers: ['email'], password: true, verify: true },
    signInMode: 'SignInAndRegister',
    singleSignOnEnabled: true,
    socialConnectors: [{ id: 'g', target: 'google', name: { en: 'Google' } }],
    ssoConnectors: [
      { id: 'acme', connectorName: 'Acme' },
      { id: 'birch', connectorName: 'Birch' },
    ],
    forgotPassword: { email: true, phone: true },
    passwordPolicy: { length: { min: 8, max: 256 } },
    mfa: { factors: ['WebAuthn', 'Totp', 'PhoneVerificationCode', 'EmailVerificationCode', 'BackupCode'] },
    passkeySignIn: { enabled: true },
    customProfileFields: [{ name: 'nickname', type: 'Text', label: 'Nickname' }],
    customContent: { '/sign-in': '<p id="own">Ask at the desk.</p><img src="data:," onerror="parent.ran = true">' },
  },
};
const HARNESS = `const frame = document.createElement('iframe');
frame.sandbox = 'allow-scripts allow-same-origin allow-forms';
frame.src = './preview.html';
window.told = [];
addEventListener('message', ({ data }) => window.told.push(data));
document.body.append(frame);`;

/** Serves the built window. */
async function serve(until) {
  const { app } = JSON.parse(await file('tauri.conf.json'));
  const answer = async ({ url }) => {
    if (url === '/')
      return [
        'html',
        '<!doctype html><title>Window</title><link rel="icon" href="data:," /><script type="module" src="/harness.js"></script>',
      ];
    if (url === '/harness.js') return ['js', HARNESS];
    return [url.split('.').at(-1), await file(`ui/dist/console${url}`)];
  };
  const server = createServer((request, response) => {
    answer(request).then(
      ([type, body]) => {
        response.setHeader('content-type', TYPES[type] ?? 'application/octet-stream');
        response.setHeader('content-security-policy', app.security.csp);
        response.end(body);
      },
      () => response.writeHead(404).end(),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  until.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}`;
}

describe('the preview in the window', () => {
  const until = scope();
  let origin;
  let browser;
  before(async () => {
    origin = await serve(until);
    browser = await startBrowser(until);
  });

  test('shows every page, reaches nobody and stays where it is', async () => {
    const source = String(await file('ui/console/src/lib/page-frame.ts'));
    const screens = [...source.matchAll(/\{ id: '(\w+)'/g)].map(([, id]) => id);
    assert.ok(screens.length > 40, `${screens.length} pages`);
    const { page, watch } = await browser.open();
    await page.goto(origin);
    await page.waitForFunction(() => window.told.some(({ preview }) => preview === 'ready'));
    const frame = page.frames().find((one) => one.url().endsWith('/preview.html'));
    const heading = frame.locator('h1').first();
    for (const [index, screen] of screens.entries()) {
      const theme = index % 2 === 0 ? 'light' : 'dark';
      await page.evaluate(
        (shown) => {
          window.told = [];
          document.querySelector('iframe').contentWindow.postMessage({ preview: 'show', shown }, '/');
        },
        { screen, theme, data: DATA, css: '.logto_main-content h1 { letter-spacing: 3px }' },
      );
      await page.waitForFunction(
        (id) => window.told.some((one) => one.preview === 'seen' && one.screen === id),
        screen,
      );
      await heading.filter({ hasNotText: 'One moment' }).waitFor();
      const told = await page.evaluate(() => window.told);
      const said = told.map(({ preview, note }) => [preview, note]);
      assert.deepEqual(said, [['seen', '']], screen);
      assert.equal(await frame.evaluate(() => document.documentElement.dataset.theme), theme);
      // A dialog takes the focus by itself, and the window takes it back.
      const taken = await page.evaluate(() => document.activeElement !== document.body);
      assert.equal(taken, screen === 'terms', screen);
      if (taken) await page.evaluate(() => document.querySelector('iframe').blur());
    }
    assert.equal(
      await heading.evaluate((one) => getComputedStyle(one).letterSpacing),
      '3px',
      'the draft’s style sheet',
    );
    // The policy keeps scripts in the operator's own HTML from running, and says so; nothing else goes wrong.
    assert.equal(await page.evaluate(() => window.ran), undefined);
    const about = (text) => /script-src-attr|inline event handler/.test(text);
    assert.ok(watch.violations.some(about), 'the handler was there, and was stopped');
    assert.deepEqual(
      [...watch.violations, ...watch.errors].filter((text) => !about(text)),
      [],
    );
    const strangers = watch.requests.map(({ url }) => url).filter((url) => !url.startsWith(origin));
    assert.deepEqual(
      strangers.filter((url) => !url.startsWith('data:')),
      [],
    );
    assert.equal(frame.url(), `${origin}/preview.html`);
  });
});
