// Duende IdentityServer's login workflow: prompt=create, acr_values, denials, the error page, sign-out with a way back, grants.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { Agent, expectStatus, told } from './agent.mjs';
import { house } from './house.mjs';
import { arrivedIn, PEOPLE, scope, startProvider, typeSignIn } from './support.mjs';
import { brought, whereTo } from './wire.mjs';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
const more = (origin) => `
[[applications]]
id = "harbour"
name = "Harbour"
type = "SPA"
oidcClientMetadata.redirectUris = ["${origin}/harbour"]
oidcClientMetadata.postLogoutRedirectUris = ["${origin}/bye"]
customClientMetadata = { dialect = "duende" }

[[applications]]
id = "quay"
name = "Quay Prints"
type = "SPA"
isThirdParty = true
userConsentScopes = ["profile", "email"]
oidcClientMetadata.redirectUris = ["${origin}/quay"]
customClientMetadata = { dialect = "duende" }

[[connectors]]
id = "google-demo"
connectorId = "google-universal"
target = "google"
name = "Google"
config = { clientId = "demo", clientSecret = "demo" }

[[connectors]]
id = "acmesso00001"
connectorId = "OIDC"
name = "Acme"
config = { issuer = "https://sso.acme.test", clientId = "vestibule", clientSecret = "acme" }
`;

