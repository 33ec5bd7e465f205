// The must-match list, items 51 to 64: claims, userinfo, sessions, logout, revocation, introspection; and 66, pushed requests.
// 56 in part: there is no organization data yet.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { Agent, basic, decodeJwt, expectStatus, told } from './agent.mjs';
import { scope, startProvider } from './support.mjs';
import { API, apps, brought, CONFIG, request, whereTo } from './wire.mjs';

const { web, spa, other, job } = apps;
const OFFLINE = { scope: 'openid offline_access', prompt: 'consent' };

describe('claims, sessions and the smaller endpoints', () => {
  const until = scope();
  let provider;
  before(async () => {
    provider = await startProvider(until, CONFIG);
  });
  const fresh = () => new Agent(provider);
  const refused = async (answer, status, error, description) => {
    const { status: got, body, headers } = await told(answer);
    assert.deepEqual([got, body.error, body.code], [status, error, `oidc.${error}`]);
    if (description) assert.equal(body.error_description, description);
    return { body, headers };
  };
  /** Signs somebody in and answers the claims of both places. */
  const claims = async (username, scope) => {
    const agent = fresh();
    await agent.answer({ ...request(other), scope: 'openid' }, username);
    const tokens = await agent.tokens(spa, { scope });
    const userinfo = await (await expectStatus(200, agent.me(tokens.access_token))).json();
    return { idToken: decodeJwt(tokens.id_token).payload, userinfo };
  };

  test('51: sub', async () => {
    const { idToken, userinfo } = await claims('alice', 'openid');
    assert.match(idToken.sub, /^[0-9a-z]{12}$/);
    assert.deepEqual(userinfo, { sub: idToken.sub });
  });

  test('51: and of a person who registers', async () => {
    const agent = fresh();
    await agent.authorize(request(spa, { first_screen: 'register' }));
    await expectStatus(204, agent.api('PUT', '', { interactionEvent: 'Register' }));
    const { verificationId } = await (
      await expectStatus(
        200,
        agent.api('POST', '/verification/new-password-identity', {
          identifier: { type: 'username', value: 'newcomer' },
          password: 'quiet-Lantern-42',
        }),
      )
    ).json();
    await expectStatus(201, agent.api('POST', '/identification', { verificationId }));
    const { redirectTo } = await (await expectStatus(200, agent.api('POST', '/submit'))).json();
    assert.ok(redirectTo.startsWith(`${provider.issuer}/auth/`));
    assert.ok((await agent.follow(redirectTo)).left.searchParams.get('code'));
    const { id_token } = await agent.tokens(spa, { scope: 'openid profile' });
    const { payload } = decodeJwt(id_token);
    assert.match(payload.sub, /^[0-9a-z]{12}$/);
    assert.equal(payload.username, 'newcomer');
  });

  test('52: profile members are there even when empty, and times are milliseconds', async () => {
    for (const place of Object.values(await claims('bob', 'openid profile'))) {
      assert.deepEqual([place.name, place.picture, place.username], [null, null, 'bob']);
      for (const name of ['created_at', 'updated_at'])
        assert.ok(place[name] > 1e12 && Number.isInteger(place[name]), name);
      assert.ok(!('family_name' in place));
    }
    assert.equal((await claims('farah', 'openid profile')).idToken.family_name, 'Haddad');
  });

  test('53: preferred_username', async () => {
    assert.equal((await claims('alice', 'openid profile')).userinfo.preferred_username, 'alice');
    assert.equal((await claims('farah', 'openid profile')).userinfo.preferred_username, 'fa');
  });

  test('54: address members', async () => {
    for (const place of Object.values(await claims('farah', 'openid address')))
      assert.deepEqual(place.address, { streetAddress: 'Storgatan 1', locality: 'Lund', postalCode: '223 50' });
  });

  test('55: roles in the ID token; custom data and identities in userinfo only', async () => {
    const { idToken, userinfo } = await claims('alice', 'openid roles custom_data identities');
    assert.deepEqual(idToken.roles, ['keeper']);
    assert.deepEqual(userinfo.roles, ['keeper']);
    for (const name of ['custom_data', 'identities', 'sso_identities']) assert.ok(!(name in idToken), name);
    assert.deepEqual([userinfo.custom_data, userinfo.identities, userinfo.sso_identities], [{}, {}, []]);
    assert.deepEqual((await claims('farah', 'openid custom_data')).userinfo.custom_data, { plan: 'gold' });
  });

  test('56: no organization claims without their scopes', async () => {
    const { idToken, userinfo } = await claims('alice', 'openid profile email phone roles');
    for (const place of [idToken, userinfo])
      for (const name of ['organizations', 'organization_roles', 'organization_data'])
        assert.ok(!(name in place), name);
  });

  test('57: userinfo takes the opaque token only', async () => {
    const agent = fresh();
    const tokens = await agent.tokens(spa, { ...OFFLINE, resource: API });
    const response = await expectStatus(200, agent.me(tokens.access_token));
    assert.match(response.headers.get('content-type'), /^application\/json/);
    const unchanged = await agent.me(tokens.access_token, {
      headers: { 'if-none-match': response.headers.get('etag') },
    });
    assert.equal(unchanged.status, 304);
    await expectStatus(200, agent.post('/me', { access_token: tokens.access_token }));
    const forApi = await (await agent.refresh(spa, tokens.refresh_token, { resource: API })).json();
    const jwt = await refused(agent.me(forApi.access_token), 401, 'invalid_token', 'invalid token provided');
    assert.match(jwt.headers.get('www-authenticate'), /^Bearer realm="http:\/\/localhost:\d+\/oidc"/);
    await refused(agent.me('x'.repeat(43)), 401, 'invalid_token');
    await refused(agent.fetch('/oidc/me'), 401, 'invalid_token', 'no access token provided');
    await refused(agent.fetch(`/oidc/me?access_token=${tokens.access_token}`), 400, 'invalid_request');
    const bare = await fresh().tokens(spa, { scope: 'profile' });
    await refused(agent.me(bare.access_token), 403, 'insufficient_scope', 'access token missing openid scope');
  });

  test('58: e-mail and phone', async () => {
    const alice = (await claims('alice', 'openid email phone')).idToken;
    assert.deepEqual(
      [alice.email, alice.email_verified, alice.phone_number, alice.phone_number_verified],
      ['alice@example.test', true, null, false],
    );
    const bob = (await claims('bob', 'openid email phone')).idToken;
    assert.deepEqual(
      [bob.email, bob.email_verified, bob.phone_number, bob.phone_number_verified],
      [null, false, '15550100123', true],
    );
  });

  test('59: a session lasts 14 days, serves every application, and has a new id after each sign-in', async () => {
    const agent = fresh();
    await agent.answer(request(web));
    const before = ['_session', '_session.sig'].map((name) => agent.cookie(name));
    const lifetime = Number(before[0].attributes['max-age']);
    assert.ok(lifetime <= 1_209_600 && lifetime > 1_209_540, String(lifetime));
    assert.ok(brought(await agent.authorize(request(web, { prompt: 'none' }))).code);
    const elsewhere = await agent.follow(agent.authorizeUrl(request(other)));
    assert.ok(elsewhere.left.searchParams.get('code'));
    await agent.authorize(request(web, { prompt: 'login' }));
    await agent.follow(await agent.signIn());
    assert.notEqual(agent.cookie('_session').value, before[0].value);
    // The cookie from before the second sign-in is worth nothing.
    const thief = fresh();
    for (const cookie of before) thief.cookies.set(cookie.name, cookie);
    assert.equal(brought(await thief.authorize(request(web, { prompt: 'none' }))).error, 'login_required');
  });

  test('59: each application has its grant: prompt=none before the first consent', async () => {
    const agent = fresh();
    await agent.answer(request(web));
    assert.equal(brought(await agent.authorize(request(other, { prompt: 'none' }))).error, 'consent_required');
    assert.ok(brought(await agent.authorize(request(web, { prompt: 'none' }))).code);
  });

  /** Submits the page that a sign-out starts with. */
  const signOut = async (agent, parameters) => {
    const url = new URL(`${provider.issuer}/session/end`);
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    const response = await expectStatus(200, agent.fetch(url));
    const html = await response.text();
    assert.match(html, /<form id="op\.logoutForm" method="post"/);
    const value = (name) => html.match(new RegExp(`name="${name}" value="([^"]*)"`))?.[1];
    return agent.fetch('/oidc/session/end/confirm', {
      method: 'POST',
      body: new URLSearchParams({ xsrf: value('xsrf'), logout: value('logout') }),
    });
  };

  test('60: sign-out without a question, back to the application', async () => {
    const agent = fresh();
    const tokens = await agent.tokens(web);
    const back = await signOut(agent, {
      client_id: 'web',
      post_logout_redirect_uri: 'https://web.example.test/bye',
      state: 'some state',
    });
    assert.equal(back.status, 303);
    assert.equal(back.headers.get('location'), 'https://web.example.test/bye?state=some+state');
    assert.equal(brought(await agent.authorize(request(web, { prompt: 'none' }))).error, 'login_required');
    const hinted = fresh();
    await hinted.tokens(web);
    const answer = await signOut(hinted, {
      id_token_hint: tokens.id_token,
      post_logout_redirect_uri: 'https://web.example.test/bye',
    });
    assert.equal(answer.headers.get('location'), 'https://web.example.test/bye');
    const end = (query) => fresh().fetch(`/oidc/session/end?${new URLSearchParams(query)}`);
    await refused(
      end({ client_id: 'web', post_logout_redirect_uri: 'https://evil.example.test/' }),
      400,
      'invalid_request',
      'post_logout_redirect_uri not registered',
    );
    await refused(end({ id_token_hint: 'nonsense' }), 400, 'invalid_request');
    await refused(
      end({ id_token_hint: tokens.id_token, client_id: 'spa' }),
      400,
      'invalid_request',
      'client_id does not match the provided id_token_hint',
    );
  });

  test('60: a sign-out needs the page it began on', async () => {
    const agent = fresh();
    await agent.answer(request(web));
    const { status } = await told(
      agent.fetch('/oidc/session/end/confirm', {
        method: 'POST',
        body: new URLSearchParams({ xsrf: 'guess', logout: 'yes' }),
      }),
    );
    assert.equal(status, 400);
    assert.ok(brought(await agent.authorize(request(web, { prompt: 'none' }))).code);
  });

  test('61: sign-out without parameters ends on a page', async () => {
    const agent = fresh();
    await agent.answer(request(web));
    const response = await signOut(agent, {});
    assert.equal(whereTo(response), '/oidc/session/end/success');
    assert.match(await (await expectStatus(200, agent.fetch('/oidc/session/end/success'))).text(), /signed out/i);
  });

  test('62: after a sign-out, offline access goes on and the rest ends', async () => {
    const agent = fresh();
    const online = await agent.tokens(web);
    const offline = await agent.tokens(spa, OFFLINE);
    await signOut(agent, {});
    await refused(agent.me(online.access_token), 401, 'invalid_token');
    await expectStatus(200, agent.me(offline.access_token));
    await expectStatus(200, agent.refresh(spa, offline.refresh_token));
  });

  test('63: revoking either token ends the grant', async () => {
    for (const which of ['access_token', 'refresh_token']) {
      const agent = fresh();
      const tokens = await agent.tokens(spa, OFFLINE);
      const response = await expectStatus(
        200,
        agent.post('/token/revocation', { client_id: 'spa', token: tokens[which] }),
      );
      assert.equal(await response.text(), '');
      await refused(agent.me(tokens.access_token), 401, 'invalid_token');
      await refused(agent.refresh(spa, tokens.refresh_token), 400, 'invalid_grant');
    }
    const agent = fresh();
    await expectStatus(200, agent.post('/token/revocation', { client_id: 'spa', token: 'x'.repeat(43) }));
    const jwt = (await (await agent.token(job, { grant_type: 'client_credentials', resource: API })).json())
      .access_token;
    await refused(
      agent.post('/token/revocation', { token: jwt }, { authorization: basic(job.id, job.secret) }),
      400,
      'unsupported_token_type',
    );
  });

  test('63: nobody revokes the tokens of another application', async () => {
    const agent = fresh();
    const tokens = await agent.tokens(web, OFFLINE);
    await expectStatus(200, agent.post('/token/revocation', { client_id: 'spa', token: tokens.refresh_token }));
    await refused(
      agent.post(
        '/token/revocation',
        { token: tokens.refresh_token },
        { authorization: basic(other.id, other.secret) },
      ),
      400,
      'invalid_request',
    );
    await expectStatus(200, agent.refresh(web, tokens.refresh_token));
  });

  test('64: introspection', async () => {
    const agent = fresh();
    const tokens = await agent.tokens(web, { scope: 'openid profile' });
    const ask = async (token) =>
      (
        await expectStatus(
          200,
          agent.post('/token/introspection', { token }, { authorization: basic(web.id, web.secret) }),
        )
      ).json();
    const { exp, iat, ...rest } = await ask(tokens.access_token);
    assert.deepEqual(rest, {
      active: true,
      client_id: 'web',
      iss: provider.issuer,
      scope: 'openid profile',
      sub: 'alicearcher1',
      token_type: 'Bearer',
    });
    assert.equal(exp - iat, 3600);
    assert.deepEqual(await ask('x'.repeat(43)), { active: false });
    await agent.post('/token/revocation', { token: tokens.access_token }, { authorization: basic(web.id, web.secret) });
    assert.deepEqual(await ask(tokens.access_token), { active: false });
    const jwt = (await (await agent.token(job, { grant_type: 'client_credentials', resource: API })).json())
      .access_token;
    await refused(
      agent.post('/token/introspection', { token: jwt }, { authorization: basic(web.id, web.secret) }),
      400,
      'unsupported_token_type',
    );
    await refused(
      agent.post('/token/introspection', { token: tokens.access_token }),
      400,
      'invalid_request',
      'no client authentication mechanism provided',
    );
  });

  test('66: a pushed request, used once', async () => {
    const agent = fresh();
    const pushed = await agent.post(
      '/request',
      { ...request(web, { first_screen: 'register' }), client_id: undefined },
      { authorization: basic(web.id, web.secret) },
    );
    assert.equal(pushed.status, 201);
    const { expires_in, request_uri } = await pushed.json();
    assert.equal(expires_in, 60);
    assert.match(request_uri, /^urn:ietf:params:oauth:request_uri:./);
    assert.equal(whereTo(await agent.authorize({ client_id: 'web', request_uri })), '/register?app_id=web');
    await agent.follow(await agent.signIn());
    const { status, body } = await told(fresh().authorize({ client_id: 'web', request_uri }));
    assert.deepEqual([status, body.error], [400, 'invalid_request_uri']);
    const wrong = await told(agent.post('/request', request(spa, { redirect_uri: 'https://evil.example.test/' })));
    assert.equal(wrong.status, 400);
  });
});
