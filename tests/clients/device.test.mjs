// The device flow (RFC 8628): on the wire as Logto has it, with openid-client as the device, and with a person's browser.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as client from 'openid-client';
import { Agent, decodeJwt, expectStatus, told } from './agent.mjs';
import { audit } from './axe.mjs';
import { PEOPLE, scope, startBrowser, startProvider, typeSignIn } from './support.mjs';

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
const API = 'https://stock.example.test';
const SHOTS = process.env.VESTIBULE_SHOTS;

const CONFIG = `
[signInExperience]
sentinelPolicy = { maxAttempts = 4, lockoutDuration = 1 }

[[applications]]
id = "tv"
name = "Living room"
type = "Native"
customClientMetadata.isDeviceFlow = true

[[applications]]
id = "radio"
name = "Kitchen radio"
type = "Native"
isThirdParty = true
userConsentScopes = ["profile"]
customClientMetadata.isDeviceFlow = true

[[applications]]
id = "phone"
name = "Phone"
type = "Native"
oidcClientMetadata.redirectUris = ["http://127.0.0.1/cb"]

[[resources]]
indicator = "${API}"
name = "Stock"
scopes = [{ name = "read" }]

[[roles]]
name = "reader"
scopes = [{ resource = "${API}", scope = "read" }]
users = ["alice"]
${PEOPLE}`;

/** What a device does. */
class Device {
  constructor(provider, id = 'tv') {
    this.agent = new Agent(provider);
    this.id = id;
  }

  async begin(more = {}) {
    const answer = await told(
      this.agent.post('/device/auth', { client_id: this.id, scope: 'openid profile offline_access', ...more }),
    );
    this.code = answer.body.device_code;
    return answer;
  }

  poll(more = {}) {
    const form = { client_id: this.id, grant_type: GRANT, device_code: this.code, ...more };
    return told(this.agent.post('/token', form));
  }

  async error() {
    const { status, body } = await this.poll();
    assert.equal(status, 400, JSON.stringify(body));
    assert.equal(body.code, `oidc.${body.error}`);
    assert.equal(typeof body.message, 'string');
    return body.error;
  }
}

/** What a person's browser sends, without the pages. */
class Person extends Agent {
  /** The form's secret, as a page reads it. */
  get xsrf() {
    return this.cookie('_logto_device_flow_xsrf')?.value;
  }

  async type(user_code, answer = {}) {
    if (!this.xsrf) await expectStatus(302, this.fetch('/oidc/device'));
    return this.post('/device', { user_code, xsrf: this.xsrf, ...answer });
  }

  async approve(user_code, username = 'alice') {
    let step = await this.follow(
      (await expectStatus(303, this.type(user_code, { confirm: 'yes' }))).headers.get('location'),
    );
    if (step.url.pathname === '/sign-in') step = await this.follow(await this.signIn(username));
    return step;
  }
}