describe("Duende's login workflow", () => {
  const until = scope();
  const at = house();
  before(() => at.open(more));
  const harbour = (extra = {}) =>
    at.start({ client_id: 'harbour', redirect_uri: `${at.app.origin}/harbour`, ...extra });
  const quay = (extra = {}) => at.start({ client_id: 'quay', redirect_uri: `${at.app.origin}/quay`, ...extra });
  const agent = () => new Agent(at.provider);
  const heading = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor();
  const abort = (who, body, headers = {}) =>
    who.fetch('/api/interaction/abort', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });

  test('prompt=create opens registration, with a session too, and comes to a code', async () => {
    const { page } = await at.browser.open();
    await page.goto(harbour());
    await typeSignIn(page, 'alice');
    assert.equal((await at.whoCame(page, '/harbour', 'harbour')).sub, 'alicearcher1');
    await page.goto(harbour({ prompt: 'create' }));
    await heading(page, 'Create an account for Harbour');
    assert.equal(new URL(page.url()).pathname, '/register');
    await page.locator('#identifier').fill('sailor');
    await page.locator('#password').fill('quiet-Lantern-42');
    await page.getByRole('checkbox').check();
    await page.locator('form button[type=submit]').click();
    const { sub, username } = await at.whoCame(page, '/harbour', 'harbour');
    assert.notEqual(sub, 'alicearcher1');
    assert.equal(username, 'sailor');
  });

  test('prompt=create stands alone, and Logto refuses it', async () => {
    for (const [start, prompt, why] of [
      [harbour, 'create login', 'prompt create must only be used alone'],
      [harbour, 'consent create', 'prompt create must only be used alone'],
      [at.start.bind(at), 'create', 'unsupported prompt value requested'],
    ]) {
      const answer = brought(await agent().fetch(start({ prompt })));
      assert.deepEqual(
        [answer.error, answer.error_description, answer.state, answer.iss],
        ['invalid_request', why, 'kept', at.provider.issuer],
      );
    }
  });

  test('prompt=select_account: Duende asks for a sign-in, Logto refuses', async () => {
    assert.equal(whereTo(await agent().fetch(harbour({ prompt: 'select_account' }))), '/sign-in?app_id=harbour');
    const { error } = brought(await agent().fetch(at.start({ prompt: 'select_account' })));
    assert.equal(error, 'invalid_request');
  });

  test('acr_values choose provider and organization in the duende dialect only', async () => {
    for (const [acr_values, wanted] of [
      ['idp:google', '/direct/social/google?app_id=harbour&fallback=sign-in'],
      ['idp:acmesso00001', '/direct/sso/acmesso00001?app_id=harbour&fallback=sign-in'],
      ['mfa tenant:acme', '/sign-in?app_id=harbour&organization_id=acme'],
      ['idp:nowhere', '/sign-in?app_id=harbour'],
      ['idp:local', '/sign-in?app_id=harbour'],
    ])
      assert.equal(whereTo(await agent().fetch(harbour({ acr_values }))), wanted, acr_values);
    assert.equal(
      whereTo(await agent().fetch(harbour({ acr_values: 'idp:google', direct_sign_in: 'sso:acmesso00001' }))),
      '/direct/sso/acmesso00001?app_id=harbour&fallback=sign-in',
    );
    assert.equal(
      whereTo(await agent().fetch(at.start({ acr_values: 'idp:google tenant:acme' }))),
      '/sign-in?app_id=bookstore',
    );
  });

  test('discovery: prompt values beside Logto’s document only where the dialect says so', async () => {
    const prompts = async ({ issuer }) =>
      (await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()).prompt_values_supported;
    assert.equal(await prompts(at.provider), undefined);
    const strict = await startProvider(until, `[provider]\ndialect = "strict"\n${PEOPLE}`);
    assert.deepEqual(await prompts(strict), ['none', 'login', 'consent', 'create']);
    const closed = await startProvider(
      until,
      `[provider]\ndialect = "duende"\n[signInExperience]\nsignInMode = "SignIn"\n${PEOPLE}`,
    );
    assert.deepEqual(await prompts(closed), ['none', 'login', 'consent', 'select_account']);
  });

  test('Cancel on the sign-in and registration pages answers access_denied', async () => {
    for (const [address, path, app] of [
      [at.start(), '/callback', 'Bookstore'],
      [at.start({ first_screen: 'register' }), '/callback', 'Bookstore'],
      [harbour({ prompt: 'create' }), '/harbour', 'Harbour'],
    ]) {
      const { page, watch } = await at.browser.open();
      await page.goto(address);
      await page.getByRole('button', { name: `Cancel and return to ${app}` }).click();
      const { url } = await arrivedIn(page, at.app, path);
      assert.deepEqual(Object.fromEntries(url.searchParams), {
        error: 'access_denied',
        state: 'kept',
        iss: at.provider.issuer,
      });
      assert.deepEqual(watch.violations, []);
      // The sign-in is over: its pages have nothing to go on with.
      await page.goto(`${at.provider.endpoint}/sign-in`);
      await page.getByRole('link', { name: 'Start a test sign-in' }).waitFor();
    }
  });

  test('Cancel on the consent page: access_denied in the duende dialect', async () => {
    const { page } = await at.browser.open();
    await page.goto(quay({ response_mode: 'form_post' }));
    await typeSignIn(page, 'alice');
    await heading(page, 'Quay Prints asks for access');
    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    const { method, body } = await at.app.arrived('/quay');
    assert.equal(method, 'POST');
    const answer = Object.fromEntries(new URLSearchParams(body));
    assert.deepEqual(answer, { error: 'access_denied', state: 'kept', iss: at.provider.issuer });
  });

  test('every denial can be returned by a page, in the response mode of the request', async () => {
    for (const error of [
      'access_denied',
      'login_required',
      'interaction_required',
      'account_selection_required',
      'consent_required',
      'temporarily_unavailable',
      'unmet_authentication_requirements',
      'server_error',
      'invalid_scope',
      'invalid_request',
      'unauthorized_client',
    ]) {
      const visitor = agent();
      await expectStatus(303, visitor.fetch(at.start({ response_mode: 'fragment' })));
      const { redirectTo } = await (
        await expectStatus(200, abort(visitor, { error, errorDescription: 'not today' }))
      ).json();
      const { left } = await visitor.follow(redirectTo);
      assert.deepEqual(Object.fromEntries(new URLSearchParams(left.hash.slice(1))), {
        error,
        error_description: 'not today',
        state: 'kept',
        iss: at.provider.issuer,
      });
      assert.equal(left.search, '');
    }
  });

  test('what is no denial is refused and the sign-in goes on', async () => {
    const visitor = agent();
    await expectStatus(303, visitor.fetch(at.start()));
    for (const [body, named] of [
      [{ error: 'nope' }, /`error` must be one of access_denied, login_required/],
      [{ error: 1 }, /`error` must be text/],
      [{ error_description: 'x' }, /`error_description` is not a member/],
      [{ errorDescription: 'x"y' }, /`errorDescription`/],
    ]) {
      const { status, body: answer } = await told(abort(visitor, body));
      assert.deepEqual([status, answer.code], [400, 'guard.invalid_input']);
      assert.match(answer.details, named);
    }
    const foreign = await told(abort(visitor, {}, { origin: 'https://evil.example.test' }));
    assert.deepEqual([foreign.status, foreign.body.code], [403, 'auth.forbidden']);
    const stranger = await told(abort(agent(), {}));
    assert.deepEqual([stranger.status, stranger.body.code], [400, 'session.not_found']);
    assert.ok((await visitor.follow(await visitor.signIn())).left.searchParams.get('code'));
  });

  test('an error page for a browser that navigates, JSON for everybody else', async () => {
    const wrong = at.start({ redirect_uri: `${at.app.origin}/elsewhere` });
    const { page, watch } = await at.browser.open();
    const response = await page.goto(wrong);
    assert.equal(response.status(), 400);
    await heading(page, 'The request was refused');
    const facts = await page.locator('dd').allInnerTexts();
    assert.equal(facts[0], 'invalid_redirect_uri');
    assert.ok(facts.includes('bookstore (Bookstore)'));
    assert.ok(facts.includes(`${at.app.origin}/elsewhere`));
    const id = await page.locator('dt:text-is("Request id") + dd').innerText();
    assert.match(id, /^[0-9A-Za-z_-]{21}$/);
    assert.deepEqual(watch.violations, []);

    for (const headers of [{}, { accept: 'application/json' }, { accept: BROWSER, 'sec-fetch-mode': 'cors' }]) {
      const { status, body } = await told(agent().fetch(wrong, { headers }));
      assert.deepEqual([status, body.code, body.state], [400, 'oidc.invalid_redirect_uri', 'kept']);
    }
    for (const address of [
      `${at.provider.issuer}/auth?client_id=nobody`,
      `${at.provider.issuer}/auth/gone`,
      `${at.provider.issuer}/session/end?client_id=nobody`,
    ]) {
      await page.goto(address);
      await heading(page, 'The request was refused');
    }
  });

  test('the signed-out page has the way back: a link in the duende dialect', async () => {
    const { page, watch } = await at.browser.open();
    await page.goto(harbour());
    await typeSignIn(page, 'alice');
    await arrivedIn(page, at.app, '/harbour');
    const end = new URL(`${at.provider.issuer}/session/end`);
    end.search = String(
      new URLSearchParams({ client_id: 'harbour', post_logout_redirect_uri: `${at.app.origin}/bye`, state: 'a&b' }),
    );
    await page.goto(end.href);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await heading(page, 'You are signed out');
    await page.getByRole('link', { name: 'Return to Harbour' }).click();
    const { url } = await arrivedIn(page, at.app, '/bye');
    assert.equal(url.searchParams.get('state'), 'a&b');
    assert.deepEqual(watch.violations, []);
  });

  test('the grants page: what was given, and taking it back', async () => {
    const { page, watch } = await at.browser.open();
    await page.goto(`${at.provider.endpoint}/grants`);
    await heading(page, 'Nobody is signed in here');

    await page.goto(quay());
    await typeSignIn(page, 'alice');
    await page.getByRole('button', { name: 'Allow' }).click();
    await arrivedIn(page, at.app, '/quay');
    await page.goto(at.start());
    await arrivedIn(page, at.app, '/callback');

    await page.goto(`${at.provider.endpoint}/grants`);
    const prints = page.getByRole('region', { name: 'Quay Prints' });
    await prints.waitFor();
    assert.match(await prints.innerText(), /Your profile[\s\S]*Your email address/);
    await page.getByRole('region', { name: 'Bookstore' }).waitFor();
    await page.getByRole('button', { name: 'Revoke what Quay Prints has' }).click();
    await page.getByText('Quay Prints has nothing from you any more').waitFor();
    assert.equal(await prints.count(), 0);
    assert.deepEqual(watch.violations, []);

    // Still signed in, and the application has to ask again.
    await page.goto(quay());
    await heading(page, 'Quay Prints asks for access');
  });

  test('revoking ends the tokens; nobody else can revoke', async () => {
    const owner = agent();
    const app = { id: 'bookstore', redirectUri: `${at.app.origin}/callback` };
    const { access_token } = await owner.tokens(app, { scope: 'openid profile' });
    await expectStatus(200, owner.me(access_token));
    const { grants } = await (await expectStatus(200, owner.fetch('/api/grants'))).json();
    const { id } = grants.find(({ application }) => application.id === 'bookstore');
    const revoke = (who, headers = {}) => told(who.fetch(`/api/grants/${id}/revoke`, { method: 'POST', headers }));
    assert.equal((await revoke(agent())).status, 401);
    assert.equal((await revoke(owner, { 'sec-fetch-site': 'cross-site' })).status, 403);
    const other = agent();
    await other.answer(Object.fromEntries(new URL(at.start()).searchParams), 'bob');
    assert.deepEqual([(await revoke(other)).status, (await revoke(other)).body.code], [404, 'entity.not_found']);
    await expectStatus(200, owner.me(access_token));
    assert.equal((await revoke(owner)).status, 204);
    await expectStatus(401, owner.me(access_token));
    assert.equal((await revoke(owner)).status, 404);
  });
});
