// NextAuth v4 as published: signing algorithms, and what its users see when it was not told of ours.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { nextAuthApp, nextAuthProvider } from './next-auth.mjs';
import { PEOPLE, arrivedIn, scope, startApp, startBrowser, startProvider, typeSignIn } from './support.mjs';

const APPLICATIONS = [
  { id: 'es384', alg: null },
  { id: 'rs256', alg: 'RS256' },
  { id: 'unprepared', alg: null },
];

const config = (origin) =>
  `${APPLICATIONS.map(
    ({ id, alg }) => `
[[applications]]
id = "${id}"
name = "Bookstore (${id})"
type = "Traditional"
secret = "${id}-secret"
oidcClientMetadata.redirectUris = ["${origin}/api/auth/callback/${id}"]
${alg ? `customClientMetadata.signingAlg = "${alg}"` : ''}
`,
  ).join('')}${PEOPLE}`;

describe('NextAuth v4', () => {
  const until = scope();
  const log = [];
  let vestibule, app, browser;
  before(async () => {
    app = await startApp(until);
    vestibule = await startProvider(until, config(app.origin));
    const { issuer } = vestibule;
    // openid-client 5, which NextAuth brings, takes RS256 unless it is told; ES384 is what Logto signs with.
    const told = { client: { id_token_signed_response_alg: 'ES384' } };
    const providers = [
      nextAuthProvider(issuer, 'es384', told),
      nextAuthProvider(issuer, 'rs256'),
      nextAuthProvider(issuer, 'unprepared'),
    ];
    app.handle = nextAuthApp(app.origin, providers, log);
    browser = await startBrowser(until);
  });

  const signIn = async (id) => {
    log.length = 0;
    const { page } = await browser.open();
    await page.goto(`${app.origin}/api/auth/signin?callbackUrl=${encodeURIComponent(app.origin)}`);
    await page.locator(`form[action$="/signin/${id}"] button`).click();
    await page.waitForURL(`${vestibule.endpoint}/sign-in?app_id=${id}`);
    await typeSignIn(page, 'alice');
    return page;
  };

  for (const [id, what] of [
    ['es384', 'told of ES384'],
    ['rs256', 'as its documentation has it, for an application that signs with RS256'],
  ]) {
    test(`${what}: from its button through the pages to a session`, async () => {
      const page = await signIn(id);
      await page.waitForURL(`${app.origin}/`);
      const { user, subject } = JSON.parse(await page.locator('#session').textContent());
      assert.deepEqual([user.name, user.email, subject], ['Alice Archer', 'alice@example.test', 'alicearcher1']);
      assert.deepEqual(log, []);
    });
  }

  test('not told of ES384: NextAuth refuses the ID token and says why', async () => {
    const page = await signIn('unprepared');
    await arrivedIn(page, app, '/api/auth/signin');
    assert.match(page.url(), /error=OAuthCallback/);
    assert.match(log.join('\n'), /unexpected JWT alg received, expected RS256, got: ES384/);
  });
});
