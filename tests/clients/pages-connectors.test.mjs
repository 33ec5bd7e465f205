// Signing in with other providers through the real pages, at providers that Vestibule plays: what the application gets, what
// the person sees, what the session says (sheet 2.5, 2.6, 6.4 and 6.5).
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { audit } from './axe.mjs';
import { house } from './house.mjs';
import { typeSignIn } from './support.mjs';

const SHOTS = process.env.VESTIBULE_SHOTS;

const connectors = `
[[connectors]]
id = "g"
connectorId = "google-universal"
simulated = true
accounts = [
  { name = "Nora Lind", sub = "g-nora", email = "nora@example.test" },
  { name = "Alma Archer", sub = "g-alma", email = "alice@example.test" },
  { name = "Una Verified", sub = "g-una", email = "alice@example.test", emailVerified = false },
  { name = "Erin Acheson", sub = "g-erin", email = "erin@acme.test" },
]

[[connectors]]
id = "gh"
connectorId = "github-universal"
simulated = true
accounts = [{ name = "Gita Hubert", sub = "4711", email = "gita@example.test" }]

[[connectors]]
id = "ap"
connectorId = "apple-universal"
simulated = true
accounts = [{ name = "Ada Pell", sub = "ap-ada", email = "ada@example.test" }]

[[connectors]]
id = "hidden"
connectorId = "discord-universal"
simulated = true

[[connectors]]
id = "broken"
connectorId = "oidc"
target = "broken"
name = "Broken"
[connectors.config]
authorizationEndpoint = "http://127.0.0.1:9/auth"
tokenEndpoint = "http://127.0.0.1:9/token"
clientId = "c"
clientSecret = "s"
idTokenVerificationConfig = { jwksUri = "http://127.0.0.1:9/jwks" }

[[connectors]]
id = "acme"
connectorId = "OIDC"
name = "Acme"
domains = ["acme.test"]
simulated = true
accounts = [{ name = "Emil Ackerman", sub = "a-emil", email = "emil@acme.test" }]

[[connectors]]
id = "twin"
connectorId = "Okta"
name = "Acme twin"
domains = ["twins.test"]
simulated = true

[[connectors]]
id = "twin2"
connectorId = "OIDC"
name = "Other twin"
domains = ["twins.test"]
simulated = true
`;

/** Targets on the page, and a sign-up that asks a social account for nothing more. */
const offered = (more) => (text) =>
  text.replace(
    /^singleSignOnEnabled = true$/m,
    `singleSignOnEnabled = true
socialSignInConnectorTargets = ["google", "github", "apple", "broken"]
${more}`,
  );
const EASY = 'socialSignIn = { skipRequiredIdentifiers = true }\nagreeToTermsPolicy = "Automatic"';

const heading = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor();
const choose = async (page, name) => {
  await heading(page, /^Sign in with/);
  await page.getByRole('button', { name }).click();
};

