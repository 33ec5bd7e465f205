// Journeys through the steps that come after a first page: codes, a forgotten password, a missing profile, links, second
// factors, languages. Each page on the way is judged by axe, light and dark, on a phone and on a desk.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { before, describe, test } from 'node:test';
import { audit } from './axe.mjs';
import { house } from './house.mjs';
import { arrivedIn, PASSWORD, typeSignIn } from './support.mjs';

const SHOTS = process.env.VESTIBULE_SHOTS;

/** A page as four people see it: nothing that axe minds, nothing wider than the screen. */
async function look(page, name) {
  for (const width of [360, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const { violations, passes } = await audit(page);
      assert.deepEqual(violations, [], `${name}, ${width}, ${colorScheme}`);
      assert.ok(passes.includes('color-contrast') && passes.includes('page-has-heading-one'), name);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(overflow <= 0, `${name} is ${overflow} px too wide at ${width}`);
      if (SHOTS)
        await page.screenshot({
          path: `${SHOTS}/${name}-${width}-${colorScheme}.png`,
        });
    }
  }
}

const title = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor();
const go = (page) => page.locator('form button[type=submit]').click();

function totp(base32) {
  const bits = [...base32]
    .map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0'))
    .join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const mac = createHmac('sha1', key).update(counter).digest();
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** Sign-in by code or password, sign-up with an address; a second factor where `mfa` says so. */
const withCodes = (text) =>
  text
    .replace(
      /^signUp = .*$/m,
      `signUp = { identifiers = ["email"], password = true, verify = true, secondaryIdentifiers = [{ identifier = "username" }] }
forgotPasswordMethods = ["EmailVerificationCode"]`,
    )
    .replace(
      /methods = \[[\s\S]*?\n\]/,
      `methods = [
  { identifier = "email", password = true, verificationCode = true, isPasswordPrimary = false },
  { identifier = "username", password = true },
]`,
    );

const fields = `
[[customProfileFields]]
name = "nickname"
type = "Text"
label = "Nickname"

[[customProfileFields]]
name = "shirt"
type = "Select"
label = "Shirt size"
config = { options = [{ value = "s", label = "Small" }, { value = "l", label = "Large" }] }
`;

describe('steps with codes', () => {
  const at = house();
  before(() => at.open(() => fields, withCodes));
  const codeTo = async (to) => (await at.provider.inbox()).find((message) => message.to === to).code;
  const typeCode = async (page, to) => {
    await page.getByLabel('6-digit code').waitFor();
    await page.getByLabel('6-digit code').fill(await codeTo(to));
  };

  test('a code signs in: the page says where it is, takes a paste, and goes on by itself', async () => {
    const { page, watch } = await at.browser.open();
    await page.goto(at.start());
    await page.locator('#identifier').fill('alice@example.test');
    await look(page, 'identifier');
    await go(page);
    await title(page, 'Check your email');
    assert.equal(new URL(page.url()).pathname, '/sign-in/verification-code');
    assert.match(await page.locator('main').innerText(), /alice@example\.test/);
    assert.match(await page.locator('main').innerText(), /Inbox/);
    const field = page.getByLabel('6-digit code');
    assert.equal(await field.getAttribute('autocomplete'), 'one-time-code');
    await look(page, 'code');
    const right = await codeTo('alice@example.test');
    await field.fill(right === '000000' ? '000001' : '000000');
    await page.getByText("That code isn't right").waitFor();
    await look(page, 'code-wrong');
    // As it comes from a message: with a space in it.
    await field.fill('');
    await field.pressSequentially(`${right.slice(0, 3)} ${right.slice(3)}`);
    assert.equal((await at.whoCame(page)).sub, 'alicearcher1');
    assert.deepEqual(watch.violations, []);
  });

  test('back from the code keeps what was typed; the password is one link away', async () => {
    const { page } = await at.browser.open();
    await page.goto(at.start());
    await page.locator('#identifier').fill('alice@example.test');
    await go(page);
    await title(page, 'Check your email');
    await page.goBack();
    await page.locator('#identifier').waitFor();
    assert.equal(await page.locator('#identifier').inputValue(), 'alice@example.test');
    await go(page);
    await page.getByRole('link', { name: 'Use password instead' }).click();
    await page.locator('#password').fill(PASSWORD);
    await look(page, 'password');
    await go(page);
    assert.equal((await at.whoCame(page)).sub, 'alicearcher1');
  });

  test('an unknown address is offered an account, and asked for what is missing', async () => {
    const { page } = await at.browser.open();
    await page.goto(at.start());
    await page.locator('#identifier').fill('dora@example.test');
    await go(page);
    await typeCode(page, 'dora@example.test');
    await page.getByText('Create an account?').waitFor();
    await look(page, 'offer');
    const agree = page.getByRole('checkbox');
    if (await agree.count()) await agree.check();
    await go(page);
    await page.waitForURL(/\/continue\/username/);
    await page.getByLabel('Username').fill('dora');
    await page.locator('#password').fill('quiet-Lantern-42');
    await look(page, 'continue');
    await go(page);
    await page.waitForURL(/\/continue\/extra-profile/);
    await look(page, 'extra-profile');
    await page.getByLabel('Nickname').fill('Dodo');
    await page.getByLabel('Shirt size').selectOption('l');
    await go(page);
    const claims = await at.whoCame(page);
    assert.deepEqual([claims.username, claims.email, claims.nickname], ['dora', 'dora@example.test', 'Dodo']);
  });

  test('a forgotten password', async () => {
    const { page } = await at.browser.open();
    await page.goto(
      at.start({
        first_screen: 'reset_password',
        login_hint: 'alice@example.test',
      }),
    );
    await title(page, 'Reset your password');
    assert.equal(await page.locator('#identifier').inputValue(), 'alice@example.test');
    await look(page, 'reset');
    await go(page);
    await typeCode(page, 'alice@example.test');
    await title(page, 'Choose a new password');
    await page.locator('#password').fill('short');
    await go(page);
    await page.locator('#password-error').waitFor();
    await look(page, 'reset-refused');
    await page.locator('#password').fill('quiet-Lantern-42');
    await go(page);
    await page.getByText('Your new password is saved').waitFor();
    await look(page, 'reset-done');
    await page.locator('#identifier').fill('alice@example.test');
    await go(page);
    await page.getByRole('link', { name: 'Use password instead' }).click();
    await page.locator('#password').fill('quiet-Lantern-42');
    await go(page);
    assert.equal((await at.whoCame(page)).sub, 'alicearcher1');
  });

  test('a link signs in, once; beside another person it asks who', async () => {
    const link = async (email) =>
      (
        await at.provider.control({
          op: 'createOneTimeToken',
          email,
          expiresIn: null,
        })
      ).token;
    const { page } = await at.browser.open();
    const one_time_token = await link('alice@example.test');
    await page.goto(at.start({ one_time_token, login_hint: 'alice@example.test' }));
    assert.equal((await at.whoCame(page)).sub, 'alicearcher1');
    // Used: in another browser it says so.
    const second = await at.browser.open();
    await second.page.goto(at.start({ one_time_token, login_hint: 'alice@example.test' }));
    await title(second.page, 'This link did not sign you in');
    await second.page.getByText('The link was used before').waitFor();
    await look(second.page, 'link-used');
    // Alice is signed in here; the link is somebody else's.
    const other = await link('erin@example.test');
    await page.goto(at.start({ one_time_token: other, login_hint: 'erin@example.test' }));
    await page.waitForURL(/\/switch-account/);
    await look(page, 'switch');
  });

  test('the language that is asked for, from right to left where it is written so', async () => {
    for (const [tag, dir, submit] of [
      ['de', 'ltr', /Weiter|Anmelden/],
      ['ar', 'rtl', /./],
      ['ja', 'ltr', /./],
    ]) {
      const { page } = await at.browser.open();
      await page.goto(at.start({ ui_locales: tag }));
      await page.locator('#identifier').waitFor();
      const html = page.locator('html');
      assert.deepEqual([await html.getAttribute('lang'), await html.getAttribute('dir')], [tag, dir]);
      assert.match(await page.locator('form button[type=submit]').innerText(), submit);
      await look(page, `language-${tag}`);
    }
  });
});

describe('steps with a second factor', () => {
  const at = house();
  before(() =>
    at.open(
      () => `
[signInExperience.mfa]
factors = ["Totp", "WebAuthn", "BackupCode"]
policy = "Mandatory"
`,
    ),
  );

  test('an app is bound with backup codes, and asked for at the next sign-in', async () => {
    const { page, watch } = await at.browser.open();
    await page.goto(at.start());
    await typeSignIn(page, 'alice');
    await title(page, 'Add a second step to sign in');
    await look(page, 'mfa-binding');
    await page.getByText('Authenticator app').click();
    await title(page, 'Set up your authenticator app');
    await page.getByRole('img', { name: 'QR code with the key below' }).waitFor();
    await look(page, 'totp-bind');
    const secret = await page.locator('#secret').inputValue();
    await page.getByLabel('6-digit code').fill(totp(secret));
    await title(page, 'Save your backup codes');
    await look(page, 'backup-codes');
    const codes = (await page.locator('main').innerText()).match(/[0-9a-f]{10}/g);
    assert.equal(codes.length, 10);
    await page.getByRole('button', { name: 'I have saved them' }).click();
    assert.equal((await at.whoCame(page)).sub, 'alicearcher1');

    const next = await at.browser.open();
    await next.page.goto(at.start());
    await typeSignIn(next.page, 'alice');
    await title(next.page, 'Enter the code from your app');
    await look(next.page, 'totp-verify');
    await next.page.getByText('Use another way').click();
    await look(next.page, 'mfa-list');
    await next.page.getByText('Backup code').click();
    await title(next.page, 'Enter a backup code');
    await next.page.getByRole('textbox').fill(codes[3]);
    await look(next.page, 'backup-verify');
    await go(next.page);
    assert.equal((await at.whoCame(next.page)).sub, 'alicearcher1');
    assert.deepEqual([...watch.violations, ...next.watch.violations], []);
  });

  test('a passkey is bound and used', async () => {
    const { page, context } = await at.browser.open();
    const cdp = await context.newCDPSession(page);
    await cdp.send('WebAuthn.enable');
    await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
      },
    });
    await page.goto(at.start());
    await typeSignIn(page, 'bob', PASSWORD);
    // This person has a phone number and no address; sign-up here asks for a username, which is there.
    await title(page, 'Add a second step to sign in');
    await page.getByText('Passkey', { exact: true }).click();
    await title(page, 'Create a passkey');
    await look(page, 'passkey-bind');
    await page.getByRole('button', { name: 'Create a passkey' }).click();
    await page.getByRole('button', { name: 'I have saved them' }).click();
    assert.equal((await at.whoCame(page)).sub, 'bobbanner001');
    await page.goto(at.start({ prompt: 'login' }));
    await typeSignIn(page, 'bob', PASSWORD);
    await title(page, 'Confirm with your passkey');
    await look(page, 'passkey-verify');
    await page.getByRole('button', { name: 'Use your passkey' }).click();
    const { url } = await arrivedIn(page, at.app, '/callback');
    assert.ok(url.searchParams.get('code'));
  });
});
