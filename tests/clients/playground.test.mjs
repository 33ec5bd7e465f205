// The playground through the control interface: requests as they are put together, runs of the built-in client step by
// step and at once, requests of other applications, and the test of back-channel logout.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { Agent, decodeJwt } from './agent.mjs';
import { PEOPLE, scope, startApp, startProvider } from './support.mjs';

const API = 'https://stock.example.test';

const config = (origin) => `
[[applications]]
id = "shop"
name = "Shop"
type = "Traditional"
secrets = [{ name = "first", value = "shop-secret" }]
oidcClientMetadata.redirectUris = ["${origin}/callback"]
oidcClientMetadata.backchannelLogoutUri = "${origin}/logout"
oidcClientMetadata.backchannelLogoutSessionRequired = true
customClientMetadata.signingAlg = "RS256"

[[resources]]
indicator = "${API}"
name = "Stock"
${PEOPLE}`;

describe('the playground', () => {
  const until = scope();
  let provider;
  let app;
  before(async () => {
    app = await startApp(until);
    provider = await startProvider(until, config(app.origin));
  });

  const start = (params, more = {}) =>
    provider.control({ op: 'playgroundStart', params, pkce: true, stepByStep: false, ...more });
  const read = ({ id }) => provider.control({ op: 'playgroundRun', id });
  const use = ({ id }, action, resource) => provider.control({ op: 'playgroundUse', id, action, resource });
  const preview = (params, pkce = true) => provider.control({ op: 'playgroundPreview', params, pkce });
  const sessions = () => provider.control({ op: 'sessions', limit: 100 });

  /** Signs in to a run as Alice; answers the last page. */
  async function signIn(run, agent = new Agent(provider)) {
    await agent.follow(run.url);
    return agent.follow(await agent.signIn());
  }

  test('says what the provider would make of a request, and leaves no trace', async () => {
    const before = await sessions();
    const fine = await preview([
      ['scope', 'openid'],
      ['first_screen', 'register'],
      ['identifier', 'email'],
      ['theme', 'ocean'],
    ]);
    assert.deepEqual([fine.opens, fine.error, fine.own], ['/register', null, true]);
    assert.deepEqual(fine.generated.toSorted(), ['code_challenge', 'nonce', 'state']);
    const fate = (name) => fine.params.find((param) => param.name === name).fate;
    assert.deepEqual(['first_screen', 'identifier', 'theme'].map(fate), ['used', 'dropped', 'ignored']);
    assert.ok(fine.because.some(({ rule }) => rule === 'params.first_screen'));

    const silent = await preview([
      ['scope', 'openid'],
      ['prompt', 'none'],
      ['first_screen', 'register'],
    ]);
    assert.equal(silent.error.error, 'login_required');
    assert.equal(silent.errorGoesTo, `${provider.endpoint}/demo-app`);
    assert.equal(silent.params.find(({ name }) => name === 'first_screen').fate, 'dropped');

    const wrong = await preview([
      ['client_id', 'shop'],
      ['redirect_uri', `${app.origin}/callback/`],
    ]);
    assert.deepEqual([wrong.error.error, wrong.errorGoesTo, wrong.application], ['invalid_redirect_uri', null, 'Shop']);
    assert.equal(wrong.because.find(({ outcome }) => outcome === 'refused').repair.kind, 'registerRedirectUri');
    assert.equal((await preview([['client_id', 'nobody']])).error.error, 'invalid_client');
    assert.equal((await preview([['scope', 'openid']], false)).error.error, 'invalid_request');
    assert.deepEqual(await sessions(), before);
  });

  test('redeems, checks and uses what comes back', async () => {
    const run = await start([
      ['scope', 'openid profile offline_access'],
      ['resource', API],
      ['prompt', 'consent'],
    ]);
    assert.equal((await read(run)).live, null);
    const agent = new Agent(provider);
    await agent.follow(run.url);
    const { live } = await read(run);
    assert.equal((await sessions())[0].id, live, 'the session is known as soon as the request arrives');
    await agent.follow(await agent.signIn());

    const done = await read(run);
    assert.equal(done.problem, null);
    assert.deepEqual(
      done.checks.map(({ name, passed }) => [name, passed]),
      ['state', 'iss', 'signature', 'aud', 'exp', 'nonce', 'sub of userinfo'].map((name) => [name, true]),
    );
    assert.deepEqual(
      done.calls.map(({ action, status }) => [action, status]),
      [
        ['Token exchange', 200],
        ['Userinfo', 200],
      ],
    );
    assert.equal(done.userinfo.name, 'Alice Archer');
    assert.equal((await use(run, 'introspect')).introspection.active, true);

    const refreshed = await use(run, 'refresh', API);
    assert.equal(refreshed.problem, null);
    assert.equal(decodeJwt(refreshed.tokens.access_token).payload.aud, API);
    assert.match((await use(run, 'userinfo')).problem, /^Userinfo refused\. 401/);
    await use(run, 'refresh');
    const revoked = await use(run, 'revoke');
    assert.deepEqual([revoked.revoked, revoked.problem], [true, null]);
    assert.equal((await use(run, 'introspect')).introspection.active, false);
    assert.match((await use(run, 'refresh')).problem, /^The refresh was refused\. 400 invalid_grant/);

    // The address carries the hint; the browser comes back with the run's id.
    const out = new URL((await read(run)).signOutUrl);
    assert.ok(out.searchParams.has('id_token_hint'));
    const page = await (await agent.fetch(out)).text();
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(page)[1];
    await agent.follow('/oidc/session/end/confirm', {
      method: 'POST',
      body: new URLSearchParams({ xsrf, logout: 'yes' }),
    });
    assert.equal((await read(run)).signedOut, true);
  });

  test('leaves the code waiting when it goes step by step', async () => {
    const run = await start([['scope', 'openid']], { stepByStep: true });
    assert.match((await use(run, 'exchange')).problem, /no code yet/);
    const { response } = await signIn(run);
    assert.match(await response.text(), /"codeWaits":true/);
    const waiting = await read(run);
    assert.deepEqual([waiting.tokens, waiting.calls.length, waiting.problem], [null, 0, null]);
    const done = await use(run, 'exchange');
    assert.equal(done.idTokenClaims.sub, 'alicearcher1');
    assert.equal(done.userinfo, null);
    assert.match((await use(run, 'exchange')).problem, /^The code was not redeemed\. 400 invalid_grant/);
  });

  test('takes its answer as a form post, and says why not as a fragment', async () => {
    const run = await start([
      ['scope', 'openid'],
      ['response_mode', 'form_post'],
    ]);
    const agent = new Agent(provider);
    const { response } = await signIn(run, agent);
    const html = await response.text();
    const fields = [...html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, n, v]) => [n, v]);
    await agent.follow('/demo-app', { method: 'POST', body: new URLSearchParams(fields) });
    assert.equal((await read(run)).idTokenClaims.sub, 'alicearcher1');
    await assert.rejects(start([['response_mode', 'fragment']]), /browsers keep fragments to themselves/);
    await assert.rejects(start([['state', 'mine']]), /set by the playground/);
  });

  test('makes a request of another application, which gets the answer', async () => {
    const run = await start([
      ['client_id', 'shop'],
      ['redirect_uri', `${app.origin}/callback`],
      ['scope', 'openid'],
      ['state', 'theirs'],
    ]);
    assert.deepEqual([run.own, run.clientId], [false, 'shop']);
    assert.equal(new URL(run.url).searchParams.get('state'), 'theirs');
    const { left } = await signIn(run);
    assert.equal(left.origin + left.pathname, `${app.origin}/callback`);
    assert.ok(left.searchParams.has('code'));
    const seen = await read(run);
    assert.deepEqual([seen.callback, (await sessions())[0].id], [null, seen.live]);
  });

  test('posts a logout token that a careful application believes, and says what was wrong', async () => {
    const send = (subject) =>
      provider.control({ op: 'testBackchannelLogout', id: 'shop', subject: { sub: '', sid: '', ...subject } });
    const answers = [[200, {}]];
    const tokens = [];
    app.handle = async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      tokens.push(new URLSearchParams(body).get('logout_token'));
      const [status, headers] = answers.shift();
      response.writeHead(status, headers).end('{"error":"no"}');
    };
    // Alice's session of the test before is one of the shop's.
    const [session] = await provider.control({ op: 'applicationSessions', id: 'shop' });
    assert.equal(session.name, 'Alice Archer');
    const accepted = await send({ sub: session.sub, sid: session.sid });
    assert.equal(accepted.accepted, true);
    assert.match(accepted.advice.join(), /no-store/);
    const keys = createRemoteJWKSet(new URL(`${provider.issuer}/jwks`));
    const { payload, protectedHeader } = await jwtVerify(tokens[0], keys, {
      issuer: provider.issuer,
      audience: 'shop',
    });
    assert.deepEqual(
      [protectedHeader.typ, protectedHeader.alg],
      ['logout+jwt', 'RS256'],
      'as its ID tokens are signed',
    );
    assert.deepEqual([payload.sub, payload.sid], [session.sub, session.sid]);
    assert.ok(payload.events['http://schemas.openid.net/event/backchannel-logout']);
    assert.equal(payload.nonce, undefined);
    const still = await provider.control({ op: 'applicationSessions', id: 'shop' });
    assert.deepEqual(still, [session], 'nobody was signed out');

    answers.push([302, { location: '/login' }], [403, {}]);
    const redirected = await send({});
    assert.deepEqual([redirected.accepted, redirected.status], [false, 302]);
    assert.match(redirected.summary, /redirected to \/login/);
    assert.equal(decodeJwt(tokens[1]).payload.sub, 'made-up-person');
    assert.match((await send({})).advice[0], /CSRF/);
    await assert.rejects(
      provider.control({ op: 'testBackchannelLogout', id: 'demo-app', subject: { sub: '', sid: '' } }),
      /no back-channel logout URI/,
    );
  });
});
