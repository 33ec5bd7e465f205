// The window's "Test sign-in" of a connector, in a real browser: the button's operation, the provider's pages, and what the
// window is told of the end.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { PEOPLE, scope, startBrowser, startProvider } from './support.mjs';

const CONNECTORS = [
  { id: 'google', factory: 'google-universal', person: 'Nora Lind' },
  { id: 'github', factory: 'github-universal', person: 'Nora Lind' },
  { id: 'anyoidc', factory: 'oidc', person: 'Nora Lind' },
  { id: 'okta', factory: 'Okta', person: 'Nora Acker', domain: 'okta.test' },
  { id: 'saml', factory: 'SAML', person: 'Nora Acker', domain: 'saml.test' },
  { id: 'entra', factory: 'AzureAD', person: 'Nora Acker', domain: 'entra.test' },
];

const config = `${PEOPLE}
[signInExperience]
signInMode = "SignInAndRegister"
singleSignOnEnabled = true
signUp = { identifiers = [], password = false, verify = false }
socialSignIn = { skipRequiredIdentifiers = true }
agreeToTermsPolicy = "Automatic"
socialSignInConnectorTargets = ["google", "github", "anyoidc"]
${CONNECTORS.map(
  ({ id, factory, person, domain }) => `
[[connectors]]
id = "${id}"
connectorId = "${factory}"
${factory === 'oidc' ? 'target = "anyoidc"' : ''}
${factory === 'oidc' || domain ? `name = "${id} of the test"` : ''}
${domain ? `domains = ["${domain}"]` : ''}
simulated = true
accounts = [{ name = "${person}", email = "nora@${domain ?? `${id}.test`}" }]
`,
).join('')}

[[connectors]]
id = "hidden"
connectorId = "discord-universal"
simulated = true
`;

describe('Test sign-in', () => {
  const until = scope();
  let provider, browser;
  before(async () => {
    provider = await startProvider(until, config);
    browser = await startBrowser(until);
  });

  /** Presses the button, and goes through the provider's page in a browser of its own. */
  const goThrough = async (id, person) => {
    const run = await provider.control({ op: 'testConnector', id });
    const { page, watch } = await browser.open();
    await page.goto(run.url);
    await page.getByRole('heading', { level: 1, name: /^Sign in with/ }).waitFor();
    await page.getByRole('button', { name: person }).click();
    await page.waitForURL((url) => url.pathname === '/demo-app');
    await page
      .getByText(/Signed in|signed in/)
      .first()
      .waitFor();
    assert.deepEqual(watch.violations, []);
    return provider.control({ op: 'playgroundRun', id: run.id });
  };

  for (const { id, factory, person } of CONNECTORS) {
    test(`${factory}: to its page and back, and the window has the verified ID token`, async () => {
      const run = await goThrough(id, person);
      assert.equal(run.problem, null);
      assert.ok(run.callback.some(([name]) => name === 'code'));
      assert.equal(run.idTokenClaims.name, person);
      const { summary, steps } = await provider.control({ op: 'session', id: run.live });
      assert.equal(summary.status, 'done');
      assert.ok(steps.some(({ arrows }) => arrows.some(({ to }) => to === 'upstream')));
    });
  }

  test('a failing provider: the window is told what it said', async () => {
    await provider.control({
      op: 'setSimulation',
      connectorId: 'google',
      simulation: { next: 'accessDenied', failure: null },
    });
    const run = await provider.control({ op: 'testConnector', id: 'google' });
    const { page } = await browser.open();
    await page.goto(run.url);
    await page.getByRole('button', { name: 'Nora Lind' }).click();
    await page.locator('[role=alert]').first().waitFor();
    const [summary] = await provider.control({ op: 'sessions', limit: 1 });
    const { steps } = await provider.control({ op: 'session', id: summary.id });
    const said = steps.flatMap(({ because }) => because).map(({ title, detail }) => `${title} ${detail}`);
    assert.match(said.join('\n'), /access_denied/);
  });

  test('a connector that the page does not show: the button says so and opens nothing', async () => {
    await assert.rejects(provider.control({ op: 'testConnector', id: 'hidden' }), /422.*Switch it on first/);
  });
});