describe('the device flow on the wire', () => {
  const until = scope();
  let provider;
  before(async () => {
    provider = await startProvider(until, CONFIG);
  });

  test('the device is given its codes, and the addresses of the page', async () => {
    const device = new Device(provider);
    const { status, headers, body } = await device.begin();
    assert.equal(status, 200);
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.equal(headers.get('access-control-allow-origin'), '*');
    assert.deepEqual(Object.keys(body).sort(), [
      'device_code',
      'expires_in',
      'user_code',
      'verification_uri',
      'verification_uri_complete',
    ]);
    assert.match(body.user_code, /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
    assert.match(body.device_code, /^[\w-]{43}$/);
    assert.equal(body.expires_in, 600);
    assert.equal(body.verification_uri, `${provider.endpoint}/device`);
    assert.equal(body.verification_uri_complete, `${provider.endpoint}/device?user_code=${body.user_code}`);
  });

  test('who may not begin is told why', async () => {
    for (const [id, more, status, error, description] of [
      ['phone', {}, 400, 'unauthorized_client', `${GRANT} is not allowed for this client`],
      ['nobody', {}, 400, 'invalid_client', 'invalid client nobody'],
      ['tv', { client_secret: 'x' }, 401, 'invalid_client', 'client authentication failed'],
      ['tv', { resource: 'https://nowhere.test' }, 400, 'invalid_target', 'resource indicator is missing, or unknown'],
      ['tv', { scope: ['openid', 'email'] }, 400, 'invalid_request', "'scope' parameter must not be provided twice"],
      ['radio', { scope: 'openid email' }, 400, 'invalid_scope', 'requested scope is not allowed'],
    ]) {
      const answer = await new Device(provider, id).begin(more);
      assert.deepEqual(
        [answer.status, answer.body.error, answer.body.error_description, answer.body.code],
        [status, error, description, `oidc.${error}`],
      );
      assert.equal(typeof answer.body.message, 'string');
    }
    const get = await told(new Agent(provider).fetch('/oidc/device/auth'));
    assert.deepEqual([get.status, get.body.code], [400, 'session.not_found']);
  });

  test('a poll is answered by what the person did', async () => {
    const device = new Device(provider);
    assert.equal(
      (await device.poll({ device_code: undefined })).body.error_description,
      "missing required parameter 'device_code'",
    );
    device.code = 'made-up';
    assert.equal(await device.error(), 'invalid_grant');
    const { user_code } = (await device.begin()).body;
    assert.equal(await device.error(), 'authorization_pending');
    assert.equal(await device.error(), 'slow_down', 'five seconds are to be waited');
    const thief = new Device(provider, 'radio');
    thief.code = device.code;
    assert.equal(await thief.error(), 'invalid_grant');

    const person = new Person(provider);
    const step = await person.approve(user_code.toLowerCase().replace('-', ''));
    assert.deepEqual([step.response.status, step.url.pathname], [200, '/device/success']);
    assert.equal(person.xsrf, undefined, 'the form is over');
    const { status, body } = await device.poll();
    assert.equal(status, 200);
    assert.deepEqual([body.scope, body.token_type, body.expires_in], ['openid profile offline_access', 'Bearer', 3600]);
    const { payload } = decodeJwt(body.id_token);
    assert.deepEqual([payload.sub, payload.aud], ['alicearcher1', 'tv']);
    const refreshed = await told(device.agent.refresh({ id: 'tv' }, body.refresh_token));
    assert.equal(refreshed.status, 200);
    assert.equal((await person.me(refreshed.body.access_token)).status, 200);

    assert.equal(await device.error(), 'invalid_grant', 'a code works once');
    assert.equal((await person.me(refreshed.body.access_token)).status, 401, 'and its replay ends what it led to');
  });

  test('somebody who is signed in is not asked again; a resource is granted', async () => {
    const person = new Person(provider);
    const [first, second] = [new Device(provider), new Device(provider)];
    await person.approve((await first.begin()).body.user_code);
    const { user_code } = (await second.begin({ resource: API, scope: 'read' })).body;
    const step = await person.approve(user_code);
    assert.equal(step.url.pathname, '/device/success');
    assert.ok(!step.hops.some(({ url }) => url.pathname === '/sign-in'));
    const { body } = await second.poll();
    const { payload } = decodeJwt(body.access_token);
    assert.deepEqual([payload.aud, payload.scope, body.id_token], [API, 'read', undefined]);
  });

  test('declining is told to the device, once', async () => {
    const device = new Device(provider);
    const { user_code } = (await device.begin()).body;
    const person = new Person(provider);
    const declined = await person.type(user_code, { abort: 'yes' });
    assert.deepEqual([declined.status, declined.headers.get('location')], [302, '/device?error=AbortedError']);
    assert.equal(await device.error(), 'access_denied');
    assert.equal(await device.error(), 'invalid_grant');

    // The same from the sign-in page, where Cancel is.
    await device.begin();
    const { body } = await device.begin();
    await person.follow(
      (await expectStatus(303, person.type(body.user_code, { confirm: 'yes' }))).headers.get('location'),
    );
    const aborted = await told(person.fetch('/api/interaction/abort', { method: 'POST' }));
    assert.match(aborted.body.redirectTo, /\/oidc\/device\/\w+$/);
    const end = await person.fetch(aborted.body.redirectTo);
    assert.deepEqual([end.status, end.headers.get('location')], [302, '/device?error=AbortedError']);
    assert.equal(await device.error(), 'access_denied');
  });

  test('the hops of the form are those of the engine', async () => {
    const person = new Person(provider);
    const hop = async (address) => {
      const response = await person.fetch(address);
      return [response.status, response.headers.get('location')];
    };
    assert.deepEqual(await hop('/device'), [302, '/oidc/device']);
    assert.deepEqual(await hop('/device?user_code=AB%20C'), [302, '/oidc/device?user_code=AB+C']);
    assert.deepEqual(await hop('/oidc/device'), [302, '/device']);
    const { path, attributes } = person.cookie('_logto_device_flow_xsrf');
    assert.deepEqual(
      [path, attributes['max-age'], attributes.samesite, 'httponly' in attributes],
      ['/device', '600', 'lax', false],
    );
    assert.deepEqual(await hop('/device'), [200, null]);

    // verification_uri_complete: posted at once, then the page asks.
    const device = new Device(provider);
    const { user_code, verification_uri_complete } = (await device.begin()).body;
    const complete = await person.follow(verification_uri_complete);
    const page = await complete.response.text();
    assert.match(page, /action="\/oidc\/device"/);
    assert.ok(page.includes(`name="user_code" value="${user_code}"`) && page.includes(`value="${person.xsrf}"`));
    const asks = await person.type(user_code);
    assert.deepEqual([asks.status, asks.headers.get('location')], [302, `/device?user_code=${user_code}`]);
    const asked = await (await person.fetch(`/device?user_code=${user_code}`)).text();
    assert.ok(asked.includes('Living room'));
    // Whoever did not type the code learns nothing from the address.
    const stranger = new Person(provider);
    await stranger.fetch('/oidc/device');
    assert.equal((await stranger.fetch(`/device?user_code=${user_code}`)).status, 302);

    for (const [form, problem] of [
      [{ user_code, xsrf: 'wrong' }, 'InvalidRequest'],
      [{ user_code: '' }, 'NoCodeError'],
    ]) {
      const answer = await person.type(form.user_code, form);
      assert.equal(new URL(answer.headers.get('location'), provider.endpoint).searchParams.get('error'), problem);
    }
    const twice = await told(person.post('/device', { user_code: ['A', 'B'], xsrf: person.xsrf }));
    assert.deepEqual(
      [twice.status, twice.body.error_description],
      [400, "'user_code' parameter must not be provided twice"],
    );
    // A page that asks for JSON is told where to go.
    const json = await told(
      person.fetch('/oidc/device', {
        method: 'POST',
        headers: { accept: 'application/json', 'content-type': 'application/json' },
        body: JSON.stringify({ user_code, xsrf: person.xsrf, confirm: 'yes' }),
      }),
    );
    assert.deepEqual([json.status, json.body], [200, { redirectTo: '/sign-in?app_id=tv' }]);
    // Another browser comes too late.
    await stranger.fetch('/oidc/device');
    const late = await stranger.type(user_code, { confirm: 'yes' });
    assert.equal(late.headers.get('location'), `/device?input_code=${user_code}&error=AlreadyUsedError`);
    assert.equal((await told(stranger.fetch('/oidc/device/nothing'))).body.code, 'session.not_found');
  });

  test('openid-client goes all the way', async () => {
    const config = await client.discovery(new URL(provider.issuer), 'tv', undefined, client.None(), {
      execute: [client.allowInsecureRequests],
    });
    assert.equal(config.serverMetadata().device_authorization_endpoint, `${provider.issuer}/device/auth`);
    assert.ok(config.serverMetadata().grant_types_supported.includes(GRANT));
    const begun = await client.initiateDeviceAuthorization(config, { scope: 'openid profile offline_access' });
    const polling = client.pollDeviceAuthorizationGrant(config, begun);
    await new Person(provider).approve(begun.user_code, 'bob');
    const tokens = await polling;
    assert.equal(tokens.claims().sub, 'bobbanner001');
    const keys = createRemoteJWKSet(new URL(`${provider.issuer}/jwks`));
    await jwtVerify(tokens.id_token, keys, { issuer: provider.issuer, audience: 'tv' });
    const renewed = await client.refreshTokenGrant(config, tokens.refresh_token);
    assert.equal((await client.fetchUserInfo(config, renewed.access_token, 'bobbanner001')).username, 'bob');

    const other = await client.initiateDeviceAuthorization(config, { scope: 'openid' });
    await new Person(provider).type(other.user_code, { abort: 'yes' });
    await assert.rejects(client.pollDeviceAuthorizationGrant(config, { ...other, interval: 0.01 }), {
      error: 'access_denied',
    });
  });

  test('the window tells it as one session', async () => {
    const device = new Device(provider);
    const { user_code } = (await device.begin()).body;
    for (let i = 0; i < 12; i += 1) await device.poll();
    await new Person(provider).approve(user_code);
    assert.equal((await device.poll()).status, 200);
    const [newest] = await provider.control({ op: 'sessions', limit: 1 });
    const { summary, steps } = await provider.control({ op: 'session', id: newest.id });
    const count = (kind) => steps.filter((step) => step.kind === kind).length;
    assert.equal(summary.appId, 'tv');
    assert.deepEqual([summary.status, summary.outcome, summary.userName], ['done', 'tokens issued', 'Alice Archer']);
    assert.deepEqual(
      [count('deviceAuthorization'), count('devicePoll'), summary.uncounted],
      [1, 8, 4],
      'the first polls, then a number',
    );
    assert.ok(
      count('deviceVerification') >= 1 && count('experience') >= 4 && count('resume') === 2 && count('consent') === 1,
    );
    const cards = steps.flatMap(({ because }) => because.map(({ rule }) => rule));
    for (const rule of [
      'device.begun',
      'token.authorization_pending',
      'token.slow_down',
      'device.confirmed',
      'device.approved',
    ]) {
      assert.ok(cards.includes(rule), `${rule} is among ${cards}`);
    }
    const wire = await provider.control({ op: 'wire', id: newest.id, seq: steps[0].seq, reveal: false });
    assert.ok(!JSON.stringify(wire).includes(user_code) && !JSON.stringify(wire).includes(device.code));
  });

  // Last: afterwards nothing is looked up for a minute.
  test('guessing is stopped, and right codes are no longer told from wrong ones', async () => {
    const { user_code } = (await new Device(provider).begin()).body;
    const problem = async (code) => {
      const answer = await new Person(provider).type(code);
      return new URL(answer.headers.get('location'), provider.endpoint).searchParams.get('error');
    };
    const wrong = user_code === 'BBBB-BBBB' ? 'CCCC-CCCC' : 'BBBB-BBBB';
    for (let i = 0; i < 3; i += 1) assert.equal(await problem(wrong), 'NotFoundError');
    for (const code of [wrong, user_code, wrong]) assert.equal(await problem(code), 'TooManyAttemptsError');
  });
});

describe('the pages of the device flow', () => {
  const until = scope();
  let provider;
  let browser;
  before(async () => {
    provider = await startProvider(until, CONFIG);
    browser = await startBrowser(until);
  });

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
        if (SHOTS) await page.screenshot({ path: `${SHOTS}/${name}-${width}-${colorScheme}.png` });
      }
    }
  }
  const title = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor();

  test('a person types the code, sees who asks, signs in and is told how it went', async () => {
    const device = new Device(provider);
    const { user_code } = (await device.begin()).body;
    const { page, watch } = await browser.open();
    await page.goto(`${provider.endpoint}/device`);
    await title(page, 'Connect a device');
    const field = page.getByLabel('Code');
    assert.equal(await field.getAttribute('autocomplete'), 'off');
    await look(page, 'device-input');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('Enter the code first.').waitFor();
    await field.pressSequentially('bbbb');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('A code has 8 letters.').waitFor();
    await field.press('End');
    await field.pressSequentially('bbbb');
    assert.equal(await field.inputValue(), 'BBBB-BBBB', 'the dash stands there by itself');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('No device shows this code.').waitFor();
    assert.equal(await field.inputValue(), 'BBBB-BBBB', 'what was typed is kept');
    await look(page, 'device-wrong');
    // As it is copied from somewhere.
    await field.fill(` ${user_code.toLowerCase()} `);
    await page.keyboard.press('Enter');
    await title(page, 'Connect Living room?');
    assert.equal(new URL(page.url()).searchParams.get('user_code'), user_code);
    assert.ok((await page.locator('main').innerText()).includes(user_code));
    await look(page, 'device-confirm');
    await page.getByRole('button', { name: 'Yes, continue' }).click();
    await page.locator('#identifier').waitFor();
    assert.equal(await device.error(), 'authorization_pending');
    await typeSignIn(page, 'alice');
    await title(page, 'Device connected');
    assert.equal(new URL(page.url()).pathname, '/device/success');
    assert.match(await page.locator('main').innerText(), /Living room/);
    await look(page, 'device-success');
    assert.equal((await device.poll()).status, 200);
    assert.deepEqual([watch.violations, watch.errors], [[], []]);
  });

  test('by the complete address, for a third party, declined on the consent page', async () => {
    const device = new Device(provider, 'radio');
    const { verification_uri_complete } = (await device.begin({ scope: 'openid profile' })).body;
    const { page, watch } = await browser.open();
    await page.goto(verification_uri_complete);
    await title(page, 'Connect Kitchen radio?');
    await page.getByRole('button', { name: 'Yes, continue' }).click();
    await page.locator('#identifier').waitFor();
    await typeSignIn(page, 'bob');
    await title(page, 'Kitchen radio asks for access');
    await look(page, 'device-consent');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await title(page, 'Device not connected');
    assert.match(await page.locator('main').innerText(), /Kitchen radio/);
    await look(page, 'device-denied');
    assert.equal(await device.error(), 'access_denied');
    await page.getByRole('link', { name: 'Enter another code' }).click();
    await title(page, 'Connect a device');
    assert.equal(await page.getByLabel('Code').inputValue(), '');
    assert.deepEqual(watch.violations, []);
  });

  test('no is an answer, and the way back leads to the same question', async () => {
    const device = new Device(provider);
    const { verification_uri_complete, user_code } = (await device.begin()).body;
    const { page } = await browser.open({ locale: 'ar' });
    await page.goto(verification_uri_complete);
    await page.locator('form button[type=submit]').waitFor();
    await page.locator('form button[type=submit]').click();
    await page.locator('#identifier').waitFor();
    await page.goto(`${provider.endpoint}/device?user_code=${user_code}`);
    await page.locator('form button[type=submit]').waitFor();
    await look(page, 'device-confirm-ar');
    await page.locator('form button[type=button]').click();
    await page.waitForURL((url) => url.searchParams.get('error') === 'AbortedError');
    assert.equal(await device.error(), 'access_denied');
  });
});
