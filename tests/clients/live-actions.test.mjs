// Acting on a live session: what the window does about it, through the control interface, while a real browser waits.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { challengeOf, verifierOf } from './agent.mjs';
import { house } from './house.mjs';
import { arrivedIn, PASSWORD, typeSignIn } from './support.mjs';

const DENIALS = [
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
];

describe('acting on a live session', () => {
  const at = house();
  before(() => at.open());
  const control = (request) => at.provider.control(request);
  const heading = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor();

  /** A page that waits on the sign-in page, and its live session. */
  async function waiting(page, address = at.start()) {
    await page.goto(address);
    await page.locator('#identifier').waitFor();
    const [{ id }] = await control({ op: 'sessions', limit: 1 });
    return id;
  }
  const session = async (id) => (await control({ op: 'session', id })).summary;
  const reasons = async (id) =>
    (await control({ op: 'session', id })).steps.flatMap(({ because }) => because.map(({ rule }) => rule));
  const refused = (request, why) => assert.rejects(control(request), why);

  /** What waits in a session, once so many requests do; each question is a round trip. */
  async function held(id, count) {
    for (let tries = 0; tries < 2000; tries += 1) {
      const requests = (await session(id)).pause?.held ?? [];
      if (requests.length === count) return requests.map(({ what }) => what);
    }
    throw new Error(`not ${count} requests wait in the session: ${JSON.stringify((await session(id)).pause)}`);
  }

  test('continue as: the page goes on by itself as that person', async () => {
    const { page, watch } = await at.browser.open();
    const id = await waiting(page);
    const actions = await control({ op: 'sessionActions', id });
    assert.equal(actions.waitsFor, 'signIn');
    assert.equal(actions.page, `${at.provider.endpoint}/sign-in?app_id=bookstore`);
    assert.deepEqual(actions.denials, DENIALS);
    const said = await control({ op: 'continueAs', id, userId: 'alicearcher1' });
    assert.equal(said, 'Continued as Alice Archer. The browser goes on by itself.');
    assert.equal((await at.whoCame(page)).sub, 'alicearcher1');
    assert.deepEqual(watch.errors, []);
    assert.deepEqual(watch.violations, []);
    const { status, userName } = await session(id);
    assert.deepEqual([status, userName], ['done', 'Alice Archer']);
    assert.ok((await reasons(id)).includes('window.continue_as'));
    await refused({ op: 'continueAs', id, userId: 'alicearcher1' }, /session\.not_found/);
  });

  test('continue as somebody who is made up, and not as somebody suspended', async () => {
    const { page } = await at.browser.open();
    const id = await waiting(page);
    await refused({ op: 'continueAs', id, userId: 'carollindgr1' }, /The chosen person is suspended/);
    await control({ op: 'continueAs', id, userId: null });
    assert.match((await at.whoCame(page)).sub, /^[0-9a-z]{12}$/);
  });

  test('fail as: every denial reaches the client by itself, with state and issuer', async () => {
    const { context } = await at.browser.open();
    for (const error of DENIALS) {
      const page = await context.newPage();
      const id = await waiting(page, at.start({ state: `of ${error}` }));
      await control({ op: 'failAs', id, error, description: 'closed on Sundays' });
      const { url } = await arrivedIn(page, at.app, '/callback');
      assert.deepEqual(Object.fromEntries(url.searchParams), {
        error,
        error_description: 'closed on Sundays',
        state: `of ${error}`,
        iss: at.provider.issuer,
      });
      const { status, outcome } = await session(id);
      assert.deepEqual([status, outcome], ['failed', error]);
      await page.close();
    }
    const page = await context.newPage();
    const id = await waiting(page);
    await refused({ op: 'failAs', id, error: 'teapot' }, /`error` must be one of/);
    await refused({ op: 'failAs', id, error: 'access_denied', description: 'say "no"' }, /printable ASCII/);
  });

  test('consent: given, or refused, while the page waits', async () => {
    for (const order of [{ op: 'allowConsent' }, { op: 'failAs', error: 'consent_required' }]) {
      const { page } = await at.browser.open();
      const id = await waiting(page, at.startPartner({ prompt: 'consent' }));
      await control({ op: 'continueAs', id, userId: 'alicearcher1' });
      await heading(page, 'Partner Prints asks for access');
      assert.equal((await control({ op: 'sessionActions', id })).waitsFor, 'consent');
      await refused({ op: 'continueAs', id, userId: 'alicearcher1' }, /Nobody has to sign in here/);
      await control({ ...order, id });
      if (order.op === 'allowConsent') {
        assert.equal((await at.whoCame(page, '/partner', 'partner')).sub, 'alicearcher1');
      } else {
        const { url } = await arrivedIn(page, at.app, '/partner');
        assert.equal(url.searchParams.get('error'), 'consent_required');
      }
    }
  });

  test('expire: the page says so, and its next call is answered as after the hour', async () => {
    const { page } = await at.browser.open();
    const id = await waiting(page);
    await control({ op: 'expireSession', id });
    await heading(page, /no longer active/);
    const answer = await page.evaluate(async () => {
      const response = await fetch('/api/experience', {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ interactionEvent: 'SignIn' }),
      });
      return [response.status, (await response.json()).code];
    });
    assert.deepEqual(answer, [400, 'session.not_found']);
    assert.equal((await session(id)).status, 'expired');
    await refused({ op: 'expireSession', id }, /session\.not_found/);
  });

  test('pause and release: a page, then a token request', async () => {
    const { page } = await at.browser.open();
    const verifier = verifierOf();
    const id = await waiting(page, at.start({ code_challenge: challengeOf(verifier) }));
    await control({ op: 'pauseSession', id });
    const reloaded = page.reload();
    assert.deepEqual(await held(id, 1), ['GET /sign-in']);
    assert.match(await control({ op: 'releaseSession', id, again: true }), /^One request goes on/);
    await reloaded;

    // Paused again by the step: the decision of the window is taken, the browser that comes for it waits.
    await control({ op: 'continueAs', id, userId: 'alicearcher1' });
    const [resume] = await held(id, 1);
    assert.match(resume, /^GET \/oidc\/auth\/./);
    await control({ op: 'releaseSession', id, again: false });
    const { url } = await arrivedIn(page, at.app, '/callback');

    await control({ op: 'pauseSession', id });
    const body = new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: 'bookstore',
      redirect_uri: `${at.app.origin}/callback`,
      code: url.searchParams.get('code'),
      code_verifier: verifier,
    });
    // One that hangs up leaves nothing behind.
    const leaving = new AbortController();
    const left = fetch(`${at.provider.issuer}/token`, { method: 'POST', body, signal: leaving.signal });
    assert.deepEqual(await held(id, 1), ['POST /oidc/token']);
    leaving.abort();
    await assert.rejects(left, { name: 'AbortError' });
    assert.deepEqual(await held(id, 0), []);

    const redeemed = fetch(`${at.provider.issuer}/token`, { method: 'POST', body });
    assert.deepEqual(await held(id, 1), ['POST /oidc/token']);
    await control({ op: 'releaseSession', id, again: false });
    const tokens = await (await redeemed).json();
    assert.ok(tokens.id_token, 'the code was still good: the request that hung up was never looked at');
    assert.equal((await session(id)).pause, undefined);
    assert.ok((await reasons(id)).filter((rule) => rule === 'window.pause').length >= 4);
    await refused({ op: 'releaseSession', id, again: false }, /session\.not_paused/);
  });

  test('two tabs of one browser, each its own', async () => {
    const { context, page: first } = await at.browser.open();
    const older = await waiting(first, at.start({ state: 'older' }));
    const second = await context.newPage();
    const newer = await waiting(second, at.start({ state: 'newer' }));
    assert.notEqual(older, newer);
    // The cookies that pages share name the newer one; the older goes on all the same, and alone.
    await control({ op: 'failAs', id: older, error: 'access_denied' });
    const { url } = await arrivedIn(first, at.app, '/callback');
    assert.deepEqual([url.searchParams.get('state'), url.searchParams.get('error')], ['older', 'access_denied']);
    assert.equal(new URL(second.url()).pathname, '/sign-in');
    await control({ op: 'continueAs', id: newer, userId: 'bobbanner001' });
    assert.equal((await at.whoCame(second)).sub, 'bobbanner001');
  });

  test('what the window decided stands, whatever the person does meanwhile', async () => {
    const { page } = await at.browser.open();
    // A page that does not follow, as a page of one's own.
    await page.route('**/wait*', (route) => route.abort());
    const id = await waiting(page);
    await control({ op: 'failAs', id, error: 'login_required' });
    await typeSignIn(page, 'alice');
    const { url } = await arrivedIn(page, at.app, '/callback');
    assert.equal(url.searchParams.get('error'), 'login_required');

    const again = await waiting(page);
    await control({ op: 'continueAs', id: again, userId: 'bobbanner001' });
    await page.reload().catch(() => {});
    assert.equal((await at.whoCame(page)).sub, 'bobbanner001');
  });

  test('both at the same moment: one outcome, and nobody is left waiting', async () => {
    for (let round = 0; round < 3; round += 1) {
      const { page, context } = await at.browser.open();
      const id = await waiting(page);
      await page.locator('#identifier').fill('alice');
      await page.locator('#password').fill(PASSWORD);
      const [order] = await Promise.allSettled([
        control({ op: 'failAs', id, error: 'server_error' }),
        // The page may be gone before the click, which is one of the outcomes.
        page.evaluate(() => document.querySelector('form button[type=submit]')?.click()),
      ]);
      const { url } = await arrivedIn(page, at.app, '/callback');
      const [code, error] = ['code', 'error'].map((name) => url.searchParams.get(name));
      // Whoever came first decided; an order that was taken is never lost.
      if (order.status === 'fulfilled') assert.deepEqual([code, error], [null, 'server_error']);
      else assert.ok(code !== null && error === null, `${url}`);
      await context.close();
    }
  });

  test('nobody else learns what was decided', async () => {
    const { page } = await at.browser.open();
    const id = await waiting(page);
    const { interaction } = await session(id);
    const wait = `${at.provider.issuer}/auth/${interaction}/wait?hold=0`;
    const ask = async (address, cookie) => {
      const response = await fetch(address, { headers: cookie ? { cookie } : {} });
      return [response.status, await response.text()];
    };
    const nothing = await ask(`${at.provider.issuer}/auth/nothing/wait?hold=0`);
    assert.equal(nothing[0], 400);
    assert.deepEqual(await ask(wait), nothing);
    assert.deepEqual(await ask(wait, `_interaction_resume=${interaction}; _interaction_resume.sig=forged`), nothing);
    await control({ op: 'pauseSession', id });
    assert.deepEqual(await ask(wait), nothing, 'it waits at no pause, either');
    await control({ op: 'releaseSession', id, again: false });
    const other = await at.browser.open();
    await other.page.goto(at.start());
    const seen = await other.page.evaluate(async (path) => (await fetch(path)).status, new URL(wait).pathname);
    assert.equal(seen, 400);
  });
});