describe('connectors', () => {
  const at = house();
  before(() =>
    at.open(
      () => connectors,
      (text) => offered(EASY)(text.replace(/^agreeToTermsPolicy = .*$/m, '')),
    ),
  );
  const { control } = { control: (request) => at.provider.control(request) };
  const people = async () => (await control({ op: 'users', search: '', limit: 100 })).users.length;
  /** The newest session with an interaction, and its cards. */
  const newest = async () => {
    const [summary] = (await control({ op: 'sessions', limit: 5 })).filter(({ interaction }) => interaction);
    const { steps } = await control({ op: 'session', id: summary.id });
    return { summary, steps, cards: steps.flatMap(({ because }) => because) };
  };
  const said = ({ cards }) => cards.map(({ title, detail }) => `${title} ${detail}`).join('\n');
  const arm = (connectorId, next) => control({ op: 'setSimulation', connectorId, simulation: { next, failure: null } });

  test('direct_sign_in=social: no form on the way, a new account, and the next time the same person', async () => {
    const { page, watch } = await at.browser.open();
    await page.goto(at.start({ direct_sign_in: 'social:google', first_screen: 'register' }));
    await choose(page, /Nora Lind/);
    const first = await at.whoCame(page);
    assert.deepEqual([first.name, first.email], ['Nora Lind', 'nora@example.test']);
    const session = await newest();
    assert.match(said(session), /Direct sign-in goes to Google/);
    const arrows = session.steps.flatMap(({ arrows }) => arrows);
    assert.ok(
      arrows.some(({ from, to }) => from === 'interaction' && to === 'upstream'),
      'the upstream has its own lifeline',
    );
    const { page: other } = await at.browser.open();
    await other.goto(at.start({ direct_sign_in: 'social:google' }));
    await choose(other, /Nora Lind/);
    assert.equal((await at.whoCame(other)).sub, first.sub);
    assert.deepEqual(watch.violations, []);
    const shown = watch.requests.filter(({ type }) => type === 'document').map(({ url }) => new URL(url).pathname);
    assert.ok(!shown.includes('/sign-in') && !shown.includes('/register'), shown.join(' '));
  });

  test('direct_sign_in=sso goes to the company, and whoever is expected comes first there', async () => {
    const { page } = await at.browser.open();
    await page.goto(at.start({ direct_sign_in: 'sso:acme', login_hint: 'emil@acme.test' }));
    await heading(page, /^Sign in with Acme/);
    assert.match(await page.locator('button[name=account]').first().textContent(), /Emil Ackerman.*expected/);
    await page.keyboard.press('Enter');
    const { name, email } = await at.whoCame(page);
    assert.deepEqual([name, email], ['Emil Ackerman', 'emil@acme.test']);
  });

  test('a second application is signed in at once, and other parameters change nothing', async () => {
    const { page } = await at.browser.open();
    await page.goto(at.start({ direct_sign_in: 'social:google' }));
    await choose(page, /Nora Lind/);
    await at.whoCame(page);
    await page.goto(at.start({ direct_sign_in: 'social:github' }));
    assert.equal((await at.whoCame(page)).name, 'Nora Lind');
  });

  for (const [value, why] of [
    ['social:nobody', /No social connector has the target/],
    ['social:discord', /not shown on the sign-in pages/],
    ['sso:nobody', /No enterprise connector has the id/],
    ['password:x', /not a direct sign-in method/],
  ]) {
    for (const [first_screen, path] of [
      [undefined, '/sign-in'],
      ['register', '/register'],
      ['identifier:sign_in', '/identifier-sign-in'],
      ['single_sign_on', '/single-sign-on'],
    ]) {
      test(`direct_sign_in=${value} falls back to ${path}, and the session says why`, async () => {
        const { page } = await at.browser.open();
        await page.goto(at.start({ direct_sign_in: value, ...(first_screen && { first_screen }) }));
        await page.waitForURL((url) => url.pathname === path);
        assert.match(said(await newest()), why);
      });
    }
  }

  test('a provider that is not there is noticed at the callback, not before; the password still works', async () => {
    const { page } = await at.browser.open();
    await page.goto(at.start());
    await page.getByRole('button', { name: 'Continue with Broken' }).waitFor();
    await typeSignIn(page, 'alice');
    assert.equal((await at.whoCame(page)).sub, 'alicearcher1');
  });

  test('buttons: there and back again with the back button, then through', async () => {
    const { page } = await at.browser.open();
    await page.goto(at.start());
    await page.getByRole('button', { name: 'Continue with GitHub' }).click();
    await heading(page, 'Sign in with GitHub');
    await page.goBack();
    await page.getByRole('button', { name: 'Continue with GitHub' }).click();
    await choose(page, /Gita Hubert/);
    const { name, email } = await at.whoCame(page);
    assert.deepEqual([name, email], ['Gita Hubert', 'gita@example.test']);
  });

  test('Apple posts its answer as a form, and tells the name at the first sign-in', async () => {
    const { page } = await at.browser.open();
    await page.goto(at.start({ direct_sign_in: 'social:apple' }));
    await choose(page, /Ada Pell/);
    const { name, email } = await at.whoCame(page);
    assert.deepEqual([name, email], ['Ada Pell', 'ada@example.test']);
  });

  test('an account with the address of somebody here is linked when they say so', async () => {
    const before = await people();
    const { page } = await at.browser.open();
    await page.goto(at.start({ direct_sign_in: 'social:google' }));
    await choose(page, /Alma Archer/);
    await heading(page, 'Is this account yours?');
    await look(page, 'social-link');
    await page.getByRole('button', { name: 'Link to alice@example.test' }).click();
    assert.equal((await at.whoCame(page)).sub, 'alicearcher1');
    assert.equal(await people(), before, 'nobody was created');
  });

  test('an address that the provider does not vouch for links nobody: the new account goes without it', async () => {
    const { page } = await at.browser.open();
    await page.goto(at.start({ direct_sign_in: 'social:google' }));
    await choose(page, /Una Verified/);
    const who = await at.whoCame(page);
    assert.notEqual(who.sub, 'alicearcher1');
    assert.equal(who.email ?? null, null);
  });

  test('a social account of a company is sent on to the company', async () => {
    const { page } = await at.browser.open();
    await page.goto(at.start({ direct_sign_in: 'social:google' }));
    await choose(page, /Erin Acheson/);
    await heading(page, /^Sign in with Acme/);
  });

  test('typing the address of a company goes to the company: one connector at once, several to choose from', async () => {
    const { page } = await at.browser.open();
    await page.goto(at.start({ first_screen: 'single_sign_on' }));
    await look(page, 'sso-email');
    await page.getByLabel(/email/i).fill('somebody@nowhere.test');
    await page.locator('form button[type=submit]').click();
    await page.getByText("No company's single sign-on is set up").waitFor();
    await page.getByLabel(/email/i).fill('anna@twins.test');
    await page.locator('form button[type=submit]').click();
    await page.waitForURL((url) => url.pathname === '/single-sign-on/connectors');
    await look(page, 'sso-connectors');
    await page.getByText('Other twin').waitFor();
    await page.goBack();
    await page.getByLabel(/email/i).fill('emil@acme.test');
    await page.locator('form button[type=submit]').click();
    await choose(page, /Emil Ackerman/);
    assert.equal((await at.whoCame(page)).email, 'emil@acme.test');
  });

  /** A page as four people see it. */
  async function look(page, name) {
    for (const width of [360, 1280]) {
      await page.setViewportSize({ width, height: 800 });
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        const { violations } = await audit(page);
        assert.deepEqual(violations, [], `${name}, ${width}, ${colorScheme}`);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(overflow <= 0, `${name} is ${overflow} px too wide at ${width}`);
        if (SHOTS) await page.screenshot({ path: `${SHOTS}/${name}-${width}-${colorScheme}.png`, fullPage: true });
      }
    }
  }

  test('the sign-in page with its buttons, as four people see it', async () => {
    const { page } = await at.browser.open();
    await page.goto(at.start());
    await page.getByRole('button', { name: 'Continue with Google' }).waitFor();
    await look(page, 'sign-in-social');
  });

  // Every persona (issue: what the application receives, what the person sees, what the session says). A failed sign-in
  // creates and links nothing, and leaves the person on a page that says what to do.
  for (const [failure, connector, account, notice, card] of [
    ['accessDenied', 'g', /Nora Lind/, /cancelled or refused/, /access_denied/],
    ['serverError', 'g', /Nora Lind/, /cancelled or refused|did not work/, /server_error/],
    ['temporarilyUnavailable', 'g', /Nora Lind/, /cancelled or refused|did not work/, /temporarily_unavailable/],
    ['noAnswer', 'g', /Nora Lind/, /no usable answer/, /answer/i],
    ['wrongState', 'g', /Nora Lind/, /does not belong to this sign-in/, /state/],
    ['wrongNonce', 'g', /Nora Lind/, /could not be trusted/, /nonce/],
    ['wrongIssuer', 'g', /Nora Lind/, /could not be trusted/, /iss/],
    ['wrongAudience', 'g', /Nora Lind/, /could not be trusted/, /aud/],
    ['badSignature', 'g', /Nora Lind/, /could not be trusted/, /signature/i],
    ['expiredIdToken', 'g', /Nora Lind/, /could not be trusted/, /exp/],
    ['unknownKeyId', 'g', /Nora Lind/, /could not be trusted/, /kid|key/i],
    ['tokenEndpoint500', 'g', /Nora Lind/, /no usable answer/, /500/],
    ['malformedJson', 'g', /Nora Lind/, /no usable answer/, /JSON/],
    ['userEndpoint401', 'gh', /Gita Hubert/, /could not be trusted|did not work/, /401/],
  ]) {
    test(`persona ${failure}: the page says so, the session says why, nobody is made or linked`, async () => {
      const before = await people();
      await arm(connector, failure);
      const { page } = await at.browser.open();
      await page.goto(at.start({ direct_sign_in: `social:${connector === 'g' ? 'google' : 'github'}` }));
      await choose(page, account);
      await page.waitForURL((url) => url.pathname === '/sign-in', { timeout: 30_000 });
      await page.getByRole('alert').filter({ hasText: notice }).waitFor();
      const session = await newest();
      const refusals = session.cards.filter(({ outcome }) => outcome === 'refused');
      assert.match(refusals.map(({ title, detail }) => `${title} ${detail}`).join('\n'), card);
      assert.equal(session.summary.status, 'waiting');
      assert.equal(await people(), before);
      // And the page is no dead end: another way still works.
      await typeSignIn(page, 'alice');
      assert.equal((await at.whoCame(page)).sub, 'alicearcher1');
    });
  }

  for (const [failure, name, taken] of [
    ['slow', 'Sven Low', true],
    ['noEmail', 'Noa Mail', false],
    ['unverifiedEmail', 'Uma Verily', false],
  ]) {
    test(`persona ${failure}: the sign-in works, and takes over what may be taken over`, async () => {
      const email = `${failure.toLowerCase()}@example.test`;
      const account = { id: null, connectorId: 'gh', sub: null, name, email, emailVerified: true };
      const saved = { ...account, phone: null, avatar: null, claims: {}, failure };
      await control({ op: 'saveSimulatedAccount', account: saved });
      const { page } = await at.browser.open();
      await page.goto(at.start({ direct_sign_in: 'social:github' }));
      await heading(page, 'Sign in with GitHub');
      await page.locator('button[name=account]', { hasText: email }).click();
      const who = await at.whoCame(page);
      assert.equal(who.name, name);
      assert.equal(who.email ?? null, taken ? email : null);
    });
  }

  test('persona emailOfAnother: whoever claims the address of somebody here is asked, and is not them by that', async () => {
    await arm('g', 'emailOfAnother');
    const before = await people();
    const { page } = await at.browser.open();
    await page.goto(at.start({ direct_sign_in: 'social:google' }));
    await page.getByRole('button', { name: 'Make one up' }).click();
    await heading(page, 'Is this account yours?');
    assert.equal(await people(), before);
    await page.getByRole('button', { name: 'Create a new account' }).click();
    const who = await at.whoCame(page);
    assert.equal(who.email ?? null, null, 'the address stays with its holder');
  });

  test('persona changedSubject: another subject is another account', async () => {
    const visit = async () => {
      const { page } = await at.browser.open();
      await page.goto(at.start({ direct_sign_in: 'social:google' }));
      await choose(page, /Nora Lind/);
      return page;
    };
    await at.whoCame(await visit());
    await arm('g', 'changedSubject');
    // Her address belongs to the account that she has, so she is asked.
    await heading(await visit(), 'Is this account yours?');
  });

  test('a callback in another tab, or made up, is nobody here', async () => {
    const { page, context } = await at.browser.open();
    await page.goto(at.start());
    await page.goto(`${at.provider.endpoint}/callback/g?code=made-up&state=made-up`);
    await page.waitForURL((url) => url.pathname === '/sign-in');
    await page.getByRole('alert').filter({ hasText: 'does not belong to this sign-in' }).waitFor();
    await context.close();
  });
});

describe('connectors where sign-up asks for more', () => {
  const at = house();
  before(() => at.open(() => connectors, offered('')));

  test('terms are asked, then the username; declining leads back to the sign-in page', async () => {
    const { page } = await at.browser.open();
    await page.goto(at.start({ direct_sign_in: 'social:github' }));
    await choose(page, /Gita Hubert/);
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    await page.waitForURL((url) => url.pathname === '/sign-in');
    await page.getByRole('button', { name: 'Continue with GitHub' }).click();
    await choose(page, /Gita Hubert/);
    await dialog.getByRole('button', { name: 'Agree and continue' }).click();
    await page.waitForURL((url) => url.pathname === '/continue/username');
    await page.getByLabel(/username/i).fill('gita');
    await page.locator('form button[type=submit]').click();
    assert.equal((await at.whoCame(page)).name, 'Gita Hubert');
  });
});

describe('connectors where nobody may register', () => {
  const at = house();
  before(() => at.open(() => connectors, offered('signInMode = "SignIn"')));

  for (const [direct, account] of [
    ['social:google', /Nora Lind/],
    ['sso:acme', /Emil Ackerman/],
  ]) {
    test(`${direct}: an unknown account is turned away in plain words`, async () => {
      const { page } = await at.browser.open();
      await page.goto(at.start({ direct_sign_in: direct }));
      await choose(page, account);
      await page.waitForURL((url) => url.pathname === '/sign-in');
      await page.getByRole('alert').filter({ hasText: 'No account here belongs to' }).waitFor();
    });
  }
});
